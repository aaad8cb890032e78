"""What a step reports: counts, time, findings. The same for the command line, the flows and the demo."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pipelines.model.finding import Finding


class Result(Protocol):
    """What every use case returns at least."""

    @property
    def counts(self) -> Mapping[str, int]: ...


@dataclass(slots=True)
class Step:
    """One step of a run. seconds: wall-clock time. findings: those this step was the first to see and that are still
    open. unavailable: names of sources that could not be reached. waiting: something is held and needs a person
    although nothing new was found.
    """

    name: str
    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    unavailable: list[str] = field(default_factory=list)
    waiting: bool = False


def timed(name: str, work: Callable[[], Result]) -> Step:
    """Runs one use case and keeps what it counted and how long it took."""
    start = time.perf_counter()
    result = work()
    return Step(name, dict(result.counts), seconds=time.perf_counter() - start)
