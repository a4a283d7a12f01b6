"""One derivative, called with arguments that differ in something that matters: each call has its own right gradient.

And data that a program was compiled from (of modules, classes, closures, bound methods), whose types change in between.
"""

from __future__ import annotations

import collections
import enum
import functools
import itertools
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import InitVar, dataclass
from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

import s2sad
from s2sad.api.argtypes import types_of
from s2sad.api.quick import matcher
from s2sad.api.signature import key_of


class Colour(enum.Enum):
    RED = 1.5
    BLUE = 2.5


class Word(enum.StrEnum):
    A = "a"
    B = "b"


class Number(enum.IntEnum):
    ONE = 1
    TWO = 2


class Text(str):
    __slots__ = ()


class Whole(int):
    pass


class Real(float):
    pass


class Mode:
    def __init__(self, mode: Any, k: Any = 2.0) -> None:
        self.mode, self.k = mode, k

    def apply(self, a: Any) -> Any:
        return a * a * self.k if self.mode == "a" else a**3 * self.k

    def summed(self, a: Any) -> Any:
        return float(np.sum(self.k * a * a))

    @classmethod
    def scaled(cls, a: Any) -> Any:
        return a * a if isinstance(cls.scale, float) else a**3

    scale: Any = 1.0


@dataclass
class Extra:
    k: float
    given: InitVar[Any] = None

    def __post_init__(self, given: Any) -> None:
        self.mode = given


@dataclass
class Hiding:
    k: float
    mode = "a"


def steps(x: float, m: Any) -> Any:
    return x * x if m == "a" else x**3


def by_number(x: float, m: Any) -> Any:
    return x * x if m == 1 else x**3


def by_identity(x: float, m: Any) -> Any:
    return x * x if m is Colour.RED else x**3


def by_equality(x: float, m: Any) -> Any:
    return x * x * m.value if m == Colour.BLUE else x**3 * len(m.name)


def matched(x: float, m: Any) -> Any:
    match m:
        case Colour.RED:
            return x * x
        case Colour.BLUE:
            return x**3
    return x


def truth(x: float, m: Any) -> Any:
    return x * x if m else x**3


def methods(x: float, m: Any) -> Any:
    if m.lower().startswith("a"):
        return x * x
    return x**3 if m in ("b", "c") else x


def applied(x: float, fn: Any) -> Any:
    return fn(x) * x


def of_mode(x: float, o: Any) -> Any:
    return o.k * x * x if o.mode == "a" else o.k * x**3


def over(x: float, items: Any) -> Any:
    total = 0.0
    for i in items:
        total += x ** (i + 1)
    return total


def times(x: float, k: Any) -> Any:
    return x * x * k


def square(a: Any, k: Any = 1.0) -> Any:
    return k * a * a


def cube(a: Any, k: Any = 1.0) -> Any:
    return k * a**3


def changed(place: Any, values: Sequence[Any], argument: Any, name: str = "mode") -> Iterator[Any]:
    for v in values:
        setattr(place, name, v)
        yield argument


def hiding(mode: Any) -> Hiding:
    made = Hiding(2.0)
    if mode is not None:
        made.mode = mode  # type: ignore[misc]
    return made


class Doubled(list):  # type: ignore[type-arg]
    def __getitem__(self, k: Any) -> Any:
        return 2.0 * list.__getitem__(self, k)


class Sevens(collections.namedtuple("Sevens", "a b")):
    __slots__ = ()

    def __getitem__(self, k: Any) -> Any:
        return 7.0


def entries(x: float, d: Any) -> Any:
    total = x
    for k, v in d.items():
        total = total * v + len(k)
    for v in d.values():
        total = total + x * v
    return total * d["a"] * len(list(d.keys()))


def first(x: float, items: Any) -> Any:
    return x * x * items[0]


MODE, ONE, NESTED = Mode("a"), Mode("a"), SimpleNamespace(inner=Mode("a"))
CALLS: dict[str, tuple[Callable[..., Any], Any]] = {
    "subclasses of str": (steps, [Text("a"), Text("b"), "a", np.str_("b"), np.str_("a"), Word.A, Word.B]),
    "numbers with names": (by_number, [Number.ONE, Number.TWO, 1, True, 2, Whole(1), Whole(2), Real(1.0), np.int32(1)]),
    "members by identity": (by_identity, [Colour.RED, Colour.BLUE, None]),
    "members by equality": (by_equality, [Colour.RED, Colour.BLUE]),
    "members that are matched": (matched, [Colour.RED, Colour.BLUE, 1.5]),
    "truth": (truth, [Text(""), Text("q"), Whole(0), Whole(3), Colour.RED, "", 0, None, collections.deque()]),
    "methods of subclasses": (methods, [Text("Ab"), Text("b"), Text("q"), Word.A, Word.B]),
    "arithmetic of subclasses": (times, [Whole(2), Whole(3), Real(2.5), Number.TWO, 2, 2.5]),
    "partials": (applied, [
        functools.partial(square, k=2.0), functools.partial(cube, k=2.0), functools.partial(square, k=np.float64(3.0)),
        functools.partial(lambda a, k: k * a * a, k=np.float64(5.0)), math.sin, square,
    ]),
    "bound methods": (applied, lambda: changed(MODE, ["a", "b", None, "a"], MODE.apply)),
    "bound methods of others": (applied, lambda: [Mode("a").apply, Mode("b").apply, Mode("a", 3.0).apply]),
    "bound methods with arrays": (
        applied, lambda: changed(ONE, [2.0, np.ones(3), np.ones((2, 2)), np.ones(1)], ONE.summed, "k"),
    ),
    "methods of nested objects": (of_mode, lambda: changed(NESTED.inner, ["a", "b", "a"], NESTED.inner)),
    "class methods": (applied, lambda: changed(Mode, [1.0, "a", 3.0, None], Mode.scaled, "scale")),
    "attributes beside fields": (of_mode, [Extra(2.0, "a"), Extra(2.0, "b"), Extra(2.0, None)]),
    "attributes that hide the class's": (of_mode, [hiding(None), hiding("b"), hiding("a"), hiding(None)]),
    "entries of dicts": (entries, [
        {"a": 2.0, "b": 3.0}, collections.defaultdict(float, a=2.0, b=3.0), collections.Counter(a=2, b=3),
        collections.OrderedDict(b=3.0, a=2.0), MappingProxyType({"a": 2.0}),
    ]),
    "sequences read in their own way": (first, [[1.5], Doubled([1.5]), (1.5,), Sevens(1.5, 2.0), collections.deque([1.5])]),
    "iterables": (over, [{0, 1}, frozenset([1, 2]), [0, 1], (1,), range(3), {3: 1}, collections.deque([1, 2])]),
}  # fmt: skip


def slope(f: Callable[..., Any], x: float, *rest: Any) -> float:
    h = 1e-6
    return float((f(x + h, *rest) - f(x - h, *rest)) / (2 * h))


@pytest.mark.parametrize("name", CALLS)
def test_each_call_has_its_own_gradient(name: str) -> None:
    f, arguments = CALLS[name]
    derivative = s2sad.value_and_grad(f)
    for k, m in enumerate(arguments() if callable(arguments) else arguments):
        value, gradient = derivative(1.3, m)
        assert value == f(1.3, m), (k, m)
        assert gradient == pytest.approx(slope(f, 1.3, m), rel=1e-6), (k, m)


VALUES = [
    None, True, False, 0, 1, 1.0, 1j, "a", "b", b"a", Text("a"), Whole(1), Real(1.0), Word.A, Word.B, Number.ONE, Colour.RED,
    Colour.BLUE, np.float64(1), np.float32(1), np.bool_(True), np.str_("a"), np.ones(2), np.ones((2, 1)), np.ones(2, int),
    [1.0], [1], ["a"], ["b"], (1.0,), (1,), {"a": 1.0}, {"a": 1}, {"b": 1.0}, {1}, frozenset([1]), range(2), square, cube,
    functools.partial(square, k=1.0), functools.partial(cube, k=1.0), MODE.apply, Mode("b").apply, Mode("a"), Mode("b"),
    Extra(1.0, "a"), Extra(1.0, "b"), hiding(None), hiding("b"), SimpleNamespace(k=1), SimpleNamespace(q=1), list[int],
    list[str], collections.OrderedDict(a=1.0), collections.deque([1]), collections.Counter("a"), MappingProxyType({"a": 1}),
    math, math.sin, np.sin, Mode, slice(1), float, int, np.float64, set,
    Ellipsis, [1.0] * 70, [1] * 70, ["a"] * 70, [1.0] * 69 + [None],
]  # fmt: skip


def test_equal_keys_have_equal_types() -> None:
    keys = [(key_of(v), types_of(("v",), (v,)), v) for v in VALUES]
    for (a, s, v), (b, t, w) in itertools.combinations(keys, 2):
        assert a != b or s == t, (v, w)


def test_what_tells_the_usual_call_tells_no_less_than_the_key() -> None:
    """``matcher`` says yes to nothing that has another key, and to what it was made of."""
    nested = [{"a": (v, [v])} for v in VALUES]
    for values in VALUES, nested:
        for v in values:
            matches = matcher((v, 1.0))
            for w in values:
                assert matches is None or not matches(w, 1.0) or key_of(v) == key_of(w), (v, w)
            assert matches is None or (matches(v, 1.0) and not matches(v, 1)), v
    arrays = [np.ones(s, t) for s in ((), (1,), (2,), (3,), (2, 1), (1, 2), (2, 2)) for t in (float, int, np.float32, ">f8")]
    arrays += [np.ones(2).view(Alike), np.ma.masked_array([1.0, 2.0])]
    for v, w in itertools.product(arrays, arrays):
        matches = matcher(({"w": [v]},))
        assert matches is None or matches({"w": [w]}) == (key_of(v) == key_of(w)), (v, w)
    assert matcher((arrays[0],)) is not None and matcher(({"w": [arrays[0]], "b": (None, True, "a")},)) is not None


class Alike(np.ndarray):
    pass


def test_calls_of_other_kinds_after_many_of_one() -> None:
    d = s2sad.value_and_grad(over_all)
    x = np.array([0.5, 1.5])
    for k in range(200):
        p = {"s": [x, (2.0, None)]} if k % 7 else {"s": [x[:, None], (True, "b")]} if k % 3 else {"s": [1.5, (3, None)]}
        value, gradient = d(1.3, p)
        assert value == pytest.approx(over_all(1.3, p), rel=1e-14)
        assert gradient == pytest.approx(slope(over_all, 1.3, p), rel=1e-6)


def over_all(x: float, p: Any) -> Any:
    s, (k, what) = p["s"]
    return np.sum(np.sin(x * s) * (k if what is None else 2.0) * SCALE[0])


SCALE = [1.0]


def test_a_helper_that_is_redefined_after_many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    d = s2sad.grad(with_helper)
    for _ in range(40):
        assert d(1.5) == 3.0
    monkeypatch.setitem(globals(), "square", cube)
    for _ in range(40):
        assert d(1.5) == pytest.approx(3 * 1.5**2)


def with_helper(x: float) -> Any:
    return square(x)


def unused(x: float, given: Any) -> float:
    return x * x


def test_any_argument_may_go_along() -> None:
    for v in [*VALUES, logging.getLogger("quiet"), np.poly1d([1.0, 2.0]), np.random.default_rng(0), np.array([None, 1.0])]:
        assert s2sad.grad(unused)(1.5, v) == 3.0
        assert s2sad.vjp(unused, 1.5, v)[1](1.0)[0] == 3.0


def test_a_loop_over_what_was_not_known_to_be_a_dict() -> None:
    with pytest.raises(TypeError, match="loop over a Counter"):
        s2sad.grad(over)(1.3, collections.Counter([1, 1]))
    for items in (Doubled([1]), Sevens(1, 2)):
        with pytest.raises(TypeError, match="loop over a"):
            s2sad.grad(over)(1.3, items)


# -- data of modules, classes and closures ----------------------------------------------------------------------------

ARRAY: Any = np.ones(3)
ITEMS: Any = [1.0]
TABLE: Any = {"a": 1.0}
PAIR: Any = (1.0,)


class Held:
    items: ClassVar[Any] = [1.0]
    array: ClassVar[Any] = np.ones(2)


def by_rank(x: float) -> Any:
    return x * x if ARRAY.ndim == 1 else x**3


def by_dtype(x: float) -> Any:
    return x * x if ARRAY.dtype == np.float64 else x**3


def by_item(x: float) -> Any:
    return x * x if isinstance(ITEMS[0], float) else x**3


def by_keys(x: float) -> Any:
    return x * x if "b" in TABLE else x**3


def by_length(x: float) -> Any:
    return x * x if len(PAIR) == 1 else x**3


def by_class_item(x: float) -> Any:
    return x * x if isinstance(Held.items[0], float) else x**3


def by_class_array(x: float) -> Any:
    return x * x if Held.array.ndim == 1 else x**3


DATA: dict[str, tuple[Callable[..., Any], Any, str, list[Any]]] = {
    "rank": (by_rank, None, "ARRAY", [np.ones(3), np.ones((2, 2)), np.ones(5), np.ones(())]),
    "dtype": (by_dtype, None, "ARRAY", [np.ones(3), np.ones(3, int), np.ones(3)]),
    "items": (by_item, None, "ITEMS", [[1.0], ["a"], [2.0], [None]]),
    "keys": (by_keys, None, "TABLE", [{"a": 1.0}, {"b": "q"}, {"a": 1.0, "b": 2}, {}]),
    "length": (by_length, None, "PAIR", [(1.0,), (1, 2), (), [1]]),
    "class items": (by_class_item, Held, "items", [[1.0], ["a"], [2.0], [None]]),
    "class array": (by_class_array, Held, "array", [np.ones(3), np.ones((2, 2)), np.ones(2)]),
}


@pytest.mark.parametrize("name", DATA)
def test_data_of_another_type_are_seen_where_nothing_reads_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    f, place, attribute, values = DATA[name]
    derivative = s2sad.value_and_grad(f)
    for v in values:
        if place is None:
            monkeypatch.setitem(globals(), attribute, v)
        else:
            monkeypatch.setattr(place, attribute, v)
        value, gradient = derivative(1.3)
        assert value == f(1.3) and gradient == pytest.approx(slope(f, 1.3), rel=1e-6), v


class Parent:
    @staticmethod
    def power(x: float) -> float:
        return x**3

    def scaled(self, x: float) -> float:
        return x * x

    rule: ClassVar[Any] = math.sin


class Child(Parent):
    def scaled(self, x: float) -> float:
        return super().scaled(x) * 2.0


CHILD, SPACE = Child(), SimpleNamespace(rule=math.sin, k=2.0)


def helper(x: float) -> Any:
    return x * x


def by_static(x: float) -> Any:
    return Parent.power(x) + Parent.rule(x)


def by_super(x: float) -> Any:
    return CHILD.scaled(x)


def by_attributes(x: float) -> Any:
    return helper.k * helper(x) + helper.rule(x)  # type: ignore[attr-defined]


def by_space(x: float) -> Any:
    return SPACE.rule(x) * SPACE.k


helper.k, helper.rule = 2.0, math.sin  # type: ignore[attr-defined]
BOUND: dict[str, tuple[Callable[..., Any], Any, str, list[Any]]] = {
    "static methods": (by_static, Parent, "power", [staticmethod(lambda x: x), staticmethod(math.exp)]),
    "functions of a class": (by_static, Parent, "rule", [math.cos, staticmethod(lambda x: x**2)]),
    "methods of a parent": (by_super, Parent, "scaled", [lambda self, x: x**5, lambda self, x: x]),
    "numbers of a function": (by_attributes, helper, "k", [5.0, np.float64(3.0), 7]),
    "functions of a function": (by_attributes, helper, "rule", [math.cos, lambda x: x**4]),
    "functions of a namespace": (by_space, SPACE, "rule", [math.cos, lambda x: x**4]),
}


@pytest.mark.parametrize("name", BOUND)
def test_what_classes_and_functions_hold_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    f, place, attribute, values = BOUND[name]
    derivative = s2sad.value_and_grad(f)
    assert derivative(1.3)[1] == pytest.approx(slope(f, 1.3), rel=1e-6)
    for v in values:
        monkeypatch.setattr(place, attribute, v)
        assert derivative(1.3) == (f(1.3), pytest.approx(slope(f, 1.3), rel=1e-6)), v


class Weights:
    def __init__(self) -> None:
        self.w, self.k = np.array([1.0, 2.0, 3.0]), [2.0]

    def loss(self, x: Any) -> Any:
        return np.sum(x**2 * self.w) * self.k[0]


def times_one(x: Any, fn: Callable[..., Any]) -> Any:
    return fn(x) * 1.0


@pytest.mark.parametrize("call", ["argument", "function", "partial"])
def test_a_pullback_through_a_bound_method_keeps_what_its_object_held(call: str) -> None:
    held, x = Weights(), np.ones(3)
    given = held.loss if call != "partial" else functools.partial(Weights.loss, held)
    _, pullback = s2sad.vjp(given, x) if call == "function" else s2sad.vjp(times_one, x, given)
    held.w[:] = 7.0
    held.k[0] = 9.0
    np.testing.assert_allclose(pullback(1.0)[0], [4.0, 8.0, 12.0])


def test_a_closure_over_another_array() -> None:
    held: Any = np.ones(3)

    def f(x: float) -> Any:
        return x * x if held.ndim == 1 else x**3

    derivative = s2sad.grad(f)
    for held in (np.ones(3), np.ones((3, 1)), np.ones(4)):  # noqa: B007
        assert derivative(1.3) == pytest.approx(slope(f, 1.3), rel=1e-6)


# -- exceptions --------------------------------------------------------------------------------------------------------


def asserted(x: float, n: float) -> float:
    s = 0.0
    for i in range(3):
        print(i)
        s += math.exp(x * i)
    assert n > 0, "n"
    return s / n


def printed(x: float, n: float) -> float:
    s = 0.0
    for i in range(3):
        if x * i > 1:
            print("a", i)
            y = x * x
        else:
            print("b", i)
            y = x
        s += y / n
    return s


@pytest.mark.parametrize("f", [asserted, printed])
def test_what_raises_backwards_does_not_come_first(f: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises((AssertionError, ZeroDivisionError)) as plain:
        f(1.3, 0.0)
    before = capsys.readouterr().out
    with pytest.raises(type(plain.value)):
        s2sad.grad(f)(1.3, 0.0)
    assert capsys.readouterr().out == before != ""
