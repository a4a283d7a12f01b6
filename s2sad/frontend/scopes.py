"""Which names a function binds, which it reads from outside, and what each statement reads and writes.

Names are bits of an int: the sets are small, made often, and unions must be fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

FUNCTIONS = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)
COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)
_LEAVES = frozenset({gast.Constant, gast.Pass, gast.Break, gast.Continue, gast.Load, gast.Store})
# nearly all nodes: what they bind and read is what their children do
_PLAIN = frozenset(
    {gast.BinOp, gast.Call, gast.Attribute, gast.Assign, gast.Subscript, gast.Compare, gast.UnaryOp, gast.Expr, gast.Return}
    | {gast.For, gast.If, gast.While, gast.Tuple, gast.Slice, gast.keyword, gast.BoolOp}
    | {gast.Add, gast.Sub, gast.Mult, gast.Div, gast.Pow, gast.USub, gast.Gt, gast.Lt, gast.GtE, gast.LtE, gast.Eq}
)


_FIELDS: dict[type, tuple[str, ...]] = {}  # those that may hold nodes that bind or read names
_NO_NODES = frozenset({"attr", "ctx", "id", "kind", "op", "ops", "type_comment"})
_NO_CHILDREN = frozenset({str, int, float, bool, type(None), gast.Load, gast.Store, gast.Del, gast.Param})


def children(node: Any) -> list[Any]:
    """The child nodes, in the order of the fields (contexts are none)."""
    out = []
    cls = node.__class__
    names = _FIELDS.get(cls)
    if names is None:
        names = _FIELDS[cls] = tuple([name for name in node._fields if name not in _NO_NODES])
    for name in names:
        value = getattr(node, name, None)
        kind = value.__class__  # asked so often that isinstance costs
        if kind in _NO_CHILDREN:
            continue
        if kind is list:
            out += [item for item in value or () if isinstance(item, gast.AST)]
        elif isinstance(value, gast.AST):
            out.append(value)
    return out


def param_names(args: Any) -> list[str]:
    """The names of all parameters, in the order of the definition."""
    out = [a.id for a in (*args.posonlyargs, *args.args)]
    if args.vararg is not None:
        out.append(args.vararg.id)
    out += [a.id for a in args.kwonlyargs]
    if args.kwarg is not None:
        out.append(args.kwarg.id)
    return out


def target_names(target: Any) -> list[str]:
    """The names that an assignment target binds (``x[i]`` and ``x.a`` bind none)."""
    if isinstance(target, gast.Name):
        return [target.id]
    if isinstance(target, gast.Tuple | gast.List):
        return [n for t in target.elts for n in target_names(t)]
    if isinstance(target, gast.Starred):
        return target_names(target.value)
    return []


class Scope:
    """The names of one function. ``index`` gives each local name its bit, in the order of first binding."""

    def __init__(self, node: Any) -> None:
        self.node = node
        self.params = param_names(node.args)
        self.index: dict[str, int] = {n: 1 << k for k, n in enumerate(self.params)}
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.nested: list[Any] = []  # functions and lambdas directly inside
        self._uses: dict[int, tuple[int, int]] = {}
        self._children: dict[int, tuple[Any, list[Any]]] = {}  # of plain nodes, which stay alive here
        self._free: dict[int, frozenset[str]] = {}
        body = node.body if isinstance(node.body, list) else [node.body]
        for stmt in body:
            self._bind(stmt)
        for name in (*self.globals, *self.nonlocals):
            self.index.pop(name, None)

    def names(self, mask: int) -> list[str]:
        """The names of a set, in the order of first binding."""
        return [n for n, bit in self.index.items() if bit & mask] if mask else []

    def mask(self, names: Iterator[str] | list[str] | frozenset[str]) -> int:
        out = 0
        for n in names:
            out |= self.index.get(n, 0)
        return out

    def add(self, name: str) -> int:
        """The bit of a local name; a new one for a name that the compiler invents."""
        if name not in self.index:
            self.index[name] = 1 << len(self.index)
        return self.index[name]

    # -- binding -----------------------------------------------------------------------------------------------------

    def _bind(self, node: Any) -> None:
        kind = type(node)
        if kind is gast.Name:
            if not isinstance(node.ctx, gast.Load):
                self.add(node.id)
            return
        if kind in _LEAVES:
            return
        if kind in _PLAIN:
            inner = children(node)
            self._children[id(node)] = node, inner
            for child in inner:
                self._bind(child)
            return
        if isinstance(node, FUNCTIONS):
            self.nested.append(node)
            if kind is not gast.Lambda:
                self.add(node.name)
                for deco in node.decorator_list:
                    self._bind(deco)
            for default in (*node.args.defaults, *node.args.kw_defaults):
                if default is not None:
                    self._bind(default)
            return
        if isinstance(node, gast.Import | gast.ImportFrom):
            for alias in node.names:
                self.add(alias.asname or alias.name.partition(".")[0])
        elif kind is gast.Global:
            self.globals.update(node.names)
        elif kind is gast.Nonlocal:
            self.nonlocals.update(node.names)
        elif kind is gast.ClassDef:
            self.add(node.name)
            return
        elif kind is gast.comprehension:  # its target belongs to the comprehension
            self._bind(node.iter)
            for cond in node.ifs:
                self._bind(cond)
            return
        elif kind is gast.AnnAssign:
            self._bind(node.target)
            if node.value is not None:
                self._bind(node.value)
            return
        elif kind in (gast.MatchAs, gast.MatchStar) and node.name:
            self.add(node.name)
        elif kind is gast.MatchMapping and node.rest:
            self.add(node.rest)
        for child in children(node):
            self._bind(child)

    # -- uses --------------------------------------------------------------------------------------------------------

    def uses(self, node: Any) -> tuple[int, int]:
        """(reads, writes) of local names by a node and all it contains."""
        known = self._uses.get(id(node))
        if known is None:
            known = self._uses[id(node)] = self._compute(node)
        return known

    def reads(self, node: Any) -> int:
        return 0 if node is None else self.uses(node)[0]

    def writes(self, node: Any) -> int:
        return 0 if node is None else self.uses(node)[1]

    def _compute(self, node: Any) -> tuple[int, int]:
        kind = type(node)
        if kind is gast.Name:
            bit = self.index.get(node.id, 0)
            return (bit, 0) if isinstance(node.ctx, gast.Load) else (0, bit)
        if kind in _LEAVES:
            return 0, 0
        reads = writes = 0
        if kind in _PLAIN:
            known = self._children.get(id(node))
            for child in children(node) if known is None else known[1]:
                r, w = self.uses(child)
                reads |= r
                writes |= w
            return reads, writes
        if isinstance(node, FUNCTIONS):
            return self._uses_of_function(node)
        if isinstance(node, COMPREHENSIONS):
            return self._uses_of_comprehension(node)
        if kind is gast.AugAssign:
            reads |= self.mask(target_names(node.target))
        elif isinstance(node, gast.Import | gast.ImportFrom):
            writes |= self.mask([a.asname or a.name.partition(".")[0] for a in node.names])
        elif kind is gast.AnnAssign:
            parts = [self.uses(node.target)] + ([] if node.value is None else [self.uses(node.value)])
            return parts[-1][0] | parts[0][0], parts[0][1] | parts[-1][1]
        elif kind is gast.ClassDef:
            writes |= self.index.get(node.name, 0)
        for child in children(node):
            r, w = self.uses(child)
            reads |= r
            writes |= w
        return reads, writes

    def _uses_of_function(self, node: Any) -> tuple[int, int]:
        reads = self.mask(self.free_names(node))
        writes = 0
        if not isinstance(node, gast.Lambda):
            writes = self.index.get(node.name, 0)
            reads &= ~writes  # a recursive function does not read its own name before it is bound
            for deco in node.decorator_list:
                reads |= self.reads(deco)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            reads |= self.reads(default)
        return reads, writes

    def _uses_of_comprehension(self, node: Any) -> tuple[int, int]:
        own = self.mask([n for g in node.generators for n in target_names(g.target)])
        parts = [node.key, node.value] if isinstance(node, gast.DictComp) else [node.elt]
        for k, gen in enumerate(node.generators):
            parts += gen.ifs if k == 0 else [gen.iter, *gen.ifs]
        reads = writes = 0
        for part in parts:
            r, w = self.uses(part)
            reads |= r
            writes |= w
        return (reads & ~own) | self.reads(node.generators[0].iter), writes

    def free_names(self, node: Any) -> frozenset[str]:
        """The names that a nested function takes from outside, including those of functions nested in it."""
        known = self._free.get(id(node))
        if known is None:
            known = self._free[id(node)] = free_names(node)
        return known


def free_names(node: Any) -> frozenset[str]:
    """The names that a function reads and does not bind, also through the functions nested in it."""
    out: set[str] = set()
    inner = Scope(node)

    def visit(part: Any, bound: frozenset[str]) -> None:
        if isinstance(part, gast.Name):
            if isinstance(part.ctx, gast.Load) and part.id not in bound:
                out.add(part.id)
            return
        if isinstance(part, FUNCTIONS):
            out.update(n for n in free_names(part) if n not in bound)
            extra = [] if isinstance(part, gast.Lambda) else part.decorator_list
            for child in (*part.args.defaults, *part.args.kw_defaults, *extra):
                if child is not None:
                    visit(child, bound)
            return
        if isinstance(part, COMPREHENSIONS):
            own = frozenset(n for g in part.generators for n in target_names(g.target))
            visit(part.generators[0].iter, bound)
            bound = bound | own
        for child in children(part):
            visit(child, bound)

    names = frozenset(inner.index)
    for stmt in node.body if isinstance(node.body, list) else [node.body]:
        visit(stmt, names)
    return frozenset(out | inner.nonlocals)
