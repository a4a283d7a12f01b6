"""PolyBench's durbin: the Levinson-Durbin recursion for Toeplitz systems, on a vector that grows in place."""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick


def durbin(r):
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, len(r)):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return np.sum(y * y)


def hand(r):
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    tape = []
    for k in range(1, len(r)):
        before = beta, alpha
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(r[k - 1 :: -1], y[:k])) / beta
        flipped = y[k - 1 :: -1].copy()
        tape.append((*before, flipped))
        y[:k] += alpha * flipped
        y[k] = alpha
    value = np.sum(y * y)

    y_bar, r_bar = 2.0 * y, np.zeros_like(r)
    alpha_bar = beta_bar = 0.0
    for k in range(len(r) - 1, 0, -1):
        old_beta, old_alpha, flipped = tape.pop()
        g = y_bar[:k]
        alpha_bar += y_bar[k] + np.dot(g, flipped)
        total_bar = -alpha_bar / beta
        r_bar[k] += total_bar
        r_bar[:k] += total_bar * flipped
        y_bar[:k] = g + alpha * g[::-1] + total_bar * r[k - 1 :: -1]
        beta_bar += alpha * total_bar
        alpha_bar = -2.0 * beta_bar * old_beta * old_alpha
        beta_bar *= 1.0 - old_alpha * old_alpha
        alpha, beta = old_alpha, old_beta
    r_bar[0] -= alpha_bar + y_bar[0]
    return value, (r_bar,)


def autograd_version(np):
    def durbin(r):
        y = -r[:1]
        alpha = -r[0]
        beta = 1.0
        for k in range(1, len(r)):
            beta = beta * (1.0 - alpha * alpha)
            alpha = -(r[k] + np.dot(r[:k][::-1], y)) / beta
            y = np.concatenate([y + alpha * y[::-1], np.reshape(alpha, (1,))])
        return np.sum(y * y)

    return durbin


def torch_version(torch):
    def durbin(r):
        y = -r[:1]
        alpha = -r[0]
        beta = 1.0
        for k in range(1, len(r)):
            beta = beta * (1.0 - alpha * alpha)
            alpha = -(r[k] + torch.dot(torch.flip(r[:k], (0,)), y)) / beta
            y = torch.cat([y + alpha * torch.flip(y, (0,)), alpha[None]])
        return torch.sum(y * y)

    return durbin


def jax_version(jax, jnp):
    """Shapes are static in a loop: whole vectors, masked, and flipped by a roll."""

    def durbin(r):
        n = r.shape[0]
        index = jnp.arange(n)

        def step(carry, k):
            y, alpha, beta = carry
            inside = index < k
            beta = beta * (1.0 - alpha * alpha)
            r_flip = jnp.where(inside, jnp.roll(r[::-1], k), 0.0)
            y_flip = jnp.where(inside, jnp.roll(y[::-1], k), 0.0)
            alpha = -(r[k] + jnp.dot(r_flip, y)) / beta
            y = (y + alpha * y_flip).at[k].set(alpha)
            return (y, alpha, beta), None

        y = jnp.zeros(n).at[0].set(-r[0])
        (y, _, _), _ = jax.lax.scan(step, (y, -r[0], 1.0), jnp.arange(1, n))
        return jnp.sum(y * y)

    return durbin


def make(size):
    n = pick(6, 100, 1000)(size)
    # correlations of a positive definite Toeplitz system, so that beta stays away from zero
    return (0.9 ** np.arange(1, n + 1) * 0.5 + 0.01 * np.random.default_rng(13).normal(size=n) / n,)


CASES = (Case("durbin", make, durbin, hand, (0,), autograd_version, torch_version, jax_version, loop=True),)
