"""What the passes of this backend wrote and nothing reads goes.

*before*::

    def f(x):
        n = x.shape[0]
        m = max(n - 2, 0)
        return x[0]

*after*::

    def f(x):
        return x[0]

Every read here has been tested or proved, so one that nobody wants has no effect; calls of own functions stay.
"""

from __future__ import annotations

from s2sad.analysis.build import Builder
from s2sad.analysis.usage import uses
from s2sad.backend.numba.support import CLIPPED
from s2sad.ir.nodes import Block, Callee, Function, Let, Ref, Stmt, Var, blocks_of
from s2sad.ir.rewrite import map_lets, with_blocks, with_body, with_stmts

_LONG = 30
_KEPT = frozenset({"setitem", "aug_setitem", "raise_", "assert_", "comment", "method", "unpack"})


def tidy(fn: Function) -> Function:
    """``fn`` without values that nothing reads."""
    while True:
        counts = uses(fn)
        new = with_body(fn, _block(fn.body, counts))
        if new is fn:
            return fn
        fn = new


def short_tuples(fn: Function) -> Function:
    """``fn`` with long tuples as sums of short ones: CPython makes those of more than 30 items by way of a list, and
    Numba does not always find its way back."""

    def split(s: Let) -> list[Stmt] | Let:
        if s.op != "tuple" or len(s.args) <= _LONG:
            return s
        b = Builder(s.loc)
        parts = [s.args[k : k + _LONG] for k in range(0, len(s.args), _LONG)]
        whole = b.emit("tuple", *parts[0])
        for part in parts[1:-1]:
            whole = b.emit("add", whole, b.emit("tuple", *part))
        last = b.emit("tuple", *parts[-1])
        return [*b.stmts, Let(s.target, "add", (whole, last), (), s.loc)]

    return with_body(fn, map_lets(fn.body, split))


def _block(block: Block, counts: dict[Var, int]) -> Block:
    out: list[Stmt] = []
    for s in block.stmts:
        if isinstance(s, Let):
            if s.target is None or counts.get(s.target) or s.op in _KEPT or not _is_pure(s):
                out.append(s)
        else:
            out.append(with_blocks(s, tuple(_block(b, counts) for b in blocks_of(s))))
    return with_stmts(block, out)


def _is_pure(s: Let) -> bool:
    if s.op != "call":
        return True
    ref = s.args[0]
    if not isinstance(ref, Ref) or (isinstance(ref.obj, type) and issubclass(ref.obj, BaseException)):
        return False
    return not isinstance(ref.obj, Callee) or ref.text == CLIPPED.text


__all__ = ["short_tuples", "tidy"]
