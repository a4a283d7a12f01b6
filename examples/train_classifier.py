"""The classic first net, trained with a generated gradient: dense(10, relu) -> dense(1, sigmoid).

Binary cross-entropy, Adam, a thousand epochs on scikit-learn's breast-cancer data, in plain NumPy. The one line
that is not NumPy is the decorator. Run it with ``scripts/demo``.
"""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from tqdm import trange

from s2sad import value_and_grad
from s2sad.optimizers import adam

HIDDEN = 10
LEARNING_RATE = 0.001
EPOCHS = 1000
SEED = 0


def forward(params, x):
    """The logits of a batch: dense layers, with a relu after each but the last."""
    W, b = params["W"], params["b"]
    for i in range(len(W) - 1):
        x = np.maximum(x @ W[i] + b[i], 0.0)
    return x @ W[-1] + b[-1]


@value_and_grad
def loss(params, x, y):
    """Binary cross-entropy of ``sigmoid(z)`` against the labels, in the form that cannot overflow."""
    z = forward(params, x)
    return np.mean(np.logaddexp(0.0, z) - y * z)


def predict(params, x):
    """The probability of class 1: the sigmoid that the loss has folded in."""
    return 1.0 / (1.0 + np.exp(-forward(params, x)))


def load_data():
    """Standardised features and a column of labels: x_train, x_test, y_train, y_test."""
    x, y = load_breast_cancer(return_X_y=True)
    parts = train_test_split(x, y[:, None].astype(float), test_size=0.2, stratify=y, random_state=SEED)
    x_train, x_test, y_train, y_test = parts
    mean, std = x_train.mean(axis=0), x_train.std(axis=0)
    return (x_train - mean) / std, (x_test - mean) / std, y_train, y_test


def init_params(n_features):
    """He's initialisation, from a fixed seed."""
    rng = np.random.default_rng(SEED)
    sizes = [n_features, HIDDEN, 1]
    pairs = list(pairwise(sizes))
    return {
        "W": [rng.normal(size=(m, n)) * np.sqrt(2.0 / m) for m, n in pairs],
        "b": [np.zeros(n) for _, n in pairs],
    }


def train(params, x, y, progress=True):
    """Full-batch Adam: the trained parameters and the loss of each epoch."""
    optimizer = adam(lr=LEARNING_RATE)
    state = optimizer.init(params)
    losses = []
    epochs = trange(EPOCHS, desc="training", disable=not progress)
    for epoch in epochs:
        value, grads = loss(params, x, y)
        params, state = optimizer.update(grads, state, params)
        losses.append(float(value))
        if epoch % 50 == 49:
            epochs.set_postfix(loss=f"{value:.4f}", refresh=False)
    return params, losses


def main():
    x_train, x_test, y_train, y_test = load_data()
    params = init_params(x_train.shape[1])

    start = time.perf_counter()
    params, losses = train(params, x_train, y_train)
    seconds = time.perf_counter() - start

    print("\nThe generated adjoint of the loss:\n")
    print(loss.source)
    accuracy = np.mean((predict(params, x_test) > 0.5) == y_test)
    print(f"loss           {losses[0]:.4f} -> {losses[-1]:.4f} in {EPOCHS} epochs")
    print(f"test accuracy  {accuracy:.3f}")
    print(f"seconds        {seconds:.2f}, compilation included")


if __name__ == "__main__":
    main()
