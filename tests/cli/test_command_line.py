"""The command line itself: arguments, exit codes, the JSON object, and what never gets printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pipelines import app, cli
from pipelines.errors import ConfigurationError, LedgerInvariantBroken, RunInProgress, SourceUnavailable
from pipelines.model.finding import Finding, Severity
from pipelines.step import Step

COMMANDS = (
    "init", "demo", "load", "pull", "match", "post", "dun", "deliver", "run", "review", "explain", "export", "check",
    "authorize",
)  # fmt: skip
CANARY = "Erika Mustermann DE02120300000000202051"


class FakeApp:
    """Stands in for the application: remembers the calls, answers or raises what the test says."""

    calls: ClassVar[list[tuple[str, Any]]] = []
    answer: ClassVar[Any] = None

    def __init__(self, settings: object, *, clock: object, progress: object) -> None:
        self.settings = settings

    def close(self) -> None:
        self.calls.append(("close", None))

    def _do(self, name: str, given: Any) -> Step:
        self.calls.append((name, given))
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer if isinstance(self.answer, Step) else Step(name, {"things": 2}, seconds=0.25)

    def pull(self, as_of: date, **given: Any) -> Step:
        return self._do("pull", {"as_of": as_of, **given})

    def match(self, as_of: date) -> Step:
        return self._do("match", as_of)

    def run(self, as_of: date, *, files: Any, dry_run: bool) -> Iterator[Step]:
        for name in ("pull", "match"):
            yield self._do(name, {"as_of": as_of, "files": files, "dry_run": dry_run})


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[FakeApp]:
    FakeApp.calls, FakeApp.answer = [], None
    monkeypatch.setattr(app, "Kontoklar", FakeApp)
    monkeypatch.chdir(tmp_path)
    for variable in ("KONTOKLAR_CONFIG", "KONTOKLAR_DATABASE"):
        monkeypatch.delenv(variable, raising=False)
    return FakeApp


def finding(severity: Severity) -> Finding:
    return Finding("statement-balance-mismatch", severity, "S1", "12.00 EUR are missing", "a.xml", "Stmt 1")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in COMMANDS:
        assert f"\n  {command} " in shown
    assert cli.run([]) in (0, 2)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_takes_json(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "--json" in shown or "Commands:" in shown


def test_json_is_one_object_with_what_the_contract_promises(
    fake: type[FakeApp], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["run", "--as-of", "2026-10-01", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    told = json.loads(lines[0])
    assert told["command"] == "run"
    assert told["counts"] == {"pull_things": 2, "match_things": 2}
    assert told["seconds"] == {"pull": 0.25, "match": 0.25}
    assert told["peak_mib"] > 1
    assert (told["findings"], told["exit_code"]) == ([], 0)
    assert fake.calls[-1] == ("close", None)


def test_json_may_stand_before_the_command(fake: type[FakeApp], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--json", "match"]) == 0
    assert json.loads(capsys.readouterr().out)["command"] == "match"


@pytest.mark.parametrize(("severity", "code"), [(Severity.INFO, 0), (Severity.WARNING, 1), (Severity.ERROR, 1)])
def test_findings_that_need_a_person_make_exit_code_1(
    fake: type[FakeApp], capsys: pytest.CaptureFixture[str], severity: Severity, code: int
) -> None:
    fake.answer = Step("pull", {}, [finding(severity)])
    assert cli.run(["pull", "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert told["findings"][0]["source_file"] == "a.xml"
    assert told["findings"][0]["severity"] == severity.value
    assert told["exit_code"] == code


def test_a_source_that_is_unavailable_makes_exit_code_3(
    fake: type[FakeApp], capsys: pytest.CaptureFixture[str]
) -> None:
    fake.answer = Step("pull", {}, [finding(Severity.ERROR)], unavailable=["house-bank"])
    assert cli.run(["pull"]) == 3
    assert "house-bank" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("x must be y"), 2),
        (SourceUnavailable("no answer"), 3),
        (RunInProgress("another run"), 3),
        (LedgerInvariantBroken("books differ"), 4),
    ],
)
def test_a_broken_promise_is_one_line_and_its_own_code(
    fake: type[FakeApp], capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    fake.answer = error
    assert cli.run(["match", "--json"]) == code
    shown = capsys.readouterr()
    assert shown.err == f"kontoklar: {error}\n"
    told = json.loads(shown.out)
    assert (told["exit_code"], told["error"]) == (code, str(error))


def test_an_unexpected_error_shows_a_reference_and_no_data_of_people(
    fake: type[FakeApp], capsys: pytest.CaptureFixture[str]
) -> None:
    fake.answer = ValueError(CANARY)
    assert cli.run(["match", "--json"]) == 4
    shown = capsys.readouterr()
    assert "Mustermann" not in shown.err + shown.out
    assert "DE0212" not in shown.err + shown.out
    assert "ValueError at test_command_line.py" in shown.err
    assert "reference " in shown.err
    assert "Traceback" not in shown.err


def test_debug_shows_the_traceback(fake: type[FakeApp], capsys: pytest.CaptureFixture[str]) -> None:
    fake.answer = ValueError("what it was")
    assert cli.run(["--debug", "match"]) == 4
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command"),
        (["backtrack"], "No such command"),
        (["run", "--as-of", "2026-02-30"], "is not a day"),
        (["run", "--as-of", "yesterday"], "is not a day"),
        (["pull", "--file", "none.xml"], "does not exist"),
        (["load", "invoices", "x.csv"], "is not one of"),
        (["load", "receivables"], "Missing argument"),
        (["export", "nothing", "--out", "x.csv"], "is not one of"),
        (["export", "journal"], "Missing option"),
        (["export", "journal", "--out", "x.xlsx"], "must end in .csv or .parquet"),
        (["pull", "house-bank"], "none is configured"),
        (["authorize", "house-bank"], "none is configured"),
        (["debtor", "search", "--from", "2026-10-05", "--to", "2026-10-01"], "--to lies before --from"),
        (["debtor", "statement", "10001", "--out", "x.txt"], "must end in .csv, .parquet or .pdf"),
        (["explain", "abc"], "at least six signs"),
        (["--config", "none.toml", "check"], "does not exist"),
        (["--database", "kontoklar.db", "check"], "must be a URL"),
        (["--database", "mysql://x/y", "check"], "sqlite:/// or postgresql://"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_a_message(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run([*arguments, "--json"]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert json.loads(shown.out)["exit_code"] == 2


def test_an_unknown_key_in_the_configuration_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kontoklar.toml").write_text('[company]\ncreditor = "x"\n')
    assert cli.run(["check"]) == 2
    assert 'did you mean "creditor_id"' in capsys.readouterr().err


def test_file_takes_every_path_that_follows(fake: type[FakeApp], tmp_path: Path) -> None:
    for name in ("a.xml", "b.sta", "c.zip"):
        (tmp_path / name).touch()
    assert cli.run(["run", "--file", "a.xml", "b.sta", "--as-of", "2026-10-01", "--file", "c.zip", "--dry-run"]) == 0
    name, given = fake.calls[0]
    assert name == "pull"
    assert given == {
        "as_of": date(2026, 10, 1),
        "files": (Path("a.xml"), Path("b.sta"), Path("c.zip")),
        "dry_run": True,
    }


def test_pull_takes_sources_then_files_and_a_first_day(fake: type[FakeApp], tmp_path: Path) -> None:
    (tmp_path / "a.xml").touch()
    assert cli.run(["pull", "bank-a", "bank-b", "--since", "01.09.2026", "--as-of", "2026-10-01"]) == 0
    assert cli.run(["pull", "--file", "a.xml"]) == 0
    assert fake.calls[0][1] == {
        "as_of": date(2026, 10, 1),
        "files": (),
        "sources": ("bank-a", "bank-b"),
        "since": date(2026, 9, 1),
    }
    assert fake.calls[2][1]["files"] == (Path("a.xml"),)


def test_messages_for_people_go_to_stdout_only_as_results(
    fake: type[FakeApp], capsys: pytest.CaptureFixture[str]
) -> None:
    fake.answer = Step("pull", {"bookings": 1234}, [finding(Severity.ERROR)])
    assert cli.run(["pull"]) == 1
    shown = capsys.readouterr()
    assert "1,234" in shown.out
    assert "statement-balance-mismatch (a.xml Stmt 1): 12.00 EUR are missing" in shown.err
