"""What a source remembers of its access to the bank."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sinks.append_only import guard
from sinks.tables.columns import BIGINT

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates what ``sinks.tables.access`` describes."""
    op.create_table(
        "account_access",
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("access_no", BIGINT, nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("consent_until", sa.Text(), nullable=True),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("source", "account", "access_no", name=op.f("pk_account_access")),
        sqlite_strict=True,
    )
    op.create_table(
        "access_memory",
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("memory_no", BIGINT, nullable=False),
        sa.Column("sealed", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("source", "memory_no", name=op.f("pk_access_memory")),
        sqlite_strict=True,
    )
    for name in ("account_access", "access_memory"):
        guard(op.get_bind(), name)
