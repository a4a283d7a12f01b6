"""The engine that rewrite rules run on: one walk in program order, each statement offered to the rules of its op.

A rule is ``rule(rw, let) -> Atom | Let | None``: None when it does not apply; an atom when that is the value already;
another ``Let`` of the same target (made by ``rw.let``) when there is a better way to compute it. New operands are
made by ``rw.emit``. A rule sees the definitions of its operands through ``rw.definition``, which answers only where
the memory that the definition read cannot have changed since: so what a rule says of values holds.

One walk settles nearly everything, since operands are simplified before the operations that read them.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import PURE_OPS, effect_of, has_memory
from s2sad.analysis.optypes import result_type
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import Atom, Block, Const, Function, If, Let, Ref, Stmt, Var, blocks_of, by_op, walk
from s2sad.ir.rewrite import subst_atom, subst_atoms, subst_heads, with_args, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, Lit, Scalar, Type, dims_of, is_number, rank_of
from s2sad.specialise.primal import primal_vars

# tuples: a union would be built at each of the many calls
_TYPED = (Scalar, Array)
_REAL = (int, float)

Rule = Callable[["Rewriter", Let], "Atom | Let | None"]
Rules = Mapping[Any, "Offer"]
_NO_STORES = PURE_OPS | {"comment"}
_MAX_STEPS = 12  # of rules one after the other on a single statement


def made_by(*ops: str) -> Callable[[Rule], Rule]:
    """The mark of a rule that says nothing unless one of these operations made an operand: it is not asked then."""

    def mark(rule: Rule) -> Rule:
        rule.made_by = frozenset(ops)  # type: ignore[attr-defined]
        return rule

    return mark


class Offer:
    """The rules of one operation, and which of them are asked by what made its operands."""

    __slots__ = ("_asked", "rules")

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._asked: dict[frozenset[str], tuple[Rule, ...]] = {}

    def asked(self, made: frozenset[str]) -> tuple[Rule, ...]:
        """Those that may say something where these operations made operands."""
        known = self._asked.get(made)
        if known is None:
            wanted = [getattr(rule, "made_by", made) for rule in self.rules]
            pairs = zip(self.rules, wanted, strict=True)
            known = self._asked[made] = tuple([r for r, w in pairs if w is made or not made.isdisjoint(w)])
        return known


def merge_rules(*tables: Mapping[Any, Sequence[Rule]] | Rules) -> dict[Any, Offer]:
    """One table of several: the rules of one operation run in the order in which the tables are given."""
    out: dict[Any, tuple[Rule, ...]] = {}
    for table in tables:
        for key, rules in table.items():
            out[key] = out.get(key, ()) + (rules.rules if isinstance(rules, Offer) else tuple(rules))
    return {key: Offer(rules) for key, rules in out.items()}


class Rewriter:
    """One run of a table of rules over a function; ``run`` gives the new function."""

    def __init__(self, fn: Function, rules: Rules, primal: Container[Var], users: Rules) -> None:
        self.fn = fn
        self.rules = rules
        self.users = users  # the rules that the user's own statements are offered to
        self.primal = primal
        self.uses = usage.uses(fn)
        self.env: dict[Var, Atom] = {}
        self.defs: dict[Var, Let] = {}
        self.stamps: dict[Var, int] = {}
        self.sure: dict[Atom, int] = {}  # definitions found to hold, with the epoch of the memory
        self.names: dict[Var, str] = {}
        self.out: list[Stmt] = []
        self.divided: dict[tuple[Atom, Atom], Var] = {}  # the user's a / b in scope, by operands
        self.divisors: dict[Var, bool] | None = None  # kept here by s2sad.specialise.masks
        self.selects: bool | None = None  # and here
        self.origins: dict[Var, Var] | None = None  # these three by s2sad.specialise.facts
        self.stored: list[Atom] | None = None
        self.ranges: dict[Var, Atom] | None = None  # and this by s2sad.specialise.windows
        self.shape_keys: dict[Var, Any] = {}
        self.loops: tuple[dict[Var, Any], dict[Var, Let]] | None = None  # and this by s2sad.specialise.facts
        self.quotients: dict[Any, Var] = {}  # in scope, by operands: kept here by s2sad.simplify.quotients
        self.multiples: dict[Any, tuple[Var, Var]] = {}  # and here by s2sad.simplify.squares
        self.squares: bool | None = None  # as is this: are there any?
        self.limited: dict[Any, Var] | None = None  # kept here by s2sad.simplify.relus
        self.params_by_dims: dict[Any, Var] | None = None  # and here by s2sad.simplify.sizes
        self._loc = fn.loc
        self._memory: Memory | None = None
        self._made: list[Let] = []

    @property
    def memory(self) -> Memory:
        if self._memory is None:
            self._memory = Memory(self.fn)
            for let in self._made:
                self._memory.add(let)
        return self._memory

    def _note(self, let: Let) -> None:
        """A statement that the function did not have when its memory was analysed."""
        if self._memory is None:
            self._made.append(let)
        else:
            self._memory.add(let)

    # -- the walk -------------------------------------------------------------------------------------------------
    def run(self) -> Function:
        body = self._block(self.fn.body)
        if body is self.fn.body:
            return self.fn
        if self.names:
            body = rename(body, self.names)
        return with_body(self.fn, body)

    def _block(self, block: Block) -> Block:
        outer, self.out = self.out, []
        known = self.quotients, self.multiples
        self.quotients, self.multiples = dict(self.quotients), dict(self.multiples)
        for stmt in block.stmts:
            if stmt.__class__ is Let:
                self._let(stmt)
            else:
                self._region(stmt)
        out, self.out = self.out, outer
        self.quotients, self.multiples = known
        return with_stmts(block, out, subst_atoms(block.results, self.env))

    @staticmethod
    def _rules_for(let: Let, rules: Rules) -> Offer | None:
        if let.op == "call":
            callee = let.args[0]
            if callee.__class__ is not Ref:
                return None
            try:
                return rules.get(callee.obj)
            except TypeError:
                return None
        return rules.get(let.op)

    def _let(self, let: Let) -> None:
        if self.env:
            args = subst_atoms(let.args, self.env)
            if args is not let.args:
                let = with_args(let, args)
        self._loc = let.loc
        table = self.rules if let.op == "copy" or self.is_adjoint(let) else self.users
        rules = self._rules_for(let, table) if table else None
        if rules is not None:
            for _ in range(_MAX_STEPS):
                new = self._step(let, rules)
                if new is None:
                    break
                if new.__class__ is not Let:
                    self._replace(let, new)  # type: ignore[arg-type]
                    return
                self._recount(let, new)
                let = new
                rules = self._rules_for(let, table)
                if rules is None:
                    break
        self._done(let)

    def _done(self, let: Let) -> None:
        """The statement is as it stays: what comes after sees its definition and its stores."""
        if let.op not in _NO_STORES:
            for p in effect_of(let).writes:
                self.memory.touch(let.args[p])
        if let.target is not None:
            self.defs[let.target] = let
            if let.op == "truediv" and let.target in self.primal:
                self.divided[let.args[0], let.args[1]] = let.target
            self.stamps[let.target] = 0 if self._memory is None else self._memory.clock
        self.out.append(let)

    def _region(self, stmt: Stmt) -> None:
        stmt = subst_heads(stmt, self.env)
        stores = [] if isinstance(stmt, If) else self._stores(stmt)  # those of a loop come before what it reads too
        for a in stores:
            self.memory.touch(a)
        self.out.append(with_blocks(stmt, tuple([self._inner(b) for b in blocks_of(stmt)])))
        for a in stores:
            self.memory.touch(a)

    def _inner(self, block: Block) -> Block:
        outer, self.divided = self.divided, dict(self.divided)
        new = self._block(block)
        self.divided = outer
        return new

    def _stores(self, stmt: Stmt) -> list[Atom]:
        return [
            s.args[p]
            for b in blocks_of(stmt)
            for s in walk(b)
            if isinstance(s, Let) and s.op not in _NO_STORES
            for p in effect_of(s).writes
        ]

    def _step(self, let: Let, rules: Offer) -> Atom | Let | None:
        defs = self.defs
        for rule in rules.asked(frozenset([defs[a].op for a in let.args if a in defs])):
            new = rule(self, let)
            if new is None or new is let:
                continue
            if new.__class__ is not Let and (let.target is None or not self.may_forward(let, new)):  # type: ignore[arg-type]
                continue
            return new
        return None

    def _replace(self, let: Let, atom: Atom) -> None:
        target = let.target
        assert target is not None
        self.env[target] = atom
        for a in let.args:
            if a.__class__ is Var:
                self.uses[a] = self.uses.get(a, 1) - 1
        if isinstance(atom, Var):
            self.uses[atom] = self.uses.get(atom, 0) + self.uses.get(target, 0)
            if target.name and not atom.name and atom in self.defs and atom not in self.primal:
                self.names.setdefault(atom, target.name)
            if has_memory(target.type):
                self.memory.alias(target, atom)

    def _recount(self, old: Let, new: Let) -> None:
        uses = self.uses
        for a in new.args:
            if a.__class__ is Var:
                uses[a] = uses.get(a, 0) + 1
        for a in old.args:
            if a.__class__ is Var:
                uses[a] = uses.get(a, 1) - 1

    # -- what rules ask -------------------------------------------------------------------------------------------
    def is_adjoint(self, let: Let) -> bool:
        """Is this a statement of the transformation, not the user's? Only there may rounding change."""
        return (let.args[0] if let.target is None and let.args else let.target) not in self.primal

    def definition(self, a: Atom) -> Let | None:
        """The statement that computed ``a``, if reading its operands again would give the same values."""
        let = self.defs.get(a) if a.__class__ is Var else None
        if let is None:
            return None
        memory = self._memory
        if memory is None or not memory.clock or self.stamps[a] == memory.clock or self.sure.get(a) == memory.epoch:  # type: ignore[index]
            return let
        if let.op == "getattr" and not has_memory(let.target.type if let.target else None):
            return let  # shapes and sizes: stores do not change them
        since = self.stamps[a]  # type: ignore[index]
        for x in let.args:
            if x.__class__ is not Const and x.__class__ is not Ref and not memory.unchanged(x, since):
                return None
        if not memory.unchanged(a, since):
            return None
        self.sure[a] = memory.epoch
        return let

    def used_once(self, a: Atom) -> bool:
        return isinstance(a, Var) and self.uses.get(a, 0) <= 1

    def may_forward(self, let: Let, atom: Atom) -> bool:
        """May readers of the target read ``atom`` instead, given that the two have equal values?

        Numbers always. For arrays only where no store and no caller can tell one array from two; a number may stand for an
        array of rank 0 (``s * 1.0``), but not that array for the number where it is stored into.
        """
        target = let.target
        assert target is not None
        if not isinstance(atom, Var) or not has_memory(atom.type):
            return True
        if not has_memory(target.type):
            return not self.memory.is_written(atom)
        if self._shares_already(let, atom):
            return True
        memory = self.memory
        if memory.is_written(target) or memory.is_written(atom):
            return self.moves(let, atom)
        return not memory.is_returned(target) or self.moves(let, atom)

    def _shares_already(self, let: Let, atom: Var) -> bool:
        """Did the statement give ``atom`` itself, or a view of it, anyway?"""
        bases = {b for p in effect_of(let).shares for b in self._bases(let.args[p])}
        return bool(bases) and any(b in bases for b in self._bases(atom))

    def _bases(self, a: Atom) -> list[Atom]:
        """``a``, what it is a view of, what that is a view of..."""
        out = [a]
        for _ in range(_MAX_STEPS):
            d = self.defs.get(a) if isinstance(a, Var) else None
            if d is not None and d.op == "tuple":
                out.extend(d.args)
            where = effect_of(d).shares if d is not None else ()
            if d is None or not where:
                break
            a = d.args[where[0]]
            out.append(a)
        return out

    def may_be_view(self, let: Let) -> bool:
        """May the target share memory with others, or be read-only? Not if it is stored into or returned."""
        return let.target is None or not (self.memory.is_written(let.target) or self.memory.is_returned(let.target))

    def moves(self, let: Let, atom: Var) -> bool:
        """``atom`` is a fresh array of ours that only this statement reads: the target takes it over."""
        made = self.defs.get(atom)
        return made is not None and self.uses.get(atom, 0) <= 1 and effect_of(made).shares == ()

    # -- what rules make ------------------------------------------------------------------------------------------
    def let(self, let: Let, op: str, *args: Atom, kw: Mapping[str, Atom] | None = None) -> Let:
        """Another way to compute the target of ``let``."""
        new = Let(let.target, op, (*args, *kw.values()) if kw else args, tuple(kw) if kw else (), let.loc)
        if let.target is None or has_memory(let.target.type):
            self._note(new)
        return new

    def call(self, let: Let, fn: Any, text: str, *args: Atom, kw: Mapping[str, Atom] | None = None) -> Let:
        return self.let(let, "call", Ref(fn, text), *args, kw=kw)

    def emit(
        self, op: str, *args: Atom, kw: Mapping[str, Atom] | None = None, name: str = "", type: Type | None = None
    ) -> Atom:
        """Compute an operand for the statement at hand; gives its atom, simplified by the same rules."""
        names = tuple(kw) if kw else ()
        atoms = (*args, *kw.values()) if kw else args
        target = Var(name, result_type(op, atoms, names) if type is None else type)
        for a in atoms:
            if a.__class__ is Var:
                self.uses[a] = self.uses.get(a, 0) + 1
        made = Let(target, op, atoms, names, self._loc)
        if has_memory(target.type):
            self._note(made)
        self._let(made)
        return subst_atom(target, self.env)

    def effect(self, op: str, *args: Atom) -> None:
        """Put a statement that is there for its effect before the statement at hand."""
        made = Let(None, op, args, (), self._loc)
        for a in args:
            if a.__class__ is Var:
                self.uses[a] = self.uses.get(a, 0) + 1
        self._note(made)
        self._done(made)

    def emit_call(
        self, fn: Any, text: str, *args: Atom, kw: Mapping[str, Atom] | None = None, name: str = ""
    ) -> Atom:
        return self.emit("call", Ref(fn, text), *args, kw=kw, name=name)


def rename(body: Block, names: Mapping[Var, str]) -> Block:
    """Give the target's name to the temporary that took its place."""
    env: dict[Var, Atom] = {v: Var(n, v.type) for v, n in names.items()}

    def visit(block: Block) -> Block:
        stmts: list[Stmt] = []
        for stmt in block.stmts:
            stmt = subst_heads(stmt, env)
            if isinstance(stmt, Let):
                new = env.get(stmt.target) if stmt.target is not None else None
                if isinstance(new, Var):
                    stmt = Let(new, stmt.op, stmt.args, stmt.kwnames, stmt.loc)
                stmts.append(stmt)
            else:
                stmts.append(with_blocks(stmt, tuple(visit(b) for b in blocks_of(stmt))))
        return with_stmts(block, stmts, subst_atoms(block.results, env))

    return visit(body)


def run_rules(
    fn: Function,
    rules: Rules | Mapping[Any, Sequence[Rule]],
    primal: Container[Var] | None = None,
    everywhere: bool = False,
    users: Rules | Mapping[Any, Sequence[Rule]] | None = None,
) -> Function:
    """One walk with these rules: ``fn`` itself when none applies. ``users``: the rules for statements of the user's, which
    are all with ``everywhere`` and none by default."""
    rules = _offers(rules)
    users = _offers(users) if users else rules if everywhere else {}
    if not any(_have_rules(op, lets, rules) for op, lets in by_op(fn.body).items()):
        return fn
    return Rewriter(fn, rules, primal_vars(fn) if primal is None else primal, users).run()


def _offers(rules: Rules | Mapping[Any, Sequence[Rule]]) -> Rules:
    return rules if any(isinstance(v, Offer) for v in rules.values()) else merge_rules(rules)  # type: ignore[return-value]


def _have_rules(op: str, lets: Sequence[Let], rules: Rules) -> bool:
    """May a rule of the table be for one of these statements of one operation?"""
    return any(_is_called(s.args[0], rules) for s in lets) if op == "call" else op in rules


def _is_called(callee: Atom, rules: Rules) -> bool:
    try:
        return callee.__class__ is Ref and callee.obj in rules
    except TypeError:
        return False


# -- small questions about atoms ----------------------------------------------------------------------------------
def const(a: Atom) -> Any:
    """The value of a numeric literal, else None (bools are not numbers here)."""
    if a.__class__ is Const:
        v = a.value
        if v.__class__ is float or v.__class__ is int or v.__class__ is complex:
            return v
    return None


def is_const(a: Atom, value: float) -> bool:
    v = const(a)
    return v is not None and v == value


def is_scalar(a: Atom) -> bool:
    """A number of rank 0 for sure (not a 0-d array)."""
    return is_number(type_of_atom(a))


def is_floating(a: Atom) -> bool:
    """A float, or an array of them, of known dtype."""
    t = type_of_atom(a)
    if isinstance(t, _TYPED):
        return t.dtype is not None and t.dtype.startswith(("float", "complex"))
    return isinstance(t, Lit) and isinstance(t.value, float | complex)


def is_real(a: Atom) -> bool:
    t = type_of_atom(a)
    if isinstance(t, _TYPED):
        return t.dtype is not None and not t.dtype.startswith(("complex", "object"))
    return isinstance(t, Lit) and isinstance(t.value, _REAL)


def known_dims(a: Atom) -> tuple[Any, ...] | None:
    """The dimensions of an operand if every one of them is known, else None."""
    dims = dims_of(type_of_atom(a))
    return None if dims is None or any(d is None for d in dims) else dims


def same_dims(a: Atom, b: Atom) -> bool:
    """Do two operands surely have the same shape?"""
    da = known_dims(a)
    return da is not None and da == known_dims(b)


def rank(a: Atom) -> int | None:
    return rank_of(type_of_atom(a))


def dims_fit(small: Atom, large: Atom) -> bool:
    """Does ``small op large`` surely have exactly the shape of ``large``?"""
    ds, dl = dims_of(type_of_atom(small)), known_dims(large)
    if ds is None or dl is None or len(ds) > len(dl):
        return False
    tail = dl[len(dl) - len(ds) :]
    return all(s is not None and (s == t or s.is_one) for s, t in zip(ds, tail, strict=True))


def divides_safely(rw: Rewriter, a: Atom) -> bool:
    """Does a number divided by ``a`` never raise where an array divided by it would not? Python's 1.0 / 0.0 does."""
    value = const(a)
    if value is not None:
        return bool(value)
    t = type_of_atom(a)
    if isinstance(t, Array):
        return True
    d = rw.defs.get(a) if isinstance(a, Var) else None
    return d is not None and d.op == "getattr"  # x.size


def iter_lets(fn: Function) -> Iterable[Let]:
    return (s for s in walk(fn.body) if isinstance(s, Let))


__all__ = [
    "Rewriter", "Rule", "Rules", "const", "dims_fit", "divides_safely", "is_const", "is_floating", "is_real",
    "is_scalar", "iter_lets", "known_dims", "merge_rules", "primal_vars", "rank", "rename", "run_rules", "same_dims",
]
