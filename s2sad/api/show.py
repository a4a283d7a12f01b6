"""``source`` and ``explain``: what was generated, without calling it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sad.api.derivative import ValueAndGrad
from s2sad.api.programs import Programs
from s2sad.api.target import Argnums, make_target
from s2sad.api.wrapper import Wrapper

MODES = {"grad": "value_and_grad", "value_and_grad": "value_and_grad", "reverse": "vjp", "vjp": "vjp",
         "forward": "jvp", "jvp": "jvp"}  # fmt: skip


def find_mode(mode: str) -> str:
    """The compiler's name of a mode; ValueError where there is none."""
    if mode not in MODES:
        raise ValueError(f"unknown mode {mode!r}: choose grad, reverse or forward")
    return MODES[mode]


def source(
    fun: Callable[..., Any],
    *args: Any,
    argnums: Argnums = 0,
    mode: str = "grad",
    has_aux: bool = False,
    backend: str = "numpy",
    **kwargs: Any,
) -> str:
    """The generated source: for arguments like ``args`` where any are given, else for arguments of any type.

    mode: ``"grad"``, one function that returns value and gradient; ``"reverse"``, the forward function and its adjoint;
    ``"forward"``, the tangent function. Of a derivative, its own source.
    """
    given = bool(args or kwargs)
    if isinstance(fun, ValueAndGrad):
        return fun.source_for(*args, **kwargs) if given else fun.source
    if isinstance(fun, Wrapper) and not given:
        return fun.source
    target = make_target(fun)
    programs = Programs(target, find_mode(mode), argnums, has_aux=has_aux, backend=backend, strict=True)
    program = programs.find(target.bind(args, kwargs)).program if given else programs.generic()
    return str(program.text)


def explain(fun: Callable[..., Any], *args: Any, argnums: Argnums = 0, **kwargs: Any) -> str:
    """What is compiled for these arguments and why: types, what the reverse sweep keeps, or all that is unsupported."""
    derivative = fun if isinstance(fun, ValueAndGrad) else ValueAndGrad(fun, argnums=argnums)
    if args or kwargs:
        derivative.source_for(*args, **kwargs)
    return derivative.explain()
