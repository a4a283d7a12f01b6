"""The passes of the Numba backend do what their docstrings show: the same text comes out, and it computes the same.

In the text that is shown, ``...`` stands for any lines. ``python -m tests.test_numba_passes --update`` writes what comes out.
"""

from __future__ import annotations

import ast
import copy
import importlib
import math
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from s2sad import runtime as rt
from s2sad.api.argtypes import types_of
from s2sad.backend.emit import emit_module
from s2sad.backend.numba import (
    anyorder,
    attempts,
    boundary,
    bounds,
    containers,
    contract,
    detach,
    fuse,
    helpers,
    inlined,
    interchange,
    iteration,
    learned,
    lists,
    messages,
    nests,
    numbers,
    parallel,
    registers,
    restored,
    rotated,
    rows,
    signs,
    tapes,
    tidy,
    turned,
    unassigned,
)  # fmt: skip
from s2sad.cache.programs import Request
from s2sad.ir.nodes import Function, replace
from s2sad.pipeline import Compilation
from s2sad.simplify.dce import eliminate
from tests.ir_text import lower

FOLDER = Path(nests.__file__ or "").parent
V, W = np.linspace(0.5, 2.0, 6), np.linspace(-1.0, 1.0, 6)
M, N = V.reshape(3, 2) * 1.0, W.reshape(2, 3) * 1.0
SCALE = 2.0


def loops(fn: Function) -> Function:
    return tidy.tidy(eliminate(nests.loop_nests(eliminate(fn))))


def with_arguments(fn: Function) -> Function:
    plain = boundary.literal_params(fn)
    done, _ = boundary.with_global_params(plain, boundary.all_globals([plain]))
    return boundary.used_params(replace(done, name=done.name + boundary.SUFFIX))


Pass = Callable[[Function], Function]
PASSES: dict[str, tuple[Pass, tuple[Any, ...]]] = {
    "again": (lambda fn: tidy.tidy(eliminate(tapes.arrays_for_tapes(fn, {})[0])), (1.5, 3)),
    "alike": (lambda fn: tidy.tidy(eliminate(tapes.arrays_for_tapes(fn, {})[0])), (1.5, V[:3], 3)),
    "anyorder": (lambda fn: anyorder.in_any_order(fn, anyorder.carried_by_loops(fn)), (V, W)),
    "attempts": (lambda fn: tidy.tidy(eliminate(attempts.without_try(fn))), (1.5, 0.5)),
    "boundary": (with_arguments, (1.5, 2, "name")),
    "bounds": (bounds.index_checks, (V, 2)),
    "containers": (lambda fn: eliminate(containers.structured(fn)), (1.5, 0.5)),
    "contract": (contract.contracted, (V, 6)),
    "detach": (lambda fn: eliminate(detach.copied_residuals(fn)), (V, 2.0)),
    "fancy": (loops, (V, np.array([1, 0, 3]), V[:3])),
    "fuse": (fuse.fused, (V, 6)),
    "helpers": (helpers.plain_helpers, (1.5, 0.5)),
    "inlined": (inlined.elementwise_inlined, (V,)),
    "interchange": (lambda fn: tidy.tidy(interchange.interchanged(fn)), (V, 6)),
    "iteration": (lambda fn: tidy.tidy(iteration.forward_ranges(fn)), (V, 5)),
    "learned": (lambda fn: tidy.tidy(learned.learned(fn)), (V, W)),
    "lists": (lists.lists_of_numbers, (V,)),
    "making": (lambda fn: loops(containers.structured(fn)), (1.5, 0.5)),
    "messages": (messages.in_parts, (1.5, 2)),
    "nests": (loops, (V, W, 2)),
    "numbers": (numbers.python_numbers, (1.5, 0.5)),
    "operands": (loops, (np.stack([M] * 4), V[:2], V[:3])),
    "parallel": (lambda fn: tidy.tidy(parallel.parallel_loops(fn)), (V, W, 5)),
    "products": (loops, (M, N)),
    "registers": (lambda fn: tidy.tidy(registers.sums_in_registers(fn)), (V, W)),
    "restored": (lambda fn: tidy.tidy(restored.restored(fn, 0)), (V, 6)),
    "rotated": (lambda fn: tidy.tidy(eliminate(rotated.rotated(fn))), (V, 5)),
    "rows": (lambda fn: tidy.tidy(rows.shared_rows(fn)), (M, *M.shape)),
    "shapes": (loops, (M,)),
    "signs": (lambda fn: signs.unsigned(fn, ()), (V, W, 6)),
    "tapes": (lambda fn: tidy.tidy(eliminate(tapes.arrays_for_tapes(fn, {})[0])), (1.5, 3)),
    "tidy": (tidy.tidy, (V,)),
    "turned": (lambda fn: tidy.tidy(turned.turned(fn)), (V, 6, 3)),
    "unassigned": (unassigned.assigned_values, (1.5, 3)),
}
# These show two functions of a module, of which one calls the other.
PAIRS = {"results", "wrappers"}
# Reverse sweeps: test_distribute.py, test_neighbours.py; a tree of Python's: test_endless.py; what makes two functions:
# test_numba_recursion.py.
ELSEWHERE = {"distribute", "endless", "kept", "neighbours", "recursion"}


def shown(module: str) -> list[str]:
    """The programs in the docstring of a pass, each as normal text."""
    doc = ast.get_docstring(ast.parse((FOLDER / f"{module}.py").read_text())) or ""
    blocks = re.split(r"\*(?:before|after)\*::\n", doc)[1:]
    return [textwrap.dedent(re.split(r"\n(?=\S)", b.strip("\n") + "\n")[0]) for b in blocks]


def printed(fn: Function) -> tuple[str, Any]:
    """The text of a function, and the module that it stands in."""
    emitted = emit_module([fn], comments=False)
    return emitted.text[emitted.text.index("def ") :], emitted


def typed(text: str, args: tuple[Any, ...], folder: Path) -> tuple[Any, Function]:
    """A program that runs, and its typed IR."""
    file = folder / "shown.py"
    file.write_text(text)
    scope: dict[str, Any] = {
        "np": np,
        "rt": rt,
        "math": math,
        "SCALE": SCALE,
        "__name__": "shown",
        "builtins": __builtins__,
    }
    exec(compile(text, str(file), "exec"), scope)
    fun = next(f for f in scope.values() if isinstance(f, FunctionType) and f.__code__.co_filename == str(file))
    if "tape" in text:  # inference would write the loop over a list that is the user's with an index
        return fun, eliminate(lower(text, list(args)))
    names = fun.__code__.co_varnames[: len(args)]
    c = Compilation(Request(fun, "vjp", types_of(names, args), names[:1]))
    c.lower()
    fn = c.run_infer().fn
    assert fn is not None
    return fun, eliminate(fn)


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in ast.unparse(ast.parse(text)).splitlines() if line.strip()]


def matches(got: list[str], wanted: list[str]) -> bool:
    if not wanted:
        return not got
    if wanted[0].strip() == "...":
        return any(matches(got[k:], wanted[1:]) for k in range(len(got) + 1))
    return bool(got) and got[0] == wanted[0] and matches(got[1:], wanted[1:])


def test_every_pass_is_tested() -> None:
    found = {p.stem for p in FOLDER.glob("*.py") if "*before*" in p.read_text()}
    assert found == set(PASSES) | PAIRS | ELSEWHERE


@pytest.mark.parametrize("module", PASSES)
def test_a_pass_does_what_its_docstring_shows(module: str, tmp_path: Path) -> None:
    run_pass, args = PASSES[module]
    before, after = shown(module)
    fun, fn = typed(before, args, tmp_path)
    text, emitted = printed(run_pass(fn))
    assert matches(lines(text), lines(after)), text
    scope: dict[str, Any] = {**emitted.objects, "SCALE": SCALE}
    scope |= {"numba": SimpleNamespace(prange=range)}
    helpers_ = importlib.import_module("s2sad.backend.numba.support").FUNCTIONS
    scope |= {name: f for name, f in helpers_.items() if name in text}
    exec(emitted.text.replace("import numba\n", ""), scope)
    result = next(f for f in scope.values() if isinstance(f, FunctionType) and f.__name__.startswith("f"))
    given = [copy.deepcopy(args), copy.deepcopy(args)]
    if module == "boundary":
        given[1] = (args[0], args[1], SCALE)
    want, got = fun(*given[0]), result(*given[1])
    for a, b in zip(flat(want), flat(got), strict=True):
        assert np.allclose(a, b, rtol=1e-14)
    for a, b in zip(given[0], given[1], strict=True):
        assert not isinstance(a, np.ndarray) or np.array_equal(a, b)


def flat(value: Any) -> list[Any]:
    return [x for v in value for x in flat(v)] if isinstance(value, tuple | list) else [value]


def update() -> None:
    """Write what the passes give into their docstrings, where it is another text."""
    for module, (run_pass, args) in PASSES.items():
        before, after = shown(module)
        with tempfile.TemporaryDirectory() as folder:
            text, _ = printed(run_pass(typed(before, args, Path(folder))[1]))
        if not matches(lines(text), lines(after)):
            path = FOLDER / f"{module}.py"
            old, new = (textwrap.indent(t.rstrip("\n"), "    ") for t in (after, text))
            source = path.read_text()
            assert source.count(old) == 1, module
            path.write_text(source.replace(old, new))
            print(f"updated {path}")


if __name__ == "__main__" and "--update" in sys.argv:
    update()
