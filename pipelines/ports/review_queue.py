"""What waits for a person (Klärungsliste)."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, Protocol


class Waiting(NamedTuple):
    """One transaction with money that is not allocated. Dates ISO, amounts decimal strings.

    reason: the code of its best proposal or return link, else ``unmatched`` or ``partly-allocated``. probability: of
    the best proposal, None without one. counterparty, remittance and account (the payer's IBAN) are personal data: for
    the analyst's eyes only. pattern: of the best proposal's evidence, "" without one. held: a person keeps it out of
    matching.
    """

    transaction_id: str
    booking_date: str
    amount: str
    unallocated: str
    currency: str
    kind: str
    counterparty: str
    remittance: str
    invoices: tuple[str, ...]
    probability: float | None
    reason: str
    message: str
    account: str = ""
    pattern: str = ""
    held: bool = False


class ReviewQueue(Protocol):
    """Reads only."""

    def waiting(self, only: Collection[str] = ()) -> list[Waiting]:
        """Everything that waits, oldest first. only: of these transactions; none given: of all."""
        ...
