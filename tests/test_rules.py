"""Every rule on its samples, with no compiler: bodies run as plain Python, against differences and one another."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad.rules  # noqa: F401
from s2sad.ir.types import Array, Scalar, Tuple, Type
from s2sad.rules import index, registry
from s2sad.rules.registry import FAMILIES, Rule, all_rules, load_family
from s2sad.runtime import accumulate, unbroadcast
from tests.each import each
from tests.ruletools import call_primal, dots_like, flat, inner, shift, type_of

for _family in FAMILIES:
    load_family(_family)
RULES = [r for r in all_rules() if r.sample is not None]


def each_sample(rule: Rule, check: Callable[..., None]) -> None:
    """The check on every sample of a rule."""
    assert rule.sample is not None
    each(((f"{rule.name}-{i}", rule, *given) for i, given in enumerate(rule.sample())), check)


def split(rule: Rule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Operands and static parameters of a call, by the conventions of the registry."""
    if rule.varargs:
        return list(args), dict(kwargs)
    n = len(rule.operands)
    defaults = dict(rule.defaults)
    operands = list(args[:n])
    static = dict(zip((k for k, _ in rule.static), args[n:], strict=False))
    rest = dict(kwargs)
    operands += [rest.pop(k) if k in rest else defaults[k] for k in rule.operands[len(operands) :]]
    return operands, {**static, **rest}


def named(rule: Rule, operands: list[Any]) -> list[tuple[str, Any]]:
    """Each operand with its name; those of ``*operands`` share one."""
    names = [rule.operands[min(k, len(rule.operands) - 1)] for k in range(len(operands))]
    return list(zip(names, operands, strict=True))


def as_tuple(value: Any, n: int) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) and n > 1 else (value,)


def pull(rule: Rule, y_bar: Any, y: Any, operands: list[Any], static: dict[str, Any]) -> list[Any]:
    """The cotangents of the operands."""
    assert rule.body is not None
    n = len(operands)
    if rule.kind == "elementwise":
        partials = as_tuple(rule.body(y, *operands, **static), n)
        return [
            None if p is None or dots_like(x, 1) is None else unbroadcast(y_bar * p, x)
            for p, x in zip(partials, operands, strict=True)
        ]
    if rule.kind in ("linear", "bilinear"):
        return list(as_tuple(rule.body(y_bar, *operands, **static), n))
    if rule.varargs:
        active = [dots_like(x, 1) is not None for x in operands]
        return [rule.body(y_bar, y, k, *operands, **static) if active[k] else None for k in range(n)]
    return list(as_tuple(rule.body(y_bar, y, *operands, **static), n))


def push(rule: Rule, dots: list[Any], y: Any, operands: list[Any], static: dict[str, Any]) -> Any:
    """The tangent of the result."""
    n = len(operands)
    if rule.kind == "elementwise":
        assert rule.body is not None
        partials = as_tuple(rule.body(y, *operands, **static), n)
        terms = [p * d for p, d in zip(partials, dots, strict=True) if d is not None]
    elif rule.kind == "linear":
        terms = [call_primal(rule, [dots[0], *operands[1:]], static)]
    elif rule.kind == "bilinear":
        terms = [call_primal(rule, [dots[0], operands[1]], static), call_primal(rule, [operands[0], dots[1]], static)]
    elif rule.varargs:
        assert rule.jvp is not None
        terms = [rule.jvp(d, y, k, *operands, **static) for k, d in enumerate(dots) if d is not None]
    else:
        assert rule.jvp is not None
        safe = [0.0 if d is None else d for d in dots]
        terms = list(as_tuple(rule.jvp(*safe, y, *operands, **static), n))
        terms = [t for t, d in zip(terms, dots, strict=True) if t is not None and d is not None]
    total = None
    for t in terms:
        total = accumulate(total, t)
    return total


def difference(rule: Rule, operands: list[Any], dots: list[Any], static: dict[str, Any]) -> np.ndarray:
    """A central difference of fourth order along ``dots``."""
    h = 1e-3

    def at(t: float) -> np.ndarray:
        return flat(call_primal(rule, [shift(x, d, t) for x, d in zip(operands, dots, strict=True)], static))

    return (8.0 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12.0 * h)


def wide(x: Any) -> Any:
    """float32 operands as float64, for differences."""
    if isinstance(x, np.ndarray) and x.dtype == np.float32:
        return x.astype(np.float64)
    if isinstance(x, np.float32):
        return float(x)
    return [wide(v) for v in x] if isinstance(x, list) else tuple(wide(v) for v in x) if type(x) is tuple else x


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_rule(rule: Rule) -> None:
    each_sample(rule, right)


def right(rule: Rule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    operands, static = split(rule, args, kwargs)
    y = call_primal(rule, operands, static)
    if rule.kind == "nondiff":
        return
    dots = [None if n in rule.fixed else dots_like(x, k + 1) for k, (n, x) in enumerate(named(rule, operands))]
    single = (
        any(
            np.asarray(v).dtype == np.float32
            for x in operands
            for v in (x if isinstance(x, list | tuple) else [x])
            if isinstance(v, np.ndarray | np.generic)
        )
        or flat_dtype(y) == np.float32
    )
    tol = 2e-4 if single else 1e-11
    y_dot = push(rule, dots, y, operands, static)
    if (
        not isinstance(y, tuple | list) and np.isrealobj(y) and np.iscomplexobj(y_dot)
    ):  # a real function of complex operands: the real part is its tangent
        y_dot = np.real(y_dot)
    assert isinstance(y, list | tuple) or np.shape(y_dot) == np.shape(y)
    if "dtype" not in static:
        got = difference(rule, [wide(x) for x in operands], [wide(d) for d in dots], static)
        scale = np.max(np.abs(got), initial=1.0)
        np.testing.assert_allclose(flat(y_dot), got, atol=(1e-3 if single else 2e-7) * scale, rtol=0)
    y_bar = dots_like(y, 9)
    bars = pull(rule, y_bar, y, operands, static)
    assert len(bars) == len(operands)
    left = inner(y_bar, y_dot)
    right = sum(inner(b, d) for b, d in zip(bars, dots, strict=True) if d is not None)
    assert math.isclose(left, right, rel_tol=tol, abs_tol=tol * (1.0 + abs(left)))
    for b, x, d in zip(bars, operands, dots, strict=True):
        if d is not None and b is not None:
            same_form(b, x)


def flat_dtype(y: Any) -> Any:
    return y.dtype if isinstance(y, np.ndarray | np.generic) else None


def same_form(b: Any, x: Any) -> None:
    """The cotangent of an operand has its shape, and its dtype where it is an array."""
    if isinstance(x, list | tuple):
        assert len(b) == len(x)
        for p, q in zip(b, x, strict=True):
            same_form(p, q)
        return
    assert np.shape(b) == np.shape(x)
    if isinstance(x, np.ndarray) and x.dtype.kind in "fc" and isinstance(b, np.ndarray):
        assert b.dtype == x.dtype


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_type(rule: Rule) -> None:
    each_sample(rule, typed)


def typed(rule: Rule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    operands, static = split(rule, args, kwargs)
    y = call_primal(rule, operands, static)
    assert rule.type is not None, "every rule has a type function"
    for symbolic in (True, False):
        sizes: dict[str, int] = {}
        t = rule.type(
            *(type_of(x, sizes, symbolic) for x in operands),
            **{k: type_of(v, sizes, False, static=True) for k, v in static.items()},
        )
        check_type(t, y, sizes)


def check_type(t: Type, y: Any, sizes: dict[str, int]) -> None:
    """The type covers the value: dtype, rank, sizes, and number against array."""
    if isinstance(t, Array):
        assert isinstance(y, np.ndarray), (t, y)
        assert t.dtype is None or t.dtype == y.dtype.name, (t, y.dtype)
        if t.dims is not None:
            assert len(t.dims) == y.ndim, (t, y.shape)
            for d, n in zip(t.dims, y.shape, strict=True):
                assert d is None or d.const + sum(c * sizes[s.name] for s, c in d.terms) == n, (t, y.shape)
    elif isinstance(t, Scalar):
        assert not isinstance(y, np.ndarray), (t, y)
        if t.weak:
            assert type(y) in (bool, int, float, complex) and np.dtype(type(y)).name == t.dtype, (t, y)
        else:
            assert isinstance(y, np.generic) and y.dtype.name == t.dtype, (t, type(y))
    elif isinstance(t, Tuple):
        assert isinstance(y, tuple | list) and len(y) == len(t.items)
        for part, value in zip(t.items, y, strict=True):
            check_type(part, value, sizes)


def test_signatures() -> None:
    each(((r.name, r) for r in all_rules() if r.kind == "general"), has_signature)


def has_signature(rule: Rule) -> None:
    """A tangent takes its operands' dots, the result, and what the body takes."""
    assert rule.jvp is not None and rule.body is not None
    static = {k for k, _ in rule.static}
    assert {p.name for p in inspect.signature(rule.jvp).parameters.values() if p.kind is p.KEYWORD_ONLY} == static


def test_every_differentiable_rule_has_samples() -> None:
    missing = [r.name for r in all_rules() if r.kind != "nondiff" and r.sample is None]
    assert not missing


def test_the_index_lists_what_the_families_declare() -> None:
    """A function that is missing in it would be without its rule."""
    declared: dict[str, set[str]] = {}
    for target, found in registry._RULES.items():
        declared.setdefault(found.home.removeprefix("s2sad.rules."), set()).add(registry.name_of(target))
    assert {family: set(names.split()) for family, names in index.FAMILIES.items()} == {k: declared[k] for k in index.FAMILIES}
    methods = {name: found.home.removeprefix("s2sad.rules.") for name, found in registry._METHODS.items()}
    assert {name: family for name, family in methods.items() if family in index.FAMILIES} == index.METHODS


def test_warnings_are_errors() -> None:
    with pytest.raises(RuntimeWarning), warnings.catch_warnings():
        warnings.simplefilter("error")
        np.divide(1.0, 0.0)
