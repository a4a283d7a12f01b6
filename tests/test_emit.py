"""IR to text and back: what is printed must run like the function that was lowered."""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import linecache
import pickle
from types import MethodType
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.backend.emit import emit_module
from s2sad.backend.load import annotate, inject, load
from s2sad.errors import SourceError, UnsupportedError
from s2sad.frontend.lower import lower_function
from s2sad.ir import nodes as ir
from s2sad.ir.types import Array
from s2sad.ir.verify import verify
from tests.each import each
from tests.programs import Program, by_topic
from tests.random_flow import Generator


def compiled(fn: Any, comments: bool = True) -> tuple[Any, str]:
    """The function that the printed IR of ``fn`` defines, and the text."""
    function = lower_function(getattr(fn, "__func__", fn)).function
    verify(function, "lower")
    emitted = emit_module([function], comments=comments)
    space = load(emitted.text, "emitted", f"<emitted {fn.__name__}>", emitted.objects, emitted.globals)
    new = space[emitted.names[function]]
    return (MethodType(new, fn.__self__) if isinstance(fn, MethodType) else new), emitted.text


def observe(fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Everything that a call does: value or exception, output, changed arguments."""
    args, kwargs = copy.deepcopy((args, kwargs))
    out = io.StringIO()
    np.random.seed(0)
    with contextlib.redirect_stdout(out), np.errstate(all="ignore"):
        try:
            value: Any = ("value", fn(*args, **kwargs))
        except Exception as error:
            value = ("error", type(error).__name__, str(error))
    return value, out.getvalue(), args, kwargs


def same(a: Any, b: Any) -> bool:
    if callable(a) and callable(b):
        return True
    try:
        return pickle.dumps(_plain(a)) == pickle.dumps(_plain(b))
    except (pickle.PicklingError, AttributeError, TypeError):
        return repr(a) == repr(b)


def _plain(x: Any) -> Any:
    """A form of a value in which equal values are equal bytes: nothing shared, nothing interned."""
    if isinstance(x, np.ndarray):
        return ("array", str(x.dtype), x.shape, [_plain(v) for v in x.ravel().tolist()])
    if isinstance(x, np.generic):
        return ("scalar", str(x.dtype), repr(x.item()))
    if isinstance(x, tuple | list):
        return (type(x).__name__, [_plain(v) for v in x])
    if isinstance(x, dict):
        return ("dict", [(_plain(k), _plain(v)) for k, v in x.items()])
    if hasattr(x, "__dict__") and not isinstance(x, type):
        return (type(x).__name__, _plain(vars(x)))
    return (type(x).__name__, repr(x))


def check(fn: Any, *calls: tuple[Any, ...]) -> str:
    new, text = compiled(fn)
    for args in calls:
        expected, got = observe(fn, args, {}), observe(new, args, {})
        assert same(expected, got), f"{args}: {expected} != {got}\n{text}"
    return text


@pytest.mark.parametrize("topic", by_topic())
def test_corpus_round_trip(topic: str) -> None:
    each(by_topic()[topic], round_trip)


def round_trip(program: Program) -> None:
    try:
        new, text = compiled(program.fn)
    except (UnsupportedError, SourceError):
        return
    expected, got = (observe(f, program.args, program.kwargs) for f in (program.fn, new))
    assert same(expected, got), f"{expected} != {got}\n{text}"


# -- functions that are easy to print wrongly ---------------------------------------------------------------------


def swap_in_loop(a, b, n):
    for _ in range(n):
        a, b = b, a + b
    return a, b


def rotate_three(a, b, c, n):
    while n > 0:
        a, b, c = b, c, a
        n -= 1
    return a, b, c


def zero_trip(x, n):
    last = None
    for i in range(n):
        last = i
        x = x + last
    return x, last


def item_after_loop(n):
    i = -1
    for i in range(n):  # noqa: B007
        pass
    return i


def nested_breaks(n, m):
    out = []
    for i in range(n):
        if i == 1:
            continue
        for j in range(m):
            if j > i:
                break
            if (i + j) % 3 == 2:
                continue
            out.append((i, j))
        else:
            out.append("all")
        if len(out) > 5:
            break
    else:
        out.append("end")
    return out


def return_in_loops(rows, wanted):
    for i, row in enumerate(rows):
        for j, v in enumerate(row):
            if v == wanted:
                return i, j
        if not row:
            return "empty", i
    return None


def return_from_while_true(x):
    k = 0
    while True:
        x = x / 2.0
        k += 1
        if x < 1.0:
            return k, x


def early_returns(x, kind="a"):
    if x < 0:
        return "negative"
    elif kind == "a":
        x = x * 2
        if x > 10:
            return x
    elif kind == "b":
        raise ValueError(f"{kind!r:>6}: {x:.2f} {{}}")
    print(x, kind)
    return x + 1


def shadowed_builtins(list, max, slice):
    len = 3
    sum = list[0] + max
    list = [len, sum]
    return list[:len], slice


def names_of_ours(np, rt, tape, t1, math):
    t2 = t1 + np
    x_bar = rt * t2
    np = x_bar - math
    t1, t2 = t2, t1
    return np, t1, t2, tape


def local_np(x):
    np = x * 2
    return np + 1


def unicode_names(α, é):
    Δ = α - é
    ﬁ = Δ * 2
    return ﬁ + Δ


def keyword_arguments(a, /, b=2, *rest, c=3, d=-1.5, **more):
    return a, b, rest, c, d, sorted(more.items())


def old_value_needed(x):
    y = x
    x = x * 2
    y += x
    x, y = y, x
    return x - y, x


def inplace(x, y):
    z = x
    x += y
    x[0] -= z[1] * 2
    z **= 2
    return x, z


def conditions(a, b, c):
    r = a < b <= c
    s = a and b or c  # noqa: RUF021
    t = not (a or not b)
    u = a if b > c else (b if c else 0)
    return r, s, t, u, a is None, b not in (1, 2), (a and b) > 0


def order_of_effects(log):
    def note(x):
        log.append(x)
        return x

    d = {note("k1"): note("v1"), note("k2"): note("v2")}
    y = note(1) + note(2) * note(3)
    z = note(4) if note(0) else note(5)
    d[note("i")] = note("value")
    first = log[0]
    log.append("changed")
    return f"{note('f')}{len(log)}{note('g'):>3}", y, z, d, first


def reads_before_stores(x):
    y = x[0] * 2 + x[1]
    x[0] = 100.0
    z = (x[0], x[1] + y)
    x[1] = z[0] - x[1]
    return y + x[1], z


def closures_in_loop(n):
    out = []
    for i in range(n):
        k = i * i

        def f(x, *, scale=2):
            return x * scale + k  # noqa: B023

        out.append(f(i) + (lambda z: z - i)(k))
    return out


def recursive_inner(n):
    def fact(k):
        return 1 if k < 2 else k * fact(k - 1)

    return fact(n), [fact(i) for i in range(n)]


def handlers(x):
    state = "start"
    try:
        y = 10 // x
    except ZeroDivisionError as error:
        state = str(error)
        y = 0
    except (TypeError, ValueError):
        return "type"
    finally:
        print("finally", state)
    return y, state


def unpacking(pairs):
    total = 0
    for k, (a, *b) in enumerate(pairs):
        total += k * a + len(b)
    (p, q), *others = pairs
    first, second = p, q
    first, second = second, first
    _, last = pairs[-1]
    return total, p, q, others, first, second, last


def walrus(xs):
    if (n := len(xs)) > 2 and (m := n * 2) > 5:
        return n, m
    return n


def unbound(flag):
    if flag:
        value = 1
    for _ in range(2):
        if flag:
            value += 1
    return value


def literals(x):
    minus = -x
    return x**-2, -minus, 1e400, -0.0, 3j, ..., b"\x00", "a'b\"c\n", (), (x,), [], {}, {1: -1}, x[::2] if False else 0


CASES: list[tuple[Any, list[tuple[Any, ...]]]] = [
    (swap_in_loop, [(1, 2, 0), (1, 2, 1), (1, 2, 5)]),
    (rotate_three, [(1, 2, 3, 0), (1, 2, 3, 1), (1, 2, 3, 5)]),
    (zero_trip, [(1, 0), (1, 3)]),
    (item_after_loop, [(0,), (4,)]),
    (nested_breaks, [(0, 0), (3, 2), (6, 6)]),
    (return_in_loops, [([[1, 2], [3]], 3), ([[1], []], 9), ([[1]], 9), ([], 0)]),
    (return_from_while_true, [(0.5,), (77.0,)]),
    (early_returns, [(-1,), (3,), (30,), (3, "b"), (3, "c")]),
    (shadowed_builtins, [([1, 2], 3, 4)]),
    (names_of_ours, [(1, 2, 3, 4, 5)]),
    (local_np, [(3,)]),
    (unicode_names, [(3, 1)]),
    (keyword_arguments, [(1,), (1, 5), (1, 2, 3, 4)]),
    (old_value_needed, [(3,), (np.arange(3.0),)]),
    (inplace, [(np.arange(3.0), 1.0), (np.arange(2.0), np.ones(2))]),
    (conditions, [(1, 2, 3), (0, 0, 0), (3, 2, 1), (2, 0, 5)]),
    (order_of_effects, [([],)]),
    (reads_before_stores, [(np.arange(2.0),), ([1.0, 2.0],)]),
    (closures_in_loop, [(0,), (4,)]),
    (recursive_inner, [(1,), (5,)]),
    (handlers, [(0,), (3,), ("a",)]),
    (unpacking, [([(1, 2), (3, 4), (5, 6)],)]),
    (walrus, [([1],), ([1, 2, 3],)]),
    (unbound, [(True,), (False,)]),
    (literals, [(4,), (2.5,)]),
]


@pytest.mark.parametrize(("fn", "calls"), CASES, ids=lambda c: getattr(c, "__name__", ""))
def test_nasty_functions(fn: Any, calls: list[tuple[Any, ...]]) -> None:
    try:
        check(fn, *calls)
    except UnsupportedError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("seed", range(150))
def test_random_control_flow(seed: int) -> None:
    text = Generator(seed).text()
    filename = f"<random {seed}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    space: dict[str, Any] = {}
    exec(compile(text, filename, "exec"), space)
    try:
        check(space["f"], (0, 1), (3, 2), (-1, 4))
    except UnsupportedError:
        pytest.skip("refused")


# -- how it looks -------------------------------------------------------------------------------------------------


def body_of(fn: Any) -> list[str]:
    """The printed lines of a function after its head, without comments."""
    text = compiled(fn, comments=False)[1]
    lines = text[text.index("def ") :].rstrip("\n").split("\n")
    return [line[4:] for line in lines[1:]]


def source_of(fn: Any) -> list[str]:
    lines = inspect.getsource(fn).rstrip("\n").split("\n")
    return [line[4:] for line in lines[1:]]


def logistic(w, x, y):
    p = 1.0 / (1.0 + np.exp(-(x @ w)))
    q = 1.0 - p
    return -np.mean(y * np.log(p) + (1.0 - y) * np.log(q))


def countdown(x, n):
    while 0 < x < n:
        x = x - 1.0
        if x == 4:
            break
    return x


def search(xs, wanted):
    for i in range(len(xs)):
        if xs[i] == wanted:
            return i
    return -1


def skip_some(xs):
    total = 0.0
    for i, x in enumerate(xs):
        if x < 0.0:
            continue
        y = x * x
        total += y * i
        print(total)
    return total


def choose(x, kind):
    if kind == "a":
        return x * 2
    if kind == "b":
        return x * 3
    return x


def elif_chain(x):
    if x < 0:
        y = -x
        z = 1
    elif x < 1:
        y = x + 1
        z = 2
    else:
        y = x * x
        z = 3
    return y + z


def slices(x, i):
    x[1:-1, ::2] += x[i, 1:-1, None] * 2.0
    x[i] = x[..., 0].sum(axis=0, keepdims=True)
    return x.T


@pytest.mark.parametrize("fn", [logistic, countdown, search, skip_some, choose, elif_chain, slices])
def test_prints_what_was_written(fn: Any) -> None:
    assert body_of(fn) == source_of(fn)


def test_redefined_names_are_kept() -> None:
    def f(x):
        x = x + 1
        x = x * 2
        return x

    assert body_of(f) == ["x = x + 1", "x = x * 2", "return x"]


def test_comments_say_the_users_line() -> None:
    def f(x):
        y = x + 1
        for i in range(3):
            y = y * 2
            y = y + i
        return y

    function = lower_function(f).function
    emitted = emit_module([function], header="made for a test")
    first = f.__code__.co_firstlineno
    lines = emitted.text.splitlines()
    assert lines[0] == "# made for a test"
    assert f"    y = x + 1  # L{first + 1}" in lines
    assert f"    for i in range(3):  # L{first + 2}" in lines
    for number, loc in emitted.line_map.items():
        assert 0 < number <= len(lines)
        assert first <= loc.line <= first + 5
    assert [emitted.line_map[k].line for k in sorted(emitted.line_map)] == [first + k for k in range(5)]


def test_exceptions_name_the_users_line() -> None:
    def f(x):
        y = x + 1
        return y / 0

    function = lower_function(f).function
    emitted = emit_module([function])
    new = load(emitted.text, "f", "<emitted for a note>")["f"]
    assert "return y / 0" in inspect.getsource(new)
    with pytest.raises(ZeroDivisionError) as caught:
        new(1)
    annotate(caught.value, "<emitted for a note>", emitted.line_map, "f")
    annotate(caught.value, "<emitted for a note>", emitted.line_map, "f")
    line = f.__code__.co_firstlineno + 2
    assert caught.value.__notes__ == [f"in the derivative of f, from test_emit.py:{line}: return y / 0"]


# -- IR by hand ---------------------------------------------------------------------------------------------------

HERE = ir.Loc("<hand>", 1, 0, 1, 1)


def run(fn: ir.Function, *args: Any) -> Any:
    verify(fn, "hand")
    emitted = emit_module([fn])
    return load(emitted.text, "hand", "<hand>", emitted.objects, emitted.globals)[fn.name](*args)


def test_copies_at_the_end_of_a_loop_are_parallel() -> None:
    a, b, n, i = ir.Var("a"), ir.Var("b"), ir.Var("n"), ir.Var("i")
    c, d, e, g, r, out = ir.Var("a"), ir.Var("b"), ir.Var("a"), ir.Var("b"), ir.Var(), ir.Var()
    body = (
        ir.Let(r, "call", (ir.Ref(range, "range"), n), (), HERE),
        ir.For(i, r, (c, d), (a, b), ir.Block((), (d, c)), (e, g), loc=HERE),
        ir.Let(out, "tuple", (e, g), (), HERE),
    )
    fn = ir.Function("swap", (ir.Param(a), ir.Param(b), ir.Param(n)), ir.Block(body, (out,)))
    assert "a, b = b, a" in emit_module([fn]).text
    assert run(fn, 1, 2, 0) == (1, 2)
    assert run(fn, 1, 2, 3) == (2, 1)


def test_effects_are_not_reordered() -> None:
    log: list[str] = []

    def effect(name: str) -> str:
        log.append(name)
        return name

    call = ir.Ref(effect, "effect")
    one, two, pair = ir.Var(), ir.Var(), ir.Var()
    body = (
        ir.Let(one, "call", (call, ir.Const("one")), (), HERE),
        ir.Let(two, "call", (call, ir.Const("two")), (), HERE),
        ir.Let(pair, "tuple", (two, one), (), HERE),
    )
    assert run(ir.Function("f", (), ir.Block(body, (pair,)))) == ("two", "one")
    assert log == ["one", "two"]


def test_a_read_does_not_pass_a_store() -> None:
    x, old, out = ir.Var("x"), ir.Var(), ir.Var()
    body = (
        ir.Let(old, "getitem", (x, ir.Const(0)), (), HERE),
        ir.Let(None, "setitem", (x, ir.Const(0), ir.Const(-5)), (), HERE),
        ir.Let(out, "add", (old, ir.Const(1)), (), HERE),
    )
    assert run(ir.Function("f", (ir.Param(x),), ir.Block(body, (out,))), [1]) == 2


def test_operators_of_numpy_functions_on_arrays() -> None:
    kind = Array("float64", (None, None))
    x, y, t, m, out = (ir.Var(n, kind) for n in ("x", "y", "", "", ""))
    body = (
        ir.Let(t, "call", (ir.Ref(np.transpose, "np.transpose"), x), (), HERE),
        ir.Let(m, "call", (ir.Ref(np.matmul, "np.matmul"), t, y), (), HERE),
        ir.Let(out, "call", (ir.Ref(np.negative, "np.negative"), m), (), HERE),
    )
    fn = ir.Function("f", (ir.Param(x), ir.Param(y)), ir.Block(body, (out,)))
    assert "return -(x.T @ y)" in emit_module([fn]).text


def test_comment_statements() -> None:
    x, y = ir.Var("x"), ir.Var("y")
    body = (
        ir.Let(None, "comment", (ir.Const("forward sweep"),)),
        ir.Let(y, "mul", (x, ir.Const(-2)), (), HERE),
    )
    fn = ir.Function("f", (ir.Param(x),), ir.Block(body, (y,)), doc="Doc.")
    text = emit_module([fn]).text
    assert '    """Doc."""\n    # forward sweep\n    y = x * -2  # L1\n    return y\n' in text
    assert "#" not in emit_module([fn], comments=False).text


def test_calls_between_functions_and_injected_objects() -> None:
    def helper(x: float) -> float:
        return x + 1

    x, y, z, w = ir.Var("x"), ir.Var("y"), ir.Var(), ir.Var()
    inner = ir.Function(
        "inner", (ir.Param(x),), ir.Block((ir.Let(z, "call", (ir.Ref(helper, "helper"), x), (), HERE),), (z,))
    )
    outer = ir.Function(
        "outer", (ir.Param(y),), ir.Block((ir.Let(w, "call", (ir.Ref(inner, "inner"), y), (), HERE),), (w,))
    )
    emitted = emit_module([inner, outer])
    assert emitted.objects == {"helper": helper}
    assert load(emitted.text, "m", "<m>", emitted.objects)["outer"](1) == 2


def test_globals_are_read_at_each_call() -> None:
    space = {"scale": 3}
    x, y = ir.Var("x"), ir.Var()
    body = (ir.Let(y, "mul", (x, ir.Global("scale", 3, space)), (), HERE),)
    emitted = emit_module([ir.Function("f", (ir.Param(x),), ir.Block(body, (y,)))])
    loaded = load(emitted.text, "m", "<m>", emitted.objects, emitted.globals)
    assert loaded["f"](2) == 6
    space["scale"] = 5
    inject(loaded, emitted.globals)
    assert loaded["f"](2) == 10


def test_emission_is_deterministic() -> None:
    first, second = (emit_module([lower_function(f).function for f, _ in CASES[:4]]).text for _ in range(2))
    assert first == second


def test_reads_do_not_pass_changes() -> None:
    """What lines that get long take back must not end up before what changes the list it reads."""

    def tidied(x):
        xs = [x, x * x]
        xs.insert(0, x * 3)
        last = xs.pop()
        first = xs.pop(0)
        return last * first + xs[0]

    g = s2sad.grad(tidied)
    h = 1e-6
    assert abs(g(0.7) - (tidied(0.7 + h) - tidied(0.7 - h)) / (2 * h)) < 1e-8
    taken, read = (g.source.index(t) for t in ("rt.take_inserted(xs_bar, 0)", "xs_bar[1]"))
    assert taken < read
