"""The parts every journal entry is made of: signed sums per account, balanced lines, exact mirrors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Protocol

from pipelines.errors import LedgerInvariantBroken
from pipelines.model.ids import derive
from pipelines.model.ledger import Allocation, Cause, JournalEntry, JournalLine
from pipelines.model.proposal import AllocationKind

# (transaction id, invoice number, debtor number) → how many of its entries were undone before.
Generations = Mapping[tuple[str, str, str], int]


class Payment(Protocol):
    """What an entry needs to know of a bank transaction (``Transaction`` and ``CashPosition`` are such)."""

    @property
    def transaction_id(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def booking_date(self) -> date: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def currency(self) -> str: ...


class TaxedItem(Protocol):
    """What an entry needs to know of an item (``Receivable`` and ``OpenItem`` are such)."""

    @property
    def tax_rate_basis_points(self) -> int | None: ...


class Sheet:
    """Collects signed amounts per account (debit positive) into lines; amounts of one account come together."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._sums: dict[tuple[str, str, str], int] = {}

    def add(self, account: str, debit_minor: int, debtor_number: str = "", invoice_number: str = "") -> None:
        """Adds to an account; a negative amount is a credit."""
        key = (account, debtor_number, invoice_number)
        self._sums[key] = self._sums.get(key, 0) + debit_minor

    def lines(self) -> tuple[JournalLine, ...]:
        """One line per account, debtor and item, in the order first used; what comes to zero is left out."""
        return tuple(
            JournalLine(account, max(minor, 0), max(-minor, 0), self._currency, debtor_number, invoice_number)
            for (account, debtor_number, invoice_number), minor in self._sums.items()
            if minor
        )


def checked(entry: JournalEntry) -> JournalEntry:
    """The entry itself; raises LedgerInvariantBroken unless it has lines and debit equals credit per currency."""
    sums: dict[str, int] = defaultdict(int)
    for line in entry.lines:
        if (line.debit_minor > 0) == (line.credit_minor > 0) or min(line.debit_minor, line.credit_minor) < 0:
            raise LedgerInvariantBroken(f"A line of entry {entry.entry_id} does not have exactly one positive side.")
        sums[line.currency] += line.debit_minor - line.credit_minor
    if not entry.lines or any(sums.values()):
        raise LedgerInvariantBroken(f"Entry {entry.entry_id} does not balance.")
    return entry


def within(part: int, whole: int) -> bool:
    """Whether an amount lies between zero and another, on the same side."""
    return 0 <= part <= whole if whole >= 0 else whole <= part <= 0


def vat_share(gross_minor: int, tax_rate_basis_points: int) -> int:
    """VAT contained in a gross amount, commercially rounded: 2,38 at 19 % → 0,38; the net takes the odd cent."""
    doubled = 2 * abs(gross_minor) * tax_rate_basis_points
    share = (doubled + 10_000 + tax_rate_basis_points) // (2 * (10_000 + tax_rate_basis_points))
    return share if gross_minor >= 0 else -share


def mirror(
    original: JournalEntry,
    *,
    entry_id: str,
    booking_date: date,
    account: str,
    transaction_id: str,
    cause: Cause,
    disposition: str,
    proposal_id: str,
    text: str,
) -> JournalEntry:
    return checked(
        JournalEntry(
            entry_id=entry_id,
            booking_date=booking_date,
            account=account,
            transaction_id=transaction_id,
            cause=cause,
            lines=tuple(
                JournalLine(
                    line.account,
                    line.credit_minor,
                    line.debit_minor,
                    line.currency,
                    line.debtor_number,
                    line.invoice_number,
                )
                for line in original.lines
            ),
            allocations=tuple(
                Allocation(
                    allocation_id=derive("allocation", entry_id, allocation.allocation_id),
                    entry_id=entry_id,
                    transaction_id=transaction_id,
                    debtor_number=allocation.debtor_number,
                    invoice_number=allocation.invoice_number,
                    amount_minor=-allocation.amount_minor,
                    cash_minor=-allocation.cash_minor,
                    currency=allocation.currency,
                    kind=AllocationKind.REVERSAL,
                    disposition=disposition,
                    proposal_id=proposal_id,
                    reverses=allocation.allocation_id,
                )
                for allocation in original.allocations
            ),
            reverses=original.entry_id,
            text=text,
        )
    )
