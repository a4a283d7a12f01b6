"""Reshape, transpose, stack, split, pad, repeat, creation."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("shaping")


def reshape_rows(x):
    m = x.reshape(2, 3)
    return np.sum(m[0] * m[1])


PROGRAMS.add(reshape_rows, arr(6))


def reshape_minus_one(x):
    return np.sum(np.reshape(x, (-1, 2))[:, 0] ** 2) + np.sum(x.reshape(-1)[0])


PROGRAMS.add(reshape_minus_one, arr(6))


def ravel_flatten(m):
    return np.sum(m.ravel()[1:] * m.flatten()[:-1])


PROGRAMS.add(ravel_flatten, arr(2, 3))


def transpose_default(m):
    return np.sum(m.T[0] ** 2) + np.sum(np.transpose(m) @ m)


PROGRAMS.add(transpose_default, arr(2, 3))


def transpose_axes(t):
    return np.sum(np.transpose(t, (2, 0, 1))[0] ** 2) + np.sum(t.transpose(1, 0, 2)[0])


PROGRAMS.add(transpose_axes, arr(2, 3, 2))


def swap_and_move(t):
    return np.sum(np.swapaxes(t, 0, 2)[1] ** 2) + np.sum(np.moveaxis(t, 0, -1)[0] ** 3)


PROGRAMS.add(swap_and_move, arr(2, 3, 2))


def squeeze_expand(x):
    y = np.expand_dims(x, 0)
    return np.sum(np.squeeze(y) * y[0]) + np.sum(y * y.squeeze(axis=0))


PROGRAMS.add(squeeze_expand, arr(3))


def concatenate_axis(a, b):
    m = np.concatenate([a, b, a], axis=1)
    return np.sum(m @ m.T)


PROGRAMS.add(concatenate_axis, arr(2, 2), arr(2, 1))


def stack_axis(x, y):
    m = np.stack([x, y, x * y], axis=1)
    return np.sum(m[:, 0] * m[:, 2])


PROGRAMS.add(stack_axis, arr(3), arr(3, seed=1))


def hstack_vstack(x, y):
    return np.sum(np.hstack([x, y]) ** 2) + np.sum(np.vstack([x, y])[1] ** 3)


PROGRAMS.add(hstack_vstack, arr(3), arr(3, seed=1))


def column_stack(x, y):
    return np.sum(np.column_stack((x, y)) @ np.array([1.0, 2.0]) ** 2)


PROGRAMS.add(column_stack, arr(3), arr(3, seed=1))


def split_parts(x):
    a, b, c = np.split(x, 3)
    return np.sum(a * b * c)


PROGRAMS.add(split_parts, arr(6))


def tile_repeat(x):
    return np.sum(np.tile(x, 2)[1:4] ** 2) + np.sum(np.repeat(x, 2)[1:4] ** 3)


PROGRAMS.add(tile_repeat, arr(3))


def roll_flip(x):
    return np.sum(np.roll(x, 1) * x) + np.sum(np.flip(x) * x**2)


PROGRAMS.add(roll_flip, arr(4))


def pad_zeros(x):
    p = np.pad(x, 1)
    return np.sum((p[2:] - p[:-2]) ** 2)


PROGRAMS.add(pad_zeros, arr(4))


def pad_two_dims(m):
    p = np.pad(m, ((1, 1), (0, 2)))
    return np.sum(p[:-1, :-1] * p[1:, 1:])


PROGRAMS.add(pad_two_dims, arr(2, 3))


def diagonal_build(x):
    return np.sum(np.diag(x) @ np.ones((3, 3)) * np.diag(x + 1))


PROGRAMS.add(diagonal_build, arr(3))


def triangles(m):
    return np.sum(np.tril(m) ** 2) + np.sum(np.triu(m, 1) ** 3)


PROGRAMS.add(triangles, arr(3, 3))


def creation(x):
    n = 4
    z = np.zeros(n) + x
    o = np.ones((n,)) * x
    f = np.full(n, x * x)
    ls = np.linspace(0.0, 1.0, n)
    ar = np.arange(n)
    e = np.eye(n)
    return np.sum(z * o * f * ls * ar) + np.sum(e * x)


PROGRAMS.add(creation, 0.7)


def linspace_active_ends(a, b):
    t = np.linspace(a, b, 5)
    return np.sum(np.sin(t) * t)


PROGRAMS.add(linspace_active_ends, 0.2, 1.1)


def full_like_zeros_like(x):
    return np.sum(np.zeros_like(x) + np.full_like(x, 2.0) * x * np.ones_like(x))


PROGRAMS.add(full_like_zeros_like, arr(3))


def full_like_of_a_sum(x):
    y = x * 2.0
    s = np.sum(np.exp(y))
    y[0] = 5.0
    return s * np.sum(y) + np.sum(np.full_like(y, s) * x)


PROGRAMS.add(full_like_of_a_sum, arr(3))


def full_of_whole_numbers(x, v):
    counts = np.arange(3)
    return np.sum(np.full_like(counts, v) * x) + np.sum(np.full(3, v, dtype=int) * x * x) + np.sum(np.full_like(counts, 2.7) * x)


PROGRAMS.add(full_of_whole_numbers, arr(3), 1.7, argnums=(0,))


def full_of_active(a):
    return np.sum(np.full((2, 2), a) @ np.full((2, 2), a * a))


PROGRAMS.add(full_of_active, 0.8)


def astype_and_copy(x):
    y = np.copy(x).astype(float) * x.copy()
    return np.sum(y) + np.sum(x.astype(int))


PROGRAMS.add(astype_and_copy, arr(3, lo=0.2, hi=0.8))


def asarray_passes(x):
    y = np.asarray(x)
    z = np.array(x, dtype=float)
    w = np.asarray(x, dtype=np.float64)
    return np.sum(y * z * w)


PROGRAMS.add(asarray_passes, arr(3))


def atleast(x):
    return np.sum(np.atleast_1d(x) ** 2) + np.sum(np.atleast_2d(x) * 3)


PROGRAMS.add(atleast, 0.7)


def meshgrid_field(x, y):
    gx, gy = np.meshgrid(x, y)
    return np.sum(np.sin(gx * gy))


PROGRAMS.add(meshgrid_field, arr(3), arr(2), issue=3)


def shape_attributes(m):
    n, k = m.shape
    return np.sum(m) / m.size + n * m[0, 0] + k * m.ndim * m[0, 1] + len(m) * m[1, 0]


PROGRAMS.add(shape_attributes, arr(2, 3))


def convolution_by_slices(img, ker):
    out = 0.0
    kh, kw = ker.shape
    h, w = img.shape
    acc = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(kh):
        for j in range(kw):
            acc = acc + ker[i, j] * img[i : i + h - kh + 1, j : j + w - kw + 1]
    out = np.sum(np.maximum(acc, 0.0) ** 2)
    return out


PROGRAMS.add(convolution_by_slices, arr(4, 4), arr(2, 2), smooth=False)


def convolve_function(x, k):
    return np.sum(np.convolve(x, k, mode="valid") ** 2)


PROGRAMS.add(convolve_function, arr(5), arr(3), issue=3)


def outer_by_reshape(x, y):
    return np.sum((x.reshape(-1, 1) * y.reshape(1, -1)) ** 2)


PROGRAMS.add(outer_by_reshape, arr(3), arr(2))


def item_and_tolist(x):
    a = x[0].item() if hasattr(x[0], "item") else x[0]
    return a * a + x.tolist()[1]


PROGRAMS.add(item_and_tolist, arr(3), issue=3)


def array_split_rows(m):
    top, bottom = np.array_split(m, 2)
    return np.sum(top[0] * bottom[-1])


PROGRAMS.add(array_split_rows, arr(4, 3), issue=3)


def broadcast_arrays_pair(x, y):
    a, b = np.broadcast_arrays(x[:, None], y)
    return np.sum(a * b)


PROGRAMS.add(broadcast_arrays_pair, arr(3), arr(2), issue=3)


def branches_on_dtype(x):
    if np.issubdtype(x.dtype, np.integer) or x.dtype.kind in "iub" or np.iscomplexobj(x):
        return np.sum(np.floor(x))
    if x.dtype == np.float32 or not issubclass(x.dtype.type, np.inexact):
        x = x + 1j
    y = np.zeros(x.shape, dtype=np.result_type(x, 1.0))
    y[0] = x[1] * x[0]
    return np.sum(np.asarray(y, dtype=x.dtype) * x)


PROGRAMS.add(branches_on_dtype, arr(3))


def squeezed_slice(x):
    y = np.squeeze(x[:1])
    return y * 2 + np.sum(x[-1:].squeeze() * y)


PROGRAMS.add(squeezed_slice, arr(3))


def layers(x, y, m):
    s = np.stack([x, y]) * np.stack([y, x], axis=0)
    t = np.stack((x, y), axis=1) + np.stack([x, y], axis=-1)
    r = np.vstack((x, y)) * 2 + np.vstack([m, m[0]])[:2]
    c = np.column_stack((x, y)) * t + np.dstack([x, y])[0] + np.dstack((m, m))[0]
    return np.sum(s**2) + np.sum(r**2) + np.sum(c**2) + np.sum(np.hstack((m, m)) ** 3) + np.sum(np.hstack([x, y]) ** 2)


PROGRAMS.add(layers, arr(3), arr(3), arr(2, 3))


def layers_of_numbers(a, b):
    return np.sum(np.stack([a, b, a * b]) ** 2) + np.sum(np.hstack((a, b)) ** 3)


PROGRAMS.add(layers_of_numbers, 0.3, 0.7)


def moved_and_repeated(x, m):
    y = np.roll(x, 1) * np.tile(x, 2)[:3] + np.repeat(x, 2)[1:4] + np.pad(x, 1)[2:]
    z = np.cumsum(m, axis=1) * np.cumsum(m, axis=0) + np.pad(m, 2)[2:-2, 1:-3]
    d = np.diff(m, axis=0)[0] * np.diff(x, append=0.0) + np.diff(m)[0, 0]
    return np.sum(y**2) + np.sum(z**2) + np.sum(d**2) + np.sum(np.cumsum(x)) + np.sum(np.repeat(m, 3))


PROGRAMS.add(moved_and_repeated, arr(3), arr(2, 3))


def arrays_of_no_axes(x, y):
    """What NumPy takes for arrays: a number, and an array of rank 0 that is stored into."""
    a = np.prod(x, axis=0) * np.cumprod(x)[0] + np.cumsum(x)[0] + np.sum(np.convolve(x, np.array([1.0, 2.0])))
    b = np.convolve(x, x)[0] * np.sum(np.cumprod(x, axis=0) * x)
    c = np.piecewise(y, [y < 0.5, y >= 0.5], [lambda t: t * 2, lambda t: t**2])
    return a + b + np.sum(c) * x


PROGRAMS.add(arrays_of_no_axes, 0.3, np.array(0.7))
