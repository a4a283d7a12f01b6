"""The command line: what it prints, its exit status, and that it runs nothing of the user's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2sad.cli import main
from s2sad.cli.modules import carry, free_names, merge
from s2sad.cli.standalone import make_standalone

MODEL = '''\
"""A model."""
import numpy as np
from s2sad import grad

raise_if_executed = 1 / 0
RATE = 0.5


def helper(x):
    return RATE * x


@grad
def loss(w, x, y):
    p = 1.0 / (1.0 + np.exp(-(x @ w)))
    return -np.mean(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))


@grad(argnums="b")
def other(a, b):
    return a * helper(b) * b


def plain(x, y):
    return x * np.sin(y)
'''

REFUSED = "def f(x):\n    yield x\n\n\ndef g(x):\n    return x * x\n"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return path


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    status = main([str(a) for a in args])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return status, out, err


def execute(text: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "<generated>", "exec"), namespace)
    return namespace


def test_a_function_by_name(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "dump", f"{model}::plain")
    assert (status, err) == (0, "")
    names = execute(out)
    value, residuals = names["plain_fwd"](2.0, 0.5)
    assert value == 2.0 * np.sin(0.5)
    x_bar, = names["plain_adj"](residuals, 1.0)
    assert x_bar == np.sin(0.5)


def test_decorated_functions(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "dump", model, "--mode", "grad")
    assert status == 0
    names = execute(out)
    assert "loss_grad" in names and "other_grad" in names and "plain_grad" not in names
    assert names["other_grad"](2.0, 3.0)[1] == 6.0
    status, out, _ = run(capsys, "dump", model, "--mode", "grad", "--all")
    assert "plain_grad" in execute(out)


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [("1", [2 * np.cos(0.5)]), ("y", [2 * np.cos(0.5)]), ("x,y", [np.sin(0.5), 2 * np.cos(0.5)])],
)
def test_argnums(model: Path, capsys: pytest.CaptureFixture[str], argnums: str, expected: list[float]) -> None:
    status, out, _ = run(capsys, "dump", f"{model}::plain", "--mode", "grad", "--argnums", argnums)
    assert status == 0
    np.testing.assert_allclose(execute(out)["plain_grad"](2.0, 0.5)[1:], expected)


def test_forward_mode(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "dump", f"{model}::plain", "--mode", "forward")
    assert status == 0
    assert execute(out)["plain_jvp"](2.0, 0.5, 1.0)[1] == np.sin(0.5)


def test_types_and_output_file(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.py"
    types = "w: f8[n], x: f8[m, n], y: f8[m]"
    status, out, _ = run(capsys, "dump", f"{model}::loss", "--mode", "grad", "--types", types, "-o", path)
    assert (status, out) == (0, "")
    text = path.read_text()
    assert "rt." not in text and "w_bar" in text
    w, x, y = np.array([0.5, -0.25]), np.ones((3, 2)), np.array([1.0, 0.0, 1.0])
    _, gradient = execute(text)["loss_grad"](w, x, y)
    p = 1.0 / (1.0 + np.exp(-(x @ w)))
    np.testing.assert_allclose(gradient, x.T @ (p - y) / 3)


def test_standalone_runs_without_s2sad(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "alone.py"
    assert main(["dump", str(model), "--all", "--standalone", "--mode", "grad", "-o", str(path)]) == 0
    code = (
        "import sys; sys.modules['s2sad'] = None; import alone, numpy as np;"
        "print(alone.other_grad(2.0, 3.0)[1], alone.loss_grad(np.ones(2), np.ones((3, 2)), np.ones(3))[1].shape)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stderr, done.stdout.split(" ", 1)) == ("", ["6.0", "(2,)\n"])
    assert "s2sad import" not in path.read_text()


def test_every_helper_can_be_copied() -> None:
    from s2sad import runtime

    names = sorted(n for n in vars(runtime) if not n.startswith("_") and callable(getattr(runtime, n)))
    text = "# header\nimport numpy as np\nfrom s2sad import runtime as rt\n\n\ndef f():\n    return [" + ", ".join(
        f"rt.{n}" for n in names
    ) + "]\n"
    alone = make_standalone(text)
    assert "from s2sad" not in alone and alone.startswith("# header")
    assert len(execute(alone)["f"]()) == len(names)


def test_stages(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "dump", model, "--stage", "list")
    assert status == 0 and "lower" in out.split()
    for stage in out.split():
        status, text, err = run(capsys, "dump", f"{model}::plain", "--stage", stage)
        assert (status, err) == (0, "")
        compile(text, stage, "exec")
    status, _, err = run(capsys, "dump", f"{model}::plain", "--stage", "nothing")
    assert status == 2 and "there is no stage 'nothing'" in err


def test_mistakes_are_messages(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("def f(x:\n    return x\n")
    binary = tmp_path / "binary.py"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    undecorated = tmp_path / "plain.py"
    undecorated.write_text("def f(x):\n    return x\n")
    empty = tmp_path / "empty.py"
    empty.write_text("")
    cases: list[tuple[list[object], int, str]] = [
        (["dump", tmp_path / "nowhere.py"], 2, "no such file"),
        (["dump", tmp_path], 2, "is a folder"),
        (["dump", bad], 1, f"{bad}:1: syntax error"),
        (["dump", binary], 1, "is no Python source"),
        (["dump", f"{model}::nothing"], 2, "has no function 'nothing': it has helper, loss, other, plain"),
        (["dump", undecorated], 2, "decorated with @grad"),
        (["dump", empty, "--all"], 2, "defines no function"),
        (["dump", f"{model}::plain", "--argnums", "7"], 2, "has no positional argument 7: it has x, y"),
        (["dump", f"{model}::plain", "--argnums", "q"], 2, "has no parameter 'q': it has x, y"),
        (["dump", f"{model}::plain", "--argnums", "1.5"], 2, "--argnums takes positions or names"),
        (["dump", f"{model}::plain", "--types", "x f8"], 2, "cannot read the types"),
        (["dump", f"{model}::plain", "--types", "q: f8"], 2, "has no parameter 'q'"),
        (["dump", f"{model}::plain", "-o", tmp_path / "no" / "where.py"], 2, "cannot write"),
        (["dump"], 2, "the following arguments are required"),
        (["dump", model, "--mode", "sideways"], 2, "invalid choice"),
        ([], 2, "required"),
        (["explain", "S2S999"], 2, "there is no error code"),
    ]
    for args, expected, message in cases:
        status, _, err = run(capsys, *args)
        assert status == expected, (args, err)
        assert message in err, (args, err)


def test_a_refused_function(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "refused.py"
    path.write_text(REFUSED)
    status, out, err = run(capsys, "dump", f"{path}::f")
    assert (status, out) == (1, "")
    assert "S2S001" in err and f"{path}:2:5" in err and "yield x" in err and "^" in err and "help:" in err
    status, out, err = run(capsys, "dump", path, "--all")
    assert status == 1 and "def g" in out and "S2S001" in err
    status, out, err = run(capsys, "check", path, "--all")
    assert status == 1 and "S2S001" in out and err == ""
    status, out, _ = run(capsys, "check", f"{path}::g")
    assert status == 0 and "nothing unsupported" in out


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "explain", "s2s001")
    assert status == 0 and out.startswith("S2S001: generator") and "yield" in out and "Works:" in out
    status, out, _ = run(capsys, "explain")
    assert status == 0 and "S2S001  generator" in out


def test_cache_and_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("S2SAD_CACHE_DIR", str(tmp_path / "cache"))
    status, out, _ = run(capsys, "cache", "info")
    assert status == 0 and str(tmp_path / "cache") in out
    status, out, _ = run(capsys, "cache", "clear")
    assert status == 0 and "removed" in out
    status, out, _ = run(capsys, "env")
    assert status == 0 and "numpy" in out and "python" in out and str(tmp_path / "cache") in out
    status, out, _ = run(capsys, "--version")
    assert status == 0 and out.startswith("s2sad ")


def test_as_a_module_and_in_a_pipe(model: Path) -> None:
    root = Path(__file__).resolve().parent.parent
    command = f"{sys.executable} -m s2sad dump {model} --all | head -1"
    done = subprocess.run(command, shell=True, cwd=root, capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout.count("\n") == 1 and "Traceback" not in done.stderr


def test_the_same_text_in_every_process(model: Path) -> None:
    root = Path(__file__).resolve().parent.parent
    texts = {
        subprocess.run(
            [sys.executable, "-m", "s2sad", "dump", str(model), "--all"],
            cwd=root, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(texts) == 1


def test_merging_modules() -> None:
    a = "# h\nimport numpy as np\n\n\ndef g(x):\n    return x\n\n\ndef f(x):\n    return g(x)\n"
    b = "# h\nimport numpy as np\nimport math\n\n\ndef g(x):\n    return -x\n\n\ndef e(x):\n    return g(x)\n"
    names = execute(merge([a, b, a]))
    assert names["f"](1.0) == 1.0 and names["e"](1.0) == -1.0 and names["g"](1.0) == 1.0
    assert merge([a, a]) == a


def test_carrying_what_the_file_defines() -> None:
    text = "import numpy as np\n\n\ndef f(x):\n    return helper(x) + len([K])\n"
    assert free_names(text) == ["helper", "K"]
    names = execute(carry(text, "import math\nK = 3\n@grad\ndef helper(x):\n    return math.sqrt(x)\nJ = 1 / 0\n"))
    assert names["f"](4.0) == 3.0 and "J" not in names
