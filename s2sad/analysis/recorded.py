"""What a loop recorded: the variable of the forward loop that a variable of the reverse loop was, in the same iteration.

``origins(fn)``, for::

    tape = []
    for i in range(n):
        t = np.sin(y)
        tape.append((y, t))
        y = t * 2.0
    for j, (y0, t0) in zip(reversed(range(n)), reversed(tape)):
        ...

is ``{y0: y, t0: t, j: i}``: what is known of ``t`` where it was computed, it being 1 + x * x or as long as y, holds for
``t0``. Tapes that anything else may change or read are left out.
"""

from __future__ import annotations

from s2sad.analysis import usage
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Ref, Stmt, Var, blocks_of, walk
from s2sad.ir.record import dataclass


@dataclass(eq=False)
class _Tape:
    """``entry`` are the atoms of the tuple that is recorded, or the one atom; ``owner`` is the loop that does it."""

    entry: tuple[Atom, ...] = ()
    whole: bool = False
    owner: Stmt | None = None
    appends: int = 0
    uses: int = 0


def origins(fn: Function) -> dict[Var, Var]:
    """For each variable taken off a tape, and each index zipped with one: what it was in the forward sweep."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return {}
    return _Origins(fn).found


class _Origins:
    def __init__(self, fn: Function) -> None:
        self.lets = usage.lets(fn)
        self.uses = usage.uses(fn)
        self.tapes: dict[Var, _Tape] = {}
        self.found: dict[Var, Var] = {}
        self._collect(fn.body, None)
        if self.tapes:
            self._known_uses(fn.body)
            self._read(fn.body)

    # -- the tapes --------------------------------------------------------------------------------------------------
    def _collect(self, block: Block, owner: Stmt | None) -> None:
        for s in block.stmts:
            if s.__class__ is Let:
                if s.op == "list":
                    if not s.args and s.target is not None:
                        self.tapes[s.target] = _Tape()
                elif s.op == "method" and self._is_append(s):
                    self._append(self.tapes[s.args[0]], s.args[2], owner)  # type: ignore[index]
                continue
            for b in blocks_of(s):
                self._collect(b, s)

    def _is_append(self, s: Let) -> bool:
        if s.target is not None or len(s.args) != 3 or s.args[0] not in self.tapes:
            return False
        return isinstance(s.args[1], Const) and s.args[1].value == "append"

    def _append(self, tape: _Tape, value: Atom, owner: Stmt | None) -> None:
        tape.appends += 1
        tape.uses += 1
        tape.owner = owner
        made = self.lets.get(value) if isinstance(value, Var) else None
        tape.whole = made is None or made.op != "tuple" or self.uses.get(value, 0) != 1  # type: ignore[arg-type]
        tape.entry = (value,) if made is None or tape.whole else made.args
        for a in tape.entry:  # a tape of an inner loop
            if isinstance(a, Var) and a in self.tapes:
                self.tapes[a].uses += 1

    def _known_uses(self, block: Block) -> None:
        for s in walk(block):
            if s.__class__ is Let and s.op == "call":
                tape = self.tapes.get(s.args[1]) if self._calls(s, reversed) else None  # type: ignore[arg-type]
                if tape is not None:
                    tape.uses += 1

    # -- the loops that read them -------------------------------------------------------------------------------------
    @staticmethod
    def _calls(d: Let | None, fn: object) -> bool:
        return d is not None and d.op == "call" and isinstance(d.args[0], Ref) and d.args[0].obj is fn and len(d.args) > 1

    def _tape(self, iterable: Atom) -> tuple[Var, _Tape] | None:
        d = self.lets.get(iterable) if isinstance(iterable, Var) else None
        if d is None or not self._calls(d, reversed):
            return None
        source = d.args[1]
        while isinstance(source, Var) and source in self.found:
            source = self.found[source]
        tape = self.tapes.get(source) if isinstance(source, Var) else None
        if tape is None or tape.appends != 1 or tape.uses != self.uses.get(source, 0):  # type: ignore[arg-type]
            return None
        return source, tape  # type: ignore[return-value]

    def _read(self, block: Block) -> None:
        for s in block.stmts:
            if s.__class__ is Let:
                continue
            if isinstance(s, For):
                self._loop(s)
            for b in blocks_of(s):
                self._read(b)

    def _loop(self, s: For) -> None:
        parts = {b.target: b for b in s.body.stmts if isinstance(b, Let) and b.target is not None}
        plain = self._tape(s.iter)
        if plain is not None:
            self._entry(s.item, plain[1], parts)
            return
        both = self.lets.get(s.iter) if isinstance(s.iter, Var) else None
        if both is None or not self._calls(both, zip) or len(both.args) != 3:
            return
        zipped = self._tape(both.args[2])
        if zipped is None:
            return
        for pair in self._unpacked(s.item, parts):
            for g, k in self._elements(pair, parts):
                if k == 1:
                    self._entry(g, zipped[1], parts)
                elif k == 0 and self._counts(zipped[1].owner, both.args[1]):
                    self.found[g] = zipped[1].owner.item  # type: ignore[union-attr]

    def _entry(self, entry: Var, tape: _Tape, parts: dict[Var, Let]) -> None:
        if tape.whole:
            if isinstance(tape.entry[0], Var):
                self.found[entry] = tape.entry[0]
            return
        for whole in self._unpacked(entry, parts):
            for g, k in self._elements(whole, parts):
                a = tape.entry[k]
                if isinstance(a, Var):
                    self.found[g] = a

    @staticmethod
    def _unpacked(v: Var, parts: dict[Var, Let]) -> list[Var]:
        return [t for t, b in parts.items() if b.op == "unpack" and b.args[0] is v]

    @staticmethod
    def _elements(v: Var, parts: dict[Var, Let]) -> list[tuple[Var, int]]:
        gets = [(t, b.args[1]) for t, b in parts.items() if b.op == "getitem" and b.args[0] is v]
        return [(t, k.value) for t, k in gets if isinstance(k, Const) and type(k.value) is int]

    def _counts(self, owner: Stmt | None, back: Atom) -> bool:
        """Did each iteration of the loop that records, in the opposite order, record one entry?"""
        return isinstance(owner, For) and not owner.stop and self._runs_back(back, owner.iter)

    def _runs_back(self, back: Atom, forth: Atom) -> bool:
        """Is the one ``reversed`` of the other?"""
        d = self.lets.get(back) if isinstance(back, Var) else None
        if d is None or not self._calls(d, reversed):
            return False
        if d.args[1] is forth:
            return True
        a, b = (self.lets.get(x) if isinstance(x, Var) else None for x in (d.args[1], forth))
        return a is not None and b is not None and self._calls(a, range) and self._calls(b, range) and len(a.args) == len(
            b.args
        ) and all(_same(x, y) for x, y in zip(a.args[1:], b.args[1:], strict=True))


def _same(a: Atom, b: Atom) -> bool:
    return a is b or (isinstance(a, Const) and isinstance(b, Const) and a.value == b.value)


__all__ = ["origins"]
