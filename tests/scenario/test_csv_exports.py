"""A bank's CSV export next to its statements: the same booking told twice stays one, in any order."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import groupby
from pathlib import Path
from random import Random

import pytest

from tests import bank_csv, builders
from tests.bank_csv import Told
from tests.builders import Line, camt053
from tests.scenario.office import Office

WRITERS = (bank_csv.sparkasse, bank_csv.dkb, bank_csv.dkb_before_2023, bank_csv.ing, bank_csv.commerzbank, bank_csv.vr,
           bank_csv.postbank, bank_csv.deutsche_bank, bank_csv.targobank)  # fmt: skip
OPENING = 250_000


def month(seed: int) -> list[Told]:
    """Two weeks with twins, equal amounts of different payers, and money out."""
    rng = Random(seed)
    told: list[Told] = []
    for number in (1, 2, 5, 6, 7, 8, 9, 12, 13, 14):
        for _ in range(rng.randrange(1, 4)):
            cents = rng.choice((4_990, 11_900, -2_500, rng.randrange(100, 90_000), -rng.randrange(100, 90_000)))
            text = f"RE-2026-{rng.randrange(400, 499):04d}"
            one = Told(date(2026, 10, number), cents, text=text, kind="Gutschrift" if cents > 0 else "Überweisung")
            told += [one, one] if rng.random() < 0.2 else [one]
    return told


def statements(told: list[Told]) -> list[bytes]:
    found, balance = [], OPENING
    for number, (day, group) in enumerate(groupby(told, key=lambda one: one.day), 1):
        lines = [Line(bank_csv.german(one.cents, groups=False).replace(",", "."), one.name, one.iban, one.text,
                      gvc="166" if one.cents > 0 else "116") for one in group]  # fmt: skip
        found.append(camt053(day, f"{balance / 100:.2f}", *lines, number=number, account=builders.HOUSE))
        balance += sum(line.cents for line in lines)
    return found


@pytest.fixture
def quick_office(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, sqlite_url: str
) -> Office:
    """On SQLite only: what is asked here is the readers' business, not the database's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kontoklar.toml").write_text('[company]\nmode = "test"\n', encoding="utf-8")
    return Office(tmp_path, capsys, sqlite_url)


def booked(office: Office) -> Counter[tuple[str, str]]:
    return Counter((row["booking_date"], row["amount"]) for row in office.table("transactions"))


def truth(told: list[Told]) -> Counter[tuple[str, str]]:
    return Counter((one.day.isoformat(), f"{one.cents / 100:.2f}") for one in told)


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.__name__)
@pytest.mark.parametrize("csv_first", [False, True], ids=["camt-first", "csv-first"])
def test_a_booking_told_by_both_is_one(quick_office: Office, writer: object, csv_first: bool) -> None:
    told = month(7 + csv_first)
    export = [writer(told, OPENING)]  # type: ignore[operator]
    for contents in [export, statements(told)] if csv_first else [statements(told), export]:
        quick_office.day(date(2026, 10, 15), *contents)
    assert booked(quick_office) == truth(told)
    assert quick_office.proven()


def test_exports_alone_with_a_running_balance_are_proven_and_overlap(office: Office) -> None:
    told = month(3)
    early = [one for one in told if one.day <= date(2026, 10, 8)]
    late = [one for one in told if one.day >= date(2026, 10, 6)]
    before = OPENING + sum(one.cents for one in told if one.day < date(2026, 10, 6))
    office.day(date(2026, 10, 9), bank_csv.vr(early, OPENING))
    office.day(date(2026, 10, 15), bank_csv.vr(late, before))
    assert booked(office) == truth(told)
    assert office.proven()


def test_an_export_without_balance_posts_but_does_not_prove(office: Office) -> None:
    told = month(4)
    office.owed("RE-2026-9999", "10001", "10.00", due="2026-10-01")
    office.load()
    office.day(date(2026, 10, 15), bank_csv.sparkasse(told))
    assert booked(office) == truth(told)
    triggers = office.table("triggers")
    assert triggers
    assert {row["state"] for row in triggers} == {"held"}
