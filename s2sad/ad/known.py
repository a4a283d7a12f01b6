"""What reverse mode knows of a function before its sweeps: what is active, where values live, what has to be refused.

Both sweeps, and each of the files beside this one, ask here; nothing here emits a statement. How adjoints are accumulated
is in ``adjoints``, the order of the sweeps in ``reverse``.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from s2sad.ad import calls, objects, paired, scatter
from s2sad.ad.data import refuse_changed_data
from s2sad.ad.exceptions import refuse_values_in_exceptions
from s2sad.ad.leaves import Key, Path, layout
from s2sad.ad.memory import NUMBER_OR_ARRAY, Memory, stored_globals
from s2sad.ad.own import Joint
from s2sad.ad.poison import poisoned
from s2sad.ad.polynomials import polynomials
from s2sad.ad.snapshots import Snapshot
from s2sad.ad.sweep import Sweep
from s2sad.analysis.alias import is_reference
from s2sad.analysis.infer.program import Infer, Spec
from s2sad.analysis.masked import masked_products
from s2sad.analysis.optypes import rule_of, type_of_atom
from s2sad.analysis.unbound import unbound
from s2sad.ir.nodes import Function, Let, Ref, Stmt, Var
from s2sad.ir.types import Array, Dict, List, Num, Obj, Opaque, Scalar, Tuple, Type, Unknown, is_number
from s2sad.runtime import Shadow

# tuples: a union would be built at each of the many calls
_MIRRORED = (List, Dict, Tuple, Obj)
_ADDED_BY_HELPER = (List, Dict, Tuple, Unknown, Obj)


def adjoint_type(t: Type) -> Type:
    """The type of the adjoint of a leaf that a branch or loop gives."""
    if is_number(t):
        return t if isinstance(t, Scalar) and t.dtype.startswith("complex") else Scalar("float64", weak=False)
    return t


class Known(Sweep):
    """What both sweeps ask of one typed function, for one set of active inputs."""

    def __init__(
        self, program: Infer, pairs: calls.Pairs, fn: Function, active: tuple[Var, ...], *, shares: bool = False,
        masked: bool = False,
    ) -> None:  # fmt: skip
        self.shares = shares  # its arrays share memory with those of its callers
        super().__init__(program, fn, active)
        self.pairs = pairs
        self.layout = layout(fn)
        self.masked = masked_products(fn, masked)
        self.memory = Memory(fn, self.info)
        self.poisoned = poisoned(fn, self.is_opaque)
        self.polynomials = polynomials(fn, self.is_active, lambda v: not self.info.is_mutated(v))
        self.asked: dict[Stmt, list[Key]] = {}  # the buffers that a branch or loop needs, once it has asked for them
        self.shadows = Var("shadows", Opaque(Shadow))  # made where any memory is paired at run time
        self.uses_shadows = False
        self.refuse_module_data()
        self.every = (*(p.var for p in fn.params), *self.memory.definition)
        self.unknown = paired.unknown_memory(self)
        self.paired = paired.paired_classes(self)
        self.unknown += paired.mixed_memory(self, self.paired, known=set(self.unknown))
        self.layout = self.layout.mirroring(paired.own_lists(self) & self.paired)
        self.first_reads = objects.first_reads(fn)
        self.snapshots: list[Snapshot] = []
        self.recorded: dict[Var, Stmt] = {}  # the loops forwards, by their tapes
        self.records: set[Let] = set()  # the statements that record: what they read may have no value (``unassigned``)
        self.own: Joint | None = None  # the function that is being made, which calls of itself may call
        self.escape = shares  # the residuals outlive the call: the caller may change its arrays

    @cached_property
    def unbound(self) -> set[Var]:
        """The user's variables that may have no value."""
        return unbound(self.fn)

    def refuse_module_data(self) -> None:
        """Active values that are kept in a global outlive the call: whose derivative would it be the next time?"""
        stored_globals(self.fn, self.activity, self.report)
        refuse_changed_data(self.fn, self.refuse)
        if not self.program.findings:  # what is refused may be what reads it
            refuse_values_in_exceptions(self.fn, self.activity, self.refuse)

    def refuse_unknown_memory(self) -> bool:
        """Refuse it; but not what comes out of a call that is refused, and is unknown because of that call."""
        by_calls = {self.info.find(v) for v in self.poisoned if is_reference(v.type)}
        for v in self.unknown:
            if v not in self.poisoned and self.info.find(v) not in by_calls:
                stored = self.info.is_mutated(v)
                where = "shares memory that is stored into" if stored else "is in a list that changes, with arrays"
                self.program.keep(self.program.finding(
                    "S2S063",
                    f"{v.name or 'a value'} {where}, and whether it is an array is not known",
                    self.memory.first_store(v) or self.memory.loc_of(v) or self.fn.loc, self.fn,
                    NUMBER_OR_ARRAY,
                ))  # fmt: skip
                self.poisoned |= frozenset(self.unknown)
                return True
        return False

    # -- memory that is found when the program runs ------------------------------------------------------------

    def leaf_class(self, v: Var, path: Path) -> Any:
        """The class of memory of a leaf."""
        key = self.info.find(v)
        for _ in path:
            key = self.info.classes.elem(key)
        return key

    def is_paired_leaf(self, v: Var, path: Path) -> bool:
        return isinstance(self.leaf_type(v, path), (Array, List, Dict, Obj)) and self.leaf_class(v, path) in self.paired

    def holds_paired(self, v: Var) -> bool:
        """A container with a mirror whose elements are arrays that are paired at run time."""
        key = self.info.find(v)
        for _ in range(4):
            if not self.info.classes.has_elem(key):
                return False
            key = self.info.classes.elem(key)
            if key in self.paired:
                return True
        return False

    def is_exposed(self, v: Var) -> bool:
        """Memory that is found by identity and that the caller may change before the pullback: values are kept apart."""
        return self.escape and self.is_paired(v)

    def is_paired(self, v: Var) -> bool:
        if v in self.poisoned or not paired.is_pairable(v.type) or self.info.find(v) not in self.paired:
            return False
        return not isinstance(v.type, Obj) or self.layout.is_mirror(v)

    def is_opaque(self, s: Let) -> bool:
        """A call that is refused if anything active comes out of it: nothing is known of it."""
        if s.target is None or not self.is_active(s.target) or not isinstance(s.target.type, (Num, Unknown)):
            return False
        if s.op == "method":
            return not isinstance(type_of_atom(s.args[0]), List | Dict)
        known = rule_of(s) is not None or objects.parts_of(s) is not None or scatter.sign_of(s) is not None
        return s.op == "call" and not known and not (isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Spec))

    # -- leaves ---------------------------------------------------------------------------------------

    def keys(self, v: Var) -> list[tuple[Key, Type]]:
        return [((v, p), t) for p, t in self.layout.leaves(v)]

    def is_leaf(self, v: Var, path: Path) -> bool:
        return any(p == path for p, _ in self.layout.leaves(v))

    def leaf_type(self, v: Var, path: Path) -> Type:
        for p, t in self.layout.leaves(v):
            if p == path:
                return t
        return Unknown()

    def is_mirror_leaf(self, v: Var, path: Path) -> bool:
        return isinstance(self.leaf_type(v, path), _MIRRORED)

    def needs_helper(self, v: Var, path: Path) -> bool:
        return isinstance(self.leaf_type(v, path), _ADDED_BY_HELPER)

    def is_shadow(self, v: Var) -> bool:
        """Does the adjoint of ``v`` live in memory that mirrors the memory of ``v``?"""
        if v in self.poisoned:
            return False
        if v.type.__class__ is Array:
            return self.info.is_mutated(v) or self.is_paired(v)
        return self.layout.is_mirror(v) and (self.info.deep_mutated(v) or self.is_paired(v))

    def bar_name(self, key: Key) -> str:
        v, path = key
        name = v.name or ""
        for _, k in path:
            name = (
                f"{name}_{k}"
                if name and isinstance(k, int | str) and str(k).isidentifier() | str(k).isdigit()
                else name
            )
        return f"{name}_bar" if name else ""
