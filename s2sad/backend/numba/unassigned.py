"""Variables that some path does not assign have a value of their type there, and a flag that says whether to believe it.

*before*::

    def f(x, n):
        for i in range(n):
            y = x * i
        return y * x

*after*::

    def f(x, n):
        y = 0.0
        y_assigned = False
        for i in range(n):
            y = x * i
            y_assigned = True
        if not y_assigned:
            raise UnboundLocalError("cannot access local variable 'y' where it is not associated with a value")
        return y * x

Numba would give such a variable some value without a word. What the compiler itself leaves open (the value of a return
that has not happened, a residual of the branch that was not taken) is read on the path alone that assigns it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from s2sad.analysis.build import Builder
from s2sad.backend.numba.lists import empty_list
from s2sad.backend.numba.listuses import is_numbers
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.sizes import Sizes
from s2sad.ir.nodes import (
    UNDEF,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Let,
    Loc,
    Stmt,
    Var,
    While,
    blocks_of,
    replace,
    walk,
)  # fmt: skip
from s2sad.ir.rewrite import with_blocks, with_body
from s2sad.ir.types import BOOL, Array, List, Scalar, Tuple, Type

Pair = tuple[Var, Atom]


def assigned_values(fn: Function) -> Function:
    """``fn`` in which every variable has a value on every path, and raises where Python would."""
    pairs = list(_pairs(fn.body, _recorded(fn), set()))
    open_ = _reached(pairs, [d for d, s in pairs if _is_open(d, s)])
    if not open_:
        return fn
    return _Rewrite(fn, open_, _flagged(pairs)).run()


def _is_open(dest: Var, source: Atom) -> bool:
    if source is UNDEF:
        return True
    nothing = isinstance(source, Const) and source.value is None
    return nothing and isinstance(dest.type, Scalar | Array | Tuple | List)


def _recorded(fn: Function) -> set[Atom]:
    """What is appended to a list: a tape takes what there is, and is read on the path that gave it."""
    return {s.args[2] for s in walk(fn.body) if isinstance(s, Let) and s.op == "method" and len(s.args) > 2}


def _strict(s: Stmt, recorded: set[Atom]) -> tuple[Atom, ...]:
    """The operands that a statement needs a value of."""
    if isinstance(s, Let):
        records = s.op == "tuple" and s.target is not None and (s.target.name == "residuals" or s.target in recorded)
        return () if records or s.op == "method" else s.args
    return (s.test,) if isinstance(s, If) else (s.iter,) if isinstance(s, For) else ()


def _pairs(block: Block, recorded: set[Atom], proved: set[Atom]) -> Iterable[Pair]:
    """What each joined variable may be, without what has been read before and so has a value."""
    for s in block.stmts:
        proved.update(_strict(s, recorded))
        for b in blocks_of(s):
            yield from _pairs(b, recorded, inner := set(proved))
            if isinstance(s, If):
                yield from ((t, a) for t, a in zip(s.targets, b.results, strict=True) if a not in inner)
            elif isinstance(s, For | While) and b is s.body:
                results = zip(s.carried, b.results[: len(s.carried)], strict=True)
                yield from ((c, a) for c, a in results if a not in inner)
        if isinstance(s, For | While):
            yield from ((c, a) for c, a in zip(s.carried, s.init, strict=True) if a not in proved)
            yield from zip(s.targets, s.carried, strict=True)


def _reached(pairs: Sequence[Pair], start: Iterable[Var]) -> set[Var]:
    readers: dict[Atom, list[Var]] = {}
    for d, s in pairs:
        readers.setdefault(s, []).append(d)
    out: set[Var] = set()
    todo = list(start)
    while todo:
        v = todo.pop()
        if v not in out:
            out.add(v)
            todo += readers.get(v, ())
    return out


def _flagged(pairs: Sequence[Pair]) -> set[Var]:
    """The variables of the user's that may have no value, and those that may have none and are joined with them."""
    undefined = _reached(pairs, [d for d, s in pairs if s is UNDEF])
    both = [(d, s) for d, s in pairs if d in undefined and s in undefined and isinstance(s, Var)]
    return _reached([*both, *((s, d) for d, s in both)], [v for v in undefined if v.name])


class _Rewrite:
    def __init__(self, fn: Function, open_: set[Var], flagged: set[Var]) -> None:
        self.fn, self.open, self.flagged = fn, open_, flagged
        self.sizes = Sizes(fn)
        self.top = Builder(fn.loc)
        self.defaults: dict[object, Atom] = {}
        self.flags: dict[Var, Var] = {}
        self.recorded = _recorded(fn)

    def run(self) -> Function:
        body = self._block(self.fn.body)
        if isinstance(self.fn.result, Var) and self.fn.result in self.flagged:
            b = Builder(self.fn.loc)
            self._test(b, self.fn.result)
            body = Block((*body.stmts, *b.stmts), body.results)
        if body.results[0] is UNDEF:
            raise refuse(self.fn, "a function that returns nothing", self.fn.loc)
        placed = self.sizes.placed(with_body(self.fn, body))
        at = len(placed.body.stmts) - len(body.stmts)
        skip = 0 if self.sizes.first is None else 1 + max(
            k for k, s in enumerate(body.stmts) if isinstance(s, Let) and s.target in self.sizes.first
        )
        stmts = placed.body.stmts
        return with_body(placed, Block((*stmts[: at + skip], *self.top.stmts, *stmts[at + skip :]), body.results))

    # -- values -----------------------------------------------------------------------------------------------------
    def _default(self, t: Type | None, loc: Loc) -> Atom:
        if t not in self.defaults:
            self.defaults[t] = self._make(t, loc)
        return self.defaults[t]

    def _make(self, t: Type | None, loc: Loc) -> Atom:
        if isinstance(t, Scalar) and t.dtype in ("float64", "int64", "bool"):
            return Const({"float64": 0.0, "int64": 0, "bool": False}[t.dtype])
        if isinstance(t, Array) and t.dims and t.dtype in ("float64", "int64", "bool"):
            known = [self.sizes.exact(self.top, d) for d in t.dims]
            sizes = tuple(Const(0) if n is None else n for n in known)
            shape = sizes[0] if len(sizes) == 1 else self.top.emit("tuple", *sizes)
            kw: dict[str, Atom] = {} if t.dtype == "float64" else {"dtype": Const(t.dtype)}
            dims = tuple(d if n is not None else None for d, n in zip(t.dims, known, strict=True))
            return self.top.call(np.zeros, "np.zeros", shape, kw=kw, type=Array(t.dtype, dims))
        if isinstance(t, Tuple) and t.cls is None and t.code is None and t.items:
            return self.top.emit("tuple", *(self._default(i, loc) for i in t.items), type=t)
        if is_numbers(t) and isinstance(t, List):
            return self.top.emit("call", empty_list(t), type=t)
        raise refuse(self.fn, "a variable that some path does not assign", loc, "assign it before the branch or loop")

    def _value(self, dest: Var, source: Atom, loc: Loc) -> Atom:
        return self._default(dest.type, loc) if _is_open(dest, source) else source

    def _flag(self, a: Atom) -> Atom:
        if a is UNDEF or (isinstance(a, Const) and a.value is None):
            return Const(False)
        return self.flags.get(a, Const(True)) if isinstance(a, Var) else Const(True)

    def _new_flags(self, variables: Sequence[Var]) -> tuple[Var, ...]:
        out = []
        for v in variables:
            if v in self.flagged:
                self.flags[v] = Var(f"{v.name}_assigned" if v.name else "assigned", BOOL)
                out.append(self.flags[v])
        return tuple(out)

    # -- the walk ---------------------------------------------------------------------------------------------------
    def _block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            b = Builder(getattr(s, "loc", self.fn.loc))
            for a in _strict(s, self.recorded):
                if isinstance(a, Var) and a in self.flagged:
                    self._test(b, a)
            out += b.stmts
            out.append(self._stmt(s))
        return Block(tuple(out), block.results)

    def _test(self, b: Builder, v: Var) -> None:
        inner = Builder(b.loc)
        message = f"cannot access local variable {v.name!r} where it is not associated with a value"
        inner.effect("raise_", inner.call(UnboundLocalError, "UnboundLocalError", Const(message)))
        b.append(If(b.emit("not", self._flag(v), type=BOOL), inner.block(), Block(), (), b.loc))

    def _stmt(self, s: Stmt) -> Stmt:
        if isinstance(s, If):
            return self._if(s)
        if isinstance(s, For | While):
            return self._loop(s)
        return with_blocks(s, tuple(map(self._block, blocks_of(s)))) if not isinstance(s, Let) else s

    def _if(self, s: If) -> If:
        blocks = []
        for block in (s.then, s.orelse):
            new = self._block(block)
            values = tuple(self._value(t, a, s.loc) for t, a in zip(s.targets, new.results, strict=True))
            flags = tuple(self._flag(a) for t, a in zip(s.targets, new.results, strict=True) if t in self.flagged)
            blocks.append(Block(new.stmts, values + flags))
        return replace(s, then=blocks[0], orelse=blocks[1], targets=s.targets + self._new_flags(s.targets))

    def _loop(self, s: For | While) -> For | While:
        init = tuple(self._value(c, a, s.loc) for c, a in zip(s.carried, s.init, strict=True))
        first = tuple(self._flag(a) for c, a in zip(s.carried, s.init, strict=True) if c in self.flagged)
        carried = s.carried + self._new_flags(s.carried)
        body = self._block(s.body)
        n = len(s.carried)
        values = tuple(self._value(c, a, s.loc) for c, a in zip(s.carried, body.results[:n], strict=True))
        flags = tuple(self._flag(a) for c, a in zip(s.carried, body.results[:n], strict=True) if c in self.flagged)
        body = Block(body.stmts, values + flags + body.results[n:])
        if isinstance(s, While):
            s = replace(s, cond=self._block(s.cond))
        targets = tuple(t for c, t in zip(s.carried, s.targets, strict=True) if c in self.flagged)
        self.flagged.update(targets)
        return replace(s, carried=carried, init=init + first, body=body, targets=s.targets + self._new_flags(targets))


__all__ = ["assigned_values"]
