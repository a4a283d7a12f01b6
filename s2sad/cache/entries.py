"""From what was emitted to an entry on disk, and from an entry to running code."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import CellType
from typing import Any

from s2sad.backend.load import load
from s2sad.cache.disk import HEAD_LINES, Entry, enabled, path_of, render
from s2sad.ir.nodes import Global

Resolve = Callable[[str, str], Any]  # (name in the text, name of the variable) -> its namespace: a dict or a cell


def entry_of(emitted: Any, name: str, extra: dict[str, Any] | None = None) -> Entry | None:
    """The entry for an ``Emitted``; None where a new process could not find one of its objects."""
    from s2sad.backend.modules import object_path

    objects: dict[str, tuple[str, str]] = {}
    for key, obj in emitted.objects.items():
        path = object_path(obj)
        if path is None:
            return None
        objects[key] = path
    globals_ = {}
    for key, g in emitted.globals.items():
        space = g.namespace
        module = "" if space is None or isinstance(space, CellType) else str(space.get("__name__", ""))
        if module and vars(sys.modules.get(module, object)) is not space:
            module = ""
        globals_[key] = (module, g.name)
    lines = {k: (loc.file, loc.line) for k, loc in emitted.line_map.items()}
    return Entry(emitted.text, name, lines, globals_, objects, extra or {})


def find(module: str, qualname: str) -> Any:
    """An object by its path; raises ``LookupError`` where it is gone."""
    try:
        obj: Any = sys.modules.get(module) or importlib.import_module(module)
        for part in qualname.split(".") if qualname else ():
            obj = getattr(obj, part)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"{module}.{qualname} is gone") from error
    return obj


@dataclass(frozen=True, slots=True)
class Loaded:
    """Running code: its namespace, the globals to inject before each call (``backend.load.inject``), the file name it
    is compiled under, and the map from its lines to the user's (for ``backend.load.annotate``)."""

    namespace: dict[str, Any]
    globals: dict[str, Global]
    filename: str
    line_map: dict[int, tuple[str, int]]


def run(entry: Entry, key: str, resolve: Resolve | None = None) -> Loaded:
    """Load an entry, also one that was just made and is not on disk.

    What runs is the text of the file, head included, under the path of the file if it is there: lines in tracebacks are
    lines of that file. ``resolve`` gives the namespace of the variables that belong to no module (closures, defaults).
    Raises ``LookupError`` where something that the entry needs is gone: then compile anew.
    """
    objects = {name: find(*path) for name, path in entry.objects.items()}
    spaces = ((name, var, _space(name, module, var, resolve)) for name, (module, var) in entry.globals.items())
    globals_ = {name: Global(var, None, space) for name, var, space in spaces}
    path = path_of(entry.name, key)
    filename = str(path) if enabled() and path.exists() else f"<s2sad {path.stem}>"
    try:
        text = render(key, entry).decode("utf-8")
        namespace = load(text, f"s2sad.generated.{entry.name}", filename, objects, globals_)
    except (ImportError, SyntaxError) as error:
        raise LookupError(str(error)) from error
    line_map = {k + HEAD_LINES: place for k, place in entry.line_map.items()}
    return Loaded(namespace, globals_, filename, line_map)


def _space(name: str, module: str, variable: str, resolve: Resolve | None) -> Any:
    if module:
        return vars(sys.modules.get(module) or find(module, ""))
    if resolve is None:
        raise LookupError(f"the variable {variable!r} belongs to no module")
    return resolve(name, variable)


__all__ = ["Loaded", "entry_of", "find", "run"]
