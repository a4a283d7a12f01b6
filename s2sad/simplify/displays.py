"""A list that is filled where it is made is written with what is in it.

*before*::

    def f(x, y):
        a = []
        a.append(x)
        a.append(y)
        return a[0] * a[1]

*after*::

    def f(x, y):
        a = [x, y]
        return a[0] * a[1]

Lines of the user's own stay apart: this is for what was compiled in (``deque([0])``, the ``__enter__`` of a class).
"""

from __future__ import annotations

from s2sad.ir.nodes import Block, Const, Function, Let, Stmt, blocks_of, by_op
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts


def fill(fn: Function) -> Function:
    """``fn`` with such lists made at once: ``fn`` itself where there are none."""
    return with_body(fn, _block(fn.body, fn))


def _block(block: Block, fn: Function) -> Block:
    ops = by_op(block)
    if "list" not in ops or "method" not in ops:
        return block
    out: list[Stmt] = []
    for s in block.stmts:
        if not isinstance(s, Let):
            s = with_blocks(s, tuple([_block(b, fn) for b in blocks_of(s)]))
        elif out and s.op == "method" and _appends(out[-1], s) and not _own_line(s, fn):
            made = out[-1]
            assert isinstance(made, Let)
            out[-1] = Let(made.target, "list", (*made.args, s.args[2]), (), made.loc)
            continue
        out.append(s)
    return with_stmts(block, out)


def _appends(made: Stmt, s: Let) -> bool:
    if not isinstance(made, Let) or made.op != "list" or made.target is not s.args[0] or s.target is not None:
        return False
    return isinstance(s.args[1], Const) and s.args[1].value == "append" and len(s.args) == 3 and s.args[2] is not made.target


def _own_line(s: Let, fn: Function) -> bool:
    """Does a line of the function that is differentiated say so?"""
    return s.loc.file == fn.loc.file and 0 < fn.loc.line <= s.loc.line <= max(fn.loc.line, fn.loc.end_line)


__all__ = ["fill"]
