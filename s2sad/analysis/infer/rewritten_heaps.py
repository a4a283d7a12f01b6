"""Functions of ``heapq`` and ``bisect`` over lists, as the standard library's own Python source has them: written in C there,
compiled from here. Which element goes where is decided by comparisons when the program runs."""

from __future__ import annotations

from typing import Any


def heappush(heap: Any, item: Any) -> Any:
    heap.append(item)
    _sift_down(heap, 0, len(heap) - 1)


def heappop(heap: Any) -> Any:
    last = heap.pop()
    if len(heap) == 0:
        return last
    first = heap[0]
    heap[0] = last
    _sift_up(heap, 0)
    return first


def heapify(heap: Any) -> Any:
    for i in range(len(heap) // 2 - 1, -1, -1):
        _sift_up(heap, i)


def heapreplace(heap: Any, item: Any) -> Any:
    first = heap[0]
    heap[0] = item
    _sift_up(heap, 0)
    return first


def heappushpop(heap: Any, item: Any) -> Any:
    if len(heap) > 0 and heap[0] < item:
        first = heap[0]
        heap[0] = item
        _sift_up(heap, 0)
        return first
    return item


def _sift_down(heap: Any, start: int, at: int) -> Any:
    item = heap[at]
    while at > start:
        parent = (at - 1) >> 1
        above = heap[parent]
        if not item < above:
            break
        heap[at] = above
        at = parent
    heap[at] = item


def _sift_up(heap: Any, at: int) -> Any:
    end, start = len(heap), at
    item = heap[at]
    child = 2 * at + 1
    while child < end:
        right = child + 1
        if right < end and not heap[child] < heap[right]:
            child = right
        heap[at] = heap[child]
        at = child
        child = 2 * at + 1
    heap[at] = item
    _sift_down(heap, start, at)


def nlargest(n: int, iterable: Any, key: Any = None) -> Any:
    return sorted(iterable, key=key, reverse=True)[: max(n, 0)]


def nsmallest(n: int, iterable: Any, key: Any = None) -> Any:
    return sorted(iterable, key=key)[: max(n, 0)]


def insort_right(a: Any, x: Any, lo: int = 0, hi: Any = None) -> Any:
    end = len(a) if hi is None else hi
    while lo < end:
        mid = (lo + end) // 2
        if x < a[mid]:
            end = mid
        else:
            lo = mid + 1
    a.insert(lo, x)


def insort_left(a: Any, x: Any, lo: int = 0, hi: Any = None) -> Any:
    end = len(a) if hi is None else hi
    while lo < end:
        mid = (lo + end) // 2
        if a[mid] < x:
            lo = mid + 1
        else:
            end = mid
    a.insert(lo, x)
