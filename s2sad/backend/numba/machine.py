"""Machine code on disk: Numba's own files, believed only where their checksums are those that were written down.

Numba keeps the code of a function beside its module and finds it by the module's size and time. What the code was made
from is in the key of our entry (callees are in the same module), so it cannot be stale; but Numba reads truncated or
damaged files as they are. ``seal`` writes the checksums of what was compiled beside the entry, ``verify`` deletes every
file that is not what it says before Numba looks at it. This module is on the path of a warm start.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any


def seal(namespace: Mapping[str, Any]) -> bytes:
    """The bytes of a file that holds the checksums of all that Numba wrote for a module."""
    sums = {file.name: _digest(file) for file in files_of(namespace)}
    text = json.dumps(sums, sort_keys=True)
    return f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}\n".encode()


def verify(sealed: bytes, namespace: Mapping[str, Any]) -> bool:
    """Is every file of Numba's as it was written? If not, all of them are deleted."""
    files = list(files_of(namespace))
    found = {file.name: _digest(file) for file in files}
    if found and found == _read_seal(sealed):
        return True
    for file in files:
        with suppress(OSError):
            file.unlink()
    return False


def _read_seal(sealed: bytes) -> dict[str, str]:
    """The checksums; empty where they are not whole."""
    try:
        head, text = sealed.decode("utf-8").rstrip("\n").split("\n")
    except ValueError:
        return {}
    return json.loads(text) if hashlib.sha256(text.encode()).hexdigest() == head else {}


def files_of(namespace: Mapping[str, Any]) -> Iterator[Path]:
    """Numba's files for the compiled functions of a module."""
    for value in list(namespace.values()):
        cache: Any = getattr(value, "_cache", None)
        base = getattr(getattr(cache, "_impl", None), "filename_base", None)
        if isinstance(base, str):
            yield from sorted(Path(cache.cache_path).glob(f"{_escaped(base)}.*"))


def _escaped(base: str) -> str:
    return "".join(f"[{c}]" if c in "[]*?" else c for c in base)


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def register(name: str, namespace: Mapping[str, Any]) -> None:
    """Make a module importable under its name, which is how Numba finds the globals of code that it loads."""
    module = ModuleType(name)
    module.__dict__.update(namespace)
    sys.modules[name] = module


__all__ = ["files_of", "register", "seal", "verify"]
