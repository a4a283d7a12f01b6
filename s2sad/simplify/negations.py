"""A negated adjoint of which only products are added to others is not made: they are subtracted.

*before*::

    def f(x_bar, y_bar, a, b, g):
        t = -g
        x_bar[0] += t * a
        x_bar[1] -= b * t
        z_bar = y_bar + t * 2.0
        return x_bar, z_bar, -(np.exp(y_bar) / b)

*after*::

    def f(x_bar, y_bar, a, b, g):
        x_bar[0] -= g * a
        x_bar[1] += b * g
        z_bar = y_bar - g * 2.0
        return x_bar, z_bar, np.exp(y_bar) / -b

To the bit: a product with a negated factor is the negated product, and adding that is subtracting. Nor is a quotient of an
array by a number negated: the number is.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import has_memory
from s2sad.analysis.optypes import result_type
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Stmt, Var, atoms_of, blocks_of, by_op
from s2sad.ir.rewrite import map_lets, subst_atoms, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, dtype_of
from s2sad.specialise.driver import is_floating, is_scalar, same_dims

_FLIPPED = {"add": "sub", "sub": "add", "iadd": "isub", "isub": "iadd"}


def push(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` without such negations: ``fn`` itself when there are none."""
    found = _negations(fn, primal)
    kept = _unwritten(fn, found)
    if not kept:
        return fn
    pusher = _Pusher(fn, kept)
    new = pusher.run()
    new = pusher.divisors(new, primal) if new is fn else _Pusher(new, pusher.found).divisors(new, primal)
    return _into_literals(new, primal)


def _into_literals(fn: Function, primal: Container[Var]) -> Function:
    """``-(2.0 * x)`` as ``-2.0 * x``, where nothing else reads the product: one array less."""
    made, counts = usage.lets(fn), usage.uses(fn)
    env: dict[Let, Let] = {}
    gone: set[Let] = set()
    for s in _negations(fn, primal):
        d = made.get(s.args[0]) if isinstance(s.args[0], Var) and s.args[0] not in primal else None
        if d is None or d.op not in ("mul", "truediv") or counts.get(d.target, 0) != 1:  # type: ignore[arg-type]
            continue
        value = d.args[0].value if isinstance(d.args[0], Const) else None
        if type(value) is float:
            env[s] = Let(s.target, d.op, (Const(-value), d.args[1]), (), s.loc)
            gone.add(d)
    if not env:
        return fn
    memory = Memory(fn)
    if any(memory.is_written(d.args[1]) for d in gone):  # it would be read later
        return fn
    return with_body(fn, map_lets(fn.body, lambda s: None if s in gone else env.get(s, s)))


def _negations(fn: Function, primal: Container[Var]) -> list[Let]:
    return [
        s for s in by_op(fn.body).get("neg", ())
        if s.target is not None and s.target not in primal and not _wraps(s.args[0])
    ]  # fmt: skip


def _wraps(a: Atom) -> bool:
    """A small or unsigned integer, of which the negative may be another number."""
    return (dtype_of(type_of_atom(a)) or "").startswith(("uint", "int8", "int16", "int32"))


def _unwritten(fn: Function, found: list[Let]) -> list[Let]:
    """Those of numbers, and of arrays that nothing stores into."""
    if not any(has_memory(s.target.type) for s in found if s.target is not None):
        return found
    memory = Memory(fn)
    return [s for s in found if not (memory.is_written(s.args[0]) or (s.target and memory.is_written(s.target)))]


class _Pusher:
    def __init__(self, fn: Function, found: list[Let]) -> None:
        self.fn = fn
        self.found = found
        self.readers: dict[Var, list[Let | None]] = {}  # None: not a plain statement
        self._collect(fn.body)

    def _collect(self, block: Block) -> None:
        readers = self.readers
        for s in block.stmts:
            if s.__class__ is Let:
                for a in s.args:
                    if a.__class__ is Var:
                        if a in readers:
                            readers[a].append(s)
                        else:
                            readers[a] = [s]
                continue
            self._read(atoms_of(s))
            for b in blocks_of(s):
                self._collect(b)
        self._read(block.results)

    def _read(self, atoms: tuple[Atom, ...]) -> None:
        for a in atoms:
            if a.__class__ is Var:
                self.readers.setdefault(a, []).append(None)

    def run(self) -> Function:
        env: dict[Var, Atom] = {}
        flips: dict[Let, Var] = {}  # sums, and the operand that loses its sign
        for s in self.found:
            assert s.target is not None
            flipped = self._sums(s.target)
            if flipped is not None and not any(c in flips for c, _ in flipped):
                env[s.target] = s.args[0]
                flips.update(flipped)
        if not env:
            return self.fn
        gone = set(env)

        def rewrite(s: Let) -> Let | None:
            if s.target in gone and s.op == "neg":
                return None
            args = subst_atoms(s.args, env)
            if s in flips:
                return _flipped(s, args, subst_atoms((flips[s],), env)[0])
            return s if args is s.args else Let(s.target, s.op, args, s.kwnames, s.loc)

        return with_body(self.fn, map_lets(self.fn.body, rewrite))

    def divisors(self, fn: Function, primal: Container[Var]) -> Function:
        """``-(x / n)`` of an array and a number as ``x / -n``."""
        minus: dict[Let, Let] = {}
        wanted = {s.args[0]: s for s in self.found if s.target is not None and s.target.type.__class__ is Array}
        for d in by_op(fn.body).get("truediv", ()) if wanted else ():
            if d.target is None or d.target not in wanted or d.target in primal or d.target.name:
                continue
            if self.readers.get(d.target) == [wanted[d.target]] and _is_signed(d, usage.lets(fn)):
                minus[d] = wanted[d.target]
        if not minus:
            return fn
        return with_body(fn, _divided(fn.body, minus, set(minus.values())))

    def _sums(self, t: Var) -> list[tuple[Let, Var]] | None:
        """The sums that take up the sign of ``t``, each with its operand: None if some use is none."""
        out: list[tuple[Let, Var]] = []
        readers = self.readers.get(t, [])
        for s in readers:
            if s is None:
                return None
            if _takes(s, t):
                out.append((s, t))
                continue
            p = s.target
            scales = s.op == "mul" or (s.op == "truediv" and s.args[0] is t)
            if not scales or p is None or p.name or sum(a is t for a in s.args) != 1:
                return None
            after = self.readers.get(p, [])
            if len(after) != 1 or after[0] is None or not _takes(after[0], p):
                return None
            out.append((after[0], p))
        return out if len({id(c) for c, _ in out}) == len(out) and out else None


def _is_signed(d: Let, lets: Mapping[Var, Let]) -> bool:
    """Is the divisor a number with a sign at zero too, or the size of an array that is as large, which then is not 0?"""
    x, n = d.args
    if not isinstance(n, Var) or not is_scalar(n):
        return False
    made = lets.get(n)
    size = made is not None and made.op == "getattr" and isinstance(made.args[1], Const) and made.args[1].value == "size"
    return is_floating(n) or (size and made is not None and same_dims(made.args[0], x))


def _divided(block: Block, minus: dict[Let, Let], gone: set[Let]) -> Block:
    out: list[Stmt] = []
    for s in block.stmts:
        if s.__class__ is not Let:
            out.append(with_blocks(s, tuple([_divided(b, minus, gone) for b in blocks_of(s)])))
        elif s in minus:
            n = Var("", result_type("neg", s.args[1:]))
            out.append(Let(n, "neg", s.args[1:], (), s.loc))
            out.append(Let(minus[s].target, s.op, (s.args[0], n), (), s.loc))
        elif s not in gone:
            out.append(s)
    return with_stmts(block, out)


def _takes(s: Let, t: Var) -> bool:
    """Does a sum take ``t`` so that its sign can change?"""
    if s.op == "aug_setitem":
        how = s.args[3]
        return s.args[2] is t and isinstance(how, Const) and how.value in _FLIPPED and t not in s.args[:2]
    if s.op == "sub" or s.op in ("iadd", "isub"):
        return s.args[1] is t and s.args[0] is not t
    return s.op == "add" and sum(a is t for a in s.args) == 1


def _flipped(s: Let, args: tuple[Atom, ...], operand: Atom) -> Let:
    if s.op == "aug_setitem":
        how = args[3]
        assert isinstance(how, Const)
        return Let(None, s.op, (*args[:3], Const(_FLIPPED[how.value])), (), s.loc)
    if s.op == "add" and args[0] is operand:
        args = (args[1], args[0])
    return Let(s.target, _FLIPPED[s.op], args, (), s.loc)


__all__ = ["push"]
