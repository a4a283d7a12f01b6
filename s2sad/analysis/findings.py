"""What is refused in a program: kept by all stages, and raised at once, at the user's lines.

What is found in a library's function is shown at the user's call that leads there, with the library's line as a note:
the way there is known from the functions that are being inferred, from the pairs that are being made, and from what a
statement remembers that was compiled into the place of a call (``Loc.via``).
"""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from s2sad.errors import Finding, UnsupportedError
from s2sad.ir.nodes import Function, Loc, replace
from s2sad.ir.places import is_library

_DEPTH = "calls or expressions that are nested too deep to be compiled, or calls that never end"
_ELSEWHERE = Loc(__file__)  # a place in a library
RULE_HELP = "use an operation that has a rule; where no derivative is wanted, pass the value through stop_gradient"


class Findings:
    """Base of what holds a whole program."""

    def __init__(self) -> None:
        self.findings: dict[tuple[str, Loc, str], Finding] = {}
        self.opaque_reasons: dict[Loc, str] = {}  # where a call is opaque, and why
        self.frames: list[Any] = []  # the functions that are being inferred (``FunctionInfer``), outermost first
        self.sites: list[tuple[Loc, str]] = []  # the calls whose derivatives are being made, and the functions they are in
        self.too_deep: tuple[Loc | None, str] | None = None  # the call at which the compiler ran out of stack
        self._open: list[Any] = []  # callees that are being compiled
        self._inside: dict[Any, list[tuple[str, str, Loc, str]]] = {}  # callee -> what was found in a library below it

    # -- adding ----------------------------------------------------------------------------------------------------

    def add_finding(self, code: str, message: str, loc: Loc, fn: Function, help: str = "") -> None:
        self.keep(self.finding(code, message, loc, fn, help))

    def finding(self, code: str, message: str, loc: Loc, fn: Function, help: str = "") -> Finding:
        """A finding with the user's line: that of ``loc``, or of the call that leads there."""
        if not help:
            from s2sad.frontend.codes import CODES  # of texts, which most programs do not need

            help = CODES[code].help
        return self._placed(code, message, loc, fn.line_at(loc), help, fn.name)

    def _placed(self, code: str, message: str, loc: Loc, line: str, help: str, function: str) -> Finding:
        place, line = replace(loc, via=None), line.rstrip("\n")
        if not is_library(loc.file):
            return Finding(code, message, place, line, help, function)
        for key in self._library_callees():
            found = (code, message, place, line)
            if found not in self._inside.setdefault(key, []):
                self._inside[key].append(found)
        at, caller = self._user_site(loc)
        if at is None:
            return Finding(code, message, place, line, help, function)
        inside = ((place, line),)
        return Finding(code, message, at, linecache.getline(at.file, at.line).rstrip("\n"), RULE_HELP, caller or function, inside)

    def keep(self, finding: Finding) -> None:
        self.findings.setdefault((finding.code, finding.inside[0][0] if finding.inside else finding.loc, _key(finding)), finding)

    def keep_findings(self, error: UnsupportedError) -> None:
        """Remember what was refused and go on, so that ``finish`` raises it with all else that is found."""
        for f in error.findings:
            self.keep(f)

    def keep_lowered(self, findings: tuple[Finding, ...]) -> None:
        """What lowering a function has refused."""
        for f in findings:
            self.keep(self._placed(f.code, f.message, f.loc, f.line, f.help, f.function))

    def again(self, callee: Any, site: Loc | None = None, name: str = "") -> None:
        """A callee is reached a second time: what was found in a library below it is found at this call too."""
        if callee not in self._inside:
            return
        if site is not None:
            self.sites.append((site, name))
        for code, message, loc, line in tuple(self._inside[callee]):
            self.keep(self._placed(code, message, loc, line, RULE_HELP, ""))
        if site is not None:
            self.sites.pop()

    def note_opaque(self, loc: Loc, why: str) -> None:
        """A call there is opaque: right as long as nothing active goes in."""
        self.opaque_reasons[replace(loc, via=None)] = why

    def reason_at(self, loc: Loc) -> str | None:
        """Why the call there is opaque."""
        return self.opaque_reasons.get(loc if loc.via is None else replace(loc, via=None))

    def _library_callees(self) -> Iterator[Any]:
        """The callees at hand, from the innermost to the first that the user has written."""
        for key in reversed(self._open):
            source = getattr(key, "source", None) or key.spec.source
            if not is_library(source.loc.file):
                return
            yield key

    # -- the way to a place -------------------------------------------------------------------------------------------

    def _user_site(self, loc: Loc) -> tuple[Loc | None, str]:
        """The innermost call in the user's files that leads to a place in a library."""
        if loc.via is not None and not is_library(loc.via.file):
            return replace(loc.via, via=None), ""
        for frame in reversed(self.frames):
            for site, fn in frame.route():
                if not is_library(site.file):
                    return replace(site, via=None), fn.name
        for site, name in reversed(self.sites):
            at = site if site.via is None else site.via
            if not is_library(at.file):
                return replace(at, via=None), name
        return None, ""

    @contextmanager
    def inferring(self, frame: Any, callee: Any) -> Iterator[None]:
        """While a function is inferred."""
        self.frames.append(frame)
        self._open.append(callee)
        try:
            yield
        except RecursionError:
            if self.too_deep is None:
                self.too_deep = self._user_site(_ELSEWHERE)
            raise
        finally:
            self.frames.pop()
            self._open.pop()

    @contextmanager
    def calling(self, site: Loc, name: str, callee: Any) -> Iterator[None]:
        """While the derivative of a callee is made, for a call at ``site`` in the function of that name."""
        self.sites.append((site, name))
        self._open.append(callee)
        try:
            yield
        finally:
            self.sites.pop()
            self._open.pop()

    # -- raising ------------------------------------------------------------------------------------------------------

    @contextmanager
    def reporting(self, fn: Function) -> Iterator[None]:
        """Raise what was found when the work ends, also where going on after a refusal has made it fail."""
        with self.collecting(fn):
            yield
        self.finish()

    @contextmanager
    def collecting(self, fn: Function) -> Iterator[None]:
        """Keep what is refused in a stage; where going on after a refusal has made the stage fail, raise what was found."""
        try:
            yield
        except UnsupportedError as error:
            self.keep_findings(error)
        except RecursionError:
            self._refuse_depth(fn)
            self.finish()
        except Exception:
            self.finish()
            raise

    def _refuse_depth(self, fn: Function) -> None:
        """The program recurses without end while it is compiled, or nests more than the compiler's own recursion bears."""
        at, name = self.too_deep or (None, "")
        loc = at or replace(fn.loc, end_line=fn.loc.line, end_col=fn.loc.col + 1)
        self.keep(_depth(replace(loc, via=None), name or fn.name))

    def finish(self) -> None:
        if self.findings:
            raise UnsupportedError(sorted(_by_call(self.findings.values()), key=lambda f: (f.loc.file, f.loc.line, f.loc.col)))


def too_deep(fun: Any) -> Finding:
    """The finding for a function that nests more than the compiler's own recursion bears."""
    code = getattr(fun, "__code__", None)
    file, line = (code.co_filename, code.co_firstlineno) if code is not None else (getattr(fun, "file", "<unknown>"), 1)
    return _depth(Loc(file, line, 0, line, 1), str(getattr(fun, "__name__", "")))


def _depth(loc: Loc, function: str) -> Finding:
    line = linecache.getline(loc.file, loc.line).rstrip("\n")
    help = "write a loop, or several statements; pass arguments of the same types on to a recursive call"
    return Finding("S2S069", _DEPTH, loc, line, help, function)


def _key(f: Finding) -> str:
    return f.message if not f.inside else f"{f.message} {f.loc}"


def _by_call(findings: Any) -> list[Finding]:
    """One finding for each of the user's calls into a library; a call without a rule tells most, and is shown first."""
    out: list[Finding] = []
    calls: dict[Loc, list[Finding]] = {}
    for f in findings:
        if f.inside:
            calls.setdefault(f.loc, []).append(f)
        else:
            out.append(f)
    own = {f.loc for f in out}
    for loc, group in calls.items():
        if loc not in own:  # else the call itself is refused
            first = min(group, key=lambda f: f.code)
            rest = [p for f in group if f is not first for p in f.inside]
            inside = tuple(dict.fromkeys((*first.inside, *rest)))
            out.append(Finding(first.code, first.message, loc, first.line, first.help, first.function, inside))
    return out


__all__ = ["RULE_HELP", "Findings", "too_deep"]
