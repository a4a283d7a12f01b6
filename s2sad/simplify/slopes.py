"""Functions that work element by element keep their slope, not what it is made of.

For::

    def gate(x):
        t = np.exp(-x)
        s = 1.0 + t * t
        return s * np.sqrt(s) * x + t

instead of::

    def gate_fwd(x):
        t = np.exp(-x)
        s = 1.0 + t * t
        t1 = np.sqrt(s)
        t2 = s * t1
        residuals = t, x, t2, t1, s
        return t2 * x + t, residuals


    def gate_adj(residuals, y_bar):
        t, x, t2, t3, s = residuals
        t4 = y_bar * x
        x_bar = y_bar * t2
        s_bar = t4 * t3
        s_bar += rt.safe_div(t4 * s * 0.5, t3)
        x_bar -= (y_bar + 2.0 * t * s_bar) * t
        return x_bar

one function::

    def gate_fwd(x):
        t = np.exp(-x)
        s = 1.0 + t * t
        t1 = np.sqrt(s)
        t2 = s * t1
        # reverse sweep: the slope
        s_bar = x * t1
        s_bar += x * s * 0.5 / t1
        x_bar = t2 - (1.0 + 2.0 * t * s_bar) * t
        return t2 * x + t, x_bar

and for a call ``gate_adj(gate_res, y_bar)`` the product ``y_bar * gate_slope``. The adjoint half of such a function is linear
in ``y_bar``, so that ``y_bar = 1.0`` gives the slope, one array for any number of residuals. It is made in the forward sweep,
while all that it needs is at hand and can be overwritten.

Where the adjoint half had to mask its poles (``rt.safe_div``), the product does (``rt.safe_mul``). If any of that is left
with a seed of 1, which is 0 nowhere, the forward sweep would divide where the reverse sweep might not have had to: then
the pair stays a pair.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import INPLACE_OPS, effect_of
from s2sad.analysis.optypes import result_type
from s2sad.ir.nodes import Atom, Block, Callee, Const, Function, Let, Ref, Stmt, Var, walk
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import map_lets, subst_atoms, subst_block, with_body
from s2sad.ir.types import Array, Tuple, Type, Unknown
from s2sad.specialise.driver import const, known_dims
from s2sad.specialise.helpers import helper

_SAFE = (helper("safe_mul"), helper("safe_div"), helper("masked_mul"))
_LEAST = 2  # arrays that a pair keeps; one is no more than the slope
Simplify = Callable[[Function], Function]


@dataclass(frozen=True, slots=True)
class _Slope:
    fwd: Function
    masked: bool


def with_slopes(functions: list[Function], entries: Collection[str], simplify: Simplify) -> list[Function]:
    """``functions`` with the pairs of which that holds replaced: the same list where there are none."""
    for adj in functions:
        fwd = next((f for f in functions if f.name == adj.name.removesuffix("_adj") + "_fwd"), None)
        if fwd is None or adj.name in entries or not _is_candidate(fwd, adj):
            continue
        slope = _slope(simplify(fwd), simplify(adj), simplify)
        if slope is None:
            continue
        new = [_called(f, fwd.name, adj.name, slope.masked) for f in functions if f is not adj and f is not fwd]
        if not any(f is None for f in new):
            left = [f for f in new if f is not None]
            return with_slopes([slope.fwd, *left], entries, simplify)
    return functions


def _is_candidate(fwd: Function, adj: Function) -> bool:
    """One array in, one array of its shape out, and no control flow."""
    if not adj.adjoint or len(adj.params) != 2 or not _of_let(fwd) or not _of_let(adj):
        return False
    bar = adj.params[1].var
    alike = [p for p in fwd.params if isinstance(p.var.type, Array) and p.var.type == bar.type]
    return isinstance(bar.type, Array) and bool(known_dims(bar)) and bar.type.dtype == "float64" and bool(alike)


def _of_let(fn: Function) -> bool:
    return all(s.__class__ is Let for s in fn.body.stmts)


# -- one pair -------------------------------------------------------------------------------------------------------
def _slope(fwd: Function, adj: Function, simplify: Simplify) -> _Slope | None:
    """The forward half with the slope for its residuals."""
    if not _of_let(fwd) or not _of_let(adj):
        return None
    parts = {s.target: s for s in fwd.body.stmts if isinstance(s, Let)}
    both = parts.get(fwd.result) if isinstance(fwd.result, Var) else None
    kept = parts.get(both.args[1]) if both is not None and both.op == "tuple" and isinstance(both.args[1], Var) else None
    if both is None or kept is None or kept.op != "tuple":
        return None
    if sum(isinstance(type_of_atom(a), Array) and bool(known_dims(a)) for a in kept.args) < _LEAST:
        return None
    made = _at_one(adj, kept.args)
    if made is None:
        return None
    stmts, slope = made
    before = [s for s in fwd.body.stmts if s is not both and s is not kept]
    comment = Let(None, "comment", (Const("reverse sweep: the slope"),), (), fwd.loc)
    result = Var("", Tuple((type_of_atom(both.args[0]), type_of_atom(slope))))
    end = Let(result, "tuple", (both.args[0], slope), (), both.loc)
    new = simplify(with_body(fwd, Block((*before, comment, *stmts, end), (result,))))
    last = new.body.stmts[-1]
    if not isinstance(last, Let) or last.op != "tuple" or known_dims(last.args[1]) != known_dims(adj.params[1].var):
        return None
    return None if _masks(new) else _Slope(new, _masks(adj))


def _masks(fn: Function) -> bool:
    """Does anything call a helper that masks?"""
    return any(isinstance(s, Let) and s.op == "call" and getattr(s.args[0], "obj", None) in _SAFE for s in walk(fn.body))


def _at_one(adj: Function, kept: tuple[Atom, ...]) -> tuple[list[Stmt], Atom] | None:
    """The statements of the adjoint half for ``y_bar = 1.0``, and its result; None if it does more than multiply."""
    residuals, bar = (p.var for p in adj.params)
    env: dict[Var, Atom] = {bar: Const(1.0)}
    linear: set[Atom] = {bar}
    parts: Atom | None = None
    out: list[Stmt] = []
    for s in adj.body.stmts:
        if not isinstance(s, Let) or s.op == "comment" or s.target is None:
            return None
        if s.op == "unpack" and s.args[0] is residuals:
            parts = s.target
            continue
        if s.op == "getitem" and s.args[0] is parts:
            env[s.target] = kept[int(const(s.args[1]))]
            continue
        if any(a in linear for a in s.args):
            if not _is_linear(s, linear) or known_dims(s.target) != known_dims(bar):
                return None
            linear.add(s.target)
        elif not effect_of(s).pure:
            return None
        op = s.op[1:] if s.op in INPLACE_OPS else s.op
        args = subst_atoms(s.args, env)
        t: Type = result_type(op, args, s.kwnames)
        new = Var(s.target.name, s.target.type if isinstance(t, Unknown) else t)
        env[s.target] = new
        out.append(Let(new, op, args, s.kwnames, s.loc))
    result = adj.result
    return (out, env[result]) if isinstance(result, Var) and result in linear else None


def _is_linear(s: Let, linear: set[Atom]) -> bool:
    """Is the result proportional to ``y_bar`` in each element?"""
    where = [a in linear for a in s.args]
    op = s.op[1:] if s.op in INPLACE_OPS else s.op
    if op in ("add", "sub", "neg", "copy"):
        return all(where)
    if op == "mul":
        return sum(where) == 1
    if op == "truediv":
        return where == [True, False]
    if op != "call" or not isinstance(s.args[0], Ref) or s.kwnames:
        return False
    if s.args[0].obj is np.where:
        return len(where) == 4 and not where[1] and all(w or const(a) == 0 for w, a in zip(where[2:], s.args[2:], strict=True))
    return s.args[0].obj in _SAFE and where == [False, True, False]


# -- its callers ----------------------------------------------------------------------------------------------------
def _called(fn: Function, fwd: str, adj: str, masked: bool) -> Function | None:
    """A function that calls the pair, or not, with products for the calls of the adjoint half; None where it does other
    things with what the forward half gives."""
    slopes: dict[Var, Atom] = {}  # what stood for the residuals
    unpacked: dict[Atom, Type] = {}
    for s in walk(fn.body):
        if not isinstance(s, Let):
            continue
        if _calls(s, fwd) and s.target is not None and isinstance(s.target.type, Tuple):
            unpacked[s.target] = s.target.type.items[0]
        elif s.op == "unpack" and s.args[0] in unpacked and s.target is not None:
            unpacked[s.target] = unpacked[s.args[0]]
        elif s.op == "getitem" and s.args[0] in unpacked and const(s.args[1]) == 1 and s.target is not None:
            slopes[s.target] = Var(s.target.name.removesuffix("res") + "slope", unpacked[s.args[0]])
        elif _calls(s, fwd) or any(a in unpacked for a in s.args if not (s.op == "getitem" and const(s.args[1]) == 0)):
            return None
    name = _SAFE[0]

    def rewrite(s: Let) -> Let:
        if s.target in slopes:
            return Let(slopes[s.target], s.op, s.args, s.kwnames, s.loc)  # type: ignore[arg-type]
        if not _calls(s, adj):
            return s
        _, slope, g = s.args
        if masked:
            return Let(s.target, "call", (Ref(name, "rt.safe_mul"), g, slope), (), s.loc)
        return Let(s.target, "mul", (g, slope), (), s.loc)

    body = map_lets(fn.body, rewrite)
    return with_body(fn, subst_block(body, slopes))


def _calls(s: Let, name: str) -> bool:
    callee = s.args[0] if s.op == "call" else None
    return isinstance(callee, Ref) and isinstance(callee.obj, Callee) and callee.text == name


__all__ = ["with_slopes"]
