"""``--types "w: f8[n], x: f8[m, n], k: int, p: {'a': f8, 'b': [f8[n], f8[n]]}"``: types written by hand.

A bare name is a number (``float``, ``int``, ``bool``, ``complex``, ``f8``, ``f4``, ``i4``...), with sizes in brackets
an array: names stand for sizes that are not 1, ``...`` for any number of dimensions, ``()`` for none. Parentheses are
tuples, brackets lists, braces dicts; ``None``, ``True`` and quoted strings are themselves.
"""

from __future__ import annotations

import ast

import numpy as np

from s2sad.ir.types import Affine, Array, Dict, Dim, List, Lit, Opaque, Scalar, Sym, Tuple, Type, join_all, widen

_WEAK = {"float": "float64", "f8": "float64", "int": "int64", "i8": "int64", "bool": "bool", "b1": "bool",
         "complex": "complex128", "c16": "complex128"}  # fmt: skip


def parse_types(text: str) -> tuple[tuple[str, Type], ...]:
    """The types by parameter name. Raises ValueError that quotes what it does not understand."""
    try:
        tree = ast.parse("{" + text.strip() + "}", mode="eval").body
    except SyntaxError:
        raise ValueError(f"cannot read the types {text!r}: write them as 'x: f8[n], k: int'") from None
    if not isinstance(tree, ast.Dict):
        raise ValueError(f"cannot read the types {text!r}: write them as 'x: f8[n], k: int'")
    out: list[tuple[str, Type]] = []
    for key, value in zip(tree.keys, tree.values, strict=True):
        if not isinstance(key, ast.Name):
            raise ValueError(f"cannot read the types {text!r}: a parameter's name comes before each colon")
        if any(key.id == name for name, _ in out):
            raise ValueError(f"cannot read the types {text!r}: {key.id} is there twice")
        out.append((key.id, parse_type(value)))
    return tuple(out)


def parse_type(node: ast.expr) -> Type:
    """The type that an expression of the notation stands for."""
    if isinstance(node, ast.Name):
        return _scalar(node.id)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return Array(_dtype(node.value.id), _dims(node.slice))
    if isinstance(node, ast.Constant):
        return Lit(node.value)
    if isinstance(node, ast.Tuple):
        return Tuple(tuple(map(parse_type, node.elts)))
    if isinstance(node, ast.List):
        return _list(node)
    if isinstance(node, ast.Dict):
        items = tuple((_key(k), parse_type(v)) for k, v in zip(node.keys, node.values, strict=True))
        return Dict(join_all(widen(t) for _, t in items), items)
    raise _unknown(node)


def _list(node: ast.List) -> Type:
    elements = node.elts
    if len(elements) == 2 and isinstance(elements[1], ast.Constant) and elements[1].value is Ellipsis:
        return List(parse_type(elements[0]), None)
    items = tuple(map(parse_type, elements))
    return List(join_all(map(widen, items)), items)


def _unknown(node: ast.expr) -> ValueError:
    return ValueError(f"unknown type {ast.unparse(node)!r}: write float, int, f8[n], f4[m, n], (f8, f8[n])...")


def _key(node: ast.expr | None) -> object:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        return node.value
    raise ValueError("the keys of a dict are names or constants")


def _scalar(name: str) -> Type:
    if name in _WEAK:
        return Scalar(_WEAK[name])
    if name == "str":
        return Opaque(str)
    return Scalar(_dtype(name), weak=False)


def _dtype(name: str) -> str:
    try:
        return str(np.dtype(name).name)
    except TypeError:
        raise ValueError(f"unknown dtype {name!r}: write f8, f4, i8, float32...") from None


def _dims(node: ast.expr) -> tuple[Dim, ...] | None:
    if isinstance(node, ast.Constant) and node.value is Ellipsis:
        return None
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    return tuple(map(_affine, nodes))


def _affine(node: ast.expr) -> Affine:
    """``n``, ``n - 2``, ``2*n + 1``, ``3``."""
    if isinstance(node, ast.Name):
        return Affine(0, ((Sym(node.id), 1),))
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return Affine(node.value)
    if isinstance(node, ast.BinOp):
        left, right = _affine(node.left), _affine(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult) and (left.is_const or right.is_const):
            return right * left.const if left.is_const else left * right.const
    raise ValueError(f"cannot read the size {ast.unparse(node)!r}: write n, 3, n - 2 or 2*n")
