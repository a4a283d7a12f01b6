"""What only the derivative can refuse is also raised at once, not one finding for each run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad


def two_attributes(x: Any) -> Any:
    y = x.copy()
    y[0] = y.ctypes.data * x[1]
    for i in range(2):
        y[i] = y.base * 3
    return np.sum(y)


def by_grad() -> None:
    s2sad.grad(two_attributes)(np.ones(4))


def by_vjp() -> None:
    s2sad.vjp(two_attributes, np.ones(4))


@pytest.mark.parametrize("derive", [by_grad, by_vjp])
def test_refusals_of_the_derivative_come_together_in_the_order_of_the_source(derive: Callable[[], None]) -> None:
    with pytest.raises(s2sad.UnsupportedError) as caught:
        derive()
    assert [(f.code, f.line.strip()) for f in caught.value.findings] == [
        ("S2S020", "y[0] = y.ctypes.data * x[1]"),
        ("S2S020", "y[i] = y.base * 3"),
    ]
