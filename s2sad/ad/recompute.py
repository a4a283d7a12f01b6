"""Which values of a region the reverse sweep makes again, and which it keeps.

Made again is what costs little and is sure to come out the same: reads by index of memory that nothing overwrites later,
arithmetic and comparisons of integers, arithmetic on a few numbers from outside the region, shapes; and what was stored
to a place that nothing overwrites is read there. In a loop, so is one sum, difference or product of arrays that are there
anyway, as ``x - means[k]``: a tape would hold such an array for each iteration. The rest is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from s2sad.ad import replayed, shifted
from s2sad.analysis.alias import is_view_index
from s2sad.analysis.optypes import result_type, type_of_atom
from s2sad.ir.nodes import Atom, Block, Const, For, Let, Ref, Stmt, Var, While, free_vars, targets_of
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import clone_stmt, subst_stmt
from s2sad.ir.types import Array, List, Opaque, Scalar, Slice, Type, Unknown, is_number, widen

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse

_INT_OPS = frozenset({"add", "sub", "mul", "neg", "floordiv", "mod", "lt", "le", "gt", "ge", "eq", "ne"})


@dataclass
class Plan:
    """``taped`` are kept by value, ``recomputed`` are done again in the reverse sweep, in program order."""

    taped: list[Var]
    recomputed: list[Stmt]


def plan(
    r: Reverse,
    needed: Sequence[Var],
    forward: Sequence[Stmt],
    local: set[Var],
    provided: set[Var],
    loop: For | While | None = None,
) -> Plan:
    """Decide for each needed variable of a region how the reverse sweep gets it. ``loop``: the one whose region it is."""
    lets = {s.target: s for s in forward if isinstance(s, Let) and s.target is not None}
    taped: dict[Var, None] = {}
    again: set[Stmt] = set()
    kept: set[Var] = set()
    repeated = loop is not None
    native = repeated and r.program.native
    others: dict[Stmt, Stmt] = {}  # what is done instead
    read: dict[Stmt, None] = {}  # what is done again, and reads of places that keep a needed value: operands first

    def steady(d: Let) -> bool:
        return recomputable(r, d)

    def resolve(v: Var) -> None:
        if v in provided or v in taped or v not in local:
            return
        d = lets.get(v)
        if d is not None and (
            recomputable(r, d)
            or _from_outside(lets, d, local, provided)
            or (repeated and _one_pass(r, lets, d, local, provided))
            or (native and replayed.is_cheap(r, lets, d, local, provided) and _kept_by(r, v, forward) is None)
        ):
            if d not in again:
                again.add(d)
                other = replayed.instead(r, d) if native and not recomputable(r, d) else None
                if other is not None:
                    others[d] = other
                for a in (other or d).args:
                    if isinstance(a, Var):
                        resolve(a)
                read[other or d] = None
        elif v in kept:
            return
        elif native and (inner := replayed.loop_of(r, lets, v, local, provided)) is not None and d is not None:
            again.update((d, inner))
            for a in free_vars(Block((inner,))):
                if a is not v:
                    resolve(a)
            read.update(dict.fromkeys((d, inner)))
        elif (store := _kept_by(r, v, forward)) is not None and not _made_from(lets, store.args[:2], v):
            kept.add(v)
            for a in store.args[:2]:
                if isinstance(a, Var):
                    resolve(a)
            read[Let(v, "getitem", store.args[:2], (), store.loc)] = None
        elif native and provided and (before := shifted.read_before(r, loop, v, lets, local, steady)):
            kept.add(v)
            read.update(dict.fromkeys(before))
        else:
            taped[v] = None

    for v in needed:
        resolve(v)
    if kept:
        return Plan(list(taped), list(read))
    return Plan(list(taped), [others.get(s, s) for s in forward if s in again])


def _kept_by(r: Reverse, v: Var, forward: Sequence[Stmt]) -> Let | None:
    """A store ``x[i] = v`` after which nothing overwrites the place: what it holds is ``v``, to the bit and the shape."""
    if r.memory.is_stored_into(v):
        return None
    for s in forward:
        if not isinstance(s, Let) or s.op != "setitem" or s.args[2] is not v or s not in r.memory.place:
            continue
        x, index = s.args[:2]
        t = result_type("getitem", (x, index))
        alike = t == v.type and isinstance(t, Scalar | Array) and not (isinstance(t, Array) and None in (t.dims or (None,)))
        once = is_view_index(type_of_atom(index))  # an array in the index may name a place twice
        if alike and once and isinstance(x, Var) and not r.is_exposed(x) and not r.memory.store_is_overwritten(s):
            return s
    return None


def _made_from(lets: Mapping[Var, Let], atoms: Sequence[Atom], v: Var) -> bool:
    """Is ``v`` needed to make one of these, as where its shape says where it is stored: ``x[: len(v)] = v``?"""
    todo, seen = list(atoms), set()
    while todo:
        a = todo.pop()
        if a is v:
            return True
        if isinstance(a, Var) and a not in seen:
            seen.add(a)
            todo.extend(lets[a].args if a in lets else ())
    return False


def recomputable(r: Reverse, s: Let) -> bool:
    """Cheap, without effect, and sure to give the same value when done again in the reverse sweep."""
    if s not in r.memory.place:
        return False
    if s.op in ("slice", "tuple"):
        return not any(
            isinstance(a, Var) and isinstance(a.type, Array) and r.memory.overwritten_after(a, s) for a in s.args
        )
    assert s.target is not None
    if s.op == "list":  # an index, as in ``a[[i, j]]``
        return bool(s.args) and all(is_int(type_of_atom(a)) for a in s.args) and not r.info.deep_mutated(s.target)
    if s.op in _INT_OPS:
        return all(is_int(type_of_atom(a)) for a in s.args)
    if s.op == "getitem":
        x = s.args[0]
        if not isinstance(x, Var) or isinstance(x.type, Unknown):
            return False
        cut = isinstance(type_of_atom(s.args[1]), Slice) and isinstance(x.type, List)
        if not isinstance(x.type, Array) and (r.memory.overwritten_after(s.target, s) or (cut and r.is_paired(s.target))):
            return False  # a slice of a list is a new list: another object, with contents of its own
        cheap = not isinstance(x.type, Array) or is_view_index(type_of_atom(s.args[1]))
        return cheap and not r.memory.read_is_overwritten(s) and not r.is_exposed(x)
    if s.op == "getattr":
        return isinstance(type_of_atom(s.args[0]), Array)
    if s.op == "call" and isinstance(s.args[0], Ref):
        if s.args[0].obj in (np.flip, np.transpose) and len(s.args) == 2 and isinstance(type_of_atom(s.args[1]), Array):
            return not r.memory.overwritten_after(s.target, s) and not r.is_exposed(s.target)
        sized = s.args[0].obj is len and not isinstance(type_of_atom(s.args[1]), Opaque)  # a set may have grown
        return s.args[0].obj is range or (sized and not r.memory.overwritten_after(s.args[1], s))
    return False


_NUMBER_OPS = frozenset({"add", "sub", "mul", "neg"})


def _from_outside(lets: Mapping[Var, Let], d: Let, local: set[Var], provided: set[Var], depth: int = 3) -> bool:
    """Arithmetic on a few numbers from outside the region, and on its loop index: done again, and perhaps only once."""
    if d.op not in _NUMBER_OPS or d.target is None or not is_number(type_of_atom(d.target)):
        return False
    for a in d.args:
        if not is_number(type_of_atom(a)):
            return False
        if isinstance(a, Var) and a in local and a not in provided:
            made = lets.get(a)
            if made is None or not depth or not _from_outside(lets, made, local, provided, depth - 1):
                return False
    return True


def _one_pass(r: Reverse, lets: Mapping[Var, Let], d: Let, local: set[Var], provided: set[Var]) -> bool:
    """One sum, difference or product of arrays and numbers from outside the region, or of parts of such arrays."""
    t = d.target.type if d.target is not None else None
    if d.op not in _NUMBER_OPS or not isinstance(t, Array) or not t.dims or d not in r.memory.place:
        return False
    if r.memory.has_attempts:  # of ``with np.errstate``: the reverse sweep would warn where the user's statement does not
        return False
    if d.target is None or t.dtype is None or not t.dtype.startswith("float") or r.memory.is_stored_into(d.target):
        return False
    if not all(_is_there(r, lets, a, d, local, provided) for a in d.args):
        return False
    return r.memory.is_private(d.target) and not r.is_paired(d.target) and not r.is_shadow(d.target)


def _is_there(r: Reverse, lets: Mapping[Var, Let], a: Atom, d: Let, local: set[Var], provided: set[Var]) -> bool:
    """Has the reverse sweep what ``d`` reads as ``a``, unchanged, with no more than an index?"""
    if not isinstance(a, Var):
        return isinstance(a, Const)
    if not isinstance(a.type, Array) and not is_number(type_of_atom(a)):
        return False
    if a not in local or a in provided:
        return not r.memory.overwritten_after(a, d) and not r.is_exposed(a)
    made = lets.get(a)
    if made is None or made.op != "getitem" or not recomputable(r, made) or r.memory.overwritten_after(a, d):
        return False
    return all(x not in local or x in provided or _is_index(lets, x, local, provided) for x in made.args if isinstance(x, Var))


def _is_index(lets: Mapping[Var, Let], x: Var, local: set[Var], provided: set[Var]) -> bool:
    """A tuple or slice of what is there?"""
    made = lets.get(x)
    if made is None or made.op not in ("tuple", "slice"):
        return False
    return all(a not in local or a in provided or _is_index(lets, a, local, provided) for a in made.args if isinstance(a, Var))


def is_int(t: Type) -> bool:
    t = widen(t)
    return isinstance(t, Scalar) and t.dtype.startswith("int")


def local_vars(forward: Sequence[Stmt]) -> set[Var]:
    out: set[Var] = set()
    for s in forward:
        out.update(targets_of(s))
    return out


def again(p: Plan, env: dict[Var, Atom]) -> list[Stmt]:
    """The recomputed statements with new targets; ``env`` maps old variables to the new ones."""
    out: list[Stmt] = []
    for d in p.recomputed:
        if not isinstance(d, Let):
            out.append(clone_stmt(d, env))
            continue
        assert d.target is not None
        new = Var(d.target.name, d.target.type)
        moved = subst_stmt(d, env)
        assert isinstance(moved, Let)
        out.append(Let(new, moved.op, moved.args, moved.kwnames, moved.loc))
        env[d.target] = new
    return out


__all__ = ["Plan", "again", "is_int", "local_vars", "plan", "recomputable"]
