"""A Python name for each variable: out of SSA by coalescing (union-find) and then by colouring.

Variables that a branch or a loop joins get one name when they are never live at the same time and the user did not
give them different names; where that fails the emitter writes a copy. Then each class takes the user's name if no
other class of that name is live at the same time, else that name with a number; temporaries are ``t1, t2...`` in
program order. Only an array that a loop makes takes the name of an earlier one that is not needed any more, so that its
memory is given back.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from s2sad.analysis.effects import INPLACE_OPS
from s2sad.analysis.unbound import reached
from s2sad.backend.fold import Plan
from s2sad.backend.liveness import Live, liveness
from s2sad.ir.nodes import Atom, Block, For, Function, If, Let, Stmt, Try, Var, While
from s2sad.ir.record import dataclass
from s2sad.ir.types import Array

_SOFT = frozenset({"match", "case", "type", "_"})


@dataclass(slots=True)
class Names:
    """The result: ``names[var]`` for every variable that is written down, and which joined values are needed."""

    names: dict[Var, str]
    live: Live
    unbound: set[Var]  # variables that have no value on some path
    optional: set[str]  # names of temporaries that are copied although they may have no value: None stands for it

    def __getitem__(self, v: Var) -> str:
        return self.names[v]


def assign_names(fn: Function, plan: Plan, reserved: frozenset[str]) -> Names:
    """``reserved``: names of the module and of builtins that the function reads, which no local may hide."""
    live = liveness(fn, plan)
    classes = _Classes(live)
    pairs = list(_pairs(fn.body, plan))
    _coalesce(fn, pairs, classes)
    names = _colour(fn, live, classes, reserved)
    unbound = reached(pairs)
    optional = {
        names[s]
        for d, s in pairs
        if s in unbound and d in live.needed and isinstance(s, Var) and not s.name and names[s] != names[d]
    }
    return Names(names, live, unbound, optional)


class _Classes:
    """Union-find over variables; each class has a live range and a hint."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.parent: dict[Var, Var] = {}
        self.ranges: dict[Var, int] = dict(live.ranges)
        self.hints: dict[Var, str] = {}
        self.pinned: set[Var] = set()

    def find(self, v: Var) -> Var:
        root = v
        while (up := self.parent.get(root)) is not None:
            root = up
        while v is not root:
            self.parent[v], v = root, self.parent[v]
        return root

    def hint(self, root: Var) -> str:
        return self.hints.get(root) or root.name

    def merge(self, a: Atom, b: Atom, same_hint: bool) -> None:
        """Unite two classes if they may share a name. With ``same_hint`` only those of the same user name."""
        if a.__class__ is not Var or b.__class__ is not Var:
            return
        if a not in self.ranges or b not in self.ranges:
            return
        x, y = self.find(a), self.find(b)
        if x is y or self.ranges[x] & self.ranges[y]:
            return
        hx, hy = self.hint(x), self.hint(y)
        if (hx and hy and hx != hy) or (same_hint and hx != hy):
            return
        if x in self.pinned and y in self.pinned:
            return
        if y in self.pinned:
            x, y = y, x
        self.parent[y] = x
        self.ranges[x] |= self.ranges[y]
        self.hints[x] = hx or hy


def _pairs(block: Block, plan: Plan) -> Iterator[tuple[Var, Atom]]:
    """Variables that want one name, in the order of importance within each statement."""
    for stmt in plan.kept(block):
        if isinstance(stmt, Let):
            if stmt.op in INPLACE_OPS and stmt.target is not None:
                yield stmt.target, stmt.args[0]
        else:
            yield from _region_pairs(stmt, plan)


def _region_pairs(stmt: Stmt, plan: Plan) -> Iterator[tuple[Var, Atom]]:
    if isinstance(stmt, If):
        if stmt in plan.as_expression:
            return
        yield from _pairs(stmt.then, plan)
        yield from _pairs(stmt.orelse, plan)
        yield from zip(stmt.targets, stmt.then.results, strict=True)
        yield from zip(stmt.targets, stmt.orelse.results, strict=True)
    elif isinstance(stmt, For | While):
        if isinstance(stmt, While):
            yield from _pairs(stmt.cond, plan)
        yield from zip(stmt.targets, stmt.carried, strict=True)
        yield from _pairs(stmt.body, plan)
        yield from zip(stmt.carried, stmt.body.results[: len(stmt.carried)], strict=True)
        yield from zip(stmt.carried, stmt.init, strict=True)
    elif isinstance(stmt, Try):
        for b in (stmt.body, *(h.body for h in stmt.handlers)):
            yield from _pairs(b, plan)
            yield from zip(stmt.targets, b.results, strict=True)
        yield from _pairs(stmt.final, plan)


def _coalesce(fn: Function, pairs: list[tuple[Var, Atom]], classes: _Classes) -> None:
    for p in fn.params:
        classes.pinned.add(p.var)
    for same_hint in (True, False):
        for a, b in pairs:
            classes.merge(a, b, same_hint)


def _colour(fn: Function, live: Live, classes: _Classes, reserved: frozenset[str]) -> dict[Var, str]:
    taken: dict[str, int] = {}  # name -> places where it is in use
    chosen: dict[Var, str] = {}
    roots: dict[Var, None] = {}
    for p in fn.params:
        root = classes.find(p.var)
        chosen[root] = p.var.name
        taken[p.var.name] = taken.get(p.var.name, 0) | classes.ranges[root]
    for v in sorted(live.first, key=live.first.__getitem__):
        roots.setdefault(classes.find(v))
    hints = {clean(classes.hint(r)) for r in roots if classes.hint(r)}
    temporaries = []
    for root in roots:
        if root in chosen:
            continue
        hint = classes.hint(root)
        if not hint:
            temporaries.append(root)
            continue
        name = _choose(clean(hint), classes.ranges[root], taken, reserved, hints)
        chosen[root] = name
        taken[name] = taken.get(name, 0) | classes.ranges[root]
    n = 0
    free: dict[str, int] = {}  # names of arrays that loops make -> places where each is in use
    for root in temporaries:
        # (what nothing reads keeps a name of its own: it may be a part of a pattern)
        again = _is_array(root) and root in live.in_loops and root in live.needed
        old = next((name for name, span in free.items() if not span & classes.ranges[root]), "") if again else ""
        if not old:
            n += 1
            while f"t{n}" in taken or f"t{n}" in reserved:
                n += 1
        chosen[root] = name = old or f"t{n}"
        if again:
            free[name] = free.get(name, 0) | classes.ranges[root]
    return {v: chosen[classes.find(v)] for v in live.first}


def _is_array(v: Var) -> bool:
    return v.type.__class__ is Array and v.type.dims != ()


def _choose(base: str, span: int, taken: dict[str, int], reserved: frozenset[str], hints: set[str]) -> str:
    if base in reserved:
        base += "_"
        while base in reserved or base in hints:
            base += "_"
    if not taken.get(base, 0) & span:
        return base
    k = 2
    while True:
        name = f"{base}_{k}"
        if name not in reserved and name not in hints and not taken.get(name, 0) & span:
            return name
        k += 1


def clean(hint: str) -> str:
    """A hint as a valid identifier."""
    name = hint if hint.isascii() else _normal(hint)
    if not name.isidentifier():
        name = "".join(c if ("_" + c).isidentifier() else "_" for c in name)
        if not name.isidentifier():
            name = "v" + name
    return name + "_" if keyword.iskeyword(name) and name not in _SOFT else name


def _normal(hint: str) -> str:
    """As Python reads it."""
    import unicodedata  # few programs have such names

    return unicodedata.normalize("NFKC", hint)


__all__ = ["Names", "assign_names", "clean"]
