"""THE MAP: the stages of the compiler in order. Each stage is one call; every intermediate form can be printed.

    source -> resolve -> lower -> infer -> activity -> adjoint | tangent -> residuals -> specialise -> simplify -> emit -> load
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from types import FunctionType
from typing import Any

from s2sad.ad import forward
from s2sad.ad import program as ad
from s2sad.ad.outputs import own_outputs
from s2sad.analysis.alias import mutated_params
from s2sad.analysis.infer import Infer, Spec
from s2sad.analysis.typeof import type_of
from s2sad.backend.emit import Emitted, emit_module
from s2sad.backend.load import annotate, inject, load, read_global
from s2sad.errors import SourceError
from s2sad.frontend.lower import Lowered, lower, lower_function
from s2sad.frontend.source import FunctionSource, unwrap
from s2sad.ir.nodes import Function, Global
from s2sad.ir.types import UNKNOWN, Type
from s2sad.simplify import simplify
from s2sad.simplify.dce import eliminate
from s2sad.simplify.regroup import regroup
from s2sad.specialise import primal_vars, specialise

_COUNTER = itertools.count(1)
STAGES = ("lower", "infer", "adjoint", "specialise", "simplify", "emit")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be compiled: a function, a mode (``value_and_grad``, ``vjp``, ``jvp``), the types of all its parameters
    and the names of those that are differentiated, in order."""

    fun: Any
    mode: str
    args: tuple[tuple[str, Type], ...] = ()
    active: tuple[str, ...] = ()
    backend: str = "numpy"
    has_aux: bool = False


@dataclass(slots=True)
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

    def guards(self) -> bool:
        """Is everything that the program was compiled from still what it was?"""
        for d in self.dependencies:  # a plain loop: this runs at every call
            if not d.is_current():
                return False
        return all(type_of(read_global(g), literal=False) == type_of(g.obj, literal=False) for g in self.globals.values())

    def refresh(self) -> None:
        """Give the generated module the current values of the global data it reads."""
        if self.globals:
            inject(self.namespace, self.globals)

    def annotate(self, exc: BaseException) -> None:
        """Note on an exception that leaves the derivative which line of the user it comes from."""
        annotate(exc, self.filename, self.line_map, getattr(self.request.fun, "__name__", "the function"))


class Compilation:
    """One run of the pipeline: holds the functions after each stage."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.timings: dict[str, float] = {}
        self.dependencies: dict[int, Any] = {}
        self.infer = Infer(self.load_source)
        self.functions: list[Function] = []

    # -- stages --------------------------------------------------------------------------------------------------

    def lower(self) -> Function:
        """source, resolve, lower: the untyped IR of the entry function."""
        fun = self.request.fun
        self.source = self._lowered(fun).function
        return self.source

    def run_infer(self) -> Spec:
        """infer: typed IR, callees specialised."""
        given = dict(self.request.args)
        types = tuple(given.get(p.var.name, UNKNOWN) for p in self.source.params)
        types += tuple(UNKNOWN for _ in self.source.captured)
        self.spec = self.infer.specialise(self.source, types, entry=True)
        self.infer.finish()
        return self.spec

    def differentiate(self) -> list[Function]:
        """activity, adjoint or tangent, residuals: raw derivative functions."""
        r = self.request
        if r.mode == "jvp":
            entries = forward.tangent(self.infer, self.spec, r.active)
        else:
            entries = ad.reverse(self.infer, self.spec, r.active, r.mode, r.has_aux)
        self.entries = entries
        self.functions = ad.reachable(entries)
        return self.functions

    def specialise(self) -> list[Function]:
        return self._each(specialise)

    def simplify(self) -> list[Function]:
        self._each(simplify)
        self._each(regroup)
        names = {e.name for e in self.entries}
        self.functions = [
            eliminate(own_outputs(f, self.request.mode, self.request.has_aux), primal_vars(f)) if f.name in names else f
            for f in self.functions
        ]
        return self.functions

    def emit(self) -> Emitted:
        """Verified text."""
        return emit_module(self.functions, header=_header(self.request, self.source))

    # -- helpers -------------------------------------------------------------------------------------------------

    def _each(self, stage: Callable[[Function], Function]) -> list[Function]:
        """Apply a stage to every function of the module (references between them go by name)."""
        self.functions = [stage(f) for f in self.functions]
        return self.functions

    def _lowered(self, fun: Any, *, trusted: bool = False) -> Lowered:
        lowered = lower(fun) if isinstance(fun, FunctionSource) else lower_function(fun, trusted)
        for d in lowered.dependencies:
            self.dependencies.setdefault(id(d), d)
        return lowered

    def load_source(self, fun: Any) -> Function | None:
        """The untyped IR of a callee, or None where it has no Python source."""
        static = getattr(fun, "static_source", None)
        if isinstance(static, FunctionSource):
            return self._lowered(static).function
        fun = unwrap(fun)
        module = str(getattr(fun, "__module__", ""))
        if not isinstance(fun, FunctionType) or module.startswith("s2sad.runtime"):
            return None
        try:
            if module.startswith("s2sad.rules"):
                return lower_function(fun, True).function
            return self._lowered(fun).function
        except SourceError:
            return None


def compile(request: Request) -> Program:
    """Run all stages and load the result. Raises ``UnsupportedError`` with all findings, before anything runs."""
    c = Compilation(request)
    for name, stage in (
        ("lower", c.lower),
        ("infer", c.run_infer),
        ("adjoint", c.differentiate),
        ("specialise", c.specialise),
        ("simplify", c.simplify),
    ):
        start = perf_counter()
        stage()
        c.timings[name] = perf_counter() - start
    start = perf_counter()
    emitted = c.emit()
    c.timings["emit"] = perf_counter() - start
    name = c.entries[0].name
    filename = f"<s2sad {next(_COUNTER)} {name}>"
    namespace = load(emitted.text, name, filename, emitted.objects, emitted.globals)
    inject(namespace, emitted.globals)
    by_name = {fn.name: text for fn, text in emitted.names.items()}
    entry = namespace[by_name[name]]
    adjoint = namespace[by_name[c.entries[1].name]] if request.mode == "vjp" else None
    mutates = tuple(c.spec.fn.params[k].var.name for k in mutated_params(c.spec.fn)) if c.spec.fn is not None else ()
    return Program(
        request, emitted.text, entry, adjoint, mutates, namespace, filename, emitted.line_map, emitted.globals,
        tuple(c.dependencies.values()), c.timings,
    )  # fmt: skip


def compile_generic(request: Request) -> Program:
    """The derivative for arguments of unknown types: to be read."""
    return compile(Request(request.fun, request.mode, (), request.active, request.backend, request.has_aux))


def snapshot(request: Request, stage: str) -> str:
    """The program after a stage, as runnable Python."""
    c = Compilation(request)
    functions = [c.lower()]
    if stage != "lower":
        spec = c.run_infer()
        assert spec.fn is not None
        functions = ad.reachable([spec.fn])
    for name, run in (("adjoint", c.differentiate), ("specialise", c.specialise), ("simplify", c.simplify)):
        if STAGES.index(stage) >= STAGES.index(name):
            functions = run()
    return emit_module(functions, header=f"# {c.source.name} after the stage {stage}\n").text


def _header(request: Request, fn: Function) -> str:
    return f"# The derivative of {fn.name}, generated by s2sad.\n"
