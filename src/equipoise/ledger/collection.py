"""Long records without the collector of cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no cycles meanwhile, nor afterwards among what was made.

    Events make none, and going through all of them again and again takes a third of the time. What was made is put with
    the old objects, where a full collection looks; else the next one for young objects would go through all of it. A
    process that keeps objects out of every collection does without this, since it would put them back.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
