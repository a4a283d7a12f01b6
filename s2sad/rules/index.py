"""Which functions have their rules in the families that are declared only when one of them is met.

A family is a module of this package; most programs need none of these. ``tests/test_rules.py`` compares the lists with what
the modules declare and says what is missing.
"""

from __future__ import annotations

FAMILIES: dict[str, str] = {
    "arranging": """
        numpy.array_split numpy.column_stack numpy.concatenate numpy.diag numpy.diagonal numpy.diff
        numpy.dstack numpy.flip numpy.hstack numpy.lib.stride_tricks.sliding_window_view
        numpy.meshgrid numpy.pad numpy.repeat numpy.roll numpy.split
        numpy.stack numpy.tile numpy.tril numpy.triu numpy.vstack s2sad.runtime.joining.meshgrid_dot
    """,
    "complex_numbers": """
        builtins.complex cmath.acos cmath.acosh cmath.asin cmath.asinh cmath.atan cmath.atanh cmath.cos
        cmath.cosh cmath.exp cmath.isclose cmath.isfinite cmath.isinf cmath.isnan cmath.log cmath.log10
        cmath.phase cmath.rect cmath.sin cmath.sinh cmath.sqrt cmath.tan cmath.tanh
    """,
    "counting": """
        s2sad.runtime.counting.bin_counts s2sad.runtime.counting.bin_sums s2sad.runtime.counting.bin_sums_adj
        s2sad.runtime.counting.unique_counts s2sad.runtime.counting.unique_inverse s2sad.runtime.counting.unique_places
    """,
    "fourier": """
        numpy.fft.fft numpy.fft.fft2 numpy.fft.fftn numpy.fft.ifft numpy.fft.ifft2 numpy.fft.ifftn
        numpy.fft.irfft numpy.fft.rfft s2sad.runtime.fourier.doubled s2sad.runtime.fourier.inverse_norm
        s2sad.runtime.fourier.resized
        s2sad.runtime.fourier.transform_size
    """,
    "helpers_arrays": """
        s2sad.runtime.joining.column_stack_adj s2sad.runtime.joining.concatenate_adj
        s2sad.runtime.joining.diag_adj s2sad.runtime.joining.diff_adj s2sad.runtime.joining.hstack_adj
        s2sad.runtime.joining.linspace_adj s2sad.runtime.joining.pad_adj s2sad.runtime.joining.rejoin
        s2sad.runtime.joining.repeat_adj s2sad.runtime.joining.stack_adj s2sad.runtime.joining.tile_adj
        s2sad.runtime.joining.windows_adj
        s2sad.runtime.reductions.cumprod_adj s2sad.runtime.reductions.cumprod_jvp
        s2sad.runtime.reductions.others s2sad.runtime.reductions.std_slope s2sad.runtime.reductions.var_slope
        s2sad.runtime.scalars.dot s2sad.runtime.scalars.scale s2sad.runtime.scalars.spread
        s2sad.runtime.selecting.choose_adj s2sad.runtime.selecting.compress_adj
        s2sad.runtime.selecting.select_adj s2sad.runtime.selecting.sort_adj
        s2sad.runtime.selecting.sort_dot s2sad.runtime.selecting.take_adj
        s2sad.runtime.selecting.take_along_axis_adj
    """,
    "helpers_linalg": """
        s2sad.runtime.einsum.einsum_adj s2sad.runtime.einsum.einsum_dot s2sad.runtime.linalg.cofactor
        s2sad.runtime.linalg.convolve_adj_a s2sad.runtime.linalg.correlate_adj_a s2sad.runtime.linalg.correlate_adj_v
        s2sad.runtime.linalg.cross_adj_a s2sad.runtime.linalg.cross_adj_b
        s2sad.runtime.linalg.from_lower s2sad.runtime.linalg.gaps s2sad.runtime.linalg.half
        s2sad.runtime.linalg.inner_adj_a s2sad.runtime.linalg.inner_adj_b s2sad.runtime.linalg.kron_adj_a
        s2sad.runtime.linalg.kron_adj_b s2sad.runtime.linalg.norm_slope s2sad.runtime.linalg.pairing
        s2sad.runtime.linalg.scaled s2sad.runtime.linalg.solve_adj_a s2sad.runtime.linalg.to_lower
        s2sad.runtime.products.tensordot_adj_a s2sad.runtime.products.tensordot_adj_b
    """,
    "linalg": """
        numpy.convolve numpy.correlate numpy.cross numpy.dot numpy.einsum numpy.inner numpy.kron
        numpy.linalg.cholesky numpy.linalg.det numpy.linalg.eigh numpy.linalg.eigvalsh numpy.linalg.inv
        numpy.linalg.lstsq numpy.linalg.matrix_power numpy.linalg.matrix_rank numpy.linalg.multi_dot
        numpy.linalg.norm numpy.linalg.pinv numpy.linalg.qr numpy.linalg.slogdet numpy.linalg.solve
        numpy.linalg.svd numpy.linalg.svdvals numpy.matrix_transpose numpy.outer numpy.tensordot numpy.vdot
        numpy.vecdot s2sad.runtime.linalg.mt
    """,
    "mathematics": """
        bisect.bisect_left bisect.bisect_right builtins.bool builtins.divmod builtins.float builtins.hash
        builtins.int builtins.len builtins.max builtins.min builtins.round builtins.sum math.acos math.acosh
        math.asin math.asinh math.atan math.atan2 math.atanh math.cbrt math.ceil math.comb math.copysign
        math.cos math.cosh math.degrees math.dist math.erf math.erfc math.exp math.exp2 math.expm1 math.fabs
        math.factorial math.floor math.fmod math.frexp math.fsum math.gamma math.gcd math.hypot math.isclose
        math.isfinite math.isinf math.isnan math.isqrt math.lcm math.ldexp math.lgamma math.log math.log10
        math.log1p math.log2 math.modf math.nextafter math.perm math.pow math.prod math.radians math.remainder
        math.sin math.sinh math.sqrt math.tan math.tanh math.trunc math.ulp numpy.divmod numpy.float32
        numpy.float64 s2sad.runtime.scalars.item
    """,
    "ordering": """
        numpy.argpartition numpy.argsort numpy.argwhere numpy.digitize numpy.flatnonzero numpy.interp
        numpy.lexsort numpy.nonzero numpy.partition numpy.searchsorted numpy.sort
    """,
    "shaping": """
        numpy.atleast_1d numpy.atleast_2d numpy.atleast_3d numpy.broadcast_shapes numpy.broadcast_to
        numpy.expand_dims numpy.moveaxis numpy.ndim numpy.ravel numpy.reshape numpy.shape numpy.size
        numpy.squeeze numpy.swapaxes numpy.transpose s2sad.runtime.joining.flatten
    """,
    "special": """
        numpy.angle numpy.frexp numpy.modf numpy.sinc s2sad.runtime.safe.abs_slope
    """,
    "stacked_products": """
        numpy.matvec numpy.vecmat
    """,
    "started": """
        s2sad.runtime.reductions.prod_from s2sad.runtime.reductions.sum_from
    """,
}
_METHODS: dict[str, str] = {  # of arrays
    "arranging": "diagonal repeat",
    "linalg": "dot",
    "mathematics": "item",
    "ordering": "argpartition argsort nonzero searchsorted",
    "shaping": "flatten ravel reshape squeeze swapaxes transpose",
}

FUNCTIONS = {name: family for family, names in FAMILIES.items() for name in names.split()}
METHODS = {name: family for family, names in _METHODS.items() for name in names.split()}
HOMES = frozenset(name.rpartition(".")[0] for name in FUNCTIONS)  # modules of those functions
