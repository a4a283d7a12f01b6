"""Questions about types and dtypes that are answered when the types are known, so that they decide branches.

*before*                                       *after*, for ``x: float64[n]``::

    if np.issubdtype(x.dtype, np.integer):         y = x
        y = x.astype(float)
    else:
        y = x
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import NoneType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from s2sad.analysis.infer import placed
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Var, atoms_of, blocks_of, walk
from s2sad.ir.types import INT, Array, Dict, List, Lit, Obj, Opaque, RefT, Scalar, Slice, Tuple, Type

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_UNKNOWN = object()


def _stand_in(t: Type) -> Any:
    """A value of the type that answers questions about types as any other would; ``_UNKNOWN`` where there is none."""
    if isinstance(t, Lit):
        return t.value
    if isinstance(t, RefT):
        return t.obj
    if isinstance(t, Array):
        return _UNKNOWN if t.dtype is None or t.rank is None else np.empty((0,) * t.rank, t.dtype)
    if isinstance(t, Scalar):
        if t.kinds:
            return _UNKNOWN
        if t.weak:
            return {"float64": 1.0, "int64": 1, "bool": True, "complex128": 1j}.get(t.dtype, _UNKNOWN)
        return np.dtype(t.dtype).type(1)
    if isinstance(t, Tuple) and t.cls is None and t.code is None:
        parts = tuple(map(_stand_in, t.items))
        return _UNKNOWN if any(p is _UNKNOWN for p in parts) else parts
    return _UNKNOWN


_OF_VALUES = (operator.index, normalize_axis_index, np.min_scalar_type)  # not of types alone


def _query(fn: Callable[..., Any]) -> Any:
    def handler(f: FunctionInfer, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, untyped: Any) -> Any:
        args = [_stand_in(type_of_atom(a)) for a in pos]
        options = {k: _stand_in(type_of_atom(a)) for k, a in kw.items()}
        if fn in _OF_VALUES and not all(isinstance(type_of_atom(a), Lit | RefT) for a in (*pos, *kw.values())):
            return _of_value(f, fn, pos, kw, name)  # a stand-in has the type alone
        if any(a is _UNKNOWN for a in (*args, *options.values())):
            return NotImplemented
        try:
            answer: Any = fn(*args, **options)
        except Exception:  # a wrong question: what it raises is for the program to raise
            return NotImplemented
        if isinstance(answer, type):
            return Ref(answer, "np." + str(answer.__name__))
        if isinstance(answer, bool | int | str):
            return Const(answer)
        return f.emit("call", Ref(fn, _text(fn)), *pos, *kw.values(), kwnames=tuple(kw), name=name, type=Lit(answer))

    return handler


def _of_value(f: FunctionInfer, fn: Any, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str) -> Any:
    types = [type_of_atom(a) for a in (*pos, *kw.values())]
    if not all(isinstance(t, Lit) or (isinstance(t, Scalar) and t.dtype.startswith("int")) for t in types):
        return NotImplemented
    result = Opaque(np.dtype) if fn is np.min_scalar_type else INT
    return f.emit("call", Ref(fn, _text(fn)), *pos, *kw.values(), kwnames=tuple(kw), name=name, type=result)


def _text(fn: Any) -> str:
    name = str(getattr(fn, "__name__", "fn"))
    return f"np.{name}" if getattr(np, name, None) is fn else name


def _isscalar(f: FunctionInfer, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, untyped: Any) -> Any:
    t = type_of_atom(pos[0])
    if isinstance(t, Scalar) or (isinstance(t, Lit) and t.value is not None):
        return Const(True)
    return Const(False) if isinstance(t, Array | Tuple | List | Dict | Obj | Lit) else NotImplemented


def is_place(idx: Any) -> bool:
    """Is the index a number, a slice or a tuple of such, as its type tells? Else it must be a mask (``rewritten_scipy``)."""
    raise NotImplementedError


def _is_place(f: FunctionInfer, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, untyped: Any) -> Atom:
    t = type_of_atom(pos[0])
    whole = type(t.value) is int if isinstance(t, Lit) else isinstance(t, Scalar) and t.dtype.startswith("int")
    return Const(whole or isinstance(t, Slice | Tuple))


def _iterable(f: FunctionInfer, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, untyped: Any) -> Any:
    t = type_of_atom(pos[0])
    if isinstance(t, Scalar) or (isinstance(t, Lit) and isinstance(t.value, int | float | complex | None)):
        return Const(False)
    if isinstance(t, Array) and t.rank is not None:
        return Const(t.rank > 0)
    return Const(True) if isinstance(t, Tuple | List | Dict) else NotImplemented


_HASHABLE = (int, float, str, bytes, bool, NoneType)


def known_set(f: FunctionInfer, s: Let, var: Var) -> Var:
    """A set display, with its elements where they are literals and nothing but questions is asked of the set."""
    values = [type_of_atom(a) for a in var_args(f, var)]
    if all(isinstance(t, Lit) and isinstance(t.value, _HASHABLE) for t in values) and s.target not in _changing(f):
        f.sets[var] = tuple(t.value for t in values if isinstance(t, Lit))
    return var


def var_args(f: FunctionInfer, var: Var) -> tuple[Atom, ...]:
    """The operands of the statement that was made last, which defines ``var``."""
    last = f.out[-1]
    assert isinstance(last, Let) and last.target is var
    return last.args


def _changing(f: FunctionInfer) -> set[Any]:
    """The variables of the function at hand that something else than ``in`` and printing is done with."""
    found = f.asked.get(f.current)
    if found is None:
        found = f.asked[f.current] = set()
        for s in walk(f.current.body):
            if not isinstance(s, Let):
                found.update(atoms_of(s))
            elif s.op in ("in_", "not_in"):
                found.add(s.args[0])
            elif s.op != "format_value":
                found.update(s.args)
            for b in blocks_of(s):
                found.update(b.results)
        found.update(f.current.body.results)
    return found


def in_display(f: FunctionInfer, x: Atom, held: Atom) -> bool | None:
    """``x in {a, b}``, ``x in [a, b]``, ``x in d`` of a dict that is stored into, where that is known."""
    t = type_of_atom(x)
    if not isinstance(t, Lit) or not isinstance(t.value, _HASHABLE) or not isinstance(held, Var):
        return None
    named = placed.pairs(f, held)
    values = f.sets.get(held) if named is None else tuple(named)
    if values is None and isinstance(held.type, Tuple | List) and held.type.items is not None:
        parts = [type_of_atom(a) for a in f.tuples.get(held, ())]
        if parts and all(isinstance(p, Lit) and isinstance(p.value, _HASHABLE) for p in parts):
            values = tuple(p.value for p in parts if isinstance(p, Lit))
    return None if values is None else t.value in values


HANDLERS: dict[Any, Any] = {
    **{
        fn: _query(fn)
        for fn in (
            np.issubdtype, np.result_type, np.promote_types, np.can_cast, np.dtype, np.common_type, np.iscomplexobj,
            np.isrealobj, np.min_scalar_type, np.mintypecode, np.isdtype, np.finfo, np.iinfo, issubclass, operator.index,
            normalize_axis_index,
        )
    },
    np.isscalar: _isscalar,
    np.iterable: _iterable,
    is_place: _is_place,
}  # fmt: skip

