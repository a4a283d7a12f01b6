"""Inference of the Python that people write: functions as values, iterators, builtins, mutations, rebinding."""

from __future__ import annotations

import copy
import functools
import itertools
import math
import operator
from functools import partial, reduce
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.analysis.infer import calls, rewritten
from tests import oracles

PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = []
second = operator.itemgetter(1)


def add(*args: Any) -> Any:
    def keep(f: Any) -> Any:
        PROGRAMS.append((f, args))
        return f

    return keep


def A(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(0.3, 1.5, shape)


@add(0.7, 3)
def pick_index(x, k):
    fs = [np.sin, np.cos, np.exp, np.tanh]
    return fs[k](x) + fs[k - 1](x)


@add(0.7)
def loop_pick(x):
    fs = [math.sin, math.cos]
    s = 0.0
    for i in range(4):
        s += fs[i % 2](x * i)
    return s


@add(0.7)
def value_pick_np(x):
    g = np.sin if x > 0.5 else np.cos
    h = (lambda z: z * x) if x > 1 else g
    return g(x) * h(x)


@add(0.7)
def elif_pick(x):
    if x < 0:
        def g(z):
            return z
    elif x < 1:
        k = x * 2
        def g(z):
            return z * k
    else:
        g = math.sin
    return g(x) + g(2 * x)


@add(0.7)
def returns_pick(x):
    def pick(v):
        if v > 0.5:
            return math.sin
        return math.cos

    return pick(x)(x) + pick(-x)(x)


@add(0.7)
def counter(x):
    n = 0

    def inc(v):
        nonlocal n
        n += 1
        return v * n

    return inc(x) + inc(x) + inc(x * x)


@add(0.7)
def make_counter(x):
    def mk(start):
        t = [start]

        def add(v):
            t[0] = t[0] + v
            return t[0]

        return add

    a = mk(x)
    b = mk(2 * x)
    a(1.0)
    b(x)
    a(x)
    return a(0.0) * b(1.0)


@add(A(5))
def sort_arr(x):
    s = sorted(x)
    return s[0] * s[1] + s[-1] ** 2


@add(A(5))
def sort_arr_key(x):
    s = sorted(x, key=lambda v: -v * v, reverse=True)
    return sum(i * v for i, v in enumerate(s))


@add([0.5, 0.2, 0.9])
def sort_pairs(xs):
    ps = sorted(((v * v, i) for i, v in enumerate(xs)), reverse=True)
    return sum(p * (i + 1) for p, i in ps)


@add(A(6))
def combos(x):
    s = 0.0
    for a, b in itertools.combinations(x, 2):
        s += a * b * b
    for a, b in itertools.product(x, x[:2]):
        s += a * b
    for a, b in itertools.pairwise(x):
        s += a / b
    return s


@add(A(6))
def chains(x):
    s = 1.0
    for v in itertools.chain(x, x[::-1]):
        s = s * 0.9 + v * v
    for v in itertools.islice(x, 1, 5, 2):
        s += v**3
    for a, b in zip(itertools.count(1), x):
        s += a * b
    for a, b in zip(x, itertools.cycle([1.0, 2.0])):
        s += a * a * b
    for a, b in zip(x, itertools.repeat(0.5)):
        s += a * b
    return s


@add(A(4))
def accum(x):
    a = list(itertools.accumulate(x))
    b = list(itertools.accumulate(x, operator.mul, initial=2.0))
    return a[-1] * b[2] + sum(b)


@add(A(4))
def red(x):
    return reduce(operator.mul, x) + reduce(lambda a, b: a * b + a, x, 1.0)


@add([0.2, 0.5, 0.7])
def filt(xs):
    big = [v for v in filter(lambda v: v > 0.3, xs)]
    return sum(map(lambda a, b: a * b, big, big)) + len(big) * xs[0]


@add(A(5))
def filt_arr(x):
    return sum(v * v for v in filter(lambda v: v > 0.8, x)) + max(filter(None, x))


@add(0.7)
def part(x):
    p = partial(math.pow, x)
    q = partial(np.clip, a_min=0.0, a_max=0.5)
    fs = {"a": p, "b": partial(pow, exp=2)}
    return p(2) + q(x * 0.1) + fs["a"](3) + fs["b"](x)


@add(0.7)
def deflt(x):
    fs = [lambda z, k=k: z**k for k in range(1, 4)]
    return sum(f(x) for f in fs)


@add(0.7)
def late(x):
    fs = []
    for k in range(1, 4):
        fs.append(lambda z: z**k)  # noqa: B023 - the variable is seen, not its value
    return sum(f(x) for f in fs)


@add({"a": 0.5, "b": 0.2})
def dct(d):
    e = dict(d)
    e["c"] = e["a"] * e["b"]
    e.update({"d": e["c"] ** 2}, f=e["a"])
    e.setdefault("a", 9.0)
    e.setdefault("z", e["c"])
    v = e.pop("b")
    w = e.pop("q", 3.0)
    del e["f"]
    return sum(e.values()) * v * w + e.get("q", 2.0)


@add(0.7)
def grow(x):
    q = [x]
    for v in q:
        if len(q) < 5:
            q.append(v * v + 0.1)
    return sum(q)


@add(A(3), A(3, 3))
def uf(x, m):
    y = np.zeros(3)
    np.add.at(y, [0, 1, 1, 2], np.array([x[0], x[1], x[2], x[0] * x[1]]))
    np.multiply.at(y, np.array([0, 0]), 2.0)
    return (
        np.sum(y * np.add.reduce(m)) + np.sum(np.multiply.outer(x, x)) + np.add.accumulate(x)[-1] + np.maximum.reduce(x)
    )


@add(A(4))
def outs(x):
    y = np.empty_like(x)
    np.exp(x, y)
    np.multiply(y, x, y)
    np.copyto(y, x * x, where=x > 0.7)
    return y.sum()


@add(A(4))
def tl(x):
    s = 0.0
    for v in x.tolist():
        s += v * v
    return s + sum(np.outer(x, x).tolist()[0])


@add(0.7, 0.3)
def kws(x, y):
    def f(a, *args, k=1.0, **kw):
        return a * k + sum(args) + kw.get("z", 0.0) * a

    opts = {"k": y, "z": x}
    return f(x, *[y, y], **opts) + f(x, *(x,), z=y)


@add((0.7, 0.3))
def tup(p):
    def f(*a):
        return a[0] * a[-1] + len(a)

    return f(*p) + f(*p, 2.0)


@add(A(3))
def iadd_alias(x):
    t = 0.0
    for v in x:
        t += v * x
    return t.sum()


@add(0.7)
def deco(x):
    def twice(f):
        @functools.wraps(f)
        def w(*a, **k):
            return f(f(*a, **k))

        return w

    @twice
    def g(z):
        return z * z + x

    return g(x)


@add(0.7)
def memo(x):
    @functools.cache
    def fib(n):
        return x if n < 2 else fib(n - 1) * 0.5 + fib(n - 2)

    return fib(5)


@add(0.7)
def comp_call(x):
    def compose(*fs):
        return reduce(lambda f, g: lambda z: g(f(z)), fs)
    return compose(math.sin, math.exp, lambda t: t * x)(x)


@add(0.7, 0.2)
def mx(x, y):
    return (
        max((x, 1), (y, 2))[0]
        + min([x, y], key=lambda v: (v - 0.5) ** 2)
        + max([x, y, x * y], default=0.0)
        + max(x, y, key=abs)
    )


@add(A(4))
def mxa(x):
    return max(x, key=lambda v: -v) + max(x) + min(enumerate(x), key=lambda p: p[1])[1]


@add(0.7)
def anyall(x):
    return x * any(map(lambda v: v > 0.5, [x, 0.1])) + all([x > 0, x < 1]) * x


@add(3.7, 1.4)
def dm(x, y):
    q, r = divmod(x, y)
    return q * r + round(x, 1) * x + pow(x, y) + math.log(x, y) + math.modf(x)[0] * x + math.frexp(x)[0]


@add(A(2, 3))
def unp(m):
    (a, b, c), (d, *e) = m
    return a * d + b * e[0] + c * e[-1]


@add(A(3))
def method_value(x):
    s = x.sum
    out = []
    push = out.append
    for v in x:
        push(v * v)
    return s() * sum(out)


@add(0.7)
def strs(x):
    names = ["a", "b"]
    vals = {n: x * (i + 1) for i, n in enumerate(names)}
    return vals["a"] * vals["b"] + len(",".join(sorted(vals)))


@add([0.3, 0.6])
def getters(xs):
    a = operator.itemgetter(0)
    b = operator.itemgetter(0, 1)
    up = operator.methodcaller("pop", 0)
    ys = list(xs)
    return a(xs) * second(xs) + sum(b(xs)) * up(ys) + sorted([(1, xs[0]), (0, xs[1])], key=second)[0][1]


def _active(args: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(k for k, a in enumerate(args) if not isinstance(a, int))


@pytest.mark.parametrize(("fun", "args"), PROGRAMS, ids=[f.__name__ for f, _ in PROGRAMS])
def test_value_and_gradient(fun: Any, args: tuple[Any, ...]) -> None:
    active = _active(args)
    expected = fun(*copy.deepcopy(args))
    value, gradients = s2sad.value_and_grad(fun, argnums=active)(*copy.deepcopy(args))
    assert oracles.bits(value) == oracles.bits(expected)
    numeric = oracles.numeric_gradient(fun, args, {}, active, 1.0)
    for got, want in zip(gradients, numeric, strict=True):
        assert not oracles.close(oracles.leaves(got), want, 1e-6)


@pytest.mark.parametrize(("fun", "args"), [p for p in PROGRAMS if len(_active(p[1])) == len(p[1])],
                         ids=[f.__name__ for f, a in PROGRAMS if len(_active(a)) == len(a)])  # fmt: skip
def test_tangent_agrees_with_gradient(fun: Any, args: tuple[Any, ...]) -> None:
    dots = tuple(oracles.random_like(a, 7 + k) for k, a in enumerate(args))
    _, tangent = s2sad.jvp(fun, copy.deepcopy(args), dots)
    gradients = s2sad.grad(fun, argnums=_active(args))(*copy.deepcopy(args))
    assert oracles.dot_product_gap(1.0, tangent, gradients, list(dots)) < 1e-9


# -- refused, because it would be wrong ------------------------------------------------------------------------------


def iterates_twice(x):
    z = map(lambda v: v * x, [1.0, 2.0])
    return sum(z) + sum(z)


def iterates_in_each_iteration(x):
    total = 0.0
    z = map(lambda v: v * x, [1.0, 2.0])
    for _ in range(2):
        for v in z:
            total += v
    return total


def two_that_see_the_loop(x):
    s = 0.1
    for a, b in zip((w * s for w in (1.0, 2.0)), (w + s for w in (1.0, 2.0)), strict=False):
        s += a * b * x
    return s


def elements_made_on_the_way(x):
    total = 0.0
    for k, group in itertools.groupby([1, 1, 2]):
        total += k * x * len(list(group))
    return total


def chosen_closure_is_kept(x):
    def pick(v):
        if v > 0.5:
            return lambda z: z * v
        return lambda z: z + v

    return pick(x)(x)


def alias_in_list_of_number_or_array(x):
    t = 0.0
    seen = []
    for v in x:
        t += v * x
        seen.append(t)
    return sum(h.sum() for h in seen)


def old_value_is_read_again(x):
    t = 0.0
    last = 0.0
    for v in x:
        last = t
        t += v * x
    return (t * last).sum()


def functions_are_compared(x):
    f = lambda z: z * x  # noqa: E731
    g = lambda z: z + x  # noqa: E731
    return f(x) if f is g else g(x)


@pytest.mark.parametrize(("fun", "code"), [
    (iterates_twice, "S2S056"), (chosen_closure_is_kept, "S2S055"), (alias_in_list_of_number_or_array, "S2S063"),
    (old_value_is_read_again, "S2S063"), (functions_are_compared, "S2S055"), (elements_made_on_the_way, "S2S057"),
    (iterates_in_each_iteration, "S2S056"), (two_that_see_the_loop, "S2S011"),
])  # fmt: skip
def test_refused(fun: Any, code: str) -> None:
    x: Any = A(3) if code == "S2S063" else 0.7
    with pytest.raises(s2sad.UnsupportedError) as caught:
        s2sad.grad(fun)(x)
    assert code in {f.code for f in caught.value.findings}


def accumulates_in_branches(x):
    t = 0.0
    for v in x:
        if v > 0.5:
            t += v * x
        else:
            t += x
    return (t * t).sum()


def test_number_that_becomes_an_array_may_be_rebound() -> None:
    x = A(3)
    value, gradient = s2sad.value_and_grad(accumulates_in_branches)(x.copy())
    assert oracles.bits(value) == oracles.bits(accumulates_in_branches(x.copy()))
    numeric = oracles.numeric_gradient(accumulates_in_branches, (x,), {}, (0,), 1.0)
    assert not oracles.close(oracles.leaves(gradient), numeric[0], 1e-6)


# -- NumPy's functions that are written out ------------------------------------------------------------------------

COORDINATES = np.array([0.0, 0.3, 0.8, 1.0, 1.7])
WRITTEN_OUT = {
    "gradient": (lambda x: np.sum(np.gradient(x, 0.3) ** 2), (5,)),
    "gradient_coordinates": (lambda x: np.sum(np.gradient(x, COORDINATES) ** 2), (5,)),
    "gradient_second_order_edges": (lambda x: np.sum(np.gradient(x, COORDINATES, edge_order=2) ** 2), (5,)),
    "gradient_axes": (lambda x: np.sum(np.gradient(x)[0] * np.gradient(x)[1]), (4, 5)),
    "cov": (lambda x: np.sum(np.cov(x) ** 2), (4, 5)),
    "cov_of_columns": (lambda x: np.sum(np.cov(x, rowvar=False, bias=True) ** 2), (4, 5)),
    "cov_of_two": (lambda x: np.sum(np.cov(x[0], x[1], ddof=0) ** 2), (2, 5)),
    "corrcoef": (lambda x: np.sum(np.corrcoef(x) ** 3), (2, 4)),
    "average": (lambda x: np.sum(np.average(x, axis=0, weights=np.array([1.0, 2.0, 3.0, 4.0])) ** 2), (4, 5)),
    "average_active_weights": (lambda x: np.average(x, weights=x * 2), (4, 5)),
    "ptp": (lambda x: np.sum(np.ptp(x, axis=1) ** 2) + np.ptp(x), (4, 5)),
    "ediff1d": (lambda x: np.sum(np.ediff1d(x) ** 3), (4, 5)),
}


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_written_out(name: str) -> None:
    fun, shape = WRITTEN_OUT[name]
    x = A(*shape)
    value, gradient = s2sad.value_and_grad(fun)(x.copy())
    assert oracles.bits(value) == oracles.bits(fun(x.copy()))
    numeric = oracles.numeric_gradient(fun, (x,), {}, (0,), 1.0)
    assert not oracles.close(oracles.leaves(gradient), numeric[0], 1e-6)


def test_functions_that_are_written_out_are_looked_for_in_their_libraries() -> None:
    homes = {str(fn.__module__) for fn in rewritten.REWRITTEN} | {home for home, _ in rewritten.BY_NAME}
    assert {home.partition(".")[0] for home in homes} <= set(calls.WITH_OTHER_SOURCE)
