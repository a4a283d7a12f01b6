"""``copy.deepcopy`` of what the types tell the structure of.

*before*                        *after*, for ``p`` with ``a: float``, ``b: [float, float]``::

    q = copy.deepcopy(p)            q_a = p_a
                                    q_b = [p_b[0], p_b[1]]

What is in the structure twice is there once in the copy. For objects that is known; two arrays or lists that may be one
raise when they are.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.infer import calls
from s2sad.analysis.infer.growing import grow
from s2sad.analysis.infer.records import Record, new_object, record_of
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Ref, Var
from s2sad.ir.types import BOOL, NEVER, Array, Dict, List, Lit, Obj, Opaque, RefT, Scalar, Tuple

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_PLAIN = (Scalar, Lit, RefT)


class _Unfollowed(Exception):
    """Something whose structure the types do not tell."""


def deepcopy(f: FunctionInfer, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, untyped: Any) -> Any:
    if len(pos) != 1 or kw or isinstance(type_of_atom(pos[0]), Opaque):
        return NotImplemented
    try:
        return _Copier(f).copied(pos[0], name, untyped)
    except _Unfollowed as why:
        f.refuse("S2S063", f"copy.deepcopy of {why}", "copy the parts one by one")
        return UNDEF


class _Copier:
    def __init__(self, f: FunctionInfer) -> None:
        self.f = f
        self.objects: dict[Record, Var] = {}
        self.memory: list[tuple[Var, Atom]] = []

    def copied(self, a: Atom, name: str = "", untyped: Any = None) -> Atom:
        t = type_of_atom(a)
        if isinstance(t, _PLAIN) or not isinstance(a, Var):
            return a
        if isinstance(t, Obj):
            return self._object(a, t, name)
        if isinstance(t, Tuple) and t.cls is None and t.code is None:
            parts = self.f.tuples.get(a) or tuple(self.f.emit("getitem", a, Const(k)) for k in range(len(t.items)))
            return self.f.emit("tuple", *map(self.copied, parts), name=name)
        if isinstance(t, Array | List | Dict):
            return self._in_memory(a, name, untyped)
        raise _Unfollowed("a value whose type is not known")

    def _object(self, a: Var, t: Obj, name: str) -> Atom:
        from s2sad.analysis.infer import objects

        record = record_of(self.f, a)
        special = ("__deepcopy__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__")
        if record is None or record.frozen or any(getattr(record.cls, n, None) is not getattr(object, n, None) for n in special):
            raise _Unfollowed(f"an object of class {t.cls.__name__} that is not followed")
        if record in self.objects:
            return self.objects[record]
        new = Record(record.cls, name)
        made = self.objects[record] = new_object(self.f, new)
        for k in {**record.declared, **record.attrs}:
            new.attrs[k] = self.copied(objects.read(self.f, a, Obj(record.cls), k, k) or UNDEF)
        return made

    def _in_memory(self, a: Var, name: str, untyped: Any) -> Atom:

        f, t = self.f, a.type
        for other, made in self.memory:
            if other is a:
                return made
            if type(other.type) is type(t):
                self._require_two(a, other)
        new: Atom
        if isinstance(t, Array):
            if t.dtype is None or t.dtype == "object":
                raise _Unfollowed("an array of objects")
            new = calls.call_object(f, Ref(np.array, "np.array"), (a,), {}, name, None) or UNDEF
        elif isinstance(t, List) and (t.items is None or untyped is None):
            if not isinstance(t.item, _PLAIN) and t.item != NEVER:
                raise _Unfollowed("a list of arrays, lists or dicts whose length may change")
            new = f.emit("call", Ref(list, "list"), a, name=name, type=List(t.item))
            new = grow(f, untyped, new) if isinstance(new, Var) else new
        elif isinstance(t, List) and t.items is not None:
            parts = [self.copied(f.emit("getitem", a, Const(k))) for k in range(len(t.items))]
            new = grow(f, untyped, f.emit("list", *parts, name=name))
        elif isinstance(t, Dict) and t.items is not None and untyped is not None:
            pairs = [x for k, _ in t.items for x in (Const(k), self.copied(f.emit("getitem", a, Const(k))))]
            new = grow(f, untyped, f.emit("dict", *pairs, name=name))
        else:
            raise _Unfollowed("a dict whose keys are not known")
        self.memory.append((a, new))
        return new

    def _require_two(self, a: Var, other: Var) -> None:
        f = self.f

        def raises() -> None:
            text = Const("copy.deepcopy of a structure that holds one array or list twice is differentiated")
            f.effect("raise_", f.emit("call", Ref(ValueError, "ValueError"), text, type=Opaque(ValueError)))

        f.branch(f.emit("is_", a, other, type=BOOL), raises, lambda: None)


HANDLERS: dict[Any, Any] = {copy.deepcopy: deepcopy}

__all__ = ["HANDLERS", "deepcopy"]
