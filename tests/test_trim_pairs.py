"""Residuals that the adjoint half does not read are not kept."""

from __future__ import annotations

import numpy as np

import s2sad
from s2sad.analysis.typeof import Namer, type_of
from s2sad.pipeline import Request, compile


def tail(x, y):
    t = np.sin(x)
    u = t + y
    return np.sum(u * y)


def residuals(text: str) -> int:
    line = next(line for line in text.splitlines() if line.strip().startswith("residuals ="))
    return line.count(",") + 1


def test_unread_residuals_are_dropped() -> None:
    x, y = np.linspace(0.1, 1.0, 4), np.linspace(-1.0, 1.0, 4)
    namer = Namer()
    types = (("x", type_of(x, namer)), ("y", type_of(y, namer)))
    program = compile(Request(tail, "vjp", types, ("x", "y")))
    assert residuals(program.text) <= 3  # x, y and the sum: neither sin(x) nor the product
    assert " _, " not in program.text
    value, pullback = s2sad.vjp(tail, x, y)
    assert value == tail(x, y)
    x_bar, y_bar = pullback(2.0)
    np.testing.assert_allclose(x_bar, 2.0 * y * np.cos(x), rtol=1e-14)
    np.testing.assert_allclose(y_bar, 2.0 * (2.0 * y + np.sin(x)), rtol=1e-14)


def stepped(u, k):
    for _ in range(3):
        u[1:-1] = u[1:-1] + k * (u[:-2] - 2.0 * u[1:-1] + u[2:])
    return u * u


def test_tapes_hold_what_the_adjoint_reads() -> None:
    u = np.linspace(0.1, 1.0, 6)
    pullback = s2sad.vjp(stepped, u.copy(), 0.2)[1]
    assert "tape.append(t" in pullback.source and "tape.append((" not in pullback.source
    tangent = s2sad.jvp(stepped, (u.copy(), 0.2), (np.sin(u), 0.5))[1]
    u_bar, k_bar = pullback(np.cos(u))
    np.testing.assert_allclose(np.cos(u) @ tangent, u_bar @ np.sin(u) + 0.5 * k_bar, rtol=1e-13)
    pullback = s2sad.vjp(lambda u: stepped(u, 0.2), u.copy())[1]  # nothing is read
    assert "tape" not in pullback.source
    np.testing.assert_allclose(pullback(np.cos(u))[0] @ np.sin(u) + 0.5 * k_bar, np.cos(u) @ tangent, rtol=1e-13)
