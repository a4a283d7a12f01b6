"""if / elif / else, ternaries, and / or / not, chained comparisons."""

from __future__ import annotations

import math

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("branches")


def two_sided(x):
    if x > 0:
        y = x * x
    else:
        y = -x
    return y * 2


PROGRAMS.add(two_sided, 0.8)
PROGRAMS.add(two_sided, -0.8)


def one_sided(x):
    y = x
    if x > 1:
        y = y * x
    return y


PROGRAMS.add(one_sided, 1.8)


def one_sided_not_taken(x):
    y = x
    if x > 1:
        y = y * x
    return y + x


PROGRAMS.add(one_sided_not_taken, 0.8)


def elif_chain(x):
    if x < -1:
        return -2 * x - 1
    elif x < 0:
        return x * x
    elif x < 2:
        return x**3
    else:
        return 8.0 + math.log(x)


PROGRAMS.add(elif_chain, -1.5)
PROGRAMS.add(elif_chain, -0.5)
PROGRAMS.add(elif_chain, 1.5)
PROGRAMS.add(elif_chain, 2.5)


def ternary(x, y):
    z = x if x > y else y * y
    return z * (x if z > 1 else 2 * x)


PROGRAMS.add(ternary, 0.4, 0.9)


def nested_branches(x, y):
    if x > 0:
        if y > 0:
            r = x * y
        else:
            r = x - y
        r = r + x
    else:
        r = y
    return r * r


PROGRAMS.add(nested_branches, 0.4, -0.9)


def chained_comparison(x):
    if 0 < x < 1:
        return x * (1 - x)
    return 0.0


PROGRAMS.add(chained_comparison, 0.4)


def logic_operators(x, y):
    if x > 0 and y > 0 or not (x < y):
        return x * y
    return x + y


PROGRAMS.add(logic_operators, 0.4, -0.5)


def value_of_or(x, y):
    z = (x > 5 and x) or y
    return z * x


PROGRAMS.add(value_of_or, 0.4, 0.5)


def value_of_and(x, y):
    z = x and y
    w = 0.0 or x
    return z * w


PROGRAMS.add(value_of_and, 0.4, 0.5)


def variable_defined_in_one_branch(x, flag=False):
    if flag:
        extra = x * 3
    result = x * x
    if flag:
        result = result + extra
    return result


PROGRAMS.add(variable_defined_in_one_branch, 0.6)


def variable_defined_in_one_branch_taken(x, flag=True):
    if flag:
        extra = x * 3
    result = x * x
    if flag:
        result = result + extra
    return result


PROGRAMS.add(variable_defined_in_one_branch_taken, 0.6)


def none_default(x, scale=None):
    if scale is None:
        scale = 2.0
    return scale * x * x


PROGRAMS.add(none_default, 0.6)


def none_default_given(x, scale=None):
    if scale is None:
        scale = 2.0
    return scale * x * x


PROGRAMS.add(none_default_given, 0.6, 1.5)


def string_switch(x, kind="tanh"):
    if kind == "relu":
        return np.sum(np.maximum(x, 0))
    elif kind == "tanh":
        return np.sum(np.tanh(x))
    elif kind in ("linear", "none"):
        return np.sum(x)
    else:
        raise ValueError(f"unknown kind {kind}")


PROGRAMS.add(string_switch, arr(4))
PROGRAMS.add(string_switch, arr(4), kw={"kind": "relu"}, smooth=False)
PROGRAMS.add(string_switch, arr(4), "none")


def branch_on_shape(x):
    if x.ndim == 1:
        return np.sum(x**2)
    elif x.shape[0] > x.shape[1]:
        return np.sum(x**3)
    return np.sum(x)


PROGRAMS.add(branch_on_shape, arr(4))
PROGRAMS.add(branch_on_shape, arr(4, 2))


def branch_on_array_test(x):
    if np.all(x > -5) and np.any(x > 0):
        return np.sum(x * x)
    return 0.0 * np.sum(x)


PROGRAMS.add(branch_on_array_test, arr(5))


def huber(r, delta):
    a = abs(r)
    if a <= delta:
        return 0.5 * r**2
    return delta * (a - 0.5 * delta)


PROGRAMS.add(huber, -2.5, 1.0)


def early_return_guard(x, n):
    if n == 0:
        return 1.0
    if n < 0:
        return 1 / early_power(x, -n)
    return early_power(x, n)


def early_power(x, n):
    return x**n


PROGRAMS.add(early_return_guard, 1.3, -2)
PROGRAMS.add(early_return_guard, 1.3, 0)


def branch_overwrites(x):
    t = x * x
    if t > 0.1:
        t = t * x
        x = x + t
    else:
        x = t
    return x * t


PROGRAMS.add(branch_overwrites, 0.7)


def both_branches_return(x, y):
    if x < y:
        return x * y
    else:
        return x / y


PROGRAMS.add(both_branches_return, 0.7, 0.4)


def different_types_in_branches(x, use):
    scale = 1
    if use:
        scale = x
    return scale * x


PROGRAMS.add(different_types_in_branches, 0.7, True)
PROGRAMS.add(different_types_in_branches, 0.7, False)


def branch_on_integer_state(x, mode):
    y = x
    if mode & 1:
        y = y * x
    if mode & 2:
        y = y + np.sin(y)
    if mode & 4:
        y = y / (1 + y * y)
    return y


PROGRAMS.add(branch_on_integer_state, 0.7, 7)
PROGRAMS.add(branch_on_integer_state, 0.7, 2)


def pass_branch(x):
    if x > 100:
        pass
    else:
        x = x * x
    return x


PROGRAMS.add(pass_branch, 0.7)


def swap_in_branch(x, y):
    if x < y:
        x, y = y, x
    return x - y * y


PROGRAMS.add(swap_in_branch, 0.2, 0.9)


def piecewise_tax(income, brackets=((0.1, 1.0), (0.2, 2.0), (0.3, 10.0))):
    tax = 0.0
    low = 0.0
    for rate, high in brackets:
        if income > high:
            tax += rate * (high - low)
        else:
            tax += rate * (income - low)
            break
        low = high
    return tax


PROGRAMS.add(piecewise_tax, 2.7)


def ternary_chain(x):
    return x * 2 if x < 0 else x**2 if x < 1 else x**3 if x < 2 else x


PROGRAMS.add(ternary_chain, 1.5)


def not_not(x, flag):
    if not not flag:
        x = x * 3
    return x * x if not flag else x


PROGRAMS.add(not_not, 1.5, True)


def is_none_and(x, y=None):
    z = x if y is None or y is False else y * x
    if y is not None and x > 0:
        z = z * x
    return z


PROGRAMS.add(is_none_and, 0.5)
PROGRAMS.add(is_none_and, 0.5, 0.25)


def list_that_fills(x, n):
    """The first time the list is empty; the reverse sweep meets it full."""
    seen = []
    for k in range(n):
        if seen:
            x = x * 2.0
        else:
            x = x**2
        seen.append(k)
    y = x**3 if seen else x
    seen.clear()
    return np.sum(y) * len(seen) + np.sum(x)


PROGRAMS.add(list_that_fills, arr(3), 3)


def stack_that_empties(x):
    stack = [x[0], x[1]]
    budget = 3
    while stack:
        v = stack.pop()
        if stack:
            x = x * v
        else:
            x = x**2 + v
        if v > 0 and budget:
            stack.append(v * x[2])
            budget -= 1
    return np.sum(x)


PROGRAMS.add(stack_that_empties, arr(3))


def flags_of_the_caller(x, flag, queue, table):
    y = x * 2.0 if flag else x**2
    flag[0] = 1
    z = x * y if flag else x**3
    if queue:
        z = z * 3.0
    queue.pop()
    if table:
        z = z * y
    else:
        z = z + y**2
    table["seen"] = 1
    names = set()
    if names:
        z = z * z
    names.add("a")
    return np.sum(z if names else y)


PROGRAMS.add(flags_of_the_caller, arr(3), np.array([0]), [1], {})


def literal_in_a_display(x, mode=None):
    if mode in [None, -1]:
        mode = "d"
    factor = {"f": 1.5, "d": 2.5}
    return factor[mode] * x**2 if mode not in ("f", None) else x


PROGRAMS.add(literal_in_a_display, 0.7)
PROGRAMS.add(literal_in_a_display, 0.7, "f")
