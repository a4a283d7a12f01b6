"""``np.ravel`` of compiled functions: of an array without gaps it is another view of its memory.

Numba compiles four functions of its own to find that out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir as llvm
from numba.core import cgutils, types
from numba.extending import intrinsic


def _by_numba(x: Any) -> Any:
    return np.ravel(x)


def _flat(typingctx: Any, x: Any) -> Any:
    if not isinstance(x, types.Array):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = signature.return_type
        if x.layout != "C":
            return context.compile_internal(builder, _by_numba, signature, args)
        old, new = context.data_model_manager[x], context.data_model_manager[kind]
        fields = {
            name: builder.extract_value(args[0], old.get_field_position(name))
            for name in ("meminfo", "parent", "nitems", "itemsize", "data")
        }
        fields["shape"] = cgutils.pack_array(builder, [fields["nitems"]], ty=cgutils.intp_t)
        fields["strides"] = cgutils.pack_array(builder, [fields["itemsize"]], ty=cgutils.intp_t)
        out = llvm.Constant(context.get_value_type(kind), None)
        for name, value in fields.items():
            out = builder.insert_value(out, value, new.get_field_position(name))
        context.nrt.incref(builder, kind, out)
        return out

    return (x.copy(ndim=1) if x.layout == "C" else types.Array(x.dtype, 1, "C"))(x), codegen


flat = intrinsic(_flat)

__all__ = ["flat"]
