"""All that is refused in a program is raised at once, whichever stage finds it, and nothing follows from a refusal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.test_refused import load


def two_attributes(x: Any) -> Any:
    y = x.copy()
    y[0] = y.ctypes.data * x[1]
    for i in range(2):
        y[i] = y.base * 3
    return np.sum(y)


def by_grad() -> None:
    s2sad.grad(two_attributes)(np.ones(4))


def by_vjp() -> None:
    s2sad.vjp(two_attributes, np.ones(4))


@pytest.mark.parametrize("derive", [by_grad, by_vjp])
def test_refusals_of_the_derivative_come_together_in_the_order_of_the_source(derive: Callable[[], None]) -> None:
    with pytest.raises(s2sad.UnsupportedError) as caught:
        derive()
    assert [(f.code, f.line.strip()) for f in caught.value.findings] == [
        ("S2S072", "y[0] = y.ctypes.data * x[1]"),
        ("S2S020", "y[0] = y.ctypes.data * x[1]"),
        ("S2S072", "y[i] = y.base * 3"),
        ("S2S020", "y[i] = y.base * 3"),
    ]


# ------------------------------------------------------------------------------------------- across the stages
# The lines to find end in a comment with their codes; nothing else may be found.

PROGRAMS = {
    "syntax_inference_derivative": """
def two(a, b):
    return a * b

def f(x, v):
    t = eval('x')  # S2S006
    u = two(x)  # S2S053
    y = (v * x).byteswap()  # S2S020
    return t * u + y[0]
""",
    "a_refused_result_hides_nothing": """
def f(x, v):
    w = struct.unpack('d', struct.pack('d', x))  # S2S020 S2S020
    return w[0] * no_such_name  # S2S007
""",
    "chain_of_calls_without_a_rule": """
def f(x, v):
    a = special.struve(1, x)  # S2S020
    b = special.struve(2, a * x)  # S2S020
    c = special.mathieu_a(2, b)  # S2S020
    return c * x
""",
    "inside_refused_statements": """
async def helper(x):
    return x

def f(x, v):
    y = x
    try:  # S2S013
        y = special.struve(1, x)  # S2S020
    except* ValueError:
        y = x * missing  # S2S007
    async def g():  # S2S002
        return x
    z = y * 2
    return z * special.struve(2, x)  # S2S020
""",
    "refused_loops_and_tests": """
def f(x, v):
    y = x
    for t in eval('v'):  # S2S006
        y = y + special.struve(1, x) * t  # S2S020
    if input() == 'a':  # S2S017
        y = special.struve(2, x)  # S2S020
    else:
        y = y * undefined  # S2S007
    while globals()['x'] > y:  # S2S006
        y = y + special.struve(3, x)  # S2S020
    return y
""",
    "poison_goes_on_silently": """
def use(a, b):
    c = a * b
    return c if c > 0 else b + special.struve(1, b)  # S2S020

def f(x, v):
    t = eval('x')  # S2S006
    a, b = t
    d = {'k': a, 'l': [b, t]}
    for k, w in enumerate(t):
        d['k'] = d['k'] + w * k
    e = [q * 2 for q in t if q > 0]
    s = sum(e) + len(e) + np.sum(d['l']) + t.field + t(x) + t[0]
    x2 = use(x, x)
    t[0] = x
    t.a = x
    del t[0]
    with t:
        s = s + x
    return use(s, t) * x2 + max(t, s) + float(t)
""",
    "object_and_closure": """
class Box:
    def __init__(self, k):
        self.k = k

    def get(self, x):
        return special.struve(self.k, x) * vars()['x']  # S2S006 S2S020

def f(x, v):
    box = Box(2)
    g = lambda t: t * box.get(t) * nothing_here  # S2S007
    return g(x) + math.no_such(x)  # S2S007
""",
    "escape_and_option": """
def f(x, v):
    a = float(str(x))  # S2S072
    b = np.pad(v * x, 1, mode='mean')  # S2S054
    c = special.struve(1, x)  # S2S020
    return a + b[0] + c
""",
    "callee_with_its_own_pair": """
def long(x, v, k):
    y = x
    for j in range(k):
        y = y * np.sin(x) + v[j]
        y = y + special.struve(1, x)  # S2S020
        if y > 10:
            y = y - np.cos(x) * eval('k')  # S2S006
        y = y * 0.5
        y = y + 0.25
    return y * 3

def f(x, v):
    a = long(x, v, 2)
    b = long(a, v, 3)
    return a * b * (v * x).byteswap()[0]  # S2S020
""",
    "never_a_value": """
def f(x, v):
    yield special.struve(1, x)  # S2S001 S2S020
    y = yield x  # S2S001
    return y * special.mathieu_a(1, x)  # S2S020
""",
    "library_reached_twice": """
def f(x, v):
    a = integrate.quad(lambda t: t * x, 0, 1)[0]  # S2S020
    b = integrate.quad(lambda t: t * x, 0, 1)[0]  # S2S020
    c = integrate.quad(lambda t: t * a, 0, 2)[0]  # S2S020
    return a + b + c
""",
}  # fmt: skip

HEAD = "import math, struct\nimport numpy as np\nfrom scipy import special, integrate\n"


def expected(text: str) -> list[tuple[int, str]]:
    """The codes in the comments, line by line."""
    marks = [(n, line.partition("# ")[2]) for n, line in enumerate(text.splitlines(), 1)]
    return [(n, code) for n, mark in marks for code in mark.split() if code.startswith("S2S")]


def found(derive: Callable[[], Any]) -> s2sad.UnsupportedError:
    with pytest.raises(s2sad.UnsupportedError) as caught:
        derive()
    return caught.value


def in_mode(mode: str, f: Any) -> Callable[[], Any]:
    x, v = 0.7, np.array([0.3, -0.5, 0.9])
    if mode == "jvp":
        return lambda: s2sad.jvp(f, (x, v), (1.0, np.ones(3)))
    if mode == "vjp":
        return lambda: s2sad.vjp(f, x, v)
    return lambda: s2sad.grad(f, argnums=(0, 1))(x, v)


@pytest.mark.parametrize("mode", ["grad", "vjp", "jvp"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_all_stages_at_once(name: str, mode: str, tmp_path: Path) -> None:
    text = HEAD + PROGRAMS[name]
    module = load(text, tmp_path, "mixed")
    error = found(in_mode(mode, module.f))
    assert sorted((f.loc.line, f.code) for f in error.findings) == expected(text), str(error)
    lines = text.splitlines()
    assert all(f.line == lines[f.loc.line - 1] and f.help for f in error.findings)
    assert [(f.loc.line, f.loc.col) for f in error.findings] == sorted((f.loc.line, f.loc.col) for f in error.findings)


@pytest.mark.parametrize("mode", ["grad", "vjp", "jvp"])
def test_findings_in_two_files(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    first = """
from scipy import special
import numpy as np

def inner(x):
    y = special.struve(1, x)  # S2S020
    return y * exec('x')  # S2S006

def outer(x, v):
    for k in range(3):
        v = v * special.mathieu_a(1, x)  # S2S020
        x = x + inner(x) * np.cos(x) + v[k]
    return x
"""
    second = """
import first_of_two
from scipy import special

def f(x, v):
    a = first_of_two.outer(x, v)
    b = first_of_two.inner(a)
    return special.struve(3, a) * b * never_defined  # S2S020 S2S007
"""
    (tmp_path / "first_of_two.py").write_text(first)
    monkeypatch.delitem(sys.modules, "first_of_two", raising=False)
    module = load(second, tmp_path, "second_of_two")
    error = found(in_mode(mode, module.f))
    by_file: dict[str, list[tuple[int, str]]] = {}
    for f in error.findings:
        by_file.setdefault(Path(f.loc.file).stem, []).append((f.loc.line, f.code))
    assert by_file == {"first_of_two": expected(first), "second_of_two": expected(second)}, str(error)


def test_a_library_is_shown_beside_the_call(tmp_path: Path) -> None:
    text = HEAD + "\ndef f(x, v):\n    y = integrate.quad(lambda t: t * x, 0, 1)\n    return y[0]\n"
    module = load(text, tmp_path, "library")
    error = found(in_mode("grad", module.f))
    (only,) = error.findings
    assert only.loc.file == module.__file__ and only.inside
    shown = str(error)
    assert "quadpack" in shown and "note: inside this call" in shown and "^" * 20 in shown


def test_derivatives_of_a_library_itself() -> None:
    from scipy import integrate

    error = found(lambda: s2sad.grad(integrate.quad, argnums=1)(np.sin, 0.0, 1.0))
    assert all("site-packages" in f.loc.file and not f.inside for f in error.findings)
