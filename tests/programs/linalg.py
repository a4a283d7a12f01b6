"""Products of matrices and vectors, and np.linalg."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr, spd

PROGRAMS = Suite("linalg")


def vector_dot(x, y):
    return x @ y + np.dot(x, x)


PROGRAMS.add(vector_dot, arr(3), arr(3, seed=1))


def matrix_vector(a, x):
    return np.sum((a @ x) ** 2)


PROGRAMS.add(matrix_vector, arr(3, 2), arr(2))


def vector_matrix(x, a):
    return np.sum((x @ a) ** 2)


PROGRAMS.add(vector_matrix, arr(3), arr(3, 2))


def matrix_matrix(a, b):
    return np.sum(np.sin(a @ b))


PROGRAMS.add(matrix_matrix, arr(3, 2), arr(2, 4))


def quadratic_form(x, a):
    return x @ a @ x


PROGRAMS.add(quadratic_form, arr(3), arr(3, 3))


def batched_matmul(a, b):
    return np.sum((a @ b) ** 2)


PROGRAMS.add(batched_matmul, arr(4, 2, 3), arr(4, 3, 2))


def batched_broadcast_matmul(a, b):
    return np.sum((a @ b) ** 2)


PROGRAMS.add(batched_broadcast_matmul, arr(4, 2, 3), arr(3, 2))


def batched_matrix_vector(a, x):
    return np.sum((a @ x) ** 2)


PROGRAMS.add(batched_matrix_vector, arr(4, 2, 3), arr(3))


def dot_method(a, b):
    return a.dot(b).sum() + np.dot(a, b)[0, 0]


PROGRAMS.add(dot_method, arr(2, 3), arr(3, 2))


def outer_product(x, y):
    return np.sum(np.outer(x, y) ** 2 * 0.5)


PROGRAMS.add(outer_product, arr(3), arr(2))


def inner_product(x, y):
    return np.inner(x, y) ** 2 + np.vdot(x, y)


PROGRAMS.add(inner_product, arr(3), arr(3, seed=1))


def einsum_matmul(a, b):
    return np.sum(np.einsum("ij,jk->ik", a, b) ** 2)


PROGRAMS.add(einsum_matmul, arr(2, 3), arr(3, 2))


def einsum_trace(a, b):
    return np.einsum("ij,ji", a, b) + np.einsum("ii->", a[:, :2])


PROGRAMS.add(einsum_trace, arr(2, 3), arr(3, 2))


def einsum_batch(a, b):
    return np.sum(np.sin(np.einsum("bij,bj->bi", a, b)))


PROGRAMS.add(einsum_batch, arr(2, 3, 3), arr(2, 3))


def tensordot(a, b):
    return np.sum(np.tensordot(a, b, axes=([1], [0])) ** 2)


PROGRAMS.add(tensordot, arr(2, 3), arr(3, 2))


def trace_of_product(a, b):
    return np.trace(a @ b) ** 2


PROGRAMS.add(trace_of_product, arr(3, 3), arr(3, 3, seed=1))


def transpose_product(a):
    return np.sum((a.T @ a) ** 2)


PROGRAMS.add(transpose_product, arr(3, 2))


def matrix_power_loop(a):
    p = np.eye(3)
    for _ in range(4):
        p = p @ a
    return np.trace(p)


PROGRAMS.add(matrix_power_loop, arr(3, 3))


def solve_system(a, b):
    return np.sum(np.linalg.solve(a, b) ** 2)


PROGRAMS.add(solve_system, spd(3), arr(3))


def inverse(a):
    return np.sum(np.linalg.inv(a) ** 2)


PROGRAMS.add(inverse, spd(3))


def determinant(a):
    return np.linalg.det(a)


PROGRAMS.add(determinant, spd(3), rtol=1e-5)


def log_determinant(a):
    sign, logdet = np.linalg.slogdet(a)
    return logdet * sign


PROGRAMS.add(log_determinant, spd(3), issue=3)


def cholesky_lower(a):
    return np.sum(np.linalg.cholesky(a @ a.T + 2 * np.eye(3)) ** 3)


PROGRAMS.add(cholesky_lower, arr(3, 3), issue=3)


def frobenius(a):
    return np.linalg.norm(a) * np.linalg.norm(a[0])


PROGRAMS.add(frobenius, arr(3, 3))


def matmul_functions(a, b):
    return np.matmul(a, b).sum() + np.multiply(a, b.T).sum()


PROGRAMS.add(matmul_functions, arr(2, 3), arr(3, 2))


def cross_product(x, y):
    return np.sum(np.cross(x, y) ** 2)


PROGRAMS.add(cross_product, arr(3), arr(3, seed=1), issue=3)


def kronecker(a, b):
    return np.sum(np.kron(a, b) ** 2)


PROGRAMS.add(kronecker, arr(2, 2), arr(2, 3), issue=3)


def least_squares(a, b, lam):
    g = a.T @ a + lam * np.eye(a.shape[1])
    w = np.linalg.solve(g, a.T @ b)
    r = a @ w - b
    return r @ r


PROGRAMS.add(least_squares, arr(5, 2), arr(5), 0.3)


def gram_schmidt(a):
    q = []
    for i in range(a.shape[1]):
        v = a[:, i]
        for u in q:
            v = v - (u @ v) * u
        q.append(v / np.sqrt(v @ v))
    return q[0] @ a[:, 2] + q[2] @ a[:, 2]


PROGRAMS.add(gram_schmidt, arr(3, 3) + 2 * np.eye(3))


def gaussian_process_nll(x, y, ell, noise):
    d = x[:, None] - x[None, :]
    k = np.exp(-0.5 * (d / ell) ** 2) + noise * np.eye(len(x))
    alpha = np.linalg.solve(k, y)
    return 0.5 * y @ alpha + 0.5 * np.log(np.linalg.det(k))


PROGRAMS.add(gaussian_process_nll, np.linspace(0, 3, 4), arr(4), 0.8, 0.3)


def attention(q, k, v):
    s = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return np.sum((e / e.sum(axis=1, keepdims=True) @ v) ** 2)


PROGRAMS.add(attention, arr(3, 2), arr(4, 2), arr(4, 2, seed=1))


def in_place_matmul(a, x):
    x = x * 1.0
    for _ in range(3):
        x = a @ x
        x /= np.sqrt(np.sum(x * x))
    return x[0]


PROGRAMS.add(in_place_matmul, arr(3, 3), arr(3))


def masked_heads(x, w, heads=2):
    """The sizes of heads are quotients, of which nothing is known; the scores are stored into."""
    t, d = x.shape
    q = (x @ w).reshape(t, heads, d // heads).transpose(1, 0, 2)
    scores = np.einsum("htd,hsd->hts", q, q)
    scores[:, np.triu(np.ones((t, t), dtype=bool), 1)] = -np.inf
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return np.sum((p @ q) ** 2)


PROGRAMS.add(masked_heads, arr(3, 4), arr(4, 4))


def only_eigenvalues(a, b):
    w, _ = np.linalg.eigh(a)
    u, s, vt = np.linalg.svd(b, full_matrices=False)
    return np.sum(w**2) + np.sum(s[0] * s)


PROGRAMS.add(only_eigenvalues, spd(3), arr(4, 3))


def only_eigenvectors(a):
    v = np.linalg.eigh(a)[1]
    q, r = np.linalg.qr(a)
    return np.sum(v[:, 0] ** 3 * v[:, 1] ** 2) + np.sum(q**3)


PROGRAMS.add(only_eigenvectors, spd(3))


def triangular_factor(a, b):
    r = np.linalg.qr(a)[1]
    return np.sum(r**2 * b) + np.sum(np.linalg.qr(a).R)


PROGRAMS.add(triangular_factor, spd(3), arr(3))


def gaussian_log_density(x, mean, cov):
    d = x - mean
    low = np.linalg.cholesky(cov)
    z = np.linalg.solve(low, d)
    return -0.5 * z @ z - np.log(np.diag(low)).sum() - 0.5 * len(x) * np.log(2.0 * np.pi)


PROGRAMS.add(gaussian_log_density, arr(3), arr(3), spd(3))


def systems(a, b, c):
    x = np.linalg.solve(a, b)
    y = np.linalg.solve(a, c)
    return x @ (y @ y.T) @ x + np.trace(a @ a.T) + np.trace(a) ** 2


PROGRAMS.add(systems, spd(3), arr(3), arr(3, 2))


def systems_of_integers(a, b):
    return np.sum(np.linalg.solve(np.array([[2, 1], [1, 3]]), b) ** 2) + np.sum(np.linalg.solve(a, np.array([1, 2])) ** 2)


PROGRAMS.add(systems_of_integers, spd(2), arr(2))


def diagonals(a, v):
    d = np.diag(v) * a + np.diag(np.diag(a)) @ a
    return np.sum(d**2) + np.sum(np.diagonal(a) * v) + np.sum(np.diag(a[:, 1:]))


PROGRAMS.add(diagonals, arr(3, 3), arr(3))


def einsums(a, b, v):
    t = np.einsum("ij,jk,k->i", a, b, v, optimize=True) + np.einsum("ij,ij->i", a, a) + np.einsum("ii->i", a)
    return np.sum(t**2) + np.einsum("ij,i,j", a, v, v) + np.einsum("i->", v) + np.sum(np.einsum("ij->ji", a) * b)


PROGRAMS.add(einsums, arr(3, 3), arr(3, 3), arr(3))


def einsum_of_ones(a, b):
    """An axis of size 1 is broadcast."""
    return np.sum(np.einsum("ij,ij->i", a, b) ** 2)


PROGRAMS.add(einsum_of_ones, arr(1, 3), arr(2, 3))


def inner_products(a, b, v):
    return np.sum(np.inner(a, b) ** 2) + np.sum(np.inner(a, v) ** 2) + np.sum(np.inner(v, b)) + np.inner(v, v)


PROGRAMS.add(inner_products, arr(2, 3), arr(4, 3), arr(3))


def norms(a, v):
    n = np.linalg.norm(a, axis=1) + np.linalg.norm(a, axis=-1, ord=2)
    return np.sum(n**2) + np.sum(np.linalg.norm(a, axis=0, keepdims=True) * v) + np.linalg.norm(a, "fro") * np.linalg.norm(v, 2)


PROGRAMS.add(norms, arr(2, 3), arr(3))
