"""Many small cases in one test: an item of pytest costs several milliseconds, more than most of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def each(cases: Iterable[tuple[Any, ...]], check: Callable[..., Any]) -> None:
    """``check(*rest)`` for every case ``(name, *rest)``. All run; those that fail are raised together, each with its name."""
    failed: list[Exception] = []
    for name, *rest in cases:
        try:
            check(*rest)
        except Exception as error:
            error.add_note(f"the case {name}")
            failed.append(error)
    if failed:
        raise ExceptionGroup(", ".join(note for error in failed for note in error.__notes__[-1:]), failed)
