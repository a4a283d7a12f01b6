"""s2sad: derivatives of plain Python and NumPy functions, as Python source that you can read.

    from s2sad import grad

    @grad
    def loss(w, x, y): ...

What every call and every warm start need is imported here (``grad``, the cache), all else when it is first used: the
compiler with the first function that is not in the cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sad.api.derivative import grad, value_and_grad

__version__ = "0.1.0"

if TYPE_CHECKING:
    from s2sad.api.check import check_grads
    from s2sad.api.jacobians import hessian, hvp, jacfwd, jacobian, jacrev
    from s2sad.api.modes import jvp, linearize, vjp
    from s2sad.api.show import explain, source
    from s2sad.errors import AliasError, CacheError, S2sadError, SourceError, UnsupportedError
    from s2sad.runtime.barrier import stop_gradient

_HOME = {
    "check_grads": "s2sad.api.check",
    "hessian": "s2sad.api.jacobians",
    "hvp": "s2sad.api.jacobians",
    "jacfwd": "s2sad.api.jacobians",
    "jacobian": "s2sad.api.jacobians",
    "jacrev": "s2sad.api.jacobians",
    "jvp": "s2sad.api.modes",
    "linearize": "s2sad.api.modes",
    "vjp": "s2sad.api.modes",
    "explain": "s2sad.api.show",
    "source": "s2sad.api.show",
    "stop_gradient": "s2sad.runtime.barrier",
    "AliasError": "s2sad.errors",
    "CacheError": "s2sad.errors",
    "S2sadError": "s2sad.errors",
    "SourceError": "s2sad.errors",
    "UnsupportedError": "s2sad.errors",
}

__all__ = [
    "AliasError", "CacheError", "S2sadError", "SourceError", "UnsupportedError", "__version__", "check_grads",
    "explain", "grad", "hessian", "hvp", "jacfwd", "jacobian", "jacrev", "jvp", "linearize", "source", "stop_gradient",
    "value_and_grad", "vjp",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 's2sad' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
