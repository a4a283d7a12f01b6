"""Functions of complex matrices and signals against differences, or refused: some rules hold for real operands alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad

linalg = pytest.importorskip("scipy.linalg")
signal = pytest.importorskip("scipy.signal")

_RNG = np.random.default_rng(7)


def _some() -> Any:
    return _RNG.normal(size=(3, 3)) + 1j * _RNG.normal(size=(3, 3))


X, W, D = _some(), _some(), _some()


def frobenius(x):
    return np.linalg.norm(x, "fro")


def nuclear(x):
    return np.linalg.norm(x, "nuc") + np.linalg.norm(x, 2)


def row_norms(x):
    return np.linalg.norm(x, 1) + np.linalg.norm(x, np.inf)


def vecdot(x):
    return np.sum(np.vecdot(x, W) * W[0]).real + np.sum(np.vecdot(W, x)).imag + np.sum(np.vecdot(x, x)).real


def correlate(x):
    return np.sum(np.correlate(x[0], W[0], "full") * W[0, 0]).real + np.sum(np.correlate(W[0, :2], x[0], "full") ** 2).real


def convolved(x):
    return np.sum(signal.convolve(x[0], W[0]) ** 2).real + np.sum(signal.fftconvolve(W[0], x[1])).imag


def correlated(x):
    return np.sum(signal.correlate(x[0], W[0]) * W[0, 0]).real + np.sum(signal.correlate(W[0], x[0]) ** 2).real


def cov(x):
    return np.sum(np.cov(x, W)[0]).real


def cumprod(x):
    return np.sum(np.cumprod(x) * W.ravel()).real


def cumprod_of_reals(x):
    return np.sum(np.cumprod(x.real) * W.ravel().real)


def triangular(x):
    return np.sum(linalg.solve_triangular(x, W, trans=1)).real


def solve(x):
    return np.sum(np.linalg.solve(x, W) * np.linalg.inv(x)).real + np.abs(np.linalg.det(x))


def constant_eigenvectors(x):
    w, v = np.linalg.eigh(W + W.conj().T)
    return np.sum((x @ v) ** 2).real + w[0]


def norm_times_complex(x):
    return np.sum(np.linalg.norm(x[0]) * np.std(x, axis=0) * x * W).real + np.sum(np.var(x) * x * W).imag


def nanvar(x):
    return np.sum(np.nanvar(x, axis=0, ddof=1) * W[0].real) + np.nanstd(x) + np.sum(np.var(x, where=W.real > -9.0))


TAKEN = [
    frobenius, nuclear, row_norms, vecdot, correlate, convolved, correlated, cov, cumprod, cumprod_of_reals, triangular, solve,
    constant_eigenvectors, norm_times_complex, nanvar,
]  # fmt: skip

if hasattr(np, "vecmat"):

    def vecmat(x):
        return np.sum(np.vecmat(W[0], x) * W).real + np.sum(np.vecmat(x[0], W) * W[1]).real

    TAKEN.append(vecmat)


@pytest.mark.parametrize("f", TAKEN)
def test_taken(f: Callable[..., Any]) -> None:
    wanted = (f(X + 1e-6 * D) - f(X - 1e-6 * D)) / 2e-6
    value, x_bar = s2sad.value_and_grad(f)(X)
    assert value == pytest.approx(f(X), rel=1e-12)
    assert np.sum(x_bar * D).real == pytest.approx(wanted, rel=1e-6)
    assert s2sad.jvp(f, (X,), (D,))[1] == pytest.approx(wanted, rel=1e-6)


def qr(x):
    return np.sum(np.linalg.qr(x)[1] * W).real


def cholesky(x):
    return np.sum(np.linalg.cholesky(x @ x.conj().T + np.eye(3)) * W).real


def eigvalsh(x):
    return np.sum(np.linalg.eigvalsh(x + x.conj().T) ** 2)


def eigh(x):
    return np.sum(np.abs(np.linalg.eigh(x + x.conj().T)[1]) ** 4)


def svd(x):
    return np.sum(np.linalg.svd(x)[1] ** 3)


def svdvals(x):
    return np.sum(np.linalg.svdvals(x) ** 3)


def slogdet(x):
    return np.linalg.slogdet(x)[0].real


def pinv(x):
    return np.sum(np.linalg.pinv(x[:2]) * W[:, :2]).real


def lstsq(x):
    return np.sum(np.linalg.lstsq(x[:, :2], W)[0]).real


def sign(x):
    return np.sum(np.sign(x) * W).real


def conjugate_triangle(x):
    return np.sum(linalg.solve_triangular(x, W, trans="C")).real


def cho_solve(x):
    return np.sum(linalg.cho_solve((x, True), W)).real


@pytest.mark.parametrize(
    "f", [qr, cholesky, eigvalsh, eigh, svd, svdvals, slogdet, pinv, lstsq, sign, conjugate_triangle, cho_solve]
)
def test_refused(f: Callable[..., Any]) -> None:
    for differentiate in (lambda: s2sad.grad(f)(X), lambda: s2sad.jvp(f, (X,), (D,))):
        with pytest.raises(s2sad.UnsupportedError, match="S2S054: a complex operand goes into"):
            differentiate()


def grids(m, a):
    x, y = np.meshgrid(np.outer(a, a)[0], np.squeeze(m[:1]))
    return np.sum(x * y * y)


def fit(m, a):
    x, _left, _rank, s = np.linalg.lstsq(np.squeeze(m[:2]), np.squeeze(a[:2]))
    return np.sum(x * x) + np.sum(s)


@pytest.mark.parametrize("f", [grids, fit])
def test_several_results_of_operands_of_unknown_rank(f: Callable[..., Any]) -> None:
    m, a = X.real.copy(), W[0].real.copy()
    m_dot, a_dot = D.real.copy(), D[1].real.copy()
    wanted = (f(m + 1e-6 * m_dot, a + 1e-6 * a_dot) - f(m - 1e-6 * m_dot, a - 1e-6 * a_dot)) / 2e-6
    m_bar, a_bar = s2sad.grad(f, argnums=(0, 1))(m, a)
    assert np.sum(m_bar * m_dot) + np.sum(a_bar * a_dot) == pytest.approx(wanted, rel=1e-6)
    assert s2sad.jvp(f, (m, a), (m_dot, a_dot))[1] == pytest.approx(wanted, rel=1e-6)


def stored_number(s):
    t = s * 1.0 + 0.3
    s *= t
    return s * t


def test_array_of_rank_0_that_is_stored_into_is_no_number() -> None:
    s, step = 0.7, 1e-6
    first = s2sad.grad(stored_number)
    wanted = (first(np.array(s + step)) - first(np.array(s - step))) / (2.0 * step)
    assert s2sad.hessian(stored_number)(np.array(s)) == pytest.approx(wanted, rel=1e-6)
    slope = (stored_number(np.array(s + step)) - stored_number(np.array(s - step))) / (2.0 * step)
    assert s2sad.jvp(stored_number, (np.array(s),), (np.array(1.0),))[1] == pytest.approx(slope, rel=1e-6)
