"""What matching proposes and why: evidence in bits, alternatives, disposition (D9–D12)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AllocationKind(StrEnum):
    """Why a cent was allocated (CONTRACT, ``allocations``).

    ``recovery``: money for a claim that was written off. ``transit``: money of a payment service or of our own.
    """

    SETTLEMENT = "settlement"
    PARTIAL = "partial"
    CASH_DISCOUNT = "cash_discount"
    SMALL_DIFFERENCE = "small_difference"
    ON_ACCOUNT = "on_account"
    FEE = "fee"
    WRITE_OFF = "write_off"
    REBOOKING = "rebooking"
    REVERSAL = "reversal"
    CREDIT_NOTE = "credit_note"
    REFUND = "refund"
    RECOVERY = "recovery"
    TRANSIT = "transit"


class Disposition(StrEnum):
    """``auto`` posts by itself, ``review`` waits for a person."""

    AUTO = "auto"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One bar of the waterfall: a compared field, its level, and its weight in bits (log2 likelihood ratio)."""

    field: str
    level: str
    bits: float


@dataclass(frozen=True, slots=True)
class ProposedLine:
    """Part of a proposal: what one item (or the debtor's account) receives.

    invoice_number: "" for on-account lines. amount_minor: effect on what is owed (signed like the item: negative for a
    credit note set off). cash_minor: the part that is money of the transaction; 0 for discount and small-difference
    lines. Over all lines of a proposal, cash plus ``Proposal.remainder_minor`` is the transaction's amount.
    """

    invoice_number: str
    debtor_number: str
    amount_minor: int
    cash_minor: int
    kind: AllocationKind


@dataclass(frozen=True, slots=True)
class Proposal:
    """One explanation of one transaction.

    rank: 1 is the best. probability: posterior over all explanations including none. remainder_minor: money of the
    transaction this proposal leaves in clearing. reason: stable dashed code saying why it is auto or what was
    missing (``exact-reference-and-amount``, ``ambiguous``, ``amount-unexplained`` …); message: that in one line for
    people, without personal data. pattern: the evidence pattern, key of the earned-automation statistics.
    """

    transaction_id: str
    rank: int
    lines: tuple[ProposedLine, ...]
    probability: float
    disposition: Disposition
    reason: str
    message: str
    pattern: str
    waterfall: tuple[Evidence, ...]
    remainder_minor: int = 0
    policy_hash: str = ""
