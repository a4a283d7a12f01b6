"""Reductions: what folds axes of an array away, and the running sums and products."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import NUM
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import general, linear, nondiff


@linear(np.sum, methods=("sum",), type=ty.reduced(np.sum), sample=samples.reduction())
def sum_(y_bar, a, /, *, axis=None, dtype=None, keepdims=False):
    return rt.unreduce(y_bar, a, axis, keepdims)


def _masked(fn):
    """The type of a reduction of what a mask leaves."""
    plain = ty.reduced(fn)
    return lambda a, where=None, **static: plain(a, **static)


def _mask_samples():
    a = samples.values((3, 4))
    mask = a > 0.3
    return samples.cases(
        lambda: samples.call(a, where=mask),
        lambda: samples.call(a, where=mask, axis=1),
        lambda: samples.call(a, where=mask[:, :1], axis=0, keepdims=True),
        lambda: samples.call(a, where=mask[0]),
    )


@linear(rt.masked_sum, type=_masked(np.sum), sample=_mask_samples())
def masked_sum(y_bar, a, /, *, where, axis=None, keepdims=False):
    return np.where(where, rt.unreduce(y_bar, a, axis, keepdims), 0.0)


@linear(rt.masked_mean, type=_masked(np.mean), sample=_mask_samples())
def masked_mean(y_bar, a, /, *, where, axis=None, keepdims=False):
    return rt.unreduce(y_bar, a, axis, keepdims) * rt.mask_share(where, a, axis)


nondiff(rt.mask_share, type=lambda where, a, axis=None, **static: ty.as_array(a) or NUM)


@linear(np.mean, methods=("mean",), type=ty.reduced(np.mean), sample=samples.reduction())
def mean(y_bar, a, /, *, axis=None, dtype=None, keepdims=False):
    # rt.count(a, axis) is a.size or the product of the sizes of the axes
    return rt.unreduce(y_bar / rt.count(a, axis), a, axis, keepdims)


def max_jvp(a_dot, y, a, *, axis=None, keepdims=False):
    """The mean of the tangents of the elements that tie."""
    return np.sum(rt.share(y, a, axis, keepdims) * a_dot, axis=axis, keepdims=keepdims)


@general(np.max, np.amax, jvp=max_jvp, methods=("max",), type=ty.reduced(np.max), sample=samples.reduction())
def max_(y_bar, y, a, /, *, axis=None, keepdims=False):
    return rt.unreduce(y_bar, a, axis, keepdims) * rt.share(y, a, axis, keepdims)


@general(np.min, np.amin, jvp=max_jvp, methods=("min",), type=ty.reduced(np.min), sample=samples.reduction())
def min_(y_bar, y, a, /, *, axis=None, keepdims=False):
    return rt.unreduce(y_bar, a, axis, keepdims) * rt.share(y, a, axis, keepdims)


def nanmax_jvp(a_dot, y, a, *, axis=None, keepdims=False):
    """As for ``max``; a NaN has no share, whatever its tangent."""
    return np.sum(rt.share(y, a, axis, keepdims) * np.where(np.isnan(a), 0.0, a_dot), axis=axis, keepdims=keepdims)


@general(np.nanmax, jvp=nanmax_jvp, type=ty.reduced(np.nanmax), sample=samples.reduction())
def nanmax(y_bar, y, a, /, *, axis=None, keepdims=False):
    return rt.unreduce(y_bar, a, axis, keepdims) * rt.share(y, a, axis, keepdims)


@general(np.nanmin, jvp=nanmax_jvp, type=ty.reduced(np.nanmin), sample=samples.reduction())
def nanmin(y_bar, y, a, /, *, axis=None, keepdims=False):
    return rt.unreduce(y_bar, a, axis, keepdims) * rt.share(y, a, axis, keepdims)


def ptp_jvp(a_dot, y, a, *, axis=None, keepdims=False):
    """The tangent of the maximum less that of the minimum."""
    return np.sum(rt.ptp_share(a, axis) * a_dot, axis=axis, keepdims=keepdims)


@general(np.ptp, jvp=ptp_jvp, type=ty.reduced(np.ptp), sample=samples.reduction())
def ptp(y_bar, y, a, /, *, axis=None, keepdims=False):
    return rt.unreduce(y_bar, a, axis, keepdims) * rt.ptp_share(a, axis)


def prod_jvp(a_dot, y, a, *, axis=None, keepdims=False):
    """Each factor's tangent times the product of the others."""
    return np.sum(rt.others(a, axis) * a_dot, axis=axis, keepdims=keepdims)


@general(np.prod, jvp=prod_jvp, methods=("prod",), type=ty.reduced(np.prod), sample=samples.reduction())
def prod(y_bar, y, a, /, *, axis=None, keepdims=False):
    # rt.others(a, axis) is the product of all other factors, exact also where factors are 0
    return rt.unreduce(y_bar, a, axis, keepdims) * rt.others(a, axis)


def var_jvp(a_dot, y, a, *, axis=None, ddof=0, keepdims=False):
    """Twice the mean of deviation times tangent."""
    return np.sum(rt.var_slope(a, axis, ddof) * a_dot, axis=axis, keepdims=keepdims)


@general(np.var, jvp=var_jvp, methods=("var",), type=ty.reduced(np.var), sample=samples.reduction())
def var(y_bar, y, a, /, *, axis=None, ddof=0, keepdims=False):
    return rt.unreduce(y_bar, a, axis, keepdims) * rt.var_slope(a, axis, ddof)


def std_jvp(a_dot, y, a, *, axis=None, ddof=0, keepdims=False):
    """0 where all elements are equal."""
    return np.sum(rt.std_slope(a, axis, ddof) * a_dot, axis=axis, keepdims=keepdims)


@general(np.std, jvp=std_jvp, methods=("std",), type=ty.reduced(np.std), sample=samples.reduction())
def std(y_bar, y, a, /, *, axis=None, ddof=0, keepdims=False):
    return rt.unreduce(y_bar, a, axis, keepdims) * rt.std_slope(a, axis, ddof)


def nansum_jvp(a_dot, y, a, *, axis=None, keepdims=False):
    """NaN elements have no part in it."""
    return np.sum(np.where(np.isnan(a), 0.0, a_dot), axis=axis, keepdims=keepdims)


@general(np.nansum, jvp=nansum_jvp, type=ty.reduced(np.nansum), sample=samples.reduction())
def nansum(y_bar, y, a, /, *, axis=None, keepdims=False):
    return np.where(np.isnan(a), 0.0, rt.unreduce(y_bar, a, axis, keepdims))


def nanmean_jvp(a_dot, y, a, *, axis=None, keepdims=False):
    """The mean over what is not NaN."""
    total = np.sum(np.where(np.isnan(a), 0.0, a_dot), axis=axis, keepdims=keepdims)
    return total / np.sum(~np.isnan(a), axis=axis, keepdims=keepdims)


@general(np.nanmean, jvp=nanmean_jvp, type=ty.reduced(np.nanmean), sample=samples.reduction())
def nanmean(y_bar, y, a, /, *, axis=None, keepdims=False):
    n = np.sum(~np.isnan(a), axis=axis, keepdims=keepdims)
    return np.where(np.isnan(a), 0.0, rt.unreduce(y_bar / n, a, axis, keepdims))


def median_jvp(a_dot, y, a, *, axis=None, keepdims=False):
    """The tangent of the middle elements."""
    return np.sum(rt.median_share(a, axis) * a_dot, axis=axis, keepdims=keepdims)


@general(np.median, jvp=median_jvp, type=ty.reduced(np.median), sample=samples.reduction())
def median(y_bar, y, a, /, *, axis=None, keepdims=False):
    return rt.unreduce(y_bar, a, axis, keepdims) * rt.median_share(a, axis)


@linear(np.cumsum, methods=("cumsum",), type=ty.cumulative(np.cumsum), sample=samples.one_axis())
def cumsum(y_bar, a, /, *, axis=None, dtype=None):
    return rt.cumsum_adj(y_bar, a, axis)


def cumprod_jvp(a_dot, y, a, *, axis=None):
    """Exact also where factors are 0."""
    return rt.cumprod_jvp(a_dot, a, axis)


@general(np.cumprod, jvp=cumprod_jvp, methods=("cumprod",), type=ty.cumulative(np.cumprod), sample=samples.one_axis())
def cumprod(y_bar, y, a, /, *, axis=None):
    return rt.cumprod_adj(y_bar, a, axis)


@linear(
    np.trace,
    methods=("trace",),
    type=ty.probe(np.trace),
    sample=samples.cases(
        lambda: samples.call(samples.values((3, 4))),
        lambda: samples.call(samples.values((3, 4)), offset=1),
        lambda: samples.call(samples.values((2, 3, 4)), offset=-1, axis1=1, axis2=2),
    ),
)
def trace(y_bar, a, /, *, offset=0, axis1=0, axis2=1):
    return rt.diagonal_adj(np.expand_dims(y_bar, -1), a, offset, axis1, axis2)


nondiff(np.any, type=ty.reduced(np.any), methods=("any",))
nondiff(np.all, type=ty.reduced(np.all), methods=("all",))
nondiff(np.argmax, type=ty.reduced(np.argmax), methods=("argmax",))
nondiff(np.argmin, type=ty.reduced(np.argmin), methods=("argmin",))
nondiff(np.nanargmax, type=ty.reduced(np.nanargmax))
nondiff(np.nanargmin, type=ty.reduced(np.nanargmin))
nondiff(np.count_nonzero, type=ty.reduced(np.count_nonzero))
