"""Calls of functions that are not inlined: each has a tangent function for the set of arguments that vary.

*before*                        *after*::

    y = f(x, n)                     y, y_dot = f_jvp(x, n, x_dot)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.build import Builder
from s2sad.analysis.infer.program import Infer, Spec
from s2sad.ir.nodes import Callee, Const, Function, Let, Loc, Param, Ref
from s2sad.ir.record import dataclass
from s2sad.ir.types import UNKNOWN, Tuple, tangent_type

if TYPE_CHECKING:
    from s2sad.ad.forward import Forward

@dataclass(eq=False)
class Push(Callee):
    """The tangent function of one specialisation for a set of active parameters (what a ``Ref`` points at)."""

    spec: Spec
    active: tuple[bool, ...]
    name: str
    fn: Function | None = None

    def __repr__(self) -> str:
        return f"Push({self.name})"


class Pushes:
    """All tangent functions of a program, made on demand; recursion finds itself."""

    def __init__(self, program: Infer) -> None:
        self.program = program
        self.made: dict[tuple[Spec, tuple[bool, ...]], Push] = {}

    def get(self, spec: Spec, active: tuple[bool, ...], site: Loc | None = None, caller: str = "") -> Push:
        push = self.made.get((spec, active))
        if push is None:
            name = self.program.unique_name(f"{spec.name}_jvp")
            push = self.made[(spec, active)] = Push(spec, active, name)
            assert spec.fn is not None
            from s2sad.ad.expand import expand
            from s2sad.ad.forward import Forward

            wanted = tuple(p.var for p, a in zip(spec.fn.params, active, strict=True) if a)
            with self.program.calling(site or spec.source.loc, caller or spec.name, push):
                fn = Forward(self.program, self, expand(spec.fn, frozenset({spec})), wanted).function(name)
                push.fn = fn if self.program.tidy is None else self.program.tidy(fn)
        else:
            self.program.again(push, site, caller)
        return push


def free_name(name: str, params: list[Param]) -> str:
    while any(p.var.name == name for p in params):
        name += "_"
    return name


def call(f: Forward, s: Let, b: Builder) -> None:
    callee = s.args[0]
    assert isinstance(callee, Ref)
    spec: Spec = callee.obj
    args = s.args[1:]
    active = tuple(f.is_active(a) for a in args)
    if not any(active):
        b.append(s)
        return
    push = f.pushes.get(spec, active, s.loc, f.fn.name)
    dots = tuple(f.dot(b, a) for a, is_active in zip(args, active, strict=True) if is_active)
    value_type = (s.target.type if s.target is not None else None) or UNKNOWN
    both = b.emit("call", Ref(push, push.name), *args, *dots, type=Tuple((value_type, tangent_type(value_type))))
    if s.target is None:
        return
    parts = b.emit("unpack", both, Const(2), type=both.type)
    b.append(Let(s.target, "getitem", (parts, Const(0)), (), s.loc))
    if f.is_active(s.target):
        f.dots[s.target] = b.emit("getitem", parts, Const(1), name=f.name_of(s.target))
