"""IR to text and back: what is printed must run like the function that was lowered."""

from __future__ import annotations

import contextlib
import copy
import io
import pickle
from types import MethodType
from typing import Any

import numpy as np
import pytest

from s2sad.backend.emit import emit_module
from s2sad.backend.load import load
from s2sad.errors import SourceError, UnsupportedError
from s2sad.frontend.lower import lower_function
from s2sad.ir.verify import verify
from tests.programs import Program
from tests.programs import load as corpus


def compiled(fn: Any, comments: bool = True) -> tuple[Any, str]:
    """The function that the printed IR of ``fn`` defines, and the text."""
    function = lower_function(getattr(fn, "__func__", fn)).function
    verify(function, "lower")
    emitted = emit_module([function], comments=comments)
    space = load(emitted.text, "emitted", f"<emitted {fn.__name__}>", emitted.objects, emitted.globals)
    new = space[emitted.names[function]]
    return (MethodType(new, fn.__self__) if isinstance(fn, MethodType) else new), emitted.text


def observe(fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Everything that a call does: value or exception, output, changed arguments."""
    args, kwargs = copy.deepcopy((args, kwargs))
    out = io.StringIO()
    np.random.seed(0)
    with contextlib.redirect_stdout(out), np.errstate(all="ignore"):
        try:
            value: Any = ("value", fn(*args, **kwargs))
        except Exception as error:
            value = ("error", type(error).__name__, str(error))
    return value, out.getvalue(), args, kwargs


def same(a: Any, b: Any) -> bool:
    if callable(a) and callable(b):
        return True
    try:
        return pickle.dumps(_plain(a)) == pickle.dumps(_plain(b))
    except (pickle.PicklingError, AttributeError, TypeError):
        return repr(a) == repr(b)


def _plain(x: Any) -> Any:
    """A form of a value in which equal values are equal bytes: nothing shared, nothing interned."""
    if isinstance(x, np.ndarray):
        return ("array", str(x.dtype), x.shape, [_plain(v) for v in x.ravel().tolist()])
    if isinstance(x, np.generic):
        return ("scalar", str(x.dtype), repr(x.item()))
    if isinstance(x, tuple | list):
        return (type(x).__name__, [_plain(v) for v in x])
    if isinstance(x, dict):
        return ("dict", [(_plain(k), _plain(v)) for k, v in x.items()])
    if hasattr(x, "__dict__") and not isinstance(x, type):
        return (type(x).__name__, _plain(vars(x)))
    return (type(x).__name__, repr(x))


def check(fn: Any, *calls: tuple[Any, ...]) -> str:
    new, text = compiled(fn)
    for args in calls:
        expected, got = observe(fn, args, {}), observe(new, args, {})
        assert same(expected, got), f"{args}: {expected} != {got}\n{text}"
    return text


@pytest.mark.parametrize("program", list(corpus()), ids=lambda p: p.name)
def test_corpus_round_trip(program: Program) -> None:
    try:
        new, text = compiled(program.fn)
    except (UnsupportedError, SourceError):
        pytest.skip("refused")
    expected, got = (observe(f, program.args, program.kwargs) for f in (program.fn, new))
    assert same(expected, got), f"{expected} != {got}\n{text}"
