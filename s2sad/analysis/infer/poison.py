"""What is refused poisons silently: all that it goes into is an operation ``refused``, and nothing more is said of it.

*before*                          *after*::

    t = refused()  # eval('x')        t = refused()
    y = np.dot(t, opaque(x))          u = opaque(x)
                                      y = refused(t, u)

So the other operands are still used by something, and the derivative looks for what it must refuse on the way to them.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING

from s2sad.analysis.infer import loops, records
from s2sad.ir.nodes import UNDEF, Atom, Block, For, Function, Let, Ref, Var
from s2sad.ir.types import NEVER
from s2sad.rules.registry import lookup

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def is_poison(f: FunctionInfer, a: Atom) -> bool:
    a = f.stars.get(a, a) if isinstance(a, Var) else a
    return a is UNDEF or (isinstance(a, Var) and a.type == NEVER)


def is_poisoned(f: FunctionInfer, s: Let, args: tuple[Atom, ...]) -> bool:
    """Does something refused go into the statement? (Only where something was found: a program without findings may
    hold values that no path assigns.)"""
    if s.op == "refused":
        return True
    if not f.program.findings or not any(is_poison(f, a) for a in args):
        return False
    return not (s.op == "call" and not is_poison(f, args[0]) and _is_python(args[0]))


def _is_python(callee: Atom) -> bool:
    """A function with source is looked into, whatever goes into it."""
    obj = callee.obj if isinstance(callee, Ref) else None
    return isinstance(obj, Function) or (isinstance(obj, FunctionType) and lookup(obj) is None)


def is_lost(f: FunctionInfer, s: Let, result: Atom | None) -> bool:
    """Has the statement just been refused, or what it calls, so that its value is none?"""
    if s.target is None or not f.program.findings or s.op == "refused":
        return False
    return result is None or (is_poison(f, result) and not _is_refusal(f, result))


def _is_refusal(f: FunctionInfer, a: Atom) -> bool:
    last = f.out[-1] if f.out else None
    return isinstance(last, Let) and last.op == "refused" and last.target is a


def refused(f: FunctionInfer, s: Let, args: tuple[Atom, ...]) -> Var:
    """The statement that stands for ``s``."""
    args = tuple(f.stars.get(a, a) if isinstance(a, Var) else a for a in args)
    kept = tuple(a for a in args if isinstance(a, Var) and not records.is_tracked(f, a) and a not in f.recipes)
    target = Var(s.target.name if s.target is not None else "", NEVER)
    f.out.append(Let(target, "refused", kept, (), f.loc))
    return target


def loop(f: FunctionInfer, s: For, x: Atom) -> None:
    """A loop over something refused: its body is looked into."""
    item = f.new(s.item, NEVER)

    def infer_body() -> tuple[Block, None]:
        f.env[s.item] = item
        return f.block(s.body), None

    carried, inits, (body, _), kept = loops.carry(f, s, infer_body)
    targets, body = loops.finish(f, s, carried, kept, body)
    f.out.append(For(item, x, carried, inits, body, targets, s.stop, s.loc))


__all__ = ["is_lost", "is_poisoned", "loop", "refused"]
