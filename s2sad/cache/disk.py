"""The cache on disk: one readable ``.py`` file per entry, whole or not there.

The head of a file holds the sha256 of its key and of its body; the body is the emitted module, and a last comment line
with what else is needed to run it, as JSON. A file is written under a temporary name in the same folder and then
renamed, so a reader sees the old file, the new one, or none. What does not match its checksum is never loaded. Where
the folder cannot be read or written, everything works without it.

``S2SAD_CACHE_DIR`` names the folder (else the platform's folder for caches, ``s2sad`` in it); ``S2SAD_CACHE=0`` turns
it off.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s2sad.cache.key import FORMAT, versions

_FIRST = f"# s2sad cache, format {FORMAT}"
_META = "# s2sad: "


@dataclass(frozen=True, slots=True)
class Entry:
    """All that a process needs to run a derivative without any transformation.

    ``line_map``: emitted line -> (file, line) of the user. ``globals``: name in the text -> (module, name) of the
    global whose value is set before each call; the module is "" for a variable of the function's own closure.
    ``objects``: name -> (module, qualified name) of what is injected. ``extra``: JSON data of the caller's own.
    """

    text: str
    name: str = "derivative"
    line_map: dict[int, tuple[str, int]] = field(default_factory=dict)
    globals: dict[str, tuple[str, str]] = field(default_factory=dict)
    objects: dict[str, tuple[str, str]] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


def enabled() -> bool:
    return os.environ.get("S2SAD_CACHE", "1").lower() not in ("0", "off", "no", "false")


def folder() -> Path:
    """Where entries are kept; it need not exist."""
    chosen = os.environ.get("S2SAD_CACHE_DIR")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "s2sad"


def path_of(name: str, key: str) -> Path:
    """The file of an entry: readable, and unique by the key."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)[:60]
    return folder() / f"{safe or 'derivative'}-{key[:16]}.py"


def lookup(name: str, key: str) -> Entry | None:
    """The entry of a key, or None where there is none that is whole."""
    if not enabled():
        return None
    try:
        data = path_of(name, key).read_bytes()
    except (OSError, RuntimeError):
        return None
    return parse(data, key)


def store(key: str, entry: Entry) -> Path | None:
    """Write an entry; gives its file, or None where the folder cannot be written."""
    if not enabled():
        return None
    temporary: Path | None = None
    try:
        target = path_of(entry.name, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.stem}.{os.getpid()}.{_count()}.tmp")
        with open(temporary, "xb") as file:
            file.write(render(key, entry))
        os.replace(temporary, target)
    except (OSError, RuntimeError):
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        return None
    return target


_written = 0


def _count() -> int:
    global _written
    _written += 1
    return _written


def render(key: str, entry: Entry) -> bytes:
    """The bytes of an entry's file."""
    meta = {
        "name": entry.name,
        "lines": _pack_lines(entry.line_map),
        "globals": entry.globals,
        "objects": entry.objects,
        "extra": entry.extra,
    }
    text = entry.text if entry.text.endswith("\n") else entry.text + "\n"
    body = text + _META + json.dumps(meta, sort_keys=True, separators=(",", ":")) + "\n"
    data = body.encode("utf-8")
    head = [_FIRST, f"# key  sha256 {key}", f"# body sha256 {hashlib.sha256(data).hexdigest()}"]
    head.append("# " + ", ".join(v for v in versions() if not v.startswith("format")))
    return ("\n".join(head) + "\n").encode("utf-8") + data


HEAD_LINES = 4  # the lines of the file before the emitted text


def parse(data: bytes, key: str) -> Entry | None:
    """The entry in the bytes of a file; None if they are not exactly what was written for this key."""
    try:
        first, key_line, sum_line, _, body = data.split(b"\n", HEAD_LINES)
        if first != _FIRST.encode() or key_line != f"# key  sha256 {key}".encode():
            return None
        if sum_line != b"# body sha256 " + hashlib.sha256(body).hexdigest().encode():
            return None
        text, _, last = body.decode("utf-8").rstrip("\n").rpartition("\n")
        if not last.startswith(_META):
            return None
        meta = json.loads(last[len(_META) :])
        return Entry(
            text + "\n",
            meta["name"],
            _unpack_lines(meta["lines"]),
            {k: (m, n) for k, (m, n) in meta["globals"].items()},
            {k: (m, n) for k, (m, n) in meta["objects"].items()},
            meta["extra"],
        )
    except (ValueError, KeyError, TypeError):
        return None


def _pack_lines(line_map: dict[int, tuple[str, int]]) -> dict[str, list[int]]:
    """By file: emitted line, user's line, emitted line, user's line..."""
    out: dict[str, list[int]] = {}
    for k, (file, line) in sorted(line_map.items()):
        out.setdefault(file, []).extend((k, line))
    return out


def _unpack_lines(packed: dict[str, list[int]]) -> dict[int, tuple[str, int]]:
    out = {}
    for file, numbers in packed.items():
        for k, line in zip(numbers[::2], numbers[1::2], strict=True):
            out[k] = (file, line)
    return dict(sorted(out.items()))


def _files() -> list[Path]:
    try:
        return sorted(p for p in folder().iterdir() if p.suffix == ".py" and "-" in p.stem and _is_ours(p))
    except OSError:
        return []


def _is_ours(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(13) == b"# s2sad cache"
    except OSError:
        return False


def clear() -> int:
    """Remove all entries, and nothing else; gives how many."""
    count = 0
    for path in _files():
        with suppress(OSError):
            path.unlink()
            count += 1
    return count


def info() -> tuple[int, int]:
    """The number of entries and their size in bytes."""
    sizes = []
    for path in _files():
        with suppress(OSError):
            sizes.append(path.stat().st_size)
    return len(sizes), sum(sizes)


__all__ = ["HEAD_LINES", "Entry", "clear", "enabled", "folder", "info", "lookup", "parse", "path_of", "render", "store"]
