"""Self-attention with softmax over a batch of sequences."""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick, same_in_autograd, same_in_jax


def loss(params, x, target):
    q, k, v = x @ params["wq"], x @ params["wk"], x @ params["wv"]
    scores = q @ np.swapaxes(k, 1, 2) / np.sqrt(q.shape[2])
    scores = scores - np.max(scores, axis=2, keepdims=True)
    e = np.exp(scores)
    p = e / np.sum(e, axis=2, keepdims=True)
    out = (p @ v) @ params["wo"]
    return np.mean((out - target) ** 2)


def hand(params, x, target):
    d = x.shape[2]
    q, k, v = x @ params["wq"], x @ params["wk"], x @ params["wv"]
    n = q.shape[2]
    p = q @ k.swapaxes(1, 2)
    p /= np.sqrt(n)
    p -= np.max(p, axis=2, keepdims=True)
    np.exp(p, out=p)
    p /= np.sum(p, axis=2, keepdims=True)
    mixed = p @ v
    r = mixed @ params["wo"]
    r -= target
    value = np.mean(r**2)

    r *= 2.0 / r.size
    flat = x.reshape(-1, d)
    wo_bar = mixed.reshape(-1, n).T @ r.reshape(-1, r.shape[2])
    mixed_bar = r @ params["wo"].T
    v_bar = p.swapaxes(1, 2) @ mixed_bar
    s_bar = mixed_bar @ v.swapaxes(1, 2)
    # of the softmax: p * (s_bar - sum(p * s_bar)), and that sum is the row product of mixed and mixed_bar
    s_bar -= np.einsum("btn,btn->bt", mixed, mixed_bar)[:, :, None]
    s_bar *= p
    s_bar /= np.sqrt(n)
    q_bar = s_bar @ k
    k_bar = s_bar.swapaxes(1, 2) @ q
    wq_bar, wk_bar, wv_bar = (flat.T @ g.reshape(-1, n) for g in (q_bar, k_bar, v_bar))
    return value, ({"wq": wq_bar, "wk": wk_bar, "wv": wv_bar, "wo": wo_bar},)


def torch_version(torch):
    def loss(params, x, target):
        q, k, v = x @ params["wq"], x @ params["wk"], x @ params["wv"]
        p = torch.softmax(q @ k.transpose(1, 2) / q.shape[2] ** 0.5, dim=2)
        return torch.mean(((p @ v) @ params["wo"] - target) ** 2)

    return loss


def make(size):
    batch, steps, d = pick((2, 3, 4), (2, 16, 8), (8, 128, 64))(size)
    rng = np.random.default_rng(7)
    params = {name: rng.normal(size=(d, d)) / np.sqrt(d) for name in ("wq", "wk", "wv", "wo")}
    return params, rng.normal(size=(batch, steps, d)), rng.normal(size=(batch, steps, d))


CASES = (Case("attention", make, loss, hand, (0,), same_in_autograd(loss), torch_version, same_in_jax(loss)),)
