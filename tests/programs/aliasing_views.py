"""Views, and stores through the base or the view."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("aliasing_views", issue=3)


def store_through_slice_view(x):
    y = x * 1.0
    v = y[1:]
    v[0] = 3.0 * y[0]
    return np.sum(y * y)


PROGRAMS.add(store_through_slice_view, arr(4))


def store_through_base(x):
    y = x * 1.0
    v = y[1:3]
    y[1] = y[0] ** 2
    return np.sum(v * v)


PROGRAMS.add(store_through_base, arr(4))


def view_of_view(x):
    y = x * 1.0
    v = y[1:]
    w = v[::2]
    w *= 2.0
    v[1] = w[0] * y[0]
    return np.sum(y**2)


PROGRAMS.add(view_of_view, arr(6))


def view_by_transpose(m):
    y = m * 1.0
    t = y.T
    t[0] = y[0] * 2
    t[1, 0] = 0.5
    return np.sum(y * y * np.arange(9.0).reshape(3, 3))


PROGRAMS.add(view_by_transpose, arr(3, 3))


def view_by_transpose_function(m):
    y = m * 1.0
    t = np.transpose(y, (1, 0))
    y[0, 2] = 2.0
    t[1] += t[0]
    return np.sum(y**3)


PROGRAMS.add(view_by_transpose_function, arr(2, 3))


def view_by_reshape(x):
    y = x * 1.0
    m = y.reshape(2, 3)
    m[1, 0] = y[0] * y[1]
    y[5] = 0.1
    return np.sum(m * m)


PROGRAMS.add(view_by_reshape, arr(6))


def view_by_ravel(m):
    y = m * 1.0
    r = y.ravel()
    r[2] = r[0] * r[1]
    return np.sum(y**2)


PROGRAMS.add(view_by_ravel, arr(2, 3))


def ravel_of_transpose_is_a_copy(m):
    y = m * 1.0
    r = y.T.ravel()
    r[0] = 100.0
    r[1] = y[0, 0]
    return np.sum(y**2) + np.sum(r * 0.1)


PROGRAMS.add(ravel_of_transpose_is_a_copy, arr(2, 3))


def reshape_of_transpose_is_a_copy(m):
    y = m * 1.0
    r = np.reshape(y.T, -1)
    r *= 2
    return np.sum(y**2) + np.sum(r**3)


PROGRAMS.add(reshape_of_transpose_is_a_copy, arr(2, 3))


def flatten_is_a_copy(m):
    y = m * 1.0
    r = y.flatten()
    r[0] = 9.0
    return np.sum(y**2) + np.sum(r**2)


PROGRAMS.add(flatten_is_a_copy, arr(2, 3))


def view_by_diagonal_slice(m):
    y = m * 1.0
    d = y.reshape(-1)[:: y.shape[1] + 1]
    d += 1.0
    return np.sum(y @ y)


PROGRAMS.add(view_by_diagonal_slice, arr(3, 3))


def diagonal_read_then_mutated(m):
    y = m * 1.0
    d = np.diagonal(y)
    y[0, 0] = 2.0 * y[1, 2]
    return np.sum(d * d)


PROGRAMS.add(diagonal_read_then_mutated, arr(3, 3))


def diag_method_read(m):
    y = m * 1.0
    d = y.diagonal()
    y[1, 1] *= y[0, 1]
    return np.prod(d + 2)


PROGRAMS.add(diag_method_read, arr(3, 3))


def rows_from_iteration(m):
    y = m * 1.0
    for row in y:
        row[0] = row[1] * row[2]
    return np.sum(y**2)


PROGRAMS.add(rows_from_iteration, arr(2, 3))


def rows_from_enumerate(m):
    y = m * 1.0
    for i, row in enumerate(y):
        row *= i + 1
        row[-1] += y[0, 0]
    return np.sum(y**2)


PROGRAMS.add(rows_from_enumerate, arr(2, 3))


def rows_from_zip(m, v):
    y = m * 1.0
    for row, s in zip(y, v):
        row[:] = row * s + row[::-1]
    return np.sum(np.sin(y))


PROGRAMS.add(rows_from_zip, arr(2, 3), arr(2))


def rows_unpacked(m):
    y = m * 1.0
    a, b = y
    a[0] = b[1] * 2
    b += a
    return np.sum(y**2)


PROGRAMS.add(rows_unpacked, arr(2, 3))


def column_view(m):
    y = m * 1.0
    c = y[:, 1]
    c *= y[:, 0]
    y[0] += c[1]
    return np.sum(y**2)


PROGRAMS.add(column_view, arr(3, 2))


def newaxis_view(x):
    y = x * 1.0
    c = y[:, None]
    c[1] = 4.0 * y[0]
    return np.sum(y * y)


PROGRAMS.add(newaxis_view, arr(3))


def squeeze_view(m):
    y = m * 1.0
    s = y.squeeze()
    s[0] = s[1] ** 2
    return np.sum(y**2)


PROGRAMS.add(squeeze_view, arr(1, 3))


def expand_dims_view(x):
    y = x * 1.0
    e = np.expand_dims(y, 0)
    e[0, 1] = e[0, 0] * e[0, 2]
    return np.sum(y**2)


PROGRAMS.add(expand_dims_view, arr(3))


def swapaxes_view(t):
    y = t * 1.0
    s = np.swapaxes(y, 0, 1)
    s[0, 0] = 2.0
    y[1, 1] = s[2, 1]
    return np.sum(y**3)


PROGRAMS.add(swapaxes_view, arr(2, 3))


def reversed_view(x):
    y = x * 1.0
    r = y[::-1]
    r[0] = y[0] * r[1]
    y[0] *= 2
    return np.sum(r * np.arange(4.0) * r)


PROGRAMS.add(reversed_view, arr(4))


def two_overlapping_views(x):
    y = x * 1.0
    a, b = y[:-1], y[1:]
    a *= 2.0
    b += a
    return np.sum(a * b)


PROGRAMS.add(two_overlapping_views, arr(5))


def views_of_halves(x):
    y = x * 1.0
    n = len(y) // 2
    lo, hi = y[:n], y[n:]
    lo[:] = hi * lo
    hi -= lo
    return np.sum(y**2) + lo @ hi


PROGRAMS.add(views_of_halves, arr(6))


def np_split_views(x):
    y = x * 1.0
    a, b = np.split(y, 2)
    a += b
    b *= a
    return np.sum(y * y)


PROGRAMS.add(np_split_views, arr(4))


def view_of_argument(x):
    v = x[1:]
    v *= v
    v[0] += x[0]
    return np.sum(x**2)


PROGRAMS.add(view_of_argument, arr(4))


def view_of_argument_reshape(x):
    m = x.reshape(2, 2)
    m[0, 1] = m[1, 0] * m[1, 1]
    return np.sum(x * x)


PROGRAMS.add(view_of_argument_reshape, arr(4))


def view_survives_rebinding(x):
    y = x * 1.0
    v = y[:2]
    y = y * 2
    v[0] = 7.0
    return np.sum(y) + np.sum(v * v)


PROGRAMS.add(view_survives_rebinding, arr(3))


def fancy_index_is_a_copy(x):
    y = x * 1.0
    c = y[[0, 2]]
    c[0] = 50.0
    c *= x[0]
    return np.sum(y * y) + np.sum(c)


PROGRAMS.add(fancy_index_is_a_copy, arr(4))


def mask_index_is_a_copy(x):
    y = x * 1.0
    c = y[y > -2]
    c *= 3
    y[0] = 2.0
    return np.sum(y) + np.sum(c * c)


PROGRAMS.add(mask_index_is_a_copy, arr(4))


def ellipsis_is_a_view(x):
    y = x * 1.0
    v = y[...]
    v[0] = y[1] * y[2]
    w = y[:]
    w += 1
    return np.sum(y**2)


PROGRAMS.add(ellipsis_is_a_view, arr(3))


def asarray_is_an_alias(x):
    y = x * 1.0
    a = np.asarray(y)
    a[0] = y[1] ** 2
    c = np.array(y)
    c[1] = 5.0
    return np.sum(y * y) + np.sum(c)


PROGRAMS.add(asarray_is_an_alias, arr(3))


def asarray_of_argument(x):
    a = np.asarray(x, dtype=float)
    a[0] = a[1] * a[2]
    return np.sum(x * a)


PROGRAMS.add(asarray_of_argument, arr(3))


def atleast_is_an_alias(x):
    y = x * 1.0
    a = np.atleast_1d(y)
    a[0] *= a[1]
    b = np.atleast_2d(y)
    b[0, 2] = b[0, 0]
    return np.sum(y**2)


PROGRAMS.add(atleast_is_an_alias, arr(3))


def view_in_list(x):
    y = x * 1.0
    parts = [y[:2], y[2:]]
    for k, p in enumerate(parts):
        p *= k + 2.0
    parts[0][0] = parts[1][1]
    return np.sum(y**2)


PROGRAMS.add(view_in_list, arr(4))


def list_of_row_views(m):
    y = m * 1.0
    rows = list(y)
    rows[0] += rows[1]
    rows[1][0] = rows[0][1]
    return np.sum(y**2)


PROGRAMS.add(list_of_row_views, arr(2, 3))


def view_updated_each_iteration(x):
    y = x * 1.0
    for i in range(len(y) - 1):
        w = y[i : i + 2]
        w[1] = w[0] * w[1] + x[i]
    return y[-1]


PROGRAMS.add(view_updated_each_iteration, arr(5))


def view_chosen_by_index(m, k):
    y = m * 1.0
    r = y[k]
    r[0] = r[1] * y[k - 1, 0]
    return np.sum(y**2)


PROGRAMS.add(view_chosen_by_index, arr(3, 2), 1)


def view_chosen_in_loop(m):
    y = m * 1.0
    for k in (2, 0, 1):
        r = y[k]
        r *= r[0]
        r[1] = y[0, 1]
    return np.sum(y**2)


PROGRAMS.add(view_chosen_in_loop, arr(3, 2))


def view_or_base(x, whole):
    y = x * 1.0
    v = y if whole else y[1:]
    v[0] = y[-1] ** 2
    v *= 2
    return np.sum(y * y)


PROGRAMS.add(view_or_base, arr(4), True)
PROGRAMS.add(view_or_base, arr(4), False)


def store_block(m, b):
    y = m * 1.0
    blk = y[1:, 1:]
    blk[...] = b @ blk
    y[0] = blk[0, 0]
    return np.sum(y**2)


PROGRAMS.add(store_block, arr(3, 3), arr(2, 2))


def real_strided_view(m):
    y = m * 1.0
    v = y[::2, 1::2]
    v += y[0, 0]
    v[-1] = v[0] * 2
    return np.sum(y**2)


PROGRAMS.add(real_strided_view, arr(4, 4))


def householder_qr(a):
    r = a * 1.0
    n = r.shape[1]
    for k in range(n):
        x = r[k:, k]
        v = x * 1.0
        v[0] += np.sign(x[0]) * np.sqrt(x @ x)
        v = v / np.sqrt(v @ v)
        r[k:, k:] -= 2.0 * np.outer(v, v @ r[k:, k:])
    return np.sum(np.abs(np.diag(r)))


PROGRAMS.add(householder_qr, arr(3, 2) + np.eye(3)[:, :2], smooth=False)


def wave_equation_views(u):
    u = u * 1.0
    prev = u * 1.0
    for _ in range(3):
        left, mid, right = u[:-2], u[1:-1], u[2:]
        nxt = u * 1.0
        nxt[1:-1] = 2 * mid - prev[1:-1] + 0.2 * (left - 2 * mid + right)
        prev, u = u, nxt
    return np.sum(u * u)


PROGRAMS.add(wave_equation_views, arr(5))


def in_place_stencil_views(u):
    u = u * 1.0
    mid = u[1:-1]
    for _ in range(3):
        mid += 0.1 * (u[2:] - 2 * mid + u[:-2])
        u[0] = mid[0]
    return np.sum(u * u)


PROGRAMS.add(in_place_stencil_views, arr(5))


def broadcast_view_read(x):
    y = x * 1.0
    b = np.broadcast_to(y, (2, 3))
    y[0] = y[1] ** 2
    return np.sum(b * np.arange(6.0).reshape(2, 3))


PROGRAMS.add(broadcast_view_read, arr(3))


def scalar_from_row_view(m):
    y = m * 1.0
    row = y[0]
    a = row[1]
    row[1] = 3.0
    return a * y[0, 1] + a * a


PROGRAMS.add(scalar_from_row_view, arr(2, 3))


def returns_view(x):
    y = x * x
    return y[1:]


PROGRAMS.add(returns_view, arr(4))


def returns_view_of_argument(x):
    return x.reshape(2, 2).T


PROGRAMS.add(returns_view_of_argument, arr(4))


def returns_base_and_view(x):
    y = x * x
    v = y[1:]
    v *= 2
    return y, v


PROGRAMS.add(returns_base_and_view, arr(4))


def flat_assignment(m):
    y = m * 1.0
    y.flat[1] = y[0, 0] ** 2
    return np.sum(y * y)


PROGRAMS.add(flat_assignment, arr(2, 2))


def view_attribute_store(m):
    y = m * 1.0
    y.T[0, 1] = 2.0
    y.T[1] *= y[0]
    y[0][1] = 0.3
    y[1:][0][0] += y[0, 1]
    return np.sum(y**2)


PROGRAMS.add(view_attribute_store, arr(2, 2))


def returns_reshaped(x):
    y = x * x
    y[0] += y[1]
    return y.reshape((2, -1))


PROGRAMS.add(returns_reshaped, arr(4))


def returns_reshaped_number(x):
    p = np.zeros(1)
    q = p.reshape(())
    p += x * x
    return q


PROGRAMS.add(returns_reshaped_number, 1.3)


def returns_several_views(x, n):
    p = np.zeros(2)
    q = np.zeros(2)
    a = p if n > 0 else q
    a[0] = x * x
    return a, a.reshape((2, 1)), [p, q]


PROGRAMS.add(returns_several_views, 1.3, 2)


def helper_returns_reshaped(x):
    def stack(u):
        y = np.zeros((2, 2))
        for k in range(2):
            y[k] += u * (k + 1)
        t = y * 2.0
        t[0] += y[1]
        s = t + y
        s[1] *= t[0]
        return s.reshape(-1)

    return np.sum(stack(x) * stack(x * x))


PROGRAMS.add(helper_returns_reshaped, arr(2))


def returns_transpose(x):
    v = np.empty((3, 2))
    v[0] = 1.0
    for i in range(2):
        v[i + 1] = v[i] * x
    return v.T


PROGRAMS.add(returns_transpose, arr(2))


def returns_axes_moved(x):
    v = np.empty((3, *x.shape))
    v[0] = x * 0 + 1
    v[1] = x
    v[2] = v[1] * x
    return np.moveaxis(v, 0, -1)


PROGRAMS.add(returns_axes_moved, arr(2))


def returns_reversed_slice(x):
    v = x * 1
    v[0] = x[1] * x[0]
    return v[::-1][:2]


PROGRAMS.add(returns_reversed_slice, arr(3))


def returns_view_of_argument(x):
    x[0] = x[1] * x[0]
    return x[1::-1]


PROGRAMS.add(returns_view_of_argument, arr(3))


def returns_one_of_two_views(x):
    v = x * 1
    v[0] = x[1] * x[0]
    w = v[::-1]
    w[0] *= x[0]
    if x[0] > 10.0:
        return w[:2]
    return w[1:]


PROGRAMS.add(returns_one_of_two_views, arr(3))


def read_after_the_last_store(x):
    y = np.outer(x, x)
    y[0] *= 2.0
    y[1:, 1] += x[1:]
    v = y.ravel()
    w = v[2:9]
    d = np.diag(y)
    return v[0] * v[5] + np.sum(w * w) * y[1, 0] + np.sum(np.log(1.5 + d)) + w[1] * d[2]


PROGRAMS.add(read_after_the_last_store, arr(4))


def stored_after_it_was_reshaped(x):
    y = x * x
    y[0] *= 2.0
    v = y.reshape(2, 2)
    y[3] += v[0, 0] * x[1]
    return np.sum(v * v) + np.sum(y[:2] * v[1])


PROGRAMS.add(stored_after_it_was_reshaped, arr(4))


def stored_through_what_was_reshaped(x):
    y = x * x
    v = np.reshape(y, (2, 2))
    w = v.ravel()
    w[2] = x[0] ** 3
    return np.sum(y * y) + np.sum(v[0] * v[1])


PROGRAMS.add(stored_through_what_was_reshaped, arr(4))


def reshaped_in_a_loop_with_a_store(x):
    y = x * 1.0
    s = 0.0
    for k in range(3):
        v = y.reshape(2, 2)
        s = s + np.sum(v @ v)
        y[k] = s * x[k + 1]
    d = np.diag(y.reshape(2, 2))
    return s + np.sum(d * d)


PROGRAMS.add(reshaped_in_a_loop_with_a_store, arr(4))


def diagonal_kept_in_a_list(x):
    y = np.outer(x, x)
    y[0, 0] = x[1] * 3.0
    d = np.diag(y)
    rows = [d, y[0]]
    s = np.sum(rows[0] * d)
    rows[1][0] *= 2.0
    return s + np.sum(rows[1] ** 2)


PROGRAMS.add(diagonal_kept_in_a_list, arr(3))


def fills_and_ravels(u):
    y = np.zeros((2, 2))
    for k in range(2):
        y[k] += u * (k + 1)
    return y.ravel()


def ravelled_by_a_callee(x):
    v = fills_and_ravels(x)
    w = fills_and_ravels(x * x)
    v[1] *= w[2]
    return np.sum(v * w)


PROGRAMS.add(ravelled_by_a_callee, arr(2))
PROGRAMS.add(fills_and_ravels, arr(2))


def _squeezed(out):
    out = out.squeeze()
    if out.ndim == 0:
        out = out[()]
    return out


def squeezed_after_stores(x, k):
    y = x[:, np.newaxis] if k == 1 else x[np.newaxis, :]
    out = np.sum(y * y, axis=1)
    out[0] = out[0] ** 2
    return _squeezed(out)


PROGRAMS.add(squeezed_after_stores, arr(3), 1)
PROGRAMS.add(squeezed_after_stores, arr(3), 2)


def squeezed_before_stores(x, k):
    y = x[:, np.newaxis] if k == 1 else x[np.newaxis, :]
    out = np.sum(y * y, axis=1)
    z = out.squeeze()
    out[0] = out[0] ** 2
    return np.sum(z) * 2


PROGRAMS.add(squeezed_before_stores, arr(3), 1)
PROGRAMS.add(squeezed_before_stores, arr(3), 2)


def real_part_of_what_was_stored(x, flag):
    out = np.full_like(x, fill_value=np.nan, dtype=np.complex128)
    mask = x > 0.5
    if flag:
        out[mask] = x[mask] ** 2 + 1j * x[mask]
        out[~mask] = np.exp(x[~mask])
        return np.real(out) * x
    return x


PROGRAMS.add(real_part_of_what_was_stored, arr(4), True)


def copy_of_a_transpose(x):
    u = x.T.copy()  # in C order, whatever the order of x: the vector is a view of it
    v = u.ravel()
    v[1] = 3.0 * x[0, 0]
    w = np.copy(x.T)  # in the order of x.T: the vector is another array
    r = w.ravel()
    r[1] = 5.0 * x[1, 1]
    return np.sum(u * u * x) + np.sum(w * x) + np.sum(r)


PROGRAMS.add(copy_of_a_transpose, arr(3, 3))


def elements_one_after_another(x, y):
    z = x * 1.0
    np.fill_diagonal(z, y[0] * 2.0)
    z.flat[2:4] = y[1, :2]
    z.flat[4:6] = z[0, :2].copy()
    z.flat = z.T * y
    return np.sum(z * z * x)


PROGRAMS.add(elements_one_after_another, arr(3, 3), arr(3, 3, seed=1))


ORDERED = arr(3, 3, seed=3)


def views_by_order(x):
    u = x.T + ORDERED  # in C order, as the sum of x.T and its tangent alone would not be
    v = u.ravel()
    v[1] = 3.0 * x[0, 0]
    w = np.partition(x.T, 1, axis=0)
    r = w.reshape(-1)
    r[2] = x[1, 1]
    return np.sum(u * u * x) + np.sum(w * x) + np.sum(v)


PROGRAMS.add(views_by_order, arr(3, 3))
