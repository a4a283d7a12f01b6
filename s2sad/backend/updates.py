"""Which values are surely numbers, that ``x += a`` may be written for: of a 0-d array it would change the array.

*before*                  *after*::

    s = 0.0                   s = 0.0
    for v in x:               for v in x:
        s = s + v                 s += v

A type says that a value is a number where it stands for one: what a helper gives, and the cotangent of a pullback, may be a
0-d array nevertheless. Arithmetic of such gives numbers.
"""

from __future__ import annotations

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, For, Function, If, Let, Ref, Var, While
from s2sad.ir.types import Array, Range, Tuple, is_number
from s2sad.rules.registry import lookup

_ARITHMETIC = frozenset(["add", "sub", "mul", "truediv", "pow", "neg", "pos", "floordiv", "mod", "matmul"])


class Numbers:
    """The numbers of one function."""

    def __init__(self, fn: Function) -> None:
        self.made = usage.definitions(fn)
        self.known: dict[Atom, bool] = {}

    def __contains__(self, a: object) -> bool:
        """Is it a number whichever way it comes about?"""
        if a not in self.known:
            seen: set[Atom] = set()
            todo: list[Atom] = [a]  # type: ignore[list-item]
            while todo:
                x = todo.pop()
                if x in seen:
                    continue
                seen.add(x)
                origins = self._origins(x)
                if origins is None:
                    break
                todo += origins
            else:
                self.known.update(dict.fromkeys(seen, True))
            self.known.setdefault(a, False)  # type: ignore[arg-type]
        return self.known[a]  # type: ignore[index]

    def _origins(self, x: Atom) -> list[Atom] | None:
        """What ``x`` may be, if it is not known to be a number by itself; None where that may be an array."""
        if not is_number(type_of_atom(x)):
            return None
        if x.__class__ is not Var:
            return [] if x.__class__ is Const else None
        made = self.made.get(x)  # (what is given to the function has none)
        if isinstance(made, Let):
            if made.op == "copy":
                return [made.args[0]]
            return [] if _is_computed(made) else None
        if isinstance(made, If):
            k = made.targets.index(x)
            return [made.then.results[k], made.orelse.results[k]]
        if isinstance(made, For | While):
            if isinstance(made, For) and x is made.item:
                return [] if isinstance(type_of_atom(made.iter), Range) else None
            k = (made.carried if x in made.carried else made.targets).index(x)
            return [made.init[k], made.body.results[k]]
        return None


def _is_computed(let: Let) -> bool:
    if let.op in _ARITHMETIC:
        return True
    if let.op == "getitem":
        t = type_of_atom(let.args[1])
        plain = all(map(is_number, t.items)) if isinstance(t, Tuple) else is_number(t)
        return plain and isinstance(type_of_atom(let.args[0]), Array)
    callee = let.args[0] if let.op == "call" else None
    if not isinstance(callee, Ref) or str(getattr(callee.obj, "__module__", "")).startswith("s2sad"):
        return False
    rule = lookup(callee.obj)
    return rule is not None and rule.kind == "elementwise"


__all__ = ["Numbers"]
