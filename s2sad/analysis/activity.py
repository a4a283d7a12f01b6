"""Which values carry a derivative: *varied* (depends on the inputs asked for) and *useful* (the output needs it).

Griewank & Walther, Evaluating Derivatives, 2nd ed., SIAM 2008, section 6.2. Flow-insensitive in memory: a class of memory
that a varied value is stored into is varied as a whole. A maximum whose influence cancels (``analysis.shifts``) does not
vary.
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.alias import AliasInfo, alias, is_reference
from s2sad.analysis.infer.program import Spec
from s2sad.analysis.optypes import INPLACE
from s2sad.analysis.scatters import changes_first
from s2sad.analysis.shifts import cancelling
from s2sad.ir.nodes import Atom, Block, For, Function, If, Let, Ref, Stmt, Try, Var, While
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import defined_vars
from s2sad.ir.types import is_differentiable
from s2sad.rules.registry import lookup

_INERT_OPS = frozenset(
    {"lt", "le", "gt", "ge", "eq", "ne", "is_", "is_not", "in_", "not_in", "not", "format", "format_value", "assert_",
     "raise_", "comment", "floordiv_int", "set"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Activity:
    """The active variables of a function for given active inputs."""

    varied: frozenset[Var]

    def __contains__(self, a: Atom) -> bool:
        return isinstance(a, Var) and a in self.varied


def differentiable(v: Var) -> bool:
    return v.type is None or is_differentiable(v.type)


def activity(fn: Function, active: tuple[Var, ...]) -> Activity:
    """Variables that vary with the variables in ``active`` (parameters)."""
    return Activity(frozenset(_Varied(fn, active).run()))


def result_varies(fn: Function, active: tuple[bool, ...]) -> bool:
    params = tuple(p.var for p, a in zip(fn.params, active, strict=True) if a)
    return fn.result in activity(fn, params)


class _Varied:
    def __init__(self, fn: Function, active: tuple[Var, ...]) -> None:
        self.fn = fn
        self.info: AliasInfo = alias(fn)
        self.varied: set[Var] = {v for v in active if differentiable(v)}
        self.memory: set[Any] = set()  # classes of mutated memory that holds something varied
        self.members: dict[Any, list[Var]] = {}
        self.holders: dict[Any, list[Any]] = {}  # class of elements -> classes of what holds them
        self.changed = False
        self.inert = cancelling(fn)
        self._collect()

    def _collect(self) -> None:
        def see(v: Var) -> None:
            if is_reference(v.type):
                self.members.setdefault(self.info.find(v), []).append(v)

        for p in self.fn.params:
            see(p.var)
        for v in defined_vars(self.fn.body):
            see(v)
        classes = self.info.classes
        for key in list(self.members):
            if classes.has_elem(key):
                self.holders.setdefault(classes.elem(key), []).append(key)

    def run(self) -> set[Var]:
        for v in list(self.varied):
            self._spread(v)
        self.changed = True
        while self.changed:
            self.changed = False
            self._block(self.fn.body)
        return self.varied

    def _is(self, a: Atom) -> bool:
        return isinstance(a, Var) and a in self.varied

    def _mark(self, v: Var | None) -> None:
        if v is None or v in self.varied or not differentiable(v):
            return
        self.varied.add(v)
        self.changed = True
        self._spread(v)

    def _spread(self, v: Var) -> None:
        """A varied value in mutable memory makes everything that may be that memory varied."""
        if is_reference(v.type) and self.info.is_mutated(v):
            self._memory(self.info.find(v))

    def _memory(self, key: Any) -> None:
        if key in self.memory:
            return
        self.memory.add(key)
        self.changed = True
        for v in self.members.get(key, ()):
            if differentiable(v):
                self.varied.add(v)
        for holder in self.holders.get(key, ()):  # what holds varied memory varies, under all its names
            self._memory(holder)

    def _stored(self, container: Atom, value: Atom) -> None:
        if self._is(value) and isinstance(container, Var):
            self._memory(self.info.find(container))
            self._mark(container)

    def _block(self, b: Block) -> None:
        for s in b.stmts:
            self._stmt(s)

    def _stmt(self, s: Stmt) -> None:
        if isinstance(s, Let):
            self._let(s)
        elif isinstance(s, If):
            self._block(s.then)
            self._block(s.orelse)
            for t, a, b in zip(s.targets, s.then.results, s.orelse.results, strict=True):
                if self._is(a) or self._is(b):
                    self._mark(t)
        elif isinstance(s, For | While):
            self._loop(s)
        elif isinstance(s, Try):
            self._block(s.body)
            for h in s.handlers:
                self._block(h.body)
            for end in (s.body, *(h.body for h in s.handlers)):
                for t, a in zip(s.targets, end.results, strict=False):
                    if self._is(a):
                        self._mark(t)
            self._block(s.final)

    def _loop(self, s: For | While) -> None:
        if isinstance(s, For) and self._is(s.iter):
            self._mark(s.item)
        if isinstance(s, While):
            self._block(s.cond)
        before = -1
        while before != len(self.varied):
            before = len(self.varied)
            for c, i, n, t in zip(s.carried, s.init, s.body.results, s.targets, strict=False):
                if self._is(i) or self._is(n):
                    self._mark(c)
                    self._mark(t)
            self._block(s.body)

    def _let(self, s: Let) -> None:
        if s.op in _INERT_OPS:
            return
        if s.op in ("setitem", "aug_setitem", "setattr", "aug_setattr"):
            self._stored(s.args[0], s.args[2])
            return
        if s.op in INPLACE:
            self._stored(s.args[0], s.args[1])
        if s.op == "method":
            for a in s.args[2:]:
                self._stored(s.args[0], a) if self.info.is_mutated(s.args[0]) else None
        if s.op == "call":
            self._call(s)
            return
        if s.op == "closure" and s.target is not None and not self.varied.isdisjoint(s.args):
            if s.target not in self.varied:  # whatever its type: what it captured goes where it goes
                self.varied.add(s.target)
                self.changed = True
            return
        if not self.varied.isdisjoint(s.args):
            self._mark(s.target)

    def _call(self, s: Let) -> None:
        callee = s.args[0]
        if s.target in self.inert:
            return
        if callee.__class__ is Ref and isinstance(callee.obj, Spec):
            if not self.varied.isdisjoint(s.args[1:]):
                self._mark(s.target)
                for a in s.args[1:]:
                    if isinstance(a, Var) and self.info.deep_mutated(a):
                        self._mark(a)
            return
        if isinstance(callee, Ref) and changes_first(callee.obj):
            for a in s.args[2:]:
                self._stored(s.args[1], a)
        rule = lookup(callee.obj) if isinstance(callee, Ref) else None
        operands = s.args[1:]
        if rule is not None:
            if rule.kind == "nondiff":
                return
            n = len(s.args) - len(s.kwnames)
            operands = s.args[1:n]
            if rule.kind == "linear":
                operands = operands[:1]
        if not self.varied.isdisjoint(operands):
            self._mark(s.target)


def _targets(s: Stmt) -> tuple[Var, ...]:
    from s2sad.ir.nodes import targets_of

    return targets_of(s)
