"""Values that exceptions carry: kept beside them, in a dict that a handler looks them up in.

*before* (after inlining)               *after*

::

    def f(x):                               def f(x):
        try:                                    values = {}
            error = TooBig(x * x)               try:
            rt.carry(error, "v", x * x)             error = TooBig(x * x)
            raise error                             values[error] = x * x
        except TooBig as e:                         raise error
            y = e.v                             except TooBig as e:
        return y                                    if e in values:
                                                        y = values[e]
                                                    else:
                                                        y = rt.attribute(e, "v")
                                                return y

An exception is found by its identity, whatever names and handlers it went through; from then on it is a store into memory that
outlives the ``try`` (``ad.attempts``). One that is not in the dict was made without anything that varies. Where an exception
may come out of a function that is not compiled in here (a recursive one), or one was not understood, reads stay what they are,
and are refused.
"""

from __future__ import annotations

from collections.abc import Container

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.held_exceptions import flowing
from s2sad.analysis.infer.program import Gradient, Spec
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Block, Function, If, Let, Ref, Stmt, Try, Var, blocks_of, walk
from s2sad.ir.rewrite import with_args, with_blocks, with_body
from s2sad.ir.types import BOOL, Dict, is_differentiable, join_all, widen

ANY = "*"  # the name where what an exception holds was not understood (``analysis.infer.carried``)
# what the interpreter itself puts something else into
_FILLED = (KeyError, StopIteration, SystemExit, OSError, UnicodeError, SyntaxError, ImportError, AttributeError, NameError)


def marks(fn: Function) -> list[Let]:
    """The statements that say what an exception holds."""
    return [s for s in walk(fn.body) if isinstance(s, Let) and is_mark(s)]


def is_mark(s: Let) -> bool:
    return s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj is rt.carry


def carries(spec: Spec, seen: set[Spec] | None = None) -> bool:
    """May an exception that carries a value come out of a call?"""
    seen = set() if seen is None else seen
    if spec in seen or spec.fn is None:
        return False
    seen.add(spec)
    return bool(marks(spec.fn)) or _calls_carrying(spec.fn, seen)


def _calls_carrying(fn: Function, seen: set[Spec]) -> bool:
    for s in walk(fn.body):
        callee = s.args[0] if isinstance(s, Let) and s.op == "call" else None
        inner = callee.obj if isinstance(callee, Ref) else None
        spec = inner.spec if isinstance(inner, Gradient) else inner
        if isinstance(spec, Spec) and carries(spec, seen):
            return True
    return False


def kept(fn: Function) -> Function:
    """``fn`` with the values of its exceptions kept beside them."""
    marked = marks(fn)
    if not marked:
        return fn
    keeper = _Keeper(fn, marked)
    return keeper.run()


class _Keeper:
    def __init__(self, fn: Function, marked: list[Let]) -> None:
        self.fn = fn
        tries = [s for s in walk(fn.body) if isinstance(s, Try)]
        caught = {h.name: h.types for s in tries for h in s.handlers if h.name is not None}
        made = {s.args[1] for s in marked if isinstance(s.args[1], Var)}
        names = {_name(s, 2) for s in marked}
        hidden = ANY in names or _calls_carrying(fn, set())
        self.caught, self.made = caught, made
        self.held = set() if hidden else flowing(fn, made | set(caught))
        reads = {_read(s) for s in walk(fn.body) if isinstance(s, Let) and self._reads(s, names)}
        self.values: dict[str, Var] = {}
        for name in sorted(reads):
            types = [widen(type_of_atom(s.args[3])) for s in marked if _name(s, 2) == name]
            self.values[name] = Var(f"{name}_of", Dict(join_all(types), None))

    def run(self) -> Function:
        heads = tuple(Let(v, "dict", (), (), self.fn.loc) for v in self.values.values())
        body = self.block(self.fn.body)
        return with_body(self.fn, Block((*heads, *body.stmts), body.results))

    def block(self, b: Block) -> Block:
        out: list[Stmt] = []
        for s in b.stmts:
            if not isinstance(s, Let):
                out.append(with_blocks(s, tuple(map(self.block, blocks_of(s)))))
            elif is_mark(s):
                values = self.values.get(_name(s, 2))
                if values is not None:
                    out.append(Let(None, "setitem", (values, s.args[1], s.args[3]), (), s.loc))
            elif self._reads(s, self.values):
                out += self.looked_up(s)
            elif _read(s) and s.op == "call" and not is_differentiable(type_of_atom(s.target or UNDEF)):
                out.append(with_args(s, (Ref(rt.attribute, "rt.attribute"), *s.args[1:])))
            else:
                out.append(s)
        return Block(tuple(out), b.results)

    def looked_up(self, s: Let) -> list[Stmt]:
        values, of = self.values[_read(s)], s.args[1:] if s.op == "call" else s.args
        error = of[0]
        rb, yes, no = Builder(s.loc), Builder(s.loc), Builder(s.loc)
        found = rb.emit("in_", error, values, type=BOOL)
        assert s.target is not None
        value = yes.emit("getitem", values, error)
        other = no.call(rt.attribute, "rt.attribute", *of, type=s.target.type)
        rb.append(If(found, yes.block(value), no.block(other), (s.target,), s.loc))
        return rb.stmts

    def _reads(self, s: Let, names: Container[str]) -> bool:
        """Does the statement read something that exceptions carry?"""
        name = _read(s)
        if not name or name not in names or not is_differentiable(type_of_atom(s.target or UNDEF)):
            return False
        error = s.args[1] if s.op == "call" else s.args[0]
        return error in self.held and (name != "args" or self._is_ours(error))

    def _is_ours(self, a: Atom | None) -> bool:
        """Is this an exception whose ``args`` are what it was made with?"""
        if a in self.made:
            return True
        types = self.caught.get(a) if isinstance(a, Var) else None
        cls = types.obj if isinstance(types, Ref) else None
        return isinstance(cls, type) and not any(issubclass(c, cls) or issubclass(cls, c) for c in _FILLED)


def _read(s: Let) -> str:
    """The name of the attribute that a statement reads, if it may be of an exception; else ""."""
    if s.op == "getattr":
        return _name(s, 1)
    held = s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj is rt.held
    return _name(s, 2) if held else ""


def _name(s: Let, position: int) -> str:
    return str(getattr(s.args[position], "value", ""))


__all__ = ["carries", "kept"]
