"""Posted returns and the answers to them, read from the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date
from typing import Final

from sqlalchemy import Connection, bindparam, select, text

from pipelines.model.dunning_case import PostedReturn, ReturnAnswer
from sinks import tables as t
from sinks.bulk import among

# What an item got back is negative on an invoice. A reversal that was itself taken back is no return any more.
_RETURNS: Final = """
SELECT a.transaction_id, a.invoice_number, a.debtor_number, x.reason_code, e.posting_number, a.currency,
    x.end_to_end_id, x.mandate_id, x.booking_date, x.counterparty_iban,
    CASE WHEN w.transaction_id IS NULL THEN 0 ELSE 1 END AS answered
FROM (
    SELECT transaction_id, invoice_number, debtor_number, currency, MIN(entry_id) AS entry_id FROM allocation
    WHERE kind = 'reversal' AND invoice_number <> '' AND amount_minor < 0 AND transaction_id <> ''
    GROUP BY transaction_id, invoice_number, debtor_number, currency
) a
JOIN journal_entry e ON e.entry_id = a.entry_id AND e.cause = 'return'
JOIN bank_transaction x ON x.transaction_id = a.transaction_id AND x.kind = 'return_debit'
LEFT JOIN return_answer w ON w.transaction_id = a.transaction_id AND w.invoice_number = a.invoice_number
WHERE NOT EXISTS (SELECT 1 FROM entry_reversal v WHERE v.original_entry_id = e.entry_id)
ORDER BY e.posting_number, a.invoice_number
"""
_CHARGES: Final = """
SELECT transaction_id, CAST(-SUM(cash_minor) AS BIGINT) FROM allocation WHERE kind = 'fee' GROUP BY transaction_id
"""


def posted_returns(connection: Connection) -> list[PostedReturn]:
    """Posted returns without an answer, in posting order. Whose account it was: as the bank says, else as collected."""
    rows = [*connection.execute(text(_RETURNS)).mappings()]
    if all(row["answered"] for row in rows):
        return []
    charges = {key: int(minor) for key, minor in connection.execute(text(_CHARGES)).tuples()}
    c = t.collection.c
    wanted = sorted({row["invoice_number"] for row in rows if not row["answered"]})
    collected = (
        select(c.invoice_number, c.debtor_iban)
        .where(among(connection, c.invoice_number, wanted), c.debtor_iban != "")
        .order_by(c.collection_date, c.version)
    )
    ibans = {row[0]: row[1] for row in connection.execute(collected)}
    times: Counter[str] = Counter()
    charged: set[str] = set()
    found = []
    for row in rows:
        times[row["invoice_number"]] += 1
        key = row["transaction_id"]
        first = key not in charged
        charged.add(key)
        if row["answered"]:
            continue
        found.append(
            PostedReturn(
                key, row["invoice_number"], row["debtor_number"], row["reason_code"], times[row["invoice_number"]],
                charges.get(key, 0) if first else 0, row["currency"],
                row["counterparty_iban"] or ibans.get(row["invoice_number"], ""),
                row["end_to_end_id"], row["mandate_id"], date.fromisoformat(row["booking_date"]),
            )
        )  # fmt: skip
    return found


def answer_rows(connection: Connection, transaction_id: str, since: date | None) -> list[ReturnAnswer]:
    """Answers to returns, oldest first; of one return, or of all since a day."""
    r = t.return_answer
    query = select(*(r.c[name] for name in ReturnAnswer.__slots__)).order_by(r.c.as_of, r.c.transaction_id)
    if transaction_id:
        query = query.where(r.c.transaction_id == transaction_id)
    if since is not None:
        query = query.where(r.c.as_of >= since.isoformat())
    return [
        ReturnAnswer(**{**row, "as_of": date.fromisoformat(row["as_of"])})
        for row in connection.execute(query).mappings()
    ]


_LETTERS: Final = """
SELECT t.invoice_number, MIN(e.as_of) FROM trigger_event e JOIN dunning_trigger t ON t.trigger_id = e.trigger_id
WHERE e.state IN :left GROUP BY t.invoice_number
"""
_CHARGED: Final = """
SELECT k.of_invoice, k.kind, CAST(SUM(r.amount_minor) AS BIGINT)
FROM claim_kind k JOIN receivable r ON r.invoice_number = k.invoice_number
WHERE r.status <> 'cancelled'
    AND NOT EXISTS (SELECT 1 FROM receivable n WHERE n.invoice_number = r.invoice_number AND n.version > r.version)
GROUP BY k.of_invoice, k.kind
"""


def first_letters(connection: Connection, *, delivered: bool) -> dict[str, date]:
    """Invoice number → day of its first dunning message. delivered: a message that only was ready is none."""
    states = ["delivered"] if delivered else ["delivered", "ready"]
    query = text(_LETTERS).bindparams(bindparam("left", states, expanding=True))
    return {row[0]: date.fromisoformat(row[1]) for row in connection.execute(query)}


def charged(connection: Connection) -> dict[tuple[str, str], int]:
    """(invoice number, kind) → what was charged on it and not undone, in minor units."""
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(text(_CHARGED))}


def payments(connection: Connection, invoice_numbers: Collection[str]) -> dict[str, list[tuple[date, int]]]:
    """Invoice number → what lowered (or, taken back, raised) it, day by day, in minor units."""
    a, e = t.allocation, t.journal_entry
    query = (
        select(a.c.invoice_number, e.c.booking_date, a.c.amount_minor)
        .join(e, e.c.entry_id == a.c.entry_id)
        .where(among(connection, a.c.invoice_number, list(invoice_numbers)))
        .order_by(e.c.booking_date, e.c.posting_number)
    )
    found: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for number, day, minor in connection.execute(query):
        found[number].append((date.fromisoformat(day), int(minor)))
    return dict(found)
