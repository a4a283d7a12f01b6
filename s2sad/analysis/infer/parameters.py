"""The parameters of a specialisation: an atom for each, with the type it is called with.

*before*                                *after* (called with a function that captured ``c``)::

    def apply(g, x):                        def apply(c, x):
        return g(x)                             return g(x)    # which is known, and reads c

Known functions are not passed, and of a closure only what it captured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.infer import calls, functions, growing, wholes
from s2sad.ir.nodes import Atom, Const, Param, Var
from s2sad.ir.types import Dict, RefT, Tuple, Type

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def bind(f: FunctionInfer) -> tuple[Param, ...]:
    params: list[Param] = []
    untyped = [*f.source.params, *(Param(v) for v in f.source.captured)]
    for k, (p, t) in enumerate(zip(untyped, f.spec.arg_types, strict=True)):
        f.env[p.var] = _bind(f, p, t, (k,), params)
    return tuple(params)


def _bind(f: FunctionInfer, p: Param, t: Type, key: tuple[int, ...], params: list[Param]) -> Atom:
    """The atom of a parameter. Known functions are not passed, and of a closure only what it captured."""
    if isinstance(t, RefT):
        if f.spec.entry:
            params.append(Param(Var(p.var.name, t), p.kind, p.default))
        return calls.reference(t.obj, getattr(t.obj, "__name__", p.var.name))
    if isinstance(t, Tuple) and t.code is not None:
        names = functions.captured_names(t.code, p.var.name, len(t.items))
        items = [
            _bind(f, Param(_stand_in(f, (*key, j), n)), ct, (*key, j), params)
            for j, (n, ct) in enumerate(zip(names, t.items, strict=True))
        ]
        return functions.make(f, t.code, tuple(items), p.var.name)
    own = p.kind == "starstar" and f.classes.find(p.var) in f.growth and getattr(t, "items", None) is not None
    whole = growing.grown_inside if own and not f.spec.entry else growing.grown
    var = Var(_free_name(f, p.var.name, params), whole(f, t, f.classes.find(p.var)))
    f.origin[var] = p.var
    wholes.given(f, var)
    # a specialisation is called with one atom for each parameter, in order
    params.append(Param(var, p.kind, p.default) if f.spec.entry else Param(var))
    return _options(f, p.var, var) if whole is growing.grown_inside else var


def _options(f: FunctionInfer, untyped: Var, given: Var) -> Var:
    """``**options`` that the function stores into: a dict of its own, of what it was given."""
    assert isinstance(given.type, Dict) and given.type.items is not None
    entries = [a for k, _ in given.type.items for a in (Const(k), f.emit("getitem", given, Const(k)))]
    made = growing.grow(f, untyped, f.emit("dict", *entries, name=untyped.name))
    f.origin[made] = untyped
    f.own_options.add(untyped)
    return made


def _free_name(f: FunctionInfer, name: str, params: list[Param]) -> str:
    """Two closures may have captured variables of one name. What the user calls has the user's names."""
    taken = set() if f.spec.entry else {q.var.name for q in params}
    k, free = 1, name
    while free in taken:
        k += 1
        free = f"{name}_{k}"
    return free


def _stand_in(f: FunctionInfer, key: tuple[int, ...], name: str) -> Var:
    return f.captured_keys.setdefault(key, Var(name))
