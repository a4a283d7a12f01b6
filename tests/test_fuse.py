"""Loop nests put together: random programs give the same numbers before and after, to the bit where the order matters."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import numpy as np
import pytest

from s2sad.backend.emit import emit_module
from s2sad.backend.numba.distribute import distribute
from s2sad.backend.numba.fuse import fused
from s2sad.backend.numba.rows import shared_rows
from s2sad.backend.numba.tidy import tidy
from s2sad.ir.nodes import Function, replace
from tests.test_distribute import program, run, typed

HEADS = [("range(1, n - 1)", "range(1, n - 1)"), ("range(n)", "range(n)"), ("range(1, n)", "range(n - 2, 0, -1)")]
ROWS = ["range(1, n - 1)", "range(n)"]
AT = ["[i, j]"] * 3 + ["[i, j + 1]", "[i, j - 1]", "[i + 1, j]", "[i - 1, j]", "[j, i]", "[0, j]", "[i, i]", "[j, j]"]
IN_ROW = ["[0, i]", "[1, i]", "[i, 0]", "[i, 1]", "[i, n - 1]", "[i, i]", "[i, k]", "[k, i]"]


def nest_of(rng: random.Random, arrays: list[str]) -> list[str]:
    """A small nest."""
    flat = rng.random() < 0.25
    places = IN_ROW if flat else AT
    where = lambda: rng.choice(arrays) + rng.choice(places)  # noqa: E731
    lines = [f"for i in {rng.choice(ROWS)}:"] if flat else []
    if not flat:
        rows, columns = rng.choice(HEADS)
        lines = [f"for i in {rows}:", f"    for j in {columns}:"]
        if rng.random() < 0.3:
            lines.insert(1, "    q = i + 1")
            places = [*AT, "[q, j]", "[q, j]"]
    inner = "    " if flat else "        "
    for _ in range(rng.randint(1, 2)):
        value = rng.choice([f"0.5 * {where()}", f"{where()} - s", f"y[i, 1] * {where()}", "0.25"])
        kind = rng.random()
        if kind < 0.45:
            lines.append(f"{inner}{where()} = {value}")
        elif kind < 0.8:
            lines.append(f"{inner}{where()} {rng.choice(['+=', '-=', '+='])} {value}")
        elif kind < 0.9:
            lines += [f"{inner}b = {where()}", f"{inner}{where()} = 0.5 if b > 0.2 else {value}"]
        else:
            lines += [f"{inner}b = {where()}", f"{inner}{where()} = b * s", f"{inner}{where()} += b"]
    return lines


def many(seed: int) -> list[str]:
    """Nests one after the other, numbers and tests between them, some in a loop."""
    rng = random.Random(seed)
    arrays = rng.choice([["u", "v", "w"], ["u", "v", "w", "x"], ["u", "t"], ["t", "r", "v"]])
    lines = ["def f(x, y, index, n):", "    u = np.zeros_like(x)", "    v = np.ones_like(x)", "    w = x * 0.5"]
    lines += ["    s = 0.5", "    k = index[0]", "    t = np.zeros((n + 2, n + 2))", "    r = np.zeros((n + 2, n + 2))"]
    looped = rng.random() < 0.4
    pad = "        " if looped else "    "
    if looped:
        lines.append("    for step in range(2):")
    for _ in range(rng.randint(2, 9)):
        lines += [pad + line for line in nest_of(rng, arrays)]
        between = rng.random()
        if between < 0.15:
            lines.append(f"{pad}s = 0.5 * s + {rng.choice(['0.1', 'v[1, 2]', 'u[2, 2]', 'r[3, 1]'])}")
        elif between < 0.25:
            lines.append(f"{pad}{rng.choice('uvt')}[2, 2] = s")
        elif between < 0.35:
            lines += [f"{pad}if s > 1e6:", f"{pad}    raise ValueError('large')"]
        elif between < 0.45:
            lines += [f"{pad}t = np.zeros((n + 2, n + 2))"]
    return [*lines, f"    return u, v, {rng.choice(['w', 'r'])}, s"]


def made(lines: list[str], folder: Path) -> Function:
    file = folder / "nests.py"
    file.write_text("\n".join(["import numpy as np", *lines]) + "\n")
    spec = importlib.util.spec_from_file_location(f"nests_{abs(hash(tuple(lines)))}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return typed(module.f)


@pytest.mark.parametrize("seed", range(150))
def test_random_nests_keep_every_bit(seed: int, tmp_path: Path) -> None:
    fn = replace(made(many(seed), tmp_path), adjoint=False)
    for a, b in zip(run(fn), run(fused(fn)), strict=True):
        np.testing.assert_array_equal(b, a)


@pytest.mark.parametrize("seed", range(150, 250))
def test_random_nests_of_a_reverse_sweep(seed: int, tmp_path: Path) -> None:
    fn = made(many(seed), tmp_path)
    for a, b in zip(run(fn), run(fused(fn)), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_loops_that_were_taken_apart(seed: int, tmp_path: Path) -> None:
    fn = made(program(seed), tmp_path)
    for a, b in zip(run(fn), run(fused(distribute(fn))), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(250, 350))
def test_random_nests_over_shared_rows(seed: int, tmp_path: Path) -> None:
    fn = made(many(seed), tmp_path)
    forward = replace(fn, adjoint=False)
    wanted = run(fn)
    for new in (shared_rows(forward), shared_rows(fused(forward))):
        for a, b in zip(wanted, run(new), strict=True):
            np.testing.assert_array_equal(b, a)
    for new in (shared_rows(fn), shared_rows(fused(fn))):
        for a, b in zip(wanted, run(new), strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "adjoint", "loops"),
    [
        ("u[i, j] = x[i, j]", "v[i, j] = u[i, j - 1]", False, 1),
        ("u[i, j] = x[i, j]", "v[i, j] = u[i - 1, j]", False, 2),  # another row's
        ("u[i, j] += x[i, j]", "u[i + 1, j] += x[i, j]", True, 1),
        ("u[i, j] += x[i, j]", "u[i + 1, j] += x[i, j]", False, 2),  # another rounding
        ("u[i, j] += x[i, j]", "u[i + 1, j] = x[i, j]", True, 2),
        ("u[i, j] = x[i, j]", "v[j, i] = u[j, i]", False, 2),
    ],
)
def test_rows_are_shared_where_no_row_meets_another(
    first: str, second: str, adjoint: bool, loops: int, tmp_path: Path
) -> None:
    body = [*nest(first).splitlines(), *nest(second).splitlines()]
    lines = ["def f(x, y, index, n):", "    u = np.zeros_like(x)", "    v = np.ones_like(x)", *("    " + x for x in body)]
    fn = replace(made([*lines, "    return u, v"], tmp_path), adjoint=adjoint)
    text = emit_module([tidy(shared_rows(fn))]).text
    assert (text.count("for i in"), text.count("for j in")) == (loops, 2)


def count(body: str, folder: Path, *, adjoint: bool = False) -> tuple[int, str]:
    lines = ["def f(x, y, index, n):", "    u = np.zeros_like(x)", "    v = np.ones_like(x)"]
    lines += ["    " + line for line in body.strip().splitlines()]
    fn = replace(made([*lines, "    return u, v"], folder), adjoint=adjoint)
    text = emit_module([tidy(fused(fn))]).text
    return text.count("for i in"), text


def nest(statement: str) -> str:
    return f"for i in range(1, n - 1):\n    for j in range(1, n - 1):\n        {statement}\n"


def test_a_temporary_between_two_nests_is_gone(tmp_path: Path) -> None:
    body = "t = np.zeros((n, n))\n" + nest("t[i, j] = 2.0 * x[i, j]") + nest("u[i, j] = t[i, j] + 1.0")
    loops, text = count(body, tmp_path)
    assert loops == 1 and "t = np" not in text


@pytest.mark.parametrize(
    ("first", "second", "adjoint", "loops"),
    [
        ("u[i, j] = x[i, j]", "v[i, j] = u[i, j]", False, 1),
        ("u[i, j] = x[i, j]", "v[i, j] = u[i, j + 1]", False, 2),  # the next iteration's
        ("u[i, j] = x[i, j]", "v[i, j] = u[i, j - 1]", False, 2),
        ("v[i, j] = u[i + 1, j]", "u[i, j] = x[i, j]", False, 2),
        ("u[i, j] += x[i, j]", "u[i + 1, j] += x[i, j]", True, 2),  # another rounding, and no vectors
        ("u[i, j] = x[i, j]", "u[i + 1, j] += x[i, j]", True, 2),
        ("u[i, j] = x[i, j]", "v[j, i] = u[j, i]", False, 2),
        ("u[0, j] += x[i, j]", "v[i, j] = u[0, j]", False, 2),
        ("u[i, j] = x[i, j]", "v[i, j] = u[index[i], j]", False, 2),
    ],
)
def test_what_meets_in_other_iterations_stays_apart(first: str, second: str, adjoint: bool, loops: int, tmp_path: Path) -> None:
    assert count(nest(first) + nest(second), tmp_path, adjoint=adjoint)[0] == loops


def test_a_test_moves_along_with_what_it_guards(tmp_path: Path) -> None:
    body = nest("u[i, j] = x[i, j]") + "if n > 100:\n    raise IndexError('far')\n" + nest("v[i, j] = u[i, j] * x[i, j]")
    loops, text = count(body, tmp_path)
    assert loops == 1 and text.index("raise") < text.index("for i")


def test_a_number_that_is_read_between_is_not_overtaken(tmp_path: Path) -> None:
    body = nest("u[i, j] = x[i, j]") + "s = v[2, 2]\n" + nest("v[i, j] = s * x[i, j]")
    assert count(body, tmp_path)[0] == 2

