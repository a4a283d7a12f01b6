"""Rebuilding IR: substitution and mapping that keep identity where nothing changes, and cloning with fresh variables.

Everything here is linear in the size of what it is given and never copies a part that stays the same: a pass that finds
nothing to do gives back the very object it was given, which is how a fixpoint is recognised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from operator import is_

from s2sad.ir.nodes import (
    NOWHERE,
    Atom,
    Block,
    For,
    Function,
    Handler,
    If,
    Let,
    Param,
    Stmt,
    Try,
    Var,
    While,
    blocks_of,
    inner_vars,
    replace,
    targets_of,
    walk,
)
from s2sad.ir.types import Type

Env = Mapping[Var, Atom]
_STMTS = (Let, If, For, While, Try)  # a tuple: a union would be built at each call


def subst_atom(atom: Atom, env: Env) -> Atom:
    """The atom that stands for ``atom``; chains ``a -> b -> c`` are followed to their end."""
    while isinstance(atom, Var):
        other = env.get(atom)
        if other is None:
            return atom
        atom = other
    return atom


def subst_atoms(atoms: tuple[Atom, ...], env: Env) -> tuple[Atom, ...]:
    """``atoms`` with the substitution applied: the same tuple when nothing changes."""
    if not env:
        return atoms
    for a in atoms:
        if a.__class__ is Var and a in env:
            return tuple([subst_atom(a, env) for a in atoms])
    return atoms


def subst_stmt(stmt: Stmt, env: Env) -> Stmt:
    """A statement and all that it owns with the substitution applied to what is read (not to what is defined)."""
    if isinstance(stmt, Let):
        args = subst_atoms(stmt.args, env)
        return stmt if args is stmt.args else with_args(stmt, args)
    return with_blocks(subst_heads(stmt, env), tuple(subst_block(b, env) for b in blocks_of(stmt)))


def subst_heads(stmt: Stmt, env: Env) -> Stmt:
    """Apply the substitution to the atoms that a statement itself reads, not inside its regions."""
    if not env:
        return stmt
    if isinstance(stmt, Let):
        args = subst_atoms(stmt.args, env)
        return stmt if args is stmt.args else with_args(stmt, args)
    if isinstance(stmt, If):
        test = subst_atom(stmt.test, env)
        return stmt if test is stmt.test else replace(stmt, test=test)
    if isinstance(stmt, For):
        it, init = subst_atom(stmt.iter, env), subst_atoms(stmt.init, env)
        return stmt if it is stmt.iter and init is stmt.init else replace(stmt, iter=it, init=init)
    if isinstance(stmt, While):
        init = subst_atoms(stmt.init, env)
        return stmt if init is stmt.init else replace(stmt, init=init)
    types = [None if h.types is None else subst_atom(h.types, env) for h in stmt.handlers]
    if all(t is h.types for t, h in zip(types, stmt.handlers, strict=True)):
        return stmt
    return replace(stmt, handlers=tuple(replace(h, types=t) for h, t in zip(stmt.handlers, types, strict=True)))


def subst_block(block: Block, env: Env) -> Block:
    """A block with the substitution applied to everything it reads."""
    if not env:
        return block
    return with_stmts(block, [subst_stmt(s, env) for s in block.stmts], subst_atoms(block.results, env))


def with_args(let: Let, args: tuple[Atom, ...]) -> Let:
    """The same operation on other operands (the number of keywords stays)."""
    return Let(let.target, let.op, args, let.kwnames, let.loc)


def with_stmts(block: Block, stmts: Sequence[Stmt], results: tuple[Atom, ...] | None = None) -> Block:
    """A block of these statements and results: ``block`` itself when they are the ones it has."""
    if results is None:
        results = block.results
    same = len(stmts) == len(block.stmts) and all(map(is_, stmts, block.stmts))
    if same and results is block.results:
        return block
    return Block(block.stmts if same else tuple(stmts), results)


def with_blocks(stmt: Stmt, blocks: tuple[Block, ...]) -> Stmt:
    """A statement with other regions, given in the order of ``blocks_of``: itself when they are the ones it has."""
    if all(map(is_, blocks, blocks_of(stmt))):
        return stmt
    if isinstance(stmt, If):
        return If(stmt.test, blocks[0], blocks[1], stmt.targets, stmt.loc)
    if isinstance(stmt, For):
        return For(stmt.item, stmt.iter, stmt.carried, stmt.init, blocks[0], stmt.targets, stmt.stop, stmt.loc)
    if isinstance(stmt, While):
        return replace(stmt, cond=blocks[0], body=blocks[1])
    assert isinstance(stmt, Try)
    handlers = tuple(replace(h, body=b) for h, b in zip(stmt.handlers, blocks[1:-1], strict=True))
    return replace(stmt, body=blocks[0], handlers=handlers, final=blocks[-1])


def with_body(fn: Function, body: Block) -> Function:
    """The function with another body: itself when it is the one it has."""
    return fn if body is fn.body else replace(fn, body=body)


def without_places(fn: Function) -> Function:
    """The function with statements that name no line."""

    def stripped(block: Block) -> Block:
        return Block(tuple(one(s) for s in block.stmts), block.results)

    def one(s: Stmt) -> Stmt:
        if not isinstance(s, Let):
            s = with_blocks(s, tuple(map(stripped, blocks_of(s))))
        return replace(s, loc=NOWHERE)

    return replace(fn, body=stripped(fn.body))


def map_lets(block: Block, f: Callable[[Let], Stmt | Iterable[Stmt] | None]) -> Block:
    """Replace every ``Let``, at any depth, by what ``f`` makes of it: one statement, several, or None to drop it."""
    out: list[Stmt] = []
    for stmt in block.stmts:
        if isinstance(stmt, Let):
            new = f(stmt)
            if new is None:
                continue
            if isinstance(new, _STMTS):
                out.append(new)
            else:
                out.extend(new)
        else:
            out.append(with_blocks(stmt, tuple(map_lets(b, f) for b in blocks_of(stmt))))
    return with_stmts(block, out)


def defined_vars(block: Block) -> list[Var]:
    """Every variable that a block defines, at any depth, in program order."""
    out: list[Var] = []
    for stmt in walk(block):
        if stmt.__class__ is Let:
            if stmt.target is not None:
                out.append(stmt.target)
        else:
            out.extend(inner_vars(stmt))
            out.extend(targets_of(stmt))
    return out


def fresh(var: Var, type: Type | None = None) -> Var:
    """A new variable of the same name and type (or of another type)."""
    return Var(var.name, var.type if type is None else type)


def clone_block(block: Block, env: MutableMapping[Var, Atom]) -> Block:
    """A copy in which every variable that the block defines is new. ``env`` gives the atoms for free variables (those
    absent stay) and is filled with the new variables."""
    stmts = tuple([clone_stmt(s, env) for s in block.stmts])
    return Block(stmts, subst_atoms(block.results, env))


def _new(v: Var, env: MutableMapping[Var, Atom]) -> Var:
    new = Var(v.name, v.type)
    env[v] = new
    return new


def _news(vs: tuple[Var, ...], env: MutableMapping[Var, Atom]) -> tuple[Var, ...]:
    return tuple([_new(v, env) for v in vs])


def clone_stmt(stmt: Stmt, env: MutableMapping[Var, Atom]) -> Stmt:
    """A copy of one statement with new variables; see ``clone_block``."""
    if isinstance(stmt, Let):
        args = subst_atoms(stmt.args, env)
        return Let(None if stmt.target is None else _new(stmt.target, env), stmt.op, args, stmt.kwnames, stmt.loc)
    if isinstance(stmt, If):
        test = subst_atom(stmt.test, env)
        then, orelse = clone_block(stmt.then, env), clone_block(stmt.orelse, env)
        return If(test, then, orelse, _news(stmt.targets, env), stmt.loc)
    if isinstance(stmt, For):
        it, init = subst_atom(stmt.iter, env), subst_atoms(stmt.init, env)
        item, carried = _new(stmt.item, env), _news(stmt.carried, env)
        body = clone_block(stmt.body, env)
        return For(item, it, carried, init, body, _news(stmt.targets, env), stmt.stop, stmt.loc)
    if isinstance(stmt, While):
        init, carried = subst_atoms(stmt.init, env), _news(stmt.carried, env)
        cond, body = clone_block(stmt.cond, env), clone_block(stmt.body, env)
        return While(carried, init, cond, body, _news(stmt.targets, env), stmt.stop, stmt.loc)
    body = clone_block(stmt.body, env)
    handlers = tuple(
        Handler(
            None if h.types is None else subst_atom(h.types, env),
            None if h.name is None else _new(h.name, env),
            clone_block(h.body, env),
        )
        for h in stmt.handlers
    )
    return Try(body, handlers, _news(stmt.targets, env), clone_block(stmt.final, env), stmt.loc)


def clone_function(fn: Function, env: MutableMapping[Var, Atom] | None = None) -> Function:
    """A copy of a function that shares no variable with it; ``env`` is filled with old -> new."""
    env = {} if env is None else env
    params = tuple(Param(_new(p.var, env), p.kind, p.default) for p in fn.params)
    captured = _news(fn.captured, env)
    return replace(fn, params=params, captured=captured, body=clone_block(fn.body, env))


__all__ = [
    "Env", "clone_block", "clone_function", "clone_stmt", "defined_vars", "fresh", "map_lets", "subst_atom",
    "subst_atoms", "subst_block", "subst_heads", "subst_stmt", "with_args", "with_blocks", "with_body", "with_stmts",
]
