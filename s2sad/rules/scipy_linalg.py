"""Functions of ``scipy.linalg`` that end in LAPACK. Declared when one of them is met (``registry.FAMILIES``)."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from s2sad import runtime as rt
from s2sad.ir.types import NUM, Array, Lit, Tuple, Type
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import general
from s2sad.rules.samples import call, square, values
from s2sad.rules.typing_matrices import lstsq_type as numpy_lstsq_type

_UPPER = Lit(False)


def det_jvp(a_dot, y, a, *, check_finite=True):
    """Jacobi's formula."""
    return rt.pairing(rt.cofactor(a), a_dot)


@general(
    linalg.det, jvp=det_jvp, type=ty.probe(linalg.det),
    sample=samples.cases(lambda: call(square()), lambda: call(square(2, batch=(3,)))),
)  # fmt: skip
def det(y_bar, y, a, /, *, check_finite=True):
    return rt.scaled(y_bar, rt.cofactor(a))


def inv_jvp(a_dot, y, a, *, check_finite=True):
    """The inverse on both sides."""
    return -np.matmul(np.matmul(y, a_dot), y)


@general(
    linalg.inv, jvp=inv_jvp, type=ty.probe(linalg.inv),
    sample=samples.cases(lambda: call(square()), lambda: call(square(2, batch=(3,)))),
)  # fmt: skip
def inv(y_bar, y, a, /, *, check_finite=True):
    return -np.matmul(np.matmul(rt.mt(y), y_bar), rt.mt(y))


def solve_jvp(a_dot, b_dot, y, a, b, *, check_finite=True):
    """Solve again with the same matrix."""
    return -np.linalg.solve(a, np.matmul(a_dot, y)), np.linalg.solve(a, b_dot)


@general(
    linalg.solve, jvp=solve_jvp, type=ty.probe(linalg.solve),
    sample=samples.cases(lambda: call(square(), values((3,))), lambda: call(square(), values((3, 2)))),
)  # fmt: skip
def solve(y_bar, y, a, b, /, *, check_finite=True):
    b_bar = np.linalg.solve(rt.mt(a), y_bar)
    return rt.solve_adj_a(b_bar, y, a), rt.unbroadcast(b_bar, b)


def expm_jvp(a_dot, y, a):
    """The block above the diagonal of the exponential of [[a, a_dot], [0, a]]."""
    return rt.upper_right(linalg.expm(rt.block_upper(a, a_dot)))


@general(
    linalg.expm, jvp=expm_jvp, type=ty.probe(linalg.expm),
    sample=samples.cases(lambda: call(values((3, 3))), lambda: call(values((2, 2), salt=1))),
)  # fmt: skip
def expm(y_bar, y, a, /):
    return rt.upper_right(linalg.expm(rt.block_upper(rt.mt(a), y_bar)))


def norm_jvp(a_dot, y, a, *, ord=None, axis=None, keepdims=False, check_finite=True):
    """The slope of a norm, along the direction."""
    return np.sum(rt.norm_slope(y, a, ord, axis, keepdims) * a_dot, axis=axis, keepdims=keepdims)


@general(
    linalg.norm, jvp=norm_jvp, type=ty.constant(NUM),
    sample=samples.cases(
        lambda: call(values((3,))), lambda: call(values((2, 3))), lambda: call(values((2, 3)), axis=1),
        lambda: call(values((3,)), 1), lambda: call(values((2, 3)), 3, axis=0),
    ),
)  # fmt: skip
def norm(y_bar, y, a, /, *, ord=None, axis=None, keepdims=False, check_finite=True):
    return rt.unreduce(y_bar, a, axis, keepdims) * rt.norm_slope(y, a, ord, axis, keepdims)


def cholesky_jvp(a_dot, y, a, *, lower=False, check_finite=True):
    """As the triangle that is read moves."""
    return rt.factor_dot(a_dot, y, lower, 0.0)


@general(
    linalg.cholesky, jvp=cholesky_jvp, type=ty.same_shape, of_reals=True,
    sample=samples.cases(lambda: call(samples.positive_definite()), lambda: call(samples.positive_definite(), lower=True)),
)  # fmt: skip
def cholesky(y_bar, y, a, /, *, lower=False, check_finite=True):
    return rt.factor_adj(y_bar, y, lower, 0.0)


def cho_factor_type(a: Type, lower: Type = _UPPER, **static: Type) -> Type:
    """The factor, and whether it is the lower one."""
    return Tuple((ty.same_shape(a), lower))


def cho_factor_jvp(a_dot, y, a, *, lower=False, check_finite=True):
    """The triangle that is not read is handed on."""
    return rt.factor_dot(a_dot, y[0], lower, 1.0), 0


@general(
    linalg.cho_factor, jvp=cho_factor_jvp, type=cho_factor_type, of_reals=True,
    sample=samples.cases(lambda: call(samples.positive_definite()), lambda: call(samples.positive_definite(), lower=True)),
)  # fmt: skip
def cho_factor(y_bar, y, a, /, *, lower=False, check_finite=True):
    return rt.factor_adj(y_bar[0], y[0], lower, 1.0)


def cho_solve_jvp(c_and_lower_dot, b_dot, y, c_and_lower, b, *, check_finite=True):
    """Solve again with the same factor."""
    return (
        -linalg.cho_solve(c_and_lower, np.matmul(rt.factored_dot(c_and_lower_dot[0], c_and_lower[0], c_and_lower[1]), y)),
        linalg.cho_solve(c_and_lower, b_dot),
    )


@general(
    linalg.cho_solve, jvp=cho_solve_jvp, type=ty.probe(linalg.cho_solve), of_reals=True,
    sample=samples.cases(
        lambda: call((square(), True), values((3,))), lambda: call((square(), False), values((3, 2))),
    ),
)  # fmt: skip
def cho_solve(y_bar, y, c_and_lower, b, /, *, check_finite=True):
    b_bar = linalg.cho_solve(c_and_lower, y_bar)
    return [rt.factored_adj(b_bar, y, c_and_lower[0], c_and_lower[1]), 0.0], b_bar


def solve_triangular_jvp(a_dot, b_dot, y, a, b, *, trans=0, lower=False, unit_diagonal=False, check_finite=True):
    """Solve again with the same triangle."""
    return (
        -linalg.solve_triangular(
            a, np.matmul(rt.triangular_dot(a_dot, trans, lower, unit_diagonal), y), trans, lower, unit_diagonal
        ),
        linalg.solve_triangular(a, b_dot, trans, lower, unit_diagonal),
    )


@general(
    linalg.solve_triangular, jvp=solve_triangular_jvp, type=ty.probe(linalg.solve_triangular),
    of_reals=lambda trans=0, **_: trans in (2, "C"),
    sample=samples.cases(
        lambda: call(square(), values((3,))), lambda: call(square(), values((3, 2)), lower=True),
        lambda: call(square(), values((3,)), trans=1), lambda: call(square(), values((3, 2)), trans="T", lower=True),
        lambda: call(square(), values((3,)), unit_diagonal=True),
    ),
)  # fmt: skip
def solve_triangular(y_bar, y, a, b, /, *, trans=0, lower=False, unit_diagonal=False, check_finite=True):
    b_bar = linalg.solve_triangular(a, y_bar, rt.opposite(trans), lower, unit_diagonal)
    return rt.triangular_adj(b_bar, y, a, trans, lower, unit_diagonal), b_bar


def solve_banded_type(l_and_u: Type, ab: Type, b: Type, **static: Type) -> Type:
    """The shape of the right-hand side."""
    m, v = ty.as_array(ab), ty.as_array(b)
    if not isinstance(m, Array) or not isinstance(v, Array) or m.dtype != v.dtype:
        return NUM
    return v


def solve_banded_jvp(l_and_u_dot, ab_dot, b_dot, y, l_and_u, ab, b, *, check_finite=True):
    """Solve again with the same bands."""
    return (
        None,
        -linalg.solve_banded(l_and_u, ab, np.matmul(rt.full_of_bands(l_and_u, ab_dot), y)),
        linalg.solve_banded(l_and_u, ab, b_dot),
    )


@general(
    linalg.solve_banded, jvp=solve_banded_jvp, type=solve_banded_type,
    sample=samples.cases(
        lambda: call((1, 1), values((3, 4)) + 3.0 * np.eye(3, 1, -1), values((4,))),
        lambda: call((2, 1), values((4, 5)) + 5.0 * np.eye(4, 1, -1), values((5, 2))),
        lambda: call((0, 1), values((2, 4)) + 3.0 * np.eye(2, 1, -1), values((4,))),
    ),
)  # fmt: skip
def solve_banded(y_bar, y, l_and_u, ab, b, /, *, check_finite=True):
    b_bar = linalg.solve_banded(rt.swapped(l_and_u), rt.transposed_bands(l_and_u, ab), y_bar)
    return None, rt.bands_adj(b_bar, y, l_and_u, ab), b_bar


def lstsq_type(a: Type, b: Type, **static: Type) -> Type:
    """As for NumPy, except that what is left over of one right-hand side is a number."""
    t = numpy_lstsq_type(a, b)
    return Tuple((t.items[0], NUM, *t.items[2:])) if isinstance(t, Tuple) else t


def lstsq_jvp(a_dot, b_dot, y, a, b, *, cond=None, check_finite=True, lapack_driver=None):
    """For a matrix whose rank does not change."""
    return rt.lstsq_dot_a(a_dot, y, a, b), rt.lstsq_dot_b(b_dot, y, a, b)


@general(
    linalg.lstsq, jvp=lstsq_jvp, type=lstsq_type, of_reals=True,
    sample=samples.cases(
        lambda: call(values((4, 2)), values((4,), salt=1)), lambda: call(values((4, 2)), values((4, 3), salt=1)),
        lambda: call(values((2, 4)), values((2,), salt=1)),
    ),
)  # fmt: skip
def lstsq(y_bar, y, a, b, /, *, cond=None, check_finite=True, lapack_driver=None):
    return rt.lstsq_adj_a(y_bar, y, a, b), rt.lstsq_adj_b(y_bar, y, a, b)


def eigh_jvp(a_dot, y, a, *, lower=True, check_finite=True):
    """First-order perturbation; equal eigenvalues do not mix."""
    inner = np.matmul(np.matmul(rt.mt(y[1]), rt.symmetric_of(a_dot, lower)), y[1])
    return np.diagonal(inner, axis1=-2, axis2=-1), np.matmul(y[1], rt.gaps(y[0]) * inner)


@general(
    linalg.eigh, jvp=eigh_jvp, type=ty.probe(linalg.eigh, 2), of_reals=True,
    sample=samples.cases(lambda: call(samples.positive_definite()), lambda: call(samples.positive_definite(2), lower=False)),
)  # fmt: skip
def eigh(y_bar, y, a, /, *, lower=True, check_finite=True):
    v = y[1]
    inner = rt.gaps(y[0]) * np.matmul(rt.mt(v), y_bar[1]) + np.expand_dims(y_bar[0], -2) * np.eye(v.shape[-1])
    s = np.matmul(np.matmul(v, inner), rt.mt(v))
    return rt.to_triangle(0.5 * (s + rt.mt(s)), lower)


def eigvalsh_jvp(a_dot, y, a, *, lower=True, check_finite=True):
    """First-order perturbation."""
    v = linalg.eigh(a, lower=lower)[1]
    return np.sum(v * np.matmul(rt.symmetric_of(a_dot, lower), v), axis=-2)


@general(
    linalg.eigvalsh, jvp=eigvalsh_jvp, type=ty.probe(linalg.eigvalsh), of_reals=True,
    sample=samples.cases(lambda: call(samples.positive_definite()), lambda: call(samples.positive_definite(), lower=False)),
)  # fmt: skip
def eigvalsh(y_bar, y, a, /, *, lower=True, check_finite=True):
    v = linalg.eigh(a, lower=lower)[1]
    return rt.to_triangle(np.matmul(v * np.expand_dims(y_bar, -2), rt.mt(v)), lower)


def svd_jvp(a_dot, y, a, *, full_matrices=True, check_finite=True):
    """For distinct singular values."""
    return rt.svd_jvp(a_dot, y[0], y[1], y[2])


@general(
    linalg.svd, jvp=svd_jvp, type=ty.probe(linalg.svd, 3), of_reals=True,
    sample=samples.cases(
        lambda: call(square()), lambda: call(values((2, 4)), full_matrices=False),
        lambda: call(values((4, 2)), full_matrices=False),
    ),
)  # fmt: skip
def svd(y_bar, y, a, /, *, full_matrices=True, check_finite=True):
    return rt.svd_adj(y_bar, y[0], y[1], y[2])


def svdvals_jvp(a_dot, y, a, *, check_finite=True):
    """For distinct singular values."""
    u, _, vt = np.linalg.svd(a, full_matrices=False)
    return np.sum(rt.mt(u) * np.matmul(vt, rt.mt(a_dot)), axis=-1)


@general(
    linalg.svdvals, jvp=svdvals_jvp, type=ty.probe(linalg.svdvals), of_reals=True,
    sample=samples.cases(lambda: call(square()), lambda: call(values((2, 4)))),
)  # fmt: skip
def svdvals(y_bar, y, a, /, *, check_finite=True):
    u, _, vt = np.linalg.svd(a, full_matrices=False)
    return np.matmul(u * np.expand_dims(y_bar, -2), vt)
