"""The books as use cases see them: reading, committing, and the right to commit (D7, D8, D16)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class WorkContext:
    """What every repository knows about the run it works for.

    run_id: derived id of the leased run, "" while only reading. mode: ``live`` or ``test``, part of every derived id.
    now: ISO instant in UTC; the only clock below the command line.
    """

    run_id: str
    mode: str
    now: str


class Work(Protocol):
    """One transaction of the database: everything read through it is one snapshot, everything written one commit."""

    @property
    def context(self) -> WorkContext:
        """Run, mode and time of this work."""
        ...

    @property
    def archive(self) -> Any:
        """Raw documents as fetched (D3)."""
        ...

    @property
    def statements(self) -> Any:
        """Statements, bookings, transactions."""
        ...

    @property
    def receivables(self) -> Any:
        """What the billing system knows."""
        ...

    @property
    def proposals(self) -> Any:
        """Match runs: plans, proposals, return links."""
        ...

    @property
    def journal(self) -> Any:
        """Double-entry journal and allocations."""
        ...

    @property
    def dunning(self) -> Any:
        """Dunning triggers and their events."""
        ...

    @property
    def outbox(self) -> Any:
        """Messages to the outside and their delivery attempts (D15)."""
        ...

    @property
    def findings(self) -> Any:
        """What was wrong with the data (D18)."""
        ...

    @property
    def audit(self) -> Any:
        """The hash-chained trail of events."""
        ...

    @property
    def decisions(self) -> Any:
        """What people decided."""
        ...


class Books(Protocol):
    """The database as a whole."""

    def read(self) -> AbstractContextManager[Work]:
        """A consistent snapshot. Leave it before calling ``write``: an open reader blocks a commit on SQLite."""
        ...

    def write(self) -> AbstractContextManager[Work]:
        """One commit; an exception rolls all of it back.

        Raises StaleRun when no lease is held or a newer run has taken over.
        """
        ...

    def lease(self, command: str, as_of: date) -> AbstractContextManager[WorkContext]:
        """The exclusive right to write, until the block is left or the process dies.

        Inside another lease of the same books the outer one goes on. Raises RunInProgress when another run keeps it
        longer than the configured wait.
        """
        ...
