"""Joining, splitting, repeating and shifting: linear functions whose transposes move elements back."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import Array, Tuple, Type
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import general, linear

call, values = samples.call, samples.values


def _three() -> list[np.ndarray]:
    return [values((2, 3)), values((1, 3), salt=1), values((4, 3), salt=2)]


def _alike() -> list[np.ndarray]:
    return [values((2, 3)), values((2, 3), salt=1)]


@linear(
    np.concatenate,
    type=ty.concatenated,
    sample=samples.cases(
        lambda: call(_three()),
        lambda: call(_alike(), -1),
        lambda: call(tuple(_alike()), axis=1),
        lambda: call([values((2, 3)), values((4,))], axis=None),
        lambda: call([values((2,)), values((3,), salt=2)]),
    ),
)
def concatenate(y_bar, arrays, /, *, axis=0, dtype=None):
    # for sizes that are known the parts are slices of y_bar
    return rt.concatenate_adj(y_bar, arrays, axis)


@linear(
    np.stack,
    type=ty.stacked,
    sample=samples.cases(
        lambda: call(_alike()), lambda: call(_alike(), axis=-1), lambda: call([1.0, 2.0]), lambda: call(_alike(), 1)
    ),
)
def stack(y_bar, arrays, /, *, axis=0):
    return rt.stack_adj(y_bar, arrays, axis)


@linear(
    np.vstack,
    type=ty.probe(np.vstack),
    sample=samples.cases(lambda: call(_three()), lambda: call([values((3,)), values((3,), salt=1)])),
)
def vstack(y_bar, tup, /):
    return rt.concatenate_adj(y_bar, tup, 0, 2)


@linear(
    np.hstack,
    type=ty.probe(np.hstack),
    sample=samples.cases(
        lambda: call(_alike()), lambda: call([values((3,)), values((2,), salt=1)]), lambda: call([1.0, 2.0])
    ),
)
def hstack(y_bar, tup, /):
    return rt.hstack_adj(y_bar, tup)


@linear(
    np.dstack,
    type=ty.probe(np.dstack),
    sample=samples.cases(lambda: call(_alike()), lambda: call([values((3,)), values((3,), salt=1)])),
)
def dstack(y_bar, tup, /):
    return rt.concatenate_adj(y_bar, tup, 2, 3)


@linear(
    np.column_stack,
    type=ty.probe(np.column_stack),
    sample=samples.cases(lambda: call([values((3,)), values((3, 2), salt=1)])),
)
def column_stack(y_bar, tup, /):
    return rt.column_stack_adj(y_bar, tup)


@linear(
    np.split,
    aliases="view",
    type=ty.split_parts,
    sample=samples.cases(
        lambda: call(values((6,)), 3), lambda: call(values((6,)), [1, 4]), lambda: call(values((2, 4)), 2, axis=1)
    ),
)
def split(y_bar, ary, /, *, indices_or_sections, axis=0):
    return np.concatenate(y_bar, axis=axis)


@linear(
    np.array_split,
    aliases="view",
    type=ty.split_parts,
    sample=samples.cases(lambda: call(values((7,)), 3), lambda: call(values((2, 5)), 2, axis=1)),
)
def array_split(y_bar, ary, /, *, indices_or_sections, axis=0):
    return np.concatenate(y_bar, axis=axis)


@linear(
    np.tile,
    type=ty.probe(np.tile),
    sample=samples.cases(
        lambda: call(values((3,)), 2),
        lambda: call(values((2, 3)), (2, 1, 3)),
        lambda: call(values((2, 1, 3)), (2, 2)),
        lambda: call(1.5, 3),
    ),
)
def tile(y_bar, A, /, *, reps):
    return rt.tile_adj(y_bar, A, reps)


@linear(
    np.repeat,
    methods=("repeat",),
    type=ty.probe(np.repeat),
    sample=samples.cases(
        lambda: call(values((3,)), 2),
        lambda: call(values((2, 3)), 2, axis=1),
        lambda: call(values((3,)), np.array([1, 0, 2])),
        lambda: call(values((2, 3)), 2),
    ),
)
def repeat(y_bar, a, /, *, repeats, axis=None):
    return rt.repeat_adj(y_bar, a, repeats, axis)


@linear(
    np.flip,
    aliases="view",
    type=ty.same_shape,
    sample=samples.cases(
        lambda: call(values((2, 3))), lambda: call(values((2, 3)), 1), lambda: call(values((2, 3)), axis=(0, -1))
    ),
)
def flip(y_bar, m, /, *, axis=None):
    return np.flip(y_bar, axis)


@linear(
    np.roll,
    type=ty.same_shape,
    sample=samples.cases(
        lambda: call(values((5,)), 2),
        lambda: call(values((2, 3)), 1),
        lambda: call(values((2, 3)), (1, -1), axis=(0, 1)),
    ),
)
def roll(y_bar, a, /, *, shift, axis=None):
    return np.roll(y_bar, rt.negated(shift), axis)


@linear(
    np.tril, type=ty.same_shape, sample=samples.cases(lambda: call(values((3, 3))), lambda: call(values((2, 3, 4)), 1))
)
def tril(y_bar, m, /, *, k=0):
    return np.tril(y_bar, k)


@linear(
    np.triu, type=ty.same_shape, sample=samples.cases(lambda: call(values((3, 3))), lambda: call(values((2, 3, 4)), -1))
)
def triu(y_bar, m, /, *, k=0):
    return np.triu(y_bar, k)


@linear(
    np.diag,
    aliases="maybe",
    type=ty.probe(np.diag),
    sample=samples.cases(
        lambda: call(values((3,))),
        lambda: call(values((3, 4))),
        lambda: call(values((3,)), 1),
        lambda: call(values((3, 4)), k=-1),
    ),
)
def diag(y_bar, v, /, *, k=0):
    return rt.diag_adj(y_bar, v, k)


@linear(
    np.diagonal,
    methods=("diagonal",),
    aliases="view",
    type=ty.probe(np.diagonal),
    sample=samples.cases(
        lambda: call(values((3, 4))),
        lambda: call(values((3, 4)), offset=1),
        lambda: call(values((2, 3, 4)), offset=-1, axis1=1, axis2=2),
    ),
)
def diagonal(y_bar, a, /, *, offset=0, axis1=0, axis2=1):
    return rt.diagonal_adj(y_bar, a, offset, axis1, axis2)


@linear(
    np.diff,
    type=ty.probe(np.diff),
    sample=samples.cases(
        lambda: call(values((5,))), lambda: call(values((5,)), 2), lambda: call(values((3, 4)), axis=0)
    ),
)
def diff(y_bar, a, /, *, n=1, axis=-1):
    return rt.diff_adj(y_bar, a, n, axis)


def pad_refuses(mode="constant", **static):
    """Only the modes that copy elements are linear."""
    return None if mode in rt.PAD_MODES else f"mode={mode!r} of np.pad has no derivative rule"


def pad_jvp(array_dot, y, array, *, pad_width, mode="constant", constant_values=0):
    """Linear, with 0 for what is constant."""
    return np.pad(array_dot, pad_width, mode)


@general(
    np.pad,
    jvp=pad_jvp,
    refuses=pad_refuses,
    type=ty.probe(np.pad),
    sample=samples.cases(
        lambda: call(values((3,)), 2),
        lambda: call(values((2, 3)), ((1, 2), (0, 1))),
        lambda: call(values((4,)), (2, 1), "edge"),
        lambda: call(values((4,)), 3, mode="reflect"),
        lambda: call(values((3, 4)), 2, mode="wrap"),
        lambda: call(values((4,)), (1, 0), constant_values=5.0),
        lambda: call(values((4,)), 2, mode="symmetric"),
    ),
)
def pad(y_bar, y, array, /, *, pad_width, mode="constant", constant_values=0):
    # mode "constant": the middle of y_bar
    return rt.pad_adj(y_bar, array, pad_width, mode)


@linear(
    np.lib.stride_tricks.sliding_window_view,
    aliases="view",
    type=ty.probe(np.lib.stride_tricks.sliding_window_view),
    sample=samples.cases(
        lambda: call(values((5,)), 3),
        lambda: call(values((4, 3)), (2, 2)),
        lambda: call(values((4, 3)), 2, axis=0),
        lambda: call(values((3, 4)), (3,), axis=-1),
    ),
)
def sliding_window_view(y_bar, x, /, *, window_shape, axis=None):
    return rt.windows_adj(y_bar, x, window_shape, axis)


def meshgrid_jvp(x_dot, y, k, *xi, indexing="xy"):
    """One of the grids moves."""
    return rt.meshgrid_dot(x_dot, k, xi, indexing)


_ask_grids = ty.probe(np.meshgrid)


@ty.never_raises
def _meshgrid_type(*xi: Type, **static: Type) -> Type:
    """As many grids as vectors, of as many axes, whatever is known of them."""
    known = _ask_grids(*xi, **static)
    return known if isinstance(known, Tuple) else Tuple((Array(None, (None,) * len(xi)),) * len(xi))


@general(
    np.meshgrid,
    jvp=meshgrid_jvp,
    type=_meshgrid_type,
    sample=samples.cases(
        lambda: call(values((3,)), values((4,))), lambda: call(values((2,)), values((3,)), values((4,)), indexing="ij")
    ),
)
def meshgrid(y_bar, y, k, /, *xi, indexing="xy"):
    return rt.meshgrid_adj(y_bar[k], k, xi, indexing)


@ty.never_raises
def _grids_type(x_dot: Type, k: Type, xi: Type, indexing: Type | None = None) -> Type:
    """The types of the grids."""
    assert isinstance(xi, Tuple)
    return _meshgrid_type(*xi.items, **({} if indexing is None else {"indexing": indexing}))


@linear(
    rt.meshgrid_dot,
    type=_grids_type,
    sample=samples.cases(lambda: call(values((3,)), 0, (values((3,)), values((4,))))),
)
def meshgrid_dot(y_bar, x_dot, /, *, k, xi, indexing="xy"):
    return rt.meshgrid_adj(y_bar[k], k, xi, indexing)
