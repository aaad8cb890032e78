"""Opening the database, its schema, and one commit at a time on SQLite and PostgreSQL (D16)."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select, update
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool

from pipelines.errors import ConfigurationError, ModeMismatch, RunInProgress, SchemaOutdated, StaleRun
from sinks import tables
from sinks.bulk import note_rows
from sinks.lease import advisory_lock, file_lock, thread_lock
from sinks.privileges import grant_runtime

T = TypeVar("T")

_BUSY_MILLISECONDS: Final = 15_000
_WRITER: Final = "writer"
# PostgreSQL: serialization failure, deadlock, lock not available.
_RETRY_STATES: Final = frozenset({"40001", "40P01", "55P03"})
_SQLITE_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def retrying(phase: Callable[[], T], *, attempts: int = 5) -> T:
    """Runs a whole write phase again when the database says it lost a race (SQLITE_BUSY, deadlock, 40001).

    ``phase`` opens its own commit and derives its own ids, so that a repetition writes the same keys.
    """
    for attempt in range(1, attempts):
        try:
            return phase()
        except DBAPIError as error:
            if not _lost_a_race(error):
                raise
            time.sleep(0.05 * attempt)
    return phase()


def _lost_a_race(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return (code & 0xFF) in _SQLITE_BUSY
    return getattr(error.orig, "sqlstate", None) in _RETRY_STATES


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"), isolation_level="REPEATABLE READ", hide_parameters=True
        )
        event.listen(engine, "after_cursor_execute", _count_rows)
        return engine
    if url.get_backend_name() != "sqlite":
        raise ConfigurationError("The database URL must start with sqlite:/// or postgresql://")
    options: dict[str, Any] = {"isolation_level": None, "timeout": _BUSY_MILLISECONDS / 1000}
    if _is_memory(url):
        engine = create_engine(
            url, connect_args={**options, "check_same_thread": False}, poolclass=StaticPool, hide_parameters=True
        )
    else:
        engine = create_engine(url, connect_args=options, hide_parameters=True)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "after_cursor_execute", _count_rows)
    return engine


def _is_memory(url: URL) -> bool:
    return url.database in (None, "", ":memory:")


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # WAL loses commits on SQLite before 3.51.3; DELETE with EXTRA survives power loss on all of them.
    for pragma in (
        "journal_mode=DELETE",
        "synchronous=EXTRA",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        f"busy_timeout={_BUSY_MILLISECONDS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # Taking the write lock at once makes waiting possible; an upgrade from a read lock can only fail.
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _count_rows(
    connection: Connection, cursor: Any, statement: str, _parameters: object, _context: object, _many: bool
) -> None:
    if cursor.rowcount > 0 and statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
        note_rows(connection, cursor.rowcount)


def rows_written(connection: Connection) -> int:
    """How many rows this connection has changed so far; only the difference between two calls means anything."""
    return int(connection.info.get("rows_written", 0))


class Database:
    """One kontoklar database.

    url: ``sqlite:///path``, ``sqlite://`` (in memory, for tests) or ``postgresql://…``. Opens nothing by itself.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise ConfigurationError(
                "The database URL cannot be read. Write sqlite:///FILE or postgresql://…"
            ) from None
        self._url = parsed
        self._memory = parsed.get_backend_name() == "sqlite" and _is_memory(parsed)
        self._memory_use = threading.RLock()
        self._memory_lease = threading.Lock()
        self._rehearsal: Connection | None = None
        self.engine = _engine(parsed)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Gives all connections back; an in-memory database is gone afterwards."""
        self.engine.dispose()

    # --- schema -----------------------------------------------------------------------------------------------

    def init(self, mode: str) -> None:
        """Creates or upgrades the schema and fixes the mode (``live`` or ``test``); harmless when repeated.

        Raises ModeMismatch for a database of the other mode, SchemaOutdated when it was made by a newer version.
        """
        if mode not in ("live", "test"):
            raise ConfigurationError(f"mode must be live or test, not {mode!r}")

        def upgrade() -> None:
            # Two first starts at once: the second waits and finds everything there.
            with self._lock(_BUSY_MILLISECONDS / 1000), self._connect(writing=True) as connection, connection.begin():
                self._upgrade(connection)
                known = connection.execute(select(tables.meta.c.value).where(tables.meta.c.key == "mode")).scalar()
                if known is None:
                    connection.execute(insert(tables.meta).values(key="mode", value=mode))
                elif known != mode:
                    raise ModeMismatch(
                        f"This is a {known} database and the configuration says {mode}. Use another database."
                    )

        retrying(upgrade)

    def open(self, mode: str) -> None:
        """Makes sure the schema is there and current; a new database is initialised.

        Raises SchemaOutdated for a schema of another version, ModeMismatch for a database of the other mode.
        """
        with self._connect(writing=False) as connection, connection.begin():
            revision = MigrationContext.configure(connection).get_current_revision()
            known = None
            if revision == self._head():
                known = connection.execute(select(tables.meta.c.value).where(tables.meta.c.key == "mode")).scalar()
        if revision is not None and revision != self._head():
            raise SchemaOutdated("The database was made by another version of kontoklar. Run: kontoklar init")
        if known != mode:
            self.init(mode)

    def grant_to(self, role: str) -> None:
        """Gives a PostgreSQL role what running needs and no more (``sinks.privileges``)."""
        with self._connect(writing=True) as connection, connection.begin():
            grant_runtime(connection, role)

    def _upgrade(self, connection: Connection) -> None:
        revision = MigrationContext.configure(connection).get_current_revision()
        script = ScriptDirectory.from_config(self._config(connection))
        if revision is None and inspect(connection).has_table("journal_entry"):
            raise SchemaOutdated("The database holds tables of kontoklar without a version. Use another database.")
        if revision is not None and revision not in {entry.revision for entry in script.walk_revisions()}:
            raise SchemaOutdated("The database was made by a newer version of kontoklar. Install that version.")
        if revision != script.get_current_head():
            command.upgrade(self._config(connection), "head")

    @staticmethod
    def _config(connection: Connection | None = None) -> Config:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        config.attributes["connection"] = connection
        return config

    def _head(self) -> str | None:
        return ScriptDirectory.from_config(self._config()).get_current_head()

    def mode(self) -> str:
        """The mode fixed at ``init``."""
        with self.read() as connection:
            return str(connection.execute(select(tables.meta.c.value).where(tables.meta.c.key == "mode")).scalar_one())

    # --- reading and committing -------------------------------------------------------------------------------

    @contextmanager
    def _connect(self, *, writing: bool) -> Iterator[Connection]:
        try:
            connection = self.engine.connect()
        except DBAPIError as error:
            if _lost_a_race(error):
                raise
            where = self._url.render_as_string(hide_password=True)
            raise ConfigurationError(f"The database {where} cannot be opened. Check its URL and rights.") from error
        with connection:
            yield connection.execution_options(writing=writing)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot; nothing written in it is kept."""
        if self._rehearsal is not None:
            yield self._rehearsal
            return
        with self._exclusive_if_memory(), self._connect(writing=False) as connection:
            transaction = connection.begin()
            try:
                yield connection
            finally:
                transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One commit, rolled back as a whole by any exception. Only ``SqlBooks`` knows whether it is allowed."""
        if self._rehearsal is not None:
            with self._rehearsal.begin_nested():
                yield self._rehearsal
            return
        with self._exclusive_if_memory(), self._connect(writing=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """A dry run: everything inside is the true path, sees its own writes, and is rolled back at the end."""
        with self._exclusive_if_memory(), self._connect(writing=True) as connection:
            transaction = connection.begin()
            self._rehearsal = connection
            try:
                yield
            finally:
                self._rehearsal = None
                transaction.rollback()

    @contextmanager
    def _exclusive_if_memory(self) -> Iterator[None]:
        # All threads share the one connection of an in-memory database.
        if not self._memory:
            yield
            return
        with self._memory_use:
            yield

    # --- the right to write -----------------------------------------------------------------------------------

    @contextmanager
    def lease(self, wait_seconds: float) -> Iterator[int]:
        """The exclusive right to write; yields the new fencing epoch. Raises RunInProgress after the wait."""
        with self._lock(wait_seconds):
            try:
                epoch = retrying(self._next_epoch, attempts=2)
            except DBAPIError as error:
                if not _lost_a_race(error):
                    raise
                raise RunInProgress("A run that lost its lease is still writing. Start this one again later.") from None
            yield epoch

    def _lock(self, wait_seconds: float) -> AbstractContextManager[None]:
        if not self.is_sqlite:
            return advisory_lock(self.engine, wait_seconds)
        if self._memory:
            return thread_lock(self._memory_lease, wait_seconds)
        return file_lock(f"{self._url.database}.lock", wait_seconds)

    def _next_epoch(self) -> int:
        fence = tables.fence
        with self.write() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_BUSY_MILLISECONDS}")
            changed = connection.execute(
                update(fence).where(fence.c.name == _WRITER).values(epoch=fence.c.epoch + 1)
            ).rowcount
            if not changed:
                connection.execute(insert(fence).values(name=_WRITER, epoch=1))
            return int(connection.execute(select(fence.c.epoch).where(fence.c.name == _WRITER)).scalar_one())

    def check_epoch(self, connection: Connection, epoch: int) -> None:
        """Inside a commit: raises StaleRun unless ``epoch`` is the newest; nobody can take over before its end."""
        fence = tables.fence
        current = connection.execute(
            select(fence.c.epoch).where(fence.c.name == _WRITER).with_for_update(read=True)
        ).scalar()
        if current != epoch:
            raise StaleRun("A newer run has taken over this database; this one wrote nothing more.")
