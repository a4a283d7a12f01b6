"""Functions of ``scipy.linalg`` that end in LAPACK. Declared when one of them is met (``registry.FAMILIES``)."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from s2sad import runtime as rt
from s2sad.ir.types import NUM
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import general
from s2sad.rules.samples import call, square, values


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
