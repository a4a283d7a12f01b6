"""Products whose cotangent may be masked where their partials are infinite: there the derivative is 0, not ``0 * inf``.

*before*: ``a_bar = np.where(m, y_bar, 0.0) * r`` for ``y = np.where(m, a * r, 0.0)``, ``r = 1.0 / b``. *after*:
``rt.masked_mul(np.where(m, y_bar, 0.0), r)``.

A value *may blow up* when it is made from a quotient, a logarithm, a root, an exponential: of arrays, since Python's own
numbers raise there; or when the program asks of it whether it is NaN. It *may be left out* when it goes, element by
element, into something that selects: ``np.where`` and its like, a maximum, a read by mask, an array that is stored into by
mask, a sum without the NaN, a read at computed places.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.infer.program import Spec
from s2sad.analysis.optypes import INPLACE, rule_of, type_of_atom
from s2sad.analysis.shifts import is_below_maximum
from s2sad.analysis.usage import lets
from s2sad.ir.nodes import (
    Atom,
    Block,
    For,
    Function,
    If,
    Let,
    Ref,
    Stmt,
    Try,
    Var,
    While,
    blocks_of,
    calls,
    free_in,
    free_vars,
    targets_of,
    walk,
)
from s2sad.ir.types import Array, List, Lit, Scalar, Tuple

_SELECT = (
    np.where, np.select, np.choose, np.maximum, np.minimum, np.fmax, np.fmin, np.clip, np.nan_to_num, rt.masked_sum,
    rt.masked_mean, np.nansum, np.nanmean, np.nanmax, np.nanmin, np.extract, np.compress, np.take, np.delete,
)  # fmt: skip
_ASK = (np.isnan, np.isfinite, np.isinf, np.nansum, np.nanmean, np.nanmax, np.nanmin, np.nan_to_num)
_GROW = (np.exp, np.exp2, np.expm1, np.sinh, np.cosh, np.square)
FADING = (np.exp, np.exp2, np.expm1, np.logaddexp, np.logaddexp2)  # faster than any pole grows
_HOLD = frozenset({"list", "tuple", "copy", "unpack"})


def masked_products(fn: Function, result: bool = False) -> frozenset[Var]:
    """The results of elementwise operations whose cotangent is to be multiplied so that 0 stays 0, and those of calls whose
    cotangent is to be taken so in the callee. With ``result``, the result of the function may be left out itself."""
    infinite = frozenset(
        s.target for s in walk(fn.body) if isinstance(s, Let) and s.target is not None and _by_infinity(s)
    )
    left_out = _left_out(fn, result)
    if not left_out:
        return infinite
    blown = _blown_up(fn)
    return infinite | frozenset(
        s.target
        for s in walk(fn.body)
        if isinstance(s, Let) and s.target in left_out and s.target is not None and _involves(s, blown)
    )


def _by_infinity(s: Let) -> bool:
    """Is it a product with a constant that is infinite (the end of the support of a distribution, say)?"""
    return s.op == "mul" and _has_infinity(s)


def _has_infinity(s: Let) -> bool:
    known = [a.obj if a.__class__ is Ref else getattr(type_of_atom(a), "value", None) for a in s.args]
    return any(type(v) is float and math.isinf(v) for v in known)


def selections(fn: Function) -> frozenset[Var]:
    """The results of what selects among values that may be infinite: their tangents count for nothing where they lose. So do
    those of an exponential of minus infinity, where the program speaks of infinities."""
    calls = [s for s in walk(fn.body) if isinstance(s, Let) and s.op == "call"]
    chosen = [s for s in calls if _selected(s)]
    fading = [s for s in calls if isinstance(s.args[0], Ref) and any(s.args[0].obj is f for f in FADING)]
    if fading and any(isinstance(s, Let) and _has_infinity(s) for s in walk(fn.body)):
        chosen += fading
    if not chosen:
        return frozenset()
    blown = _blown_up(fn)
    return frozenset(s.target for s in chosen if s.target is not None and _involves(s, blown))


def _involves(s: Let, blown: set[Var]) -> bool:
    return s.target in blown or any(a in blown for a in s.args if isinstance(a, Var))


def _callee(s: Let) -> Function | None:
    """The user's function that is called."""
    spec = s.args[0].obj if s.op == "call" and s.args[0].__class__ is Ref else None
    return spec.fn if isinstance(spec, Spec) else None


def _may_blow_up(fn: Function, seen: set[Function]) -> bool:
    """Does a function, or one that it calls, make what may be infinite?"""
    if fn in seen:
        return False
    seen.add(fn)
    made = lets(fn)
    calls = [s for s in walk(fn.body) if isinstance(s, Let)]
    return any(_has_pole(s, made) for s in calls) or any(
        _may_blow_up(callee, seen) for s in calls if (callee := _callee(s)) is not None
    )


def _passes(s: Let) -> bool:
    """Does each element of the result depend on the elements in its place? Of a call that is taken for granted."""
    if s.op == "getitem":  # an element of a tuple or a list, a part of an array
        return isinstance(type_of_atom(s.args[0]), Tuple | List | Array)
    rule = rule_of(s)
    return s.op in _HOLD or (rule is not None and rule.kind in ("elementwise", "linear")) or _callee(s) is not None


def _blown_up(fn: Function) -> set[Var]:
    """Values that may be infinite or NaN: at a pole, or from the start."""
    found = {a for s in walk(fn.body) if isinstance(s, Let) for a in _asked(s) if isinstance(a, Var)}
    made = lets(fn)
    before = -1
    while before != len(found):
        before = len(found)
        for s in walk(fn.body):
            if isinstance(s, Let):
                if s.target is not None and (_is_source(s, made) or (_passes(s) and _involves(s, found))):
                    found.add(s.target)
                elif _stores_array(s) and isinstance(s.args[0], Var) and _involves(s, found):
                    found.add(s.args[0])
            else:
                _merge(s, found)
    return found


def _stores_array(s: Let) -> bool:
    """Does it store an array into another (or add it there)? What is stored element by element is not followed."""
    value = s.args[2] if s.op in ("setitem", "aug_setitem") else s.args[1] if s.op in INPLACE else None
    return value is not None and isinstance(type_of_atom(value), Array)


def _asked(s: Let) -> tuple[Atom, ...]:
    """Values of which the program provides for NaN."""
    if calls(s, *_ASK):
        return s.args[1:]
    if s.op in ("eq", "ne") and s.args[0] is s.args[1]:
        return s.args[:1]
    return ()


def _is_source(s: Let, made: dict[Var, Let]) -> bool:
    if s.target is None or _is_python_number(s.target):
        return False
    callee = _callee(s)
    return _has_pole(s, made) if callee is None else _may_blow_up(callee, set())


def _has_pole(s: Let, made: dict[Var, Let]) -> bool:
    rule = rule_of(s)
    if rule is None or s.target is None or _is_python_number(s.target):
        return False
    if s.op == "call" and isinstance(s.args[0], Ref) and any(s.args[0].obj is f for f in _GROW):
        return not is_below_maximum(s.args[1], made)
    if not rule.singular:
        return False
    t = type_of_atom(s.args[-1])
    if s.op == "truediv" and (isinstance(t, Lit) or (isinstance(t, Scalar) and t.dtype.startswith("int"))):
        return False
    known = t.value if s.op == "pow" and isinstance(t, Lit) else -1
    return not (isinstance(known, int | float) and known >= 1 and known % 1 == 0)  # (-1) ** 1.5 is NaN


def _is_python_number(v: Var) -> bool:
    return isinstance(v.type, Scalar) and v.type.weak


def _left_out(fn: Function, result: bool) -> set[Var]:
    """Values of which a selection may leave elements out."""
    found: set[Var] = {fn.result} if result and isinstance(fn.result, Var) else set()
    stmts = list(walk(fn.body))
    for s in stmts:
        if isinstance(s, Let):
            found.update(a for a in _selected(s) if isinstance(a, Var))
    made = lets(fn) if any(isinstance(s, If) for s in stmts) else {}
    if made and any(isinstance(s, Let) and _is_source(s, made) for s in stmts):
        found |= _in_one_branch(fn.body) | _elements_in_branches(stmts)
    if not found:
        return found
    before = -1
    while before != len(found):
        before = len(found)
        for s in reversed(stmts):
            if not isinstance(s, Let):
                _merge(s, found, back=True)
            elif (s.target in found and _passes(s)) or (_stores_array(s) and s.args[0] in found):
                found.update(a for a in s.args if isinstance(a, Var))
    return found


def _in_one_branch(block: Block) -> set[Var]:
    """What nothing reads but one branch of an ``if``: it counts for nothing where that is not chosen."""
    regions = [s for s in block.stmts if s.__class__ is not Let]
    found = {v for s in regions for b in blocks_of(s) for v in _in_one_branch(b)}
    times = Counter([v for s in regions if isinstance(s, If) for b in (s.then, s.orelse) for v in free_vars(b)])
    if times:
        elsewhere: set[Atom] = set(block.results)
        for s in block.stmts:
            if s.__class__ is Let:
                elsewhere.update(s.args)
            elif s.__class__ is not If:
                elsewhere.update(free_in(s))
        made = {t for s in block.stmts for t in targets_of(s)}
        found |= {v for v, n in times.items() if n == 1 and v in made and v not in elsewhere}
    return found


def _elements_in_branches(stmts: list[Stmt]) -> set[Var]:
    """Arrays of which a branch reads single elements at computed places: of those that it skips no derivative is asked."""
    inside = (r for s in stmts if isinstance(s, If) for b in (s.then, s.orelse) for r in b.stmts if isinstance(r, Let))
    return {
        r.args[0]
        for r in inside
        if r.op == "getitem" and isinstance(type_of_atom(r.args[1]), Scalar) and isinstance(r.args[0], Var)
        if isinstance(r.args[0].type, Array)
    }  # fmt: skip


def _selected(s: Let) -> tuple[Atom, ...]:
    if calls(s, *_SELECT):
        return s.args[1:]
    if s.op in ("getitem", "setitem", "aug_setitem"):
        t = type_of_atom(s.args[1])
        if isinstance(t, Array) and (t.dtype == "bool" or s.op == "getitem"):
            return s.args[:1]
    return ()


def _merge(s: Stmt, found: set[Var], back: bool = False) -> None:
    """Carry the property over the results of regions: from results to targets, or ``back``."""
    pairs: list[tuple[Var, Atom]] = []
    ends: list[Block] = list(blocks_of(s))
    if isinstance(s, For | While):
        for c, i, n, t in zip(s.carried, s.init, s.body.results, s.targets, strict=False):
            pairs += [(c, i), (c, n), (t, i), (t, n)]
    elif isinstance(s, If | Try):
        pairs += [(t, a) for b in ends for t, a in zip(s.targets, b.results, strict=False)]
    for t, a in pairs:
        if back and t in found and isinstance(a, Var):
            found.add(a)
        elif not back and a in found:
            found.add(t)


__all__ = ["FADING", "masked_products", "selections"]
