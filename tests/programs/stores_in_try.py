"""Stores in the bodies and handlers of try statements: what was done before the exception is differentiated, no more."""

from __future__ import annotations

import contextlib

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("stores_in_try", issue=3)


def last_store_fails(x):
    y = x * 1.0
    try:
        y[0] = y[1] * y[2]
        y[1] = y[0] * y[0]
        y[9] = y[1]
        y[2] = 100.0
    except IndexError:
        y[2] = y[2] * y[1]
    return np.sum(y * y)


PROGRAMS.add(last_store_fails, arr(3))


def fails_at_a_step(x, k):
    y = x * 1.0
    try:
        if k == 0:
            raise ValueError("first")
        y[0] *= y[1]
        if k == 1:
            raise ValueError("second")
        y[1:] += y[:-1] ** 2
        if k == 2:
            raise ValueError("third")
        y *= y[0]
    except ValueError:
        y[2] = y[0] * y[1]
    else:
        y[0] = y[2] ** 2
    return np.sum(y * y)


for _k in range(4):
    PROGRAMS.add(fails_at_a_step, arr(3), _k)


def loop_ends_by_exception(x, n):
    y = x * 1.0
    done = 0
    try:
        for i in range(n):
            t = y[i] * y[i]
            y[i + 1] = t + y[i + 1] * 0.5
            done += 1
    except IndexError:
        y[0] = y[-1] * done
    return np.sum(y * y) * done


PROGRAMS.add(loop_ends_by_exception, arr(4), 2)
PROGRAMS.add(loop_ends_by_exception, arr(4), 9)


def while_ends_by_exception(x):
    y = x * 1.0
    k = 0
    try:
        while y[k] < 5.0:
            y[k] = y[k] * y[k - 1]
            k += 1
    except IndexError:
        y[0] = y[0] * k
    return np.sum(y**2)


PROGRAMS.add(while_ends_by_exception, pos(4))
PROGRAMS.add(while_ends_by_exception, np.array([0.5, 0.7, 6.0, 0.2]))


def nested_loops(a, limit):
    b = a * 1.0
    total = 0.0
    for i in range(3):
        try:
            for j in range(3):
                b[i, j] = b[i, j] * b[i - 1, j]
                if b[i, j] > limit:
                    raise ArithmeticError
                total = total + b[i, j]
                if j == i:
                    break
        except ArithmeticError:
            b[i] = b[i] * 0.5
            continue
        b[i, 0] = total
    return np.sum(b * b) + total


PROGRAMS.add(nested_loops, arr(3, 3), 9.0)
PROGRAMS.add(nested_loops, arr(3, 3), 0.05)
PROGRAMS.add(nested_loops, pos(3, 3), 0.9)


def several_handlers(x, which):
    y = x * 1.0
    try:
        y[0] = y[0] ** 2
        if which == "key":
            {}["missing"]
        y[1] = y[0] * 2
        if which == "zero":
            1 / 0
        y[2] = y[1] * y[2]
        if which == "index":
            [][0]
    except KeyError:
        y[1] = y[0]
    except (ZeroDivisionError, ValueError):
        y[0] = y[1] * y[1]
    except LookupError:
        return y[2] * y[0]
    return np.sum(y * y)


for _which in ("key", "zero", "index", "none"):
    PROGRAMS.add(several_handlers, arr(3), _which)


def with_finally(x, fail):
    y = x * 1.0
    log = []
    try:
        try:
            y[0] = y[1] * 3
            if fail:
                raise ValueError
            y[1] = y[0] ** 2
        finally:
            log.append(y[0] * y[1])
            y[2] = y[2] * y[1]
    except ValueError:
        y[0] = log[0]
    return np.sum(y * y) + log[0]


PROGRAMS.add(with_finally, arr(3), False)
PROGRAMS.add(with_finally, arr(3), True)


def finally_in_a_loop(x):
    y = x * 1.0
    for k in range(4):
        try:
            y[k] = y[k] * y[k - 1]
            if k == 2:
                break
        finally:
            y[0] += y[1] * 0.3
    return np.sum(y * y)


PROGRAMS.add(finally_in_a_loop, arr(4))


def reraised_inside(x):
    y = x * 1.0
    try:
        try:
            y[0] = y[1] ** 2
            raise KeyError("k")
        except KeyError:
            y[1] = y[0] * 3
            raise
    except KeyError:
        y[2] = y[1] * y[0]
    return np.sum(y * y)


PROGRAMS.add(reraised_inside, arr(3))


def another_raised_inside(x, k):
    y = x * 1.0
    try:
        try:
            y[0] = y[1] ** 2
            y[k] = y[0]
            y[1] *= 0.5
        except IndexError:
            y[1] = y[0] * 3
            raise ValueError("other") from None
        y[2] += y[1]
    except ValueError:
        y[2] = y[1] * y[0]
    return np.sum(y * y)


PROGRAMS.add(another_raised_inside, arr(3), 1)
PROGRAMS.add(another_raised_inside, arr(3), 7)


def inner_catches_one_of_two(x, k):
    y = x * 1.0
    try:
        y[0] = y[0] * y[1]
        try:
            y[1] = y[1] * [1.0, 2.0][k]
            y[2] = y[2] / (k - 1)
        except ZeroDivisionError:
            y[2] = y[0] * y[1]
        y[0] += y[2]
    except IndexError:
        y[1] = y[0] ** 2
    return np.sum(y * y)


PROGRAMS.add(inner_catches_one_of_two, arr(3), 0)
PROGRAMS.add(inner_catches_one_of_two, arr(3), 5)


def list_in_try(x, n):
    xs = [x, x * x]
    try:
        for k in range(n):
            xs.append(xs[k] * xs[-1])
            xs[k] = xs[k + 1] + [1.0, 2.0, 3.0][k]
    except IndexError:
        xs[0] = xs[-1] * 2
        xs.pop()
    return sum(xs) * xs[0]


PROGRAMS.add(list_in_try, 0.7, 2)
PROGRAMS.add(list_in_try, 0.7, 6)


def dict_in_try(d, keys):
    out = {"sum": 0.0}
    try:
        for k in keys:
            out["sum"] += d[k] * d[k]
            out[k] = d[k] * out["sum"]
    except KeyError:
        out["sum"] *= 2.0
    return out["sum"] + out["a"]


PROGRAMS.add(dict_in_try, {"a": 0.7, "b": 0.4}, ["a", "b"], argnums=(0,))
PROGRAMS.add(dict_in_try, {"a": 0.7, "b": 0.4}, ["a", "zz", "b"], argnums=(0,))


def halved(v, k):
    v[0] = v[0] * v[1]
    if k > 1:
        raise ValueError("no")
    v[1:] *= 0.5
    return v[0] * v[2]


def storing_callee(x, k):
    y = x * 1.0
    try:
        t = halved(y, k)
        y[0] += t
    except ValueError:
        y[1] = y[0] ** 2
    return np.sum(y * y)


PROGRAMS.add(storing_callee, arr(3), 0)
PROGRAMS.add(storing_callee, arr(3), 2)


def storing_callee_of_a_view(x, k):
    y = x * 1.0
    try:
        for i in range(3):
            halved(y[i:], k - i)
            y[i] += 1.0
    except (ValueError, IndexError):
        y[-1] *= y[0]
    return np.sum(y * y)


PROGRAMS.add(storing_callee_of_a_view, arr(6), 1)
PROGRAMS.add(storing_callee_of_a_view, arr(6), 2)
PROGRAMS.add(storing_callee_of_a_view, arr(3), 1)


def argument_itself(x, y):
    try:
        x[0] = y * x[1]
        x[5] = y
    except IndexError:
        x[1] *= y
    return np.sum(x * x)


PROGRAMS.add(argument_itself, arr(3), 0.7)


def swapped_in_try(x, k):
    a, b = x * 1.0, x * x
    try:
        for i in range(4):
            b[1:] = a[:-1] * 0.5 + b[1:]
            a, b = b, a
            if i == k:
                raise ValueError
    except ValueError:
        b[0] = a[1] * b[2]
    return np.sum(a * a) + np.sum(b)


PROGRAMS.add(swapped_in_try, arr(3), 1)
PROGRAMS.add(swapped_in_try, arr(3), 9)


def suppressed(x, k):
    y = x * 1.0
    with contextlib.suppress(IndexError, ValueError):
        y[0] = y[1] ** 2
        y[k] = y[0] * 2
        y[1] = y[0] * y[2]
    return np.sum(y * y)


PROGRAMS.add(suppressed, arr(3), 2)
PROGRAMS.add(suppressed, arr(3), 4)


def with_errstate(x):
    y = x * 1.0
    with np.errstate(all="ignore"):
        y[0] = y[1] * y[2]
        y *= y[0]
    return np.sum(y * y)


PROGRAMS.add(with_errstate, arr(3))


def errstate_inside_try(x, k):
    y = x * 1.0
    try:
        with np.errstate(all="ignore"):
            y[0] = y[1] * y[2]
            y[k] = y[0] ** 2
            y[1] *= 2
    except IndexError:
        y[2] = y[0]
    return np.sum(y * y)


PROGRAMS.add(errstate_inside_try, arr(3), 2)
PROGRAMS.add(errstate_inside_try, arr(3), 5)


def names_half_assigned(x):
    a, b = x, x * 2
    try:
        a = a * b
        b = b + a
        a = a * [1.0][2]
        b = 0.0
    except IndexError:
        a = a + b * x
    return a * b


PROGRAMS.add(names_half_assigned, 0.7)


def early_return(x, k):
    y = x * 1.0
    for i in range(3):
        try:
            y[i] = y[i] * y[i - 1]
            if i == k:
                return y[i] * y[0]
            y[i + 1] += [1.0, 2.0][i]
        except IndexError:
            return np.sum(y * y)
    return 0.0


PROGRAMS.add(early_return, arr(3), 1)
PROGRAMS.add(early_return, arr(3), 9)


def in_place_functions(x, k):
    y = x * 1.0
    try:
        np.multiply(y, y[0], out=y)
        np.add.at(y, [0, 0, 1], y[2])
        y.sort()
        np.add.at(y, [0, k], y[1])
        y.fill(0.0)
    except IndexError:
        y[0] = y[1] * y[2]
    return np.sum(y * y)


PROGRAMS.add(in_place_functions, arr(3), 8)


def safe_divisions(a, b):
    out = np.zeros(len(a))
    for i in range(len(a)):
        try:
            out[i] = a[i] / b[i]
        except ZeroDivisionError:
            out[i] = a[i] ** 2
    return np.sum(out * out)


PROGRAMS.add(safe_divisions, [0.5, 0.7, 0.9], [2, 0, 4], argnums=(0,))


def made_inside(x, k):
    total = x
    try:
        parts = [x * j for j in range(3)]
        parts[1] = x * x
        total = total + parts[k] * parts[1]
    except IndexError:
        total = total * x
    return total


PROGRAMS.add(made_inside, 0.7, 2)
PROGRAMS.add(made_inside, 0.7, 3)


def bare_except(x, k):
    y = x * 1.0
    try:
        y[0] = y[1] * 2
        y[k] = y[0] * y[0]
        y[1] = 7.0
    except:  # noqa: E722
        y[1] = y[0] * y[1]
    return np.sum(y * y)


PROGRAMS.add(bare_except, arr(3), 2)
PROGRAMS.add(bare_except, arr(3), 3)
