"""What comes out of a call that nothing is known of: where that call is refused, nothing else needs to be said about it.

*found without this*: for ``y = struct.unpack("d", b)[0]`` in a loop, that it is not known whether ``y`` is an array that
shares memory. *found*: that ``struct.unpack`` has no rule.
"""

from __future__ import annotations

from collections.abc import Callable

from s2sad.analysis.infer.program import Infer
from s2sad.ir.nodes import Atom, Block, For, Function, If, Let, Try, Var, While, blocks_of, walk


def poisoned(fn: Function, is_opaque: Callable[[Let], bool]) -> frozenset[Var]:
    """The values that come out of opaque calls, directly or through other statements."""
    out: set[Var | None] = {s.target for s in walk(fn.body) if isinstance(s, Let) and s.target is not None and is_opaque(s)}
    before = 0
    while before != len(out):
        before = len(out)
        for s in walk(fn.body):
            if isinstance(s, Let):
                _bind(out, (s.target,), [s.args] if any(a in out for a in s.args) else [])
            elif isinstance(s, For | While):
                if isinstance(s, For) and s.iter in out:
                    out.add(s.item)
                _bind(out, s.carried, [s.init, s.body.results])
                _bind(out, s.targets, [s.init, s.body.results])
            else:
                _bind(out, s.targets, [b.results for b in _ends(s)])
    return frozenset(v for v in out if v is not None)


def holds_refused(program: Infer, body: Block) -> bool:
    """Does something refused stand there?"""
    return bool(program.findings) and any(isinstance(s, Let) and s.op == "refused" for s in walk(body))


def _ends(s: If | Try) -> tuple[Block, ...]:
    return (s.body, *(h.body for h in s.handlers)) if isinstance(s, Try) else blocks_of(s)


def _bind(out: set[Var | None], targets: tuple[Var | None, ...], sources: list[tuple[Atom, ...]]) -> None:
    for results in sources:
        for k, t in enumerate(targets):
            inputs = results if len(targets) == 1 and len(sources) == 1 else results[k : k + 1]
            if any(isinstance(a, Var) and a in out for a in inputs):
                out.add(t)


__all__ = ["holds_refused", "poisoned"]
