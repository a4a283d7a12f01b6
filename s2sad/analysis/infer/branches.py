"""What comes out of a branch: plain values get a target with the join of their types, functions a number that tells them
apart and targets for what they captured inside."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING

from s2sad.analysis.infer import functions, merging, records
from s2sad.analysis.infer.functions import Choice, Code, Option
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, Global, If, Loc, Ref, Stmt, Var, targets_of
from s2sad.ir.types import BOOL, INT, Lit, Opaque, join

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Pair = tuple[Var, Atom, Atom]


class Merge:
    """One ``If`` in the making: both blocks, and the results that are kept."""

    def __init__(self, f: FunctionInfer, then: Block, orelse: Block) -> None:
        self.f = f
        self.sides: tuple[list[Stmt], list[Stmt]] = (list(then.stmts), list(orelse.stmts))
        self.inside = tuple({v for s in side for v in targets_of(s)} for side in self.sides)
        self.keep: list[Pair] = []

    def value(self, a: Atom, b: Atom, untyped: Var | None, name: str) -> Atom:
        """The atom for a variable that is ``a`` after one branch and ``b`` after the other."""
        if (a is b and a is not UNDEF) or functions.same_function(a, b):
            return a
        if records.is_tracked(self.f, a) or records.is_tracked(self.f, b):
            return merging.merge_values(self.f, a, b, name, self.value)
        if self._functions(a, b):
            merged = self._function(a, b, name)
            if merged is not None:
                return merged
        a, b = self._concrete(0, a), self._concrete(1, b)
        return self._kept(a, b, untyped, name)

    def finish(self, test: Atom, loc: Loc) -> If:
        then = Block(tuple(self.sides[0]), tuple(a for _, a, _ in self.keep))
        orelse = Block(tuple(self.sides[1]), tuple(b for _, _, b in self.keep))
        return If(test, then, orelse, tuple(t for t, _, _ in self.keep), loc)

    # -- functions -------------------------------------------------------------------------------------------------

    def _functions(self, a: Atom, b: Atom) -> bool:
        known = [functions.is_function(self.f, x) for x in (a, b) if x is not UNDEF]
        return bool(known) and all(known)

    def _function(self, a: Atom, b: Atom, name: str) -> Atom | None:
        found = [self._options(k, x) for k, x in enumerate((a, b))]
        if any(found[k] is None and x is not UNDEF for k, x in enumerate((a, b))):
            return None
        columns: dict[int, list[Option | None]] = {}
        for k, one in enumerate(found):
            for option in one[1] if one is not None else ():
                columns.setdefault(option.number, [None, None])[k] = option
        options = tuple(self._option(pair) for pair in columns.values())
        if len(options) == 1:
            only = options[0]
            if isinstance(only.callee, Ref):
                return only.callee
            return functions.make(self.f, only.callee, only.captured, name)
        tags = [one[0] if one is not None else Const(-1) for one in found]
        tag = Var(name, INT)
        self.keep.append((tag, tags[0], tags[1]))
        out = Var(name, Opaque(FunctionType))
        self.f.choices[out] = Choice(tag, options)
        return out

    def _options(self, side: int, a: Atom) -> tuple[Atom, tuple[Option, ...]] | None:
        if a is UNDEF:
            return None
        saved, self.f.out = self.f.out, self.sides[side]
        found = functions.options_of(self.f, a)
        self.f.out = saved
        return found

    def _option(self, pair: list[Option | None]) -> Option:
        """One option with its captured values as they can be read after the branch."""
        first = next(o for o in pair if o is not None)
        captured = []
        for j in range(len(first.captured)):
            a, b = (UNDEF if o is None else o.captured[j] for o in pair)
            captured.append(self._captured(a, b))
        return Option(first.callee, tuple(captured), first.number)

    def _captured(self, a: Atom, b: Atom) -> Atom:
        if a is b or functions.same_function(a, b):
            return a
        for side, x, other in ((0, a, b), (1, b, a)):
            if other is UNDEF and not (isinstance(x, Var) and x in self.inside[side]) and not self._made_inside(side, x):
                return x  # known before the branch
        return self._kept(self._concrete(0, a), self._concrete(1, b), None, getattr(a if a is not UNDEF else b, "name", ""))

    def _made_inside(self, side: int, x: Atom) -> bool:
        """Is this a function that captured something inside the branch?"""
        items = self.f.closures.get(x, ()) if isinstance(x, Var) else ()
        return any(isinstance(i, Var) and (i in self.inside[side] or self._made_inside(side, i)) for i in items)

    # -- plain values ----------------------------------------------------------------------------------------------

    def _concrete(self, side: int, a: Atom) -> Atom:
        saved, self.f.out = self.f.out, self.sides[side]
        a = self.f.concrete(a)
        self.f.out = saved
        return a

    def _kept(self, a: Atom, b: Atom, untyped: Var | None, name: str) -> Var:
        t = join(type_of_atom(a), type_of_atom(b))
        target = self.f.new(untyped, t) if untyped is not None else Var(name, t)
        self.keep.append((target, a, b))
        return target


__all__ = ["Code", "Merge"]


def settled(test: Atom, a: Atom, b: Atom) -> bool | None:
    """What ``test and False`` and ``test or True`` give, whatever the test: ``SYMBOLIC and isinstance(x, Expr)``."""
    if _same(b, test) and type_of_atom(a) == Lit(False):
        return False if type_of_atom(test) in _BOOLS else None
    if _same(a, test) and type_of_atom(b) == Lit(True):
        return True if type_of_atom(test) in _BOOLS else None
    return None


_BOOLS = (BOOL, Opaque(bool))


def _same(a: Atom, b: Atom) -> bool:
    both = isinstance(a, Global) and isinstance(b, Global)
    return a is b or (both and a.name == b.name and a.namespace is b.namespace)  # type: ignore[union-attr]
