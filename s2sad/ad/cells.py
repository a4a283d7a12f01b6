"""Lists that are only read and stored at known places are variables: the cells of ``nonlocal``, and small state vectors.

*before*::

    def f(x):
        state = [x, 0.0]
        for k in range(3):
            state[1] = state[1] + state[0]
            state[0] = state[0] * 0.5
        return state[0] * state[1]

*after*::

    def f(x):
        state = x
        state_2 = 0.0
        for k in range(3):
            state_2 = state_2 + state
            state = state * 0.5
        return state * state_2

Nothing else may know of such a list: no call, no container, no closure, no other name. Then every place of it is a number
in SSA, with an adjoint like any other, and the derivative has no mirror of a list.
"""

from __future__ import annotations

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.optypes import result_type
from s2sad.ir.nodes import Atom, Block, Const, For, Function, If, Let, Stmt, Try, Var, While, atoms_of, blocks_of, walk
from s2sad.ir.rewrite import subst_atoms, subst_heads, with_blocks, with_body
from s2sad.ir.types import List, is_number, join, widen

Cell = tuple[Var, int]
Values = dict[Cell, Atom]


def promote(fn: Function) -> Function:
    """``fn`` with such lists as variables: ``fn`` itself when it has none."""
    sizes = _candidates(fn)
    return with_body(fn, _Promoter(sizes).run(fn.body)) if sizes else fn


def _candidates(fn: Function) -> dict[Var, int]:
    """The lists, with their lengths."""
    sizes = {
        s.target: len(s.args)
        for s in walk(fn.body)
        if isinstance(s, Let) and s.op == "list" and s.target is not None and s.args and _holds_numbers(s)
    }
    if sizes:
        _strike(fn.body, sizes, False)
    return sizes


def _holds_numbers(s: Let) -> bool:
    t = s.target.type if s.target is not None else None
    return isinstance(t, List) and is_number(t.item) and all(is_number(type_of_atom(a)) for a in s.args)


def _strike(block: Block, sizes: dict[Var, int], guarded: bool) -> None:
    """Strike out the lists that are used in another way. ``guarded``: in a ``try``, or in the test of a ``while``."""
    for s in block.stmts:
        heads = s.args if isinstance(s, Let) else atoms_of(s)
        known = 1 if isinstance(s, Let) and s.op in ("getitem", "setitem", "aug_setitem") and _at(s, sizes, guarded) else 0
        for a in heads[known:]:
            sizes.pop(a, None)  # type: ignore[arg-type]
        for k, b in enumerate(blocks_of(s)):
            _strike(b, sizes, guarded or isinstance(s, Try) or (isinstance(s, While) and k == 0))
    for a in block.results:
        sizes.pop(a, None)  # type: ignore[arg-type]


def _at(s: Let, sizes: dict[Var, int], guarded: bool) -> bool:
    """Does the statement read a list at a known place, or store a number there?"""
    x, index = s.args[:2]
    n = sizes.get(x, 0) if isinstance(x, Var) else 0
    if not isinstance(index, Const) or type(index.value) is not int or not -n <= index.value < n:
        return False
    return s.op == "getitem" or (not guarded and is_number(type_of_atom(s.args[2])))


class _Promoter:
    def __init__(self, sizes: dict[Var, int]) -> None:
        self.sizes = sizes
        self.env: dict[Var, Atom] = {}  # what reads of places stand for

    def run(self, body: Block) -> Block:
        return self._block(body, {})

    def _block(self, block: Block, values: Values) -> Block:
        """The block; ``values`` are those of the places, before and then after it."""
        out: list[Stmt] = []
        for s in block.stmts:
            s = subst_heads(s, self.env)
            if isinstance(s, Let):
                self._let(s, values, out)
            elif isinstance(s, If):
                out.append(self._if(s, values))
            elif isinstance(s, For | While):
                out.append(self._loop(s, values))
            else:
                out.append(with_blocks(s, tuple(self._block(b, dict(values)) for b in blocks_of(s))))
        return Block(tuple(out), subst_atoms(block.results, self.env))

    def _let(self, s: Let, values: Values, out: list[Stmt]) -> None:
        if s.target in self.sizes:
            values.update(((s.target, k), a) for k, a in enumerate(s.args))
            return
        x = s.args[0] if s.args else None
        if x not in self.sizes:
            out.append(s)
            return
        assert isinstance(x, Var) and isinstance(s.args[1], Const)
        cell = (x, s.args[1].value % self.sizes[x])
        if s.op == "setitem":
            values[cell] = s.args[2]
        elif s.op == "aug_setitem":
            how, operands = s.args[3], (values[cell], s.args[2])
            assert isinstance(how, Const)
            made = Var(x.name, result_type(how.value, operands))
            out.append(Let(made, how.value, operands, (), s.loc))
            values[cell] = made
        elif s.target is not None:
            self.env[s.target] = values[cell]

    def _if(self, s: If, values: Values) -> If:
        ends = [dict(values), dict(values)]
        then, orelse = self._block(s.then, ends[0]), self._block(s.orelse, ends[1])
        targets = []
        for cell in values:
            a, b = ends[0][cell], ends[1][cell]
            if a is b:
                values[cell] = a
                continue
            target = Var(cell[0].name, join(widen(type_of_atom(a)), widen(type_of_atom(b))))
            targets.append((target, a, b))
            values[cell] = target
        then = Block(then.stmts, (*then.results, *(a for _, a, _ in targets)))
        orelse = Block(orelse.stmts, (*orelse.results, *(b for _, _, b in targets)))
        return If(s.test, then, orelse, (*s.targets, *(t for t, _, _ in targets)), s.loc)

    def _loop(self, s: For | While, values: Values) -> For | While:
        cells = [c for c in values if c in self._stored(s.body)]
        types = [widen(c[0].type.item) if isinstance(c[0].type, List) else None for c in cells]
        carried = tuple(Var(c[0].name, t) for c, t in zip(cells, types, strict=True))
        init = tuple(values[c] for c in cells)
        values.update(zip(cells, carried, strict=True))
        after = dict(values)
        cond = self._block(s.cond, dict(values)) if isinstance(s, While) else None
        body = self._block(s.body, after)
        n = len(s.carried)
        results = (*body.results[:n], *(after[c] for c in cells), *body.results[n:])
        targets = tuple(Var(c[0].name, t) for c, t in zip(cells, types, strict=True))
        values.update(zip(cells, targets, strict=True))
        body = Block(body.stmts, results)
        heads = ((*s.carried, *carried), (*s.init, *init))
        if isinstance(s, For):
            return For(s.item, s.iter, *heads, body, (*s.targets, *targets), s.stop, s.loc)
        assert cond is not None
        return While(*heads, cond, body, (*s.targets, *targets), s.stop, s.loc)

    def _stored(self, block: Block) -> set[Cell]:
        """The places that a block stores into."""
        out = set()
        for s in walk(block):
            if isinstance(s, Let) and s.op in ("setitem", "aug_setitem") and s.args[0] in self.sizes:
                x, index = s.args[:2]
                assert isinstance(x, Var) and isinstance(index, Const)
                out.add((x, index.value % self.sizes[x]))
        return out


__all__ = ["promote"]
