"""A return linked to the entry that settled the item (D13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipelines.model.proposal import Evidence


class ReturnState(StrEnum):
    """``posted``: reversed in the journal. ``linked``: its entry is known, posting comes next.
    ``waiting``: its collection has not been settled yet. ``review``: a person must decide."""

    POSTED = "posted"
    LINKED = "linked"
    WAITING = "waiting"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class ReturnLink:
    """One returned payment and what it takes back.

    transaction_id: the return. invoice_number / debtor_number / original_transaction_id / original_entry_id: "" while
    unknown (original_entry_id is also "" when the item was settled before go-live). One link per reversed entry.
    returned_minor: unsigned part of this invoice. charges_minor: unsigned charges of the whole return, stated on its
    first link only, 0 on the others.
    """

    transaction_id: str
    state: ReturnState
    reason_code: str
    invoice_number: str = ""
    debtor_number: str = ""
    original_transaction_id: str = ""
    original_entry_id: str = ""
    returned_minor: int = 0
    charges_minor: int = 0
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class SettledPayment:
    """One journal entry that settled (part of) one invoice and has not been reversed.

    cash_minor: the money it took from its transaction; effect_minor: what it took off the invoice, discount included.
    The transaction's own references come along. invoice_number "" is money on the debtor's account.
    by_collection: the transaction is a direct debit of ours (single or batch) rather than a customer's transfer.
    """

    entry_id: str
    transaction_id: str
    invoice_number: str
    debtor_number: str
    cash_minor: int
    effect_minor: int
    booking_date: date
    end_to_end_id: str
    mandate_id: str
    counterparty_iban: str
    by_collection: bool
