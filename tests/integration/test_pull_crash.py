"""A pull killed at any commit and started again ends where an undisturbed one ends."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.model.statement import Document
from sinks.books import SqlBooks, SqlWork
from sinks.database import Database
from tests.conftest import new_books, now
from tests.pull_world import Real, World, day, statement

ACCOUNTS = ("DE02120300000000202051", "DE75512108001245126199", "DE02100500000054540402")
COMMITS = 5  # archive, three accounts, reading


def documents(world: World) -> list[Document]:
    """Three accounts; the second has a gap, the third an undetailed batch and its details."""
    plain = [Real(day(1), 1_000, "E-1"), Real(day(1), 1_000, "E-2"), Real(day(2), -300, "E-3")]
    batch = Real(day(2), 900, reference="B", details=((400, "C-1"), (500, "C-2")))
    found = []
    for number, account in enumerate(ACCOUNTS):
        reals = [*plain, batch] if number == 2 else plain
        first = [real for real in reals if real.day == day(1)]
        second = [real for real in reals if real.day == day(2)]
        jump = 50 if number == 1 else 0
        found += [
            world.document(statement(first, 0, 2_000, first=day(1), last=day(1), account=account)),
            world.document(
                statement(second, 2_000 + jump, 2_000 + jump + sum(real.minor for real in second),
                          first=day(2), last=day(2), account=account, detailed=False)
            ),
            world.document(
                statement(second, None, None, first=day(2), last=day(2), account=account,
                          format_name="camt.054.001.08", identification="N")
            ),
        ]  # fmt: skip
    return [*found, Document("broken.xml", b"<html>", "file")]


class DyingBooks(SqlBooks):
    """Kills the process at its n-th commit: on entering it, with everything written, or just after it."""

    def __init__(self, database: Database, fatal: int, moment: str) -> None:
        super().__init__(database, clock=now, wait_seconds=5.0)
        self._left = fatal
        self._moment = moment

    @contextmanager
    def write(self) -> Iterator[SqlWork]:
        self._left -= 1
        doomed = self._left == 0
        if doomed and self._moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        with super().write() as work:
            yield work
            if doomed and self._moment == "inside":
                os.kill(os.getpid(), signal.SIGKILL)
        if doomed:
            os.kill(os.getpid(), signal.SIGKILL)


def pull_and_die(path: Path, fatal: int, moment: str) -> int:
    """Exit status of a child that pulls; -9 when it was killed."""
    child = os.fork()
    if not child:
        database = Database(f"sqlite:///{path}")
        world = World(DyingBooks(database, fatal, moment))
        world.pull(documents(world))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def contents_after_pull(path: Path) -> dict[str, list[tuple[object, ...]]]:
    database = Database(f"sqlite:///{path}")
    world = World(new_books(database))
    world.pull(documents(world))
    contents = world.contents(without=["run"])
    database.close()
    return contents


@pytest.fixture(scope="module")
def undisturbed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    path = tmp_path_factory.mktemp("undisturbed") / "books.db"
    shutil.copy(sqlite_template, path)
    return contents_after_pull(path)


@pytest.mark.parametrize("moment", ["before", "inside", "after"])
@pytest.mark.parametrize("fatal", range(1, COMMITS + 1))
def test_a_killed_pull_starts_again_as_if_nothing_had_happened(
    sqlite_template: Path,
    tmp_path: Path,
    undisturbed: dict[str, list[tuple[object, ...]]],
    fatal: int,
    moment: str,
) -> None:
    path = tmp_path / "books.db"
    shutil.copy(sqlite_template, path)
    assert pull_and_die(path, fatal, moment) == -signal.SIGKILL
    after = contents_after_pull(path)
    for name, rows in undisturbed.items():
        assert after[name] == rows, name


def test_the_undisturbed_pull_has_something_of_everything(undisturbed: dict[str, list[tuple[object, ...]]]) -> None:
    for name in ("booking", "journal_entry", "observation", "held_transaction", "proven_range", "finding", "audit"):
        assert undisturbed[name], name
    verdicts = {row[2] for row in undisturbed["statement_verdict"]}
    assert verdicts >= {"proven", "held"}


def test_one_failing_account_leaves_the_others_alone(sqlite_books: SqlBooks) -> None:
    world = World(sqlite_books)
    good = statement([Real(day(1), 1_000)], 0, 1_000, first=day(1), last=day(1))
    bad = replace(good, account=ACCOUNTS[1], entries=(replace(good.entries[0], details=(None,)),))  # type: ignore[arg-type]
    from pipelines.classify import classify
    from pipelines.usecases.pull import Pull
    from tests.pull_world import AS_OF, CHART

    job = Pull(sqlite_books, world.read, classify, CHART, reader="test-1", as_of=AS_OF)
    job.take([world.document(good, bad)])
    first, second = job.accounts()
    assert job.settle(first).proven == 1
    with pytest.raises(AttributeError):
        job.settle(second)
    job.close()
    assert world.booked() == [(day(1), 1_000)]
    # The document does not count as read: the next pull takes the other account up again.
    repaired = Pull(sqlite_books, world.read, classify, CHART, reader="test-1", as_of=AS_OF)
    repaired.take([world.document(good, bad)])
    assert repaired.accounts() == [second]
