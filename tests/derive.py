"""Calls of s2sad in the forms that the corpus and the fuzzer need: a program with inactive and keyword arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from tests import oracles
from tests.programs import Program


def bind(program: Program, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The function and all its arguments by position, which is how ``vjp`` and ``jvp`` take them.

    Keyword arguments that have no position stay bound by a lambda around the function.
    """
    if not kwargs:
        return program.fn, args
    try:
        params = inspect.signature(program.fn).parameters
    except (TypeError, ValueError):
        params = {}
    names = list(params)
    full = list(args)
    rest = dict(kwargs)
    for name in names[len(args) :]:
        p = params[name]
        if p.kind is not p.POSITIONAL_OR_KEYWORD or not (name in rest or p.default is not p.empty) or not rest:
            break
        full.append(rest.pop(name) if name in rest else p.default)
    if not rest:
        return program.fn, tuple(full)
    fn, fixed = program.fn, dict(kwargs)
    return (lambda *a: fn(*a, **fixed)), args


def vjp(
    program: Program, args: tuple[Any, ...], kwargs: dict[str, Any], backend: str = "numpy"
) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Value and a pullback to gradients of the active arguments alone."""
    import s2sad

    fn, full = bind(program, args, kwargs)
    value, pullback = s2sad.vjp(fn, *full, backend=backend)
    return value, lambda seed: tuple(pullback(seed)[i] for i in program.active)


def jvp(program: Program, args: tuple[Any, ...], kwargs: dict[str, Any], directions: dict[int, Any]) -> tuple[Any, Any]:
    """Value and tangent; inactive arguments have zero tangents."""
    import s2sad

    fn, full = bind(program, args, kwargs)
    tangents = tuple(directions[i] if i in directions else zero_tangent(a) for i, a in enumerate(full))
    return s2sad.jvp(fn, full, tangents)


def zero_tangent(value: Any) -> Any:
    """Zeros where there are floats; None for a value that has none."""
    return oracles.zeros_like(value) if oracles.leaves(value) else None


def gradient(program: Program, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """``s2sad.grad`` with respect to all active arguments."""
    import s2sad

    out: tuple[Any, ...] = s2sad.grad(program.fn, argnums=program.active)(*args, **kwargs)
    return out
