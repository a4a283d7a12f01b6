"""Forward mode: each primal statement followed by its tangent, in one sweep.

*before*                        *after*::

    def f(x):                       def f_jvp(x, x_dot):
        t = np.sin(x)                   t = np.sin(x)
        y = t * x                       t_dot = np.cos(x) * x_dot
        return y                        y = t * x
                                        y_dot = x * t_dot + t * x_dot
                                        return y, y_dot

The tangent of a container is a container of the same structure, the tangent of an array that is stored into is an array
that is stored into alike: the statements that build and change them are simply done twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.ad import derived, overlap, scatter
from s2sad.ad.applied import one_sided, product, rule_of, split_args
from s2sad.ad.exceptions import refuse_values_in_exceptions
from s2sad.ad.inline import inline, inline_whole
from s2sad.ad.memory import Memory, refuse_unknown_memory, stored_globals
from s2sad.ad.stores import UNKNOWN_STORE
from s2sad.analysis.activity import Activity, activity
from s2sad.analysis.alias import MUTATING_METHODS, alias
from s2sad.analysis.aliasing import aliasing
from s2sad.analysis.build import Builder
from s2sad.analysis.effects import is_logger
from s2sad.analysis.escapes import refuse_escapes
from s2sad.analysis.findings import RULE_HELP
from s2sad.analysis.guards import raises_at_zero
from s2sad.analysis.infer.program import Gradient, Infer, Spec
from s2sad.analysis.masked import selections
from s2sad.analysis.optypes import INPLACE, type_of_atom
from s2sad.analysis.static_options import refuse_options
from s2sad.errors import UnsupportedError
from s2sad.ir.named import unlike_tuple
from s2sad.ir.nodes import (
    UNDEF,
    Atom,
    Block,
    Callee,
    Const,
    For,
    Function,
    Handler,
    If,
    Let,
    Loc,
    Param,
    Ref,
    Stmt,
    Try,
    Var,
    While,
    free_in,
)
from s2sad.ir.record import dataclass
from s2sad.ir.types import (
    UNKNOWN,
    Array,
    Dict,
    List,
    Obj,
    Tuple,
    dims_of,
    dtype_of,
    is_differentiable,
    is_number,
    tangent_type,
)
from s2sad.rules.registry import Rule, lookup

_CONTAINERS = (List, Tuple, Dict)
_SAME = frozenset({"copy", "getitem", "getattr", "unpack", "unpack_star", "iter_list"})
_LIST_EFFECTS = frozenset(
    {"append", "insert", "extend", "pop", "reverse", "get", "copy", "setdefault", "update", "fill", "clear"}
)


def needed_for(stmts: list[Stmt], results: list[Atom]) -> list[Stmt]:
    """The statements of a rule's body that the results depend on."""
    wanted = {a for a in results if isinstance(a, Var)}
    out: list[Stmt] = []
    for s in reversed(stmts):
        if isinstance(s, Let) and s.target is not None and s.target not in wanted:
            continue
        wanted.update(free_in(s))
        out.append(s)
    return out[::-1]


def _is_none(a: Atom) -> bool:
    return isinstance(a, Const) and a.value is None


_REAL = ("float", "int", "uint", "bool")


@dataclass(eq=False)
class Push(Callee):
    """The tangent function of one specialisation for a set of active parameters (what a ``Ref`` points at)."""

    spec: Spec
    active: tuple[bool, ...]
    name: str
    fn: Function | None = None

    def __repr__(self) -> str:
        return f"Push({self.name})"


class Pushes:
    """All tangent functions of a program, made on demand; recursion finds itself."""

    def __init__(self, program: Infer) -> None:
        self.program = program
        self.made: dict[tuple[Spec, tuple[bool, ...]], Push] = {}

    def get(self, spec: Spec, active: tuple[bool, ...], site: Loc | None = None, caller: str = "") -> Push:
        push = self.made.get((spec, active))
        if push is None:
            name = self.program.unique_name(f"{spec.name}_jvp")
            push = self.made[(spec, active)] = Push(spec, active, name)
            assert spec.fn is not None
            from s2sad.ad.expand import expand

            wanted = tuple(p.var for p, a in zip(spec.fn.params, active, strict=True) if a)
            with self.program.calling(site or spec.source.loc, caller or spec.name, push):
                fn = Forward(self.program, self, expand(spec.fn, frozenset({spec})), wanted).function(name)
                push.fn = fn if self.program.tidy is None else self.program.tidy(fn)
        else:
            self.program.again(push, site, caller)
        return push


def _free_name(name: str, params: list[Param]) -> str:
    while any(p.var.name == name for p in params):
        name += "_"
    return name


class Forward:
    """The transformation of one typed function for one set of active inputs."""

    def __init__(self, program: Infer, pushes: Pushes, fn: Function, active: tuple[Var, ...]) -> None:
        self.program, self.pushes, self.fn, self.active = program, pushes, fn, active
        self.activity: Activity = activity(fn, active)
        self.refused: set[Stmt] = set()
        refuse_escapes(fn, self.activity.varied, self.report)
        refuse_options(fn, self.activity.varied, self.report)
        self.info = alias(fn)
        stored_globals(fn, self.activity, self.report)
        self.memory = Memory(fn, self.info)
        self.selections = selections(fn)
        if not program.findings:  # what is refused may be what reads it
            refuse_values_in_exceptions(fn, self.activity, self.refuse)
        self.dots: dict[Var, Atom] = {}

    def function(self, name: str) -> Function:
        params = list(self.fn.params)
        for v in self.active:
            dot = Var(_free_name(f"{v.name}_dot", params), tangent_type(v.type))
            self.dots[v] = dot
            params.append(Param(dot))
        b = Builder(self.fn.loc)
        for p in self.fn.params:  # an argument without a tangent that something varied is stored into
            if self.is_active(p.var) and p.var not in self.dots and not is_number(p.var.type or UNKNOWN):
                self.bind(p.var, b, self.zero(b, p.var))
        self.statements(self.fn.body, b)
        if not self.program.findings:  # what made it unknown is refused already
            refuse_unknown_memory(self.memory, self.activity, self.refuse)
        result = self.fn.result
        b.loc = self.fn.loc
        both = b.emit("tuple", result, self.dot(b, result))
        fn = self.fn
        n = len(self.active)
        return Function(name, tuple(params), b.block(both), (), fn.doc, fn.loc, fn.lines, tangents=n)

    def refuse(self, code: str, message: str, loc: Loc, help: str = "") -> UnsupportedError:
        return UnsupportedError(self.program.finding(code, message, loc, self.fn, help))

    def report(self, code: str, message: str, s: Stmt, loc: Loc, help: str = "") -> None:
        """Refuse a statement and go on."""
        self.program.keep(self.program.finding(code, message, loc, self.fn, help))
        self.refused.add(s)

    # -- tangents --------------------------------------------------------------------------------------------------

    def is_active(self, a: Atom) -> bool:
        return a in self.activity

    def dot(self, b: Builder, a: Atom) -> Atom:
        """The tangent of an atom; a fresh zero of its structure where it does not vary."""
        if isinstance(a, Var) and a in self.dots:
            return self.dots[a]
        if a is UNDEF:
            return UNDEF
        return self.zero(b, a)

    def zero(self, b: Builder, a: Atom) -> Atom:
        t = type_of_atom(a)
        if is_number(t):
            return Const(0.0)
        if isinstance(t, Array) and is_differentiable(t):
            return b.call(np.zeros_like, "np.zeros_like", a)
        if isinstance(t, Tuple | List) and t.items == ():
            return b.emit("tuple" if isinstance(t, Tuple) else "list")  # it may grow
        if not is_differentiable(t) and not isinstance(t, Array):
            return Const(None)
        return b.call(rt.zero_tangent, "rt.zero_tangent", a, type=tangent_type(t))

    def name_of(self, v: Var) -> str:
        return f"{v.name}_dot" if v.name else ""

    def bind(self, v: Var, b: Builder, dot: Atom) -> None:
        """``dot`` is the tangent of ``v`` from here on; a fresh temporary takes its name."""
        if isinstance(dot, Var) and not dot.name and v.name and b.stmts:
            last = b.stmts[-1]
            if isinstance(last, Let) and last.target is dot:
                new = Var(self.name_of(v), dot.type)
                b.stmts[-1] = Let(new, last.op, last.args, last.kwnames, last.loc)
                dot = new
        self.dots[v] = dot

    # -- statements --------------------------------------------------------------------------------------------------

    def statements(self, block: Block, b: Builder) -> None:
        for s in block.stmts:
            b.loc = s.loc
            if isinstance(s, Let) and s in self.refused:
                continue
            try:
                self.statement(s, b)
            except UnsupportedError as error:  # go on, to find all that is refused
                self.program.keep_findings(error)

    def statement(self, s: Stmt, b: Builder) -> None:
        if isinstance(s, Let):
            self.let(s, b)
        elif isinstance(s, If):
            self.if_(s, b)
        elif isinstance(s, For | While):
            self.loop(s, b)
        else:
            self.try_(s, b)

    def region(self, block: Block, targets: tuple[Var, ...], keep: list[int], loc: Loc) -> Block:
        b = Builder(loc)
        self.statements(block, b)
        dots = tuple(self.dot(b, block.results[k]) for k in keep)
        n = len(targets)
        return Block(tuple(b.stmts), (*block.results[:n], *dots, *block.results[n:]))

    def active_positions(self, targets: tuple[Var, ...]) -> list[int]:
        return [k for k, t in enumerate(targets) if self.is_active(t)]

    def new_dots(self, targets: tuple[Var, ...], keep: list[int]) -> tuple[Var, ...]:
        out = []
        for k in keep:
            var = Var(self.name_of(targets[k]), tangent_type(targets[k].type))
            self.dots[targets[k]] = var
            out.append(var)
        return tuple(out)

    def if_(self, s: If, b: Builder) -> None:
        keep = self.active_positions(s.targets)
        then = self.region(s.then, s.targets, keep, s.loc)
        orelse = self.region(s.orelse, s.targets, keep, s.loc)
        b.append(If(s.test, then, orelse, s.targets + self.new_dots(s.targets, keep), s.loc))

    def loop(self, s: For | While, b: Builder) -> None:
        keep = self.active_positions(s.carried)
        init = tuple(self.dot(b, s.init[k]) for k in keep)
        carried = self.new_dots(s.carried, keep)
        body = self.region(s.body, s.carried, keep, s.loc)
        targets = self.new_dots(s.targets, keep)
        if isinstance(s, For):
            b.append(For(s.item, s.iter, s.carried + carried, s.init + init, body, s.targets + targets, s.stop, s.loc))
        else:
            b.append(While(s.carried + carried, s.init + init, s.cond, body, s.targets + targets, s.stop, s.loc))

    def try_(self, s: Try, b: Builder) -> None:
        keep = self.active_positions(s.targets)
        body = self.region(s.body, s.targets, keep, s.loc)
        handlers = tuple(Handler(h.types, h.name, self.region(h.body, s.targets, keep, s.loc)) for h in s.handlers)
        fb = Builder(s.loc)
        self.statements(s.final, fb)
        b.append(Try(body, handlers, s.targets + self.new_dots(s.targets, keep), fb.block(), s.loc))

    # -- Let -----------------------------------------------------------------------------------------------------------

    def let(self, s: Let, b: Builder) -> None:
        if s.op in ("setitem", "aug_setitem") or (s.op in INPLACE and s.target is None):
            self.store(s, b)
            return
        if s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Spec):
            self.spec_call(s, b)
            return
        if s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Gradient):
            derived.forward(self, s, b)
            return
        if s.op == "method":
            self.method(s, b)
            return
        if scatter.sign_of(s) is not None:
            scatter.forward(self, s, b)
            return
        b.append(s)
        if s.target is None:
            if s.op == "delitem" and isinstance(s.args[0], Var) and isinstance(s.args[0].type, List | Dict):
                if self.is_active(s.args[0]):
                    b.effect("delitem", self.dot(b, s.args[0]), s.args[1])
                return
            if s.op == "setattr" and self.is_stored(s):
                b.effect("setattr", self.dot(b, s.args[0]), s.args[1], self.dot(b, s.args[2]))
                return
            if s.op in ("setattr", "aug_setattr", "delitem") and any(self.is_active(a) for a in s.args):
                raise self.refuse("S2S061", "an attribute of an object is set to an active value", s.loc,
                                  "return the value instead")  # fmt: skip
            return
        if not self.is_active(s.target) or s.op == "closure":
            return
        self.bind(s.target, b, self.tangent_of(s, b))

    def is_stored(self, s: Let) -> bool:
        """Is this a store into an attribute of an object that the function has made?"""
        x = s.args[0]
        reach = {key for p in self.fn.params for key in self.info.chain(p.var)}
        return isinstance(x, Var) and isinstance(x.type, Obj) and self.is_active(x) and self.info.find(x) not in reach

    def tangent_of(self, s: Let, b: Builder) -> Atom:
        assert s.target is not None
        if s.op in _SAME:
            if not self.is_active(s.args[0]):
                return self.zero(b, s.target)
            return b.emit(s.op, self.dot(b, s.args[0]), *s.args[1:], type=tangent_type(s.target.type))
        if s.op in ("tuple", "list"):
            return b.emit(s.op, *(self.dot(b, a) for a in s.args), type=tangent_type(s.target.type))
        if s.op == "dict":
            flat: list[Atom] = []
            for key, value in zip(s.args[::2], s.args[1::2], strict=True):
                flat += [key, self.dot(b, value)]
            return b.emit("dict", *flat, type=tangent_type(s.target.type))
        if s.op in ("add", "mul", "or_") and isinstance(s.target.type, List | Tuple | Dict):
            # of lists, tuples and dicts these join and repeat: their tangents are joined and repeated as well
            parts = [self.parts_dot(b, a) if isinstance(type_of_atom(a), _CONTAINERS) else a for a in s.args]
            return b.emit(s.op, *parts, type=tangent_type(s.target.type))
        rule = rule_of(s)
        if rule is None:
            return self.without_rule(s, b)
        operands, static = split_args(s)
        if rule.kind == "nondiff" or not any(self.is_active(a) for a in operands):
            return self.zero(b, s.target)
        self.refuse_unequal(s, rule)
        return self.by_rule(rule, s, operands, static, b)

    def parts_dot(self, b: Builder, a: Atom) -> Atom:
        """The tangent of a list, a container too where nothing that it holds varies: ``[None] * n``."""
        dot = self.dot(b, a)
        empty = isinstance(dot, Const) and dot.value is None and isinstance(type_of_atom(a), _CONTAINERS)
        return b.call(rt.zero_tangent, "rt.zero_tangent", a, type=tangent_type(type_of_atom(a))) if empty else dot

    def without_rule(self, s: Let, b: Builder) -> Atom:
        callee = s.args[0]
        cls = callee.obj if isinstance(callee, Ref) else None
        if isinstance(cls, type) and issubclass(cls, tuple) and not unlike_tuple(cls):
            return b.emit("call", callee, *(self.dot(b, a) for a in s.args[1:]), type=tangent_type(s.target.type))  # type: ignore[union-attr]
        if cls is rt.make_object:  # the tangent of an object is an object of its class that holds the tangents
            dots = {k: self.attribute_dot(b, a) for k, a in s.kwargs.items()}
            return b.emit("call", *s.args[:2], kw=dots, type=tangent_type(s.target.type))  # type: ignore[union-attr]
        if cls in (list, tuple) and isinstance(s.args[1], Var):
            return b.emit("call", callee, self.parts_dot(b, s.args[1]), type=tangent_type(s.target.type))  # type: ignore[union-attr]
        reason = self.program.reason_at(s.loc) or f"there is no derivative rule for {getattr(callee, 'text', s.op)}"
        raise self.refuse("S2S020", f"an active value goes into a call that cannot be differentiated: {reason}", s.loc,
                          RULE_HELP)  # fmt: skip

    def attribute_dot(self, b: Builder, a: Atom) -> Atom:
        """The tangent of an attribute: 0 for an integer."""
        t = type_of_atom(a)
        return Const(0) if is_number(t) and not is_differentiable(t) else self.dot(b, a)

    def by_rule(self, rule: Rule, s: Let, operands: tuple[Atom, ...], static: dict[str, Atom], b: Builder) -> Atom:
        terms: list[Atom]
        if rule.kind == "elementwise":
            terms = self.elementwise(rule, s, operands, static, b)
        elif rule.kind == "linear":
            terms = [self.apply(s, (self.dot(b, operands[0]), *operands[1:]), b)]
        elif rule.kind == "bilinear":
            terms = []
            for k, a in enumerate(operands):
                if self.is_active(a):
                    terms.append(self.apply(s, (*operands[:k], self.dot(b, a), *operands[k + 1 :]), b))
        else:
            terms = self.general(rule, s, operands, static, b)
        total = terms[0]
        for t in terms[1:]:
            if isinstance(s.target.type if s.target else None, List | Tuple | Dict):
                total = b.call(rt.accumulate, "rt.accumulate", total, t, type=type_of_atom(total))
            else:
                total = b.emit("add", total, t)
        return self.like_result(total, rule, s, b)

    def elementwise(
        self, rule: Rule, s: Let, operands: tuple[Atom, ...], static: dict[str, Atom], b: Builder
    ) -> list[Atom]:
        assert s.target is not None and rule.body is not None
        body = self.program.load(rule.body)
        assert body is not None
        partials = one_sided(rule, s, [self.is_active(a) for a in operands], operands, b) or inline(
            self.program, body, (s.target, *operands), static, b
        )
        terms = []
        for a, partial in zip(operands, partials, strict=False):
            if self.is_active(a) and not _is_none(partial):
                if s.target in self.selections:
                    term: Atom = b.call(rt.masked_mul, "rt.masked_mul", partial, self.dot(b, a))
                else:
                    plain = raises_at_zero(s.op, operands)
                    term = product(b, rule, self.dot(b, a), partial, s.target, plain=plain)
                real = rule.real and not (dtype_of(type_of_atom(a)) or "complex").startswith(_REAL)
                terms.append(b.call(rt.as_kind, "rt.as_kind", term, s.target) if real else term)
        return terms or [self.zero(b, s.target)]

    def apply(self, s: Let, operands: tuple[Atom, ...], b: Builder) -> Atom:
        """The primitive itself, on other operands."""
        if s.op != "call":
            return b.emit(s.op, *operands)
        return b.emit(
            "call", s.args[0], *operands, kw=s.kwargs or None, type=tangent_type(s.target.type if s.target else None)
        )

    def general(
        self, rule: Rule, s: Let, operands: tuple[Atom, ...], static: dict[str, Atom], b: Builder
    ) -> list[Atom]:
        assert s.target is not None and rule.jvp is not None
        body = self.program.load(rule.jvp)
        assert body is not None
        if rule.varargs and aliasing(rule, s) == "maybe":  # linear in its one operand: where the value is a view, so is this
            return [self.apply(s, tuple(self.dot(b, a) if self.is_active(a) else a for a in operands), b)]
        if rule.varargs:
            terms = []
            for k, a in enumerate(operands):
                if self.is_active(a):
                    args = (self.dot(b, a), s.target, Const(k), *operands)
                    terms.append(inline_whole(self.program, body, args, static, b))
            return [t for t in terms if not _is_none(t)] or [self.zero(b, s.target)]
        dots = [
            self.dot(b, a) if self.is_active(a) or isinstance(type_of_atom(a), List | Tuple) else Const(0.0)
            for a in operands
        ]
        if len(operands) == 1:
            return [inline_whole(self.program, body, (*dots, s.target, *operands), static, b)]
        inner = Builder(b.loc)
        all_terms = inline(self.program, body, (*dots, s.target, *operands), static, inner)
        kept = [t for t, a in zip(all_terms, operands, strict=False) if self.is_active(a) and not _is_none(t)]
        b.extend(needed_for(inner.stmts, kept))  # the terms of operands that do not vary are not even computed
        return kept or [self.zero(b, s.target)]

    def refuse_unequal(self, s: Let, rule: Rule) -> None:
        """The value may be its operand itself, and its tangent is new memory: they would part at the first store."""
        if rule.kind in ("elementwise", "general") and aliasing(rule, s) == "maybe" and self.shares(s):
            if not (isinstance(s.args[0], Ref) and s.args[0].obj is np.einsum):
                name = getattr(s.args[0], "text", s.op)
                message = f"{name} may give its operand itself, which is stored into"
                raise self.refuse("S2S060", message, s.loc, "copy it first")

    def shares(self, s: Let) -> bool:
        """Is the memory of the result, or of an operand, stored into?"""
        return any(self.info.is_mutated(a) for a in (s.target, *s.args) if isinstance(a, Var))

    def like_result(self, dot: Atom, rule: Rule, s: Let, b: Builder) -> Atom:
        """Broadcast a tangent to the shape of the value where an operand that does not vary is larger."""
        assert s.target is not None
        t, d = s.target.type or UNKNOWN, type_of_atom(dot)
        if is_number(t):
            return dot
        if aliasing(rule, s) != "fresh" and self.shares(s):
            return dot  # the value is a view, so is its tangent: stores into the memory have to show in both
        if isinstance(d, Array) and aliasing(rule, s) == "fresh" and self.shares(s):
            dot = b.call(np.array, "np.array", dot, type=d)  # the value is new memory, so is its tangent
        if isinstance(t, Array) and isinstance(d, Array):
            mine, its = dims_of(d), dims_of(t)
            if mine is not None and its is not None and len(mine) == len(its) and all(
                m == i or (m is not None and i is not None and m.not_one and i.not_one)
                for m, i in zip(mine, its, strict=True)
            ):
                return dot
        if isinstance(t, List | Dict | Tuple):
            if aliasing(rule, s) == "fresh" and self.info.deep_mutated(s.target):
                return b.call(rt.copy, "rt.copy", dot, type=d)
            return dot
        wide = b.call(rt.spread_to, "rt.spread_to", dot, s.target, type=tangent_type(t))
        if aliasing(rule, s) == "fresh" and self.info.is_mutated(s.target):  # what was broadcast cannot be stored into
            return b.call(np.array, "np.array", wide, type=tangent_type(t))
        return wide

    # -- stores and methods ------------------------------------------------------------------------------------------

    def store(self, s: Let, b: Builder) -> None:
        x = s.args[0]
        if not isinstance(x, Var) or not self.is_active(x):
            if any(self.is_active(a) for a in s.args[1:]):
                raise self.refuse(*UNKNOWN_STORE, s.loc)
            b.append(s)
            return
        x_dot = self.dot(b, x)
        if s.op == "setitem":
            b.extend(overlap.check(s, self.info, self.memory))
            b.append(s)
            value = s.args[2]
            b.effect(
                "setitem",
                x_dot,
                s.args[1],
                self.dot(b, value) if self.is_active(value) else self.zero_into(b, x, value),
            )
            return
        i: Atom = Const(Ellipsis) if s.op in INPLACE else s.args[1]
        v = s.args[1] if s.op in INPLACE else s.args[2]
        op = INPLACE[s.op] if s.op in INPLACE else str(s.args[3].value)  # type: ignore[union-attr]
        if isinstance(x.type, List | Dict):
            b.append(s)
            added = v if s.op == "imul" else self.parts_dot(b, v)  # the list of tangents is repeated as often
            b.effect(s.op, x_dot, *((added,) if s.op in INPLACE else (i, added, Const(op))))
            return
        if op in ("add", "sub"):
            dot = self.dot(b, v) if self.is_active(v) else None
            if isinstance(dot, Var) and isinstance(dot.type, Array):  # v may be a view of x
                dot = b.call(np.array, "np.array", dot)
            b.append(s)
            if dot is not None:
                b.effect("aug_setitem", x_dot, i, dot, Const(op))
            return
        self.aug_general(s, x, x_dot, i, v, op, b)

    def zero_into(self, b: Builder, x: Var, value: Atom) -> Atom:
        return Const(0.0) if isinstance(x.type, Array) or is_number(type_of_atom(value)) else self.parts_dot(b, value)

    def aug_general(self, s: Let, x: Var, x_dot: Atom, i: Atom, v: Atom, op: str, b: Builder) -> None:
        rule = lookup(op)
        if rule is not None and rule.kind == "nondiff":
            b.effect("setitem", x_dot, i, Const(0.0))
            b.append(s)
            return
        if rule is None or rule.kind not in ("elementwise", "bilinear") or rule.body is None:
            raise self.refuse("S2S064", f"in-place {op} on an active array", s.loc, "write the operation out of place")
        body = self.program.load(rule.body)
        assert body is not None
        old = b.emit("getitem", x, i)
        if rule.kind == "bilinear":
            total: Atom = b.emit(op, b.emit("getitem", x_dot, i), v)
            if self.is_active(v):
                total = b.emit("add", total, b.emit(op, old, self.dot(b, v)))
            b.effect("setitem", x_dot, i, total)
            b.append(s)
            return
        new = b.emit(op, old, v)
        partials = inline(self.program, body, (new, old, v), {}, b)
        old_dot = b.emit("getitem", x_dot, i)
        total = product(b, rule, old_dot, partials[0], new)
        if self.is_active(v):
            total = b.emit("add", total, product(b, rule, self.dot(b, v), partials[1], new))
        b.effect("setitem", x_dot, i, total)
        b.append(s)

    def method(self, s: Let, b: Builder) -> None:
        x, name = s.args[0], str(getattr(s.args[1], "value", ""))
        if name == "sort" and isinstance(x, Var) and self.is_active(x):
            self.sort(s, x, b)
            return
        b.append(s)
        if not any(self.is_active(a) for a in (*s.args, s.target) if a is not None) or (is_logger(x) and s.target is None):
            return
        if not isinstance(x, Var) or not self.is_active(x) or name not in _LIST_EFFECTS:
            changes = isinstance(x, Var) and self.is_active(x) and name in MUTATING_METHODS
            if s.target is not None and not self.is_active(s.target) and not changes:
                return
            raise self.refuse(
                "S2S020", f"the method {name} has no derivative rule", s.loc, "use a NumPy function instead"
            )
        values: tuple[Any, ...] = s.args[2:]
        if name in ("append", "fill", "extend", "update"):
            values = tuple(self.parts_dot(b, a) for a in values)
        elif name in ("insert", "setdefault", "get"):
            values = (values[0], *(self.dot(b, a) for a in values[1:]))
        if s.target is None:
            b.effect("method", self.dot(b, x), Const(name), *values)
        else:
            out = b.emit("method", self.dot(b, x), Const(name), *values, type=tangent_type(s.target.type))
            self.bind(s.target, b, out)

    def sort(self, s: Let, x: Var, b: Builder) -> None:
        """``x.sort()``: the tangent is permuted alike."""
        if isinstance(x.type, Array):
            axis = s.kwargs.get("axis", s.args[2] if len(s.posargs) > 2 else Const(-1))
            order = b.call(np.argsort, "np.argsort", x, kw={"axis": axis, "kind": Const("stable")})
            moved = b.call(np.take_along_axis, "np.take_along_axis", self.dot(b, x), order, axis, type=x.type)
            b.effect("setitem", self.dot(b, x), Const(Ellipsis), moved)
        else:
            order = b.call(rt.sort_order, "rt.sort_order", x, kw=s.kwargs or None)
            b.effect("call", Ref(rt.sort_list, "rt.sort_list"), self.dot(b, x), order)
        b.append(s)

    # -- calls -------------------------------------------------------------------------------------------------------

    def spec_call(self, s: Let, b: Builder) -> None:
        callee = s.args[0]
        assert isinstance(callee, Ref)
        spec: Spec = callee.obj
        args = s.args[1:]
        active = tuple(self.is_active(a) for a in args)
        if not any(active):
            b.append(s)
            return
        push = self.pushes.get(spec, active, s.loc, self.fn.name)
        dots = tuple(self.dot(b, a) for a, is_active in zip(args, active, strict=True) if is_active)
        value_type = (s.target.type if s.target is not None else None) or UNKNOWN
        both = b.emit("call", Ref(push, push.name), *args, *dots, type=Tuple((value_type, tangent_type(value_type))))
        if s.target is None:
            return
        parts = b.emit("unpack", both, Const(2), type=both.type)
        b.append(Let(s.target, "getitem", (parts, Const(0)), (), s.loc))
        if self.is_active(s.target):
            self.dots[s.target] = b.emit("getitem", parts, Const(1), name=self.name_of(s.target))
