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


def library(state: Any) -> Library:
    """The library of a function that is being compiled, as Numba makes it: it can be kept on disk."""
    made = Library(state.targetctx.codegen(), state.func_id.func_qualname)
    made.enable_object_caching()
    return made


__all__ = ["Library", "library"]
