"""The derivative object and the functions that make derivatives: calls, values, errors, looks."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import s2sad
from s2sad import (
    check_grads,
    explain,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    source,
    stop_gradient,
    value_and_grad,
    vjp,
)


def square(x, k=2):
    """x to the power k."""
    return x**k


def loss(w, x, y):
    p = 1.0 / (1.0 + np.exp(-(x @ w)))
    return -np.mean(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))


@grad
def decorated(w, *, b=1.0):
    """A decorated function."""
    return np.sum(w * w) * b


@value_and_grad(argnums=("w", "b"))
def decorated_with_options(w, b):
    return np.sum(w * w) * b


class Model:
    scale = 3.0

    @grad(argnums="x")
    def loss(self, x):
        return 3.0 * x * x

    def plain(self, x):
        return 3.0 * x * x


class Pair(NamedTuple):
    a: Any
    b: Any


@dataclass
class Layer:
    w: Any
    b: float


DATA = (np.array([0.5, -0.25]), np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 0.0]]), np.array([1.0, 0.0, 1.0]))


# ------------------------------------------------------------------------------------------------ calls


def test_by_position_by_keyword_and_with_defaults() -> None:
    df = grad(square)
    assert df(3.0) == df(x=3.0) == df(3.0, 2) == df(3.0, k=2) == 6.0
    assert df(2.0, 3) == df(k=3, x=2.0) == 12.0
    assert grad(square, argnums="x")(x=1.0, k=3) == 3.0


def test_decorators() -> None:
    w = np.array([1.0, 2.0])
    assert decorated(w).tolist() == [2.0, 4.0]
    assert decorated(w=w, b=2.0).tolist() == [4.0, 8.0]
    value, (w_bar, b_bar) = decorated_with_options(w, 2.0)
    assert (value, w_bar.tolist(), b_bar) == (10.0, [4.0, 8.0], 5.0)


def test_methods() -> None:
    assert Model().loss(2.0) == 12.0
    assert grad(Model().plain)(2.0) == 12.0
    assert isinstance(Model.loss, s2sad.api.derivative.Grad)


def test_partials() -> None:
    assert grad(partial(square, k=3))(2.0) == 12.0


def test_argnums() -> None:
    def f(x, y, z):
        return x * y + z

    assert grad(f)(2.0, 3.0, 4.0) == 3.0
    assert grad(f, argnums=1)(2.0, 3.0, 4.0) == 2.0
    assert grad(f, argnums=-1)(2.0, 3.0, 4.0) == 1.0
    assert grad(f, argnums=("z", 0))(2.0, 3.0, 4.0) == (1.0, 3.0)
    assert grad(f, argnums=(1,))(2.0, 3.0, 4.0) == (2.0,)


def test_star_arguments() -> None:
    def product(*xs):
        return xs[0] * xs[1]

    assert grad(product, argnums=(0, 1))(2.0, 3.0) == (3.0, 2.0)
    with pytest.raises(ValueError, match="argument 3"):
        grad(product, argnums=3)(2.0, 3.0)


def test_value_is_that_of_the_function_to_the_bit() -> None:
    value, gradient = value_and_grad(loss)(*DATA)
    assert value == loss(*DATA) and type(value) is type(loss(*DATA))
    w, x, y = DATA
    p = 1.0 / (1.0 + np.exp(-(x @ w)))
    np.testing.assert_allclose(gradient, x.T @ (p - y) / y.size, rtol=1e-14)


def test_auxiliary_results() -> None:
    def f(x):
        y = x * x
        return y, {"y": y}

    assert grad(f, has_aux=True)(3.0) == (6.0, {"y": 9.0})
    assert value_and_grad(f, has_aux=True)(3.0) == ((9.0, {"y": 9.0}), 6.0)
    with pytest.raises(TypeError, match="pair"):
        grad(square, has_aux=True)(3.0)


# ------------------------------------------------------------------------------------ gradients are like inputs


def total(p):
    return np.sum(p["a"] * p["a"]) + p["b"] * 2.0


def test_gradients_have_the_type_of_their_input() -> None:
    assert type(grad(square)(3.0)) is float
    assert type(grad(math_of)(0.5)) is float
    assert type(grad(square)(np.float32(3.0))) is np.float32
    g = grad(lambda x: np.sum(x * x))(np.ones(3, np.float32))
    assert g.dtype == np.float32 and g.shape == (3,)
    g = grad(lambda x: x * x)(np.array(3.0))
    assert isinstance(g, np.ndarray) and g.shape == ()


def math_of(x):
    return math.sin(x) * np.exp(x)


def test_containers() -> None:
    g = grad(total)({"a": np.ones(2), "b": 1.0})
    assert g.keys() == {"a", "b"} and g["a"].tolist() == [2.0, 2.0] and g["b"] == 2.0 and type(g["b"]) is float
    assert grad(lambda t: t[0] * t[1])((2.0, 3.0)) == (3.0, 2.0)
    assert grad(lambda t: t[0] * t[1])([2.0, 3.0]) == [3.0, 2.0]


def test_integers_in_containers_have_zero_gradient() -> None:
    g = grad(lambda t: t[0] * t[1])([2.0, 3])
    assert g[0] == 3.0 and g[1] == 0


def test_gradients_share_no_memory() -> None:
    x, y = np.ones(3), np.full(3, 2.0)
    gx, gy = grad(lambda x, y: np.sum(x * y), argnums=(0, 1))(x, y)
    assert not np.shares_memory(gx, y) and not np.shares_memory(gy, x)
    gx += 1.0
    assert y.tolist() == [2.0] * 3
    gx, gy = grad(lambda x, y: np.sum(x + y), argnums=(0, 1))(x, y)
    gx += 1.0
    assert gy.tolist() == [1.0] * 3


# ------------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: grad(square)(2), r"^square: cannot differentiate with respect to 'x': it is an int; pass float\(x\)$"),
        (lambda: grad(square)(np.arange(3)), r"its dtype is int64; pass x.astype\(float\)$"),
        (lambda: grad(square)(None), "it is None"),
        (lambda: grad(lambda x: x * 2)(np.ones(3)), r"returned an array of shape \(3,\); use s2sad.vjp or s2sad.jac"),
        (lambda: grad(lambda x: None)(1.0), "returned None; a gradient needs a function that returns a float$"),
        (lambda: grad(lambda x: 3)(1.0), "type int, whose derivative is zero everywhere; return a float$"),
        (lambda: grad(lambda x: "s")(1.0), "returned a str; a gradient needs a function that returns a float$"),
        (lambda: grad(lambda x: (x, x))(1.0), "returned a tuple of 2; use has_aux=True"),
        (lambda: grad(3), "expected a function, got int"),
        (lambda: grad(square, argnums=1.5), "argnums must be an int"),
    ],
)
def test_type_errors_are_one_line(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("argnums", [2, -3, "q", (), (0, 0), (0, "x"), (0, 7)])
def test_bad_argnums(argnums: Any) -> None:
    with pytest.raises(ValueError, match="square"):
        grad(square, argnums=argnums)


@pytest.mark.parametrize(
    ("args", "kwargs"), [((), {}), ((1.0, 2, 3), {}), ((1.0,), {"q": 1}), ((1.0,), {"x": 1.0}), ((), {"k": 1})]
)
def test_wrong_calls_fail_as_the_function_does(args: Any, kwargs: Any) -> None:
    with pytest.raises(TypeError) as plain:
        square(*args, **kwargs)
    with pytest.raises(TypeError) as derived:
        grad(square)(*args, **kwargs)
    assert str(derived.value) == str(plain.value)


def test_positional_only_and_keyword_only() -> None:
    def f(x, /, *, k):
        return x * k

    assert grad(f)(2.0, k=3.0) == 3.0
    assert grad(f, argnums="k")(2.0, k=3.0) == 2.0
    with pytest.raises(TypeError, match="positional-only"):
        grad(f)(x=2.0, k=3.0)


# ------------------------------------------------------------------------------------------------ looks


def test_it_looks_like_the_function() -> None:
    df = grad(square)
    assert df.__name__ == "square_grad"
    assert df.__doc__ == square.__doc__
    assert df.__wrapped__ is square and df.primal is square
    assert inspect.signature(df) == inspect.signature(square)
    assert inspect.unwrap(df) is square
    assert df.__module__ == square.__module__
    assert "square" in repr(df)
    assert decorated.__doc__ == "A decorated function."


def test_source_is_the_last_specialisation() -> None:
    df = grad(square)
    assert "def square" in df.source
    df(3.0)
    scalar = df.source
    assert df.source_for(np.ones(3)) != "" and df.source == scalar
    assert source(square, 3.0) == scalar
    assert "x" in source(square, mode="forward") and "def square" in source(square, mode="reverse")
    with pytest.raises(ValueError, match="unknown mode"):
        source(square, mode="sideways")


def test_getsource_shows_what_was_generated() -> None:
    df = value_and_grad(loss)
    df(*DATA)
    text = inspect.getsource(df)
    assert text.startswith("def loss_grad(") and "# reverse sweep" in text
    assert text.strip() in df.source
    assert inspect.getsource(df.primal).startswith("def loss(")


def test_ipython_shows_what_was_generated() -> None:
    """``??`` looks through ``__wrapped__`` on its own before it asks ``inspect``."""
    namespace: dict[str, Any] = {"__name__": "IPython.core.oinspect"}
    exec(
        "def _get_wrapped(o):\n    while hasattr(o, '__wrapped__'):\n        o = o.__wrapped__\n    return o\n",
        namespace,
    )
    df = grad(square)
    df(3.0)
    assert inspect.getsource(namespace["_get_wrapped"](df)).startswith("def square_grad(")


def test_html_and_explanation() -> None:
    df = grad(square)
    df(3.0)
    assert "<pre>" in df._repr_html_() and "square" in df._repr_html_()
    assert "x: float" in df.explain() and "x: float" in explain(square, 3.0)


def test_explain_names_what_is_kept_and_its_size() -> None:
    def walked(x: Any, w: Any) -> Any:
        for _ in range(3):
            x = np.sin(x) * w
        y = np.exp(x)
        return np.sum(y * y)

    text = explain(walked, np.ones(4), np.ones(4), argnums=(0, 1))
    assert "x (f8[x0]), on the tape of the loop at line" in text and "8 * x0 bytes an iteration" in text
    assert "of line" in text and "kept as it is: 8 * x0 bytes; the adjoint of line" in text
    assert "the reverse sweep reads the arguments alone" in explain(lambda x: 3.0 * x, 2.0)


# ------------------------------------------------------------------------------------------------ modes


def test_vjp() -> None:
    def f(x, y, n):
        return x * y * n

    x = np.array([1.0, 2.0])
    value, pullback = vjp(f, 2.0, x, 3)
    assert value.tolist() == [6.0, 12.0]
    x[:] = 99.0
    value[:] = -1.0
    for _ in range(2):
        first, second, third = pullback(np.array([1.0, 10.0]))
        assert (first, second.tolist(), third) == (3.0 * 21.0, [6.0, 60.0], 0)
    with pytest.raises(ValueError, match="shape"):
        pullback(np.ones(3))
    assert "def f" in pullback.source


def test_vjp_with_auxiliary_and_containers() -> None:
    value, pullback, auxiliary = vjp(lambda x: ({"a": x * 2.0, "b": x * x}, "aux"), 3.0, has_aux=True)
    assert value == {"a": 6.0, "b": 9.0} and auxiliary == "aux"
    assert pullback({"a": 1.0, "b": 1.0}) == (8.0,)


def test_a_tangent_of_integers_is_zero() -> None:
    """As in the other mode, whose gradient of them is 0; also in a list that holds floats as well."""
    weigh = lambda xs, k: np.sum(xs[k] * xs[0])  # noqa: E731
    assert jvp(weigh, ([1.5, 2], 1), ([1.0, 7], 0)) == (3.0, 2.0)
    floats, integers = np.array([1.5, 0.5]), np.array([2, 3])
    assert jvp(weigh, ([floats, integers], 1), ([np.ones(2), integers], 0)) == (4.5, 5.0)


def test_jvp_and_linearize() -> None:
    assert jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.5)) == (6.0, 4.0)
    value, tangent = jvp(lambda x: np.sin(x), (np.zeros(2),), (np.array([1.0, 2.0]),))
    assert value.tolist() == [0.0, 0.0] and tangent.tolist() == [1.0, 2.0]
    value, push = linearize(square, 3.0)
    assert value == 9.0 and push(2.0) == 12.0
    with pytest.raises(TypeError, match="primals"):
        jvp(square, (1.0,), (1.0, 2.0))
    with pytest.raises(TypeError, match="tuple"):
        jvp(square, 1.0, 1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [jacobian, jacrev, jacfwd])
def test_jacobians(make: Any) -> None:
    x = np.array([2.0, 3.0])
    f = make(lambda x: np.array([x[0] * x[1], x[1] * x[1], x[0]]))
    np.testing.assert_allclose(f(x), [[3.0, 2.0], [0.0, 6.0], [1.0, 0.0]])
    assert make(lambda x: x * 2.0)(np.ones((2, 3))).shape == (2, 3, 2, 3)
    assert make(square)(3.0) == 6.0
    tree = make(lambda p: {"s": p["x"] * p["y"]})({"x": x, "y": 2.0})
    assert tree["s"]["x"].tolist() == [[2.0, 0.0], [0.0, 2.0]] and tree["s"]["y"].tolist() == [2.0, 3.0]
    a, b = make(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)
    assert (a, b) == (3.0, 2.0)


def test_check_grads_of_integers_alone() -> None:
    with pytest.raises(TypeError, match="in place of 2"):
        check_grads(lambda x: x * x, (2,))


def test_check_grads() -> None:
    check_grads(loss, DATA)
    check_grads(lambda x, y: np.sin(x) * y, (np.ones(3), 2.0))
    check_grads(square, (2.0,), modes=("rev",))
    with pytest.raises(AssertionError, match="central differences"):
        check_grads(lambda x: stop_gradient(x) * x, (2.0,))
    with pytest.raises(ValueError, match="modes"):
        check_grads(square, (2.0,), modes=("sideways",))


def test_stop_gradient() -> None:
    assert grad(lambda x: s2sad.stop_gradient(x) * x)(3.0) == 3.0
    assert stop_gradient(3.0) == 3.0


def test_functions_written_in_c() -> None:
    assert grad(np.sin)(1.0) == math.cos(1.0)
    assert grad(math.exp)(1.0) == math.e
    np.testing.assert_allclose(grad(np.hypot, argnums=(0, 1))(3.0, 4.0), (0.6, 0.8))
    with pytest.raises(TypeError, match="wrap it in a Python function"):
        grad(print)


def test_callable_objects_and_closures() -> None:
    class Quadratic:
        def __init__(self, a):
            self.a = a

        def __call__(self, x):
            return self.a * x * x

    assert grad(Quadratic(3.0))(2.0) == 12.0
    assert vjp(Quadratic(3.0), 2.0)[1](1.0) == (12.0,)


def test_second_order() -> None:
    assert grad(grad(square))(3.0, 3) == 18.0
    np.testing.assert_allclose(hessian(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0])), [[6.0, 4.0], [4.0, 0.0]])
    x, v = np.array([0.5, 2.0]), np.array([1.0, -1.0])
    np.testing.assert_allclose(hvp(lambda x: np.sum(np.sin(x)), (x,), (v,)), -np.sin(x) * v)


gradient_of_square = grad(square)


def uses_a_gradient(x):
    return gradient_of_square(x) * x


def test_a_derivative_in_a_function_is_not_taken_for_its_primal() -> None:
    try:
        value, gradient = value_and_grad(uses_a_gradient)(3.0)
    except s2sad.UnsupportedError:
        return
    assert (value, gradient) == (18.0, 12.0)


def test_exceptions_are_the_users_and_say_where() -> None:
    def fails(x):
        if x > 1.0:
            raise KeyError("mine")
        return x

    with pytest.raises(KeyError, match="mine") as caught:
        grad(fails)(2.0)
    assert any("in the derivative of fails" in note and "test_api.py" in note for note in caught.value.__notes__)


def test_shared_arguments_of_a_function_that_stores() -> None:
    def stores(x, y):
        x[0] = y[0] * 2.0
        return np.sum(x * y)

    gx, gy = grad(stores, argnums=(0, 1))(np.ones(2), np.ones(2))
    assert gx.tolist() == [0.0, 1.0] and gy.tolist() == [4.0, 1.0]
    z = np.ones(2)
    with pytest.raises(s2sad.AliasError, match="'x' and 'y' share memory"):
        grad(stores, argnums=(0, 1))(z, z)


# -------------------------------------------------------------------------------------- redefinition, sizes


def helper(x):
    return x * 2.0


def with_helper(x):
    return helper(x) * x


def test_a_redefined_helper_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    df = grad(with_helper)
    assert df(3.0) == 12.0
    monkeypatch.setitem(globals(), "helper", lambda x: x * 5.0)
    assert df(3.0) == 30.0


FACTOR = 2.0


def with_global(x):
    return FACTOR * x


def test_globals_are_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    df = grad(with_global)
    assert df(1.0) == 2.0
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert df(1.0) == 3.0
    monkeypatch.setitem(globals(), "FACTOR", np.array(5.0))
    assert df(1.0) == 5.0


def test_other_sizes_share_a_specialisation() -> None:
    df = grad(lambda x: np.sum(x * x))
    for n in (2, 3, 50):
        assert df(np.ones(n)).tolist() == [2.0] * n
    assert len(df.programs.by_types) == 1
    df(np.ones(1))
    assert len(df.programs.by_types) == 2


def test_importing_loads_no_compiler() -> None:
    code = (
        "import numpy, sys; before = set(sys.modules); import s2sad; from s2sad import grad;"
        "bad = {'gast', 'astor', 'scipy', 'numba', 's2sad.pipeline', 's2sad.frontend', 'hashlib', 'json', 'threading'};"
        "print(sorted(bad & set(sys.modules) - before))"
    )
    root = Path(__file__).resolve().parent.parent
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root).stdout
    assert out.strip() == "[]"


def test_public_names() -> None:
    assert set(s2sad.__all__) <= set(dir(s2sad))
    for name in s2sad.__all__:
        assert getattr(s2sad, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = s2sad.nothing
