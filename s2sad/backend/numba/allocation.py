"""``np.empty`` and ``np.zeros`` of compiled functions, without a compiler run for each.

Numba compiles five functions of its own, one inside the other, for the first ``np.empty`` of a rank, and LLVM copies what
is left of them to each place where an array is made. Here one function that allocates is written for each rank, and each
place calls it. Errors are the same: a negative size, more than there are addresses, no memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir as llvm
from numba.core import cgutils, ir, types
from numba.extending import intrinsic

from s2sad.backend.numba.flat import flat

_STATUS = llvm.IntType(32)
_MADE = llvm.LiteralStructType([cgutils.voidptr_t, cgutils.voidptr_t, _STATUS])  # owner, elements, what went wrong
_ERRORS: tuple[tuple[str, type[Exception], str], ...] = (  # as Numba words them
    ("negative", ValueError, "negative dimensions not allowed"),
    ("large", ValueError, "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum possible size."),
    ("memory", MemoryError, "Allocation failed (probably too large)."),
)


def _maker(dtype: Any, zero: bool) -> Any:
    """The function of a shape that makes an array of this type; with zeros, or with what was there."""

    def made(typingctx: Any, shape: Any) -> Any:
        sizes = tuple(shape) if isinstance(shape, types.Tuple | types.UniTuple) else (shape,)
        if not all(isinstance(s, types.Integer) for s in sizes):
            return None

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            values = cgutils.unpack_tuple(builder, args[0], len(sizes)) if sizes != (shape,) else args
            dims = [context.cast(builder, v, s, types.intp) for v, s in zip(values, sizes, strict=True)]
            return _array(context, builder, signature.return_type, dims, zero)

        return types.Array(dtype, len(sizes), "C")(shape), codegen

    return intrinsic(made)


def _array(context: Any, builder: Any, kind: Any, dims: Sequence[Any], zero: bool) -> Any:
    """The fields of a new array."""
    itemsize = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    allocator = _allocator(context, builder.module, len(dims), itemsize, context.get_preferred_array_alignment(kind.dtype), zero)
    made = builder.call(allocator, dims)
    _raise_errors(context, builder, builder.extract_value(made, 2))
    size = cgutils.intp_t(itemsize)
    strides, count = [size], cgutils.intp_t(1)
    for n in reversed(dims[1:]):
        strides.insert(0, builder.mul(strides[0], n))
    for n in dims:
        count = builder.mul(count, n)
    data = builder.bitcast(builder.extract_value(made, 1), context.get_data_type(kind.dtype).as_pointer())
    fields = {
        "meminfo": builder.extract_value(made, 0), "nitems": count, "itemsize": size, "data": data,
        "shape": cgutils.pack_array(builder, dims, ty=cgutils.intp_t),
        "strides": cgutils.pack_array(builder, strides[: len(dims)], ty=cgutils.intp_t),
    }  # fmt: skip
    model = context.data_model_manager[kind]
    out = llvm.Constant(context.get_value_type(kind), None)
    for name, value in fields.items():
        out = builder.insert_value(out, value, model.get_field_position(name))
    return out


def _allocator(context: Any, module: Any, rank: int, itemsize: int, align: int, zero: bool) -> Any:
    """The function of a module that allocates for the sizes that it is given."""
    name = f"s2sad.{'zeros' if zero else 'empty'}.{rank}.{itemsize}.{align}"
    if name in module.globals:
        return module.globals[name]
    fn = llvm.Function(module, llvm.FunctionType(_MADE, [cgutils.intp_t] * rank), name)
    fn.linkage = "internal"
    fn.attributes.add("noinline")
    b = llvm.IRBuilder(fn.append_basic_block("entry"))
    negative, large, count = cgutils.false_bit, cgutils.false_bit, cgutils.intp_t(1)
    for n in fn.args:
        negative = b.or_(negative, b.icmp_signed("<", n, cgutils.intp_t(0)))
    for n in (*fn.args, cgutils.intp_t(itemsize)):
        product = b.smul_with_overflow(count, n)
        count = b.extract_value(product, 0)
        large = b.or_(large, b.extract_value(product, 1))
    with b.if_then(b.or_(negative, large), likely=False):
        _give(b, None, None, b.select(negative, _STATUS(1), _STATUS(2)))
    owner = context.nrt.meminfo_alloc_aligned_unchecked(b, count, align)
    with b.if_then(cgutils.is_null(b, owner), likely=False):
        _give(b, None, None, _STATUS(3))
    data = context.nrt.meminfo_data(b, owner)
    if zero:
        cgutils.memset(b, data, count, 0)
    _give(b, owner, data, _STATUS(0))
    return fn


def _give(b: Any, owner: Any, data: Any, status: Any) -> None:
    out = llvm.Constant(_MADE, None)
    if owner is not None:
        out = b.insert_value(b.insert_value(out, owner, 0), data, 1)
    b.ret(b.insert_value(out, status, 2))


def _raise_errors(context: Any, builder: Any, status: Any) -> None:
    """Leave the function where an array could not be made."""
    blocks = {block.name: block for block in builder.function.blocks}
    goes_on = builder.append_basic_block("made")
    switch = builder.switch(status, goes_on)
    for k, (name, kind, text) in enumerate(_ERRORS, 1):
        block = blocks.get(f"s2sad.{name}")
        if block is None:
            block = builder.append_basic_block(f"s2sad.{name}")
            with builder.goto_block(block):
                context.call_conv.return_user_exc(builder, kind, (text,))
        switch.add_case(_STATUS(k), block)
    switch.set_weights([99, 1, 1, 1])
    builder.position_at_end(goes_on)


_TYPES = {"float64": types.float64, "int64": types.int64, "bool": types.boolean}
_MAKERS = {(f, t): _maker(kind, f == "zeros") for f in ("empty", "zeros") for t, kind in _TYPES.items()}


def own_allocation(func_ir: Any) -> None:
    """Let a function make its arrays by the functions of this file (and flatten them by ``flat.py``)."""
    for block in func_ir.blocks.values():
        numpy: set[str] = set()
        texts: dict[str, str] = {}
        found: dict[str, Any] = {}
        for inst in block.body:
            if not isinstance(inst, ir.Assign):
                continue
            name, value = inst.target.name, inst.value
            if isinstance(value, ir.Global) and value.value is np:
                numpy.add(name)
            elif isinstance(value, ir.Const) and isinstance(value.value, str):
                texts[name] = value.value
            elif isinstance(value, ir.Expr) and value.op == "getattr" and value.value.name in numpy:
                found[name] = inst
            elif isinstance(value, ir.Expr) and value.op == "call" and value.func.name in found:
                _replace(func_ir, found[value.func.name], value, texts)


def _replace(func_ir: Any, loaded: Any, call: Any, texts: dict[str, str]) -> None:
    options = dict(call.kws)
    if loaded.value.attr == "ravel" and len(call.args) == 1 and not options and call.vararg is None:
        loaded.value = ir.Global("ravel", flat, loaded.loc)
        func_ir._definitions[loaded.target.name] = [loaded.value]
        return
    dtype = options.pop("dtype", None)
    maker = _MAKERS.get((loaded.value.attr, "float64" if dtype is None else texts.get(dtype.name, "")))
    if maker is None or len(call.args) != 1 or options or call.vararg is not None:
        return
    loaded.value = ir.Global(loaded.value.attr, maker, loaded.loc)
    func_ir._definitions[loaded.target.name] = [loaded.value]
    call.kws = ()


def is_maker(value: Any) -> bool:
    """Is a value that a function calls one of the functions of this file?"""
    return any(value is maker for maker in _MAKERS.values())


__all__ = ["is_maker", "own_allocation"]
