"""What a process and its children really hold in memory together, whoever shares pages with whom."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

_KIB = 1024
_EVERY_SECONDS = 0.2


def proportional_mib(process: int) -> float:
    """The proportional set size of one process: a page shared by two counts half for each. 0 where it has ended.

    Source: ``/proc/PID/smaps_rollup`` (proc(5)).
    """
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / _KIB


def family(process: int) -> list[int]:
    """A process and its children, grandchildren …"""
    found = [process]
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = task.read_text(encoding="ascii").split()
        except OSError:
            continue
        for child in children:
            found += family(int(child))
    return found


def together_mib(process: int, without: int = 0) -> float:
    """What a process and its children hold together now, one of them perhaps left out."""
    return sum(proportional_mib(one) for one in family(process) if one != without)


class Watched:
    """The most that this process and its children hold together while something runs.

    A process of its own looks several times a second, so that the one that is measured has no thread and no work more
    than it would have.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-m", "benchmarks.matching.memory", str(os.getpid())]
        self._watcher = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._watcher.stdout is not None
        # It has begun to look.
        self._watcher.stdout.readline()

    def peak_mib(self) -> float:
        """The peak so far, in MiB; it is not watched any more afterwards."""
        told, _ = self._watcher.communicate()
        return float(told)


def main() -> None:
    """Look at a process until nobody wants to know any more, and print the peak."""
    process, own = int(sys.argv[1]), os.getpid()
    peak = together_mib(process, own)
    print("watching", flush=True)
    while not select.select([sys.stdin], [], [], _EVERY_SECONDS)[0]:
        peak = max(peak, together_mib(process, own))
    print(max(peak, together_mib(process, own)), flush=True)


if __name__ == "__main__":
    main()
