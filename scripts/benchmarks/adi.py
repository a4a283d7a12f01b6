"""PolyBench's adi: alternating-direction implicit heat equation, two sweeps of tridiagonal solves in each step."""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick


def coefficients(n, steps):
    """PolyBench's a (= c), b, d (= f) and e for a grid of n points a side."""
    mul1, mul2 = 2.0 * n * n / steps, 1.0 * n * n / steps
    return -mul1 / 2.0, 1.0 + mul1, -mul2 / 2.0, 1.0 + mul2


def adi(u, steps):
    u = u.copy()
    n = len(u)
    a, b, d, e = coefficients(n, steps)
    v, p, q = np.zeros_like(u), np.zeros_like(u), np.zeros_like(u)
    for _ in range(steps):
        # columns
        v[0, 1:-1] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = v[0, 1:-1]
        for j in range(1, n - 1):
            p[1:-1, j] = -a / (a * p[1:-1, j - 1] + b)
            q[1:-1, j] = (-d * u[j, :-2] + (1.0 + 2.0 * d) * u[j, 1:-1] - d * u[j, 2:] - a * q[1:-1, j - 1]) / (
                a * p[1:-1, j - 1] + b
            )
        v[n - 1, 1:-1] = 1.0
        for j in range(n - 2, 0, -1):
            v[j, 1:-1] = p[1:-1, j] * v[j + 1, 1:-1] + q[1:-1, j]
        # rows
        u[1:-1, 0] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = u[1:-1, 0]
        for j in range(1, n - 1):
            p[1:-1, j] = -d / (d * p[1:-1, j - 1] + e)
            q[1:-1, j] = (-a * v[:-2, j] + (1.0 + 2.0 * a) * v[1:-1, j] - a * v[2:, j] - d * q[1:-1, j - 1]) / (
                d * p[1:-1, j - 1] + e
            )
        u[1:-1, n - 1] = 1.0
        for j in range(n - 2, 0, -1):
            u[1:-1, j] = p[1:-1, j] * u[1:-1, j + 1] + q[1:-1, j]
    return np.sum(u * u)


def forward(u, steps, first, second):
    """The forward sweep; ``first`` and ``second`` get the pivots of the two solves, the same in each step."""
    n = len(u)
    a, b, d, e = coefficients(n, steps)
    v, p, q = np.zeros_like(u), np.zeros_like(u), np.zeros_like(u)
    for _ in range(steps):
        v[0, 1:-1] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = v[0, 1:-1]
        for j in range(1, n - 1):
            pivot = a * p[1:-1, j - 1] + b
            first[j - 1] = pivot
            p[1:-1, j] = -a / pivot
            q[1:-1, j] = (-d * u[j, :-2] + (1.0 + 2.0 * d) * u[j, 1:-1] - d * u[j, 2:] - a * q[1:-1, j - 1]) / pivot
        v[n - 1, 1:-1] = 1.0
        for j in range(n - 2, 0, -1):
            v[j, 1:-1] = p[1:-1, j] * v[j + 1, 1:-1] + q[1:-1, j]
        u[1:-1, 0] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = u[1:-1, 0]
        for j in range(1, n - 1):
            pivot = d * p[1:-1, j - 1] + e
            second[j - 1] = pivot
            p[1:-1, j] = -d / pivot
            q[1:-1, j] = (-a * v[:-2, j] + (1.0 + 2.0 * a) * v[1:-1, j] - a * v[2:, j] - d * q[1:-1, j - 1]) / pivot
        u[1:-1, n - 1] = 1.0
        for j in range(n - 2, 0, -1):
            u[1:-1, j] = p[1:-1, j] * u[1:-1, j + 1] + q[1:-1, j]


def reverse_solve(x, c, pivots):
    """In place: from the adjoint of a solve's result to that of its right-hand sides, one per row.

    The primal goes down with q[j] = (rhs[j] - c q[j-1]) / pivot[j], then up with x[j] = q[j] - c / pivot[j] x[j+1].
    """
    ratios = -c / pivots
    for j in range(len(x) - 1):
        x[j + 1] += ratios[j] * x[j]
    x[-1] /= pivots[-1]
    for j in range(len(x) - 2, -1, -1):
        x[j] -= c * x[j + 1]
        x[j] /= pivots[j]


def hand(u, steps):
    """All is linear in u, so nothing is kept but the pivots. The constant borders take no adjoint."""
    u = u.copy()
    n = len(u)
    a, _, d, _ = coefficients(n, steps)
    first, second = np.empty((n - 2, n - 2)), np.empty((n - 2, n - 2))
    forward(u, steps, first, second)
    value = np.sum(u * u)

    u_bar = 2.0 * u
    for _ in range(steps):
        w = u_bar[1:-1, 1:-1].T.copy()  # a solve along rows: turned, its vectors are contiguous
        reverse_solve(w, d, second)
        w = w.T
        v_bar = (1.0 + 2.0 * a) * w
        v_bar[:-1] -= a * w[1:]
        v_bar[1:] -= a * w[:-1]
        w = np.ascontiguousarray(v_bar)
        reverse_solve(w, a, first)
        u_bar[1:-1] = 0.0
        u_bar[1:-1, 1:-1] = (1.0 + 2.0 * d) * w
        w *= d
        u_bar[1:-1, :-2] -= w
        u_bar[1:-1, 2:] -= w
    return value, (u_bar,)


def functional(np, stack):
    """The sweeps without stores, for autograd and PyTorch: rows are collected, then stacked."""

    def solve(rhs, c, b):
        """Rows of unknowns between two rows of ones."""
        ps, qs = [0.0 * rhs[0]], [1.0 + 0.0 * rhs[0]]
        for row in rhs:
            pivot = c * ps[-1] + b
            ps.append(-c / pivot)
            qs.append((row - c * qs[-1]) / pivot)
        xs = [1.0 + 0.0 * rhs[0]]
        for p, q in zip(ps[:0:-1], qs[:0:-1], strict=True):
            xs.append(p * xs[-1] + q)
        xs.append(1.0 + 0.0 * rhs[0])
        return stack(xs[::-1])

    def adi(u, steps):
        a, b, d, e = coefficients(len(u), steps)
        top, bottom, inner = u[0], u[-1], u[1:-1]
        for _ in range(steps):
            v = solve(-d * inner[:, :-2] + (1.0 + 2.0 * d) * inner[:, 1:-1] - d * inner[:, 2:], a, b)
            inner = solve((-a * v[:-2] + (1.0 + 2.0 * a) * v[1:-1] - a * v[2:]).T, d, e).T
        return np.sum(inner * inner) + np.sum(top * top) + np.sum(bottom * bottom)

    return adi


def jax_version(jax, jnp):
    def solve(rhs, c, b):
        def down(carry, row):
            p, q = carry
            pivot = c * p + b
            new = -c / pivot, (row - c * q) / pivot
            return new, new

        def up(x, pq):
            x = pq[0] * x + pq[1]
            return x, x

        ones = jnp.ones_like(rhs[0])
        _, pq = jax.lax.scan(down, (jnp.zeros_like(ones), ones), rhs)
        _, xs = jax.lax.scan(up, ones, pq, reverse=True)
        return jnp.concatenate([ones[None], xs, ones[None]])

    def adi(u, steps):
        a, b, d, e = coefficients(len(u), steps)

        def step(_, inner):
            v = solve(-d * inner[:, :-2] + (1.0 + 2.0 * d) * inner[:, 1:-1] - d * inner[:, 2:], a, b)
            return solve((-a * v[:-2] + (1.0 + 2.0 * a) * v[1:-1] - a * v[2:]).T, d, e).T

        inner = jax.lax.fori_loop(0, steps, step, u[1:-1])
        return jnp.sum(inner * inner) + jnp.sum(u[0] ** 2) + jnp.sum(u[-1] ** 2)

    return adi


def make(size):
    n, steps = pick((6, 3), (20, 5), (100, 20))(size)
    i = np.arange(n)
    return (i[:, None] + n - i[None, :]) / n, steps


CASES = (
    Case(
        "adi",
        make,
        adi,
        hand,
        (0,),
        lambda np: functional(np, np.stack),
        lambda torch: functional(torch, torch.stack),
        jax_version,
        loop=True,
    ),
)
