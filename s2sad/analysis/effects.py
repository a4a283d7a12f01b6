"""What a statement does besides giving a value: which operands' memory it reads, writes, or lets its result share.

``effect_of(let)`` classifies one statement from its operation, its types and the rules. What memory the operands share
is asked of ``s2sad.analysis.sharing``.
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.aliasing import aliased_operand, aliasing
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.infer.program import Gradient
from s2sad.ir.nodes import (
    Affecting,
    Atom,
    Callee,
    Const,
    Function,
    Global,
    Let,
    Ref,
    Try,
    Var,
    While,
    walk,
)
from s2sad.ir.record import dataclass
from s2sad.ir.types import Array, Dict, List, Lit, Num, Opaque, Range, RefT, Scalar, Slice, Tuple, Type
from s2sad.rules.registry import Rule, lookup, lookup_method
from s2sad.runtime.memory import Shadow

# tuples: a union would be built at each of the many calls
_NUMERIC = (Array, Scalar, Lit, Num)
_OWN = (Function, Callee)

INPLACE_OPS = frozenset(
    {
        "iadd",
        "isub",
        "imul",
        "itruediv",
        "ifloordiv",
        "imod",
        "ipow",
        "imatmul",
        "ilshift",
        "irshift",
        "iand_",
        "ior_",
        "ixor",
    }
)
STORES = frozenset({"setitem", "delitem", "aug_setitem", "setattr", "aug_setattr"})
PURE_OPS = frozenset(
    {
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
        "matmul",
        "lshift",
        "rshift",
        "and_",
        "or_",
        "xor",
        "neg",
        "pos",
        "invert",
        "not",
        "lt",
        "le",
        "gt",
        "ge",
        "eq",
        "ne",
        "is_",
        "is_not",
        "in_",
        "not_in",
        "getitem",
        "getattr",
        "slice",
        "tuple",
        "list",
        "set",
        "dict",
        "format",
        "format_value",
        "star",
        "closure",
        "copy",
        "unpack",
        "unpack_star",
        "iter_list",
    }
)
_WRITING_METHODS = frozenset(
    {
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "sort",
        "reverse",
        "update",
        "setdefault",
        "popitem",
        "add",
        "discard",
        "fill",
        "put",
        "itemset",
        "partition",
        "resize",
        "setflags",
    }
)
_READING_METHODS = frozenset(
    {
        "copy",
        "get",
        "keys",
        "values",
        "items",
        "index",
        "count",
        "tolist",
        "item",
        "astype",
        "sum",
        "mean",
        "min",
        "max",
        "dot",
        "reshape",
        "ravel",
        "flatten",
        "transpose",
        "squeeze",
        "all",
        "any",
        "argmax",
        "argmin",
        "cumsum",
        "prod",
        "std",
        "var",
        "round",
        "clip",
        "conj",
        "repeat",
        "swapaxes",
        "diagonal",
        "trace",
        "nonzero",
    }
)
# Helpers without a rule that store nowhere; what they give may be an operand, or a part of one.
_STORE_NOWHERE = """
    is_method made_early make_object conform normalize_axes tensordot_axes owner_of
    abs_slope_adj abs_slope_jvp angle_adj angle_jvp bands_adj block_upper cumprod_curve cumprod_second
    curve_inside delayed_products detached diag_back dist_adj dist_jvp einsum_adj_adj einsum_adj_dot einsum_adj_subscripts
    einsum_dot_adj einsum_dot_dot equal_weights explicit factor_adj factor_dot factored_adj factored_dot
    filtered_adj filtered_weights_adj fmean_adj fmean_weight_adj fmean_weight_dot full_of_bands geometric_mean_adj
    grid_adj grid_dot half_over harmonic_mean_adj harmonic_mean_weight_adj harmonic_mean_weight_dot interp_adj_fp
    interp_adj_xp interp_dot interp_slope lstsq_adj_a lstsq_adj_b lstsq_dot_a lstsq_dot_b matrix_power_adj
    matrix_power_jvp meshgrid_adj multi_dot_adj multi_dot_dot negated norm_curve norm_turn opposite other_factors
    others_dot part partition_adj partition_dot qr_adj qr_jvp read_view rebuild repeated select_rest shares_memory sloped
    std_curve surface_inside svd_jvp swapped symmetric_of to_triangle transposed_bands triangle
    triangular_adj triangular_dot trigamma turned upper_right variance_adj variance_centre_adj
    whole_signal
"""
# Those that give new memory.
_NEW_MEMORY = """
    clip_high clip_inside clip_low cofactor cofactor_dot copy count cumprod_adj cumsum_adj deviation diagonal_adj
    dot_adj_a dot_adj_b exp_or_zero from_lower gaps gather half in_parts last_store log_or_zero masked_mul
    matmul_adj_a matmul_adj_b median_share norm_slope others outer_adj_a outer_adj_b pairing pow_da pow_db ptp_share
    safe_div safe_dot safe_mul scaled scatter share sinc_curve sinc_slope solve_adj_a std_slope svd_adj
    tensordot_adj_a tensordot_adj_b to_lower unreduce var_slope wins zeros_like
"""
_HELPERS_PURE = frozenset(_STORE_NOWHERE.split())
_HELPERS_RAISE = frozenset(
    {"attribute", "expect_method", "held", "require_apart", "require_float", "require_ordered", "require_same", "require_undone",
     "sort_order"}
)
_HELPERS_FIRST = frozenset({"as_adjoint", "unrounded"})  # of the second operand it has the structure alone
_HELPERS_FRESH = frozenset(_NEW_MEMORY.split())
_PURE_BUILTINS: frozenset[Any] = frozenset(
    {len, range, isinstance, float, int, bool, type, abs, min, max, sum, tuple, list, zip, enumerate, reversed, sorted}
)
_IMMUTABLE_CLASSES = (str, bytes, bool, int, float, complex, type(None), range)


@dataclass(frozen=True, slots=True)
class Effect:
    """``writes``: positions of the args whose memory is changed. ``io``: order and number of runs matter (prints,
    raises, calls of functions that nothing is known of). ``shares``: positions whose memory the result may share;
    ``fresh`` results share none. ``holds``: positions that are stored into the memory of ``writes[0]``."""

    writes: tuple[int, ...] = ()
    io: bool = False
    shares: tuple[int, ...] = ()
    holds: tuple[int, ...] = ()

    @property
    def pure(self) -> bool:
        return not self.writes and not self.io


PURE = Effect()
_SHARES_0 = Effect(shares=(0,))
_IO = Effect(io=True)
COMMENT = Effect(io=True)


def has_memory(t: Type | None) -> bool:
    """May a value of this type be changed in place, or share memory with another?"""
    cls = t.__class__  # asked so often that isinstance costs
    if cls is Array:
        return True
    if cls in WITHOUT_MEMORY:
        return False
    if cls is Tuple:
        return any(map(has_memory, t.items))  # type: ignore[union-attr]
    if t.__class__ is Opaque:
        return t.cls is None or not issubclass(t.cls, _IMMUTABLE_CLASSES)
    return True


WITHOUT_MEMORY: frozenset[type] = frozenset({Scalar, Lit, RefT, Range, Slice})


def atom_has_memory(a: Atom) -> bool:
    if isinstance(a, Var):
        return has_memory(a.type)
    return isinstance(a, Global) and has_memory(type_of_atom(a))


_keep_effect = Affecting.__dict__["_effect"].__set__


def is_logger(a: Atom) -> bool:
    """Is it an object of the module logging? What is told to it is only seen by people."""
    t = type_of_atom(a)
    return isinstance(t, Opaque) and getattr(t.cls, "__module__", "") == "logging"


def effect_of(let: Let) -> Effect:
    """The effect of one statement, from its op, its types and the rules."""
    known: Effect | None = let._effect
    if known is None:
        known = _effect_of(let)
        if is_final(let):
            _keep_effect(let, known)
    return known


def is_final(let: Let) -> bool:
    """Will what is said of its effect stay? What a function of ours does may not be known yet."""
    return let.op != "call" or not (let.args[0].__class__ is Ref and isinstance(let.args[0].obj, _OWN))


def forget() -> None:
    """A program is done: its functions are not asked for again."""
    _SUMMARIES.clear()


def _effect_of(let: Let) -> Effect:
    op = let.op
    if op == "call":
        return _call_effect(let)
    if op in PURE_OPS:
        return _pure_effect(op, let)
    if op in INPLACE_OPS:
        t = type_of_atom(let.args[0])
        if isinstance(t, Scalar | Lit | Tuple):
            return PURE
        return Effect(writes=(0,), shares=(0,), holds=(1,) if isinstance(t, List) else ())
    if op in STORES:
        value = (2,) if op in ("setitem", "setattr") and not isinstance(type_of_atom(let.args[0]), Array) else ()
        return Effect(writes=(0,), holds=value)
    if op == "method":
        return _method_effect(let)
    return Effect(io=True, shares=tuple(range(len(let.args))))


def _pure_effect(op: str, let: Let) -> Effect:
    if op == "getitem":
        x, index = let.args
        if isinstance(type_of_atom(x), Array) and _is_advanced(type_of_atom(index)):
            return PURE
        return _SHARES_0
    if op in ("getattr", "copy", "unpack", "unpack_star", "iter_list", "star", "pos"):
        return _SHARES_0
    if op in ("tuple", "list", "set", "dict", "closure"):
        return Effect(shares=tuple(range(len(let.args))))
    if op in ("add", "mul") and not isinstance(type_of_atom(let.args[0]), _NUMERIC):
        return Effect(shares=(0, 1))  # joined lists and tuples hold the same elements
    return PURE


def _is_advanced(index: Type) -> bool:
    """Is the result of indexing an array with this surely a copy?"""
    if isinstance(index, Tuple):
        return any(map(_is_advanced, index.items))
    if isinstance(index, List) and index.frozen:  # a tuple of so many
        return _is_advanced(index.item)
    return isinstance(index, List) or (isinstance(index, Array) and index.dims is not None and len(index.dims) > 0)


def _call_effect(let: Let) -> Effect:
    callee = let.args[0]
    if not isinstance(callee, Ref):
        return Effect(io=True, shares=tuple(range(len(let.args))))
    if isinstance(callee.obj, Gradient) and callee.obj.fn is not None:
        return PURE if function_effect(callee.obj.fn, len(let.args)).pure else _IO  # what it returns is new memory
    own = callee.obj if isinstance(callee.obj, Function) else getattr(callee.obj, "fn", None)
    if isinstance(own, Function):  # itself, or half of a pair
        return function_effect(own, len(let.args))
    if _is_helper(callee.obj):
        name = callee.obj.__name__
        if name in _HELPERS_RAISE:
            return Effect(io=True, shares=tuple(range(1, len(let.args))))
        if name in _HELPERS_FRESH:
            return PURE
        if name in _HELPERS_FIRST:
            return Effect(shares=(1,))
        if name in _HELPERS_PURE or lookup(callee.obj) is not None:
            return Effect(shares=tuple(range(1, len(let.args))))  # many may give an operand back
        return _writes_1(let)
    rule = lookup(callee.obj)
    if "out" in let.kwnames:
        where = len(let.args) - len(let.kwnames) + let.kwnames.index("out")
        return Effect(writes=(where,), shares=(where,))
    if rule is None:
        return _unknown_call(callee.obj, let)
    return _rule_effect(rule, let)


def _is_helper(obj: Any) -> bool:
    return str(getattr(obj, "__module__", "")).startswith("s2sad.runtime") and not isinstance(obj, type)


def _writes_1(let: Let) -> Effect:
    """A store into the first operand. A container holds on to what is stored, and the result may come from there."""
    if isinstance(type_of_atom(let.args[1]), Array):
        return Effect(writes=(1,))
    return Effect(writes=(1,), shares=tuple(range(1, len(let.args))), holds=tuple(range(2, len(let.args))))


def _rule_effect(rule: Rule, let: Let) -> Effect:
    if not rule.pure:
        return Effect(io=True, shares=tuple(range(1, len(let.args))))
    if aliasing(rule, let) == "fresh":
        return PURE
    operand = aliased_operand(let)
    return PURE if operand is None else Effect(shares=(let.args.index(operand),))


def _unknown_call(obj: Any, let: Let) -> Effect:
    """A callee without a rule: builtins and helpers that write one operand are known by name."""
    every = tuple(range(1, len(let.args)))
    try:
        if obj in _PURE_BUILTINS:
            return Effect(shares=every)
    except TypeError:
        pass
    if getattr(obj, "__name__", "") == "at" and getattr(obj, "__self__", None) is not None:
        return Effect(writes=(1,))  # np.add.at and its siblings
    return Effect(io=True, shares=every, writes=every)


def finds_adjoint(let: Let) -> bool:
    """Is it ``shadows.of(x)``, which gives the one adjoint that x has, however often it is asked?"""
    if let.op != "method" or getattr(let.args[1], "value", "") not in ("of", "part"):
        return False
    t = type_of_atom(let.args[0])
    return isinstance(t, Opaque) and t.cls is Shadow


def _method_effect(let: Let) -> Effect:
    name = let.args[1].value if isinstance(let.args[1], Const) else ""
    t = type_of_atom(let.args[0])
    if not has_memory(t):
        return PURE
    if finds_adjoint(let):
        return _SHARES_0
    rest = tuple(range(2, len(let.args)))
    if isinstance(t, Array) and name in ("copy", "astype", "flatten", "tolist"):
        return PURE
    if name in _WRITING_METHODS and isinstance(t, List | Dict | Array | Opaque | Num):
        return Effect(writes=(0,), shares=(0,), holds=rest)
    if isinstance(t, List | Dict | Array | Tuple | Num) and (name in _READING_METHODS or lookup_method(str(name))):
        return Effect(shares=(0, *rest))
    return Effect(io=True, shares=(0, *rest), writes=(0, *rest))


_SUMMARIES: dict[Function, Effect] = {}  # functions are immutable: a summary never goes stale
_OPEN = Effect(io=True)


def function_effect(fn: Function, n_args: int) -> Effect:
    """The effect of calling one of our own functions: does it print, raise, or write outside itself?"""
    known = _SUMMARIES.get(fn)
    every = tuple(range(1, n_args))
    if known is None:
        _SUMMARIES[fn] = _OPEN  # a recursive call is taken for the worst
        known = _SUMMARIES[fn] = _summary(fn)
    if known.pure:
        return Effect(shares=every)
    return Effect(io=True, shares=every, writes=every)


def _summary(fn: Function) -> Effect:
    from s2sad.analysis.sharing import Memory  # the two need each other: what a call shares, and what sharing means

    memory = Memory(fn)
    for stmt in walk(fn.body):
        if isinstance(stmt, While | Try):
            return _OPEN
        if isinstance(stmt, Let) and stmt.op != "comment":
            e = effect_of(stmt)
            if e.io or any(memory.is_outside(stmt.args[p]) for p in e.writes):
                return _OPEN
    return PURE


__all__ = [
    "COMMENT",
    "INPLACE_OPS",
    "PURE",
    "PURE_OPS",
    "STORES",
    "Effect",
    "atom_has_memory",
    "effect_of",
    "finds_adjoint",
    "forget",
    "function_effect",
    "has_memory",
    "is_logger",
]
