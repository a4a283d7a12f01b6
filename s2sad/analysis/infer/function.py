"""One function: statements in order, control flow, loops to a fixpoint of the carried types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from s2sad.analysis.infer import calls, iteration, operations
from s2sad.analysis.infer.program import Infer, Spec
from s2sad.analysis.optypes import op_type, truth, type_of_atom
from s2sad.analysis.unionfind import untyped_classes
from s2sad.ir.nodes import (
    NOWHERE,
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
from s2sad.ir.types import NEVER, UNKNOWN, Array, Func, List, RefT, Type, Unknown, join, join_all, widen

_ROUNDS = 10


@dataclass(eq=False)
class Growth:
    """What a mutated list or dict holds: the join of everything stored into it."""

    item: Type = NEVER


class Restart(Exception):  # noqa: N818 - control flow, never seen by users
    """A list was found to be mutated after its type was used with a fixed length."""


class FunctionInfer:
    """Infers one ``Spec``. ``env`` maps the untyped variables to typed atoms."""

    def __init__(self, program: Infer, spec: Spec) -> None:
        self.program = program
        self.spec = spec
        self.source = spec.source
        self.env: dict[Var, Atom] = {}
        self.out: list[Stmt] = []
        self.loc: Loc = NOWHERE
        self.classes = untyped_classes(spec.source.body)
        self.growth: dict[Any, Growth] = {}  # class of a mutated container -> its elements
        self.changed = False
        self.origin: dict[Var, Var] = {}  # typed var -> untyped var it stands for
        self.reset()

    def reset(self) -> None:
        self.env, self.out = {}, []
        self.tuples: dict[Var, tuple[Atom, ...]] = {}  # typed var -> the atoms it was built from
        self.closures: dict[Var, tuple[Function, tuple[Atom, ...]]] = {}
        self.recipes: dict[Var, tuple[str, tuple[Atom, ...]]] = {}  # zip, enumerate... not yet iterated
        self.stars: dict[Var, Atom] = {}  # marker of a starred argument -> what is starred

    # -- whole function ------------------------------------------------------------------------------------------

    def run(self) -> tuple[Function, Type]:
        for _ in range(_ROUNDS):
            self.reset()
            self.changed = False
            try:
                params = self.bind_params()
                body = self.block(self.source.body)
            except Restart:
                continue
            if not self.changed:
                break
        result = body.results[0] if body.results else UNDEF
        fn = Function(self.spec.name, params, body, (), self.source.doc, self.source.loc, self.source.lines)
        return fn, type_of_atom(result)

    def bind_params(self) -> tuple[Param, ...]:
        params: list[Param] = []
        untyped = [*self.source.params, *(Param(v) for v in self.source.captured)]
        for p, t in zip(untyped, self.spec.arg_types, strict=True):
            if isinstance(t, RefT):
                text = getattr(t.obj, "__name__", p.var.name)
                self.env[p.var] = calls.reference(t.obj, text)
                if self.spec.entry:
                    params.append(Param(Var(p.var.name, t), p.kind, p.default))
                continue
            if isinstance(t, Func):
                captured = tuple(Var(v.name, ct) for v, ct in zip(t.fn.captured, t.captured, strict=True))
                var = Var(p.var.name, t)
                self.closures[var] = (t.fn, captured)
                self.env[p.var] = var
                params.extend(Param(c) for c in captured)
                continue
            grown = self.growth.get(self.classes.find(p.var))
            var = Var(p.var.name, operations.grown_type(t, grown.item) if grown else t)
            self.origin[var] = p.var
            self.env[p.var] = var
            params.append(Param(var, p.kind, p.default))
        return tuple(params)

    # -- helpers -------------------------------------------------------------------------------------------------

    def atom(self, a: Atom) -> Atom:
        return self.env.get(a, UNDEF) if isinstance(a, Var) else a

    def type(self, a: Atom) -> Type:
        return type_of_atom(a)

    def emit(self, op: str, *args: Atom, kwnames: tuple[str, ...] = (), name: str = "", type: Type | None = None) -> Var:
        t = type if type is not None else op_type(op, tuple(self.type(a) for a in args))
        target = Var(name, t)
        self.out.append(Let(target, op, args, kwnames, self.loc))
        if op in ("tuple", "list"):
            self.tuples[target] = args
        return target

    def is_star(self, a: Atom) -> bool:
        return isinstance(a, Var) and a in self.stars

    def effect(self, op: str, *args: Atom, kwnames: tuple[str, ...] = ()) -> None:
        self.out.append(Let(None, op, args, kwnames, self.loc))

    def refuse(self, code: str, message: str, help: str = "", loc: Loc | None = None) -> None:
        self.program.add_finding(code, message, loc or self.loc, self.source, help)

    # -- statements ----------------------------------------------------------------------------------------------

    def block(self, b: Block) -> Block:
        saved, self.out = self.out, []
        alive = self.statements(b)
        results = tuple(self.atom(a) if alive else UNDEF for a in b.results)
        block = Block(tuple(self.out), results)
        self.out = saved
        return block

    def statements(self, b: Block) -> bool:
        """Infer statements into ``out``; False when the end is never reached (a raise)."""
        for s in b.stmts:
            self.loc = getattr(s, "loc", self.loc)
            if isinstance(s, Let):
                operations.let(self, s)
                if s.op == "raise_":
                    return False
            elif isinstance(s, If):
                if not self.if_(s):
                    return False
            elif isinstance(s, For):
                iteration.for_(self, s)
            elif isinstance(s, While):
                self.while_(s)
            else:
                self.try_(s)
        return True

    def if_(self, s: If) -> bool:
        test = self.atom(s.test)
        known = truth(self.type(test))
        if known is not None:
            branch = s.then if known else s.orelse
            alive = self.statements(branch)
            for t, a in zip(s.targets, branch.results, strict=True):
                self.env[t] = self.atom(a) if alive else UNDEF
            return alive
        then, orelse = self.block(s.then), self.block(s.orelse)
        keep: list[tuple[Var, Atom, Atom]] = []
        for t, a, b in zip(s.targets, then.results, orelse.results, strict=True):
            if a is b and a is not UNDEF:
                self.env[t] = a
                continue
            self.env[t] = self.new(t, self.join_branches(a, b))
            keep.append((self.env[t], a, b))  # type: ignore[arg-type]
        self.out.append(
            If(
                test,
                Block(then.stmts, tuple(a for _, a, _ in keep)),
                Block(orelse.stmts, tuple(b for _, _, b in keep)),
                tuple(t for t, _, _ in keep),
                s.loc,
            )
        )
        return not (_raises(then) and _raises(orelse))

    def join_branches(self, a: Atom, b: Atom) -> Type:
        ta, tb = self.type(a), self.type(b)
        # a closure that depends on a branch loses what it captured: only a known callee can be compiled
        if isinstance(ta, Func) or isinstance(tb, Func):
            return ta if tb == NEVER else tb if ta == NEVER else UNKNOWN
        return join(ta, tb)

    def new(self, untyped: Var, t: Type) -> Var:
        var = Var(untyped.name, t)
        self.origin[var] = untyped
        return var

    # -- loops ---------------------------------------------------------------------------------------------------

    def carry(self, s: For | While, infer_body: Any) -> tuple[tuple[Var, ...], tuple[Atom, ...], Any, list[int]]:
        """Types of the carried values to a fixpoint. ``infer_body()`` gives the body block (and more). Returns carried
        variables, inits, what ``infer_body`` returned, and the positions in ``s.carried`` that are really carried."""
        inits = [self.atom(a) for a in s.init]
        types = [widen(self.type(a)) for a in inits]
        fixed: set[int] = set()
        for round_ in range(_ROUNDS):
            carried: list[Var | None] = []
            for k, (c, a, t) in enumerate(zip(s.carried, inits, types, strict=True)):
                var = None if k in fixed else self.new(c, t)
                carried.append(var)
                self.env[c] = a if var is None else var
            out = infer_body()
            body: Block = out[0]
            nexts = body.results[: len(s.carried)]
            trivial = {k for k, v in enumerate(carried) if v is not None and nexts[k] is v and inits[k] is not UNDEF}
            if trivial:
                fixed |= trivial
                continue
            joined = [join(t, widen(self.type(a))) for t, a in zip(types, nexts, strict=True)]
            if round_ > 3:
                joined = [j if j == t else _forget_dims(j) for j, t in zip(joined, types, strict=True)]
            if all(j == t for k, (j, t) in enumerate(zip(joined, types, strict=True)) if k not in fixed):
                break
            types = joined
        kept = [k for k in range(len(s.carried)) if k not in fixed]
        for k in fixed:
            self.env[s.targets[k]] = inits[k]
        return tuple(v for v in carried if v is not None), tuple(inits[k] for k in kept), out, kept

    def finish_loop(self, s: For | While, carried: tuple[Var, ...], kept: list[int], body: Block) -> tuple[Any, Block]:
        """Targets after the loop, and the body with the results of the values that are really carried."""
        targets = []
        for k, c in zip(kept, carried, strict=True):
            t = self.new(s.targets[k], c.type or UNKNOWN)
            self.env[s.targets[k]] = t
            targets.append(t)
        stop = body.results[len(s.carried) :]
        return tuple(targets), Block(body.stmts, tuple(body.results[k] for k in kept) + stop)

    def while_(self, s: While) -> None:
        def infer_body() -> tuple[Block, Block]:
            cond = self.block(s.cond)
            return self.block(s.body), cond

        carried, inits, (body, cond), kept = self.carry(s, infer_body)
        targets, body = self.finish_loop(s, carried, kept, body)
        self.out.append(While(carried, inits, cond, body, targets, s.stop, s.loc))

    def try_(self, s: Try) -> None:
        body = self.block(s.body)
        handlers = []
        for h in s.handlers:
            name = None
            if h.name is not None:
                name = self.new(h.name, UNKNOWN)
                self.env[h.name] = name
            handlers.append(Handler(None if h.types is None else self.atom(h.types), name, self.block(h.body)))
        ends = [body, *(h.body for h in handlers)]
        targets = []
        for k, t in enumerate(s.targets):
            var = self.new(t, join_all(self.type(b.results[k]) for b in ends))
            self.env[t] = var
            targets.append(var)
        self.out.append(Try(body, tuple(handlers), tuple(targets), self.block(s.final), s.loc))


def _raises(b: Block) -> bool:
    return bool(b.stmts) and isinstance(b.stmts[-1], Let) and b.stmts[-1].op == "raise_"


def _forget_dims(t: Type) -> Type:
    if isinstance(t, Array) and t.dims is not None:
        return Array(t.dtype, tuple(None for _ in t.dims))
    if isinstance(t, List):
        return List(t.item, None)
    return t


__all__ = ["Const", "FunctionInfer", "Ref", "Restart", "Unknown"]
