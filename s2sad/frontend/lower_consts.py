"""The tables of lowering: operators, and the callables that use a whole iterable at once."""

from __future__ import annotations

import builtins
import functools
import inspect
import itertools
import math
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.nodes import Atom, Ref

BIN_OPS = {
    "Add": "add", "Sub": "sub", "Mult": "mul", "Div": "truediv", "FloorDiv": "floordiv", "Mod": "mod", "Pow": "pow",
    "MatMult": "matmul", "LShift": "lshift", "RShift": "rshift", "BitAnd": "and_", "BitOr": "or_", "BitXor": "xor",
}  # fmt: skip
UNARY_OPS = {"USub": "neg", "UAdd": "pos", "Invert": "invert", "Not": "not"}
COMPARE_OPS = {
    "Lt": "lt", "LtE": "le", "Gt": "gt", "GtE": "ge", "Eq": "eq", "NotEq": "ne", "Is": "is_", "IsNot": "is_not",
    "In": "in_", "NotIn": "not_in",
}  # fmt: skip

CONSUMERS: frozenset[Any] = frozenset({
    sum, max, min, any, all, list, tuple, set, frozenset, dict, sorted, zip, enumerate, len, map, filter, math.fsum,
    math.prod, functools.reduce, itertools.accumulate, itertools.chain, itertools.product,
})  # fmt: skip
# Of these, those that ask for elements one by one, as they are asked themselves.
LAZY: frozenset[Any] = frozenset({zip, enumerate, map, filter, itertools.accumulate, itertools.chain})

# Refused: what reaches the variables of a frame by text, and what reaches outside of the program.
FRAMES: frozenset[Any] = frozenset({
    builtins.eval, builtins.exec, builtins.compile, builtins.locals, builtins.globals, builtins.__import__,
    sys._getframe, sys.settrace, sys.setprofile, inspect.currentframe, inspect.stack, inspect.getsource,
    inspect.getsourcelines,
})  # fmt: skip
OUTSIDE: frozenset[Any] = frozenset({builtins.input, builtins.open, builtins.breakpoint, sys.exit})

HIDDEN: dict[str, Atom] = {
    "$BaseException": Ref(BaseException, "BaseException"),
    "$is_mapping": Ref(Mapping, "collections.abc.Mapping"),
}
HIDDEN["$expect_method"] = Ref(rt.expect_method, "rt.expect_method")
HIDDEN["$is_method"] = Ref(rt.is_method, "rt.is_method")
HIDDEN["$made_early"] = Ref(rt.made_early, "rt.made_early")
HIDDEN["$ndarray"] = Ref(np.ndarray, "np.ndarray")
for _name in (
    "RuntimeError", "StopIteration", "set", "tuple", "range", "len", "list", "isinstance", "getattr", "hasattr", "type",
):  # fmt: skip
    HIDDEN["$" + _name] = Ref(getattr(builtins, _name), _name)

MANAGERS: dict[str, str] = {
    "contextlib.suppress": "suppress", "contextlib.nullcontext": "null",
    "np.errstate": "opaque", "np.printoptions": "opaque", "warnings.catch_warnings": "opaque",
}  # fmt: skip
