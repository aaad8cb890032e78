"""Nothing secret or personal leaves the books: planted words are looked for in every log, file and database (D17)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pipelines import config
from pipelines.app import Kontoklar
from pipelines.demo import names
from pipelines.simulator.finapi_state import Credentials
from pipelines.simulator.generate import generate
from pipelines.simulator.world import BankAccount, Login, World
from pipelines.usecases.pull import archived_documents
from tests.live_office import NOW, Bank, LiveOffice, running

ROOT = Path(__file__).resolve().parents[2]
PERSONS = ("Canaria Vogelsang", "Kanarienzweck", "Zwitscher Holding", "CANARYEREF", "CANARYMNDT")
SECRETS = (
    "canary-client-7f31",
    "canary-secret-7f31",
    "canary-user-7f31",
    "canary-password-7f31",
    "Pin7f31x",
    "Login7f31",
)
DAYS = (date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 12))
# What goes wrong on which day: a page too short, an answer that is none, a lost token; a TAN; a refused PIN.
TROUBLE = {
    DAYS[1]: ("finapi-token-lost", "half-body@3", "html-page@5", "finapi-adjusting-entry", "fints-tan:always"),
    DAYS[2]: ("fints-pin-refused:always", "finapi-second-factor"),
}
# All days in one process: the bank's clock and its faults are set through its own address.
_FLOW = """
import json, logging, sys
from datetime import date
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
import flows
import httpx
flows.take_task.retry_delay_seconds = [0.0, 0.0, 0.0]
configuration, control, days = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
with flows.several():
    for day, faults in days.items():
        httpx.request("DELETE", control + "/faults", json={})
        httpx.post(control + "/day", json={"to": day})
        for fault in faults:
            httpx.post(control + "/faults", json={"ask": fault})
        state = flows.daily(as_of=date.fromisoformat(day), config=configuration, return_state=True)
        print("ended as", state.name, state.message)
"""


@dataclass
class Trail:
    """What a few days of kontoklar left behind. printed: everything that was logged or printed."""

    office: LiveOffice
    home: Path
    printed: str
    tokens: set[str]
    ibans: tuple[str, ...]


def planted() -> World:
    """A small world whose every name, text, id and account can be told from anything else."""
    world = generate(7, accounts=2, days=14, per_day=3.0, today=DAYS[0])
    payer = names.iban("10050000", 7_310_731_073)
    for number, payment in enumerate(world.payments):
        payment.name, payment.iban = PERSONS[0], payer
        payment.text = f"{PERSONS[1]} {number}"
        payment.end_to_end_id = f"{PERSONS[3]}{number}"
        payment.mandate_id = f"{PERSONS[4]}{number}" if payment.mandate_id else ""
    world.accounts = tuple(BankAccount(one.iban, PERSONS[2], one.opening) for one in world.accounts)
    world.logins = (Login(SECRETS[5], SECRETS[4], tuple(one.iban for one in world.accounts)),)
    world.index()
    return world


def run_days(office: LiveOffice, home: Path, configuration: Path) -> str:
    """The daily flow day by day in a process of its own, with all of its logging switched on; what it printed."""
    days = {day.isoformat(): TROUBLE.get(day, ()) for day in DAYS}
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "PREFECT_HOME": str(home), "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180", "PREFECT_LOGGING_LEVEL": "DEBUG",
        "PREFECT_LOGGING_TO_API_ENABLED": "true",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "fints,httpx,httpcore,urllib3,sqlalchemy",
    }  # fmt: skip
    environment.pop("PREFECT_API_URL", None)
    control = f"{office.bank.simulated.finapi.url}/simulator"
    done = subprocess.run(
        [sys.executable, "-c", _FLOW, str(configuration), control, json.dumps(days)],
        cwd=office.folder, env=environment, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, "the flow itself broke"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    folder = tmp_path_factory.mktemp("canary")
    world = planted()
    ibans = (*(account.iban for account in world.accounts), world.payments[0].iban)
    with running(world, credentials=Credentials(*SECRETS[:4])) as bank:
        office = LiveOffice(folder / "office", bank)
        channels = dict(zip(ibans[:2], ("finapi", "fints-camt"), strict=True))
        configuration = office.configure(channels)
        printed = run_days(office, folder / "prefect", configuration)
        tokens = set(bank.simulated.state.issued)
        assert fired(bank) >= {"finapi-token-lost", "half-body", "html-page", "fints-tan", "fints-pin-refused"}
        yield Trail(office, folder / "prefect", printed, tokens, ibans)


def fired(bank: Bank) -> set[str]:
    return set(bank.faults.fired)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def words_of(trail: Trail) -> tuple[str, ...]:
    assert len(trail.tokens) >= 2
    return (*SECRETS, *trail.tokens)


def test_the_days_were_worth_looking_at(trail: Trail) -> None:
    rows = trail.office.table("transactions")
    assert len(rows) > 20
    assert {row["counterparty_name"] for row in rows} >= {PERSONS[0]}
    assert trail.printed.count("ended as") == len(DAYS)
    assert len(trail.printed) > 10_000, "debug logging was on"
    assert any(path.suffix == ".db" and path.stat().st_size > 100_000 for path in files(trail.home))


def test_no_log_and_no_exception_tells_anything(trail: Trail) -> None:
    for word in (*words_of(trail), *PERSONS, *trail.ibans):
        assert word not in trail.printed, f"{word[:6]}… was logged"


def test_prefects_own_records_hold_nothing(trail: Trail) -> None:
    """Runs, parameters, results, logs, artifacts and events: whatever it keeps, in whatever file."""
    found = files(trail.home)
    assert found
    for path in found:
        content = path.read_bytes()
        for word in (*words_of(trail), *PERSONS, *trail.ibans):
            assert word.encode() not in content, f"{word[:6]}… is in {path.name}"


def test_no_secret_is_in_the_books_or_beside_them(trail: Trail) -> None:
    for path in files(trail.office.folder):
        if "secrets" not in path.parts:
            content = path.read_bytes()
            for word in words_of(trail):
                assert word.encode() not in content, f"{word[:6]}… is in {path.name}"


def test_no_secret_is_in_the_archived_documents(trail: Trail) -> None:
    settings = config.load(trail.office.folder / "kontoklar.toml", environ={})
    with Kontoklar(settings, clock=lambda: NOW) as app:
        documents = list(archived_documents(app.books))
    assert len(documents) >= 4
    for document in documents:
        for word in words_of(trail):
            assert word.encode() not in document.content


def test_findings_and_the_audit_trail_name_nobody(trail: Trail) -> None:
    for name in ("findings", "audit"):
        told = trail.office.export(name).decode()
        for word in (*words_of(trail), *PERSONS, *trail.ibans):
            assert word not in told, f"{word[:6]}… is in {name}"
