"""Types, keys, aliasing and structures of arguments: what decides which specialisation a call runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import s2sad
from s2sad.api.argtypes import check_active, types_of
from s2sad.api.pytrees import flatten, tree_leaves, tree_map, unflatten
from s2sad.api.signature import key_of, key_of_all, share_memory_pattern
from s2sad.cli.typespec import parse_types
from s2sad.ir.types import Array, List, Lit, Obj, RefT, Scalar, Tuple
from s2sad.report.text import show_types


class Point(NamedTuple):
    x: float
    y: Any


@dataclass
class Layer:
    w: Any
    b: float


def shown(**values: Any) -> str:
    return show_types(types_of(tuple(values), tuple(values.values())))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "float"),
        (2, "int"),
        (1j, "complex"),
        (True, "True"),
        (None, "None"),
        ("a", "'a'"),
        (np.float64(1.0), "f8"),
        (np.float32(1.0), "f4"),
        (np.ones(()), "f8[()]"),
        (np.ones(3), "f8[v0]"),
        (np.ones((3, 1), np.float32), "f4[v0, 1]"),
        (np.ones((2, 3, 2)), "f8[v0, v1, v0]"),
        ((1.0, np.ones(2)), "(float, f8[v0])"),
        ([1.0, 2], "[float, int]"),
        ({"a": 1.0, "b": np.ones(1)}, "{'a': float, 'b': f8[1]}"),
        (Point(1.0, 2.0), "Point(float, float)"),
        (Layer(np.ones(2), 1.0), "Layer(w: f8[v0], b: float)"),
        (np.sin, "sin"),
    ],
)
def test_types_of_values(value: Any, text: str) -> None:
    assert shown(v=value) == f"v: {text}"


def test_equal_sizes_share_a_symbol() -> None:
    assert shown(w=np.ones(3), x=np.ones((5, 3)), y=np.ones(5)) == "w: f8[w0], x: f8[x0, w0], y: f8[x0]"
    assert shown(x=np.ones(3), y=np.ones(4)) == "x: f8[x0], y: f8[y0]"


def test_sizes_alone_do_not_make_another_type() -> None:
    def types(n: int, m: int) -> Any:
        return types_of(("x", "y"), (np.ones((n, m)), np.ones(m)))

    assert types(3, 4) == types(30, 40)
    assert types(3, 4) != types(4, 4)
    assert types(3, 4) != types(1, 4)
    assert hash(types(3, 4)) == hash(types(5, 6))


def test_symbols_of_different_parameters_never_meet() -> None:
    names = ("x", "x1")
    (_, x), (_, x1) = types_of(names, (np.broadcast_to(1.0, tuple(range(2, 14))), np.ones(99)))
    assert isinstance(x, Array) and isinstance(x1, Array) and x.dims and x1.dims
    assert x1.dims[0] not in x.dims
    assert len({str(d) for d in (*x.dims, *x1.dims)}) == 13


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(TypeError, match="contains itself"):
        types_of(("x",), (loop,))


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_array_subclasses_are_refused() -> None:
    with pytest.raises(TypeError, match=r"np\.asarray"):
        types_of(("m",), (np.ma.masked_array([1.0]),))


def test_kinds() -> None:
    pairs = dict(types_of(("f", "k", "s", "t", "o"), (len, 3, [1.0] * 100, (1.0,), Layer(1.0, 2.0))))
    assert pairs["f"] == RefT(len)
    assert pairs["k"] == Scalar("int64")
    assert isinstance(pairs["s"], List) and pairs["s"].items is None
    assert isinstance(pairs["t"], Tuple)
    assert isinstance(pairs["o"], Obj)


VALUES: list[Any] = [
    1.0, 1, True, False, None, "a", "b", 1j, np.float64(1), np.float32(1), np.ones(()), np.ones(2), np.ones(3),
    np.ones(2, np.float32), np.ones(2, int), (1.0,), (1.0, 1.0), [1.0], [1], {"a": 1.0}, {"b": 1.0}, {"a": 1},
    Point(1.0, 2.0), Point(1.0, np.ones(2)), Layer(1.0, 1.0), Layer(np.ones(2), 1.0), len, np.sin, Point, range(3),
    slice(1, 2), np, [1.0] * 100, [1] * 100,
]  # fmt: skip


def test_equal_keys_have_equal_types() -> None:
    for a in VALUES:
        for b in VALUES:
            if key_of(a) == key_of(b):
                assert types_of(("x",), (a,)) == types_of(("x",), (b,)), (a, b)
    assert all(hash(key_of(v)) == hash(key_of(v)) for v in VALUES)
    assert key_of_all(VALUES) == tuple(key_of(v) for v in VALUES)


def test_different_types_have_different_keys() -> None:
    for i, a in enumerate(VALUES):
        for b in VALUES[:i]:
            if types_of(("x",), (a,)) != types_of(("x",), (b,)):
                assert key_of(a) != key_of(b), (a, b)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, r"it is an int; pass float\(x\)"),
        (True, r"it is a bool; pass float\(x\)"),
        (np.int64(3), r"it is an int64; pass float\(x\)"),
        (np.arange(3), r"its dtype is int64; pass x.astype\(float\)"),
        ("s", "it is a str; leave it out of argnums"),
        (None, "it is None; leave it out of argnums"),
    ],
)
def test_what_has_no_derivative(value: Any, message: str) -> None:
    ((_, t),) = types_of(("x",), (value,))
    with pytest.raises(TypeError, match="f: cannot differentiate with respect to 'x': " + message):
        check_active("f", "x", value, t)


@pytest.mark.parametrize("value", [1.0, np.ones(2), np.float32(1), [1, 2], {"n": 1}, (1.0, "a")])
def test_what_has_one(value: Any) -> None:
    ((_, t),) = types_of(("x",), (value,))
    check_active("f", "x", value, t)


def test_shared_memory() -> None:
    a = np.zeros(10)
    assert share_memory_pattern((a, a)) == ((0, 1),)
    assert share_memory_pattern((a, 1.0, a[2:5])) == ((0, 2),)
    assert share_memory_pattern((a[:5], a[5:])) == ()
    assert share_memory_pattern((a[::2], a[1::2])) == ()
    assert share_memory_pattern(([a, a], np.ones(2))) == ((0, 0),)
    assert share_memory_pattern(({"x": a}, Layer(a[1:], 1.0))) == ((0, 1),)


def test_structures_come_back() -> None:
    tree = {"a": (1.0, [2.0, None]), "p": Point(3.0, Layer(4.0, 5.0)), "e": ()}
    leaves, structure = flatten(tree)
    assert leaves == [1.0, 2.0, 3.0, 4.0, 5.0] == tree_leaves(tree)
    assert structure.leaf_count == 5
    assert unflatten(structure, leaves) == tree
    assert hash(structure) == hash(flatten(tree)[1])
    assert flatten(tree_map(lambda x: x * 2, tree))[0] == [2.0, 4.0, 6.0, 8.0, 10.0]
    with pytest.raises(ValueError, match="6 leaves"):
        unflatten(structure, [*leaves, 6.0])


def test_map_over_several_trees() -> None:
    assert tree_map(lambda a, b: a - b, {"x": 5.0, "y": 1.0}, {"y": 1.0, "x": 2.0}) == {"x": 3.0, "y": 0.0}
    with pytest.raises(ValueError, match="structures differ"):
        tree_map(lambda a, b: a, {"x": 1.0}, {"y": 1.0})
    with pytest.raises(ValueError, match="structures differ"):
        tree_map(lambda a, b: a, (1.0, 2.0), [1.0, 2.0])


def test_types_written_by_hand() -> None:
    text = "w: f8[n], x: f8[m, n - 2], k: int, a: float, f: f4, z: f8[()], u: f8[...], p: {'a': f8[1]}, t: (int,)"
    assert show_types(parse_types(text)) == text
    assert show_types(parse_types("l: [f8, c16], q: [f8[n], ...]")) == "l: [float, complex], q: [f8[n], ...]"
    assert dict(parse_types("s: 'a', n: None, b: True"))["b"] == Lit(True)
    assert parse_types("") == ()


@pytest.mark.parametrize("text", ["w f8", "w: q8", "w: f8[n*m]", "1: f8", "w: f8[", "w: f8 + 1", "w"])
def test_types_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"cannot read|unknown"):
        parse_types(text)


@pytest.mark.parametrize("dtype", ["float64", "float32", ">f8"])
def test_gradients_have_the_form_of_their_arguments_whether_types_tell_or_not(dtype: str) -> None:
    def loss(params, x):
        w, b = params["layer"]
        return np.sum(np.tanh(x @ w + b) ** 2) + params["k"]

    params = {"layer": (np.ones((3, 2), dtype), np.zeros(2, dtype)), "k": 1.0}
    derivative = s2sad.grad(loss)
    x = np.ones((4, 3), dtype)
    for _ in range(2):
        g = derivative(params, x)
        assert list(g) == ["layer", "k"]
        assert type(g["k"]) is float
        for got, given in zip(g["layer"], params["layer"], strict=True):
            assert (type(got), got.dtype, got.shape) == (np.ndarray, given.dtype, given.shape)
    assert derivative.program_for(params, x).formed == ()  # a number may come as NumPy's
    layers = s2sad.grad(lambda params, x: np.sum(np.tanh(x @ params[0] + params[1]) ** 2))
    g = layers(params["layer"], x)
    assert [a.dtype for a in g] == [a.dtype for a in params["layer"]]
    assert layers.program_for(params["layer"], x).formed == ("params",)


def test_a_number_among_the_gradients_keeps_its_type() -> None:
    derivative = s2sad.grad(lambda x, k: np.sum(x * k), argnums=(0, 1))
    x_bar, k_bar = derivative(np.ones(3), 2.0)
    assert (type(x_bar), type(k_bar)) == (np.ndarray, float)
    assert derivative.program_for(np.ones(3), 2.0).formed == ("x",)
