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
from sinks.tables.debtors import (
    approval_outcome,
    approval_request,
    block,
    block_end,
    claim_kind,
    debtor_access,
    debtor_fact,
    debtor_renumbering,
)
from sinks.tables.dunning import (
    dunning_trigger,
    outbox,
    outbox_attempt,
    trigger_event,
)
from sinks.tables.learning import (
    audit_sample,
    calibration_run,
    policy_activation,
    policy_backtest,
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
from sinks.tables.operations import (
    allocation_rule,
    operation,
    operation_undo,
    payment_file,
    payment_file_written,
    refund,
    refund_source,
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
    "allocation_rule",
    "approval_outcome",
    "approval_request",
    "audit",
    "audit_sample",
    "bank_transaction",
    "block",
    "block_end",
    "booking",
    "calibration_run",
    "claim_kind",
    "collection",
    "contract",
    "debtor",
    "debtor_access",
    "debtor_fact",
    "debtor_renumbering",
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
    "operation",
    "operation_undo",
    "outbox",
    "outbox_attempt",
    "payment_file",
    "payment_file_written",
    "policy_activation",
    "policy_backtest",
    "proposal",
    "proven_range",
    "raw_chunk",
    "raw_document",
    "receivable",
    "refund",
    "refund_source",
    "return_link",
    "run",
    "run_step",
    "statement",
    "statement_verdict",
    "superseded_transaction",
    "trigger_event",
]
