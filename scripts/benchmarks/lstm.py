"""An LSTM over 50 steps with a linear read-out at the end."""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick, same_in_autograd


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def loss(params, x, y):
    wx, wh, b, wo = params["wx"], params["wh"], params["b"], params["wo"]
    n = wh.shape[0]
    h = np.zeros((x.shape[1], n))
    c = np.zeros((x.shape[1], n))
    for t in range(x.shape[0]):
        gates = x[t] @ wx + h @ wh + b
        i = sigmoid(gates[:, :n])
        f = sigmoid(gates[:, n : 2 * n])
        o = sigmoid(gates[:, 2 * n : 3 * n])
        g = np.tanh(gates[:, 3 * n :])
        c = f * c + i * g
        h = o * np.tanh(c)
    return np.mean((h @ wo - y) ** 2)


def hand(params, x, y):
    wx, wh, b, wo = params["wx"], params["wh"], params["b"], params["wo"]
    steps, batch, _ = x.shape
    n = wh.shape[0]
    hs = np.zeros((steps + 1, batch, n))
    cs = np.zeros((steps + 1, batch, n))
    acts = np.empty((steps, batch, 4 * n))  # i, f, o, g
    tanhs = np.empty((steps, batch, n))
    for t in range(steps):
        gates = acts[t]
        np.matmul(x[t], wx, out=gates)
        gates += hs[t] @ wh
        gates += b
        s = gates[:, : 3 * n]
        np.negative(s, out=s)
        np.exp(s, out=s)
        s += 1.0
        np.divide(1.0, s, out=s)
        np.tanh(gates[:, 3 * n :], out=gates[:, 3 * n :])
        c = np.multiply(gates[:, n : 2 * n], cs[t], out=cs[t + 1])
        c += gates[:, :n] * gates[:, 3 * n :]
        np.tanh(c, out=tanhs[t])
        np.multiply(gates[:, 2 * n : 3 * n], tanhs[t], out=hs[t + 1])
    r = hs[-1] @ wo - y
    value = np.mean(r**2)

    r *= 2.0 / r.size
    wo_bar = hs[-1].T @ r
    h_bar = r @ wo.T
    c_bar = np.zeros((batch, n))
    gates_bar = np.empty_like(acts)
    for t in range(steps - 1, -1, -1):
        gates, out, tanh_c = acts[t], gates_bar[t], tanhs[t]
        i, f, o, g = (gates[:, k * n : (k + 1) * n] for k in range(4))
        np.multiply(h_bar, tanh_c, out=out[:, 2 * n : 3 * n])
        h_bar *= o
        h_bar *= 1.0 - tanh_c * tanh_c
        c_bar += h_bar
        np.multiply(c_bar, g, out=out[:, :n])
        np.multiply(c_bar, cs[t], out=out[:, n : 2 * n])
        np.multiply(c_bar, i, out=out[:, 3 * n :])
        c_bar *= f
        s = gates[:, : 3 * n]
        out[:, : 3 * n] *= s * (1.0 - s)
        out[:, 3 * n :] *= 1.0 - g * g
        h_bar = out @ wh.T
    flat = gates_bar.reshape(-1, 4 * n)  # the weights' gradients of all steps at once
    grads = {
        "wx": x.reshape(-1, x.shape[2]).T @ flat,
        "wh": hs[:-1].reshape(-1, n).T @ flat,
        "b": flat.sum(axis=0),
        "wo": wo_bar,
    }
    return value, (grads,)


def torch_version(torch):
    def loss(params, x, y):
        wx, wh, b, wo = params["wx"], params["wh"], params["b"], params["wo"]
        n = wh.shape[0]
        h = torch.zeros((x.shape[1], n))
        c = torch.zeros((x.shape[1], n))
        for t in range(x.shape[0]):
            i, f, o, g = torch.split(x[t] @ wx + h @ wh + b, n, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return torch.mean((h @ wo - y) ** 2)

    return loss


def jax_version(jax, jnp):
    def loss(params, x, y):
        n = params["wh"].shape[0]

        def step(carry, x_t):
            h, c = carry
            gates = x_t @ params["wx"] + h @ params["wh"] + params["b"]
            i, f, o, g = jnp.split(gates, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zeros = jnp.zeros((x.shape[1], n))
        (h, _), _ = jax.lax.scan(step, (zeros, zeros), x)
        return jnp.mean((h @ params["wo"] - y) ** 2)

    return loss


def make(size):
    steps, batch, inputs, n = pick((3, 2, 3, 4), (50, 4, 8, 16), (50, 32, 32, 64))(size)
    rng = np.random.default_rng(5)
    params = {
        "wx": rng.normal(size=(inputs, 4 * n)) / np.sqrt(inputs),
        "wh": rng.normal(size=(n, 4 * n)) / np.sqrt(n),
        "b": 0.1 * rng.normal(size=4 * n),
        "wo": rng.normal(size=(n, 1)) / np.sqrt(n),
    }
    return params, rng.normal(size=(steps, batch, inputs)), rng.normal(size=(batch, 1))


CASES = (Case("lstm", make, loss, hand, (0,), same_in_autograd(loss), torch_version, jax_version, loop=True),)
