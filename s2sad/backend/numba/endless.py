"""``while True`` tests a variable in machine code.

*before*::

    def f(x):
        p = 0
        while True:
            x = x * 1.3
            if x > 2:
                p = p + 1
                break
            p = p + 1
        return p

*after*::

    def f(x):
        forever = True
        p = 0
        while forever:
            x = x * 1.3
            if x > 2:
                p = p + 1
                break
            p = p + 1
        return p

Numba (0.68, with Python 3.11) joins the values of a variable wrongly at the head of a loop without a test, where it is assigned
before a ``break`` and again after it: the first program gives 1 whatever ``x`` is, or has no type (``tests/test_endless.py``).
"""

from __future__ import annotations

import ast


def with_tests(node: ast.FunctionDef) -> None:
    """Give every ``while True`` of the tree a test; the tree is changed in place."""
    loops = [n for n in ast.walk(node) if isinstance(n, ast.While) and isinstance(n.test, ast.Constant)]
    if not loops:
        return
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {a.arg for a in node.args.args}
    name = "forever"
    while name in used:
        name += "_"
    for loop in loops:
        loop.test = ast.copy_location(ast.Name(name, ast.Load()), loop.test)
    first = ast.Assign([ast.Name(name, ast.Store())], ast.Constant(True))
    has_doc = ast.get_docstring(node, clean=False) is not None
    node.body.insert(int(has_doc), ast.fix_missing_locations(ast.copy_location(first, node.body[int(has_doc)])))


__all__ = ["with_tests"]
