"""Numba's side: the function as Numba knows it, with its types, its wrapper for Python and its library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import llvmlite.binding as llvm
import numba
from numba.core import types
from numba.core.compiler import compile_result
from numba.core.compiler_machinery import LoweringPass, register_pass
from numba.core.environment import Environment
from numba.core.funcdesc import PythonFunctionDescriptor
from numba.core.runtime.nrt import rtsys
from numba.core.serialize import dumps
from numba.core.typing.templates import signature
from numba.np.linalg import ensure_blas

from s2sad.backend.numba import elementary
from s2sad.backend.numba.direct.module import Module
from s2sad.backend.numba.direct.values import Kind, NotDirect
from s2sad.backend.numba.emission import direct_library
from s2sad.ir.nodes import Function

# What is written here goes by how Numba calls functions, lays out arrays and counts references.
_KNOWN = numba.__version__.startswith("0.68.") and llvm.llvm_version_info[0] == 22
_NUMBERS = {types.float64: "f", types.int64: "i", types.boolean: "b"}
_TYPES = {kind: t for t, kind in _NUMBERS.items()}


class Source:
    """The functions of a module, as they are before they are text. ``names``: what they are called there."""

    def __init__(self, functions: Mapping[str, Function], names: Mapping[str, str], fast: bool) -> None:
        self.functions = functions
        self.names = names  # from the names of the text to those of the functions
        self.fast = fast


def kind_of_type(t: Any) -> Kind:
    found = _NUMBERS.get(t)
    if found is not None:
        return found
    if type(t) is types.Array and t.dtype in _NUMBERS and t.ndim and t.aligned and t.mutable:
        return ("arr", _NUMBERS[t.dtype], t.ndim, t.layout)
    if isinstance(t, types.Tuple | types.UniTuple) and len(t):
        return ("tup", *map(kind_of_type, t))
    raise NotDirect("an argument of this type")


def type_of_kind(kind: Kind) -> Any:
    if isinstance(kind, str):
        if kind not in _TYPES:
            raise NotDirect("a function that gives nothing")
        return _TYPES[kind]
    if kind[0] == "tup":
        if len(kind) == 1:
            raise NotDirect("an empty tuple")
        return types.BaseTuple.from_types(tuple(map(type_of_kind, kind[1:])))
    return types.Array(_TYPES[kind[1]], kind[2], kind[3])


def direct_text(state: Any, source: Source) -> bool:
    """Can the function be written directly? Then its text and its types are kept with the state of the compiler."""
    name = source.names.get(state.func_id.func_name)
    flags = state.flags
    if name is None or not _KNOWN or flags.debuginfo or flags.boundscheck or flags.auto_parallel.enabled:
        return False
    module = Module(source.functions, source.fast, dumps)
    try:
        kinds = [kind_of_type(types.unliteral(t)) for t in state.args]
        fndesc = _described(state)
        text, kind = module.entry(name, kinds, fndesc.llvm_func_name)
        fndesc.restype = type_of_kind(kind)
    except NotDirect:
        return False
    state.s2sad_direct = text, fndesc, tuple(module.shared.elementary)
    return True


def _described(state: Any) -> Any:
    """What Numba calls the function."""
    fn, flags = state.func_id, state.flags
    return PythonFunctionDescriptor(
        True, fn.func.__module__, fn.func_qualname, fn.unique_name, fn.func.__doc__ or "", None, None, None,
        tuple(fn.arg_names), (), mangler=state.targetctx.mangler, argtypes=tuple(state.args),
        inline=flags.forceinline, noalias=flags.noalias,
        abi_tags=[flags.get_mangle_string()], uid=fn.unique_id,
    )  # fmt: skip


@register_pass(mutates_CFG=True, analysis_only=False)
class Directly(LoweringPass):
    """LLVM's text to machine code."""

    _name = "s2sad_directly"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        text, fndesc, functions = state.s2sad_direct
        context, flags = state.targetctx, state.flags
        if "@numba_xx" in text:
            ensure_blas()
        made = state.library = direct_library(state)
        env = Environment.from_fndesc(fndesc)
        env_name = context.get_env_name(fndesc)
        head = f'target triple = "{llvm.get_process_triple()}"\n@"{env_name}" = common global ptr null\n'
        with context.push_code_library(made):
            module = llvm.parse_assembly(head + text)
            module.name = fndesc.qualname
            module.verify()
            made.add_llvm_module(module)
            elementary.add_to(made, functions)
            made.add_linking_library(rtsys.library)
            context.create_cpython_wrapper(made, fndesc, env, None, release_gil=flags.release_gil)
        cfunc = context.get_executable(made, fndesc, env)
        context.insert_user_function(cfunc, fndesc, [made])
        state.return_type = fndesc.restype
        state.cr = compile_result(
            typing_context=state.typingctx, target_context=context, entry_point=cfunc, typing_error=None,
            type_annotation="", library=made, call_helper=None, signature=signature(fndesc.restype, *state.args),
            objectmode=False, lifted=(), fndesc=fndesc, environment=env, metadata=state.metadata, reload_init=state.reload_init,
        )  # fmt: skip
        return True


__all__ = ["Directly", "Source", "direct_text"]
