"""The arrays that a loop records lie in one: the loop's own memory is not asked for again and again.

*before*::

    def f(x, w, m):
        k = len(m)
        n, d = x.shape
        tape = []
        for c in range(k):
            q = x @ w * m[c]
            tape.append(q)
        g = np.zeros((n, d))
        for q in reversed(tape):
            g += q * x
        return g

*after*::

    def f(x, w, m):
        k = len(m)
        n, d = x.shape
        tape = []
        qs = np.empty((k, n, d))
        for c in range(k):
            q = np.multiply(x @ w, m[c], out=qs[c])
            tape.append(q)
        g = np.zeros((n, d))
        for q in reversed(tape):
            g += q * x
        return g

Arrays of a hundred kilobytes, each from malloc, make the heap grow while a tape is filled, and shrink when it is given back:
every page is then faulted in anew in each call. That took a fifth of the time of a mixture model.

Only where a result in C order is what NumPy would make anyway (``c_ordered``), since sums over an array depend on its order
in memory in their last bits; where the loop counts to a size, so that there is one place for each iteration; and for one or
two arrays of a tape: with more, ``out=`` is all that one reads.
"""

from __future__ import annotations

import numpy as np

from s2sad.analysis import usage
from s2sad.analysis.build import Builder, type_of_atom
from s2sad.analysis.order import c_ordered
from s2sad.analysis.tapes import Tape, tapes_in
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Ref, Stmt, Var, blocks_of
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Affine, Array, Lit, Scalar, dims_of

_UFUNCS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "matmul": np.matmul,
}  # fmt: skip
_MOST = 2


def stack(fn: Function) -> Function:
    """``fn`` with such arrays in one: ``fn`` itself where there are none."""
    chosen = [pair for t in tapes_in(fn).understood() for pair in _chosen(t)]
    return with_body(fn, _Stacker(fn, chosen).block(fn.body)) if chosen else fn


def _chosen(tape: Tape) -> list[tuple[For, Let]]:
    loop = tape.owner
    if not isinstance(loop, For) or loop.stop or tape.append not in loop.body.stmts:
        return []
    made = {s.target: s for s in loop.body.stmts if isinstance(s, Let)}
    found = [d for a in dict.fromkeys(tape.components) if isinstance(a, Var) and (d := made.get(a)) is not None and _is_large(d)]
    return [(loop, d) for d in found] if len(found) <= _MOST else []


def _is_large(d: Let) -> bool:
    """A matrix or more, made by one operation that can be told where to put it."""
    t = d.target and d.target.type
    return isinstance(t, Array) and t.dtype == "float64" and (t.rank or 0) >= 2 and _ufunc(d) is not None


def _ufunc(d: Let) -> tuple[Ref, tuple[Atom, ...]] | None:
    """The operation as a function of its operands, which takes ``out=``."""
    if d.op in _UFUNCS:
        return Ref(_UFUNCS[d.op], f"np.{_UFUNCS[d.op].__name__}"), d.args
    callee = d.args[0] if d.op == "call" and not d.kwnames else None
    return (callee, d.args[1:]) if isinstance(callee, Ref) and isinstance(callee.obj, np.ufunc) else None


class _Stacker:
    def __init__(self, fn: Function, chosen: list[tuple[For, Let]]) -> None:
        self.lets = usage.lets(fn)
        self.chosen: dict[For, list[Let]] = {}
        for loop, d in chosen:
            self.chosen.setdefault(loop, []).append(d)
        self.params = [p.var for p in fn.params if isinstance(p.var.type, Array)]
        self.sizes: dict[Affine, Atom] = {}  # those that have a name here

    def _note(self, v: Var | None) -> None:
        size = self._size(v) if v is not None and isinstance(v.type, Scalar) else None
        if v is not None and size is not None:
            self.sizes.setdefault(size, v)

    def _size(self, a: Atom) -> Affine | None:
        """The value of a whole number: of a literal, of a size."""
        t = type_of_atom(a)
        if isinstance(t, Lit):
            return Affine(t.value) if type(t.value) is int else None
        if isinstance(t, Scalar) and t.size is not None:
            return t.size
        d = self.lets.get(a) if isinstance(a, Var) else None
        if d is not None and d.op == "call" and getattr(d.args[0], "obj", None) is len and len(d.args) == 2:
            return _dim(d.args[1], 0)
        if d is None or d.op != "getitem" or not isinstance(d.args[1], Const):
            return None
        shape = self.lets.get(d.args[0]) if isinstance(d.args[0], Var) else None
        if shape is not None and shape.op == "unpack":
            shape = self.lets.get(shape.args[0]) if isinstance(shape.args[0], Var) else None
        if shape is None or shape.op != "getattr" or getattr(shape.args[1], "value", None) != "shape":
            return None
        return _dim(shape.args[0], d.args[1].value)

    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        before = dict(self.sizes)
        for s in block.stmts:
            if s.__class__ is Let:
                self._note(s.target)
                out.append(s)
                continue
            if isinstance(s, For) and s in self.chosen:
                out += self._loop(s)
                continue
            out.append(with_blocks(s, tuple(self.block(b) for b in blocks_of(s))))
        self.sizes = before
        return with_stmts(block, out)

    def _loop(self, loop: For) -> list[Stmt]:
        count = self._count(loop)
        b = Builder(loop.loc)
        into: dict[Stmt, list[Stmt]] = {}
        for d in self.chosen[loop] if count is not None else ():
            shape = self._shape(d, b)
            if count is None or shape is None or d.target is None or not isinstance(d.target.type, Array):
                continue
            dims = (self._size(count), *(d.target.type.dims or ()))
            size = b.emit("tuple", count, *shape)
            whole = b.call(np.empty, "np.empty", size, name=f"{d.target.name or 't'}s", type=Array("float64", dims))
            into[d] = _put(d, whole, loop.item)
        body = self.block(loop.body)
        stmts = [t for s in body.stmts for t in into.get(s, [s])]
        return [*b.stmts, with_blocks(loop, (with_stmts(body, stmts),))]

    def _count(self, loop: For) -> Atom | None:
        """How often the loop runs, if it counts from 0 to a size."""
        d = self.lets.get(loop.iter) if isinstance(loop.iter, Var) else None
        if d is None or d.op != "call" or not isinstance(d.args[0], Ref) or d.args[0].obj is not range or len(d.args) != 2:
            return None
        return d.args[1] if _is_size(self._size(d.args[1])) else None

    def _shape(self, d: Let, b: Builder) -> list[Atom] | None:
        """The sizes of what is made, as numbers that are there before the loop."""
        if d.target is None or not isinstance(d.target.type, Array) or not c_ordered(self.lets, d.target):
            return None
        dims = d.target.type.dims or ()
        if not all(_is_size(x) and (x in self.sizes or x.is_const or self._axis(x) is not None) for x in dims):  # type: ignore[union-attr]
            return None
        return [self._number(x, b) for x in dims if x is not None]

    def _number(self, dim: Affine, b: Builder) -> Atom:
        axis = self._axis(dim)
        if dim.is_const or dim in self.sizes or axis is None:
            return Const(dim.const) if dim.is_const else self.sizes[dim]
        return b.emit("getitem", b.emit("getattr", axis[0], Const("shape")), Const(axis[1]))

    def _axis(self, dim: Affine | None) -> tuple[Var, int] | None:
        """An argument with an axis of this size."""
        for v in self.params:
            dims = dims_of(v.type) or () if v.type is not None else ()
            if dim in dims:
                return v, dims.index(dim)
        return None


def _dim(x: Atom, k: int) -> Affine | None:
    dims = dims_of(type_of_atom(x)) if isinstance(type_of_atom(x), Array) else None
    return dims[k] if dims and type(k) is int and -len(dims) <= k < len(dims) else None


def _is_size(dim: Affine | None) -> bool:
    """Is it never below 0, as the sizes of arrays are?"""
    return dim is not None and dim.const >= 0 and all(c > 0 for _, c in dim.terms)


def _put(d: Let, whole: Var, index: Var) -> list[Stmt]:
    """``d`` into its place."""
    call = _ufunc(d)
    assert call is not None
    assert d.target is not None
    b = Builder(d.loc)
    place = b.emit("getitem", whole, index, type=d.target.type)
    b.append(Let(d.target, "call", (call[0], *call[1], place), ("out",), d.loc))
    return b.stmts


__all__ = ["stack"]
