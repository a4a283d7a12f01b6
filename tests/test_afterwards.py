"""What comes after a loop of the reverse sweep, and what stays in it; and that sizes of nothing are no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from tests.oracles import close, leaves, numeric_gradient
from tests.programs import sweeps


def in_loops(fn: Any, *args: Any) -> list[str]:
    """The lines of the reverse sweep that stand in loops."""
    text = s2sad.value_and_grad(fn, argnums=0).source_for(*args)
    lines = text[text.index("# reverse sweep") :].splitlines()
    return [line.strip() for line in lines if line.startswith("        ")]


def test_sums_of_columns_come_after_their_loop() -> None:
    inside = in_loops(sweeps.columns_by_recurrence, np.ones((5, 5)), 0.3)
    assert [line.split("[")[0] for line in inside if "+=" in line or "-=" in line] == ["u_bar", "q_bar"]


def test_a_loop_of_sums_alone_is_gone() -> None:
    assert in_loops(sweeps.element_by_element, np.ones(5), np.ones(5)) == []


@pytest.mark.parametrize("fn", [sweeps.places_that_two_iterations_share, sweeps.indices_from_the_end])
def test_places_that_come_again_stay(fn: Any) -> None:
    assert any("x_bar" in line for line in in_loops(fn, np.ones(5), np.ones(5)))


@pytest.mark.parametrize("n", [0, 2, 3, 4, 6, 7])
@pytest.mark.parametrize("k", [0, 1])
def test_a_loop_that_does_not_run_adds_nothing(n: int, k: int) -> None:
    derivative = s2sad.grad(sweeps.stops_below_zero)
    derivative(np.ones((8, 8)), k)
    x = np.random.default_rng(n).normal(size=(n, n))
    wanted = numeric_gradient(sweeps.stops_below_zero, [x, k], {}, [0], 1.0)[0]
    assert not close(leaves(derivative(x, k)), wanted, 1e-6)


def test_a_buffer_of_own_places_is_no_array() -> None:
    text = s2sad.grad(sweeps.orthogonal_columns).source_for(np.ones((4, 3)))
    assert "ones_like" not in text
    assert "r_bar[" not in text


@pytest.mark.parametrize("fn", [sweeps.places_of_the_iteration_before, sweeps.a_view_that_is_changed])
def test_a_buffer_that_iterations_share_stays(fn: Any) -> None:
    assert "q_bar[" in s2sad.grad(fn).source_for(np.ones((3, 3)))
