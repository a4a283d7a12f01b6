"""Our own order of Numba's passes compiles to what Numba compiles: the same numbers, the same errors."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from s2sad.backend.numba.compiler import use  # noqa: E402


@cache
def both(fn: Any) -> tuple[Any, Any]:
    """A function compiled by us and by Numba."""
    own = numba.njit(error_model="numpy")(fn)
    use(own)
    return own, numba.njit(error_model="numpy")(fn)


def elements(x, k, m, flags):
    n = len(x)
    out = np.zeros((n, 3))
    counts = np.empty(n, dtype="int64")
    seen = np.zeros((2, n), dtype="bool")
    last = x[-1, -2]
    at = (0, 1)
    for i in range(n):
        counts[i] = i + k
        for j in range(-3, 0):
            out[i, j] = x[-i, j] + x[at] + m[i, 0, j]
            out[i, j] += counts[i]
            out[i, 0] = counts[i]
        seen[1, -i - 1] = x[i, 0] > 0.0 and not flags[i]
        if seen[1, i]:
            counts[i] += 2.7
    x[0, 0] = 7
    return out, counts, seen, last


def test_elements_are_those_that_numba_reads_and_stores() -> None:
    rng = np.random.default_rng(0)
    m, flags = rng.normal(size=(4, 2, 3)), np.array([True, False, False, True])
    results = []
    for compiled in both(elements):
        x = np.arange(-6.0, 6.0).reshape(4, 3)
        results.append((*compiled(x, np.int64(3), m, flags), x))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert np.asarray(ours).dtype == np.asarray(theirs).dtype


def test_elements_of_arrays_with_gaps_and_parts_are_left_to_numba() -> None:
    def parts(x, i):
        row = x[i]
        x[1, 1:] = 5.0
        x[-1, -1] = row[0]
        return row.sum() + x[:, 1][2] + x[i, -1]

    for make in (np.ascontiguousarray, np.asfortranarray, lambda x: np.repeat(x, 2, axis=1)[:, ::2]):
        values = []
        for compiled in both(parts):
            x = make(np.arange(12.0).reshape(4, 3))
            values.append((compiled(x, 1), x.copy()))
        assert values[0][0] == values[1][0]
        np.testing.assert_array_equal(values[0][1], values[1][1])


@pytest.mark.parametrize("n", [0, 1, 5])
def test_unsigned_and_small_indices(n: int) -> None:
    def total(x, ks):
        out = 0.0
        for k in range(len(ks)):
            out += x[ks[k]] * x[ks[k] - 1]
        return out

    for dtype in (np.int8, np.int32, np.uint8, np.uint64):
        ks, x = np.ones(n, dtype), np.arange(1.0, 4.0)
        own, theirs = both(total)
        assert own(x, ks) == theirs(x, ks)


@pytest.mark.parametrize(
    ("sizes", "error"),
    [((2, -1), ValueError), ((-1, 2**62), ValueError), ((2**40, 2**40), ValueError), ((2**40, 2**15), MemoryError)],
)
def test_errors_of_arrays_that_cannot_be_made(sizes: tuple[int, int], error: type[Exception]) -> None:
    def room(n, m):
        return np.empty((n, m))

    def zeros(n, m):
        return np.zeros((n, m))

    for fn in (room, zeros):
        texts = []
        for compiled in both(fn):
            with pytest.raises(error) as caught:
                compiled(*sizes)
            texts.append(str(caught.value))
        assert texts[0] == texts[1]


def test_arrays_that_are_made_are_given_back() -> None:
    """A loop that makes an array in each iteration holds one of them at a time, and frees it in the end."""
    from numba.core.runtime import _nrt_python as counts

    def loop(n):
        kept = np.zeros(3)
        for i in range(n):
            kept = np.empty(i + 1)
            kept[i] = i
        return kept

    own, _ = both(loop)
    own(1)

    def now() -> tuple[int, int]:
        return counts.memsys_get_stats_mi_alloc(), counts.memsys_get_stats_mi_free()

    counts.memsys_enable_stats()
    try:
        before = now()
        made = own(100)
        held = now()
        assert made.shape == (100,) and made[99] == 99.0
        del made
        after = now()
    finally:
        counts.memsys_disable_stats()
    assert (held[0] - before[0], held[1] - before[1]) == (101, 100)
    assert (after[0] - before[0], after[1] - before[1]) == (101, 101)


def test_the_shape_of_an_array_and_its_layout() -> None:
    def shapes(n):
        flat, cube, none = np.empty(n), np.zeros((n, 2, 3)), np.zeros((n, 0))
        return flat, cube, none, cube.T.size, none.nbytes

    for ours, theirs in zip(*(compiled(4) for compiled in both(shapes)), strict=True):
        assert np.shape(ours) == np.shape(theirs)
        if np.ndim(ours):
            assert ours.strides == theirs.strides and ours.flags == theirs.flags and ours.dtype == theirs.dtype
    assert np.all(both(shapes)[0](4)[1] == 0.0)


def ways(x, n, flag):
    total, kept = 0.0, x
    for i in range(n):
        if flag and i % 3 == 0:
            kept = x * 2.0
            continue
        for j in range(i):
            part = kept[j] + i
            if part > 9.0:
                break
            total += part
        else:
            total -= 1.0
    while total > 5.0:
        total = total / 2.0
        if total < x[0]:
            return total, kept
    return total, x


@pytest.mark.parametrize("fn", [elements, ways])
def test_variables_live_where_numba_finds_them(fn: Any) -> None:
    from numba.core.analysis import compute_cfg_from_blocks, compute_live_map, compute_use_defs
    from numba.core.compiler import run_frontend

    from s2sad.backend.numba.lifetimes import live_map

    blocks = run_frontend(fn).blocks
    cfg, found = compute_cfg_from_blocks(blocks), compute_use_defs(blocks)
    assert live_map(cfg, found.usemap, found.defmap) == compute_live_map(cfg, blocks, found.usemap, found.defmap)


def test_ways_through_a_function() -> None:
    for flag in (True, False):
        own, theirs = (compiled(np.arange(5.0), 5, flag) for compiled in both(ways))
        assert own[0] == theirs[0]
        np.testing.assert_array_equal(own[1], theirs[1])


def shared(x, y, n):
    a, b = np.zeros(n), np.empty(n)
    same = a
    first, second = a, b
    grid = np.zeros((3, n))
    chosen = a if x[0] > 0.0 else b
    for i in range(n):
        b[i] = i
    for k in range(3):
        row = grid[k]
        for i in range(1, n):
            x[i] = y[i - 1] + 1.0  # may be one array
            same[i] += x[i]
            a[i - 1] += same[i]
            first[i] += second[i - 1]
            second[i - 1] = first[i]
            chosen[i] += a[i - 1] + b[i]
            row[i] = grid[k, i - 1] + a[i]
            grid[k, i] += row[i]
        first, second = second, first
        part = np.empty(n)
        for i in range(n):
            part[i] = first[i] * 0.5
        for i in range(n):
            first[i] = part[n - 1 - i] + grid[k, i]
        chosen = part
    return a, b, grid, chosen


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("one", [True, False])
def test_arrays_that_share_memory_are_not_told_apart(sign: float, one: bool) -> None:
    results = []
    for fn in (*both(shared), shared):
        x = sign * np.arange(1.0, 41.0)
        y = x if one else x.copy()
        results.append((*fn(x, y, 40), x, y))
    for ours, theirs, plain in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(ours, plain)


def test_only_arrays_that_are_made_in_one_place_are_told_apart() -> None:
    from numba.core.compiler import run_frontend
    from numba.core.ssa import reconstruct_ssa

    from s2sad.backend.numba.allocation import own_allocation
    from s2sad.backend.numba.apart import GIVEN, origins

    found = run_frontend(shared)
    own_allocation(found)
    known = origins(reconstruct_ssa(found).blocks.values())
    assert known["a"] == known["same"] != known["b"]
    assert known["x"] == known["y"] == GIVEN
    assert known["grid"] not in {known["a"], known["b"], known["part"], GIVEN}
    assert not any(name.startswith("row") for name in known)  # a view
    swapped = [name for name in known if name.startswith(("first", "second"))]
    assert sorted(swapped) == ["first", "second"]  # before the loop; what a loop carries is not known


def made_then_read(p, i, k):
    first = p[i]
    made = np.empty(4)
    for j in range(4):
        made[j] = p[j] + first
    made[k] = first
    return made


def one_after_the_other(x, i, k):
    return numba_made_then_read(numba_made_then_read(x, i, k), k, i)


numba_made_then_read = both(made_then_read)[0]


def test_what_is_told_apart_in_one_copy_of_a_function_is_not_in_another() -> None:
    """One copy gets what the other one made."""
    fn = both(one_after_the_other)[0]
    x = np.arange(4.0)
    want = made_then_read(made_then_read(x, 1, 2), 2, 1)
    np.testing.assert_array_equal(fn(x, 1, 2), want)
    (text,) = fn.inspect_llvm().values()
    names = re.findall(r"^(!\d+) = distinct !{\1, (!\d+)}$", text, re.MULTILINE)
    stored = set(re.findall(r"^  store double .*!alias.scope (!\d+)", text, re.MULTILINE))
    assert len({domain for _, domain in names}) >= 2 <= len(stored)


def walks(n, m, k, out):
    at = 0
    end = n
    for i in range(end):
        end = 1
        out[at] += i
        at = (at + 1) % len(out)
    for i in range(n, m, -1):
        if i == 3:
            continue
        if i == 1:
            break
        out[i % len(out)] += 2.0
    else:
        out[0] -= 100.0
    for i in range(m, n):
        for j in range(i):
            for i in range(j, 0, -1):
                out[i % len(out)] += i * j
        out[1] += i
    for i in range(n, m, k):
        out[2] += i
    over = range(n)
    for i in over:
        out[3] += i * len(over)
    for i in over:
        out[3] -= 0.5 * i
    often = range(m, n)
    down = range(n, m, -1)
    for _ in range(3):
        for i in often:
            for j in down:
                if i > 4:
                    break
                out[0] += i * j
    last = -7
    for last in range(m, m + 4):  # noqa: B007
        pass
    for i in range(2**63 - 3, 2**63 - 1):
        out[4] += i % 5
    for i in range(-(2**63) + 2, -(2**63), -1):
        out[4] += i % 3
    count = 0
    while count < 3:
        for i in range(count):
            at += i
        count += 1
    return at, last, end


@pytest.mark.parametrize("n", [-2, 0, 1, 6])
@pytest.mark.parametrize(("m", "k"), [(0, 1), (3, 2), (9, 3), (-4, -1), (-5, -2)])
def test_loops_over_ranges(n: int, m: int, k: int) -> None:
    results = []
    for fn in (*both(walks), walks):
        out = np.zeros(5)
        results.append((*fn(n, m, k, out), out))
    for ours, theirs, plain in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(ours, plain)


def test_a_step_of_zero_raises() -> None:
    own, _ = both(walks)
    with pytest.raises(ValueError, match="must not be zero"):
        own(1, 2, 0, np.zeros(5))


def test_which_ranges_are_counters() -> None:
    import numba.core.types as kinds
    from numba.core.compiler import run_frontend
    from numba.core.ssa import reconstruct_ssa

    from s2sad.backend.numba.counters import Loops

    blocks = reconstruct_ssa(run_frontend(walks)).blocks
    found = Loops(blocks.values(), lambda name: kinds.range_state64_type)
    assert sorted(found.ranges.values()) == 4 * [-1] + 8 * [1]  # not that with a step k, nor the two over one range


def rows(x):
    flat = np.ravel(x)
    flat[-1] = 5.0
    return flat, x.sum(), np.ravel(x * 2.0)


@pytest.mark.parametrize(
    "x",
    [
        np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(24.0).reshape(3, 8)[:, ::2],
        np.arange(3.0), np.arange(8.0).reshape(2, 2, 2),
    ],
)  # fmt: skip
def test_ravel_is_a_view_where_numba_gives_one(x: np.ndarray) -> None:
    results = [compiled(x.copy(order="K")) for compiled in both(rows)]
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_constants_are_numbers_of_any_value_to_what_is_called() -> None:
    inner = numba.njit(lambda x, k: x[k] + k)
    use(inner)

    def outer(x, k):
        return inner(x, 0) + inner(x, 1) + inner(x, k)

    own = numba.njit(outer)
    use(own)
    assert own(np.arange(3.0), 2) == 6.0
    assert len(inner.overloads) == 1
