"""``dot_into`` and ``plus`` of emitted modules, written where they are called.

Compiled as the functions that they are, they cost more than what they do: Numba compiles a product anew for each layout of
its operands, with four functions of Python that test sizes, 100 to 200 ms each time. Here one function of LLVM's in each
module looks at sizes and layouts when it runs, and calls BLAS by Numba's names for it. It is given the smallest job: a vector
where one side is one, nothing where a size is 0.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir as llvm
from numba.core import cgutils, ir, types
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic

_CHAR, _STATUS, _SIZE, _POINTER = llvm.IntType(8), llvm.IntType(32), cgutils.intp_t, cgutils.voidptr_t
_NAME = "s2sad.product"
_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (ValueError, "incompatible array sizes for np.dot(a, b)"),
    (OverflowError, "array size too large to fit in C int"),
    (RuntimeError, "BLAS gave an error"),
)


def _plus(typingctx: Any, x: Any, y: Any) -> Any:
    """A sum whose terms may come in any order."""
    if x != types.float64 or y != types.float64:
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fadd(*args, flags=("reassoc",))

    return types.float64(x, y), codegen


def _dot_into(typingctx: Any, a: Any, b: Any, out: Any) -> Any:
    """A product of matrices or vectors of floats, into memory without gaps."""
    kinds = (a, b, out)
    if not all(isinstance(k, types.Array) and k.dtype == types.float64 and k.ndim in (1, 2) for k in kinds) or out.layout != "C":
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        from numba.np.linalg import ensure_blas, make_contiguous

        ensure_blas()
        with make_contiguous(context, builder, signature, args) as (now, values):
            rows = (True, False, now.args[0].ndim == 1)  # which vectors are rows
            x, y, z = (_matrix(context, builder, *each) for each in zip(now.args, values, rows, strict=True))
            status = builder.call(_product(builder.module), [*x, *y, *z[1:]])
        for k, (kind, text) in enumerate(_ERRORS, 1):
            with builder.if_then(builder.icmp_signed("==", status, _STATUS(k)), likely=False):
                context.call_conv.return_user_exc(builder, kind, (text,))
        return context.get_dummy_value()

    return types.none(a, b, out), codegen


def _matrix(context: Any, builder: Any, kind: Any, value: Any, row: bool) -> list[Any]:
    """Whether it lies by columns, its elements, and its two sizes."""
    array = cgutils.create_struct_proxy(kind)(context, builder, value)
    sizes = cgutils.unpack_tuple(builder, array.shape, kind.ndim)
    if len(sizes) == 1:
        sizes.insert(0 if row else 1, _SIZE(1))
    by_columns = cgutils.bool_t(int(kind.ndim == 2 and kind.layout == "F"))
    return [by_columns, builder.bitcast(array.data, _POINTER), *sizes]


def _product(module: Any) -> Any:
    """The function of a module that multiplies ``x``, m by k, and ``y``, k by n; what it gives back is 0, or counts errors."""
    if _NAME in module.globals:
        return module.globals[_NAME]
    matrix = [cgutils.bool_t, _POINTER, _SIZE, _SIZE]
    fn = llvm.Function(module, llvm.FunctionType(_STATUS, [*matrix, *matrix, *matrix[1:]]), _NAME)
    fn.linkage = "internal"
    fn.attributes.add("noinline")
    b = llvm.IRBuilder(fn.append_basic_block("entry"))
    x_turned, x, m, k, y_turned, y, k_too, n, out, rows, columns = fn.args
    one, zero = (cgutils.alloca_once_value(b, llvm.Constant(llvm.DoubleType(), v)) for v in (1.0, 0.0))
    one, zero = (b.bitcast(p, _POINTER) for p in (one, zero))
    same = [b.icmp_signed("==", *pair) for pair in ((k, k_too), (m, rows), (n, columns))]
    with b.if_then(b.not_(b.and_(b.and_(same[0], same[1]), same[2])), likely=False):
        b.ret(_STATUS(1))
    large = [b.icmp_signed(">", size, _SIZE(2**31 - 1)) for size in (m, k, n)]
    with b.if_then(b.or_(b.or_(large[0], large[1]), large[2]), likely=False):
        b.ret(_STATUS(2))
    empty = [b.icmp_signed("==", size, _SIZE(0)) for size in (m, k, n)]
    with b.if_then(b.or_(b.or_(empty[0], empty[1]), empty[2]), likely=False):
        cgutils.memset(b, out, b.mul(b.mul(m, n), _SIZE(8)), 0)
        b.ret(_STATUS(0))
    x_lead, y_lead = b.select(x_turned, m, k), b.select(y_turned, k, n)  # as BLAS sees it, everything lies by columns
    with b.if_then(b.icmp_signed("==", n, _SIZE(1))):
        _times_vector(b, x_turned, (m, k), x, x_lead, y, out, one, zero)
    with b.if_then(b.icmp_signed("==", m, _SIZE(1))):
        _times_vector(b, b.not_(y_turned), (n, k), y, y_lead, x, out, one, zero)
    kinds = [_STATUS, [_CHAR] * 3 + [_SIZE] * 3 + [_POINTER, _POINTER, _SIZE, _POINTER, _SIZE, _POINTER, _POINTER, _SIZE]]
    gemm = cgutils.get_or_insert_function(module, llvm.FunctionType(*kinds), "numba_xxgemm")
    ways = [b.select(turned, _letter("t"), _letter("n")) for turned in (y_turned, x_turned)]
    _finish(b, b.call(gemm, [_letter("d"), *ways, n, m, k, one, y, y_lead, x, x_lead, zero, out, n]))
    return fn


def _times_vector(b: Any, lies: Any, sizes: Any, a: Any, lead: Any, v: Any, out: Any, one: Any, zero: Any) -> None:
    """A matrix of these sizes times a vector; ``lies``: it is stored by columns."""
    kinds = [_STATUS, [_CHAR, _CHAR, _SIZE, _SIZE, _POINTER, _POINTER, _SIZE, _POINTER, _POINTER, _POINTER]]
    gemv = cgutils.get_or_insert_function(b.module, llvm.FunctionType(*kinds), "numba_xxgemv")
    first, second = (b.select(lies, x, y) for x, y in (sizes, sizes[::-1]))
    way = b.select(lies, _letter("n"), _letter("t"))
    _finish(b, b.call(gemv, [_letter("d"), way, first, second, one, a, lead, v, zero, out]))


def _finish(b: Any, status: Any) -> None:
    b.ret(b.select(cgutils.is_not_null(b, status), _STATUS(3), _STATUS(0)))


def _letter(c: str) -> Any:
    return llvm.Constant(_CHAR, ord(c))


_DIRECT = {"dot_into": intrinsic(_dot_into), "plus": intrinsic(_plus)}


def direct_calls(func_ir: Any) -> None:
    """Let a function do what it called these helpers for; in an emitted module, nothing else has their names."""
    for block in func_ir.blocks.values():
        for inst in block.body:
            value = inst.value if isinstance(inst, ir.Assign) else None
            if isinstance(value, ir.Global) and isinstance(value.value, Dispatcher) and value.name in _DIRECT:
                inst.value = ir.Global(value.name, _DIRECT[value.name], value.loc)
                func_ir._definitions[inst.target.name] = [inst.value]


__all__ = ["direct_calls"]
