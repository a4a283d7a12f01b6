"""The border of machine code: containers, indices that hold arrays, products, shapes; what is refused is remembered."""

from __future__ import annotations

import copy
import dataclasses
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles

pytest.importorskip("numba")

from s2sad import pipeline


@dataclasses.dataclass
class Layer:
    w: np.ndarray
    b: float
    name: str = "first"
    steps: int = 2


Pair = namedtuple("Pair", "low high")
X = np.random.default_rng(0).normal(size=(4, 3))


def of_containers(params, x, layer, pair, scales):
    """Nested lists, tuples, dicts, a dataclass and a named tuple; text steers, and unused parts have gradients too."""
    total = layer.b * pair.low + len(params["layers"])
    for w, b in params["layers"]:
        x = np.tanh(x @ w + b)
    for k in range(layer.steps):
        total = total + scales[k % 3] * layer.w[k] * params["scales"][1]
    if layer.name == "first":
        total = total * pair.high
    return {"loss": np.sum(x) + total, "parts": [total, (x[0, 0], layer.name)]}["loss"]


def containers() -> tuple[Any, ...]:
    rng = np.random.default_rng(1)
    layers = [(rng.normal(size=(3, 3)), rng.normal(size=3)), (rng.normal(size=(3, 3)), rng.normal(size=3))]
    params = {"layers": layers, "scales": [0.5, -1.5, 2.0], "unused": (1.5, rng.normal(size=2))}
    return params, X.copy(), Layer(rng.normal(size=3), 0.7), Pair(0.3, 1.2), [0.5, -1.5, 2.0]


def agree(f: Any, args: tuple[Any, ...], argnums: tuple[int, ...], rtol: float = 1e-6) -> Any:
    """A derivative on Numba, checked against differences and against the plain one."""
    derivative = s2sad.value_and_grad(f, argnums=argnums, backend="numba")
    value, gradients = derivative(*copy.deepcopy(args))
    exact = f(*copy.deepcopy(args))
    assert np.isclose(value, exact, rtol=1e-13) and type(value) is type(exact)
    plain = s2sad.value_and_grad(f, argnums=argnums)(*copy.deepcopy(args))[1]
    numeric = oracles.numeric_gradient(f, args, {}, argnums, 1.0)
    for i, g, other, want in zip(argnums, gradients, plain, numeric, strict=True):
        assert not oracles.same_structure(args[i], g)
        assert not oracles.close(oracles.gradient_leaves(g, args[i]), want, rtol)
        assert not oracles.close(oracles.leaves(g), oracles.leaves(other), 1e-10)
    return derivative


def test_containers() -> None:
    params = (args := containers())[0]
    g, _, g_layer, g_pair, g_scales = agree(of_containers, args, (0, 1, 2, 3, 4))(*args)[1]
    assert type(g) is dict and list(g) == list(params) and type(g["layers"]) is list and type(g["layers"][0]) is tuple
    assert type(g_layer) is Layer and type(g_pair) is Pair and type(g["scales"][0]) is float
    assert type(g_scales) is list and g_scales[2] == 0.0 and type(g_scales[0]) is float


def test_one_array_twice_in_a_container_that_is_stored_into() -> None:
    def f(d):
        d["a"][0] = 2.0 * d["b"][0]
        return d["a"][0] * d["b"][0]

    x = np.array([3.0])
    with pytest.raises(s2sad.UnsupportedError, match="stores into arrays of a list, dict or object"):
        s2sad.grad(f, backend="numba")({"a": x, "b": x})


def of_indices(x, k, mask, n):
    """Reads and stores by arrays of places, repeated and counted from the end, and by masks; with slices and numbers."""
    y = x * 1.0
    y[k] = x[k, ::-1] * 2.0  # repeated: the last one stays
    y[mask] += y[mask] * x[mask]
    t = np.zeros(4)
    np.add.at(t, k, y[k, n])
    return np.sum(y * x) + np.sum(t * t) + np.sum(x[x > 0.0])


def test_indices() -> None:
    k, mask = np.array([1, -1, 1, 0]), np.array([True, False, True, True])
    d = agree(of_indices, (X.copy(), k, mask, -1), (0,))
    for wrong in ((X, k + 3, mask, 1), (X, k, mask[:3], 1), (X, k, mask, 3)):
        with pytest.raises(IndexError):
            of_indices(*copy.deepcopy(wrong))
        with pytest.raises(IndexError):
            d(*copy.deepcopy(wrong))


def of_products(a, b, v, w):
    """Stacks of matrices with one matrix, with a vector, with a stack; einsum; axes moved; sizes changed."""
    m = a @ w + (a @ v)[..., None]
    s = np.swapaxes(a, 1, 2) @ b
    e = np.einsum("bij,bki->kj", a, b)
    r = np.reshape(np.transpose(s, (2, 0, 1)), (4, -1))
    return np.sum(m * m, axis=(0, 1)) @ v + np.sum(e**2) + np.max(r) * np.mean(r, axis=0, keepdims=True)[0, 0]


def test_products() -> None:
    rng = np.random.default_rng(2)
    sizes = ((2, 2, 3), (2, 2, 2), 3, (3, 3))
    a, b, v, w = (rng.normal(size=s) for s in sizes)
    agree(of_products, (a, b, v, w), (0, 1, 2, 3))


def refused(x):
    print("called")
    return x * x


def test_a_refusal_is_remembered(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S2SAD_CACHE", "1")
    monkeypatch.setenv("S2SAD_CACHE_DIR", str(tmp_path))
    asked: list[str] = []
    compile_ = pipeline.compile
    monkeypatch.setattr(pipeline, "compile", lambda r, *a: asked.append(r.backend) or compile_(r, *a))

    def derived() -> str:
        d = s2sad.grad(refused, backend="auto")
        assert d(3.0) == 6.0
        return str(d.explain())

    first = derived()
    assert asked == ["numba", "numpy"] and "runs on NumPy, since line" in first
    assert derived() == first and asked == ["numba", "numpy"]  # as in another process
    (file,) = tmp_path.glob("*.refused")
    file.write_bytes(file.read_bytes()[:-1])  # what is not whole is not believed
    assert derived() == first and asked[2:] == ["numba"]


def of_an_empty_middle(x):
    e = np.zeros_like(x[2:-2])
    e += x[2:-2] ** 2
    return e.sum() + e @ e + x.sum()


def test_a_middle_that_one_element_does_not_have() -> None:
    for n in (1, 5, 3):
        x = np.linspace(0.5, 1.5, n)
        value, gradient = s2sad.value_and_grad(of_an_empty_middle, backend="numba")(x)
        want, plain = s2sad.value_and_grad(of_an_empty_middle)(x)
        assert value == pytest.approx(want) and np.allclose(gradient, plain)


def filled(x: Any, v: float) -> Any:
    return np.sum(np.full(3, v, dtype=int) * x)


def filled_like(x: Any, v: float) -> Any:
    return np.sum(np.full_like(np.arange(3), v) * x)


def filled_with_a_literal(x: Any, v: float) -> Any:
    return np.sum(np.full_like(np.arange(3), 2.7) * x)


@pytest.mark.parametrize("f", [filled, filled_like, filled_with_a_literal])
def test_whole_numbers_cut_off_what_is_behind_the_point(f: Any) -> None:
    x = np.array([1.0, 2.0, 4.0])
    try:
        value, (x_bar,) = s2sad.value_and_grad(f, argnums=(0,), backend="numba")(x, 1.7)
    except s2sad.UnsupportedError:
        return
    assert value == f(x, 1.7)
    np.testing.assert_array_equal(x_bar, f(np.ones(3) / 3.0, 1.7))
