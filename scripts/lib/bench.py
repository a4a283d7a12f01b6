"""Value-and-gradient times of s2sad, of adjoints written by hand, and of the peers, side by side in one run.

Every candidate lives in a process of its own (another library in the process changes how memory is returned and how
pages fault; the primal and the adjoint by hand run where s2sad has compiled but not run, on the same heap) and all
candidates of a benchmark take turns, so that a change in the machine's speed meets all of them. Times are medians
over all turns, in CPU time of the whole process unless --clock says otherwise. By default each process is pinned to
one processor, so that CPU time and waiting time mean the same; unpinned, XLA ran on all of them whatever its flags
said, and its CPU time came out up to 1.8 times its waiting time. Both clocks are recorded, and a time on which they
disagree is reported. What the peers gain from more threads shows with ``--threads 2 --clock wall``. The first call
(tracing and compilation) is listed apart. Gradients are compared with the adjoint written by hand.
The exit status is 1 where a result is wrong, or where s2sad has none.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import all_cases
from benchmarks.case import CANDIDATES, Case, has

PACKAGES = {"autograd": "autograd", "torch": "torch", "jax": "jax", "compiled": "numba", "dace": "dace"}
RATIOS = (
    ("s2sad/primal", "s2sad", "primal"),
    ("s2sad/compiled", "s2sad", "compiled"),
    ("s2sad/hand", "s2sad", "hand"),
    ("autograd/s2sad", "autograd", "s2sad"),
    ("torch/s2sad", "torch", "s2sad"),
    ("jax/s2sad", "jax", "s2sad"),
    ("hand/primal", "hand", "primal"),
)
TRACED = ("primal", "hand", "s2sad")  # tracemalloc sees what these allocate; the peers have allocators of their own
CLOCKS_AGREE = 1.5  # CPU time over waiting time, with one thread: beyond this either way, a time is not to be trusted
Record = dict[str, Any]


class Process:
    """A worker, and the one way to talk to it."""

    def __init__(
        self, case: str, candidate: str, size: str, options: argparse.Namespace, file: Path, **env: str
    ) -> None:
        native = options.backend == "numba"
        script = Path(__file__).with_name("native_worker.py" if native else "bench_worker.py")
        command = [sys.executable, str(script), case, candidate, size, options.backend, options.clock, str(file)]
        self.process = subprocess.Popen(
            [*command, str(options.threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if options.verbose else subprocess.DEVNULL,
            text=True,
            env={**environment(options.threads), **env},
        )

    def ask(self, command: str) -> Record:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            print(command, file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        return json.loads(line) if line else {"error": "the process ended"}

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


def environment(threads: int) -> dict[str, str]:
    """The same number of threads for every library that has a pool."""
    count = str(threads)
    pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    env = {**os.environ, **dict.fromkeys(pools, count), "JAX_PLATFORMS": "cpu"}
    if threads == 1:
        env["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return env


def measure(case: Case, candidates: list[str], options: argparse.Namespace, folder: Path) -> Record:
    """All candidates of one benchmark, in turns."""
    size = "quick" if options.quick else "full"
    processes = {c: Process(case.name, c, size, options, folder / f"{c}.npz") for c in candidates}
    records: dict[str, Record] = {}
    for candidate, process in processes.items():
        records[candidate] = process.ask("start")
    for _ in range(options.rounds):
        for candidate, process in processes.items():
            if "error" not in records[candidate]:
                answer = process.ask(f"run {options.seconds}")
                for key in ("times", "walls"):
                    records[candidate].setdefault(key, []).extend(answer.pop(key, []))
                records[candidate].update(answer)
    for candidate in TRACED:
        if candidate in processes and "error" not in records[candidate]:
            records[candidate].update(processes[candidate].ask("memory"))
    for process in processes.values():
        process.close()
    reference = load(folder / "hand.npz")
    for candidate, record in records.items():
        if "error" not in record:
            times, walls = record.pop("times"), record.pop("walls")
            record.update(median=statistics.median(times), best=min(times), samples=len(times))
            record["wall"] = statistics.median(walls)
            if candidate not in ("hand", "primal", "compiled") and reference:
                record["difference"] = difference(load(folder / f"{candidate}.npz"), reference)
    return {"name": case.name, "loop": case.loop, "note": case.note, "candidates": records}


def load(file: Path) -> list[np.ndarray]:
    if not file.exists():
        return []
    with np.load(file) as data:
        return [data[f"arr_{i}"] for i in range(len(data.files))]


def difference(own: list[np.ndarray], reference: list[np.ndarray]) -> float:
    """The largest difference of value and gradients, each relative to the largest entry of its array."""
    if [a.shape for a in own] != [a.shape for a in reference]:
        return math.inf
    pairs = zip(own, reference, strict=True)
    return max(float(np.max(np.abs(a - b)) / (np.max(np.abs(b)) + 1e-300)) for a, b in pairs if a.size)


def ratio(record: Record, above: str, below: str) -> float | None:
    times = record["candidates"]
    a, b = (times.get(c, {}).get("median") for c in (above, below))
    return a / b if a and b else None


def geometric_mean(values: list[float]) -> float | None:
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def summary(records: list[Record]) -> Record:
    """Geometric mean, worst and share above 1 of each ratio."""
    out: Record = {}
    for name, above, below in RATIOS:
        values = [r for record in records if (r := ratio(record, above, below)) is not None]
        if values:
            share = sum(v > 1.0 for v in values) / len(values)
            out[name] = {"mean": geometric_mean(values), "least": min(values), "most": max(values), "above_1": share}
    return out


def show_time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 1.0 or unit == "us":
            return f"{seconds * scale:.3g} {unit}"
    return ""


def show_ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def header(candidates: list[str]) -> str:
    ratios = "".join(f"{name:>15}" for name, a, b in RATIOS[:-1] if a in candidates and b in candidates)
    return f"{'benchmark':15}" + "".join(f"{c:>10}" for c in candidates) + ratios + f"{'difference':>12}"


def row(record: Record, candidates: list[str]) -> str:
    times = "".join(f"{show_time(record['candidates'].get(c, {}).get('median')):>10}" for c in candidates)
    shown = [(a, b) for _, a, b in RATIOS[:-1] if a in candidates and b in candidates]
    ratios = "".join(f"{show_ratio(ratio(record, a, b)):>15}" for a, b in shown)
    worst = max((r["difference"] for r in record["candidates"].values() if "difference" in r), default=None)
    return f"{record['name']:15}{times}{ratios}{'-' if worst is None else f'{worst:.0e}':>12}"


def complaints(record: Record, threads: int) -> Iterator[str]:
    """What the table cannot hold: candidates that failed, results that differ, notes."""
    for candidate, result in record["candidates"].items():
        if "error" in result:
            yield f"{record['name']}: {candidate}: {result['error']}"
        elif result.get("difference", 0.0) > 1e-6:
            yield f"{record['name']}: {candidate}: WRONG by {result['difference']:.1e}"
        if (
            threads == 1
            and "wall" in result
            and not 1.0 / CLOCKS_AGREE < result["median"] / result["wall"] < CLOCKS_AGREE
        ):
            clocks = f"{show_time(result['median'])} against {show_time(result['wall'])} of waiting"
            yield f"{record['name']}: {candidate}: SUSPECT TIME, the clocks disagree: {clocks}"
    if record["note"]:
        yield f"{record['name']}: {record['note']}"


def print_summary(records: list[Record], candidates: list[str], threads: int) -> None:
    print(f"\n{'ratio':16}{'geometric mean':>15}{'least':>9}{'most':>9}{'above 1':>9}")
    for name, values in summary(records).items():
        cells = f"{show_ratio(values['mean']):>15}{show_ratio(values['least']):>9}{show_ratio(values['most']):>9}"
        print(f"{name:16}{cells}{values['above_1']:>9.0%}")
    firsts = [f"{c} {show_time(statistics.median(v))}" for c in candidates if (v := first_calls(records, c))]
    print("\nfirst call, median: " + ", ".join(firsts))
    peaks = [p for record in records if (p := peak_ratio(record, "s2sad")) is not None]
    if peaks:
        print(f"peak memory, s2sad/hand: geometric mean {geometric_mean(peaks):.2f}, most {max(peaks):.2f}")
    lines = [line for record in records for line in complaints(record, threads)]
    if lines:
        print("\n" + "\n".join(lines))


def first_calls(records: list[Record], candidate: str) -> list[float]:
    return [t for record in records if (t := record["candidates"].get(candidate, {}).get("first")) is not None]


def peak_ratio(record: Record, candidate: str) -> float | None:
    a, b = (record["candidates"].get(c, {}).get("peak") for c in (candidate, "hand"))
    return a / b if a and b else None


def plot(records: list[Record], candidates: list[str], file: Path) -> None:
    """Bars of each candidate's time over the primal's, on a logarithmic axis."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = [c for c in candidates if c != "primal" and any(ratio(record, c, "primal") for record in records)]
    if not shown:
        return
    height = 0.8 / len(shown)
    figure, axes = plt.subplots(figsize=(9, 0.55 * len(records) + 1.5))
    for k, candidate in enumerate(shown):
        pairs = [(i, r) for i, rec in enumerate(records) if (r := ratio(rec, candidate, "primal")) is not None]
        places = [i + (k - (len(shown) - 1) / 2) * height for i, _ in pairs]
        axes.barh(
            places, [r for _, r in pairs], height=height, label=candidate, color=f"C{candidates.index(candidate)}"
        )
    axes.set_yticks(range(len(records)), [record["name"] for record in records])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.set_xlabel("time of value and gradient over the primal's")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    figure.savefig(file, dpi=150, bbox_inches="tight")


def versions() -> dict[str, str]:
    names = ("numpy", "s2sad", "numba", *PACKAGES.values())
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", metavar="NAME", help="benchmarks (may be repeated, commas allowed)")
    parser.add_argument("--candidates", metavar="LIST", help="default: all; compiled (by Numba) with its backend")
    parser.add_argument("--backend", choices=("numpy", "numba", "auto"), default="numpy")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, fewer turns")
    parser.add_argument("--clock", choices=("cpu", "wall"), default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="threads of each library (default: %(default)s)")
    parser.add_argument("--rounds", type=int, help="turns of each candidate")
    parser.add_argument("--seconds", type=float, help="length of a turn")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--png", type=Path, metavar="FILE")
    parser.add_argument("--list", action="store_true", help="list the benchmarks")
    parser.add_argument("--verbose", action="store_true", help="show what the workers print")
    options = parser.parse_args(argv)
    if options.candidates is None and options.backend != "numba":
        options.candidates = ",".join(c for c in CANDIDATES if c != "compiled" or options.backend != "numpy")
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (0.1 if options.quick else 0.3)
    return options


def chosen(options: argparse.Namespace) -> list[Case]:
    cases = all_cases()
    names = [name for item in options.only or [] for name in item.split(",")]
    unknown = [name for name in names if name not in cases]
    if unknown:
        sys.exit(f"no benchmark called {', '.join(unknown)}; there are {', '.join(cases)}")
    return [cases[name] for name in names] if names else list(cases.values())


def installed(candidate: str) -> bool:
    try:
        metadata.version(PACKAGES.get(candidate, "numpy"))
    except metadata.PackageNotFoundError:
        return False
    return True


def main(argv: list[str] | None = None) -> int:
    options = parse(argv)
    if options.backend == "numba":
        import bench_native

        return bench_native.main(options)
    if options.list:
        print("\n".join(all_cases()))
        return 0
    candidates = [c for c in options.candidates.split(",") if installed(c)]
    if unknown := [c for c in candidates if c not in CANDIDATES]:
        sys.exit(f"no candidate called {', '.join(unknown)}; there are {', '.join(CANDIDATES)}")
    print(header(candidates), flush=True)
    records = []
    with tempfile.TemporaryDirectory() as folder:
        for case in chosen(options):
            place = Path(folder) / case.name
            place.mkdir()
            records.append(measure(case, [c for c in candidates if has(case, c)], options, place))
            print(row(records[-1], candidates), flush=True)
    print_summary(records, candidates, options.threads)
    report(records, candidates, options)
    wrong = any(r.get("difference", 0.0) > 1e-6 for record in records for r in record["candidates"].values())
    missing = any("error" in record["candidates"].get("s2sad", {}) for record in records)
    return int(wrong or missing)


def report(records: list[Record], candidates: list[str], options: argparse.Namespace) -> None:
    """Write what --json and --png ask for, relative to where the command was called."""
    here = Path(os.environ.get("S2SAD_BENCH_CWD", "."))
    if options.json:
        settings = {k: v for k, v in vars(options).items() if k not in ("json", "png", "list", "verbose", "only")}
        data = {"versions": versions(), "settings": settings, "summary": summary(records), "benchmarks": records}
        (here / options.json).write_text(json.dumps(data, indent=1) + "\n")
    if options.png:
        plot(records, candidates, here / options.png)


if __name__ == "__main__":
    sys.exit(main())
