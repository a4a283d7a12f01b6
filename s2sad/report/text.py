"""Reports as plain text: types as people write them, what was compiled, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from s2sad.ir.types import (
    Array,
    Dict,
    List,
    Lit,
    Never,
    Num,
    Obj,
    Opaque,
    Range,
    RefT,
    Scalar,
    Slice,
    Tuple,
    Type,
)

_CODES = {
    "float64": "f8", "float32": "f4", "float16": "f2", "complex128": "c16", "complex64": "c8", "bool": "b1",
    "int64": "i8", "int32": "i4", "int16": "i2", "int8": "i1",
    "uint64": "u8", "uint32": "u4", "uint16": "u2", "uint8": "u1",
}  # fmt: skip
_WEAK = {"float64": "float", "int64": "int", "bool": "bool", "complex128": "complex"}


def show_type(t: Type) -> str:
    """A type in the notation of ``s2sad dump --types``: ``f8[n, m]``, ``float``, ``[f8[n], 3]``."""
    if isinstance(t, Scalar):
        return _WEAK.get(t.dtype, t.dtype) if t.weak else _CODES.get(t.dtype, t.dtype)
    if isinstance(t, Array):
        dims = "..." if t.dims is None else ", ".join("?" if d is None else str(d) for d in t.dims) or "()"
        return f"{_CODES.get(t.dtype or '', t.dtype or 'any')}[{dims}]"
    if isinstance(t, Lit):
        return repr(t.value)
    if isinstance(t, Tuple):
        inner = ", ".join(map(show_type, t.items))
        return f"{getattr(t.cls, '__name__', '') if t.cls else ''}({inner}{',' if len(t.items) == 1 else ''})"
    if isinstance(t, List):
        return f"[{', '.join(map(show_type, t.items)) if t.items is not None else show_type(t.item) + ', ...'}]"
    if isinstance(t, Dict):
        if t.items is None:
            return f"{{...: {show_type(t.value)}}}"
        return "{" + ", ".join(f"{k!r}: {show_type(v)}" for k, v in t.items) + "}"
    if isinstance(t, Obj):
        return f"{t.cls.__name__}({', '.join(f'{k}: {show_type(v)}' for k, v in t.attrs)})"
    return _show_other(t)


def _show_other(t: Type) -> str:
    if isinstance(t, RefT):
        return str(getattr(t.obj, "__name__", type(t.obj).__name__))
    if isinstance(t, Opaque):
        return str(getattr(t.cls, "__name__", "object"))
    if isinstance(t, Slice):
        return "slice"
    names = {Never: "never", Num: "number", Range: "range"}
    return names.get(type(t), "any")


def show_types(types: Sequence[tuple[str, Type]]) -> str:
    """``w: f8[n], x: f8[m, n]``."""
    return ", ".join(f"{name}: {show_type(t)}" for name, t in types)


def explain_programs(name: str, active: Sequence[str], compiled: Sequence[tuple[Any, Any]]) -> str:
    """What a derivative has compiled: each specialisation with its types and what its reverse sweep keeps."""
    lines = [f"{name}: with respect to {', '.join(active)}"]
    if not compiled:
        lines.append("  not compiled yet: it is at the first call, for the types of its arguments")
    for k, (types, program) in enumerate(compiled, 1):
        lines.append(f"  specialisation {k}: {show_types(types) or 'no arguments'}")
        lines.append(f"    {len(str(program.text).splitlines())} lines of source")
        if program.note or program.request.backend != "numpy":
            lines.append(f"    runs on {program.note or 'Numba'}")
        mutates = tuple(getattr(program, "mutates", ()))
        if mutates:
            lines.append(f"    stores into {', '.join(mutates)}")
        lines += [f"    {line}" for line in _residuals(program)]
    return "\n".join(lines)


def _residuals(program: Any) -> list[str]:
    from s2sad.report.residuals import residuals_of

    if program.request.mode == "jvp":
        return []
    report = residuals_of(program.request)
    if not report:
        return ["the reverse sweep reads the arguments alone"]
    return ["the reverse sweep reads:", *(f"  {line}" for line in report)]
