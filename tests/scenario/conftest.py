"""An office per test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.office import Office


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.chdir(tmp_path)
    return Office(tmp_path, capsys)
