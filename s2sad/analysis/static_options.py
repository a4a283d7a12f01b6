"""Options of functions with rules: what a rule knows nothing of must not vary, and some values have no derivative.

*refused*: ``np.pad(v, 2, constant_values=x)``, ``np.pad(v, 2, mode="mean")``. A rule reads its static parameters as
constants, so an active value that goes into one would have an exact, silent zero for its derivative. The helpers of the
runtime take their static operands for the shape alone. So are complex matrices where a rule holds for real ones alone:
``np.linalg.eigh(h)`` of a Hermitian matrix.
"""

from __future__ import annotations

from collections.abc import Callable

from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Function, Let, Loc, Ref, Stmt, Var, walk
from s2sad.ir.types import (
    Array,
    Lit,
    Num,
    Obj,
    Opaque,
    RefT,
    Scalar,
    Tuple,
    Type,
    Unknown,
    dtype_of,
    is_differentiable,
)
from s2sad.rules.registry import Rule, lookup

# parameters that NumPy takes integers, booleans or text for, whatever their inferred type: nothing varies through them
_INTEGRAL = frozenset(
    {"axis", "axis1", "axis2", "axes", "shape", "indices", "indices_or_sections", "reps", "repeats", "shift", "k", "n", "kth",
     "num", "offset", "pad_width", "order", "dtype", "minlength", "mode", "source", "destination", "keepdims", "copy", "ndmin"}
)  # fmt: skip

Report = Callable[[str, str, Stmt, Loc, str], None]


def refuse_options(fn: Function, varied: frozenset[Var], report: Report) -> None:
    """Report where an active value goes into an option, or an option has no derivative."""
    for s in walk(fn.body):
        if isinstance(s, Let) and s.op == "getitem" and s.args[1] in varied:
            _check_index(s, report)
        if isinstance(s, Let) and s.op == "setitem" and s.args[2] in varied:
            _check_field(s, report)
        if not isinstance(s, Let) or s.op != "call" or not isinstance(s.args[0], Ref):
            continue
        rule = lookup(s.args[0].obj)
        home = getattr(rule.canonical, "__module__", None) or "" if rule is not None else ""
        if rule is None or home.startswith("s2sad.runtime"):
            continue
        if rule.of_reals:
            _check_real(s, s.args[0].text, rule, varied, report)
        if rule.kind == "nondiff":
            continue
        _check(s, s.args[0].text, rule, varied, report)


def _check_field(s: Let, report: Report) -> None:
    """A store into a field of a structured array."""
    x, i = type_of_atom(s.args[0]), type_of_atom(s.args[1])
    if isinstance(x, Array | Num | Unknown) and isinstance(i, Lit) and isinstance(i.value, str):
        report("S2S063", "an active value is stored under a name into something that is not known to be a dict", s, s.loc,
               "use a dict, or an array for each field")  # fmt: skip


def _check_index(s: Let, report: Report) -> None:
    """What an object of unknown kind makes of an active value in brackets, only it knows."""
    x, i = type_of_atom(s.args[0]), type_of_atom(s.args[1])
    unseen = isinstance(x, RefT | Opaque | Obj) or (isinstance(x, Unknown) and isinstance(i, Scalar | Array))
    if unseen and is_differentiable(i):
        report("S2S020", "an active value is the index of an object that is not known", s, s.loc,
               "call a function of it instead, which is compiled")  # fmt: skip


def _check(s: Let, text: str, rule: Rule, varied: frozenset[Var], report: Report) -> None:
    for a in s.posargs[1:]:
        t = type_of_atom(a)
        if a in varied and isinstance(t, Obj):  # NumPy asks the object what it is, by its __array__ and the like
            report("S2S071", f"an object of class {t.cls.__name__} goes into {text}", s, s.loc,
                   "pass the numbers and arrays that it holds")  # fmt: skip
            return
    for key, a in s.kwargs.items():
        if isinstance(a, Var) and a in varied and key not in _INTEGRAL:
            report("S2S054", f"an active value goes into the option {key}= of {text}, which has no derivative rule",
                   s, s.loc, "write what the option does as operations of its own")  # fmt: skip
    for key, a in zip(rule.operands, s.posargs[1:], strict=False):
        if key in rule.fixed and isinstance(a, Var) and a in varied:
            report("S2S054", f"an active value goes into the parameter {key} of {text}, which has no derivative rule",
                   s, s.loc, "differentiate with respect to the other parameters alone")  # fmt: skip
    if rule.refuses is not None and any(isinstance(a, Var) and a in varied for a in s.posargs[1:]):
        reason = rule.refuses(**_literals(s))
        if reason:
            report("S2S054", reason, s, s.loc, "write what it does as operations of its own")


def _check_real(s: Let, text: str, rule: Rule, varied: frozenset[Var], report: Report) -> None:
    """Complex operands of what has a rule for real ones alone."""
    operands = s.posargs[1:]
    if callable(rule.of_reals) and not rule.of_reals(**_literals(s)):
        return
    if any(isinstance(a, Var) and a in varied for a in operands) and any(_is_complex(type_of_atom(a)) for a in operands):
        report("S2S054", f"a complex operand goes into {text}, whose derivative rule holds for real ones", s, s.loc,
               "write it with functions that take complex operands (np.linalg.solve, inv and det, np.abs), or with real and "
               "imaginary parts")  # fmt: skip


def _literals(s: Let) -> dict[str, object]:
    """The options that are literals."""
    types = {k: type_of_atom(a) for k, a in s.kwargs.items()}
    return {k: t.value for k, t in types.items() if isinstance(t, Lit)}


def _is_complex(t: Type) -> bool:
    """Is this a complex array or number, or a tuple of which one is (``c, lower``)?"""
    if isinstance(t, Tuple):
        return any(_is_complex(i) for i in t.items)
    return (dtype_of(t) or "").startswith("complex")


__all__ = ["refuse_options"]
