"""The parts of one batch in several processes of this machine, where that is safe and worth it.

Forked children see the index without copying it and send back plain tuples. Who is free takes the next part, so that
nobody waits for a half that happened to be harder; what a child has done is taken in while it goes on. Where a fork is
not safe (other threads hold locks, or the platform is not Linux) or a child does not come through, its parts are judged
here: the result is the same, it only takes longer.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from pipelines.matching.partition import Part, pack, unpack

# Below this many receipts a process costs more than it saves.
LEAST: Final = 1500
# Receipts judged at once: enough to ask the tables in bulk, few enough that what is read and weighed of them fits the
# processor's cache and the last part keeps nobody waiting.
PIECE: Final = 4000
# Every part asks all tables once, whatever its size: smaller ones are not worth that.
_LEAST_PIECE: Final = 400
_PLACE: Final = struct.Struct("<I")
_DONE: Final = struct.Struct("<IQ")


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def useful(receipts: int, processes: int) -> int:
    """How many processes ``receipts`` are worth; 1 where forking is not safe. processes: 0 for one a processor."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return max(min(processes or processors(), receipts // LEAST), 1)


def pieces(receipts: int, processes: int) -> list[tuple[int, int]]:
    """From and to of the parts into which ``receipts`` are cut for so many processes.

    Where several share the work the parts get smaller towards the end, so that all are done at about the same time.
    """
    found, start = [], 0
    while start < receipts:
        size = PIECE
        if processes > 1:
            size = min(size, max((receipts - start) // (2 * processes), _LEAST_PIECE))
        found.append((start, min(start + size, receipts)))
        start += size
    return found


def in_processes(work: Callable[[int], Part], count: int, processes: int) -> list[Part]:
    """``work(0)`` … ``work(count - 1)``, in this process and ``processes - 1`` children, in any order."""
    if processes == 1:
        return [work(place) for place in range(count)]
    queue = _places(count)
    children = [_start(work, queue) for _ in range(1, processes)]
    found: dict[int, Part] = {}
    try:
        for place in _taken(queue):
            found[place] = work(place)
            for child in children:
                found.update(child.done(wait=False))
        for child in children:
            found.update(child.done(wait=True))
    finally:
        os.close(queue)
        for child in children:
            child.close()
    # What a child took and did not bring.
    return [found[place] if place in found else work(place) for place in range(count)]


def _places(count: int) -> int:
    """A pipe that gives each place once, to whoever reads first, and then ends."""
    reading, writing = os.pipe()
    # A pipe holds 64 KiB: more places than there are receipts worth a process.
    os.write(writing, b"".join(map(_PLACE.pack, range(count))))
    os.close(writing)
    return reading


def _taken(queue: int) -> Iterator[int]:
    while place := os.read(queue, _PLACE.size):
        yield _PLACE.unpack(place)[0]


@dataclass(slots=True)
class _Child:
    """A child process. told: pipe of which part it has done and how long that is. data: the parts, one after another,
    in memory both see, so that a child need not wait until somebody reads."""

    process: int
    told: int
    data: int
    read: int = 0

    def done(self, *, wait: bool) -> Iterator[tuple[int, Part]]:
        """The parts that are new. wait: until the child has ended, instead of taking what there is."""
        while wait or select.select([self.told], [], [], 0)[0]:
            line = os.read(self.told, _DONE.size)
            if len(line) < _DONE.size:
                return
            place, length = _DONE.unpack(line)
            packed = os.pread(self.data, length, self.read)
            self.read += length
            # Written by our own child a moment ago.
            yield place, unpack(pickle.loads(packed))

    def close(self) -> None:
        os.close(self.told)
        os.close(self.data)
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


def _start(work: Callable[[int], Part], queue: int) -> _Child:
    """A child that takes parts until there are none left."""
    told, telling = os.pipe()
    data = os.memfd_create("kontoklar-parts")
    process = os.fork()
    if process:
        os.close(telling)
        return _Child(process, told, data)
    # Nothing of the parent's may be closed, flushed or finished here: connections and files are still its own.
    status = 1
    try:
        os.close(told)
        for place in _taken(queue):
            packed = memoryview(pickle.dumps(pack(work(place)), protocol=5))
            length = len(packed)
            while packed:
                packed = packed[os.write(data, packed) :]
            os.write(telling, _DONE.pack(place, length))
        status = 0
    finally:
        os._exit(status)
