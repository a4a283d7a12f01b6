"""The passes do what their docstrings show, and change no value."""

from __future__ import annotations

import copy
import importlib
import re
from typing import Any

import numpy as np
import pytest

import s2sad.rules
from s2sad.ad import cells
from s2sad.ir.nodes import Block, Function, Let, Loc, Stmt, blocks_of, replace
from s2sad.ir.rewrite import with_blocks, with_body
from s2sad.simplify import (
    ALGEBRA,
    afterwards,
    buffers,
    clears,
    contributions,
    copies,
    cse,
    dce,
    deliver,
    early,
    factors,
    fuse,
    idle,
    in_place,
    inplace,
    invariants,
    iterate,
    joins,
    leftover,
    methods,
    multiples,
    negations,
    passed,
    places,
    private,
    quiet,
    recorded_alone,
    rows,
    selections,
    simplify,
    sink,
    sparse,
    spell,
    stacked,
    steady,
    structure,
    tape,
    together,
    unpacked,
    unread,
)
from s2sad.simplify.contracted import contract
from s2sad.simplify.displays import fill
from s2sad.simplify.flat import flatten
from s2sad.simplify.vectors import display
from s2sad.specialise import specialise
from s2sad.specialise.driver import merge_rules, primal_vars, run_rules
from tests.ir_text import census, lower, to_function, to_source

RNG = np.random.default_rng(7)
V, W = RNG.uniform(0.5, 2.0, 5), RNG.uniform(0.5, 2.0, 5)
M = RNG.uniform(0.5, 2.0, (4, 5))
S, T = 1.3, 0.7


def rules_table(name: str) -> Any:
    return importlib.import_module(name).RULES


def rules_of(name: str) -> Any:
    table = importlib.import_module(name).RULES
    fold = importlib.import_module("s2sad.simplify.fold").RULES
    table = merge_rules({"copy": fold["copy"]}, table) if not name.endswith("fold") else table
    return lambda fn: dce.eliminate(run_rules(fn, table, (), everywhere=True), ())


def overwritten(fn: Function) -> Function:
    return buffers.reuse(fn, primal_vars(fn), recorded_alone(fn))


def twice(run_pass: Any) -> Any:
    return lambda fn: run_pass(run_pass(fn))


PASSES: dict[str, tuple[Any, list[Any]]] = {
    "s2sad.simplify.dce": (lambda fn: dce.eliminate(fn, ()), [S, T]),
    "s2sad.simplify.structure": (lambda fn: dce.eliminate(copied(structure.settle(copied(fn))), ()), [S, T, 3]),
    "s2sad.simplify.cse": (cse.merge, [V, W]),
    "s2sad.simplify.fold": (rules_of("s2sad.simplify.fold"), [V]),
    "s2sad.simplify.units": (rules_of("s2sad.simplify.units"), [V, W]),
    "s2sad.simplify.signs": (rules_of("s2sad.simplify.signs"), [V, W, W]),
    "s2sad.simplify.views": (rules_of("s2sad.simplify.views"), [M, M]),
    "s2sad.simplify.scalars": (rules_of("s2sad.simplify.scalars"), [V, W, S]),
    "s2sad.simplify.sizes": (lambda fn: clean(run_rules(fn, rules_table("s2sad.simplify.sizes"))), [V, W]),
    "s2sad.simplify.contributions": (
        lambda fn: contributions.assign_first(dce.eliminate(run_rules(fn, contributions.RULES, ()), ())), [V, W[1:]]),
    "s2sad.simplify.literals": (rules_of("s2sad.simplify.literals"), [V, W, V + W]),
    "s2sad.simplify.squares": (lambda fn: clean(run_rules(fn, rules_table("s2sad.simplify.squares"))), [S, T]),
    "s2sad.simplify.quotients": (rules_of("s2sad.simplify.quotients"), [V, W, V + W]),
    "s2sad.simplify.stores": (rules_of("s2sad.simplify.stores"), [V, W[1:]]),
    "s2sad.simplify.copies": (lambda fn: copies.absorb(fn, ()), [V, S]),
    "s2sad.simplify.contiguous": (rules_of("s2sad.simplify.contiguous"), [M, V]),
    "s2sad.simplify.places": (lambda fn: places.name(fn), [V, W[2:], W[2:], 2]),
    "s2sad.simplify.deliver": (lambda fn: deliver.deliver(fn, ()), [V, W.copy(), V + W, V * W, S]),
    "s2sad.simplify.sink": (lambda fn: sink.sink(fn), [M.copy(), M.copy(), V[:4], V, M]),
    "s2sad.simplify.rows": (rows.share, [M, V, S, 2]),
    "s2sad.simplify.afterwards": (lambda fn: afterwards.defer(clean(fn), primal_vars(fn)), [M, M + 0.5, S]),
    "s2sad.simplify.private": (lambda fn: private.privatise(clean(fn), primal_vars(fn)), [M, M + 0.5]),
    "s2sad.simplify.negations": (lambda fn: negations.push(fn, ()), [V, W, S, T, 0.3]),
    "s2sad.simplify.joins": (lambda fn: joins.join(fn, ()), [V, W, V + W]),
    "s2sad.simplify.iterate": (lambda fn: iterate.iterate(fn, ()), [V, S]),
    "s2sad.simplify.unpacked": (lambda fn: unpacked.unpack(clean(fn)), [M, S]),
    "s2sad.simplify.clears": (lambda fn: clears.defer(fn, ()), [V, S, 2]),
    "s2sad.simplify.spread": (rules_of("s2sad.simplify.spread"), [V, M]),
    "s2sad.ad.cells": (lambda fn: clean(cells.promote(fn)), [S]),
    "s2sad.simplify.early": (lambda fn: early.record(as_records(fn)), [S, T, 3]),
    "s2sad.simplify.spell": (lambda fn: spell.spell_out(fn), [V, W[1:-1], 2]),
    "s2sad.simplify.softmaxes": (
        lambda fn: clean(run_rules(fn, rules_table("s2sad.simplify.softmaxes"))), [M, M * 4.0 ** np.arange(-2, 3)]),
    "s2sad.simplify.methods": (lambda fn: methods.as_methods(fn, primal_vars(fn)), [M, M + 0.5]),
    "s2sad.simplify.multiples": (lambda fn: multiples.gather(clean(fn), primal_vars(fn)), [V]),
    "s2sad.simplify.odds": (lambda fn: clean(run_rules(fn, rules_table("s2sad.simplify.odds"))), [np.exp(V), W, V + W]),
    "s2sad.simplify.relus": (lambda fn: clean(run_rules(fn, rules_table("s2sad.simplify.relus"))), [V - 1.0, W]),
    "s2sad.simplify.selections": (
        lambda fn: clean(run_rules(run_rules(fn, selections.RULES, ()), selections.LITERALS, ())), [V - 1.0, W, V]),
    "s2sad.simplify.reduced": (rules_of("s2sad.simplify.reduced"), [M, M.T @ M, W]),
    "s2sad.simplify.weights": (twice(lambda fn: clean(run_rules(fn, ALGEBRA, ()))), [M, M[:, 0], V]),
    "s2sad.simplify.sums": (rules_of("s2sad.simplify.sums"), [V, W, V * W]),
    "s2sad.specialise.joined": (specialise, [V, W[1:], np.concatenate((V, W[1:]))]),
    "s2sad.specialise.maxima": (specialise, [V - 1.0]),
    "s2sad.simplify.fuse": (lambda fn: clean(fuse.fuse(clean(fn), ())), [S, T, 3]),
    "s2sad.simplify.passed": (lambda fn: passed.drop(fn, ()), [V, W]),
    "s2sad.simplify.unread": (lambda fn: unread.drop(fn, ()), [V, 4]),
    "s2sad.simplify.owned": (lambda fn: overwritten(clean(fn)), [V, W]),
    "s2sad.simplify.stacked": (lambda fn: stacked.stack(clean(fn)), [M, M.T @ M, V]),
    "s2sad.simplify.quiet": (lambda fn: quiet.skip_for_zero(clean(fn), ()), [V, W, 3]),
    "s2sad.simplify.idle": (lambda fn: clean(idle.skip(clean(fn), ())), [V, V.copy(), T]),
    "s2sad.simplify.sparse": (lambda fn: clean(together.join(tape.trim(sparse.record(clean(fn), ())), ())), [S, 4]),
    "s2sad.simplify.together": (lambda fn: clean(together.join(clean(fn), ())), [S, 2]),
    "s2sad.simplify.flat": (lambda fn: clean(flatten(clean(fn), ())), [S, 3]),
    "s2sad.simplify.steady": (
        lambda fn: clean(tape.trim(clean(steady.share(clean(fn), ())))), [V, W, 3]),
    "s2sad.simplify.contracted": (lambda fn: contract(clean(fn), primal_vars(fn)), [M, M + 1.0, V, W]),
    "s2sad.simplify.leftover": (lambda fn: clean(leftover.drop(clean(fn), ())), [[S, T, S], T, 1]),
    "s2sad.simplify.factors": (lambda fn: clean(factors.gather(clean(fn), primal_vars(fn))), [V, W, V * W]),
    "s2sad.simplify.displays": (lambda fn: fill(fn), [S, T]),
    "s2sad.simplify.vectors": (lambda fn: display(fn, ()), [V[:2]]),
    "s2sad.simplify.tape": (lambda fn: clean(tape.trim(clean(fn))), [S, 3]),
    "s2sad.simplify.buffers": (lambda fn: buffers.reuse(clean(fn), primal_vars(fn)), [V, W]),
    "s2sad.simplify.inplace": (lambda fn: inplace.accumulate(fn, ()), [V, W]),
    "s2sad.simplify.invariants": (lambda fn: invariants.hoist(fn, ()), [M.T @ M, S, 3]),
    "s2sad.specialise.unbroadcast": (specialise, [M, M, V]),
    "s2sad.specialise.unreduce": (specialise, [M[:, 0], M]),
    "s2sad.specialise.products": (specialise, [M[:, 0], M, V]),
    "s2sad.specialise.reductions": (specialise, [M[:, 0], M, M[:, 1]]),
    "s2sad.specialise.storage": (specialise, [V, S, 2]),
    "s2sad.specialise.lists": (specialise, [[S, T], S]),
    "s2sad.specialise.matrices": (specialise, [S, V, np.outer(V, V), V * 2.0]),
    "s2sad.specialise.einsum": (specialise, [M @ M.T, M, M.T.copy(), M[:, 0].copy(), M[0].copy()]),
    "s2sad.specialise.arranged": (specialise, [np.concatenate((V, [S, T])), V, np.concatenate((V, V, V))]),
    "s2sad.simplify.zeros": (rules_of("s2sad.simplify.zeros"), [M.T @ M, M.T @ M, S]),
    "s2sad.specialise.masks": (specialise, [V, W]),
    "s2sad.specialise.powers": (specialise, [V]),
    "s2sad.specialise.softplus": (specialise, [V]),
}  # fmt: skip


def as_records(fn: Function) -> Function:
    """The appends of loops at the places of their loops, as those of the transformation are."""
    count = 0

    def visit(block: Block, loc: Loc) -> Block:
        nonlocal count
        stmts: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Let):
                stmts.append(Let(s.target, s.op, s.args, s.kwnames, loc) if s.op == "method" else s)
            else:
                count += 1
                s = replace(s, loc=Loc("f", count))
                stmts.append(with_blocks(s, tuple(visit(b, s.loc) for b in blocks_of(s))))
        return Block(tuple(stmts), block.results)

    return with_body(fn, visit(fn.body, fn.loc))


def copied(fn: Function) -> Function:
    fold = importlib.import_module("s2sad.simplify.fold").RULES
    return run_rules(fn, {"copy": fold["copy"]}, (), everywhere=True)


def clean(fn: Function) -> Function:
    return dce.eliminate(copied(fn), ())


def texts(module: str) -> tuple[str, str]:
    doc = importlib.import_module(module).__doc__ or ""
    before, after = re.findall(r"(?:^|\n)(    def f\(.*?)(?=\n\S|\Z)", doc, re.S)[:2]
    return before, after


def run(fn: Function, args: list[Any]) -> Any:
    return to_function(fn)(*copy.deepcopy(args))


def flat(value: Any) -> list[Any]:
    return [x for v in value for x in flat(v)] if isinstance(value, tuple | list) else [value]


def agree(a: Any, b: Any, tolerance: float) -> None:
    for x, y in zip(flat(a), flat(b), strict=True):
        assert np.shape(x) == np.shape(y)
        assert np.allclose(x, y, rtol=tolerance, atol=0.0)


@pytest.mark.parametrize("module", PASSES)
def test_a_pass_does_what_its_docstring_shows(module: str) -> None:
    run_pass, args = PASSES[module]
    before, after = (lower(t, args) for t in texts(module))
    result = clean(run_pass(before))
    assert census(result) == census(clean(after)), to_source(result)
    agree(run(before, args), run(after, args), 1e-14)
    agree(run(before, args), run(result, args), 1e-14)


def test_records_are_made_as_soon_as_they_are_known() -> None:
    before, after = (lower(t, [S, T, 3]) for t in texts("s2sad.simplify.early"))
    lines = [line.strip().split("(")[0] for line in to_source(early.record(as_records(clean(before)))).splitlines()]
    wanted = [line.strip().split("(")[0] for line in to_source(clean(after)).splitlines()]
    assert lines == wanted
    assert early.record(before) is before, "a list of the user's stays where it is"


@pytest.mark.parametrize("module", PASSES)
def test_simplify_keeps_the_values_of_every_example(module: str) -> None:
    _, args = PASSES[module]
    for text in texts(module):
        fn = lower(text, args)
        for primal in ((), primal_vars(fn)):
            result = simplify(specialise(fn, primal), primal)
            agree(run(fn, args), run(result, args), 1e-14)
            assert simplify(result, primal) is result or census(simplify(result, primal)) == census(result)


# -- hazards: what a careless pass would get wrong --------------------------------------------------------------------
HAZARDS = {
    "what is gathered is added to an array that is made later": """
    def f(x, y):
        r = np.zeros_like(x)
        r[0] += y[1]
        m = np.zeros_like(x)
        m[:] += r
        return m
    """,
    "what is gathered is read before it is added": """
    def f(x, y):
        m = x * 1.0
        r = np.zeros_like(y)
        r[0] += y[1]
        s = np.sum(m)
        m[:] += r
        return m, s
    """,
    "what is gathered goes on after it was added": """
    def f(x, y):
        m = x * 1.0
        r = np.zeros_like(y)
        r[0] += y[1]
        m[:] += r
        r[1] += y[0]
        return m, r
    """,
    "a value read before a store is not read again after it": """
    def f(x, y):
        a = np.exp(x)
        x[0] = 3.0
        b = np.exp(x)
        return a * b
    """,
    "the operand of a minus is overwritten": """
    def f(x, y):
        b = x * 1.0
        n = -b
        b += y
        return y - n
    """,
    "two buffers of zeros are two": """
    def f(x, y):
        a = np.zeros_like(x)
        b = np.zeros_like(x)
        a[0] += 1.0
        b[1] += 2.0
        return a, b
    """,
    "a product with one is a copy that is stored into": """
    def f(x, y):
        a = x * 1.0
        a[0] = 7.0
        return a, x
    """,
    "results are two arrays": """
    def f(x, y):
        a = y * 2.0
        b = a * 1.0
        c = y * 2.0
        return a, b, c
    """,
    "what the loop backwards reads is stored into by a later iteration": """
    def f(x, y):
        tape = []
        s = 0.0
        for i in range(3):
            s = s + x[i]
            x[i + 1] = s * s
            tape.append((i, s))
        g = 0.0
        for entry in reversed(tape):
            i0, s0 = entry
            g = g + x[i0] * s0
        return g, s
    """,
    "the loop backwards carries what is no sum": """
    def f(x, y):
        tape = []
        s = 0.0
        for i in range(3):
            s = s * x[i] + 1.0
            tape.append((i, s))
        g = 1.0
        h = 0.0
        for entry in reversed(tape):
            i0, s0 = entry
            h = h + g * s0
            g = g * x[i0]
        return g, h, s
    """,
    "the loop backwards reads the buffer that it adds to": """
    def f(x, y):
        tape = []
        s = 0.0
        for i in range(3):
            s = s + x[i] * y[i]
            tape.append((i, s))
        b = np.zeros_like(x)
        b[2] += 1.0
        for entry in reversed(tape):
            i0, s0 = entry
            b[i0] += b[i0 + 1] * s0 + 1.0
        return b, s
    """,
    "the loop backwards needs what the loop forwards ends with": """
    def f(x, y):
        tape = []
        s = 0.0
        for i in range(3):
            s = s + x[i] * y[i]
            tape.append(i)
        t = s * 2.0
        b = np.zeros_like(x)
        for i0 in reversed(tape):
            b[i0] += t * y[i0]
        return b, s
    """,
    "of two places that are cleared one gets back what it held": """
    def f(x, y):
        b = y * 2.0
        c = y * 3.0
        t = b[0]
        b[0] = 0.0
        s = c[1]
        c[1] = 0.0
        b[0] += t
        return b, c, s
    """,
    "a product of the user's comes after a tangent": """
    def f(x, y):
        x_dot = y * 2.0
        u_dot = x_dot * x * y
        t = x * y
        u = t * t
        return u, u_dot * t
    """,
    "a product of the user's was made of what is overwritten since": """
    def f(x, y):
        a = x * 1.0
        t = a * y
        a[0] = 7.0
        u = a * y
        v = np.sum(t * u)
        'reverse sweep'
        b = x * y
        c = x * y * 2.0
        return b, c, v
    """,
    "a buffer is cleared between the loops": """
    def f(x, y):
        b = np.zeros_like(x)
        b += y
        tape = []
        s = 0.0
        for i in range(3):
            s = s + x[i] * y[i]
            tape.append(i)
        b[1] = 0.0
        for i0 in reversed(tape):
            b[i0] += y[i0]
        return b, s
    """,
    "what is zero in one branch is read after the loop": """
    def f(x, y):
        b = np.zeros_like(x)
        if y[0] > 1.0:
            g = 0.0
        else:
            g = y[1] * 2.0
        b[0] += g * y[1]
        h = g + y[2]
        return b, h, g
    """,
    "an iteration that does nothing backwards still counts": """
    def f(x, y):
        tape = []
        s = 0.0
        n = 0
        for i in range(3):
            test = x[i] > y[i]
            if test:
                s = s + x[i]
            tape.append((test, s))
        for entry in reversed(tape):
            test0, s0 = entry
            n = n + 1
            if test0:
                s = s + s0
        return s, n
    """,
    "what stands between two branches is stored into by the first": """
    def f(x, y):
        test = y[0] > 1.0
        a = x * 1.0
        if test:
            a[0] = 7.0
        t = a[0]
        g = 0.0
        if test:
            g = g + t
        return g, a
    """,
    "a view is stored through": """
    def f(x, y):
        v = x[1:]
        a = np.sum(x)
        v += y[1:]
        return a, np.sum(x), v
    """,
    "a loop stores what it reads": """
    def f(x, y):
        s = 0.0
        for i in range(3):
            s = s + x[i] * x[0]
            x[0] = x[0] + 1.0
        return s
    """,
    "a sum accumulates into what is still read": """
    def f(x, y):
        g_bar = y * 2.0
        h_bar = g_bar + x
        k_bar = g_bar + y
        return h_bar, k_bar
    """,
    "an array carried by a loop is kept elsewhere": """
    def f(x, y):
        x_bar = y * 2.0
        keep = []
        for i in range(3):
            x_bar = x_bar + x
            keep.append(x_bar)
        return keep[0], x_bar
    """,
    "a branch and what follows": """
    def f(x, y):
        a = np.zeros_like(x)
        if y[0] > 1.0:
            a = a + x
        else:
            a = a - x
        a = a + y
        return a
    """,
    "an array that a list holds": """
    def f(x, y):
        a_bar = y * 2.0
        box = [a_bar]
        b_bar = a_bar + x
        return box[0], b_bar
    """,
    "zeros are stored into through a view first": """
    def f(x, y):
        z = np.zeros_like(x)
        v = z.T
        v += y
        z += y * x
        return z
    """,
    "memory that a view of it shows is not given away": """
    def f(x, y):
        a = x * y
        v = a[1:]
        b = a * y
        b_bar = a * 3.0
        return b, b_bar, v
    """,
    "an array that was added into is read under its old name": """
    def f(x, y):
        a = x * y
        b = a
        a += y
        c_bar = a * 2.0
        d_bar = b * 3.0
        return c_bar, d_bar
    """,
    "what the next iteration reads is not given away": """
    def f(x, y):
        a = x * y
        s = np.zeros_like(x)
        for i in range(3):
            b_bar = a * y
            s += b_bar * b_bar
        c_bar = a * 2.0
        return s, c_bar, c_bar * c_bar
    """,
    "what one branch reads is not given away before it": """
    def f(x, y):
        a = x * y
        b_bar = a * 2.0
        c = b_bar * b_bar
        if y[0] > 1.0:
            c = c + a
        return c, b_bar
    """,
    "a tape keeps what it holds": """
    def f(x, y):
        tape = []
        for i in range(3):
            a = x * y
            tape.append((a, i))
            b_bar = a * 2.0
            x = b_bar * b_bar
        s = np.zeros_like(x)
        for row in reversed(tape):
            a, i = row
            s += a * i
        return s, x
    """,
    "a row of a smaller array is no place for the result": """
    def f(x, y):
        a = x[:1] * 2.0
        a_bar = a * a
        b_bar = a_bar * y
        return b_bar, np.sum(b_bar)
    """,
    "a broadcast is not owned": """
    def f(x, y):
        a_bar = rt.unreduce(2.0, x, None, False)
        a_bar = a_bar + y
        b_bar = rt.unreduce(3.0, x, None, False)
        b_bar += y
        return a_bar, b_bar
    """,
}


@pytest.mark.parametrize("name", HAZARDS)
@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("woven", [False, True], ids=["apart", "woven"])
def test_hazard(name: str, marked: bool, woven: bool) -> None:
    args = [V, W]
    fn = lower(HAZARDS[name], args)
    primal: Any = primal_vars(fn) if marked else ()
    out = in_place(simplify(specialise(fn, primal), primal, woven=woven), primal)
    one, other = copy.deepcopy(args), copy.deepcopy(args)
    expected, got = to_function(fn)(*one), to_function(out)(*other)
    agree(expected, got, 1e-14 if woven else 1e-15)
    agree(tuple(one), tuple(other), 0.0)
    if isinstance(got, tuple):
        arrays = [a for a in (*got, *other) if isinstance(a, np.ndarray)]
        before = [a for a in (*expected, *one) if isinstance(a, np.ndarray)]
        for i, a in enumerate(arrays):
            for j in range(i):
                assert np.shares_memory(a, arrays[j]) <= np.shares_memory(before[i], before[j])


# -- random programs ---------------------------------------------------------------------------------------------------
def program(rng: np.random.Generator, size: int) -> str:
    """A random straight-line program with stores, views, loops and branches over arrays of one length and numbers."""
    arrays, numbers, lines = ["x", "y"], ["s"], []
    sep = "    "

    def pick(xs: list[str]) -> str:
        return xs[rng.integers(len(xs))]

    def expression() -> str:
        a, b, n = pick(arrays), pick(arrays), pick(numbers)
        return pick([
            f"{a} * {b}", f"{a} + {b}", f"{a} - {b}", f"-{a}", f"{a} * 1.0", f"-1.0 * {a}", f"{n} * {a}", f"0.0 + {a}",
            f"{a} * (1.0 / (2.0 + {b} * {b}))", f"np.exp(-np.abs({a}))", f"np.zeros_like({a})", f"{a} * (-{b})",
            f"{a} + (-{b})", f"rt.unreduce({n}, {a}, None, False)", f"rt.unbroadcast({a}, {b})", f"{a} / {a}.size",
            f"np.broadcast_to({n}, {a}.shape) * {b}", f"{a}.T.T", f"np.array({a})", f"{a}[::-1]",
            f"rt.accumulate({a}, {b})", f"rt.safe_mul({a}, 1.0 / (2.0 + {b} * {b}))", f"np.where({a} > {b}, {a}, 0.5)",
            f"{n} * ({n} * {a})", f"{a} * 0.5 + {b} * 0.5",
        ])  # fmt: skip

    for count in range(1, size + 1):
        kind, name = rng.integers(12), f"v{count}_bar"
        a, b = pick(arrays), pick(arrays)
        if kind < 5:
            lines.append(f"{sep}{name} = {expression()}")
            arrays.append(name)
        elif kind == 5:
            lines.append(f"{sep}n{count} = np.sum({expression()}) * 0.1")
            numbers.append(f"n{count}")
        elif kind == 6 and a not in ("x", "y"):
            lines.append(f"{sep}{a} = {a} + {expression()}")
        elif kind == 7:
            lines.append(f"{sep}z{count} = {expression()} * 1.5")
            lines.append(f"{sep}z{count}[{rng.integers(4)}] += {pick(numbers)}")
            arrays.append(f"z{count}")
        elif kind == 8:
            lines.append(f"{sep}z{count} = np.zeros_like({a})")
            lines.append(f"{sep}z{count}[1:] += {b}[1:]")
            arrays.append(f"z{count}")
        elif kind == 9:
            lines += [f"{sep}{name} = {expression()}", f"{sep}for i in range({rng.integers(4)}):",
                      f"{sep}    {name} = {name} + {a} * 0.5", f"{sep}    m{count} = {pick(numbers)} * 2.0",
                      f"{sep}    {name} = {name} * m{count}"]  # fmt: skip
            arrays.append(name)
        elif kind == 10:
            lines += [f"{sep}if {pick(numbers)} > 1.0:", f"{sep}    {name} = {expression()}", f"{sep}else:",
                      f"{sep}    {name} = {expression()}"]  # fmt: skip
            arrays.append(name)
        else:
            lines.append(f"{sep}{pick(['x', 'y'])}[{rng.integers(4)}] = {pick(numbers)}")
    results = ", ".join([pick(arrays), pick(arrays), pick(numbers), pick(arrays)])
    return "\n".join(["def f(x, y, s):", *lines, f"    return {results}, x, y"])


@pytest.mark.parametrize("seed", range(150))
def test_random_programs_keep_their_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    text = program(rng, 14)
    args = [rng.uniform(-1.0, 1.0, 5), rng.uniform(-1.0, 1.0, 5), 0.7]
    with np.errstate(all="ignore"):
        fn = lower(text, args)
        expected = run(fn, args)
        for primal in ((), primal_vars(fn)):
            out = in_place(simplify(specialise(fn, primal), primal), primal)
            got = run(out, args)
            for a, b in zip(flat(expected), flat(got), strict=True):
                assert np.shape(a) == np.shape(b), text
                scale = np.max(np.abs(a)) if np.all(np.isfinite(a)) else 1.0
                assert np.allclose(a, b, rtol=1e-12, atol=1e-13 * scale, equal_nan=True), text + to_source(out)


def test_the_users_statements_keep_their_rounding() -> None:
    text = """
    def f(x, s):
        v = 3.0 * (s * (x * 7.0)) * (1.0 / s) - (-x)
        'reverse sweep'
        g = 3.0 * (s * (x * 7.0)) * (1.0 / s) - (-x)
        return np.sum(v), g
    """
    fn = lower(text, [V, S])
    out = simplify(fn)
    assert run(fn, [V, S])[0] == run(out, [V, S])[0]
    assert to_source(out).count("= -x") == 1


def test_a_statement_of_the_users_that_may_raise_stays() -> None:
    text = """
    def f(x, s):
        dead = s * s
        gone = x * 2.0
        raises = x[17 - 14]
        'reverse sweep'
        idle = x[17 - 15]
        return np.sum(x)
    """
    source = to_source(simplify(lower(text, [V, S])))
    assert "dead" not in source and "gone" not in source and "idle" not in source
    assert "raises" in source


def unchanged_value(run: Any, text: str, args: list[Any]) -> str:
    """The pass gives a function of the same value; its text."""
    fn = lower(text, args)
    out = run(fn)
    expected, got = to_function(fn)(*copy.deepcopy(args)), to_function(out)(*copy.deepcopy(args))
    np.testing.assert_array_equal(got, expected)
    return to_source(out)


def test_a_cleared_place_that_gets_a_part_of_itself_is_not_assigned() -> None:
    text = "def f(x):\n    y = np.exp(x)\n    v = y[:2]\n    y[:2] = 0.0\n    y[:2] += v\n    return y\n"
    assert "+= v" in unchanged_value(lambda fn: contributions.assign_first(fn), text, [V])


def test_copies_stay_where_the_source_changes_before_they_are_read() -> None:
    text = (
        "def f(x):\n    y = np.exp(x)\n    g = np.array(y[1:])\n    h = y[:-1] * 2.0\n    y[1:] = 0.0\n    y[:-1] += g\n"
        "    return y * np.sum(g) + np.sum(h)\n"
    )
    assert "np.array" in unchanged_value(lambda fn: copies.absorb(fn, ()), text, [V])


def test_a_statement_does_not_sink_past_a_store_into_what_it_reads() -> None:
    text = "def f(x, w):\n    y = np.exp(x)\n    t = y * w\n    y[0] = 1.0\n    w = w * 2.0\n    return t + w * y\n"
    unchanged_value(lambda fn: sink.sink(fn), text, [V, W])


def test_the_minus_of_a_small_integer_stays() -> None:
    """The negative of the least one is itself: it is not subtracted instead."""

    def f(x, u):
        s = 0.0
        for i in range(3):
            s = s + x[i] * (-u[i]) + x[i] * 2.0
        return s

    x, u = np.array([0.5, 1.5, 2.0]), np.array([-128, 100, 3], np.int8)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(s2sad.grad(f)(x, u), [-126.0, -98.0, -1.0])


def test_a_product_that_is_stored_into_is_not_the_users() -> None:
    """The adjoint of ``a`` starts as ``m * 0.9``, which the user has as ``b``, and is added to: it is an array of its own."""

    def f(m):
        a = m * 1.0
        t = 0.0
        for i in range(len(m)):
            t = t + np.sin(a[i])
        b = a * 0.9
        return t + np.sum(b * m)

    m = np.array([0.3, -0.7, 1.2])
    np.testing.assert_allclose(s2sad.grad(f)(m), np.cos(m) + 1.8 * m)
