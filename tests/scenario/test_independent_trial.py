"""An outsider's month in small: files in, commands, tables out; nothing of it knows how matching works."""

from __future__ import annotations

from pathlib import Path

from benchmarks.independent.__main__ import trial
from benchmarks.independent.score import GRAVE
from benchmarks.independent.trial import build


def test_nothing_wrong_nothing_trapped_every_cent_there(tmp_path: Path) -> None:
    result = trial("classic", seed=11, payments=40, items=200, days=2, folder=tmp_path)
    grave = [miss for miss in result.misses if miss.kind in GRAVE]
    assert not grave
    posted = sum(count["posted"] for count in result.causes.values())
    assert posted >= 30, "a trial in which hardly anything posts proves nothing"


def test_the_same_seed_makes_the_same_month() -> None:
    first, second = (build("short", 12, 60, 400, 3) for _ in range(2))
    assert [vars(b) for b in first.bookings] == [vars(b) for b in second.bookings]
    assert first.truth == second.truth
    assert len({t.cause for t in first.truth.values()}) > 20
