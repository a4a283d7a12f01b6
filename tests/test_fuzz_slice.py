"""The generator and its judge: on a stand-in for the compiler that is right, on one that is wrong, and on s2sad."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from fuzzlib import dual  # noqa: E402
from fuzzlib.campaign import Outcome, campaign, reduced, regression, run_one  # noqa: E402
from fuzzlib.generate import ENTRY, generate  # noqa: E402
from fuzzlib.judge import Engine, judge  # noqa: E402

SEED, COUNT = 20240229, 120


class Refusal(Exception):
    """What the stand-in refuses with."""


def stand_in(bug: str = "") -> Engine:
    """A compiler made of dual numbers; with a bug, every program that contains that text has a wrong gradient."""

    def parts(function: Any, args: tuple[Any, ...]) -> tuple[Any, Any]:
        text = Path(function.__code__.co_filename).read_text(encoding="utf-8")
        return text, dual.load(text, ENTRY)

    def vjp(function: Any, *args: Any) -> Any:
        text, over = parts(function, args)
        gradients = dual.gradient(over, args)
        if bug and bug in text:
            gradients[0] = gradients[0] + 0.01
        value = function(*args)
        return value, lambda seed: tuple(g * seed if g.shape else float(g) * seed for g in gradients)

    def jvp(function: Any, args: Any, directions: Any) -> Any:
        _, over = parts(function, args)
        tangent = dual.tangent(over, args, directions)[1]
        return function(*args), tangent

    return Engine(vjp, jvp, Refusal)


def test_the_generator_repeats_itself() -> None:
    for seed in range(5):
        assert generate(seed).text == generate(seed).text
    assert generate(1).text != generate(2).text


def test_nearly_all_programs_are_fit(tmp_path: Path) -> None:
    kinds = [judge(g.text, g.args, tmp_path, stand_in()).kind for g in map(generate, range(60))]
    assert kinds.count("ok") >= 55, kinds
    assert set(kinds) <= {"ok", "unfit"}, kinds


def test_a_wrong_compiler_is_seen_and_the_program_reduced(tmp_path: Path) -> None:
    engine = stand_in(bug="np.tanh")
    outcome: Outcome | None = None
    for number in range(200):
        outcome = run_one(number, 5, tmp_path, engine)
        if outcome.verdict.failed:
            break
    assert outcome is not None and outcome.verdict.kind == "wrong" and outcome.verdict.what == "gradient"
    small = reduced(outcome, seconds=8.0, engine=engine)
    assert "np.tanh" in small
    assert len(small.splitlines()) < len(outcome.text.splitlines())
    module = regression(small, outcome)
    compile(module, "regression", "exec")


def test_slice_of_generated_programs() -> None:
    s2sad = pytest.importorskip("s2sad")
    if not hasattr(s2sad, "vjp"):
        pytest.skip("the compiler is not there yet")
    report = campaign(COUNT, SEED, 2)
    shown = "\n".join(
        f"{o.number}: {o.verdict.kind} {o.verdict.what}: {o.verdict.detail[:200]}" for o in report.failures[:10]
    )
    assert not report.failures, f"{report.summary()}\n{shown}"
    assert report.kinds["refused"] <= 0.05 * report.judged, report.summary()
    assert report.judged >= 0.97 * COUNT


def test_slice_of_generated_programs_in_machine_code() -> None:
    pytest.importorskip("numba")
    report = campaign(8, 12, 1, backend="numba")  # a second or two for each: scripts/fuzz --backend numba judges more
    shown = "\n".join(f"{o.number}: {o.verdict.kind} {o.verdict.what}: {o.verdict.detail[:200]}" for o in report.failures)
    assert not report.failures, f"{report.summary()}\n{shown}"
    assert report.kinds["ok"], report.summary()


def test_dual_numbers_agree_with_derivatives_by_hand() -> None:
    over = dual.load(
        "import numpy as np\n\n\ndef entry(x):\n    y = x * 1.0\n    y[1:] *= y[0]\n    return np.sum(y)\n", "entry"
    )
    x = np.array([0.5, 2.0, 3.0])
    (g,) = dual.gradient(over, (x,))
    np.testing.assert_allclose(g, [1 + 5.0, 0.5, 0.5])
