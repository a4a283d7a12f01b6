"""Random expressions of a given shape, with values that stay moderate and functions that stay smooth."""

from __future__ import annotations

from random import Random

from fuzzlib.scope import Helper, Scope, Shape, Var

UNARY = [
    "np.sin({0})", "np.cos({0})", "np.tanh({0})", "{0} / (2.0 + {0} ** 2)", "np.exp(-({0}) ** 2)", "np.arctan({0})",
    "({0}) ** 2 * 0.5", "np.sqrt(1.0 + ({0}) ** 2) * 0.6", "-({0})", "np.log(3.0 + np.sin({0}))", "({0}) * 0.8",
    "np.exp(0.3 * np.sin({0}))", "(1.5 - {0}) * 0.5", "np.abs({0}) + 0.1", "({0}) ** 3 * 0.2",
    "1.0 / (2.5 + np.cos({0}))",
]  # fmt: skip
SCALAR_UNARY = [
    "math.sin({0})", "math.cos({0})", "math.tanh({0})", "math.exp(-({0}) ** 2)", "math.sqrt(2.0 + ({0}) ** 2) * 0.5",
    "math.atan({0})", "math.log(3.0 + math.sin({0}))", "abs({0})", "float({0})",
]  # fmt: skip
BINARY = [
    "({0} + {1}) * 0.5", "({0} - {1}) * 0.6", "{0} * {1} * 0.5", "{0} / (2.0 + ({1}) ** 2)", "0.7 * {0} - 0.4 * {1}",
    "np.maximum({0}, {1})", "np.minimum({0}, {1} + 0.1)", "np.sin({0} * {1})", "{0} * np.cos({1})",
]  # fmt: skip
ARRAY_BINARY = ["np.where({0} > 0.13, {0}, {1})", "np.clip({0}, -0.9, 0.95) * {1}", "np.arctan2({0}, 3.0 + {1} ** 2)"]
SCALAR_BINARY = ["max({0}, {1})", "min({0}, {1})", "math.hypot({0}, 1.0 + ({1}) ** 2)", "({0} if {1} > 0.07 else {1})"]


def const(rng: Random) -> str:
    """A constant away from 0 and 1."""
    return rng.choice(["0.3", "0.5", "0.7", "1.1", "1.3", "-0.4", "-0.6", "0.25", "0.9"])


class Expressions:
    """Draws expressions over a scope. ``helpers`` are the module's functions that may be called."""

    def __init__(self, rng: Random, helpers: list[Helper]) -> None:
        self.rng = rng
        self.helpers = helpers

    # ------------------------------------------------------------------ leaves

    def leaf(self, scope: Scope, shape: Shape) -> str:
        """A variable, or an element, row, column or slice of one; else something made of scalars."""
        own = [v.name for v in scope.nums(shape)]
        reads = self.reads(scope, shape)
        roll = self.rng.random()
        if own and (roll < 0.6 or not reads):
            return self.rng.choice(own)
        if reads:
            return self.rng.choice(reads)
        if not shape:
            return const(self.rng)
        return self.made(scope, shape)

    def reads(self, scope: Scope, shape: Shape) -> list[str]:
        """Expressions that read a part of an array or a container and have this shape."""
        out: list[str] = []
        for v in scope.arrays():
            out += _parts(v, shape, self.index(scope, v.shape[0]), self.index(scope, v.shape[-1]))
        if not shape:
            for v in scope.of("list"):
                if v.size:
                    out.append(f"{v.name}[{self.index(scope, v.size)}]")
            for v in scope.of("dict"):
                out += [f"{v.name}[{k!r}]" for k in v.keys]
        return out

    def made(self, scope: Scope, shape: Shape) -> str:
        """A new array out of scalars or vectors."""
        forms = [
            f"np.full({_shape(shape)}, {self.leaf(scope, ())})",
            f"np.ones({_shape(shape)}) * {self.leaf(scope, ())}",
        ]
        if len(shape) == 1 and shape[0] <= 3:
            forms.append(f"np.array([{', '.join(self.leaf(scope, ()) for _ in range(shape[0]))}])")
        if len(shape) == 2 and scope.nums(shape[:1]) and scope.nums(shape[1:]):
            forms.append(f"np.outer({self.leaf(scope, shape[:1])}, {self.leaf(scope, shape[1:])})")
        return self.rng.choice(forms)

    def index(self, scope: Scope, size: int) -> str:
        """An index into ``size`` elements: a constant, negative, or computed from a loop variable."""
        ints = scope.of("int")
        if ints and self.rng.random() < 0.6:
            i = self.rng.choice(ints).name
            return self.rng.choice([f"{i} % {size}", f"({i} + 1) % {size}", f"{i} % {size} - {size}"])
        return str(self.rng.randrange(-size, size))

    # ------------------------------------------------------------------ expressions

    def expr(self, scope: Scope, shape: Shape, depth: int = 2) -> str:
        """An expression of this shape."""
        if depth <= 0 or self.rng.random() < 0.12:
            return self.leaf(scope, shape)
        roll = self.rng.random()
        if roll < 0.12 and (call := self.call(scope, shape, depth)):
            return call
        if roll < 0.28:
            return self.reduced(scope, shape, depth) or self.leaf(scope, shape)
        if roll < 0.58:
            forms = UNARY + (SCALAR_UNARY * 2 if not shape else [])
            return self.rng.choice(forms).format(_wrap(self.expr(scope, shape, depth - 1)))
        forms = BINARY + (SCALAR_BINARY if not shape else ARRAY_BINARY)
        left = _wrap(self.expr(scope, shape, depth - 1))
        right = _wrap(self.operand(scope, shape, depth - 1))
        return self.rng.choice(forms).format(left, right)

    def operand(self, scope: Scope, shape: Shape, depth: int) -> str:
        """An expression that broadcasts to this shape."""
        options: list[Shape] = [shape, shape]
        if shape:
            options.append(())
        if len(shape) == 2:
            options.append(shape[1:])
            if scope.nums(shape[:1]) and self.rng.random() < 0.3:
                return f"{self.rng.choice(scope.nums(shape[:1])).name}[:, None]"
        return self.expr(scope, self.rng.choice(options), depth)

    def reduced(self, scope: Scope, shape: Shape, depth: int) -> str | None:
        """A reduction or a product of larger things."""
        arrays = scope.arrays()
        if not arrays:
            return None
        if not shape:
            a = self.rng.choice(arrays)
            e = _wrap(self.expr(scope, a.shape, depth - 1))
            forms = [f"np.sum({e}) * 0.3", f"np.mean({e})", f"{e}.mean()", f"np.max({e})", f"np.prod(np.cos({e}))",
                     f"np.sqrt(np.sum({e} ** 2) + 0.5)", f"np.linalg.norm({e} + 2.0) * 0.3"]  # fmt: skip
            if len(a.shape) == 1:
                forms += [f"{e} @ {_wrap(self.leaf(scope, a.shape))} * 0.4", f"np.dot({e}, {a.name}) * 0.3",
                          f"sum({e}) * 0.3", f"sum([{const(self.rng)} * e_ for e_ in {a.name}])"]  # fmt: skip
            return self.rng.choice(forms)
        if len(shape) == 1:
            forms = []
            for m in (a for a in arrays if len(a.shape) == 2):
                n, k = m.shape
                if n == shape[0] and scope.nums((k,)):
                    forms.append(f"{m.name} @ {self.leaf(scope, (k,))} * 0.4")
                if k == shape[0]:
                    forms += [f"np.sum({m.name}, axis=0) * 0.4", f"{m.name}.max(axis=0)"]
                if n == shape[0]:
                    forms += [f"{m.name}.mean(axis=1)", f"np.sum({m.name} ** 2, axis=-1) * 0.3"]
            v = scope.nums(shape)
            if v:
                name = self.rng.choice(v).name
                forms += [f"np.cumsum({name}) * 0.4", f"np.roll({name}, 1)", f"np.sort({name})", f"{name}[::-1] * 0.9",
                          f"np.concatenate([{name}[1:], {name}[:1]])", f"np.flip({name})"]  # fmt: skip
            return self.rng.choice(forms) if forms else None
        square = [a.name for a in arrays if len(a.shape) == 2 and a.shape[1] == shape[0]]
        if square and shape[0] == shape[1]:
            m = self.rng.choice([a.name for a in arrays if a.shape == shape] or [None])
            return f"{m} @ {m}.T * 0.3" if m else None
        return None

    def call(self, scope: Scope, shape: Shape, depth: int) -> str | None:
        """A call of a helper or a local function that gives this shape."""
        if shape == () and (fns := scope.of("fn")) and self.rng.random() < 0.7:
            f = self.rng.choice(fns)
            return f"{f.name}({', '.join(self.expr(scope, p, depth - 1) for p in f.params)})"
        fitting = [h for h in self.helpers if h.ret == shape]
        if not fitting:
            return None
        return self.call_of(scope, self.rng.choice(fitting), depth)

    def call_of(self, scope: Scope, helper: Helper, depth: int) -> str:
        """A call of this helper: arrays that it stores into are variables or views, others any expression."""
        args = []
        for p in helper.params:
            args.append(self.target(scope, p) if helper.mutates and p else self.expr(scope, p, depth - 1))
        if helper.depth:
            args.append(str(self.rng.randrange(1, 4)))
        return f"{helper.name}({', '.join(args)})"

    def target(self, scope: Scope, shape: Shape) -> str:
        """Something to store into: a variable, a view, or a fresh copy."""
        names = [v.name for v in scope.nums(shape) if v.writable]
        views = [r for r in self.views(scope) if r[1] == shape]
        if views and self.rng.random() < 0.35:
            return self.rng.choice(views)[0]
        return self.rng.choice(names) if names else f"({self.expr(scope, shape, 1)}) * 1.0 + np.zeros({_shape(shape)})"

    def views(self, scope: Scope) -> list[tuple[str, Shape]]:
        """Views of the arrays in scope with their shapes."""
        out: list[tuple[str, Shape]] = []
        for v in scope.arrays():
            if not v.writable:
                continue
            n = v.shape[0]
            out += [(f"{v.name}[::-1]", v.shape), (f"{v.name}[...]", v.shape)]
            if n > 2:
                out += [(f"{v.name}[1:]", (n - 1, *v.shape[1:])), (f"{v.name}[:-1]", (n - 1, *v.shape[1:]))]
            if len(v.shape) == 2:
                i, j = self.index(scope, n), self.index(scope, v.shape[1])
                out += [(f"{v.name}.T", v.shape[::-1]), (f"{v.name}[{i}]", v.shape[1:]), (f"{v.name}[:, {j}]", (n,)),
                        (f"{v.name}.reshape(-1)", (n * v.shape[1],)),
                        (f"{v.name}.ravel()", (n * v.shape[1],))]  # fmt: skip
            elif n % 2 == 0 and n > 2:
                out += [(f"{v.name}.reshape(2, {n // 2})", (2, n // 2)), (f"{v.name}[::2]", (n // 2,))]
            else:
                out.append((f"{v.name}[:, None]", (n, 1)))
        return out

    # ------------------------------------------------------------------ conditions

    def cond(self, scope: Scope, depth: int = 1) -> str:
        """A condition on integers, or on values against a constant."""
        roll = self.rng.random()
        ints = scope.of("int")
        if depth and roll < 0.2:
            op = self.rng.choice(["and", "or"])
            return f"{self.cond(scope, 0)} {op} {self.cond(scope, 0)}"
        if depth and roll < 0.27:
            return f"not ({self.cond(scope, 0)})"
        if ints and roll < 0.65:
            i = self.rng.choice(ints).name
            return self.rng.choice(
                [f"{i} % 2 == 0", f"{i} > 1", f"{i} == {self.rng.randrange(3)}", f"{i} % 3", f"0 < {i} < 3"]
            )
        e = self.expr(scope, (), 1)
        c = self.rng.choice(["0.11", "-0.23", "0.47", "-0.71", "5.0", "-5.0", "0.83"])
        return self.rng.choice([f"{e} > {c}", f"{e} < {c}", f"-7.0 < {e} <= {c}"])


def _shape(shape: Shape) -> str:
    return str(shape[0]) if len(shape) == 1 else str(shape)


def _wrap(text: str) -> str:
    """Parentheses unless the text is a name, a call or a number."""
    plain = text.replace("_", "").replace(".", "")
    return text if plain.isalnum() else f"({text})"


def _parts(v: Var, shape: Shape, i: str, j: str) -> list[str]:
    """Reads of parts of ``v`` that have this shape."""
    n, name = v.shape[0], v.name
    if len(v.shape) == 1:
        if shape == ():
            return [f"{name}[{i}]"]
        if shape == (n,):
            return [f"{name}[::-1]", f"{name}.copy()", f"{name}[[{', '.join(str((k * 2) % n) for k in range(n))}]]"]
        if shape == (n - 1,) and n > 2:
            return [f"{name}[1:]", f"{name}[:-1]", f"{name}[np.array([{', '.join('0' for _ in range(n - 1))}])]"]
        return []
    if shape == ():
        return [f"{name}[{i}, {j}]", f"{name}[{i}][{j}]"]
    if shape == (n,):
        return [f"{name}[:, {j}]"] + ([f"{name}[{i}]"] if v.shape[1] == n else [])
    if shape == v.shape[1:]:
        return [f"{name}[{i}]", f"{name}[{i}, :]"]
    if shape == (n * v.shape[1],):
        return [f"{name}.ravel()", f"{name}.reshape(-1)"]
    if shape == v.shape[::-1]:
        return [f"{name}.T", f"np.transpose({name})"]
    return []
