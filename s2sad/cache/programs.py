"""A compiled derivative, where it comes from and how it is kept: ``slot_for(request)`` gives the place of a program in
the cache, ``slot.load()`` the program if it is there, ``slot.keep(...)`` puts one there that was just compiled.

The place is named by everything that the function can reach (see ``reach``): a helper that was edited, in whatever
file, makes another key. The file refers to objects and namespaces by their numbers in that order. A program is not
stored when the compiler looked at something that has no number there: what a module gives that is first imported by the
compiler, values of defaults that are not literals, functions that were made at run time.

This module is on the path of a warm start: it imports no stage of the compiler.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from s2sad.analysis.typeof import same_type
from s2sad.backend.emitted import Emitted
from s2sad.backend.load import annotate, inject, read_global, run_code
from s2sad.cache import disk
from s2sad.cache.codes import GENERATED
from s2sad.cache.key import make_key, state_of
from s2sad.cache.lines import Lines, pack
from s2sad.cache.reach import Reach, Unstable
from s2sad.ir.dependency import MISSING, Body, Dependency, Hidden, read_name
from s2sad.ir.nodes import Global
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import Type
from s2sad.options import PLAIN, Native

if TYPE_CHECKING:
    from s2sad.backend.numba.machine import MachineCode

_COUNTER = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be compiled: a function, a mode (``value_and_grad``, ``vjp``, ``jvp``), the types of all its
    parameters and the names of those that are differentiated, in order."""

    fun: Any
    mode: str
    args: tuple[tuple[str, Type], ...] = ()
    active: tuple[str, ...] = ()
    backend: str = "numpy"
    has_aux: bool = False
    native: Native = PLAIN


@dataclass(slots=True, eq=False)
class Program:
    """A compiled derivative: ``entry`` (and ``adjoint`` in split form), its source, and what it depends on."""

    request: Request
    text: str
    entry: Callable[..., Any]
    adjoint: Callable[..., Any] | None = None
    mutates: tuple[str, ...] = ()
    namespace: dict[str, Any] = field(default_factory=dict, repr=False)
    filename: str = ""
    line_map: Mapping[int, Any] = field(default_factory=dict, repr=False)
    globals: Mapping[str, Global] = field(default_factory=dict, repr=False)
    dependencies: tuple[Any, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    note: str = ""  # on the choice of the backend
    formed: tuple[str, ...] = ()  # parameters whose gradient has their structure, shapes and dtypes by its type

    def guards(self) -> bool:
        """Is everything that the program was compiled from still what it was?"""
        for d in self.dependencies:  # a plain loop: this runs at every call
            if not d.is_current() or (d.data and not same_type(read_name(d.namespace, d.name), d.obj)):
                return False
        return all(same_type(read_global(g), g.obj) for g in self.globals.values())

    def refresh(self) -> None:
        """Give the generated module the current values of the global data it reads."""
        if self.globals:
            inject(self.namespace, self.globals)

    def annotate(self, exc: BaseException) -> None:
        """Note on an exception that leaves the derivative which line of the user it comes from."""
        annotate(exc, self.filename, self.line_map, getattr(self.request.fun, "__name__", "the function"))


@dataclass(frozen=True, slots=True)
class Made:
    """What the compiler gives: a module, the names of its entry and of its adjoint, the parameters that are stored
    into, and what it looked at: names, functions and other objects."""

    emitted: Emitted
    entry: str
    adjoint: str
    mutates: tuple[str, ...]
    dependencies: tuple[Any, ...]
    consulted: tuple[Any, ...]
    native: tuple[str, ...] = ()  # the compiled functions behind the entry and the adjoint
    formed: tuple[str, ...] = ()  # parameters whose gradient surely has their form


class Slot:
    """The place of a program in the cache."""

    def __init__(self, request: Request, reach: Reach, key: str) -> None:
        self.request, self.reach, self.key = request, reach, key
        name = str(getattr(request.fun, "__name__", "f")).strip("<>")
        self.name = f"{name}_{_SUFFIX.get(request.mode, request.mode)}"
        self._machine_code: MachineCode | None = None

    def load(self) -> Program | None:
        """The program, if it is there and what it needs is there too."""
        path = disk.path_of(self.name, self.key)
        found = disk.read(path, self.key)
        if found is None:
            return None
        try:
            program = self._program(path, *found)
        except (LookupError, ImportError, TypeError, AttributeError):
            return None
        if self._machine_code is not None and not self._machine_code.read():
            return None
        return program

    def keep(self, made: Made) -> Program | None:
        """Store a program and load it from there; None where it cannot be stored."""
        data = describe(made, self.reach)
        if data is None:
            return None
        path = disk.path_of(self.name, self.key)
        lines = {k: (loc.file, loc.line) for k, loc in made.emitted.line_map.items()}
        entry = disk.Entry(made.emitted.text, self.name, lines, data)
        written = disk.write(path, self.key, entry)
        return None if written is None else self._program(path, entry, *written)

    def seal(self) -> None:
        """Write the machine code of the program, now that it is compiled."""
        if self._machine_code is not None:
            self._machine_code.seal()

    def refusal(self) -> str | None:
        """Why an earlier process found that this cannot be compiled; None where none did."""
        return disk.read_refusal(disk.path_of(self.name, self.key), self.key)

    def refuse(self, reason: str) -> None:
        """Remember that this cannot be compiled, and why."""
        disk.write_refusal(disk.path_of(self.name, self.key), self.key, reason)

    def drop(self) -> None:
        """Forget what was kept."""
        disk.remove(disk.path_of(self.name, self.key))

    def _program(self, path: Path, entry: disk.Entry, text: str, code: CodeType) -> Program:
        """Run the module of an entry. Raises ``LookupError`` where something is not as it was."""
        data, reach = entry.data, self.reach
        globals_ = {
            text_name: Global(name, read_name(reach.space(place), name), reach.space(place))
            for text_name, (place, name) in data["globals"].items()
        }
        if any(g.obj is MISSING for g in globals_.values()):
            raise LookupError("a global is gone")
        objects = {name: reach.objects[k] for name, k in data["objects"].items()}
        filename = str(path)
        GENERATED.add(filename)
        module = f"s2sad.generated.{self.name}" + (f"_{self.key[:16]}" if data["native"] else "")
        namespace = run_code(code, text, module, filename, objects, globals_)
        if data["native"]:
            from s2sad.backend.numba.machine import MachineCode, register

            register(module, namespace)
            self._machine_code = MachineCode(path, text, disk.write_whole)
            self._machine_code.attach(namespace, data["native"])
        for dotted, k in data["refs"].items():
            if _reached(namespace, dotted) is not reach.objects[k]:
                raise LookupError(f"{dotted} is not what it was")
        adjoint = namespace[data["adjoint"]] if data["adjoint"] else None
        watched = tuple(_dependencies(reach, data))
        line_map = Lines(entry.line_map.packed if isinstance(entry.line_map, Lines) else pack(entry.line_map), disk.HEAD_LINES)
        return Program(
            self.request, entry.text, namespace[data["entry"]], adjoint, tuple(data["mutates"]), namespace, filename,
            line_map, globals_, watched, formed=tuple(data["formed"]),
        )  # fmt: skip


_SUFFIX = {"value_and_grad": "grad"}


def slot_for(request: Request) -> Slot | None:
    """The place of a request in the cache; None where it has none, or where the cache is off."""
    if not disk.enabled() or _own_rules():
        return None
    reach = Reach()
    try:
        reach.visit(request.fun)
        for _, t in request.args:
            reach.type(t)
    except (Unstable, RecursionError):
        return None
    names = [name for name, _ in request.args]
    options = [request.mode, backend_version(request.backend), str(request.has_aux), repr(request.native)]
    return Slot(request, reach, make_key(options, names, request.active, reach.finish()))


def backend_version(backend: str) -> str:
    """A backend, the version of what it needs, and the state of what is the compiler's part of it."""
    if backend == "numpy":
        return backend
    from importlib.metadata import version

    return f"{backend} {version('numba')} {state_of('backend/numba')}"


def _own_rules() -> bool:
    """Has the user declared rules? What they say has no identity."""
    rules = sys.modules.get("s2sad.rules")
    return rules is not None and getattr(rules, "are_extended", bool)()


def load_unkept(request: Request, made: Made) -> Program:
    """The program of a module that is not in the cache."""
    filename = f"<s2sad {next(_COUNTER)} {made.entry}>"
    emitted = made.emitted
    code = compile(emitted.text, filename, "exec", dont_inherit=True)
    module = f"s2sad.generated.{made.entry}"
    namespace = run_code(code, emitted.text, module, filename, emitted.objects, emitted.globals)
    adjoint = namespace[made.adjoint] if made.adjoint else None
    return Program(
        request, emitted.text, namespace[made.entry], adjoint, made.mutates, namespace, filename, emitted.line_map,
        emitted.globals, made.dependencies, formed=made.formed,
    )  # fmt: skip


def describe(made: Made, reach: Reach) -> dict[str, Any] | None:
    """What an entry says beside its text, of literals; None where something has no number."""
    emitted = made.emitted
    if not all(map(reach.knows, made.consulted)):
        return None
    globals_ = {text: (reach.place_of(g.namespace), g.name) for text, g in emitted.globals.items()}
    objects = {name: reach.number_of(obj) for name, obj in emitted.objects.items()}
    refs = {text: reach.number_of(obj) for text, obj in emitted.refs if not reach.is_versioned(obj)}
    names = _names(d for d in made.dependencies if not isinstance(d, Body))
    watched = [_watched(d, reach) for d in names if not reach.is_library(d.namespace)]
    parts = [d.obj for d in made.dependencies if isinstance(d, Body)]
    bodies = [reach.number_of(obj) for obj in parts if not reach.is_versioned(obj)]
    if None in objects.values() or None in refs.values() or None in watched or None in bodies:
        return None
    if any(reach.followed(*place) is None for place in globals_.values()):
        return None
    return {
        "entry": made.entry, "adjoint": made.adjoint, "mutates": list(made.mutates), "globals": globals_,
        "objects": objects, "refs": refs, "watched": watched, "bodies": bodies, "native": list(made.native),
        "formed": list(made.formed),
    }  # fmt: skip


def _names(dependencies: Iterable[Any]) -> list[Dependency]:
    """The dependencies, each name once."""
    return list({(id(d.namespace), d.name): d for d in dependencies}.values())  # the namespaces are alive


def _watched(d: Dependency, reach: Reach) -> list[Any] | None:
    """A name that the program was compiled from: its space, the name, and what about it must stay as it is."""
    place = reach.place_of(d.namespace)
    if place is None:
        return None
    if isinstance(d, Hidden):
        return [place, d.name, "hidden"] if (place, d.name) in reach.hidden else None
    data = d.data if place < 0 else reach.followed(place, d.name)  # the key has the type of what a class holds, or its value
    return None if data is None or data != d.data else [place, d.name, "data" if data else "same"]


def _dependencies(reach: Reach, data: dict[str, Any]) -> Iterable[Dependency]:
    for place, name, kind in data["watched"]:
        namespace = reach.space(place)
        if kind == "hidden":
            yield Hidden(name, namespace)
        else:
            yield Dependency(name, namespace, read_name(namespace, name), kind == "data")
    for k in data["bodies"]:
        yield Body(reach.objects[k])


def _reached(namespace: Mapping[str, Any], dotted: str) -> Any:
    first, *rest = dotted.split(".")
    obj = namespace.get(first)
    for part in rest:
        obj = getattr(obj, part, None)
    return obj


__all__ = ["Made", "Program", "Request", "Slot", "describe", "load_unkept", "slot_for"]
