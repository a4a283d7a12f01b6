"""Loops without a test of their own, in machine code: Numba joins their values wrongly unless they have one."""

from __future__ import annotations

import ast
import re
import textwrap
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.backend.numba import endless
from tests import oracles


def test_the_docstring() -> None:
    before, after = re.findall(r"\*\w+\*::\n\n(.*?)(?=\n\n\S)", endless.__doc__ or "", re.S)
    tree = ast.parse(textwrap.dedent(before))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    endless.with_tests(function)
    assert ast.unparse(tree) == textwrap.dedent(after).strip()


def counted(x: float) -> float:
    n = 0
    while True:
        x = x * 1.3
        if x > 2:
            n = n + 1
            break
        n = n + 1
    return x * n


def returned(x: float) -> float:
    total = 0.0
    while True:
        x = x * 1.3
        if x > 2:
            total = total + x * x
            return total
        total = total + np.sin(x)


def nested(x: float) -> float:
    total = 0.0
    for k in range(3):
        y = x + k
        while True:
            y = y * 1.5
            if y > 4:
                total = total + y
                break
            total = total + y * x
    return total


@pytest.mark.parametrize("f", [counted, returned, nested])
def test_values_and_gradients(f: Any) -> None:
    pytest.importorskip("numba")
    value, gradient = s2sad.value_and_grad(f, backend="numba")(0.8)
    assert np.isclose(value, f(0.8), rtol=1e-14)
    np.testing.assert_allclose(gradient, oracles.numeric_gradient(f, (0.8,), {}, (0,), 1.0)[0][0], rtol=1e-7)
