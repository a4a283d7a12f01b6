"""Reductions with ``where=`` and ``initial=``.

*before*                                  *after*::

    np.sum(x, where=mask)                     rt.masked_sum(x, where=mask)
    np.sum(x, initial=c)                      rt.sum_from(x, c)
    np.prod(x, where=mask)                    np.prod(np.where(mask, x, 1))
    np.max(x, initial=c)                      np.maximum(np.max(x), c)
    np.max(x, where=mask, initial=c)          np.maximum(np.max(np.where(mask, x, c)), c)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.infer import calls, rewritten_arrays
from s2sad.analysis.infer.rule_calls import numpy_rule, rule_call
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Ref
from s2sad.ir.types import List, Lit, Tuple
from s2sad.rules.registry import Rule, lookup

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Args = tuple[Atom, ...]
Kw = dict[str, Atom]
_LIMITS = (np.max, np.amax, np.min, np.amin)


def call(f: FunctionInfer, rule: Rule, pos: Args, kw: Kw, name: str, ref: Ref) -> Atom | None:
    """The call in other words; ``kw`` has one of the two options."""
    mask, start = kw.pop("where", None), kw.pop("initial", None)
    t = type_of_atom(mask) if mask is not None else Lit(True)
    if isinstance(t, Lit) and t.value is True:
        mask = None
    if start is not None and type_of_atom(start) == Lit(None):
        start = None
    if isinstance(t, List | Tuple):
        mask = rule_call(f, numpy_rule("asarray"), (mask or UNDEF,), {}, "") or UNDEF
    if mask is None and start is None:
        return rule_call(f, rule, pos, kw, name, ref)
    if ref.obj in (np.var, np.std):
        return _spread(f, pos, kw, name, ref, mask or UNDEF)
    if ref.obj in _LIMITS:
        return _limit(f, rule, pos, kw, name, ref, mask, start)
    if ref.obj is np.prod:
        return _product(f, rule, pos, kw, name, ref, mask, start)
    options = {**kw, **({} if mask is None else {"where": mask})}
    which = "masked_mean" if ref.obj is np.mean else "masked_sum" if start is None else "sum_from"
    return _helper(f, which, pos, start, options, name, ref)


def _helper(f: FunctionInfer, which: str, pos: Args, start: Atom | None, kw: Kw, name: str, ref: Ref) -> Atom | None:
    """A call of a helper of the runtime, which knows no dtype."""
    if len(pos) > 2 or type_of_atom(kw.get("dtype", Const(None))) != Lit(None):
        f.refuse("S2S054", f"the option dtype= of {ref.text} with where= or initial= has no derivative rule", "leave it out")
        return UNDEF
    kw.pop("dtype", None)
    helper = lookup(getattr(rt, which))
    assert helper is not None
    options = {**kw, **({"axis": pos[1]} if len(pos) > 1 else {})}
    operands = pos[:1] if start is None else (pos[0], start)
    return rule_call(f, helper, operands, options, name, Ref(helper.canonical, f"rt.{which}"))


def _product(
    f: FunctionInfer, rule: Rule, pos: Args, kw: Kw, name: str, ref: Ref, mask: Atom | None, start: Atom | None
) -> Atom | None:
    if mask is not None:
        factors = rule_call(f, numpy_rule("where"), (mask, pos[0], Const(1)), {}, "") or UNDEF
        pos = (factors, *pos[1:])
    if start is None:
        return rule_call(f, rule, pos, kw, name, ref)
    return _helper(f, "prod_from", pos, start, kw, name, ref)


def _limit(
    f: FunctionInfer, rule: Rule, pos: Args, kw: Kw, name: str, ref: Ref, mask: Atom | None, start: Atom | None
) -> Atom | None:
    if start is None:
        f.refuse("S2S053", f"{ref.text}() with where= is called without initial=")
        return UNDEF
    if mask is not None:
        pos = (rule_call(f, numpy_rule("where"), (mask, pos[0], start), {}, "") or UNDEF, *pos[1:])
    out = kw.pop("out", None)
    most = rule_call(f, rule, pos, kw, "", ref) or UNDEF
    both = "maximum" if ref.obj in (np.max, np.amax) else "minimum"
    return rule_call(f, numpy_rule(both), (most, start), {} if out is None else {"out": out}, name)


def _spread(f: FunctionInfer, pos: Args, kw: Kw, name: str, ref: Ref, mask: Atom) -> Atom | None:
    other = [k for k in ("dtype", "out", "mean") if k in kw and not isinstance(type_of_atom(kw[k]), Lit)]
    if other or len(pos) > 2:
        option = (*other, "dtype")[0]
        f.refuse("S2S054", f"the option {option}= of {ref.text} with where= has no derivative rule", "leave it out")
        return UNDEF
    written = rewritten_arrays.masked_std if ref.obj is np.std else rewritten_arrays.masked_var
    return calls.call_atom(f, Ref(written, ref.text), (pos[0], mask, *pos[1:]), kw, name)


__all__ = ["call"]
