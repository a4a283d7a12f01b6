"""Arithmetic that is exact at the points where the plain formula gives NaN or a warning without need."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def _python(*values: Any) -> bool:
    """Are these all Python's own numbers (and not NumPy's, some of which are subclasses)?"""
    return all(type(v) in (float, int, bool) for v in values)


def _all_finite(x: Any) -> bool:
    """Is every element finite? Asked of their sum, in one pass (it may overflow: then the answer is no)."""
    try:
        return bool(np.isfinite(np.add.reduce(x, axis=None)))
    except TypeError:  # objects
        return False


_FEW = 500  # elements: counting those that are not 0 is quicker for fewer, asking for all of them for more


def safe_mul(g: Any, p: Any) -> Any:
    """``g * p``, and exactly 0 where ``g`` is 0, also against an infinite or undefined ``p``: a masked branch."""
    if isinstance(g, float) and g != 0:  # also NumPy's float64
        return g * p
    if type(g) is np.ndarray:
        if np.count_nonzero(g) == g.size if g.size < _FEW else g.all():
            return g * p
    elif _python(g, p):
        return 0.0 if g == 0 else g * p
    with np.errstate(all="ignore"):
        plain = np.multiply(g, p)
        finite = _all_finite(plain)
    if finite:
        return plain
    return g * np.where(np.equal(g, 0), 0, p).astype(np.result_type(g, p), copy=False)


def safe_dot(g: np.ndarray, p: np.ndarray) -> Any:
    """The sum of ``safe_mul(g, p)`` of two vectors of floats."""
    if np.count_nonzero(g) == g.size if g.size < _FEW else g.all():
        return g @ p
    with np.errstate(all="ignore"):
        total = g @ p
    return total if np.isfinite(total) else np.sum(safe_mul(g, p))


def masked_mul(g: Any, p: Any) -> Any:
    """``safe_mul`` where something selects and ``p`` is made from what may be infinite: it stays whatever ``p`` is."""
    return safe_mul(g, p)


def safe_div(g: Any, d: Any) -> Any:
    """``g / d``, and exactly 0 where ``g`` is 0, whatever ``d``. A pole elsewhere gives an infinity, as in NumPy."""
    if isinstance(d, float) and (d < 0 or d > 0):  # also NumPy's float64
        return g / d
    if type(g) is np.ndarray:
        if np.count_nonzero(g) == g.size if g.size < _FEW else g.all():
            return g / d
    elif _python(g, d):
        return 0.0 if g == 0 else g / d if d != 0 else float(np.divide(g, d))
    with np.errstate(all="ignore"):
        plain = np.divide(g, d)
        finite = _all_finite(plain)
    if finite:
        return plain
    return np.divide(g, np.where(np.equal(g, 0), 1, d).astype(np.result_type(g, d), copy=False))


def wins(a: Any, b: Any) -> Any:
    """1 where ``a > b``, one half where they are equal, 0 elsewhere: how a maximum depends on ``a``."""
    if _python(a, b):
        return 1.0 if a > b else 0.5 if a == b else 0.0
    over = np.greater(a, b).astype(_float(a, b))
    tie = np.equal(a, b)
    if tie.any():
        over = over + np.multiply(tie, 0.5, dtype=over.dtype)
    return over


def _float(a: Any, b: Any) -> np.dtype[Any]:
    dtype = np.result_type(*(np.asarray(x) if isinstance(x, list | tuple) else x for x in (a, b)))
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def pow_da(a: Any, b: Any) -> Any:
    """The derivative of ``a ** b`` by ``a``, ``b * a ** (b - 1)``, and exactly 0 where ``b`` is 0."""
    if _python(a, b):
        return b * a ** (b - 1.0) if a > 0 else 0.0 if b == 0 else float(b * np.power(float(a), b - 1.0))
    exponent = np.subtract(b, 1.0) if np.ndim(b) else b - 1.0
    if np.any(np.equal(b, 0)):
        exponent = np.where(np.equal(b, 0), 1.0, exponent) if np.ndim(b) else 1.0
    return b * np.power(np.asarray(a, np.float64) if np.result_type(a).kind in "iub" else a, exponent)


def pow_db(z: Any, a: Any) -> Any:
    """The derivative of ``z = a ** b`` by ``b``, ``z * log(a)``; 0 where ``a`` is 0, since 0 ** b does not move."""
    return z * log_or_zero(a)


def log_or_zero(a: Any) -> Any:
    """``log(a)``, and 0 where ``a`` is 0; NaN for negative numbers, without a warning."""
    if _python(a):
        return 0.0 if a == 0 else math.log(a) if a > 0 else math.nan
    with np.errstate(invalid="ignore"):
        return np.log(np.where(np.equal(a, 0), 1, a))


def exp_or_zero(a: Any) -> Any:
    """``exp(a)``, and 0 for NaN (differences of equal infinities)."""
    if _python(a):
        return 0.0 if a != a else math.exp(a)
    return np.exp(np.where(np.isnan(a), -np.inf, a))


def sinc_slope(x: Any) -> Any:
    """The derivative of ``np.sinc``; exactly 0 at 0, accurate close to it."""
    t = np.pi * np.asarray(x)
    small = np.abs(t) < 1e-2
    u = np.where(small, 1.0, t)
    t2 = t * t
    series = np.pi * t * (-1.0 / 3.0 + t2 * (1.0 / 30.0 - t2 * (1.0 / 840.0 - t2 / 45360.0)))
    return np.where(small, series, np.pi * (np.cos(u) - np.sin(u) / u) / u)[()]


def sinc_curve(x: Any) -> Any:
    """The second derivative of ``np.sinc``."""
    t = np.pi * np.asarray(x)
    small = np.abs(t) < 3e-2
    u = np.where(small, 1.0, t)
    t2 = t * t
    series = np.pi**2 * (-1.0 / 3.0 + t2 * (1.0 / 10.0 - t2 * (1.0 / 168.0 - t2 / 6480.0)))
    far = np.pi**2 * (-np.sin(u) / u - 2.0 * np.cos(u) / u**2 + 2.0 * np.sin(u) / u**3)
    return np.where(small, series, far)[()]


def _bound(value: Any, default: float) -> Any:
    return default if value is None else value


def clip_inside(a: Any, low: Any, high: Any) -> Any:
    """How ``np.clip(a, low, high)`` depends on ``a``: 1 inside, one half at a bound, 0 outside."""
    low, high = _bound(low, -np.inf), _bound(high, np.inf)
    return wins(a, low) * wins(high, np.maximum(a, low))


def clip_low(a: Any, low: Any, high: Any) -> Any:
    """How ``np.clip(a, low, high)`` depends on ``low``."""
    return 0.0 if low is None else wins(low, a) * wins(_bound(high, np.inf), np.maximum(a, low))


def clip_high(a: Any, low: Any, high: Any) -> Any:
    """How ``np.clip(a, low, high)`` depends on ``high``."""
    return 0.0 if high is None else wins(np.maximum(a, _bound(low, -np.inf)), high)


def abs_slope(x: Any) -> Any:
    """The derivative of ``abs``: the sign of a real x, ``conj(x) / |x|`` of a complex one; 0 at 0."""
    return np.conj(np.sign(x)) if np.iscomplexobj(x) else np.sign(x)  # NumPy's sign of a complex x is x / |x|


def _modulus(x: Any) -> Any:
    """``|x|``, infinite at 0: what is divided by it is 0 there."""
    r = np.abs(x)
    return np.where(np.equal(r, 0.0), np.inf, r)


def abs_slope_jvp(x_dot: Any, x: Any) -> Any:
    """The tangent of ``abs_slope``: 0 for real numbers, and where x is 0."""
    if not np.iscomplexobj(x):
        return 0.0 * x_dot
    r = _modulus(x)
    return np.conj(x_dot) / r - np.conj(x) * np.real(np.conj(x) * x_dot) / r**3


def abs_slope_adj(g: Any, x: Any) -> Any:
    """The adjoint of ``abs_slope``: 0 for real numbers, and where x is 0."""
    if not np.iscomplexobj(x):
        return 0.0 * g
    r = _modulus(x)
    return np.conj(g) / r - np.conj(x) * np.real(g * np.conj(x)) / r**3


def imag_adj(g: Any, x: Any) -> Any:
    """The adjoint of ``np.imag``: ``-1j * g`` for a complex x, 0 for a real one."""
    return -1j * g if np.iscomplexobj(x) else 0.0 * g


def _angle_slope(z: Any, deg: bool) -> Any:
    unit = 180.0 / math.pi if deg else 1.0
    return unit * safe_div(np.conj(z), np.abs(z) ** 2)


def angle_adj(g: Any, z: Any, deg: bool = False) -> Any:
    """The adjoint of ``np.angle``; 0 for real numbers and at 0."""
    return -1j * g * _angle_slope(z, deg) if np.iscomplexobj(z) else 0.0 * g


def angle_jvp(z_dot: Any, z: Any, deg: bool = False) -> Any:
    """The tangent of ``np.angle``."""
    return np.imag(_angle_slope(z, deg) * z_dot)
