"""A small array that is filled where it is made is written with what is in it.

*before*::

    def f(x):
        p, q = x
        x_bar = np.zeros_like(x)
        x_bar[1] = p * 3.0
        x_bar[0] = p * q
        x_bar[1] -= q
        return x_bar * 2.0

*after*::

    def f(x):
        p, q = x
        x_bar = np.array([p * q, p * 3.0 - q])
        return x_bar * 2.0

Zeros of a known length, into whose elements numbers are stored, or added, before anything else reads them: the adjoint of
``a, b = x`` and of what is read element by element.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Ref, Stmt, Var, blocks_of, by_op, free_in
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import FLOAT, Affine, Array, List, dtype_of, is_number
from s2sad.simplify.contributions import makes_zeros

_MOST = 8  # elements


def display(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such arrays made at once: ``fn`` itself where there are none."""
    zeros = [s for s in by_op(fn.body).get("call", ()) if makes_zeros(s) and s.target not in primal]
    if not zeros:
        return fn
    sizes: dict[Affine, int] = {}
    for s in fn.body.stmts:
        if s.__class__ is Let and s.op == "unpack" and (size := _size(s.args[0])) is not None:
            sizes[size] = s.args[1].value  # type: ignore[union-attr]
    if not any(_is_short(s, sizes) for s in zeros):
        return fn
    return with_body(fn, _block(fn.body, primal, sizes))


def _size(a: Atom) -> Affine | None:
    """Of a vector of double precision."""
    t = a.type if isinstance(a, Var) else None
    return (
        t.dims[0] if isinstance(t, Array) and t.dtype == "float64" and t.dims is not None and len(t.dims) == 1 else None
    )


@dataclass(slots=True)
class _Filled:
    """Zeros that only stores of numbers have seen: where these are, and the sum that each element comes to."""

    made: int
    stores: list[int]
    sums: dict[int, list[tuple[str, Atom]]]


def _block(block: Block, primal: Container[Var], sizes: dict[Affine, int]) -> Block:
    out: list[list[Stmt]] = []
    zeros: dict[Var, _Filled] = {}
    for s in block.stmts:
        if s.__class__ is not Let:
            for v in free_in(s):
                _finish(v, zeros, sizes, out)
            s = with_blocks(s, tuple([_block(b, primal, sizes) for b in blocks_of(s)]))
        elif not (s.args and s.args[0] in zeros and _stored(s, zeros[s.args[0]], len(out), _length(s.args[0], sizes))):
            for a in s.args:
                _finish(a, zeros, sizes, out)
            if s.target is not None and s.target not in primal and makes_zeros(s) and _is_short(s, sizes):
                zeros[s.target] = _Filled(len(out), [], {})
        out.append([s])
    for a in block.results:
        _finish(a, zeros, sizes, out)
    return with_stmts(block, [s for stmts in out for s in stmts])


def _stored(s: Let, filled: _Filled, position: int, n: int) -> bool:
    """Is this a store of a number into an element? Then it is remembered."""
    k = s.args[1].value if len(s.args) > 2 and isinstance(s.args[1], Const) else None
    if k.__class__ is not int or not -n <= k < n or s.op not in ("setitem", "aug_setitem"):
        return False
    how = "" if s.op == "setitem" else s.args[3].value if isinstance(s.args[3], Const) else None
    value = type_of_atom(s.args[2])
    if how not in ("", "add", "sub") or not is_number(value) or dtype_of(value) != "float64":
        return False
    terms = filled.sums.setdefault(k % n, [])
    if how == "":
        terms.clear()
    terms.append((how or "add", s.args[2]))
    filled.stores.append(position)
    return True


def _finish(x: Atom, zeros: dict[Var, _Filled], sizes: dict[Affine, int], out: list[list[Stmt]]) -> None:
    """Something else reads the array: it is made here, if it is known in full."""
    filled = zeros.pop(x, None)  # type: ignore[arg-type]
    if filled is None or not isinstance(x, Var) or len(filled.sums) != _length(x, sizes):
        return
    *others, last = filled.stores
    loc = out[last][0].loc
    for position in (filled.made, *others):
        out[position] = []
    stmts, values = [], []
    for k in range(len(filled.sums)):
        (how, total), *more = filled.sums[k]
        for op, a in ([("neg", total)] if how == "sub" else []) + more:
            v = Var("", FLOAT)
            stmts.append(Let(v, op, (total,) if op == "neg" else (total, a), (), loc))
            total = v
        values.append(total)
    numbers = Var("", List(FLOAT, (FLOAT,) * len(values)))
    stmts.append(Let(numbers, "list", tuple(values), (), loc))
    out[last] = [*stmts, Let(x, "call", (Ref(np.array, "np.array"), numbers), (), loc)]


def _is_short(s: Let, sizes: dict[Affine, int]) -> bool:
    return s.target is not None and 0 < _length(s.target, sizes) <= _MOST


def _length(x: Var, sizes: dict[Affine, int]) -> int:
    """Of a vector of double precision, 0 where it is not known."""
    size = _size(x)
    return 0 if size is None else size.const if size.is_const else sizes.get(size, 0)


__all__ = ["display"]
