"""Named tuples: classes that are tuples with names, as ``collections.namedtuple`` and ``typing.NamedTuple`` make them.

They are followed as tuples. A class may add methods, properties and operators; where it replaces how its objects are
made or read, they are no tuples for derivatives.
"""

from __future__ import annotations

import inspect
from typing import Any

_READS = (
    "__getitem__", "__len__", "__iter__", "__contains__", "__bool__", "__hash__", "__getattribute__", "__getattr__",
    "__setattr__", "__float__", "__int__", "__index__", "__complex__", "__round__", "__array__", "__reversed__",
    *(f"__i{op}__" for op in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor")),
)  # fmt: skip


def unlike_tuple(cls: Any) -> str:
    """Why an object of a subclass of tuple is not what its elements are; "" for a named tuple."""
    if not isinstance(getattr(cls, "_fields", None), tuple):
        return f"{cls.__name__} is no named tuple"
    new = inspect.getattr_static(cls, "__new__")
    new = getattr(new, "__func__", new)
    code, home = getattr(new, "__code__", None), getattr(new, "__globals__", {}).get("__name__", "")
    if code is None or code.co_name != "<lambda>" or not home.startswith("namedtuple_"):
        return f"{cls.__name__} defines __new__"
    for name in ("__init__", *_READS):
        found = inspect.getattr_static(cls, name, None)
        if found is not inspect.getattr_static(tuple, name, None):
            return f"{cls.__name__} defines {name}"
    for name in cls._fields:
        if type(inspect.getattr_static(cls, name)).__name__ != "_tuplegetter":
            return f"{cls.__name__} defines {name} again"
    return ""


def has_operators(cls: Any) -> bool:
    """Does a class of named tuples say itself what operators mean (any of those that are asked for here)?"""
    return cls is not None and any(
        name.startswith("__") and name[2:-2] in OPERATORS and base not in (tuple, object)
        for base in cls.__mro__
        for name in vars(base)
    )


_BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift")
OPERATORS = frozenset(
    [*_BINARY, *(f"r{op}" for op in _BINARY), "lt", "le", "gt", "ge", "eq", "ne", "neg", "pos", "invert", "abs"]
)
