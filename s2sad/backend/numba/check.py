"""The last look at a function before it is emitted: everything in it is of the kinds that Numba compiles as we mean it."""

from __future__ import annotations

import builtins

import numpy as np

from s2sad.analysis.usage import lets
from s2sad.backend.numba.boundary import SUFFIX
from s2sad.backend.numba.facts import DTYPES, const, is_array, is_float, is_int, is_scalar, rank
from s2sad.backend.numba.indexing import items_of
from s2sad.backend.numba.listuses import is_numbers
from s2sad.backend.numba.messages import is_in_parts
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.support import NATIVE
from s2sad.ir.nodes import (
    UNDEF,
    Callee,
    Const,
    For,
    Function,
    If,
    Let,
    Loc,
    Ref,
    Stmt,
    Try,
    Var,
    While,
    inner_vars,
    targets_of,
    walk,
)  # fmt: skip
from s2sad.ir.types import Array, List, Lit, Range, Scalar, Slice, Tuple, Type, widen

_NUMBERS = frozenset({
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "neg", "pos", "not", "and_", "or_",
    "lt", "le", "gt", "ge", "eq", "ne",
})  # fmt: skip
_STRUCTURE = frozenset({"tuple", "unpack", "slice", "copy", "comment", "raise_", "assert_"})
_BUILTINS = (builtins.abs, builtins.min, builtins.max, builtins.float, builtins.int, builtins.bool, builtins.round)
_ELEMENTWISE = frozenset({
    "sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "sinh", "cosh", "arcsin", "arccos", "arctan", "arcsinh", "arccosh",
    "arctanh", "log1p", "expm1", "log2", "log10", "exp2", "floor", "ceil", "trunc", "maximum", "minimum", "fmax", "fmin",
    "hypot", "arctan2", "sign", "absolute", "square", "isnan", "isinf", "isfinite", "fabs", "cbrt",
})  # fmt: skip
_MAKERS = (np.zeros_like, np.empty_like, np.ones_like, np.zeros, np.ones, np.empty, np.copy, np.ascontiguousarray)


class Checker:
    """Refuses the first thing that is not known to be compiled rightly."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.lets = lets(fn)

    def run(self) -> None:
        for p in self.fn.params:
            if not is_numbers(p.var.type) or self.fn.name.endswith(SUFFIX):  # Python gives no lists of Numba's
                self.type(p.var.type, self.fn.loc, f"the argument {p.var.name!r}")
        for s in walk(self.fn.body):
            loc = getattr(s, "loc", self.fn.loc)
            if isinstance(s, Try):
                raise refuse(self.fn, "try", loc, "test for the case with if")
            for v in (*targets_of(s), *inner_vars(s)):
                if not (isinstance(s, Let) and s.op in ("slice", "tuple", "call")):
                    self.type(v.type, loc, f"the value of {v.name!r}" if v.name else "a value of this kind")
            self.undefined(s, loc)
            if isinstance(s, Let):
                self.let(s)

    def undefined(self, s: Stmt, loc: Loc) -> None:
        blocks = [s.then, s.orelse] if isinstance(s, If) else [s.body] if isinstance(s, For | While) else []
        atoms = [a for b in blocks for a in b.results] + list(getattr(s, "init", ()))
        if any(a is UNDEF or (isinstance(a, Const) and a.value is None) for a in atoms):
            raise refuse(self.fn, "a variable that some path does not assign", loc, "assign it before the branch or loop")

    def type(self, t: Type | None, loc: Loc, what: str) -> None:
        if isinstance(t, Scalar) and t.dtype not in DTYPES:
            raise refuse(self.fn, f"{what}: {t.dtype}", loc)
        if isinstance(t, Array) and (t.dtype not in DTYPES or not t.dims):
            kind = f"an array of {t.dtype}" if t.dims else "an array of unknown or no dimensions"
            raise refuse(self.fn, f"{what}: {kind}", loc)
        if isinstance(t, Tuple):
            if t.cls is not None or t.code is not None or not t.items:
                raise refuse(self.fn, f"{what}: a tuple of this kind", loc)
            for item in t.items:
                if not isinstance(item, List):
                    self.type(item, loc, what)
            return
        if isinstance(t, Lit) and isinstance(t.value, bool | int | float):
            return
        if is_numbers(t) and not what.startswith("the argument"):
            return
        if not isinstance(t, Scalar | Array | Range | Slice):
            raise refuse(self.fn, f"{what}: {_name(t)}", loc)

    def let(self, s: Let) -> None:
        op = s.op
        if op in _STRUCTURE:
            return
        if op in _NUMBERS and all(is_scalar(a) for a in s.args):
            return
        if op == "call" and isinstance(s.args[0], Ref):
            self.call(s, s.args[0])
            return
        if op == "getattr" and is_array(s.args[0]) and const(s.args[1]) in ("shape", "size", "ndim", "T"):
            return
        if op == "getitem" and isinstance(s.args[0], Var) and isinstance(s.args[0].type, Tuple):
            if isinstance(const(s.args[1]), int) or (is_int(s.args[1]) and _of_one_kind(s.args[0].type)):
                return
        if op in ("getitem", "setitem", "aug_setitem") and is_array(s.args[0]) and self.is_place(s):
            return
        raise refuse(self.fn, _described(s), s.loc)

    def is_place(self, s: Let) -> bool:
        if s.op == "getitem" and s.target is not None and is_array(s.target):
            return items_of(self.lets, s.args[1], s.args[0]) is not None  # a view that something needs
        index, t = s.args[1], getattr(s.args[1], "type", None)
        ints = [index] if is_scalar(index) else list(t.items) if isinstance(t, Tuple) else None
        if ints is None or len(ints) != rank(s.args[0]):
            return False
        values = s.args[2:3]
        return all(is_scalar(i) if not isinstance(i, Type) else _is_int(i) for i in ints) and all(map(is_scalar, values))

    def call(self, s: Let, ref: Ref) -> None:
        obj = ref.obj
        if isinstance(obj, Callee) or obj is NATIVE or obj in (builtins.len, builtins.range):
            return
        if isinstance(obj, type) and issubclass(obj, BaseException):
            if all(isinstance(a, Const) for a in s.args[1:]) or (is_in_parts(s) and all(is_scalar(a) for a in s.args[3:])):
                return
            raise refuse(self.fn, "a message that is made when the error is raised", s.loc, "raise it with a fixed text")
        numbers = all(is_scalar(a) for a in s.args[1:])
        if numbers and not s.kwnames and (any(obj is f for f in _BUILTINS) or getattr(obj, "__module__", "") == "math"):
            return
        name = getattr(obj, "__name__", "")
        if isinstance(obj, np.ufunc) and name in _ELEMENTWISE and numbers and not s.kwnames:
            return
        if obj is np.power and not s.kwnames and len(s.args) == 3 and all(map(is_float, s.args[1:])):
            return
        if any(obj is f for f in _MAKERS) and s.kwnames in ((), ("dtype",)):
            return
        if obj is np.reshape and len(s.args) == 3 and s.kwnames in ((), ("shape",)):
            return
        if obj is np.transpose and len(s.args) == 2 and is_array(s.args[1]):
            return
        if obj is np.dot and all(rank(a) in (1, 2) for a in s.args[1:]):
            return
        raise refuse(self.fn, _described(s), s.loc)


def _of_one_kind(t: Tuple) -> bool:
    """Have all items the same type in machine code? Then one of them can be chosen when the code runs."""
    return len({_kind(i) for i in t.items}) == 1


def _kind(t: Type) -> object:
    t = widen(t)
    if isinstance(t, Tuple):
        return tuple(map(_kind, t.items))
    return (t.dtype, t.rank if isinstance(t, Array) else 0) if isinstance(t, Scalar | Array) else t


def _is_int(t: Type) -> bool:
    return (isinstance(t, Scalar) and t.dtype == "int64") or (isinstance(t, Lit) and type(t.value) is int)


def _name(t: Type | None) -> str:
    names = {"List": "a list", "Dict": "a dict", "Obj": "an object", "Unknown": "of a type that is not known", "Num":
             "a number on one path, an array on another", "Opaque": "not a number or an array"}  # fmt: skip
    kind = type(t).__name__
    return names.get(kind, "text or None" if isinstance(t, Lit) else kind)


def _described(s: Let) -> str:
    if s.op == "call" and isinstance(s.args[0], Ref):
        return f"{s.args[0].text} of these arguments"
    if s.op == "method":
        return f"the method {const(s.args[1])}"
    if s.op == "getattr":
        return f"the attribute {const(s.args[1])}"
    return f"the operation {s.op.rstrip('_')} of these operands"


def check(fn: Function) -> None:
    """Raise ``UnsupportedError`` where something in ``fn`` is not known to be compiled rightly."""
    Checker(fn).run()


__all__ = ["check"]
