"""Are the arguments of the types that a derivative was built for? A derivative for other types could be wrong.

A type is data: ``("number", dtype)``, ``("array", dtype, sizes)``, ``("tuple", items)``, ``("list", item, items)``,
``("dict", items)``, ``("is", value)`` or ``("text",)``. A size is ``(constant, ((symbol, factor), ...))``; a symbol is a size
that is not 1, the same wherever it stands. None where the dtype or the sizes may be any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_PYTHON = {"float64": float, "int64": int, "bool": bool, "complex128": complex}


def check_arguments(title: str, types: Mapping[str, Any], stored: Sequence[str], given: Mapping[str, Any]) -> None:
    """Raise TypeError or ValueError, naming the argument, unless all are as they must be."""
    sizes: list[tuple[str, int, Any]] = []
    for name, kind in types.items():
        _check(f"{title}: {name}", kind, given[name], sizes)
    _check_sizes(sizes)
    for name in stored:
        for other, value in given.items():
            if other != name and any(np.may_share_memory(a, b) for a in _arrays(given[name]) for b in _arrays(value)):
                raise ValueError(f"{title} stores into {name}, which may share memory with {other}: pass a copy")


def _check(what: str, kind: Any, value: Any, sizes: list[tuple[str, int, Any]]) -> None:
    how = kind[0]
    if how == "number":
        python = _PYTHON.get(kind[1])
        if not (type(value) is python or (isinstance(value, np.generic) and value.dtype == kind[1])):
            raise TypeError(
                f"{what} must be a number of type {python.__name__ if python else kind[1]}, not {_shown(value)}"
            )
    elif how == "array":
        _check_array(what, kind[1], kind[2], value, sizes)
    elif how in ("tuple", "list"):
        items = kind[1] if how == "tuple" else kind[2]
        if type(value).__name__ != how or (items is not None and len(value) != len(items)):
            count = "" if items is None else f" of {len(items)}"
            raise TypeError(f"{what} must be a {how}{count}, not {_shown(value)}")
        for k, item in enumerate(value):
            _check(f"{what}[{k}]", kind[1] if items is None else items[k], item, sizes)
    elif how == "dict":
        if type(value) is not dict or list(value) != [k for k, _ in kind[1]]:
            raise TypeError(f"{what} must be a dict with the keys {[k for k, _ in kind[1]]}, not {_shown(value)}")
        for key, item in kind[1]:
            _check(f"{what}[{key!r}]", item, value[key], sizes)
    elif how == "text":
        if type(value) is not str:
            raise TypeError(f"{what} must be text, not {_shown(value)}")
    elif how == "is" and (type(value) is not type(kind[1]) or value != kind[1]):
        raise TypeError(f"{what} was {kind[1]!r} when this was built, and must be: not {_shown(value)}")


def _check_array(what: str, dtype: Any, dims: Any, value: Any, sizes: list[tuple[str, int, Any]]) -> None:
    if type(value) is not np.ndarray or (dtype is not None and value.dtype != dtype):
        raise TypeError(f"{what} must be an array of {dtype or 'numbers'}, not {_shown(value)}")
    if dims is None:
        return
    if value.ndim != len(dims):
        raise TypeError(f"{what} must have {len(dims)} dimensions, not {value.ndim}")
    sizes.extend((f"{what}: axis {k}", n, dim) for k, (n, dim) in enumerate(zip(value.shape, dims, strict=True)))


def _check_sizes(sizes: list[tuple[str, int, Any]]) -> None:
    known: dict[str, int] = {}
    for what, n, dim in sizes:
        if dim is not None and len(dim[1]) == 1:
            (symbol, factor), rest = dim[1][0], n - dim[0]
            if symbol not in known and rest % factor == 0:
                known[symbol] = rest // factor
                if known[symbol] == 1:
                    raise ValueError(
                        f"{what} has size {n}, for which this was not built: {symbol} stands for sizes but 1"
                    )
    for what, n, dim in sizes:
        if dim is not None and all(symbol in known for symbol, _ in dim[1]):
            wanted = dim[0] + sum(factor * known[symbol] for symbol, factor in dim[1])
            if n != wanted:
                raise ValueError(f"{what} has size {n}; expected {wanted}")


def check_scalar(title: str, value: Any) -> None:
    """Raise TypeError unless a gradient's function returned one real number."""
    if not isinstance(value, float | np.floating) and not (
        isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "f"
    ):
        raise TypeError(f"{title}: the function returned {_shown(value)}, not a float: build it with --mode reverse")


def check_seed(title: str, value: Any, seed: Any) -> Any:
    """The seed of a pullback, as the value is."""
    if np.shape(seed) != np.shape(value):
        raise ValueError(f"{title}: the seed has shape {np.shape(seed)}; expected {np.shape(value)}")
    return np.array(seed, value.dtype) if isinstance(value, np.ndarray) else float(seed)


def check_contiguous(what: str, value: Any) -> None:
    """Raise ValueError unless views of an argument are views of a tangent as ``copied`` makes it, too."""
    if not all(a.flags.c_contiguous for a in _arrays(value)):
        raise ValueError(f"{what} must be contiguous: pass np.ascontiguousarray of it")


def copied(value: Any) -> Any:
    """The same value with contiguous arrays of its own."""
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(copied, value))
    return value.copy() if isinstance(value, np.ndarray) else value


def _arrays(value: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(value, np.ndarray):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [a for item in inner for a in _arrays(item)]


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} of shape {value.shape}"
    return repr(value) if value is None or isinstance(value, bool | str) else f"of type {type(value).__name__}"
