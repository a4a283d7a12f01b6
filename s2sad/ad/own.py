"""A recursive function that gives a number calls its own joint form: ``value, slope = f_grad(x)``, and backwards multiplies.

The gradient of a number is proportional to the adjoint of that number. So the call that goes forwards may give the gradient
for 1.0 at once, as the outermost call does, and nothing else is kept of it. Without that, a recursive function would have
three forms: the joint one, and a pair for the calls inside. Not where a slope may be infinite (a root, a quotient): a pair
that is given zero, for what is not chosen, does not compute it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad import runtime as rt
from s2sad.analysis.build import Builder, type_of_atom
from s2sad.analysis.infer.program import Spec
from s2sad.ir.nodes import Atom, Callee, Const, Function, Let, Ref, Stmt, Var, by_op, walk
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import map_lets, with_body
from s2sad.ir.types import Array, Lit, Scalar, Tuple, Type
from s2sad.rules.registry import lookup

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse
    from s2sad.ad.state import State


@dataclass(eq=False)
class Joint(Callee):
    """What a ``Ref`` to the function that is being made points at. ``active`` tells which parameters get a gradient."""

    source: Function
    name: str
    active: tuple[bool, ...]
    fn: Function | None = None

    @property
    def slopes(self) -> tuple[Type, ...]:
        return tuple(p.var.type for p, a in zip(self.source.params, self.active, strict=True) if a)  # type: ignore[misc]


def own_form(source: Function, active: tuple[int, ...], name: str) -> Joint | None:
    """The joint form of a recursive function of numbers and arrays that gives a number; None of any other."""
    if not any(isinstance(s, Let) and _is_call(s, source) for s in walk(source.body)):
        return None
    result = source.result
    flags = tuple(k in active for k in range(len(source.params)))
    form = Joint(source, name, flags)
    number = isinstance(result, Var) and result.type is not None and _is_real(result.type)
    plain = all(p.kind in ("any", "pos") for p in source.params) and all(map(_is_real_or_array, form.slopes))
    return form if number and plain and len(set(active)) == len(active) and active == tuple(sorted(active)) else None


def source_of(spec: Spec) -> Function:
    """What is differentiated where ``spec`` is: that of a call of itself for arrays of which less is known, if that is all."""
    assert spec.fn is not None
    for s in walk(spec.fn.body):
        callee = s.args[0] if isinstance(s, Let) and s.op == "call" else None
        other = callee.obj if callee.__class__ is Ref and isinstance(callee.obj, Spec) else None
        if other is None or other is spec or other.source is not spec.source or other.fn is None:
            continue
        types = [[p.var.type for p in f.params] for f in (spec.fn, other.fn)]
        recursive = any(isinstance(t, Let) and _is_call(t, other.fn) for t in walk(other.fn.body))
        if recursive and type_of_atom(other.fn.result) == type_of_atom(spec.fn.result) and all(map(_less_known, *types)):
            return other.fn
    return spec.fn


def _less_known(t: Type | None, other: Type | None) -> bool:
    if isinstance(t, Array) and isinstance(other, Array):
        return t.dtype == other.dtype and t.rank == other.rank
    return t == other


def _is_call(s: Let, source: Function) -> bool:
    callee = s.args[0] if s.op == "call" else None
    return callee.__class__ is Ref and isinstance(callee.obj, Spec) and callee.obj.fn is source


def _is_real(t: Type) -> bool:
    return isinstance(t, Scalar) and t.dtype == "float64"


def _is_real_or_array(t: Type) -> bool:
    return _is_real(t) or (isinstance(t, Array) and t.dtype == "float64" and bool(t.dims))


def own_call(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt] | None:
    """The adjoint of such a call; returns its forward statements. None where it is another call."""
    form, args, target = r.own, s.args[1:], s.target
    if form is None or target is None or not _is_call(s, form.source) or s.kwnames:
        return None
    if tuple(r.is_active(a) for a in args) != form.active:
        return None
    bar = state.drop((target, ()))
    if bar is None:
        return [s]
    types = (target.type, *form.slopes)
    both, parts = Var("", Tuple(types)), Var("", Tuple(types))  # type: ignore[arg-type]
    out: list[Stmt] = [
        Let(both, "call", (Ref(form, form.name), *args), (), s.loc),
        Let(parts, "unpack", (both, Const(len(types))), (), s.loc),
        Let(target, "getitem", (parts, Const(0)), (), s.loc),
    ]
    active = [a for a, wanted in zip(args, form.active, strict=True) if wanted]
    for k, (a, t) in enumerate(zip(active, form.slopes, strict=True)):
        assert isinstance(a, Var)
        slope = Var(f"{a.name}_slope" if a.name else "", t)
        out.append(Let(slope, "getitem", (parts, Const(k + 1)), (), s.loc))
        r.add(state, rb, (a, ()), rb.call(rt.safe_mul, "rt.safe_mul", bar, slope, type=t))
    return out


def has_poles(r: Reverse, fn: Function, source: Function) -> bool:
    """May a slope of ``fn``, or of a function that it calls, be infinite? The pair is not asked for it where its adjoint
    is zero, as in a branch that is not chosen; the joint form would compute it first, and raise or warn."""
    return bool(r.masked) or any(isinstance(s, Let) and _may_have_pole(r, s, source) for s in walk(fn.body))


def _may_have_pole(r: Reverse, s: Let, source: Function) -> bool:
    callee = s.args[0] if s.op == "call" else None
    if isinstance(callee, Ref) and isinstance(callee.obj, Spec):
        return callee.obj.fn is not source and any(map(r.is_active, s.args[1:]))
    rule = lookup(callee.obj) if isinstance(callee, Ref) else lookup(s.op) if s.op != "call" else None
    if rule is None or not rule.singular:
        return False
    if s.op in ("truediv", "itruediv"):
        return r.is_active(s.args[1])
    power = type_of_atom(s.args[1]) if s.op in ("pow", "ipow") else None
    if isinstance(power, Lit) and isinstance(power.value, int) and power.value >= 1:
        return False
    return any(map(r.is_active, s.args))


def without_masks(fn: Function) -> Function:
    """``fn``, simplified, with plain products for the slopes of its own calls if it has no other mask: then the pair
    would have none either."""
    if not any(s.args[0].__class__ is Ref and isinstance(s.args[0].obj, Joint) for s in by_op(fn.body).get("call", ())):
        return fn
    slopes: set[Atom] = set()
    for s in walk(fn.body):
        if isinstance(s, Let) and s.target is not None:
            if s.op == "call" and s.args[0].__class__ is Ref and isinstance(s.args[0].obj, Joint):
                slopes.add(s.target)
            elif s.op in ("unpack", "getitem") and s.args[0] in slopes:
                slopes.add(s.target)
    if not slopes:
        return fn
    masks = [s for s in walk(fn.body) if isinstance(s, Let) and _masks(s)]
    if any(s.args[2] not in slopes for s in masks):
        return fn
    return with_body(fn, map_lets(fn.body, lambda s: Let(s.target, "mul", s.args[1:], (), s.loc) if s in masks else s))


def _masks(s: Let) -> bool:
    callee = s.args[0] if s.op == "call" else None
    return isinstance(callee, Ref) and any(callee.obj is f for f in (rt.safe_mul, rt.safe_div, rt.masked_mul))


__all__ = ["Joint", "has_poles", "own_call", "own_form", "without_masks"]
