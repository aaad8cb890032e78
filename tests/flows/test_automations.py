"""Each alarm, from the fact in the books to the flow that tells people, on a real Prefect server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pipelines import alarms
from pipelines.cli import run as command_line
from pipelines.model.access import AccessState
from pipelines.ports.access import AccountAccess
from scripts.prefect_server import PrefectServer, running, until
from sinks.database import Database
from tests.builders import HOUSE, Line, camt053, write_csv
from tests.conftest import new_books

pytestmark = pytest.mark.xdist_group("browser")

DAY = date(2026, 11, 17)
MASKED = f"{HOUSE[:4]}…{HOUSE[-4:]}"
NAME = "Canaria Vogelsang"
_WATCH = """
import sys, flows
from datetime import date
state = flows.watch(as_of=date.fromisoformat(sys.argv[1]), config=sys.argv[2], return_state=True)
print("ended as", state.name, state.message)
flows.settle()
"""


@dataclass
class Alarmed:
    """A server on which one watch has run over books with everything wrong. runs: alerts it started, by event."""

    server: PrefectServer
    configuration: Path
    printed: str
    runs: dict[str, dict[str, Any]]


def everything_wrong(folder: Path) -> Path:
    """A bank silent for two weeks, a case as old, an access to renew, one locked, a consent at its end, a journal line
    somebody changed behind our back."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'books.db'}"
    configuration = folder / "kontoklar.toml"
    configuration.write_text(
        f'[company]\nmode = "test"\n[database]\nurl = "{url}"\n'
        '[[sinks]]\nname = "operators"\nuse = "file_drop"\npath = "told"\nmode = "test"\n'
    )
    statement = folder / "statement.xml"
    statement.write_bytes(camt053(date(2026, 11, 3), "0.00", Line("12.50", name=NAME, text=f"Gruss {NAME}")))
    owed = {"invoice_number": "RE-1", "debtor_number": "D1", "amount": "99.00", "issue_date": "2026-11-01"}
    items = write_csv(folder / "receivables.csv", [owed | {"due_date": "2026-12-01"}])
    for arguments in (("load", "receivables", str(items)), ("run", "--as-of", "2026-11-04", "--file", str(statement))):
        assert command_line(["--config", str(configuration), *arguments]) in (0, 1)
    database = Database(url)
    books = new_books(database)
    day = date(2026, 11, 16)
    facts = [
        AccountAccess("bank-a", HOUSE, 1, AccessState.NEEDS_AUTHORISATION, "consent-expired", None, day),
        AccountAccess("bank-b", HOUSE, 1, AccessState.LOCKED, "pin-refused", None, day),
        AccountAccess("bank-c", HOUSE, 1, AccessState.COMPLETE, "", date(2026, 11, 27), day),
    ]
    with books.lease("test", DAY), books.write() as work:
        work.access.add(facts)
    with database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER append_only_journal_line_update"))
        connection.execute(text("UPDATE journal_line SET debit_minor = debit_minor + 1 WHERE debit_minor > 0"))
    database.close()
    return configuration


@pytest.fixture(scope="module")
def alarmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alarmed]:
    folder = tmp_path_factory.mktemp("automations")
    configuration = everything_wrong(folder / "office")
    with running(folder / "prefect") as server:
        server.deploy()
        printed = server.done("-c", _WATCH, DAY.isoformat(), str(configuration))
        raised = int(re.findall(r"(\d+) alarms were raised", printed)[0])

        def started() -> dict[str, dict[str, Any]] | None:
            wanted = {"deployments": {"name": {"any_": ["alert"]}}}
            found = server.ask("flow_runs/filter", **wanted)
            return {run["parameters"]["event"]: run for run in found} if len(found) >= raised else None

        yield Alarmed(server, configuration, printed, until(started, "an alert for each alarm", 240))


@pytest.mark.parametrize(
    ("event", "subject", "message"),
    [
        (alarms.NEEDS_AUTHORISATION, f"bank-a {MASKED}", "run: kontoklar authorize bank-a"),
        (alarms.ACCESS_LOCKED, f"bank-b {MASKED}", "is locked by the bank"),
        (alarms.CONSENT_EXPIRES, f"bank-c {MASKED}", "ends in 10 days"),
        (alarms.INVARIANT_BROKEN, "entries balance per currency", "Run: kontoklar check"),
        (alarms.BANK_SILENT, f"{MASKED} EUR", "Nothing of 2026-11-16 has arrived"),
        (alarms.QUEUE_OLD, "review queue", "1 cases have waited longer than 5 days, the oldest 14"),
    ],
)
def test_an_alarm_starts_the_flow_that_tells_people(alarmed: Alarmed, event: str, subject: str, message: str) -> None:
    runs = alarmed.server.ask("flow_runs/filter", deployments={"name": {"any_": ["alert"]}})
    told = [run["parameters"] for run in runs if run["parameters"]["event"] == event]
    assert subject in {one["subject"] for one in told}
    assert any(message in one["message"] for one in told if one["subject"] == subject)
    assert alarmed.runs[event]["created_by"]["type"] == "AUTOMATION"


def test_the_watch_says_how_many_alarms_there_were(alarmed: Alarmed) -> None:
    assert "ended as Alarm" in alarmed.printed
    (run,) = [run for run in alarmed.server.ask("flow_runs/filter") if run["name"].startswith("watch ")]
    shown = alarmed.server.ask("artifacts/filter", artifacts={"key": {"any_": ["kontoklar-alarms"]}})
    rows = json.loads(shown[0]["data"])
    assert run["name"] == f"watch 2026-11-17 · {len(rows)} alarms"
    assert {row["event"] for row in rows} == set(alarms.EVENTS)


def test_an_alert_reaches_the_sink_and_nobody_is_named(alarmed: Alarmed) -> None:
    started = alarmed.runs[alarms.QUEUE_OLD]
    alarmed.server.done(
        "-m", "prefect", "flow-run", "execute", started["id"], KONTOKLAR_CONFIG=str(alarmed.configuration)
    )
    (file,) = (alarmed.configuration.parent / "told").iterdir()
    assert "the oldest 14" in file.read_text(encoding="utf-8")
    everything = json.dumps([alarmed.server.ask(f"{kind}/filter") for kind in ("flow_runs", "artifacts", "events")])
    assert NAME not in everything
    assert HOUSE not in everything
