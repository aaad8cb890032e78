"""The unit of work: one database transaction with every repository on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import Connection

from pipelines.errors import StaleRun
from pipelines.model.ids import derive
from pipelines.ports.access import AccessRecords
from pipelines.ports.audit import Audit
from pipelines.ports.findings import Findings
from pipelines.ports.history import History
from pipelines.ports.invariants import Invariants
from pipelines.ports.journal import Journal
from pipelines.ports.learning import Learning
from pipelines.ports.operations import Operations
from pipelines.ports.proposals import Proposals
from pipelines.ports.work import Work, WorkContext
from sinks import tables
from sinks.bulk import insert_rows
from sinks.database import Database, retrying, rows_written

if TYPE_CHECKING:
    from pipelines.ports.work import Books

T = TypeVar("T")

DEFAULT_WAIT_SECONDS: Final = 30.0


class SqlWork:
    """``pipelines.ports.work.Work`` on one connection; repositories are made when first asked for."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self.connection = connection
        self.context = context

    def _make(self, module: str, name: str) -> Any:
        return getattr(import_module(f"sinks.{module}"), name)(self.connection, self.context)

    @cached_property
    def archive(self) -> Any:
        """Raw documents as fetched."""
        return self._make("archive", "Archive")

    @cached_property
    def statements(self) -> Any:
        """Statements, bookings, transactions."""
        return self._make("statements", "StatementRepository")

    @cached_property
    def access(self) -> AccessRecords:
        """How access to accounts stands."""
        made: AccessRecords = self._make("access", "AccessRepository")
        return made

    @cached_property
    def receivables(self) -> Any:
        """What the billing system knows."""
        return self._make("receivables", "ReceivableRepository")

    @cached_property
    def proposals(self) -> Proposals:
        """Match runs and their plans."""
        made: Proposals = self._make("proposals", "ProposalRepository")
        return made

    @cached_property
    def journal(self) -> Journal:
        """Journal and allocations."""
        made: Journal = self._make("journal", "JournalRepository")
        return made

    @cached_property
    def dunning(self) -> Any:
        """Dunning triggers."""
        return self._make("dunning", "DunningRepository")

    @cached_property
    def outbox(self) -> Any:
        """Messages to the outside."""
        return self._make("outbox", "OutboxRepository")

    @cached_property
    def findings(self) -> Findings:
        """What was wrong with the data."""
        made: Findings = self._make("findings", "FindingRepository")
        return made

    @cached_property
    def audit(self) -> Audit:
        """The hash-chained trail."""
        made: Audit = self._make("audit", "AuditRepository")
        return made

    @cached_property
    def decisions(self) -> Any:
        """What people decided."""
        return self._make("decisions", "DecisionRepository")

    @cached_property
    def audit_view(self) -> Any:
        """The trail for people."""
        return self._make("audit_view", "AuditView")

    @cached_property
    def debtors(self) -> Any:
        """Who debtors are and what is known about them."""
        return self._make("debtors", "DebtorRepository")

    @cached_property
    def debtor_accounts(self) -> Any:
        """The lines of debtor accounts."""
        return self._make("debtor_accounts", "DebtorAccountRepository")

    @cached_property
    def debtor_search(self) -> Any:
        """Debtors by what is known of them."""
        return self._make("debtor_search", "DebtorSearchRepository")

    @cached_property
    def blocklist(self) -> Any:
        """Accounts and addresses to keep out."""
        return self._make("blocklist", "BlocklistRepository")

    @cached_property
    def approvals(self) -> Any:
        """Decisions that wait for a second person."""
        return self._make("approvals", "ApprovalRepository")

    @cached_property
    def operations(self) -> Operations:
        """What analysts' operations read and leave behind."""
        made: Operations = self._make("operations", "OperationRepository")
        return made

    @cached_property
    def match_facts(self) -> Any:
        """What a match run reads."""
        return self._make("match_facts", "SqlMatchFacts")

    @cached_property
    def exports(self) -> Any:
        """The tables that leave kontoklar."""
        return self._make("exports", "Exports")

    @cached_property
    def review_queue(self) -> Any:
        """What waits for a person."""
        return self._make("review_queue", "SqlReviewQueue")

    @cached_property
    def explanations(self) -> Any:
        """The whole story of one transaction."""
        return self._make("explain", "SqlExplanations")

    @cached_property
    def history(self) -> History:
        """The past as it was known."""
        made: History = self._make("history", "SqlHistory")
        return made

    @cached_property
    def learning(self) -> Learning:
        """What matching learns from."""
        made: Learning = self._make("learning", "LearningRepository")
        return made

    @cached_property
    def invariants(self) -> Invariants:
        """What ``check`` proves."""
        made: Invariants = self._make("invariants", "LedgerInvariants")
        return made


class _Lease:
    """What the books remember while they hold the right to write."""

    def __init__(self, run_id: str, epoch: int, command: str, as_of: date, started_at: str) -> None:
        self.run_id = run_id
        self.epoch = epoch
        self.row = {
            "run_id": run_id,
            "command": command,
            "as_of": as_of.isoformat(),
            "started_at": started_at,
            "epoch": epoch,
        }


class SqlBooks:
    """``pipelines.ports.work.Books`` on a ``Database`` that has been opened (``Database.open``) before.

    One per thread: the lease belongs to it.

    clock: gives the ISO instant of each unit of work; it comes from the command line or the flow.
    wait_seconds: how long a second run waits for the first before it steps back.
    """

    def __init__(
        self, database: Database, *, clock: Callable[[], str], wait_seconds: float = DEFAULT_WAIT_SECONDS
    ) -> None:
        self.database = database
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._lease: _Lease | None = None

    @cached_property
    def mode(self) -> str:
        """``live`` or ``test``, as fixed in the database."""
        return self.database.mode()

    def _context(self) -> WorkContext:
        return WorkContext(self._lease.run_id if self._lease else "", self.mode, self._clock())

    @contextmanager
    def read(self) -> Iterator[SqlWork]:
        """A consistent snapshot."""
        context = self._context()
        with self.database.read() as connection:
            yield SqlWork(connection, context)

    @contextmanager
    def write(self) -> Iterator[SqlWork]:
        """One commit under the lease; raises StaleRun without one or when a newer run has taken over."""
        lease = self._lease
        if lease is None:
            raise StaleRun("Nothing may be written without a lease: this is a mistake in the program.")
        context = self._context()
        with self.database.write() as connection:
            self.database.check_epoch(connection, lease.epoch)
            before = rows_written(connection)
            yield SqlWork(connection, context)
            # A run that changes nothing leaves no trace.
            if rows_written(connection) != before:
                insert_rows(connection, tables.run, [lease.row], skip_existing=True)

    def commit(self, phase: Callable[[Work], T]) -> T:
        """``phase`` in one commit, repeated as a whole when the database lost a race."""

        def once() -> T:
            with self.write() as work:
                return phase(work)

        return retrying(once)

    @contextmanager
    def lease(self, command: str, as_of: date) -> Iterator[WorkContext]:
        """The exclusive right to write; inside another lease of these books the outer one goes on."""
        if self._lease is not None:
            yield self._context()
            return
        mode = self.mode
        with self.database.lease(self._wait_seconds) as epoch:
            run_id = derive("run", mode, command, as_of.isoformat(), epoch)
            self._lease = _Lease(run_id, epoch, command, as_of, self._clock())
            try:
                yield self._context()
            finally:
                self._lease = None


if TYPE_CHECKING:
    # What is made by name above is held to its Protocol here.
    from sinks.access import AccessRepository
    from sinks.audit import AuditRepository
    from sinks.findings import FindingRepository
    from sinks.history import SqlHistory
    from sinks.invariants import LedgerInvariants
    from sinks.journal import JournalRepository
    from sinks.learning import LearningRepository
    from sinks.proposals import ProposalRepository

    def _holds_the_protocols(connection: Connection, context: WorkContext, books: SqlBooks) -> object:
        access: AccessRecords = AccessRepository(connection, context)
        audit: Audit = AuditRepository(connection, context)
        findings: Findings = FindingRepository(connection, context)
        invariants: Invariants = LedgerInvariants(connection, context)
        journal: Journal = JournalRepository(connection, context)
        proposals: Proposals = ProposalRepository(connection, context)
        history: History = SqlHistory(connection, context)
        learning: Learning = LearningRepository(connection, context)
        whole: Books = books
        return access, audit, findings, history, invariants, journal, learning, proposals, whole
