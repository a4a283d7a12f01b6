"""Loops that add to neighbouring elements, as one: random loops give the same numbers before and after, whatever the sizes."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2sad.backend.emit import emit_module
from s2sad.backend.numba.neighbours import neighbours
from s2sad.backend.numba.tidy import tidy
from s2sad.cache.programs import Request
from s2sad.ir.nodes import Function, replace
from s2sad.ir.types import INT, Affine, Array, Sym
from s2sad.pipeline import Compilation

PLACES = ["i", "i + 1", "i + 2", "i + 3", "i + 9", "2 * i", "i + k", "k"]
RANGES = ["range(n)", "range(n)", "range(1, n - 1)", "range(n - 2)", "range(n - 1, -1, -1)", "range(0, n, 2)"]
VALUES = ["x[i]", "0.5 * x[i + 1]", "y[i] * x[i]", "0.1", "u[i]", "v[i + 1]", "s", "np.sin(x[i])"]


def program(seed: int) -> list[str]:
    rng = random.Random(seed)
    lines = ["def f(x, y, n, k):", "    u = np.zeros(3 * n + 12)", "    v = np.ones(3 * n + 12)", "    s = 0.5"]
    for _ in range(2):
        over = rng.choice(RANGES)
        place = PLACES[:4] if rng.random() < 0.7 else PLACES
        value = VALUES[:4] if rng.random() < 0.7 else VALUES
        array = rng.choice(["u", "v"])
        for _ in range(rng.randint(2, 4)):
            over = over if rng.random() < 0.9 else rng.choice(RANGES)
            array = array if rng.random() < 0.9 else rng.choice(["u", "v"])
            if rng.random() < 0.2:
                lines.append(f"    s = {rng.choice(['0.3', 's * 0.5', 'u[2]'])}")
            lines.append(f"    for i in {over}:")
            if rng.random() < 0.2:
                lines.append(f"        {rng.choice('uv')}[i + 1] = 0.25")
            lines.append(f"        {array}[{rng.choice(place)}] {rng.choice(['+=', '+=', '-=', '*='])} {rng.choice(value)}")
    return [*lines, "    return u, v, s"]


def typed(f: Any) -> Function:
    vector = Array("float64", (Affine(0, ((Sym("m"), 1),)),))
    compilation = Compilation(Request(f, "value_and_grad", (("x", vector), ("y", vector), ("n", INT), ("k", INT)), ("x",)))
    compilation.lower()
    fn = compilation.run_infer().fn
    assert fn is not None
    return replace(fn, adjoint=True)


def run(fn: Function, n: int) -> list[Any]:
    scope: dict[str, Any] = {}
    exec(emit_module([fn]).text, scope)
    rng = np.random.default_rng(n)
    return list(scope["f"](rng.normal(size=n + 3), rng.normal(size=n + 3), n, 2))


def made(lines: list[str], folder: Path, name: str) -> tuple[Function, Function]:
    file = folder / f"{name}.py"
    file.write_text("\n".join(["import numpy as np", "", "", *lines, ""]))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fn = typed(module.f)
    return fn, tidy(neighbours(fn))


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_random_loops(first: int, tmp_path: Path) -> None:
    changed = 0
    for seed in range(first, first + 20):
        fn, new = made(program(seed), tmp_path, f"neighbours_{seed}")
        changed += "n - 1)" in emit_module([new]).text or "max(" in emit_module([new]).text
        for n in (0, 1, 2, 3, 4, 7, 30):
            for before, after in zip(run(fn, n), run(new, n), strict=True):
                np.testing.assert_allclose(after, before, rtol=1e-13, atol=1e-14, err_msg=f"{seed} {n}")
    assert changed


def test_what_the_docstring_shows(tmp_path: Path) -> None:
    lines = [
        "def f(x, y, n, k):", "    u = np.zeros(n + 2)", "    for i in range(n):", "        u[i + 2] += x[i]",
        "    for i in range(n):", "        u[i] += 0.5 * x[i]", "    return u, u, 0.0",
    ]  # fmt: skip
    _, new = made(lines, tmp_path, "shown")
    text = emit_module([new]).text
    for part in ("for i in range(min(2, n)):", "for i in range(n - 2):", "for i in range(max(n - 2, 0), n):"):
        assert part in text, text
