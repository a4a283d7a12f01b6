"""Elements of arrays, and new arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from s2sad.backend.numba.direct.values import MEMORY, SIZE, Arr, NotDirect, Num, Thing, Tup
from s2sad.backend.numba.direct.writer import UNLIKELY, Writer

DTYPES = {"float64": "f", "int64": "i", "bool": "b", "bool_": "b", "float": "f", "int": "i"}
_ERRORS = (  # as Numba words them
    (ValueError, "negative dimensions not allowed"),
    (ValueError, "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum possible size."),
    (MemoryError, "Allocation failed (probably too large)."),
)


def index_texts(w: Writer, a: Arr, index: Sequence[Num]) -> list[str]:
    """Places counted from the start."""
    out = []
    for i, n in zip(index, a.shape, strict=True):
        x = i if i.kind == "u" else w.convert(i, "i")
        if i.kind == "f":
            raise NotDirect("an index that is a float")
        if x.kind == "u" or x.positive or x.place:
            out.append(x.text)
        elif x.value is not None:
            out.append(w.emit(f"add i64 {n}, {x.text}"))
        else:
            below = w.emit(f"icmp slt i64 {x.text}, 0")
            out.append(w.emit(f"select i1 {below}, i64 {w.emit(f'add i64 {x.text}, {n}')}, i64 {x.text}"))
    return out


def address(w: Writer, a: Arr, index: Sequence[Num]) -> str:
    """Where an element lies."""
    places = index_texts(w, a, index)
    if a.strides is not None:
        offset = ""
        for i, s in zip(places, a.strides, strict=True):
            step = w.emit(f"mul i64 {i}, {s}")
            offset = w.emit(f"add i64 {offset}, {step}") if offset else step
        return w.emit(f"getelementptr i8, ptr {a.data}, i64 {offset}")
    offset = places[0]
    for i, n in zip(places[1:], a.shape[1:], strict=True):
        row = w.emit(f"mul i64 {offset}, {n}") if offset != "0" else "0"
        offset = w.emit(f"add i64 {row}, {i}") if row != "0" and i != "0" else i if row == "0" else row
    return w.emit(f"getelementptr {MEMORY[a.dtype]}, ptr {a.data}, i64 {offset}") if offset != "0" else a.data


def load(w: Writer, a: Arr, at: str) -> Num:
    text = w.emit(f"load {MEMORY[a.dtype]}, ptr {at}, align {SIZE[a.dtype]}{w.told(a)}")
    return Num("b", w.emit(f"trunc i8 {text} to i1")) if a.dtype == "b" else Num(a.dtype, text)


def store(w: Writer, a: Arr, at: str, value: Num) -> None:
    x = w.convert(value, a.dtype).text
    if a.dtype == "b":
        x = w.emit(f"zext i1 {x} to i8")
    w.effect(f"store {MEMORY[a.dtype]} {x}, ptr {at}, align {SIZE[a.dtype]}{w.told(a)}")


# -- new arrays ------------------------------------------------------------------------------------------------------------


def dtype_kind(x: Any) -> str:
    """What an atom that names a dtype stands for."""
    value = x.value if isinstance(x, Thing) else None
    name = value if isinstance(value, str) else getattr(value, "__name__", "")
    if name not in DTYPES:
        raise NotDirect("a dtype")
    return DTYPES[name]


def sizes_of(w: Writer, shape: Any) -> tuple[str, ...]:
    items = shape.items if isinstance(shape, Tup) else (shape,)
    if not all(isinstance(x, Num) and x.kind in "ib" for x in items):
        raise NotDirect("a shape")
    return tuple(w.convert(x, "i").text for x in items)


def new_array(w: Writer, dtype: str, shape: tuple[str, ...], zero: bool, origin: Any) -> Arr:
    """An array of its own memory."""
    name = _allocator(w, len(shape), SIZE[dtype], zero)
    made = w.emit(f"call {{ptr, ptr, i32}} @{name}({', '.join(['ptr %exc', *(f'i64 {n}' for n in shape)])})")
    w.pass_on(w.emit(f"extractvalue {{ptr, ptr, i32}} {made}, 2"))
    owner = w.emit(f"extractvalue {{ptr, ptr, i32}} {made}, 0")
    data = w.emit(f"extractvalue {{ptr, ptr, i32}} {made}, 1")
    return Arr(dtype, owner, data, shape, None, "C", origin)


def _allocator(w: Writer, rank: int, size: int, zero: bool) -> str:
    """The function that allocates: the owner, the elements, and 1 where it failed (the error is then at ``%exc``)."""
    name = f"s2sad.{'zeros' if zero else 'empty'}.{rank}.{size}"
    if name in w.shared.declared:
        return name
    sizes = [f"%n{k}" for k in range(rank)]
    below, large_, full = (w.shared.error(cls, (text,)) for cls, text in _ERRORS)
    params = ", ".join(["ptr %exc", *(f"i64 {n}" for n in sizes)])
    lines = [f"define internal {{ptr, ptr, i32}} @{name}({params}) noinline {{", "entry:"]
    count, negative, large = "1", "false", "false"
    for k, n in enumerate([*sizes, str(size)]):
        lines += [
            f"  %p{k} = call {{i64, i1}} @llvm.smul.with.overflow.i64(i64 {count}, i64 {n})",
            f"  %c{k} = extractvalue {{i64, i1}} %p{k}, 0",
            f"  %o{k} = extractvalue {{i64, i1}} %p{k}, 1",
            f"  %l{k} = or i1 {large}, %o{k}",
        ]  # fmt: skip
        if k < rank:
            lines += [f"  %s{k} = icmp slt i64 {n}, 0", f"  %m{k} = or i1 {negative}, %s{k}"]
            negative = f"%m{k}"
        count, large = f"%c{k}", f"%l{k}"
    lines += [
        f"  %bad = or i1 {negative}, {large}",
        f"  %size = select i1 {negative}, ptr {below}, ptr {large_}",
        f"  br i1 %bad, label %wrong, label %right, {UNLIKELY}",
        "right:",
        f"  %owner = call ptr @NRT_MemInfo_alloc_aligned(i64 {count}, i32 32)",
        "  %null = icmp eq ptr %owner, null",
        f"  br i1 %null, label %wrong, label %done, {UNLIKELY}",
        "wrong:",
        f"  %why = phi ptr [%size, %entry], [{full}, %right]",
        "  store ptr %why, ptr %exc, align 8",
        "  %w1 = insertvalue {ptr, ptr, i32} zeroinitializer, i32 1, 2",
        "  ret {ptr, ptr, i32} %w1",
        "done:",
        "  %at = getelementptr i8, ptr %owner, i64 24",
        "  %data = load ptr, ptr %at, align 8",
        *([f"  call void @llvm.memset.p0.i64(ptr %data, i8 0, i64 {count}, i1 false)"] if zero else ()),
        "  %d1 = insertvalue {ptr, ptr, i32} zeroinitializer, ptr %owner, 0",
        "  %d2 = insertvalue {ptr, ptr, i32} %d1, ptr %data, 1",
        "  ret {ptr, ptr, i32} %d2",
        "}",
    ]  # fmt: skip
    w.shared.declare("llvm.smul", "declare {i64, i1} @llvm.smul.with.overflow.i64(i64, i64)")
    w.shared.declare("NRT_MemInfo_alloc_aligned", "declare noalias ptr @NRT_MemInfo_alloc_aligned(i64, i32)")
    if zero:
        declare_memset(w)
    w.shared.declare(name, "\n".join(lines))
    return name


def declare_memset(w: Writer) -> None:
    w.shared.declare("llvm.memset", "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")


# -- references ------------------------------------------------------------------------------------------------------------


def incref(w: Writer, owner: str) -> None:
    if owner != "null":
        w.shared.declare("NRT_incref", "declare void @NRT_incref(ptr)")
        w.effect(f"call void @NRT_incref(ptr {owner})")


def copied(w: Writer, a: Arr, origin: Any) -> Arr:
    """An array of the same elements without gaps."""
    out = new_array(w, a.dtype, a.shape, False, origin)
    if a.strides is None:
        w.shared.declare("llvm.memcpy", "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
        size = w.product((*a.shape, str(SIZE[a.dtype])))
        w.effect(f"call void @llvm.memcpy.p0.p0.i64(ptr {out.data}, ptr {a.data}, i64 {size}, i1 false)")
        return out
    _copy_axis(w, a, out, [])
    return out


def _copy_axis(w: Writer, a: Arr, out: Arr, places: list[Num]) -> None:
    """Loops over the axes that are left."""
    if len(places) == a.rank:
        store(w, out, address(w, out, places), load(w, a, address(w, a, places)))
        return
    before, body, after = w.label, w.block(), w.block()
    item, following = w.name(), w.name()
    n = a.shape[len(places)]
    w.branch(w.emit(f"icmp sgt i64 {n}, 0"), body, after)
    w.start(body)
    head = len(w.lines)
    _copy_axis(w, a, out, [*places, Num("i", item, None, True)])
    w.lines.insert(head, f"  {item} = phi i64 [0, %{before}], [{following}, %{w.label}]")
    w.effect(f"{following} = add nsw i64 {item}, 1")
    w.branch(w.emit(f"icmp slt i64 {following}, {n}"), body, after)
    w.start(after)


__all__ = [
    "address", "copied", "declare_memset", "dtype_kind", "incref", "load", "new_array", "sizes_of", "store",
]  # fmt: skip
