"""Systems of linear inequalities over whole numbers: what proves that two places of an array are never the same.

A form is ``{variable: factor}`` with the constant under ``ONE``; a system is a list of forms that are at least 0.
``impossible`` eliminates one variable after the other (Fourier and Motzkin): True is a proof, False says nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from math import gcd

ONE = ""  # the variable of the constant
Form = dict[Hashable, int]
_MOST = 150  # inequalities: beyond that, no proof is looked for


def number(k: int) -> Form:
    return {ONE: k} if k else {}


def plus(a: Form, b: Form, factor: int = 1) -> Form:
    """``a + factor * b``."""
    out = dict(a)
    for v, c in b.items():
        new = out.get(v, 0) + factor * c
        if new:
            out[v] = new
        else:
            out.pop(v, None)
    return out


def impossible(system: Iterable[Form]) -> bool:
    """Can no whole numbers fulfil all of these?"""
    rows = {k: r for r in system for k, r in (_tightened(r),)}
    while True:
        if any(len(r) == 1 and r.get(ONE, 0) < 0 for r in rows.values()):
            return True
        v = _cheapest(rows.values())
        if v is None or len(rows) > _MOST:
            return False
        lower = [r for r in rows.values() if r.get(v, 0) > 0]
        upper = [r for r in rows.values() if r.get(v, 0) < 0]
        rest = [r for r in rows.values() if v not in r]
        joined = [plus({w: c * -b[v] for w, c in a.items()}, b, a[v]) for a in lower for b in upper]
        rows = {k: r for r in (*rest, *joined) for k, r in (_tightened(r),)}


def _tightened(form: Form) -> tuple[Hashable, Form]:
    """Divided by what all factors have in common, the constant rounded down; and a key that says when two are alike."""
    factors = [c for v, c in form.items() if v != ONE]
    common = gcd(*factors) if factors else 1
    out = {v: c // common for v, c in form.items()} if common > 1 else form
    return frozenset(out.items()), out


def _cheapest(rows: Iterable[Form]) -> Hashable | None:
    """The variable whose elimination makes the fewest new inequalities."""
    counts: dict[Hashable, list[int]] = {}
    for r in rows:
        for v, c in r.items():
            if v != ONE:
                counts.setdefault(v, [0, 0])[c > 0] += 1
    return min(counts, key=lambda v: counts[v][0] * counts[v][1], default=None)


__all__ = ["ONE", "Form", "impossible", "number", "plus"]
