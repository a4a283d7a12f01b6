"""Sums over an axis of a matrix: what does not vary along it is taken out, so that the matrix need not be made.

*before*::

    def f(a, b, w):
        p = np.sum(a @ b, axis=1)
        q = np.sum(a * w + a @ b, axis=0)
        r = np.sum(-2.0 * ((w * 0.5)[None] * a), axis=0)
        return p, q, r

*after*::

    def f(a, b, w):
        p = a @ np.sum(b, axis=1)
        q = np.sum(a, axis=0) * w + np.sum(a, axis=0) @ b
        r = -2.0 * 0.5 * np.sum(w[None] * a, axis=0)
        return p, q, r

On the adjoint side only, and only where nothing else reads the matrix. A sum of matrices is parted where each of its terms
gets smaller that way. Numbers that an array of any rank is multiplied by come after its sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let
from s2sad.ir.types import dtype_of
from s2sad.specialise.driver import Rewriter, const, is_floating, is_scalar, known_dims, made_by, rank
from s2sad.specialise.helpers import adds_axes

_DEPTH = 3


@made_by("matmul", "mul", "add", "sub", "neg")
def over_axis(rw: Rewriter, let: Let) -> Atom | None:
    """``np.sum(a @ b, axis=0)`` to ``np.sum(a, axis=0) @ b``; the like for rows, products with a row, and sums of these."""
    if let.kwnames != ("axis",) or len(let.posargs) != 2 or rank(let.args[1]) != 2:
        return None
    axis = const(let.args[2])
    if type(axis) is not int or not -2 <= axis < 2 or not _smaller(rw, let.args[1], axis % 2, _DEPTH):
        return None
    return _summed(rw, let, let.args[1], axis % 2)


def _part(rw: Rewriter, x: Atom) -> Let | None:
    d = rw.definition(x)
    return d if d is not None and d.target not in rw.primal and rw.used_once(x) and is_floating(x) else None


def _smaller(rw: Rewriter, x: Atom, axis: int, depth: int) -> bool:
    """Need the matrix not be made to sum it over the axis?"""
    d = _part(rw, x)
    if d is None or not depth or known_dims(x) is None:
        return False
    if d.op == "matmul":
        return rank(d.args[0]) == rank(d.args[1]) == 2 and all(map(is_floating, d.args))
    if d.op == "neg":
        return _smaller(rw, d.args[0], axis, depth - 1)
    if d.op in ("add", "sub"):
        return all(known_dims(a) == known_dims(x) and _smaller(rw, a, axis, depth - 1) for a in d.args)
    return d.op == "mul" and _row(d, x, axis) is not None


def _row(d: Let, x: Atom, axis: int) -> tuple[Atom, Atom] | None:
    """The factor of a product that does not vary along the axis, a row, and the other, which is a matrix of this shape."""
    for v, m in (d.args, d.args[::-1]):
        alike = known_dims(m) == known_dims(x) and dtype_of(type_of_atom(m)) == dtype_of(type_of_atom(x))
        if axis == 0 and alike and rank(v) == 1:
            return v, m
    return None


def _summed(rw: Rewriter, let: Let, x: Atom, axis: int) -> Atom:
    d = rw.definition(x)
    assert d is not None
    if d.op == "matmul":
        a, b = d.args
        return rw.emit("matmul", *((_total(rw, let, a, 0), b) if axis == 0 else (a, _total(rw, let, b, 1))))
    if d.op == "mul" and (found := _row(d, x, axis)) is not None:
        return rw.emit("mul", _total(rw, let, found[1], axis), found[0])
    return rw.emit(d.op, *[_summed(rw, let, a, axis) for a in d.args])


def _total(rw: Rewriter, let: Let, x: Atom, axis: int) -> Atom:
    return rw.emit("call", let.args[0], x, kw={"axis": Const(axis)})


@made_by("mul", "neg")
def scaled(rw: Rewriter, let: Let) -> Let | None:
    """``np.sum(c * x, axis=0)`` to ``c * np.sum(x, axis=0)``, wherever in the product the numbers are."""
    if let.kwnames != ("axis",) or len(let.posargs) != 2 or dtype_of(type_of_atom(let.args[1])) != "float64":
        return None
    numbers: list[Atom] = []
    x = _unscaled(rw, let.args[1], numbers, _DEPTH)
    if not numbers:
        return None
    total = rw.emit("call", let.args[0], x, kw=let.kwargs)
    factor, *more = numbers
    for c in more:
        factor = rw.emit("mul", factor, c)
    return rw.let(let, "mul", factor, total)


def _unscaled(rw: Rewriter, x: Atom, numbers: list[Atom], depth: int) -> Atom:
    """An array without the numbers that it is multiplied by, which are noted."""
    d = _part(rw, x) if depth else None
    if d is None or dtype_of(type_of_atom(x)) != "float64" or not rank(x):
        return x
    if d.op == "neg":
        numbers.append(Const(-1.0))
        return _unscaled(rw, d.args[0], numbers, depth)
    if d.op == "getitem" and adds_axes(rw, d.args[1]):
        found: list[Atom] = []
        inner = _unscaled(rw, d.args[0], found, depth - 1)
        numbers += found
        return rw.emit("getitem", inner, d.args[1]) if found else x
    if d.op != "mul":
        return x
    for c, a in (d.args, d.args[::-1]):
        if is_scalar(c) and is_floating(c) and dtype_of(type_of_atom(a)) == "float64" and rank(a) == rank(x):
            numbers.append(c)
            return _unscaled(rw, a, numbers, depth)
    found = []
    parts = [_unscaled(rw, a, found, depth - 1) for a in d.args]
    numbers += found
    return rw.emit("mul", *parts) if found else x


RULES: dict[Any, tuple[Any, ...]] = {np.sum: (over_axis, scaled)}
