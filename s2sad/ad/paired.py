"""Classes of memory whose adjoint is found when the program runs (``rt.Shadow``), since no name says which memory it is.

*before*                        *after* (of the reverse sweep)::

    def f(x, y, p):                 ...
        a = x if p else y           shadows.of(a)[0] = 0.0
        a[0] = 2.0                  ...
        return np.sum(x * y)

``a`` is one of two arrays, so its adjoint is asked for by the array that it is. Two values are of one class where they may
share memory (``analysis/alias.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sad.ad import calls
from s2sad.analysis.alias import is_reference
from s2sad.analysis.infer.program import Spec
from s2sad.ir.nodes import Let, Ref, Var, walk
from s2sad.ir.types import Array, Dict, List, Maybe, Num, Obj, Tuple, Type, Unknown

if TYPE_CHECKING:
    from s2sad.ad.known import Known

_PAIRABLE = (Array, List, Dict, Maybe, Obj)  # a tuple: a union would be built at each of the many calls
_DEPTH = 4  # of containers in containers


def is_pairable(t: Type | None) -> bool:
    """Has a value of this type an identity by which its adjoint can be found?"""
    return isinstance(t, _PAIRABLE)


def has_identity(k: Known, v: Var) -> bool:
    """May the adjoint of a value be found by its identity? An object that nothing stores into is taken apart."""
    return isinstance(v.type, _PAIRABLE) and (v.type.__class__ is not Obj or k.layout.is_mirror(v))


def unknown_memory(k: Known) -> list[Var]:
    """A value that may be a number or an array (or anything) may not be stored into: is a part of it a view, a copy?"""
    stored = [v for v in k.every if isinstance(v.type, (Num, Unknown)) and k.is_active(v) and k.info.is_mutated(v)]
    return [v for v in stored if not isinstance(v.type, Maybe)]


def mixed_memory(k: Known, paired: set[Any], known: set[Var]) -> list[Var]:
    """Nor may it be held in a list that changes and holds arrays as well: theirs are found by memory, and its own?"""
    arrays = {k.info.find(v) for v in k.every if v.type.__class__ is Array} & paired
    held = [v for v in k.every if isinstance(v.type, (Num, Unknown)) and not isinstance(v.type, Maybe)]
    return [v for v in held if v not in known and k.is_active(v) and k.info.find(v) in arrays]


def own_lists(k: Known) -> set[Any]:
    """The classes of the lists and dicts of the function. What crosses a call in one piece has its adjoint in one piece."""
    return {k.info.find(v) for v in k.every if isinstance(v.type, (List, Dict))}


def paired_classes(k: Known) -> set[Any]:
    """Classes in which some array comes out of a branch, a loop or a container, or crosses a call."""
    out: set[Any] = set()
    for v in k.every:
        stored = has_identity(k, v) and k.is_active(v) and k.info.is_mutated(v)
        if stored and isinstance(k.memory.view_of(v), str):
            out.add(k.info.find(v))
        if isinstance(v.type, (List, Dict, Tuple, Obj)) and k.is_active(v):
            out.update(key for key in _held(k, v)[1:] if key in k.info.mutated)
    out |= _crossing(k)
    _with_containers(k, out)
    return out


def _held(k: Known, v: Var) -> list[Any]:
    """The class of a value and those of what it holds: what is kept in a container may be reached under another name."""
    out = [k.info.find(v)]
    while len(out) <= _DEPTH and k.info.classes.has_elem(out[-1]):
        out.append(k.info.classes.elem(out[-1]))
    return out


def _with_containers(k: Known, out: set[Any]) -> None:
    """A mutable container of what is paired is paired itself: its mirror holds the same adjoint memory."""
    containers = [v for v in k.every if v.type.__class__ is not Array and has_identity(k, v) and k.is_active(v)]
    arrays = {k.info.find(v) for v in k.every if is_pairable(v.type)}
    before = -1
    while before != len(out):
        before = len(out)
        for v in containers:
            memory = k.info.chain(v)
            if k.layout.is_mirror(v) and len(memory) > 1 and memory[1] in out:
                out.add(memory[0])
            if memory[0] in out:  # and so is what it holds: two containers may hold one array
                out.update(key for key in memory if key in arrays)


def _crossing(k: Known) -> set[Any]:
    """Classes of memory that cross a call which is not inlined and that one side stores into; in a function that
    shares its memory with its callers: those of its parameters and of its result."""
    out: set[Any] = set()
    if k.shares:
        _reach(k, (*(p.var for p in k.fn.params), k.fn.result), out)
    found = [s for s in walk(k.fn.body) if isinstance(s, Let) and s.op == "call" and isinstance(s.args[0], Ref)]
    pending = [s for s in found if isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Spec)]
    before = -1
    while before != len(out):  # one shared argument makes the callee find all its arrays by memory
        before = len(out)
        for s in pending:
            around = (*s.args[1:], s.target)
            known = any(isinstance(a, Var) and k.info.find(a) in out for a in around)
            if known or calls.shared_args(k.info, k.activity, s):
                _reach(k, around, out)
    return out


def _reach(k: Known, ends: tuple[Any, ...], out: set[Any]) -> None:
    """Add the classes of memory that active values among ``ends`` are, or hold."""
    for v in ends:
        if isinstance(v, Var) and is_reference(v.type) and k.is_active(v):
            out.update(_held(k, v)[:_DEPTH])
