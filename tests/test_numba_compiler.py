"""Our own order of Numba's passes compiles to what Numba compiles: the same numbers, the same errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from s2sad.backend.numba.compiler import use  # noqa: E402


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
