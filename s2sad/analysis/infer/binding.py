"""The arguments of a call, as Python binds them to parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s2sad.analysis.infer import elements, mappings, placed, stars
from s2sad.analysis.infer.growing import grow
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Global, Param, Ref, Var
from s2sad.ir.types import Dict

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def sentinel(a: Atom) -> Atom:
    """A global that is only there to be compared by identity (``object()``, ``np._NoValue``) as the object it is."""
    if isinstance(a, Global) and (type(a.obj) is object or a.obj is np._NoValue):
        return Ref(a.obj, a.name)
    return a


def keywords(
    f: FunctionInfer, names: tuple[str, ...], atoms: tuple[Atom, ...], of: tuple[Atom, tuple[Atom, ...]] | None = None
) -> dict[str, Atom] | None:
    """Keyword arguments by name, ``**options`` spread out where its keys are known; elsewhere it stays for a function (of
    the call ``of``) that can take it (``mappings``)."""
    kw: dict[str, Atom] = {}
    for key, a in zip(names, atoms, strict=True):
        if key != "**":
            if key in kw:
                _twice(f, key)
                return None
            kw[key] = a
            continue
        held = placed.pairs(f, a)
        if held is not None:
            kw.update(held)
            continue
        t = type_of_atom(a)
        if not isinstance(t, Dict) or t.items is None:
            if of is not None and key not in kw and mappings.takes(f, of[0], a, of[1]):
                kw[key] = a
                continue
            f.refuse("S2S052", "keyword arguments whose names are not known (**)", "pass them by name")
            return None
        for k, _ in t.items:
            if k in kw:
                _twice(f, k)
                return None
            kw[k] = f.emit("getitem", a, Const(k))
    return kw


def _twice(f: FunctionInfer, key: str) -> None:
    f.refuse("S2S053", f"a function is called with several values for {key}")


def bind(
    f: FunctionInfer,
    params: tuple[Param, ...],
    pos: tuple[Atom, ...],
    kw: dict[str, Atom],
    callee: str,
    captured: dict[Var, Atom],
) -> tuple[Atom, ...] | None:
    """One atom for each parameter, as Python would bind them; None (and a finding) when the call is wrong."""
    kw = dict(kw)
    out: list[Atom] = []
    others = mappings.settled(f, params, len(pos), kw, callee, captured) if "**" in kw else None
    rest = list(stars.settled(f, params, pos, kw, callee, captured))
    for p in params:
        if p.kind == "star":
            out.append(stars.rest_tuple(f, rest, p.var.name))
            rest = []
        elif p.kind == "starstar":
            out.append(_rest_dict(f, p.var, kw) if others is None else others)
            kw = {}
        elif rest and p.kind != "kw":
            out.append(rest.pop(0))
        elif p.var.name in kw and p.kind != "pos":
            out.append(kw.pop(p.var.name))
        elif p.default is not None:
            out.append(captured[p.default] if isinstance(p.default, Var) else sentinel(p.default))
        else:
            f.refuse("S2S053", f"{callee}() is called without {p.var.name}")
            return None
    if rest or kw:
        extra = f"{len(rest)} positional arguments too many" if rest else f"unknown argument {next(iter(kw))}"
        f.refuse("S2S053", f"{callee}() is called with {extra}")
        return None
    return tuple(out)


def _rest_dict(f: FunctionInfer, param: Var, kw: dict[str, Atom]) -> Var:
    """The dict that ``**param`` is given; the callee may store into it."""
    untyped = f.synthetic.setdefault((f.loc, param), Var(param.name))
    made = grow(f, untyped, f.emit("dict", *(x for k, v in kw.items() for x in (Const(k), v)), name=param.name))
    f.origin.setdefault(made, untyped)
    return made


def spread(f: FunctionInfer, pos: tuple[Atom, ...]) -> tuple[Atom, ...] | None:
    """The arguments one by one; a starred one of unknown length stays, with all that follows it in one list, as the last
    (``stars.is_open``)."""
    out: list[Atom] = []
    for k, a in enumerate(pos):
        if isinstance(a, Var) and a in f.stars:
            parts = elements.elements(f, f.stars[a])
            if parts is None and a is not pos[-1]:
                return (*out, stars.gathered(f, pos[k:]))
            out.extend((a,) if parts is None else parts)
        else:
            out.append(a)
    return tuple(out)


def want_lengths(f: FunctionInfer, pos: tuple[Atom, ...]) -> None:
    for a in pos:
        if isinstance(a, Var) and a in f.stars:
            f.want_length(f.stars[a])
