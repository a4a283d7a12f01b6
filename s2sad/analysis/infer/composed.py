"""The transformations as a differentiated function may use them, written with ``grad`` and ``jvp``, which are compiled in.

These bodies are compiled in place of the functions of the same names wherever those are called in a function that is
differentiated (``analysis.infer.derivatives``); nothing else calls them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad import runtime as rt


def grad(fun: Callable[..., Any], argnums: Any = 0, again: bool = False) -> Callable[..., Any]:
    """Stands for ``s2sad.grad``; with ``again``, of a function that has run already and does not print once more."""
    raise NotImplementedError


def jvp(fun: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """Stands for ``s2sad.jvp``."""
    raise NotImplementedError


for _stub in (grad, jvp):
    vars(_stub)["__transformation__"] = _stub.__name__


def vjp(fun: Callable[..., Any], *primals: Any) -> Any:
    """The point is fixed at the call: whatever happens to the arguments, the pullback has its own."""
    kept = rt.copy(primals)

    def pullback(seed: Any) -> Any:
        return grad(lambda *p: rt.inner(seed, fun(*p)), argnums=tuple(range(len(primals))), again=True)(*kept)

    return fun(*primals), pullback


def linearize(fun: Callable[..., Any], *primals: Any) -> Any:
    """Value and pushforward."""
    kept = rt.copy(primals)

    def pushforward(*tangents: Any) -> Any:
        return jvp(fun, kept, tangents)[1]

    return fun(*primals), pushforward


def hvp(fun: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """The tangent of the gradient."""
    if len(primals) == 1:
        return jvp(grad(fun), primals, tangents)[1]
    return jvp(grad(fun, argnums=tuple(range(len(primals)))), primals, tangents)[1]


def jacfwd(fun: Callable[..., Any], argnums: int = 0) -> Any:
    """Column by column."""

    def jacobian(*args: Any) -> Any:
        x = args[argnums]

        def along(e: Any) -> Any:
            return jvp(lambda t: fun(*args[:argnums], t, *args[argnums + 1 :]), (x,), (e,))[1]

        if np.ndim(x) == 0:
            return along(1.0)
        columns = [along(e) for e in np.eye(x.size).reshape((x.size, *x.shape))]
        return np.stack(columns, axis=-1).reshape(np.shape(columns[0]) + x.shape)

    return jacobian


def jacrev(fun: Callable[..., Any], argnums: int = 0) -> Any:
    """Row by row."""

    def jacobian(*args: Any) -> Any:
        x = args[argnums]
        value, pullback = vjp(lambda t: fun(*args[:argnums], t, *args[argnums + 1 :]), x)
        if np.ndim(value) == 0:
            return pullback(1.0)[0]
        rows = [pullback(e)[0] for e in np.eye(value.size).reshape((value.size, *value.shape))]
        return np.stack(rows).reshape(value.shape + np.shape(x))

    return jacobian


def hessian(fun: Callable[..., Any], argnums: int = 0) -> Any:
    """The Jacobian of the gradient."""
    return jacfwd(grad(fun, argnums=argnums), argnums)


TRANSFORMATIONS = {
    "vjp": vjp, "linearize": linearize, "hvp": hvp, "jacfwd": jacfwd, "jacrev": jacrev, "hessian": hessian,
}  # fmt: skip
