"""``Let``: the operations of the language, containers, attributes and methods."""

from __future__ import annotations

from types import FunctionType, UnionType
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.infer import (
    calls,
    carried,
    elements,
    flat,
    functions,
    growing,
    inline,
    members,
    method_calls,
    mutations,
    objects,
    operators,
    optional,
    placed,
    poison,
    rebinding,
    records,
    rule_calls,
    standard,
    type_queries,
    unpacking,
    wholes,
)
from s2sad.analysis.optypes import ARITHMETIC, INPLACE, op_type
from s2sad.ir.nodes import UNDEF, Atom, Const, Function, Let, Ref, Var
from s2sad.ir.types import (
    NEVER,
    UNKNOWN,
    Array,
    Dict,
    List,
    Lit,
    Maybe,
    Num,
    Obj,
    Opaque,
    RefT,
    Scalar,
    Slice,
    Tuple,
    Type,
    Unknown,
    is_differentiable,
    item_of,
)

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_CONVERSIONS: dict[Any, Any] = {"r": repr, "a": ascii, "s": str}
_EFFECTS = frozenset(
    {"setitem", "delitem", "aug_setitem", "setattr", "aug_setattr", "raise_", "assert_", "comment", "with_exit"}
)  # fmt: skip
_USES = ARITHMETIC | INPLACE.keys() | {"getitem", "setitem", "aug_setitem", "delitem", "method", "call"}
_QUESTIONS = frozenset({"eq", "ne", "is_", "is_not", "in_", "not_in"})
LIST_MUTATORS = frozenset({"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"})
DICT_MUTATORS = frozenset({"update", "setdefault", "pop", "popitem", "clear"})


def let(f: FunctionInfer, s: Let) -> None:
    """Infer one ``Let``: appends typed statements to ``f.out`` and binds the target in ``f.env``."""
    args = flat.operands(f, s.op, tuple(f.atom(a) for a in s.args))
    for a in args:
        if a.__class__ is Var and a.type.__class__ is Maybe and s.op in _USES:
            args = optional.used(f, s, args)
            break
    name = s.target.name if s.target is not None else ""
    result = _dispatch(f, s, args, name) if not poison.is_poisoned(f, s, args) else poison.refused(f, s, args)
    if poison.is_lost(f, s, result):
        result = poison.refused(f, s, args)
    if s.target is not None:
        if isinstance(result, Var) and s.target.type is not None:
            result = _known_before(f, s.target.type, result)
        if isinstance(result, Var):
            f.origin.setdefault(result, s.target)
            inline.unify(f, s.target, result)
            if s.op == "getattr":
                inline.unify_field(f, s)
        f.env[s.target] = UNDEF if result is None else result


def _known_before(f: FunctionInfer, t: Type, result: Var) -> Var:
    """What is inferred again (the tangent of a function, to be differentiated) has the type that it was found to have,
    where the statement alone does not tell."""
    last = f.out[-1] if f.out else None
    if not isinstance(result.type, Unknown | Num) or isinstance(t, Unknown | Num) or not isinstance(last, Let):
        return result
    if last.target is not result:
        return result
    new = Var(result.name, t)
    f.out[-1] = Let(new, last.op, last.args, last.kwnames, last.loc)
    return new


def _dispatch(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom | None:
    if s.op in ("call", "method"):
        inline.named(f, s.args, args)
    if s.op == "call":
        return calls.call(f, s, args, name)
    if s.op == "method":
        return method_calls.method(f, s, args, name)
    if s.op in INPLACE:
        return _inplace(f, s, args, name)
    if s.op in _EFFECTS:
        _effect(f, s, args)
        return None
    handler = _OPS.get(s.op)
    if handler is not None:
        return handler(f, s, args, name)
    return f.emit(s.op, *args, kwnames=s.kwnames, name=name)


# -- stores ------------------------------------------------------------------------------------------------------


def _effect(f: FunctionInfer, s: Let, args: tuple[Atom, ...]) -> None:
    if s.op in ("setitem", "aug_setitem") and args[0] in f.flats:
        flat.store(f, s.op, args)
        return
    if s.op == "setattr" and isinstance(f.type(args[0]), Array) and getattr(args[1], "value", "") == "flat":
        flat.assign(f, args[0], args[2])
        return
    if args and isinstance(f.type(args[0]), Obj) and objects.effect(f, s.op, args):
        return
    if s.op == "setitem":
        args = (*args[:2], records.stored(f, args[0], args[2]))
        index = f.type(args[1])
        value = f.type(args[2])
        if isinstance(index, Slice) and isinstance(f.type(args[0]), List):
            from s2sad.analysis.infer import methods

            growing.store_into(f, s.args[0], args[0], methods.element_type(f, args[2]))
            mutations.store_slice(f, *args)
            return
        growing.store_into(f, s.args[0], args[0], value, args[1:])
    elif s.op in ("delitem",):
        growing.store_into(f, s.args[0], args[0], NEVER)
        if isinstance(f.type(args[0]), List | Dict) and is_differentiable(f.type(args[0])):
            mutations.delete(f, *args)
            return
    elif s.op == "aug_setitem" and isinstance(f.type(args[0]), List | Dict):
        # on a list or dict: read, operate, store
        item = read(f, "getitem", args[0], args[1], "")
        if isinstance(item, Var):
            extended(f, f.origin.get(item, item), item, args[2])
        new = inplace_value(f, "i" + str(args[3].value), item, args[2])  # type: ignore[union-attr]
        growing.store_into(f, s.args[0], args[0], f.type(new), (args[1], new))
        f.effect("setitem", args[0], args[1], new)
        return
    f.effect(s.op, *args, kwnames=s.kwnames)


def _display(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    if any(a.__class__ is Var and f.is_star(a) for a in args):
        return _starred_display(f, s, args, name)
    if s.op == "dict" and _ambiguous(args[::2]):
        f.refuse("S2S063", "a dict with keys that are equal but of different types", "use keys of one type")
        return UNDEF
    if s.op == "set":
        return type_queries.known_set(f, s, f.emit(s.op, *args, name=name))
    return growing.grow(f, s.target, f.emit(s.op, *args, name=name))


def _ambiguous(keys: tuple[Atom, ...]) -> bool:
    """``True`` and ``1``, ``1`` and ``1.0``: one key for Python, several for the types of a dict's items."""
    kinds: dict[Any, type] = {}
    values = [k.value for k in keys if isinstance(k, Const)]
    return any(kinds.setdefault(v, type(v)) is not type(v) for v in values)


def _starred_display(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    """``[*a, b]``: flat when the lengths are known."""
    flat: list[Atom] = []
    runs: list[Atom] = []  # what came before, as lists: joined where a length is not known
    for a in args:
        inner = f.stars.get(a) if isinstance(a, Var) else None
        if inner is None:
            flat.append(a)
            continue
        parts = elements.elements(f, inner)
        if parts is not None:
            flat.extend(parts)
            continue
        if s.op not in ("list", "tuple"):
            f.refuse("S2S051", "a starred element whose length is not known", "build the set with add")
            return UNDEF
        runs += [*_display_of(f, flat), calls.builtin_list(f, unpacking.iterated(f, inner), "", None)]
        flat = []
    if not runs:
        return growing.grow(f, s.target, f.emit(s.op, *flat, name=name))
    return _joined(f, s, [*runs, *_display_of(f, flat)], name)


def _display_of(f: FunctionInfer, items: list[Atom]) -> list[Atom]:
    return [f.emit("list", *items)] if items else []


def _joined(f: FunctionInfer, s: Let, runs: list[Any], name: str) -> Atom:
    """``[*xs, a, *ys]`` as ``list(xs) + [a] + list(ys)``."""
    total = runs[0]
    for k, part in enumerate(runs[1:]):
        total = f.emit("add", total, part, name=name if s.op == "list" and k == len(runs) - 2 else "")
    if s.op == "list":
        return growing.grow(f, s.target, total)
    t = f.type(total)
    item = item_of(t) if isinstance(t, List) else UNKNOWN
    return f.emit("call", Ref(tuple, "tuple"), total, name=name, type=List(item, None, True))


# -- in place ----------------------------------------------------------------------------------------------------


def _inplace(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    if isinstance(s.args[0], Var):
        extended(f, s.args[0], args[0], args[1])
    return inplace_value(f, s.op, args[0], args[1], name, s.args[0])


def extended(f: FunctionInfer, untyped: Atom, x: Atom, v: Atom) -> None:
    """``x += v`` where ``x`` is a list: it holds the elements of ``v`` as well."""
    if isinstance(f.type(x), List):
        other = f.type(v)
        growing.store_into(f, untyped, x, other.item if isinstance(other, List) else UNKNOWN)


def inplace_value(f: FunctionInfer, op: str, x: Atom, v: Atom, name: str = "", untyped: Atom | None = None) -> Atom:
    """``x op= v``: an effect on arrays and lists (the name keeps its object), a plain operation on numbers."""
    t = f.type(x)
    if isinstance(t, Dict) and op == "ior_":  # d |= e is d.update(e)
        if not isinstance(untyped, Var):  # which displays may be this dict, and have more keys now, is known of names
            f.refuse("S2S066", "|= of a dict that a container or an object holds", "write .update(...)")
            return UNDEF
        method_calls.method_call(f, x, "update", (v,), {}, "", untyped, None)
        return x
    if (isinstance(t, Array) or (isinstance(t, List) and not t.frozen)) and isinstance(x, Var):
        f.effect(op, x, v)
        return x
    if isinstance(t, Opaque) and t.cls is not frozenset and isinstance(x, Var):  # a set
        return f.emit(op, x, v, name=name, type=t)
    if isinstance(t, Obj):
        result = method_calls.dunder(f, f"__{op.rstrip('_')}__", x, (v,), name)
        if result is not None:
            return result
    out = arithmetic(f, INPLACE[op], (x, v), name)
    if isinstance(x, Var) and isinstance(out, Var) and rebinding.is_open(t):
        f.rebound.append((x, out, f.loc))
    return out


_DUNDER = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "truediv", "floordiv": "floordiv", "mod": "mod", "pow": "pow",
    "matmul": "matmul", "neg": "neg", "pos": "pos", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge", "eq": "eq",
    "ne": "ne", "and_": "and", "or_": "or", "xor": "xor", "lshift": "lshift", "rshift": "rshift",
}  # fmt: skip


def arithmetic(f: FunctionInfer, op: str, args: tuple[Atom, ...], name: str) -> Atom:
    types = [f.type(a) for a in args]
    if any(t.__class__ is Obj or (t.__class__ is Tuple and operators.acts(t)) for t in types):
        result = operators.operator(f, op, args, name)
        if result is not None:
            return result
    if op in ("add", "mul") and any(isinstance(t, (Tuple, List)) for t in types):
        parts = _sequence_parts(f, op, args, types)
        if parts is not None:
            return f.emit("tuple" if any(isinstance(t, Tuple) for t in types) else "list", *parts, name=name)
    if op == "or_" and all(isinstance(t, RefT) and isinstance(t.obj, type | UnionType) for t in types):
        return f.emit(op, *args, name=name, type=RefT(types[0].obj | types[1].obj))  # type: ignore[attr-defined]
    if op in _QUESTIONS and any(isinstance(t, Lit) and isinstance(t.value, np.dtype) for t in types):
        answer = op_type(op, tuple(types))
        if isinstance(answer, Lit):
            return Const(answer.value)
    return f.emit(op, *args, name=name)


def _sequence_parts(f: FunctionInfer, op: str, args: tuple[Atom, ...], types: list[Type]) -> list[Atom] | None:
    """The elements of ``a + b`` and ``a * 3`` for tuples and lists of known length."""
    if op == "add":
        if not all(isinstance(t, Tuple | List) for t in types):
            return None
        both = [elements.elements(f, a) for a in args]
        return None if both[0] is None or both[1] is None else [*both[0], *both[1]]
    seq, n = (args[0], types[1]) if isinstance(types[0], Tuple | List) else (args[1], types[0])
    if not isinstance(n, Lit) or type(n.value) is not int or not 0 <= n.value <= 32:
        return None
    parts = elements.elements(f, seq)
    return None if parts is None else list(parts) * n.value


def _contains(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    """``x in d.values()``: an iterator is made a sequence."""
    from s2sad.analysis.infer.iterables import as_sequence

    if isinstance(args[1], Var) and args[1] in f.recipes:
        args = (args[0], as_sequence(f, args[1]))
    known = type_queries.in_display(f, *args)
    if known is not None:
        return Const(known == (s.op == "in_"))
    return _arithmetic(f, s, args, name)


def _arithmetic(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    if s.op == "or_" and all(isinstance(f.type(a), Dict) for a in args):
        return mutations.merged(f, s.target, args, {}, name)
    if s.op in ("is_", "is_not") and Lit(None) in map(f.type, args) and any(functions.is_virtual(f, a) for a in args):
        return Const(s.op == "is_not")  # a function made here is not None
    result = arithmetic(f, s.op, args, name)
    if s.op in ("is_", "is_not") and isinstance(result, Var) and Maybe in [f.type(a).__class__ for a in args]:
        optional.tested(f, s.op, args, result)
    if result.__class__ is Var and result.type.__class__ is List and f.out and getattr(f.out[-1], "target", None) is result:
        return growing.grow(f, s.target, result)
    return result


# -- reads -------------------------------------------------------------------------------------------------------


def _getitem(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    x, i = args
    it = f.type(i)
    if isinstance(x, Var) and x in f.tuples and isinstance(it, Lit) and type(it.value) is int:
        parts = f.tuples[x]
        if isinstance(x.type, Tuple) and -len(parts) <= it.value < len(parts):
            return parts[it.value]
    held = placed.items(f, x)
    if held is not None and isinstance(it, Lit) and type(it.value) is int and -len(held) <= it.value < len(held):
        return held[it.value]
    named = placed.pairs(f, x)
    if named is not None and isinstance(it, Lit) and it.value in named:
        return named[it.value]
    if isinstance(x, Var) and x in f.recipes:
        return UNDEF
    if isinstance(x, Var) and x in f.flats:
        return flat.read(f, x, i, name)
    t = f.type(x)
    if isinstance(t, Scalar) and not t.weak and isinstance(it, Tuple) and all(i in _NEW_AXES for i in it.items):
        return x if not it.items else _with_axes(f, x, it.items.count(Lit(None)), name)  # a number of NumPy
    if isinstance(t, Tuple | List | Dict) and not isinstance(it, Lit | Slice):
        chosen = functions.chosen_by_index(f, x, t, i, name)
        if chosen is not None:
            return chosen
    if t.__class__ is Unknown and wholes.may_be_object(f, "__getitem__"):
        return UNDEF
    if isinstance(t, Obj):
        result = method_calls.dunder(f, "__getitem__", x, (i,), name)
        if result is not None:
            return result
    cls = x.obj if isinstance(x, Ref) else t.obj if isinstance(t, RefT) else None
    if cls is np.r_ or cls is np.c_:
        joined = standard.joined(f, cls, i, name)
        if joined is not None:
            return joined
    hook = members.lookup(f, cls, "__class_getitem__") if isinstance(cls, type) and cls.__module__ != "builtins" else None
    inner = getattr(hook, "__func__", None)
    if isinstance(inner, FunctionType):
        return calls.call_object(f, Ref(inner, inner.__name__), (x, i), {}, name, s.target) or UNDEF
    item = f.emit("getitem", x, i, name=name)
    return growing.grow(f, s.target, item) if isinstance(t, List) and isinstance(it, Slice) else item


_NEW_AXES = (Lit(None), Lit(Ellipsis))


def _with_axes(f: FunctionInfer, x: Atom, count: int, name: str) -> Atom:
    """``x[..., None]`` of a number of NumPy."""
    shape = f.emit("tuple", *[Const(1)] * count)
    return rule_calls.rule_call(f, rule_calls.numpy_rule("reshape"), (x, shape), {}, name) or UNDEF


def read(f: FunctionInfer, op: str, x: Atom, key: Atom, name: str) -> Atom:
    """``x[key]`` or ``x.key`` as inference makes it for the user's."""
    s = Let(None, op, (x, key), (), f.loc)
    return _getitem(f, s, (x, key), name) if op == "getitem" else _getattr(f, s, (x, key), name)


def _getattr(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    x, attr = args
    t = f.type(x)
    key = attr.value if isinstance(attr, Const) else ""
    if isinstance(x, Var) and x in f.tracked.supers:
        return objects.super_method(f, x, key, (), {}, name, s.target, read=True) or UNDEF
    if isinstance(x, Ref) or isinstance(t, RefT):
        obj = x.obj if isinstance(x, Ref) else t.obj  # type: ignore[attr-defined]
        if key == "__match_args__" and isinstance(obj, type):
            members.watch(f, obj, key)
            return f.emit("tuple", *map(Const, obj.__match_args__))  # type: ignore[attr-defined]
        data = members.class_data(f, obj, key)
        if data is not None:
            return data
        if hasattr(obj, key):
            members.watch(f, obj, key)
            return calls.reference(getattr(obj, key), f"{getattr(x, 'text', key)}.{key}")
    if isinstance(t, Array) and key == "__array_wrap__":  # of an array that is no subclass: the array itself
        return Ref(np.asanyarray, "np.asanyarray")
    whole = flat.made(f, x, name) if key == "flat" else None
    if whole is not None:
        return whole
    if isinstance(t, Scalar) and key == "T":
        return x
    if isinstance(t, Array | Num | Unknown) and key == "T":
        return rule_calls.rule_call(f, rule_calls.numpy_rule("transpose"), (x,), {}, name) or UNDEF
    if isinstance(t, Array | Num | Unknown) and key == "mT":
        swapped = Ref(np.matrix_transpose, "np.matrix_transpose")
        return rule_calls.rule_call(f, rule_calls.numpy_rule("matrix_transpose"), (x,), {}, name, swapped) or UNDEF
    if isinstance(t, Array | Num | Scalar) and key in ("real", "imag"):
        return rule_calls.rule_call(f, rule_calls.numpy_rule(key), (x,), {}, name) or UNDEF
    if isinstance(t, Obj):
        return method_calls.attribute(f, x, t, key, name)
    if key in _RESULTS and (isinstance(t, Num) or (isinstance(t, Tuple) and t.cls is None)):
        return read(f, "getitem", x, Const(_RESULTS[key]), name)
    if isinstance(t, Tuple) and t.cls is not None and isinstance(x, Var) and x in f.tuples and key in t.cls._fields:
        return f.tuples[x][t.cls._fields.index(key)]
    if isinstance(t, Tuple) and t.cls is not None and key not in t.cls._fields:
        return objects.tuple_attribute(f, x, t, key, name)
    if isinstance(t, Lit) and isinstance(t.value, np.dtype) and isinstance(getattr(t.value, key, None), type | bool | int | str):
        return calls.reference(getattr(t.value, key), f"np.{getattr(t.value.type, '__name__', '')}")
    if f.program.carried and isinstance(x, Var) and (x in f.caught or _is_exception(t)):
        return carried.read(f, x, key, name)
    if t.__class__ is Unknown and wholes.may_be_object(f, key):
        return UNDEF
    bound = functions.bound_method(f, x, t, key, name)
    return bound if bound is not None else f.emit("getattr", x, attr, name=name)


# The names that NumPy gives to the parts of its results, which are plain tuples here.
_RESULTS = {
    part: k
    for names in ("U S Vh", "sign logabsdet", "eigenvalues eigenvectors", "Q R", "values counts", "values inverse_indices")
    for k, part in enumerate(names.split())
}


def _is_exception(t: Type) -> bool:
    return isinstance(t, Opaque) and isinstance(t.cls, type) and issubclass(t.cls, BaseException)


def _closure(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    ref = args[0]
    assert isinstance(ref, Ref) and isinstance(ref.obj, Function)
    return functions.make(f, functions.Code("function", ref.obj), args[1:], name)


def _not(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    if isinstance(f.type(args[0]), Obj):
        return operators.truth(f, args[0], negate=True)
    result = f.emit("not", *args, name=name)
    if f.some:
        optional.tested(f, "not", args, result)
    return result


def _format(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    """An f-string of what is known is text that is known: ``getattr(np, f"atleast_{n}d")`` names a function."""
    types = [f.type(a) for a in args]
    if not all(isinstance(t, Lit) and isinstance(t.value, str | int | None) for t in types):
        return f.emit(s.op, *args, name=name)
    values = [t.value for t in types if isinstance(t, Lit)]
    if s.op == "format":
        return Const("".join(map(str, values)))
    value, conversion, spec = values
    shown = value if conversion is None else _CONVERSIONS[conversion](value)
    return Const(format(shown, spec or ""))


def _copy(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    return args[0]


_OPS: dict[str, Any] = {
    "tuple": _display,
    "list": _display,
    "set": _display,
    "dict": _display,
    "getitem": _getitem,
    "getattr": _getattr,
    "unpack": unpacking.unpack,
    "unpack_star": unpacking.unpack_star,
    "closure": _closure,
    "star": unpacking.star,
    "iter_list": unpacking.iter_list,
    "copy": _copy,
    "with_enter": lambda f, _, args, name: objects.enter(f, args[0], name),
    "format": _format,
    "format_value": _format,
    "in_": _contains,
    "not_in": _contains,
    "is_": _arithmetic,
    "is_not": _arithmetic,
    "not": _not,
    **{op: _arithmetic for op in _DUNDER},
}
