"""The corpus judged without the compiler: it runs, repeats itself, and its differences are stable."""

from __future__ import annotations

import copy

import pytest

from tests import oracles
from tests.each import each
from tests.programs import Program, by_topic, load

CORPUS = list(load())


def test_size_of_the_corpus() -> None:
    assert sum(p.issue == 2 for p in CORPUS) >= 120


@pytest.mark.parametrize("topic", by_topic())
def test_programs_are_sound(topic: str) -> None:
    each(by_topic()[topic], sound)


def sound(program: Program) -> None:
    plain = oracles.observe(lambda a, k: program.fn(*a, **k), program.args, program.kwargs)
    again = oracles.observe(lambda a, k: program.fn(*a, **k), program.args, program.kwargs)
    assert plain.error is None, plain.error
    assert plain == again
    directions = {i: oracles.random_like(program.args[i], 7 + i) for i in program.active}
    diff = oracles.directional(program.fn, program.args, program.kwargs, directions)
    scale = max([1.0, *(float(abs(v).max(initial=0.0)) for v in diff.value)])
    assert diff.error <= 1e-3 * scale, f"unstable differences: {diff}"
    finer = oracles.directional(program.fn, program.args, program.kwargs, directions, step=oracles.STEP / 4)
    assert not oracles.close(finer.value, diff.value, program.rtol)
    args, kwargs = program.sample()
    value = program.fn(*args, **copy.deepcopy(kwargs))
    assert oracles.leaves(value) or isinstance(value, int), "no float in the result"
