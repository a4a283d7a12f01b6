"""``check_grads``: derivatives against central differences, and the two modes against each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.api.derivative import Grad
from s2sad.api.modes import jvp, vjp
from s2sad.api.pytrees import flatten, tree_map
from s2sad.api.values import copied


def check_grads(
    fun: Callable[..., Any],
    args: Sequence[Any],
    order: int = 1,
    modes: Sequence[str] = ("rev", "fwd"),
    *,
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
    backend: str = "numpy",
) -> None:
    """Raise AssertionError where a derivative of ``fun`` at ``args`` does not agree with central differences.

    order:  1 checks the first derivative, 2 the gradient's derivative as well, and so on.
    modes:  ``"rev"`` and ``"fwd"``; with both, the identity ``<v, J u> = <J' v, u>`` is checked too.
    atol, rtol, eps: tolerances and step; the defaults suit the least precise argument (1e-6 and 1e-4 for float64).
    """
    unknown = [m for m in modes if m not in ("rev", "fwd")]
    if unknown or not modes:
        raise ValueError(f'modes are "rev" and "fwd", not {", ".join(map(repr, modes)) or "none"}')
    if not isinstance(args, tuple | list):
        args = (args,)
    if not any(map(_moves, flatten(tuple(args))[0])):
        raise TypeError("check_grads: no argument holds a float, so there is nothing to check; pass 2.0 in place of 2")
    single = any(np.asarray(v).dtype in (np.float32, np.float16) for v in flatten(tuple(args))[0] if _moves(v))
    step, absolute, relative = (1e-2, 1e-2, 1e-2) if single else (1e-6, 1e-6, 1e-4)
    step = step if eps is None else eps
    tolerance = (absolute if atol is None else atol, relative if rtol is None else rtol)
    _check_first(fun, tuple(args), tuple(modes), step, tolerance, single, backend)
    if order > 1:
        argnums = tuple(k for k, a in enumerate(args) if any(map(_moves, flatten(a)[0])))
        gradient: Grad[..., Any] = Grad(fun, argnums=argnums, backend=backend)
        check_grads(gradient, args, order - 1, modes, atol=atol, rtol=rtol, eps=eps, backend=backend)


def _check_first(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    modes: tuple[str, ...],
    step: float,
    tolerance: tuple[float, float],
    single: bool,
    backend: str,
) -> None:
    name = getattr(fun, "__name__", repr(fun))
    direction = _direction(args, 1.0)
    numeric = _difference(fun, args, direction, step)
    seed = _direction(copied(fun(*copied(args))), 2.0)
    expected = dot(seed, numeric)
    found: dict[str, float] = {}
    if "fwd" in modes:
        tangent = jvp(fun, copied(args), direction, backend=backend)[1]
        _compare(f"forward mode of {name}", _leaves(tangent), _leaves(numeric), tolerance)
        found["fwd"] = dot(seed, tangent)
    if "rev" in modes:
        pullback = vjp(fun, *copied(args), backend=backend)[1]
        found["rev"] = dot(pullback(seed), direction)
        _compare(f"reverse mode of {name}", np.array([found["rev"]]), np.array([expected]), tolerance)
    if len(found) == 2:
        scale = 1.0 + abs(found["fwd"]) + float(np.linalg.norm(_leaves(seed)) * np.linalg.norm(_leaves(tangent)))
        exact = tolerance[0] if single else min(tolerance[0], 1e-10)
        if not abs(found["fwd"] - found["rev"]) <= exact * scale:
            raise AssertionError(f"{name}: forward mode gives {found['fwd']!r} and reverse mode {found['rev']!r}")


def _compare(what: str, got: np.ndarray[Any, Any], want: np.ndarray[Any, Any], tolerance: tuple[float, float]) -> None:
    if got.shape != want.shape:
        raise AssertionError(f"{what}: {got.size} numbers, differences give {want.size}")
    if not np.allclose(got, want, atol=tolerance[0], rtol=tolerance[1], equal_nan=True):
        worst = int(np.argmax(np.abs(got - want)))
        raise AssertionError(f"{what}: {got[worst]!r}, central differences give {want[worst]!r} (number {worst})")


def _moves(leaf: Any) -> bool:
    """May the leaf be varied?"""
    if isinstance(leaf, np.ndarray | np.generic):
        return leaf.dtype.kind in "fc"
    return isinstance(leaf, float | complex)


def _direction(tree: Any, phase: float) -> Any:
    """A fixed direction with no structure of its own: cosines, scaled to entries of about one."""
    count = [0]

    def leaf(x: Any) -> Any:
        if not _moves(x):
            return np.zeros(np.shape(x)) if isinstance(x, np.ndarray) else 0 if isinstance(x, int) else x
        n = int(np.size(x))
        numbers = np.cos(phase + 1.7 * np.arange(count[0], count[0] + n) ** 1.1)
        count[0] += n
        if isinstance(x, np.ndarray):
            return numbers.reshape(x.shape).astype(x.dtype)
        return type(x)(numbers[0])

    return tree_map(leaf, tree)


def _moved(tree: Any, direction: Any, step: float) -> Any:
    def leaf(x: Any, d: Any) -> Any:
        if not _moves(x):
            return x.copy() if isinstance(x, np.ndarray) else x
        moved = x + step * d
        return moved.astype(x.dtype) if isinstance(x, np.ndarray) else type(x)(moved)

    return tree_map(leaf, tree, direction)


def _difference(fun: Callable[..., Any], args: tuple[Any, ...], direction: Any, step: float) -> Any:
    upper, lower = fun(*_moved(args, direction, step)), fun(*_moved(args, direction, -step))
    return tree_map(lambda a, b: (np.asarray(a) - np.asarray(b)) / (2 * step) if _moves(a) else 0.0, upper, lower)


def _leaves(tree: Any) -> np.ndarray[Any, Any]:
    numbers = [v for v in flatten(tree)[0] if isinstance(v, np.ndarray | np.generic | float | int)]
    parts = [np.asarray(v, dtype=float).ravel() for v in numbers]
    return np.concatenate(parts) if parts else np.zeros(0)


def dot(a: Any, b: Any) -> float:
    """The inner product of two trees of numbers."""
    return float(_leaves(a) @ _leaves(b))
