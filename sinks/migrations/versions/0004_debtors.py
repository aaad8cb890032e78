"""Debtor accounts, roles, blocklist and operations."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from sinks.append_only import guard

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

DEBTORS = (
    "approval_outcome", "approval_request", "block", "block_end", "claim_kind", "debtor_access", "debtor_fact",
    "debtor_renumbering",
)  # fmt: skip


def upgrade() -> None:
    """Creates what ``sinks.tables.debtors`` describes."""
    _debtors()
    _operations()


def _debtors() -> None:
    """Who a debtor is, the blocklist, decisions that wait for a second person, and the key of this database."""
    op.create_table(
        "debtor_fact",
        _text("debtor_id"),
        sa.Column("fact_no", BIGINT, nullable=False),
        *map(_text, ("debtor_number", "field", "action", "value", "user", "reason", "at", "run_id")),
        sa.PrimaryKeyConstraint("debtor_id", "fact_no", name=op.f("pk_debtor_fact")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_debtor_fact_debtor_number"), "debtor_fact", ["debtor_number"], unique=False)
    op.create_table(
        "debtor_renumbering",
        sa.Column("debtor_number", sa.Text(), nullable=False),
        *map(_text, ("debtor_id", "previous_number", "user", "reason", "at", "run_id")),
        sa.PrimaryKeyConstraint("debtor_number", name=op.f("pk_debtor_renumbering")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_debtor_renumbering_debtor_id"), "debtor_renumbering", ["debtor_id"], unique=False)
    op.create_table(
        "debtor_access",
        _text("debtor_id"),
        sa.Column("access_no", BIGINT, nullable=False),
        *map(_text, ("user", "reason", "at", "run_id")),
        sa.PrimaryKeyConstraint("debtor_id", "access_no", name=op.f("pk_debtor_access")),
        sqlite_strict=True,
    )
    op.create_table(
        "claim_kind",
        sa.Column("invoice_number", sa.Text(), nullable=False),
        *map(_text, ("kind", "of_invoice", "run_id")),
        sa.PrimaryKeyConstraint("invoice_number", name=op.f("pk_claim_kind")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_claim_kind_of_invoice"), "claim_kind", ["of_invoice"], unique=False)
    op.create_table(
        "block",
        sa.Column("block_id", sa.Text(), nullable=False),
        *map(_text, ("kind", "fingerprint", "masked", "key_id", "debtor_id")),
        sa.Column("until", sa.Text(), nullable=True),
        *map(_text, ("user", "reason", "at", "run_id")),
        sa.PrimaryKeyConstraint("block_id", name=op.f("pk_block")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_block_kind_fingerprint"), "block", ["kind", "fingerprint"], unique=False)
    op.create_table(
        "block_end",
        sa.Column("block_id", sa.Text(), nullable=False),
        *map(_text, ("user", "reason", "at", "run_id")),
        sa.PrimaryKeyConstraint("block_id", name=op.f("pk_block_end")),
        sqlite_strict=True,
    )
    op.create_table(
        "approval_request",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("sequence", BIGINT, nullable=False),
        *map(_text, ("command", "subject", "debtor_number", "arguments")),
        sa.Column("amount_minor", BIGINT, nullable=False),
        *map(_text, ("currency", "basis", "user", "reason", "at", "run_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_approval_request")),
        sa.UniqueConstraint("sequence", name=op.f("uq_approval_request_sequence")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_approval_request_subject"), "approval_request", ["subject"], unique=False)
    op.create_table(
        "approval_outcome",
        sa.Column("request_id", sa.Text(), nullable=False),
        *map(_text, ("outcome", "user", "reason", "at", "run_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_approval_outcome")),
        sqlite_strict=True,
    )
    for name in DEBTORS:
        guard(op.get_bind(), name)
    # Access hashes and blocklist fingerprints are keyed with this unless the configuration names a secret.
    meta = sa.table("meta", sa.column("key", sa.Text()), sa.column("value", sa.Text()))
    op.bulk_insert(meta, [{"key": "secret_key", "value": secrets.token_hex(32)}])


# --- operations ---------------------------------------------------------------------------------------------------

OPERATIONS = (
    "allocation_rule", "operation", "operation_undo", "payment_file", "payment_file_written", "refund",
    "refund_source",
)  # fmt: skip


def _operations() -> None:
    """What ``sinks.tables.operations`` describes."""
    op.create_table(
        "operation",
        sa.Column("decision_id", sa.Text(), nullable=False),
        *map(_text, ("command", "invoice_number", "debtor_number", "transaction_id")),
        sa.Column("amount_minor", BIGINT, nullable=False),
        _text("currency"),
        sa.Column("rest_minor", BIGINT, nullable=False),
        *map(_text, ("command_hash", "entries", "run_id")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_operation")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_operation_invoice_number"), "operation", ["invoice_number"], unique=False)
    op.create_index(op.f("ix_operation_debtor_number"), "operation", ["debtor_number"], unique=False)
    op.create_table(
        "operation_undo",
        sa.Column("original_decision_id", sa.Text(), nullable=False),
        *map(_text, ("decision_id", "run_id")),
        sa.PrimaryKeyConstraint("original_decision_id", name=op.f("pk_operation_undo")),
        sqlite_strict=True,
    )
    op.create_table(
        "refund",
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("end_to_end_id", sa.Text(), nullable=False),
        *map(_text, ("debtor_number", "invoice_number")),
        sa.Column("amount_minor", BIGINT, nullable=False),
        *map(_text, ("currency", "iban", "account")),
        sa.Column("execution_day", sa.Text(), nullable=False),
        *map(_text, ("message_id", "run_id")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_refund")),
        sa.UniqueConstraint("end_to_end_id", name=op.f("uq_refund_end_to_end_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_refund_debtor_number"), "refund", ["debtor_number"], unique=False)
    op.create_table(
        "refund_source",
        *map(_text, ("decision_id", "transaction_id")),
        sa.Column("amount_minor", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("decision_id", "transaction_id", name=op.f("pk_refund_source")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_refund_source_transaction_id"), "refund_source", ["transaction_id"], unique=False)
    op.create_table(
        "payment_file",
        sa.Column("message_id", sa.Text(), nullable=False),
        *map(_text, ("decision_id", "content", "created_at", "run_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_payment_file")),
        sqlite_strict=True,
    )
    op.create_table(
        "payment_file_written",
        sa.Column("message_id", sa.Text(), nullable=False),
        *map(_text, ("name", "written_at", "run_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_payment_file_written")),
        sqlite_strict=True,
    )
    op.create_table(
        "allocation_rule",
        sa.Column("allocation_id", sa.Text(), nullable=False),
        *map(_text, ("rule", "law", "run_id")),
        sa.PrimaryKeyConstraint("allocation_id", name=op.f("pk_allocation_rule")),
        sqlite_strict=True,
    )
    for name in OPERATIONS:
        guard(op.get_bind(), name)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)
