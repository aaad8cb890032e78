"""One month, several tellers: finAPI and the bank's own files make the same journal, and changing over adds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines.app import Kontoklar
from pipelines.config import Company, Settings
from pipelines.simulator import twins
from pipelines.simulator.world import World
from tests.live_world import CLOCK, Live, live, told_bookings, true_bookings

LAST = date(2026, 10, 16)


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with live(tmp_path, days=16, per_day=5.0, today=date(2026, 10, 1)) as company:
        yield company


def files(world: World, folder: Path, write: object, first: date, last: date) -> list[Path]:
    """The bank's files of these days, one per account and banking day."""
    made = []
    for account in world.accounts:
        for day in world.bank_days(first, last):
            path = folder / f"{write.__name__}-{account.iban}-{day}"  # type: ignore[attr-defined]
            path.write_bytes(write(world, account.iban, day))  # type: ignore[operator]
            made.append(path)
    return made


def from_files(company: Live, write: object) -> pd.DataFrame:
    """The journal of the whole time from files alone."""
    name = write.__name__  # type: ignore[attr-defined]
    settings = Settings(company=Company(mode="test"), database_url=f"sqlite:///{company.folder}/{name}.db")
    world = company.bank.world
    with Kontoklar(settings, clock=lambda: CLOCK) as app:
        app.pull(LAST, files=files(world, company.folder, write, world.start, LAST))
        return app.inquiries.table("journal")


def test_finapi_and_files_make_the_same_journal(company: Live) -> None:
    while company.bank.world.today < LAST:
        company.pull()
        company.bank.world.advance()
    company.pull()
    journal = company.table("journal").drop(columns="posting_number")
    assert len(journal) > 100
    for write in (twins.camt053, twins.mt940):
        other = from_files(company, write).drop(columns="posting_number")
        keys = list(journal.columns)
        pd.testing.assert_frame_equal(
            journal.sort_values(keys, ignore_index=True), other.sort_values(keys, ignore_index=True)
        )


@pytest.mark.parametrize("write", [twins.camt053, twins.mt940])
def test_changing_over_in_the_middle_adds_nothing_twice(company: Live, write: object) -> None:
    world = company.bank.world
    middle = date(2026, 10, 8)
    world.set_today(middle)
    company.pull()
    world.set_today(LAST)
    company.pull(files=files(world, company.folder, write, middle - timedelta(days=3), date(2026, 10, 13)))
    company.pull()
    company.pull(files=files(world, company.folder, write, world.start, LAST))
    assert told_bookings(company.table("transactions")) == true_bookings(world)
    with company.app() as app:
        assert all(proof.ok for proof in app.check()[1])
        assert not [row for row in app.inquiries.accounts() if row.held_statements]
