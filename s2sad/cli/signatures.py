"""The types of a function's parameters in a file that is not executed, and types as the data that a built module checks."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from s2sad.cli.errors import CliError
from s2sad.cli.typespec import parse_type

if TYPE_CHECKING:
    from s2sad.ir.types import Affine, Type

_NUMBERS = {"float": "float", "int": "int", "complex": "complex", "bool": "bool"}


def known_types(function: Any, given: dict[str, Type] | None) -> dict[str, Type]:
    """The type of each parameter: given, else by its annotation, else by its default. Raises ``CliError`` without one."""
    args = function.static_source.node.args
    title = function.static_source.name
    if args.vararg or args.kwarg:
        raise CliError(f"{title}: a function with *args or **kwargs cannot be built: name the parameters")
    positional = [*args.posonlyargs, *args.args]
    defaults = dict(zip(map(_name, reversed(positional)), reversed(args.defaults), strict=False))
    defaults |= {_name(a): d for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None}
    out: dict[str, Type] = {}
    for arg in (*positional, *args.kwonlyargs):
        name = _name(arg)
        t = (given or {}).get(name) or _annotated(getattr(arg, "annotation", None)) or _default(defaults.get(name))
        if t is None:
            raise CliError(f'the type of {name!r} of {title} is not known: annotate it or give --types "{name}: f8[n]"')
        out[name] = t
    unknown = [n for n in given or {} if n not in out]
    if unknown:
        raise CliError(f"{title} has no parameter {unknown[0]!r}: it has {', '.join(out)}")
    return out


def _name(arg: Any) -> str:
    return str(getattr(arg, "id", None) or arg.arg)


def _annotated(node: Any) -> Type | None:
    """The type that an annotation stands for: ``float``, ``NDArray[np.float64]``, ``"f8[n, m]"``."""
    from s2sad.ir.types import Array

    if node is None:
        return None
    text = _text(node)
    quoted = _constant(text)
    if isinstance(quoted, str):
        try:
            return parse_type(ast.parse(quoted, mode="eval").body)
        except (SyntaxError, ValueError):
            return None
    if text in _NUMBERS:
        return parse_type(ast.parse(text, mode="eval").body)
    last = text.rpartition(".")[2]
    if last == "ndarray":
        return Array(None, None)
    head, bracket, inner = text.partition("[")
    if head.rpartition(".")[2] == "NDArray" and bracket:
        return _array(inner.rstrip("]").rpartition(".")[2])
    try:
        return parse_type(ast.Name(last)) if text.startswith(("np.", "numpy.")) else None
    except ValueError:
        return None


def _array(dtype: str) -> Type | None:
    from s2sad.ir.types import Array, Scalar

    try:
        t = parse_type(ast.Name(dtype))
    except ValueError:
        return None
    return Array(t.dtype, None) if isinstance(t, Scalar) else None


def _text(node: Any) -> str:
    import gast

    return ast.unparse(gast.gast_to_ast(node))


def _constant(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None


def _default(node: Any) -> Type | None:
    """The type of a default that is a literal."""
    from s2sad.ir.types import Lit, Scalar

    if node is None:
        return None
    value = _constant(_text(node))
    if type(value) in (int, float, complex):
        return Scalar({int: "int64", float: "float64", complex: "complex128"}[type(value)])
    return Lit(value) if type(value) in (bool, str) or (value is None and _text(node) == "None") else None


def as_data(t: Type, title: str, name: str) -> Any:
    """A type as ``cli/built/check.py`` reads it. Raises ``CliError`` for one that it cannot check."""
    from s2sad.ir.types import Array, Dict, List, Lit, Opaque, Scalar, Tuple

    if isinstance(t, Scalar):
        return ("number", t.dtype)
    if isinstance(t, Array):
        return ("array", t.dtype, None if t.dims is None else tuple(d if d is None else _size(d) for d in t.dims))
    if isinstance(t, Tuple) and t.cls is None and t.code is None:
        return ("tuple", tuple(as_data(i, title, name) for i in t.items))
    if isinstance(t, List) and not t.frozen:
        items = None if t.items is None else tuple(as_data(i, title, name) for i in t.items)
        return ("list", as_data(t.item, title, name) if items is None else None, items)
    if isinstance(t, Dict) and t.items is not None:
        return ("dict", tuple((k, as_data(i, title, name)) for k, i in t.items))
    if isinstance(t, Lit) and (t.value is None or type(t.value) in (bool, int, float, str)):
        return ("is", t.value)
    if isinstance(t, Opaque) and t.cls is str:
        return ("text",)
    raise CliError(f"{title}: a module cannot be built for the type of {name!r}")


def _size(d: Affine) -> Any:
    return (d.const, tuple((s.name, k) for s, k in d.terms))


__all__ = ["as_data", "known_types"]
