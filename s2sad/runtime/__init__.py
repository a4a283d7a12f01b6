"""All that generated code may import: ``from s2sad import runtime as rt``. NumPy only; right for every type."""

from __future__ import annotations

from s2sad.runtime.containers import accumulate, accumulate_into, as_adjoint, conform, copy, zeros_like
from s2sad.runtime.joining import astype, flatten, linspace_adj, reshape_adj, transpose_adj, unstack
from s2sad.runtime.memory import (
    Shadow, add_at, gather, last_store, owner_of, put_adjoint, scatter, store_adjoint, take_tail,
)
from s2sad.runtime.products import (
    dot_adj_a, dot_adj_b, matmul_adj_a, matmul_adj_b, outer_adj_a, outer_adj_b, tensordot_adj_a, tensordot_adj_b,
    tensordot_axes,
)
from s2sad.runtime.reductions import (
    cumprod_adj, cumprod_jvp, cumsum_adj, deviation, diagonal_adj, median_share, others, ptp_share, std_slope,
    var_slope,
)
from s2sad.runtime.safe import (
    clip_high, clip_inside, clip_low, exp_or_zero, imag_adj, log_or_zero, pow_da, pow_db, safe_div, safe_mul,
    sinc_curve, sinc_slope, wins,
)
from s2sad.runtime.scalars import digamma, dist_adj, dist_jvp, dot, item, other_factors, scale, spread, trigamma
from s2sad.runtime.shapes import (
    as_kind, count, expand, normalize_axes, restored, share, spread_to, unbroadcast, unreduce,
)

__all__ = [
    "Shadow", "accumulate", "accumulate_into", "add_at", "as_adjoint", "as_kind", "astype", "clip_high", "clip_inside",
    "clip_low", "conform", "copy", "count", "cumprod_adj", "cumprod_jvp", "cumsum_adj", "deviation", "diagonal_adj",
    "digamma", "dist_adj", "dist_jvp", "dot", "dot_adj_a", "dot_adj_b", "exp_or_zero", "expand", "flatten", "gather",
    "imag_adj", "item", "last_store", "linspace_adj", "log_or_zero", "matmul_adj_a", "matmul_adj_b", "median_share",
    "normalize_axes", "other_factors", "others", "outer_adj_a", "outer_adj_b", "owner_of", "pow_da", "pow_db",
    "ptp_share", "put_adjoint", "reshape_adj", "restored", "safe_div", "safe_mul", "scale", "scatter", "share",
    "sinc_curve", "sinc_slope", "spread", "spread_to", "std_slope", "store_adjoint", "take_tail", "tensordot_adj_a",
    "tensordot_adj_b", "tensordot_axes", "transpose_adj", "trigamma", "unbroadcast", "unreduce", "unstack", "var_slope",
    "wins", "zeros_like",
]
