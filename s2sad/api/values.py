"""Gradients, seeds and tangents as values: in the form of their argument, and with memory of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.api.pytrees import children_of, tree_map
from s2sad.api.signature import arrays_in
from s2sad.runtime.containers import same_class_dict


def formed(gradient: Any, x: Any) -> Any:
    """The gradient in the structure, shape, dtype and type of ``x``. What fits already is kept as it is."""
    return gradient if _fits(gradient, x) else _formed(gradient, x, None)


def restricted(gradient: Any, x: Any) -> Any:
    """The gradient without the entries of dicts that ``x``, the argument as it was at the call, does not have."""
    if isinstance(x, dict) and isinstance(gradient, dict):
        if gradient.keys() <= x.keys() and not any(isinstance(v, dict | list | tuple) for v in x.values()):
            return gradient
        return same_class_dict(x, {k: restricted(g, x[k]) for k, g in gradient.items() if k in x})
    if type(x) in (list, tuple) and type(gradient) is type(x) and len(gradient) == len(x):
        return type(x)(map(restricted, gradient, x))
    return gradient


def _fits(gradient: Any, x: Any) -> bool:
    """Has the gradient that form already? Arrays in lists, which are what most trees hold, are looked at without a call."""
    cls = type(x)
    if type(gradient) is not cls:
        return False
    if cls is np.ndarray:
        return gradient.dtype is x.dtype and gradient.shape == x.shape
    if cls is list or cls is tuple:
        pairs = zip(gradient, x, strict=False)
        if len(gradient) != len(x):
            return False
    elif cls is dict:
        if gradient.keys() != x.keys():
            return False
        pairs = ((gradient[k], v) for k, v in x.items())  # type: ignore[assignment]
    else:
        return cls is float
    for g, v in pairs:
        if type(v) is np.ndarray and type(g) is np.ndarray:
            if g.dtype is not v.dtype or g.shape != v.shape:
                return False
        elif not _fits(g, v):
            return False
    return True


def owned_gradient(gradient: Any, x: Any, inputs: Iterable[Any], others: Iterable[Any] = ()) -> Any:
    """The gradient in the structure, shape, dtype and type of ``x``, in memory that no input or other gradient has."""
    if type(x) is float:
        return gradient if type(gradient) is float else rt.conform(gradient, x)
    taken: set[int] = set()
    for value in inputs:
        _collect(value, taken)
    for value in others:
        _collect(value, taken)
    return _formed(gradient, x, taken)


def _collect(value: Any, taken: set[int]) -> None:
    """Add the arrays of an argument, each by the array that owns its memory."""
    cls = type(value)
    if cls is np.ndarray:
        taken.add(id(value) if value.base is None else id(owner(value)))
    elif cls is dict:
        for item in value.values():
            _collect(item, taken)
    elif cls is not float and cls is not int:
        for array in arrays_in(value):
            taken.add(id(owner(array)))


def _formed(gradient: Any, x: Any, taken: set[int] | None) -> Any:
    """What fits already is kept, for the sake of large arrays; the rest is made anew by the runtime."""
    cls = type(x)
    if cls is np.ndarray and type(gradient) is np.ndarray:
        if gradient.dtype is x.dtype and gradient.shape == x.shape:
            return gradient if taken is None else _own(gradient, taken)
    elif type(gradient) is cls:
        if cls is float:
            return gradient
        if cls is dict and gradient.keys() == x.keys():
            return {k: _formed(gradient[k], v, taken) for k, v in x.items()}
        if cls in (list, tuple) and len(gradient) == len(x):
            return cls(_formed(g, v, taken) for g, v in zip(gradient, x, strict=True))
    return rt.conform(gradient, x)


def _own(gradient: np.ndarray[Any, Any], taken: set[int]) -> np.ndarray[Any, Any]:
    """The array, or a copy where its memory is taken or cannot be written to."""
    root = id(gradient) if gradient.base is None else id(owner(gradient))
    if root in taken or not gradient.flags.writeable:
        return gradient.copy()
    taken.add(root)
    return gradient


def owner(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array that owns the memory of a view."""
    return rt.owner_of(array)


def zero_like(x: Any) -> Any:
    """The zero gradient of an argument of any type."""
    return rt.conform(0.0, x) if children_of(x) is None else tree_map(zero_like, x)


def as_perturbation(t: Any, x: Any, what: str) -> Any:
    """A tangent or a seed ``t`` for a value ``x``: of the same structure and shapes, in the types of ``x``. Integers do
    not vary: theirs is 0, whatever is given.

    Raises TypeError or ValueError that names ``what`` it is where it does not fit.
    """
    if children_of(x) is not None:
        try:
            return tree_map(lambda leaf, dot: as_perturbation(dot, leaf, what), x, t)
        except ValueError as error:
            raise ValueError(f"{what}: {error}" if not str(error).startswith(what) else str(error)) from None
    if isinstance(x, np.ndarray | np.generic):
        return _array_like(t, x, what)
    if isinstance(x, float | complex):
        if np.ndim(t) != 0:
            raise ValueError(f"{what} has shape {np.shape(t)}; expected a number")
        return _number_like(t, x, what)
    return 0 if type(x) is int else t


def _number_like(t: Any, x: Any, what: str) -> Any:
    try:
        return complex(t) if isinstance(x, complex) else float(t)
    except (TypeError, ValueError):
        raise TypeError(f"{what} must be a number, not {type(t).__name__}") from None


def _array_like(t: Any, x: Any, what: str) -> Any:
    got = np.asarray(t)
    if got.shape != x.shape:
        raise ValueError(f"{what} has shape {got.shape}; expected {x.shape}")
    if got.dtype.kind not in "biufc":
        raise TypeError(f"{what} must be numeric, not of dtype {got.dtype}")
    if x.dtype.kind not in "fc":
        return np.zeros_like(got)
    if got.dtype.kind == "c" and x.dtype.kind == "f":
        raise TypeError(f"{what} is complex; expected {x.dtype}")
    if not isinstance(x, np.ndarray):
        return np.array(got, dtype=x.dtype)[()]
    if x.flags.c_contiguous:
        return np.array(got, dtype=x.dtype, order="C")
    cast = _laid_out_as(x)
    cast[...] = got
    return cast


def _laid_out_as(x: np.ndarray) -> np.ndarray:
    """An array with the strides of ``x``: what is a view of ``x`` (a reshape, a ravel) is then one of its tangent."""
    if x.flags.forc or not x.size or 0 in x.strides or x.ndim < 2:
        return np.empty_like(x, order="K", subok=False)
    start = -sum((n - 1) * step for n, step in zip(x.shape, x.strides, strict=True) if step < 0)
    stop = sum((n - 1) * step for n, step in zip(x.shape, x.strides, strict=True) if step > 0) + x.itemsize
    if start % x.itemsize or stop % x.itemsize:
        return np.empty_like(x, order="K", subok=False)
    memory = np.zeros((start + stop) // x.itemsize, x.dtype)
    return np.ndarray(x.shape, x.dtype, memory.data, start, x.strides)


def template(x: Any) -> Any:
    """The structure, shapes and types of ``x`` without its values, in next to no memory."""
    return tree_map(_leaf_template, x)


def _leaf_template(x: Any) -> Any:
    if type(x) is np.ndarray:
        return np.broadcast_to(np.zeros((), x.dtype), x.shape)
    return type(x)(0) if type(x) in (float, int, complex) or isinstance(x, np.number) else x  # no code of a class of the user's


def copied(x: Any) -> Any:
    """The same structure with copies of the arrays: what later stores do not reach."""
    return tree_map(lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf, x)
