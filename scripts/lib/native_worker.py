"""One candidate of one benchmark of machine code in a process of its own (see ``bench_worker.py`` for the protocol).

    start     the first call includes compilation; imports and what a library sets up once are no part of it
    slopes    the derivative along a fixed direction for each argument, from differences of the compiled primal
    resident  {"peak": bytes by which the resident memory rose at the most during one call}
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bench_worker import CLOCKS, SHORTEST, Worker, main
from benchmarks.case import Thunk, flatten, jax_thunk
from benchmarks.native import native_cases
from benchmarks.native.case import NativeCase, compiled_primal, directions


def s2sad_call(case: NativeCase, args: tuple[Any, ...]) -> Thunk:
    import s2sad

    s2sad.value_and_grad(lambda x: x * x, backend="numba")(1.0)
    derivative = s2sad.value_and_grad(case.primal, argnums=case.argnums, backend="numba")
    return lambda: derivative(*args)


def compiled_call(case: NativeCase, args: tuple[Any, ...]) -> Thunk:
    import numba

    numba.njit(lambda x: x * x)(1.0)
    primal = compiled_primal(case.primal)
    return lambda: (primal(*args), ())


def c_call(case: NativeCase, args: tuple[Any, ...]) -> Thunk:
    from benchmarks.native.c_adjoint import thunk

    assert case.c is not None
    return thunk(case.c, args, case.argnums)


def jax_call(case: NativeCase, args: tuple[Any, ...]) -> Thunk:
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.jit(jax.value_and_grad(lambda x: x * x))(1.0)
    return jax_thunk(case, args)


def dace_call(case: NativeCase, args: tuple[Any, ...]) -> Thunk:
    from benchmarks.native.dace_adjoint import thunk

    assert case.dace is not None
    return thunk(case.dace, args, case.argnums)


CALLS: dict[str, Callable[[NativeCase, tuple[Any, ...]], Thunk]] = {
    "s2sad": s2sad_call,
    "compiled": compiled_call,
    "c": c_call,
    "jax": jax_call,
    "dace": dace_call,
}


def processes() -> float:
    """CPU time of the processes that were started here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


class NativeWorker(Worker):
    def start(self) -> dict[str, Any]:
        case = native_cases()[self.case]
        args = case.make(self.size)
        self.thunk = CALLS[self.candidate](case, args)
        begin, helpers = self.now(), processes()
        value, grads = self.thunk()
        first = self.now() - begin
        if self.now is CLOCKS["cpu"]:
            first += processes() - helpers  # DaCe's compiler
        np.savez(self.file, *flatten(value), *flatten(grads))
        begin = self.now()
        self.thunk()
        once = self.now() - begin
        self.repeat = max(1, round(SHORTEST / max(once, 1e-7)))
        return {"first": first, "compile": max(first - once, 0.0)}

    def slopes(self) -> dict[str, Any]:
        case = native_cases()[self.case]
        args = case.make(self.size)
        primal = compiled_primal(case.primal)

        def at(i: int, direction: np.ndarray, step: float) -> float:
            moved = args[i] + step * direction
            return float(primal(*args[:i], float(moved) if np.ndim(moved) == 0 else moved, *args[i + 1 :]))

        out = []
        for i, direction in directions(case, args):
            coarse, fine = (
                (at(i, direction, h) - at(i, direction, -h)) / (2.0 * h) for h in (2.0 * case.step, case.step)
            )
            out.append(fine + (fine - coarse) / 3.0)
        return {"slopes": out}

    def resident(self) -> dict[str, Any]:
        self.thunk()
        status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
        if not reset.exists():
            return {}

        def read(key: str) -> int:
            return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(key)) * 1024

        time.sleep(0.01)
        reset.write_text("5")  # the peak starts again from what is resident now
        base = read("VmRSS")
        self.thunk()
        return {"peak": max(read("VmHWM") - base, 0)}


if __name__ == "__main__":
    main(NativeWorker)
