"""Type functions on symbolic shapes: sizes stay affine where NumPy decides them, and are unknown elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from s2sad.ir.types import (
    BOOL,
    FLOAT,
    INT,
    NP_FLOAT,
    NUM,
    UNKNOWN,
    Affine,
    Array,
    Dict,
    List,
    Lit,
    Range,
    Scalar,
    Slice,
    Sym,
    Tuple,
    Type,
)
from s2sad.rules import typing as ty
from s2sad.rules.operators import arithmetic
from s2sad.rules.registry import all_rules
from tests.each import each

N, M = (Affine(0, ((Sym(s), 1),)) for s in "nm")
VEC, MAT = Array("float64", (N,)), Array("float64", (N, M))
NONE = Lit(None)


def cut(start: int | None = None, stop: int | None = None, step: int | None = None) -> Slice:
    return Slice(Lit(start), Lit(stop), Lit(step))


@pytest.mark.parametrize(
    ("a", "b", "want"),
    [
        (VEC, VEC, VEC),
        (MAT, Array("float64", (M,)), MAT),
        (Array("float64", (N, Affine(1))), Array("float64", (M,)), MAT),
        (VEC, FLOAT, VEC),
        (Array("float32", (N,)), FLOAT, Array("float32", (N,))),
        (Array("float32", (N,)), NP_FLOAT, VEC),
        (Array("int64", (N,)), FLOAT, VEC),
        (FLOAT, INT, FLOAT),
        (FLOAT, NP_FLOAT, NP_FLOAT),
        (Array("float64", (None,)), VEC, VEC),
        (Array("float64", (None,)), Array("float64", (None,)), Array("float64", (None,))),
        (Array("float64", ()), FLOAT, NP_FLOAT),
        (VEC, NUM, NUM),
        (UNKNOWN, FLOAT, UNKNOWN),
        (Array("float64", None), VEC, Array("float64", None)),
        (VEC, List(FLOAT), VEC),
    ],
)
def test_add(a: Type, b: Type, want: Type) -> None:
    import operator

    fn = arithmetic(operator.add)
    if isinstance(b, List):
        fn = ty.broadcasted(np.add)
    assert fn(a, b) == want


def test_sizes_of_ints_stay_affine() -> None:
    import operator

    n = Scalar("int64", True, N)
    assert arithmetic(operator.sub)(n, Lit(1)) == Scalar("int64", True, N - 1)
    assert arithmetic(operator.mul)(Lit(2), n) == Scalar("int64", True, N * 2)
    assert arithmetic(operator.floordiv)(Scalar("int64", True, N * 2), Lit(2)) == n
    assert arithmetic(operator.truediv)(n, Lit(2)) == FLOAT


@pytest.mark.parametrize(
    ("index", "want"),
    [
        (cut(1, -1), (N - 2, M)),
        (cut(None, -1), (N - 1, M)),
        (cut(2), (N - 2, M)),
        (cut(), (N, M)),
        (cut(None, None, -1), (N, M)),
        (cut(None, 3), (Affine(0, ((Sym("min(3, n)"), 1),)), M)),
        (cut(None, 1), (None, M)),
        (Slice(NONE, Scalar("int64", True, M - 1), NONE), (None, M)),
        (cut(None, None, 2), (None, M)),
        (Lit(0), (M,)),
        (NONE, (Affine(1), N, M)),
        (Tuple((Lit(...), Lit(0))), (N,)),
        (Tuple((cut(), NONE)), (N, Affine(1), M)),
        (Array("int64", (None,)), (None, M)),
        (Array("bool", (N, M)), (None,)),
        (Tuple((cut(1), cut(None, -1))), (N - 1, M - 1)),
        (Tuple((Array("int64", (Affine(3),)), Array("int64", (Affine(3),)))), (Affine(3),)),
        (Tuple((Lit(0), cut(), NONE)), (M, Affine(1))),
        (INT, (M,)),
        (List(INT, (INT, INT)), (Affine(2), M)),
        (Slice(NONE, Scalar("int64", True, N - 1), NONE), (N - 1, M)),
        (Slice(INT, NONE, NONE), (None, M)),
    ],
)
def test_indexing(index: Type, want: tuple[object, ...]) -> None:
    assert ty.indexed(MAT, index) == Array("float64", want)


def test_indexing_down_to_a_number_and_in_containers() -> None:
    assert ty.indexed(MAT, Tuple((Lit(0), INT))) == NP_FLOAT
    assert ty.indexed(VEC, NUM) == NUM
    assert ty.indexed(Tuple((FLOAT, VEC)), Lit(-1)) == VEC
    assert ty.indexed(Dict(FLOAT, (("w", VEC),)), Lit("w")) == VEC
    assert ty.indexed(List(FLOAT), cut(1)) == List(FLOAT)
    assert ty.indexed(Range(), INT) == INT


def test_slices_of_known_length_are_clipped() -> None:
    five = Array("float64", (Affine(5),))
    assert ty.indexed(five, cut(None, 9)) == five
    assert ty.indexed(five, cut(None, None, 2)) == Array("float64", (Affine(3),))


def test_reductions() -> None:
    total = ty.reduced(np.sum)
    assert total(MAT) == NP_FLOAT
    assert total(MAT, axis=Lit(0)) == Array("float64", (M,))
    assert total(MAT, axis=Lit(-1), keepdims=Lit(True)) == Array("float64", (N, Affine(1)))
    assert total(MAT, axis=INT) == NUM
    assert ty.reduced(np.mean)(Array("int64", (N,))) == NP_FLOAT
    assert total(Array("bool", (N,))) == Scalar("int64", weak=False)


def test_products_and_shapes() -> None:
    assert ty.matmul(MAT, Array("float64", (M,))) == VEC
    assert ty.matmul(VEC, VEC) == NP_FLOAT
    assert ty.transposed(MAT) == Array("float64", (M, N))
    assert ty.reshaped(MAT, Tuple((Scalar("int64", True, N), Lit(-1)))) == MAT
    assert ty.reshaped(VEC, Tuple((Lit(-1), Lit(1)))) == Array("float64", (N, Affine(1)))
    assert ty.concatenated(Tuple((VEC, Array("float64", (M,))))) == Array("float64", (N + M,))
    assert ty.stacked(List(VEC, (VEC, VEC)), axis=Lit(1)) == Array("float64", (N, Affine(2)))
    assert ty.shape_type(MAT) == Tuple((Scalar("int64", True, N), Scalar("int64", True, M)))
    assert ty.chosen(Array("bool", (N,)), FLOAT, Array("float32", (N,))) == Array("float32", (N,))
    assert ty.made(ty.shape_type(MAT)) == MAT


def test_the_probe_takes_sizes_that_are_not_known_for_one_where_it_must() -> None:
    square = Array("float64", (None, None))
    assert ty.probe(np.linalg.eigh)(square).items[0] == Array("float64", (None,))  # type: ignore[attr-defined]
    assert ty.probe(np.linalg.matrix_power)(square, Lit(2)) == square


def test_the_probe_claims_nothing_by_chance() -> None:
    assert ty.probe(np.linalg.svd)(MAT).items[1] == Array("float64", (None,))  # type: ignore[attr-defined]
    assert ty.probe(np.kron)(VEC, VEC) == Array("float64", (None,))
    assert ty.probe(np.diagonal)(MAT) == Array("float64", (None,))
    assert ty.probe(np.einsum)(Lit("ij,jk"), MAT, Array("float64", (M, Affine(3)))) == Array("float64", (N, Affine(3)))


STRANGE: list[Type] = [
    NUM,
    UNKNOWN,
    NONE,
    Lit("a"),
    Tuple(()),
    List(UNKNOWN),
    Dict(FLOAT),
    Array(None, None),
    FLOAT,
    BOOL,
    Array("object", (None,)),
    cut(),
    Range(),
]


def test_type_functions_never_raise() -> None:
    each(((rule.name, rule) for rule in all_rules()), never_raises)


def never_raises(rule) -> None:  # type: ignore[no-untyped-def]
    assert rule.type is not None
    for t in STRANGE:
        for n in (len(rule.operands) or 1, 2):
            try:
                out = rule.type(*[t] * n)
            except TypeError as e:  # the wrong number of arguments is the caller's mistake
                assert "argument" in str(e)
            else:
                assert isinstance(out, Type)
