"""Adjoints of picking, sorting and interpolating."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.runtime.memory import add_at
from s2sad.runtime.shapes import as_kind, unbroadcast


def _zeros(x: Any, g: Any) -> np.ndarray:
    dtype = np.asarray(x).dtype
    return np.zeros(np.shape(x), dtype if dtype.kind in "fc" else np.result_type(g, np.float64))


def take_adj(g: Any, x: Any, indices: Any, axis: int | None = None) -> Any:
    """The adjoint of ``np.take``: what was taken twice gets both."""
    out = _zeros(x, g)
    if axis is None:
        add_at(out.reshape(-1), np.asarray(indices), np.asarray(g))
        return out
    moved = np.moveaxis(out, axis, 0)
    n = np.ndim(indices)
    at = axis % out.ndim
    add_at(moved, np.asarray(indices), np.moveaxis(np.asarray(g), range(at, at + n), range(n)))
    return out


def take_along_axis_adj(g: Any, x: Any, indices: Any, axis: int | None = -1) -> Any:
    """The adjoint of ``np.take_along_axis``."""
    out = _zeros(x, g)
    if axis is None:
        np.add.at(out.reshape(-1), indices, g)
        return out
    at = axis % out.ndim
    shape = np.shape(g)
    places: list[Any] = [
        np.arange(n).reshape([-1 if i == k else 1 for i in range(out.ndim)]) if out.shape[k] != 1 or n == 1 else 0
        for k, n in enumerate(shape)
    ]
    places[at] = indices
    np.add.at(out, tuple(places), g)
    return out


def compress_adj(g: Any, condition: Any, x: Any, axis: int | None = None) -> Any:
    """The adjoint of ``np.compress``."""
    out = _zeros(x, g)
    flat = out.reshape(-1) if axis is None else np.moveaxis(out, axis, 0)
    picked = np.flatnonzero(condition)
    flat[picked] = g if axis is None else np.moveaxis(np.asarray(g), axis, 0)
    return out


def select_rest(condlist: Sequence[Any]) -> Any:
    """Where ``np.select`` takes its default: no condition holds."""
    out = condlist[0]
    for c in condlist[1:]:
        out = np.logical_or(out, c)
    return np.logical_not(out)


def select_adj(g: Any, condlist: Sequence[Any], choicelist: Sequence[Any]) -> list[Any]:
    """The adjoints of the choices of ``np.select``: the first condition that holds decides."""
    free: Any = True
    parts = []
    for condition, x in zip(condlist, choicelist, strict=True):
        parts.append(unbroadcast(np.where(np.logical_and(condition, free), g, 0.0), x))
        free = np.logical_and(free, np.logical_not(condition))
    return parts


def choose_adj(g: Any, a: Any, choices: Sequence[Any]) -> list[Any]:
    """The adjoints of the choices of ``np.choose``."""
    return [unbroadcast(np.where(np.equal(a, k), g, 0.0), x) for k, x in enumerate(choices)]


def sort_adj(g: Any, x: Any, axis: int | None = -1) -> Any:
    """The adjoint of ``np.sort``: back to where the values came from; ties share."""
    if axis is None:
        return sort_adj(np.asarray(g), np.ravel(x), 0).reshape(np.shape(x))
    order = np.argsort(x, axis, kind="stable")
    ordered = np.take_along_axis(np.asarray(x), order, axis)
    out = _zeros(x, g)
    np.put_along_axis(out, order, _shared(g, ordered, axis), axis)
    return out


def sort_dot(x_dot: Any, x: Any, axis: int | None = -1) -> Any:
    """The tangent of ``np.sort``."""
    if axis is None:
        return sort_dot(np.ravel(x_dot), np.ravel(x), 0)
    order = np.argsort(x, axis, kind="stable")
    ordered = np.take_along_axis(np.asarray(x), order, axis)
    return _shared(np.take_along_axis(np.asarray(x_dot), order, axis), ordered, axis)


def _shared(g: Any, ordered: np.ndarray, axis: int) -> Any:
    """``g`` with the mean over each run of equal values in place of its parts."""
    g = np.asarray(g)
    same = np.diff(ordered, axis=axis) == 0
    if not same.any():
        return g
    rows, values = np.moveaxis(g, axis, -1).copy(), np.moveaxis(ordered, axis, -1)
    for index in np.ndindex(*rows.shape[:-1]):
        _, run, count = np.unique(values[index], return_inverse=True, return_counts=True)
        rows[index] = (np.bincount(run, rows[index]) / count)[run]
    return np.moveaxis(rows, -1, axis)


def partition_adj(g: Any, y: Any, x: Any, axis: int = -1) -> Any:
    """The adjoint of ``np.partition``: by the ranks of values in result and operand."""
    ranks = np.argsort(y, axis, kind="stable")
    return sort_adj(np.take_along_axis(np.asarray(g), ranks, axis), x, axis)


def partition_dot(x_dot: Any, y: Any, x: Any, axis: int = -1) -> Any:
    """The tangent of ``np.partition``."""
    ranks = np.argsort(y, axis, kind="stable")
    out = np.empty(np.shape(y), np.asarray(x_dot).dtype)
    np.put_along_axis(out, ranks, sort_dot(x_dot, x, axis), axis)
    return out


def _segment(x: Any, xp: np.ndarray) -> Any:
    """The index of the segment of the table that holds each point, or the nearest one."""
    return np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(len(xp) - 2, 0))


def _inside(x: Any, xp: np.ndarray) -> tuple[Any, Any, Any]:
    """The indices of the points around each ``x``, and how far it is from the first to the second; a table of one point
    has no other."""
    k = _segment(x, xp)
    after = np.minimum(k + 1, len(xp) - 1)
    width = xp[after] - xp[k]
    return k, after, (x - xp[k]) / np.where(after == k, 1.0, width)


def interp_slope(x: Any, xp: Any, fp: Any) -> Any:
    """The slope of the segment that holds each point; at a knot the smaller one, 0 if their signs differ."""
    xp, fp = np.asarray(xp), np.asarray(fp)
    slopes = np.concatenate([[0.0], np.diff(fp) / np.diff(xp), [0.0]])
    right = slopes[np.searchsorted(xp, x, side="right")]
    left = slopes[np.searchsorted(xp, x, side="left")]
    smaller = np.where(np.abs(left) < np.abs(right), left, right)
    return np.where(left * right > 0, smaller, np.where(np.equal(left, right), right, 0.0))[()]


def interp_adj_fp(g: Any, x: Any, xp: Any, fp: Any) -> Any:
    """The adjoint of the values of the table in ``np.interp``."""
    knots = np.asarray(xp)
    k, after, t = _inside(x, knots)
    t = np.clip(t, 0.0, 1.0)
    out = np.zeros(len(knots), np.result_type(g, np.float64))
    np.add.at(out, k, g * (1.0 - t))
    np.add.at(out, after, g * t)
    return as_kind(out, fp) if isinstance(fp, np.ndarray) else out.tolist()


def interp_adj_xp(g: Any, x: Any, xp: Any, fp: Any) -> Any:
    """The adjoint of the points of the table in ``np.interp``."""
    knots = np.asarray(xp)
    k, after, t = _inside(x, knots)
    slope = interp_slope(x, xp, fp) * g
    out = np.zeros(len(knots), np.result_type(g, np.float64))
    np.add.at(out, k, -slope * (1.0 - t))
    np.add.at(out, after, -slope * t)
    return as_kind(out, xp) if isinstance(xp, np.ndarray) else out.tolist()


def interp_dot(x: Any, xp: Any, fp: Any, xp_dot: Any) -> Any:
    """The tangent of ``np.interp`` by the points of its table."""
    knots = np.asarray(xp)
    dots = np.broadcast_to(0.0 if xp_dot is None else xp_dot, knots.shape)
    k, after, t = _inside(x, knots)
    return -interp_slope(x, xp, fp) * ((1.0 - t) * dots[k] + t * dots[after])
