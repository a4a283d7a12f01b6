"""Calls of the standard library and NumPy that are displays, copies and loops in disguise.

*before*                                  *after*

    d = dict.fromkeys(("a", "b"), 0.0)        d = {"a": 0.0, "b": 0.0}
    ys = copy.copy(xs)                        ys = xs[:]
    for i, j in np.ndindex(a.shape): ...      for i, j in list(np.ndindex(a.shape)): ...
    for at, v in np.ndenumerate(a): ...       for at in list(np.ndindex(a.shape)): v = a[at]; ...
    np.vectorize(g)(x)                        np.array([g(v) for v in x.ravel().tolist()]).reshape(x.shape)
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.infer import calls, elements, members, rewritten_running
from s2sad.analysis.infer.few import static_items
from s2sad.analysis.infer.growing import grow
from s2sad.analysis.infer.iterables import recipe
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Ref, Var
from s2sad.ir.types import INT, STR, Array, Dict, List, Lit, Scalar, Slice, Tuple, is_number, rank_of

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Args = tuple[Atom, ...]
Kw = dict[str, Atom]


def _fromkeys(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    value = pos[1] if len(pos) > 1 else Const(None)
    known = static_items(f, pos[0])
    keys = None if known is None else [get() for get in known]
    if keys is None or not all(isinstance(type_of_atom(k), Lit) for k in keys):
        return calls.call_object(f, Ref(rewritten_running.fromkeys, "dict.fromkeys"), (pos[0], value), {}, name, untyped)
    different = {type_of_atom(k).value: k for k in keys}  # type: ignore[attr-defined]
    made = f.emit("dict", *(a for k in different.values() for a in (k, value)), name=name)
    return grow(f, untyped, made)


def _copy(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``copy.copy``; of objects as their classes say."""
    x, t = pos[0], type_of_atom(pos[0])
    if isinstance(t, Array):
        return calls.call_object(f, Ref(np.array, "np.array"), (x,), {}, name, untyped)
    if isinstance(t, List) and not t.frozen:
        return calls.builtin_list(f, x, name, untyped)
    if isinstance(t, Dict):
        return calls.call_object(f, Ref(dict, "dict"), (x,), {}, name, untyped)
    if isinstance(t, Tuple | Scalar | Lit | List) and getattr(t, "cls", None) is None:
        return x
    return NotImplemented


def _places(f: FunctionInfer, shape: Args) -> Atom | None:
    """The list of ``np.ndindex``: tuples of as many indices as there are sizes."""
    whole = len(shape) == 1 and isinstance(type_of_atom(shape[0]), Tuple | List)
    rank = elements.known_length(f, type_of_atom(shape[0])) if whole else len(shape)
    if rank is None:
        return None
    made = f.emit("call", Ref(np.ndindex, "np.ndindex"), *shape)
    return f.emit("call", Ref(list, "list"), made, name="places", type=List(Tuple((INT,) * rank)))


def _ndindex(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    places = _places(f, pos)
    return NotImplemented if places is None else recipe(f, "iter", (places,), name)


def _ndenumerate(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    x = pos[0]
    t = type_of_atom(x)
    if not isinstance(t, Array) or t.dims is None:
        return NotImplemented
    places = _places(f, (f.emit("getattr", x, Const("shape")),))
    return recipe(f, "places", (places or UNDEF, x), name)


def _vectorize(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    if set(kw) - {"otypes", "doc", "cache"} or not 1 <= len(pos) <= 3:
        return NotImplemented
    otypes = kw.get("otypes", pos[1] if len(pos) > 1 else Const(None))
    if type_of_atom(otypes) != Lit(None):
        kinds = elements.elements(f, otypes) if not isinstance(otypes, Const) else tuple(map(Const, str(otypes.value)))
        if kinds is None or len(kinds) != 1 or not _is_float(kinds[0]):
            return f.refuse("S2S054", "np.vectorize to something else than one number, of type float", "write the loop")
        otypes = Const("d")
    given = (pos[0], otypes)
    return calls.call_object(f, Ref(rewritten_running.vectorize, "np.vectorize"), given, {}, name, untyped)


def _is_float(a: Atom) -> bool:
    """Does it name the type float?"""
    kind = a.obj if isinstance(a, Ref) else getattr(type_of_atom(a), "value", getattr(type_of_atom(a), "obj", None))
    return kind is float or kind is np.float64 or kind in ("d", "float", "float64")


def _unique(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """Of numbers that may be active; of integers and text it stays as it is."""
    t = type_of_atom(pos[0]) if pos else None
    plain = set(kw) <= {"return_index", "return_inverse", "return_counts", "equal_nan"} and len(pos) <= 4
    if not plain or not isinstance(t, Array) or t.dtype != "float64":
        return NotImplemented
    return calls.call_object(f, Ref(rewritten_running.unique, "np.unique"), pos, kw, name, untyped)


def _histogram(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    t = type_of_atom(pos[0]) if pos else None
    bins = type_of_atom(pos[1] if len(pos) > 1 else kw.get("bins", Const(10)))
    text = bins == STR or (isinstance(bins, Lit) and isinstance(bins.value, str))
    if text or not isinstance(t, Array) or t.dtype != "float64":
        return NotImplemented
    return calls.call_object(f, Ref(rewritten_running.histogram, "np.histogram"), pos, kw, name, untyped)


def vectorized(f: FunctionInfer, obj: Any, pos: Args, kw: Kw, name: str) -> Atom | None:
    """A call of an object that ``np.vectorize`` has made."""
    floats = obj.otypes is None or [np.dtype(t) for t in obj.otypes] == [np.dtype(float)]
    if kw or obj.signature is not None or obj.excluded or not floats:
        f.refuse("S2S054", "np.vectorize with a signature, with excluded arguments, or not of float", "write the loop")
        return UNDEF
    members.watch(f, obj, "pyfunc")
    inner = calls.reference(obj.pyfunc, getattr(obj.pyfunc, "__name__", "pyfunc"))
    otypes = Const(None if obj.otypes is None else "d")
    made = calls.call_object(f, Ref(rewritten_running.vectorize, "np.vectorize"), (inner, otypes), {}, "", None)
    return calls.call_atom(f, made or UNDEF, pos, {}, name)


def joined(f: FunctionInfer, obj: Any, index: Atom, name: str) -> Atom | None:
    """``np.r_[...]`` and ``np.c_[...]`` of arrays and numbers, and ``np.r_`` of slices of integers; None for others."""
    whole = isinstance(type_of_atom(index), Tuple)
    parts = elements.elements(f, index) if whole else (index,)
    types = [type_of_atom(p) for p in parts or ()]
    if parts is None or any(isinstance(t, Array) and t.dtype not in ("float64", "int64") for t in types):
        return None
    each = [_joined_part(f, p, t, obj is np.r_) for p, t in zip(parts, types, strict=True)]
    arrays = [a for a in each if a is not None]
    ranks = {rank_of(type_of_atom(a)) for a in arrays}
    if len(arrays) < len(parts) or None in ranks or not (len(ranks) == 1 if obj is np.r_ else ranks <= {1, 2}):
        return None
    join = np.concatenate if obj is np.r_ else np.column_stack
    given = (f.emit("tuple", *arrays),)
    return calls.call_object(f, Ref(join, f"np.{join.__name__}"), given, {}, name, None)


def _joined_part(f: FunctionInfer, part: Atom, t: Any, ranges: bool) -> Atom | None:
    if isinstance(t, Array):
        return part
    if isinstance(t, List) and isinstance(t.item, Scalar | Lit):
        return calls.call_object(f, Ref(np.array, "np.array"), (part,), {}, "", None)
    if is_number(t):
        return calls.call_object(f, Ref(np.array, "np.array"), (f.emit("list", part),), {}, "", None)
    bounds = [b.value for b in (t.start, t.stop, t.step) if isinstance(b, Lit)] if isinstance(t, Slice) else []
    if not ranges or len(bounds) < 3 or not all(type(b) in (int, type(None)) for b in bounds):
        return None
    start, stop, step = bounds
    return calls.call_object(f, Ref(np.arange, "np.arange"), (Const(start or 0), Const(stop), Const(step or 1)), {}, "", None)


HANDLERS: dict[Any, Any] = {
    dict.fromkeys: _fromkeys,
    copy.copy: _copy,
    np.ndindex: _ndindex,
    np.ndenumerate: _ndenumerate,
    np.vectorize: _vectorize,
    np.unique: _unique,
    np.histogram: _histogram,
}

__all__ = ["HANDLERS", "joined", "vectorized"]
