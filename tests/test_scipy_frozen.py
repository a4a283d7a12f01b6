"""Distributions of SciPy with their parameters (``norm(loc, scale)``), and filters of signals in whole programs."""

import numpy as np
import pytest

import s2sad

stats = pytest.importorskip("scipy.stats")
signal = pytest.importorskip("scipy.signal")
norm = stats.norm
PRIOR = norm(0.3, 2.0)


def by_name(x):
    return norm(x[0], scale=np.exp(x[1])).logpdf(x[2:]).sum()


def by_keywords(x):
    return stats.norm(loc=x[0], scale=np.exp(x[1])).cdf(x[2:]).sum()


def with_shapes(x):
    d = stats.gamma(2.0 + x[0] ** 2, scale=np.exp(x[1]))
    return d.logpdf(np.abs(x[2:]) + 0.1).sum() + d.mean() * d.var()


def several(x):
    return stats.t(3.0, x[0], np.exp(x[1])).logpdf(x[2:]).sum() + stats.beta(2.0, 3.0).logpdf(0.5 + 0.01 * x).sum()


def discrete(x):
    return stats.poisson(np.exp(x[0])).logpmf([1, 2]).sum()


def moments(x):
    d = norm(x[0], np.exp(x[1]))
    return d.mean() * d.std() + d.var() + d.sf(x[2]) + d.logsf(x[3])


def in_a_loop(x):
    return sum(norm(m, 1.0).logpdf(x[0]) for m in x[1:])


def of_the_module(x):
    return PRIOR.logpdf(x).sum()


def constant(x):
    low, high = stats.norm(0.0, 1.0).interval(0.9)
    return (high - low) * x[0] * stats.expon(scale=2.0).ppf(0.3)


def array_of_parameters(x):
    return np.sum(stats.norm(loc=x, scale=2.0).logpdf(0.3))


def filtered(x):
    y = signal.lfilter([1.0, x[0]], [1.0, 0.5 * np.tanh(x[1])], x)
    z = signal.fftconvolve(y, x[:3], mode="same")
    return np.sum(signal.correlate(z, signal.convolve(x, [1.0, 2.0]), mode="valid") ** 2)


PROGRAMS = [f for f in list(globals().values()) if getattr(f, "__module__", "") == __name__]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_both_modes(f):
    x = np.random.default_rng(0).normal(size=6)
    value, gradient = s2sad.value_and_grad(f)(x)
    assert value == f(x)
    numeric = np.array([(f(x + e) - f(x - e)) / 2e-6 for e in np.eye(6) * 1e-6])
    assert np.allclose(gradient, numeric, rtol=1e-6, atol=1e-7)
    assert np.allclose(s2sad.jacfwd(f)(x), numeric, rtol=1e-6, atol=1e-7)


def test_second_derivatives():
    x = np.random.default_rng(0).normal(size=6)
    v = np.random.default_rng(1).normal(size=6)
    for f in (by_name, filtered):
        grad = s2sad.grad(f)
        numeric = np.array([(grad(x + e) - grad(x - e)) @ v / 2e-6 for e in np.eye(6) * 1e-6])
        assert np.allclose(s2sad.hvp(f, (x,), (v,)), numeric, rtol=1e-5, atol=1e-6)
