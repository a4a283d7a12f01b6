"""Simplified functions to the functions of a Numba module, pass by pass."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.backend.numba.anyorder import carried_by_loops, in_any_order
from s2sad.backend.numba.boundary import (
    SUFFIX,
    all_globals,
    literal_params,
    used_params,
    with_global_params,
)  # fmt: skip
from s2sad.backend.numba.bounds import index_checks
from s2sad.backend.numba.branches import tapes_of_branches
from s2sad.backend.numba.check import check
from s2sad.backend.numba.containers import structured
from s2sad.backend.numba.detach import copied_residuals
from s2sad.backend.numba.distribute import distribute
from s2sad.backend.numba.endless import with_tests
from s2sad.backend.numba.fuse import fused
from s2sad.backend.numba.helpers import plain_helpers
from s2sad.backend.numba.iteration import forward_ranges
from s2sad.backend.numba.kept import kept_in_lists
from s2sad.backend.numba.layouts import contiguous_params
from s2sad.backend.numba.learned import learned
from s2sad.backend.numba.library import as_loops
from s2sad.backend.numba.lists import lists_of_numbers
from s2sad.backend.numba.messages import in_parts, says_parts
from s2sad.backend.numba.neighbours import neighbours
from s2sad.backend.numba.nests import loop_nests
from s2sad.backend.numba.numbers import python_numbers
from s2sad.backend.numba.pairs import given_tapes, residual_tapes
from s2sad.backend.numba.parallel import is_parallel, numba_names, parallel_loops
from s2sad.backend.numba.recursion import with_depths
from s2sad.backend.numba.registers import sums_in_registers
from s2sad.backend.numba.results import typed_results
from s2sad.backend.numba.rows import shared_rows
from s2sad.backend.numba.signs import unsigned
from s2sad.backend.numba.stacks import Stack
from s2sad.backend.numba.support import FUNCTIONS, apart_from_helpers, plus, used
from s2sad.backend.numba.tapes import arrays_for_tapes
from s2sad.backend.numba.tidy import short_tuples, tidy
from s2sad.backend.numba.turned import turned
from s2sad.backend.numba.unassigned import assigned_values
from s2sad.backend.numba.wrappers import Leaves, wrapper
from s2sad.frontend.lower import lower_function
from s2sad.ir.nodes import Function, Let, Stmt, Var, replace, walk
from s2sad.ir.record import dataclass, field
from s2sad.ir.rewrite import map_lets, with_body
from s2sad.options import PLAIN, Native
from s2sad.simplify.dce import eliminate

OPTIONS = 'nogil=True, error_model="numpy"'  # the errors of Python's arithmetic are written out (numbers.py)
# Numba parallelises the loops that parallel.py chose, and looks for no others.
_PARTS = ("comprehension", "reduction", "inplace_binop", "setitem", "numpy", "stencil", "fusion")
PARALLEL = f"parallel={{'prange': True, {', '.join(f'{part!r}: False' for part in _PARTS)}}}"
FASTMATH = "fastmath={'reassoc', 'contract', 'arcp', 'nsz', 'afn'}"  # not 'nnan' and 'ninf': tests for NaN keep their meaning


@dataclass
class NativeModule:
    """``functions`` in the order of emission; ``decorators``: the text for each that is compiled; ``native``: the name
    of the compiled function behind each entry."""

    functions: list[Function] = field(default_factory=list)
    decorators: dict[Function, str] = field(default_factory=dict)
    native: dict[str, str] = field(default_factory=dict)
    recursive: bool = False  # is there a function that calls itself?
    finish: Callable[[ast.FunctionDef], None] = with_tests  # for the trees of what is compiled


def native_module(functions: Sequence[Function], entries: Sequence[str], options: Native = PLAIN) -> NativeModule:
    """The module of ``functions``; ``entries`` are the names of those that Python calls."""
    out = NativeModule(finish=_with_other_names if options.parallel else with_tests)
    typed = kept_in_lists(typed_results([in_parts(literal_params(_plain_copies(f))) for f in apart_from_helpers(functions)]))
    plain = with_depths(typed)
    out.recursive = len(plain) > len(typed)
    table = all_globals(plain)
    taped: dict[str, dict[int, Stack]] = {}
    multiplied: dict[str, set[int]] = {}
    compiled: list[Function] = []
    fronts: list[tuple[Any, ...]] = []
    loops = {f.name: made for f in plain if (made := as_loops(f)) is not None}
    for f in plain:
        if f.name in loops:
            continue
        leaves = Leaves(f)
        done = structured(lists_of_numbers(f))
        if f.name in entries:
            done = leaves.apart(done)
        done, sums, tapes = _passes(structured(tapes_of_branches(copied_residuals(done))), taped)
        done = done if options.parallel else tidy(shared_rows(done))  # rows that are added to together cannot run in parallel
        done, globals_ = with_global_params(done, table)
        contiguous = contiguous_params(f, done, multiplied)
        if f.name in entries:
            done = used_params(replace(done, name=f.name + SUFFIX))
            fronts.append((f, done, leaves, globals_, contiguous))
            out.native[f.name] = done.name
        check(done)
        done = tidy(parallel_loops(done)) if options.parallel else unsigned(in_any_order(done, sums), tapes)
        compiled.append(short_tuples(done))
    helpers = [*(lower_function(FUNCTIONS[name], True).function for name in used(compiled)), *loops.values()]
    texts = any(map(says_parts, compiled))
    out.functions = [*helpers, *compiled, *(wrapper(*front, texts=texts) for front in fronts)]
    out.decorators = {f: f"numba.njit({_options(f, options)})" for f in (*helpers, *compiled)}
    return out


def _plain_copies(fn: Function) -> Function:
    """Arrays that machine code makes lie in C order anyway: ``x.copy()`` is ``np.copy(x)`` here."""

    def ordered(s: Stmt) -> bool:
        copies = isinstance(s, Let) and s.op == "call" and s.kwnames == ("order",) and getattr(s.args[0], "obj", None) is np.copy
        return copies and getattr(s.args[2], "value", None) == "C"  # type: ignore[union-attr]

    if not any(map(ordered, walk(fn.body))):
        return fn
    return with_body(fn, map_lets(fn.body, lambda s: Let(s.target, "call", s.args[:2], (), s.loc) if ordered(s) else s))


def _passes(fn: Function, taped: dict[str, dict[int, Stack]]) -> tuple[Function, set[Var], set[Var]]:
    """The function in loops; the sums in them that are not the user's, and the arrays that are tapes."""
    fn = forward_ranges(assigned_values(fn))
    fn = index_checks(python_numbers(fn))
    fn, stacks, arrays = arrays_for_tapes(fn, given_tapes(fn, taped))
    taped[fn.name] = residual_tapes(fn, stacks)
    users = carried_by_loops(fn)
    loops = tidy(learned(eliminate(loop_nests(eliminate(plain_helpers(fn))))))
    return tidy(sums_in_registers(neighbours(fused(distribute(turned(loops)))))), carried_by_loops(loops) - users, arrays


def _with_other_names(node: ast.FunctionDef) -> None:
    with_tests(node)
    numba_names(node)


def _options(fn: Function, options: Native) -> str:
    fast = FASTMATH if options.fastmath else 'fastmath={"reassoc"}' if fn.name == plus.__name__ else ""
    parts = [OPTIONS, *([PARALLEL] if is_parallel(fn) else ()), *([fast] if fast else ())]
    return ", ".join(parts)


__all__ = ["NativeModule", "native_module"]
