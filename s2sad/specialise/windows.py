"""Slices of one length that move with the index of a loop: ``x[i : i + n]`` has n elements where nothing clips it.

``window(rw, dim, start, stop)`` is that length, an affine form, for ``i`` in ``range(m)`` and an axis with room for
``m - 1 + n``. It holds if the length is not negative: of what is compared with the size of an array, which is not.
"""

from __future__ import annotations

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, For, Let, Ref, Var, walk
from s2sad.ir.types import Affine, Dim
from s2sad.rules.typing_core import size_of
from s2sad.specialise.driver import Rewriter, const
from s2sad.specialise.facts import made, origin


def window(rw: Rewriter, dim: Dim, start: Atom, stop: Atom) -> Affine | None:
    """``stop - start``, where ``0 <= start`` and ``stop <= dim`` for sure and ``start`` is the index of a loop."""
    i = origin(rw, start)
    if dim is None or not isinstance(i, Var):
        return None
    length, most = _beyond(rw, stop, i), _most(rw, i)
    if length is None or most is None:
        return None
    room = dim - (most + length)
    return length if room.is_const and room.const >= 0 else None


def _beyond(rw: Rewriter, a: Atom, i: Var, depth: int = 6) -> Affine | None:
    """How much ``a``, a sum with the index in it, is more than the index."""
    if origin(rw, a) is i:
        return Affine(0)
    d = made(rw, a)
    if d is None or d.op not in ("add", "sub") or not depth:
        return None
    x, y = d.args
    for part, other in ((x, y), (y, x)) if d.op == "add" else ((x, y),):
        more, size = _beyond(rw, part, i, depth - 1), size_of(type_of_atom(other))
        if more is not None and size is not None:
            return more + size if d.op == "add" else more - size
    return None


def _most(rw: Rewriter, i: Var) -> Affine | None:
    """The greatest value of the index of a loop over a range that starts at 0 or above."""
    if rw.ranges is None:
        rw.ranges = {s.item: s.iter for s in walk(rw.fn.body) if isinstance(s, For)}
    d = made(rw, rw.ranges[i]) if i in rw.ranges else None
    if not isinstance(d, Let) or d.op != "call" or not isinstance(d.args[0], Ref) or d.args[0].obj is not range:
        return None
    if len(d.args) == 3:
        first = const(d.args[1])
        if not isinstance(first, int) or first < 0:
            return None
    elif len(d.args) != 2:
        return None
    end = size_of(type_of_atom(d.args[-1]))
    return None if end is None else end - 1


__all__ = ["window"]
