"""Functions that work element by element are written in the place of their calls, as far as that does not grow too much.

*before*::

    def f(x):
        return np.sum(gate(x))

    def gate(x):
        t = np.exp(-x)
        s = 1.0 + t * t
        r = s * np.sqrt(s)
        y = r * x + t
        return y / s

*after*::

    def f(x):
        t = np.exp(-x)
        s = 1.0 + t * t
        r = s * np.sqrt(s)
        y = r * x + t
        return np.sum(y / s)

Differentiated apart, such a function hands all that its adjoint reads to it as arrays, as many as it has statements. Here,
caller and callee become one loop, forward and back, in which all that are numbers. This is done before differentiation,
and for machine code alone: a reader is better served by the pair.
"""

from __future__ import annotations

from s2sad.ad.expand import in_place
from s2sad.analysis.infer.program import Spec
from s2sad.backend.numba.elementwise import maker
from s2sad.ir.nodes import Atom, Block, Function, Let, Ref, Stmt, Var, blocks_of, by_op
from s2sad.ir.rewrite import subst_atoms, subst_heads, with_blocks, with_body
from s2sad.ir.types import Array

_MOST = 120  # statements that come into one function


def elementwise_inlined(fn: Function) -> Function:
    """``fn`` with such calls written out."""
    wanted = _wanted(fn)
    return with_body(fn, _block(fn.body, wanted, {})) if wanted else fn


def _wanted(fn: Function) -> set[Let]:
    found: dict[Spec, list[Let]] = {}
    for s in by_op(fn.body).get("call", ()):
        ref = s.args[0]
        if isinstance(ref, Ref) and isinstance(ref.obj, Spec) and is_elementwise(ref.obj):
            found.setdefault(ref.obj, []).append(s)
    out: set[Let] = set()
    left = _MOST
    for spec, calls in found.items():
        left -= len(calls) * len(spec.fn.body.stmts)  # type: ignore[union-attr]
        if left >= 0:
            out.update(calls)
    return out


def is_elementwise(spec: Spec) -> bool:
    """Does it make one array of elements of its arguments, statement by statement?"""
    fn = spec.fn
    if fn is None or spec.recursive or not isinstance(fn.result, Var) or not isinstance(fn.result.type, Array):
        return False
    return all(isinstance(s, Let) and maker(s) is not None for s in fn.body.stmts)


def _block(block: Block, wanted: set[Let], env: dict[Var, Atom]) -> Block:
    out: list[Stmt] = []
    for old in block.stmts:
        s = subst_heads(old, env)
        if not isinstance(s, Let):
            out.append(with_blocks(s, tuple(_block(b, wanted, env) for b in blocks_of(s))))
            continue
        made = in_place(s, env) if old in wanted else None
        out += (s,) if made is None else made
    return Block(tuple(out), subst_atoms(block.results, env))


__all__ = ["elementwise_inlined", "is_elementwise"]
