"""The journal as the core sees it: entries go in once and stay; everything else is read from them (D6, D7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from pipelines.model.ledger import Allocation, JournalEntry


class CashPosition(NamedTuple):
    """A bank transaction's money. rest_minor: not yet allocated, signed like amount_minor."""

    transaction_id: str
    account: str
    booking_date: date
    amount_minor: int
    currency: str
    rest_minor: int


class OpenItem(NamedTuple):
    """An item's position by its newest version. Amounts are signed like the item (credit notes negative).

    settled_elsewhere_minor: paid before go-live or otherwise outside. allocated_minor: the sum of our allocations,
    reversals taken off. tax_rate_basis_points: None when unknown.
    """

    invoice_number: str
    debtor_number: str
    amount_minor: int
    settled_elsewhere_minor: int
    allocated_minor: int
    currency: str
    status: str
    tax_rate_basis_points: int | None

    @property
    def open_minor(self) -> int:
        """What is still owed."""
        return self.amount_minor - self.settled_elsewhere_minor - self.allocated_minor


class Settlement(NamedTuple):
    """An entry that settled (part of) an item and is not reversed: what a return debit can take back.

    amount_minor: what it took off the item, discount included. cash_minor: the money in it.
    invoice_number: "" for money on the debtor's account.
    """

    entry_id: str
    transaction_id: str
    invoice_number: str
    debtor_number: str
    amount_minor: int
    cash_minor: int
    currency: str
    booking_date: date


class PayerHistory(NamedTuple):
    """How often money from an IBAN was allocated to a debtor (and not undone), for learning who pays for whom."""

    counterparty_iban: str
    debtor_number: str
    payments: int
    decided: int
    last_day: date


class PostedSum(NamedTuple):
    """What entries did to claims, by kind of allocation. amount_minor: of their effect, negative for reversals."""

    kind: str
    currency: str
    allocations: int
    amount_minor: int


class Journal(Protocol):
    """Journal entries, their lines and allocations."""

    def append(self, entries: Sequence[JournalEntry]) -> int:
        """Posts new entries in the given order under gapless posting numbers; returns how many were new.

        An entry that is there already with the same content is skipped. Raises IdempotencyConflict for the same id
        with other content, AlreadyReversed for a second reversal, LedgerInvariantBroken for an unbalanced entry and
        for allocations that in sum leave a transaction's amount or belong to none; then nothing of the commit may stay.
        So what one transaction allocates together (an invoice less a credit note) is also appended together.
        """
        ...

    def entries(self, entry_ids: Collection[str]) -> dict[str, JournalEntry]:
        """Complete entries by id; unknown ids are left out."""
        ...

    def reversals(self, entry_ids: Collection[str]) -> dict[str, str]:
        """original entry id → id of the entry that reverses it, for those that are reversed."""
        ...

    def allocations_of_transactions(self, transaction_ids: Collection[str]) -> list[Allocation]:
        """All allocations of these transactions, reversals included, in posting order."""
        ...

    def allocations_of_invoices(self, invoice_numbers: Collection[str]) -> list[Allocation]:
        """All allocations to these items, reversals included, in posting order."""
        ...

    def cash(self, transaction_ids: Collection[str] | None = None) -> dict[str, CashPosition]:
        """Amount and unallocated rest per transaction; None = all with a rest. Superseded ones are left out."""
        ...

    def open_items(self, invoice_numbers: Collection[str] | None = None) -> dict[str, OpenItem]:
        """Position per item; None = all that are still open."""
        ...

    def allocated(self) -> dict[str, int]:
        """invoice number → sum of its allocations, reversals taken off; items never touched are left out."""
        ...

    def settlements(
        self, *, transaction_ids: Collection[str] | None = None, invoice_numbers: Collection[str] | None = None
    ) -> list[Settlement]:
        """Unreversed settling entries, all or those of some transactions or items, in posting order."""
        ...

    def generations(self, transaction_ids: Collection[str]) -> dict[tuple[str, str, str], int]:
        """(transaction, invoice number, debtor) → how many of its allocation entries were undone; 0 is left out."""
        ...

    def payers(self) -> list[PayerHistory]:
        """Confirmed payer IBAN → debtor pairs, sorted by both."""
        ...

    def last_posting(self) -> int:
        """The highest posting number; 0 in empty books."""
        ...

    def posted_after(self, posting_number: int) -> list[PostedSum]:
        """The allocations of all entries after a posting number, summed up by kind and currency."""
        ...
