"""Text to running code: compiled, executed, and known to ``linecache``, so that pdb and tracebacks show it.

This module is on the path of a warm start: it imports neither gast nor astor.
"""

from __future__ import annotations

import linecache
from collections.abc import Mapping
from pathlib import Path
from types import CellType, CodeType
from typing import Any

from s2sad.ir.nodes import Global, Loc


def load(
    text: str,
    name: str,
    filename: str,
    objects: Mapping[str, Any] | None = None,
    globals_: Mapping[str, Global] | None = None,
) -> dict[str, Any]:
    """Run the text as a module called ``name`` and give its namespace.

    ``objects`` and the values of ``globals_`` (which defaults of parameters may read) are put in before it runs.
    """
    return run_code(compile(text, filename, "exec", dont_inherit=True), text, name, filename, objects, globals_)


def run_code(
    code: CodeType,
    text: str,
    name: str,
    filename: str,
    objects: Mapping[str, Any] | None = None,
    globals_: Mapping[str, Global] | None = None,
) -> dict[str, Any]:
    """``load`` for a text whose code is there already."""
    register(filename, text)
    namespace: dict[str, Any] = {"__name__": name, "__file__": filename}
    if objects:
        namespace.update(objects)
    if globals_:
        inject(namespace, globals_)
    exec(code, namespace)
    return namespace


def register(filename: str, text: str) -> None:
    """Make the lines of a text that is in no file, or not yet, visible to tracebacks and ``inspect``."""
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)


def read_global(g: Global) -> Any:
    """The current value of a global or of a closure's variable."""
    space = g.namespace
    if isinstance(space, CellType):
        return space.cell_contents
    if space is None:
        return g.obj
    return space[g.name]


def inject(namespace: dict[str, Any], globals_: Mapping[str, Global]) -> None:
    """Give the emitted module the current values of the globals that it reads."""
    for name, g in globals_.items():
        namespace[name] = read_global(g)


def annotate(exc: BaseException, filename: str, line_map: Mapping[int, Loc | tuple[str, int]], name: str) -> None:
    """Add a note to an exception that leaves emitted code: which line of the user's function it comes from."""
    line = 0
    trace = exc.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    place = line_map.get(line)
    if place is None:
        return
    file, user_line = (place.file, place.line) if isinstance(place, Loc) else place
    text = linecache.getline(file, user_line).strip()
    note = f"in the derivative of {name}, from {Path(file).name}:{user_line}" + (f": {text}" if text else "")
    if note not in getattr(exc, "__notes__", ()):
        exc.add_note(note)


__all__ = ["annotate", "inject", "load", "read_global", "register", "run_code"]
