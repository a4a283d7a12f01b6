"""What both modes begin with: what varies in a typed function, which names share memory, and how something is refused."""

from __future__ import annotations

from s2sad.analysis.activity import Activity, activity
from s2sad.analysis.alias import alias
from s2sad.analysis.escapes import refuse_escapes
from s2sad.analysis.infer.program import Infer
from s2sad.analysis.static_options import refuse_options
from s2sad.errors import UnsupportedError
from s2sad.ir.nodes import Atom, Function, Loc, Stmt, Var


class Sweep:
    """The transformation of one typed function for one set of active inputs, in either mode."""

    def __init__(self, program: Infer, fn: Function, active: tuple[Var, ...]) -> None:
        self.program, self.fn = program, fn
        self.activity: Activity = activity(fn, active)
        self.refused: set[Stmt] = set()  # statements that were refused: what goes into them is looked at, no more
        refuse_escapes(fn, self.activity.varied, self.report)
        refuse_options(fn, self.activity.varied, self.report)
        self.info = alias(fn)

    def refuse(self, code: str, message: str, loc: Loc, help: str = "") -> UnsupportedError:
        return UnsupportedError(self.program.finding(code, message, loc, self.fn, help))

    def report(self, code: str, message: str, s: Stmt, loc: Loc, help: str = "") -> None:
        """Refuse a statement and go on."""
        self.program.keep(self.program.finding(code, message, loc, self.fn, help))
        self.refused.add(s)

    def is_active(self, a: Atom) -> bool:
        return a in self.activity


__all__ = ["Sweep"]
