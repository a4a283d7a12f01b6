"""Adjoints by hand of the programs of ``tests/golden/programs.py``."""

from __future__ import annotations

import math

import numpy as np


def logistic_grad(w, x, y):
    p = 1.0 / (1.0 + np.exp(-(x @ w)))
    value = -np.mean(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))
    w_bar = x.T @ ((p - y) / y.size)
    return value, w_bar


def classifier_grad(params, x, y):
    W, b = params["W"], params["b"]
    inputs = [x]
    for i in range(len(W) - 1):
        inputs.append(np.maximum(inputs[-1] @ W[i] + b[i], 0.0))
    z = inputs[-1] @ W[-1] + b[-1]
    value = np.mean(np.logaddexp(0.0, z) - y * z)
    z_bar = (1.0 / (1.0 + np.exp(-z)) - y) / z.size
    W_bar, b_bar = [], []
    for i in reversed(range(len(W))):
        W_bar.insert(0, inputs[i].T @ z_bar)
        b_bar.insert(0, np.sum(z_bar, axis=0))
        if i > 0:
            z_bar = z_bar @ W[i].T * (inputs[i] > 0.0)
    return value, {"W": W_bar, "b": b_bar}


def rosenbrock_grad(x):
    a = x[1:] - x[:-1] ** 2
    b = 1.0 - x[:-1]
    value = np.sum(100.0 * a**2 + b**2)
    x_bar = np.zeros_like(x)
    x_bar[1:] = 200.0 * a
    x_bar[:-1] -= 400.0 * a * x[:-1] + 2.0 * b
    return value, x_bar


def attention_grad(q, k, v, target):
    scale = np.sqrt(k.shape[1])
    scores = q @ k.T / scale
    weights = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    weights = weights / np.sum(weights, axis=1, keepdims=True)
    error = weights @ v - target
    value = np.mean(error**2)
    out_bar = 2.0 * error / error.size
    v_bar = weights.T @ out_bar
    weights_bar = out_bar @ v.T
    scores_bar = weights * (weights_bar - np.sum(weights_bar * weights, axis=1, keepdims=True)) / scale
    q_bar = scores_bar @ k
    k_bar = scores_bar.T @ q
    return value, q_bar, k_bar, v_bar


def jacobi_grad(u, rhs, steps):
    u = u.copy()
    new = u.copy()
    for _ in range(steps):
        new[1:-1] = 0.5 * (u[:-2] + u[2:] + rhs[1:-1])
        u[1:-1] = 0.5 * (new[:-2] + new[2:] + rhs[1:-1])
    value = np.sum(u * u)
    u_bar = 2.0 * u
    new_bar = np.zeros_like(u)
    rhs_bar = np.zeros_like(rhs)
    for _ in range(steps):
        t = 0.5 * u_bar[1:-1]
        u_bar[1:-1] = 0.0
        new_bar[:-2] += t
        new_bar[2:] += t
        rhs_bar[1:-1] += t
        t = 0.5 * new_bar[1:-1]
        new_bar[1:-1] = 0.0
        u_bar[:-2] += t
        u_bar[2:] += t
        rhs_bar[1:-1] += t
    u_bar += new_bar
    return value, u_bar, rhs_bar


def newton_grad(a, x):
    tape = []
    while abs(x * x * x - a) > 1e-12 * abs(a):
        step = (x * x * x - a) / (3.0 * x * x)
        tape.append((x, step))
        x = x - step
    value = x
    x_bar = 1.0
    a_bar = 0.0
    for x, step in reversed(tape):
        a_bar += x_bar / (3.0 * x * x)
        x_bar *= 2.0 * step / x
    return value, a_bar


def sde_grad(x, theta, mu, sigma, dw, dt):
    tape = []
    for w in dw:
        root = math.sqrt(1.0 + x * x)
        tape.append((x, root))
        x = x + theta * (mu - x) * dt + sigma * root * w
    value = (x - 1.0) ** 2
    x_bar = 2.0 * (x - 1.0)
    theta_bar = 0.0
    mu_bar = 0.0
    sigma_bar = 0.0
    for w, (x, root) in zip(reversed(dw), reversed(tape), strict=True):
        theta_bar += x_bar * (mu - x) * dt
        mu_bar += x_bar * theta * dt
        sigma_bar += x_bar * root * w
        x_bar += x_bar * (sigma * w * x / root - theta * dt)
    return value, x_bar, theta_bar, mu_bar, sigma_bar


def option_grad(spot, strike, time, vol, rate):
    root_time = np.sqrt(time)
    root = vol * root_time
    d1 = (np.log(spot / strike) + (rate + 0.5 * vol * vol) * time) / root
    d2 = d1 - root
    n1 = normal(d1)
    n2 = normal(d2)
    discount = np.exp(-rate * time)
    value = np.sum(spot * n1 - strike * discount * n2)
    spot_bar = n1.copy()
    strike_bar = -discount * n2
    time_bar = rate * strike * discount * n2
    d2_bar = -strike * discount * normal_slope(d2, n2)
    d1_bar = spot * normal_slope(d1, n1) + d2_bar
    t = d1_bar / root
    root_bar = -d2_bar - t * d1
    spot_bar += t / spot
    strike_bar -= t / strike
    time_bar += t * (rate + 0.5 * vol * vol) + 0.5 * root_bar * vol / root_time
    vol_bar = t * vol * time + root_bar * root_time
    return value, spot_bar, strike_bar, time_bar, vol_bar


def normal(x):
    return 1.0 / (1.0 + np.exp(-1.5976 * x - 0.07056 * x**3))


def normal_slope(x, y):
    return y * (1.0 - y) * (1.5976 + 0.21168 * x**2)


def mixture_grad(alphas, means, log_scales, x):
    n, d = x.shape
    diff = x[:, None, :] - means
    squares = np.sum(diff**2, axis=2)
    inverse = np.exp(-2.0 * log_scales)
    terms = alphas - d * log_scales - 0.5 * squares * inverse
    top = np.max(terms, axis=1, keepdims=True)
    e = np.exp(terms - top)
    totals = np.sum(e, axis=1)
    weights = np.exp(alphas)
    value = np.sum(np.log(totals) + top[:, 0]) - n * np.log(np.sum(weights))
    terms_bar = e / totals[:, None]
    counts = np.sum(terms_bar, axis=0)
    alphas_bar = counts - n * weights / np.sum(weights)
    scaled = terms_bar * inverse
    log_scales_bar = np.sum(scaled * squares, axis=0) - d * counts
    means_bar = np.sum(scaled[:, :, None] * diff, axis=0)
    return value, alphas_bar, means_bar, log_scales_bar


def haversine_grad(lat1, lon1, lat2, lon2):
    degree = math.pi / 180.0
    p1, p2 = math.radians(lat1), math.radians(lat2)
    half_lat = (p2 - p1) / 2.0
    half_lon = math.radians(lon2 - lon1) / 2.0
    a = math.sin(half_lat) ** 2
    a += math.cos(p1) * math.cos(p2) * math.sin(half_lon) ** 2
    root = math.sqrt(a)
    angle = math.asin(root)
    value = 2.0 * 6371.0 * angle
    a_bar = 6371.0 / (root * math.cos(angle))
    half_lat_bar = 2.0 * a_bar * math.sin(half_lat) * math.cos(half_lat)
    half_lon_bar = 2.0 * a_bar * math.cos(p1) * math.cos(p2) * math.sin(half_lon) * math.cos(half_lon)
    p1_bar = -a_bar * math.sin(p1) * math.cos(p2) * math.sin(half_lon) ** 2 - 0.5 * half_lat_bar
    p2_bar = -a_bar * math.cos(p1) * math.sin(p2) * math.sin(half_lon) ** 2 + 0.5 * half_lat_bar
    lon_bar = 0.5 * half_lon_bar * degree
    return value, p1_bar * degree, -lon_bar, p2_bar * degree, lon_bar


def power_grad(x, n):
    if n == 0:
        return 1.0, 0.0
    root, root_slope = power_grad(x, n // 2)
    square = root * root
    slope = 2.0 * root * root_slope
    if n % 2:
        return square * x, slope * x + square
    return square, slope
