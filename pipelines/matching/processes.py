"""The parts of one batch in several processes of this machine, where that is safe and worth it.

Forked children see the index without copying it and send back plain tuples. Where a fork is not safe (other threads
hold locks, or the platform is not Linux) or a child does not come through, its part is judged here: the result is the
same, it only takes longer.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable
from typing import Final

from pipelines.matching.partition import Part, pack, unpack

# Below this many receipts a process costs more than it saves.
LEAST: Final = 1500


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def useful(receipts: int, processes: int) -> int:
    """How many processes ``receipts`` are worth; 1 where forking is not safe. processes: 0 for one a processor."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return max(min(processes or processors(), receipts // LEAST), 1)


def in_processes(work: Callable[[int], Part], count: int) -> list[Part]:
    """``work(0)`` … ``work(count - 1)``: the first here, each other one in a process of its own."""
    children = [_start(work, place) for place in range(1, count)]
    parts = [work(0)]
    for place, child in enumerate(children, 1):
        found = _finish(*child)
        parts.append(found if found is not None else work(place))
    return parts


def _start(work: Callable[[int], Part], place: int) -> tuple[int, int]:
    """A child that writes its part to a pipe; its process id and the pipe."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    # Nothing of the parent's may be closed, flushed or finished here: connections and files are still its own.
    status = 1
    try:
        os.close(reading)
        data = pickle.dumps(pack(work(place)), protocol=5)
        view = memoryview(data)
        while view:
            view = view[os.write(writing, view) :]
        status = 0
    finally:
        os._exit(status)


def _finish(child: int, reading: int) -> Part | None:
    """What a child sent; None if it broke off."""
    pieces = []
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while piece := pipe.read(1 << 20):
            pieces.append(piece)
    _, status = os.waitpid(child, 0)
    if status != 0:
        return None
    # Written by our own child a moment ago.
    return unpack(pickle.loads(b"".join(pieces)))
