"""A tiny lowering of Python text to typed IR and back, for tests of the passes. It shares nothing with the compiler.

``lower(text, args)`` types every value by running the program on sample arguments. ``to_source(fn)`` prints one
statement per operation. Straight lines, ``for`` over ``range`` and ``if`` are understood: enough to show what a pass
does.
"""

from __future__ import annotations

import ast
import math
import textwrap
from collections import Counter
from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.optypes import result_type, type_of_atom
from s2sad.analysis.typeof import Namer, type_of
from s2sad.ir import nodes as ir
from s2sad.ir.types import UNKNOWN, Scalar, Slice, Type, join

SCOPE = {"np": np, "rt": rt, "math": math, "range": range, "len": len, "list": list, "reversed": reversed}
_BIN = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow", ast.MatMult: "matmul",
    ast.FloorDiv: "floordiv", ast.Mod: "mod",
}  # fmt: skip
_CMP = {ast.Lt: "lt", ast.Gt: "gt", ast.LtE: "le", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne"}
_SIGN = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "matmul": "@", "floordiv": "//", "mod": "%",
    "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip


class Lowering:
    """One program; ``values`` holds, for each variable, the value it had when it was typed."""

    def __init__(self, namer: Namer) -> None:
        self.namer = namer
        self.env: dict[str, ir.Atom] = {}
        self.values: dict[ir.Var, Any] = {}
        self.out: list[ir.Stmt] = []

    def value(self, a: ir.Atom) -> Any:
        if isinstance(a, ir.Const):
            return a.value
        return self.values[a] if isinstance(a, ir.Var) else a.obj  # type: ignore[union-attr]

    def type(self, value: Any) -> Type:
        t = type_of(value, self.namer, literal=False)
        return Scalar("int64", False) if isinstance(t, Scalar) and t.dtype == "int64" and not t.weak else t

    def let(self, op: str, *args: ir.Atom, kw: dict[str, ir.Atom] | None = None, name: str = "") -> ir.Var:
        kw = kw or {}
        vals = [self.value(a) for a in args]
        value = run_op(op, vals, {k: self.value(a) for k, a in kw.items()})
        types = [type_of_atom(a) for a in args]
        var = ir.Var(name, result_type(op, args) if any(isinstance(t, Slice) for t in types) else self.type(value))
        if op == "slice":
            var = ir.Var(name, Slice(*types))
        self.values[var] = value
        self.out.append(ir.Let(var, op, (*args, *kw.values()), tuple(kw)))
        return var

    def effect(self, op: str, *args: ir.Atom) -> None:
        run_op(op, [self.value(a) for a in args], {})
        self.out.append(ir.Let(None, op, args))

    # -- expressions ----------------------------------------------------------------------------------------------
    def expr(self, e: ast.expr, name: str = "") -> ir.Atom:
        match e:
            case ast.Constant(value=v):
                return ir.Const(v)
            case ast.Name(id=n):
                return self.env[n] if n in self.env else ir.Ref(SCOPE[n], n)
            case ast.BinOp(left=a, op=op, right=b):
                return self.let(_BIN[type(op)], self.expr(a), self.expr(b), name=name)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=v)):
                return ir.Const(-v)
            case ast.UnaryOp(op=ast.USub(), operand=x):
                return self.let("neg", self.expr(x), name=name)
            case ast.Compare(left=a, ops=[op], comparators=[b]):
                return self.let(_CMP[type(op)], self.expr(a), self.expr(b), name=name)
            case ast.Tuple(elts=elts):
                return self.let("tuple", *map(self.expr, elts), name=name)
            case ast.List(elts=elts):
                return self.let("list", *map(self.expr, elts), name=name)
            case ast.Slice(lower=a, upper=b, step=c):
                return self.let("slice", *[ir.Const(None) if x is None else self.expr(x) for x in (a, b, c)])
            case ast.Subscript(value=x, slice=i):
                return self.let("getitem", self.expr(x), self.expr(i), name=name)
            case ast.Call(func=f, args=args, keywords=kws):
                return self.call(f, args, kws, name)
            case ast.Attribute(value=ast.Name(id=m), attr=attr) if m in SCOPE and m not in self.env:
                return ir.Ref(getattr(SCOPE[m], attr), f"{m}.{attr}")
            case ast.Attribute(value=x, attr=attr):
                return self.let("getattr", self.expr(x), ir.Const(attr), name=name)
        raise NotImplementedError(ast.dump(e))

    def call(self, f: ast.expr, args: list[ast.expr], kws: list[ast.keyword], name: str) -> ir.Atom:
        kw = {str(k.arg): self.expr(k.value) for k in kws}
        if isinstance(f, ast.Attribute) and f.attr == "append":
            self.effect("method", self.expr(f.value), ir.Const(f.attr), *map(self.expr, args))
            return ir.Const(None)
        if isinstance(f, ast.Attribute) and not (isinstance(f.value, ast.Name) and f.value.id in SCOPE):
            return self.let("method", self.expr(f.value), ir.Const(f.attr), *map(self.expr, args), kw=kw, name=name)
        return self.let("call", self.expr(f), *map(self.expr, args), kw=kw, name=name)

    # -- statements -----------------------------------------------------------------------------------------------
    def stmts(self, body: list[ast.stmt]) -> None:
        for s in body:
            self.stmt(s)

    def stmt(self, s: ast.stmt) -> None:
        match s:
            case ast.Assign(targets=[ast.Name(id=n)], value=v):
                self.bind(n, v)
            case ast.Assign(targets=[ast.Subscript(value=x, slice=i)], value=v):
                self.effect("setitem", self.expr(x), self.expr(i), self.expr(v))
            case ast.AugAssign(target=ast.Name(id=n), op=op, value=v):
                x, g = self.env[n], self.expr(v)
                self.env[n] = self.let("i" + _BIN[type(op)], x, g, name=n)
            case ast.AugAssign(target=ast.Subscript(value=x, slice=i), op=op, value=v):
                args = self.expr(x), self.expr(i), self.expr(v), ir.Const(_BIN[type(op)])
                self.effect("aug_setitem", *args)
            case ast.Expr(value=ast.Constant(value=str() as text)):
                self.out.append(ir.Let(None, "comment", (ir.Const(text),)))
            case ast.Expr(value=v):
                self.expr(v)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=v):
                parts = self.let("unpack", self.expr(v), ir.Const(len(names)))
                for k, t in enumerate(names):
                    assert isinstance(t, ast.Name)
                    self.env[t.id] = self.let("getitem", parts, ir.Const(k), name=t.id)
            case ast.For(target=ast.Name(id=n), iter=it, body=body):
                self.loop(n, self.expr(it), body)
            case ast.If(test=t, body=a, orelse=b):
                self.branch(self.expr(t), a, b)
            case _:
                raise NotImplementedError(ast.dump(s))

    def bind(self, n: str, v: ast.expr) -> None:
        atom = self.expr(v, name=n)
        if isinstance(v, ast.Name):
            atom = self.let("copy", atom, name=n)
        self.env[n] = atom

    def stored(self, body: list[ast.stmt]) -> list[str]:
        names = [t.id for s in body for t in ast.walk(s) if isinstance(t, ast.Name) and isinstance(t.ctx, ast.Store)]
        return list(dict.fromkeys(names))

    def carried(self, body: list[ast.stmt]) -> list[str]:
        return [n for n in self.stored(body) if n in self.env]

    def region(self, body: list[ast.stmt], names: list[str]) -> ir.Block:
        saved, self.out, env = self.out, [], dict(self.env)
        self.stmts(body)
        results = tuple(self.env[n] for n in names)
        block = ir.Block(tuple(self.out), results)
        self.out, self.env = saved, env
        return block

    def out_vars(self, names: list[str], a: tuple[ir.Atom, ...], b: tuple[ir.Atom, ...]) -> tuple[ir.Var, ...]:
        out = []
        for n, x, y in zip(names, a, b, strict=True):
            value = self.value(y)
            v = ir.Var(n, join(self.type(self.value(x)), self.type(value)))
            self.values[v] = value
            self.env[n] = v
            out.append(v)
        return tuple(out)

    def loop(self, n: str, it: ir.Atom, body: list[ast.stmt]) -> None:
        names = self.carried(body)
        init = tuple(self.env[c] for c in names)
        env = dict(self.env)
        carried = self.out_vars(names, init, init)
        item = ir.Var(n, Scalar("int64"))
        self.values[item] = 1
        if isinstance(self.value(it), list | tuple):
            self.values[item] = self.value(it)[-1]
            item = ir.Var(n, self.type(self.value(it)[-1]))
            self.values[item] = self.value(it)[-1]
        self.env[n] = item
        block = self.region(body, names)
        self.env = env
        targets = self.out_vars(names, init, block.results)
        self.out.append(ir.For(item, it, carried, init, block, targets))

    def branch(self, test: ir.Atom, a: list[ast.stmt], b: list[ast.stmt]) -> None:
        names = list(dict.fromkeys(self.stored(a) + self.stored(b)))
        names = [n for n in names if n in self.env or (n in self.stored(a) and n in self.stored(b))]
        then, orelse = self.region(a, names), self.region(b, names)
        targets = self.out_vars(names, then.results, orelse.results)
        self.out.append(ir.If(test, then, orelse, targets))


def run_op(op: str, a: list[Any], kw: dict[str, Any]) -> Any:
    """The value of an operation; stores are not carried out (types do not depend on them)."""
    if op in _SIGN or (op[0] == "i" and op[1:] in _SIGN):
        return eval(f"a {_SIGN[op if op in _SIGN else op[1:]]} b", {}, {"a": a[0], "b": a[1]})
    match op:
        case "neg":
            return -a[0]
        case "copy":
            return a[0]
        case "tuple":
            return tuple(a)
        case "list":
            return list(a)
        case "slice":
            return slice(*a)
        case "getitem":
            return a[0][a[1]]
        case "getattr":
            return getattr(a[0], a[1])
        case "unpack":
            return a[0]
        case "call" if a[0] is reversed:
            return list(a[1])[::-1]
        case "method" if a[1] == "append":
            a[0].append(a[2])
            return None
        case "call":
            return a[0](*a[1:], **kw)
        case "method":
            obj = a[0]
            return getattr(obj.copy() if a[1] == "pop" and hasattr(obj, "copy") else obj, a[1])(*a[2:], **kw)
    return None


def lower(text: str, args: list[Any]) -> ir.Function:
    """The IR of the one function in ``text``, typed for ``args``."""
    node = ast.parse(textwrap.dedent(text)).body[0]
    assert isinstance(node, ast.FunctionDef)
    low = Lowering(Namer())
    params = []
    for p, value in zip(node.args.args, args, strict=True):
        t = type_of(value, low.namer)
        var = ir.Var(p.arg, t)
        low.values[var] = value.copy() if isinstance(value, np.ndarray) else value
        low.env[p.arg] = var
        params.append(ir.Param(var))
    *body, last = node.body
    assert isinstance(last, ast.Return) and last.value is not None
    with np.errstate(all="ignore"):
        low.stmts(body)
        result = low.expr(last.value)
    return ir.Function(node.name, tuple(params), ir.Block(tuple(low.out), (result,)))


# -- back to text -------------------------------------------------------------------------------------------------
class Printer:
    def __init__(self) -> None:
        self.names: dict[ir.Var, str] = {}
        self.lines: list[str] = []

    def name(self, v: ir.Var) -> str:
        return self.names.setdefault(v, f"{v.name or 't'}_{len(self.names)}")

    def atom(self, a: ir.Atom) -> str:
        if isinstance(a, ir.Var):
            return self.name(a)
        if isinstance(a, ir.Const):
            return f"({a.value!r})"
        return a.text if isinstance(a, ir.Ref) else "None"

    def block(self, b: ir.Block, pad: str) -> None:
        for s in b.stmts:
            self.stmt(s, pad)

    def put(self, pad: str, text: str) -> None:
        self.lines.append(pad + text)

    def assign(self, pad: str, targets: tuple[ir.Var, ...], values: tuple[ir.Atom, ...]) -> None:
        if targets:
            left = ", ".join(map(self.name, targets))
            self.put(pad, f"{left}, = {', '.join(map(self.atom, values))},")

    def stmt(self, s: ir.Stmt, pad: str) -> None:
        if isinstance(s, ir.Let):
            text = self.let(s)
            if s.op in ("iadd", "isub", "imul", "itruediv"):
                x, v = map(self.atom, s.args)
                name = x
                if s.target is not None:
                    name = self.name(s.target)
                    self.put(pad, f"{name} = {x}")
                self.put(pad, f"{name} {_SIGN[s.op[1:]]}= {v}")
            else:
                self.put(pad, text if s.target is None else f"{self.name(s.target)} = {text}")
        elif isinstance(s, ir.If):
            self.put(pad, f"if {self.atom(s.test)}:")
            for word, b in ((None, s.then), ("else:", s.orelse)):
                if word:
                    self.put(pad, word)
                self.block(b, pad + "    ")
                self.assign(pad + "    ", s.targets, b.results)
                self.put(pad + "    ", "pass")
        elif isinstance(s, ir.For):
            self.assign(pad, s.carried, s.init)
            self.put(pad, f"for {self.name(s.item)} in {self.atom(s.iter)}:")
            self.block(s.body, pad + "    ")
            self.assign(pad + "    ", s.carried, s.body.results)
            self.put(pad + "    ", "pass")
            self.assign(pad, s.targets, s.carried)
        else:
            raise NotImplementedError(s)

    def let(self, s: ir.Let) -> str:
        n = len(s.args) - len(s.kwnames)
        a = [self.atom(x) for x in s.args[:n]]
        kw = [f"{k}={self.atom(x)}" for k, x in zip(s.kwnames, s.args[n:], strict=True)]
        if s.op in _SIGN:
            return f"{a[0]} {_SIGN[s.op]} {a[1]}"
        match s.op:
            case "call":
                return f"{a[0]}({', '.join(a[1:] + kw)})"
            case "method":
                return f"{a[0]}.{s.args[1].value}({', '.join(a[2:] + kw)})"  # type: ignore[union-attr]
            case "getattr":
                return f"{a[0]}.{s.args[1].value}"  # type: ignore[union-attr]
            case "getitem":
                return f"{a[0]}[{a[1]}]"
            case "setitem":
                return f"{a[0]}[{a[1]}] = {a[2]}"
            case "aug_setitem":
                return f"{a[0]}[{a[1]}] {_SIGN[s.args[3].value]}= {a[2]}"  # type: ignore[union-attr]
            case "comment":
                return f"pass  # {s.args[0].value}"  # type: ignore[union-attr]
            case "unpack":
                return a[0]
            case "neg":
                return f"-{a[0]}"
            case "copy":
                return a[0]
            case "slice":
                return f"slice({', '.join(a)})"
            case "list":
                return f"[{', '.join(a)}]"
            case "tuple":
                return f"({''.join(x + ', ' for x in a)})"
        return f"{a[0]} {s.op} {a[1:]}"


def to_source(fn: ir.Function) -> str:
    p = Printer()
    head = ", ".join(p.name(q.var) for q in fn.params)
    p.block(fn.body, "    ")
    return "\n".join([f"def {fn.name}({head}):", *p.lines, f"    return {p.atom(fn.result)}", ""])


def to_function(fn: ir.Function) -> Any:
    scope = dict(SCOPE)
    exec(to_source(fn), scope)
    return scope[fn.name]


def census(fn: ir.Function) -> Counter[str]:
    """How many statements of each kind: calls by callee, loops and branches by their sizes."""
    out: Counter[str] = Counter()
    for s in ir.walk(fn.body):
        if isinstance(s, ir.Let):
            out[s.args[0].text if s.op == "call" and isinstance(s.args[0], ir.Ref) else s.op] += 1
        else:
            out[f"{type(s).__name__}:{len(s.targets)}"] += 1
    for plumbing in ("comment", "slice"):
        out.pop(plumbing, None)
    return out


__all__ = ["UNKNOWN", "census", "lower", "to_function", "to_source"]
