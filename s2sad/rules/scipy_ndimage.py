"""Filters of ``scipy.ndimage`` that are written in C. Declared when one of them is met (``registry.FAMILIES``)."""

from __future__ import annotations

from scipy import ndimage

from s2sad import runtime as rt
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import general
from s2sad.rules.samples import call, values


def correlate1d_jvp(input_dot, weights_dot, y, input, weights, *, axis=-1, mode="reflect", cval=0.0, origin=0):
    """Linear in both."""
    return (
        ndimage.correlate1d(input_dot, weights, axis=axis, mode=mode, origin=origin),
        ndimage.correlate1d(input, weights_dot, axis=axis, mode=mode, cval=cval, origin=origin),
    )


@general(
    ndimage.correlate1d, jvp=correlate1d_jvp, type=ty.same_shape,
    sample=samples.cases(
        lambda: call(values((6,)), values((3,))), lambda: call(values((4, 5)), values((4,)), axis=0, mode="mirror"),
        lambda: call(values((5,)), values((4,)), mode="nearest", origin=1),
        lambda: call(values((5,)), values((3,)), mode="wrap"),
        lambda: call(values((2, 5)), values((3,)), mode="constant", cval=0.7, origin=-1),
        lambda: call(values((3,)), values((11,))),
    ),
)  # fmt: skip
def correlate1d(y_bar, y, input, weights, /, *, axis=-1, mode="reflect", cval=0.0, origin=0):
    return (
        rt.filtered_adj(y_bar, input, weights, axis, mode, origin),
        rt.filtered_weights_adj(y_bar, input, weights, axis, mode, cval, origin),
    )


def uniform_filter1d_jvp(input_dot, y, input, *, size, axis=-1, mode="reflect", cval=0.0, origin=0):
    """Linear."""
    return ndimage.uniform_filter1d(input_dot, size, axis=axis, mode=mode, origin=origin)


@general(
    ndimage.uniform_filter1d, jvp=uniform_filter1d_jvp, type=ty.same_shape,
    sample=samples.cases(
        lambda: call(values((6,)), size=3), lambda: call(values((4, 5)), size=4, axis=0, mode="mirror"),
        lambda: call(values((5,)), size=3, mode="constant", origin=1),
    ),
)  # fmt: skip
def uniform_filter1d(y_bar, y, input, /, *, size, axis=-1, mode="reflect", cval=0.0, origin=0):
    return rt.filtered_adj(y_bar, input, rt.equal_weights(size), axis, mode, origin)
