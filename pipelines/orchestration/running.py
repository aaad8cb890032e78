"""How our code runs inside a flow: errors without personal data, tags and names that tell, nothing lost at exit."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import SyncClientContext
from prefect.events.worker import EventsWorker
from prefect.runtime import flow_run
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.tasks import Task

from pipelines import operator_view as view
from pipelines.errors import KontoklarError, SourceUnavailable
from pipelines.step import Step

Summary = dict[str, Any]


P = ParamSpec("P")
R = TypeVar("R")


def transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again may help. Only a source that is unavailable: a wrong PIN retried locks the bank access."""
    return isinstance(state.result(raise_on_failure=False), SourceUnavailable)


def as_task(name: str, **options: Any) -> Callable[[Callable[P, R]], Task[P, R]]:
    """A task that keeps nothing: no cache, no stored result. It gets its tags from its flow run."""
    return task(name=name, cache_policy=NO_CACHE, persist_result=False, cache_result_in_memory=False, **options)


class AccountNotProven(KontoklarError):
    """The bank data of an account has a gap or is held; its task fails alone and the run goes on."""


class Unexpected(Exception):
    """Something broke. Stands in for the original error, whose text could hold data of people."""


@contextmanager
def sanitised() -> Iterator[None]:
    """Errors leave without texts that could hold data of people; our own promise to hold none."""
    try:
        yield
    except KontoklarError:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise Unexpected(f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}") from None


def summary_of(step: Step) -> Summary:
    """What a step did, as a task may return it: counts, codes and messages that promise to hold no personal data."""
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


def tag_run(tags: Sequence[str]) -> None:
    """Tags the flow run where no deployment did. Tags on tasks would cost a request each."""
    known = set(flow_run.get_tags())
    if not set(tags) <= known:
        with get_client(sync_client=True) as client:
            client.update_flow_run(UUID(flow_run.get_id()), tags=sorted(known | set(tags)))


def rename_run(name: str) -> None:
    """Names the run after its result, so that the list of runs reads by itself."""
    with get_client(sync_client=True) as client:
        client.update_flow_run(UUID(flow_run.get_id()), name=name)


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
