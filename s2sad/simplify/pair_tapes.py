"""Tapes that cross from the forward half of a pair to its adjoint hold only what the adjoint reads.

``tape.append((a, b, c))`` with ``for a, _, _ in reversed(tape)`` in the other function becomes ``tape.append(a)`` with ``for
a in reversed(tape)``, and what made ``b`` and ``c`` goes where nothing else needs it. Which parts are read shows only when
both halves are simplified. Only tapes whose every use is understood are touched.
"""

from __future__ import annotations

from s2sad.analysis.usage import lets, uses
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Ref, Stmt, Var, blocks_of, calls, walk
from s2sad.ir.record import dataclass, field
from s2sad.ir.rewrite import subst_atoms, subst_heads, with_blocks, with_body
from s2sad.ir.types import Tuple, Type, Unknown
from s2sad.runtime import detached
from s2sad.simplify.dce import eliminate
from s2sad.specialise import primal_vars


@dataclass(eq=False)
class _Reader:
    """A loop of the adjoint over ``reversed(tape)``: what takes an entry apart, and what reads each component."""

    loop: For
    entry: Var
    unpack: Let | None = None
    gets: dict[int, list[Let]] = field(default_factory=dict)


def trim_pair_tapes(fwd: Function, adj: Function, residuals: tuple[Atom, ...], unpacked: Var) -> tuple[Function, Function]:
    """A pair with its tapes trimmed. ``residuals`` is what the forward half keeps, ``unpacked`` that in the adjoint."""
    made, used = lets(fwd), uses(fwd)
    for k, a in enumerate(residuals):
        append = _append(fwd, made, used, a)
        value = append.args[2] if append is not None else None
        entry = made.get(value) if isinstance(value, Var) and used.get(value) == 1 else None
        readers = _readers(adj, unpacked, k) if entry is not None and entry.op == "tuple" else None
        if append is None or entry is None or not readers:
            continue
        live = sorted({j for r in readers for j in r.gets})
        if len(live) < len(entry.args):
            kept = tuple(dict.fromkeys(entry.args[j] for j in live))
            place = {j: kept.index(entry.args[j]) for j in live}
            fwd = eliminate(_shorter(fwd, append, entry, kept), primal_vars(fwd))
            adj = _read_less(adj, readers, kept, place)
            made, used = lets(fwd), uses(fwd)
    return fwd, adj


# ------------------------------------------------------------------------------------------------- the forward half


def _append(fwd: Function, made: dict[Var, Let], used: dict[Var, int], a: Atom) -> Let | None:
    """The one append to the tape that a residual is; None for anything else."""
    for _ in range(2):
        d = made.get(a) if isinstance(a, Var) else None
        if d is None or d.op == "list":
            break
        a = _before_detached(made, used, d) or a
    d = made.get(a) if isinstance(a, Var) else None
    if d is None or d.op != "list" or d.args or not isinstance(a, Var) or used.get(a) != 2:
        return None  # used by its append and by what keeps it
    appends = [s for s in walk(fwd.body) if isinstance(s, Let) and s.op == "method" and s.args[0] is a]
    if len(appends) != 1 or len(appends[0].args) != 3 or appends[0].target is not None:
        return None
    how = appends[0].args[1]
    return appends[0] if isinstance(how, Const) and how.value == "append" else None


def _before_detached(made: dict[Var, Let], used: dict[Var, int], d: Let) -> Atom | None:
    """What ``t`` is in ``..., t = rt.detached((..., x), ...)``: ``x``."""
    if d.op != "getitem" or not isinstance(d.args[1], Const) or used.get(d.target) != 1:  # type: ignore[arg-type]
        return None
    unpack = made.get(d.args[0]) if isinstance(d.args[0], Var) else None
    if unpack is None or unpack.op != "unpack" or not isinstance(unpack.args[0], Var):
        return None
    call = made.get(unpack.args[0])
    if call is None or call.op != "call" or used.get(unpack.args[0]) != 1:
        return None
    if not isinstance(call.args[0], Ref) or call.args[0].obj is not detached or not isinstance(call.args[1], Var):
        return None
    whole = made.get(call.args[1])
    if whole is None or whole.op != "tuple" or used.get(call.args[1]) != 1:
        return None
    return whole.args[d.args[1].value]


def _shorter(fwd: Function, append: Let, entry: Let, kept: tuple[Atom, ...]) -> Function:
    new: list[Stmt] = []
    value: Atom = kept[0] if kept else Const(None)  # an entry for each iteration, to count them by
    if len(kept) > 1:
        value = Var("", _entry_type(kept))
        new.append(Let(value, "tuple", kept, (), append.loc))
    new.append(Let(None, "method", (*append.args[:2], value), (), append.loc))

    def block(b: Block) -> Block:
        out: list[Stmt] = []
        for s in b.stmts:
            if s is append:
                out += new
            elif s is not entry:
                out.append(s if isinstance(s, Let) else with_blocks(s, tuple(map(block, blocks_of(s)))))
        return Block(tuple(out), b.results)

    return with_body(fwd, block(fwd.body))


def _entry_type(kept: tuple[Atom, ...]) -> Type:
    types = tuple((a.type or Unknown()) if isinstance(a, Var) else Unknown() for a in kept)
    return types[0] if len(types) == 1 else Tuple(types)


# ------------------------------------------------------------------------------------------------------ the adjoint


def _readers(adj: Function, unpacked: Var, k: int) -> list[_Reader] | None:
    """The loops over a tape; None where it is used in another way."""
    made, used = lets(adj), uses(adj)
    tapes = [
        s.target for s in made.values()
        if s.op == "getitem" and s.args[0] is unpacked and isinstance(s.args[1], Const) and s.args[1].value == k
    ]  # fmt: skip
    if len(tapes) != 1 or tapes[0] is None:
        return None
    runs = {s.target for s in made.values() if calls(s, reversed) and s.args[1] is tapes[0]}
    if used.get(tapes[0]) != len(runs) or any(used.get(r) != 1 for r in runs):  # type: ignore[arg-type]
        return None
    found = [r for s in walk(adj.body) if isinstance(s, For) and (r := _reader(s, made, used, runs)) is not None]
    return found if len(found) == len(runs) and all(map(bool, found)) else None


def _reader(s: For, made: dict[Var, Let], used: dict[Var, int], runs: set[Var | None]) -> _Reader | None:
    """The loop over one of ``runs``, alone or zipped with a counter, if it takes its entries apart."""
    entry: Var | None = s.item if s.iter in runs else None
    zipped = made.get(s.iter) if isinstance(s.iter, Var) else None
    if zipped is not None and calls(zipped, zip) and len(zipped.args) == 3 and zipped.args[2] in runs:
        pair = [x for x in made.values() if x.op == "unpack" and x.args[0] is s.item]
        items = [x for x in made.values() if len(pair) == 1 and x.op == "getitem" and x.args[0] is pair[0].target]
        if used.get(s.item) != 1 or used.get(pair[0].target) != len(items):  # type: ignore[arg-type]
            return None
        entries = [x.target for x in items if isinstance(x.args[1], Const) and x.args[1].value == 1]
        if len(entries) > 1 or not all(isinstance(x.args[1], Const) for x in items):
            return None
        entry = entries[0] if entries else Var("", None)
    if entry is None:
        return None
    reader = _Reader(s, entry)
    if not used.get(entry):
        return reader
    own = [x for x in made.values() if x.op == "unpack" and x.args[0] is entry]
    if used.get(entry) != 1 or len(own) != 1 or own[0].target is None:
        return None
    reader.unpack = own[0]
    gets = [x for x in made.values() if x.op == "getitem" and x.args[0] is own[0].target]
    if used.get(own[0].target) != len(gets) or not all(isinstance(x.args[1], Const) for x in gets):
        return None
    for x in gets:
        if used.get(x.target):  # type: ignore[arg-type]
            reader.gets.setdefault(x.args[1].value, []).append(x)  # type: ignore[union-attr]
    return reader


def _read_less(adj: Function, readers: list[_Reader], kept: tuple[Atom, ...], place: dict[int, int]) -> Function:
    t = _entry_type(kept) if kept else Unknown()
    env: dict[Var, Atom] = {}
    dropped: set[Stmt] = set()
    heads: dict[Stmt, list[Let]] = {}
    made = lets(adj)
    for r in readers:
        entry = Var(r.entry.name, t)
        env[r.entry] = entry
        if r.unpack is None:
            continue
        dropped |= {s for s in made.values() if s is r.unpack or (s.op == "getitem" and s.args[0] is r.unpack.target)}
        parts = Var("", t)
        values: dict[int, Var] = {}  # what was recorded twice is taken out once
        new: list[Let] = [Let(parts, "unpack", (entry, Const(len(kept))), (), r.unpack.loc)] if len(kept) > 1 else []
        for j, gets in r.gets.items():
            value = entry if len(kept) == 1 else values.get(place[j])
            if value is None:
                value = values[place[j]] = Var(gets[0].target.name, gets[0].target.type)  # type: ignore[union-attr]
                new.append(Let(value, "getitem", (parts, Const(place[j])), (), gets[0].loc))
            env.update((g.target, value) for g in gets if g.target is not None)
        heads[r.unpack] = new

    def block(b: Block) -> Block:
        out: list[Stmt] = []
        for s in b.stmts:
            if s in heads:
                out += heads[s]
            elif s not in dropped:
                new = _renamed(s, env)
                out.append(new if isinstance(new, Let) else with_blocks(new, tuple(map(block, blocks_of(new)))))
        return Block(tuple(out), subst_atoms(b.results, env))

    return with_body(adj, block(adj.body))


def _renamed(s: Stmt, env: dict[Var, Atom]) -> Stmt:
    """The statement with its reads, its item and its target renamed."""
    new = subst_heads(s, env)
    if isinstance(new, For) and isinstance(item := env.get(new.item), Var):
        return For(item, new.iter, new.carried, new.init, new.body, new.targets, new.stop, new.loc)
    if isinstance(new, Let) and new.target is not None and isinstance(target := env.get(new.target), Var):
        return Let(target, new.op, new.args, new.kwnames, new.loc)
    return new


__all__ = ["trim_pair_tapes"]
