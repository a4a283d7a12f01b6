"""Stores inside try: the pass that cuts the body, and what it must not take for undone."""

from __future__ import annotations

import importlib
import re
import textwrap
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.ad import attempts
from s2sad.backend.emit import emit_module
from s2sad.cache.programs import Request
from s2sad.ir.types import Array, Scalar
from s2sad.pipeline import Compilation


def test_docstring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [line.split("    def f(") for line in (attempts.__doc__ or "").splitlines()]
    start = next(k for k, c in enumerate(columns) if len(c) == 3)
    lines = (attempts.__doc__ or "").splitlines()[start:]
    lines = lines[: next(k for k, line in enumerate(lines) if not line.strip())]
    width = lines[0].index("def f(", 8)
    left, right = [x[: width - 1] for x in lines], [x[width:] for x in lines]
    before, after = textwrap.dedent("\n".join(left)), "\n".join(right)
    (tmp_path / "shown.py").write_text(before)
    monkeypatch.syspath_prepend(tmp_path)
    x, y = Scalar("float64"), Array("float64", (None,))
    compilation = Compilation(Request(importlib.import_module("shown").f, "vjp", (("x", x), ("y", y)), ("x", "y")))
    compilation.lower()
    fn = compilation.run_infer().fn
    assert fn is not None
    cut = attempts.cut_attempts(fn, tuple(p.var for p in fn.params))
    text = re.sub(r"\s*#.*", "", emit_module([cut]).text)
    assert text[text.index("def f(") :].split() == after.split()
    assert attempts.cut_attempts(cut, tuple(p.var for p in cut.params)) is cut


def overflowing(x: Any) -> Any:
    y = x * 1.0
    try:
        y[0] = y[1] * 2.0
        y *= 1e300
        y[2] = 3.0
    except (FloatingPointError, RuntimeWarning):
        y[0] = y[0] * 2.0
    return y[0]


def overflowing_at_the_end(x: Any) -> Any:
    y = x * 1.0
    try:
        y *= 1e300
    except Exception:
        y[0] = y[0] * 2.0
    return y[0]


@pytest.mark.parametrize("fn", [overflowing, overflowing_at_the_end])
def test_what_raises_after_it_has_stored_is_not_taken_for_undone(fn: Any) -> None:
    x = np.array([1.0, 1e200, 1.0])
    with np.errstate(all="raise"), pytest.raises(RuntimeError, match="has stored its result"):
        s2sad.grad(fn)(x)
    with warnings.catch_warnings(), pytest.raises(RuntimeError, match="has stored its result"):
        warnings.simplefilter("error")
        s2sad.grad(fn)(x)


def failing(x: Any, k: int) -> Any:
    y = x * 1.0
    try:
        y[0] = y[1] * 2.0
        y[k] = y[0]
        y[1] = 0.0
    except IndexError:
        print(f"for {k}")
        raise
    except KeyError:
        y[1] = 7.0
    return np.sum(y)


def test_the_exception_is_the_users() -> None:
    with pytest.raises(IndexError) as plain:
        failing(np.ones(3), 5)
    with pytest.raises(IndexError) as derived:
        s2sad.vjp(failing, np.ones(3), 5)
    assert str(plain.value) == str(derived.value)
    assert derived.value.__context__ is None and derived.value.__cause__ is None


def half_assigned(x: Any) -> Any:
    y = x
    for k in range(4):
        try:
            t = x * k
            y = y * [1.0, 2.0][k]
        except IndexError:
            y = y + t
    return y


def test_a_name_that_only_an_earlier_iteration_assigns() -> None:
    with pytest.raises(s2sad.UnsupportedError, match="S2S009"):
        s2sad.grad(half_assigned)(0.5)


def raised_again(x: Any, k: int) -> Any:
    y = z = x
    try:
        y = [x, 2.0 * x][k] ** 2
        z = 1.0 / (x - 1.0)
    except IndexError:
        raise KeyError(k) from None
    except ZeroDivisionError:
        z = x
        if x > 0.0:
            raise
    return y * z


def always_raised_again(x: Any, k: int) -> Any:
    try:
        y = [x, 2.0 * x][k] ** 2
    except IndexError:
        raise KeyError(k) from None
    except ZeroDivisionError:
        print("never")
        raise
    finally:
        y_after = x * 3.0
    return y * y_after


@pytest.mark.parametrize("fn", [raised_again, always_raised_again])
def test_the_path_is_known_where_every_handler_raises(fn: Any) -> None:
    text = s2sad.source(fn, 0.5, 1)
    assert ("path" in text) == (fn is raised_again)
    want = (fn(0.5 + 1e-6, 1) - fn(0.5 - 1e-6, 1)) / 2e-6
    assert s2sad.grad(fn)(0.5, 1) == pytest.approx(want, rel=1e-8)
    assert s2sad.vjp(fn, 0.5, 1)[1](1.0)[0] == pytest.approx(want, rel=1e-8)
    with pytest.raises(KeyError):
        s2sad.grad(fn)(0.5, 2)
