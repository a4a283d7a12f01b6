"""Parts of NumPy's results by their names, and functions whose first arguments say what they do."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("results_by_name", issue=3)


def log_determinant(a):
    square = a[:, :3]
    found = np.linalg.slogdet(square)
    return found.logabsdet * found.sign + np.linalg.slogdet(square @ square.T).logabsdet


PROGRAMS.add(log_determinant, arr(3, 4))


def factors_by_name(a):
    s = np.linalg.svd(a, full_matrices=False)
    low_rank = s.U[:, :2] * s.S[:2] @ s.Vh[:2]
    e = np.linalg.eigh(a @ a.T)
    spectrum = e.eigenvalues[0] + e.eigenvectors[0, 0] ** 2
    return np.sum(low_rank * np.arange(12.0).reshape(3, 4)) + spectrum + np.linalg.qr(a.T).R[0, 1]


PROGRAMS.add(factors_by_name, arr(3, 4), rtol=1e-5)


def subscripts_as_lists(a, b):
    product = np.einsum(a, [0, 1], b, [1, 2], [2, 0])
    return np.sum(product * np.arange(6.0).reshape(2, 3)) + np.einsum(a, [0, 1], [1])[2] + np.einsum(b, [..., 0], [0, ...])[1, 3]


PROGRAMS.add(subscripts_as_lists, arr(3, 4), arr(4, 2))


def places_of_a_mask(a):
    rows, columns = np.where(a > 0)
    return a[np.where(a < 0)].prod() + np.sum(a[rows, columns] * columns)


PROGRAMS.add(places_of_a_mask, arr(3, 4))


def without_what_is_missing(a, gaps):
    some = np.where(gaps > 0.5, np.nan, gaps)
    return np.sum(np.fmax(a, some) ** 2) + np.sum(np.fmin(some, a) * a) + np.sum(np.fmax(a, 0.2)) + np.fmin(np.nan, a).sum()


PROGRAMS.add(without_what_is_missing, arr(3, 4), arr(3, 4, seed=1), argnums=(0,))


def bounds_by_name(a):
    return a.clip(max=0.3).prod() + a.clip(min=-0.2).sum() + np.clip(a, min=-0.4, max=0.4).sum() + np.sort(a, kind="stable")[0, 1]


PROGRAMS.add(bounds_by_name, arr(3, 4))


def ends_of_differences(a):
    padded = np.diff(a, axis=0, append=a[:1]) + np.diff(a, axis=0, prepend=0.5)
    return np.sum(padded * np.arange(12.0).reshape(3, 4)) + np.diff(a[0], prepend=[0.0, 1.0]) @ np.arange(5.0)


PROGRAMS.add(ends_of_differences, arr(3, 4))


def table_with_ends(a, points):
    inside = np.interp(a[0], points, [1, 4, 2], left=a[1, 0], right=9.0)
    return np.sum(inside * np.arange(4.0)) + np.interp(points * 1.7, points, a[:, 1], right=0.0).prod()


PROGRAMS.add(table_with_ends, arr(3, 4), np.array([-0.5, 0.1, 0.6]))


def single_elements(a):
    return a.item(5) * a.item(1, 2) + a[0].item(3) + a[1, 1].item()


PROGRAMS.add(single_elements, arr(3, 4))


def moving_variance(a):
    windows = np.lib.stride_tricks.sliding_window_view(a, (2, 2))
    lines = np.lib.stride_tricks.sliding_window_view(a[0], 3)
    return np.sum(windows.var(axis=(2, 3)) ** 2) + np.sum(lines.mean(axis=-1) ** 3)


PROGRAMS.add(moving_variance, arr(3, 4))


def product_in_the_best_order(a, b):
    return np.sum(np.einsum("ij,kj,kl->il", a, a, b, optimize=True) ** 2)


PROGRAMS.add(product_in_the_best_order, arr(3, 4), arr(3, 2))


def axes_in_front(a, v):
    both = np.array(v, ndmin=2) @ a.T + np.array([v[0], v[1]], ndmin=3)[0, :, :1].T
    return np.sum(both**2) + np.array(a, ndmin=1).sum()


PROGRAMS.add(axes_in_front, arr(3, 4), arr(4, seed=1))


def attributes_of_numbers(v):
    k = v[2] if v.sum() > 0.0 else v.mean()
    return v[2].flat[0] * v[1] + v[0].T * v[1] + v[3].real * k


PROGRAMS.add(attributes_of_numbers, arr(4))


def elements_by_one_tuple(a):
    return a.item((1, 2)) * a.item((-1, -2)) * a[0].item((3,))


PROGRAMS.add(elements_by_one_tuple, arr(3, 4))


def values_that_come_again(a, v):
    b, c, d = a * 1.0, a * 1.0, a * 1.0
    b.flat = v
    c.flat = [v[0], v[1]]
    np.fill_diagonal(d, v[:2])
    np.fill_diagonal(c, v)
    return np.sum(b * b * a) + np.sum(c**3) + np.sum(d * d * a)


PROGRAMS.add(values_that_come_again, arr(3, 4), arr(4, seed=1))


def weights_of_two_axes(a, w):
    t = a.reshape(2, 3, 2)
    one = np.average(t, axis=(0, 2), weights=w) * np.average(t, axis=(2, 0), weights=w.T)
    return np.sum(one**2) + np.average(t, axis=(0, -1), weights=w)[1]


PROGRAMS.add(weights_of_two_axes, arr(3, 4), np.array([[0.5, 1.0], [1.5, 0.7]]))


def numbers_beside_vectors(v):
    joined = np.hstack([v[0] * v[1], v, v.sum()])
    modes = np.convolve(v, joined, 1).sum() + np.correlate(joined, v, 0) @ v[:3] + np.convolve(v, v, 2)[3]
    return np.sum(joined * np.arange(6.0)) * modes


PROGRAMS.add(numbers_beside_vectors, arr(4))


def rows_of_a_turned_copy(a, t):
    y = a.T.copy()
    z = y.ravel()
    z[1] = t
    return np.sum(y * z[2]) + np.sum(np.einsum("ij->ji", a).copy().reshape(-1)[:5] ** 2)


PROGRAMS.add(rows_of_a_turned_copy, arr(3, 4), 0.7)
