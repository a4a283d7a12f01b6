"""The text of one function of LLVM's, as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from s2sad.backend.numba.direct.leaving import RELEASE, Leaving
from s2sad.backend.numba.direct.values import Arr, Kind, Num, Tup, join, kind_of, leaf_types, number

UNLIKELY = "!prof !0"
_DECREF = "NRT_decref", "declare void @NRT_decref(ptr)"


class Shared:
    """What the functions of a module have in common: errors, declarations, names for LLVM."""

    def __init__(self, fast: str) -> None:
        self.fast = fast
        self.declared: dict[str, str] = {}
        self.elementary: dict[Any, None] = {}  # the functions of elementary.py that are called
        self.errors: dict[tuple[Any, tuple[Any, ...]], str] = {}
        self.metadata: list[str] = ['!0 = !{!"branch_weights", i32 1, i32 2000}']

    def declare(self, name: str, text: str) -> None:
        self.declared.setdefault(name, text)

    def named(self) -> int:
        """A new number for a node of metadata."""
        self.metadata.append("")
        return len(self.metadata) - 1

    def error(self, cls: Any, args: tuple[Any, ...]) -> str:
        """The constant that says which error is raised."""
        return self.errors.setdefault((cls, args), f"@s2sad.error.{len(self.errors)}")


class Writer:
    """Instructions go to ``lines``; the block that they are in is ``label``. After a jump there is none (``dead``)."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.lines: list[str] = []
        self.label = "entry"
        self.dead = False
        self.count = 0
        self.places: list[str] = []  # at the start of the function
        self.leaving = Leaving()
        self.scopes: dict[Any, tuple[int, int]] = {}  # of an origin: the numbers of its two lists

    # -- instructions ----------------------------------------------------------------------------------------------
    def name(self) -> str:
        self.count += 1
        return f"%v{self.count}"

    def emit(self, text: str) -> str:
        self.count += 1
        name = f"%v{self.count}"
        self.lines.append(f"  {name} = {text}")
        return name

    def effect(self, text: str) -> None:
        self.lines.append("  " + text)

    def block(self) -> str:
        self.count += 1
        return f"b{self.count}"

    def start(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.label = label
        self.dead = False

    def jump(self, label: str) -> None:
        if not self.dead:
            self.lines.append(f"  br label %{label}")
            self.dead = True

    def branch(self, test: str, then: str, orelse: str, weights: str = "") -> None:
        self.lines.append(f"  br i1 {test}, label %{then}, label %{orelse}{', ' + weights if weights else ''}")
        self.dead = True

    def place(self, kind: str) -> str:
        """Room for a value in memory."""
        name = self.name()
        self.places.append(f"  {name} = alloca {kind}")
        return name

    def part(self, place: str, whole: str, path: tuple[int, ...]) -> str:
        """Where a part of what lies in memory is."""
        if not path:
            return place
        steps = ", ".join(f"i32 {k}" for k in path)
        return self.emit(f"getelementptr inbounds {whole}, ptr {place}, i32 0, {steps}")

    # -- errors ----------------------------------------------------------------------------------------------------
    def raises(self, cls: Any, args: tuple[Any, ...]) -> str:
        """The block that raises an error here."""
        return self.leaving.raises(self.shared.error(cls, args))

    def check(self, bad: str, cls: Any, *args: Any) -> None:
        """Raise where ``bad`` is true."""
        after = self.block()
        self.branch(bad, self.raises(cls, args), after, UNLIKELY)
        self.start(after)

    def pass_on(self, status: str) -> None:
        """Leave the function where a callee did so with an error."""
        after = self.block()
        out = self.leaving.passes(status, self.label)
        self.branch(self.emit(f"icmp ne i32 {status}, 0"), out, after, UNLIKELY)
        self.start(after)

    def owned(self, v: object, owners: Sequence[str]) -> None:
        """Write down what the variable owns from here on."""
        for k, owner in enumerate(owners):
            if owner != "null":
                self.effect(f"store ptr {owner}, ptr {self.leaving.slot(v, k)}, align 8")

    def given_up(self, v: object, owners: Sequence[str]) -> None:
        """Write down that the variable owns nothing from here on."""
        for k, owner in enumerate(owners):
            if owner != "null":
                self.effect(f"store ptr null, ptr {self.leaving.slot(v, k)}, align 8")

    def decref(self, owner: str) -> None:
        if owner != "null":
            self.shared.declare(*_DECREF)
            self.effect(f"call void @NRT_decref(ptr {owner})")

    def body(self) -> list[str]:
        """All that stands between the head of the function and its end."""
        ending = self.leaving.text()
        if self.leaving.slots:
            self.shared.declare(*_DECREF)
            self.shared.declare("llvm.memset", "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
            self.shared.declare("s2sad.release", RELEASE)
        return ["entry:", *self.leaving.start(), *self.places, *self.lines, *ending]

    # -- numbers ---------------------------------------------------------------------------------------------------
    def convert(self, x: Num, kind: str) -> Num:
        """The number as one of another kind."""
        if x.kind == kind:
            return x
        if x.value is not None and kind == "f":
            return number(float(x.value))
        if kind == "f":
            if x.kind == "u":
                return Num("f", self.emit(f"uitofp i64 {x.text} to double"))
            how = "uitofp i1" if x.kind == "b" else "sitofp i64"
            return Num("f", self.emit(f"{how} {x.text} to double"))
        if kind == "i":
            if x.kind == "u":
                return Num("i", x.text)
            if x.kind == "b":
                if x.value is not None:
                    return number(int(x.value))
                return Num("i", self.emit(f"zext i1 {x.text} to i64"), None, True)
            return Num("i", self.emit(f"fptosi double {x.text} to i64"))
        if x.kind == "f":
            return Num("b", self.emit(f"fcmp une double {x.text}, 0.0"))
        return Num("b", self.emit(f"icmp ne i64 {x.text}, 0"))

    def cast(self, value: Any, kind: Kind) -> Any:
        """A value as one of a kind that it fits."""
        if value.__class__ is Num:
            return self.convert(value, kind)
        if value.__class__ is Tup:
            return Tup(tuple(self.cast(x, k) for x, k in zip(value.items, kind[1:], strict=True)))
        if kind == kind_of(value):
            return value
        return Arr(value.dtype, value.owner, value.data, value.shape, self.strides(value), "A")

    def strides(self, a: Arr) -> tuple[str, ...]:
        """The strides of an array in bytes."""
        if a.strides is not None:
            return a.strides
        out = ["1" if a.dtype == "b" else "8"]
        for n in reversed(a.shape[1:]):
            out.insert(0, self.emit(f"mul nsw i64 {out[0]}, {n}"))
        return tuple(out)

    def product(self, sizes: Any) -> str:
        out = ""
        for n in sizes:
            out = self.emit(f"mul nsw i64 {out}, {n}") if out else n
        return out or "1"

    # -- values as rows of LLVM's ----------------------------------------------------------------------------------
    def flat(self, value: Any) -> list[str]:
        """The values of LLVM's that make one value, in the order of ``leaf_types``."""
        if value.__class__ is Num:
            return [value.text]
        if value.__class__ is Tup:
            return [t for item in value.items for t in self.flat(item)]
        return [value.owner, value.data, *value.shape, *(value.strides or () if value.layout != "C" else ())]

    def whole(self, kind: Kind, texts: Any) -> Any:
        """The value made of the next ones."""
        if isinstance(kind, str):
            return Num(kind, next(texts))
        if kind[0] == "tup":
            return Tup(tuple([self.whole(k, texts) for k in kind[1:]]))
        _, dtype, rank, layout = kind
        owner, data = next(texts), next(texts)
        shape = tuple([next(texts) for _ in range(rank)])
        strides = None if layout == "C" else tuple([next(texts) for _ in range(rank)])
        return Arr(dtype, owner, data, shape, strides, layout)

    def for_memory(self, value: Any) -> list[str]:
        """The same as arguments and results have them."""
        if value.__class__ is Num:
            if value.kind == "b":
                return [self.emit(f"zext i1 {value.text} to i8")]
            return [value.text]
        if value.__class__ is Tup:
            return [t for item in value.items for t in self.for_memory(item)]
        size = "1" if value.dtype == "b" else "8"
        return [value.owner, "null", self.product(value.shape), size, value.data, *value.shape, *self.strides(value)]

    def from_memory(self, kind: Kind, texts: Any) -> Any:
        if isinstance(kind, str):
            text = next(texts)
            return Num("b", self.emit(f"icmp ne i8 {text}, 0")) if kind == "b" else Num(kind, text)
        if kind[0] == "tup":
            return Tup(tuple([self.from_memory(k, texts) for k in kind[1:]]))
        _, dtype, rank, layout = kind
        owner, _, _, _, data = (next(texts) for _ in range(5))
        shape, strides = ([next(texts) for _ in range(rank)] for _ in range(2))
        return Arr(dtype, owner, data, tuple(shape), None if layout == "C" else tuple(strides), layout)

    # -- which arrays share no memory ------------------------------------------------------------------------------
    def told(self, a: Arr) -> str:
        """What is said of an access to an element: it is of the arrays of this origin, and of those of no other."""
        if a.origin is None:
            return ""
        if a.origin not in self.scopes:
            self.scopes[a.origin] = self.shared.named(), self.shared.named()
        own, others = self.scopes[a.origin]
        return f", !alias.scope !{own}, !noalias !{others}"

    def close_scopes(self) -> None:
        """Write down what the numbers of ``told`` stand for."""
        if not self.scopes:
            return
        nodes = self.shared.metadata
        domain = self.shared.named()
        nodes[domain] = f"!{domain} = distinct !{{!{domain}}}"
        names = []
        for own, _ in self.scopes.values():
            name = self.shared.named()
            nodes[name] = f"!{name} = distinct !{{!{name}, !{domain}}}"
            nodes[own] = f"!{own} = !{{!{name}}}"
            names.append(f"!{name}")
        for k, (_, others) in enumerate(self.scopes.values()):
            nodes[others] = f"!{others} = !{{{', '.join(n for j, n in enumerate(names) if j != k)}}}"


def joined(values: Any) -> Kind:
    """The kind of a variable that has all these values."""
    kinds = [kind_of(v) for v in values]
    out = kinds[0]
    for k in kinds[1:]:
        out = join(out, k)
    return out


__all__ = ["UNLIKELY", "Shared", "Writer", "joined", "leaf_types"]
