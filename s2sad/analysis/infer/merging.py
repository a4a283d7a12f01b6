"""Records through branches and loops: every attribute that differs becomes a result of the branch or is carried.

A record that comes out of a branch or a loop may be one of several objects: the originals and the merged one are frozen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from s2sad.analysis.infer import functions, placed, records
from s2sad.analysis.infer.placed import Place
from s2sad.analysis.infer.records import CODE, Record, record_of, virtual_of
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Ref, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import UNKNOWN, RefT, Type, join, widen

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Saved = dict[Any, tuple[dict[str, Atom], Any]]
_MERGED = "it may be one of several objects (it comes out of a branch or a loop)"


def snapshot(f: FunctionInfer) -> Saved:
    """The contents of all records now."""
    out: Saved = {r: (dict(r.attrs), r.real) for r in f.tracked.objects.values()}
    out.update({v: ({}, v.real) for v in f.tracked.virtual.values()})
    out.update({p: ({}, p.items) for p in f.places.now.values()})
    return out


def restore(saved: Saved) -> None:
    for r, (attrs, made) in saved.items():
        if isinstance(r, Place):
            r.items = made
            continue
        r.real = made
        if isinstance(r, Record):
            r.attrs = dict(attrs)


def unchanged_places(f: FunctionInfer, before: Saved) -> None:
    """After a region that may run several times, or stop anywhere: a list that it has changed cannot be followed."""
    for r, (_, held) in before.items():
        if isinstance(r, Place) and r.items is not held:
            placed.lose(f, r.key)


# -- the shape of a tracked value ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shape:
    """``kind``: leaf, fixed (a function or class: ``what``), object (``what``: the class), tuple, list or dict."""

    kind: str
    what: Any = None
    keys: tuple[Any, ...] = ()
    parts: tuple[Shape, ...] = ()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Shape)
            and (self.kind, self.keys, self.parts) == (other.kind, other.keys, other.parts)
            and self.what is other.what
        )

    __hash__ = None  # type: ignore[assignment]


LEAF = Shape("leaf")


def flatten(f: FunctionInfer, a: Atom, depth: int = 0, *, fix: bool = False) -> tuple[Shape, list[Atom]]:
    """The shape of a value and its leaves."""
    record, virtual = record_of(f, a), virtual_of(f, a)
    if depth > 20:
        f.refuse(CODE, "an object that refers to itself comes out of a branch or a loop")
        return LEAF, [UNDEF]
    if record is not None:
        return _flatten_object(f, record, depth, fix)
    if virtual is not None:
        parts = [flatten(f, p, depth + 1, fix=fix) for _, p in virtual.parts]
        keys = tuple(k for k, _ in virtual.parts)
        cls = getattr(a.type, "cls", None) if isinstance(a, Var) else None
        return Shape(virtual.kind, cls, keys, tuple(s for s, _ in parts)), [x for _, xs in parts for x in xs]
    if fix and functions.is_function(f, a):
        t = type_of_atom(a)
        return Shape("fixed", a.obj if isinstance(a, Ref) else t.obj if isinstance(t, RefT) else a, (a,)), []
    return LEAF, [a]


def _flatten_object(f: FunctionInfer, record: Record, depth: int, fix: bool) -> tuple[Shape, list[Atom]]:
    if record.real is not None:
        f.program.object_records[record.cls] = None
    names = list(dict.fromkeys([*record.declared, *record.attrs]))
    parts = []
    for k in names:
        value = record.attrs.get(k)
        if value is None:
            assert record.real is not None
            value = f.emit("getattr", record.real, Const(k), type=record.declared[k])
        parts.append(flatten(f, value, depth + 1, fix=fix))
    return Shape("object", record.cls, tuple(names), tuple(s for s, _ in parts)), [x for _, xs in parts for x in xs]


def rebuild(f: FunctionInfer, shape: Shape, leaves: list[Atom], name: str) -> Atom:
    """A value of this shape with these leaves (taken from the front of the list)."""
    if shape.kind == "leaf":
        return leaves.pop(0)
    if shape.kind == "fixed":
        fixed: Atom = shape.keys[0]
        return fixed
    parts = [rebuild(f, s, leaves, str(k)) for k, s in zip(shape.keys, shape.parts, strict=True)]
    if shape.kind == "object":
        record = Record(shape.what, name, dict(zip(shape.keys, parts, strict=True)), frozen=_MERGED)
        return records.new_object(f, record)
    return records.new_virtual(f, shape.kind, tuple(zip(shape.keys, parts, strict=True)), name, shape.what)


def leaf_names(shape: Shape, name: str) -> list[str]:
    if shape.kind == "leaf":
        return [name]
    if shape.kind == "fixed":
        return []
    return [n for k, s in zip(shape.keys, shape.parts, strict=True) for n in leaf_names(s, f"{name}_{k}" if name else str(k))]


def _same(a: Shape, b: Shape) -> bool:
    """Equal, where functions are the same function."""
    if a.kind != b.kind or a.what is not b.what:
        return False
    if a.kind in ("leaf", "fixed"):
        return True
    return a.keys == b.keys and all(map(_same, a.parts, b.parts))


# -- branches ------------------------------------------------------------------------------------------------------------

Leaf = Callable[[Atom, Atom, Var | None, str], Atom]


def merge_values(f: FunctionInfer, a: Atom, b: Atom, name: str, leaf: Leaf) -> Atom:
    """What a variable is after a branch that gives it a tracked value; ``leaf`` merges plain values."""
    if a is b:
        return a
    none = a is UNDEF or b is UNDEF
    (shape, left), (other, right) = (flatten(f, b if x is UNDEF else x) if none else flatten(f, x) for x in (a, b))
    if none:
        (shape, some) = flatten(f, b if a is UNDEF else a)
        nothing: list[Atom] = [UNDEF] * len(some)
        left, right = (nothing, some) if a is UNDEF else (some, nothing)
    elif not _same(shape, other):
        f.refuse(CODE, f"{name or 'a value'} is an object of one kind in one branch and something else in the other",
                 "use the object inside the branch")  # fmt: skip
        return UNDEF
    for x in (a, b):
        records.freeze(f, x, _MERGED)
    merged = [_leaf(x, y, n, leaf) for x, y, n in zip(left, right, leaf_names(shape, name), strict=True)]
    return rebuild(f, shape, merged, name)


def _leaf(x: Atom, y: Atom, name: str, leaf: Leaf) -> Atom:
    if x is y or (isinstance(x, Const) and isinstance(y, Const) and type_of_atom(x) == type_of_atom(y)):
        return x
    return leaf(x, y, None, name)


class States:
    """The records at the start and at the two ends of a branch."""

    def __init__(self, f: FunctionInfer) -> None:
        self.f = f
        self.before = snapshot(f)
        self.ends: list[tuple[Saved, bool]] = []

    def end(self, alive: bool) -> None:
        """One path is done; the other starts where this one did."""
        self.ends.append((snapshot(self.f), alive))
        restore(self.before)

    def merge(self, leaf: Leaf) -> None:
        """After both: what one of the paths has stored."""
        (then, a_alive), (orelse, b_alive) = self.ends
        for r in self.before:
            if isinstance(r, Place):
                self._held(r, then[r][1] if a_alive else orelse[r][1], orelse[r][1] if b_alive else then[r][1], leaf)
            if not isinstance(r, Record):
                continue
            a, b = then[r][0], orelse[r][0]
            for k in dict.fromkeys([*a, *b]):
                x, y = a.get(k), b.get(k)
                if x is not y or x is None:
                    r.attrs[k] = self._attribute(r, k, x if a_alive else UNDEF, y if b_alive else UNDEF, leaf)

    def _held(self, r: Place, a: tuple[Atom, ...], b: tuple[Atom, ...], leaf: Leaf) -> None:
        if a is b:  # a loop around it asks whether it has changed
            r.items = a
            return
        if r.mapping and placed.keys(a) != placed.keys(b):
            placed.lose(self.f, r.key)
        r.items = tuple(_leaf(x, y, "", leaf) for x, y in zip(a, b, strict=True))

    def _attribute(self, r: Record, k: str, x: Atom | None, y: Atom | None, leaf: Leaf) -> Atom:
        if r.given and (x is None or y is None) and k in r.declared:
            assert r.real is not None
            old = self.f.emit("getattr", r.real, Const(k), type=r.declared[k])
            x, y = old if x is None else x, old if y is None else y
        return leaf(UNDEF if x is None else x, UNDEF if y is None else y, None, k)


# -- loops ---------------------------------------------------------------------------------------------------------------


class LoopSlots:
    """What a loop carries besides its plain variables: the leaves of carried objects (by position among the carried
    variables of the loop), and the attributes of outer objects that the body stores (by record and name)."""

    def __init__(self, f: FunctionInfer, names: list[str], inits: list[Atom]) -> None:
        self.f = f
        self.before = snapshot(f)
        self.rounds = 0
        self.shapes: dict[Any, Shape] = {}
        self.inits: dict[Any, list[Atom]] = {}
        self.types: dict[Any, list[Type]] = {}
        self.names: dict[Any, list[str]] = {}
        self.fixed: dict[Any, set[int]] = {}
        self.moved: dict[Any, set[int]] = {}
        # carried objects, which at first are taken to be the same object in every iteration
        self.same = {k: (name, a) for k, (name, a) in enumerate(zip(names, inits, strict=True)) if records.is_tracked(f, a)}

    def _open(self, slot: Any, name: str, init: Atom) -> None:
        shape, leaves = flatten(self.f, init, fix=True)
        self._set(slot, name, shape, leaves)

    def _set(self, slot: Any, name: str, shape: Shape, leaves: list[Atom]) -> None:
        self.shapes[slot], self.inits[slot] = shape, leaves
        self.types[slot] = [widen(type_of_atom(a)) for a in leaves]
        self.names[slot] = leaf_names(shape, name)
        self.fixed[slot], self.moved[slot] = set(), set()

    def __contains__(self, slot: Any) -> bool:
        return slot in self.shapes or slot in self.same

    def start(self) -> None:
        """Bring the records to the start of an iteration."""
        restore(self.before)
        self.rounds += 1
        self.phis: dict[Any, list[Atom]] = {}
        self.atoms: dict[Any, Atom] = {k: a for k, (_, a) in self.same.items()}
        for slot, shape in self.shapes.items():
            phis: list[Atom] = []
            for j, (n, t) in enumerate(zip(self.names[slot], self.types[slot], strict=True)):
                phis.append(self.inits[slot][j] if j in self.fixed[slot] else Var(n, t))
            self.phis[slot] = phis
            name = self.names[slot][0] if self.names[slot] else ""
            atom = rebuild(self.f, shape, list(phis), name)
            self.atoms[slot] = atom
            if isinstance(slot, tuple):
                slot[0].attrs[slot[1]] = atom
        self.at_start = snapshot(self.f)

    def unchanged(self) -> bool:
        """Has nothing been stored since the start of the iteration?"""
        return all(r.attrs == attrs for r, (attrs, _) in self.at_start.items() if isinstance(r, Record))

    def finish(self, results: tuple[Atom, ...]) -> bool:
        """After the body: is another round needed?"""
        unchanged_places(self.f, self.before)
        again = self._rebound(results)
        again = self._stored() or again
        self.nexts: dict[Any, list[Atom]] = {}
        for slot in [s for s in self.shapes if s in self.phis]:
            value = slot[0].attrs[slot[1]] if isinstance(slot, tuple) else results[slot]
            if value is UNDEF:
                self.nexts[slot] = [UNDEF] * len(self.inits[slot])
                continue
            again = self._next(slot, value) or again
        return again

    def _rebound(self, results: tuple[Atom, ...]) -> bool:
        """Carried objects that are another object after the iteration."""
        changed = [k for k, (_, a) in self.same.items() if results[k] is not a]
        for k in changed:
            name, a = self.same.pop(k)
            self._open(k, name, a)
            records.freeze(self.f, a, _MERGED)
        return bool(changed)

    def _stored(self) -> bool:
        """Attributes of outer objects that this iteration has stored for the first time."""
        again = False
        for r, (attrs, _) in self.at_start.items():
            if not isinstance(r, Record) or r not in self.before:
                continue
            for k, value in r.attrs.items():
                if (r, k) not in self.shapes and attrs.get(k) is not value:
                    self._store_slot(r, k, value)
                    again = True
        return again

    def _store_slot(self, r: Record, k: str, value: Atom) -> None:
        init = self.before[r][0].get(k)
        if init is None and k in r.declared and r.real is not None:
            init = self.f.emit("getattr", r.real, Const(k), type=r.declared[k])
        shape, leaves = flatten(self.f, value, fix=True)
        if init is None:
            self._set((r, k), k, shape, [UNDEF] * len(leaves))
            return
        self._open((r, k), k, init)
        if records.is_tracked(self.f, init):
            records.freeze(self.f, init, _MERGED)

    def _next(self, slot: Any, value: Atom) -> bool:
        f, again = self.f, False
        shape, leaves = flatten(f, value, fix=True)
        if not _same(shape, self.shapes[slot]):
            f.refuse(CODE, "an object that a loop carries is of another kind after an iteration",
                     "give it all its attributes before the loop, and keep its class")  # fmt: skip
            leaves = list(self.phis[slot])
        if value is not self.atoms[slot] and records.is_tracked(f, value):
            records.freeze(f, value, _MERGED)
        for j, a in enumerate(leaves):
            if j in self.fixed[slot]:
                if a is not self.inits[slot][j]:  # now that types are known better, it changes
                    self.fixed[slot].discard(j)
                    self.moved[slot].add(j)
                    again = True
                continue
            if a is self.phis[slot][j] and self.inits[slot][j] is not UNDEF and j not in self.moved[slot]:
                self.fixed[slot].add(j)
                again = True
                continue
            joined = join(self.types[slot][j], widen(type_of_atom(a)))
            if joined != self.types[slot][j] and self.types[slot][j] != UNKNOWN:
                self.types[slot][j] = joined if self.rounds <= 20 else UNKNOWN
                again = True
        self.nexts[slot] = leaves
        return again

    def moving(self) -> list[tuple[Any, int]]:
        """The leaves that are really carried."""
        return [(s, j) for s in self.shapes for j in range(len(self.inits[s])) if j not in self.fixed[s]]

    def carried(self) -> tuple[Var, ...]:
        """The variables that the loop carries besides its own."""
        phis = (self.phis[s][j] for s, j in self.moving())
        return tuple(v for v in phis if isinstance(v, Var))

    def first(self) -> tuple[Atom, ...]:
        return tuple(self.f.concrete(self.inits[s][j]) for s, j in self.moving())

    def close(
        self, env: dict[Var, Atom], targets: tuple[Var, ...], after_type: Callable[[Type, Atom], Type]
    ) -> tuple[list[Var], list[Atom]]:
        """After the loop: targets and next values; records and variables hold the targets. ``after_type(t, last)`` is the
        type after the loop of what has type ``t`` in it and is ``last`` at the end of an iteration."""
        restore(self.before)
        out: dict[Any, list[Atom]] = {s: list(v) for s, v in self.inits.items()}
        after, nexts = [], []
        for slot, j in self.moving():
            target = Var(self.names[slot][j], after_type(self.types[slot][j], self.nexts[slot][j]))
            after.append(target)
            nexts.append(self.nexts[slot][j])
            out[slot][j] = target
        for k, (_, a) in self.same.items():
            env[targets[k]] = a
        for slot, shape in self.shapes.items():
            name = self.names[slot][0] if self.names[slot] else ""
            atom = rebuild(self.f, shape, out[slot], name)
            if isinstance(slot, tuple):
                slot[0].attrs[slot[1]] = atom
            else:
                env[targets[slot]] = atom
        return after, nexts

