"""The demo's training run again in PyTorch and in JAX: same data, same start, float64, full batch, Adam.

Prints the largest difference between the loss curves over all epochs. Exit status 1 where it exceeds 1e-9.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))

import train_classifier as demo

TOLERANCE = 1e-9


def train_torch(params, x, y):
    """The losses of PyTorch's eager mode with its own Adam and its own cross-entropy."""
    import torch

    torch.set_default_dtype(torch.float64)
    W = [torch.tensor(w, requires_grad=True) for w in params["W"]]
    b = [torch.tensor(v, requires_grad=True) for v in params["b"]]
    optimizer = torch.optim.Adam([*W, *b], lr=demo.LEARNING_RATE)
    x, y = torch.tensor(x), torch.tensor(y)
    losses = []
    for _ in range(demo.EPOCHS):
        h = x
        for i in range(len(W) - 1):
            h = torch.relu(h @ W[i] + b[i])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(h @ W[-1] + b[-1], y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def train_jax(params, x, y):
    """The losses of a jitted JAX step, with Adam as its paper states it."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    b1, b2, eps = 0.9, 0.999, 1e-8

    def loss(params, x, y):
        h = x
        for w, b in zip(params["W"][:-1], params["b"][:-1], strict=True):
            h = jax.nn.relu(h @ w + b)
        z = h @ params["W"][-1] + params["b"][-1]
        return jnp.mean(jnp.logaddexp(0.0, z) - y * z)

    @jax.jit
    def step(t, params, m, v, x, y):
        value, g = jax.value_and_grad(loss)(params, x, y)
        m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, g)
        v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)

        def move(p, m, v):
            return p - demo.LEARNING_RATE * (m / (1 - b1**t)) / (jnp.sqrt(v / (1 - b2**t)) + eps)

        return value, jax.tree.map(move, params, m, v), m, v

    params = jax.tree.map(jnp.asarray, params)
    m = v = jax.tree.map(jnp.zeros_like, params)
    losses = []
    for t in range(1, demo.EPOCHS + 1):
        value, params, m, v = step(float(t), params, m, v, x, y)
        losses.append(float(value))
    return losses


def timed(run):
    start = time.perf_counter()
    losses = run()
    return np.array(losses), time.perf_counter() - start


def main() -> int:
    x, _, y, _ = demo.load_data()
    params = demo.init_params(x.shape[1])
    own, seconds = timed(lambda: demo.train(params, x, y, progress=False)[1])
    print(f"{'':10} {'last loss':>20} {'largest difference':>20} {'seconds':>9}")
    print(f"{'s2sad':10} {own[-1]:20.15f} {'':>20} {seconds:9.2f}")
    worst = 0.0
    for name, train in (("PyTorch", train_torch), ("JAX", train_jax)):
        losses, seconds = timed(lambda train=train: train(params, x, y))
        difference = float(np.max(np.abs(losses - own)))
        worst = max(worst, difference)
        print(f"{name:10} {losses[-1]:20.15f} {difference:20.2e} {seconds:9.2f}")
    ok = worst <= TOLERANCE
    verdict = "at most" if ok else "MORE THAN"
    print(f"the loss curves of {demo.EPOCHS} epochs differ by {worst:.2e}: {verdict} {TOLERANCE:.0e}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
