"""Functions of NumPy and ``math`` that are other operations in disguise: stores into an argument, methods of ufuncs.

*before*                              *after*::

    np.copyto(a, b)                       a[...] = b
    np.multiply.at(a, idx, v)             for k in range(len(idx)): a[idx[k]] *= v[k]
    np.add.reduce(x)                      np.sum(x, axis=0)
    math.log(x, b)                        math.log(x) / math.log(b)
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from string import ascii_letters
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.infer import calls, elements, flat, rewritten_running, rule_calls
from s2sad.analysis.infer.iterables import as_sequence, materialise, recipe
from s2sad.analysis.infer.operations import arithmetic
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.scatters import ADD_AT, SUBTRACT_AT
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, For, Ref, Var
from s2sad.ir.types import INT, RANGE, STR, Array, List, Lit, Scalar, Tuple, Type, dims_of, is_number, join_all, rank_of
from s2sad.rules.registry import lookup

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Args = tuple[Atom, ...]
Kw = dict[str, Atom]
Handler = Callable[..., Any]


def np_call(f: FunctionInfer, name: str, *args: Atom, kw: Kw | None = None) -> Atom:
    """A call of a NumPy function as inference makes it for the user's."""
    return calls.call_object(f, Ref(getattr(np, name), f"np.{name}"), args, kw or {}, "", None) or UNDEF


def given(names: str, pos: Args, kw: Kw) -> dict[str, Atom]:
    """Arguments by name."""
    return {**dict(zip(names.split(), pos, strict=False)), **kw}


def _is_none(a: Atom | None) -> bool:
    t = type_of_atom(a) if a is not None else Lit(None)
    return isinstance(t, Lit) and t.value is None


# -- stores into an argument ---------------------------------------------------------------------------------------


def _copyto(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    g = given("dst src casting where", pos, kw)
    value, where = g["src"], g.get("where")
    t = type_of_atom(where) if where is not None else Lit(True)
    if not (isinstance(t, Lit) and t.value is True):
        value = np_call(f, "where", where or UNDEF, value, g["dst"])
    f.effect("setitem", g["dst"], Const(Ellipsis), value)
    return Const(None)


def _fill_diagonal(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    g = given("a val wrap", pos, kw)
    t = type_of_atom(g["a"])
    if "wrap" in g or not isinstance(t, Array) or t.rank != 2:
        return f.refuse("S2S054", "np.fill_diagonal of an array that is not known to be a matrix", "store a[i, i] in a loop")
    n = f.emit("call", Ref(min, "min"), f.emit("getattr", g["a"], Const("shape")), type=INT)
    i = np_call(f, "arange", n)
    flat.in_order(f, g["a"], g["val"])
    value = g["val"]
    at, of = dims_of(t), dims_of(type_of_atom(value))
    if of != () and not (of and at and len(of) == 1 and at == (of[0], of[0])):
        # fewer values come again and again, more are not looked at
        value = np_call(f, "resize", value, n)
    f.effect("setitem", g["a"], f.emit("tuple", i, i), value)
    return Const(None)


def _put(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    g = given("a ind v mode", pos, kw)
    t = type_of_atom(g["a"])
    if "mode" in g or not isinstance(t, Array) or t.rank is None:
        return f.refuse("S2S054", "np.put with a mode, or into an array of unknown rank", "write a.flat[i] = v")
    index, value = _as_index(f, g["ind"]), g["v"]
    if not _is_flat(index) or not _is_flat(value):  # both are gone through in order, whatever their shapes
        index, value = np_call(f, "ravel", index), np_call(f, "ravel", value)
    if t.rank != 1:
        index = np_call(f, "unravel_index", index, f.emit("getattr", g["a"], Const("shape")))
    f.effect("setitem", g["a"], index, value)
    return Const(None)


def _is_flat(a: Atom) -> bool:
    """A number, a list of numbers, or an array of one dimension."""
    t = type_of_atom(a)
    return is_number(t) or (isinstance(t, Array) and t.rank == 1) or (isinstance(t, List | Tuple) and is_number(_item(t)))


def _item(t: List | Tuple) -> Type:
    return t.item if isinstance(t, List) else join_all(t.items)


def _as_index(f: FunctionInfer, index: Atom) -> Atom:
    """A list of positions as an array."""
    t = type_of_atom(index)
    return index if isinstance(t, Array | Tuple) or is_number(t) else np_call(f, "array", index)


def _putmask(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``a[mask] = v``, or ``v[mask]`` where v has the shape of a."""
    g = given("a mask values", pos, kw)
    a, value, t, target = g["a"], g["values"], type_of_atom(g["values"]), type_of_atom(g["a"])
    if isinstance(t, Array) and isinstance(target, Array) and t.dims is not None and t.dims == target.dims:
        value = f.emit("getitem", value, _as_mask(f, g["mask"]))
    elif not is_number(t):
        return f.refuse("S2S054", "np.putmask with values of another shape than the array", "write a[mask] = values")
    f.effect("setitem", a, _as_mask(f, g["mask"]), value)
    return Const(None)


def _as_mask(f: FunctionInfer, mask: Atom) -> Atom:
    """A mask of integers means where they are not zero; as an index it would mean positions."""
    t = type_of_atom(mask)
    if isinstance(t, Array) and t.dtype == "bool":
        return mask
    return np_call(f, "asarray", mask, kw={"dtype": Ref(bool, "bool")})


def _place(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``a[mask] = vals[:count]``: the first values, one for each true element, over again where there are not enough."""
    g = given("arr mask vals", pos, kw)
    value, mask = g["vals"], _as_mask(f, g["mask"])
    if not is_number(type_of_atom(value)):
        flat = np_call(f, "ravel", value)
        places = f.emit("mod", np_call(f, "arange", np_call(f, "count_nonzero", mask)), np_call(f, "size", flat))
        value = f.emit("getitem", flat, places)
    f.effect("setitem", g["arr"], mask, value)
    return Const(None)


def _svd(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``np.linalg.svd(x, compute_uv=False)``: the singular values alone."""
    g = given("a full_matrices compute_uv hermitian", pos, kw)
    wanted = type_of_atom(g["compute_uv"]) if "compute_uv" in g else Lit(True)
    if not (isinstance(wanted, Lit) and wanted.value is False) or "hermitian" in g:
        return NotImplemented
    return calls.call_object(f, Ref(np.linalg.svdvals, "np.linalg.svdvals"), (g["a"],), {}, name, untyped)


def _qr(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``np.linalg.qr(a, mode="r")``: the second of both factors; "complete" is "reduced" where there is nothing to add."""
    g = given("a mode", pos, kw)
    mode, t = type_of_atom(g.get("mode", Const("reduced"))), type_of_atom(g["a"])
    square = isinstance(t, Array) and t.rank == 2 and t.dims is not None and t.dims[0] is not None and t.dims[0] == t.dims[1]
    if mode not in (Lit("reduced"), Lit("r")) and not (mode == Lit("complete") and square):
        return NotImplemented
    both = rule_calls.rule_call(f, rule_calls.numpy_rule("qr", np.linalg), (g["a"],), {}, "" if mode == Lit("r") else name)
    if mode != Lit("r"):
        return both
    return f.emit("getitem", both or UNDEF, Const(1), name=name)


def _where(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``np.where(mask)``: the places where it is true."""
    if len(pos) != 1 or kw:
        return NotImplemented
    return calls.call_object(f, Ref(np.nonzero, "np.nonzero"), pos, {}, name, untyped)


def _einsum(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``np.einsum(x, [0, 1], y, [1, 2], [0, 2])``: the subscripts as text."""
    t = type_of_atom(pos[0]) if pos else STR
    if t == STR or isinstance(t, Lit):
        return NotImplemented
    labels = [_labels(type_of_atom(a)) for a in pos[1::2]] + ([_labels(type_of_atom(pos[-1]))] if len(pos) % 2 else [])
    if None in labels:
        return f.refuse("S2S054", "np.einsum with lists of axes that are not known", "write the subscripts as text")
    known = [text for text in labels if text is not None]
    ins = known[: len(pos) // 2]
    text = ",".join(ins) + ("->" + known[-1] if len(pos) % 2 else "")
    return calls.call_object(f, Ref(np.einsum, "np.einsum"), (Const(text), *pos[: len(pos) // 2 * 2 : 2]), kw, name, untyped)


def _interp(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``np.interp(x, xp, fp, left, right)``: what is outside of the table is chosen instead."""
    g = given("x xp fp left right period", pos, kw)
    left, right = g.get("left"), g.get("right")
    if (_is_none(left) and _is_none(right)) or not _is_none(g.get("period")) or not {"x", "xp", "fp"} <= g.keys():
        return NotImplemented
    x, xp = g["x"], g["xp"]
    y = np_call(f, "interp", x, xp, g["fp"])
    for end, k, op in ((left, 0, "lt"), (right, -1, "gt")):
        if end is not None and not _is_none(end):
            outside = arithmetic(f, op, (x, f.emit("getitem", xp, Const(k))), "")
            y = np_call(f, "where", outside, end, y)
    return y


def _diff(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``np.diff(x, prepend=a, append=b)``: the differences of what is joined."""
    g = given("a n axis prepend append", pos, kw)
    ends = [g.get(k) for k in ("prepend", "append")]
    there_are = [not (a is None or (isinstance(a, Ref) and a.obj is np._NoValue)) for a in ends]
    if not any(there_are):
        return NotImplemented
    axis = g.get("axis", Const(-1))
    first = np_call(f, "take", g["a"], f.emit("list", Const(0)), axis)
    parts = [
        a if a is g["a"] or rank_of(type_of_atom(a)) != 0 else np_call(f, "full_like", first, a)
        for a, there in zip((ends[0], g["a"], ends[1]), (there_are[0], True, there_are[1]), strict=True)
        if there and a is not None
    ]
    whole = np_call(f, "concatenate", f.emit("list", *parts), axis)
    return calls.call_object(f, Ref(np.diff, "np.diff"), (whole, g.get("n", Const(1)), axis), {}, name, untyped)


def _labels(t: Type) -> str | None:
    """``[0, 1]`` as ``ab``."""
    items = t.items if isinstance(t, Tuple | List) else None
    numbers = [i.value for i in items if isinstance(i, Lit)] if items is not None else []
    if items is None or len(numbers) < len(items) or not all(k is ... or (type(k) is int and 0 <= k < 52) for k in numbers):
        return None
    return "".join("..." if k is ... else ascii_letters[k] for k in numbers)


def _fromiter(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    g = given("iter dtype count", pos, kw)
    if "count" in g or "like" in g:
        return NotImplemented
    return calls.call_object(
        f, Ref(np.array, "np.array"), (as_sequence(f, g["iter"]),), {"dtype": g["dtype"]}, name, untyped
    )


def _tolist(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``x.tolist()``: nested lists of Python numbers."""
    t = type_of_atom(pos[0])
    if not isinstance(t, Array) or t.rank is None or t.dtype not in ("float64", "int64"):
        return NotImplemented
    number = Ref(float, "float") if t.dtype == "float64" else Ref(int, "int")
    if t.rank == 0:
        return calls.call_object(f, number, pos, {}, name, untyped)
    each = number if t.rank == 1 else Ref(np.ndarray.tolist, "np.ndarray.tolist")
    return materialise(f, recipe(f, "map", (each, pos[0])), name, untyped)


# -- methods of ufuncs ---------------------------------------------------------------------------------------------


def _scatter(at: Any, text: str) -> Handler:
    """``np.add.at(a, index, v)``: as it stands, for arrays."""

    def handler(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        a, index, v = pos
        if isinstance(type_of_atom(v), List | Tuple):
            v = np_call(f, "array", v)
        f.effect("call", Ref(at, text), a, index, v)
        return Const(None)

    return handler


def _at(ufunc: np.ufunc, op: str) -> Handler:
    """``ufunc.at(a, index, v)``: one position after the other, repeated ones again."""

    def handler(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        a, index, v = pos
        it = type_of_atom(index)
        parts = (elements.elements(f, index) or ()) if isinstance(it, Tuple) else (index,)
        columns = [_as_index(f, c) for c in parts]
        types = [type_of_atom(c) for c in columns]
        if not types or not all(isinstance(t, Array) and t.rank == 1 and t.dtype != "bool" for t in types):
            if len(types) == 1 and is_number(types[0]) and op not in ("maximum", "minimum"):
                f.effect("aug_setitem", a, index, v, Const(op))
                return Const(None)
            return f.refuse("S2S064", f"np.{ufunc.__name__}.at with an index that is not a list of positions", "write a loop")
        rest, vt = type_of_atom(a), type_of_atom(v)
        ranks = (rank_of(rest), rank_of(vt))
        if ranks[0] is None or ranks[1] is None or (isinstance(vt, Array) and vt.dims and vt.dims[0] is None):
            return f.refuse("S2S064", f"np.{ufunc.__name__}.at with arrays of unknown shape", "write a loop")
        if isinstance(vt, Array):
            v = np_call(f, "array", v)  # v may share memory with a, and is read before
        each = ranks[1] == ranks[0] - len(columns) + 1
        if each and isinstance(vt, Array) and vt.dims and vt.dims[0] is not None and vt.dims[0].is_one:
            each, v = False, f.emit("getitem", v, Const(0))
        n = f.emit("call", Ref(len, "len"), columns[0], type=INT)
        over = f.emit("call", Ref(range, "range"), n, type=RANGE)
        saved, f.out = f.out, []
        k = Var("k", INT)
        place = [f.emit("getitem", c, k) for c in columns]
        value = f.emit("getitem", v, k) if each else v
        where = place[0] if len(place) == 1 else f.emit("tuple", *place)
        if op in ("maximum", "minimum"):
            f.effect("setitem", a, where, np_call(f, op, f.emit("getitem", a, where), value))
        else:
            f.effect("aug_setitem", a, where, value, Const(op))
        body, f.out = f.out, saved
        f.out.append(For(k, over, (), (), Block(tuple(body), ()), (), False, f.loc))
        return Const(None)

    return handler


def _reduce(canonical: str) -> Handler:
    def handler(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        g = given("array axis dtype out keepdims", pos, kw)
        options: Kw = {"axis": g.get("axis", Const(0)), **{k: g[k] for k in ("keepdims",) if k in g}}
        unknown = [k for k in g if k not in ("array", "axis", "keepdims") and not _is_none(g[k])]
        if unknown:
            return f.refuse("S2S054", f"the option {unknown[0]}= of a ufunc's reduce has no derivative rule", "leave it out")
        return calls.call_object(f, Ref(getattr(np, canonical), f"np.{canonical}"), (g["array"],), options, name, untyped)

    return handler


def _accumulate(canonical: str) -> Handler:
    def handler(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        g = given("array axis dtype out", pos, kw)
        g = {k: a for k, a in g.items() if k not in ("dtype", "out") or not _is_none(a)}
        if set(g) - {"array", "axis", "out"}:
            return NotImplemented
        options = {"axis": g.get("axis", Const(0)), **({"out": g["out"]} if "out" in g else {})}
        return calls.call_object(f, Ref(getattr(np, canonical), f"np.{canonical}"), (g["array"],), options, name, untyped)

    return handler


def _running(written: str) -> Handler:
    """Step by step, as ``rewritten_running`` has it."""

    def handler(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        g = given("array axis dtype out", pos, kw)
        g = {k: a for k, a in g.items() if k not in ("dtype", "out") or not _is_none(a)}
        if set(g) - {"array", "axis"} or _is_none(g.get("axis", Const(0))):
            return NotImplemented
        axis = g.get("axis", Const(0))
        return calls.call_object(f, Ref(getattr(rewritten_running, written), written), (g["array"], axis), {}, name, untyped)

    return handler


def _outer(ufunc: np.ufunc) -> Handler:
    """``ufunc.outer(a, b)``: ``ufunc(a[..., None], b)``."""

    def handler(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        a, b = (x if isinstance(type_of_atom(x), Array) or is_number(type_of_atom(x)) else np_call(f, "array", x) for x in pos)
        rank = rank_of(type_of_atom(b))
        if kw or rank is None:
            return f.refuse("S2S054", f"np.{ufunc.__name__}.outer of an array of unknown rank", "write a[:, None] and b")
        if rank and isinstance(type_of_atom(a), Array):
            a = f.emit("getitem", a, f.emit("tuple", Const(Ellipsis), *[Const(None)] * rank))
        return calls.call_object(f, Ref(ufunc, f"np.{ufunc.__name__}"), (a, b), {}, name, untyped)

    return handler


_BINARY = (np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum, np.hypot, np.arctan2, np.logaddexp)


def method_handler(obj: Any) -> Handler | None:
    """The handler of a bound method of a ufunc (``np.add.at``), which is a new object each time it is read."""
    owner, key = getattr(obj, "__self__", None), getattr(obj, "__name__", "")
    if not isinstance(owner, np.ufunc):
        return None
    return _METHODS.get((owner, key)) or (_outer(owner) if key == "outer" and owner in _BINARY else None)


_METHODS: dict[tuple[np.ufunc, str], Handler] = {
    (np.add, "at"): _scatter(ADD_AT, "np.add.at"),
    (np.subtract, "at"): _scatter(SUBTRACT_AT, "np.subtract.at"),
    (np.multiply, "at"): _at(np.multiply, "mul"),
    (np.divide, "at"): _at(np.divide, "truediv"),
    (np.maximum, "at"): _at(np.maximum, "maximum"),
    (np.minimum, "at"): _at(np.minimum, "minimum"),
    (np.add, "reduce"): _reduce("sum"),
    (np.multiply, "reduce"): _reduce("prod"),
    (np.maximum, "reduce"): _reduce("max"),
    (np.minimum, "reduce"): _reduce("min"),
    (np.add, "accumulate"): _accumulate("cumsum"),
    (np.multiply, "accumulate"): _accumulate("cumprod"),
    (np.maximum, "accumulate"): _running("running_maximum"),
    (np.minimum, "accumulate"): _running("running_minimum"),
    (np.logaddexp, "accumulate"): _running("running_logaddexp"),
    (np.logaddexp, "reduce"): _running("total_logaddexp"),
}


# -- math ----------------------------------------------------------------------------------------------------------


def _log(fn: Any, text: str) -> Handler:
    """``log(x, base)``."""

    def handler(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        if len(pos) != 2:
            return NotImplemented
        rule = lookup(fn)
        assert rule is not None
        parts = tuple(rule_calls.rule_call(f, rule, (a,), {}, "", Ref(fn, text)) or UNDEF for a in pos)
        return arithmetic(f, "truediv", parts, name)

    return handler


def _polar(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    size = calls.call_object(f, Ref(abs, "abs"), pos, {}, "", None)
    phase = calls.call_object(f, Ref(cmath.phase, "cmath.phase"), pos, {}, "", None)
    return f.emit("tuple", size or UNDEF, phase or UNDEF, name=name)


def _frexp(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
    """``math.frexp(x)``: x = m * 2**e with an integer e."""
    e = f.emit("getitem", f.emit("call", Ref(math.frexp, "math.frexp"), pos[0], type=_NUMBERS), Const(1), type=INT)
    scaled = calls.call_object(f, Ref(math.ldexp, "math.ldexp"), (pos[0], f.emit("neg", e)), {}, "", None)
    return f.emit("tuple", scaled or UNDEF, e, name=name)


_NUMBER: Type = Scalar("float64")
_NUMBERS: Type = Tuple((_NUMBER, _NUMBER))


def _number_of(cls: Any) -> Handler:
    """``np.float64()`` and ``np.float64("nan")``; of numbers it has a rule."""

    def handler(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        t = type_of_atom(pos[0]) if pos else Lit("")
        if kw or not (t == STR or (isinstance(t, Lit) and isinstance(t.value, str))):
            return NotImplemented
        return f.emit("call", Ref(cls, f"np.{cls.__name__}"), *pos, name=name, type=Scalar(cls.__name__, False))

    return handler


def _each(fn: Any) -> Handler:
    """``np.atleast_1d(x, y)``: a tuple with one array for each."""

    def handler(f: FunctionInfer, pos: Args, kw: Kw, name: str, untyped: Var | None) -> Any:
        if len(pos) == 1:
            return NotImplemented
        return f.emit("tuple", *(np_call(f, fn.__name__, a) for a in pos), name=name)

    return handler


HANDLERS: dict[Any, Handler] = {
    np.atleast_1d: _each(np.atleast_1d),
    np.atleast_2d: _each(np.atleast_2d),
    np.atleast_3d: _each(np.atleast_3d),
    np.float64: _number_of(np.float64),
    np.float32: _number_of(np.float32),
    np.copyto: _copyto,
    np.fill_diagonal: _fill_diagonal,
    np.put: _put,
    np.putmask: _putmask,
    np.place: _place,
    np.linalg.svd: _svd,
    np.linalg.qr: _qr,
    np.where: _where,
    np.einsum: _einsum,
    np.interp: _interp,
    np.diff: _diff,
    np.fromiter: _fromiter,
    math.log: _log(math.log, "math.log"),
    cmath.log: _log(cmath.log, "cmath.log"),
    cmath.polar: _polar,
    math.frexp: _frexp,
    np.ndarray.tolist: _tolist,
}
