"""THE MAP: the stages of the compiler in order. Each stage is one call; every intermediate form can be printed.

    source -> resolve -> lower -> infer -> activity -> adjoint | tangent -> residuals -> specialise -> simplify -> emit -> load
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from types import FunctionType
from typing import Any

from s2sad.ad import derived
from s2sad.ad import program as ad
from s2sad.ad.outputs import formed_gradients, own_outputs
from s2sad.analysis import effects, sharing
from s2sad.analysis.alias import mutated_params
from s2sad.analysis.findings import too_deep
from s2sad.analysis.infer import Infer, Spec, made_now, stand_ins
from s2sad.backend import printer
from s2sad.backend.emit import Emitted, emit_module
from s2sad.cache.programs import Made, Program, Request, Slot, load_unkept
from s2sad.errors import SourceError, UnsupportedError
from s2sad.frontend.lower import Lowered, forget, lower_all, lower_function
from s2sad.frontend.lower_base import MethodFound
from s2sad.frontend.source import FunctionSource, unwrap
from s2sad.ir.dependency import Body
from s2sad.ir.nodes import Function
from s2sad.ir.pause import no_collection
from s2sad.ir.rewrite import without_places
from s2sad.ir.types import UNKNOWN
from s2sad.simplify import simplify
from s2sad.simplify.dce import eliminate
from s2sad.simplify.inplace import accumulate
from s2sad.simplify.last_trip import skip_last
from s2sad.simplify.pairs import trim_pairs
from s2sad.simplify.regroup import regroup
from s2sad.simplify.slopes import with_slopes
from s2sad.simplify.written import as_written
from s2sad.specialise import primal_vars, specialise

printer.astor_module()  # the compiler is imported when it is needed; astor comes with it
STAGES = ("lower", "infer", "adjoint", "specialise", "simplify", "emit")


class Compilation:
    """One run of the pipeline: holds the functions after each stage."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.timings: dict[str, float] = {}
        self.sloped = False  # do functions give their slopes?
        self.dependencies: dict[int, Any] = {}
        self.lowered: dict[int, Any] = {}  # the functions whose source was read
        self.infer = Infer(self.load_source)
        self.infer.parts_apart = request.backend != "numpy"
        self.infer.tangent = lambda spec, active: derived.of(self.infer).tangent(spec, active)
        self.infer.replay = lambda spec: derived.of(self.infer).replays.of(spec)
        self.infer.joint = lambda spec, active, has_aux: derived.of(self.infer).joint(spec, active, has_aux)
        self.infer.tidy = lambda fn: eliminate(fn, primal_vars(fn))
        self.functions: list[Function] = []
        self._bodies: dict[int, tuple[Any, Function]] = {}  # of rules, by identity
        self.native: tuple[str, ...] = ()  # the compiled functions behind the entries, where Numba compiles them
        self.native_functions: list[Function] = []
        self.recursive = False  # do they call themselves?

    # -- stages --------------------------------------------------------------------------------------------------

    def lower(self) -> Function:
        """source, resolve, lower: the untyped IR of the entry function."""
        fun = self.request.fun
        self.source = self._lowered(fun).function
        return self.source

    def finish(self) -> None:
        """Raise all that was refused, where a stage is looked at on its own."""
        self.infer.finish()

    def run_infer(self) -> Spec:
        """infer: typed IR, callees specialised. Where that finds methods to be generators, all is lowered again."""
        while True:
            try:
                self.infer.may_lower_again = True
                return self._inferred()
            except MethodFound:
                forget()
                self.__init__(self.request)  # type: ignore[misc]
                self.lower()
            finally:
                self.infer.may_lower_again = False

    def _inferred(self) -> Spec:
        given = dict(self.request.args)
        types = tuple(given.get(p.var.name, UNKNOWN) for p in self.source.params)
        types += tuple(UNKNOWN for _ in self.source.captured)
        with self.infer.collecting(self.source):
            self.spec = self.infer.specialise(self.source, types, entry=True)
            if self.infer.watched:
                made_now.check(self.infer)
        return self.spec

    def order_loops(self) -> None:
        """For machine code: loops in the order in which they are fast."""
        if self.request.backend != "numpy":
            from s2sad.backend.numba.interchange import interchange_all

            interchange_all(self.spec)
            self.infer.native = True

    def differentiate(self) -> list[Function]:
        """activity, adjoint or tangent, residuals: raw derivative functions."""
        r = self.request
        self.order_loops()
        if r.mode == "jvp":
            entries = ad.tangent(self.infer, self.spec, r.active)
        else:
            entries = ad.reverse(self.infer, self.spec, r.active, r.mode, r.has_aux)
        self.entries = entries
        self.functions = ad.reachable(entries)
        return self.functions

    def specialise(self) -> list[Function]:
        """What types rule out is gone. A stage to look at: the rules are among those of simplify."""
        return self._each(specialise)

    def simplify(self) -> list[Function]:
        if self.request.backend == "numpy":
            before = self.functions
            self.functions = with_slopes(before, [e.name for e in self.entries], simplify)
            self.sloped = self.functions is not before
            self._each(lambda fn: simplify(fn, woven=True))
        else:
            apart = self.request.native.parallel  # what adds to sums has no parallel iterations
            self._each(lambda fn: simplify(fn, woven=not apart, native=True))
        self.functions = trim_pairs(self.functions)
        self._each(skip_last)
        self._each(regroup)
        modes = {g.name: "value_and_grad" for g in self.infer.gradients.values()}
        modes |= {e.name: self.request.mode for e in self.entries}
        self.functions = [self._own_outputs(f, modes[f.name]) if f.name in modes else f for f in self.functions]
        return self.functions

    def _own_outputs(self, fn: Function, mode: str) -> Function:
        """Copies of what leaves the function, less those of arrays that nothing else refers to."""
        new = own_outputs(fn, mode, self.request.has_aux)
        if new is fn and mode == "value_and_grad":
            return fn  # nothing was dead before
        primal = primal_vars(fn)
        return eliminate(accumulate(new, primal), primal)

    def emit(self) -> Emitted:
        """Verified text."""
        header = _header(self.request, self.source)
        if self.request.backend == "numpy":
            if self.sloped:
                from s2sad.simplify.parts import in_parts

                self.functions = in_parts(self.functions)
            self._each(as_written)
            return emit_module(self.functions, header=header, release=True)
        from s2sad.backend.numba.module import native_module

        module = native_module(self.functions, [e.name for e in self.entries], self.request.native)
        self.native = tuple(module.native[e.name] for e in self.entries)
        self.recursive = module.recursive
        by_name = {f.name: f for f in module.functions}
        self.native_functions = [by_name[name] for name in self.native]
        self.compiled = list(module.decorators)
        return emit_module(module.functions, header=header, decorators=module.decorators, finish=module.finish)

    def made(self, emitted: Emitted) -> Made:
        """What is to be loaded, and kept."""
        texts = {fn.name: text for fn, text in emitted.names.items()}
        native = tuple(texts[name] for name in self.native)
        entry = texts[self.entries[0].name]
        adjoint = texts[self.entries[1].name] if self.request.mode == "vjp" else ""
        fn = self.spec.fn
        mutates = tuple(fn.params[k].var.name for k in mutated_params(fn)) if fn is not None else ()
        consulted = (*self.lowered.values(), *self.infer.owners())
        watched = (*self.dependencies.values(), *self.infer.members.values(), *map(Body, self.infer.partials.values()))
        formed: tuple[str, ...] = ()
        if self.request.mode == "value_and_grad":
            last = next(f for f in self.functions if f.name == self.entries[0].name)
            formed = formed_gradients(last, self.request.active)
        return Made(emitted, entry, adjoint, mutates, watched, consulted, native, formed)

    # -- helpers -------------------------------------------------------------------------------------------------

    def _each(self, stage: Callable[[Function], Function]) -> list[Function]:
        """Apply a stage to every function of the module (references between them go by name)."""
        self.functions = [stage(f) for f in self.functions]
        return self.functions

    def _lowered(self, fun: Any, *, trusted: bool = False) -> Lowered:
        self.lowered[id(fun)] = fun
        lowered = lower_all(fun) if isinstance(fun, FunctionSource) else lower_function(fun, trusted)
        self.infer.keep_lowered(lowered.findings)
        for d in lowered.dependencies:
            self.dependencies.setdefault(id(d), d)
        return lowered

    def load_source(self, fun: Any) -> Function | None:
        """The untyped IR of a callee, or None where it has no Python source."""
        body = self._bodies.get(id(fun))
        if body is not None:
            return body[1]
        static = getattr(fun, "static_source", None)
        if isinstance(static, FunctionSource):
            return self._lowered(static).function
        fun = unwrap(fun)
        module = str(getattr(fun, "__module__", ""))
        if not isinstance(fun, FunctionType) or module.startswith("s2sad.api"):
            return None
        try:
            if module.startswith(("s2sad.rules", "s2sad.runtime")):
                self._bodies[id(fun)] = fun, lower_function(fun, True).function
                return self._bodies[id(fun)][1]
            if module == stand_ins.__name__:
                return without_places(lower_function(fun, True).function)
            return self._lowered(fun).function
        except SourceError:
            return None


def compile(request: Request, slot: Slot | None = None) -> Program:
    """Run all stages and load the result, from ``slot`` of the cache where it can be kept there. Raises
    ``UnsupportedError`` with all findings, before anything runs."""
    with _alone():
        return _compile(request, slot)


def _compile(request: Request, slot: Slot | None) -> Program:
    c = Compilation(request)
    try:
        return _staged(c, request, slot)
    except RecursionError:
        raise UnsupportedError(too_deep(unwrap(request.fun))) from None


def _staged(c: Compilation, request: Request, slot: Slot | None) -> Program:
    timings = c.timings
    for name, stage in (
        ("lower", c.lower),
        ("infer", c.run_infer),
        ("adjoint", c.differentiate),
        ("simplify", c.simplify),
    ):
        start = perf_counter()
        stage()
        timings[name] = perf_counter() - start
    start = perf_counter()
    made = c.made(c.emit())
    timings["emit"] = perf_counter() - start
    start = perf_counter()
    program = slot.keep(made) if slot is not None else None
    if program is None:
        slot = None
        program = load_unkept(request, made)
    timings["load"] = perf_counter() - start
    if made.native:
        start = perf_counter()
        _machine_code(c, program, made, slot)
        timings["numba"] = perf_counter() - start
    program.timings = timings
    return program


def _machine_code(c: Compilation, program: Program, made: Made, slot: Slot | None) -> None:
    """Let Numba compile now, for arrays as NumPy makes them: what it cannot do is found before anything runs."""
    from s2sad.backend.numba.run import compile_now, make_importable

    if c.recursive:
        make_importable(program.namespace)
    try:
        compile_now(program, made, c.entries, c.native_functions, c.compiled, c.request.native)
    except UnsupportedError:
        if slot is not None:
            slot.drop()
        raise
    if slot is not None:
        slot.seal()


@contextmanager
def _alone() -> Iterator[None]:
    """No collection of garbage while a program is compiled, and no memory of its parts afterwards."""
    with no_collection():
        try:
            yield
        finally:
            effects.forget()
            sharing.forget()


def compile_generic(request: Request) -> Program:
    """The derivative for arguments of unknown types: to be read."""
    return compile(Request(request.fun, request.mode, (), request.active, request.backend, request.has_aux, request.native))


def snapshot(request: Request, stage: str) -> str:
    """The program after a stage, as runnable Python."""
    c = Compilation(request)
    functions = [c.lower()]
    if stage == "lower":
        c.finish()
    else:
        spec = c.run_infer()
        if stage == "infer":
            c.finish()
        assert spec.fn is not None
        functions = ad.reachable([spec.fn])
    if STAGES.index(stage) >= STAGES.index("adjoint"):
        functions = c.differentiate()
    if stage == "specialise":
        functions = c.specialise()
    elif STAGES.index(stage) > STAGES.index("specialise"):
        functions = c.simplify()
    return emit_module(functions, header=f"# {c.source.name} after the stage {stage}\n").text


def _header(request: Request, fn: Function) -> str:
    return f"# The derivative of {fn.name}, generated by s2sad.\n"
