"""Judges one program: does the compiler differentiate it right, refuse it properly, or fail?"""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib.util
import io
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from fuzzlib import dual
from fuzzlib.generate import ENTRY
from tests import oracles
from tests.backends import ROUNDING, rounded

DUAL_RTOL = 1e-9
DOT_RTOL = 1e-11
LARGEST = 1e4
SECONDS = 60


@dataclass(frozen=True)
class Verdict:
    """``kind``: ok, wrong, crash, refused, unlocated, or unfit (no fault of the compiler: the program is no test).

    ``what`` names the check or the exception; a reduced program must keep both. ``detail`` is for people.
    """

    kind: str
    what: str = ""
    detail: str = ""

    @property
    def failed(self) -> bool:
        return self.kind in ("wrong", "crash", "unlocated")


@dataclass(frozen=True)
class Engine:
    """What is tested: ``vjp`` and ``jvp`` as s2sad has them, and the exception of a refusal.

    ``hvp(function, args, directions)``, where it is there, gives the Hessian's product with the directions.
    """

    vjp: Callable[..., Any]
    jvp: Callable[..., Any]
    refusal: type[Exception]
    hvp: Callable[..., Any] | None = None
    exact: bool = True  # is the value that of the function to the bit? Machine code sums in another order


def compiler(second_order: bool = False, backend: str = "numpy") -> Engine:
    """s2sad itself, its second derivatives too where they are asked for."""
    import s2sad

    def hvp(function: Callable[..., Any], args: tuple[Any, ...], directions: tuple[Any, ...]) -> Any:
        gradient = s2sad.grad(function, argnums=tuple(range(len(args))), backend=backend)
        return s2sad.jvp(gradient, args, directions, backend=backend)[1]

    vjp, jvp = (functools.partial(f, backend=backend) for f in (s2sad.vjp, s2sad.jvp))
    return Engine(vjp, jvp, s2sad.UnsupportedError, hvp if second_order else None, backend == "numpy")


class TooLong(Exception):
    """A program took more than its seconds."""


@contextlib.contextmanager
def limit(seconds: int) -> Iterator[None]:
    """Raise ``TooLong`` after some seconds of CPU time, which a busy machine does not use up (in the main thread)."""

    def ring(signum: int, frame: FrameType | None) -> None:
        raise TooLong(f"more than {seconds} s of CPU time")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


_COUNTER = [0]


def load(text: str, folder: Path) -> Callable[..., Any]:
    """The entry function of a module text, from a real file with a name of its own."""
    _COUNTER[0] += 1
    name = f"program_{_COUNTER[0]}"
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    function: Callable[..., Any] = getattr(module, ENTRY)
    return function


@dataclass(frozen=True)
class Truth:
    """What the oracles say of a program that is fit for a test."""

    plain: oracles.Effects
    value: float
    after: tuple[Any, ...]  # the arguments as the function left them
    directions: tuple[Any, ...]
    tangent: float
    gradient: list[np.ndarray]


def truth(text: str, args: tuple[Any, ...], function: Callable[..., Any]) -> Truth | str:
    """Dual numbers and differences over the original function; a text where they say it is no fit test."""
    plain = oracles.observe(lambda a, k: function(*a), args, {})
    if plain.error:
        return f"raises {plain.error}"
    with np.errstate(all="ignore", over="raise"):  # an infinite value that is thrown away is overflow all the same
        after = copy.deepcopy(args)
        value = function(*after)
    if not isinstance(value, float) or not np.isfinite(value) or abs(value) > LARGEST:
        return f"value {value!r}"
    directions = tuple(oracles.random_like(a, 31 + k) for k, a in enumerate(args))
    diff = oracles.directional(function, args, {}, dict(enumerate(directions)))
    over = dual.load(text, ENTRY)
    got, tangent = dual.tangent(over, args, directions)
    scale = max(1.0, abs(tangent))
    if abs(got - value) > 1e-11 * max(1.0, abs(value)):
        return f"dual value {got!r} for {value!r}"
    if scale > LARGEST or diff.error > 1e-3 * scale or abs(float(diff.value[0]) - tangent) > 1e-6 * scale:
        return f"differences {diff} for dual numbers {tangent}"
    return Truth(plain, value, after, directions, tangent, dual.gradient(over, args))


def judge(text: str, args: tuple[Any, ...], folder: Path, engine: Engine | None = None) -> Verdict:
    """The verdict on one program."""
    engine = engine or compiler()
    try:
        with limit(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function = load(text, folder)
            told = truth(text, args, function)
            if isinstance(told, str):
                return Verdict("unfit", "oracles", told)
    except Exception as error:
        return Verdict("unfit", type(error).__name__, str(error))
    try:
        with limit(SECONDS):
            verdict = compare(function, args, told, engine)
            return second(text, function, args, told, engine) if verdict.kind == "ok" else verdict
    except engine.refusal as error:
        return refusal(error, function)
    except RuntimeError as error:
        if "along another direction" in str(error):  # decided when it runs: NumPy's own result depends on its order
            return Verdict("refused", "overlapping store", str(error))
        return Verdict("crash", type(error).__name__, f"{type(error).__name__}: {error}")
    except Exception as error:
        return Verdict("crash", type(error).__name__, f"{type(error).__name__}: {error}")
    except RecursionError as error:
        return Verdict("crash", "RecursionError", str(error)[:300])


def refusal(error: Any, function: Callable[..., Any]) -> Verdict:
    """A refusal is proper when every finding has a line in the program's file."""
    file = function.__code__.co_filename
    findings = list(getattr(error, "findings", ()))
    codes = ",".join(sorted({f.code for f in findings}))
    placed = findings and all(f.loc.line > 0 for f in findings) and any(f.loc.file == file for f in findings)
    return Verdict("refused" if placed else "unlocated", codes, str(error))


def settled(value: Any, args: tuple[Any, ...], told: Truth) -> Any:
    """The exact value, and the arguments as they should be left, where what is there differs by rounding alone."""
    for x, exact in zip(args, told.after, strict=True):
        if isinstance(x, np.ndarray) and x.shape == exact.shape and np.allclose(x, exact, ROUNDING, ROUNDING):
            x[...] = exact
    return rounded(value, told.value)


def compare(function: Callable[..., Any], args: tuple[Any, ...], told: Truth, engine: Engine) -> Verdict:
    """Reverse and forward against the oracles."""
    kept: list[Any] = []

    def reverse(a: Any, k: Any) -> Any:
        value, pullback = engine.vjp(function, *a)
        kept.append((pullback, a))
        return value if engine.exact else settled(value, a, told)

    seen = oracles.observe(reverse, args, {})
    if seen.error and not kept:  # a failure of the compiler: let it show itself
        engine.vjp(function, *copy.deepcopy(args))
    if message := oracles.same_effects(told.plain, seen):
        return Verdict("wrong", "effects of the forward sweep", message)
    pullback, inputs = kept[0]
    before = oracles.bits(inputs)
    out = io.StringIO()
    with contextlib.redirect_stdout(out), np.errstate(all="ignore"):
        gradients = pullback(1.0)
    first = oracles.bits(gradients)
    if oracles.bits(inputs) != before or out.getvalue():
        return Verdict("wrong", "effects of the reverse sweep")
    if oracles.share_memory(gradients, inputs):
        return Verdict("wrong", "shared memory")
    got = [oracles.leaves(g)[0] for g in gradients]
    if message := oracles.close(got, told.gradient, DUAL_RTOL):
        return Verdict("wrong", "gradient", message)
    with np.errstate(all="ignore"):
        if oracles.bits(pullback(1.0)) != first:
            return Verdict("wrong", "second pullback")
    return forward(function, args, told, gradients, engine)


def forward(
    function: Callable[..., Any], args: tuple[Any, ...], told: Truth, gradients: tuple[Any, ...], engine: Engine
) -> Verdict:
    """Forward mode, and its dot product with reverse mode."""
    kept: list[float] = []

    def run(a: Any, k: Any) -> Any:
        value, tangent = engine.jvp(function, a, told.directions)
        kept.append(float(tangent))
        return value if engine.exact else settled(value, a, told)

    seen = oracles.observe(run, args, {})
    if seen.error and not kept:
        engine.jvp(function, copy.deepcopy(args), told.directions)
    if message := oracles.same_effects(told.plain, seen):
        return Verdict("wrong", "effects of the tangent", message)
    if abs(kept[0] - told.tangent) > DUAL_RTOL * max(1.0, abs(told.tangent)):
        return Verdict("wrong", "tangent", f"{kept[0]!r}, dual numbers say {told.tangent!r}")
    gap = oracles.dot_product_gap(1.0, kept[0], gradients, told.directions)
    scale = max(abs(kept[0]), 1e-6)
    if gap > DOT_RTOL and gap * scale > 1e-13:
        return Verdict("wrong", "dot product", f"{gap:.3g}")
    return Verdict("ok")


def second(text: str, function: Callable[..., Any], args: tuple[Any, ...], told: Truth, engine: Engine) -> Verdict:
    """The derivative of the gradient along a direction, against differences of the dual numbers' gradient."""
    if engine.hvp is None:
        return Verdict("ok")
    over = dual.load(text, ENTRY)
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        diff = oracles.directional(lambda *a: dual.gradient(over, a), args, {}, dict(enumerate(told.directions)))
        want = np.concatenate([np.ravel(v) for v in diff.value])
        if not np.all(np.isfinite(want)) or diff.error > 1e-4 * max(1.0, float(np.abs(want).max())):
            return Verdict("ok")  # too rough for differences: judged at first order alone
        got = np.concatenate([np.ravel(v) for v in oracles.leaves(engine.hvp(function, args, told.directions))])
    scale = max(1.0, float(np.abs(want).max()))
    if got.shape != want.shape or np.abs(got - want).max() > 1e-5 * scale:
        return Verdict("wrong", "second order", f"{got}, differences say {want} (+- {diff.error:.2g})")
    return Verdict("ok")
