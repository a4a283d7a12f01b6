"""The functions whose derivatives are kept as golden files: small, well known, one for each feature of the output."""

from __future__ import annotations

import math

import numpy as np


def logistic(w, x, y):
    """Logistic regression: the mean of the log-loss."""
    p = 1.0 / (1.0 + np.exp(-(x @ w)))
    return -np.mean(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))


def classifier(params, x, y):
    """The loss of ``examples/train_classifier.py``: dense layers in a loop, parameters in a dict of lists."""
    z = forward(params, x)
    return np.mean(np.logaddexp(0.0, z) - y * z)


def forward(params, x):
    W, b = params["W"], params["b"]
    for i in range(len(W) - 1):
        x = np.maximum(x @ W[i] + b[i], 0.0)
    return x @ W[-1] + b[-1]


def rosenbrock(x):
    """Rosenbrock's valley in n dimensions."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def attention(q, k, v, target):
    """Scaled dot-product attention with a squared loss."""
    scores = q @ k.T / np.sqrt(k.shape[1])
    weights = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    weights = weights / np.sum(weights, axis=1, keepdims=True)
    return np.mean((weights @ v - target) ** 2)


def jacobi(u, rhs, steps):
    """Jacobi's sweeps for a rod, stored in place: from one buffer to the other and back."""
    u = u.copy()
    new = u.copy()
    for _ in range(steps):
        new[1:-1] = 0.5 * (u[:-2] + u[2:] + rhs[1:-1])
        u[1:-1] = 0.5 * (new[:-2] + new[2:] + rhs[1:-1])
    return np.sum(u * u)


def swapped(u, rhs, steps):
    """The same with the buffers swapped: which memory a name stands for is known at run time only."""
    u = u.copy()
    new = u.copy()
    for _ in range(steps):
        new[1:-1] = 0.5 * (u[:-2] + u[2:] + rhs[1:-1])
        u, new = new, u
    return np.sum(u * u)


def newton(a, x):
    """The cube root of ``a`` by Newton's iteration from ``x``."""
    while abs(x * x * x - a) > 1e-12 * abs(a):
        x = x - (x * x * x - a) / (3.0 * x * x)
    return x


def sde(x, theta, mu, sigma, dw, dt):
    """Euler and Maruyama's steps of a stochastic differential equation, and a squared payoff."""
    for w in dw:
        x = x + theta * (mu - x) * dt + sigma * math.sqrt(1.0 + x * x) * w
    return (x - 1.0) ** 2


def option(spot, strike, time, vol, rate):
    """Black and Scholes' call prices over many options, with a logistic approximation of the normal distribution."""
    root = vol * np.sqrt(time)
    d1 = (np.log(spot / strike) + (rate + 0.5 * vol * vol) * time) / root
    d2 = d1 - root
    return np.sum(spot * normal(d1) - strike * np.exp(-rate * time) * normal(d2))


def normal(x):
    return 1.0 / (1.0 + np.exp(-1.5976 * x - 0.07056 * x**3))


def mixture(alphas, means, log_scales, x):
    """The log-likelihood of a mixture of isotropic Gaussians."""
    d = x.shape[1]
    squares = np.sum((x[:, None, :] - means) ** 2, axis=2)
    terms = alphas - d * log_scales - 0.5 * squares * np.exp(-2.0 * log_scales)
    return np.sum(logsumexp(terms)) - x.shape[0] * np.log(np.sum(np.exp(alphas)))


def logsumexp(x):
    top = np.max(x, axis=-1, keepdims=True)
    return np.log(np.sum(np.exp(x - top), axis=-1)) + top[..., 0]


def haversine(lat1, lon1, lat2, lon2):
    """The distance on a sphere with the radius of the Earth, in km; degrees in."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    a = math.sin((p2 - p1) / 2.0) ** 2
    a += math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2.0) ** 2
    return 2.0 * 6371.0 * math.asin(math.sqrt(a))


def power(x, n):
    """``x`` to a whole number, by squaring."""
    if n == 0:
        return 1.0
    root = power(x, n // 2)
    if n % 2:
        return root * root * x
    return root * root
