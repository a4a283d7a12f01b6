"""Options of NumPy's functions that are other calls in disguise.

*before*                                            *after*::

    t, h = np.linspace(a, b, 5, retstep=True)           t, h = np.linspace(a, b, 5), np.subtract(b, a) / 4
    p, q = np.meshgrid(x, y, sparse=True)               p, q = np.reshape(np.array(x), (1, -1)), np.reshape(np.array(y), (-1, 1))
    np.pad(x, 2, constant_values=c)                     np.where(np.pad(np.ones_like(x, dtype=bool), 2), np.pad(x, 2), c)
    np.pad(v, (1, 2), constant_values=(b, c))           np.concatenate((np.full(1, b), v, np.full(2, c)))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.infer import calls, elements
from s2sad.analysis.infer.numpy_calls import Args, Kw, given, np_call
from s2sad.analysis.infer.operations import arithmetic
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Ref, Var
from s2sad.ir.types import Array, List, Lit, Scalar, Tuple, is_number

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def _value(g: dict[str, Atom], key: str, default: Any) -> Any:
    """The value of an option, ``NotImplemented`` where it is not known."""
    t = type_of_atom(g[key]) if key in g else Lit(default)
    return t.value if isinstance(t, Lit) else NotImplemented


def _linspace(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    g = given("start stop num endpoint retstep dtype axis", pos, kw)
    num, endpoint = _value(g, "num", 50), _value(g, "endpoint", True)
    if _value(g, "retstep", False) is not True or type(num) is not int or type(endpoint) is not bool:
        return NotImplemented
    steps = num - 1 if endpoint else num
    if steps < 1 or _value(g, "dtype", None) is not None:
        return NotImplemented
    options = {k: a for k, a in g.items() if k in ("endpoint", "axis")}
    line = np_call(f, "linspace", g["start"], g["stop"], Const(num), kw=options)
    step = arithmetic(f, "truediv", (np_call(f, "subtract", g["stop"], g["start"]), Const(steps)), "")
    return f.emit("tuple", line, step, name=name)


def _meshgrid(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    order = _value(kw, "indexing", "xy")
    if _value(kw, "sparse", False) is not True or _value(kw, "copy", True) is not True or order not in ("xy", "ij"):
        return NotImplemented
    axes = list(range(len(pos)))
    if order == "xy":
        axes[:2] = axes[:2][::-1]
    shapes = [tuple(-1 if k == axis else 1 for k in range(len(pos))) for axis in axes]
    parts = [
        np_call(f, "reshape", np_call(f, "array", x), f.emit("tuple", *map(Const, shape)))
        for x, shape in zip(pos, shapes, strict=True)
    ]
    return f.emit("tuple", *parts, name=name)


def _pad(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """With values that may vary; an array of another dtype would round them."""
    g = given("array pad_width mode constant_values", pos, kw)
    value, t = g.get("constant_values", Const(0)), type_of_atom(g["array"])
    if _value(g, "mode", "constant") != "constant" or not isinstance(t, Array) or t.dtype != "float64" or not t.dims:
        return NotImplemented
    if isinstance(type_of_atom(value), Scalar):
        inside = np_call(f, "pad", np_call(f, "ones_like", g["array"], kw={"dtype": Ref(bool, "bool")}), g["pad_width"])
        return calls.call_object(
            f, Ref(np.where, "np.where"), (inside, np_call(f, "pad", g["array"], g["pad_width"]), value), {}, name, untyped
        )
    ends, widths = _pair(f, value), _pair(f, g["pad_width"])
    if ends is None or widths is None or len(t.dims) != 1 or all(isinstance(type_of_atom(a), Lit) for a in ends):
        return NotImplemented
    before, after = (np_call(f, "full", n, c, kw={"dtype": Ref(float, "float")}) for n, c in zip(widths, ends, strict=True))
    whole = f.emit("tuple", before, g["array"], after)
    return calls.call_object(f, Ref(np.concatenate, "np.concatenate"), (whole,), {}, name, untyped)


def _pair(f: FunctionInfer, a: Atom) -> tuple[Atom, ...] | None:
    """The numbers for both ends of a vector: ``c`` or ``(b, c)``."""
    if is_number(type_of_atom(a)):
        return a, a
    parts = elements.elements(f, a) if isinstance(type_of_atom(a), Tuple | List) else None
    if parts is None or len(parts) != 2 or not all(is_number(type_of_atom(p)) for p in parts):
        return None
    return tuple(parts)


HANDLERS: dict[Any, Any] = {np.linspace: _linspace, np.meshgrid: _meshgrid, np.pad: _pad}
