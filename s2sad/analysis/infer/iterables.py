"""Builtins that iterate: ``list(zip(...))``, ``sum``, ``sorted``, ``max``, ``filter``, ``reduce``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from s2sad.analysis.infer import calls, elements, made_now, origins, rule_calls
from s2sad.analysis.infer.few import static_items
from s2sad.analysis.infer.growing import begin_walk, end_walk, grow, grown
from s2sad.analysis.infer.operators import iterated
from s2sad.analysis.infer.plans import make_plan, use
from s2sad.analysis.optypes import truth, type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, For, If, Let, Ref, Var
from s2sad.ir.types import (
    BOOL,
    INT,
    RANGE,
    UNKNOWN,
    Array,
    Dict,
    List,
    Lit,
    Num,
    Opaque,
    Range,
    Tuple,
    Type,
    Unknown,
    is_number,
    join,
    widen,
)
from s2sad.rules.registry import lookup

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Args = tuple[Atom, ...]
Kw = dict[str, Atom]
_FEW = 16  # up to this many known elements are folded without a loop


def fold(
    f: FunctionInfer, x: Atom, start: Atom, combine: Callable[[Var, Atom], Atom], name: str, names: tuple[str, ...] = ("",)
) -> Atom:
    """``acc = start; for item in x: acc = combine(acc, item)`` as IR."""
    x = iterated(f, x)
    use(f, x)
    plan = make_plan(f, x)
    walk = begin_walk(f, x)
    start = f.concrete(start)
    t = widen(type_of_atom(start))
    for _ in range(6):
        saved, f.out = f.out, []
        k, acc = Var("k", plan.item_type), Var(name, t)
        new = f.concrete(combine(acc, plan.item(k, names)))
        block = Block(tuple(f.out), (new,))
        f.out = saved
        joined = join(t, widen(type_of_atom(new)))
        if joined == t:
            break
        t = joined
    end_walk(f, walk)
    out = Var(name, t)
    f.out.append(For(k, plan.range_, (acc,), (start,), block, (out,), False, f.loc))
    return out


def materialise(f: FunctionInfer, x: Var, name: str, untyped: Var | None) -> Atom:
    """``list(zip(...))`` and the like: a list built by a loop, or a display where the elements are known."""
    use(f, x)
    static = static_items(f, x)
    if static is not None:
        return grow(f, untyped, f.emit("list", *(g() for g in static), name=name))
    plan = make_plan(f, x)
    saved, f.out = f.out, []
    k = Var("k", plan.item_type)
    walk = begin_walk(f, x)
    item = f.concrete(plan.item(k, ("", "")))
    end_walk(f, walk)
    body = f.out
    f.out = saved
    t: Type = List(widen(type_of_atom(item)))
    out = Var(name, t if untyped is None else grown(f, t, f.classes.find(untyped)))
    if untyped is not None:
        f.origin[out] = untyped
    origins.holds(f, out, item)
    f.out.append(Let(out, "list", (), (), f.loc))
    body.append(Let(None, "method", (out, Const("append"), item), (), f.loc))
    f.out.append(For(k, plan.range_, (), (), Block(tuple(body), ()), (), False, f.loc))
    return out


def recipe(f: FunctionInfer, kind: str, parts: Args, name: str = "") -> Var:
    """An iterator that is not iterated yet."""
    marker = Var(name, UNKNOWN)
    f.recipes[marker] = (kind, parts)
    return marker


def as_sequence(f: FunctionInfer, x: Atom, name: str = "") -> Atom:
    """Something with ``len`` and indices that has the elements of ``x``."""
    x = iterated(f, x)
    if isinstance(x, Var) and x in f.recipes:
        return materialise(f, x, name, None)
    t = type_of_atom(x)
    if isinstance(t, Dict) and t.items is not None:
        return f.emit("list", *(Const(k) for k, _ in t.items), name=name)
    if isinstance(t, Dict | Opaque) or (isinstance(t, Lit) and isinstance(t.value, str)):
        return f.emit("call", Ref(list, "list"), x, name=name, type=List(Opaque()))
    return x


def keys_of(f: FunctionInfer, seq: Atom, key: Atom | None) -> Atom:
    """The list of what ``key`` gives for each element; the elements themselves without a key."""
    if key is None or type_of_atom(key) == Lit(None):
        return seq
    return materialise(f, recipe(f, "map", (key, seq)), "keys", None)


def _positions(f: FunctionInfer, seq: Atom) -> Atom:
    return f.emit("call", Ref(range, "range"), f.emit("call", Ref(len, "len"), seq, type=INT), type=RANGE)


def _getter(f: FunctionInfer, keys: Atom) -> Var:
    return f.emit("getattr", keys, Const("__getitem__"), type=Opaque())


def order_of(f: FunctionInfer, seq: Atom, kw: Kw) -> Atom:
    """The positions of the elements in sorted order, found by Python's own sort on the same keys."""
    keys = keys_of(f, seq, kw.get("key"))
    n = elements.known_length(f, type_of_atom(seq))
    t = List(INT, None if n is None else (INT,) * n)
    names = ("key", "reverse") if "reverse" in kw else ("key",)
    args = (_positions(f, seq), _getter(f, keys), *([kw["reverse"]] if "reverse" in kw else []))
    return f.emit("call", Ref(sorted, "sorted"), *args, kwnames=names, name="order", type=t)


def sorted_(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``sorted(xs, key=, reverse=)``: the order is found first, then the elements are read in that order."""
    t = type_of_atom(pos[0])
    inactive = isinstance(t, Dict | Opaque) or (isinstance(t, List) and isinstance(t.item, Opaque)) or _all_literal(t)
    if inactive and "key" not in kw:
        return _inactive_sorted(f, pos, kw, name, t)
    seq = as_sequence(f, pos[0])
    if isinstance(type_of_atom(seq), Array):
        seq = calls.builtin_list(f, seq, "", None)
    order = order_of(f, seq, kw)
    n = elements.known_length(f, type_of_atom(seq))
    if n is None:
        return materialise(f, recipe(f, "gather", (seq, order)), name, untyped)
    picked = [f.emit("getitem", seq, f.emit("getitem", order, Const(k))) for k in range(n)]
    return grow(f, untyped, f.emit("list", *picked, name=name))


def _all_literal(t: Type) -> bool:
    return isinstance(t, Tuple | List) and t.items is not None and all(isinstance(i, Lit) for i in t.items)


def _inactive_sorted(f: FunctionInfer, pos: Args, kw: Kw, name: str, t: Type) -> Atom:
    """Sorting what carries no derivative: keys of a dict, strings, literals."""
    values: list[Any] | None = None
    if isinstance(t, Dict) and t.items is not None:
        values = [k for k, _ in t.items]
    elif _all_literal(t):
        values = [i.value for i in getattr(t, "items", ())]
    reverse = type_of_atom(kw["reverse"]) if "reverse" in kw else Lit(False)
    if values is not None and isinstance(reverse, Lit):
        try:
            return f.emit("list", *map(Const, sorted(values, reverse=bool(reverse.value))), name=name)
        except TypeError:
            pass
    return f.emit("call", Ref(sorted, "sorted"), *pos, *kw.values(), kwnames=tuple(kw), name=name, type=List(Opaque()))


def extreme(f: FunctionInfer, which: Any, pos: Args, kw: Kw, name: str) -> Any:
    """``max`` and ``min`` of several arguments, of a list or of an array; with a key, the first best position is found."""
    seq = iterated(f, pos[0]) if len(pos) == 1 else f.emit("tuple", *pos)
    if len(pos) == 1 and ((isinstance(seq, Var) and seq in f.recipes) or isinstance(type_of_atom(seq), Dict | Opaque)):
        seq = as_sequence(f, seq)  # the keys of a dict, the members of a set
    n = elements.known_length(f, type_of_atom(seq))
    if "default" in kw:
        default = kw["default"]
        rest = {k: v for k, v in kw.items() if k != "default"}
        if n is not None:
            return extreme(f, which, (seq,), rest, name) if n else default
        some = f.emit("call", Ref(len, "len"), seq, type=INT)
        return f.branch(
            f.emit("gt", some, Const(0)), lambda: extreme(f, which, (seq,), rest, ""), lambda: default, name
        )
    item = _item_type(type_of_atom(seq))
    rule = lookup(which)
    if "key" in kw or rule is None or not (is_number(widen(item)) or isinstance(item, Array | Num | Unknown)):
        return _best(f, which, as_sequence(f, seq), kw.get("key"), name)
    ref = Ref(which, which.__name__)

    def pair(a: Atom, b: Atom) -> Atom:
        return rule_calls.rule_call(f, rule, (a, b), {}, "", ref) or UNDEF

    parts = elements.elements(f, seq) if not isinstance(type_of_atom(seq), Array) else None
    if parts is None:
        first = f.emit("getitem", seq, Const(0))
        return fold(f, seq, first, pair, name)
    if not parts:
        return NotImplemented
    total = parts[0]
    for p in parts[1:]:
        total = pair(total, p)
    return total


def _item_type(t: Type) -> Type:
    if isinstance(t, List):
        return t.item
    if isinstance(t, Tuple):
        out: Type = widen(t.items[0]) if t.items else UNKNOWN
        for i in t.items[1:]:
            out = join(out, widen(i))
        return out
    return UNKNOWN if not isinstance(t, Range) else INT


def _best(f: FunctionInfer, which: Any, seq: Atom, key: Atom | None, name: str) -> Atom:
    keys = keys_of(f, seq, key)
    if isinstance(type_of_atom(keys), Array):
        keys = calls.builtin_list(f, keys, "keys", None)
    ref = Ref(which, which.__name__)
    best = f.emit("call", ref, _positions(f, seq), _getter(f, keys), kwnames=("key",), name="best", type=INT)
    return f.emit("getitem", seq, best, name=name)


def filter_(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``filter(test, xs)``: the list of what passes."""
    test, x = pos
    use(f, x)
    plan = make_plan(f, x)
    saved, f.out = f.out, []
    k = Var("k", plan.item_type)
    walk = begin_walk(f, x)
    item = f.concrete(plan.item(k, ("",)))
    passes = item if isinstance(test, Const) and test.value is None else calls.call_atom(f, test, (item,), {}, "") or UNDEF
    end_walk(f, walk)
    body, f.out = f.out, saved
    out = Var(name, List(widen(type_of_atom(item))))
    keep: Any = Let(None, "method", (out, Const("append"), item), (), f.loc)
    known = truth(type_of_atom(passes))
    if known is None:
        keep = If(passes, Block((keep,), ()), Block(), (), f.loc)
    f.out.append(Let(out, "list", (), (), f.loc))
    f.out.append(For(k, plan.range_, (), (), Block((*body, *([] if known is False else [keep])), ()), (), False, f.loc))
    read = (*pos, *(f.closures.get(test, ()) if isinstance(test, Var) else ()))
    return made_now.note(f, recipe(f, "iter", (out,), name), read, True)


def map_(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    return recipe(f, "map", pos, name)


def reduce_(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``functools.reduce(g, xs, start)``."""

    def combine(a: Atom, b: Atom) -> Atom:
        return calls.call_atom(f, pos[0], (a, b), {}, "") or UNDEF

    seq = pos[1] if len(pos) > 2 else as_sequence(f, pos[1])
    parts = elements.elements(f, seq) if not isinstance(type_of_atom(seq), Array) else None
    if parts is not None and len(parts) <= _FEW:
        parts = (*pos[2:], *parts)
        if not parts:
            return NotImplemented
        total = parts[0]
        for p in parts[1:]:
            total = combine(total, p)
        return total
    if len(pos) > 2:
        return fold(f, seq, pos[2], combine, name)
    rest = f.emit("getitem", seq, f.emit("slice", Const(1), Const(None), Const(None)))
    return fold(f, rest, f.emit("getitem", seq, Const(0)), combine, name)


def next_(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``next(it)`` in the block that made ``it = iter(xs)``: ``xs[0]``, and what comes next is the rest of xs."""
    from s2sad.analysis.infer.operations import read

    it = pos[0]
    if not isinstance(it, Var) or it not in f.recipes:
        return NotImplemented
    kind, parts = f.recipes[it]
    if f.begun.get(it) is not f.out or it in f.consumed or kind not in ("iter", "rest"):
        f.refuse("S2S056", "next() of an iterator", "index a list, or write a loop")
        return UNDEF
    xs, k = (as_sequence(f, parts[0]), 0) if kind == "iter" else (parts[0], parts[1].value)  # type: ignore[union-attr]
    t = type_of_atom(xs)
    known = len(t.items) if isinstance(t, Tuple | List) and t.items is not None else None
    if known is not None and k >= known and len(pos) > 1:
        return pos[1]
    if (known is None and len(pos) > 1) or not isinstance(t, Tuple | List | Array | Range):
        f.refuse("S2S056", "next() with a default, of an iterator over a list whose length is not known", "ask for its length")
        return UNDEF
    if known is None:
        size = f.emit("call", Ref(len, "len"), xs, type=INT)

        def ended() -> None:
            f.effect("raise_", f.emit("call", Ref(StopIteration, "StopIteration"), type=Opaque(StopIteration)))

        f.branch(f.emit("le", size, Const(k), type=BOOL), ended, lambda: None)
    elif k >= known:
        f.refuse("S2S056", "next() of an iterator that is empty", "give a default")
        return UNDEF
    f.recipes[it] = ("rest", (xs, Const(k + 1)))
    return read(f, "getitem", xs, Const(k), name)


__all__ = ["as_sequence", "extreme", "filter_", "fold", "map_", "materialise", "order_of", "recipe", "reduce_", "sorted_"]
