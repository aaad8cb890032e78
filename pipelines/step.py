"""What a step reports: counts, time, findings. The same for the command line, the flows and the demo."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pipelines.model.finding import Finding
from pipelines.ports.access import AccountAccess


class Counted(Protocol):
    """A result with its figures at hand."""

    @property
    def counts(self) -> Mapping[str, int]: ...


class Counts(Protocol):
    """A result that adds its figures up when asked."""

    def counts(self) -> Mapping[str, int]: ...


Result = Counted | Counts


@dataclass(slots=True)
class Step:
    """One step of a run. seconds: wall-clock time. findings: those this step was the first to see and that are still
    open. unavailable: names of sources that could not be reached. access: how every account of the live sources stands
    after this step. waiting: something is held and needs a person
    although nothing new was found.
    """

    name: str
    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    unavailable: list[str] = field(default_factory=list)
    access: list[AccountAccess] = field(default_factory=list)
    waiting: bool = False

    def add(self, other: Step) -> None:
        """Takes in another part of the same step."""
        for name, count in other.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        self.findings += other.findings
        self.seconds += other.seconds
        self.unavailable += other.unavailable
        self.access += other.access
        self.waiting = self.waiting or other.waiting


def timed(name: str, work: Callable[[], Result]) -> Step:
    """Runs one use case and keeps what it counted and how long it took."""
    start = time.perf_counter()
    result = work()
    counts = result.counts() if callable(result.counts) else result.counts
    return Step(name, dict(counts), seconds=time.perf_counter() - start)
