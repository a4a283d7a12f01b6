"""The last step of an entry function: its gradients share no memory with the inputs, with each other or with a seed.

*before*                     *after*::

    return value, x, y_bar, y_bar      return value, np.array(x), y_bar, np.array(y_bar)
"""

from __future__ import annotations

from operator import is_

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.aliasing import aliasing
from s2sad.analysis.build import Builder
from s2sad.analysis.effects import effect_of, finds_adjoint
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Block, Const, Function, Global, Let, Ref, Var, calls
from s2sad.ir.rewrite import with_body
from s2sad.ir.types import Array, Dict, List, Num, Tuple, Type, Unknown
from s2sad.rules.registry import lookup

_FRESH_OPS = frozenset({"add", "sub", "mul", "truediv", "pow", "neg", "matmul", "floordiv", "mod"})


def own_outputs(fn: Function, mode: str, has_aux: bool) -> Function:
    """``fn`` with every array among its gradients made its own."""
    lets = {s.target: s for s in fn.body.stmts if isinstance(s, Let) and s.target is not None}
    top = lets.get(fn.result) if isinstance(fn.result, Var) else None
    if mode == "jvp" or top is None or top.op != "tuple" or (mode == "vjp" and fn.name.endswith("_fwd")):
        return fn
    first = 0 if mode == "vjp" else 1
    b = Builder(fn.loc)
    seen: set[Var] = set()
    args = list(top.args)
    for k in range(first, len(args)):
        args[k] = _own(args[k], lets, seen, b)
    if not b.stmts and all(map(is_, args, top.args)):
        return fn
    stmts = [s for s in fn.body.stmts if s is not top]
    new = Let(top.target, "tuple", tuple(args), (), top.loc)
    return with_body(fn, Block((*stmts, *b.stmts, new), fn.body.results))


def formed_gradients(fn: Function, active: tuple[str, ...]) -> tuple[str, ...]:
    """The parameters whose gradient, in ``value, *gradients``, has their structure, shapes and dtypes whatever happens."""
    lets = {s.target: s for s in fn.body.stmts if isinstance(s, Let)}
    top = lets.get(fn.result) if isinstance(fn.result, Var) else None
    if top is None or top.op != "tuple" or len(top.args) != 1 + len(active):
        return ()
    types = {p.var.name: p.var.type for p in fn.params}
    pairs = zip(active, top.args[1:], strict=True)
    return tuple(name for name, g in pairs if isinstance(g, Var) and _is_form(g, types.get(name), lets))


def _is_form(g: Atom, t: Type | None, lets: dict[Var | None, Let]) -> bool:
    """Arrays of known dimensions, in containers that are written out."""
    if not isinstance(g, Var):
        return False
    if isinstance(t, Array):
        return bool(t.dims) and None not in (t.dims or ()) and g.type == t
    made = lets.get(g)
    if made is None:
        return False
    if isinstance(t, Dict) and made.op == "dict" and t.items is not None:
        keys = [k.value if isinstance(k, Const) else None for k in made.args[::2]]
        return keys == [k for k, _ in t.items] and all(
            _is_form(a, c, lets) for a, (_, c) in zip(made.args[1::2], t.items, strict=True)
        )
    items: tuple[Type, ...] | None = None
    if (isinstance(t, List) and made.op == "list") or (isinstance(t, Tuple) and made.op == "tuple" and t.cls is None):
        items = t.items
    if items is None or len(items) != len(made.args):
        return False
    return all(_is_form(a, c, lets) for a, c in zip(made.args, items, strict=True))


def _own(a: Atom, lets: dict[Var, Let], seen: set[Var], b: Builder) -> Atom:
    if isinstance(a, Global):  # the module's own data
        t = type_of_atom(a)
        fn = (np.array, "np.array") if isinstance(t, Array) else (rt.copy, "rt.copy")
        return b.call(*fn, a, type=t) if isinstance(t, Array | Num | Unknown | List | Dict) else a
    if not isinstance(a, Var):
        return a
    made = lets.get(a)
    if made is not None and made.op in ("tuple", "list", "dict") and isinstance(a.type, Tuple | List | Dict):
        if made.op == "dict":
            flat: list[Atom] = []
            for key, value in zip(made.args[::2], made.args[1::2], strict=True):
                flat += [key, _own(value, lets, seen, b)]
            parts = tuple(flat)
        else:
            parts = tuple(_own(x, lets, seen, b) for x in made.args)
        return b.emit(made.op, *parts, type=a.type)
    if not isinstance(a.type, Array | Num | Unknown | List | Dict):
        return a
    fresh = a not in seen and made is not None and is_fresh(made)
    seen.add(a)
    if fresh:
        return a
    if made is not None and _is_alone(made, lets, seen):
        return a
    source = made.args[1] if made is not None and calls(made, rt.conform) else None
    if isinstance(source, Var) and calls(lets.get(source), rt.zeros_like):
        return a  # a mirror made here: nobody else has it
    if isinstance(a.type, Array):
        spread = _spread(made)
        if spread is not None:
            shape, value = spread
            return b.call(np.full, "np.full", shape, value, name=a.name, type=a.type)
        return b.call(np.array, "np.array", a, name=a.name, type=a.type)
    return b.call(rt.copy, "rt.copy", a, name=a.name, type=a.type)


def _is_alone(s: Let, lets: dict[Var, Let], seen: set[Var]) -> bool:
    """Is it ``shadows.of(x)``, of an array and a table of adjoints that are both made here, and given once?"""
    if not finds_adjoint(s):
        return False
    table, x = s.args[0], s.args[2]
    made = lets.get(x) if isinstance(x, Var) and isinstance(x.type, Array) and x not in seen else None
    if made is None or not is_fresh(made) or not isinstance(table, Var) or not calls(lets.get(table), rt.Shadow):
        return False
    seen.add(x)  # type: ignore[arg-type]
    return True


def _spread(made: Let | None) -> tuple[Atom, Atom] | None:
    """``np.broadcast_to(scalar, shape)`` becomes ``np.full(shape, scalar)``."""
    from s2sad.ir.types import is_number

    if made is None or not calls(made, np.broadcast_to) or len(made.args) != 3:
        return None
    return (made.args[2], made.args[1]) if is_number(type_of_atom(made.args[1])) else None


def is_fresh(s: Let) -> bool:
    """Does the statement make a new array that nothing else refers to?"""
    if s.op in _FRESH_OPS:
        return True
    if s.op == "call" and isinstance(s.args[0], Ref):
        if s.args[0].obj in (np.zeros_like, np.array, np.full, np.zeros, np.full_like, np.ones_like, rt.zeros_like):
            return True
        rule = lookup(s.args[0].obj)
        return rule is not None and aliasing(rule, s) == "fresh" and effect_of(s).shares == ()  # helpers may share
    return False
