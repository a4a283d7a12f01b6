"""Functions that are written for LLVM directly do what Python does, and give back what they allocate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

numba = pytest.importorskip("numba")
pytest.importorskip("s2sad.backend.numba.compiler")

from s2sad.backend.numba.compiler import use  # noqa: E402
from s2sad.backend.numba.direct.use import _KNOWN, Source  # noqa: E402
from s2sad.backend.numba.emission import DirectLibrary  # noqa: E402
from s2sad.frontend.lower import lower_function  # noqa: E402

pytestmark = pytest.mark.skipif(not _KNOWN, reason="another version of Numba")


def directly(fn: Any, fast: bool = False, must: bool = True) -> Any:
    """The function from its IR; ``must``: with an error where that is left to Numba."""
    made = numba.njit(error_model="numpy")(fn)
    use(made, Source({fn.__name__: lower_function(fn, True).function}, {fn.__name__: fn.__name__}, fast))

    def call(*args: Any) -> Any:
        out = made(*args)
        kinds = {isinstance(o.library, DirectLibrary) for o in made.overloads.values()}
        assert not must or kinds == {True}
        return out

    call.made = made  # type: ignore[attr-defined]
    return call


def same(a: Any, b: Any) -> None:
    if isinstance(b, tuple):
        assert isinstance(a, tuple) and len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
        return
    assert np.asarray(a).dtype == np.asarray(b).dtype
    np.testing.assert_array_equal(a, b)
    if np.asarray(b).dtype == float:
        np.testing.assert_array_equal(np.signbit(a) & (a == a), np.signbit(b) & (b == b))


FLOATS = [0.0, -0.0, 1.5, -2.5, 3.0, -3.0, math.inf, -math.inf, math.nan, 1e-320, 7.0]
INTS = [0, 1, -1, 2, -7, 7, 63, 2**62, -(2**63), 2**63 - 1]


def whole(x, y):
    return x + y, x - y, x * y, -x, +x, not x, x < y, x <= y, x > y, x >= y, x == y, x != y, x & y, x | y


def floats(x, y):
    return x + y, x - y, x * y, -x, not x, x < y, x <= y, x > y, x >= y, x == y, x != y, max(x, y), min(x, y), abs(x)


@pytest.mark.filterwarnings("ignore")
def test_numbers() -> None:
    own, theirs = directly(whole), numba.njit(error_model="numpy")(whole)
    for x in INTS:
        for y in INTS:
            same(own(x, y), theirs(x, y))
    own = directly(floats)
    for x in FLOATS:
        for y in FLOATS:
            same(own(x, y), floats(x, y))


def divisions(x, y):
    return x // y, x % y


def divided(x, y):
    return x / y


@pytest.mark.filterwarnings("ignore")
def test_divisions() -> None:
    for fn in (divisions, divided):
        own, theirs = directly(fn), numba.njit(error_model="numpy")(fn)
        for values in (INTS, FLOATS):
            for x in values:
                for y in values:
                    same(own(x, y), theirs(x, y))
                    if y != 0 and (x, y) != (-(2**63), -1) and math.isfinite(x) and math.isfinite(y):
                        same(own(x, y), fn(x, y))


def by_constants(x):
    return x // 3, x % 3, x // -3, x % -3, x // 1, x % 1, x // -1, x % -1


@pytest.mark.parametrize("values", [INTS[:-2], FLOATS[:6]])
def test_divisions_by_constants(values: list[Any]) -> None:
    own = directly(by_constants)
    for x in values:
        same(own(x), by_constants(x))


def powers(x, k):
    return x**2, x**5, x**0, x**-3, x**k, x**0.5


@pytest.mark.filterwarnings("ignore")
def test_powers() -> None:
    own = directly(powers)
    for x in FLOATS:
        for k in (0, 1, 5, -4, 100, 2**17):
            for a, b in zip(own(x, k), powers(np.float64(x), k), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-13)


def ufuncs(x, y):
    return (
        np.maximum(x, y), np.minimum(x, y), np.fmax(x, y), np.fmin(x, y), np.sign(x), np.abs(x), np.square(x), np.floor(x),
        np.ceil(x), np.trunc(x), np.isnan(x), np.isinf(x), np.isfinite(x), np.exp(x), np.tanh(x), np.sin(y), np.log1p(y),
        np.arctan2(x, y), np.hypot(x, y), np.sqrt(x), np.expm1(x),
    )  # fmt: skip


def functions(x):
    root = math.sqrt(abs(x))
    return math.sin(x), math.exp(x), math.floor(x), math.ceil(x), root, math.isfinite(x), math.lgamma(x), int(x), float(x)


@pytest.mark.filterwarnings("ignore")
def test_functions() -> None:
    own = directly(ufuncs)
    for x in FLOATS:
        for y in FLOATS:
            got, want = own(x, y), ufuncs(np.float64(x), np.float64(y))
            np.testing.assert_array_equal(got[:4], want[:4])  # of two zeros NumPy gives either
            same(got[4:13], want[4:13])
            np.testing.assert_allclose(got[13:], want[13:], rtol=1e-14)
    own, theirs = directly(functions), numba.njit(error_model="numpy")(functions)
    for x in (0.5, -1.5, 3.0, 1e10):
        same(own(x), theirs(x))


def loops(n, m, k, out):
    total = 0
    for i in range(n):
        out[i % 5] += i
        if i == 7:
            break
        total = total + 0.5
    for i in range(n, m, -1):
        if i == 3:
            continue
        out[i % 5] -= 1.0
    for i in range(m, n, k):
        out[1] += i
    for i in range(n, m, -k):
        out[2] += i * total
    for i in range(-(2**63) + 2, -(2**63), -1):
        out[4] += i % 3
    for i in range(2**63 - 3, 2**63 - 1):
        out[3] += i % 7
    count, more = 0, True
    while more:
        count += 1
        for j in range(count):
            if j * count > n:
                more = False
        if count > 20:
            break
    return total, count, len(range(m, n, k)), len(range(n, m, -1))


@pytest.mark.parametrize("n", [-3, 0, 1, 4, 12])
@pytest.mark.parametrize(("m", "k"), [(0, 1), (3, 2), (9, 3), (-4, 5)])
def test_loops(n: int, m: int, k: int) -> None:
    results = []
    for fn in (directly(loops), loops):
        out = np.zeros(5)
        results.append((*fn(n, m, k, out), out))
    same(results[0][:1], (float(results[1][0]),))
    same(results[0][1:], results[1][1:])


def test_a_step_of_zero_raises() -> None:
    with pytest.raises(ValueError, match="must not be zero"):
        directly(loops)(5, 1, 0, np.zeros(5))


def elements(x, b, c, k):
    n = len(x)
    y = np.zeros((n, 3))
    flags = np.zeros((2, n), dtype="bool")
    counts = np.empty(n, np.int64)
    for i in range(n):
        counts[i] = i
        counts[i] += 2.7
        flags[1, -i - 1] = x[i] > 0.0 and not b[i]
        for j in range(-3, 0):
            y[i, j] = x[-i] * j + c[i - n]
            y[i, j] /= 2.0
        y[i, 0] += k
    y[-1, -1] = flags[1, 0]
    return y, flags, counts, x[-1], b[k], y.shape, y.size, (x, (n, y))


def test_elements() -> None:
    x, b, c = np.array([1.0, -2.0, 3.0, 0.5]), np.array([True, False, False, True]), np.arange(4)
    same(directly(elements)(x, b, c, -2), elements(x, b, c, -2))


def with_gaps(x, flat):
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total += x[i, j] * flat[i]
            x[i, j] = total
    return total, x.copy() if total > 1e9 else x[1:, ::2]


def test_arrays_of_every_layout() -> None:
    base = np.arange(24.0).reshape(4, 6)
    for make in (np.ascontiguousarray, np.asfortranarray, lambda a: np.repeat(a, 2, axis=1)[:, ::2]):
        results = []
        for fn in (directly(with_gaps, must=False), with_gaps):
            x = make(base.copy())
            results.append((*fn(x, np.repeat(np.arange(4.0), 3)[::3]), x))
        same(*results)


def parts(x, i, k):
    row, rest, block, steps = x[i], x[k:], x[1:3, 1:-1], x[::2]
    last = x[-1, k:]
    turned = x.T
    flat = np.ravel(x)
    again = np.reshape(x, (-1, 2))
    same_ = np.reshape(x, (x.shape[1], x.shape[0]))
    row[0] += 1.0
    block[0, 0] = 9.0
    sums = row[1] + rest[0, 0], last[0] + turned[1, 0]
    return sums, flat[-1], again[1, 1], same_[-1, -1], len(steps), block, np.copy(turned[1:])


@pytest.mark.parametrize(("i", "k"), [(0, 1), (-1, 2), (2, -2), (1, -9)])
def test_parts(i: int, k: int) -> None:
    results = []
    for fn in (directly(parts, must=False), parts):
        x = np.arange(24.0).reshape(4, 6)
        results.append((*fn(x, i, k), x))
    same(*results)


def other_shape(x, n, m):
    return np.reshape(x, (n, m))


def test_other_shapes() -> None:
    own = directly(other_shape)
    for x, n, m in ((np.arange(6.0), 2, 3), (np.arange(6.0), -1, 2), (np.arange(6.0), 3, -1), (np.zeros((0, 3)), 0, 7)):
        same(own(x, n, m), other_shape(x, n, m))
    for n, m in ((4, 2), (-1, 4), (-1, -1), (0, -1)):
        with pytest.raises(ValueError, match=r"total size|negative"):
            own(np.arange(6.0), n, m)


def product(a, b):
    return np.dot(a, b)


def product_into(a, b, out):
    np.dot(a, b, out)
    return out


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("m", [0, 1, 4])
@pytest.mark.parametrize("k", [0, 1, 2])
def test_products(n: int, m: int, k: int) -> None:
    rng = np.random.default_rng(0)
    a, b, v, w = rng.normal(size=(n, m)), rng.normal(size=(m, k)), rng.normal(size=m), rng.normal(size=n)
    own = directly(product)
    for x, y in ((a, b), (a, v), (w, a), (v, v), (np.asfortranarray(a), b), (a, np.asfortranarray(b)), (b.T, a.T)):
        np.testing.assert_allclose(own(x, y), np.dot(x, y), rtol=1e-14, atol=1e-14)


def test_products_of_arrays_that_do_not_fit() -> None:
    own = directly(product)
    for x, y in ((np.ones((2, 3)), np.ones((2, 3))), (np.ones(3), np.ones(2)), (np.ones((2, 3)), np.ones(2))):
        with pytest.raises(ValueError, match="incompatible array sizes"):
            own(x, y)


def errors(x, k):
    if k == 0:
        raise ValueError("nothing", 3)
    if x[0] < 0.0:
        raise ZeroDivisionError
    assert k < 5, "too large"
    y = np.empty((k, 2**40)) if k < 0 else np.empty((k, 1))
    return y.shape[0] + (1, 2, 3)[k]


def test_errors() -> None:
    own = directly(errors)
    assert own(np.ones(2), 2) == 5
    cases = [(1.0, 0, ValueError), (-1.0, 1, ZeroDivisionError), (1.0, 5, AssertionError), (1.0, -1, ValueError)]
    for x, k, error in (*cases, (1.0, 4, IndexError)):
        with pytest.raises(error):
            own(np.full(2, x), k)
    with pytest.raises(ValueError, match="nothing") as caught:
        own(np.ones(2), 0)
    assert caught.value.args == ("nothing", 3)


def test_an_array_that_is_too_large() -> None:
    def room(n, m):
        return np.zeros((n, m))

    own = directly(room)
    wrong = [((2, -1), ValueError), ((-1, 2**62), ValueError), ((2**40, 2**40), ValueError)]
    for sizes, error in (*wrong, ((2**40, 2**15), MemoryError)):
        with pytest.raises(error):
            own(*sizes)


# -- who frees what ----------------------------------------------------------------------------------------------------


def swapped(x, n):
    a, b = np.zeros(len(x)), np.copy(x)
    for i in range(n):
        for j in range(len(x)):
            b[j] = b[j] + a[j] + i
        a, b = b, a
    return a, b


def chosen(x, n):
    first = np.zeros(3)
    kept = first if n > 2 else x
    for i in range(n):
        row = np.empty(3)
        for j in range(3):
            row[j] = kept[j] + i
        if i % 3 == 0:
            kept = row
    while n > 0:
        kept = np.copy(kept)
        n -= 1
        if n == 2:
            break
    return kept, first


def views_outlive(x, n):
    out = x[1:]
    for i in range(n):
        made = np.zeros((4, len(x)))
        made[2, 1] = i
        out = made[2]
    pair = (out, np.copy(out))
    again = pair
    return again[0][0] + again[1][1], again


def read_in_loop(x, n):
    first = np.copy(x)
    view = first[1:]
    now = first
    total = 0.0
    for i in range(n):
        total += view[0] + first[0]
        now = np.zeros(len(x))
        now[0] = i
    return total, now


def through_a_tuple(x, n):
    state = (np.copy(x), 1.0)
    for _ in range(n):
        made = np.zeros(len(x))
        made[0] = state[0][0] + state[1]
        state = (made, state[1] * 2.0)
    return state


def same_twice(x, n):
    a = np.copy(x)
    b = a
    for i in range(n):
        a[0] += 1.0
        if i == 1:
            b = np.zeros(len(x))
        a, b = b, a
    return a, b, a


def given_back(x, n):
    y = x
    for i in range(n):
        if i > 2:
            y = np.copy(y)
    return y, x


def nested(x, n):
    table = np.zeros((n, len(x)))
    for i in range(n):
        row = table[i]
        best = row
        for j in range(len(x)):
            if x[j] > 0.0:
                fresh = np.copy(row)
                fresh[0] = j
                best = fresh
        for j in range(len(x)):
            table[i, j] += best[j]
    return table


def growing(x, n):
    tape = np.empty(2)
    p = 0
    while p < 5 * n:
        if p + 1 > tape.shape[0]:
            larger = np.empty(2 * len(tape))
            for i in range(len(tape)):
                larger[i] = tape[i]
            tape = larger
        tape[p] = 2.0 * p + x[0]
        p += 1
    return np.copy(tape[:p])


def one_way_or_another(x, n):
    """Arrays that end with a branch: given on, twice, as a part, as what another one was, or not at all."""
    a, b, total = np.copy(x), np.zeros(len(x)), 0.0
    for i in range(n):
        part = b[1:]
        b[0] += i
        if i % 4 == 0:
            a = np.zeros(len(x))
            if i % 3 == 0:
                b = a
            total += part[0]
        elif i % 4 == 1:
            a, b = b, a
        elif i % 4 == 2:
            a = b
            b = np.copy(a)
        else:
            row = a[:]
            a = row
        c = np.copy(a)
        d, e = (c, c) if i % 2 == 0 else (c[:], a)
        d[1] += 1.0
        total += e[1] + part[1] + b[0]
    return a, b, total


WAYS = [
    swapped, chosen, views_outlive, read_in_loop, through_a_tuple, same_twice, given_back, nested, growing, one_way_or_another,
]  # fmt: skip


@pytest.mark.parametrize("fn", WAYS)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 7])
def test_arrays_are_freed_once_and_not_too_early(fn: Any, n: int) -> None:
    from numba.core.runtime import _nrt_python as counts

    own = directly(fn)
    x = np.array([1.0, -2.0, 3.0])
    own(x.copy(), n)

    def now() -> int:
        return counts.memsys_get_stats_mi_alloc() - counts.memsys_get_stats_mi_free()

    counts.memsys_enable_stats()
    try:
        before = now()
        for _ in range(3):
            got, want = own(x.copy(), n), fn(x.copy(), n)
            same(got, want)
            del got
        assert now() == before
    finally:
        counts.memsys_disable_stats()


def test_no_reference_of_a_growing_tape_is_counted() -> None:
    own = directly(growing)
    own(np.ones(1), 3)
    text = next(iter(own.made.inspect_llvm().values()))
    assert "@NRT_decref(" in text and "call void @NRT_incref" not in text.split("@_ZN7cpython")[0]


def test_a_loop_holds_one_array_at_a_time() -> None:
    def loop(n):
        total = 0.0
        for i in range(n):
            made = np.zeros(2_000_000)
            made[0] = i
            total += made[0]
        return total

    from pathlib import Path

    own = directly(loop)
    own(1)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    own(300)
    assert int(Path("/proc/self/statm").read_text().split()[1]) - pages < 40_000


# -- what LLVM is told -----------------------------------------------------------------------------------------------------


def apart(x, y, n):
    a, b = np.zeros(n), np.empty(n)
    shared = a
    for i in range(n):
        b[i] = i
    for i in range(1, n):
        x[i] = y[i - 1] + 1.0  # may be one array
        shared[i] += x[i]
        a[i - 1] += shared[i]
        b[i] += a[i] + b[i - 1]
    one, two = a, b
    for _ in range(3):
        for i in range(n):
            one[i] += two[n - 1 - i]
            two[i] = one[i]
        one, two = two, one
        if n % 2:
            one = two
    return a, b, one, two


@pytest.mark.parametrize("n", [1, 8, 33])
@pytest.mark.parametrize("one", [True, False])
def test_arrays_that_share_memory_are_not_told_apart(n: int, one: bool) -> None:
    results = []
    for fn in (directly(apart), apart):
        x = np.arange(1.0, 50.0)
        y = x if one else x.copy()
        results.append((*fn(x, y, n), x, y))
    same(*results)


def test_what_is_not_known_is_left_to_numba() -> None:
    def text(x):
        return str(x) == "1"

    def itself(n):
        return 1 if n < 2 else n * itself(n - 1)

    assert directly(text, must=False)(1)
    with pytest.raises(AssertionError):
        directly(text)(1)


def test_fast() -> None:
    def total(x):
        out = 0.0
        for i in range(len(x)):
            out += x[i] * 0.5
        return out

    x = np.random.default_rng(1).normal(size=100)
    np.testing.assert_allclose(directly(total, fast=True)(x), total(x), rtol=1e-12)
    assert "reassoc" in next(iter(directly_text(total, x).values()))


def directly_text(fn: Any, *args: Any) -> Any:
    own = directly(fn, fast=True)
    own(*args)
    return own.made.inspect_llvm()
