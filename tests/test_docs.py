"""What the documentation says is what happens: programs, output, tables, error pages and docstrings are run.

In ``README.md`` and ``s2sad/README.md`` a python block with a text block after it prints that text; a marker before a
block says where it comes from: ``<!-- run: s2sad dump ... -->``, ``<!-- golden: NAME -->``, ``<!-- stage: NAME -->``.
After a change of the output that is meant: ``python -m tests.test_docs --update``.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import linecache
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad import cli, pipeline
from s2sad.api.argtypes import types_of
from s2sad.frontend.codes import CODES, Code
from tests import oracles
from tests.test_layers import LAYERS

ROOT = Path(__file__).resolve().parent.parent
README, MAP = ROOT / "README.md", ROOT / "s2sad" / "README.md"
MARKER = re.compile(r"^<!-- (run|golden|stage|finding): (.+?) -->\n(?:```\w*\n(.*?)^```\n)?", re.M | re.S)
PYTHON = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.M | re.S)
PROGRAM = re.compile(r"<!-- program -->\n```python\n(.*?)```", re.S)


# -------------------------------------------------------------------------------------------------- running


def execute(text: str, name: str, space: dict[str, Any]) -> str:
    """Run a text whose source the compiler can read; what it prints."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(text, name, "exec", dont_inherit=True), space)
    return printed.getvalue()


def define(text: str, name: str) -> Callable[..., Any]:
    space: dict[str, Any] = {"__name__": "documented"}
    execute(text, name, space)
    return space["f"]


def run_command(line: str) -> str:
    """What a command prints, run in the project's folder."""
    words = shlex.split(line)
    assert words[0] == "s2sad"
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.chdir(ROOT):
        assert cli.main(words[1:]) == 0
    return printed.getvalue()


def run_stage(stage: str) -> str:
    """The program of the architecture map after a stage."""
    found = PROGRAM.search(MAP.read_text(encoding="utf-8"))
    assert found is not None
    space: dict[str, Any] = {"__name__": "map"}
    execute(found[1], "<program of the map>", space)
    types = types_of(("x", "k", "n"), (np.ones(4), 0.5, 3))
    request = pipeline.Request(space["settle"], "value_and_grad", types, ("x", "k"))
    return pipeline.snapshot(request, stage).split("\n", 1)[1]


def run_finding(text: str) -> str:
    """The message of a refusal: the marker names an error code, whose bad example is differentiated."""
    code = CODES[text]
    f = define(code.bad, "model.py")
    with pytest.raises(s2sad.UnsupportedError) as caught:
        s2sad.grad(f)(*arguments(f))
    return f"{caught.value}\n"


def run_golden(name: str) -> str:
    return (ROOT / "tests" / "golden" / f"{name}.py").read_text(encoding="utf-8")


RUNNERS = {"run": run_command, "stage": run_stage, "golden": run_golden, "finding": run_finding}


def renewed(path: Path) -> str:
    """The page with everything that is generated made anew."""
    space: dict[str, Any] = {"__name__": "readme"}
    count = 0

    def marked(found: re.Match[str]) -> str:
        language = "text" if found[1] == "finding" else "python"
        body = RUNNERS[found[1]](found[2]).strip("\n")
        return f"<!-- {found[1]}: {found[2]} -->\n```{language}\n{body}\n```\n"

    def printed(found: re.Match[str]) -> str:
        nonlocal count
        if found[2] is None:
            return found[0]
        count += 1
        out = execute(found[1], f"<{path.name} {count}>", space).strip("\n")
        return f"```python\n{found[1]}```\n\n```text\n{out}\n```\n"

    text = MARKER.sub(marked, path.read_text(encoding="utf-8"))
    return PYTHON.sub(printed, text)


@pytest.mark.parametrize("path", [README, MAP], ids=["readme", "map"])
def test_the_page_says_what_happens(path: Path) -> None:
    assert renewed(path) == path.read_text(encoding="utf-8"), "python -m tests.test_docs --update"


# --------------------------------------------------------------------------------------------------- the map


def test_the_map_has_the_layers() -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", MAP.read_text(encoding="utf-8"), re.M)
    assert [tuple(re.findall(r"`(\w+)`", row)) for row in rows] == [*LAYERS]


def test_the_map_names_files_that_exist() -> None:
    text = MAP.read_text(encoding="utf-8")
    for name in set(re.findall(r"`((?:\w+/)+\w+\.py|tests/[\w/]+\.py)`", text)):
        assert (ROOT / "s2sad" / name).exists() or (ROOT / name).exists(), name
    for path in set(re.findall(r"\]\(([\w/.]+)\)", README.read_text(encoding="utf-8"))):
        assert (ROOT / path).exists(), path


# ----------------------------------------------------------------------------------------------- error codes

LATER = [c for c in CODES.values() if c.code >= "S2S020"]  # the frontend's own: tests.test_fence
NEVER_SEEN = {"S2S060"}  # a safety net: no program is known that gets there


def codes_in_sources() -> Iterator[str]:
    for path in sorted((ROOT / "s2sad").rglob("*.py")):
        if path.parts[-2:] == ("frontend", "codes.py") or path.parent.name == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and re.fullmatch(r"S2S\d{3}", str(node.value)):
                yield str(node.value)


def arguments(f: Callable[..., Any]) -> tuple[Any, ...]:
    """A number for ``x``, an array for ``v``."""
    code = f.__code__
    required = code.co_varnames[: code.co_argcount - len(f.__defaults__ or ())]
    return tuple({"x": 2.0, "v": np.array([0.3, -0.5, 0.9])}[name] for name in required)


def backend_of(code: Code) -> str:
    if code.backend != "numpy":
        pytest.importorskip(code.backend)
    return code.backend


def test_every_code_has_a_page() -> None:
    assert sorted(set(codes_in_sources())) == sorted(CODES)


@pytest.mark.parametrize("code", [c for c in LATER if c.code not in NEVER_SEEN], ids=lambda c: c.code)
def test_the_bad_example_is_refused(code: Code) -> None:
    f = define(code.bad, f"<{code.code} refused>")
    with pytest.raises(s2sad.UnsupportedError) as caught:
        s2sad.grad(f, backend=backend_of(code))(*arguments(f))
    assert caught.value.findings[0].code == code.code
    assert caught.value.findings[0].line.strip()


@pytest.mark.parametrize("code", LATER, ids=lambda c: c.code)
def test_the_fixed_example_is_right(code: Code) -> None:
    f = define(code.fixed, f"<{code.code} works>")
    args = arguments(f)
    wanted = oracles.numeric_gradient(f, args, {}, (0,), 1.0)[0]
    gradient = s2sad.grad(f, backend=backend_of(code))(*args)
    assert not oracles.close(oracles.leaves(gradient), wanted, 1e-6)
    tangent = s2sad.jvp(f, args, oracles.map_leaves(np.ones_like, args))[1]
    assert abs(float(tangent) - sum(float(np.sum(w)) for w in wanted)) < 1e-6


# ------------------------------------------------------------------------------------------------ docstrings


def docstrings() -> Iterator[str]:
    """The modules whose docstring shows programs before and after."""
    for path in sorted((ROOT / "s2sad").rglob("*.py")):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if "*before*" in doc:
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def columns(doc: str) -> tuple[str, str]:
    """The two programs that stand side by side under the headings *before* and *after*."""
    lines = doc.splitlines()
    at = next(k for k, line in enumerate(lines) if "*before*" in line)
    edge = lines[at].index("*after*")
    body = []
    for line in lines[at + 1 :]:
        if line and not line.startswith(" "):
            break
        body.append(line)
    start = min(line.find("def ", 12) for line in body if "def " in line[12:])
    start = min(start, edge + 4) if start > 0 else edge
    unindent = [(line[4:start].rstrip(), line[start:]) for line in body]
    return "\n".join(left for left, _ in unindent), "\n".join(right for _, right in unindent)


def test_passes_are_tested_by_their_docstrings() -> None:
    """tests.test_simplify runs those of the passes, but for regroup's and those of last_words': they work on ``unpack`` and
    ``try``, which have no spelling there. tests.test_managers runs the latter."""
    passes = importlib.import_module("tests.test_simplify").PASSES
    wanted = {m for m in docstrings() if m.startswith(("s2sad.simplify.", "s2sad.specialise."))}
    wanted -= {"s2sad.simplify.regroup", "s2sad.simplify.last_words"}
    assert wanted <= {*passes}, sorted(wanted - {*passes})


def both(module: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The namespaces of the two programs of a docstring."""
    from s2sad import runtime as rt

    before, after = columns(importlib.import_module(module).__doc__ or "")
    spaces: list[dict[str, Any]] = []
    for k, text in enumerate((before, after)):
        spaces.append({"np": np, "rt": rt, "__name__": "documented"})
        execute(f"import numpy as np\n{text}\n", f"<{module} {k}>", spaces[-1])
    return spaces[0], spaces[1]


X = np.array([0.3, -0.5, 0.9])


def test_docstring_of_reverse() -> None:
    before, after = both("s2sad.ad.reverse")
    value, gradient = s2sad.value_and_grad(before["f"])(X)
    shown_value, shown_gradient = after["f_grad"](X)
    assert value == shown_value and np.array_equal(gradient, shown_gradient)


def test_docstring_of_forward() -> None:
    before, after = both("s2sad.ad.forward")
    value, tangent = s2sad.jvp(before["f"], (X,), (X[::-1].copy(),))
    shown_value, shown_tangent = after["f_jvp"](X, X[::-1])
    assert np.array_equal(value, shown_value)
    assert np.allclose(tangent, shown_tangent, rtol=1e-15, atol=0.0)


def test_docstring_of_expand() -> None:
    before, after = both("s2sad.ad.expand")
    assert before["f"](X) == after["f"](X)
    assert np.array_equal(s2sad.grad(before["f"])(X), s2sad.grad(after["f"])(X))


def update() -> None:
    """Write what is generated anew."""
    for path in (README, MAP):
        text = renewed(path)
        print(f"{'same   ' if text == path.read_text(encoding='utf-8') else 'written'} {path.relative_to(ROOT)}")
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python -m tests.test_docs --update")
    update()
