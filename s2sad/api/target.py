"""What is differentiated: a plain Python function, the parameters it has, and what the caller has bound already.

``grad`` takes methods, partials, callable objects and wrapped functions. The compiler takes plain functions with all
arguments given in the order of the parameters: ``Target`` is the bridge.
"""

from __future__ import annotations

import functools
import inspect
import types as pytypes
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.api.made import calling
from s2sad.ir.dependency import parts_of, same_parts
from s2sad.ir.record import dataclass
from s2sad.ir.wrapped import wrapped_by

Argnum = int | str
Argnums = Argnum | tuple[Argnum, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """``function`` with the parameters ``names`` (in the order of its signature).

    lead, keywords: what a method, object or partial has bound. count: how many of the parameters may be given by
    position; positional: whether all of them may, so that a call by position needs no binding at all;
    positional_only: how many may be given by position alone.
    star, starstar: the names of ``*args`` and ``**kwargs``, or "".
    """

    fun: Callable[..., Any]
    function: Callable[..., Any]
    lead: tuple[Any, ...]
    keywords: dict[str, Any]
    names: tuple[str, ...]
    count: int
    positional: bool
    positional_only: int
    star: str
    starstar: str

    @property
    def plain(self) -> bool:
        """Has the function neither ``*args`` nor keyword-only parameters nor ``**kwargs``?"""
        return self.count == len(self.names)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """One value for each parameter. A wrong call raises the TypeError that the function itself raises."""
        quick = self._bind_quickly((*self.lead, *args) if self.lead else args, kwargs)
        if quick is not None:
            return quick
        signature = _signature(self.function)
        try:
            bound = signature.bind(*self.lead, *args, **{**self.keywords, **kwargs})
        except TypeError:
            self.fun(*args, **kwargs)  # fails before its body runs, with Python's own words
            raise
        bound.apply_defaults()
        return tuple(bound.arguments[n] for n in self.names)

    def _bind_quickly(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...] | None:
        """The common cases without ``inspect``; None where they do not apply or the call is wrong."""
        n = len(self.names)
        if not self.positional or len(args) > n:
            return None
        defaults = getattr(self.function, "__defaults__", None) or ()
        values, used = list(args), 0
        for k in range(len(args), n):
            name = self.names[k]
            if name in kwargs and k >= self.positional_only:
                values.append(kwargs[name])
                used += 1
            elif k >= n - len(defaults):
                values.append(defaults[k - n])
            else:
                return None
        return tuple(values) if used == len(kwargs) else None

    def select(self, argnums: Argnums) -> tuple[tuple[str, Any], ...]:
        """For each asked argument: the parameter, and the key within it where it is ``*args`` or ``**kwargs``."""
        asked = argnums if isinstance(argnums, tuple | list) else (argnums,)
        found = tuple(self._select_one(a) for a in asked)
        if not found:
            raise ValueError(f"{self.name}: argnums is empty: name at least one argument")
        if len(set(found)) < len(found):
            raise ValueError(f"{self.name}: argnums {argnums!r} names an argument twice")
        return found

    @property
    def name(self) -> str:
        """The function's name for messages."""
        return str(getattr(self.fun, "__name__", None) or type(self.fun).__name__)

    def _select_one(self, asked: Argnum) -> tuple[str, Any]:
        free = self.names[len(self.lead) :]
        if isinstance(asked, str):
            if asked in free:
                return asked, None
            if self.starstar:
                return self.starstar, asked
            raise ValueError(f"{self.name} has no parameter {asked!r}: it has {_listed(free)}")
        if isinstance(asked, bool) or not hasattr(asked, "__index__"):
            raise TypeError(f"argnums must be an int, a parameter name or a tuple of them, not {asked!r}")
        index, n = asked.__index__(), self.count - len(self.lead)
        if 0 <= index < n or (-n <= index < 0 and not self.star):
            return self.names[len(self.lead) + index % n], None
        if self.star and index >= n:
            return self.star, index - n
        raise ValueError(f"{self.name} has no positional argument {asked}: it has {_listed(free)}")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"{k}: {n}" for k, n in enumerate(names)) or "no parameters"


def make_target(fun: Callable[..., Any]) -> Target:
    """The plain function behind a callable, and what it binds."""
    function, lead, keywords = _unwrap(fun, (), {})
    if not isinstance(function, pytypes.FunctionType) and not hasattr(function, "__s2sad__"):
        function = calling(function)
    code = getattr(function, "__code__", None)
    if code is None or not isinstance(function, pytypes.FunctionType):
        return _target_by_signature(fun, function, lead, keywords)
    n, k = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    has_star, has_starstar = bool(code.co_flags & inspect.CO_VARARGS), bool(code.co_flags & inspect.CO_VARKEYWORDS)
    star = names[n + k] if has_star else ""
    starstar = names[n + k + has_star] if has_starstar else ""
    ordered = (*names[:n], *((star,) if star else ()), *names[n : n + k], *((starstar,) if starstar else ()))
    plain = not (k or star or starstar or keywords)
    return Target(fun, function, lead, keywords, ordered, n, plain, code.co_posonlyargcount, star, starstar)


def _target_by_signature(
    fun: Callable[..., Any], function: Callable[..., Any], lead: tuple[Any, ...], keywords: dict[str, Any]
) -> Target:
    """For what has a signature and no code of its own: derivatives of derivatives."""
    params = list(_signature(function).parameters.values())
    names = tuple(p.name for p in params)
    count = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in params)
    star = next((p.name for p in params if p.kind is p.VAR_POSITIONAL), "")
    starstar = next((p.name for p in params if p.kind is p.VAR_KEYWORD), "")
    plain = hasattr(function, "__s2sad__") and count == len(params) and not keywords
    only = sum(p.kind is p.POSITIONAL_ONLY for p in params)
    return Target(fun, function, lead, keywords, names, count, plain, only, star, starstar)


def _unwrap(
    fun: Any, lead: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    if isinstance(fun, pytypes.FunctionType) or hasattr(fun, "__s2sad__"):
        return fun, lead, keywords
    if isinstance(fun, pytypes.MethodType):
        return _unwrap(fun.__func__, (fun.__self__, *lead), keywords)
    if isinstance(fun, functools.partial):
        return _unwrap(fun.func, (*fun.args, *lead), {**fun.keywords, **keywords})
    if not callable(fun):
        raise TypeError(f"expected a function, got {type(fun).__name__}: {fun!r}")
    if isinstance(fun, np.ufunc) or type(fun).__module__ == "numpy":  # these have rules of their own
        return fun, lead, keywords
    inner = wrapped_by(fun)
    if inner is not None and callable(inner) and not isinstance(fun, type):
        return _unwrap(inner, lead, keywords)
    call = getattr(type(fun), "__call__", None)  # noqa: B004  (not a test: the method is what gets compiled)
    if isinstance(call, pytypes.FunctionType) and not isinstance(fun, type):
        return call, (fun, *lead), keywords
    return fun, lead, keywords


_SIGNATURES: dict[Any, tuple[tuple[Any, ...], inspect.Signature]] = {}
_MANY = 1024


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature, remembered as long as the function has its code and its defaults."""
    parts = parts_of(function) if isinstance(function, pytypes.FunctionType) else ()
    known = _SIGNATURES.get(function)
    if known is None or not same_parts(parts, known[0]):
        if len(_SIGNATURES) >= _MANY:
            _SIGNATURES.clear()
        known = parts, inspect.signature(function, follow_wrapped=hasattr(function, "__s2sad__"))
        _SIGNATURES[function] = known
    return known[1]
