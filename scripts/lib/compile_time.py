"""What the first derivative of a process costs, loading one from the disk cache, and importing s2sad beyond NumPy.

``import`` is what importing s2sad adds to NumPy, and ``compiler`` what the first compile adds to that for importing the
compiler's own modules: together they are ``import all``, as if nothing were imported late. ``compile`` is a generated
function of 50 lines in a new process with an empty cache, from the call of ``value_and_grad`` to the first gradient's
return, less the time of a second call; ``cold`` is that and ``compiler``, which is what a user waits for. Compiling 500
lines may take ten times as long as 50. ``load`` is the same with the folder that a first process has filled, where no
module of the compiler is imported.

All times are CPU times, each the least of several fresh processes: other work on the machine adds to them, even to CPU
time, and never takes away. The limits are those the project has set itself. Exit status 1 where one is exceeded. With
``--stages``, the time of each stage as well.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

LIMITS = {"import all": 60.0, "compile 50": 60.0, "load 50": 5.0, "load 500": 5.0}
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
import sys
from time import process_time
import numpy as np
import s2sad
from s2sad.api import programs
sys.path.insert(0, {folder!r})
import program
x, y = np.linspace(0.1, 1.0, 5), np.linspace(-1.0, 1.0, 5)
start = process_time()
if {cold}:
    programs.pipeline()  # as the first derivative does that is not in the cache
imported = process_time()
derivative = s2sad.value_and_grad(program.f, argnums=(0, 1))
derivative(x, y)
first = process_time()
derivative(x, y)
second = process_time() - first
assert ("s2sad.pipeline" in sys.modules) is {cold}
if {stages}:
    stages = derivative.programs.last.timings
    print(*(f"{{k}} {{v * 1e3:.1f}}" for k, v in stages.items()), file=sys.stderr)
print((imported - start) * 1e3, (first - imported - second) * 1e3)
"""

IMPORT = """\
from time import process_time
import numpy
start = process_time()
import s2sad
print((process_time() - start) * 1e3)
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


def run(code: str, cache: Path) -> list[float]:
    """The numbers that a fresh process prints."""
    env = {**os.environ, "S2SAD_CACHE_DIR": str(cache), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    env.pop("S2SAD_CACHE", None)
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.strip() or "the timed process failed")
    print(done.stderr, end="")
    return [float(v) for v in done.stdout.split()]


def measure(lines: int, folder: Path, times: int, stages: bool) -> dict[str, float]:
    """Milliseconds to compile into an empty cache, and to load from a full one."""
    folder.mkdir()
    (folder / "program.py").write_text(program(lines))
    cold, warm = (TIMER.format(folder=str(folder), cold=c, stages=c and stages) for c in (True, False))
    run(cold, folder / "cache")  # and bytecode of the program itself
    compiled = [run(cold, folder / f"cache{i}") for i in range(times)]
    loaded = [run(warm, folder / "cache0") for i in range(times)]
    return {
        "compiler": min(c for c, _ in compiled),
        f"compile {lines}": min(c for _, c in compiled),
        f"cold {lines}": min(map(sum, compiled)),
        f"load {lines}": min(c for _, c in loaded),
    }


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
        run(IMPORT, folder)
        results["import"] = min(run(IMPORT, folder)[0] for _ in range(options.times))
        for lines in (50, 500):
            found = measure(lines, folder / f"p{lines}", options.times, options.stages)
            results |= {key: value for key, value in found.items() if key not in results}
            results.setdefault("import all", results["import"] + results["compiler"])
    limits = {**LIMITS, "compile 500": 10.0 * results["compile 50"] * SLACK}
    for key, value in results.items():
        limit = limits.get(key)
        verdict = "" if limit is None else f"limit {limit:7.1f} ms   {'ok' if value <= limit else 'TOO LONG'}"
        print(f"{key:12}{value:9.1f} ms   {verdict}".rstrip())
    return int(any(value > limits.get(key, value) for key, value in results.items()))


if __name__ == "__main__":
    sys.exit(main())
