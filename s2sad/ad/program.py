"""From a typed entry function to the functions that a module consists of, callees first."""

from __future__ import annotations

from s2sad.ad.calls import Pairs
from s2sad.ad.pairs import joint, make_pair, split
from s2sad.analysis.infer.program import Infer, Spec
from s2sad.ir.nodes import Callee, Function, Let, Ref, walk


def reverse(infer: Infer, spec: Spec, active: tuple[str, ...], mode: str, has_aux: bool) -> list[Function]:
    """The functions of the derivative, the entry function(s) last. ``mode`` is ``value_and_grad`` or ``vjp``."""
    pairs = Pairs(infer, lambda pair: make_pair(infer, pairs, pair))
    with infer.reporting(spec.source):
        if mode == "vjp":
            return list(split(infer, pairs, spec, active, name=pairs.name(spec)))
        return [joint(infer, pairs, spec, active, has_aux=has_aux, name=f"{spec.name}_grad")]
    raise AssertionError("reporting raises what it swallows")


def reachable(entries: list[Function]) -> list[Function]:
    """The entry functions and every function they call, callees first, each once."""
    out: dict[Function, None] = {}
    running: set[Function] = set()

    def visit(fn: Function) -> None:
        if fn in out or fn in running:
            return
        running.add(fn)
        for s in walk(fn.body):
            if isinstance(s, Let):
                for a in s.args:
                    inner = a.obj.fn if isinstance(a, Ref) and isinstance(a.obj, Callee) else None
                    if inner is not None:
                        visit(inner)
        running.discard(fn)
        out[fn] = None

    for fn in entries:
        visit(fn)
    return list(out)
