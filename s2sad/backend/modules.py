"""The names at the top of an emitted module: imports, the functions themselves, global data, injected objects.

No parameter of a function in the module may be hidden or hide something: parameters keep their names (they are called
by keyword), so an import that would collide with one is given another name (``import numpy as np_``).
"""

from __future__ import annotations

import ast
import builtins
import importlib
import sys
from collections.abc import Sequence
from types import BuiltinMethodType, ModuleType
from typing import Any

from s2sad.analysis.guards import guarded
from s2sad.ir.nodes import Callee, Function, Global, Let, Ref, Var, atoms_of, by_op, walk

_PRINTED = ("slice", "range", "complex", "list", "set", "type", "UnboundLocalError")  # that printing itself may need
_ALIASES = {"np": "numpy", "rt": "s2sad.runtime"}


def _is_same(found: Any, obj: Any) -> bool:
    """Methods of C objects (``np.add.at``) are equal, and another object at each look."""
    return found is obj or (isinstance(obj, BuiltinMethodType) and isinstance(found, BuiltinMethodType) and found == obj)


def functions_in(fn: Function, seen: dict[Function, None] | None = None) -> dict[Function, None]:
    """A function and those nested in it (made by ``closure``)."""
    seen = {} if seen is None else seen
    if fn in seen:
        return seen
    seen[fn] = None
    for made in by_op(fn.body).get("closure", ()):
        if isinstance(made.args[0], Ref):
            functions_in(made.args[0].obj, seen)
    return seen


class ModuleNames:
    """Hands out the text for every ``Ref`` and ``Global`` and remembers what must be imported or injected."""

    def __init__(self, functions: Sequence[Function]) -> None:
        self.params = {p.var.name for top in functions for fn in functions_in(top) for p in fn.params}
        self.taken: dict[str, Any] = {}  # module-level name -> what it stands for
        self.functions: dict[Function, str] = {}
        self.globals: dict[str, Global] = {}
        self.objects: dict[str, Any] = {}
        self.lines: dict[str, None] = {}  # import statements as text
        self._texts: dict[tuple[int, str], str] = {}
        self._global_names: dict[tuple[int, str], str] = {}
        self._keep: list[Any] = []
        for fn in functions:
            self.functions[fn] = self._claim(fn.name, fn, "")
        self.by_name = {fn.name: text for fn, text in self.functions.items()}
        self.np = self._root("np", "numpy")

    # -- names -----------------------------------------------------------------------------------------------------
    def _claim(self, wanted: str, owner: Any, suffix: str = "_") -> str:
        """A free module-level name."""
        text, k = wanted, 1
        while self.taken.get(text, owner) is not owner or text in self.params:
            k += 1
            text = wanted + suffix if suffix and k == 2 else f"{wanted}_{k}"
        self.taken[text] = owner
        return text

    def _root(self, alias: str, module: str) -> str:
        """Import a module under an alias."""
        owner = sys.modules.get(module, module)
        text = self._claim(alias, owner)
        package, _, last = module.rpartition(".")
        if alias == "rt":
            line = "from s2sad import runtime as " + text
        elif text == module:
            line = f"import {module}"
        elif package:
            line = f"from {package} import {last}" + ("" if last == text else f" as {text}")
        else:
            line = f"import {module} as {text}"
        self.lines.setdefault(line)
        return text

    def root(self, module: str) -> str:
        """The name under which the emitted module has a module that is imported."""
        importlib.import_module(module)
        return self._root(module, module)

    def global_(self, g: Global) -> str:
        key = (id(g.namespace), g.name)
        known = self._global_names.get(key)
        if known is None:
            known = self._claim(g.name, ("global", *key))
            self._global_names[key] = known
            self.globals[known] = g
        return known

    def function(self, fn: Function, text: str) -> str:
        known = self.functions.get(fn)
        return text if known is None else known

    def ref(self, ref: Ref) -> str:
        """The dotted text that reads the object of a Ref in the emitted module."""
        if isinstance(ref.obj, Function):
            return self.function(ref.obj, ref.text)
        if isinstance(ref.obj, Callee):
            return self.by_name.get(ref.text, ref.text)
        key = (id(ref.obj), ref.text)
        known = self._texts.get(key)
        if known is None:
            self._keep.append(ref.obj)  # its id stays its own
            known = self._texts[key] = self._resolve(ref.obj, ref.text)
        return known

    def refs(self) -> tuple[tuple[str, Any], ...]:
        """The final text of each Ref to an object outside of the module, and the object."""
        return tuple(zip(self._texts.values(), self._keep, strict=True))

    # -- how an object is reached ----------------------------------------------------------------------------------
    def _resolve(self, obj: Any, text: str) -> str:
        first, _, rest = text.partition(".")
        if first in _ALIASES and _is_same(reach(_ALIASES[first], rest), obj):
            root = self._root(first, _ALIASES[first])
            if first == "np" and "." in rest and not hasattr(sys.modules["numpy"], rest.split(".")[0]):
                return self._import_from("numpy." + rest.rpartition(".")[0], rest.rpartition(".")[2])
            return f"{root}.{rest}" if rest else root
        if getattr(builtins, text, None) is obj:
            return self.builtin(text)
        if isinstance(obj, ModuleType):
            return self._module(obj, text)
        return self._by_path(obj, text) or self._inject(obj, text)

    def builtin(self, text: str) -> str:
        """How the module spells a builtin."""
        if text not in self.params and self.taken.get(text, builtins) is builtins:
            self.taken[text] = builtins
            return text
        root = self._claim("builtins", builtins)
        self.lines.setdefault("import builtins" if root == "builtins" else f"import builtins as {root}")
        return f"{root}.{text}"

    def _module(self, obj: ModuleType, text: str) -> str:
        if sys.modules.get(obj.__name__) is not obj or obj.__name__ == "__main__":
            return self._inject(obj, text)
        return self._root(text.split(".")[-1], obj.__name__)

    def _by_path(self, obj: Any, text: str) -> str | None:
        path = object_path(obj) if "." not in text else _split(text, obj)
        if path is None:
            path = object_path(obj)
        if path is None or path[0] == "__main__":
            return None
        module, qualname = path
        if module == "builtins":
            return self.builtin(qualname)
        if "." in text and "." not in module and module not in self.params:
            return f"{self._root(module, module)}.{qualname}"
        return self._import_from(module, qualname)

    def _import_from(self, module: str, qualname: str) -> str:
        first, _, rest = qualname.partition(".")
        owner = reach(module, first)
        text = self._claim(first, owner)
        self.lines.setdefault(f"from {module} import {first}" + ("" if text == first else f" as {text}"))
        return f"{text}.{rest}" if rest else text

    def _inject(self, obj: Any, text: str) -> str:
        known = next((k for k, v in self.objects.items() if v is obj), None)
        if known is None:
            last = text.split(".")[-1]
            known = self._claim(last if last.isidentifier() else "obj", obj)
            self.objects[known] = obj
        return known

    # -- what a function may not hide --------------------------------------------------------------------------------
    def roots_of(self, fn: Function) -> frozenset[str]:
        """The names that a function and those nested in it read from the module or from builtins."""
        out = {self.np, *_PRINTED} - {p.var.name for p in fn.params}
        for f in functions_in(fn):
            for stmt in walk(f.body):
                written_out = isinstance(stmt, Let) and guarded(stmt)
                for a in stmt.args[1:] if written_out else atoms_of(stmt):  # type: ignore[union-attr]
                    if a.__class__ is not Var:  # most are
                        self._root_of(a, out)
                if not isinstance(stmt, Let):
                    for b in (getattr(stmt, "then", None), getattr(stmt, "orelse", None), getattr(stmt, "body", None)):
                        for a in b.results if b is not None else ():
                            self._root_of(a, out)
            for a in (*f.body.results, *(p.default for p in f.params if p.default is not None)):
                self._root_of(a, out)
        return frozenset(out)

    def _root_of(self, a: Any, out: set[str]) -> None:
        if a.__class__ is Var:
            return
        if a.__class__ is Ref:
            if a.obj is not None and not (isinstance(a.obj, Function) and a.obj not in self.functions):
                out.add(self.ref(a).partition(".")[0])
        elif a.__class__ is Global:
            out.add(self.global_(a))

    def imports(self) -> list[Any]:
        """The import statements in a fixed order: numpy, the standard library and packages, the runtime."""
        lines = sorted(self.lines, key=lambda s: (not s.startswith("import numpy"), "s2sad" in s, s))
        return [_import(line) for line in lines]


def _import(line: str) -> Any:
    words = line.split()
    asname = words[-1] if words[-2] == "as" else None
    if words[0] == "import":
        return ast.Import([ast.alias(words[1], asname)])
    return ast.ImportFrom(words[1], [ast.alias(words[3], asname)], 0)


def reach(module: str, path: str) -> Any:
    """The object at ``module`` / ``a.b``, or None."""
    obj: Any = sys.modules.get(module)
    for part in path.split(".") if path else ():
        obj = getattr(obj, part, None)
    return obj


def object_path(obj: Any) -> tuple[str, str] | None:
    """(module, qualified name) by which a new process finds an object, or None."""
    module = getattr(obj, "__module__", None)
    qualname = getattr(obj, "__qualname__", None) or getattr(obj, "__name__", None)
    if isinstance(obj, ModuleType):
        return (obj.__name__, "") if sys.modules.get(obj.__name__) is obj else None
    if not isinstance(module, str) or not isinstance(qualname, str) or "<" in qualname:
        return None
    return (module, qualname) if reach(module, qualname) is obj else None


def _split(text: str, obj: Any) -> tuple[str, str] | None:
    """Split ``scipy.special.erf`` into a module that is imported and a path inside it."""
    parts = text.split(".")
    for k in range(len(parts) - 1, 0, -1):
        module, rest = ".".join(parts[:k]), ".".join(parts[k:])
        if module in sys.modules and reach(module, rest) is obj:
            return module, rest
    return None


__all__ = ["ModuleNames", "functions_in", "object_path", "reach"]
