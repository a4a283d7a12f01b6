"""What the transformation asks about memory: where a value was allocated, and whether it may be overwritten later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sad.ad.fresh import Fresh
from s2sad.analysis import regions
from s2sad.analysis.activity import Activity
from s2sad.analysis.alias import MUTATING_METHODS, AliasInfo, is_view_index, may_be_view
from s2sad.analysis.aliasing import aliasing
from s2sad.analysis.infer.program import Gradient, Spec
from s2sad.analysis.optypes import INPLACE, type_of_atom
from s2sad.analysis.scatters import changes_first
from s2sad.analysis.settled import READ_ONLY
from s2sad.ir.nodes import (
    Atom,
    Block,
    Const,
    For,
    Function,
    Global,
    If,
    Let,
    Loc,
    Ref,
    Stmt,
    Try,
    Var,
    While,
    blocks_of,
    inner_vars,
    targets_of,
)
from s2sad.ir.record import dataclass
from s2sad.ir.types import Array, Dict, List, Maybe, Num, Slice, Tuple, Unknown
from s2sad.rules.registry import lookup


@dataclass(frozen=True, slots=True)
class Place:
    """Position of a statement in program order and the range of positions of each loop around it, outermost first. And the
    branches around it: the position of each ``if``, and which of its two it is."""

    at: int
    loops: tuple[tuple[int, int], ...]
    branches: tuple[tuple[int, int], ...] = ()


def _either(one: tuple[tuple[int, int], ...], other: tuple[tuple[int, int], ...]) -> bool:
    """Are two places in the two branches of one ``if``, so that only one of them is reached at a time?"""
    return any(a != b and a[0] == b[0] for a, b in zip(one, other, strict=False))


class Memory:
    """Facts about one function: definitions, places of statements and of stores by class of memory."""

    def __init__(self, fn: Function, info: AliasInfo) -> None:
        self.fn = fn
        self.info = info
        self.definition: dict[Var, Stmt] = {}
        self.place: dict[Stmt, Place] = {}
        self.stores: dict[Any, list[int]] = {}
        self.at: dict[int, Stmt] = {}  # the loops and the stores, by position
        self._fresh: Fresh | None = None
        self.has_attempts = False  # is there a ``try``? A ``with`` is one
        self._count = 0
        self._scan(fn.body, ())
        self.regions = regions.Regions(self.definition, self._loops_of)

    def _scan(self, block: Block, loops: tuple[int, ...], branches: tuple[tuple[int, int], ...] = ()) -> None:
        for s in block.stmts:
            start = self._count
            self._count += 1
            for v in (*targets_of(s), *inner_vars(s)):
                self.definition[v] = s
            if isinstance(s, Let):
                self.place[s] = Place(start, tuple((k, -1) for k in loops), branches)
                for v in stored_by(s):
                    self.stores.setdefault(self.info.find(v), []).append(start)
                    self.at[start] = s
                continue
            inner = loops
            self.has_attempts = self.has_attempts or s.__class__ is Try
            if isinstance(s, For | While):
                inner = (*loops, start)
                self.at[start] = s
            if isinstance(s, If):
                self.at[start] = s
            for k, b in enumerate(blocks_of(s)):
                self._scan(b, inner, (*branches, (start, k)) if isinstance(s, If) else branches)
            self.place[s] = Place(start, tuple((k, -1) for k in loops), branches)
            self._ends[start] = self._count

    @property
    def _ends(self) -> dict[int, int]:
        if not hasattr(self, "_ends_"):
            self._ends_: dict[int, int] = {}
        return self._ends_

    def first_store(self, v: Var) -> Loc | None:
        """Where the memory of ``v`` is first stored into."""
        key = self.info.find(v)
        lets = (s for s in self.place if isinstance(s, Let))
        return next((s.loc for s in lets if any(self.info.find(a) == key for a in stored_by(s))), None)

    def loc_of(self, v: Var) -> Loc | None:
        s = self.definition.get(v)
        return None if s is None else s.loc

    def overwritten_after(self, v: Atom, s: Stmt) -> bool:
        """May the memory of ``v`` be stored into after ``s`` has run (later, or in a later iteration)?"""
        if v.__class__ is not Var or not isinstance(v.type, (Array, List, Dict, Num, Unknown)):
            return False
        later = self._stored_after(self.info.find(v), s)
        return bool(later) and not self._elsewhere(v, self.place[s], later)

    def _stored_after(self, memory: Any, s: Stmt) -> list[int]:
        """The places of stores into a class of memory that may run after ``s``."""
        positions = self.stores.get(memory)
        if not positions:
            return []
        place = self.place[s]
        return [p for p in positions if p >= place.at or self._comes_again(memory, p, place)]

    def _comes_again(self, memory: Any, position: int, place: Place) -> bool:
        """Is a statement above a place also in a loop around both, whose next iteration has that same memory?"""
        loops = self._around(position, place)
        return bool(loops) and not self._anew(memory, loops[-1])

    def read_is_overwritten(self, s: Let) -> bool:
        """May what ``s = x[i]`` reads be stored into after it?"""
        x = s.args[0]
        if not isinstance(x, Var) or not self.overwritten_after(x, s):
            return False
        later = self._stored_after(self.info.find(x), s)
        return s.target is None or not later or not self._elsewhere(s.target, self.place[s], later)

    def is_stored_into(self, v: Var) -> bool:
        """Does anything store into the memory of ``v``?"""
        return isinstance(v.type, Array) and bool(self.stores.get(self.info.find(v)))

    def store_is_overwritten(self, s: Let) -> bool:
        """May what ``x[i] = v`` has stored be overwritten after it?"""
        x, place = s.args[0], self.place[s]
        positions = self.stores.get(self.info.find(x), ()) if isinstance(x, Var) else ()
        later = [p for p in positions if p > place.at or self._around(p, place)]
        read = Let(None, "getitem", s.args[:2], (), s.loc)
        behind = Place(place.at + 1, place.loops, place.branches)
        return not isinstance(x, Var) or (bool(later) and not self._misses_all(read, behind, later))

    def _around(self, position: int, place: Place) -> list[int]:
        """The loops that hold both a position and a place, outermost first."""
        return [start for start, _ in place.loops if start <= position < self._ends.get(start, 0)]

    def _anew(self, memory: Any, start: int) -> bool:
        """Is the memory another in each iteration of the loop at a position?"""
        end = self._ends.get(start, 0)
        made = self._bound_in(memory)
        return bool(made) and all(start < self.place[d].at < end for d in made)

    def _bound_in(self, memory: Any) -> list[Let]:
        if self._fresh is None:
            self._fresh = Fresh(self.place, self.info.find, self.view_of)
        return self._fresh.bound_in(memory)

    def is_private(self, v: Var) -> bool:
        """Is ``v`` an array of the function's own that no container, branch, loop or call holds? Nobody asks which it is."""
        return bool(self._bound_in(self.info.find(v)))

    def _elsewhere(self, v: Var, place: Place, positions: list[int]) -> bool:
        """Is ``v`` a part of an array that the stores at these positions leave alone, whatever they do to the rest?"""
        part = self.definition.get(v)
        return isinstance(part, Let) and part.op == "getitem" and self._misses_all(part, place, positions)

    def _misses_all(self, part: Let, place: Place, positions: list[int]) -> bool:
        """Do the stores at these positions miss ``part = x[i]``, read at a place?"""
        x, index = part.args[:2]
        if not isinstance(x, Var) or not isinstance(x.type, Array) or self._loops_of(x):
            return False  # it is another array in each iteration, if it is made inside
        if not self.regions.is_basic(index):
            return False
        read = regions.Access(index, self._loops(place), self._unequal(place))
        return all(self._misses(x, read, place, p) for p in positions)

    def _unequal(self, place: Place) -> tuple[tuple[Atom, Atom], ...]:
        """Pairs of numbers that differ where a place is reached: ``i`` and ``j`` in the ``else`` of ``if i == j``."""
        out: list[tuple[Atom, Atom]] = []
        for start, k in place.branches:
            s = self.at[start]
            test = self.definition.get(s.test) if isinstance(s, If) and isinstance(s.test, Var) else None
            if isinstance(test, Let) and (test.op, k) in (("eq", 1), ("ne", 0)):
                out.append((test.args[0], test.args[1]))
        return tuple(out)

    def _misses(self, x: Var, read: regions.Access, place: Place, position: int) -> bool:
        """Does the store at a position, into ``x`` itself, miss what is read?"""
        store = self.at[position]
        if not isinstance(store, Let) or store.op not in ("setitem", "aug_setitem") or store.args[0] is not x:
            return False
        loops, points = self._loops(self.place[store]), self.regions.points(store.args[1])
        if points != (store.args[1],) and self.info.deep_mutated(store.args[1]):
            return False
        below = position >= place.at and not _either(place.branches, self.place[store].branches)
        return all(
            self.regions.is_basic(p) and self.regions.apart(read, regions.Access(p, loops), below) for p in points
        )

    def spans(self, place: Place) -> list[tuple[int, int]]:
        """The positions that each loop around a place holds, outermost first."""
        return [(start, self._ends[start]) for start, _ in place.loops]

    def loops_at(self, place: Place) -> tuple[Stmt, ...]:
        """The loops around a place, outermost first."""
        return self._loops(place)

    def _loops(self, place: Place) -> tuple[Stmt, ...]:
        return tuple(self.at[start] for start, _ in place.loops)

    def _loops_of(self, v: Var) -> tuple[Stmt, ...]:
        """The loops in each iteration of which a variable may be another."""
        d = self.definition.get(v)
        if d is None:
            return ()
        around = self._loops(self.place[d])
        return (*around, d) if v in inner_vars(d) else around

    def contents_overwritten_after(self, v: Var, s: Stmt) -> bool:
        """May what a tuple or list holds be stored into after ``s`` has run?"""
        if any(self.overwritten_after(x, s) for x in self.parts(v)):
            return True
        memory = self.info.find(v)
        for _ in range(4):
            if not self.info.classes.has_elem(memory):
                return False
            memory = self.info.classes.elem(memory)
            if self._stored_after(memory, s):
                return True
        return False

    def view_of(self, v: Var) -> Let | str | None:
        """The ``Let`` whose result is a view of its operand's memory; None where ``v`` owns its memory (an allocation or
        a parameter); a reason where that is known only at run time."""
        s = self.definition.get(v)
        if s is None:
            return None
        if not isinstance(s, Let):
            return "it comes out of a branch or a loop"
        if s.op == "getitem":
            x = s.args[0]
            if isinstance(x, Var) and isinstance(x.type, List | Tuple) and isinstance(type_of_atom(s.args[1]), Slice):
                return None  # a new list
            if isinstance(v.type, Array) and not (isinstance(x, Var) and isinstance(x.type, Array)):
                return "it is an element of a container"
            if isinstance(x, Var) and isinstance(x.type, Array):
                index = type_of_atom(s.args[1])
                if not isinstance(v.type, Array) or not may_be_view(index):
                    return None
                return s if is_view_index(index) else "whether it is a view shows only when it is indexed"
            return s
        if s.op in ("copy", *INPLACE):
            return s
        if s.op in ("getattr",):
            return "it is an attribute of an object" if isinstance(v.type, Array) else s
        if s.op == "call":
            return self._call(s)
        if s.op == "method" and getattr(s.args[1], "value", "") in ("pop", "get", "setdefault"):
            return "it is taken out of a container"
        return None

    def _call(self, s: Let) -> Let | str | None:
        callee = s.args[0]
        if isinstance(callee, Ref) and isinstance(callee.obj, Spec):
            same = [a for a in s.args[1:] if isinstance(a, Var) and s.target and self.info.classes.same(a, s.target)]
            return "it comes out of a call that may return its argument" if same else None
        rule = lookup(callee.obj) if isinstance(callee, Ref) else None
        if rule is None or aliasing(rule, s) == "fresh" or s in self.info.settled:
            return None
        if rule.aliases == "view" and s.args[0].obj not in READ_ONLY:  # type: ignore[union-attr]
            return s
        return "NumPy decides when it runs whether this is a copy"

    def parts(self, v: Var) -> tuple[Atom, ...]:
        """The atoms that a tuple was built from, where it is built in this function."""
        s = self.definition.get(v)
        return s.args if isinstance(s, Let) and s.op == "tuple" else ()

    def new_axes(self, index: Atom) -> tuple[bool, ...] | None:
        """For ``x[:, None]`` which axes are new, if the index is made of ``:`` and ``None`` alone."""
        made = self.definition.get(index) if isinstance(index, Var) else None
        parts = made.args if isinstance(made, Let) and made.op == "tuple" else ()
        new = tuple(isinstance(a, Const) and a.value is None for a in parts)
        return new if any(new) and all(n or self._is_full(a) for n, a in zip(new, parts, strict=True)) else None

    def _is_full(self, a: Atom) -> bool:
        s = self.definition.get(a) if isinstance(a, Var) else None
        return isinstance(s, Let) and s.op == "slice" and all(isinstance(x, Const) and x.value is None for x in s.args)

    def same_place(self, new: Let, old: Let) -> None:
        """``new`` stands for ``old`` from now on."""
        self.place[new] = self.place[old]
        if new.target is not None:
            self.definition[new.target] = new

    def behind(self, new: Let, old: Let) -> None:
        """``new``, which reads the array that ``old`` has stored into, comes right after it."""
        place = self.place[old]
        self.place[new] = Place(place.at + 1, place.loops, place.branches)
        if new.target is not None:
            self.definition[new.target] = new
            self.info.classes.union(new.target, new.args[0])

    def touches_active(self, loop: For | While, activity: Activity) -> bool:
        """Does the loop store into active memory or call functions that may?"""
        return any(
            isinstance(s, Let) and any(v in activity for v in stored_by(s)) for b in blocks_of(loop) for s in _walk(b)
        )


def _walk(b: Block) -> Any:
    from s2sad.ir.nodes import walk

    return walk(b)


def stored_globals(fn: Function, activity: Activity, report: Callable[..., None]) -> None:
    """Refuse a function that keeps an active value in the data of a module."""
    for s in fn.body.stmts:
        named = isinstance(s, Let) and s.op == "copy" and isinstance(s.args[0], Global)
        if named and isinstance(s, Let) and s.target is not None and s.target in activity:
            assert isinstance(s.args[0], Global)
            report(
                "S2S063", f"an active value is stored into {s.args[0].name}, which outlives the call", s, s.loc,
                "store into an array that the function makes, and return it",
            )  # fmt: skip


def refuse_unknown_memory(memory: Memory, activity: Activity, refuse: Callable[..., Exception]) -> None:
    """A value that may be a number or an array (or anything) may not be stored into: is a part of it a view, a copy?"""
    for v in (*(p.var for p in memory.fn.params), *memory.definition):
        unknown = isinstance(v.type, Num | Unknown) and not isinstance(v.type, Maybe)
        if unknown and v in activity and memory.info.is_mutated(v):
            raise refuse(
                "S2S063",
                f"{v.name or 'a value'} shares memory that is stored into, and whether it is an array is not known",
                memory.loc_of(v) or memory.fn.loc,
                NUMBER_OR_ARRAY,
            )


NUMBER_OR_ARRAY = "keep numbers and arrays under different names; give the types of arguments with --types"

_STORES = frozenset({"setitem", "aug_setitem", "delitem", "setattr", "aug_setattr"})


def stored_by(s: Let) -> tuple[Var, ...]:
    """Variables whose memory the statement changes."""
    if s.op in _STORES or (s.op in INPLACE and isinstance(s.args[0], Var) and isinstance(s.args[0].type, Array | List)):
        return (s.args[0],) if isinstance(s.args[0], Var) else ()
    if s.op == "method" and getattr(s.args[1], "value", "") in MUTATING_METHODS:
        return (s.args[0],) if isinstance(s.args[0], Var) else ()
    if s.op == "call":
        callee = s.args[0]
        if isinstance(callee, Ref) and isinstance(callee.obj, Spec):
            from s2sad.analysis.alias import mutated_params

            if callee.obj.fn is None:
                return tuple(a for a in s.args[1:] if isinstance(a, Var))
            hit = mutated_params(callee.obj.fn)
            return tuple(a for k in hit if isinstance(a := s.args[1 + k], Var))
        if isinstance(callee, Ref) and isinstance(callee.obj, Gradient):
            return ()
        if isinstance(callee, Ref) and changes_first(callee.obj):
            return tuple(a for a in s.args[1:2] if isinstance(a, Var))
        if isinstance(callee, Ref) and lookup(callee.obj) is not None:
            return ()
        from s2sad.analysis.alias import _HARMLESS

        if isinstance(callee, Ref) and callee.obj in _HARMLESS:
            return ()
        return tuple(a for a in s.args[1:] if isinstance(a, Var) and isinstance(a.type, Array | List | Dict | Unknown))
    return ()
