"""The tangent of what one statement computes: by the rule of its primitive, or by the structure of its value.

*before*                        *after*::

    t = np.sin(x)                   t = np.sin(x)
                                    t_dot = np.cos(x) * x_dot
    p = (t, x)                      p = (t, x)
                                    p_dot = (t_dot, x_dot)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s2sad import runtime as rt
from s2sad.ad import rounding
from s2sad.ad.applied import one_sided, product, split_args
from s2sad.ad.inline import inline, inline_whole
from s2sad.analysis.alias import AliasInfo
from s2sad.analysis.aliasing import aliasing
from s2sad.analysis.build import Builder
from s2sad.analysis.findings import RULE_HELP
from s2sad.analysis.guards import raises_at_zero
from s2sad.analysis.optypes import rule_of, type_of_atom
from s2sad.ir.named import unlike_tuple
from s2sad.ir.nodes import Atom, Const, Function, Let, Ref, Stmt, Var, free_in, walk
from s2sad.ir.types import (
    UNKNOWN,
    Array,
    Dict,
    List,
    Tuple,
    dims_of,
    dtype_of,
    is_differentiable,
    is_number,
    rank_of,
    tangent_type,
)
from s2sad.rules.registry import Rule

if TYPE_CHECKING:
    from s2sad.ad.forward import Forward

_CONTAINERS = (List, Tuple, Dict)
_SAME = frozenset({"copy", "getitem", "getattr", "unpack", "unpack_star", "iter_list"})
_REAL = ("float", "int", "uint", "bool")


def tangent_of(f: Forward, s: Let, b: Builder) -> Atom:
    assert s.target is not None
    if s.op in _SAME:
        if not f.is_active(s.args[0]):
            return f.zero(b, s.target)
        return b.emit(s.op, f.dot(b, s.args[0]), *s.args[1:], type=tangent_type(s.target.type))
    if s.op in ("tuple", "list"):
        return b.emit(s.op, *(f.parts_dot(b, a) for a in s.args), type=tangent_type(s.target.type))
    if s.op == "dict":
        flat: list[Atom] = []
        for key, value in zip(s.args[::2], s.args[1::2], strict=True):
            flat += [key, f.dot(b, value)]
        return b.emit("dict", *flat, type=tangent_type(s.target.type))
    if s.op in ("add", "mul", "or_") and isinstance(s.target.type, List | Tuple | Dict):
        # of lists, tuples and dicts these join and repeat: their tangents are joined and repeated as well
        parts = [f.parts_dot(b, a) if isinstance(type_of_atom(a), _CONTAINERS) else a for a in s.args]
        return b.emit(s.op, *parts, type=tangent_type(s.target.type))
    rule = rule_of(s)
    if rule is None:
        return _without_rule(f, s, b)
    operands, static = split_args(s)
    if rule.kind == "nondiff" or not any(f.is_active(a) for a in operands):
        return f.zero(b, s.target)
    _refuse_unequal(f, s, rule)
    return _by_rule(f, rule, s, operands, static, b)


def _without_rule(f: Forward, s: Let, b: Builder) -> Atom:
    callee = s.args[0]
    cls = callee.obj if isinstance(callee, Ref) else None
    if isinstance(cls, type) and issubclass(cls, tuple) and not unlike_tuple(cls):
        return b.emit("call", callee, *(f.dot(b, a) for a in s.args[1:]), type=tangent_type(s.target.type))  # type: ignore[union-attr]
    if cls is rt.make_object:  # the tangent of an object is an object of its class that holds the tangents
        dots = {k: _attribute_dot(f, b, a) for k, a in s.kwargs.items()}
        return b.emit("call", *s.args[:2], kw=dots, type=tangent_type(s.target.type))  # type: ignore[union-attr]
    if cls in (list, tuple) and isinstance(s.args[1], Var):
        return b.emit("call", callee, f.parts_dot(b, s.args[1]), type=tangent_type(s.target.type))  # type: ignore[union-attr]
    reason = f.program.reason_at(s.loc) or f"there is no derivative rule for {getattr(callee, 'text', s.op)}"
    raise f.refuse("S2S020", f"an active value goes into a call that cannot be differentiated: {reason}", s.loc,
                      RULE_HELP)  # fmt: skip


def _attribute_dot(f: Forward, b: Builder, a: Atom) -> Atom:
    """The tangent of an attribute: 0 for an integer."""
    t = type_of_atom(a)
    return Const(0) if is_number(t) and not is_differentiable(t) else f.dot(b, a)


def _by_rule(f: Forward, rule: Rule, s: Let, operands: tuple[Atom, ...], static: dict[str, Atom], b: Builder) -> Atom:
    terms: list[Atom]
    if rule.kind == "elementwise":
        terms = _elementwise(f, rule, s, operands, static, b)
    elif rule.kind == "linear":
        terms = [_apply(f, s, (f.dot(b, operands[0]), *operands[1:]), b)]
    elif rule.kind == "bilinear":
        terms = []
        for k, a in enumerate(operands):
            if f.is_active(a):
                terms.append(_apply(f, s, (*operands[:k], f.dot(b, a), *operands[k + 1 :]), b))
    else:
        terms = _general(f, rule, s, operands, static, b)
    total = terms[0]
    for t in terms[1:]:
        if isinstance(s.target.type if s.target else None, List | Tuple | Dict):
            total = b.call(rt.accumulate, "rt.accumulate", total, t, type=type_of_atom(total))
        else:
            total = b.emit("add", total, t)
    if rule.kind == "general" and _is_real_part(s, operands):
        assert s.target is not None
        total = b.call(rt.as_kind, "rt.as_kind", total, s.target)
    if rounding.casts(s):
        assert s.target is not None
        total = rounding.kept(b, total, s.target)
    return _like_result(f, total, rule, s, b)


def _is_real_part(s: Let, operands: tuple[Atom, ...]) -> bool:
    """Is the result of complex operands real (a norm)? Then so is its tangent."""
    t = s.target.type if s.target is not None else None
    if isinstance(t, List | Tuple | Dict) or (dtype_of(t or UNKNOWN) or "").startswith("complex"):
        return False
    return any((dtype_of(type_of_atom(a)) or "").startswith("complex") for a in operands)


def _elementwise(
    f: Forward, rule: Rule, s: Let, operands: tuple[Atom, ...], static: dict[str, Atom], b: Builder
) -> list[Atom]:
    assert s.target is not None and rule.body is not None
    body = f.program.load(rule.body)
    assert body is not None
    partials = one_sided(rule, s, [f.is_active(a) for a in operands], operands, b) or inline(
        f.program, body, (s.target, *operands), static, b
    )
    terms = []
    for a, partial in zip(operands, partials, strict=False):
        if f.is_active(a) and not _is_none(partial):
            if s.target in f.selections:
                term: Atom = b.call(rt.masked_mul, "rt.masked_mul", partial, f.dot(b, a))
            else:
                plain = raises_at_zero(s.op, operands)
                term = product(b, rule, f.dot(b, a), partial, s.target, plain=plain)
            real = rule.real and not (dtype_of(type_of_atom(a)) or "complex").startswith(_REAL)
            terms.append(b.call(rt.as_kind, "rt.as_kind", term, s.target) if real else term)
    return terms or [f.zero(b, s.target)]


def _apply(f: Forward, s: Let, operands: tuple[Atom, ...], b: Builder) -> Atom:
    """The primitive itself, on other operands."""
    if s.op != "call":
        return b.emit(s.op, *operands)
    return b.emit(
        "call", s.args[0], *operands, kw=s.kwargs or None, type=tangent_type(s.target.type if s.target else None)
    )


def _general(
    f: Forward, rule: Rule, s: Let, operands: tuple[Atom, ...], static: dict[str, Atom], b: Builder
) -> list[Atom]:
    assert s.target is not None and rule.jvp is not None
    body = f.program.load(rule.jvp)
    assert body is not None
    if rule.varargs and aliasing(rule, s) == "maybe":  # linear in its one operand: where the value is a view, so is this
        return [_apply(f, s, tuple(f.dot(b, a) if f.is_active(a) else a for a in operands), b)]
    if rule.varargs:
        terms = []
        for k, a in enumerate(operands):
            if f.is_active(a):
                args = (f.dot(b, a), s.target, Const(k), *operands)
                terms.append(inline_whole(f.program, body, args, static, b))
        return [t for t in terms if not _is_none(t)] or [f.zero(b, s.target)]
    dots = [
        f.dot(b, a) if f.is_active(a) or isinstance(type_of_atom(a), List | Tuple) else Const(0.0)
        for a in operands
    ]
    if len(operands) == 1:
        return [inline_whole(f.program, body, (*dots, s.target, *operands), static, b)]
    inner = Builder(b.loc)
    all_terms = inline(f.program, body, (*dots, s.target, *operands), static, inner)
    kept = [t for t, a in zip(all_terms, operands, strict=False) if f.is_active(a) and not _is_none(t)]
    b.extend(_needed_for(inner.stmts, kept))  # the terms of operands that do not vary are not even computed
    return kept or [f.zero(b, s.target)]


def _refuse_unequal(f: Forward, s: Let, rule: Rule) -> None:
    """The value may be its operand itself, and its tangent is new memory: they would part at the first store."""
    if rule.kind in ("elementwise", "general") and aliasing(rule, s) == "maybe" and _shares(f, s):
        if not (isinstance(s.args[0], Ref) and s.args[0].obj is np.einsum):
            name = getattr(s.args[0], "text", s.op)
            message = f"{name} may give its operand itself, which is stored into"
            raise f.refuse("S2S060", message, s.loc, "copy it first")


def _shares(f: Forward, s: Let) -> bool:
    """Is the memory of the result, or of an operand, stored into?"""
    return any(f.info.is_mutated(a) for a in (s.target, *s.args) if isinstance(a, Var))


def _like_result(f: Forward, dot: Atom, rule: Rule, s: Let, b: Builder) -> Atom:
    """Broadcast a tangent to the shape of the value where an operand that does not vary is larger."""
    assert s.target is not None
    t, d = s.target.type or UNKNOWN, type_of_atom(dot)
    if is_number(t):
        if isinstance(d, Array) and _shares(f, s):  # that of an array of rank 0, as it is now
            return b.call(np.array, "np.array", dot, type=d)
        return dot
    if aliasing(rule, s) != "fresh" and _shares(f, s):
        return dot  # the value is a view, so is its tangent: stores into the memory have to show in both
    if isinstance(t, Array) and f.info.find(s.target) in f.seen_by_order and _is_new(f, rule, s):
        own = b.call(np.empty_like, "np.empty_like", s.target, name=f.name_of(s.target), type=tangent_type(t))
        b.effect("setitem", own, Const(Ellipsis), dot)
        return own
    if isinstance(d, Array) and aliasing(rule, s) == "fresh" and _shares(f, s):
        dot = b.call(np.array, "np.array", dot, type=d)  # the value is new memory, so is its tangent
    if isinstance(t, Array) and isinstance(d, Array):
        mine, its = dims_of(d), dims_of(t)
        if mine is not None and its is not None and len(mine) == len(its) and all(
            m == i or (m is not None and i is not None and m.not_one and i.not_one)
            for m, i in zip(mine, its, strict=True)
        ):
            return dot
    if isinstance(t, List | Dict | Tuple):
        if aliasing(rule, s) == "fresh" and f.info.deep_mutated(s.target):
            return b.call(rt.copy, "rt.copy", dot, type=d)
        return dot
    wide = b.call(rt.spread_to, "rt.spread_to", dot, s.target, type=tangent_type(t))
    if aliasing(rule, s) == "fresh" and f.info.is_mutated(s.target):  # what was broadcast cannot be stored into
        return b.call(np.array, "np.array", wide, type=tangent_type(t))
    return wide


def _is_new(f: Forward, rule: Rule, s: Let) -> bool:
    """Is the value memory of its own, of more than one axis, that is stored into?"""
    t = s.target
    return t is not None and aliasing(rule, s) == "fresh" and f.info.is_mutated(t) and rank_of(t.type or UNKNOWN) not in (0, 1)


def seen_by_order(fn: Function, info: AliasInfo) -> set[object]:
    """The memory of which something may be a view or a copy, as its elements lie (``x.ravel()``): tangents lie as it does."""
    out: set[object] = set()
    for s in walk(fn.body):
        if isinstance(s, Let) and s.op == "call" and s.target is not None and info.is_mutated(s.target):
            rule = rule_of(s)
            if rule is not None and rule.kind == "linear" and aliasing(rule, s) == "maybe":
                out.add(info.find(s.target))
    return out


def _needed_for(stmts: list[Stmt], results: list[Atom]) -> list[Stmt]:
    """The statements of a rule's body that the results depend on."""
    wanted = {a for a in results if isinstance(a, Var)}
    out: list[Stmt] = []
    for s in reversed(stmts):
        if isinstance(s, Let) and s.target is not None and s.target not in wanted:
            continue
        wanted.update(free_in(s))
        out.append(s)
    return out[::-1]


def _is_none(a: Atom) -> bool:
    return isinstance(a, Const) and a.value is None


_REAL = ("float", "int", "uint", "bool")
