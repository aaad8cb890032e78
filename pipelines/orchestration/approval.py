"""The typed form by which a person answers a proposal list of dunning in the Prefect UI."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from prefect.input import RunInput
from pydantic import Field, create_model

from pipelines import operator_view as view
from pipelines.dunning.desk import DunningDesk, ListAnswered
from pipelines.dunning.seen import version_of, waiting_of
from pipelines.errors import DecisionRefused, NotAllowed
from pipelines.model.dunning_case import ProposalList

MOST_LETTERS: Final = 200


class Decision(str, Enum):  # noqa: UP042 - Prefect's form shows the values of this kind
    """One of these."""

    RELEASE_ALL = "release all"
    RELEASE_EXCEPT = "release all except those named below"
    REFUSE = "refuse"


class Release(RunInput):
    """The form. Prefect checks the types before the run goes on; everything else is checked as for the command line."""

    decision: Decision = Field(title="Decision", json_schema_extra={"position": 0})
    leave_out: list[str] = Field(
        default=[],
        title="Leave out",
        description="Invoice or debtor numbers that shall get no letter; only with the second decision.",
        json_schema_extra={"position": 1},
    )
    user: str = Field(
        min_length=1, title="Your name", description="As in [users]; needs the role approver.",
        json_schema_extra={"position": 2},
    )  # fmt: skip
    reason: str = Field(
        min_length=1, title="Reason", description="Goes into the audit trail.", json_schema_extra={"position": 3}
    )
    seen: str = ""


def form_of(proposed: ProposalList, refusal: str = "") -> type[Release]:
    """The form for one list as it stands now. refusal: why the answer before was not carried out."""
    seen = Field(
        default=version_of(proposed),
        title="Version seen",
        description="Of the list as shown. Leave it as it is: an answer to an older one is not carried out.",
        json_schema_extra={"position": 4},
    )
    form = create_model("Release", __base__=Release, seen=(str, seen))
    form._description = question(proposed, refusal)
    return form


def letters(proposed: ProposalList) -> list[dict[str, str]]:
    """The lines that wait, one row each, for an artifact: why, how much, which level; debtors by number alone."""
    return view.letters(waiting_of(proposed)[:MOST_LETTERS])


def question(proposed: ProposalList, refusal: str = "") -> str:
    """What the form says above its fields. refusal: why the answer before was not carried out."""
    waiting = waiting_of(proposed)
    asked = (
        f"{len(waiting)} letters ({view.sums(waiting)}) of the {proposed.kind.value} list of {proposed.as_of} wait. "
        f"They are in the artifact kontoklar-dunning-proposals, version {version_of(proposed)}. Nothing is sent before "
        "somebody releases it; every line is asked again before it leaves."
    )
    return f"Your last answer was not carried out: {refusal} {asked}" if refusal else asked


def carry_out(desk: DunningDesk, list_id: str, answer: Release) -> ListAnswered:
    """Does what the form says, once, by the same desk as the command line.

    Raises DecisionRefused, and NotAllowed without the name that was typed.
    """
    left = [key.strip() for key in answer.leave_out if key.strip()]
    if answer.decision is Decision.RELEASE_EXCEPT and not left:
        raise DecisionRefused("Name at least one invoice or debtor to leave out, or release all.")
    if answer.decision is not Decision.RELEASE_EXCEPT and left:
        raise DecisionRefused(f"Invoices to leave out are named, but the decision is to {answer.decision.value}.")
    try:
        if answer.decision is Decision.REFUSE:
            return desk.refuse(list_id, user=answer.user, reason=answer.reason, seen=answer.seen)
        return desk.release(list_id, left, user=answer.user, reason=answer.reason, seen=answer.seen)
    except NotAllowed:
        raise NotAllowed("The person named may not release dunning; it needs the role approver in [users].") from None


def told(answers: Sequence[ListAnswered]) -> str:
    """The result in a few words, for the name of the run."""
    released = sum(one.released for one in answers)
    left = sum(one.left_out for one in answers)
    return f"{released} released, {left} left out" if answers else "nothing waits"
