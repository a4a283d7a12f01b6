"""What may raise inside ``try``: the tests that Python makes are written out; what may raise in other ways is refused.

What only machine code raises (a whole number of more than 64 bits, a number that may be Python's or NumPy's and is divided by
zero) is ``hard``: no handler catches it, since Python would not raise it.
"""

from __future__ import annotations

import builtins
import math
from types import FunctionType
from typing import Any

import numpy as np

from s2sad.ad.expand import in_place
from s2sad.analysis.build import Builder
from s2sad.analysis.effects import effect_of
from s2sad.analysis.infer.program import Spec
from s2sad.analysis.optypes import INPLACE, type_of_atom
from s2sad.analysis.raises import conformable, may_raise, slices_only
from s2sad.analysis.usage import lets
from s2sad.backend.numba.bounds import Indices
from s2sad.backend.numba.facts import calls, const, is_array, is_scalar
from s2sad.backend.numba.indexing import items_of
from s2sad.backend.numba.numbers import OWN, Numbers
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.structures import items_of_type
from s2sad.ir.nodes import (
    Atom,
    Block,
    Const,
    Function,
    Handler,
    If,
    Let,
    Ref,
    Stmt,
    Try,
    Var,
    atoms_of,
    blocks_of,
    walk,
)
from s2sad.ir.rewrite import clone_block, subst_atoms, subst_block, subst_heads, with_blocks, with_stmts
from s2sad.ir.types import BOOL, Array, Dict, List, Lit, Scalar, Type, widen

_WAY_OUT = "move it out of the try, write it as loops over numbers, or test for the case with if"
_BUILTINS = (builtins.abs, builtins.min, builtins.max, builtins.float, builtins.int, builtins.bool, builtins.round)
_ARITHMETIC = frozenset({
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "neg", "pos", "not", "lt", "le", "gt", "ge", "eq", "ne", "and_",
    "or_",
})  # fmt: skip
# NumPy's functions: the same numbers, and no exceptions
_TWINS: dict[Any, np.ufunc] = {
    math.log: np.log, math.log2: np.log2, math.log10: np.log10, math.log1p: np.log1p, math.atanh: np.arctanh,
    math.asin: np.arcsin, math.acos: np.arccos, math.acosh: np.arccosh, math.exp: np.exp, math.expm1: np.expm1,
    math.sinh: np.sinh, math.cosh: np.cosh,
}  # fmt: skip
_PLACES = ("getitem", "setitem", "aug_setitem")
_QUIET = frozenset({"tuple", "slice", "copy", "comment", "format", "format_value", "list", "is_", "is_not", "refused"})


def without_errstate(block: Block) -> Block:
    """A block without ``with np.errstate``: machine code gives no warnings. (Where they are to be raised it stays.)"""
    quiet = {
        s.target for s in walk(block)
        if calls(s, np.errstate) and isinstance(s, Let) and all(const(a) in ("ignore", "warn", "print") for a in s.args[1:])
    }  # fmt: skip

    def rewritten(b: Block) -> Block:
        out: list[Stmt] = []
        for s in b.stmts:
            if isinstance(s, Let):
                manages = s.op in ("with_enter", "with_exit") and s.args[0] in quiet
                out += () if manages or (s.target is not None and s.target in quiet) else (s,)
                continue
            s = with_blocks(s, tuple(map(rewritten, blocks_of(s))))
            if isinstance(s, Try) and not s.final.stmts and all(_only_passes_on(h) for h in s.handlers):
                out += s.body.stmts
                env.update(zip(s.targets, s.body.results, strict=True))
            else:
                out.append(s)
        return with_stmts(b, out)

    if not quiet:
        return block
    env: dict[Var, Atom] = {}
    return subst_block(rewritten(block), env)


def _only_passes_on(h: Handler) -> bool:
    if len(h.body.stmts) != 1 or not isinstance(s := h.body.stmts[0], Let) or s.op != "raise_":
        return False
    return s.args[0] is h.name or (isinstance(s.args[0], Const) and s.args[0].value is None)


def calls_in_place(block: Block) -> Block:
    """A block in which what is called in a ``try`` is written in place."""
    env: dict[Var, Atom] = {}

    def rewritten(b: Block, inside: bool) -> Block:
        out: list[Stmt] = []
        for s in b.stmts:
            s = subst_heads(s, env)
            if isinstance(s, Let):
                stmts = in_place(s, env) if inside and _is_own(s) else None
                out += (s,) if stmts is None else rewritten(Block(stmts), True).stmts
            else:
                tried = isinstance(s, Try)
                out.append(with_blocks(s, tuple(rewritten(i, inside or (tried and k == 0)) for k, i in enumerate(blocks_of(s)))))
        return Block(tuple(out), subst_atoms(b.results, env))

    return rewritten(block, False)


def _is_own(s: Let) -> bool:
    return s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Spec)


class Trials:
    """``hard``: the ``raise_`` statements whose exceptions no handler catches."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.numbers, self.indices = Numbers(fn), Indices(fn)
        self.lets = lets(fn)
        self.cells = _cells(fn)
        self.hard: set[Let] = set()

    def tested(self, s: Let) -> list[Stmt]:
        """The statement with the tests before and after it."""
        if s.op == "assert_":
            return self._asserted(s)
        if not self._is_known(s):
            raise refuse(self.fn, f"{_described(s)} inside try, which may raise in ways that are not tested", s.loc, _WAY_OUT)
        numbers = self.numbers.let(s)
        sure = s.op == "call" or all(_is_python(a) for a in s.args)
        for t in walk(Block(tuple(numbers))):
            if isinstance(t, Let) and t.op == "call" and t.args[1:] and const(t.args[1]) in OWN:
                self._hard(numbers, t)
        if not sure:
            self.hard.update(t for t in walk(Block(tuple(numbers))) if isinstance(t, Let) and t.op == "raise_")
        places = self.indices.tests(s, set()) if s.op in _PLACES and is_array(s.args[0]) else []
        return [*places, *self._before(s, numbers)]

    def _before(self, s: Let, stmts: list[Stmt]) -> list[Stmt]:
        """Tests of what comes out of a statement, before it: of what NumPy's function gives, which never raises."""
        at = next((k for k, t in enumerate(stmts) if isinstance(t, Let) and t.target is s.target is not None), None)
        if at is None or at == len(stmts) - 1:
            return stmts
        done, after = stmts[at], stmts[at + 1 :]
        assert isinstance(done, Let) and s.target is not None
        if all(isinstance(t, If) or s.target not in t.args for t in after if isinstance(t, Let | If)):
            return [*stmts[:at], *after, done]
        twin = np.power if done.op == "pow" else _TWINS.get(getattr(done.args[0], "obj", None))
        if twin is None:
            raise refuse(self.fn, f"{_described(s)} inside try", s.loc, _WAY_OUT)
        b = Builder(s.loc)
        args = [_as_float(a) for a in (done.args if done.op == "pow" else done.args[1:])]
        value = b.call(twin, f"np.{twin.__name__}", *args, type=s.target.type)
        tests = clone_block(Block(tuple(after)), {s.target: value})
        pairs = zip(walk(Block(tuple(after))), walk(tests), strict=True)
        self.hard.update(new for old, new in pairs if old in self.hard and isinstance(new, Let))
        return [*stmts[:at], *b.stmts, *tests.stmts, done]

    def _hard(self, stmts: list[Stmt], made: Let) -> None:
        self.hard.update(
            t for t in walk(Block(tuple(stmts))) if isinstance(t, Let) and t.op == "raise_" and t.args[0] is made.target
        )

    def _asserted(self, s: Let) -> list[Stmt]:
        b, inner = Builder(s.loc), Builder(s.loc)
        test = b.emit("not", s.args[0], type=BOOL)
        inner.effect("raise_", inner.call(AssertionError, "AssertionError", *s.args[1:]))
        b.append(If(test, inner.block(), Block(), (), s.loc))
        return b.stmts

    def _is_known(self, s: Let) -> bool:
        """Is all that this may raise tested?"""
        types = [type_of_atom(a) for a in s.args]
        if s.op in _QUIET:
            return True
        if s.op in _ARITHMETIC and all(map(is_scalar, s.args)):
            return True
        if s.op in INPLACE or s.op == "pow":
            return conformable(types) and getattr(widen(types[0]), "dtype", "") == "float64"
        if s.op in _PLACES and is_array(s.args[0]):
            return self._is_place(s)
        if s.op in _PLACES and s.args[0] in self.cells:
            return True
        items = items_of_type(types[0]) if s.op in ("getitem", "unpack") else None
        if items is not None:
            return _is_part(s.op, types[0], types[1], [k for k, _ in items])
        if s.op == "method":
            return isinstance(types[0], List) and const(s.args[1]) == "append"
        if s.op == "call" and isinstance(s.args[0], Ref):
            return self._is_call(s, s.args[0].obj)
        return effect_of(s).pure and not may_raise(s)

    def _is_place(self, s: Let) -> bool:
        items = items_of(self.lets, s.args[1], s.args[0])
        t = type_of_atom(s.args[0])
        if items is None or not isinstance(t, Array) or t.dims is None:
            return False
        if s.op != "getitem" and not (is_scalar(s.args[2]) and t.dtype == "float64"):
            return False
        return slices_only(type_of_atom(s.args[1]), t.rank) or all(i.kind == "at" for i in items)

    def _is_call(self, s: Let, obj: object) -> bool:
        numbers = all(is_scalar(a) for a in s.args[1:]) and not s.kwnames
        if isinstance(obj, type) and issubclass(obj, BaseException):
            return not isinstance(obj.__init__, FunctionType)  # what is kept in it would be lost
        known = any(obj is f for f in _BUILTINS) or isinstance(obj, np.ufunc) or getattr(obj, "__module__", "") == "math"
        if numbers and known:
            return True
        if obj is np.where and len(s.args) == 4:
            return conformable([type_of_atom(a) for a in s.args[1:]])
        return effect_of(s).pure and not may_raise(s)


def _as_float(a: Atom) -> Atom:
    return Const(float(a.value)) if isinstance(a, Const) else a


def _is_part(op: str, container: Type, index: Type, keys: list[Any]) -> bool:
    """Is there such a part, or are there so many?"""
    if not isinstance(index, Lit):
        return False
    if op == "unpack":
        return bool(index.value == len(keys))
    if isinstance(container, Dict):
        return any(k == index.value and type(k) is type(index.value) for k in keys)
    return type(index.value) is int and -len(keys) <= index.value < len(keys)


def _cells(fn: Function) -> set[Atom]:
    """The lists that are read and stored at known places alone: variables, once the exceptions are numbers."""
    made: dict[Atom, int] = {s.target: len(s.args) for s in walk(fn.body) if isinstance(s, Let) and s.op == "list" and s.target}
    if not made:
        return set()
    for s in walk(fn.body):
        places = isinstance(s, Let) and s.op in _PLACES and s.args[0] in made and type(k := const(s.args[1])) is int
        known = places and isinstance(s, Let) and 0 <= k < made[s.args[0]]
        for a in (*atoms_of(s)[known:], *(r for b in blocks_of(s) for r in b.results)):
            made.pop(a, None)
    return set(made)


def _is_python(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Lit) or (isinstance(t, Scalar) and t.weak)


def _described(s: Let) -> str:
    if s.op == "call":
        return f"a call of {s.args[0].text}" if isinstance(s.args[0], Ref) else "a call"
    return f"the operation {s.op.rstrip('_')} of these operands" if s.op != "method" else f"the method {const(s.args[1])}"


__all__ = ["Trials", "calls_in_place", "without_errstate"]
