"""Loops whose iterations touch nothing of each other's run in parallel: the option ``parallel``.

*before*::

    def f(x, y, n):
        for i in range(n):
            y[i + 1] = y[i + 1] + x[i]
        total = 0.0
        for j in range(n):
            total = total + y[j] * x[j]
        for k in range(n):
            y[k] = y[k + 1]
        return total

*after*::

    def f(x, y, n):
        for i in numba.prange(n):
            y[i + 1] = y[i + 1] + x[i]
        total = 0.0
        for j in numba.prange(n):
            total = total + y[j] * x[j]
        for k in range(n):
            y[k] = y[k + 1]
        return total

A loop is taken where that is proved: each array that it stores into is used by the loop at ``a[..., c * i + d, ...]``
alone, with one axis, ``c`` and ``d`` for all its uses and ``d`` the same in all iterations, so that two iterations never
meet; nothing else shows that memory; and the index counts from the front. A loop may gather one sum. What raises, calls
or makes arrays stays serial, and so does every loop that scatters. The outermost loop is taken; Numba's own search for
parallel loops is off.
"""

from __future__ import annotations

import ast
import builtins
import re

import numpy as np

from s2sad.analysis.alias import AliasInfo, alias
from s2sad.analysis.build import Builder
from s2sad.analysis.usage import lets
from s2sad.backend.numba.facts import calls, const, is_array, is_float, is_int, is_scalar
from s2sad.backend.numba.intervals import Intervals, not_negative
from s2sad.backend.numba.support import CLIPPED, NATIVE
from s2sad.ir.nodes import (
    Atom,
    Block,
    Callee,
    Const,
    For,
    Function,
    If,
    Let,
    Ref,
    Stmt,
    Var,
    atoms_of,
    blocks_of,
    inner_vars,
    replace,
    targets_of,
    walk,
)  # fmt: skip
from s2sad.ir.record import dataclass, field
from s2sad.ir.rewrite import with_blocks, with_body
from s2sad.ir.types import INT, NP_FLOAT, RANGE, Array

PRANGE = Ref(NATIVE, "numba.prange")
FEW = 64  # a loop with a literal count below this is not worth its threads
_SCALAR = (builtins.abs, builtins.min, builtins.max, builtins.float, builtins.int, builtins.bool, builtins.round)
_OPS = frozenset({
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "neg", "pos", "not", "and_", "or_", "lt", "le", "gt", "ge",
    "eq", "ne", "copy", "tuple", "comment",
})  # fmt: skip


def parallel_loops(fn: Function) -> Function:
    """``fn`` with the outermost loops that are proved to be independent as ``numba.prange``."""
    return Loops(fn).run()


@dataclass(frozen=True, slots=True)
class Line:
    """``factor * item + shift``; ``shift`` by variables from outside of the loop (None: the literal)."""

    factor: int
    shift: tuple[tuple[Var | None, int], ...] = ()


@dataclass(slots=True)
class Uses:
    """What the body of a loop does with arrays: the variables and places by class of memory, and what is stored into."""

    places: dict[object, list[tuple[Var, tuple[Atom, ...]]]] = field(default_factory=dict)
    stored: dict[object, None] = field(default_factory=dict)


class Loops:
    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.lets = lets(fn)
        self.intervals = Intervals(fn)
        self.info: AliasInfo = alias(fn)

    def run(self) -> Function:
        return with_body(self.fn, self.block(self.fn.body))

    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            taken = self.taken(s) if isinstance(s, For) else None
            out += taken if taken is not None else [with_blocks(s, tuple(map(self.block, blocks_of(s))))]
        return Block(tuple(out), block.results)

    def taken(self, s: For) -> list[Stmt] | None:
        """The loop in parallel; None where it is not proved that it can be."""
        b = Builder(s.loc)
        bounds = self._bounds(b, s)
        inside = defined_in(s)
        uses = Uses()
        if bounds is None or s.stop or not self.collect(s.body, uses):
            return None
        if not all(self.apart(s.item, uses.places[c], inside) for c in uses.stored):
            return None
        if s.carried:
            new = self._sum(s)
            if new is None:
                return None
            s = new
        elif not uses.stored:
            return None  # it does nothing
        it = b.emit("call", PRANGE, *bounds, type=RANGE)
        return [*b.stmts, replace(s, iter=it)]

    def _bounds(self, b: Builder, s: For) -> tuple[Atom, ...] | None:
        """The arguments of a range that counts up through the same numbers."""
        made = self.lets.get(s.iter) if isinstance(s.iter, Var) else None
        if made is None or not calls(made, builtins.range):
            return None
        args = made.args[1:]
        if len(args) == 3:
            if const(args[2]) != -1:
                return None
            args = (self._next(b, args[1]), self._next(b, args[0]))
        if const(args[0]) == 0 and len(args) == 2:
            args = args[1:]
        count = const(args[-1]) if len(args) == 1 else None
        return None if isinstance(count, int) and count < FEW else args

    def _next(self, b: Builder, a: Atom) -> Atom:
        value = const(a)
        if isinstance(value, int):
            return Const(value + 1)
        made = self.lets.get(a) if isinstance(a, Var) else None
        if made is not None and made.op == "sub" and const(made.args[1]) == 1:
            return made.args[0]
        return b.emit("add", a, Const(1), type=INT)

    # -- what the body does -----------------------------------------------------------------------------------------
    def collect(self, block: Block, uses: Uses) -> bool:
        """Note the uses of arrays; False where the body does what a parallel loop cannot."""
        for s in block.stmts:
            if isinstance(s, Let):
                if not self._let(s, uses):
                    return False
            elif isinstance(s, If) or (isinstance(s, For) and not s.stop and self.ranges(s)):
                if not all(is_scalar(v) for v in targets_of(s)) or not all(self.collect(b, uses) for b in blocks_of(s)):
                    return False
            else:
                return False
        return True

    def ranges(self, s: For) -> bool:
        made = self.lets.get(s.iter) if isinstance(s.iter, Var) else None
        return made is not None and calls(made, builtins.range)

    def _let(self, s: Let, uses: Uses) -> bool:
        if s.op in ("getitem", "setitem", "aug_setitem") and is_array(s.args[0]):
            x = s.args[0]
            assert isinstance(x, Var)
            if s.op == "getitem" and (s.target is None or not is_scalar(s.target)):
                return False
            if s.op != "getitem" and not is_scalar(s.args[2]):
                return False
            c = self.info.find(x)
            uses.places.setdefault(c, []).append((x, self._index(s.args[1])))
            if s.op != "getitem":
                uses.stored[c] = None
            return True
        if s.op == "getitem":
            return not is_array(s.args[0]) and s.target is not None and is_scalar(s.target)
        if s.op == "getattr":
            return const(s.args[1]) in ("shape", "size", "ndim")
        if s.op == "call" and isinstance(s.args[0], Ref):
            return self._call(s, s.args[0].obj)
        return s.op in _OPS and not any(isinstance(getattr(a, "type", None), Array) for a in s.args)

    def _call(self, s: Let, obj: object) -> bool:
        if isinstance(obj, Callee):
            return False
        if calls(s, builtins.range):
            return True
        known = isinstance(obj, np.ufunc) or any(obj is f for f in _SCALAR) or getattr(obj, "__module__", "") == "math"
        return known and all(map(is_scalar, s.args[1:]))

    def _index(self, index: Atom) -> tuple[Atom, ...]:
        made = self.lets.get(index) if isinstance(index, Var) else None
        return made.args if made is not None and made.op == "tuple" else (index,)

    # -- that iterations do not meet --------------------------------------------------------------------------------
    def apart(self, item: Var, places: list[tuple[Var, tuple[Atom, ...]]], inside: set[Var]) -> bool:
        """Do two iterations never use the same element?"""
        array, first = places[0]
        if any(x is not array for x, _ in places) or array in inside:
            return False
        for k in range(len(first)):
            lines = {self._line(index[k], item, inside) if k < len(index) else None for _, index in places}
            if len(lines) == 1 and (line := lines.pop()) is not None and line.factor:
                if all(self._from_the_front(index[k]) for _, index in places):
                    return True
        return False

    def _line(self, a: Atom, item: Var, inside: set[Var]) -> Line | None:
        """An index as a line over the loop's variable; None for what is none."""
        terms = self.terms(a, item, inside)
        if terms is None:
            return None
        factor = terms.pop(item, 0)
        rest = sorted(((v, k) for v, k in terms.items() if k), key=lambda t: (t[0] is not None, id(t[0])))
        return Line(factor, tuple(rest))

    def terms(self, a: Atom, item: Var, inside: set[Var]) -> dict[Var | None, int] | None:
        value = const(a)
        if isinstance(value, int) and not isinstance(value, bool):
            return {None: value}
        if not isinstance(a, Var) or not is_int(a):
            return None
        made = self.lets.get(a)
        if a is item or (a not in inside and (made is None or made.op not in ("add", "sub"))):
            return {a: 1}
        if made is None or made.op not in ("add", "sub", "neg", "mul"):
            return None
        parts = [self.terms(x, item, inside) for x in made.args]
        x = parts[0]
        y = parts[1] if len(parts) == 2 else {}
        if x is None or y is None:
            return None
        if made.op == "mul":
            x, y = (x, y) if set(x) <= {None} else (y, x)
            return {v: k * x.get(None, 0) for v, k in y.items()} if set(x) <= {None} else None
        if made.op == "neg":
            return {v: -k for v, k in x.items()}
        sign = 1 if made.op == "add" else -1
        return {v: x.get(v, 0) + sign * y.get(v, 0) for v in {**x, **y}}

    def _from_the_front(self, a: Atom) -> bool:
        """Is the index proved not to be negative? Negative ones count from the end, and could meet others."""
        if not_negative(self.intervals.of(a).lo):
            return True
        made = self.lets.get(a) if isinstance(a, Var) else None
        if made is None:
            return False
        if made.op in ("add", "mul"):
            return all(map(self._from_the_front, made.args))
        if made.op == "call" and isinstance(made.args[0], Ref) and made.args[0].text == CLIPPED.text:
            return made.args[0].obj is NATIVE
        return calls(made, builtins.max) and any(map(self._from_the_front, made.args[1:]))

    # -- sums -------------------------------------------------------------------------------------------------------
    def _sum(self, s: For) -> For | None:
        """The loop with the sum that it gathers as Numba knows it: what an iteration gives is added last."""
        if len(s.carried) != 1 or not is_float(s.carried[0]):
            return None
        carried, total = s.carried[0], s.body.results[0]
        stmts = self._added(s.body.stmts, carried, total)
        return None if stmts is None else replace(s, body=Block(stmts, s.body.results))

    def _added(self, stmts: tuple[Stmt, ...], carried: Var, total: Atom) -> tuple[Stmt, ...] | None:
        """The statements with ``total = carried + ...`` as the one use of ``carried``."""
        if not stmts:
            return None
        *before, last = stmts
        if any(carried in _read(s) for s in before):
            return None
        if isinstance(last, Let) and last.target is total and last.op == "add" and carried in last.args:
            other = last.args[1 - last.args.index(carried)]
            return None if other is carried else (*before, replace(last, args=(carried, other)))
        if not isinstance(last, For) or last.targets != (total,) or last.init != (carried,) or last.stop:
            return None
        inner = self._added(last.body.stmts, last.carried[0], last.body.results[0])
        if inner is None or carried in _read_inside(last.body):
            return None
        part = Var("part", NP_FLOAT)
        b = Builder(last.loc)
        whole = replace(last, init=(Const(0.0),), targets=(part,))
        assert isinstance(total, Var)
        b.stmts.append(Let(total, "add", (carried, part), (), last.loc))
        return (*before, whole, *b.stmts)


def is_parallel(fn: Function) -> bool:
    """Has it a parallel loop?"""
    return any(isinstance(s, Let) and s.op == "call" and s.args[0] is PRANGE for s in walk(fn.body))


def numba_names(node: ast.FunctionDef) -> None:
    """No local name looks like ``p_2``: Numba calls the second value of ``p`` that where it makes a function of a loop."""
    own = {a.arg for a in node.args.args} | {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    new: dict[str, str] = {}
    for name in sorted(own):
        if re.search(r"_\d+$", name):
            wanted = name + "_"
            while wanted in own:
                wanted += "_"
            new[name] = wanted
    for n in ast.walk(node):
        if isinstance(n, ast.Name):
            n.id = new.get(n.id, n.id)
        elif isinstance(n, ast.arg):
            n.arg = new.get(n.arg, n.arg)


def defined_in(s: For) -> set[Var]:
    """What each iteration has anew."""
    out = {s.item, *s.carried}
    for x in walk(s.body):
        out.update(targets_of(x))
        out.update(inner_vars(x))
    return out


def _read(s: Stmt) -> set[Atom]:
    out = set(atoms_of(s))
    for b in blocks_of(s):
        out |= _read_inside(b)
    return out


def _read_inside(block: Block) -> set[Atom]:
    out = set(block.results)
    for s in walk(block):
        out |= set(atoms_of(s))
        for b in blocks_of(s):
            out |= set(b.results)
    return out


__all__ = ["Loops", "Uses", "defined_in", "is_parallel", "numba_names", "parallel_loops"]
