"""What the ledger says about money and items today: views over allocations, one query each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, exists, func, select

from pipelines.model.proposal import AllocationKind
from pipelines.model.receivable import ItemStatus
from pipelines.ports.journal import CashPosition, OpenItem, PayerHistory, Settlement
from sinks.bulk import among
from sinks.current import is_live
from sinks.tables import (
    allocation,
    allocation_reversal,
    bank_transaction,
    journal_entry,
    receivable,
)


def newest_version() -> ColumnElement[bool]:
    """Condition on ``receivable``: no higher version exists."""
    later = receivable.alias("later")
    return ~exists().where(
        later.c.invoice_number == receivable.c.invoice_number, later.c.version > receivable.c.version
    )


def not_undone() -> ColumnElement[bool]:
    """Condition on ``allocation``: it takes nothing back itself and was not undone by a Storno of ours.

    A return of the bank's does not count: the payment did arrive, and its money went to the return.
    """
    undoing = allocation.alias("undoing")
    return and_(
        allocation.c.kind != AllocationKind.REVERSAL.value,
        ~exists().where(
            allocation_reversal.c.original_allocation_id == allocation.c.allocation_id,
            undoing.c.allocation_id == allocation_reversal.c.allocation_id,
            undoing.c.transaction_id == allocation.c.transaction_id,
        ),
    )


def settles() -> ColumnElement[bool]:
    """Condition on ``allocation``: money of a payment came to rest here. What moved it on, or sent it back, is no
    settlement of its own; it is found by ``Operations.moved``."""
    a = allocation.c
    kinds = [AllocationKind.REVERSAL, AllocationKind.FEE, AllocationKind.REBOOKING, AllocationKind.REFUND]
    cleared = and_(a.kind == AllocationKind.SMALL_DIFFERENCE.value, a.invoice_number == "")
    return and_(a.kind.not_in([kind.value for kind in kinds]), a.transaction_id != "", ~cleared)


class PositionQueries:
    """The reading half of the journal that answers with sums."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _sums(self, key: str, value: str, values: Collection[str] | None) -> Subquery:
        query = select(allocation.c[key], func.sum(allocation.c[value]).label("total")).group_by(allocation.c[key])
        if values is not None:
            query = query.where(among(self._connection, allocation.c[key], values))
        return query.subquery()

    def cash(self, transaction_ids: Collection[str] | None = None) -> dict[str, CashPosition]:
        """Amount and unallocated rest per transaction."""
        t = bank_transaction.c
        sums = self._sums("transaction_id", "cash_minor", transaction_ids)
        rest = t.amount_minor - func.coalesce(sums.c.total, 0)
        query: Select[Any] = (
            select(t.transaction_id, t.account, t.booking_date, t.amount_minor, t.currency, rest)
            .join(sums, sums.c.transaction_id == t.transaction_id, isouter=True)
            .where(is_live())
        )
        query = query.where(
            rest != 0 if transaction_ids is None else among(self._connection, t.transaction_id, transaction_ids)
        )
        return {
            row[0]: CashPosition(row[0], row[1], date.fromisoformat(row[2]), row[3], row[4], int(row[5]))
            for row in self._connection.execute(query)
        }

    def open_items(self, invoice_numbers: Collection[str] | None = None) -> dict[str, OpenItem]:
        """Position per item."""
        r = receivable.c
        sums = self._sums("invoice_number", "amount_minor", invoice_numbers)
        allocated = func.coalesce(sums.c.total, 0)
        query: Select[Any] = (
            select(
                r.invoice_number,
                r.debtor_number,
                r.amount_minor,
                r.settled_elsewhere_minor,
                allocated,
                r.currency,
                r.status,
                r.tax_rate_basis_points,
            )
            .join(sums, sums.c.invoice_number == r.invoice_number, isouter=True)
            .where(newest_version())
        )
        if invoice_numbers is None:
            query = query.where(
                r.amount_minor - r.settled_elsewhere_minor - allocated != 0, r.status == ItemStatus.OPEN.value
            )
        else:
            query = query.where(among(self._connection, r.invoice_number, invoice_numbers))
        return {
            row[0]: OpenItem(row[0], row[1], row[2], row[3], int(row[4]), row[5], row[6], row[7])
            for row in self._connection.execute(query)
        }

    def allocated(self) -> dict[str, int]:
        """invoice number → sum of its allocations."""
        sums = self._sums("invoice_number", "amount_minor", None)
        query = select(sums.c.invoice_number, sums.c.total).where(sums.c.invoice_number != "")
        return {row[0]: int(row[1]) for row in self._connection.execute(query)}

    def settlements(
        self, *, transaction_ids: Collection[str] | None = None, invoice_numbers: Collection[str] | None = None
    ) -> list[Settlement]:
        """Unreversed settling entries."""
        a, e = allocation.c, journal_entry.c
        taken_back = exists().where(allocation_reversal.c.original_allocation_id == a.allocation_id)
        query: Select[Any] = (
            select(
                e.posting_number,
                a.entry_id,
                a.transaction_id,
                a.invoice_number,
                a.debtor_number,
                func.sum(a.amount_minor),
                func.sum(a.cash_minor),
                a.currency,
                e.booking_date,
            )
            .join(journal_entry, e.entry_id == a.entry_id)
            .where(settles(), ~taken_back)
            .group_by(
                e.posting_number,
                a.entry_id,
                a.transaction_id,
                a.invoice_number,
                a.debtor_number,
                a.currency,
                e.booking_date,
            )
            .order_by(e.posting_number)
        )
        if transaction_ids is not None:
            query = query.where(among(self._connection, a.transaction_id, transaction_ids))
        if invoice_numbers is not None:
            query = query.where(among(self._connection, a.invoice_number, invoice_numbers))
        return [
            Settlement(row[1], row[2], row[3], row[4], int(row[5]), int(row[6]), row[7], date.fromisoformat(row[8]))
            for row in self._connection.execute(query)
        ]

    def payers(self) -> list[PayerHistory]:
        """Confirmed payer IBAN → debtor pairs."""
        t, a = bank_transaction.c, allocation.c
        # One transaction may pay several items of one debtor; it is one payment.
        pairs = (
            select(
                t.counterparty_iban,
                a.debtor_number,
                a.transaction_id,
                t.booking_date,
                func.max(case((a.disposition == "decided", 1), else_=0)).label("decided"),
            )
            .join(bank_transaction, t.transaction_id == a.transaction_id)
            .where(t.counterparty_iban != "", a.debtor_number != "", a.cash_minor > 0, t.amount_minor > 0, not_undone())
            .group_by(t.counterparty_iban, a.debtor_number, a.transaction_id, t.booking_date)
            .subquery()
        )
        query = select(
            pairs.c.counterparty_iban,
            pairs.c.debtor_number,
            func.count(),
            func.sum(pairs.c.decided),
            func.max(pairs.c.booking_date),
        ).group_by(pairs.c.counterparty_iban, pairs.c.debtor_number)
        return sorted(
            PayerHistory(row[0], row[1], int(row[2]), int(row[3]), date.fromisoformat(row[4]))
            for row in self._connection.execute(query)
        )
