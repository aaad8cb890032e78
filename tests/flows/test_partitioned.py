"""Matching on two workers of Dask with PostgreSQL as the ledger gives what one process gives."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import flows
from benchmarks.daily.files import Company, make
from pipelines.cli import run as command_line
from pipelines.matching.partition import Part, unpack
from pipelines.usecases import match_parts
from tests.conftest import _fresh

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect")]


@pytest.fixture
def second_postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """Another fresh, initialised PostgreSQL database."""
    yield from _fresh(postgresql_server, postgresql_template)


def _prepared(folder: Path, url: str, company: Company, data: Path) -> Path:
    """The configuration of books into which a month was loaded and pulled."""
    folder.mkdir()
    config = folder / "kontoklar.toml"
    config.write_text(f'[company]\nmode = "test"\n[database]\nurl = "{url}"\n')
    for arguments in (
        ("load", "receivables", str(data / "receivables.csv")),
        ("load", "collections", str(data / "collections.csv")),
        ("pull", "--file", *map(str, company.statements)),
    ):
        assert command_line(["--config", str(config), *arguments]) in (0, 1)
    return config


def _told(config: Path, name: str) -> list[dict[str, str]]:
    out = config.parent / f"{name}.csv"
    assert command_line(["--config", str(config), "export", name, "--out", str(out)]) == 0
    with out.open(encoding="utf-8", newline="") as handle:
        return sorted(csv.DictReader(handle, delimiter=";"), key=lambda row: (row["transaction_id"], *row.values()))


def test_two_workers_plan_what_one_process_plans(
    tmp_path: Path, postgresql_url: str, second_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make(tmp_path, 11, 600, 3000)
    here = _prepared(tmp_path / "here", postgresql_url, company, tmp_path)
    spread = _prepared(tmp_path / "spread", second_postgresql_url, company, tmp_path)
    day = company.as_of
    judged: list[int] = []

    def counted(packed: tuple[Any, ...]) -> Part:
        judged.append(len(packed[0]))
        return unpack(packed)

    monkeypatch.setattr(match_parts, "unpack", counted)

    assert command_line(["--config", str(here), "match", "--as-of", day.isoformat()]) in (0, 1)
    state = flows.match_partitioned(as_of=day, config=str(spread), least=8, return_state=True)

    assert state.is_completed(), state.message
    # Cohorts of fewer receipts are judged in place; most of the month went out.
    assert sum(judged) > 300
    assert len(judged) >= 4
    for name in ("proposals", "returns"):
        assert _told(spread, name) == _told(here, name)
    assert len(_told(here, "proposals")) > 500
