"""The adjoint of one ``Let``: rules by kind, stores, containers, calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad import runtime as rt
from s2sad.ad import calls, derived, lists, objects, overlap
from s2sad.ad import scatter as scatters
from s2sad.ad.inline import inline, inline_whole
from s2sad.ad.leaves import Path, normal_step, step_of
from s2sad.ad.polynomials import slope
from s2sad.ad.recompute import is_int
from s2sad.ad.state import State
from s2sad.analysis.alias import MUTATING_METHODS, is_view_index
from s2sad.analysis.aliasing import aliased_operand, aliasing
from s2sad.analysis.build import Builder
from s2sad.analysis.effects import is_logger
from s2sad.analysis.findings import RULE_HELP
from s2sad.analysis.fits import fits
from s2sad.analysis.guards import raises_at_zero
from s2sad.analysis.infer.program import Gradient, Spec
from s2sad.analysis.optypes import INPLACE, result_type, type_of_atom
from s2sad.analysis.scatters import changes_first
from s2sad.ir.nodes import Atom, Block, Const, If, Let, Ref, Stmt, Var
from s2sad.ir.rewrite import with_args
from s2sad.ir.types import (
    BOOL,
    INT,
    Array,
    Dict,
    List,
    Lit,
    Num,
    Obj,
    Slice,
    Tuple,
    Type,
    Unknown,
    dtype_of,
    is_number,
    item_of,
)
from s2sad.rules.registry import Rule, lookup

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse

# tuples: a union would be built at each of the many calls
_SEQUENCES = (Tuple, List)
_MAYBE_ARRAYS = (Array, Num, Unknown)


_RECENT = 8  # statements in which a temporary counts as made just now
UNKNOWN_STORE = ("S2S063", "an active value is stored into something that carries no derivative")
INERT_ATTRIBUTES = frozenset(["shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides", "flags", "T"])


def let(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    """Append the adjoint of ``s`` to ``rb``; returns what replaces ``s`` in the forward sweep."""
    if s.op == "refused" or s in r.refused:
        r.poison(s.args, state, rb)
        return [s]
    before: list[Stmt] = []
    args = list(s.args)
    for k in _options(r, s):
        args[k] = snapshot(r, s.args[k], s, before)
    if not before:
        return _let(r, s, state, rb)
    moved = with_args(s, tuple(args))
    r.memory.same_place(moved, s)
    return [*before, *_let(r, moved, state, rb)]


def _options(r: Reverse, s: Let) -> range | tuple[int, ...]:
    """Positions of what says how ``s`` is done, which the reverse sweep reads: an index, the keywords of a rule's call
    (axes, a shape, places where it is cut). An array or list among them that changes later is kept by value."""
    if s.op in ("getitem", "setitem", "aug_setitem"):
        return (1,)
    ruled = s.op == "call" and s.kwnames and s.target is not None and r.is_active(s.target) and rule_of(s) is not None
    return range(len(s.args) - len(s.kwnames), len(s.args)) if ruled else ()


def _let(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    if s.op in ("setitem", "aug_setitem") or (s.op in INPLACE and s.target is None):
        return _store(r, s, state, rb)
    x = s.args[0] if s.args else None
    if s.op == "delitem" and isinstance(x, Var) and r.is_active(x) and isinstance(x.type, List | Dict):
        return lists.delete(r, s, x, state, rb)
    if s.op == "setattr" and objects.is_stored(r, s):
        return objects.store(r, s, state, rb)
    if s.op == "method":
        return _method(r, s, state, rb)
    parts = objects.parts_of(s)
    if parts is not None and s.target is not None and r.is_active(s.target):
        objects.made(r, s, parts, state, rb)
        return [s]
    if s.op == "call" and s.target is not None and r.is_active(s.target) and _keeps_structure(s):
        _leaf_by_leaf(r, s, state, rb)
        return [s]
    sign = scatters.sign_of(s)
    if sign is not None:
        return scatters.reverse(r, s, sign, state, rb)
    if s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Spec):
        return calls.spec_call(r, s, state, rb)
    if s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Gradient):
        return derived.reverse(r, s, state, rb) if s.target is not None and r.is_active(s.target) else [s]
    if s.target is None or not r.is_active(s.target) or s.op == "closure":
        _check_opaque(r, s)
        return [s]
    if s.target in r.polynomials:
        return _by_slope(r, s, state, rb)
    handler = _HANDLERS.get(s.op)
    if s.op in ("add", "mul") and isinstance(s.target.type, (List, Tuple)):
        return _sequence_arithmetic(r, s, state, rb)
    if s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj in (list, tuple):
        handler = _copied
    if handler is not None:
        handler(r, s, state, rb)
        return [s]
    return _primitive(r, s, state, rb)


def _keeps_structure(s: Let) -> bool:
    """Is this a copy of a container?"""
    copies = isinstance(s.args[0], Ref) and s.args[0].obj in (rt.copy, rt.conform)
    return copies and isinstance(type_of_atom(s.args[1]), Tuple | List | Dict | Obj)


def _leaf_by_leaf(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    """The adjoint of a copy: each leaf's goes to the leaf that was copied."""
    x = s.args[1]
    assert s.target is not None
    for key, t in r.keys(s.target):
        g = r.drop(state, rb, key, t)
        if g is not None and isinstance(x, Var) and r.is_active(x):
            r.add(state, rb, (x, key[1]), g)


def _check_opaque(r: Reverse, s: Let) -> None:
    if s.op == "call" and isinstance(s.args[0], Ref) and changes_first(s.args[0].obj) and r.is_active(s.args[1]):
        raise r.refuse("S2S020", f"{s.args[0].text} changes an active value in place", s.loc)
    attr = getattr(s.args[1], "value", None) if s.op == "getattr" else None
    of_array = attr is not None and r.is_active(s.args[0]) and isinstance(type_of_atom(s.args[0]), Array)
    if of_array and attr not in INERT_ATTRIBUTES:
        raise r.refuse("S2S020", f"the attribute {attr} of an active array", s.loc, "use a NumPy function instead")
    if s.op in ("setattr", "aug_setattr", "delitem") and any(r.is_active(a) for a in s.args):
        raise r.refuse(
            "S2S061", "an attribute of an object is set to an active value", s.loc, "return the value instead"
        )


# -- rules -------------------------------------------------------------------------------------------------------


def rule_of(s: Let) -> Rule | None:
    if s.op != "call":
        return lookup(s.op)
    return lookup(s.args[0].obj) if isinstance(s.args[0], Ref) else None


def _primitive(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    """A call or an operator with a rule."""
    rule = rule_of(s)
    assert s.target is not None
    if rule is None:
        reason = r.program.reason_at(s.loc) or f"there is no derivative rule for {_spelled(s)}"
        raise r.refuse("S2S020", f"an active value goes into a call that cannot be differentiated: {reason}", s.loc,
                       RULE_HELP)  # fmt: skip
    if rule.aliases == "view" and isinstance(s.target.type, List) and r.holds_paired(s.target):
        return [s]  # a list of views: the adjoint of each is a view of the adjoint, found by its memory
    if aliasing(rule, s) != "fresh" and s not in r.info.settled and r.is_shadow(s.target) and rule.kind != "nondiff":
        base = aliased_operand(s)
        if not (isinstance(base, Var) and r.is_shadow(base)):
            return _by_rule(r, s, rule, state, rb)  # of a number or a list: always new memory
        if dtype_of(base.type or Unknown()) != dtype_of(s.target.type or Unknown()):
            raise r.refuse("S2S060", f"{_spelled(s)} sees an array that is stored into under another dtype", s.loc,
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
    y_bar = target_bar(r, s.target, state, rb)
    if y_bar is None or rule.kind == "nondiff" or rule.body is None:
        return [s]
    kept = tuple(snapshot(r, a, s, before) for a in operands)
    y = snapshot(r, s.target, s, after)
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
            g = g if x is alone else _for_operand(rb, x, g)
            if x in held:
                g = rb.emit("add", held[x], g)
            held[x] = g
            if x not in operands[k + 1 :]:
                if g is y_bar:
                    _rename(r, state, rb, x, g)
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
                add_structured(r, state, rb, x, g, named=len(operands) == 1)
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


def _by_slope(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    """The last operation of a polynomial: what it is a polynomial of gets the adjoint of all of it."""
    assert s.target is not None
    y_bar = target_bar(r, s.target, state, rb)
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


_ONE_SIDED = {"maximum": "gt", "fmax": "gt", "max": "gt", "minimum": "lt", "fmin": "lt", "min": "lt"}


def one_sided(
    rule: Rule, s: Let, active: list[bool], operands: tuple[Atom, ...], rb: Builder
) -> tuple[Atom, ...] | None:
    """``max(x, c)`` with a constant: at a tie the element of smallest norm of Clarke's subdifferential is 0."""
    test = _ONE_SIDED.get(rule.name)
    if test is None or len(operands) != 2 or active[0] == active[1]:
        return None
    k = active.index(True)
    mask = rb.emit(test, operands[k], operands[1 - k])
    return (mask, Const(None)) if k == 0 else (Const(None), mask)


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


def _accumulate(r: Reverse, state: State, rb: Builder, x: Atom, g: Atom) -> None:
    assert isinstance(x, Var)
    contribution = _for_operand(rb, x, g)
    if contribution is g:
        _rename(r, state, rb, x, g)
    r.add(state, rb, (x, ()), contribution)


def _rename(r: Reverse, state: State, rb: Builder, x: Var, g: Atom) -> None:
    """What is handed on as it stands goes by the name of its new owner."""
    if state.get((x, ())) is None:
        r.named(rb, g, r.bar_name((x, ())), _RECENT)


def _for_operand(rb: Builder, x: Var, g: Atom) -> Atom:
    if fits(g, x):
        return g
    return rb.call(rt.unbroadcast, "rt.unbroadcast", g, x, type=_adjoint_type(x, g))


def _adjoint_type(x: Var, g: Atom) -> Type:
    t = x.type or Unknown()
    if isinstance(t, Array):
        return t
    if is_number(t):
        return type_of_atom(g) if is_number(type_of_atom(g)) else t
    return Num()


def add_structured(
    r: Reverse, state: State, rb: Builder, x: Var, g: Atom, *, mirrored: bool = False, named: bool = True
) -> None:
    """Accumulate an adjoint that has the structure of ``x`` (a container operand gives a list of adjoints).

    With ``mirrored``, g was found in a mirror: where the adjoints of parts of x are found by memory, g holds those very
    adjoints, and there is nothing to add.
    """
    for (v, path), t in r.keys(x):
        if mirrored and (r.is_paired_leaf(v, path) or (isinstance(t, List | Dict | Tuple | Obj) and r.holds_paired(v))):
            continue
        part = g
        for kind, k in path:
            part = rb.emit("getattr" if kind == "attr" else "getitem", part, Const(k))
        r.add(state, rb, (v, path), part, named=named)


def split_args(s: Let) -> tuple[tuple[Atom, ...], dict[str, Atom]]:
    """Operands and static parameters of a rule's call or of an operator."""
    if s.op != "call":
        return s.args, {}
    n = len(s.args) - len(s.kwnames)
    return s.args[1:n], s.kwargs


def target_bar(r: Reverse, v: Var, state: State, rb: Builder) -> Atom | None:
    """The adjoint of a freshly computed value, taken out; a structured one is put together as a tuple."""
    if r.is_paired(v) and r.is_shadow(v):
        place = r.shadow(state, rb, v)
        made = r.memory.definition.get(v)
        spread = isinstance(made, Let) and made.op == "call" and isinstance(made.args[0], Ref)
        if spread and isinstance(made, Let) and getattr(made.args[0], "obj", None) is np.broadcast_to:
            return rb.call(rt.read_view, "rt.read_view", place, type=v.type)  # elements that are one place count once
        return place
    keys = r.keys(v)
    found = [r.drop(state, rb, k, t) for k, t in keys]
    if len(keys) == 1 and not keys[0][0][1]:
        return found[0]
    if all(g is None for g in found):
        return None
    parts = [r.zero(rb, k, t) if g is None else g for (k, t), g in zip(keys, found, strict=True)]
    if isinstance(v.type, Tuple) and len(parts) < len(v.type.items):  # an integer has a place and no adjoint
        of = {k[1]: p for (k, _), p in zip(keys, parts, strict=True)}
        parts = [of.get((("item", i),), Const(0)) for i in range(len(v.type.items))]
    return rb.emit("tuple", *parts)


def _spelled(s: Let) -> str:
    callee = s.args[0] if s.args else None
    return callee.text if isinstance(callee, Ref) else s.op


def snapshot(r: Reverse, a: Atom, s: Let, out: list[Stmt]) -> Atom:
    """The value of ``a`` as it is now: a copy, made in the forward sweep, where it may be overwritten later."""
    if not isinstance(a, Var):
        return a
    if isinstance(a.type, _SEQUENCES) and r.memory.contents_overwritten_after(a, s):
        whole = Var(f"{a.name}_kept" if a.name else "", a.type)
        out.append(Let(whole, "call", (Ref(rt.copy, "rt.copy"), a), (), s.loc))
        return whole
    if a.type.__class__ is List and r.memory.overwritten_after(a, s):  # it may get longer or shorter
        same = Var(f"{a.name}_kept" if a.name else "", a.type)
        out.append(Let(same, "call", (Ref(list, "list"), a), (), s.loc))
        return same
    if not isinstance(a.type, _MAYBE_ARRAYS) or not (r.memory.overwritten_after(a, s) or r.is_exposed(a)):
        return a
    turned = r.memory.definition.get(a)
    if isinstance(turned, Let) and turned.op == "call" and len(turned.args) == 2 and _turns(turned.args[0]):
        kept = snapshot(r, turned.args[1], s, out)  # a copy of what is turned, which others may share
        again = Let(Var("", a.type), "call", (turned.args[0], kept), (), s.loc)
        r.memory.same_place(again, s)
        out.append(again)
        assert again.target is not None
        return again.target
    name = f"{a.name}_kept" if a.name else ""
    copy = Var(name, a.type)
    fn = (np.array, "np.array") if isinstance(a.type, Array) else (rt.copy, "rt.copy")
    out.append(Let(copy, "call", (Ref(*fn), a), (), s.loc))
    return copy


def _turns(callee: Atom) -> bool:
    """Does the function give a view of all elements in another order?"""
    return isinstance(callee, Ref) and callee.obj in (np.flip, np.transpose)


# -- reads of containers and arrays ----------------------------------------------------------------------------------


def _getitem(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    x, i = s.args
    y = s.target
    assert y is not None
    if not isinstance(x, Var) or not r.is_active(x):
        for key, _ in r.keys(y):
            state.drop(key)
        return
    if isinstance(x.type, Array):
        _array_read(r, s, x, i, state, rb)
        return
    if r.layout.is_mirror(x) or isinstance(x.type, Num | Unknown):
        _mirror_read(r, y, x, i, state, rb)
        return
    step = step_of(type_of_atom(i))
    if step is None:  # a slice of a list or tuple of known length
        _slice_read(r, s, x, state, rb)
        return
    step = normal_step(x.type, step)
    for key, _ in r.keys(y):
        g = state.drop(key)
        if g is not None:
            r.add(state, rb, (x, (step, *key[1])), g)


def _array_read(r: Reverse, s: Let, x: Var, i: Atom, state: State, rb: Builder) -> None:
    y = s.target
    assert y is not None
    if r.is_shadow(y) and r.memory.view_of(y) is s:
        return  # its adjoint is a view of x_bar already
    g = target_bar(r, y, state, rb)
    if g is None:
        return
    axes = None if r.is_shadow(x) else r.memory.new_axes(i)
    if axes is not None and type_of_atom(g) == y.type and is_known(y.type):  # all of x, with axes of length 1
        full = rb.emit("slice", Const(None), Const(None), Const(None))
        r.add(state, rb, (x, ()), rb.emit("getitem", g, rb.emit("tuple", *(Const(0) if new else full for new in axes))))
        return
    target = r.shadow(state, rb, x) if r.is_shadow(x) else r.buffer(state, rb, (x, ()))
    scatter(rb, target, i, g)


def is_known(t: Type | None) -> bool:
    return isinstance(t, Array) and bool(t.dims)


def scatter(rb: Builder, target: Atom, i: Atom, g: Atom) -> None:
    """``target[i] += g`` with repeated integer indices accumulated."""
    t = type_of_atom(i)
    mask = isinstance(t, Array) and t.dtype == "bool"
    known = not isinstance(t, Unknown | Num) and isinstance(type_of_atom(target), Array)
    if known and (is_view_index(t) or mask):
        rb.effect("aug_setitem", target, i, g, Const("add"))
    else:
        rb.effect("call", Ref(rt.add_at, "rt.add_at"), target, i, g)


def _mirror_read(r: Reverse, y: Var, x: Var, i: Atom, state: State, rb: Builder, kind: str = "item") -> None:
    if isinstance(type_of_atom(i), Slice):
        _mirror_slice(r, y, x, i, state, rb)
        return
    if r.is_shadow(y):
        return  # its adjoint is a place in the mirror of x already
    for key, t in r.keys(y):
        g = state.drop(key)
        if g is None:
            continue
        place = mirror(r, state, rb, x)
        scatter_path(rb, place, i, key[1], g, t, kind)


def _mirror_slice(r: Reverse, y: Var, x: Var, i: Atom, state: State, rb: Builder) -> None:
    """``y = xs[a:b]`` of a list is a new list of the same elements."""
    if isinstance(x.type, Num | Unknown):
        for key, _ in r.keys(y):
            g = state.drop(key)
            if g is not None:
                rb.effect("call", Ref(rt.add_at, "rt.add_at"), mirror(r, state, rb, x), i, g)
        return
    whole = target_bar(r, y, state, rb)
    if whole is not None:
        rb.effect("call", Ref(rt.add_slice, "rt.add_slice"), mirror(r, state, rb, x), i, whole)


def mirror(r: Reverse, state: State, rb: Builder, x: Var) -> Atom:
    return r.shadow(state, rb, x) if r.is_shadow(x) else r.buffer(state, rb, (x, ()))


def scatter_path(rb: Builder, place: Atom, i: Atom, path: Path, g: Atom, t: Type, kind: str = "item") -> None:
    """Add ``g`` at ``place[i]`` followed by ``path``; ``kind`` says whether the first step is an item or an attribute."""
    for next_kind, k in path:
        place = rb.emit("getitem" if kind == "item" else "getattr", place, i)
        i, kind = Const(k), next_kind
    if kind == "item" and (isinstance(t, Array) or is_number(t)):
        rb.effect("aug_setitem", place, i, g, Const("add"))
    else:
        rb.effect("call", Ref(rt.add_at, "rt.add_at"), place, i, g)


def _slice_read(r: Reverse, s: Let, x: Var, state: State, rb: Builder) -> None:
    t, index = x.type, type_of_atom(s.args[1])
    assert s.target is not None and isinstance(t, Tuple | List) and t.items is not None
    bounds = [getattr(b, "value", None) for b in (index.start, index.stop, index.step)]  # type: ignore[attr-defined]
    positions = range(len(t.items))[slice(*bounds)]
    for key, _ in r.keys(s.target):
        g = state.drop(key) if key[1] else target_bar(r, s.target, state, rb)
        if g is None:
            continue
        if not key[1]:  # a list with a mirror; arrays that both hold have one adjoint anyway
            shadowed = r.is_paired(s.target) and r.is_shadow(s.target)
            for k, position in enumerate(positions):
                for (_, path), t_part in r.keys(x):
                    if path and path[0] == ("item", position) and not (shadowed and r.is_paired_leaf(x, path)):
                        if shadowed and isinstance(t_part, (Num, Unknown)):
                            raise r.refuse("S2S063", "a slice of a list that is stored into holds what may be a number or an "
                                           "array", s.loc, "copy the list first: list(xs)")  # fmt: skip
                        part: Atom = rb.emit("getitem", g, Const(k))
                        for _, step in path[1:]:
                            part = rb.emit("getitem", part, Const(step))
                        r.add(state, rb, (x, path), part)
            continue
        (_, k), *rest = key[1]
        r.add(state, rb, (x, (("item", positions[k]), *rest)), g)


def _getattr(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    x, name = s.args
    assert s.target is not None
    t = type_of_atom(x)
    step: Any = ("attr", getattr(name, "value", ""))
    if isinstance(t, Obj) and isinstance(x, Var) and r.layout.is_mirror(x):
        _mirror_read(r, s.target, x, name, state, rb, "attr")
        return
    if isinstance(t, Tuple) and t.cls is not None:
        step = ("item", t.cls._fields.index(step[1]))
    for key, _ in r.keys(s.target):
        g = state.drop(key)
        if g is not None and isinstance(x, Var) and r.is_active(x):
            r.add(state, rb, (x, (step, *key[1])), g)


def _unpack(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    x = s.args[0]
    assert s.target is not None
    for key, t in r.keys(s.target):
        g = state.drop(key)
        if g is None or not isinstance(x, Var) or not r.is_active(x):
            continue
        if not key[1]:  # the unpacked tuple has a mirror of its own
            r.add(state, rb, (x, ()), g)
            continue
        (_, k), *rest = key[1]
        if isinstance(x.type, Array):
            target = r.shadow(state, rb, x) if r.is_shadow(x) else r.buffer(state, rb, (x, ()))
            rb.effect("aug_setitem", target, Const(k), g, Const("add"))
        elif r.layout.is_mirror(x) or isinstance(x.type, Num | Unknown):
            scatter_path(rb, mirror(r, state, rb, x), Const(k), tuple(rest), g, t)
        else:
            r.add(state, rb, (x, key[1]), g)


def _sequence_arithmetic(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    """``xs + ys`` and ``xs * n`` of lists: the adjoint is cut into those of the operands."""
    assert s.target is not None
    whole = target_bar(r, s.target, state, rb)
    if whole is None:
        return [s]
    before: list[Stmt] = []
    xs = next(a for a in s.args if isinstance(type_of_atom(a), List | Tuple))
    n = length_now(r, xs, s, before, rb)
    if s.op == "mul":
        if isinstance(xs, Var) and r.is_active(xs):
            like = () if isinstance(xs.type, List | Tuple) and is_number(item_of(xs.type)) else (xs,)
            g = rb.call(rt.repeated, "rt.repeated", whole, n, *like, type=xs.type)
            _add_list(r, state, rb, xs, g)
        return [*before, s]
    ends: tuple[tuple[Atom, Atom], ...] = ((Const(None), n), (n, Const(None)))
    for a, (start, stop) in zip(s.args, ends, strict=True):
        if isinstance(a, Var) and r.is_active(a):
            cut = rb.emit("slice", start, stop, Const(None))
            _add_list(r, state, rb, a, rb.emit("getitem", whole, cut, type=a.type))
    return [*before, s]


def length_now(r: Reverse, xs: Atom, s: Let, before: list[Stmt], rb: Builder) -> Atom:
    """The length of a list when ``s`` runs: found in the forward sweep where the list may change later."""
    if isinstance(type_of_atom(xs), Array | Tuple) or not r.memory.overwritten_after(xs, s):
        return rb.call(len, "len", xs)
    n = Var("", INT)
    before.append(Let(n, "call", (Ref(len, "len"), xs), (), s.loc))
    return n


def _copied(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    """``list(xs)`` and ``tuple(xs)`` of a list or tuple: the adjoint of the copy is added to that of what is copied."""
    xs = s.args[1]
    if not isinstance(xs, Var) or not isinstance(xs.type, List | Tuple):
        raise r.refuse("S2S020", f"there is no derivative rule for {_spelled(s)} of this value", s.loc)
    assert s.target is not None
    add_copy(r, s.target, xs, state, rb)


def add_copy(r: Reverse, y: Var, x: Var, state: State, rb: Builder) -> None:
    """``y`` is a new container with what ``x`` holds: leaf by leaf, the adjoint of y is added to that of x. What is found by
    memory is the same in both."""
    if r.is_shadow(y):
        whole = r.shadow(state, rb, y)
        if r.is_active(x):
            _add_list(r, state, rb, x, whole)
        return
    for key, _ in r.keys(y):
        if key[1] and r.is_paired_leaf(*key):
            continue
        g = state.drop(key)
        if g is None or not r.is_active(x):
            continue
        if key[1]:
            r.add(state, rb, (x, key[1]), g)
        else:
            _add_list(r, state, rb, x, g)


def _same(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    """The same reference under another name: if its adjoint is memory, that is the same memory."""
    x, y = s.args[0], s.target
    assert y is not None
    for key, _ in r.keys(y):
        if r.is_paired_leaf(*key) if key[1] else r.is_shadow(y):
            continue
        g = state.drop(key)
        if g is not None and isinstance(x, Var):
            r.add(state, rb, (x, key[1]), g)


def _add_list(r: Reverse, state: State, rb: Builder, xs: Var, g: Atom) -> None:
    if r.layout.is_mirror(xs):
        r.add(state, rb, (xs, ()), g)
    else:
        add_structured(r, state, rb, xs, g)


# -- displays ----------------------------------------------------------------------------------------------------


def _display(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    """A tuple or list made of atoms: the adjoint of position k goes to the k-th of them."""
    _parts(r, s, state, rb, [(k, a) for k, a in enumerate(s.args)])


def _dict(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    pairs = []
    for key, a in zip(s.args[::2], s.args[1::2], strict=True):
        t = type_of_atom(key)
        pairs.append((t.value if isinstance(t, Lit) else key, a))
    _parts(r, s, state, rb, pairs)


def _parts(r: Reverse, s: Let, state: State, rb: Builder, parts: list[tuple[Any, Atom]]) -> None:
    v = s.target
    assert v is not None
    if r.layout.is_mirror(v) or r.is_leaf(v, ()):  # also a list of a length that types do not tell
        whole = r.shadow(state, rb, v) if r.is_paired(v) else state.drop((v, ()))
        if whole is None:
            return
        for k, a in parts:
            if isinstance(a, Var) and r.is_active(a):
                if r.is_paired(a):
                    continue
                part = rb.emit("getitem", whole, k if isinstance(k, Var) else Const(k), type=a.type)
                if isinstance(a.type, Array) and r.info.is_mutated(v):  # a zero that was put back is the number 0.0
                    part = rb.call(rt.as_adjoint, "rt.as_adjoint", part, a, type=a.type)
                add_structured(r, state, rb, a, part, mirrored=True)
        return
    for k, a in parts:
        for key, _ in r.keys(v):
            if key[1] and key[1][0] == ("item", k):
                g = state.drop(key)
                if g is not None and isinstance(a, Var) and r.is_active(a):
                    r.add(state, rb, (a, key[1][1:]), g)


# -- stores ------------------------------------------------------------------------------------------------------


def _store(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    x = s.args[0]
    if not isinstance(x, Var) or not r.is_active(x):
        if any(r.is_active(a) for a in s.args[1:]):
            raise r.refuse(*UNKNOWN_STORE, s.loc)
        return [s]
    if isinstance(x.type, List | Dict):
        return lists.store(r, s, x, state, rb)
    if not isinstance(x.type, Array | Num):
        raise r.refuse("S2S063", "a store into a value whose type is not known", s.loc,
                       "call the derivative with arrays, or give the types with --types")  # fmt: skip
    if s.op in INPLACE:
        return _aug_store(r, s, x, Const(Ellipsis), s.args[1], INPLACE[s.op], state, rb)
    if s.op == "aug_setitem":
        op = str(s.args[3].value)  # type: ignore[union-attr]
        return _aug_store(r, s, x, s.args[1], s.args[2], op, state, rb)
    i, v = s.args[1], s.args[2]
    x_bar = r.shadow(state, rb, x)
    if not r.is_active(v):
        rb.effect("setitem", x_bar, i, Const(0.0))
        return [s]
    assert isinstance(v, Var)
    before = overlap.check(s, r.info, r.memory)
    t = type_of_atom(i)
    if is_view_index(t):
        g: Atom = rb.emit("getitem", x_bar, i)
        if not is_number(type_of_atom(g)):
            g = rb.call(np.array, "np.array", g)
        rb.effect("setitem", x_bar, i, Const(0.0))
    else:
        listed = isinstance(x.type, Array) and isinstance(t, List) and not t.frozen and is_int(t.item)
        part = result_type("getitem", (x, i)) if listed else Num()
        g = rb.call(rt.put_adjoint, "rt.put_adjoint", x_bar, i, type=part if isinstance(part, Array) else Num())
    _accumulate_stored(r, state, rb, v, g)
    return [*before, s]


def _accumulate_stored(r: Reverse, state: State, rb: Builder, v: Var, g: Atom) -> None:
    """The adjoint of what was stored goes to the value, which may have been broadcast or a list."""
    if isinstance(v.type, List | Tuple | Dict):
        add_structured(r, state, rb, v, g)
    else:
        _accumulate(r, state, rb, v, g)


def _aug_store(r: Reverse, s: Let, x: Var, i: Atom, v: Atom, op: str, state: State, rb: Builder) -> list[Stmt]:
    """``x[i] op= v``. With repeated integer indices NumPy keeps the last result only."""
    t = type_of_atom(i)
    x_bar = r.shadow(state, rb, x)
    whole = isinstance(i, Const) and i.value is Ellipsis
    before: list[Stmt] = []
    if op in ("add", "sub"):
        if not r.is_active(v):
            return [s]
        assert isinstance(v, Var)
        fancy = not is_view_index(t)
        g: Atom = x_bar if whole else rb.emit("getitem", x_bar, i)
        if fancy:
            g = rb.call(rt.last_store, "rt.last_store", x_bar, i, type=Num())
        elif not is_number(type_of_atom(g)):
            g = rb.call(np.array, "np.array", g)
        if op == "sub":
            g = rb.emit("neg", g)
        _accumulate_stored(r, state, rb, v, g)
        return [s]
    return _aug_general(r, s, x_bar, x, i, v, op, state, rb, before)


def _aug_general(
    r: Reverse, s: Let, x_bar: Atom, x: Var, i: Atom, v: Atom, op: str, state: State, rb: Builder, before: list[Stmt]
) -> list[Stmt]:
    """Any other operator: the adjoint of ``new = op(old, v)`` with ``old`` and ``v`` kept by value."""
    rule = lookup(op)
    if rule is not None and rule.kind == "nondiff":
        rb.effect("setitem", x_bar, i, Const(0.0))
        return [s]
    if rule is None or rule.kind not in ("elementwise", "bilinear") or rule.body is None:
        raise r.refuse("S2S064", f"in-place {op} on an active array", s.loc, "write the operation out of place")
    fb = Builder(s.loc)
    old: Atom = fb.emit("getitem", x, i)
    if not is_number(type_of_atom(old)):
        old = fb.call(np.array, "np.array", old, name=f"{x.name}_old" if x.name else "")
    before.extend(fb.stmts)
    kept = snapshot(r, v, s, before)
    after: list[Stmt] = []
    body = r.program.load(rule.body)
    assert body is not None
    fancy = not is_view_index(type_of_atom(i))
    if fancy:  # only the last store at each place counts; the adjoint of the old value is added back
        g: Atom = rb.call(rt.put_adjoint, "rt.put_adjoint", x_bar, i, type=type_of_atom(old))
    else:
        g = rb.emit("getitem", x_bar, i)
        if not is_number(type_of_atom(g)):
            g = rb.call(np.array, "np.array", g)
    if rule.kind == "bilinear":
        to_old, to_v = inline(r.program, body, (g, old, kept), {}, rb)
    else:
        new = rb.emit(op, old, kept) if fancy else _read_back(r, s, x, i, after)
        partials = inline(r.program, body, (new, old, kept), {}, rb)
        to_old, to_v = product(rb, rule, g, partials[0], new), product(rb, rule, g, partials[1], new)
    # v may be a view of x: its adjoint is added after x_bar[i] has become that of the old value
    if fancy:
        rb.effect("call", Ref(rt.add_at, "rt.add_at"), x_bar, i, to_old)
    else:
        rb.effect("setitem", x_bar, i, to_old)
    if isinstance(v, Var) and r.is_active(v):
        _accumulate_stored(r, state, rb, v, to_v)
    return [*before, s, *after]


def _read_back(r: Reverse, s: Let, x: Var, i: Atom, after: list[Stmt]) -> Atom:
    """What ``x[i] op= v`` has stored, read again right after it: often nothing overwrites that, and nothing is kept."""
    fb = Builder(s.loc)
    new = fb.emit("getitem", x, i)
    (read,) = fb.stmts
    assert isinstance(read, Let)
    r.memory.behind(read, s)
    after.append(read)
    return snapshot(r, new, read, after)


def _method(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    x, name = s.args[0], str(getattr(s.args[1], "value", ""))
    active = any(r.is_active(a) for a in (*s.args, s.target) if a is not None)
    if not active:
        return [s]
    if name in ("index", "count") and (s.target is None or not r.is_active(s.target)):
        return [s]  # an integer
    if is_logger(x) and s.target is None:
        return [s]  # only seen by people
    if not isinstance(x, Var):
        raise r.refuse("S2S020", f"the method {name} of a value that cannot be differentiated", s.loc)
    if isinstance(x.type, Array) and name == "fill":
        as_store = Let(None, "setitem", (x, Const(Ellipsis), s.args[2]), (), s.loc)
        _store(r, as_store, state, rb)
        return [s]
    if isinstance(x.type, Array) and r.is_active(x) and name == "sort":
        return _sort_in_place(r, s, x, state, rb)
    mutates = isinstance(x.type, Array) and r.is_active(x) and name in MUTATING_METHODS
    if (not isinstance(x.type, List | Dict | Unknown) or not r.is_active(x)) and not mutates:
        if (s.target is None or not r.is_active(s.target)) and not any(r.is_active(a) for a in s.args[2:]):
            return [s]
        raise r.refuse("S2S020", f"the method {name} has no derivative rule", s.loc, "use a NumPy function instead")
    if mutates:
        raise r.refuse("S2S020", f"the method {name} changes an active array and has no derivative rule", s.loc,
                       "use a NumPy function that returns a new array")  # fmt: skip
    return lists.method(r, s, x, name, state, rb)


def _sort_in_place(r: Reverse, s: Let, x: Var, state: State, rb: Builder) -> list[Stmt]:
    """``x.sort(axis)``: the adjoint is permuted back; the order is found in the forward sweep."""
    fb = Builder(s.loc)
    axis = s.kwargs.get("axis", s.args[2] if len(s.posargs) > 2 else Const(-1))
    order = fb.call(np.argsort, "np.argsort", x, name="order", kw={"axis": axis, "kind": Const("stable")})
    rb.effect("call", Ref(rt.unsort, "rt.unsort"), r.shadow(state, rb, x), order, axis)
    return [*fb.stmts, s]


_HANDLERS: dict[str, Any] = {
    "getitem": _getitem,
    "getattr": _getattr,
    "unpack": _unpack,
    "copy": _same,
    "tuple": _display,
    "list": _display,
    "dict": _dict,
}
