"""The cache on disk: one readable ``.py`` file per entry, whole or not there, and its bytecode beside it.

The head of a file holds the sha256 of its key and of its body; the body is the emitted module, and a last comment line
with what else is needed to run it, as JSON. A file is written under a temporary name in the same folder and then
renamed, so a reader sees the old file, the new one, or none. What does not match its checksum is never loaded. The bytecode
(``.code``) names the checksum of the text that it was compiled from; without it, the text is compiled. Where the folder
cannot be read or written, everything works without it.

``S2SAD_CACHE_DIR`` names the folder (else the platform's folder for caches, ``s2sad`` in it); ``S2SAD_CACHE=0`` turns
it off.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import CodeType
from typing import Any

from s2sad.cache.key import FORMAT, versions
from s2sad.cache.lines import Lines, Place, pack
from s2sad.ir.record import dataclass, field

_FIRST = f"# s2sad cache, format {FORMAT}"
_META = "# s2sad: "
_REFUSED = "# s2sad cache: refused"
_CODE = b"s2sad code 1\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """A generated module as it is kept. ``line_map``: emitted line -> (file, line) of the user; ``data``: JSON data of
    the caller's own."""

    text: str
    name: str = "derivative"
    line_map: Mapping[int, Place] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)


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


def read(path: Path, key: str) -> tuple[Entry, str, CodeType] | None:
    """The entry in a file, the whole text of the file and its code; None where there is none that is whole."""
    if not enabled():
        return None
    try:
        data = path.read_bytes()
    except (OSError, RuntimeError):
        return None
    entry = parse(data, key)
    if entry is None:
        return None
    code = _read_code(path, data)
    text = data.decode("utf-8")
    if code is None:
        try:
            code = compile(text, str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None
        write_whole(path.with_suffix(".code"), _render_code(path, data, code))
    return entry, text, code


def write(path: Path, key: str, entry: Entry) -> tuple[str, CodeType] | None:
    """Write an entry; gives the text of the file and its code, or None where the folder cannot be written."""
    if not enabled():
        return None
    data = render(key, entry)
    text = data.decode("utf-8")
    code = compile(text, str(path), "exec", dont_inherit=True)
    if not write_whole(path, data):
        return None
    write_whole(path.with_suffix(".code"), _render_code(path, data, code))
    return text, code


def machine_code(path: Path) -> list[Path]:
    """The files of machine code that belong to an entry, one for each kind of machine."""
    return sorted(path.parent.glob(f"{path.stem}.*.native"))


def remove(path: Path) -> None:
    """Delete an entry and its code."""
    for file in (path, path.with_suffix(".code"), path.with_suffix(".refused"), *machine_code(path)):
        with suppress(OSError):
            file.unlink()


def read_refusal(path: Path, key: str) -> str | None:
    """Why there is no machine code for a key; None where that is not known, or not whole."""
    try:
        head, digest, reason = path.with_suffix(".refused").read_text("utf-8").split("\n", 2)
    except (OSError, ValueError):
        return None
    return reason if head == _REFUSED and digest == _digest(key, reason) else None


def write_refusal(path: Path, key: str, reason: str) -> None:
    """Remember why there is no machine code for a key."""
    write_whole(path.with_suffix(".refused"), f"{_REFUSED}\n{_digest(key, reason)}\n{reason}".encode())


def _digest(key: str, text: str) -> str:
    return hashlib.sha256(f"{key}\n{text}".encode()).hexdigest()


def write_whole(target: Path, data: bytes) -> bool:
    """Write a file so that no reader sees a part of it; False where that is not possible."""
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.{_count()}.tmp")
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, target)
    except (OSError, RuntimeError):
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        return False
    return True


_written = 0


def _count() -> int:
    global _written
    _written += 1
    return _written


def _render_code(path: Path, data: bytes, code: CodeType) -> bytes:
    """The bytes of a code file: what it belongs to, its checksum, the code."""
    body = marshal.dumps(code)
    return _CODE + _belongs(path, data) + hashlib.sha256(body).digest() + body


def _belongs(path: Path, data: bytes) -> bytes:
    """The checksum of a text and of its path (tracebacks name the path), for this version of Python."""
    return hashlib.sha256(f"{sys.version}\0{path}\0".encode("utf-8", "surrogatepass") + data).digest()


def _read_code(path: Path, data: bytes) -> CodeType | None:
    """The code of a text, where it is there, whole, and of this very text."""
    try:
        found = path.with_suffix(".code").read_bytes()
    except OSError:
        return None
    head = _CODE + _belongs(path, data)
    digest, body = found[len(head) : len(head) + 32], found[len(head) + 32 :]
    if not found.startswith(head) or digest != hashlib.sha256(body).digest():
        return None
    code = marshal.loads(body)
    return code if isinstance(code, CodeType) else None


def render(key: str, entry: Entry) -> bytes:
    """The bytes of an entry's file."""
    meta = {"name": entry.name, "lines": pack(entry.line_map), "data": entry.data}
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
        return Entry(text + "\n", meta["name"], Lines(meta["lines"]), meta["data"])
    except (ValueError, KeyError, TypeError):
        return None


def _files() -> list[Path]:
    """The files of entries and of their code."""
    try:
        return sorted(p for p in folder().iterdir() if p.suffix in (".py", ".code", ".refused") and "-" in p.stem and _is_ours(p))
    except OSError:
        return []


def _is_ours(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(13) in (b"# s2sad cache", _CODE)
    except OSError:
        return False


def clear() -> int:
    """Remove all entries with what belongs to them, and nothing else; gives how many."""
    count = 0
    for path in _files():
        for native in machine_code(path):
            with suppress(OSError):
                native.unlink()
        with suppress(OSError):
            path.unlink()
            count += path.suffix == ".py"
    return count


def info() -> tuple[int, int]:
    """The number of entries and their size in bytes."""
    sizes = []
    count = 0
    for path in _files():
        with suppress(OSError):
            sizes.append(path.stat().st_size)
            count += path.suffix == ".py"
            if path.suffix == ".py":
                sizes += [native.stat().st_size for native in machine_code(path)]
    return count, sum(sizes)


__all__ = [
    "HEAD_LINES", "Entry", "clear", "enabled", "folder", "info", "machine_code", "parse", "path_of", "read", "render",
    "write", "write_whole",
]  # fmt: skip
