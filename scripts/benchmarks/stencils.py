"""PolyBench's stencils in plain NumPy slices, in place: jacobi-1d, jacobi-2d, heat-3d."""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick

I = slice(1, -1)  # the inner points, those before, and those after
L = slice(None, -2)
R = slice(2, None)


def jacobi_1d(a, b, steps):
    a, b = a.copy(), b.copy()
    for _ in range(steps):
        b[1:-1] = 0.33333 * (a[:-2] + a[1:-1] + a[2:])
        a[1:-1] = 0.33333 * (b[:-2] + b[1:-1] + b[2:])
    return np.sum(a * a)


def jacobi_2d(a, b, steps):
    a, b = a.copy(), b.copy()
    for _ in range(steps):
        b[1:-1, 1:-1] = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        a[1:-1, 1:-1] = 0.2 * (b[1:-1, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:] + b[2:, 1:-1] + b[:-2, 1:-1])
    return np.sum(a * a)


def heat_3d(a, b, steps):
    a, b = a.copy(), b.copy()
    for _ in range(steps):
        b[1:-1, 1:-1, 1:-1] = (
            0.125 * (a[2:, 1:-1, 1:-1] - 2.0 * a[1:-1, 1:-1, 1:-1] + a[:-2, 1:-1, 1:-1])
            + 0.125 * (a[1:-1, 2:, 1:-1] - 2.0 * a[1:-1, 1:-1, 1:-1] + a[1:-1, :-2, 1:-1])
            + 0.125 * (a[1:-1, 1:-1, 2:] - 2.0 * a[1:-1, 1:-1, 1:-1] + a[1:-1, 1:-1, :-2])
            + a[1:-1, 1:-1, 1:-1]
        )
        a[1:-1, 1:-1, 1:-1] = (
            0.125 * (b[2:, 1:-1, 1:-1] - 2.0 * b[1:-1, 1:-1, 1:-1] + b[:-2, 1:-1, 1:-1])
            + 0.125 * (b[1:-1, 2:, 1:-1] - 2.0 * b[1:-1, 1:-1, 1:-1] + b[1:-1, :-2, 1:-1])
            + 0.125 * (b[1:-1, 1:-1, 2:] - 2.0 * b[1:-1, 1:-1, 1:-1] + b[1:-1, 1:-1, :-2])
            + b[1:-1, 1:-1, 1:-1]
        )
    return np.sum(a * a)


# ---- by hand. The stores are linear, so nothing is kept; between the steps the inner points of b_bar are zero, so the
# first contribution to them is an assignment.


def jacobi_1d_hand(a, b, steps):
    a, b = a.copy(), b.copy()
    for _ in range(steps):
        b[1:-1] = 0.33333 * (a[:-2] + a[1:-1] + a[2:])
        a[1:-1] = 0.33333 * (b[:-2] + b[1:-1] + b[2:])
    value = np.sum(a * a)
    a_bar, b_bar = 2.0 * a, np.zeros_like(b)
    for _ in range(steps):
        for y_bar, x_bar in ((a_bar, b_bar), (b_bar, a_bar)):
            g = 0.33333 * y_bar[1:-1]
            y_bar[1:-1] = 0.0
            x_bar[:-2] += g
            x_bar[1:-1] += g
            x_bar[2:] += g
    return value, (a_bar, b_bar)


def jacobi_2d_hand(a, b, steps):
    a, b = a.copy(), b.copy()
    for _ in range(steps):
        b[1:-1, 1:-1] = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        a[1:-1, 1:-1] = 0.2 * (b[1:-1, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:] + b[2:, 1:-1] + b[:-2, 1:-1])
    value = np.sum(a * a)
    a_bar, b_bar = 2.0 * a, np.zeros_like(b)
    g = np.empty((a.shape[0] - 2, a.shape[1] - 2))
    for _ in range(steps):
        for y_bar, x_bar in ((a_bar, b_bar), (b_bar, a_bar)):
            np.multiply(y_bar[1:-1, 1:-1], 0.2, out=g)
            y_bar[1:-1, 1:-1] = 0.0
            x_bar[1:-1, 1:-1] += g
            x_bar[1:-1, :-2] += g
            x_bar[1:-1, 2:] += g
            x_bar[2:, 1:-1] += g
            x_bar[:-2, 1:-1] += g
    return value, (a_bar, b_bar)


def heat_3d_forward(a, b, steps):
    for _ in range(steps):
        for x, y in ((a, b), (b, a)):
            y[I, I, I] = (
                0.125 * (x[2:, 1:-1, 1:-1] - 2.0 * x[1:-1, 1:-1, 1:-1] + x[:-2, 1:-1, 1:-1])
                + 0.125 * (x[1:-1, 2:, 1:-1] - 2.0 * x[1:-1, 1:-1, 1:-1] + x[1:-1, :-2, 1:-1])
                + 0.125 * (x[1:-1, 1:-1, 2:] - 2.0 * x[1:-1, 1:-1, 1:-1] + x[1:-1, 1:-1, :-2])
                + x[1:-1, 1:-1, 1:-1]
            )


def heat_3d_hand(a, b, steps):
    a, b = a.copy(), b.copy()
    heat_3d_forward(a, b, steps)
    value = np.sum(a * a)
    a_bar, b_bar = 2.0 * a, np.zeros_like(b)
    g = np.empty(tuple(n - 2 for n in a.shape))
    for _ in range(steps):
        for y_bar, x_bar in ((a_bar, b_bar), (b_bar, a_bar)):
            np.multiply(y_bar[I, I, I], 0.125, out=g)
            y_bar[I, I, I] = 0.0
            x_bar[2:, 1:-1, 1:-1] += g
            x_bar[:-2, 1:-1, 1:-1] += g
            x_bar[1:-1, 2:, 1:-1] += g
            x_bar[1:-1, :-2, 1:-1] += g
            x_bar[1:-1, 1:-1, 2:] += g
            x_bar[1:-1, 1:-1, :-2] += g
            g *= 2.0  # 1 - 6/8 in units of 1/8
            x_bar[1:-1, 1:-1, 1:-1] += g
    return value, (a_bar, b_bar)


# ---- the peers: the new inner points as a function, then each framework's way to put them in place


def inner_1d(a):
    return 0.33333 * (a[:-2] + a[1:-1] + a[2:])


def inner_2d(a):
    return 0.2 * (a[I, I] + a[I, L] + a[I, R] + a[R, I] + a[L, I])


def inner_3d(a):
    c = 2.0 * a[I, I, I]
    return (
        0.125 * (a[R, I, I] - c + a[L, I, I])
        + 0.125 * (a[I, R, I] - c + a[I, L, I])
        + 0.125 * (a[I, I, R] - c + a[I, I, L])
        + a[I, I, I]
    )


def autograd_version(inner):
    def build(anp):
        def run(a, b, steps):
            frame = np.pad(np.zeros(tuple(n - 2 for n in a.shape)), 1, constant_values=1.0)
            a_frame, b_frame = a * frame, b * frame
            for _ in range(steps):
                b = b_frame + anp.pad(inner(a), 1, "constant")
                a = a_frame + anp.pad(inner(b), 1, "constant")
            return anp.sum(a * a)

        return run

    return build


def torch_version(inner):
    def build(torch):
        def run(a, b, steps):
            place = (slice(1, -1),) * a.ndim
            for _ in range(steps):
                new = b.clone()
                new[place] = inner(a)
                b = new
                new = a.clone()
                new[place] = inner(b)
                a = new
            return torch.sum(a * a)

        return run

    return build


def jax_version(inner):
    def build(jax, jnp):
        def run(a, b, steps):
            place = (slice(1, -1),) * a.ndim

            def step(_, ab):
                a, b = ab
                b = b.at[place].set(inner(a))
                a = a.at[place].set(inner(b))
                return a, b

            a, _ = jax.lax.fori_loop(0, steps, step, (a, b))
            return jnp.sum(a * a)

        return run

    return build


def grid(shape_of, steps_of):
    def make(size):
        rng = np.random.default_rng(10)
        shape = shape_of(size)
        return rng.normal(size=shape), rng.normal(size=shape), steps_of(size)

    return make


def case(name, primal, hand, inner, shape_of, steps_of):
    peers = autograd_version(inner), torch_version(inner), jax_version(inner)
    return Case(name, grid(shape_of, steps_of), primal, hand, (0, 1), *peers, loop=True)


CASES = (
    case("jacobi_1d", jacobi_1d, jacobi_1d_hand, inner_1d, pick((9,), (400,), (4000,)), pick(3, 50, 500)),
    case("jacobi_2d", jacobi_2d, jacobi_2d_hand, inner_2d, pick((6, 7), (40, 40), (250, 250)), pick(3, 20, 100)),
    case("heat_3d", heat_3d, heat_3d_hand, inner_3d, pick((5, 6, 7), (15,) * 3, (40,) * 3), pick(2, 10, 40)),
)
