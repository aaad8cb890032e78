"""The exclusive right to write: one run at a time, freed by the system when its process dies (D16)."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Engine

from pipelines.errors import ConfigurationError, RunInProgress

# Any constant will do: PostgreSQL keeps advisory locks apart per database.
_ADVISORY_KEY: Final = 0x6B6F6E746F6B6C61
_PAUSE: Final = 0.05


def _until(attempt: Callable[[], bool], wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while not attempt():
        if time.monotonic() >= deadline:
            raise RunInProgress("Another run is at work on this database. Start this one again when it has ended.")
        time.sleep(_PAUSE)


@contextmanager
def file_lock(path: str, wait_seconds: float) -> Iterator[None]:
    """flock on a file beside the database: the kernel frees it even after kill -9. The file itself stays."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"The lock file {path} cannot be written: {error.strerror}.") from None

    def attempt() -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        _until(attempt, wait_seconds)
        yield
    finally:
        os.close(handle)


@contextmanager
def thread_lock(lock: threading.Lock, wait_seconds: float) -> Iterator[None]:
    """For an in-memory database, which no other process can see."""
    if not lock.acquire(timeout=wait_seconds):
        raise RunInProgress("Another run is at work on this database. Start this one again when it has ended.")
    try:
        yield
    finally:
        lock.release()


@contextmanager
def advisory_lock(engine: Engine, wait_seconds: float) -> Iterator[None]:
    """PostgreSQL session lock on a connection of its own; the server frees it when the connection breaks."""
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:

        def attempt() -> bool:
            taken = connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (_ADVISORY_KEY,)).scalar_one()
            return bool(taken)

        _until(attempt, wait_seconds)
        yield
    finally:
        # Closing for good frees the lock; a pooled connection would keep it.
        connection.invalidate()
        connection.close()
