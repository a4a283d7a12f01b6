"""Machine code from LLVM's representation, without its search for the cheapest way to count addresses.

That search ("loop strength reduction") took a third of LLVM's time for stencils, where each inner loop, widened and
unrolled, reads many neighbours, and what it finds is no faster than the addressing modes of the processor: over the
benchmarks, gradients without it take 0.98 times as long to run (0.8 to 1.05).

LLVM has one switch for it, for all that it compiles: it is set while a function is written here, under the lock that
Numba's compiler holds, and set back.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from numba.core.codegen import JITCodeLibrary

_KNOWN = (22,)  # versions of LLVM that are known to have the switch: LLVM ends the process at one that it does not know


class Library(JITCodeLibrary):
    """A function on its way to machine code."""

    def _finalize_specific(self) -> None:
        if llvm.llvm_version_info[0] not in _KNOWN:
            super()._finalize_specific()
            return
        llvm.set_option("", "-disable-lsr=true")
        try:
            super()._finalize_specific()
        finally:
            llvm.set_option("", "-disable-lsr=false")


class DirectLibrary(Library):
    """A function that was written for LLVM directly: its variables are values already, and references are counted where they
    must be. Numba's passes that come before LLVM's own would find nothing."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        builder = self._codegen._pass_builder()
        builder.getModulePassManager().run(self._final_module, builder)


def library(state: Any) -> Library:
    """The library of a function that is being compiled, as Numba makes it: it can be kept on disk."""
    return _made(Library, state)


def direct_library(state: Any) -> Library:
    return _made(DirectLibrary, state)


def _made(cls: type[Library], state: Any) -> Library:
    made = cls(state.targetctx.codegen(), state.func_id.func_qualname)
    made.enable_object_caching()
    return made


__all__ = ["Library", "direct_library", "library"]
