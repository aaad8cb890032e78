"""The flows: order, names, what fails alone, what is retried, what an operator sees, and what never gets there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State

import flows
from pipelines.config import Settings
from pipelines.errors import ConfigurationError, LedgerInvariantBroken
from pipelines.model.access import AccessState
from pipelines.model.finding import Finding, Severity
from pipelines.orchestration import opened
from pipelines.ports.access import AccountAccess
from pipelines.ports.journal import PostedSum
from pipelines.ports.statements import AccountCoverage
from pipelines.step import Step
from pipelines.usecases.pull import AccountKey

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect")]

DAY = date(2026, 10, 1)
ACCOUNT = "DE02120300000000202051"
CANARY = "Erika Mustermann"


def covered(account: str, held: int = 0) -> AccountCoverage:
    return AccountCoverage(account, "EUR", DAY, DAY, DAY, held, DAY if held else None, 0)


@dataclass
class FakeJob:
    """Stands in for a pull in progress; every covered account has news."""

    app: Fake

    def accounts(self) -> list[AccountKey]:
        return [AccountKey(account.account, account.currency) for account in self.app.coverage]

    def close(self) -> None:
        self.app.calls.append("close")


@dataclass
class Fake:
    """What the stand-in for the application does; ``fails`` maps a step or source to what it raises."""

    sources: list[str] = field(default_factory=lambda: ["bank-a"])
    unavailable: set[str] = field(default_factory=set)
    fails: dict[str, Exception] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    coverage: list[AccountCoverage] = field(default_factory=lambda: [covered(ACCOUNT)])
    calls: list[str] = field(default_factory=list)
    standing: list[AccountAccess] = field(default_factory=list)

    def __call__(self, settings: Settings, *, clock: Callable[[], str]) -> Fake:
        return self

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def _do(self, name: str) -> Step:
        self.calls.append(name)
        if name in self.fails:
            raise self.fails[name]
        return Step(name, {"things": 3}, self.findings if name == "match" else [], seconds=0.5)

    def source_names(self) -> list[str]:
        return self.sources

    def begin_pull(self, as_of: date) -> FakeJob:
        return FakeJob(self)

    def take(self, job: FakeJob, as_of: date, *, files: Any = (), sources: Any = ()) -> Step:
        name = f"take {sources[0] if sources else 'files'}"
        step = self._do(name)
        step.unavailable = [source for source in sources if source in self.unavailable]
        step.access = [fact for fact in self.standing if fact.source in sources]
        return step

    def settle(self, job: FakeJob, key: AccountKey, as_of: date) -> Step:
        return self._do(f"settle {key.account[-4:]}")

    def match(self, as_of: date) -> Step:
        return self._do("match")

    def post(self, as_of: date) -> Step:
        return self._do("post")

    def dun(self, as_of: date) -> Step:
        return self._do("dun")

    def deliver(self, as_of: date) -> Step:
        return self._do("deliver")

    @property
    def inquiries(self) -> Fake:
        return self

    def access(self) -> list[AccountAccess]:
        return self.standing

    def accounts(self) -> list[AccountCoverage]:
        return self.coverage

    def review_queue(self, as_of: date) -> list[Mapping[str, object]]:
        return [
            {
                "transaction_id": "ab12cd34",
                "booking_date": "2026-09-27",
                "days": 4,
                "amount": "119.00",
                "unallocated": "119.00",
                "currency": "EUR",
                "kind": "receipt",
                "counterparty": CANARY,
                "remittance": f"Gruss {CANARY}",
                "reason": "ambiguous",
            }
        ]

    def last_posting(self) -> int:
        return 7

    def posted_after(self, posting_number: int) -> list[PostedSum]:
        assert posting_number == 7
        return [PostedSum("settlement", "EUR", 2, 23800), PostedSum("cash_discount", "EUR", 1, 238)]

    def held_triggers(self) -> list[Mapping[str, object]]:
        return [{"trigger": "ff00", "level": 1, "reason": "bank-data-incomplete"}]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    application = Fake()
    monkeypatch.setattr(opened, "Kontoklar", application)
    monkeypatch.setattr(opened.configuration, "load", lambda _path: Settings())
    monkeypatch.setattr(flows, "take_task", flows.take_task.with_options(retry_delay_seconds=0))
    return application


def run(**given: Any) -> State[Any]:
    return flows.daily(as_of=DAY, return_state=True, **given)


def test_the_daily_flow_takes_the_steps_in_order(fake: Fake) -> None:
    state = run()
    assert fake.calls == ["take bank-a", "settle 2051", "close", "match", "post", "dun", "deliver"]
    assert (state.name, state.is_completed()) == ("Done", True)


def test_files_are_taken_instead_of_sources(fake: Fake) -> None:
    run(files=["a.xml"])
    assert fake.calls[0] == "take files"


def test_runs_are_named_after_command_and_day_and_tagged(fake: Fake) -> None:
    state = run()
    with get_client(sync_client=True) as client:
        found = client.read_flow_run(state.state_details.flow_run_id)
        tasks = recorded(client, found.id, 7)
    assert found.name == "daily 2026-10-01 · 0 posted"
    names = {task.name for task in tasks}
    assert names == {
        "take bank-a 2026-10-01",
        "settle DE02…2051 2026-10-01",
        "prove DE02…2051 EUR 2026-10-01",
        "match 2026-10-01",
        "post 2026-10-01",
        "dun 2026-10-01",
        "deliver 2026-10-01",
    }
    assert sorted(found.tags) == ["kontoklar", "kontoklar-daily"]


def recorded(client: Any, flow_run_id: Any, count: int) -> list[Any]:
    """The task runs of a flow run, once the server has written all of them down."""
    flows.settle()
    tasks = [task for task in client.read_task_runs(limit=200) if task.flow_run_id == flow_run_id]
    assert len(tasks) == count
    return tasks


def test_findings_show_in_the_state(fake: Fake) -> None:
    fake.findings = [Finding("return-unclear", Severity.WARNING, "t1", "A return could not be linked.")]
    state = run()
    assert (state.name, state.is_completed()) == ("NeedsAPerson", True)
    assert state.message == "1 findings need a person"


def test_a_source_that_is_down_is_retried_and_fails_alone(fake: Fake) -> None:
    fake.sources, fake.unavailable = ["bank-a", "bank-b"], {"bank-a"}
    state = run()
    assert fake.calls.count("take bank-a") == 1 + len(flows.RETRY_SECONDS)
    assert fake.calls.count("take bank-b") == 1
    assert fake.calls[-1] == "deliver"
    assert (state.name, state.is_failed()) == ("SourceUnavailable", True)
    assert "bank-a" in (state.message or "")


def test_an_account_that_waits_for_a_person_is_named_masked_and_nothing_is_retried(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.sources = ["bank-a", "bank-b"]
    state_of = AccessState.NEEDS_AUTHORISATION
    fake.standing = [AccountAccess("bank-a", ACCOUNT, 1, state_of, "consent-expired", None, date(2026, 10, 1))]
    told: list[dict[str, Any]] = []
    monkeypatch.setattr("pipelines.orchestration.events.emit_event", lambda **event: told.append(event))
    state = run()
    assert fake.calls.count("take bank-a") == 1
    assert fake.calls[-1] == "deliver"
    assert (state.name, state.is_failed()) == ("AccountsNotFetched", True)
    assert "needs-authorisation (consent-expired)" in (state.message or "")
    assert ACCOUNT not in f"{state.message} {told}"
    assert [event["event"] for event in told] == ["kontoklar.access.needs-authorisation"]


def test_nothing_else_is_retried(fake: Fake) -> None:
    fake.fails = {"take bank-a": ConfigurationError("the PIN was refused")}
    state = run()
    assert fake.calls == ["take bank-a"]
    assert state.is_failed()


def test_a_broken_ledger_stops_the_run(fake: Fake) -> None:
    fake.fails = {"post": LedgerInvariantBroken("books differ")}
    state = run()
    assert state.is_failed()
    assert fake.calls[-3:] == ["close", "match", "post"]


def test_an_account_that_contradicts_the_books_stops_no_other_but_the_flow(fake: Fake) -> None:
    fake.coverage = [covered("DE75512108001245126199"), covered(ACCOUNT)]
    fake.fails = {"settle 6199": LedgerInvariantBroken("books differ")}
    state = run()
    assert fake.calls == ["take bank-a", "settle 6199", "settle 2051", "close"]
    assert state.is_failed()


def test_an_account_with_a_gap_fails_alone(fake: Fake) -> None:
    fake.coverage = [covered(ACCOUNT, held=1), covered("DE75512108001245126199")]
    state = run()
    assert fake.calls[-1] == "deliver"
    assert state.is_completed()
    with get_client(sync_client=True) as client:
        tasks = recorded(client, state.state_details.flow_run_id, 9)
    outcome = {task.name: task.state.is_completed() for task in tasks if task.name.startswith("prove")}
    assert outcome == {"prove DE02…2051 EUR 2026-10-01": False, "prove DE75…6199 EUR 2026-10-01": True}


def test_an_operator_finds_tables_of_text(fake: Fake) -> None:
    fake.findings = [Finding("return-unclear", Severity.WARNING, "t1", "A return could not be linked.")]
    run()
    with get_client(sync_client=True) as client:
        artifacts = {artifact.key: artifact for artifact in client.read_artifacts()}
    assert {
        "kontoklar-accounts",
        "kontoklar-steps",
        "kontoklar-review-queue",
        "kontoklar-held-triggers",
        "kontoklar-findings",
    } <= artifacts.keys()
    posted = [
        {"kind": "settlement", "allocations": "2", "amount": "238.00 EUR"},
        {"kind": "cash discount", "allocations": "1", "amount": "2.38 EUR"},
    ]
    assert json.loads(str(artifacts["kontoklar-posted"].data)) == posted
    assert '"days": "4"' in str(artifacts["kontoklar-review-queue"].data)
    assert '"account": "DE02\\u20262051 EUR"' in str(artifacts["kontoklar-accounts"].data)


def test_personal_data_never_reaches_prefect(fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    run()
    fake.fails = {"match": ValueError(f"could not match {CANARY} {ACCOUNT}")}
    state = run()
    assert state.is_failed()
    with get_client(sync_client=True) as client:
        found = client.read_flow_run(state.state_details.flow_run_id)
        tasks = recorded(client, found.id, 4)
        artifacts = client.read_artifacts()
    assert "kontoklar-review-queue" in {artifact.key for artifact in artifacts}
    everything = "".join([found.model_dump_json(), *(part.model_dump_json() for part in (*tasks, *artifacts))])
    for told in (everything, caplog.text, str(state)):
        assert CANARY not in told
        assert ACCOUNT not in told
    assert "ValueError at test_flows.py" in everything


def test_each_step_has_a_flow_of_its_own(fake: Fake) -> None:
    for step in (flows.pull, flows.match, flows.post, flows.dun, flows.deliver):
        assert step(as_of=DAY, return_state=True).is_completed()
    assert fake.calls == ["take bank-a", "settle 2051", "close", "match", "post", "dun", "deliver"]


def test_the_schedule_makes_runs_on_working_mornings_in_berlin() -> None:
    deployment = flows.daily.to_deployment("daily", schedule=flows.SCHEDULE, tags=flows.TAGS)
    deployment_id = deployment.apply()
    with get_client(sync_client=True) as client:
        client.request("POST", f"/deployments/{deployment_id}/schedule", json={"min_runs": 7}).raise_for_status()
        runs = [run for run in client.read_flow_runs(limit=200) if run.deployment_id == deployment_id]
    starts = [run.expected_start_time.astimezone(flows.BERLIN) for run in runs]
    assert len(starts) >= 7
    assert {(start.hour, start.minute) for start in starts} == {(6, 30)}
    assert all(start.weekday() < 5 for start in starts)
    assert all("kontoklar" in run.tags for run in runs)
