"""The cache on disk: one readable ``.py`` file per entry, whole or not there, and its bytecode beside it.

The head of a file holds the key and the checksum of the body; the body is the emitted module, and a last comment line
with what else is needed to run it, as a Python literal. A file is written under a temporary name in the same folder and then
renamed, so a reader sees the old file, the new one, or none. What does not match its checksum is never loaded. The bytecode
(``.code``) names the checksum of the text that it was compiled from, and has what the last line says; without it, the text
is compiled and that line parsed. Where the folder cannot be read or written, everything works without it.

``S2SAD_CACHE_DIR`` names the folder (else the platform's folder for caches, ``s2sad`` in it); ``S2SAD_CACHE=0`` turns
it off.
"""

from __future__ import annotations

import ast
import marshal
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import CodeType
from typing import Any

from s2sad.cache.digest import SIZE, digest, hexdigest
from s2sad.cache.key import FORMAT, versions
from s2sad.cache.lines import Lines, Place, pack
from s2sad.ir.record import dataclass, field

_FIRST = f"# s2sad cache, format {FORMAT}"
_META = "# s2sad: "
_REFUSED = "# s2sad cache: refused"
_CODE = b"s2sad code 2\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """A generated module as it is kept. ``line_map``: emitted line -> (file, line) of the user; ``data``: what the
    caller wants to find again, of literals, tuples, lists and dicts."""

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
    meta, code = _read_code(path, data)
    entry = parse(data, key, meta)
    if entry is None:
        return None
    text = data.decode("utf-8")
    if code is None:
        try:
            code = compile(text, str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None
        write_whole(path.with_suffix(".code"), _render_code(path, data, _meta(entry), code))
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
    write_whole(path.with_suffix(".code"), _render_code(path, data, _meta(entry), code))
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
        head, checksum, reason = path.with_suffix(".refused").read_text("utf-8").split("\n", 2)
    except (OSError, ValueError):
        return None
    return reason if head == _REFUSED and checksum == _digest(key, reason) else None


def write_refusal(path: Path, key: str, reason: str) -> None:
    """Remember why there is no machine code for a key."""
    write_whole(path.with_suffix(".refused"), f"{_REFUSED}\n{_digest(key, reason)}\n{reason}".encode())


def _digest(key: str, text: str) -> str:
    return hexdigest(f"{key}\n{text}".encode())


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


def _render_code(path: Path, data: bytes, meta: _Meta, code: CodeType) -> bytes:
    """The bytes of a code file: what it belongs to, its checksum, what the last line of the text says, the code."""
    body = marshal.dumps((marshal.dumps(meta, _BY_VALUE), code))
    return _CODE + _belongs(path, data) + digest(body) + body


def _belongs(path: Path, data: bytes) -> bytes:
    """The checksum of a text and of its path (tracebacks name the path), for this version of Python."""
    return digest(f"{sys.version}\0{path}\0".encode("utf-8", "surrogatepass") + data)


def _read_code(path: Path, data: bytes) -> tuple[_Meta, CodeType] | tuple[None, None]:
    """What the last line of a text says, and its code, where they are there, whole, and of this very text."""
    try:
        found = path.with_suffix(".code").read_bytes()
    except OSError:
        return None, None
    head = _CODE + _belongs(path, data)
    checksum, body = found[len(head) : len(head) + SIZE], found[len(head) + SIZE :]
    if not found.startswith(head) or checksum != digest(body):
        return None, None
    meta, code = marshal.loads(body)
    return marshal.loads(meta), code


_Meta = dict[str, Any]
_BY_VALUE = 0  # the form of marshal whose bytes do not depend on which strings are the same objects


def _meta(entry: Entry) -> _Meta:
    """What the last line of a file says."""
    lines = entry.line_map.packed if isinstance(entry.line_map, Lines) else pack(entry.line_map)
    return {"name": entry.name, "lines": lines, "data": entry.data}


def render(key: str, entry: Entry) -> bytes:
    """The bytes of an entry's file."""
    text = entry.text if entry.text.endswith("\n") else entry.text + "\n"
    body = text + _META + ascii(_meta(entry)) + "\n"
    data = body.encode("utf-8")
    head = [_FIRST, f"# key  {key}", f"# body {hexdigest(data)}"]
    head.append("# " + ", ".join(v for v in versions() if not v.startswith("format")))
    return ("\n".join(head) + "\n").encode("utf-8") + data


HEAD_LINES = 4  # the lines of the file before the emitted text


def parse(data: bytes, key: str, meta: _Meta | None = None) -> Entry | None:
    """The entry in the bytes of a file, of which ``meta`` is what the last line says, if that is known; None if they are not
    exactly what was written for this key."""
    try:
        first, key_line, sum_line, _, body = data.split(b"\n", HEAD_LINES)
        if first != _FIRST.encode() or key_line != f"# key  {key}".encode():
            return None
        if sum_line != b"# body " + hexdigest(body).encode():
            return None
        text, _, last = body.decode("utf-8").rstrip("\n").rpartition("\n")
        if not last.startswith(_META):
            return None
        if meta is None:
            meta = ast.literal_eval(last[len(_META) :])
        return Entry(text + "\n", meta["name"], Lines(meta["lines"]), meta["data"])
    except (ValueError, SyntaxError, KeyError, TypeError):
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
