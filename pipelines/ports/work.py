"""The books as use cases see them: reading, committing, and the right to commit (D7, D8, D16)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

from pipelines.ports.access import AccessRecords
from pipelines.ports.audit import Audit
from pipelines.ports.findings import Findings
from pipelines.ports.history import History
from pipelines.ports.invariants import Invariants
from pipelines.ports.journal import Journal
from pipelines.ports.learning import Learning
from pipelines.ports.operations import Operations
from pipelines.ports.proposals import Proposals

T = TypeVar("T")


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
    def access(self) -> AccessRecords:
        """How access to accounts stands, and what sources remember."""
        ...

    @property
    def receivables(self) -> Any:
        """What the billing system knows."""
        ...

    @property
    def proposals(self) -> Proposals:
        """Match runs: plans, proposals, return links."""
        ...

    @property
    def journal(self) -> Journal:
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
    def findings(self) -> Findings:
        """What was wrong with the data (D18)."""
        ...

    @property
    def audit(self) -> Audit:
        """The hash-chained trail of events."""
        ...

    @property
    def decisions(self) -> Any:
        """What people decided."""
        ...

    @property
    def audit_view(self) -> Any:
        """The trail for people: filtered, with debtor and transaction."""
        ...

    @property
    def debtors(self) -> Any:
        """Who debtors are and what is known about them."""
        ...

    @property
    def debtor_accounts(self) -> Any:
        """The lines of debtor accounts."""
        ...

    @property
    def debtor_search(self) -> Any:
        """Debtors by what is known of them."""
        ...

    @property
    def blocklist(self) -> Any:
        """Accounts and addresses to keep out."""
        ...

    @property
    def approvals(self) -> Any:
        """Decisions that wait for a second person."""
        ...

    @property
    def operations(self) -> Operations:
        """What analysts' operations read and leave behind."""
        ...

    @property
    def match_facts(self) -> Any:
        """What a match run reads."""
        ...

    @property
    def exports(self) -> Any:
        """The tables that leave kontoklar."""
        ...

    @property
    def review_queue(self) -> Any:
        """What waits for a person."""
        ...

    @property
    def explanations(self) -> Any:
        """The whole story of one transaction."""
        ...

    @property
    def history(self) -> History:
        """The past as it was known."""
        ...

    @property
    def learning(self) -> Learning:
        """Confirmed cases, payers, backtests, activated policies."""
        ...

    @property
    def invariants(self) -> Invariants:
        """What ``check`` proves."""
        ...


class Books(Protocol):
    """The database as a whole."""

    @property
    def mode(self) -> str:
        """``live`` or ``test``, as fixed in the database."""
        ...

    def read(self) -> AbstractContextManager[Work]:
        """A consistent snapshot. Leave it before calling ``write``: an open reader blocks a commit on SQLite."""
        ...

    def write(self) -> AbstractContextManager[Work]:
        """One commit; an exception rolls all of it back.

        Raises StaleRun when no lease is held or a newer run has taken over.
        """
        ...

    def commit(self, phase: Callable[[Work], T]) -> T:
        """Runs ``phase`` in one ``write``; the whole phase again when the database lost a race with another writer.

        ``phase`` must read what it decides on through its ``Work`` and keep nothing from a try that failed.
        """
        ...

    def lease(self, command: str, as_of: date) -> AbstractContextManager[WorkContext]:
        """The exclusive right to write, until the block is left or the process dies.

        Inside another lease of the same books the outer one goes on. Raises RunInProgress when another run keeps it
        longer than the configured wait.
        """
        ...
