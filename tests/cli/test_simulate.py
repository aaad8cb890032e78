"""``simulate bank`` as a user meets it: one terminal runs the bank, another one works with what it wrote."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import httpx
import pytest

from pipelines import cli
from pipelines.simulator.faults import KNOWN

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The bank in a process of its own; what it said of itself."""
    command = [sys.executable, "-m", "pipelines.cli", "--json", "simulate", "bank", str(tmp_path / "rehearsal"),
               "--seed", "4", "--accounts", "2", "--per-day", "2", "--today", "2026-10-14"]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    # As for a user: what is written to a pipe waits in a buffer unless the bank sends it off.
    environment.pop("PYTHONUNBUFFERED", None)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as bank:
        silent = Timer(60, bank.kill)
        silent.start()
        try:
            assert bank.stdout is not None
            text = ""
            while True:
                text += bank.stdout.readline()
                try:
                    told = json.loads(text)
                    break
                except json.JSONDecodeError:
                    assert bank.poll() is None, "the bank did not open"
            silent.cancel()
            yield told
        finally:
            silent.cancel()
            bank.send_signal(signal.SIGINT)
            assert bank.wait(20) == 0


def call(capsys: pytest.CaptureFixture[str], configuration: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = cli.run(["--config", configuration, *arguments, "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, told


def test_a_rehearsal_from_the_second_terminal(rehearsal: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    configuration = rehearsal["configuration"]
    folder = Path(configuration).parent
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder / "secrets").iterdir())
    assert call(capsys, configuration, "load", "receivables", str(folder / "receivables.csv"))[0] == 0
    code, told = call(capsys, configuration, "pull", "--as-of", "2026-10-14")
    assert code == 0
    assert told["counts"]["proven"] > 0
    before = told["counts"]["bookings_new"]
    assert before > 40
    control = rehearsal["finapi"] + "/simulator"
    assert httpx.post(f"{control}/day", json={"days": 1}).json()["today"] == "2026-10-15"
    httpx.post(f"{control}/faults", json={"ask": "fints-tan:always"})
    code, told = call(capsys, configuration, "pull", "--as-of", "2026-10-15")
    assert code == 3
    assert httpx.get(control).json()["fired"] == {"fints-tan": 1}
    httpx.request("DELETE", f"{control}/faults", json={})
    assert call(capsys, configuration, "pull", "--as-of", "2026-10-15")[0] == 0
    assert call(capsys, configuration, "check")[0] == 0


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    assert cli.run(["simulate", "bank", str(tmp_path)]) == 2
    assert "name another folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_faults_are_listed_and_unknown_ones_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["simulate", "bank", "--list-faults", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["faults"]) == set(KNOWN)
    assert cli.run(["simulate", "bank", str(tmp_path / "x"), "--faults", "http-418"]) == 2
    assert "unknown fault" in capsys.readouterr().err
