"""Is a program's derivative on another backend right? Effects, structure, memory, and values by two oracles."""

from __future__ import annotations

import contextlib
import copy
import io
from typing import Any

import numpy as np

from tests import derive, oracles
from tests.programs import Program

ROUNDING = 1e-13  # machine code sums and raises to powers in another order


def judge(p: Program, backend: str) -> list[str]:
    """What is wrong with the reverse mode of a program on a backend. A refusal is raised."""
    plain = oracles.observe(lambda a, k: p.fn(*a, **k), p.args, p.kwargs)
    args, kwargs = p.sample()
    with contextlib.redirect_stdout(io.StringIO()):
        exact = p.fn(*args, **kwargs)
    seed = oracles.random_like(exact, 11)
    runs: list[Any] = []

    def reverse(a: Any, k: Any) -> Any:
        value, pullback = derive.vjp(p, a, k, backend=backend)
        runs.append((pullback, a))
        settle([a, k], [args, kwargs])
        return rounded(value, exact)

    derived = oracles.observe(reverse, p.args, p.kwargs)
    if derived.error and not plain.error:
        reverse(*p.sample())
    wrong = [str(e) for e in [oracles.same_effects(plain, derived)] if e]
    pullback, inputs = runs[0]
    gradients = pullback(seed)
    if oracles.share_memory(*gradients, inputs, seed):
        wrong.append("a gradient shares memory")
    if oracles.bits(pullback(seed)) != oracles.bits(gradients):
        wrong.append("the second pullback differs")
    numeric = oracles.numeric_gradient(p.fn, p.args, p.kwargs, p.active, seed)
    args, kwargs = p.sample()
    with contextlib.redirect_stdout(io.StringIO()):
        peer = derive.vjp(p, args, kwargs)[1](seed)
    for i, g, want, other in zip(p.active, gradients, numeric, peer, strict=True):
        wrong += [str(e) for e in (
            oracles.same_structure(p.args[i], g),
            oracles.close(oracles.gradient_leaves(g, p.args[i]), want, p.rtol),
            oracles.close(oracles.leaves(g), oracles.leaves(other), 1e-10),
        ) if e]  # fmt: skip
    return wrong


def settle(stored: Any, exact: Any) -> None:
    """Give arrays that were stored into, and differ from the exact ones by rounding alone, the exact numbers."""
    if isinstance(stored, np.ndarray) and isinstance(exact, np.ndarray):
        if stored.dtype == exact.dtype and stored.shape == exact.shape and stored.flags.writeable:
            near = np.isclose(stored, exact, rtol=1e-13, atol=1e-14) if stored.dtype.kind in "fc" else stored != stored
            stored[near] = exact[near]
    elif isinstance(stored, dict) and isinstance(exact, dict):
        for key in stored.keys() & exact.keys():
            settle(stored[key], exact[key])
    elif isinstance(stored, list | tuple) and isinstance(exact, list | tuple):
        for a, b in zip(stored, exact, strict=False):
            settle(a, b)


def rounded(value: Any, exact: Any) -> Any:
    """The exact value in place of one that differs from it by rounding alone; a copy of any other."""
    if type(value) is type(exact):
        if isinstance(exact, tuple | list) and len(value) == len(exact):
            return type(exact)(rounded(v, e) for v, e in zip(value, exact, strict=True))
        if isinstance(exact, np.ndarray) and value.shape != exact.shape:
            return copy.deepcopy(value)
        if isinstance(exact, float | np.ndarray) and np.allclose(value, exact, ROUNDING, ROUNDING):
            return copy.deepcopy(exact)
    return copy.deepcopy(value)
