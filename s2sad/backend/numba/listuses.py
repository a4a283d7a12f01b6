"""Which lists of numbers a function has that are no tapes, and where they are recorded and read back."""

from __future__ import annotations

import builtins

from s2sad import runtime as rt
from s2sad.analysis.alias import alias
from s2sad.analysis.effects import effect_of
from s2sad.backend.numba.facts import DTYPES, calls
from s2sad.backend.numba.refuse import refuse
from s2sad.ir.nodes import Atom, For, Function, If, Let, Stmt, Try, Var, While, atoms_of, blocks_of, walk
from s2sad.ir.rewrite import defined_vars
from s2sad.ir.types import Array, List, Scalar, Type


def is_numbers(t: Type | None) -> bool:
    """Is this a list of numbers that machine code knows, of no known length?"""
    return isinstance(t, List) and t.items is None and isinstance(t.item, Scalar) and t.item.dtype in DTYPES


def as_array(v: Var) -> Var:
    """The variable of the array in which such a list is recorded."""
    assert isinstance(v.type, List) and isinstance(v.type.item, Scalar)
    return Var(v.name, Array(v.type.item.dtype, (None,)))


class ListUses:
    """``lists``: the variables that are lists of Numba's. ``records``: the statements that put one among the residuals or
    on a tape; ``read_back``: the variables that take one from there; ``detached``: those that already are the arrays of what
    was recorded; ``displays``: those of one element that are only repeated."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.info = alias(fn)
        self.parent: dict[Atom, Atom] = {}
        self.stmts = walk(fn.body)
        variables = [v for v in (*(p.var for p in fn.params), *defined_vars(fn.body)) if is_numbers(v.type)]
        for s in self.stmts:
            self._flows(s)
        tapes = self._tapes()
        self.displays = displays = self._repeated()
        self.lists = {v for v in variables if self._find(v) not in tapes and v not in displays}
        self.detached = self._detached()
        self.lists -= self.detached
        kept = self._kept()
        self.records = {
            s for s in self.stmts
            if isinstance(s, Let) and ((s.op == "tuple" and s.target in kept) or self._appends(s))
            and any(a in self.lists for a in s.args)
        }  # fmt: skip
        self.read_back = self._read_back()
        self._require_settled()

    # -- classes ----------------------------------------------------------------------------------------------------
    def _find(self, a: Atom) -> Atom:
        while (up := self.parent.get(a)) is not None:
            a = up
        return a

    def _union(self, a: Atom, b: Atom) -> None:
        if isinstance(a, Var) and isinstance(b, Var) and is_numbers(a.type) and is_numbers(b.type):
            a, b = self._find(a), self._find(b)
            if a is not b:
                self.parent[a] = b

    def _flows(self, s: Stmt) -> None:
        if isinstance(s, Let):
            if s.target is not None and s.op in ("copy", "iadd"):
                self._union(s.target, s.args[0])
            elif s.target is not None and calls(s, builtins.reversed):
                self._union(s.target, s.args[1])
        elif isinstance(s, For | While):
            n = len(s.carried)
            for c, i, r, t in zip(s.carried, s.init, s.body.results[:n], s.targets, strict=True):
                for other in (i, r, t):
                    self._union(c, other)
        elif isinstance(s, If | Try):
            for b in blocks_of(s):
                for t, r in zip(s.targets, b.results, strict=False):
                    self._union(t, r)

    def _tapes(self) -> set[Atom]:
        """The classes of lists that one loop fills and that are otherwise recorded, or walked through backwards. The compiler
        names its own: what is done with a list of the user's shows in the adjoint function alone."""
        out: set[Atom] = set()
        appends: dict[Atom, int] = {}
        for s in self.stmts:
            for a in s.args if isinstance(s, Let) else ():
                if isinstance(a, Var) and is_numbers(a.type):
                    root = self._find(a)
                    appends[root] = appends.get(root, 0) + (isinstance(s, Let) and s.op == "method" and s.args[0] is a)
                    if isinstance(s, Let) and not self._is_of_tape(s, a):
                        out.add(root)
            if isinstance(s, Let) and s.target is not None and is_numbers(s.target.type):
                if not (s.op == "list" and not s.args) and not self._is_read(s) and not calls(s, builtins.reversed):
                    out.add(self._find(s.target))
            if isinstance(s, For) and isinstance(s.iter, Var) and is_numbers(s.iter.type) and not self._is_reversed(s.iter):
                out.add(self._find(s.iter))
            if isinstance(s, If) and isinstance(s.test, Var) and is_numbers(s.test.type):
                out.add(self._find(s.test))
            if isinstance(s, While) and isinstance(c := s.cond.results[0], Var) and is_numbers(c.type):
                out.add(self._find(c))
        out |= {self._find(p.var) for p in self.fn.params} | {self._find(a) for a in self.fn.body.results}
        out |= {root for root, n in appends.items() if n > 1}
        variables = [v for v in defined_vars(self.fn.body) if is_numbers(v.type)]
        out |= {self._find(v) for v in variables if v.name and not v.name.startswith("tape")}
        named = {self._find(v) for v in variables if v.name}
        return named - out

    def _repeated(self) -> set[Atom | None]:
        """Displays that are only there to be repeated: ``[0.0] * n``."""
        made: set[Atom | None] = {s.target for s in self.stmts if isinstance(s, Let) and s.op == "list" and len(s.args) == 1}
        for s in self.stmts:
            made -= set(atoms_of(s)) if not (isinstance(s, Let) and s.op == "mul") and not calls(s, rt.zero_tangent) else set()
            for b in blocks_of(s):
                made -= set(b.results)
        return made - set(self.fn.body.results)

    def _is_of_tape(self, s: Let, a: Var) -> bool:
        if s.op == "method":
            return getattr(s.args[1], "value", "") == "append"
        return s.op == "tuple" or calls(s, builtins.reversed, builtins.zip)

    def _is_read(self, s: Let) -> bool:
        """Is it taken out of residuals, or of an entry?"""
        return s.op == "getitem" and isinstance(s.args[0], Var) and not isinstance(s.args[0].type, List | Array)

    def _is_reversed(self, v: Var) -> bool:
        return any(isinstance(s, Let) and s.target is v and calls(s, builtins.reversed, builtins.zip) for s in self.stmts)

    # -- records ----------------------------------------------------------------------------------------------------
    def _appends(self, s: Let) -> bool:
        """Is a list of numbers itself an entry?"""
        return s.op == "method" and getattr(s.args[1], "value", "") == "append" and s.args[2] in self.lists

    def _kept(self) -> set[Atom | None]:
        """The tuples that loops record, and the residuals."""
        out: set[Atom | None] = set()
        for s in self.stmts:
            if isinstance(s, Let) and s.op == "method" and len(s.args) == 3 and getattr(s.args[1], "value", "") == "append":
                out.add(s.args[2])
            elif isinstance(s, Let) and s.op == "tuple" and s.target is not None and s.target.name == "residuals":
                out.add(s.target)
            elif calls(s, rt.detached) and isinstance(s, Let):
                out.add(s.args[1])
        if self.fn.name.endswith("_fwd"):
            made = next((s for s in self.stmts if isinstance(s, Let) and s.target is self.fn.result), None)
            if made is not None and made.op == "tuple" and len(made.args) == 2:
                out.add(made.args[1])
        return out

    def _detached(self) -> set[Var]:
        """What ``rt.detached`` gives back of lists."""
        made = {s.target: s for s in self.stmts if isinstance(s, Let)}
        sources: dict[Atom, Let] = {}
        out: set[Var] = set()
        for s in self.stmts:
            if not isinstance(s, Let) or s.target is None:
                continue
            tuple_ = made.get(s.args[1]) if calls(s, rt.detached) and isinstance(s.args[1], Var) else None
            if tuple_ is not None and tuple_.op == "tuple":
                sources[s.target] = tuple_
            elif s.op == "unpack" and s.args[0] in sources:
                sources[s.target] = sources[s.args[0]]
            elif s.op == "getitem" and s.args[0] in sources and is_numbers(s.target.type):
                if sources[s.args[0]].args[getattr(s.args[1], "value", 0)] in self.lists:
                    out.add(s.target)
        return out

    def _read_back(self) -> set[Atom | None]:
        sources: set[Atom] = set()
        if self.fn.params and self.fn.params[0].var.name == "residuals":
            sources.add(self.fn.params[0].var)
        out: set[Atom | None] = set()
        for s in self.stmts:
            if isinstance(s, For):
                sources.add(s.item)
            elif isinstance(s, Let) and s.op in ("getitem", "unpack") and s.args[0] in sources and s.target is not None:
                if s.target in self.lists:
                    out.add(s.target)
                else:
                    sources.add(s.target)
        return out

    def changes(self, s: Stmt) -> bool:
        """Does a statement change a list of numbers?"""
        if not isinstance(s, Let) or not any(isinstance(a, Var) and a in self.lists for a in s.args):
            return False
        effect = effect_of(s)
        return effect.io or any(s.args[k] in self.lists for k in effect.writes)

    def _makes(self, s: Let) -> bool:
        """Is the list made here, or another name for one that is?"""
        return s.op in ("list", "copy", "mul", "add", "iadd") or (s.op == "getitem" and s.args[0] in self.lists)

    def _require_settled(self) -> None:
        """What is recorded as an array may not change afterwards, as the list in its place would."""
        order = {s: k for k, s in enumerate(self.stmts)}
        loops = [s for s in self.stmts if isinstance(s, For | While)]
        inside = {loop: {x for b in blocks_of(loop) for x in walk(b)} for loop in loops}
        for r in self.records:
            around = [loop for loop in loops if r in inside[loop]]
            for a in r.args:
                if isinstance(a, Var) and a in self.lists and self._changes_later(r, a, order, around, inside):
                    raise refuse(self.fn, "a list that changes after a loop has recorded it", r.loc)

    def _changes_later(
        self, r: Let, a: Var, order: dict[Stmt, int], around: list[For | While], inside: dict[For | While, set[Stmt]]
    ) -> bool:
        root = self.info.find(a)
        same = {v for v in self.lists if self._find(v) is self._find(a)}
        made = [s for s in self.stmts if isinstance(s, Let) and s.target in same]
        fresh = made and all(map(self._makes, made))
        own = [loop for loop in around if not (fresh and all(s in inside[loop] for s in made))]  # the list is older than these
        for s in self.stmts:
            if isinstance(s, Let) and self.changes(s) and any(isinstance(x, Var) and self.info.find(x) == root for x in s.args):
                if order[s] > order[r] or any(s in inside[loop] for loop in own):
                    return True
        return False


__all__ = ["ListUses", "as_array", "is_numbers"]
