"""What a function returns whose gradient is differentiated once more: one number, or it has no gradient.

The outer derivative sees the gradient alone, so the check that the call of a gradient makes is made here, by type.
"""

from __future__ import annotations

from s2sad.analysis.infer.program import Spec
from s2sad.ir.nodes import Let, Ref, walk
from s2sad.ir.types import Array, Dict, List, Lit, Opaque, Scalar, Tuple, Type


def check_value(spec: Spec, of: tuple[str, str, bool] | None) -> None:
    """Raise TypeError, in one line, where what is differentiated twice is known to return no real number.

    ``of`` says which gradient it is: its name, that of the function, and whether that returns a pair.
    """
    if of is None or spec.fn is None:
        return
    derivative, function, has_aux = of
    for s in walk(spec.fn.body):
        if isinstance(s, Let) and s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Spec):
            result = s.args[0].obj.result
            value = result.items[0] if isinstance(result, Tuple) and result.items else None
            if has_aux and isinstance(value, Tuple) and value.items:
                value = value.items[0]
            what = "" if value is None else _no_number(value)
            if what:
                raise TypeError(f"{derivative}: {function} returns {what}; a gradient needs a function that returns a float")
            return


def _no_number(t: Type) -> str:
    """What the type is, where it is known to be no real number."""
    if isinstance(t, Array) and t.dims:
        return f"an array of {len(t.dims)} dimension{'s' if len(t.dims) > 1 else ''}"
    if isinstance(t, Lit) and not isinstance(t.value, float):
        return "None" if t.value is None else f"a value of type {type(t.value).__name__}"
    if isinstance(t, Scalar) and t.dtype is not None and t.dtype.startswith(("int", "uint", "bool", "complex")):
        return f"a value of type {t.dtype}"
    if isinstance(t, Opaque) and t.cls in (str, bytes):
        return "text"
    names = {Tuple: "a tuple", List: "a list", Dict: "a dict"}
    return names.get(type(t), "")


__all__ = ["check_value"]
