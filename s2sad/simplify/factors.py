"""A product of an adjoint whose factors the user has multiplied already is made of that product.

*before*::

    def f(x, y, g):
        t = x * 3.0
        u = t * y
        v = np.sum(np.exp(u))
        'reverse sweep'
        a = g * x * y * 3.0
        b = 2.0 * g * t
        return v, a, b

*after*::

    def f(x, y, g):
        t = x * 3.0
        u = t * y
        v = np.sum(np.exp(u))
        'reverse sweep'
        a = g * u
        b = 2.0 * g * t
        return v, a, b

For arrays: each product less is one pass less. ``2.0 * (0.5 * x)`` is ``x``. A quotient by what the user has the reciprocal
of is a factor too.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.late import Facts
from s2sad.analysis.optypes import result_type
from s2sad.ir.nodes import Atom, Const, Function, Global, Let, Stmt, Var, targets_of
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import with_body, with_stmts
from s2sad.ir.types import Array
from s2sad.specialise.driver import const

_DEPTH = 4
_MOST = 8  # factors


def gather(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such products made of the user's: ``fn`` itself where there are none."""
    users = [s for s in fn.body.stmts if isinstance(s, Let) and s.op == "mul" and s.target in primal and _is_array(s.target)]
    return _Gatherer(fn, primal, users).run() if users else fn


@dataclass(eq=False)
class _Product:
    """A number and factors by their keys, each with the atom that it stands for."""

    number: float
    factors: list[Atom]
    divided: bool = False  # by what is a factor now


class _Gatherer(Facts):
    def __init__(self, fn: Function, primal: Container[Var], users: list[Let]) -> None:
        super().__init__(fn)
        self.primal = primal
        self.uses = usage.uses(fn)
        self.there: set[Var] = set()  # what is defined where a statement stands: tangents come before later primal ones
        self.inverse = {
            s.args[1]: s.target for s in fn.body.stmts
            if isinstance(s, Let) and s.op == "truediv" and s.target in primal and const(s.args[0]) == 1.0 and _is_array(s.target)
            and not self.memory.is_written(s.args[1])
        }  # fmt: skip
        known = [(s.target, s) for s in users if s.target is not None and not self.memory.is_written(s.target)]
        self.users = [(target, form) for target, s in known for form in self._forms(s)]
        self.users.sort(key=lambda p: -len(p[1].factors))

    def run(self) -> Function:
        out: list[Stmt] = []
        inside = self._inside()
        for s in self.fn.body.stmts:
            if isinstance(s, Let) and s.op in ("mul", "truediv") and s.target not in self.primal and s not in inside:
                new = self._shorter(s)
                if new is not None:
                    out += new
                    continue
            out.append(s)
            self.there.update(targets_of(s))
        return with_body(self.fn, with_stmts(self.fn.body, out))

    def _inside(self) -> set[Let]:
        """Products that are factors of another product and nothing else."""
        return {
            d for s in self.fn.body.stmts if isinstance(s, Let) and s.op in ("mul", "truediv") and s.target not in self.primal
            for a in s.args[: 1 if s.op == "truediv" else 2] if (d := self._own(a)) is not None
        }  # fmt: skip

    def _own(self, a: Atom) -> Let | None:
        d = self.lets.get(a) if isinstance(a, Var) and a not in self.primal and self.uses.get(a) == 1 else None
        return d if d is not None and d.op in ("mul", "truediv") else None

    def _forms(self, s: Let) -> Iterator[_Product]:
        """A product of the user's by its operands, and by what these are products of."""
        seen = []
        for depth in (1, 2, 3):
            p = _Product(1.0, [])
            if self._expand(s, p, depth) and len(p.factors) <= _MOST and p.factors not in seen:
                seen.append(p.factors)
                yield p

    def _expand(self, s: Let, into: _Product, depth: int) -> bool:
        if any(self.memory.is_written(a) for a in s.args):
            return False  # what it was made of may be another now
        for a in s.args:
            value = const(a)
            d = self.lets.get(a) if isinstance(a, Var) and depth > 1 and a in self.primal else None
            if isinstance(value, (int, float)):
                into.number *= value
            elif d is not None and d.op == "mul":
                if not self._expand(d, into, depth - 1):
                    return False
            elif value is not None:
                return False
            else:
                into.factors.append(a)
        return True

    def _collect(self, s: Let, into: _Product, depth: int = _DEPTH) -> bool:
        """The factors of a product of adjoints."""
        operands: list[Atom] = list(s.args)
        if s.op == "truediv":
            inverse = self.inverse.get(s.args[1])
            if inverse not in self.there:
                return False
            operands[1] = inverse
            into.divided = True
        for a in operands:
            value = const(a)
            d = self._own(a) if depth else None
            if isinstance(value, (int, float)):
                into.number *= value
            elif value is not None:
                return False
            elif d is None or not self._fits(d, into, depth):
                into.factors.append(a)
        return len(into.factors) <= _MOST

    def _fits(self, d: Let, into: _Product, depth: int) -> bool:
        part = _Product(1.0, [])
        if not self._collect(d, part, depth - 1):
            return False
        into.number *= part.number
        into.factors += part.factors
        into.divided |= part.divided
        return True

    def _shorter(self, s: Let) -> list[Let] | None:
        whole = _Product(1.0, [])
        if not _is_array(s.target) or not self._collect(s, whole) or any(self.memory.is_written(a) for a in whole.factors):
            return None
        before = len(whole.factors) + (whole.number != 1.0)
        changed = whole.divided and len(whole.factors) > 2
        while self._taken(whole) or self._freed(whole):
            changed = True
        after = len(whole.factors) + (whole.number not in (1.0, -1.0))
        if not changed or after > before or not whole.factors:
            return None
        alone = len(whole.factors) == 1 and whole.number == 1.0
        return None if alone and not self._may_be(s.target, whole.factors[0]) else self._written(s, whole)

    def _may_be(self, target: Atom | None, a: Atom) -> bool:
        """May ``target`` be the same array as ``a``, or is it stored into later, or do both leave the function?"""
        m = self.memory
        return target is not None and not m.is_written(target) and not (m.is_returned(target) and m.is_returned(a))

    def _taken(self, whole: _Product) -> bool:
        """Put a product of the user's in the place of its factors."""
        keys = [_key(a) for a in whole.factors]
        for target, form in self.users:
            sign = whole.number / form.number if form.number else 0.0
            if target not in self.there or (sign not in (1.0, -1.0) and form.number != 1.0):
                continue
            left = list(keys)
            mine = [_key(a) for a in form.factors]
            if len(mine) + (form.number != 1.0) < 2 or not all(_remove(left, k) for k in mine):
                continue
            at = keys.index(mine[0])
            rest, removed = [], list(mine)
            for a in whole.factors:
                if not _remove(removed, _key(a)):
                    rest.append(a)
            rest.insert(min(at, len(rest)), target)
            whole.factors, whole.number = rest, whole.number / form.number
            return True
        return False

    def _freed(self, whole: _Product) -> bool:
        """``2.0 * (0.5 * x)`` is ``x``."""
        if whole.number in (1.0, -1.0):
            return False
        for target, form in self.users:
            if target in whole.factors and len(form.factors) == 1 and whole.number * form.number in (1.0, -1.0):
                whole.factors[whole.factors.index(target)] = form.factors[0]
                whole.number *= form.number
                return True
        return False

    def _written(self, s: Let, whole: _Product) -> list[Let]:
        out: list[Let] = []
        total = whole.factors[0]
        rest: list[Atom] = list(whole.factors[1:])
        if whole.number not in (1.0, -1.0):
            rest.append(Const(whole.number))
        ops: list[tuple[str, tuple[Atom, ...]]] = []
        for a in rest:
            ops.append(("mul", (a,)))
        if whole.number == -1.0 or not ops:
            ops.append(("neg", ()) if whole.number == -1.0 else ("copy", ()))
        for k, (op, more) in enumerate(ops):
            args = (total, *more)
            target = s.target if k == len(ops) - 1 else Var("", result_type(op, args))
            assert target is not None
            out.append(Let(target, op, args, (), s.loc))
            total = target
        return out


def _is_array(v: Atom | None) -> bool:
    t = type_of_atom(v) if v is not None else None
    return isinstance(t, Array) and t.dtype == "float64" and bool(t.dims)


def _key(a: Atom) -> object:
    return ("global", a.name, id(a.namespace)) if a.__class__ is Global else a


def _remove(keys: list[object], k: object) -> bool:
    if k not in keys:
        return False
    keys.remove(k)
    return True


__all__ = ["gather"]
