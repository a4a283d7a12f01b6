"""Loops: the types of what a loop carries, to a fixpoint, and which of it does not change at all.

*before*                                *after*::

    y = 0                                   y: float
    for v in x:                             for v in x:
        y = y + v * scale                       y = y + v * scale    # scale is not carried

The body is inferred again as long as a carried type grows. After some rounds sizes are forgotten, and at last all is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sad.analysis.infer import kept_sizes, merging, wholes
from s2sad.ir.nodes import UNDEF, Atom, Block, For, Let, Var, While, calls
from s2sad.ir.types import UNKNOWN, Affine, Array, List, Maybe, Num, Type, is_positive, join, widen
from s2sad.rules.typing import size_of

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_ROUNDS, _KINDS, _SIZES = 40, 20, 3  # as many rounds; after so many, nothing is known of what still changes; nor its sizes


def carry(f: FunctionInfer, s: For | While, infer_body: Any) -> tuple[tuple[Var, ...], tuple[Atom, ...], Any, list[int]]:
    """Types of the carried values to a fixpoint. ``infer_body()`` gives the body block (and more). Returns carried
    variables, inits, what ``infer_body`` returned, and the positions in ``s.carried`` that are really carried."""
    outside, used = tuple(f.recipes), set(f.consumed)
    inits = [f.atom(a) for a in s.init]
    types = [widen(f.type(a)) for a in inits]
    slots = merging.LoopSlots(f, [c.name for c in s.carried], inits)
    fixed: set[int] = set()
    moved: set[int] = set()
    for round_ in range(_ROUNDS):
        carried: list[Var | None] = []
        slots.start()
        for k, (c, a, t) in enumerate(zip(s.carried, inits, types, strict=True)):
            var = None if k in fixed or k in slots else f.new(c, t)
            carried.append(var)
            f.env[c] = slots.atoms[k] if k in slots else a if var is None else var
        out = infer_body()
        body: Block = out[0]
        nexts = body.results[: len(s.carried)]
        if slots.finish(nexts):
            continue
        moved |= {k for k in fixed if nexts[k] is not inits[k]}  # now that types are known better, it changes
        if fixed & moved:
            fixed -= moved
            continue
        trivial = {k for k, v in enumerate(carried) if v is not None and nexts[k] is v and inits[k] is not UNDEF}
        trivial -= moved
        if trivial:
            fixed |= trivial
            continue
        joined = _joined(f, types, nexts, round_)
        if joined != types:
            joined = [
                j if v is None else kept_sizes.kept(j, t, v, a, body)
                for j, t, v, a in zip(joined, types, carried, nexts, strict=True)
            ]
        joined = [types[k] if k in slots else j for k, j in enumerate(joined)]
        if all(j == t for k, (j, t) in enumerate(zip(joined, types, strict=True)) if k not in fixed):
            break
        types = joined
    if any(x in f.consumed and x not in used for x in outside):
        f.refuse("S2S056", "an iterator from outside of a loop is iterated in each iteration: it is empty after the first",
                    "make it a list: list(...)")  # fmt: skip
    kept = [k for k in range(len(s.carried)) if k not in fixed and k not in slots]
    f.slots.append(slots)
    for k in fixed:
        f.env[s.targets[k]] = inits[k]
    phis = tuple(v for v in carried if v is not None) + slots.carried()
    return phis, (*(f.concrete(inits[k]) for k in kept), *slots.first()), out, kept


def finish(
    f: FunctionInfer, s: For | While, carried: tuple[Var, ...], kept: list[int], body: Block, over: Atom = UNDEF
) -> tuple[Any, Block]:
    """Targets after the loop, and the body with the results of the values that are really carried. ``over``: the range."""
    targets = []
    for k, c in zip(kept, carried, strict=False):
        t = f.new(s.targets[k], _after(f, c.type or UNKNOWN, body.results[k], over))
        f.env[s.targets[k]] = t
        targets.append(t)
    stop = body.results[len(s.carried) :]
    after, nexts = f.slots.pop().close(f.env, s.targets, lambda t, last: _after(f, t, last, over))
    results = (*(body.results[k] for k in kept), *nexts, *stop)
    return (*targets, *after), f.concrete_block(Block(body.stmts, results))


def _after(f: FunctionInfer, t: Type, last: Atom, over: Atom) -> Type:
    """The type after the loop: of what is a number first and an array from the first iteration on, that of the array."""
    if not isinstance(t, Num) or t.array is None or not isinstance(f.type(last), Array) or not _is_entered(f, over):
        return t
    return t.array


def _is_entered(f: FunctionInfer, over: Atom) -> bool:
    """Has the range one number at least, whatever the sizes are?"""
    made = next((s for s in reversed(f.out) if isinstance(s, Let) and s.target is over), None)
    if made is None or not calls(made, range) or len(made.args) > 3:
        return False
    bounds = [size_of(f.type(a)) for a in made.args[1:]]
    start, stop = (Affine(0), *bounds)[-2:]
    return start is not None and stop is not None and is_positive(stop - start)


def while_(f: FunctionInfer, s: While) -> None:
    def infer_body() -> tuple[Block, Block]:
        cond = f.concrete_block(wholes.condition(f, s.cond))
        return f.block(s.body), cond

    carried, inits, (body, cond), kept = carry(f, s, infer_body)
    targets, body = finish(f, s, carried, kept, body)
    f.out.append(While(carried, inits, cond, body, targets, s.stop, s.loc))


def _joined(f: FunctionInfer, types: list[Type], nexts: tuple[Atom, ...], round_: int) -> list[Type]:
    """The types before and after an iteration, as one; less is kept of what does not settle."""
    joined = [join(t, widen(f.type(a))) for t, a in zip(types, nexts, strict=True)]
    if round_ <= _SIZES:
        return joined
    forget = _forget_dims if round_ <= _KINDS else lambda t: UNKNOWN
    return [j if j == t else forget(j) for j, t in zip(joined, types, strict=True)]


def _forget_dims(t: Type) -> Type:
    if isinstance(t, Array) and t.dims is not None:
        return Array(t.dtype, tuple(None for _ in t.dims))
    if isinstance(t, List):
        return List(t.item, None, t.frozen)
    if isinstance(t, Num) and t.array is not None:
        return Num(t.number, Array(t.array.dtype, tuple(None for _ in t.array.dims or ())))
    if isinstance(t, Maybe):
        return Maybe(_forget_dims(t.item))
    return t
