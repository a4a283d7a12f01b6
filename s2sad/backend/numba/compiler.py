"""The compiler that Numba runs for emitted functions: its own passes, without those that find nothing in them.

Emitted functions hold no closures, no ``with``, no calls to be inlined and no branches that types decide, so the passes
for these are left out; what remains brings its analysis of the function up to date once instead of after each pass. What
goes to LLVM is shorter (``lowering.py``, ``allocation.py``), and so is LLVM's way from there to machine code
(``emission.py``). How LLVM optimises is left alone: asked to optimise each function less before the module as a whole, it
made a Cholesky factorisation 1.4 times slower.

Functions with ``parallel=True`` are compiled as Numba does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import ir, types
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import AnalysisPass, FunctionPass, LoweringPass, PassManager, register_pass
from numba.core.ir_utils import build_definitions
from numba.core.typed_passes import (
    AnnotateTypes,
    InlineOverloads,
    NativeLowering,
    NoPythonBackend,
    NopythonRewrites,
    NoPythonSupportedFeatureValidation,
    NopythonTypeInference,
    PreLowerStripPhis,
)  # fmt: skip
from numba.core.untyped_passes import FixupArgs, ReconstructSSA, RewriteDynamicRaises, TranslateByteCode

from s2sad.backend.numba.allocation import own_allocation
from s2sad.backend.numba.blas import direct_calls
from s2sad.backend.numba.direct.use import Directly, Source, direct_text
from s2sad.backend.numba.emission import library
from s2sad.backend.numba.lifetimes import rewrite, settle, write_ends
from s2sad.backend.numba.lowering import Lowering
from s2sad.backend.numba.versions import versions


@register_pass(mutates_CFG=False, analysis_only=False)
class _Read(FunctionPass):
    """Bytecode to Numba's representation."""

    _name = "s2sad_read"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        for part in (TranslateByteCode, FixupArgs):
            part().run_pass(state)
        settle(state.func_ir)
        rewrite(state, "before-inference")
        if any(True for block in state.func_ir.blocks.values() for _ in block.find_insts(ir.Raise)):
            RewriteDynamicRaises().run_pass(state)
        own_allocation(state.func_ir)
        direct_calls(state.func_ir)
        settle(state.func_ir)
        return True


@register_pass(mutates_CFG=False, analysis_only=False)
class _Versions(ReconstructSSA):
    """A variable of its own for each assignment."""

    _name = "s2sad_versions"

    def run_pass(self, state: Any) -> bool:
        versions(state.func_ir)
        self._patch_locals(state)
        state.func_ir._definitions = build_definitions(state.func_ir.blocks)
        settle(state.func_ir)
        return True


@register_pass(mutates_CFG=False, analysis_only=False)
class _Types(FunctionPass):
    """The type of each variable. (What was true of the blocks before is true after it.)"""

    _name = "s2sad_types"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        return bool(NopythonTypeInference().run_pass(state))


@register_pass(mutates_CFG=False, analysis_only=False)
class _OneVersion(PreLowerStripPhis):
    """Where ways meet, the versions of a variable are assigned to one."""

    _name = "s2sad_one_version"

    def run_pass(self, state: Any) -> bool:
        state.func_ir = self._strip_phi_nodes(state.func_ir)
        state.func_ir._definitions = build_definitions(state.func_ir.blocks)
        settle(state.func_ir)
        return True


@register_pass(mutates_CFG=False, analysis_only=False)
class _Arrays(FunctionPass):
    """Expressions of whole arrays become loops, in functions that have any."""

    _name = "s2sad_arrays"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        found = any(_of_arrays(expr, state.typemap) for expr in state.calltypes)
        return bool(NopythonRewrites().run_pass(state)) if found else False


def _of_arrays(expr: Any, typemap: Any) -> bool:
    if not isinstance(expr, ir.Expr):
        return False
    if expr.op == "call":
        return isinstance(getattr(typemap[expr.func.name], "typing_key", None), np.ufunc)
    operands = {"binop": ("lhs", "rhs"), "inplace_binop": ("lhs", "rhs"), "unary": ("value",)}.get(expr.op, ())
    return any(isinstance(typemap[getattr(expr, name).name], types.Array) for name in operands)


class _Native(NativeLowering):
    """To LLVM's representation."""

    @property
    def lowering_class(self) -> Any:
        return Lowering


@register_pass(mutates_CFG=False, analysis_only=True)
class _Ends(AnalysisPass):
    """A statement where each variable ends."""

    _name = "s2sad_ends"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        write_ends(state.func_ir)
        return True


@register_pass(mutates_CFG=False, analysis_only=False)
class _Lower(LoweringPass):
    """Numba's representation to machine code."""

    _name = "s2sad_lower"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        _Native().run_pass(state)
        return bool(NoPythonBackend().run_pass(state))


class NativeCompiler(CompilerBase):
    """Numba's compiler for emitted functions. ``source``: what they were made from."""

    source: Source | None = None

    def define_pipelines(self) -> list[Any]:
        self.state.flags.no_cfunc_wrapper = True
        if self.source is not None and direct_text(self.state, self.source):
            direct = PassManager("s2sad direct")
            direct.add_pass(Directly, "Directly")
            direct.finalize()
            return [direct]
        if self.state.library is None:
            self.state.library = library(self.state)
        passes = PassManager("s2sad")
        for part in (
            _Read, _Versions, _Types, _OneVersion, InlineOverloads, _Arrays,
            NoPythonSupportedFeatureValidation, _Ends, AnnotateTypes, _Lower,
        ):  # fmt: skip
            passes.add_pass(part, part.__name__)
        passes.finalize()
        return [passes]


def use(dispatcher: Any, source: Source | None = None) -> None:
    """Let this compiled function be compiled by it, unless its loops are to run in parallel; and for numbers of any value,
    where a caller has constants."""
    compiler = dispatcher._compiler
    if not dispatcher.targetoptions.get("parallel"):
        compiler.pipeline_class = type("NativeCompiler", (NativeCompiler,), {"source": source})
    fold = compiler.fold_argument_types

    def folded(args: Any, kws: Any) -> Any:
        signature, given = fold(args, kws)
        return signature, tuple(types.unliteral(a) if isinstance(a, types.IntegerLiteral) else a for a in given)

    compiler.fold_argument_types = folded


__all__ = ["NativeCompiler", "use"]
