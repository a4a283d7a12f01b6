"""Random programs whose lists and dicts share arrays, are joined, changed, and read as a whole; from one integer."""

from __future__ import annotations

from random import Random

HEAD = """\
import numpy as np


def entry(x, n=2):
    a = x * 1.0
    b = x * x
    c = np.sin(x)
    s = x[0]
    t = x[1] * x[2]
    xs = [a, b, x * 0.3]
    ys = [c, b]
    zs = [x * 0.6, a]
    ss = [x[0], x[3] * x[1], x[2]]
    ts = [x[2], x[1] ** 2]
    d = {"p": a, "q": x * 2.0, "r": c}
    e = {"p": b, "q": c, "r": x * x[1]}
"""
TAIL = (
    "s",
    "t * 0.3",
    "np.sum(xs[0] * ys[-1])",
    "np.sum(zs[1] ** 2)",
    "ss[-1] * ts[0]",
    "np.sum(d['p'] * e['q']) * 0.1",
)
PARTS = {  # what stands for a name in braces: one of these, drawn anew at each place
    "name": ("a", "b", "c"),
    "array": ("a", "b", "c", "x"),
    "rows": ("xs", "ys", "zs"),
    "list": ("ss", "ts"),
    "dict": ("d", "e"),
    "key": ('"p"', '"q"', '"r"'),
    "at": ("0", "1", "-1", "-2"),
    "k": ("0", "1", "2", "3"),
    "cut": ("1:", "::2", "::-1", ":-1", ":"),
    "number": ("s", "t", "x[{k}]", "{array}[{k}]", "{list}[{at}]"),
    "row": ("{array}", "{rows}[{at}]", "{dict}[{key}]", "np.sin({array} * {number})", "{array} * {number}"),
    "place": ("{name}", "{rows}[{at}]", "{dict}[{key}]"),
    "new_rows": (
        "{rows}", "list({rows})", "{rows}[:]", "{rows}[::-1]", "{rows} + {rows}", "[{row}, {row}]", "[{row}, *{rows}]",
        "{rows} * 2", "list({dict}.values())", "[v * 0.7 for v in {rows}]", "{rows}.copy()",
    ),
    "new_list": (
        "{list}", "list({list})", "{list}[1:] + [{number}]", "{list} + {list}", "[{number}, {number}]", "{list} * 2",
        "[np.sum(v) for v in {rows}]", "[v * {number} for v in {list}]", "list({array})",
    ),
    "new_dict": ("dict({dict})", "{dict}.copy()", '{{**{dict}, "q": a}}', "{dict} | {dict}", "{dict}"),
    "total": (
        "np.sum({row} ** 2)", "np.sum(np.stack({rows}) ** 2)", "np.sum(np.concatenate({rows}) ** 3)", "sum({list})",
        "np.sum(np.array({list}) ** 2)", "np.prod({list}[:2])", "np.sum(sum({rows}))", "np.dot({row}, {row})",
        "np.sum(np.mean({rows}, axis=0) ** 2)",
    ),
    "each": ("v *= 0.9", "v[1] += s", "s = s + np.sum(v ** 2)", "v[0] = v[1] * t", "ss.append(v[2])"),
}  # fmt: skip
STATEMENTS = (
    "{name} = {row}", "{place}[{k}] = np.sin({number})", "{place}[{k}] *= {number}", "{place}[{cut}] += np.sin({number})",
    "{name} *= np.cos({row})", "{rows}[{at}] = {row}", "{rows}.append({row})", "{rows} = {new_rows}",
    "{rows}.extend({rows}[:2])", "{rows}[1:2] = {new_rows}", "{rows}.insert({at}, {row})", "{rows}.reverse()",
    "{dict}[{key}] = {row}", "{dict} = {new_dict}", "s = np.sin({total})", "t = {total} * 0.1", "{list}.append({number})",
    "{list}[{at}] *= {number}", "{list}[{at}] = {number}", "{list} = {new_list}", "{name} = np.asarray({list}[:2] * 2)",
    "xs[0], xs[1] = xs[1], {row}", "a, b = b, a", "xs += {rows}[:1]", "{list}.reverse()", "{list}.sort()",
    "if len(xs) > 2:\n    {name} = xs.pop({at})", "if len(ys) > 2:\n    del ys[{at}]", "if len(zs) < 6:\n    zs.extend(zs)",
    "if len(ts) > 2:\n    s = ts.pop(0)", "for v in {rows}[:3]:\n    {each}", "for v in {dict}.values():\n    {each}",
    "for u, v in zip({rows}, {rows}):\n    s = s + np.sum(u * v)",
)  # fmt: skip


class Containers:
    """Draws one program."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)

    def fill(self, text: str) -> str:
        """The text with each name in braces replaced by one of its parts, down to plain Python."""
        out, rest = "", text.replace("{{", "\0").replace("}}", "\1")
        while "{" in rest:
            head, _, rest = rest.partition("{")
            name, _, rest = rest.partition("}")
            out += head + self.fill(self.rng.choice(PARTS[name]))
        return (out + rest).replace("\0", "{").replace("\1", "}")

    def block(self, count: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(count):
            draw = self.rng.random()
            if depth and draw < 0.12:
                head = (
                    f"for i{depth} in range({self.rng.choice(('2', '3', 'n'))}):"
                    if draw < 0.07
                    else self.fill("if {number} > 0.1:")
                )
                lines += [head, *("    " + line for line in self.block(self.rng.randint(1, 3), depth - 1))]
            else:
                lines += self.fill(self.rng.choice(STATEMENTS)).splitlines()
        return lines

    def text(self, count: int = 10) -> str:
        body = "".join(f"    {line}\n" for line in self.block(count, 2))
        ends = [f"np.sin({self.fill('{total}')})" for _ in range(2)]
        return f"{HEAD}{body}    return {' + '.join([*ends, *TAIL])}\n"


def generate_containers(seed: int) -> str:
    """The text of a module with a function ``entry(x)`` of an array of four. It may be unfit: it is to be run first."""
    return Containers(seed).text()


__all__ = ["generate_containers"]
