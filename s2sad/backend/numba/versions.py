"""A variable of its own for each assignment, but for tapes that grow.

A tape of a ``while`` loop is made before the loop and replaced by a larger one now and then. Were these two variables, they
would meet in each iteration, and counting their references there, which other threads must see, took longer than the loop
itself. As one variable its reference is counted where it is replaced, and nowhere else.
"""

from __future__ import annotations

from typing import Any

from numba.core import ir
from numba.core.analysis import compute_cfg_from_blocks
from numba.core.dispatcher import Dispatcher
from numba.core.ssa import _CacheListVars, _find_defs_violators, _fix_ssa_vars, _fresh_vars, _iterated_domfronts

from s2sad.backend.numba.allocation import is_maker

_GROW = ("grown_1", "grown_2", "grown_3", "kept")


def growing(blocks: Any) -> set[str]:
    """The variables that are assigned new arrays and larger copies of themselves alone."""
    values: dict[str, list[Any]] = {}
    for block in blocks.values():
        for inst in block.find_insts(ir.Assign):
            values.setdefault(inst.target.name, []).append(inst.value)
    grown = {n for n, (v, *more) in values.items() if not more and _is_grower(v)}
    if not grown:
        return set()

    def made(value: Any) -> Any:
        """The function that gives a value, where there is only one."""
        while isinstance(value, ir.Var) and len(values[value.name]) == 1:
            (value,) = values[value.name]
        if not isinstance(value, ir.Expr) or value.op != "call" or len(values[value.func.name]) != 1:
            return None
        return values[value.func.name][0]

    def alike(found: list[Any]) -> bool:
        makers = [made(v) for v in found]
        if not any(map(_is_grower, makers)):
            return False
        return all(_is_grower(m) or (isinstance(m, ir.Global) and is_maker(m.value)) for m in makers)

    return {name for name, found in values.items() if len(found) > 1 and alike(found)}


def _is_grower(value: Any) -> bool:
    return isinstance(value, ir.Global) and value.name in _GROW and isinstance(value.value, Dispatcher)


def versions(func_ir: Any) -> None:
    """What Numba's ``reconstruct_ssa`` does, for all other variables."""
    blocks = func_ir.blocks
    apart = growing(blocks)
    cfg = compute_cfg_from_blocks(blocks)
    fronts, lists = _iterated_domfronts(cfg), _CacheListVars()
    for name in _find_defs_violators(blocks, cfg):
        if name not in apart:
            blocks, made = _fresh_vars(blocks, name)
            blocks = _fix_ssa_vars(blocks, name, made, cfg, fronts, lists)
    func_ir.blocks = blocks


__all__ = ["growing", "versions"]
