"""The outbox in the database: messages once, tries appended (``pipelines.ports.outbox``, D15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select, text

from pipelines.ports.outbox import Attempt, Message, Pending
from pipelines.ports.work import WorkContext
from sinks import tables
from sinks.bulk import among, insert_rows

# What a person may want to have tried again. A message that events have overtaken must never go out.
OVERTAKEN: Final = "overtaken by events"
_QUERY: Final = """
SELECT o.message_id, o.sequence, o.topic, o.subject, o.payload,
    COALESCE(l.attempt_no, 0), COALESCE(l.outcome, ''), COALESCE(l.next_at, ''),
    (SELECT COUNT(*) FROM outbox_attempt f WHERE f.message_id = o.message_id AND f.sink = :sink
        AND f.outcome = 'failed' AND f.attempt_no > COALESCE((SELECT MAX(r.attempt_no) FROM outbox_attempt r
            WHERE r.message_id = o.message_id AND r.sink = :sink AND r.outcome = 'replayed'), 0))
FROM outbox o
LEFT JOIN outbox_attempt l ON l.message_id = o.message_id AND l.sink = :sink
    AND l.attempt_no = (SELECT MAX(n.attempt_no) FROM outbox_attempt n
        WHERE n.message_id = o.message_id AND n.sink = :sink)
WHERE {which}
ORDER BY o.sequence
"""
_PENDING: Final = "COALESCE(l.outcome, 'failed') IN ('failed', 'replayed')"
_UNDELIVERABLE: Final = f"l.outcome IN ('refused', 'dead') AND l.detail <> '{OVERTAKEN}'"


class OutboxRepository:
    """``pipelines.ports.outbox.OutboxStore`` on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    def add(self, messages: Sequence[Message]) -> int:
        """Stores messages in this order; ids that are there already are left as they are."""
        o = tables.outbox.c
        ids = [message.message_id for message in messages]
        known = set(
            self._connection.execute(select(o.message_id).where(among(self._connection, o.message_id, ids))).scalars()
        )
        last = self._connection.execute(select(func.coalesce(func.max(o.sequence), 0))).scalar_one()
        new = {message.message_id: message for message in messages if message.message_id not in known}
        rows = [
            {
                "message_id": message.message_id,
                "sequence": last + place,
                "topic": message.topic,
                "subject": message.subject,
                "payload": message.payload,
                "created_at": self._context.now,
                "run_id": self._context.run_id,
            }
            for place, message in enumerate(new.values(), 1)
        ]
        return insert_rows(self._connection, tables.outbox, rows)

    def pending(self, sink: str) -> list[Pending]:
        """What this sink has neither got nor refused nor been given up on, in order."""
        return self._select(_PENDING, sink)

    def undeliverable(self, sink: str) -> list[Pending]:
        """What was given up on or refused by this sink, in order; not what events have overtaken."""
        return self._select(_UNDELIVERABLE, sink)

    def _select(self, which: str, sink: str) -> list[Pending]:
        rows = self._connection.execute(text(_QUERY.format(which=which)), {"sink": sink})
        return [self._pending(row) for row in rows]

    def _pending(self, row: Any) -> Pending:
        message_id, sequence, topic, subject, payload, attempts, _outcome, next_at, tries = row
        message = Message(message_id, topic, subject, payload, self._context.mode, sequence)
        return Pending(message, attempts, tries, next_at)

    def record(self, attempts: Sequence[Attempt]) -> None:
        """Stores tries."""
        insert_rows(
            self._connection,
            tables.outbox_attempt,
            [
                {
                    "message_id": attempt.message_id,
                    "sink": attempt.sink,
                    "attempt_no": attempt.attempt_no,
                    "outcome": attempt.outcome,
                    "detail": attempt.detail,
                    "at": attempt.at,
                    "next_at": attempt.next_at,
                    "run_id": self._context.run_id,
                }
                for attempt in attempts
            ],
        )

    def delivered_to(self, message_ids: Collection[str]) -> dict[str, set[str]]:
        """message id → sinks that have it."""
        t = tables.outbox_attempt.c
        query = select(t.message_id, t.sink).where(
            among(self._connection, t.message_id, sorted(message_ids)), t.outcome == "delivered"
        )
        found: dict[str, set[str]] = defaultdict(set)
        for message_id, sink in self._connection.execute(query):
            found[message_id].add(sink)
        return dict(found)
