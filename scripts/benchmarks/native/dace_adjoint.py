"""The kernels as DaCe programs, and their gradients by ``dace.autodiff``.

The programs are written as DaCe's own suite of NumPy kernels writes them: slices where a statement is a slice, loops over
the rest, the sum of squares as a map with a conflict resolution (its backward pass takes no ``np.sum`` of an array
that is overwritten in a loop). ``PROGRAMS`` names each argument of the benchmark: an array of the program, or a symbol.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import dace
import numpy as np
from dace.autodiff import add_backward_pass

M, N, T = (dace.symbol(name, dtype=dace.int64) for name in "MNT")
F = dace.float64


@dace.program
def seidel_2d(A: F[M, N], S: F[1]):
    for _t in range(T):
        for i in range(1, M - 1):
            A[i, 1:-1] += (
                A[i - 1, :-2] + A[i - 1, 1:-1] + A[i - 1, 2:] + A[i, 2:] + A[i + 1, :-2] + A[i + 1, 1:-1] + A[i + 1, 2:]
            )
            for j in range(1, N - 1):
                A[i, j] += A[i, j - 1]
                A[i, j] /= 9.0
    for i, j in dace.map[0:M, 0:N]:
        with dace.tasklet:
            a << A[i, j]
            s >> S(1, lambda x, y: x + y)[0]
            s = a * a


@dace.program
def jacobi_2d(A: F[N, N], B: F[N, N], S: F[1]):
    for _t in range(T):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
        A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])
    for i, j in dace.map[0:N, 0:N]:
        with dace.tasklet:
            a << A[i, j]
            s >> S(1, lambda x, y: x + y)[0]
            s = a * a


@dace.program
def heat_3d(A: F[N, N, N], B: F[N, N, N], S: F[1]):
    for _t in range(T):
        B[1:-1, 1:-1, 1:-1] = (
            0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[:-2, 1:-1, 1:-1])
            + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, :-2, 1:-1])
            + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, 1:-1, :-2])
            + A[1:-1, 1:-1, 1:-1]
        )
        A[1:-1, 1:-1, 1:-1] = (
            0.125 * (B[2:, 1:-1, 1:-1] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[:-2, 1:-1, 1:-1])
            + 0.125 * (B[1:-1, 2:, 1:-1] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[1:-1, :-2, 1:-1])
            + 0.125 * (B[1:-1, 1:-1, 2:] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[1:-1, 1:-1, :-2])
            + B[1:-1, 1:-1, 1:-1]
        )
    for i, j, k in dace.map[0:N, 0:N, 0:N]:
        with dace.tasklet:
            a << A[i, j, k]
            s >> S(1, lambda x, y: x + y)[0]
            s = a * a


@dace.program
def fdtd_2d(ex: F[M, N], ey: F[M, N], hz: F[M, N], source: F[T], S: F[1]):
    for t in range(T):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    for i, j in dace.map[0:M, 0:N]:
        with dace.tasklet:
            a << hz[i, j]
            s >> S(1, lambda x, y: x + y)[0]
            s = a * a


@dace.program
def lu(A: F[N, N], S: F[1]):
    for i in range(N):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[k, j]
            A[i, j] /= A[j, j]
        for j in range(i, N):
            for k in range(i):
                A[i, j] -= A[i, k] * A[k, j]
    for i, j in dace.map[0:N, 0:N]:
        with dace.tasklet:
            a << A[i, j]
            s >> S(1, lambda x, y: x + y)[0]
            s = a * a


@dace.program
def cholesky(A: F[N, N], S: F[1]):
    for i in range(N):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[j, k]
            A[i, j] /= A[j, j]
        for k in range(i):
            A[i, i] -= A[i, k] * A[i, k]
        A[i, i] = np.sqrt(A[i, i])
    L = np.zeros((N, N), dtype=F)
    for i in range(N):
        for j in range(i + 1):
            L[i, j] = A[i, j]
    for i, j in dace.map[0:N, 0:N]:
        with dace.tasklet:
            a << L[i, j]
            s >> S(1, lambda x, y: x + y)[0]
            s = 0.5 * a * a + a


@dace.program
def gramschmidt(A: F[M, N], S: F[1]):
    Q = np.zeros((M, N), dtype=F)
    R = np.zeros((N, N), dtype=F)
    for k in range(N):
        norm = np.sum(A[:, k] * A[:, k])
        R[k, k] = np.sqrt(norm)
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, N):
            R[k, j] = np.sum(Q[:, k] * A[:, j])
            A[:, j] -= Q[:, k] * R[k, j]
    for i, j in dace.map[0:M, 0:N]:
        with dace.tasklet:
            a << Q[i, j]
            s >> S(1, lambda x, y: x + y)[0]
            s = a
    for i, j in dace.map[0:N, 0:N]:
        with dace.tasklet:
            a << R[i, j]
            s >> S(1, lambda x, y: x + y)[0]
            s = a


@dace.program
def durbin(r: F[N], S: F[1]):
    y = np.zeros((N,), dtype=F)
    z = np.zeros((N,), dtype=F)
    alpha = np.zeros((1,), dtype=F)
    beta = np.zeros((1,), dtype=F)
    total = np.zeros((1,), dtype=F)
    y[0] = -r[0]
    alpha[0] = -r[0]
    beta[0] = 1.0
    for k in range(1, N):
        beta[0] *= 1.0 - alpha[0] * alpha[0]
        total[0] = 0.0
        for i in range(k):
            total[0] += r[k - i - 1] * y[i]
        alpha[0] = -(r[k] + total[0]) / beta[0]
        for i in range(k):
            z[i] = y[i] + alpha[0] * y[k - i - 1]
        for i in range(k):
            y[i] = z[i]
        y[k] = alpha[0]
    for i in dace.map[0:N]:
        with dace.tasklet:
            a << y[i]
            s >> S(1, lambda x, y: x + y)[0]
            s = a * a


@dace.program
def trisolv(L: F[N, N], b: F[N], S: F[1]):
    x = np.zeros((N,), dtype=F)
    for i in range(N):
        x[i] = b[i]
        for j in range(i):
            x[i] -= L[i, j] * x[j]
        x[i] = x[i] / L[i, i]
    for i in dace.map[0:N]:
        with dace.tasklet:
            a << x[i]
            s >> S(1, lambda x, y: x + y)[0]
            s = a * a


@dace.program
def adi(u: F[N, N], S: F[1]):
    v = np.zeros((N, N), dtype=F)
    p = np.zeros((N, N), dtype=F)
    q = np.zeros((N, N), dtype=F)
    mul1 = 2.0 * N * N / T
    mul2 = 1.0 * N * N / T
    a = -mul1 / 2.0
    b = 1.0 + mul1
    d = -mul2 / 2.0
    e = 1.0 + mul2
    for _t in range(T):
        v[0, 1 : N - 1] = 1.0
        p[1 : N - 1, 0] = 0.0
        q[1 : N - 1, 0] = 1.0
        for j in range(1, N - 1):
            p[1 : N - 1, j] = -a / (a * p[1 : N - 1, j - 1] + b)
            q[1 : N - 1, j] = (
                -d * u[j, 0 : N - 2] + (1.0 + 2.0 * d) * u[j, 1 : N - 1] - d * u[j, 2:N] - a * q[1 : N - 1, j - 1]
            ) / (a * p[1 : N - 1, j - 1] + b)
        v[N - 1, 1 : N - 1] = 1.0
        for j in range(N - 2, 0, -1):
            v[j, 1 : N - 1] = p[1 : N - 1, j] * v[j + 1, 1 : N - 1] + q[1 : N - 1, j]
        u[1 : N - 1, 0] = 1.0
        p[1 : N - 1, 0] = 0.0
        q[1 : N - 1, 0] = 1.0
        for j in range(1, N - 1):
            p[1 : N - 1, j] = -d / (d * p[1 : N - 1, j - 1] + e)
            q[1 : N - 1, j] = (
                -a * v[0 : N - 2, j] + (1.0 + 2.0 * a) * v[1 : N - 1, j] - a * v[2:N, j] - d * q[1 : N - 1, j - 1]
            ) / (d * p[1 : N - 1, j - 1] + e)
        u[1 : N - 1, N - 1] = 1.0
        for j in range(N - 2, 0, -1):
            u[1 : N - 1, j] = p[1 : N - 1, j] * u[1 : N - 1, j + 1] + q[1 : N - 1, j]
    for i, j in dace.map[0:N, 0:N]:
        with dace.tasklet:
            c << u[i, j]
            s >> S(1, lambda x, y: x + y)[0]
            s = c * c


@dace.program
def deriche(image: F[M, N], alpha: F[1], S: F[1]):
    y1 = np.zeros((M, N), dtype=F)
    y2 = np.zeros((M, N), dtype=F)
    k = (1.0 - np.exp(-alpha)) * (1.0 - np.exp(-alpha)) / (1.0 + alpha * np.exp(-alpha) * 2.0 - np.exp(-2.0 * alpha))
    a1 = k
    a2 = k * np.exp(-alpha) * (alpha - 1.0)
    a3 = k * np.exp(-alpha) * (alpha + 1.0)
    a4 = -k * np.exp(-2.0 * alpha)
    b1 = 2.0 * np.exp(-alpha)
    b2 = -np.exp(-2.0 * alpha)
    y1[:, 0] = a1 * image[:, 0]
    y1[:, 1] = a1 * image[:, 1] + a2 * image[:, 0] + b1 * y1[:, 0]
    for j in range(2, N):
        y1[:, j] = a1 * image[:, j] + a2 * image[:, j - 1] + b1 * y1[:, j - 1] + b2 * y1[:, j - 2]
    y2[:, -1] = 0.0
    y2[:, -2] = a3 * image[:, -1]
    for j in range(N - 3, -1, -1):
        y2[:, j] = a3 * image[:, j + 1] + a4 * image[:, j + 2] + b1 * y2[:, j + 1] + b2 * y2[:, j + 2]
    out = y1 + y2
    z1 = np.zeros((M, N), dtype=F)
    z2 = np.zeros((M, N), dtype=F)
    z1[0, :] = a1 * out[0, :]
    z1[1, :] = a1 * out[1, :] + a2 * out[0, :] + b1 * z1[0, :]
    for i in range(2, M):
        z1[i, :] = a1 * out[i, :] + a2 * out[i - 1, :] + b1 * z1[i - 1, :] + b2 * z1[i - 2, :]
    z2[-1, :] = 0.0
    z2[-2, :] = a3 * out[-1, :]
    for i in range(M - 3, -1, -1):
        z2[i, :] = a3 * out[i + 1, :] + a4 * out[i + 2, :] + b1 * z2[i + 1, :] + b2 * z2[i + 2, :]
    for i, j in dace.map[0:M, 0:N]:
        with dace.tasklet:
            a << z1[i, j]
            b << z2[i, j]
            s >> S(1, lambda x, y: x + y)[0]
            s = (a + b) * (a + b)


@dace.program
def nbody(x: F[N, 3], v: F[N, 3], mass: F[N], dt: F[1], S: F[1]):
    for _t in range(T):
        for i in range(N):
            dx = x[:, 0] - x[i, 0]
            dy = x[:, 1] - x[i, 1]
            dz = x[:, 2] - x[i, 2]
            r2 = dx * dx + dy * dy + dz * dz + 0.01
            pull = mass / (r2 * np.sqrt(r2))
            v[i, 0] += dt * np.sum(pull * dx)
            v[i, 1] += dt * np.sum(pull * dy)
            v[i, 2] += dt * np.sum(pull * dz)
        x += dt * v
    for i, k in dace.map[0:N, 0:3]:
        with dace.tasklet:
            m << mass[i]
            a << v[i, k]
            b << x[i, k]
            s >> S(1, lambda x, y: x + y)[0]
            s = 0.5 * m * a * a + 0.1 * b * b


PROGRAMS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "seidel_2d": (seidel_2d, ("A", "T")),
    "jacobi_2d": (jacobi_2d, ("A", "B", "T")),
    "heat_3d": (heat_3d, ("A", "B", "T")),
    "fdtd_2d": (fdtd_2d, ("ex", "ey", "hz", "source")),
    "lu": (lu, ("A",)),
    "cholesky": (cholesky, ("A",)),
    "gramschmidt": (gramschmidt, ("A",)),
    "durbin": (durbin, ("r",)),
    "trisolv": (trisolv, ("L", "b")),
    "adi": (adi, ("u", "T")),
    "deriche": (deriche, ("image", "alpha")),
    "nbody": (nbody, ("x", "v", "mass", "T", "dt")),
}


def thunk(name: str, args: Sequence[Any], argnums: Sequence[int]) -> Callable[[], tuple[float, tuple[Any, ...]]]:
    """A call with these arguments, of which numbers are arrays of one element. The first call compiles the program."""
    program, names = PROGRAMS[name]
    given = {key: np.atleast_1d(a) for key, a in zip(names, args, strict=True) if not isinstance(a, int)}
    sizes = {key: a for key, a in zip(names, args, strict=True) if isinstance(a, int)}
    active = [names[i] for i in argnums]
    compiled: Any = None

    def call() -> tuple[float, tuple[Any, ...]]:
        nonlocal compiled
        if compiled is None:
            compiled = _compile(program, active, given, sizes)
        arrays = {key: a.copy() for key, a in given.items()}
        grads = {key: np.zeros_like(arrays[key]) for key in active}
        value = np.zeros(1)
        bars = {f"gradient_{key}": g for key, g in grads.items()}
        compiled(**arrays, **bars, S=value, gradient_S=np.ones(1), **sizes)
        shapes = (np.shape(args[i]) for i in argnums)
        return float(value[0]), tuple(g.reshape(shape) for g, shape in zip(grads.values(), shapes, strict=True))

    return call


def _compile(program: Any, active: list[str], given: dict[str, np.ndarray], sizes: dict[str, int]) -> Any:
    """The compiled gradient; the sizes of the arrays go into ``sizes``, by the names of their symbols."""
    sdfg = program.to_sdfg(simplify=True)
    add_backward_pass(sdfg=sdfg, outputs=["S"], inputs=active)
    for key, array in given.items():
        named = zip(sdfg.arrays[key].shape, array.shape, strict=True)
        sizes.update((str(s), n) for s, n in named if isinstance(s, dace.symbol))
    with tempfile.TemporaryDirectory() as folder:
        sdfg.build_folder = folder
        return sdfg.compile()
