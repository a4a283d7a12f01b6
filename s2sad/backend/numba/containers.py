"""Lists, dicts and objects whose structure is known and that nothing stores into are tuples; their parts are taken out
where it is known which one is meant.

*before*::

    def f(x, y):
        d = {"a": x, "b": [y, x]}
        return d["a"] * d["b"][0]

*after*::

    def f(x, y):
        return x * y

What text, ``None`` and functions are is known from the types: in a tuple, False holds their place. Where one path gives
a list of known length and another a list of another length, or where something is stored into, it is refused.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.alias import alias
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.scatters import ADD_AT, SUBTRACT_AT
from s2sad.analysis.usage import lets
from s2sad.backend.numba.facts import calls, const
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.structures import (
    as_slice,
    flat_type,
    is_float_or_index,
    is_nothing,
    is_point,
    is_python_float,
    items_of_type,
    key_of,
    same_shape,
    slot_type,
    stored_lists,
)
from s2sad.ir.nodes import (
    UNDEF,
    Atom,
    Block,
    Callee,
    Const,
    For,
    Function,
    If,
    Let,
    Param,
    Ref,
    Stmt,
    Var,
    While,
    blocks_of,
    replace,
    targets_of,
    walk,
)  # fmt: skip
from s2sad.ir.rewrite import defined_vars, subst_atom, subst_heads, with_args, with_blocks
from s2sad.ir.types import (
    INT,
    RANGE,
    Affine,
    Array,
    Dict,
    List,
    Lit,
    Obj,
    Scalar,
    Tuple,
    Type,
    widen,
)

NOTHING = Const(False)  # holds the place of what has no value in machine code
_DISPLAYS = frozenset({"tuple", "list", "dict"})
_STORES = frozenset({"setitem", "aug_setitem", "delitem", "setattr", "aug_setattr", "iadd", "imul"})
_BY_INDEX = (rt.add_at, ADD_AT, SUBTRACT_AT, rt.put_adjoint, rt.gather, rt.last_store)
_SAME = (builtins.list, builtins.tuple)


def structured(fn: Function) -> Function:
    """``fn`` with tuples in the place of containers of known structure."""
    return _Containers(fn).run()


class _Containers:
    """``env``: what stands for a variable now; ``parts``: the parts of tuples that are made here."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.env: dict[Var, Atom] = {}
        self.parts: dict[Atom, tuple[Atom, ...]] = {}
        self.indices = _indices(fn)
        self.stored = stored_lists(fn)
        self.made_of = {v: s.args for v, s in lets(fn).items() if s.op in ("tuple", "list")}

    def run(self) -> Function:
        for v in (*(p.var for p in self.fn.params), *defined_vars(self.fn.body)):
            if is_point(v.type) and alias(self.fn).is_mutated(v):
                raise refuse(self.fn, "stores into an array without dimensions", self.fn.loc, "use a number")
        params = tuple(Param(self.new(p.var), p.kind, p.default) for p in self.fn.params)
        return replace(self.fn, params=params, body=self.block(self.fn.body))

    def new(self, v: Var) -> Var:
        t = v.type
        flat = t if t is None else flat_type(t) if v not in self.stored else self.stored[v]
        if flat == t:
            return v
        made = Var(v.name, flat)
        self.env[v] = made
        return made

    def news(self, variables: Sequence[Var]) -> tuple[Var, ...]:
        return tuple(map(self.new, variables))

    def atom(self, a: Atom) -> Atom:
        return subst_atom(a, self.env)

    # -- the walk ---------------------------------------------------------------------------------------------------
    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Let):
                b = Builder(s.loc)
                if not self.let(b, s):
                    self.kept(b, s)
                out += b.stmts
            else:
                out += self.region(s)
        return Block(tuple(out), tuple(map(self.atom, block.results)))

    def kept(self, b: Builder, s: Let) -> None:
        done = self.indexed(b, with_args(s, tuple(map(self.atom, s.args))), s)
        if s.args and s.args[0] in self.stored:
            if s.op not in ("getitem", "setitem", "aug_setitem") or not all(is_float_or_index(a) for a in s.args[1:3]):
                raise refuse(self.fn, "this use of a list that is stored into", s.loc)
        elif s.op in _STORES and items_of_type(type_of_atom(s.args[0])) is not None:
            raise refuse(self.fn, "a store into a list, dict or object", s.loc)
        if s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Callee):
            self.passes_on(s)
        if s.target is not None and s.target not in self.indices:
            target = self.new(s.target)
            done = replace(done, target=target)
            if s.op == "tuple":
                done = with_args(done, tuple(self.slot(a) for a in done.args))
                self.parts[target] = done.args
        b.append(done)

    def indexed(self, b: Builder, done: Let, s: Let) -> Let:
        """Lists of places are arrays where arrays are indexed with them."""
        if s.op == "tuple" and s.target in self.indices:
            return with_args(done, tuple(self.places(b, a, x) for a, x in zip(done.args, s.args, strict=True)))
        k = 1 if s.op in ("getitem", "setitem", "aug_setitem") else 2 if calls(s, *_BY_INDEX) else 3
        if k < 3 or calls(s, rt.scatter):
            index = self.places(b, done.args[k], s.args[k])
            return with_args(done, (*done.args[:k], index, *done.args[k + 1 :]))
        return done

    def places(self, b: Builder, a: Atom, given: Atom) -> Atom:
        t = type_of_atom(given)
        if not isinstance(t, List) or t.items is None or t.frozen:
            return a
        kinds = {widen(i) for i in t.items}
        dtype = next((d for d in ("int64", "bool") if t.items and all(getattr(k, "dtype", "") == d for k in kinds)), "")
        if not dtype:
            raise refuse(self.fn, "an index that is a list of something else than numbers", b.loc)
        n = len(t.items)
        kind = Array(dtype, (Affine(n),))
        out = b.call(np.empty, "np.empty", Const(n), kw={"dtype": Const(dtype)}, type=kind)
        for k, part in enumerate(self.all_parts(b, given)):
            b.effect("setitem", out, Const(k), part)
        return out

    def slot(self, a: Atom) -> Atom:
        return NOTHING if is_nothing(type_of_atom(a)) else a

    def passes_on(self, s: Let) -> None:
        made = getattr(s.args[0].obj, "fn", None) if isinstance(s.args[0], Ref) else None
        if made is not None and not s.kwnames:
            for a, p in zip(s.args[1:], made.params, strict=False):
                self.agrees(a, p.var, s)

    def agrees(self, source: Atom, dest: Var, s: Stmt) -> None:
        """Is the value of the kind that the variable holds in machine code?"""
        if source is UNDEF or (isinstance(source, Const) and source.value is None) or dest.type is None:
            return
        if not same_shape(flat_type(type_of_atom(source)), flat_type(dest.type)):
            raise refuse(self.fn, "a list or dict whose structure depends on the path", s.loc)

    def region(self, s: Stmt) -> list[Stmt]:
        if isinstance(s, If):
            for block in (s.then, s.orelse):
                for a, t in zip(block.results, s.targets, strict=True):
                    self.agrees(a, t, s)
        head: list[Stmt] = []
        if isinstance(s, For | While):
            n = len(s.carried)
            for a, c in (*zip(s.init, s.carried, strict=True), *zip(s.body.results[:n], s.carried, strict=True)):
                self.agrees(a, c, s)
            if isinstance(s, For) and isinstance(self.atom(s.iter), Var):
                s, head = self.over(s)
            init, carried = tuple(map(self.atom, s.init)), self.news(s.carried)
            s = replace(s, init=init, carried=carried)
        if isinstance(s, For):
            s = replace(s, iter=self.atom(s.iter), item=self.new(s.item))
        s = subst_heads(s, self.env)
        s = with_blocks(s, tuple(map(self.block, blocks_of(s))))
        return [*head, replace(s, targets=self.news(targets_of(s)))]  # type: ignore[arg-type]

    def over(self, s: For) -> tuple[For, list[Stmt]]:
        """A loop over the parts of a container counts."""
        items = items_of_type(type_of_atom(s.iter))
        if items is None or isinstance(type_of_atom(s.iter), Dict | Obj):
            return s, []
        b, body = Builder(s.loc), Builder(s.loc)
        it = b.call(builtins.range, "range", Const(len(items)), type=RANGE)
        index = Var("k", INT)
        body.append(Let(s.item, "getitem", (s.iter, index), (), s.loc))
        inner = Block((*body.stmts, *s.body.stmts), s.body.results)
        return replace(s, item=index, iter=it, body=inner), b.stmts

    # -- statements -------------------------------------------------------------------------------------------------
    def let(self, b: Builder, s: Let) -> bool:
        """Write a statement on containers; False where it stays."""
        if s.target is None or not s.args:
            return False
        if s.target in self.stored:
            return self.numbers(b, s)
        if s.args[0] in self.stored and s.op == "getitem":
            return False
        if s.op in ("getitem", "getattr") and (is_point(type_of_atom(s.args[0])) or is_point(s.target.type)):
            return self.point(b, s)
        if s.op in _DISPLAYS:
            return s.op != "tuple" and self.display(b, s)
        if s.op == "call":
            return self.call(b, s)
        items = items_of_type(type_of_atom(s.args[0]))
        if items is None:
            return False
        if s.op == "copy":
            self.env[s.target] = self.atom(s.args[0])
            return True
        if s.op == "unpack" and not self.is_residual(s.args[0]):
            self.env[s.target] = self.atom(s.args[0])
            return True
        if s.op == "getattr":
            return self.part(b, s, key_of(type_of_atom(s.args[0]), const(s.args[1])), items)
        if s.op == "getitem":
            return self.item(b, s, items)
        if s.op in ("add", "mul"):
            return self.joined(b, s)
        return False

    def numbers(self, b: Builder, s: Let) -> bool:
        """A list of numbers that is stored into is an array."""
        assert s.target is not None
        kind = self.stored[s.target]
        n = len(items_of_type(s.target.type) or ())
        out = self.new(s.target)
        if calls(s, rt.zeros_like):
            b.append(Let(out, "call", (Ref(np.zeros, "np.zeros"), Const(n)), (), s.loc))
            return True
        values = self.given(b, s, n)
        if values is None or len(values) != n or not all(map(is_float_or_index, values)):
            raise refuse(self.fn, "this way of making a list that is stored into", s.loc)
        b.append(Let(out, "call", (Ref(np.empty, "np.empty"), Const(n)), (), s.loc))
        for k, a in enumerate(values):
            if getattr(widen(type_of_atom(a)), "dtype", kind.dtype) != kind.dtype:
                raise refuse(self.fn, "a list of numbers of several kinds that is stored into", s.loc)
            b.effect("setitem", out, Const(k), self.atom(a))
        return True

    def given(self, b: Builder, s: Let, n: int) -> Sequence[Atom] | None:
        """What such a list holds in the beginning, where it is known."""
        if s.op == "list":
            return s.args
        if calls(s, *_SAME, rt.copy):
            return self.all_parts(b, s.args[1])
        if s.op != "mul":
            return None
        once = next((self.made_of[a] for a in s.args if isinstance(a, Var) and a in self.made_of), ())
        return once * (n // len(once)) if once else None  # [0.0] * n

    def point(self, b: Builder, s: Let) -> bool:
        """Reads of an array without dimensions, or that give one."""
        assert s.target is not None
        if is_point(type_of_atom(s.args[0])):
            if s.op == "getitem":
                self.env[s.target] = self.atom(s.args[0])
                return True
            known = {"size": Const(1), "ndim": Const(0), "T": self.atom(s.args[0])}.get(str(const(s.args[1])))
            if known is not None:
                self.env[s.target] = known
            return known is not None
        made = self.made_of.get(s.args[1]) if isinstance(s.args[1], Var) else None
        given = (s.args[1],) if made is None or not isinstance(type_of_atom(s.args[1]), Tuple) else made
        index = [a for a in given if const(a) is not ...]
        if s.op != "getitem" or not index:
            return False
        places = tuple(map(self.atom, index))
        at = places[0] if len(places) == 1 else b.emit("tuple", *places)
        b.append(Let(self.new(s.target), "getitem", (self.atom(s.args[0]), at), (), s.loc))
        return True

    def is_residual(self, a: Atom) -> bool:
        """Tapes are looked for where residuals are taken apart, entry by entry."""
        return self.atom(a) not in self.parts and isinstance(type_of_atom(a), Tuple)

    def display(self, b: Builder, s: Let) -> bool:
        assert s.target is not None
        items = items_of_type(s.target.type)
        values = s.args[1::2] if s.op == "dict" else s.args
        if items is None or len(items) != len(values):
            return False
        if s.op == "dict" and [const(k) for k in s.args[::2]] != [k for k, _ in items]:
            return False
        return self.tupled(b, s, values)

    def tupled(self, b: Builder, s: Let, values: Sequence[Atom]) -> bool:
        assert s.target is not None
        args = tuple(self.slot(self.atom(a)) for a in values)
        target = self.new(s.target)
        self.parts[target] = args
        b.append(Let(target, "tuple", args, (), s.loc))
        return True

    def item(self, b: Builder, s: Let, items: Sequence[tuple[Any, Type]]) -> bool:
        t = type_of_atom(s.args[0])
        index = type_of_atom(s.args[1])
        if isinstance(t, Dict):
            return isinstance(index, Lit) and self.part(b, s, index.value, items)
        where = as_slice(index)
        if where is not None:
            return self.tupled(b, s, [self.taken(b, s, k, items) for k in range(len(items))[where]])
        if isinstance(index, Lit) and type(index.value) is int and -len(items) <= index.value < len(items):
            return self.part(b, s, range(len(items))[index.value], items)
        return False

    def part(self, b: Builder, s: Let, key: Any, items: Sequence[tuple[Any, Type]]) -> bool:
        assert s.target is not None
        at = next((k for k, (name, _) in enumerate(items) if name == key and type(name) is type(key)), None)
        if at is None:
            return False
        t = items[at][1]
        if is_nothing(t):
            if isinstance(t, Lit):
                self.env[s.target] = Const(t.value)
            return isinstance(t, Lit)
        self.env[s.target] = self.taken(b, s, at, items, s.target)
        return True

    def taken(self, b: Builder, s: Let, k: int, items: Sequence[tuple[Any, Type]], target: Var | None = None) -> Atom:
        whole = self.atom(s.args[0])
        known = self.parts.get(whole)
        if known is not None:
            return known[k]
        t = items[k][1] if target is None or target.type is None else target.type
        return b.emit("getitem", whole, Const(k), type=slot_type(t), name=target.name if target is not None else "")

    def joined(self, b: Builder, s: Let) -> bool:
        """``xs + ys`` and ``xs * n``, where the result has a known length."""
        assert s.target is not None
        items = items_of_type(s.target.type)
        if items is None:
            return False
        first = self.all_parts(b, s.args[0])
        other = first if s.op == "mul" else self.all_parts(b, s.args[1])
        values = first * (len(items) // max(len(first), 1)) if s.op == "mul" else [*first, *other]
        return len(values) == len(items) and self.tupled(b, s, values)

    def all_parts(self, b: Builder, a: Atom) -> list[Atom]:
        items = items_of_type(type_of_atom(a)) or ()
        whole = self.atom(a)
        known = self.parts.get(whole)
        if known is not None:
            return list(known)
        return [b.emit("getitem", whole, Const(k), type=slot_type(t)) for k, (_, t) in enumerate(items)]

    # -- calls ------------------------------------------------------------------------------------------------------
    def call(self, b: Builder, s: Let) -> bool:
        assert s.target is not None
        if len(s.args) < 2:
            return False
        items = items_of_type(type_of_atom(s.args[1]))
        if calls(s, rt.make_object):
            return self.made(b, s, dict(zip(s.kwnames, s.args[2:], strict=False)))
        own = s.target.type
        if isinstance(own, Tuple) and own.cls is not None and calls(s, own.cls) and len(s.args) == len(own.items) + 1:
            places = [key_of(own, k) for k in s.kwnames]
            return places == sorted(places) and self.tupled(b, s, s.args[1:])
        if is_point(s.target.type) and calls(s, np.array, np.asarray, np.copy) and not s.kwnames and len(s.args) == 2:
            x = self.atom(s.args[1])
            t = widen(type_of_atom(x))
            if isinstance(t, Scalar) and t.dtype == getattr(s.target.type, "dtype", ""):
                self.env[s.target] = x
                return True
        if items is None:
            return False
        if calls(s, rt.conform) and s.args[1] in self.stored and all(is_python_float(i) for _, i in items):
            self.env[s.target] = self.atom(s.args[1])
            return True
        if calls(s, builtins.len):
            self.env[s.target] = Const(len(items))
            return True
        if calls(s, rt.rebuild):
            names = items_of_type(type_of_atom(s.args[2])) or ()
            return self.made(b, s, dict(zip([k for k, _ in names], self.all_parts(b, s.args[2]), strict=True)))
        if calls(s, *_SAME) and not isinstance(type_of_atom(s.args[1]), Dict | Obj):
            return items_of_type(s.target.type) is not None and self.tupled(b, s, self.all_parts(b, s.args[1]))
        if calls(s, rt.copy):
            self.env[s.target] = self.copied(b, self.atom(s.args[1]))
            return True
        return False

    def made(self, b: Builder, s: Let, values: dict[str, Atom]) -> bool:
        """An object made of its attributes."""
        assert s.target is not None
        items = items_of_type(s.target.type)
        if items is None or {k for k, _ in items} != set(values):
            return False
        return self.tupled(b, s, [values[k] for k, _ in items])

    def copied(self, b: Builder, a: Atom) -> Atom:
        t = type_of_atom(a)
        if isinstance(t, Array):
            return b.call(np.copy, "np.copy", a, type=t)
        if not isinstance(t, Tuple):
            return a
        parts = tuple(self.copied(b, p) for p in self.all_parts(b, a))
        made = b.emit("tuple", *parts, type=t)
        self.parts[made] = parts
        return made


def _indices(fn: Function) -> set[Atom]:
    """What arrays are indexed with: None is an axis there."""
    out: set[Atom] = set()
    for s in walk(fn.body):
        if isinstance(s, Let) and s.op in ("getitem", "setitem", "aug_setitem"):
            out.add(s.args[1])
        elif calls(s, *_BY_INDEX) and isinstance(s, Let):
            out.add(s.args[2])
        elif calls(s, rt.scatter) and isinstance(s, Let):
            out.add(s.args[3])
    return out


__all__ = ["structured"]
