"""Programs that must be refused: when compiled, before anything runs, with the place in the user's file.

``SNIPPETS`` are statements that make ``y`` out of ``x`` (a float) and ``v`` (a vector) in a way that has no derivative
here; each is put in several places of a program (``CONTEXTS``), so that the place found is tested too.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

MARK = "# refused"


@dataclass(frozen=True)
class Snippet:
    """Statements to refuse. ``top``: what the module needs. ``may_work``: accepted is fine too where it is right.

    ``contexts``: where the statements can stand (all of them, unless they change what a function is).
    """

    name: str
    text: str
    top: str = ""
    may_work: bool = False
    contexts: tuple[str, ...] = ("direct", "helper", "method_in_loop")


def direct(text: str) -> str:
    """In the differentiated function itself."""
    return f"def f(x, v):\n    y = x * x\n{indent(text, '    ')}\n    return y * x\n"


def helper(text: str) -> str:
    """In a branch of a function that the differentiated one calls."""
    return (
        "def inner(x, v, deep=True):\n    y = x\n    if deep:\n"
        f"{indent(text, '        ')}\n    else:\n        y = x * 3\n    return y\n\n\n"
        "def f(x, v):\n    y = np.sin(x)\n    return y * inner(x, v) + inner(2 * x, v, deep=True)\n"
    )


def method_in_loop(text: str) -> str:
    """In a loop in a method of an object that the differentiated function makes."""
    return (
        "class Thing:\n    def __init__(self, k):\n        self.k = k\n\n"
        f"    def run(self, x, v):\n        y = x\n        for _ in range(2):\n{indent(text, '            ')}\n"
        "        return y * self.k\n\n\n"
        "def f(x, v):\n    return Thing(2.0).run(x, v) + x\n"
    )


CONTEXTS = {"direct": direct, "helper": helper, "method_in_loop": method_in_loop}


def module_text(snippet: Snippet, context: str) -> str:
    """The whole module for a snippet in a context; the lines to refuse end in ``# refused``."""
    lines = snippet.text.splitlines()
    if not any(MARK in line for line in lines):
        lines[0] += f"  {MARK}"
    parts = ["import math", "", "import numpy as np", snippet.top, "", "", CONTEXTS[context]("\n".join(lines))]
    return "\n".join(parts)


def marked_lines(text: str) -> list[int]:
    """The numbers of the lines that carry the mark."""
    return [n for n, line in enumerate(text.splitlines(), 1) if MARK in line]
