"""Random loops that store into places of two matrices, whose indices move with the loop: rows, columns, what is left of
them. ``program(seed)`` is the source of a function ``f(x)`` of a 5 by 5 matrix."""

from __future__ import annotations

import random

PLACES = {
    "whole": ["{}[k, :]", "{}[:, k]", "{}[k]", "{}[:, 0]", "{}[-1, :]", "{}[k - 1, :]", "{}[:, k - 1]"],
    "tail": ["{}[k + 1:, k]", "{}[k, k + 1:]", "{}[k + 1:, 0]", "{}[0, k + 1:]", "{}[k + 1:, k - 1]"],
    "head": ["{}[:k, k]", "{}[k, :k]", "{}[:k, 0]", "{}[:k, -1]"],
    "inner": ["{}[1:-1, k]", "{}[k, 1:-1]", "{}[:-2, k]", "{}[k, 2:]", "{}[2:, k - 1]"],
    "number": ["{}[k, k]", "{}[0, k]", "{}[k - 1, k]", "{}[k, k - 1]", "{}[k, 0]"],
}
VECTORS = ["whole", "tail", "head", "inner"]
RANGES = ["range(1, 4)", "range(3, 0, -1)", "range(4)", "reversed(range(1, 5))", "range(0, 4, 2)", "range(4, -1, -2)"]


class Generator:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.names: dict[str, list[str]] = {}

    def place(self, shape: str, arrays: str = "yz") -> str:
        return self.rng.choice(PLACES[shape]).format(self.rng.choice(arrays))

    def atom(self, shape: str, depth: int) -> str:
        r = self.rng.random()
        if shape != "number" and r < 0.15:
            return self.term("number", depth)
        if r < 0.25:
            return str(round(self.rng.uniform(0.3, 0.9), 2))
        if shape == "number" and r < 0.4:
            return "s"
        if r < 0.32 and self.names.get(shape):
            return self.rng.choice(self.names[shape])
        return self.place(shape, "xyz")

    def term(self, shape: str, depth: int = 2) -> str:
        r = self.rng.random()
        if depth == 0 or r < 0.3:
            return self.atom(shape, depth)
        a, b = self.term(shape, depth - 1), self.term(shape, depth - 1)
        if r < 0.5:
            return f"np.sin({a})"
        if r < 0.8:
            return f"({a} {self.rng.choice('*+')} {b})"
        if r < 0.88:
            return f"({a} / (2.0 + np.sin({b})))"
        if shape == "number":
            return f"np.sum({self.term(self.rng.choice(VECTORS), depth - 1)}) * 0.2"
        return f"np.flip({self.place(shape)})" if r < 0.94 or shape != "whole" else f"(y @ {self.place(shape)}) * 0.2"

    def statement(self) -> str:
        shape, r = self.rng.choice(list(PLACES)), self.rng.random()
        target = self.place(shape)
        if r < 0.3:
            return f"{target} = {self.term(shape)} * 0.7"
        if r < 0.55:
            return f"{target} {self.rng.choice(['+=', '-='])} 0.3 * ({self.term(shape)})"
        if r < 0.65:
            return f"{target} *= np.cos({self.term(shape)})"
        if r < 0.75:
            return f"{target} /= 2.0 + np.sin({self.term(shape)})"
        if r < 0.85 and shape != "number":
            name, value = f"v{self.rng.randint(1, 3)}", self.rng.choice([self.term(shape), self.place(shape)])
            for known in self.names.values():
                known[:] = [n for n in known if n != name]
            self.names.setdefault(shape, []).append(name)
            return f"{name} = {value}"
        return f"s = np.sin(s + {self.term('number')})"

    def lines(self) -> list[str]:
        out = ["y = x.copy()", "z = np.cos(x)", "s = 0.5"]
        indent = ""
        if self.rng.random() < 0.25:
            out.append("for _ in range(2):")
            indent = "    "
        for _ in range(self.rng.choice([1, 1, 2])):
            self.names.clear()
            out.append(f"{indent}for k in {self.rng.choice(RANGES)}:")
            out += [f"{indent}    {self.statement()}" for _ in range(self.rng.randint(2, 5))]
            if self.rng.random() < 0.3:
                out += [f"{indent}    if s > 0.4:", f"{indent}        {self.place('number', 'y')} = s * s"]
        return [*out, "return np.sum(np.sin(y)) + np.sum(z * z) * 0.1 + s"]


def program(seed: int) -> str:
    body = "\n".join(f"    {line}" for line in Generator(seed).lines())
    return f"import numpy as np\n\n\ndef f(x):\n{body}\n"
