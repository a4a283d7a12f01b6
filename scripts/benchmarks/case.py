"""What a benchmark is, and how each framework's version of it becomes one callable without arguments."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Thunk = Callable[[], tuple[Any, Any]]


@dataclasses.dataclass(frozen=True)
class Case:
    """One benchmark.

    ``make(size)`` gives the arguments for the sizes "tiny" (for checking), "quick" and "full"; integers among
    them are static. ``primal(*args)`` is the plain NumPy function, ``hand(*args)`` returns (value, gradients) with one
    gradient for each of ``argnums``. ``autograd(np)``, ``jax(jax, jnp)`` and ``torch(torch)`` return the peers'
    version of the primal; ``None`` says that the peer has none, and ``note`` says why. ``loop`` marks time loops and
    recurrences in Python, which array frameworks must unroll or rewrite.
    """

    name: str
    make: Callable[[str], tuple[Any, ...]]
    primal: Callable[..., Any]
    hand: Callable[..., tuple[Any, tuple[Any, ...]]]
    argnums: tuple[int, ...]
    autograd: Callable[[Any], Callable[..., Any]] | None = None
    torch: Callable[[Any], Callable[..., Any]] | None = None
    jax: Callable[[Any, Any], Callable[..., Any]] | None = None
    loop: bool = False
    note: str = ""


def pick(tiny: Any, quick: Any, full: Any) -> Callable[[str], Any]:
    """``pick(a, b, c)(size)``: the sizes of a benchmark in one line."""
    return lambda size: {"tiny": tiny, "quick": quick, "full": full}[size]


def rebind(fun: Callable[..., Any], **names: Any) -> Callable[..., Any]:
    """The same function reading other globals: ``rebind(loss, np=jnp)``. Helpers of its module are rebound as well."""
    code: types.CodeType = fun.__code__  # type: ignore[attr-defined]
    scope: dict[str, Any] = fun.__globals__  # type: ignore[attr-defined]
    new = {**scope, **names}
    for name in code.co_names:
        helper = scope.get(name)
        if isinstance(helper, types.FunctionType) and name not in names and helper.__module__ == fun.__module__:
            new[name] = rebind(helper, **names)
    return types.FunctionType(code, new, fun.__name__, fun.__defaults__)  # type: ignore[attr-defined]


def same_in_autograd(primal: Callable[..., Any]) -> Callable[[Any], Callable[..., Any]]:
    """For primals that autograd takes as they are."""
    return lambda anp: rebind(primal, np=anp)


def same_in_jax(primal: Callable[..., Any]) -> Callable[[Any, Any], Callable[..., Any]]:
    """For primals that JAX takes as they are, and that are idiomatic there."""
    return lambda jax, jnp: rebind(primal, np=jnp)


def tree_map(fun: Callable[[Any], Any], tree: Any) -> Any:
    """``fun`` over the leaves of nested tuples, lists and dicts, in the order of ``leaves``."""
    if isinstance(tree, dict):
        return {key: tree_map(fun, tree[key]) for key in sorted(tree)}
    if isinstance(tree, tuple | list):
        return type(tree)(tree_map(fun, value) for value in tree)
    return fun(tree)


def leaves(tree: Any) -> Iterator[Any]:
    """The leaves of nested tuples, lists and dicts (by sorted key)."""
    if isinstance(tree, dict):
        for key in sorted(tree):
            yield from leaves(tree[key])
    elif isinstance(tree, tuple | list):
        for value in tree:
            yield from leaves(value)
    else:
        yield tree


def flatten(tree: Any) -> list[np.ndarray]:
    """The leaves as float64 arrays, to compare results across frameworks."""
    return [np.asarray(leaf, dtype=np.float64) for leaf in leaves(tree)]


def hand_thunk(case: Case, args: tuple[Any, ...]) -> Thunk:
    return lambda: case.hand(*args)


def primal_thunk(case: Case, args: tuple[Any, ...]) -> Thunk:
    return lambda: (case.primal(*args), ())


def compiled_thunk(case: Case, args: tuple[Any, ...]) -> Thunk:
    """The primal as Numba compiles it, where it does."""
    import numba

    primal = numba.njit(case.primal)
    return lambda: (primal(*args), ())


def s2sad_thunk(case: Case, args: tuple[Any, ...], backend: str = "numpy") -> Thunk:
    import s2sad

    derivative = s2sad.value_and_grad(case.primal, argnums=case.argnums, backend=backend)
    return lambda: derivative(*args)


def autograd_thunk(case: Case, args: tuple[Any, ...]) -> Thunk:
    import autograd
    import autograd.numpy as anp

    assert case.autograd is not None
    derivative = autograd.value_and_grad(case.autograd(anp), case.argnums)
    return lambda: derivative(*args)


def torch_thunk(case: Case, args: tuple[Any, ...]) -> Thunk:
    import torch

    assert case.torch is not None
    fun = case.torch(torch)
    torch.set_default_dtype(torch.float64)

    def tensor(leaf: Any, active: bool) -> Any:
        if isinstance(leaf, np.ndarray):
            return torch.tensor(leaf, requires_grad=active)
        return torch.tensor(leaf, requires_grad=True) if active else leaf

    tensors = [tree_map(lambda leaf, i=i: tensor(leaf, i in case.argnums), arg) for i, arg in enumerate(args)]
    wanted = [leaf for i in case.argnums for leaf in leaves(tensors[i])]

    def run() -> tuple[Any, Any]:
        value = fun(*tensors)
        return value.detach(), torch.autograd.grad(value, wanted)

    return run


def jax_thunk(case: Case, args: tuple[Any, ...]) -> Thunk:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    assert case.jax is not None
    static = tuple(i for i, arg in enumerate(args) if isinstance(arg, int))
    derivative = jax.jit(jax.value_and_grad(case.jax(jax, jnp), case.argnums), static_argnums=static)
    device = [arg if i in static else tree_map(jnp.asarray, arg) for i, arg in enumerate(args)]
    return lambda: jax.block_until_ready(derivative(*device))


CANDIDATES: dict[str, Callable[[Case, tuple[Any, ...]], Thunk]] = {
    "primal": primal_thunk,
    "compiled": compiled_thunk,
    "hand": hand_thunk,
    "s2sad": s2sad_thunk,
    "autograd": autograd_thunk,
    "torch": torch_thunk,
    "jax": jax_thunk,
}


def has(case: Case, candidate: str) -> bool:
    """Whether a benchmark has a version for a candidate at all."""
    return candidate not in ("autograd", "torch", "jax") or getattr(case, candidate) is not None
