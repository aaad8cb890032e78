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


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)
