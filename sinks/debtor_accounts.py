"""Debtor accounts and their transaction accounts (``pipelines.ports.debtors.DebtorAccounts``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, case, func, select

from pipelines.model.debtor_account import (
    AccountLine,
    EntryKind,
    ItemFacts,
    allocation_kind,
    claim_line,
)
from pipelines.model.provisional import provision
from pipelines.ports.debtors import Balance
from pipelines.ports.work import WorkContext
from sinks import tables as t
from sinks.bulk import among
from sinks.current import latest_trigger_state, newest
from sinks.debtor_lines import ALLOCATED, CLAIM, ELSEWHERE, account_lines

# Lines that stand in debit: see ``model.debtor_account``, where the convention is.
_CREDIT_CLAIMS = ("credit", "goods_return")


class DebtorAccountRepository:
    """Implements ports.debtors.DebtorAccounts over one connection."""

    def __init__(self, connection: Connection, _context: WorkContext) -> None:
        self._connection = connection

    def lines(self, numbers: Collection[str]) -> list[AccountLine]:
        """Every line of these debtors' accounts."""
        owned = self._owned(numbers)
        query = account_lines(
            among(self._connection, t.receivable.c.invoice_number, owned),
            among(self._connection, t.allocation.c.invoice_number, owned)
            | ((t.allocation.c.invoice_number == "") & among(self._connection, t.allocation.c.debtor_number, numbers)),
        )
        kinds = self._claim_kinds(owned)
        rows = self._connection.execute(query).mappings().all()
        taken_back = {row["reverses"] for row in rows}
        return [_line(row, kinds, taken_back) for row in rows]

    def _owned(self, numbers: Collection[str]) -> list[str]:
        query = newest(t.receivable, "invoice_number").where(
            among(self._connection, t.receivable.c.debtor_number, numbers)
        )
        return [row["invoice_number"] for row in self._connection.execute(query).mappings()]

    def _claim_kinds(self, invoices: Collection[str]) -> dict[str, str]:
        k = t.claim_kind.c
        query = select(k.invoice_number, k.kind).where(among(self._connection, k.invoice_number, invoices))
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def items(self, numbers: Collection[str]) -> dict[str, ItemFacts]:
        """What the lines of their receivables do not say."""
        query = newest(t.receivable, "invoice_number").where(
            among(self._connection, t.receivable.c.debtor_number, numbers)
        )
        rows = {row["invoice_number"]: row for row in self._connection.execute(query).mappings()}
        collected = self._collection_days(rows)
        levels = self._levels(rows)
        return {
            number: ItemFacts(
                invoice_number=number,
                due_date=date.fromisoformat(row["due_date"]),
                document_type=row["document_type"],
                is_cancelled=row["status"] == "cancelled",
                payment_method=row["payment_method"],
                collection_day=date.fromisoformat(collected[number]) if number in collected else None,
                dunning_level=levels.get(number, 0),
            )
            for number, row in rows.items()
        }

    def _collection_days(self, invoices: Collection[str]) -> dict[str, str]:
        c = t.collection.c
        query = (
            select(c.invoice_number, func.max(c.collection_date))
            .where(among(self._connection, c.invoice_number, list(invoices)))
            .group_by(c.invoice_number)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def _levels(self, invoices: Collection[str]) -> dict[str, int]:
        state, trigger = latest_trigger_state().subquery(), t.dunning_trigger
        query = (
            select(trigger.c.invoice_number, func.max(trigger.c.level))
            .join(state, state.c.trigger_id == trigger.c.trigger_id)
            .where(state.c.state.in_(["ready", "delivered"]))
            .where(among(self._connection, trigger.c.invoice_number, list(invoices)))
            .group_by(trigger.c.invoice_number)
        )
        return {row[0]: int(row[1]) for row in self._connection.execute(query)}

    def balances(self, numbers: Collection[str], as_of: date) -> list[Balance]:
        """Debtor accounts in figures, summed by the database."""
        owned = self._owned(numbers)
        lines = account_lines(
            among(self._connection, t.receivable.c.invoice_number, owned),
            among(self._connection, t.allocation.c.invoice_number, owned)
            | ((t.allocation.c.invoice_number == "") & among(self._connection, t.allocation.c.debtor_number, numbers)),
        ).subquery("lines")
        kind = t.claim_kind
        in_debit = (
            (lines.c.source == CLAIM)
            & (lines.c.document_type != "credit_note")
            & func.coalesce(kind.c.kind, "").not_in(_CREDIT_CLAIMS)
        )
        item = (
            select(
                lines.c.debtor_number, lines.c.currency, lines.c.invoice_number,
                func.sum(lines.c.effect_minor).label("balance"),
                func.sum(case((in_debit, lines.c.effect_minor), else_=0)).label("debit"),
            )
            .join(kind, kind.c.invoice_number == lines.c.invoice_number, isouter=True)
            .group_by(lines.c.debtor_number, lines.c.currency, lines.c.invoice_number)
            .subquery("item")
        )  # fmt: skip
        newest_item = newest(t.receivable, "invoice_number").subquery("newest_item")
        is_open = (item.c.invoice_number != "") & (item.c.balance > 0)
        is_due = is_open & (newest_item.c.due_date < as_of.isoformat())
        query = (
            select(
                item.c.debtor_number, item.c.currency, func.sum(item.c.debit),
                func.sum(item.c.debit - item.c.balance),
                func.sum(case((is_due, item.c.balance), else_=0)),
                func.min(case((is_open, newest_item.c.due_date))),
                func.sum(case((is_open, 1), else_=0)),
            )
            .join(newest_item, newest_item.c.invoice_number == item.c.invoice_number, isouter=True)
            .group_by(item.c.debtor_number, item.c.currency)
            .order_by(item.c.debtor_number, item.c.currency)
        )  # fmt: skip
        return [
            Balance(row[0], row[1], int(row[2]), int(row[3]), int(row[4]), row[5] or "", int(row[6]))
            for row in self._connection.execute(query)
        ]


def _line(row: Mapping[Any, Any], claim_kinds: Mapping[str, str], taken_back: set[str]) -> AccountLine:
    number, day = row["invoice_number"], date.fromisoformat(row["issue_date"])
    loaded = date.fromisoformat(row["loaded"]) if row["loaded"] else None
    effect = int(row["effect_minor"])
    if row["source"] == ALLOCATED:
        stands = not row["reverses"] and row["allocation_id"] not in taken_back and effect < 0
        right = (
            provision(row["bank_kind"], day, gvc=row["gvc"], has_mandate=bool(row["mandate_id"])) if stands else None
        )
        return AccountLine(
            day=day,
            kind=allocation_kind(row["kind"], row["taken_back"], row["cause"]),
            effect_minor=effect,
            currency=row["currency"],
            invoice_number=number,
            debtor_number=row["debtor_number"],
            posting_number=int(row["posting_number"]),
            transaction_id=row["transaction_id"],
            entry_id=row["entry_id"],
            bank_reason=row["bank_reason"] if row["cause"] == "return" else "",
            reverses=row["taken_back"],
            provisional_until=right.until if right else None,
        )
    if row["source"] == ELSEWHERE:
        when = max(day, loaded) if loaded else day
        return AccountLine(when, EntryKind.PAID_ELSEWHERE, effect, row["currency"], number, row["debtor_number"])
    return claim_line(
        first=row["version"] == 1,
        cancelled=row["status"] == "cancelled",
        effect_minor=effect,
        currency=row["currency"],
        invoice_number=number,
        debtor_number=row["debtor_number"],
        document_type=row["document_type"],
        claim_kind=claim_kinds.get(number, ""),
        issue_date=day,
        loaded=loaded,
    )
