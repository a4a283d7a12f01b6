"""Options of functions with rules: what a rule knows nothing of must not vary, and some values have no derivative.

*refused*: ``np.pad(v, 2, constant_values=x)``, ``np.pad(v, 2, mode="mean")``. A rule reads its static parameters as
constants, so an active value that goes into one would have an exact, silent zero for its derivative. The helpers of the
runtime take their static operands for the shape alone.
"""

from __future__ import annotations

from collections.abc import Callable

from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Function, Let, Loc, Ref, Var, walk
from s2sad.ir.types import Lit
from s2sad.rules.registry import Rule, lookup

# parameters that NumPy takes integers, booleans or text for, whatever their inferred type: nothing varies through them
_INTEGRAL = frozenset(
    {"axis", "axis1", "axis2", "axes", "shape", "indices", "indices_or_sections", "reps", "repeats", "shift", "k", "n", "kth",
     "num", "offset", "pad_width", "order", "dtype", "minlength", "mode", "source", "destination", "keepdims", "copy", "ndmin"}
)  # fmt: skip

Refuse = Callable[[str, str, Loc, str], Exception]


def refuse_options(fn: Function, varied: frozenset[Var], refuse: Refuse) -> None:
    """Raise what ``refuse`` makes where an active value goes into an option, or an option has no derivative."""
    for s in walk(fn.body):
        if not isinstance(s, Let) or s.op != "call" or not isinstance(s.args[0], Ref):
            continue
        rule = lookup(s.args[0].obj)
        home = getattr(rule.canonical, "__module__", None) or "" if rule is not None else ""
        if rule is None or rule.kind == "nondiff" or home.startswith("s2sad.runtime"):
            continue
        _check(s, s.args[0].text, rule, varied, refuse)


def _check(s: Let, text: str, rule: Rule, varied: frozenset[Var], refuse: Refuse) -> None:
    for key, a in s.kwargs.items():
        if isinstance(a, Var) and a in varied and key not in _INTEGRAL:
            raise refuse("S2S054", f"an active value goes into the option {key}= of {text}, which has no derivative rule",
                         s.loc, "write what the option does as operations of its own")  # fmt: skip
    for key, a in zip(rule.operands, s.posargs[1:], strict=False):
        if key in rule.fixed and isinstance(a, Var) and a in varied:
            raise refuse("S2S054", f"an active value goes into the parameter {key} of {text}, which has no derivative rule",
                         s.loc, "differentiate with respect to the other parameters alone")  # fmt: skip
    if rule.refuses is not None and any(isinstance(a, Var) and a in varied for a in s.posargs[1:]):
        types = {k: type_of_atom(a) for k, a in s.kwargs.items()}
        known = {k: t.value for k, t in types.items() if isinstance(t, Lit)}
        reason = rule.refuses(**known)
        if reason:
            raise refuse("S2S054", reason, s.loc, "write what it does as operations of its own")


__all__ = ["refuse_options"]
