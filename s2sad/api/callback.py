"""``Grad.cfunc``: the gradient of a function of numbers as a function that C can call."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from s2sad.errors import UnsupportedError

if TYPE_CHECKING:
    from s2sad.api.derivative import Grad

WAY_OUT = "a C callback is a gradient, in one argument, of a function of floats that returns a float"


def callback(grad: Grad[..., Any], made: dict[Any, Any]) -> Any:
    """The ``numba.cfunc`` for the function as it is now; ``made`` keeps all that were made, since C may hold them."""
    from s2sad.backend.numba.callback import constant_of, make_callback, native_call

    name = grad.__name__
    if grad.options["backend"] != "numba":
        raise TypeError(f'{name}: a C callback needs backend="numba"')
    params, defaults = _parameters(grad)
    programs = grad.programs
    try:
        compiled = programs.find(tuple(defaults.get(n, 1.0) for n in grad.target.names))
    except UnsupportedError as error:
        raise TypeError(f"{name}: {WAY_OUT}; {error.findings[0].message}") from None
    program = compiled.program
    program.refresh()
    native, passed = native_call(program.text, program.entry.__name__)
    source = {n: defaults[n] if n in defaults else program.namespace[n] for n in passed if n not in params}
    shown = {n: g.name for n, g in program.globals.items()}
    constants = {n: constant_of(f"{name}: {shown.get(n, n)}", value) for n, value in source.items()}
    key = (program.text, *((type(v), v) for v in constants.values()))
    if key not in made:
        made[key] = make_callback(program.namespace[native], passed, params, constants)
    if made[key] is None:
        raise TypeError(f"{name}: {WAY_OUT}")
    return made[key]


def _parameters(grad: Grad[..., Any]) -> tuple[list[str], dict[str, Any]]:
    """The parameters that C passes, and the values of those that have defaults."""
    name = grad.__name__
    signature = grad.__signature__
    options = grad.options
    if signature is None or options["has_aux"] or isinstance(options["argnums"], tuple | list):
        raise TypeError(f"{name}: {WAY_OUT}")
    shown = signature.parameters.values()
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in shown):
        raise TypeError(f"{name}: {WAY_OUT}, without *args or **kwargs")
    defaults = {p.name: p.default for p in shown if p.default is not inspect.Parameter.empty}
    defaults = {n: v for n, v in defaults.items() if n not in grad.programs.active}
    return [p.name for p in shown if p.name not in defaults], defaults


__all__ = ["callback"]
