"""Simplify: value-preserving passes, one per file, run to a fixpoint.

``simplify(fn, primal)``: ``primal`` are the variables of the user's own statements, which keep their rounding and their
exceptions; by default all that is defined before the comment that opens the reverse sweep.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence

from s2sad.ad.own import without_masks
from s2sad.analysis import usage
from s2sad.analysis.tapes import tapes_in
from s2sad.ir.nodes import Atom, For, Function, Let, Var, by_op, walk
from s2sad.ir.record import dataclass
from s2sad.ir.types import Array, List
from s2sad.simplify import (
    buffers,
    contiguous,
    contributions,
    copies,
    cse,
    dce,
    deliver,
    early,
    factors,
    flat,
    fold,
    fuse,
    idle,
    inplace,
    invariants,
    last_words,
    leftover,
    literals,
    multiples,
    negations,
    odds,
    places,
    quotients,
    reduced,
    relus,
    rows,
    scalars,
    selections,
    signs,
    sink,
    sizes,
    softmaxes,
    sparse,
    spell,
    spread,
    squares,
    stores,
    structure,
    sums,
    tape,
    together,
    units,
    views,
    weights,
    zeros,
)
from s2sad.specialise import RULES as SPECIALISE
from s2sad.specialise.driver import merge_rules, primal_vars, run_rules

Pass = Callable[[Function, Container[Var]], Function]
_FAMILIES = (
    fold, units, views, signs, scalars, literals, squares, quotients, odds, softmaxes, relus, selections, spread, sums, weights,
    reduced, stores, contributions, sizes, zeros,
)  # fmt: skip
ALGEBRA = merge_rules(SPECIALISE, *(family.RULES for family in _FAMILIES))
_STORED = merge_rules(contiguous.RULES, selections.LITERALS)
MAX_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class NamedPass:
    """A pass and the name under which stages and reports show it. ``settles``: the passes that find nothing in what it
    gives; ``keeps``: those that find nothing there if they found nothing in what it was given."""

    name: str
    run: Pass
    settles: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()


def algebra(fn: Function, primal: Container[Var]) -> Function:
    """All rewrite rules at once: folding, units, views, signs, scalars; and those of specialise, for the user's statements
    too."""
    return run_rules(fn, ALGEBRA, primal, users=SPECIALISE)


def fill(fn: Function, primal: Container[Var]) -> Function:
    """Broadcasts that are left become arrays where their precision or a matrix product asks for it."""
    new = run_rules(fn, contiguous.PRECISION, primal, everywhere=True)
    new = run_rules(new, _STORED, primal)
    return fn if new is fn else dce.eliminate(new, primal)


def trim(fn: Function, primal: Container[Var]) -> Function:
    """Tapes without what nothing reads, and the forward sweep without what only they needed, such as the tape of an
    inner loop: the rounds go on to the algebra with all of that gone."""
    while True:
        new = tape.trim(fn)
        if new is fn:
            return fn
        fn = dce.eliminate(new, primal)


def steadily(fn: Function, primal: Container[Var]) -> Function:
    """What every iteration records alike is recorded once: of arrays, and of tapes in tapes."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    kept = (getattr(a, "type", None) for t in tapes_in(fn).understood() for a in t.components)
    if not any(t.__class__ in (Array, List) for t in kept):
        return fn
    from s2sad.simplify import steady  # few programs need it

    return steady.share(fn, primal)


def later(fn: Function, primal: Container[Var]) -> Function:
    """What reverse loops only add to arrays comes after them, all at once."""
    loops = [s.body.stmts for s in walk(fn.body) if s.__class__ is For and s.item not in primal]
    simple = [body for body in loops if all(s.__class__ is Let for s in body)]
    if not any(s.op == "aug_setitem" for body in simple for s in body):  # type: ignore[union-attr]
        return fn
    from s2sad.simplify import afterwards  # few programs need it

    return afterwards.defer(fn, primal)


def own(fn: Function, primal: Container[Var]) -> Function:
    """Adjoints of which each iteration uses places of its own are values of the iterations."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    calls = by_op(fn.body).get("call", ())
    made: set[Atom] = {s.target for s in calls if contributions.fills(s) and s.target not in primal}  # type: ignore[misc]
    if not made:
        return fn
    uses, loops = usage.uses(fn), [s for s in walk(fn.body) if s.__class__ is For and s.item not in primal]
    users = (Counter(s.args[0] for s in loop.body.stmts if s.__class__ is Let and s.args) for loop in loops)
    if not any(n == uses.get(x) for found in users for x, n in found.items() if x in made):  # type: ignore[arg-type]
        return fn
    from s2sad.simplify import private  # few programs need it

    return private.privatise(fn, primal)


def forgotten(fn: Function, primal: Container[Var]) -> Function:
    """Places that a loop clears and nothing reads again are not cleared."""
    stores = by_op(fn.body).get("setitem", ())
    if not any(s.__class__ is For for s in fn.body.stmts) or not any(leftover.clears(s, primal) for s in stores):
        return fn
    from s2sad.simplify import passed, unread  # few programs need it

    new = unread.drop(passed.drop(fn, primal), primal)
    return fn if new is fn else dce.eliminate(new, primal)


ROUNDS: tuple[NamedPass, ...] = (
    NamedPass("algebra", algebra),
    NamedPass("structure", lambda fn, primal: structure.settle(fn), ("structure",)),
    NamedPass("cse", cse.merge, ("cse",)),
    NamedPass("dce", dce.eliminate, ("dce",), ("structure", "cse")),
    NamedPass("tape", trim, ("tape", "dce")),
)
WOVEN: tuple[NamedPass, ...] = (
    NamedPass("fuse", fuse.fuse),
    NamedPass("idle", idle.skip),
    NamedPass("sparse", sparse.record),
    NamedPass("flat", flat.flatten),
    NamedPass("together", together.join),
    NamedPass("steady", steadily),
)
LAST: tuple[NamedPass, ...] = (
    NamedPass("leftover", leftover.drop),
    NamedPass("contiguous", fill),
    NamedPass("invariants", invariants.hoist),
    NamedPass("rows", rows.share),
    NamedPass("multiples", multiples.gather),
    NamedPass("afterwards", later),
    NamedPass("contributions", contributions.assign_first),
    NamedPass("private", own),
    NamedPass("passed", forgotten),
    NamedPass("negations", negations.push),
    NamedPass("inplace", inplace.accumulate),
    NamedPass("copies", copies.absorb),
    NamedPass("places", places.name),
    NamedPass("deliver", deliver.deliver),
    NamedPass("sink", sink.sink),
    NamedPass("early", lambda fn, primal: early.record(fn)),
    NamedPass("spell", lambda fn, primal: spell.spell_out(fn)),
)
NUMPY = frozenset({"afterwards", "private"})  # those of which machine code has no use: a loop costs nothing there


def simplify(
    fn: Function, primal: Container[Var] | None = None, woven: bool = False, native: bool = False
) -> Function:
    """``fn`` after all passes: rounds of the algebraic ones until nothing changes, then those that fix storage. With
    ``woven``, loops and branches and their reverse sweeps become one where they can; for machine code (``native``), loops
    alone: tests cost little there, and loops in the form that the user gave them are what its passes know."""
    if primal is None:
        primal = primal_vars(fn)
    fn = rounds(fn, primal)
    new = last_words.drop(fn, primal)
    fn = fn if new is fn else rounds(new, primal)
    new = without_masks(fn)
    fn = fn if new is fn else rounds(new, primal)
    for _ in range(2):  # what is alike then, and twice there, is a product of another number
        new = factors.gather(fn, primal)
        if new is fn:
            break
        fn = rounds(new, primal)
    new = cse.forward(fn, primal)
    fn = fn if new is fn else rounds(new, primal)
    if woven and any(s.__class__ is not Let for s in fn.body.stmts):
        fn = weave(fn, primal, WOVEN[:1] if native else WOVEN)
        if native:
            from s2sad.simplify import quiet

            fn = quiet.skip_for_zero(fn, primal)
    for p in LAST:
        if not native or p.name not in NUMPY:
            fn = p.run(fn, primal)
    return fn


def weave(fn: Function, primal: Container[Var], passes: Sequence[NamedPass] = WOVEN) -> Function:
    """``fn`` with its sweeps in common loops and branches where they can be."""
    done: set[str] = set()
    while len(done) < len(passes):
        for p in passes:
            new = p.run(fn, primal) if p.name not in done else fn
            done.add(p.name)
            if new is not fn:
                fn, done = rounds(new, primal), set()
    return fn


def rounds(fn: Function, primal: Container[Var]) -> Function:
    """The algebraic passes until nothing changes."""
    settled: set[str] = set()  # the passes that would find nothing
    for k in range(MAX_ROUNDS * len(ROUNDS)):
        p = ROUNDS[k % len(ROUNDS)]
        if p.name in settled:
            continue
        new = p.run(fn, primal)
        if new is not fn:
            fn = new
            settled = {*p.settles, *settled.intersection(p.keeps)}
        else:
            settled.add(p.name)
        if len(settled) == len(ROUNDS):
            break
    return fn


def in_one(fn: Function) -> Function:
    """The matrices that a loop records lie in one array."""
    if not any(len(t.dims or ()) > 1 for t in _recorded(fn)):
        return fn
    from s2sad.simplify import stacked  # few programs need it

    return stacked.stack(fn)


def recorded_alone(fn: Function) -> Container[Var]:
    """What only a tape holds, and one loop backwards reads."""
    if not _recorded(fn):
        return ()
    from s2sad.simplify import owned

    return owned.owned(fn, buffers.shared, buffers.is_fresh)


def _recorded(fn: Function) -> list[Array]:
    if all(s.__class__ is Let for s in fn.body.stmts):
        return []
    kept = (getattr(a, "type", None) for t in tapes_in(fn).understood() for a in t.components)
    return [t for t in kept if t.__class__ is Array and t.dims != ()]


def in_place(fn: Function, primal: Container[Var]) -> Function:
    """The last step where NumPy runs the function: arithmetic in the memory of what is not needed any more."""
    new = tape.measure(fn)
    new = buffers.reuse(in_one(new), primal, recorded_alone(new))
    return fn if new is fn else sink.sink(new, before=fn)  # what this parts from its use comes back to it


__all__ = ["ALGEBRA", "LAST", "ROUNDS", "NamedPass", "algebra", "in_place", "simplify"]
