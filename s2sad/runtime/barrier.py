"""A mark for the compiler that stays in generated code."""

from __future__ import annotations

from typing import Any

from s2sad.runtime.containers import copy


def stop_gradient(x: Any) -> Any:
    """The value of ``x``; no derivative flows through it.

    Arrays and containers are copied, so that what is stored into the result later does not reach ``x``.
    """
    return copy(x)


def made_early(xs: Any, *read: Any) -> Any:
    """The elements of a generator expression, which are made when they are asked for from what is ``read``: here before."""
    return xs


def require_float(first: Any) -> None:
    """The first result of a function that np.vectorize applies: all others are converted to its type."""
    if not isinstance(first, float):
        raise TypeError("np.vectorize converts to the type of the first result, which is no float: give otypes=[float]")


def is_method(x: Any, name: str, method: Any) -> bool:
    """Is ``x.name`` this function as a method of ``x``?"""
    return getattr(getattr(x, name), "__func__", None) is method


def expect_method(x: Any, name: str, method: Any) -> None:
    """Make sure that ``x.name`` is this function as a method of ``x``."""
    if not is_method(x, name, method):
        raise TypeError(f"{name} of {type(x).__name__} is not the method that was compiled")
