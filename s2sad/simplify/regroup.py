"""Elements of an unpacked tuple are read where it is unpacked, so that they are bound by one assignment.

*before*::

    def f(p):
        t = p
        a = t[0]
        s = np.sin(a)
        b = t[1]
        return s * b

*after*::

    def f(p):
        a, b = p
        s = np.sin(a)
        return s * b

Tuples do not change, so reading early gives the same values. An element that is read by nothing keeps its place in the
pattern, unnamed.
"""

from __future__ import annotations

from s2sad.ir.nodes import Block, Const, Function, Let, Stmt, Var, blocks_of, by_op
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts


def regroup(fn: Function) -> Function:
    """Move the reads of elements of each ``unpack`` right behind it, in the order of the elements."""
    return with_body(fn, _block(fn.body))


def _block(block: Block) -> Block:
    if "unpack" not in by_op(block):
        return block
    reads: dict[Var, list[Let]] = {}
    unpacked = {s.target for s in block.stmts if s.__class__ is Let and s.op == "unpack" and s.target is not None}
    for s in block.stmts if unpacked else ():
        if isinstance(s, Let) and _reads_element(s, unpacked):
            reads.setdefault(s.args[0], []).append(s)  # type: ignore[arg-type]
    moved = {s for found in reads.values() for s in found}
    out: list[Stmt] = []
    for s in block.stmts:
        if s.__class__ is Let:
            if s in moved:
                continue
            out.append(s)
            if s.target in reads:
                out.extend(sorted(reads[s.target], key=lambda r: r.args[1].value))  # type: ignore[union-attr]
        else:
            out.append(with_blocks(s, tuple(map(_block, blocks_of(s)))))
    return with_stmts(block, out)


def _reads_element(s: Let, unpacked: set[Var]) -> bool:
    if s.op != "getitem" or s.args[0] not in unpacked or s.target is None:
        return False
    index = s.args[1]
    return isinstance(index, Const) and type(index.value) is int and index.value >= 0
