"""Derivatives that a program takes: ``grad(f)(x)``, where ``f`` is a function of the program and ``x`` may be active.

*before*                          *after*::

    def newton(x):                    def newton(x):
        return x - f(x) / df(x)           y = f(x); value, x_grad = f_grad(x)
                                          return x - y / x_grad

The call becomes one of a ``Gradient``, which ``ad.derived`` knows how to differentiate again. ``jvp`` is compiled in: the
tangent of a function is a function like any other. All other transformations are written with these two (``composed``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sad import runtime as rt
from s2sad.analysis.infer import calls, elements, functions
from s2sad.analysis.infer.composed import TRANSFORMATIONS
from s2sad.analysis.infer.functions import Code
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Callee, Const, Function, Let, Param, Ref, Var, walk
from s2sad.ir.nodes import Block as Body
from s2sad.ir.types import (
    NEVER,
    UNKNOWN,
    Array,
    Lit,
    Num,
    RefT,
    Tuple,
    Type,
    Unknown,
    is_differentiable,
    is_number,
    tangent_type,
)
from s2sad.rules.registry import has_source

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer
    from s2sad.analysis.infer.program import Spec

Kw = dict[str, Atom]
CODE = "S2S058"
HOW = ("backend", "parallel", "fastmath")  # options of the outermost derivative decide how all of it is compiled


def call(f: FunctionInfer, obj: Any, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Atom | None:
    """Call of a derivative, or of a function that makes one."""

    how = getattr(obj, "__transformation__", None)
    if how is None:
        if not hasattr(obj, "with_value"):
            return _jacobian(f, obj, pos, kw, name, untyped)
        options = {**obj.options, "with_value": obj.with_value}
        return gradient(f, Ref(obj.primal, obj.target.name), options, pos, kw, name)
    if how == "jvp":
        return jvp(f, pos, kw, name)
    if how in ("grad", "value_and_grad"):
        return _transformed(f, how, pos, kw, name)
    body = f.program.load(TRANSFORMATIONS[how])
    assert body is not None, "what composes derivatives has source"
    given = {k: a for k, a in kw.items() if k not in HOW}
    if set(given) - {"argnums"} or isinstance(type_of_atom(given.get("argnums", Const(0))), Tuple):
        f.refuse(CODE, f"{obj.__name__} inside a differentiated function takes one argnums and no other option",
                 "use a lambda of one argument")  # fmt: skip
        return UNDEF
    return calls.call_function(f, body, (), pos, given, name)


def _jacobian(f: FunctionInfer, obj: Any, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Atom | None:
    """Call of a Jacobian that was made outside of the function."""

    made = f.program.load(TRANSFORMATIONS[obj.made_by])
    assert made is not None, "what composes derivatives has source"
    argnums = obj.options["argnums"]
    if not isinstance(argnums, int) or obj.options.get("has_aux"):
        f.refuse(CODE, f"{obj.__name__} inside a differentiated function needs one argnums, a position, and no has_aux",
                 "use a lambda of one argument")  # fmt: skip
        return UNDEF
    callee = calls.call_function(f, made, (), (Ref(obj.primal, obj.target.name), Const(argnums)), {}, "")
    return calls.call_atom(f, callee or UNDEF, pos, kw, name, untyped)


# -- grad(f) as a function value -------------------------------------------------------------------------------------


def _transformed(f: FunctionInfer, how: str, pos: tuple[Atom, ...], kw: Kw, name: str) -> Atom:
    """``grad(fun, argnums=..., has_aux=...)``: a function value."""
    options: dict[str, Any] = {"argnums": 0, "has_aux": False, "with_value": how == "value_and_grad"}
    for k, a in kw.items():
        known, value = _literal(f, a)
        if not known:
            f.refuse(CODE, f"{k} of {how} is not known when the derivative is compiled", "write it as a literal")
            return UNDEF
        options[k] = value
    if len(pos) != 1:
        f.refuse(CODE, f"{how} is called without a function", f"write {how}(function)")
        return UNDEF
    items = tuple(sorted((k, v) for k, v in options.items() if k not in HOW))
    found = functions.parts(f, pos[0])
    if found is not None:
        return functions.make(f, Code("gradient", found[0], len(found[1]), options=items), found[1], name)
    t = type_of_atom(pos[0])
    if not isinstance(t, RefT):
        f.refuse(CODE, f"{how} of a function that is not known when the derivative is compiled", "name one function")
        return UNDEF
    callee = pos[0] if isinstance(pos[0], Ref) else Ref(t.obj, getattr(t.obj, "__name__", "fn"))
    return functions.make(f, Code("gradient", "", 1, options=items), (callee,), name)


def _literal(f: FunctionInfer, a: Atom) -> tuple[bool, Any]:
    """Whether the value of an atom is known, and the value."""
    t = type_of_atom(a)
    if isinstance(t, Lit):
        return True, t.value
    if isinstance(t, Tuple) and t.code is None:
        parts = [i.value if isinstance(i, Lit) else NEVER for i in t.items]
        return NEVER not in parts, tuple(parts)
    return False, None


def run(f: FunctionInfer, code: Code, items: tuple[Atom, ...], pos: tuple[Atom, ...], kw: Kw, name: str) -> Atom | None:
    """Call of ``grad(f)``."""
    fun = functions.make(f, code.target, items, "") if isinstance(code.target, Code) else items[0]
    return gradient(f, fun, dict(code.options), pos, kw, name)


# -- calls -----------------------------------------------------------------------------------------------------------


def own(f: FunctionInfer, callee: Any, pos: tuple[Atom, ...], name: str) -> Atom | None:
    """Call of a function of ours, in a derivative that is differentiated again."""
    from s2sad.analysis.infer.program import Gradient

    if isinstance(callee, Gradient):
        return f.emit("call", Ref(callee, callee.name), *pos, name=name, type=callee.result)
    assert isinstance(callee, Callee)
    fn: Function | None = getattr(callee, "fn", None)
    if fn is None:  # it is being made: it needs a derivative of itself
        f.refuse(CODE, f"{callee.spec.source.name} takes its own derivative",  # type: ignore[attr-defined]
                 "write the derivative as a function of its own")  # fmt: skip
        return UNDEF
    return calls.call_function(f, fn, (), pos, {}, name)


def is_helper(obj: Any) -> bool:
    """Is this a function of the runtime?"""
    return str(getattr(obj, "__module__", "")).startswith("s2sad.runtime")


def helper(f: FunctionInfer, ref: Ref, pos: tuple[Atom, ...], kw: Kw, name: str) -> Atom | None:
    """Call of a helper without a rule. In a derivative that is differentiated again it is compiled through its source,
    where that can be; in the body of a rule it is called."""

    fn = f.program.load(ref.obj) if has_source(ref.obj) and not f.in_rule else None
    if fn is not None:
        found, out = dict(f.program.findings), len(f.out)
        result = calls.call_function(f, fn, (), pos, kw, name)
        if f.program.findings == found:
            return result
        f.program.findings = found
        del f.out[out:]
    return calls.opaque(f, ref, pos, kw, name, f"{ref.text} has no rule and no Python source")


def gradient(
    f: FunctionInfer, fun: Atom, options: dict[str, Any], pos: tuple[Atom, ...], kw: Kw, name: str
) -> Atom | None:
    """``grad(fun, **options)(*pos, **kw)``."""

    asked = options["argnums"]
    several = isinstance(asked, tuple | list)
    places = [_place(f, fun, a, pos, kw) for a in (asked if several else (asked,))]
    if None in places:
        return UNDEF
    source, atoms = applied(f, fun, pos, kw)
    types = tuple(functions.argument_type(f, a) for a in atoms)
    for k in places:
        if not is_differentiable(types[k]):  # type: ignore[index]
            f.refuse(CODE, "the derivative is taken with respect to something that is no float", "pass a float")
            return UNDEF
    found = len(f.program.findings)
    spec = f.program.specialise(source, types)
    if len(f.program.findings) > found:
        return UNDEF
    if not _is_scalar(f, spec, options["has_aux"]):
        return UNDEF
    if len(places) == 1 and is_number(types[places[0]]) and f.program.tangent and _is_finished(spec):  # type: ignore[index]
        return _of_number(f, spec, options, atoms, types, places, name)
    if f.program.replay is None or f.program.joint is None or not _is_finished(spec):
        f.refuse(CODE, f"{spec.source.name} takes its own derivative", "write the derivative as a function of its own")
        return UNDEF
    active, passed, where = _mask(f, atoms, types, [k for k in places if k is not None])
    result = Tuple((spec.result, *(tangent_type(types[k]) for k in sorted({k for k in places if k is not None}))))
    again = f.program.replay(spec)
    output: Atom | None = None
    both: Atom
    if again is None:  # the gradient of what may happen only once is code like any other
        if options.get("again"):
            f.refuse(CODE, "a pullback runs a function again that draws random numbers, or changes what outlives it",
                     "take the gradient with grad")  # fmt: skip
            return UNDEF
        fn = f.program.joint(spec, active, options["has_aux"])
        both = calls.call_function(f, fn, (), tuple(passed), {}, "") or UNDEF
    else:
        changes = _changes(spec)
        silent = changes or options.get("again")
        quiet = None if silent or again.quiet is again.spec else again.quiet
        g = f.program.gradient(again.quiet if silent else again.spec, (*active, *(False for _ in again.data)),
                               options["has_aux"], result, quiet)  # fmt: skip
        both = f.emit("call", Ref(g, g.name), *passed, *again.data, name="", type=result)
        if changes:  # the gradient leaves what it is given as it is: what the call does besides is done here
            output = calls.call_atom(f, fun, pos, kw, "", None) or UNDEF
    if output is None:
        output = f.emit("getitem", both, Const(0), type=spec.result)
    parts = [f.emit("getitem", both, Const(1 + where[k]), type=result.items[1 + where[k]]) for k in places if k is not None]
    answer: Atom = f.emit("tuple", *parts) if several else parts[0]
    if options["with_value"]:
        return f.emit("tuple", output, answer, name=name)
    if options["has_aux"]:
        return f.emit("tuple", answer, f.emit("getitem", output, Const(1)), name=name)
    return answer


def _of_number(
    f: FunctionInfer, spec: Spec, options: dict[str, Any], atoms: tuple[Atom, ...], types: tuple[Type, ...],
    places: list[int | None], name: str,
) -> Atom | None:
    """The derivative in one number is the tangent along 1: code like any other, for derivatives of any order."""

    assert f.program.tangent is not None
    active, passed, _ = _mask(f, atoms, types, [k for k in places if k is not None])
    both = calls.call_function(f, f.program.tangent(spec, active), (), (*passed, Const(1.0)), {}, "") or UNDEF
    output = f.emit("getitem", both, Const(0))
    dot: Atom = f.emit("getitem", both, Const(1))
    if options["has_aux"]:
        dot = f.emit("getitem", dot, Const(0))
    answer = f.emit("tuple", dot) if isinstance(options["argnums"], tuple | list) else dot
    if options["with_value"]:
        return f.emit("tuple", output, answer, name=name)
    if options["has_aux"]:
        return f.emit("tuple", answer, f.emit("getitem", output, Const(1)), name=name)
    return answer


def _mask(
    f: FunctionInfer, atoms: tuple[Atom, ...], types: tuple[Type, ...], places: list[int]
) -> tuple[tuple[bool, ...], list[Atom], dict[int, int]]:
    """Which of the atoms that are passed are active, those atoms, and the number of the gradient of each place."""
    active: list[bool] = []
    passed: list[Atom] = []
    for k, (a, t) in enumerate(zip(atoms, types, strict=True)):
        mine = functions.passed(f, a, t)
        passed += mine
        active += [k in places] * len(mine)
    return tuple(active), passed, {k: n for n, k in enumerate(sorted(set(places)))}


def _is_finished(spec: Spec) -> bool:
    """Is the inference of a function and of all that it calls done?"""
    from s2sad.analysis.infer.program import Spec

    seen: set[Spec] = set()
    todo = [spec]
    while todo:
        current = todo.pop()
        if current.fn is None or current.running:
            return False
        for s in walk(current.fn.body):
            callee = s.args[0] if isinstance(s, Let) and s.op == "call" else None
            if isinstance(callee, Ref) and isinstance(callee.obj, Spec) and callee.obj not in seen:
                seen.add(callee.obj)
                todo.append(callee.obj)
    return True


def _changes(spec: Spec) -> bool:
    from s2sad.analysis.alias import mutated_params

    return spec.fn is not None and bool(mutated_params(spec.fn))


def _is_scalar(f: FunctionInfer, spec: Spec, has_aux: bool) -> bool:
    t = spec.result
    if spec.running or t == NEVER:
        return True
    if has_aux:
        if not isinstance(t, Tuple) or len(t.items) != 2:
            _refuse_at(f, spec, "with has_aux=True a function returns a pair (value, auxiliary)", "return two values")
            return False
        t = t.items[0]
    whole = is_number(t) and not is_differentiable(t)  # an integer, a boolean
    if whole or not (is_number(t) or isinstance(t, Num | Unknown) or (isinstance(t, Array) and t.dims in (None, ()))):
        _refuse_at(f, spec, "the gradient of something that is not one float", "return one number, or take the jacobian")
        return False
    return True


def _refuse_at(f: FunctionInfer, spec: Spec, message: str, help: str) -> None:
    """Refuse the call; where that is in code of ours (``grad(grad(f))``), the function that it differentiates."""
    from s2sad.analysis.infer.program import Spec

    if f.loc.file.startswith("<s2sad") and spec.fn is not None:
        for s in walk(spec.fn.body):
            callee = s.args[0] if isinstance(s, Let) and s.op == "call" else None
            if isinstance(callee, Ref) and isinstance(callee.obj, Spec):
                f.program.add_finding(CODE, message, callee.obj.source.loc, callee.obj.source, help)
                return
    f.refuse(CODE, message, help)


def _place(f: FunctionInfer, fun: Atom, asked: Any, pos: tuple[Atom, ...], kw: Kw) -> int | None:
    """The number of the argument that ``argnums`` asks for, among what ``applied`` passes: the function comes first."""
    names = parameter_names(f, fun)
    key = asked
    if isinstance(asked, int) and not isinstance(asked, bool):
        key = asked + len(names) if asked < 0 else asked
        if 0 <= key < len(pos):
            return 1 + key
        key = names[key] if 0 <= key < len(names) else key
    if key in kw:
        return 1 + len(pos) + list(kw).index(key)
    if key in names and names.index(key) < len(pos):
        return 1 + names.index(key)
    f.refuse(CODE, f"the call does not pass the argument {asked!r} that is differentiated", "pass it")
    return None


def parameter_names(f: FunctionInfer, fun: Atom) -> list[str]:
    """The names of the parameters of a function that can be given by position."""
    found = functions.parts(f, fun)
    if found is not None:
        code = found[0]
        if code.kind == "function":
            return [p.var.name for p in code.target.params if p.kind in ("pos", "any")]
        if code.kind == "gradient":
            inner = functions.make(f, code.target, found[1], "") if isinstance(code.target, Code) else found[1][0]
            return parameter_names(f, inner)
        return []
    t = type_of_atom(fun)
    obj: Any = t.obj if isinstance(t, RefT) else None
    if hasattr(obj, "__s2sad__"):
        return list(obj.target.names[len(obj.target.lead) : obj.target.count])
    lead = 1 if hasattr(obj, "__self__") else 0
    compiled = getattr(getattr(obj, "__func__", obj), "__code__", None)
    return [] if compiled is None else list(compiled.co_varnames[lead : compiled.co_argcount])


def applied(f: FunctionInfer, fun: Atom, pos: tuple[Atom, ...], kw: Kw) -> tuple[Function, tuple[Atom, ...]]:
    """A function that applies ``fun`` to arguments like these, and what to call it with: ``fun`` comes first."""
    names = parameter_names(f, fun)
    given: list[str] = []
    for wanted in [*(names[k] if k < len(names) else f"x{k}" for k in range(len(pos))), *kw]:
        while wanted in given:
            wanted += "_"
        given.append(wanted)
    t = type_of_atom(fun)
    which = id(t.obj) if isinstance(t, RefT) else t.code if isinstance(t, Tuple) else None
    key = (which, len(pos), tuple(given), tuple(kw))
    source = f.program.applied.get(key)
    if source is None:
        callee = Var("fun")
        args = [Var(n) for n in given]
        y = Var("")
        body = Body((Let(y, "call", (callee, *args), tuple(kw), f.loc),), (y,))
        label = getattr(t.obj, "__name__", "f") if isinstance(t, RefT) else getattr(fun, "name", "") or "f"
        label = label.strip("<>")
        params = tuple(Param(v) for v in (callee, *args))
        source = Function(label, params, body, (), None, f.loc, f.current.lines)
        f.program.applied[key] = source
    return source, (fun, *pos, *kw.values())


# -- jvp -------------------------------------------------------------------------------------------------------------


def jvp(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str) -> Atom | None:
    """``jvp(fun, primals, tangents)``."""

    given = dict(zip(("fun", "primals", "tangents"), pos, strict=False)) | {k: a for k, a in kw.items() if k not in HOW}
    if set(given) != {"fun", "primals", "tangents"}:
        f.refuse(CODE, "jvp takes a function, a tuple of primals and a tuple of tangents", "jvp(f, (x,), (x_dot,))")
        return UNDEF
    primals, tangents = (elements.elements(f, given[k]) for k in ("primals", "tangents"))
    if primals is None or tangents is None or len(primals) != len(tangents):
        f.refuse(CODE, "jvp needs one tangent for each primal", "write both as tuples: jvp(f, (x,), (x_dot,))")
        return UNDEF
    source, atoms = applied(f, given["fun"], primals, {})
    types = tuple(functions.argument_type(f, a) for a in atoms)
    found = len(f.program.findings)
    spec = f.program.specialise(source, types)
    if len(f.program.findings) > found:
        return UNDEF
    if f.program.tangent is None or not _is_finished(spec):
        f.refuse(CODE, "a recursive function takes its own tangent", "write the derivative as a function of its own")
        return UNDEF
    places = [k for k, t in enumerate(types) if k and is_differentiable(t)]
    active, passed, _ = _mask(f, atoms, types, places)
    fn = f.program.tangent(spec, active)
    dots = tuple(f.emit("call", Ref(rt.copy, "rt.copy"), tangents[k - 1], type=type_of_atom(tangents[k - 1])) for k in places)
    return calls.call_function(f, fn, (), (*passed, *dots), {}, name)


__all__ = ["CODE", "UNKNOWN", "applied", "call", "gradient", "own", "run"]
