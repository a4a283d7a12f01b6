"""Loops of a reverse sweep taken apart and turned round: random loops give the same numbers before and after."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2sad.backend.emit import emit_module
from s2sad.backend.numba.distribute import distribute
from s2sad.backend.numba.tidy import tidy
from s2sad.cache.programs import Request
from s2sad.ir.nodes import Function, replace
from s2sad.ir.types import INT, Affine, Array, Sym
from s2sad.pipeline import Compilation

SIZE = 9
OUTER = ["range(1, n - 1)", "range(n - 2, 0, -1)", "range(n - 1, -1, -1)", "range(n)"]
INNER = [*OUTER, "range(1, i + 1)", "range(i, 0, -1)", "range(n - 2, i - 1, -1)"]
PLACES = [
    "[i, j]", "[i, j + 1]", "[i, j - 1]", "[i + 1, j]", "[i - 1, j]", "[j, i]", "[0, j]", "[i, 0]", "[i, i]",
    "[i, n - 1 - j]", "[k, j]", "[i, k]", "[i, k + j]",
]  # fmt: skip


def body(rng: random.Random, places: list[str]) -> list[str]:
    arrays = rng.choice(["uv", "uvx", "uvxy", "u"])
    where = lambda: rng.choice(arrays) + rng.choice(places)  # noqa: E731
    lines = [f"t = {where()}"]
    if rng.random() < 0.5:  # a place that is cleared and gets back what it held, perhaps
        place = where()
        lines += [f"r = {place}", f"{place} = 0.0", *([f"{where()} += 0.5 * r"] * rng.randint(0, 2)), f"{place} += r"]
    for _ in range(rng.randint(1, 5)):
        r = rng.random()
        if r < 0.5:
            lines.append(f"{where()} {rng.choice(['+=', '-='])} {rng.choice(['t', f'0.5 * {where()}', '0.1 * t * t'])}")
        elif r < 0.65:
            lines.append(f"{where()} = {rng.choice(['0.0', 't', f'0.3 * {where()}'])}")
        elif r < 0.8:
            lines.append(f"t = 0.5 * {where()}")
        else:
            lines.append(f"s = s + 0.1 * {where()}")
    return lines


def program(seed: int) -> list[str]:
    rng = random.Random(seed)
    lines = ["def f(x, y, index, n):", "    u = np.zeros_like(x)", "    v = np.ones_like(x)", "    s = 0.5"]
    places = rng.choice([PLACES[:3], PLACES[:5], PLACES[:1], PLACES])
    for _ in range(2):
        outer = rng.choice(OUTER)
        lines.append(f"    for i in {outer}:")
        lines.append("        k = index[i]")
        for _ in range(rng.randint(1, 2)):
            lines.append(f"        for j in {rng.choice(INNER)}:")
            if rng.random() < 0.3:
                lines.append("            k = index[j]")
            lines += ["            " + line for line in body(rng, places)]
    return [*lines, "    return u, v, s"]


def typed(f: Any) -> Function:
    n = Affine(0, ((Sym("n"), 1),))
    square = Array("float64", (n, n))
    given = (("x", square), ("y", square), ("index", Array("int64", (n,))), ("n", INT))
    compilation = Compilation(Request(f, "value_and_grad", given, ("x",)))
    compilation.lower()
    fn = compilation.run_infer().fn
    assert fn is not None
    return replace(fn, adjoint=True)


def run(fn: Function) -> list[Any]:
    scope: dict[str, Any] = {}
    exec(emit_module([fn]).text, scope)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, SIZE + 2, SIZE + 2))
    index = rng.integers(0, 2, SIZE + 2)
    out = scope["f"](x, y, index, SIZE)
    return [*out, x, y]


@pytest.mark.parametrize("seed", range(120))
def test_random_loops(seed: int, tmp_path: Path) -> None:
    file = tmp_path / f"loops_{seed}.py"
    file.write_text("\n".join(["import numpy as np", *program(seed)]) + "\n")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fn = typed(module.f)
    new = distribute(fn)
    for a, b in zip(run(fn), run(new), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-9)


def test_a_stencil_is_taken_apart(tmp_path: Path) -> None:
    file = tmp_path / "stencil.py"
    file.write_text(
        "import numpy as np\n\ndef f(x, y, index, n):\n    u = np.zeros_like(x)\n    v = np.copy(x)\n"
        "    for i in range(n - 2, 0, -1):\n        for j in range(n - 2, 0, -1):\n            t = v[i, j]\n"
        "            v[i, j] = 0.0\n            u[i, j - 1] += t\n            u[i, j + 1] += 0.5 * t\n    return u\n"
    )
    spec = importlib.util.spec_from_file_location("stencil", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = emit_module([tidy(distribute(typed(module.f)))]).text
    assert text.count("for j in") == 3 and "-1)" not in text
