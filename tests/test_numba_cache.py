"""Machine code on disk: a second process compiles nothing, and what is damaged, old or of another machine is not believed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad

pytest.importorskip("numba")

from s2sad.backend.numba import machine
from s2sad.cache import disk

HELPER = """
import math

def inner(x):
    if x > 100.0:
        raise ValueError("too large")
    total = 0.0
    for k in range(3):
        total = total + math.sin(k * x)
    y = total * 2.0
    z = y + total
    return z * y
"""
USER = """
import numpy as np
from helper import inner

def outer(x, a, m):
    return inner(x) * a[0] + a @ (m @ a)
"""
RUN = """
import sys
sys.path.insert(0, {folder!r})
import numpy as np
import s2sad
import user
a, m = np.arange(1.0, 4.0), np.arange(9.0).reshape(3, 3)
d = s2sad.value_and_grad(user.outer, backend="numba", argnums=(0, 1, 2))
print(d(2.0, a, m))
print(*s2sad.vjp(user.outer, 2.0, a, m, backend="numba")[1](1.0))
try:
    d(101.0, a, m)
except ValueError as error:
    print(error)
compiler = ("s2sad.pipeline", "numba.np.arraymath")
print([m for m in compiler if m in sys.modules])
"""
COLD, WARM = "['s2sad.pipeline', 'numba.np.arraymath']", "[]"


class Project:
    """Two modules of a user, and processes that run them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "helper.py").write_text(HELPER)
        (folder / "user.py").write_text(USER)
        self.env = {
            **os.environ, "S2SAD_CACHE": "1", "S2SAD_CACHE_DIR": str(folder / "cache"), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(Path(s2sad.__file__).parents[1]),
        }  # fmt: skip

    def start(self, **env: str) -> subprocess.Popen[str]:
        code = RUN.format(folder=str(self.folder))
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, "-c", code], stdout=pipe, text=True, env={**self.env, **env})

    def run(self, **env: str) -> tuple[str, str]:
        """What is printed of values, and which modules of the compilers were imported."""
        out = self.start(**env).communicate()[0].strip()
        values, _, modules = out.rpartition("\n")
        return values, modules

    def files(self) -> list[Path]:
        return sorted((self.folder / "cache").glob("*.native"))


def test_processes(tmp_path: Path) -> None:
    """The machine code of a joint and a split derivative: warm, of another processor, edited, damaged, written at once."""
    project = Project(tmp_path)
    first, cold = project.run()
    assert cold == COLD and "too large" in first
    assert project.run() == (first, WARM)
    assert len(project.files()) == 2 and not list(tmp_path.rglob("*.nb[ci]"))
    # edited callee, in another file: its old machine code is not found
    text = HELPER.replace("* 2.0", "* 3.0")
    (tmp_path / "helper.py").write_text(text)
    edited, cold = project.run()
    assert cold == COLD and edited != first
    assert project.run() == (edited, WARM)
    # files that were cut off, while two processes look at them
    for k, file in enumerate(project.files()):
        file.write_bytes(file.read_bytes()[: -100 if k % 2 else 200])
    both = [project.start(), project.start()]
    for p in both:
        assert p.communicate()[0].strip().rpartition("\n")[0] == edited
    assert project.run() == (edited, WARM)


def product(a, x):
    total = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            total = total + a[i, j] * x[j] * x[j]
    return total


@pytest.fixture
def derived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("S2SAD_CACHE", "1")
    monkeypatch.setenv("S2SAD_CACHE_DIR", str(tmp_path))

    def run(a: np.ndarray | None = None) -> Any:
        """Was anything compiled by s2sad?"""
        a = np.arange(6.0).reshape(2, 3) if a is None else a
        x = np.array([1.0, 2.0, -1.0])
        d = s2sad.grad(product, argnums=1, backend="numba")
        assert np.array_equal(d(a, x), 2.0 * x * a.sum(axis=0))
        return d.programs.last

    return run


def test_what_does_not_match_is_compiled_again(
    derived: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert derived().timings
    assert not derived().timings
    (file,) = tmp_path.glob("*.native")
    whole = file.read_bytes()
    for cut in (0, 10, 60, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:cut])
        assert not _readable(file)
    for at in (3, 30, 60, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert not _readable(file)
    file.write_bytes(whole + b"\0")
    assert derived().timings  # what is damaged is not believed
    assert not derived().timings
    there = machine._machine()
    with monkeypatch.context() as patch:  # another processor, or version: a file of its own
        patch.setattr(machine, "_machine", lambda: there + "+other")
        assert derived().timings
        assert not derived().timings
        assert len(list(tmp_path.glob("*.native"))) == 2
        (other,) = set(tmp_path.glob("*.native")) - {file}
        other.write_bytes(file.read_bytes())  # as if it had the name of ours
        assert derived().timings
    assert not derived().timings
    assert disk.info()[1] > 2 * len(whole)
    assert disk.clear() == 1
    assert not list(tmp_path.iterdir())


def _readable(file: Path) -> bool:
    entry = next(file.parent.glob("*.py"))
    code = machine.MachineCode(entry, entry.read_text(), disk.write_whole)
    assert code.file == file
    return code.read()


def test_other_layouts_are_added(derived: Callable[..., Any], tmp_path: Path) -> None:
    assert derived().timings
    (file,) = tmp_path.glob("*.native")
    size = file.stat().st_size
    a = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert not derived(a).timings
    both = file.stat().st_size
    assert both > 1.5 * size
    program = derived(a)
    assert not program.timings and file.stat().st_size == both
    (native,) = (v for k, v in program.namespace.items() if k.endswith("_native"))
    assert sum(native.stats.cache_hits.values()) == 1 and not native.stats.cache_misses


def test_a_folder_that_cannot_be_written(derived: Callable[..., Any], tmp_path: Path) -> None:
    assert derived().timings
    (file,) = tmp_path.glob("*.native")
    file.unlink()
    file.mkdir()  # nothing can be renamed onto it
    assert derived().timings
