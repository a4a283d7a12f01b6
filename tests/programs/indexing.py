"""Reading by index, slice, mask and integer array."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("indexing")


def single_elements(x):
    return x[0] * x[1] + x[2] ** 2


PROGRAMS.add(single_elements, arr(4))


def negative_index(x):
    return x[-1] * x[-2] - x[0]


PROGRAMS.add(negative_index, arr(4))


def same_element_twice(x):
    return x[1] * x[1] + x[-3]


PROGRAMS.add(same_element_twice, arr(4))


def plain_slice(x):
    return np.sum(x[1:3] * x[2:4])


PROGRAMS.add(plain_slice, arr(5))


def step_slice(x):
    return np.sum(x[::2] ** 2) + np.sum(x[1::3])


PROGRAMS.add(step_slice, arr(7))


def reversed_slice(x):
    return np.sum(x[::-1] * x) + np.sum(x[-2::-2])


PROGRAMS.add(reversed_slice, arr(5))


def negative_bounds(x):
    return np.sum(x[-3:-1] ** 3) + np.sum(x[:-2])


PROGRAMS.add(negative_bounds, arr(5))


def empty_slice(x):
    return np.sum(x[2:2]) + np.sum(x[5:]) + x[0]


PROGRAMS.add(empty_slice, arr(4))


def out_of_range_slice(x):
    return np.sum(x[1:100] * 2) + np.sum(x[-100:2] ** 2)


PROGRAMS.add(out_of_range_slice, arr(4))


def finite_differences(x):
    d = (x[1:] - x[:-1]) * 10
    return np.sum(d * d)


PROGRAMS.add(finite_differences, arr(6))


def matrix_row_column(m):
    return np.sum(m[1] * m[:, 0][:3]) + m[0, 2]


PROGRAMS.add(matrix_row_column, arr(3, 3))


def matrix_block(m):
    return np.sum(m[1:, :2] @ m[:2, 1:])


PROGRAMS.add(matrix_block, arr(3, 3))


def ellipsis_index(m):
    return np.sum(m[..., 0] ** 2) + np.sum(m[0, ...])


PROGRAMS.add(ellipsis_index, arr(2, 3, 2))


def newaxis_index(x):
    return np.sum(x[:, np.newaxis] * x[None, :] ** 2)


PROGRAMS.add(newaxis_index, arr(3))


def integer_array_index(x):
    i = np.array([0, 2, 3])
    return np.sum(x[i] ** 2)


PROGRAMS.add(integer_array_index, arr(5))


def repeated_integer_index(x):
    i = np.array([1, 1, 2, 1, -1])
    return np.sum(x[i] ** 3)


PROGRAMS.add(repeated_integer_index, arr(4))


def list_index(x):
    return np.sum(x[[0, 0, 2]] * np.array([1.0, 2.0, 3.0]))


PROGRAMS.add(list_index, arr(4))


def index_argument(x, i):
    return np.sum(np.exp(x[i]))


PROGRAMS.add(index_argument, arr(5), np.array([4, 0, 4]))


def boolean_mask(x):
    return np.sum(x[x > 0] ** 2)


PROGRAMS.add(boolean_mask, arr(6))


def mask_argument(x, mask):
    return np.sum(np.sin(x[mask])) + np.sum(x[~mask] ** 2)


PROGRAMS.add(mask_argument, arr(4), np.array([True, False, False, True]))


def empty_mask(x):
    return np.sum(x[x > 50]) + np.sum(x)


PROGRAMS.add(empty_mask, arr(4))


def row_gather(m, rows):
    return np.sum(m[rows] ** 2 * np.arange(1, 3.0))


PROGRAMS.add(row_gather, arr(4, 2), np.array([3, 1, 1]))


def paired_gather(m, labels):
    return -np.sum(np.log(m[np.arange(len(labels)), labels]))


PROGRAMS.add(paired_gather, pos(4, 3), np.array([0, 2, 1, 2]))


def gather_then_slice(m):
    return np.sum(m[[0, 2], 1:] ** 2) + np.sum(m[1:, [1, 1]] ** 3)


PROGRAMS.add(gather_then_slice, arr(3, 4))


def mixed_int_slice_newaxis(m):
    return np.sum(m[0, :, None] * m[None, :, 1])


PROGRAMS.add(mixed_int_slice_newaxis, arr(3, 3))


def two_dim_index_array(x):
    i = np.array([[0, 1], [2, 0]])
    y = x[i]
    return np.sum(y @ y)


PROGRAMS.add(two_dim_index_array, arr(3))


def computed_index(x):
    k = int(np.argmax(x))
    return x[k] ** 2 + x[k - 1]


PROGRAMS.add(computed_index, arr(5))


def index_of_index(x):
    return x[1:][1:][0] + x[::2][1] * x[1:4][::-1][0]


PROGRAMS.add(index_of_index, arr(5))


def matrix_mask(m):
    return np.sum(m[m < 0] ** 2) - np.sum(m[np.abs(m) < 2])


PROGRAMS.add(matrix_mask, arr(3, 3))


def take_and_diagonal(m):
    return np.sum(np.take(m, [0, 2], axis=1)) * np.sum(np.diag(m)) + np.trace(m)


PROGRAMS.add(take_and_diagonal, arr(3, 3))


def ix_grid(m):
    return np.sum(m[np.ix_([0, 2], [1, 2])] ** 2)


PROGRAMS.add(ix_grid, arr(3, 3))


def slice_object(x):
    s = slice(1, 4, 2)
    return np.sum(x[s] ** 2)


PROGRAMS.add(slice_object, arr(5))


def tuple_index(m):
    i = (1, 2)
    return m[i] ** 2 + m[(0, 0)]


PROGRAMS.add(tuple_index, arr(3, 3))


def nested_list_index(rows):
    return rows[0][1] * rows[1][0] + rows[-1][-1]


PROGRAMS.add(nested_list_index, [[0.3, 0.7], [0.9, -0.2]])


def list_slice(xs):
    a, b = xs[1:3]
    return a * b + xs[::-1][0] + sum(xs[:2])


PROGRAMS.add(list_slice, [0.3, 0.7, 0.9, -0.2])


def laplacian(u):
    lap = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1]
    return np.sum(lap * lap)


PROGRAMS.add(laplacian, arr(4, 5))


def index_in_loop_reads(x, n):
    s = 0.0
    for k in range(n):
        s = s + x[k % len(x)] * x[(k * 2 + 1) % len(x)]
    return s


PROGRAMS.add(index_in_loop_reads, arr(4), 7)


def scalar_index_of_matrix_rows(m):
    s = 0.0
    for i in range(m.shape[0]):
        row = m[i]
        s += row[0] * row[-1] + m[i][1]
    return s


PROGRAMS.add(scalar_index_of_matrix_rows, arr(3, 3))


def place_too_few(x):
    y = np.zeros(4)
    np.place(y, [0, 1, 1, 1], x[:2])
    np.putmask(y, np.array([2, 0, 0, 0]), x[0] * x[1])
    return np.sum(y * x)


PROGRAMS.add(place_too_few, arr(4))


def ufunc_where_out(x, y):
    out = x * 1.0
    np.subtract(y, x, out=out, where=x > 0.0)
    np.true_divide(y, x, out=out, where=np.abs(x) > 0.3)
    return np.sum(out**2)


PROGRAMS.add(ufunc_where_out, arr(4), arr(4, seed=1))


def mean_of_element(p, t):
    return np.mean(np.ones((3, 2)) * p[-1][-2]) + 0.5 * t


PROGRAMS.add(mean_of_element, arr(3, 3), 0.7)


def tuple_in_an_index(x):
    y = x[(0, 2), :]
    y[0, 0] = 5.0
    return np.sum(x**2) + np.sum(y**3)


PROGRAMS.add(tuple_in_an_index, arr(4, 4), issue=3)


def places_named_twice_by_a_tuple(x):
    x = x * 2
    x[(0, 0), :] += 1.5 * x[(1, 1), :]
    return np.sum(x**2) + np.sum(x[(0, 0, 3), :] ** 3) + np.sum(x[:, (1, 1)] ** 3)


PROGRAMS.add(places_named_twice_by_a_tuple, arr(4, 4), issue=3)


def tuple_of_unknown_length(x, n):
    at = []
    for k in range(n):
        at.append(k)
    x = x * 1.0
    x[tuple(at)] = x[3, 3] ** 2
    x[tuple(at)] += x[3, 2] ** 2
    return np.sum(x[tuple(at)] ** 2) + np.sum(x**3)


PROGRAMS.add(tuple_of_unknown_length, arr(4, 4), 1, issue=3)
PROGRAMS.add(tuple_of_unknown_length, arr(4, 4), 2, issue=3)


def tuple_of_lists(x, n):
    at = []
    for _ in range(n):
        at.append([0, 0])
    x = x * 1.0
    x[tuple(at)] = x[3, :2]
    return np.sum(x[tuple(at)] ** 2) + np.sum(x**3)


PROGRAMS.add(tuple_of_lists, arr(4, 4), 2, issue=3)


def tuple_of_an_array(x, at):
    return x[tuple(at)] ** 2


PROGRAMS.add(tuple_of_an_array, arr(4, 4), np.array([1, 2]), issue=3)


def places_where(x):
    x = x * 1.0
    for p in np.argwhere(x > 0.2):
        x[tuple(p)] = x[tuple(p)] ** 2 * x[0, 0]
    return np.sum(x**2)


PROGRAMS.add(places_where, arr(4, 4), issue=3)


def inside_by_slices(x):
    inside = tuple([slice(1, 3) for _ in range(x.ndim)])
    x = x * 1.0
    y = x[inside]
    y *= 3
    return np.sum(x**2)


PROGRAMS.add(inside_by_slices, arr(4, 4), issue=3)
