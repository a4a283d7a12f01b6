"""A call of a function that has a rule, in canonical form: operands positional, static parameters by keyword, defaults left
out, ``out=`` as a store."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.infer import functions, placed
from s2sad.analysis.optypes import rule_type, type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Ref, Var
from s2sad.ir.types import NEVER, List, Lit, Num, Tuple, Type, Unknown, rank_of
from s2sad.rules.registry import Rule, lookup

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def numpy_rule(name: str, home: Any = np) -> Rule:
    rule = lookup(getattr(home, name))
    assert rule is not None, name
    return rule


@cache
def _signature(target: Any) -> tuple[tuple[str, ...], str | None] | None:
    """Positional parameter names of a function and the name of its ``*args``, or None where it has no signature."""
    if isinstance(target, str | np.ufunc):
        return None
    try:
        params = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return None
    star = next((p.name for p in params if p.kind is p.VAR_POSITIONAL), None)
    return tuple(p.name for p in params if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)), star


def rule_call(
    f: FunctionInfer, rule: Rule, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, ref: Ref | None = None
) -> Atom | None:
    """Emit a call in canonical form: operands positional, static parameters by keyword, defaults left out."""
    text = ref.text if ref is not None else text_of(rule)
    target = ref.obj if ref is not None else rule.canonical
    if target is np.where and len(pos) == 1 and not kw:  # another function
        target, text, rule = np.nonzero, "np.nonzero", numpy_rule("nonzero")
    if f.places.now:
        pos, kw = tuple(placed.current(f, a) for a in pos), {k: placed.current(f, a) for k, a in kw.items()}
    if isinstance(target, np.ufunc) and len(pos) > target.nin + target.nout:
        most = target.nin + target.nout
        f.refuse("S2S053", f"{text}() takes at most {most} positional arguments, {len(pos)} were given")
        return UNDEF
    kw = {k: a for k, a in kw.items() if not (isinstance(a, Ref) and a.obj is np._NoValue)}
    if text_of(rule).startswith("np."):
        kw.pop("device", None)  # there is one
    if target in (np.var, np.std) and "correction" in kw and "ddof" not in kw:
        kw["ddof"] = kw.pop("correction")
    if target is np.sort:
        for option in ("stable", "kind"):  # which of equal numbers comes first
            if isinstance(type_of_atom(kw.get(option, UNDEF)), Lit):
                kw.pop(option)
    if target is np.array and "ndmin" in kw:
        return _of_rank(f, rule, pos, kw, name)
    if target is np.clip:
        kw = {{"min": "a_min", "max": "a_max"}.get(k, k): a for k, a in kw.items()}
    if text.startswith("scipy."):  # what may be destroyed is not
        kw = {k: a for k, a in kw.items() if not k.startswith("overwrite_")}
    if isinstance(target, np.ufunc):
        kw.pop("casting", None)  # which casts are an error
        if "where" in kw:
            return _masked(f, rule, pos, kw, name, Ref(target, text))
    if ("where" in kw or "initial" in kw) and any(target is r for r in _REDUCTIONS):
        from s2sad.analysis.infer import masked_reductions

        return masked_reductions.call(f, rule, pos, kw, name, Ref(target, text))
    out = kw.pop("out", None) if "out" in kw and "out" not in dict(rule.static) else None
    if isinstance(target, np.ufunc) and len(pos) > target.nin:  # np.exp(x, out)
        out, pos = pos[target.nin], pos[: target.nin]
    if rule.kind == "nondiff" and not rule.static:
        return _emit_rule(f, rule, Ref(target, text), pos, kw, name, out)
    bound = _bind(f, rule, target, pos, kw, text)
    if bound is None:
        return UNDEF
    operands, static = bound
    if "order" in static and not _order_is_known(f, target, operands, static):
        return UNDEF
    return _emit_rule(f, rule, Ref(target, text), operands, static, name, out)


def _order_is_known(f: FunctionInfer, target: Any, operands: tuple[Atom, ...], static: dict[str, Atom]) -> bool:
    """``order="A"`` and ``"K"`` go by how an array lies in memory, which an adjoint or a tangent need not share."""
    order = type_of_atom(static["order"])
    if target not in (np.reshape, np.ravel, rt.flatten) or (isinstance(order, Lit) and order.value in ("C", "F")):
        return True
    if rank_of(type_of_atom(operands[0])) in (0, 1) and isinstance(order, Lit):
        del static["order"]
        return True
    f.refuse("S2S054", "order= by how an array lies in memory", "write order='C' or order='F'")
    return False


def _of_rank(f: FunctionInfer, rule: Rule, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str) -> Atom | None:
    """``np.array(x, ndmin=2)``: ``np.array(x)[None, ...]`` where the rank is too low."""
    least = type_of_atom(kw.pop("ndmin"))
    value = rule_call(f, rule, pos, kw, name) or UNDEF
    rank = rank_of(type_of_atom(value))
    if rank is None and isinstance(least, Lit) and least.value in (1, 2):
        return rule_call(f, numpy_rule(f"atleast_{least.value}d"), (value,), {}, name)
    if rank is None or not isinstance(least, Lit) or type(least.value) is not int:
        f.refuse("S2S054", "np.array with ndmin= of a value whose rank is not known", "use np.reshape")
        return UNDEF
    if rank >= least.value:
        return value
    index = f.emit("tuple", *(Const(None),) * (least.value - rank), Const(Ellipsis))
    return f.emit("getitem", value, index, name=name)


def _masked(
    f: FunctionInfer, rule: Rule, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, ref: Ref
) -> Atom | None:
    """``ufunc(x, out=y, where=mask)``: ``y[...] = np.where(mask, ufunc(x), y)``, with harmless operands elsewhere."""
    mask, out = kw.pop("where"), kw.pop("out", None)
    if len(pos) > ref.obj.nin:
        out, pos = pos[ref.obj.nin], pos[: ref.obj.nin]
    t = type_of_atom(mask)
    if isinstance(t, Lit) and t.value is True:
        return rule_call(f, rule, pos, {**kw, **({} if out is None else {"out": out})}, name, ref)
    if isinstance(out, Var) and out in f.tuples and len(f.tuples[out]) == 1:
        out = f.tuples[out][0]
    if out is None or _is_none(out):
        f.refuse("S2S054", f"the option where= of {ref.text} without out= leaves values undefined", "use np.where")
        return UNDEF

    def where(a: Atom, b: Atom) -> Atom:
        return rule_call(f, numpy_rule("where"), (mask, a, b), {}, "") or UNDEF

    value = rule_call(f, rule, tuple(where(a, Const(1.0)) for a in pos), kw, "", ref) or UNDEF
    f.effect("setitem", out, Const(Ellipsis), where(value, out))
    return out


_REDUCTIONS = (np.sum, np.mean, np.max, np.min, np.amax, np.amin, np.prod, np.var, np.std)


def text_of(rule: Rule) -> str:
    target = rule.canonical
    module = getattr(target, "__module__", "") or ""
    name = getattr(target, "__name__", rule.name)
    if isinstance(target, np.ufunc) or module.startswith("numpy"):
        return f"np.linalg.{name}" if getattr(np, name, None) is not target else f"np.{name}"
    if module.startswith("s2sad.runtime"):
        return f"rt.{name}"
    return name if module == "builtins" else f"{module}.{name}"


def _bind(
    f: FunctionInfer, rule: Rule, target: Any, pos: tuple[Atom, ...], kw: dict[str, Atom], text: str
) -> tuple[tuple[Atom, ...], dict[str, Atom]] | None:
    if rule.varargs:
        operands: tuple[Atom, ...] = pos
        rest = dict(kw)
    else:
        names = _signature(target)
        n = len(rule.operands)
        own = (*rule.operands, *(k for k, _ in rule.static))
        order = names[0] if names is not None and (names[1] is None or len(names[0]) >= n) else own
        star = names[1] if names is not None else None
        if len(pos) > len(order) and (star is None or rule.kind != "nondiff"):
            f.refuse("S2S053", f"{text}() takes at most {len(order)} positional arguments, {len(pos)} were given")
            return None
        given = dict(zip(order, pos, strict=False))
        given.update(kw)
        defaults = dict(rule.defaults)
        operands = ()
        for k, (key, canonical) in enumerate(zip(order[:n], rule.operands, strict=False)):
            if key in given or canonical in given:
                operands += (given.pop(key if key in given else canonical),)
            elif canonical in defaults:  # also where one after it is given
                operands += (Const(defaults[canonical]),)
            elif k < n:
                break
        operands += tuple(given.pop(k) for k in rule.operands[len(operands) :] if k in given)
        rest = given
        if len(operands) < n and rule.kind != "nondiff":
            missing = ", ".join(rule.operands[len(operands) :])
            f.refuse("S2S053", f"{text}() is called without {missing}")
            return None
    static: dict[str, Atom] = {}
    options = dict(rule.static)
    for key, atom in rest.items():
        t = type_of_atom(atom)
        if key in options:
            if functions.is_python_function(f, atom):
                f.refuse("S2S054", f"a function is given for {key}= of {text}, which has no derivative rule",
                         "write what the function does as operations of its own")  # fmt: skip
                return None
            if not (isinstance(t, Lit) and _same(t.value, options[key])):
                static[key] = atom
        elif not (isinstance(t, Lit) and _is_default(target, key, t.value)):
            f.refuse(
                "S2S054",
                f"the option {key}= of {text} has no derivative rule",
                f"leave {key}= out, or write the operation without it",
            )
            return None
    return operands, static


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def _is_default(target: Any, key: str, value: Any) -> bool:
    try:
        default = inspect.signature(target).parameters[key].default
    except (TypeError, ValueError, KeyError):
        return value is None
    return value is None if default is inspect.Parameter.empty else _same(value, default)


def _emit_rule(
    f: FunctionInfer,
    rule: Rule,
    ref: Ref,
    operands: tuple[Atom, ...],
    static: dict[str, Atom],
    name: str,
    out: Atom | None,
) -> Atom:
    if rule.kind == "elementwise":  # its partials are arithmetic, which means something else for lists
        operands = tuple(_as_array(f, a) for a in operands)
    types = tuple(type_of_atom(a) for a in operands)
    kwtypes = {k: type_of_atom(a) for k, a in static.items()}
    if any(t == NEVER for t in types):
        result: Type = NEVER
    elif rule.kind != "nondiff" and any(isinstance(t, Unknown) for t in types):
        result = NUM_or_rule(rule, types, kwtypes)
    else:
        result = rule_type(rule, types, kwtypes)
    target = f.emit("call", ref, *operands, *static.values(), kwnames=tuple(static), name=name, type=result)
    if out is None or _is_none(out):
        return target
    if isinstance(out, Var) and out in f.tuples and len(f.tuples[out]) == 1:
        out = f.tuples[out][0]
    f.effect("setitem", out, Const(Ellipsis), target)
    return out


def _as_array(f: FunctionInfer, a: Atom) -> Atom:
    if not isinstance(type_of_atom(a), List | Tuple):
        return a
    return rule_call(f, numpy_rule("asarray"), (a,), {}, "") or UNDEF


def _is_none(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Lit) and t.value is None


def NUM_or_rule(rule: Rule, types: tuple[Type, ...], kwtypes: dict[str, Type]) -> Type:
    """Operands of unknown type are taken for numbers or arrays: whatever else makes NumPy raise."""
    as_num = tuple(Num() if isinstance(t, Unknown) else t for t in types)
    result = rule_type(rule, as_num, kwtypes)
    return Num() if isinstance(result, Unknown) else result
