"""Objects and whole regions: what a function does first for the objects that it was given, and what regions may not store.

See ``records`` for what a record is.
"""

from __future__ import annotations

from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.infer import defaults, members, merging, operators, records
from s2sad.analysis.infer.records import CODE, Record
from s2sad.ir.nodes import UNDEF, Block, Const, Function, If, Let, Loc, Ref, Try, Var, targets_of, walk
from s2sad.ir.types import BOOL, UNKNOWN, Dict, List, Obj, Tuple, Type

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

def given(f: FunctionInfer, var: Var, depth: int = 0) -> None:
    """A parameter that is an object, and the objects that it holds."""
    t = var.type
    if not f.spec.entry or not isinstance(t, Obj) or members.unsupported(t.cls) or var in f.tracked.objects or depth > 8:
        return
    record = Record(t.cls, var.name, real=var, given=True, declared=dict(t.attrs))
    f.tracked.objects[var] = record
    f.program.object_records[t.cls] = None
    if f.program.late:
        defaults.begin(f, record)
    for key, part in t.attrs:
        if isinstance(part, Obj):
            inner = Var(key, part)
            f.tracked.prologue.append(Let(inner, "getattr", (var, Const(key)), (), f.source.loc))
            record.attrs[key] = inner
            given(f, inner, depth + 1)




def finished(f: FunctionInfer, body: Block) -> Block:
    """The whole body, with what comes first; no statement may hold a marker of an object that does not exist."""
    whole = Block((*prologue(f), *body.stmts), body.results)
    for s in walk(whole):
        for v in targets_of(s):
            if _marked(v.type):
                f.refuse(CODE, "an object is kept in a container in a way that cannot be followed",
                         "use a variable for it, or a list of its numbers", s.loc)  # fmt: skip
    return whole


def _marked(t: Type | None) -> bool:
    if t.__class__ is Obj:
        return t.attrs == records.MARK or any(_marked(p) for _, p in t.attrs)
    if t.__class__ is Tuple:
        return any(map(_marked, t.items))
    if t.__class__ is List:
        return _marked(t.item) or any(map(_marked, t.items or ()))
    return t.__class__ is Dict and (_marked(t.value) or any(_marked(p) for _, p in t.items or ()))


def prologue(f: FunctionInfer) -> tuple[Any, ...]:
    """What the function does first: it reads the objects that its arguments hold, and checks that none that is stored
    into was given twice."""
    out: list[Any] = list(f.tracked.prologue)
    known = [r for r in f.tracked.objects.values() if r.given]
    if f.tracked.stored:  # what the arguments held at the start is read now (see ad.objects.first_reads)
        for r in known:
            out += [_first_read(f, r, k, t) for k, t in r.declared.items() if not isinstance(t, Obj)]
    for cls in f.tracked.stored:
        for k, a in enumerate(known):
            for b in known[k + 1 :]:
                if cls in (a.cls, b.cls) and (issubclass(a.cls, b.cls) or issubclass(b.cls, a.cls)):
                    out += _check(f, a, b)
        _related(f, f.program.object_reads, [cls])
    return tuple(out)


def check_stores(f: FunctionInfer) -> None:
    """When all is inferred: no object that has a record may be stored into under another name."""
    made = [cls for classes in f.program.object_made.values() for cls, n in classes.items() if n > 0]
    _related(f, f.program.object_stores, [*f.program.object_records, *made])


def _related(f: FunctionInfer, places: dict[Any, tuple[Loc, Function]], classes: list[Any]) -> None:
    """Refuse what is done to an object without a record where it may be one that has a record."""
    for other, (loc, fn) in places.items():
        if any(issubclass(other, cls) or issubclass(cls, other) for cls in classes):
            f.program.add_finding(
                CODE, f"an object of class {other.__name__} may be another one that the function follows", loc, fn,
                "pass the objects as arguments of their own",
            )  # fmt: skip


def _first_read(f: FunctionInfer, r: Record, key: str, t: Type) -> Let:
    assert r.real is not None
    return Let(Var(key, t), "getattr", (r.real, Const(key)), (), f.source.loc)


def _check(f: FunctionInfer, a: Record, b: Record) -> list[Any]:
    assert a.real is not None and b.real is not None
    loc = f.source.loc
    same, error = Var("", BOOL), Var("", UNKNOWN)
    text = f"{a.name} and {b.name} are one object, which the function stores into"
    made = Let(error, "call", (Ref(RuntimeError, "RuntimeError"), Const(text)), (), loc)
    fail = Block((made, Let(None, "raise_", (error,), (), loc)), ())
    return [Let(same, "is_", (a.real, b.real), (), loc), If(same, fail, Block(), (), loc)]


def may_be_object(f: FunctionInfer, key: str) -> bool:
    """Refuse what asks the class of a value, which may be one of several objects of different classes: a method, a property,
    what the class gives all objects. A name that arrays have as well is refused where two classes have it."""
    having = [c for c in _classes(f) if _asks_class(members.lookup(f, c, key), c, key)]
    if len(having) < (2 if hasattr(np.ndarray, key) else 1):
        return False
    f.refuse(CODE, f"{key} is defined by {having[0].__name__}, and the object may be of another class",
             "index with a constant, or loop over a tuple of the objects")  # fmt: skip
    return True


def _asks_class(found: Any, cls: Any, key: str) -> bool:
    own = key in getattr(cls, "__dataclass_fields__", ()) or isinstance(found, MemberDescriptorType)
    return found is not None and not own


def _classes(f: FunctionInfer) -> list[Any]:
    """The classes of the objects that the program makes or is given."""
    found = dict.fromkeys(cls for made in f.program.object_made.values() for cls in made)
    todo = [t for spec in f.program.specs.values() for t in spec.arg_types]
    for t in todo:
        if isinstance(t, Obj):
            found[t.cls] = None
            todo += [part for _, part in t.attrs]
        elif isinstance(t, Dict):
            todo += [part for _, part in t.items or ()]
        elif isinstance(t, Tuple | List):
            todo += t.items or ()
    return list(found)


def condition(f: FunctionInfer, cond: Block) -> Block:
    """The condition of a ``while``: its stores could not be seen by the body."""
    before = merging.snapshot(f)
    saved, f.out = f.out, []
    alive = f.statements(cond)
    test = operators.truth(f, f.atom(cond.results[0])) if alive else UNDEF
    block = Block(tuple(f.out), (test,))
    f.out = saved
    if any(r.attrs != attrs for r, (attrs, _) in before.items() if isinstance(r, Record)):
        f.refuse("S2S061", "an attribute is set in the condition of a while loop",
                 "write `while True:` and test inside")  # fmt: skip
    return block


def after_try(f: FunctionInfer, before: merging.Saved, s: Try) -> None:
    """After the body of a ``try``: a handler does not know which of the body's stores were done."""
    merging.unchanged_places(f, before)
    changed = any(r.attrs != attrs for r, (attrs, _) in before.items() if isinstance(r, Record))
    if changed and (s.handlers or s.final.stmts):
        f.refuse("S2S061", "an attribute is set where an exception may be caught", "set it after the try statement")


def after_handlers(f: FunctionInfer, before: merging.Saved, s: Try) -> None:
    if s.handlers:
        after_try(f, before, s)
