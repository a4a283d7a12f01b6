"""What the reverse sweep of a region reads of its forward sweep, and how it gets it: recompute, export, or tape.

*primal*                      *forward sweep*                    *reverse sweep*::

    for i in range(n):            tape = []                          for y, t in reversed(tape):
        t = np.sin(y)             for i in range(n):                     t_bar = y_bar * x
        y = t * x                     t = np.sin(y)                      x_bar += y_bar * t
                                      tape.append((y, t))                y_bar = t_bar * np.cos(y)
                                      y = t * x

Values from outside the region need nothing: they still are what they were. Reads by index of memory that is not
overwritten, integer arithmetic and shapes are recomputed; everything else is exported from a branch, taped in a loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from s2sad.ad import shifted, snapshots
from s2sad.ad.recompute import Plan, again, local_vars, plan
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import (
    UNDEF,
    Atom,
    Block,
    Const,
    For,
    Handler,
    If,
    Let,
    Ref,
    Stmt,
    Try,
    Var,
    While,
    atoms_of,
    free_vars,
)
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import subst_block
from s2sad.ir.types import (
    INT,
    NONE,
    RANGE,
    List,
    Opaque,
    Range,
    Slice,
    Tuple,
    Unknown,
)

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse
    from s2sad.ad.state import Swept

# tuples: a union would be built at each of the many calls
_LOOPS = (For, While)


# -- branches ----------------------------------------------------------------------------------------------------


def export_branches(
    r: Reverse, s: If, sides: Sequence[Swept], results: Sequence[list[Atom]]
) -> tuple[list[Block], list[Block], tuple[Var, ...]]:
    """Forward blocks with what the reverse blocks need as further results; reverse blocks that read those."""
    blocks = (s.then, s.orelse)
    exported, reverse = [], []
    targets: list[tuple[Var, ...]] = []
    for side, out in zip(sides, results, strict=True):
        taped, news, block = _export(r, side, tuple(out))
        exported.append(taped)
        targets.append(news)
        reverse.append(block)
    forward = []
    for k, (b, side) in enumerate(zip(blocks, sides, strict=True)):
        extra = [a if j == k else UNDEF for j, taped in enumerate(exported) for a in taped]
        forward.append(Block(tuple(side.forward), (*b.results, *extra)))
    return forward, reverse, tuple(v for news in targets for v in news)


def _export(
    r: Reverse, side: Swept, results: tuple[Atom, ...], caught: Var | None = None
) -> tuple[list[Var], tuple[Var, ...], Block]:
    rev = Block(tuple(side.reverse.stmts), results)
    local = local_vars(side.forward) | ({caught} if caught is not None else set())
    needed = [v for v in free_vars(rev) if v in local]
    p = plan(r, needed, side.forward, local, set())
    env: dict[Var, Atom] = {}
    news = tuple(Var("error" if v is caught else v.name, v.type) for v in p.taped)  # Python deletes the handler's name
    env.update(zip(p.taped, news, strict=True))
    head = again(p, env)
    body = subst_block(rev, env)
    return p.taped, news, Block((*head, *body.stmts), body.results)


# -- loops -------------------------------------------------------------------------------------------------------


@dataclass
class Recorded:
    """The forward loop with its tape, and the values after the loop of the reverse sweep."""

    stmts: list[Stmt]
    targets: tuple[Var, ...]


def record_loop(
    r: Reverse,
    s: For | While,
    swept: Swept,
    carried: tuple[Var, ...],
    init: tuple[Atom, ...],
    nexts: tuple[Atom, ...],
    rb: Builder,
) -> Recorded:
    """Append the reverse loop to ``rb``; returns the forward loop that makes the tape it reads."""
    source = s
    rev = Block(tuple(swept.reverse.stmts), nexts)
    item = (s.item,) if isinstance(s, For) else ()
    local = local_vars(swept.forward) | set(item) | set(s.carried)
    counted = isinstance(s, For) and not s.stop and isinstance(type_of_atom(s.iter), Range)
    needed = [v for v in free_vars(rev) if v in local]
    p = plan(r, needed, swept.forward, local, set(item) if counted else set(), loop=s)
    env: dict[Var, Atom] = {}
    rb.loc = s.loc
    fb = Builder(s.loc)
    had = shifted.handed_on(r, s, p.taped) if r.program.native else {}
    p.taped = [v for v in p.taped if v not in had]
    ends = dict(zip(s.carried, s.targets, strict=False))
    env.update((n, Var(n.name, n.type)) for n in had)
    entry = _entry(p.taped)
    body = list(swept.forward)
    tape = trips = None
    if p.taped:
        tape = fb.emit("list", name="tape", type=List(entry.type or Unknown()))
        _append(r, body, tape, p.taped, entry, s)
    elif not counted:
        trips = Var("trips", INT)
    loop, trips_out = _forward_loop(s, body, trips)
    if tape is not None and r.unbound.isdisjoint(p.taped):
        r.recorded[tape] = loop
    wants_item = counted and any(v is s.item for v in _reads(p, rev)) if isinstance(s, For) else False
    iterable, rev_item, head = _iteration(r, s, p, env, entry, tape, trips_out, bool(wants_item), rb)
    head += again(p, env)
    inner = subst_block(rev, env)
    results = (*inner.results, *(env[v] for v in had.values()))
    init = (*init, *(ends[v] for v in had.values()))
    after = tuple(Var(c.name, c.type) for c in carried)
    phis = tuple(env[n] for n in had)
    targets = (*after, *(Var(n.name, n.type) for n in had))
    carried = (*carried, *phis)  # type: ignore[arg-type]
    rb.append(For(rev_item, iterable, carried, init, Block((*head, *inner.stmts), results), targets, False, s.loc))
    return Recorded([*fb.stmts, *snapshots.in_front_of(r, source), loop], after)


def _reads(p: Plan, rev: Block) -> list[Var]:
    out = list(free_vars(rev))
    for d in p.recomputed:
        out.extend(a for a in atoms_of(d) if isinstance(a, Var))
    return out


def _entry(taped: list[Var]) -> Var:
    """The variable that stands for one entry of the tape: the value itself, or a tuple of the values."""
    if len(taped) == 1:
        return Var(taped[0].name, taped[0].type)
    return Var("", Tuple(tuple(v.type or Unknown() for v in taped)))


def _append(r: Reverse, body: list[Stmt], tape: Var, taped: list[Var], entry: Var, s: For | While) -> None:
    """Record as soon as everything is defined: before what is taped can be overwritten by the next iteration."""
    value = taped[0]
    if len(taped) > 1:
        value = Var("", entry.type)
        made = Let(value, "tuple", tuple(taped), (), s.loc)
        body.append(made)
        r.records.add(made)
    record = Let(None, "method", (tape, Const("append"), value), (), s.loc)
    body.append(record)
    r.records.add(record)


def _forward_loop(s: For | While, body: list[Stmt], trips: Var | None) -> tuple[Stmt, Var | None]:
    carried, init, results, targets = s.carried, s.init, s.body.results, s.targets
    out = None
    if trips is not None:
        more = Var("trips", INT)
        body = [Let(more, "add", (trips, Const(1)), (), s.loc), *body]  # at the head: a ``break`` needs no flag
        out = Var("trips", INT)
        n = len(carried)
        results = (*results[:n], more, *results[n:])
        carried, init, targets = (*carried, trips), (*init, Const(0)), (*targets, out)
    block = Block(tuple(body), results)
    if isinstance(s, For):
        return For(s.item, s.iter, carried, init, block, targets, s.stop, s.loc), out
    return While(carried, init, s.cond, block, targets, s.stop, s.loc), out


def _iteration(
    r: Reverse,
    s: For | While,
    p: Plan,
    env: dict[Var, Atom],
    entry: Var,
    tape: Var | None,
    trips: Var | None,
    wants_item: bool,
    rb: Builder,
) -> tuple[Atom, Var, list[Stmt]]:
    """What the reverse loop runs over, its item, and the statements that take an entry of the tape apart."""
    if tape is None:
        item = Var(s.item.name if isinstance(s, For) else "", INT)
        if trips is not None:
            return rb.call(range, "range", trips, type=RANGE), item, []
        assert isinstance(s, For)
        env[s.item] = item
        return _reversed_range(r, s, rb), item, []
    entries = rb.call(reversed, "reversed", tape, type=List(entry.type or Unknown()))
    head: list[Stmt] = []
    if not wants_item:
        _take_apart(p.taped, entry, env, head, s)
        return entries, entry, head
    assert isinstance(s, For)
    both = rb.call(zip, "zip", _reversed_range(r, s, rb), entries, type=Opaque(zip))
    pair_type = Tuple((INT, entry.type or Unknown()))
    pair = Var("", pair_type)
    checked = Var("", pair_type)
    index = Var(s.item.name, INT)
    head.append(Let(checked, "unpack", (pair, Const(2)), (), s.loc))
    head.append(Let(index, "getitem", (checked, Const(0)), (), s.loc))
    head.append(Let(entry, "getitem", (checked, Const(1)), (), s.loc))
    env[s.item] = index
    _take_apart(p.taped, entry, env, head, s)
    return both, pair, head


def _take_apart(taped: list[Var], entry: Var, env: dict[Var, Atom], head: list[Stmt], s: Stmt) -> None:
    if len(taped) == 1:
        env[taped[0]] = entry
        return
    parts = Var("", entry.type)
    head.append(Let(parts, "unpack", (entry, Const(len(taped))), (), s.loc))
    for k, v in enumerate(taped):
        new = Var(v.name, v.type)
        head.append(Let(new, "getitem", (parts, Const(k)), (), s.loc))
        env[v] = new


def _reversed_range(r: Reverse, s: For, rb: Builder) -> Atom:
    """``reversed(range(...))``, spelled again where the range was made in place."""
    made = r.memory.definition.get(s.iter) if isinstance(s.iter, Var) else None
    source: Atom = s.iter
    if isinstance(made, Let) and made.op == "call" and isinstance(made.args[0], Ref):
        if made.args[0].obj is range:
            source = rb.call(range, "range", *made.args[1:], type=RANGE)
        elif made.args[0].obj is reversed:
            inner = made.args[1]
            made2 = r.memory.definition.get(inner) if isinstance(inner, Var) else None
            if isinstance(made2, Let) and made2.op == "call" and made2.args[0].obj is range:  # type: ignore[union-attr]
                return rb.call(range, "range", *made2.args[1:], type=RANGE)
    return rb.call(reversed, "reversed", source, type=RANGE)


# -- try ---------------------------------------------------------------------------------------------------------


def try_paths(r: Reverse, s: Try, sides: list[Swept], state: object, rb: Builder) -> list[Stmt]:
    """The path taken is recorded; the reverse sweep is a chain of branches on it. A handler starts from the state before
    the ``try``: what the body did until it raised is not differentiated. If it stored, that was its last step, and was not
    done (see ``attempts``)."""
    from s2sad.ad.attempts import half_done
    from s2sad.ad.state import State

    assert isinstance(state, State)
    st = half_done(s, r.info, r.activity)
    if st is not None:
        raise r.refuse("S2S067", "a recursive function stores into an active value inside try", st.loc,
                           "call it before or after the try statement")
    changed: dict[tuple[Var, tuple[tuple[str, object], ...]], None] = {}
    for side in sides:
        changed.update(dict.fromkeys(side.state.outer_changes()))
    keys = list(changed)
    exported, reverse, news = [], [], []
    names = (None, *(h.name for h in s.handlers))
    for side, caught in zip(sides, names, strict=True):
        results = []
        for key in keys:
            g = side.state.get(key)
            results.append(r.zero(side.reverse, key, r.leaf_type(*key)) if g is None else g)
        taped, new, block = _export(r, side, tuple(results), caught)
        exported.append(taped)
        news.append(new)
        reverse.append(block)
    path = Var("path", INT)
    bodies = [s.body, *(h.body for h in s.handlers)]
    forward = []
    for k, (b, side) in enumerate(zip(bodies, sides, strict=True)):
        extra = [a if j == k else Const(None) for j, taped in enumerate(exported) for a in taped]
        forward.append(Block(tuple(side.forward), (*b.results, Const(k), *extra)))
    handlers = tuple(Handler(h.types, h.name, b) for h, b in zip(s.handlers, forward[1:], strict=True))
    targets = (*s.targets, path, *(v for new in news for v in new))
    out = _dispatch(r, s, path, reverse, keys, rb)
    for key, var in zip(keys, out, strict=True):
        state.set(key, var)
    return [Try(forward[0], handlers, targets, s.final, s.loc)]


def _dispatch(r: Reverse, s: Try, path: Var, reverse: list[Block], keys: list, rb: Builder) -> tuple[Atom, ...]:
    block = reverse[-1]
    for k in range(len(reverse) - 2, -1, -1):
        inner = Builder(s.loc)
        test = inner.emit("eq", path, Const(k))
        targets = tuple(Var(r.bar_name(key), r.leaf_type(*key)) for key in keys)
        inner.append(If(test, reverse[k], block, targets, s.loc))
        block = inner.block(*targets)
    rb.extend(block.stmts)
    return block.results


__all__ = ["NONE", "Slice", "export_branches", "record_loop", "try_paths"]
