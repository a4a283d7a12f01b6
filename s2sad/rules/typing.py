"""Type functions by name, for the rules and for inference. See ``typing_core`` and ``typing_shapes``."""

from __future__ import annotations

from s2sad.rules.typing_core import (
    TypeFn, as_array, axes_of, broadcast_dim, broadcast_dims, broadcasted, constant, cumulative, dot, dtype_arg,
    literal, math_float, matmul, never_raises, pair_type, probe, product, reduced, result_dtype, size_of, sizes_of,
)
from s2sad.rules.typing_shapes import (
    array_of_any, arrayed, broadcast_first, broadcast_to, cast, chosen, concatenated, expanded, flat, index_like,
    indexed, made, made_like, outer, reshaped, same_shape, shape_type, shaped, slice_dim, sorted_shape, squeezed,
    stacked, swapped, swapped_last, transposed, unsized,
)

__all__ = [
    "TypeFn", "array_of_any", "arrayed", "as_array", "axes_of", "broadcast_dim", "broadcast_dims", "broadcast_first",
    "broadcast_to", "broadcasted", "cast", "chosen", "concatenated", "constant", "cumulative", "dot", "dtype_arg",
    "expanded", "flat", "index_like", "indexed", "literal", "made", "made_like", "math_float", "matmul", "never_raises",
    "outer", "pair_type", "probe", "product", "reduced", "reshaped", "result_dtype", "same_shape", "shape_type",
    "shaped", "size_of", "sizes_of", "slice_dim", "sorted_shape", "squeezed", "stacked", "swapped", "swapped_last",
    "transposed", "unsized",
]
