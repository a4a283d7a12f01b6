"""``match`` patterns as ordinary expressions: a test of the subject, and the names that it binds."""

from __future__ import annotations

import copy
from typing import Any

import gast

Binds = list[tuple[str, Any]]  # a name and the expression of its value


class PatternError(Exception):
    """This pattern has no simple test."""


def pattern_test(pattern: Any, subject: Any) -> tuple[Any, Binds]:
    """(test or None for "always", bindings) of a pattern against the expression ``subject``, which has no effect."""
    binds: Binds = []
    tests = _tests(pattern, subject, binds)
    if not tests:
        return None, binds
    return (tests[0] if len(tests) == 1 else gast.BoolOp(gast.And(), tests)), binds


def _tests(pattern: Any, subject: Any, binds: Binds) -> list[Any]:
    if isinstance(pattern, gast.MatchValue):
        return [gast.Compare(_copy(subject), [gast.Eq()], [pattern.value])]
    if isinstance(pattern, gast.MatchSingleton):
        return [gast.Compare(_copy(subject), [gast.Is()], [gast.Constant(pattern.value, None)])]
    if isinstance(pattern, gast.MatchAs):
        tests = [] if pattern.pattern is None else _tests(pattern.pattern, subject, binds)
        if pattern.name is not None:
            binds.append((pattern.name, _copy(subject)))
        return tests
    if isinstance(pattern, gast.MatchOr):
        return _alternatives(pattern, subject)
    if isinstance(pattern, gast.MatchSequence):
        return _sequence(pattern, subject, binds)
    if isinstance(pattern, gast.MatchMapping):
        return _mapping(pattern, subject, binds)
    if isinstance(pattern, gast.MatchClass):
        return _instance(pattern, subject, binds)
    raise PatternError(type(pattern).__name__)


def _copy(expr: Any) -> Any:
    return copy.deepcopy(expr)


def _call(func: str, *args: Any) -> Any:
    return gast.Call(gast.Name(func, gast.Load(), None, None), list(args), [])


def _alternatives(pattern: Any, subject: Any) -> list[Any]:
    tests = []
    for part in pattern.patterns:
        binds: Binds = []
        inner = _tests(part, subject, binds)
        if binds:
            raise PatternError("names bound inside alternatives")
        if not inner:
            return []
        tests.append(inner[0] if len(inner) == 1 else gast.BoolOp(gast.And(), inner))
    return [gast.BoolOp(gast.Or(), tests)]


def _sequence(pattern: Any, subject: Any, binds: Binds) -> list[Any]:
    parts = pattern.patterns
    stars = [k for k, p in enumerate(parts) if isinstance(p, gast.MatchStar)]
    size = _call("$len", _copy(subject))
    op = gast.GtE() if stars else gast.Eq()
    count = len(parts) - len(stars)
    tests = [
        _call("$is_sequence", _copy(subject)),
        gast.Compare(size, [op], [gast.Constant(count, None)]),
    ]
    for k, part in enumerate(parts):
        if isinstance(part, gast.MatchStar):
            stop = k - len(parts) + 1
            index = gast.Slice(gast.Constant(k, None), gast.Constant(stop, None) if stop else None, None)
            if part.name is not None:
                binds.append((part.name, _call("$list", gast.Subscript(_copy(subject), index, gast.Load()))))
            continue
        at = k if not stars or k < stars[0] else k - len(parts)
        tests += _tests(part, gast.Subscript(_copy(subject), gast.Constant(at, None), gast.Load()), binds)
    return tests


def _mapping(pattern: Any, subject: Any, binds: Binds) -> list[Any]:
    if pattern.rest is not None:
        raise PatternError("the rest of a mapping")
    tests = [_call("$is_mapping", _copy(subject))]
    for key, part in zip(pattern.keys, pattern.patterns, strict=True):
        tests.append(gast.Compare(_copy(key), [gast.In()], [_copy(subject)]))
        tests += _tests(part, gast.Subscript(_copy(subject), _copy(key), gast.Load()), binds)
    return tests


_SELF_MATCHING = ("bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple")


def _instance(pattern: Any, subject: Any, binds: Binds) -> list[Any]:
    tests = [_call("$isinstance", _copy(subject), pattern.cls)]
    if pattern.patterns:
        simple = isinstance(pattern.cls, gast.Name) and pattern.cls.id in _SELF_MATCHING
        if simple and len(pattern.patterns) == 1:
            tests += _tests(pattern.patterns[0], subject, binds)
        else:
            for k, part in enumerate(pattern.patterns):
                name = gast.Subscript(
                    gast.Attribute(_copy(pattern.cls), "__match_args__", gast.Load()),
                    gast.Constant(k, None),
                    gast.Load(),
                )
                tests += _tests(part, _call("$getattr", _copy(subject), name), binds)
    for attr, part in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
        has = _call("$hasattr", _copy(subject), gast.Constant(attr, None))
        tests += [has, *_tests(part, gast.Attribute(_copy(subject), attr, gast.Load()), binds)]
    return tests
