"""The compiler's ``dataclass`` behaves as the standard one, for every number of fields that it has forms for."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from s2sad.ir import record

SIZES = range(1, 13)


def both(size: int, **options: bool) -> tuple[type, type]:
    """The same class made by the two decorators: the last two fields have defaults."""
    names = [f"x{k}" for k in range(size)]
    defaults = {n: 10 + k for k, n in enumerate(names[-2:])}

    def body() -> Any:
        return type("Made", (), {"__annotations__": dict.fromkeys(names, "int"), **defaults})

    return record.dataclass(**options)(body()), dataclasses.dataclass(**options)(body())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("options", [{}, {"slots": True}, {"frozen": True, "slots": True}], ids=str)
def test_as_the_standard_one(size: int, options: dict[str, bool]) -> None:
    mine, theirs = both(size, **options)
    values = tuple(range(size))
    for args, kwargs in (
        (values, {}),
        (values[:-1], {}),
        (values[: max(0, size - 2)], {"x0": 7} if size < 3 else {f"x{size - 1}": 7}),
        ((), {f"x{k}": k for k in values}),
    ):
        a, b = mine(*args, **kwargs), theirs(*args, **kwargs)
        assert [getattr(a, f"x{k}") for k in values] == [getattr(b, f"x{k}") for k in values]
        assert repr(a).partition("(")[2] == repr(b).partition("(")[2]
        assert a == mine(*args, **kwargs) and a != mine(*values[:-1], -1) and a != values
        if options.get("frozen"):
            assert hash(a) == hash(mine(*args, **kwargs)) == hash(b)
            with pytest.raises(dataclasses.FrozenInstanceError):
                a.x0 = 1
        else:
            a.x0 = 99
            assert a.x0 == 99
        assert (mine.__hash__ is None) == (theirs.__hash__ is None)
    for bad in ((*values, 1), ()) if size > 2 else ((*values, 1),):
        with pytest.raises(TypeError):
            mine(*bad)
    with pytest.raises(TypeError):
        mine(*values, nonsense=1)


@record.dataclass(slots=True)
class Lists:
    a: int
    b: list[int] = record.field(default_factory=list)
    c: dict[str, int] = record.field(default_factory=dict, repr=False, compare=False)


@record.dataclass(frozen=True, slots=True)
class Frozen:
    a: int
    b: tuple[int, ...] = record.field(default_factory=tuple)


def test_factories_make_a_new_value_for_each_object() -> None:
    one, other = Lists(1), Lists(1)
    assert one.b == [] and one.b is not other.b and one.c is not other.c
    given = [3]
    assert Lists(1, given).b is given and Lists(1, c={"k": 1}) == Lists(1)
    assert repr(Lists(1, c={"k": 1})) == "Lists(a=1, b=[])"
    assert Frozen(2).b == () and hash(Frozen(2)) == hash(Frozen(2, ()))


def test_copies_and_pickles() -> None:
    x = Frozen(1, (2, 3))
    assert record.replace(x, a=5) == Frozen(5, (2, 3))
    assert pickle.loads(pickle.dumps(x)) == x


class Keeps:
    __slots__ = ("_found",)


@record.dataclass(frozen=True, slots=True)
class Keeper(Keeps):
    a: int
    b: int = 2


def test_what_is_kept_about_an_object_starts_as_none_and_is_not_copied() -> None:
    one: Any = Keeper(1)
    assert (one.a, one.b, one._found) == (1, 2, None)
    Keeps.__dict__["_found"].__set__(one, "known")
    assert one._found == "known" and one == Keeper(1)
    for other in (record.replace(one, b=2), pickle.loads(pickle.dumps(one)), copy.copy(one)):
        assert other == one and other._found is None
    assert repr(one) == "Keeper(a=1, b=2)"
