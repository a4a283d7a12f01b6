"""Products of stacks of matrices and vectors: ``np.matvec`` and ``np.vecmat`` (of NumPy 2.2 and later)."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import bilinear
from s2sad.rules.samples import call, values

if hasattr(np, "matvec"):

    @bilinear(
        np.matvec,
        type=ty.probe(np.matvec),
        sample=samples.cases(
            lambda: call(values((3, 4)), values((4,), salt=1)),
            lambda: call(values((2, 3, 4)), values((4,), salt=1)),
            lambda: call(values((3, 4)), values((2, 4), salt=1)),
        ),
    )
    def matvec(y_bar, x1, x2, /):
        pull = np.expand_dims(y_bar, -1)
        return rt.unbroadcast(pull * np.expand_dims(x2, -2), x1), rt.unbroadcast(np.sum(pull * x1, axis=-2), x2)

    @bilinear(
        np.vecmat,
        type=ty.probe(np.vecmat),
        sample=samples.cases(
            lambda: call(values((3,)), values((3, 4), salt=1)),
            lambda: call(values((2, 3)), values((3, 4), salt=1)),
            lambda: call(values((3,)), values((2, 3, 4), salt=1)),
        ),
    )
    def vecmat(y_bar, x1, x2, /):
        pull = np.expand_dims(y_bar, -2)
        return rt.unbroadcast(np.conj(np.sum(pull * x2, axis=-1)), x1), rt.unbroadcast(
            np.expand_dims(np.conj(x1), -1) * pull, x2
        )
