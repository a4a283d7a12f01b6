"""``x op= v`` where inference does not know whether x is a number or an array.

For a number it rebinds the name, for an array it changes the array. Both give the same as ``x = x op v`` where nobody else
can see the array: it was made here, no container holds it, no view of it was taken, and its old value is not read again.
That is checked here, after inference; where it does not hold the program is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.optypes import ARITHMETIC, COMPARISONS, type_of_atom
from s2sad.ir.nodes import Atom, Block, For, If, Let, Loc, Ref, Stmt, Try, Var, While, atoms_of, blocks_of, targets_of
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import Array, Num, Unknown, is_number
from s2sad.rules.registry import lookup

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Loops = tuple[Stmt, ...]
Arms = tuple[tuple[Stmt, int], ...]  # the branches that a place is in
_READS = ARITHMETIC | COMPARISONS | {"not", "is_", "is_not", "format_value", "in_", "not_in", "raise_", "assert_"}


@dataclass(eq=False)
class _Uses:
    """Where each variable is defined and read: positions in program order, and the loops around them."""

    defined: dict[Var, tuple[Stmt | None, Loops, int]] = field(default_factory=dict)
    sources: dict[Var, list[Atom]] = field(default_factory=dict)  # plumbing: what a target or carried variable may be
    reads: dict[Var, list[tuple[int, Loops, Arms, Stmt | None]]] = field(default_factory=dict)  # None: a region's result
    places: dict[Stmt, tuple[int, Loops, Arms]] = field(default_factory=dict)
    count: int = 0

    def read(self, a: Atom, loops: Loops, arms: Arms, by: Stmt | None) -> None:
        if isinstance(a, Var):
            self.reads.setdefault(a, []).append((self.count, loops, arms, by))

    def block(self, b: Block, loops: Loops, arms: Arms = ()) -> None:
        for s in b.stmts:
            self.count += 1
            self.places[s] = self.count, loops, arms
            self._stmt(s, loops, arms)
        self.count += 1
        for a in b.results:
            self.read(a, loops, arms, None)

    def _stmt(self, s: Stmt, loops: Loops, arms: Arms) -> None:
        by = s if isinstance(s, Let) else None
        for a in atoms_of(s):
            self.read(a, loops, arms, by)
        inside = (*loops, s) if isinstance(s, For | While) else loops
        for k, inner in enumerate(blocks_of(s)):
            self.block(inner, inside, (*arms, (s, k)) if isinstance(s, If) else arms)
        for t in targets_of(s):
            self.defined[t] = s, loops, self.count
        if isinstance(s, For | While):
            for k, c in enumerate(s.carried):
                self.defined[c] = s, inside, self.places[s][0]
                ends = [s.init[k], s.body.results[k]]
                self.sources[c] = ends
                self.sources[s.targets[k]] = [c, *ends]
        elif isinstance(s, If | Try):
            ends_ = (s.then, s.orelse) if isinstance(s, If) else (s.body, *(h.body for h in s.handlers))
            for k, t in enumerate(s.targets):
                self.sources[t] = [b.results[k] for b in ends_]


def check(f: FunctionInfer, body: Block) -> None:
    """Refuse the augmented assignments of ``f.rebound`` that may be seen elsewhere."""
    if not f.rebound:
        return
    uses = _Uses()
    uses.block(body, ())
    results = {new: old for old, new, _ in f.rebound}
    for old, new, loc in f.rebound:
        if not _private(f, uses, old, new, results):
            _refuse(f, loc, old)


def _refuse(f: FunctionInfer, loc: Loc, old: Var) -> None:
    what = old.name or "a value"
    f.refuse(
        "S2S063",
        f"{what} is changed in place, and whether it is a number or an array that others see is not known",
        f"write {what} = {what} + ... to make a new value, or give the types",
        loc,
    )


def _private(f: FunctionInfer, uses: _Uses, old: Var, new: Var, results: dict[Var, Var]) -> bool:
    made = uses.defined.get(new)
    if made is None or made[0] not in uses.places:
        return True  # in a part that was thrown away
    at, loops, arms = uses.places[made[0]]
    web = _web(f, uses, old, results)
    if web is None:
        return False
    for v in web:
        if (v is not new or loops) and _two_names(uses, v):
            return False
        _, home, born = uses.defined.get(v, (None, (), 0))
        for place, around, within, by in uses.reads.get(v, ()):
            if by is made[0]:
                continue
            common = [x for x in loops if x in around]
            again = any(x not in home for x in common)  # read in a later round of a loop that does not define it
            after = again or (place > at and not _exclusive(arms, within))
            if after and v is not new and (again or born <= at):  # one that is born later is the changed one
                return False
            if (not after or common) and by is not None and not _harmless(by, v):
                return False
    return True


def _exclusive(a: Arms, b: Arms) -> bool:
    """Are the two places in different branches of one ``if``?"""
    return any(s is t and k != j for s, k in a for t, j in b)


def _two_names(uses: _Uses, v: Var) -> bool:
    """Is the value handed on under two names that are both there?"""
    handed = [arms for _, _, arms, by in uses.reads.get(v, ()) if by is None]
    return any(not _exclusive(a, b) for k, a in enumerate(handed) for b in handed[:k])


def _web(f: FunctionInfer, uses: _Uses, old: Var, results: dict[Var, Var]) -> list[Var] | None:
    """The variables that may be the same array as ``old``; None where one of them is not made here."""
    found: dict[Var, None] = {}
    todo: list[Atom] = [old]
    while todo:
        v = todo.pop()
        if not isinstance(v, Var) or v in found or is_number(type_of_atom(v)):
            continue
        found[v] = None
        if v in uses.sources:
            todo += uses.sources[v]
        elif v in results:
            todo.append(results[v])
        elif not _fresh(uses.defined.get(v, (None, (), 0))[0], v, f):
            return None
    return list(found)


def _fresh(s: Stmt | None, v: Var, f: FunctionInfer) -> bool:
    if s is None:  # a parameter: of a type that nothing is known of, in code that is there to be read
        return f.spec.entry and isinstance(v.type, Unknown)
    if not isinstance(s, Let):
        return False
    if s.op in ARITHMETIC:
        return True
    if s.op == "call" and isinstance(s.args[0], Ref):
        rule = lookup(s.args[0].obj)
        return rule is not None and rule.aliases == "fresh"
    return False


def _harmless(s: Stmt, v: Var) -> bool:
    """A statement that reads the value and keeps no way to it."""
    if not isinstance(s, Let):
        return True
    if s.op in _READS:
        return True
    if s.op in ("setitem", "aug_setitem"):
        return isinstance(type_of_atom(s.args[0]), Array) and s.args[0] is not v
    if s.op == "getitem":
        return s.target is not None and (is_number(type_of_atom(s.target)) or s.args[1] is v)
    if s.op == "getattr":
        return getattr(s.args[1], "value", "") in ("shape", "ndim", "size", "dtype")
    if s.op == "call" and isinstance(s.args[0], Ref):
        rule = lookup(s.args[0].obj)
        return rule is not None and rule.aliases == "fresh"
    return False


def is_open(t: object) -> bool:
    """May a value of this type be a number as well as an array?"""
    return isinstance(t, Num | Unknown)


__all__ = ["check", "is_open"]
