"""The functions that reverse mode emits: the joint form (value and gradient at once) and the split form (a pair)."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.ad import attempts, escaped, held
from s2sad.ad.calls import Pair, Pairs
from s2sad.ad.leaves import Key, Layout, Path
from s2sad.ad.own import has_poles, own_form
from s2sad.ad.recompute import again, plan
from s2sad.ad.reverse import Reverse
from s2sad.ad.state import State
from s2sad.ad.unassigned import assigned
from s2sad.analysis.activity import activity
from s2sad.analysis.build import Builder
from s2sad.analysis.infer.program import Infer, Spec
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Block, Const, Function, If, Let, Param, Ref, Stmt, Try, Var, free_vars, walk
from s2sad.ir.rewrite import clone_function, defined_vars, subst_atom, subst_block, subst_stmt
from s2sad.ir.types import (
    UNKNOWN,
    Array,
    Dict,
    List,
    Lit,
    Maybe,
    Num,
    Obj,
    Scalar,
    Tuple,
    Type,
    Unknown,
    is_differentiable,
    is_number,
)


def named_result(fn: Function, name: str = "value") -> Function:
    """Give the returned temporary a name, so that it is computed where the primal computes it."""
    result = fn.result
    if isinstance(result, Var) and not result.name and not _has_name(fn, result) and result not in [p.var for p in fn.params]:
        env: dict[Var, Atom] = {}
        copy = clone_function(fn, env)
        new = env[result]
        assert isinstance(new, Var)
        object.__setattr__(new, "name", name)  # a variable made just now: nobody else has seen it
        return copy
    return fn


def _has_name(fn: Function, result: Var) -> bool:
    """Does a branch at the end give what has a name of the user's already?"""
    last = fn.body.stmts[-1] if fn.body.stmts else None
    if not isinstance(last, If) or result not in last.targets:
        return False
    k = last.targets.index(result)
    return any(isinstance(a, Var) and bool(a.name) for a in (last.then.results[k], last.orelse.results[k]))


class Sweeps:
    """Forward and reverse statements of one function, seeded; the adjoints of its parameters at the end."""

    def __init__(
        self, program: Infer, pairs: Pairs, fn: Function, active: tuple[Var, ...], *, shares: bool = False,
        masked: bool = False,
    ) -> None:  # fmt: skip
        if any(s.__class__ is Try for s in walk(fn.body)):
            fn = attempts.cut_attempts(fn, active)
        self.fn = fn
        self.r = Reverse(program, pairs, fn, active, shares=shares, masked=masked)
        local = self.r.local_vars(fn.body, tuple(p.var for p in fn.params))
        self.state = State(local)
        self.active = active

    def run(self, seeds: dict[Key, Atom]) -> tuple[list[Stmt], Builder]:
        unknown = self.r.refuse_unknown_memory()
        if self.r.poisoned:
            start, shadows = self.state, self.r.uses_shadows
            self.state = State(set(start.local))
            try:
                swept = self._swept(seeds)
            except Exception:
                if self.r.refused or unknown:
                    raise
            if self.r.refused or unknown:
                return swept
            self.r.poisoned = frozenset()  # what comes out of those calls goes nowhere: they are not refused
            self.state, self.r.uses_shadows = start, shadows
            self.r.refuse_unknown_memory()
        return self._swept(seeds)

    def _swept(self, seeds: dict[Key, Atom]) -> tuple[list[Stmt], Builder]:
        head = Builder(self.fn.loc)
        for key, g in seeds.items():
            if self._by_memory(key):  # where other names of that memory find it
                self.r.add(self.state, head, key, g)
            else:
                self.state.set(key, g)
        swept = self.r.region(self.fn.body, self.state, self.fn.loc)
        swept.reverse.stmts[:0] = head.stmts
        return swept.forward, swept.reverse

    def _by_memory(self, key: Key) -> bool:
        """Is the adjoint of this part of the result found by memory: at run time, or as a view of another's buffer?"""
        v, path = key
        if path:
            return self.r.is_paired_leaf(v, path)
        return self.r.is_paired(v) or (self.r.is_shadow(v) and self.r.memory.view_of(v) is not None)

    def prologue(self, rb: Builder) -> None:
        """What the reverse sweep needs before its first statement."""
        if self.r.uses_shadows and not self.r.shares:
            made = Let(self.r.shadows, "call", (Ref(rt.Shadow, "rt.Shadow"),), (), self.fn.loc)
            rb.stmts.insert(0, made)


# -- joint form ----------------------------------------------------------------------------------------------------


def joint(
    program: Infer, pairs: Pairs, source: Function, active: tuple[int, ...], *, has_aux: bool, name: str,
    within: frozenset[Spec] = frozenset(), checked: bool = False,
) -> Function:
    """``f_grad(*params) -> (value, gradient, ...)``: one gradient for each position in ``active``, in that order.

    With ``checked`` it raises where the value shows to be no number when it runs; the caller of others checks that.
    """
    from s2sad.ad.expand import expand

    fn = named_result(expand(source, within))
    wanted = tuple(fn.params[k].var for k in active)
    sweeps = Sweeps(program, pairs, fn, wanted)
    own = None if has_aux or checked else own_form(source, active, name)
    sweeps.r.own = None if own is None or has_poles(sweeps.r, fn, source) else own
    head = Builder(fn.loc)
    forward, rb = sweeps.run(_unit_seed(sweeps, fn.result, has_aux, head if checked else None))
    rb.stmts[:0] = head.stmts
    grads = [gradient(sweeps, rb, v) for v in wanted]
    sweeps.prologue(rb)
    body = Builder(fn.loc)
    body.comment("forward sweep")
    filled, twins = assigned(forward, _measured(rb.stmts), sweeps.r.records)
    body.extend(filled)
    body.comment("reverse sweep")
    body.extend(subst_stmt(s, twins) for s in rb.stmts)
    result = body.emit("tuple", fn.result, *grads)
    made = Function(name, fn.params, body.block(result), (), fn.doc, fn.loc, fn.lines)
    if own is not None:
        own.fn = made
    return made


def _measured(stmts: list[Stmt]) -> list[Var]:
    """Variables that the reverse sweep reads for their shape alone, whether the path taken has assigned them or not."""
    return [
        s.args[1]
        for s in walk(Block(tuple(stmts)))
        if isinstance(s, Let) and s.op == "call" and isinstance(s.args[0], Ref)
        and s.args[0].obj in (np.zeros_like, rt.zeros_like) and len(s.args) > 1 and isinstance(s.args[1], Var)
    ]  # fmt: skip


def _unit_seed(sweeps: Sweeps, result: Atom, has_aux: bool, head: Builder | None) -> dict[Key, Atom]:
    if not isinstance(result, Var) or not sweeps.r.is_active(result):
        return {}
    path = (("item", 0),) if has_aux else ()
    keys = sweeps.r.keys(result)
    if any(k[1] == path for k, _ in keys):
        t = sweeps.r.leaf_type(result, path)
        if head is None and isinstance(t, Array) and t.dims:
            return {}  # the call says what is wrong
        if head is None or is_number(t):
            return {(result, path): Const(1.0)}
        value = sweeps.r.leaf_atom(head, (result, path))
        return {(result, path): head.call(rt.unit_seed, "rt.unit_seed", value, type=Scalar("float64", weak=False))}
    return {}


def gradient(sweeps: Sweeps, rb: Builder, v: Var) -> Atom:
    """The gradient with respect to a parameter in the structure of the parameter."""
    rb.loc = sweeps.fn.loc
    info = sweeps.r.info
    return _structure(sweeps, rb, v, v.type or UNKNOWN, info.find(v), ())


def _structure(sweeps: Sweeps, rb: Builder, v: Var, t: Type, key: object, path: tuple) -> Atom:
    lay: Layout = sweeps.r.layout
    if key in lay.dynamic and isinstance(t, List | Dict | Tuple | Unknown):
        return _leaf(sweeps, rb, v, t, path)
    inner = lay.info.classes.elem(key) if isinstance(t, Tuple | List | Dict | Obj) else None

    def child(step: tuple[str, object], c: Type) -> Atom:
        return _structure(sweeps, rb, v, c, inner, (*path, step))

    if isinstance(t, Tuple):
        parts = [child(("item", k), c) for k, c in enumerate(t.items)]
        if t.cls is not None:
            return rb.call(t.cls, t.cls.__name__, *parts, type=t)
        return rb.emit("tuple", *parts)
    if isinstance(t, List) and t.items is not None:
        return rb.emit("list", *(child(("item", k), c) for k, c in enumerate(t.items)))
    if isinstance(t, Dict) and t.items is not None:
        flat: list[Atom] = []
        for k, c in t.items:
            flat += [Const(k), child(("item", k), c)]
        return rb.emit("dict", *flat)
    if isinstance(t, Obj):
        flat = []
        for k, c in t.attrs:
            flat += [Const(k), child(("attr", k), c)]
        fields = rb.emit("dict", *flat)
        return rb.call(rt.rebuild, "rt.rebuild", sweeps.r.leaf_atom(rb, (v, path)), fields, type=t)
    return _leaf(sweeps, rb, v, t, path)


def _leaf(sweeps: Sweeps, rb: Builder, v: Var, t: Type, path: tuple) -> Atom:
    if not is_differentiable(t):
        if is_number(t):
            return Const(0)
        if isinstance(t, Array):
            return rb.call(np.zeros_like, "np.zeros_like", sweeps.r.leaf_atom(rb, (v, path)))
        return Const(None)
    g = sweeps.state.get((v, path))
    if not path and sweeps.r.is_paired(v):
        g = sweeps.r.shadow(sweeps.state, rb, v)
    elif sweeps.r.is_paired_leaf(v, path) or (isinstance(t, List | Dict | Tuple) and sweeps.r.holds_paired(v)):
        sweeps.r.uses_shadows = True
        place = rb.emit("method", sweeps.r.shadows, Const("of"), sweeps.r.leaf_atom(rb, (v, path)), type=t)
        g = place if g is None else rb.call(rt.accumulate, "rt.accumulate", g, place, type=t)
    if g is None:
        return sweeps.r.zero(rb, (v, path), t)
    if _plain_mirror(t) and sweeps.state.get((v, path)) in _made_here(rb):
        return g
    if isinstance(t, List | Dict | Tuple | Unknown | Num | Obj):
        return rb.call(rt.conform, "rt.conform", g, sweeps.r.leaf_atom(rb, (v, path)), type=t)
    if isinstance(t, Array) and t.dtype not in ("float64", None) and type_of_atom(g) != t:
        return rb.call(rt.conform, "rt.conform", g, sweeps.r.leaf_atom(rb, (v, path)), type=t)
    return g


def _plain_mirror(t: Type) -> bool:
    """Does the mirror of such a container have its structure and dtypes as it stands?"""
    if isinstance(t, List):
        return _plain_mirror(t.item) if t.items is None else all(map(_plain_mirror, t.items))
    if isinstance(t, Dict):
        return t.items is not None and all(_plain_mirror(c) for _, c in t.items)
    if isinstance(t, Array):
        return t.dtype == "float64"
    return False


def _made_here(rb: Builder) -> set[Var]:
    return {
        s.target for s in rb.stmts
        if isinstance(s, Let) and s.target is not None and s.op == "call" and isinstance(s.args[0], Ref)
        and s.args[0].obj is rt.zeros_like
    }  # fmt: skip


# -- split form ----------------------------------------------------------------------------------------------------


def make_pair(program: Infer, pairs: Pairs, pair: Pair) -> None:
    """Fill in the two functions of a pair that calls of a specialisation use."""
    from s2sad.ad.expand import expand

    assert pair.spec.fn is not None
    fn = expand(pair.spec.fn, frozenset({pair.spec}))
    params = fn.params
    wanted = tuple(p.var for p, a in zip(params, pair.active, strict=True) if a)
    sweeps = Sweeps(program, pairs, fn, wanted, shares=pair.shares, masked=pair.masked)
    lay = sweeps.r.layout  # of what is differentiated: what is compiled in may tell which places are read, or hide it
    act = activity(fn, wanted)
    result = fn.result
    pair.inputs = tuple((result, p) for p, _ in lay.leaves(result)) if isinstance(result, Var) and result in act else ()
    pair.outputs = tuple((v, p) for v in wanted if v in act for p, _ in lay.leaves(v))
    if pair.shares:  # only numbers have adjoints of their own: those of memory are found by memory
        pair.inputs = tuple((v, p) for v, p in pair.inputs if _is_value(lay, v, p))
        pair.outputs = tuple((v, p) for v, p in pair.outputs if _is_value(lay, v, p))
    outputs = pair.outputs
    pair.types = {(v, p): t for v in wanted for p, t in lay.leaves(v)}
    seeds, bar_params = _seed_params(sweeps, fn.result, [p for _, p in pair.inputs])
    if pair.shares:
        bar_params.insert(0, Param(sweeps.r.shadows))
    forward, rb = sweeps.run(seeds)
    grads = []
    for v, path in outputs:
        t = sweeps.r.leaf_type(v, path)
        g = sweeps.state.get((v, path))
        grads.append(sweeps.r.zero(rb, (v, path), t) if g is None else g)
    sweeps.prologue(rb)
    result_atom: Atom = grads[0] if len(grads) == 1 else rb.emit("tuple", *grads)
    pair.fwd, pair.adj = _halves(sweeps, forward, rb, result_atom, bar_params, pair.name, fn.params, escape=False)


def _is_value(lay: Layout, v: Var, path: Path) -> bool:
    return any(p == path and not isinstance(t, Array | List | Dict | Maybe) for p, t in lay.leaves(v))


def _seed_params(sweeps: Sweeps, result: Atom, paths: list) -> tuple[dict[Key, Atom], list[Param]]:
    seeds: dict[Key, Atom] = {}
    params: list[Param] = []
    for path in paths:
        if not isinstance(result, Var):
            continue
        t = sweeps.r.leaf_type(result, path)
        name = sweeps.r.bar_name((result, path)) or "y_bar"
        while any(p.var.name == name for p in params):
            name = f"{name}_{len(params) + 1}"
        var = Var(name, Scalar("float64", weak=False) if is_number(t) else t)
        params.append(Param(var))
        if sweeps.r.is_active(result):
            seeds[(result, path)] = var
    return seeds, params


def split(program: Infer, pairs: Pairs, spec: Spec, active: tuple[str, ...], *, name: str) -> tuple[Function, Function]:
    """``f_fwd(*params) -> (value, residuals)`` and ``f_adj(residuals, value_bar) -> tuple of gradients``.

    ``value_bar`` has the structure of the value. What the caller may change after the call is kept as a copy.
    """
    from s2sad.ad.expand import expand

    assert spec.fn is not None
    fn = named_result(expand(spec.fn))
    by_name = {p.var.name: p.var for p in fn.params}
    wanted = tuple(by_name[n] for n in active)
    sweeps = Sweeps(program, pairs, fn, wanted)
    sweeps.r.escape = True
    result = fn.result
    head = Builder(fn.loc)
    seed = Var("value_bar" if not isinstance(result, Var) or not result.name else f"{result.name}_bar", UNKNOWN)
    seeds: dict[Key, Atom] = {}
    if isinstance(result, Var) and sweeps.r.is_active(result):
        keys = sweeps.r.keys(result)
        for key, t in keys:
            part: Atom = seed
            for kind, k in key[1]:
                part = head.emit("getattr" if kind == "attr" else "getitem", part, Const(k), type=UNKNOWN)
            if not key[1]:
                seed = Var(seed.name, Scalar("float64", weak=False) if is_number(t) else t)
                part = seed
            elif isinstance(part, Var):
                last = head.stmts.pop()
                assert isinstance(last, Let)
                typed = Var(sweeps.r.bar_name(key), t)
                head.append(Let(typed, last.op, last.args, last.kwnames, last.loc))
                part = typed
            seeds[key] = part
    forward, rb = sweeps.run(seeds)
    rb.stmts[:0] = head.stmts
    grads = [gradient(sweeps, rb, v) for v in wanted]
    sweeps.prologue(rb)
    out = rb.emit("tuple", *grads)
    return _halves(sweeps, forward, rb, out, [Param(seed)], name, fn.params, escape=True)


def _halves(
    sweeps: Sweeps,
    forward: list[Stmt],
    rb: Builder,
    result: Atom,
    bar_params: list[Param],
    name: str,
    params: tuple[Param, ...],
    *,
    escape: bool,
) -> tuple[Function, Function]:
    fn = sweeps.fn
    rev = Block(tuple(rb.stmts), (result,))
    given = {p.var for p in bar_params}
    local = {v for v in defined_vars(Block(tuple(forward), ()))} | {p.var for p in params}
    needed = [v for v in free_vars(rev) if v in local and v not in given]
    p = plan(sweeps.r, needed, forward, local, set())
    kept = Builder(fn.loc)
    passed: list[Atom] = list(p.taped)
    if escape:
        passed = escaped.Escaping(sweeps.r, sweeps.fn, forward).kept(p.taped, kept)
    env: dict[Var, Atom] = {v: Var(v.name, v.type) for v in p.taped}
    globals_ = held.HeldGlobals(escape)
    inner = Block((*again(p, env), *subst_block(rev, env).stmts), subst_block(rev, env).results)
    inner = globals_.replaced(inner)
    names = [env[v] for v in p.taped] + globals_.variables()
    passed += globals_.values(kept)
    fb = Builder(fn.loc)
    stmts, twins = assigned(forward, p.taped, sweeps.r.records)
    fb.extend([*stmts, *(subst_stmt(s, twins) for s in kept.stmts)])
    passed = [subst_atom(a, twins) for a in passed]
    residual_tuple = fb.emit("tuple", *passed, name="residuals")
    both = fb.emit("tuple", fn.result, residual_tuple)
    fwd = Function(f"{name}_fwd", params, fb.block(both), (), fn.doc, fn.loc, fn.lines)
    ab = Builder(fn.loc)
    residuals = Var("residuals", Tuple(tuple(v.type or UNKNOWN for v in names if isinstance(v, Var))))
    if names:
        parts = ab.emit("unpack", residuals, Const(len(names)), type=residuals.type)
        for k, v in enumerate(names):
            assert isinstance(v, Var)
            ab.append(Let(v, "getitem", (parts, Const(k)), (), fn.loc))
    ab.extend(inner.stmts)
    body = Block(tuple(ab.stmts), inner.results)
    adj = Function(f"{name}_adj", (Param(residuals), *bar_params), body, (), None, fn.loc, fn.lines, adjoint=True)
    return fwd, adj


__all__ = ["Lit", "Ref", "joint", "make_pair", "split"]
