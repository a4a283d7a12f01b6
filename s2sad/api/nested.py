"""Derivatives of derivatives: the inner derivative as a plain function, which the pipeline then takes like any other.

For ``grad(grad(f))`` the inner derivative is compiled for the arguments at hand, and this is what is differentiated::

    def f_gradient(x):
        value, gradient = f_grad(x)
        return gradient
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from s2sad.api.made import make_function
from s2sad.api.programs import Compiled, Programs

if TYPE_CHECKING:
    from s2sad.api.derivative import ValueAndGrad
    from s2sad.cache.programs import Program


def inner_compiled(derivative: ValueAndGrad[..., Any], outer: tuple[Any, ...]) -> Compiled:
    """The specialisation of the inner derivative for the arguments of the outer one."""
    programs = inner_programs(derivative)
    last = programs.last
    compiled = programs.find(tuple(_bound(derivative, outer)))
    programs.last = last
    return compiled


def inner_programs(derivative: Any) -> Programs:
    """The programs of a gradient; other compositions are no single program, so they cannot be inside."""
    if not hasattr(derivative, "with_value"):
        raise TypeError(f"{derivative.__name__} is composed of many calls: differentiate a gradient instead")
    programs: Programs = derivative.programs
    return programs


def _bound(derivative: ValueAndGrad[..., Any], outer: tuple[Any, ...]) -> tuple[Any, ...]:
    target = derivative.target
    if target.keywords:
        raise TypeError(f"{derivative.__name__}: a derivative of a partial's derivative is not supported: use a lambda")
    return (*target.lead, *outer)


def as_function(derivative: ValueAndGrad[..., Any], program: Program) -> Callable[..., Any]:
    """A plain function with readable source that computes what the derivative returns."""
    target = derivative.target
    names = target.names[len(target.lead) :]
    lead = {f"bound_{n}": v for n, v in zip(target.names, target.lead, strict=False)}
    entry = program.entry
    name = f"{target.name.strip('<>')}_{'value_and_gradient' if derivative.with_value else 'gradient'}"
    parts = ["value", *(f"gradient_{n}" for n in derivative.programs.active)]
    if len(parts) == 2:
        parts[1] = "gradient"
    text = (
        f"def {name}({', '.join(names)}):\n"
        f"    {', '.join(parts)} = {entry.__name__}({', '.join((*lead, *names))})\n"
        f"    return {_returned(derivative, parts)}\n"
    )
    function = make_function(name, text, {entry.__name__: entry, **lead}, program.text)
    about = derivative.__name__, target.name, bool(derivative.options["has_aux"])
    function.__differentiates__ = about  # type: ignore[attr-defined]
    return function


def _returned(derivative: ValueAndGrad[..., Any], parts: list[str]) -> str:
    """The expression for what the derivative returns, over the names of what its program returns."""
    place = dict(zip(derivative.programs.active, parts[1:], strict=True))
    asked = [place[n] + ("" if key is None else f"[{key!r}]") for n, key in derivative.programs.selection]
    several = isinstance(derivative.options["argnums"], tuple | list)
    answer = f"({', '.join(asked)},)" if several else asked[0]
    if derivative.with_value:
        return f"value, {answer}"
    return f"{answer}, value[1]" if derivative.options["has_aux"] else answer
