"""A month of decisions becomes a policy file, which is replayed and put in force: through the command line."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines import config
from pipelines.app import Kontoklar
from pipelines.policy import load_policy
from tests.builders import Line, camt053
from tests.conftest import now
from tests.scenario.office import Office

MONDAY = date(2026, 10, 12)
LATER = MONDAY + timedelta(days=40)
WHO = ("--user", "anna", "--reason", "a month of decisions")
CLEAR, BARE, REFUSED = 160, 60, 30


def euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


@pytest.fixture
def month(office: Office) -> Office:
    """160 payments that name their invoice, and 60 that only cost the same: of them an analyst refuses half."""
    lines = []
    for number in range(CLEAR + BARE):
        cents = 10_037 + 713 * number
        office.owed(f"RE-2026-{1000 + number}", f"{20000 + number}", euros(cents), debtor_name=f"Kunde Nr{number} GmbH")
        clear = number < CLEAR
        lines.append(
            Line(
                euros(cents),
                name=f"Kunde Nr{number} GmbH" if clear else "Sammelkonto",
                iban=f"DE{10 + number % 90:02d}{number:018d}",
                text=f"RE-2026-{1000 + number}" if clear else "Danke",
                ref=f"B{number}",
            )
        )
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", *lines))
    settings = config.load(None, office.database)
    with Kontoklar(settings, clock=now) as app:
        desk = app.review_desk(MONDAY)
        for place, row in enumerate(app.inquiries.review_queue(MONDAY)):
            decide = desk.reject if place < REFUSED else desk.accept
            decide(row["transaction_id"], user="anna", reason="the customer said so")
    return office


def test_a_month_of_decisions_becomes_a_policy_that_is_replayed_and_put_in_force(month: Office) -> None:
    period = ("--from", MONDAY.isoformat(), "--to", (MONDAY + timedelta(days=6)).isoformat())
    told = month.command("calibrate", *period, "--as-of", LATER.isoformat(), "--out", "mine.toml", "--plot", "r.png")
    assert month.exit_code == 0, told
    counts = told["counts"]
    assert isinstance(counts, dict)
    assert counts["decided"] == BARE
    assert counts["survived"] == CLEAR
    assert Path("r.png").read_bytes()[:4] == b"\x89PNG"
    policy = load_policy(Path("mine.toml"))
    assert policy.hash == told["policy_hash"]
    assert tomllib.loads(Path("mine.toml").read_text())["calibration"]["decided"] == BARE
    # Where nothing but the amount spoke for it, it was right only half of the time.
    shifts = {row["weight"]: row["shift"] for row in told["weights"]}  # type: ignore[union-attr]
    assert shifts["reference.absent"] < 0, shifts
    before, after = told["surprise_bits"]  # type: ignore[misc]
    assert after < before

    Path("kontoklar.toml").write_text('[company]\nmode = "test"\n[matching]\npolicy = "mine.toml"\n', encoding="utf-8")
    month.owed("RE-2026-9999", "99999", "77.77")
    month.load()
    refused = month.command("match", "--as-of", LATER.isoformat())
    assert month.exit_code == 2
    assert "kontoklar backtest" in str(refused["error"])
    replayed = month.command("backtest", *period, "--as-of", LATER.isoformat(), "--activate", *WHO)
    changes = replayed["changes"]
    assert isinstance(changes, dict)
    assert changes["known_wrong"]["payments"] == 0
    assert changes["same"]["payments"] == CLEAR
    month.command("match", "--as-of", LATER.isoformat())
    assert month.exit_code == 0
    assert month.proven()
