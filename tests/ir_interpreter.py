"""Evaluate an untyped ``ir.Function`` on real Python values: the oracle of lowering, independent of emission.

``interpret(function)`` gives a callable. Every op of the grammar in ``s2sad.ir.nodes`` is one entry of ``OPS`` or one
branch of ``_let``. References to Python functions are called as they are; nested IR functions are interpreted.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from types import CellType
from typing import Any

from s2sad.ir.nodes import UNDEF, Atom, Block, Const, For, Function, Global, If, Let, Ref, Stmt, Try, Var, While

Env = dict[Var, Any]

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv,
    "floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow, "matmul": operator.matmul,
    "lshift": operator.lshift, "rshift": operator.rshift, "and_": operator.and_, "or_": operator.or_,
    "xor": operator.xor,
}  # fmt: skip

INPLACE: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.iadd, "sub": operator.isub, "mul": operator.imul, "truediv": operator.itruediv,
    "floordiv": operator.ifloordiv, "mod": operator.imod, "pow": operator.ipow, "matmul": operator.imatmul,
    "lshift": operator.ilshift, "rshift": operator.irshift, "and_": operator.iand, "or_": operator.ior,
    "xor": operator.ixor,
}  # fmt: skip

OPS: dict[str, Callable[..., Any]] = {
    **BINARY,
    **{"i" + name: fn for name, fn in INPLACE.items()},
    "neg": operator.neg, "pos": operator.pos, "invert": operator.invert, "not": operator.not_,
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
    "is_": operator.is_, "is_not": operator.is_not,
    "in_": lambda a, b: a in b, "not_in": lambda a, b: a not in b,
    "getitem": operator.getitem, "setitem": operator.setitem, "delitem": operator.delitem,
    "getattr": getattr, "setattr": setattr,
    "slice": slice,
    "copy": lambda x: x,
    "iter_list": list,
    "format": lambda *pieces: "".join(pieces),
    "with_enter": lambda manager: manager.__enter__(),
}  # fmt: skip


class _Star:
    def __init__(self, items: Any) -> None:
        self.items = items


def interpret(function: Function, captured: tuple[Any, ...] = ()) -> Callable[..., Any]:
    """The IR function as a Python callable. ``captured`` are the values of ``function.captured``."""
    outer: Env = dict(zip(function.captured, captured, strict=True))
    signature = _signature(function, outer)

    def run(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        env = dict(outer)
        for param, value in zip(function.params, bound.arguments.values(), strict=True):
            env[param.var] = value
        return _defined(_block(function.body, env)[0], function.body.results[0])

    run.__name__ = function.name
    return run


_KINDS = {
    "pos": inspect.Parameter.POSITIONAL_ONLY,
    "any": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "star": inspect.Parameter.VAR_POSITIONAL,
    "kw": inspect.Parameter.KEYWORD_ONLY,
    "starstar": inspect.Parameter.VAR_KEYWORD,
}


def _signature(function: Function, env: Env) -> inspect.Signature:
    params = []
    for p in function.params:
        default = inspect.Parameter.empty if p.default is None else _read(p.default, env)
        params.append(inspect.Parameter(p.var.name, _KINDS[p.kind], default=default))
    return inspect.Signature(params, __validate_parameters__=False)


def _read(atom: Atom, env: Env) -> Any:
    """The value of an atom that is used."""
    return _defined(_value(atom, env), atom)


def _defined(value: Any, atom: Atom) -> Any:
    if value is UNDEF:
        name = atom.name if isinstance(atom, Var) else "?"
        raise UnboundLocalError(f"cannot access local variable {name!r} where it is not associated with a value")
    return value


def _value(atom: Atom, env: Env) -> Any:
    """The value of an atom that is passed on, which may be undefined."""
    if isinstance(atom, Var):
        return env[atom]
    if isinstance(atom, Const):
        return atom.value
    if isinstance(atom, Ref):
        return interpret(atom.obj) if isinstance(atom.obj, Function) else atom.obj
    if isinstance(atom, Global):
        place = atom.namespace
        return place.cell_contents if isinstance(place, CellType) else place[atom.name]
    return UNDEF


def _block(block: Block, env: Env) -> list[Any]:
    """Run the statements; the values of the results."""
    for stmt in block.stmts:
        _stmt(stmt, env)
    return [_value(a, env) for a in block.results]


def _stmt(stmt: Stmt, env: Env) -> None:
    if isinstance(stmt, Let):
        value = _let(stmt, env)
        if stmt.target is not None:
            env[stmt.target] = value
    elif isinstance(stmt, If):
        chosen = stmt.then if _read(stmt.test, env) else stmt.orelse
        _bind(stmt.targets, _block(chosen, env), env)
    elif isinstance(stmt, For):
        _for(stmt, env)
    elif isinstance(stmt, While):
        _while(stmt, env)
    else:
        _try(stmt, env)


def _bind(targets: tuple[Var, ...], values: list[Any], env: Env) -> None:
    env.update(zip(targets, values, strict=True))


def _for(stmt: For, env: Env) -> None:
    values = [_value(a, env) for a in stmt.init]
    for item in _read(stmt.iter, env):
        env[stmt.item] = item
        _bind(stmt.carried, values, env)
        values = _block(stmt.body, env)
        if stmt.stop and values.pop():
            break
    _bind(stmt.targets, values, env)


def _while(stmt: While, env: Env) -> None:
    values = [_value(a, env) for a in stmt.init]
    while True:
        _bind(stmt.carried, values, env)
        if not _block(stmt.cond, env)[0]:
            break
        values = _block(stmt.body, env)
        if stmt.stop and values.pop():
            break
    _bind(stmt.targets, values, env)


def _try(stmt: Try, env: Env) -> None:
    try:
        try:
            values = _block(stmt.body, env)
        except BaseException as error:
            for handler in stmt.handlers:
                if handler.types is None or isinstance(error, _read(handler.types, env)):
                    if handler.name is not None:
                        env[handler.name] = error
                    values = _block(handler.body, env)
                    break
            else:
                raise
    finally:
        _block(stmt.final, env)
    _bind(stmt.targets, values, env)


def _let(stmt: Let, env: Env) -> Any:
    op = stmt.op
    if op == "closure":
        ref = stmt.args[0]
        assert isinstance(ref, Ref)
        return interpret(ref.obj, tuple(_read(a, env) for a in stmt.args[1:]))
    args = [_read(a, env) for a in stmt.posargs]
    if op in OPS:
        return OPS[op](*args)
    if op in ("call", "method"):
        return _call(op, args, stmt, env)
    if op == "raise_":
        _raise(*args)
    elif op == "assert_":
        if not args[0]:
            raise AssertionError(*([] if args[1] is None else [args[1]]))
        return None
    return _structured(op, args)


def _structured(op: str, args: list[Any]) -> Any:
    """Displays, unpacking, formatting and the other ops that are not one operator."""
    if op == "star":
        return _Star(args[0])
    if op in ("tuple", "list", "set"):
        return {"tuple": tuple, "list": list, "set": set}[op](_spread(args))
    if op == "dict":
        return dict(zip(args[::2], args[1::2], strict=True))
    if op == "unpack":
        items = tuple(args[0])
        if len(items) != args[1]:
            raise ValueError(_unpack_message(len(items), args[1]))
        return items
    if op == "unpack_star":
        items, before, after = list(args[0]), args[1], args[2]
        if len(items) < before + after:
            raise ValueError(
                f"not enough values to unpack (expected at least {before + after}, got {len(items)})"
            )
        stop = len(items) - after
        return (*items[:before], items[before:stop], *items[stop:])
    if op == "format_value":
        value = {None: lambda x: x, "r": repr, "s": str, "a": ascii}[args[1]](args[0])
        return format(value, args[2] or "")
    if op in ("aug_setitem", "aug_setattr"):
        get, put = (operator.getitem, operator.setitem) if op == "aug_setitem" else (getattr, setattr)
        place, key, value, name = args
        put(place, key, INPLACE[name](get(place, key), value))
        return None
    if op == "with_exit":
        manager, error = args[0], args[1] if len(args) > 1 else None
        return manager.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
    raise NotImplementedError(f"op {op!r}")


def _unpack_message(got: int, expected: int) -> str:
    if got > expected:
        return f"too many values to unpack (expected {expected})"
    return f"not enough values to unpack (expected {expected}, got {got})"


def _spread(args: list[Any]) -> list[Any]:
    out: list[Any] = []
    for a in args:
        if isinstance(a, _Star):
            out += a.items
        else:
            out.append(a)
    return out


def _call(op: str, args: list[Any], stmt: Let, env: Env) -> Any:
    kwargs: dict[str, Any] = {}
    for name, atom in stmt.kwargs.items():
        if name == "**":
            kwargs.update(_read(atom, env))
        else:
            kwargs[name] = _read(atom, env)
    if op == "method":
        return getattr(args[0], args[1])(*_spread(args[2:]), **kwargs)
    return args[0](*_spread(args[1:]), **kwargs)


def _raise(error: Any, *cause: Any) -> None:
    if error is None:
        raise  # the exception that is being handled
    if cause:
        raise error from cause[0]
    raise error
