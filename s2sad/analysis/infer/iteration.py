"""``for`` over anything: as a loop over ``range`` with an index where elements can be indexed, unrolled where the elements
of a short tuple differ in type, as it stands where the iterable carries no derivative.

*before*                             *after*::

    for a, b in zip(xs, ys):             for k in range(min(len(xs), len(ys))):
        s = s + a * b                        s = s + xs[k] * ys[k]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from s2sad.analysis.infer import calls
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, For, Let, Ref, Var
from s2sad.ir.types import (
    INT,
    RANGE,
    STR,
    UNKNOWN,
    Array,
    Dict,
    List,
    Lit,
    Num,
    Opaque,
    Range,
    RefT,
    Scalar,
    Tuple,
    Type,
    Unknown,
    join,
    join_all,
    widen,
)

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_UNROLL = 32


@dataclass
class Plan:
    """How to iterate: ``range_`` is what the loop runs over, ``item(k, names)`` emits the element in the body."""

    range_: Atom
    item: Callable[[Var, tuple[str, ...]], Atom]
    length: Atom | None = None
    item_type: Type = INT


def for_(f: FunctionInfer, s: For) -> None:
    x = f.atom(s.iter)
    if x is UNDEF:
        for t, a in zip(s.targets, s.init, strict=True):
            f.env[t] = f.atom(a)
        return
    static = static_items(f, x)
    if static is not None and _must_unroll(static) and not s.stop:
        _unroll(f, s, static)
        return
    plan = make_plan(f, x)
    item_names = _peek(s)

    def infer_body() -> tuple[Block, Var]:
        saved, f.out = f.out, []
        k = Var(_index_name(x, f, s, item_names), plan.item_type)
        f.env[s.item] = plan.item(k, item_names)
        alive = f.statements(s.body)
        results = tuple(f.atom(a) if alive else UNDEF for a in s.body.results)
        block = Block(tuple(f.out), results)
        f.out = saved
        return block, k

    carried, inits, (body, k), kept = f.carry(s, infer_body)
    targets, body = f.finish_loop(s, carried, kept, body)
    f.out.append(For(k, plan.range_, carried, inits, body, targets, s.stop, s.loc))


def _peek(s: For) -> tuple[str, ...]:
    """The user's names for the loop variables: ``(i, v)`` for ``for i, v in enumerate(xs)``."""
    names: dict[int, str] = {}
    unpacked: set[Var] = {s.item}
    for st in s.body.stmts[:8]:
        if isinstance(st, Let) and st.target is not None and st.args and st.args[0] in unpacked:
            if st.op == "unpack":
                unpacked.add(st.target)
            elif st.op == "getitem" and isinstance(st.args[1], Const) and st.target.name:
                names[st.args[1].value] = st.target.name
    if names:
        return tuple(names.get(k, "") for k in range(max(names) + 1))
    return (s.item.name,)


def _index_name(x: Atom, f: FunctionInfer, s: For, names: tuple[str, ...]) -> str:
    if isinstance(type_of_atom(x), Range) or isinstance(type_of_atom(x), Opaque | Dict):
        return s.item.name
    if isinstance(x, Var) and x in f.recipes and f.recipes[x][0] == "enumerate" and names and names[0]:
        return names[0]
    return "k"


def make_plan(f: FunctionInfer, x: Atom) -> Plan:
    if isinstance(x, Var) and x in f.recipes:
        return _recipe_plan(f, x)
    t = type_of_atom(x)
    if isinstance(t, Range):
        return Plan(x, lambda k, names: k, None, range_item(f, x))
    if isinstance(t, Array | List | Tuple | Num | Unknown):
        n = length(f, x)
        over = _range(f, n)
        return Plan(over, lambda k, names: f.emit("getitem", x, k, name=names[0]), n, range_item(f, over))
    item = STR if t in (STR,) or (isinstance(t, Lit) and isinstance(t.value, str)) else Opaque()
    return Plan(x, lambda k, names: k, None, item)


def range_item(f: FunctionInfer, x: Atom) -> Type:
    """The type of an index that runs over a ``range``: with its bounds, where they are known."""
    made = f.ranges.get(x) if isinstance(x, Var) else None
    bounds = [t.value if isinstance(t, Lit) else None for t in map(type_of_atom, made)] if made else [None]
    if any(type(b) is not int for b in bounds):
        return INT
    values = range(*bounds)  # type: ignore[arg-type]
    if not values:
        return INT
    return Scalar("int64", True, None, (min(values[0], values[-1]), max(values[0], values[-1]) + 1))


def _range(f: FunctionInfer, n: Atom) -> Atom:
    t = type_of_atom(n)
    if isinstance(t, Lit) and type(t.value) is int:
        out = f.emit("call", Ref(range, "range"), n, type=RANGE)
        f.ranges[out] = (n,)
        return out
    return f.emit("call", Ref(range, "range"), n, type=RANGE)


def length(f: FunctionInfer, x: Atom) -> Atom:
    t = type_of_atom(x)
    if isinstance(t, Tuple | List) and t.items is not None:
        return Const(len(t.items))
    size = t.dims[0] if isinstance(t, Array) and t.dims else None
    return f.emit("call", Ref(len, "len"), x, type=Scalar("int64", True, size))


def _recipe_plan(f: FunctionInfer, x: Var) -> Plan:
    kind, parts = f.recipes[x]
    if kind == "enumerate":
        return _enumerate_plan(f, parts)
    if kind == "zip":
        plans = [_indexed(f, p) for p in parts]
        lengths = [p.length for p in plans if p.length is not None]
        n = lengths[0] if len(lengths) == 1 else _min_length(f, lengths)
        return Plan(_range(f, n), lambda k, names: _tuple(f, plans, k, names), n)
    if kind == "reversed":
        return _reversed_plan(f, parts[0])
    d = parts[0]
    if kind == "keys":
        return Plan(d, lambda k, names: k, None, Opaque())
    if kind == "values":
        return Plan(d, lambda k, names: f.emit("getitem", d, k, name=names[0]), None, Opaque())
    return Plan(d, lambda k, names: f.emit("tuple", k, f.emit("getitem", d, k, name=_nth(names, 1))), None, Opaque())


def _nth(names: tuple[str, ...], k: int) -> str:
    return names[k] if k < len(names) else ""


def _min_length(f: FunctionInfer, lengths: list[Atom]) -> Atom:
    types = [type_of_atom(n) for n in lengths]
    sizes = [t.size if isinstance(t, Scalar) else None for t in map(widen, types)]
    if sizes[0] is not None and all(z == sizes[0] for z in sizes):
        return lengths[0]
    return f.emit("call", Ref(min, "min"), *lengths, type=INT)


def _indexed(f: FunctionInfer, x: Atom) -> Plan:
    """A plan whose items can be had by index."""
    plan = make_plan(f, x)
    if plan.length is None:
        t = type_of_atom(x)
        if isinstance(t, Range):
            n = f.emit("call", Ref(len, "len"), x, type=INT)
            return Plan(x, lambda k, names: f.emit("getitem", x, k, name=names[0], type=INT), n)
        as_list = f.emit("call", Ref(list, "list"), x, type=List(Opaque()))
        return make_plan(f, as_list)
    return plan


def _tuple(f: FunctionInfer, plans: list[Plan], k: Var, names: tuple[str, ...]) -> Atom:
    return f.emit("tuple", *(p.item(k, (_nth(names, j),)) for j, p in enumerate(plans)))


def _enumerate_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    inner = _indexed(f, parts[0])
    start = parts[1]

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        zero = isinstance(start, Const) and start.value == 0
        index = k if zero else f.emit("add", k, start, name=_nth(names, 0))
        return f.emit("tuple", index, inner.item(k, (_nth(names, 1),)))

    return Plan(_range(f, inner.length or Const(0)), item, inner.length)


def _reversed_plan(f: FunctionInfer, x: Atom) -> Plan:
    if isinstance(type_of_atom(x), Range):
        backwards = f.emit("call", Ref(reversed, "reversed"), x, type=RANGE)
        return Plan(backwards, lambda k, names: k, None)
    inner = _indexed(f, x)
    n = inner.length or Const(0)
    last = f.emit("sub", n, Const(1))
    down = f.emit("call", Ref(range, "range"), last, Const(-1), Const(-1), type=RANGE)
    return Plan(down, inner.item, None)


# -- unrolling ---------------------------------------------------------------------------------------------------


def static_items(f: FunctionInfer, x: Atom) -> list[Callable[[], Atom]] | None:
    """How to get each element, where their number is known and small."""
    if isinstance(x, Var) and x in f.recipes:
        kind, parts = f.recipes[x]
        return _static_recipe(f, kind, parts)
    t = type_of_atom(x)
    if isinstance(x, Var) and x in f.tuples and len(f.tuples[x]) <= _UNROLL and isinstance(t, Tuple):
        return [lambda a=a: a for a in f.tuples[x]]  # type: ignore[misc]
    if isinstance(t, Tuple | List) and t.items is not None and len(t.items) <= _UNROLL:
        items = t.items
        return [_typed(lambda k=k: f.emit("getitem", x, Const(k)), items[k]) for k in range(len(items))]  # type: ignore[misc]
    return None


def _typed(get: Callable[[], Atom], t: Type) -> Callable[[], Atom]:
    get.item_type = t  # type: ignore[attr-defined]
    return get


def _static_recipe(f: FunctionInfer, kind: str, parts: tuple[Atom, ...]) -> list[Callable[[], Atom]] | None:
    if kind in ("items", "keys", "values"):
        t = type_of_atom(parts[0])
        if not isinstance(t, Dict) or t.items is None or len(t.items) > _UNROLL:
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
            _typed(lambda k=k, g=g: f.emit("tuple", Const(k + start), g()), _type_of(g))  # type: ignore[misc]
            for k, g in enumerate(inner)
        ]
    if kind == "zip":
        columns = [static_items(f, p) for p in parts]
        if any(c is None for c in columns):
            return None
        rows = list(zip(*(c for c in columns if c is not None), strict=False))
        return [
            _typed(lambda r=r: f.emit("tuple", *(g() for g in r)), Tuple(tuple(_type_of(g) for g in r)))  # type: ignore[misc]
            for r in rows
        ]
    if kind == "reversed":
        inner = static_items(f, parts[0])
        return None if inner is None else inner[::-1]
    return None


def _type_of(get: Callable[[], Atom]) -> Type:
    known = getattr(get, "item_type", None)
    return known if known is not None else type_of_atom(get())


def _must_unroll(items: list[Callable[[], Atom]]) -> bool:
    """Elements that one loop body cannot serve: different kinds of types, or functions."""
    types = [_type_of(g) for g in items]
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


def _unroll(f: FunctionInfer, s: For, items: list[Callable[[], Atom]]) -> None:
    current = [f.atom(a) for a in s.init]
    for get in items:
        f.loc = s.loc
        f.env[s.item] = get()
        for c, a in zip(s.carried, current, strict=True):
            f.env[c] = a
        if not f.statements(s.body):
            current = [UNDEF for _ in current]
            break
        current = [f.atom(a) for a in s.body.results[: len(s.carried)]]
    for t, a in zip(s.targets, current, strict=True):
        f.env[t] = a


# -- builtins that iterate -----------------------------------------------------------------------------------------


def fold(
    f: FunctionInfer, x: Atom, start: Atom, combine: Callable[[Var, Atom], Atom], name: str, names: tuple[str, ...] = ("",)
) -> Atom:
    """``acc = start; for item in x: acc = combine(acc, item)`` as IR."""
    plan = make_plan(f, x)
    t = widen(type_of_atom(start))
    for _ in range(6):
        saved, f.out = f.out, []
        k, acc = Var("k", plan.item_type), Var(name, t)
        new = combine(acc, plan.item(k, names))
        block = Block(tuple(f.out), (new,))
        f.out = saved
        joined = join(t, widen(type_of_atom(new)))
        if joined == t:
            break
        t = joined
    out = Var(name, t)
    f.out.append(For(k, plan.range_, (acc,), (start,), block, (out,), False, f.loc))
    return out


def materialise(f: FunctionInfer, x: Var, name: str, untyped: Var | None) -> Atom:
    """``list(zip(...))`` and the like: a list built by a loop, or a display where the elements are known."""
    from s2sad.analysis.infer.operations import grow

    static = static_items(f, x)
    if static is not None:
        return grow(f, untyped, f.emit("list", *(g() for g in static), name=name))
    plan = make_plan(f, x)
    saved, f.out = f.out, []
    k = Var("k", plan.item_type)
    item = plan.item(k, ("", ""))
    body = f.out
    f.out = saved
    out = Var(name, List(widen(type_of_atom(item))))
    f.out.append(Let(out, "list", (), (), f.loc))
    body.append(Let(None, "method", (out, Const("append"), item), (), f.loc))
    f.out.append(For(k, plan.range_, (), (), Block(tuple(body), ()), (), False, f.loc))
    return out


def extreme(f: FunctionInfer, which: Any, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str) -> Any:
    """``max`` and ``min`` of several arguments, of a list or of an array."""
    from s2sad.rules.registry import lookup

    rule = lookup(which)
    if "key" in kw or rule is None:
        return calls.opaque(f, Ref(which, which.__name__), pos, kw, name, f"{which.__name__}() with key=")
    if "default" in kw:
        kw = {k: v for k, v in kw.items() if k != "default"}
    ref = Ref(which, which.__name__)

    def pair(a: Atom, b: Atom) -> Atom:
        return calls.rule_call(f, rule, (a, b), {}, "", ref) or UNDEF

    if len(pos) == 1:
        parts = calls.elements(f, pos[0]) if not isinstance(type_of_atom(pos[0]), Array) else None
        if parts is None:
            first = f.emit("getitem", pos[0], Const(0))
            return fold(f, pos[0], first, pair, name)
        pos = parts
    if not pos:
        return NotImplemented
    total = pos[0]
    for p in pos[1:]:
        total = pair(total, p)
    return total


__all__ = ["UNKNOWN", "for_"]
