"""Lists of numbers that grow, shrink or have a length of their own: lists of Numba's.

*before*::

    def f(x):
        xs = [1.0]
        for i in range(len(x)):
            xs.append(xs[-1] * x[i])
        return xs[2]

*after*::

    def f(x):
        xs = no_floats()
        appended(xs, 1.0)
        for i in range(len(x)):
            t1 = item_of(xs, -1)
            appended(xs, t1 * x[i])
        return item_of(xs, 2)

The functions are those of ``listed.py``. As calls of which nothing is known they keep their order, among themselves and
with all other stores. What a loop records, and what goes from a forward function to its adjoint, is an array: a list there
would be one object, and Python's. Tapes stay as they are (``tapes.py``): lists that one loop fills and others read backwards.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.usage import lets
from s2sad.backend.numba.facts import calls, const, is_array, is_int, is_scalar, rank, typed
from s2sad.backend.numba.listuses import ListUses, as_array, is_numbers
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.structures import as_slice, items_of_type
from s2sad.backend.numba.support import NATIVE
from s2sad.ir.nodes import Atom, Block, Const, For, Function, If, Let, Ref, Stmt, Var, While, blocks_of, replace, walk
from s2sad.ir.rewrite import defined_vars, subst_atom, subst_heads, with_args, with_blocks, with_body, with_stmts
from s2sad.ir.types import BOOL, FLOAT, INT, RANGE, List, Scalar, Type

_KIND = {"float64": "float", "int64": "int", "bool": "bool"}
_END = Const(2**62)  # behind every list
_SAME = (builtins.list, builtins.tuple, rt.copy)
_ARRAYS = (np.array, np.asarray)


def lists_of_numbers(fn: Function) -> Function:
    """``fn`` with calls in the place of the operations on lists of numbers."""
    if not any(is_numbers(v.type) for v in (*(p.var for p in fn.params), *defined_vars(fn.body))):
        return fn
    return _Lists(with_body(fn, _recorded_last(fn.body))).run()


def _recorded_last(block: Block) -> Block:
    """What a loop records of lists is recorded at the end of its body: an entry holds the list, which changes until then."""
    made: dict[Atom | None, Stmt] = {}
    moved: list[Stmt] = []
    stmts: list[Stmt] = []
    for s in block.stmts:
        if not isinstance(s, Let):
            s = with_blocks(s, tuple(map(_recorded_last, blocks_of(s))))
        elif s.op == "tuple" and any(isinstance(a, Var) and is_numbers(a.type) for a in s.args):
            made[s.target] = s
        elif s.op == "method" and const(s.args[1]) == "append" and s.args[2] in made:
            moved += [made[s.args[2]], s]
        stmts.append(s)
    if not moved:
        return with_stmts(block, stmts)
    return Block((*(s for s in stmts if s not in moved), *moved), block.results)


def empty_list(t: List) -> Ref:
    """The function that makes an empty list of this type."""
    assert isinstance(t.item, Scalar)
    return Ref(NATIVE, f"no_{_KIND[t.item.dtype]}s")


class _Lists:
    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.uses = ListUses(fn)
        self.lets = lets(fn)
        self.env: dict[Var, Atom] = {}

    def run(self) -> Function:
        return with_body(self.fn, self.block(self.fn.body))

    def is_list(self, a: Atom) -> bool:
        """A list of Numba's, also where it stands for a value whose type did not say so."""
        return isinstance(a, Var) and (a in self.uses.lists or (a in self.env and is_numbers(type_of_atom(self.env[a]))))

    def atom(self, a: Atom) -> Atom:
        return subst_atom(a, self.env)

    # -- the walk ---------------------------------------------------------------------------------------------------
    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            b = Builder(s.loc)
            if not isinstance(s, Let):
                b.append(self.region(b, s))
            elif not self.let(b, s):
                b.append(subst_heads(s, self.env))
            out += b.stmts
        return Block(tuple(out), tuple(map(self.atom, block.results)))

    def region(self, b: Builder, s: Stmt) -> Stmt:
        if isinstance(s, For) and self.is_list(s.iter):
            return self.over(b, s)
        blocks = tuple(map(self.block, blocks_of(s)))
        if isinstance(s, If) and self.is_list(s.test):
            s = replace(s, test=self.truth(b, self.atom(s.test)))
        if isinstance(s, While) and self.is_list(s.cond.results[0]):
            cond = Builder(s.loc)
            cond.extend(blocks[0].stmts)
            blocks = (cond.block(self.truth(cond, blocks[0].results[0])), blocks[1])
        if isinstance(s, For) and self.is_list(s.item):
            array, head = as_array(s.item), Builder(s.loc)
            self.unpacked(head, s.item, array)
            s, blocks = replace(s, item=array), (Block((*head.stmts, *blocks[0].stmts), blocks[0].results),)
        return with_blocks(subst_heads(s, self.env), blocks)

    def over(self, b: Builder, s: For) -> For:
        """A loop over a list that stays as it is counts."""
        if any(self.uses.changes(x) for x in walk(s.body)):
            raise refuse(self.fn, "a loop over a list while lists change", s.loc, "loop over a range of indices")
        xs, head, index = self.atom(s.iter), Builder(s.loc), Var("k", INT)
        count = self.native(b, "length_of", xs, type=INT)
        it = b.call(builtins.range, "range", count, type=RANGE)
        self.env[s.item] = self.item(head, xs, index, s.item.name)
        body = self.block(s.body)
        init = tuple(map(self.atom, s.init))
        return replace(s, item=index, iter=it, init=init, body=Block((*head.stmts, *body.stmts), body.results))

    # -- pieces -----------------------------------------------------------------------------------------------------
    def native(self, b: Builder, name: str, *args: Atom, type: Type | None, hint: str = "") -> Var:
        return b.emit("call", Ref(NATIVE, name), *args, type=type, name=hint)

    def effect(self, b: Builder, name: str, *args: Atom) -> None:
        b.effect("call", Ref(NATIVE, name), *args)

    def item(self, b: Builder, xs: Atom, i: Atom, hint: str = "") -> Var:
        """An element: Python's number, for all that is known, which is the stricter rule."""
        return self.native(b, "item_of", xs, i, type=Scalar(self.dtype(xs)), hint=hint)

    def truth(self, b: Builder, xs: Atom) -> Var:
        return b.emit("gt", self.native(b, "length_of", xs, type=INT), Const(0), type=BOOL)

    def dtype(self, xs: Atom) -> str:
        t = type_of_atom(self.atom(xs))
        assert isinstance(t, List) and isinstance(t.item, Scalar)
        return t.item.dtype

    def value(self, b: Builder, xs: Atom, v: Atom) -> Atom:
        """What is put into a list, of the type of its elements."""
        t = typed(v)
        if isinstance(t, Scalar) and t.dtype == self.dtype(xs):
            return self.atom(v)
        raise refuse(self.fn, "a list of numbers of several kinds", b.loc, "put floats alone into it: 0.0 for 0")

    def whole(self, b: Builder, a: Atom, like: Atom) -> Atom | None:
        """A list as an operand, also one of known length (which is a tuple otherwise)."""
        if self.is_list(a):
            return self.atom(a) if self.dtype(a) == self.dtype(like) else None
        items = items_of_type(type_of_atom(a))
        made = self.lets.get(a) if isinstance(a, Var) else None
        if items is None or made is None or made.op not in ("list", "tuple") or len(made.args) != len(items):
            return None
        out = self.empty(b, like, "")
        for v in made.args:
            self.effect(b, "appended", out, self.value(b, like, v))
        return out

    def empty(self, b: Builder, like: Atom, hint: str) -> Var:
        t = type_of_atom(like)
        assert isinstance(t, List)
        return b.emit("call", empty_list(t), type=t, name=hint)

    def unpacked(self, b: Builder, target: Var, array: Var) -> None:
        """The list whose elements were recorded as an array."""
        b.append(Let(target, "call", (Ref(NATIVE, f"list_of_{_KIND[self.dtype(target)]}s"), array), (), b.loc))

    def packed(self, b: Builder, a: Atom) -> Var:
        assert isinstance(a, Var)
        array = as_array(a)
        b.append(Let(array, "call", (Ref(NATIVE, f"{_KIND[self.dtype(a)]}s_of"), self.atom(a)), (), b.loc))
        return array

    # -- statements -------------------------------------------------------------------------------------------------
    def let(self, b: Builder, s: Let) -> bool:
        """Write a statement on lists; False where it stays as it is."""
        if s in self.uses.records:
            return self.recorded(b, s)
        if s.target in self.uses.read_back and isinstance(s.target, Var):
            array = as_array(s.target)
            b.append(replace(subst_heads(s, self.env), target=array))  # type: ignore[arg-type]
            self.unpacked(b, s.target, array)
            return True
        if s.target in self.uses.detached and isinstance(s.target, Var):
            array = self.env[s.target] = as_array(s.target)
            b.append(replace(subst_heads(s, self.env), target=array))  # type: ignore[arg-type]
            return True
        if calls(s, rt.zero_tangent) and s.args[1] in self.uses.displays and s.target is not None:
            self.env[s.target] = self.native(b, "filled_list", Const(0.0), Const(1), type=List(FLOAT))
            return True
        if not any(map(self.is_list, s.args)) and not (s.target is not None and self.is_list(s.target)):
            return False
        make: Callable[[Builder, Let], Atom | bool | None] | None = getattr(self, f"op_{s.op.rstrip('_')}", None)
        made = make(b, s) if make is not None else None
        if made is None or isinstance(made, bool):
            return bool(made)
        if s.target is not None:
            self.env[s.target] = made
        return True

    def recorded(self, b: Builder, s: Let) -> bool:
        """What a loop records, or a function leaves to its adjoint: arrays."""
        args = tuple(self.packed(b, a) if self.is_list(a) else self.atom(a) for a in s.args)
        b.append(with_args(s, args))
        return True

    def op_list(self, b: Builder, s: Let) -> Atom | None:
        assert s.target is not None
        if not self.is_list(s.target):
            return None
        out = self.empty(b, s.target, s.target.name)
        for a in s.args:
            self.effect(b, "appended", out, self.value(b, s.target, a))
        return out

    def op_copy(self, b: Builder, s: Let) -> Atom | None:
        return self.atom(s.args[0])

    def op_mul(self, b: Builder, s: Let) -> Atom | None:
        xs, n = s.args if is_int(s.args[1]) else reversed(s.args)
        if s.target is None or not is_int(n):
            return None
        given = self.lets.get(xs) if isinstance(xs, Var) and not self.is_list(xs) else None
        if given is not None and given.op == "list" and len(given.args) == 1:
            value = self.value(b, s.target, given.args[0])
            return self.native(b, "filled_list", value, self.atom(n), type=s.target.type, hint=s.target.name)
        whole = self.whole(b, xs, s.target)
        return whole and self.native(b, "repeated_list", whole, self.atom(n), type=s.target.type, hint=s.target.name)

    def op_add(self, b: Builder, s: Let) -> Atom | None:
        if s.target is None:
            return None
        x, y = (self.whole(b, a, s.target) for a in s.args)
        return self.native(b, "joined", x, y, type=s.target.type, hint=s.target.name) if x and y else None

    def op_iadd(self, b: Builder, s: Let) -> Atom | bool | None:
        ys = self.whole(b, s.args[1], s.args[0]) if self.is_list(s.args[0]) else None
        if ys is None or (isinstance(t := type_of_atom(s.args[0]), List) and t.frozen):
            return None
        self.effect(b, "extended", self.atom(s.args[0]), ys)
        return self.atom(s.args[0])

    def op_getitem(self, b: Builder, s: Let) -> Atom | None:
        if not self.is_list(s.args[0]) or s.target is None:
            return None
        xs, index = self.atom(s.args[0]), s.args[1]
        if is_int(index):
            return self.item(b, xs, self.atom(index), s.target.name)
        ends = self.ends(index)
        if ends is None:
            return None
        name, args = ("backwards", ()) if ends == () else ("sliced", ends)
        return self.native(b, name, xs, *args, type=s.target.type, hint=s.target.name)

    def ends(self, index: Atom) -> tuple[Atom, ...] | None:
        """The two ends of a slice; none of both for ``[::-1]``; None for other steps."""
        known, made = as_slice(type_of_atom(index)), self.lets.get(index) if isinstance(index, Var) else None
        if known is not None:
            parts: tuple[Atom, ...] = tuple(Const(k) for k in (known.start, known.stop, known.step))
        elif made is not None and made.op == "slice":
            parts = made.args
        else:
            return None
        start, stop, step = parts
        nothing = [isinstance(a, Const) and a.value is None for a in parts]
        if const(step) == -1 and nothing[:2] == [True, True]:
            return ()
        if not (nothing[2] or const(step) == 1) or not all(n or is_int(a) for n, a in zip(nothing[:2], parts, strict=False)):
            return None
        return Const(0) if nothing[0] else self.atom(start), _END if nothing[1] else self.atom(stop)

    def op_setitem(self, b: Builder, s: Let) -> bool:
        if not self.is_list(s.args[0]) or not is_int(s.args[1]):
            return False
        self.effect(b, "put_item", self.atom(s.args[0]), self.atom(s.args[1]), self.value(b, s.args[0], s.args[2]))
        return True

    def op_aug_setitem(self, b: Builder, s: Let) -> bool:
        if not self.is_list(s.args[0]) or not is_int(s.args[1]) or not is_scalar(s.args[2]):
            return False
        xs, i = self.atom(s.args[0]), self.atom(s.args[1])
        new = b.emit(const(s.args[3]), self.item(b, xs, i), self.atom(s.args[2]))
        self.effect(b, "put_item", xs, i, self.value(b, s.args[0], new))
        return True

    def op_not(self, b: Builder, s: Let) -> Atom | None:
        return b.emit("eq", self.native(b, "length_of", self.atom(s.args[0]), type=INT), Const(0), type=BOOL)

    def op_method(self, b: Builder, s: Let) -> Atom | bool | None:
        if not self.is_list(s.args[0]) or s.kwnames:
            return None
        xs, name, args = self.atom(s.args[0]), const(s.args[1]), s.args[2:]
        item = Scalar(self.dtype(xs))
        if name == "pop" and all(map(is_int, args)) and len(args) < 2:
            target = self.native(b, "popped_at" if args else "popped", xs, *map(self.atom, args), type=item)
            return target if s.target is not None else True
        if name == "append":
            self.effect(b, "appended", xs, self.value(b, s.args[0], args[0]))
        elif name == "insert" and is_int(args[0]):
            self.effect(b, "inserted", xs, self.atom(args[0]), self.value(b, s.args[0], args[1]))
        elif name == "extend" and (ys := self.whole(b, args[0], s.args[0])) is not None:
            self.effect(b, "extended", xs, ys)
        elif name in ("clear", "reverse"):
            self.effect(b, "cleared" if name == "clear" else "turned_round", xs)
        elif name == "copy" and s.target is not None:
            return self.native(b, "copied_list", xs, type=s.target.type, hint=s.target.name)
        else:
            return None
        return s.target is None

    def op_call(self, b: Builder, s: Let) -> Atom | bool | None:
        if calls(s, rt.unstack) and s.target is not None:
            g = s.args[1]
            if not is_array(g) or rank(g) != 1 or getattr(type_of_atom(g), "dtype", "") != "float64":
                return None
            return self.native(b, "list_of_floats", self.atom(g), type=List(FLOAT))
        if len(s.args) < 2 or not self.is_list(s.args[1]):
            return None
        return self.of_list(b, s, self.atom(s.args[1]), s.args[2:])

    def of_list(self, b: Builder, s: Let, xs: Atom, args: tuple[Atom, ...]) -> Atom | bool | None:
        """A call whose first operand is a list."""
        t = None if s.target is None else s.target.type
        if t is not None and not args:
            if calls(s, builtins.len):
                return self.native(b, "length_of", xs, type=INT, hint=s.target.name if s.target else "")
            if calls(s, builtins.bool):
                return self.truth(b, xs)
            if calls(s, *_ARRAYS) and is_array(s.target or xs) and getattr(t, "dtype", "") == self.dtype(xs):
                return self.native(b, f"{_KIND[self.dtype(xs)]}s_of", xs, type=t, hint=s.target.name if s.target else "")
            if calls(s, *_SAME) and self.is_list(s.target or xs) and self.dtype(s.target or xs) == self.dtype(xs):
                return self.native(b, "copied_list", xs, type=t)
            if calls(s, rt.zeros_like, rt.zero_tangent) and self.dtype(xs) != "bool":
                n = self.native(b, "length_of", xs, type=INT)
                return self.native(b, "filled_list", Const(0.0), n, type=List(FLOAT))
        if calls(s, rt.accumulate_into, rt.add_slice):
            other = self.whole(b, args[-1], s.args[1])
            ends = self.ends(args[0]) if calls(s, rt.add_slice) else None
            if other is None or (ends is None and len(args) > 1):
                return None
            if ends == ():
                other = self.native(b, "backwards", other, type=List(FLOAT))
            self.effect(b, "add_sliced" if ends else "accumulated", xs, *(ends or ()), other)
            return True
        if calls(s, rt.repeated) and is_int(args[0]):  # whatever the elements are: those of lists here are numbers
            return self.native(b, "gathered_list", xs, self.atom(args[0]), type=List(FLOAT))
        if calls(s, rt.take_tail) and is_int(args[0]):
            return self.native(b, "take_tail", xs, self.atom(args[0]), type=t)
        if calls(s, rt.take_inserted) and is_int(args[0]):
            return self.native(b, "take_inserted", xs, self.atom(args[0]), type=Scalar(self.dtype(xs)))
        if calls(s, rt.put_back) and is_int(args[0]):
            self.effect(b, "put_back", xs, self.atom(args[0]), self.value(b, s.args[1], args[1]))
            return True
        return None


__all__ = ["empty_list", "lists_of_numbers"]
