"""Loops over scalars in plain Python: a stochastic differential equation, and a long Newton iteration."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.case import Case, pick, rebind


def sde(x, theta, mu, sigma, dw, dt):
    """Euler-Maruyama for dx = theta * (mu - x) dt + sigma * sqrt(1 + x**2) dw, and a squared payoff."""
    for w in dw:
        x = x + theta * (mu - x) * dt + sigma * math.sqrt(1.0 + x * x) * w
    return (x - 1.0) ** 2


def sde_hand(x, theta, mu, sigma, dw, dt):
    tape = []
    for w in dw:
        root = math.sqrt(1.0 + x * x)
        tape.append((x, root, w))
        x = x + theta * (mu - x) * dt + sigma * root * w
    value = (x - 1.0) ** 2

    x_bar = 2.0 * (x - 1.0)
    theta_bar = mu_bar = sigma_bar = 0.0
    drift = theta * dt
    for x, root, w in reversed(tape):
        theta_bar += x_bar * (mu - x)
        mu_bar += x_bar
        sigma_bar += x_bar * root * w
        x_bar += x_bar * (sigma * w * x / root - drift)
    return value, (x_bar, theta_bar * dt, mu_bar * drift, sigma_bar)


def sde_torch(torch):
    def sde(x, theta, mu, sigma, dw, dt):
        for w in dw:
            x = x + theta * (mu - x) * dt + sigma * torch.sqrt(1.0 + x * x) * w
        return (x - 1.0) ** 2

    return sde


def sde_jax(jax, jnp):
    def sde(x, theta, mu, sigma, dw, dt):
        def step(x, w):
            return x + theta * (mu - x) * dt + sigma * jnp.sqrt(1.0 + x * x) * w, None

        x, _ = jax.lax.scan(step, x, dw)
        return (x - 1.0) ** 2

    return sde


def make_sde(size):
    n = pick(5, 1000, 10_000)(size)
    dt = 1.0 / n
    return 0.5, 1.5, 0.8, 0.3, np.random.default_rng(12).normal(size=n) * math.sqrt(dt), dt


def newton(a, b, rate):
    """The root of x**3 + a x - b by damped Newton steps: linear convergence, hundreds or thousands of them."""
    x = 1.0
    f = x * x * x + a * x - b
    while abs(f) > 1e-10:
        x = x - rate * f / (3.0 * x * x + a)
        f = x * x * x + a * x - b
    return x * x


def newton_hand(a, b, rate):
    tape = []
    x = 1.0
    f = x * x * x + a * x - b
    while abs(f) > 1e-10:
        slope = 3.0 * x * x + a
        tape.append((x, f, slope))
        x = x - rate * f / slope
        f = x * x * x + a * x - b
    value = x * x

    x_bar = 2.0 * x
    a_bar = b_bar = f_bar = 0.0
    for before, f, slope in reversed(tape):
        # f = x**3 + a x - b
        a_bar += f_bar * x
        b_bar -= f_bar
        x_bar += f_bar * (3.0 * x * x + a)
        # x = before - rate * f / slope
        f_bar = -rate * x_bar / slope
        slope_bar = -f_bar * f / slope
        a_bar += slope_bar
        x_bar += slope_bar * 6.0 * before
        x = before
    # the first f, at the constant 1.0
    return value, (a_bar + f_bar * x, b_bar - f_bar)


def newton_jax(jax, jnp):
    """JAX cannot reverse a while loop: a scan over a bound on the steps, masked once converged."""

    def newton(a, b, rate):
        def step(x, _):
            f = x * x * x + a * x - b
            return jnp.where(jnp.abs(f) > 1e-10, x - rate * f / (3.0 * x * x + a), x), None

        x, _ = jax.lax.scan(step, jnp.float64(1.0), None, length=NEWTON_BOUND[0])
        return x * x

    return newton


NEWTON_BOUND = [0]  # filled by make_newton: the trip count that JAX has to be told


def make_newton(size):
    args = 2.0, 7.0, pick(0.2, 0.05, 0.005)(size)
    x, steps = 1.0, 0
    while abs(x**3 + args[0] * x - args[1]) > 1e-10:
        x -= args[2] * (x**3 + args[0] * x - args[1]) / (3.0 * x * x + args[0])
        steps += 1
    NEWTON_BOUND[0] = steps + 1
    return args


CASES = (
    Case(
        "sde",
        make_sde,
        sde,
        sde_hand,
        (0, 1, 2, 3),
        lambda anp: rebind(sde, math=anp),
        sde_torch,
        sde_jax,
        loop=True,
    ),
    Case(
        "newton",
        make_newton,
        newton,
        newton_hand,
        (0, 1),
        lambda anp: newton,
        lambda torch: newton,
        newton_jax,
        loop=True,
        note="JAX's reverse mode needs a bound on the trip count: a masked scan over the count the loop takes",
    ),
)
