"""What every iteration of a loop records alike is not recorded for each: the reverse sweep reads that of the last one.

*before*::

    def f(u, p, n):
        a = np.exp(u)
        t = a
        tape = []
        trips = range(n)
        for i in trips:
            p[0] = 0.5
            t = p[0] * a
            u = u * t
            tape.append(t)
        u_bar = u
        for t0 in reversed(tape):
            u_bar = u_bar * t0
        return u_bar

*after*::

    def f(u, p, n):
        a = np.exp(u)
        t = a
        trips = range(n)
        for i in trips:
            p[0] = 0.5
            t = p[0] * a
            u = u * t
        u_bar = u
        for i in trips:
            u_bar = u_bar * t
        return u_bar

The pivots of an implicit scheme are the same in each time step. The proof is by induction over what an iteration does,
one thing after the other: two iterations compute the same if both read the same, and memory that both store the same
into, before they read it, is the same when they read it (``analysis/coverage.py``). So a recorded value is followed back
to values from outside the loop; whatever is not understood on the way, it stays in the tape.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Any

from s2sad.analysis.coverage import is_covered
from s2sad.analysis.effects import effect_of, has_memory
from s2sad.analysis.regions import Access, Loops, Regions
from s2sad.analysis.sharing import Memory
from s2sad.analysis.tapes import Reader, Tape, Tapes, tapes_in
from s2sad.analysis.usage import definitions
from s2sad.ir.nodes import (
    UNDEF,
    Atom,
    Block,
    Callee,
    Const,
    For,
    Function,
    Global,
    Let,
    Ref,
    Stmt,
    Var,
    blocks_of,
    inner_vars,
    replace,
)
from s2sad.ir.rewrite import subst_block, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, List, Range

_STORES = ("setitem", "aug_setitem")


def share(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with the first such records gone: ``fn`` itself where there are none."""
    found = tapes_in(fn)
    for tape in found.understood():
        reader = tape.only_reader(primal)
        if reader is None or not isinstance(tape.owner, For) or tape.owner.stop:
            continue
        live = [k for k in reader.parts if _is_kept(tape.components[k], tape.owner)]
        place = _block_of(fn.body, tape, reader) if live else None
        if place is not None:
            proof = _Proof(fn, found, tape.owner)
            steady = [k for k in live if proof.holds(tape.components[k])]
            if steady:
                return with_body(fn, _rebuilt(fn.body, place, _shared(place, tape, reader, steady)))
    return fn


def alike(fn: Function, found: Tapes, loop: For, recorded: Sequence[Var]) -> set[Var]:
    """Those of the tapes and arrays that an iteration of ``loop`` has made and recorded that are the same in each. (Where one
    raises, nothing is read.)"""
    proof = _Proof(fn, found, loop, may_raise=True)
    return {v for v in recorded if _is_kept(v, loop) and proof.holds(v)}


def _is_kept(a: Atom, loop: For) -> bool:
    """An array or a tape that the iteration itself has made?"""
    if (
        not isinstance(a, Var)
        or not isinstance(a.type, List | Array)
        or (isinstance(a.type, Array) and a.type.dims == ())
    ):
        return False
    return any(s.__class__ is Let and s.target is a for s in loop.body.stmts)


def _block_of(block: Block, tape: Tape, reader: Reader) -> Block | None:
    """The block in which the tape is made, recorded and read, one after the other."""
    if tape.made in block.stmts:
        return block if tape.owner in block.stmts and reader.loop in block.stmts else None
    inner = (_block_of(b, tape, reader) for s in block.stmts if s.__class__ is not Let for b in blocks_of(s))
    return next((b for b in inner if b is not None), None)


def _shared(block: Block, tape: Tape, reader: Reader, steady: list[int]) -> Block:
    """The loop hands on what its last iteration has recorded, and the loop backwards reads that."""
    loop = tape.owner
    assert isinstance(loop, For)
    values = [tape.components[k] for k in steady]
    news: list[Var] = [Var(v.name, v.type) for v in values if isinstance(v, Var)]
    env: dict[Var, Atom] = {}
    for k, new in zip(steady, news, strict=True):
        env.update((g.target, new) for g in reader.parts[k] if g.target is not None)
        if tape.entry is None:
            env[reader.entry] = new
    forward = replace(
        loop,
        carried=(*loop.carried, *(Var(v.name, v.type) for v in news)),
        init=(*loop.init, *(UNDEF for _ in news)),
        body=Block(loop.body.stmts, (*loop.body.results, *values)),
        targets=(*loop.targets, *news),
    )
    heads = set(reader.head)
    own = subst_block(Block(tuple(s for s in reader.loop.body.stmts if s not in heads), reader.loop.body.results), env)
    head = tuple(s for s in reader.loop.body.stmts if s in heads)
    backward = replace(reader.loop, body=Block((*head, *own.stmts), own.results))
    return with_stmts(block, [forward if s is loop else backward if s is reader.loop else s for s in block.stmts])


def _rebuilt(block: Block, old: Block, new: Block) -> Block:
    if block is old:
        return new
    out = [
        with_blocks(s, tuple([_rebuilt(b, old, new) for b in blocks_of(s)])) if blocks_of(s) else s for s in block.stmts
    ]
    return with_stmts(block, out)


class _Proof:
    """That two iterations of a loop compute the same."""

    def __init__(self, fn: Function, found: Tapes, loop: For, may_raise: bool = False) -> None:
        self.fn, self.found, self.loop = fn, found, loop
        self.lets = found.lets
        self.memory = Memory(fn)
        self.place: dict[Stmt, tuple[int, tuple[Stmt, ...]]] = {}  # of what is in the loop, and what it is in there
        self._number(loop.body, ())
        inside = [s for s in self.place if s.__class__ is Let]
        self.defined = definitions(loop.body)
        self.lasting = {*loop.carried, loop.item}
        self.stores: dict[Any, list[Let]] = {}
        self.grown: set[Any] = set()  # lists that the loop appends to: of the arrays in them nothing changes
        self.is_open = False  # does the loop do what is not understood?
        for s in inside:
            assert isinstance(s, Let)
            effect = effect_of(s)
            self.is_open = self.is_open or (effect.io and not (may_raise and _raises(s)))
            if s.op == "method" and isinstance(s.args[1], Const) and s.args[1].value == "append":
                self.grown.add(self.memory.find(s.args[0]))
                continue
            for p in effect.writes:
                self.stores.setdefault(self.memory.find(s.args[p]), []).append(s)
        self.regions = Regions(definitions(fn), self._loops_of)
        self.understood = set(found.understood())

    def _number(self, block: Block, around: tuple[Stmt, ...]) -> None:
        for s in block.stmts:
            self.place[s] = len(self.place), around
            for b in blocks_of(s):
                self._number(b, (*around, s))

    def _loops_of(self, v: Var) -> Loops:
        """The loops inside in each iteration of which a variable may differ."""
        d = self.defined.get(v)
        if d is None:
            return ()
        around = self.place[d][1]
        return (*around, d) if v in inner_vars(d) else around

    def holds(self, value: Atom) -> bool:
        """Is a recorded value the same in each iteration, and nothing stores into it?"""
        if self.is_open:
            return False
        seen: set[tuple[str, Any]] = set()
        todo: list[tuple[str, Any]] = [("kept", value)]
        while todo:
            goal = todo.pop()
            if goal in seen:
                continue
            seen.add(goal)
            more = getattr(self, "_" + goal[0])(goal[1])
            if more is None:
                return False
            todo += more
        return True

    # Each of these gives what has to hold for it to be so; None if it is not known to be.

    def _kept(self, a: Atom) -> list[tuple[str, Any]] | None:
        """What a tape holds: itself the same, and as it was when the reverse sweep reads it."""
        if not isinstance(a, Var):
            return [("value", a)]
        if isinstance(a.type, List):
            return self._tape(a)
        if has_memory(a.type) and not isinstance(a.type, Array):
            return None
        return None if self.memory.is_written(a) else [("value", a), ("read", a)]

    def _tape(self, a: Var) -> list[tuple[str, Any]] | None:
        """A list that the iteration makes and only appends to."""
        tape = self.found.tapes.get(a)
        if tape is None or tape.append is None or tape not in self.understood or tape.made not in self.place:
            return None
        return [("control", tape.append), *(("kept", c) for c in tape.components)]

    def _control(self, s: Stmt) -> list[tuple[str, Any]] | None:
        """A statement runs as often, and when."""
        return self._trips(self.place[s][1])

    def _trips(self, loops: tuple[Stmt, ...]) -> list[tuple[str, Any]] | None:
        """Each of these is a loop over a range, all of it."""
        out: list[tuple[str, Any]] = []
        for loop in loops:
            if (
                not isinstance(loop, For)
                or loop.stop
                or not isinstance(loop.iter, Var)
                or not isinstance(loop.iter.type, Range)
            ):
                return None
            out.append(("value", loop.iter))
        return out

    def _value(self, a: Atom) -> list[tuple[str, Any]] | None:
        """A value, less what is in the memory that it refers to."""
        if not isinstance(a, Var):
            return None if isinstance(a, Global) or a is UNDEF else []
        if a in self.lasting:
            return None
        d = self.defined.get(a)
        if d is None:
            return []  # from outside
        if isinstance(d, For):
            return self._of_loop(a, d)
        if not isinstance(d, Let) or not effect_of(d).pure or d.op in ("list", "dict", "set", "closure", "iter_list"):
            return None
        if d.op == "call" and isinstance(d.args[0], Ref) and isinstance(d.args[0].obj, Callee | Function):
            return None  # it may read data of a module
        return [
            ("control", d),
            *(("value", x) for x in d.args),
            *(("read", x) for x in self._reads(d)),
            *self._place_of(d),
        ]

    def _of_loop(self, a: Var, d: For) -> list[tuple[str, Any]] | None:
        """The index of a loop inside, or what it carries."""
        out = self._trips((*self.place[d][1], d))  # of one with an empty body too: it may exchange what it carries
        if out is None or a is d.item:
            return out
        for k, pair in enumerate(zip(d.carried, d.targets, strict=True)):
            if a in pair:
                return [*out, *((goal, x) for x in (d.init[k], d.body.results[k]) for goal in ("value", "read"))]
        return None

    def _reads(self, d: Let) -> Iterator[Atom]:
        """The operands whose memory a statement looks into."""
        part = self._is_part(d)
        for k, x in enumerate(d.args):
            if isinstance(x, Var) and has_memory(x.type) and not (part and k == 0) and not _is_size(d):
                yield x

    def _is_part(self, d: Let) -> bool:
        """Is it ``x[i]`` of an array from outside that the loop stores into, with a basic index?"""
        if d.op != "getitem" or not self._is_store_place(d.args[0]):
            return False
        return self.regions.is_basic(d.args[1])

    def _is_store_place(self, x: Atom) -> bool:
        outside = isinstance(x, Var) and isinstance(x.type, Array) and x not in self.defined and x not in self.lasting
        return outside and bool(self.stores.get(self.memory.find(x)))

    def _place_of(self, d: Let) -> list[tuple[str, Any]]:
        return [("covered", d), ("memory", d.args[0])] if self._is_part(d) else []

    def _read(self, a: Atom) -> list[tuple[str, Any]] | None:
        """What is in the memory of a value when it is looked into."""
        if not isinstance(a, Var) or not has_memory(a.type):
            return []
        memory = self.memory.find(a)
        if memory not in self.stores and (isinstance(a.type, Array) or memory not in self.grown):
            return []
        d = self.lets.get(a)
        if d is not None and d in self.place and self._is_part(d):
            return []  # then its value says it
        return None

    def _memory(self, x: Var) -> list[tuple[str, Any]] | None:
        """All that the loop stores into an array from outside."""
        out: list[tuple[str, Any]] = []
        for s in self.stores[self.memory.find(x)]:
            if s.op not in _STORES or s.args[0] is not x or not self.regions.is_basic(s.args[1]):
                return None
            out += [("control", s), ("value", s.args[1]), ("value", s.args[2]), ("read", s.args[2])]
            if s.op == "aug_setitem":
                out.append(("covered", s))
        return out

    def _covered(self, s: Let) -> list[tuple[str, Any]] | None:
        """Has the iteration stored into all that it reads here, before?"""
        at, around = self.place[s]
        x = s.args[0]
        stores = self.stores[self.memory.find(x)]
        if any(not isinstance(b, For) for d in (s, *stores) for b in self.place[d][1]):
            return None
        given = [(Access(d.args[1], self.place[d][1]), self.place[d][0] < at) for d in stores if d.op in _STORES]
        return [] if is_covered(self.regions, Access(s.args[1], around), given) else None


def _raises(s: Let) -> bool:
    """Does it raise an exception of Python's, or make the one that is raised?"""
    made = s.args[0].obj if s.op == "call" and isinstance(s.args[0], Ref) else None
    if isinstance(made, type) and issubclass(made, Exception):
        return made.__module__ == "builtins"
    return s.op in ("raise_", "assert_")


def _is_size(d: Let) -> bool:
    """Does it ask for a shape or size alone?"""
    if d.op == "getattr":
        return isinstance(d.args[1], Const) and d.args[1].value in ("shape", "size", "ndim", "dtype")
    return d.op == "call" and isinstance(d.args[0], Ref) and d.args[0].obj is len


__all__ = ["alike", "share"]
