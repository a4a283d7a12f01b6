"""The adjoint of one ``Let``: rules by kind, stores, containers, calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sad import runtime as rt
from s2sad.ad import adding, applied, calls, derived, lists, objects, overlap, reads, stores
from s2sad.ad import scatter as scatters
from s2sad.ad.state import State
from s2sad.analysis.build import Builder
from s2sad.analysis.infer.program import Gradient, Spec
from s2sad.analysis.optypes import INPLACE, rule_of, type_of_atom
from s2sad.analysis.scatters import changes_first
from s2sad.ir.nodes import Let, Ref, Stmt, Var
from s2sad.ir.rewrite import with_args
from s2sad.ir.types import Array, Dict, List, Obj, Tuple

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse

INERT_ATTRIBUTES = frozenset(["shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides", "flags", "T"])


def let(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    """Append the adjoint of ``s`` to ``rb``; returns what replaces ``s`` in the forward sweep."""
    if s.op == "refused" or s in r.refused:
        r.poison(s.args, state, rb)
        return [s]
    before: list[Stmt] = []
    args = list(s.args)
    for k in _options(r, s):
        args[k] = adding.snapshot(r, s.args[k], s, before)
    if not before:
        return _let(r, s, state, rb)
    moved = with_args(s, tuple(args))
    r.memory.same_place(moved, s)
    return [*before, *_let(r, moved, state, rb)]


def _options(r: Reverse, s: Let) -> range | tuple[int, ...]:
    """Positions of what says how ``s`` is done, which the reverse sweep reads: an index, the keywords of a rule's call
    (axes, a shape, places where it is cut). An array or list among them that changes later is kept by value."""
    if s.op in ("getitem", "setitem", "aug_setitem"):
        return (1,)
    ruled = s.op == "call" and s.kwnames and s.target is not None and r.is_active(s.target) and rule_of(s) is not None
    return range(len(s.args) - len(s.kwnames), len(s.args)) if ruled else ()


def _let(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    if s.op in ("setitem", "aug_setitem") or (s.op in INPLACE and s.target is None):
        return stores.store(r, s, state, rb)
    if s.target is None and overlap.is_needless(s, r.info):
        return []
    x = s.args[0] if s.args else None
    if s.op == "delitem" and isinstance(x, Var) and r.is_active(x) and isinstance(x.type, List | Dict):
        return lists.delete(r, s, x, state, rb)
    if s.op == "setattr" and objects.is_stored(r, s):
        return objects.store(r, s, state, rb)
    if s.op == "method":
        return stores.method(r, s, state, rb)
    parts = objects.parts_of(s)
    if parts is not None and s.target is not None and r.is_active(s.target):
        objects.made(r, s, parts, state, rb)
        return [s]
    if s.op == "call" and s.target is not None and r.is_active(s.target) and _keeps_structure(s):
        _leaf_by_leaf(r, s, state, rb)
        return [s]
    sign = scatters.sign_of(s)
    if sign is not None:
        return scatters.reverse(r, s, sign, state, rb)
    if s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Spec):
        return calls.spec_call(r, s, state, rb)
    if s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Gradient):
        return derived.reverse(r, s, state, rb) if s.target is not None and r.is_active(s.target) else [s]
    if s.target is None or not r.is_active(s.target) or s.op == "closure":
        _check_opaque(r, s)
        return [s]
    if s.target in r.polynomials:
        return applied.by_slope(r, s, state, rb)
    handler = _HANDLERS.get(s.op)
    if s.op in ("add", "mul") and isinstance(s.target.type, (List, Tuple)):
        return reads.sequence_arithmetic(r, s, state, rb)
    if s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj in (list, tuple):
        handler = reads.copied
    if handler is not None:
        handler(r, s, state, rb)
        return [s]
    return applied.primitive(r, s, state, rb)


def _keeps_structure(s: Let) -> bool:
    """Is this a copy of a container?"""
    copies = isinstance(s.args[0], Ref) and s.args[0].obj in (rt.copy, rt.conform)
    return copies and isinstance(type_of_atom(s.args[1]), Tuple | List | Dict | Obj)


def _leaf_by_leaf(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    """The adjoint of a copy: each leaf's goes to the leaf that was copied."""
    x = s.args[1]
    assert s.target is not None
    for key, t in r.keys(s.target):
        g = r.drop(state, rb, key, t)
        if g is not None and isinstance(x, Var) and r.is_active(x):
            r.add(state, rb, (x, key[1]), g)


def _check_opaque(r: Reverse, s: Let) -> None:
    if s.op == "call" and isinstance(s.args[0], Ref) and changes_first(s.args[0].obj) and r.is_active(s.args[1]):
        raise r.refuse("S2S020", f"{s.args[0].text} changes an active value in place", s.loc)
    attr = getattr(s.args[1], "value", None) if s.op == "getattr" else None
    of_array = attr is not None and r.is_active(s.args[0]) and isinstance(type_of_atom(s.args[0]), Array)
    if of_array and attr not in INERT_ATTRIBUTES:
        raise r.refuse("S2S020", f"the attribute {attr} of an active array", s.loc, "use a NumPy function instead")
    if s.op in ("setattr", "aug_setattr", "delitem") and any(r.is_active(a) for a in s.args):
        raise r.refuse(
            "S2S061", "an attribute of an object is set to an active value", s.loc, "return the value instead"
        )


_HANDLERS: dict[str, Any] = {
    "getitem": reads.getitem,
    "getattr": reads.get_attribute,
    "unpack": reads.unpack,
    "copy": reads.same,
    "tuple": reads.display,
    "list": reads.display,
    "dict": reads.dict_display,
}
