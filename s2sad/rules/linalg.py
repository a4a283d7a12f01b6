"""Products and linear algebra."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import bilinear


def _dot_cases() -> list[samples.Case]:
    v, m, t = samples.values((3,)), samples.values((2, 3)), samples.values((4, 2, 3))
    return [
        samples.call(v, samples.values((3,), salt=1)), samples.call(m, v), samples.call(v, m.T), samples.call(m, m.T),
        samples.call(t, v), samples.call(t, samples.values((3, 2), salt=2)), samples.call(m, samples.values((4, 3, 2))),
        samples.call(t, samples.values((2, 3, 2))), samples.call(2.0, m), samples.call(m, 0.5), samples.call(1.5, 2.5),
    ]


@bilinear(np.dot, methods=("dot",), type=ty.dot, sample=_dot_cases)
def dot(y_bar, a, b, /):
    # as for matmul for one and two dimensions; a scalar operand: y_bar * b, np.sum(y_bar * a)
    return rt.dot_adj_a(y_bar, b, a), rt.dot_adj_b(y_bar, a, b)


@bilinear(np.outer, type=ty.outer, sample=samples.cases(
    lambda: samples.call(samples.values((3,)), samples.values((4,))),
    lambda: samples.call(samples.values((2, 2)), samples.values((3,)))))
def outer(y_bar, a, b, /):
    # vectors: y_bar @ b, a @ y_bar
    return rt.outer_adj_a(y_bar, b, a), rt.outer_adj_b(y_bar, a, b)
