"""The journal (``pipelines.ports.journal``): entries go in once, everything else is a query over them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from pipelines.errors import AlreadyReversed, IdempotencyConflict, LedgerInvariantBroken
from pipelines.model.ledger import Allocation, JournalEntry
from pipelines.ports.journal import PostedSum
from pipelines.ports.work import WorkContext
from sinks.bulk import among, insert_tuples
from sinks.entry_hash import entry_hash
from sinks.entry_rows import ALLOCATION_COLUMNS, ENTRY_COLUMNS, LINE_COLUMNS, load_allocations, load_entries
from sinks.positions import PositionQueries
from sinks.tables import allocation, allocation_reversal, entry_reversal, journal_entry, journal_line


class JournalRepository(PositionQueries):
    """The journal on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        super().__init__(connection)
        self._context = context

    # --- writing ------------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[JournalEntry]) -> int:
        """Posts new entries in the given order."""
        hashes = {entry.entry_id: entry_hash(entry) for entry in entries}
        known = self._hashes(hashes)
        new: dict[str, JournalEntry] = {}
        for entry in entries:
            before = known.get(entry.entry_id)
            if before is None and entry.entry_id in new:
                before = entry_hash(new[entry.entry_id])
            if before is None:
                _refuse_imbalance(entry)
                new[entry.entry_id] = entry
            elif before != hashes[entry.entry_id]:
                raise IdempotencyConflict(f"Entry {entry.entry_id} exists with another content.")
        self._insert(list(new.values()), hashes)
        self._refuse_overdrawn({a.transaction_id for entry in new.values() for a in entry.allocations} - {""})
        return len(new)

    def _refuse_overdrawn(self, transaction_ids: Collection[str]) -> None:
        # The last line of defence against a cent spent twice, whoever made the entries.
        positions = self.cash(transaction_ids) if transaction_ids else {}
        for key in sorted(transaction_ids):
            position = positions.get(key)
            if position is None:
                raise LedgerInvariantBroken(f"Transaction {key} is not booked, and was to be allocated.")
            lower, upper = sorted((0, position.amount_minor))
            if not lower <= position.rest_minor <= upper:
                raise LedgerInvariantBroken(f"Transaction {key} would be allocated beyond its amount.")

    def _hashes(self, entry_ids: Collection[str]) -> dict[str, str]:
        query = select(journal_entry.c.entry_id, journal_entry.c.content_hash).where(
            among(self._connection, journal_entry.c.entry_id, entry_ids)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def _insert(self, entries: list[JournalEntry], hashes: dict[str, str]) -> None:
        last = self._connection.execute(select(func.max(journal_entry.c.posting_number))).scalar() or 0
        run_id = self._context.run_id
        heads: list[tuple[Any, ...]] = []
        lines: list[tuple[Any, ...]] = []
        allocations: list[tuple[Any, ...]] = []
        reversed_entries: list[tuple[Any, ...]] = []
        reversed_allocations: list[tuple[Any, ...]] = []
        for number, entry in enumerate(entries, last + 1):
            key = entry.entry_id
            heads.append(
                (
                    key,
                    number,
                    entry.booking_date.isoformat(),
                    entry.account,
                    entry.transaction_id,
                    entry.cause.value,
                    entry.reverses,
                    entry.text,
                    hashes[key],
                    run_id,
                )
            )
            for line_no, line in enumerate(entry.lines):
                lines.append(
                    (
                        key,
                        line_no,
                        line.account,
                        line.debit_minor,
                        line.credit_minor,
                        line.currency,
                        line.debtor_number,
                        line.invoice_number,
                    )
                )
            for a in entry.allocations:
                allocations.append(
                    (
                        a.allocation_id,
                        key,
                        a.transaction_id,
                        a.debtor_number,
                        a.invoice_number,
                        a.amount_minor,
                        a.cash_minor,
                        a.currency,
                        a.kind.value,
                        str(a.disposition),
                        a.probability,
                        a.proposal_id,
                        a.reverses,
                        run_id,
                    )
                )
                if a.reverses:
                    reversed_allocations.append((a.reverses, a.allocation_id))
            if entry.reverses:
                reversed_entries.append((entry.reverses, key))
        write = self._connection
        insert_tuples(write, journal_entry, ENTRY_COLUMNS, heads)
        insert_tuples(write, journal_line, LINE_COLUMNS, lines)
        insert_tuples(write, allocation, ALLOCATION_COLUMNS, allocations)
        try:
            insert_tuples(write, entry_reversal, ("original_entry_id", "entry_id"), reversed_entries)
            insert_tuples(write, allocation_reversal, ("original_allocation_id", "allocation_id"), reversed_allocations)
        except IdempotencyConflict:
            raise AlreadyReversed("An entry is reversed already; nothing of this commit was written.") from None

    # --- reading entries ----------------------------------------------------------------------------------------

    def entries(self, entry_ids: Collection[str]) -> dict[str, JournalEntry]:
        """Complete entries by id."""
        condition = among(self._connection, journal_entry.c.entry_id, entry_ids)
        return {entry.entry_id: entry for entry, _ in load_entries(self._connection, condition)} if entry_ids else {}

    def reversals(self, entry_ids: Collection[str]) -> dict[str, str]:
        """original entry id → reversing entry id."""
        query = select(entry_reversal.c.original_entry_id, entry_reversal.c.entry_id).where(
            among(self._connection, entry_reversal.c.original_entry_id, entry_ids)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def allocations_of_transactions(self, transaction_ids: Collection[str]) -> list[Allocation]:
        """All allocations of these transactions."""
        return load_allocations(self._connection, among(self._connection, allocation.c.transaction_id, transaction_ids))

    def allocations_of_invoices(self, invoice_numbers: Collection[str]) -> list[Allocation]:
        """All allocations to these items."""
        return load_allocations(self._connection, among(self._connection, allocation.c.invoice_number, invoice_numbers))

    def last_posting(self) -> int:
        """The highest posting number."""
        return int(self._connection.execute(select(func.max(journal_entry.c.posting_number))).scalar() or 0)

    def posted_after(self, posting_number: int) -> list[PostedSum]:
        """Allocations by kind and currency."""
        a = allocation.c
        query = (
            select(a.kind, a.currency, func.count(), func.sum(a.amount_minor))
            .join(journal_entry, journal_entry.c.entry_id == a.entry_id)
            .where(journal_entry.c.posting_number > posting_number)
            .group_by(a.kind, a.currency)
            .order_by(a.kind, a.currency)
        )
        return [
            PostedSum(kind, currency, int(n), int(total))
            for kind, currency, n, total in self._connection.execute(query)
        ]

    def generations(self, transaction_ids: Collection[str]) -> dict[tuple[str, str, str], int]:
        """How many allocation entries of each (transaction, invoice, debtor) were undone."""
        original, undoing = allocation.alias("original"), allocation.alias("undoing")
        # Taken back by a return, the money belongs to the return; only a Storno keeps the transaction.
        query = (
            select(
                original.c.transaction_id,
                original.c.invoice_number,
                original.c.debtor_number,
                func.count(original.c.entry_id.distinct()),
            )
            .join(allocation_reversal, allocation_reversal.c.original_allocation_id == original.c.allocation_id)
            .join(undoing, undoing.c.allocation_id == allocation_reversal.c.allocation_id)
            .where(
                undoing.c.transaction_id == original.c.transaction_id,
                among(self._connection, original.c.transaction_id, transaction_ids),
            )
            .group_by(original.c.transaction_id, original.c.invoice_number, original.c.debtor_number)
        )
        return {(row[0], row[1], row[2]): int(row[3]) for row in self._connection.execute(query)}


def _refuse_imbalance(entry: JournalEntry) -> None:
    # Independent of pipelines.book on purpose: what is written is checked where it is written.
    sums: dict[str, int] = defaultdict(int)
    for line in entry.lines:
        sums[line.currency] += line.debit_minor - line.credit_minor
    if not sums or any(sums.values()):
        raise LedgerInvariantBroken(f"Entry {entry.entry_id} does not balance and was refused.")
