"""Products of vectors and matrices by BLAS, as Numba calls it (through helpers of its own that find SciPy's)."""

from __future__ import annotations

from typing import Any

from s2sad.backend.numba.direct.arrays import declare_memset, new_array
from s2sad.backend.numba.direct.values import SIZE, Arr, NotDirect, Num
from s2sad.backend.numba.direct.writer import UNLIKELY, Shared, Writer

_DECLARED = {
    "numba_xxdot": "declare i32 @numba_xxdot(i8, i8, i64, ptr, ptr, ptr)",
    "numba_xxgemv": "declare i32 @numba_xxgemv(i8, i8, i64, i64, ptr, ptr, i64, ptr, ptr, ptr)",
    "numba_xxgemm": "declare i32 @numba_xxgemm(i8, i8, i8, i64, i64, i64, ptr, ptr, i64, ptr, i64, ptr, ptr, i64)",
}
_NAMES = {(1, 1): "vector * vector", (1, 2): "vector * matrix", (2, 1): "matrix * vector", (2, 2): "matrix * matrix"}
_KIND = f"i8 {ord('d')}"
_TRANSPOSED = {True: f"i8 {ord('t')}", False: f"i8 {ord('n')}"}
_MOST = 2**31 - 1
ONE, NIL = "@s2sad.one", "@s2sad.nil"


def dot(w: Writer, a: Arr, b: Arr, out: Arr | None, origin: Any) -> Any:
    """``np.dot(a, b)``, into ``out`` where there is one: by a function of its own for each kind of arrays."""
    ranks = a.rank, b.rank
    kinds = {x.dtype for x in (a, b, out) if x is not None}
    if ranks not in _NAMES or kinds != {"f"} or not {a.layout, b.layout} <= {"C", "F"} or (out is not None and out.layout != "C"):
        raise NotDirect("a product of these arrays")
    if ranks == (1, 1):
        place = w.place("double")
        _call_own(w, a, b, Arr("f", "null", place, ()))
        return Num("f", w.emit(f"load double, ptr {place}"))
    if out is None:
        out = new_array(w, "f", (*a.shape[:-1], *b.shape[1:]), False, origin)
        w.owned(origin, (out.owner,))
        _call_own(w, a, b, out)
        w.given_up(origin, (out.owner,))
        return out
    if out.rank != sum(ranks) - 2:
        raise NotDirect("a product into an array of another rank")
    _call_own(w, a, b, out)
    return out


def _call_own(w: Writer, *arrays: Arr) -> None:
    name = "s2sad.dot." + ".".join(f"{x.rank}{x.layout}" for x in arrays)
    if name not in w.shared.declared:
        w.shared.declare(name, _own(w.shared, name, *arrays))
    given = [text for x in arrays for text in (f"ptr {x.data}", *(f"i64 {n}" for n in x.shape))]
    w.pass_on(w.emit(f"call i32 @{name}({', '.join(['ptr %exc', *given])})"))


def _own(shared: Shared, name: str, *arrays: Arr) -> str:
    """The text of such a function."""
    w = Writer(shared)
    params, own = ["ptr %exc"], []
    for k, x in enumerate(arrays):
        sizes = tuple(f"%n{k}.{axis}" for axis in range(x.rank))
        params += [f"ptr %data{k}", *(f"i64 {n}" for n in sizes)]
        own.append(Arr("f", "null", f"%data{k}", sizes, None, x.layout))
    _checked(w, *own)
    head = f"define internal i32 @{name}({', '.join(params)}) noinline {{"
    return "\n".join([head, "entry:", *w.lines, "  ret i32 0", *w.leaving.text(), "}"])


def _checked(w: Writer, a: Arr, b: Arr, out: Arr) -> None:
    name = _NAMES[a.rank, b.rank]
    differ = w.emit(f"icmp ne i64 {a.shape[-1]}, {b.shape[0]}")
    w.check(differ, ValueError, f"incompatible array sizes for np.dot(a, b) ({name})")
    for n, m in zip(out.shape, (*a.shape[:-1], *b.shape[1:]), strict=True):
        w.check(w.emit(f"icmp ne i64 {n}, {m}"), ValueError, f"incompatible output array size for np.dot(a, b, out) ({name})")
    for n in (*a.shape, *b.shape):
        w.check(w.emit(f"icmp sgt i64 {n}, {_MOST}"), OverflowError, "array size too large to fit in C int")
    if out.rank:
        _product(w, a, b, out)
    else:
        _vectors(w, a.shape[0], a, b, out.data)


def _product(w: Writer, a: Arr, b: Arr, out: Arr) -> None:
    empty, some, after = w.block(), w.block(), w.block()
    everything = w.product(dict.fromkeys((*a.shape, *b.shape)))
    w.branch(w.emit(f"icmp eq i64 {everything}, 0"), empty, some, UNLIKELY)
    w.start(empty)
    declare_memset(w)
    w.effect(f"call void @llvm.memset.p0.i64(ptr {out.data}, i8 0, i64 {w.product((*out.shape, str(SIZE['f'])))}, i1 false)")
    w.jump(after)
    w.start(some)
    if (a.rank, b.rank) == (2, 2):
        _matrices(w, a, b, out, after)
    elif a.rank == 2:
        _matrix_vector(w, a, a.layout == "C", b.data, out.data)
    else:
        _matrix_vector(w, b, b.layout == "F", a.data, out.data)
    w.jump(after)
    w.start(after)


def _matrices(w: Writer, a: Arr, b: Arr, out: Arr, after: str) -> None:
    """Where a matrix has one row or column, it is a vector."""
    column, wide, both, right, left, full = (w.block() for _ in range(6))
    is_row = w.emit(f"icmp eq i64 {a.shape[0]}, 1")
    w.branch(w.emit(f"icmp eq i64 {b.shape[1]}, 1"), column, wide)
    w.start(column)
    w.branch(is_row, both, right)
    w.start(both)
    _vectors(w, a.shape[1], a, b, out.data)
    w.jump(after)
    w.start(right)
    _matrix_vector(w, a, a.layout == "C", b.data, out.data)
    w.jump(after)
    w.start(wide)
    w.branch(is_row, left, full)
    w.start(left)
    _matrix_vector(w, b, b.layout == "F", a.data, out.data)
    w.jump(after)
    w.start(full)
    (trans_b, ldb), (trans_a, lda) = ((_TRANSPOSED[x.layout != "C"], x.shape[x.layout == "C"]) for x in (b, a))
    _call(
        w, "numba_xxgemm", _KIND, trans_b, trans_a, f"i64 {b.shape[1]}", f"i64 {a.shape[0]}", f"i64 {a.shape[1]}", f"ptr {ONE}",
        f"ptr {b.data}", f"i64 {ldb}", f"ptr {a.data}", f"i64 {lda}", f"ptr {NIL}", f"ptr {out.data}", f"i64 {out.shape[1]}",
    )  # fmt: skip


def _vectors(w: Writer, n: str, a: Arr, b: Arr, out: str) -> None:
    _call(w, "numba_xxdot", _KIND, "i8 0", f"i64 {n}", f"ptr {a.data}", f"ptr {b.data}", f"ptr {out}")


def _matrix_vector(w: Writer, m: Arr, transposed: bool, vector: str, out: str) -> None:
    rows, columns = m.shape if m.layout == "F" else reversed(m.shape)
    _call(
        w, "numba_xxgemv", _KIND, _TRANSPOSED[transposed], f"i64 {rows}", f"i64 {columns}", f"ptr {ONE}", f"ptr {m.data}",
        f"i64 {rows}", f"ptr {vector}", f"ptr {NIL}", f"ptr {out}",
    )  # fmt: skip


def _call(w: Writer, name: str, *args: str) -> None:
    w.shared.declare(name, _DECLARED[name])
    for constant, value in ((ONE, "1.0"), (NIL, "0.0")):
        w.shared.declare(constant, f"{constant} = internal constant double {value}")
    status = w.emit(f"call i32 @{name}({', '.join(args)})")
    w.check(w.emit(f"icmp ne i32 {status}, 0"), RuntimeError, "BLAS wrapper returned with an error")


__all__ = ["dot"]
