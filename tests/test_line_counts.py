"""Emitted code against adjoints written by hand: right, about as short, and without helpers.

``python -m tests.test_line_counts`` prints the table.
"""

from __future__ import annotations

import copy
import inspect
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from s2sad import pipeline
from s2sad.api.argtypes import types_of
from tests import by_hand, oracles, programs
from tests.test_golden import GOLDEN

LIMIT = 1.25

# What does not keep to the limit yet, with its lines as they are: they may become fewer, and never more.
LONGER = {
    "helper_returns_reshaped": 48,
    "best_row_and_dict_of_pairs": 91,
    "option": 35,
    "mixture": 29,
    "haversine": 25,
    "power": 16,
}
# What still calls a helper of the runtime.
HELPED = {
    "pivoted_elimination",
    "adi_like_sweeps",
    "gram_schmidt",
    "best_row_and_dict_of_pairs",
    "option",
    "mixture",
    "haversine",
}


@dataclass(frozen=True)
class Row:
    """One program: the function, its sample, and the positions to differentiate."""

    fn: Any
    args: tuple[Any, ...]
    active: tuple[int, ...]

    @property
    def name(self) -> str:
        return str(self.fn.__name__)

    @property
    def request(self) -> pipeline.Request:
        call = inspect.signature(self.fn).bind(*self.args)
        call.apply_defaults()
        names = tuple(call.arguments)
        types = types_of(names, tuple(call.arguments.values()))
        return pipeline.Request(self.fn, "value_and_grad", types, tuple(names[k] for k in self.active))

    @property
    def text(self) -> str:
        return pipeline.compile(self.request).text


@cache
def rows() -> dict[str, Row]:
    out = {}
    for p in programs.load():
        if by_hand.THIRTY.get(p.topic) == p.fn.__name__ and p.fn.__name__ not in out:
            out[p.fn.__name__] = Row(p.fn, p.args, p.active)
    for g in GOLDEN:
        if g.mode == "value_and_grad" and g.fun.__name__ in by_hand.WELL_KNOWN:
            out[g.fun.__name__] = Row(g.fun, g.args, g.positions)
    return out


NAMES = [*by_hand.THIRTY.values(), *by_hand.WELL_KNOWN]


def counts(name: str) -> tuple[int, int]:
    """Lines by hand, and ours."""
    return by_hand.lines(by_hand.text_by_hand(name)), by_hand.lines(rows()[name].text)


def test_there_are_thirty_of_thirty_topics() -> None:
    assert len(by_hand.THIRTY) == 30
    assert set(by_hand.THIRTY) <= set(programs.topics())
    assert set(NAMES) == set(rows())


@pytest.mark.parametrize("name", NAMES)
def test_the_adjoint_by_hand_is_right(name: str) -> None:
    row = rows()[name]
    value, *bars = by_hand.by_hand(name)(*copy.deepcopy(row.args))
    want = row.fn(*copy.deepcopy(row.args))
    assert value == pytest.approx(want, rel=1e-12)
    numeric = oracles.numeric_gradient(row.fn, row.args, {}, row.active, 1.0)
    for bar, wanted in zip(bars, numeric, strict=True):
        assert not oracles.close(oracles.leaves(bar), wanted, 1e-6)


def test_what_is_written_by_hand_is_readable() -> None:
    for module in by_hand.modules():
        text = inspect.getsource(module)
        assert max(map(len, text.splitlines())) <= 120
        assert ";" not in text


@pytest.mark.parametrize("name", NAMES)
def test_line_count(name: str) -> None:
    hand, ours = counts(name)
    if name in LONGER:
        assert ours == LONGER[name], "fewer lines: change the table; more: change the code"
        assert ours > LIMIT * hand, "this keeps to the limit now: take it off the list"
    else:
        assert ours <= LIMIT * hand


@pytest.mark.parametrize("name", NAMES)
def test_helpers(name: str) -> None:
    assert ("rt." in rows()[name].text) == (name in HELPED)


def table() -> str:
    """One row for each program, the thirty first."""
    out = []
    for name in NAMES:
        hand, ours = counts(name)
        note = "" if ours <= LIMIT * hand else "  longer"
        out.append(f"{name:30} {hand:4} {ours:4} {ours / hand:6.2f} {rows()[name].text.count('rt.'):4}{note}")
    thirty = list(by_hand.THIRTY.values())
    short = sum(ours <= LIMIT * hand for hand, ours in map(counts, thirty))
    plain = sum("rt." not in rows()[name].text for name in thirty)
    return "\n".join([*out, f"of the thirty {short} keep to the limit, and {plain} have no helper"])


if __name__ == "__main__":
    print(table())
