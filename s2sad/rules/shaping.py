"""Reshaping and permuting: linear functions whose transposes move elements back."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import INT, NUM, ONE, Lit, Tuple, Type, is_number, rank_of, widen
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import linear, nondiff

call, values = samples.call, samples.values


@linear(
    np.reshape,
    methods=("reshape",),
    aliases="maybe",
    type=ty.reshaped,
    sample=samples.cases(
        lambda: call(values((2, 3)), (3, 2)),
        lambda: call(values((2, 3)), -1),
        lambda: call(values((6,)), (2, -1)),
        lambda: call(values((2, 3)), 6),
        lambda: call(values((2, 3), dtype=np.float32), (1, 6)),
    ),
)
def reshape(y_bar, a, /, *, shape, order="C"):
    return rt.reshape_adj(y_bar, a, order)


@linear(np.ravel, methods=("ravel",), aliases="maybe", type=ty.flat, sample=samples.array((2, 3), (4,), ()))
def ravel(y_bar, a, /, *, order="C"):
    return rt.reshape_adj(y_bar, a, order)


@linear(rt.flatten, methods=("flatten",), type=ty.flat, sample=samples.array((2, 3), (4,)))
def flatten(y_bar, a, /, *, order="C"):
    return rt.reshape_adj(y_bar, a, order)


@linear(
    np.transpose,
    methods=("transpose",),
    aliases="view",
    type=ty.transposed,
    sample=samples.cases(
        lambda: call(values((2, 3))),
        lambda: call(values((2, 3, 4)), (1, 2, 0)),
        lambda: call(values((2, 3, 4))),
        lambda: call(values((2, 3, 4)), axes=(0, -1, 1)),
        lambda: call(values((3,))),
    ),
)
def transpose(y_bar, a, /, *, axes=None):
    # without axes this is y_bar.T
    return rt.transpose_adj(y_bar, axes)


@linear(
    np.swapaxes,
    methods=("swapaxes",),
    aliases="view",
    type=ty.swapped,
    sample=samples.array((2, 3, 4), axis1=0, axis2=-1),
)
def swapaxes(y_bar, a, /, *, axis1, axis2):
    return np.swapaxes(y_bar, axis1, axis2)


@linear(
    np.moveaxis,
    aliases="view",
    type=ty.probe(np.moveaxis),
    sample=samples.cases(lambda: call(values((2, 3, 4)), 0, -1), lambda: call(values((2, 3, 4)), (0, 1), (2, 0))),
)
def moveaxis(y_bar, a, /, *, source, destination):
    return np.moveaxis(y_bar, destination, source)


@linear(
    np.squeeze,
    methods=("squeeze",),
    aliases="view",
    type=ty.squeezed,
    sample=samples.cases(
        lambda: call(values((1, 3, 1))),
        lambda: call(values((1, 3, 1)), 0),
        lambda: call(values((1, 3, 1)), axis=(0, -1)),
    ),
)
def squeeze(y_bar, a, /, *, axis=None):
    return rt.restored(y_bar, a)


@linear(
    np.expand_dims,
    aliases="view",
    type=ty.expanded,
    sample=samples.cases(
        lambda: call(values((3,)), 0),
        lambda: call(values((3,)), -1),
        lambda: call(values((2, 3)), (0, -1)),
        lambda: call(1.5, 0),
    ),
)
def expand_dims(y_bar, a, /, *, axis):
    return rt.restored(y_bar, a)


@linear(
    np.broadcast_to,
    aliases="view",
    type=ty.broadcast_to,
    sample=samples.cases(
        lambda: call(values((3,)), (2, 3)),
        lambda: call(values((2, 1)), (4, 2, 3)),
        lambda: call(1.5, (2,)),
        lambda: call(values((1,), dtype=np.float32), 3),
    ),
)
def broadcast_to(y_bar, array, /, *, shape):
    return rt.unbroadcast(y_bar, array)


@linear(np.atleast_1d, aliases="view", type=ty.probe(np.atleast_1d), sample=samples.array((), (3,), (2, 3)))
def atleast_1d(y_bar, a, /):
    return rt.restored(y_bar, a)


@linear(np.atleast_2d, aliases="view", type=ty.probe(np.atleast_2d), sample=samples.array((), (3,), (2, 3)))
def atleast_2d(y_bar, a, /):
    return rt.restored(y_bar, a)


@linear(np.atleast_3d, aliases="view", type=ty.probe(np.atleast_3d), sample=samples.array((), (3,), (2, 3)))
def atleast_3d(y_bar, a, /):
    return rt.restored(y_bar, a)


nondiff(np.shape, type=ty.shape_type)
nondiff(np.size, type=ty.probe(np.size))


def ndim_type(a: Type) -> Type:
    """Known where the rank is, so that it decides branches."""
    rank = rank_of(a if is_number(a) else ty.as_array(a) or a)
    return INT if rank is None else Lit(rank)


nondiff(np.ndim, type=ndim_type)


def broadcast_shape_type(*shapes: Type) -> Type:
    """As many integers as the longest shape has; a size where all that have one there have the same."""
    if not all(isinstance(t, Tuple) and t.cls is None for t in shapes):
        return NUM
    rows = [t.items for t in shapes if isinstance(t, Tuple)]
    sizes: list[Type] = []
    for k in range(1, max(map(len, rows), default=0) + 1):
        there = {widen(row[-k]) for row in rows if len(row) >= k}
        there = there if len(there) == 1 else {t for t in there if getattr(t, "size", None) != ONE}
        sizes.append(there.pop() if len(there) == 1 else INT)
    return Tuple(tuple(reversed(sizes)))


nondiff(np.broadcast_shapes, type=broadcast_shape_type)
