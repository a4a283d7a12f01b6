"""``itertools``: the combinations of known elements are made now; of unknown ones by lists of positions at run time.

*before*                                  *after*::

    for a, b in combinations(xs, 2):          rows = list(combinations(range(len(xs)), 2))
        s += a * b                            for i, j in rows:
                                                  s += xs[i] * xs[j]
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from s2sad.analysis.infer import calls, made_now
from s2sad.analysis.infer.few import static_items
from s2sad.analysis.infer.iterables import as_sequence, recipe
from s2sad.analysis.infer.plans import UNROLL, make_plan, use
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, For, Let, Ref, Var
from s2sad.ir.types import INT, RANGE, Array, List, Lit, Tuple, join, join_all, widen

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Args = tuple[Atom, ...]
Kw = dict[str, Atom]
_MOST = 64  # combinations of known elements are written out up to this number


def _known(f: FunctionInfer, x: Atom) -> Args | None:
    """The elements of an iterable, where they are known and few; the iterator is used up."""
    if isinstance(type_of_atom(x), Array):
        return None
    getters = static_items(f, x)
    if getters is None or len(getters) > UNROLL:
        return None
    use(f, x)
    return tuple(g() for g in getters)


def _literal(a: Atom | None, default: int | None = None) -> int | None:
    if a is None:
        return default
    t = type_of_atom(a)
    return t.value if isinstance(t, Lit) and (t.value is None or type(t.value) is int) else -1


def _display(f: FunctionInfer, items: list[Atom], name: str) -> Var:
    return recipe(f, "iter", (f.emit("tuple", *items),), name)


def _choose(fn: Any) -> Any:
    """``combinations`` and its like: choices of positions out of one iterable."""

    def handler(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        n = _literal(pos[1] if len(pos) > 1 else kw.get("r"), None)
        parts = _known(f, pos[0])
        if n == -1 or (n is None and parts is None):
            return f.refuse("S2S057", f"{fn.__name__}() of a number of elements that is not known", "give it as a literal")
        rows = None if parts is None else list(itertools.islice(fn(parts, n), _MOST + 1))
        if rows is not None and len(rows) <= _MOST:
            return _display(f, [f.emit("tuple", *row) for row in rows], name)
        seq = as_sequence(f, pos[0]) if parts is None else f.emit("list", *parts)
        assert n is not None
        return _by_position(f, fn, [seq], (Const(n),), [seq] * n, name)

    return handler


def _by_position(f: FunctionInfer, fn: Any, seqs: list[Atom], extra: Args, sources: list[Atom], name: str) -> Any:
    spans = [f.emit("call", Ref(range, "range"), f.emit("call", Ref(len, "len"), s, type=INT), type=RANGE) for s in seqs]
    made = f.emit("call", Ref(fn, f"itertools.{fn.__name__}"), *spans, *extra)
    rows = f.emit("call", Ref(list, "list"), made, name="rows", type=List(Tuple((INT,) * len(sources))))
    marker = recipe(f, "gathers", (rows, *sources), name)
    return made_now.note(f, marker, tuple(seqs))  # Python has read the elements now


def _product(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    repeat = _literal(kw.get("repeat"), 1)
    if repeat == -1 or repeat is None:
        return f.refuse("S2S057", "product() with repeat= that is not known", "give it as a literal")
    columns = [_known(f, x) for x in pos]
    if all(c is not None for c in columns):
        rows = list(itertools.islice(itertools.product(*columns, repeat=repeat), _MOST + 1))  # type: ignore[arg-type]
        if len(rows) <= _MOST:
            return _display(f, [f.emit("tuple", *row) for row in rows], name)
    seqs = [as_sequence(f, x) if c is None else f.emit("list", *c) for x, c in zip(pos, columns, strict=True)] * repeat
    return _by_position(f, itertools.product, seqs, (), seqs, name)


def _pairwise(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    parts = _known(f, pos[0])
    if parts is not None:
        return _display(f, [f.emit("tuple", a, b) for a, b in itertools.pairwise(parts)], name)
    seq = as_sequence(f, pos[0])
    tail = f.emit("getitem", seq, f.emit("slice", Const(1), Const(None), Const(None)))
    return recipe(f, "zip", (seq, tail), name)


def _islice(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    bounds = (Const(None), pos[1], Const(None)) if len(pos) == 2 else (*pos[1:], Const(None))[:3]
    known = [_literal(b) for b in bounds]
    kind = f.recipes[pos[0]][0] if isinstance(pos[0], Var) and pos[0] in f.recipes else ""
    if kind in ("count", "cycle", "repeat") and -1 not in known and known[1] is not None:
        plan = make_plan(f, pos[0])
        if plan.infinite:
            use(f, pos[0])
            return _display(f, [plan.item(Const(k), ("",)) for k in range(known[1])[slice(*known)]], name)  # type: ignore[arg-type]
    parts = _known(f, pos[0])
    if parts is not None and -1 not in known:
        return _display(f, list(parts[slice(*known)]), name)
    seq = as_sequence(f, pos[0]) if parts is None else f.emit("list", *parts)
    return recipe(f, "iter", (f.emit("getitem", seq, f.emit("slice", *bounds)),), name)


def _chain(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    columns = [_known(f, x) for x in pos]
    if all(c is not None for c in columns):
        return _display(f, [a for c in columns if c is not None for a in c], name)
    lists = [
        calls.builtin_list(f, as_sequence(f, x), "", None) if c is None else f.emit("list", *c)
        for x, c in zip(pos, columns, strict=True)
    ]
    whole = Var("", List(join_all(t.item for t in map(type_of_atom, lists) if isinstance(t, List))))
    f.out.append(Let(whole, "list", (), (), f.loc))
    for other in lists:
        f.effect("method", whole, Const("extend"), other)
    return recipe(f, "iter", (whole,), name)


def _from_iterable(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    outer = _known(f, pos[0])
    if outer is not None:
        return _chain(f, outer, {}, name, None)
    x = pos[0]
    use(f, x)
    plan = make_plan(f, x)
    saved, f.out = f.out, []
    k = Var("k", plan.item_type)
    row = calls.builtin_list(f, as_sequence(f, plan.item(k, ("",))), "", None)
    t = type_of_atom(row)
    body, f.out = f.out, saved
    out = Var(name, List(t.item if isinstance(t, List) else widen(t)))
    f.out.append(Let(out, "list", (), (), f.loc))
    extend = Let(None, "method", (out, Const("extend"), row), (), f.loc)
    f.out.append(For(k, plan.range_, (), (), Block((*body, extend), ()), (), False, f.loc))
    return recipe(f, "iter", (out,), name)


def _accumulate(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    fn = pos[1] if len(pos) > 1 else kw.get("func", Const(None))
    if isinstance(fn, Const) and fn.value is None:
        fn = Ref(operator.add, "operator.add")
    start = kw.get("initial")
    if isinstance(start, Const) and start.value is None:
        start = None
    parts = _known(f, pos[0])
    if parts is not None:
        steps = ([start] if start is not None else []) + list(parts)
        out: list[Atom] = steps[:1]
        for a in steps[1:]:
            out.append(calls.call_atom(f, fn, (out[-1], a), {}, "") or UNDEF)
        return _display(f, out, name)
    seq = as_sequence(f, pos[0])
    if start is None:
        start = f.emit("getitem", seq, Const(0))
        seq = f.emit("getitem", seq, f.emit("slice", Const(1), Const(None), Const(None)))
    return recipe(f, "iter", (_running(f, seq, start, fn),), name)


def _running(f: FunctionInfer, seq: Atom, start: Atom, fn: Atom) -> Var:
    """The list of all intermediate results of a fold."""
    plan = make_plan(f, seq)
    t = widen(type_of_atom(start))
    for _ in range(6):
        saved, f.out = f.out, []
        k, acc = Var("k", plan.item_type), Var("", t)
        new = calls.call_atom(f, fn, (acc, plan.item(k, ("",))), {}, "") or UNDEF
        body, f.out = f.out, saved
        joined = join(t, widen(type_of_atom(new)))
        if joined == t:
            break
        t = joined
    out = Var("", List(t))
    f.out.append(Let(out, "list", (), (), f.loc))
    f.out.append(Let(None, "method", (out, Const("append"), start), (), f.loc))
    body.append(Let(None, "method", (out, Const("append"), new), (), f.loc))
    f.out.append(For(k, plan.range_, (acc,), (start,), Block(tuple(body), (new,)), (Var("", t),), False, f.loc))
    return out


def _zip_longest(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    columns = [_known(f, x) for x in pos]
    fill = kw.get("fillvalue", Const(None))
    if any(c is None for c in columns):
        return recipe(f, "longest", (fill, *pos), name)
    rows = itertools.zip_longest(*(c for c in columns if c is not None), fillvalue=fill)
    return _display(f, [f.emit("tuple", *row) for row in rows], name)


def _recipe(kind: str, *defaults: Atom) -> Any:
    def handler(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        parts = (*pos, *kw.values())
        if kind == "cycle":
            parts = (as_sequence(f, pos[0]),)
        return recipe(f, kind, (*parts, *defaults[len(parts) :]), name)

    return handler


def _noted(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The elements are read when the iterator is made, where Python reads them when they are asked for."""

    def noting(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        read = [*pos, *kw.values()]
        read += [c for a in read if isinstance(a, Var) for c in f.closures.get(a, ())]
        return made_now.note(f, handler(f, pos, kw, name, untyped), tuple(read))

    return noting


HANDLERS: dict[Any, Callable[..., Any]] = {
    itertools.accumulate: _noted(_accumulate),
    itertools.chain: _noted(_chain),
    itertools.chain.from_iterable: _noted(_from_iterable),
    itertools.combinations: _choose(itertools.combinations),
    itertools.combinations_with_replacement: _choose(itertools.combinations_with_replacement),
    itertools.permutations: _choose(itertools.permutations),
    itertools.product: _product,
    itertools.pairwise: _noted(_pairwise),
    itertools.islice: _noted(_islice),
    itertools.zip_longest: _noted(_zip_longest),
    itertools.starmap: _recipe("starmap"),
    itertools.count: _recipe("count", Const(0), Const(1)),
    itertools.repeat: _recipe("repeat"),
    itertools.cycle: _recipe("cycle"),
}
