"""What a statement does besides giving a value: which operands' memory it reads, writes, or lets its result share.

``effect_of(let)`` classifies one statement. ``Memory(fn)`` groups the variables of a function into classes that may
share memory (arrays, containers and what they hold), by unification: linear, and on the safe side. Parameters, global
data and whatever an unknown call sees form one class, *outside*: one array may be passed twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
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
from s2sad.ir.types import Array, Dict, List, Lit, Num, Opaque, Range, RefT, Scalar, Slice, Tuple, Type
from s2sad.rules.registry import Rule, lookup, lookup_method

INPLACE_OPS = frozenset(
    {
        "iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "imatmul", "ilshift", "irshift", "iand",
        "ior", "ixor", "iand_", "ior_",
    }
)
STORES = frozenset({"setitem", "delitem", "aug_setitem", "setattr", "aug_setattr"})
PURE_OPS = frozenset(
    {
        "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift", "and_", "or_",
        "xor", "neg", "pos", "invert", "not", "lt", "le", "gt", "ge", "eq", "ne", "is_", "is_not", "in_", "not_in",
        "getitem", "getattr", "slice", "tuple", "list", "set", "dict", "format", "format_value", "star", "closure",
        "copy", "unpack", "unpack_star", "iter_list",
    }
)
_WRITING_METHODS = frozenset(
    {
        "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault",
        "popitem", "add", "discard", "fill", "put", "itemset", "partition", "resize", "setflags",
    }
)
_READING_METHODS = frozenset(
    {
        "copy", "get", "keys", "values", "items", "index", "count", "tolist", "item", "astype", "sum", "mean",
        "min", "max", "dot", "reshape", "ravel", "flatten", "transpose", "squeeze", "all", "any", "argmax",
        "argmin", "cumsum", "prod", "std", "var", "round", "clip", "conj", "repeat", "swapaxes", "diagonal",
        "trace", "nonzero",
    }
)
_HELPERS_WRITE = frozenset({"add_at", "put_adjoint", "store_adjoint", "accumulate_into", "take_tail"})
_HELPERS_FRESH = frozenset(
    {
        "unreduce", "zeros_like", "scatter", "count", "share", "wins", "safe_mul", "safe_div", "pow_da", "pow_db",
        "log_or_zero", "exp_or_zero", "copy", "gather", "last_store", "deviation", "cumsum_adj", "cumprod_adj",
        "diagonal_adj", "std_slope", "var_slope", "others", "median_share", "ptp_share", "clip_inside", "clip_low",
        "clip_high", "sinc_slope", "sinc_curve", "outer_adj_a", "outer_adj_b",
    }
)
_PURE_BUILTINS: frozenset[Any] = frozenset(
    {len, range, isinstance, float, int, bool, type, abs, min, max, sum, tuple, list, zip, enumerate, reversed, sorted}
)
_IMMUTABLE_CLASSES = (str, bytes, bool, int, float, complex, type(None), range)


@dataclass(frozen=True, slots=True)
class Effect:
    """``writes``: positions of the args whose memory is changed. ``io``: order and number of runs matter (prints,
    raises, calls of functions that nothing is known of). ``shares``: positions whose memory the result may share;
    ``fresh`` results share none. ``holds``: positions that are stored into the memory of ``writes[0]``."""

    writes: tuple[int, ...] = ()
    io: bool = False
    shares: tuple[int, ...] = ()
    holds: tuple[int, ...] = ()

    @property
    def pure(self) -> bool:
        return not self.writes and not self.io


PURE = Effect()
_SHARES_0 = Effect(shares=(0,))
_SHARES_1 = Effect(shares=(1,))
_IO = Effect(io=True)
COMMENT = Effect(io=True)


def has_memory(t: Type | None) -> bool:
    """May a value of this type be changed in place, or share memory with another?"""
    if isinstance(t, Scalar | Lit | RefT | Range):
        return False
    if isinstance(t, Tuple):
        return any(map(has_memory, t.items))
    if isinstance(t, Slice):
        return False
    if isinstance(t, Opaque):
        return t.cls is None or not issubclass(t.cls, _IMMUTABLE_CLASSES)
    return True


def atom_has_memory(a: Atom) -> bool:
    if isinstance(a, Var):
        return has_memory(a.type)
    return isinstance(a, Global) and has_memory(type_of_atom(a))


def effect_of(let: Let) -> Effect:
    """The effect of one statement, from its op, its types and the rules."""
    op = let.op
    if op == "call":
        return _call_effect(let)
    if op in PURE_OPS:
        return _pure_effect(op, let)
    if op in INPLACE_OPS:
        t = type_of_atom(let.args[0])
        if isinstance(t, Scalar | Lit | Tuple):
            return PURE
        return Effect(writes=(0,), shares=(0,), holds=(1,) if isinstance(t, List) else ())
    if op in STORES:
        value = (2,) if op in ("setitem", "setattr") and not isinstance(type_of_atom(let.args[0]), Array) else ()
        return Effect(writes=(0,), holds=value)
    if op == "method":
        return _method_effect(let)
    return Effect(io=True, shares=tuple(range(len(let.args))))


def _pure_effect(op: str, let: Let) -> Effect:
    if op == "getitem":
        x, index = let.args
        if isinstance(type_of_atom(x), Array) and _is_advanced(type_of_atom(index)):
            return PURE
        return _SHARES_0
    if op in ("getattr", "copy", "unpack", "unpack_star", "iter_list", "star", "pos"):
        return _SHARES_0
    if op in ("tuple", "list", "set", "dict", "closure"):
        return Effect(shares=tuple(range(len(let.args))))
    if op in ("add", "mul") and not isinstance(type_of_atom(let.args[0]), Array | Scalar | Lit | Num):
        return Effect(shares=(0, 1))  # joined lists and tuples hold the same elements
    return PURE


def _is_advanced(index: Type) -> bool:
    """Is the result of indexing an array with this surely a copy?"""
    if isinstance(index, Tuple):
        return any(map(_is_advanced, index.items))
    return isinstance(index, List) or (isinstance(index, Array) and index.dims is not None and len(index.dims) > 0)


def _call_effect(let: Let) -> Effect:
    callee = let.args[0]
    if not isinstance(callee, Ref):
        return Effect(io=True, shares=tuple(range(len(let.args))))
    if isinstance(callee.obj, Function):
        return function_effect(callee.obj, len(let.args))
    if _is_helper(callee.obj):
        name = callee.obj.__name__
        if name in _HELPERS_WRITE:
            return _writes_1(let)
        if name in _HELPERS_FRESH:
            return PURE
        return Effect(shares=tuple(range(1, len(let.args))))  # many give an operand back where nothing is to be done
    rule = lookup(callee.obj)
    if "out" in let.kwnames:
        where = len(let.args) - len(let.kwnames) + let.kwnames.index("out")
        return Effect(writes=(where,), shares=(where,))
    if rule is None:
        return _unknown_call(callee.obj, let)
    return _rule_effect(rule, let)


def _is_helper(obj: Any) -> bool:
    return str(getattr(obj, "__module__", "")).startswith("s2sad.runtime") and not isinstance(obj, type)


def _writes_1(let: Let) -> Effect:
    """A store into the first operand. A container holds on to what is stored, and the result may come from there."""
    if isinstance(type_of_atom(let.args[1]), Array):
        return Effect(writes=(1,))
    return Effect(writes=(1,), shares=tuple(range(1, len(let.args))), holds=tuple(range(2, len(let.args))))


def _rule_effect(rule: Rule, let: Let) -> Effect:
    written = getattr(rule, "writes", None)
    if written is not None and written != ():
        positions = (written,) if isinstance(written, int) else tuple(written)
        return Effect(writes=tuple(p + 1 for p in positions), io=False)
    if not rule.pure:
        return Effect(io=True, shares=tuple(range(1, len(let.args))))
    if rule.aliases == "fresh":
        return PURE
    return _SHARES_1 if len(let.args) > 1 else PURE


def _unknown_call(obj: Any, let: Let) -> Effect:
    """A callee without a rule: builtins and helpers that write one operand are known by name."""
    every = tuple(range(1, len(let.args)))
    try:
        if obj in _PURE_BUILTINS:
            return Effect(shares=every)
    except TypeError:
        pass
    if getattr(obj, "__name__", "") == "at" and getattr(obj, "__self__", None) is not None:
        return Effect(writes=(1,))  # np.add.at and its siblings
    return Effect(io=True, shares=every, writes=every)


def _method_effect(let: Let) -> Effect:
    name = let.args[1].value if isinstance(let.args[1], Const) else ""
    t = type_of_atom(let.args[0])
    if not has_memory(t):
        return PURE
    rest = tuple(range(2, len(let.args)))
    if isinstance(t, Array) and name in ("copy", "astype", "flatten", "tolist"):
        return PURE
    if name in _WRITING_METHODS and isinstance(t, List | Dict | Array | Opaque | Num):
        return Effect(writes=(0,), shares=(0,), holds=rest)
    if isinstance(t, List | Dict | Array | Tuple | Num) and (name in _READING_METHODS or lookup_method(str(name))):
        return Effect(shares=(0, *rest))
    return Effect(io=True, shares=(0, *rest), writes=(0, *rest))


_SUMMARIES: dict[Function, Effect] = {}  # functions are immutable: a summary never goes stale
_OPEN = Effect(io=True)


def function_effect(fn: Function, n_args: int) -> Effect:
    """The effect of calling one of our own functions: does it print, raise, or write outside itself?"""
    known = _SUMMARIES.get(fn)
    every = tuple(range(1, n_args))
    if known is None:
        _SUMMARIES[fn] = _OPEN  # a recursive call is taken for the worst
        known = _SUMMARIES[fn] = _summary(fn)
    if known.pure:
        return Effect(shares=every)
    return Effect(io=True, shares=every, writes=every)


def _summary(fn: Function) -> Effect:
    memory = Memory(fn)
    for stmt in walk(fn.body):
        if isinstance(stmt, While | Try):
            return _OPEN
        if isinstance(stmt, Let) and stmt.op != "comment":
            e = effect_of(stmt)
            if e.io or any(memory.is_outside(stmt.args[p]) for p in e.writes):
                return _OPEN
    return PURE


class Memory:
    """Classes of variables that may share memory.

    ``find(atom)`` is the class of an atom (None when its type has no memory); ``is_written`` and ``is_returned`` say
    whether something stores into a class, and whether its memory leaves the function. ``add`` keeps the classes right
    for statements made later.
    """

    def __init__(self, fn: Function) -> None:
        self._parent: dict[Any, Any] = {}
        self._touched: dict[Any, int] = {}
        self.clock = 0
        self._outside = object()
        self._returned = object()
        self._written: set[Any] = set()
        for p in fn.params:
            self._unite(p.var, self._outside)
        for v in fn.captured:
            self._unite(v, self._outside)
        self._block(fn.body)
        for a in fn.body.results:
            self._unite_atom(a, self._returned, force=True)
        self._settle()

    # -- questions ------------------------------------------------------------------------------------------------
    def find(self, a: Atom) -> Any:
        if isinstance(a, Global):
            return self._root(self._outside) if atom_has_memory(a) else None
        if not isinstance(a, Var) or not has_memory(a.type):
            return None
        return self._root(a)

    def is_outside(self, a: Atom) -> bool:
        c = self.find(a)
        return c is not None and c is self._root(self._outside)

    def is_written(self, a: Atom) -> bool:
        """Does any statement store into memory that this atom may share?"""
        c = self.find(a)
        return c is not None and c in self._written

    def is_returned(self, a: Atom) -> bool:
        c = self.find(a)
        return c is not None and (c is self._root(self._returned) or c is self._root(self._outside))

    def stable(self, a: Atom) -> bool:
        """The value read through this atom is the same wherever it is in scope."""
        return not self.is_written(a)

    # -- time, for a walk in program order --------------------------------------------------------------------------
    def touch(self, a: Atom) -> None:
        """A store into what ``a`` refers to happens now."""
        c = self.find(a)
        if c is not None:
            self.clock += 1
            self._touched[c] = self.clock

    def unchanged(self, a: Atom, since: int) -> bool:
        """Has nothing been stored into what ``a`` refers to since the clock showed ``since``?"""
        c = self.find(a)
        return c is None or self._touched.get(c, 0) <= since

    # -- construction ---------------------------------------------------------------------------------------------
    def add(self, let: Let) -> None:
        """Take a statement into account that was made after the analysis."""
        self._let(let)
        self._settle()

    def alias(self, a: Atom, b: Atom) -> None:
        """From now on the two may share memory."""
        self._unite_pair(a, b)
        self._settle()

    def _settle(self) -> None:
        self._written = {self._root(x) for x in self._written}

    def _root(self, x: Any) -> Any:
        parent = self._parent
        while (up := parent.get(x)) is not None:
            above = parent.get(up)
            if above is None:
                return up
            parent[x] = above
            x = above
        return x

    def _unite(self, a: Any, b: Any) -> None:
        a, b = self._root(a), self._root(b)
        if a is not b:
            self._parent[a] = b
            if a in self._touched:
                self._touched[b] = max(self._touched.pop(a), self._touched.get(b, 0))

    def _unite_atom(self, a: Atom, key: Any, force: bool = False) -> None:
        if isinstance(a, Var) and (force or has_memory(a.type)):
            self._unite(a, key)
        elif isinstance(a, Global) and atom_has_memory(a):
            self._unite(self._outside, key)

    def _unite_pair(self, a: Atom, b: Atom) -> None:
        if isinstance(a, Var) and has_memory(a.type):
            self._unite_atom(b, a)
        elif isinstance(a, Global) and isinstance(b, Var):
            self._unite_pair(b, a)

    def _block(self, block: Block) -> None:
        for stmt in block.stmts:
            if stmt.__class__ is Let:
                self._let(stmt)
            else:
                self._region(stmt)

    def _let(self, let: Let) -> None:
        e = effect_of(let)
        args = let.args
        for p in e.writes:
            self._mark_written(args[p])
        for p in e.holds:
            self._unite_pair(args[e.writes[0]], args[p])
        if e.shares and let.target is not None and has_memory(let.target.type):
            for p in e.shares:
                self._unite_pair(let.target, args[p])
        if e.io and len(e.shares) > 1:  # an unknown callee may keep what it was given, or tie operands together
            for p in e.shares:
                self._unite_atom(args[p], self._outside)

    def _mark_written(self, a: Atom) -> None:
        if isinstance(a, Var) and has_memory(a.type):
            self._written.add(a)
        elif isinstance(a, Global):
            self._written.add(self._outside)

    def _pairs(self, targets: Iterable[Var], *sources: tuple[Atom, ...]) -> None:
        for k, t in enumerate(targets):
            if has_memory(t.type):
                for s in sources:
                    self._unite_atom(s[k], t)

    def _region(self, stmt: Stmt) -> None:
        for b in blocks_of(stmt):
            self._block(b)
        if isinstance(stmt, If):
            self._pairs(stmt.targets, stmt.then.results, stmt.orelse.results)
        elif isinstance(stmt, For | While):
            self._pairs(stmt.carried, stmt.init, stmt.body.results, stmt.targets)
            self._pairs(stmt.targets, stmt.init, stmt.body.results)
            if isinstance(stmt, For):
                self._unite_pair(stmt.item, stmt.iter)
        elif isinstance(stmt, Try):
            self._pairs(stmt.targets, stmt.body.results, *(h.body.results for h in stmt.handlers))


# -- what may fail ------------------------------------------------------------------------------------------------
_SAFE_OPS = frozenset(["neg", "pos", "not", "is_", "is_not", "tuple", "list", "dict", "slice", "copy"])
_SAFE_ARITHMETIC = frozenset(["add", "sub", "mul", "lt", "le", "gt", "ge", "eq", "ne"])
_SAFE_CALLS = (np.array, np.copy, np.zeros_like, np.ones_like, np.empty_like, np.sum, np.transpose)
_SAFE_ATTRS = frozenset({"shape", "size", "ndim", "dtype", "T", "real", "imag"})


def may_raise(let: Let) -> bool:
    """May this pure statement raise? On the safe side: a division of Python numbers, an index, a shape, a domain."""
    op = let.op
    types = [type_of_atom(a) for a in let.args]
    if op in _SAFE_OPS:
        return not all(isinstance(t, Scalar | Lit | Array | Tuple | List | Slice | Dict | Range | RefT) for t in types)
    if op in _SAFE_ARITHMETIC:
        return not _conformable(types)
    if op == "truediv":
        return not (_conformable(types) and any(isinstance(t, Array) for t in types))
    if op == "getattr":
        name = let.args[1].value if isinstance(let.args[1], Const) else ""
        return not (isinstance(types[0], Array) and name in _SAFE_ATTRS)
    if op == "getitem":
        return not (isinstance(types[0], Array) and _slices_only(types[1], types[0].rank))
    if op == "call" and isinstance(let.args[0], Ref):
        if let.args[0].obj in _SAFE_CALLS and isinstance(types[1], Array) and len(types) == 2:
            return False
        rule = lookup(let.args[0].obj)
        module = getattr(let.args[0].obj, "__module__", None) or type(let.args[0].obj).__module__
        elementwise = rule is not None and rule.kind == "elementwise" and module.startswith("numpy")
        return not (elementwise and _conformable(types[1:]))
    return True


def _slices_only(index: Type, rank: int | None) -> bool:
    """Slices and ``...`` of a known array never raise."""
    parts = index.items if isinstance(index, Tuple) else (index,)
    plain = all(isinstance(p, Slice) or (isinstance(p, Lit) and p.value in (None, Ellipsis)) for p in parts)
    return plain and rank is not None and sum(isinstance(p, Slice) for p in parts) <= rank


def _conformable(types: list[Type]) -> bool:
    """Numbers and arrays of which all that are not scalar have the same, known dimensions."""
    shapes = set()
    for t in types:
        if isinstance(t, Array):
            if t.dims is None or t.dtype is None or t.dtype == "object" or any(d is None for d in t.dims):
                return False
            if t.dims:
                shapes.add(t.dims)
        elif not isinstance(t, Scalar) and not (isinstance(t, Lit) and isinstance(t.value, int | float | complex)):
            return False
    return len(shapes) <= 1


__all__ = [
    "COMMENT", "INPLACE_OPS", "PURE", "PURE_OPS", "STORES", "Effect", "Memory", "atom_has_memory", "effect_of",
    "function_effect", "has_memory", "may_raise",
]
