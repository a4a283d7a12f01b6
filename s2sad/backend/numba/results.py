"""What a function of the module gives back has the type that its body says: residuals of calls have none before.

*before*::

    def f(x, s):
        y, res = g_fwd(x)  # of unknown type
        return g_adj(res, s)

*after*::

    def f(x, s):
        y, res = g_fwd(x)  # a tuple of an array and a number
        return g_adj(res, s)

Sizes are left open: a function names its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Block, Callee, Const, Function, Let, Ref, Stmt, Var, blocks_of, replace
from s2sad.ir.rewrite import subst_atoms, subst_heads, with_args, with_blocks, with_body
from s2sad.ir.types import Array, Dict, List, Obj, Tuple, Type, Unknown


def typed_results(functions: Sequence[Function]) -> list[Function]:
    """The functions with types for what calls among them give."""
    return _Results({f.name: f for f in functions}).all()


class _Results:
    def __init__(self, functions: dict[str, Function]) -> None:
        self.functions = functions
        self.done: dict[str, Function] = {}
        self.active: set[str] = set()
        self.env: dict[Var, Atom] = {}

    def all(self) -> list[Function]:
        return [self.function(name) for name in self.functions]

    def function(self, name: str) -> Function:
        if name not in self.done:
            if name in self.active:
                return self.functions[name]  # it calls itself
            self.active.add(name)
            fn = self.functions[name]
            self.done[name] = with_body(fn, self.block(fn.body))
        return self.done[name]

    def block(self, block: Block) -> Block:
        stmts = tuple(map(self.stmt, block.stmts))
        return Block(stmts, subst_atoms(block.results, self.env))

    def stmt(self, s: Stmt) -> Stmt:
        if not isinstance(s, Let):
            return with_blocks(subst_heads(s, self.env), tuple(map(self.block, blocks_of(s))))
        s = with_args(s, subst_atoms(s.args, self.env))
        if s.target is None:
            return s
        t = _refined(s.target.type, self.known(s))
        if t == s.target.type:
            return s
        new = Var(s.target.name, t)
        self.env[s.target] = new
        return replace(s, target=new)

    def known(self, s: Let) -> Type | None:
        """What else is known of the type of a result."""
        first = s.args[0] if s.args else None
        if s.op == "call" and isinstance(first, Ref) and isinstance(first.obj, Callee) and first.text in self.functions:
            return _opened(type_of_atom(self.function(first.text).result))
        t = first.type if isinstance(first, Var) else None
        if s.op == "unpack":
            return t
        if s.op == "getitem" and isinstance(t, Tuple) and isinstance(s.args[1], Const) and type(s.args[1].value) is int:
            return t.items[s.args[1].value] if -len(t.items) <= s.args[1].value < len(t.items) else None
        return Tuple(tuple(map(type_of_atom, s.args))) if s.op == "tuple" else None


def _refined(t: Type | None, known: Type | None) -> Type | None:
    """The type with what is known in the place of what is not."""
    if known is None or isinstance(known, Unknown):
        return t
    if t is None or isinstance(t, Unknown):
        return known
    if isinstance(t, Tuple) and isinstance(known, Tuple) and len(t.items) == len(known.items):
        items = tuple(_refined(i, k) or i for i, k in zip(t.items, known.items, strict=True))
        return t if items == t.items else Tuple(items, t.cls, t.code)
    return t


def _opened(t: Type) -> Type:
    """The type without the names of sizes."""
    if isinstance(t, Array):
        return Array(t.dtype, None if t.dims is None else (None,) * len(t.dims))
    if isinstance(t, Tuple):
        return Tuple(tuple(map(_opened, t.items)), t.cls, t.code)
    if isinstance(t, List):
        return List(_opened(t.item), None if t.items is None else tuple(map(_opened, t.items)), t.frozen)
    if isinstance(t, Dict):
        return Dict(_opened(t.value), None if t.items is None else tuple((k, _opened(v)) for k, v in t.items))
    return Obj(t.cls, tuple((k, _opened(v)) for k, v in t.attrs)) if isinstance(t, Obj) else t


__all__ = ["typed_results"]
