"""try / except / else / finally: the path taken is the path differentiated."""

from __future__ import annotations

import contextlib
import math

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("exceptions_try", issue=3)


def try_without_exception(x):
    try:
        y = x * x
    except ValueError:
        y = x
    return y * x


PROGRAMS.add(try_without_exception, 0.7)


def except_path_taken(x):
    try:
        y = math.log(-abs(x))
    except ValueError:
        y = x * x * x
    return y * x


PROGRAMS.add(except_path_taken, 0.7)


def raise_and_catch(x, limit):
    try:
        if x > limit:
            raise ValueError("too large")
        y = x * 2
    except ValueError as e:
        y = x * x + len(str(e))
    return y


PROGRAMS.add(raise_and_catch, 0.7, 0.5)
PROGRAMS.add(raise_and_catch, 0.7, 0.9)


def finally_runs(x):
    log = []
    try:
        y = x * x
    finally:
        log.append(x)
    return y * log[0]


PROGRAMS.add(finally_runs, 0.7)


def try_else(x):
    try:
        y = x + 1
    except ZeroDivisionError:
        y = 0.0
    else:
        y = y * x
    finally:
        z = 2.0
    return y * z


PROGRAMS.add(try_else, 0.7)


def several_handlers(x, d, key):
    try:
        y = d[key] * x
    except (TypeError, IndexError):
        y = 1.0
    except KeyError:
        y = x**3
    return y


PROGRAMS.add(several_handlers, 0.7, {"a": 2.0}, "zz", argnums=(0,))
PROGRAMS.add(several_handlers, 0.7, {"a": 2.0}, "a")


def partial_work_before_exception(x):
    y = np.zeros(3)
    try:
        for i in range(5):
            y[i] = x * (i + 1)
    except IndexError:
        y[0] = y[1] * y[2]
    return np.sum(y * y)


PROGRAMS.add(partial_work_before_exception, 0.7)


def partial_rebinding_before_exception(x):
    a = x
    try:
        a = a * 2
        b = [1.0][3]
        a = a * b
    except IndexError:
        a = a + x * x
    return a


PROGRAMS.add(partial_rebinding_before_exception, 0.7)


def solver_fallback(a, b):
    try:
        x = risky_divide(b, a)
    except ZeroDivisionError:
        x = b * 0.5
    return x * x


def risky_divide(b, a):
    if abs(a) < 1e-3:
        raise ZeroDivisionError("small pivot")
    return b / a


PROGRAMS.add(solver_fallback, 0.7, 0.3)
PROGRAMS.add(solver_fallback, 0.0, 0.3, argnums=(1,))


def exception_in_loop(xs):
    total = 0.0
    for v in xs:
        try:
            total += math.sqrt(v)
        except ValueError:
            total += v * v
            continue
        total *= 1.1
    return total


PROGRAMS.add(exception_in_loop, [0.4, -0.5, 0.9])


def return_inside_try(x):
    try:
        return x * x
    finally:
        print("cleaned")


PROGRAMS.add(return_inside_try, 0.7)


def return_in_handler(x):
    for k in range(3):
        try:
            x = x * [1.5, 2.0][k]
        except IndexError:
            return x * x
    return 0.0


PROGRAMS.add(return_in_handler, 0.7)


def nested_try(x):
    try:
        try:
            y = x / 0
        except ValueError:
            y = 1.0
    except ZeroDivisionError:
        y = x * x
    return y


PROGRAMS.add(nested_try, 0.7)


def reraised(x):
    try:
        try:
            raise KeyError("k")
        except KeyError:
            x = x * 3
            raise
    except KeyError:
        x = x * x
    return x


PROGRAMS.add(reraised, 0.7)


class TooBig(Exception):
    def __init__(self, value):
        super().__init__("too big")
        self.value = value


def custom_exception(x):
    try:
        check(x * 3)
    except TooBig as e:
        return e.value * x
    return x


def check(v):
    if v > 1:
        raise TooBig(v)


PROGRAMS.add(custom_exception, 0.7)


def suppress(x):
    y = x
    with contextlib.suppress(IndexError):
        y = y * 2
        y = y * [1.0][7]
    return y * y


PROGRAMS.add(suppress, 0.7)


def attribute_probe(x):
    try:
        n = x.ndim
    except AttributeError:
        n = 7
    return x * x * n if n == 7 else np.sum(x) * n


PROGRAMS.add(attribute_probe, 0.7)
PROGRAMS.add(attribute_probe, arr(3))


def validated(x, method="fast"):
    if method not in ("fast", "slow"):
        raise ValueError("bad method")
    if np.any(np.isnan(x)):
        raise ValueError("nan")
    if x.ndim != 1:
        raise TypeError(f"expected 1 dimension, got {x.ndim}")
    return np.sum(x**2)


PROGRAMS.add(validated, arr(3))


def loop_else(x):
    for i in range(3):
        if x > 50:
            break
        x = x * 1.5
    else:
        x = x * x
    return x


PROGRAMS.add(loop_else, 0.7)


def while_else(x):
    while x < 2:
        x = x * 1.5
        if x > 1.9:
            break
    else:
        x = -x
    return x * x


PROGRAMS.add(while_else, 0.7)


def match_statement(x, kind):
    match kind:
        case "sin":
            return np.sin(x)
        case "pow" | "power":
            return x**3
        case ("scaled", k):
            return x * k * x
        case {"a": a}:
            return x * a
        case _:
            return x


PROGRAMS.add(match_statement, 0.7, "sin")
PROGRAMS.add(match_statement, 0.7, "power")
PROGRAMS.add(match_statement, 0.7, ("scaled", 2), argnums=(0,))
PROGRAMS.add(match_statement, 0.7, {"a": 0.5})
PROGRAMS.add(match_statement, 0.7, 3)


def match_with_guard(xs):
    match xs:
        case []:
            return 0.0
        case [a]:
            return a
        case [a, b] if a > b:
            return a * b
        case [a, *rest]:
            return a + sum(rest) ** 2


PROGRAMS.add(match_with_guard, [0.7, 0.9])
PROGRAMS.add(match_with_guard, [0.9, 0.7])


def walrus(x):
    if (y := x * x) > 0.1:
        y = y + (z := y * 2)
    else:
        z = 1.0
    while (x := x * 1.5) < 3:
        y += x
    return y * z + x


PROGRAMS.add(walrus, 0.7)


def del_statement(x):
    y = x * x
    z = y * 2
    del y
    y = z + x
    return y * z


PROGRAMS.add(del_statement, 0.7)


def raises_in_other_branch(x):
    if x < 0:
        raise ValueError(f"negative: {x}")
    if not isinstance(x, float):
        raise TypeError
    assert x != 3.0, f"x is {x}"
    return math.sqrt(x)


PROGRAMS.add(raises_in_other_branch, 0.7)
