"""The border between Python and machine code: a plain function with the user's signature around the compiled one.

*before*::

    def f_grad_native(params, x, n, SCALE):
        t = params[0] * x * SCALE
        return t, (t, n)

*after*::

    def f_grad_native(w, x, n, SCALE):
        t = w * x * SCALE
        return t, (t, n)

    def f_grad(params, x, n):
        if abs(n) > 2147483648: raise OverflowError(...)
        t = f_grad_native(params["w"], x, n, SCALE)
        return t[0], {"w": t[1][0], "n": t[1][1]}

Lists, dicts and objects are taken apart here, and what is returned is put together again. A result that is NumPy's
number in the plain function is one here.
"""

from __future__ import annotations

import builtins
from collections.abc import Set
from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.alias import alias
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba.facts import DTYPES, is_int
from s2sad.backend.numba.intervals import PARAM_BITS
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.structures import is_nothing, is_point, items_of_type
from s2sad.backend.numba.support import NATIVE
from s2sad.ir.nodes import (
    UNDEF,
    Atom,
    Block,
    Const,
    Function,
    Global,
    Handler,
    If,
    Let,
    Param,
    Ref,
    Stmt,
    Try,
    Var,
    replace,
    walk,
)  # fmt: skip
from s2sad.ir.types import BOOL, NONE, NP_FLOAT, UNKNOWN, Array, Dict, List, Lit, Obj, Opaque, Scalar, Tuple, Type

Path = tuple[tuple[str, Any, Type], ...]  # the operations that lead to a part: getitem or getattr, key, type


class Leaves:
    """The parts of the arguments of a function that go in: ``paths`` says where each is found."""

    def __init__(self, outer: Function) -> None:
        self.outer = outer
        self.paths: dict[Var, tuple[Var, Path]] = {}
        self.stmts: list[Stmt] = []
        self.taken = {p.var.name for p in outer.params}

    def apart(self, fn: Function) -> Function:
        """``fn`` (whose containers are tuples) with a parameter for each part."""
        params: list[Param] = []
        for p, own in zip(fn.params, self.outer.params, strict=True):
            t = own.var.type
            if own.var.name == "residuals" or t is None or items_of_type(t) is None:
                params.append(p)
                self.paths[p.var] = (own.var, ())
                continue
            self._refuse_shared_stores(own.var)
            params += map(Param, self._part(p.var, own.var, t, (), p.var.name))
        return replace(fn, params=tuple(params), body=Block((*self.stmts, *fn.body.stmts), fn.body.results))

    def _part(self, whole: Var, own: Var, t: Type, path: Path, name: str) -> list[Var]:
        """The parameters for one container, and the statement that makes the tuple of them."""
        out: list[Var] = []
        args: list[Atom] = []
        flat = whole.type
        assert isinstance(flat, Tuple)
        op = "getattr" if isinstance(t, Obj) else "getitem"
        for (key, item), kind in zip(items_of_type(t) or (), flat.items, strict=True):
            inner = (*path, (op, key, item))
            if is_nothing(item):
                args.append(Const(False))
                continue
            part = Var(self._name(name, key), kind)
            if items_of_type(item) is not None:
                out += self._part(part, own, item, inner, part.name)
            else:
                out.append(part)
                self.paths[part] = (own, inner)
            args.append(part)
        self.stmts.append(Let(whole, "tuple", tuple(args), (), self.outer.loc))
        return out

    def _name(self, name: str, key: Any) -> str:
        base = key if isinstance(key, str) and key.isidentifier() else f"{name}_{key}" if isinstance(key, int) else f"{name}_part"
        out, k = base, 2
        while out in self.taken:
            out, k = f"{base}_{k}", k + 1
        self.taken.add(out)
        return out

    def _refuse_shared_stores(self, v: Var) -> None:
        """Two arrays in one container may be one; what is stored into must be known."""
        if isinstance(v.type, Tuple | List | Dict | Obj) and _arrays(v.type) > 1 and alias(self.outer).deep_mutated(v):
            raise refuse(self.outer, "stores into arrays of a list, dict or object that is an argument", self.outer.loc,
                         "pass the array that is stored into as an argument of its own")  # fmt: skip


def _arrays(t: Type) -> int:
    items = items_of_type(t)
    return int(not isinstance(t, Scalar | Lit)) if items is None else sum(_arrays(i) for _, i in items)


def wrapper(
    outer: Function, native: Function, leaves: Leaves, globals_: dict[Var, Global], contiguous: Set[Var] = frozenset(),
    *, texts: bool = False,
) -> Function:
    """The function that is called: ``outer``'s signature, checks of its numbers, the call, the results as they were.
    ``contiguous``: the parameters that are to be arrays without gaps; ``texts``: are there messages in parts?"""
    b = Builder(outer.loc)
    for p in outer.params:
        if p.kind in ("star", "starstar"):
            raise refuse(outer, "a function with *args or **kwargs", outer.loc, "name the parameters")
    args: list[Atom] = []
    stored = {p.var for p in outer.params if alias(outer).deep_mutated(p.var)}
    for p in native.params:
        source: Atom = _found(b, *leaves.paths[p.var]) if p.var in leaves.paths else globals_[p.var]
        if is_int(source):
            _check_int(b, source, p.var.name)
        if isinstance(p.var.type, Array) and leaves.paths.get(p.var, (None,))[0] in stored:
            _check_writable(b, source)
        if p.var in contiguous:
            source = b.call(np.ascontiguousarray, "np.ascontiguousarray", source, type=p.var.type)
        args.append(source)
    shape = type_of_atom(outer.result)
    result = (_with_messages if texts else _called)(b, native, args, shape)
    return replace(outer, body=b.block(_Results(outer).all(b, result, shape)))


def _called(b: Builder, native: Function, args: list[Atom], t: Type) -> Var:
    return b.emit("call", Ref(NATIVE, native.name), *args, type=t)


def _with_messages(b: Builder, native: Function, args: list[Atom], t: Type) -> Var:
    """The call; an exception whose message comes in parts gets it."""
    inner, caught = Builder(b.loc), Builder(b.loc)
    result, error = Var("result", t), Var("error", Opaque(Exception))
    inner.append(Let(result, "call", (Ref(NATIVE, native.name), *args), (), b.loc))
    caught.effect("call", Ref(rt.put_together, "rt.put_together"), error)
    caught.effect("raise_", Const(None))
    out = Var("result", t)
    b.append(Try(inner.block(result), (Handler(Ref(Exception, "Exception"), error, caught.block(UNDEF)),), (out,), loc=b.loc))
    return out


def _found(b: Builder, own: Var, path: Path) -> Atom:
    out: Atom = own
    for op, key, t in path:
        out = b.emit(op, out, Const(key), type=t)
    if is_point(type_of_atom(out)):
        out = b.call(np.float64, "np.float64", out, type=NP_FLOAT)
    return out


def _check_int(b: Builder, a: Atom, name: str) -> None:
    size = b.call(builtins.abs, "abs", a, type=a.type if isinstance(a, Var) else None)
    inner = Builder(b.loc)
    text = f'{name}: compiled for whole numbers of at most {PARAM_BITS} bits; use backend="numpy" for larger ones'
    inner.effect("raise_", inner.call(OverflowError, "OverflowError", Const(text)))
    b.append(If(b.emit("gt", size, Const(2**PARAM_BITS), type=BOOL), inner.block(), Block(), (), b.loc))


def _check_writable(b: Builder, a: Atom) -> None:
    """Machine code is made anew for arrays that are read-only, and then without stores."""
    writable = b.emit("getattr", b.emit("getattr", a, Const("flags"), type=UNKNOWN), Const("writeable"), type=BOOL)
    inner = Builder(b.loc)
    inner.effect("raise_", inner.call(ValueError, "ValueError", Const("assignment destination is read-only")))
    b.append(If(b.emit("not", writable, type=BOOL), inner.block(), Block(), (), b.loc))


class _Results:
    """What machine code returned, in the form of the plain function's results."""

    def __init__(self, outer: Function) -> None:
        self.outer = outer
        self._refuse_arguments()

    def _refuse_arguments(self) -> None:
        """A container of the caller's that is returned is the same one, not one that is equal."""
        info = alias(self.outer)
        made = next((s for s in walk(self.outer.body) if isinstance(s, Let) and s.target is self.outer.result), None)
        value = made.args[0] if made is not None and made.op == "tuple" and made.args else None
        if not isinstance(value, Var) or self.outer.name.endswith("_adj"):
            return
        held = [info.find(p.var) for p in self.outer.params if isinstance(p.var.type, List | Dict | Obj)]
        if any(c in held for c in info.chain(value)):
            raise refuse(self.outer, "a list, dict or object that is an argument and a result", self.outer.loc)

    def all(self, b: Builder, value: Atom, t: Type) -> Atom:
        """The first result has the kinds of numbers that the plain function gives, gradients are Python's."""
        name = self.outer.name
        if not isinstance(t, Tuple) or t.cls is not None or not t.items:
            return self.formed(b, value, t, False)
        first = not name.endswith("_adj")
        if name.endswith("_fwd"):  # the residuals go back as they are
            t = Tuple((t.items[0], NONE))
        parts = [self.formed if _needs(i, first and k == 0) else None for k, i in enumerate(t.items)]
        if not any(parts):
            return value
        b.emit("unpack", value, Const(len(t.items)), type=t)
        items: list[Atom] = []
        for k, i in enumerate(t.items):
            part = b.emit("getitem", value, Const(k), type=i)
            items.append(self.formed(b, part, i, first and k == 0))
        return b.emit("tuple", *items, type=t)

    def formed(self, b: Builder, value: Atom, t: Type, strong: bool) -> Atom:
        """``value`` as a value of type ``t``; with ``strong``, NumPy's numbers where the plain function has them."""
        if isinstance(t, Lit) and not isinstance(t.value, slice) and is_nothing(t) and strong:
            return Const(t.value)
        if strong and isinstance(t, Scalar) and not t.weak and t.dtype in DTYPES:
            kind = {"float64": np.float64, "int64": np.int64, "bool": np.bool_}[t.dtype]
            return b.call(kind, f"np.{kind.__name__ if t.dtype != 'bool' else 'bool_'}", value, type=t)
        if is_point(t):
            return b.call(np.asarray, "np.asarray", value, type=t)
        items = items_of_type(t)
        if items is None or not _needs(t, strong):
            return value
        parts = []
        for k, (_, i) in enumerate(items):
            if is_nothing(i):
                parts.append(self.nothing(b, i))
            else:
                part = self.formed(b, b.emit("getitem", value, Const(k), type=i), i, strong)
                if isinstance(t, List) and isinstance(i, Scalar) and i.weak and i.dtype == "float64":
                    part = b.call(builtins.float, "float", part, type=i)  # where the list was an array
                parts.append(part)
        return self.put_together(b, t, [k for k, _ in items], parts)

    def nothing(self, b: Builder, t: Type) -> Atom:
        if isinstance(t, Lit):
            return Const(t.value)
        if items_of_type(t) == () and isinstance(t, Tuple | List | Dict):
            return self.put_together(b, t, [], [])
        raise refuse(self.outer, "a function inside a result", self.outer.loc)

    def put_together(self, b: Builder, t: Type, keys: list[Any], parts: list[Atom]) -> Atom:
        if isinstance(t, List):
            return b.emit("list", *parts, type=t)
        if isinstance(t, Dict):
            return b.emit("dict", *(a for k, v in zip(keys, parts, strict=True) for a in (Const(k), v)), type=t)
        cls = t.cls if isinstance(t, Tuple | Obj) else None
        if cls is None:
            return b.emit("tuple", *parts, type=t)
        ref = Ref(cls, cls.__name__)
        if isinstance(t, Obj):
            return b.call(rt.make_object, "rt.make_object", ref, kw=dict(zip(keys, parts, strict=True)), type=t)
        return b.emit("call", ref, *parts, type=t)


def _needs(t: Type, strong: bool) -> bool:
    """Is the plain function's value another than the one that machine code gives?"""
    items = items_of_type(t)
    if items is None:
        return is_point(t) or (strong and ((isinstance(t, Scalar) and not t.weak) or is_nothing(t)))
    if not isinstance(t, Tuple) or t.cls is not None:
        return True
    return any(is_nothing(i) or _needs(i, strong) for _, i in items)


__all__ = ["Leaves", "wrapper"]
