"""When each variable is live, as the emitted text will be run: one bit for each place between two statements.

A variable's live range is a Python integer: bit ``p`` says that its value is needed in the gap after place ``p``. Two
variables can share a Python name when the integers have no bit in common. Branches get bits of their own, so a value
that only one branch reads does not occupy the other; what a loop reads from outside is live in all of it.
"""

from __future__ import annotations

from s2sad.analysis.effects import INPLACE_OPS
from s2sad.backend.fold import Plan
from s2sad.backend.levels import is_stable
from s2sad.ir.nodes import Atom, Block, For, Function, If, Let, Stmt, Try, Var, While, walk
from s2sad.ir.record import dataclass, field


@dataclass(slots=True, eq=False)
class _Region:
    parent: _Region | None
    owner: int  # the place of the statement that owns it, in the parent
    start: int
    loop: int = -1  # for a loop: its first place
    end: int = -1  # for a loop: the place after it
    guard: int = -1  # for a handler or a final block: the start of the ``try``


@dataclass(slots=True)
class Live:
    ranges: dict[Var, int] = field(default_factory=dict)
    first: dict[Var, int] = field(default_factory=dict)  # the place of the definition
    needed: set[Var] = field(default_factory=set)
    in_loops: set[Var] = field(default_factory=set)  # defined in the body of a loop
    at: dict[Stmt, int] = field(default_factory=dict)  # the place before each statement of the function's own block
    size: int = 0


def needed(fn: Function, plan: Plan) -> set[Var]:
    """Variables whose value reaches something that is computed or decided (copies between names alone do not count)."""
    edges: dict[Var, list[Atom]] = {}
    roots: list[Atom] = list(fn.body.results)
    for stmt in walk(fn.body):
        if stmt.__class__ is Let:
            roots += stmt.args
        elif isinstance(stmt, If):
            roots.append(stmt.test)
            for t, a, b in zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True):
                edges[t] = [a, b]
        elif isinstance(stmt, For | While):
            _loop_edges(stmt, roots, edges)
        elif isinstance(stmt, Try):
            for block in (stmt.body, *(h.body for h in stmt.handlers)):
                for t, a in zip(stmt.targets, block.results, strict=True):
                    edges.setdefault(t, []).append(a)
            roots.extend(h.types for h in stmt.handlers if h.types is not None)
    out = set(roots)
    todo = [v for v in edges if v in out]
    while todo:
        for a in edges.pop(todo.pop(), ()):
            if a not in out:
                out.add(a)
                if a in edges:
                    todo.append(a)
    return {a for a in out if a.__class__ is Var}


def _loop_edges(stmt: For | While, roots: list[Atom], edges: dict[Var, list[Atom]]) -> None:
    if isinstance(stmt, For):
        roots.append(stmt.iter)
    else:
        roots.extend(stmt.cond.results)
    n = len(stmt.carried)
    roots.extend(stmt.body.results[n:])
    for c, i, r, t in zip(stmt.carried, stmt.init, stmt.body.results[:n], stmt.targets, strict=True):
        edges[c] = [i, r]
        edges[t] = [c]


def liveness(fn: Function, plan: Plan) -> Live:
    """Live ranges of all variables of a function that get a name (those of nested functions not included)."""
    return _Walker(fn, plan).run()


class _Walker:
    def __init__(self, fn: Function, plan: Plan) -> None:
        self.fn = fn
        self.plan = plan
        self.live = Live()
        self.live.needed = needed(fn, plan)
        self.place = 0
        self.uses: list[tuple[Var, _Region, int]] = []
        self.where: dict[Var, tuple[_Region, int]] = {}

    def run(self) -> Live:
        root = _Region(None, 0, 0)
        for v in (*(p.var for p in self.fn.params), *self.fn.captured):
            self._define(v, root, 0)
        self._block(self.fn.body, root)
        end = self._tick()
        for a in self.fn.body.results:
            self._use(a, root, end)
        for var, region, place in self.uses:
            self._extend(var, region, place)
        self.live.size = self.place + 1
        return self.live

    def _tick(self) -> int:
        self.place += 1
        return self.place

    def _mark(self, v: Var, start: int, end: int) -> None:
        """Live in the gaps ``start .. end - 1``."""
        if end > start:
            self.live.ranges[v] = self.live.ranges.get(v, 0) | (((1 << (end - start)) - 1) << start)

    def _define(self, v: Var, region: _Region, place: int) -> None:
        self.where[v] = (region, place)
        self.live.first.setdefault(v, place)
        r: _Region | None = region
        while r is not None and r.loop < 0:
            r = r.parent
        if r is not None:
            self.live.in_loops.add(v)
        self._mark(v, place, place + 1)

    def _use(self, a: Atom, region: _Region, place: int, changed: Atom | None = None) -> None:
        """A use at a place, also by way of what is folded into it. ``changed`` is changed in place there: its shape is not,
        so that reading that counts as done before."""
        if a.__class__ is not Var or a in self.plan.itself:
            return
        stmt = self.plan.inline.get(a)
        if stmt is None:
            self.uses.append((a, region, place))
        else:
            self._use_tree(stmt, region, place, changed)

    def _use_tree(self, stmt: Stmt, region: _Region, place: int, changed: Atom | None = None) -> None:
        if isinstance(stmt, Let):
            if stmt.op == "getattr" and stmt.args[0] is changed and is_stable(stmt):
                return
            for a in stmt.args:
                self._use(a, region, place, changed)
        elif isinstance(stmt, If):
            for a in (stmt.test, *stmt.then.results, *stmt.orelse.results):
                self._use(a, region, place)

    def _extend(self, v: Var, region: _Region, place: int) -> None:
        if v not in self.where:
            return
        home, start = self.where[v]
        r: _Region | None = region
        while r is not None and r is not home:
            if r.loop >= 0:
                self._mark(v, r.loop, r.end)
            if r.guard >= 0:
                self._mark(v, r.guard, r.start)
            self._mark(v, r.start, place)
            place, r = r.owner, r.parent
        self._mark(v, start, place)

    # -- statements ------------------------------------------------------------------------------------------------
    def _block(self, block: Block, region: _Region) -> None:
        own = region.parent is None
        for stmt in self.plan.kept(block):
            if own:
                self.live.at[stmt] = self.place
            if isinstance(stmt, Let):
                self._let(stmt, region)
            elif isinstance(stmt, If):
                self._if(stmt, region)
            elif isinstance(stmt, For | While):
                self._loop(stmt, region)
            else:
                self._try(stmt, region)

    def _let(self, let: Let, region: _Region) -> None:
        here = self._tick()
        if let.op in INPLACE_OPS:  # the target has its value before the operand is read
            self._use(let.args[0], region, here)
            after = self._tick()
            for a in let.args[1:]:
                self._use(a, region, after, let.args[0])
        else:
            for a in let.args:
                self._use(a, region, here)
        if let.target is not None:
            self._define(let.target, region, here)

    def _leaf(self, pairs: list[tuple[Var, Atom]], extra: tuple[Atom, ...], region: _Region) -> int:
        """The copies at the end of a region: all sources are read, then all destinations written."""
        here = self._tick()
        for dest, source in pairs:
            if dest in self.live.needed:
                self._use(source, region, here)
                self._mark(dest, here, here + 1)
        for a in extra:
            self._use(a, region, here)
        return here

    def _if(self, stmt: If, region: _Region) -> None:
        here = self._tick()
        if stmt in self.plan.as_expression:
            self._use_tree(stmt, region, here)
            self._define(stmt.targets[0], region, here)
            return
        self._use(stmt.test, region, here)
        for block in (stmt.then, stmt.orelse):
            inner = _Region(region, here, self._tick())
            self._block(block, inner)
            self._leaf(list(zip(stmt.targets, block.results, strict=True)), (), inner)
        end = self._tick()
        for t in stmt.targets:
            self._define(t, region, end)

    def _loop(self, stmt: For | While, region: _Region) -> None:
        n = len(stmt.carried)
        start = self._leaf(list(zip(stmt.carried, stmt.init, strict=True)), (), region)
        if isinstance(stmt, For):
            self._use(stmt.iter, region, self._tick())
        head = self._tick()
        loop = _Region(region, start, head, loop=start)
        body = loop
        if isinstance(stmt, While):
            cond = _Region(loop, head, self._tick())
            self._block(stmt.cond, cond)
            decided = self._tick()
            self._use(stmt.cond.results[0], cond, decided)
            body = _Region(loop, decided, self._tick())
        for c in stmt.carried:
            self._define(c, loop, head)
            self._mark(c, start, head)
        if isinstance(stmt, For):
            self._define(stmt.item, loop, head)
        else:
            for c in stmt.carried:
                self._mark(c, head, body.start)
        self._block(stmt.body, body)
        pairs = list(zip(stmt.carried, stmt.body.results[:n], strict=True))
        leaf = self._leaf(pairs, stmt.body.results[n:], body)
        end = self._tick()
        loop.end = end
        for c, t in zip(stmt.carried, stmt.targets, strict=True):
            self._mark(c, leaf, end)
            self._define(t, region, end)
        if isinstance(stmt, For):
            # without a use in the body, what a loop carries is not live at its head: its item may share the name
            for c in stmt.carried:
                self.live.ranges[c] &= ~(1 << head)

    def _try(self, stmt: Try, region: _Region) -> None:
        start = self._tick()
        for h in stmt.handlers:
            if h.types is not None:
                self._use(h.types, region, start)
        inner = _Region(region, start, self._tick())
        self._block(stmt.body, inner)
        self._leaf(list(zip(stmt.targets, stmt.body.results, strict=True)), (), inner)
        for h in stmt.handlers:
            handler = _Region(region, start, self._tick(), guard=start)
            if h.name is not None:
                self._define(h.name, handler, handler.start)
            self._block(h.body, handler)
            leaf = self._leaf(list(zip(stmt.targets, h.body.results, strict=True)), (), handler)
            if h.name is not None:  # Python deletes it at the end of the handler
                self._mark(h.name, handler.start, leaf + 1)
        final = _Region(region, start, self._tick(), guard=start)
        self._block(stmt.final, final)
        end = self._tick()
        for t in stmt.targets:
            self._define(t, region, end)
            self._mark(t, final.start, end)


__all__ = ["Live", "liveness", "needed"]
