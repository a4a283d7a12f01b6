"""Calls that make functions: decorators that change nothing of a value, and the getters of ``operator``."""

from __future__ import annotations

import functools
import operator
import typing
from typing import Any

from s2sad.analysis.infer.functions import getter
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


HANDLERS: dict[Any, Any] = {
    same: _decorated,
    functools.cache: _decorated,
    functools.lru_cache: _cache,
    functools.wraps: _decorator,
    typing.cast: _cast,
    **{getattr(operator, kind): getter(kind) for kind in ("itemgetter", "attrgetter", "methodcaller")},
}
