"""The checker of IR sees each way in which it can be wrong; what lowering makes is right."""

from __future__ import annotations

import pytest

from s2sad.ir import nodes as ir
from s2sad.ir.show import show
from s2sad.ir.verify import IRError, verify

HERE = ir.Loc("<test>", 3, 0, 3, 1)
X = ir.Var("x")
ONE = ir.Const(1)
UNKNOWN = ir.Var("unknown")


def function(*stmts: ir.Stmt, result: ir.Atom = ONE) -> ir.Function:
    return ir.Function("f", (ir.Param(X),), ir.Block(stmts, (result,)))


def let(target: ir.Var | None, op: str, *args: ir.Atom, kw: tuple[str, ...] = (), loc: ir.Loc = HERE) -> ir.Let:
    return ir.Let(target, op, args, kw, loc)


def loop(
    carried: int = 1, init: int = 1, results: int = 1, targets: int = 1, stop: bool = False, body: tuple = ()
) -> ir.For:
    return ir.For(
        ir.Var("i"), X, tuple(ir.Var() for _ in range(carried)), (ONE,) * init, ir.Block(body, (ONE,) * results),
        tuple(ir.Var() for _ in range(targets)), stop, HERE,
    )  # fmt: skip


A, B = ir.Var("a"), ir.Var("b")
EMPTY = ir.Block()

BAD: list[tuple[ir.Function, str]] = [
    (function(result=UNKNOWN), "'unknown' before it is defined"),
    (function(let(A, "add", B, ONE), let(B, "neg", X)), "'add' reads 'b' before"),
    (function(let(A, "neg", X), let(A, "neg", X)), "'a' is defined twice"),
    (function(let(X, "neg", X)), "'x' is defined twice"),
    (function(let(A, "frobnicate", X)), "'frobnicate' is not known"),
    (function(let(A, "add", X)), "'add' has 1 operands"),
    (function(let(A, "dict", X)), "'dict' has 1 operands"),
    (function(let(A, "neg", 3)), "no atom"),  # type: ignore[arg-type]
    (function(let(None, "setitem", X, ONE, ONE, loc=ir.NOWHERE)), "no location"),
    (function(let(None, "call", X, loc=ir.NOWHERE)), "no location"),
    (function(ir.If(X, ir.Block((), (ONE,)), EMPTY, (A,), HERE)), "1 targets, 1 then, 0 orelse"),
    (function(ir.If(UNKNOWN, EMPTY, EMPTY, (), HERE)), "If reads 'unknown'"),
    (function(ir.If(X, ir.Block((let(A, "neg", X),)), EMPTY, (), HERE), result=A), "outside of the region"),
    (function(loop(init=0)), "1 carried, 0 init"),
    (function(loop(results=2)), "2 results"),
    (function(loop(stop=True)), "0 results"),
    (function(loop(targets=0)), "0 targets"),
    (function(loop(body=(let(A, "neg", X),)), result=A), "outside of the region"),
    (function(ir.While((), (), EMPTY, EMPTY, (), loc=HERE)), "condition of While"),
    (
        function(ir.While((), (), ir.Block((let(A, "neg", X),), (A,)), ir.Block((let(B, "neg", A),)), (), loc=HERE)),
        "outside of the region",
    ),
    (function(ir.Try(EMPTY, (ir.Handler(None, None, EMPTY),), (A,), loc=HERE)), "1 targets, 0 body"),
    (ir.Function("f", (), EMPTY), "one result, this one 0"),
    (ir.Function("f", (ir.Param(ir.Var("x"), "odd"),), ir.Block((), (ONE,))), "the kind 'odd'"),
    (ir.Function("f", (ir.Param(ir.Var()),), ir.Block((), (ONE,))), "without a name"),
]


@pytest.mark.parametrize(("fn", "message"), BAD, ids=[m for _, m in BAD])
def test_bad_ir_is_found(fn: ir.Function, message: str) -> None:
    with pytest.raises(IRError) as caught:
        verify(fn, "a test")
    assert message in str(caught.value)
    assert str(caught.value).startswith("after a test, in f")


def test_good_ir_passes() -> None:
    total, item, inner, result = ir.Var("s"), ir.Var("i"), ir.Var(), ir.Var("s")
    body = ir.Block((let(inner, "mul", total, item),), (inner, ONE))
    fn = function(ir.For(item, X, (total,), (ONE,), body, (result,), True, HERE), result=result)
    verify(fn, "a test")


def test_locations_may_be_left_out() -> None:
    verify(function(let(None, "call", X, loc=ir.NOWHERE)), "a test", locations=False)


def test_show_numbers_variables_in_order() -> None:
    a, b = ir.Var("a"), ir.Var()
    fn = function(let(a, "mul", X, ir.Const(2)), let(b, "method", a, ir.Const("sum"), ONE, kw=("axis",)), result=b)
    assert show(fn).splitlines() == [
        "function f(%0.x)",
        "  %1.a = mul %0.x, 2  @3",
        "  %2 = method %1.a, 'sum', axis=1  @3",
        "  return %2",
    ]


def test_show_shows_every_kind_of_statement() -> None:
    fn = function(
        ir.If(X, ir.Block((), (ONE,)), ir.Block((), (ir.UNDEF,)), (ir.Var(),), HERE),
        loop(stop=True, results=2),
        ir.While((), (), ir.Block((), (X,)), EMPTY, (), loc=HERE),
        ir.Try(EMPTY, (ir.Handler(ir.Ref(ValueError, "ValueError"), ir.Var("e"), EMPTY),), (), loc=HERE),
    )
    text = show(fn)
    for part in ("if %0.x", "yield undef", "until stop", "while", "test %0.x", "except ValueError as %", "try"):
        assert part in text
