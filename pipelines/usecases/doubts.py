"""Bookings a source takes for possible repetitions, where no balance decides: a person says which are real.

``kontoklar review release`` says that one is real, ``review reject`` that it is a repetition; the next pull follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipelines.model.statement import EntryStatus
from pipelines.ports.work import Work
from pipelines.settlement import Waiting
from pipelines.snapshots import doubtful_id

_MEANING: Final = {"release": True, "reject": False}


def decided(work: Work, mode: str, waiting: Iterable[Waiting]) -> dict[str, bool]:
    """What was decided about the doubtful entries of these statements, by their id; the last decision counts."""
    found: dict[str, bool] = {}
    for item in waiting:
        statement = item.statement
        for entry in statement.entries:
            if entry.status is EntryStatus.DOUBTFUL:
                key = doubtful_id(mode, statement.account, statement.currency, entry.bank_reference)
                for decision in work.decisions.of(key):
                    if decision.command in _MEANING:
                        found[key] = _MEANING[decision.command]
    return found
