"""The adjoints of values: where each lives, how a contribution is added, how a buffer for it is made.

*before*                        *after* (contributions ``g`` and ``h`` to ``x``)::

    y = g_of(x)                     x_bar = h        # the first assigns
    z = h_of(x)                     x_bar = x_bar + g    # a later one adds, in place where the buffer is ours

An array that is stored into has adjoint memory that mirrors its own: a buffer for what is allocated here or given, and the
same view of that buffer for a view.
"""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.ad import reads
from s2sad.ad.known import Known
from s2sad.ad.leaves import Key
from s2sad.ad.state import RECENT, NeedBuffer, State
from s2sad.analysis.build import Builder
from s2sad.analysis.findings import RULE_HELP
from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.ir.types import Array, Num, Type, Unknown, is_number
from s2sad.runtime import accumulate_into, part, zeros_like


class Adjoints(Known):
    """Accumulates into the adjoints of one function; ``State`` holds what has come together so far."""

    def add(self, state: State, rb: Builder, key: Key, g: Atom, named: bool = True) -> None:
        """Accumulate ``g`` into the adjoint of ``key``: the first contribution assigns, later ones add."""
        v, path = key
        if not self.is_active(v):
            return
        if not self.is_leaf(v, path):
            self.add_elsewhere(state, rb, key, g)
            return
        if not path and self.is_shadow(v):
            self._add_into(rb, self.shadow(state, rb, v), g, v.type, found=self.is_paired(v))
        elif (path and self.is_paired_leaf(v, path)) or (self.is_mirror_leaf(v, path) and self.holds_paired(v)):
            self._add_into(rb, self.paired_part(rb, key), g, self.leaf_type(v, path), found=True)
        else:
            self._accumulate(state, rb, key, g, named)

    def _add_into(self, rb: Builder, place: Atom, g: Atom, t: Type | None, *, found: bool) -> None:
        """Add to adjoint memory that has a place of its own; ``found``: when the program runs, so it may be a view of more."""
        if not isinstance(t, Array):
            rb.effect("call", Ref(accumulate_into, "rt.accumulate_into"), place, g)
        elif found:
            rb.effect("call", Ref(rt.add_view, "rt.add_view"), place, g)
        else:
            rb.effect("iadd", place, g)

    def _accumulate(self, state: State, rb: Builder, key: Key, g: Atom, named: bool) -> None:
        """Add to an adjoint that is a value: in place only where the buffer is ours."""
        old = state.get(key)
        if old is None:
            weights = key[1] and key[1][-1][1].__class__ is str and g.__class__ is Var and g.type.__class__ is Array
            # (``params["W"]``: what was read has no name of its own)
            state.set(key, self.named(rb, g, self.bar_name(key), RECENT if weights else 1) if named else g)
        elif key in state.owned:
            if self.is_mirror_leaf(*key):
                rb.effect("call", Ref(accumulate_into, "rt.accumulate_into"), old, g)
            else:
                rb.effect("iadd", old, g)
        elif self.needs_helper(*key):
            state.set(key, rb.call(rt.accumulate, "rt.accumulate", old, g, name=self.bar_name(key)))
        else:
            state.set(key, rb.emit("add", old, g, name=self.bar_name(key)))

    def add_elsewhere(self, state: State, rb: Builder, key: Key, g: Atom) -> None:
        """Accumulate where the adjoint is cut up in another way: at a place inside a mirror, or over several leaves."""
        v, path = key
        for p, _ in self.layout.leaves(v):
            if path[: len(p)] == p:  # inside a mirror
                place = self.shadow(state, rb, v) if not p and self.is_shadow(v) else self.buffer(state, rb, (v, p))
                step, *rest = path[len(p) :]
                reads.scatter_path(rb, place, Const(step[1]), tuple(rest), g, Unknown(), step[0])
                return
        found = False
        for p, _ in self.layout.leaves(v):
            if p[: len(path)] == path:  # g has the structure of several leaves
                part = g
                for kind, k in p[len(path) :]:
                    part = rb.emit("getattr" if kind == "attr" else "getitem", part, Const(k))
                self.add(state, rb, (v, p), part)
                found = True
        if not found:  # an adjoint may not be lost
            text = ".".join(str(k) for _, k in path)
            raise self.refuse("S2S020", f"{text} of a value that has no such part when the derivative is compiled", rb.loc,
                              RULE_HELP)  # fmt: skip

    def named(self, rb: Builder, g: Atom, name: str, recent: int = 1) -> Atom:
        """Give a fresh temporary, of the last ``recent`` statements, the name of the adjoint that it is."""
        if name and isinstance(g, Var) and not g.name:
            for s in rb.stmts[-recent:]:
                if s.__class__ is Let and s.target is g:
                    object.__setattr__(g, "name", name)  # made just now: nobody else has seen it
                    break
        return g

    def zero(self, rb: Builder, key: Key, t: Type, like: Atom | None = None) -> Atom:
        """A fresh zero adjoint for a leaf."""
        if is_number(t):
            return Const(0.0)
        atom = like if like is not None else self.leaf_atom(rb, key)
        if isinstance(t, Array):
            return rb.call(np.zeros_like, "np.zeros_like", atom, name=self.bar_name(key))
        return rb.call(zeros_like, "rt.zeros_like", atom, name=self.bar_name(key))

    def leaf_atom(self, rb: Builder, key: Key) -> Atom:
        """The primal value at a leaf: as it was at the start, where the function has read it there."""
        v, path = key
        first = self.first_reads.get(key)
        if first is not None:
            return first
        atom: Atom = v
        for n, (kind, k) in enumerate(path, 1):
            if v in self.unbound:  # a return in a loop has made it, or not yet: then it is None, and the zero is not used
                atom = rb.call(part, "rt.part", atom, Const(k), type=self.leaf_type(v, path[:n]))
            else:
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
        elif isinstance(t, Array) or (not key[1] and isinstance(key[0].type, Array)):
            new = rb.call(np.array, "np.array", old, name=self.bar_name(key))
        else:
            empty = self._zero_buffer(rb, key)
            rb.effect("call", Ref(accumulate_into, "rt.accumulate_into"), empty, old)
            new = empty
        state.set(key, new, owned=True)
        return new

    def _zero_buffer(self, rb: Builder, key: Key) -> Var:
        """A zero that can be stored into: ``y[()]`` reads a number of NumPy as well as an array."""
        t = self.leaf_type(*key)
        stored = (Const(True),) if isinstance(t, Num) or is_number(t) else ()
        return rb.call(zeros_like, "rt.zeros_like", self.leaf_atom(rb, key), *stored, name=self.bar_name(key))

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

    def paired_part(self, rb: Builder, key: Key) -> Atom:
        """The adjoint of a leaf of a structured value that is found by memory."""
        self.uses_shadows = True
        return rb.emit("method", self.shadows, Const("of"), self.leaf_atom(rb, key), type=self.leaf_type(*key))

    def drop(self, state: State, rb: Builder, key: Key, t: Type) -> Atom | None:
        """The adjoint of a leaf of memory that was new where it was computed, taken out: what has been added to the leaf, and
        what was added to the parts of it that are found by memory."""
        g = state.drop(key)
        held = self.is_mirror_leaf(*key) and self.holds_paired(key[0])
        if not held and not self.is_paired_leaf(*key):
            return g
        place = self.paired_part(rb, key)
        return place if g is None else rb.call(rt.accumulate, "rt.accumulate", g, place, type=t)
