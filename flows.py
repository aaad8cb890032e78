"""The daily run under Prefect: flows, tasks, retries, schedule. No domain logic (D17).

Tasks take names and dates and return counts. Nothing here carries personal data, because Prefect stores parameters,
results, logs and artifacts readable: accounts are masked, findings and reasons hold none by their own promise.
What flows share with Prefect besides is in ``pipelines.orchestration``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

# No figures about its users leave this machine; must be set before Prefect reads its settings.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.schedules import Cron
from prefect.states import Completed, Failed
from prefect.task_runners import TaskRunner
from prefect.tasks import Task
from prefect_dask.task_runners import DaskTaskRunner

from pipelines import operator_view as view
from pipelines import upkeep
from pipelines.calendar import is_banking_day
from pipelines.commands.worker import judge
from pipelines.errors import SourceUnavailable
from pipelines.model.finding import Severity
from pipelines.orchestration import artifacts, events
from pipelines.orchestration.backtest_run import backtest as backtest
from pipelines.orchestration.backtest_run import last_month
from pipelines.orchestration.dunning_run import dunning_run as dunning_run
from pipelines.orchestration.opened import BERLIN as BERLIN
from pipelines.orchestration.opened import TAGS, books, day_of, opened, run_name
from pipelines.orchestration.running import (
    AccountNotProven,
    Summary,
    as_task,
    rename_run,
    sanitised,
    summary_of,
    tag_run,
    transient,
)
from pipelines.orchestration.running import (
    settle as settle,
)
from pipelines.orchestration.running import (
    several as several,
)
from pipelines.orchestration.steps import deliver_task, dun_task, match_task, post_task
from pipelines.usecases.match_parts import Waiting, spread_over

if TYPE_CHECKING:
    from pipelines.usecases.pull import Pull

SCHEDULE = Cron("30 6 * * 1-5", timezone="Europe/Berlin")  # the banks have booked the day before by then
RETRY_SECONDS = [60.0, 300.0, 900.0]


# --- tasks --------------------------------------------------------------------------------------------------------


_pulling: ContextVar[Pull] = ContextVar("pulling")


@as_task(
    "take",
    task_run_name="take {source} {as_of}",
    retries=len(RETRY_SECONDS),
    retry_delay_seconds=RETRY_SECONDS,
    retry_condition_fn=transient,
)
def take_task(as_of: date, source: str, files: Sequence[str]) -> Summary:
    """Fetches and archives one source, so that it can fail alone; "files" where files were given instead."""
    app, job = books(), _pulling.get()
    with sanitised():
        if files:
            step = app.take(job, as_of, files=[Path(file) for file in files])
        else:
            step = app.take(job, as_of, sources=[source])
    if step.unavailable:
        raise SourceUnavailable(f"the source {source} could not be reached")
    events.tell_access(step.access)
    return summary_of(step)


@as_task("settle", task_run_name="settle {account} {as_of}")
def settle_task(as_of: date, account: str, place: int) -> Summary:
    """Proves and stores what arrived for one account, in one commit. place: which of the job's accounts."""
    app, job = books(), _pulling.get()
    with sanitised():
        return summary_of(app.settle(job, job.accounts()[place], as_of))


@as_task("prove", task_run_name="prove {account} {as_of}")
def prove_task(as_of: date, account: str, proven_to: str, problems: Sequence[str]) -> Summary:
    """How far one account is proven; fails where its bank data has a gap or is held."""
    if problems:
        raise AccountNotProven(f"account {account} is proven to {proven_to or 'no day yet'}: {', '.join(problems)}")
    return {"step": "prove", "counts": {}, "proven_to": proven_to}


# --- flows --------------------------------------------------------------------------------------------------------


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
    app = books()
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
    inquiries = books().inquiries
    for account in inquiries.accounts():
        proven_to = account.proven_until.isoformat() if account.proven_until else ""
        name = f"{view.masked(account.account)} {account.currency}"
        prove_task(as_of, name, proven_to, view.problems(account), return_state=True)
    artifacts.accounts(inquiries, as_of)


def _outcome(as_of: date, summaries: Sequence[Summary], unavailable: Sequence[str]) -> State[Any]:
    """The state of the run as an operator reads it; its data are the steps' summaries. Names the run after it."""
    found = artifacts.findings(summaries, as_of)
    needed = [finding for finding in found if finding["severity"] != Severity.INFO]
    missing = [text for summary in summaries for text in summary.get("not_fetched", ())]
    data = {"steps": list(summaries), "unavailable": list(unavailable), "not_fetched": missing}
    state: State[Any]
    if unavailable:
        state = Failed(
            name="SourceUnavailable", message=f"unavailable: {', '.join(unavailable)}; the others went through"
        )
    elif missing:
        state = Failed(name="AccountsNotFetched", message=f"{'; '.join(missing)}; the others went through", data=data)
    elif needed or any(summary["waiting"] for summary in summaries):
        state = Completed(name="NeedsAPerson", message=f"{len(needed)} findings need a person", data=data)
    else:
        state = Completed(name="Done", message="nothing needs a person", data=data)
    rename_run(f"{run_name()} · {view.result(summaries, unavailable, len(needed))}")
    return state


def _no_banking_day() -> State[Any]:
    tag_run(TAGS)
    return Completed(name="NoBankingDay", message="TARGET2 is closed today; nothing was asked for")


@flow(name="kontoklar-daily", flow_run_name=run_name, persist_result=False)
def daily(as_of: date | None = None, config: str | None = None, files: list[str] | None = None) -> State[Any]:
    """pull, match, post (returns too), dun, deliver. as_of: None is today in Berlin. files: instead of the sources.

    A scheduled run on a day without banking (TARGET2) ends at once: no bank has booked anything.
    """
    if as_of is None and not files and not is_banking_day(day_of(None)):
        return _no_banking_day()
    day = day_of(as_of)
    with opened(config, "kontoklar-daily"):
        before = books().inquiries.last_posting()
        summaries, unavailable = _pull_all(day, files or [])
        _prove_all(day)
        for step in (match_task, post_task, dun_task, deliver_task):
            summaries.append(step(day))
        artifacts.steps(summaries, day)
        artifacts.posted(books().inquiries, before, day)
        artifacts.waiting(books().inquiries, day)
        events.emit(alarm for alarm in upkeep.alarms_of(books(), day) if alarm.event not in events.TOLD_WHEN_FETCHED)
        return _outcome(day, summaries, unavailable)


@flow(name="kontoklar-intraday", flow_run_name=run_name, persist_result=False)
def intraday(as_of: date | None = None, config: str | None = None, files: list[str] | None = None) -> State[Any]:
    """What the banks have told since the morning: pull, match, post. Nobody is dunned and nothing is sent."""
    if as_of is None and not files and not is_banking_day(day_of(None)):
        return _no_banking_day()
    day = day_of(as_of)
    with opened(config):
        before = books().inquiries.last_posting()
        summaries, unavailable = _pull_all(day, files or [])
        _prove_all(day)
        summaries += [match_task(day), post_task(day)]
        artifacts.steps(summaries, day)
        artifacts.posted(books().inquiries, before, day)
        artifacts.waiting(books().inquiries, day)
        return _outcome(day, summaries, unavailable)


@flow(name="kontoklar-pull", flow_run_name=run_name, persist_result=False)
def pull(as_of: date | None = None, config: str | None = None, files: list[str] | None = None) -> State[Any]:
    """Statements in, proven and stored."""
    day = day_of(as_of)
    with opened(config):
        summaries, unavailable = _pull_all(day, files or [])
        _prove_all(day)
        return _outcome(day, summaries, unavailable)


@flow(name="kontoklar-match", flow_run_name=run_name, persist_result=False)
def match(as_of: date | None = None, config: str | None = None) -> State[Any]:
    """Plans what every waiting receipt and return is."""
    return _alone(match_task, day_of(as_of), config)


@flow(name="kontoklar-post", flow_run_name=run_name, persist_result=False)
def post(as_of: date | None = None, config: str | None = None) -> State[Any]:
    """Books the automatic part of the plan."""
    return _alone(post_task, day_of(as_of), config)


@flow(name="kontoklar-dun", flow_run_name=run_name, persist_result=False)
def dun(as_of: date | None = None, config: str | None = None) -> State[Any]:
    """Makes dunning triggers."""
    return _alone(dun_task, day_of(as_of), config)


@flow(name="kontoklar-deliver", flow_run_name=run_name, persist_result=False)
def deliver(as_of: date | None = None, config: str | None = None) -> State[Any]:
    """Sends what is ready."""
    return _alone(deliver_task, day_of(as_of), config)


def _alone(step: Task[[date], Summary], day: date, config: str | None) -> State[Any]:
    """One step by itself, and what waits afterwards."""
    with opened(config):
        summaries = [step(day)]
        artifacts.waiting(books().inquiries, day)
        return _outcome(day, summaries, [])


# --- more than one machine ----------------------------------------------------------------------------------------


@as_task("judge", task_run_name="judge part {place} {as_of}")
def judge_task(
    as_of: date, place: int, config: str | None, key: str, ids: Sequence[str], moved: Mapping[str, int]
) -> Any:
    """Judges one part of the waiting receipts on a worker, from the books it opens for itself."""
    with sanitised():
        return judge(config, as_of, key, ids, moved)


HERE = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}


@flow(
    name="kontoklar-match-partitioned", flow_run_name=run_name, persist_result=False,
    task_runner=cast("TaskRunner[Any]", DaskTaskRunner(cluster_kwargs=HERE)),
)  # fmt: skip
def match_partitioned(
    as_of: date | None = None, config: str | None = None, parts: int = 2, least: int = 1000
) -> State[Any]:
    """``match``, a batch of ``least`` receipts or more cut into ``parts`` for two workers here (docs/scaling.md)."""
    day = day_of(as_of)
    with opened(config) as app:
        key = app.matchmaker.match_key()

        def submit(place: int, ids: list[str], moved: dict[str, int]) -> Waiting:
            return judge_task.submit(day, place, config, key, ids, moved)

        with sanitised():
            summaries = [summary_of(app.match(day, spread_over(submit, parts, least)))]
        artifacts.waiting(app.inquiries, day)
        return _outcome(day, summaries, [])


# --- looking after it ---------------------------------------------------------------------------------------------


@flow(name="kontoklar-watch", flow_run_name=run_name, persist_result=False)
def watch(as_of: date | None = None, config: str | None = None) -> State[Any]:
    """At nine on banking days: what must be told without anybody looking. Raises events; automations do the rest."""
    day = day_of(as_of)
    with opened(config) as app, sanitised():
        found = upkeep.alarms_of(app, day, app.check()[1])
        rows = [{"event": alarm.event, "subject": alarm.subject, "message": alarm.message} for alarm in found]
        artifacts.table("kontoklar-alarms", f"To be told on {day}: {len(rows)}", rows)
        events.emit(found)
    rename_run(f"{run_name()} · {len(found) or 'no'} alarms")
    if found:
        return Completed(name="Alarm", message=f"{len(found)} alarms were raised")
    return Completed(name="Done", message="nothing has to be told")


@flow(name="kontoklar-alert", persist_result=False)
def alert(event: str, subject: str, message: str, config: str | None = None) -> State[Any]:
    """Tells people about an event: the configured sinks, and an artifact. Started by the automations."""
    tag_run(TAGS)
    rename_run(f"alert {event.rpartition('.')[2]} · {view.inert(subject)}")
    artifacts.note("kontoklar-alert", [event, subject, message])
    with opened(config) as app, sanitised():
        told = upkeep.tell(app, event, subject, message, day_of(None))
    return Completed(
        name="Told" if told else "Shown", message="the sinks were told" if told else "told before, or there is no sink"
    )


@flow(name="kontoklar-month-end", flow_run_name=run_name, persist_result=False)
def month_end(as_of: date | None = None, config: str | None = None, out: str = "month-end") -> State[Any]:
    """Every invariant proven, and the tables for the tax adviser in ``out``/YYYY-MM.

    as_of: None is the last day of the month before.
    """
    day = as_of or last_month(day_of(None))[1]
    with opened(config) as app, sanitised():
        _step, results = app.check()
        rows = [{"invariant": one.name, "figure": one.figure, "holds": "yes" if one.ok else "NO"} for one in results]
        artifacts.table("kontoklar-invariants", f"The ledger, proven on {day}", rows)
        events.emit(upkeep.alarms_of(app, day, results))
        broken = [one.name for one in results if not one.ok]
        if broken:
            return Failed(name="InvariantBroken", message=f"broken: {', '.join(broken)}; run kontoklar check")
        written = upkeep.month_end(app, day, Path(out))
        artifacts.accounts(app.inquiries, day)
    rename_run(f"{run_name()} · {len(results)} invariants hold")
    return Completed(name="Done", message=f"{len(written)} tables were written")


if __name__ == "__main__":
    daily.serve(name="daily", schedule=SCHEDULE, tags=TAGS, description="The daily run on working days, 6:30 in Berlin")
