"""Polynomials of one array have one partial: it is computed forward, where going backwards would take more passes.

For::

    def f(k):
        t = 0.5 + 0.25 * k
        u = 1.5 - k * t
        p = 3.0 + k * u
        return np.sum(np.exp(p * k))

the reverse sweep goes from ``y = p * k`` to ``k`` in one step (``t1`` is ``0.25 * k``)::

    y_bar = np.exp(y)
    k_bar = y_bar * ((u - k * (t + t1)) * k + p)

and not one operation after another, with a product for each operand and a sum for each time that ``k`` is read::

    y_bar = np.exp(y)
    k_bar = y_bar * p
    p_bar = y_bar * k
    k_bar += p_bar * u
    u_bar = p_bar * k
    k_bar -= u_bar * t
    k_bar -= u_bar * k * 0.25

What is multiplied forward is the derivative by ``k`` of each operation: 1 for ``k`` itself, so that the first factors cost
nothing. Which of the two ways is shorter is counted. Only sums, differences and products take part: they have no poles
of their own; where ``k`` may be infinite and that is left out, the product is ``rt.masked_mul``, as those backwards would be.
"""

from __future__ import annotations

from collections.abc import Callable

from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.usage import uses
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Stmt, Var, blocks_of, walk
from s2sad.ir.record import dataclass
from s2sad.ir.types import Array, is_number

_OPS = frozenset({"add", "sub", "mul", "neg"})
_LEAST = 2  # passes over arrays that it must save


@dataclass(frozen=True, slots=True)
class Polynomial:
    """``root`` is computed from ``inner`` alone, by these statements, and from numbers that do not vary."""

    inner: Var
    root: Var
    stmts: tuple[Let, ...]


def polynomials(fn: Function, varies: Callable[[Atom], bool], settled: Callable[[Var], bool]) -> dict[Var, Polynomial]:
    """Those of a function that are worth it, by their roots. ``settled``: is the memory of a variable never stored into?"""
    read = _factors(walk(fn.body))
    if not read:
        return {}
    total = uses(fn)
    found: dict[Var, Polynomial] = {}
    taken: set[Var] = set()
    for block in _blocks(fn.body):
        for inner in read:
            if varies(inner) and settled(inner):
                _search(inner, block, total, varies, settled, found, taken)
    return found


def _factors(stmts: tuple[Stmt, ...]) -> list[Var]:
    """Arrays that are a factor of two products of arrays or more."""
    times: dict[Var, int] = {}
    for s in stmts:
        if s.__class__ is not Let or s.op != "mul" or s.target is None or not _holds(s.target):
            continue
        a, b = s.args
        if a is not b and _holds(a) and _holds(b):
            for v in (a, b):
                times[v] = times.get(v, 0) + 1  # type: ignore[index, arg-type]
    return [v for v, n in times.items() if n > 1]


def _holds(a: Atom) -> bool:
    t = a.type if a.__class__ is Var else None
    return t.__class__ is Array and t.dtype == "float64" and bool(t.dims) and None not in (t.dims or ())


def _blocks(block: Block) -> list[Block]:
    return [block, *[inner for s in block.stmts if s.__class__ is not Let for b in blocks_of(s) for inner in _blocks(b)]]


def _search(
    inner: Var, block: Block, total: dict[Var, int], varies: Callable[[Atom], bool], settled: Callable[[Var], bool],
    found: dict[Var, Polynomial], taken: set[Var],
) -> None:  # fmt: skip
    """Add the longest polynomial of ``inner`` in the block, if there is one that is worth it."""
    made: dict[Var, Let] = {}
    for s in block.stmts:
        if s.__class__ is not Let or s.op not in _OPS or s.target is None or s.target.type != inner.type:
            continue
        parts = [a for a in s.args if a is inner or a in made]
        others = [a for a in s.args if a is not inner and a not in made]
        if parts and settled(s.target) and all(is_number(type_of_atom(a)) and not varies(a) for a in others):
            made[s.target] = s
    for root in reversed(made):
        stmts = _slice(root, inner, made)
        if len(stmts) < 2 or any(s.target in taken for s in stmts):
            continue
        read = [a for s in stmts for a in s.args if a.__class__ is Var]
        if any(read.count(s.target) != total.get(s.target, 0) for s in stmts if s.target is not root):  # type: ignore[arg-type]
            continue
        if _passes_back(stmts, inner) - (slope(Polynomial(inner, root, stmts), Builder())[1] + 1) >= _LEAST:
            taken.update(s.target for s in stmts if s.target is not None)
            found[root] = Polynomial(inner, root, stmts)
            return


def _slice(root: Var, inner: Var, made: dict[Var, Let]) -> tuple[Let, ...]:
    """The statements that ``root`` is made of, in their order."""
    wanted: set[Atom] = {root}
    out: list[Let] = []
    for v in reversed(made):
        if v in wanted:
            out.append(made[v])
            wanted.update(made[v].args)
    return tuple(reversed(out))


def _passes_back(stmts: tuple[Let, ...], inner: Var) -> int:
    """How many operations on arrays it takes to go backwards: products, and the sums of what is read more than once."""
    readers: dict[Atom, int] = {}
    passes = 0
    for s in stmts:
        parts = [a for a in dict.fromkeys(s.args) if a is inner or any(a is t.target for t in stmts)]
        for a in parts:
            readers[a] = readers.get(a, 0) + 1
        if s.op == "mul":
            passes += len(s.args) if len(parts) < len(s.args) and s.args[0] is s.args[1] else len(parts)
    return passes + sum(n - 1 for n in readers.values())


def slope(p: Polynomial, b: Builder) -> tuple[Atom, int]:
    """The derivative of the root by ``inner``, appended to ``b``; and how many operations on arrays that takes."""
    slopes: dict[Atom, Atom] = {p.inner: Const(1.0)}
    made: dict[tuple[str, Atom, Atom], Atom] = {}
    passes = 0

    def emit(op: str, x: Atom, y: Atom) -> Atom:
        nonlocal passes
        key = (op, x, y)
        if key not in made:
            known = next((s.target for s in p.stmts if s.op == op and s.args == (x, y) and s.target is not p.root), None)
            made[key] = b.emit(op, x, y) if known is None else known
            passes += known is None and _holds(made[key])
        return made[key]

    def times(x: Atom, y: Atom) -> Atom:
        if isinstance(x, Const) and x.value == 1.0:
            return y
        return x if isinstance(y, Const) and y.value == 1.0 else emit("mul", x, y)

    def negative(x: Atom) -> Atom:
        nonlocal passes
        new = b.emit("neg", x)
        passes += _holds(new)
        return new

    for s in p.stmts:
        assert s.target is not None
        b.loc = s.loc
        d = [slopes.get(a) for a in s.args]
        x, y = d[0], d[-1]
        if s.op == "neg":
            assert x is not None
            slopes[s.target] = negative(x)
        elif s.op != "mul":
            slopes[s.target] = (emit(s.op, x, y) if y is not None else x) if x is not None else _second(s.op, y, negative)
        elif x is None or y is None:
            factor, dot = (s.args[1], x) if y is None else (s.args[0], y)
            assert dot is not None
            slopes[s.target] = times(dot, factor) if y is None else times(factor, dot)
        elif s.args[0] is s.args[1]:
            slopes[s.target] = emit("mul", Const(2.0), times(s.args[0], x))
        else:
            slopes[s.target] = emit("add", times(x, s.args[1]), times(s.args[0], y))
    return slopes[p.root], passes


def _second(op: str, y: Atom | None, negative: Callable[[Atom], Atom]) -> Atom:
    assert y is not None
    return negative(y) if op == "sub" else y


__all__ = ["Polynomial", "polynomials", "slope"]
