"""Sizes that a loop keeps: what arithmetic makes of an array has that array's sizes, by whatever name they go.

*before*                                              *after*::

    for _ in range(n):  # y: (y00,) and then (2,)         for _ in range(n):  # y: (y00,)
        y = y + dt * np.array([y[1], -y[0]])                  y = y + dt * np.array([y[1], -y[0]])

Neither size is 1, so NumPy raises where they differ: if the loop goes on, they are one.
"""

from __future__ import annotations

from s2sad.analysis.infer.program import Spec
from s2sad.ir.nodes import Atom, Block, Let, Ref, Var
from s2sad.ir.types import Array, Dim, Type
from s2sad.rules.registry import lookup

_ARITHMETIC = frozenset({"add", "sub", "mul", "truediv", "pow", "neg", "pos"})
_DEPTH = 12  # steps that are followed from the end of an iteration to its start


def kept(joined: Type, before: Type, carried: Atom, after: Atom, body: Block) -> Type:
    """``joined``, of an array before an iteration and after it, with the sizes that it keeps."""
    if joined.__class__ is not Array or before.__class__ is not Array or after.__class__ is not Var:
        return joined
    old, new = before.dims, after.type.dims if after.type.__class__ is Array else None
    dims = joined.dims
    if dims is None or old is None or new is None:
        return joined
    lost = [k for k, (d, m, n) in enumerate(zip(dims, old, new, strict=True)) if d is None and _are_long(m, n)]
    if not lost or not _comes_from(after, carried, body, len(dims), lost, _DEPTH):
        return joined
    return Array(joined.dtype, tuple(old[k] if k in lost else d for k, d in enumerate(dims)))


def _are_long(*dims: Dim) -> bool:
    return all(d is not None and d.not_one for d in dims)


def _comes_from(v: Atom, start: Atom, body: Block, rank: int, axes: list[int], depth: int) -> bool:
    """Has arithmetic made ``v`` of ``start``, over arrays of that rank that are not 1 along ``axes``?"""
    if v is start:
        return True
    if v.__class__ is not Var or not depth or not _is_long(v, rank, axes):
        return False
    made = next((s for s in body.stmts if s.__class__ is Let and s.target is v), None)
    if made is None:
        return False
    if made.op in _ARITHMETIC:
        return any(_comes_from(a, start, body, rank, axes, depth - 1) for a in made.args)
    callee = made.args[0] if made.op == "call" else None
    if callee.__class__ is not Ref:
        return False
    if isinstance(callee.obj, Spec):
        fn = callee.obj.fn
        if fn is None:
            return False
        given = zip(fn.params, made.args[1:], strict=False)
        return any(
            _comes_from(a, start, body, rank, axes, depth - 1)
            and _comes_from(fn.result, p.var, fn.body, rank, axes, depth - 1)
            for p, a in given
        )
    rule = lookup(callee.obj)
    if rule is None or rule.kind != "elementwise" or made.kwnames:
        return False
    return any(_comes_from(a, start, body, rank, axes, depth - 1) for a in made.args[1:])


def _is_long(v: Var, rank: int, axes: list[int]) -> bool:
    dims = v.type.dims if v.type.__class__ is Array else None
    return dims is not None and len(dims) == rank and _are_long(*[dims[k] for k in axes])


__all__ = ["kept"]
