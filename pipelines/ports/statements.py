"""Statements, bookings and transactions as stored, and the questions other steps ask of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from pipelines.model.transaction import Booking, Transaction, TransactionKind, TransactionState

# --- rows ---------------------------------------------------------------------------------------------------------


class StatementRow(NamedTuple):
    """A statement as it arrived. first_day/last_day: days it covers; balances None where the format has none."""

    statement_id: str
    sha256: str
    position: str
    account: str
    currency: str
    format: str
    coverage: str
    identification: str
    number: str
    page: str
    from_day: date | None
    to_day: date | None
    opening_minor: int | None
    opening_day: date | None
    closing_minor: int | None
    closing_day: date | None
    entries: int
    booked_minor: int
    source: str
    source_file: str


class VerdictRow(NamedTuple):
    """A verdict on a statement: ``proven``, ``unproven``, ``held`` or ``known``. The highest number counts."""

    statement_id: str
    verdict_no: int
    verdict: str
    code: str
    message: str


class HeldStatement(NamedTuple):
    """A quarantined statement with its latest verdict."""

    row: StatementRow
    verdict: VerdictRow


class ObservationRow(NamedTuple):
    """How a document told a booking. text_key: folded remittance text."""

    statement_id: str
    position: str
    booking_id: str
    format: str
    bank_reference: str
    end_to_end_id: str
    counterparty_iban: str
    text_key: str


class RangeRow(NamedTuple):
    """How far the chain of proven balances of an account reached after a statement joined it."""

    account: str
    currency: str
    range_no: int
    start_day: date
    start_minor: int
    end_day: date
    end_minor: int
    end_is_open: bool
    statement_id: str


class MemberRow(NamedTuple):
    """A statement of the chain: its days and balances."""

    statement_id: str
    from_day: date
    to_day: date
    opening_minor: int
    closing_minor: int


class StoredBooking(NamedTuple):
    """A booking with what it is known by. proven: a chained statement contains it.

    undetailed_id: its one transaction when that stands for a whole batch and nothing of it is allocated yet, else "".
    batch_keys: references of its batch.
    """

    booking_id: str
    booking_date: date
    value_date: date
    amount_minor: int
    occurrence: int
    proven: bool
    undetailed_id: str
    is_batch: bool
    batch_count: int | None
    batch_keys: frozenset[str]
    observations: tuple[ObservationRow, ...]


class OpeningEntries(NamedTuple):
    """The opening entries of an account. posted: all that were ever posted; standing: ids of those not reversed."""

    posted: int
    standing: tuple[str, ...]


class UnprovenStatement(NamedTuple):
    """A statement whose latest verdict is ``unproven``, with the bookings it told."""

    statement_id: str
    verdict_no: int
    booking_ids: frozenset[str]


class OpenTransaction(NamedTuple):
    """A transaction with money in clearing. rest_minor: not allocated yet, signed like the amount."""

    transaction: Transaction
    rest_minor: int


class ListedTransaction(NamedTuple):
    """One row of the ``transactions`` table."""

    transaction: Transaction
    state: TransactionState


class AccountCoverage(NamedTuple):
    """How far an account is known.

    proven_from/proven_until: first and last day whose bookings are proven to be complete, None while nothing is.
    told_until: last day any statement that is not held speaks of. held_statements: quarantined now; held_from: the
    first day of them. unproven_bookings: booked without proof so far.
    """

    account: str
    currency: str
    proven_from: date | None
    proven_until: date | None
    told_until: date | None
    held_statements: int
    held_from: date | None
    unproven_bookings: int


# Kinds that no open item can explain; a transaction of one of them has nothing to match (state ``not_ours``).
NOTHING_TO_MATCH = frozenset(
    {
        TransactionKind.CHARGE,
        TransactionKind.OWN_TRANSFER,
        TransactionKind.PAYOUT,
        TransactionKind.OUTGOING,
        TransactionKind.OTHER,
        TransactionKind.REFUND,
    }
)


def transaction_state(
    kind: TransactionKind, amount_minor: int, rest_minor: int, *, has_allocations: bool, has_proposals: bool
) -> TransactionState:
    """Where a transaction stands, from facts. rest_minor: what of it is not allocated.

    An undone allocation leaves rows behind that cancel out: then the rest is the amount again. What a bank takes back
    to correct itself waits until it is linked; what it gives back like that never was a customer's.
    """
    if has_allocations and rest_minor == 0:
        return TransactionState.ALLOCATED
    if has_allocations and rest_minor != amount_minor:
        return TransactionState.PARTLY_ALLOCATED
    if has_proposals:
        return TransactionState.PROPOSED
    if kind in NOTHING_TO_MATCH or (kind is TransactionKind.REVERSAL and amount_minor > 0):
        return TransactionState.NOT_OURS
    return TransactionState.UNMATCHED


# --- the repository ---------------------------------------------------------------------------------------------


class TransactionQueries(Protocol):
    """What other steps read."""

    def transactions(self, transaction_ids: Collection[str]) -> dict[str, Transaction]:
        """Transactions by id; unknown ids are left out, superseded ones are found."""
        ...

    def all_transactions(self) -> list[Transaction]:
        """Every transaction that counts (superseded ones do not), by booking date, account and id."""
        ...

    def unallocated(self) -> list[OpenTransaction]:
        """Transactions of every kind that have money in clearing, by booking date, account and id."""
        ...

    def listing(self) -> Iterator[ListedTransaction]:
        """Rows of the ``transactions`` table with their state, held ones included, by booking date, account and id."""
        ...

    def states(self, transaction_ids: Collection[str]) -> dict[str, TransactionState]:
        """State by transaction; unknown and superseded ids are left out."""
        ...

    def own_accounts(self) -> set[str]:
        """Accounts (IBAN or account text) that statements were delivered for."""
        ...

    def newest_documents(self, family: str) -> list[str]:
        """Per account and currency the document (sha256) whose statement of a format family reaches furthest; of
        several the one that arrived last."""
        ...

    def coverage(self) -> list[AccountCoverage]:
        """Per account and currency how far it is known, sorted."""
        ...


class Statements(TransactionQueries, Protocol):
    """What ``pull`` reads and writes."""

    def known_statements(self, statement_ids: Collection[str]) -> set[str]:
        """Which of these are stored."""
        ...

    def held(self, account: str | None = None, currency: str | None = None) -> list[HeldStatement]:
        """Statements whose latest verdict is ``held``, of one account or all, by account and id."""
        ...

    def chain(self, account: str, currency: str) -> tuple[RangeRow | None, list[MemberRow]]:
        """The newest range and the chained statements in the order they joined."""
        ...

    def bookings(
        self, account: str, currency: str, first: date, last: date, chained: Collection[str]
    ) -> list[StoredBooking]:
        """Bookings of these days by date and occurrence. chained: the statements that prove what they contain."""
        ...

    def sum_of_proven(self, account: str, currency: str, after: date) -> int:
        """Σ of proven bookings later than a day, in minor units."""
        ...

    def sum_of_unproven(self, account: str, currency: str, before: date) -> int:
        """Σ of unproven bookings earlier than a day, in minor units."""
        ...

    def unproven(self, account: str, currency: str) -> list[UnprovenStatement]:
        """Statements whose latest verdict is ``unproven``."""
        ...

    def proven_bookings(self, booking_ids: Collection[str]) -> set[str]:
        """Which of these bookings a chained statement contains."""
        ...

    def openings(self, account: str, currency: str) -> OpeningEntries:
        """The account's opening entries in the journal."""
        ...

    def add_statements(self, rows: Sequence[StatementRow]) -> None:
        """Stores new statements."""
        ...

    def add_verdicts(self, rows: Sequence[VerdictRow]) -> None:
        """Stores verdicts; numbers continue those already stored."""
        ...

    def add_ranges(self, rows: Sequence[RangeRow]) -> None:
        """Stores how far the chain reaches now."""
        ...

    def add_bookings(self, bookings: Sequence[tuple[Booking, str]]) -> None:
        """Stores bookings and their transactions, each with the statement that tells it."""
        ...

    def add_observations(self, rows: Sequence[ObservationRow]) -> None:
        """Stores how documents told bookings."""
        ...

    def supersede(self, transaction_id: str, statement_id: str, details: Sequence[Transaction]) -> None:
        """Replaces an undetailed transaction by its details."""
        ...

    def add_held(self, statement_id: str, transactions: Sequence[Transaction]) -> None:
        """Stores the transactions of a quarantined statement for the eye only."""
        ...
