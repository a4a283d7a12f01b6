"""``s2sad build``: a package that needs no s2sad, runs in machine code where it can, and says what it runs on."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2sad.cli import main
from tests import oracles

MODEL = """
import math
import numpy as np
from numpy.typing import NDArray

SCALE = 2.0

def inner(y):
    return y * y + math.cos(y)

def loss(w: "f8[n]", x: "f8[m, n]", k: int = 3):
    y = np.tanh(x @ w) * SCALE
    total = 0.0
    for _ in range(k):
        total = total + np.sum(y * y)
    return total + inner(w[0])

def stepped(u, k, n=2):
    u[1:-1] = u[1:-1] + k * (u[:-2] + u[2:])
    return np.sin(u) ** n

def trees(p: "{'a': f8, 'b': [f8[n], f8[n]]}", how: str = "sum"):
    y = p["b"][0] * p["b"][1]
    return p["a"] * (np.sum(y) if how == "sum" else np.mean(y))

def root(x: float, y: float):
    return math.sqrt(x) / y

def ranks(x: NDArray[np.float64]):
    return np.sum(x * x)

def texts(x: float):
    print(f"{x}")
    return x * x

def stars(*x: float):
    return x[0]

def refused(x: float):
    return open(x)
"""
W, X = np.linspace(-1.0, 1.0, 3), np.arange(12.0).reshape(4, 3) / 7.0


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    known = set(sys.modules)
    path = list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - known:
        if name.startswith(("built_", "s2sad_built")):
            del sys.modules[name]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return path


def build(path: Path, name: str, *options: str) -> Any:
    assert main(["build", str(path), "-o", str(path.parent / name), *options]) == 0
    sys.path.insert(0, str(path.parent))
    importlib.invalidate_caches()
    return importlib.import_module(name)


ALONE = """
import sys
sys.path.insert(0, {folder!r})
sys.modules["s2sad"] = None
{first}
import numpy as np
import built_loss
f = built_loss.loss_grad
print(f.backend, f.reason)
print(f(np.linspace(-1.0, 1.0, 3), np.arange(12.0).reshape(4, 3) / 7.0))
print("numba.np.arraymath" in sys.modules, "numba" in sys.modules and sys.modules["numba"] is not None)
"""


def alone(folder: Path, first: str = "") -> list[str]:
    """What a process prints that has no s2sad."""
    command = [sys.executable, "-I", "-c", ALONE.format(folder=str(folder), first=first)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


def test_a_copied_folder_runs_without_s2sad(model: Path, tmp_path: Path) -> None:
    """In NumPy alone, in machine code that was made ahead, and where that is damaged."""
    pytest.importorskip("numba")
    assert main(["build", f"{model}::loss", "-o", str(tmp_path / "built_loss")]) == 0
    away = tmp_path / "away"
    shutil.copytree(tmp_path / "built_loss", away / "built_loss")
    shutil.rmtree(tmp_path / "built_loss")
    scope: dict[str, Any] = {}
    exec(MODEL, scope)
    numeric = oracles.numeric_gradient(scope["loss"], (W, X), {}, (0,), 1.0)[0]
    outputs = []
    for first in ('sys.modules["numba"] = None', ""):
        backend, *value, last = alone(away, first)
        assert backend == ("numba " if not first else "numpy Numba cannot be imported: import of numba halted; None in "
                           "sys.modules")  # fmt: skip
        assert last == ("False False" if first else "False True")  # nothing was compiled
        outputs.append(eval("\n".join(value), {"np": np, "array": np.array}))
    for got, gradient in outputs:
        assert np.isclose(got, scope["loss"](W, X), rtol=1e-14)
        assert not oracles.close([gradient], numeric, 1e-6)
    assert np.allclose(outputs[0][1], outputs[1][1], rtol=1e-13)
    (code,) = (away / "built_loss").glob("*.native")
    code.write_bytes(code.read_bytes()[:-10])
    backend, *value, last = alone(away)
    assert backend == "numba " and last == "True True"  # compiled again, and kept
    assert alone(away)[-1] == "False True"


def test_all_modes_and_fallbacks(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("numba")
    scope: dict[str, Any] = {}
    exec(MODEL, scope)
    types = ["--types", "u: f8[n], k: f8", "--argnums", "u"]
    u = np.sin(np.arange(6.0))
    reverse = build(model.with_name("model.py::stepped"), "built_reverse", *types, "--mode", "reverse").stepped_vjp
    forward = build(model.with_name("model.py::stepped"), "built_forward", *types, "--mode", "forward").stepped_jvp
    assert "built_forward.stepped_jvp: Numba, else NumPy" in capsys.readouterr().out
    seed, direction = np.cos(np.arange(6.0)), np.arange(6.0)
    value, pullback = reverse(u.copy(), 0.1)
    (gradient,) = pullback(seed)
    assert np.allclose(value, scope["stepped"](u.copy(), 0.1), rtol=1e-14)
    numeric = oracles.numeric_gradient(scope["stepped"], (u, 0.1), {}, (0,), seed)
    assert not oracles.close([gradient], numeric[0], 1e-6) and np.array_equal(pullback(seed)[0], gradient)
    tangent = forward(u.copy(), 0.1, 2, direction)[1]
    assert np.isclose(seed @ tangent, gradient @ direction, rtol=1e-12)
    assert (reverse.backend, forward.backend) == ("numba", "numba"), (reverse.reason, forward.reason)
    with pytest.raises(ValueError, match=r"the seed has shape \(2,\); expected \(6,\)"):
        pullback(np.ones(2))
    assert np.array_equal(direction, np.arange(6.0))
    shared = forward(u.copy(), 0.1, 2, u)[1]
    assert np.allclose(shared, forward(u.copy(), 0.1, 2, u.copy())[1])
    trees = build(model.with_name("model.py::trees"), "built_trees").trees_grad
    assert trees({"a": 2.0, "b": [u, u]})[1]["a"] == pytest.approx(u @ u)
    texts = build(model.with_name("model.py::texts"), "built_texts").texts_grad
    assert texts.backend == "numpy" and "(line " in texts.reason
    assert "built_texts.texts_grad: NumPy, since the Numba backend does not compile" in capsys.readouterr().out
    assert texts(2.0) == (4.0, 4.0) and "2.0" in capsys.readouterr().out


def test_arguments_of_other_types_are_refused(model: Path) -> None:
    loss = build(model.with_name("model.py::loss"), "built_types").loss_grad
    assert loss(w=W, x=X)[0] == loss(W, X, 3)[0]
    wrong = [
        ((W, X, 2.0), TypeError, "loss_grad: k must be a number of type int, not of type float"),
        ((W, X, True), TypeError, "k must be a number of type int, not True"),
        ((W, X[:, :2]), ValueError, "loss_grad: x: axis 1 has size 2; expected 3"),
        ((W, X[0]), TypeError, "x must have 2 dimensions, not 1"),
        ((W[:1], X[:, :1]), ValueError, "w: axis 0 has size 1, for which this was not built"),
        ((W.astype(int), X), TypeError, "w must be an array of float64, not an array of int64"),
        ((list(W), X), TypeError, "w must be an array of float64, not of type list"),
        ((W,), TypeError, "missing a required argument: 'x'"),
    ]
    for args, error, text in wrong:
        with pytest.raises(error, match=text.replace("(", r"\(")):
            loss(*args)
    trees = build(model.with_name("model.py::trees"), "built_more").trees_grad
    with pytest.raises(TypeError, match="how was 'sum' when this was built, and must be: not 'mean'"):
        trees({"a": 1.0, "b": [W, W]}, "mean")
    with pytest.raises(TypeError, match=r"p must be a dict with the keys \['a', 'b'\]"):
        trees({"a": 1.0})
    with pytest.raises(ValueError, match=r"p\['b'\]\[1\]: axis 0 has size 2; expected 3"):
        trees({"a": 1.0, "b": [W, W[:2]]})


def test_errors_and_nothing_half_written(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    new = str(tmp_path / "fresh")
    cases = [
        ([f"{model}::loss"], 2, "required: -o"),
        ([f"{model}::loss", "-o", str(tmp_path / "not-a-name")], 2, "'not-a-name' cannot be the name of a module"),
        ([f"{model}::loss", "-o", str(tmp_path / "import")], 2, "cannot be the name of a module"),
        ([f"{model}::loss", "-o", str(tmp_path / "no" / "where")], 2, "there is no folder"),
        ([f"{model}::loss", "-o", str(tmp_path / "taken")], 2, "was not made by s2sad build"),
        ([f"{model}::stepped", "-o", new], 2, "the type of 'u' of stepped is not known: annotate it or give --types"),
        ([f"{model}::loss", "-o", new, "--types", "q: f8"], 2, "loss has no parameter 'q'"),
        ([f"{model}::nothing", "-o", new], 2, "has no function 'nothing'"),
        ([f"{model}::stars", "-o", new], 2, "*args or **kwargs cannot be built"),
        ([f"{model}::refused", "-o", new], 1, "S2S"),
    ]
    before = sorted(tmp_path.rglob("*"))
    for arguments, status, text in cases:
        assert main(["build", *arguments]) == status, arguments
        assert text in capsys.readouterr().err
        assert sorted(tmp_path.rglob("*")) == before
    root = build(model.with_name("model.py::root"), "built_again").root_grad
    kept = {p.name: p.read_bytes() for p in (tmp_path / "built_again").iterdir() if p.is_file()}
    with monkeypatch.context() as patch:  # the disk is full when machine code, the last file, is made
        patch.setattr("s2sad.cli.build._make_machine_code", _full)
        assert main(["build", f"{model}::root", "-o", str(tmp_path / "built_again")]) == 2
        assert "cannot write" in capsys.readouterr().err
    assert {p.name: p.read_bytes() for p in (tmp_path / "built_again").iterdir() if p.is_file()} == kept
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
    assert root(4.0, 2.0) == (1.0, 0.125)
    with pytest.raises(ValueError, match="math domain error"):
        root(-4.0, 2.0)
    assert main(["build", f"{model}::root", "--argnums", "1", "-o", str(tmp_path / "built_again")]) == 0


def _full(*args: Any) -> None:
    raise OSError(28, "No space left on device")


def test_same_as_the_derivative_object(model: Path) -> None:
    ranks = build(model.with_name("model.py::ranks"), "built_ranks").ranks_grad
    assert ranks.backend == "numpy" and "unknown" in ranks.reason
    for x in (np.arange(3.0), np.ones((2, 1)), np.array(2.0)):
        value, gradient = ranks(x)
        assert value == np.sum(x * x) and np.array_equal(gradient, 2.0 * x)


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--help"]) == 0
    text = capsys.readouterr().out
    assert "--types" in text and "loss_grad.backend" in text
