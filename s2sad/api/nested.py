"""Derivatives of derivatives: the inner derivative as a plain function, which the pipeline then takes like any other.

For ``grad(grad(f))`` this is what is differentiated; inference knows what a derivative is (``analysis.infer.derivatives``)::

    def f_gradient(x):
        return derivative(x)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from s2sad.api.made import make_function

if TYPE_CHECKING:
    from s2sad.api.wrapper import Wrapper

_MARKS: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def as_function(derivative: Wrapper) -> Callable[..., Any]:
    """A plain function with readable source that calls the derivative."""
    signature = inspect.signature(derivative, follow_wrapped=False)
    params: list[str] = []
    passed: list[str] = []
    only = inspect.Parameter.KEYWORD_ONLY
    for p in signature.parameters.values():
        if p.kind is only and not any(q.startswith("*") for q in params):
            params.append("*")
        params.append(_MARKS.get(p.kind, "") + p.name)
        passed.append(f"{p.name}={p.name}" if p.kind is only else _MARKS.get(p.kind, "") + p.name)
    name = derivative.__name__.replace("<lambda>", "function")
    own = "derivative"
    while own in signature.parameters:
        own += "_"
    text = f"def {name}({', '.join(params)}):\n    return {own}({', '.join(passed)})\n"
    return make_function(name, text, {own: derivative})
