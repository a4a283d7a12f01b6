"""Every option, and every two of them, of the functions that are compiled in place of NumPy's: honoured, or refused.

What the options are is read off the signatures of NumPy, so that one that is new shows.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
import linecache
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.analysis.infer.rewritten import BY_NAME, REWRITTEN, rewritten

# Of each function: its arguments as text, x among them; the options of its signature as text; those that are data.
M = "(4, 3)"
CASES: list[tuple[Any, str, str, dict[str, list[str]], set[str]]] = [
    (
        fn, M, f"x, {q}",
        {
            "axis": ["0", "-1", "1", "(0, 1)"], "out": ["OUT"], "overwrite_input": ["True"],
            "method": ["'lower'", "'hazen'", "'linear'"], "keepdims": ["True"],
            "weights": ["np.arange(1.0, 13.0).reshape(4, 3)"],
        },
        {"a", "q"},
    )
    for fn, q in [
        (np.quantile, "0.3"), (np.percentile, "[30.0, 55.0]"), (np.nanquantile, "[0.3, 0.55]"), (np.nanpercentile, "30")
    ]
] + [
    (np.nanmedian, M, "x", {
        "axis": ["0", "-1", "(0, 1)"], "out": ["OUT"], "overwrite_input": ["True"], "keepdims": ["True"]}, {"a"}),
    (np.nanmedian, "(5,)", "x", {"axis": ["0"], "out": ["OUT"], "overwrite_input": ["True"], "keepdims": ["True"]}, {"a"}),
    (np.nanquantile, "(5,)", "x, 0.4", {
        "axis": ["0"], "out": ["OUT"], "overwrite_input": ["True"], "method": ["'lower'"], "keepdims": ["True"],
        "weights": ["np.arange(1.0, 6.0)"]}, {"a", "q"}),
    (np.nanpercentile, "(5,)", "x, 40", {
        "axis": ["0"], "out": ["OUT"], "overwrite_input": ["True"], "method": ["'lower'"], "keepdims": ["True"],
        "weights": ["np.arange(1.0, 6.0)"]}, {"a", "q"}),
    (np.piecewise, "(5,)", "x, [x < 0, x > 0.5], [np.sin, np.cos, 3.0]", {}, {"x", "condlist", "funclist"}),
    (np.piecewise, "(5,)", "x, [x < 0, x >= 0], [np.sin, np.cos]", {}, {"x", "condlist", "funclist"}),
    (np.piecewise, "(5,)", "x, x < 0, [np.sin, np.cos]", {}, {"x", "condlist", "funclist"}),
    (np.piecewise, "(2,)", "x, x < 0, [np.sin, np.cos]", {}, {"x", "condlist", "funclist"}),
    (np.piecewise, "(5,)", "x, [x < 0], [lambda v, a, b: a * v + b, 1.0], 2.0, b=0.5", {}, {"x", "condlist", "funclist"}),
    (np.block, "(2, 3)", "[[x, x], [x, x]]", {}, {"arrays"}),
    (np.block, "(3,)", "[x, 1.0, x]", {}, {"arrays"}),
    *[(np.delete, M, f"x, {at}", {"axis": ["0", "1", "-1"]}, {"arr", "obj"})
      for at in ("1", "-2", "[0, 2]", "slice(0, 2)", "slice(None, None, 2)", "[0, -1]", "np.array([1])")],
    (np.delete, "(4,)", "x, np.array([True, False, False, True])", {"axis": ["0"]}, {"arr", "obj"}),
    *[(np.insert, M, f"x, {at}, {v}", {"axis": ["0", "1", "-1"]}, {"arr", "obj", "values"})
      for at in ("1", "-2", "[0, 2]", "slice(0, 2)", "3", "[1]", "np.array([1, 1])") for v in ("7.0", "x[0, 0]")],
    (np.insert, M, "x, 1, x[0]", {"axis": ["0"]}, {"arr", "obj", "values"}),
    (np.insert, M, "x, [1, 2], x[:2]", {"axis": ["0"]}, {"arr", "obj", "values"}),
    (np.insert, M, "x, 1, x[:, 0]", {"axis": ["1"]}, {"arr", "obj", "values"}),
    (np.insert, "(4,)", "x, 1, [x[0], 2.0]", {"axis": ["0"]}, {"arr", "obj", "values"}),
    (np.insert, "(4,)", "x, [1, 3], [x[0], 2.0]", {"axis": ["0"]}, {"arr", "obj", "values"}),
    (np.diagflat, "(2, 2)", "x", {"k": ["1", "-2"]}, {"v"}),
    (np.apply_along_axis, M, "np.sum, 0, x", {}, {"func1d", "axis", "arr"}),
    (np.apply_along_axis, M, "np.cumsum, 1, x", {}, {"func1d", "axis", "arr"}),
    (np.apply_along_axis, M, "lambda r, k: r[:2] * k, 0, x, 3.0", {}, {"func1d", "axis", "arr"}),
    (np.apply_along_axis, M, "lambda r: np.outer(r, r[:2]), 0, x", {}, {"func1d", "axis", "arr"}),
    (np.apply_along_axis, "(2, 2, 3)", "lambda r: np.outer(r, r[:2]), 1, x", {}, {"func1d", "axis", "arr"}),
    (np.apply_along_axis, "(2, 2, 3)", "np.diff, -1, x", {}, {"func1d", "axis", "arr"}),
    (np.linalg.cond, "(3, 3)", "x", {"p": ["2", "-2", "1", "np.inf", "'fro'"]}, {"x"}),
    (np.polymul, "(3,)", "x, [1.0, 2.0]", {}, {"a1", "a2"}),
    *[(fn, M, "x", {
        "axis": ["0", "-1", "(0, 1)"], "dtype": ["np.float32", "float"], "out": ["OUT"], "ddof": ["1"], "keepdims": ["True"],
        "where": ["np.arange(12).reshape(4, 3) % 5 > 0"], "mean": ["np.nanmean(x, axis=0, keepdims=True)"], "correction": ["1"]},
        {"a"}) for fn in (np.nanvar, np.nanstd)],
    (np.linalg.tensorsolve, "(2, 3, 6)", "x, np.ones((2, 3))", {}, {"a", "b", "axes"}),
    (np.linalg.tensorsolve, "(3, 2, 6)", "x, np.arange(6.0).reshape(6)", {"axes": ["(0, 1)", "None"]}, {"a", "b"}),
    (np.polyint, "(3,)", "x", {"m": ["2", "3", "0"], "k": ["[1.0, 2.0]", "1.5", "[0.5]"]}, {"p"}),
    (np.average, M, "x", {
        "axis": ["0", "-1", "(0, 1)", "(1, 0)"],
        "weights": ["np.arange(1.0, 13.0).reshape(4, 3)", "x ** 2", "np.arange(1.0, 5.0)"],
        "returned": ["True"], "keepdims": ["True"]}, {"a"}),
    (np.ptp, M, "x", {"axis": ["0", "-1", "(0, 1)"], "out": ["OUT"], "keepdims": ["True"]}, {"a"}),
    (np.ediff1d, "(4,)", "x", {"to_end": ["2.0", "x[:2]"], "to_begin": ["3.0", "[x[0], 1.0]"]}, {"ary"}),
    (np.cov, "(3, 5)", "x", {
        "y": ["x * 2", "x[0]", "np.ones((3, 5))"], "rowvar": ["False"], "bias": ["True"], "ddof": ["0", "2"],
        "fweights": ["np.array([1, 2, 1, 1, 3])"], "aweights": ["np.array([1.0, 2.0, 1.0, 1.0, 3.0])"],
        "dtype": ["np.float64", "np.float32"]}, {"m"}),
    (np.gradient, "(4, 5)", "x", {"axis": ["0", "-1", "(0, 1)", "(1,)"], "edge_order": ["2"]}, {"f", "varargs"}),
    (np.gradient, "(4, 5)", "x, 0.5", {"axis": ["0", "-1", "(0, 1)", "(1,)"], "edge_order": ["2"]}, {"f", "varargs"}),
    (np.gradient, "(4, 5)", "x, 0.5, np.array([0.0, 1.0, 3.0, 3.5, 5.0])", {
        "axis": ["(0, 1)"], "edge_order": ["2"]}, {"f", "varargs"}),
    (np.gradient, "(4,)", "x, np.array([0.0, 1.0, 3.0, 3.5])", {"axis": ["0"], "edge_order": ["2"]}, {"f", "varargs"}),
    (np.geomspace, "(2,)", "x[0] ** 2 + 1, x[1] ** 2 + 5", {
        "num": ["7", "2"], "endpoint": ["False"], "dtype": ["float", "np.float32"], "axis": ["-1"]}, {"start", "stop"}),
    (np.geomspace, "(2, 3)", "-x[0] ** 2 - 1, -x[1] ** 2 - 5", {
        "num": ["7"], "endpoint": ["False"], "dtype": ["float"], "axis": ["-1", "1"]}, {"start", "stop"}),
    (np.broadcast_arrays, M, "x, x[0]", {"subok": ["True"]}, {"args"}),
    (np.histogram, "(5,)", "x", {
        "bins": ["4", "[-1.0, 0.0, 0.5, 2.0]", "'sturges'"], "range": ["(-2.0, 2.0)"], "density": ["True"],
        "weights": ["np.arange(1.0, 6.0)", "x * x"]}, {"a"}),
    (np.unique, "(5,)", "x", {
        "return_index": ["True"], "return_inverse": ["True"], "return_counts": ["True"], "axis": ["0"], "equal_nan": ["False"],
        "sorted": ["False", "True"]}, {"ar"}),
    (np.unique, "(2, 3)", "x", {
        "return_index": ["True"], "return_inverse": ["True"], "return_counts": ["True"], "axis": ["0"], "equal_nan": ["False"],
        "sorted": ["False", "True"]}, {"ar"}),
]  # fmt: skip


def central_gradient(f: Any, x: Any, h: float = 1e-6) -> Any:
    out = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[at] = h
        out[at] = (f(x + step)[0] - f(x - step)[0]) / (2 * h)
    return out


def _name(fn: Any) -> str:
    return f"np.linalg.{fn.__name__}" if fn.__module__ == "numpy.linalg" else f"np.{fn.__name__}"


def _parameters(fn: Any) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in inspect.signature(fn).parameters.values() if p.kind in kinds]


def _program(text: str) -> Any:
    """A function whose source is this expression of x: the sum of what it gives, and that itself."""
    body = (
        f"def f(x):\n    r = {text}\n"
        "    if isinstance(r, tuple):\n"
        "        s = 0.0\n"
        "        for p in r:\n"
        "            s = s + np.sum(np.sin(p))\n"
        "        return s, r\n"
        "    return np.sum(np.sin(r)), r\n"
    )
    name = f"<options {abs(hash(text))}>"
    linecache.cache[name] = (len(body), None, body.splitlines(True), name)
    space: dict[str, Any] = {"np": np}
    exec(compile(body, name, "exec"), space)
    return space["f"]


def _calls(options: dict[str, list[str]]) -> list[dict[str, str]]:
    """No option, each value of each, each two options."""
    single = [(k, v) for k, values in options.items() for v in values]
    pairs = [dict(p) for p in itertools.combinations([(k, values[0]) for k, values in options.items()], 2)]
    return [{}, *({k: v} for k, v in single), *pairs]


@pytest.mark.parametrize("fn", sorted(REWRITTEN, key=_name), ids=_name)
def test_every_option_is_in_the_table(fn: Any) -> None:
    told = [set(options) | data for f, _, _, options, data in CASES if f is fn]
    assert told, "no program calls it"
    for known in told:
        missing = set(_parameters(fn)) - known
        assert not missing or any(missing <= other for other in told), f"nothing tells what these do: {missing}"


def _by_name() -> list[tuple[Any, Any]]:
    """The functions that are known by their names, and what is compiled in their place."""
    found = [(getattr(importlib.import_module(module), name), path) for (module, name), path in BY_NAME.items()]
    return [(fn, rewritten(fn)) for fn, path in found if "xp_" not in path and not path.endswith("At")]


@pytest.mark.parametrize(("fn", "ours"), [*REWRITTEN.items(), *_by_name()], ids=lambda f: f.__name__)
def test_what_is_written_out_takes_the_arguments_in_the_order_of_numpy(fn: Any, ours: Any) -> None:
    known, own = _parameters(fn), _parameters(ours)
    assert own == [k for k in known if k in own], "an option that is not taken is refused, and none is new"


@pytest.mark.parametrize(
    ("fn", "shape", "args", "options", "data"), CASES, ids=[f"{_name(c[0])}-{c[2]}-{c[1]}" for c in CASES]
)
def test_every_option_is_honoured_or_refused(
    fn: Any, shape: str, args: str, options: dict[str, list[str]], data: set[str]
) -> None:
    x = np.random.default_rng(7).normal(size=eval(shape))
    refused = 0
    for given in _calls(options):
        text = f"{_name(fn)}({', '.join([args, *(f'{k}={v}' for k, v in given.items())])})"
        if "out" in given:
            plain = _value(
                f"{_name(fn)}({', '.join([args, *(f'{k}={v}' for k, v in given.items() if k != 'out')])})", x
            )
            if plain is None:
                continue
            text = text.replace("OUT", f"np.zeros({np.shape(plain)})")
        expected = _value(text, x)
        if expected is None:
            continue  # NumPy refuses it
        try:
            (_, value), gradient = s2sad.value_and_grad(_program(text), has_aux=True)(x)
        except s2sad.UnsupportedError:
            refused += 1
            continue
        _same(value, expected, text)
        if "float32" not in text:
            numeric = central_gradient(_program(text), x)
            assert np.allclose(gradient, numeric, rtol=1e-6, atol=1e-7), text
    assert refused < len(_calls(options)), "all of it is refused"


@pytest.mark.parametrize("fn", sorted(REWRITTEN, key=_name), ids=_name)
def test_single_precision_stays(fn: Any) -> None:
    _, shape, args, _, _ = next(c for c in CASES if c[0] is fn)
    text = f"{_name(fn)}({args})"
    x = np.random.default_rng(7).normal(size=eval(shape)).astype(np.float32)
    (_, value), gradient = s2sad.value_and_grad(_program(text), has_aux=True)(x)
    expected = _value(text, x)
    for v, e in zip(value, expected, strict=True) if isinstance(expected, tuple) else [(value, expected)]:
        assert np.asarray(v).dtype == np.asarray(e).dtype
        assert np.allclose(v, e, rtol=1e-5, atol=1e-6)
    assert gradient.dtype == np.float32


def _value(text: str, x: Any) -> Any:
    try:
        return _program(text)(x.copy())[1]
    except Exception:
        return None


def _same(value: Any, expected: Any, text: str) -> None:
    if isinstance(expected, tuple):
        assert len(value) == len(expected), text
        for v, e in zip(value, expected, strict=True):
            _same(v, e, text)
        return
    assert np.shape(value) == np.shape(expected), text
    assert np.asarray(value).dtype == np.asarray(expected).dtype, text
    assert np.allclose(value, expected, rtol=1e-13, atol=1e-14), text
