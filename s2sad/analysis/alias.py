"""Which values may be the same memory, and which memory is stored into. Flow-insensitive, over typed IR.

``alias(fn)`` gives an ``AliasInfo``: a class for every variable of a reference type (arrays, lists, dicts, objects), with
the class of its elements, and the set of classes that some store may change.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.aliasing import aliased_operand, aliasing
from s2sad.analysis.infer.program import Gradient, Spec
from s2sad.analysis.optypes import INPLACE, type_of_atom
from s2sad.analysis.scatters import SCATTERS, changes_first
from s2sad.analysis.settled import is_parted, momentary, settled, unlike_memory
from s2sad.analysis.unionfind import Classes, unify_structure
from s2sad.ir.nodes import Atom, Block, Function, Let, Ref, Var, walk
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import Array, Dict, Func, List, Lit, Num, Obj, Range, Scalar, Slice, Tuple, Type, Unknown, is_number
from s2sad.rules.registry import lookup
from s2sad.runtime import make_object

# tuples: a union would be built at each of the many calls
_REFERENCES = (Array, List, Dict, Tuple, Obj, Num, Unknown, Func)

_STORES = frozenset({"setitem", "aug_setitem", "delitem", "setattr", "aug_setattr", *INPLACE})
MUTATING_METHODS = frozenset(
    [
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "sort",
        "reverse",
        "update",
        "setdefault",
        "popitem",
        "fill",
        "partition",
        "put",
        "itemset",
        "resize",
    ]
)
_SIZES = frozenset({"shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides"})  # of an array: no memory of its
_DATA = (np.ndarray, list, dict, str, set, float, complex)
_DEPTH = 4  # how deep the elements of arguments are followed into callees


def is_reference(t: Type | None) -> bool:
    """May a value of this type share memory with another?"""
    return t is None or isinstance(t, _REFERENCES)


@dataclass
class AliasInfo:
    """The classes of one function. ``mutated`` holds the representatives of classes that are stored into."""

    classes: Classes
    mutated: set[Any] = field(default_factory=set)
    settled: frozenset[Let] = frozenset()  # views that nothing can tell from copies

    def find(self, v: Var) -> Any:
        return self.classes.find(v)

    def chain(self, v: Var, depth: int = 5) -> list[Any]:
        """The class of memory of a variable, of what it holds, of what that holds..."""
        out = [self.classes.find(v)]
        while len(out) < depth and self.classes.has_elem(out[-1]):
            out.append(self.classes.elem(out[-1]))
        return out

    def is_mutated(self, v: Atom) -> bool:
        """Is the memory of ``v`` stored into anywhere in the function (or its callees)?"""
        return isinstance(v, Var) and self.classes.find(v) in self.mutated

    def deep_mutated(self, v: Atom) -> bool:
        """The memory of ``v`` or of anything reachable from it."""
        if not isinstance(v, Var):
            return False
        key, seen = self.classes.find(v), set()
        while key not in seen:
            if key in self.mutated:
                return True
            seen.add(key)
            if not self.classes.has_elem(key):
                return False
            key = self.classes.elem(key)
        return False


def is_view_index(index: Type) -> bool:
    """Does indexing with this surely give a view, each place once? Numbers, slices, None and ``...`` do."""
    if isinstance(index, Tuple):
        return all(map(_is_basic, index.items))
    if isinstance(index, List) and index.frozen:  # a tuple of so many
        return _is_basic(index.item)
    return _is_basic(index)


def may_be_view(index: Type) -> bool:
    """May indexing with this give a view? Arrays, lists and masks in the index give a copy, and so do tuples in a
    tuple; what the index, or a part of it, is may show only when the program runs."""
    if isinstance(index, Tuple):
        return not any(map(_is_fancy, index.items))
    if isinstance(index, List) and index.frozen:
        return not _is_fancy(index.item)
    return not _is_fancy(index)


def _is_basic(part: Type) -> bool:
    if isinstance(part, Lit) and (part.value is None or part.value is Ellipsis or isinstance(part.value, slice)):
        return True
    return isinstance(part, Slice) or (is_number(part) and not _is_fancy(part))


def _is_fancy(part: Type) -> bool:
    """Does it make indexing give a copy?"""
    if isinstance(part, Array | List | Tuple | Range):
        return True
    return (isinstance(part, Scalar) and part.dtype == "bool") or (isinstance(part, Lit) and isinstance(part.value, bool))


_MEMO: dict[Function, AliasInfo] = {}
_MANY = 512  # functions remembered before starting afresh


def alias(fn: Function) -> AliasInfo:
    """The classes of a typed function (remembered). A function that calls itself is summarised to a fixpoint."""
    known = _MEMO.get(fn)
    if known is not None:
        return known
    if fn in _ASSUMED:  # met again while its own summary grows
        return _classes_of(fn)
    outermost = not _ASSUMED
    _ASSUMED[fn] = Summary(tuple(range(len(fn.params))), None, {}, frozenset())
    try:
        while True:
            info = _classes_of(fn)
            if fn not in _CONSULTED:  # it does not call itself
                break
            summary = _summary_of(fn, info)
            if summary == _ASSUMED[fn]:
                break
            _ASSUMED[fn] = summary
    finally:
        del _ASSUMED[fn]
    if outermost:
        _CONSULTED.clear()
    if not _CONSULTED & set(_ASSUMED):  # nothing that is still growing went into it
        if len(_MEMO) >= _MANY:
            _MEMO.clear()
        _MEMO[fn] = info
    return info


_ASSUMED: dict[Function, Summary] = {}  # what is assumed so far of the functions whose summary is being computed
_CONSULTED: set[Function] = set()  # those whose assumption has been used


def _classes_of(fn: Function) -> AliasInfo:
    info = _unified(fn, frozenset())
    if not info.mutated:
        return info
    first = info
    parted = settled(fn, first.find, first.mutated, lambda s: _touched(first.classes, s))
    parted |= momentary(fn, lambda s: _touched(first.classes, s))
    info = _unified(fn, parted) if parted else first
    found = unlike_memory(fn, first.find, first.mutated, lambda s: _touched(first.classes, s))
    for some in ([found, *([s] for s in found)] if found else ()):  # all at once: a tuple may hold several of them
        trial = _unified(fn, info.settled.union(some))
        if all(is_parted(fn, s, trial.find, trial.mutated) for s in some):
            info = trial
            if some is found:
                break
    return info


def _unified(fn: Function, parted: frozenset[Let]) -> AliasInfo:
    info = AliasInfo(Classes(), settled=parted)
    touched: list[Any] = []
    unify_structure(fn.body, info.classes, lambda s: None if s in parted else _let(info.classes, s, touched))
    info.mutated = {info.classes.find(x) for x in touched}
    return info


def _touched(classes: Classes, s: Let) -> list[Any]:
    """What one statement stores into (its classes are unified already)."""
    out: list[Any] = []
    _let(classes, s, out)
    return out


def _let(classes: Classes, s: Let, touched: list[Any]) -> None:
    if s.op in _STORES and isinstance(s.args[0], Var):
        touched.append(s.args[0])
        if s.op in ("setitem", "setattr"):
            _store(classes, s.args[0], s.args[2])
        if s.op in INPLACE:
            if s.target is not None:
                classes.union(s.target, s.args[0])
            _join_elements(classes, s.args[0], s.args[1])
        return
    if s.op == "call":
        _call(classes, s, touched)
        return
    if s.op == "method":
        _method(classes, s, touched)
        return
    if s.target is None or not is_reference(s.target.type):
        return
    if s.op in ("getitem", "getattr", "unpack", "unpack_star", "iter_list"):
        _read(classes, s)
    elif s.op in ("tuple", "list", "dict", "set"):
        for a in s.args:
            _store(classes, s.target, a)
    elif s.op in ("copy",):
        _union(classes, s.target, s.args[0])
    elif s.op in ("add", "mul", "or_"):
        for a in s.args:
            _join_elements(classes, s.target, a)
    elif s.op == "closure":
        for a in s.args[1:]:
            _store(classes, s.target, a)


def _union(classes: Classes, a: Atom, b: Atom) -> None:
    if isinstance(a, Var) and isinstance(b, Var) and is_reference(a.type) and is_reference(b.type):
        classes.union(a, b)


def _store(classes: Classes, container: Var, value: Atom) -> None:
    """``value`` becomes an element of ``container``; stores into arrays copy numbers and alias nothing."""
    if isinstance(value, Var) and is_reference(value.type) and not isinstance(container.type, Array):
        classes.union(classes.elem(container), value)


def _join_elements(classes: Classes, container: Var, other: Atom) -> None:
    """``xs + ys``, ``xs * n``, ``xs += ys``: what one list, tuple or dict holds, another one holds as well."""
    if isinstance(container.type, (List, Tuple, Dict)) and other.__class__ is Var and is_reference(other.type):
        classes.union(classes.elem(container), classes.elem(other))


def _read(classes: Classes, s: Let) -> None:
    x = s.args[0]
    if not isinstance(x, Var) or s.target is None:
        return
    t = x.type
    if s.op == "getattr" and isinstance(t, Array | Num) and getattr(s.args[1], "value", "") in _SIZES:
        return
    if isinstance(t, Array):
        if s.op != "getitem" or may_be_view(type_of_atom(s.args[1])):
            # a view, or a tuple of rows
            classes.union(classes.elem(s.target) if s.op.startswith("unpack") else s.target, x)
        return
    if s.op.startswith("unpack") or (
        isinstance(s.target.type, List | Tuple) and isinstance(t, List | Tuple) and _is_slice(s)
    ):
        classes.union(classes.elem(s.target), classes.elem(x))
        if s.op == "unpack" and isinstance(t, Tuple | List):
            return
    else:
        classes.union(s.target, classes.elem(x))
    if isinstance(t, Num | Unknown) or t is None:
        classes.union(s.target, x)


def _is_slice(s: Let) -> bool:
    return s.op == "getitem" and isinstance(type_of_atom(s.args[1]), Slice)


def _method(classes: Classes, s: Let, touched: list[Any]) -> None:
    x, name = s.args[0], str(getattr(s.args[1], "value", ""))
    if not isinstance(x, Var):
        return
    if name in MUTATING_METHODS:
        touched.append(x)
        for a in s.args[2:]:
            if isinstance(a, Var):
                if name in ("extend", "update"):
                    classes.union(classes.elem(x), classes.elem(a))
                else:
                    _store(classes, x, a)
    elif x.type.__class__ in (Unknown, Obj) and not any(hasattr(c, name) for c in _DATA):
        touched.append(x)  # a method of some class of the user's, which may store into its object
        for a in s.args[2:]:
            if isinstance(a, Var):
                _store(classes, x, a)
    if s.target is not None and is_reference(s.target.type):
        if name in ("pop", "get", "setdefault", "popitem", "popleft"):
            classes.union(s.target, classes.elem(x))
        else:
            classes.union(classes.elem(s.target), classes.elem(x))
            if isinstance(x.type, Unknown | Num | Obj):
                classes.union(s.target, x)


def _call(classes: Classes, s: Let, touched: list[Any]) -> None:
    callee = s.args[0]
    if isinstance(callee, Ref) and isinstance(callee.obj, Spec):
        _spec_call(classes, s, callee.obj, touched)
        return
    if isinstance(callee, Ref) and isinstance(callee.obj, Gradient):
        return  # it changes nothing and returns new memory
    if isinstance(callee, Ref) and changes_first(callee.obj):
        touched.extend(s.args[1:2])
        if callee.obj in SCATTERS:
            return
    rule = lookup(callee.obj) if isinstance(callee, Ref) else None
    if rule is not None:
        operand = aliased_operand(s)
        if operand is not None and s.target is not None and aliasing(rule, s) != "fresh":
            if isinstance(s.target.type, List | Tuple) and not isinstance(getattr(operand, "type", None), List | Tuple):
                _store(classes, s.target, operand)  # a list of views: np.split
            else:
                _union(classes, s.target, operand)
        return
    if isinstance(callee, Ref) and (callee.obj in (make_object, setattr) or _is_record(callee.obj)):
        holder = s.args[1] if callee.obj is setattr else s.target  # it holds on to its attributes
        for a in s.args[1 if _is_record(callee.obj) else 2 :]:
            if isinstance(holder, Var):
                _store(classes, holder, a)
        return
    # a function that we cannot see into: it may change and return whatever it is given
    harmless = isinstance(callee, Ref) and callee.obj in _HARMLESS
    for a in s.args[1:]:
        if isinstance(a, Var) and is_reference(a.type):
            if not harmless:
                touched.append(a)
                touched.append(classes.elem(a))
            if s.target is not None and is_reference(s.target.type):
                classes.union(classes.elem(s.target), classes.elem(a))
                if not harmless:
                    classes.union(s.target, a)


def _is_record(obj: Any) -> bool:
    """Is this the class of a named tuple?"""
    return isinstance(obj, type) and issubclass(obj, tuple) and hasattr(obj, "_fields")


_HARMLESS = (len, range, isinstance, type, print, list, tuple, dict, set, frozenset, any, all, str, repr, bool, int, float,
             reversed, sorted, min, max, sum, hasattr, callable, ord, chr, setattr, make_object)  # fmt: skip


def _spec_call(classes: Classes, s: Let, spec: Spec, touched: list[Any]) -> None:
    if spec.fn is None:  # a recursive call met while its own summary is computed: everything may happen
        args = [a for a in s.args[1:] if isinstance(a, Var) and is_reference(a.type)]
        for a in args:
            touched.append(a)
        return
    summary = summarise(spec)
    mapping: dict[Any, Any] = {}
    pairs: list[tuple[Any, Any]] = list(zip(summary.params, s.args[1:], strict=False))
    if s.target is not None and is_reference(s.target.type) and summary.result is not None:
        pairs.append((summary.result, s.target))
    for key, atom in pairs:
        if key is not None and isinstance(atom, Var) and is_reference(atom.type):
            _match(classes, summary, key, atom, mapping, touched, _DEPTH)


def _match(
    classes: Classes, summary: Summary, key: Any, mine: Any, mapping: dict[Any, Any], touched: list[Any], depth: int
) -> None:
    if key in mapping:
        classes.union(mapping[key], mine)
    mapping[key] = mine
    if key in summary.mutated:
        touched.append(mine)
    inner = summary.elems.get(key)
    if inner is not None and depth:
        _match(classes, summary, inner, classes.elem(mine), mapping, touched, depth - 1)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a call does to memory: classes of the parameters and of the result, element classes, mutated classes."""

    params: tuple[Any, ...]
    result: Any
    elems: dict[Any, Any]
    mutated: frozenset[Any]


def summarise(spec: Spec) -> Summary:
    """The effect of calling ``spec``."""
    fn = spec.fn
    assert fn is not None
    if fn in _ASSUMED:
        _CONSULTED.add(fn)
        return _ASSUMED[fn]
    return _summary_of(fn, alias(fn))


def _summary_of(fn: Function, info: AliasInfo) -> Summary:
    """In terms of numbers given in order of appearance, so that two summaries can be compared."""
    numbers: dict[Any, int] = {}
    elems: dict[int, int] = {}

    def number(key: Any, depth: int = _DEPTH) -> int:
        known = key in numbers
        n = numbers.setdefault(key, len(numbers))
        if not known and depth and info.classes.has_elem(key):
            elems[n] = number(info.classes.elem(key), depth - 1)
        return n

    params = tuple(number(info.classes.find(p.var)) for p in fn.params)
    result = number(info.classes.find(fn.result)) if isinstance(fn.result, Var) else None
    return Summary(params, result, elems, frozenset(numbers[k] for k in info.mutated if k in numbers))


def touched_by(info: AliasInfo, block: Block) -> set[Any]:
    """The classes that the statements of a block, in their regions as well, may store into."""
    return {info.classes.find(x) for s in walk(block) if isinstance(s, Let) for x in _touched(info.classes, s)}


def mutated_params(fn: Function) -> tuple[int, ...]:
    """Positions of the parameters whose memory the function stores into."""
    info = alias(fn)
    return tuple(k for k, p in enumerate(fn.params) if is_reference(p.var.type) and info.deep_mutated(p.var))


def stores(fn: Function) -> list[Let]:
    """Every statement that changes memory directly."""
    return [s for s in walk(fn.body) if isinstance(s, Let) and s.op in _STORES]
