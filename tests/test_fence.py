"""What the frontend refuses: each code has an example that is refused and one that is not; all come at once."""

from __future__ import annotations

import inspect
import linecache
from typing import Any

import pytest

from s2sad.errors import UnsupportedError
from s2sad.frontend.codes import CODES, Code
from s2sad.frontend.lower import lower, lower_function
from s2sad.frontend.source import get_source
from tests.ir_interpreter import interpret


def define(text: str, name: str) -> Any:
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    space: dict[str, Any] = {"__name__": "fence_example"}
    exec(compile(text, name, "exec"), space)
    return space["f"]


def findings(text: str, name: str) -> Any:
    with pytest.raises(UnsupportedError) as caught:
        lower(get_source(define(text, name)))
    return caught.value.findings


FRONTEND = [code for code in CODES.values() if code.code < "S2S020"]  # the others: tests.test_docs


@pytest.mark.parametrize("code", FRONTEND, ids=[c.code for c in FRONTEND])
def test_examples_of_the_codes(code: Code) -> None:
    found = findings(code.bad, f"<{code.code} bad>")
    assert [f.code for f in found][:1] == [code.code]
    assert found[0].help == code.help and found[0].line.strip()
    fixed = define(code.fixed, f"<{code.code} fixed>")
    lowered = interpret(lower_function(fixed).function)
    required = [p for p in inspect.signature(fixed).parameters.values() if p.default is p.empty]
    args = [{"x": 2.0, "d": {"a": 3.0}, "self": None}.get(p.name, 1.0) for p in required]
    if code.code != "S2S015":  # its example is a method that needs an object
        assert lowered(*args) == fixed(*args)


def test_all_findings_at_once_in_the_order_of_the_source() -> None:
    text = (
        "def f(x):\n"
        "    global count\n"
        "    count = x\n"
        "    y = eval('x') + undefined_name\n"
        "    for i in range(3):\n"
        "        z = late\n"
        "        yield y\n"
        "    late = 2\n"
        "    class Local: pass\n"
        "    return lambda: (yield z)\n"
    )
    found = findings(text, "<many>")
    assert [(f.code, f.loc.line) for f in found] == [
        ("S2S004", 3), ("S2S006", 4), ("S2S007", 4), ("S2S008", 6), ("S2S001", 7), ("S2S005", 9), ("S2S001", 10),
    ]  # fmt: skip
    assert found[1].line == "    y = eval('x') + undefined_name"
    assert found[1].function == "f"


def test_what_is_shown() -> None:
    error = UnsupportedError(findings("def f(x):\n    é = 1; return é * undefined\n", "<shown>"))
    assert str(error).splitlines() == [
        "S2S007: the name 'undefined' is not defined",
        "  --> <shown>:2:23 in f",
        "   |",
        " 2 |     é = 1; return é * undefined",
        "   |                       ^^^^^^^^^",
        "  help: define the name before the function is differentiated",
    ]


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("S2S001", "return (yield)"),
        ("S2S001", "return x\n    yield x"),  # dead code makes a generator all the same
        ("S2S002", "async def g(): pass\n    return x"),
        ("S2S004", "import math\n    math.pi = 3\n    return x"),
        ("S2S006", "return locals()['x']"),
        ("S2S006", "import builtins\n    return builtins.eval('x')"),
        ("S2S008", "del y\n    y = 1\n    return x"),
        ("S2S008", "y += x\n    return y"),
        ("S2S010", "import contextlib\n    with contextlib.ExitStack() as s, open('f'): pass\n    return x"),
        ("S2S011", "return iter(x * k for k in range(3) if k)"),
        ("S2S013", "for k in [x]:\n        try:\n            x = k\n        finally:\n            break\n    return x"),
        ("S2S014", "from math import no_such_name\n    return x"),
        ("S2S017", "return input()"),
    ],
)
def test_refused(code: str, body: str) -> None:
    assert code in [f.code for f in findings(f"def f(x):\n    {body}\n", f"<{code} {body[:30]}>")]


@pytest.mark.parametrize(
    "body",
    [
        "sum = max; return sum(x, 1)",
        "eval = lambda t: t\n    return eval(x)",
        "return [eval for eval in [x]]",
        "global f\n    return f",
        "return next((k * x for k in range(5) if k > 2), None)",
    ],
)
def test_accepted(body: str) -> None:
    text = f"def f(x):\n    {body}\n"
    fn = define(text, f"<accepted {body[:30]}>")
    got = interpret(lower_function(fn).function)(2.0)
    assert got == fn(2.0)
