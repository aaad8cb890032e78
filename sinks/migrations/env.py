"""Alembic's entry: runs the revisions on the connection that ``sinks.database`` hands over."""

from __future__ import annotations

from alembic import context

from sinks.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
