"""Functions that give their operand itself for some options alone, which are known when they run."""

from __future__ import annotations

import numpy as np
import pytest

import s2sad

WEIGHTS = np.array([[1.0, -2.0, 3.0], [4.0, 0.5, 6.0], [7.0, 8.0, 9.0]])
A = np.array([[0.3, -0.7, 0.2], [0.5, 0.1, -0.4], [0.9, 0.6, 0.8]])


def power(x: np.ndarray, n: int) -> float:
    z = x * 1.0
    y = np.linalg.matrix_power(z, n)
    z[0] = z[1] * 2.0
    w = np.linalg.matrix_power(z, 1)
    z[:, 1] *= 3.0
    return float(np.sum(y * WEIGHTS) + np.sum(w * w))


@pytest.mark.parametrize("n", [1, 2])
def test_the_first_power_of_a_matrix_is_the_matrix(n: int) -> None:
    """Which power it is shows when it runs, so the adjoints are found by memory."""
    h = 1e-6
    shifts = [h * e.reshape(3, 3) for e in np.eye(9)]
    want = np.reshape([(power(A + s, n) - power(A - s, n)) / (2 * h) for s in shifts], (3, 3))
    np.testing.assert_allclose(s2sad.grad(power)(A, n), want, rtol=1e-6, atol=1e-8)


def test_forward_mode_refuses_what_it_cannot_tell() -> None:
    with pytest.raises(s2sad.UnsupportedError, match="may give its operand itself"):
        s2sad.jvp(power, (A, 1), (A, 0))
