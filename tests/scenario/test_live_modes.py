"""Test data and live data never meet: the mode is part of every key, and a live sink takes no test message."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from pipelines import config
from pipelines.app import Kontoklar
from pipelines.errors import ModeMismatch
from pipelines.simulator.generate import generate
from tests.live_office import NOW, LiveOffice, running
from tests.scenario.test_live_faults import OVERDUE

DAY = date(2026, 10, 8)
STEPS = ("match", "post", "dun", "deliver")
SINK = '\n[[sinks]]\nname = "letters"\nuse = "file_drop"\npath = "letters"\nmode = "{mode}"\n'


def office(folder: Path, bank: object, mode: str, sink: str) -> LiveOffice:
    return LiveOffice(folder, bank, mode=mode, extra=SINK.format(mode=sink))  # type: ignore[arg-type]


def test_the_mode_is_part_of_every_key(tmp_path: Path) -> None:
    here = generate(8, accounts=1, days=9, today=DAY)
    channels = {here.accounts[0].iban: "finapi"}
    with running(here) as bank:
        ids: dict[str, set[str]] = {}
        for mode in ("test", "live"):
            one = office(tmp_path / mode, bank, mode, mode)
            one.load(channels, DAY)
            one.run(channels, DAY, steps=("match", "post"))
            ids[mode] = {row["transaction_id"] for row in one.table("transactions")}
            ids[mode] |= {row["entry_id"] for row in one.table("journal")}
        assert len(ids["test"]) == len(ids["live"]) > 50
        assert not ids["test"] & ids["live"]


@pytest.mark.parametrize(
    ("mode", "sink", "arrives"), [("test", "live", False), ("live", "live", True), ("test", "test", True)]
)
def test_a_live_sink_refuses_test_messages(tmp_path: Path, mode: str, sink: str, arrives: bool) -> None:
    here = generate(8, accounts=1, days=9, today=DAY)
    here.receivables.append(OVERDUE)
    channels = {here.accounts[0].iban: "finapi"}
    with running(here) as bank:
        one = office(tmp_path, bank, mode, sink)
        one.load(channels, DAY)
        one.run(channels, DAY, steps=STEPS)
        letters = [path for path in (tmp_path / "letters").rglob("*") if path.is_file()]
        assert bool(letters) is arrives
        assert all(json.loads(path.read_text())["data"]["mode"] == mode for path in letters if path.suffix == ".json")
        states = {row["state"] for row in one.table("triggers")}
        assert ("delivered" in states) is arrives


def test_books_of_one_mode_cannot_be_opened_in_the_other(tmp_path: Path) -> None:
    here = generate(8, accounts=1, days=9, today=DAY)
    channels = {here.accounts[0].iban: "finapi"}
    with running(here) as bank:
        one = office(tmp_path, bank, "test", "test")
        one.run(channels, DAY, steps=())
        one.mode = "live"
        settings = config.load(one.configure(channels), environ={})
        with pytest.raises(ModeMismatch), Kontoklar(settings, clock=lambda: NOW) as app:
            app.pull(DAY)
