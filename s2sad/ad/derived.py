"""Derivatives of derivatives. The gradient of ``f`` is differentiated as the gradient of the tangent of ``f``.

With ``f_jvp(x, u)`` the tangent of ``f`` at ``x`` along ``u``, which is linear in ``u``:

- the pullback of ``x -> grad f(x)`` gives to a seed ``u`` the gradient of ``x -> f_jvp(x, u)``, and
- the tangent of ``grad f(x)`` along ``v`` is that same gradient at ``u = v``, where the gradient in ``v`` is ``grad f(x)``.

Forward mode gives code like the user's: no tapes, no mirrors, no shadows. So the derivative of any order of whatever has
a gradient has one too, and reverse mode never has to reverse what it has made itself.

*before*                          *after* (reverse)::

    def g(x):                         def g_grad(x):
        value, d = f_grad(x)              value, d = f_grad(x)
        return np.sum(d ** 2)             value_2 = np.sum(d ** 2)
                                          d_bar = 2.0 * d
                                          _, x_bar = f_along_grad(x, d_bar)
                                          return value_2, x_bar
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad import runtime as rt
from s2sad.ad import calls
from s2sad.analysis.alias import is_reference, mutated_params
from s2sad.analysis.build import Builder
from s2sad.analysis.infer.program import Gradient, Infer, Spec
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Param, Ref, Stmt, Var
from s2sad.ir.types import (
    UNKNOWN,
    Array,
    Dict,
    List,
    Obj,
    Scalar,
    Tuple,
    Type,
    is_differentiable,
    is_number,
    tangent_type,
)

if TYPE_CHECKING:
    from s2sad.ad.forward import Forward
    from s2sad.ad.pushes import Pushes
    from s2sad.ad.replays import Replays
    from s2sad.ad.reverse import Reverse
    from s2sad.ad.state import State


class Derived:
    """The gradients of a program as functions, and what their derivatives are."""

    def __init__(self, program: Infer) -> None:
        from s2sad.ad.pairs import make_pair

        self.program = program
        self.pairs = calls.Pairs(program, lambda pair: make_pair(program, self.pairs, pair))
        self.along: dict[Any, Gradient] = {}

    @cached_property
    def pushes(self) -> Pushes:
        """The tangents of the program's functions."""
        from s2sad.ad.pushes import Pushes  # most programs need none

        return Pushes(self.program)

    def function(self, g: Gradient) -> Function:
        """The gradient as a function: ``(value, gradient, ...)``. It stores into copies of what it is given."""
        from s2sad.ad.pairs import joint

        if g.fn is None:
            assert g.spec.fn is not None
            fn = shielded(g.spec.fn)
            wanted = tuple(k for k, a in enumerate(g.active) if a)
            g.fn = joint(
                self.program, self.pairs, fn, wanted, has_aux=g.has_aux, name=g.name, within=frozenset({g.spec}),
                checked=True,
            )  # fmt: skip
        return g.fn

    def joint(self, spec: Spec, active: tuple[bool, ...], has_aux: bool) -> Function:
        """The gradient of a function that may run only once, to be compiled in like other code."""
        from s2sad.ad.pairs import joint

        assert spec.fn is not None
        wanted = tuple(k for k, a in enumerate(active) if a)
        name = self.program.unique_name(f"{spec.name}_grad")
        return joint(
            self.program, self.pairs, spec.fn, wanted, has_aux=has_aux, name=name, within=frozenset({spec}), checked=True
        )

    @cached_property
    def replays(self) -> Replays:
        """The forms of functions that may be run again."""
        from s2sad.ad.replays import Replays

        return Replays(self.program)

    def tangent(self, spec: Spec, active: tuple[bool, ...]) -> Function:
        """The tangent of a specialisation as a function."""
        fn = self.pushes.get(spec, active).fn
        assert fn is not None
        return fn

    def pullback(self, g: Gradient, active: tuple[bool, ...], value_type: Type | None) -> Gradient:
        """The gradient in the ``active`` arguments of the sum of what ``g`` returns, weighted with seeds.

        It is called with the arguments of ``g``, one seed for each gradient, and one for the value if that has a type.
        """
        key = (g, active, value_type)
        if key not in self.along:
            self.along[key] = self._pullback(g, active, value_type)
        return self.along[key]

    def _pullback(self, g: Gradient, active: tuple[bool, ...], value_type: Type | None) -> Gradient:
        w = Writer(g, "along")
        params, dots = w.params(g.active)
        seed = w.param("value_bar", value_type) if value_type is not None else None
        value, dot = w.tangent(self.pushes.get(g.quiet or g.spec, g.active), params, dots)
        total = w.first(dot, g)
        if seed is not None and value_type is not None:
            for term in w.products(seed, value, value_type):
                total = w.b.emit("add", total, term, type=UNKNOWN)
        spec = self.program.specialise(w.function(total), tuple(w.types))
        mask = active + (False,) * (len(w.types) - len(active))
        kept = [t for t, a in zip(w.types, mask, strict=True) if a]
        result = Tuple((spec.result, *map(tangent_type, kept)))
        return self.program.gradient(spec, mask, False, result)

    def pushforward(self, g: Gradient, active: tuple[bool, ...]) -> Gradient:
        """What gives the tangent of ``g`` along tangents of the ``active`` arguments, which are to include its own.

        ``((dot, (value, dot)), gradients' tangents..., gradients...)``.
        """
        key = (g, active)
        if key not in self.along:
            self.along[key] = self._pushforward(g, active)
        return self.along[key]

    def _pushforward(self, g: Gradient, active: tuple[bool, ...]) -> Gradient:
        spec, types = self._pushed(g, g.spec, active)
        quiet = None if g.quiet is None else self._pushed(g, g.quiet, active)[0]
        own = [a for a, d in zip(g.active, active, strict=True) if d]
        mask = (*g.active, *own)
        kept = [t for t, a in zip(types, mask, strict=True) if a]
        result = Tuple((spec.result, *map(tangent_type, kept)))
        return self.program.gradient(spec, mask, True, result, quiet)

    def _pushed(self, g: Gradient, function: Spec, active: tuple[bool, ...]) -> tuple[Spec, list[Type]]:
        """``(dot, (value, dot))`` of a function as a specialisation, and the types of its parameters."""
        w = Writer(g, "pushed")
        params, dots = w.params(active)
        value, dot = w.tangent(self.pushes.get(function, active), params, dots)
        both = w.b.emit("tuple", value, dot, type=UNKNOWN)
        result = w.b.emit("tuple", w.first(dot, g), both, type=UNKNOWN)
        return self.program.specialise(w.function(result), tuple(w.types)), w.types


def of(program: Infer) -> Derived:
    """What differentiates the derivatives of a program."""
    if program.derived is None:
        program.derived = Derived(program)
    found: Derived = program.derived
    return found


class Writer:
    """Writes a function around the tangent of a gradient's function."""

    def __init__(self, g: Gradient, suffix: str) -> None:
        assert g.spec.fn is not None
        self.fn, self.g = g.spec.fn, g
        self.name = f"{g.spec.name}_{suffix}"
        self.b = Builder(self.fn.loc)
        self.given: list[Param] = []
        self.types: list[Type] = []

    def param(self, name: str, t: Type | None) -> Var:
        """One more parameter."""
        while any(p.var.name == name for p in self.given):
            name += "_"
        var = Var(name)
        self.given.append(Param(var))
        self.types.append(t or UNKNOWN)
        return var

    def params(self, active: tuple[bool, ...]) -> tuple[list[Var], list[Var]]:
        """The parameters of the function, and a tangent for each that is active."""
        values = [self.param(p.var.name, p.var.type) for p in self.fn.params]
        dots = [
            self.param(f"{p.var.name}_dot", tangent_type(p.var.type))
            for p, a in zip(self.fn.params, active, strict=True)
            if a
        ]
        return values, dots

    def tangent(self, push: Any, params: list[Var], dots: list[Var]) -> tuple[Var, Var]:
        both = self.b.emit("call", Ref(push, push.name), *params, *dots, type=UNKNOWN)
        value = self.b.emit("getitem", both, Const(0), name="value", type=UNKNOWN)
        return value, self.b.emit("getitem", both, Const(1), name="value_dot", type=UNKNOWN)

    def first(self, dot: Var, g: Gradient) -> Var:
        """The tangent of the number that was differentiated."""
        return self.b.emit("getitem", dot, Const(0), type=UNKNOWN) if g.has_aux else dot

    def products(self, seed: Var, value: Var, t: Type) -> list[Var]:
        """The terms of the inner product of a value and its seed."""
        if not is_differentiable(t):
            return []
        if is_number(t):
            return [self.b.emit("mul", seed, value, type=UNKNOWN)]
        steps: list[Any] = []
        if isinstance(t, Tuple) or (isinstance(t, List) and t.items is not None):
            steps = list(enumerate(t.items or ()))
        elif isinstance(t, Dict) and t.items is not None:
            steps = list(t.items)
        if isinstance(t, Array):
            product = self.b.emit("mul", seed, value, type=UNKNOWN)
            return [self.b.call(np.sum, "np.sum", product, type=UNKNOWN)]
        if not steps:
            return [self.b.call(rt.inner, "rt.inner", seed, value, type=UNKNOWN)]
        out = []
        for k, part in steps:
            pair = [self.b.emit("getitem", a, Const(k), type=UNKNOWN) for a in (seed, value)]
            out += self.products(pair[0], pair[1], part)
        return out

    def function(self, result: Atom) -> Function:
        fn = self.fn
        return Function(self.name, tuple(self.given), self.b.block(result), (), None, fn.loc, fn.lines)


def shielded(fn: Function) -> Function:
    """``fn`` with copies of the parameters that it stores into: the caller's arguments stay as they are."""
    hit = mutated_params(fn)
    if not hit:
        return fn
    params, heads = list(fn.params), []
    for k in hit:
        old = params[k].var
        new = Var(old.name, old.type)
        copy = Ref(np.array, "np.array") if isinstance(old.type, Array) else Ref(rt.copy, "rt.copy")
        heads.append(Let(old, "call", (copy, new), (), fn.loc))
        params[k] = Param(new, params[k].kind, params[k].default)
    body = Block((*heads, *fn.body.stmts), fn.body.results)
    return Function(fn.name, tuple(params), body, fn.captured, fn.doc, fn.loc, fn.lines)


# -- reverse ---------------------------------------------------------------------------------------------------------


def reverse(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    """The adjoint of a call of a gradient."""
    from s2sad.ad.adding import add_structured

    assert isinstance(s.args[0], Ref) and s.target is not None
    g: Gradient = s.args[0].obj
    args = s.args[1:]
    active = tuple(r.is_active(a) for a in args)
    bars = {key[1]: r.drop(state, rb, key, t) for key, t in r.keys(s.target)}
    if not any(active) or all(b is None for b in bars.values()):
        return [s]
    assert isinstance(s.target.type, Tuple)
    before: list[Stmt] = []
    kept = [_kept(r, a, s, before) for a in args]
    value_type, *types = s.target.type.items
    of_value: dict[Any, Atom | None] = {p[1:]: b for p, b in bars.items() if p[0] == ("item", 0) and b is not None}
    own = [a for a, wanted in zip(kept, g.active, strict=True) if wanted]
    seeds = [
        _seed(r, rb, a, t, {p[1:]: b for p, b in bars.items() if p[0] == ("item", k + 1)})
        for k, (a, t) in enumerate(zip(own, types, strict=True))
    ]
    pullback = of(r.program).pullback(g, active, tangent_type(value_type) if of_value else None)
    if of_value:
        whole = rb.emit("getitem", s.target, Const(0), type=value_type)
        seeds.append(_seed(r, rb, whole, value_type, of_value))
    both = rb.emit("call", Ref(pullback, pullback.name), *kept, *seeds, type=pullback.result)
    varied = [a for a, wanted in zip(args, active, strict=True) if wanted]
    for k, a in enumerate(varied, start=1):
        assert isinstance(pullback.result, Tuple) and isinstance(a, Var)
        add_structured(r, state, rb, a, rb.emit("getitem", both, Const(k), type=pullback.result.items[k]))
    return [*before, s]


def _kept(r: Reverse, a: Atom, s: Let, before: list[Stmt]) -> Atom:
    """An argument as it is now: a copy of what is stored into later."""
    from s2sad.ad.adding import snapshot

    if isinstance(a, Var) and isinstance(a.type, Tuple | List | Dict | Obj):
        if not r.info.deep_mutated(a):
            return a
        whole = Var(f"{a.name}_kept" if a.name else "", a.type)
        before.append(Let(whole, "call", (Ref(rt.copy, "rt.copy"), a), (), s.loc))
        return whole
    return snapshot(r, a, s, before)


def _seed(r: Reverse, rb: Builder, like: Atom, t: Type, bars: dict[Any, Atom | None]) -> Atom:
    """The adjoint of one gradient in the structure of a tangent of ``like``."""
    if () in bars:
        g = bars[()]
        if g is None:
            return Const(0.0) if is_number(t) else rb.call(rt.zero_tangent, "rt.zero_tangent", like, type=tangent_type(t))
        if is_number(t) or isinstance(t, Array):
            return g
        return rb.call(rt.conform, "rt.conform", g, like, type=tangent_type(t))

    def part(k: Any, c: Type, *, attr: bool = False) -> Atom:
        step = ("attr" if attr else "item", k)
        if not is_differentiable(c) and not isinstance(c, Tuple | List | Dict):
            return Const(0) if is_number(c) else Const(None)
        inner = rb.emit("getattr" if attr else "getitem", like, Const(k), type=c)
        return _seed(r, rb, inner, c, {p[1:]: b for p, b in bars.items() if p[:1] == (step,)})

    if isinstance(t, Tuple):
        parts = [part(k, c) for k, c in enumerate(t.items)]
        return rb.call(t.cls, t.cls.__name__, *parts, type=t) if t.cls is not None else rb.emit("tuple", *parts)
    if isinstance(t, List) and t.items is not None:
        return rb.emit("list", *(part(k, c) for k, c in enumerate(t.items)))
    if isinstance(t, Dict) and t.items is not None:
        return rb.emit("dict", *(x for k, c in t.items for x in (Const(k), part(k, c))))
    if isinstance(t, Obj):
        flat = [x for k, c in t.attrs for x in (Const(k), part(k, c, attr=True))]
        return rb.call(rt.rebuild, "rt.rebuild", like, rb.emit("dict", *flat), type=t)
    if is_number(t):
        return Const(0.0)
    return rb.call(rt.zero_tangent, "rt.zero_tangent", like, type=tangent_type(t))


# -- forward ---------------------------------------------------------------------------------------------------------


def forward(fw: Forward, s: Let, b: Builder) -> None:
    """A call of a gradient with its tangent."""
    assert isinstance(s.args[0], Ref) and s.target is not None
    g: Gradient = s.args[0].obj
    args = s.args[1:]
    if not any(fw.is_active(a) for a in args) or not fw.is_active(s.target):
        b.append(s)
        return
    active = tuple(fw.is_active(a) or mine for a, mine in zip(args, g.active, strict=True))
    push = of(fw.program).pushforward(g, active)
    dots = [_dot(fw, b, a) for a, wanted in zip(args, active, strict=True) if wanted]
    assert isinstance(push.result, Tuple) and isinstance(s.target.type, Tuple)
    both = b.emit("call", Ref(push, push.name), *args, *dots, type=push.result)

    def item(x: Atom, k: int, t: Type) -> Var:
        return b.emit("getitem", x, Const(k), type=t)

    value_type = s.target.type.items[0]
    pair_type = Tuple((value_type, tangent_type(value_type)))
    pair = item(item(both, 0, Tuple((Scalar("float64", weak=False), pair_type))), 1, pair_type)
    n = sum(g.active)
    own = [a for a, mine in zip(args, g.active, strict=True) if mine]

    def gradient(k: int, first: int) -> Atom:
        """One of the gradients; an integer among its leaves has the gradient 0, not a float."""
        part = item(both, first + k, tangent_type(types[k]))
        if is_number(types[k]) or isinstance(types[k], Array):
            return part
        return b.call(rt.conform, "rt.conform", part, own[k], type=types[k])

    types = s.target.type.items[1:]
    values = (item(pair, 0, value_type), *(gradient(k, 1 + n) for k in range(n)))
    tangents = (item(pair, 1, pair_type.items[1]), *(gradient(k, 1) for k in range(n)))
    b.append(Let(s.target, "tuple", values, (), s.loc))
    fw.bind(s.target, b, b.emit("tuple", *tangents))


def _dot(fw: Forward, b: Builder, a: Atom) -> Atom:
    return fw.dot(b, a) if fw.is_active(a) else fw.zero(b, a)


__all__ = ["Derived", "forward", "is_reference", "of", "reverse"]
