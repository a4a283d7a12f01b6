"""Simplify: value-preserving passes, one per file, run to a fixpoint.

``simplify(fn, primal)``: ``primal`` are the variables of the user's own statements, which keep their rounding and their
exceptions; by default all that is defined before the comment that opens the reverse sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from s2sad.ir.nodes import Function, Var
from s2sad.ir.record import dataclass
from s2sad.simplify import (
    contiguous,
    contributions,
    copies,
    cse,
    dce,
    early,
    fold,
    inplace,
    invariants,
    literals,
    negations,
    places,
    quotients,
    rows,
    scalars,
    signs,
    sink,
    sizes,
    softmaxes,
    spell,
    spread,
    squares,
    stores,
    structure,
    sums,
    tape,
    units,
    views,
)
from s2sad.specialise import RULES as SPECIALISE
from s2sad.specialise.driver import merge_rules, primal_vars, run_rules

Pass = Callable[[Function, Container[Var]], Function]
_FAMILIES = (
    fold, units, views, signs, scalars, literals, squares, quotients, softmaxes, spread, sums, stores, contributions, sizes,
)  # fmt: skip
ALGEBRA = merge_rules(SPECIALISE, *(family.RULES for family in _FAMILIES))
MAX_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class NamedPass:
    """A pass and the name under which stages and reports show it."""

    name: str
    run: Pass


def algebra(fn: Function, primal: Container[Var]) -> Function:
    """All rewrite rules at once: folding, units, views, signs, scalars, and what specialise left."""
    return run_rules(fn, ALGEBRA, primal)


def fill(fn: Function, primal: Container[Var]) -> Function:
    """Broadcasts that are left become arrays where their precision or a matrix product asks for it."""
    new = run_rules(fn, contiguous.PRECISION, primal, everywhere=True)
    new = run_rules(new, contiguous.RULES, primal)
    return fn if new is fn else dce.eliminate(new, primal)


def trim(fn: Function, primal: Container[Var]) -> Function:
    """Tapes without what nothing reads, and the forward sweep without what only they needed, such as the tape of an
    inner loop: the rounds go on to the algebra with all of that gone."""
    while True:
        new = tape.trim(fn)
        if new is fn:
            return fn
        fn = dce.eliminate(new, primal)


ROUNDS: tuple[NamedPass, ...] = (
    NamedPass("algebra", algebra),
    NamedPass("structure", lambda fn, primal: structure.settle(fn)),
    NamedPass("cse", cse.merge),
    NamedPass("dce", dce.eliminate),
    NamedPass("tape", trim),
)
LAST: tuple[NamedPass, ...] = (
    NamedPass("contiguous", fill),
    NamedPass("invariants", invariants.hoist),
    NamedPass("rows", rows.share),
    NamedPass("contributions", contributions.assign_first),
    NamedPass("negations", negations.push),
    NamedPass("inplace", inplace.accumulate),
    NamedPass("copies", copies.absorb),
    NamedPass("places", places.name),
    NamedPass("sink", sink.sink),
    NamedPass("early", lambda fn, primal: early.record(fn)),
    NamedPass("spell", lambda fn, primal: spell.spell_out(fn)),
)


def simplify(fn: Function, primal: Container[Var] | None = None) -> Function:
    """``fn`` after all passes: rounds of the algebraic ones until nothing changes, then those that fix storage."""
    if primal is None:
        primal = primal_vars(fn)
    unchanged = 0  # passes in a row that found nothing: when all have, another round would find nothing either
    for k in range(MAX_ROUNDS * len(ROUNDS)):
        p = ROUNDS[k % len(ROUNDS)]
        new = p.run(fn, primal)
        # all but the algebra leave nothing that they themselves would change
        unchanged = unchanged + 1 if new is fn else int(p.run is not algebra)
        fn = new
        if unchanged >= len(ROUNDS):
            break
    for p in LAST:
        fn = p.run(fn, primal)
    return fn


__all__ = ["ALGEBRA", "LAST", "ROUNDS", "NamedPass", "algebra", "simplify"]
