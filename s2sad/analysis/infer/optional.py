"""What is None until an array, list or dict is made for it: where a test tells that it is not None, it has the other type.

*before* (``buf`` is None or an array)         *after*: ``some`` is an array

::

    def f(x, n):                                   def f(x, n):
        buf = None                                     buf = None
        for i in range(n):                             for i in range(n):
            if buf is None:                                if buf is None:
                buf = x * 1.0                                  buf = x * 1.0
            else:                                          else:
                buf[i] = buf[0] * x[i]                         some = buf
        return buf                                             some[i] = some[0] * x[i]
                                                       return buf

The same memory has another name there. Operations that None does not have (arithmetic, ``buf[i]``, iteration) are done on
such a name as well: where it is None they raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.alias import MUTATING_METHODS
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Let, Ref, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import INT, NONE, Array, Dict, List, Lit, Maybe, Tuple, Type, is_number

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Vars = tuple[Var, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is not None where a test is true, and where it is false."""

    true: Vars = ()
    false: Vars = ()


NOTHING = Known()
_STORES = frozenset({"setitem", "aug_setitem", "delitem"})
_ITERATING = (len, sum, max, min, sorted, reversed, enumerate, zip, list, tuple, map, filter, iter, any, all)  # not over None


def tested(f: FunctionInfer, op: str, args: tuple[Atom, ...], target: Var) -> None:
    """Note what ``target = x is None`` (``is not``, ``not``) tells."""
    if op == "not":
        inner = told(f, args[0])
        known = Known(inner.false, inner.true)
    else:
        left, right = args
        x = left if type_of_atom(right) == NONE else right if type_of_atom(left) == NONE else None
        if not isinstance(x, Var) or not isinstance(x.type, Maybe):
            return
        known = Known((), (x,)) if op == "is_" else Known((x,), ())
    if known.true or known.false:
        f.some[target] = known


def told(f: FunctionInfer, test: Atom) -> Known:
    """What a test tells. What is true is not None."""
    if not isinstance(test, Var):
        return NOTHING
    return Known((test,), ()) if isinstance(test.type, Maybe) else f.some.get(test, NOTHING)


def joined(f: FunctionInfer, test: Atom, kept: list[tuple[Var, Atom, Atom]]) -> None:
    """Note what ``a and b`` tells where it is true, and ``a or b`` where it is false: both are branches."""
    known = told(f, test)
    for target, a, b in kept:
        true = _meet(f, (a, known.true), (b, known.false), test, True)
        false = _meet(f, (a, known.true), (b, known.false), test, False)
        if true or false:
            f.some[target] = Known(true, false)


def _meet(f: FunctionInfer, then: tuple[Atom, Vars], orelse: tuple[Atom, Vars], test: Atom, value: bool) -> Vars:
    """What is known where the result of a branch is ``value``: what holds on every side that can give it."""
    sides = []
    for (a, before), is_then in ((then, True), (orelse, False)):
        t = type_of_atom(a)
        if (a is test and is_then != value) or (isinstance(t, Lit) and bool(t.value) != value):
            continue  # this side does not give it
        known = told(f, a)
        sides.append((*before, *(known.true if value else known.false)))
    return tuple(v for v in sides[0] if all(v in side for side in sides[1:])) if sides else ()


def narrow(f: FunctionInfer, test: Atom, value: bool) -> None:
    """From here to the end of the block ``test`` is ``value``."""
    known = told(f, test)
    for v in known.true if value else known.false:
        names = [u for u, a in f.env.items() if a is v]
        if names:
            new = some(f, v)
            for u in names:
                f.narrowed.append((u, new, v))
                f.env[u] = new


def forget(f: FunctionInfer, count: int) -> None:
    """At the end of the block in which all but ``count`` of the tests were made."""
    while len(f.narrowed) > count:
        u, new, old = f.narrowed.pop()
        if f.env.get(u) is new:
            f.env[u] = old


def some(f: FunctionInfer, v: Var, t: Type | None = None) -> Var:
    """``v`` by another name, where it is not None."""
    assert isinstance(v.type, Maybe)
    new = Var(v.name, v.type.item if t is None else t)
    f.out.append(Let(new, "copy", (v,), (), f.loc))
    if v in f.origin:
        f.origin[new] = f.origin[v]
    return new


def checked(f: FunctionInfer, a: Atom) -> Atom:
    """What is iterated: where it is None, that raises."""
    if not isinstance(a, Var) or not isinstance(a.type, Maybe):
        return a
    f.emit("call", Ref(len, "len"), a, type=INT)
    return some(f, a)


def used(f: FunctionInfer, s: Let, args: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """The operands of an operation that None does not have: the array, list or dict for what may be None. The operation
    still counts as one that may raise."""
    if s.op == "call":
        iterates = isinstance(args[0], Ref) and any(args[0].obj is c for c in _ITERATING)
        return tuple(checked(f, a) for a in args) if iterates else args
    if s.op == "method":
        return (_receiver(f, args[0], str(getattr(args[1], "value", ""))), *args[1:])
    if s.op == "getitem":
        return (_indexed(f, args[0], f.type(args[1])), args[1])
    if s.op in _STORES:
        return (_plain(f, args[0]), *args[1:])
    return tuple(_operand(f, a) for a in args)


def _plain(f: FunctionInfer, a: Atom) -> Atom:
    return some(f, a) if isinstance(a, Var) and isinstance(a.type, Maybe) else a


def _receiver(f: FunctionInfer, a: Atom, name: str) -> Atom:
    """What a method is called of; of an array other methods are functions, which may be given None."""
    if name in MUTATING_METHODS:
        return _plain(f, a)
    t = f.type(a)
    return checked(f, a) if isinstance(t, Maybe) and isinstance(t.item, List | Dict) and not name.startswith("_") else a


def _indexed(f: FunctionInfer, a: Atom, index: Type) -> Atom:
    """Slices of an array never raise, but of one of unknown rank."""
    if isinstance(a, Var) and isinstance(a.type, Maybe) and isinstance(a.type.item, Array) and _has_slice(index):
        return checked(f, a) if a.type.item.rank else some(f, a, Array(a.type.item.dtype, None))
    return _plain(f, a)


def _has_slice(index: Type) -> bool:
    parts = index.items if isinstance(index, Tuple) else (index,)
    return not any(is_number(p) or isinstance(p, Array | List) for p in parts)


def _operand(f: FunctionInfer, a: Atom) -> Atom:
    """Arithmetic on arrays of known sizes never raises."""
    if isinstance(a, Var) and isinstance(a.type, Maybe) and isinstance(a.type.item, Array):
        t = a.type.item
        return some(f, a, Array(t.dtype, None if t.dims is None else (None,) * len(t.dims)))
    return _plain(f, a)


__all__ = ["Known", "checked", "forget", "joined", "narrow", "some", "tested", "told", "used"]
