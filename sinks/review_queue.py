"""What waits for a person, oldest first (ports.review_queue)."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, func, select

from pipelines.model.money import format_minor
from pipelines.model.transaction import TransactionKind
from pipelines.ports.review_queue import Waiting
from pipelines.ports.work import WorkContext
from sinks import current
from sinks import tables as t

# Kinds that settle or take back something; for all others there is nothing to decide.
_DECIDABLE = (
    TransactionKind.RECEIPT,
    TransactionKind.COLLECTION,
    TransactionKind.RETURN_DEBIT,
    TransactionKind.RETURN_TRANSFER,
)


PAID_TWICE = "paid-twice"


class SqlReviewQueue:
    """Implements ports.review_queue.ReviewQueue over one connection."""

    def __init__(self, connection: Connection, _context: WorkContext) -> None:
        self._connection = connection

    def waiting(self, only: Collection[str] = ()) -> list[Waiting]:
        """Live transactions with unallocated money, each with its best proposal or its return link."""
        wanted = sorted(only)

        def of(query: Select[Any], column: Any) -> Any:
            """The query, narrowed before it is grouped, so that a few do not cost what all do."""
            return (query.where(column.in_(wanted)) if wanted else query).subquery()

        live = of(current.live_transactions(), t.bank_transaction.c.transaction_id)
        cash = of(current.cash_by_transaction(), t.allocation.c.transaction_id)
        seen = of(current.latest_consideration(), t.match_consideration.c.transaction_id)
        p, link = t.proposal, t.return_link
        key = live.c.transaction_id
        query = (
            select(
                live,
                func.coalesce(cash.c.cash_minor, 0).label("allocated_minor"),
                p.c.lines, p.c.probability, p.c.reason, p.c.message, p.c.pattern,
                link.c.state.label("link_state"), link.c.reason.label("link_reason"),
                link.c.invoice_number.label("link_invoice"),
            )
            .join(cash, cash.c.transaction_id == key, isouter=True)
            .join(seen, seen.c.transaction_id == key, isouter=True)
            .join(
                p,
                (p.c.transaction_id == key) & (p.c.match_no == seen.c.match_no) & (p.c.rank == 1),
                isouter=True,
            )
            .join(
                link,
                (link.c.transaction_id == key) & (link.c.match_no == seen.c.match_no) & (link.c.link_no == 1),
                isouter=True,
            )
            .where(live.c.kind.in_(_DECIDABLE), live.c.amount_minor != func.coalesce(cash.c.cash_minor, 0))
            .order_by(live.c.booking_date, key)
        )  # fmt: skip
        twice, held = self._paid_twice(), self._held()
        found = [_waiting(row, held) for row in self._connection.execute(query).mappings()]
        return [
            one._replace(reason=PAID_TWICE, message=twice[one.transaction_id]) if one.transaction_id in twice else one
            for one in found
        ]

    def _held(self) -> set[str]:
        """Transactions whose last word is ``hold``."""
        d = t.decision
        last = (
            select(func.max(d.c.sequence).label("sequence"))
            .where(d.c.command.in_(["hold", "release"]))
            .group_by(d.c.transaction_id)
            .subquery()
        )
        query = select(d.c.transaction_id).join(last, last.c.sequence == d.c.sequence).where(d.c.command == "hold")
        return set(self._connection.scalars(query))

    def _paid_twice(self) -> dict[str, str]:
        """transaction id → what to do about it, while the finding is open."""
        f, done = t.finding, t.finding_resolution
        query = (
            select(f.c.subject, f.c.message)
            .join(done, done.c.finding_id == f.c.finding_id, isouter=True)
            .where(f.c.code == PAID_TWICE, done.c.finding_id.is_(None))
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}


def _waiting(row: Any, held: Collection[str]) -> Waiting:
    invoices = [line["invoice_number"] for line in json.loads(row["lines"])] if row["lines"] else []
    if row["link_invoice"]:
        invoices.append(row["link_invoice"])
    if row["reason"]:
        reason = row["reason"]
    elif row["link_state"]:
        reason = f"return-{row['link_state']}"
    else:
        reason = "partly-allocated" if row["allocated_minor"] else "unmatched"
    return Waiting(
        transaction_id=row["transaction_id"],
        booking_date=row["booking_date"],
        amount=format_minor(int(row["amount_minor"]), row["currency"]),
        unallocated=format_minor(int(row["amount_minor"]) - int(row["allocated_minor"]), row["currency"]),
        currency=row["currency"],
        kind=row["kind"],
        counterparty=row["counterparty_name"],
        remittance=row["remittance"],
        invoices=tuple(dict.fromkeys(invoice for invoice in invoices if invoice)),
        probability=row["probability"],
        reason=reason,
        message=row["message"] or row["link_reason"] or "",
        account=row["counterparty_iban"] or "",
        pattern=row["pattern"] or "",
        held=row["transaction_id"] in held,
    )
