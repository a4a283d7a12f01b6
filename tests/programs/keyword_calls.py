"""Signatures: keyword-only, positional-only, star parameters, defaults, keyword calls."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("keyword_calls")


def keyword_argument(x, k=2, scale=1.0):
    return scale * x**k


PROGRAMS.add(keyword_argument, 0.7, kw={"k": 3})
PROGRAMS.add(keyword_argument, 0.7, kw={"scale": 2.5})


def keyword_only(x, *, power=2):
    return x**power + power


PROGRAMS.add(keyword_only, 0.7, kw={"power": 3})
PROGRAMS.add(keyword_only, 0.7)


def positional_only(x, y, /, z=1.0):
    return x * y + z * x


PROGRAMS.add(positional_only, 0.7, 0.4)


def star_args(x, *rest):
    s = x
    for r in rest:
        s = s * r + x
    return s


PROGRAMS.add(star_args, 0.7, 0.4, 1.3, issue=3)


def star_star_kwargs(x, **options):
    return x * options.get("a", 1.0) + x**2 * options["b"]


PROGRAMS.add(star_star_kwargs, 0.7, kw={"b": 3.0}, issue=3)


def forwards_everything(*args, **kwargs):
    return inner_signature(*args, **kwargs) * 2


def inner_signature(x, y, *, power=1):
    return x * y**power


PROGRAMS.add(forwards_everything, 0.7, 0.4, kw={"power": 3}, issue=3)


def forwards_dict(x, y):
    opts = {"power": 2, "y": y}
    return inner_signature(x, **opts)


PROGRAMS.add(forwards_dict, 0.7, 0.4, issue=3)


def mutable_default(x, acc=[1.0, 2.0]):  # noqa: B006
    return acc[0] * x + acc[1] * x * x


PROGRAMS.add(mutable_default, 0.7, issue=3)


def options_object(x, method="euler", steps=4, tol=None):
    tol = 1e-3 if tol is None else tol
    h = 1.0 / steps
    y = x
    for _ in range(steps):
        if method == "euler":
            y = y + h * np.sin(y)
        elif method == "midpoint":
            y = y + h * np.sin(y + 0.5 * h * np.sin(y))
        if abs(y) < tol:
            break
    return y


PROGRAMS.add(options_object, 0.7)
PROGRAMS.add(options_object, 0.7, kw={"method": "midpoint", "steps": 3})


def numpy_keyword_arguments(x):
    return np.sum(x, axis=None, keepdims=False) + np.sum(a=x) + np.mean(a=x, axis=0)


PROGRAMS.add(numpy_keyword_arguments, arr(3))


def default_expression(x, pairs=((1.0, 2.0), (3.0, 4.0))):
    s = 0.0
    for a, b in pairs:
        s += a * x**b
    return s


PROGRAMS.add(default_expression, 0.7)


def options_with_defaults(x, **options):
    options.setdefault("scale", 2.0 * x)
    options["shift"] = options.get("shift", 0.0) + x
    first = options.setdefault("scale", 100.0)
    out = 0.0
    for k, v in options.items():
        out = out + v * len(k)
    return out * first + len(options)


def kwargs_that_grow(x, y):
    """The dict of **options belongs to the callee, which stores into it."""
    return options_with_defaults(x) * options_with_defaults(y, shift=x) + options_with_defaults(x, scale=y, more=3.0)


PROGRAMS.add(kwargs_that_grow, 0.7, 1.2)


def options_taken_out(x, **options):
    power = options.pop("power", 2.0)
    rest = sum(options.values())
    options["again"] = rest
    return x**power + rest * len(options) + options["again"]


def kwargs_that_shrink(x, y):
    return options_taken_out(x, power=y, a=x) * options_taken_out(y, b=x, c=y * y)


PROGRAMS.add(kwargs_that_shrink, 0.7, 1.2)


def _moments(x, loc=0.0, scale=1.0, moments="mv"):
    out = []
    if "m" in moments:
        out.append(x * loc)
    if "v" in moments:
        out.append(scale**2 * x)
    return out[0] if len(out) == 1 else out[0] + out[1]


def _mean(x, **options):
    total = x
    for k in range(3):
        total = total + np.sin(k * x)
    options["moments"] = "m"
    return _moments(total, **options)


def options_get_a_key(x, loc, scale):
    return _mean(x, loc=loc, scale=scale) + _moments(x, loc=loc)


PROGRAMS.add(options_get_a_key, 0.4, 0.9, 1.3)


def dict_gets_keys_in_branches(x, loc, scale):
    options = {"loc": loc}
    if x > 1.0:
        options["scale"] = scale
    else:
        options["scale"] = 2.0 * scale
    options["loc"] = options["loc"] * x
    return _moments(x, **options)


PROGRAMS.add(dict_gets_keys_in_branches, 0.4, 0.9, 1.3)


def dict_by_two_names(x, loc, scale):
    options = {"loc": loc}
    same = options
    options["scale"] = scale
    same["loc"] = loc * loc
    return _moments(x, **options)


PROGRAMS.add(dict_by_two_names, 0.4, 0.9, 1.3)


def array_in_a_dict_with_more_keys(x, loc):
    options = {"loc": 1.0, "scale": np.array([1.0, 2.0])}
    scale = options["scale"]
    options["moments"] = "v"
    scale[0] = loc
    options["scale"][1] *= x
    return np.sum(_moments(x, **options))


PROGRAMS.add(array_in_a_dict_with_more_keys, 0.4, 0.9)


def _returns_its_options(x, **options):
    total = 0.0
    for k in range(3):
        total = total + np.sin(k * x) * np.cos(x) + x
    y = x
    while y < 1.0:
        y = y + 0.3
    options["loc"] = x * total
    return options


def options_that_come_back(x, loc, scale):
    a = _returns_its_options(x, loc=loc, scale=scale)
    b = _returns_its_options(x, scale=scale)
    a["scale"] = x * scale
    return a["loc"] * x + a["scale"] + b["loc"] * b["scale"]


PROGRAMS.add(options_that_come_back, 1.3, 0.7, 0.4)


def given_options_are_left_alone(x, loc, scale):
    options = {"loc": loc, "scale": scale}
    b = _returns_its_options(x, **options)
    return options["loc"] * x + options["scale"] + b["loc"] * b["scale"]


PROGRAMS.add(given_options_are_left_alone, 1.3, 0.7, 0.4)


def _with_old_names(x, **options):
    if "old" in options:
        options["loc"] = options.pop("old")
    elif "loc" in options:
        options["loc"] = options["loc"] * 2
    total = x
    for k in range(3):
        total = total + np.sin(total) * x if k > 0 else total * x
    z = options.pop("extra", x * x) + options.get("loc", 3.0)
    return _moments(total, **options) * z


def renamed_options(x, a, b):
    first = _with_old_names(x, old=a) + _with_old_names(x, loc=a, scale=b)
    return first + _with_old_names(x, extra=b) + _with_old_names(x, extra=a, old=b)


PROGRAMS.add(renamed_options, 1.3, 0.7, 0.4)


def taken_out_in_branches(x, a, b):
    d = {"a": x, "b": a}
    d["c"] = b
    y = d.pop("a") if x > 1.0 else d.pop("b")
    total = 0.0
    for k in d:
        total = total + d[k] * len(d)
    return y * d["c"] + total * d.get("b", b)


PROGRAMS.add(taken_out_in_branches, 1.3, 0.7, 0.4)
PROGRAMS.add(taken_out_in_branches, 0.3, 0.7, 0.4)
