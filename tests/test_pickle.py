"""Derivatives pickle with the standard pickle when their function does."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2sad import grad, hessian, jacfwd, jacobian, value_and_grad


def plain(x, k=2):
    return x**k


@grad
def decorated(w):
    return np.sum(w * w)


plain_grad = value_and_grad(plain, argnums="x")


class Model:
    def __init__(self, scale: float) -> None:
        self.scale = scale

    @grad(argnums=1)
    def loss(self, x):
        return x * x

    def method(self, x):
        return self.scale * x


def again(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_decorated_function_is_found_by_name(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(decorated, protocol)) is decorated
    assert pickle.loads(pickle.dumps(Model.loss, protocol)) is Model.loss


def test_a_derivative_of_a_function() -> None:
    back = again(grad(plain))
    assert back.primal is plain and back(3.0) == 6.0
    back = again(plain_grad)
    assert back.options == plain_grad.options and back(3.0) == (9.0, 6.0)


def test_another_derivative_of_a_decorated_function() -> None:
    back = again(value_and_grad(decorated.primal))
    assert back.primal is decorated.primal
    assert back(np.ones(2))[1].tolist() == [2.0, 2.0]


@pytest.mark.parametrize("make", [jacobian, jacfwd, hessian])
def test_compositions(make: Any) -> None:
    assert type(again(make(plain))) is type(make(plain))


def test_after_a_call() -> None:
    df = grad(plain)
    df(2.0)
    assert again(df)(2.0) == 4.0


def test_copies() -> None:
    assert copy.copy(decorated) is decorated and copy.deepcopy(decorated) is decorated
    assert copy.deepcopy(grad(plain))(3.0) == 6.0


def test_what_does_not_pickle_says_so() -> None:
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(grad(lambda x: x))


def test_in_another_process(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(
        "from s2sad import grad\ndef f(x):\n    return x * x\ndf = grad(f)\n@grad\ndef g(x):\n    return x * x * x\n"
    )
    make = "import pickle, model; open('d.pkl', 'wb').write(pickle.dumps((model.df, model.g)))"
    read = "import pickle; df, g = pickle.load(open('d.pkl', 'rb')); print(df(3.0), g(2.0))"
    root = str(Path(__file__).resolve().parent.parent)
    environment = {"PYTHONPATH": root, "S2SAD_CACHE_DIR": str(tmp_path / "cache")}
    for code in (make, read):
        out = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        ).stdout
    assert out.split() == ["6.0", "12.0"]
