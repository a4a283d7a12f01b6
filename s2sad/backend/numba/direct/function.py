"""One function, statement by statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from s2sad.backend.numba.direct.control import Scope, branch, hand_over, loop
from s2sad.backend.numba.direct.statements import LETS
from s2sad.backend.numba.direct.values import (
    Arr,
    Kind,
    NotDirect,
    Num,
    Rng,
    Thing,
    arrays_in,
    kind_of,
    leaf_types,
    number,
    paths,
    struct_type,
)  # fmt: skip
from s2sad.backend.numba.direct.writer import Writer
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, Function, If, Let, Ref, Try, Var
from s2sad.ir.types import Scalar

if TYPE_CHECKING:
    from s2sad.backend.numba.direct.module import Module

_FIRST = ("ptr noalias captures(none) %ret", "ptr noalias captures(none) %exc")
_DTYPES = {"float64": "f", "int64": "i", "bool": "b"}


class Direct:
    """Writes one function for arguments of these kinds."""

    def __init__(self, module: Module, fn: Function, kinds: Sequence[Kind]) -> None:
        self.module = module
        self.fn = fn
        self.w = Writer(module.shared)
        self.env: dict[Atom, Any] = {}
        self.result: Kind = None
        self.kinds = kinds

    # -- the whole -------------------------------------------------------------------------------------------------
    def text(self, name: str, linkage: str) -> str:
        w, params = self.w, []
        for p, kind in zip(self.fn.params, self.kinds, strict=True):
            types = leaf_types(kind, memory=True)
            names = [w.name() for _ in types]
            params += [f"{t} {n}" for t, n in zip(types, names, strict=True)]
            self.env[p.var] = w.from_memory(kind, iter(names))
        (value,) = self.block(self.fn.body)
        if w.dead and self.result is None:
            raise NotDirect("a function that only raises")
        if not w.dead:
            self._give(value)
        w.close_scopes()
        lines = [
            f"define {linkage}i32 {name}({', '.join([*_FIRST, *params])}) {{",
            *w.body(), "}", "",
        ]  # fmt: skip
        return "\n".join(lines)

    def _give(self, value: Any) -> None:
        w = self.w
        if isinstance(value, Thing) and value.value is None:
            self.result = "none"
            w.effect("ret i32 0")
            return
        self.result = kind = kind_of(value)
        whole = struct_type(kind)
        for path, t, text in zip(paths(kind), leaf_types(kind, memory=True), w.for_memory(value), strict=True):
            w.effect(f"store {t} {text}, ptr {w.part('%ret', whole, path)}")
        w.effect("ret i32 0")

    # -- blocks ----------------------------------------------------------------------------------------------------
    def block(self, block: Block, bound: Sequence[Var] = (), handed: Sequence[int] | None = None) -> list[Any]:
        """The values of a block's results, each array in them owned by who gets them. ``bound``: variables that the block
        owns from the start. ``handed``: which of the results are handed over; None for all."""
        w = self.w
        scope = Scope(w, block)
        for v in bound:
            scope.own(v, self.env[v], -1)
        scope.end(-1)
        for k, s in enumerate(block.stmts):
            if isinstance(s, Let):
                made = LETS.get(s.op)
                if made is None:
                    raise NotDirect(s.op)
                made(self, s, scope, k)
            elif isinstance(s, If):
                branch(self, s, scope, k)
            elif isinstance(s, Try):
                raise NotDirect("try")
            else:
                loop(self, s, scope, k)
            if w.dead:
                return [UNDEF] * len(block.results)
            scope.end(k)
        values = [self.value(a) for a in block.results]
        chosen = range(len(values)) if handed is None else handed
        hand_over(w, scope, [block.results[k] for k in chosen], [values[k] for k in chosen], len(block.stmts), frozenset())
        scope.finish()
        return values

    def value(self, a: Atom) -> Any:
        if a.__class__ is Var:
            try:
                return self.env[a]
            except KeyError:
                raise NotDirect("a variable that has no value") from None
        if a.__class__ is Const:
            value = a.value
            if isinstance(value, bool | int | float):
                return number(value)
            return Thing(value)
        if a is UNDEF:
            return UNDEF
        if isinstance(a, Ref):  # math.pi, or a class
            return number(a.obj) if isinstance(a.obj, bool | int | float) else Thing(a.obj)
        raise NotDirect("a value of this kind")

    def number(self, a: Atom) -> Num:
        value = self.value(a)
        if value.__class__ is not Num:
            raise NotDirect("anything but a number")
        return value

    def array(self, a: Atom) -> Arr:
        value = self.value(a)
        if value.__class__ is not Arr:
            raise NotDirect("anything but an array")
        return value

    def row(self, values: Sequence[Any], kinds: Sequence[Kind]) -> list[str]:
        """The values of LLVM's that make these, as values of these kinds."""
        out: list[str] = []
        for value, kind in zip(values, kinds, strict=True):
            if value is UNDEF:
                out += [{"double": "0.0", "i1": "false", "ptr": "null"}.get(t, "0") for t in leaf_types(kind)]
            else:
                out += self.w.flat(self.w.cast(value, kind))
        return out

    def told_kind(self, v: Var) -> Kind | None:
        return _DTYPES.get(v.type.dtype) if isinstance(v.type, Scalar) else None

    def range_length(self, over: Rng) -> Num:
        """How many numbers a range has."""
        w, step = self.w, over.step
        if step.value in (1, -1):
            a, b = (over.stop, over.start) if step.value == 1 else (over.start, over.stop)
            n = a.text if b.text == "0" else w.emit(f"sub i64 {a.text}, {b.text}")
            below = w.emit(f"icmp slt i64 {n}, 0")
            return Num("i", w.emit(f"select i1 {below}, i64 0, i64 {n}"), None, True)
        if step.value is not None and step.value == 0:
            w.check("true", ValueError, "range() arg 3 must not be zero")
        up = w.emit(f"icmp sgt i64 {step.text}, 0")
        above, under = (w.emit(f"sub i64 {a.text}, {b.text}") for a, b in ((over.stop, over.start), (over.start, over.stop)))
        distance = w.emit(f"select i1 {up}, i64 {above}, i64 {under}")
        size = w.emit(f"select i1 {up}, i64 {step.text}, i64 {w.emit(f'sub i64 0, {step.text}')}")
        none = w.emit(f"icmp eq i64 {size}, 0")
        safe = w.emit(f"select i1 {none}, i64 1, i64 {size}")
        full = w.emit(f"udiv i64 {w.emit(f'sub i64 {distance}, 1')}, {safe}")
        some = w.emit(f"icmp sgt i64 {distance}, 0")
        return Num("i", w.emit(f"select i1 {some}, i64 {w.emit(f'add i64 {full}, 1')}, i64 0"), None, True)

    # -- statements ------------------------------------------------------------------------------------------------
    def bind(self, s: Let, value: Any, scope: Scope | None = None, now: int = 0) -> None:
        """``scope``: where the value is owned by the target, since it was made for it."""
        if s.target is not None:
            self.env[s.target] = value
            if scope is not None:
                scope.own(s.target, value, now)
        elif scope is not None:
            for a in arrays_in(value):
                self.w.decref(a.owner)


__all__ = ["Direct"]
