"""From a typed entry function to the functions that a module consists of, callees first."""

from __future__ import annotations

from s2sad.ad import derived
from s2sad.ad.expand import expand
from s2sad.ad.own import source_of
from s2sad.ad.pairs import joint, named_result, split
from s2sad.analysis.infer.program import Gradient, Infer, Spec
from s2sad.ir.nodes import Callee, Function, Let, Ref, walk


def reverse(infer: Infer, spec: Spec, active: tuple[str, ...], mode: str, has_aux: bool) -> list[Function]:
    """The functions of the derivative, the entry function(s) last. ``mode`` is ``value_and_grad`` or ``vjp``."""
    pairs = derived.of(infer).pairs
    with infer.reporting(spec.source):
        if mode == "vjp":
            entries = list(split(infer, pairs, spec, active, name=pairs.name(spec)))
        else:
            source = source_of(spec)
            names = [p.var.name for p in source.params]
            wanted = tuple(names.index(n) for n in active)
            entries = [joint(infer, pairs, source, wanted, has_aux=has_aux, name=infer.unique_name(f"{spec.name}_grad"))]
        complete(infer, entries)
        return entries
    raise AssertionError("reporting raises what it swallows")


def tangent(infer: Infer, spec: Spec, active: tuple[str, ...]) -> list[Function]:
    """``f_jvp(*params, *dots) -> (value, tangent)``, one dot for each name in ``active``, in that order."""
    from s2sad.ad.forward import Forward  # most programs need one of the two modes

    assert spec.fn is not None
    with infer.reporting(spec.source):
        fn = named_result(expand(spec.fn))
        by_name = {p.var.name: p.var for p in fn.params}
        wanted = tuple(by_name[n] for n in active)
        forward = Forward(infer, derived.of(infer).pushes, fn, wanted)
        entries = [forward.function(infer.unique_name(f"{spec.name}_jvp"))]
        complete(infer, entries)
        return entries
    raise AssertionError("reporting raises what it swallows")


def complete(infer: Infer, entries: list[Function]) -> None:
    """Make the gradients that the functions of a module call."""
    seen: set[Function] = set()
    todo = list(entries)
    while todo:
        fn = todo.pop()
        if fn in seen:
            continue
        seen.add(fn)
        for a in callees(fn):
            if isinstance(a.obj, Gradient):
                todo.append(derived.of(infer).function(a.obj))
            elif a.obj.fn is not None:
                todo.append(a.obj.fn)


def callees(fn: Function) -> list[Ref]:
    return [
        a for s in walk(fn.body) if s.__class__ is Let
        for a in s.args if a.__class__ is Ref and isinstance(a.obj, Callee)
    ]  # fmt: skip


def reachable(entries: list[Function]) -> list[Function]:
    """The entry functions and every function they call, callees first, each once."""
    out: dict[Function, None] = {}
    running: set[Function] = set()

    def visit(fn: Function) -> None:
        if fn in out or fn in running:
            return
        running.add(fn)
        for a in callees(fn):
            if a.obj.fn is not None:
                visit(a.obj.fn)
        running.discard(fn)
        out[fn] = None

    for fn in entries:
        visit(fn)
    return list(out)
