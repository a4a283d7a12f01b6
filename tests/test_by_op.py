"""What a block keeps about its statements is what a walk would find."""

from __future__ import annotations

from collections import defaultdict

import pytest

from s2sad.analysis.usage import lets, uses
from s2sad.frontend.lower import lower_function
from s2sad.ir.nodes import Block, Let, by_op, walk
from s2sad.ir.rewrite import map_lets
from tests.programs import Program, load


def found_by_a_walk(block: Block) -> dict[str, list[Let]]:
    found: dict[str, list[Let]] = defaultdict(list)
    for s in walk(block):
        if isinstance(s, Let):
            found[s.op].append(s)
    return found


@pytest.mark.parametrize("program", list(load())[::40], ids=lambda p: p.name)
def test_statements_by_operation(program: Program) -> None:
    body = lower_function(program.fn).function.body
    assert by_op(body) == found_by_a_walk(body) == by_op(body)
    without = map_lets(body, lambda s: None if s.op == "mul" else s)
    assert "mul" not in by_op(without) and by_op(body) == found_by_a_walk(body)
    assert by_op(without) == found_by_a_walk(without)
    assert uses(without) is not uses(without) and lets(without) is not lets(without)  # callers change what they get
