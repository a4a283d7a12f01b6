"""All that generated code may import: ``from s2sad import runtime as rt``. NumPy only; right for every type."""

from __future__ import annotations

from s2sad.runtime.containers import accumulate, accumulate_into, as_adjoint, conform, copy, zeros_like
from s2sad.runtime.einsum import einsum_adj, einsum_adj_subscripts, einsum_dot, explicit
from s2sad.runtime.joining import (
    PAD_MODES, astype, column_stack_adj, concatenate_adj, diag_adj, diff_adj, flatten, hstack_adj, linspace_adj,
    meshgrid_adj, meshgrid_dot, negated, pad_adj, repeat_adj, reshape_adj, stack_adj, tile_adj, transpose_adj, unstack,
)
from s2sad.runtime.linalg import (
    cholesky_adj, cholesky_jvp, cofactor, convolve_adj_a, cross_adj_a, cross_adj_b, eigh_adj, eigh_jvp, eigvalsh_adj,
    eigvalsh_jvp, inner_adj_a, inner_adj_b, kron_adj_a, kron_adj_b, matrix_power_adj, matrix_power_jvp, mt, norm_slope,
    pairing, pinv_adj, pinv_jvp, qr_adj, qr_jvp, scaled, solve_adj_a, solve_dot, svd_adj, svd_jvp,
)
from s2sad.runtime.lists import add_slice, repeated, shares_memory, unsort
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
    angle_adj, angle_jvp, clip_high, clip_inside, clip_low, exp_or_zero, imag_adj, log_or_zero, pow_da, pow_db,
    safe_div, safe_mul, sinc_curve, sinc_slope, wins,
)
from s2sad.runtime.scalars import digamma, dist_adj, dist_jvp, dot, item, other_factors, scale, spread, trigamma
from s2sad.runtime.selecting import (
    choose_adj, compress_adj, interp_adj_fp, interp_adj_xp, interp_dot, interp_slope, partition_adj, partition_dot,
    select_adj, select_rest, sort_adj, sort_dot, take_adj, take_along_axis_adj,
)
from s2sad.runtime.shapes import (
    as_kind, count, expand, normalize_axes, restored, share, spread_to, unbroadcast, unreduce,
)
from s2sad.runtime.tangents import rebuild, zero_tangent

__all__ = [
    "PAD_MODES", "Shadow", "accumulate", "accumulate_into", "add_at", "add_slice", "shares_memory", "angle_adj", "angle_jvp",
    "as_adjoint", "as_kind", "astype", "cholesky_adj", "cholesky_jvp", "choose_adj", "clip_high", "clip_inside",
    "clip_low", "cofactor", "column_stack_adj", "compress_adj", "concatenate_adj", "conform", "convolve_adj_a", "copy",
    "count", "cross_adj_a", "cross_adj_b", "cumprod_adj", "cumprod_jvp", "cumsum_adj", "deviation", "diag_adj",
    "diagonal_adj", "diff_adj", "digamma", "dist_adj", "dist_jvp", "dot", "dot_adj_a", "dot_adj_b", "eigh_adj",
    "eigh_jvp", "eigvalsh_adj", "eigvalsh_jvp", "einsum_adj", "einsum_adj_subscripts", "einsum_dot", "exp_or_zero",
    "expand", "explicit", "flatten", "gather", "hstack_adj", "imag_adj", "inner_adj_a", "inner_adj_b", "interp_adj_fp",
    "interp_adj_xp", "interp_dot", "interp_slope", "item", "kron_adj_a", "kron_adj_b", "last_store", "linspace_adj",
    "log_or_zero", "matmul_adj_a", "matmul_adj_b", "matrix_power_adj", "matrix_power_jvp", "median_share",
    "meshgrid_adj", "meshgrid_dot", "mt", "negated", "norm_slope", "normalize_axes", "other_factors", "others",
    "outer_adj_a", "outer_adj_b", "owner_of", "pad_adj", "pairing", "partition_adj", "partition_dot", "pinv_adj",
    "pinv_jvp", "pow_da", "pow_db", "ptp_share", "put_adjoint", "qr_adj", "qr_jvp", "rebuild", "repeat_adj", "repeated",
    "reshape_adj", "restored", "safe_div", "safe_mul", "scale", "scaled", "scatter", "select_adj", "select_rest",
    "share", "sinc_curve", "sinc_slope", "solve_adj_a", "solve_dot", "sort_adj", "sort_dot", "spread", "spread_to",
    "stack_adj", "std_slope", "store_adjoint", "svd_adj", "svd_jvp", "take_adj", "take_along_axis_adj", "take_tail",
    "tensordot_adj_a", "tensordot_adj_b", "tensordot_axes", "tile_adj", "transpose_adj", "trigamma", "unbroadcast",
    "unreduce", "unsort", "unstack", "var_slope", "wins", "zero_tangent", "zeros_like",
]
