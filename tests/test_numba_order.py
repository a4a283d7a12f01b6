"""The order of loops, and how matrices lie: random sweeps give the same numbers to the bit, before and after."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

import s2sad
from s2sad.backend.emit import emit_module
from s2sad.backend.numba.interchange import interchanged
from s2sad.backend.numba.tidy import tidy
from s2sad.backend.numba.turned import turned
from tests.test_distribute import run
from tests.test_fuse import made

RANGES = ["range(1, n - 1)", "range(n - 2, 0, -1)", "range(1, n)", "range(2, n, 2)"]
OWN = ["[i, j]", "[i, j - 1]", "[i, j + 1]", "[j, i]", "[j - 1, i]", "[i, 0]", "[i, 2]"]
OTHERS = ["[i - 1, j]", "[i + 1, j]", "[0, j]", "[i, i]", "[j, j]", "[k, j]", "[i, j]", "[j, i - 1]"]
HEAD = ["[i, 0]", "[0, i]", "[i, n - 1]", "[i, 1]", "[i - 1, 0]"]


def sweeps(seed: int) -> list[str]:
    rng = random.Random(seed)
    strict = rng.random() < 0.7  # then most loops can be turned round
    lines = ["def f(x, y, index, n):", "    p = np.zeros((n + 2, n + 2))", "    q = np.ones((n + 2, n + 2))"]
    lines += ["    r = np.ones((n + 2, n + 2))", "    u = x.copy()", "    s = 0.5", "    k = 1"]
    for _ in range(rng.randint(1, 2)):
        axis = {a: rng.random() < 0.8 for a in "pqru"}  # whether i is the row

        def own(a: str) -> str:
            at = rng.choice(["[i, j]", "[i, j - 1]", "[i, j + 1]", "[i, j]"] if strict else OWN)
            return a + (at if axis[a] or not strict else "[" + ", ".join(at[1:-1].split(", ")[::-1]) + "]")  # noqa: B023

        def value(a: str) -> str:
            b = rng.choice([own(a), "x" + rng.choice(OTHERS), own(rng.choice("pqru")), "y[i, j]"])
            return rng.choice([f"0.5 * {own(a)} - 0.1 * {b}", f"{own(a)} / (2.0 + {b} * {b})", f"s * {b}", f"max({b}, {own(a)})"])

        lines.append(f"    for i in {rng.choice(RANGES[:3])}:")
        if rng.random() < 0.3:
            lines.append("        m = i - 1")
        for _ in range(rng.randint(1, 3)):
            if rng.random() < 0.5:
                a = rng.choice("pqru")
                at = rng.choice(HEAD if not strict else HEAD[:1] if axis[a] else HEAD[1:2])
                lines.append(f"        {a}{at} = {rng.choice(['1.0', 'y[i, 0]', f'{a}{at} * 0.5'])}")
            lines.append(f"        for j in {rng.choice(RANGES)}:")
            for _ in range(rng.randint(1, 2)):
                a = rng.choice("pqru")
                lines.append(f"            {own(a)} {rng.choice(['=', '=', '+='])} {value(a)}")
    return [*lines, f"    t = {rng.choice(['p', 'q'])}[2, 3]", f"    return {rng.choice(['r', 't'])}, u, t"]


def body(f: object) -> str:
    return emit_module([f]).text  # type: ignore[list-item]


@pytest.mark.parametrize("seed", range(200))
def test_random_sweeps_keep_every_bit(seed: int, tmp_path: Path) -> None:
    fn = made(sweeps(seed), tmp_path)
    want = run(fn)
    for change in (interchanged, turned, lambda f: tidy(turned(interchanged(f)))):
        for a, b in zip(want, run(change(fn)), strict=True):
            np.testing.assert_array_equal(b, a)


def test_many_of_them_are_changed(tmp_path: Path) -> None:
    programs = [made(sweeps(seed), tmp_path) for seed in range(60)]
    assert sum(body(interchanged(f)) != body(f) for f in programs) > 10
    assert sum(body(turned(f)) != body(f) for f in programs) > 10


SWEEP = """
def f(x, y, index, n):
    p = np.zeros((n, n))
    q = np.ones((n, n))
    v = np.ones(n)
    for i in range(1, n - 1):
        v[i] = 1.0
        for j in range(1, n - 1):
            {}
    s = v[0]
    for i in range(n):
        for j in range(n):
            s += p[i, j] * q[j, i]
    return s
"""


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("p[i, j] = 0.5 * p[i, j - 1] + q[i, j]", True),
        ("p[j, i] = 0.5 * p[j - 1, i] + q[i, j]", True),
        ("p[i, j] = 0.5 * p[i, j + 1] + q[i - 1, j]", True),
        ("p[i, j] = 0.5 * p[i - 1, j - 1]", False),  # the iteration of i before
        ("p[i, j] = 0.5 * p[j, i] + p[i, j - 1]", False),
        ("p[index[i], j] = 0.5 * p[index[i], j - 1]", False),  # two may be one
        ("p[i - 2, j] = 0.5 * p[i - 2, j - 1]", False),  # counts from the end where i is 1
        ("p[i, j] = 0.5 * q[i, j]", False),  # no recurrence
        ("p[i, 0] += q[i, j]", False),  # a sum stays in a register
        ("p[i, j] = n // j + p[i, j - 1]", False),  # what may raise does it in its turn
        ("y[i, j] = 0.5 * y[i, j - 1]", False),  # the caller's
        ("p[i, j] = 0.5 * p[i, j - 1] + x[i, j] * y[i, j]", False),  # those would be run through in strides
    ],
)
def test_what_is_turned_round(statement: str, changed: bool, tmp_path: Path) -> None:
    fn = made(SWEEP.format(statement).strip().splitlines(), tmp_path)
    assert (body(interchanged(fn)) != body(fn)) is changed


SUMS = """
def f(x, y, index, n):
    p = x.copy()
    q = y.copy()
    for i in range(1, n):
        for j in range(i, n):
            for k in range(i):
                {}
    s = 0.0
    for i in range(n):
        for j in range(n):
            s += p[i, j] * q[i, j]
    return s, n
"""


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("q[i, j] += p[i, k] * p[k, j]", True),
        ("p[i, j] -= p[i, k] * p[k, j]", True),
        ("p[i, j] -= p[k, j - 1]", True),  # from a row above
        ("p[i, j] -= p[i, k + 1]", False),  # k + 1 may be j
        ("p[i, j] -= p[i, j - 1] * p[k, j]", False),
        ("p[i, j] -= p[k - 1, j]", True),  # each in a column of its own
        ("p[i, j] -= p[i, k - 1]", False),  # counts from the end where k is 0
        ("p[i, j] -= p[j, index[k]]", False),
        ("q[i, j] += p[j, k]", False),  # that would be run through in strides
        ("q[k, j] += p[i, j] * p[i, k]", False),  # vectors already
    ],
)
def test_sums_that_are_turned_round(statement: str, changed: bool, tmp_path: Path) -> None:
    fn = made(SUMS.format(statement).strip().splitlines(), tmp_path)
    new = interchanged(fn)
    assert (body(new) != body(fn)) is changed
    for a, b in zip(run(fn), run(new), strict=True):
        np.testing.assert_array_equal(b, a)


pytest.importorskip("numba")


def solves(u, c):
    """A tridiagonal solve along each row."""
    n, m = u.shape
    p, q, v = np.zeros((n, m)), np.zeros((n, m)), np.zeros((n, m))
    for i in range(n):
        p[i, 0] = c
        q[i, 0] = u[i, 0]
        for j in range(1, m):
            w = 2.0 + c * p[i, j - 1]
            p[i, j] = -c / w
            q[i, j] = (np.sin(u[i, j]) - c * q[i, j - 1]) / w
        v[i, m - 1] = q[i, m - 1]
        for j in range(m - 2, -1, -1):
            v[i, j] = p[i, j] * v[i, j + 1] + q[i, j] * q[i, j]
    total = 0.0
    for i in range(n):
        for j in range(m):
            total += v[i, j] * v[i, j]
    return total


@pytest.mark.parametrize("mode", ["grad", "vjp", "jvp"])
def test_a_solve_along_rows(mode: str) -> None:
    rng = np.random.default_rng(3)
    u, c, d = rng.normal(size=(5, 7)), 0.4, rng.normal(size=(5, 7))
    plain = s2sad.grad(solves, argnums=(0, 1))(u, c)
    if mode == "jvp":
        value, along = s2sad.jvp(solves, (u, c), (d, 0.3), backend="numba")
        assert np.isclose(along, np.sum(plain[0] * d) + 0.3 * plain[1], rtol=1e-12)
        return
    if mode == "vjp":
        value, pullback = s2sad.vjp(solves, u, c, backend="numba")
        got = pullback(1.0)
    else:
        value, got = s2sad.value_and_grad(solves, argnums=(0, 1), backend="numba")(u, c)
    assert value == solves(u, c)
    for a, b in zip(got, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11)
    h = 1e-5
    np.testing.assert_allclose(got[1], (solves(u, c + h) - solves(u, c - h)) / (2.0 * h), rtol=1e-7)
    slope = (solves(u + h * d, c) - solves(u - h * d, c)) / (2.0 * h)
    np.testing.assert_allclose(np.sum(got[0] * d), slope, rtol=1e-7)


def test_sums_of_the_user_keep_their_order() -> None:
    """NumPy's have none, nor have adjoints; what a loop of the user's adds up is the same to the bit."""

    def both(x, y):
        total = 0.0
        for i in range(len(x)):
            total += np.sin(x[i]) * y[i]
        return total + 1e-9 * np.sum(x * y)

    rng = np.random.default_rng(11)
    x, y = rng.normal(size=1003), rng.normal(size=1003)
    derivative = s2sad.value_and_grad(both, argnums=(0, 1), backend="numba")
    value, (dx, dy) = derivative(x, y)
    text = derivative.source
    assert " = total + t" in text and "total_2 = plus(total_2, x[i] * y[i])" in text
    assert abs(value - both(x, y)) <= 1e-18 * 1003 + np.spacing(abs(value))
    np.testing.assert_allclose(dx, np.cos(x) * y + 1e-9 * y, rtol=1e-12)
    np.testing.assert_allclose(dy, np.sin(x) + 1e-9 * x, rtol=1e-12)
