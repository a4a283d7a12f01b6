"""Parts of arrays that later iterations leave alone: the arithmetic against counting, the gradients against differences."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.ad.memory import Memory
from s2sad.analysis.alias import alias
from s2sad.analysis.inequalities import ONE, Form, impossible
from s2sad.cache.programs import Request
from s2sad.ir.nodes import Let, Var, walk
from s2sad.ir.types import INT, Affine, Array, Sym
from s2sad.pipeline import Compilation
from tests import random_places
from tests.oracles import close, leaves, numeric_gradient


@pytest.mark.parametrize("seed", range(40))
def test_impossible_means_that_no_numbers_fulfil_it(seed: int) -> None:
    rng, found = random.Random(seed), 0
    for _ in range(60):
        system: list[Form] = [{v: 1, ONE: rng.randint(0, 2)} for v in "abc"]
        for _ in range(rng.randint(1, 5)):
            factors = {v: rng.choice([-2, -1, -1, 0, 1, 1, 2]) for v in "abc"}
            system.append({**{v: c for v, c in factors.items() if c}, ONE: rng.randint(-4, 2)})
        if impossible(system):
            found += 1
            for point in itertools.product(range(-2, 8), repeat=3):
                values = {**dict(zip("abc", point, strict=True)), ONE: 1}
                assert any(sum(c * values[v] for v, c in form.items()) < 0 for form in system)
    assert found


INDICES = ["i", "j", "k", "i + 1", "j - 1", "i - j", "k + j", "n - 1 - i", "0", "n - 1", "-1", "i - 1", "2 * j - i"]
SLICES = [":", "j:", ":i", "i + 1:", "1:-1", "i:j", "j + 1:n", "k - 1:"]
BOUNDS = [
    ["range(n)", "range(1, n)", "range(n - 1, -1, -1)", "reversed(range(n))", "range(0, n, 2)", "range(2)"],
    ["range(i)", "range(i, n)", "range(i + 1, n)", "range(i - 1, -1, -1)", "range(n)", "range(1, n - i)"],
    ["range(j)", "range(i, j)", "range(j, n)", "range(j - 1, 0, -1)", "range(2)"],
]


def nest(rng: random.Random) -> list[str]:
    """Loops with reads and stores at every depth; each stands on a line of its own."""
    lines = ["def f(y, n):", "    i = j = k = 1"]

    def access(depth: int) -> None:
        part = rng.choice(INDICES) if rng.random() < 0.7 else rng.choice(SLICES)
        place = f"y[{rng.choice(INDICES)}, {part}]"
        lines.append("    " * depth + (f"read = {place}" if rng.random() < 0.5 else f"{place} = 2.0"))

    def level(depth: int) -> None:
        for _ in range(rng.randint(0, 2)):
            access(depth)
        if depth <= 3 and (depth == 1 or rng.random() < 0.8):
            lines.append("    " * depth + f"for {'ijk'[depth - 1]} in {rng.choice(BOUNDS[depth - 1])}:")
            access(depth + 1)
            level(depth + 1)
            for _ in range(rng.randint(0, 2)):
                access(depth)

    level(1)
    return [*lines, "    return y"]


class Watched:
    """A matrix that writes down which of its places are read and stored into, and on which line."""

    def __init__(self, n: int) -> None:
        self.places = np.arange(n * n).reshape(n, n)
        self.events: list[tuple[int, bool, set[int]]] = []

    def note(self, index: Any, store: bool) -> None:
        line = sys._getframe(2).f_lineno
        self.events.append((line, store, set(np.ravel(self.places[index]).tolist())))

    def __getitem__(self, index: Any) -> float:
        self.note(index, False)
        return 1.0

    def __setitem__(self, index: Any, value: float) -> None:
        self.note(index, True)


@pytest.mark.parametrize("seed", range(150))
def test_a_final_place_is_never_stored_into_again(seed: int, tmp_path: Path) -> None:
    """What the analysis says of every read, against what happens when the loops run."""
    lines = nest(random.Random(seed))
    file = tmp_path / f"nest_{seed}.py"
    file.write_text("\n".join(lines) + "\n")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    n = Affine(0, ((Sym("n"), 1),))
    compilation = Compilation(Request(module.f, "value_and_grad", (("y", Array("float64", (n, n))), ("n", INT)), ("y",)))
    compilation.lower()
    fn = compilation.run_infer().fn
    assert fn is not None
    memory = Memory(fn, alias(fn))
    final = {
        s.loc.line for s in walk(fn.body)
        if isinstance(s, Let) and s.op == "getitem" and isinstance(s.args[0], Var) and isinstance(s.args[0].type, Array)
        and not memory.read_is_overwritten(s)
    }  # fmt: skip
    for size in (1, 2, 5):
        watched = Watched(size)
        with contextlib.suppress(IndexError):
            module.f(watched, size)
        for at, (line, store, places) in enumerate(watched.events):
            if line in final and not store:
                assert not any(s and places & p for _, s, p in watched.events[at + 1 :]), (lines, line, size)


def columns(a: Any) -> Any:
    a = a.copy()
    for k in range(len(a) - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return np.sum(np.sin(a))


def cholesky(a: Any) -> Any:
    a = a.copy()
    for k in range(len(a)):
        a[k, k] = np.sqrt(a[k, k])
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k + 1 :, k])
    return np.sum(np.tril(a))


def back_substitution(a: Any, b: Any) -> Any:
    x = b.copy()
    for k in range(len(a) - 1, -1, -1):
        x[k] /= a[k, k]
        x[:k] -= x[k] * a[:k, k] * np.cos(x[:k])
    return np.sum(x * x)


def one_behind(x: Any) -> Any:
    """The next iteration overwrites what this one read."""
    y = x.copy()
    for k in range(1, len(x)):
        y[k:] *= np.sin(y[k - 1])
        y[k - 1] = y[k] * y[k]
    return np.sum(y * y)


def from_the_end(x: Any) -> Any:
    """``k - 1`` is -1 at first: the last place, which later iterations store into."""
    y = x.copy()
    for k in range(len(x)):
        v = y[k - 1 : k + 1]
        y[k] = y[k] + np.sum(v * v) + y[k - 1] * y[k - 1]
    return np.sum(y)


def twice_over(x: Any) -> Any:
    """The outer loop comes back to each place."""
    y = x.copy()
    for _ in range(2):
        for k in range(len(x) - 1):
            y[k] *= 0.5 * y[k + 1]
            y[k + 1 :] += 0.1 * np.sin(y[k + 1 :]) * y[k]
    return np.sum(y)


def afterwards(x: Any) -> Any:
    y = x.copy()
    for k in range(len(x) - 1):
        y[k + 1 :] += y[k] * y[k] * np.exp(-y[k:-1])
    y[0] = 3.0 * y[1]
    y *= 2.0
    return np.sum(y * y)


def another_name(x: Any) -> Any:
    y = x.copy()
    z = y[:]
    for k in range(len(x) - 1):
        t = y[k : k + 1]
        z[0] = z[0] * 1.5 + np.sum(t * t)
        y[k + 1] += y[k]
    return np.sum(y * y)


def new_in_each(x: Any) -> Any:
    total = 0.0
    y = x.copy()
    for k in range(1, len(x)):
        y = y * x[k]
        y[k] = y[k - 1] * y[k]
        total = total + np.sum(y[:k] * y[:k])
    return total


def steps_and_breaks(x: Any) -> Any:
    y = x.copy()
    for k in range(0, len(x) - 1, 2):
        y[k] = y[k] * y[k + 1]
        y[k + 1] = np.sin(y[k]) * y[k + 1]
        if k > 2:
            break
    return np.sum(y * y)


def repeated_places(x: Any) -> Any:
    """What is stored twice at one place is not what was computed."""
    y = np.zeros(3)
    t = np.sin(x)
    y[[0, 1, 1, 2, 0, 2]] = t
    return np.sum(t * t * t) + np.sum(y)


def changed_after_it_was_stored(x: Any) -> Any:
    y = np.zeros((3, len(x)))
    total = 0.0
    for k in range(3):
        t = np.sin(x * (k + 1.0))
        y[k] = t
        t *= 2.0
        total = total + np.sum(t * t * t)
    return total + np.sum(y)


def through_two_stores(x: Any) -> Any:
    """What is read back is needed to find what is read back."""
    y = np.zeros((2, len(x), len(x)))
    for k in range(len(x)):
        t = np.sin(x)
        u = t[1:] * t[1:]
        j = k + 0
        y[0, k] = t
        y[1, j, 1:] = u
        x = x * np.exp(-t) * np.sum(u * u * u)
    return np.sum(y) + np.sum(x)


RNG = np.random.default_rng(5)
SQUARE = RNG.uniform(0.5, 1.0, (4, 4)) + 3.0 * np.eye(4)
VECTOR = RNG.uniform(0.5, 1.0, 6)
PROGRAMS = [
    (columns, (SQUARE,)), (back_substitution, (SQUARE, VECTOR[:4])), (one_behind, (VECTOR,)), (from_the_end, (VECTOR,)),
    (twice_over, (VECTOR,)), (afterwards, (VECTOR,)), (another_name, (VECTOR,)), (new_in_each, (VECTOR,)),
    (steps_and_breaks, (VECTOR,)), (cholesky, (SQUARE,)),
    (repeated_places, (VECTOR,)), (changed_after_it_was_stored, (VECTOR,)), (through_two_stores, (VECTOR[:4],)),
]  # fmt: skip


@pytest.mark.parametrize(("program", "args"), PROGRAMS, ids=[p[0].__name__ for p in PROGRAMS])
def test_what_is_read_again_is_what_was_read(program: Any, args: Any) -> None:
    numbers = tuple(range(len(args)))
    want = [x for of_one in numeric_gradient(program, args, {}, numbers, 1.0) for x in of_one]
    assert not close(leaves(s2sad.grad(program, argnums=numbers)(*args)), want, 1e-6)
    value, pullback = s2sad.vjp(program, *args)
    assert value == program(*args)
    assert not close(leaves(pullback(1.0)), want, 1e-6)


def rounded(x: Any) -> Any:
    """What is stored is not what was computed: it is kept in half the precision."""
    y = np.zeros(len(x), np.float32)
    total = 0.0
    for k in range(len(x)):
        t = np.sin(x[k])
        y[k] = t
        total = total + t * t * t
    return total + np.sum(y)


@pytest.mark.parametrize("program", [columns, cholesky])
def test_final_columns_are_not_recorded(program: Any) -> None:
    derivative = s2sad.grad(program)
    derivative(SQUARE)
    assert "tape" not in derivative.source


def test_a_value_is_read_back_only_where_it_was_stored_as_it_is() -> None:
    derivative = s2sad.grad(rounded)
    got = derivative(VECTOR)
    assert np.allclose(got, 3.0 * np.sin(VECTOR) ** 2 * np.cos(VECTOR) + np.cos(VECTOR), rtol=1e-7)
    assert "tape" in derivative.source


def test_the_pullback_does_not_see_what_the_caller_does_to_the_result() -> None:
    def factor(a: Any) -> Any:
        a = a.copy()
        for k in range(len(a) - 1):
            a[k + 1 :, k] /= a[k, k]
            a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
        return a

    seed = RNG.normal(size=(4, 4))
    want = s2sad.vjp(factor, SQUARE)[1](seed)[0]
    value, pullback = s2sad.vjp(factor, SQUARE)
    value[...] = 0.0
    assert np.array_equal(pullback(seed)[0], want)

    def changed(a: Any) -> Any:
        f = factor(a)
        total = np.sum(f * seed)
        f[...] = 0.0
        return total

    assert np.allclose(s2sad.grad(changed)(SQUARE), want, rtol=1e-13)


@pytest.mark.parametrize("seed", range(30))
def test_random_loops_over_places(seed: int, tmp_path: Path) -> None:
    file = tmp_path / f"places_{seed}.py"
    file.write_text(random_places.program(seed))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    x = np.random.default_rng(seed).uniform(0.2, 1.0, (5, 5))
    try:
        plain = module.f(x)
    except ValueError:
        pytest.skip("the program itself fails: a part of another length")
    value, gradient = s2sad.value_and_grad(module.f)(x)
    assert value == plain
    want = numeric_gradient(module.f, (x,), {}, (0,), 1.0)[0]
    assert not close(leaves(gradient), want, 1e-5), file.read_text()
    assert not close(leaves(s2sad.vjp(module.f, x)[1](1.0)), want, 1e-5), file.read_text()
