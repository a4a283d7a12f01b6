"""The types of what a callee makes, where its caller puts something of another type into it.

*before*                              *after* it was inlined::

    def counter():                        total = [0]        # a list of floats, from the start
        total = 0                         total[0] += x
        def add(v):                       total[0] += y
            nonlocal total
            total += v
        return add

    add = counter(); add(x); add(y)

A callee is typed without its callers: the list there is one of integers, which carries no derivative. The caller knows it as
a list of floats, so what stands for it in the callee's statements is given the caller's type.
"""

from __future__ import annotations

from s2sad.ir.nodes import Atom, Block, For, If, Let, Stmt, Try, Var, While, blocks_of, replace, walk
from s2sad.ir.rewrite import defined_vars, subst_atoms, subst_heads, with_blocks
from s2sad.ir.types import Dict, List, Tuple, Type, is_differentiable

_MAKES = frozenset({"tuple", "list", "dict", "mul", "add", "copy"})


def _is_narrow(have: Type | None, want: Type | None) -> bool:
    """May a value carry a derivative for the caller that it may not for the callee?"""
    if have is want or have == want or not isinstance(have, List | Dict | Tuple) or want is None:
        return False
    if isinstance(have, Tuple) and isinstance(want, Tuple) and len(have.items) == len(want.items):
        return any(_is_narrow(a, b) for a, b in zip(have.items, want.items, strict=True))
    if isinstance(have, Dict) and isinstance(want, Dict):
        wanted = _entries(want)
        if any(_is_narrow(t, wanted.get(k)) for k, t in _entries(have).items()):
            return True
    return is_differentiable(want) and not is_differentiable(have)


def widened(body: Block, result: Var, want: Type) -> tuple[Block, Var]:
    """The statements of a callee with the caller's type for its result, and for what that holds."""
    if not _is_narrow(result.type, want):
        return body, result
    own = set(defined_vars(body))
    types: dict[Var, Type] = {}

    def ask(a: Atom, t: Type | None) -> None:
        if isinstance(a, Var) and a in own and a not in types and t is not None and _is_narrow(a.type, t):
            types[a] = t

    ask(result, want)
    before = -1
    while before != len(types):
        before = len(types)
        for s in walk(body):
            _spread(s, types, ask)
    env: dict[Var, Atom] = {v: Var(v.name, t) for v, t in types.items()}
    return _block(body, env), env.get(result, result)  # type: ignore[return-value]


def _spread(s: Stmt, types: dict[Var, Type], ask: object) -> None:
    """Ask for the parts of what has another type, and for what comes out of regions."""
    if isinstance(s, Let):
        t = types.get(s.target) if s.target is not None else None
        if t is not None and s.op in _MAKES:
            whole = s.op in ("mul", "add", "copy")
            if s.op == "dict" and isinstance(t, Dict):
                entries = _entries(t)
                for key, a in zip(s.args[::2], s.args[1::2], strict=True):
                    ask(a, entries.get(getattr(key, "value", None), t.value))  # type: ignore[operator]
            for k, a in enumerate(s.args if s.op != "dict" else ()):
                ask(a, t if whole else _item(t, k))  # type: ignore[operator]
        held = types.get(s.args[0]) if s.args and isinstance(s.args[0], Var) else None
        if held is not None and s.op in ("method", "setitem") and len(s.args) > 2:
            ask(s.args[-1], _item(held, 0))  # type: ignore[operator]
        elif held is not None and s.op == "getitem" and s.target is not None:
            ask(s.target, _item(held, 0))  # type: ignore[operator]
        return
    ends = [b.results for b in blocks_of(s)] if isinstance(s, If | Try) else [s.init, s.body.results, s.carried]
    for row in zip(s.targets, *ends, strict=False):
        for t in [types[a] for a in row if a in types]:
            for a in row:
                ask(a, t)  # type: ignore[operator]


def _entries(t: Dict) -> dict[object, Type]:
    """The types under the keys that are known."""
    return dict(t.items or t.known or ())


def _item(t: Type, k: int) -> Type | None:
    if isinstance(t, Tuple):
        return t.items[k] if k < len(t.items) else None
    return t.item if isinstance(t, List) else t.value if isinstance(t, Dict) else None


def _block(b: Block, env: dict[Var, Atom]) -> Block:
    return Block(tuple(_stmt(s, env) for s in b.stmts), subst_atoms(b.results, env))


def _stmt(s: Stmt, env: dict[Var, Atom]) -> Stmt:
    s = subst_heads(s, env)
    if isinstance(s, Let):
        new = env.get(s.target) if s.target is not None else None
        return s if new is None else replace(s, target=new)  # type: ignore[arg-type]
    s = replace(with_blocks(s, tuple(_block(b, env) for b in blocks_of(s))), targets=_news(s.targets, env))  # type: ignore[arg-type]
    return replace(s, carried=_news(s.carried, env)) if isinstance(s, For | While) else s


def _news(vs: tuple[Var, ...], env: dict[Var, Atom]) -> tuple[Var, ...]:
    return tuple(env.get(v, v) for v in vs)  # type: ignore[misc]


__all__ = ["widened"]
