"""``try`` in machine code: the handler that Python would run, its value and its derivative; what is raised stays raised."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles

pytest.importorskip("numba")

X = np.array([0.4, -0.3, 1.7, 0.9])


class Stop(Exception):
    """An exception of the user's."""


class Harder(Stop):
    """A more special one."""


def checked_root(x):
    if x < 0.0:
        raise ValueError("negative")
    if x > 3.0:
        raise Harder
    return math.sqrt(x)


def roots(x):
    total = 1.0
    for v in x:
        try:
            total = total + checked_root(v) * total
        except ValueError:
            total = total - v
        except Stop:
            total = total * v
    return total


def quotient(x, y):
    try:
        z = x / y
    except ZeroDivisionError:
        z = x * 3.0
    else:
        z = z * z
    finally:
        w = y + 1.0
    return z * w


def beyond_the_end(x):
    total = 0.0
    try:
        for i in range(5):
            total += x[i] * x[i]
    except IndexError:
        total = total * x[0]
    return total


def half_done(x):
    y = x * 2.0
    try:
        for i in range(x.size):
            y[i] = y[i] * math.log(x[i])
    except ValueError:
        y[0] = y[1] * y[0]
    return np.sum(y * x)


def nested(x, which):
    try:
        try:
            if which == 1:
                raise Harder("a")
            if which == 2:
                raise Stop("b")
            if which == 3:
                raise KeyError("c")
            r = math.exp(x * which)
        except Harder:
            r = x * 2.0
        finally:
            x = x * 1.5
    except (Stop, KeyError) as error:
        if which == 3:
            raise RuntimeError("no key") from error
        r = x * 3.0
    except OverflowError:
        r = x * x
    return r * x


def stores_then_passes_on(x, y):
    try:
        y[0] = x * 2.0
        if x > 1.0:
            raise Stop("large")
        y[1] = x * 3.0
    except Stop:
        y[2] = x * 4.0
        raise
    return np.sum(y * y)


def retried(x):
    t = 1.0
    for _ in range(5):
        try:
            r = math.sqrt(x - t)
            break
        except ValueError:
            t = t * 0.5
    else:
        r = x * 0.1
    return r * t * x


def ends_in_the_condition(x):
    i, total = 0, 0.0
    try:
        while x[i] > -9.0:
            total += x[i] * i
            i += 1
    except IndexError:
        return total * x[0]
    return total


def powers(x, p):
    try:
        y = x**p
    except ZeroDivisionError:
        y = 2.0 * p
    except OverflowError:
        y = 3.0 * p
    return y


def quietly(x):
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(x > 0.0, np.log(x), x * x)
    return np.sum(y * x)


def in_a_nest(x, n):
    y, k = x.copy(), 0
    try:
        for i in range(n):
            for j in range(n):
                if x[i] * x[j] > 1.0:
                    raise Stop
                y[i] *= x[j]
                k += 1
    except Stop:
        y[0] += k
    return np.sum(y * x)


def cleaned_up(x):
    total = 0.0
    for v in x:
        try:
            try:
                if v > 1.0:
                    raise Stop
                total += v
            finally:
                total *= 2.0
        except Stop:
            total -= v
    return total


CASES: list[tuple[Callable[..., Any], tuple[Any, ...], tuple[int, ...]]] = [
    (roots, (X,), (0,)),
    (roots, (X * 3.0,), (0,)),
    (quotient, (1.3, 2.0), (0, 1)),
    (quotient, (1.3, 0.0), (0,)),
    (beyond_the_end, (X,), (0,)),
    (beyond_the_end, (np.arange(1.0, 7.0),), (0,)),
    (half_done, (X,), (0,)),
    (half_done, (X * X,), (0,)),
    *((nested, (0.7, which), (0,)) for which in (0, 1, 2, 3)),
    (nested, (0.7, 2000), (0,)),
    (stores_then_passes_on, (0.7, X), (0, 1)),
    (stores_then_passes_on, (1.7, X), (0, 1)),
    *((retried, (x,), (0,)) for x in (1.5, 0.3, 0.001)),
    (ends_in_the_condition, (X,), (0,)),
    (ends_in_the_condition, (X * 9.0 - 7.0,), (0,)),
    (powers, (2.0, 1.5), (0, 1)),
    (powers, (0.0, -1.0), (1,)),
    (powers, (1e200, 2.5), (1,)),
    (quietly, (X,), (0,)),
    (in_a_nest, (X, 4), (0,)),
    (in_a_nest, (X, 2), (0,)),
    (cleaned_up, (X,), (0,)),
]
derivatives: dict[Any, Callable[..., Any]] = {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].__name__}{case[1:2]}"[:40])
def test_the_handler_that_python_runs(case: Any) -> None:
    f, args, argnums = case
    key = f, argnums
    if key not in derivatives:
        derivatives[key] = s2sad.value_and_grad(f, argnums=argnums, backend="numba")
    plain, derived = copy.deepcopy(args), copy.deepcopy(args)
    try:
        exact = f(*plain)
    except Exception as error:
        with pytest.raises(type(error), match=str(error)):
            derivatives[key](*derived)
    else:
        value, gradients = derivatives[key](*derived)
        assert np.isclose(value, exact, rtol=1e-13) and type(value) is type(exact)
        numeric = oracles.numeric_gradient(f, args, {}, argnums, 1.0)
        for i, g, want in zip(argnums, gradients, numeric, strict=True):
            assert not oracles.close(oracles.gradient_leaves(g, args[i]), want, 1e-6)
    for a, b in zip(plain, derived, strict=True):
        assert np.allclose(a, b, rtol=1e-13)  # what was stored before the exception


def large(x, n):
    k = 1
    try:
        for _ in range(n):
            k = k * 1000
    except OverflowError:
        return x * 7.0
    return x * k


def of_two_kinds(x):
    last = 0.0
    for v in x:
        last = v
    try:
        return 1.0 / last
    except ZeroDivisionError:
        return 5.0


def test_what_python_does_not_raise_is_not_caught() -> None:
    assert s2sad.grad(large, backend="numba")(2.0, 3) == 1e9
    with pytest.raises(OverflowError, match="64 bits"):
        s2sad.grad(large, backend="numba")(2.0, 9)
    with pytest.raises(ZeroDivisionError):  # Python's number or NumPy's: only when it runs
        s2sad.grad(of_two_kinds, backend="numba")(np.array([1.0, 0.0]))


def shapes_that_may_differ(x, y):
    try:
        z = x + y
    except ValueError:
        z = x
    return np.sum(z)


def looked_at(x):
    try:
        raise Stop("text")
    except Stop as error:
        print(error)
    return x


def missing(x):
    try:
        {}["key"]
    except KeyError:
        return 2.0 * x
    return x


@pytest.mark.parametrize(("f", "args", "text"), [
    (shapes_that_may_differ, (X, X.reshape(2, 2)[0]), "inside try"),
    (looked_at, (1.0,), "an exception that is looked at"),
    (missing, (1.0,), "inside try"),
])  # fmt: skip
def test_refused(f: Any, args: Any, text: str) -> None:
    with pytest.raises(s2sad.UnsupportedError, match=text):
        s2sad.grad(f, backend="numba")(*args)


def scaled(x, y):
    y[0] = x[1] * 2.0
    return np.sum(x * y)


def test_read_only_arrays() -> None:
    """Those that are read are like others; a store into one raises as NumPy does."""
    fixed = X.copy()
    fixed.flags.writeable = False
    derivative = s2sad.grad(scaled, argnums=(0, 1), backend="numba")
    want = s2sad.grad(scaled, argnums=(0, 1))(X, X.copy())
    for got, exact in zip(derivative(fixed, X.copy()), want, strict=True):
        assert np.allclose(got, exact)
    with pytest.raises(ValueError, match="read-only"):
        derivative(X, fixed)


def validated(x, n):
    if n > 3:
        raise ValueError(f"{n} steps from {x[0]:.3f} {{at most}} 3")
    for v in x:
        if v > 5.0:
            raise Stop(f"{v} is beyond {2 * n}, {v > 2.0}")
    return np.sum(x * x) * n


def validated_by_a_callee(x, n):
    total = validated(x, n) * 2.0
    for k in range(n):
        total = total + x[k] * k - total * 0.1 * k
        if total > 1000.0:
            raise OverflowError(f"{total:8.2e}")
    return total


def test_messages_with_numbers() -> None:
    for f in (validated, validated_by_a_callee):
        derivative = s2sad.value_and_grad(f, backend="numba")
        _, gradient = derivative(X, 2)
        assert not oracles.close([gradient], oracles.numeric_gradient(f, (X, 2), {}, (0,), 1.0)[0], 1e-6)
        for args in ((X, 4), (X * 7.0, 2), (X + 2.0, 3)):
            try:
                f(*args)
            except Exception as error:
                with pytest.raises(type(error)) as raised:
                    derivative(*args)
                assert raised.value.args == error.args
    with pytest.raises(ValueError, match=r"4 steps from 0\.400 \{at most\} 3"):
        s2sad.vjp(validated, X, 4, backend="numba")
