"""Functions of ``scipy.special`` that are written in C. Declared when one of them is met (``registry.FAMILIES``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from s2sad import runtime as rt
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import elementwise, nondiff

_fn: Any
ROOT_PI = 1.772453850905516


def _unary(fn: Any, lo: float = -2.0, hi: float = 2.0, singular: bool = False) -> Any:
    return elementwise(fn, type=ty.broadcasted(fn), singular=singular, sample=samples.unary(lo, hi))


def _pair(fn: Any, *ranges: float, fixed: tuple[str, ...] = (), singular: bool = False) -> Any:
    return elementwise(fn, type=ty.broadcasted(fn), singular=singular, fixed=fixed, sample=samples.pair(*ranges))


@_unary(special.erf)
def erf(z, x, /):
    return np.exp(-x * x) * (2.0 / ROOT_PI)


@_unary(special.erfc)
def erfc(z, x, /):
    return np.exp(-x * x) * (-2.0 / ROOT_PI)


@_unary(special.erfcx)
def erfcx(z, x, /):
    return 2.0 * x * z - 2.0 / ROOT_PI


@_unary(special.erfi)
def erfi(z, x, /):
    return np.exp(x * x) * (2.0 / ROOT_PI)


@_unary(special.erfinv, -0.9, 0.9)
def erfinv(z, x, /):
    return np.exp(z * z) * (ROOT_PI / 2.0)


@_unary(special.erfcinv, 0.2, 1.8)
def erfcinv(z, x, /):
    return np.exp(z * z) * (-ROOT_PI / 2.0)


@_unary(special.dawsn)
def dawsn(z, x, /):
    return 1.0 - 2.0 * x * z


@_unary(special.ndtr)
def ndtr(z, x, /):
    return np.exp(-0.5 * x * x) * 0.3989422804014327


@_unary(special.log_ndtr)
def log_ndtr(z, x, /):
    return np.exp(-0.5 * x * x - z) * 0.3989422804014327


@_unary(special.ndtri, 0.1, 0.9)
def ndtri(z, x, /):
    return np.exp(0.5 * z * z) * 2.5066282746310002


@_unary(special.gamma, 0.5, 3.0, singular=True)
def gamma(z, x, /):
    return z * special.psi(x)


@_unary(special.gammaln, 0.5, 3.0, singular=True)
def gammaln(z, x, /):
    return special.psi(x)


@_unary(special.rgamma, 0.5, 3.0)
def rgamma(z, x, /):
    return -z * special.psi(x)


@_unary(special.psi, 0.5, 3.0, singular=True)
def psi(z, x, /):
    return special.zeta(2.0, x)


@_pair(special.zeta, 1.5, 3.0, fixed=("s",))
def zeta(z, s, q, /):
    # only the second parameter, as its first derivative by the first has no closed form
    return None, -s * special.zeta(s + 1.0, q)


@_pair(special.beta, 0.5, 3.0, singular=True)
def beta(z, a, b, /):
    both = special.psi(a + b)
    return z * (special.psi(a) - both), z * (special.psi(b) - both)


@_pair(special.betaln, 0.5, 3.0, singular=True)
def betaln(z, a, b, /):
    both = special.psi(a + b)
    return special.psi(a) - both, special.psi(b) - both


@_pair(special.binom, 3.1, 4.0, 0.5, 2.0, singular=True)
def binom(z, n, k, /):
    rest = special.psi(n - k + 1.0)
    return z * (special.psi(n + 1.0) - rest), z * (rest - special.psi(k + 1.0))


@_pair(special.poch, 0.5, 3.0, singular=True)
def poch(z, a, m, /):
    both = special.psi(a + m)
    return z * (both - special.psi(a)), z * both


@_pair(special.gammainc, 0.5, 3.0, fixed=("a",))
def gammainc(z, a, x, /):
    return None, np.exp((a - 1.0) * np.log(x) - x - special.gammaln(a))


@_pair(special.gammaincc, 0.5, 3.0, fixed=("a",))
def gammaincc(z, a, x, /):
    return None, -np.exp((a - 1.0) * np.log(x) - x - special.gammaln(a))


@elementwise(
    special.betainc,
    type=ty.broadcasted(special.betainc),
    fixed=("a", "b"),
    sample=samples.cases(
        lambda: samples.call(1.5, 2.5, 0.3), lambda: samples.call(1.5, 2.5, samples.values((3,), 0.1, 0.9))
    ),
)
def betainc(z, a, b, x, /):
    return None, None, np.exp((a - 1.0) * np.log(x) + (b - 1.0) * np.log1p(-x) - special.betaln(a, b))


@elementwise(
    special.betaincc,
    type=ty.broadcasted(special.betaincc),
    fixed=("a", "b"),
    sample=samples.cases(
        lambda: samples.call(1.5, 2.5, 0.3), lambda: samples.call(1.5, 2.5, samples.values((3,), 0.1, 0.9))
    ),
)
def betaincc(z, a, b, x, /):
    return None, None, -np.exp((a - 1.0) * np.log(x) + (b - 1.0) * np.log1p(-x) - special.betaln(a, b))


@_pair(special.stdtr, 1.5, 5.0, -2.0, 2.0, fixed=("df",))
def stdtr(z, df, t, /):
    # the density of Student's distribution
    return None, np.exp(-0.5 * (df + 1.0) * np.log1p(t * t / df) - special.betaln(0.5, 0.5 * df)) / np.sqrt(df)


@_unary(special.expit)
def expit(z, x, /):
    return z * (1.0 - z)


@_unary(special.log_expit)
def log_expit(z, x, /):
    return special.expit(-x)


@_unary(special.logit, 0.1, 0.9, singular=True)
def logit(z, x, /):
    return 1.0 / (x * (1.0 - x))


@_pair(special.xlogy, 0.5, 3.0, singular=True)
def xlogy(z, x, y, /):
    return np.log(y), rt.safe_div(x, y)


@_pair(special.xlog1py, 0.5, 3.0, singular=True)
def xlog1py(z, x, y, /):
    return np.log1p(y), rt.safe_div(x, 1.0 + y)


@_unary(special.entr, 0.2, 3.0, singular=True)
def entr(z, x, /):
    return -1.0 - np.log(x)


@_pair(special.rel_entr, 0.2, 3.0, singular=True)
def rel_entr(z, x, y, /):
    return np.log(x / y) + 1.0, -x / y


@_pair(special.kl_div, 0.2, 3.0, singular=True)
def kl_div(z, x, y, /):
    return np.log(x / y), 1.0 - x / y


@_unary(special.cbrt, 0.2, 3.0, singular=True)
def cbrt(z, x, /):
    return 1.0 / (3.0 * z * z)


@_unary(special.exp2)
def exp2(z, x, /):
    return 0.6931471805599453 * z


@_unary(special.exp10, -1.0, 1.0)
def exp10(z, x, /):
    return 2.302585092994046 * z


@_unary(special.exprel, 0.3, 2.0)
def exprel(z, x, /):
    return (np.exp(x) - z) / x


@_unary(special.exp1, 0.3, 3.0)
def exp1(z, x, /):
    return -np.exp(-x) / x


@_unary(special.expi, 0.3, 3.0)
def expi(z, x, /):
    return np.exp(x) / x


@_unary(special.spence, 0.3, 0.9)
def spence(z, x, /):
    return np.log(x) / (1.0 - x)


@_unary(special.j0)
def j0(z, x, /):
    return -special.j1(x)


@_unary(special.j1, 0.3, 3.0)
def j1(z, x, /):
    return special.j0(x) - z / x


@_unary(special.y0, 0.3, 3.0)
def y0(z, x, /):
    return -special.y1(x)


@_unary(special.y1, 0.3, 3.0)
def y1(z, x, /):
    return special.y0(x) - z / x


@_unary(special.i0)
def i0(z, x, /):
    return special.i1(x)


@_unary(special.i0e, 0.3, 3.0)
def i0e(z, x, /):
    return special.i1e(x) - np.sign(x) * z


@_unary(special.i1, 0.3, 3.0)
def i1(z, x, /):
    return special.i0(x) - z / x


@_unary(special.i1e, 0.3, 3.0)
def i1e(z, x, /):
    return special.i0e(x) - z * (np.sign(x) + 1.0 / x)


@_unary(special.k0, 0.3, 3.0)
def k0(z, x, /):
    return -special.k1(x)


@_unary(special.k1, 0.3, 3.0)
def k1(z, x, /):
    return -special.k0(x) - z / x


@_pair(special.jv, 0.3, 3.0, fixed=("v",))
def jv(z, v, x, /):
    return None, 0.5 * (special.jv(v - 1.0, x) - special.jv(v + 1.0, x))


@_pair(special.yv, 0.3, 3.0, fixed=("v",))
def yv(z, v, x, /):
    return None, 0.5 * (special.yv(v - 1.0, x) - special.yv(v + 1.0, x))


@_pair(special.iv, 0.3, 3.0, fixed=("v",))
def iv(z, v, x, /):
    return None, 0.5 * (special.iv(v - 1.0, x) + special.iv(v + 1.0, x))


@_pair(special.kv, 0.3, 3.0, fixed=("v",))
def kv(z, v, x, /):
    return None, -0.5 * (special.kv(v - 1.0, x) + special.kv(v + 1.0, x))


@_unary(special.ellipk, 0.1, 0.8)
def ellipk(z, m, /):
    return (special.ellipe(m) / (1.0 - m) - z) / (2.0 * m)


@_unary(special.ellipe, 0.1, 0.8)
def ellipe(z, m, /):
    return (z - special.ellipk(m)) / (2.0 * m)


@elementwise(
    special.lambertw,
    type=ty.broadcasted(special.lambertw),
    sample=samples.cases(lambda: samples.call(0.7 + 0.0j), lambda: samples.call(samples.values((3,), 0.2, 2.0) + 0.5j)),
)
def lambertw(z, x, /, *, k=0, tol=1e-8):
    return 1.0 / (np.exp(z) * (1.0 + z))


@elementwise(
    special.hyp2f1,
    type=ty.broadcasted(special.hyp2f1),
    fixed=("a", "b", "c"),
    sample=samples.cases(
        lambda: samples.call(0.5, 1.5, 2.5, 0.3), lambda: samples.call(0.5, 1.0, 1.5, samples.values((3,), -0.5, 0.7))
    ),
)
def hyp2f1(z, a, b, c, x, /):
    return None, None, None, a * b / c * special.hyp2f1(a + 1.0, b + 1.0, c + 1.0, x)


@elementwise(
    special.hyp1f1,
    type=ty.broadcasted(special.hyp1f1),
    fixed=("a", "b"),
    sample=samples.cases(lambda: samples.call(0.5, 1.5, 0.3), lambda: samples.call(0.5, 1.0, samples.values((3,)))),
)
def hyp1f1(z, a, b, x, /):
    return None, None, a / b * special.hyp1f1(a + 1.0, b + 1.0, x)


# Points and weights of quadratures with nothing but an order.
for _roots in (
    special.roots_legendre, special.roots_chebyt, special.roots_chebyu, special.roots_hermite, special.roots_hermitenorm,
    special.roots_laguerre,
):  # fmt: skip
    nondiff(_roots, type=ty.probe(_roots))
