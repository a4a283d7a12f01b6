"""Result types of linear algebra, where the sizes of an operand must agree for a result to be there."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.types import NUM, Array, Opaque, Tuple, Type
from s2sad.rules.typing_core import TypeFn, as_array, never_raises
from s2sad.rules.typing_probe import probe


def _dtype(*dtypes: str | None) -> str | None:
    """The dtype in which LAPACK solves: integers are double precision there, whatever stands beside them."""
    if any(d is None or d == "object" for d in dtypes):
        return None
    exact = [d if d.startswith(("float", "complex")) else "float64" for d in dtypes if d is not None]
    return str(np.result_type(*exact).name)


@never_raises
def solve_type(a: Type, b: Type) -> Type:
    """``np.linalg.solve``: a matrix is square and as large as what stands on the other side, whose shape the result has."""
    m, v = as_array(a), as_array(b)
    if not isinstance(m, Array) or not isinstance(v, Array) or v.dims is None or m.dims is None or len(m.dims) != 2:
        return probe(np.linalg.solve)(a, b)
    return Array(_dtype(m.dtype, v.dtype), v.dims) if v.dims else NUM


@never_raises
def lstsq_type(a: Type, b: Type, **static: Type) -> Type:
    """The solution has a row for each column of the matrix; whether anything is left over depends on the rank."""
    m, v = as_array(a), as_array(b)
    if not isinstance(m, Array) or not isinstance(v, Array) or m.dims is None or v.dims is None:
        return Tuple((Array(None, None), Array(None, (None,)), Opaque(), Array(None, (None,))))
    dtype = _dtype(m.dtype, v.dtype)
    some = Array(dtype, (None,))
    return Tuple((Array(dtype, (m.dims[1], *v.dims[1:])), some, Opaque(), some))


def of_square(fn: Any, parts: int = 0) -> TypeFn:
    """The type function of what takes a square matrix, or a stack of them: the probe, which knows nothing of sizes that
    agree, asks with as many columns as there are rows."""
    ask = probe(fn, parts)

    @never_raises
    def result(a: Type, **static: Type) -> Type:
        m = as_array(a)
        if isinstance(m, Array) and m.dims is not None and len(m.dims) >= 2:
            rows, columns = m.dims[-2:]
            n = columns if rows is None else rows
            return ask(Array(m.dtype, (*m.dims[:-2], n, n)), **static)
        return ask(a, **static)

    return result
