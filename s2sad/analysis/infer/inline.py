"""Calls that are given objects made in the program: the callee is compiled in place, where the records are known.

A store into ``self`` is then a store into the record that the caller holds, and what the callee returns may be the object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sad.analysis.infer import origins, stand_ins
from s2sad.analysis.infer.records import CODE, involves, virtual_of
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.unionfind import untyped_classes
from s2sad.ir.named import unlike_tuple
from s2sad.ir.nodes import UNDEF, Atom, Function, Let, Var
from s2sad.ir.places import is_library, within
from s2sad.ir.types import NEVER, Dict, List, Obj, Tuple, Type

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_RECURSION = 24  # how often a function may be compiled inside itself
_DEPTH = 40
_FORWARDING = 8  # statements of a wrapper that is compiled in place


def wanted(f: FunctionInfer, atoms: tuple[Atom, ...]) -> bool:
    """Does an argument (or what a closure captured) reach an object with a record?"""
    return any(involves(f, a) for a in atoms)


def forwards(f: FunctionInfer, fn: Function) -> bool:
    """Is this a wrapper that hands its ``*args`` and ``**kwargs`` on? As one tuple they would vary as a whole, the tables
    among them as well. One that makes a function is more than that."""
    if fn in f.stack or not any(p.kind in ("star", "starstar") for p in fn.params):
        return False
    return len(fn.body.stmts) <= _FORWARDING and all(isinstance(s, Let) and s.op != "closure" for s in fn.body.stmts)


def makes_objects(t: Type) -> bool:
    """Does a callee return an object that it made?"""
    if isinstance(t, Tuple):
        return any(map(makes_objects, t.items)) or (t.cls is not None and unlike_tuple(t.cls) != "")
    if isinstance(t, List):
        return t.items is not None and any(map(makes_objects, t.items))
    return isinstance(t, Obj)


def makes_stand_ins(t: Type) -> bool:
    """Does a callee return an object that never exists (``stand_ins``)?"""
    if isinstance(t, Tuple | List):
        return any(map(makes_stand_ins, t.items or ()))
    return isinstance(t, Obj) and t.cls in stand_ins.ORIGINALS


def inline(f: FunctionInfer, fn: Function, atoms: tuple[Atom, ...]) -> Atom:
    """Infer the body of ``fn`` here, for one atom for each parameter and captured variable; the returned value."""
    if f.stack.count(fn) >= _RECURSION or len(f.stack) >= _DEPTH:
        f.refuse(CODE, f"{fn.name} calls itself with objects that are made in the function",
                 "pass numbers and arrays to the recursive function, or write a loop")  # fmt: skip
        return UNDEF
    if len(f.stack) > 1:
        return _body(f, fn, atoms)
    out, loops = f.out, len(f.slots)
    try:
        return _body(f, fn, atoms)
    except RecursionError:
        f.out = out
        del f.slots[loops:]
        f.refuse(CODE, f"{fn.name} calls too many functions inside each other to be compiled",
                 "make the object outside of the function")  # fmt: skip
        return UNDEF


def _body(f: FunctionInfer, fn: Function, atoms: tuple[Atom, ...]) -> Atom:
    _join_classes(f, fn)
    saved, loc, current = f.env, f.loc, f.current
    f.env = dict(saved)
    f.stack.append(fn)
    f.callers.append((loc, current))
    f.current = fn
    try:
        kinds = (*(p.kind for p in fn.params), *("" for _ in fn.captured))
        for v, a, kind in zip((*(p.var for p in fn.params), *fn.captured), atoms, kinds, strict=True):
            f.env[v] = a
            unify(f, v, a)
            if kind in ("star", "starstar"):
                _gathered(f, a)
        alive = f.statements(within(fn.body, loc) if is_library(fn.loc.file) else fn.body)
        result = f.atom(fn.body.results[0]) if alive and fn.body.results else UNDEF
    finally:
        f.env, f.loc, f.current = saved, loc, current
        f.stack.pop()
        f.callers.pop()
    return result


def _gathered(f: FunctionInfer, a: Atom) -> None:
    """What ``*args`` or ``**kw`` gathers: the lists in it are the caller's."""
    if not origins.is_container(a):
        return
    for part in _parts(f, a):
        origins.holds(f, a, part)


def _parts(f: FunctionInfer, a: Any) -> tuple[Atom, ...]:
    """What a display that was made for a call holds."""
    virtual = virtual_of(f, a)
    if virtual is not None:
        return tuple(p for _, p in virtual.parts)
    if a in f.tuples:
        return f.tuples[a]
    made = next((s for s in reversed(f.out) if isinstance(s, Let) and s.target is a), None)
    return made.args if made is not None else ()


def named(f: FunctionInfer, untyped: tuple[Atom, ...], typed: tuple[Atom, ...]) -> None:
    """Operands of a call that came without a variable of their own (the item of a loop) are what the user calls them."""
    for u, a in zip(untyped, typed, strict=True):
        if a.__class__ is Var and isinstance(a.type, (List, Dict, Tuple)) and a not in f.origin and u.__class__ is Var:
            f.origin[a] = u


def _join_classes(f: FunctionInfer, fn: Function) -> None:
    """The structure of the callee's lists and dicts is seen together with the caller's."""
    if fn in f.joined:
        return
    f.joined.add(fn)
    if fn is not f.source:
        keep_growth(f, lambda: untyped_classes(fn.body, f.classes))


def unify(f: FunctionInfer, untyped: Any, typed: Any) -> None:
    """``untyped`` is another name of the list, dict or tuple ``typed``: what is stored through one is in the other."""
    if not isinstance(untyped, Var) or not isinstance(typed, Var):
        return
    if not isinstance(typed.type, (List, Dict, Tuple, Obj)):
        return
    origin = origins.node(f, typed)
    if origin is untyped or f.classes.same(origin, untyped):
        return
    keep_growth(f, lambda: f.classes.union(untyped, origin))


def keep_growth(f: FunctionInfer, change: Any) -> None:
    """Change the classes; what is known of how containers grow is carried over to the new representatives."""
    from s2sad.analysis.infer.function import Growth
    from s2sad.ir.types import join

    before = list(f.growth.items())
    change()
    f.growth.clear()
    for key, growth in before:
        rep = f.classes.find(key)
        known = f.growth.get(rep)
        if known is None:
            f.growth[rep] = Growth(growth.item, growth.named) if rep != key else growth
            f.changed = f.changed or rep != key
        elif known.item != growth.item or known.named != growth.named:
            names = {n: join(known.named.get(n, NEVER), growth.named.get(n, NEVER)) for n in (*known.named, *growth.named)}
            f.growth[rep] = Growth(join(known.item, growth.item), names)
            f.changed = True


def unify_field(f: FunctionInfer, s: Let) -> None:
    """A field of a named tuple is an element of it."""
    x = s.args[0]
    if isinstance(x, Var) and isinstance(type_of_atom(f.atom(x)), Tuple) and s.target is not None:
        target, element = s.target, f.classes.elem(x)
        if not f.classes.same(target, element):
            keep_growth(f, lambda: f.classes.union(target, element))
