"""Operations as tables leave kontoklar, and what they add to other tables."""

from __future__ import annotations

from typing import Final

import pandas as pd
from sqlalchemy import Connection, select, text

from pipelines.model.money import format_minor
from pipelines.model.proposal import AllocationKind
from pipelines.ports.work import WorkContext
from sinks import tables as t
from sinks.operations import OperationRepository

_WRITTEN_OFF: Final = """
SELECT a.invoice_number, SUM(CASE WHEN a.kind = 'write_off' OR o.kind = 'write_off' THEN a.amount_minor
    ELSE -a.cash_minor END)
FROM allocation a LEFT JOIN allocation o ON o.allocation_id = a.reverses
WHERE a.kind IN ('write_off', 'recovery') OR o.kind IN ('write_off', 'recovery')
GROUP BY a.invoice_number
"""
_OPERATIONS: Final = [
    "decision_id", "at", "user", "command", "transaction_id", "invoice_number", "debtor_number", "amount", "currency",
    "entries", "undone_by", "reason",
]  # fmt: skip
_REFUNDS: Final = [
    "decision_id", "end_to_end_id", "debtor_number", "invoice_number", "amount", "currency", "iban", "execution_day",
    "message_id", "state", "transaction_id",
]  # fmt: skip
# What the payer's own words decided, when the automatic matching went by them (``decide``).
_BY_REFERENCE: Final = frozenset(
    {"own-id-returned", "exact-reference-and-amount", "exact-reference-and-payer", "overpayment", "several-items"}
)


def operations_table(connection: Connection) -> pd.DataFrame:
    """One row per decision, oldest first."""
    o, d, u = t.operation, t.decision, t.operation_undo
    query = (
        select(
            d.c.decision_id, d.c.at, d.c.user, d.c.reason, o.c.command, o.c.transaction_id, o.c.invoice_number,
            o.c.debtor_number, o.c.amount_minor, o.c.currency, o.c.entries, u.c.decision_id.label("undone_by"),
        )
        .join(d, d.c.decision_id == o.c.decision_id)
        .join(u, u.c.original_decision_id == o.c.decision_id, isouter=True)
        .order_by(d.c.sequence)
    )  # fmt: skip
    rows = [
        {
            **row,
            "amount": format_minor(int(row["amount_minor"]), row["currency"]),
            "entries": row["entries"].replace(" ", "|"),
            "undone_by": row["undone_by"] or "",
        }
        for row in connection.execute(query).mappings()
    ]
    return pd.DataFrame(rows, columns=_OPERATIONS)


def refunds_table(connection: Connection) -> pd.DataFrame:
    """One row per refund with its state; transaction_id: the booking that carried it out."""
    found = OperationRepository(connection, WorkContext("", "", "")).refunds()
    rows = [
        {
            **one._asdict(),
            "amount": format_minor(one.amount_minor, one.currency),
            "execution_day": one.execution_day.isoformat(),
            "transaction_id": one.paid_by,
        }
        for one in found
    ]
    return pd.DataFrame(rows, columns=_REFUNDS)


def refunded_transactions(connection: Connection) -> set[str]:
    """Bank transactions that carried a refund of ours out."""
    a = t.allocation.c
    return set(connection.scalars(select(a.transaction_id).where(a.kind == AllocationKind.REFUND.value)))


def written_off(connection: Connection) -> dict[str, int]:
    """invoice number → what is written off and not recovered: the claim that remains outside the books."""
    return {number: int(minor) for number, minor in connection.execute(text(_WRITTEN_OFF)) if minor}


def allocation_rules(connection: Connection) -> dict[str, tuple[str, str]]:
    """allocation id → (rule, law): stored with decisions by law; for automatic posts told from their evidence."""
    a, p = t.allocation, t.proposal
    query = (
        select(a.c.allocation_id)
        .join(p, p.c.proposal_id == a.c.proposal_id)
        .where(p.c.reason.in_(sorted(_BY_REFERENCE)), a.c.invoice_number != "")
    )
    rules = dict.fromkeys(connection.scalars(query), ("designation", "BGB §366(1)"))
    r = t.allocation_rule.c
    rules.update({row[0]: (row[1], row[2]) for row in connection.execute(select(r.allocation_id, r.rule, r.law))})
    return rules
