"""Objects as bundles of variables: the attributes of an object made in the program are SSA values of their own.

*user code*                            *after inference*::

    p = Point(x, y)                        x_2 = x * 2.0
    p.x = p.x * 2.0                        y_2 = x_2 * y
    return p.x * p.y                       return y_2

``Record`` is what is known of one object at one point of the program. Stores change the record, branches and loops merge
records like variables, methods are compiled in place. So no statement is left that makes, reads or changes the object,
and the transformation never meets one. Where code that is not compiled needs the object itself (a list that grows, a
result, ``print``), ``real`` makes it by ``rt.make_object``, and from then on stores through the record are refused.

Objects that are stored into without a record (through a list of them) are made where the user makes them, and are no bundle:
their attributes are memory, with a mirror for the adjoints (``ad.objects``). Which classes these are shows in a first round.

An object that the caller gave (``given``) exists: stores are done to it as well, reads before any store read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sad import runtime as rt
from s2sad.analysis.infer import defaults, stand_ins
from s2sad.analysis.optypes import op_type, type_of_atom
from s2sad.ir.named import unlike_tuple
from s2sad.ir.nodes import UNDEF, Atom, Const, Let, Loc, Ref, Stmt, Var
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import UNKNOWN, Dict, List, Lit, Obj, Slice, Tuple, Type, join, join_all, same_key, widen

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

CODE = "S2S071"  # an object that cannot be followed


@dataclass(eq=False)
class Record:
    """One object. ``attrs``: what each attribute holds; of a given object only what has been stored.

    real: the object itself, where it exists in the emitted program. declared: attribute types of a given object.
    frozen: why no store can be followed any more. opened: the code it was handed to that we cannot see into. dirty:
    ``real`` was changed after it was made, so that its attributes are not those that derivatives know of. home: the
    statements of the block that makes it, until it is made.
    """

    cls: Any
    name: str = ""
    attrs: dict[str, Atom] = field(default_factory=dict)
    real: Var | None = None
    given: bool = False
    declared: dict[str, Type] = field(default_factory=dict)
    frozen: str = ""
    opened: str = ""
    dirty: bool = False
    home: list[Stmt] | None = None


# The attributes that the type of a marker shows: none that a program can have, and one that counts as varying, so that
# a marker that is mistaken for a value is noticed.
MARK = (("", UNKNOWN),)

Parts = tuple[tuple[Any, Atom], ...]


@dataclass(eq=False)
class Virtual:
    """A tuple, list or dict display that holds objects: known by its parts, made only where it must be."""

    kind: str
    parts: Parts
    real: Atom | None = None
    extras: dict[str, Atom] = field(default_factory=dict)  # of a result of SciPy, which is a tuple with attributes as well


class Tracker:
    """All records of one function under inference."""

    def __init__(self) -> None:
        self.objects: dict[Var, Record] = {}
        self.virtual: dict[Var, Virtual] = {}
        self.supers: dict[Var, tuple[Any, Atom]] = {}
        self.making: list[Record] = []
        self.stored: dict[Any, Loc] = {}  # classes of given objects that are stored into
        self.prologue: list[Stmt] = []

    @property
    def active(self) -> bool:
        return bool(self.objects or self.virtual)


def record_of(f: FunctionInfer, a: Atom) -> Record | None:
    return f.tracked.objects.get(a) if isinstance(a, Var) else None


def virtual_of(f: FunctionInfer, a: Atom) -> Virtual | None:
    return f.tracked.virtual.get(a) if isinstance(a, Var) else None


def is_tracked(f: FunctionInfer, a: Atom) -> bool:
    """Is the atom an object with a record, or a display that holds one?"""
    return a.__class__ is Var and (a in f.tracked.objects or a in f.tracked.virtual)


def involves(f: FunctionInfer, a: Atom) -> bool:
    """Does the atom reach an object with a record: itself, in a display, through a closure, zip or enumerate?"""
    if not isinstance(a, Var) or not f.tracked.active:
        return False
    if is_tracked(f, a):
        return True
    if a in f.recipes:
        return any(involves(f, x) for x in f.recipes[a][1])
    return any(involves(f, x) for x in f.closures.get(a, ()))


def new_object(f: FunctionInfer, record: Record) -> Var:
    """The variable that stands for an object; no statement defines it."""
    var = Var(record.name, Obj(record.cls, MARK))
    f.tracked.objects[var] = record
    made = f.program.object_made.setdefault(f.spec, {})
    made[record.cls] = made.get(record.cls, 0) + 1
    if f.program.late:
        defaults.begin(f, record)
    return var


def new_virtual(f: FunctionInfer, kind: str, parts: Parts, name: str, cls: Any = None) -> Var:
    """The variable that stands for a display."""
    types = [type_of_atom(a) for _, a in parts]
    t: Type
    if kind == "tuple":
        t = Tuple(tuple(types), cls)
    elif kind == "list":
        t = List(join_all(map(widen, types)), tuple(types))
    else:
        t = Dict(join_all(map(widen, types)), tuple((k, q) for (k, _), q in zip(parts, types, strict=True)))
    var = Var(name, t)
    f.tracked.virtual[var] = Virtual(kind, parts)
    if kind != "dict":
        f.tuples[var] = tuple(a for _, a in parts)
    return var


def new_result(f: FunctionInfer, cls: Any, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str) -> Var | None:
    """A result of SciPy: a tuple of its fields, with more attributes that are given by keyword."""
    given = {**dict(zip(cls._fields, pos, strict=False)), **kw}
    if not set(cls._fields) <= set(given):
        return None
    var = new_virtual(f, "tuple", tuple((k, given.pop(n)) for k, n in enumerate(cls._fields)), name, cls)
    f.tracked.virtual[var].extras = given
    return var


# -- the object itself ------------------------------------------------------------------------------------------------


def freeze(f: FunctionInfer, a: Atom, why: str, *, opened: bool = False) -> None:
    """From here on stores through the record of ``a``, and of all objects it holds, cannot be followed."""
    todo, seen = [a], set()
    while todo:
        v = todo.pop()
        if not isinstance(v, Var) or v in seen:
            continue
        seen.add(v)
        record, virtual = record_of(f, v), virtual_of(f, v)
        if record is not None:
            record.frozen = record.frozen or why
            record.opened = record.opened or (why if opened else "")
            todo.extend(record.attrs.values())
        elif virtual is not None:
            todo.extend(p for _, p in virtual.parts)
        else:
            todo.extend(f.closures.get(v, ()))


def real(f: FunctionInfer, a: Atom, *, strict: bool = True) -> Atom:
    """The value itself in the emitted program; objects and displays are made where they do not exist yet.

    strict: derivatives are taken through it."""
    if not isinstance(a, Var):
        return a
    record = record_of(f, a)
    if record is not None:
        return _real_object(f, record, strict)
    virtual = virtual_of(f, a)
    if virtual is not None:
        if virtual.real is None:
            virtual.real = _real_display(f, a, virtual, strict)
        return virtual.real
    return f.concrete(a)


def kept(f: FunctionInfer, a: Atom) -> Atom:
    """A tracked value where it is a result of a region or is captured by a function that is a value."""
    record = record_of(f, a)
    if record is not None and record.real is a and not _is_dirty(f, a):
        return a
    freeze(f, a, "it was kept as a value")
    return real(f, a)


def _is_dirty(f: FunctionInfer, a: Atom) -> bool:
    """Was the object, or one that it holds, changed after it was made?"""
    todo, seen = [a], set()
    while todo:
        v = todo.pop()
        record, virtual = record_of(f, v), virtual_of(f, v)
        if isinstance(v, Var) and v not in seen:
            seen.add(v)
            if record is not None and record.dirty:
                return True
            todo.extend(record.attrs.values() if record is not None else ())
            todo.extend(p for _, p in virtual.parts) if virtual is not None else None
    return False


def _real_object(f: FunctionInfer, record: Record, strict: bool) -> Atom:
    if record.real is not None:
        if strict and (record.dirty or any(_is_dirty(f, v) for v in record.attrs.values())):
            f.refuse(CODE, f"{record.name or 'an object'} is returned, kept or passed on after attributes of it were set",
                     "return or keep the attributes that are needed")  # fmt: skip
        return record.real
    if record.cls in stand_ins.ORIGINALS and not f.returning:  # (a call that returns one is compiled in place)
        f.refuse(CODE, f"a {stand_ins.original(record.cls).__name__} is used as a whole",
                 "use its elements, or a list or dict in its place")  # fmt: skip
        return UNDEF
    if record in f.tracked.making:
        f.refuse(CODE, f"an object of class {record.cls.__name__} that refers to itself leaves the function",
                 "return the numbers that are needed, not the object")  # fmt: skip
        return UNDEF
    f.tracked.making.append(record)
    try:
        values = {k: real(f, v, strict=strict) for k, v in record.attrs.items()}
    finally:
        f.tracked.making.pop()
    t = Obj(record.cls, tuple((k, attribute_type(f, record.cls, k, type_of_atom(v))) for k, v in values.items()))
    ref = Ref(rt.make_object, "rt.make_object")
    cls = Ref(record.cls, record.cls.__name__)
    record.real = f.emit("call", ref, cls, *values.values(), kwnames=tuple(values), name=record.name, type=t)
    return record.real


def attribute_type(f: FunctionInfer, cls: Any, key: str, t: Type) -> Type:
    """The type of an attribute, with what is stored into it where objects have no record."""
    stored = f.program.object_types.get((cls, key))
    return t if stored is None else join(widen(t), stored)


def _real_display(f: FunctionInfer, a: Var, virtual: Virtual, strict: bool) -> Atom:
    values = [(k, real(f, v, strict=strict)) for k, v in virtual.parts]
    parts = tuple(v for _, v in values)
    op, args = virtual.kind, parts
    t = op_type(op, tuple(map(type_of_atom, parts))) if op != "dict" else UNKNOWN
    if op == "dict":
        args = tuple(x for k, v in values for x in (Const(k), v))
        t = op_type(op, tuple(map(type_of_atom, args)))
    elif isinstance(a.type, Tuple) and a.type.cls is not None and unlike_tuple(a.type.cls):
        return _real_result(f, a, parts, {k: real(f, v, strict=strict) for k, v in virtual.extras.items()})
    elif isinstance(a.type, Tuple) and a.type.cls is not None:
        op, args = "call", (Ref(a.type.cls, a.type.cls.__name__), *parts)
        t = Tuple(tuple(map(type_of_atom, parts)), a.type.cls)
    out = Var(a.name, t)
    f.out.append(Let(out, op, args, (), f.loc))  # not by ``emit``, which would make it virtual again
    if op != "dict":
        f.tuples[out] = parts
    return out


def _real_result(f: FunctionInfer, a: Var, parts: tuple[Atom, ...], extras: dict[str, Atom]) -> Var:
    """As SciPy makes it; what is active in it has no derivative then."""
    cls = a.type.cls  # type: ignore[union-attr]
    f.program.note_opaque(f.loc, f"the result of class {cls.__name__} is used as a whole; read its fields")
    out = Var(a.name, Tuple(tuple(map(type_of_atom, parts)), cls))
    kwnames = (*cls._fields, *extras)
    f.out.append(Let(out, "call", (Ref(cls, cls.__name__), *parts, *extras.values()), kwnames, f.loc))
    return out


def stored(f: FunctionInfer, container: Atom, a: Atom) -> Atom:
    """A value that is stored into a list or dict: an object is made now, and frozen."""
    if not is_tracked(f, a) or not isinstance(type_of_atom(container), List | Dict):
        return a
    freeze(f, a, "it was put into a list or dict that changes")
    return real(f, a)


def unpinned(f: FunctionInfer, var: Var) -> Var:
    """A display that turns out to be mutated: it is made now, and what it holds is frozen."""
    freeze(f, var, "it was put into a list or dict that changes")
    made = real(f, var)
    assert isinstance(made, Var)
    return made


# -- operations on tracked values --------------------------------------------------------------------------------------

_HARMLESS = (print, str, repr, len, isinstance, type, format, callable, hasattr, setattr, id, rt.make_object)
_IDENTITY = ("is_", "is_not", "in_", "not_in", "not", "eq", "ne")


def emit_tracked(
    f: FunctionInfer, op: str, args: tuple[Atom, ...], name: str, given: Type | None
) -> Atom | None:
    """The result of a pure operation on tracked values where it is known without a statement; else None."""
    if op in ("tuple", "list") and all(not (isinstance(a, Var) and a in f.stars) for a in args):
        return new_virtual(f, op, tuple(enumerate(args)), name)
    if op == "dict" and all(isinstance(k, Const) for k in args[::2]):
        keys = [k.value for k in args[::2] if isinstance(k, Const)]
        return new_virtual(f, op, tuple(zip(keys, args[1::2], strict=True)), name)
    t = given if given is not None else op_type(op, tuple(map(type_of_atom, args)))
    if op == "getitem":
        return _part(f, args, name)
    if op == "getattr":
        return _field(f, args)
    if op in _IDENTITY:
        return _identity(f, op, args, t)
    if op == "call" and isinstance(args[0], Ref) and args[0].obj in (len, isinstance, hasattr, callable):
        return Const(t.value) if isinstance(t, Lit) else None
    return None


def _field(f: FunctionInfer, args: tuple[Atom, ...]) -> Atom | None:
    """A field of a named tuple that holds objects."""
    virtual, t = virtual_of(f, args[0]), type_of_atom(args[0])
    key = getattr(args[1], "value", "")
    if virtual is None or not isinstance(t, Tuple) or t.cls is None or key not in t.cls._fields:
        return None
    return virtual.parts[t.cls._fields.index(key)][1]


def _part(f: FunctionInfer, args: tuple[Atom, ...], name: str) -> Atom | None:
    virtual, i = virtual_of(f, args[0]), type_of_atom(args[1])
    if virtual is not None and virtual.kind != "dict" and isinstance(i, Slice):
        return _cut(f, virtual, i, name)
    if virtual is None or not isinstance(i, Lit):
        return None
    if virtual.kind == "dict":
        return next((a for k, a in virtual.parts if same_key(k, i.value)), None)
    parts = [a for _, a in virtual.parts]
    if isinstance(i.value, int) and -len(parts) <= i.value < len(parts):
        return parts[i.value]
    return None


def _cut(f: FunctionInfer, virtual: Virtual, i: Slice, name: str) -> Atom | None:
    bounds: list[Any] = [b.value if isinstance(b, Lit) else ... for b in (i.start, i.stop, i.step)]
    if ... in bounds:
        return None
    cut = slice(bounds[0], bounds[1], bounds[2])
    return new_virtual(f, virtual.kind, tuple(enumerate(a for _, a in virtual.parts[cut])), name)


def _identity(f: FunctionInfer, op: str, args: tuple[Atom, ...], t: Type) -> Atom | None:
    if op in ("is_", "is_not") and len(args) == 2:
        a, b = (record_of(f, x) for x in args)
        if a is not None and b is not None and (a is b or not (a.given and b.given)) and not (a.frozen and b.frozen):
            return Const((a is b) == (op == "is_"))
    return Const(t.value) if isinstance(t, Lit) else None


def values(f: FunctionInfer, op: str, args: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """The operands of a statement that is emitted: tracked values become the objects themselves."""
    why, opened = _hold(op, args)
    out = []
    for a in args:
        if is_tracked(f, a):
            out.append(real(f, a, strict=bool(why)))
            if why:
                freeze(f, a, why, opened=opened)
        else:
            out.append(a)
    return tuple(out)


def _hold(op: str, args: tuple[Atom, ...]) -> tuple[str, bool]:
    """What a statement may do to an object that it is given: the reason to freeze it, and whether it may change it."""
    if op == "call":
        if isinstance(args[0], Ref):
            try:
                if args[0].obj in _HARMLESS:
                    return "", False
            except TypeError:
                pass
            return f"it was handed to {args[0].text}", True
        return "it was handed to a function that is not known", True
    if op == "method":
        return "one of its methods cannot be compiled", True
    if op in ("is_", "is_not", "format_value", "format", "assert_", "raise_", "not", "getattr"):
        return "", False
    return "it was put into a container that changes", False

