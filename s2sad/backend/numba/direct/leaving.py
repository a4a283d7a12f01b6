"""The ways out of a function with an error.

What is owned where an error is raised, is released on the way out: by a block for each array that frees it and goes on to
the block of the array that was made before it. So errors that are raised beside each other share all of these::

    raise.0:                             out.2:                       out.1:                          out:
      store ptr @error, ptr %exc           call decref(ptr %b)          call decref(ptr %a)             ret i32 %status
      br label %out.2                      br label %out.1              br label %out
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

Owners = tuple[str, ...]


class Leaving:
    """``held``: what is owned at this moment, by the blocks that are being written, the outer before the inner."""

    def __init__(self) -> None:
        self.held: list[Mapping[Any, Sequence[str]]] = []
        self.raised: dict[tuple[str, Owners], str] = {}  # an error and what is released: the block
        self.used: list[tuple[str, Owners]] = []  # those that are raised
        self.passed: list[tuple[str, str, Owners]] = []  # calls that may fail: what they say, from which block
        self.blocks: dict[Owners, str] = {(): "out"}

    def owners(self) -> Owners:
        return tuple([o for held in self.held for owners in held.values() for o in owners if o != "null"])

    @contextmanager
    def holding(self, *owners: str) -> Iterator[None]:
        """These are owned too, by nothing that has a name."""
        self.held.append({None: owners})
        yield
        self.held.pop()

    def raises(self, constant: str) -> str:
        """The block that raises this error and releases what is owned here."""
        key = constant, self.owners()
        self.used.append(key)
        return self.raised.setdefault(key, f"raise.{len(self.raised)}")

    def passes(self, status: str, label: str) -> str:
        """The block that ends the function with this number, of a callee that has said which error it is."""
        owners = self.owners()
        self.passed.append((status, label, owners))
        return self._block(owners)

    def mark(self) -> tuple[int, int]:
        """Where this is, for ``back``."""
        return len(self.used), len(self.passed)

    def back(self, mark: tuple[int, int]) -> None:
        """Forget what was raised since then."""
        del self.used[mark[0] :], self.passed[mark[1] :]

    def releases(self) -> bool:
        """Is anything released on a way out?"""
        return len(self.blocks) > 1 or any(owners for _, owners in self.raised)

    def _block(self, owners: Owners) -> str:
        return self.blocks.setdefault(owners, f"out.{len(self.blocks)}")

    def text(self) -> list[str]:
        """All of these blocks."""
        lines: list[str] = []
        edges: dict[Owners, list[str]] = {}
        for key in dict.fromkeys(self.used):
            constant, owners = key
            label = self.raised[key]
            lines += [f"{label}:", f"  store ptr {constant}, ptr %exc, align 8", f"  br label %{self._block(owners)}"]
            edges.setdefault(owners, []).append(f"[1, %{label}]")
        for status, label, owners in self.passed:
            edges.setdefault(owners, []).append(f"[{status}, %{label}]")
        for length in range(max(map(len, edges), default=-1), -1, -1):
            for owners in [o for o in edges if len(o) == length]:
                name = self._block(owners)
                lines += [f"{name}:", f"  %{name}.status = phi i32 {', '.join(edges[owners])}"]
                if not owners:
                    lines.append(f"  ret i32 %{name}.status")
                    continue
                rest = owners[:-1]
                edges.setdefault(rest, []).append(f"[%{name}.status, %{name}]")
                lines += [f"  call void @NRT_decref(ptr {owners[-1]})", f"  br label %{self._block(rest)}"]
        return lines


__all__ = ["Leaving"]
