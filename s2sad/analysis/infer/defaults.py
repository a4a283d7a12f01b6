"""Attributes to which a class gives a value and its objects another one later.

*before*                              *after*::

    class Cell:                           total = Cell.total
        total = 0.0                       for v in x:
                                              total = total + v
    cell = Cell()
    for v in x:
        cell.total += v

An object has such an attribute from the start, so that branches and loops see one value where some paths set it. Which
attributes these are shows at the first store; all is inferred again then. What no object sets is data of the class.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from s2sad.analysis.infer import members
from s2sad.analysis.infer.program import Spec
from s2sad.ir.nodes import Atom, Block, Const, Let, Ref, walk

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer
    from s2sad.analysis.infer.records import Record


def _value(f: FunctionInfer, cls: Any, key: str) -> Atom | None:
    """The value that a class gives to an attribute, if it is data."""
    data = members.class_data(f, cls, key)
    if data is None and inspect.getattr_static(cls, key, members) is None:
        members.watch(f, cls, key)
        return Const(None)
    return data


def note_store(f: FunctionInfer, cls: Any, key: str) -> None:
    """An attribute that the object did not have is set."""
    from s2sad.analysis.infer.function import Restart

    if (cls, key) not in f.program.late and _value(f, cls, key) is not None:
        f.program.late[cls, key] = None
        f.growth.clear()  # lists hold objects of another type now
        raise Restart


def begin(f: FunctionInfer, record: Record) -> None:
    """A new object, or one that is given."""
    for cls, key in f.program.late:
        if issubclass(record.cls, cls) and key not in record.declared and key not in record.attrs:
            value = _value(f, record.cls, key)
            if value is not None:
                record.attrs[key] = value


def read(f: FunctionInfer, cls: Any, key: str) -> Atom | None:
    """``x.key`` of an object without a record that does not have it: data of its class."""
    data = members.class_data(f, cls, key)
    if data is not None:
        f.program.late_reads.setdefault(f.spec, {})[cls, key] = (f.loc, f.current)
    return data


def check(f: FunctionInfer, body: Block) -> None:
    """When all is inferred: what was taken for data of a class is set of no object."""
    for spec in _reached(f.spec, body):
        for (cls, key), (loc, function) in f.program.late_reads.get(spec, {}).items():
            if any(k == key and (issubclass(c, cls) or issubclass(cls, c)) for c, k in f.program.late):
                f.program.add_finding(
                    "S2S071", f"{key} is data of the class {cls.__name__}, and set of its objects", loc, function,
                    "set it in __init__, on every path",
                )  # fmt: skip


def _reached(entry: Spec, body: Block) -> list[Spec]:
    """The specialisations that a function calls, and those that they call."""
    found, bodies = [entry], [body]
    for block in bodies:
        for s in walk(block):
            for a in s.args if isinstance(s, Let) else ():
                spec = a.obj if isinstance(a, Ref) else None
                if isinstance(spec, Spec) and spec not in found:
                    found.append(spec)
                    bodies += [spec.fn.body] if spec.fn is not None else []
    return found


__all__ = ["begin", "check", "note_store", "read"]
