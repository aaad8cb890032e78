"""The first schema.

Written out in full, so that it never changes with ``sinks.tables``; a test holds the two together on both databases.
A column added before the first release belongs into both places.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sinks.append_only import guard

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# STRICT tables know only SQLite's own type names.
BIGINT: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLOAT: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")

APPEND_ONLY = (
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
    "finding",
    "finding_resolution",
    "held_transaction",
    "journal_entry",
    "journal_line",
    "match_consideration",
    "match_run",
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
)


def upgrade() -> None:
    """Creates every table, index and append-only trigger."""
    op.create_table(
        "allocation",
        sa.Column("allocation_id", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), server_default="", nullable=False),
        sa.Column("transaction_id", sa.Text(), server_default="", nullable=False),
        sa.Column("debtor_number", sa.Text(), server_default="", nullable=False),
        sa.Column("invoice_number", sa.Text(), server_default="", nullable=False),
        sa.Column("amount_minor", BIGINT, nullable=False),
        sa.Column("cash_minor", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("disposition", sa.Text(), server_default="", nullable=False),
        sa.Column("probability", FLOAT, nullable=True),
        sa.Column("proposal_id", sa.Text(), server_default="", nullable=False),
        sa.Column("reverses", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("allocation_id", name=op.f("pk_allocation")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_allocation_entry_id"), "allocation", ["entry_id"], unique=False)
    op.create_index(op.f("ix_allocation_invoice_number"), "allocation", ["invoice_number"], unique=False)
    op.create_index(op.f("ix_allocation_transaction_id"), "allocation", ["transaction_id"], unique=False)
    op.create_table(
        "allocation_reversal",
        sa.Column("original_allocation_id", sa.Text(), nullable=False),
        sa.Column("allocation_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("original_allocation_id", name=op.f("pk_allocation_reversal")),
        sqlite_strict=True,
    )
    op.create_table(
        "audit",
        sa.Column("sequence", BIGINT, autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), server_default="", nullable=False),
        sa.Column("user", sa.Text(), server_default="", nullable=False),
        sa.Column("event", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("details", sa.Text(), server_default="", nullable=False),
        sa.Column("previous_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit")),
        sqlite_strict=True,
    )
    op.create_table(
        "bank_transaction",
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("booking_date", sa.Text(), nullable=False),
        sa.Column("value_date", sa.Text(), nullable=False),
        sa.Column("amount_minor", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("counterparty_name", sa.Text(), server_default="", nullable=False),
        sa.Column("counterparty_iban", sa.Text(), server_default="", nullable=False),
        sa.Column("counterparty_account", sa.Text(), server_default="", nullable=False),
        sa.Column("counterparty_bank", sa.Text(), server_default="", nullable=False),
        sa.Column("ultimate_name", sa.Text(), server_default="", nullable=False),
        sa.Column("remittance", sa.Text(), server_default="", nullable=False),
        sa.Column("creditor_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("document_numbers", sa.Text(), server_default="", nullable=False),
        sa.Column("end_to_end_id", sa.Text(), server_default="", nullable=False),
        sa.Column("mandate_id", sa.Text(), server_default="", nullable=False),
        sa.Column("creditor_id", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_information_id", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("bank_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("purpose_code", sa.Text(), server_default="", nullable=False),
        sa.Column("gvc", sa.Text(), server_default="", nullable=False),
        sa.Column("domain_code", sa.Text(), server_default="", nullable=False),
        sa.Column("booking_text", sa.Text(), server_default="", nullable=False),
        sa.Column("reason_code", sa.Text(), server_default="", nullable=False),
        sa.Column("reason_source", sa.Text(), server_default="", nullable=False),
        sa.Column("source_file", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Text(), server_default="", nullable=False),
        sa.Column("original_minor", BIGINT, nullable=True),
        sa.Column("charges_minor", BIGINT, nullable=True),
        sa.Column("declared_discount_minor", BIGINT, nullable=True),
        sa.Column("is_batch", BIGINT, nullable=False),
        sa.Column("batch_count", BIGINT, nullable=True),
        sa.Column("statement_id", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_bank_transaction")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_bank_transaction_account_booking_date"), "bank_transaction", ["account", "booking_date"], unique=False
    )
    op.create_index(op.f("ix_bank_transaction_booking_id"), "bank_transaction", ["booking_id"], unique=False)
    op.create_index(op.f("ix_bank_transaction_end_to_end_id"), "bank_transaction", ["end_to_end_id"], unique=False)
    op.create_table(
        "booking",
        sa.Column("booking_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("booking_date", sa.Text(), nullable=False),
        sa.Column("value_date", sa.Text(), nullable=False),
        sa.Column("amount_minor", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("occurrence", BIGINT, nullable=False),
        sa.Column("statement_id", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_booking")),
        sa.UniqueConstraint(
            "account",
            "booking_date",
            "amount_minor",
            "currency",
            "occurrence",
            name=op.f("uq_booking_account_booking_date_amount_minor_currency_occurrence"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "collection",
        sa.Column("end_to_end_id", sa.Text(), server_default="", nullable=False),
        sa.Column("mandate_id", sa.Text(), server_default="", nullable=False),
        sa.Column("invoice_number", sa.Text(), server_default="", nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("amount_minor", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("collection_date", sa.Text(), nullable=False),
        sa.Column("debtor_iban", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_information_id", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("content_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("end_to_end_id", "mandate_id", "invoice_number", "version", name=op.f("pk_collection")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_collection_payment_information_id"), "collection", ["payment_information_id"], unique=False
    )
    op.create_table(
        "contract",
        sa.Column("contract_id", sa.Text(), server_default="", nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("debtor_number", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("dunning_plan", sa.Text(), server_default="", nullable=False),
        sa.Column("content_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("contract_id", "version", name=op.f("pk_contract")),
        sqlite_strict=True,
    )
    op.create_table(
        "debtor",
        sa.Column("debtor_number", sa.Text(), server_default="", nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("ibans", sa.Text(), server_default="", nullable=False),
        sa.Column("external_id", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("aliases", sa.Text(), server_default="", nullable=False),
        sa.Column("tags", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("dunning_plan", sa.Text(), server_default="", nullable=False),
        sa.Column("dunning_block_until", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("debtor_number", "version", name=op.f("pk_debtor")),
        sqlite_strict=True,
    )
    op.create_table(
        "decision",
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("sequence", BIGINT, nullable=False),
        sa.Column("command", sa.Text(), server_default="", nullable=False),
        sa.Column("transaction_id", sa.Text(), server_default="", nullable=False),
        sa.Column("payload", sa.Text(), server_default="", nullable=False),
        sa.Column("user", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision")),
        sa.UniqueConstraint("sequence", name=op.f("uq_decision_sequence")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_decision_transaction_id"), "decision", ["transaction_id"], unique=False)
    op.create_table(
        "document_arrival",
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("arrived_at", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("sha256", "source", "name", name=op.f("pk_document_arrival")),
        sqlite_strict=True,
    )
    op.create_table(
        "document_reading",
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("reader", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("statements", BIGINT, nullable=False),
        sa.Column("read_at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("sha256", "reader", name=op.f("pk_document_reading")),
        sqlite_strict=True,
    )
    op.create_table(
        "dunning_trigger",
        sa.Column("trigger_id", sa.Text(), nullable=False),
        sa.Column("debtor_number", sa.Text(), server_default="", nullable=False),
        sa.Column("invoice_number", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("level", BIGINT, nullable=False),
        sa.Column("action", sa.Text(), server_default="", nullable=False),
        sa.Column("plan", sa.Text(), server_default="", nullable=False),
        sa.Column("open_minor", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("as_of", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("trigger_id", name=op.f("pk_dunning_trigger")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_dunning_trigger_invoice_number"), "dunning_trigger", ["invoice_number"], unique=False)
    op.create_table(
        "entry_reversal",
        sa.Column("original_entry_id", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("original_entry_id", name=op.f("pk_entry_reversal")),
        sqlite_strict=True,
    )
    op.create_table(
        "fence",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("epoch", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fence")),
        sqlite_strict=True,
    )
    op.create_table(
        "finding",
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("severity", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("source_file", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_finding")),
        sqlite_strict=True,
    )
    op.create_table(
        "finding_resolution",
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_finding_resolution")),
        sqlite_strict=True,
    )
    op.create_table(
        "held_transaction",
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("booking_date", sa.Text(), nullable=False),
        sa.Column("value_date", sa.Text(), nullable=False),
        sa.Column("amount_minor", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("counterparty_name", sa.Text(), server_default="", nullable=False),
        sa.Column("counterparty_iban", sa.Text(), server_default="", nullable=False),
        sa.Column("counterparty_account", sa.Text(), server_default="", nullable=False),
        sa.Column("counterparty_bank", sa.Text(), server_default="", nullable=False),
        sa.Column("ultimate_name", sa.Text(), server_default="", nullable=False),
        sa.Column("remittance", sa.Text(), server_default="", nullable=False),
        sa.Column("creditor_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("document_numbers", sa.Text(), server_default="", nullable=False),
        sa.Column("end_to_end_id", sa.Text(), server_default="", nullable=False),
        sa.Column("mandate_id", sa.Text(), server_default="", nullable=False),
        sa.Column("creditor_id", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_information_id", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("bank_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("purpose_code", sa.Text(), server_default="", nullable=False),
        sa.Column("gvc", sa.Text(), server_default="", nullable=False),
        sa.Column("domain_code", sa.Text(), server_default="", nullable=False),
        sa.Column("booking_text", sa.Text(), server_default="", nullable=False),
        sa.Column("reason_code", sa.Text(), server_default="", nullable=False),
        sa.Column("reason_source", sa.Text(), server_default="", nullable=False),
        sa.Column("source_file", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Text(), server_default="", nullable=False),
        sa.Column("original_minor", BIGINT, nullable=True),
        sa.Column("charges_minor", BIGINT, nullable=True),
        sa.Column("declared_discount_minor", BIGINT, nullable=True),
        sa.Column("is_batch", BIGINT, nullable=False),
        sa.Column("batch_count", BIGINT, nullable=True),
        sa.Column("statement_id", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_held_transaction")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_held_transaction_statement_id"), "held_transaction", ["statement_id"], unique=False)
    op.create_table(
        "journal_entry",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("posting_number", BIGINT, nullable=False),
        sa.Column("booking_date", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("transaction_id", sa.Text(), server_default="", nullable=False),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("reverses", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("content_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("posting_number", name=op.f("uq_journal_entry_posting_number")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_journal_entry_transaction_id"), "journal_entry", ["transaction_id"], unique=False)
    op.create_table(
        "journal_line",
        sa.Column("entry_id", sa.Text(), server_default="", nullable=False),
        sa.Column("line_no", BIGINT, nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("debit_minor", BIGINT, nullable=False),
        sa.Column("credit_minor", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("debtor_number", sa.Text(), server_default="", nullable=False),
        sa.Column("invoice_number", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(debit_minor > 0 AND credit_minor = 0) OR (debit_minor = 0 AND credit_minor > 0)",
            name=op.f("ck_journal_line_one_side"),
        ),
        sa.PrimaryKeyConstraint("entry_id", "line_no", name=op.f("pk_journal_line")),
        sqlite_strict=True,
    )
    op.create_table(
        "match_consideration",
        sa.Column("match_no", BIGINT, nullable=False),
        sa.Column("transaction_id", sa.Text(), server_default="", nullable=False),
        sa.Column("plan_no", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("match_no", "transaction_id", name=op.f("pk_match_consideration")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_match_consideration_transaction_id"), "match_consideration", ["transaction_id"], unique=False
    )
    op.create_table(
        "match_run",
        sa.Column("match_no", BIGINT, autoincrement=False, nullable=False),
        sa.Column("as_of", sa.Text(), nullable=False),
        sa.Column("input_key", sa.Text(), server_default="", nullable=False),
        sa.Column("policy_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("considered", BIGINT, nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("match_no", name=op.f("pk_match_run")),
        sqlite_strict=True,
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
        sqlite_strict=True,
    )
    op.create_table(
        "observation",
        sa.Column("statement_id", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Text(), server_default="", nullable=False),
        sa.Column("booking_id", sa.Text(), server_default="", nullable=False),
        sa.Column("format", sa.Text(), server_default="", nullable=False),
        sa.Column("bank_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("end_to_end_id", sa.Text(), server_default="", nullable=False),
        sa.Column("counterparty_iban", sa.Text(), server_default="", nullable=False),
        sa.Column("text_key", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("statement_id", "position", name=op.f("pk_observation")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_observation_booking_id"), "observation", ["booking_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sequence", BIGINT, nullable=False),
        sa.Column("topic", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("payload", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("sequence", name=op.f("uq_outbox_sequence")),
        sqlite_strict=True,
    )
    op.create_table(
        "outbox_attempt",
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("sink", sa.Text(), server_default="", nullable=False),
        sa.Column("attempt_no", BIGINT, nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.Text(), server_default="", nullable=False),
        sa.Column("next_at", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("message_id", "sink", "attempt_no", name=op.f("pk_outbox_attempt")),
        sqlite_strict=True,
    )
    op.create_table(
        "proposal",
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("match_no", BIGINT, nullable=False),
        sa.Column("transaction_id", sa.Text(), server_default="", nullable=False),
        sa.Column("rank", BIGINT, nullable=False),
        sa.Column("probability", FLOAT, nullable=False),
        sa.Column("disposition", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("pattern", sa.Text(), server_default="", nullable=False),
        sa.Column("lines", sa.Text(), server_default="", nullable=False),
        sa.Column("waterfall", sa.Text(), server_default="", nullable=False),
        sa.Column("remainder_minor", BIGINT, nullable=False),
        sa.Column("policy_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_proposal")),
        sa.UniqueConstraint(
            "match_no", "transaction_id", "rank", name=op.f("uq_proposal_match_no_transaction_id_rank")
        ),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_proposal_transaction_id"), "proposal", ["transaction_id"], unique=False)
    op.create_table(
        "proven_range",
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("range_no", BIGINT, nullable=False),
        sa.Column("start_day", sa.Text(), nullable=False),
        sa.Column("start_minor", BIGINT, nullable=False),
        sa.Column("end_day", sa.Text(), nullable=False),
        sa.Column("end_minor", BIGINT, nullable=False),
        sa.Column("end_is_open", BIGINT, nullable=False),
        sa.Column("statement_id", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("account", "currency", "range_no", name=op.f("pk_proven_range")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_proven_range_statement_id"), "proven_range", ["statement_id"], unique=False)
    op.create_table(
        "raw_chunk",
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("chunk_no", BIGINT, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "chunk_no", name=op.f("pk_raw_chunk")),
        sqlite_strict=True,
    )
    op.create_table(
        "raw_document",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", BIGINT, nullable=False),
        sa.Column("chunks", BIGINT, nullable=False),
        sa.Column("archived_at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_raw_document")),
        sqlite_strict=True,
    )
    op.create_table(
        "receivable",
        sa.Column("invoice_number", sa.Text(), server_default="", nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("debtor_number", sa.Text(), server_default="", nullable=False),
        sa.Column("amount_minor", BIGINT, nullable=False),
        sa.Column("open_minor", BIGINT, nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("issue_date", sa.Text(), nullable=False),
        sa.Column("due_date", sa.Text(), nullable=False),
        sa.Column("document_type", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("debtor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("debtor_ibans", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_method", sa.Text(), server_default="", nullable=False),
        sa.Column("mandate_id", sa.Text(), server_default="", nullable=False),
        sa.Column("end_to_end_id", sa.Text(), server_default="", nullable=False),
        sa.Column("creditor_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("order_number", sa.Text(), server_default="", nullable=False),
        sa.Column("shipment_ids", sa.Text(), server_default="", nullable=False),
        sa.Column("contract_id", sa.Text(), server_default="", nullable=False),
        sa.Column("cash_discount_basis_points", BIGINT, nullable=False),
        sa.Column("cash_discount_until", sa.Text(), nullable=True),
        sa.Column("dunning_plan", sa.Text(), server_default="", nullable=False),
        sa.Column("tax_rate_basis_points", BIGINT, nullable=True),
        sa.Column("settled_elsewhere_minor", BIGINT, nullable=False),
        sa.Column("content_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("invoice_number", "version", name=op.f("pk_receivable")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_receivable_debtor_number"), "receivable", ["debtor_number"], unique=False)
    op.create_table(
        "return_link",
        sa.Column("match_no", BIGINT, nullable=False),
        sa.Column("transaction_id", sa.Text(), server_default="", nullable=False),
        sa.Column("link_no", BIGINT, nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("reason_code", sa.Text(), server_default="", nullable=False),
        sa.Column("invoice_number", sa.Text(), server_default="", nullable=False),
        sa.Column("debtor_number", sa.Text(), server_default="", nullable=False),
        sa.Column("original_transaction_id", sa.Text(), server_default="", nullable=False),
        sa.Column("original_entry_id", sa.Text(), server_default="", nullable=False),
        sa.Column("returned_minor", BIGINT, nullable=False),
        sa.Column("charges_minor", BIGINT, nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("match_no", "transaction_id", "link_no", name=op.f("pk_return_link")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_return_link_transaction_id"), "return_link", ["transaction_id"], unique=False)
    op.create_table(
        "run",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), server_default="", nullable=False),
        sa.Column("as_of", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), server_default="", nullable=False),
        sa.Column("epoch", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run")),
        sqlite_strict=True,
    )
    op.create_table(
        "run_step",
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.Column("step", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", sa.Text(), server_default="", nullable=False),
        sa.Column("counts", sa.Text(), server_default="", nullable=False),
        sa.Column("seconds", FLOAT, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "step", name=op.f("pk_run_step")),
        sqlite_strict=True,
    )
    op.create_table(
        "statement",
        sa.Column("statement_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("format", sa.Text(), server_default="", nullable=False),
        sa.Column("coverage", sa.Text(), server_default="", nullable=False),
        sa.Column("identification", sa.Text(), server_default="", nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("page", sa.Text(), server_default="", nullable=False),
        sa.Column("from_day", sa.Text(), nullable=True),
        sa.Column("to_day", sa.Text(), nullable=True),
        sa.Column("opening_minor", BIGINT, nullable=True),
        sa.Column("opening_day", sa.Text(), nullable=True),
        sa.Column("closing_minor", BIGINT, nullable=True),
        sa.Column("closing_day", sa.Text(), nullable=True),
        sa.Column("entries", BIGINT, nullable=False),
        sa.Column("booked_minor", BIGINT, nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("source_file", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_statement")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_statement_account_to_day"), "statement", ["account", "to_day"], unique=False)
    op.create_table(
        "statement_verdict",
        sa.Column("statement_id", sa.Text(), server_default="", nullable=False),
        sa.Column("verdict_no", BIGINT, nullable=False),
        sa.Column("verdict", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("statement_id", "verdict_no", name=op.f("pk_statement_verdict")),
        sqlite_strict=True,
    )
    op.create_table(
        "superseded_transaction",
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("statement_id", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_superseded_transaction")),
        sqlite_strict=True,
    )
    op.create_table(
        "trigger_event",
        sa.Column("trigger_id", sa.Text(), server_default="", nullable=False),
        sa.Column("event_no", BIGINT, nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("hold_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("open_minor", BIGINT, nullable=False),
        sa.Column("as_of", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("trigger_id", "event_no", name=op.f("pk_trigger_event")),
        sqlite_strict=True,
    )
    for name in APPEND_ONLY:
        guard(op.get_bind(), name)
