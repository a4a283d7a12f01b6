"""The demo's net: dense(10, relu) -> dense(1), binary cross-entropy on the logits."""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick, same_in_autograd, same_in_jax

FEATURES, HIDDEN = 30, 10


def forward(params, x):
    W, b = params["W"], params["b"]
    for i in range(len(W) - 1):
        x = np.maximum(x @ W[i] + b[i], 0.0)
    return x @ W[-1] + b[-1]


def loss(params, x, y):
    z = forward(params, x)
    return np.mean(np.logaddexp(0.0, z) - y * z)


def hand(params, x, y):
    W, b = params["W"], params["b"]
    n = len(W) - 1
    inputs = [x]
    for i in range(n):
        h = inputs[-1] @ W[i]
        h += b[i]
        inputs.append(np.maximum(h, 0.0, out=h))
    z = inputs[-1] @ W[-1] + b[-1]
    softplus = np.logaddexp(0.0, z)
    value = np.mean(softplus - y * z)

    g = (np.exp(z - softplus) - y) / z.size
    W_bar, b_bar = [None] * (n + 1), [None] * (n + 1)
    for i in range(n, -1, -1):
        W_bar[i] = inputs[i].T @ g
        b_bar[i] = g.sum(axis=0)
        if i:
            g = g @ W[i].T
            g *= inputs[i] > 0.0
    return value, ({"W": W_bar, "b": b_bar},)


def torch_version(torch):
    def loss(params, x, y):
        W, b = params["W"], params["b"]
        for i in range(len(W) - 1):
            x = torch.relu(x @ W[i] + b[i])
        return torch.nn.functional.binary_cross_entropy_with_logits(x @ W[-1] + b[-1], y)

    return loss


def start(rng, features=FEATURES):
    sizes = [(features, HIDDEN), (HIDDEN, 1)]
    return {
        "W": [rng.normal(size=s) * np.sqrt(2.0 / s[0]) for s in sizes],
        "b": [0.1 * rng.normal(size=s[1]) for s in sizes],
    }


def batch_of(n):
    def make(size):
        rng = np.random.default_rng(1)
        x = rng.normal(size=(n if size != "tiny" else 7, FEATURES))
        y = (x[:, :1] + 0.5 * rng.normal(size=(len(x), 1)) > 0.0).astype(float)
        return start(rng), x, y

    return make


def demo_data(size):
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    n = pick(20, 455, 455)(size)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return start(np.random.default_rng(0)), np.ascontiguousarray(x[:n]), y[:n, None].astype(float)


def case(name, make):
    return Case(name, make, loss, hand, (0,), same_in_autograd(loss), torch_version, same_in_jax(loss))


CASES = (case("net_demo", demo_data), case("net_32", batch_of(32)), case("net_4096", batch_of(4096)))
