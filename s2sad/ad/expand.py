"""Inlining of callees, before differentiation: where memory crosses the call, or where a pair would cost more than the call.

*before*                          *after*::

    def scale(x, k):                  def f(x):
        x *= k                            y = x.copy()
    def f(x):                             y *= 2.0
        y = x.copy()                      return np.sum(y)
        scale(y, 2.0)
        return np.sum(y)

A callee that stores into its arguments or returns (a view of) one of them, or whose array arguments are stored into by the
caller, shares memory with the caller; inlined, all stores are in one function, where the aliasing is seen. Recursive
functions stay calls.
"""

from __future__ import annotations

from operator import is_

from s2sad.ad import carried
from s2sad.ad.cells import promote
from s2sad.ad.displays import distinct_keys
from s2sad.ad.memory import stored_by
from s2sad.analysis.alias import AliasInfo, alias, is_reference, mutated_params
from s2sad.analysis.infer.program import Spec
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.usage import uses
from s2sad.ir.nodes import (
    Atom,
    Block,
    Const,
    For,
    Function,
    Global,
    If,
    Let,
    Ref,
    Stmt,
    Try,
    Var,
    While,
    blocks_of,
    walk,
)
from s2sad.ir.places import is_library, within
from s2sad.ir.rewrite import clone_block, map_lets, subst_atoms, subst_heads, with_args, with_blocks, with_body
from s2sad.ir.types import Array, Num, Unknown
from s2sad.runtime import carry

_SMALL = 6  # statements; smaller callees read better in place than as a pair


def expand(fn: Function, seen: frozenset[Spec] = frozenset()) -> Function:
    """Inline the callees of a typed function that share memory with it, are small, or read arrays by index in a loop."""
    fn = _expanded(fn, seen)
    return carried.kept(fn) if _is_marked(fn) else fn


def _is_marked(fn: Function) -> bool:
    """Is there an exception that holds something?"""
    lets = (s for s in walk(fn.body) if isinstance(s, Let) and s.op == "call")
    return any(isinstance(s.args[0], Ref) and s.args[0].obj is carry for s in lets)


def _expanded(fn: Function, seen: frozenset[Spec]) -> Function:
    fn = distinct_keys(bind_globals(without_dead(fn)))
    thin = sum(1 for _ in walk(fn.body)) <= _SMALL  # a wrapper: its one call is all there is to it
    tried = any(s.__class__ is Try for s in walk(fn.body))
    while True:  # what comes with a callee may share memory with this function in turn
        env: dict[Var, Atom] = {}
        count = sum(1 for s in walk(fn.body) if isinstance(s, Let) and _callee(s) is not None)
        body = _block(fn.body, alias(fn), env, seen, False, thin, tried)
        inlined = bool(env) or count != sum(1 for s in walk(body) if isinstance(s, Let) and _callee(s) is not None)
        if not inlined:
            return promote(fn)
        fn, thin = with_body(fn, body), False


def _block(
    b: Block, info: AliasInfo, env: dict[Var, Atom], seen: frozenset[Spec], in_loop: bool, thin: bool, tried: bool
) -> Block:
    out: list[Stmt] = []
    for s in b.stmts:
        s = subst_heads(s, env)
        if isinstance(s, Let):
            spec = _callee(s)
            if spec is not None and spec not in seen and _wanted(s, spec, info, in_loop, thin, tried):
                out.extend(_inlined(s, spec, env, seen))
            else:
                out.append(s)
            continue
        inside = in_loop or isinstance(s, For | While)
        out.append(with_blocks(s, tuple(_block(i, info, env, seen, inside, thin, tried) for i in blocks_of(s))))
    return Block(tuple(out), subst_atoms(b.results, env))


def bind_globals(fn: Function) -> Function:
    """Give the module's data that a storing function reads one variable each, so that its memory has a class: what is
    stored through a part of it is seen when another part is read."""
    if not any(isinstance(s, Let) and (stored_by(s) or stored_by(_on_variables(s))) for s in walk(fn.body)):
        return fn
    names: dict[tuple[int, str], Var] = {}
    heads: list[Stmt] = []

    def bind(a: Atom) -> Atom:
        if a.__class__ is not Global or not is_reference(type_of_atom(a)):
            return a
        key = (id(a.namespace), a.name)
        if key not in names:
            names[key] = Var(a.name, type_of_atom(a))
            heads.append(Let(names[key], "copy", (a,), (), fn.loc))
        return names[key]

    def rewrite(s: Let) -> Let:
        args = tuple(map(bind, s.args))
        return s if all(map(is_, args, s.args)) else with_args(s, args)

    body = map_lets(fn.body, rewrite)
    results = tuple(map(bind, body.results))
    return with_body(fn, Block((*heads, *body.stmts), results)) if heads else fn


def _on_variables(s: Let) -> Let:
    """The statement as it will be when data of modules have variables."""
    if not any(isinstance(a, Global) for a in s.args):
        return s
    return with_args(s, tuple(Var(a.name, type_of_atom(a)) if isinstance(a, Global) else a for a in s.args))


_DEAD_OPS = frozenset({"tuple", "closure", "slice", "copy"})


def without_dead(fn: Function) -> Function:
    """Drop what inference left behind: tuples that were taken apart at once, closures whose calls are resolved."""
    while True:
        used = uses(fn)
        body = map_lets(
            fn.body,
            lambda s, used=used: None if s.op in _DEAD_OPS and (s.target is None or not used.get(s.target)) else s,  # type: ignore[misc]
        )
        if body is fn.body:
            return fn
        fn = with_body(fn, body)


def _callee(s: Let) -> Spec | None:
    if s.op == "call" and s.args[0].__class__ is Ref and isinstance(s.args[0].obj, Spec):
        return s.args[0].obj
    return None


def _wanted(s: Let, spec: Spec, info: AliasInfo, in_loop: bool, thin: bool, tried: bool) -> bool:
    if spec.recursive or spec.fn is None or calls_recursive(spec):
        return False
    body = spec.fn.body
    size = sum(1 for _ in walk(body))
    if thin or size <= _SMALL or mutated_params(spec.fn) or (tried and carried.carries(spec)):
        return True
    inner = alias(spec.fn)
    result = spec.fn.result
    params = [p.var for p in spec.fn.params if is_reference(p.var.type)]
    if isinstance(result, Var) and is_reference(result.type):
        reach = {inner.find(result)}
        if inner.classes.has_elem(result):
            reach.add(inner.classes.elem(result))
        if any(inner.find(p) in reach for p in params):
            return True
    if any(info.deep_mutated(a) for a in s.args[1:]):
        return True
    if s.target is not None and is_reference(s.target.type) and info.deep_mutated(s.target):
        return True
    return in_loop and any(
        isinstance(t, Let) and t.op == "getitem" and isinstance(t.args[0], Var)
        and isinstance(t.args[0].type, Array | Num | Unknown) and t.args[0] in params
        for t in walk(body)
    )  # fmt: skip


def calls_recursive(spec: Spec) -> bool:
    """Does the body call the function itself, directly or through others? (Those stay calls.)"""
    seen: set[Spec] = set()
    todo = [spec]
    while todo:
        current = todo.pop()
        if current.fn is None:
            return True
        for s in walk(current.fn.body):
            inner = _callee(s) if isinstance(s, Let) else None
            if inner is spec:
                return True
            if inner is not None and inner not in seen:
                seen.add(inner)
                todo.append(inner)
    return False


def _inlined(s: Let, spec: Spec, env: dict[Var, Atom], seen: frozenset[Spec]) -> tuple[Stmt, ...]:
    assert spec.fn is not None
    fn = _expanded(spec.fn, seen | {spec})
    inner: dict[Var, Atom] = {}
    for p, a in zip(fn.params, s.args[1:], strict=True):
        inner[p.var] = a
    body = clone_block(fn.body, inner)
    if is_library(fn.loc.file):
        body = within(body, s.loc)
    if s.target is not None:
        result = body.results[0]
        env[s.target] = Const(None) if not isinstance(result, Var | Const | Ref) else result
    return body.stmts


__all__ = ["If", "Try", "expand"]
