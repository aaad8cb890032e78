"""The proof that debtor accounts are the sum of their transaction accounts, and both what is open (``check``).

Three readings that share nothing: the lines people see (every version, every allocation), the newest version less its
allocations as ``open-items`` has it, and what the journal posted on the receivable account.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Connection, case, func, select, text

from sinks import tables as t
from sinks.debtor_lines import account_lines, bare_lines

_OPEN: Final = """
SELECT r.invoice_number, r.debtor_number, r.currency, r.status, r.amount_minor,
    CASE WHEN r.status = 'cancelled' THEN 0
         WHEN r.amount_minor >= 0 AND r.amount_minor - r.settled_elsewhere_minor - coalesce(a.total, 0) <= 0 THEN 0
         WHEN r.amount_minor < 0 AND r.amount_minor - r.settled_elsewhere_minor - coalesce(a.total, 0) >= 0 THEN 0
         ELSE r.amount_minor - r.settled_elsewhere_minor - coalesce(a.total, 0) END AS open_minor
FROM receivable r
LEFT JOIN (SELECT invoice_number, sum(amount_minor) AS total FROM allocation GROUP BY invoice_number) AS a
    ON a.invoice_number = r.invoice_number
WHERE NOT EXISTS (SELECT 1 FROM receivable n WHERE n.invoice_number = r.invoice_number AND n.version > r.version)
"""
# What the journal did to each debtor: a claim we post ourselves is in the receivable row already.
_POSTED: Final = """
SELECT l.invoice_number, l.debtor_number, l.currency, sum(l.debit_minor - l.credit_minor) AS posted
FROM journal_line l JOIN journal_entry e ON e.entry_id = l.entry_id
LEFT JOIN journal_entry o ON o.entry_id = e.reverses
WHERE l.account = :receivable AND e.cause <> 'claim' AND coalesce(o.cause, '') <> 'claim'
GROUP BY l.invoice_number, l.debtor_number, l.currency
"""
_CLAIMED: Final = """
SELECT r.debtor_number, r.currency, sum(r.amount_minor - r.settled_elsewhere_minor) AS claimed FROM receivable r
WHERE r.status <> 'cancelled'
  AND NOT EXISTS (SELECT 1 FROM receivable n WHERE n.invoice_number = r.invoice_number AND n.version > r.version)
GROUP BY r.debtor_number, r.currency
"""


def unlike_open_items(connection: Connection) -> tuple[int, list[tuple[str, int]]]:
    """How many transaction accounts there are, and those whose balance is not what is open: (invoice, difference).

    What was paid beyond the claim is the debtor's credit: the balance shows it, ``open-items`` says zero.
    """
    lines = bare_lines()
    balance = (
        select(lines.c.invoice_number, func.sum(lines.c.effect_minor).label("balance"))
        .where(lines.c.invoice_number != "")
        .group_by(lines.c.invoice_number)
        .subquery("balance")
    )
    items = text(_OPEN).columns(
        t.receivable.c.invoice_number, t.receivable.c.debtor_number, t.receivable.c.currency, t.receivable.c.status,
        t.receivable.c.amount_minor, t.receivable.c.open_minor,
    ).subquery("items")  # fmt: skip
    shown = func.coalesce(balance.c.balance, 0)
    owed = case(
        (items.c.status == "cancelled", 0), (items.c.amount_minor >= 0, _positive(shown)), else_=_negative(shown)
    )
    query = select(items.c.invoice_number, owed - items.c.open_minor).join(
        balance, balance.c.invoice_number == items.c.invoice_number, isouter=True
    )
    count = int(connection.scalar(select(func.count()).select_from(items)) or 0)
    broken = [(row[0], int(row[1])) for row in connection.execute(query.where(owed != items.c.open_minor))]
    return count, broken


def unlike_journal(connection: Connection, receivable: str) -> tuple[int, list[tuple[str, int]]]:
    """How many debtor accounts there are, and those unlike claims and journal: (debtor number, difference)."""
    lines = account_lines().subquery("all_lines")
    shown = {
        (row[0], row[1]): int(row[2])
        for row in connection.execute(
            select(lines.c.debtor_number, lines.c.currency, func.sum(lines.c.effect_minor)).group_by(
                lines.c.debtor_number, lines.c.currency
            )
        )
    }
    owner = {row[0]: row[1] for row in connection.execute(text(_OWNERS))}
    proven: dict[tuple[str, str], int] = {}
    for number, currency, claimed in connection.execute(text(_CLAIMED)):
        proven[number, currency] = proven.get((number, currency), 0) + int(claimed)
    for invoice, number, currency, posted in connection.execute(text(_POSTED), {"receivable": receivable}):
        # An invoice that moved to another debtor took its payments along.
        key = (owner.get(invoice, number) if invoice else number, currency)
        proven[key] = proven.get(key, 0) + int(posted)
    broken = [
        (key[0], shown.get(key, 0) - proven.get(key, 0))
        for key in sorted({*shown, *proven})
        if shown.get(key, 0) != proven.get(key, 0)
    ]
    return len({number for number, _ in shown}), broken


_OWNERS: Final = """
SELECT r.invoice_number, r.debtor_number FROM receivable r
WHERE EXISTS (
    SELECT 1 FROM receivable o WHERE o.invoice_number = r.invoice_number AND o.debtor_number <> r.debtor_number
)
AND NOT EXISTS (SELECT 1 FROM receivable n WHERE n.invoice_number = r.invoice_number AND n.version > r.version)
"""


def _positive(value: ColumnElement[int]) -> ColumnElement[int]:
    return case((value > 0, value), else_=0)


def _negative(value: ColumnElement[int]) -> ColumnElement[int]:
    return case((value < 0, value), else_=0)
