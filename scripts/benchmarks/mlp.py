"""A regression net of four layers with tanh."""

from __future__ import annotations

import itertools

import numpy as np

from benchmarks.case import Case, pick, same_in_autograd, same_in_jax


def loss(params, x, y):
    h = x
    for W, b in params[:-1]:
        h = np.tanh(h @ W + b)
    W, b = params[-1]
    return np.mean((h @ W + b - y) ** 2)


def hand(params, x, y):
    hs = [x]
    for W, b in params[:-1]:
        h = hs[-1] @ W
        h += b
        hs.append(np.tanh(h, out=h))
    W, b = params[-1]
    r = hs[-1] @ W
    r += b
    r -= y
    value = np.mean(r**2)

    r *= 2.0 / r.size
    g, grads = r, []
    for i in range(len(params) - 1, -1, -1):
        grads.append((hs[i].T @ g, g.sum(axis=0)))
        if i:
            g = g @ params[i][0].T
            g *= 1.0 - hs[i] * hs[i]
    return value, (grads[::-1],)


def torch_version(torch):
    def loss(params, x, y):
        h = x
        for W, b in params[:-1]:
            h = torch.tanh(h @ W + b)
        W, b = params[-1]
        return torch.mean((h @ W + b - y) ** 2)

    return loss


def make(size):
    batch, sizes = pick((5, (3, 4, 4, 3, 1)), (64, (16, 32, 32, 16, 1)), (512, (64, 128, 128, 64, 1)))(size)
    rng = np.random.default_rng(3)
    shapes = itertools.pairwise(sizes)
    params = [(rng.normal(size=(m, n)) / np.sqrt(m), 0.1 * rng.normal(size=n)) for m, n in shapes]
    return params, rng.normal(size=(batch, sizes[0])), rng.normal(size=(batch, 1))


CASES = (Case("mlp4", make, loss, hand, (0,), same_in_autograd(loss), torch_version, same_in_jax(loss)),)
