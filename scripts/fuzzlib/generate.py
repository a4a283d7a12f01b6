"""Random programs: a module text with an entry function, its helpers, and sample arguments, from one integer."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from fuzzlib.expressions import _shape, const
from fuzzlib.scope import Helper, Scope, Shape, Var
from fuzzlib.wider import RECORD, Wider

HEADER = "import math\nfrom dataclasses import dataclass\n\nimport numpy as np\n"
ENTRY = "entry"


@dataclass(frozen=True)
class Generated:
    """A program: the text of its module and the arguments of ``entry``."""

    text: str
    args: tuple[Any, ...]
    seed: int


class Statements(Wider):
    """Draws statements; a block is a list of lines without indentation."""

    def block(self, scope: Scope, count: int) -> list[str]:
        """``count`` statements (some are compound)."""
        out: list[str] = []
        for _ in range(count):
            out += self.statement(scope)
        return out

    def statement(self, scope: Scope) -> list[str]:
        weighted = [
            (self.assign, 5), (self.rebind, 3), (self.augment, 3), (self.store, 5), (self.alias, 2), (self.view, 3),
            (self.branch, 3 if scope.depth < 3 else 0), (self.loop, 4 if scope.depth < 3 else 0),
            (self.while_, 1 if scope.depth < 2 else 0), (self.make_list, 1), (self.use_list, 2), (self.make_dict, 1),
            (self.use_dict, 1), (self.swap, 1), (self.mutating_call, 2), (self.closure, 1), (self.unpack, 1),
            (self.try_, 0.5 if scope.depth < 2 else 0), (self.leave, 1.2), (self.in_place, 2),
            (self.finally_, 0.3 if scope.depth < 2 else 0), (self.nonlocal_, 0.3), (self.defaults, 0.3), (self.star, 0.3),
            (self.record, 0.3 if not scope.depth else 0), (self.arrays, 0.7), (self.cube, 0.6),
        ]  # fmt: skip
        makers, weights = zip(*weighted, strict=True)
        for _ in range(6):
            made = self.rng.choices(makers, weights)[0](scope)
            if made:
                return list(made)
        return list(self.assign(scope))

    # ------------------------------------------------------------------ names

    def shape(self, scope: Scope) -> Shape:
        """The shape of something in scope."""
        return self.rng.choice([v.shape for v in scope.of("num")] + [(), ()])

    def assign(self, scope: Scope) -> list[str]:
        shape = self.shape(scope)
        e = self.expr(scope, shape, 3)
        name = scope.fresh()
        writable = "broadcast" not in e
        scope.add(Var(name, "num", shape, writable=writable))
        return [f"{name} = {e}"]

    def _free(self, scope: Scope, shape: Shape | None = None) -> list[Var]:
        return [v for v in scope.of("num") if v.name not in scope.locked and (shape is None or v.shape == shape)]

    def rebind(self, scope: Scope) -> list[str]:
        free = self._free(scope)
        if not free:
            return []
        v = self.rng.choice(free)
        e = self.expr(scope, v.shape, 2)
        return [f"{v.name} = {e}"]

    def augment(self, scope: Scope) -> list[str]:
        free = [v for v in self._free(scope) if v.writable or not v.shape]
        if not free:
            return []
        v = self.rng.choice(free)
        return [f"{v.name} {self._augmentation(scope, v.shape)}"]

    def _augmentation(self, scope: Scope, shape: Shape) -> str:
        e = self.operand(scope, shape, 1)
        forms = [f"+= 0.3 * ({e})", f"-= 0.2 * ({e})", f"*= 0.5 + 0.3 * np.sin({e})", f"/= 1.5 + ({e}) ** 2"]
        return self.rng.choice([*forms, f"*= np.cos({e})"])

    def swap(self, scope: Scope) -> list[str]:
        for _ in range(4):
            shape = self.shape(scope)
            free = self._free(scope, shape)
            if len(free) >= 2:
                a, b = self.rng.sample(free, 2)
                return [f"{a.name}, {b.name} = {b.name}, {a.name}"]
        return []

    def unpack(self, scope: Scope) -> list[str]:
        vectors = [v for v in scope.arrays() if len(v.shape) == 1 and v.shape[0] == 2]
        a, b = scope.fresh(), scope.fresh()
        if vectors and self.rng.random() < 0.5:
            line = f"{a}, {b} = {self.rng.choice(vectors).name}"
        else:
            line = f"{a}, {b} = {self.expr(scope, (), 2)}, {self.expr(scope, (), 2)}"
        scope.add(Var(a, "num"))
        scope.add(Var(b, "num"))
        return [line]

    # ------------------------------------------------------------------ memory

    def alias(self, scope: Scope) -> list[str]:
        arrays = scope.arrays()
        if not arrays:
            return []
        v = self.rng.choice(arrays)
        same = [o for o in self._free(scope, v.shape) if o.name != v.name]
        if same and self.rng.random() < 0.4:
            o = self.rng.choice(same)
            c = self.cond(scope)
            return (
                [f"{o.name} = {v.name} if {c} else {o.name}"] if self.rng.random() < 0.4 else [f"{o.name} = {v.name}"]
            )
        name = scope.fresh()
        scope.add(Var(name, "num", v.shape, writable=v.writable))
        return [f"{name} = {v.name}"]

    def view(self, scope: Scope) -> list[str]:
        views = self.views(scope)
        if not views:
            return []
        text, shape = self.rng.choice(views)
        name = scope.fresh()
        scope.add(Var(name, "num", shape))
        return [f"{name} = {text}"]

    def store(self, scope: Scope) -> list[str]:
        arrays = [v for v in scope.arrays() if v.writable]
        if not arrays:
            return []
        v = self.rng.choice(arrays)
        place, shape = self.place(scope, v)
        if self.rng.random() < 0.45:
            return [f"{v.name}{place} {self._augmentation(scope, shape)}"]
        return [f"{v.name}{place} = {self.operand(scope, shape, 2)}"]

    def place(self, scope: Scope, v: Var) -> tuple[str, Shape]:
        """A subscript to store at, and the shape of what it selects."""
        n, i = v.shape[0], self.index(scope, v.shape[0])
        rest = v.shape[1:]
        options: list[tuple[str, Shape]] = [(f"[{i}]", rest), (f"[{i}]", rest), ("[:]", v.shape), ("[::-1]", v.shape)]
        if n > 2:
            options += [("[1:]", (n - 1, *rest)), ("[:-1]", (n - 1, *rest)), ("[[0, 2]]", (2, *rest))]
        if n > 1 and not rest:
            options += [(f"[{v.name} > 0.09]", ()), ("[np.array([1, 1, 0])]", (3,))]
        if rest:
            j = self.index(scope, rest[0])
            options += [(f"[{i}, {j}]", ()), (f"[{i}, {j}]", ()), (f"[:, {j}]", (n,)), (f"[{i}, :]", rest)]
        return self.rng.choice(options)

    def in_place(self, scope: Scope) -> list[str]:
        """Functions that store: out=, add.at, fill, sort, copyto."""
        arrays = [v for v in scope.arrays() if v.writable]
        if not arrays:
            return []
        v = self.rng.choice(arrays)
        e = self.operand(scope, v.shape, 1)
        options = [f"np.multiply({v.name}, 0.5 * np.cos({e}), out={v.name})", f"np.sin({v.name}, out={v.name})",
                   f"np.copyto({v.name}, {e})", f"{v.name}.fill({self.expr(scope, (), 1)})"]  # fmt: skip
        if len(v.shape) == 1:
            options += [f"np.add.at({v.name}, [0, {v.shape[0] - 1}, 0], {self.expr(scope, (), 1)})", f"{v.name}.sort()"]
        return [self.rng.choice(options)]

    def mutating_call(self, scope: Scope) -> list[str]:
        """A call of a helper that stores into its arguments, its result used or not."""
        fitting = [h for h in self.helpers if h.mutates]
        if not fitting:
            return []
        h = self.rng.choice(fitting)
        call = self.call_of(scope, h, 2)
        if h.ret is None or self.rng.random() < 0.3:
            return [call]
        name = scope.fresh()
        scope.add(Var(name, "num", h.ret))
        return [f"{name} = {call}"]

    # ------------------------------------------------------------------ containers

    def make_list(self, scope: Scope) -> list[str]:
        name = scope.fresh()
        if self.rng.random() < 0.3:
            inner = scope.child()
            inner.add(Var("i_", "int"))
            line = f"{name} = [{self.expr(inner, (), 1)} for i_ in range(3)]"
            scope.add(Var(name, "list", size=3))
            return [line]
        size = self.rng.randrange(0, 4)
        line = f"{name} = [{', '.join(self.expr(scope, (), 2) for _ in range(size))}]"
        scope.add(Var(name, "list", size=size))
        return [line]

    def use_list(self, scope: Scope) -> list[str]:
        lists = [v for v in scope.of("list") if v.name not in scope.locked]
        if not lists:
            return []
        v = self.rng.choice(lists)
        e = self.expr(scope, (), 2)
        roll = self.rng.random()
        if roll < 0.4 or not v.size:
            scope.change(v, size=v.size + 1)
            return [f"{v.name}.append({e})"]
        if roll < 0.6:
            return [f"{v.name}[{self.index(scope, v.size)}] = {e}"]
        if roll < 0.75:
            return [f"{v.name}[{self.index(scope, v.size)}] += 0.3 * ({e})"]
        name = scope.fresh()
        scope.add(Var(name, "num"))
        if roll < 0.85:
            return [f"{name} = sum({v.name}) * 0.3"]
        if roll < 0.93 and scope.depth == 0:
            scope.change(v, size=v.size - 1)
            return [f"{name} = {v.name}.pop()"]
        return [f"{name} = sum([e_ * e_ for e_ in {v.name} if e_ > 0.05]) * 0.2"]

    def make_dict(self, scope: Scope) -> list[str]:
        name = scope.fresh()
        keys = tuple(self.rng.sample(["a", "b", "w1", "key"], 2))
        items = ", ".join(f"{k!r}: {self.expr(scope, (), 2)}" for k in keys)
        scope.add(Var(name, "dict", keys=keys))
        return [f"{name} = {{{items}}}"]

    def use_dict(self, scope: Scope) -> list[str]:
        dicts = [v for v in scope.of("dict") if v.name not in scope.locked]
        if not dicts:
            return []
        v = self.rng.choice(dicts)
        k = self.rng.choice(v.keys)
        if self.rng.random() < 0.5:
            return [f"{v.name}[{k!r}] += 0.3 * ({self.expr(scope, (), 1)})"]
        if self.rng.random() < 0.5:
            return [f"{v.name}[{k!r}] = {self.expr(scope, (), 2)}"]
        name, key, item = scope.fresh(), scope.fresh(), scope.fresh()
        scope.add(Var(name, "num"))
        return [f"{name} = 0.0", f"for {key}, {item} in {v.name}.items():", f"    {name} += 0.5 * {item} * {item}"]

    # ------------------------------------------------------------------ control

    def branch(self, scope: Scope) -> list[str]:
        out = [f"if {self.cond(scope)}:", *_indented(self.block(scope.child(), self.rng.randrange(1, 3)))]
        if self.rng.random() < 0.25:
            out += [f"elif {self.cond(scope)}:", *_indented(self.block(scope.child(), 1))]
        if self.rng.random() < 0.5:
            out += ["else:", *_indented(self.block(scope.child(), self.rng.randrange(1, 3)))]
        return out

    def loop(self, scope: Scope) -> list[str]:
        inner = scope.child(loop="for")
        head = self._loop_head(scope, inner)
        return [head, *_indented(self.block(inner, self.rng.randrange(1, 4)))]

    def _loop_head(self, scope: Scope, inner: Scope) -> str:
        i, e = inner.fresh(), inner.fresh()
        vectors = [v for v in scope.arrays() if len(v.shape) == 1]
        matrices = [v for v in scope.arrays() if len(v.shape) == 2]
        lists = scope.of("list")
        roll = self.rng.random()
        if roll < 0.15 and vectors:
            inner.add(Var(e, "num"))
            return f"for {e} in {self.rng.choice(vectors).name}:"
        if roll < 0.28 and matrices:
            m = self.rng.choice(matrices)
            inner.add(Var(e, "num", m.shape[1:], writable=m.writable))
            return f"for {e} in {m.name}:"
        if roll < 0.38 and vectors:
            inner.add(Var(i, "int"))
            inner.add(Var(e, "num"))
            return f"for {i}, {e} in enumerate({self.rng.choice(vectors).name}):"
        if roll < 0.45 and len(vectors) > 1:
            a, b = self.rng.sample(vectors, 2)
            inner.add(Var(i, "num"))
            inner.add(Var(e, "num"))
            return f"for {i}, {e} in zip({a.name}, {b.name}):"
        if roll < 0.52 and lists:
            v = self.rng.choice(lists)
            inner.locked |= {v.name}
            inner.add(Var(e, "num"))
            return f"for {e} in {v.name}:"
        inner.add(Var(i, "int"))
        return f"for {i} in range({self.rng.choice(['2', '3', '4', '0', '1, 4', '3, -1, -1', '0, 5, 2'])}):"

    def while_(self, scope: Scope) -> list[str]:
        k = scope.fresh()
        inner = scope.child(loop="while", lock=(k,))
        inner.add(Var(k, "int"))
        extra = f" and {self.cond(scope, 0)}" if self.rng.random() < 0.4 else ""
        body = [f"{k} += 1", *self.block(inner, self.rng.randrange(1, 3))]
        return [f"{k} = 0", f"while {k} < {self.rng.randrange(2, 5)}{extra}:", *_indented(body)]

    def leave(self, scope: Scope) -> list[str]:
        """break, continue or an early return under a condition."""
        roll = self.rng.random()
        if scope.loop and roll < 0.75:
            return [f"if {self.cond(scope)}:", f"    {self.rng.choice(['break', 'continue'])}"]
        if scope.ret is None or (scope.depth == 0 and roll < 0.5):
            return []
        return [f"if {self.cond(scope)}:", f"    return {self.expr(scope, scope.ret, 2)}"]

    def try_(self, scope: Scope) -> list[str]:
        kind = self.rng.choice(["ValueError", "ZeroDivisionError", "IndexError"])
        body = [*self.block(scope.child(), 1), f"if {self.cond(scope)}:", f"    raise {kind}('no')"]
        if self.rng.random() < 0.5:
            body += self.block(scope.child(), 1)
        return ["try:", *_indented(body), f"except {kind}:", *_indented(self.block(scope.child(), 1))]

    def closure(self, scope: Scope) -> list[str]:
        name, p = scope.fresh(), scope.fresh()
        inner = Scope(self.rng, dict(scope.vars), scope.locked, "", (), scope.taken, 3)
        inner.add(Var(p, "num"))
        e = self.expr(inner, (), 2)
        if self.rng.random() < 0.5:
            lines = [f"{name} = lambda {p}: {e}"]
        else:
            t = scope.fresh()
            lines = [f"def {name}({p}):", f"    {t} = {e}", f"    return {t} * {p} * 0.5"]
        scope.add(Var(name, "fn", params=((),)))
        return lines


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


class Program:
    """Builds one module: helpers first, then the entry."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.seed = seed
        self.n, self.m = self.rng.choice([(3, 2), (2, 3), (4, 3), (3, 3), (4, 2)])
        self.shapes: list[Shape] = [(), (self.n,), (self.m,), (self.n, self.m), (self.n, self.n)]
        self.helpers: list[Helper] = []
        self.parts: list[str] = []

    def build(self) -> Generated:
        for k in range(self.rng.choice([0, 1, 1, 2, 3])):
            self.rng.choice([self.pure, self.mutator, self.mutator, self.recursive])(k)
        params = [(), *self.rng.choices(self.shapes[1:], k=self.rng.randrange(1, 3))]
        self.rng.shuffle(params)
        names, scope, lines = self.function(params, self.rng.randrange(3, 9), ())
        lines.append(f"return {self.result(scope)}")
        self.parts.append("\n".join([f"def {ENTRY}({', '.join(names)}):", *_indented(lines)]))
        if any("Pair(" in p for p in self.parts):
            self.parts.insert(0, RECORD.rstrip())
        text = HEADER + "".join(f"\n\n{p}\n" for p in self.parts)
        values = np.random.default_rng(self.seed)
        args: list[Any] = []
        for shape in params:
            x = np.round(values.uniform(-1.2, 1.2, size=shape), 3) + 0.0005
            args.append(x if shape else float(x))
        return Generated(text, tuple(args), self.seed)

    def function(self, params: list[Shape], count: int, ret: Shape | None) -> tuple[list[str], Scope, list[str]]:
        scope = Scope(self.rng, ret=ret)
        names = [scope.add(Var(scope.fresh(), "num", s)).name for s in params]
        return names, scope, Statements(self.rng, self.helpers).block(scope, count)

    def result(self, scope: Scope) -> str:
        """A float that depends on much of what is in scope."""
        maker = Statements(self.rng, self.helpers)
        terms = [maker.expr(scope, (), 2)]
        nums = scope.of("num")
        for v in self.rng.sample(nums, min(len(nums), 4)):
            c = const(self.rng)
            terms.append(f"{c} * {v.name}" if not v.shape else f"{c} * np.sum(np.sin({v.name}))")
        return " + ".join(terms)

    def pure(self, k: int) -> None:
        params = self.rng.choices(self.shapes, k=self.rng.randrange(1, 3))
        ret = self.rng.choice([(), (), *params])
        names, scope, lines = self.function(params, self.rng.randrange(1, 4), ret)
        lines.append(f"return {Statements(self.rng, self.helpers).expr(scope, ret, 2)}")
        self.emit(Helper(f"helper{k}", tuple(params), ret), names, lines)

    def mutator(self, k: int) -> None:
        params = [self.rng.choice(self.shapes[1:3]), self.rng.choice(self.shapes)]
        maker = Statements(self.rng, self.helpers)
        names, scope, lines = self.function(params, self.rng.randrange(0, 3), None)
        i = scope.fresh()
        inner = scope.child(loop="for")
        inner.add(Var(i, "int"))
        n = params[0][0]
        body = [f"{names[0]}[{i}] = {maker.expr(inner, (), 2)}"]
        if self.rng.random() < 0.5:
            body += maker.leave(inner)
        body += maker.store(inner)
        lines += [f"for {i} in range({n}):", *_indented(body)]
        ret: Shape | None = None
        roll = self.rng.random()
        if roll < 0.25:
            ret = params[0]
            lines.append(f"return {names[0]}")
        elif roll < 0.4 and n > 2:
            ret = (n - 1,)
            lines.append(f"return {names[0]}[1:]")
        elif roll < 0.6:
            ret = ()
            lines.append(f"return {maker.expr(scope, (), 1)}")
        self.emit(Helper(f"update{k}", tuple(params), ret, mutates=True), names, lines)

    def recursive(self, k: int) -> None:
        params = self.rng.choice([[()], [(), (self.n,)]])
        maker = Statements(self.rng, self.helpers)
        names, scope, lines = self.function(params, 1, ())
        depth = scope.fresh()
        name = f"again{k}"
        rest = "".join(f", {n}" for n in names[1:])
        base = [
            f"if {depth} == 0:",
            f"    return {maker.expr(Scope(self.rng, {n: scope.vars[n] for n in names}), (), 1)}",
        ]
        lines = base + lines
        lines.append(f"return 0.5 * {name}({maker.expr(scope, (), 1)}{rest}, {depth} - 1) + {maker.expr(scope, (), 1)}")
        self.emit(Helper(name, tuple(params), (), depth=True), [*names, depth], lines)

    def emit(self, helper: Helper, names: list[str], lines: list[str]) -> None:
        self.parts.append("\n".join([f"def {helper.name}({', '.join(names)}):", *_indented(lines)]))
        self.helpers.append(helper)


def generate(seed: int) -> Generated:
    """The program of a seed (it may be unfit: the judge looks at it first)."""
    return Program(seed).build()


# What most refusals of the Numba backend come from: programs with these would test little else of it.
NOT_NATIVE = (
    "linalg.norm", "np.sort", "np.cumsum", "np.full(", "np.roll", "np.concatenate", "np.stack", "np.array(", ".fill(",
    "np.ravel", "append", "try:", "nonlocal", "lambda", "Pair(", "again", "= [", "[[", "**{", "yield", "zip(",
    "enumerate", "= {", "    def ",
)  # fmt: skip


def generate_native(seed: int) -> Generated:
    """A program of a seed that is made of numbers, arrays, branches and loops."""
    for k in range(1000):
        drawn = generate(seed * 1000 + k)
        if not any(text in drawn.text for text in NOT_NATIVE):
            return drawn
    return drawn


__all__ = ["ENTRY", "HEADER", "Generated", "_shape", "generate", "generate_native"]
