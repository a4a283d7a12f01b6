"""Every error s2sad raises of its own accord, and the form in which findings are shown."""

from __future__ import annotations

from collections.abc import Sequence

from s2sad.ir.nodes import Loc
from s2sad.ir.record import dataclass


class S2sadError(Exception):
    """Base of all errors of s2sad."""


_SHOWN = 3  # places inside a library's call that are listed


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that cannot be differentiated: ``code`` (``S2S0xx``), what, where, the user's line, and a way out.

    Where it was found in a library, ``loc`` is the user's call that leads there, and ``inside`` the library's places with
    their lines."""

    code: str
    message: str
    loc: Loc
    line: str = ""
    help: str = ""
    function: str = ""
    inside: tuple[tuple[Loc, str], ...] = ()

    def show(self) -> str:
        width = max(1, self.loc.end_col - self.loc.col) if self.loc.end_line == self.loc.line else 1
        out = [f"{self.code}: {self.message}", f"  --> {self.loc.file}:{self.loc.line}:{self.loc.col + 1}"]
        if self.function:
            out[-1] += f" in {self.function}"
        if self.line.strip():
            text = self.line.rstrip("\n").expandtabs(1)
            width = min(width, max(1, len(text) - self.loc.col))
            num = str(self.loc.line)
            pad = " " * len(num)
            out += [f" {pad} |", f" {num} | {text}", f" {pad} | {' ' * self.loc.col}{'^' * width}"]
        for loc, text in self.inside[:_SHOWN]:
            out.append(f"  note: inside this call, {loc.file}:{loc.line}:{loc.col + 1}: {text.strip()}")
        if len(self.inside) > _SHOWN:
            out.append(f"  note: and {len(self.inside) - _SHOWN} more places inside this call")
        if self.help:
            out.append(f"  help: {self.help}")
        return "\n".join(out)


class UnsupportedError(S2sadError):
    """The function is outside what s2sad differentiates. Raised when it is compiled, before anything runs.

    ``findings`` holds everything found, in the order of the source.
    """

    def __init__(self, findings: Sequence[Finding] | Finding) -> None:
        self.findings: tuple[Finding, ...] = (findings,) if isinstance(findings, Finding) else tuple(findings)
        super().__init__("\n".join(f.show() for f in self.findings))

    def __reduce__(self) -> tuple[type, tuple[tuple[Finding, ...]]]:
        return type(self), (self.findings,)


class SourceError(S2sadError):
    """The source of a function cannot be read, or is not the source of the running function."""


class AliasError(S2sadError, RuntimeError):
    """At run time two arrays share memory in a way the compiled derivative was not made for."""


class CacheError(S2sadError):
    """A cache folder cannot be used."""
