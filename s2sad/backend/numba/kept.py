"""What a call of a function that calls itself keeps for its adjoint lies in two lists, of floats and of whole numbers.

*before*::

    def f_fwd(x, n):
        t, res = f_fwd(x, n - 1)
        residuals = t, n, res
        return x * t, residuals

    def f_adj(residuals, y_bar):
        t, n, res = residuals
        return y_bar * t + f_adj(res, y_bar * n)

*after*::

    def f_fwd(x, n, floats, ints):
        t, res = f_fwd(x, n - 1, floats, ints)
        residuals = length_of(ints)
        appended(ints, length_of(floats))
        appended(floats, t)
        appended(ints, n)
        appended(ints, res)
        return x * t, residuals

    def f_adj(residuals, y_bar, floats, ints):
        t = kept_float(floats, ints, residuals, 0)
        n = kept_int(ints, residuals, 0)
        res = kept_int(ints, residuals, 1)
        return y_bar * t + f_adj(res, y_bar * n, floats, ints)

As a tuple, it would be of another type at each depth. Whoever calls such a function from outside makes the lists, and hands
them on to its own adjoint. Only numbers are kept this way; what keeps arrays is refused (``recursion.py``).
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba.boundary import callee_names
from s2sad.backend.numba.detach import copied_residuals
from s2sad.backend.numba.facts import DTYPES, calls, const
from s2sad.backend.numba.support import NATIVE
from s2sad.ir.nodes import (
    UNDEF,
    Atom,
    Block,
    Callee,
    Const,
    For,
    Function,
    If,
    Let,
    Param,
    Ref,
    Stmt,
    Try,
    Var,
    While,
    blocks_of,
    replace,
    targets_of,
    walk,
)  # fmt: skip
from s2sad.ir.rewrite import subst_atom, subst_heads, with_args, with_blocks
from s2sad.ir.types import BOOL, FLOAT, INT, List, Scalar, Tuple, Type, widen

FLOATS, INTS = List(FLOAT), List(INT)


def kept_in_lists(functions: Sequence[Function]) -> list[Function]:
    """The functions; those of pairs that call themselves keep numbers in lists."""
    if not any(f.name.endswith("_fwd") and f.name in callee_names(f) for f in functions):
        return list(functions)
    functions = list(map(copied_residuals, functions))
    table = {f.name: f for f in functions}
    pairs = {
        f.name: kinds for f in functions
        if f.name.endswith("_fwd") and f.name in callee_names(f) and (kinds := _kinds(f, table)) is not None
    }  # fmt: skip
    if not pairs:
        return list(functions)
    return [_Rewrite(f, pairs, table).run() for f in functions]


def _kinds(f: Function, table: Mapping[str, Function]) -> list[str] | None:
    """What each residual is: the dtype of a number, or "kept" for what an inner call keeps; None where there are others."""
    adjoint = table.get(f.name.removesuffix("_fwd") + "_adj")
    made = _made(f)
    if adjoint is None or made is None or not adjoint.params or adjoint.params[0].var.name != "residuals":
        return None
    held = _held(f, {f.name})
    kinds = []
    for a in made.args:
        t = widen(type_of_atom(a))
        if a in held:
            kinds.append("kept")
        elif isinstance(t, Scalar) and t.dtype in DTYPES:
            kinds.append(t.dtype)
        else:
            return None
    return kinds


def _made(f: Function) -> Let | None:
    """The statement that makes the residuals of a forward function."""
    made = {s.target: s for s in f.body.stmts if isinstance(s, Let) and s.op == "tuple"}
    pair = made.get(f.result) if isinstance(f.result, Var) else None
    if pair is None or len(pair.args) != 2 or not isinstance(pair.args[1], Var):
        return None
    return made.get(pair.args[1])


def _held(f: Function, pairs: set[str]) -> set[Atom]:
    """The variables that stand for what calls of these functions keep."""
    out: set[Atom] = set()
    results: set[Atom] = set()
    tuples: dict[Atom, tuple[Atom, ...]] = {}  # and those that rt.detached gives back
    for _ in range(2):  # once more for what a later statement shows of an earlier one
        for s in walk(f.body):
            if isinstance(s, Let) and s.target is not None:
                if _callee(s) in pairs or (s.op == "unpack" and s.args[0] in results):
                    results.add(s.target)
                elif s.op == "getitem" and s.args[0] in results and const(s.args[1]) == 1:
                    out.add(s.target)
                elif s.op == "tuple":
                    tuples[s.target] = s.args
                elif calls(s, rt.detached) or (s.op == "unpack" and s.args[0] in tuples):
                    tuples[s.target] = tuples.get(s.args[1 if s.op == "call" else 0], ())
                elif s.op == "getitem" and s.args[0] in tuples and isinstance(k := const(s.args[1]), int):
                    out.update([s.target] if tuples[s.args[0]][k : k + 1] and tuples[s.args[0]][k] in out else [])
        for s in reversed(walk(f.body)):
            if isinstance(s, If):
                for b in (s.then, s.orelse):
                    out.update(t for t, a in zip(s.targets, b.results, strict=True) if a in out)
    return out


def _callee(s: Let) -> str | None:
    ref = s.args[0] if s.op == "call" else None
    return ref.text if isinstance(ref, Ref) and isinstance(ref.obj, Callee) else None


class _Rewrite:
    def __init__(self, fn: Function, pairs: Mapping[str, list[str]], table: Mapping[str, Function]) -> None:
        self.fn, self.pairs = fn, pairs
        self.env: dict[Var, Atom] = {}
        self.floats, self.ints = Var("floats", FLOATS), Var("ints", INTS)
        self.forward = fn.name in pairs
        self.kinds = pairs.get(fn.name.removesuffix("_adj") + "_fwd") if fn.name.endswith("_adj") else None
        self.sources: set[Atom] = set()
        self.adjoints = {name.removesuffix("_fwd") + "_adj" for name in pairs}
        self.made = _made(fn) if fn.name.endswith("_fwd") else None
        names = set(callee_names(fn))
        self.outer = not self.forward and self.kinds is None and bool(names & (set(pairs) | self.adjoints))
        partner = table.get(fn.name.removesuffix("_adj") + "_fwd") if fn.name.endswith("_adj") else None
        self.given = partner is not None and self.outer
        held = _held(fn, set(pairs))
        self.places: set[int] = set()  # of what inner calls kept, among the residuals
        self.left: tuple[Type, ...] = ()  # the types of all residuals
        if self.given and partner is not None:
            held |= self._given(partner)
        for v in held:
            assert isinstance(v, Var)
            self.env[v] = Var(v.name, INT)

    def _given(self, partner: Function) -> set[Atom]:
        """What the forward function left of inner calls."""
        made, held = _made(partner), _held(partner, set(self.pairs))
        if made is None:
            return set()
        self.left = tuple(INT if a in held else type_of_atom(a) for a in made.args)
        self.places = {k for k, a in enumerate(made.args) if a in held}
        sources: set[Atom] = {self.fn.params[0].var}
        out: set[Atom] = set()
        for s in walk(self.fn.body):
            if isinstance(s, Let) and s.target is not None and s.args and s.args[0] in sources:
                if s.op == "unpack":
                    sources.add(s.target)
                elif s.op == "getitem" and const(s.args[1]) in self.places:
                    out.add(s.target)
        return out

    def run(self) -> Function:
        fn = self.fn
        if not (self.forward or self.kinds is not None or self.outer):
            return fn
        params = fn.params
        head = Builder(fn.loc)
        if self.kinds is not None:
            own = Var("kept", INT)
            self.sources.add(params[0].var)
            self.env[params[0].var] = own
            params = (replace(params[0], var=own), *params[1:])
        if self.outer and not self.given:
            for v, name in ((self.floats, "no_floats"), (self.ints, "no_ints")):
                head.append(Let(v, "call", (Ref(NATIVE, name),), (), fn.loc))
        elif not self.outer:
            params = (*params, Param(self.floats), Param(self.ints))
        else:
            params = self._taken(head, params)
        body = self.block(fn.body)
        return replace(fn, params=params, body=Block((*head.stmts, *body.stmts), body.results))

    def _taken(self, b: Builder, params: tuple[Param, ...]) -> tuple[Param, ...]:
        """The lists, out of the residuals of an outer function."""
        items = self.left
        own = Var(params[0].var.name, Tuple((*items, FLOATS, INTS)))
        self.env[params[0].var] = own
        for k, v in enumerate((self.floats, self.ints)):
            b.append(Let(v, "getitem", (own, Const(len(items) + k)), (), b.loc))
        return (replace(params[0], var=own), *params[1:])

    # -- the walk ---------------------------------------------------------------------------------------------------
    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            b = Builder(s.loc)
            if isinstance(s, Let):
                self.let(b, s)
            else:
                b.append(self.region(s))
            out += b.stmts
        return Block(tuple(out), tuple(subst_atom(a, self.env) for a in block.results))

    def var(self, v: Var) -> Var:
        new = self.env.get(v, v)
        return new if isinstance(new, Var) else v

    def region(self, s: Stmt) -> Stmt:
        done = with_blocks(subst_heads(s, self.env), tuple(map(self.block, blocks_of(s))))
        targets = tuple(map(self.var, targets_of(s)))
        if isinstance(done, For | While):
            return replace(done, targets=targets, carried=tuple(map(self.var, done.carried)))
        return replace(done, targets=targets) if isinstance(done, If | Try) else done

    def let(self, b: Builder, s: Let) -> None:
        name = _callee(s)
        if name in self.pairs or name in self.adjoints:
            assert name is not None
            args = tuple(subst_atom(a, self.env) for a in s.args[1:])
            target = s.target
            if s.target is not None and name in self.pairs:
                target = Var(s.target.name, _pair(s.target.type))
                self.env[s.target] = target
            b.append(Let(target, "call", (Ref(NATIVE, name), *args, self.floats, self.ints), s.kwnames, s.loc))
        elif s is self.made and self.forward:
            self.keep(b, s)
        elif s is self.made and self.outer:
            args = (*(subst_atom(a, self.env) for a in s.args), self.floats, self.ints)
            assert s.target is not None
            target = self.env[s.target] = Var(s.target.name, Tuple(tuple(map(type_of_atom, args))))
            b.append(Let(target, "tuple", args, (), s.loc))
        elif s.args and s.args[0] in self.sources and s.target is not None and s.op in ("unpack", "getitem"):
            self.read(b, s)
        else:
            self.other(b, s)

    def other(self, b: Builder, s: Let) -> None:
        done = with_args(s, tuple(subst_atom(a, self.env) for a in s.args))
        if s.target is not None:
            target = self.var(s.target)
            first = done.args[0] if done.args else None
            if s.op == "unpack" and isinstance(first, Var) and first is not s.args[0] and isinstance(first.type, Tuple):
                done = with_args(done, (first, Const(len(first.type.items))))
                target = self.env[s.target] = Var(s.target.name, first.type)
            elif s.op == "tuple" and s.target is self.fn.result and self.made is not None:
                target = self.env[s.target] = Var(s.target.name, Tuple(tuple(map(type_of_atom, done.args))))
            done = replace(done, target=target)
        b.append(done)

    def keep(self, b: Builder, s: Let) -> None:
        assert s.target is not None
        place = self.env[s.target] = b.emit("call", Ref(NATIVE, "length_of"), self.ints, type=INT, name="kept")
        b.effect("call", Ref(NATIVE, "appended"), self.ints, b.emit("call", Ref(NATIVE, "length_of"), self.floats, type=INT))
        for a, kind in zip(s.args, self.pairs[self.fn.name], strict=True):
            value = subst_atom(a, self.env)
            if value is UNDEF or (isinstance(value, Const) and value.value is None):
                value = Const(0.0 if kind == "float64" else 0)
            elif kind == "bool":
                value = b.call(builtins.int, "int", value, type=INT)
            b.effect("call", Ref(NATIVE, "appended"), self.floats if kind == "float64" else self.ints, value)
        assert isinstance(place, Var)

    def read(self, b: Builder, s: Let) -> None:
        assert self.kinds is not None and s.target is not None
        if s.op == "unpack":
            self.sources.add(s.target)
            return
        k = const(s.args[1])
        kind = self.kinds[k]
        at = Const(sum((other == "float64") == (kind == "float64") for other in self.kinds[:k]))
        own = self.env[self.fn.params[0].var]
        if kind == "float64":
            b.append(Let(s.target, "call", (Ref(NATIVE, "kept_float"), self.floats, self.ints, own, at), (), s.loc))
            return
        value = b.emit("call", Ref(NATIVE, "kept_int"), self.ints, own, at, type=INT, name=s.target.name)
        self.env[s.target] = b.emit("ne", value, Const(0), type=BOOL, name=s.target.name) if kind == "bool" else value


def _pair(t: Type | None) -> Type:
    assert isinstance(t, Tuple)
    return Tuple((t.items[0], INT))


__all__ = ["kept_in_lists"]
