"""Gram-Schmidt, Cholesky and LU by their loops over columns, in place, each step a slice statement."""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick


def gramschmidt(a):
    a = a.copy()
    n = a.shape[1]
    q, r = np.zeros_like(a), np.zeros((n, n))
    for k in range(n):
        r[k, k] = np.sqrt(np.dot(a[:, k], a[:, k]))
        q[:, k] = a[:, k] / r[k, k]
        r[k, k + 1 :] = q[:, k] @ a[:, k + 1 :]
        a[:, k + 1 :] -= np.outer(q[:, k], r[k, k + 1 :])
    return np.sum(q) + np.sum(r)


def gramschmidt_hand(a):
    a = a.copy()
    n = a.shape[1]
    q, r = np.zeros_like(a), np.zeros((n, n))
    tape = []
    for k in range(n):
        r[k, k] = np.sqrt(np.dot(a[:, k], a[:, k]))
        q[:, k] = a[:, k] / r[k, k]
        r[k, k + 1 :] = q[:, k] @ a[:, k + 1 :]
        tape.append(a[:, k + 1 :].copy())
        a[:, k + 1 :] -= np.outer(q[:, k], r[k, k + 1 :])
    value = np.sum(q) + np.sum(r)

    a_bar = np.zeros_like(a)
    for k in range(n - 1, -1, -1):
        rest, rest_bar = tape.pop(), a_bar[:, k + 1 :]
        q_k = q[:, k]
        row_bar = 1.0 - q_k @ rest_bar
        q_bar = 1.0 - rest_bar @ r[k, k + 1 :]
        q_bar += rest @ row_bar
        rest_bar += np.outer(q_k, row_bar)
        # q = a / |a|, and d|a| = q . da
        scale = 1.0 / r[k, k]
        a_bar[:, k] += q_bar * scale + (1.0 - scale * np.dot(q_bar, q_k)) * q_k
    return value, (a_bar,)


def gramschmidt_autograd(np):
    def gramschmidt(a):
        n = a.shape[1]
        total = 0.0
        for _ in range(n):
            norm = np.sqrt(np.dot(a[:, 0], a[:, 0]))
            q = a[:, 0] / norm
            row = np.dot(q, a[:, 1:])
            a = a[:, 1:] - np.outer(q, row)
            total = total + np.sum(q) + norm + np.sum(row)
        return total

    return gramschmidt


def gramschmidt_torch(torch):
    def gramschmidt(a):
        n = a.shape[1]
        total = 0.0
        for _ in range(n):
            norm = torch.sqrt(torch.dot(a[:, 0], a[:, 0]))
            q = a[:, 0] / norm
            row = q @ a[:, 1:]
            a = a[:, 1:] - torch.outer(q, row)
            total = total + torch.sum(q) + norm + torch.sum(row)
        return total

    return gramschmidt


def gramschmidt_jax(jax, jnp):
    def gramschmidt(a):
        n = a.shape[1]
        index = jnp.arange(n)

        def step(k, carry):
            a, q, r = carry
            column = a[:, k]
            norm = jnp.sqrt(jnp.dot(column, column))
            unit = column / norm
            row = jnp.where(index > k, unit @ a, 0.0)
            return a - jnp.outer(unit, row), q.at[:, k].set(unit), r.at[k].set(row.at[k].set(norm))

        _, q, r = jax.lax.fori_loop(0, n, step, (a, jnp.zeros_like(a), jnp.zeros((n, n))))
        return jnp.sum(q) + jnp.sum(r)

    return gramschmidt


def cholesky(a):
    a = a.copy()
    n = len(a)
    for k in range(n):
        a[k, k] = np.sqrt(a[k, k])
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k + 1 :, k])
    return np.sum(np.tril(a) ** 2 * 0.5 + np.tril(a))


def cholesky_hand(a):
    a = a.copy()
    n = len(a)
    for k in range(n):
        a[k, k] = np.sqrt(a[k, k])
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k + 1 :, k])
    lower = np.tril(a)
    value = np.sum(lower**2 * 0.5 + lower)

    # a column is final once it is divided, so the result holds all that the reverse sweep reads
    g = np.tril(lower + 1.0)
    for k in range(n - 1, -1, -1):
        column, rest_bar = lower[k + 1 :, k], g[k + 1 :, k + 1 :]
        column_bar = g[k + 1 :, k]
        column_bar -= rest_bar @ column
        column_bar -= column @ rest_bar
        column_bar /= lower[k, k]
        g[k, k] -= np.dot(column_bar, column)
        g[k, k] *= 0.5 / lower[k, k]
    return value, (g,)


def cholesky_autograd(np):
    def cholesky(a):
        total = 0.0
        for _ in range(len(a)):
            pivot = np.sqrt(a[0, 0])
            column = a[1:, 0] / pivot
            a = a[1:, 1:] - np.outer(column, column)
            total = total + 0.5 * pivot**2 + pivot + np.sum(0.5 * column**2 + column)
        return total

    return cholesky


def cholesky_torch(torch):
    def cholesky(a):
        total = 0.0
        for _ in range(len(a)):
            pivot = torch.sqrt(a[0, 0])
            column = a[1:, 0] / pivot
            a = a[1:, 1:] - torch.outer(column, column)
            total = total + 0.5 * pivot**2 + pivot + torch.sum(0.5 * column**2 + column)
        return total

    return cholesky


def cholesky_jax(jax, jnp):
    def cholesky(a):
        n = a.shape[0]
        index = jnp.arange(n)

        def step(k, carry):
            a, out = carry
            pivot = jnp.sqrt(a[k, k])
            column = jnp.where(index > k, a[:, k] / pivot, 0.0)
            return a - jnp.outer(column, column), out.at[:, k].set(column.at[k].set(pivot))

        _, lower = jax.lax.fori_loop(0, n, step, (a, jnp.zeros_like(a)))
        return jnp.sum(lower**2 * 0.5 + lower)

    return cholesky


def lu(a):
    a = a.copy()
    for k in range(len(a) - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return np.sum(a * a)


def lu_hand(a):
    a = a.copy()
    for k in range(len(a) - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    value = np.sum(a * a)

    # row k and column k are final after step k: the result holds all that the reverse sweep reads
    g = 2.0 * a
    for k in range(len(a) - 2, -1, -1):
        column, row, rest_bar = a[k + 1 :, k], a[k, k + 1 :], g[k + 1 :, k + 1 :]
        g[k, k + 1 :] -= column @ rest_bar
        column_bar = g[k + 1 :, k]
        column_bar -= rest_bar @ row
        column_bar /= a[k, k]
        g[k, k] -= np.dot(column_bar, column)
    return value, (g,)


def lu_autograd(np):
    def lu(a):
        total = 0.0
        for _ in range(len(a)):
            column = a[1:, 0] / a[0, 0]
            total = total + np.sum(a[0] ** 2) + np.sum(column**2)
            a = a[1:, 1:] - np.outer(column, a[0, 1:])
        return total

    return lu


def lu_torch(torch):
    def lu(a):
        total = 0.0
        for _ in range(len(a)):
            column = a[1:, 0] / a[0, 0]
            total = total + torch.sum(a[0] ** 2) + torch.sum(column**2)
            a = a[1:, 1:] - torch.outer(column, a[0, 1:])
        return total

    return lu


def lu_jax(jax, jnp):
    def lu(a):
        n = a.shape[0]
        index = jnp.arange(n)

        def step(k, a):
            column = jnp.where(index > k, a[:, k] / a[k, k], 0.0)
            row = jnp.where(index > k, a[k], 0.0)
            a = a.at[:, k].set(jnp.where(index > k, column, a[:, k]))
            return a - jnp.outer(column, row)

        a = jax.lax.fori_loop(0, n - 1, step, a)
        return jnp.sum(a * a)

    return lu


def make_tall(size):
    m, n = pick((6, 4), (60, 40), (240, 200))(size)
    return (np.random.default_rng(14).normal(size=(m, n)),)


def make_definite(size):
    n = pick(5, 40, 250)(size)
    a = np.random.default_rng(15).normal(size=(n, n))
    return (a @ a.T / n + 2.0 * np.eye(n),)


CASES = (
    Case(
        "gramschmidt",
        make_tall,
        gramschmidt,
        gramschmidt_hand,
        (0,),
        gramschmidt_autograd,
        gramschmidt_torch,
        gramschmidt_jax,
        loop=True,
    ),
    Case(
        "cholesky",
        make_definite,
        cholesky,
        cholesky_hand,
        (0,),
        cholesky_autograd,
        cholesky_torch,
        cholesky_jax,
        loop=True,
    ),
    Case("lu", make_definite, lu, lu_hand, (0,), lu_autograd, lu_torch, lu_jax, loop=True),
)
