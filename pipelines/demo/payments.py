"""A payment as the bank books it, with what it was meant for: the writers see the first, the summary the second."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True)
class Payment:
    """One booking line, or one payment inside a batch.

    account: our own IBAN. amount: signed cents. gvc: national booking code. reference: the bank's own entry id, unique.
    original / charges: on returns, unsigned cents, 0 where the bank does not say. details: the payments of a batch;
    details_shown: False where the bank books only the sum. batch_id: payment information id of a batch.
    kind: what it is (CONTRACT, transactions). settles: invoice number → cents by which it lowers what is owed
    (negative for returns and for credit notes set off). on_account: cents left over for the customer. story: in words.
    """

    account: str
    day: date
    amount: int
    gvc: str
    name: str = ""
    iban: str = ""
    text: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    creditor_id: str = ""
    creditor_reference: str = ""
    reason_code: str = ""
    original: int = 0
    charges: int = 0
    batch_id: str = ""
    message_id: str = ""
    details: list[Payment] = field(default_factory=list)
    details_shown: bool = True
    kind: str = "receipt"
    settles: dict[str, int] = field(default_factory=dict)
    debtor_number: str = ""
    on_account: int = 0
    story: str = ""
    reference: str = ""
