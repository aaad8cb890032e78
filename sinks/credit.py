"""What debtors have to their credit and what they owe, as operations need it: by payment, by claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, text

from pipelines.ports.operations import ClaimRow, ItemFacts, Moved, Pool

# An allocation belongs to the payment whose money it moves; what takes it back belongs there too. Refunds are
# accounted for by their orders, so that money on its way out is not spent twice.
_MOVES: Final = """
    FROM allocation a LEFT JOIN allocation o ON o.allocation_id = a.reverses
    WHERE a.kind NOT IN ('fee', 'refund') AND COALESCE(o.kind, '') NOT IN ('fee', 'refund')
"""
_ACCOUNT: Final = f"""
SELECT COALESCE(o.transaction_id, a.transaction_id) AS payment, a.currency, a.amount_minor AS minor
{_MOVES} AND a.invoice_number = '' AND a.debtor_number = :debtor
"""
ACTIVE_REFUND: Final = """
NOT EXISTS (SELECT 1 FROM operation_undo u WHERE u.original_decision_id = f.decision_id)
AND NOT EXISTS (
    SELECT 1 FROM allocation p JOIN allocation_reversal v ON v.original_allocation_id = p.allocation_id
    WHERE p.proposal_id = f.decision_id AND p.kind = 'refund'
)
"""
_REFUNDED: Final = f"""
SELECT s.transaction_id AS payment, f.currency, -s.amount_minor AS minor
FROM refund f JOIN refund_source s ON s.decision_id = f.decision_id
WHERE f.debtor_number = :debtor AND {ACTIVE_REFUND}
"""  # noqa: S608 - constants only
_ITEM: Final = f"""
SELECT COALESCE(o.transaction_id, a.transaction_id) AS payment, a.currency,
    CASE WHEN a.transaction_id = '' AND (a.kind = 'rebooking' OR o.kind = 'rebooking')
         THEN a.amount_minor ELSE a.cash_minor END AS minor
{_MOVES} AND a.invoice_number = :invoice
"""
_POOLS: Final = """
SELECT m.payment, m.currency, CAST(SUM(m.minor) AS BIGINT) AS minor, t.booking_date, t.account, t.kind, t.gvc,
    t.mandate_id, t.counterparty_iban, t.counterparty_name
FROM ({moves}) AS m LEFT JOIN bank_transaction t ON t.transaction_id = m.payment
GROUP BY m.payment, m.currency, t.booking_date, t.account, t.kind, t.gvc, t.mandate_id, t.counterparty_iban,
    t.counterparty_name
HAVING SUM(m.minor) <> 0
"""
_NEWEST: Final = (
    "NOT EXISTS (SELECT 1 FROM receivable n WHERE n.invoice_number = r.invoice_number AND n.version > r.version)"
)
_FACTS: Final = f"""
SELECT r.invoice_number, r.document_type, r.payment_method, r.due_date,
    CAST(COALESCE(SUM(CASE WHEN a.kind = 'write_off' OR o.kind = 'write_off' THEN a.amount_minor END), 0) AS BIGINT),
    CAST(COALESCE(SUM(CASE WHEN a.kind = 'recovery' OR o.kind = 'recovery' THEN a.cash_minor END), 0) AS BIGINT),
    CAST(COALESCE(MAX(c.total), 0) AS BIGINT)
FROM receivable r LEFT JOIN allocation a ON a.invoice_number = r.invoice_number
LEFT JOIN allocation o ON o.allocation_id = a.reverses
LEFT JOIN (
    SELECT p.invoice_number, SUM(p.amount_minor) AS total FROM operation p
    WHERE p.command = 'credit'
      AND NOT EXISTS (SELECT 1 FROM operation_undo u WHERE u.original_decision_id = p.decision_id)
    GROUP BY p.invoice_number
) AS c ON c.invoice_number = r.invoice_number
WHERE r.invoice_number = :invoice AND {_NEWEST}
GROUP BY r.invoice_number, r.document_type, r.payment_method, r.due_date
"""  # noqa: S608 - constants only
_CLAIMS: Final = f"""
SELECT r.invoice_number, r.debtor_number, r.amount_minor - r.settled_elsewhere_minor - COALESCE(a.total, 0), r.currency,
    r.due_date, r.issue_date, r.document_type, COALESCE(k.kind, ''), COALESCE(k.of_invoice, ''), r.mandate_id,
    COALESCE(d.level, 0)
FROM receivable r
LEFT JOIN (
    SELECT invoice_number, CAST(SUM(amount_minor) AS BIGINT) AS total FROM allocation GROUP BY invoice_number
) AS a ON a.invoice_number = r.invoice_number
LEFT JOIN claim_kind k ON k.invoice_number = r.invoice_number
LEFT JOIN (
    SELECT t.invoice_number, MAX(t.level) AS level FROM dunning_trigger t
    JOIN trigger_event e ON e.trigger_id = t.trigger_id
    WHERE e.state <> 'cancelled'
      AND NOT EXISTS (SELECT 1 FROM trigger_event n WHERE n.trigger_id = e.trigger_id AND n.event_no > e.event_no)
    GROUP BY t.invoice_number
) AS d ON d.invoice_number = r.invoice_number
WHERE r.debtor_number = :debtor AND r.status = 'open' AND {_NEWEST}
    AND r.amount_minor - r.settled_elsewhere_minor - COALESCE(a.total, 0) <> 0
ORDER BY r.invoice_number
"""  # noqa: S608 - constants only
_MOVED: Final = """
SELECT e.posting_number, a.entry_id, a.transaction_id, a.invoice_number, a.debtor_number, a.amount_minor, a.kind
FROM allocation a JOIN journal_entry e ON e.entry_id = a.entry_id
WHERE a.transaction_id = :payment AND a.reverses = ''
    AND (a.kind = 'rebooking' OR (a.kind = 'small_difference' AND a.invoice_number = ''))
    AND NOT EXISTS (SELECT 1 FROM entry_reversal v WHERE v.original_entry_id = a.entry_id)
ORDER BY e.posting_number, a.amount_minor
"""
_SMALL: Final = """
SELECT a.debtor_number, a.currency, a.amount_minor - a.cash_minor
FROM allocation a JOIN journal_entry e ON e.entry_id = a.entry_id
WHERE a.kind = 'small_difference' AND e.booking_date BETWEEN :first AND :last AND a.debtor_number = :debtor
    AND NOT EXISTS (SELECT 1 FROM allocation_reversal v WHERE v.original_allocation_id = a.allocation_id)
"""
_DEBIT_BEHIND: Final = """
SELECT MAX(t.booking_date) FROM allocation a JOIN bank_transaction t ON t.transaction_id = a.transaction_id
WHERE a.debtor_number = :debtor AND t.kind = 'collection' AND a.reverses = '' AND a.cash_minor > 0
    AND NOT EXISTS (SELECT 1 FROM allocation_reversal v WHERE v.original_allocation_id = a.allocation_id)
    AND EXISTS (SELECT 1 FROM finding f WHERE f.code = 'paid-twice' AND f.subject = :payment)
"""
_LEVEL: Final = """
SELECT MAX(t.level) FROM dunning_trigger t JOIN trigger_event e ON e.trigger_id = t.trigger_id
WHERE t.invoice_number = :invoice AND e.state <> 'cancelled'
    AND NOT EXISTS (SELECT 1 FROM trigger_event n WHERE n.trigger_id = e.trigger_id AND n.event_no > e.event_no)
"""
_COSTS: Final = frozenset({"return_debit_fee", "return_fee", "dunning_fee", "shipping", "collection_cost", "flat_rate"})


class CreditQueries:
    """The reading half of operations on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _rows(self, query: str, **values: object) -> list[Any]:
        return list(self._connection.execute(text(query), values))

    def pools(self, debtor_number: str) -> list[Pool]:
        """Credit on a debtor's account by payment."""
        moves = f"{_ACCOUNT} UNION ALL {_REFUNDED}"
        return _pools(self._rows(_POOLS.format(moves=moves), debtor=debtor_number))

    def item_money(self, invoice_number: str) -> list[Pool]:
        """Money on an item by payment."""
        return _pools(self._rows(_POOLS.format(moves=_ITEM), invoice=invoice_number))

    def facts(self, invoice_numbers: Collection[str]) -> Mapping[str, ItemFacts]:
        """More about items."""
        found = {}
        for number in sorted(set(invoice_numbers)):
            for row in self._rows(_FACTS, invoice=number):
                found[row[0]] = ItemFacts(
                    row[1], row[2], date.fromisoformat(row[3]), int(row[4]), int(row[5]), int(row[6])
                )
        return found

    def claims(self, debtor_number: str) -> list[ClaimRow]:
        """A debtor's open claims."""
        return [
            ClaimRow(
                row[0], row[1], int(row[2]), row[3], date.fromisoformat(row[4]), date.fromisoformat(row[5]),
                _part(row[6], row[7]), row[8], bool(row[9]), int(row[10]),
            )
            for row in self._rows(_CLAIMS, debtor=debtor_number)
        ]  # fmt: skip

    def moved(self, transaction_ids: Collection[str]) -> list[Moved]:
        """Where money of payments was moved on to."""
        found = []
        for payment in sorted(set(transaction_ids) - {""}):
            entries: dict[str, list[Any]] = defaultdict(list)
            for row in self._rows(_MOVED, payment=payment):
                entries[row[1]].append(row)
            for entry_id, rows in entries.items():
                source, target = rows[0], rows[-1]  # the negative one comes first
                goes = target[5] > 0
                found.append(
                    Moved(
                        entry_id, payment, source[3], source[4], target[3] if goes else "", target[4] if goes else "",
                        int(target[5]) if goes else -int(source[5]),
                    )
                )  # fmt: skip
        return found

    def debit_behind(self, transaction_id: str, debtor_number: str) -> date | None:
        """The debtor's newest standing direct debit behind a payment that was found to pay twice."""
        day = self._rows(_DEBIT_BEHIND, payment=transaction_id, debtor=debtor_number)[0][0]
        return date.fromisoformat(day) if day else None

    def paid_from(self, debtor_number: str) -> set[str]:
        """Bank accounts this debtor is known by."""
        ibans = {
            row[0]
            for row in self._rows(
                "SELECT DISTINCT t.counterparty_iban FROM allocation a JOIN bank_transaction t "
                "ON t.transaction_id = a.transaction_id WHERE a.debtor_number = :debtor AND t.amount_minor > 0",
                debtor=debtor_number,
            )
        }
        for table, column in (("debtor", "ibans"), ("receivable", "debtor_ibans")):
            for (joined,) in self._rows(
                f"SELECT DISTINCT r.{column} FROM {table} r WHERE r.debtor_number = :debtor",  # noqa: S608
                debtor=debtor_number,
            ):
                ibans.update(joined.split("|"))
        rows = self._rows(
            "SELECT DISTINCT c.debtor_iban FROM collection c JOIN receivable r ON r.invoice_number = c.invoice_number "
            "WHERE r.debtor_number = :debtor",
            debtor=debtor_number,
        )
        return (ibans | {row[0] for row in rows}) - {""}

    def small_differences(
        self, debtor_numbers: Collection[str], year: int
    ) -> Mapping[tuple[str, str], tuple[int, int]]:
        """What small differences cost and brought in a year."""
        sums: dict[tuple[str, str], tuple[int, int]] = {}
        for debtor in sorted(set(debtor_numbers) - {""}):
            for _, currency, gap in self._rows(_SMALL, debtor=debtor, first=f"{year}-01-01", last=f"{year}-12-31"):
                under, over = sums.get((debtor, currency), (0, 0))
                sums[debtor, currency] = (under + max(int(gap), 0), over + max(-int(gap), 0))
        return sums

    def account_balance(self, transaction_id: str, account: str) -> int:
        """Debit less credit of a ledger account over the entries of one payment."""
        query = (
            "SELECT COALESCE(SUM(l.debit_minor - l.credit_minor), 0) FROM journal_entry e "
            "JOIN journal_line l ON l.entry_id = e.entry_id WHERE e.transaction_id = :payment AND l.account = :account"
        )
        return int(self._rows(query, payment=transaction_id, account=account)[0][0])

    def triggers_of(self, invoice_numbers: Collection[str]) -> Mapping[str, int]:
        """invoice number → highest living dunning level."""
        levels: dict[str, int] = {}
        for number in sorted(set(invoice_numbers)):
            for (level,) in self._rows(_LEVEL, invoice=number):
                if level is not None:
                    levels[number] = int(level)
        return levels


def _part(document_type: str, kind: str) -> str:
    """Principal, costs or interest in the sense of BGB §367."""
    if "interest" in kind:
        return "interest"
    return "costs" if kind in _COSTS or document_type == "fee" else "principal"


def _pools(rows: list[Any]) -> list[Pool]:
    pools = [
        Pool(
            row[0], row[1], int(row[2]), date.fromisoformat(row[3]) if row[3] else None,
            *(value or "" for value in row[4:]),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(pools, key=lambda pool: (pool.booking_date or date.min, pool.transaction_id))
