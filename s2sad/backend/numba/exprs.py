"""Arrays that are not there: expressions over indices, from which a loop nest takes one element after the other."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence

from s2sad.analysis.build import Builder
from s2sad.backend.numba.facts import const
from s2sad.backend.numba.intervals import not_negative
from s2sad.ir.nodes import Atom, Block, Const, For, If, Ref, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import BOOL, INT, NP_FLOAT, ONE, RANGE, Affine, Array, Scalar, Tuple

RANGE_REF = Ref(range, "range")
DIFFERENT = "operands could not be broadcast together: sizes that differ, or a 1 that shows only when the code runs"
NAMES = "ijklm"  # of loop variables, from the outside


@dataclass(frozen=True, slots=True, eq=False)
class Size:
    """The extent of an axis: a number, and its affine form where it is known."""

    atom: Atom
    affine: Affine | None = None

    def exact(self, b: Builder) -> Atom:
        """The number, not less than 0: ``n - 2`` stands for the size of a slice also where n is 1."""
        if isinstance(self.atom, Const) or self.affine is None or not_negative(self.affine):
            return self.atom
        return b.call(builtins.max, "max", self.atom, Const(0), type=INT)

    @property
    def is_one(self) -> bool:
        return (self.affine is not None and self.affine.is_one) or const(self.atom) == 1


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """How an axis of the array is run through: ``offset + stride * index[dim]``; ``dim`` None stands still. ``cut``: a part of
    it, which may end before the axis does."""

    dim: int | None
    offset: Atom = Const(0)
    stride: int = 1
    cut: bool = False

    def same(self, other: Step) -> bool:
        return self.dim == other.dim and self.stride == other.stride and equal(self.offset, other.offset)


@dataclass(frozen=True, slots=True, eq=False)
class Expr:
    """``dims``: the shape; ``dtype``: of the elements."""

    dims: tuple[Size, ...]
    dtype: str


@dataclass(frozen=True, slots=True, eq=False)
class Read(Expr):
    """Elements of an array that exists, one ``Step`` for each of its axes."""

    array: Var
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class View(Expr):
    """Elements of another expression."""

    inner: Expr
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Apply(Expr):
    """A function of the elements of the operands, which broadcast."""

    make: Callable[..., Atom]  # (builder, *atoms)
    args: tuple[Expr | Atom, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Triangle(Expr):
    """A matrix with zeros above the ``k``-th diagonal (``lower``), or below it."""

    inner: Expr
    lower: bool
    k: int


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """How an axis is run through whose places an array names: the element of ``index`` for the ``count`` axes of the
    result that start at ``first``."""

    index: Read
    first: int
    count: int
    size: Size


@dataclass(frozen=True, slots=True, eq=False)
class Taken(Expr):
    """Elements of another expression at places that arrays name."""

    inner: Expr
    steps: tuple[Step | Take, ...]


def taken_place(b: Builder, e: Expr, index: Sequence[Atom]) -> list[Atom]:
    """The place in the array that ``e`` (a ``Read``, or a ``Taken`` of one) reads, for an index of its own axes."""
    if isinstance(e, Read):
        return [moved(b, s, index) for s in e.steps]
    assert isinstance(e, Taken) and isinstance(e.inner, Read)
    return [moved(b, s, _inner(b, e, index)) for s in e.inner.steps]


def _inner(b: Builder, e: Taken, index: Sequence[Atom]) -> list[Atom]:
    return [_at(b, s, index) if isinstance(s, Take) else moved(b, s, index) for s in e.steps]


def _at(b: Builder, t: Take, index: Sequence[Atom]) -> Atom:
    return from_start(b, element(b, t.index, index[t.first : t.first + t.count]), t.size)


def from_start(b: Builder, k: Atom, size: Size) -> Atom:
    """A place that may be counted from the end, counted from the start."""
    target = Var("", INT)
    yes = Builder(b.loc)
    there = yes.emit("add", k, size.exact(yes), type=INT)
    b.append(If(b.emit("lt", k, Const(0), type=BOOL), yes.block(there), Block((), (k,)), (target,), b.loc))
    return target


def equal(a: Atom, b: Atom) -> bool:
    return a is b or (isinstance(a, Const) and isinstance(b, Const) and a.value == b.value)


def add(b: Builder, x: Atom, y: Atom) -> Atom:
    """``x + y`` for whole numbers."""
    if isinstance(x, Const) and isinstance(y, Const):
        return Const(x.value + y.value)
    if isinstance(x, Const):
        x, y = y, x
    if isinstance(y, Const):
        if y.value == 0:
            return x
        return b.emit("add", x, y, type=INT) if y.value > 0 else b.emit("sub", x, Const(-y.value), type=INT)
    return b.emit("add", x, y, type=INT)


def scaled(b: Builder, x: Atom, k: int) -> Atom:
    """``k * x`` for whole numbers."""
    if isinstance(x, Const):
        return Const(k * x.value)
    return x if k == 1 else b.emit("neg", x, type=INT) if k == -1 else b.emit("mul", Const(k), x, type=INT)


def sub(b: Builder, x: Atom, y: Atom) -> Atom:
    if isinstance(y, Const):
        return add(b, x, Const(-y.value))
    return b.emit("sub", x, y, type=INT)


def moved(b: Builder, step: Step, index: Sequence[Atom]) -> Atom:
    """The place on an axis for an index of the nest."""
    if step.dim is None:
        return step.offset
    i = index[step.dim]
    if step.stride == -1:
        return sub(b, step.offset, i)
    return add(b, scaled(b, i, step.stride), step.offset)


def place(b: Builder, array: Atom, index: Sequence[Atom]) -> Atom:
    """The index of one element."""
    return index[0] if len(index) == 1 else b.emit("tuple", *index, type=Tuple((INT,) * len(index)))


def element(b: Builder, e: Expr | Atom, index: Sequence[Atom]) -> Atom:
    """The code for one element; ``index`` has one number for each axis of the whole nest, aligned to the right."""
    if not isinstance(e, Expr):
        return e
    own = list(index[len(index) - len(e.dims) :])
    for k, d in enumerate(e.dims):
        if d.is_one:
            own[k] = Const(0)
    if isinstance(e, Read):
        at = [moved(b, s, own) for s in e.steps]
        return b.emit("getitem", e.array, place(b, e.array, at), type=Scalar(e.dtype, False))
    if isinstance(e, View):
        return element(b, e.inner, [moved(b, s, own) for s in e.steps])
    if isinstance(e, Triangle):
        return _in_triangle(b, e, own)
    if isinstance(e, Taken):
        return element(b, e.inner, _inner(b, e, own))
    assert isinstance(e, Apply)
    return e.make(b, *(element(b, a, own) for a in e.args))


def _in_triangle(b: Builder, e: Triangle, index: Sequence[Atom]) -> Atom:
    op = "le" if e.lower else "ge"
    inside = b.emit(op, index[-1], add(b, index[-2], Const(e.k)), type=BOOL)
    yes = Builder(b.loc)
    value = element(yes, e.inner, index)
    target = Var("", NP_FLOAT)
    b.append(If(inside, yes.block(value), Block((), (Const(0.0),)), (target,), b.loc))
    return target


def reads_of(e: Expr | Atom) -> list[Read]:
    """The arrays that an expression reads."""
    if isinstance(e, Read):
        return [e]
    if isinstance(e, Triangle):
        return reads_of(e.inner)
    if isinstance(e, Taken):
        own = [Read(r.dims, r.dtype, r.array, ()) for r in reads_of(e.inner)]
        return [*own, *(s.index for s in e.steps if isinstance(s, Take))]
    if isinstance(e, View):
        return [Read(r.dims, r.dtype, r.array, ()) for r in reads_of(e.inner)]
    if isinstance(e, Apply):
        return [r for a in e.args for r in reads_of(a)]
    return []


def require(b: Builder, test: Atom, message: str, error: type[Exception] = ValueError) -> None:
    inner = Builder(b.loc)
    inner.effect("raise_", inner.call(error, error.__name__, Const(message)))
    b.append(If(test, inner.block(), Block(), (), b.loc))


def joined(b: Builder, shapes: Sequence[tuple[Size, ...]]) -> tuple[Size, ...]:
    """The shape to which these broadcast. Sizes that are not proved to be equal are compared when the code runs."""
    n = max(map(len, shapes))
    out: list[Size] = []
    for k in range(n):
        found = [s[len(s) - n + k] for s in shapes if len(s) >= n - k]
        wide = [d for d in found if not d.is_one]
        if not wide:
            out.append(found[0])
            continue
        best = next((d for d in wide if d.affine is not None), wide[0])
        for d in wide:
            same_size(b, best, d)
        out.append(best)
    return tuple(out)


def same_size(b: Builder, x: Size, y: Size, error: type[Exception] = ValueError, message: str = DIFFERENT) -> None:
    if equal(x.atom, y.atom) or (x.affine is not None and x.affine == y.affine):
        return
    require(b, b.emit("ne", x.exact(b), y.exact(b), type=BOOL), message, error)


def broadcasts(b: Builder, dims: Sequence[Size], value: Sequence[Size]) -> None:
    """A value of at most as many dimensions goes into the last of ``dims``: the sizes are the same, or 1 in the value."""
    for d, v in zip(dims[len(dims) - len(value) :], value, strict=True):
        if not v.is_one:
            same_size(b, d, v)


def nest(b: Builder, dims: Sequence[Size], make: Callable[[Builder, list[Atom]], None]) -> None:
    """``for i in ...: for j in ...:`` around what ``make`` writes for the index."""

    def level(outer: Builder, index: list[Atom]) -> None:
        k = len(index)
        if k == len(dims):
            make(outer, index)
            return
        if dims[k].is_one:
            level(outer, [*index, Const(0)])
            return
        it = outer.emit("call", RANGE_REF, dims[k].atom, type=RANGE)
        item = Var(NAMES[k % len(NAMES)], INT)
        body = Builder(b.loc)
        level(body, [*index, item])
        outer.append(For(item, it, (), (), body.block(), (), False, b.loc))

    level(b, [])


def array_type(dtype: str, dims: Sequence[Size]) -> Array:
    return Array(dtype, tuple(ONE if d.is_one else d.affine for d in dims))


def shape_atom(b: Builder, dims: Sequence[Size]) -> Atom:
    """The shape as an argument of ``np.empty``."""
    atoms = tuple(d.exact(b) for d in dims)
    return atoms[0] if len(atoms) == 1 else b.emit("tuple", *atoms, type=Tuple((INT,) * len(atoms)))


__all__ = [
    "Apply", "Expr", "Read", "Size", "Step", "Take", "Taken", "Triangle", "View", "add", "array_type", "broadcasts",
    "element", "equal",
    "from_start", "joined", "moved", "nest", "place", "reads_of", "require", "same_size", "scaled", "shape_atom", "sub",
    "taken_place",
]  # fmt: skip
