"""Statements on arrays as loop nests, without temporaries in them.

*before*::

    def f(u, rhs, steps):
        for _ in range(steps):
            u[1:-1] = 0.5 * (u[:-2] + u[2:]) + rhs[1:-1]
        return np.sum(u * u)

*after*::

    def f(u, rhs, steps):
        n = u.shape[0]
        t1 = n - 2
        for _ in range(steps):
            t2 = np.empty(max(t1, 0))
            for i in range(t1):
                t2[i] = 0.5 * (u[i] + u[i + 2]) + rhs[i + 1]
            for i in range(t1):
                u[i + 1] = t2[i]
        total = 0.0
        for i in range(n):
            total = total + u[i] * u[i]
        return total

NumPy computes the whole right side before it stores: where the target may be memory that the right side reads at another
place, the nest fills a temporary first. Each store and each array that is needed has a nest of its own, which LLVM can
turn into vector instructions. Products of matrices are left to BLAS.
"""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.effects import INPLACE_OPS
from s2sad.analysis.usage import lets
from s2sad.backend.numba import fancy, library, making, shapes, views
from s2sad.backend.numba.elementwise import dtype_of, maker
from s2sad.backend.numba.exprs import (
    Apply,
    Expr,
    Read,
    Size,
    Step,
    Taken,
    Triangle,
    array_type,
    broadcasts,
    element,
    joined,
    moved,
    nest,
    place,
    reads_of,
    same_size,
    shape_atom,
)  # fmt: skip
from s2sad.backend.numba.facts import calls, const, is_array, is_scalar, rank, typed
from s2sad.backend.numba.indexing import Item, items_of
from s2sad.backend.numba.intervals import Intervals
from s2sad.backend.numba.memory import may_share
from s2sad.backend.numba.placing import PRODUCTS, REDUCTIONS, RESHAPES, Placing, is_view
from s2sad.backend.numba.products import product
from s2sad.backend.numba.reduce import reduced
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.sizes import Sizes
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Ref, Stmt, Var, blocks_of
from s2sad.ir.rewrite import subst_atom, subst_heads, with_blocks, with_body
from s2sad.ir.types import INT, Array, Scalar, Tuple, is_number


def loop_nests(fn: Function) -> Function:
    """``fn`` with its statements on arrays as loops over numbers."""
    return Nests(fn).run()


class Nests:
    """Walks one function. ``exprs``: the arrays that are expressions; ``env``: variables that are others by now."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.lets = lets(fn)
        self.intervals = Intervals(fn)
        self.placing = Placing(fn, self.lets)
        self.exprs: dict[Var, Expr] = {}
        self.env: dict[Var, Atom] = {}
        self.sizes = Sizes(fn)
        self.made: set[Var] = set()  # arrays that were made here
        self.shapes: dict[Var, tuple[Size, ...]] = {}  # and the sizes that they were made with

    def run(self) -> Function:
        return self.sizes.placed(with_body(self.fn, self._block(self.fn.body)))

    def _block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Let):
                b = Builder(s.loc)
                if not self._let(b, s, block):
                    b.append(subst_heads(s, self.env))
                out += b.stmts
            else:
                new = subst_heads(s, self.env)
                out.append(with_blocks(new, tuple(self._block(x) for x in blocks_of(s))))
        return Block(tuple(out), tuple(subst_atom(a, self.env) for a in block.results))

    # -- expressions ------------------------------------------------------------------------------------------------
    def expr(self, b: Builder, a: Atom) -> Expr | Atom:
        """The operand as an expression; numbers are themselves."""
        a = subst_atom(a, self.env)
        if not isinstance(a, Var) or not isinstance(a.type, Array):
            return a
        known = self.exprs.get(a)
        if known is not None:
            return known
        return self.whole(b, a)

    def whole(self, b: Builder, a: Var) -> Read:
        t = a.type
        assert isinstance(t, Array) and t.dims is not None
        dims = []
        for k, d in enumerate(t.dims):
            n = self.sizes.of(d)
            if n is None and a in self.shapes:
                dims.append(self.shapes[a][k])
                continue
            if n is None:
                shape = b.emit("getattr", a, Const("shape"), type=Tuple((INT,) * len(t.dims)))
                n = b.emit("getitem", shape, Const(k), type=INT)
            dims.append(Size(n, d))
        return Read(tuple(dims), t.dtype or "", a, tuple(Step(k) for k in range(len(dims))))

    def is_contiguous(self, v: Var) -> bool:
        """Is this an array whose elements lie in order? Those of arguments may not, those of views do not."""
        return v in self.made or calls(self.lets.get(v), np.zeros, np.ones, np.empty, np.copy)

    def item(self, item: Item) -> Item:
        """An item of an index, of the variables that are there by now."""
        start, stop, step = (subst_atom(a, self.env) for a in (item.start, item.stop, item.step))
        return Item(item.kind, item.axis, start, stop, step)

    def at_index(self, b: Builder, e: Expr | Atom, index: Atom) -> Expr | None:
        """``e[index]``; None for an index of a kind that is not known."""
        if not isinstance(e, Expr):
            return None
        index = subst_atom(index, self.env)
        if fancy.is_fancy(self.lets, index):
            return fancy.taken(self, b, e, index)
        items = items_of(self.lets, index, len(e.dims))
        return None if items is None else views.indexed(b, e, list(map(self.item, items)), self.intervals, self.sizes)

    def combined(self, b: Builder, op: str, x: Expr, y: Expr | Atom) -> Expr:
        """``x op y`` in the shape of x."""
        t = Scalar(x.dtype, False)
        return Apply(x.dims, x.dtype, lambda c, u, v: c.emit(op, u, v, type=t), (x, y))

    def known(self, a: Atom) -> bool:
        t = typed(a)
        return not isinstance(t, Array) or (t.dims is not None and len(t.dims) > 0 and t.dtype in ("float64", "int64", "bool"))

    # -- statements -------------------------------------------------------------------------------------------------
    def _let(self, b: Builder, s: Let, block: Block) -> bool:
        """Write a statement on arrays as loops; False where it is none, or of a kind that stays (or is refused)."""
        if not any(is_array(a) for a in s.args) and not (s.target is not None and is_array(s.target)):
            return False
        if not all(map(self.known, (*s.args, *([s.target] if s.target is not None else [])))):
            return False
        if s.op == "getattr" and const(s.args[1]) in ("shape", "size", "ndim"):
            return self._shape(b, s)
        if calls(s, len):
            assert s.target is not None
            e = self.expr(b, s.args[1])
            assert isinstance(e, Expr)
            return self._rename(s, e.dims[0].exact(b))
        if s.op in ("setitem", "aug_setitem"):
            return self._store(b, s)
        if s.op in INPLACE_OPS:
            return self._in_place(b, s)
        if s.op == "call" and fancy.call(self, b, s):
            return True
        if s.target is None:
            return False
        if is_view(s):
            return self._view(b, s)
        if s.op == "getitem" and not is_array(s.target):
            return self._read(b, s)
        return self._computed(b, s, block)

    def _rename(self, s: Let, a: Atom) -> bool:
        assert s.target is not None
        self.env[s.target] = a
        return True

    def _shape(self, b: Builder, s: Let) -> bool:
        a = subst_atom(s.args[0], self.env)
        if a not in self.exprs:
            return False
        dims = self.exprs[a].dims
        what = const(s.args[1])
        if what == "ndim":
            return self._rename(s, Const(len(dims)))
        if what == "shape":
            return self._rename(s, b.emit("tuple", *(d.exact(b) for d in dims), type=Tuple((INT,) * len(dims))))
        total: Atom = dims[0].exact(b)
        for d in dims[1:]:
            total = b.emit("mul", total, d.exact(b), type=INT)
        return self._rename(s, total)

    def _view(self, b: Builder, s: Let) -> bool:
        assert s.target is not None
        target = s.target
        source = self.expr(b, s.args[1] if s.op == "call" else s.args[0])
        e = self._view_of(b, s, source)
        if e is None:
            return False
        self.exprs[target] = e
        if self.placing.is_real(target):
            if s.op in ("getitem", "getattr") or calls(s, np.transpose):
                if s.op == "getitem" and const(s.args[1]) is Ellipsis:  # which Numba takes inside a tuple alone
                    s = Let(target, s.op, (s.args[0], Const(slice(None))), (), s.loc)
                b.append(subst_heads(s, self.env))  # the array itself, for those that need one
                self.exprs.pop(target)
            elif calls(s, np.expand_dims) and isinstance(const(s.args[2]), int) and isinstance(source, Expr):
                self.exprs.pop(target)
                n = len(source.dims)
                axis = const(s.args[2]) % (n + 1)
                index = b.emit("tuple", *(Const(None) if k == axis else Const(slice(None)) for k in range(n + 1)))
                b.append(Let(target, "getitem", (subst_atom(s.args[1], self.env), index), (), s.loc))
            else:
                self.exprs.pop(target)
                if self.placing.info.is_mutated(target):
                    raise refuse(self.fn, "a view of this kind of memory that is stored into, as a value of its own", s.loc)
                self._fill(b, target, e)
        return True

    def _view_of(self, b: Builder, s: Let, e: Expr | Atom) -> Expr | None:
        if calls(s, np.broadcast_to):
            dims = self.dims_of(b, s.args[-1], s.target)
            if dims is None:
                return None
            if not isinstance(e, Expr):
                return Apply(dims, dtype_of(s.target or e), lambda c, x: x, (e,))
            return views.broadcast(b, e, dims)
        if not isinstance(e, Expr):
            return None
        if s.op == "getitem":
            return self.at_index(b, e, s.args[1])
        if s.op == "getattr":
            return views.transposed(b, e, range(len(e.dims))[::-1]) if const(s.args[1]) == "T" else None
        if calls(s, np.transpose, np.swapaxes, np.moveaxis):
            return shapes.reordered(b, s, e)
        if calls(s, np.flip) and len(s.args) == 2:
            return views.flipped(b, e, range(len(e.dims)))
        axis = const(s.args[2]) if len(s.args) > 2 else None
        if calls(s, np.flip) and isinstance(axis, int):
            return views.flipped(b, e, (axis % len(e.dims),))
        if calls(s, np.expand_dims) and isinstance(axis, int):
            return views.expanded(b, e, axis % (len(e.dims) + 1))
        return None

    def dims_of(self, b: Builder, shape: Atom, target: Var | None) -> tuple[Size, ...] | None:
        """The sizes that a tuple of numbers says."""
        t = target.type if target is not None else None
        made = self.lets.get(shape) if isinstance(shape, Var) else None
        if not isinstance(t, Array) or t.dims is None:
            return None
        if made is not None and made.op == "tuple":
            atoms = [subst_atom(a, self.env) for a in made.args]
        elif is_scalar(shape):
            atoms = [subst_atom(shape, self.env)]
        elif isinstance(subst_atom(shape, self.env), Var) and len(t.dims) > 0:
            atoms = [b.emit("getitem", subst_atom(shape, self.env), Const(k), type=INT) for k in range(len(t.dims))]
        else:
            return None
        return tuple(Size(Const(1) if d is not None and d.is_one else a, d) for a, d in zip(atoms, t.dims, strict=True))

    def _read(self, b: Builder, s: Let) -> bool:
        """One element of an array that is an expression."""
        assert s.target is not None
        if not is_scalar(s.target) or s.args[0] not in self.exprs:
            return False
        one = self.at_index(b, self.expr(b, s.args[0]), s.args[1])
        return one is not None and self._rename(s, element(b, one, ()))

    def _computed(self, b: Builder, s: Let, block: Block) -> bool:
        assert s.target is not None
        e = self._value(b, s)
        if e is None:
            return False
        if not isinstance(e, Expr):
            return self._rename(s, e)
        fresh = isinstance(e, Read) and any(isinstance(x, Let) and x.target is e.array for x in b.stmts)
        if isinstance(e, Read) and fresh and views.is_whole(e):
            self._keep_shape(e.array, e)
            return self._rename(s, e.array)
        if self.placing.lazy(s, block) or (fresh and not self.placing.must_exist(s.target)):  # sums that keep an axis
            self.exprs[s.target] = e
        else:
            self._fill(b, s.target, e)
        return True

    def _value(self, b: Builder, s: Let) -> Expr | Atom | None:
        """What a statement computes, as an expression; None for what is not known here."""
        if s.op == "getitem":
            return self.at_index(b, self.expr(b, s.args[0]), s.args[1])
        if calls(s, rt.share):
            return making.shared(self, b, s, lambda hits, axes: self._count(b, s, hits, axes))
        new = making.made(self, b, s)
        if new is not None:
            return new
        if calls(s, *library.CALLED):
            return library.called(self, b, s)
        if calls(s, *RESHAPES):
            return shapes.reshaped(self, b, s)
        if calls(s, *REDUCTIONS):
            e = self.expr(b, s.args[1])
            return reduced(b, s, e) if isinstance(e, Expr) else None
        if s.op == "matmul" or calls(s, *PRODUCTS):
            return product(self, b, s)
        if calls(s, np.zeros_like, np.ones_like, np.full_like) and len(s.args) == (3 if calls(s, np.full_like) else 2):
            e = self.expr(b, s.args[1])
            if not isinstance(e, Expr) or (s.kwnames and s.kwnames != ()):
                return None
            dtype = dtype_of(s.target) if s.target is not None else ""
            if calls(s, np.full_like):
                value = subst_atom(s.args[2], self.env)
                if not making.can_fill(dtype, value):
                    return None
                value = making.in_dtype(dtype, b, value)
            else:
                value = Const({"float64": 0.0, "bool": False}.get(dtype, 0))
            if calls(s, np.ones_like):
                value = Const({"float64": 1.0, "bool": True}.get(dtype, 1))
            return Apply(e.dims, dtype, lambda c, x: x, (value,))
        if calls(s, np.tril, np.triu):
            return self._triangle(b, s)
        if calls(s, rt.unbroadcast) and not s.kwnames:
            return self._unbroadcast(b, s)
        found = maker(s)
        if found is None or s.target is None:
            return None
        make, operands = found
        args = tuple(self.expr(b, a) for a in operands)
        dims = joined(b, [a.dims if isinstance(a, Expr) else () for a in args])
        return Apply(dims, dtype_of(s.target), make, args)

    def _count(self, b: Builder, s: Let, hits: Expr, axes: tuple[int, ...]) -> Expr | Atom | None:
        args = (Ref(np.count_nonzero, "np.count_nonzero"), s.args[2], Const(axes), Const(True))
        return reduced(b, Let(s.target, "call", args, ("axis", "keepdims"), s.loc), hits)

    def _triangle(self, b: Builder, s: Let) -> Expr | None:
        e = self.expr(b, s.args[1])
        k = const(s.args[2]) if len(s.args) == 3 else 0
        if not isinstance(e, Expr) or len(e.dims) != 2 or e.dtype != "float64" or not isinstance(k, int):
            return None
        return Triangle(e.dims, e.dtype, e, calls(s, np.tril), k)

    def _unbroadcast(self, b: Builder, s: Let) -> Expr | Atom | None:
        g, x = self.expr(b, s.args[1]), self.expr(b, s.args[2])
        if not isinstance(g, Expr):
            return None
        if not isinstance(x, Expr):
            return reduced(b, Let(s.target, "call", (Ref(np.sum, "np.sum"), s.args[1]), (), s.loc), g)
        lead = len(g.dims) - len(x.dims)
        if lead < 0:
            return None
        ones = tuple(k for k, (d, e) in enumerate(zip(g.dims[lead:], x.dims, strict=True)) if e.is_one and not d.is_one)
        out: Expr | Atom | None = g
        for axes, keep in ((tuple(range(lead)), False), (ones, True)):
            if axes and isinstance(out, Expr):
                args = (Ref(np.sum, "np.sum"), s.args[1], Const(axes), Const(keep))
                out = reduced(b, Let(s.target, "call", args, ("axis", "keepdims"), s.loc), out)
        if isinstance(out, Expr):
            for d, e in zip(out.dims, x.dims, strict=True):
                same_size(b, d, e)
        return out

    # -- stores -----------------------------------------------------------------------------------------------------
    def _fill(self, b: Builder, target: Var, e: Expr) -> None:
        """The array itself, computed."""
        kw: dict[str, Atom] = {} if e.dtype == "float64" else {"dtype": Const(_dtype_name(e.dtype))}
        t = array_type(e.dtype, e.dims)
        if isinstance(e, Apply) and all(isinstance(a, Const) and not a.value for a in e.args) and len(e.args) == 1:
            made = b.call(np.zeros, "np.zeros", shape_atom(b, e.dims), kw=kw, type=t, name=target.name)
            self._keep_shape(made, e)
            self.env[target] = made
            return
        made = b.call(np.empty, "np.empty", shape_atom(b, e.dims), kw=kw, type=t, name=target.name)
        self._keep_shape(made, e)
        self._nest_store(b, Read(e.dims, e.dtype, made, tuple(Step(k) for k in range(len(e.dims)))), e, None)
        self.env[target] = made

    def _keep_shape(self, made: Var, e: Expr) -> None:
        self.made.add(made)
        self.shapes[made] = e.dims

    def _nest_store(self, b: Builder, dest: Read, value: Expr | Atom, op: str | None) -> None:
        def store(c: Builder, index: list[Atom]) -> None:
            at = place(c, dest.array, [moved(c, s, index) for s in dest.steps])
            v = element(c, value, index)
            if op is None:
                c.effect("setitem", dest.array, at, v)
            else:
                c.effect("aug_setitem", dest.array, at, v, Const(op))

        nest(b, dest.dims, store)

    def _store(self, b: Builder, s: Let) -> bool:
        x, index, value = s.args[:3]
        if x not in self.exprs and is_scalar(value) and _is_element(index, x):
            return False
        e = self.expr(b, x)
        if not isinstance(e, Expr):
            return False
        if e.dtype not in ("float64", "int64", "bool") or not self._fits(value, e.dtype):
            return False
        dest = self.at_index(b, e, index)
        op = str(const(s.args[3])) if s.op == "aug_setitem" else None
        if isinstance(dest, Taken):
            return fancy.stored(self, b, dest, self.expr(b, value), op)
        if not isinstance(dest, Read):
            return False
        return self._assign(b, dest, self.expr(b, value), op)

    def _fits(self, value: Atom, dtype: str) -> bool:
        """Is the value stored as it is? Truncation of floats to whole numbers is left alone."""
        kind = dtype_of(value)
        return kind == dtype or (dtype == "float64" and kind in ("int64", "bool")) or (dtype, kind) == ("int64", "bool")

    def _assign(self, b: Builder, dest: Read, value: Expr | Atom, op: str | None) -> bool:
        if isinstance(value, Expr):
            if len(value.dims) > len(dest.dims):
                value = _without_ones(b, value, len(dest.dims))
                if len(value.dims) > len(dest.dims):
                    return False
            broadcasts(b, dest.dims, value.dims)
            if self.overlaps(dest, value):
                value = self.temporary(b, value)
        self._nest_store(b, dest, value, op)
        return True

    def overlaps(self, dest: Read, value: Expr) -> bool:
        """May the value read memory of the target at another place than the one that is stored?"""
        for r in reads_of(value):
            same = r.array is dest.array and len(r.steps) == len(dest.steps) and len(r.dims) == len(dest.dims) and all(
                x.same(y) for x, y in zip(r.steps, dest.steps, strict=True)
            )
            if not same and may_share(self.placing.info, self.lets, r.array, dest.array):
                return True
        return False

    def temporary(self, b: Builder, e: Expr) -> Read:
        """The values of an expression as they are now."""
        kw: dict[str, Atom] = {} if e.dtype == "float64" else {"dtype": Const(_dtype_name(e.dtype))}
        made = b.call(np.empty, "np.empty", shape_atom(b, e.dims), kw=kw, type=array_type(e.dtype, e.dims))
        out = Read(e.dims, e.dtype, made, tuple(Step(k) for k in range(len(e.dims))))
        self._nest_store(b, out, e, None)
        return out

    def _in_place(self, b: Builder, s: Let) -> bool:
        """``x += v`` of an array."""
        x, v = s.args
        if not is_array(x):
            return False
        e = self.expr(b, x)
        if not isinstance(e, Read) or not self._fits(v, e.dtype):
            return False
        if not self._assign(b, e, self.expr(b, v), s.op[1:]):
            return False
        return s.target is None or self._rename(s, subst_atom(x, self.env))

    # -- for products -----------------------------------------------------------------------------------------------
    def real(self, b: Builder, a: Atom) -> Var:
        """The operand as an array that exists, contiguous."""
        e = self.expr(b, a)
        assert isinstance(e, Expr)
        if isinstance(e, Read) and views.is_whole(e):
            return e.array
        return self.temporary(b, e).array


def _is_element(index: Atom, x: Atom) -> bool:
    """Is this a whole number for each axis?"""
    t = index.type if isinstance(index, Var) else None
    if isinstance(t, Tuple):
        return len(t.items) == rank(x) and all(map(is_number, t.items))
    return is_scalar(index) and rank(x) == 1


def _without_ones(b: Builder, e: Expr, n: int) -> Expr:
    """Leading axes of size 1 dropped."""
    lead = len(e.dims) - n
    if not all(d.is_one for d in e.dims[:lead]):
        return e
    return views.viewed(e, [Step(None)] * lead + [Step(k) for k in range(n)], e.dims[lead:], b)


def _dtype_name(dtype: str) -> str:
    return "bool" if dtype == "bool" else dtype


__all__ = ["Nests", "loop_nests"]
