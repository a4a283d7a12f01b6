"""The functions of a built module: each in machine code where Numba can run it here, else in NumPy, and which it is.

``function.backend`` is "numba" or "numpy", ``function.reason`` says why it is not "numba".
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import inspect
import linecache
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from .check import check_arguments, check_contiguous, check_scalar, check_seed, copied


def load(package: str, folder: str, name: str, spec: dict[str, Any]) -> Callable[..., Any]:
    """The function ``name`` of the package, from the modules ``_name`` and ``_name_numba`` of its folder."""
    plain = importlib.import_module(f"._{name}", package)
    native, reason = _native(Path(folder), name, spec)
    return _public(name, spec, plain, native, reason)


def _native(folder: Path, name: str, spec: dict[str, Any]) -> tuple[ModuleType | None, str]:
    """The compiled module, or why there is none."""
    if spec["not_native"]:
        return None, spec["not_native"]
    try:
        import numba
    except Exception as error:  # not there, or not for this NumPy
        return None, f"Numba cannot be imported: {error}"
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return None, "NUMBA_DISABLE_JIT turns Numba's compiler off"
    from .machine import MachineCode  # type: ignore[import-not-found]  # it is copied here by s2sad build

    path = folder / f"_{name}_numba.py"
    module = run_module(path)
    code = MachineCode(path, path.read_text(encoding="utf-8"), write_whole)
    code.attach(vars(module), spec["native"])
    if not code.read():
        code.seal()  # for another kind of machine, or damaged: it is filled as functions are compiled
    return module, ""


def run_module(path: Path) -> ModuleType:
    """The module in a file, under a name that says what is in it: machine code finds it by that, wherever it stands."""
    text = path.read_text(encoding="utf-8")
    module = ModuleType(f"s2sad_built_{hashlib.sha256(text.encode()).hexdigest()[:16]}")
    module.__file__ = str(path)
    linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
    sys.modules[module.__name__] = module
    exec(compile(text, str(path), "exec"), vars(module))
    return module


def _public(
    name: str, spec: dict[str, Any], plain: ModuleType, native: ModuleType | None, reason: str
) -> Callable[..., Any]:
    entry = getattr(plain, spec["entry"])
    signature = inspect.signature(entry)

    def run(which: str, *args: Any) -> Any:
        """Call a function of the compiled module; of the other where Numba, as it is here, does not compile it."""
        module = plain if native is None or public.backend == "numpy" else native  # type: ignore[attr-defined]
        if module is plain:
            return getattr(plain, which)(*args)
        from numba.core.errors import NumbaError

        try:
            return getattr(module, which)(*args)
        except NumbaError as error:
            public.backend, public.reason = "numpy", f"Numba: {str(error).strip().splitlines()[0]}"  # type: ignore
            return getattr(plain, which)(*args)

    @functools.wraps(entry)
    def public(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for dot in spec["tangents"]:  # what happens to an argument happens to its tangent: to a copy
            check_contiguous(f"{name}: {dot.removesuffix('_dot')}", bound.arguments[dot.removesuffix("_dot")])
            bound.arguments[dot] = copied(bound.arguments[dot])
        check_arguments(name, spec["types"], spec["stored"], bound.arguments)
        result = run(spec["entry"], *bound.args)
        if spec["mode"] == "grad":
            check_scalar(name, result[0])
        if spec["mode"] != "reverse":
            return result
        value, residuals = result
        backend = public.backend  # type: ignore[attr-defined]

        def pullback(seed: Any) -> Any:
            """The gradients of ``sum(seed * value)``."""
            if backend != public.backend:  # type: ignore[attr-defined]
                raise RuntimeError(f"{name} has changed to NumPy since this pullback was made: call it again")
            return run(spec["adjoint"], residuals, check_seed(name, value, seed))

        return value, pullback

    public.__name__ = public.__qualname__ = name
    public.__module__ = plain.__name__.rpartition(".")[0]
    public.backend, public.reason = ("numpy", reason) if native is None else ("numba", "")  # type: ignore[attr-defined]
    return public


def write_whole(target: Path, data: bytes) -> bool:
    """Write a file so that no reader sees a part of it; False where that is not possible."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, target)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        return False
    return True
