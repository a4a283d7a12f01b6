"""What inference knows about a value. Immutable and hashable; ``join`` is the least upper bound.

::

    Type ::= Never                                   nothing flows here (a branch that raises)
           | Lit(value)                              one known value: int, float, str, bytes, bool, None, Ellipsis, slice
           | Scalar(dtype, weak, size)               a number; weak = Python's own int/float/bool/complex (NEP 50);
                                                     kinds: the dtypes that it may have, where paths differ
           | Array(dtype, dims)                      an ndarray; dims None = rank unknown
           | Tuple(items) | List(item, items) | Dict(value, items) | Range | Slice(start, stop, step)
           | Obj(cls, attrs)                         instance of a Python class with attributes of known types
           | Func(fn, captured) | RefT(obj)          closure made here | function, class or module known by identity
           | Opaque(cls)                             something that is not differentiable (str, file, set, dtype...)
           | Num(number, array)                      a number or an array: of any kind and rank, or of these types
           | Unknown                                 anything
           | Maybe(item)                             None or an array, list or dict; to who does not ask: Unknown

A dimension is an ``Affine`` form over symbols (``n``, ``n - 2``) or None. A symbol that names a dimension of an
argument is known not to be 1: two dimensions that are both not 1 cannot broadcast against each other, because NumPy
raises when they differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.ir.record import dataclass


@dataclass(frozen=True, slots=True)
class Sym:
    """A size that is not known before the call. ``not_one``: proved never to be 1."""

    name: str
    not_one: bool = True


@dataclass(frozen=True, slots=True)
class Affine:
    """``const + sum(coef * sym)`` with integer coefficients; terms sorted by symbol name."""

    const: int = 0
    terms: tuple[tuple[Sym, int], ...] = ()

    def __add__(self, other: Affine | int) -> Affine:
        other = other if isinstance(other, Affine) else Affine(other)
        coefs = dict(self.terms)
        for sym, c in other.terms:
            coefs[sym] = coefs.get(sym, 0) + c
        terms = tuple(sorted(((s, c) for s, c in coefs.items() if c), key=lambda t: t[0].name))
        return Affine(self.const + other.const, terms)

    def __mul__(self, k: int) -> Affine:
        return Affine(self.const * k, tuple((s, c * k) for s, c in self.terms) if k else ())

    def __neg__(self) -> Affine:
        return self * -1

    def __sub__(self, other: Affine | int) -> Affine:
        return self + -other

    @property
    def is_const(self) -> bool:
        return not self.terms

    @property
    def is_one(self) -> bool:
        return not self.terms and self.const == 1

    @property
    def not_one(self) -> bool:
        """Proved different from 1."""
        if not self.terms:
            return self.const != 1
        if len(self.terms) == 1 and self.const == 0:
            ((sym, c),) = self.terms
            return (c == 1 and sym.not_one) or c not in (0, 1)
        return False

    def __str__(self) -> str:
        parts = [f"{'' if c == 1 else f'{c}*'}{s.name}" for s, c in self.terms]
        if self.const or not parts:
            parts.append(str(self.const))
        return " + ".join(parts).replace("+ -", "- ")


Dim = Affine | None
ONE = Affine(1)


def is_positive(dim: Dim) -> bool:
    """Is this size of an array surely not 0? Sizes of arguments are at least 2; what else has a name is not known."""
    if dim is None or any(c < 0 or not s.name.isidentifier() for s, c in dim.terms):
        return False
    return dim.const + 2 * sum(c for _, c in dim.terms) > 0


class Type:
    """Base of all types."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Never(Type):
    pass


@dataclass(frozen=True, slots=True)
class Lit(Type):
    value: Any

    def __eq__(self, other: object) -> bool:  # 1 == 1.0 == True in Python, but not here; nan is equal to itself
        return (
            isinstance(other, Lit) and type(self.value) is type(other.value) and repr(self.value) == repr(other.value)
        )

    def __hash__(self) -> int:
        return hash((type(self.value), repr(self.value)))


def same_key(a: Any, b: Any) -> bool:
    """Are two keys one for a dict? 1, 1.0 and True are."""
    return hash(a) == hash(b) and bool(a == b)


@dataclass(frozen=True, slots=True)
class Scalar(Type):
    dtype: str = "float64"  # NumPy's name of the dtype
    weak: bool = True  # a Python number, not a NumPy scalar
    size: Affine | None = None  # for ints: the value as an affine form, where known
    span: tuple[int, int] | None = None  # for ints: bounds [lo, hi) of the value, where known (loop indices)
    kinds: tuple[
        tuple[str, bool], ...
    ] = ()  # (dtype, weak) of each that it may be, if several: paths gave each its own


@dataclass(frozen=True, slots=True)
class Array(Type):
    dtype: str | None = "float64"
    dims: tuple[Dim, ...] | None = None

    @property
    def rank(self) -> int | None:
        return None if self.dims is None else len(self.dims)


@dataclass(frozen=True, slots=True)
class Num(Type):
    """A number or an array. Of what types, where both are known: of ``total = 0`` and then ``total = total + row`` the array
    has the dimensions of ``row``."""

    number: Scalar | None = None
    array: Array | None = None


@dataclass(frozen=True, slots=True)
class Tuple(Type):
    items: tuple[Type, ...]
    cls: Any = None  # the class of a named tuple
    code: Any = (
        None  # what a function that is kept as the tuple of its captured values runs (see analysis.infer.functions)
    )


@dataclass(frozen=True, slots=True)
class List(Type):
    item: Type  # join of all elements
    items: tuple[Type, ...] | None = None  # each element's type where the length is known
    frozen: bool = False  # a tuple whose length is not known


@dataclass(frozen=True, slots=True)
class Dict(Type):
    """``items``: its keys are these, in this order. ``known``: its keys are among these names, wherever they come from."""

    value: Type
    items: tuple[tuple[Any, Type], ...] | None = None
    known: tuple[tuple[str, Type], ...] | None = None


@dataclass(frozen=True, slots=True)
class Range(Type):
    pass


@dataclass(frozen=True, slots=True)
class Slice(Type):
    start: Type
    stop: Type
    step: Type


@dataclass(frozen=True, slots=True)
class Obj(Type):
    cls: Any
    attrs: tuple[tuple[str, Type], ...] = ()


@dataclass(frozen=True, slots=True)
class Func(Type):
    fn: Any  # ir.Function
    captured: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class RefT(Type):
    obj: Any
    held: Type | None = None  # of a bound method: the type of its object, which may change under the same method

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RefT) and self.obj is other.obj and self.held == other.held

    def __hash__(self) -> int:
        return id(self.obj)


@dataclass(frozen=True, slots=True)
class Opaque(Type):
    cls: Any = None


@dataclass(frozen=True, slots=True)
class Unknown(Type):
    pass


@dataclass(frozen=True, slots=True)
class Maybe(Unknown):
    """None, or an ``item``: what a name is that is None until an array, list or dict is made for it."""

    item: Type


NEVER, NUM, UNKNOWN, RANGE = Never(), Num(), Unknown(), Range()
FLOAT, INT, BOOL, COMPLEX = Scalar("float64"), Scalar("int64"), Scalar("bool"), Scalar("complex128")
NP_FLOAT = Scalar("float64", weak=False)
STR, NONE = Opaque(str), Lit(None)

_WEAK: dict[type, Type] = {bool: BOOL, int: INT, float: FLOAT, complex: COMPLEX}


def widen(t: Type) -> Type:
    """Forget the value of a literal: ``Lit(2)`` to ``INT`` (its size kept), ``Lit("a")`` to ``Opaque(str)``."""
    if t.__class__ is not Lit:
        return t
    if type(t.value) is int:
        return Scalar("int64", True, Affine(t.value))
    if t.value is None:
        return t
    return _WEAK.get(type(t.value), Opaque(type(t.value)))


def is_tuple(t: Tuple | List) -> bool:
    """Is this a plain tuple, of known or unknown length (no named tuple, no function value)?"""
    return t.frozen if isinstance(t, List) else t.cls is None and t.code is None


def item_of(t: Tuple | List) -> Type:
    """The join of all elements."""
    return t.item if isinstance(t, List) else join_all(map(widen, t.items))


def join(a: Type, b: Type) -> Type:
    """Least upper bound. Deterministic and commutative up to the names of symbols."""
    if a == b:
        return a
    if isinstance(a, Never):
        return b
    if isinstance(b, Never):
        return a
    if (
        isinstance(a, Tuple)
        and isinstance(b, Tuple)
        and len(a.items) == len(b.items)
        and a.cls is b.cls
        and a.code is b.code
    ):
        return Tuple(tuple(map(join, a.items, b.items)), a.cls, a.code)
    if isinstance(a, Tuple | List) and isinstance(b, Tuple | List) and is_tuple(a) and is_tuple(b):
        return List(join(item_of(a), item_of(b)), None, True)
    if isinstance(a, List) and isinstance(b, List) and not a.frozen and not b.frozen:
        same = a.items is not None and b.items is not None and len(a.items) == len(b.items)
        items = tuple(map(join, a.items, b.items)) if same and a.items is not None and b.items is not None else None
        return List(join(a.item, b.item), items)
    if isinstance(a, Dict) and isinstance(b, Dict):
        keys_a = None if a.items is None else [k for k, _ in a.items]
        if a.items is not None and b.items is not None and keys_a == [k for k, _ in b.items]:
            items_ = tuple((k, join(s, t)) for (k, s), (_, t) in zip(a.items, b.items, strict=True))
            return Dict(join(a.value, b.value), items_)
        return Dict(join(a.value, b.value), None, join_named(named(a), named(b)))
    if isinstance(a, Obj) and isinstance(b, Obj) and a.cls is b.cls:
        da, db = dict(a.attrs), dict(b.attrs)
        return Obj(a.cls, tuple((k, join(da[k], db[k])) for k in da if k in db))
    if isinstance(a, Slice) and isinstance(b, Slice):
        return Slice(join(a.start, b.start), join(a.stop, b.stop), join(a.step, b.step))
    a, b = widen(a), widen(b)
    if a == NONE or b == NONE or isinstance(a, Maybe) or isinstance(b, Maybe):
        return _join_none(a, b)
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        size = a.size if a.size == b.size else None
        if a.dtype == b.dtype and a.weak == b.weak and a.kinds == b.kinds:
            return Scalar(a.dtype, a.weak, size, None, a.kinds)
        dtype = a.dtype if a.dtype == b.dtype else str(np.result_type(a.dtype, b.dtype))
        return Scalar(dtype, a.weak and b.weak, size, None, tuple(sorted({*kinds_of(a), *kinds_of(b)})))
    if isinstance(a, Array) and isinstance(b, Array):
        dtype_ = a.dtype if a.dtype == b.dtype else None
        if a.dims is None or b.dims is None or len(a.dims) != len(b.dims):
            return Array(dtype_, None)
        return Array(dtype_, tuple(x if x == y else None for x, y in zip(a.dims, b.dims, strict=True)))
    if isinstance(a, Opaque) and isinstance(b, Opaque):
        return Opaque(None)
    if isinstance(a, Scalar | Array | Num) and isinstance(b, Scalar | Array | Num):
        return _join_numeric(a, b)
    if a == b:
        return a
    return UNKNOWN


def _join_numeric(a: Scalar | Array | Num, b: Scalar | Array | Num) -> Type:
    """A number where the other is an array, or may be one."""
    if NUM in (a, b):
        return NUM
    pairs = [(t.number, t.array) if isinstance(t, Num) else (t, None) if isinstance(t, Scalar) else (None, t) for t in (a, b)]
    numbers, arrays = zip(*pairs, strict=True)
    number, array = (join_all(t for t in ts if t is not None) for ts in (numbers, arrays))
    if not isinstance(number, Scalar) or not isinstance(array, Array) or not array.dims or array.dtype is None:
        return NUM
    return Num(number, array)


def kinds_of(t: Scalar) -> tuple[tuple[str, bool], ...]:
    """The (dtype, weak) that a number may be: one, unless it comes from paths that differ."""
    return t.kinds or ((t.dtype, t.weak),)


_MOST_NAMES = 32


def named(t: Dict) -> tuple[tuple[str, Type], ...] | None:
    """The types of a dict's values by their names, where no other keys are in it."""
    if t.items is None:
        return t.known
    fits = len(t.items) <= _MOST_NAMES and all(type(k) is str for k, _ in t.items)
    return tuple((k, widen(v)) for k, v in t.items) if fits else None


def join_named(
    a: tuple[tuple[str, Type], ...] | None, b: tuple[tuple[str, Type], ...] | None
) -> tuple[tuple[str, Type], ...] | None:
    if a is None or b is None:
        return None
    out = dict(a)
    for name, t in b:
        out[name] = join(out.get(name, NEVER), t)
    return tuple(sorted(out.items(), key=lambda item: item[0])) if len(out) <= _MOST_NAMES else None


def _join_none(a: Type, b: Type) -> Type:
    """The join of two types one of which is None, or may be."""
    if a == b:
        return a
    parts = [t.item if isinstance(t, Maybe) else NEVER if t == NONE else t for t in (a, b)]
    item = join(*parts)
    return Maybe(item) if isinstance(item, Array | List | Dict) else UNKNOWN


def join_all(types: Any) -> Type:
    out: Type = NEVER
    for t in types:
        out = join(out, t)
    return out


_NUMBERS, _TYPED = (int, float, complex), (Scalar, Array)  # tuples: a union would be built at each of the many calls


def is_number(t: Type) -> bool:
    """A scalar of any kind (also a literal number or bool)."""
    return t.__class__ is Scalar or (t.__class__ is Lit and isinstance(t.value, _NUMBERS))


def is_differentiable(t: Type) -> bool:
    """May a value of this type carry a derivative (itself or in a part of it)? Unknown may."""
    if t.__class__ is Scalar:
        return t.dtype.startswith(("float", "complex"))
    if isinstance(t, Array):
        return t.dtype is None or t.dtype.startswith(("float", "complex", "object"))
    if isinstance(t, Lit):
        return isinstance(t.value, float | complex)
    if isinstance(t, Tuple):
        return any(map(is_differentiable, t.items))
    if isinstance(t, List):
        return is_differentiable(t.item) or (t.items is not None and any(map(is_differentiable, t.items)))
    if isinstance(t, Dict):
        return is_differentiable(t.value) or (t.items is not None and any(is_differentiable(v) for _, v in t.items))
    if isinstance(t, Obj):
        return any(is_differentiable(v) for _, v in t.attrs)
    if isinstance(t, Func):
        return any(map(is_differentiable, t.captured))
    return isinstance(t, Num | Unknown)


def holds_lists(t: Type) -> bool:
    """Is this a list or dict that may change, or does it hold one?"""
    if isinstance(t, List):
        return not t.frozen or holds_lists(t.item)
    if isinstance(t, Tuple):
        return any(map(holds_lists, t.items))
    if isinstance(t, Obj):
        return any(holds_lists(v) for _, v in t.attrs)
    return isinstance(t, Dict) or (isinstance(t, Maybe) and holds_lists(t.item))


def dtype_of(t: Type) -> str | None:
    t = widen(t)
    return t.dtype if isinstance(t, _TYPED) else None


def rank_of(t: Type) -> int | None:
    """0 for a scalar, the number of dimensions of an array, None where unknown."""
    if is_number(t):
        return 0
    return t.rank if isinstance(t, Array) else None


def dims_of(t: Type) -> tuple[Dim, ...] | None:
    if is_number(t):
        return ()
    return t.dims if isinstance(t, Array) else None


def tangent_type(t: Type | None) -> Type:
    """The type of a tangent or gradient of a value: floats for numbers, the same structure for containers."""

    def leaf(q: Type) -> Type:
        if not is_number(q):
            return q
        complex_ = (dtype_of(q) or "").startswith("complex")
        return Scalar("complex128" if complex_ else "float64", weak=False)

    return map_leaves(leaf, t or UNKNOWN)


def map_leaves(f: Callable[[Type], Type], t: Type) -> Type:
    """Apply ``f`` to the leaves of a container type."""
    if isinstance(t, Tuple):
        return Tuple(tuple(map_leaves(f, i) for i in t.items), t.cls, t.code)
    if isinstance(t, List):
        return List(
            map_leaves(f, t.item), None if t.items is None else tuple(map_leaves(f, i) for i in t.items), t.frozen
        )
    if isinstance(t, Dict):
        return Dict(
            map_leaves(f, t.value), None if t.items is None else tuple((k, map_leaves(f, v)) for k, v in t.items)
        )
    if isinstance(t, Obj):
        return Obj(t.cls, tuple((k, map_leaves(f, v)) for k, v in t.attrs))
    return f(t)
