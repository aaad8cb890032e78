"""The schema: every table in one place. Facts only ever get added (D7); ``columns.MUTABLE`` names what may move."""

from __future__ import annotations

from sinks.tables.access import (
    access_memory,
    account_access,
)
from sinks.tables.archive import (
    document_arrival,
    document_reading,
    raw_chunk,
    raw_document,
)
from sinks.tables.bank import (
    bank_transaction,
    booking,
    held_transaction,
    observation,
    proven_range,
    statement,
    statement_verdict,
    superseded_transaction,
)
from sinks.tables.billing import (
    collection,
    contract,
    debtor,
    receivable,
)
from sinks.tables.columns import BIGINT, FLOAT, MUTABLE, metadata
from sinks.tables.dunning import (
    dunning_trigger,
    outbox,
    outbox_attempt,
    trigger_event,
)
from sinks.tables.ledger import (
    allocation,
    allocation_reversal,
    decision,
    entry_reversal,
    journal_entry,
    journal_line,
)
from sinks.tables.matching import (
    match_consideration,
    match_run,
    proposal,
    return_link,
)
from sinks.tables.runs import (
    fence,
    meta,
    run,
    run_step,
)
from sinks.tables.trail import (
    audit,
    finding,
    finding_resolution,
)

__all__ = [
    "BIGINT",
    "FLOAT",
    "MUTABLE",
    "access_memory",
    "account_access",
    "allocation",
    "allocation_reversal",
    "audit",
    "bank_transaction",
    "booking",
    "collection",
    "contract",
    "debtor",
    "decision",
    "document_arrival",
    "document_reading",
    "dunning_trigger",
    "entry_reversal",
    "fence",
    "finding",
    "finding_resolution",
    "held_transaction",
    "journal_entry",
    "journal_line",
    "match_consideration",
    "match_run",
    "meta",
    "metadata",
    "observation",
    "outbox",
    "outbox_attempt",
    "proposal",
    "proven_range",
    "raw_chunk",
    "raw_document",
    "receivable",
    "return_link",
    "run",
    "run_step",
    "statement",
    "statement_verdict",
    "superseded_transaction",
    "trigger_event",
]
