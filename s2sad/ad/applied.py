"""The adjoint of an operation that has a rule: cotangent times partial for each operand, by the kind of the rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from s2sad import runtime as rt
from s2sad.ad import adding, rounding
from s2sad.ad.inline import inline, inline_whole
from s2sad.ad.polynomials import slope
from s2sad.ad.state import State
from s2sad.analysis.aliasing import aliased_operand, aliasing
from s2sad.analysis.build import Builder
from s2sad.analysis.findings import RULE_HELP
from s2sad.analysis.fits import fits
from s2sad.analysis.guards import raises_at_zero
from s2sad.analysis.optypes import rule_of, type_of_atom
from s2sad.ir.nodes import Atom, Block, Const, If, Let, Ref, Stmt, Var
from s2sad.ir.types import (
    BOOL,
    Array,
    List,
    Tuple,
    Unknown,
    dtype_of,
    is_number,
)
from s2sad.rules.registry import Rule

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse

_ONE_SIDED = {"maximum": "gt", "fmax": "gt", "max": "gt", "minimum": "lt", "fmin": "lt", "min": "lt"}
_NAN_LOSES = ("fmax", "fmin")


def primitive(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    """A call or an operator with a rule."""
    rule = rule_of(s)
    assert s.target is not None
    if rule is None:
        reason = r.program.reason_at(s.loc) or f"there is no derivative rule for {spelled(s)}"
        raise r.refuse("S2S020", f"an active value goes into a call that cannot be differentiated: {reason}", s.loc,
                       RULE_HELP)  # fmt: skip
    if rule.aliases == "view" and isinstance(s.target.type, List) and r.holds_paired(s.target):
        return [s]  # a list of views: the adjoint of each is a view of the adjoint, found by its memory
    if aliasing(rule, s) != "fresh" and s not in r.info.settled and r.is_shadow(s.target) and rule.kind != "nondiff":
        base = aliased_operand(s)
        if not (isinstance(base, Var) and r.is_shadow(base)) or isinstance(base.type, List | Tuple):
            return _by_rule(r, s, rule, state, rb)  # of a number or a list: always new memory
        if dtype_of(base.type or Unknown()) != dtype_of(s.target.type or Unknown()):
            raise r.refuse("S2S060", f"{spelled(s)} sees an array that is stored into under another dtype", s.loc,
                           "copy it first: np.array(...)")  # fmt: skip
        if rule.aliases == "view":
            return [s]  # the adjoint of a view is a view of the adjoint
        inner = Builder(s.loc)
        forward = _by_rule(r, s, rule, state, inner)
        test = rb.call(rt.shares_memory, "rt.shares_memory", s.target, base, type=BOOL)
        rb.append(If(test, Block(), Block(tuple(inner.stmts), ()), (), s.loc))
        return forward
    return _by_rule(r, s, rule, state, rb)


def _by_rule(r: Reverse, s: Let, rule: Rule, state: State, rb: Builder) -> list[Stmt]:
    assert s.target is not None
    before: list[Stmt] = []
    after: list[Stmt] = []
    operands, static = split_args(s)
    y_bar = adding.target_bar(r, s.target, state, rb)
    if y_bar is None or rule.kind == "nondiff" or rule.body is None:
        return [s]
    if rounding.casts(s):
        y_bar = rounding.kept(rb, y_bar, s.target)
    kept = tuple(adding.snapshot(r, a, s, before) for a in operands)
    y = adding.snapshot(r, s.target, s, after)
    body = r.program.load(rule.body)
    assert body is not None
    if rule.kind == "elementwise":
        partials = one_sided(rule, s, [r.is_active(a) for a in operands], kept, rb) or inline(
            r.program, body, (y, *kept), static, rb
        )
        held: dict[Atom, Atom] = {}  # what an operand gets that stands there twice is summed first
        alone = _alone(s.target, y_bar, operands)
        for k, (x, partial) in enumerate(zip(operands, partials, strict=False)):
            if not isinstance(x, Var) or not r.is_active(x) or (isinstance(partial, Const) and partial.value is None):
                continue
            plain = raises_at_zero(s.op, operands)
            g = product(rb, rule, y_bar, partial, y, masked=s.target in r.masked, plain=plain)
            g = g if x is alone else adding.for_operand(r, rb, x, g)
            if x in held:
                g = rb.emit("add", held[x], g)
            held[x] = g
            if x not in operands[k + 1 :]:
                if g is y_bar:
                    adding.rename(r, state, rb, x, g)
                r.add(state, rb, (x, ()), g)
    else:
        bars: tuple[Atom, ...]
        if rule.varargs:  # one cotangent at a time
            bars = tuple(
                inline_whole(r.program, body, (y_bar, y, Const(k), *kept), static, rb)
                if r.is_active(x)
                else Const(None)
                for k, x in enumerate(operands)
            )
        elif len(operands) == 1:
            args = (y_bar, y, *kept) if rule.kind == "general" else (y_bar, *kept)
            bars = (inline_whole(r.program, body, args, static, rb),)
        else:
            args = (y_bar, y, *kept) if rule.kind == "general" else (y_bar, *kept)
            bars = inline(r.program, body, args, static, rb)
        for x, g in _summed(rb, operands, bars):
            if isinstance(x, Var) and r.is_active(x) and not (isinstance(g, Const) and g.value is None):
                adding.add_structured(r, state, rb, x, g, named=len(operands) == 1)
    return [*before, s, *after]


def _summed(rb: Builder, operands: tuple[Atom, ...], bars: Sequence[Atom]) -> list[tuple[Atom, Atom]]:
    """The operands with their contributions; what stands there twice, as in ``x @ x``, gets the sum."""
    pairs = list(zip(operands, bars, strict=False))
    x = operands[0] if operands else None
    if len(pairs) == 2 and isinstance(x, Var) and x is operands[1] and all(fits(g, x) for g in bars[:2]):
        return [(x, rb.emit("add", *bars[:2]))]
    return pairs


def _alone(y: Var, y_bar: Atom, operands: tuple[Atom, ...]) -> Atom | None:
    """The one array among numbers, whose shape, known or not, the result has."""
    arrays = {a for a in operands if not is_number(type_of_atom(a))}
    x = arrays.pop() if len(arrays) == 1 else None
    t, g = (a.type if isinstance(a, Var) else None for a in (x, y_bar))
    if not isinstance(t, Array) or not isinstance(g, Array) or not t.dims or not g.dims or len(t.dims) != len(g.dims):
        return None
    return x if t.dtype == g.dtype == dtype_of(y.type or Unknown()) == "float64" else None


def by_slope(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    """The last operation of a polynomial: what it is a polynomial of gets the adjoint of all of it."""
    assert s.target is not None
    y_bar = adding.target_bar(r, s.target, state, rb)
    if y_bar is not None:
        p = r.polynomials[s.target]
        partial = slope(p, rb)[0]
        rb.loc = s.loc
        if any(t.target in r.masked for t in p.stmts):
            g = rb.call(rt.masked_mul, "rt.masked_mul", y_bar, partial)
        else:
            g = rb.emit("mul", y_bar, partial)
        r.add(state, rb, (p.inner, ()), g)
    return [s]


def one_sided(
    rule: Rule, s: Let, active: list[bool], operands: tuple[Atom, ...], rb: Builder
) -> tuple[Atom, ...] | None:
    """``max(x, c)`` with a constant: at a tie the element of smallest norm of Clarke's subdifferential is 0."""
    if rule.name == "clip":
        return _clipped(active, operands, rb)
    test = _ONE_SIDED.get(rule.name)
    if test is None or len(operands) != 2 or active[0] == active[1]:
        return None
    k = active.index(True)
    c = operands[1 - k]
    mask = rb.emit(test, operands[k], c)
    if rule.name in _NAN_LOSES and not (isinstance(c, Const) and c.value == c.value):
        mask = rb.emit("or_", mask, rb.call(np.isnan, "np.isnan", c))
    return (mask, Const(None)) if k == 0 else (Const(None), mask)


def _clipped(active: list[bool], operands: tuple[Atom, ...], rb: Builder) -> tuple[Atom, ...] | None:
    """``np.clip(x, low, high)``, which is ``minimum(maximum(x, low), high)``: against a constant, a tie gives 0."""
    x, low, high = (*operands, Const(None), Const(None))[:3]
    given = [not isinstance(c, Const) or c.value is not None for c in (x, low, high)]
    vary = [v and g for v, g in zip((*active, False, False), given, strict=False)]
    if vary == given or not any(given[1:]):
        return None  # among operands that all vary, ties share: the rule

    def above(a: Atom, b: Atom, shared: bool) -> Atom:
        """How ``maximum(a, b)`` depends on ``a``; ``shared``: ``b`` varies too."""
        return rb.call(rt.wins, "rt.wins", a, b) if shared else rb.emit("gt", a, b)

    def inner(a: Atom, b: Atom, shared: bool) -> Atom:
        """How the result depends on ``a``, one of the two of the maximum: where it is that, and below ``high``."""
        tests = [above(a, b, shared)] if given[1] else []
        tests += [above(high, a, vary[2])] if given[2] else []
        both = "mul" if shared or vary[2] else "and_"
        return rb.emit(both, *tests) if len(tests) == 2 else tests[0]

    whole = rb.call(np.maximum, "np.maximum", x, low) if vary[2] and given[1] else x
    partials = (
        inner(x, low, vary[1]) if vary[0] else Const(None),
        inner(low, x, vary[0]) if vary[1] else Const(None),
        above(whole, high, vary[0] or vary[1]) if vary[2] else Const(None),
    )
    return partials[: len(operands)]


def product(
    rb: Builder, rule: Rule, y_bar: Atom, partial: Atom, y: Atom, masked: bool = False, plain: bool = False
) -> Atom:
    """``y_bar * partial``; an exact zero where ``y_bar`` is zero, also where the partial, or the result ``y``, is
    infinite. ``plain``: no divisor in it is 0."""
    if isinstance(partial, Const) and partial.value == 1.0:
        return y_bar
    if isinstance(partial, Const) and partial.value == -1.0:
        return rb.emit("neg", y_bar)
    times = (rt.masked_mul, "rt.masked_mul") if masked else (rt.safe_mul, "rt.safe_mul")
    if not rule.singular:
        return rb.call(*times, y_bar, partial) if masked else rb.emit("mul", y_bar, partial)
    made = _made(rb, partial)
    if made is not None and made.op == "truediv":
        num, den = made.args
        if plain and not masked:
            return _quotient(rb, y_bar, num, den, y)
        minus = _made(rb, num)
        if minus is not None and minus.op == "neg" and minus.args[0] is y:  # y itself is infinite at the pole
            quotient = rb.call(rt.safe_div, "rt.safe_div", y_bar, den)
            return rb.emit("neg", rb.call(*times, quotient, y))
        if rb.stmts[-1] is made:
            rb.stmts.pop()  # 0 / 0 is not even evaluated
        if not (isinstance(num, Const) and num.value == 1.0):
            y_bar = rb.call(*times, y_bar, num) if masked else rb.emit("mul", y_bar, num)
        return rb.call(rt.safe_div, "rt.safe_div", y_bar, den)
    return rb.call(*times, y_bar, partial)


def _quotient(rb: Builder, y_bar: Atom, num: Atom, den: Atom, y: Atom) -> Atom:
    """``y_bar * (num / den)`` for a divisor that is not 0: 1, or minus the result ``y``, is divided."""
    minus = _made(rb, num)
    quotient = rb.emit("truediv", y_bar, den)
    if minus is not None and minus.op == "neg" and minus.args[0] is y:
        return rb.emit("neg", rb.emit("mul", quotient, y))
    return quotient


def _made(rb: Builder, a: Atom) -> Let | None:
    """The statement, among the last ones, that computes ``a``."""
    return next((s for s in reversed(rb.stmts[-8:]) if isinstance(s, Let) and s.target is a), None)


def split_args(s: Let) -> tuple[tuple[Atom, ...], dict[str, Atom]]:
    """Operands and static parameters of a rule's call or of an operator."""
    if s.op != "call":
        return s.args, {}
    n = len(s.args) - len(s.kwnames)
    return s.args[1:n], s.kwargs


def spelled(s: Let) -> str:
    callee = s.args[0] if s.args else None
    return callee.text if isinstance(callee, Ref) else s.op
