"""Models: an LSTM over arrays, ADBench's Gaussian mixture and bundle adjustment as loops over points and observations."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.bundle import loss as bundle_arrays
from benchmarks.bundle import make as make_bundle_arrays
from benchmarks.case import same_in_jax
from benchmarks.gmm import jax_version as gmm_arrays
from benchmarks.gmm import make as make_gmm_arrays
from benchmarks.lstm import jax_version as lstm_arrays
from benchmarks.native.case import NativeCase, pick


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(wx, wh, b, wo, x, y):
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


def lstm_jax(jax, jnp):
    loss = lstm_arrays(jax, jnp)
    return lambda wx, wh, b, wo, x, y: loss({"wx": wx, "wh": wh, "b": b, "wo": wo}, x, y)


def gmm(alphas, means, icf, x, gamma, m):
    """As ``benchmarks.gmm``: a row of ``icf`` is a component's log-diagonal, then its strict lower triangle by rows."""
    k, d = means.shape
    n = x.shape[0]
    sums = np.zeros(k)
    scales = np.zeros((k, d))
    squares = 0.0
    total_log = 0.0
    for c in range(k):
        for i in range(d):
            sums[c] += icf[c, i]
            scales[c, i] = math.exp(icf[c, i])
            squares += scales[c, i] * scales[c, i]
            total_log += icf[c, i]
        for i in range(d, icf.shape[1]):
            squares += icf[c, i] * icf[c, i]
    terms = np.zeros(k)
    likelihood = 0.0
    for p in range(n):
        top = -math.inf
        for c in range(k):
            total = 0.0
            at = d
            for i in range(d):
                q = scales[c, i] * (x[p, i] - means[c, i])
                for j in range(i):
                    q += icf[c, at + j] * (x[p, j] - means[c, j])
                at += i
                total += q * q
            terms[c] = alphas[c] + sums[c] - 0.5 * total
            top = max(top, terms[c])
        mass = 0.0
        for c in range(k):
            mass += math.exp(terms[c] - top)
        likelihood += math.log(mass) + top
    top = np.max(alphas)
    likelihood -= n * (math.log(np.sum(np.exp(alphas - top))) + top) + 0.5 * n * d * math.log(2.0 * math.pi)
    multi = 0.25 * d * (d - 1) * math.log(math.pi)
    for j in range(d):
        multi += math.lgamma(0.5 * (d + m + 1 - j))
    constant = k * ((d + m + 1) * d * (math.log(gamma) - 0.5 * math.log(2.0)) - multi)
    return 0.5 * gamma * gamma * squares - m * total_log - constant - likelihood


def bundle(cams, points, w, seen_cam, seen_point, feats):
    """As ``benchmarks.bundle``, observation by observation."""
    total = 0.0
    for o in range(w.shape[0]):
        c, p = seen_cam[o], seen_point[o]
        r0, r1, r2 = cams[0, c], cams[1, c], cams[2, c]
        x0 = points[0, p] - cams[3, c]
        x1 = points[1, p] - cams[4, c]
        x2 = points[2, p] - cams[5, c]
        angle2 = r0 * r0 + r1 * r1 + r2 * r2
        angle = math.sqrt(angle2)
        cos = math.cos(angle)
        sinc = math.sin(angle) / angle
        dot = (r0 * x0 + r1 * x1 + r2 * x2) * ((1.0 - cos) / angle2)
        y0 = cos * x0 + sinc * (r1 * x2 - r2 * x1) + dot * r0
        y1 = cos * x1 + sinc * (r2 * x0 - r0 * x2) + dot * r1
        y2 = cos * x2 + sinc * (r0 * x1 - r1 * x0) + dot * r2
        u, v = y0 / y2, y1 / y2
        s = u * u + v * v
        scale = (1.0 + cams[9, c] * s + cams[10, c] * s * s) * cams[6, c]
        e0 = w[o] * (u * scale + cams[7, c] - feats[0, o])
        e1 = w[o] * (v * scale + cams[8, c] - feats[1, o])
        slack = 1.0 - w[o] * w[o]
        total += e0 * e0 + e1 * e1 + slack * slack
    return total


def make_lstm(size):
    steps, batch, inputs, n = pick((3, 2, 3, 4), (40, 8, 16, 16), (50, 16, 32, 32))(size)
    rng = np.random.default_rng(33)
    return (
        rng.normal(size=(inputs, 4 * n)) / np.sqrt(inputs),
        rng.normal(size=(n, 4 * n)) / np.sqrt(n),
        0.1 * rng.normal(size=4 * n),
        rng.normal(size=(n, 1)) / np.sqrt(n),
        rng.normal(size=(steps, batch, inputs)),
        rng.normal(size=(batch, 1)),
    )


def make_gmm(size):
    return make_gmm_arrays(pick("tiny", "quick", "full")(size))


def make_bundle(size):
    return make_bundle_arrays(pick("tiny", "quick", "full")(size))


CASES = (
    NativeCase("lstm", make_lstm, lstm, (0, 1, 2, 3), lstm_jax, loop=False),
    NativeCase("gmm", make_gmm, gmm, (0, 1, 2), gmm_arrays, loop=False),
    NativeCase("bundle", make_bundle, bundle, (0, 1, 2), same_in_jax(bundle_arrays), loop=False),
)
