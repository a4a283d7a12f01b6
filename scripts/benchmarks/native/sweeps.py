"""PolyBench's sweeps: adi and deriche, which go forth and back along rows and columns, and a nussinov-like recurrence."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.adi import jax_version as adi_jax
from benchmarks.native.case import NativeCase, pick


def adi(u, steps):
    u = u.copy()
    n = u.shape[0]
    v, p, q = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    mul1, mul2 = 2.0 * n * n / steps, 1.0 * n * n / steps
    a, b, d, e = -mul1 / 2.0, 1.0 + mul1, -mul2 / 2.0, 1.0 + mul2
    for _ in range(steps):
        for i in range(1, n - 1):
            v[0, i] = 1.0
            p[i, 0] = 0.0
            q[i, 0] = v[0, i]
            for j in range(1, n - 1):
                p[i, j] = -a / (a * p[i, j - 1] + b)
                q[i, j] = (-d * u[j, i - 1] + (1.0 + 2.0 * d) * u[j, i] - d * u[j, i + 1] - a * q[i, j - 1]) / (
                    a * p[i, j - 1] + b
                )
            v[n - 1, i] = 1.0
            for j in range(n - 2, 0, -1):
                v[j, i] = p[i, j] * v[j + 1, i] + q[i, j]
        for i in range(1, n - 1):
            u[i, 0] = 1.0
            p[i, 0] = 0.0
            q[i, 0] = u[i, 0]
            for j in range(1, n - 1):
                p[i, j] = -d / (d * p[i, j - 1] + e)
                q[i, j] = (-a * v[i - 1, j] + (1.0 + 2.0 * a) * v[i, j] - a * v[i + 1, j] - d * q[i, j - 1]) / (
                    d * p[i, j - 1] + e
                )
            u[i, n - 1] = 1.0
            for j in range(n - 2, 0, -1):
                u[i, j] = p[i, j] * u[i, j + 1] + q[i, j]
    return np.sum(u * u)


def deriche(image, alpha):
    w, h = image.shape
    y1, y2 = np.empty((w, h)), np.empty((w, h))
    decay = math.exp(-alpha)
    k = (1.0 - decay) * (1.0 - decay) / (1.0 + 2.0 * alpha * decay - decay * decay)
    a1, a2 = k, k * decay * (alpha - 1.0)
    a3, a4 = k * decay * (alpha + 1.0), -k * decay * decay
    b1, b2 = 2.0 * decay, -decay * decay
    for i in range(w):
        ym1, ym2, xm1 = 0.0, 0.0, 0.0
        for j in range(h):
            y1[i, j] = a1 * image[i, j] + a2 * xm1 + b1 * ym1 + b2 * ym2
            xm1 = image[i, j]
            ym2 = ym1
            ym1 = y1[i, j]
        yp1, yp2, xp1, xp2 = 0.0, 0.0, 0.0, 0.0
        for j in range(h - 1, -1, -1):
            y2[i, j] = a3 * xp1 + a4 * xp2 + b1 * yp1 + b2 * yp2
            xp2 = xp1
            xp1 = image[i, j]
            yp2 = yp1
            yp1 = y2[i, j]
    out = np.empty((w, h))
    for i in range(w):
        for j in range(h):
            out[i, j] = y1[i, j] + y2[i, j]
    for j in range(h):
        tm1, ym1, ym2 = 0.0, 0.0, 0.0
        for i in range(w):
            y1[i, j] = a1 * out[i, j] + a2 * tm1 + b1 * ym1 + b2 * ym2
            tm1 = out[i, j]
            ym2 = ym1
            ym1 = y1[i, j]
        tp1, tp2, yp1, yp2 = 0.0, 0.0, 0.0, 0.0
        for i in range(w - 1, -1, -1):
            y2[i, j] = a3 * tp1 + a4 * tp2 + b1 * yp1 + b2 * yp2
            tp2 = tp1
            tp1 = out[i, j]
            yp2 = yp1
            yp1 = y2[i, j]
    total = 0.0
    for i in range(w):
        for j in range(h):
            total += (y1[i, j] + y2[i, j]) ** 2
    return total


def deriche_slices(image, alpha):
    decay = math.exp(-alpha)
    k = (1.0 - decay) * (1.0 - decay) / (1.0 + 2.0 * alpha * decay - decay * decay)
    a1, a2 = k, k * decay * (alpha - 1.0)
    a3, a4 = k * decay * (alpha + 1.0), -k * decay * decay
    b1, b2 = 2.0 * decay, -decay * decay
    w, h = image.shape
    y1, y2 = np.zeros((h + 2, w)), np.zeros((h + 2, w))
    x = np.zeros((h + 3, w))
    x[1 : h + 1] = image.T
    for j in range(h):
        y1[j + 2] = a1 * x[j + 1] + a2 * x[j] + b1 * y1[j + 1] + b2 * y1[j]
    for j in range(h - 1, -1, -1):
        y2[j] = a3 * x[j + 2] + a4 * x[j + 3] + b1 * y2[j + 1] + b2 * y2[j + 2]
    z1, z2 = np.zeros((w + 2, h)), np.zeros((w + 2, h))
    out = np.zeros((w + 3, h))
    out[1 : w + 1] = (y1[2:] + y2[:h]).T
    for i in range(w):
        z1[i + 2] = a1 * out[i + 1] + a2 * out[i] + b1 * z1[i + 1] + b2 * z1[i]
    for i in range(w - 1, -1, -1):
        z2[i] = a3 * out[i + 2] + a4 * out[i + 3] + b1 * z2[i + 1] + b2 * z2[i + 2]
    return np.sum((z1[2:] + z2[:w]) ** 2)


def deriche_jax(jax, jnp):
    def sweep(x, c0, c1, b1, b2, shift):
        """Down the rows: y = c0 x + c1 x' + b1 y' + b2 y'', where a prime is one row before; shifted, x is as well."""

        def row(carry, x):
            before, further, y1, y2 = carry
            y = (c0 * before + c1 * further if shift else c0 * x + c1 * before) + b1 * y1 + b2 * y2
            return (x, before, y, y1), y

        zero = jnp.zeros_like(x[0])
        return jax.lax.scan(row, (zero,) * 4, x, reverse=shift)[1]

    def deriche(image, alpha):
        decay = jnp.exp(-alpha)
        k = (1.0 - decay) ** 2 / (1.0 + 2.0 * alpha * decay - decay * decay)
        a1, a2 = k, k * decay * (alpha - 1.0)
        a3, a4 = k * decay * (alpha + 1.0), -k * decay * decay
        b1, b2 = 2.0 * decay, -decay * decay

        def both(x):
            return sweep(x, a1, a2, b1, b2, False) + sweep(x, a3, a4, b1, b2, True)

        return jnp.sum(both(both(image.T).T) ** 2)

    return deriche


def nussinov(pair, single):
    """The best score of a folding: every cell is the largest of its neighbours and of all the ways to cut it in two."""
    n = pair.shape[0]
    table = np.zeros((n, n))
    for i in range(n - 1, -1, -1):
        table[i, i] = single[i]
        for j in range(i + 1, n):
            best = max(table[i, j - 1], table[i + 1, j])
            inside = table[i + 1, j - 1] + pair[i, j] if j > i + 1 else pair[i, j]
            best = max(best, inside)
            for k in range(i, j):
                best = max(best, table[i, k] + table[k + 1, j])
            table[i, j] = best
    return table[0, n - 1]


def nussinov_jax(jax, jnp):
    """Row by row from below, and along a row from the left: a cut's scores are one vector."""

    def nussinov(pair, single):
        n = pair.shape[0]
        index = jnp.arange(n)

        def row(table, i):
            below = table[jnp.minimum(i + 1, n - 1)]

            def cell(line, j):
                inside = jnp.where(j > i + 1, below[j - 1], 0.0) + pair[i, j]
                best = jnp.maximum(jnp.maximum(line[j - 1], below[j]), inside)
                lower = jnp.concatenate([table[1:, j], jnp.zeros(1)])
                cuts = jnp.where((index >= i) & (index < j), line + lower, -jnp.inf)
                best = jnp.maximum(best, jnp.max(cuts))
                return jnp.where(j > i, line.at[j].set(best), line), None

            start = jnp.zeros(n).at[i].set(single[i])
            line, _ = jax.lax.scan(cell, start, index)
            return table.at[i].set(line), None

        table, _ = jax.lax.scan(row, jnp.zeros((n, n)), index, reverse=True)
        return table[0, n - 1]

    return nussinov


def make_adi(size):
    n, steps = pick((6, 3), (40, 10), (100, 16))(size)
    i = np.arange(n)
    return (i[:, None] + n - i[None, :]) / n, steps


def make_image(size):
    w, h = pick((5, 6), (80, 100), (250, 320))(size)
    return np.random.default_rng(28).normal(size=(w, h)), 0.25


def make_scores(size):
    n = pick(6, 50, 108)(size)
    rng = np.random.default_rng(29)
    return rng.normal(size=(n, n)), 0.1 * rng.normal(size=n)


def make_tied_scores(size):
    """Scores of few levels, so that many of the ways to reach a cell are equally good."""
    pair, single = make_scores(size)
    return np.round(pair), np.zeros_like(single)


TIES = "ties: JAX's maximum over a vector shares among all that tie, a chain of max() pair by pair"

CASES = (
    NativeCase("adi", make_adi, adi, (0,), adi_jax, dace="adi"),
    NativeCase("deriche", make_image, deriche, (0, 1), deriche_jax, dace="deriche"),
    NativeCase("deriche_slices", make_image, deriche_slices, (0, 1), deriche_jax),
    NativeCase("nussinov", make_scores, nussinov, (0, 1), nussinov_jax, "nussinov"),
    NativeCase("nussinov_ties", make_tied_scores, nussinov, (0, 1), nussinov_jax, "nussinov", step=0.0, note=TIES),
)
