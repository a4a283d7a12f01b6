"""What a call does to the lists and dicts that it is given: which of them grow, and which are one afterwards.

::

    def first(d):                  def f(x):
        return d["a"]                  d = {"a": [], "b": []}
                                       q = first(d)          # q is one of the lists that d holds
                                       q.append(x)           # so that the length of d["a"] is not known
                                       return sum(d["a"])

A place is a parameter (or what a closure that is passed there captured) or the result, with the steps to something in it:
"" for an element, else the name of an attribute. ``note`` writes down for a specialisation, when its types are known, the
places that lists and dicts grow at and those that are the same; ``passed`` does at a call what is written there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sad.analysis.infer import functions, inline, origins
from s2sad.analysis.infer.growing import change_length, grow_class
from s2sad.analysis.infer.program import Place, Spec
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Var
from s2sad.ir.types import NEVER, Func, Tuple, holds_lists, join

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

RESULT = (-1,)
_DEPTH = 4


def note(f: FunctionInfer) -> None:
    """Write down the places where the lists and dicts of a function grow, and those that are the same."""
    params: list[tuple[tuple[int, ...], Atom]] = [((k,), p.var) for k, p in enumerate(f.source.params)]
    params += [((len(f.source.params) + k,), v) for k, v in enumerate(f.source.captured)]
    params += f.captured_keys.items()
    params += [(RESULT, a) for a in f.source.body.results]
    seen: dict[Any, Place] = {}
    shares: list[tuple[Place, Place]] = []
    todo: list[tuple[Place, Any]] = [((root, ()), f.classes.find(v)) for root, v in params if isinstance(v, Var)]
    for place, key in todo:  # it grows
        known = seen.setdefault(key, place)
        growth = f.growth.get(key)
        if growth is not None and place[0] != RESULT and (known is place or _is_own(f, known)) and not _is_own(f, place):
            item, names = f.spec.grows.get(place, (NEVER, ()))
            merged = dict(names)
            for name, t in growth.named.items():
                merged[name] = join(merged.get(name, NEVER), t)
            f.spec.grows[place] = join(item, growth.item), tuple(sorted(merged.items(), key=lambda entry: entry[0]))
        if known is not place:
            shares.append((known, place))
            continue
        if len(place[1]) < _DEPTH:
            todo += [((place[0], (*place[1], step)), part) for step, part in f.classes.parts(key).items()]
    f.spec.shares = tuple(shares)


def _is_own(f: FunctionInfer, place: Place) -> bool:
    """Is this a parameter that the function makes again, so that nobody sees what it stores into it?"""
    root, steps = place
    params = f.source.params
    return not steps and len(root) == 1 and 0 <= root[0] < len(params) and params[root[0]].var in f.own_options


def passed(f: FunctionInfer, spec: Spec, atoms: tuple[Atom, ...], result: Var) -> None:
    """The classes of the caller after ``result = spec(*atoms)``."""
    pairs = [(_class_at(f, spec, atoms, result, p), _class_at(f, spec, atoms, result, q)) for p, q in spec.shares]
    new = [(a, b) for a, b in pairs if a is not None and b is not None and not f.classes.same(a, b)]
    if new:
        inline.keep_growth(f, lambda: f.classes.union_all(new))
    for place, (item, names) in sorted(spec.grows.items(), key=lambda entry: entry[0]):
        key = _class_at(f, spec, atoms, result, place)
        if key is None:
            continue
        if f.walks:
            change_length(f, f.classes.find(key))
        if item != NEVER or not names:
            grow_class(f, f.classes.find(key), item)
        for named in names:
            grow_class(f, f.classes.find(key), NEVER, named=named)


def _class_at(f: FunctionInfer, spec: Spec, atoms: tuple[Atom, ...], result: Var, place: Place) -> Any:
    """The caller's class of what is at a place; None where no list can be."""
    root, steps = place
    a = result if root == RESULT else _argument(f, atoms, root)
    if not isinstance(a, Var) or not (holds_lists(type_of_atom(a)) or _is_closure(a)):
        return None
    if a not in f.origin:
        f.origin[a] = f.synthetic.setdefault((f.loc, spec.source, root), Var(a.name))
    key: Any = origins.node(f, a)
    for step in steps:
        key = f.classes.part(key, step)
    return key


def _is_closure(a: Var) -> bool:
    return isinstance(a.type, Func) or (isinstance(a.type, Tuple) and a.type.code is not None)


def _argument(f: FunctionInfer, atoms: tuple[Atom, ...], root: tuple[int, ...]) -> Atom | None:
    """The argument, or the value that a closure among the arguments captured, at a position."""
    if root[0] >= len(atoms):
        return None
    a = atoms[root[0]]
    for k in root[1:]:
        found = functions.parts(f, a)
        if found is None:
            return None
        a = found[1][k]
    return a


__all__ = ["note", "passed"]
