"""What is printed parses back to the tree that was printed, whatever the printers get wrong."""

from __future__ import annotations

import ast
import random
import sysconfig
import textwrap
from pathlib import Path

import pytest

from s2sad.backend.printer import PrintError, equal, normalise, print_module


def round_trip(tree: ast.Module) -> str:
    text, parsed = print_module(tree)
    assert equal(parsed, ast.parse(text))
    assert equal(tree, parsed)
    return text


@pytest.mark.parametrize("value", [-2, -2.5, -0.0, float("inf"), -float("inf"), 1e100, -(10**40), 2j, True, None, ...])
def test_constants_keep_their_value(value: object) -> None:
    power = ast.BinOp(ast.Constant(value), ast.Pow(), ast.Constant(2))
    tree = ast.Module([ast.Assign([ast.Name("x", ast.Store())], power)], [])
    text = round_trip(ast.fix_missing_locations(tree))
    if isinstance(value, int | float) and not isinstance(value, bool):
        space: dict[str, object] = {}
        exec(text, space)
        assert repr(space["x"]) == repr(value**2)


def test_negative_constant_is_not_printed_as_minus_a_power() -> None:
    tree = ast.parse("x = y ** 2")
    tree.body[0].value.left = ast.Constant(-2)  # type: ignore[attr-defined]
    assert "(-2) ** 2" in round_trip(tree)


def test_normalise_leaves_no_negative_constant() -> None:
    tree = ast.Module([ast.Expr(ast.Tuple([ast.Constant(-1), ast.Constant(-0.0)], ast.Load()))], [])
    normalise(tree)
    assert not any(isinstance(n, ast.Constant) and str(n.value).startswith("-") for n in ast.walk(tree))


@pytest.mark.parametrize(
    "source",
    [
        "f'{x!r:>{width}} {y:.3f} {{}}'",
        "f\"{d['a']} and {'b'!s}\"",
        "f'a\\nb{x}\\t{y}'",
        "f'{x:{a}.{b}}'",
        "{**(a or b), **{}}",
        "[*a, *b]",
        "(lambda x, /, y=1, *a, k, **kw: (yield))",
        "a if b else (c if d else e)",
        "not (a and (b or c))",
        "x[1:2, ::3, ..., None]",
        "x[()]",
        "x[1,]",
        "-(-x) ** -y",
        "(a, b)[0]",
        "(5).real",
        "5.0.real",
        "a @ b @ (c @ d)",
        "a < b == c is not d not in e",
        "'quotes \" and \\' and \\\\ and \\n'",
        "'''three\nlines\n'''",
        "b'bytes\\x00'",
        "(x := 3) + (y := x)",
        "await_ + print_",
        "f(*a, k=1, **b)",
    ],
)
def test_expressions(source: str) -> None:
    round_trip(ast.parse(f"def f():\n    return {source}"))
    round_trip(ast.parse(f"def f():\n    value[0] = {source}"))


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    pass\nexcept* ValueError as e:\n    raise\nelse:\n    pass\nfinally:\n    x = 1",
        "match x:\n    case {'a': 1, **rest} if y:\n        pass\n    case [a, *_] | Point(x=0) as p:\n        pass",
        "with a as b, c:\n    pass",
        "def f(a, b=1, /, c=2, *d, e, g=3, **h):\n    '''Doc.'''\n    return None",
        "def f():\n    '''Two\n\n    lines \"quoted\".\n    '''",
        "for a, (b, *c) in d:\n    continue\nelse:\n    pass",
        "if a:\n    pass\nelif b:\n    pass\nelse:\n    if c:\n        pass\n    x = 1",
        "class A(B, k=1):\n    x: int = 3\n    @d\n    def f(self): ...",
        "del a, b[0]\nassert a, f'{b}'\nglobal q",
        "import a.b as c, d\nfrom . import e\nfrom ..f import g as h",
    ],
)
def test_statements(source: str) -> None:
    round_trip(ast.parse(source))


def test_a_tree_without_text_is_refused() -> None:
    with pytest.raises(PrintError):
        print_module(ast.Module([ast.Expr(ast.Name("not a name", ast.Load()))], []))


def test_equal_sees_types_and_signs() -> None:
    def same(a: str, b: str) -> bool:
        return equal(ast.parse(a), ast.parse(b))

    assert same("x = 1", "x=1  # one")
    assert not same("x = 1", "x = 1.0")
    assert not same("x = 1", "x = True")
    assert not same("x = 0.0", "x = -0.0")
    assert not same("x = (1, 2)", "x = [1, 2]")
    assert not same("x = 1", "y = 1")
    assert not same("x = 1", "x = 1\ny = 2")


def test_files_of_the_standard_library() -> None:
    """A fixed sample of real code, each function on its own."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    names = ["colorsys.py", "statistics.py", "textwrap.py", "fractions.py", "string.py", "heapq.py"]
    for name in names:
        tree = ast.parse((folder / name).read_text())
        for node in random.Random(name).sample(tree.body, min(12, len(tree.body))):
            round_trip(ast.Module([node], []))


def test_long_lines_are_broken_and_still_right() -> None:
    source = "x = f(" + ", ".join(f"argument_number_{i}" for i in range(30)) + ")"
    text = round_trip(ast.parse(source))
    assert max(map(len, text.splitlines())) <= 120


def test_docstrings_get_three_quotes() -> None:
    text = round_trip(ast.parse(textwrap.dedent('def f():\n    "Doc."\n    return "s"')))
    assert '"""Doc."""' in text
    assert 'return "s"' in text
