"""The key of an entry: everything that the emitted text depends on, as a tuple of strings, hashed."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from functools import cache

from s2sad.cache.digest import hexdigest, new

FORMAT = "2"  # of the files; a new number makes all older entries invisible


@cache
def versions() -> tuple[str, ...]:
    """The versions that decide what is emitted, each as ``name value``."""
    import numpy

    return (
        f"format {FORMAT}",
        f"s2sad {s2sad_version()}",
        f"numpy {numpy.__version__}",
        f"python {platform.python_version()}",
    )


# Folders that say nothing of what is emitted for NumPy; Numba's is asked for where it is the backend.
_APART = frozenset({"__pycache__", "cli", "numba", "report"})


@cache
def s2sad_version() -> str:
    """The version and, for a checkout that is being worked on, the state of its sources."""
    version = getattr(sys.modules["s2sad"], "__version__", "0")  # importlib.metadata would cost 15 ms
    return f"{version}+{state_of('')}"


@cache
def state_of(folder: str) -> str:
    """A hash of names, sizes and times of the compiler's own files under a folder: an edited compiler does not find old
    entries."""
    root = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), folder)
    todo = [root]
    rows: list[str] = []
    while todo:
        with os.scandir(todo.pop()) as found:
            for item in found:
                path = item.path
                if path.endswith(".py"):
                    stat = item.stat()
                    rows.append(f"{path} {stat.st_size} {stat.st_mtime_ns}")
                elif item.name not in _APART and item.is_dir(follow_symlinks=False):
                    todo.append(path)
    rows.sort()
    return hexdigest("\n".join(rows).replace(root, "").encode())[:8]


def make_key(*parts: str | Sequence[str]) -> str:
    """The hash of the parts and of the versions. Each part is length-prefixed: no two lists of parts collide."""
    digest = new()
    for part in (*versions(), *parts):
        items = [part] if isinstance(part, str) else ["", *part]
        digest.update(f"{len(items)}:".encode())
        for item in items:
            data = item.encode("utf-8", "surrogatepass")
            digest.update(f"{len(data)}:".encode())
            digest.update(data)
    return digest.hexdigest()


__all__ = ["FORMAT", "make_key", "s2sad_version", "state_of", "versions"]
