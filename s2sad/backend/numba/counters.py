"""Loops over ranges as counters.

Numba makes an object of each range, one that walks through it, and a pair for each step: more than a hundred instructions
for a loop, half of what LLVM is given for many functions. Where nothing else sees these objects and the step is 1 or -1, a
loop is a variable that is compared with its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from numba.core import ir, types


class Loops:
    """The names of ranges that only loops see: ``ranges`` with their steps, ``walks`` with the range, ``pairs`` with the walk."""

    def __init__(self, blocks: Iterable[Any], typeof: Callable[[str], Any]) -> None:
        self._values: dict[str, list[Any]] = {}
        self._uses: Counter[str] = Counter()
        self._pair_uses: Counter[str] = Counter()
        self._typeof = typeof
        self.ranges: dict[str, int] = {}
        self.walks: dict[str, str] = {}
        self.pairs: dict[str, str] = {}
        for block in blocks:
            self._count(block)
        for name, values in self._values.items():
            if len(values) == 1 and isinstance(values[0], ir.Expr) and values[0].op == "iternext":
                self._loop(name, values[0].value.name)

    def _count(self, block: Any) -> None:
        """The values and uses of the variables of a block; the parts of a pair that are read where the pair is made."""
        made: set[str] = set()
        for inst in block.body:
            if isinstance(inst, ir.Del):
                continue
            for v in inst.list_vars():
                self._uses[v.name] += 1
            if not isinstance(inst, ir.Assign):
                continue
            self._uses[inst.target.name] -= 1
            self._values.setdefault(inst.target.name, []).append(inst.value)
            if isinstance(inst.value, ir.Expr) and inst.value.op == "iternext":
                made.add(inst.target.name)
            elif isinstance(inst.value, ir.Expr) and inst.value.op in ("pair_first", "pair_second"):
                self._pair_uses[inst.value.value.name] += inst.value.value.name in made

    def _loop(self, pair: str, walk: str) -> None:
        """Is this a loop over a range that nothing else sees?"""
        names: list[str] = []
        value: Any = None
        while value is None or isinstance(value, ir.Var):
            walk = walk if value is None else value.name
            if self._uses[walk] != 1 or len(self._values.get(walk, [])) != 1:
                return
            names.append(walk)
            value = self._values[walk][0]
        if not isinstance(value, ir.Expr) or value.op != "getiter" or self._pair_uses[pair] != self._uses[pair]:
            return
        step = self._step(value.value.name)
        if step is None:
            return
        self.ranges[value.value.name] = step
        self.walks.update(dict.fromkeys(names, value.value.name))
        self.pairs[pair] = value.value.name

    def _step(self, name: str) -> int | None:
        """The step of a range that only one loop sees, if it is 1 or -1."""
        values = self._values.get(name, [])
        if len(values) != 1 or self._uses[name] != 1 or self._typeof(name) != types.range_state64_type:
            return None
        call = values[0]
        if not isinstance(call, ir.Expr) or call.op != "call" or call.kws or call.vararg is not None:
            return None
        if len(call.args) < 3:
            return 1
        (step,) = call.args[2:]
        steps = self._values.get(step.name, [])
        known = len(steps) == 1 and isinstance(steps[0], ir.Const) and steps[0].value in (1, -1)
        return steps[0].value if known else None


__all__ = ["Loops"]
