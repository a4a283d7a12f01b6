"""One function: statements in order, control flow, loops to a fixpoint of the carried types."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from s2sad.analysis.infer import (
    binding,
    defaults,
    flat,
    functions,
    iteration,
    loops,
    merging,
    operations,
    operators,
    optional,
    origins,
    parameters,
    passing,
    placed,
    rebinding,
    records,
    wholes,
)
from s2sad.analysis.infer.branches import Merge, settled
from s2sad.analysis.infer.program import Infer, Spec
from s2sad.analysis.optypes import op_type, truth, type_of_atom
from s2sad.analysis.unionfind import Classes, untyped_classes
from s2sad.ir.nodes import (
    NOWHERE,
    UNDEF,
    Atom,
    Block,
    Const,
    For,
    Function,
    Global,
    Handler,
    If,
    Let,
    Loc,
    Ref,
    Stmt,
    Try,
    Var,
    While,
)
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import (
    NEVER,
    UNKNOWN,
    List,
    Tuple,
    Type,
    Unknown,
    holds_lists,
    join_all,
)

_ROUNDS = 10
_RESTARTS = 200
_COMPARES = frozenset({"is_", "is_not", "eq", "ne", "format_value"})


@dataclass(eq=False)
class Growth:
    """What a mutated list or dict holds: the join of everything stored into it, and what is stored under a name."""

    item: Type = NEVER
    named: dict[str, Type] = field(default_factory=dict)

    def total(self) -> Type:
        return join_all((self.item, *self.named.values()))


class Restart(Exception):
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
        self.growth: dict[Any, Growth] = {}  # class of a mutated container -> its elements
        self.changed = False
        self.origin: dict[Var, Var] = {}  # typed var -> untyped var it stands for
        self.captured_keys: dict[tuple[int, ...], Var] = {}  # untyped stand-ins for what a closure passed to us captured
        self.slots: list[merging.LoopSlots] = []  # of the loops that are being inferred
        self.stack: list[Function] = [spec.source]  # the functions that are compiled in place
        self.joined: set[Function] = set()  # functions whose structure is in ``classes``
        self.in_rule = False  # is this the body of a rule?
        self.returning = False  # is what a callee returns made at its end?
        self.known_lengths: set[Any] = set()  # classes of lists of comprehensions that are made element by element
        self.synthetic: dict[Any, Var] = {}  # untyped stand-ins for attributes made by default factories
        self.places = placed.Places()
        self.lengthening: set[Var] = set()  # loops (by their item) through lists that change their length meanwhile
        self.comprehended: dict[Function, frozenset[Var]] = {}  # the lists that its comprehensions make
        self.asked: dict[Function, set[Atom]] = {}  # variables that more is done with than asking (``type_queries``)
        self.reset()

    @cached_property
    def classes(self) -> Classes:
        """Which lists, dicts and tuples of the source are one, and what holds what. Bodies of rules have none."""
        return untyped_classes(self.source.body)

    def reset(self) -> None:
        self.env, self.out = {}, []
        self.tuples: dict[Var, tuple[Atom, ...]] = {}  # typed var -> the atoms it was built from
        self.closures: dict[Var, tuple[Atom, ...]] = {}  # function values -> what they captured
        self.made: set[Var] = set()  # function values that a statement defines
        self.choices: dict[Var, functions.Choice] = {}
        self.rebound: list[tuple[Var, Var, Loc]] = []  # x op= v on a number or an array: the old and the new x
        self.consumed: set[Var] = set()  # iterators that were iterated
        self.recipes: dict[Var, tuple[str, tuple[Atom, ...]]] = {}  # zip, enumerate... not yet iterated
        self.left: dict[Var, Any] = {}  # what is left of the elements of a loop that is written out
        self.made_now: dict[Var, Any] = {}  # those whose elements are read when they are made
        self.ranges: dict[Var, tuple[Atom, ...]] = {}  # a range -> its arguments
        self.begun: dict[Var, list[Stmt]] = {}  # an iterator over a sequence -> the statements of the block that made it
        self.flats: dict[Var, Var] = {}  # x.flat -> x
        self.stars: dict[Var, Atom] = {}  # marker of a starred argument -> what is starred
        self.tracked = records.Tracker()
        self.program.object_made.pop(self.spec, None)
        self.program.late_reads.pop(self.spec, None)
        self.places.now = {}
        self.sets: dict[Var, tuple[Any, ...]] = {}  # a set display -> its elements, where they are literals
        self.some: dict[Var, optional.Known] = {}  # tests that tell of what is not None
        self.caught: set[Var] = set()  # what handlers name
        self.own_options: set[Var] = set()  # ``**options`` that the callee makes again
        self.narrowed: list[tuple[Var, Var, Atom]] = []  # untyped variables that a test has told of: what they were
        self.walks: list[Any] = []  # of the loops at hand through lists (``walked``)
        self.slots, self.stack = [], [self.source]
        self.callers: list[tuple[Loc, Function]] = []  # the calls that led to what is compiled in place
        self.current = self.source  # the function that the statements at hand are from

    # -- whole function ------------------------------------------------------------------------------------------

    def run(self) -> tuple[Function, Type]:
        params, body = tuple(self.source.params), Block()
        rounds = restarts = 0
        while rounds < _ROUNDS and restarts < _RESTARTS:
            self.reset()
            self.changed = False
            try:
                params = parameters.bind(self)
                head = tuple(self.out)
                body = self.returned(self.block(self.source.body))
                body = Block((*head, *body.stmts), body.results) if head else body
            except Restart:  # one for each list that grows
                restarts += 1
                continue
            rounds += 1
            if not self.changed:
                break
        if not body.results:  # every round was given up
            body = Block((), (UNDEF,))
            self.refuse("S2S020", f"the types in {self.source.name} do not settle",
                        "call the part that is differentiated with arguments of one type")
        rebinding.check(self, body)
        if self.spec.entry and self.program.object_stores:
            wholes.check_stores(self)
        if self.spec.entry and self.program.late:
            defaults.check(self, body)
        result = body.results[0] if body.results else UNDEF
        if not self.spec.entry and any(holds_lists(t) for t in (*self.spec.arg_types, type_of_atom(result))):
            passing.note(self)
        doc = self.source.doc if self.spec.entry else None
        fn = Function(self.spec.name, params, body, (), doc, self.source.loc, self.source.lines)
        return fn, type_of_atom(result)

    def returned(self, body: Block) -> Block:
        """The body with a function that it returns as a value; the function that the user calls returns data."""
        if self.spec.entry and body.results and functions.is_function(self, body.results[0]):
            self.refuse("S2S055", "the function returns a function", "call it, and return its result")
        self.returning = not self.spec.entry
        body = self.concrete_block(body)
        self.returning = False
        return wholes.finished(self, body)

    def route(self) -> Iterator[tuple[Loc, Function]]:
        """The calls at hand: the innermost first, then those that led to what is compiled in place."""
        yield self.loc, self.current
        yield from reversed(self.callers)

    # -- helpers -------------------------------------------------------------------------------------------------

    def atom(self, a: Atom) -> Atom:
        if a.__class__ is Var:
            return self.env.get(a, UNDEF)
        return binding.sentinel(a) if a.__class__ is Global else a

    def type(self, a: Atom) -> Type:
        return type_of_atom(a)

    def emit(self, op: str, *args: Atom, kwnames: tuple[str, ...] = (), name: str = "", type: Type | None = None) -> Var:
        if self.tracked.active and any(records.is_tracked(self, a) for a in args):
            known = records.emit_tracked(self, op, args, name, type)
            if known is not None:
                return known  # type: ignore[return-value]
            args = records.values(self, op, args)
        if op in _COMPARES and any(functions.is_virtual(self, a) for a in args):
            self.refuse("S2S055", "a function made here is compared or printed", "compare flags or names instead")
        if self.tracked.active:
            args = tuple([a if records.is_tracked(self, a) else self.concrete(a) for a in args])
        else:
            args = tuple(map(self.concrete, args))
        t = type if type is not None else op_type(op, tuple(map(type_of_atom, args)))
        target = Var(name, t)
        self.out.append(Let(target, op, args, kwnames, self.loc))
        if op in ("tuple", "list"):
            self.tuples[target] = args
            origins.displayed(self, target, args)
        elif op == "getitem":
            origins.element(self, args[0], args[1], target)
        elif op == "dict":
            origins.displayed(self, target, args)
        return target

    def want_length(self, a: Atom) -> None:
        """The number of elements of a list is asked for: if a comprehension makes it, start again and unroll that."""
        origin = self.origin.get(a) if isinstance(a, Var) and isinstance(a.type, List) else None
        key = self.classes.find(origin) if origin is not None else None
        if key is not None and key not in self.known_lengths and len(self.known_lengths) < _ROUNDS // 2:
            self.known_lengths.add(key)
            self.growth.pop(key, None)
            raise Restart

    def is_star(self, a: Atom) -> bool:
        return isinstance(a, Var) and a in self.stars

    def effect(self, op: str, *args: Atom, kwnames: tuple[str, ...] = ()) -> None:
        args = records.values(self, op, args) if self.tracked.active else args
        args = tuple(a if records.is_tracked(self, a) else self.concrete(a) for a in args)
        self.out.append(Let(None, op, args, kwnames, self.loc))
        if not self.in_rule:
            origins.stored(self, op, args)

    def refuse(self, code: str, message: str, help: str = "", loc: Loc | None = None) -> None:
        self.program.add_finding(code, message, loc or self.loc, self.current, help)

    def concrete(self, a: Atom) -> Atom:
        """An atom that may stand in a statement: virtual functions become the tuple of what they captured."""
        if a.__class__ is not Var:
            return a
        if records.is_tracked(self, a):
            return records.kept(self, a)
        if a in self.flats:
            return flat.whole(self, a)
        if a in self.recipes:
            self.refuse("S2S056", "an iterator is kept, passed on or returned", "make it a list: list(...)")
            return UNDEF
        items: tuple[Atom, ...] | None = self.closures.get(a) if a not in self.made else None
        t = a.type
        found = self.choices.get(a)
        if found is not None and not found.by_identity:
            if any(o.captured for o in found.options):
                self.refuse("S2S055", f"{a.name or 'a function'} may be one of several functions and is kept as a value",
                            "call it in both branches")  # fmt: skip
                return UNDEF
            code = functions.intern(self, functions.Code("choice", found.options))
            items, t = (found.tag,), Tuple((self.type(found.tag),), None, code)
        if items is None:
            return a
        target = Var(a.name, t)
        items = tuple(map(self.concrete, items))
        self.out.append(Let(target, "tuple", items, (), self.loc))
        self.closures[target] = items
        self.made.add(target)
        return target

    def number(self, callee: Any) -> int:
        """The number that stands for a function in choices."""
        key = callee.obj if isinstance(callee, Ref) else callee
        return self.program.numbers.setdefault(id(key), (len(self.program.numbers), key))[0]

    def branch(self, test: Atom, then: Any, orelse: Any, name: str = "") -> Atom:
        """``then() if test else orelse()``, each in its own block."""
        known = truth(self.type(test))
        if known is not None:
            return (then if known else orelse)() or UNDEF
        blocks = []
        states = merging.States(self)
        for run in (then, orelse):
            saved, self.out = self.out, []
            result = run()
            blocks.append(Block(tuple(self.out), (UNDEF if result is None else result,)))
            self.out = saved
            states.end(True)
        merge = Merge(self, *blocks)
        states.merge(merge.value)
        out = merge.value(blocks[0].results[0], blocks[1].results[0], None, name)
        self.out.append(merge.finish(test, self.loc))
        return out

    # -- statements ----------------------------------------------------------------------------------------------

    def block(self, b: Block, test: Atom | None = None, value: bool = True) -> Block:
        """``b``, which runs where ``test`` is ``value``."""
        saved, self.out, told = self.out, [], len(self.narrowed)
        if test in self.some:
            optional.narrow(self, test, value)
        alive = self.statements(b)
        results = tuple(self.atom(a) if alive else UNDEF for a in b.results)
        block = Block(tuple(self.out), results)
        self.out = saved
        if len(self.narrowed) > told:
            optional.forget(self, told)
        return block

    def statements(self, b: Block) -> bool:
        """Infer statements into ``out``; False when the end is never reached (a raise)."""
        told = len(self.narrowed)
        alive = self._statements(b)
        if len(self.narrowed) > told:
            optional.forget(self, told)
        return alive

    def _statements(self, b: Block) -> bool:
        for s in b.stmts:
            if s.loc.line:  # statements of stand-ins have no place: they are at the line of the call
                self.loc = s.loc
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
                loops.while_(self, s)
            else:
                self.try_(s)
        return True

    def if_(self, s: If) -> bool:
        test = operators.truth(self, self.atom(s.test))
        known = truth(self.type(test))
        if known is not None:
            branch = s.then if known else s.orelse
            alive = self.statements(branch)
            for t, a in zip(s.targets, branch.results, strict=True):
                self.env[t] = self.atom(a) if alive else UNDEF
            return alive
        before = set(self.consumed)
        states = merging.States(self)
        then = self.block(s.then, test)
        states.end(not _raises(then))
        after, self.consumed = self.consumed, before
        orelse = self.block(s.orelse, test, False)
        states.end(not _raises(orelse))
        self.consumed |= after
        merge = Merge(self, then, orelse)
        for t, a, b in zip(s.targets, then.results, orelse.results, strict=True):
            known = settled(test, a, b)
            self.env[t] = merge.value(a, b, t, t.name) if known is None else Const(known)
        states.merge(merge.value)
        self.out.append(merge.finish(self.concrete(test), s.loc))
        if self.some:
            optional.joined(self, test, merge.keep)
            if _raises(then) != _raises(orelse) and test in self.some:
                optional.narrow(self, test, _raises(orelse))
        return not (_raises(then) and _raises(orelse))

    def new(self, untyped: Var, t: Type) -> Var:
        var = Var(untyped.name, t)
        self.origin[var] = untyped
        return var

    def concrete_block(self, b: Block) -> Block:
        """The block with functions among its results made into values at its end."""
        saved, self.out = self.out, list(b.stmts)
        results = tuple(map(self.concrete, b.results))
        block = Block(tuple(self.out), results)
        self.out = saved
        return block

    def try_(self, s: Try) -> None:
        before = merging.snapshot(self)
        body = self.concrete_block(self.block(s.body))
        wholes.after_try(self, before, s)
        handlers = []
        for h in s.handlers:
            name = None
            if h.name is not None:
                name = self.new(h.name, UNKNOWN)
                self.env[h.name] = name
                self.caught.add(name)
            types = None if h.types is None else self.atom(h.types)
            handlers.append(Handler(types, name, self.concrete_block(self.block(h.body))))
        wholes.after_handlers(self, before, s)
        ends = [body, *(h.body for h in handlers)]
        targets = []
        for k, t in enumerate(s.targets):
            var = self.new(t, join_all(self.type(b.results[k]) for b in ends))
            self.env[t] = var
            targets.append(var)
        self.out.append(Try(body, tuple(handlers), tuple(targets), self.block(s.final), s.loc))


def _raises(b: Block) -> bool:
    return bool(b.stmts) and isinstance(b.stmts[-1], Let) and b.stmts[-1].op == "raise_"


__all__ = ["Const", "FunctionInfer", "Ref", "Restart", "Unknown"]
