"""``np.poly1d`` as a plain class over its coefficients: compiled in its place (see ``stand_ins``)."""

from __future__ import annotations

from typing import Any

import numpy as np


def _leading_zeros(values: Any) -> Any:
    places = np.flatnonzero(values)
    return places[0] if len(places) > 0 else len(values)


class Poly1d:
    """``np.poly1d``."""

    def __init__(self, c_or_r: Any, r: Any = False, variable: Any = None) -> None:
        if isinstance(c_or_r, np.poly1d):
            self.coeffs = c_or_r.coeffs
            self.variable = c_or_r.variable if variable is None else variable
        else:
            values = np.atleast_1d(np.poly(c_or_r) if r else c_or_r)
            if values.ndim > 1:
                raise ValueError("Polynomial must be 1d only.")
            values = np.reshape(values, (-1,))
            values = values[_leading_zeros(values) :]
            self.coeffs = np.zeros(1, dtype=values.dtype) if len(values) == 0 else values
            self.variable = "x" if variable is None else variable

    @property
    def order(self) -> Any:
        return len(self.coeffs) - 1

    @property
    def roots(self) -> Any:
        return np.roots(self.coeffs)

    @property
    def c(self) -> Any:
        return self.coeffs

    @property
    def coef(self) -> Any:
        return self.coeffs

    @property
    def coefficients(self) -> Any:
        return self.coeffs

    @property
    def o(self) -> Any:
        return len(self.coeffs) - 1

    @property
    def r(self) -> Any:
        return np.roots(self.coeffs)

    def __len__(self) -> Any:
        return len(self.coeffs) - 1

    def __iter__(self) -> Any:
        return self.coeffs

    def __call__(self, val: Any) -> Any:
        return np.polyval(self.coeffs, val)

    def __neg__(self) -> Any:
        return Poly1d(-self.coeffs)

    def __pos__(self) -> Any:
        return self

    def __mul__(self, other: Any) -> Any:
        if np.isscalar(other):
            return Poly1d(self.coeffs * other)
        return Poly1d(np.polymul(self.coeffs, Poly1d(other).coeffs))

    def __rmul__(self, other: Any) -> Any:
        if np.isscalar(other):
            return Poly1d(other * self.coeffs)
        return Poly1d(np.polymul(self.coeffs, Poly1d(other).coeffs))

    def __add__(self, other: Any) -> Any:
        return Poly1d(np.polyadd(self.coeffs, Poly1d(other).coeffs))

    def __radd__(self, other: Any) -> Any:
        return Poly1d(np.polyadd(self.coeffs, Poly1d(other).coeffs))

    def __pow__(self, val: Any) -> Any:
        power: Any = val
        if not np.isscalar(val) or int(power) != power or power < 0:
            raise ValueError("Power to non-negative integers only.")
        res = np.ones(1, dtype=int)
        for _ in range(power):
            res = np.polymul(self.coeffs, res)
        return Poly1d(res)

    def __sub__(self, other: Any) -> Any:
        return Poly1d(np.polysub(self.coeffs, Poly1d(other).coeffs))

    def __rsub__(self, other: Any) -> Any:
        return Poly1d(np.polysub(Poly1d(other).coeffs, self.coeffs))

    def __truediv__(self, other: Any) -> Any:
        if np.isscalar(other):
            return Poly1d(self.coeffs / other)
        quotient, rest = np.polydiv(self.coeffs, Poly1d(other).coeffs)
        return Poly1d(quotient), Poly1d(rest)

    def __rtruediv__(self, other: Any) -> Any:
        if np.isscalar(other):
            return Poly1d(other / self.coeffs)
        quotient, rest = np.polydiv(Poly1d(other).coeffs, self.coeffs)
        return Poly1d(quotient), Poly1d(rest)

    def __getitem__(self, val: Any) -> Any:
        if val > self.order or val < 0:
            return self.coeffs.dtype.type(0)
        return self.coeffs[self.order - val]

    def integ(self, m: Any = 1, k: Any = 0) -> Any:
        return Poly1d(np.polyint(self.coeffs, m=m, k=k))

    def deriv(self, m: Any = 1) -> Any:
        return Poly1d(np.polyder(self.coeffs, m=m))
