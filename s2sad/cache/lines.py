"""Which line of the user's file a line of an emitted module comes from: unpacked when an exception asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

Place = tuple[str, int]


def pack(line_map: Mapping[int, Place]) -> dict[str, list[int]]:
    """By file: emitted line, user's line, emitted line, user's line..."""
    out: dict[str, list[int]] = {}
    for k, (file, line) in sorted(line_map.items()):
        out.setdefault(file, []).extend((k, line))
    return out


class Lines(Mapping[int, Place]):
    """What was packed, with ``shift`` added to the emitted lines."""

    def __init__(self, packed: dict[str, list[int]], shift: int = 0) -> None:
        self.packed, self.shift = packed, shift

    @cached_property
    def _places(self) -> dict[int, Place]:
        out = {}
        for file, numbers in self.packed.items():
            for k, line in zip(numbers[::2], numbers[1::2], strict=True):
                out[k + self.shift] = (file, line)
        return out

    def __getitem__(self, line: int) -> Place:
        return self._places[line]

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


__all__ = ["Lines", "Place", "pack"]
