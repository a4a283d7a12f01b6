"""Data of modules, closures and objects that the functions of a program read: it may change while the program runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from s2sad.ad.calls import Half
from s2sad.ad.expand import bind_globals
from s2sad.ad.memory import stored_by
from s2sad.analysis.alias import alias, is_reference
from s2sad.analysis.infer.program import Spec
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Function, Global, Let, Ref, Stmt, Var, atoms_of, blocks_of, walk

Key = tuple[int, str]


def callee_of(s: Let) -> Function | None:
    """The function of the program that a statement calls."""
    callee = s.args[0] if s.op == "call" else None
    return callee.obj.fn if callee.__class__ is Ref and isinstance(callee.obj, (Spec, Half)) else None


def reached(fn: Function) -> list[Function]:
    """A function and those that it calls."""
    out = {fn: None}
    todo = [fn]
    while todo:
        for s in walk(todo.pop().body):
            inner = callee_of(s) if isinstance(s, Let) else None
            if inner is not None and inner not in out:
                out[inner] = None
                todo.append(inner)
    return list(out)


def atoms_in(fn: Function) -> Iterator[Atom]:
    """Everything that a function reads."""
    yield from fn.body.results
    for s in walk(fn.body):
        yield from atoms_of(s)
        yield from (a for b in blocks_of(s) for a in b.results)


def key_of(a: Atom) -> Key | None:
    """What names data that can be changed in place; None for any other atom."""
    return (id(a.namespace), a.name) if isinstance(a, Global) and is_reference(type_of_atom(a)) else None


def refuse_changed_data(fn: Function, refuse: Callable[..., Exception]) -> None:
    """Within one function, what is stored into is kept by value where the reverse sweep reads it. Data from outside that
    one function changes and another one reads, in a call that is not compiled in, is refused."""
    functions = reached(fn)
    if len(functions) == 1 or not any(key_of(a) for f in functions for a in atoms_in(f)):
        return
    readers: dict[Key, list[Function]] = {}
    stores: dict[Key, list[tuple[Function, Let]]] = {}
    for f in functions:
        for key, places in _stores(f).items():
            stores.setdefault(key, []).extend((f, s) for s in places)
        for key in _reads(f):
            readers.setdefault(key, []).append(f)
    for key, found in stores.items():
        for f, s in found:
            other = next((g for g in readers.get(key, ()) if g is not f), None)
            if other is not None:
                raise refuse(
                    "S2S063", f"{key[1]}, which outlives the call, is stored into here and read in {other.name}", s.loc,
                    "pass it as an argument, or store into a copy",
                )  # fmt: skip


def _stores(fn: Function) -> dict[Key, list[Let]]:
    """The stores into data from outside, under any name."""
    bound = bind_globals(fn)
    info = alias(bound)
    classes: dict[Any, Key] = {}
    for s in bound.body.stmts:
        key = key_of(s.args[0]) if isinstance(s, Let) and s.op == "copy" else None
        if key is not None and isinstance(s, Let) and s.target is not None:
            classes.update(dict.fromkeys(info.chain(s.target), key))
    out: dict[Key, list[Let]] = {}
    for t in walk(bound.body) if classes else ():
        for v in stored_by(t) if isinstance(t, Let) else ():
            if info.find(v) in classes and isinstance(t, Let):
                out.setdefault(classes[info.find(v)], []).append(t)
    return out


def _reads(fn: Function) -> set[Key]:
    """The data from outside that a function does more with than store into it."""
    names: dict[Var, Key] = {}
    out: set[Key] = set()

    def read(atoms: tuple[Atom, ...]) -> None:
        for a in atoms:
            key = names.get(a) if isinstance(a, Var) else key_of(a)
            if key is not None:
                out.add(key)

    read(fn.body.results)
    for s in walk(fn.body):
        read(_read_by(s, names))
        for b in blocks_of(s):
            read(b.results)
    return out


def _read_by(s: Stmt, names: dict[Var, Key]) -> tuple[Atom, ...]:
    if not isinstance(s, Let):
        return atoms_of(s)
    if s.op == "copy" and s.target is not None and (key := key_of(s.args[0])) is not None:
        names[s.target] = key
        return ()
    return s.args[1:] if s.op in ("setitem", "aug_setitem") else s.args


__all__ = ["atoms_in", "callee_of", "key_of", "reached", "refuse_changed_data"]
