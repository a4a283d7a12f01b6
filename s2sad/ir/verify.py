"""``verify(fn, stage)``: is this IR what the grammar promises? Raises ``IRError`` with the first thing that is not."""

from __future__ import annotations

from s2sad.ir.nodes import (
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
    _Undef,
)  # fmt: skip

_BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift", "and_", "or_", "xor"]
_COMPARE = ["lt", "le", "gt", "ge", "eq", "ne", "is_", "is_not", "in_", "not_in"]
_FIXED: dict[str, tuple[int, int]] = {
    **{op: (2, 2) for op in (*_BINARY, *_COMPARE, *["i" + b for b in _BINARY])},
    **{op: (1, 1) for op in ("neg", "pos", "invert", "not", "star", "copy", "iter_list", "comment", "with_enter")},
    "getitem": (2, 2), "setitem": (3, 3), "delitem": (2, 2), "aug_setitem": (4, 4),
    "getattr": (2, 2), "setattr": (3, 3), "aug_setattr": (4, 4), "slice": (3, 3), "format_value": (3, 3),
    "unpack": (2, 2), "unpack_star": (3, 3), "raise_": (1, 2), "assert_": (1, 2), "with_exit": (1, 2),
}  # fmt: skip
_ANY_NUMBER = {"tuple": 0, "list": 0, "set": 0, "dict": 0, "format": 0, "call": 1, "method": 2, "closure": 1}
EFFECTS = frozenset({
    "setitem", "delitem", "aug_setitem", "setattr", "aug_setattr", "call", "method", "raise_", "assert_",
    "with_enter", "with_exit",
})  # fmt: skip
KNOWN_OPS = frozenset(_FIXED) | frozenset(_ANY_NUMBER)


class IRError(AssertionError):
    """A stage has made IR that is not well formed."""


def verify(fn: Function, stage: str, locations: bool = True) -> None:
    """Defined before use and once; lengths agree; operations known; effects located (``locations``)."""
    _Verifier(fn, stage, locations).run()


class _Verifier:
    def __init__(self, fn: Function, stage: str, locations: bool) -> None:
        self.fn = fn
        self.stage = stage
        self.locations = locations
        self.defined: set[Var] = set()  # ever
        self.visible: set[Var] = set()  # here

    def fail(self, message: str, stmt: Stmt | None = None) -> None:
        where = f" (line {stmt.loc.line})" if stmt is not None and stmt.loc.line else ""
        raise IRError(f"after {self.stage}, in {self.fn.name}{where}: {message}")

    def run(self) -> None:
        for p in self.fn.params:
            if p.kind not in ("pos", "any", "star", "kw", "starstar"):
                self.fail(f"parameter {p.var.name!r} has the kind {p.kind!r}")
            if not p.var.name:
                self.fail("a parameter without a name")
            self.define(p.var, None)
        for v in self.fn.captured:
            self.define(v, None)
        if len(self.fn.body.results) != 1:
            self.fail(f"a function has one result, this one {len(self.fn.body.results)}")
        self.block(self.fn.body)

    def define(self, v: Var, stmt: Stmt | None) -> None:
        if v in self.defined:
            self.fail(f"{_show(v)} is defined twice", stmt)
        self.defined.add(v)
        self.visible.add(v)

    def read(self, a: Atom, stmt: Stmt | None, what: str) -> None:
        if isinstance(a, Var):
            if a not in self.visible:
                how = "outside of the region that defines it" if a in self.defined else "before it is defined"
                self.fail(f"{what} reads {_show(a)} {how}", stmt)
        elif not isinstance(a, Const | Ref | Global | _Undef):
            self.fail(f"{what} reads {a!r}, which is no atom", stmt)

    def block(self, block: Block, given: tuple[Var, ...] = (), owner: Stmt | None = None) -> None:
        """A region: what it defines is visible only inside."""
        outer = set(self.visible)
        for v in given:
            self.define(v, owner)
        for stmt in block.stmts:
            if isinstance(stmt, Let):
                self.let(stmt)
            else:
                self.region(stmt)
        for a in block.results:
            self.read(a, owner, "a result")
        self.visible = outer

    def let(self, let: Let) -> None:
        for a in let.args:
            self.read(a, let, f"the operation {let.op!r}")
        n = len(let.args) - len(let.kwnames)
        if let.op in _FIXED:
            least, most = _FIXED[let.op]
            if not least <= n <= most or let.kwnames:
                self.fail(f"{let.op!r} has {n} operands", let)
        elif let.op in _ANY_NUMBER:
            if n < _ANY_NUMBER[let.op] or (let.op == "dict" and n % 2):
                self.fail(f"{let.op!r} has {n} operands", let)
        else:
            self.fail(f"the operation {let.op!r} is not known", let)
        if self.locations and let.op in EFFECTS and let.loc.line <= 0:
            self.fail(f"the operation {let.op!r} has an effect and no location", let)
        if let.target is not None:
            self.define(let.target, let)

    def lengths(self, stmt: Stmt, **sizes: int) -> None:
        if len(set(sizes.values())) > 1:
            kind = type(stmt).__name__
            self.fail(f"{kind}: " + ", ".join(f"{v} {k}" for k, v in sizes.items()), stmt)

    def region(self, stmt: Stmt) -> None:
        if isinstance(stmt, If):
            self.read(stmt.test, stmt, "If")
            self.lengths(stmt, targets=len(stmt.targets), then=len(stmt.then.results), orelse=len(stmt.orelse.results))
            self.block(stmt.then, (), stmt)
            self.block(stmt.orelse, (), stmt)
        elif isinstance(stmt, For | While):
            self.loop(stmt)
        elif isinstance(stmt, Try):
            self.guarded(stmt)
        else:
            self.fail(f"{stmt!r} is no statement")
        for t in getattr(stmt, "targets", ()):
            self.define(t, stmt)

    def loop(self, stmt: For | While) -> None:
        results = len(stmt.body.results) - stmt.stop
        sizes = {"carried": len(stmt.carried), "init": len(stmt.init), "targets": len(stmt.targets)}
        self.lengths(stmt, **sizes, results=results)
        for a in stmt.init:
            self.read(a, stmt, "init")
        if isinstance(stmt, For):
            self.read(stmt.iter, stmt, "For")
            self.block(stmt.body, (stmt.item, *stmt.carried), stmt)
            return
        if len(stmt.cond.results) != 1:
            self.fail("the condition of While has one result", stmt)
        outer = set(self.visible)
        for v in stmt.carried:
            self.define(v, stmt)
        self.block(stmt.cond, (), stmt)
        self.block(stmt.body, (), stmt)
        self.visible = outer

    def guarded(self, stmt: Try) -> None:
        for h in stmt.handlers:
            if h.types is not None:
                self.read(h.types, stmt, "except")
        self.lengths(stmt, targets=len(stmt.targets), body=len(stmt.body.results))
        self.block(stmt.body, (), stmt)
        for h in stmt.handlers:
            self.lengths(stmt, targets=len(stmt.targets), handler=len(h.body.results))
            self.block(h.body, () if h.name is None else (h.name,), stmt)
        self.block(stmt.final, (), stmt)


def _show(v: Var) -> str:
    return repr(v.name) if v.name else "a temporary"


__all__ = ["EFFECTS", "KNOWN_OPS", "IRError", "verify"]
