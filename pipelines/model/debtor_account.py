"""The debtor account (Debitorenkonto) as the sum of transaction accounts (Vorgangskonten), one per receivable.

Convention: claims stand in debit (Soll), payments and what else lowers a claim in credit (Haben). What is taken back
stands in the column of what it takes back, negative: a return debit is a negative credit, a cancelled invoice a
negative debit. Balance = debit − credit: positive is owed to us, negative is the debtor's credit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

CANCELLED = "cancelled"


class EntryKind(StrEnum):
    """What a line of an account is."""

    CLAIM = "claim"
    CREDIT = "credit"
    RETURN_DEBIT_FEE = "return_debit_fee"
    DEFAULT_INTEREST = "default_interest"
    SHIPPING = "shipping"
    DUNNING_FEE = "dunning_fee"
    GOODS_RETURN = "goods_return"
    FEE = "fee"
    CANCELLATION = "cancellation"
    PAYMENT = "payment"
    PAID_ELSEWHERE = "paid_elsewhere"
    RETURN_DEBIT = "return_debit"
    REVERSAL = "reversal"
    REFUND = "refund"
    WRITE_OFF = "write_off"
    RECOVERY = "recovery"
    REBOOKING = "rebooking"
    CASH_DISCOUNT = "cash_discount"
    SMALL_DIFFERENCE = "small_difference"


class AccountStatus(StrEnum):
    """Where a transaction account stands.

    ok: nothing is owed either way. pre_authorised: a direct debit is announced for a later day. in_progress: one has
    been submitted and neither credited nor returned yet. failed: the last payment was taken back by a bank (with its
    reason). cancelled: the billing system took the claim back. open: everything else.
    """

    OK = "ok"
    OPEN = "open"
    PRE_AUTHORISED = "pre_authorised"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    CANCELLED = "cancelled"


_CREDIT_SIDE = frozenset({EntryKind.CREDIT, EntryKind.GOODS_RETURN})
_OF_ALLOCATION = {
    "settlement": EntryKind.PAYMENT,
    "partial": EntryKind.PAYMENT,
    "on_account": EntryKind.PAYMENT,
    "transit": EntryKind.PAYMENT,
    "cash_discount": EntryKind.CASH_DISCOUNT,
    "small_difference": EntryKind.SMALL_DIFFERENCE,
    "write_off": EntryKind.WRITE_OFF,
    "recovery": EntryKind.RECOVERY,
    "rebooking": EntryKind.REBOOKING,
    "refund": EntryKind.REFUND,
    "credit_note": EntryKind.CREDIT,
    "fee": EntryKind.FEE,
}
_OF_CLAIM = {kind.value: kind for kind in EntryKind} | {"return_fee": EntryKind.RETURN_DEBIT_FEE}


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One line. effect_minor: what it adds to the balance. posting_number: None for what the billing system told.

    bank_reason: the bank's reason code on return debits, else "". reverses: the kind it takes back, "" if none.
    provisional_until: last day on which the payer can claim the money back; None when it is final or taken back.
    """

    day: date
    kind: EntryKind
    effect_minor: int
    currency: str
    invoice_number: str
    debtor_number: str
    posting_number: int | None = None
    transaction_id: str = ""
    entry_id: str = ""
    bank_reason: str = ""
    reverses: str = ""
    is_claim: bool = False
    provisional_until: date | None = None

    @property
    def debit_minor(self) -> int:
        """Soll: claims, negative where they are taken back."""
        return self.effect_minor if self.is_claim and self.kind not in _CREDIT_SIDE else 0

    @property
    def credit_minor(self) -> int:
        """Haben: payments and reductions, negative where they are taken back."""
        return 0 if self.is_claim and self.kind not in _CREDIT_SIDE else -self.effect_minor


def claim_line(
    *,
    first: bool,
    cancelled: bool,
    effect_minor: int,
    currency: str,
    invoice_number: str,
    debtor_number: str,
    document_type: str,
    claim_kind: str,
    issue_date: date,
    loaded: date | None,
) -> AccountLine:
    """A line of what the billing system claims. first: the claim itself, else a later change of its amount.

    loaded: the day of the load that told the change; None when unknown. A change is dated on it, never before issue.
    """
    if claim_kind in _OF_CLAIM:
        kind = _OF_CLAIM[claim_kind]
    elif document_type == "credit_note":
        kind = EntryKind.CREDIT
    else:
        kind = EntryKind.FEE if document_type == "fee" else EntryKind.CLAIM
    if cancelled and not first and kind not in _CREDIT_SIDE:
        kind = EntryKind.CANCELLATION
    day = issue_date if first else max(issue_date, loaded or issue_date)
    return AccountLine(day, kind, effect_minor, currency, invoice_number, debtor_number, is_claim=True)


def allocation_kind(kind: str, taken_back: str, cause: str) -> EntryKind:
    """What an allocation is on an account. taken_back: the kind of the allocation it reverses, "" if none."""
    if kind == "reversal":
        if taken_back == "refund":
            return EntryKind.REFUND
        return EntryKind.RETURN_DEBIT if cause == "return" else EntryKind.REVERSAL
    return _OF_ALLOCATION.get(kind, EntryKind.PAYMENT)


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the lines of a receivable do not say. collection_day: of the newest direct debit for it, None for none."""

    invoice_number: str
    due_date: date
    document_type: str
    is_cancelled: bool
    payment_method: str = ""
    collection_day: date | None = None
    dunning_level: int = 0


@dataclass(frozen=True, slots=True)
class TransactionAccount:
    """The account of one receivable (Vorgangskonto). lines: in order of day and posting."""

    facts: ItemFacts
    currency: str
    lines: tuple[AccountLine, ...]
    status: AccountStatus
    status_reason: str = ""

    @property
    def debit_minor(self) -> int:
        """Σ debit."""
        return sum(line.debit_minor for line in self.lines)

    @property
    def credit_minor(self) -> int:
        """Σ credit."""
        return sum(line.credit_minor for line in self.lines)

    @property
    def balance_minor(self) -> int:
        """debit − credit."""
        return sum(line.effect_minor for line in self.lines)


@dataclass(frozen=True, slots=True)
class Totals:
    """A debtor account in one currency. due_minor: owed and past its due date. provisional_minor: paid by direct debits
    that can still be claimed back. on_account_minor: credit that belongs to no receivable (unsigned when positive)."""

    currency: str
    debit_minor: int = 0
    credit_minor: int = 0
    due_minor: int = 0
    provisional_minor: int = 0
    on_account_minor: int = 0

    @property
    def balance_minor(self) -> int:
        """debit − credit."""
        return self.debit_minor - self.credit_minor


@dataclass(frozen=True, slots=True)
class DebtorAccount:
    """All transaction accounts of a debtor and the money that belongs to none of them."""

    accounts: tuple[TransactionAccount, ...]
    on_account: tuple[AccountLine, ...] = ()
    totals: tuple[Totals, ...] = field(default_factory=tuple)

    def lines(self) -> list[AccountLine]:
        """Every line in order of day and posting, claims of a day before its postings."""
        return in_order([*(line for account in self.accounts for line in account.lines), *self.on_account])


def in_order(lines: Iterable[AccountLine]) -> list[AccountLine]:
    """By day; what the billing system told before what was posted; then by posting number, invoice and kind."""
    return sorted(
        lines,
        key=lambda line: (
            line.day,
            line.posting_number is not None,
            line.posting_number or 0,
            line.invoice_number,
            line.kind.value,
            line.effect_minor,
        ),
    )
