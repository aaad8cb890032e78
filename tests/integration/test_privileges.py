"""``init --grant-to``: a role that may read and add, and cannot change a fact even without the guards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from pipelines.errors import ConfigurationError
from sinks.database import Database
from tests.conftest import new_books
from tests.ledger_world import AS_OF


@pytest.fixture
def role(postgresql_server: str) -> Iterator[str]:
    """A login role that may nothing so far."""
    name = f"runtime_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN")
        yield name


def test_the_runtime_role_works_and_changes_nothing(postgresql_url: str, role: str) -> None:
    owner = Database(postgresql_url)
    owner.grant_to(role)
    owner.grant_to(role)
    with owner.engine.connect() as connection, connection.begin():
        # Even with the guards switched off.
        connection.exec_driver_sql("ALTER TABLE journal_entry DISABLE TRIGGER ALL")
        connection.exec_driver_sql(f'SET LOCAL ROLE "{role}"')
        for statement in (
            "UPDATE journal_entry SET text = 'x'",
            "DELETE FROM journal_entry",
            "TRUNCATE journal_entry",
            "ALTER TABLE journal_entry ENABLE TRIGGER ALL",
            "DELETE FROM fence",
            "UPDATE alembic_version SET version_num = '0000'",
        ):
            savepoint = connection.begin_nested()
            with pytest.raises(Exception, match=r"permission denied|must be owner"):
                connection.exec_driver_sql(statement)
            savepoint.rollback()
        connection.exec_driver_sql("SELECT count(*) FROM journal_entry")
    owner.close()
    # libpq takes the role from the options: everything this database does is done by the runtime role.
    separator = "&" if "?" in postgresql_url else "?"
    runtime = Database(f"{postgresql_url}{separator}options=-c%20role%3D{role}")
    books = new_books(runtime)
    with books.lease("load", AS_OF), books.write() as work:
        work.debtors.add_fact("10001", "tags", "add", "vip", "anna", "why not")
    with books.read() as work:
        assert work.debtors.facts(work.debtors.id_of("10001"))[0].value == "vip"
    runtime.close()


@pytest.mark.parametrize("name", ["nobody_of_this_name", 'x"; DROP TABLE audit', ""])
def test_a_role_that_is_none_is_refused(postgresql_url: str, name: str) -> None:
    database = Database(postgresql_url)
    with pytest.raises(ConfigurationError):
        database.grant_to(name)
    database.close()


def test_sqlite_knows_no_roles(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with pytest.raises(ConfigurationError, match="SQLite"):
        database.grant_to("runtime")
    database.close()
