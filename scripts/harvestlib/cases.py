"""Where the examples come from: doctests of a package, and a list of library functions written in Python."""

from __future__ import annotations

import ast
import colorsys
import doctest
import importlib
import inspect
import pkgutil
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """One call: a function, its arguments, and a name for the table."""

    name: str
    fn: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


def modules(package: str) -> Iterator[Any]:
    """The package and its modules that can be imported, tests left out."""
    root = importlib.import_module(package)
    yield root
    for info in pkgutil.walk_packages(root.__path__, f"{package}."):
        if any(part in info.name for part in ("test", "numba", "vectorized", "units", "__main__", "numpy")):
            continue
        try:
            yield importlib.import_module(info.name)
        except Exception as error:
            print(f"not importable: {info.name}: {error}")


def package_cases(package: str) -> list[Case]:
    """Every doctest example that is one call of a public function with a float for its result, in a fixed order."""
    found: dict[str, list[Case]] = {}
    for module in modules(package):
        for name, fn in sorted(vars(module).items()):
            if not inspect.isfunction(fn) or name.startswith("_") or not fn.__module__.startswith(package):
                continue
            home = f"{fn.__module__}.{name}"
            if home not in found:
                found[home] = list(examples(home, name, fn))
    return [c for home in sorted(found) for c in found[home]]


def examples(home: str, name: str, fn: Callable[..., Any]) -> Iterator[Case]:
    """The examples in a function's docstring that call the function itself."""
    space: dict[str, Any] = dict(vars(importlib.import_module(fn.__module__)))
    try:
        parsed = doctest.DocTestParser().get_examples(fn.__doc__ or "")
    except ValueError:
        return
    for example in parsed:
        try:
            tree = ast.parse(example.source.strip())
        except SyntaxError:
            continue
        call = tree.body[0].value if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name:
            if _is_float(example.want) and (case := _case(home, fn, call, space)):
                yield case
        else:
            try:  # an import or an assignment that later examples need
                exec(compile(tree, "<example>", "exec"), space)
            except Exception:
                continue


def _is_float(want: str) -> bool:
    try:
        float(want.strip().replace("...", "").removeprefix("np.float64(").removesuffix(")"))
    except ValueError:
        return False
    return "." in want or "e" in want


def _case(home: str, fn: Callable[..., Any], call: ast.Call, space: dict[str, Any]) -> Case | None:
    def value(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "<example>", "eval"), dict(space))

    try:
        args = tuple(value(a) for a in call.args)
        kwargs = {k.arg: value(k.value) for k in call.keywords if k.arg}
    except Exception:
        return None
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    return Case(home, fn, args, kwargs)


def library_cases() -> list[Case]:
    """Functions of the standard library, NumPy and SciPy that are Python, and have no rule of their own."""
    import scipy.optimize

    xs = [0.3, 1.2, 0.7, 2.1, 1.6]
    ys = [1.3, 0.2, 0.9, 1.1, 2.6]
    v = np.array(xs)
    m = np.outer(v[:3], v[:2]) + np.arange(6.0).reshape(3, 2)
    listed: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = [
        (statistics.mean, (xs,), {}),
        (statistics.fmean, (xs,), {}),
        (statistics.fmean, (xs, ys), {}),
        (statistics.geometric_mean, (xs,), {}),
        (statistics.harmonic_mean, (xs,), {}),
        (statistics.median, (xs,), {}),
        (statistics.median_low, (xs,), {}),
        (statistics.median_high, (xs,), {}),
        (statistics.variance, (xs,), {}),
        (statistics.pvariance, (xs,), {}),
        (statistics.stdev, (xs,), {}),
        (statistics.pstdev, (xs,), {}),
        (statistics.covariance, (xs, ys), {}),
        (statistics.correlation, (xs, ys), {}),
        (statistics.linear_regression, (xs, ys), {}),
        (statistics.quantiles, (xs,), {}),
        (statistics.NormalDist(0.4, 1.3).pdf, (0.7,), {}),
        (statistics.NormalDist(0.4, 1.3).cdf, (0.7,), {}),
        (statistics.NormalDist(0.4, 1.3).inv_cdf, (0.3,), {}),
        (statistics.NormalDist(0.4, 1.3).zscore, (0.7,), {}),
        (colorsys.rgb_to_hsv, (0.2, 0.5, 0.7), {}),
        (colorsys.hsv_to_rgb, (0.2, 0.5, 0.7), {}),
        (colorsys.rgb_to_hls, (0.2, 0.5, 0.7), {}),
        (colorsys.hls_to_rgb, (0.2, 0.5, 0.7), {}),
        (colorsys.rgb_to_yiq, (0.2, 0.5, 0.7), {}),
        (colorsys.yiq_to_rgb, (0.2, 0.1, 0.05), {}),
        (np.polyval, (v, 0.7), {}),
        (np.polyder, (v,), {}),
        (np.polyint, (v,), {}),
        (np.polyadd, (v, v[:3]), {}),
        (np.polymul, (v, v[:3]), {}),
        (np.kron, (m, m[:2]), {}),
        (np.gradient, (v,), {}),
        (np.gradient, (v, 0.5), {}),
        (np.cov, (m,), {}),
        (np.corrcoef, (m,), {}),
        (np.cross, (v[:3], v[1:4]), {}),
        (np.trapezoid, (v,), {}),
        (np.vander, (v[:3],), {}),
        (np.diff, (v,), {"n": 2}),
        (np.ediff1d, (v,), {}),
        (np.average, (v,), {"weights": v[::-1].copy()}),
        (np.roll, (v, 2), {}),
        (np.rot90, (m,), {}),
        (np.flip, (m,), {}),
        (np.tile, (v, 2), {}),
        (np.tensordot, (m, m.T.copy()), {"axes": 1}),
        (np.unwrap, (v,), {}),
        (np.nan_to_num, (v,), {}),
        (np.sinc, (v,), {}),
        (np.i0, (v,), {}),
        (np.median, (v,), {}),
        (np.percentile, (v, 30.0), {}),
        (np.linalg.multi_dot, ([m, m.T.copy(), m],), {}),
        (np.linalg.matrix_power, (m[:2], 3), {}),
        (np.linalg.cond, (m[:2] + np.eye(2),), {}),
        (np.polynomial.polynomial.polyval, (0.7, v), {}),
        (np.polynomial.chebyshev.chebval, (0.7, v), {}),
        (np.polynomial.legendre.legval, (0.7, v), {}),
        (np.polynomial.hermite.hermval, (0.7, v), {}),
        (np.apply_along_axis, (np.sum, 0, m), {}),
        (scipy.optimize.rosen, (v,), {}),
        (scipy.optimize.rosen_der, (v,), {}),
        (scipy.optimize.rosen_hess, (v,), {}),
        (scipy.optimize.rosen_hess_prod, (v, v[::-1].copy()), {}),
        (scipy.special.logsumexp, (v,), {}),
        (scipy.special.softmax, (v,), {}),
        (scipy.special.log_softmax, (v,), {}),
    ]
    return [Case(f"{getattr(f, '__module__', '')}.{getattr(f, '__qualname__', f)}", f, a, k) for f, a, k in listed]
