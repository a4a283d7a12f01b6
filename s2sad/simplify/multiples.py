"""Multiples of one array that go to one place go there at once.

*before*::

    def f(w):
        v = np.sum(w)
        'reverse sweep'
        g = np.exp(w[1:-1])
        x_bar = 2.0 * w
        x_bar[1:-1] += g
        t = g * 0.125
        x_bar[2:] += t
        u = t * -2.0
        x_bar[1:-1] += u
        x_bar[:-2] += t
        x_bar[1:-1] += u
        return v, x_bar

*after*::

    def f(w):
        v = np.sum(w)
        'reverse sweep'
        g = np.exp(w[1:-1])
        x_bar = 2.0 * w
        x_bar[1:-1] += g * 0.5
        t = g * 0.125
        x_bar[2:] += t
        x_bar[:-2] += t
        return v, x_bar

As stencils make them: each term of the user's sum reads the middle. Sums in
other places of that memory may be done before or after; whatever else reads or stores there, or stores into what is added,
comes in between.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import effect_of
from s2sad.analysis.optypes import result_type
from s2sad.analysis.places import index_key
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Stmt, Var, blocks_of, by_op
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Array
from s2sad.simplify.dce import eliminate
from s2sad.specialise.driver import const
from s2sad.specialise.storage import is_basic

_SUMS = ("aug_setitem", "iadd", "isub")
_SIGNS = {"iadd": 1.0, "isub": -1.0, "add": 1.0, "sub": -1.0}


@dataclass(frozen=True, slots=True)
class _Sum:
    """What is added to a place: ``times * base``, with ``value`` the operand that holds it."""

    stmt: Let
    place: Any
    base: Var
    times: float
    value: Var


def gather(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such sums done at once: ``fn`` itself where there are none."""
    pass_ = _Gatherer(fn, primal)
    body = pass_.block(fn.body)
    return eliminate(with_body(fn, body), primal) if pass_.found else fn


class _Gatherer:
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        self.fn, self.primal, self.found = fn, primal, False
        self._facts: tuple[dict[Var, Let], dict[Var, int], Memory] | None = None

    @property
    def facts(self) -> tuple[dict[Var, Let], dict[Var, int], Memory]:
        """Definitions, numbers of uses, memory: few functions need them."""
        if self._facts is None:
            self._facts = usage.lets(self.fn), usage.uses(self.fn), Memory(self.fn)
        return self._facts

    def block(self, block: Block) -> Block:
        if sum(len(by_op(block).get(op, ())) for op in _SUMS) < 2:
            return block
        stmts = [s if s.__class__ is Let else with_blocks(s, tuple(map(self.block, blocks_of(s)))) for s in block.stmts]
        places = [s.args[0] for s in stmts if s.__class__ is Let and _adds(s)]
        if len(places) > len(set(places)):
            stmts = self._gathered(stmts)
        return with_stmts(block, stmts)

    def _gathered(self, stmts: list[Stmt]) -> list[Stmt]:
        groups = [g for g in self._groups(stmts) if len(g) > 1]
        instead: dict[Stmt, list[Stmt]] = {}
        for group in groups:
            new = self._at_once(group)
            if new is not None:
                self.found = True
                instead.update((s.stmt, []) for s in group)
                instead[group[0].stmt] = new
        return [t for s in stmts for t in instead.get(s, [s])] if instead else stmts

    def _groups(self, stmts: list[Stmt]) -> list[list[_Sum]]:
        """Sums of multiples of one array in one place, with nothing between them that could tell."""
        find = self.facts[2].find
        groups: list[list[_Sum]] = []
        open_: dict[tuple[Any, Var], list[_Sum]] = {}
        for s in stmts:
            if s.__class__ is not Let:
                open_.clear()
                continue
            one = self._sum(s)
            if one is not None:
                group = open_.setdefault((one.place, one.base), [])
                if not group:
                    groups.append(group)
                group.append(one)
            if not open_:
                continue
            effect = effect_of(s)
            stored = {find(s.args[p]) for p in effect.writes}
            read = {find(a) for a in (s.args[1:] if _adds(s) else () if _is_view(s) else s.args)} - {None}
            for key, group in list(open_.items()):
                place, base = find(group[0].stmt.args[0]), find(group[0].base)
                if effect.io or base in stored or place in read or (place in stored and not _adds(s)):
                    del open_[key]
        return groups

    def _sum(self, s: Let) -> _Sum | None:
        x = s.args[0] if _adds(s) else None
        if not isinstance(x, Var) or x in self.primal or not isinstance(x.type, Array):
            return None
        whole = s.op != "aug_setitem"
        value = s.args[1 if whole else 2]
        how = s.op if whole else s.args[3].value  # type: ignore[union-attr]
        base, times = self._multiple(value)
        t = type_of_atom(base)
        if not isinstance(base, Var) or not isinstance(value, Var) or not isinstance(t, Array) or t.dtype != x.type.dtype:
            return None
        if base is not value and self.facts[2].is_written(base):
            return None  # what it was when it was multiplied may be gone
        place = (x, None) if whole else (x, index_key(self.facts[0], s.args[1]))
        return _Sum(s, place, base, _SIGNS[how] * times, value)

    def _multiple(self, a: Atom) -> tuple[Atom, float]:
        """``base`` and ``times`` of what the adjoint multiplies by literals."""
        times = 1.0
        while isinstance(a, Var) and a not in self.primal:
            made = self.facts[0].get(a)
            if made is not None and made.op == "neg":
                times, a = -times, made.args[0]
                continue
            literal = made is not None and made.op == "mul" and [type(const(x)) is float for x in made.args]
            if made is None or not literal or sum(literal) != 1:
                break
            times *= const(made.args[literal.index(True)])
            a = made.args[literal.index(False)]
        return a, times

    def _at_once(self, group: list[_Sum]) -> list[Stmt] | None:
        """The one sum, if it takes fewer passes over the array."""
        uses = self.facts[1]
        values = [s.value for s in group]
        idle = {v for v in values if v is not group[0].base and uses.get(v, 0) == values.count(v)}
        total = sum(s.times for s in group)
        if len(group) - 1 + len(idle) - (abs(total) != 1.0) <= 0:
            return None
        first, base = group[0].stmt, group[0].base
        out: list[Stmt] = []
        value = base
        if total == 0.0:
            return out
        if abs(total) != 1.0:
            value = Var("", result_type("mul", (base, Const(abs(total)))))
            out.append(Let(value, "mul", (base, Const(abs(total))), (), first.loc))
        how = "add" if total > 0 else "sub"
        if first.op == "aug_setitem":
            out.append(Let(None, "aug_setitem", (*first.args[:2], value, Const(how)), (), first.loc))
        else:
            out.append(Let(None, f"i{how}", (first.args[0], value), (), first.loc))
        return out


def _adds(s: Let) -> bool:
    """Does it add an array to a place of another, or subtract it?"""
    if s.op not in _SUMS:
        return False
    if s.op == "aug_setitem":
        return isinstance(s.args[3], Const) and s.args[3].value in _SIGNS and is_basic(type_of_atom(s.args[1]))
    return s.target is None


def _is_view(s: Let) -> bool:
    """A view reads nothing yet; nor does a shape."""
    if s.op == "getattr":
        return isinstance(s.args[1], Const) and s.args[1].value in ("shape", "size", "T", "ndim")
    array = s.target is not None and isinstance(s.target.type, Array) and s.target.type.dims not in ((), None)
    return s.op == "getitem" and array and is_basic(type_of_atom(s.args[1]))


__all__ = ["gather"]
