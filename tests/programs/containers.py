"""Tuples, lists and dicts, in, out and inside."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("containers")


def tuple_in(p):
    x, y = p
    return x * y * y


PROGRAMS.add(tuple_in, (0.4, 0.9))


def list_in(xs):
    return xs[0] * xs[1] + xs[2]


PROGRAMS.add(list_in, [0.4, 0.9, 1.1])


def dict_in(d):
    return d["a"] * d["b"] ** 2


PROGRAMS.add(dict_in, {"a": 0.4, "b": 0.9})


def nested_in(p):
    (a, b), d = p["pair"], p["deep"]["list"]
    return a * b + d[0] * d[1]


PROGRAMS.add(nested_in, {"pair": (0.4, 0.9), "deep": {"list": [0.2, 0.3]}})


def integer_leaves(p):
    return p["x"] ** p["n"] + p["k"][0] * p["x"]


PROGRAMS.add(integer_leaves, {"x": 0.4, "n": 3, "k": (2, 0.5)})


def unused_leaves(p):
    return p["used"] * 2


PROGRAMS.add(unused_leaves, {"used": 0.4, "unused": arr(2), "never": [1.0, (2.0,)]})


def build_list(x):
    xs = [x, x * x]
    xs.append(x**3)
    return xs[0] * xs[1] + xs[-1]


PROGRAMS.add(build_list, 0.8)


def append_in_loop(x):
    ys = []
    for i in range(4):
        ys.append(x * i)
    s = 0.0
    for y in ys:
        s += y * y
    return s


PROGRAMS.add(append_in_loop, 0.8)


def append_then_array(x):
    ys = []
    for v in x:
        ys.append(v * v)
    return np.sum(np.array(ys) * x)


PROGRAMS.add(append_then_array, arr(4))


def array_of_list(x, y):
    v = np.array([x, y, x * y, 1.0])
    return v @ v


PROGRAMS.add(array_of_list, 0.3, 0.8)


def matrix_of_lists(t):
    r = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    return np.sum(r @ np.array([1.0, 2.0]) * np.array([3.0, 4.0]))


PROGRAMS.add(matrix_of_lists, 0.3)


def array_of_arrays(x, y):
    m = np.array([x, y, x * y])
    return np.sum(m @ x)


PROGRAMS.add(array_of_arrays, arr(3), arr(3, seed=1))


def stack_list(x):
    rows = []
    for i in range(3):
        rows.append(np.sin(x * (i + 1)))
    return np.sum(np.stack(rows)[1:] ** 2) + np.sum(np.concatenate(rows))


PROGRAMS.add(stack_list, arr(2))


def tuple_of_tuples(x):
    t = ((x, 1.0), (x * x, x))
    return t[0][0] * t[1][0] + t[1][1] * t[0][1]


PROGRAMS.add(tuple_of_tuples, 0.8)


def dict_building(x):
    d = {"lin": x, "sq": x * x}
    d["cube"] = d["lin"] * d["sq"]
    return d["cube"] + d["sq"]


PROGRAMS.add(dict_building, 0.8)


def dict_of_arrays(params):
    s = 0.0
    for name in params:
        s = s + np.sum(params[name] ** 2)
    return s


PROGRAMS.add(dict_of_arrays, {"w": arr(2, 2), "b": arr(2)})


def dict_items(params):
    s = 0.0
    for k, v in params.items():
        if k == "w":
            s = s + np.sum(v**3)
        else:
            s = s + np.sum(v)
    return s


PROGRAMS.add(dict_items, {"w": arr(2, 2), "b": arr(2)})


def dict_values_keys(d):
    s = 1.0
    for v in d.values():
        s = s * v
    for k in d.keys():
        s = s + d[k]
    return s + len(d)


PROGRAMS.add(dict_values_keys, {"a": 0.4, "b": 0.9, "c": 1.2})


def tuple_concatenation(x):
    t = (x, 2.0) + (x * x,)
    u = t * 2
    return t[2] * u[3] + u[5]


PROGRAMS.add(tuple_concatenation, 0.8)


def list_repetition(x):
    xs = [x * 2] * 3
    ys = xs + [x]
    return ys[0] * ys[2] * ys[3]


PROGRAMS.add(list_repetition, 0.8)


def list_of_constants(x):
    coefs = [1.0, -0.5, 0.25]
    s = 0.0
    for i, c in enumerate(coefs):
        s += c * x**i
    return s


PROGRAMS.add(list_of_constants, 0.8)


def list_of_arrays_in(ws):
    h = ws[0]
    for w in ws[1:]:
        h = np.tanh(h @ w)
    return np.sum(h)


PROGRAMS.add(list_of_arrays_in, [arr(2, 3), arr(3, 3), arr(3, 1)])


def returns_structure_like_input(p):
    return {k: p[k] for k in ("a", "b")}["a"] * p["b"]


PROGRAMS.add(returns_structure_like_input, {"a": 0.4, "b": 0.9}, issue=3)


def same_value_twice_in_list(x):
    y = x * x
    ys = [y, y, x]
    ys[0] = ys[1] + ys[2]
    return ys[0] * ys[1]


PROGRAMS.add(same_value_twice_in_list, 0.8)


def nested_unpack(p):
    a, (b, c), [d, *e] = p
    return a * b + c * d - e[0] * e[1]


PROGRAMS.add(nested_unpack, (0.1, (0.2, 0.3), [0.4, 0.5, 0.6]))


def list_truth(xs):
    if not xs:
        return 0.0
    if xs and xs[0] > 0:
        return xs[0] ** 2
    return xs[0]


PROGRAMS.add(list_truth, [0.4, 0.5])


def len_of_everything(x, xs, d):
    return x[0] * len(x) + xs[0] * len(xs) + d["a"] * len(d) + len("four") * x[1]


PROGRAMS.add(len_of_everything, arr(3), [0.4], {"a": 0.2, "b": 1.0})


def in_operator(d, key):
    s = d["a"]
    if key in d:
        s = s * d[key]
    if "zzz" not in d:
        s = s * 2
    if 3 in (1, 2, 3):
        s = s + d["a"]
    return s


PROGRAMS.add(in_operator, {"a": 0.3, "b": 0.7}, "b")


def dict_get(d):
    return d.get("a", 1.0) * d.get("missing", 2.0) + d.get("b")


PROGRAMS.add(dict_get, {"a": 0.3, "b": 0.7})


def integer_keys(x):
    d = {0: x, 1: x * x}
    for i in range(2):
        d[i + 2] = d[i] * d[i + 1]
    return d[3]


PROGRAMS.add(integer_keys, 0.8)


def tuple_keys(x):
    d = {("a", 1): x, ("b", 2): 2 * x}
    return d[("a", 1)] * d["b", 2]


PROGRAMS.add(tuple_keys, 0.8)


def list_as_stack(x):
    stack = [x]
    total = 0.0
    while stack:
        v = stack.pop()
        if v < 3:
            stack.append(v * 2)
        total += v
    return total * x


PROGRAMS.add(list_as_stack, 0.4)


def carried_list_in_loop(x):
    state = [x, 0.5]
    for i in range(3):
        state = [state[0] * state[1], state[0] + i]
    return state[0] + state[1]


PROGRAMS.add(carried_list_in_loop, 0.4)


def carried_tuple_in_loop(x, v):
    state = (x, v)
    for _ in range(4):
        p, q = state
        state = (p + 0.1 * q, q - 0.1 * np.sin(p))
    return state[0] ** 2 + state[1] ** 2


PROGRAMS.add(carried_tuple_in_loop, 0.4, 0.9)


def starred_display(x, y):
    xs = [x, y]
    ys = [*xs, x * y, *xs]
    t = (*ys, 1.0)
    return ys[2] * t[4] + len(t)


PROGRAMS.add(starred_display, 0.4, 0.9)


def star_call(p):
    return product3(*p) + product3(1.0, *p[:2])


def product3(a, b, c):
    return a * b * c


PROGRAMS.add(star_call, (0.4, 0.9, 1.2))


def equal_keys(x, n):
    """1, 1.0 and True are one key for Python."""
    d = {0: x, 1: x**2, 2: x**3, "1": 5.0 * x}
    e = {k: x * k for k in range(n + 1)}
    e[n] += d[n]
    return d[True] * d[float(n)] + d[1.0] * d[False] + d.get(2.0) * e.get(1.0, 0.0) + e[n]


PROGRAMS.add(equal_keys, 1.2, 2)


def state_of_every_type(x):
    state = {"t": 0.0, "y": np.array([x, 1.0]), "mode": "run", "last": None, "n": 0}
    for _ in range(4):
        state["last"] = state["y"].copy()
        state["y"] = state["y"] + 0.1 * np.sin(state["y"]) * x
        state["t"] += 0.1 * x
        state["n"] += 1
        if state["mode"] == "run" and state["n"] > 2:
            state["mode"] = "stop"
    return state["t"] * np.sum(state["y"] * state["last"]) * (2.0 if state["mode"] == "stop" else 1.0)


PROGRAMS.add(state_of_every_type, 0.7)


def state_that_changes_type(x):
    state = {"v": x, "w": 1.0}
    for k in range(3):
        state["w"] += x
        if k == 1:
            state["v"] = np.array([x, x * x]) * state["w"]
        else:
            state["v"] = state["v"] * 2.0
    alias = state
    alias["w"] = alias["w"] * x
    return np.sum(state["v"]) * state["w"]


PROGRAMS.add(state_that_changes_type, 0.7)


def option(options, key):
    return options.pop(key, None)


def popped_options(x, options):
    shift, mode = option(options, "shift"), options.setdefault("mode")
    scale = options.pop("scale", "mean")
    y = x * 3.0 if shift is None else x * 5.0
    if mode is None:
        y = y * 7.0
    return y * 11.0 if isinstance(scale, str) else y * 13.0


PROGRAMS.add(popped_options, 0.7, {})
PROGRAMS.add(popped_options, 0.7, {"other": 2})


def passed_options(x, **options):
    scale = option(options, "scale")
    if scale is not None and option(options, "shift") is not None:
        raise ValueError("nothing is left to do")
    return x * 2.0


def with_no_options(x):
    return passed_options(x) + passed_options(x, scale=3) + popped_options(x, {"shift": 2, "mode": "sum", "scale": 3})


PROGRAMS.add(with_no_options, 0.7)
