"""The specialisations of a program: one ``Spec`` per function and argument types, recursion to a fixpoint."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from s2sad.analysis.findings import Findings
from s2sad.frontend.resolve import atom_of
from s2sad.ir.nodes import Atom, Callee, Const, Function, Loc
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import NEVER, UNKNOWN, Array, Dict, List, Lit, Scalar, Tuple, Type, join, widen

_MAX_ROUNDS = 8
_NESTED = 4  # how deep tuples may be nested in widened argument types
_MAX_RUNNING = 24  # specialisations of one function inside each other
_MAX_SPECS = 6  # specialisations of a recursive function before its argument types are widened
_MAX_CALLS = 24  # of any other

# a parameter (or what a closure passed there captured) or the result, and the steps to something in it
Place = tuple[tuple[int, ...], tuple[str, ...]]


@dataclass(eq=False)
class Spec(Callee):
    """One typed copy of a function. ``fn`` is set when inference is done; ``result`` grows while it runs."""

    name: str
    source: Function
    arg_types: tuple[Type, ...]
    result: Type = NEVER
    fn: Function | None = None
    entry: bool = False  # the function that the user called: keeps its whole signature
    running: bool = False
    recursive: bool = False
    # what it does to the lists and dicts that it is given (see ``passing``): of what is stored into them the join, by their
    # places, and which places hold the same list or dict afterwards
    grows: dict[Place, tuple[Type, tuple[tuple[str, Type], ...]]] = field(default_factory=dict)
    shares: tuple[tuple[Place, Place], ...] = ()

    def __repr__(self) -> str:
        return f"Spec({self.name})"


@dataclass(eq=False)
class Gradient(Callee):
    """The gradient of a specialisation as a function of its own: what a call of ``grad(f)`` in the program runs.

    It is given what ``spec`` is given and returns ``(value, gradient, ...)``, one gradient for each active parameter. It
    changes nothing and its gradients are new memory. ``fn`` is made when it is asked for (``ad.derived``); a derivative of
    a gradient needs it not at all: that is the gradient of a tangent.
    """

    spec: Spec
    active: tuple[bool, ...]
    has_aux: bool
    name: str
    result: Type
    quiet: Spec | None = None  # the function without what it prints, for when it is run again
    fn: Function | None = None

    def __repr__(self) -> str:
        return f"Gradient({self.name})"


class Infer(Findings):
    """Inference over a whole program. ``load`` gives the untyped IR of a Python function (or None where there is none).

    Raises ``UnsupportedError`` with everything that was found when ``finish`` is called.
    """

    may_lower_again = False  # is the entry function being inferred?
    native = False  # is machine code made of the derivative?

    def __init__(self, load: Callable[[Any], Function | None]) -> None:
        super().__init__()
        self.load = load
        self.parts_apart = False  # short loops over arrays and containers are written out
        self.specs: dict[tuple[Any, ...], Spec] = {}
        self.codes: dict[Any, Any] = {}  # interned codes of function values
        self.numbers: dict[int, tuple[int, Any]] = {}  # functions among which branches choose
        # classes of objects: stored into without a record, read without one, and those that have records
        self.object_stores: dict[Any, tuple[Loc, Function]] = {}
        self.object_reads: dict[Any, tuple[Loc, Function]] = {}
        self.object_made: dict[Spec, dict[Any, int]] = {}  # how many objects of a class have records in a function
        self.object_types: dict[tuple[Any, str], Type] = {}  # what is stored into attributes without a record
        self.object_records: dict[Any, None] = {}
        self.late: dict[tuple[Any, str], None] = {}  # attributes that a class gives a value, and objects of it another
        self.late_reads: dict[Spec, dict[tuple[Any, str], Any]] = {}  # those that were read as data of the class
        self.members: dict[tuple[Any, str], Any] = {}  # what was looked up in classes
        self.class_data: dict[tuple[Any, str], Any] = {}  # data that classes hold, one Global each
        self.watched: list[Any] = []  # loops over what is read at another time than Python does (``made_now``)
        self.partials: dict[int, Any] = {}  # functools.partial objects that were taken apart
        self.carried: dict[str, Type] = {}  # what exceptions hold that are made in the program, by the names of attributes
        self._data: dict[tuple[int, str], tuple[Any, Atom]] = {}
        self._names: dict[str, int] = {}
        self.gradients: dict[tuple[Any, ...], Gradient] = {}
        self.applied: dict[Any, Function] = {}  # the functions that apply a function to be differentiated
        self.tangent: Callable[[Spec, tuple[bool, ...]], Function] | None = None  # forward mode, which is a later stage
        self.replay: Callable[[Spec], Any] | None = None  # the form of a function that may be run again (``ad.replays``)
        self.joint: Callable[[Spec, tuple[bool, ...], bool], Function] | None = None  # the gradient as a function
        self.tidy: Callable[[Function], Function] | None = None  # removes what a tangent computes and nobody reads
        self.forms: dict[Any, Any] = {}  # of the bodies of rules by the types of their operands (``ad.inline``)
        self.derived: Any = None  # what differentiates derivatives (``ad.derived``)

    def gradient(
        self, spec: Spec, active: tuple[bool, ...], has_aux: bool, result: Type, quiet: Spec | None = None
    ) -> Gradient:
        """The gradient of ``spec`` with respect to the parameters that are passed to it and active."""
        key = (spec, active, has_aux)
        found = self.gradients.get(key)
        if found is None:
            name = self.unique_name(f"{spec.name}_grad")
            found = self.gradients[key] = Gradient(spec, active, has_aux, name, result, quiet)
        found.result = result  # it grows with the types of a recursion
        return found

    def data(self, owner: Any, name: str, value: Any) -> Atom:
        """An atom for a value that an object holds: a literal, a function, or data read from a namespace of its own."""
        key = (id(owner), name)
        if key not in self._data:
            self._data[key] = owner, _data_atom(name, value)
        return self._data[key][1]

    def owners(self) -> list[Any]:
        """The objects that ``data`` was read from."""
        return [owner for owner, _ in self._data.values()]

    def unique_name(self, name: str) -> str:
        """That name, or one made from it: none that was given before, also not ``f_2`` to a second ``f``."""
        return numbered(self._names, name if name.isidentifier() else "fn")

    def specialise(self, source: Function, arg_types: tuple[Type, ...], *, entry: bool = False) -> Spec:
        """The specialisation of ``source`` for the given types of its parameters (captured variables come last)."""
        mine = [s for s in self.specs.values() if s.source is source]
        recursive = any(s.running for s in mine)
        if recursive:
            arg_types = tuple(widen(t) if isinstance(t, Lit) and type(t.value) is int else t for t in arg_types)
        if len(mine) >= (_MAX_SPECS if recursive else _MAX_CALLS):
            arg_types = tuple(_flat(forget(t)) for t in arg_types)
        if sum(s.running for s in mine) >= _MAX_RUNNING:  # each call has larger types than the one before
            raise RecursionError
        key = (source, arg_types)
        spec = self.specs.get(key)
        if spec is None:
            spec = self.specs[key] = Spec(self.unique_name(source.name), source, arg_types, entry=entry)
        if spec.running:
            spec.recursive = True
        elif spec.fn is None:
            self._run(spec)
        else:
            self.again(spec)
        return spec

    def _run(self, spec: Spec) -> None:
        """Infer until the result type is stable. What was specialised on the way with a result that has grown since is
        thrown away and made again."""
        from s2sad.analysis.infer.function import FunctionInfer

        spec.running = True
        try:
            for _ in range(_MAX_ROUNDS):
                known, names = set(self.specs), dict(self._names)
                before = spec.result, dict(spec.grows), spec.shares
                f = FunctionInfer(self, spec)
                with self.inferring(f, spec):
                    fn, result = f.run()
                spec.result = join(spec.result, result)
                if not spec.recursive or (spec.result, spec.grows, spec.shares) == before:
                    break
                for key in [k for k in self.specs if k not in known]:
                    del self.specs[key]
                self._names = names
            spec.fn = fn
        finally:
            spec.running = False


def numbered(given: dict[str, int], name: str) -> str:
    """The name, or one with a number: none that was ``given`` before, also not as the numbered name of another."""
    count = given.get(name, 0) + 1
    while (made := name if count == 1 else f"{name}_{count}") in given:
        count += 1
    given[name] = count
    given.setdefault(made, 1)
    return made


def _flat(t: Type, depth: int = 0) -> Type:
    """A type without what is nested more than a few deep: containers that grow with each call end in it."""
    if isinstance(t, Tuple) and t.code is None:
        return UNKNOWN if depth >= _NESTED else Tuple(tuple(_flat(i, depth + 1) for i in t.items), t.cls, t.code)
    return t


def _data_atom(name: str, value: Any) -> Atom:
    if value is None or value is Ellipsis or type(value) in (bool, int, str, bytes):
        return Const(value)
    if type(value) is float and math.isfinite(value):
        return Const(value)
    return atom_of(name, value, {name: value})


def forget(t: Type) -> Type:
    """An argument type without literal ints, sizes and lengths: a recursion that changes them ends in it."""
    t = widen(t) if isinstance(t, Lit) and type(t.value) is int else t
    if isinstance(t, Scalar):
        return Scalar(t.dtype, t.weak, kinds=t.kinds)
    if isinstance(t, Array) and t.dims is not None:
        return Array(t.dtype, tuple(None for _ in t.dims))
    if isinstance(t, List):
        return List(forget(t.item), None, t.frozen)
    if isinstance(t, Tuple):
        return Tuple(tuple(map(forget, t.items)), t.cls, t.code)
    if isinstance(t, Dict):
        items = None if t.items is None else tuple((k, forget(v)) for k, v in t.items)
        return Dict(forget(t.value), items)
    return t
