"""What is checked before each call of a compiled program, laid out so that it costs next to nothing.

A helper that was compiled in may have been redefined (``quick_guards``), and the global data that a program reads may
have another value by now (``quick_refresh``).
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any

from s2sad.api.signature import key_of
from s2sad.ir.dependency import MISSING, SIMPLE, Body, Dependency, Hidden, parts_of, read_name, same_parts

if TYPE_CHECKING:
    from s2sad.cache.programs import Program


def quick_guards(program: Program) -> Callable[[], bool] | None:
    """Is everything that the program was compiled from still what it was? None where it depends on nothing."""
    all_bodies = [d for d in program.dependencies if type(d) is Body]
    plain = [(d.obj, *d.parts) for d in all_bodies if type(d.obj) is FunctionType and len(d.parts) == 2]
    bodies = [(d.obj, d.parts) for d in all_bodies if type(d.obj) is not FunctionType or len(d.parts) != 2]
    hidden = [(d.namespace, d.name) for d in program.dependencies if type(d) is Hidden and type(d.namespace) is dict]
    same, typed, shaped, others = _sorted_dependencies(program)
    shaped += [(g.namespace, g.name, g.obj) for g in program.globals.values() if g.namespace is not None]
    if shaped:
        others.append(_types_guard(shaped))
    if not (same or typed or others or all_bodies or hidden):
        return None

    def current() -> bool:
        for space, name, obj in same:
            if space.get(name) is not obj:
                return False
        for space, name, cls in typed:
            if type(space.get(name, typed)) is not cls:
                return False
        for obj, code, defaults in plain:
            if obj.__code__ is not code or obj.__defaults__ is not defaults or obj.__kwdefaults__:
                return False
        for space, name in hidden:
            if name in space:
                return False
        for obj, parts in bodies:
            if not same_parts(parts_of(obj), parts):
                return False
        return not others or all([other() for other in others])

    return current


def _types_guard(data: Named) -> Callable[[], bool]:
    """Have these data values of the types that the program was compiled for? Keys first: they are cheap."""
    from s2sad.analysis.typeof import type_of

    watched = [(space, name, type_of(obj, literal=False), [key_of(obj)]) for space, name, obj in data]

    def current() -> bool:
        for space, name, t, known in watched:
            value = space.get(name) if type(space) is dict else read_name(space, name)
            key = key_of(value)
            if key != known[0]:
                if type_of(value, literal=False) != t:
                    return False
                known[0] = key
        return True

    return current


Named = list[tuple[dict[str, Any], str, Any]]


def _sorted_dependencies(program: Program) -> tuple[Named, Named, Named, list[Callable[[], bool]]]:
    """Names that must mean the same object; data that must be of the same class, and of the same type: branches may
    have been decided by that, even where the program does not read them; and what asks for itself."""
    same: dict[tuple[int, str], tuple[dict[str, Any], str, Any]] = {}
    typed: dict[tuple[int, str], tuple[dict[str, Any], str, Any]] = {}
    shaped: dict[tuple[int, str], tuple[Any, str, Any]] = {}
    others: list[Callable[[], bool]] = []
    for d in program.dependencies:
        if type(d) is Body or (type(d) is Hidden and type(d.namespace) is dict):
            continue
        if d.data and any(g.namespace is d.namespace and g.name == d.name for g in program.globals.values()):
            continue  # watched as one of the program's globals
        if d.data and type(d.obj) not in SIMPLE and d.obj is not MISSING:
            shaped[id(d.namespace), d.name] = (d.namespace, d.name, d.obj)
        elif type(d) is not Dependency or type(d.namespace) is not dict:
            others.append(d.is_current)
        elif d.data:
            typed[id(d.namespace), d.name] = (d.namespace, d.name, type(d.obj))
        else:
            same[id(d.namespace), d.name] = (d.namespace, d.name, d.obj)
    return list(same.values()), list(typed.values()), list(shaped.values()), others


def quick_refresh(program: Program) -> Callable[[], None] | None:
    """Give the program's module the current values of the globals that it reads. None where it reads none."""
    own: Callable[[], None] | None = program.refresh if program.globals else None
    if own is not None and all(type(g.namespace) is dict for g in program.globals.values()):
        own = _copier(program)
    return own


def _copier(program: Program) -> Callable[[], None]:
    """The plain case: every global is in a dict."""
    target = program.namespace
    places = [(name, g.namespace, g.name) for name, g in program.globals.items()]

    def copy() -> None:
        for name, space, key in places:
            target[name] = space[key]

    return copy
