"""What SciPy wraps its functions in, for plain NumPy arrays: which library arrays are from, batches, samples with NaNs.

The wrappers choose by the types and numbers of dimensions of the arguments, which are known here, so what they wrap is
compiled in their place. A sample that their other branches are for (with a NaN, or too small) raises when it is met.
SciPy is not imported: its functions are known by module and name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Ref
from s2sad.ir.types import Array, Lit, RefT, Scalar, is_number, rank_of

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
        known = _about_library(getattr(obj, "__name__", ""), pos)
        return NotImplemented if known is None else known
    if not home.startswith("scipy."):
        return NotImplemented
    code = getattr(getattr(obj, "__code__", None), "co_qualname", "")
    if code == _BATCH:
        return _unbatched(f, obj, pos, dict(kw), name, untyped)
    return _sampled(f, obj, pos, kw, name, untyped) if code == _SAMPLES else NotImplemented


def _about_library(name: str, pos: Args) -> Atom | None:
    """Questions about the library that arrays are from."""
    types = [type_of_atom(a) for a in pos]
    if not all(isinstance(t, Array | Scalar | Lit) or (isinstance(t, RefT) and t.obj is np) for t in types):
        return None
    if name == "array_namespace":
        return Ref(np, "np")
    if name in ("device", "xp_device"):
        return Const("cpu")
    if name in ("is_numpy", "is_numpy_array", "is_numpy_namespace", "is_array_api_obj", "is_writeable_array"):
        return Const(isinstance(types[0], Array | RefT))
    return Const(False) if name.startswith("is_") and name.startswith(_NO, 3) else None


def _free(obj: Any) -> dict[str, Any]:
    cells = obj.__closure__ or ()
    return {n: c.cell_contents for n, c in zip(obj.__code__.co_freevars, cells, strict=True)}


def _unbatched(f: FunctionInfer, obj: Any, pos: Args, kw: Kw, name: str, untyped: Any) -> Any:
    """A function of matrices and vectors that got no more dimensions than those have."""
    from s2sad.analysis.infer import calls

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
    """A statistic of vectors, with the default axis and without options for NaNs."""
    from s2sad.analysis.infer import calls

    samples = [a for a in pos if isinstance(type_of_atom(a), Array)]
    plain = all(rank_of(type_of_atom(a)) == 1 for a in samples) and all(is_number(type_of_atom(a)) for a in pos[len(samples) :])
    least = _too_small(_free(obj)["is_too_small"])
    if not samples or not plain or least is None or {"axis", "nan_policy", "keepdims", "_no_deco"} & set(kw):
        return NotImplemented
    checked = calls.call_object(f, Ref(checked_sample, "checked_sample"), (samples[0], Const(least)), {}, "", None)
    rest = [calls.call_object(f, Ref(checked_sample, "checked_sample"), (a, Const(least)), {}, "", None) for a in samples[1:]]
    return _inner(f, obj, (checked, *rest, *pos[len(samples) :]), kw, name, untyped)  # type: ignore[arg-type]


def _too_small(test: Callable[..., Any]) -> int | None:
    """The largest size that is too small, where that is a number."""
    known = _free(test).get("too_small", test) if getattr(test, "__closure__", None) else 0
    return known if isinstance(known, int) else None


def checked_sample(sample: Any, too_small: int) -> Any:
    """Compiled into the program: what the wrapper would do otherwise is not."""
    if sample.size <= too_small or np.any(np.isnan(sample)):
        raise ValueError("a sample that is too small or holds a NaN is differentiated")
    return sample


def _inner(f: FunctionInfer, obj: Any, pos: Args, kw: Kw, name: str, untyped: Any) -> Any:
    from s2sad.analysis.infer import calls

    inner = obj.__wrapped__
    return calls.call_object(f, Ref(inner, inner.__name__), pos, kw, name, untyped)
