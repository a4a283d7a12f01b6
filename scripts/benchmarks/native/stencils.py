"""PolyBench's stencils as loops over points, in place: seidel-2d, jacobi-2d, heat-3d, fdtd-2d."""

from __future__ import annotations

import numpy as np

from benchmarks.fdtd import jax_version as fdtd_jax
from benchmarks.native.case import NativeCase, pick
from benchmarks.stencils import inner_2d, inner_3d, jax_version


def seidel_2d(a, steps):
    a = a.copy()
    n, m = a.shape
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                a[i, j] = (
                    a[i - 1, j - 1] + a[i - 1, j] + a[i - 1, j + 1]
                    + a[i, j - 1] + a[i, j] + a[i, j + 1]
                    + a[i + 1, j - 1] + a[i + 1, j] + a[i + 1, j + 1]
                ) / 9.0  # fmt: skip
    return np.sum(a * a)


def seidel_jax(jax, jnp):
    def seidel(a, steps):
        n = a.shape[0]

        def row(i, a):
            above, here, below = a[i - 1], a[i], a[i + 1]
            known = above[:-2] + above[1:-1] + above[2:] + here[1:-1] + here[2:] + below[:-2] + below[1:-1] + below[2:]

            def point(left, rest):
                new = (left + rest) / 9.0
                return new, new

            _, inner = jax.lax.scan(point, here[0], known)
            return a.at[i, 1:-1].set(inner)

        a = jax.lax.fori_loop(0, steps, lambda _, a: jax.lax.fori_loop(1, n - 1, row, a), a)
        return jnp.sum(a * a)

    return seidel


def jacobi_2d(a, b, steps):
    a, b = a.copy(), b.copy()
    n, m = a.shape
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                b[i, j] = 0.2 * (a[i, j] + a[i, j - 1] + a[i, j + 1] + a[i + 1, j] + a[i - 1, j])
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                a[i, j] = 0.2 * (b[i, j] + b[i, j - 1] + b[i, j + 1] + b[i + 1, j] + b[i - 1, j])
    return np.sum(a * a)


def heat_3d(a, b, steps):
    a, b = a.copy(), b.copy()
    n, m, l = a.shape
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                for k in range(1, l - 1):
                    b[i, j, k] = (
                        0.125 * (a[i + 1, j, k] - 2.0 * a[i, j, k] + a[i - 1, j, k])
                        + 0.125 * (a[i, j + 1, k] - 2.0 * a[i, j, k] + a[i, j - 1, k])
                        + 0.125 * (a[i, j, k + 1] - 2.0 * a[i, j, k] + a[i, j, k - 1])
                        + a[i, j, k]
                    )
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                for k in range(1, l - 1):
                    a[i, j, k] = (
                        0.125 * (b[i + 1, j, k] - 2.0 * b[i, j, k] + b[i - 1, j, k])
                        + 0.125 * (b[i, j + 1, k] - 2.0 * b[i, j, k] + b[i, j - 1, k])
                        + 0.125 * (b[i, j, k + 1] - 2.0 * b[i, j, k] + b[i, j, k - 1])
                        + b[i, j, k]
                    )
    return np.sum(a * a)


def fdtd_2d(ex, ey, hz, source):
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    n, m = hz.shape
    for t in range(len(source)):
        for j in range(m):
            ey[0, j] = source[t]
        for i in range(1, n):
            for j in range(m):
                ey[i, j] = ey[i, j] - 0.5 * (hz[i, j] - hz[i - 1, j])
        for i in range(n):
            for j in range(1, m):
                ex[i, j] = ex[i, j] - 0.5 * (hz[i, j] - hz[i, j - 1])
        for i in range(n - 1):
            for j in range(m - 1):
                hz[i, j] = hz[i, j] - 0.7 * (ex[i, j + 1] - ex[i, j] + ey[i + 1, j] - ey[i, j])
    return np.sum(hz * hz)


def make_seidel(size):
    n, steps = pick((6, 2), (60, 20), (120, 50))(size)
    return np.random.default_rng(20).normal(size=(n, n + 1)), steps


def make_jacobi(size):
    n, steps = pick((6, 3), (90, 20), (200, 40))(size)
    rng = np.random.default_rng(21)
    return rng.normal(size=(n, n)), rng.normal(size=(n, n)), steps


def make_heat(size):
    n, steps = pick((5, 2), (20, 20), (40, 25))(size)
    rng = np.random.default_rng(22)
    return rng.normal(size=(n,) * 3), rng.normal(size=(n,) * 3), steps


def make_fdtd(size):
    (n, m), steps = pick(((5, 6), 3), ((60, 80), 20), ((150, 160), 40))(size)
    rng = np.random.default_rng(23)
    return *(rng.normal(size=(n, m)) for _ in range(3)), rng.normal(size=steps)


CASES = (
    NativeCase("seidel_2d", make_seidel, seidel_2d, (0,), seidel_jax, "seidel_2d", dace="seidel_2d"),
    NativeCase("jacobi_2d", make_jacobi, jacobi_2d, (0, 1), jax_version(inner_2d), "jacobi_2d", dace="jacobi_2d"),
    NativeCase("heat_3d", make_heat, heat_3d, (0, 1), jax_version(inner_3d), "heat_3d", dace="heat_3d"),
    NativeCase("fdtd_2d", make_fdtd, fdtd_2d, (0, 1, 2, 3), fdtd_jax, dace="fdtd_2d"),
)
