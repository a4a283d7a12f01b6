"""The optimizers against formulas worked out by hand, and against PyTorch where it is installed."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import pytest

from s2sad.optimizers import adam, sgd


class Pair(NamedTuple):
    a: Any
    b: Any


@dataclasses.dataclass(frozen=True)
class Model:
    w: Any
    name: str = "net"
    twice: Any = dataclasses.field(default=0.5, init=False)


def run(opt: Any, grad: Any, params: Any, steps: int) -> Any:
    state = opt.init(params)
    for _ in range(steps):
        params, state = opt.update(grad(params), state, params)
    return params


def test_sgd_on_a_quadratic_is_a_power() -> None:
    # p <- p - lr * c * p is p * (1 - lr * c)**n
    c = np.array([1.0, 2.0, 5.0])
    p = run(sgd(0.1), lambda p: c * p, np.array([1.0, -2.0, 3.0]), 20)
    np.testing.assert_allclose(p, np.array([1.0, -2.0, 3.0]) * (1.0 - 0.1 * c) ** 20, rtol=1e-13)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_on_a_quadratic_is_a_matrix_power(nesterov: bool) -> None:
    # (p, v) moves linearly: v' = mu v + c p, and p' = p - lr v', or p - lr (c p + mu v') with Nesterov's look-ahead
    lr, mu, c, n = 0.05, 0.8, 3.0, 30
    if nesterov:
        step = np.array([[1.0 - lr * c * (1.0 + mu), -lr * mu * mu], [c, mu]])
    else:
        step = np.array([[1.0 - lr * c, -lr * mu], [c, mu]])
    expected = (np.linalg.matrix_power(step, n) @ np.array([2.0, 0.0]))[0]
    assert run(sgd(lr, mu, nesterov), lambda p: c * p, 2.0, n) == pytest.approx(expected, rel=1e-12)


def test_heavy_ball_is_polyaks_two_step_form() -> None:
    lr, mu = 0.1, 0.9
    before, now = 1.5, 1.5
    for _ in range(10):
        before, now = now, now - lr * np.cos(now) + mu * (now - before)
    assert run(sgd(lr, mu), lambda p: float(np.cos(p)), 1.5, 10) == pytest.approx(now, rel=1e-13)


def test_adam_with_a_constant_gradient_moves_by_lr() -> None:
    # both bias-corrected means are exact, so each step is lr * g / (|g| + eps)
    g = np.array([3.0, -0.25])
    p = run(adam(lr=0.01, eps=1e-8), lambda p: g, np.zeros(2), 7)
    np.testing.assert_allclose(p, -7 * 0.01 * g / (np.abs(g) + 1e-8), rtol=1e-12)


def test_adam_is_the_papers_sum() -> None:
    # m_t = (1 - b1) sum b1**(t-i) g_i and likewise v_t, without any recurrence
    b1, b2, eps, lr = 0.8, 0.9, 1e-6, 0.05
    gs = np.array([0.3, -1.2, 2.0, 0.7, -0.1])
    p = 1.0
    for t in range(1, 6):
        weights = np.arange(t - 1, -1, -1)
        m = (1 - b1) * np.sum(b1**weights * gs[:t]) / (1 - b1**t)
        v = (1 - b2) * np.sum(b2**weights * gs[:t] ** 2) / (1 - b2**t)
        p -= lr * m / (np.sqrt(v) + eps)
    todo = iter(gs)
    assert run(adam(lr, b1, b2, eps), lambda _: float(next(todo)), 1.0, 5) == pytest.approx(p, rel=1e-13)


@pytest.mark.parametrize("opt", [sgd(0.1), sgd(0.1, 0.9), sgd(0.1, 0.9, True), adam()])
def test_structure_types_and_dtypes_stay(opt: Any) -> None:
    params = {
        "w": [np.ones((2, 3)), np.ones(3, np.float32)],
        "pair": Pair(1.0, (np.float32(2.0), np.array(3.0))),
        "model": Model(np.arange(3.0)),
        "depth": 4,
        "act": "relu",
        "bias": None,
        "index": np.arange(3),
    }
    new, _ = opt.update(params, opt.init(params), params)
    assert list(new) == list(params)
    assert isinstance(new["w"], list)
    assert new["w"][1].dtype == np.float32
    assert type(new["pair"]) is Pair
    assert type(new["pair"].a) is float
    assert type(new["pair"].b[0]) is np.float32
    assert isinstance(new["pair"].b[1], np.ndarray)
    assert new["pair"].b[1].shape == ()
    assert type(new["model"]) is Model
    assert new["model"].name == "net"
    assert new["model"].twice < 0.5
    assert new["depth"] == 4
    assert new["act"] == "relu"
    assert new["bias"] is None
    np.testing.assert_array_equal(new["index"], [0, 1, 2])
    np.testing.assert_array_equal(params["w"][0], 1.0)
    assert np.all(new["w"][0] < 1.0)


@pytest.mark.parametrize("opt", [sgd(0.1, 0.9), adam()])
def test_update_is_pure(opt: Any) -> None:
    params = [np.array([1.0, 2.0])]
    grads = [np.array([0.5, -0.5])]
    _, state = opt.update(grads, opt.init(params), params)
    first, _ = opt.update(grads, state, params)
    second, _ = opt.update(grads, state, params)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(params[0], [1.0, 2.0])
    np.testing.assert_array_equal(grads[0], [0.5, -0.5])
    assert not np.shares_memory(first[0], params[0])


def test_other_structure_says_where() -> None:
    with pytest.raises(ValueError, match=r"params\['w'\]"):
        sgd(0.1).update({"w": [1.0]}, None, {"w": [1.0, 2.0]})


@pytest.mark.parametrize(
    "make", [lambda: sgd(-1.0), lambda: sgd(0.1, 1.5), lambda: sgd(0.1, 0.0, True), lambda: adam(b1=1.0)]
)
def test_bad_options(make: Any) -> None:
    with pytest.raises(ValueError, match=r"out of range|momentum"):
        make()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["adam", "sgd", "momentum", "nesterov"])
def test_against_pytorch(kind: str, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    opt, reference = {
        "adam": (adam(0.01), lambda ps: torch.optim.Adam(ps, lr=0.01, foreach=False)),
        "sgd": (sgd(0.01), lambda ps: torch.optim.SGD(ps, lr=0.01)),
        "momentum": (sgd(0.01, 0.9), lambda ps: torch.optim.SGD(ps, lr=0.01, momentum=0.9)),
        "nesterov": (sgd(0.01, 0.9, True), lambda ps: torch.optim.SGD(ps, lr=0.01, momentum=0.9, nesterov=True)),
    }[kind]
    params = [rng.normal(size=(4, 3)), rng.normal(size=3)]
    tensors = [torch.tensor(p, requires_grad=True) for p in params]
    theirs, state = reference(tensors), opt.init(params)
    for _ in range(50):
        grads = [rng.normal(size=p.shape) for p in params]
        for tensor, grad in zip(tensors, grads, strict=True):
            tensor.grad = torch.tensor(grad)
        theirs.step()
        params, state = opt.update(grads, state, params)
    for mine, tensor in zip(params, tensors, strict=True):
        np.testing.assert_allclose(mine, tensor.detach().numpy(), rtol=1e-13, atol=1e-15)
