"""Pauses the cycle collector while files or plans become values: they form no cycles, and there are a great many."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No cyclic garbage collection inside; as before afterwards. Reading is about a third faster with it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                # What was made inside goes straight to the oldest generation: the first look at the youngest would
                # otherwise scan all of it at once.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
