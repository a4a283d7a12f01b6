"""ADBench's Gaussian mixture: log-likelihood with inverse covariance factors and a Wishart prior."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.case import Case, pick


def logsumexp(x):
    top = np.max(x, axis=-1, keepdims=True)
    return np.log(np.sum(np.exp(x - top), axis=-1)) + top[..., 0]


def prior_constant(k, d, gamma, m):
    """What the prior adds that no parameter moves."""
    n = d + m + 1
    multi = 0.25 * d * (d - 1) * math.log(math.pi)
    for j in range(d):
        multi += math.lgamma(0.5 * (n - j))
    return k * (n * d * (math.log(gamma) - 0.5 * math.log(2.0)) - multi)


def log_wishart(log_diag, lower, gamma, m):
    k, d = log_diag.shape
    squares = np.sum(np.exp(log_diag) ** 2) + np.sum(lower * lower)
    return 0.5 * gamma * gamma * squares - m * np.sum(log_diag) - prior_constant(k, d, gamma, m)


def loss(alphas, means, icf, x, gamma, m):
    """The negative log-likelihood. A row of ``icf`` is a component's log-diagonal, then its strict lower triangle."""
    k, d = means.shape
    n = x.shape[0]
    log_diag, lower = icf[:, :d], icf[:, d:]
    rows, cols = np.tril_indices(d, -1)
    terms = np.empty((n, k))
    for c in range(k):
        L = np.zeros((d, d))
        L[rows, cols] = lower[c]
        centred = x - means[c]
        q = np.exp(log_diag[c]) * centred + centred @ L.T
        terms[:, c] = alphas[c] + np.sum(log_diag[c]) - 0.5 * np.sum(q * q, axis=1)
    likelihood = np.sum(logsumexp(terms)) - n * logsumexp(alphas) - 0.5 * n * d * math.log(2.0 * math.pi)
    return log_wishart(log_diag, lower, gamma, m) - likelihood


def hand(alphas, means, icf, x, gamma, m):
    k, d = means.shape
    n = x.shape[0]
    log_diag, lower = icf[:, :d], icf[:, d:]
    rows, cols = np.tril_indices(d, -1)
    diag = np.exp(log_diag)
    factors = np.zeros((k, d, d))  # L with the diagonal in place: one product does both terms
    factors[:, rows, cols] = lower
    factors[:, range(d), range(d)] = diag
    terms = np.empty((n, k))
    qs, centred = np.empty((k, n, d)), np.empty((n, d))
    for c in range(k):
        np.subtract(x, means[c], out=centred)
        q = np.matmul(centred, factors[c].T, out=qs[c])
        terms[:, c] = alphas[c] + np.sum(log_diag[c]) - 0.5 * np.einsum("ij,ij->i", q, q)
    top = np.max(terms, axis=1, keepdims=True)
    weights = np.subtract(terms, top, out=terms)
    np.exp(weights, out=weights)
    sums = weights.sum(axis=1, keepdims=True)
    prior = np.exp(alphas - np.max(alphas))
    likelihood = np.sum(np.log(sums) + top) - n * (np.log(prior.sum()) + np.max(alphas))
    value = log_wishart(log_diag, lower, gamma, m) - likelihood + 0.5 * n * d * math.log(2.0 * math.pi)

    weights /= sums  # the responsibilities: minus the adjoint of the terms
    totals = weights.sum(axis=0)
    alphas_bar = prior * (n / prior.sum()) - totals
    means_bar, icf_bar = np.empty_like(means), np.empty_like(icf)
    diag_bar = gamma * gamma * diag * diag - m - totals[:, None]
    for c in range(k):
        q_bar = qs[c]
        q_bar *= weights[:, c, None]
        means_bar[c] = -(q_bar.sum(axis=0) @ factors[c])
        np.subtract(x, means[c], out=centred)
        L_bar = q_bar.T @ centred
        icf_bar[c, :d] = diag_bar[c] + L_bar.diagonal() * diag[c]
        icf_bar[c, d:] = L_bar[rows, cols]
    icf_bar[:, d:] += gamma * gamma * lower
    return value, (alphas_bar, means_bar, icf_bar)


def autograd_version(np):
    import numpy

    def logsumexp(x):
        top = np.max(x, axis=-1, keepdims=True)
        return np.log(np.sum(np.exp(x - top), axis=-1)) + top[..., 0]

    def loss(alphas, means, icf, x, gamma, m):
        k, d = means.shape
        n = x.shape[0]
        log_diag, lower = icf[:, :d], icf[:, d:]
        rows, cols = numpy.tril_indices(d, -1)
        place = numpy.zeros((len(rows), d, d))  # a triangle by a product: autograd has no stores
        place[range(len(rows)), rows, cols] = 1.0
        place = place.reshape(len(rows), d * d)
        terms = []
        for c in range(k):
            L = np.reshape(np.dot(lower[c], place), (d, d))
            centred = x - means[c]
            q = np.exp(log_diag[c]) * centred + np.dot(centred, L.T)
            terms.append(alphas[c] + np.sum(log_diag[c]) - 0.5 * np.sum(q * q, axis=1))
        likelihood = np.sum(logsumexp(np.stack(terms, axis=1))) - n * logsumexp(alphas)
        squares = np.sum(np.exp(log_diag) ** 2) + np.sum(lower * lower)
        prior = 0.5 * gamma * gamma * squares - m * np.sum(log_diag) - prior_constant(k, d, gamma, m)
        return prior - likelihood + 0.5 * n * d * math.log(2.0 * math.pi)

    return loss


def torch_version(torch):
    def loss(alphas, means, icf, x, gamma, m):
        k, d = means.shape
        n = x.shape[0]
        log_diag, lower = icf[:, :d], icf[:, d:]
        rows, cols = torch.tril_indices(d, d, -1)
        L = torch.diag_embed(torch.exp(log_diag))
        L = L.index_put((torch.arange(k)[:, None], rows[None], cols[None]), lower)
        q = (x[None] - means[:, None]) @ L.transpose(1, 2)
        terms = alphas + torch.sum(log_diag, 1) - 0.5 * torch.sum(q * q, 2).T
        likelihood = torch.sum(torch.logsumexp(terms, 1)) - n * torch.logsumexp(alphas, 0)
        squares = torch.sum(torch.exp(log_diag) ** 2) + torch.sum(lower * lower)
        prior = 0.5 * gamma * gamma * squares - m * torch.sum(log_diag) - prior_constant(k, d, gamma, m)
        return prior - likelihood + 0.5 * n * d * math.log(2.0 * math.pi)

    return loss


def jax_version(jax, jnp):
    def loss(alphas, means, icf, x, gamma, m):
        k, d = means.shape
        n = x.shape[0]
        log_diag, lower = icf[:, :d], icf[:, d:]
        rows, cols = np.tril_indices(d, -1)

        def term(alpha, mean, log_d, low):
            L = jnp.diag(jnp.exp(log_d)).at[rows, cols].set(low)
            q = (x - mean) @ L.T
            return alpha + jnp.sum(log_d) - 0.5 * jnp.sum(q * q, axis=1)

        terms = jax.vmap(term, out_axes=1)(alphas, means, log_diag, lower)
        logsumexp = jax.scipy.special.logsumexp
        likelihood = jnp.sum(logsumexp(terms, axis=1)) - n * logsumexp(alphas)
        squares = jnp.sum(jnp.exp(log_diag) ** 2) + jnp.sum(lower * lower)
        constant = prior_constant(k, d, GAMMA, m)
        prior = 0.5 * gamma * gamma * squares - m * jnp.sum(log_diag) - constant
        return prior - likelihood + 0.5 * n * d * math.log(2.0 * math.pi)

    return loss


GAMMA = 1.5


def make(size):
    n, d, k = pick((6, 3, 2), (100, 5, 5), (1000, 10, 25))(size)
    rng = np.random.default_rng(6)
    alphas, means = rng.normal(size=k), rng.normal(size=(k, d))
    icf = 0.3 * rng.normal(size=(k, d * (d + 1) // 2))
    return alphas, means, icf, rng.normal(size=(n, d)), GAMMA, 2


CASES = (Case("gmm", make, loss, hand, (0, 1, 2), autograd_version, torch_version, jax_version),)
