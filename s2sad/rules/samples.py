"""Arguments on which the rules are checked: fixed, distinct values, away from kinks and poles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Case = tuple[tuple[Any, ...], dict[str, Any]]
Sample = Callable[[], list[Case]]


def values(shape: Any = (), lo: float = -2.0, hi: float = 2.0, salt: int = 0, dtype: Any = np.float64) -> np.ndarray:
    """Distinct values between ``lo`` and ``hi`` in a fixed scattered order."""
    n = int(np.prod(shape))
    part = np.mod((np.arange(n) + 1) * 0.6180339887498949 + 0.2360679774997897 * salt + 0.0123, 1.0)
    return (lo + (hi - lo) * part).reshape(shape).astype(dtype)


def call(*args: Any, **kwargs: Any) -> Case:
    """One call."""
    return args, kwargs


def unary(lo: float = -2.0, hi: float = 2.0) -> Sample:
    """A number, a NumPy number, vectors, a matrix, float32."""

    def cases() -> list[Case]:
        x = values((2, 3), lo, hi)
        return [
            call(float(x[0, 1])),
            call(x[1, 2]),
            call(x[0]),
            call(x),
            call(values((3,), lo, hi, dtype=np.float32)),
            call(values((1,), lo, hi, 2)),
            call(np.array(float(x[0, 0]))),
        ]

    return cases


def real_scalars(lo: float = -2.0, hi: float = 2.0, count: int = 1) -> Sample:
    """``count`` Python floats, three times: for ``math``."""

    def cases() -> list[Case]:
        rows = values((3, count), lo, hi)
        return [call(*(float(v) for v in row)) for row in rows]

    return cases


def pair(lo: float = -2.0, hi: float = 2.0, lo2: float | None = None, hi2: float | None = None) -> Sample:
    """Two operands: numbers, broadcast in either direction, float32, an int."""
    low, high = lo if lo2 is None else lo2, hi if hi2 is None else hi2

    def cases() -> list[Case]:
        a, b = values((2, 3), lo, hi), values((2, 3), low, high, 5)
        f, g = values((3,), lo, hi, 1, np.float32), values((3,), low, high, 7, np.float32)
        return [
            call(float(a[0, 0]), float(b[0, 0])),
            call(a, b),
            call(a, float(b[0, 1])),
            call(float(a[0, 1]), b),
            call(a, b[1]),
            call(a[0], b),
            call(a[:, :1], b[0]),
            call(a[:1], b),
            call(f, g),
            call(f, float(b[0, 0])),
            call(a[0, 0], b[0]),
            call(values((2, 1, 2), lo, hi, 3), values((3, 1), low, high, 4)),
        ]

    return cases


def reduction(lo: float = -2.0, hi: float = 2.0, **static: Any) -> Sample:
    """A reduction of every kind: all axes, one, negative, several, with and without keepdims."""

    def cases() -> list[Case]:
        x = values((2, 3, 4), lo, hi)
        out = [call(x[0, 0], **static), call(x[0], **static), call(values((3,), lo, hi, 1, np.float32), **static)]
        out += [call(x, axis=a, **static) for a in (0, 1, -1, (0, 2), (-1, 0), None)]
        out += [call(x, axis=a, keepdims=True, **static) for a in (0, -2, (1, 2), None)]
        return out

    return cases


def one_axis(lo: float = -2.0, hi: float = 2.0, **static: Any) -> Sample:
    """What takes a single axis: ``cumsum``, ``sort``."""

    def cases() -> list[Case]:
        x = values((2, 3, 4), lo, hi)
        return [
            call(x[0, 0], **static),
            call(x[0], axis=0, **static),
            call(x[0], axis=-1, **static),
            call(x, axis=1, **static),
            call(values((5,), lo, hi, 1, np.float32), **static),
        ]

    return cases


def cases(*made: Callable[[], Case]) -> Sample:
    """The calls made by each of the functions given."""
    return lambda: [m() for m in made]


def array(*shapes: tuple[int, ...], **static: Any) -> Sample:
    """One call for each shape with the same static parameters."""
    return lambda: [call(values(s, salt=i), **static) for i, s in enumerate(shapes)]


def products() -> list[Case]:
    """Pairs that a matrix product takes: vectors, matrices, batches, float32."""
    v, m, w = values((3,)), values((2, 3), salt=1), values((3, 4), salt=2)
    batch, other = values((5, 2, 3), salt=3), values((1, 3, 4), salt=4)
    return [
        call(v, values((3,), salt=5)),
        call(m, v),
        call(v, w),
        call(m, w),
        call(batch, w),
        call(m, values((5, 3, 4))),
        call(batch, other),
        call(batch, v),
        call(v, values((5, 3, 4))),
        call(m.astype("f"), w.astype("f")),
    ]


def square(n: int = 3, shift: float = 4.0, batch: tuple[int, ...] = (), salt: int = 0) -> np.ndarray:
    """A well-conditioned matrix that is not symmetric."""
    return values((*batch, n, n), salt=salt) + shift * np.eye(n)


def positive_definite(n: int = 3, batch: tuple[int, ...] = ()) -> np.ndarray:
    """A symmetric positive definite matrix with distinct eigenvalues."""
    a = values((*batch, n, n))
    return a @ np.swapaxes(a, -1, -2) + np.diag(np.arange(1.0, n + 1.0))
