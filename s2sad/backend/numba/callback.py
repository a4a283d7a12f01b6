"""Gradients for C: a ``numba.cfunc`` over the compiled function behind a program.

C passes float64 numbers and takes one back. Python's exceptions cannot pass through C, so where the function would raise,
the result is NaN. What is no argument of C's (defaults, numbers of the module) is compiled in.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from s2sad.backend.numba.intervals import PARAM_BITS

NUMBERS = (bool, int, float)


def native_call(text: str, entry: str) -> tuple[str, tuple[str, ...]]:
    """The compiled function that the entry of a module calls, and the names of what it passes on."""
    node = next(n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == entry)
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and all(isinstance(a, ast.Name) for a in call.args):
            if call.func.id not in ("abs", "OverflowError"):
                return call.func.id, tuple(a.id for a in call.args if isinstance(a, ast.Name))
    raise AssertionError("the entry of a compiled module calls a compiled function")


def constant_of(name: str, value: Any) -> Any:
    """A value that is compiled in. Raises TypeError in one line for one that cannot be."""
    number = value.item() if hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0 else value
    if type(number) not in NUMBERS or (type(number) is int and abs(number) > 2**PARAM_BITS):
        raise TypeError(f"{name} is no number that can be compiled into a C callback")
    return number


def make_callback(native: Any, passed: Sequence[str], params: Sequence[str], constants: Mapping[str, Any]) -> Any:
    """The ``numba.cfunc`` of ``params`` that gives the gradient; None where the results are not two numbers."""
    import numba
    import numpy as np
    from numba.core import types

    # The text has no names but its own parameters and numbers: hidden names cannot meet the user's.
    values = {name: f"a{k}" for k, name in enumerate(params)} | {n: repr(v) for n, v in constants.items()}
    space: dict[str, Any] = {"native": native, "NAN": np.nan, "inf": np.inf, "nan": np.nan}
    lines = [
        f"def callback({', '.join(f'a{k}' for k in range(len(params)))}):",
        "    try:",
        f"        return native({', '.join(values[name] for name in passed)})[1]",
        "    except Exception:",
        "        return NAN",
    ]
    exec("\n".join(lines), space)
    types_of = tuple(types.float64 if n in params else numba.typeof(constants[n]) for n in passed)
    native.compile(types_of)
    result = native.overloads[types_of].signature.return_type
    if tuple(getattr(result, "types", ())) != (types.float64, types.float64):
        return None
    return numba.cfunc(types.float64(*[types.float64] * len(params)))(space["callback"])


__all__ = ["constant_of", "make_callback", "native_call"]
