"""Result types of ``x[index]``: basic, integer-array and boolean-mask indexing, and subscripts of containers."""

from __future__ import annotations

from s2sad.ir.types import (
    INT,
    NUM,
    ONE,
    RANGE,
    STR,
    UNKNOWN,
    Affine,
    Array,
    Dict,
    Dim,
    List,
    Lit,
    Num,
    Opaque,
    Range,
    Scalar,
    Slice,
    Sym,
    Tuple,
    Type,
    Unknown,
    is_number,
    join_all,
    same_key,
)
from s2sad.rules.typing_core import as_array, broadcast_dims, literal, never_raises, size_of


def _dims(x: Scalar | Array) -> tuple[Dim, ...] | None:
    return () if isinstance(x, Scalar) else x.dims


def slice_dim(dim: Dim, index: Slice | Lit) -> Dim:
    """The length of ``x[start:stop:step]`` along an axis of size ``dim``, as NumPy has it where nothing is clipped."""
    parts: tuple[Type, ...]
    if isinstance(index, Lit):
        parts = tuple(Lit(v) for v in (index.value.start, index.value.stop, index.value.step))
    else:
        parts = (index.start, index.stop, index.step)
    values = [literal(p) for p in parts]
    if dim is not None and dim.is_const and all(ok for ok, _ in values):
        return Affine(len(range(*slice(*(v for _, v in values)).indices(dim.const))))
    ok, step = values[2]
    if not ok or step not in (None, 1, -1):
        return None
    if step == -1:
        return dim if values[0] == values[1] == (True, None) else None
    start = _bound(parts[0], dim, Affine(0))
    stop = _bound(parts[1], dim, dim)
    if stop is None and start == Affine(0):
        return _lesser(size_of(parts[1]), dim)
    return None if start is None or stop is None else stop - start


def _lesser(size: Dim, dim: Dim) -> Dim:
    """The length of ``x[:size]``, which may be clipped: of two sizes that are not 1 the lesser is not either."""
    if size is None or dim is None or not size.not_one or not dim.not_one or size.const < 0:
        return None
    if any(c < 0 for _, c in size.terms):
        return None  # it may be negative, which counts from the end
    return Affine(0, ((Sym(f"min({size}, {dim})"), 1),))


def _bound(t: Type, dim: Dim, absent: Dim) -> Dim:
    """A bound of a slice as a position; None where clipping to the axis cannot be ruled out."""
    if isinstance(t, Lit) and t.value is None:
        return absent
    size = size_of(t)
    if size is None:
        return None
    if size.is_const and size.const < 0:
        return None if dim is None else dim + size
    if size == absent or size == Affine(0):
        return size
    if dim is None:
        return None
    gap = dim - size
    if absent == Affine(0):  # a start: a small constant is taken to be inside, as in x[1:]
        return size if size.is_const or (gap.is_const and gap.const >= 0) else None
    return size if gap.is_const and gap.const >= 0 else None


def _index_parts(index: Type) -> list[Type]:
    return list(index.items) if isinstance(index, Tuple) else [index]


def _consumes(t: Type) -> int | None:
    """How many axes an element of an index uses up; None where unknown. Ellipsis and None use none."""
    if isinstance(t, Lit) and (t.value is None or t.value is Ellipsis):
        return 0
    if isinstance(t, Slice) or (isinstance(t, Lit) and isinstance(t.value, slice)):
        return 1
    a = as_array(t)
    if a is None or a.dtype is None:
        return None
    if a.dtype == "bool":
        return None if _dims(a) is None else len(_dims(a) or ())
    return 1


@never_raises
def indexed_array(x: Array, index: Type) -> Type:
    """``x[index]`` for an array: basic, integer-array and boolean-mask indexing, also mixed."""
    if isinstance(index, List) and index.frozen:  # how many axes does a tuple of unknown length take?
        return Array(x.dtype, None) if isinstance(index.item, Array) and index.item.dims else NUM
    parts = _index_parts(index)
    if any(isinstance(p, Num | Unknown) for p in parts):
        return NUM
    used = [_consumes(p) for p in parts]
    if x.dims is None or any(u is None for u in used):
        return NUM
    ellipses = [k for k, p in enumerate(parts) if isinstance(p, Lit) and p.value is Ellipsis]
    missing = len(x.dims) - sum(u for u in used if u is not None)
    full: list[Type] = [Slice(Lit(None), Lit(None), Lit(None))] * missing
    at = ellipses[0] if ellipses else len(parts)
    parts = parts[:at] + full + parts[at + (1 if ellipses else 0) :]
    dims, advanced = _index_dims(x.dims, parts)
    if dims is None:
        return Array(x.dtype, None)
    if not dims and not ellipses and (x.dims or not advanced):
        return Scalar(x.dtype, weak=False) if x.dtype is not None else NUM
    return Array(x.dtype, dims)


def _is_advanced(t: Type) -> bool:
    return isinstance(t, Array | List | Tuple) or (is_number(t) and getattr(as_array(t), "dtype", "") == "bool")


def _index_dims(dims: tuple[Dim, ...], parts: list[Type]) -> tuple[tuple[Dim, ...] | None, bool]:
    """The dimensions of an indexing with no ellipsis left, and whether any index is an array."""
    any_advanced = any(_is_advanced(p) for p in parts)
    out: list[Dim] = []
    joint: tuple[Dim, ...] | None = ()
    places: list[int] = []  # positions in parts of the advanced indices (ints too, once there is one)
    axis = 0
    insert_at = 0
    for k, p in enumerate(parts):
        if isinstance(p, Lit) and p.value is None:
            out.append(ONE)
            continue
        if isinstance(p, Slice) or (isinstance(p, Lit) and isinstance(p.value, slice)):
            out.append(slice_dim(dims[axis], p))
            axis += 1
            continue
        if any_advanced:
            if not places:
                insert_at = len(out)
            places.append(k)
            joint, taken = _joint(joint, p)
            axis += taken
        else:
            axis += 1
    if not any_advanced:
        return tuple(out), False
    if joint is None:
        return None, True
    together = places == list(range(places[0], places[-1] + 1))
    at = insert_at if together else 0
    return (*out[:at], *joint, *out[at:]), True


def _joint(joint: tuple[Dim, ...] | None, p: Type) -> tuple[tuple[Dim, ...] | None, int]:
    a = as_array(p)
    if a is None:
        return None, 1
    if a.dtype == "bool":
        return broadcast_dims(joint, (None,)), len(_dims(a) or ())
    return broadcast_dims(joint, _dims(a)), 1


@never_raises
def indexed(x: Type, index: Type) -> Type:
    """The type of ``x[index]`` for an array, tuple, list, dict, range or string."""
    if isinstance(x, Array):
        return indexed_array(x, index)
    if isinstance(x, Range):
        return RANGE if isinstance(index, Slice) else INT
    if isinstance(x, Dict):
        ok, key = literal(index)
        for k, t in x.items or ():
            if ok and same_key(k, key):
                return t
        return x.value
    if isinstance(x, Tuple | List):
        return _element(x, index)
    if (isinstance(x, Opaque) and x.cls is str) or (isinstance(x, Lit) and isinstance(x.value, str)):
        return STR
    return NUM if isinstance(x, Num) else UNKNOWN


def _element(x: Tuple | List, index: Type) -> Type:
    whole = x.item if isinstance(x, List) else join_all(x.items)
    is_slice = isinstance(index, Slice) or (isinstance(index, Lit) and isinstance(index.value, slice))
    ok, value = literal(index)
    if isinstance(index, Slice):
        bounds = [literal(p) for p in (index.start, index.stop, index.step)]
        ok, value = all(b for b, _ in bounds), slice(*(v for _, v in bounds))
    if not is_slice:
        return x.items[value] if ok and x.items is not None else whole
    if not ok or x.items is None:
        return List(whole) if isinstance(x, List) else UNKNOWN
    part = x.items[value]
    return List(join_all(part), part) if isinstance(x, List) else Tuple(part)
