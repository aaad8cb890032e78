"""Alarms as Prefect events, so that automations can act on them. No personal data: ``alarms`` sees to that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prefect.events import emit_event

from pipelines.alarms import ACCESS_LOCKED, NEEDS_AUTHORISATION, Alarm, access_alarm
from pipelines.model.ids import derive
from pipelines.ports.access import AccountAccess

# Not again at the end of the run that fetched.
TOLD_WHEN_FETCHED: Final = frozenset({NEEDS_AUTHORISATION, ACCESS_LOCKED})


def tell_access(facts: Iterable[AccountAccess]) -> int:
    """An event for each account that waits for a person, as soon as its source has said so."""
    return emit(alarm for fact in facts if (alarm := access_alarm(fact)) is not None)


def emit(alarms: Iterable[Alarm]) -> int:
    """Emits each alarm once per call; returns how many."""
    count = 0
    for count, alarm in enumerate(alarms, 1):  # noqa: B007 - the last number is the answer
        emit_event(
            event=alarm.event,
            # A digest, because a subject may hold blanks and dots that Prefect's patterns would read.
            resource={
                "prefect.resource.id": f"{alarm.event}.{derive('alarm', alarm.event, alarm.subject)[:12]}",
                "prefect.resource.name": alarm.subject,
            },
            payload={"subject": alarm.subject, "message": alarm.message, **alarm.figures},
        )
    return count
