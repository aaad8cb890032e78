"""The proofs behind ``kontoklar check`` (RELIABILITY I1–I9): set-based and independent of the code that posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from pipelines.errors import ConfigurationError
from pipelines.model.money import Money
from pipelines.ports.audit import AuditHead
from pipelines.ports.invariants import CheckResult, LedgerAccounts
from pipelines.ports.work import WorkContext
from sinks import invariant_queries as q
from sinks.audit import AuditRepository
from sinks.audit_proof import first_broken_row
from sinks.debtor_proof import unlike_journal, unlike_open_items
from sinks.entry_hash import entry_hash
from sinks.entry_rows import load_entries
from sinks.tables import journal_entry

_SHOWN: Final = 5
_PAGE: Final = 5000


class LedgerInvariants:
    """``pipelines.ports.invariants.Invariants`` on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    def check(self, accounts: LedgerAccounts, *, anchor: str = "") -> list[CheckResult]:
        """Every invariant, in a fixed order."""
        return [
            self._none("entries balance per currency", "entries", q.COUNT_ENTRIES, q.UNBALANCED),
            self._none("every line and allocation belongs to an entry", "lines", q.COUNT_LINES, q.ORPHANS),
            self._posting_numbers(),
            self._none("every booking is posted once", "bookings", q.COUNT_BOOKINGS, q.BOOKINGS_UNLIKE_ENTRIES),
            self._none(
                "a booking is the sum of its transactions", "bookings", q.COUNT_BOOKINGS, q.BOOKING_UNLIKE_TRANSACTIONS
            ),
            self._bank(accounts),
            self._clearing(accounts),
            self._none("no cent is allocated twice", "transactions", q.COUNT_TRANSACTIONS, q.OVERALLOCATED),
            self._none("nothing held is allocated", "held transactions", q.COUNT_HELD, q.ALLOCATED_UNKNOWN),
            self._none("no item is settled beyond its amount", "items touched", q.COUNT_ITEMS, q.OVERSETTLED),
            self._none(
                "allocations agree with their entries",
                "allocations",
                q.COUNT_ALLOCATIONS,
                q.ALLOCATION_UNLIKE_LINES,
                receivable=accounts.receivable,
                clearing=accounts.clearing,
            ),
            self._none("each entry is reversed at most once, exactly", "reversals", q.COUNT_REVERSALS, q.BAD_REVERSALS),
            self._debtor_accounts(accounts),
            self._none("no refund exceeds the money it sends back", "refunds", q.COUNT_REFUNDS, q.REFUNDED_BEYOND),
            self._none("no debtor's account is overdrawn", "debtors", q.COUNT_DEBTORS, q.OVERDRAWN_ACCOUNTS),
            self._none("credit and write-off stay within a claim", "operations", q.COUNT_OPERATIONS, q.REDUCED_BEYOND),
            self._none(
                "no more is recovered than was written off", "operations", q.COUNT_OPERATIONS, q.RECOVERED_BEYOND
            ),
            self._none("what is undone is undone as a whole", "operations", q.COUNT_OPERATIONS, q.UNDONE_IN_PART),
            self._none("each charge is a claim", "charges", q.COUNT_CLAIMS, q.UNPOSTED_CLAIMS),
            self._hashes(),
            *self._audit(anchor),
        ]

    def _rows(self, query: str, **values: object) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self._connection.execute(text(query), values)]

    def _none(self, name: str, unit: str, count: str, broken: str, **values: object) -> CheckResult:
        """Holds when ``broken`` finds nothing; its first column names what breaks it, the second by how much."""
        number = int(str(self._rows(count)[0][0]))
        found = self._rows(broken, **values)
        detail = "; ".join(f"{row[0]} ({row[1]})" for row in found[:_SHOWN])
        return CheckResult(name, not found, f"{number:,} {unit}", _more(detail, len(found)))

    def _posting_numbers(self) -> CheckResult:
        count, first, last = (int(str(value)) for value in self._rows(q.POSTING_NUMBERS)[0])
        ok = count == last and first in (0, 1)
        return CheckResult(
            "posting numbers have no gap",
            ok,
            f"1 to {last:,}" if count else "no entries",
            "" if ok else f"{count} entries between {first} and {last}",
        )

    # --- balances -----------------------------------------------------------------------------------------------

    def _bank(self, accounts: LedgerAccounts) -> CheckResult:
        ledger: dict[tuple[str, str], int] = defaultdict(int)
        for iban, account, currency, balance in self._rows(q.LEDGER_BY_ACCOUNT):
            if account == accounts.bank_by_iban.get(str(iban), accounts.bank):
                ledger[str(iban), str(currency)] += int(str(balance))
        closings: dict[tuple[str, str], set[int]] = defaultdict(set)
        for iban, currency, closing in self._rows(q.LAST_PROVEN_CLOSINGS):
            closings[str(iban), str(currency)].add(int(str(closing)))
        later = {
            (str(iban), str(currency)): int(str(amount))
            for iban, currency, amount in self._rows(q.BOOKED_SINCE_CLOSING)
        }
        broken = []
        for key, possible in sorted(closings.items()):
            proven = ledger[key] - later.get(key, 0)
            if proven not in possible:
                gap = min((proven - closing for closing in possible), key=abs)
                # The end of an IBAN tells accounts apart without printing it.
                broken.append(f"account …{key[0][-4:]} differs by {Money(gap, key[1])}")
        unproven = len(set(ledger) - set(closings))
        figure = f"{len(closings):,} accounts proven" + (f", {unproven:,} without a proven balance" if unproven else "")
        return CheckResult(
            "ledger bank balance = proven closing balance",
            not broken,
            figure,
            _more("; ".join(broken[:_SHOWN]), len(broken)),
        )

    def _clearing(self, accounts: LedgerAccounts) -> CheckResult:
        ledger = {str(c): int(str(m)) for c, m in self._rows(q.ACCOUNT_BALANCE, account=accounts.clearing)}
        waiting = {str(c): int(str(m)) for c, m in self._rows(q.UNALLOCATED)}
        currencies = sorted(set(ledger) | set(waiting))
        broken = [
            f"clearing says {Money(ledger.get(c, 0), c)}, transactions {Money(waiting.get(c, 0), c)}"
            for c in currencies
            if ledger.get(c, 0) != waiting.get(c, 0)
        ]
        figure = ", ".join(str(Money(waiting.get(c, 0), c)) for c in currencies) or "nothing"
        return CheckResult("clearing = what is not allocated", not broken, figure, "; ".join(broken))

    def _debtor_accounts(self, accounts: LedgerAccounts) -> CheckResult:
        items, unlike_items = unlike_open_items(self._connection)
        debtors, unlike_journal_ = unlike_journal(self._connection, accounts.receivable)
        broken = [
            *(f"invoice {number} differs from open items by {minor}" for number, minor in unlike_items[:_SHOWN]),
            *(f"debtor {number} differs from the journal by {minor}" for number, minor in unlike_journal_[:_SHOWN]),
        ]
        return CheckResult(
            "debtor accounts = their transaction accounts = open items",
            not broken,
            f"{debtors:,} debtors, {items:,} items",
            _more("; ".join(broken[:_SHOWN]), len(unlike_items) + len(unlike_journal_)),
        )

    # --- seals --------------------------------------------------------------------------------------------------

    def _hashes(self) -> CheckResult:
        count, broken = 0, []
        for entry_id, ok in self._recomputed():
            count += 1
            if not ok:
                broken.append(entry_id)
        return CheckResult(
            "no entry was changed", not broken, f"{count:,} entries", _more("; ".join(broken[:_SHOWN]), len(broken))
        )

    def _recomputed(self) -> Iterator[tuple[str, bool]]:
        last = int(str(self._rows(q.POSTING_NUMBERS)[0][2]))
        for start in range(1, last + 1, _PAGE):
            page = journal_entry.c.posting_number.between(start, start + _PAGE - 1)
            for entry, stored in load_entries(self._connection, page):
                yield entry.entry_id, entry_hash(entry) == stored

    def _audit(self, anchor: str) -> list[CheckResult]:
        trail = AuditRepository(self._connection, self._context)
        head = trail.head()
        figure = f"{head.sequence:,} events" + (f", head {head.sequence}:{head.hash}" if head.sequence else "")
        first = trail.verify(_anchor(anchor))
        second = first_broken_row(self._connection)
        return [
            CheckResult("the audit chain holds", not first, figure, first),
            CheckResult("the audit chain holds by a second reading", not second, figure, second),
        ]


def _anchor(written: str) -> AuditHead | None:
    if not written:
        return None
    sequence, _, digest = written.partition(":")
    if not (sequence.isascii() and sequence.isdigit()):
        raise ConfigurationError("An audit anchor is written SEQUENCE:HASH, as check prints it.")
    return AuditHead(int(sequence), digest)


def _more(detail: str, count: int) -> str:
    return f"{detail}; and {count - _SHOWN} more" if count > _SHOWN else detail
