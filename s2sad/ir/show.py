"""A compact text of IR, for debugging: one line for each statement, variables numbered in the order of definition."""

from __future__ import annotations

from collections.abc import Sequence

from s2sad.ir.nodes import Atom, Block, Const, For, Function, Global, If, Let, Ref, Stmt, Try, Var, While


def show(fn: Function, types: bool = False) -> str:
    """The text of a function; with ``types`` every definition says its type."""
    return _Show(types).function(fn)


class _Show:
    def __init__(self, types: bool) -> None:
        self.types = types
        self.numbers: dict[Var, int] = {}
        self.lines: list[str] = []

    def function(self, fn: Function) -> str:
        params = ", ".join(f"{'' if p.kind == 'any' else p.kind + ' '}{self.new(p.var)}" for p in fn.params)
        captured = f" captures {self.news(fn.captured)}" if fn.captured else ""
        self.lines.append(f"function {fn.name}({params}){captured}")
        self.block(fn.body, 1, "return")
        return "\n".join(self.lines) + "\n"

    def var(self, v: Var) -> str:
        n = self.numbers.setdefault(v, len(self.numbers))
        return f"%{n}.{v.name}" if v.name else f"%{n}"

    def new(self, v: Var) -> str:
        return self.var(v) + (f": {v.type}" if self.types and v.type is not None else "")

    def news(self, variables: Sequence[Var]) -> str:
        return ", ".join(map(self.new, variables))

    def atom(self, a: Atom) -> str:
        if isinstance(a, Var):
            return self.var(a)
        if isinstance(a, Const):
            return repr(a.value)
        if isinstance(a, Ref):
            return a.text
        return f"global {a.name}" if isinstance(a, Global) else "undef"

    def atoms(self, atoms: Sequence[Atom]) -> str:
        return ", ".join(map(self.atom, atoms))

    def put(self, depth: int, text: str) -> None:
        self.lines.append("  " * depth + text)

    def block(self, block: Block, depth: int, word: str = "yield") -> None:
        for s in block.stmts:
            self.stmt(s, depth)
        if block.results:
            self.put(depth, f"{word} {self.atoms(block.results)}")

    def carried(self, s: For | While) -> str:
        pairs = ", ".join(f"{self.new(c)} = {self.atom(i)}" for c, i in zip(s.carried, s.init, strict=True))
        return f" with {pairs}" if pairs else ""

    def stmt(self, s: Stmt, depth: int) -> None:
        if isinstance(s, Let):
            self.let(s, depth)
            return
        line = f"  @{s.loc.line}" if s.loc.line else ""
        if isinstance(s, If):
            self.put(depth, f"if {self.atom(s.test)}{line}")
            self.block(s.then, depth + 1)
            self.put(depth, "else")
            self.block(s.orelse, depth + 1)
        elif isinstance(s, For):
            over = self.atom(s.iter)
            stop = " until stop" if s.stop else ""
            self.put(depth, f"for {self.new(s.item)} in {over}{self.carried(s)}{stop}{line}")
            self.block(s.body, depth + 1)
        elif isinstance(s, While):
            self.put(depth, f"while{self.carried(s)}{' until stop' if s.stop else ''}{line}")
            self.block(s.cond, depth + 1, "test")
            self.put(depth, "do")
            self.block(s.body, depth + 1)
        else:
            self.guarded(s, depth, line)
        if s.targets:
            self.put(depth, f"-> {self.news(s.targets)}")

    def guarded(self, s: Try, depth: int, line: str) -> None:
        self.put(depth, f"try{line}")
        self.block(s.body, depth + 1)
        for h in s.handlers:
            types = "" if h.types is None else " " + self.atom(h.types)
            self.put(depth, f"except{types}" + ("" if h.name is None else f" as {self.var(h.name)}"))
            self.block(h.body, depth + 1)
        if s.final.stmts:
            self.put(depth, "finally")
            self.block(s.final, depth + 1)

    def let(self, s: Let, depth: int) -> None:
        n = len(s.args) - len(s.kwnames)
        parts = [self.atom(a) for a in s.args[:n]]
        parts += [f"{k}={self.atom(a)}" for k, a in zip(s.kwnames, s.args[n:], strict=True)]
        text = f"{s.op} {', '.join(parts)}".rstrip()
        head = "" if s.target is None else f"{self.new(s.target)} = "
        self.put(depth, head + text + (f"  @{s.loc.line}" if s.loc.line else ""))


__all__ = ["show"]
