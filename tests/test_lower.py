"""Lowered functions, interpreted, do what the functions themselves do."""

from __future__ import annotations

import contextlib
import copy
import io
import linecache
import math
import warnings
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy as xp
import pytest
from numpy import sin as sine

from s2sad.frontend.lower import lower, lower_function
from s2sad.frontend.source import get_source
from s2sad.ir.nodes import (
    Block,
    For,
    Function,
    Global,
    If,
    Let,
    Ref,
    Var,
    While,
    atoms_of,
    blocks_of,
    inner_vars,
    targets_of,
    walk,
)
from tests.ir_interpreter import interpret
from tests.random_flow import Generator

SCALE = 2.5
TABLE = [1.0, 2.0, 3.0]
MODE = "fast"
CASES: list[tuple[Any, list[tuple[Any, ...]]]] = []


def case(*argtuples: tuple[Any, ...]) -> Any:
    """Register a function with the arguments to compare it on."""

    def add(fn: Any) -> Any:
        CASES.append((fn, list(argtuples)))
        return fn

    return add


def observe(fn: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Value or exception, what was printed, and the arguments afterwards."""
    args = copy.deepcopy(args)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            result = ("value", fn(*args))
        except Exception as error:
            result = ("raised", type(error), str(error))
    return result, out.getvalue(), args


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(equal(a[k], b[k]) for k in a)
    if hasattr(a, "__dict__") and type(a) is type(b) and not callable(a):
        return equal(vars(a), vars(b))
    return type(a) is type(b) and (a == b or a != a)


# -- straight line -------------------------------------------------------------------------------------------------


@case((1.5, 2.0), (-1.0, 3))
def straight(x, y):
    """A docstring."""
    z = x * y + 1
    z = z - x / 2
    w = z**2 // 3 % 7
    return -z + w, +x, ~int(y), not x


@case((1.0, 2.0))
def swap(a, b):
    a, b = b, a
    a, (b, c) = b, (a, a + b)
    d = e = a + c
    d += 1
    return a, b, c, d, e


@case(([1, 2, 3, 4],), ([1, 2],), ([1],))
def starred(xs):
    first, *middle, last = xs
    [a, b, *_] = [*xs, *middle, 0, 0]
    return first, middle, last, a, b, (*middle, last), {*xs}


@case(((1, 2, 3),), ((1, 2),))
def unpack_error(t):
    a, b = t
    return a + b


@case((np.arange(6.0).reshape(2, 3),))
def subscripts(x):
    x[0, 1] = 5.0
    x[1, :] += 2.0
    x[:, ::2] *= x[:, :1]
    y = x[..., None, -1]
    z = x[-1][1:]
    x[0][2] = -1
    return y, z, x[x > 1].sum(), x.T[0]


@case(({"a": 1.0, "b": 2.0},))
def dicts(d):
    d["c"] = d["a"] + d.get("z", 5)
    e = {**d, "b": 7, **{"q": 1}}
    del d["a"]
    return e, {k: v * 2 for k, v in e.items()}, list(d)


@case((0.3,))
def names_of_numpy(x):
    return xp.sin(x), sine(x), np.linalg.norm(np.array([x, 1])), math.pi * np.pi, np.inf, np.ones(3)[np.newaxis].shape


@case((2.0,), (-2.0,))
def globals_read(x):
    return x * SCALE + TABLE[1] if MODE == "fast" else len(TABLE)


# -- branches ------------------------------------------------------------------------------------------------------


@case((1,), (0,), (-1,))
def branch(x):
    if x > 0:
        y = 1
    elif x == 0:
        y = 2
        z = 4
    else:
        y = 3
        z = 5
    return y, (z if x <= 0 else None)


@case((1,), (-1,))
def maybe_undefined(x):
    if x > 0:
        y = 1
    return y


@case((5,), (0,), (-1,), (20,), (7,))
def guards(x):
    if x < 0:
        raise ValueError("negative")
    if x == 0:
        return "zero"
    y = x * 2
    if y > 20:
        z = y
        if z > 30:
            return "huge"
        z += 1
    else:
        z = 0
        if x == 7:
            return "seven"
    z += y
    return z


@case((1, 2), (0, 2), (1, 0), (0, 0))
def boolean(a, b):
    c = a and b
    d = a or b or "none"
    e = not (a and b)
    f = 0 < a < b < 3
    g = a if a else b if b else "x"
    if a and (b or c) and not f:
        g = "yes"
    return c, d, e, f, g


@case((3,), (0,))
def effects_in_conditions(n):
    log = []

    def t(v):
        log.append(v)
        return v

    r = (t(n) and t(2)) or t(3)
    s = t(1) < t(n) < t(5)
    return r, s, log


@case((0,), (3,))
def walrus(n):
    if (m := n * 2) > 3 and (k := m + 1):
        return m, k
    total = 0
    i = 0
    while (i := i + 1) < 4:
        total += i
    return m, total, i, [last := j for j in range(3)], last


# -- loops ---------------------------------------------------------------------------------------------------------


@case(([1, 2, 3],), ([],), ([3, -1, 5],), ([3, 100, 5, 7],))
def early(xs):
    total = 0
    seen = None
    for i, x in enumerate(xs):
        if x < 0:
            continue
        if x == 100:
            seen = i
            break
        total += x
    return total, seen


@case(([1, 2, 3],), ([],), ([3, -1, 5],), ([7, 8],))
def return_in_loop(xs):
    best = 0
    for x in xs:
        if x < 0:
            return "negative", best
        for y in range(x):
            if y == 6:
                return "six", x, y
            if y == 4:
                break
            best += y
        best += 100
    return best


@case(([1, 2, 3],), ([],), ([0, 2],))
def loop_variable_after(xs):
    x = "none"
    for x in xs:
        y = x * 2
        if y == 0:
            break
    else:
        y = "else"
    return x, y


@case(([],), ([1],))
def unbound_after_loop(xs):
    for x in xs:
        y = x
    return x + y


@case((10,), (1,), (27,), (0,))
def collatz(n):
    steps = 0
    while n != 1:
        if n == 0:
            return None
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
        if steps > 50:
            break
    else:
        return "reached", steps
    return steps


@case((3,), (0,))
def while_true(n):
    k = 0
    while True:
        k += 1
        if k > 10:
            return "many"
        if k % 2:
            continue
        n -= 1
        if n < 0:
            found = k
            break
    return found, n


@case((7,))
def endless_return(n):
    while True:
        n -= 2
        if n < 0:
            return n


@case((4,))
def swap_buffers(n):
    a, b = [0.0] * 3, [1.0] * 3
    for t in range(n):
        for i in range(3):
            b[i] = a[i - 1] + t
        a, b = b, a
    return a, b


@case(([[1, 2], [3, -1], [4]],), ([[1]],))
def nested_break_continue(rows):
    out = []
    for row in rows:
        for v in row:
            if v < 0:
                break
            out.append(v)
        else:
            out.append("full")
            continue
        out.append("cut")
        if len(out) > 100:
            return "never"
    return out


@case((5,), (0,))
def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@case(([3, 1, 2],))
def break_carries_values(xs):
    flag = "start"
    extra = 0
    for x in xs:
        if x == 1:
            flag = "one"
            if extra == 0:
                break
            extra = 5
        flag = "other"
    return flag, extra


@case(([2, 0, 1],), ([1],))
def try_in_loop(xs):
    out = []
    for x in xs:
        try:
            y = 1 / x
        except ZeroDivisionError as e:
            out.append(str(e))
            continue
        out.append(y)
    return out


# -- comprehensions ------------------------------------------------------------------------------------------------


@case(([1, 2, 3, 4],), ([],))
def comprehensions(xs):
    i = "outer"
    a = [i * 2 for i in xs if i % 2 if i > 0]
    b = {i: j for i in xs for j in range(i) if j}
    c = sorted({x % 3 for x in xs})
    d = sum(x * y for x in xs for y in xs[:x])
    e = any(x > 2 for x in xs), all(x > 0 for x in xs), all(1 / (x - 2) > 0 for x in xs if x > 2)
    f = max((x for x in xs), default=None)
    g = ",".join(str(x) for x in xs)
    return a, b, c, d, e, f, g, i, [[x + y for y in range(2)] for x in xs], dict((x, 1) for x in xs)


@case(([1, 0, 2],))
def any_stops(xs):
    return any(1 / x > 0.5 for x in xs), [any(a == b for b in xs) for a in xs]


@case(([1, 2],))
def shadow_in_comprehension(x):
    return [x for x in x], x, [[x for x in range(k)] for k in x]


# -- functions -----------------------------------------------------------------------------------------------------


@case((2.0,), (-3.0,))
def closures(x):
    a = x * 2

    def inner(y, k=a, *rest, scale=3.0, **opts):
        return y * a + k + scale + sum(rest) + opts.get("z", 0)

    f = lambda u, /, v=x: u - v + a  # noqa: E731
    return inner(x), inner(1, 2, 3, 4, scale=0, z=9), f(1), f(1, 2), (lambda: a)()


@case((5,))
def recursive_closure(n):
    base = 1

    def fact(k):
        return base if k == 0 else k * fact(k - 1)

    return fact(n), list(map(lambda v: v + n, [1, 2]))


@case((5,))
def counter(n):
    count = 0
    log = []

    def bump(by=1):
        nonlocal count
        count += by
        log.append(count)
        return count

    bump()
    for k in range(n):
        if k % 2:
            bump(k)
    count = count * 10
    bump()
    return count, log


@case((3,))
def late_binding(n):
    a = n
    f = lambda t: t * a  # noqa: E731
    x = f(1)
    a = 10
    y = f(1)
    for i in range(3):
        g = lambda t: t + i  # noqa: E731, B023
        x += g(1)
    return x, y


@case((3,))
def late_binding_parameter(n):
    fs = [lambda: n]
    n = 7
    fs.append(lambda: n + 1)
    n += 1
    return [f() for f in fs]


@case((4,))
def two_levels(n):
    total = 0

    def outer(k):
        def inner(j):
            nonlocal total
            total += j * k + n
            return total

        return inner(k) + inner(1)

    return outer(2), outer(3), total


def helper(a, b=2, *args, c=3, **kw):
    return a, b, args, c, kw


@case((1, [2, 3], {"c": 5, "d": 6}))
def calls(x, xs, kw):
    return helper(x), helper(*xs, x), helper(x, *xs, **kw), helper(b=x, a=1), helper(x, c=1, **{"e": 2})


def keywords(a, b=SCALE, /, c=(1, 2), *, d=TABLE, e=math.inf, f=-1.5, g=None):
    return a, b, c, d, e, f, g


CASES.append((keywords, [(1,), (1, 2), (1, 2, 3)]))


# -- exceptions ----------------------------------------------------------------------------------------------------


@case((1,), (0,), ("a",), (None,))
def exceptions(x):
    y = "unset"
    try:
        y = 1 / x
    except ZeroDivisionError:
        print("zero")
    except (TypeError, ValueError) as error:
        print("type", error)
        return str(error), y
    else:
        y += 1
        print("fine")
    finally:
        print("finally")
    return y


@case((0.0, 1.0), (2.0, 0.0), (2.0, -1.0))
def half_assigned(x, d):
    y = best = 0.0
    for k in range(3):
        try:
            y = y + x
            best = k
            z = y / d
            y = y * 2
            if z < 0:
                break
            best += 0.5
        except ZeroDivisionError:
            y += 100.0 + best
            if k == 2:
                return "returned", y
        finally:
            print(y, best)
    return y, best, k


@case((1,), (0,))
def finally_order(x):
    log = []
    try:
        try:
            log.append(1 / x)
            return log
        finally:
            log.append("inner")
    except ZeroDivisionError as e:
        log.append("caught")
        try:
            raise KeyError("k") from e
        except KeyError:
            log.append("key")
            raise
    finally:
        log.append("outer")
        print(log)


@case((3,), (0,))
def finally_in_loop(n):
    out = []
    for i in range(5):
        try:
            if i == n:
                break
            if i == 1:
                continue
            out.append(i)
        finally:
            out.append("f")
    return out


@case((1.0,), (-1.0,), (0.0,))
def asserts(x):
    assert x
    assert x > 0, f"x is {x}"
    assert x < 5, "big"
    return x


@case((-1.0,), (1.0,))
def managers(x):
    y = None
    with np.errstate(invalid="ignore"), contextlib.suppress(ZeroDivisionError):
        y = np.sqrt(x)
        if x > 0:
            return y, np.geterr()["invalid"]
        1 / 0  # noqa: B018
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        z = np.float64(-1.0) ** 0.5
    with contextlib.nullcontext(4) as four:
        return y, z, four, np.geterr()["invalid"]


@case((1,), (0,))
def errstate_restored(x):
    with np.errstate(all="ignore"):
        return 1 / x


# -- text, objects, match ------------------------------------------------------------------------------------------


@case((3.14159, "ab"), (2.0, 'q"'))
def text(x, s):
    w = 10
    print(f"{x:.2f}|{s!r:>{w}}|{{}}", "and", end=";\n")
    return f"{x}{s}" + f"const{1}" + s.upper().replace("A", "z")


@dataclass
class Point:
    x: float
    y: float = 0.0

    def shifted(self, by):
        return Point(self.x + by, self.y)


Pair = namedtuple("Pair", "left right")


@case((1.0,))
def objects(x):
    p = Point(x)
    p.y = x * 2
    p.y += 1
    q = p.shifted(by=3)
    pair = Pair(q.x, p)
    del q.y
    return p, q.x, pair.left, pair[1].y, hasattr(q, "y"), Point.__name__


@case(
    (1,), ("a",), (None,), ([],), ([1],), ([1, 2, 3],), ((4, (5, 6)),), ({"k": 3},), (Point(1.0, 2.0),), (Point(3.0),),
    (2.5,), (True,), (-1,),
)  # fmt: skip
def matching(v):
    match v:
        case True:
            return "true"
        case 1 | 2 | "a":
            r = "literal"
        case None:
            r = "none"
        case []:
            r = "empty"
        case [x]:
            r = ("one", x)
        case [4, (a, b)]:
            r = ("nested", a, b)
        case [first, *rest] if first > 0:
            r = ("rest", first, rest)
        case {"k": k}:
            r = ("key", k)
        case Point(x=1.0, y=why):
            r = ("point", why)
        case Point(px, py):
            r = ("point", px, py)
        case float(f):
            r = ("float", f)
        case _ as other:
            return "other", other
    return r


@case((2.0,))
def local_imports(x):
    import math as m
    import os.path
    from math import cos
    from math import sin as s

    return m.exp(x), cos(x), s(x), os.path.join("a", "b")


@case((2.0,))
def shadowed(sum):
    np = sum * 2
    rt, x_bar, tape = np, np + 1, [np]
    len = lambda v: v  # noqa: E731
    return np, rt, x_bar, tape, len(3)


@case((2,))
def deletes(n):
    x = n
    del x
    x = [1, 2, 3]
    del x[0], x[:1]
    return x


@case(([1.0, 2.0],))
def aug_order(x):
    def touch():
        x[0] = 50.0
        return 1.0

    x[0] += touch()
    y = x
    y += [3.0]
    x[-1] *= 2
    return x, y


@case((np.ones(3),))
def mutate_and_return_none(a):
    a += 1
    b = a
    b *= 2
    a[0] = 9


@case((1.0,))
def annotated(x: float) -> float:
    y: float = x * 2
    z: float
    z = y
    return z


@case((3,))
def sequence_of_dead_code(n):
    if n:
        return 1
    else:
        return 2
    n = 5
    return n


@case((6,), (2,))
def recursion(n):
    if n < 2:
        return n
    return recursion(n - 1) + recursion(n - 2)


def deep(n):
    k = 0
    while k < n:
        k += 1
        for i in range(n):
            if i == 3:
                continue
            if i * k == 8:
                try:
                    if k == 4:
                        return "hit", i, k
                    else:
                        raise LookupError(k)
                except LookupError as e:
                    last = str(e)
                    if n == 6:
                        break
                finally:
                    print(k, i)
            last = i
        else:
            print("whole")
    return last, k


CASES.append((deep, [(1,), (2,), (4,), (5,), (6,), (9,), (0,)]))

several = [lambda x: x + 1, lambda x: x * 2, lambda x, y=3: x - y]  # three on one line
for _k, _fn in enumerate(several):
    CASES.append((_fn, [(5,), (2.5,)]))


@pytest.mark.parametrize(("fn", "args"), [(f, a) for f, argtuples in CASES for a in argtuples])
def test_interpreted_ir_does_what_the_function_does(fn, args):
    lowered = interpret(lower(get_source(fn)).function)
    expected, got = observe(fn, args), observe(lowered, args)
    if expected[0][0] == "raised" and expected[0][1] in (UnboundLocalError, AssertionError):  # pytest rewords asserts
        assert got[0][:2] == expected[0][:2]
    else:
        assert equal(got, expected)


@pytest.mark.parametrize("fn", [f for f, _ in CASES])
def test_ir_is_in_ssa_form_and_located(fn):
    function = lower(get_source(fn)).function
    check_form(function)


def check_form(function: Function) -> None:
    """Each variable is defined once, before it is read, in a region around the reader; statements are located."""
    defined: set[Var] = set()

    def define(names: tuple[Var, ...]) -> None:
        for v in names:
            assert v not in defined, v
            defined.add(v)

    def read(atoms: tuple[Any, ...], visible: set[Var]) -> None:
        for a in atoms:
            assert not isinstance(a, Var) or a in visible, a
            if isinstance(a, Ref) and isinstance(a.obj, Function) and a.obj not in done:
                check_form(a.obj)

    def block(b: Block, visible: set[Var]) -> None:
        visible = set(visible)
        for s in b.stmts:
            assert s.loc.line > 0
            if isinstance(s, Let) and s.op == "closure":
                done.add(s.args[0].obj if s.args[0].obj is function else None)
            read(atoms_of(s), visible)
            inner = inner_vars(s)
            define(inner)
            for r in blocks_of(s):
                block(r, visible | set(inner))
            define(targets_of(s))
            visible |= set(targets_of(s))
            width = [len(r.results) for r in blocks_of(s)]
            if isinstance(s, If):
                assert width == [len(s.targets)] * 2
            elif isinstance(s, For | While):
                assert width[-1] == len(s.targets) + s.stop
        read(b.results, visible)

    done: set[Any] = {function}
    params = tuple(p.var for p in function.params)
    define((*params, *function.captured))
    block(function.body, {*params, *function.captured})
    assert len(function.body.results) == 1


def test_refs_are_spelled_as_the_emitted_module_spells_them():
    found = {a.text for s in walk(lower_function(names_of_numpy).function.body) for a in getattr(s, "args", ())
             if isinstance(a, Ref)}  # fmt: skip
    assert {"np.sin", "np.linalg.norm", "np.array", "np.pi", "math.pi", "np.ones"} <= found


def test_global_data_is_read_afresh():
    lowered = lower_function(globals_read)
    atoms = [a for s in walk(lowered.function.body) for a in getattr(s, "args", ()) if isinstance(a, Global)]
    assert {a.name for a in atoms} == {"SCALE", "TABLE", "MODE"}


def test_redefinition_of_a_helper_is_seen(monkeypatch):
    lowered = lower_function(calls)
    assert lowered.is_current()
    assert lower_function(calls) is lowered
    monkeypatch.setitem(globals(), "helper", lambda *a, **k: 0)
    assert not lowered.is_current()
    assert lower_function(calls) is not lowered


def test_a_global_that_hides_a_builtin_is_seen(monkeypatch):
    lowered = lower_function(comprehensions)
    monkeypatch.setitem(globals(), "sum", max)
    assert not lowered.is_current()


def test_user_names_are_kept():
    names = [s.target.name for s in walk(lower_function(straight).function.body) if isinstance(s, Let) and s.target]
    assert [n for n in names if n] == ["z", "z", "w"]


def test_no_flags_without_need():
    function = lower_function(fibonacci).function
    loop = next(s for s in walk(function.body) if hasattr(s, "carried"))
    assert len(loop.carried) == 2
    assert not loop.stop


@pytest.mark.parametrize("start", range(0, 300, 30))
def test_random_control_flow(start):
    for seed in range(start, start + 30):
        text, name = Generator(seed).text(), f"<flow {seed}>"
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        space: dict[str, Any] = {"__name__": "flow"}
        exec(compile(text, name, "exec"), space)
        function = lower(get_source(space["f"])).function
        check_form(function)
        for args in [(1, 2), (0, 0), (-1, 3), (4, -2)]:
            assert equal(observe(interpret(function), args), observe(space["f"], args)), text
