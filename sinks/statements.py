"""Statements, bookings and transactions in the database (``pipelines.ports.statements``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, and_, func, select

from pipelines.model.ledger import Cause
from pipelines.model.transaction import Booking, Transaction
from pipelines.ports.statements import (
    HeldStatement,
    MemberRow,
    ObservationRow,
    OpeningEntries,
    RangeRow,
    StatementRow,
    StoredBooking,
    UnprovenStatement,
    VerdictRow,
)
from pipelines.ports.work import WorkContext
from sinks.bulk import among, insert_tuples
from sinks.current import latest_verdicts
from sinks.tables import (
    allocation,
    bank_transaction,
    booking,
    entry_reversal,
    held_transaction,
    journal_entry,
    journal_line,
    observation,
    proven_range,
    statement,
    statement_verdict,
    superseded_transaction,
)
from sinks.transaction_queries import TransactionReads, is_proven
from sinks.transaction_rows import COLUMNS, iso_date, to_row

_STATEMENT_COLUMNS: Final = (*StatementRow._fields, "run_id")
_OBSERVATION: Final = [observation.c[name] for name in ObservationRow._fields]
_BOOKING_COLUMNS: Final = (
    "booking_id", "account", "booking_date", "value_date", "amount_minor", "currency", "occurrence", "statement_id",
    "run_id",
)  # fmt: skip


class StatementRepository(TransactionReads):
    """Statements and bookings on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        super().__init__(connection)
        self._context = context

    # --- what pull asks -----------------------------------------------------------------------------------------

    def known_statements(self, statement_ids: Collection[str]) -> set[str]:
        """Which of these are stored."""
        query = select(statement.c.statement_id).where(
            among(self._connection, statement.c.statement_id, set(statement_ids))
        )
        return set(self._connection.execute(query).scalars())

    def held(self, account: str | None = None, currency: str | None = None) -> list[HeldStatement]:
        """Quarantined statements."""
        latest = latest_verdicts()
        query = (
            select(
                *(statement.c[name] for name in StatementRow._fields),
                *(latest.c[name] for name in VerdictRow._fields),
            )
            .join(latest, latest.c.statement_id == statement.c.statement_id)
            .where(latest.c.verdict == "held")
        )
        if account is not None:
            query = query.where(statement.c.account == account)
        if currency is not None:
            query = query.where(statement.c.currency == currency)
        width = len(StatementRow._fields)
        found = [
            HeldStatement(_statement_row(row[:width]), VerdictRow(*row[width:]))
            for row in self._connection.execute(query)
        ]
        return sorted(found, key=lambda item: (item.row.account, item.row.statement_id))

    def chain(self, account: str, currency: str) -> tuple[RangeRow | None, list[MemberRow]]:
        """The newest range and the chained statements."""
        here = and_(proven_range.c.account == account, proven_range.c.currency == currency)
        newest = self._connection.execute(
            select(*(proven_range.c[name] for name in RangeRow._fields))
            .where(here)
            .order_by(proven_range.c.range_no.desc())
            .limit(1)
        ).first()
        if newest is None:
            return None, []
        members = self._connection.execute(
            select(*(statement.c[name] for name in MemberRow._fields))
            .join(proven_range, proven_range.c.statement_id == statement.c.statement_id)
            .where(here)
            .order_by(proven_range.c.range_no)
        )
        latest = RangeRow(*newest)
        latest = latest._replace(
            start_day=iso_date(newest.start_day),
            end_day=iso_date(newest.end_day),
            end_is_open=bool(newest.end_is_open),
        )
        return latest, [MemberRow(row[0], iso_date(row[1]), iso_date(row[2]), row[3], row[4]) for row in members]

    def bookings(
        self, account: str, currency: str, first: date, last: date, chained: Collection[str]
    ) -> list[StoredBooking]:
        """Bookings of these days with what they are known by."""
        here = (
            booking.c.account == account,
            booking.c.currency == currency,
            booking.c.booking_date >= first.isoformat(),
            booking.c.booking_date <= last.isoformat(),
        )
        told: dict[str, list[ObservationRow]] = defaultdict(list)
        query = select(*_OBSERVATION).join(booking, booking.c.booking_id == observation.c.booking_id).where(*here)
        for row in self._connection.execute(query):
            told[row[2]].append(ObservationRow(*row))
        batches = self._batches(account, currency, first, last)
        members = chained if isinstance(chained, (set, frozenset)) else set(chained)
        found = []
        columns = select(
            booking.c.booking_id,
            booking.c.booking_date,
            booking.c.value_date,
            booking.c.amount_minor,
            booking.c.occurrence,
        )
        for key, day, value_day, minor, occurrence in self._connection.execute(columns.where(*here)):
            rows = tuple(sorted(told.get(key, ())))
            undetailed, count, keys, is_batch = batches.get(key, ("", None, frozenset(), False))
            found.append(
                StoredBooking(
                    booking_id=key,
                    booking_date=iso_date(day),
                    value_date=iso_date(value_day),
                    amount_minor=minor,
                    occurrence=occurrence,
                    proven=any(row.statement_id in members for row in rows),
                    undetailed_id=undetailed,
                    is_batch=is_batch,
                    batch_count=count,
                    batch_keys=keys,
                    observations=rows,
                )
            )
        return sorted(found, key=lambda item: (item.booking_date, item.amount_minor, item.occurrence))

    def _batches(
        self, account: str, currency: str, first: date, last: date
    ) -> dict[str, tuple[str, int | None, frozenset[str], bool]]:
        """booking → (its replaceable transaction, number of payments, references of the batch, undetailed)."""
        query = (
            select(
                bank_transaction.c.booking_id,
                bank_transaction.c.transaction_id,
                bank_transaction.c.is_batch,
                bank_transaction.c.batch_count,
                bank_transaction.c.payment_information_id,
                bank_transaction.c.message_id,
                bank_transaction.c.bank_reference,
                superseded_transaction.c.transaction_id,
            )
            .join(
                superseded_transaction,
                superseded_transaction.c.transaction_id == bank_transaction.c.transaction_id,
                isouter=True,
            )
            .where(
                bank_transaction.c.account == account,
                bank_transaction.c.currency == currency,
                bank_transaction.c.booking_date >= first.isoformat(),
                bank_transaction.c.booking_date <= last.isoformat(),
            )
        )
        parts: dict[str, list[Any]] = defaultdict(list)
        for row in self._connection.execute(query):
            if row[7] is None:
                parts[row[0]].append(row)
        lone = {key: rows[0] for key, rows in parts.items() if len(rows) == 1 and rows[0].is_batch}
        touched = self._allocated([row.transaction_id for row in lone.values()])
        found: dict[str, tuple[str, int | None, frozenset[str], bool]] = {}
        for key, rows in parts.items():
            shared = [{row[column] for row in rows} for column in (4, 5, 6)]
            keys = frozenset(next(iter(values)) for values in shared if len(values) == 1) - {""}
            batch = lone.get(key)
            if batch is None:
                found[key] = ("", None, keys, False)
            else:
                replaceable = "" if batch.transaction_id in touched else batch.transaction_id
                found[key] = (replaceable, batch.batch_count, keys, True)
        return found

    def _allocated(self, transaction_ids: Collection[str]) -> set[str]:
        if not transaction_ids:
            return set()
        query = select(allocation.c.transaction_id).where(
            among(self._connection, allocation.c.transaction_id, transaction_ids)
        )
        return set(self._connection.execute(query).scalars())

    def sum_of_proven(self, account: str, currency: str, after: date) -> int:
        """Σ of proven bookings later than a day."""
        return self._sum(account, currency, booking.c.booking_date > after.isoformat(), is_proven())

    def sum_of_unproven(self, account: str, currency: str, before: date) -> int:
        """Σ of unproven bookings earlier than a day."""
        return self._sum(account, currency, booking.c.booking_date < before.isoformat(), ~is_proven())

    def _sum(self, account: str, currency: str, *conditions: Any) -> int:
        query = select(func.coalesce(func.sum(booking.c.amount_minor), 0)).where(
            booking.c.account == account, booking.c.currency == currency, *conditions
        )
        return int(self._connection.execute(query).scalar_one())

    def unproven(self, account: str, currency: str) -> list[UnprovenStatement]:
        """Statements still without proof, with the bookings they told."""
        latest = latest_verdicts()
        query = (
            select(latest.c.statement_id, latest.c.verdict_no, observation.c.booking_id)
            .join(statement, statement.c.statement_id == latest.c.statement_id)
            .join(observation, observation.c.statement_id == latest.c.statement_id)
            .where(latest.c.verdict == "unproven", statement.c.account == account, statement.c.currency == currency)
        )
        told: dict[tuple[str, int], set[str]] = defaultdict(set)
        for statement_id, number, booking_id in self._connection.execute(query):
            told[statement_id, number].add(booking_id)
        return [UnprovenStatement(*key, frozenset(bookings)) for key, bookings in sorted(told.items())]

    def proven_bookings(self, booking_ids: Collection[str]) -> set[str]:
        """Which of these bookings a chained statement contains."""
        query = select(booking.c.booking_id).where(
            among(self._connection, booking.c.booking_id, set(booking_ids)), is_proven()
        )
        return set(self._connection.execute(query).scalars())

    def openings(self, account: str, currency: str) -> OpeningEntries:
        """Opening entries, reversed ones counted too."""
        query = (
            select(journal_entry.c.entry_id, journal_entry.c.posting_number, entry_reversal.c.entry_id)
            .join(entry_reversal, entry_reversal.c.original_entry_id == journal_entry.c.entry_id, isouter=True)
            .join(
                journal_line,
                and_(journal_line.c.entry_id == journal_entry.c.entry_id, journal_line.c.line_no == 0),
            )
            .where(
                journal_entry.c.account == account,
                journal_entry.c.cause == Cause.OPENING.value,
                journal_entry.c.reverses == "",
                journal_line.c.currency == currency,
            )
            .order_by(journal_entry.c.posting_number)
        )
        rows = self._connection.execute(query).all()
        return OpeningEntries(len(rows), tuple(row[0] for row in rows if row[2] is None))

    # --- what pull writes ---------------------------------------------------------------------------------------

    def add_statements(self, rows: Sequence[StatementRow]) -> None:
        """Stores new statements."""
        run_id = self._context.run_id
        values = [(*(_plain(value) for value in row), run_id) for row in rows]
        insert_tuples(self._connection, statement, _STATEMENT_COLUMNS, values)

    def add_verdicts(self, rows: Sequence[VerdictRow]) -> None:
        """Stores verdicts."""
        values = [(*row, self._context.run_id) for row in rows]
        insert_tuples(self._connection, statement_verdict, (*VerdictRow._fields, "run_id"), values)

    def add_ranges(self, rows: Sequence[RangeRow]) -> None:
        """Stores how far the chain reaches now."""
        values = [(*(_plain(value) for value in row), self._context.run_id) for row in rows]
        insert_tuples(self._connection, proven_range, (*RangeRow._fields, "run_id"), values)

    def add_bookings(self, bookings: Sequence[tuple[Booking, str]]) -> None:
        """Stores bookings and their transactions."""
        run_id = self._context.run_id
        rows = [
            (
                item.booking_id, item.account, item.booking_date.isoformat(), item.value_date.isoformat(),
                item.amount_minor, item.currency, item.occurrence, statement_id, run_id,
            )
            for item, statement_id in bookings
        ]  # fmt: skip
        insert_tuples(self._connection, booking, _BOOKING_COLUMNS, rows)
        payments = [to_row(one, statement_id, run_id) for item, statement_id in bookings for one in item.transactions]
        insert_tuples(self._connection, bank_transaction, COLUMNS, payments)

    def add_observations(self, rows: Sequence[ObservationRow]) -> None:
        """Stores how documents told bookings."""
        insert_tuples(self._connection, observation, ObservationRow._fields, [tuple(row) for row in rows])

    def supersede(self, transaction_id: str, statement_id: str, details: Sequence[Transaction]) -> None:
        """Replaces an undetailed transaction by its details."""
        run_id = self._context.run_id
        insert_tuples(
            self._connection,
            superseded_transaction,
            ("transaction_id", "statement_id", "run_id"),
            [(transaction_id, statement_id, run_id)],
        )
        insert_tuples(
            self._connection, bank_transaction, COLUMNS, [to_row(one, statement_id, run_id) for one in details]
        )

    def add_held(self, statement_id: str, transactions: Sequence[Transaction]) -> None:
        """Stores the transactions of a quarantined statement; the same ones again are left as they are."""
        rows = [to_row(one, statement_id, self._context.run_id) for one in transactions]
        insert_tuples(self._connection, held_transaction, COLUMNS, rows, skip_existing=True)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


def _statement_row(values: Sequence[Any]) -> StatementRow:
    row = StatementRow(*values)
    return row._replace(
        from_day=iso_date(values[10]) if values[10] else None,
        to_day=iso_date(values[11]) if values[11] else None,
        opening_day=iso_date(values[13]) if values[13] else None,
        closing_day=iso_date(values[15]) if values[15] else None,
    )
