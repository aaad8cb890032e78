"""An alarm to the configured sinks: written to the outbox once per day and subject, then delivered like the rest."""

from __future__ import annotations

import json
from datetime import date

from pipelines.model.ids import derive
from pipelines.ports.outbox import Message
from pipelines.ports.work import Books

TOPIC = "operations.alarm"


def tell(books: Books, event: str, subject: str, message: str, as_of: date) -> int:
    """Queues the alarm; returns 1, or 0 when it was told already on this day. The texts must hold no personal data."""
    identity = "msg_" + derive("alarm", books.mode, event, subject, as_of.isoformat())
    with books.lease("tell", as_of), books.write() as work:
        data = {"event": event, "subject": subject, "message": message, "as_of": as_of.isoformat(),
                "mode": work.context.mode}  # fmt: skip
        payload = json.dumps(
            {"type": TOPIC, "timestamp": work.context.now, "data": data}, ensure_ascii=False, sort_keys=True
        )
        queued: int = work.outbox.add([Message(identity, TOPIC, identity, payload, work.context.mode)])
        return queued
