"""More of the language: finally, nonlocal, defaults, star arguments, objects, dicts of arrays, arrays of three dimensions.

Each maker gives a few statements that stand together, and leaves one number or array in scope.
"""

from __future__ import annotations

from fuzzlib.expressions import Expressions, const
from fuzzlib.scope import Scope, Var

RECORD = """@dataclass
class Pair:
    a: float
    b: float = 0.5

    def mix(self, t, k=0.7):
        self.a = self.a * k + t
        return self.a * self.b

    @property
    def total(self):
        return self.a + self.b
"""


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


class Wider(Expressions):
    def block(self, scope: Scope, count: int) -> list[str]:
        raise NotImplementedError

    def store(self, scope: Scope) -> list[str]:
        raise NotImplementedError

    def finally_(self, scope: Scope) -> list[str]:
        """try with finally, which may be left by break, continue, return or an exception that is caught."""
        last = scope.child(loop="")
        last.ret = None  # a finally clause is not left early
        body = ["try:", *indented(self.block(scope.child(), 2)), "finally:", *indented(self.block(last, 1))]
        if self.rng.random() < 0.5:
            return body
        body[1:1] = [f"    if {self.cond(scope)}:", "        raise ValueError('no')"]
        return ["try:", *indented(body), "except ValueError:", *indented(self.block(scope.child(), 1))]

    def nonlocal_(self, scope: Scope) -> list[str]:
        total, name, p, out = (scope.fresh() for _ in range(4))
        inner = Scope(self.rng, {}, scope.locked, "", (), scope.taken, 3)
        inner.add(Var(p, "num"))
        inner.add(Var(total, "num"))
        lines = [
            f"{total} = {self.expr(scope, (), 1)}",
            f"def {name}({p}):",
            f"    nonlocal {total}",
            f"    {total} = {self.expr(inner, (), 2)}",
            f"    return {total} * {p} * 0.5",
            f"{out} = {name}({self.expr(scope, (), 1)}) + {name}({self.expr(scope, (), 1)}) * {total}",
        ]
        scope.add(Var(out, "num"))
        return lines

    def defaults(self, scope: Scope) -> list[str]:
        name, p, k, m, out = (scope.fresh() for _ in range(5))
        inner = Scope(self.rng, {}, scope.locked, "", (), scope.taken, 3)
        for n in (p, k, m):
            inner.add(Var(n, "num"))
        first, second = self.expr(scope, (), 1), self.expr(scope, (), 1)
        lines = [
            f"def {name}({p}, {k}={const(self.rng)}, *, {m}={self.expr(scope, (), 1)}):",
            f"    return {self.expr(inner, (), 2)}",
            f"{out} = {name}({first}) + {name}({second}, {m}={first}) * {name}({first}, {second})",
        ]
        scope.add(Var(out, "num"))
        return lines

    def star(self, scope: Scope) -> list[str]:
        name, ps, t, p, out = (scope.fresh() for _ in range(5))
        lines = [
            f"def {name}(*{ps}):",
            f"    {t} = 0.5",
            f"    for {p} in {ps}:",
            f"        {t} = {t} * np.cos({p}) + {p} * 0.3",
            f"    return {t}",
            f"{out} = {name}({self.expr(scope, (), 1)}, *[{self.expr(scope, (), 1)}, {self.expr(scope, (), 1)}])",
        ]
        scope.add(Var(out, "num"))
        return lines

    def record(self, scope: Scope) -> list[str]:
        name, out = scope.fresh(), scope.fresh()
        lines = [f"{name} = Pair({self.expr(scope, (), 1)})"]
        if self.rng.random() < 0.5:
            lines.append(f"{name}.b = {self.expr(scope, (), 1)}")
        lines.append(f"{out} = {name}.mix({self.expr(scope, (), 1)}) + {name}.a * {name}.total")
        scope.add(Var(out, "num"))
        return lines

    def arrays(self, scope: Scope) -> list[str]:
        """A dict of arrays: elements are stored into, and replaced."""
        vectors = [v for v in scope.arrays() if v.writable]
        if not vectors:
            return []
        v = self.rng.choice(vectors)
        name, out = scope.fresh(), scope.fresh()
        copied = self.rng.random() < 0.5
        lines = [f"{name} = {{'p': {v.name}{' * 1.0' if copied else ''}, 'q': {v.name} * {const(self.rng)}}}"]
        lines.append(f"{name}['p'][{self.index(scope, v.shape[0])}] *= {self.expr(scope, (), 1)}")
        if self.rng.random() < 0.5:
            lines.append(f"{name}['q'] = {name}['p'] * {name}['q']")
        lines.append(f"{name}['q'][0] += {self.expr(scope, (), 1)}")
        lines.append(f"{out} = {name}['p'] * 0.5 + {name}['q']")
        scope.add(Var(out, "num", v.shape))
        return lines

    def cube(self, scope: Scope) -> list[str]:
        """An array of three dimensions, stored into through views of views."""
        matrices = [v for v in scope.arrays() if len(v.shape) == 2]
        if not matrices:
            return []
        m = self.rng.choice(matrices)
        n, k = m.shape
        name, view, out = (scope.fresh() for _ in range(3))
        i, j = self.index(scope, n), self.index(scope, k)
        e = self.expr(scope, (), 1)
        lines = [f"{name} = np.stack([{m.name}, {m.name} * {const(self.rng)}])"]
        lines.append(f"{view} = {name}[1].T[{j}]")
        lines.append(
            self.rng.choice([f"{view}[::-1][{i}] = {e}", f"{view}[...] *= {e}", f"{name}[:, {i}, {j}] += {e}"])
        )
        lines.append(self.rng.choice([f"{name}[0, {i}] = {name}[1, {i}] * 0.5", f"{name}[..., {j}] *= {e}"]))
        lines.append(
            f"{out} = " + self.rng.choice([f"{name}.sum(axis=0) * 0.4", f"{name}[0] * {name}[1]", f"{name}[::-1][0]"])
        )
        scope.add(Var(out, "num", m.shape))
        return lines


__all__ = ["RECORD", "Wider", "indented"]
