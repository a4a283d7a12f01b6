"""What a test has shown holds after it: sizes that were compared are one size, and no test is made twice.

*before*::

    def f(x, y):
        n = x.shape[0]
        m = y.shape[0]
        if n != m:
            raise ValueError("sizes that differ")
        if y.shape[0] != n:
            raise ValueError("sizes that differ")
        total = 0.0
        for i in range(m):
            total = total + x[i] * y[i]
        return total

*after*::

    def f(x, y):
        n = x.shape[0]
        m = y.shape[0]
        if n != m:
            raise ValueError("sizes that differ")
        total = 0.0
        for i in range(n):
            total = total + x[i] * y[i]
        return total

Loops over sizes that are one can become one (``fuse.py``), and each test is 8 ms of Numba's time.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field

from s2sad.analysis.usage import lets
from s2sad.backend.numba.facts import calls, const, is_int, is_scalar
from s2sad.ir.nodes import Atom, Block, Const, Function, If, Let, Ref, Stmt, Var, blocks_of, targets_of, walk
from s2sad.ir.rewrite import subst_atom, subst_heads, with_args, with_blocks, with_body
from s2sad.ir.types import Tuple

Key = tuple[object, ...]


def learned(fn: Function) -> Function:
    """``fn`` without tests that were made before, and with one variable for sizes that are the same."""
    return with_body(fn, _Learn(fn).block(fn.body, _Known()))


@dataclass
class _Known:
    """What holds at a place. ``env``: variables that are another one's value, ``made``: sizes by what makes them, ``heads``:
    the trip counts of loops, where ``max(n, 0)`` is known, ``passed``: tests that did not raise."""

    env: dict[Var, Atom] = field(default_factory=dict)
    made: dict[Key, Var] = field(default_factory=dict)
    heads: dict[Atom, Atom] = field(default_factory=dict)
    passed: set[Key] = field(default_factory=set)

    def inside(self) -> _Known:
        return _Known(dict(self.env), dict(self.made), dict(self.heads), set(self.passed))


class _Learn:
    def __init__(self, fn: Function) -> None:
        self.lets: dict[Var, Let] = lets(fn)
        places = [v for s in walk(fn.body) for v in targets_of(s) if isinstance(v, Var)]
        self.order = {v: k for k, v in enumerate(places)}

    def block(self, block: Block, known: _Known) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            s = subst_heads(s, known.env)
            if isinstance(s, Let):
                out += self._let(s, known)
            elif not (isinstance(s, If) and _raises(s) and self._is_known(s, known)):
                out.append(with_blocks(s, tuple(self.block(b, known.inside()) for b in blocks_of(s))))
                if isinstance(s, If) and _raises(s):
                    self._passed(s, known)
        return Block(tuple(out), tuple(subst_atom(a, known.env) for a in block.results))

    def _let(self, s: Let, known: _Known) -> list[Stmt]:
        if s.target is not None and _is_size(s):
            key = _key(s)
            before = known.made.get(key)
            if before is not None:
                known.env[s.target] = subst_atom(before, known.env)
                return []
            known.made[key] = s.target
        if s.target is not None:
            self.lets[s.target] = s
        if calls(s, builtins.range) and len(s.args) == 2 and s.args[1] in known.heads:
            return [with_args(s, (s.args[0], known.heads[s.args[1]]))]
        return [s]

    def _tested(self, s: If, known: _Known) -> Let | None:
        """What a test compares, where it is numbers."""
        made = self.lets.get(s.test) if isinstance(s.test, Var) else None
        if made is None or made.op == "call" or not all(map(is_scalar, made.args)):
            return None
        return with_args(made, tuple(subst_atom(a, known.env) for a in made.args))

    def _is_known(self, s: If, known: _Known) -> bool:
        """Is this test one that did not raise?"""
        made = self._tested(s, known)
        return made is not None and (_key(made) in known.passed or (_compares_sizes(made) and _same(*made.args)))

    def _passed(self, s: If, known: _Known) -> None:
        made = self._tested(s, known)
        if made is None:
            return
        known.passed.add(_key(made))
        if _compares_sizes(made):
            self._equal(made.args[0], made.args[1], known)

    def _equal(self, a: Atom, b: Atom, known: _Known) -> None:
        """Two whole numbers are the same from here on: the later one is the earlier one."""
        if not isinstance(a, Var) or (isinstance(b, Var) and self.order.get(a, -1) < self.order.get(b, -1)):
            a, b = b, a
        if not isinstance(a, Var) or not isinstance(b, Var | Const):
            return
        known.env.update((v, b) for v, x in known.env.items() if x is a)
        known.env[a] = b
        for v in (a, b):
            made = self.lets.get(v) if isinstance(v, Var) else None
            if made is not None and calls(made, builtins.max) and len(made.args) == 3 and const(made.args[2]) == 0:
                known.heads[made.args[1]] = b


def _raises(s: If) -> bool:
    """Does it raise, or do nothing?"""
    last = s.then.stmts[-1] if s.then.stmts else None
    return not s.targets and not s.orelse.stmts and isinstance(last, Let) and last.op == "raise_"


def _is_size(s: Let) -> bool:
    if s.op == "getattr":
        return const(s.args[1]) == "shape"
    if s.op == "getitem":
        shape = s.args[0].type if isinstance(s.args[0], Var) else None
        return isinstance(shape, Tuple) and s.target is not None and is_int(s.target) and const(s.args[1]) is not None
    return calls(s, builtins.max, builtins.min) and all(map(is_int, s.args[1:])) and not s.kwnames


def _key(s: Let) -> Key:
    """The operation and its operands, by what they are."""
    return (s.op, *((type(a.value), a.value) if isinstance(a, Const) else a.text if isinstance(a, Ref) else a for a in s.args))


def _compares_sizes(s: Let) -> bool:
    return s.op == "ne" and all(map(is_int, s.args))


def _same(a: Atom, b: Atom) -> bool:
    return a is b or (isinstance(a, Const) and isinstance(b, Const) and a.value == b.value)


__all__ = ["learned"]
