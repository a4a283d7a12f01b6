"""PolyBench's fdtd-2d: the finite-difference time-domain method, three fields updated in place."""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick


def fdtd_2d(ex, ey, hz, source):
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    for t in range(len(source)):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    return np.sum(hz * hz)


def hand(ex, ey, hz, source):
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    for t in range(len(source)):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    value = np.sum(hz * hz)

    ex_bar, ey_bar, hz_bar, source_bar = np.zeros_like(ex), np.zeros_like(ey), 2.0 * hz, np.zeros_like(source)
    for t in range(len(source) - 1, -1, -1):
        g = 0.7 * hz_bar[:-1, :-1]
        ex_bar[:-1, 1:] -= g
        ex_bar[:-1, :-1] += g
        ey_bar[1:, :-1] -= g
        ey_bar[:-1, :-1] += g
        g = 0.5 * ex_bar[:, 1:]
        hz_bar[:, 1:] -= g
        hz_bar[:, :-1] += g
        g = 0.5 * ey_bar[1:, :]
        hz_bar[1:, :] -= g
        hz_bar[:-1, :] += g
        source_bar[t] = ey_bar[0].sum()
        ey_bar[0] = 0.0
    return value, (ex_bar, ey_bar, hz_bar, source_bar)


def autograd_version(np):
    def fdtd(ex, ey, hz, source):
        cols = ey.shape[1]
        for t in range(len(source)):
            top = source[t] * np.ones((1, cols))
            ey = np.concatenate([top, ey[1:] - 0.5 * (hz[1:] - hz[:-1])], axis=0)
            ex = np.concatenate([ex[:, :1], ex[:, 1:] - 0.5 * (hz[:, 1:] - hz[:, :-1])], axis=1)
            inner = hz[:-1, :-1] - 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
            hz = np.concatenate([np.concatenate([inner, hz[:-1, -1:]], axis=1), hz[-1:]], axis=0)
        return np.sum(hz * hz)

    return fdtd


def torch_version(torch):
    def fdtd(ex, ey, hz, source):
        ex, ey, hz = ex.clone(), ey.clone(), hz.clone()
        for t in range(len(source)):
            ey[0, :] = source[t]
            ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
            ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
            hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
        return torch.sum(hz * hz)

    return fdtd


def jax_version(jax, jnp):
    def fdtd(ex, ey, hz, source):
        def step(fields, s):
            ex, ey, hz = fields
            ey = ey.at[0, :].set(s)
            ey = ey.at[1:, :].add(-0.5 * (hz[1:, :] - hz[:-1, :]))
            ex = ex.at[:, 1:].add(-0.5 * (hz[:, 1:] - hz[:, :-1]))
            hz = hz.at[:-1, :-1].add(-0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]))
            return (ex, ey, hz), None

        (_, _, hz), _ = jax.lax.scan(step, (ex, ey, hz), source)
        return jnp.sum(hz * hz)

    return fdtd


def make(size):
    (n, m), steps = pick(((5, 6), 3), ((40, 50), 20), ((200, 240), 100))(size)
    rng = np.random.default_rng(11)
    return *(rng.normal(size=(n, m)) for _ in range(3)), rng.normal(size=steps)


CASES = (Case("fdtd_2d", make, fdtd_2d, hand, (0, 1, 2, 3), autograd_version, torch_version, jax_version, loop=True),)
