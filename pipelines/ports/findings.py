"""Stored findings (D18)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from pipelines.model.finding import Finding


class StoredFinding(NamedTuple):
    """A finding with the time and run that first saw it. resolved: how it was settled, "" while open."""

    finding: Finding
    at: str
    run_id: str
    resolved: str


class Findings(Protocol):
    """What was wrong with the data; each observation is kept once."""

    def add(self, findings: Sequence[Finding]) -> int:
        """Stores findings; one that is known already is left as it is. Returns how many were new."""
        ...

    def known(self, finding_ids: Collection[str]) -> set[str]:
        """Which of these are stored, resolved or not."""
        ...

    def ids(self, code: str) -> set[str]:
        """Ids of all stored findings of a code, resolved or not."""
        ...

    def resolve(self, finding_ids: Collection[str], how: str) -> int:
        """Marks stored findings as settled, once and for good; returns how many were open before."""
        ...

    def open(self, *, codes: Collection[str] | None = None, subjects: Collection[str] | None = None) -> list[Finding]:
        """Unresolved findings, optionally of some codes or subjects, sorted by code, subject, position, message."""
        ...

    def of_run(self, run_id: str) -> list[Finding]:
        """Unresolved findings that this run was the first to see, in the same order as ``open``."""
        ...

    def all(self) -> list[StoredFinding]:
        """Every finding, in the same order, resolved ones too."""
        ...
