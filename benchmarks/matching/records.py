"""A generated payment with the truth about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True)
class PaymentRecord:
    """One payment and the truth about it.

    truth: invoice number → effect on what is owed, agreed discount included; empty when nothing may post by itself.
    A discount nobody agreed, or taken too late, is not granted: the invoice receives what was paid.
    case: what the generator had in mind. trap: whether posting it anywhere is an error.
    review_is_right: the right answer exists, but a careful system asks (unagreed discount).
    undecidable: another item of the debtor would explain everything that was said just as well.
    """

    transaction_id: str
    day: date
    amount: int
    name: str
    iban: str
    text: str
    case: str
    truth: dict[str, int]
    trap: bool = False
    review_is_right: bool = False
    undecidable: bool = False
    kind: str = "receipt"
    ultimate: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    creditor_reference: str = ""
    document_numbers: str = ""
    payment_information_id: str = ""
    message_id: str = ""
    is_batch: bool = False
    batch_count: int | None = None
    declared_discount: int | None = None
    reason_code: str = ""
    extra: dict[str, str] = field(default_factory=dict)


# (name, IBAN, ultimate debtor) of who pays.
Payer = tuple[str, str, str]
# case, day, amount, payer, text, truth
MakePayment = Callable[[str, date, int, Payer, str, dict[str, int]], PaymentRecord]
