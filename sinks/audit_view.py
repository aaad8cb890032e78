"""The audit trail as people read it: with the debtor and the transaction each event is about, filtered.

Newer events say both in their details, under the hash. For older and automatic ones the transaction is the subject and
the debtors are those its money was allocated to.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from sqlalchemy import Connection, select

from pipelines.ports.work import WorkContext
from sinks import tables as t

COLUMNS = (
    "sequence", "at", "user", "event", "subject", "debtor_number", "transaction_id", "comment", "hash",
    "previous_hash", "details",
)  # fmt: skip


class AuditView:
    """Implements ports.audit.AuditReader over one connection."""

    def __init__(self, connection: Connection, _context: WorkContext) -> None:
        self._connection = connection

    def rows(
        self, filters: Mapping[str, str] | None = None, first: date | None = None, last: date | None = None
    ) -> Iterator[dict[str, str]]:
        """Rows as text, in order. filters: column → value, all of which hold (see ports.audit)."""
        debtors = self._debtors()
        query = select(t.audit).order_by(t.audit.c.sequence)
        if first is not None:
            query = query.where(t.audit.c.at >= first.isoformat())
        if last is not None:
            query = query.where(t.audit.c.at < (last + timedelta(days=1)).isoformat())
        result = self._connection.execution_options(yield_per=5000).execute(query)
        for row in result.mappings():
            details = json.loads(row["details"]) if row["details"].startswith("{") else {}
            transaction = str(details.get("transaction") or (row["subject"] if row["subject"] in debtors else ""))
            told = details.get("debtor")
            numbers = {str(told)} if told else debtors.get(transaction, set())
            shown = {
                **{name: str(row[name]) for name in COLUMNS if name in row},
                "debtor_number": "|".join(sorted(numbers - {""})),
                "transaction_id": transaction,
            }
            if all(_meets(shown[name], wanted) for name, wanted in (filters or {}).items()):
                yield {name: shown[name] for name in COLUMNS}

    def _debtors(self) -> dict[str, set[str]]:
        """transaction → debtors its money was ever allocated to; every booked transaction is a key."""
        found: dict[str, set[str]] = defaultdict(set)
        for transaction in self._connection.scalars(select(t.bank_transaction.c.transaction_id)):
            found[transaction] = set()
        a = t.allocation.c
        for transaction, number in self._connection.execute(select(a.transaction_id, a.debtor_number).distinct()):
            found[transaction].add(number)
        return found


def _meets(shown: str, wanted: str) -> bool:
    """Equal, capitals aside; one of a ``|``-joined list; the beginning before a ``*`` or of an id (six signs)."""
    cell, text = shown.lower(), wanted.lower()
    if text.endswith("*"):
        return cell.startswith(text[:-1])
    is_prefix = len(cell) == 32 and len(text) >= 6 and cell.startswith(text)
    return cell == text or text in cell.split("|") or is_prefix
