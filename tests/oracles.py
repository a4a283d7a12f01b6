"""Oracles that share nothing with the compiler: differences, complex step, dot products, effects.

A *tree* is anything a program takes or returns: floats, arrays, lists, tuples, named tuples, dicts, dataclasses.
Its *leaves* are the floats and float arrays in it, always as float64 arrays. Functions under test may store into
their arguments: every evaluation here gets fresh copies.
"""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

Tree = Any
Leaves = list[np.ndarray]


# ---------------------------------------------------------------------------------------------- trees


def is_leaf(value: Any) -> bool:
    """A float or an array of floats (Python's or NumPy's)."""
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "fc"
    return isinstance(value, float | complex)


def map_leaves(f: Callable[[Any], Any], tree: Tree) -> Tree:
    """A copy of ``tree`` with ``f`` applied to its leaves; everything else is deep-copied."""
    if is_leaf(tree):
        return f(tree)
    if isinstance(tree, dict):
        return type(tree)((k, map_leaves(f, v)) for k, v in tree.items())
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(map_leaves(f, v) for v in tree))
    if isinstance(tree, list | tuple):
        return type(tree)(map_leaves(f, v) for v in tree)
    if is_dataclass(tree) and not isinstance(tree, type):
        new = copy.copy(tree)
        for item in fields(tree):
            object.__setattr__(new, item.name, map_leaves(f, getattr(tree, item.name)))
        return new
    return copy.deepcopy(tree)


def leaves(tree: Tree) -> Leaves:
    """The leaves of a tree in order, as float64 (or complex) copies."""
    out: Leaves = []

    def visit(x: Any) -> Any:
        kind = complex if np.asarray(x).dtype.kind == "c" else float
        out.append(np.array(x, dtype=kind))
        return x

    map_leaves(visit, tree)
    return out


def gradient_leaves(gradient: Tree, like: Tree) -> Leaves:
    """The leaves of a gradient where its argument has leaves; elsewhere (integers, text) it must be zero or None."""
    if is_leaf(like):
        return leaves(gradient)
    if isinstance(like, dict):
        return [x for k in like for x in gradient_leaves(gradient[k], like[k])]
    if isinstance(like, list | tuple):
        return [x for g, v in zip(gradient, like, strict=True) for x in gradient_leaves(g, v)]
    if is_dataclass(like) and not isinstance(like, type):
        return [x for f in fields(like) for x in gradient_leaves(getattr(gradient, f.name), getattr(like, f.name))]
    assert gradient is None or isinstance(gradient, str) or not np.any(gradient), f"{gradient!r} for {like!r}"
    return []


def replace_leaves(tree: Tree, values: Sequence[np.ndarray], *, keep_dtype: bool = True) -> Tree:
    """``tree`` with its leaves replaced in order; Python floats stay Python floats."""
    todo = iter(values)

    def put(old: Any) -> Any:
        new = next(todo)
        if isinstance(old, np.ndarray):
            return np.array(new, dtype=old.dtype if keep_dtype else None)
        if isinstance(old, np.generic):
            return old.dtype.type(new) if keep_dtype else np.asarray(new)[()]
        return np.asarray(new).item()

    return map_leaves(put, tree)


def random_like(tree: Tree, seed: int) -> Tree:
    """A tree of the same structure with fixed random leaves in [0.5, 1.5] and random signs."""
    rng = np.random.default_rng(seed)
    values = [rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1.0, 1.0], x.shape) for x in leaves(tree)]
    return replace_leaves(tree, values)


def zeros_like(tree: Tree) -> Tree:
    """A tree of the same structure with zeros for leaves."""
    return replace_leaves(tree, [np.zeros_like(x) for x in leaves(tree)])


def dot(a: Tree, b: Tree) -> tuple[float, float]:
    """Inner product over all leaves, and the sum of absolute terms (the scale of its rounding errors)."""
    total = scale = 0.0
    for x, y in zip(leaves(a), leaves(b), strict=True):
        terms = np.ravel(x * y)
        total += float(np.sum(terms))
        scale += float(np.sum(np.abs(terms)))
    return total, scale


def same_structure(a: Tree, b: Tree) -> str:
    """Empty where types, shapes, dtypes and keys agree; else what differs first."""
    if is_leaf(a):
        if isinstance(a, np.ndarray):
            if not isinstance(b, np.ndarray) or b.shape != a.shape or b.dtype != a.dtype:
                return f"{_brief(b)} for {_brief(a)}"
            return ""
        if isinstance(a, np.generic):
            return "" if isinstance(b, np.generic | float) or np.shape(b) == () else f"{_brief(b)} for {_brief(a)}"
        return "" if isinstance(b, float) else f"{_brief(b)} for {_brief(a)}"
    if isinstance(a, dict):
        if not isinstance(b, dict) or list(a) != list(b):
            return f"{_brief(b)} for {_brief(a)}"
        return next((m for k in a if (m := same_structure(a[k], b[k]))), "")
    if isinstance(a, list | tuple):
        if type(a) is not type(b) or len(a) != len(b):
            return f"{_brief(b)} for {_brief(a)}"
        return next((m for x, y in zip(a, b, strict=True) if (m := same_structure(x, y))), "")
    if is_dataclass(a) and not isinstance(a, type):
        if type(a) is not type(b):
            return f"{_brief(b)} for {_brief(a)}"
        return next((m for f in fields(a) if (m := same_structure(getattr(a, f.name), getattr(b, f.name)))), "")
    return ""


def _brief(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"array of {x.dtype} {x.shape}"
    return f"{type(x).__name__} {str(x)[:60]}"


# ---------------------------------------------------------------------------------------------- differences

STEP = 2e-3


def _evaluate(fn: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Leaves:
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        return leaves(fn(*copy.deepcopy(tuple(args)), **copy.deepcopy(kwargs)))


def _widen(tree: Tree) -> Tree:
    """Lower precision is useless for differences: evaluate in float64."""

    def up(x: Any) -> Any:
        narrow = isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f"
        return x.astype(np.float64) if narrow else x

    return map_leaves(up, tree)


def _moved(tree: Tree, direction: Sequence[np.ndarray], step: float) -> Tree:
    return replace_leaves(tree, [x + step * d for x, d in zip(leaves(tree), direction, strict=True)])


@dataclass(frozen=True)
class Difference:
    """A directional derivative by differences: its value per leaf of the result and an error estimate."""

    value: Leaves
    error: float


def directional(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    directions: dict[int, Tree],
    step: float = STEP,
) -> Difference:
    """d/dt fn(args + t * directions) at 0: central differences with two steps and Richardson's extrapolation."""
    wide = {i: _widen(a) for i, a in enumerate(args) if i in directions}
    vectors = {i: leaves(d) for i, d in directions.items()}

    def at(t: float) -> Leaves:
        moved = [_moved(wide[i], vectors[i], t) if i in wide else a for i, a in enumerate(args)]
        return _evaluate(fn, moved, kwargs)

    def central(h: float) -> Leaves:
        return [(p - m) / (2 * h) for p, m in zip(at(h), at(-h), strict=True)]

    coarse, fine = central(step), central(step / 2)
    value = [(4 * f - c) / 3 for f, c in zip(fine, coarse, strict=True)]
    gap = max((float(np.max(np.abs(f - c), initial=0.0)) for f, c in zip(fine, coarse, strict=True)), default=0.0)
    return Difference(value, gap)


def numeric_gradient(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    argnums: Sequence[int],
    seed: Tree,
    step: float = STEP,
) -> list[Leaves]:
    """The gradient of <seed, fn(args)> with respect to each leaf of each asked argument."""
    weights = leaves(seed)
    out: list[Leaves] = []
    for i in argnums:
        shapes = [x.shape for x in leaves(args[i])]
        grads = [np.zeros(s) for s in shapes]
        for k, shape in enumerate(shapes):
            for index in np.ndindex(*shape):
                unit = [np.zeros(s) for s in shapes]
                unit[k][index] = 1.0
                tree = replace_leaves(_widen(args[i]), unit)
                diff = directional(fn, args, kwargs, {i: tree}, step)
                grads[k][index] = sum(float(np.sum(w * d)) for w, d in zip(weights, diff.value, strict=True))
        out.append(grads)
    return out


def complex_step(
    fn: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], directions: dict[int, Tree]
) -> Leaves | None:
    """Im fn(args + i h d) / h, exact to rounding; None where the function does not take complex numbers."""
    h = 1e-30
    vectors = {i: leaves(d) for i, d in directions.items()}
    moved: list[Any] = []
    for i, a in enumerate(args):
        if i in vectors:
            values = [x + 1j * h * d for x, d in zip(leaves(a), vectors[i], strict=True)]
            moved.append(replace_leaves(a, values, keep_dtype=False))
        else:
            moved.append(a)
    try:
        result = _evaluate(fn, moved, kwargs)
    except Exception:
        return None
    return [np.imag(r) / h for r in result]


# ---------------------------------------------------------------------------------------------- comparisons


def close(got: Leaves, want: Leaves, rtol: float, atol: float | None = None) -> str:
    """Empty where all leaves agree relative to the largest of the wanted ones; else the worst difference."""
    if len(got) != len(want):
        return f"{len(got)} leaves for {len(want)}"
    scale = max((float(np.max(np.abs(w), initial=0.0)) for w in want), default=0.0)
    limit = rtol * max(scale, 1.0 if atol is None else atol / rtol)
    for k, (g, w) in enumerate(zip(got, want, strict=True)):
        if g.shape != w.shape:
            return f"leaf {k}: shape {g.shape} for {w.shape}"
        if not np.all(np.abs(g - w) <= limit):
            return f"leaf {k}: got {g!r}, differences say {w!r}"
    return ""


def dot_product_gap(seed: Tree, tangent: Tree, gradients: Sequence[Tree], directions: Sequence[Tree]) -> float:
    """| <seed, J v> - <J^T seed, v> | relative to the sum of the absolute terms.

    Where the derivative is 0 (``x / x``), one side may be exactly 0 and the other what rounding leaves of terms that
    cancel: a hundredth of |seed| |v| is the least that differences are compared with.
    """
    left, left_scale = dot(seed, tangent)
    right = right_scale = 0.0
    for g, d in zip(gradients, directions, strict=True):
        value, scale = dot(gradient_leaves(g, d), leaves(d))
        right += value
        right_scale += scale
    sizes = [sum(float(np.sum(np.abs(x))) for x in leaves(tree)) for tree in (seed, list(directions))]
    return abs(left - right) / max(left_scale, right_scale, 0.01 * sizes[0] * sizes[1], 1e-30)


def bits(value: Any) -> Any:
    """A comparable form of a value, to the bit and with its types."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "O":
            return ("object", value.shape, tuple(bits(v) for v in value.ravel()))
        return ("array", str(value.dtype), value.shape, value.tobytes())
    if isinstance(value, np.generic):
        return ("numpy", str(value.dtype), value.tobytes())
    if isinstance(value, float):
        return ("float", value.hex())
    if isinstance(value, complex):
        return ("complex", value.real.hex(), value.imag.hex())
    if isinstance(value, dict):
        return (type(value).__name__, tuple((k, bits(v)) for k, v in value.items()))
    if isinstance(value, list | tuple):
        return (type(value).__name__, tuple(bits(v) for v in value))
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, tuple((f.name, bits(getattr(value, f.name))) for f in fields(value)))
    if hasattr(value, "__dict__") and not callable(value):
        return (type(value).__name__, tuple((k, bits(v)) for k, v in vars(value).items()))
    return (type(value).__name__, repr(value) if not callable(value) else "")


def loose(form: Any) -> Any:
    """``bits`` without the difference between Python's floats and NumPy's float64 scalars and 0-d arrays."""
    if isinstance(form, tuple) and form and form[0] == "float":
        return ("number", np.float64(float.fromhex(form[1])).tobytes())
    if isinstance(form, tuple) and len(form) == 3 and form[:2] == ("numpy", "float64"):
        return ("number", form[2])
    if isinstance(form, tuple) and len(form) == 4 and form[:3] == ("array", "float64", ()):
        return ("number", form[3])
    return tuple(map(loose, form)) if isinstance(form, tuple) else form


@dataclass(frozen=True)
class Effects:
    """What a call leaves behind: value, arguments, printed text, and exception."""

    value: Any
    args: Any
    printed: str
    error: tuple[str, str] | None


def observe(call: Callable[[Any, Any], Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Effects:
    """Run ``call(args, kwargs)`` on copies of the arguments and record its effects."""
    args, kwargs = copy.deepcopy((tuple(args), kwargs))
    out = io.StringIO()
    value: Any = None
    error = None
    with contextlib.redirect_stdout(out), np.errstate(all="ignore"):
        try:
            value = call(args, kwargs)
        except Exception as e:
            error = (type(e).__name__, str(e))
    return Effects(bits(value), bits([args, kwargs]), out.getvalue(), error)


def same_effects(plain: Effects, derived: Effects) -> str:
    """Empty where a derivative's forward sweep did just what the undecorated function does; else what differs."""
    if plain.error != derived.error:
        return f"exception {derived.error} for {plain.error}"
    if plain.printed != derived.printed:
        return f"printed {derived.printed!r} for {plain.printed!r}"
    if plain.args != derived.args:
        return "the arguments were left in another state"
    if loose(plain.value) != loose(derived.value):
        return f"value {derived.value!r} for {plain.value!r}"
    return ""


def share_memory(*trees: Tree) -> bool:
    """Do two arrays out of different places of these trees share memory?"""
    arrays: list[np.ndarray] = []
    for tree in trees:
        map_leaves(lambda x: arrays.append(x) if isinstance(x, np.ndarray) else None, tree)
    return any(np.shares_memory(a, b) for k, a in enumerate(arrays) for b in arrays[k + 1 :] if a.size and b.size)
