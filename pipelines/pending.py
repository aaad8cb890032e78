"""Entries the bank has announced and not booked: for the eye only, they never become transactions (D5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipelines.model.money import format_minor
from pipelines.model.statement import EntryDetail, EntryStatus, Statement
from pipelines.operator_view import masked


def pending_of(statements: Iterable[Statement]) -> list[dict[str, Any]]:
    """Rows of the pending entries, JSON-ready, by account and day. value_date: "" where the bank names none."""
    rows: list[dict[str, Any]] = []
    for statement in statements:
        for entry in statement.entries:
            if entry.status is not EntryStatus.PENDING:
                continue
            detail = entry.details[0] if entry.details else EntryDetail()
            day = entry.booking_date or entry.value_date
            rows.append(
                {
                    "account": masked(statement.account),
                    "value_date": day.isoformat() if day else "",
                    "amount": format_minor(entry.amount.minor, entry.amount.currency),
                    "currency": entry.amount.currency,
                    "counterparty": detail.counterparty.name,
                    "remittance": detail.remittance,
                    "end_to_end_id": detail.end_to_end_id,
                }
            )
    return sorted(rows, key=lambda row: (row["account"], row["value_date"], row["amount"], row["remittance"]))
