"""The dunning run that waits for a person: a table of the letters, a form, and only then messages."""

from __future__ import annotations

import time
from datetime import date
from typing import Any, Final

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.input.actions import delete_flow_run_input
from prefect.runtime import flow_run
from prefect.states import Completed, Failed, Running
from pydantic import ValidationError

from pipelines import operator_view as view
from pipelines.calendar import is_banking_day
from pipelines.dunning.desk import ListAnswered
from pipelines.dunning.seen import ListChanged, version_of
from pipelines.errors import DecisionRefused, NotAllowed
from pipelines.model.dunning_case import ProposalList
from pipelines.orchestration import approval, artifacts
from pipelines.orchestration.opened import TAGS, day_of, opened, run_name
from pipelines.orchestration.running import rename_run, sanitised, tag_run
from pipelines.orchestration.steps import deliver_task, dun_task

PROPOSALS: Final = "kontoklar-dunning-proposals"
ANSWER: Final = "kontoklar-dunning-answer"
TAG: Final = "kontoklar-dunning-run"
# So often a list is shown again after an answer that could not be carried out.
MOST_ANSWERS: Final = 10


class NobodyAnswered(Exception):
    """The time for an answer is over, or every answer was refused; nothing of the list was sent."""


@flow(name="kontoklar-dunning-run", flow_run_name=run_name, persist_result=False)
def dunning_run(
    as_of: date | None = None, config: str | None = None, wait_minutes: float = 540, look_seconds: int = 5
) -> State[Any]:
    """Works out who is to be dunned, shows the letters, pauses for a person's form, releases, delivers.

    as_of: None is today in Berlin, also when the answer comes. wait_minutes: then the run ends and nothing was sent;
    the list stays, for the next run and for ``kontoklar dunning release``. look_seconds: how soon an answer is seen.
    Asks nobody where ``[dunning] release`` is not "person" and nothing goes to an agency. No books are open while it
    waits.
    """
    if as_of is None and not is_banking_day(day_of(None)):
        tag_run(TAGS)
        return Completed(name="NoBankingDay", message="TARGET2 is closed today; nobody was asked")
    until = time.monotonic() + 60 * wait_minutes
    answers: list[ListAnswered] = []
    elsewhere = 0
    with opened(config, TAG):
        dun_task(day_of(as_of))
    for list_id in [one.list_id for one in _waiting(as_of, config)]:
        try:
            answer = _ask(list_id, as_of, config, until, look_seconds)
        except NobodyAnswered as error:
            rename_run(f"{run_name()} · nobody answered" + (f", {approval.told(answers)}" if answers else ""))
            return Failed(name="NobodyAnswered", message=str(error))
        if answer is None:
            elsewhere += 1
            continue
        answers.append(answer)
        # At once: a run that pauses again, or ends in a pause, starts no task any more.
        with opened(config, TAG):
            deliver_task(day_of(as_of))
    result = "answered elsewhere" if elsewhere and not answers else approval.told(answers)
    rename_run(f"{run_name()} · {result}")
    if elsewhere:
        return Completed(name="AnsweredElsewhere", message=f"{elsewhere} lists were answered elsewhere; {result}")
    return Completed(name="Answered" if answers else "NothingWaits", message=result)


def _waiting(as_of: date | None, config: str | None) -> list[ProposalList]:
    """The lists that wait for a release, oldest first."""
    with opened(config, TAG) as app, sanitised():
        day = day_of(as_of)
        return app.dunning_desk(day).proposals(day)


def _ask(list_id: str, as_of: date | None, config: str | None, until: float, look_seconds: int) -> ListAnswered | None:
    """Shows a list until an answer to it could be carried out. None: it was answered elsewhere meanwhile.

    Raises NobodyAnswered when the time is over.
    """
    refusal = ""
    for number in range(MOST_ANSWERS):
        proposed = next((one for one in _waiting(as_of, config) if one.list_id == list_id), None)
        if proposed is None:
            artifacts.note(ANSWER, ["The list was answered elsewhere meanwhile; this answer was not carried out."])
            return None
        version = version_of(proposed)
        title = f"{proposed.kind.value} list of {proposed.as_of}, version {version}"
        artifacts.table(PROPOSALS, f"Letters that wait for a release: {title}", approval.letters(proposed))
        form = approval.form_of(proposed, refusal)
        rename_run(f"{run_name()} · waits for a release")
        left = until - time.monotonic()
        if left < 1:
            break
        try:
            answer = pause_flow_run(form, int(left), look_seconds, f"{list_id[:12]}-{number}")
            _forget(answer)
            with opened(config, TAG) as app, sanitised():
                done = approval.carry_out(app.dunning_desk(day_of(as_of)), list_id, answer)
        except FlowPauseTimeout:
            _run_on()
            break
        except ListChanged:
            refusal = "the list has changed since the version it was given for. Look at the table again."
        except (DecisionRefused, NotAllowed) as error:
            refusal = str(error)
        except ValidationError:
            refusal = "the form was not filled in as asked."
        else:
            counts = f"{done.released} released, {done.left_out} left out, {done.overtaken} overtaken"
            artifacts.note(ANSWER, [f"The {title} was answered: {counts}; {done.ready} may leave now."])
            return done
        artifacts.note(ANSWER, [f"An answer to the {title} was not carried out: {view.inert(refusal)}"])
    raise NobodyAnswered(
        "nobody released the list in time, and nothing of it was sent; it stays: kontoklar dunning proposals"
    )


def _forget(answer: approval.Release) -> None:
    """Takes who answered and why out of Prefect: that is for the audit trail alone (D17)."""
    delete_flow_run_input(answer.metadata.key)


def _run_on() -> None:
    """Leaves the pause nobody ended; a run that ends in it would lose its own result."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(str(flow_run.get_id()), Running(), force=True)
