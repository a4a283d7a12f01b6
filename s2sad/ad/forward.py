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

import numpy as np

from s2sad import runtime as rt
from s2sad.ad import derived, overlap, pushes, scatter, tangent_stores, tangents
from s2sad.ad.exceptions import refuse_values_in_exceptions
from s2sad.ad.memory import Memory, refuse_unknown_memory, stored_globals
from s2sad.ad.pushes import Pushes, free_name
from s2sad.ad.sweep import Sweep
from s2sad.analysis.build import Builder
from s2sad.analysis.infer.program import Gradient, Infer, Spec
from s2sad.analysis.masked import selections
from s2sad.analysis.optypes import INPLACE, type_of_atom
from s2sad.errors import UnsupportedError
from s2sad.ir.nodes import (
    UNDEF,
    Atom,
    Block,
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
)
from s2sad.ir.types import UNKNOWN, Array, Dict, List, Obj, Tuple, is_differentiable, is_number, tangent_type

_CONTAINERS = (List, Tuple, Dict)


class Forward(Sweep):
    """The transformation of one typed function for one set of active inputs."""

    def __init__(self, program: Infer, made: Pushes, fn: Function, active: tuple[Var, ...]) -> None:
        super().__init__(program, fn, active)
        self.pushes, self.active = made, active
        stored_globals(fn, self.activity, self.report)
        self.memory = Memory(fn, self.info)
        self.seen_by_order = tangents.seen_by_order(fn, self.info)
        self.selections = selections(fn)
        if not program.findings:  # what is refused may be what reads it
            refuse_values_in_exceptions(fn, self.activity, self.refuse)
        self.dots: dict[Var, Atom] = {}

    def function(self, name: str) -> Function:
        params = list(self.fn.params)
        for v in self.active:
            dot = Var(free_name(f"{v.name}_dot", params), tangent_type(v.type))
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

    # -- tangents --------------------------------------------------------------------------------------------------

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
            tangent_stores.store(self, s, b)
            return
        if s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Spec):
            pushes.call(self, s, b)
            return
        if s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Gradient):
            derived.forward(self, s, b)
            return
        if s.op == "method":
            tangent_stores.method(self, s, b)
            return
        if scatter.sign_of(s) is not None:
            scatter.forward(self, s, b)
            return
        if s.target is None and overlap.is_needless(s, self.info):
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
        self.bind(s.target, b, tangents.tangent_of(self, s, b))

    def is_stored(self, s: Let) -> bool:
        """Is this a store into an attribute of an object that the function has made?"""
        x = s.args[0]
        reach = {key for p in self.fn.params for key in self.info.chain(p.var)}
        return isinstance(x, Var) and isinstance(x.type, Obj) and self.is_active(x) and self.info.find(x) not in reach

    def parts_dot(self, b: Builder, a: Atom) -> Atom:
        """The tangent of a list, a container too where nothing that it holds varies: ``[None] * n``."""
        dot = self.dot(b, a)
        empty = isinstance(dot, Const) and dot.value is None and isinstance(type_of_atom(a), _CONTAINERS)
        return b.call(rt.zero_tangent, "rt.zero_tangent", a, type=tangent_type(type_of_atom(a))) if empty else dot
