"""Large arrays go through functions that work element by element part by part: what these make stays in the cache.

For::

    t1, gate_slope = gate_fwd(x)

where ``gate_fwd`` (``simplify/slopes.py``) makes an array in each of its statements::

    t1, gate_slope = rt.in_parts(gate_fwd, x)

A dozen temporaries of a few thousand elements fit in the cache, those of a million do not, and each of them would be new
memory. Element by element the operations are the same, so every bit is.
"""

from __future__ import annotations

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import INPLACE_OPS
from s2sad.ir.nodes import Atom, Callee, Function, Let, Ref, walk
from s2sad.ir.rewrite import map_lets, with_body
from s2sad.ir.types import Array, is_number
from s2sad.specialise.helpers import helper

_OPERATORS = frozenset(
    {"add", "sub", "mul", "truediv", "neg", "pow", "lt", "le", "gt", "ge", "eq", "ne", "iadd", "isub", "imul", "itruediv"}
)
_LEAST = 8  # arrays that it makes


def in_parts(functions: list[Function]) -> list[Function]:
    """``functions`` with such calls: the same list where there are none."""
    found = {fn.name for fn in functions if fn.name.endswith("_fwd") and _works_by_element(fn)}
    if not found:
        return functions

    def rewrite(s: Let) -> Let:
        callee = s.args[0] if s.op == "call" else None
        if not isinstance(callee, Ref) or not isinstance(callee.obj, Callee) or callee.text not in found or s.kwnames:
            return s
        return Let(s.target, "call", (Ref(helper("in_parts"), "rt.in_parts"), *s.args), (), s.loc)

    return [with_body(fn, map_lets(fn.body, rewrite)) if _calls(fn, found) else fn for fn in functions]


def _calls(fn: Function, names: set[str]) -> bool:
    return any(isinstance(s, Let) and s.op == "call" and getattr(s.args[0], "text", None) in names for s in walk(fn.body))


def _works_by_element(fn: Function) -> bool:
    """Is each element of its two results made of that element of its first operand, and of numbers?"""
    if not fn.params or not all(s.__class__ is Let for s in fn.body.stmts):
        return False
    x, *others = (p.var for p in fn.params)
    t = x.type
    if not isinstance(t, Array) or t.dtype != "float64" or not t.dims or not all(_is_number(v) for v in others):
        return False
    *stmts, last = (s for s in fn.body.stmts if isinstance(s, Let) and s.op != "comment")
    made = {s.target for s in stmts}
    if last.op != "tuple" or last.target is not fn.result or len(set(last.args)) != 2 or not made.issuperset(last.args):
        return False
    if any(type_of_atom(a) != t for a in last.args) or any(s.op in INPLACE_OPS and s.args[0] not in made for s in stmts):
        return False
    return len(stmts) >= _LEAST and all(_is_by_element(s, t) for s in stmts)


def _is_number(a: Atom) -> bool:
    return is_number(type_of_atom(a))


def _is_by_element(s: Let, t: Array) -> bool:
    operands = s.args
    if s.op == "call":
        callee, *operands = s.args  # type: ignore[assignment]
        if not isinstance(callee, Ref) or s.kwnames:
            return False
        ufunc = isinstance(callee.obj, np.ufunc) and callee.obj.signature is None and callee.obj.nin == len(operands)
        if not ufunc and callee.obj is not np.where:
            return False
    elif s.op not in _OPERATORS:
        return False
    return s.target is not None and all(_is_alike(a, t) for a in (*operands, s.target))


def _is_alike(a: Atom, t: Array) -> bool:
    """Is it a number, or an array of this shape?"""
    own = type_of_atom(a)
    return own.dims == t.dims if isinstance(own, Array) else _is_number(a)


__all__ = ["in_parts"]
