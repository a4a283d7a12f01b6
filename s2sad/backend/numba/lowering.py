"""Numba's representation to LLVM's, with fewer words for what emitted functions are full of: elements of arrays, and
variables that come to their end.

For ``x[i, j]`` Numba writes the pair ``(i, j)``, reads all nine fields of ``x`` from its variable, stores them in a place
made for this one element, and reads from there what it needs: the address, the shape, and the strides, which an array
without gaps does not need. Where a variable ends, it is read and set to zero whatever it holds. LLVM takes all that away
again, which is a good part of the time that it takes. Here the address and the shape are read where they are, and only
what counts references is set to zero. The machine code is the same.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from llvmlite import ir as llvm
from numba.core import cgutils, ir, types
from numba.core.lowering import Lower

from s2sad.backend.numba import elementary
from s2sad.backend.numba.apart import Apart
from s2sad.backend.numba.counters import Loops

_DATA, _SHAPE, _OWNER = "data", "shape", "meminfo"
_POINTER = types.MemInfoPointer(types.voidptr)


class Lowering(Lower):
    """Numba's lowering, but for what is said above."""

    def init(self) -> None:
        super().init()
        self._items: dict[str, list[Any]] = {}  # the values of the tuples that are only indices
        self._counted: dict[Any, bool] = {}
        self._indices = self._only_indices()
        self._loops = Loops(self.blocks.values(), self.typeof)
        self._counters: dict[str, tuple[Any, Any, Any]] = {}
        self._steps: dict[str, tuple[Any, Any]] = {}  # of a pair: the value, and is there one?
        self._apart = Apart(self.module, self.blocks.values())
        self._elementary: dict[Any, None] = {}  # the functions of elementary.py that are called

    def lower(self) -> None:
        super().lower()
        elementary.add_to(self.library, tuple(self._elementary))

    def _lower_call_normal(self, fnty: Any, expr: Any, signature: Any) -> Any:
        """Functions of floats that LLVM can widen are arithmetic of ours."""
        key = getattr(fnty, "typing_key", None)
        if not isinstance(key, np.ufunc) or key not in elementary.FUNCTIONS or signature.args != (types.float64,):
            return super()._lower_call_normal(fnty, expr, signature)
        self._elementary[key] = None
        (x,) = self.fold_call_args(fnty, signature, expr.args, expr.vararg, expr.kws)
        return elementary.call(self.builder, key, x)

    def _only_indices(self) -> set[str]:
        """The variables, assigned once and in one block, that are read as the indices of elements alone."""
        uses: Counter[str] = Counter()
        as_index: Counter[str] = Counter()
        for block in self.blocks.values():
            for inst in block.body:
                if isinstance(inst, ir.Del):
                    continue
                uses.update(v.name for v in inst.list_vars())
                found = self._element(inst)
                if found is not None:
                    as_index[found] += 1
        made = {n for n, k in as_index.items() if uses[n] == k + 1}  # one more: where it is made
        return made & self._singly_assigned_vars

    def _element(self, inst: Any) -> str | None:
        """The name of the index of the element that a statement reads or stores."""
        if isinstance(inst, ir.SetItem):
            array, index = inst.target, inst.index
        elif isinstance(inst, ir.Assign) and isinstance(inst.value, ir.Expr) and inst.value.op == "getitem":
            array, index = inst.value.value, inst.value.index
        else:
            return None
        return index.name if self._is_element(self.typeof(array.name), self.typeof(index.name)) else None

    def _is_element(self, array: Any, index: Any) -> bool:
        """Does this index give one number of an array without gaps?"""
        if type(array) is not types.Array or array.layout != "C" or self.context.enable_boundscheck:
            return False
        kinds = _kinds(index)
        return (
            len(kinds) == array.ndim
            and all(isinstance(k, types.Integer) for k in kinds)
            and isinstance(array.dtype, types.Float | types.Integer | types.Boolean)
        )

    def lower_assign(self, ty: Any, inst: Any) -> Any:
        value = inst.value
        if self._is_loop(inst.target.name):
            self._lower_loop(inst.target.name, value)
            return None
        if isinstance(value, ir.Expr) and value.op in ("pair_first", "pair_second") and value.value.name in self._steps:
            return self._steps[value.value.name][value.op == "pair_second"]
        if isinstance(value, ir.Expr) and value.op == "build_tuple" and inst.target.name in self._indices:
            self._items[inst.target.name] = [self.loadvar(i.name) for i in value.items]
            return None
        return super().lower_assign(ty, inst)

    def _is_loop(self, name: str) -> bool:
        return name in self._loops.ranges or name in self._loops.walks or name in self._loops.pairs

    def _lower_loop(self, name: str, value: Any) -> None:
        """A range: its first value and its end; where a loop begins, which may be often for one range: the first value is the
        next one; one step: a comparison and an addition."""
        b = self.builder
        if name in self._loops.ranges:
            kinds = self.fndesc.calltypes[value].args
            args = [self._cast_var(v, k) for v, k in zip(value.args, kinds, strict=True)]
            first, end = args[:2] if len(args) > 1 else (cgutils.intp_t(0), args[0])
            places = self._counter(name)
            b.store(first, places[0])
            b.store(end, places[1])
        elif name in self._loops.walks:
            if not isinstance(value, ir.Var):
                first, _, at = self._counter(self._loops.walks[name])
                b.store(b.load(first), at)
        else:
            over = self._loops.pairs[name]
            _, end, at = self._counter(over)
            now, step = b.load(at), self._loops.ranges[over]
            more = b.icmp_signed("<" if step > 0 else ">", now, b.load(end))
            with b.if_then(more):
                b.store(b.add(now, cgutils.intp_t(step), flags=["nsw"]), at)
            self._steps[name] = now, more

    def _counter(self, name: str) -> tuple[Any, Any, Any]:
        """Where a loop over this range has its first value, its end, and its next value."""
        if name not in self._counters:
            first, end, at = (cgutils.alloca_once(self.builder, cgutils.intp_t) for _ in range(3))
            self._counters[name] = first, end, at
        return self._counters[name]

    def lower_getitem(self, resty: Any, expr: Any, value: Any, index: Any, signature: Any) -> Any:
        array = self.typeof(value.name)
        if not self._is_element(array, self.typeof(index.name)):
            return super().lower_getitem(resty, expr, value, index, signature)
        place = self._place(value.name, index.name)
        start = len(self.builder.block.instructions)
        item = self.context.unpack_value(self.builder, array.dtype, place, align=None if array.aligned else 1)
        self._tell(value.name, start)
        return self.context.cast(self.builder, item, array.dtype, resty)

    def lower_setitem(self, target_var: Any, index_var: Any, value_var: Any, signature: Any) -> Any:
        array, kind = self.typeof(target_var.name), self.typeof(value_var.name)
        if not self._is_element(array, self.typeof(index_var.name)) or not isinstance(kind, types.Number | types.Boolean):
            return super().lower_setitem(target_var, index_var, value_var, signature)
        value = self.context.cast(self.builder, self.loadvar(value_var.name), kind, signature.args[2])
        value = self.context.cast(self.builder, value, signature.args[2], array.dtype)
        place = self._place(target_var.name, index_var.name)
        start = len(self.builder.block.instructions)
        self.context.pack_value(self.builder, array.dtype, value, place, align=None if array.aligned else 1)
        self._tell(target_var.name, start)

    def _tell(self, array: str, start: int) -> None:
        for instruction in self.builder.block.instructions[start:]:
            if isinstance(instruction, llvm.LoadInstr | llvm.StoreInstr):
                self._apart.tell(array, instruction)

    def _place(self, array: str, index: str) -> Any:
        """The address of an element."""
        b, kind = self.builder, self.typeof(index)
        kinds = _kinds(kind)
        data, *shape = self._fields(array, len(kinds))
        if index in self._items:
            values = self._items[index]
        else:
            whole = self.loadvar(index)
            values = cgutils.unpack_tuple(b, whole, len(kinds)) if isinstance(kind, types.Tuple | types.UniTuple) else [whole]
        offset: Any = None
        for value, k, size in zip(values, kinds, shape, strict=True):
            i = self._not_negative(value, k, size)
            offset = i if offset is None else b.add(b.mul(offset, size), i)
        return b.gep(data, [offset])

    def _fields(self, name: str, rank: int) -> list[Any]:
        """The address of an array and its sizes."""
        b, model = self.builder, self.context.data_model_manager[self.typeof(name)]
        data, shape = model.get_field_position(_DATA), model.get_field_position(_SHAPE)
        if name in self._blk_local_varmap and not self._disable_sroa_like_opt:
            whole = self._blk_local_varmap[name]
            return [b.extract_value(whole, data), *(b.extract_value(whole, [shape, k]) for k in range(rank))]
        at = self.getvar(name)
        fields = [[data], *([shape, k] for k in range(rank))]
        return [b.load(b.gep(at, [cgutils.int32_t(i) for i in (0, *path)], inbounds=True)) for path in fields]

    def _not_negative(self, value: Any, kind: Any, size: Any) -> Any:
        """An index from the start."""
        b = self.builder
        if not kind.signed:
            return self.context.cast(b, value, kind, types.uintp)
        i = self.context.cast(b, value, kind, types.intp)
        if isinstance(i, llvm.Constant) and i.constant >= 0:
            return i
        return b.select(b.icmp_signed("<", i, size.type(0)), b.add(i, size), i)

    def _counts(self, kind: Any) -> bool:
        """Does a value of this type hold references that are counted?"""
        if kind not in self._counted:
            self._counted[kind] = self.context.data_model_manager[kind].contains_nrt_meminfo()
        return self._counted[kind]

    def storevar(self, value: Any, name: str, argidx: Any = None) -> None:
        if name in self._items or self._is_loop(name):
            return
        kind = self.typeof(name)
        if name in self._singly_assigned_vars or argidx is not None or (self._counts(kind) and type(kind) is not types.Array):
            super().storevar(value, name, argidx)
            return
        self._alloca_var(name, kind)
        if self._counts(kind):
            self._count(self.builder.load(self._owner_at(name)), "decref")
        self.builder.store(value, self.getvar(name))

    def delvar(self, name: str) -> None:
        kind = self.typeof(name)
        if name in self._items or self._is_loop(name) or (not self._counts(kind) and name in self._blk_local_varmap):
            return
        if name in self._blk_local_varmap or (self._counts(kind) and type(kind) is not types.Array):
            super().delvar(name)
            return
        self._singly_assigned_vars.discard(name)  # where it ends before it begins, it needs a place
        self._alloca_var(name, kind)
        if self._counts(kind):
            owner = self._owner_at(name)
            self._count(self.builder.load(owner), "decref")
            self.builder.store(llvm.Constant(owner.type.pointee, None), owner)

    def _owner_at(self, name: str) -> Any:
        """Where the variable of an array has what counts its references."""
        position = self.context.data_model_manager[self.typeof(name)].get_field_position(_OWNER)
        return self.builder.gep(self.getvar(name), [cgutils.int32_t(0), cgutils.int32_t(position)], inbounds=True)

    def incref(self, typ: Any, val: Any) -> None:
        if not self._counts(typ):
            return
        if type(typ) is types.Array:
            self._count(self._owner(typ, val), "incref")
        else:
            super().incref(typ, val)

    def decref(self, typ: Any, val: Any) -> None:
        if not self._counts(typ):
            return
        if type(typ) is types.Array:
            self._count(self._owner(typ, val), "decref")
        else:
            super().decref(typ, val)

    def _owner(self, kind: Any, value: Any) -> Any:
        return self.builder.extract_value(value, self.context.data_model_manager[kind].get_field_position(_OWNER))

    def _count(self, owner: Any, how: str) -> None:
        """Count a reference more or less: of an array, Numba reads all other fields as well."""
        getattr(self.context.nrt, how)(self.builder, _POINTER, owner)


def _kinds(index: Any) -> tuple[Any, ...]:
    return tuple(index) if isinstance(index, types.Tuple | types.UniTuple) else (index,)


__all__ = ["Lowering"]
