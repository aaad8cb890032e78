"""Customer numbers that meet one criterion (``pipelines.ports.debtors.DebtorSearch``).

Every way a value can be known counts: loaded, on an invoice, on a collection, from a confirmed payment, from a person.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, func, select, union

from pipelines.ports.work import WorkContext
from sinks import tables as t
from sinks.current import newest
from sinks.positions import not_undone


class DebtorSearchRepository:
    """Implements ports.debtors.DebtorSearch over one connection."""

    def __init__(self, connection: Connection, _context: WorkContext) -> None:
        self._connection = connection
        self._debtor = newest(t.debtor, "debtor_number").subquery("d")
        self._item = newest(t.receivable, "invoice_number").subquery("r")
        self._criteria: dict[str, Callable[[str], list[Select[Any]]]] = {
            "iban": self._iban,
            "email": lambda value: [
                self._debtors(func.lower(self._debtor.c.email) == value.lower()),
                self._said("email", value, folded=True),
            ],
            "external-id": lambda value: [
                self._debtors(self._debtor.c.external_id == value), self._said("external_id", value)
            ],
            "tag": lambda value: [
                self._debtors(_listed(self._debtor.c.tags, value)), self._said("tags", value, folded=True)
            ],
            "invoice": lambda value: [self._items(func.upper(self._item.c.invoice_number) == value.upper())],
            "order": lambda value: [self._items(func.upper(self._item.c.order_number) == value.upper())],
            "mandate": self._mandate,
            "contract": lambda value: [
                self._items(self._item.c.contract_id == value),
                select(t.contract.c.debtor_number).where(t.contract.c.contract_id == value),
            ],
        }  # fmt: skip

    def numbers_with(self, criterion: str, value: str) -> set[str]:
        """Customer numbers; KeyError for an unknown criterion."""
        return set(self._connection.scalars(union(*self._criteria[criterion](value)))) - {""}

    def _debtors(self, condition: ColumnElement[bool]) -> Select[Any]:
        return select(self._debtor.c.debtor_number).where(condition)

    def _items(self, condition: ColumnElement[bool]) -> Select[Any]:
        return select(self._item.c.debtor_number).where(condition)

    @staticmethod
    def _said(field: str, value: str, *, folded: bool = False) -> Select[Any]:
        f = t.debtor_fact.c
        same = func.lower(f.value) == value.lower() if folded else f.value == value
        return select(f.debtor_number).where(f.field == field, f.action.in_(["add", "set"]), same)

    def _iban(self, value: str) -> list[Select[Any]]:
        a, bank, c = t.allocation, t.bank_transaction, t.collection
        return [
            self._debtors(_listed(self._debtor.c.ibans, value)),
            self._items(_listed(self._item.c.debtor_ibans, value)),
            self._said("ibans", value),
            select(self._item.c.debtor_number)
            .join(c, c.c.invoice_number == self._item.c.invoice_number)
            .where(c.c.debtor_iban == value),
            select(a.c.debtor_number)
            .join(bank, bank.c.transaction_id == a.c.transaction_id)
            .where(bank.c.counterparty_iban == value, not_undone()),
        ]

    def _mandate(self, value: str) -> list[Select[Any]]:
        c = t.collection
        return [
            self._items(self._item.c.mandate_id == value),
            select(self._item.c.debtor_number)
            .join(c, c.c.invoice_number == self._item.c.invoice_number)
            .where(c.c.mandate_id == value),
        ]

    def numbers_active(self, first: date | None, last: date | None) -> set[str]:
        """Debtors with an invoice issued or a payment allocated on these days."""
        a, entry = t.allocation, t.journal_entry
        queries = [
            select(self._item.c.debtor_number).where(*_within(self._item.c.issue_date, first, last)),
            select(a.c.debtor_number)
            .join(entry, entry.c.entry_id == a.c.entry_id)
            .where(*_within(entry.c.booking_date, first, last)),
        ]
        return set(self._connection.scalars(union(*queries))) - {""}


def _listed(column: Column[Any] | ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """Whether a ``|``-joined list holds the value, capitals aside."""
    joined = "|" + func.lower(column) + "|"
    return joined.contains(f"|{value.lower()}|", autoescape=True)


def _within(column: ColumnElement[Any], first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    conditions = []
    if first is not None:
        conditions.append(column >= first.isoformat())
    if last is not None:
        conditions.append(column <= last.isoformat())
    return conditions
