"""The tree that the frontend reads is the one that gast gives, positions included."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import gast
import pytest

from s2sad.frontend.convert import to_gast

STANDARD = Path(sysconfig.get_path("stdlib"))
FILES = ("ast.py", "argparse.py", "asyncio/tasks.py", "dataclasses.py", "functools.py", "statistics.py", "typing.py")


def assert_same(a: object, b: object) -> None:
    """Without ``gast.dump``, which has no place for what gast leaves out."""
    assert type(a) is type(b)
    if isinstance(a, list):
        assert isinstance(b, list) and len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    elif isinstance(a, gast.AST):
        assert a.__dict__.keys() == b.__dict__.keys(), (a.__dict__, b.__dict__)
        for name, x in a.__dict__.items():
            assert_same(x, b.__dict__[name])
    else:
        assert repr(a) == repr(b)


@pytest.mark.parametrize("name", FILES)
def test_files_of_the_standard_library(name: str) -> None:
    tree = ast.parse((STANDARD / name).read_text(encoding="utf-8"))
    assert_same(to_gast(tree), gast.ast_to_gast(tree))


@pytest.mark.parametrize(
    "source",
    [
        "def f(a, /, b: int = 1, *c, d=2, **e) -> float:\n    return lambda x, *y: (x := 1)\n",
        "try:\n    pass\nexcept* ValueError as e:\n    raise\nexcept* OSError:\n    pass\n",
        "match x:\n    case [1, *r] | {'a': 2, **k} if r:\n        pass\n    case A(b=None) as c:\n        pass\n",
        "match x:\n    case 1 | -2j:\n        pass\n    case _:\n        del x\n",
        "async def f():\n    async with a as b, c:\n        async for i in d:\n            yield f'{i!r:>{w}}'\n",
        "x = [y async for y in z if y], {**a, 'b': 1}, *c\n",
        "class A(B, metaclass=C):\n    x: int = 1\n    y: float\n",
    ],
)
def test_syntax(source: str) -> None:
    tree = ast.parse(source)
    assert_same(to_gast(tree), gast.ast_to_gast(tree))
