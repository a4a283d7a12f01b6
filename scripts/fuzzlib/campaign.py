"""Many programs: drawing, judging in several processes, counting, reducing and keeping what fails."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fuzzlib.generate import Generated, generate, generate_native
from fuzzlib.judge import Engine, Verdict, compiler, judge
from fuzzlib.reduce import reduce

ATTEMPTS = 8


@dataclass(frozen=True)
class Outcome:
    """The verdict on the program of one number, with its text where it failed or was refused."""

    number: int
    verdict: Verdict
    text: str = ""
    args: tuple[Any, ...] = ()


@dataclass
class Report:
    """Counts over a campaign."""

    kinds: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    failures: list[Outcome] = field(default_factory=list)
    refused: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        self.kinds[outcome.verdict.kind] += 1
        if outcome.verdict.kind == "refused":
            self.refusals[outcome.verdict.what] += 1
            self.refused.append(outcome)
        if outcome.verdict.failed:
            self.failures.append(outcome)

    @property
    def judged(self) -> int:
        return sum(n for k, n in self.kinds.items() if k != "unfit")

    def summary(self) -> str:
        total = max(1, self.judged)
        parts = [f"{k} {n} ({100 * n / total:.2f}%)" for k, n in sorted(self.kinds.items())]
        return f"{self.judged} programs in {self.seconds:.1f} s: " + ", ".join(parts)


def run_one(number: int, seed: int, folder: Path, engine: Engine | None = None) -> Outcome:
    """Draw programs until one is fit, and judge it."""
    outcome = Outcome(number, Verdict("unfit"))
    for attempt in range(ATTEMPTS):
        draw = generate if engine is None or engine.exact else generate_native
        drawn: Generated = draw((seed * 1_000_003 + number) * ATTEMPTS + attempt)
        verdict = judge(drawn.text, drawn.args, folder, engine)
        keep = verdict.kind != "ok"
        outcome = Outcome(number, verdict, drawn.text if keep else "", drawn.args if keep else ())
        if verdict.kind != "unfit":
            break
    return outcome


_STATE: dict[str, Any] = {}


def _start(seed: int, folder: str, plant: int | None, second_order: bool, backend: str) -> None:
    """Prepare a worker: a cache of its own, and the planted bug where one is asked for."""
    own = Path(tempfile.mkdtemp(dir=folder))
    os.environ["S2SAD_CACHE_DIR"] = str(own / "cache")
    _STATE.update(seed=seed, folder=own, engine=compiler(second_order, backend))
    if plant is not None:
        from fuzzlib.plants import PLANTS

        PLANTS[plant].apply()


def _work(number: int) -> Outcome:
    return run_one(number, _STATE["seed"], _STATE["folder"], _STATE["engine"])


def outcomes(
    count: int,
    seed: int,
    jobs: int,
    folder: Path,
    plant: int | None = None,
    second_order: bool = False,
    backend: str = "numpy",
) -> Iterator[Outcome]:
    """The verdicts in the order of the numbers."""
    if jobs <= 1:
        _start(seed, str(folder), plant, second_order, backend)
        yield from map(_work, range(count))
        return
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, _start, (seed, str(folder), plant, second_order, backend), maxtasksperchild=250) as pool:
        yield from pool.imap(_work, range(count), chunksize=10 if backend == "numpy" else 1)


def campaign(
    count: int,
    seed: int,
    jobs: int,
    *,
    progress: bool = False,
    plant: int | None = None,
    known: frozenset[int] = frozenset(),
    second_order: bool = False,
    backend: str = "numpy",
) -> Report:
    """Judge ``count`` programs. With a planted bug it ends at the first failure that is not among the ``known``."""
    report = Report()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for outcome in outcomes(count, seed, jobs, Path(folder), plant, second_order, backend):
            if outcome.number in known:
                continue
            report.add(outcome)
            if progress and (outcome.verdict.failed or (outcome.number + 1) % 100 == 0):
                print(f"{outcome.number + 1}: {dict(sorted(report.kinds.items()))}", flush=True)
                if outcome.verdict.failed:
                    print(
                        f"   {outcome.verdict.kind} {outcome.verdict.what}: {outcome.verdict.detail[:300]}", flush=True
                    )
            if plant is not None and outcome.verdict.failed:
                break
    report.seconds = time.monotonic() - began
    return report


def reduced(outcome: Outcome, seconds: float = 60.0, engine: Engine | None = None) -> str:
    """The text of a failing program made small."""
    with tempfile.TemporaryDirectory() as folder:

        def fails(text: str) -> bool:
            verdict = judge(text, outcome.args, Path(folder), engine)
            return (verdict.kind, verdict.what) == (outcome.verdict.kind, outcome.verdict.what)

        return reduce(outcome.text, fails, seconds)


def regression(text: str, outcome: Outcome) -> str:
    """A corpus module out of a failing program."""
    args = ", ".join(_literal(a) for a in outcome.args)
    why = f"{outcome.verdict.kind}: {outcome.verdict.what}"
    if "np.array(" in args and "import numpy as np" not in text:
        text = "import numpy as np\n\n\n" + text.strip()
    return (
        f'"""Found by the generator ({why})."""\n\n{text.strip()}\n\n\n'
        "from tests.programs import Suite  # noqa: E402\n\n"
        f'PROGRAMS = Suite("regressions", issue=3)\nPROGRAMS.add(entry, {args}, smooth=False)\n'
    )


def _literal(x: Any) -> str:
    return f"np.array({x.tolist()!r})" if isinstance(x, np.ndarray) else repr(x)
