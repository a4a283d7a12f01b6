"""The adjoints in C: compiled into a temporary folder, loaded with ctypes. ``c/adjoint.h`` says how they are called."""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

FLAGS = ("-O3", "-march=native", "-std=c11", "-shared", "-fPIC")
_DOUBLES = ctypes.POINTER(ctypes.c_double)


def available() -> bool:
    return shutil.which("gcc") is not None


@functools.cache
def library(name: str) -> Any:
    """The function of ``c/NAME.c``."""
    source = Path(__file__).with_name("c") / f"{name}.c"
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / f"{name}.so"
        subprocess.run(["gcc", *FLAGS, str(source), "-o", str(binary), "-lm"], check=True)
        function = getattr(ctypes.CDLL(str(binary)), name)  # the file may go once it is loaded
    function.restype = ctypes.c_double
    return function


def thunk(name: str, args: Sequence[Any], argnums: Sequence[int]) -> Callable[[], tuple[float, tuple[Any, ...]]]:
    """A call with these arguments; the gradients are new arrays each time, as ours are."""
    function = library(name)
    arrays = [np.ascontiguousarray(a) for a in args if isinstance(a, np.ndarray)]
    numbers = [n for a in arrays for n in a.shape] + [a for a in args if isinstance(a, int)]
    floats = [a for a in args if isinstance(a, float)]
    given = (_DOUBLES * len(arrays))(*(a.ctypes.data_as(_DOUBLES) for a in arrays))
    whole, real = (ctypes.c_long * len(numbers))(*numbers), (ctypes.c_double * max(len(floats), 1))(*floats)
    shapes = [np.shape(args[i]) for i in argnums]

    def call() -> tuple[float, tuple[Any, ...]]:
        keep = arrays  # as long as the pointers are used
        grads = tuple(np.empty(shape) for shape in shapes)
        out = (ctypes.c_void_p * len(grads))(*(g.__array_interface__["data"][0] for g in grads))
        value = function(given, whole, real, out)
        del keep
        return value, grads

    return call
