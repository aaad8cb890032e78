"""Double entry: journal entries, their lines, and the allocations they carry (D6–D8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipelines.model.proposal import AllocationKind


class Cause(StrEnum):
    """What made us write an entry. ``refund``: the bank carried a refund of ours out. ``claim``: a fee or interest we
    charge; its receivable line is what is owed and settles nothing."""

    OPENING = "opening"
    BANK_BOOKING = "bank_booking"
    ALLOCATION = "allocation"
    RETURN = "return"
    RETURN_CHARGE = "return_charge"
    CORRECTION = "correction"
    DECISION = "decision"
    REFUND = "refund"
    CLAIM = "claim"


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One side of an entry: exactly one of debit_minor and credit_minor is positive, the other 0."""

    account: str
    debit_minor: int
    credit_minor: int
    currency: str
    debtor_number: str = ""
    invoice_number: str = ""


@dataclass(frozen=True, slots=True)
class Allocation:
    """A cent's destination. amount_minor: effect on what the item is owed (open = amount − Σ allocations), negative for
    reversals and credit notes; cash_minor: effect on the transaction's unallocated rest (0 for discounts).
    invoice_number "" means the debtor's account (on_account) or no debtor at all (fee on our own cost).
    probability: None for decisions of people. reverses: the allocation_id it takes back, "" if none.
    """

    allocation_id: str
    entry_id: str
    transaction_id: str
    debtor_number: str
    invoice_number: str
    amount_minor: int
    cash_minor: int
    currency: str
    kind: AllocationKind
    disposition: str
    probability: float | None = None
    proposal_id: str = ""
    reverses: str = ""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A balanced, final business event. Corrections are new entries that name what they reverse, at most once.

    account: the bank account (IBAN) it concerns. transaction_id "" for opening balances. reverses "" if none.
    text: no personal data.
    """

    entry_id: str
    booking_date: date
    account: str
    transaction_id: str
    cause: Cause
    lines: tuple[JournalLine, ...]
    allocations: tuple[Allocation, ...] = ()
    reverses: str = ""
    text: str = ""
