"""All functions that inference treats itself, besides the builtins."""

from __future__ import annotations

import copy
import functools
import operator
import typing
from typing import Any

from s2sad.analysis.infer.deep_copies import deepcopy
from s2sad.analysis.infer.functions import getter
from s2sad.analysis.infer.itertools_ import ITERTOOLS
from s2sad.analysis.infer.numpy_calls import NUMPY
from s2sad.analysis.infer.type_queries import QUERIES
from s2sad.ir.nodes import Const, Ref


def same(fn: Any) -> Any:
    """What a decorator that only adds attributes or remembers results does to the value of a call: nothing."""
    return fn


def _decorated(f: Any, pos: Any, kw: Any, name: str, untyped: Any) -> Any:
    return pos[0]


def _decorator(f: Any, pos: Any, kw: Any, name: str, untyped: Any) -> Any:
    return Ref(same, "same")


def _cast(f: Any, pos: Any, kw: Any, name: str, untyped: Any) -> Any:
    """``typing.cast(T, x)`` is x."""
    return pos[1] if len(pos) == 2 else NotImplemented


def _cache(f: Any, pos: Any, kw: Any, name: str, untyped: Any) -> Any:
    """``lru_cache`` with and without arguments."""
    bare = len(pos) == 1 and not kw and not isinstance(pos[0], Const)
    return pos[0] if bare else Ref(same, "same")


DECORATORS: dict[Any, Any] = {
    same: _decorated,
    functools.cache: _decorated,
    functools.lru_cache: _cache,
    functools.wraps: _decorator,
    typing.cast: _cast,
    copy.deepcopy: deepcopy,
}
GETTERS: dict[Any, Any] = {
    getattr(operator, kind): getter(kind) for kind in ("itemgetter", "attrgetter", "methodcaller")
}
HANDLERS: dict[Any, Any] = {**ITERTOOLS, **NUMPY, **DECORATORS, **GETTERS, **QUERIES}
