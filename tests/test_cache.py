"""The cache: keys, whole files or none, and a second process that transforms nothing."""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from s2sad.cache import disk
from s2sad.cache.codes import code_digest
from s2sad.cache.disk import HEAD_LINES, Entry, parse, render
from s2sad.cache.key import make_key
from s2sad.cache.memory import Memory

ENTRY = Entry(
    "import math\n\n\ndef f_grad(x):\n    return math.cos(x) * scale\n",
    "f_grad",
    {4: ("user.py", 7), 5: ("user.py", 8)},
    {"entry": "f_grad", "watched": [[0, "np", "same"]]},
)
KEY = make_key("a function", ("float64",))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S2SAD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("S2SAD_CACHE", raising=False)


def entry_file(key: str = KEY) -> Path:
    return disk.path_of(ENTRY.name, key)


def store(key: str = KEY) -> Path | None:
    return entry_file(key) if disk.write(entry_file(key), key, ENTRY) is not None else None


def lookup(key: str = KEY) -> Entry | None:
    found = disk.read(entry_file(key), key)
    return None if found is None else found[0]


# -- keys ---------------------------------------------------------------------------------------------------------


def test_keys_are_stable_and_distinct() -> None:
    assert make_key("a", ("b", "c")) == make_key("a", ("b", "c"))
    parts: list[tuple[Any, ...]] = [("ab",), ("a", "b"), (("a", "b"),), ("a", ("b",)), ("ab", ""), ()]
    keys = [make_key(*p) for p in parts]
    assert len(set(keys)) == len(keys)
    assert all(len(k) == 64 and int(k, 16) >= 0 for k in keys)


def test_keys_do_not_depend_on_the_process() -> None:
    code = "from s2sad.cache.key import make_key; print(make_key('x', ('y', 'z')))"
    out = [_python(code, PYTHONHASHSEED=str(seed)) for seed in (1, 2)]
    assert out[0] == out[1] == make_key("x", ("y", "z")) + "\n"


# -- files --------------------------------------------------------------------------------------------------------


def test_what_is_stored_is_found() -> None:
    assert lookup() is None
    path = store()
    assert path == entry_file()
    assert path.name == f"f_grad-{KEY[:16]}.py"
    assert lookup() == ENTRY
    assert lookup(make_key("another")) is None


def test_the_file_is_readable_python() -> None:
    path = store()
    assert path is not None
    lines = path.read_text().splitlines()
    assert lines[1] == f"# key  {KEY}"
    assert "numpy" in lines[3] and "python" in lines[3]
    assert lines[HEAD_LINES : HEAD_LINES + 4] == ENTRY.text.splitlines()[:4]
    compile(path.read_text(), str(path), "exec")


def test_no_truncated_file_is_loaded() -> None:
    data = render(KEY, ENTRY)
    assert parse(data, KEY) == ENTRY
    for n in range(len(data)):
        assert parse(data[:n], KEY) is None
    assert parse(data + b"x", KEY) is None
    assert parse(data + b"\n", KEY) is None


def test_no_corrupted_file_is_loaded() -> None:
    rng = random.Random(7)
    data = render(KEY, ENTRY)
    body = data.index(b"import math")
    for _ in range(3000):
        bad = bytearray(data)
        where = rng.randrange(body, len(data))
        bad[where] ^= 1 << rng.randrange(8)
        assert parse(bytes(bad), KEY) is None
    swapped = data[:body] + data[body:].replace(b"cos", b"sin")
    assert parse(swapped, KEY) is None


def test_a_bad_file_is_replaced() -> None:
    store()
    entry_file().write_bytes(b"\x00\xff garbage")
    assert lookup() is None
    assert store() is not None
    assert lookup() == ENTRY


def test_a_key_with_the_same_beginning_is_not_mixed_up() -> None:
    other = KEY[:16] + "0" * 48
    store()
    assert disk.path_of("f_grad", other) == entry_file()
    assert lookup(other) is None


def test_odd_names_make_plain_file_names() -> None:
    for name in ("<lambda>", "\u03b1", "a/b", "..", "", "x" * 500):
        path = disk.path_of(name, KEY)
        assert path.parent == disk.folder()
        assert path.name.isascii() and len(path.name) < 100


def test_folder_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    monkeypatch.setenv("S2SAD_CACHE_DIR", str(blocker / "cache"))
    assert store() is None
    assert lookup() is None
    assert disk.info() == (0, 0)
    assert disk.clear() == 0


def test_a_failed_write_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    assert store() is None
    assert list(disk.folder().iterdir()) == []


def test_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    store()
    monkeypatch.setenv("S2SAD_CACHE", "0")
    assert lookup() is None
    assert store() is None


def test_info_and_clear_touch_only_entries() -> None:
    store()
    store(make_key("more"))
    foreign = disk.folder() / "my-notes.py"
    foreign.write_text("print('mine')\n")
    count, size = disk.info()
    assert count == 2
    assert size > 2 * len(render(KEY, ENTRY))
    assert disk.clear() == 2
    assert foreign.exists()
    assert disk.info() == (0, 0)


def test_many_writers_and_readers() -> None:
    bad: list[Any] = []

    def work(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(60):
            if rng.random() < 0.5:
                store()
            elif (found := lookup()) is not None and found != ENTRY:
                bad.append(found)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert bad == []
    assert sorted(p.suffix for p in disk.folder().iterdir()) == [".code", ".py"]


# -- running ------------------------------------------------------------------------------------------------------

USER = """
import numpy as np
import helpers
from helpers import Box, scaled

FACTOR = 2.0
TABLE = np.array([1.0, 2.0, 3.0])


def loss(w, x):
    total = 0.0
    for k in range(len(TABLE)):
        total = total + TABLE[k] * np.sum(np.tanh(w * x)) * scaled(w[0])
    return total * FACTOR + helpers.twice(w[1])


def boxed(w):
    b = Box(w)
    return b.area() * b.area()


def closure(k):
    def inner(w):
        return np.sum(w * k)
    return inner


bad = lambda w: np.sum(w) / "text"
"""

HELPERS = """
class Box:
    def __init__(self, side):
        self.side = side

    def area(self):
        return np.sum(self.side * self.side)


def scaled(t):
    return t * 3.0


def twice(t):
    return 2.0 * t
"""

RUN = """
import sys
sys.path.insert(0, {folder!r})
import numpy as np
import s2sad
import user
w, x = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])
print({call})
stages = ("gast", "astor", "s2sad.pipeline", "s2sad.frontend", "s2sad.analysis.infer", "s2sad.ad", "s2sad.rules",
          "s2sad.specialise", "s2sad.simplify", "s2sad.backend.emit")
print("cold" if "s2sad.pipeline" in sys.modules else [m for m in stages if m in sys.modules])
"""

LOSS = "s2sad.grad(user.loss, argnums=(0, 1))(w, x)"


class Project:
    """Two modules of a user, and processes that run them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.write("user", USER)
        self.write("helpers", "import numpy as np\n" + HELPERS)

    def write(self, name: str, text: str) -> None:
        (self.folder / f"{name}.py").write_text(text)

    def run(self, call: str = LOSS, **env: str) -> tuple[str, str]:
        """What the call gives, and ``cold`` or the stages of the compiler that a warm process has imported."""
        env = {"PYTHONDONTWRITEBYTECODE": "1", **env}  # files that change within a second
        out = _python(RUN.format(folder=str(self.folder), call=call), **env).strip().split("\n")
        return "\n".join(out[:-1]), out[-1]

    def both(self, call: str = LOSS) -> tuple[tuple[str, str], tuple[str, str]]:
        """The first and the second process."""
        return self.run(call), self.run(call)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


CALLS = [
    LOSS,
    "s2sad.value_and_grad(user.boxed)(w)",
    "s2sad.grad(user.closure(3.0))(w)",
    "s2sad.vjp(user.loss, w, x)[1](1.0)",
    "s2sad.jvp(user.loss, (w, x), (x, w))",
    "s2sad.grad(s2sad.grad(lambda t: t * t * t))(2.0)",
    "s2sad.grad(user.loss).source_for(w, x)",
]


@pytest.mark.parametrize("call", CALLS)
def test_a_second_process_transforms_nothing(project: Project, call: str) -> None:
    if "lambda" in call:
        project.write("user", "cube = lambda t: t * t * t\n")
        call = "s2sad.grad(s2sad.grad(user.cube))(2.0)"
    first, second = project.both(call)
    assert first[1] == "cold"
    assert second[1] == "[]"
    assert first[0] == second[0]
    assert project.run(call, S2SAD_CACHE="0") == first


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("helpers", "t * 3.0", "t * 4.0"),
        ("helpers", "2.0 * t", "5.0 * t"),
        ("user", "np.tanh", "np.sin"),
        ("user", "\nFACTOR = 2.0", "\nFACTOR = np.ones(3)"),
        ("user", "import Box, scaled", "import Box, twice as scaled"),
    ],
)
def test_an_edit_is_seen(project: Project, module: str, old: str, new: str) -> None:
    call = LOSS if "FACTOR" not in old else "s2sad.vjp(user.loss, w, x)[1](1.0 + 0 * user.FACTOR)"
    assert project.both(call)[1][1] == "[]"
    path = project.folder / f"{module}.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    first, second = project.both(call)
    assert first[1] == "cold" and second == (first[0], "[]")
    assert first[0] == project.run(call, S2SAD_CACHE="0")[0]
    path.write_text(text)
    assert project.run(call)[1] == "[]"


def test_a_file_named_like_a_library_is_no_library(project: Project) -> None:
    project.write("this", "def scaled(t):\n    return t * 3.0\n")
    project.write(
        "user", USER.replace("from helpers import Box, scaled", "from helpers import Box\nfrom this import scaled")
    )
    before = project.both()
    project.write("this", "def scaled(t):\n    return t * 4.0\n")
    after = project.both()
    assert after[0][1] == "cold" and after[1] == (after[0][0], "[]")
    assert before[1][0] != after[1][0]


def test_class_data_is_read_afresh(project: Project) -> None:
    text = "import numpy as np\n" + HELPERS.replace("class Box:\n", "class Box:\n    unit = np.ones(3)\n").replace(
        "self.side * self.side", "self.unit * self.side * self.side"
    )
    call = "s2sad.grad(user.boxed)(w)"
    project.write("helpers", text)
    before = project.both(call)
    assert before[1] == (before[0][0], "[]")
    project.write("helpers", text.replace("np.ones(3)", "np.full(3, 2.0)"))
    after = project.run(call)[0]
    assert after == project.run(call, S2SAD_CACHE="0")[0] != before[0][0]


def test_an_edited_method_is_seen(project: Project) -> None:
    call = "s2sad.grad(user.boxed)(w)"
    before = project.both(call)[1][0]
    project.write("helpers", "import numpy as np\n" + HELPERS.replace("np.sum(self.side", "2.0 * np.sum(self.side"))
    after = project.both(call)
    assert after[0][1] == "cold" and after[1] == (after[0][0], "[]")
    assert after[1][0] != before


def test_the_value_of_a_global_is_read_afresh(project: Project) -> None:
    before = project.both()[1]
    project.write("user", USER.replace("FACTOR = 2.0", "FACTOR = 4.0"))
    after = project.run()
    assert after[1] == "[]"
    assert after[0] != before[0]
    assert after[0] == project.run(S2SAD_CACHE="0")[0]


def test_a_redefinition_in_a_warm_process_is_seen(project: Project) -> None:
    project.both()
    code = f"""
import sys
sys.path.insert(0, {str(project.folder)!r})
import numpy as np
import s2sad, user, helpers
w, x = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])
d = s2sad.grad(user.loss, argnums=(0, 1))
a = d(w, x)[0]
assert "s2sad.pipeline" not in sys.modules
user.FACTOR = 4.0
b = d(w, x)[0]
assert "s2sad.pipeline" not in sys.modules
assert not np.allclose(a, b)
user.scaled = helpers.twice
c = d(w, x)[0]
assert "s2sad.pipeline" in sys.modules
assert not np.allclose(b, c)
user.len = lambda table: 2
assert not np.allclose(c, d(w, x)[0])
"""
    _python(code)


def test_tracebacks_and_source_work(project: Project) -> None:
    call = "fails(user.bad)"
    project.write(
        "user",
        USER + """
import inspect
import traceback

import s2sad


def fails(f):
    d = s2sad.grad(f)
    try:
        d(np.ones(2))
    except TypeError as error:
        text = "".join(traceback.format_exception(error))
        assert '/ "text"' in text.split("_grad-")[1], text
        assert "user.py" in error.__notes__[0] and "np.sum(w)" in error.__notes__[0], error.__notes__
        assert "def lambda__grad(w):" in inspect.getsource(d.programs.last.entry)
        return error.__notes__
"""
    )  # fmt: skip
    first, second = project.both(f"user.{call}")
    assert first[1] == "cold" and second == (first[0], "[]")


def test_what_has_no_identity_is_not_stored(project: Project) -> None:
    project.write("user", USER + "\n\ndef with_default(w, k=(TABLE,)):\n    return np.sum(w * k[0])\n")
    call = "s2sad.grad(user.with_default)(w)"
    assert [project.run(call)[1], project.run(call)[1]] == ["cold", "cold"]


@pytest.mark.parametrize("damage", ["text", "code", "truncated", "no code", "code of another"])
def test_damaged_files_are_compiled_anew(project: Project, damage: str) -> None:
    first = project.run()
    (path,) = disk.folder().glob("*.py")
    code = path.with_suffix(".code")
    whole = path.read_bytes(), code.read_bytes()
    if damage == "text":
        path.write_bytes(whole[0].replace(b"tanh", b"sinh"))
    elif damage == "truncated":
        path.write_bytes(whole[0][: len(whole[0]) // 2])
    elif damage == "code":
        code.write_bytes(whole[1][:-40] + b"\0" + whole[1][-39:])
    elif damage == "code of another":
        code.write_bytes(whole[1].replace(whole[1][13:45], b"0" * 32))
    else:
        code.unlink()
    again = project.run()
    assert again[0] == first[0]
    assert again[1] == ("cold" if damage in ("text", "truncated") else "[]")
    assert (path.read_bytes(), code.read_bytes()) == whole


def test_a_folder_that_cannot_be_written(project: Project, tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    good = project.run()
    assert project.run(S2SAD_CACHE_DIR=str(blocker / "cache")) == good


def test_many_processes_at_once(project: Project) -> None:
    expected = project.run(S2SAD_CACHE="0")[0]
    code = RUN.format(folder=str(project.folder), call=LOSS)
    procs = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ})
        for _ in range(4)
    ]
    procs[0].kill()
    for p in procs:
        out = p.communicate()[0]
        assert p is procs[0] or out.rpartition("\n")[0].rpartition("\n")[0] == expected
    assert project.run() == (expected, "[]")


def test_rules_of_the_user_are_not_stored(project: Project) -> None:
    project.write("user", "from s2sad.rules.registry import nondiff\n" + USER + "\nnondiff(helpers.twice)\n")
    assert [project.run()[1], project.run()[1]] == ["cold", "cold"]


def test_codes_are_told_apart() -> None:
    def digest(text: str) -> str:
        space: dict[str, Any] = {}
        exec(compile(text, "file.py", "exec"), space)
        return code_digest(space["f"].__code__)

    texts = [
        "def f(x): return x * 1", "def f(x): return x * 1.0", "def f(x): return x * True", "def f(y): return y * 1",
        "def f(x): return x * 0.0", "def f(x): return x * -0.0", "def f(x):\n return x * 1", "def f(x): return x.a * 1",
        "def f(x): return [y * 1 for y in x]", "def f(x): return [y * 2 for y in x]", "def f(x, k=1): return x * 1",
        "def f(x): return x in {'a', 'b'}", "def f(x): return x in {'a', 'c'}",
    ]  # fmt: skip
    assert len({digest(t) for t in texts}) == len(texts)
    assert [digest(t) for t in texts] == [digest(t) for t in texts]


def _python(code: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **env}, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# -- in memory ----------------------------------------------------------------------------------------------------


def test_memory_keeps_no_function_alive() -> None:
    memory: Memory[str] = Memory()

    def f() -> None: ...

    memory.put(f, "signature", "compiled")
    assert memory.get(f, "signature") == "compiled"
    assert memory.get(f, "other") is None
    assert len(memory) == 1
    del f
    gc.collect()
    assert len(memory) == 0


def test_memory_takes_what_has_no_weak_references() -> None:
    memory: Memory[int] = Memory()
    method = "text".upper
    memory.put(method, 1, 2)
    assert memory.get(method, 1) == 2
    memory.forget(method)
    assert memory.get(method, 1) is None
    memory.put(len, 1, 3)
    assert memory.get(len, 1) == 3
    memory.clear()
    assert len(memory) == 0
