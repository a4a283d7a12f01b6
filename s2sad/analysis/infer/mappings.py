"""Keyword arguments whose names show when the program runs: ``f(a, **options)``.

*before*                                *after*::

    def f(a, scale=1.0): ...            if len(options) > ("scale" in options): raise TypeError(...)
    f(u, **options)                     f(u, scale=options.get("scale", 1.0))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.infer import stars
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Param, Ref, Var
from s2sad.ir.types import BOOL, INT, Dict

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

NAME = "**"  # the keyword under which such a mapping is handed on


def takes(f: FunctionInfer, callee: Atom, mapping: Atom, pos: tuple[Atom, ...]) -> bool:
    """Is it a dict, and are the parameters of the callee known?"""
    fits = isinstance(type_of_atom(mapping), Dict) and not stars.is_open(f, pos)
    return fits and stars.function_of(f, callee) is not None


def settled(
    f: FunctionInfer, params: tuple[Param, ...], given: int, kw: dict[str, Atom], callee: str, captured: dict[Var, Atom]
) -> Atom | None:
    """Put a value for each parameter that the call does not name into ``kw``; gives the dict for ``**rest``."""
    from s2sad.analysis.infer.binding import sentinel
    from s2sad.analysis.infer.method_calls import method_call

    mapping = kw.pop(NAME)
    single = [p for p in params if p.kind in ("pos", "any")]
    taken = [p.var.name for p in single[:given] if p.kind == "any"]
    taken += [p.var.name for p in params if p.kind in ("any", "kw") and p.var.name in kw]
    for name in taken:
        _check(f, _has(f, mapping, name), f"{callee}() got multiple values for argument '{name}'")
    names: list[str] = []
    for p in (*single[given:], *(p for p in params if p.kind == "kw")):
        name = p.var.name
        if name in kw or p.kind == "pos":
            continue
        names.append(name)
        if p.default is None:
            _check(f, f.emit("not", _has(f, mapping, name), type=BOOL), f"{callee}() missing the argument '{name}'")
            kw[name] = f.emit("getitem", mapping, Const(name))
        else:
            default = captured[p.default] if isinstance(p.default, Var) else sentinel(p.default)
            kw[name] = method_call(f, mapping, "get", (Const(name), default), {}, "", None, None) or UNDEF
    if any(p.kind == "starstar" for p in params):
        if any(k not in {p.var.name for p in params} for k in kw):
            f.refuse("S2S052", "keyword arguments whose names are not known (**), after others for **", "pass them by name")
            return None
        rest = method_call(f, mapping, "copy", (), {}, "", None, None) or UNDEF
        for name in names:
            method_call(f, rest, "pop", (Const(name), Const(None)), {}, "", None, None)
        return rest
    known: Atom = Const(0)
    for name in names:
        known = f.emit("add", known, f.emit("call", Ref(int, "int"), _has(f, mapping, name), type=INT), type=INT)
    size = f.emit("call", Ref(len, "len"), mapping, type=INT)
    _check(f, f.emit("gt", size, known, type=BOOL), f"{callee}() got an unexpected keyword argument")
    return None


def _has(f: FunctionInfer, mapping: Atom, name: str) -> Atom:
    return f.emit("in_", Const(name), mapping, type=BOOL)


def _check(f: FunctionInfer, wrong: Atom, text: str) -> None:
    stars.check(f, wrong, text)
