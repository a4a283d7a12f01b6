"""What is known of a value beyond its type: lower bounds, and which values have one shape.

``floor(rw, d)``: a number that ``d`` is not below: ``1.0 + x * x`` is at least 1. ``same_shape(rw, a, b)``: two arrays
of one shape although types do not tell which: ``np.exp(x[:k])`` and ``x[:k]``. Both see through tapes: what a reverse
loop takes off one is what the forward loop recorded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import effect_of, has_memory
from s2sad.analysis.recorded import origins
from s2sad.ir.nodes import Atom, Const, For, Let, Ref, Var, While, calls, walk
from s2sad.ir.types import Affine, Array, Lit, Slice, Tuple, is_number
from s2sad.rules.registry import lookup
from s2sad.specialise.driver import Rewriter, const, is_const
from s2sad.specialise.helpers import arg, helper

_DEPTH = 12
Key = Any


def origin(rw: Rewriter, a: Atom) -> Atom:
    """The variable of the forward sweep that ``a`` was recorded from, else ``a``."""
    if not isinstance(a, Var):
        return a
    if rw.origins is None:
        rw.origins = origins(rw.fn)
    now: Atom = a
    while isinstance(now, Var):
        before = rw.env.get(now) or rw.origins.get(now)
        if before is None:
            break
        now = before
    return now


def made(rw: Rewriter, a: Atom) -> Let | None:
    """The statement that computed a value, there or where it was recorded. For what no store changes."""
    a = origin(rw, a)
    return rw.defs.get(a) if isinstance(a, Var) else None


def is_zero(rw: Rewriter, a: Atom) -> bool:
    """A literal zero, or an array of zeros made here that nothing stores into."""
    if const(a) is not None:
        return is_const(a, 0)
    return calls(rw.definition(a), np.zeros_like, np.zeros)


# -- bounds ---------------------------------------------------------------------------------------------------------
def _of_sum(x: float | None, y: float | None) -> float | None:
    return None if x is None or y is None else x + y


def _of_product(x: float | None, y: float | None) -> float | None:
    return None if x is None or y is None or x < 0 or y < 0 else x * y if x >= 1 and y >= 1 else 0.0


_LEAST: dict[Any, Callable[[float | None], float]] = {
    np.exp: lambda f: 1.0 if f is not None and f >= 0 else 0.0,
    math.exp: lambda f: 1.0 if f is not None and f >= 0 else 0.0,
    np.cosh: lambda f: 1.0,
    math.cosh: lambda f: 1.0,
    np.abs: lambda f: max(f or 0.0, 0.0),
    abs: lambda f: max(f or 0.0, 0.0),
    np.square: lambda f: 0.0,
    np.sqrt: lambda f: math.sqrt(max(f or 0.0, 0.0)),
    math.sqrt: lambda f: math.sqrt(max(f or 0.0, 0.0)),
}


def floor(rw: Rewriter, a: Atom, depth: int = _DEPTH) -> float | None:
    """A lower bound of ``a`` (which may be NaN all the same), with rounding taken into account; None where none is known.

    Sums round to nothing below their smaller operand's bound plus the other's. A product of small numbers may become
    0, so only factors of at least 1 keep their bound."""
    value = const(a)
    if value is not None:
        return float(value) if isinstance(value, int | float) else None
    d = made(rw, a)
    if d is None or depth == 0 or stored(rw, origin(rw, a)):
        return None
    if d.op == "add":
        return _of_sum(*(floor(rw, x, depth - 1) for x in d.args))
    if d.op == "mul":
        if d.args[0] is d.args[1]:
            return 0.0 if _is_real(d.args[0]) else None
        return _of_product(*(floor(rw, x, depth - 1) for x in d.args))
    if d.op == "pow":
        power = const(d.args[1])
        return 0.0 if isinstance(power, int | float) and power % 2 == 0 and _is_real(d.args[0]) else None
    if d.op == "call" and isinstance(d.args[0], Ref) and len(d.args) == 2 and _is_real(d.args[1]):
        try:
            least = _LEAST.get(d.args[0].obj)
        except TypeError:
            return None
        return None if least is None else least(floor(rw, d.args[1], depth - 1))
    return None


def stored(rw: Rewriter, a: Atom) -> bool:
    """Does any statement store into the array ``a``, or into one that it may share memory with?"""
    if not has_memory(type_of_atom(a)):
        return False
    if rw.stored is None:
        rw.stored = [s.args[p] for s in walk(rw.fn.body) if isinstance(s, Let) and not _records(s) for p in effect_of(s).writes]
    own = rw.memory.find(a)
    return any(rw.memory.find(x) is own for x in rw.stored)


def _records(s: Let) -> bool:
    """An append changes the list, not what it holds."""
    return s.op == "method" and isinstance(s.args[1], Const) and s.args[1].value == "append"


def _is_real(a: Atom) -> bool:
    t = type_of_atom(a)
    if is_number(t):
        return not (isinstance(t, Lit) and isinstance(t.value, complex)) and not getattr(t, "dtype", "").startswith("complex")
    return isinstance(t, Array) and t.dtype is not None and t.dtype.startswith(("float", "int", "uint"))


# -- shapes ---------------------------------------------------------------------------------------------------------
_LIKE = (np.array, np.copy, np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.flip, np.tril, np.triu)
_ALL = ((None, None, None), (None, None, -1))
_TWO = frozenset({"add", "sub", "mul", "truediv", "pow", "mod"})
_SAFE = (helper("safe_mul"), helper("masked_mul"), helper("safe_div"))


def same_shape(rw: Rewriter, a: Atom, b: Atom) -> bool:
    """Do two arrays have one shape, whatever it is? (What is alike in one iteration; a later one may differ.)"""
    one, other = shape_key(rw, a), shape_key(rw, b)
    return one is not None and other is not None and _fit(one, other)


def _is_window(key: Key, size: Key) -> bool:
    """Is the one key that of a slice that moves, and the other its length?"""
    return isinstance(key, tuple) and len(key) == 4 and key[3] is not None and key[3] == size


def shape_key(rw: Rewriter, a: Atom, depth: int = _DEPTH) -> tuple[Key, ...] | None:
    """One key for each axis: equal keys, equal lengths. None for what is no array of known rank."""
    a = origin(rw, a)
    t = type_of_atom(a)
    if is_number(t):
        return ()
    if not isinstance(a, Var) or not isinstance(t, Array):
        return None
    known = rw.shape_keys.get(a)
    if known is None:
        known = rw.shape_keys[a] = _shape_key(rw, a, t, depth)
    return known


def _shape_key(rw: Rewriter, a: Var, t: Array, depth: int) -> tuple[Key, ...] | None:
    dims = t.dims
    if dims is not None and all(d is not None for d in dims):
        return dims
    d = rw.defs.get(a)
    found = _from_definition(rw, d, depth - 1) if d is not None and depth else None
    if d is None and depth:
        found = _from_later(rw, a, depth - 1)
    if found is None and dims is None:
        return None
    if dims is None or (found is not None and len(found) != len(dims)):
        return found
    return tuple(d if d is not None else found[k] if found is not None else (a, k) for k, d in enumerate(dims))


def _from_later(rw: Rewriter, a: Var, depth: int) -> tuple[Key, ...] | None:
    """What a loop carries has the sizes of what it begins with, if each iteration keeps them."""
    if rw.loops is None:
        rw.loops = _loops(rw)
    carried, lets = rw.loops
    if a in lets:
        return _from_definition(rw, lets[a], depth)
    if a not in carried:
        return None
    c, init, result = carried[a]
    if a is not c:
        key = shape_key(rw, c, depth)
        return key if key is not None and all(isinstance(k, Affine) for k in key) else None
    first = shape_key(rw, init, depth)
    if first is None or not all(isinstance(k, Affine) for k in first):
        return None
    before = dict(rw.shape_keys)
    rw.shape_keys[c] = first
    after = shape_key(rw, result, depth)
    if after is not None and _fit(first, after):
        return first
    rw.shape_keys = before  # nothing that was found by assuming it
    return None


def _loops(rw: Rewriter) -> tuple[dict[Var, Any], dict[Var, Let]]:
    """The first value and the next one of what each loop carries, by the names inside and behind it; and all definitions:
    those of an iteration's end come after what reads the values at its start."""
    carried: dict[Var, Any] = {}
    for s in walk(rw.fn.body):
        if isinstance(s, For | While):
            for c, t, i, r in zip(s.carried, s.targets, s.init, s.body.results, strict=False):
                carried[c] = carried[t] = c, i, r
    return carried, usage.lets(rw.fn)


def _fit(one: tuple[Key, ...], other: tuple[Key, ...]) -> bool:
    return len(one) == len(other) and all(x == y or _is_window(x, y) or _is_window(y, x) for x, y in zip(one, other, strict=True))


def _from_definition(rw: Rewriter, d: Let, depth: int) -> tuple[Key, ...] | None:
    if d.op in ("neg", "pos"):
        return shape_key(rw, d.args[0], depth)
    if d.op in _TWO:
        return _broadcast(rw, d.args, depth)
    if d.op == "getitem":
        x = shape_key(rw, d.args[0], depth)
        return None if x is None else _cut(rw, x, d.args[1])
    if d.op == "matmul":
        return _product(rw, d.args, depth)
    if d.op != "call" or not isinstance(d.args[0], Ref) or len(d.args) < 2:
        return None
    callee = d.args[0].obj
    if any(callee is f for f in _LIKE):
        return shape_key(rw, d.args[1], depth)
    if callee is helper("unbroadcast") and len(d.args) == 3:
        return shape_key(rw, d.args[2], depth)
    if callee is helper("unreduce"):
        return shape_key(rw, arg(d, 1, "x"), depth)
    if callee is np.broadcast_to:
        shape = made(rw, arg(d, 1, "shape"))
        like = shape is not None and shape.op == "getattr" and getattr(shape.args[1], "value", "") == "shape"
        return shape_key(rw, shape.args[0], depth) if shape is not None and like else None
    if any(callee is f for f in _SAFE):
        return _broadcast(rw, d.args[1:3], depth)
    if callee is np.outer and len(d.args) == 3:
        x, y = (shape_key(rw, v, depth) for v in d.args[1:])
        return None if x is None or y is None or len(x) != 1 or len(y) != 1 else (*x, *y)
    rule = lookup(callee)
    if rule is not None and rule.kind == "elementwise" and not d.kwnames and len(d.args) <= 3:
        return _broadcast(rw, d.args[1:], depth)
    return None


def _product(rw: Rewriter, operands: tuple[Atom, ...], depth: int) -> tuple[Key, ...] | None:
    """``a @ b`` of matrices and vectors, or of a stack of matrices and one matrix."""
    x, y = (shape_key(rw, a, depth) for a in operands)
    if x is None or y is None or not x or not 1 <= len(y) <= 2:
        return None
    return (*x[:-1], *y[1:])


def _broadcast(rw: Rewriter, operands: tuple[Atom, ...], depth: int) -> tuple[Key, ...] | None:
    keys = {k for k in (shape_key(rw, x, depth) for x in operands) if k != ()}
    if len(keys) == 2 and None not in keys:  # a slice that moves and an array of its length
        one, other = keys
        plain = [k for k in (one, other) if k is not None and all(isinstance(x, Affine) for x in k)]
        if one is not None and other is not None and plain and _fit(one, other):
            return plain[0]
    return keys.pop() if len(keys) == 1 else None


def _cut(rw: Rewriter, x: tuple[Key, ...], index: Atom) -> tuple[Key, ...] | None:
    """The axes that are left of ``x`` by a basic index without None, each told by its slice."""
    d = made(rw, index)
    parts = d.args if d is not None and d.op == "tuple" else (index,)
    if isinstance(type_of_atom(index), Tuple) and (d is None or d.op != "tuple"):
        return None
    out: list[Key] = []
    if len(parts) > len(x):
        return None
    for k, p in enumerate(parts):
        t = type_of_atom(p)
        if is_number(t) and not isinstance(getattr(t, "value", 0), bool) and getattr(t, "dtype", "int").startswith("int"):
            continue
        if not isinstance(t, Slice):
            return None
        s = made(rw, p)
        if s is None or s.op != "slice":
            return None
        bounds = tuple(_bound(rw, b) for b in s.args)
        if bounds in _ALL:
            out.append(x[k])
        elif bounds[2] is None and isinstance(x[k], Affine):
            from s2sad.specialise.windows import window  # which asks this module where things come from

            out.append((x[k], *bounds[:2], window(rw, x[k], s.args[0], s.args[1])))
        else:
            out.append((x[k], *bounds))
    return (*out, *x[len(parts) :])


def _bound(rw: Rewriter, a: Atom, depth: int = 4) -> Key:
    """A bound of a slice, by its value: literals and arithmetic on variables."""
    if isinstance(a, Const):
        return a.value
    a = origin(rw, a)
    d = made(rw, a)
    if d is not None and depth and d.op in ("add", "sub", "mul") and is_number(type_of_atom(a)):
        return (d.op, *(_bound(rw, x, depth - 1) for x in d.args))
    return a


__all__ = ["floor", "made", "origin", "same_shape", "shape_key", "stored"]
