"""Stores and methods: the tangent of memory that is stored into is memory that is stored into alike.

*before*                        *after*::

    y[i] = a                        y[i] = a
                                    y_dot[i] = a_dot
    xs.append(a)                    xs.append(a)
                                    xs_dot.append(a_dot)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad import runtime as rt
from s2sad.ad import overlap, rounding
from s2sad.ad.applied import product
from s2sad.ad.inline import inline
from s2sad.ad.stores import UNKNOWN_STORE
from s2sad.analysis.alias import MUTATING_METHODS
from s2sad.analysis.build import Builder
from s2sad.analysis.effects import is_logger
from s2sad.analysis.optypes import INPLACE, type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.ir.types import Array, Dict, List, Unknown, is_number, tangent_type
from s2sad.rules.registry import lookup

if TYPE_CHECKING:
    from s2sad.ad.forward import Forward

_LIST_EFFECTS = frozenset(
    {"append", "insert", "extend", "pop", "reverse", "get", "copy", "setdefault", "update", "fill", "clear"}
)


def store(f: Forward, s: Let, b: Builder) -> None:
    x = s.args[0]
    if not isinstance(x, Var) or not f.is_active(x):
        if any(f.is_active(a) for a in s.args[1:]):
            raise f.refuse(*UNKNOWN_STORE, s.loc)
        b.append(s)
        return
    if s.op not in INPLACE and is_number(x.type or Unknown()):
        b.append(s)  # raises TypeError
        return
    x_dot = f.dot(b, x)
    if s.op == "setitem":
        b.extend(overlap.check(s, f.info, f.memory))
        b.append(s)
        value = s.args[2]
        dot = rounding.kept(b, f.dot(b, value), x) if f.is_active(value) else _zero_into(f, b, x, value)
        b.effect("setitem", x_dot, s.args[1], dot)
        return
    i: Atom = Const(Ellipsis) if s.op in INPLACE else s.args[1]
    v = s.args[1] if s.op in INPLACE else s.args[2]
    op = INPLACE[s.op] if s.op in INPLACE else str(s.args[3].value)  # type: ignore[union-attr]
    if isinstance(x.type, List | Dict):
        b.append(s)
        added = v if s.op == "imul" else f.parts_dot(b, v)  # the list of tangents is repeated as often
        b.effect(s.op, x_dot, *((added,) if s.op in INPLACE else (i, added, Const(op))))
        return
    if op in ("add", "sub"):
        to_x = f.dot(b, v) if f.is_active(v) else None
        if to_x is not None and s.op not in INPLACE:  # x += v changes a number to a float, and raises for integers
            to_x = rounding.kept(b, to_x, x)
        if isinstance(to_x, Var) and isinstance(to_x.type, Array):  # v may be a view of x
            to_x = b.call(np.array, "np.array", to_x)
        b.append(s)
        if to_x is not None:
            b.effect("aug_setitem", x_dot, i, to_x, Const(op))
        return
    _by_partials(f, s, x, x_dot, i, v, op, b)


def _zero_into(f: Forward, b: Builder, x: Var, value: Atom) -> Atom:
    return Const(0.0) if isinstance(x.type, Array) or is_number(type_of_atom(value)) else f.parts_dot(b, value)


def _by_partials(f: Forward, s: Let, x: Var, x_dot: Atom, i: Atom, v: Atom, op: str, b: Builder) -> None:
    rule = lookup(op)
    if rule is not None and rule.kind == "nondiff":
        b.effect("setitem", x_dot, i, Const(0.0))
        b.append(s)
        return
    if rule is None or rule.kind not in ("elementwise", "bilinear") or rule.body is None:
        raise f.refuse("S2S064", f"in-place {op} on an active array", s.loc, "write the operation out of place")
    body = f.program.load(rule.body)
    assert body is not None
    old = b.emit("getitem", x, i)
    if rule.kind == "bilinear":
        total: Atom = b.emit(op, b.emit("getitem", x_dot, i), v)
        if f.is_active(v):
            total = b.emit("add", total, b.emit(op, old, f.dot(b, v)))
        b.effect("setitem", x_dot, i, total if s.op in INPLACE else rounding.kept(b, total, x))
        b.append(s)
        return
    new = b.emit(op, old, v)
    partials = inline(f.program, body, (new, old, v), {}, b)
    old_dot = b.emit("getitem", x_dot, i)
    total = product(b, rule, old_dot, partials[0], new)
    if f.is_active(v):
        total = b.emit("add", total, product(b, rule, f.dot(b, v), partials[1], new))
    b.effect("setitem", x_dot, i, total if s.op in INPLACE else rounding.kept(b, total, x))
    b.append(s)


def method(f: Forward, s: Let, b: Builder) -> None:
    x, name = s.args[0], str(getattr(s.args[1], "value", ""))
    if name == "sort" and isinstance(x, Var) and f.is_active(x):
        _sort(f, s, x, b)
        return
    b.append(s)
    if not any(f.is_active(a) for a in (*s.args, s.target) if a is not None) or (is_logger(x) and s.target is None):
        return
    if not isinstance(x, Var) or not f.is_active(x) or name not in _LIST_EFFECTS:
        changes = isinstance(x, Var) and f.is_active(x) and name in MUTATING_METHODS
        if s.target is not None and not f.is_active(s.target) and not changes:
            return
        raise f.refuse(
            "S2S020", f"the method {name} has no derivative rule", s.loc, "use a NumPy function instead"
        )
    values: tuple[Any, ...] = s.args[2:]
    if name in ("append", "fill", "extend", "update"):
        values = tuple(f.parts_dot(b, a) for a in values)
        values = tuple(rounding.kept(b, v, x) for v in values) if name == "fill" else values
    elif name in ("insert", "setdefault", "get"):
        values = (values[0], *(f.dot(b, a) for a in values[1:]))
    if s.target is None:
        b.effect("method", f.dot(b, x), Const(name), *values)
    else:
        out = b.emit("method", f.dot(b, x), Const(name), *values, type=tangent_type(s.target.type))
        f.bind(s.target, b, out)


def _sort(f: Forward, s: Let, x: Var, b: Builder) -> None:
    """``x.sort()``: the tangent is permuted alike."""
    if isinstance(x.type, Array):
        axis = s.kwargs.get("axis", s.args[2] if len(s.posargs) > 2 else Const(-1))
        order = b.call(np.argsort, "np.argsort", x, kw={"axis": axis, "kind": Const("stable")})
        moved = b.call(np.take_along_axis, "np.take_along_axis", f.dot(b, x), order, axis, type=x.type)
        b.effect("setitem", f.dot(b, x), Const(Ellipsis), moved)
    else:
        order = b.call(rt.sort_order, "rt.sort_order", x, kw=s.kwargs or None)
        b.effect("call", Ref(rt.sort_list, "rt.sort_list"), f.dot(b, x), order)
    b.append(s)
