"""The database: schema by migration, append-only by trigger, one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError, OperationalError

from pipelines.errors import (
    ConfigurationError,
    IdempotencyConflict,
    LedgerInvariantBroken,
    ModeMismatch,
    RunInProgress,
    SchemaOutdated,
    StaleRun,
)
from sinks import tables
from sinks.books import SqlBooks
from sinks.bulk import insert_rows
from sinks.database import Database, retrying
from tests.conftest import new_books

DAY = date(2026, 11, 20)
FINDING = {
    "finding_id": "f1", "code": "c", "severity": "info", "subject": "s", "message": "m",
    "source_file": "", "position": "", "run_id": "r", "at": "2026-11-20",
}  # fmt: skip


def findings(count: int) -> list[dict[str, object]]:
    return [{**FINDING, "finding_id": f"f{n}"} for n in range(count)]


def test_migration_and_metadata_agree(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []
        if database.is_sqlite:
            found = connection.exec_driver_sql("PRAGMA table_list").fetchall()
            strict = {row[1] for row in found if row[5]}
            assert strict >= set(tables.metadata.tables)


def told(connection: Connection) -> dict[str, object]:
    """Everything the database says about the tables of the schema."""
    found = inspect(connection)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in found.get_columns(name)],
            found.get_pk_constraint(name),
            sorted(str(sorted(u.items(), key=str)) for u in found.get_unique_constraints(name)),
            sorted(str(sorted(c.items(), key=str)) for c in found.get_check_constraints(name)),
            sorted(str(sorted(i.items(), key=str)) for i in found.get_indexes(name)),
        )
        for name in tables.metadata.tables
    }


def test_migration_and_metadata_make_the_same_schema(
    sqlite_url: str, postgresql_url: str, postgresql_empty_url: str
) -> None:
    for migrated_url, empty_url in ((sqlite_url, "sqlite://"), (postgresql_url, postgresql_empty_url)):
        migrated, made = Database(migrated_url), Database(empty_url)
        with made.write() as connection:
            tables.metadata.create_all(connection)
            expected = told(connection)
        with migrated.read() as connection:
            assert told(connection) == expected
        migrated.close()
        made.close()


def test_init_is_harmless_when_repeated(database: Database) -> None:
    database.init("test")
    database.open("test")
    assert database.mode() == "test"


def test_another_mode_is_refused(database: Database) -> None:
    with pytest.raises(ModeMismatch):
        database.init("live")
    with pytest.raises(ModeMismatch):
        database.open("live")


def test_another_schema_version_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaOutdated):
        database.open("test")
    with pytest.raises(SchemaOutdated):
        database.init("test")


def test_a_new_database_is_initialised_when_opened(tmp_path: Path, postgresql_empty_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'new.db'}", "sqlite://", postgresql_empty_url):
        database = Database(url)
        database.open("live")
        assert database.mode() == "live"
        database.close()


@pytest.mark.parametrize("change", ["UPDATE finding SET code = 'x'", "DELETE FROM finding"])
def test_facts_cannot_be_changed(database: Database, change: str) -> None:
    with database.write() as connection:
        insert_rows(connection, tables.finding, findings(1))
    with pytest.raises(DBAPIError, match="append-only"), database.write() as connection:
        connection.execute(text(change))


def test_every_table_of_facts_is_guarded(database: Database) -> None:
    with database.read() as connection:
        if database.is_sqlite:
            sql = "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY tbl_name"
            wanted = 2
        else:
            sql = "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger WHERE NOT tgisinternal GROUP BY 1"
            wanted = 1
        found = {row[0]: row[1] for row in connection.execute(text(sql))}
    assert found == {name: wanted for name in tables.metadata.tables if name not in tables.MUTABLE}


def test_replace_and_truncate_are_refused(database: Database) -> None:
    with database.write() as connection:
        insert_rows(connection, tables.finding, findings(1))
    sql = "INSERT OR REPLACE INTO finding (finding_id) VALUES ('f0')" if database.is_sqlite else "TRUNCATE finding"
    with pytest.raises(DBAPIError, match="append-only"), database.write() as connection:
        connection.execute(text(sql))


@pytest.mark.parametrize("count", [3, 2000])
def test_insert_rows_counts_what_is_new(database: Database, count: int) -> None:
    with database.write() as connection:
        assert insert_rows(connection, tables.finding, []) == 0
        assert insert_rows(connection, tables.finding, findings(count)) == count
        assert insert_rows(connection, tables.finding, findings(count + 2), skip_existing=True) == 2
    with pytest.raises(IdempotencyConflict) as told, database.write() as connection:
        insert_rows(connection, tables.finding, findings(count))
    assert "f0" not in str(told.value)


def test_insert_rows_refuses_odd_rows(database: Database) -> None:
    with database.write() as connection:
        with pytest.raises(ValueError, match="same columns"):
            insert_rows(connection, tables.meta, [{"key": "a", "value": "b"}, {"key": "a", "value": "b", "c": "d"}])
        with pytest.raises(ValueError, match="plain"):
            insert_rows(connection, tables.meta, [{"key": "a", "value": DAY}])


def test_writing_needs_a_lease(books: SqlBooks) -> None:
    with pytest.raises(StaleRun), books.write():
        pass


def test_a_second_run_steps_back(database_url: str) -> None:
    first, second = (new_books(Database(database_url), wait_seconds=0.2) for _ in range(2))
    with first.lease("run", DAY):
        with pytest.raises(RunInProgress), second.lease("run", DAY):
            pass
        with first.lease("post", DAY) as inner:
            assert inner.run_id
    with second.lease("run", DAY) as context:
        assert context.run_id


def test_a_zombie_is_refused(books: SqlBooks) -> None:
    with books.lease("run", DAY):
        # A newer run took over although this one still believes in its lease.
        with books.database.write() as connection:
            connection.execute(text("UPDATE fence SET epoch = epoch + 1"))
        with pytest.raises(StaleRun), books.write():
            pass


def test_the_run_row_is_written_with_the_first_change(books: SqlBooks) -> None:
    def runs() -> int:
        with books.read() as work:
            return int(work.connection.execute(text("SELECT count(*) FROM run")).scalar_one())

    with books.lease("run", DAY):
        with books.write():
            pass
        assert runs() == 0
        for number in (1, 1000):
            with books.write() as work:
                insert_rows(work.connection, tables.finding, findings(number), skip_existing=True)
            assert runs() == 1


def write_and_fail(books: SqlBooks, count: int) -> None:
    with books.write() as work:
        insert_rows(work.connection, tables.finding, findings(count), skip_existing=True)
        raise KeyError


def test_a_failed_commit_leaves_nothing(books: SqlBooks) -> None:
    with books.lease("run", DAY):
        with pytest.raises(KeyError):
            write_and_fail(books, 700)
        with books.read() as work:
            assert work.connection.execute(text("SELECT count(*) FROM finding")).scalar_one() == 0


def test_a_rehearsal_sees_its_writes_and_keeps_none(books: SqlBooks) -> None:
    def count() -> int:
        with books.read() as work:
            return int(work.connection.execute(text("SELECT count(*) FROM finding")).scalar_one())

    with books.lease("run", DAY), books.database.rehearsal():
        with books.write() as work:
            insert_rows(work.connection, tables.finding, findings(2))
        with pytest.raises(KeyError):
            write_and_fail(books, 5)
        assert count() == 2
    assert count() == 0


def test_a_reader_keeps_its_snapshot(postgresql_books: SqlBooks) -> None:
    books = postgresql_books  # on SQLite the writer waits for the reader instead
    with books.lease("run", DAY), books.read() as reader:
        assert reader.connection.execute(text("SELECT count(*) FROM finding")).scalar_one() == 0
        with books.write() as work:
            insert_rows(work.connection, tables.finding, findings(2))
        assert reader.connection.execute(text("SELECT count(*) FROM finding")).scalar_one() == 0


def test_a_line_with_two_sides_is_refused(database: Database) -> None:
    line = {"entry_id": "e", "line_no": 0, "account": "1", "debit_minor": 1, "credit_minor": 1, "currency": "EUR"}
    with pytest.raises(LedgerInvariantBroken, match="constraint"), database.write() as connection:
        insert_rows(connection, tables.journal_line, [line])


def test_strict_tables_refuse_other_types(sqlite_books: SqlBooks) -> None:
    line = {"entry_id": "e", "line_no": 0, "account": "1", "debit_minor": 1.5, "credit_minor": 0, "currency": "EUR"}
    with pytest.raises(LedgerInvariantBroken), sqlite_books.database.write() as connection:
        insert_rows(connection, tables.journal_line, [line])


@pytest.mark.parametrize("url", ["mysql://x/y", "no url at all", "sqlite:////nowhere/at/all/x.db"])
def test_a_useless_url_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Database(url).open("test")


def test_a_file_that_is_no_database_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("invoice_number;amount\n" * 100)
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        Database(f"sqlite:///{tmp_path / 'x.db'}").open("test")


def test_a_password_is_not_repeated(postgresql_server: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        Database("postgresql://nobody:secret@127.0.0.1:1/x").open("test")
    assert "secret" not in str(told.value)


def test_two_first_starts_at_once(tmp_path: Path, postgresql_empty_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'new.db'}", postgresql_empty_url):
        with ThreadPoolExecutor(4) as pool:
            databases = [Database(url) for _ in range(4)]
            list(pool.map(lambda database: database.open("test"), databases))
        assert {database.mode() for database in databases} == {"test"}
        for database in databases:
            database.close()


def test_a_lost_race_repeats_the_whole_phase(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    tries = []

    def phase() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("COMMIT", None, BusyError("database is locked"))
        return "done"

    assert retrying(phase) == "done"
    assert len(tries) == 3
    tries.clear()
    with pytest.raises(OperationalError):
        retrying(phase, attempts=2)
    database.close()


def test_other_errors_are_not_repeated() -> None:
    tries = []

    def phase() -> None:
        tries.append(1)
        raise OperationalError("SELECT", None, sqlite3.OperationalError("no such table"))

    with pytest.raises(OperationalError):
        retrying(phase)
    assert len(tries) == 1


class BusyError(sqlite3.OperationalError):
    sqlite_errorcode = sqlite3.SQLITE_BUSY


def test_postgresql_deadlock_is_repeated(postgresql_books: SqlBooks) -> None:
    first_has_its_row = threading.Barrier(2, timeout=20)
    database = postgresql_books.database
    with database.write() as connection:
        insert_rows(connection, tables.meta, [{"key": "a", "value": "0"}, {"key": "b", "value": "0"}])

    def add(keys: str) -> int:
        tries = 0

        def phase() -> None:
            nonlocal tries
            tries += 1
            with database.write() as connection:
                for place, key in enumerate(keys):
                    connection.execute(
                        text("UPDATE meta SET value = (value::int + 1)::text WHERE key = :key"), {"key": key}
                    )
                    if place == 0 and tries == 1:
                        first_has_its_row.wait()

        retrying(phase)
        return tries

    with ThreadPoolExecutor(2) as pool:
        tries = list(pool.map(add, ["ab", "ba"]))
    assert max(tries) > 1
    with database.read() as connection:
        found = connection.execute(text("SELECT value FROM meta WHERE key IN ('a', 'b')")).scalars().all()
    assert list(found) == ["2", "2"]
