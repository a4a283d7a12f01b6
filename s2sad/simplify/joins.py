"""An adjoint that is added to at once is written as one sum, where that is one line.

*before*::

    def f(x, w, g):
        x_bar = g * w
        x_bar += np.exp(x)
        x_bar += w
        w_bar = np.zeros_like(w)
        w_bar[1:] = g[1:]
        w_bar[1:] -= g[:-1]
        return x_bar, w_bar * g

*after*::

    def f(x, w, g):
        x_bar = g * w + np.exp(x) + w
        w_bar = np.zeros_like(w)
        w_bar[1:] = g[1:] - g[:-1]
        return x_bar, w_bar * g

The first sum is a temporary of NumPy's, which adds into it itself: nothing is allocated that was not before.
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import effect_of
from s2sad.analysis.late import Facts
from s2sad.analysis.places import index_key
from s2sad.analysis.widths import own_width
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Stmt, Var, atoms_of, blocks_of
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, Scalar
from s2sad.simplify.dce import eliminate
from s2sad.specialise.driver import known_dims

_LINE = 72  # columns, without the name and the indentation
_SUM = {"iadd": "add", "isub": "sub"}
_STORES = ("setitem", "aug_setitem")
_FRESH = frozenset(["add", "sub", "mul", "truediv", "neg"])


def join(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such sums in one: ``fn`` itself where there are none."""
    joiner = _Joiner(fn, primal)
    new = with_body(fn, joiner.block(fn.body))
    return eliminate(new, primal) if joiner.dead else new


class _Joiner(Facts):
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        super().__init__(fn)
        self.uses = usage.uses(fn)
        self.primal = primal
        self.dead = False  # of two indices one is left
        self.width: dict[Var, int] = {}  # what a value takes where it is written inside an expression

    def block(self, block: Block) -> Block:
        self.width = {}
        fresh: set[Var] = set()  # named sums and products of this block
        out: list[Stmt] = []
        before = -1  # the place of an addition in ``out``, after which nothing was stored
        for s in block.stmts:
            if not isinstance(s, Let):
                s = with_blocks(s, tuple(map(self.block, blocks_of(s))))
                self.width, fresh, before = {}, set(), -1  # nothing is written past it
            elif s.target is None or s.target not in self.primal:
                s = self._let(s, fresh)
                if s.op in _SUM or s.op in _STORES:
                    before = self._onto(s, out, before)
                    continue
                if not effect_of(s).pure:
                    before = -1
            out.append(s)
        return with_stmts(block, out)

    def _total(self, s: Let) -> int:
        return own_width(s, self.width) + sum(self.width[a] for a in s.args if a.__class__ is Var and a in self.width)

    def _let(self, s: Let, fresh: set[Var]) -> Let:
        t = s.target
        if t is None:
            return s
        total = self._total(s)
        x = s.args[0] if s.args else None
        if s.op in _SUM and isinstance(x, Var) and x in fresh and self.uses.get(x) == 1 and total <= _LINE and _alike(s):
            s = Let(t, _SUM[s.op], s.args, s.kwnames, s.loc)
        if self.uses.get(t) == 1 and (not t.name or s.op in _FRESH):
            self.width[t] = total
        if t.name and s.op in _FRESH:
            fresh.add(t)
        return s

    def _onto(self, s: Let, out: list[Stmt], before: int) -> int:
        """Append an addition, or put it into the one before; gives its place."""
        first = out[before] if before >= 0 else None
        if isinstance(first, Let) and self._total(s) + self._total(first) - 8 <= _LINE:
            one = self._both(first, s, out[before + 1 :])
            if one is not None:
                del out[before]
                out.extend(one)
                self.dead = self.dead or (s.op in _STORES and s.args[1] is not first.args[1])
                return len(out) - 1
        out.append(s)
        return len(out) - 1

    def _both(self, first: Let, s: Let, between: list[Stmt]) -> tuple[Let, Let] | None:
        """Two additions to one array as one: the sum of what is added, and the addition."""
        if s.op in _SUM:
            x = s.args[0]
            if first.op not in _SUM or first.target is not x or self.uses.get(x) != 1:
                return None
            a, b, signs = first.args[1], s.args[1], (_SUM[first.op], _SUM[s.op])
            place: tuple[Atom, ...] = first.args[:1]
        else:
            if first.op not in _STORES or first.args[0] is not s.args[0] or s.op == "setitem":
                return None
            if index_key(self.lets, first.args[1]) != index_key(self.lets, s.args[1]):
                return None
            a, b, signs = first.args[2], s.args[2], (_how(first), _how(s))
            place = first.args[:2]
        if not _sum_of(a, b) or "" in signs or self._reads(place[0], b, between):
            return None
        swap = signs[0] == "sub" and signs[1] == "add"
        made = Var("", type_of_atom(a))
        how = "sub" if (signs[1] == "sub" and signs[0] != "sub") or swap else "add"
        total = Let(made, how, (b, a) if swap else (a, b), (), s.loc)
        self.uses[made] = 1
        self.width[made] = self._total(total)
        if s.op in _SUM:
            return total, Let(s.target, first.op if not swap else "iadd", (*place, made), (), s.loc)
        if first.op == "setitem":
            return total, Let(None, "setitem", (*place, made), (), s.loc)
        return total, Let(None, first.op, (*place, made, Const("add" if swap else signs[0])), (), s.loc)

    def _reads(self, x: Atom, b: Atom, between: list[Stmt]) -> bool:
        """Is what the first addition has stored read before the second, or by it (``x += x``)?"""
        memory = self.memory.find(x)
        return memory is None or any(self.memory.find(v) == memory for v in (b, *(v for m in between for v in atoms_of(m))))


def _how(s: Let) -> str:
    """The sign of an addition to a place; a store starts with one."""
    if s.op == "setitem":
        return "set"
    how = s.args[3]
    return how.value if isinstance(how, Const) and how.value in ("add", "sub") else ""


def _sum_of(a: Atom, b: Atom) -> bool:
    """Have two arrays of floats one shape, or are both numbers?"""
    dims = known_dims(a)
    if dims == () and known_dims(b) == ():
        return all(_is_number(x) for x in (a, b))
    return bool(dims) and dims == known_dims(b) and all(_is_double(x) for x in (a, b))


def _is_number(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Scalar) and t.dtype == "float64"


def _is_double(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Array) and t.dtype == "float64"


def _alike(s: Let) -> bool:
    """Is the sum of the shape and dtype that the first operand has, and the second too or a number?"""
    x, g = type_of_atom(s.args[0]), type_of_atom(s.args[1])
    dims = known_dims(s.args[0])
    if not isinstance(x, Array) or not dims or x.dtype != "float64":
        return False
    return not isinstance(g, Array) or (known_dims(s.args[1]) == dims and g.dtype == x.dtype)


__all__ = ["join"]
