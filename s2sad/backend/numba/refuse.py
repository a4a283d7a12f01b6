"""How the Numba backend refuses: one code, the construct, the user's line, a way out."""

from __future__ import annotations

from s2sad.errors import Finding, UnsupportedError
from s2sad.ir.nodes import Function, Loc

CODE = "S2S080"
WAY_OUT = 'use backend="numpy" (or backend="auto"), which takes it, or write it with numbers, arrays and loops'


def refuse(fn: Function, what: str, loc: Loc, help: str = WAY_OUT) -> UnsupportedError:
    """The error for a construct that this backend does not compile."""
    place = loc if loc.line > 0 else fn.loc
    message = f"the Numba backend does not compile {what}"
    return UnsupportedError(Finding(CODE, message, place, fn.line_at(place), help, fn.name))


__all__ = ["CODE", "refuse"]
