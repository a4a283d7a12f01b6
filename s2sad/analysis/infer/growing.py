"""Lists and dicts that are mutated: their types hold what is stored into them, wherever that happens.

*before*                                *after*::

    xs = []          # List(Never), of 0        xs = []          # List(f8), of unknown length
    xs.append(y)     # of f8                    xs.append(y)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from s2sad.analysis import usage
from s2sad.analysis.infer import inline, origins, placed, records
from s2sad.ir.nodes import Atom, Block, For, Let, Var, blocks_of, walk
from s2sad.ir.record import dataclass
from s2sad.ir.types import NEVER, Dict, List, Lit, Maybe, Slice, Tuple, Type, join, join_named, named, widen

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer, Growth


@dataclass(eq=False)
class Walk:
    """``nodes`` stand for the classes of the lists that a loop goes through; ``changed``: one has changed its length."""

    nodes: tuple[Var, ...]
    changed: bool = False


def begin_walk(f: FunctionInfer, x: Atom) -> Walk | None:
    """A loop over ``x`` begins; None where it goes through no list."""
    lists = _lists(f, x)
    if not lists:
        return None
    walk = Walk(tuple([origins.node(f, a) for a in lists]))
    f.walks.append(walk)
    return walk


def _lists(f: FunctionInfer, x: Atom) -> list[Var]:
    if x.__class__ is not Var:
        return []
    if isinstance(x.type, List):
        return [x]
    return [a for p in f.recipes[x][1] for a in _lists(f, p)] if x in f.recipes else []


def end_walk(f: FunctionInfer, walk: Walk | None, item: Var | None = None) -> None:
    """The loop ends. ``item`` tells a loop of the user's, which is inferred again if a list has changed its length."""
    from s2sad.analysis.infer.function import Restart

    if walk is None:
        return
    f.walks.pop()
    if not walk.changed:
        return
    if item is None:
        refuse_change(f)
    elif item not in f.lengthening:
        f.lengthening.add(item)
        raise Restart


def refuse_change(f: FunctionInfer) -> None:
    f.refuse("S2S011", "elements that are made while the loop changes what they are made of",
             "use a list comprehension, or list(...)")  # fmt: skip


def change_length(f: FunctionInfer, key: Any) -> None:
    """The lists of a class change their length."""
    for through in f.walks:
        through.changed = through.changed or any(f.classes.find(v) == key for v in through.nodes)


def _makes(f: FunctionInfer, xs: Atom) -> bool:
    """Is it the list that a loop of a comprehension makes? Nothing goes through it before it is done."""
    fn = f.stack[-1]
    made = f.comprehended.get(fn)
    if made is None:
        made = f.comprehended[fn] = frozenset(_made_by_loops(fn.body))
    return xs in made


def _made_by_loops(block: Block) -> Iterator[Var]:
    """The empty lists that the next statement to know them is a loop that only appends to them."""
    empty: set[Atom] = set()
    for s in block.stmts:
        if s.__class__ is Let:
            empty.difference_update(s.args)
            if s.op == "list" and not s.args and s.target is not None:
                empty.add(s.target)
            continue
        uses = usage.uses(Block((s,)))
        if isinstance(s, For):
            appended = Counter(
                t.args[0] for t in walk(s.body)
                if isinstance(t, Let) and t.op == "method" and t.target is None and getattr(t.args[1], "value", "") == "append"
            )  # fmt: skip
            yield from (v for v in empty if isinstance(v, Var) and appended[v] == uses.get(v, 0) > 0)
        empty.difference_update(uses)
        for b in blocks_of(s):
            yield from _made_by_loops(b)


def grown_type(t: Type, growth: Growth) -> Type:
    """The type of a list or dict that is mutated: its length is not known, it holds what is stored as well."""
    if isinstance(t, List):
        return List(join(t.item, growth.item), None, t.frozen)
    if isinstance(t, Dict):
        known = join_named(named(t), tuple(growth.named.items())) if growth.item == NEVER else None
        return Dict(join(t.value, growth.total()), None, known)
    return t


def store_into(f: FunctionInfer, untyped: Atom, typed: Atom, item: Type, at: tuple[Atom, ...] = ()) -> None:
    """Record that a value of type ``item`` is stored into a list or dict; restart when that is news.

    at: index and value, where one element is stored and that is all."""
    if not isinstance(f.type(typed), List | Dict) or not isinstance(untyped, Var):
        return
    inline.unify(f, untyped, typed)
    key = f.classes.find(untyped)
    if f.walks and (len(at) < 2 or isinstance(f.type(at[0]), Slice)) and not _makes(f, untyped):
        change_length(f, key)
    name = f.type(at[0]) if len(at) == 2 and isinstance(f.type(typed), Dict) else None
    known = bool(at) and placed.store(f, typed, key, *at)
    if isinstance(name, Lit) and type(name.value) is str:
        grow_class(f, key, NEVER, known, named=(name.value, item))
    else:
        grow_class(f, key, item, known)


def grow_class(
    f: FunctionInfer, key: Any, item: Type, placed_at: bool = False, named: tuple[str, Type] | None = None
) -> None:
    """Record that a value of type ``item`` is stored into the lists or dicts of a class (``placed_at``: where, is known;
    ``named``: under this name); restart when that is news."""
    from s2sad.analysis.infer.function import Growth, Restart

    item = widen(item)
    if not placed_at:
        placed.lose(f, key)
    growth = f.growth.get(key)
    if growth is None:
        f.growth[key] = Growth(item, {} if named is None else {named[0]: widen(named[1])})
        raise Restart
    if named is not None:
        before = growth.named.get(named[0], NEVER)
        after = join(before, widen(named[1]))
        if after != before:
            growth.named[named[0]] = after
            f.changed = True
    joined = join(growth.item, item)
    if joined != growth.item:
        growth.item = joined
        f.changed = True


def grown(f: FunctionInfer, t: Type, key: Any) -> Type:
    """The type of a value of a class, with what is stored later into it and into what it holds."""
    growth = f.growth.get(key)
    if growth is not None:
        t = grown_type(t, growth)
    if isinstance(t, Maybe):
        return Maybe(grown(f, t.item, key))
    return grown_inside(f, t, key)


def grown_inside(f: FunctionInfer, t: Type, key: Any) -> Type:
    """The type of a value of a class with what is stored later into what it holds."""
    if not f.growth or not isinstance(t, List | Dict | Tuple) or not f.classes.has_elem(key):
        return t
    inner = f.classes.elem(key)
    if isinstance(t, Tuple):
        return Tuple(tuple(grown(f, i, inner) for i in t.items), t.cls, t.code)
    if isinstance(t, List):
        items = None if t.items is None else tuple(grown(f, i, inner) for i in t.items)
        return List(grown(f, t.item, inner), items, t.frozen)
    pairs = None if t.items is None else tuple((k, grown(f, v, inner)) for k, v in t.items)
    known = None if t.known is None else tuple((k, grown(f, v, inner)) for k, v in t.known)
    return Dict(grown(f, t.value, inner), pairs, known)


def grow(f: FunctionInfer, untyped: Var | None, var: Var) -> Var:
    """Give a new container the type that its later mutations ask for."""
    if untyped is not None and f.growth:
        growth = f.growth.get(f.classes.find(untyped))
        if growth is not None and records.is_tracked(f, var):
            var = records.unpinned(f, var)
        if growth is not None and var.type is not None:
            new = Var(var.name, grown_type(var.type, growth))
            last = f.out[-1]
            assert isinstance(last, Let) and last.target is var
            f.out[-1] = Let(new, last.op, last.args, last.kwnames, last.loc)
            placed.made(f, new, f.classes.find(untyped), f.tuples.pop(var, None))
            if last.op == "dict":
                placed.made_dict(f, new, f.classes.find(untyped), last.args)
            return new
    return var
