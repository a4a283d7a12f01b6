"""``for`` over anything: as a loop over ``range`` with an index where elements can be indexed, unrolled where the elements
of a short tuple differ in type, or arrays in a short list in their shapes, as it stands where the iterable carries no derivative.

*before*                             *after*::

    for a, b in zip(xs, ys):             for k in range(min(len(xs), len(ys))):
        s = s + a * b                        s = s + xs[k] * ys[k]

A list that changes its length while it is iterated is read with a counter in a ``while`` loop (``walked``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from s2sad.analysis.infer import flat, growing, inline, loops, made_now, operators, optional, poison, records, walked
from s2sad.analysis.infer.few import layered, must_unroll, static_items
from s2sad.analysis.infer.plans import make_plan, use
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, For, If, Let, Var, While
from s2sad.ir.types import NEVER, UNKNOWN, Dict, Maybe, Opaque, Range, holds_lists

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def for_(f: FunctionInfer, s: For) -> None:
    start = len(f.out)
    _for(f, s)
    if f.made_now:
        made_now.watch(f, f.atom(s.iter), start, s.loc)


def _for(f: FunctionInfer, s: For) -> None:
    x = operators.iterated(f, flat.whole(f, f.atom(s.iter)))
    if isinstance(x, Var) and isinstance(x.type, Maybe):
        x = optional.checked(f, x)
    if f.program.findings and type_of_atom(x) == NEVER:
        poison.loop(f, s, x)
        return
    if x is UNDEF:
        for t, a in zip(s.targets, s.init, strict=True):
            f.env[t] = f.atom(a)
        return
    use(f, x)
    if s.item in f.lengthening:
        _growing(f, s, x)
        return
    if _listed(f, s, x):
        return
    static = static_items(f, x) or operators.zipped(f, x)
    if static is not None and not s.stop:
        if _is_kind(f, x, "iter") or records.involves(f, x) or must_unroll(f, static) or layered(f, s, static):
            _unroll(f, s, static)
            return
    if static and s.stop and (records.involves(f, x) or must_unroll(f, static)):
        _unroll_until(f, s, static)
        return
    plan = make_plan(f, x)
    if plan.infinite:
        f.refuse("S2S057", "a loop over an iterator without end", "write a while loop")
    item_names = _peek(s)

    def infer_body() -> tuple[Block, Var]:
        saved, f.out = f.out, []
        walk = growing.begin_walk(f, x)
        k = Var(_index_name(x, f, s, item_names), plan.item_type)
        f.env[s.item] = item = plan.item(k, item_names)
        if isinstance(item, Var) and holds_lists(type_of_atom(item)):  # what it holds may grow under its name
            f.origin.setdefault(item, s.item)
            inline.unify(f, s.item, item)
        alive = f.statements(s.body)
        results = tuple(f.atom(a) if alive else UNDEF for a in s.body.results)
        block = Block(tuple(f.out), results)
        f.out = saved
        growing.end_walk(f, walk, s.item)
        return block, k

    carried, inits, (body, k), kept = loops.carry(f, s, infer_body)
    targets, body = loops.finish(f, s, carried, kept, body, plan.range_)
    f.out.append(For(k, plan.range_, carried, inits, body, targets, s.stop, s.loc))


def _listed(f: FunctionInfer, s: For, x: Atom) -> bool:
    """The loop of a comprehension whose list is to have a known length: a display of its elements."""
    last = s.body.stmts[-1] if s.body.stmts else None
    if s.stop or s.carried or not (isinstance(last, Let) and last.op == "method" and last.target is None):
        return False
    made, what = last.args[0], last.args[1]
    if not isinstance(made, Var) or getattr(what, "value", "") != "append" or f.classes.find(made) not in f.known_lengths:
        return False
    static = static_items(f, x)
    if static is None:
        f.want_length(x)
    empty = f.env.get(made)
    if static is None or f.tuples.get(empty) != ():  # type: ignore[arg-type]
        return False
    values = []
    for item in static:
        f.env[s.item] = item()
        if not f.statements(Block(s.body.stmts[:-1], ())):
            return True
        values.append(f.atom(last.args[2]))
    f.env[made] = f.emit("list", *values, name=made.name)
    f.origin[f.env[made]] = made  # type: ignore[index]
    return True


def _is_kind(f: FunctionInfer, x: Atom, kind: str) -> bool:
    return isinstance(x, Var) and x in f.recipes and f.recipes[x][0] == kind


# -- lists that change while they are iterated -----------------------------------------------------------------------

def _growing(f: FunctionInfer, s: For, x: Atom) -> None:
    """``k = 0; while k < len(xs): item = xs[k]; k += 1; ...``, as Python's iterator over a list does."""
    counter, after = Var("k"), Var("")
    plan, names = walked.plan(f, x), _peek(s)
    carry = While(
        (counter, *s.carried), (Const(0), *s.init), Block((), (Const(True),)),
        Block(s.body.stmts, (after, *s.body.results)), (Var("k"), *s.targets), s.stop, s.loc,
    )  # fmt: skip

    def infer_body() -> tuple[Block, Block]:
        saved, f.out = f.out, []
        k = f.env[counter]
        test = walked.more(f, x, plan, k)
        cond = Block(tuple(f.out), (test,))
        f.out = []
        f.env[s.item] = item = plan.item(k, names)  # type: ignore[arg-type]
        if isinstance(item, Var) and holds_lists(type_of_atom(item)):
            f.origin.setdefault(item, s.item)
            inline.unify(f, s.item, item)
        f.env[after] = f.emit("add", k, Const(1), name="k")
        alive = f.statements(s.body)
        results = tuple(f.atom(a) if alive else UNDEF for a in carry.body.results)
        block = Block(tuple(f.out), results)
        f.out = saved
        return block, cond

    carried, inits, (body, cond), kept = loops.carry(f, carry, infer_body)
    targets, body = loops.finish(f, carry, carried, kept, body)
    f.out.append(While(carried, inits, cond, body, targets, s.stop, s.loc))


def _peek(s: For) -> tuple[str, ...]:
    """The user's names for the loop variables: ``(i, v)`` for ``for i, v in enumerate(xs)``."""
    names: dict[int, str] = {}
    unpacked: set[Var] = {s.item}
    for st in s.body.stmts[:8]:
        if isinstance(st, Let) and st.target is not None and st.args and st.args[0] in unpacked:
            if st.op == "unpack":
                unpacked.add(st.target)
            elif st.op == "getitem" and isinstance(st.args[1], Const) and st.target.name and type(st.args[1].value) is int:
                names[st.args[1].value] = st.target.name
    if names:
        return tuple(names.get(k, "") for k in range(max(names) + 1))
    return (s.item.name,)


def _index_name(x: Atom, f: FunctionInfer, s: For, names: tuple[str, ...]) -> str:
    if isinstance(type_of_atom(x), Range | Opaque | Dict):
        return s.item.name
    if isinstance(x, Var) and x in f.recipes and f.recipes[x][0] == "enumerate" and names and names[0]:
        return names[0]
    return "k"


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


def _unroll_until(f: FunctionInfer, s: For, items: list[Callable[[], Atom]]) -> None:
    """The iterations of a loop that may end early: after each one a branch, of which one side is the rest of the loop."""
    inits = [f.atom(a) for a in s.init]
    f.loc = s.loc
    f.env[s.item] = items[0]()
    f.env.update(zip(s.carried, inits, strict=True))
    count = len(s.carried)
    if not f.statements(s.body):
        f.env.update((t, UNDEF) for t in s.targets)
    elif len(items) == 1:
        f.env.update([(t, f.atom(a)) for t, a in zip(s.targets, s.body.results[:count], strict=True)])
    else:
        results, rest = s.body.results[:count], Var("")
        f.env[rest] = marker = Var("", UNKNOWN)
        f.left[marker] = items[1:]
        others = For(s.item, rest, s.carried, results, s.body, s.targets, True, s.loc)
        ends = If(s.body.results[count], Block((), results), Block((others,), s.targets), s.targets, s.loc)
        f.statements(Block((ends,), ()))


__all__ = ["for_"]
