"""Reverse mode: for a block of primal statements, the forward sweep that records and the reverse sweep that accumulates.

*before*                        *after* (joint form, before simplification)::

    def f(x):                       def f_grad(x):
        t = np.sin(x)                   t = np.sin(x)
        y = np.sum(t)                   y = np.sum(t)
        return y                        y_bar = 1.0
                                        t_bar = rt.unreduce(y_bar, t, None, False)
                                        x_bar = t_bar * np.cos(x)
                                        return y, x_bar

Statements are visited in reverse. A region (branch, loop body) is transformed on its own: its reverse sweep may read values
that its forward sweep defined, and ``residuals`` decides for each of them between exporting, taping and recomputing.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from s2sad.ad import applied, calls, objects, ops, reads, residuals, scatter, swaps
from s2sad.ad.data import refuse_changed_data
from s2sad.ad.exceptions import refuse_values_in_exceptions
from s2sad.ad.leaves import Key, Path, layout, normal_step
from s2sad.ad.memory import Memory, stored_globals
from s2sad.ad.own import Joint
from s2sad.ad.poison import poisoned
from s2sad.ad.polynomials import polynomials
from s2sad.ad.snapshots import Snapshot
from s2sad.ad.state import NeedBuffer, State
from s2sad.analysis.activity import Activity, activity
from s2sad.analysis.alias import alias, is_reference
from s2sad.analysis.build import Builder
from s2sad.analysis.effects import atom_has_memory
from s2sad.analysis.escapes import refuse_escapes
from s2sad.analysis.infer.program import Infer, Spec
from s2sad.analysis.masked import masked_products
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.static_options import refuse_options
from s2sad.analysis.unbound import unbound
from s2sad.errors import UnsupportedError
from s2sad.ir.nodes import (
    UNDEF,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Let,
    Loc,
    Ref,
    Stmt,
    Try,
    Var,
    While,
    free_vars,
    inner_vars,
    targets_of,
    walk,
)
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import subst_block
from s2sad.ir.types import (
    BOOL,
    RANGE,
    Array,
    Dict,
    List,
    Maybe,
    Num,
    Obj,
    Opaque,
    Scalar,
    Tuple,
    Type,
    Unknown,
    is_number,
)  # fmt: skip
from s2sad.runtime import zeros_like


def holds_refused(program: Infer, body: Block) -> bool:
    """Does something refused stand there?"""
    return bool(program.findings) and any(isinstance(s, Let) and s.op == "refused" for s in walk(body))


@dataclass
class Swept:
    """A region after the transformation: statements of the forward sweep and of the reverse sweep."""

    forward: list[Stmt]
    reverse: Builder
    state: State


class Reverse:
    """The transformation of one typed function for one set of active inputs."""

    def __init__(
        self, program: Infer, pairs: calls.Pairs, fn: Function, active: tuple[Var, ...], *, shares: bool = False,
        masked: bool = False,
    ) -> None:  # fmt: skip
        self.shares = shares  # its arrays share memory with those of its callers
        self.program = program
        self.pairs = pairs
        self.fn = fn
        self.activity: Activity = activity(fn, active)
        self.refused: set[Stmt] = set()  # statements that were refused: what goes into them is looked at, no more
        refuse_escapes(fn, self.activity.varied, self.report)
        refuse_options(fn, self.activity.varied, self.report)
        self.info = alias(fn)
        self.layout = layout(fn)
        self.masked = masked_products(fn, masked)
        self.memory = Memory(fn, self.info)
        self.poisoned = poisoned(fn, self.is_opaque)
        self.polynomials = polynomials(fn, self.is_active, lambda v: not self.info.is_mutated(v))
        self.asked: dict[Stmt, list[Key]] = {}  # the buffers that a branch or loop needs, once it has asked for them
        self.shadows = Var("shadows", Opaque(_rt.Shadow))  # made where any memory is paired at run time
        self.uses_shadows = False
        self.refuse_module_data()
        self.unknown = self.unknown_memory()
        self.paired = self._paired_classes()
        self.unknown += self.mixed_memory()
        self.layout = self.layout.mirroring(self._own_lists() & self.paired)
        self.first_reads = objects.first_reads(fn)
        self.snapshots: list[Snapshot] = []
        self.recorded: dict[Var, Stmt] = {}  # the loops forwards, by their tapes
        self.records: set[Let] = set()  # the statements that record: what they read may have no value (``unassigned``)
        self.own: Joint | None = None  # the function that is being made, which calls of itself may call
        self.escape = shares  # the residuals outlive the call: the caller may change its arrays

    @cached_property
    def unbound(self) -> set[Var]:
        """The user's variables that may have no value."""
        return unbound(self.fn)

    def refuse_module_data(self) -> None:
        """Active values that are kept in a global outlive the call: whose derivative would it be the next time?"""
        stored_globals(self.fn, self.activity, self.report)
        refuse_changed_data(self.fn, self.refuse)
        if not self.program.findings:  # what is refused may be what reads it
            refuse_values_in_exceptions(self.fn, self.activity, self.refuse)

    def unknown_memory(self) -> list[Var]:
        """A value that may be a number or an array (or anything) may not be stored into: is a part of it a view, a copy?"""
        every = (*(p.var for p in self.fn.params), *self.memory.definition)
        stored = [v for v in every if isinstance(v.type, (Num, Unknown)) and self.is_active(v) and self.info.is_mutated(v)]
        return [v for v in stored if not isinstance(v.type, Maybe)]

    def mixed_memory(self) -> list[Var]:
        """Nor may it be held in a list that changes and holds arrays as well: theirs are found by memory, and its own?"""
        every = (*(p.var for p in self.fn.params), *self.memory.definition)
        arrays = {self.info.find(v) for v in every if v.type.__class__ is Array} & self.paired
        held = [v for v in every if isinstance(v.type, (Num, Unknown)) and not isinstance(v.type, Maybe)]
        known = set(self.unknown)
        return [v for v in held if v not in known and self.is_active(v) and self.info.find(v) in arrays]

    def refuse_unknown_memory(self) -> bool:
        """Refuse it; but not what comes out of a call that is refused, and is unknown because of that call."""
        by_calls = {self.info.find(v) for v in self.poisoned if is_reference(v.type)}
        for v in self.unknown:
            if v not in self.poisoned and self.info.find(v) not in by_calls:
                stored = self.info.is_mutated(v)
                where = "shares memory that is stored into" if stored else "is in a list that changes, with arrays"
                self.program.keep(self.program.finding(
                    "S2S063",
                    f"{v.name or 'a value'} {where}, and whether it is an array is not known",
                    self.memory.first_store(v) or self.memory.loc_of(v) or self.fn.loc, self.fn,
                    "call the derivative with arrays, or give the types with --types",
                ))  # fmt: skip
                self.poisoned |= frozenset(self.unknown)
                return True
        return False

    def _paired_classes(self) -> set[Any]:
        """Classes of memory in which some array comes out of a branch, a loop or a container: which of several arrays it
        is shows when the program runs, so all their adjoints are found by memory (``rt.Shadow``)."""
        out = set()
        for v in (*self.memory.definition, *(p.var for p in self.fn.params)):
            stored = self._has_identity(v) and self.is_active(v) and self.info.is_mutated(v)
            if stored and isinstance(self.memory.view_of(v), str):
                out.add(self.info.find(v))
            if isinstance(v.type, (List, Dict, Tuple, Obj)) and self.is_active(v):
                inner = self.info.find(v)
                for _ in range(4):  # what is kept in a container may be reached under another name
                    if not self.info.classes.has_elem(inner):
                        break
                    inner = self.info.classes.elem(inner)
                    if inner in self.info.mutated:
                        out.add(inner)
        out |= self._crossing()
        # a mutable container of what is paired is paired itself: its mirror holds the same adjoint memory
        every = (*self.memory.definition, *(p.var for p in self.fn.params))
        containers = [v for v in every if v.type.__class__ is not Array and self._has_identity(v) and self.is_active(v)]
        arrays = {self.info.find(v) for v in (*self.memory.definition, *(p.var for p in self.fn.params)) if is_pairable(v.type)}
        before = -1
        while before != len(out):
            before = len(out)
            for v in containers:
                memory = self.info.chain(v)
                if self.layout.is_mirror(v) and len(memory) > 1 and memory[1] in out:
                    out.add(memory[0])
                if memory[0] in out:  # and so is what it holds: two containers may hold one array
                    out.update(key for key in memory if key in arrays)
        return out

    def _has_identity(self, v: Var) -> bool:
        """May the adjoint of a value be found by its identity? An object that nothing stores into is taken apart."""
        return isinstance(v.type, _PAIRABLE) and (v.type.__class__ is not Obj or self.layout.is_mirror(v))

    def _own_lists(self) -> set[Any]:
        """The classes of the lists and dicts of the function. What crosses a call in one piece has its adjoint in one piece."""
        every = (*(p.var for p in self.fn.params), *self.memory.definition)
        return {self.info.find(v) for v in every if isinstance(v.type, (List, Dict))}

    def _crossing(self) -> set[Any]:
        """Classes of memory that cross a call which is not inlined and that one side stores into; in a function that
        shares its memory with its callers: those of its parameters and of its result."""
        out: set[Any] = set()
        if self.shares:
            ends = (*(p.var for p in self.fn.params), self.fn.result)
            self._reach(ends, out)
        found = [s for s in walk(self.fn.body) if isinstance(s, Let) and s.op == "call" and isinstance(s.args[0], Ref)]
        pending = [s for s in found if isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Spec)]
        before = -1
        while before != len(out):  # one shared argument makes the callee find all its arrays by memory
            before = len(out)
            for s in pending:
                around = (*s.args[1:], s.target)
                known = any(isinstance(a, Var) and self.info.find(a) in out for a in around)
                if known or calls.shared_args(self.info, self.activity, s):
                    self._reach(around, out)
        return out

    def _reach(self, ends: tuple[Any, ...], out: set[Any]) -> None:
        """Add the classes of memory that active values among ``ends`` are, or hold."""
        for v in ends:
            if not isinstance(v, Var) or not is_reference(v.type) or not self.is_active(v):
                continue
            key = self.info.find(v)
            for _ in range(4):
                out.add(key)
                if not self.info.classes.has_elem(key):
                    break
                key = self.info.classes.elem(key)

    def leaf_class(self, v: Var, path: Path) -> Any:
        """The class of memory of a leaf."""
        key = self.info.find(v)
        for _ in path:
            key = self.info.classes.elem(key)
        return key

    def is_paired_leaf(self, v: Var, path: Path) -> bool:
        return isinstance(self.leaf_type(v, path), (Array, List, Dict, Obj)) and self.leaf_class(v, path) in self.paired

    def holds_paired(self, v: Var) -> bool:
        """A container with a mirror whose elements are arrays that are paired at run time."""
        key = self.info.find(v)
        for _ in range(4):
            if not self.info.classes.has_elem(key):
                return False
            key = self.info.classes.elem(key)
            if key in self.paired:
                return True
        return False

    def paired_part(self, rb: Builder, key: Key) -> Atom:
        """The adjoint of a leaf of a structured value that is found by memory."""
        self.uses_shadows = True
        return rb.emit("method", self.shadows, Const("of"), self.leaf_atom(rb, key), type=self.leaf_type(*key))

    def drop(self, state: State, rb: Builder, key: Key, t: Type) -> Atom | None:
        """The adjoint of a leaf of memory that was new where it was computed, taken out: what has been added to the leaf, and
        what was added to the parts of it that are found by memory."""
        g = state.drop(key)
        held = isinstance(t, _MIRRORED) and self.holds_paired(key[0])
        if not held and not self.is_paired_leaf(*key):
            return g
        place = self.paired_part(rb, key)
        return place if g is None else rb.call(_rt.accumulate, "rt.accumulate", g, place, type=t)

    def is_exposed(self, v: Var) -> bool:
        """Memory that is found by identity and that the caller may change before the pullback: values are kept apart."""
        return self.escape and self.is_paired(v)

    def is_paired(self, v: Var) -> bool:
        if v in self.poisoned or not isinstance(v.type, _PAIRABLE) or self.info.find(v) not in self.paired:
            return False
        return not isinstance(v.type, Obj) or self.layout.is_mirror(v)

    def is_opaque(self, s: Let) -> bool:
        """A call that is refused if anything active comes out of it: nothing is known of it."""
        if s.target is None or not self.is_active(s.target) or not isinstance(s.target.type, (Num, Unknown)):
            return False
        if s.op == "method":
            return not isinstance(type_of_atom(s.args[0]), List | Dict)
        known = applied.rule_of(s) is not None or objects.parts_of(s) is not None or scatter.sign_of(s) is not None
        return s.op == "call" and not known and not (isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Spec))

    # -- errors --------------------------------------------------------------------------------------------------

    def refuse(self, code: str, message: str, loc: Loc, help: str = "") -> UnsupportedError:
        return UnsupportedError(self.program.finding(code, message, loc, self.fn, help))

    def report(self, code: str, message: str, s: Stmt, loc: Loc, help: str = "") -> None:
        """Refuse a statement and go on."""
        self.program.keep(self.program.finding(code, message, loc, self.fn, help))
        self.refused.add(s)

    # -- activity and leaves ---------------------------------------------------------------------------------------

    def is_active(self, a: Atom) -> bool:
        return a in self.activity

    def keys(self, v: Var) -> list[tuple[Key, Type]]:
        return [((v, p), t) for p, t in self.layout.leaves(v)]

    # -- adjoints --------------------------------------------------------------------------------------------------

    def bar_name(self, key: Key) -> str:
        v, path = key
        name = v.name or ""
        for _, k in path:
            name = (
                f"{name}_{k}"
                if name and isinstance(k, int | str) and str(k).isidentifier() | str(k).isdigit()
                else name
            )
        return f"{name}_bar" if name else ""

    def add(self, state: State, rb: Builder, key: Key, g: Atom, named: bool = True) -> None:
        """Accumulate ``g`` into the adjoint of ``key``: the first contribution assigns, later ones add."""
        v, path = key
        if not self.is_active(v):
            return
        if not self.is_leaf(v, path):
            self.add_elsewhere(state, rb, key, g)
            return
        if not path and self.is_shadow(v):
            place = self.shadow(state, rb, v)
            if self.is_paired(v) and isinstance(v.type, Array):
                rb.effect("call", Ref(_rt.add_view, "rt.add_view"), place, g)
            elif isinstance(v.type, Array):
                rb.effect("iadd", place, g)
            else:
                rb.effect("call", Ref(_accumulate_into, "rt.accumulate_into"), place, g)
            return
        if path and self.is_paired_leaf(v, path):
            self.uses_shadows = True
            place = rb.emit("method", self.shadows, Const("of"), self.leaf_atom(rb, key), type=self.leaf_type(v, path))
            if isinstance(self.leaf_type(v, path), Array):
                rb.effect("call", Ref(_rt.add_view, "rt.add_view"), place, g)
            else:
                rb.effect("call", Ref(_accumulate_into, "rt.accumulate_into"), place, g)
            return
        if self.is_mirror_leaf(v, path) and self.holds_paired(v):
            self.uses_shadows = True
            place = rb.emit("method", self.shadows, Const("of"), self.leaf_atom(rb, key), type=self.leaf_type(v, path))
            rb.effect("call", Ref(_accumulate_into, "rt.accumulate_into"), place, g)
            return
        old = state.get(key)
        if key in state.owned and old is not None:
            if self.is_mirror_leaf(v, path):
                rb.effect("call", Ref(_accumulate_into, "rt.accumulate_into"), old, g)
            else:
                rb.effect("iadd", old, g)
        elif old is None:
            state.set(key, self.named(rb, g, self.bar_name(key)) if named else g)
        elif self.needs_helper(v, path):
            state.set(key, rb.call(_rt.accumulate, "rt.accumulate", old, g, name=self.bar_name(key)))
        else:
            state.set(key, rb.emit("add", old, g, name=self.bar_name(key)))

    def is_leaf(self, v: Var, path: Path) -> bool:
        return any(p == path for p, _ in self.layout.leaves(v))

    def add_elsewhere(self, state: State, rb: Builder, key: Key, g: Atom) -> None:
        """Accumulate where the adjoint is cut up in another way: at a place inside a mirror, or over several leaves."""
        v, path = key
        for p, t in self.layout.leaves(v):
            if path[: len(p)] == p:  # inside a mirror
                place = self.shadow(state, rb, v) if not p and self.is_shadow(v) else self.buffer(state, rb, (v, p))
                step, *rest = path[len(p) :]
                reads.scatter_path(rb, place, Const(step[1]), tuple(rest), g, Unknown(), step[0])
                del t
                return
        for p, _ in self.layout.leaves(v):
            if p[: len(path)] == path:  # g has the structure of several leaves
                part = g
                for kind, k in p[len(path) :]:
                    part = rb.emit("getattr" if kind == "attr" else "getitem", part, Const(k))
                self.add(state, rb, (v, p), part)

    def named(self, rb: Builder, g: Atom, name: str, recent: int = 1) -> Atom:
        """Give a fresh temporary, of the last ``recent`` statements, the name of the adjoint that it is."""
        if name and isinstance(g, Var) and not g.name:
            for s in rb.stmts[-recent:]:
                if s.__class__ is Let and s.target is g:
                    object.__setattr__(g, "name", name)  # made just now: nobody else has seen it
                    break
        return g

    def leaf_type(self, v: Var, path: Path) -> Type:
        for p, t in self.layout.leaves(v):
            if p == path:
                return t
        return Unknown()

    def is_mirror_leaf(self, v: Var, path: Path) -> bool:
        return isinstance(self.leaf_type(v, path), _MIRRORED)

    def needs_helper(self, v: Var, path: Path) -> bool:
        return isinstance(self.leaf_type(v, path), _ADDED_BY_HELPER)

    def is_shadow(self, v: Var) -> bool:
        """Does the adjoint of ``v`` live in memory that mirrors the memory of ``v``?"""
        if v in self.poisoned:
            return False
        if v.type.__class__ is Array:
            return self.info.is_mutated(v) or self.is_paired(v)
        return self.layout.is_mirror(v) and (self.info.deep_mutated(v) or self.is_paired(v))

    def zero(self, rb: Builder, key: Key, t: Type, like: Atom | None = None) -> Atom:
        """A fresh zero adjoint for a leaf."""
        if is_number(t):
            return Const(0.0)
        atom = like if like is not None else self.leaf_atom(rb, key)
        if isinstance(t, Array):
            return rb.call(_np.zeros_like, "np.zeros_like", atom, name=self.bar_name(key))
        return rb.call(zeros_like, "rt.zeros_like", atom, name=self.bar_name(key))

    def leaf_atom(self, rb: Builder, key: Key) -> Atom:
        """The primal value at a leaf: as it was at the start, where the function has read it there."""
        v, path = key
        first = self.first_reads.get(key)
        if first is not None:
            return first
        atom: Atom = v
        for kind, k in path:
            atom = rb.emit("getattr" if kind == "attr" else "getitem", atom, Const(k))
        return atom

    def buffer(self, state: State, rb: Builder, key: Key) -> Atom:
        """The adjoint as a buffer that is ours alone: made now (zero, or a copy of what has accumulated) if need be."""
        old = state.get(key)
        if old is not None and key in state.owned:
            return old
        if not state.is_local(key[0]):
            raise NeedBuffer(key)
        t = self.leaf_type(*key)
        if old is None:
            new = self._zero_buffer(rb, key) if isinstance(t, Num) or is_number(t) else self.zero(rb, key, t)
        elif isinstance(t, Array) or self.is_shadow_array(key[0], key[1]):
            new = rb.call(_np.array, "np.array", old, name=self.bar_name(key))
        else:
            empty = self._zero_buffer(rb, key)
            rb.effect("call", Ref(_accumulate_into, "rt.accumulate_into"), empty, old)
            new = empty
        state.set(key, new, owned=True)
        return new

    def _zero_buffer(self, rb: Builder, key: Key) -> Var:
        """A zero that can be stored into: ``y[()]`` reads a number of NumPy as well as an array."""
        t = self.leaf_type(*key)
        stored = (Const(True),) if isinstance(t, Num) or is_number(t) else ()
        return rb.call(zeros_like, "rt.zeros_like", self.leaf_atom(rb, key), *stored, name=self.bar_name(key))

    def is_shadow_array(self, v: Var, path: Path) -> bool:
        return not path and isinstance(v.type, Array)

    def shadow(self, state: State, rb: Builder, v: Var) -> Atom:
        """The adjoint memory of ``v``: a buffer for what is allocated here or given, the same view of it for a view."""
        if self.is_paired(v):
            self.uses_shadows = True
            return rb.emit("method", self.shadows, Const("of"), v, type=v.type)
        view = self.memory.view_of(v)
        if view is None:
            return self.buffer(state, rb, (v, ()))
        if isinstance(view, str):
            loc = self.memory.loc_of(v) or self.fn.loc
            raise self.refuse(
                "S2S060",
                f"{v.name or 'this value'} may be one of several arrays that are stored into: {view}",
                loc,
                "store into one array under one name, or copy it first",
            )
        base = view.args[0] if view.op != "call" else view.args[1]
        assert isinstance(base, Var)
        inner = self.shadow(state, rb, base)
        args = (inner, *view.args[1:]) if view.op != "call" else (view.args[0], inner, *view.args[2:])
        kw = view.kwargs
        pos = args[: len(args) - len(kw)]
        return rb.emit(view.op, *pos, kw=kw or None, type=v.type)

    def poison(self, args: tuple[Atom, ...], state: State, rb: Builder) -> None:
        """Something refused reads ``args``: they get an adjoint, so that all that is refused on the way to them is found.
        (Nothing of this is ever emitted.)"""
        for a in args:
            if isinstance(a, Var) and self.is_active(a):
                for key, t in self.keys(a):
                    self.add(state, rb, key, self.zero(rb, key, t))

    def take(self, state: State, key: Key) -> Atom | None:
        return state.drop(key)

    # -- regions ---------------------------------------------------------------------------------------------------

    def region(self, block: Block, state: State, loc: Loc) -> Swept:
        """Transform the statements of ``block``; ``state`` holds the adjoints at its end and is brought to its start."""
        rb = Builder(loc)
        forward: list[Stmt] = []
        groups = swaps.swaps_in(self, block)
        done: set[Stmt] = set()
        for s in reversed(block.stmts):
            if s in done:
                continue
            if s in groups:
                forward[:0] = swaps.reverse(self, groups[s], state, rb)
                done.update(groups[s])
                continue
            try:
                forward[:0] = self.stmt_with_buffers(s, state, rb)
            except UnsupportedError as error:  # go on, to find all that is refused
                self.program.keep_findings(error)
                forward.insert(0, s)
                self.refused.add(s)
                forward[:1] = self.stmt_with_buffers(s, state, rb) if isinstance(s, Let) else [s]
        return Swept(forward, rb, state)

    def stmt_with_buffers(self, s: Stmt, state: State, rb: Builder) -> list[Stmt]:
        """One statement; buffers that its regions need are made first, as long as more are asked for. What has been asked
        for is remembered: a statement around this one may ask for more, and then this one is done again."""
        if isinstance(s, Let):
            return self.stmt(s, state, rb)
        known = self.asked.setdefault(s, [])
        for key in known:
            rb.loc = s.loc
            self.buffer(state, rb, key)
        while True:
            try:
                return self.stmt(s, state, rb)
            except NeedBuffer as need:
                if not state.is_local(need.key[0]):
                    raise
                known.append(need.key)
                rb.loc = s.loc
                self.buffer(state, rb, need.key)

    def stmt(self, s: Stmt, state: State, rb: Builder) -> list[Stmt]:
        rb.loc = s.loc
        if isinstance(s, Let):
            return ops.let(self, s, state, rb)
        if isinstance(s, If):
            return self.if_(s, state, rb)
        if isinstance(s, For | While):
            return self.loop(s, state, rb)
        return self.try_(s, state, rb)

    def local_vars(self, block: Block, extra: tuple[Var, ...] = ()) -> set[Var]:
        out = set(extra)
        for s in block.stmts:
            out.update(targets_of(s))
            out.update(inner_vars(s))
        return out

    def seed(self, state: State, rb: Builder, target: Var, value: Atom, bars: dict[Key, Atom]) -> None:
        """The adjoint of ``target`` becomes a contribution to the ``value`` that was bound to it."""
        if isinstance(value, Var) and self.is_active(value):
            for (_, path), g in bars.items():
                self.add(state, rb, (value, path), g)

    def taken(self, state: State, targets: tuple[Var, ...]) -> list[dict[Key, Atom]]:
        """The adjoints of the targets, taken out of the state."""
        out = []
        for t in targets:
            found: dict[Key, Atom] = {}
            if self.is_active(t):
                for key, _ in self.keys(t):
                    g = state.drop(key)
                    if g is not None:
                        found[key] = g
            out.append(found)
        return out

    # -- branches ----------------------------------------------------------------------------------------------------

    def if_(self, s: If, state: State, rb: Builder) -> list[Stmt]:
        saved = dict(state.bars), set(state.owned)
        bars = self.taken(state, s.targets)
        try:
            sides = [self.branch(s, b, bars, state) for b in (s.then, s.orelse)]
        except NeedBuffer:
            state.bars, state.owned = saved
            raise
        if not any(side.reverse.stmts or side.state.outer_changes() for side in sides):
            return [s]
        return self.join_branches(s, sides, state, rb)

    def branch(self, s: If | Try, block: Block, bars: list[dict[Key, Atom]], state: State) -> Swept:
        child = State(self.local_vars(block), state)
        rb = Builder(s.loc)
        for t, a, found in zip(s.targets, block.results, bars, strict=True):
            self.seed(child, rb, t, a, found)
        swept = self.region(block, child, s.loc)
        swept.reverse.stmts[:0] = rb.stmts
        if not rb.stmts:
            return swept
        return Swept(swept.forward, swept.reverse, child)

    def join_branches(self, s: If, sides: list[Swept], state: State, rb: Builder) -> list[Stmt]:
        changed: dict[Key, None] = {}
        for side in sides:
            changed.update(dict.fromkeys(side.state.outer_changes()))
        targets: list[Var] = []
        results: list[list[Atom]] = [[], []]
        for key in changed:
            t = self.leaf_type(*key)
            for side, out in zip(sides, results, strict=True):
                g = side.state.get(key)
                out.append(self.zero(side.reverse, key, t) if g is None else g)
            targets.append(Var(self.bar_name(key), _value_type(t, type_of_atom(results[0][-1]))))
        forward, reverse, extra = residuals.export_branches(self, s, sides, results)
        before, test = self.kept_test(s)
        rb.append(If(test, reverse[0], reverse[1], tuple(targets), s.loc))
        for key, var in zip(changed, targets, strict=True):
            state.set(key, var)
        new = tuple(s.targets) + extra
        return [*before, If(test, forward[0], forward[1], new, s.loc)]

    def kept_test(self, s: If) -> tuple[list[Stmt], Atom]:
        """The test of a branch for both sweeps: whether a list is empty is asked before it changes."""
        if not atom_has_memory(s.test):
            return [], s.test
        seen = isinstance(s.test, Var) and isinstance(s.test.type, Array | List | Dict | Num)
        if seen and not self.escape and not self.memory.overwritten_after(s.test, s):
            return [], s.test
        flag = Var("", BOOL)
        return [Let(flag, "call", (Ref(bool, "bool"), s.test), (), s.loc)], flag

    def try_(self, s: Try, state: State, rb: Builder) -> list[Stmt]:
        saved = dict(state.bars), set(state.owned)
        bars = self.taken(state, s.targets)
        bodies = [s.body, *(h.body for h in s.handlers)]
        try:
            sides = [self.branch(s, b, bars, state) for b in bodies]
        except NeedBuffer:
            state.bars, state.owned = saved
            raise
        if not any(side.reverse.stmts or side.state.outer_changes() for side in sides):
            return [s]
        return residuals.try_paths(self, s, sides, state, rb)

    # -- loops -------------------------------------------------------------------------------------------------------

    def loop(self, s: For | While, state: State, rb: Builder) -> list[Stmt]:
        saved = dict(state.bars), set(state.owned)
        bars = self.taken(state, s.targets)
        if not any(bars) and not self.memory.touches_active(s, self.activity) and not self.must_visit(s):
            return [s]
        try:
            self.loop_buffers(s, state, rb)
            return self.reverse_loop(s, bars, state, rb)
        except NeedBuffer:
            state.bars, state.owned = saved
            raise

    def must_visit(self, s: For | While) -> bool:
        """Does the loop compute memory whose adjoint is found by memory, not by name, or hold something refused?"""
        return holds_refused(self.program, s.body) or any(
            isinstance(t, Let) and t.target is not None and self.is_active(t.target) and self.is_paired(t.target)
            for t in walk(s.body)
        )

    def loop_buffers(self, s: For | While, state: State, rb: Builder) -> None:
        """Arrays from outside that the body reads get their buffer before the loop: each iteration adds into it."""
        own = inner_vars(s)
        for v in free_vars(s.body):
            if v in own or not self.is_active(v) or self.is_shadow(v):
                continue
            for key, t in self.keys(v):
                if isinstance(t, Array | List | Dict | Tuple | Obj) and not self.is_paired_leaf(*key):
                    self.buffer(state, rb, key)

    def reverse_loop(self, s: For | While, bars: list[dict[Key, Atom]], state: State, rb: Builder) -> list[Stmt]:
        seeds: dict[Key, Atom] = {}
        for c, t, found in zip(s.carried, s.targets, bars, strict=True):
            for (_, path), g in found.items():
                seeds[(c, path)] = g
            del t
        outer: dict[Key, None] = {}
        carried: dict[Key, None] = dict.fromkeys(seeds)
        while True:
            attempt = LoopSweep(self, s, carried, outer, state)
            missing = attempt.run()
            if not missing:
                break
            for key in missing:
                (carried if key[0] in s.carried else outer).setdefault(key)
        return attempt.finish(seeds, rb)


class LoopSweep:
    """One attempt at the reverse of a loop, for given carried adjoints (of carried variables and of outer values)."""

    def __init__(
        self, r: Reverse, s: For | While, carried: dict[Key, None], outer: dict[Key, None], state: State
    ) -> None:
        self.r, self.s, self.state = r, s, state
        self.carried, self.outer = list(carried), list(outer)
        item = (s.item,) if isinstance(s, For) else ()
        self.child = State(r.local_vars(s.body, (*item, *s.carried)), state)
        self.phis = {k: Var(r.bar_name(k), _value_type(r.leaf_type(*k), None)) for k in (*self.carried, *self.outer)}

    def run(self) -> list[Key]:
        """Transform the body; the keys that received adjoints and are not carried yet."""
        r, s, child = self.r, self.s, self.child
        rb = Builder(s.loc)
        for key in self.outer:
            child.set(key, self.phis[key])
        for key in self.carried:
            value = s.body.results[s.carried.index(key[0])]
            if isinstance(value, Var) and r.is_active(value):
                r.add(child, rb, (value, key[1]), self.phis[key])
        swept = r.region(s.body, child, s.loc)
        swept.reverse.stmts[:0] = rb.stmts
        self.swept = swept
        missing = [k for k in child.outer_changes() if k not in self.phis and k[0] not in child.local]
        for c in s.carried:
            if r.is_active(c):
                missing += [k for k, _ in r.keys(c) if child.get(k) is not None and k not in self.phis]
        return missing

    def finish(self, seeds: dict[Key, Atom], rb: Builder) -> list[Stmt]:
        """Build the forward loop that records and the loop of the reverse sweep; bring the state before the loop."""
        r, s, state, child = self.r, self.s, self.state, self.child
        rev = self.swept.reverse
        keys = [*self.carried, *self.outer]
        init: list[Atom] = []
        for key in keys:
            t = r.leaf_type(*key)
            if key in self.outer:
                old = state.get(key)
                init.append(r.zero(rb, key, t) if old is None else old)
            else:
                target = s.targets[s.carried.index(key[0])]
                g = seeds.get(key)
                init.append(r.zero(rb, (target, key[1]), t) if g is None else g)
        nexts: list[Atom] = []
        for key in keys:
            g = child.get(key)
            nexts.append(g if g is not None else r.zero(rev, key, r.leaf_type(*key), _like(r, key, self.phis[key])))
        carried = tuple(self.phis[k] for k in keys)
        forward = residuals.record_loop(r, s, self.swept, carried, tuple(init), tuple(nexts), rb)
        after = forward.targets
        for key, var in zip(keys, after, strict=True):
            if key in self.outer:
                state.set(key, var)
        for key, var in zip(keys, after, strict=True):
            if key in self.carried:
                first = s.init[s.carried.index(key[0])]
                if isinstance(first, Var) and r.is_active(first):
                    r.add(state, rb, (first, key[1]), var)
        return forward.stmts


def _like(r: Reverse, key: Key, phi: Var) -> Atom | None:
    """An adjoint of the same shape, where the shape of a carried array does not change."""
    t = r.leaf_type(*key)
    return phi if isinstance(t, Array) and t.dims is not None and None not in t.dims else None


def _value_type(t: Type, g: Type | None) -> Type:
    if is_number(t):
        return Scalar("float64", weak=False) if not (isinstance(t, Scalar) and t.dtype.startswith("complex")) else t
    return t


import numpy as _np  # noqa: E402

from s2sad import runtime as _rt  # noqa: E402
from s2sad.runtime import accumulate_into as _accumulate_into  # noqa: E402

# tuples: a union would be built at each of the many calls
_PAIRABLE = (Array, List, Dict, Maybe, Obj)
_MIRRORED = (List, Dict, Tuple, Obj)
_ADDED_BY_HELPER = (List, Dict, Tuple, Unknown, Obj)


def is_pairable(t: Type | None) -> bool:
    """Has a value of this type an identity by which its adjoint can be found?"""
    return isinstance(t, _PAIRABLE)


__all__ = ["RANGE", "UNDEF", "Reverse", "Swept", "Tuple", "normal_step", "subst_block"]
