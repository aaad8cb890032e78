"""The same month through every channel gives the same journal, byte for byte; a change of channel adds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from pipelines.simulator.generate import generate
from pipelines.simulator.world import World
from tests.live_office import CHANNELS, LiveOffice, running

FIRST = date(2026, 10, 1)


def month(seed: int) -> World:
    """Two accounts, both of which move on the first day: the opening entry carries the first day a channel tells of."""
    world = generate(seed, days=31, per_day=3.0, today=FIRST)
    assert all(world.booked(account.iban) for account in world.accounts), "choose another seed"
    return world


def journal(folder: Path, world: World, channel: str, days: Sequence[int]) -> bytes:
    """The month through one channel, pulled, matched and posted on these days."""
    channels = {account.iban: channel for account in world.accounts}
    with running(world) as bank:
        office = LiveOffice(folder, bank)
        office.load(channels, FIRST)
        for day in days:
            world.set_today(date(2026, 10, day))
            step = office.run(channels, world.today)
            assert not step.unavailable
            assert step.counts["held"] == 0
        assert office.bookings() == office.truth()
        assert office.proven()
        return office.export("journal")


@pytest.mark.parametrize("seed", [1, 5])
def test_the_same_month_gives_the_same_journal(tmp_path: Path, seed: int) -> None:
    days = [*sorted(Random(seed).sample(range(2, 31), 2)), 31]
    journals = {channel: journal(tmp_path / channel, month(seed), channel, days) for channel in CHANNELS}
    assert len(journals["finapi"]) > 20_000
    for channel in CHANNELS:
        assert journals[channel] == journals["finapi"], f"{channel} differs from finapi"


PAIRS = [pair for pair in permutations(CHANNELS, 2) if not all(name.endswith("-files") for name in pair)]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_change_of_channel_adds_nothing_twice(tmp_path: Path, before: str, after: str) -> None:
    """The second channel tells again some of what the first has told; the day of the change falls anywhere."""
    rng = Random(f"{before} {after}")
    world = generate(rng.randrange(10, 500), accounts=1, days=16, per_day=5.0, today=FIRST)
    (account,) = world.accounts
    switch = rng.randrange(2, 15)
    with running(world) as bank:
        office = LiveOffice(tmp_path, bank)
        world.set_today(date(2026, 10, switch))
        world.booked_today = rng.choice((0.5, 1.0)) if before == "finapi" else 1.0
        office.run({account.iban: before}, world.today, steps=())
        world.set_today(date(2026, 10, 16))
        step = office.run({account.iban: after}, world.today, steps=())
        assert step.counts["held"] == 0
        assert office.bookings() == office.truth()
        again = office.run({account.iban: before}, world.today, steps=())
        assert again.counts["bookings_new"] == 0
        assert office.bookings() == office.truth()
        assert office.proven()
