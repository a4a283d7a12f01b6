"""Modules of the compiler that few programs need: loaded when something of them is first used, not when imported.

A third of the compiler's code is for what most programs do not have (objects, ``try``, lists that change, patterns), and
every process that compiles anything would pay for reading it. A package names such modules in its ``__init__``::

    rarely(__name__, "lists", "held")

and its other modules import them as ``from s2sad.ad import lists`` and write ``lists.store(...)``. A ``from s2sad.ad.lists
import store`` loads the module there and then: right, and not rare. ``tests/test_layers.py`` looks after it.
"""

from __future__ import annotations

import sys
from _thread import RLock  # threading itself costs a millisecond
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any


def rarely(package: str, *names: str) -> None:
    """Put modules that load themselves in the places of these modules of a package."""
    parent = sys.modules[package]
    for name in names:
        full = f"{package}.{name}"
        if full not in sys.modules:
            module = sys.modules[full] = _Rare(full)
            setattr(parent, name, module)


def is_loaded(module: ModuleType) -> bool:
    """Has something of the module been used?"""
    return module.__class__ is not _Rare


class _Rare(ModuleType):
    """A module whose code has not run yet. It becomes an ordinary one when it has."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)  # who looks through all modules for such a thing wants none loaded
        _load(self)
        return getattr(self, name)


_LOCK = RLock()
_loading: set[str] = set()


def _load(module: ModuleType) -> None:
    """Run the module's code. Other threads wait, and see the whole of it."""
    with _LOCK:
        name = module.__name__
        if module.__class__ is not _Rare:
            return
        if name in _loading:
            raise AttributeError(f"{name} is used while it is being loaded")
        spec = PathFinder.find_spec(name, sys.modules[name.rpartition(".")[0]].__path__)
        if spec is None or spec.loader is None:
            raise ImportError(f"the module {name} is missing", name=name)
        _loading.add(name)
        try:
            vars(module).update(vars(module_from_spec(spec)))
            spec.loader.exec_module(module)
            module.__class__ = ModuleType  # type: ignore[assignment]
        finally:
            _loading.discard(name)


__all__ = ["is_loaded", "rarely"]
