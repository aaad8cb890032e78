"""What matching learns from decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sinks.append_only import guard

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIGINT: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    """Creates what ``sinks.tables.learning`` describes."""
    op.create_table(
        "audit_sample",
        sa.Column("proposal_id", sa.Text(), nullable=False),
        _text("transaction_id"),
        sa.Column("match_no", BIGINT, nullable=False),
        _text("run_id"),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_audit_sample")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_audit_sample_transaction_id"), "audit_sample", ["transaction_id"])
    op.create_table(
        "policy_backtest",
        sa.Column("backtest_id", sa.Text(), nullable=False),
        _text("policy_hash"),
        _text("policy_name"),
        sa.Column("from_day", sa.Text(), nullable=False),
        sa.Column("to_day", sa.Text(), nullable=False),
        _text("figures"),
        _text("at"),
        _text("run_id"),
        sa.PrimaryKeyConstraint("backtest_id", name=op.f("pk_policy_backtest")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_policy_backtest_policy_hash"), "policy_backtest", ["policy_hash"])
    op.create_table(
        "policy_activation",
        sa.Column("sequence", BIGINT, autoincrement=False, nullable=False),
        _text("policy_hash"),
        _text("backtest_id"),
        _text("policy"),
        _text("user"),
        _text("reason"),
        _text("at"),
        _text("run_id"),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_policy_activation")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_policy_activation_policy_hash"), "policy_activation", ["policy_hash"])
    op.create_table(
        "calibration_run",
        _text("calibration_id"),
        _text("policy_hash"),
        _text("base_hash"),
        sa.Column("from_day", sa.Text(), nullable=False),
        sa.Column("to_day", sa.Text(), nullable=False),
        _text("figures"),
        _text("at"),
        _text("run_id"),
        sa.PrimaryKeyConstraint("calibration_id", name=op.f("pk_calibration_run")),
        sqlite_strict=True,
    )
    for name in ("audit_sample", "policy_backtest", "policy_activation", "calibration_run"):
        guard(op.get_bind(), name)
