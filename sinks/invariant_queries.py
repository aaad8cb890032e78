"""The questions ``kontoklar check`` asks, in SQL that SQLite and PostgreSQL understand alike.

Each ``broken`` query answers with what breaks the invariant and by how much; no row means it holds.
"""

from __future__ import annotations

from typing import Final

COUNT_ENTRIES: Final = "SELECT count(*) FROM journal_entry"
COUNT_LINES: Final = "SELECT count(*) FROM journal_line"
COUNT_BOOKINGS: Final = "SELECT count(*) FROM booking"
COUNT_TRANSACTIONS: Final = "SELECT count(*) FROM bank_transaction"
COUNT_HELD: Final = "SELECT count(*) FROM held_transaction"
COUNT_ITEMS: Final = "SELECT count(DISTINCT invoice_number) FROM allocation WHERE invoice_number <> ''"
COUNT_ALLOCATIONS: Final = "SELECT count(*) FROM allocation"
COUNT_REVERSALS: Final = "SELECT count(*) FROM entry_reversal"

POSTING_NUMBERS: Final = """
SELECT count(*), coalesce(min(posting_number), 0), coalesce(max(posting_number), 0) FROM journal_entry
"""

UNBALANCED: Final = """
SELECT entry_id, sum(debit_minor) - sum(credit_minor) FROM journal_line
GROUP BY entry_id, currency HAVING sum(debit_minor) <> sum(credit_minor)
UNION ALL
SELECT e.entry_id, 0 FROM journal_entry e
WHERE NOT EXISTS (SELECT 1 FROM journal_line l WHERE l.entry_id = e.entry_id)
"""

ORPHANS: Final = """
SELECT l.entry_id, 'line' FROM journal_line l
WHERE NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.entry_id = l.entry_id)
UNION ALL
SELECT a.entry_id, 'allocation' FROM allocation a
WHERE NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.entry_id = a.entry_id)
"""

# As multisets: per account, day, currency and amount there are as many entries as bookings. A bank entry has two
# lines, the bank's first; its signed amount is debit minus credit of line 0.
BOOKINGS_UNLIKE_ENTRIES: Final = """
SELECT booking_date, sum(found) FROM (
    SELECT account, booking_date, currency, amount_minor, count(*) AS found
    FROM booking WHERE amount_minor <> 0 GROUP BY account, booking_date, currency, amount_minor
    UNION ALL
    SELECT e.account, e.booking_date, l.currency, l.debit_minor - l.credit_minor, -count(*)
    FROM journal_entry e JOIN journal_line l ON l.entry_id = e.entry_id AND l.line_no = 0
    WHERE e.cause = 'bank_booking' AND e.reverses = ''
      AND NOT EXISTS (SELECT 1 FROM entry_reversal r WHERE r.original_entry_id = e.entry_id)
    GROUP BY e.account, e.booking_date, l.currency, l.debit_minor - l.credit_minor
) AS both_sides
GROUP BY account, booking_date, currency, amount_minor HAVING sum(found) <> 0
"""

BOOKING_UNLIKE_TRANSACTIONS: Final = """
SELECT b.booking_id, b.amount_minor - coalesce(t.total, 0)
FROM booking b LEFT JOIN (
    SELECT booking_id, sum(amount_minor) AS total FROM bank_transaction x
    WHERE NOT EXISTS (SELECT 1 FROM superseded_transaction s WHERE s.transaction_id = x.transaction_id)
    GROUP BY booking_id
) AS t ON t.booking_id = b.booking_id
WHERE b.amount_minor <> coalesce(t.total, 0)
UNION ALL
SELECT x.transaction_id, x.amount_minor FROM bank_transaction x
WHERE NOT EXISTS (SELECT 1 FROM booking b WHERE b.booking_id = x.booking_id)
"""

LEDGER_BY_ACCOUNT: Final = """
SELECT e.account, l.account, l.currency, sum(l.debit_minor) - sum(l.credit_minor)
FROM journal_entry e JOIN journal_line l ON l.entry_id = e.entry_id
GROUP BY e.account, l.account, l.currency
"""

_PROVEN: Final = """
verdict AS (
    SELECT v.statement_id, v.verdict FROM statement_verdict v
    WHERE NOT EXISTS (
        SELECT 1 FROM statement_verdict n WHERE n.statement_id = v.statement_id AND n.verdict_no > v.verdict_no
    )
),
proven AS (
    SELECT s.account, s.currency, s.closing_minor, coalesce(s.closing_day, s.to_day) AS day
    FROM statement s JOIN verdict v ON v.statement_id = s.statement_id
    WHERE v.verdict = 'proven' AND s.closing_minor IS NOT NULL AND coalesce(s.closing_day, s.to_day) IS NOT NULL
),
last_day AS (SELECT account, currency, max(day) AS day FROM proven GROUP BY account, currency)
"""


def _with_proven(query: str) -> str:
    return f"WITH {_PROVEN} {query}"


# Several statements may close on the last day (pages, corrections); the ledger must agree with one of them.
LAST_PROVEN_CLOSINGS: Final = _with_proven("""
SELECT p.account, p.currency, p.closing_minor FROM proven p
JOIN last_day d ON d.account = p.account AND d.currency = p.currency AND d.day = p.day
""")

# Bookings dated after the last proven closing that no proven statement has told: booked, but not in that balance.
BOOKED_SINCE_CLOSING: Final = _with_proven("""
SELECT b.account, b.currency, sum(b.amount_minor) FROM booking b
JOIN last_day d ON d.account = b.account AND d.currency = b.currency
WHERE b.booking_date > d.day AND NOT EXISTS (
    SELECT 1 FROM observation o JOIN verdict v ON v.statement_id = o.statement_id
    WHERE o.booking_id = b.booking_id AND v.verdict IN ('proven', 'known')
)
GROUP BY b.account, b.currency
""")

ACCOUNT_BALANCE: Final = """
SELECT currency, sum(credit_minor) - sum(debit_minor) FROM journal_line WHERE account = :account GROUP BY currency
"""

UNALLOCATED: Final = """
SELECT currency, sum(minor) FROM (
    SELECT currency, amount_minor AS minor FROM bank_transaction x
    WHERE NOT EXISTS (SELECT 1 FROM superseded_transaction s WHERE s.transaction_id = x.transaction_id)
    UNION ALL
    SELECT currency, -cash_minor FROM allocation
) AS every_cent GROUP BY currency
"""

OVERALLOCATED: Final = """
SELECT x.transaction_id, a.total FROM bank_transaction x
JOIN (SELECT transaction_id, sum(cash_minor) AS total FROM allocation GROUP BY transaction_id) AS a
  ON a.transaction_id = x.transaction_id
LEFT JOIN superseded_transaction s ON s.transaction_id = x.transaction_id
WHERE (x.amount_minor >= 0 AND NOT a.total BETWEEN 0 AND x.amount_minor)
   OR (x.amount_minor < 0 AND NOT a.total BETWEEN x.amount_minor AND 0)
   OR (s.transaction_id IS NOT NULL AND a.total <> 0)
UNION ALL
SELECT a.allocation_id, a.cash_minor FROM allocation a JOIN bank_transaction x ON x.transaction_id = a.transaction_id
WHERE a.currency <> x.currency
"""

ALLOCATED_UNKNOWN: Final = """
SELECT a.transaction_id, sum(a.cash_minor) FROM allocation a
WHERE a.transaction_id <> ''
  AND NOT EXISTS (SELECT 1 FROM bank_transaction x WHERE x.transaction_id = a.transaction_id)
GROUP BY a.transaction_id
UNION ALL
SELECT a.allocation_id, a.cash_minor FROM allocation a WHERE a.transaction_id = '' AND a.cash_minor <> 0
"""

# open = amount − settled elsewhere − allocations, between 0 and the amount. The billing system may correct an invoice
# after it was paid; only an item that no version of it explains is broken.
OVERSETTLED: Final = """
SELECT r.invoice_number, min(abs(a.total)) FROM receivable r
JOIN (
    SELECT invoice_number, sum(amount_minor) AS total FROM allocation WHERE invoice_number <> '' GROUP BY invoice_number
) AS a ON a.invoice_number = r.invoice_number
GROUP BY r.invoice_number
HAVING max(
    CASE
        WHEN r.amount_minor >= 0 AND r.settled_elsewhere_minor + a.total BETWEEN 0 AND r.amount_minor THEN 1
        WHEN r.amount_minor < 0 AND r.settled_elsewhere_minor + a.total BETWEEN r.amount_minor AND 0 THEN 1
        ELSE 0
    END
) = 0
UNION ALL
SELECT a.invoice_number, sum(a.amount_minor) FROM allocation a
WHERE a.invoice_number <> '' AND NOT EXISTS (SELECT 1 FROM receivable r WHERE r.invoice_number = a.invoice_number)
GROUP BY a.invoice_number
"""

# What an entry's allocations say about items and money is what its lines say, per item and for clearing.
ALLOCATION_UNLIKE_LINES: Final = """
SELECT entry_id, sum(minor) FROM (
    SELECT entry_id, debtor_number, invoice_number, currency, amount_minor AS minor FROM allocation
    UNION ALL
    SELECT l.entry_id, l.debtor_number, l.invoice_number, l.currency, l.debit_minor - l.credit_minor
    FROM journal_line l JOIN journal_entry e ON e.entry_id = l.entry_id
    WHERE l.account = :receivable AND e.cause <> 'claim'
      AND NOT EXISTS (SELECT 1 FROM journal_entry c WHERE c.entry_id = e.reverses AND c.cause = 'claim')
) AS items
GROUP BY entry_id, debtor_number, invoice_number, currency HAVING sum(minor) <> 0
UNION ALL
SELECT entry_id, sum(minor) FROM (
    SELECT entry_id, currency, cash_minor AS minor FROM allocation
    UNION ALL
    SELECT l.entry_id, l.currency, l.credit_minor - l.debit_minor FROM journal_line l
    WHERE l.account = :clearing
      AND EXISTS (SELECT 1 FROM allocation a WHERE a.entry_id = l.entry_id)
) AS money
GROUP BY entry_id, currency HAVING sum(minor) <> 0
UNION ALL
SELECT e.entry_id, 0 FROM journal_entry e
WHERE e.cause IN ('allocation', 'return', 'return_charge', 'decision')
  AND NOT EXISTS (SELECT 1 FROM allocation a WHERE a.entry_id = e.entry_id)
"""

# --- operations ---------------------------------------------------------------------------------------------------

COUNT_REFUNDS: Final = "SELECT count(*) FROM refund"
COUNT_OPERATIONS: Final = "SELECT count(*) FROM operation"
COUNT_CLAIMS: Final = "SELECT count(*) FROM journal_entry WHERE cause = 'claim'"
COUNT_DEBTORS: Final = "SELECT count(DISTINCT debtor_number) FROM allocation WHERE debtor_number <> ''"

_ACTIVE_REFUND: Final = """
active AS (
    SELECT f.decision_id, f.debtor_number, f.amount_minor, f.currency FROM refund f
    WHERE NOT EXISTS (SELECT 1 FROM operation_undo u WHERE u.original_decision_id = f.decision_id)
      AND NOT EXISTS (
        SELECT 1 FROM allocation p JOIN allocation_reversal v ON v.original_allocation_id = p.allocation_id
        WHERE p.proposal_id = f.decision_id AND p.kind = 'refund'
    )
)
"""

# A payment is refunded up to its amount and never beyond; a refund is the sum of its sources, and the bank carries it
# out once, with just that amount.
REFUNDED_BEYOND: Final = f"""
WITH {_ACTIVE_REFUND}
SELECT s.transaction_id, sum(s.amount_minor) FROM active f JOIN refund_source s ON s.decision_id = f.decision_id
JOIN bank_transaction x ON x.transaction_id = s.transaction_id
GROUP BY s.transaction_id, x.amount_minor HAVING sum(s.amount_minor) > x.amount_minor
UNION ALL
SELECT f.decision_id, f.amount_minor FROM refund f
WHERE f.amount_minor <>
    (SELECT coalesce(sum(s.amount_minor), 0) FROM refund_source s WHERE s.decision_id = f.decision_id)
UNION ALL
SELECT f.decision_id, coalesce(sum(a.amount_minor), 0) FROM refund f
JOIN allocation a ON a.proposal_id = f.decision_id AND a.kind = 'refund'
GROUP BY f.decision_id, f.amount_minor HAVING sum(a.amount_minor) <> -f.amount_minor
"""  # noqa: S608 - constants only

# What stands to a debtor's credit is never less than nothing, unless a bank took a payment back after it was refunded.
OVERDRAWN_ACCOUNTS: Final = f"""
WITH {_ACTIVE_REFUND}
SELECT debtor_number, sum(minor) FROM (
    SELECT a.debtor_number, a.currency, a.amount_minor AS minor FROM allocation a
    JOIN journal_entry e ON e.entry_id = a.entry_id
    LEFT JOIN allocation o ON o.allocation_id = a.reverses
    WHERE a.invoice_number = '' AND a.debtor_number <> '' AND e.cause <> 'return'
      AND a.kind NOT IN ('fee', 'refund') AND coalesce(o.kind, '') NOT IN ('fee', 'refund')
    UNION ALL
    SELECT debtor_number, currency, -amount_minor FROM active
) AS used
GROUP BY debtor_number, currency HAVING sum(minor) < 0
UNION ALL
SELECT debtor_number, sum(minor) FROM (
    SELECT a.debtor_number, a.currency, a.amount_minor AS minor FROM allocation a
    LEFT JOIN allocation o ON o.allocation_id = a.reverses
    WHERE a.invoice_number = '' AND a.debtor_number <> ''
      AND a.kind NOT IN ('fee', 'refund') AND coalesce(o.kind, '') NOT IN ('fee', 'refund')
) AS credit
GROUP BY debtor_number, currency HAVING sum(minor) < 0
"""  # noqa: S608 - constants only

# Credit notes and write-offs of an invoice stay within its claim, whatever was paid of it.
REDUCED_BEYOND: Final = """
SELECT p.invoice_number, sum(p.amount_minor) FROM operation p
WHERE p.command IN ('credit', 'writeoff')
  AND NOT EXISTS (SELECT 1 FROM operation_undo u WHERE u.original_decision_id = p.decision_id)
GROUP BY p.invoice_number
HAVING sum(p.amount_minor) > (SELECT max(r.amount_minor) FROM receivable r WHERE r.invoice_number = p.invoice_number)
"""

# Income from a claim that was written off is never more than what was written off of it.
RECOVERED_BEYOND: Final = """
SELECT a.invoice_number, SUM(CASE WHEN a.kind = 'recovery' OR o.kind = 'recovery' THEN a.cash_minor
    ELSE -a.amount_minor END)
FROM allocation a LEFT JOIN allocation o ON o.allocation_id = a.reverses
WHERE a.kind IN ('write_off', 'recovery') OR o.kind IN ('write_off', 'recovery')
GROUP BY a.invoice_number
HAVING SUM(CASE WHEN a.kind = 'recovery' OR o.kind = 'recovery' THEN a.cash_minor ELSE -a.amount_minor END) > 0
"""

# A decision that was undone has every entry of its own reversed.
UNDONE_IN_PART: Final = """
SELECT p.decision_id, 'not reversed' FROM operation_undo u JOIN operation p ON p.decision_id = u.original_decision_id
JOIN allocation a ON a.proposal_id = p.decision_id AND a.reverses = ''
WHERE NOT EXISTS (SELECT 1 FROM allocation_reversal v WHERE v.original_allocation_id = a.allocation_id)
UNION ALL
SELECT u.original_decision_id, 'unknown' FROM operation_undo u
WHERE NOT EXISTS (SELECT 1 FROM operation p WHERE p.decision_id = u.original_decision_id)
"""

# A charge that was posted is an item of just that amount.
UNPOSTED_CLAIMS: Final = """
SELECT l.invoice_number, l.debit_minor FROM journal_entry e JOIN journal_line l ON l.entry_id = e.entry_id
WHERE e.cause = 'claim' AND l.invoice_number <> ''
  AND NOT EXISTS (
    SELECT 1 FROM receivable r WHERE r.invoice_number = l.invoice_number AND r.amount_minor = l.debit_minor
      AND r.debtor_number = l.debtor_number AND r.currency = l.currency
)
"""

BAD_REVERSALS: Final = """
SELECT e.entry_id, 'not registered' FROM journal_entry e
WHERE e.reverses <> '' AND NOT EXISTS (
    SELECT 1 FROM entry_reversal r WHERE r.original_entry_id = e.reverses AND r.entry_id = e.entry_id
)
UNION ALL
SELECT r.original_entry_id, 'without its entries' FROM entry_reversal r
WHERE NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.entry_id = r.original_entry_id)
   OR NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.entry_id = r.entry_id AND e.reverses = r.original_entry_id)
UNION ALL
SELECT r.original_entry_id, 'not an exact mirror' FROM entry_reversal r
JOIN journal_line o ON o.entry_id = r.original_entry_id
LEFT JOIN journal_line m ON m.entry_id = r.entry_id AND m.line_no = o.line_no AND m.account = o.account
    AND m.currency = o.currency AND m.debtor_number = o.debtor_number AND m.invoice_number = o.invoice_number
    AND m.debit_minor = o.credit_minor AND m.credit_minor = o.debit_minor
WHERE m.entry_id IS NULL
UNION ALL
SELECT r.original_entry_id, 'more than a mirror' FROM entry_reversal r
JOIN journal_line m ON m.entry_id = r.entry_id
LEFT JOIN journal_line o ON o.entry_id = r.original_entry_id AND o.line_no = m.line_no
WHERE o.entry_id IS NULL
UNION ALL
SELECT a.allocation_id, 'takes back another allocation' FROM allocation a
LEFT JOIN allocation_reversal r ON r.original_allocation_id = a.reverses AND r.allocation_id = a.allocation_id
LEFT JOIN allocation o ON o.allocation_id = a.reverses AND o.amount_minor = -a.amount_minor
    AND o.cash_minor = -a.cash_minor AND o.invoice_number = a.invoice_number AND o.debtor_number = a.debtor_number
    AND o.currency = a.currency
WHERE a.reverses <> '' AND (r.allocation_id IS NULL OR o.allocation_id IS NULL)
"""
