"""Which values are written inside the expression that uses them, instead of on a line of their own.

``plan(fn)`` folds a temporary into its use when it is used once, in the same block, and moving its evaluation there
changes nothing: what reads memory never passes an effect, two effects never change places, nothing enters or leaves a
branch or a loop. An ``If`` whose branches fold away becomes a conditional expression (or ``and`` / ``or``). An adjoint
that is read once is folded as well where it is short, or where the next contribution adds to it: ``x_bar = a``,
``x_bar = x_bar + b`` is ``x_bar = a + b``. A derivative of which one line is left is one ``return``.
"""

from __future__ import annotations

from collections.abc import Iterable

from s2sad.analysis.effects import INPLACE_OPS
from s2sad.analysis.guards import guarded
from s2sad.analysis.widths import own_width, width_of
from s2sad.backend.levels import EFFECT, PURE, READ, in_order, level_of
from s2sad.backend.order import keep_order
from s2sad.ir.nodes import (
    UNDEF,
    Atom,
    Block,
    Const,
    For,
    Function,
    Global,
    If,
    Let,
    Ref,
    Stmt,
    Try,
    Var,
    While,
    blocks_of,
    targets_of,
)
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import Scalar, is_number
from s2sad.specialise.primal import primal_vars

WIDTH = 96  # an expression is folded while the line stays within about this many columns
SHORT = 24  # an adjoint that is read once has no line of its own if it is no wider

STATEMENT_OPS = INPLACE_OPS | {
    "setitem", "aug_setitem", "delitem", "setattr", "aug_setattr", "raise_", "assert_", "unpack", "unpack_star",
    "comment", "with_exit",
}  # fmt: skip
_NAMED = frozenset(["add", "sub", "mul", "truediv", "neg", "matmul", "call", "method"])  # what a named adjoint may be


SHORT_RESULT = 28  # one that is a result as it stands
_SHORT = 16  # columns of a call that stands in a sum


@dataclass(slots=True)
class Plan:
    """The decisions for one function: ``inline`` maps a folded variable to the statement that computes it."""

    inline: dict[Var, Stmt] = field(default_factory=dict)
    as_expression: set[If] = field(default_factory=set)
    nested: dict[Function, Plan] = field(default_factory=dict)
    silent: set[Stmt] = field(default_factory=set)  # comments that head nothing
    itself: dict[Var, Function] = field(default_factory=dict)  # variables that stand for the function they are in
    used: dict[Var, int] = field(default_factory=dict)
    found: dict[Block, list[Stmt]] | None = None  # the statements of each block that are written, once all is decided

    def kept(self, block: Block) -> list[Stmt]:
        """The statements of a block that are written as statements."""
        found = self.found
        if found is None:
            return self._kept(block)
        if block not in found:
            found[block] = self._kept(block)
        return found[block]

    def _kept(self, block: Block) -> list[Stmt]:
        inline, itself, silent = self.inline, self.itself, self.silent
        out: list[Stmt] = []
        for s in block.stmts:
            if s.__class__ is not Let:
                if self.is_folded(s):
                    continue
            elif s.target in inline or s.target in itself or s in silent:
                continue
            out.append(s)
        return out

    def is_folded(self, stmt: Stmt) -> bool:
        target = stmt.target if stmt.__class__ is Let else None
        if target is not None:
            return target in self.inline or target in self.itself
        return stmt in self.silent or (stmt in self.as_expression and stmt.targets[0] in self.inline)

    def is_lambda(self, fn: Function) -> bool:
        """Can a nested function be written as a lambda?"""
        inner = self.nested[fn]
        simple = all(p.default is None or isinstance(p.default, Const | Var | Global) for p in fn.params)
        return fn.name == "lambda_" and simple and fn.result is not UNDEF and not inner.kept(fn.body)


@dataclass(slots=True)
class _Item:
    """A value that waits for its use: its statement, position, and what evaluating its whole tree does."""

    var: Var
    stmt: Stmt
    level: int
    lo: int
    hi: int
    width: int
    reads: frozenset[str]


_NO_VAR, _NO_STMT = Var(), Let(None, "", ())  # until it is known that the value waits


def _clash(a: _Item, b: _Item) -> bool:
    return a.level + b.level >= READ + EFFECT


def plan(fn: Function, enclosing: tuple[Function, ...] = ()) -> Plan:
    """Decide for a function and for those nested in it."""
    return _Planner(fn, (*enclosing, fn)).run()


class _Planner:
    def __init__(self, fn: Function, path: tuple[Function, ...]) -> None:
        self.fn = fn
        self.path = path
        self.plan = Plan()
        self.uses = self.plan.used
        self.home: dict[Var, Block] = {}  # the block in which a variable has its one foldable use
        self.unpacked: set[Var] = set()  # tuples that an ``unpack`` made: their elements are bound where it stands
        self.decided_by: dict[Var, If] = {}  # tests of ``and`` / ``or``, which occur twice and are written once
        self.joined: dict[Var, bool] = {}  # named adjoints that are read once: does the next contribution add to them?
        last = fn.body.stmts[-1] if fn.body.stmts else None
        self.results = frozenset(last.args) if isinstance(last, Let) and last.op == "tuple" else frozenset()
        self.arithmetic: set[Var] = set()  # named results of operators, and of short calls

    def run(self) -> Plan:
        self._count(self.fn.body, True)
        self.joined = {v: more for v, more in self.joined.items() if self.uses.get(v) == 1}
        if self.joined:
            primal = primal_vars(self.fn)  # each of the user's own lines stays one, but for short updates of a number
            result = self.fn.body.results[0]  # ``return x_bar`` alone is the last of its contributions
            self.joined = {
                v: v not in primal and (more or v is result)
                for v, more in self.joined.items()
                if v not in primal or (more and v.type is not None and is_number(v.type))
            }
        self._block(self.fn.body, 0)
        keep_order(self.fn, self.plan.inline)
        self._one_line()
        self.plan.found = {}
        return self.plan

    def _one_line(self) -> None:
        """``value = a`` and ``return value, b``, of which nothing else is left, are ``return a, b``."""
        body, fold = self.fn.body, self.plan.inline
        kept = [s for s in self.plan.kept(body)]
        told = [s for s in kept if s.__class__ is Let and s.op == "comment"]
        made = self._made(body.results[0])
        if len(told) != 2 or len(kept) != 3 or made is None or made.op != "tuple" or made.target not in fold:
            return
        first = next(s for s in kept if s not in told)
        if not isinstance(first, Let) or first.target is not made.args[0] or self.uses.get(first.target) != 1:
            return
        if self._tree_width(body) <= WIDTH - 20:
            fold[first.target] = first
            self.plan.silent.update(told)

    def _made(self, a: Atom) -> Let | None:
        stmt = self.plan.inline.get(a) if isinstance(a, Var) else None
        return stmt if isinstance(stmt, Let) else None

    # -- uses ------------------------------------------------------------------------------------------------------
    def _count(self, block: Block, fold_results: bool) -> None:
        for stmt in block.stmts:
            if stmt.__class__ is Let:
                self._count_let(stmt, block)
            else:
                self._count_region(stmt, block)
        for a in block.results:
            self._use(a, block if fold_results else None)

    def _use(self, a: Atom, home: Block | None) -> None:
        if a.__class__ is Var:
            self.uses[a] = self.uses.get(a, 0) + 1
            if home is not None:
                self.home[a] = home
            else:
                self.home.pop(a, None)

    def _count_let(self, let: Let, block: Block) -> None:
        if let.op in INPLACE_OPS or let.op == "closure":
            for k, a in enumerate(let.args):
                self._use(a, None if k == 0 or let.op == "closure" else block)
        else:
            uses, home = self.uses, self.home
            for a in let.args:
                if a.__class__ is Var:
                    uses[a] = uses.get(a, 0) + 1
                    home[a] = block
        if let.op in _NAMED and let.target is not None and let.target.name:
            for a in let.args:
                if isinstance(a, Var) and a in self.arithmetic and a.name == let.target.name and let.op not in ("call", "method"):
                    self.joined[a] = True
            if let.op not in ("call", "method") or own_width(let, {}) <= _SHORT:
                self.arithmetic.add(let.target)
            if let.op != "method":
                self.joined[let.target] = False
        if let.op == "closure" and isinstance(let.args[0], Ref):
            fn = let.args[0].obj
            if fn in self.path and let.target is not None:
                self.plan.itself[let.target] = fn
            elif fn not in self.plan.nested:
                self.plan.nested[fn] = plan(fn, self.path)

    def _count_region(self, stmt: Stmt, block: Block) -> None:
        if isinstance(stmt, If):
            self._use(stmt.test, block)
            self._count(stmt.then, len(stmt.targets) == 1)
            self._count(stmt.orelse, len(stmt.targets) == 1)
            if isinstance(stmt.test, Var) and _is_and_or(stmt):
                self.uses[stmt.test] -= 1
                self.home[stmt.test] = block
                self.decided_by[stmt.test] = stmt
            return
        if isinstance(stmt, For):
            self._use(stmt.iter, block)
        if isinstance(stmt, For | While):
            for a in stmt.init:
                self._use(a, None)
        for b in blocks_of(stmt):
            self._count(b, isinstance(stmt, While) and b is stmt.cond)
        if isinstance(stmt, Try):
            for h in stmt.handlers:
                if h.types is not None:
                    self._use(h.types, None)

    # -- one block -------------------------------------------------------------------------------------------------
    def _block(self, block: Block, depth: int) -> int:
        """Fold within a block; gives the strongest thing that it does."""
        pend: dict[Var, _Item] = {}
        top = PURE
        for k, stmt in enumerate(block.stmts):
            if stmt.__class__ is Let:
                level = self._let(stmt, block, pend, k, depth)
            elif isinstance(stmt, If):
                leaves = k > 0 and _leaves(block.stmts[k - 1], stmt)
                level = self._if(stmt, block, pend, k, depth, leaves)
            else:
                level = self._region(stmt, pend, k, depth)
            top = max(top, level)
        end = [a for a in block.results if a in pend]
        if end:
            self._consume(end, pend, PURE, len(block.stmts), WIDTH - 4 * depth, 8)
        return top

    def _let(self, let: Let, block: Block, pend: dict[Var, _Item], k: int, depth: int) -> int:
        if let.op == "comment":
            pend.clear()
            return PURE
        target = let.target
        if let.op == "unpack" and target is not None:
            self.unpacked.add(target)
        if target is not None and target in self.plan.itself:
            return PURE
        if let.op in ("aug_setitem", "aug_setattr"):
            # Python reads the old element before it evaluates the value: an effect must come before both
            for a in let.args:
                waiting = pend.get(a) if isinstance(a, Var) else None
                if waiting is not None and waiting.level >= EFFECT:
                    self._flush(waiting, pend)
        twice = let.args[1] if let.op == "call" and guarded(let) else None
        if twice.__class__ is Var and twice in pend and not _may_stand_twice(pend[twice]):
            self._flush(pend[twice], pend)
        level = level_of(let)
        wait = target is not None and self._may_wait(let, block)
        if not wait and not pend:
            return level
        reads = {a.name for a in let.args if a.__class__ is Var and a not in pend}
        own = own_width(let, pend)
        if wait and self.joined.get(target) is False:  # type: ignore[arg-type]
            limit = SHORT_RESULT if target in self.results else SHORT
            wait = own + sum(pend[a].width for a in let.args if a in pend) <= limit
        head = 0 if wait or target is None else len(target.name or "tmp") + 3
        item = self._consume(
            in_order(let), pend, level, k, WIDTH - 4 * depth - head, own, not wait, reads, () if wait else (target,)
        )
        if wait and target is not None:
            item.var, item.stmt = target, let
            pend[target] = item
            self.plan.inline[target] = let
        return level

    def _may_wait(self, let: Let, block: Block) -> bool:
        var = let.target
        if var is None or let.op in STATEMENT_OPS or not self._single(var, block):
            return False
        if let.op == "getitem" and let.args[0] in self.unpacked:
            return False
        if let.op == "closure":
            fn = let.args[0].obj if isinstance(let.args[0], Ref) else None
            return fn is not None and self.plan.is_lambda(fn)
        return True

    def _single(self, var: Var, block: Block) -> bool:
        return (not var.name or var in self.joined) and self.uses.get(var) == 1 and self.home.get(var) is block

    def _if(self, stmt: If, block: Block, pend: dict[Var, _Item], k: int, depth: int, leaves: bool) -> int:
        level = max(self._block(stmt.then, depth + 1), self._block(stmt.orelse, depth + 1))
        expression = not leaves and self._is_expression(stmt)
        test = stmt.test
        if not expression and test in self.decided_by and self.decided_by[test] is stmt and test in pend:
            self._flush(pend[test], pend)
        if not expression:
            self._consume((test,), pend, level, k, WIDTH - 4 * depth - 4, 8, True, (), stmt.targets)
            return level
        self.plan.as_expression.add(stmt)
        target = stmt.targets[0]
        wait = self._single(target, block)
        width = 12 + self._tree_width(stmt.then) + self._tree_width(stmt.orelse)
        reads = self._tree_reads(stmt.then) | self._tree_reads(stmt.orelse)
        if isinstance(test, Var) and test not in pend:
            reads.add(test.name)
        room, targets = WIDTH - 4 * depth, () if wait else (target,)
        item = self._consume((test,), pend, level, k, room, width, not wait, reads, targets)
        if wait:
            item.var, item.stmt = target, stmt
            pend[target] = item
            self.plan.inline[target] = stmt
        return level

    def _is_expression(self, stmt: If) -> bool:
        if len(stmt.targets) != 1 or UNDEF in (stmt.then.results[0], stmt.orelse.results[0]):
            return False
        if self.plan.kept(stmt.then) or self.plan.kept(stmt.orelse):
            return False
        if stmt.test.__class__ is Var and _is_and_or(stmt):
            return True
        one_line = stmt.loc.end_line <= stmt.loc.line
        return one_line and self._tree_width(stmt.then) + self._tree_width(stmt.orelse) < 80

    def _tree_width(self, block: Block) -> int:
        total = sum(width_of(a) for a in block.results if a not in self.plan.inline)
        for s in block.stmts:
            if isinstance(s, Let):
                total += own_width(s, self.plan.inline)
            elif isinstance(s, If):
                total += 10 + self._tree_width(s.then) + self._tree_width(s.orelse)
        return total

    def _tree_reads(self, block: Block) -> set[str]:
        out = {a.name for a in block.results if isinstance(a, Var)}
        for s in block.stmts:
            if isinstance(s, Let):
                out.update(a.name for a in s.args if isinstance(a, Var))
            elif isinstance(s, If):
                out |= self._tree_reads(s.then) | self._tree_reads(s.orelse)
        return out

    def _region(self, stmt: Stmt, pend: dict[Var, _Item], k: int, depth: int) -> int:
        for b in blocks_of(stmt):
            self._block(b, depth + 1)
        heads = (stmt.iter,) if isinstance(stmt, For) else ()
        self._consume(heads, pend, EFFECT, k, WIDTH - 4 * depth - 8, 8, True, (), targets_of(stmt))
        return EFFECT

    # -- folding into a statement ----------------------------------------------------------------------------------
    def _consume(
        self,
        operands: Iterable[Atom],
        pend: dict[Var, _Item],
        level: int,
        k: int,
        limit: int,
        own: int,
        kept: bool = True,
        reads: Iterable[str] = (),
        targets: Iterable[Var | None] = (),
    ) -> _Item:
        """Fold the waiting operands into a statement, and write down those of the others that it may not pass."""
        if not pend:
            return _Item(_NO_VAR, _NO_STMT, level, k, k, own, frozenset(reads))
        waiting = [a for a in operands if a.__class__ is Var]
        if not kept:  # an effect that waits on may not pass what waits already
            for item in [pend[a] for a in waiting if a in pend and pend[a].level == EFFECT]:
                if any(o is not item and o.lo > item.lo and _clash(item, o) for o in pend.values()):
                    self._flush(item, pend)
        self._order(waiting, pend)
        self._fit(waiting, pend, own, limit)
        if kept:
            names = {t.name for t in targets if t is not None and t.name}
            self._bar(waiting, pend, level, k, names)
        taken = [pend.pop(a) for a in waiting if a in pend]
        active = [c for c in taken if c.level]
        lo = min([c.lo for c in active], default=k)
        all_reads = frozenset(reads).union(*[c.reads for c in taken])
        top = max([level, *[c.level for c in taken]])
        hi = k if level or not active else max(c.hi for c in active)
        return _Item(_NO_VAR, _NO_STMT, top, lo, hi, own + sum(c.width for c in taken), all_reads)

    def _order(self, operands: list[Var], pend: dict[Var, _Item]) -> None:
        """Operands are evaluated from left to right: one that must come before an earlier operand gets its own line."""
        before: list[_Item] = []
        for a in operands:
            item = pend.get(a)
            if item is None:
                continue
            if any(_clash(e, item) and e.hi > item.lo and e.var in pend for e in before):
                self._flush(item, pend)
            else:
                before.append(item)

    def _fit(self, operands: list[Var], pend: dict[Var, _Item], own: int, limit: int) -> None:
        while True:
            items = [pend[a] for a in operands if a in pend]
            if not items:
                return
            if own + sum(i.width for i in items) <= limit or not any(i.width > 12 for i in items):
                return
            self._flush(max(items, key=lambda i: i.width), pend)

    def _bar(self, operands: list[Var], pend: dict[Var, _Item], level: int, k: int, names: set[str]) -> None:
        changed = True
        while changed:
            changed = False
            taken = [pend[a] for a in operands if a in pend]
            mine = {i.var for i in taken}
            top = max([level, *[i.level for i in taken]])
            hi = k if level else max([i.hi for i in taken if i.level], default=-1)
            for item in list(pend.values()):
                if item.var in mine or item.var not in pend:
                    continue
                if (item.level + top >= READ + EFFECT and item.lo < hi) or not names.isdisjoint(item.reads):
                    self._flush(item, pend)
                    changed = True

    def _flush(self, item: _Item, pend: dict[Var, _Item]) -> None:
        """The item is written as a statement where it is; so are those before it that may not pass it."""
        if pend.pop(item.var, None) is None:
            return
        self.plan.inline.pop(item.var, None)
        for other in list(pend.values()):
            if other.var in pend and _clash(other, item) and other.lo < item.hi:
                self._flush(other, pend)


def _may_stand_twice(item: _Item) -> bool:
    """Is it the read of a number from an array, by an index that is no expression?"""
    s = item.stmt
    return isinstance(s, Let) and s.op == "getitem" and item.width <= 16 and isinstance(item.var.type, Scalar)


def _leaves(before: Stmt, stmt: If) -> bool:
    """Is this the ``if`` after a loop that asks whether the function has returned in it?"""
    if not isinstance(before, For | While) or not isinstance(stmt.test, Var):
        return False
    return before.stop and not stmt.test.name and stmt.test in before.targets


def _is_and_or(stmt: If) -> bool:
    if len(stmt.targets) != 1:
        return False
    return (stmt.orelse.results[0] is stmt.test and not stmt.orelse.stmts) is not (
        stmt.then.results[0] is stmt.test and not stmt.then.stmts
    )
