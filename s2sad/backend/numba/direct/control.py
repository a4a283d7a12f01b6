"""Branches and loops.

Where ways meet, values are joined by LLVM's ``phi``. Arrays that meet there are owned: each way hands over a reference, its own
where it needs it no more. A loop tests at its end, and once before it starts.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, Any

from s2sad.backend.numba.direct.arrays import incref
from s2sad.backend.numba.direct.ends import last_reads, shared_atoms, still_carried
from s2sad.backend.numba.direct.numbers import truth
from s2sad.backend.numba.direct.values import Kind, NotDirect, Num, Rng, arrays_in, join, kind_of
from s2sad.backend.numba.direct.writer import UNLIKELY, Writer, joined, leaf_types
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, For, If, Let, Ref, Var, While, free_vars

if TYPE_CHECKING:
    from s2sad.backend.numba.direct.function import Direct

NOTHING = Num("i", "0")
Edge = tuple[str, list[str]]  # the block that a way comes from, and what it brings


def owners_of(values: Sequence[Any]) -> list[str]:
    return [a.owner for value in values for a in arrays_in(value)]


class Scope:
    """The block that is being written: what it owns, and when that ends."""

    def __init__(self, w: Writer, block: Block) -> None:
        self.w = w
        self.last = last_reads(block)
        self.viewed = shared_atoms(block)
        self.owned: dict[Var, list[str]] = {}
        self.ends: dict[int, list[Var]] = {}

    def own(self, v: Var, value: Any, now: int) -> None:
        owners = owners_of((value,))
        if owners:
            self.owned[v] = owners
            self.w.owned(v, owners)
            self.ends.setdefault(self.last.get(v, now), []).append(v)

    def disown(self, v: Var) -> list[str]:
        """What the variable owned, which is released or given away now."""
        owners = self.owned.pop(v)
        self.w.given_up(v, owners)
        return owners

    def end(self, k: int) -> None:
        """Free what statement k was the last to read."""
        for v in self.ends.pop(k, ()):
            if v in self.owned:
                for owner in self.disown(v):
                    self.w.decref(owner)

    def give(self, s: If, k: int) -> list[Var]:
        """What ends with this branch, the k-th statement, and is a result of it on some way: each way owns it from its start.
        (A tape that grows is such: counted on the way on which it does not, it would be counted in each turn of a loop.)"""
        results = {a for a in (*s.then.results, *s.orelse.results) if isinstance(a, Var)}
        given = [v for v in self.owned if v in results and self.last.get(v) == k and v not in self.viewed]
        for v in given:
            self.disown(v)
        return given

    def finish(self) -> None:
        for v in [*self.owned]:
            for owner in self.disown(v):
                self.w.decref(owner)


def hand_over(w: Writer, scope: Scope, atoms: Sequence[Atom], values: Sequence[Any], until: int, kept: Set[Atom]) -> None:
    """Let each of these arrays be owned by who gets it: what ends here is given away, of others there is one more.
    ``kept``: what is not given away, though it ends here."""
    for a, value in zip(atoms, values, strict=True):
        if isinstance(a, Var) and a in scope.owned and scope.last.get(a, until) <= until and a not in kept:
            scope.disown(a)
            continue
        for array in arrays_in(value):
            incref(w, array.owner)


def meet(w: Writer, kinds: Sequence[Kind], edges: Sequence[Edge]) -> list[Any]:
    """The values where ways meet: in a block that has just begun."""
    types = [t for k in kinds for t in leaf_types(k)]
    texts: list[str] = []
    for j, t in enumerate(types):
        found = {row[j] for _, row in edges}
        if len(found) == 1:
            texts.append(found.pop())
        else:
            texts.append(w.emit(f"phi {t} " + ", ".join(f"[{row[j]}, %{label}]" for label, row in edges)))
    it = iter(texts)
    return [w.whole(k, it) for k in kinds]


def raising(block: Block) -> tuple[Any, tuple[Any, ...]] | None:
    """The error of a block that does nothing but raise one that is known."""
    stmts = [s for s in block.stmts if not (isinstance(s, Let) and s.op == "comment")]
    if len(stmts) != 2 or not all(isinstance(s, Let) for s in stmts):
        return None
    made, raised = stmts
    assert isinstance(made, Let)
    assert isinstance(raised, Let)
    if made.op != "call" or raised.op != "raise_" or len(raised.args) != 1 or raised.args[0] is not made.target:
        return None
    ref = made.args[0]
    if not isinstance(ref, Ref) or made.kwnames or not all(isinstance(a, Const) for a in made.args[1:]):
        return None
    if not (isinstance(ref.obj, type) and issubclass(ref.obj, BaseException)):
        return None
    return ref.obj, tuple(a.value for a in made.args[1:] if isinstance(a, Const))


def branch(f: Direct, s: If, scope: Scope, now: int) -> None:
    w = f.w
    test = truth(w, f.value(s.test))
    if test in ("true", "false"):
        _taken(f, s, s.then if test == "true" else s.orelse, scope, now)
        return
    error = raising(s.then)
    if error is not None and not s.orelse.stmts:
        after = w.block()
        w.branch(test, w.raises(*error), after, UNLIKELY)
        w.start(after)
        _taken(f, s, s.orelse, scope, now)
        return
    then, orelse, after = w.block(), w.block(), w.block()
    given = scope.give(s, now)
    w.branch(test, then, orelse)
    ways = []
    for label, block in ((then, s.then), (orelse, s.orelse)):
        w.start(label)
        values = f.block(block, given)
        ways.append((len(w.lines), w.label, w.dead, values))
    if all(way[2] for way in ways):
        return
    kinds, edges = _merge(f, s, ways, after)
    w.start(after)
    for v, value in zip(s.targets, meet(w, kinds, edges), strict=True):
        f.env[v] = value
        scope.own(v, value, now)


def _merge(f: Direct, s: If, ways: list[Any], after: str) -> tuple[list[Kind], list[Edge]]:
    """End both branches with what they give, as values of one kind."""
    w = f.w
    alive = [way[3] for way in ways if not way[2]]
    kinds = [joined([values[k] for values in alive if values[k] is not UNDEF] or [NOTHING]) for k in range(len(s.targets))]
    edges: list[Edge] = []
    rest = w.lines[ways[0][0] :]
    del w.lines[ways[0][0] :]
    for n, (_, label, dead, values) in enumerate(ways):
        if n == 1:
            w.lines += rest
        if not dead:
            w.dead, w.label = False, label
            edges.append((label, f.row(values, kinds)))
            w.jump(after)
    return kinds, edges


def _taken(f: Direct, s: If, block: Block, scope: Scope, now: int) -> None:
    values = f.block(block)
    if f.w.dead:
        return
    for v, value in zip(s.targets, values, strict=True):
        f.env[v] = value
        scope.own(v, value, now)


# -- loops -----------------------------------------------------------------------------------------------------------------


def guesses(f: Direct, s: For | While, first: Sequence[Any]) -> list[Kind]:
    """The kinds of the carried variables, by what they start with and by their types."""
    out = []
    for v, value in zip(s.carried, first, strict=True):
        kind = kind_of(value) if value is not UNDEF else None
        told = f.told_kind(v)
        if kind is None:
            kind = told
        elif isinstance(kind, str) and told in ("f", "i", "b"):
            kind = join(kind, told)
        if kind is None:
            raise NotDirect("a variable without a value before a loop")
        out.append(kind)
    return out


def loop(f: Direct, s: For | While, scope: Scope, now: int) -> None:
    """A loop; written again where a variable turns out to be of another kind than it seemed."""
    w = f.w
    first = [f.value(a) for a in s.init]
    still = still_carried(s)
    moving = [k for k, same in enumerate(still) if not same]
    for k, same in enumerate(still):
        if same:
            f.env[s.carried[k]] = f.env[s.targets[k]] = first[k]
    kinds = [kind for k, kind in enumerate(guesses(f, s, first)) if not still[k]]
    kept = {*free_vars(s.body), *(s.init[k] for k, same in enumerate(still) if same), *scope.viewed}
    if isinstance(s, While):
        kept.update(free_vars(s.cond))
    hand_over(w, scope, [s.init[k] for k in moving], [first[k] for k in moving], now, kept)
    write = _for if isinstance(s, For) else _while
    for _ in range(4):
        start = len(w.lines), w.label, dict(f.env), len(w.leaving.passed)
        found = write(f, s, moving, kinds, [first[k] for k in moving])  # type: ignore[arg-type]
        if found == kinds:
            break
        del w.lines[start[0] :], w.leaving.passed[start[3] :]
        w.label, f.env, w.dead, kinds = start[1], start[2], False, found
    else:
        raise NotDirect("a loop whose variables have no kind")
    for k in moving:
        if s.targets[k] in f.env and not w.dead:
            scope.own(s.targets[k], f.env[s.targets[k]], now)


def _results(f: Direct, s: For | While, values: Sequence[Any], moving: Sequence[int], kinds: list[Kind]) -> list[Kind]:
    """The kinds that the variables must have for what the body gives them."""
    return [join(kind, kind_of(values[k])) if values[k] is not UNDEF else kind for k, kind in zip(moving, kinds, strict=True)]


def _for(f: Direct, s: For, moving: Sequence[int], kinds: list[Kind], first: Sequence[Any]) -> list[Kind]:
    w = f.w
    over = f.value(s.iter)
    if not isinstance(over, Rng):
        raise NotDirect("a loop over anything but a range")
    step = over.step.value
    start, stop, counted = over.start, over.stop.text, ""
    if step not in (1, -1):
        w.owned(s, owners_of(first))
        if step is None:
            w.check(w.emit(f"icmp eq i64 {over.step.text}, 0"), ValueError, "range() arg 3 must not be zero")
        counted = f.range_length(over).text
        w.given_up(s, owners_of(first))
    begin = f.row(first, kinds)
    body, after = w.block(), w.block()
    test = f"icmp sgt i64 {counted}, 0" if counted else f"icmp {'slt' if step == 1 else 'sgt'} i64 {start.text}, {stop}"
    before = w.label
    w.branch(w.emit(test), body, after)
    w.start(body)
    item, following = w.name(), w.name()
    left, fewer = w.name(), w.name()
    names = [w.name() for k in kinds for _ in leaf_types(k)]
    it = iter(names)
    carried = [w.whole(k, it) for k in kinds]
    for k, value in zip(moving, carried, strict=True):
        f.env[s.carried[k]] = value
    low = start.positive if step == 1 else step == -1 and (over.stop.positive or over.stop.value == -1)
    place = step == 1 and start.place
    f.env[s.item] = Num("i", item, None, low, place)
    head = len(w.lines)
    values = f.block(s.body, [s.carried[k] for k in moving], moving)
    exits: list[Edge] = [(before, begin)]
    if w.dead:
        found = kinds
        phis = _phis(kinds, names, [(before, begin)])
        phis.append(f"  {item} = phi i64 [{start.text}, %{before}]")
    else:
        found = _results(f, s, values, moving, kinds)
        if found != kinds:
            return found
        row = f.row([values[k] for k in moving], kinds)
        if s.stop:
            _leave(f, values[-1], after, exits, row)
        latch = w.label
        phis = _phis(kinds, names, [(before, begin), (latch, row)])
        phis.append(f"  {item} = phi i64 [{start.text}, %{before}], [{following}, %{latch}]")
        w.effect(f"{following} = add {'nsw ' if step in (1, -1) else ''}i64 {item}, {over.step.text}")
        if counted:
            phis.append(f"  {left} = phi i64 [{counted}, %{before}], [{fewer}, %{latch}]")
            w.effect(f"{fewer} = sub nsw i64 {left}, 1")
            again = w.emit(f"icmp sgt i64 {fewer}, 0")
        else:
            again = w.emit(f"icmp {'slt' if step == 1 else 'sgt'} i64 {following}, {stop}")
        w.branch(again, body, after)
        exits.append((latch, row))
    w.lines[head:head] = phis
    w.start(after)
    for k, value in zip(moving, meet(w, kinds, exits), strict=True):
        f.env[s.targets[k]] = value
    return found


def _phis(kinds: Sequence[Kind], names: Sequence[str], edges: Sequence[Edge]) -> list[str]:
    types = [t for k in kinds for t in leaf_types(k)]
    return [
        f"  {name} = phi {t} " + ", ".join(f"[{row[j]}, %{label}]" for label, row in edges)
        for j, (name, t) in enumerate(zip(names, types, strict=True))
    ]


def _leave(f: Direct, flag: Any, after: str, exits: list[Edge], row: list[str]) -> None:
    """Leave the loop where its last result says so."""
    w = f.w
    test = truth(w, flag)
    if test == "false":
        return
    exits.append((w.label, row))
    on = w.block()
    w.branch(test, after, on)
    w.start(on)


def _while(f: Direct, s: While, moving: Sequence[int], kinds: list[Kind], first: Sequence[Any]) -> list[Kind]:
    w = f.w
    begin = f.row(first, kinds)
    top, body, after = w.block(), w.block(), w.block()
    before = w.label
    w.jump(top)
    w.start(top)
    head = len(w.lines)
    names = [w.name() for k in kinds for _ in leaf_types(k)]
    it = iter(names)
    carried = [w.whole(k, it) for k in kinds]
    for k, value in zip(moving, carried, strict=True):
        f.env[s.carried[k]] = value
    held, ways = len(w.lines), w.leaving.count
    (test,) = f.block(s.cond)
    if w.leaving.count > ways:  # where the test raises, what is carried is released
        rest = w.lines[held:]
        del w.lines[held:]
        w.owned(s, owners_of(carried))
        w.lines += rest
        w.given_up(s, owners_of(carried))
    if w.dead:
        raise NotDirect("a test that raises")
    exits: list[Edge] = [(w.label, names)]
    w.branch(truth(w, test), body, after)
    w.start(body)
    values = f.block(s.body, [s.carried[k] for k in moving], moving)
    edges: list[Edge] = [(before, begin)]
    if not w.dead:
        found = _results(f, s, values, moving, kinds)
        if found != kinds:
            return found
        row = f.row([values[k] for k in moving], kinds)
        if s.stop:
            _leave(f, values[-1], after, exits, row)
        edges.append((w.label, row))
        w.jump(top)
    w.lines[head:head] = _phis(kinds, names, edges)
    w.start(after)
    for k, value in zip(moving, meet(w, kinds, exits), strict=True):
        f.env[s.targets[k]] = value
    return kinds


__all__ = ["Scope", "branch", "hand_over", "loop", "meet"]
