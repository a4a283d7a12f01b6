"""``try`` written out, before differentiation: which exception there was is a number, and what follows is done where it is 0.

*before*::

    def f(x, y):
        try:
            r = math.sqrt(x) / y
        except (ValueError, ZeroDivisionError):
            r = y
        return r * x

*after*::

    def f(x, y):
        if x < 0.0:
            r = 0.0
            error = 1
        else:
            t1 = math.sqrt(x)
            if y == 0.0:
                r = 0.0
                error = 2
            else:
                r = t1 / y
                error = 0
        if not error == 0:
            r = y
        return r * x

What raises in Python is tested (``trials.py``), functions that are called inside are written in place, and the class of an
exception decides, as the code is made, which handler it reaches. What reaches none is raised where it arises.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from s2sad.analysis.build import Builder
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.trials import Trials, calls_in_place, without_errstate
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
from s2sad.ir.rewrite import clone_block, with_blocks, with_body, with_stmts
from s2sad.ir.types import BOOL, INT, Lit, RefT, Scalar, Tuple, Type, widen

FINE, TRUE, FALSE = Const(0), Const(True), Const(False)
_SMALL = 12  # statements of a handler that is written wherever there may be an exception
_ZEROS = {"float64": 0.0, "int64": 0, "bool": False}
Want = tuple[Atom, "Atom | None", "Type | None"]  # a result, what it is after an exception (None: it does not matter), its type


def without_try(fn: Function) -> Function:
    """``fn`` in which exceptions that a handler may catch are numbers."""
    if not any(s.__class__ is Try for s in walk(fn.body)):
        return fn
    fn = with_body(fn, calls_in_place(without_errstate(fn.body)))
    return with_body(fn, _Attempts(fn).outside(fn.body))


class _Frame:
    """A ``try`` around a statement: its handlers with the classes that they catch, and the exceptions that may come out of
    the body; ``past``: those of its own handlers among them."""

    def __init__(self, handlers: Sequence[tuple[Handler, tuple[type, ...]]]) -> None:
        self.handlers = handlers
        self.thrown: set[int] = set()
        self.past: set[int] = set()

    def catcher(self, cls: type) -> Handler | None:
        return next((h for h, classes in self.handlers if issubclass(cls, classes)), None)


class _Attempts:
    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.trials = Trials(fn)
        self.frames: list[_Frame] = []
        self.errors: list[tuple[Ref, tuple[Atom, ...]]] = [(Ref(None, ""), ())]  # by number: the class, what it is made with
        self.handling: list[tuple[Atom, Set[int]]] = []  # the number and the exceptions of the handlers around a statement
        self.caught: dict[Atom, tuple[Atom, Set[int]]] = {}  # the same by the user's name

    def outside(self, block: Block) -> Block:
        """What no ``try`` is around."""
        out: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Try):
                self.attempt(s, out)
            else:
                out.append(s if isinstance(s, Let) else with_blocks(s, tuple(map(self.outside, blocks_of(s)))))
        return with_stmts(block, out)

    # -- blocks -----------------------------------------------------------------------------------------------------
    def block(self, stmts: Sequence[Stmt], wants: Sequence[Want]) -> Block:
        """A block with the results and the number of the exception: ``FINE`` itself where there is none."""
        return self.rest([(s, not self.frames) for s in reversed(stmts)], wants)

    def rest(self, todo: list[tuple[Stmt, bool]], wants: Sequence[Want]) -> Block:
        """The same of what is still to be done, the last first; with each statement: has it been tested?"""
        out: list[Stmt] = []
        while todo:
            s, tested = todo.pop()
            if isinstance(s, Let):
                if s.op == "raise_":
                    code = self.raised(s, out)
                    return Block(tuple(out), (*map(_otherwise, wants), code))
                if tested:
                    self.about_exceptions(s)
                    out.append(s)
                else:
                    todo += [(t, True) for t in reversed(self.trials.tested(s))]
                continue
            error = self.compound(s, out)
            if error is FINE:
                continue
            s = out[-1]
            if isinstance(s, If) and s.targets == (error,) and any(r.results[0] is FINE for r in (s.then, s.orelse)):
                return self.under(out, s, self.rest(todo, wants), wants)
            return self.joined(out, error, self.rest(todo, wants), wants, s.loc)
        return Block(tuple(out), (*(a for a, _, _ in wants), FINE))

    def under(self, out: list[Stmt], s: If, rest: Block, wants: Sequence[Want]) -> Block:
        """The same where a branch alone raises: the rest goes into the other one."""
        out.pop()
        first = s.then.results[0] is FINE
        fine, bad = (s.then, s.orelse) if first else (s.orelse, s.then)
        targets = (*(Var("", _join_type(a, want[2])) for a, want in zip(rest.results, wants, strict=False)), Var("error", INT))
        fine = Block((*fine.stmts, *rest.stmts), rest.results)
        bad = Block(bad.stmts, (*map(_otherwise, wants), *bad.results))
        then, orelse = (fine, bad) if first else (bad, fine)
        return Block((*out, If(s.test, then, orelse, targets, s.loc)), targets)

    def joined(self, out: list[Stmt], error: Atom, rest: Block, wants: Sequence[Want], loc: Loc) -> Block:
        """``out``, and the rest where there was no exception."""
        *values, last = rest.results
        if not rest.stmts and last is FINE and all(other is None for _, other, _ in wants):
            return Block(tuple(out), (*values, error))
        made = {v for s in rest.stmts for v in targets_of(s)}
        results: list[Atom] = []
        pairs: list[tuple[Var, Atom, Atom]] = []
        for a, want in zip(values, wants, strict=True):
            if want[1] is None and a not in made:
                results.append(a)
                continue
            pairs.append((Var("", _join_type(a, want[2])), a, _otherwise(want)))
            results.append(pairs[-1][0])
        if last is not FINE:
            pairs.append((Var("error", INT), last, error))
        b = Builder(loc)
        fine = b.emit("eq", error, FINE, type=BOOL)
        then = Block(rest.stmts, tuple(p[1] for p in pairs))
        b.append(If(fine, then, Block((), tuple(p[2] for p in pairs)), tuple(p[0] for p in pairs), loc))
        return Block((*out, *b.stmts), (*results, error if last is FINE else pairs[-1][0]))

    def about_exceptions(self, s: Let) -> None:
        if any(a in self.caught for a in s.args):
            raise refuse(self.fn, "an exception that is looked at", s.loc, "let the class of the exception tell all")

    # -- raising ----------------------------------------------------------------------------------------------------
    def raised(self, s: Let, out: list[Stmt]) -> Atom:
        """The number of an exception; where no handler is for it, it is raised."""
        exc = s.args[0] if s.args else Const(None)
        if exc in self.caught or getattr(exc, "value", "") is None:
            code, which = self.caught[exc] if exc in self.caught else self.handling[-1]
            if not any(f.catcher(self.errors[k][0].obj) for f in self.frames for k in which):
                out += self.dispatched(code, which, s.loc)
                return FINE
            self.frames[-1].thrown |= which
            return code
        ref, args = self.made(exc, out, s.loc)
        found = [(k, h) for k, f in enumerate(self.frames) if (h := f.catcher(ref.obj)) is not None]
        if s in self.trials.hard or not found:
            out.append(replace(s, args=s.args[:1]))
            return FINE
        _drop(out, exc)
        number = len(self.errors)
        self.errors.append((ref, args))
        if _ends(found[-1][1].body) and sum(1 for _ in walk(found[-1][1].body)) <= _SMALL:
            return self.here(*found[-1], number, out)
        self.frames[-1].thrown.add(number)
        return Const(number)

    def here(self, k: int, h: Handler, number: int, out: list[Stmt]) -> Atom:
        """A handler that raises in turn is written where the exception arises; what it raises is for the frames around it."""
        frames, self.frames = self.frames, self.frames[:k]
        before = set(frames[k - 1].thrown) if k else set()
        block = self.handler(h, Const(number), {number}, clone_block(h.body, {}), [])
        self.frames = frames
        for f in frames[k:]:
            passed = frames[k - 1].thrown - before if k else set()
            f.thrown |= passed
            f.past |= passed
        out += block.stmts
        return block.results[-1]

    def handler(self, h: Handler, code: Atom, which: Set[int], body: Block, targets: Sequence[Var]) -> Block:
        """What a handler does about an exception that is one of these."""
        self.handling.append((code, which))
        if h.name is not None:
            self.caught[h.name] = self.handling[-1]
        if any(a in self.caught for a in body.results):
            raise refuse(self.fn, "an exception that is looked at", self.fn.loc, "let the class of the exception tell all")
        done = self.block(body.stmts, _any(body.results[: len(targets)], targets))
        self.handling.pop()
        return done

    def made(self, exc: Atom, out: Sequence[Stmt], loc: Loc) -> tuple[Ref, tuple[Atom, ...]]:
        """The class of an exception, and the arguments that it is made with."""
        made = next((t for t in out if isinstance(t, Let) and t.target is exc and t.op == "call"), None)
        ref, args = (made.args[0], made.args[1:]) if made is not None else (exc, ())
        cls = ref.obj if isinstance(ref, Ref) else None
        if not isinstance(ref, Ref) or not isinstance(cls, type) or not issubclass(cls, BaseException):
            raise refuse(self.fn, "an exception that is not made where it is raised, inside try", loc)
        return ref, args

    def dispatched(self, code: Atom, which: Set[int], loc: Loc) -> list[Stmt]:
        """Raise the exception of this number, which is one of these."""
        b = Builder(loc)
        numbers = sorted(which)
        for k in numbers:
            ref, args = self.errors[k]
            if not all(isinstance(a, Const) for a in args):
                raise refuse(self.fn, "a message that is made when the error is raised", loc, "raise it with a fixed text")
            inner = b if k == numbers[-1] else Builder(loc)
            inner.effect("raise_", inner.emit("call", ref, *args, type=RefT(ref.obj)))
            if inner is not b:
                b.append(If(b.emit("eq", code, Const(k), type=BOOL), inner.block(), Block(), (), loc))
        return b.stmts

    # -- compound statements ----------------------------------------------------------------------------------------
    def compound(self, s: Stmt, out: list[Stmt]) -> Atom:
        """Append a statement that yields its exception instead of raising it."""
        if isinstance(s, If):
            return self.if_(s, out)
        if isinstance(s, Try):
            return self.attempt(s, out)
        assert isinstance(s, For | While)
        return self.loop(s, out)

    def if_(self, s: If, out: list[Stmt]) -> Atom:
        then, orelse = (self.block(b.stmts, _any(b.results, s.targets)) for b in (s.then, s.orelse))
        if then.results[-1] is FINE and orelse.results[-1] is FINE:
            out.append(replace(s, then=_less(then), orelse=_less(orelse)))
            return FINE
        error = Var("error", INT)
        out.append(replace(s, then=then, orelse=orelse, targets=(*s.targets, error)))
        return error

    def loop(self, s: For | While, out: list[Stmt]) -> Atom:
        """A loop ends with the exception. A condition that may raise is looked at inside."""
        n = len(s.carried)
        ends: Atom = s.body.results[n] if s.stop else FALSE
        wants: list[Want] = [*((r, c, c.type) for r, c in zip(s.body.results, s.carried, strict=False)), (ends, TRUE, BOOL)]
        stmts: tuple[Stmt, ...] = s.body.stmts
        if isinstance(s, While):
            cond = self.block(s.cond.stmts, _any(s.cond.results, [Var("", BOOL)]))
            if cond.results[-1] is FINE:
                s = replace(s, cond=_less(cond))
            else:
                targets, leave = tuple(Var(c.name, c.type) for c in s.carried), Var("", BOOL)
                inner = Block(stmts, tuple(a for a, _, _ in wants))
                step = If(s.cond.results[0], inner, Block((), (*s.carried, TRUE)), (*targets, leave), s.loc)
                stmts = (*s.cond.stmts, step)
                wants = [*((t, c, c.type) for t, c in zip(targets, s.carried, strict=True)), (leave, TRUE, BOOL)]
                s = replace(s, cond=Block((), (TRUE,)), stop=True)
        body = self.block(stmts, wants)
        *nexts, stop, last = body.results
        if last is FINE:
            results = (*nexts, stop) if s.stop else tuple(nexts)
            out.append(replace(s, body=Block(body.stmts, results)))
            return FINE
        error, first = Var("error", INT), Var("error", INT)
        body = Block(body.stmts, (*nexts, last, stop))
        out.append(replace(
            s, carried=(*s.carried, first), init=(*s.init, FINE), body=body, targets=(*s.targets, error), stop=True,
        ))  # fmt: skip
        return error

    def attempt(self, s: Try, out: list[Stmt]) -> Atom:
        """Append the body, and the handlers under tests of the number."""
        if s.final.stmts:
            raise refuse(self.fn, "this kind of try", s.loc)
        frame = _Frame([(h, self.classes(h, s.loc)) for h in s.handlers])
        wants = _any(s.body.results, s.targets)
        self.frames.append(frame)
        body = self.block(s.body.stmts, wants)
        self.frames.pop()
        out += body.stmts
        *values, code = body.results
        if code is FINE:
            out += [Let(t, "copy", (a,), (), s.loc) for t, a in zip(s.targets, values, strict=True)]
            return FINE
        block = self.handled(s, code, frame, [(UNDEF, None, t.type) for t in s.targets])
        b = Builder(s.loc)
        fine = b.emit("eq", code, FINE, type=BOOL)
        if block.results[-1] is FINE:
            b.append(If(fine, Block((), tuple(values)), _less(block), s.targets, s.loc))
            out += b.stmts
            return FINE
        error = Var("error", INT)
        b.append(If(fine, Block((), (*values, FINE)), block, (*s.targets, error), s.loc))
        out += b.stmts
        return error

    def handled(self, s: Try, code: Atom, frame: _Frame, wants: Sequence[Want]) -> Block:
        """What is done about the exception with this number."""
        left = set(frame.thrown)
        arms: list[tuple[Handler, set[int]]] = []
        for h, caught in frame.handlers:
            which = {k for k in left - frame.past if issubclass(self.errors[k][0].obj, caught)}
            left -= which
            if which:
                arms.append((h, which))
        block = self.passed_on(code, left, wants, s.loc) if left else None
        for h, which in reversed(arms):
            done = self.handler(h, code, which, h.body, s.targets)
            block = done if block is None else _either(code, which, done, block, wants, s.loc)
        assert block is not None
        return block

    def passed_on(self, code: Atom, which: Set[int], wants: Sequence[Want], loc: Loc) -> Block:
        values = tuple(map(_otherwise, wants))
        if not self.frames:
            return Block(tuple(self.dispatched(code, which, loc)), (*values, FINE))
        self.frames[-1].thrown |= which
        return Block((), (*values, code))

    def classes(self, h: Handler, loc: Loc) -> tuple[type, ...]:
        """What a handler catches."""
        types: list[Any] = [BaseException] if h.types is None else [getattr(h.types, "obj", None)]
        if isinstance(h.types, Var) and isinstance(h.types.type, Tuple):
            types = [getattr(t, "obj", None) for t in h.types.type.items]
        if not all(isinstance(t, type) and issubclass(t, BaseException) for t in types):
            raise refuse(self.fn, "an except whose classes are not known", loc, "name the classes in the except")
        return tuple(types)


def _ends(b: Block) -> bool:
    """Does control never come to the end of the block?"""
    last = b.stmts[-1] if b.stmts else None
    if isinstance(last, If):
        return _ends(last.then) and _ends(last.orelse)
    return isinstance(last, Let) and last.op == "raise_"


def _either(code: Atom, which: Set[int], then: Block, orelse: Block, wants: Sequence[Want], loc: Loc) -> Block:
    """One block where the number is one of these, another where it is not."""
    b = Builder(loc)
    test: Atom | None = None
    for k in sorted(which):
        one = b.emit("eq", code, Const(k), type=BOOL)
        test = one if test is None else b.emit("or_", test, one, type=BOOL)
    assert test is not None
    targets = [Var("", want[2]) for want in wants]
    if then.results[-1] is FINE and orelse.results[-1] is FINE:
        b.append(If(test, _less(then), _less(orelse), tuple(targets), loc))
        return b.block(*targets, FINE)
    error = Var("error", INT)
    b.append(If(test, then, orelse, (*targets, error), loc))
    return b.block(*targets, error)


def _any(results: Sequence[Atom], targets: Sequence[Var]) -> list[Want]:
    """Results that do not matter after an exception."""
    return [(a, None, t.type) for a, t in zip(results, targets, strict=True)]


def _less(block: Block) -> Block:
    """A block without its last result."""
    return Block(block.stmts, block.results[:-1])


def _join_type(a: Atom, wanted: Type | None) -> Type | None:
    return wanted if wanted is not None or not isinstance(a, Var) else a.type


def _otherwise(want: Want) -> Atom:
    """What stands for a result after an exception."""
    a, other, t = want
    if other is not None:
        return other
    t = t if t is not None or not isinstance(a, Var) else a.type
    if isinstance(t, Lit) and not isinstance(t.value, slice):
        return Const(t.value)
    t = widen(t) if t is not None else None
    return Const(_ZEROS[t.dtype]) if isinstance(t, Scalar) and t.dtype in _ZEROS else UNDEF


def _drop(out: list[Stmt], exc: Atom) -> None:
    """Drop what only made an exception that is a number now."""
    for k in range(len(out) - 1, -1, -1):
        s = out[k]
        if isinstance(s, Let) and s.target is exc:
            if s.op in ("call", "format", "format_value"):
                del out[k]
                for a in s.args:
                    if isinstance(a, Var) and not any(isinstance(t, Let) and a in t.args for t in out):
                        _drop_text(out, a)
            return


def _drop_text(out: list[Stmt], a: Atom) -> None:
    made = next((s for s in out if isinstance(s, Let) and s.target is a), None)
    if made is not None and made.op in ("format", "format_value"):
        _drop(out, a)


__all__ = ["without_try"]
