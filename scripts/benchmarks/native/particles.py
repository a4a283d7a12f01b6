"""Particles that attract each other, paths of a price, and a flow in a cavity: simulations in plain loops and slices."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.native.case import NativeCase, pick


def nbody(x, v, mass, steps, dt):
    """Leapfrog steps under softened gravity; the final kinetic energy and spread."""
    x, v = x.copy(), v.copy()
    n = x.shape[0]
    for _ in range(steps):
        for i in range(n):
            ax, ay, az = 0.0, 0.0, 0.0
            for j in range(n):
                dx = x[j, 0] - x[i, 0]
                dy = x[j, 1] - x[i, 1]
                dz = x[j, 2] - x[i, 2]
                r2 = dx * dx + dy * dy + dz * dz + 0.01
                pull = mass[j] / (r2 * math.sqrt(r2))
                ax += pull * dx
                ay += pull * dy
                az += pull * dz
            v[i, 0] += dt * ax
            v[i, 1] += dt * ay
            v[i, 2] += dt * az
        for i in range(n):
            for k in range(3):
                x[i, k] += dt * v[i, k]
    total = 0.0
    for i in range(n):
        for k in range(3):
            total += 0.5 * mass[i] * v[i, k] * v[i, k] + 0.1 * x[i, k] * x[i, k]
    return total


def nbody_jax(jax, jnp):
    def nbody(x, v, mass, steps, dt):
        def pull(here, x):
            d = x - here
            r2 = jnp.sum(d * d, axis=1) + 0.01
            return (mass / (r2 * jnp.sqrt(r2))) @ d

        def step(carry, _):
            x, v = carry
            v = v + dt * jax.vmap(pull, (0, None))(x, x)
            return (x + dt * v, v), None

        (x, v), _ = jax.lax.scan(step, (x, v), None, length=steps)
        return 0.5 * jnp.sum(mass[:, None] * v * v) + 0.1 * jnp.sum(x * x)

    return nbody


def asian(spot, rate, volatility, strike, z):
    """An arithmetic-average Asian call: the mean discounted payoff over simulated paths."""
    paths, steps = z.shape
    dt = 1.0 / steps
    drift = (rate - 0.5 * volatility * volatility) * dt
    scale = volatility * math.sqrt(dt)
    total = 0.0
    for p in range(paths):
        s = spot
        gathered = 0.0
        for t in range(steps):
            s = s * math.exp(drift + scale * z[p, t])
            gathered += s
        total += max(gathered / steps - strike, 0.0)
    return math.exp(-rate) * total / paths


def asian_jax(jax, jnp):
    def asian(spot, rate, volatility, strike, z):
        steps = z.shape[1]
        drift = (rate - 0.5 * volatility * volatility) / steps
        scale = volatility * math.sqrt(1.0 / steps)

        def payoff(path):
            def step(carry, w):
                s, gathered = carry
                s = s * jnp.exp(drift + scale * w)
                return (s, gathered + s), None

            (_, gathered), _ = jax.lax.scan(step, (spot, 0.0), path)
            return jnp.maximum(gathered / steps - strike, 0.0)

        return jnp.exp(-rate) * jnp.mean(jax.vmap(payoff)(z))

    return asian


def cavity(u, v, p, lid, steps, inner):
    """A lid-driven cavity: explicit steps of momentum, and Jacobi iterations for the pressure."""
    u, v, p = u.copy(), v.copy(), p.copy()
    n = u.shape[0]
    h, dt, nu = 2.0 / (n - 1), 0.001, 0.1
    source = np.zeros_like(p)
    for _ in range(steps):
        du = (u[1:-1, 2:] - u[1:-1, :-2]) / (2.0 * h)
        dv = (v[2:, 1:-1] - v[:-2, 1:-1]) / (2.0 * h)
        cross = (u[2:, 1:-1] - u[:-2, 1:-1]) * (v[1:-1, 2:] - v[1:-1, :-2]) / (4.0 * h * h)
        source[1:-1, 1:-1] = (du + dv) / dt - du * du - 2.0 * cross - dv * dv
        for _ in range(inner):
            around = p[1:-1, 2:] + p[1:-1, :-2] + p[2:, 1:-1] + p[:-2, 1:-1]
            p[1:-1, 1:-1] = 0.25 * (around - h * h * source[1:-1, 1:-1])
            p[:, -1] = p[:, -2]
            p[0, :] = p[1, :]
            p[:, 0] = p[:, 1]
            p[-1, :] = 0.0
        un, vn = u.copy(), v.copy()
        u[1:-1, 1:-1] = (
            un[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / h * (un[1:-1, 1:-1] - un[1:-1, :-2])
            - vn[1:-1, 1:-1] * dt / h * (un[1:-1, 1:-1] - un[:-2, 1:-1])
            - dt / (2.0 * h) * (p[1:-1, 2:] - p[1:-1, :-2])
            + nu * dt / (h * h)
            * (un[1:-1, 2:] + un[1:-1, :-2] + un[2:, 1:-1] + un[:-2, 1:-1] - 4.0 * un[1:-1, 1:-1])
        )  # fmt: skip
        v[1:-1, 1:-1] = (
            vn[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / h * (vn[1:-1, 1:-1] - vn[1:-1, :-2])
            - vn[1:-1, 1:-1] * dt / h * (vn[1:-1, 1:-1] - vn[:-2, 1:-1])
            - dt / (2.0 * h) * (p[2:, 1:-1] - p[:-2, 1:-1])
            + nu * dt / (h * h)
            * (vn[1:-1, 2:] + vn[1:-1, :-2] + vn[2:, 1:-1] + vn[:-2, 1:-1] - 4.0 * vn[1:-1, 1:-1])
        )  # fmt: skip
        u[0, :] = 0.0
        u[:, 0] = 0.0
        u[:, -1] = 0.0
        u[-1, :] = lid
        v[0, :] = 0.0
        v[-1, :] = 0.0
        v[:, 0] = 0.0
        v[:, -1] = 0.0
    return np.sum(u * u) + np.sum(v * v) + np.sum(p * p)


def cavity_jax(jax, jnp):
    C, W, E, N, S = (
        (slice(1, -1), slice(1, -1)), (slice(1, -1), slice(None, -2)), (slice(1, -1), slice(2, None)),
        (slice(2, None), slice(1, -1)), (slice(None, -2), slice(1, -1)),
    )  # fmt: skip

    def cavity(u, v, p, lid, steps, inner):
        h, dt, nu = 2.0 / (u.shape[0] - 1), 0.001, 0.1

        def pressure(_, carry):
            p, source = carry
            p = p.at[C].set(0.25 * (p[E] + p[W] + p[N] + p[S] - h * h * source))
            p = p.at[:, -1].set(p[:, -2])
            p = p.at[0].set(p[1])
            p = p.at[:, 0].set(p[:, 1])
            return p.at[-1].set(0.0), source

        def moved(w, u, v, slope):
            change = -u[C] * dt / h * (w[C] - w[W]) - v[C] * dt / h * (w[C] - w[S]) - dt / (2.0 * h) * slope
            return w.at[C].add(change + nu * dt / (h * h) * (w[E] + w[W] + w[N] + w[S] - 4.0 * w[C]))

        def step(_, fields):
            u, v, p = fields
            du, dv = (u[E] - u[W]) / (2.0 * h), (v[N] - v[S]) / (2.0 * h)
            cross = (u[N] - u[S]) * (v[E] - v[W]) / (4.0 * h * h)
            source = (du + dv) / dt - du * du - 2.0 * cross - dv * dv
            p, _ = jax.lax.fori_loop(0, inner, pressure, (p, source))
            new_u, new_v = moved(u, u, v, p[E] - p[W]), moved(v, u, v, p[N] - p[S])
            new_u = new_u.at[0].set(0.0).at[:, 0].set(0.0).at[:, -1].set(0.0).at[-1].set(lid)
            new_v = new_v.at[0].set(0.0).at[-1].set(0.0).at[:, 0].set(0.0).at[:, -1].set(0.0)
            return new_u, new_v, p

        u, v, p = jax.lax.fori_loop(0, steps, step, (u, v, p))
        return jnp.sum(u * u) + jnp.sum(v * v) + jnp.sum(p * p)

    return cavity


def make_particles(size):
    n, steps = pick((4, 3), (30, 20), (70, 37))(size)
    rng = np.random.default_rng(30)
    return rng.normal(size=(n, 3)), 0.1 * rng.normal(size=(n, 3)), rng.uniform(0.5, 1.5, n) / n, steps, 0.01


def make_paths(size):
    shape = pick((5, 6), (200, 100), (1000, 200))(size)
    return 100.0, 0.05, 0.2, 100.0, np.random.default_rng(31).normal(size=shape)


def make_cavity(size):
    n, steps, inner = pick((6, 2, 3), (24, 10, 20), (41, 20, 34))(size)
    rng = np.random.default_rng(32)
    return *(0.1 * rng.normal(size=(n, n)) for _ in range(3)), 1.0, steps, inner


CASES = (
    NativeCase("nbody", make_particles, nbody, (0, 1, 2), nbody_jax, "nbody", dace="nbody"),
    NativeCase("asian", make_paths, asian, (0, 1, 2, 3), asian_jax, "asian"),
    NativeCase("cavity", make_cavity, cavity, (0, 1, 2, 3), cavity_jax),
)
