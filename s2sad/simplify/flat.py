"""Tapes of tapes of which the reverse sweep only walks through are one tape.

*before*::

    def f(x, n):
        tape = []
        s = 0.0
        for i in range(n):
            inner = []
            for k in range(i):
                t = np.sin(x * k)
                s = s + t * i
                inner.append(t)
            tape.append((inner, i))
        g = 1.0
        for entry in reversed(tape):
            inner0, i0 = entry
            for t0 in reversed(inner0):
                g = g * t0 + i0
        return s, g

*after*::

    def f(x, n):
        tape = []
        s = 0.0
        for i in range(n):
            for k in range(i):
                t = np.sin(x * k)
                s = s + t * i
                tape.append((i, t))
        g = 1.0
        for entry in reversed(tape):
            i0, t0 = entry
            g = g * t0 + i0
        return s, g

Where the loop backwards around does nothing but go on with the loop inside, and read a few numbers for it.
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis import usage
from s2sad.analysis.tapes import Reader, Tape, Tapes, tapes_in
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Stmt, Var, While, blocks_of, free_in, targets_of
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import subst_block, with_blocks, with_body, with_stmts
from s2sad.ir.types import List, Tuple, Unknown, is_number

_CHEAP = frozenset(["getitem", "getattr", "tuple", "slice", "add", "sub", "mul", "neg"])
_MAX_PARTS = 8  # of an entry


def flatten(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with the first such tapes in one: ``fn`` itself where there are none."""
    found = tapes_in(fn)
    known = {t.var: t for t in found.understood()}
    for outer in known.values():
        reader = outer.only_reader(primal)
        inner = [known[a] for a in outer.components if isinstance(a, Var) and a in known]
        if reader is not None and len(inner) == 1:
            second = inner[0].only_reader(primal)
            plan = None if second is None else _plan(found, outer, reader, inner[0], second)
            if plan is not None:
                return with_body(fn, plan.block(fn.body))
    return fn


@dataclass(eq=False)
class _Plan:
    """``tape`` is the new one, ``record`` what is recorded in the inner loop, ``loop`` the loop that reads it."""

    outer: Tape
    inner: Tape
    old: For
    tape: Var
    record: list[Stmt]
    loop: list[Stmt]

    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        gone = (self.inner.made, self.inner.entry, self.outer.append, self.outer.entry)
        for s in block.stmts:
            if s in gone:
                continue
            if s is self.outer.made:
                out.append(Let(self.tape, "list", (), (), self.outer.made.loc))
            elif s is self.inner.append:
                out += self.record
            elif s is self.old:
                out += self.loop
            else:
                out.append(s if isinstance(s, Let) else with_blocks(s, tuple(map(self.block, blocks_of(s)))))
        return with_stmts(block, out)


def _plan(found: Tapes, outer: Tape, reader: Reader, inner: Tape, second: Reader) -> _Plan | None:
    around, loop = outer.owner, inner.owner
    if not isinstance(around, For | While) or not isinstance(loop, For | While) or inner.made not in around.body.stmts:
        return None
    back, deep = reader.loop, second.loop
    if found.lets[_reversed(found, back)].args[1] is not outer.var or outer.uses != 2:
        return None  # it is an entry of a tape itself: the loop backwards reads another one each time
    if loop not in around.body.stmts or outer.append not in around.body.stmts or inner.append not in loop.body.stmts:
        return None
    between = _between(reader, deep)
    if between is None or deep.init != back.carried or back.body.results != deep.targets or back.stop or deep.stop:
        return None
    parts: list[Atom] = []
    reads: list[Var] = []  # what each part is called by the loops backwards
    for index, owner in ((reader.index, around), (second.index, loop)):
        if index is not None and usage.uses(back.body).get(index):
            if not isinstance(owner, For):
                return None
            parts.append(owner.item)
            reads.append(index)
    for tape, r in ((outer, reader), (inner, second)):
        if not _collect(tape, r, inner.var, parts, reads):
            return None
    forward = [s for b in (around.body, loop.body) for s in b.stmts if isinstance(s, Let)]
    if second.index in reads:
        _element(forward, [*between, *deep.body.stmts], second.index, parts, reads)
    early = {t for s in around.body.stmts[around.body.stmts.index(loop) :] for t in targets_of(s)}
    if len(parts) > _MAX_PARTS or not parts or any(a in early for a in parts if isinstance(a, Var)):
        return None
    return _build(found, outer, inner, back, deep, second, between, parts, reads)


def _between(reader: Reader, deep: For) -> list[Let] | None:
    """What the loop around does for the loop inside, if that is all that it does and cheap."""
    rest = [s for s in reader.loop.body.stmts if s not in reader.head]
    if not rest or rest[-1] is not deep:
        return None
    out: list[Let] = []
    used = usage.uses(deep.body)
    for s in rest[:-1]:
        if not isinstance(s, Let) or s.target is None:
            return None
        if s.op not in _CHEAP and used.get(s.target):
            return None
        if s.op in ("add", "sub", "mul", "neg") and not (s.target.type is not None and is_number(s.target.type)):
            return None
        if s.op in _CHEAP:
            out.append(s)
    return out


def _collect(tape: Tape, r: Reader, inner: Var, parts: list[Atom], reads: list[Var]) -> bool:
    if tape.entry is None:
        if tape.components[0] is not inner and (0 in r.parts):
            parts.append(tape.components[0])
            reads.append(r.entry)
        return True
    for k, gets in r.parts.items():
        a = tape.components[k]
        if a is inner:
            continue
        if len(gets) != 1 or gets[0].target is None:
            return False
        parts.append(a)
        reads.append(gets[0].target)
    return True


def _element(forward: list[Let], backward: list[Stmt], index: Var | None, parts: list[Atom], reads: list[Var]) -> None:
    """An index that the loop backwards needs to read one element again is not recorded, but the element."""
    once = [s for s in backward if isinstance(s, Let) and index in s.args]
    if len(once) != 1 or once[0].op != "getitem" or sum(index in free_in(s) for s in backward) != 1:
        return
    there = {s.target: s for s in forward if s.op == "getitem"}
    here = {s.target: s for s in backward if isinstance(s, Let) and s.op == "getitem"}
    same = dict(zip(reads, parts, strict=True))
    for t in there:
        if t is not None and once[0].target is not None and _alike(once[0].target, t, here, there, same):
            at = reads.index(index)  # type: ignore[arg-type]
            parts[at], reads[at] = t, once[0].target
            return


def _alike(
    a: Atom, b: Atom, here: dict[Var | None, Let], there: dict[Var | None, Let], same: dict[Var, Atom]
) -> bool:  # fmt: skip
    """Do two reads, one of each sweep, read the same place?"""
    if a is b or (isinstance(a, Var) and same.get(a) is b):
        return True
    if isinstance(a, Const) and isinstance(b, Const):
        return type(a.value) is type(b.value) and bool(a.value == b.value)
    if not isinstance(a, Var) or not isinstance(b, Var) or a not in here or b not in there:
        return False
    return all(_alike(x, y, here, there, same) for x, y in zip(here[a].args, there[b].args, strict=True))


def _build(
    found: Tapes, outer: Tape, inner: Tape, back: For, deep: For, second: Reader, between: list[Let],
    parts: list[Atom], reads: list[Var],
) -> _Plan:  # fmt: skip
    assert inner.append is not None
    types = tuple(a.type or Unknown() if isinstance(a, Var) else Unknown() for a in parts)
    whole = types[0] if len(parts) == 1 else Tuple(types)
    tape = Var(outer.var.name, List(whole))
    value: Atom = parts[0]
    record: list[Stmt] = []
    entry = Var(reads[0].name if len(parts) == 1 else "", whole)
    head: list[Stmt] = []
    env: dict[Var, Atom] = {}
    if len(parts) > 1:
        value = Var("", whole)
        record.append(Let(value, "tuple", tuple(parts), (), inner.append.loc))
        taken = Var("", whole)
        head.append(Let(taken, "unpack", (entry, Const(len(parts))), (), back.loc))
        for k, v in enumerate(reads):
            new = Var(v.name, v.type)
            env[v] = new
            head.append(Let(new, "getitem", (taken, Const(k)), (), back.loc))
    else:
        env[reads[0]] = entry
    record.append(Let(None, "method", (tape, inner.append.args[1], value), (), inner.append.loc))
    own = [s for s in deep.body.stmts if s not in second.head and not (isinstance(s, Let) and s.target in env)]
    body = subst_block(Block((*between, *own), deep.body.results), env)
    entries = Var("", List(whole))
    made = found.lets[_reversed(found, back)]
    loop = For(entry, entries, deep.carried, back.init, Block((*head, *body.stmts), body.results), back.targets, False, back.loc)
    return _Plan(outer, inner, back, tape, record, [Let(entries, "call", (made.args[0], tape), (), made.loc), loop])


def _reversed(found: Tapes, loop: For) -> Var:
    """``reversed(tape)``, alone or zipped."""
    it = loop.iter
    assert isinstance(it, Var)
    made = found.lets[it]
    last = made.args[-1]
    return last if len(made.args) == 3 and isinstance(last, Var) else it


__all__ = ["flatten"]
