"""The functions of a module that one of them calls, as one text for LLVM."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s2sad.backend.numba.direct.function import Direct
from s2sad.backend.numba.direct.values import Kind, NotDirect
from s2sad.backend.numba.direct.writer import Shared
from s2sad.ir.nodes import Function

FAST = "reassoc nsz arcp contract afn "


class Module:
    """``functions`` by their names; ``pickled``: how an error is written down (Numba's form)."""

    def __init__(self, functions: Mapping[str, Function], fast: bool, pickled: Callable[[Any], bytes]) -> None:
        self.functions = functions
        self.shared = Shared(FAST if fast else "")
        self.pickled = pickled
        self.made: dict[tuple[str, tuple[Kind, ...]], tuple[str, Kind] | None] = {}
        self.texts: list[str] = []

    def entry(self, name: str, kinds: Sequence[Kind], symbol: str) -> tuple[str, Kind]:
        """The text of the function with this name, called ``symbol``, and of all that it needs; the kind of its result."""
        self.made[name, tuple(kinds)] = None
        direct = self._direct(name, kinds)
        self.texts.append(direct.text(f'@"{symbol}"', ""))
        shared = self.shared
        text = "\n".join([*self._errors(), *shared.declared.values(), *self.texts, *shared.metadata, ""])
        return text, direct.result

    def callee(self, name: str, kinds: tuple[Kind, ...]) -> tuple[str, Kind]:
        """The function that is called for arguments of these kinds, and the kind of its result."""
        found = self.made.get((name, kinds), ())
        if found is None:
            raise NotDirect("a function that calls itself")
        if found:
            return found
        self.made[name, kinds] = None
        direct = self._direct(name, kinds)
        symbol = f"@s2sad.own.{len(self.made)}"
        self.texts.append(direct.text(symbol, "internal "))
        self.made[name, kinds] = out = symbol, direct.result
        return out

    def _direct(self, name: str, kinds: Sequence[Kind]) -> Direct:
        fn = self.functions.get(name)
        if fn is None or len(fn.params) != len(kinds) or any(p.kind in ("star", "starstar") for p in fn.params) or fn.captured:
            raise NotDirect("a function that is not known")
        return Direct(self, fn, kinds)

    def _errors(self) -> list[str]:
        """The constants from which Numba makes errors."""
        out = []
        for (cls, args), name in self.shared.errors.items():
            try:
                data = self.pickled((cls, args, None))
            except Exception as error:
                raise NotDirect("an error that cannot be written down") from error
            digest = hashlib.sha1(data).digest()
            out += [
                f"{name}.data = internal constant [{len(data)} x i8] {_bytes(data)}",
                f"{name}.hash = internal constant [{len(digest)} x i8] {_bytes(digest)}",
                f"{name} = internal constant {{ptr, i32, ptr, ptr, i32}} "
                f"{{ptr {name}.data, i32 {len(data)}, ptr {name}.hash, ptr null, i32 0}}",
            ]
        return out


def _bytes(data: bytes) -> str:
    return 'c"' + "".join(f"\\{b:02X}" for b in data) + '"'


__all__ = ["Module"]
