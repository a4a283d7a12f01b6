"""What kind of object something is, for ``reach``: known by identity or data, written in C, a library's own."""

from __future__ import annotations

import opcode
import os
import sys
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np

from s2sad.ir.types import Affine, Sym

_LIBRARY = os.path.dirname(os.__file__) + os.sep
NATIVE = (
    BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType, MethodWrapperType, GetSetDescriptorType,
    MemberDescriptorType, np.ufunc,
)  # fmt: skip
_BY_IDENTITY = (FunctionType, type, ModuleType, MethodType, *NATIVE)
_IMPORTS = opcode.opmap["IMPORT_NAME"]


def is_versioned(module: str) -> bool:
    """Does the version of a package say what this module is?"""
    root, _, rest = module.partition(".")
    if root in ("numpy", "scipy"):
        return True
    if root == "s2sad":
        return not rest.startswith("generated")
    return root in sys.stdlib_module_names and _is_library(root)


def _is_library(root: str) -> bool:
    """Is this the standard library's module, not a file of the user's of that name?"""
    file = getattr(sys.modules.get(root), "__file__", None)
    return file is None or (file.startswith(_LIBRARY) and "site-packages" not in file)


def by_identity(value: Any) -> bool:
    """What the compiler knows by identity, as opposed to data (see ``frontend.resolve.is_callable``)."""
    if isinstance(value, _BY_IDENTITY):
        return True
    return callable(value) and (hasattr(value, "__name__") or hasattr(value, "static_source"))


def owner_of(members: MappingProxyType[str, Any]) -> Any:
    """The class that has these members."""
    for name in ("__dict__", "__weakref__", *members):
        cls = getattr(members.get(name), "__objclass__", None)
        if isinstance(cls, type) and vars(cls) == members:
            return cls
    return None


def is_foreign(value: Any) -> bool:
    """Is this a function that somebody has put into a library's module?"""
    return type(value) is FunctionType and not is_versioned(str(value.__globals__.get("__name__", "")))


def has_imports(code: CodeType) -> bool:
    """Is there an import statement inside of the function?"""
    return _IMPORTS in code.co_code[::2] or any(has_imports(c) for c in code.co_consts if isinstance(c, CodeType))


def affine(dim: Affine | None) -> str:
    if dim is None:
        return "?"
    return "+".join([str(dim.const), *(f"{c}*{_sym(s)}" for s, c in dim.terms)])


def _sym(sym: Sym) -> str:
    return sym.name if sym.not_one else sym.name + "?"


def slots(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("_slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)

__all__ = ["NATIVE", "affine", "by_identity", "has_imports", "is_foreign", "is_versioned", "owner_of", "slots"]
