"""Where the variables of a function end, found once, by sets that are whole numbers.

Numba finds it after each of five passes, and uses what it found last; and it keeps the names that are live in each block
in sets of text. Half of the time that its own passes took for large functions was this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from numba.core import ir_utils, transforms
from numba.core.postproc import PostProcessor, VariableLifetime
from numba.core.rewrites.registry import rewrite_registry


class _Lifetimes(VariableLifetime):
    """Numba's, computed by other means."""

    @cached_property
    def livemap(self) -> dict[Any, set[str]]:
        return live_map(self.cfg, self.usedefs.usemap, self.usedefs.defmap)


class _Ends(PostProcessor):
    """Numba's, but for what only generators and ``with`` ask."""

    def run(self, emit_dels: bool = False, extend_lifetimes: bool = False) -> None:
        fn = self.func_ir
        fn.blocks = transforms.canonicalize_cfg(fn.blocks)
        fn.variable_lifetime = _Lifetimes(fn.blocks)
        fn.generator_info = None
        if emit_dels:
            self._insert_var_dels(extend_lifetimes=extend_lifetimes)


def live_map(cfg: Any, uses: Mapping[Any, set[str]], defs: Mapping[Any, set[str]]) -> dict[Any, set[str]]:
    """For each block the variables that are defined on some way to it, and read there or on some way from it."""
    names = list(dict.fromkeys(name for at in (uses, defs) for block in at.values() for name in block))
    bits = {name: 1 << k for k, name in enumerate(names)}

    def mask(of: Iterable[str]) -> int:
        out = 0
        for name in of:
            out |= bits[name]
        return out

    live = {block: mask(found) for block, found in uses.items()}
    own = {block: mask(found) for block, found in defs.items()}
    reached = {block: live[block] | own[block] for block in live}
    order = cfg.topo_order()
    changed = True
    while changed:
        changed = False
        for block in order:
            for after, _ in cfg.successors(block):
                new = reached[after] | reached[block]
                if new != reached[after]:
                    reached[after] = new
                    changed = True
    changed = True
    while changed:
        changed = False
        for block in reversed(order):
            for before, _ in cfg.predecessors(block):
                new = live[before] | (live[block] & reached[before] & ~own[before])
                if new != live[before]:
                    live[before] = new
                    changed = True
    return {block: _names(found, names) for block, found in live.items()}


def _names(found: int, names: list[str]) -> set[str]:
    out = set()
    while found:
        low = found & -found
        out.add(names[low.bit_length() - 1])
        found ^= low
    return out


def settle(func_ir: Any) -> None:
    """The blocks in the form that passes expect."""
    _Ends(func_ir).run()


def write_ends(func_ir: Any) -> None:
    """A statement where each variable ends: the last thing before the function is lowered."""
    ir_utils.enforce_no_phis(func_ir)
    ir_utils.enforce_no_dels(func_ir)
    _Ends(func_ir).run(emit_dels=True)


def rewrite(state: Any, kind: str) -> None:
    """Numba's rewrites of one kind, as its registry applies them."""
    blocks = state.func_ir.blocks
    for make in rewrite_registry.rewrites[kind]:
        rewriting = make(state)
        work = list(blocks.items())
        while work:
            label, block = work.pop()
            if rewriting.match(state.func_ir, block, state.typemap, state.calltypes):
                blocks[label] = rewriting.apply()
                blocks[label].verify()
                work.append((label, blocks[label]))


__all__ = ["live_map", "rewrite", "settle", "write_ends"]
