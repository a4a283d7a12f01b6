"""What a tape is to the Numba backend: typed arrays that grow, and how many entries they hold.

A tape records one tuple for each iteration. Its numbers are the rows of one array of floats and one of integers, an array
whose shape is known has an array of its own with one axis more, and arrays of other shapes lie one after the other in a
flat array (what a triangular loop records takes half of a square). A tape that is recorded inside another loop is
appended to that of the iteration before; the outer tape says how many entries each iteration made.
"""

from __future__ import annotations

from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba.refuse import refuse
from s2sad.ir.nodes import Atom, Const, For, Function, Let, Stmt, Var, While
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import INT, Affine, Array, List, Scalar, Sym, Tuple, Type, widen


@dataclass(eq=False)
class Field:
    """One leaf of an entry. ``path``: which component, and which items of tuples inside it. ``kind``: f, i, b (in the
    rows of floats or integers, at ``column``), a (array of known shape), v (array of another shape), t (nested tape),
    c (a constant, which is kept nowhere), d (made of the others, see ``again.py``)."""

    kind: str
    path: tuple[int, ...]
    type: Type
    column: int = -1
    nested: Stack | None = None
    sizes: tuple[int, ...] = ()  # kind v: the columns of integers that hold its shape


@dataclass(eq=False)
class Stack:
    """A tape as arrays. ``exact``: one loop, in no other, records all of it; ``sized``: the number of entries is known
    before the outermost of the loops around starts (``path``: those loops, and that which records, the last). ``split``:
    each float is in an array of its own, which an innermost loop runs through; else they are rows. ``around``: the statements
    around the place where it starts; ``passing``: a loop around it starts it anew in each iteration, and reads it there."""

    var: Var
    append: Let | None = None
    components: tuple[Atom, ...] = ()
    owner: Stmt | None = None
    path: tuple[Stmt, ...] = ()
    around: tuple[Stmt, ...] = ()
    passing: bool = False
    exact: bool = False
    sized: bool = False
    split: bool = False
    fields: list[Field] = field(default_factory=list)
    floats: int = 0
    ints: int = 0
    nested: bool = False
    readers: int = 0
    packed: Var | None = None  # the tuple of its parts, where it is among the residuals
    again: dict[int, tuple[Let, ...]] = field(default_factory=dict)  # components that are made of the others, and how
    tuple_entry: bool = False  # an entry is a tuple of components, not the one component itself

    @property
    def outermost(self) -> Stmt:
        """The first loop around what records it (there may be tests around that, where it is passing)."""
        return next(s for s in self.path if isinstance(s, For | While))

    @property
    def operations(self) -> dict[Var, Let]:
        """Those that make the components that are not kept."""
        return {s.target: s for lets in self.again.values() for s in lets if s.target is not None}

    def parts(self) -> list[str]:
        """The names of the parts of its state: arrays, and counters of entries (p) and of elements (q)."""
        out = self._numbers() + ["I"] * bool(self.ints)
        out += [f"A{f.column}" for f in self.fields if f.kind == "a"]
        out += ["V"] * self.is_flat
        return [*out, "p", *["q"] * self.is_flat]

    def _numbers(self) -> list[str]:
        return [f"F{k}" for k in range(self.floats)] if self.split else ["F"] * bool(self.floats)

    def rows(self) -> list[str]:
        """The arrays with one place for each entry."""
        return [k for k in self.parts() if k not in ("p", "q", "V")]

    def column(self, f: Field) -> str:
        """The array that holds a number of an entry."""
        return "I" if f.kind != "f" else f"F{f.column}" if self.split else "F"

    @property
    def is_flat(self) -> bool:
        return any(f.kind == "v" for f in self.fields)

    @property
    def name(self) -> str:
        return self.var.name or "tape"

    def type_of(self, key: str) -> Type:
        if key in ("p", "q"):
            return INT
        if key[0] in "FI":
            dtype, count = ("int64", self.ints) if key == "I" else ("float64", 1 if self.split else self.floats)
            return Array(dtype, (None,) if count == 1 else (None, Affine(count)))
        if key == "V":
            return Array("float64", (None,))
        t = next(f.type for f in self.fields if f.kind == "a" and key == f"A{f.column}")
        assert isinstance(t, Array) and t.dims is not None
        return Array(t.dtype, (None, *t.dims))

    def with_nested(self) -> list[Stack]:
        """Itself and the tapes that its entries refer to."""
        out = [self]
        for f in self.fields:
            if f.nested is not None:
                out += f.nested.with_nested()
        return out


def lay_out(stack: Stack, stacks: dict[Var, Stack], known: set[Sym], fn: Function) -> None:
    """Find the fields of a tape. ``known``: the sizes that can be computed when the function starts."""
    for k, a in enumerate(stack.components):
        if isinstance(a, Var) and a in stacks:
            stacks[a].nested = True
            stack.fields.append(Field("t", (k,), INT, stack.ints, stacks[a]))
            stack.ints += 1
        elif isinstance(a, Const):
            stack.fields.append(Field("c", (k,), type_of_atom(a)))
        elif k in stack.again:
            stack.fields.append(Field("d", (k,), type_of_atom(a)))
        else:
            _leaf(stack, (k,), a.type if isinstance(a, Var) else None, known, fn)


def _leaf(stack: Stack, path: tuple[int, ...], t: Type | None, known: set[Sym], fn: Function) -> None:
    loc = stack.append.loc if stack.append is not None else fn.loc
    t = None if t is None else widen(t)
    if isinstance(t, Tuple) and t.code is None and t.cls is None:
        for k, item in enumerate(t.items):
            _leaf(stack, (*path, k), item, known, fn)
    elif isinstance(t, Scalar) and t.dtype == "float64":
        stack.fields.append(Field("f", path, t, stack.floats))
        stack.floats += 1
    elif isinstance(t, Scalar) and t.dtype in ("int64", "bool"):
        stack.fields.append(Field("i" if t.dtype == "int64" else "b", path, t, stack.ints))
        stack.ints += 1
    elif isinstance(t, Array) and t.dtype == "float64" and t.dims:
        if all(d is not None and {s for s, _ in d.terms} <= known for d in t.dims):
            number = sum(f.kind == "a" for f in stack.fields)
            stack.fields.append(Field("a", path, t, number))
        else:
            columns = tuple(range(stack.ints, stack.ints + len(t.dims)))
            stack.ints += len(t.dims)
            stack.fields.append(Field("v", path, t, -1, None, columns))
    else:
        what = "a list inside a loop" if isinstance(t, List) else "a value of this kind, which a loop would have to record"
        raise refuse(fn, what, loc)


__all__ = ["Field", "Stack", "lay_out"]
