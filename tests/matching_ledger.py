"""A small ledger to write matching cases against: items and payments as keyword arguments with believable defaults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

import matchers
from pipelines.frames import COLLECTIONS, ITEMS, KNOWN_PAYERS, RECEIPTS, conform
from pipelines.match import Matcher
from pipelines.model.proposal import Proposal
from pipelines.policy import Policy, default_policy

DAY = date(2026, 11, 12)
MUELLER = "DE02120300000000202051"
SCHMIDT = "DE02500105170137075030"
STRANGER = "DE02700100100006820101"


def item(number: str, amount: int, debtor: str = "10001", **more: object) -> dict[str, object]:
    """An open item of ``amount`` cents; ``open_minor`` is the amount unless given."""
    names = {"10001": "Müller Maschinenbau GmbH", "10002": "Petra Schmidt", "10003": "Lindenhofer Optik KG"}
    ibans = {"10001": MUELLER, "10002": SCHMIDT}
    return {
        "invoice_number": number,
        "debtor_number": debtor,
        "amount_minor": amount,
        "open_minor": amount,
        "currency": "EUR",
        "issue_date": date(2026, 10, 20),
        "due_date": date(2026, 11, 10),
        "document_type": "credit_note" if amount < 0 else "invoice",
        "status": "open",
        "debtor_name": names.get(debtor, f"Kunde {debtor}"),
        "debtor_ibans": ibans.get(debtor, ""),
        **more,
    }


def crowd(count: int = 400) -> list[dict[str, object]]:
    """Other customers' items in the same dense series, so that numbers and amounts have neighbours."""
    return [
        item(
            f"RE-2026-{10000 + place:05d}",
            5000 + 37 * place,
            f"{30000 + place // 3}",
            debtor_name=f"Firma Nord{place // 3} Handel",
        )
        for place in range(count)
    ]


def payment(amount: int, text: str = "", **more: object) -> dict[str, object]:
    """A receipt of ``amount`` cents from Müller's account unless said otherwise."""
    return {
        "transaction_id": f"t-{amount}-{text[:40]}",
        "account": "DE89370400440532013000",
        "booking_date": DAY,
        "amount_minor": amount,
        "currency": "EUR",
        "kind": "receipt",
        "counterparty_name": "Müller Maschinenbau GmbH",
        "counterparty_iban": MUELLER,
        "remittance": text,
        **more,
    }


def stranger(amount: int, text: str = "", **more: object) -> dict[str, object]:
    """A receipt from somebody nobody knows."""
    return payment(amount, text, **{"counterparty_name": "Ottokar Xaver Quast", "counterparty_iban": STRANGER, **more})


def matcher(
    items: list[dict[str, object]],
    collections: list[dict[str, object]] | None = None,
    payers: list[dict[str, object]] | None = None,
    policy: Policy | None = None,
) -> Matcher:
    """A matcher over these items with all shipped strategies."""
    chosen = policy or default_policy()
    return Matcher(
        conform(pd.DataFrame(items), ITEMS, "items"),
        conform(pd.DataFrame(collections), COLLECTIONS, "collections") if collections else None,
        conform(pd.DataFrame(payers), KNOWN_PAYERS, "known payers") if payers else None,
        chosen,
        strategies=matchers.load(chosen.strategies),
    )


def receipts(*payments: Mapping[str, object]) -> pd.DataFrame:
    """RECEIPTS of these payments."""
    return conform(pd.DataFrame([dict(one) for one in payments]), RECEIPTS, "receipts")


def plan(items: list[dict[str, object]], *payments: Mapping[str, object], **more: object) -> list[Proposal]:
    """Rank 1 of each payment, in the order given."""
    proposals = matcher(items, **more).plan(receipts(*payments))  # type: ignore[arg-type]
    first = {one.transaction_id: one for one in proposals if one.rank == 1}
    return [first[str(one["transaction_id"])] for one in payments]


def paid(proposal: Proposal) -> dict[str, int]:
    """Invoice number ("" for on account) → effect on what is owed."""
    result: dict[str, int] = {}
    for line in proposal.lines:
        result[line.invoice_number] = result.get(line.invoice_number, 0) + line.amount_minor
    return result
