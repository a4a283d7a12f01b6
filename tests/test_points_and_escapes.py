"""The point of a pullback is fixed at the call, and no number slips away through text, sets or objects."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.programs.regressions.found_by_hand import recursion_over_slices, state_in_a_tuple

SCALE = 2.0
WEIGHTS = np.array([1.0, 2.0])


def carried(x: Any, w: Any) -> Any:
    v = w
    for _ in range(3):
        v = np.tanh(x.T @ (x @ v))
    return v


def in_list(x: Any) -> Any:
    functions = [lambda t, i=i: t * x[i] for i in range(3)]
    return functions[0](x[0]) + functions[1](x[1])


@pytest.mark.parametrize("f", [state_in_a_tuple, recursion_over_slices, in_list], ids=lambda f: f.__name__)
def test_arguments_may_change_before_the_pullback(f: Callable[..., Any]) -> None:
    x = np.linspace(0.5, 1.5, 8)
    want = s2sad.vjp(f, x.copy())[1](1.0)[0]
    changed = x.copy()
    _, pullback = s2sad.vjp(f, changed)
    changed[:] = 77.0
    assert np.array_equal(pullback(1.0)[0], want)
    assert np.array_equal(pullback(1.0)[0], want)


def test_carried_arguments_may_change_before_the_pullback() -> None:
    x, w, seed = np.linspace(0.1, 0.6, 6).reshape(2, 3), np.array([0.3, 0.2, 0.1]), np.ones(3)
    want = s2sad.vjp(carried, x.copy(), w.copy())[1](seed)
    value, pullback = s2sad.vjp(carried, x, w)
    x[:], w[:], value[:] = 77.0, 77.0, 77.0
    assert all(np.array_equal(a, b) for a, b in zip(pullback(seed), want, strict=True))


def scaled(x: Any) -> Any:
    return SCALE * np.sum(WEIGHTS * x**2)


def test_globals_may_change_before_the_pullback(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.array([1.0, 2.0])
    _, first = s2sad.vjp(scaled, x)
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    _, second = s2sad.vjp(scaled, x)
    kept = WEIGHTS.copy()
    WEIGHTS[0] = 50.0
    gradients = first(1.0)[0], second(1.0)[0]
    WEIGHTS[:] = kept
    assert np.array_equal(gradients[0], [4.0, 16.0])
    assert np.array_equal(gradients[1], [6.0, 24.0])


def flattened(x: Any) -> Any:
    r = x.reshape(-1)
    r[0] = r[1] * r[2]
    return np.sum(x**2) + r[0]


@pytest.mark.parametrize("order", ["C", "F"])
def test_tangents_are_laid_out_as_their_values(order: Any) -> None:
    x = np.array(np.arange(1.0, 7.0).reshape(2, 3), order=order)
    v = np.ones((2, 3))
    gradient = s2sad.grad(flattened)(x.copy("K"))
    assert s2sad.jvp(flattened, (x.copy("K"),), (v,))[1] == np.sum(gradient * v)


def test_tangents_of_strided_arrays() -> None:
    x = np.arange(1.0, 13.0).reshape(3, 4)[:, 1:3]
    v = np.ones((3, 2))
    gradient = s2sad.grad(flattened)(x.copy())
    copied = s2sad.jvp(flattened, (x.copy(),), (v,))[1]
    assert copied == np.sum(gradient * v)
    assert s2sad.jvp(flattened, (x,), (v,))[1] == np.sum(s2sad.grad(flattened)(x) * v)


def by_text(x: Any) -> Any:
    return float(str(x)) * x


def by_format(x: Any) -> Any:
    return float(f"{x:.17g}") ** 2


def by_percent(x: Any) -> Any:
    return float("%r" % x) ** 2  # noqa: UP031


def by_join(x: Any) -> Any:
    return sum(float(t) for t in ",".join([str(x), str(x * x)]).split(","))


def by_set(x: Any) -> Any:
    return sum({x, x * 2})


def by_set_pop(x: Any) -> Any:
    s = {x}
    return s.pop() * 2


def by_set_add(x: Any) -> Any:
    s = set()
    s.add(x)
    t = 0.0
    for v in s:
        t += v * v
    return t


def by_key(x: Any) -> Any:
    t = 0.0
    for k in {x: 1.0}:
        t += k * k
    return t


def by_object(x: Any) -> Any:
    a = np.array([x, x * x], dtype=object)
    return a[0] * a[1]


def by_object_store(x: Any) -> Any:
    a = np.empty(2, dtype=object)
    a[0] = x
    return a[0] * a[0]


def by_exception(x: Any) -> Any:
    try:
        raise ValueError(x * x)
    except ValueError as e:
        return e.args[0] * 2


ESCAPES = [by_text, by_format, by_percent, by_join, by_set, by_set_pop, by_set_add, by_key, by_object, by_object_store,
           by_exception]  # fmt: skip


@pytest.mark.parametrize("f", ESCAPES, ids=lambda f: f.__name__)
def test_escapes_are_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(s2sad.UnsupportedError):
        s2sad.grad(f)(2.5)
    with pytest.raises(s2sad.UnsupportedError):
        s2sad.jvp(f, (2.5,), (1.0,))


def logged(x: Any) -> Any:
    log = []
    s = 0.0
    for i in range(3):
        s += x[i] ** 2
        log.append(f"step {i}: {s:.3f}")
    entry = {"text": ", ".join(log), "value": s}
    if "step" in log[0]:
        s = s * 2
    assert s > 0, f"bad {s}"
    return s * entry["value"] * len({x[0], x[1]})


def test_text_that_stays_text_is_fine() -> None:
    x = np.array([1.0, 2.0, 3.0])
    assert np.allclose(s2sad.grad(logged)(x), 16 * np.sum(x**2) * x)


def condition(x: Any) -> Any:
    return np.linalg.cond(x)


def edges(x: Any) -> Any:
    return np.sum(np.histogram(x, bins=2)[1] ** 2)


def distinct(x: Any) -> Any:
    return np.sum(np.unique(x) ** 2)


@pytest.mark.parametrize("f", [condition, edges, distinct], ids=lambda f: f.__name__)
def test_right_or_refused(f: Callable[..., Any]) -> None:
    x = np.array([[2.0, 0.5], [0.25, 1.0]])
    try:
        gradient = s2sad.grad(f)(x)
    except s2sad.UnsupportedError:
        return
    steps = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(4).reshape(4, 2, 2)]
    assert np.allclose(np.ravel(gradient), steps, atol=1e-6) and math.isfinite(np.sum(gradient))


def stores_beside_a_global(x: Any) -> Any:
    x[0] = WEIGHTS[1] ** 2
    return np.sum(x * WEIGHTS)


def test_an_argument_that_is_also_a_global() -> None:
    with pytest.raises(s2sad.AliasError):
        s2sad.grad(stores_beside_a_global)(WEIGHTS)
    assert np.array_equal(s2sad.grad(stores_beside_a_global)(np.array([1.0, 2.0])), [0.0, 2.0])


def taken_by_an_array_that_changes(x):
    index = np.array([0, 1, 2])
    y = np.take(x, index)
    index[0] = 2
    return np.sum(y * np.array([1.0, 10.0, 100.0]))


def repeated_by_an_array_that_changes(x):
    counts = np.array([1, 2, 3])
    y = np.repeat(x, counts)
    counts[0], counts[2] = 3, 1
    return np.sum(y * np.arange(6.0))


def test_options_that_are_overwritten_later_are_kept() -> None:
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(s2sad.grad(taken_by_an_array_that_changes)(x), [1.0, 10.0, 100.0])
    np.testing.assert_allclose(s2sad.grad(repeated_by_an_array_that_changes)(x), [0.0, 3.0, 12.0])


def stores_into_its_argument(x):
    x[0] = x[0] * x[1]
    x[1] = x[1] ** 2
    return np.array([np.sum(x**2), x[0] * x[1]])


def test_many_sweeps_of_a_function_that_stores_into_its_argument() -> None:
    want = np.array([[36.0, 132.0], [27.0, 54.0]])
    x = np.array([2.0, 3.0])
    np.testing.assert_allclose(s2sad.jacfwd(stores_into_its_argument)(x), want)
    np.testing.assert_allclose(x, [6.0, 9.0])  # once, as the function does
    x = np.array([2.0, 3.0])
    value, push = s2sad.linearize(stores_into_its_argument, x)
    np.testing.assert_allclose(x, [6.0, 9.0])
    np.testing.assert_allclose(value, [117.0, 54.0])
    for _ in range(2):
        np.testing.assert_allclose([push(e) for e in np.eye(2)], want.T)


def test_keys_that_are_equal_but_of_different_types() -> None:
    """Python takes them for one key, the types of a dict's items for several: refused rather than guessed."""

    def f(x: np.ndarray) -> float:
        d = {True: x[0] ** 2, 1: x[1] ** 2, 1.0: x[2] ** 2}  # noqa: F601
        return float(d[1] * x[3])

    with pytest.raises(s2sad.UnsupportedError, match="equal but of different types"):
        s2sad.grad(f)(np.arange(4.0))


def test_a_value_is_not_read_back_from_where_its_own_shape_says():
    """Its place cannot be found before it is known."""

    def f(v, c):
        b = np.atleast_2d(c)
        out = np.zeros((2, 3))
        out[0 : b.shape[0], 0 : b.shape[1]] = b
        out[1, 1:] = v * c
        return out

    value, pullback = s2sad.vjp(f, np.array([1.0, 2.0]), 1.5)
    v_bar, c_bar = pullback(np.ones((2, 3)))
    np.testing.assert_array_equal(value, f(np.array([1.0, 2.0]), 1.5))
    np.testing.assert_array_equal(v_bar, [1.5, 1.5])
    assert c_bar == 4.0


def number_or_integer(x: Any) -> Any:
    return np.sum(np.vectorize(lambda v: 1 if v < 1 else v)(x) * x)


def rounded(x: Any) -> Any:
    return np.sum(np.vectorize(lambda v: v * v, otypes=[int])(x) * x)


def test_vectorized_functions_that_convert_to_integers_are_not_taken_for_smooth() -> None:
    x = np.array([0.7, 1.3])
    with pytest.raises(TypeError, match="otypes"):
        s2sad.grad(number_or_integer)(x)
    with pytest.raises(s2sad.UnsupportedError):
        s2sad.grad(rounded)(x)


def row_by_a_tuple(x: Any, n: int) -> Any:
    at = []
    for k in range(n):
        at.append(k)
    y = x[tuple(at)]
    y[0] = 5.0
    return np.sum(x**2) + np.sum(y)


def test_a_store_into_what_a_tuple_of_unknown_length_reads_is_refused() -> None:
    with pytest.raises(s2sad.UnsupportedError, match="S2S063"):
        s2sad.grad(row_by_a_tuple)(np.ones((3, 3)), 1)
