"""Adjoints by hand of programs that store into arrays in loops: the same loops, backwards."""

from __future__ import annotations

import numpy as np

from tests.programs.callee_mutation import swap_rows


def gauss_seidel_grad(a, b, x0):
    n = len(b)
    x = x0.copy()
    tape = []
    for _ in range(3):
        for i in range(n):
            tape.append(x.copy())
            s = b[i]
            for j in range(n):
                if j != i:
                    s -= a[i, j] * x[j]
            x[i] = s / a[i, i]
    value = np.sum(x * x)
    x_bar = 2.0 * x
    a_bar = np.zeros_like(a)
    b_bar = np.zeros_like(b)
    for _ in range(3):
        for i in reversed(range(n)):
            s_bar = x_bar[i] / a[i, i]
            a_bar[i, i] -= s_bar * x[i]
            x_bar[i] = 0.0
            x = tape.pop()
            b_bar[i] += s_bar
            for j in range(n):
                if j != i:
                    a_bar[i, j] -= s_bar * x[j]
                    x_bar[j] -= s_bar * a[i, j]
    return value, a_bar, b_bar, x_bar


def pivoted_elimination_grad(a, b):
    a = a * 1.0
    b = b * 1.0
    n = len(b)
    tape = []
    for k in range(n):
        p = k + int(np.argmax(np.abs(a[k:, k])))
        if p != k:
            swap_rows(a, k, p)
            b[k], b[p] = b[p], b[k]
        factors = []
        for i in range(k + 1, n):
            f = a[i, k] / a[k, k]
            factors.append(f)
            a[i, k:] -= f * a[k, k:]
            b[i] -= f * b[k]
        tape.append((p, factors))
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    value = x @ x
    x_bar = 2.0 * x
    a_bar = np.zeros_like(a)
    b_bar = np.zeros_like(b)
    for i in range(n):
        b_bar[i] = x_bar[i] / a[i, i]
        a_bar[i, i:] -= b_bar[i] * x[i:]
        x_bar[i + 1 :] -= b_bar[i] * a[i, i + 1 :]
    for k in reversed(range(n)):
        p, factors = tape[k]
        for i in reversed(range(k + 1, n)):
            f = factors.pop()
            f_bar = -(a_bar[i, k:] @ a[k, k:]) - b_bar[i] * b[k]
            b_bar[k] -= f * b_bar[i]
            a_bar[k, k:] -= f * a_bar[i, k:]
            f_bar /= a[k, k]
            a_bar[i, k] += f_bar
            a_bar[k, k] -= f_bar * f
        if p != k:
            swap_rows(a_bar, k, p)
            b_bar[k], b_bar[p] = b_bar[p], b_bar[k]
    return value, a_bar, b_bar


def cluster_energy_grad(pos, eps, sigma):
    e = 0.0
    n = pos.shape[0]
    pos_bar = np.zeros_like(pos)
    eps_bar = 0.0
    sigma_bar = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            d = pos[i] - pos[j]
            r2 = d @ d
            s6 = (sigma / np.sqrt(r2)) ** 6
            e += 4 * eps * (s6 * s6 - s6)
            eps_bar += 4 * (s6 * s6 - s6)
            slope = 24 * eps * (2 * s6 * s6 - s6)
            sigma_bar += slope / sigma
            d_bar = -slope / r2 * d
            pos_bar[i] += d_bar
            pos_bar[j] -= d_bar
    return e, pos_bar, eps_bar, sigma_bar


def adi_like_sweeps_grad(u, a):
    u = u * 1.0
    n = u.shape[0]
    v = np.zeros_like(u)
    p = np.zeros_like(u)
    tape = []
    for _ in range(2):
        for i in range(1, n - 1):
            v[0, i] = 1.0
            p[i, 0] = 0.0
            for j in range(1, n - 1):
                p[i, j] = -a / (2.0 + a * p[i, j - 1])
                v[j, i] = v[j - 1, i] * a + u[j, i] * p[i, j]
            before = v[:, i].copy()
            for j in range(n - 2, 0, -1):
                v[j, i] = p[i, j] * v[j + 1, i] + v[j, i]
            tape.append((u[:, i].copy(), before, v[:, i].copy()))
        u, v = v, u
    value = np.sum(u**2)
    u_bar = 2.0 * u
    v_bar = np.zeros_like(u)
    p_bar = np.zeros_like(p)
    a_bar = 0.0
    for _ in range(2):
        u_bar, v_bar = v_bar, u_bar
        for i in reversed(range(1, n - 1)):
            u_col, before, after = tape.pop()
            for j in range(1, n - 1):
                p_bar[i, j] += v_bar[j, i] * after[j + 1]
                v_bar[j + 1, i] += v_bar[j, i] * p[i, j]
            for j in range(n - 2, 0, -1):
                v_bar[j - 1, i] += v_bar[j, i] * a
                a_bar += v_bar[j, i] * before[j - 1]
                u_bar[j, i] += v_bar[j, i] * p[i, j]
                p_bar[i, j] += v_bar[j, i] * u_col[j]
                v_bar[j, i] = 0.0
                t = p_bar[i, j] / (2.0 + a * p[i, j - 1])
                a_bar -= t * (1.0 + p[i, j] * p[i, j - 1])
                p_bar[i, j - 1] -= t * p[i, j] * a
                p_bar[i, j] = 0.0
            p_bar[i, 0] = 0.0
            v_bar[0, i] = 0.0
    return value, u_bar, a_bar


def cholesky_by_hand_grad(a):
    n = a.shape[0]
    low = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= low[i, k] * low[j, k]
            if i == j:
                low[i, j] = np.sqrt(s)
            else:
                low[i, j] = s / low[j, j]
    diagonal = np.diag(low)
    value = np.sum(np.log(diagonal))
    low_bar = np.diag(1.0 / diagonal)
    a_bar = np.zeros_like(a)
    for i in reversed(range(n)):
        for j in reversed(range(i + 1)):
            if i == j:
                s_bar = 0.5 * low_bar[i, j] / low[i, j]
            else:
                s_bar = low_bar[i, j] / low[j, j]
                low_bar[j, j] -= s_bar * low[i, j]
            for k in range(j):
                low_bar[i, k] -= s_bar * low[j, k]
                low_bar[j, k] -= s_bar * low[i, k]
            a_bar[i, j] = s_bar
    return value, a_bar


def nested_break_grad(m):
    total = 0.0
    tape = []
    for i, row in enumerate(m):
        part = 0.0
        added = []
        for j, v in enumerate(row):
            if v > 0.8:
                break
            if v < -0.8:
                continue
            part += v * v
            added.append(j)
        if part > 1.5:
            break
        total += part * part
        tape.append((i, part, added))
    m_bar = np.zeros_like(m)
    for i, part, added in reversed(tape):
        part_bar = 2.0 * part
        for j in added:
            m_bar[i, j] = 2.0 * m[i, j] * part_bar
    return total, m_bar
