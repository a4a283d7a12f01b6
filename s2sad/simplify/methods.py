"""Functions of arrays are spelled as their methods, which NumPy finds twice as fast: the last step before printing.

*before*::

    def f(x, w):
        total = np.mean(x * w)
        'reverse sweep'
        t = np.sum(x, axis=0)
        u = np.swapaxes(x, axis1=0, axis2=1) @ np.reshape(w, shape=(-1, x.shape[1]))
        return total, np.flip(t), u

*after*::

    def f(x, w):
        total = np.mean(x * w)
        'reverse sweep'
        t = x.sum(axis=0)
        u = x.swapaxes(0, 1) @ w.reshape(-1, x.shape[1])
        return total, t[::-1], u

The same code runs (``np.sum(x)`` is a look-up, a few tests, and then ``x.sum()``; ``np.flip`` of a vector is that slice, and
takes five times as long), so that not a bit changes. The user's own statements keep their spelling where the operand of a
reduction is an expression.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np

from s2sad.analysis import usage
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Ref, Stmt, Var, blocks_of, by_op
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, Lit, Slice
from s2sad.simplify.dce import eliminate

_REDUCTIONS: dict[Any, str] = {np.sum: "sum", np.mean: "mean", np.max: "max", np.min: "min", np.prod: "prod"}
_OPTIONS = {"axis", "keepdims"}
_WRITTEN = frozenset({*_REDUCTIONS, np.flip, np.copy, np.diagonal, np.swapaxes, np.reshape})


def as_methods(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with reductions, reshapes and exchanges of axes as methods: ``fn`` itself where there are none."""
    new = with_body(fn, _Methods(fn, primal).block(fn.body))
    return fn if new is fn else eliminate(new, primal)


class _Methods:
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        self.primal = primal
        self.uses = usage.uses(fn)
        self.lets = usage.lets(fn)
        self.before: list[Stmt] = []  # what the statement at hand needs

    def block(self, block: Block) -> Block:
        if not any(map(_is_written, by_op(block).get("call", ()))):
            return block
        out: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Let):
                new = self._let(s)
                out += self.before
                self.before.clear()
                out.append(new)
            else:
                out.append(with_blocks(s, tuple(self.block(b) for b in blocks_of(s))))
        return with_stmts(block, out)

    def _let(self, let: Let) -> Let:
        if let.op != "call" or not _is_written(let) or len(let.posargs) != 2:
            return let
        callee = let.args[0].obj  # type: ignore[union-attr]
        x = let.args[1]
        if not isinstance(x, Var) or not isinstance(x.type, Array) or x.type.dims == ():
            return let
        if callee is np.flip and not let.kwnames and x.type.rank == 1:
            back = Var("", Slice(Lit(None), Lit(None), Lit(-1)))
            self.before.append(Let(back, "slice", (Const(None), Const(None), Const(-1)), (), let.loc))
            return Let(let.target, "getitem", (x, back), (), let.loc)
        if callee is np.copy and let.kwnames == ("order",) and getattr(let.args[2], "value", None) == "C":
            return self._plain(let, "copy")
        if self._is_users(let, x):
            return let
        name = _REDUCTIONS.get(callee)
        if name is not None and set(let.kwnames) <= _OPTIONS:
            return Let(let.target, "method", (x, Const(name), *let.args[2:]), let.kwnames, let.loc)
        if callee is np.diagonal and not let.kwnames:
            return self._plain(let, "diagonal")
        if callee is np.swapaxes and set(let.kwnames) == {"axis1", "axis2"}:
            return self._plain(let, "swapaxes", let.kwargs["axis1"], let.kwargs["axis2"])
        if callee is np.reshape and let.kwnames == ("shape",):
            made = self.lets.get(let.args[2]) if isinstance(let.args[2], Var) else None
            spread = made is not None and made.op == "tuple" and len(made.args) > 0
            shape = made.args if made is not None and spread else (let.args[2],)
            return self._plain(let, "reshape", *shape)
        return let

    def _plain(self, let: Let, name: str, *args: Atom) -> Let:
        return Let(let.target, "method", (let.args[1], Const(name), *args), (), let.loc)

    def _is_users(self, let: Let, x: Var) -> bool:
        """A statement of the user's whose operand will be written inside it."""
        return let.target in self.primal and not x.name and self.uses.get(x, 0) == 1 and x in self.lets


def _is_written(call: Let) -> bool:
    """Is it a call of a function that arrays have a method for?"""
    callee = call.args[0]
    try:
        return callee.__class__ is Ref and callee.obj in _WRITTEN
    except TypeError:  # not hashable
        return False


__all__ = ["as_methods"]
