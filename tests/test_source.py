"""From a function to its source: the right node, or an error that says what to do."""

from __future__ import annotations

import functools
import importlib
import linecache
import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import gast
import numpy as np
import pytest

import s2sad
from s2sad.errors import SourceError
from s2sad.frontend.codecheck import same_const
from s2sad.frontend.lower import lower_function
from s2sad.frontend.resolve import Unresolved
from s2sad.frontend.source import functions_of_file, get_source, unwrap
from s2sad.ir.nodes import Global, Ref, walk


def load(folder: Path, text: str, name: str = "module_under_test") -> ModuleType:
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def body_of(fn: Any) -> str:
    node = get_source(fn).node
    tree = gast.gast_to_ast(node)
    import ast

    return ast.unparse(tree.body if isinstance(tree, ast.Lambda) else tree.body[-1])


TEXT = '''"""Module."""
import functools
from __future__ import annotations


def deco(*a, **k):
    def wrap(fn):
        return fn
    return wrap


@deco(1,
      2)
@deco(
    name="x",
)
def decorated(
    x,
    y=(1,
       2),
):
    """Doc."""
    text = """
not at the margin
def decorated(): pass
"""
    return x + 1

if True:
    def conditional(x):
        return x + 2
else:
    def conditional(x):
        return x + 3


class Outer:
    class Inner:
        __slots__ = ()

        @staticmethod
        def method(x):
            return x + 4

    def __hidden(self, x):
        return self.__hidden, x + 5


def outer(k):
    def inner(x):
        return x + k
    return inner, lambda x: x - k

pair = (lambda x: x * 2), (lambda x: x * 3); table = {"a": lambda x: x * 4, "b": lambda x: (lambda y: y * 5)(x)}

@functools.lru_cache
def cached(x):
    return x + 6
'''.replace('from __future__ import annotations\n', '')


def test_finds_the_function_of_every_form(tmp_path: Path) -> None:
    m = load(tmp_path, TEXT)
    assert body_of(m.decorated) == "return x + 1"
    assert get_source(m.decorated).doc == "Doc."
    assert body_of(m.conditional) == "return x + 2"
    assert body_of(m.Outer.Inner.method) == "return x + 4"
    assert body_of(m.Outer()._Outer__hidden).endswith("x + 5)")
    inner, minus = m.outer(3)
    assert (body_of(inner), body_of(minus)) == ("return x + k", "x - k")
    assert [body_of(f) for f in m.pair] == ["x * 2", "x * 3"]
    assert body_of(m.table["a"]) == "x * 4"
    assert body_of(m.table["b"]) == "(lambda y: y * 5)(x)"
    assert body_of(m.cached) == "return x + 6"
    line = next(k for k, text in enumerate(TEXT.splitlines(), 1) if text.startswith("def outer"))
    assert get_source(m.outer).line == line


def test_lambdas_that_differ_in_a_constant_only(tmp_path: Path) -> None:
    m = load(tmp_path, "fs = [lambda x: x * 1, lambda x: x * 1.0, lambda x: x * True, lambda x: x * -0.0]\n")
    assert [body_of(f) for f in m.fs] == ["x * 1", "x * 1.0", "x * True", "x * -0.0"]


@pytest.mark.parametrize(
    "new",
    [
        "def f(x):\n    return x * 3\n",  # another constant
        "def f(x):\n    return x * 2.0\n",  # another type of constant
        "def f(x):\n    return x + 2\n",  # another operator
        "def f(y):\n    return y * 2\n",  # another name
        "def f(x, y=1):\n    return x * 2\n",
        "# a line more\ndef f(x):\n    return x * 2\n",  # moved
        "def g(x):\n    return x * 2\n",
        "def f(x:\n",  # no longer a program
        "",
    ],
)
def test_a_file_that_changed_since_the_import_is_refused(tmp_path: Path, new: str) -> None:
    m = load(tmp_path, "def f(x):\n    return x * 2\n", "changed")
    Path(m.__file__ or "").write_text(new + "# different size\n" * 3)
    with pytest.raises(SourceError, match="changed since f was imported"):
        get_source(m.f)


def test_a_source_that_was_read_once_stays(tmp_path: Path) -> None:
    m = load(tmp_path, "def f(x):\n    return x * 2\n")
    assert body_of(m.f) == "return x * 2"
    Path(m.__file__ or "").write_text("")
    assert body_of(m.f) == "return x * 2"


def test_registered_text_works_and_unregistered_text_does_not() -> None:
    text = "def f(x):\n    return x * 2\n"
    space: dict[str, Any] = {}
    exec(compile(text, "<cell 1>", "exec"), space)
    with pytest.raises(SourceError, match="linecache"):
        get_source(space["f"])
    linecache.cache["<cell 1>"] = (len(text), None, text.splitlines(True), "<cell 1>")
    assert body_of(space["f"]) == "return x * 2"


def test_c_functions_have_no_source() -> None:
    for fn in (math.hypot, len, np.sin, 3, None, int):
        with pytest.raises(SourceError, match="not written in Python"):
            get_source(fn)


def test_future_flags_are_inherited(tmp_path: Path) -> None:
    m = load(tmp_path, "from __future__ import annotations\ndef f(x: Undefined) -> Nothing:\n    return x\n")
    assert body_of(m.f) == "return x"


def test_functions_with_assert_under_pytest() -> None:
    def with_assert(x: float) -> float:
        assert x > 0
        return x

    assert body_of(with_assert) == "return x"


def test_unwrap() -> None:
    @functools.wraps(math.sin)
    def wrapper(x: float) -> float:
        return 2 * math.sin(x)

    assert unwrap(wrapper) is wrapper  # it is the wrapper that runs
    assert unwrap(functools.lru_cache(wrapper)) is wrapper
    assert unwrap(np.polyval).__name__ == "polyval"


def test_the_standard_library_is_recognised() -> None:
    import colorsys
    import statistics

    for module in (statistics, colorsys):
        for fn in vars(module).values():
            if type(fn).__name__ == "function" and fn.__module__ == module.__name__:
                assert get_source(fn).name == fn.__name__


def test_constants_are_compared_by_type_and_sign() -> None:
    assert same_const((1, "a", None, float("nan")), (1, "a", None, float("nan")))
    for a, b in [(1, 1.0), (1, True), (0.0, -0.0), ((1,), (1.0,)), (frozenset({1}), frozenset({True})), ("a", b"a")]:
        assert not same_const(a, b)


# -- reading without running -------------------------------------------------------------------------------------------

STATIC = """
import numpy as xp, scipy.special
from numpy import sin as s
from near import square, FACTOR as F
import near
try:
    import no_such_module_here as fast
except ImportError:
    fast = None
N = 4
W = xp.array([1.0, 2.0]) * N
D = {"a": 2 * xp.pi}
H = 10 ** 10 ** 10
opened = open("nothing")
double = lambda x: x * 2
raise SystemExit("this file was executed")

def f(x, n=N, w=W, *, k=double):
    y = s(x) * square(x) + near.square(x, near.FACTOR) + F * D["a"] + N + opened.x
    return g(y) + double(x) + scipy.special.expit(x) + xp.linalg.norm(w) + len(w)

def g(x): return abs(x)

class A:
    def m(self, x): return f(x)
"""


def test_functions_of_a_file_that_is_not_executed(tmp_path: Path) -> None:
    near = "FACTOR = 3.0\nprint('executed')\ndef square(x, k=FACTOR):\n    return x * x * k\n"
    (tmp_path / "near.py").write_text(near)
    path = tmp_path / "main.py"
    path.write_text(STATIC)
    functions = functions_of_file(path)
    assert [f.static_source.qualname for f in functions] == ["f", "g", "A.m"]
    lowered = lower_function(functions[0])
    atoms = [a for s in walk(lowered.function.body) for a in getattr(s, "args", ())]
    refs = {a.text for a in atoms if isinstance(a, Ref)}
    assert {"np.sin", "square", "g", "scipy.special.expit", "np.linalg.norm", "len"} <= refs
    data = {a.name: a.obj for a in atoms if isinstance(a, Global)}
    assert data["FACTOR"] == 3.0 and data["N"] == 4 and data["D"] == {"a": 2 * math.pi}
    assert isinstance(data["opened"], Unresolved)
    defaults = {p.var.name: p.default for p in lowered.function.params}
    assert defaults["n"].value == 4
    np.testing.assert_array_equal(defaults["w"].obj, [4.0, 8.0])
    with pytest.raises(TypeError, match="not executed"):
        functions[1](1.0)
    assert "near" not in sys.modules


def test_a_syntax_error_comes_as_it_is() -> None:
    with pytest.raises(SyntaxError):
        functions_of_file("def f(:\n")


class Times:
    """A decorator that is a class: what its calls do is in ``__call__``, whatever ``update_wrapper`` has written on it."""

    def __init__(self, fn, k=2.0):
        functools.update_wrapper(self, fn)
        self.fn = fn
        self.k = k

    def __call__(self, *args):
        return self.k * self.fn(*args)


@Times
def doubled(x):
    return x * x


class Proxy:
    def __init__(self, fn):
        self.__wrapped__ = fn

    def __call__(self, x):
        return 3.0 * self.__wrapped__(x)


def cube(x):
    return x**3


proxy = Proxy(cube)


def calls_both(x):
    return doubled(x) + proxy(x)


def given(fn, x):
    return fn(x)


def passes_on(x):
    return given(doubled, x)


@pytest.mark.parametrize("f", [doubled, proxy, calls_both, passes_on], ids=["doubled", "proxy", "calls_both", "passes_on"])
def test_what_is_wrapped_is_not_what_runs(f):
    """Right, or refused: never the function behind it."""
    try:
        value, slope = s2sad.value_and_grad(f)(3.0)
    except s2sad.UnsupportedError:
        return
    assert value == f(3.0)
    assert slope == pytest.approx((f(3.0 + 1e-6) - f(3.0 - 1e-6)) / 2e-6, rel=1e-8)


def test_a_decorated_function_itself_is_differentiated():
    assert s2sad.value_and_grad(doubled)(3.0) == (18.0, 12.0)
