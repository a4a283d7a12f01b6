"""What ``rewritten`` compiles for helpers of SciPy that are about libraries other than NumPy; imported when one is met."""

from __future__ import annotations

from typing import Any

import numpy as np


def xp_result_type(*args: Any, force_floating: bool = False, xp: Any = None) -> Any:
    kept = _without_none(args)
    return np.result_type(*kept, np.float64) if force_floating else np.result_type(*kept)


def _without_none(args: Any) -> Any:
    if len(args) == 0:
        return ()
    rest = _without_none(args[1:])
    return rest if args[0] is None else (args[0], *rest)


def xp_promote(*args: Any, broadcast: bool = False, force_floating: bool = False, xp: Any = None) -> Any:
    if len(args) == 0:
        return args
    dtype = xp_result_type(*args, force_floating=force_floating, xp=xp)
    arrays = tuple(map(lambda a: None if a is None else np.asarray(a, dtype=dtype), args))
    if broadcast:
        shape = np.broadcast_shapes(*map(np.shape, _without_none(arrays)))
        arrays = tuple(map(lambda a: None if a is None else np.broadcast_to(a, shape), arrays))
    return arrays[0] if len(args) == 1 else arrays


def asarray(
    array: Any, dtype: Any = None, order: Any = None, copy: Any = None, *, xp: Any = None, check_finite: bool = False,
    subok: bool = False,
) -> Any:  # fmt: skip
    out = np.array(array, dtype=dtype, order=order) if copy else np.asarray(array, dtype=dtype, order=order)
    if check_finite and not np.all(np.isfinite(out)):
        raise ValueError("array must not contain infs or NaNs")
    return out


def xp_copy(x: Any, *, xp: Any = None) -> Any:
    return np.array(x)


def xp_default_dtype(xp: Any) -> Any:
    return np.float64


def xp_size(x: Any) -> int:
    return x.size


def xp_ravel(x: Any, *, xp: Any = None) -> Any:
    return np.reshape(x, (-1,))
