"""Messages of exceptions that are made when they are raised: machine code raises the parts, and the function in front puts
them together.

*before*::

    def f(x, n):
        if x < 0.0:
            raise ValueError(f"x is {x:.3f} at step {n}")
        return x * n

*after*::

    def f(x, n):
        if x < 0.0:
            raise ValueError("made of parts", "x is {:.3f} at step {}", x, n)
        return x * n

Only numbers are taken (whose text is the same for Python's and NumPy's).
"""

from __future__ import annotations

from s2sad.analysis.usage import lets, uses
from s2sad.backend.numba.facts import DTYPES, const, is_scalar, typed
from s2sad.ir.nodes import Atom, Const, Function, Let, Stmt, Var, walk
from s2sad.ir.rewrite import map_lets, with_args, with_body
from s2sad.ir.types import Scalar
from s2sad.runtime.exceptions import PARTS


def in_parts(fn: Function) -> Function:
    """``fn`` in which what an exception says is given in parts."""
    known = lets(fn)
    raises = [s for s in walk(fn.body) if isinstance(s, Let) and s.op == "raise_"]
    raised = [known.get(s.args[0]) for s in raises if isinstance(s.args[0], Var)]
    parts = {s: made for s in raised if s is not None and (made := _parts(s, known)) is not None}
    if not parts:
        return fn
    fn = with_body(fn, map_lets(fn.body, lambda s: with_args(s, (s.args[0], *parts[s])) if s in parts else s))
    while True:  # the text itself
        used = uses(fn)

        def dead(s: Let, used: dict[Var, int] = used) -> Stmt | None:
            return None if s.op in ("format", "format_value") and not used.get(s.target) else s  # type: ignore[arg-type]

        body = map_lets(fn.body, dead)
        if body is fn.body:
            return fn
        fn = with_body(fn, body)


def says_parts(fn: Function) -> bool:
    """Does the function raise exceptions whose message is given in parts?"""
    return any(isinstance(s, Let) and s.op == "call" and is_in_parts(s) for s in walk(fn.body))


def is_in_parts(s: Let) -> bool:
    return len(s.args) > 2 and const(s.args[1]) == PARTS


def _parts(made: Let, known: dict[Var, Let]) -> tuple[Atom, ...] | None:
    """The mark, the text with places for the numbers, and the numbers; None where the message is another."""
    text = known.get(made.args[1]) if made.op == "call" and len(made.args) == 2 and isinstance(made.args[1], Var) else None
    if text is None or text.op != "format":
        return None
    out = ""
    numbers: list[Atom] = []
    for a in text.args:
        piece = known.get(a) if isinstance(a, Var) else None
        if isinstance(const(a), str):
            out += const(a).replace("{", "{{").replace("}", "}}")
        elif piece is not None and piece.op == "format_value" and const(piece.args[1]) is None and _has_one_text(piece.args[0]):
            spec = "" if _is_none(piece.args[2]) else const(piece.args[2])
            if not isinstance(spec, str) or "{" in spec:
                return None
            out += f"{{:{spec}}}" if spec else "{}"
            numbers.append(piece.args[0])
        else:
            return None
    return (Const(PARTS), Const(out), *numbers)


def _is_none(a: Atom) -> bool:
    return isinstance(a, Const) and a.value is None


def _has_one_text(a: Atom) -> bool:
    t = typed(a)
    return is_scalar(a) and isinstance(t, Scalar) and t.dtype in DTYPES


__all__ = ["in_parts", "is_in_parts", "says_parts"]
