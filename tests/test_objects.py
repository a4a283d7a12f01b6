"""Objects: right in both modes against differences, values and effects those of the user's function, or refused."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles
from tests.object_programs import CASES, PARAMETERS, REFUSED, Model, State


def active(args: tuple[Any, ...]) -> list[int]:
    return [k for k, a in enumerate(args) if oracles.leaves(a)]


@pytest.mark.parametrize(("fn", "args"), CASES, ids=[f"{f.__name__}-{k}" for k, (f, _) in enumerate(CASES)])
def test_programs(fn: Any, args: tuple[Any, ...]) -> None:
    asked = active(args)
    plain = oracles.observe(lambda a, kw: fn(*a), args, {})
    derived = oracles.observe(lambda a, kw: s2sad.vjp(fn, *a)[0], args, {})
    assert not oracles.same_effects(plain, derived)
    value, pullback = s2sad.vjp(fn, *copy.deepcopy(args))
    seed = oracles.random_like(value, 3)
    gradients = pullback(seed)
    want = oracles.numeric_gradient(fn, args, {}, asked, seed)
    for k, numeric in zip(asked, want, strict=True):
        assert not oracles.close(oracles.gradient_leaves(gradients[k], args[k]), numeric, 1e-6)
        assert not oracles.same_structure(args[k], gradients[k])
    dots = [oracles.random_like(a, 7 + k) for k, a in enumerate(args)]
    _, tangent = s2sad.jvp(fn, copy.deepcopy(args), tuple(dots))
    used = [gradients[k] for k in asked]
    assert oracles.dot_product_gap(seed, tangent, used, [dots[k] for k in asked]) < 1e-12


@pytest.mark.parametrize(("fn", "args"), REFUSED, ids=[f.__name__ for f, _ in REFUSED])
def test_refused(fn: Any, args: tuple[Any, ...]) -> None:
    for run in (lambda: s2sad.vjp(fn, *args), lambda: s2sad.jvp(fn, args, tuple(map(oracles.zeros_like, args)))):
        with pytest.raises(s2sad.UnsupportedError) as caught:
            run()
        found = caught.value.findings[0]
        first = fn.__code__.co_firstlineno
        assert found.loc.file == __file__.replace("test_objects", "object_programs")
        assert found.line.strip() and (found.loc.line >= first or found.function != fn.__name__)


def test_a_method_changes_its_own_object() -> None:
    model = Model(2.0)
    grad = s2sad.grad(model.loss)
    assert grad(3.0) == 12.0
    assert grad(3.0) == 24.0
    assert model.calls == 2


def test_the_gradient_of_a_dataclass_is_a_dataclass() -> None:
    def f(p: Any) -> Any:
        return np.sum(p.w) * p.b * p.inner.x

    g = s2sad.grad(f)(PARAMETERS)
    assert type(g) is type(PARAMETERS) and type(g.inner) is State
    np.testing.assert_allclose(g.w, 0.28)
    assert g.b == pytest.approx(0.49) and g.inner.x == pytest.approx(0.28) and g.inner.v == 0.0
    assert g.n == 0 and g.w is not PARAMETERS.w


def test_one_object_given_twice_and_stored_into() -> None:
    def f(s: Any, t: Any) -> Any:
        s.x = s.x * t.x
        return s.x * t.x

    s = State(0.7, 0.3)
    with pytest.raises(RuntimeError, match="one object"):
        s2sad.grad(f)(s, s)
    assert s.x == 0.7
    assert s2sad.grad(f, argnums=1)(State(2.0, 0.0), State(3.0, 0.0)).x == pytest.approx(12.0)


def test_a_local_object_leaves_no_trace_in_the_derivative() -> None:
    def f(x: float) -> float:
        s = State(x, 2.0)
        s.x = s.x * s.v
        return s.x * s.x

    source = s2sad.grad(f)
    assert source(3.0) == 24.0
    assert "State" not in source.source


def test_a_result_is_the_same_object_twice() -> None:
    def f(x: float) -> Any:
        s = State(x, x)
        return s, s

    value, pullback = s2sad.vjp(f, 2.0)
    assert value[0] is value[1]
    assert pullback((State(1.0, 2.0), State(3.0, 4.0)))[0] == 10.0


class Gain:
    factor = 2.0

    def __init__(self, x: float) -> None:
        self.x = x

    def value(self) -> float:
        return self.x * self.factor


class Louder(Gain):
    pass


def test_a_method_that_is_replaced_is_seen() -> None:
    def f(x: float) -> float:
        return Louder(x).value()

    grad = s2sad.grad(f)
    assert grad(3.0) == 2.0
    old = Gain.value
    try:
        Gain.value = lambda self: self.x * self.x  # type: ignore[method-assign]
        assert grad(3.0) == 6.0
        Louder.value = lambda self: 7.0 * self.x  # type: ignore[method-assign]
        assert grad(3.0) == 7.0
    finally:
        Gain.value = old  # type: ignore[method-assign]
        del Louder.value
    assert grad(3.0) == 2.0


def test_data_of_a_class_is_read_at_every_call() -> None:
    def f(x: float) -> float:
        return Gain(x).value() * Gain.factor

    grad = s2sad.grad(f)
    assert grad(3.0) == 4.0
    try:
        Gain.factor = 5.0
        assert grad(3.0) == 25.0
    finally:
        Gain.factor = 2.0


def test_a_plain_object_gets_a_gradient_of_its_class() -> None:
    g = s2sad.grad(lambda model: model.k * model.k * model.calls)(Model(3.0))
    assert type(g) is Model and g.k == 0.0 and g.calls == 0
    m = Model(3.0)
    m.calls = 2
    assert s2sad.grad(lambda model: model.k * model.k * model.calls)(m).k == 12.0


def test_second_order_through_objects() -> None:
    def f(x: float) -> float:
        s = State(x, x * x)
        s.x = s.x * s.v
        return s.energy

    # x -> 0.5 x**4 + 0.5 x**6
    assert s2sad.grad(s2sad.grad(f))(2.0) == pytest.approx(6.0 * 4.0 + 15.0 * 16.0)
