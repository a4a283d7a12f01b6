"""What a compiled function is given: its globals, as arguments, and nothing that its types tell or that it does not read.

*before*::

    def f_grad(x, n, name):
        t = x * SCALE
        return t, n

*after*::

    def f_grad_native(x, n, SCALE):
        t = x * SCALE
        return t, n

Globals are read afresh at each call, so they go in as arguments: Numba would freeze them.
"""

from __future__ import annotations

from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import (
    Atom,
    Block,
    Callee,
    Const,
    For,
    Function,
    Global,
    If,
    Let,
    Param,
    Ref,
    Stmt,
    Var,
    While,
    atoms_of,
    blocks_of,
    replace,
    walk,
)  # fmt: skip
from s2sad.ir.rewrite import subst_block, with_args, with_blocks, with_body
from s2sad.ir.types import Lit

SUFFIX = "_native"


def globals_of(fn: Function) -> list[Global]:
    """The globals that a function reads itself, each name once."""
    out: dict[tuple[int, str], Global] = {}
    for a in _atoms(fn.body):
        if isinstance(a, Global):
            out.setdefault((id(a.namespace), a.name), a)
    return list(out.values())


def _atoms(block: Block) -> list[Atom]:
    out: list[Atom] = []
    for s in walk(block):
        out += atoms_of(s)
        for b in blocks_of(s):
            out += b.results
    return [*out, *block.results]


def literal_params(fn: Function) -> Function:
    """``fn`` with the literals that its types know in place of the parameters (text, flags, None)."""
    env: dict[Var, Atom] = {}
    for p in fn.params:
        if isinstance(p.var.type, Lit) and not isinstance(p.var.type.value, slice):
            env[p.var] = Const(p.var.type.value)
    return with_body(fn, subst_block(fn.body, env))


def all_globals(functions: list[Function]) -> dict[str, list[Global]]:
    """For each function: the globals that it or its callees read."""
    own = {f.name: globals_of(f) for f in functions}
    calls = {f.name: callee_names(f) for f in functions}
    for _ in functions:
        for name, callees in calls.items():
            known = {(id(g.namespace), g.name) for g in own[name]}
            for g in [g for c in callees for g in own.get(c, ())]:
                if (id(g.namespace), g.name) not in known:
                    known.add((id(g.namespace), g.name))
                    own[name].append(g)
    return own


def callee_names(fn: Function) -> list[str]:
    """The functions of the module that a function calls."""
    refs = [s.args[0] for s in walk(fn.body) if isinstance(s, Let) and s.op == "call"]
    return [r.text for r in refs if isinstance(r, Ref) and isinstance(r.obj, Callee)]


def with_global_params(fn: Function, table: dict[str, list[Global]]) -> tuple[Function, dict[Var, Global]]:
    """``fn`` with its globals as further parameters, which it passes on to its callees; and which stands for which."""
    taken = {p.var.name for p in fn.params}
    params: dict[tuple[int, str], Var] = {}
    for g in table[fn.name]:
        name = g.name
        while name in taken:
            name += "_"
        taken.add(name)
        params[id(g.namespace), g.name] = Var(name, type_of_atom(g))

    def atom(a: Atom) -> Atom:
        return params[id(a.namespace), a.name] if isinstance(a, Global) else a

    def block(b: Block) -> Block:
        return Block(tuple(map(stmt, b.stmts)), tuple(map(atom, b.results)))

    def stmt(s: Stmt) -> Stmt:
        if isinstance(s, Let):
            args = tuple(map(atom, s.args))
            if s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].text in table and not s.kwnames:
                args += tuple(params[id(g.namespace), g.name] for g in table[s.args[0].text])
            return with_args(s, args)
        s = with_blocks(s, tuple(map(block, blocks_of(s))))
        if isinstance(s, If):
            return replace(s, test=atom(s.test))
        if isinstance(s, For):
            return replace(s, iter=atom(s.iter), init=tuple(map(atom, s.init)))
        return replace(s, init=tuple(map(atom, s.init))) if isinstance(s, While) else s

    extra = tuple(Param(v) for v in params.values())
    new = replace(fn, params=(*(replace(p, default=None) for p in fn.params), *extra), body=block(fn.body))
    return new, {params[id(g.namespace), g.name]: g for g in table[fn.name]}


def used_params(fn: Function) -> Function:
    """``fn`` with those of its parameters alone that it reads."""
    used = set(_atoms(fn.body))
    return replace(fn, params=tuple(Param(p.var) for p in fn.params if p.var in used), doc=None)


__all__ = ["SUFFIX", "all_globals", "callee_names", "literal_params", "used_params", "with_global_params"]
