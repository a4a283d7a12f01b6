"""Places that do not move with a loop: what it adds there is gathered in a number, and stored once.

*before*::

    def f(x, r):
        n = x.shape[0]
        y = np.zeros(n)
        for k in range(n):
            for i in range(n):
                y[k] += x[i] * r[i]
        return y

*after*::

    def f(x, r):
        n = x.shape[0]
        y = np.zeros(n)
        for k in range(n):
            t1 = y[k]
            for i in range(n):
                t1 = t1 + x[i] * r[i]
            y[k] = t1
        return y

LLVM leaves such a place in memory where it cannot tell that no other array is there, too, and each addition then waits for
the store before it. The order of the additions is the same. The place must be known to be inside of its array also where
the loop does not run.
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.alias import AliasInfo, alias
from s2sad.analysis.build import Builder
from s2sad.analysis.usage import lets
from s2sad.backend.numba.facts import const, is_array, is_float, is_int
from s2sad.backend.numba.intervals import Intervals
from s2sad.backend.numba.memory import may_share
from s2sad.ir.nodes import Atom, Block, For, Function, Let, Stmt, Var, atoms_of, blocks_of
from s2sad.ir.rewrite import defined_vars, with_blocks, with_body, with_stmts
from s2sad.ir.types import NP_FLOAT, Array

Place = tuple[Var, *tuple[Any, ...]]  # the array, and the variable or number for each axis


def sums_in_registers(fn: Function) -> Function:
    """``fn`` with such sums as numbers that loops carry."""
    return with_body(fn, _Registers(fn).block(fn.body))


class _Registers:
    def __init__(self, fn: Function) -> None:
        self.lets = lets(fn)
        self.intervals = Intervals(fn)
        self.info: AliasInfo = alias(fn)
        self.params = {p.var for p in fn.params}

    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Let):
                out.append(s)
            elif isinstance(s, For) and not s.stop and all(isinstance(x, Let) for x in s.body.stmts):
                out += self._loop(s)
            else:
                out.append(with_blocks(s, tuple(map(self.block, blocks_of(s)))))
        return with_stmts(block, out)

    def _loop(self, s: For) -> list[Stmt]:
        inside = set(defined_vars(Block((s,))))
        firsts: dict[Place, Let] = {}
        for x in s.body.stmts:
            place = self._still(x, inside)
            if place is not None and isinstance(x, Let):
                firsts.setdefault(place, x)
        for place, x in firsts.items():
            if self._is_alone(s, place, inside):
                s, before, after = self._carried(s, place, x, inside)
                return [*before, *self._loop(s), *after]
        return [s]

    def _still(self, x: Stmt, inside: set[Var]) -> Place | None:
        """The place that a statement adds to, where it is the same in each iteration."""
        if not isinstance(x, Let) or x.op != "aug_setitem" or const(x.args[3]) not in ("add", "sub") or not is_float(x.args[2]):
            return None
        array = x.args[0]
        if not isinstance(array, Var) or not isinstance(array.type, Array) or array.type.dtype != "float64":
            return None
        atoms = self._axes(x.args[1])
        dims = array.type.dims or ()
        if len(dims) != len(atoms) or not all(map(is_int, atoms)) or any(a in inside for a in (array, *atoms)):
            return None
        known = all(self.intervals.inside(a, d) for a, d in zip(atoms, dims, strict=True))
        return (array, *(a if const(a) is None else const(a) for a in atoms)) if known else None

    def _axes(self, index: Atom) -> tuple[Atom, ...]:
        made = self.lets.get(index) if isinstance(index, Var) else None
        return made.args if made is not None and made.op == "tuple" else (index,)

    def _is_alone(self, s: For, place: Place, inside: set[Var]) -> bool:
        """Does nothing else in the loop touch the memory of the array?"""
        for x in s.body.stmts:
            own = self._still(x, inside) == place
            arrays = [a for a in atoms_of(x)[own:] if isinstance(a, Var) and is_array(a)]
            if any(may_share(self.info, self.lets, a, place[0], self.params) for a in arrays):
                return False
        return True

    def _carried(self, s: For, place: Place, first: Let, inside: set[Var]) -> tuple[For, list[Stmt], list[Stmt]]:
        b = Builder(first.loc)
        start = b.emit("getitem", first.args[0], self._again(b, first.args[1], inside), type=NP_FLOAT)
        carried, total = Var("", NP_FLOAT), Var("", NP_FLOAT)
        now: Var = carried
        out: list[Stmt] = []
        for x in s.body.stmts:
            if not isinstance(x, Let) or self._still(x, inside) != place:
                out.append(x)
                continue
            after = Var("", NP_FLOAT)
            out.append(Let(after, str(const(x.args[3])), (now, x.args[2]), (), x.loc))
            now = after
        body = Block(tuple(out), (*s.body.results, now))
        new = For(s.item, s.iter, (*s.carried, carried), (*s.init, start), body, (*s.targets, total), False, s.loc)
        end = Builder(first.loc)
        end.effect("setitem", first.args[0], self._again(end, first.args[1], inside), total)
        return new, b.stmts, end.stmts

    def _again(self, b: Builder, index: Atom, inside: set[Var]) -> Atom:
        """The index outside of the loop."""
        if index not in inside:
            return index
        assert isinstance(index, Var)
        made = self.lets[index]
        return b.emit("tuple", *made.args, type=index.type)


__all__ = ["sums_in_registers"]
