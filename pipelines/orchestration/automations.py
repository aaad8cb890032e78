"""The automations shipped as code: what Prefect does when an alarm is raised, kept in step by name.

Each alarm starts the deployment ``alert/alert``, which tells the configured sinks and writes an artifact. Whoever wants
mail or chat instead adds a notification block in the Prefect UI and an action of his own; ours are recognised by their
names and never touch others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from prefect.automations import Automation
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import EventTrigger, Posture

from pipelines.alarms import (
    ACCESS_LOCKED,
    BANK_SILENT,
    CONSENT_EXPIRES,
    EVENTS,
    INVARIANT_BROKEN,
    NEEDS_AUTHORISATION,
    QUEUE_OLD,
)

ALERT_DEPLOYMENT: Final = "kontoklar-alert/alert"
_PREFIX: Final = "kontoklar: "
_TITLES: Final = {
    NEEDS_AUTHORISATION: "a source needs authorisation",
    ACCESS_LOCKED: "a bank access is locked",
    CONSENT_EXPIRES: "a consent runs out",
    INVARIANT_BROKEN: "an invariant is broken",
    BANK_SILENT: "nothing arrived by nine",
    QUEUE_OLD: "cases wait too long",
}
RUN_MISSING: Final = "the daily run did not end"


def shipped(alert: UUID) -> list[Automation]:
    """Every automation of ours. alert: the id of the deployment that tells people."""
    found = [
        Automation(
            name=_PREFIX + _TITLES[event],
            description=f"Raised by the event {event}.",
            trigger=EventTrigger(
                expect={event},
                for_each={"prefect.resource.id"},
                posture=Posture.Reactive,
                threshold=1,
                within=timedelta(0),
            ),
            actions=[
                RunDeployment(
                    source="selected",
                    deployment_id=alert,
                    parameters={
                        "event": "{{ event.event }}",
                        "message": "{{ event.payload.message }}",
                        "subject": "{{ event.payload.subject }}",
                    },
                    job_variables=None,
                )
            ],
        )
        for event in EVENTS
    ]
    found.append(
        Automation(
            name=_PREFIX + RUN_MISSING,
            description="No daily run has completed for five days; Easter has four without banking.",
            trigger=EventTrigger(
                after={"prefect.flow-run.Completed"},
                expect={"prefect.flow-run.Completed"},
                match_related={"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.kontoklar-daily"},
                posture=Posture.Proactive,
                threshold=1,
                within=timedelta(days=5),
            ),
            actions=[
                RunDeployment(
                    source="selected",
                    deployment_id=alert,
                    parameters={
                        "event": "kontoklar.run.missing",
                        "message": "No daily run has completed for five days; look at the worker.",
                        "subject": "daily run",
                    },
                    job_variables=None,
                )
            ],
        )
    )
    return found


def install(client: SyncPrefectClient) -> list[str]:
    """Creates what is missing and renews what is there; returns the names. Other people's automations stay."""
    alert = client.read_deployment_by_name(ALERT_DEPLOYMENT).id
    names = []
    for wanted in shipped(alert):
        for old in client.read_automations_by_name(wanted.name):
            client.delete_automation(old.id)
        wanted.create()
        names.append(wanted.name)
    return names
