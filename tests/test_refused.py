"""Refusals: located, complete, before anything runs, and never an internal error."""

from __future__ import annotations

import contextlib
import cProfile
import importlib.util
import io
import linecache
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import numpy as np
import pytest

from tests import oracles
from tests.refused import MARK, Snippet, marked_lines, module_text
from tests.refused.snippets import SNIPPETS

s2sad = pytest.importorskip("s2sad")
if not hasattr(s2sad, "grad"):
    pytest.skip("the compiler is not there yet", allow_module_level=True)

ARGS = (0.7, np.array([0.3, -0.5, 0.9]))
CASES = [pytest.param(s, c, id=f"{s.name}-{c}") for s in SNIPPETS for c in s.contexts]


def load(text: str, folder: Path, name: str) -> ModuleType:
    """A module of this text in a real file."""
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def never_run(code: CodeType) -> Iterator[Callable[[], int]]:
    """A function that tells how often a function was entered. (The profiler written in C sees all calls, and is quick.)"""
    profile = cProfile.Profile(subcalls=False, builtins=False)
    profile.enable()
    try:
        yield lambda: sum(row.callcount for row in profile.getstats() if row.code is code)
    finally:
        profile.disable()


@contextlib.contextmanager
def seconds(limit: int) -> Iterator[None]:
    """Fail rather than hang."""

    def ring(signum: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {limit} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(limit)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_there_are_two_hundred() -> None:
    assert len(CASES) >= 200




@pytest.mark.parametrize(
    ("mode", "snippet", "context"),
    [pytest.param(m, *c.values, id=f"{c.id}-{m}") for k, c in enumerate(CASES) for m in (("grad", "jvp")[k % 2],)],
)
def test_refused(mode: str, snippet: Snippet, context: str, tmp_path: Path) -> None:
    text = module_text(snippet, context)
    module = load(text, tmp_path, "case")
    ran = False
    with contextlib.redirect_stdout(io.StringIO()) as printed, never_run(module.f.__code__) as entered, seconds(15):
        try:
            result = differentiate(mode, module.f)
        except s2sad.UnsupportedError as error:
            ran = entered() > 0
            assert not ran, "the function ran before it was refused"
            assert not printed.getvalue()
            check_findings(error, text, module)
            return
        except Exception as error:
            if not snippet.may_work:
                raise
            check_same_exception(error, module.f)
            return
    assert snippet.may_work, f"accepted, with derivative {result}"
    check_derivative(mode, result, module.f)


def differentiate(mode: str, f: Callable[..., Any]) -> Any:
    """A gradient with respect to both arguments, or a tangent."""
    args = (ARGS[0], ARGS[1].copy())
    if mode == "grad":
        return s2sad.grad(f, argnums=(0, 1))(*args)
    return s2sad.jvp(f, args, (1.0, np.array([0.5, -1.0, 0.25])))[1]


def check_findings(error: Any, text: str, module: ModuleType) -> None:
    """Each finding has a code, a place in the user's file, its line and a message; one is at a marked line."""
    assert error.findings
    for finding in error.findings:
        assert re.fullmatch(r"S2S\d{3}", finding.code), finding
        assert finding.message
        assert finding.loc.line > 0, finding
    assert all(m in str(error) for m in (error.findings[0].code, "-->", "^"))
    # where objects cannot be made at all, that is what is found first
    lines = [*marked_lines(text), *(n for n, line in enumerate(text.splitlines(), 1) if "Thing(" in line)]
    here = [f for f in error.findings if f.loc.file == module.__file__]
    assert here == list(error.findings), "shown in another file"
    assert all(f.help for f in error.findings)
    found = [(f.loc.file, f.loc.line) for f in error.findings]
    assert any(f.loc.line in lines for f in here), f"found {found}, expected lines {lines}"
    for finding in error.findings:
        line = linecache.getline(finding.loc.file, finding.loc.line)
        assert finding.line.strip() == line.strip(), f"{finding.loc} is {line!r}, shown as {finding.line!r}"


def check_same_exception(error: Exception, f: Callable[..., Any]) -> None:
    """A program that raises when it runs may raise the same in its derivative."""
    try:
        f(ARGS[0], ARGS[1].copy())
    except Exception as plain:
        assert (type(plain), str(plain)) == (type(error), str(error))
        return
    raise error


def check_derivative(mode: str, result: Any, f: Callable[..., Any]) -> None:
    """What is accepted must be right."""
    if mode == "grad":
        numeric = oracles.numeric_gradient(f, ARGS, {}, (0, 1), 1.0)
        for g, want in zip(result, numeric, strict=True):
            assert not oracles.close(oracles.leaves(g), want, 1e-6)
        return
    want = oracles.directional(f, ARGS, {}, {0: 1.0, 1: np.array([0.5, -1.0, 0.25])})
    assert not oracles.close(oracles.leaves(result), want.value, 1e-6)


def test_marks_are_there() -> None:
    assert all(MARK in module_text(s, "direct") for s in SNIPPETS)


# ------------------------------------------------------------------------------ calls of the interface that are wrong


def square(x: float, n: int = 2) -> float:
    return x**n


def vector(x: Any) -> Any:
    return x * 2.0


def nothing(x: float) -> None:
    x * 2


def text_of(x: float) -> str:
    return str(x)


def whole(x: float) -> int:
    return 3


def pair(x: float) -> tuple[float, float]:
    return x, x


V = np.array([1.0, 2.0])

WRONG_CALLS: dict[str, tuple[Callable[[], Any], type[Exception] | tuple[type[Exception], ...], str]] = {
    "not_callable": (lambda: s2sad.grad(3.0), TypeError, ""),
    "not_callable_text": (lambda: s2sad.grad("f"), TypeError, ""),
    "no_source_builtin": (lambda: s2sad.grad(len)(V), (s2sad.S2sadError, TypeError), ""),
    "argnums_out_of_range": (lambda: s2sad.grad(square, argnums=5)(1.0), (ValueError, TypeError, IndexError), "5"),
    "argnums_negative_far": (lambda: s2sad.grad(square, argnums=-7)(1.0), (ValueError, TypeError, IndexError), ""),
    "argnums_name": (lambda: s2sad.grad(square, argnums="zzz")(1.0), (ValueError, TypeError), "zzz"),
    "argnums_float": (lambda: s2sad.grad(square, argnums=1.5)(1.0), (ValueError, TypeError), ""),
    "argnums_twice": (lambda: s2sad.grad(square, argnums=(0, 0))(1.0, 2), (ValueError, TypeError), ""),
    "integer_argument": (lambda: s2sad.grad(square)(3), TypeError, "float"),
    "integer_second": (lambda: s2sad.grad(square, argnums=1)(3.0, 2), TypeError, "n"),
    "boolean_argument": (lambda: s2sad.grad(square)(True), TypeError, ""),
    "integer_array": (lambda: s2sad.grad(lambda x: x.sum())(np.arange(3)), TypeError, ""),
    "text_argument": (lambda: s2sad.grad(square)("a"), TypeError, ""),
    "none_argument": (lambda: s2sad.grad(square)(None), TypeError, ""),
    "missing_argument": (lambda: s2sad.grad(square)(), TypeError, "x"),
    "too_many_arguments": (lambda: s2sad.grad(square)(1.0, 2, 3), TypeError, ""),
    "unknown_keyword": (lambda: s2sad.grad(square)(1.0, k=3), TypeError, "k"),
    "vector_result": (lambda: s2sad.grad(vector)(V), TypeError, "shape"),
    "none_result": (lambda: s2sad.grad(nothing)(1.0), TypeError, "None"),
    "text_result": (lambda: s2sad.grad(text_of)(1.0), TypeError, "str"),
    "integer_result": (lambda: s2sad.grad(whole)(1.0), TypeError, "int"),
    "tuple_result": (lambda: s2sad.grad(pair)(1.0), TypeError, "tuple"),
    "seed_of_wrong_shape": (lambda: s2sad.vjp(vector, V)[1](np.ones(3)), ValueError, "seed"),
    "seed_of_wrong_structure": (lambda: s2sad.vjp(pair, 1.0)[1](1.0), (ValueError, TypeError), "seed"),
    "tangents_too_few": (lambda: s2sad.jvp(square, (1.0, 2.0), (1.0,)), (TypeError, ValueError), "tangent"),
    "tangent_of_wrong_shape": (lambda: s2sad.jvp(vector, (V,), (np.ones(3),)), ValueError, "tangent"),
    "primals_not_a_tuple": (lambda: s2sad.jvp(square, 1.0, 1.0), TypeError, "tuple"),
    "jacobian_of_none": (lambda: s2sad.jacobian(nothing)(1.0), TypeError, "None"),
    "jacobian_of_text": (lambda: s2sad.jacobian(text_of)(1.0), TypeError, "str"),
    "forward_jacobian_of_text": (lambda: s2sad.jacfwd(text_of)(1.0), TypeError, "str"),
    "jacobian_of_text_in_a_list": (lambda: s2sad.jacobian(lambda x: [x, str(x)])(1.0), TypeError, "str"),
    "reverse_jacobian_of_complex": (lambda: s2sad.jacrev(lambda x: x * 1j)(1.0), TypeError, "complex"),
    "forward_jacobian_by_none": (lambda: s2sad.jacfwd(lambda x: x)(None), TypeError, "None"),
    "forward_jacobian_by_range": (lambda: s2sad.jacfwd(lambda x: x)(range(3)), TypeError, "range"),
    "array_of_one": (lambda: s2sad.grad(lambda x: np.array([x]))(1.0), TypeError, "shape (1,)"),
    "value_of_array_of_one": (lambda: s2sad.value_and_grad(lambda x: np.array([x]))(1.0), TypeError, "shape (1,)"),
    "hessian_of_vector": (lambda: s2sad.hessian(vector)(V), s2sad.UnsupportedError, "not one float"),
    "hessian_of_none": (lambda: s2sad.hessian(nothing)(1.0), s2sad.UnsupportedError, "not one float"),
    "hessian_of_pair": (lambda: s2sad.hessian(pair)(1.0), s2sad.UnsupportedError, "not one float"),
    "hessian_of_text": (lambda: s2sad.hessian(text_of)(1.0), s2sad.UnsupportedError, "not one float"),
    "hessian_of_integer": (lambda: s2sad.hessian(whole)(1.0), s2sad.UnsupportedError, "not one float"),
    "hvp_of_vector": (lambda: s2sad.hvp(vector, (V,), (V,)), s2sad.UnsupportedError, "not one float"),
    "hessian_by_integer": (lambda: s2sad.hessian(square)(2), TypeError, "float"),
    "one_of_the_star_arguments_is_an_integer": (
        lambda: s2sad.grad(lambda *a: a[0] * a[1], argnums=1)(2.0, 3), TypeError, "float"),
    "keyword_integer": (lambda: s2sad.grad(lambda **k: k["a"] * 2.0, argnums="a")(a=3), TypeError, "float"),
    "array_of_objects": (lambda: s2sad.grad(lambda x: x[0])(np.array([1.0, None])), TypeError, "object"),
    "array_of_text": (lambda: s2sad.grad(lambda x: 1.0)(np.array(["a"])), TypeError, "argnums"),
    "array_of_dates": (lambda: s2sad.grad(lambda x: 1.0)(np.array(["2020-01-01"], dtype="M8[D]")), TypeError, "argnums"),
    "by_name_text": (lambda: s2sad.grad(lambda x, name="a": x, argnums="name")(1.0), TypeError, "argnums"),
    "by_name_none": (lambda: s2sad.grad(lambda x, d=None: x, argnums=("x", "d"))(1.0), TypeError, "None"),
    "by_name_flag": (lambda: s2sad.value_and_grad(lambda x, on=True: x, argnums="on")(1.0), TypeError, "bool"),
    "only_integers_inside": (lambda: s2sad.grad(lambda p: p["a"])({"a": 2}), TypeError, "int"),
    "result_in_a_list": (lambda: s2sad.grad(lambda x: [x])(1.0), TypeError, "list"),
    "auxiliary_missing": (lambda: s2sad.grad(lambda x: x, has_aux=True)(1.0), TypeError, "pair"),
    "seed_of_none": (lambda: s2sad.vjp(square, 1.0)[1](None), TypeError, "seed"),
    "seed_for_none": (lambda: s2sad.vjp(nothing, 1.0)[1](1.0), (TypeError, ValueError), "seed"),
    "tangent_of_text": (lambda: s2sad.jvp(square, (1.0,), ("a",)), TypeError, "tangent"),
    "matrix_argument": (lambda: s2sad.vjp(vector, np.ma.masked_array([1.0])), TypeError, "asarray"),
    "unknown_backend": (lambda: s2sad.grad(square, backend="fortran")(1.0), (ValueError, TypeError), "fortran"),
}


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_wrong_call(name: str) -> None:
    call, kinds, word = WRONG_CALLS[name]
    with pytest.raises(kinds) as caught:
        call()
    message = str(caught.value)
    assert not isinstance(caught.value, KeyError | AttributeError | RecursionError)
    assert message and word in message
    if isinstance(caught.value, s2sad.UnsupportedError):  # with its line
        return
    assert len(message) < 2000 and "\n" not in message.rstrip("\n").partition("\nin the derivative")[0]


def test_function_made_from_text_has_no_source() -> None:
    space: dict[str, Any] = {}
    exec("def hidden(x):\n    return x * x\n", space)
    with pytest.raises(s2sad.S2sadError):
        s2sad.grad(space["hidden"])(1.0)


def test_function_of_an_edited_file(tmp_path: Path) -> None:
    module = load("def f(x):\n    return x * x\n", tmp_path, "edited")
    Path(str(module.__file__)).write_text("def f(x):\n    return x * x * x\n", encoding="utf-8")
    with pytest.raises(s2sad.S2sadError):
        s2sad.grad(module.f)(1.0)


def test_all_findings_at_once(tmp_path: Path) -> None:
    text = "def f(x):\n    y = eval('x')\n    exec('pass')\n    global Z\n    Z = y\n    return y\n"
    module = load(text, tmp_path, "several")
    with pytest.raises(s2sad.UnsupportedError) as caught:
        s2sad.grad(module.f)(1.0)
    lines = {f.loc.line for f in caught.value.findings}
    assert {2, 3} <= lines and lines & {4, 5}
