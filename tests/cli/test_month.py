"""The first days of the sample company through the command line, with what an evaluator or a scheduler would do."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from pipelines import cli
from pipelines.demo import files
from pipelines.demo.files import Sample
from pipelines.demo.verdict import judge
from pipelines.ports.exports import TABLES

# One worker for all: they share the six days.
pytestmark = pytest.mark.xdist_group("month")

DAYS = 6
Call = Callable[..., tuple[int, dict[str, Any]]]


class Office:
    """The command line on one configuration."""

    def __init__(self, folder: Path) -> None:
        self.sample: Sample = files.write(folder)
        self.folder = folder

    def call(self, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        configuration = str(self.sample.configuration)
        code = cli.run(["--config", configuration, *(str(argument) for argument in arguments), "--json"])
        out = capsys.readouterr().out
        told: dict[str, Any] = json.loads(out)
        assert told["exit_code"] == code
        return code, told

    def table(self, capsys: pytest.CaptureFixture[str], name: str) -> list[dict[str, str]]:
        out = self.folder / f"{name}.csv"
        assert self.call(capsys, "export", name, "--out", out)[0] == 0
        with out.open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle, delimiter=";"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Six banking days, taken through the command line once for all tests of this module."""
    office = Office(tmp_path_factory.mktemp("month") / "company")
    for day in office.sample.days[:DAYS]:
        for kind, paths in day.billing.items():
            assert cli.run(["--config", str(office.sample.configuration), "load", kind, *map(str, paths)]) == 0
        bank = ["--file", *map(str, day.statements)]
        given = ["--config", str(office.sample.configuration), "run", "--as-of", day.day.isoformat(), *bank]
        assert cli.run(given) in (0, 1)
    return office


def test_nothing_is_posted_wrongly_and_most_posts_by_itself(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    from pipelines.app import Kontoklar
    from pipelines.config import load

    days = {day.day for day in office.sample.days[:DAYS]}
    told = [payment for payment in office.sample.payments if payment.day in days]
    with Kontoklar(load(office.sample.configuration, environ={}), clock=lambda: "2026-10-09T06:00:00+00:00") as app:
        names = ("transactions", "allocations", "proposals", "returns", "triggers")
        verdict = judge(told, {name: app.inquiries.table(name) for name in names})
    assert verdict.payments > 60
    assert verdict.wrong == 0
    assert verdict.posted / verdict.payments >= 0.65
    assert verdict.returns_found == verdict.returns > 0
    assert verdict.called_return_wrongly == 0
    assert verdict.dunned_though_paid == 0


def test_the_ledger_is_proven(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = office.call(capsys, "check")
    assert code == 0
    assert len(told["checks"]) >= 6
    assert all(check["ok"] and check["figure"] for check in told["checks"])


def test_a_day_again_changes_nothing(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    before = {name: office.table(capsys, name) for name in TABLES}
    day = office.sample.days[DAYS - 1]
    code, told = office.call(capsys, "run", "--as-of", day.day.isoformat(), "--file", *day.statements)
    assert (code, told["findings"]) == (0, [])
    assert {name: office.table(capsys, name) for name in TABLES} == before


def test_a_dry_run_tells_and_changes_nothing(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    before = {name: office.table(capsys, name) for name in TABLES}
    day = office.sample.days[DAYS]
    for kind, paths in day.billing.items():
        office.call(capsys, "load", kind, *paths)
    given = ("run", "--as-of", day.day.isoformat(), "--file", *day.statements)
    code, told = office.call(capsys, *given, "--dry-run")
    assert code in (0, 1)
    assert told["dry_run"] is True
    assert told["counts"]["pull_bookings_new"] > 0
    assert told["counts"]["post_entries"] > 0
    after = {name: office.table(capsys, name) for name in TABLES}
    assert {name: rows for name, rows in after.items() if name != "open-items"} == {
        name: rows for name, rows in before.items() if name != "open-items"
    }


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_exported_in_both_forms(office: Office, capsys: pytest.CaptureFixture[str], name: str) -> None:
    rows = office.table(capsys, name)
    out = office.folder / f"{name}.parquet"
    code, told = office.call(capsys, "export", name, "--out", out)
    assert code == 0
    assert pyarrow.parquet.read_table(out).num_rows == told["counts"]["rows"] == len(rows)


def test_a_transaction_is_explained_by_the_banks_reference(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    row = next(row for row in office.table(capsys, "transactions") if row["state"] == "allocated")
    code, told = office.call(capsys, "explain", row["bank_reference"])
    assert code == 0
    assert told["transaction"]["transaction_id"] == row["transaction_id"]
    assert told["transaction"]["state"] == "allocated"
    assert told["proposals"][0]["waterfall"]
    assert told["allocations"]
    assert told["entries"]
    assert cli.run(["--config", str(office.sample.configuration), "explain", row["transaction_id"]]) == 0
    assert row["transaction_id"] in capsys.readouterr().out


def test_an_unknown_transaction_is_a_matter_of_usage(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = office.call(capsys, "explain", "no-such-thing")
    assert code == 2
    assert "no such transaction" in told["error"]


def test_the_queue_is_decided_and_undone(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = office.call(capsys, "review", "list", "--as-of", "2026-10-09")
    assert code == 0
    waiting = told["items"]
    assert waiting
    assert told["counts"]["waiting"] >= len(waiting)
    one = next(item for item in waiting if item["kind"] == "receipt")
    who = ("--user", "anna", "--reason", "rang the customer", "--as-of", "2026-10-09")
    debtor = office.sample.company.debtors[0].debtor_number
    code, told = office.call(capsys, "review", "assign", one["transaction_id"][:12], "--debtor", debtor, *who)
    assert (code, told["unallocated"]) == (0, "0.00")
    assert office.call(capsys, "check")[0] == 0
    code, told = office.call(capsys, "review", "undo", one["transaction_id"], *who)
    assert (code, told["unallocated"]) == (0, one["amount"])
    half = f"@{debtor}=1,00"
    code, told = office.call(capsys, "review", "split", one["transaction_id"], "--part", half, *who)
    assert code == 0
    assert office.call(capsys, "review", "undo", one["transaction_id"], *who)[0] == 0
    for command in ("hold", "release"):
        assert office.call(capsys, "review", command, one["transaction_id"], *who)[0] == 0
    trail = [row for row in office.table(capsys, "audit") if row["user"] == "anna"]
    assert [row["event"] for row in trail] == [
        "review-assign",
        "review-undo",
        "review-split",
        "review-undo",
        "review-hold",
        "review-release",
    ]
    assert {row["comment"] for row in trail} == {"rang the customer"}
    assert office.call(capsys, "check")[0] == 0


def test_a_decision_names_who_and_why(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = office.call(capsys, "review", "hold", "whatever", "--user", "anna")
    assert code == 2
    assert "--reason" in told["error"]


def test_a_broken_file_is_a_finding_and_the_others_go_on(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    broken = office.folder / "page.html"
    broken.write_text("<html><body>503 Service Unavailable</body></html>")
    again = office.sample.days[0].statements[0]
    missing = office.folder / "never-came.xml"
    code, told = office.call(capsys, "pull", "--file", broken, missing, again, "--as-of", "2026-10-09")
    assert code == 1
    found = {finding["code"]: finding for finding in told["findings"]}
    assert found["document-html"]["source_file"] == "page.html"
    assert "document-missing" in found
    assert told["counts"]["repeated"] == 1


def test_a_source_that_is_not_there_is_named(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    configuration = office.folder / "with-source.toml"
    configuration.write_text(
        '[database]\nurl = "sqlite:///kontoklar.db"\n[[sources]]\nname = "drop"\nuse = "files"\npath = "nowhere"\n'
    )
    capsys.readouterr()
    assert cli.run(["--config", str(configuration), "pull", "--as-of", "2026-10-09", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["unavailable"] == ["drop"]
    assert cli.run(["--config", str(configuration), "pull", "dorp", "--json"]) == 2
    assert 'did you mean "drop"' in json.loads(capsys.readouterr().out)["error"]
