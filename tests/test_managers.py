"""Managers and handlers that do nothing but pass an exception on: ``with`` stays ``with``, the rest is gone."""

from __future__ import annotations

import importlib
import re
from typing import Any

import numpy as np
import pytest

import s2sad


class Log:
    def __init__(self, log: list[str]) -> None:
        self.log = log

    def __enter__(self) -> Log:
        self.log.append("in")
        return self

    def __exit__(self, *exc: Any) -> None:
        self.log.append("out")


class Failed(Exception):
    pass


def counted(x: float) -> float:
    log: list[str] = []
    with Log(log):
        y = np.sqrt(x)
    return y * len(log)


def told(x: float, log: list[str]) -> float:
    with Log(log):
        y = 1.0 / x
    return y


def carried(x: float) -> float:
    log: list[str] = []
    with Log(log):
        if x > 1.0:
            raise Failed(log)
    return x * len(log)


def counted_late(x: float) -> float:
    log: list[str] = []
    try:
        with Log(log):
            y = 1.0 / x
    except ZeroDivisionError:
        y = x * len(log)
    return y


def quiet(x: Any) -> Any:
    with np.errstate(divide="raise", invalid="ignore"):
        y = np.log(x)
        if np.any(x > 2.0):
            return np.sum(y)
    return np.sum(y * y)


def kept(x: Any) -> Any:
    state = np.errstate(over="ignore")
    with state as before:
        y = np.exp(x)
    return np.sum(y) if before is None else y[0]


def text(f: Any, *args: Any) -> str:
    return s2sad.source(f, *args, argnums=(0,))


def test_what_is_stored_on_the_way_out_of_the_function_is_not() -> None:
    source = text(counted, 4.0)
    assert "try" not in source
    value, slope = s2sad.value_and_grad(counted)(4.0)
    assert (value, slope) == (4.0, 0.5)


def test_what_others_see_is_stored() -> None:
    log: list[str] = []
    with pytest.raises(ZeroDivisionError):
        s2sad.grad(told)(0.0, log)
    assert log == ["in", "out"]
    with pytest.raises(Failed) as info:
        s2sad.grad(carried)(2.0)
    assert info.value.args[0] == ["in", "out"]
    assert s2sad.value_and_grad(counted_late)(0.0) == (0.0, 2.0)


def test_a_manager_is_a_with_statement() -> None:
    x = np.array([0.5, 1.5])
    for f in (quiet, kept):
        source = text(f, x)
        assert "with " in source
        assert "__exit__" not in source
    np.testing.assert_allclose(s2sad.grad(quiet)(x), 2.0 * np.log(x) / x)
    np.testing.assert_allclose(s2sad.grad(quiet)(x + 1.0), 1.0 / (x + 1.0))
    np.testing.assert_allclose(s2sad.grad(kept)(x), np.exp(x))
    with pytest.raises(FloatingPointError):
        s2sad.grad(quiet)(np.array([0.0, 1.0]))
    assert np.geterr()["divide"] == "warn"


def quotients(x: float, y: float, n: int) -> float:
    total = 0.0
    for i in range(n):
        total = total + x / (y + i)
        x = x / y
    return total


def test_quotients_of_pythons_numbers_have_no_guard() -> None:
    assert "rt." not in text(quotients, 1.0, 2.0, 3)
    assert " if " not in text(quotients, 1.0, 2.0, 3)
    assert "rt.safe_div" in text(quotients, np.float64(1.0), np.float64(2.0), 3) or " if " in text(
        quotients, np.float64(1.0), np.float64(2.0), 3
    )


def test_the_docstring_of_last_words() -> None:
    doc = importlib.import_module("s2sad.simplify.last_words").__doc__ or ""
    before, after = re.findall(r"(?:^|\n)(    def f\(.*?)(?=\n\S|\Z)", doc, re.S)[:2]
    texts = []
    for k, body in enumerate((before, after)):
        scope = _module(body, k)
        texts.append("\n".join(re.sub("#.*", "", line).rstrip() for line in text(scope["f"], 4.0).splitlines()[1:]))
        assert s2sad.value_and_grad(scope["f"])(4.0) == (4.0, 0.5)
    assert texts[0] == texts[1]


def _module(body: str, k: int) -> dict[str, Any]:
    """The names of a module with that text, which its functions can be read from."""
    import linecache
    import textwrap

    name = f"<last_words {k}>"
    source = "import numpy as np\n\n" + textwrap.dedent(body)
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    scope: dict[str, Any] = {"__name__": "last_words"}
    exec(compile(source, name, "exec"), scope)
    return scope
