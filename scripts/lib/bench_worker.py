"""One candidate of one benchmark in a process of its own: times it when told to, and waits in between.

    python bench_worker.py CASE CANDIDATE SIZE BACKEND CLOCK FILE THREADS

Reads commands from standard input, one a line, and answers each with one line of JSON:

    start     make the arguments, call once: {"first": seconds} (compilation included), results go to FILE (.npz)
    run S     a batch of calls of about S seconds: {"times": [seconds per call, ...], "walls": [the same by the wall
              clock, as a check on the other], "repeat": calls per sample}
    memory    {"peak": bytes that NumPy and Python allocated at the most during one call}
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

if hasattr(os, "sched_setaffinity"):
    # Before any library counts the processors: flags alone do not keep XLA's pool from running on all of them.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-int(sys.argv[7]) :])

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import all_cases
from benchmarks.case import CANDIDATES, Thunk, flatten, s2sad_thunk

CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}
# What s2sad is compared with most closely runs where it has been imported and has compiled, but not run: what else lies on
# the heap decides whether freed memory goes back to the system, and gramschmidt by hand takes 1.4 times as long where it does.
SAME_HEAP = ("primal", "hand")
SHORTEST = 2e-3  # a sample shorter than this is repeated: clocks and loops have a grain


class Worker:
    """Holds the candidate between commands."""

    def __init__(self, case: str, candidate: str, size: str, backend: str, clock: str, file: str) -> None:
        self.case, self.candidate, self.size, self.backend, self.file = case, candidate, size, backend, file
        self.now = CLOCKS[clock]
        self.repeat = 1
        self.thunk: Thunk = lambda: (0.0, ())

    def start(self) -> dict[str, Any]:
        case = all_cases()[self.case]
        args = case.make(self.size)
        begin = self.now()
        if self.candidate == "s2sad":
            self.thunk = s2sad_thunk(case, args, self.backend)
        else:
            if self.candidate == "torch":
                import torch

                torch.set_num_threads(int(sys.argv[7]))
            if self.candidate in SAME_HEAP and self.backend == "numpy":
                import s2sad

                s2sad.value_and_grad(case.primal, argnums=case.argnums).source_for(*args)
            self.thunk = CANDIDATES[self.candidate](case, args)
        begin = self.now()  # imports are no part of the first call
        value, grads = self.thunk()
        first = self.now() - begin
        np.savez(self.file, *flatten(value), *flatten(grads))
        begin = self.now()
        self.thunk()
        once = self.now() - begin
        self.repeat = max(1, round(SHORTEST / max(once, 1e-7)))
        return {"first": first}

    def run(self, seconds: float) -> dict[str, Any]:
        times: list[float] = []
        walls: list[float] = []
        end = time.perf_counter() + seconds
        while len(times) < 2 or time.perf_counter() < end:
            wall, begin = time.perf_counter(), self.now()
            for _ in range(self.repeat):
                self.thunk()
            times.append((self.now() - begin) / self.repeat)
            walls.append((time.perf_counter() - wall) / self.repeat)
        return {"times": times, "walls": walls, "repeat": self.repeat}

    def memory(self) -> dict[str, Any]:
        tracemalloc.start()
        self.thunk()
        tracemalloc.reset_peak()
        base = tracemalloc.get_traced_memory()[0]
        self.thunk()
        peak = tracemalloc.get_traced_memory()[1] - base
        tracemalloc.stop()
        return {"peak": peak}


def main(kind: type[Worker] = Worker) -> None:
    warnings.simplefilter("ignore")
    worker = kind(*sys.argv[1:7])
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a benchmark or a library prints must not mix with the answers
    for line in sys.stdin:
        command, *rest = line.split()
        try:
            answer = getattr(worker, command)(*map(float, rest))
        except Exception as error:
            text = str(error).strip()
            first = text.splitlines()[0] if text else ""
            answer = {"error": f"{type(error).__name__}: {first}"[:300]}
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
