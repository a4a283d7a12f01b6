"""Cold compile time of generated functions, load time from the disk cache, and import time of s2sad beyond NumPy's.

Each number is the median over fresh processes: cold ones with an empty cache folder, loading ones with the folder that
a first process has filled. Compiling is timed from the call of ``value_and_grad`` to the first gradient's return, less
the time of a second call; the limits are those the project has set itself. Exit status 1 where one is exceeded.
A process that compiles anything imports the compiler's modules once: that is a row of its own (``compiler``), and not
part of the cold times. With ``--stages``, the time of each stage as well.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

LIMITS = {"import": 60.0, "cold 50": 60.0, "load 50": 5.0, "load 500": 5.0}
SLACK = 1.15  # linear in the number of lines, with this much over

# A block of straight-line code, a loop, a branch and stores; blocks follow each other with other numbers.
BLOCK = """\
    # block {k}
    a = x * {c1} + np.sin(y)
    b = np.exp(-a * a) + {c2}
    s = s + np.sum(a * b)
    for i in range(3):
        t = b[i] * {c1} + s * 0.01
        if t > 0.0:
            s = s + np.tanh(t)
        else:
            s = s - t * {c2}
        b[i] = t
"""

TIMER = """\
import sys, time
import numpy as np
import s2sad
sys.path.insert(0, {folder!r})
import program
if {cold}:
    import s2sad.pipeline
x, y = np.linspace(0.1, 1.0, 5), np.linspace(-1.0, 1.0, 5)
start = time.perf_counter()
derivative = s2sad.value_and_grad(program.f, argnums=(0, 1))
derivative(x, y)
first = time.perf_counter() - start
start = time.perf_counter()
derivative(x, y)
assert ("s2sad.pipeline" in sys.modules) is {cold}
if {stages}:
    stages = derivative.programs.last.timings
    print(*(f"{{k}} {{v * 1e3:.1f}}" for k, v in stages.items()), file=sys.stderr)
print((first - (time.perf_counter() - start)) * 1e3)
"""

COMPILER = """\
import time
import numpy
import s2sad
start = time.perf_counter()
import s2sad.pipeline
print((time.perf_counter() - start) * 1e3)
"""

IMPORT = """\
import time
import numpy
start = time.perf_counter()
import s2sad
print((time.perf_counter() - start) * 1e3)
"""


def program(lines: int) -> str:
    """A function of exactly that many lines."""
    out = ["import numpy as np", "", "", "def f(x, y):", "    s = 0.0"]
    body: list[str] = []
    k = 0
    while len(body) < lines - 3:
        k += 1
        body += BLOCK.format(k=k, c1=f"{1.0 + 0.01 * k:.2f}", c2=f"{0.5 - 0.005 * k:.3f}").splitlines()
    whole = (lines - 3) // 11 * 11
    body = body[:whole] + [f"    s = s + np.cos(x[{i % 5}]) * y[{i % 3}]" for i in range(lines - 3 - whole)]
    return "\n".join([*out, *body, "    return s", ""])


def run(code: str, cache: Path) -> float:
    env = {**os.environ, "S2SAD_CACHE_DIR": str(cache)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    env.pop("S2SAD_CACHE", None)
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.strip() or "the timed process failed")
    print(done.stderr, end="")
    return float(done.stdout.split()[-1])


def median(times: int, once: Callable[[int], float]) -> float:
    return statistics.median(once(i) for i in range(times))


def measure(lines: int, folder: Path, times: int, stages: bool) -> tuple[float, float]:
    """Milliseconds to compile into an empty cache, and to load from a full one."""
    folder.mkdir()
    (folder / "program.py").write_text(program(lines))
    cold, warm = (TIMER.format(folder=str(folder), cold=c, stages=c and stages) for c in (True, False))
    run(cold, folder / "cache")  # and bytecode of the program itself
    compiled = median(times, lambda i: run(cold, folder / f"cache{i}"))
    return compiled, median(times, lambda i: run(warm, folder / "cache0"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/compile_time", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=7, help="processes for each number (default: %(default)s)")
    parser.add_argument("--show", type=int, metavar="LINES", help="print a program of that length and stop")
    parser.add_argument("--stages", action="store_true", help="print the milliseconds of each stage of each cold compile")
    options = parser.parse_args()
    if options.show:
        print(program(options.show), end="")
        return 0
    results: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(COMPILER, folder)
        results["import"] = median(options.times, lambda i: run(IMPORT, folder))
        results["compiler"] = median(options.times, lambda i: run(COMPILER, folder))
        for lines in (50, 500):
            results[f"cold {lines}"], results[f"load {lines}"] = measure(
                lines, folder / f"p{lines}", options.times, options.stages
            )
    limits = {**LIMITS, "cold 500": 10.0 * results["cold 50"] * SLACK}
    for key, value in results.items():
        limit = limits.get(key)
        verdict = "" if limit is None else f"limit {limit:7.1f} ms   {'ok' if value <= limit else 'TOO LONG'}"
        print(f"{key:10}{value:9.1f} ms   {verdict}".rstrip())
    return int(any(value > limits.get(key, value) for key, value in results.items()))


if __name__ == "__main__":
    sys.exit(main())
