"""What a role of PostgreSQL needs to work with the books, and nothing that could change a fact (D7).

The triggers refuse UPDATE and DELETE anyway; without the privilege nobody but the owner can even switch them off.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection

from pipelines.errors import ConfigurationError
from sinks.tables import MUTABLE, metadata

_ROLE = re.compile(r"[A-Za-z_][A-Za-z0-9_$-]{0,62}", re.ASCII)


def grant_runtime(connection: Connection, role: str) -> None:
    """Gives ``role`` reading and adding on every table, changing only on those that may move, and takes the rest back.

    Raises ConfigurationError on SQLite, for a role that does not exist, and for a superuser, whom nothing restricts.
    """
    if connection.dialect.name != "postgresql":
        raise ConfigurationError("SQLite knows no roles: protect the file itself, and anchor the audit trail outside")
    if not _ROLE.fullmatch(role):
        raise ConfigurationError(f"{role!r} is no name of a PostgreSQL role")
    known = connection.exec_driver_sql("SELECT rolsuper FROM pg_roles WHERE rolname = %s", (role,)).first()
    if known is None:
        raise ConfigurationError(f'the role "{role}" does not exist; create it first: CREATE ROLE "{role}" LOGIN')
    if known[0]:
        raise ConfigurationError(f'"{role}" is a superuser: nothing restricts it; name another role')
    owner = connection.exec_driver_sql(
        "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'journal_entry'::regclass"
    ).scalar()
    if owner == role:
        raise ConfigurationError(f'"{role}" owns the tables and may drop their guards; name a role that owns nothing')
    for name in [*sorted(metadata.tables), "alembic_version"]:
        connection.exec_driver_sql(f'REVOKE ALL ON TABLE "{name}" FROM "{role}", PUBLIC')
        allowed = "SELECT" if name == "alembic_version" else "SELECT, INSERT"
        if name in MUTABLE:
            allowed += ", UPDATE"
        connection.exec_driver_sql(f'GRANT {allowed} ON TABLE "{name}" TO "{role}"')
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar()
    connection.exec_driver_sql(f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}"')
