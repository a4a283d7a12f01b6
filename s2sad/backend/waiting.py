"""Matrix products that stand in the function's result, as late as they can, though what they read is held for them.

*before*::

    def f(x, w, v, u, y):
        a = np.tanh(x @ w)
        b = np.tanh(a @ v)
        c = np.tanh(b @ u)
        'reverse sweep'
        r = (c - y) * (1.0 - c * c)
        u_bar = b.T @ r
        s = r @ u.T * (1.0 - b * b)
        v_bar = a.T @ s
        t = s @ v.T * (1.0 - a * a)
        w_bar = x.T @ t
        return w_bar, v_bar, u_bar

*after*::

    def f(x, w, v, u, y):
        a = np.tanh(x @ w)
        b = np.tanh(a @ v)
        c = np.tanh(b @ u)
        r = (c - y) * (1.0 - c * c)
        s = r @ u.T * (1.0 - b * b)
        u_bar = b.T @ r
        del c, b, r
        t = s @ v.T * (1.0 - a * a)
        return x.T @ t, a.T @ s, u_bar

Such a product has a line of its own, behind the last other statement that reads one of its operands, if the statement that
holds the most (here, what makes ``t``) comes after that and does not need them (``b`` and ``r``).
"""

from __future__ import annotations

from collections.abc import Iterable

from s2sad.backend.fold import Plan
from s2sad.backend.levels import EFFECT, level_of
from s2sad.ir.nodes import Atom, Function, Let, Stmt, Var, free_in
from s2sad.ir.types import Array, rank_of


def waiting(fn: Function, plan: Plan, most: Stmt | None) -> Plan | None:
    """The plan in which such products have lines of their own, if there are any. ``most``: the statement that holds the
    most; it may be what makes the result."""
    inline = plan.inline
    if not any(s.__class__ is Let and s.op == "matmul" for s in inline.values()):
        return None
    if any(not isinstance(s, Let) or level_of(s) == EFFECT for s in inline.values()):
        return None
    return _Waiting(fn, plan, most).apart()


class _Waiting:
    def __init__(self, fn: Function, plan: Plan, most: Stmt | None) -> None:
        self.fn, self.plan, self.kept = fn, plan, plan.kept(fn.body)
        self.place = {s: k for k, s in enumerate(fn.body.stmts)}
        self.late: list[Let] = []  # products that are elements of displays
        self.made = False  # anything else as large in an expression with them?
        self.read: set[Var] = set()  # where the search looks, but for these products
        self.end = next((k for k, s in enumerate(self.kept) if s is most), len(self.kept))
        if self.end == len(self.kept) or _is_display(self.kept[self.end]):
            self._look(fn.body.results)
            large = [k for k, s in enumerate(self.kept) if isinstance(s, Let) and not _is_display(s) and _rank(s.target) > 1]
            self.end = len(self.kept) if self.made or not large else large[-1]
            self.late, self.read = [], set()
        for s in self.kept[self.end :]:
            self._look(s.args if isinstance(s, Let) else free_in(s), _is_display(s))
        self._look(fn.body.results)

    def _look(self, atoms: Iterable[Atom], shown: bool = True) -> None:
        for a in atoms:
            made = self.plan.inline.get(a) if isinstance(a, Var) else None
            if not isinstance(made, Let):
                if isinstance(a, Var):
                    self.read.add(a)
            elif shown and made.op == "matmul" and made in self.place and self._is_simple(made):
                self.late.append(made)
            else:
                self.made = self.made or (made.op not in ("getattr", "matmul") and _rank(made.target) > 1)
                self._look(made.args, shown and _is_display(made))

    def _is_simple(self, s: Let) -> bool:
        """Are the operands arrays with names, or their transposes?"""
        made = [self.plan.inline.get(a) for a in s.args if isinstance(a, Var)]
        return all(m is None or (isinstance(m, Let) and m.op == "getattr") for m in made)

    def apart(self) -> Plan | None:
        kept, inline, end = list(self.kept), dict(self.plan.inline), self.end
        for s in sorted(self.late, key=lambda s: self.place[s]):
            operands = set(self._operands(s))
            if s.target is None or all(a in self.read or not _rank(a) for a in operands):
                continue
            at = next((k for k, t in enumerate(kept) if self.place.get(t, -1) > self.place[s]), len(kept))
            at = max([at, *[k + 1 for k, t in enumerate(kept[:end]) if not operands.isdisjoint(self._reads(t))]])
            if at <= end:
                kept.insert(at, s)
                end += 1
                del inline[s.target]
        if end == self.end:
            return None
        new = self.plan
        new = Plan(inline, new.as_expression, new.nested, new.silent, new.itself, new.used)
        new.found = {self.fn.body: kept}
        return new

    def _operands(self, let: Let) -> list[Var]:
        """The variables with names that a statement reads, by way of what is folded into it too; not those of products
        that wait there."""
        out: list[Var] = []
        for a in let.args:
            made = self.plan.inline.get(a) if isinstance(a, Var) else None
            if isinstance(made, Let):
                out += self._operands(made) if made not in self.late else []
            elif isinstance(a, Var):
                out.append(a)
        return out

    def _reads(self, s: Stmt) -> Iterable[Atom]:
        if isinstance(s, Let):
            return self._operands(s) if s not in self.late else []
        return free_in(s)


def _is_display(s: Stmt) -> bool:
    return isinstance(s, Let) and s.op in ("tuple", "list", "dict")


def _rank(a: Var | None) -> int:
    t = a and a.type
    return rank_of(t) or 0 if isinstance(t, Array) else 0


__all__ = ["waiting"]
