"""Classes of values that may be the same object, with the class of their elements (Steensgaard 1996).

``B. Steensgaard, Points-to analysis in almost linear time, POPL 1996``: every copy unifies two classes; every read of an
element unifies with the element class of the container.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from s2sad.analysis.effects import INPLACE_OPS
from s2sad.ir.nodes import Block, For, If, Let, Try, Var, While, walk


class Classes:
    """Union-find over hashable items; each class has at most one element class, made when asked for."""

    def __init__(self) -> None:
        self._parent: dict[Hashable, Hashable] = {}
        self._elem: dict[Hashable, Hashable] = {}
        self._fields: dict[Hashable, dict[str, Hashable]] = {}
        self._count = 0

    def find(self, x: Hashable) -> Hashable:
        parent = self._parent
        root = parent.setdefault(x, x)
        if root is x:
            return x
        while (above := parent[root]) is not root:
            root = above
        while (above := parent[x]) is not root:
            parent[x] = root
            x = above
        return root

    def elem(self, x: Hashable) -> Hashable:
        root = self.find(x)
        if root not in self._elem:
            self._count += 1
            self._elem[root] = ("elem", self._count)
        return self.find(self._elem[root])

    def has_elem(self, x: Hashable) -> bool:
        return self.find(x) in self._elem

    def field(self, x: Hashable, name: str) -> Hashable:
        """The class of an attribute."""
        fields = self._fields.setdefault(self.find(x), {})
        if name not in fields:
            self._count += 1
            fields[name] = ("field", self._count)
        return self.find(fields[name])

    def union(self, a: Hashable, b: Hashable) -> None:
        a, b = self.find(a), self.find(b)
        if a == b:
            return
        ea, eb = self._elem.pop(a, None), self._elem.get(b)
        fields = self._fields.pop(a, {})
        self._parent[a] = b
        if ea is not None:
            if eb is None:
                self._elem[b] = ea
            else:
                self.union(ea, eb)
        for name, item in fields.items():
            self.union(self.field(b, name), item)

    def union_all(self, pairs: Iterable[tuple[Hashable, Hashable]]) -> None:
        for a, b in pairs:
            self.union(a, b)

    def parts(self, x: Hashable) -> dict[str, Hashable]:
        """The classes of what something holds that are known: of its elements ("") and of its attributes."""
        root = self.find(x)
        own = {"": self.find(self._elem[root])} if root in self._elem else {}
        return {**own, **{k: self.find(v) for k, v in self._fields.get(root, {}).items()}}

    def part(self, x: Hashable, step: str) -> Hashable:
        return self.field(x, step) if step else self.elem(x)

    def same(self, a: Hashable, b: Hashable) -> bool:
        return self.find(a) == self.find(b)


_ELEMENT_READS = frozenset({"getitem", "getattr", "unpack", "unpack_star", "iter_list"})
_DISPLAYS = frozenset({"tuple", "list", "set", "dict"})
_ELEMENT_STORES = {"append": 2, "insert": 3, "extend": 2, "setdefault": 3, "update": 2}


def unify_structure(block: Block, classes: Classes, let: Callable[[Let], None]) -> None:
    """Apply the copies that control flow makes (branch results, carried values); ``let`` handles each ``Let``."""

    def union(a: object, b: object) -> None:
        if isinstance(a, Var) and isinstance(b, Var):
            classes.union(a, b)

    for s in walk(block):
        if isinstance(s, Let):
            let(s)
        elif isinstance(s, If):
            for t, a, b in zip(s.targets, s.then.results, s.orelse.results, strict=True):
                union(t, a)
                union(t, b)
        elif isinstance(s, For | While):
            for c, i, n, t in zip(s.carried, s.init, s.body.results, s.targets, strict=False):
                for other in (i, n, t):
                    union(c, other)
            if isinstance(s, For) and isinstance(s.iter, Var):
                classes.union(s.item, classes.elem(s.iter))
        elif isinstance(s, Try):
            for end in (s.body, *(h.body for h in s.handlers)):
                for t, a in zip(s.targets, end.results, strict=False):
                    union(t, a)


def untyped_classes(block: Block, classes: Classes | None = None) -> Classes:
    """The classes of a block before any type is known (for list and dict displays that are mutated later), added to
    ``classes`` where given."""
    classes = Classes() if classes is None else classes
    slices: set[Var | None] = set()

    def let(s: Let) -> None:
        args = [a if a.__class__ is Var else None for a in s.args]
        if s.op == "slice":
            slices.add(s.target)
        if s.op == "getattr" and s.target is not None and args[0] is not None:
            classes.union(s.target, classes.field(args[0], _name(s)))
        elif s.op in _ELEMENT_READS and s.target is not None and args[0] is not None:
            cut = s.op == "getitem" and args[1] is not None and args[1] in slices
            if cut:  # of a list: a new list, which may change in turn
                classes.union(s.target, args[0])
            else:
                classes.union(s.target, classes.elem(args[0]))
        elif s.op in _DISPLAYS and s.target is not None:
            for a in args:
                if a is not None:
                    classes.union(classes.elem(s.target), a)
        elif s.op in ("add", "mul", "or_") and s.target is not None:
            for a in args:  # lists are joined and repeated
                if a is not None:
                    classes.union(classes.elem(s.target), classes.elem(a))
        elif s.op == "copy" or s.op in INPLACE_OPS:
            if s.target is not None and args[0] is not None:
                classes.union(s.target, args[0])
            if s.op != "copy" and args[0] is not None and args[1] is not None:
                classes.union(classes.elem(args[0]), classes.elem(args[1]))
        elif s.op == "setitem" and args[0] is not None and args[2] is not None:
            classes.union(classes.elem(args[0]), args[2])
        elif s.op == "setattr" and args[0] is not None and args[2] is not None:
            classes.union(classes.field(args[0], _name(s)), args[2])
        elif s.op == "method" and args[0] is not None:
            _method(classes, s, args)
        elif s.op == "call" and s.target is not None:
            for a in args[1:]:  # zip, enumerate, reversed, list...: elements of elements
                if a is not None:
                    classes.union(classes.elem(s.target), classes.elem(a))

    unify_structure(block, classes, let)
    return classes


def _name(s: Let) -> str:
    return str(getattr(s.args[1], "value", ""))


def _method(classes: Classes, s: Let, args: list[Var | None]) -> None:
    name = getattr(s.args[1], "value", None)
    base = args[0]
    position = _ELEMENT_STORES.get(str(name))
    if position is not None and len(args) > position and args[position] is not None:
        item = args[position]
        classes.union(classes.elem(base), classes.elem(item) if name in ("extend", "update") else item)
    if s.target is not None and name in ("pop", "get", "setdefault", "popleft"):
        classes.union(s.target, classes.elem(base))
    elif s.target is not None:
        classes.union(classes.elem(s.target), classes.elem(base))
