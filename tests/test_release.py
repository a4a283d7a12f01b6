"""``del`` in emitted code: only where it lowers the peak, and never of a name that is read or that is not bound."""

from __future__ import annotations

import re
import tracemalloc
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.backend import release, waiting
from s2sad.backend.emit import emit_module
from tests.ir_text import lower
from tests.oracles import close, leaves, numeric_gradient

N = 3000
RNG = np.random.default_rng(4)


def text_of(doc: str, args: list[Any]) -> str:
    text = emit_module([lower(doc, args)], comments=False, release=True).text
    return text[text.index("def ") :].strip()


SIZES = {release: [(5, 9), (5, 9)], waiting: [(5, 3), (3, 7), (7, 4), (4, 6), (5, 6)]}


@pytest.mark.parametrize("module", SIZES)
def test_the_docstring(module: Any) -> None:
    texts = re.findall(r"(?:^|\n)(    def f\(.*?)(?=\n\S|\Z)", module.__doc__ or "", re.S)[:2]
    before, after = (re.sub(r"^    ", "", t, flags=re.M).strip() for t in texts)
    assert text_of(before, [RNG.random(s) for s in SIZES[module]]) == after


def peak(fn: Any, *args: Any) -> float:
    """The most that a call allocates, in arrays of the size of the first argument."""
    fn(*args)
    tracemalloc.start()
    try:
        fn(*args)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        fn(*args)
        return (tracemalloc.get_traced_memory()[1] - before) / args[0].nbytes
    finally:
        tracemalloc.stop()


def chain(x, w):
    a = np.exp(x * w)
    b = np.sqrt(1.0 + a)
    c = np.cos(b) * w
    d = np.tanh(c) + b
    e = np.log(2.0 + d * d)
    f = np.sin(e) * x
    return np.sum(f)


def loops(x, w, n):
    a = np.exp(x)
    b = a + w
    for _ in range(n):
        c = np.sin(b)
        b = c + a
    d = b * w
    e = np.cos(d)
    for _ in range(n):
        c = e * d
        e = np.tanh(c)
    f = e * e
    g = np.exp(-f)
    return np.sum(g * f)


def branches(x, w, flag):
    a = np.exp(-x)
    if flag > 0:
        b = a * w
        c = np.sin(b)
    else:
        c = a
    d = np.cos(c) + x
    e = np.exp(-d * d)
    f = np.sqrt(1.0 + e)
    g = f * w
    return np.sum(g * np.tanh(f))


def views(x, w):
    a = np.exp(-x)
    head, tail = a[:-1], a[1:]
    b = head * tail
    c = np.sin(b) * w[1:]
    d = np.cos(c)
    e = d * d
    f = np.exp(-e)
    tail[0] = 2.0
    g = f * np.sqrt(1.0 + f)
    return np.sum(g) + a[1] * a[-1]


def layers(x, w, v, u):
    a = np.tanh(x @ w)
    b = np.tanh(a @ v)
    c = np.tanh(b @ u)
    return np.sum(c * c)


def layers_that_change(x, w, v, u):
    a = np.tanh(x @ w)
    b = np.tanh(a @ v)
    c = np.tanh(b @ u)
    r = np.sum(c * c)
    b[0] = 2.0  # the adjoint of u reads what it was
    a *= 0.5
    return r + np.sum(a[1] * a[1]) + np.sum(b @ u)


def kernel(x, w, b):
    size = x.shape[1] - w.shape[0] + 1
    out = np.zeros((x.shape[0], size, w.shape[2]))
    for i in range(len(w)):
        out += x[:, i : i + size] @ w[i]
    return np.mean(np.maximum(out + b, 0.0) ** 2)


def kernel_seen_by_others(x, w, b):
    out = x @ w
    low, high = out[:-1], [out]
    t = np.exp(out + b)
    low[0] = t[1] * 2.0
    return np.mean(np.sqrt(t + 1.0) ** 2) + np.sum(high[0] * out)


CASES = [
    (chain, ()), (loops, (0,)), (loops, (1,)), (loops, (3,)), (branches, (1,)), (branches, (-1,)), (views, ()),
]  # fmt: skip


@pytest.mark.parametrize(("fn", "rest"), CASES)
def test_gradients(fn: Any, rest: tuple[int, ...]) -> None:
    x, w = RNG.random(5), RNG.random(5)
    found = s2sad.grad(fn, argnums=(0, 1))(x, w, *rest)
    expected = numeric_gradient(fn, (x, w, *rest), {}, (0, 1), 1.0)
    assert not close(leaves(found), [g for part in expected for g in part], 1e-6)


MATRICES = [
    (layers, ((5, 3), (3, 7), (7, 4), (4, 6))), (layers_that_change, ((5, 3), (3, 7), (7, 4), (4, 6))),
    (kernel, ((4, 9, 2), (3, 2, 4), (4,))), (kernel_seen_by_others, ((6, 3), (3, 4), (4,))),
]  # fmt: skip


@pytest.mark.parametrize(("fn", "shapes"), MATRICES)
def test_gradients_of_matrices(fn: Any, shapes: tuple[tuple[int, ...], ...]) -> None:
    args = tuple(RNG.normal(size=s) for s in shapes)
    which = tuple(range(len(args)))
    value, found = s2sad.value_and_grad(fn, argnums=which)(*args)
    expected = [g for part in numeric_gradient(fn, args, {}, which, 1.0) for g in part]
    assert value == fn(*args)
    assert not close(leaves(found), expected, 1e-6)
    _, pullback = s2sad.vjp(fn, *args)
    for _ in range(2):
        assert not close(leaves(pullback(1.0)), expected, 1e-6)
    along = RNG.normal(size=shapes[1])
    x, w, *rest = args
    assert not close([s2sad.hvp(lambda w: fn(x, w, *rest), [w], [along])], [_slope(s2sad.grad(fn, argnums=1), args, along)], 1e-5)


def _slope(derivative: Any, args: tuple[Any, ...], along: Any) -> Any:
    x, w, *rest = args
    return (derivative(x, w + 1e-6 * along, *rest) - derivative(x, w - 1e-6 * along, *rest)) / 2e-6


def test_a_product_does_not_wait_for_the_result_while_it_holds_large_arrays() -> None:
    args = tuple(RNG.normal(size=s) for s in ((2000, 20), (20, 20), (20, 20), (20, 20)))
    derivative = s2sad.value_and_grad(layers, argnums=(0, 1, 2, 3))
    text = derivative.source_for(*args)
    assert re.search(r"\n    (\w+) = b\.T @ \w+.*\n    del .*\n.* @ v\.T .*\n    return .*, \1  #", text)
    assert peak(derivative, *args) < 6.3


def test_the_shape_that_counts_may_be_any() -> None:
    args = RNG.normal(size=(60, 50, 2)), RNG.normal(size=(3, 2, 40)), RNG.normal(size=40)
    derivative = s2sad.value_and_grad(kernel, argnums=(0, 1, 2))
    text = derivative.source_for(*args)
    assert re.search(r"(\w+) = out \+ b.*\n +np\.maximum\(\1, 0\.0, out=\1\)\n +del out\n", text)
    assert peak(derivative, *args) < 2.3 * 40 / 2


def test_the_peak_is_lower() -> None:
    derivative = s2sad.value_and_grad(chain, argnums=(0, 1))
    x, w = RNG.random(N), RNG.random(N)
    text = derivative.source_for(x, w)
    assert "del " in text
    without = {}
    exec(re.sub(r"\n *del .*", "", text), without)
    assert peak(derivative, x, w) < 0.9 * peak(without["chain_grad"], x, w)


def test_a_name_that_has_held_two_of_them_is_deleted_once() -> None:
    def eigen(x):
        w, v = np.linalg.eigh(x @ x.T)
        w[0] = 0.5
        w[1] *= 2
        return np.sum(((v * w) @ v.T) * x)

    x = RNG.random((3, 3)) + np.eye(3)
    found = s2sad.grad(eigen)(x)
    assert not close([found], numeric_gradient(eigen, (x,), {}, (0,), 1.0)[0], 1e-6)


def test_the_largest_statement_takes_the_memory_of_its_temporary() -> None:
    def net(w, c, v, x, y):
        h = np.maximum(x @ w + c, 0.0)
        z = h @ v + 0.5
        return np.mean(np.logaddexp(0.0, z) - y * z)

    sizes = (3, 7), (7,), (7, 1), (5, 3), (5, 1)
    args = tuple(RNG.normal(size=s) for s in sizes)
    derivative = s2sad.grad(net, argnums=(0, 1, 2))
    assert re.search(r"(\w+) = .* @ v\.T.*\n +\1 \*= h > 0\.0", derivative.source_for(*args))
    expected = numeric_gradient(net, args, {}, (0, 1, 2), 1.0)
    assert not close(leaves(derivative(*args)), [g for part in expected for g in part], 1e-6)


def test_numbers_and_few_arrays_are_left_alone() -> None:
    def numbers(a, b):
        c = a * b
        d = np.sin(c) + a
        e = np.exp(d) * c
        return d * e + np.cos(e)

    assert "del " not in s2sad.value_and_grad(numbers).source_for(1.0, 2.0)
    assert "del " not in s2sad.value_and_grad(lambda x: np.sum(np.sin(x) ** 2)).source_for(RNG.random(4))
