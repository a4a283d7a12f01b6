"""A function that is run again in a reverse sweep: the pullback of its gradient runs its tangent.

Nothing may happen twice, and nothing may have changed: what it prints is left out, the module's data that it reads are
given to it (where the gradient is called, they are still what they were), and one that draws random numbers or stores
into what outlives the call is not run again: its gradient is compiled in like any other code.

*before*                            *after*::

    def f(x):                           def f_2(x, SCALE):
        print(x)                            return np.sum(x * SCALE)
        return np.sum(x * SCALE)
"""

from __future__ import annotations

import warnings

import numpy as np

from s2sad import runtime as rt
from s2sad.ad.expand import bind_globals
from s2sad.ad.held import HeldGlobals
from s2sad.analysis.alias import _HARMLESS, alias
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import effect_of
from s2sad.analysis.infer.program import Gradient, Infer, Spec
from s2sad.ir.nodes import Block, Function, Global, Let, Param, Ref, Var, walk
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import map_lets, with_body

_TALK = (print, warnings.warn)  # only seen by people
_QUIET_OPS = frozenset({"raise_", "assert_", "comment", "with_enter", "with_exit", "format", "format_value"})
_PURE = (slice, round, divmod, pow, abs, iter, getattr, issubclass, map, filter, complex, zip, enumerate, np.errstate)
_QUIET_CALLS = (*(h for h in _HARMLESS if h is not print), *_PURE, rt.require_apart)


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """``spec`` is given ``data`` after its own arguments; ``quiet`` is the same and prints nothing."""

    spec: Spec
    quiet: Spec
    data: tuple[Global, ...]


class Replays:
    """The forms of a program's functions that may be run again."""

    def __init__(self, program: Infer) -> None:
        self.program = program
        self.made: dict[Spec, Replay | None] = {}

    def of(self, spec: Spec) -> Replay | None:
        """None where the function may run only once."""
        if spec not in self.made:
            self.made[spec] = self._make(spec)
        return self.made[spec]

    def _make(self, spec: Spec) -> Replay | None:
        graph = _graph(spec)
        if not all(map(_repeats, graph)):
            return None
        needs = _needs(graph)
        talks = any(map(_talks, graph))
        lifted = self._clone(spec, graph, needs, quiet=False) if needs[spec] else spec
        quiet = self._clone(spec, graph, needs, quiet=True) if talks else lifted
        return Replay(lifted, quiet, tuple(needs[spec].values()))

    def _clone(self, spec: Spec, graph: list[Spec], needs: Needs, *, quiet: bool) -> Spec:
        """The function and all that it calls with the data that they read as parameters."""
        new: dict[Spec, Spec] = {}
        for s in graph:
            types = (*s.arg_types, *map(type_of_atom, needs[s].values()))
            new[s] = Spec(self.program.unique_name(s.name), s.source, types, s.result, recursive=s.recursive)
        for s in graph:
            new[s].fn = self._body(s, new, needs, quiet)
        return new[spec]

    def _body(self, spec: Spec, new: dict[Spec, Spec], needs: Needs, quiet: bool) -> Function:
        assert spec.fn is not None

        def rewrite(s: Let) -> Let | None:
            if quiet and _is_talk(s):
                return None
            callee = s.args[0] if s.op == "call" else None
            if not isinstance(callee, Ref):
                return s
            if isinstance(callee.obj, Spec):
                inner = new[callee.obj]
                args = (Ref(inner, inner.name), *s.args[1:], *needs[callee.obj].values())
                return Let(s.target, s.op, args, s.kwnames, s.loc)
            if quiet and isinstance(callee.obj, Gradient):
                g = callee.obj
                silent = self.program.gradient(g.quiet or g.spec, g.active, g.has_aux, g.result)
                return Let(s.target, s.op, (Ref(silent, silent.name), *s.args[1:]), s.kwnames, s.loc)
            return s

        fn = with_body(spec.fn, map_lets(spec.fn.body, rewrite))
        held = HeldGlobals(False)
        body = held.replaced(fn.body)
        own = dict(zip(held.keys(), held.variables(), strict=True))
        given = [Param(own[k] if k in own else Var(g.name, type_of_atom(g))) for k, g in needs[spec].items()]  # type: ignore[arg-type]
        return Function(new[spec].name, _distinct(fn.params, given), body, (), fn.doc, fn.loc, fn.lines)


Needs = dict[Spec, dict[tuple[str, int], Global]]


def _distinct(params: tuple[Param, ...], given: list[Param]) -> tuple[Param, ...]:
    """The parameters, those that are added under names that are free."""
    taken = {p.var.name for p in params}
    for p in given:
        name = p.var.name
        while name in taken:
            name += "_"
        if name != p.var.name:
            object.__setattr__(p.var, "name", name)  # a variable made just now: nobody else has seen it
        taken.add(name)
    return (*params, *given)


def _graph(spec: Spec) -> list[Spec]:
    """The function and those that it calls, each once."""
    out = {spec: None}
    todo = [spec]
    while todo:
        current = todo.pop()
        assert current.fn is not None
        for s in walk(current.fn.body):
            callee = s.args[0] if isinstance(s, Let) and s.op == "call" else None
            if isinstance(callee, Ref) and isinstance(callee.obj, Spec) and callee.obj not in out:
                out[callee.obj] = None
                todo.append(callee.obj)
    return list(out)


def _needs(graph: list[Spec]) -> Needs:
    """The module's data that each function reads, itself or in what it calls."""
    needs: Needs = {}
    calls: dict[Spec, list[Spec]] = {}
    for spec in graph:
        assert spec.fn is not None
        held = HeldGlobals(False)
        held.replaced(spec.fn.body)
        needs[spec] = held.held()
        calls[spec] = [
            s.args[0].obj for s in walk(spec.fn.body)
            if isinstance(s, Let) and s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Spec)
        ]  # fmt: skip
    before = -1
    while before != (before := sum(map(len, needs.values()))):
        for spec, called in calls.items():
            for c in called:
                needs[spec] = {**needs[spec], **needs[c]}
    return needs


def _is_talk(s: object) -> bool:
    return isinstance(s, Let) and s.op == "call" and isinstance(s.args[0], Ref) and any(s.args[0].obj is t for t in _TALK)


def _talks(spec: Spec) -> bool:
    assert spec.fn is not None
    return any(map(_is_talk, walk(spec.fn.body))) or any(
        isinstance(s, Let) and s.op == "call" and isinstance(s.args[0], Ref)
        and isinstance(s.args[0].obj, Gradient) and s.args[0].obj.quiet is not None
        for s in walk(spec.fn.body)
    )  # fmt: skip


def _repeats(spec: Spec) -> bool:
    """Does the function (apart from what it calls) do the same whenever it runs, and leave no trace but in its arguments?"""
    assert spec.fn is not None
    fn = bind_globals(spec.fn)
    info = alias(fn)
    data = [s.target for s in fn.body.stmts if isinstance(s, Let) and s.op == "copy" and isinstance(s.args[0], Global)]
    if any(info.deep_mutated(v) for v in data if v is not None):
        return False
    return all(_is_repeatable(s) for s in walk(fn.body) if isinstance(s, Let))


def _is_repeatable(s: Let) -> bool:
    if s.op in _QUIET_OPS or _is_talk(s):
        return True
    callee = s.args[0] if s.op == "call" else None
    if isinstance(callee, Ref):
        obj = callee.obj
        if isinstance(obj, Spec | Gradient) or any(obj is q for q in _QUIET_CALLS):
            return True
        if isinstance(obj, type) and issubclass(obj, BaseException | tuple):
            return True
    effect = effect_of(s)
    return not effect.io and not any(isinstance(s.args[k], Global) for k in effect.writes)


__all__ = ["Block", "Replay", "Replays"]
