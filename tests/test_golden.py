"""Golden files: what is emitted for well-known functions, kept to be read and reviewed.

Each file of ``tests/golden`` is compared with what the compiler emits now, and is run as a module of its own: its value
must be the function's to the bit, its derivatives must agree with differences. After a change of the output that is
meant: ``python -m tests.test_golden --update``, and read the diff.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from s2sad import pipeline
from s2sad.api.argtypes import types_of
from tests import oracles
from tests.golden import programs

FOLDER = Path(__file__).resolve().parent / "golden"
RNG = np.random.default_rng(11)
SUFFIXES = {"value_and_grad": "grad", "vjp": "vjp", "jvp": "jvp"}


def normal(*shape: int) -> Any:
    return RNG.normal(size=shape)


def uniform(low: float, high: float, *shape: int) -> Any:
    return RNG.uniform(low, high, shape)


@dataclass(frozen=True)
class Golden:
    """One file: a function, arguments that fix its signature, the parameters to differentiate, and the mode."""

    fun: Callable[..., Any]
    args: tuple[Any, ...]
    active: tuple[str, ...]
    mode: str = "value_and_grad"

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.fun.__name__}_{SUFFIXES[self.mode]}.py"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(inspect.signature(self.fun).parameters)

    @property
    def request(self) -> pipeline.Request:
        return pipeline.Request(self.fun, self.mode, types_of(self.names, self.args), self.active)

    @property
    def positions(self) -> tuple[int, ...]:
        return tuple(self.names.index(name) for name in self.active)

    def emit(self) -> str:
        return pipeline.compile(self.request).text


LABELS = (RNG.uniform(size=(7, 1)) > 0.5).astype(float)
NET = {"W": [normal(3, 4), normal(4, 4), normal(4, 1)], "b": [normal(4), normal(4), normal(1)]}
OPTIONS = (uniform(80, 120, 6), uniform(80, 120, 6), uniform(0.2, 2, 6), uniform(0.1, 0.4, 6), 0.03)
HEADS = (normal(4, 3), normal(6, 3), normal(6, 2), normal(4, 2))
PLACES = (48.1, 11.6, 40.7, -74.0)

GOLDEN = [
    Golden(programs.logistic, (normal(3), normal(7, 3), LABELS[:, 0]), ("w",)),
    Golden(programs.classifier, (NET, normal(7, 3), LABELS), ("params",)),
    Golden(programs.rosenbrock, (normal(5),), ("x",)),
    Golden(programs.rosenbrock, (normal(5),), ("x",), "jvp"),
    Golden(programs.attention, HEADS, ("q", "k", "v")),
    Golden(programs.attention, HEADS, ("q", "k", "v"), "vjp"),
    Golden(programs.jacobi, (normal(8), normal(8), 5), ("u", "rhs")),
    Golden(programs.swapped, (normal(8), normal(8), 5), ("u", "rhs")),
    Golden(programs.newton, (7.0, 2.0), ("a",)),
    Golden(programs.sde, (0.8, 0.5, 1.2, 0.3, normal(9), 0.1), ("x", "theta", "mu", "sigma")),
    Golden(programs.option, OPTIONS, ("spot", "strike", "time", "vol")),
    Golden(programs.mixture, (normal(3), normal(3, 2), normal(3), normal(7, 2)), ("alphas", "means", "log_scales")),
    Golden(programs.haversine, PLACES, ("lat1", "lon1", "lat2", "lon2")),
    Golden(programs.haversine, PLACES, ("lat1", "lon1", "lat2", "lon2"), "jvp"),
    Golden(programs.power, (1.1, 5), ("x",)),
]
# Of the thirty programs that tests/test_line_counts.py compares with adjoints by hand, ten that are worth reading.
CORPUS = {
    "stores": "cholesky_by_hand",
    "aliasing_plain": "gauss_seidel",
    "indexing": "scalar_index_of_matrix_rows",
    "closures": "nonlocal_state_machine",
    "comprehension": "brent_style",
    "control_flow_misc": "simple_projectile",
    "complex_numbers": "julia",
    "kinks": "relu_family",
    "list_mutation": "queue_simulation",
    "while_loops": "while_break_continue_mixed",
}


def of_corpus(topic: str, name: str) -> Golden:
    """A program of the corpus with its sample, and the defaults of its parameters."""
    suite = importlib.import_module(f"tests.programs.{topic}").PROGRAMS
    p = next(p for p in suite if p.fn.__name__ == name)
    call = inspect.signature(p.fn).bind(*p.args)
    call.apply_defaults()
    names = tuple(call.arguments)
    return Golden(p.fn, tuple(call.arguments.values()), tuple(names[k] for k in p.active))


GOLDEN += [of_corpus(topic, name) for topic, name in CORPUS.items()]
ALL = [pytest.param(g, id=g.path.stem) for g in GOLDEN]


def load(path: Path) -> ModuleType:
    """The golden file as a module of its own, from its text alone."""
    spec = importlib.util.spec_from_file_location(f"golden_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def functions(golden: Golden) -> list[Callable[..., Any]]:
    """The entry of the module, or the pair of the split form."""
    module, name = load(golden.path), golden.fun.__name__
    suffixes = ("fwd", "adj") if golden.mode == "vjp" else (SUFFIXES[golden.mode],)
    return [getattr(module, f"{name}_{suffix}") for suffix in suffixes]


def seeds_like(value: Any) -> Any:
    rng = np.random.default_rng(5)
    return oracles.map_leaves(lambda v: rng.normal(size=np.shape(v)) if np.shape(v) else 0.7, value)


@pytest.mark.parametrize("golden", ALL)
def test_the_text_is_the_golden_file(golden: Golden) -> None:
    assert golden.path.exists(), "python -m tests.test_golden --update"
    assert golden.emit() == golden.path.read_text(encoding="utf-8"), "python -m tests.test_golden --update"


@pytest.mark.parametrize("golden", ALL)
def test_the_golden_file_is_right(golden: Golden) -> None:
    args = copy.deepcopy(golden.args)
    value = golden.fun(*copy.deepcopy(golden.args))
    entry, *adjoint = functions(golden)
    if golden.mode == "jvp":
        directions = {p: seeds_like(golden.args[p]) for p in golden.positions}
        got, dot = entry(*args, *directions.values())
        want = oracles.directional(golden.fun, golden.args, {}, directions).value
        assert not oracles.close(oracles.leaves(dot), want, 1e-6)
    else:
        seed = seeds_like(value) if adjoint else 1.0
        if adjoint:
            got, residuals = entry(*args)
            bars = adjoint[0](residuals, copy.deepcopy(seed))
            again = adjoint[0](residuals, copy.deepcopy(seed))
            assert oracles.bits(bars) == oracles.bits(again)
        else:
            got, *bars = entry(*args)
        bars = bars if isinstance(bars, list | tuple) else (bars,)
        numeric = oracles.numeric_gradient(golden.fun, golden.args, {}, golden.positions, seed)
        for bar, wanted in zip(bars, numeric, strict=True):
            assert not oracles.close(oracles.leaves(bar), wanted, 1e-6)
    assert oracles.loose(oracles.bits(got)) == oracles.loose(oracles.bits(value))
    assert oracles.bits(args) == oracles.bits(golden.args)


def test_each_golden_file_has_its_program() -> None:
    kept = {p for p in FOLDER.glob("*_*.py") if not p.stem.startswith("__")}
    assert kept == {g.path for g in GOLDEN}


def update() -> None:
    """Write the golden files anew."""
    for golden in GOLDEN:
        text = golden.emit()
        changed = not golden.path.exists() or golden.path.read_text(encoding="utf-8") != text
        golden.path.write_text(text, encoding="utf-8")
        print(f"{'written' if changed else 'same   '} {golden.path.name}")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python -m tests.test_golden --update")
    update()
