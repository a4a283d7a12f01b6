"""Second derivatives through every rule: forward over the gradient against differences of it, and reverse with forward.

One sample for each rule: what is nonlinear around it makes the second derivative depend on the rule's own.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import s2sad
import s2sad.rules
from s2sad.api.made import make_function
from s2sad.rules.registry import Rule, all_rules
from tests import oracles
from tests.ruletools import call_primal, dots_like, shift
from tests.test_rules import split

OPERATORS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "mod": "%", "matmul": "@"}


# Rules whose own derivative has none yet: a second derivative through them is refused, not wrong.
ONCE = {
    "phase", "lstsq", "multi_dot", "fmean", "harmonic_mean", "geometric_mean", "variance", "pvariance", "stdev", "pstdev", "zeta",
    "gammainc", "gammaincc", "betainc", "jv", "yv", "iv", "kv", "hyp2f1", "hyp1f1", "expm", "splev", "bisplev",
    "betaincc", "stdtr", "gammaincinv", "stdtrit", "chdtr", "chdtrc",
}  # fmt: skip


ONCE_IN_SCIPY = {
    "cholesky", "cho_factor", "cho_solve", "solve_triangular", "solve_banded", "eigh", "eigvalsh",
}  # fmt: skip


def is_once(rule: Rule) -> bool:
    home = str(getattr(rule.canonical, "__module__", ""))
    return rule.name in ONCE or (rule.name in ONCE_IN_SCIPY and home.startswith("scipy"))


def is_public(rule: Rule) -> bool:
    """The helpers of the runtime are met in the derivatives of the others."""
    if rule.kind == "nondiff" or rule.sample is None:
        return False
    home = str(getattr(rule.canonical, "__module__", ""))
    return rule.canonical in OPERATORS if isinstance(rule.canonical, str) else not home.startswith("s2sad.runtime")


def kinds(tree: Any) -> set[str]:
    """The kinds of the numbers in a structure; "f4" for those that are too coarse for differences."""
    if isinstance(tree, list | tuple):
        return set().union(*map(kinds, tree)) if tree else set()
    dtype = np.asarray(tree).dtype
    return {"f4" if dtype.kind == "f" and dtype.itemsize < 8 else dtype.kind}


def terms(y: Any, text: str) -> str:
    if isinstance(y, list | tuple):
        return " + ".join(terms(v, f"{text}[{k}]") for k, v in enumerate(y))
    return f"np.sum(np.sin({text}) * 0.7 + {text} * {text})"


def function_of(rule: Rule, operands: list[Any], static: dict[str, Any], y: Any) -> Any:
    """A function of the operands that returns one number."""
    names = [f"a{k}" for k in range(len(operands))]
    space: dict[str, Any] = {"np": np, "fn": rule.canonical}
    options = []
    for k, v in static.items():
        literal = v is None or isinstance(v, int | float | str | tuple | slice)
        options.append((k, repr(v) if literal else f"option_{k}"))
        if not literal:
            space[f"option_{k}"] = v
    if isinstance(rule.canonical, str):
        call = f"a0 {OPERATORS[rule.canonical]} a1"
    else:
        try:
            rule.canonical(*operands, **static)
            call = f"fn({', '.join([*names, *(f'{k}={t}' for k, t in options)])})"
        except TypeError:
            call = f"fn({', '.join([*names, *(t for _, t in options)])})"
    text = f"def f({', '.join(names)}):\n    y = {call}\n    return {terms(y, 'y')}\n"
    return make_function("f", text, space)


@pytest.mark.parametrize("rule", [pytest.param(r, id=r.name) for r in all_rules() if is_public(r)])
def test_second_derivative(rule: Rule) -> None:
    assert rule.sample is not None
    args, kwargs = next(iter(rule.sample()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        operands, static = split(rule, args, kwargs)
        y = call_primal(rule, operands, static)
    active = tuple(k for k, a in enumerate(operands) if dots_like(a, 1) is not None)
    if not active or (kinds(y) | kinds(operands)) & {"c", "f4"}:
        pytest.skip("no real number of double precision is differentiated")
    directions = {k: dots_like(operands[k], 5 + k) for k in active}
    g = s2sad.grad(function_of(rule, operands, static, y), argnums=active)
    if is_once(rule):
        with pytest.raises(s2sad.UnsupportedError):
            s2sad.vjp(g, *operands)
            s2sad.jvp(g, tuple(operands), tuple(directions.get(k) for k in range(len(operands))))
        return

    def at(t: float) -> np.ndarray[Any, Any]:
        found = oracles.leaves(g(*(shift(a, directions.get(k), t) for k, a in enumerate(operands))))
        return np.concatenate([np.ravel(np.asarray(v, float)) for v in found])

    h = 1e-5
    want = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
    _, tangent = s2sad.jvp(g, tuple(operands), tuple(directions.get(k) for k in range(len(operands))))
    got = np.concatenate([np.ravel(np.asarray(v, float)) for v in oracles.leaves(tangent)])
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6 * (1 + np.max(np.abs(want), initial=0.0)))
    value, pullback = s2sad.vjp(g, *operands)
    seed = oracles.random_like(value, 11)
    gradients = pullback(seed)
    gap = oracles.dot_product_gap(seed, tangent, [gradients[k] for k in active], [directions[k] for k in active])
    assert gap < 1e-8
