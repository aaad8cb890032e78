"""An office per test, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.office import Office


@pytest.fixture
def office(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database_url: str
) -> Office:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kontoklar.toml").write_text('[company]\nmode = "test"\n', encoding="utf-8")
    return Office(tmp_path, capsys, database_url)
