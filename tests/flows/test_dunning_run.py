"""The dunning run waits for a person's form: what it shows, what an answer does, and when nothing is sent."""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State

import flows
from tests.builders import Line, camt053
from tests.scenario.conftest import office as office
from tests.scenario.office import Office

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect")]

DAY = date(2026, 11, 17)
NAME = "Erika <b>Mustermann</b>"
STRANGER = "Zwitscher <img src=x onerror=alert(1)> Holding"
HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script> {{ 7*7 }}"
IBAN = "DE75512108001245126199"

CONFIGURATION = """
[company]
mode = "test"
[database]
url = "{url}"
[dunning]
release = "person"
[users]
bert = ["approver"]
anna = ["analyst"]
cron = ["ingest", "poster", "auditor"]
[[sinks]]
name = "dunning"
use = "file_drop"
path = "out"
mode = "test"
"""

Asked = tuple[SyncPrefectClient, FlowRun, dict[str, Any]]


@pytest.fixture
def waiting(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Three letters wait for a release; the debtors have names and the day's statement is hostile."""
    (office.folder / "kontoklar.toml").write_text(CONFIGURATION.format(url=office.database), encoding="utf-8")
    monkeypatch.setenv("KONTOKLAR_USER", "cron")
    for number, amount in ((1, "100.00"), (2, "50.00"), (3, "12.34")):
        office.owed(f"RE-{number}", f"D{number}", amount, debtor_name=NAME, debtor_ibans=IBAN)
    office.load()
    office.day(DAY, camt053(DAY, "0.00", Line("1.23", text=HOSTILE, name=STRANGER), number=1))
    return office


def states(office: Office) -> dict[str, str]:
    return {row["invoice_number"]: row["hold_reason"] or row["state"] for row in office.table("triggers")}


def form(seen: str, decision: str = "release all", **more: Any) -> dict[str, Any]:
    return {"decision": decision, "user": "bert", "reason": "checked with sales", "seen": seen} | more


@contextmanager
def person(*answers: Callable[[Asked], dict[str, Any]]) -> Iterator[None]:
    """Somebody who fills in each form of the next run as told, through Prefect's own interface."""
    failed: list[BaseException] = []
    over = threading.Event()

    def answer() -> None:
        known: set[object] = set()
        with get_client(sync_client=True) as client:
            for told in answers:
                run = _paused(client, known, over)
                known.add(run.state.id)  # type: ignore[union-attr]
                keys = run.state.state_details.run_input_keyset  # type: ignore[union-attr]
                schema = json.loads(_input(client, run, keys["schema"]))
                result = client.resume_flow_run(run.id, told((client, run, schema)))
                if result.status.value != "ACCEPT":
                    raise AssertionError(f"{result.status}: {result.details}")

    def guarded() -> None:
        try:
            answer()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(guarded,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)
        if failed:
            raise failed[0]


def _paused(client: SyncPrefectClient, known: set[object], over: threading.Event) -> FlowRun:
    while not over.wait(0.1):
        for run in client.read_flow_runs(limit=20):
            state = run.state
            if state and state.is_paused() and state.id not in known and run.name.startswith("dunning-run"):
                keys = state.state_details.run_input_keyset
                if keys and _input(client, run, keys["schema"]):
                    return run
    raise AssertionError("a form was expected and did not come")


def _input(client: SyncPrefectClient, run: FlowRun, key: str) -> str:
    found = client.filter_flow_run_input(run.id, key_prefix=key, limit=1, exclude_keys=set())
    return found[0].value if found else ""


def run(office: Office, wait_minutes: float = 1) -> State[Any]:
    return flows.dunning_run(
        as_of=DAY,
        config=str(office.folder / "kontoklar.toml"),
        wait_minutes=wait_minutes,
        look_seconds=1,
        return_state=True,
    )


def seen_of(asked: Asked) -> str:
    return str(asked[2]["properties"]["seen"]["default"])


def recorded(state: State[Any]) -> tuple[FlowRun, dict[str, Any], str]:
    """The run, its artifacts by key (the newest), and everything Prefect knows of it as one text."""
    with get_client(sync_client=True) as client:
        run_id = state.state_details.flow_run_id
        assert run_id
        found = client.read_flow_run(run_id)
        artifacts = [one for one in client.read_artifacts() if one.flow_run_id == run_id]
        inputs = client.filter_flow_run_input(run_id, key_prefix="", limit=50, exclude_keys=set())
    artifacts.sort(key=lambda one: one.created)  # type: ignore[arg-type, return-value]
    everything = "".join(part.model_dump_json() for part in (found, *artifacts, *inputs))
    return found, {str(one.key): one for one in artifacts}, everything


def test_a_person_releases_by_the_form_and_leaves_one_out(waiting: Office) -> None:
    shown: list[dict[str, Any]] = []

    def answer(asked: Asked) -> dict[str, Any]:
        shown.append(asked[2])
        return form(seen_of(asked), "release all except those named below", leave_out=["RE-2"])

    with person(answer):
        state = run(waiting)
    assert (state.name, state.is_completed()) == ("Answered", True)
    assert states(waiting) == {"RE-1": "delivered", "RE-2": "awaiting-release", "RE-3": "delivered"}
    found, artifacts, everything = recorded(state)
    assert found.name == "dunning-run 2026-11-17 · 2 released, 1 left out"
    table = json.loads(artifacts["kontoklar-dunning-proposals"].data)
    assert [(row["debtor"], row["invoice"], row["owed"]) for row in table] == [
        ("D1", "RE-1", "100.00 EUR"), ("D2", "RE-2", "50.00 EUR"), ("D3", "RE-3", "12.34 EUR"),
    ]  # fmt: skip
    (schema,) = shown
    assert schema["required"] == ["decision", "user", "reason"]
    audit = [row for row in waiting.table("audit") if row["event"] == "dunning-list-released"]
    assert [(row["user"], row["comment"]) for row in audit] == [("bert", "checked with sales")]
    for word in ("Mustermann", "<script", "alert(", "calc'!", "Zwitscher", IBAN, "checked with sales", '"bert"'):
        assert word not in everything
    assert len(list((waiting.folder / "out").iterdir())) == 2
    assert waiting.proven()


def test_an_answer_to_an_older_list_is_shown_and_asked_for_again(waiting: Office) -> None:
    versions: list[str] = []

    def pays_meanwhile(asked: Asked) -> dict[str, Any]:
        versions.append(seen_of(asked))
        path = waiting.file(camt053(DAY, "1.23", Line("100.00", text="RE-1"), number=2))
        for step in ("pull", "match", "post", "dun"):
            waiting.command(step, "--as-of", DAY.isoformat(), *(("--file", str(path)) if step == "pull" else ()))
        return form(versions[0])

    def insists(asked: Asked) -> dict[str, Any]:
        versions.append(seen_of(asked))
        return form(versions[0])

    def looks_again(asked: Asked) -> dict[str, Any]:
        assert states(waiting) == {"RE-1": "cancelled", "RE-2": "awaiting-release", "RE-3": "awaiting-release"}
        return form(seen_of(asked))

    with person(pays_meanwhile, insists, looks_again):
        state = run(waiting)
    assert versions[0] != versions[1]
    assert state.name == "Answered"
    assert states(waiting) == {"RE-1": "cancelled", "RE-2": "delivered", "RE-3": "delivered"}
    assert "2 released, 0 left out, 1 overtaken" in str(recorded(state)[1]["kontoklar-dunning-answer"].data)
    assert len([row for row in waiting.table("audit") if row["event"] == "dunning-list-released"]) == 1


def test_a_list_released_by_command_meanwhile_is_released_once(waiting: Office) -> None:
    def comes_too_late(asked: Asked) -> dict[str, Any]:
        list_id = listed(waiting)
        told = ("--user", "bert", "--reason", "by hand", "--leave-out", "RE-1", "--as-of", DAY.isoformat())
        waiting.command("dunning", "release", list_id, *told)
        assert waiting.exit_code == 0
        return form(seen_of(asked), "refuse")

    with person(comes_too_late):
        state = run(waiting)
    assert state.name == "AnsweredElsewhere"
    assert states(waiting) == {"RE-1": "awaiting-release", "RE-2": "ready", "RE-3": "ready"}
    found, artifacts, _ = recorded(state)
    assert found.name == "dunning-run 2026-11-17 · answered elsewhere"
    assert "this answer was not carried out" in str(artifacts["kontoklar-dunning-answer"].data)
    assert [row["comment"] for row in waiting.table("audit") if "dunning-list" in row["event"]] == ["by hand"]


def test_who_may_not_release_is_asked_again_and_refusing_sends_nothing(waiting: Office) -> None:
    told: list[str] = []

    def described(asked: Asked) -> str:
        client, paused, _ = asked
        return _input(client, paused, paused.state.state_details.run_input_keyset["description"])  # type: ignore[union-attr, index]

    def by(user: str, decision: str, **more: Any) -> Callable[[Asked], dict[str, Any]]:
        def answer(asked: Asked) -> dict[str, Any]:
            told.append(described(asked))
            return form(seen_of(asked), decision, user=user, **more)

        return answer

    with person(
        by("anna", "release all"),
        by("bert", "release all except those named below"),
        by("bert", "release all", leave_out=["RE-1"]),
        by("bert", "release all except those named below", leave_out=["RE-9"]),
        by("bert", "refuse"),
    ):
        state = run(waiting)
    assert state.name == "Answered"
    reasons = ("needs the role approver", "at least one invoice", "are named, but", "entries to leave out are not on")
    for reason, shown in zip(reasons, told[1:], strict=True):
        assert reason in shown
        assert "anna" not in shown
    assert set(states(waiting).values()) == {"awaiting-release"}
    assert [row["event"] for row in waiting.table("audit") if "dunning-list" in row["event"]] == [
        "dunning-list-refused"
    ]


def test_when_nobody_answers_nothing_is_sent_and_the_list_stays(waiting: Office) -> None:
    state = run(waiting, wait_minutes=3 / 60)
    assert (state.name, state.is_failed()) == ("NobodyAnswered", True)
    assert set(states(waiting).values()) == {"awaiting-release"}
    assert recorded(state)[0].name == "dunning-run 2026-11-17 · nobody answered"
    assert waiting.command("dunning", "proposals", "--as-of", DAY.isoformat())["counts"] == {"lists": 1, "lines": 3}


def test_prefect_itself_refuses_what_is_not_of_the_forms_types(waiting: Office) -> None:
    refused: list[str] = []

    def wrong_first(asked: Asked) -> dict[str, Any]:
        client, paused, _ = asked
        for wrong in ({"decision": "send"}, {"user": ""}, {"leave_out": "RE-1"}, {"more": "x"}):
            refused.append(client.resume_flow_run(paused.id, form(seen_of(asked)) | wrong).status.value)
        return form(seen_of(asked))

    with person(wrong_first):
        state = run(waiting)
    assert refused == ["REJECT"] * 4
    assert state.name == "Answered"


def test_nobody_is_asked_when_nothing_waits(waiting: Office) -> None:
    waiting.command(
        "dunning", "release", listed(waiting), "--user", "bert", "--reason", "x", "--as-of", DAY.isoformat()
    )
    state = run(waiting)
    assert (state.name, state.message) == ("NothingWaits", "nothing waits")


def listed(office: Office) -> str:
    return str(office.command("dunning", "proposals", "--as-of", DAY.isoformat())["lists"][0]["list_id"])  # type: ignore[index]
