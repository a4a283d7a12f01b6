"""Where adjoints live: the differentiable leaves of a value, and which containers are taken apart at compile time.

A tuple, list or dict whose structure is known and that is only read at known positions has one adjoint per leaf
(``params["W"]`` has ``W_bar``). A container that is mutated, iterated or read at computed positions has a *mirror*: an
object of the same structure that holds the adjoints of its elements.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from s2sad.analysis.alias import AliasInfo, alias
from s2sad.analysis.infer.program import Gradient, Spec
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.wide import wide
from s2sad.ir.named import unlike_tuple
from s2sad.ir.nodes import Const, Function, Let, Ref, Var, walk
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import Array, Dict, List, Lit, Obj, Slice, Tuple, Type, Unknown, is_differentiable
from s2sad.rules.registry import lookup
from s2sad.runtime import make_object

Step = tuple[str, Any]  # ("item", key) or ("attr", name)
Path = tuple[Step, ...]
Key = tuple[Var, Path]

_STATIC_USES = frozenset(
    {"tuple", "list", "dict", "getattr", "unpack", "copy", "is_", "is_not", "not", "in_", "not_in"}
)


_ELEMENT_METHODS = frozenset({"append", "insert", "pop"})  # what they take or give keeps its own structure


@dataclass(frozen=True, slots=True)
class Layout:
    """Which containers of a function are mirrors. ``dynamic`` holds the classes of memory accessed dynamically, ``stored``
    those of objects whose attributes are stored into, ``wide`` the values that may be numbers and whose adjoints are arrays."""

    info: AliasInfo
    dynamic: frozenset[Any]
    stored: frozenset[Any] = frozenset()
    wide: dict[Var, Array] = field(default_factory=dict, repr=False, compare=False)
    known: dict[Var, list[tuple[Path, Type]]] = field(default_factory=dict, repr=False, compare=False)

    def is_mirror(self, v: Var) -> bool:
        return self._in_one_piece(self.info.find(v), v.type)

    def _in_one_piece(self, key: Any, t: Type | None) -> bool:
        if t.__class__ is Obj:
            return key in self.stored
        return isinstance(t, (List, Dict, Tuple, Unknown)) and key in self.dynamic

    def mirroring(self, classes: set[Any]) -> Layout:
        """The layout in which these classes have mirrors as well."""
        more = classes - self.dynamic
        return Layout(self.info, self.dynamic | more, self.stored, self.wide) if more else self

    def leaves(self, v: Var) -> list[tuple[Path, Type]]:
        """Paths and types of the differentiable parts of ``v``; a mirror is one leaf."""
        leaves = self.known.get(v)
        if leaves is None:
            found = self._leaves(self.info.find(v), self.wide.get(v) or v.type or Unknown(), ())
            leaves = self.known[v] = [(p, q) for p, q in found if is_differentiable(q)]
        return leaves

    def _leaves(self, key: Any, t: Type, path: Path) -> list[tuple[Path, Type]]:
        if self._in_one_piece(key, t):
            return [(path, t)]
        children = _children(t)
        if children is None:
            return [(path, t)]
        inner = self.info.classes.elem(key)
        return [leaf for step, child in children for leaf in self._leaves(inner, child, (*path, step))]


def _children(t: Type) -> list[tuple[Step, Type]] | None:
    if t.__class__ is Tuple:
        return [(("item", k), c) for k, c in enumerate(t.items)]
    if t.__class__ is List and t.items is not None:
        return [(("item", k), c) for k, c in enumerate(t.items)]
    if t.__class__ is Dict and t.items is not None:
        return [(("item", k), c) for k, c in t.items]
    if t.__class__ is Obj:
        return [(("attr", k), c) for k, c in t.attrs]
    return None


@lru_cache(maxsize=512)
def layout(fn: Function) -> Layout:
    """Find the classes of containers that need a mirror."""
    info = alias(fn)
    dynamic: set[Any] = set()
    stored: set[Any] = set()
    for s in walk(fn.body):
        if isinstance(s, Let):
            _uses(info, s, dynamic)
            if s.op == "setattr" and isinstance(s.args[0], Var):
                stored.add(s.args[0])
    for key in list(info.mutated):
        dynamic.add(info.classes.find(key))
    totals = {v: t for v, t in wide(fn).items() if not info.is_mutated(v)}
    return Layout(info, frozenset(info.classes.find(k) for k in dynamic), frozenset(map(info.find, stored)), totals)


def _uses(info: AliasInfo, s: Let, dynamic: set[Any]) -> None:
    if s.op in _STATIC_USES:
        return
    if s.op == "getitem":
        x, i = s.args
        if isinstance(x, Var) and not _static_read(x.type, type_of_atom(i)):
            dynamic.add(info.find(x))
        return
    if s.op == "call":
        callee = s.args[0]
        if isinstance(callee, Ref) and isinstance(callee.obj, Spec):
            _call(info, s, callee.obj, dynamic)
            return
        if isinstance(callee, Ref) and isinstance(callee.obj, Gradient):
            return  # its adjoint is put together leaf by leaf
        if (isinstance(callee, Ref) and callee.obj in (len, isinstance, type, setattr, make_object)) or (
            isinstance(callee, Ref)
            and isinstance(callee.obj, type)
            and issubclass(callee.obj, tuple)
            and (callee.obj is tuple or not unlike_tuple(callee.obj))
        ):
            return
        if isinstance(callee, Ref) and lookup(callee.obj) is not None:
            return  # the cotangent of a container operand is a container: it is taken apart leaf by leaf
    known = s.op == "method" and getattr(s.args[1], "value", "") in _ELEMENT_METHODS
    for a in s.args[:1] if known else s.args:
        if isinstance(a, Var):
            dynamic.add(info.find(a))


def _call(info: AliasInfo, s: Let, spec: Spec, dynamic: set[Any]) -> None:
    if spec.fn is None:
        return
    if spec.fn in _RUNNING:
        return
    _RUNNING.add(spec.fn)
    try:
        inner = layout(spec.fn)
    finally:
        _RUNNING.discard(spec.fn)
    for p, a in zip(spec.fn.params, s.args[1:], strict=False):
        if isinstance(a, Var):
            _lift(info, info.find(a), inner, inner.info.find(p.var), dynamic, 4)


_RUNNING: set[Function] = set()


def _lift(info: AliasInfo, mine: Any, inner: Layout, theirs: Any, dynamic: set[Any], depth: int) -> None:
    if theirs in inner.dynamic:
        dynamic.add(mine)
    if depth and inner.info.classes.has_elem(theirs):
        _lift(info, info.classes.elem(mine), inner, inner.info.classes.elem(theirs), dynamic, depth - 1)


def _static_read(t: Type | None, i: Type) -> bool:
    if isinstance(t, Tuple):
        return isinstance(i, Lit) or _literal_slice(i)
    if isinstance(t, List | Dict):
        return t.items is not None and (isinstance(i, Lit) or _literal_slice(i))
    return not isinstance(t, Unknown)


def _literal_slice(i: Type) -> bool:
    return isinstance(i, Slice) and all(isinstance(b, Lit) for b in (i.start, i.stop, i.step))


def step_of(index: Type) -> Step | None:
    """The step that a read at a known position takes."""
    return ("item", index.value) if isinstance(index, Lit) else None


def normal_step(t: Type | None, step: Step) -> Step:
    """Negative positions as non-negative ones."""
    kind, k = step
    if kind == "item" and isinstance(t, Tuple | List) and t.items is not None and isinstance(k, int) and k < 0:
        return (kind, k + len(t.items))
    return step


def const(key: Any) -> Const:
    return Const(key)
