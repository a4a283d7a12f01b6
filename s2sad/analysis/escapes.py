"""Values that leave the numbers and come back: text, sets, keys of dictionaries, arrays of objects.

*refused*: ``float(str(x))``, ``sum({x, y})``, ``for k in {x: 1.0}: t += k``. The derivative of what comes back would be
an exact, silent zero. Text that is printed or put into a message harms nothing, nor do tests and integers made of it.
"""

from __future__ import annotations

from collections.abc import Callable

from s2sad.analysis.held_exceptions import held_exceptions
from s2sad.analysis.optypes import INPLACE, type_of_atom
from s2sad.ir.nodes import Atom, For, Function, If, Let, Loc, Ref, Stmt, Try, Var, While, walk
from s2sad.ir.types import Array, Dict, List, Lit, Num, Opaque, Range, RefT, Scalar, Slice, Tuple, Type, Unknown
from s2sad.rules.registry import lookup

Report = Callable[[str, str, Stmt, Loc, str], None]

_READS = frozenset({"getitem", "unpack", "unpack_star", "getattr", "iter_list", "copy", "star"})
_KEEPS = frozenset({"tuple", "list", "dict", "set", "closure", "format", "format_value", "slice"})
_TESTS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "is_", "is_not", "in_", "not_in", "not", "assert_", "raise_", "comment"})
_TEXT = (str, bytes, bytearray, set, frozenset)
_TO_TEXT = (str, repr, format, ascii, set, frozenset, bytes)
_ABOUT = frozenset({"shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides", "flags", "T", "real", "imag"})
_FILLS = frozenset({"append", "add", "extend", "insert", "update", "setdefault"})


def refuse_escapes(fn: Function, varied: frozenset[Var], report: Report) -> None:
    """Report where a number comes out of text (and the like) that an active value went into."""
    search = _Search(fn, varied)
    if search.sources():
        search.run(report)


def _is_text(t: Type) -> bool:
    return t.__class__ is Opaque and isinstance(t.cls, type) and issubclass(t.cls, _TEXT)


def _is_object(t: Type) -> bool:
    return isinstance(t, (Array, Scalar)) and t.dtype is not None and t.dtype.startswith(("object", "str", "bytes", "<U", "S"))


def _is_number(t: Type) -> bool:
    """Is it (or may it be) a number or an array of numbers that carry a derivative?"""
    if isinstance(t, Scalar | Array):
        return not _is_object(t) and (t.dtype is None or t.dtype.startswith(("float", "complex")))
    return isinstance(t, Num)


def _is_harmless(t: Type) -> bool:
    if isinstance(t, Scalar | Array):
        return t.dtype is not None and t.dtype.startswith(("int", "uint", "bool"))
    return isinstance(t, Lit | RefT | Range | Slice)


class _Search:
    def __init__(self, fn: Function, varied: frozenset[Var]) -> None:
        self.fn, self.varied = fn, varied
        self.held = held_exceptions(fn, varied)
        self.tainted: dict[Var, Let] = {}  # with the statement in which an active value went into it

    def _active(self, a: Atom) -> bool:
        return isinstance(a, Var) and a in self.varied

    def sources(self) -> bool:
        for s in walk(self.fn.body):
            if isinstance(s, Let):
                self._source(s)
        return bool(self.tainted)

    def _source(self, s: Let) -> None:
        if s.op == "dict":
            if s.target is not None and any(map(self._active, s.args[::2])):
                self.tainted.setdefault(s.target, s)
            return
        if s.op == "setitem" and isinstance(s.args[0], Var):
            t = type_of_atom(s.args[0])
            if (_is_object(t) and self._active(s.args[2])) or (isinstance(t, Dict | Opaque) and self._active(s.args[1])):
                self.tainted.setdefault(s.args[0], s)
            return
        if s.op == "method" and isinstance(s.args[0], Var) and any(map(self._active, s.args[2:])):
            if _is_text(type_of_atom(s.args[0])):
                self.tainted.setdefault(s.args[0], s)
        if s.target is not None and self._shows_exception(s):
            self.tainted.setdefault(s.target, s)
            return
        if s.target is None or not any(map(self._active, s.args)):
            return
        t = s.target.type or Unknown()
        if _is_text(t) or _is_object(t) or self._leaves_numbers(s):
            self.tainted.setdefault(s.target, s)

    def _shows_exception(self, s: Let) -> bool:
        """Text of an exception, which may hold an active value."""
        if not any(a in self.held for a in s.args if a.__class__ is Var):
            return False
        return s.op in ("format", "format_value") or self._leaves_numbers(s)

    def _leaves_numbers(self, s: Let) -> bool:
        if s.op == "call" and isinstance(s.args[0], Ref):
            return s.args[0].obj in _TO_TEXT
        holds = s.op == "getattr" and getattr(s.args[1], "value", "") not in _ABOUT  # x.flat, x.data
        return holds and isinstance(type_of_atom(s.args[0]), Array | Num | Scalar)

    def run(self, report: Report) -> None:
        before = -1
        while before != len(self.tainted):
            before = len(self.tainted)
            for s in walk(self.fn.body):
                found = self._stmt(s)
                if found == _LATER:  # the place to change is where the value went in
                    report("S2S072", found.format(s.loc.line), s, self._origin(s).loc, "")
                elif found is not None:
                    report("S2S072", found, s, s.loc, "")
        result = self.fn.result
        if self._has(result) and _is_object(type_of_atom(result)):
            last = self.fn.body.stmts[-1]
            report("S2S072", "the result is an array of objects", last, last.loc, "")

    def _origin(self, s: Stmt) -> Let:
        """Where an active value went into what the statement reads."""
        atoms = (s.iter,) if isinstance(s, For) else s.args if isinstance(s, Let) else ()
        return next(self.tainted[a] for a in atoms if isinstance(a, Var) and a in self.tainted)

    def _taint(self, v: Var, s: Stmt) -> None:
        self.tainted.setdefault(v, self._origin(s))

    def _has(self, a: Atom) -> bool:
        return isinstance(a, Var) and a in self.tainted

    def _stmt(self, s: Stmt) -> str | None:
        if isinstance(s, Let):
            return self._let(s) if any(map(self._has, s.args)) else None
        if isinstance(s, If):
            self._bind(s.targets, s.then.results, s.orelse.results)
        elif isinstance(s, For | While):
            self._bind(s.carried, s.init, s.body.results)
            self._bind(s.targets, s.init, s.body.results)
            if isinstance(s, For) and self._has(s.iter) and not self._is_plain(s.iter):
                self._taint(s.item, s)
                if _is_number(s.item.type or Unknown()):
                    return _OUT
        elif isinstance(s, Try):
            for b in (s.body, *(h.body for h in s.handlers)):
                self._bind(s.targets, b.results)
        return None

    def _bind(self, targets: tuple[Var, ...], *sources: tuple[Atom, ...]) -> None:
        for results in sources:
            for t, a in zip(targets, results, strict=False):
                if isinstance(a, Var) and a in self.tainted:
                    self.tainted.setdefault(t, self.tainted[a])

    def _is_plain(self, a: Atom) -> bool:
        """A list or tuple, whose elements have types of their own: a number in it is not the text beside it."""
        return isinstance(type_of_atom(a), List | Tuple)

    def _let(self, s: Let) -> str | None:
        if s.op in _TESTS or s.op == "delitem":
            return None
        if s.op in ("setitem", "setattr", "aug_setitem", "aug_setattr"):
            if self._has(s.args[2]) and isinstance(s.args[0], Var):
                self._taint(s.args[0], s)
                if isinstance(type_of_atom(s.args[0]), Array):
                    return _OUT
            return None
        if s.op == "method" and isinstance(s.args[0], Var) and getattr(s.args[1], "value", "") in _FILLS:
            if any(map(self._has, s.args[2:])):
                self._taint(s.args[0], s)
        if s.target is None or (s.op == "call" and isinstance(s.args[0], Ref) and _is_nondiff(s.args[0].obj)):
            return None
        t = s.target.type or Unknown()
        if _is_harmless(t):
            return None
        if s.op in _READS:
            read = type_of_atom(s.args[0])
            if _is_number(t) or _is_harmless(t):
                plain = isinstance(read, List | Tuple | Dict) or not self._has(s.args[0])
                return None if plain else _OUT
            if not self._has(s.args[0]):
                return None
            self._taint(s.target, s)
            return None
        if s.op in _KEEPS or _is_text(t):
            self._taint(s.target, s)
            return None
        if s.op in ("call", "method"):
            if _is_number(t) or (isinstance(t, List) and _is_number(t.item)):
                return _OUT
            self._taint(s.target, s)
            return None
        if isinstance(t, List | Tuple | Dict) or (s.op in INPLACE and isinstance(t, Opaque)):
            self._taint(s.target, s)
            return None
        return _LATER  # arithmetic


_OUT = "a number comes out of text, a set, keys of a dictionary or an array of objects that an active value went into"
_LATER = (
    "an active value goes into text, a set, keys of a dictionary or an array of objects here, and a number comes out of it in "
    "line {}"
)


def _is_nondiff(obj: object) -> bool:
    rule = lookup(obj)
    return rule is not None and rule.kind == "nondiff"


__all__ = ["refuse_escapes"]
