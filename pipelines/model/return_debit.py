"""A return linked to the entry that settled the item (D13)."""

from __future__ import annotations

from dataclasses import dataclass
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
