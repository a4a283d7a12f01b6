"""Random functions of nested control flow over a few integer variables; every run ends, and prints what it does."""

from __future__ import annotations

import random

NAMES = ("a", "b", "c", "d")


class Generator:
    """``text()`` gives the source of ``def f(a, b)`` made from the seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lines: list[str] = []
        self.budget = 26
        self.count = 0
        self.known: list[str] = []  # names with a value for sure
        self.functions: list[str] = []

    def text(self) -> str:
        self.lines = ["def f(a, b):", "    fuel = 60", "    kept = []"]
        self.known = ["a", "b"]
        self.block(1, loop=False, function=False)
        if self.rng.random() < 0.7:
            self.add(1, f"return {self.value()}, {self.rng.choice(self.known)}")
        return "\n".join(self.lines) + "\n"

    def add(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def value(self) -> str:
        r = self.rng
        x, y = r.choice(self.known), r.choice(self.known)
        return r.choice([
            f"{x} + {r.randint(-3, 3)}", f"{x} - {y}", f"{x} * 2 % 7", str(r.randint(-4, 4)), x,
            f"({x} if {y} > 0 else {r.randint(0, 3)})", f"({x} and {y} or 1)", f"sum(k * {x} for k in range(3))",
            f"(lambda t: t + {x})({y})", "sum(f() for f in kept)",
            f"{r.choice(self.functions or ['abs'])}({x})",
        ])  # fmt: skip

    def test(self) -> str:
        r = self.rng
        x, y = r.choice(self.known), r.choice(self.known)
        return r.choice([
            f"{x} > {y}", f"{x} % 2 == 0", f"{x} < {r.randint(-2, 3)}", f"0 <= {x} < 3 or {y} == 1",
            f"not {x}", f"{x} and {y} > 1", f"(w := {x} + 1) > {y}",
        ])  # fmt: skip

    def block(self, depth: int, loop: bool, function: bool) -> None:
        known, functions = list(self.known), list(self.functions)
        for _ in range(self.rng.randint(1, 4)):
            if self.budget <= 0:
                break
            self.budget -= 1
            if self.statement(depth, loop):
                break
        if self.lines[-1].endswith(":"):
            self.add(depth, "pass")
        if depth > 1:
            self.known, self.functions = known, functions

    def statement(self, depth: int, loop: bool) -> bool:
        """One statement; True when nothing can follow it."""
        r = self.rng
        common = ["assign"] * 5 + ["aug"] * 2 + ["if"] * 2
        kind = r.choice([*common, "print", "swap", "for", "while", "try", "leave", "def", "keep"])
        if depth > 5 and kind in ("if", "for", "while", "try"):
            kind = "assign"
        if kind == "assign":
            name = r.choice(NAMES)
            self.add(depth, f"{name} = {self.value()}")
            if name not in self.known:
                self.known.append(name)
        elif kind == "aug":
            self.add(depth, f"{r.choice(self.known)} {r.choice(['+=', '-=', '*='])} {r.randint(-2, 3)}")
        elif kind == "print":
            self.add(depth, f"print({', '.join(self.known)})")
        elif kind == "swap":
            x, y = r.choice(self.known), r.choice(self.known)
            self.add(depth, f"{x}, {y} = {y}, {self.value()}")
        elif kind == "keep":
            self.add(depth, f"kept.append(lambda: {r.choice(self.known)})")
        elif kind == "leave":
            return self.leave(depth, loop)
        else:
            getattr(self, "make_" + kind)(depth, loop)
        return False

    def make_def(self, depth: int, loop: bool) -> None:
        """A nested function that reads a variable, or rebinds it."""
        r = self.rng
        self.count += 1
        x = r.choice(self.known)
        self.add(depth, f"def g{self.count}(t, u={r.choice(self.known)}):")
        if r.random() < 0.5:
            self.add(depth + 1, f"nonlocal {x}")
            self.add(depth + 1, f"{x} = {x} % 50 + t + u")
        self.add(depth + 1, f"return {x} + t")
        self.functions.append(f"g{self.count}")

    def leave(self, depth: int, loop: bool) -> bool:
        r = self.rng
        options = [f"return {self.value()}", "raise KeyError(a)"] + (["break", "continue"] * 3 if loop else [])
        if depth == 1:
            return False
        self.add(depth, r.choice(options))
        return True

    def make_if(self, depth: int, loop: bool) -> None:
        self.add(depth, f"if {self.test()}:")
        self.block(depth + 1, loop, False)
        if self.rng.random() < 0.3:
            self.add(depth, f"elif {self.test()}:")
            self.block(depth + 1, loop, False)
        if self.rng.random() < 0.5:
            self.add(depth, "else:")
            self.block(depth + 1, loop, False)

    def burn(self, depth: int) -> None:
        self.add(depth, "fuel -= 1")
        self.add(depth, "if fuel < 0:")
        self.add(depth + 1, "return 'empty', a, b")

    def make_for(self, depth: int, loop: bool) -> None:
        name = self.rng.choice(["i", "j", "a", "c"])
        self.add(depth, f"for {name} in range({self.rng.randint(0, 4)}):")
        known = list(self.known)
        if name not in self.known:
            self.known.append(name)
        self.burn(depth + 1)
        self.block(depth + 1, True, False)
        self.known = known
        self.maybe_else(depth, loop)

    def make_while(self, depth: int, loop: bool) -> None:
        self.add(depth, f"while {self.rng.choice([self.test(), self.test(), 'True'])}:")
        self.burn(depth + 1)
        self.block(depth + 1, True, False)
        self.maybe_else(depth, loop)

    def maybe_else(self, depth: int, loop: bool) -> None:
        if self.rng.random() < 0.25:
            self.add(depth, "else:")
            self.block(depth + 1, loop, False)

    def make_try(self, depth: int, loop: bool) -> None:
        r = self.rng
        self.add(depth, "try:")
        self.block(depth + 1, loop, False)
        left = self.lines[-1].lstrip().startswith(("return", "raise", "break", "continue"))
        if r.random() < 0.5 and not left:
            self.add(depth + 1, f"{r.choice(self.known)} = 6 // {r.choice(self.known)}")
        final = r.random() < 0.3
        if not final or r.random() < 0.6:
            self.add(depth, r.choice(["except ZeroDivisionError:", "except KeyError as e:", "except Exception:"]))
            self.block(depth + 1, loop, False)
            if r.random() < 0.3:
                self.add(depth, "else:")
                self.block(depth + 1, loop, False)
        if final:
            self.add(depth, "finally:")
            self.add(depth + 1, f"print('finally', {', '.join(self.known)})")
