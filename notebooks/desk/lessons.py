"""What a confirmed payment taught about its payer, and what else that would resolve, in words for the grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk import formats
from desk.opening import Desk
from desk.words import LESSONS, texts


@dataclass(frozen=True, slots=True)
class Lesson:
    """transaction_id: the payment that was decided. teaches: one line each, accounts masked. resolves: waiting payments
    that would post by themselves for it, each with its invoices (``|``-joined)."""

    transaction_id: str
    teaches: tuple[str, ...]
    resolves: tuple[tuple[str, str], ...]


def lesson_of(desk: Desk, transaction_id: str) -> Lesson:
    """Asks the books; changes nothing. Raises what keeps a run from starting, such as another one at work."""
    told = desk.app.schoolroom.consequences(transaction_id, desk.as_of)
    resolves = tuple((str(one["transaction_id"]), str(one["invoices"])) for one in told["resolves"])
    return Lesson(transaction_id, tuple(_words(desk, fact) for fact in told["teaches"]), resolves)


def proposes(desk: Desk, transaction_id: str, invoices: str) -> bool:
    """Whether the best proposal is, by now, exactly these invoices, and sure enough to post by itself."""
    proposals = desk.app.inquiries.explain(transaction_id)["proposals"]
    if not proposals or proposals[0]["rank"] != 1 or proposals[0]["disposition"] != "auto":
        return False
    found = dict.fromkeys(line["invoice_number"] for line in proposals[0]["lines"] if line["invoice_number"])
    return "|".join(found) == invoices


def _words(desk: Desk, fact: Mapping[str, Any]) -> str:
    words = texts(LESSONS, desk.language)
    payer = formats.masked(str(fact["payer"])) if fact["what"] == "account" else str(fact["payer"])
    level = str(fact["level"])
    return words["pays"].format(
        what=words[str(fact["what"])].format(payer=payer), debtor=fact["debtor_number"], level=words.get(level, level)
    )
