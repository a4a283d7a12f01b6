"""The compiled forms of one function in one mode, found by the call's key or, failing that, by its types."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
from collections.abc import Callable
from types import ModuleType
from typing import Any

from s2sad.analysis.typeof import type_of
from s2sad.api import signature
from s2sad.api.argtypes import check_active, types_of
from s2sad.api.guards import quick_guards, quick_refresh
from s2sad.api.target import Argnums, Target
from s2sad.cache.programs import Program, Request, Slot, slot_for
from s2sad.errors import UnsupportedError
from s2sad.ir.pause import no_collection
from s2sad.ir.types import Type, is_differentiable
from s2sad.options import PLAIN, Native

NOT_NATIVE = "S2S080"  # what the Numba backend refuses, and NumPy takes
BACKENDS = ("numpy", "numba", "auto")
_MANY = 4096  # keys kept for one derivative: more means that sizes vary without end, and starting afresh is cheap


@functools.cache
def pipeline() -> ModuleType:
    """The compiler: imported by the first derivative that needs it, not by ``import s2sad``."""
    with no_collection():
        from s2sad import pipeline as module

    return module


class Compiled:
    """One specialisation, its attributes laid out for the call: what runs, and which arguments have gradients.

    positions: the positions among all parameters of those that are differentiated; mutates: the parameters that
    the function stores into.
    ``guards`` says whether what was compiled in is still what it was, ``refresh`` gives the program the current values
    of globals; None where there is nothing to do. With ``formed`` all gradients have the form of their arguments as they
    come.
    """

    __slots__ = ("entry", "formed", "guards", "mutates", "positions", "program", "refresh")

    def __init__(self, program: Program, target: Target, positions: tuple[int, ...]) -> None:
        self.program = program
        self.entry: Callable[..., Any] = program.entry if target.plain else _by_position(program.entry, target)
        self.guards = quick_guards(program)
        self.refresh = quick_refresh(program)
        self.mutates: tuple[str, ...] = tuple(getattr(program, "mutates", ()))
        self.positions = positions
        self.formed = all(target.names[k] in program.formed for k in positions)


class Programs:
    """``find(bound)`` gives the specialisation for these arguments and compiles it where there is none.

    mode: ``value_and_grad``, ``vjp`` or ``jvp``. Unless ``strict``, arguments that have no derivative (integers,
    strings) are left out of what is differentiated; with it they are an error.
    """

    def __init__(
        self,
        target: Target,
        mode: str,
        argnums: Argnums,
        *,
        has_aux: bool,
        backend: str,
        strict: bool,
        native: Native = PLAIN,
    ) -> None:
        check_backend(backend, native)
        self.target, self.mode, self.has_aux, self.backend, self.strict = target, mode, has_aux, backend, strict
        self.native = native
        self.selection = target.select(argnums)
        self.active = tuple(dict.fromkeys(name for name, _ in self.selection))
        self.positions = {name: k for k, name in enumerate(target.names)}
        self.by_key: dict[Any, Compiled] = {}
        self.by_types: dict[Any, Compiled] = {}
        self.last: Program | None = None
        self._generic: Program | None = None
        self._nested: Callable[..., Any] | None = None

    def find(self, bound: tuple[Any, ...]) -> Compiled:
        """The specialisation for these arguments (one for each parameter), up to date."""
        key = signature.key_of_all(bound)
        try:
            compiled = self.by_key.get(key)
        except TypeError:  # an argument that cannot be hashed
            compiled = None
        if compiled is None:
            compiled = self.specialise(bound, key)
        if compiled.guards is not None and not compiled.guards():
            compiled = self.renew(bound)
        if compiled.refresh is not None:
            compiled.refresh()
        if compiled.mutates:
            refuse_sharing(self.target, bound, compiled.mutates, compiled.program)
        self.last = compiled.program
        return compiled

    def renew(self, bound: tuple[Any, ...]) -> Compiled:
        """Something that was compiled in has been redefined: forget everything and compile again."""
        self.by_key.clear()
        self.by_types.clear()
        self._generic = None
        return self.specialise(bound, signature.key_of_all(bound))

    def specialise(self, bound: tuple[Any, ...], key: Any) -> Compiled:
        """The slow path: types first; other sizes of the same pattern find what is compiled already."""
        types = types_of(self.target.names, bound)
        compiled = self.by_types.get(types)
        if compiled is None:
            compiled = self.by_types[types] = self._compile(bound, types)
        if len(self.by_key) >= _MANY:
            self.by_key.clear()
        with contextlib.suppress(TypeError):  # an argument that cannot be hashed
            self.by_key[key] = compiled
        return compiled

    def _compile(self, bound: tuple[Any, ...], types: tuple[tuple[str, Type], ...]) -> Compiled:
        active = self._active(bound, types)
        positions = tuple(self.positions[n] for n in active)
        return Compiled(self._program(types, active), self.target, positions)

    def _program(self, types: tuple[tuple[str, Type], ...], active: tuple[str, ...]) -> Program:
        """The program for these types: kept, or compiled now. ``auto`` takes machine code where there can be any."""
        if self.backend != "auto":
            return _obtained(self.request(self._function(), types, active, self.backend))
        found = self._machine_code(types, active) if has_numba() else "Numba is not installed"
        if isinstance(found, Program):
            return found
        program = _obtained(self.request(self._function(), types, active, "numpy"))
        program.note = f"NumPy, since {found}"
        return program

    def _machine_code(self, types: tuple[tuple[str, Type], ...], active: tuple[str, ...]) -> Program | str:
        """The program for these types in machine code, or why there is none: found now, or by an earlier process."""
        function = self._function()
        start = getattr(getattr(function, "__code__", None), "co_firstlineno", 0)  # lines above it may come and go
        request = self.request(function, types, active, "numba")
        slot = slot_for(request)
        known = slot.refusal() if slot is not None else None
        if known is not None:
            line, message = known.split(" ", 1)
            return f"line {int(line) + start}: {message}"
        try:
            return _obtained(request, slot)
        except UnsupportedError as error:
            if any(f.code != NOT_NATIVE for f in error.findings):
                raise
            first = error.findings[0]
            if slot is not None:
                slot.refuse(f"{first.loc.line - start} {first.message}")
            return f"line {first.loc.line}: {first.message}"

    def _function(self) -> Callable[..., Any]:
        """What the pipeline is given: a derivative is called by a function of its own."""
        function: Any = self.target.function
        if hasattr(function, "__s2sad__"):
            from s2sad.api import nested

            if self._nested is None:
                self._nested = nested.as_function(function)
            return self._nested
        return self.target.function

    def generic(self) -> Program:
        """The program for the types that the annotations tell, unknown where they tell none. To be read: nothing calls it."""
        if self._generic is None or not self._generic.guards():
            from s2sad.api.annotations import annotated

            function = self._function()
            types = annotated(function, self.active)
            self._generic = pipeline().compile(self.request(function, types, self.active, "numpy"))
        return self._generic

    def shown(self) -> Program:
        """The last specialisation that ran; the generic one before any call."""
        return self.generic() if self.last is None else self.last

    def request(
        self, function: Callable[..., Any], types: tuple[tuple[str, Type], ...], active: tuple[str, ...], backend: str
    ) -> Request:
        """What the compiler is asked for."""
        return Request(function, self.mode, types, active, backend, self.has_aux, self.native)

    def _active(self, bound: tuple[Any, ...], types: tuple[tuple[str, Type], ...]) -> tuple[str, ...]:
        known = dict(types)
        if self.strict:
            for name in self.active:
                check_active(self.target.name, name, bound[self.positions[name]], known[name])
            for name, key in self.selection:  # one of *args or of **kwargs
                whole = bound[self.positions[name]]
                given = isinstance(whole, tuple | dict) and key is not None
                if given and key in (whole if isinstance(key, str) else range(len(whole))):
                    shown = key if isinstance(key, str) else f"{name}[{key}]"
                    check_active(self.target.name, shown, whole[key], type_of(whole[key]))
            return self.active
        return tuple(n for n in self.active if is_differentiable(known[n]))


def _obtained(request: Request, slot: Slot | None = None) -> Program:
    slot = slot_for(request) if slot is None else slot
    program: Program = (slot.load() if slot is not None else None) or pipeline().compile(request, slot)
    return program


def has_numba() -> bool:
    return importlib.util.find_spec("numba") is not None


def check_backend(backend: str, native: Native = PLAIN) -> None:
    """Raise unless there is such a backend here, and it takes the options."""
    if backend not in BACKENDS:
        raise ValueError(f"there is no backend {backend!r}: choose one of {', '.join(BACKENDS)}")
    for name in ("parallel", "fastmath"):
        if getattr(native, name) and backend != "numba":
            raise ValueError(f'{name}=True needs backend="numba", not {backend!r}')
    if backend == "numba" and not has_numba():
        raise ModuleNotFoundError("backend='numba' needs Numba: pip install s2sad[numba]", name="numba")


def _by_position(entry: Callable[..., Any], target: Target) -> Callable[..., Any]:
    """A generated function with ``*args``, keyword-only parameters or ``**kwargs``, called with one value for each.

    Tangents follow the values; they are further parameters of the function, wherever in its signature they stand.
    """
    code = entry.__code__
    count = code.co_argcount
    named = code.co_varnames[: count + code.co_kwonlyargcount]
    names = (*target.names, *(n for n in named if n not in target.names))

    def call(*values: Any) -> Any:
        given = dict(zip(names, values, strict=True))
        star = given[target.star] if target.star else ()
        options = {n: given[n] for n in named[count:]}
        if target.starstar:
            options.update(given[target.starstar])
        return entry(*[given[n] for n in named[:count]], *star, **options)

    return call


def refuse_sharing(target: Target, bound: tuple[Any, ...], mutates: tuple[str, ...], program: Program) -> None:
    """Raise AliasError where an argument that the function stores into shares memory with another one or a global."""
    for name, g in program.globals.items():
        value = program.namespace.get(name)
        if isinstance(value, tuple | str | float | int):
            continue
        for k, argument in enumerate(bound):
            if target.names[k] in mutates and (0, 1) in signature.share_memory_pattern((argument, value)):
                from s2sad.errors import AliasError

                raise AliasError(
                    f"{target.name} stores into {target.names[k]!r}, which shares memory with the global "
                    f"{g.name!r}: pass a copy"
                )
    for i, j in signature.share_memory_pattern(bound):
        first, second = target.names[i], target.names[j]
        if first in mutates or second in mutates:
            stored = first if first in mutates else second
            from s2sad.errors import AliasError

            raise AliasError(
                f"{target.name} stores into {stored!r}, and the arguments {first!r} and {second!r} share memory: "
                f"pass a copy of one of them"
            )
