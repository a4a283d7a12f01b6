"""``parallel`` and ``fastmath``: right, off by default, refused elsewhere; and only loops that are proved independent."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles

pytest.importorskip("numba")

RNG = np.random.default_rng(3)


def heat(u, k, n):
    for _ in range(n):
        u[1:-1] = k * (u[:-2] + u[2:])
    return np.sum(u * u)


def scattered(x, w, idx):
    y = np.zeros(len(x))
    total = 0.0
    for i in range(len(x)):
        y[idx[i]] += math.sin(x[i]) * w[i]
    for i in range(len(x)):
        total += y[i] * y[i]
    a = np.outer(x, w)
    a[1:] += a[:-1]
    return total + np.sum(a * a)


def masked(x, w):
    p = np.where(x > 0.5, np.sqrt(x - 0.4), 0.0)
    y = p / (1.0 + w * w)
    y[::-1] *= w
    return np.mean(y) + x @ w


CASES: list[tuple[Callable[..., Any], Callable[[], tuple[Any, ...]]]] = [
    (heat, lambda: (np.sin(np.arange(90.0)), 0.1, 3)),
    (scattered, lambda: (np.sin(np.arange(1.0, 70.0)), np.cos(np.arange(69.0)), (np.arange(69) * 7) % 10)),
    (masked, lambda: (np.linspace(0.0, 1.0, 80), np.cos(np.arange(80.0)))),
]


@pytest.mark.parametrize(("f", "make"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_right_and_as_serial(f: Callable[..., Any], make: Callable[[], tuple[Any, ...]]) -> None:
    serial = s2sad.value_and_grad(f, argnums=(0, 1), backend="numba")
    fast = s2sad.value_and_grad(f, argnums=(0, 1), backend="numba", parallel=True, fastmath=True)
    want, got = serial(*make()), fast(*make())
    assert "prange(" in fast.source and "contract" in fast.source
    assert "prange(" not in serial.source and "contract" not in serial.source
    assert math.isclose(got[0], want[0], rel_tol=1e-12)
    numeric = oracles.numeric_gradient(f, make(), {}, (0, 1), 1.0)
    for g, h, n in zip(got[1], want[1], numeric, strict=True):
        assert np.allclose(g, h, rtol=1e-10, atol=1e-12)
        assert not oracles.close(oracles.leaves(g), n, 1e-6)
    for _ in range(20):  # a race would show
        again = fast(*make())
        assert all(np.allclose(a, b, rtol=1e-12, atol=1e-13) for a, b in zip(again[1], got[1], strict=True))


def test_other_modes() -> None:
    args = CASES[2][1]()
    seed = tuple(np.cos(a) for a in args)
    how: Any = {"backend": "numba", "parallel": True}
    value, tangent = s2sad.jvp(masked, args, seed, **how)
    other, pullback = s2sad.vjp(masked, *args, **how)
    assert math.isclose(value, other)
    assert math.isclose(tangent, sum(g @ t for g, t in zip(pullback(1.0), seed, strict=True)), rel_tol=1e-10)


@pytest.mark.parametrize("backend", ["numpy", "auto"])
@pytest.mark.parametrize("option", ["parallel", "fastmath"])
def test_refused_elsewhere(backend: str, option: str) -> None:
    how: Any = {"backend": backend, option: True}
    calls = (
        lambda: s2sad.grad(heat, **how), lambda: s2sad.value_and_grad(heat, **how),
        lambda: s2sad.vjp(masked, *CASES[2][1](), **how), lambda: s2sad.jvp(masked, (1.0,), (1.0,), **how),
    )  # fmt: skip
    for call in calls:
        with pytest.raises(ValueError, match=rf'^{option}=True needs backend="numba", not .{backend}.$'):
            call()


def test_nan_keeps_its_meaning() -> None:
    def f(x):
        y = np.where(np.isnan(x), 0.0, x * x)
        return np.sum(y) + (1.0 if np.isinf(x[0]) else 2.0)

    d = s2sad.value_and_grad(f, backend="numba", fastmath=True)
    value, gradient = d(np.array([3.0, np.nan, 1.0]))
    assert value == 12.0 and np.array_equal(gradient, s2sad.grad(f)(np.array([3.0, np.nan, 1.0])), equal_nan=True)
    assert d(np.array([np.inf, 1.0, 1.0]))[0] == np.inf


def test_no_warnings() -> None:
    """A function without a loop that could be parallel compiles without Numba's complaint."""
    call = "s2sad.grad(powers, backend='numba', parallel=True)(2.0, 2)"
    script = f"import s2sad; from tests.test_numba_options import powers; print({call})"
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "32.0", done.stderr


def powers(x, n):
    for _ in range(n):
        x = x * x
    return x


def chained(x, n):
    for _ in range(n):
        x = np.sin(x) * 1.1 + 0.2 * x
    return np.sum(x * x)


def test_threads_do_not_wait_for_each_other() -> None:
    """While one call runs, another thread runs Python: the GIL is released. Scaling is measured by ``scripts/threads``."""
    d = s2sad.value_and_grad(chained, backend="numba")
    points = [np.linspace(0.1 * k, 1.0 + k, 500) for k in range(4)]
    want = [d(x, 400) for x in points]
    got: list[Any] = [None] * 4
    ticks = [0]
    running = threading.Event()

    def work(k: int) -> None:
        running.wait()
        for _ in range(5):
            got[k] = d(points[k], 400)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000.0)  # nobody is made to hand over the GIL
    try:
        for t in threads:
            t.start()
        running.set()
        while any(t.is_alive() for t in threads):
            ticks[0] += 1
            time.sleep(0)
    finally:
        sys.setswitchinterval(interval)
    for t in threads:
        t.join()
    assert ticks[0] > 20
    for (v, g), (w, h) in zip(got, want, strict=True):
        assert v == w and np.array_equal(g, h)
