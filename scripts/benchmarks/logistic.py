"""Logistic regression: the first gradient that anybody writes."""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick, same_in_autograd, same_in_jax


def loss(w, x, y):
    p = 1.0 / (1.0 + np.exp(-(x @ w)))
    return -np.mean(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))


def hand(w, x, y):
    p = 1.0 / (1.0 + np.exp(-(x @ w)))
    value = -np.mean(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))
    return value, (x.T @ ((p - y) / y.size),)


def torch_version(torch):
    def loss(w, x, y):
        p = torch.sigmoid(x @ w)
        return -torch.mean(y * torch.log(p) + (1.0 - y) * torch.log(1.0 - p))

    return loss


def make(size):
    m, n = pick((9, 3), (500, 20), (5000, 50))(size)
    rng = np.random.default_rng(2)
    x = rng.normal(size=(m, n))
    return 0.1 * rng.normal(size=n), x, (rng.uniform(size=m) < 0.5).astype(float)


CASES = (Case("logistic", make, loss, hand, (0,), same_in_autograd(loss), torch_version, same_in_jax(loss)),)
