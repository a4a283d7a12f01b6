"""Machine code on disk: one file for each module and kind of machine, whole or not there.

Numba's own cache believes truncated files, does not see an edited callee, and readies the whole compiler before it
loads anything. Here a file holds the compiled functions of one module under a checksum, with what they were made from
and for (the text, the versions, the processor): what does not match is not there. It is written beside and renamed, so
readers see the old file, the new one, or none. A function that is called with arrays of another layout is added to it.

``MachineCode`` takes the place of the cache in Numba's dispatchers. This module is on the path of a warm start, and is
copied into the modules that ``s2sad build`` writes: it imports nothing of s2sad.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

_FIRST = b"s2sad machine code 1\n"
Write = Callable[[Path, bytes], bool]  # the whole file, or nothing


class MachineCode:
    """The machine code of a module with the text ``text``, kept in a file that is named after ``path``."""

    def __init__(self, path: Path, text: str, write: Write) -> None:
        machine = _machine()
        self.file = path.with_suffix(f".{hashlib.sha256(machine.encode()).hexdigest()[:8]}.native")
        self._head = _FIRST + hashlib.sha256(f"{machine}\0{text}".encode()).digest()
        self._write = write
        self._kept: dict[tuple[str, Any], bytes] = {}  # by the name of the function and the types of its arguments
        self._sealed = False  # are functions that are compiled now to be written at once?

    def attach(self, namespace: Mapping[str, Any], names: Iterable[str]) -> None:
        """Let these compiled functions of the module look here, and be kept here."""
        for name in names:
            namespace[name]._cache = _Overloads(self, name)

    def read(self) -> bool:
        """Take what the file holds; False where it is not there, not whole, or of something else."""
        try:
            data = self.file.read_bytes()
        except OSError:
            return False
        start = len(self._head)
        digest, body = data[start : start + 32], data[start + 32 :]
        if not data.startswith(self._head) or digest != hashlib.sha256(body).digest():
            return False
        self._kept = pickle.loads(body)
        self._sealed = True
        return True

    def seal(self) -> None:
        """Write what was compiled so far; what is compiled later is added."""
        from numba.core.serialize import dumps

        body = dumps(self._kept)
        self._sealed = True
        self._write(self.file, self._head + hashlib.sha256(body).digest() + body)

    def find(self, name: str, types: Any, context: Any) -> Any:
        """The compiled function for these types, ready to run, or None."""
        payload = self._kept.get((name, types))
        if payload is None:
            return None
        from numba.core.compiler import CompileResult
        from numba.core.runtime.nrt import rtsys

        rtsys.initialize(context)  # the one part of the compiler that machine code calls
        return CompileResult._rebuild(context, *pickle.loads(payload))

    def add(self, name: str, types: Any, compiled: Any) -> None:
        """Keep a function that was compiled just now."""
        from numba.core.serialize import dumps

        if compiled.library.has_dynamic_globals or any(not x.can_cache for x in compiled.lifted):
            return
        self._kept[name, types] = dumps(compiled._reduce())
        if self._sealed:
            self.seal()


class _Overloads:
    """What Numba asks of the cache of a function."""

    def __init__(self, code: MachineCode, name: str) -> None:
        self.code, self.name = code, name
        self.cache_path = str(code.file)

    def load_overload(self, types: Any, context: Any) -> Any:
        return self.code.find(self.name, types, context)

    def save_overload(self, types: Any, compiled: Any) -> None:
        self.code.add(self.name, types, compiled)

    def enable(self) -> None:
        """Nothing to do: it is always on."""

    disable = flush = enable


def _machine() -> str:
    """What decides what machine code is made of a text: versions, options and the processor."""
    import llvmlite
    import numba
    from numba.core.registry import cpu_target

    config: Any = numba.core.config
    options = (config.OPT, config.BOUNDSCHECK, config.DEBUGINFO_DEFAULT)
    processor = cpu_target.target_context.codegen().magic_tuple()
    return repr((sys.version, numba.__version__, llvmlite.__version__, options, processor))


def register(name: str, namespace: Mapping[str, Any]) -> None:
    """Make a module importable under its name, which is how Numba finds the globals of code that it loads."""
    module = ModuleType(name)
    module.__dict__.update(namespace)
    sys.modules[name] = module


def _keep_pages() -> None:
    """Let the C library keep freed memory, up to some tens of megabytes, instead of giving it back to the system: tapes of
    the next call then lie where those of this call lay. (New pages took a third of the time of some gradients. The GNU
    library keeps twice as much as the largest block below 32 MB that was ever freed; this one is not touched.)"""
    np.empty(31 << 17)


_keep_pages()

__all__ = ["MachineCode", "register"]
