"""What matching learns from decisions."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates what ``sinks.tables.learning`` describes."""
