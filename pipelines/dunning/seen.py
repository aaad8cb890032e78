"""Which state of a proposal list somebody decides on, so that a decision on an old one is shown and not forced."""

from __future__ import annotations

from pipelines.dun import AWAITING_RELEASE
from pipelines.errors import DecisionRefused
from pipelines.model.dunning_case import ListLine, ProposalList
from pipelines.model.ids import derive


class ListChanged(DecisionRefused):
    """The list was answered already, or its lines are other ones than those the decision was made on."""


def waiting_of(proposed: ProposalList) -> list[ListLine]:
    """The lines that still wait for a person; the others were paid, blocked or released meanwhile."""
    return [line for line in proposed.lines if line.hold_reason == AWAITING_RELEASE]


def version_of(proposed: ProposalList) -> str:
    """Twelve signs that change when the list is answered, a line leaves it, or what is owed on a line changes."""
    lines = sorted(
        f"{line.trigger_id} {line.level} {line.action} {line.open_minor} {line.currency}"
        for line in waiting_of(proposed)
    )
    return derive("dunning-list-version", proposed.list_id, proposed.outcome, *lines)[:12]
