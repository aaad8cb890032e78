"""What the content of a journal entry is, as one hash: the same id with another hash is refused (D8)."""

from __future__ import annotations

import hashlib
from operator import attrgetter

from pipelines.model.ledger import JournalEntry


def entry_hash(entry: JournalEntry) -> str:
    """Hash over every column of the entry, its lines in order and its allocations by id.

    Each text is preceded by its length, so that no two contents can look alike; numbers are in decimal.
    """
    parts = [
        entry.entry_id,
        entry.booking_date.isoformat(),
        entry.account,
        entry.transaction_id,
        entry.cause.value,
        entry.reverses,
        entry.text,
        str(len(entry.lines)),
    ]
    for line in entry.lines:
        parts += (
            line.account,
            str(line.debit_minor),
            str(line.credit_minor),
            line.currency,
            line.debtor_number,
            line.invoice_number,
        )
    allocations = entry.allocations
    if len(allocations) > 1:
        allocations = tuple(sorted(allocations, key=attrgetter("allocation_id")))
    for a in allocations:
        parts += (
            a.allocation_id,
            a.transaction_id,
            a.debtor_number,
            a.invoice_number,
            str(a.amount_minor),
            str(a.cash_minor),
            a.currency,
            a.kind.value,
            a.disposition,
            "" if a.probability is None else repr(a.probability),
            a.proposal_id,
            a.reverses,
        )
    return hashlib.blake2b("".join([f"{len(part)}:{part}" for part in parts]).encode(), digest_size=16).hexdigest()
