"""Branches in branches, in which arrays of all levels are read by index: the work of the derivative is not doubled by each."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.ad.reverse import Reverse


def nest(folder: Path, depth: int) -> Any:
    """``f(x, n)``: two arrays at each level, all read in the innermost branch."""
    lines = ["def f(x, n):", "    total = 0.0"]
    indent = "    "
    for k in range(depth):
        lines += [f"{indent}a{k} = x * {k + 1}.0", f"{indent}b{k} = x * x", f"{indent}if n > {k}:"]
        indent += "    "
    lines.append(f"{indent}total = total" + "".join(f" + a{k}[0] * b{k}[1]" for k in range(depth)))
    lines.append("    return total")
    path = folder / f"nest_of_{depth}.py"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module.f


def test_the_work_does_not_double_with_each_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S2SAD_CACHE", "0")
    counts: list[int] = []
    plain = Reverse.stmt

    def counted(self: Any, *args: Any) -> Any:
        counts[-1] += 1
        return plain(self, *args)

    monkeypatch.setattr(Reverse, "stmt", counted)
    x = np.array([0.3, 0.7])
    for depth in (4, 8):
        counts.append(0)
        f = nest(tmp_path, depth)
        got = s2sad.grad(f)(x, 99)
        h = 1e-6
        want = [(f(x + h * e, 99) - f(x - h * e, 99)) / (2 * h) for e in np.eye(2)]
        np.testing.assert_allclose(got, want, rtol=1e-6)
    assert counts[1] < 8 * counts[0]
