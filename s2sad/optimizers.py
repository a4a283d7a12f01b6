"""Gradient descent for parameters of any structure: pure functions, nothing is changed in place.

    opt = adam(lr=0.001)
    state = opt.init(params)
    for _ in range(epochs):
        value, grads = value_and_grad(loss)(params, x, y)
        params, state = opt.update(grads, state, params)

Parameters are a pytree: nested tuples, lists, dicts, named tuples and dataclasses with arrays and floats as leaves.
``grads`` has the same structure, as s2sad's gradients do. Leaves that are no floating-point numbers (integers,
booleans, strings, ``None``) are configuration and come back as they are. Arrays keep their dtype, floats stay floats.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["AdamState", "Optimizer", "SgdState", "adam", "sgd"]

Tree = Any


@dataclasses.dataclass(frozen=True, slots=True)
class Optimizer:
    """``init(params) -> state`` and ``update(grads, state, params) -> (params, state)``."""

    init: Callable[[Tree], Any]
    update: Callable[[Tree, Any, Tree], tuple[Tree, Any]]


class SgdState(NamedTuple):
    """``velocity`` has the structure of the parameters; it is None where there is no momentum."""

    velocity: Tree


class AdamState(NamedTuple):
    """Steps taken so far, and the running means of the gradient (``m``) and of its square (``v``)."""

    step: int
    m: Tree
    v: Tree


def sgd(lr: float, momentum: float = 0.0, nesterov: bool = False) -> Optimizer:
    """Gradient descent with momentum.

    The heavy ball of Polyak (1964), "Some methods of speeding up the convergence of iteration methods", keeps
    a velocity::

        v <- momentum * v + g
        p <- p - lr * v

    With ``nesterov=True`` the step looks ahead along the velocity, in the form of Sutskever, Martens, Dahl and
    Hinton (2013), "On the importance of initialization and momentum in deep learning", shifted so that ``p`` is the
    point where the gradient is taken::

        v <- momentum * v + g
        p <- p - lr * (g + momentum * v)
    """
    _check("lr", lr, lr >= 0.0)
    _check("momentum", momentum, 0.0 <= momentum < 1.0)
    if nesterov and momentum == 0.0:
        raise ValueError("nesterov=True needs a momentum above 0")

    def init(params: Tree) -> SgdState:
        return SgdState(_map(_zeros, params) if momentum else None)

    def update(grads: Tree, state: SgdState, params: Tree) -> tuple[Tree, SgdState]:
        if not momentum:
            return _map(lambda p, g: _keep(p, p - lr * g) if _trained(p) else p, params, grads), state
        velocity = _map(lambda p, g, v: momentum * v + g if _trained(p) else v, params, grads, state.velocity)
        step = _map(lambda p, g, v: g + momentum * v if _trained(p) else v, params, grads, velocity)
        direction = step if nesterov else velocity
        return _map(lambda p, d: _keep(p, p - lr * d) if _trained(p) else p, params, direction), SgdState(velocity)

    return Optimizer(init, update)


def adam(lr: float = 0.001, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> Optimizer:
    """Adam, by Kingma and Ba (2015), "Adam: a method for stochastic optimization", algorithm 1.

    ::

        t <- t + 1
        m <- b1 * m + (1 - b1) * g
        v <- b2 * v + (1 - b2) * g**2
        p <- p - lr * (m / (1 - b1**t)) / (sqrt(v / (1 - b2**t)) + eps)

    The operations are grouped as in PyTorch's implementation, so that training runs agree to rounding.
    """
    _check("lr", lr, lr >= 0.0)
    _check("b1", b1, 0.0 <= b1 < 1.0)
    _check("b2", b2, 0.0 <= b2 < 1.0)
    _check("eps", eps, eps >= 0.0)

    def init(params: Tree) -> AdamState:
        return AdamState(0, _map(_zeros, params), _map(_zeros, params))

    def update(grads: Tree, state: AdamState, params: Tree) -> tuple[Tree, AdamState]:
        t = state.step + 1
        rate = lr / (1.0 - b1**t)
        root = (1.0 - b2**t) ** 0.5

        def step(p: Any, m: Any, v: Any) -> Any:
            return _keep(p, p - rate * (m / (np.sqrt(v) / root + eps))) if _trained(p) else p

        m = _map(lambda p, g, m: _keep(p, m + (1.0 - b1) * (g - m)) if _trained(p) else m, params, grads, state.m)
        v = _map(lambda p, g, v: _keep(p, b2 * v + (1.0 - b2) * (g * g)) if _trained(p) else v, params, grads, state.v)
        return _map(step, params, m, v), AdamState(t, m, v)

    return Optimizer(init, update)


def _check(name: str, value: float, ok: bool) -> None:
    if not ok:
        raise ValueError(f"{name}={value!r} is out of range")


def _trained(leaf: Any) -> bool:
    """Whether a leaf is a floating-point (or complex) number or array: only those move."""
    if isinstance(leaf, np.ndarray | np.generic):
        return np.issubdtype(leaf.dtype, np.inexact)
    return isinstance(leaf, float | complex)


def _zeros(leaf: Any) -> Any:
    """A zero of the leaf's kind; None where nothing is trained."""
    return _keep(leaf, np.zeros_like(leaf)) if _trained(leaf) else None


def _keep(like: Any, value: Any) -> Any:
    """``value`` in the type of ``like``: what was a Python float stays one, an array of rank 0 an array."""
    if type(like) in (float, complex):
        return type(like)(value)
    return np.asarray(value) if isinstance(like, np.ndarray) else value


def _map(fun: Callable[..., Any], tree: Tree, *rest: Tree, path: str = "params") -> Tree:
    """``fun`` over the leaves of trees of one structure; the first tree gives the structure of the result."""
    keys = _keys(tree)
    if keys is None:
        return fun(tree, *rest)
    for other in rest:
        if type(other) is not type(tree) or _keys(other) != keys:
            raise ValueError(
                f"{path} is a {_show(tree, keys)}, but the tree beside it has {_show(other, _keys(other))}"
            )
    parts = {key: _map(fun, _get(tree, key), *(_get(o, key) for o in rest), path=f"{path}[{key!r}]") for key in keys}
    return _rebuild(tree, parts)


def _keys(tree: Tree) -> list[Any] | None:
    """What the children of a container are called, in an order that does not depend on insertion. None for a leaf."""
    if isinstance(tree, dict):
        return sorted(tree, key=lambda key: (type(key).__name__, repr(key)))
    if isinstance(tree, tuple | list):
        return list(range(len(tree)))
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return [field.name for field in dataclasses.fields(tree)]
    return None


def _get(tree: Tree, key: Any) -> Any:
    return tree[key] if isinstance(tree, dict | tuple | list) else getattr(tree, key)


def _rebuild(tree: Tree, parts: dict[Any, Any]) -> Tree:
    """A container like ``tree`` with new children: the same class, and a dict's keys in the same order."""
    if isinstance(tree, dict):
        new = copy.copy(tree)
        new.update(parts)
        return new
    if isinstance(tree, tuple):
        make = getattr(type(tree), "_make", type(tree))
        return make(parts.values())
    if isinstance(tree, list):
        return type(tree)(parts.values())
    new = copy.copy(tree)
    for name, part in parts.items():
        object.__setattr__(new, name, part)  # also where the class is frozen or has fields that __init__ does not take
    return new


def _show(tree: Tree, keys: list[Any] | None) -> str:
    name = type(tree).__name__
    return f"{name} (a leaf)" if keys is None else f"{name} of {len(keys)} {keys}"
