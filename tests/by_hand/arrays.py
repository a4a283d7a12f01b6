"""Adjoints by hand of programs that read whole arrays and their parts."""

from __future__ import annotations

import numpy as np


def stretch_in_chain_grad(a, v):
    m = a * v + v[:, None]
    value = np.sum(m * a)
    m_bar = np.full_like(m, a)
    a_bar = np.sum(m) + np.sum(m_bar * v)
    v_bar = a * np.sum(m_bar, axis=0) + np.sum(m_bar, axis=1)
    return value, a_bar, v_bar


def log_sum_exp_grad(x):
    m = np.max(x)
    e = np.exp(x - m)
    total = np.sum(e)
    value = m + np.log(total)
    x_bar = e / total
    return value, x_bar


def relu_family_grad(x):
    relu = np.maximum(x, 0)
    leaky = np.where(x > 0, x, 0.01 * x)
    e = np.exp(np.minimum(x, 0))
    elu = np.where(x > 0, x, e - 1)
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (x + 0.044715 * x**3))
    gelu = 0.5 * x * (1 + t)
    value = np.sum(relu * leaky + elu * gelu)
    x_bar = leaky * (x > 0)
    x_bar += relu * np.where(x > 0, 1.0, 0.01)
    x_bar += gelu * np.where(x > 0, 1.0, e)
    gelu_slope = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 0.134145 * x**2)
    x_bar += elu * gelu_slope
    return value, x_bar


def scalar_index_of_matrix_rows_grad(m):
    s = 0.0
    m_bar = np.zeros_like(m)
    for i in range(m.shape[0]):
        row = m[i]
        s += row[0] * row[-1] + m[i][1]
    for i in range(m.shape[0]):
        row = m[i]
        m_bar[i, 0] += row[-1]
        m_bar[i, -1] += row[0]
        m_bar[i, 1] += 1.0
    return s, m_bar


def convolution_by_slices_grad(img, ker):
    kh, kw = ker.shape
    h, w = img.shape
    acc = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(kh):
        for j in range(kw):
            acc += ker[i, j] * img[i : i + h - kh + 1, j : j + w - kw + 1]
    r = np.maximum(acc, 0.0)
    value = np.sum(r**2)
    acc_bar = 2.0 * r
    img_bar = np.zeros_like(img)
    ker_bar = np.zeros_like(ker)
    for i in range(kh):
        for j in range(kw):
            ker_bar[i, j] = np.sum(acc_bar * img[i : i + h - kh + 1, j : j + w - kw + 1])
            img_bar[i : i + h - kh + 1, j : j + w - kw + 1] += ker[i, j] * acc_bar
    return value, img_bar, ker_bar


def helper_returns_reshaped_grad(x):
    s, t, before = stack_fwd(x)
    s_2, t_2, before_2 = stack_fwd(x * x)
    value = np.sum(s * s_2)
    x_bar = stack_adj(t, before, s_2)
    x_bar += 2.0 * x * stack_adj(t_2, before_2, s)
    return value, x_bar


def stack_fwd(u):
    y = np.zeros((2, 2))
    for k in range(2):
        y[k] += u * (k + 1)
    t = y * 2.0
    t[0] += y[1]
    s = t + y
    before = s[1].copy()
    s[1] *= t[0]
    return s.reshape(-1), t, before


def stack_adj(t, before, result_bar):
    s_bar = result_bar.reshape(2, 2).copy()
    t0_bar = s_bar[1] * before
    s_bar[1] *= t[0]
    t_bar = s_bar.copy()
    t_bar[0] += t0_bar
    y_bar = s_bar + 2.0 * t_bar
    y_bar[1] += t_bar[0]
    u_bar = np.zeros(2)
    for k in range(2):
        u_bar += y_bar[k] * (k + 1)
    return u_bar


def gram_schmidt_grad(a):
    q = []
    norms = []
    tape = []
    for i in range(a.shape[1]):
        v = a[:, i]
        for u in q:
            c = u @ v
            tape.append((v, c))
            v = v - c * u
        norm = np.sqrt(v @ v)
        q.append(v / norm)
        norms.append(norm)
    value = q[0] @ a[:, 2] + q[2] @ a[:, 2]
    a_bar = np.zeros_like(a)
    a_bar[:, 2] = q[0] + q[2]
    q_bar = [np.zeros_like(u) for u in q]
    q_bar[0] += a[:, 2]
    q_bar[2] += a[:, 2]
    for i in reversed(range(a.shape[1])):
        v_bar = (q_bar[i] - (q_bar[i] @ q[i]) * q[i]) / norms[i]
        for k in reversed(range(i)):
            v, c = tape.pop()
            c_bar = -(v_bar @ q[k])
            q_bar[k] += c_bar * v - c * v_bar
            v_bar += c_bar * q[k]
        a_bar[:, i] += v_bar
    return value, a_bar


def determinant_grad(m):
    n = m.shape[0]
    m_bar = np.zeros_like(m)
    if n == 1:
        m_bar[0, 0] = 1.0
        return m[0, 0], m_bar
    total = 0.0
    for j in range(n):
        minor = np.concatenate((m[1:, :j], m[1:, j + 1 :]), axis=1)
        det, minor_bar = determinant_grad(minor)
        sign = (-1) ** j
        total += sign * m[0, j] * det
        m_bar[0, j] = sign * det
        minor_bar *= sign * m[0, j]
        m_bar[1:, :j] += minor_bar[:, :j]
        m_bar[1:, j + 1 :] += minor_bar[:, j:]
    return total, m_bar
