"""Values of few elements, each of which is known: how to get each, and whether a loop over them has to be written out.

*before*                                *after*::

    for w, b in ((w1, b1), (w2, b2)):       x = np.tanh(x @ w1 + b1)
        x = np.tanh(x @ w + b)              x = np.tanh(x @ w2 + b2)

One body cannot serve arrays of different shapes, values of different kinds, or functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from s2sad.analysis.infer import calls, elements, plans, recipes
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, For, Let, Var, walk
from s2sad.ir.types import Array, Dict, List, Lit, Num, Range, RefT, Tuple, Type, Unknown, join_all, widen

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

LAYERS, LAYER_STATEMENTS = 8, 16  # loops over arrays of different shapes are written out up to this size


def static_items(f: FunctionInfer, x: Atom) -> list[Callable[[], Atom]] | None:
    """How to get each element, where their number is known and small."""
    if isinstance(x, Var) and x in f.recipes:
        kind, parts = f.recipes[x]
        return _static_recipe(f, kind, parts)
    if x in f.left:
        return f.left[x]
    t = type_of_atom(x)
    if isinstance(t, Range):
        values = plans.range_values(f, x)
        return None if values is None else [lambda k=k: Const(k) for k in values]  # type: ignore[misc]
    if isinstance(x, Var) and x in f.tuples and len(f.tuples[x]) <= plans.UNROLL and isinstance(t, Tuple):
        return [lambda a=a: a for a in f.tuples[x]]  # type: ignore[misc]
    if isinstance(t, Tuple | List) and t.items is not None and len(t.items) <= plans.UNROLL:
        items = t.items
        return [_typed(lambda k=k: f.emit("getitem", x, Const(k)), items[k]) for k in range(len(items))]  # type: ignore[misc]
    return None


def _typed(get: Callable[[], Atom], t: Type) -> Callable[[], Atom]:
    get.item_type = t  # type: ignore[attr-defined]
    return get


def _static_recipe(f: FunctionInfer, kind: str, parts: tuple[Atom, ...]) -> list[Callable[[], Atom]] | None:
    if kind in ("items", "keys", "values"):
        t = type_of_atom(parts[0])
        if not isinstance(t, Dict) or t.items is None or len(t.items) > plans.UNROLL:
            return None
        out: list[Callable[[], Atom]] = []
        for key, vt in t.items:
            value = (lambda key=key: f.emit("getitem", parts[0], Const(key)))  # noqa: E731
            if kind == "keys":
                out.append(lambda key=key: Const(key))  # type: ignore[misc]
            elif kind == "values":
                out.append(_typed(value, vt))
            else:
                pair = (lambda key=key, value=value: f.emit("tuple", Const(key), value()))  # noqa: E731
                out.append(_typed(pair, Tuple((RefT(key), vt))))
        return out
    if kind == "enumerate" and isinstance(parts[1], Const):
        inner = static_items(f, parts[0])
        if inner is None:
            return None
        start = parts[1].value
        return [
            _typed(lambda k=k, g=g: f.emit("tuple", Const(k + start), g()), _type_of(f, g))  # type: ignore[misc]
            for k, g in enumerate(inner)
        ]
    if kind == "zip":
        known = [static_items(f, p) for p in parts]
        shortest = min((len(c) for c in known if c is not None), default=0)
        columns = [_endless_items(f, p, shortest) if c is None else c for c, p in zip(known, parts, strict=True)]
        if any(c is None for c in columns):
            return None
        rows = list(zip(*(c for c in columns if c is not None), strict=False))
        return [
            _typed(lambda r=r: f.emit("tuple", *(g() for g in r)), Tuple(tuple(_type_of(f, g) for g in r)))  # type: ignore[misc]
            for r in rows
        ]
    if kind == "reversed":
        inner = static_items(f, parts[0])
        return None if inner is None else inner[::-1]
    if kind == "iter":
        return static_items(f, parts[0])
    if kind == "rest" and isinstance(parts[1], Const):
        inner = static_items(f, parts[0])
        return None if inner is None else inner[parts[1].value :]
    if kind == "repeat" and len(parts) == 2:
        n = type_of_atom(parts[1])
        few = isinstance(n, Lit) and type(n.value) is int and n.value <= plans.UNROLL
        return [lambda: parts[0]] * n.value if few and isinstance(n, Lit) else None
    if kind == "map":
        args = _static_recipe(f, "zip", parts[1:])
        if args is None:
            return None
        return [lambda r=r: calls.call_atom(f, parts[0], f.tuples[r()], {}, "") or UNDEF for r in args]  # type: ignore[misc]
    if kind == "starmap":
        args = static_items(f, parts[1])
        if args is None or any(elements.known_length(f, _type_of(f, r)) is None for r in args):
            return None
        return [
            lambda r=r: calls.call_atom(f, parts[0], elements.elements(f, r()) or (), {}, "") or UNDEF  # type: ignore[misc]
            for r in args
        ]
    return None


def _endless_items(f: FunctionInfer, x: Atom, n: int) -> list[Callable[[], Atom]] | None:
    """The first items of ``count()`` and the like."""
    kind, parts = f.recipes.get(x, ("", ())) if isinstance(x, Var) else ("", ())
    plan = recipes.BY_KIND[kind](f, parts) if kind in ("count", "repeat", "cycle") else None
    if plan is None or not plan.infinite or n == 0:
        return None
    return [lambda k=k: plan.item(Const(k), ("",)) for k in range(n)]  # type: ignore[misc,arg-type]


def _type_of(f: FunctionInfer, get: Callable[[], Atom]) -> Type:
    """The type of an element: known, or found by a trial whose statements are thrown away."""
    known: Type | None = getattr(get, "item_type", None)
    if known is not None:
        return known
    saved, f.out = f.out, []
    t = type_of_atom(get())
    f.out = saved
    return t


def layered(f: FunctionInfer, s: For, items: list[Callable[[], Atom]]) -> bool:
    """Is this a short loop over arrays of different shapes, as over the layers of a net? One body could not say which
    shape is which. A loop of one iteration is none. Machine code has no list whose element a number chooses."""
    if len(items) <= 1:
        return True
    if len(items) > LAYERS or sum(1 for _ in walk(s.body)) > LAYER_STATEMENTS:
        return False
    types = [_type_of(f, g) for g in items]
    if _shapes_differ(types) or (f.program.parts_apart and all(isinstance(t, Array | Tuple | List | Dict) for t in types)):
        return True
    read = [
        type_of_atom(f.env[st.args[0]])
        for st in walk(s.body)
        if isinstance(st, Let) and st.op == "getitem" and st.args[1] is s.item and st.args[0] in f.env
    ]
    return any(isinstance(t, List | Tuple) and t.items is not None and _shapes_differ(list(t.items)) for t in read)


def _shapes_differ(types: list[Type]) -> bool:
    """Arrays, at the same place in each element, of one rank and of different known shapes."""
    if all(isinstance(t, Array) for t in types):
        joined = join_all(types)
        known = all(d is not None for t in types if isinstance(t, Array) and t.dims for d in t.dims)
        return known and isinstance(joined, Array) and joined.dims is not None and None in joined.dims
    if all(isinstance(t, Tuple) for t in types):
        rows = [t.items for t in types if isinstance(t, Tuple)]
        return len({len(r) for r in rows}) == 1 and any(_shapes_differ(list(c)) for c in zip(*rows, strict=True))
    if all(isinstance(t, Dict) and t.items is not None for t in types):
        tables = [dict(t.items) for t in types if isinstance(t, Dict) and t.items]
        keys = [k for k in tables[0] if all(k in t for t in tables)] if tables else []
        return any(_shapes_differ([t[k] for t in tables]) for k in keys)
    return False


def must_unroll(f: FunctionInfer, items: list[Callable[[], Atom]]) -> bool:
    """Elements that one loop body cannot serve: different kinds of types, or functions."""
    types = [_type_of(f, g) for g in items]
    return len(types) > 0 and _heterogeneous(types)


def _heterogeneous(types: list[Type]) -> bool:
    joined = join_all(widen(t) for t in types)
    if any(isinstance(t, RefT) or (isinstance(t, Tuple) and t.code is not None) for t in types):
        return True
    if isinstance(joined, Unknown) and not all(isinstance(t, Unknown) for t in types):
        return True
    if isinstance(joined, Num) and not any(isinstance(t, Num) for t in types):
        return True
    if isinstance(joined, Array) and joined.dims is None and all(isinstance(t, Array) and t.dims is not None for t in types):
        return True
    if isinstance(joined, Tuple):
        return any(
            _heterogeneous([t.items[k] for t in types if isinstance(t, Tuple)]) for k in range(len(joined.items))
        )
    if isinstance(joined, Dict) and joined.items is not None:
        keys = [k for k, _ in joined.items]
        return any(_heterogeneous([dict(t.items)[k] for t in types if isinstance(t, Dict) and t.items]) for k in keys)
    return False
