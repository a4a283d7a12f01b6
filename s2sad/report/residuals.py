"""What the reverse sweep of a derivative reads of its forward sweep: which value, how it gets it, why, and how many bytes.

``residuals_of(request)`` compiles once more, up to the IR that is printed, and reads it there: a tape's components, and
values of the forward sweep that the reverse sweep reads by name.
"""

from __future__ import annotations

from collections.abc import Iterator

from s2sad.analysis.recorded import origins
from s2sad.cache.programs import Request
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Ref, Stmt, Var, While, atoms_of, blocks_of, walk
from s2sad.ir.types import Array, Lit, Scalar, Tuple, Type, is_number
from s2sad.pipeline import Compilation
from s2sad.report.text import show_type

_POINTER = 8
_SIZES = {"float64": 8, "float32": 4, "complex128": 16, "complex64": 8, "bool": 1, "int64": 8, "int32": 4}


def residuals_of(request: Request) -> list[str]:
    """One line for each value that is kept."""
    c = Compilation(request)
    c.lower()
    c.run_infer()
    c.differentiate()
    functions = c.simplify()
    return [line for fn in functions for line in _Report(fn).lines()]


class _Report:
    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.made: dict[Var, Stmt] = {}
        self.readers: dict[Var, list[int]] = {}
        self.loops: dict[Let, Stmt] = {}
        self.forward, self.reverse = _halves(fn)
        self._index(fn.body, None)
        recorded = origins(fn)
        returned = self.made.get(fn.result) if isinstance(fn.result, Var) else None
        for s in walk(self.reverse):
            for a in () if s is returned else atoms_of(s):
                while isinstance(a, Var):
                    self.readers.setdefault(a, []).append(s.loc.line)
                    a = recorded.get(a, Const(None))

    def _index(self, block: Block, loop: Stmt | None) -> None:
        for s in block.stmts:
            if isinstance(s, Let):
                if s.target is not None:
                    self.made[s.target] = s
                if loop is not None:
                    self.loops[s] = loop
            for b in blocks_of(s):
                self._index(b, s if isinstance(s, For | While) else loop)

    def lines(self) -> Iterator[str]:
        tapes = {s.target for s in walk(self.forward) if isinstance(s, Let) and s.op == "list" and not s.args}
        for s in walk(self.forward):
            if isinstance(s, Let) and s.op == "method" and s.args[0] in tapes and _text(s.args[1]) == "append":
                yield from self._entry(s)
        for s in self.forward.stmts:
            target = s.target if isinstance(s, Let) else None
            if target is not None and target not in tapes and isinstance(target.type, Array | Scalar):
                if target in self.readers and not _is_int(target.type):
                    yield f"{self._what(target)}, kept as it is: {_bytes(target.type)}; {self._why(target)}"

    def _entry(self, append: Let) -> Iterator[str]:
        entry = self.made.get(append.args[2]) if isinstance(append.args[2], Var) else None
        whole = entry is None or not (isinstance(entry, Let) and entry.op == "tuple")
        parts: tuple[Atom, ...] = append.args[2:3] if whole else entry.args  # type: ignore[union-attr]
        loop = self.loops.get(append)
        where = f"on the tape of the loop at line {loop.loc.line}" if loop is not None else "on a tape"
        for a in parts:
            if isinstance(a, Var) and isinstance(a.type, Array | Scalar):
                yield f"{self._what(a)}, {where}: {_bytes(a.type, _POINTER)} an iteration; {self._why(a)}"

    def _what(self, v: Var) -> str:
        s = self.made.get(v)
        of = f" of line {s.loc.line}" if s is not None and s.loc.line else ""
        name = v.name or (f"the {_operation(s)}" if isinstance(s, Let) else "a value")
        return f"{name}{of} ({show_type(v.type) if v.type is not None else 'any'})"

    def _why(self, v: Var) -> str:
        lines = sorted({n for n in self.readers.get(v, ()) if n})
        return f"the adjoint of line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))} reads it" if lines else "read"


def _halves(fn: Function) -> tuple[Block, Block]:
    for k, s in enumerate(fn.body.stmts):
        if isinstance(s, Let) and s.op == "comment" and _text(s.args[0]).startswith("reverse"):
            return Block(fn.body.stmts[:k]), Block(fn.body.stmts[k:], fn.body.results)
    return Block(), fn.body


def _text(a: Atom) -> str:
    return str(a.value) if isinstance(a, Const) else ""


_OPERATIONS = {"add": "sum", "sub": "difference", "mul": "product", "truediv": "quotient", "pow": "power", "getitem": "part",
               "neg": "opposite", "matmul": "matrix product"}  # fmt: skip


def _operation(let: Let) -> str:
    if let.op == "call" and isinstance(let.args[0], Ref):
        return "copy" if let.args[0].text == "np.array" else let.args[0].text
    return _OPERATIONS.get(let.op, "value")


def _is_int(t: Type) -> bool:
    return isinstance(t, Lit | Tuple) or (isinstance(t, Scalar) and t.dtype.startswith("int"))


def _bytes(t: Type | None, more: int = 0) -> str:
    """The size of a value: Python's and NumPy's numbers with their headers, arrays without."""
    if t is not None and is_number(t):
        return f"{(24 if getattr(t, 'weak', True) else 32) + more} bytes"
    if not isinstance(t, Array) or t.dims is None or t.dtype not in _SIZES:
        return "as many bytes as it has"
    sizes = [str(_SIZES[t.dtype])]
    for d in t.dims:
        if d is None:
            sizes.append("?")
        elif not d.is_one:
            sizes.append(str(d) if " " not in str(d) else f"({d})")
    return f"{' * '.join(sizes)} bytes"


__all__ = ["residuals_of"]
