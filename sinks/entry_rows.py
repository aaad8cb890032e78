"""Rows of the journal tables as nouns."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Connection, select

from pipelines.model.ledger import Allocation, Cause, JournalEntry, JournalLine
from pipelines.model.proposal import AllocationKind
from sinks.tables import allocation, journal_entry, journal_line

ENTRY_COLUMNS: Final = (
    "entry_id",
    "posting_number",
    "booking_date",
    "account",
    "transaction_id",
    "cause",
    "reverses",
    "text",
    "content_hash",
    "run_id",
)
LINE_COLUMNS: Final = (
    "entry_id",
    "line_no",
    "account",
    "debit_minor",
    "credit_minor",
    "currency",
    "debtor_number",
    "invoice_number",
)
ALLOCATION_COLUMNS: Final = (
    "allocation_id",
    "entry_id",
    "transaction_id",
    "debtor_number",
    "invoice_number",
    "amount_minor",
    "cash_minor",
    "currency",
    "kind",
    "disposition",
    "probability",
    "proposal_id",
    "reverses",
    "run_id",
)


def load_entries(connection: Connection, condition: ColumnElement[bool]) -> list[tuple[JournalEntry, str]]:
    """Complete entries with their stored content hash, in posting order; ``condition`` is on ``journal_entry``."""
    lines: dict[str, list[JournalLine]] = defaultdict(list)
    line_query = (
        select(*(journal_line.c[name] for name in LINE_COLUMNS))
        .join(journal_entry, journal_entry.c.entry_id == journal_line.c.entry_id)
        .where(condition)
        .order_by(journal_line.c.line_no)
    )
    for row in connection.execute(line_query):
        lines[row[0]].append(JournalLine(*row[2:]))
    allocations: dict[str, list[Allocation]] = defaultdict(list)
    for found in load_allocations(connection, condition):
        allocations[found.entry_id].append(found)
    heads = select(*(journal_entry.c[name] for name in ENTRY_COLUMNS)).where(condition)
    return [
        (
            JournalEntry(
                entry_id=row.entry_id,
                booking_date=date.fromisoformat(row.booking_date),
                account=row.account,
                transaction_id=row.transaction_id,
                cause=Cause(row.cause),
                lines=tuple(lines[row.entry_id]),
                allocations=tuple(allocations[row.entry_id]),
                reverses=row.reverses,
                text=row.text,
            ),
            row.content_hash,
        )
        for row in connection.execute(heads.order_by(journal_entry.c.posting_number))
    ]


def load_allocations(connection: Connection, condition: ColumnElement[bool]) -> list[Allocation]:
    """Allocations in posting order; ``condition`` is on ``allocation`` or ``journal_entry``."""
    query = (
        select(*(allocation.c[name] for name in ALLOCATION_COLUMNS), journal_entry.c.posting_number)
        .join(journal_entry, journal_entry.c.entry_id == allocation.c.entry_id)
        .where(condition)
    )
    # Sorted here: databases order text differently.
    rows = sorted(connection.execute(query), key=lambda row: (row.posting_number, row.allocation_id))
    return [
        Allocation(
            allocation_id=row.allocation_id,
            entry_id=row.entry_id,
            transaction_id=row.transaction_id,
            debtor_number=row.debtor_number,
            invoice_number=row.invoice_number,
            amount_minor=row.amount_minor,
            cash_minor=row.cash_minor,
            currency=row.currency,
            kind=AllocationKind(row.kind),
            disposition=row.disposition,
            probability=row.probability,
            proposal_id=row.proposal_id,
            reverses=row.reverses,
        )
        for row in rows
    ]
