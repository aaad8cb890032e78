"""Killed anywhere, or racing another run, posting ends with the ledger of an undisturbed run (RELIABILITY I1–I4)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.errors import RunInProgress, StaleRun
from pipelines.usecases.post import post
from sinks.database import Database
from tests.conftest import new_books
from tests.ledger_state import broken, ledger
from tests.ledger_world import AS_OF, CHART, random_world, store

ROUNDS = 20


def post_in_a_child(url: str, chunk: int, told: int | None = None) -> int:
    """Forks a process that posts, and writes a byte to ``told`` after each commit; returns its id."""
    child = os.fork()
    if child:
        return child
    try:
        progress = None if told is None else lambda done, total: os.write(told, b".")
        post(new_books(Database(url), wait_seconds=20), CHART, AS_OF, chunk=chunk, progress=progress)
    except BaseException:
        # Nothing of the tests may run on in the child.
        os._exit(1)
    os._exit(0)


def killed_in_the_middle(url: str, commits: int, seconds: float) -> bool:
    """Whether a child was still posting when it was killed, a moment after so many commits."""
    listen, tell = os.pipe()
    child = post_in_a_child(url, 1, tell)
    os.close(tell)
    for _ in range(commits):
        os.read(listen, 1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(listen)
    return os.WIFSIGNALED(status)


@pytest.fixture
def prepared_url(database_url: str) -> str:
    database = Database(database_url)
    store(new_books(database), random_world(5, 90))
    database.close()
    return database_url


def state(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = Database(url)
    books = new_books(database)
    assert broken(books) == []
    found = ledger(books)
    database.close()
    return found


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, list[tuple[object, ...]]]:
    database = Database("sqlite://")
    database.open("test")
    books = new_books(database)
    store(books, random_world(5, 90))
    post(books, CHART, AS_OF)
    return ledger(books)


def test_killed_at_random_moments(prepared_url: str, undisturbed: dict[str, list[tuple[object, ...]]]) -> None:
    rng = random.Random(17)
    killed = 0
    for _ in range(ROUNDS):
        killed += killed_in_the_middle(prepared_url, rng.randrange(1, 4), rng.uniform(0, 0.005))
    database = Database(prepared_url)
    assert broken(new_books(database)) == []
    database.close()
    assert os.waitpid(post_in_a_child(prepared_url, chunk=7), 0)[1] == 0
    assert killed >= ROUNDS // 2
    assert state(prepared_url) == undisturbed


def test_two_processes_at_once(prepared_url: str, undisturbed: dict[str, list[tuple[object, ...]]]) -> None:
    children = [post_in_a_child(prepared_url, chunk=3) for _ in range(3)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert state(prepared_url) == undisturbed


HOLDER = """
import sys, time
from datetime import date
from sinks.books import SqlBooks
from sinks.database import Database
books = SqlBooks(Database(sys.argv[1]), clock=lambda: "2026-11-21T06:00:00+00:00")
with books.lease("run", date(2026, 11, 20)):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_killed_holder_frees_the_lease(prepared_url: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, prepared_url], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(RunInProgress):
        post(new_books(Database(prepared_url), wait_seconds=0.2), CHART, AS_OF)
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert post(new_books(Database(prepared_url), wait_seconds=10), CHART, AS_OF).counts["transactions"] > 0


def test_a_zombie_stops_in_the_middle_of_its_plan(
    prepared_url: str, undisturbed: dict[str, list[tuple[object, ...]]]
) -> None:
    zombie = new_books(Database(prepared_url))

    def someone_takes_over(done: int, total: int) -> None:
        # The zombie's lock is lost (its connection broke, its machine slept) and another run bumps the epoch.
        other = Database(prepared_url)
        other._next_epoch()
        other.close()

    with pytest.raises(StaleRun):
        post(zombie, CHART, AS_OF, chunk=10, progress=someone_takes_over)
    zombie.database.close()
    assert post(new_books(Database(prepared_url)), CHART, AS_OF).counts["transactions"] > 0
    assert state(prepared_url) == undisturbed
