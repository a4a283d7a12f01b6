"""Places of adjoint memory that are stored into again and again: the view is taken once and named.

*before*::

    def f(x_bar, g, h, k):
        x_bar[k:] += g
        x_bar[k:] -= h
        s = x_bar[k:] * 2.0
        x_bar[k:] = s
        return x_bar

*after*::

    def f(x_bar, g, h, k):
        v = x_bar[k:]
        v += g
        v -= h
        s = v * 2.0
        v[...] = s
        return x_bar

From the third use on that saves more than it costs: ``x[i] += g`` makes the view, adds, and stores it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from typing import Any

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.optypes import result_type
from s2sad.analysis.places import index_key
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Stmt, Var, blocks_of
from s2sad.ir.rewrite import subst_atoms, subst_heads, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, Slice, Tuple
from s2sad.simplify.dce import eliminate
from s2sad.specialise.storage import is_basic

_LEAST = 3
_PLACES = frozenset({"getitem", "setitem", "aug_setitem"})
_IN_PLACE = {"add": "iadd", "sub": "isub", "mul": "imul", "truediv": "itruediv"}


def name(fn: Function, primal: Container[Var] = frozenset()) -> Function:
    """``fn`` with a view for each place that a block uses at least three times: ``fn`` itself when there is none."""
    new = with_body(fn, _Namer(fn, primal).block(fn.body))
    return fn if new is fn else eliminate(new, primal)  # the other indices are not needed any more


class _Namer:
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        self.primal = primal
        self.lets = usage.lets(fn)
        self.uses = usage.uses(fn)
        self.env: dict[Var, Atom] = {}

    def block(self, block: Block) -> Block:
        places = [self._place(s) if s.__class__ is Let and s.op in _PLACES else None for s in block.stmts]
        counts = Counter(places)
        views: dict[Any, Var] = {}
        out: list[Stmt] = []
        for s, place in zip(block.stmts, places, strict=True):
            if self.env:
                s = subst_heads(s, self.env)
            if s.__class__ is Let:
                if place is not None and (place in views or self._pays(s, counts[place])):
                    self._through(s, place, views, out)
                    continue
                out.append(s)
            else:
                out.append(with_blocks(s, tuple(map(self.block, blocks_of(s)))))
        return with_stmts(block, out, subst_atoms(block.results, self.env))

    def _pays(self, first: Let, count: int) -> bool:
        """Is a view that the first of some statements makes worth its name? Where it has one anyway, for a second use."""
        named = first.op == "getitem" and first.target is not None and self.uses.get(first.target, 0) > 1
        return count >= (2 if named else _LEAST)

    def _place(self, s: Let) -> tuple[Var, Any] | None:
        """The array and what its index is, where a statement reads or stores a view of an adjoint."""
        x, index = s.args[:2]
        if not isinstance(x, Var) or x in self.primal or not isinstance(x.type, Array) or s.target in self.primal:
            return None
        t = type_of_atom(index)
        parts = t.items if isinstance(t, Tuple) else (t,)
        if not is_basic(t) or not any(isinstance(p, Slice) for p in parts):
            return None
        if s.op == "aug_setitem" and getattr(s.args[3], "value", None) not in _IN_PLACE:
            return None
        return x, index_key(self.lets, index)

    def _through(self, s: Let, place: Any, views: dict[Any, Var], out: list[Stmt]) -> None:
        """Append ``s`` as a use of the view, which the first one makes."""
        view = views.get(place)
        if view is None:
            t = s.target.type if s.op == "getitem" and s.target is not None else result_type("getitem", s.args[:2])
            view = views[place] = Var("", t)
            out.append(Let(view, "getitem", s.args[:2], (), s.loc))
        if s.op == "getitem":
            assert s.target is not None
            self.env[s.target] = view
        elif s.op == "setitem":
            out.append(Let(None, "setitem", (view, Const(Ellipsis), s.args[2]), (), s.loc))
        else:
            how = s.args[3]
            assert isinstance(how, Const)
            out.append(Let(None, _IN_PLACE[how.value], (view, s.args[2]), (), s.loc))


__all__ = ["name"]
