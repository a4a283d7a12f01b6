"""``scripts/bench --backend numba``: gradients in machine code beside the compiled primal, C, JAX and DaCe, at two
sizes.

Every candidate of a benchmark lives in a process of its own and they take turns, as in ``bench.py``. Beside the times:
what the first call takes (nothing is found on disk), and the peak of the resident memory during one call, of s2sad and
of the adjoint in C, which keeps its tape there. Gradients are compared with differences of the compiled primal along a
direction, and with C. The exit status is 1 where a gradient is wrong or there is none.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bench import Process, Record, difference, geometric_mean, load, ratio, show_ratio, show_time, versions
from benchmarks.native import native_cases
from benchmarks.native.c_adjoint import available
from benchmarks.native.case import SIZES, VERSIONS, NativeCase, directions

TOLERANCE = 1e-6
RATIOS = (
    ("s2sad/compiled", "s2sad", "compiled"),
    ("s2sad/c", "s2sad", "c"),
    ("jax/s2sad", "jax", "s2sad"),
    ("dace/s2sad", "dace", "s2sad"),
)
# Large arrays go back to the system when they are freed, so that a peak is that of one call.
RETURNED = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


def measure(case: NativeCase, size: str, candidates: list[str], options: argparse.Namespace, folder: Path) -> Record:
    """All candidates of one benchmark at one size, in turns."""
    places = {c: folder / f"{case.name}-{size}-{c}.npz" for c in candidates}
    processes = {c: Process(case.name, c, size, options, f, S2SAD_CACHE="0") for c, f in places.items()}
    records = {c: p.ask("start") for c, p in processes.items()}
    alive = [c for c, r in records.items() if "error" not in r]
    for _ in range(options.rounds):
        for c in alive:
            answer = processes[c].ask(f"run {options.seconds}")
            for key in ("times", "walls"):
                records[c].setdefault(key, []).extend(answer.pop(key, []))
            records[c].update(answer)
    slopes = processes["compiled"].ask("slopes").get("slopes", []) if "compiled" in alive and case.step else []
    for process in processes.values():
        process.close()
    for c in alive:
        times, walls = records[c].pop("times"), records[c].pop("walls")
        records[c].update(median=statistics.median(times), wall=statistics.median(walls), samples=len(times))
    for c in {"s2sad", "c"} & set(alive):
        records[c].update(resident(case, c, size, options, places[c]))
    reference = load(places["c"]) if "c" in alive else []
    for c in alive:
        if c != "compiled":
            records[c].update(errors(case, size, load(places[c]), slopes, reference))
    return {"name": case.name, "size": size, "loop": case.loop, "note": case.note, "candidates": records}


def resident(case: NativeCase, candidate: str, size: str, options: argparse.Namespace, file: Path) -> Record:
    process = Process(case.name, candidate, size, options, file, S2SAD_CACHE="0", **RETURNED)
    answer = {} if "error" in process.ask("start") else process.ask("resident")
    process.close()
    return answer if "error" not in answer else {}


def errors(
    case: NativeCase, size: str, own: list[np.ndarray], slopes: list[float], reference: list[np.ndarray]
) -> Record:
    """``slope``: the worst difference from differences, ``difference``: from C."""
    out: Record = {}
    if slopes:
        pairs = zip(own[1:], directions(case, case.make(size)), slopes, strict=True)
        out["slope"] = max(
            abs(float(np.sum(g * d)) - s) / (float(np.sum(np.abs(g * d))) + 1e-300) for g, (_, d), s in pairs
        )
    if reference:
        out["difference"] = difference(own, reference)
    return out


def header(candidates: list[str]) -> str:
    times = "".join(f"{c:>9}" for c in candidates)
    ratios = "".join(f"{name:>15}" for name, a, b in RATIOS if a in candidates and b in candidates)
    return f"{'benchmark':20}{'':6}{times}{ratios}{'compile':>9}{'jax':>8}{'peak':>9}{'c':>9}{'error':>8}"


def row(record: Record, candidates: list[str]) -> str:
    found = record["candidates"]
    times = "".join(f"{show_time(found.get(c, {}).get('median')):>9}" for c in candidates)
    shown = [(a, b) for _, a, b in RATIOS if a in candidates and b in candidates]
    ratios = "".join(f"{show_ratio(ratio(record, a, b)):>15}" for a, b in shown)
    first = f"{show_time(found.get('s2sad', {}).get('compile')):>9}{show_time(found.get('jax', {}).get('compile')):>8}"
    peaks = "".join(f"{show_size(found.get(c, {}).get('peak')):>9}" for c in ("s2sad", "c"))
    error = found.get("s2sad", {}).get("slope", found.get("s2sad", {}).get("difference"))
    return f"{record['name']:20}{record['size']:6}{times}{ratios}{first}{peaks}{'-' if error is None else f'{error:.0e}':>8}"


def show_size(count: float | None) -> str:
    return "-" if count is None else f"{count / 1e6:.2f} MB"


def complaints(record: Record) -> Iterator[str]:
    where = f"{record['name']} ({record['size']})"
    for candidate, result in record["candidates"].items():
        if "error" in result:
            yield f"{where}: {candidate}: {result['error']}"
        elif is_wrong(result):
            worst = max(result.get(k, 0.0) for k in ("slope", "difference"))
            yield f"{where}: {candidate}: differs by {worst:.1e}"


def is_wrong(result: Record) -> bool:
    return any(not result.get(key, 0.0) <= TOLERANCE for key in ("slope", "difference"))


def summary(records: list[Record]) -> Record:
    """Geometric mean, least and most of each ratio, for loops and for what arrays express well."""
    out: Record = {}
    for kind, chosen in (("loops", [r for r in records if r["loop"]]), ("arrays", [r for r in records if not r["loop"]])):
        for name, above, below in RATIOS:
            out[f"{name}, {kind}"] = spread([r for x in chosen if (r := ratio(x, above, below)) is not None])
        for size in SIZES:
            part = [r for x in chosen if x["size"] == size and (r := ratio(x, "jax", "s2sad")) is not None]
            out[f"jax/s2sad, {kind}, {size}"] = spread(part)
    both = [r for r in records if r["size"] == SIZES[-1]]
    for peer in ("jax", "dace"):
        out[f"{peer}/s2sad, compile"] = spread(quotients(records, "compile", peer, "s2sad"))
    out["s2sad, seconds to compile"] = spread([v for r in both if (v := r["candidates"].get("s2sad", {}).get("compile"))])
    out["s2sad/c, peak, large"] = spread(quotients(both, "peak", "s2sad", "c"))
    return {name: values for name, values in out.items() if values}


def quotients(records: list[Record], key: str, above: str, below: str) -> list[float]:
    pairs = [(r["candidates"].get(above, {}).get(key), r["candidates"].get(below, {}).get(key)) for r in records]
    return [a / b for a, b in pairs if a and b]


def spread(values: list[float]) -> Record:
    return {"mean": geometric_mean(values), "least": min(values), "most": max(values)} if values else {}


def print_summary(records: list[Record]) -> None:
    print(f"\n{'ratio':30}{'geometric mean':>15}{'least':>9}{'most':>9}")
    for name, v in summary(records).items():
        print(f"{name:30}{show_ratio(v['mean']):>15}{show_ratio(v['least']):>9}{show_ratio(v['most']):>9}")
    lines = [line for record in records for line in complaints(record)]
    notes = dict.fromkeys(f"{r['name']}: {r['note']}" for r in records if r["note"])
    print("\n" + "\n".join([*lines, *notes]))


def chosen(options: argparse.Namespace) -> list[NativeCase]:
    cases = native_cases()
    names = [name for item in options.only or [] for name in item.split(",")]
    unknown = [name for name in names if name not in cases]
    if unknown:
        sys.exit(f"no benchmark called {', '.join(unknown)}; there are {', '.join(cases)}")
    return [cases[name] for name in names] if names else list(cases.values())


def main(options: argparse.Namespace) -> int:
    if options.list:
        print("\n".join(native_cases()))
        return 0
    candidates = (options.candidates or ",".join(VERSIONS)).split(",")
    if unknown := [c for c in candidates if c not in VERSIONS]:
        sys.exit(f"no candidate called {', '.join(unknown)}; with machine code there are {', '.join(VERSIONS)}")
    known = versions()
    there = {"c": available(), "jax": "jax" in known, "dace": "dace" in known}
    candidates = [c for c in candidates if there.get(c, True)]
    print(header(candidates), flush=True)
    records: list[Record] = []
    with tempfile.TemporaryDirectory() as folder:
        for case in chosen(options):
            for size in SIZES[:1] if options.quick else SIZES:
                mine = [c for c in candidates if case.has(c)]
                records.append(measure(case, size, mine, options, Path(folder)))
                print(row(records[-1], candidates), flush=True)
    print_summary(records)
    write(records, options, known)
    own = [r["candidates"].get("s2sad", {}) for r in records]
    return int(any("error" in r or is_wrong(r) for r in own))


def write(records: list[Record], options: argparse.Namespace, known: dict[str, Any]) -> None:
    if options.json:
        here = Path(os.environ.get("S2SAD_BENCH_CWD", "."))
        settings = {k: getattr(options, k) for k in ("rounds", "seconds", "clock", "threads", "quick")}
        data = {"versions": known, "settings": settings, "summary": summary(records), "benchmarks": records}
        (here / options.json).write_text(json.dumps(data, indent=1) + "\n")
