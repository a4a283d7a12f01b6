"""Parts of arrays, and other shapes of the same memory."""

from __future__ import annotations

from typing import Any

from s2sad.backend.numba.direct.arrays import copied, index_texts
from s2sad.backend.numba.direct.values import Arr, NotDirect, Num, Part, Thing, Tup, number
from s2sad.backend.numba.direct.writer import Writer


def part_of(w: Writer, a: Arr, items: tuple[Any, ...]) -> Arr:
    """``a[items]``: places and slices."""
    strides = w.strides(a)
    offset = ""
    shape: list[str] = []
    steps: list[str] = []
    gaps = a.strides is not None
    for axis, (item, n) in enumerate(zip(_completed(a, items), a.shape, strict=True)):
        if isinstance(item, Num):
            (start,) = index_texts(w, Arr(a.dtype, a.owner, a.data, (n,)), (item,))
            gaps = gaps or bool(shape)
        else:
            start, size = _bounds(w, item, n)
            gaps = gaps or (item.step != 1 or ((item.start, item.stop) != (None, None) and bool(shape)))
            shape.append(size)
            steps.append(w.emit(f"mul i64 {strides[axis]}, {item.step}") if item.step != 1 else strides[axis])
        moved = w.emit(f"mul i64 {start}, {strides[axis]}") if start != "0" else "0"
        offset = moved if offset in ("", "0") else w.emit(f"add i64 {offset}, {moved}") if moved != "0" else offset
    data = w.emit(f"getelementptr i8, ptr {a.data}, i64 {offset}") if offset not in ("", "0") else a.data
    if not shape:
        raise NotDirect("a part without axes")
    if gaps:
        return Arr(a.dtype, a.owner, data, tuple(shape), tuple(steps), "A", a.origin)
    return Arr(a.dtype, a.owner, data, tuple(shape), None, "C", a.origin)


def _completed(a: Arr, items: tuple[Any, ...]) -> list[Any]:
    """One item for each axis."""
    dots = [k for k, x in enumerate(items) if isinstance(x, Thing) and x.value is ...]
    if len(dots) > 1 or any(isinstance(x, Thing) and x.value is not ... for x in items):
        raise NotDirect("an index of this kind")
    at = dots[0] if dots else len(items)
    first, last = list(items[:at]), list(items[at + 1 :])
    missing = a.rank - len(first) - len(last)
    if missing < 0 or not all(isinstance(x, Num | Part) for x in (*first, *last)):
        raise NotDirect("an index of this kind")
    return [*first, *[Part(None, None, 1)] * missing, *last]


def _bounds(w: Writer, item: Part, n: str) -> tuple[str, str]:
    """The first place of a slice and how many there are."""
    if item.step <= 0:
        raise NotDirect("a slice backwards")
    if item.start is None and item.stop is None and item.step == 1:
        return "0", n
    start = "0" if item.start is None else _clipped(w, item.start, n)
    stop = n if item.stop is None else _clipped(w, item.stop, n)
    size = stop if start == "0" else w.emit(f"sub i64 {stop}, {start}")
    if item.step != 1:
        size = w.emit(f"sdiv i64 {w.emit(f'add i64 {size}, {item.step - 1}')}, {item.step}")
    if start == "0" and item.step == 1:
        return start, size
    below = w.emit(f"icmp slt i64 {size}, 0")
    return start, w.emit(f"select i1 {below}, i64 0, i64 {size}")


def _clipped(w: Writer, x: Num, n: str) -> str:
    text = w.convert(x, "i").text
    if not x.positive:
        below = w.emit(f"icmp slt i64 {text}, 0")
        text = w.emit(f"select i1 {below}, i64 {w.emit(f'add i64 {text}, {n}')}, i64 {text}")
        under = w.emit(f"icmp slt i64 {text}, 0")
        text = w.emit(f"select i1 {under}, i64 0, i64 {text}")
    over = w.emit(f"icmp sgt i64 {text}, {n}")
    return w.emit(f"select i1 {over}, i64 {n}, i64 {text}")


def transposed(w: Writer, a: Arr) -> Arr:
    if a.rank < 2:
        return a
    layout = {"C": "F", "F": "C"}.get(a.layout, "A")
    strides = None if layout == "C" else tuple(reversed(w.strides(a)))
    return Arr(a.dtype, a.owner, a.data, tuple(reversed(a.shape)), strides, layout, a.origin)


def reshaped(w: Writer, a: Arr, shape: Any) -> Arr:
    """The elements in another shape; one size may be -1."""
    if a.layout != "C":
        raise NotDirect("another shape of an array with gaps")
    items = shape.items if isinstance(shape, Tup) else (shape,)
    if not items or not all(isinstance(x, Num) and x.kind == "i" for x in items):
        raise NotDirect("a shape of this kind")
    total = w.product(a.shape)
    sizes = [x.text for x in items]
    open_ = [k for k, x in enumerate(items) if not x.positive]
    if open_:
        below = {k: w.emit(f"icmp slt i64 {sizes[k]}, 0") for k in open_}
        known = [w.emit(f"select i1 {below[k]}, i64 1, i64 {n}") if k in below else n for k, n in enumerate(sizes)]
        rest = w.product(known)
        none = w.emit(f"icmp eq i64 {rest}, 0")
        found = w.emit(f"sdiv i64 {total}, {w.emit(f'select i1 {none}, i64 1, i64 {rest}')}")
        for n, k in enumerate(open_):
            for other in open_[:n]:
                both = w.emit(f"and i1 {below[other]}, {below[k]}")
                w.check(both, ValueError, "multiple negative shape values")
            sizes[k] = w.emit(f"select i1 {below[k]}, i64 {found}, i64 {sizes[k]}")
    w.check(w.emit(f"icmp ne i64 {w.product(sizes)}, {total}"), ValueError, "total size of new array must be unchanged")
    return Arr(a.dtype, a.owner, a.data, tuple(sizes), None, "C", a.origin)


def flattened(w: Writer, a: Arr) -> Arr:
    if a.layout != "C":
        raise NotDirect("a flat copy of an array with gaps")
    return Arr(a.dtype, a.owner, a.data, (w.product(a.shape),), None, "C", a.origin)


def without_gaps(w: Writer, a: Arr, origin: Any) -> tuple[Arr, bool]:
    """The array, or a copy of it where it has gaps (or may have): true for a copy."""
    return (a, False) if a.layout == "C" else (copied(w, a, origin), True)


def size_of(w: Writer, a: Arr) -> Num:
    return Num("i", w.product(a.shape), None, True)


def shape_of(a: Arr) -> Tup:
    return Tup(tuple([Num("i", n, None, True) if not n.isdigit() else number(int(n)) for n in a.shape]))


__all__ = ["flattened", "part_of", "reshaped", "shape_of", "size_of", "transposed", "without_gaps"]
