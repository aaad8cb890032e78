"""Triggers that keep facts from being changed or removed (D7)."""

from __future__ import annotations

from sqlalchemy import Connection

_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION kontoklar_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'append-only: %% on %% is refused', TG_OP, TG_TABLE_NAME;
END
$body$
"""


def guard(connection: Connection, table: str) -> None:
    """Makes UPDATE and DELETE of any row of ``table`` an error; on PostgreSQL TRUNCATE too.

    SQLite's ``INSERT OR REPLACE`` fires these only with ``recursive_triggers``, which ``sinks.database`` turns on.
    """
    if connection.dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER append_only_{table}_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {event} on {table} is refused'); END"
            )
        return
    connection.exec_driver_sql(_POSTGRESQL_FUNCTION)
    connection.exec_driver_sql(
        f"CREATE TRIGGER append_only_{table} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION kontoklar_append_only()"
    )
