"""What SciPy wraps its functions in, for plain NumPy arrays: which library arrays are from, batches, samples with NaNs.

The wrappers choose by the types and numbers of dimensions of the arguments, which are known here, so what they wrap is
compiled in their place. A sample that their other branches are for (with a NaN, or too small) raises when it is met.
SciPy is not imported: its functions are known by module and name.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.infer import calls
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Ref
from s2sad.ir.types import Array, Lit, Num, RefT, Scalar, Type, is_number, rank_of

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_HOMES = ("scipy._lib._array_api", "scipy._lib.array_api_compat", "scipy._lib.array_api_extra")
_NO = ("cupy", "torch", "jax", "dask", "pydata_sparse", "ndonnx", "lazy", "array_api_strict", "mlx")
_BATCH = "_apply_over_batch.<locals>.decorator.<locals>.wrapper"
_SAMPLES = "_axis_nan_policy_factory.<locals>.axis_nan_policy_decorator.<locals>.axis_nan_policy_wrapper"

Args = tuple[Atom, ...]
Kw = dict[str, Atom]


def call_wrapped(f: FunctionInfer, obj: Any, pos: Args, kw: Kw, name: str, untyped: Any) -> Any:
    """The value of a call of such a function, NotImplemented where it is not one of them."""
    home = str(getattr(obj, "__module__", ""))
    if home.startswith(_HOMES):
        if getattr(obj, "__name__", "") == "array_namespace" and _plain_arrays(obj):
            return Ref(np, "np")
        known = _about_library(getattr(obj, "__name__", ""), pos)
        return NotImplemented if known is None else known
    if not home.startswith("scipy."):
        return NotImplemented
    code = getattr(getattr(obj, "__code__", None), "co_qualname", "")
    if code == _BATCH:
        return _unbatched(f, obj, pos, dict(kw), name, untyped)
    return _sampled(f, obj, pos, kw, name, untyped) if code == _SAMPLES else NotImplemented


def _plain_arrays(obj: Any) -> bool:
    """Does SciPy take everything for an array of NumPy? (It does unless the environment asks for other libraries.)"""
    return not getattr(obj, "__globals__", {}).get("SCIPY_ARRAY_API", True)


def _is_int(t: Type) -> bool:
    return type(t.value) is int if isinstance(t, Lit) else isinstance(t, Scalar) and t.dtype.startswith("int")


def _about_library(name: str, pos: Args) -> Atom | None:
    """Questions about the library that arrays are from."""
    types = [type_of_atom(a) for a in pos]
    if not all(isinstance(t, Array | Scalar | Num | Lit) or (isinstance(t, RefT) and t.obj is np) for t in types):
        return None
    if name == "array_namespace":
        return Ref(np, "np")
    if name in ("device", "xp_device", "xp_result_device"):
        return Const("cpu")
    if not types or (isinstance(types[0], Num) and not name.startswith(_NO, 3)):
        return None
    if name in ("is_numpy", "is_numpy_array", "is_numpy_namespace", "is_array_api_obj", "is_writeable_array"):
        return Const(isinstance(types[0], Array | RefT))
    return Const(False) if name.startswith("is_") and name.startswith(_NO, 3) else None


def _free(obj: Any) -> dict[str, Any]:
    cells = obj.__closure__ or ()
    return {n: c.cell_contents for n, c in zip(obj.__code__.co_freevars, cells, strict=True)}


def _unbatched(f: FunctionInfer, obj: Any, pos: Args, kw: Kw, name: str, untyped: Any) -> Any:
    """A function of matrices and vectors that got no more dimensions than those have."""

    free = _free(obj)
    names, ndims = free["names"], free["ndims"]
    arrays = [*pos[: len(names)], *(kw.pop(n) for n in names if n in kw)]
    for a, ndim in zip(arrays, ndims, strict=False):
        rank = rank_of(type_of_atom(a))
        if not _is_none(a) and (rank is None or rank > (2 if ndim == "1|2" else ndim)):
            return NotImplemented
    plain = [a if _is_none(a) else calls.call_object(f, Ref(np.asarray, "np.asarray"), (a,), {}, "", None) for a in arrays]
    return _inner(f, obj, (*plain, *pos[len(names) :]), kw, name, untyped)  # type: ignore[arg-type]


def _is_none(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Lit) and t.value is None


def _sampled(f: FunctionInfer, obj: Any, pos: Args, kw: Kw, name: str, untyped: Any) -> Any:
    """A statistic of samples along one axis. NaNs and samples that are too small raise, whatever ``nan_policy`` is.

    *before*: ``gmean(x, axis=0)``. *after*, for ``x: float64[n]``: the function that is wrapped, of ``checked_sample(x, 0)``.
    """

    free = _free(obj)
    if "_no_deco" in kw and _known(kw["_no_deco"]) is True:
        return _inner(f, obj, pos, {k: a for k, a in kw.items() if k != "_no_deco"}, name, untyped)
    bound = _bound(obj.__wrapped__, free["n_samples"], pos, kw)
    if bound is None:
        return NotImplemented
    given, samples = bound
    samples += [k for k in free["kwd_samples"] if k in given and not _is_none(given[k])]
    axis = given.pop("axis", Const(free["default_axis"]))
    along = _axis(axis)
    given.pop("nan_policy", None)
    keep = _known(given.pop("keepdims", Const(False)))
    ranks = {rank_of(type_of_atom(given[n])) for n in samples}
    single = ranks == {1} and (along in (None, 0, -1) or _is_int(type_of_atom(axis)))
    stacked = len(ranks) == 1 and not ranks & {None, 0, 1} and type(along) is int and _takes_axis(obj, free)
    least = _too_small(free["is_too_small"]) if single else 0
    if "_no_deco" in given or least is None or keep not in (False, True) or not (single or stacked):
        return NotImplemented

    def call(fn: Any, *args: Any) -> Any:
        return calls.call_object(f, Ref(fn, fn.__name__), args, {}, "", None)

    for n in samples:
        given[n] = call(checked_sample, given[n], Const(least))
        if stacked or along == "unknown":  # which raises where there is no such axis
            given[n] = call(np.moveaxis, given[n], axis, Const(-1))
    if stacked:
        given["axis"] = Const(-1)
    inner = obj.__wrapped__
    given = {k: a for k, a in given.items() if not _is_default(inner, k, a)}
    placed = tuple(given.pop(n) for n in samples if n in _positional(inner))
    result = calls.call_object(f, Ref(inner, inner.__name__), placed, given, "" if keep else name, None if keep else untyped)
    if not keep:
        return result
    single_result = free["n_outputs"] == 1 and result is not None and is_number(type_of_atom(result))
    return call(np.expand_dims, result, Const(0) if single else axis) if single_result else NotImplemented


def _bound(inner: Any, count: Any, pos: Args, kw: Kw) -> tuple[Kw, list[str]] | None:
    """All arguments by the names of their parameters (those of the wrapper among them), and the names of the samples."""
    names = _positional(inner)
    if callable(count):
        count = count({k: None if _is_none(a) else a for k, a in {**dict(zip(names, pos, strict=False)), **kw}.items()})
    if type(count) is not int or len(pos) > len(names) or set(names[: len(pos)]) & set(kw):
        return None
    given = {**dict(zip(names, pos, strict=False)), **kw}
    return (given, list(names[:count])) if set(names[:count]) <= set(given) else None


def _positional(inner: Any) -> tuple[str, ...]:
    code = inner.__code__
    return tuple(code.co_varnames[: code.co_argcount])


def _is_default(inner: Any, key: str, a: Atom) -> bool:
    """Is this the default? (A value that is given again is left out, so that the function's own literal is compiled.)"""
    found = inspect.signature(inner).parameters.get(key)
    t = type_of_atom(a)
    return found is not None and isinstance(t, Lit) and t.value is None and found.default is None


def _takes_axis(obj: Any, free: dict[str, Any]) -> bool:
    return "axis" in inspect.signature(obj.__wrapped__).parameters and not free["override"]["vectorization"]


def _known(a: Atom) -> Any:
    t = type_of_atom(a)
    return t.value if isinstance(t, Lit) else "unknown"


def _axis(a: Atom) -> Any:
    """The axis: a number, None, or ``"unknown"``."""
    value = _known(a)
    return value if value is None or type(value) is int else "unknown"


def _too_small(test: Callable[..., Any]) -> int | None:
    """The largest size that is too small, where that is a number."""
    known = _free(test).get("too_small", test) if getattr(test, "__closure__", None) else 0
    return known if isinstance(known, int) else None


def checked_sample(sample: Any, too_small: int) -> Any:
    """Compiled into the program: what the wrapper would do otherwise is not."""
    if sample.size <= too_small or np.any(np.isnan(sample)):
        raise ValueError("a sample that is too small or holds a NaN is differentiated")
    return sample


_PARSERS: dict[str, Any] = {}


def is_distribution(obj: Any) -> bool:
    """``stats.norm`` and its like: objects that are called with their parameters."""
    return not isinstance(obj, type) and callable(obj) and isinstance(type(obj).__call__, FunctionType)


def argument_parser(method: Any) -> Any:
    """``_parse_args`` of a distribution of ``scipy.stats``, with a source: SciPy makes it of a text for each distribution.

    It does not use ``self``."""
    text = getattr(method.__self__, "_parse_arg_template", None)
    if not isinstance(text, str):
        return None
    if text not in _PARSERS:
        file = f"<_parse_args of scipy.stats, {len(_PARSERS)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        space: dict[str, Any] = {"__name__": "scipy.stats"}
        exec(compile(text, file, "exec"), space)
        _PARSERS[text] = space
    return _PARSERS[text].get(method.__name__)


def _inner(f: FunctionInfer, obj: Any, pos: Args, kw: Kw, name: str, untyped: Any) -> Any:

    inner = obj.__wrapped__
    return calls.call_object(f, Ref(inner, inner.__name__), pos, kw, name, untyped)
