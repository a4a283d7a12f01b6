"""PolyBench's factorisations and solvers as loops over elements, in place: lu, cholesky, gramschmidt, durbin, trisolv."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.durbin import jax_version as durbin_jax
from benchmarks.factorisations import cholesky_jax, gramschmidt_jax, lu_jax
from benchmarks.native.case import NativeCase, pick


def lu(a):
    a = a.copy()
    n = a.shape[0]
    for i in range(n):
        for j in range(i):
            for k in range(j):
                a[i, j] -= a[i, k] * a[k, j]
            a[i, j] /= a[j, j]
        for j in range(i, n):
            for k in range(i):
                a[i, j] -= a[i, k] * a[k, j]
    return np.sum(a * a)


def cholesky(a):
    a = a.copy()
    n = a.shape[0]
    for i in range(n):
        for j in range(i):
            for k in range(j):
                a[i, j] -= a[i, k] * a[j, k]
            a[i, j] /= a[j, j]
        for k in range(i):
            a[i, i] -= a[i, k] * a[i, k]
        a[i, i] = math.sqrt(a[i, i])
    total = 0.0
    for i in range(n):
        for j in range(i + 1):
            total += 0.5 * a[i, j] * a[i, j] + a[i, j]
    return total


def gramschmidt(a):
    a = a.copy()
    m, n = a.shape
    q, r = np.zeros((m, n)), np.zeros((n, n))
    for k in range(n):
        norm = 0.0
        for i in range(m):
            norm += a[i, k] * a[i, k]
        r[k, k] = math.sqrt(norm)
        for i in range(m):
            q[i, k] = a[i, k] / r[k, k]
        for j in range(k + 1, n):
            for i in range(m):
                r[k, j] += q[i, k] * a[i, j]
            for i in range(m):
                a[i, j] = a[i, j] - q[i, k] * r[k, j]
    return np.sum(q) + np.sum(r)


def durbin(r):
    n = r.shape[0]
    y, z = np.zeros(n), np.zeros(n)
    y[0] = -r[0]
    beta = 1.0
    alpha = -r[0]
    for k in range(1, n):
        beta = (1.0 - alpha * alpha) * beta
        total = 0.0
        for i in range(k):
            total += r[k - i - 1] * y[i]
        alpha = -(r[k] + total) / beta
        for i in range(k):
            z[i] = y[i] + alpha * y[k - i - 1]
        for i in range(k):
            y[i] = z[i]
        y[k] = alpha
    return np.sum(y * y)


def trisolv(lower, b):
    n = b.shape[0]
    x = np.empty(n)
    for i in range(n):
        x[i] = b[i]
        for j in range(i):
            x[i] -= lower[i, j] * x[j]
        x[i] = x[i] / lower[i, i]
    return np.sum(x * x)


def trisolv_slices(lower, b):
    x = np.empty_like(b)
    for i in range(len(b)):
        x[i] = (b[i] - lower[i, :i] @ x[:i]) / lower[i, i]
    return np.sum(x * x)


def trisolv_jax(jax, jnp):
    """The recurrence that the kernel is, one row after the other."""

    def trisolv(lower, b):
        index = jnp.arange(b.shape[0])

        def row(i, x):
            known = jnp.where(index < i, lower[i], 0.0)
            return x.at[i].set((b[i] - known @ x) / lower[i, i])

        x = jax.lax.fori_loop(0, b.shape[0], row, jnp.zeros_like(b))
        return jnp.sum(x * x)

    return trisolv


def make_definite(size):
    n = pick(6, 60, 130)(size)
    a = np.random.default_rng(24).normal(size=(n, n))
    return (a @ a.T / n + 2.0 * np.eye(n),)


def make_tall(size):
    m, n = pick((6, 4), (60, 40), (130, 85))(size)
    return (np.random.default_rng(25).normal(size=(m, n)),)


def make_toeplitz(size):
    n = pick(6, 150, 480)(size)
    return (0.9 ** np.arange(1, n + 1) * 0.5 + 0.01 * np.random.default_rng(26).normal(size=n) / n,)


def make_lower(size):
    n = pick(6, 200, 640)(size)
    rng = np.random.default_rng(27)
    return np.tril(rng.normal(size=(n, n)) / n) + np.eye(n), rng.normal(size=n)


CASES = (
    NativeCase("lu", make_definite, lu, (0,), lu_jax, dace="lu"),
    NativeCase("cholesky", make_definite, cholesky, (0,), cholesky_jax, "cholesky", dace="cholesky"),
    NativeCase("gramschmidt", make_tall, gramschmidt, (0,), gramschmidt_jax, "gramschmidt", dace="gramschmidt"),
    NativeCase("durbin", make_toeplitz, durbin, (0,), durbin_jax, "durbin", dace="durbin"),
    NativeCase("trisolv", make_lower, trisolv, (0, 1), trisolv_jax, dace="trisolv"),
    NativeCase("trisolv_slices", make_lower, trisolv_slices, (0, 1), trisolv_jax),
)
