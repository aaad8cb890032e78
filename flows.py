"""The daily run under Prefect: flows, tasks, retries, schedule, artifacts. No domain logic (D17).

Tasks take names and dates and return counts. Nothing here carries personal data, because Prefect stores parameters,
results, logs and artifacts readable: accounts are masked, findings and reasons hold none by their own promise.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec
from uuid import UUID
from zoneinfo import ZoneInfo

# No figures about its users leave this machine; must be set before Prefect reads its settings.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import SyncClientContext
from prefect.events import emit_event
from prefect.events.worker import EventsWorker
from prefect.runtime import flow_run
from prefect.schedules import Cron
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Completed, Failed
from prefect.tasks import Task

from pipelines import config as configuration
from pipelines import operator_view as view
from pipelines.app import Kontoklar
from pipelines.errors import KontoklarError, SourceUnavailable
from pipelines.model.access import AccessState
from pipelines.model.finding import Severity
from pipelines.step import Step

if TYPE_CHECKING:
    from pipelines.ports.access import AccountAccess
    from pipelines.usecases.pull import Pull

BERLIN = ZoneInfo("Europe/Berlin")
SCHEDULE = Cron("30 6 * * 1-5", timezone="Europe/Berlin")  # the banks have booked the day before by then
TAGS = ["kontoklar"]
RETRY_SECONDS = [60.0, 300.0, 900.0]

Summary = dict[str, Any]
P = ParamSpec("P")


class AccountNotProven(KontoklarError):
    """The bank data of an account has a gap or is held; its task fails alone and the run goes on."""


class Unexpected(Exception):
    """Something broke. Stands in for the original error, whose text could hold data of people."""


# --- tasks --------------------------------------------------------------------------------------------------------


def transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again may help. Only a source that is unavailable: a wrong PIN retried locks the bank access."""
    return isinstance(state.result(raise_on_failure=False), SourceUnavailable)


def _as_task(name: str, **options: Any) -> Callable[[Callable[P, Summary]], Task[P, Summary]]:
    """A task that keeps nothing: no cache, no stored result. It gets its tags from its flow run."""
    return task(name=name, cache_policy=NO_CACHE, persist_result=False, cache_result_in_memory=False, **options)


def _summary(step: Step) -> Summary:
    return {
        "step": step.name,
        "counts": step.counts,
        "seconds": round(step.seconds, 3),
        "findings": [
            {"severity": f.severity.value, "code": f.code, "position": f.position, "message": f.message}
            for f in step.findings
        ],
        "waiting": step.waiting,
        "not_fetched": view.not_fetched(step.access),
    }


@contextmanager
def _sanitised() -> Iterator[None]:
    """Errors leave without texts that could hold data of people; our own promise to hold none."""
    try:
        yield
    except KontoklarError:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise Unexpected(f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}") from None


# The books of the flow that is running. As a parameter Prefect would look into them.
_books: ContextVar[Kontoklar] = ContextVar("books")
_pulling: ContextVar[Pull] = ContextVar("pulling")


def _tag() -> None:
    """Tags the flow run where no deployment did. Tags on tasks would cost a request each."""
    if not set(TAGS) <= set(flow_run.get_tags()):
        with get_client(sync_client=True) as client:
            client.update_flow_run(UUID(flow_run.get_id()), tags=TAGS)


@contextmanager
def _opened(config: str | None) -> Iterator[Kontoklar]:
    """Opens the books of a configuration for the tasks of one flow, and tags its run."""
    _tag()
    with _sanitised():
        settings = configuration.load(Path(config) if config else None)
        with Kontoklar(settings, clock=lambda: datetime.now(UTC).isoformat(timespec="seconds")) as app:
            token = _books.set(app)
            try:
                yield app
            finally:
                _books.reset(token)


@_as_task(
    "take",
    task_run_name="take {source} {as_of}",
    retries=len(RETRY_SECONDS),
    retry_delay_seconds=RETRY_SECONDS,
    retry_condition_fn=transient,
)
def take_task(as_of: date, source: str, files: Sequence[str]) -> Summary:
    """Fetches and archives one source, so that it can fail alone; "files" where files were given instead."""
    app, job = _books.get(), _pulling.get()
    with _sanitised():
        if files:
            step = app.take(job, as_of, files=[Path(file) for file in files])
        else:
            step = app.take(job, as_of, sources=[source])
    if step.unavailable:
        raise SourceUnavailable(f"the source {source} could not be reached")
    for fact in step.access:
        _tell(fact)
    return _summary(step)


def _tell(fact: AccountAccess) -> None:
    """An event for each account that waits for a person, for automations to notify somebody."""
    if fact.state in (AccessState.NEEDS_AUTHORISATION, AccessState.LOCKED):
        emit_event(
            event=f"kontoklar.access.{fact.state.value}",
            resource={"prefect.resource.id": f"kontoklar.source.{fact.source}"},
            payload={"account": view.masked(fact.account), "code": fact.code, "since": fact.since.isoformat()},
        )


@_as_task("settle", task_run_name="settle {account} {as_of}")
def settle_task(as_of: date, account: str, place: int) -> Summary:
    """Proves and stores what arrived for one account, in one commit. place: which of the job's accounts."""
    app, job = _books.get(), _pulling.get()
    with _sanitised():
        return _summary(app.settle(job, job.accounts()[place], as_of))


@_as_task("prove", task_run_name="prove {account} {as_of}")
def prove_task(as_of: date, account: str, proven_to: str, problems: Sequence[str]) -> Summary:
    """How far one account is proven; fails where its bank data has a gap or is held."""
    if problems:
        raise AccountNotProven(f"account {account} is proven to {proven_to or 'no day yet'}: {', '.join(problems)}")
    return {"step": "prove", "counts": {}, "proven_to": proven_to}


@_as_task("match", task_run_name="match {as_of}")
def match_task(as_of: date) -> Summary:
    """Plans what every waiting receipt and return is."""
    with _sanitised():
        return _summary(_books.get().match(as_of))


@_as_task("post", task_run_name="post {as_of}")
def post_task(as_of: date) -> Summary:
    """Books the automatic part of the plan, returns included."""
    with _sanitised():
        return _summary(_books.get().post(as_of))


@_as_task("dun", task_run_name="dun {as_of}")
def dun_task(as_of: date) -> Summary:
    """Makes dunning triggers, or holds them with the reason."""
    with _sanitised():
        return _summary(_books.get().dun(as_of))


@_as_task("deliver", task_run_name="deliver {as_of}")
def deliver_task(as_of: date) -> Summary:
    """Sends what is ready; what fails stays in the outbox for the next run, so nothing is retried here."""
    with _sanitised():
        return _summary(_books.get().deliver(as_of))


# --- flows --------------------------------------------------------------------------------------------------------


def _day(as_of: date | None) -> date:
    return as_of or datetime.now(BERLIN).date()


def _run_name() -> str:
    """Command and day, so that a list of runs reads by itself."""
    name = str(flow_run.get_flow_name()).removeprefix("kontoklar-")
    return f"{name} {flow_run.get_parameters().get('as_of') or datetime.now(BERLIN).date()}"


def _outcome_of(state: State[Any]) -> Any:
    """What a task returned, or what it raised."""
    return state.result(raise_on_failure=False)


def _pull_all(as_of: date, files: Sequence[str]) -> tuple[list[Summary], list[str]]:
    """Every source, then every account, in a task of its own; returns what they did and which source was down.

    A source that is down and an account that contradicts the books fail alone; the latter still fails the flow, when
    the other accounts are through.
    """
    summaries: list[Summary] = []
    unavailable: list[str] = []
    broken: list[BaseException] = []
    app = _books.get()
    job = app.begin_pull(as_of)
    _pulling.set(job)
    for source in ["files"] if files else app.source_names():
        outcome = _outcome_of(take_task(as_of, source, files, return_state=True))
        if isinstance(outcome, SourceUnavailable):
            unavailable.append(source)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            summaries.append(outcome)
    for place, key in enumerate(job.accounts()):
        outcome = _outcome_of(settle_task(as_of, view.masked(key.account), place, return_state=True))
        if isinstance(outcome, BaseException):
            broken.append(outcome)
        else:
            summaries.append(outcome)
    job.close()
    if broken:
        raise broken[0]
    return summaries, unavailable


def _prove_all(as_of: date) -> None:
    """One task per account; a failed one shows in the run, the others and the steps after them go on."""
    accounts = _books.get().inquiries.accounts()
    for account in accounts:
        proven_to = account.proven_until.isoformat() if account.proven_until else ""
        name = f"{view.masked(account.account)} {account.currency}"
        prove_task(as_of, name, proven_to, view.problems(account), return_state=True)
    _table("kontoklar-accounts", f"How far each account is proven, {as_of}", view.accounts(accounts))
    _table(
        "kontoklar-access",
        f"How the banks can be reached, {as_of}",
        view.access(_books.get().inquiries.access(), as_of),
    )


def _outcome(as_of: date, summaries: Sequence[Summary], unavailable: Sequence[str]) -> State[Any]:
    """The state of the run as an operator reads it; its data are the steps' summaries."""
    found = [finding for summary in summaries for finding in summary["findings"]]
    _table("kontoklar-findings", f"Findings of {as_of}", found)
    needed = [finding for finding in found if finding["severity"] != Severity.INFO]
    missing = [text for summary in summaries for text in summary.get("not_fetched", ())]
    data = {"steps": list(summaries), "unavailable": list(unavailable), "not_fetched": missing}
    if unavailable:
        return Failed(
            name="SourceUnavailable", message=f"unavailable: {', '.join(unavailable)}; the others went through"
        )
    if missing:
        return Failed(name="AccountsNotFetched", message=f"{'; '.join(missing)}; the others went through", data=data)
    if needed or any(summary["waiting"] for summary in summaries):
        return Completed(name="NeedsAPerson", message=f"{len(needed)} findings need a person", data=data)
    return Completed(name="Done", message="nothing needs a person", data=data)


@flow(name="kontoklar-daily", flow_run_name=_run_name, persist_result=False)
def daily(as_of: date | None = None, config: str | None = None, files: list[str] | None = None) -> State[Any]:
    """pull, match, post (returns too), dun, deliver. as_of: None is today in Berlin. files: instead of the sources."""
    day = _day(as_of)
    with _opened(config):
        summaries, unavailable = _pull_all(day, files or [])
        _prove_all(day)
        for step in (match_task, post_task, dun_task, deliver_task):
            summaries.append(step(day))
        _table("kontoklar-steps", f"What the run of {day} did", view.steps(summaries))
        _waiting(day)
    return _outcome(day, summaries, unavailable)


@flow(name="kontoklar-pull", flow_run_name=_run_name, persist_result=False)
def pull(as_of: date | None = None, config: str | None = None, files: list[str] | None = None) -> State[Any]:
    """Statements in, proven and stored."""
    day = _day(as_of)
    with _opened(config):
        summaries, unavailable = _pull_all(day, files or [])
        _prove_all(day)
    return _outcome(day, summaries, unavailable)


@flow(name="kontoklar-match", flow_run_name=_run_name, persist_result=False)
def match(as_of: date | None = None, config: str | None = None) -> State[Any]:
    """Plans what every waiting receipt and return is."""
    return _alone(match_task, _day(as_of), config)


@flow(name="kontoklar-post", flow_run_name=_run_name, persist_result=False)
def post(as_of: date | None = None, config: str | None = None) -> State[Any]:
    """Books the automatic part of the plan."""
    return _alone(post_task, _day(as_of), config)


@flow(name="kontoklar-dun", flow_run_name=_run_name, persist_result=False)
def dun(as_of: date | None = None, config: str | None = None) -> State[Any]:
    """Makes dunning triggers."""
    return _alone(dun_task, _day(as_of), config)


@flow(name="kontoklar-deliver", flow_run_name=_run_name, persist_result=False)
def deliver(as_of: date | None = None, config: str | None = None) -> State[Any]:
    """Sends what is ready."""
    return _alone(deliver_task, _day(as_of), config)


def _alone(step: Task[[date], Summary], day: date, config: str | None) -> State[Any]:
    """One step by itself, and what waits afterwards."""
    with _opened(config):
        summaries = [step(day)]
        _waiting(day)
    return _outcome(day, summaries, [])


# --- artifacts ----------------------------------------------------------------------------------------------------


def _waiting(as_of: date) -> None:
    """What waits for a person and how long already, and which triggers are held and why."""
    inquiries = _books.get().inquiries
    queue, held = inquiries.review_queue(as_of), inquiries.held_triggers()
    _table("kontoklar-review-queue", f"Waiting for a person on {as_of}: {len(queue)}", view.queue(queue))
    _table("kontoklar-held-triggers", f"Dunning triggers held on {as_of}: {len(held)}", held[: view.LIMIT])


def _table(key: str, description: str, rows: Sequence[Mapping[str, object]]) -> None:
    """A table artifact; every cell a text, because Prefect shows nothing else reliably. No rows, no artifact."""
    if rows:
        cells = [{name: str(value) for name, value in row.items()} for row in rows]
        create_table_artifact(cells, key=key, description=description)


@contextmanager
def several() -> Iterator[None]:
    """For many flow runs in one process: one client for all, no heartbeats (nobody else watches over them), and at the
    end a wait until the server has recorded everything."""
    with (
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        SyncClientContext.get_or_create(),
    ):
        yield
        settle()


def settle(seconds: float = 10.0) -> None:
    """Waits until the server has recorded all task runs: an ephemeral one drops at exit what it has not yet seen."""
    EventsWorker.instance().wait_until_empty()
    deadline = time.monotonic() + seconds
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            runs = client.read_task_runs(limit=200)
            if all(run.state is not None and run.state.is_final() for run in runs):
                return
            time.sleep(0.25)


if __name__ == "__main__":
    daily.serve(name="daily", schedule=SCHEDULE, tags=TAGS, description="The daily run on working days, 6:30 in Berlin")
