"""Calls of functions with their own pair: ``y, res = g_fwd(a, b)`` in the forward sweep, ``a_bar, b_bar = g_adj(res, y_bar)``
in the reverse sweep. A pair is made once for each specialisation and set of active parameters; recursion finds itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from s2sad import runtime as rt
from s2sad.ad.own import own_call
from s2sad.ad.poison import holds_refused
from s2sad.ad.state import State
from s2sad.analysis.activity import Activity
from s2sad.analysis.alias import AliasInfo, is_reference
from s2sad.analysis.build import Builder
from s2sad.analysis.infer.program import Infer, Spec, numbered
from s2sad.ir.nodes import Atom, Callee, Const, Function, Let, Loc, Ref, Stmt, Var
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import UNKNOWN, Array, Dict, List, Tuple, Type

if TYPE_CHECKING:
    from s2sad.ad.leaves import Key, Path
    from s2sad.ad.reverse import Reverse


@dataclass(eq=False)
class Pair:
    """The forward and adjoint function of one specialisation. ``outputs`` are the parameter leaves that get a gradient,
    in the order in which the adjoint function returns them; ``inputs`` the leaves of the result that it is given."""

    spec: Spec
    active: tuple[bool, ...]
    name: str
    inputs: tuple[Key, ...] = ()
    outputs: tuple[Key, ...] = ()
    masked: bool = False  # the caller may leave parts of the result out: their adjoint is 0, whatever they are
    shares: bool = False  # its arrays share memory with the caller's: adjoints are found by memory, in shadows it is given
    types: dict[Key, Type] = field(default_factory=dict)  # of the leaves of its parameters
    fwd: Function | None = None
    adj: Function | None = None

    def __repr__(self) -> str:
        return f"Pair({self.name})"


@dataclass(eq=False)
class Half(Callee):
    """What a ``Ref`` in emitted code points at: one half of a pair (``fwd`` or ``adj``)."""

    pair: Pair
    which: str

    @property
    def fn(self) -> Function | None:
        return self.pair.fwd if self.which == "fwd" else self.pair.adj


class Pairs:
    """All pairs of a program, made on demand by ``make``."""

    def __init__(self, program: Infer, make: Callable[[Pair], None]) -> None:
        self.program = program
        self.make = make
        self.pairs: dict[tuple[Spec, tuple[bool, ...], bool, bool], Pair] = {}
        self._names: dict[str, int] = {}

    def name(self, spec: Spec) -> str:
        """A name for a pair that no other pair has."""
        return numbered(self._names, spec.name)

    def get(self, spec: Spec, active: tuple[bool, ...], shares: bool, masked: bool, site: Loc, caller: str) -> Pair:
        """The pair for a call at ``site`` in the function ``caller``."""
        key = (spec, active, shares, masked)
        pair = self.pairs.get(key)
        if pair is None:
            pair = self.pairs[key] = Pair(spec, active, self.name(spec), masked=masked, shares=shares)
            with self.program.calling(site, caller, pair):
                self.make(pair)
        else:
            self.program.again(pair, site, caller)
        return pair


def spec_call(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    """The adjoint of a call of a specialised function; returns the call of its forward half."""
    callee = s.args[0]
    assert isinstance(callee, Ref) and isinstance(callee.obj, Spec)
    spec = callee.obj
    args = s.args[1:]
    if r.own is not None and not shared_args(r.info, r.activity, s):
        calls = own_call(r, s, state, rb)
        if calls is not None:
            return calls
    if not any(r.is_active(a) for a in args):
        return [s]
    ends = [a for a in (*args, s.target) if isinstance(a, Var) and is_reference(a.type) and r.is_active(a)]
    shared = shared_args(r.info, r.activity, s) or [
        a for a in ends if r.info.find(a) in r.paired or (a is s.target and r.holds_paired(a))
    ]
    shares = bool(shared)
    for a in shared:
        cut = isinstance(a.type, Tuple) and not r.layout.is_mirror(a)  # what it holds goes through one by one
        if not cut and not isinstance(a.type, Array | List | Dict):
            raise r.refuse(
                "S2S068",
                f"{a.name or 'a value'}, which holds what is stored into, goes through the recursive function {spec.name}",
                s.loc,
                "pass the arrays, lists and dicts that it holds one by one",
            )
    keys = r.keys(s.target) if s.target is not None and r.is_active(s.target) else []
    bars = [state.drop(k) for k, _ in keys]
    if all(g is None for g in bars) and not shares and not _was_refused(r, spec):
        return [s]
    active = tuple(r.is_active(a) for a in args)
    pair = r.pairs.get(spec, active, shares, s.target in r.masked, s.loc, r.fn.name)
    target = s.target if s.target is not None else Var("", spec.result)
    given: list[Atom] = []
    if shares:  # adjoints of memory that both sides may store into are found by memory, in one place
        r.uses_shadows = True
        given.append(r.shadows)
    by_path = {k[1]: (g, k, t) for (k, t), g in zip(keys, bars, strict=True)}
    for _, path in pair.inputs:
        given.append(_input(r, rb, target, path, by_path))
    residuals = Var(f"{spec.name}_res", UNKNOWN)
    _accumulate_outputs(r, pair, args, residuals, given, state, rb)
    both = Var("", Tuple((target.type or UNKNOWN, UNKNOWN)))
    parts = Var("", both.type)
    return [
        Let(both, "call", (Ref(Half(pair, "fwd"), f"{pair.name}_fwd"), *args), (), s.loc),
        Let(parts, "unpack", (both, Const(2)), (), s.loc),
        Let(target, "getitem", (parts, Const(0)), (), s.loc),
        Let(residuals, "getitem", (parts, Const(1)), (), s.loc),
    ]


def _input(r: Reverse, rb: Builder, target: Var, path: Path, by_path: dict[Path, Any]) -> Atom:
    """The adjoint of one leaf of the result as the callee cuts it up; the caller may cut it up in another way."""
    if path in by_path:
        g, key, t = by_path[path]
        return r.zero(rb, key, t) if g is None else g
    for p, (g, key, t) in by_path.items():
        if path[: len(p)] == p:  # a place inside a mirror
            place = r.zero(rb, key, t) if g is None else g
            for kind, k in path[len(p) :]:
                place = rb.emit("getattr" if kind == "attr" else "getitem", place, Const(k))
            return place
    whole = rb.call(rt.zeros_like, "rt.zeros_like", r.leaf_atom(rb, (target, path)))
    for p, (g, _, _) in by_path.items():
        if p[: len(path)] == path and g is not None:  # the callee has a mirror here
            place, steps = whole, [k for _, k in p[len(path) :]]
            for k in steps[:-1]:
                place = rb.emit("getitem", place, Const(k))
            rb.effect("setitem", place, Const(steps[-1]), g)
    return whole


def _was_refused(r: Reverse, spec: Spec) -> bool:
    """Does the callee end in something refused? Then it is looked into, though nothing comes back from it."""
    return spec.fn is not None and holds_refused(r.program, spec.fn.body)


def shared_args(info: AliasInfo, activity: Activity, s: Let) -> list[Var]:
    """The arguments (and the result) of a call whose memory is stored into, here or there."""
    return [
        a
        for a in (*s.args[1:], s.target)
        if isinstance(a, Var) and is_reference(a.type) and a in activity and info.deep_mutated(a)
    ]


def _accumulate_outputs(
    r: Reverse, pair: Pair, args: tuple[Atom, ...], residuals: Var, given: list[Atom], state: State, rb: Builder
) -> None:
    assert pair.spec.fn is not None or pair.outputs
    params = [p.var for p in _params(pair)]
    types = [pair.types.get(key, UNKNOWN) for key in pair.outputs]
    if not types:
        rb.effect("call", Ref(Half(pair, "adj"), f"{pair.name}_adj"), residuals, *given)
        return
    result = rb.emit(
        "call", Ref(Half(pair, "adj"), f"{pair.name}_adj"), residuals, *given,
        type=types[0] if len(types) == 1 else Tuple(tuple(types)),
    )  # fmt: skip
    parts: list[Atom] = [result]
    if len(types) != 1:
        whole = rb.emit("unpack", result, Const(len(types)), type=result.type)
        parts = [rb.emit("getitem", whole, Const(k)) for k in range(len(types))]
    for (v, path), g in zip(pair.outputs, parts, strict=True):
        a = args[params.index(v)]
        if isinstance(a, Var) and r.is_active(a):
            r.add(state, rb, (a, path), g)


def _params(pair: Pair):  # type: ignore[no-untyped-def]
    fn = pair.spec.fn
    assert fn is not None
    return fn.params
