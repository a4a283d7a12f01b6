"""A 2-D convolution as loops over the kernel, followed by relu and a mean of squares."""

from __future__ import annotations

import numpy as np

from benchmarks.case import Case, pick


def loss(x, w, b):
    """x: (batch, height, width, channels in), w: (kernel, kernel, in, out)."""
    size = w.shape[0]
    rows, cols = x.shape[1] - size + 1, x.shape[2] - size + 1
    out = np.zeros((x.shape[0], rows, cols, w.shape[3]))
    for i in range(size):
        for j in range(size):
            out += x[:, i : i + rows, j : j + cols, :] @ w[i, j]
    return np.mean(np.maximum(out + b, 0.0) ** 2)


def hand(x, w, b):
    size, inputs, outputs = w.shape[0], w.shape[2], w.shape[3]
    rows, cols = x.shape[1] - size + 1, x.shape[2] - size + 1
    out = np.zeros((x.shape[0], rows, cols, outputs))
    for i in range(size):
        for j in range(size):
            out += x[:, i : i + rows, j : j + cols, :] @ w[i, j]
    out += b
    np.maximum(out, 0.0, out=out)
    value = np.mean(out**2)

    out *= 2.0 / out.size  # already zero where the relu is shut
    g = out.reshape(-1, outputs)
    x_bar, w_bar = np.zeros_like(x), np.empty_like(w)
    for i in range(size):
        for j in range(size):
            w_bar[i, j] = x[:, i : i + rows, j : j + cols, :].reshape(-1, inputs).T @ g
            x_bar[:, i : i + rows, j : j + cols, :] += out @ w[i, j].T
    return value, (x_bar, w_bar, g.sum(axis=0))


def autograd_version(np):
    def loss(x, w, b):
        size = w.shape[0]
        rows, cols = x.shape[1] - size + 1, x.shape[2] - size + 1
        out = b
        for i in range(size):
            for j in range(size):
                out = out + np.dot(x[:, i : i + rows, j : j + cols, :], w[i, j])
        return np.mean(np.maximum(out, 0.0) ** 2)

    return loss


def torch_version(torch):
    def loss(x, w, b):
        out = torch.nn.functional.conv2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), b)
        return torch.mean(torch.relu(out) ** 2)

    return loss


def jax_version(jax, jnp):
    def loss(x, w, b):
        layout = ("NHWC", "HWIO", "NHWC")
        out = jax.lax.conv_general_dilated(x, w, (1, 1), "VALID", dimension_numbers=layout)
        return jnp.mean(jax.nn.relu(out + b) ** 2)

    return loss


def make(size):
    batch, side, kernel, inputs, outputs = pick((2, 6, 3, 2, 3), (2, 12, 3, 3, 8), (8, 32, 5, 3, 16))(size)
    rng = np.random.default_rng(8)
    w = rng.normal(size=(kernel, kernel, inputs, outputs)) / kernel
    return rng.normal(size=(batch, side, side, inputs)), w, 0.1 * rng.normal(size=outputs)


CASES = (Case("conv2d", make, loss, hand, (0, 1, 2), autograd_version, torch_version, jax_version),)
