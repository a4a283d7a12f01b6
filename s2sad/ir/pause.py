"""No collection of garbage while many small objects are made, as importing the compiler and compiling do.

Their number would set off one collection after the other, which find nothing: a fifth of the time of a large program.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """What was made meanwhile counts as old afterwards, so that it is not gone through at once."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if not gc.get_freeze_count():  # or what somebody else has frozen would thaw
                gc.freeze()
                gc.unfreeze()
            gc.enable()


__all__ = ["no_collection"]
