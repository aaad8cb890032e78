"""The audit trail (``pipelines.ports.audit``): each row's hash covers all its columns and the row before.

hash = SHA-256 over the columns sequence, at, user, event, subject, comment, details, previous_hash in this order, each
as UTF-8 after its length in bytes and a colon (``3:abc``). The first row's previous_hash is 64 zeros.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, select

from pipelines.ports.audit import AuditEvent, AuditHead
from pipelines.ports.work import WorkContext
from sinks.bulk import insert_tuples
from sinks.tables import audit

COLUMNS: Final = ("sequence", "at", "user", "event", "subject", "comment", "details", "previous_hash")
GENESIS: Final = "0" * 64


def row_hash(values: Sequence[object]) -> str:
    """Hash of one row, ``values`` in the order of ``COLUMNS``."""
    digest = hashlib.sha256()
    for value in values:
        raw = str(value).encode()
        digest.update(b"%d:" % len(raw))
        digest.update(raw)
    return digest.hexdigest()


class AuditRepository:
    """The trail on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    def append(self, events: Sequence[AuditEvent]) -> AuditHead:
        """Adds events in this order."""
        head = self.head()
        sequence, previous = head.sequence, head.hash or GENESIS
        rows = []
        for event in events:
            sequence += 1
            values = (
                sequence,
                self._context.now,
                event.user,
                event.event,
                event.subject,
                event.comment,
                event.told(),
                previous,
            )
            previous = row_hash(values)
            rows.append((*values, previous))
        insert_tuples(self._connection, audit, (*COLUMNS, "hash"), rows)
        return AuditHead(sequence, previous) if rows else head

    def head(self) -> AuditHead:
        """The newest row."""
        query = select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
        row = self._connection.execute(query).first()
        return AuditHead(int(row.sequence), row.hash) if row else AuditHead(0, "")

    def verify(self, anchor: AuditHead | None = None) -> str:
        """The first row that does not hold, "" when all do."""
        previous, expected = GENESIS, 1
        found_anchor = anchor is None or anchor.sequence == 0
        columns = [audit.c[name] for name in (*COLUMNS, "hash")]
        query = select(*columns).order_by(audit.c.sequence)
        for row in self._connection.execute(query, execution_options={"yield_per": 5000}):
            if row[0] != expected:
                return f"row {expected} is missing"
            if row[7] != previous:
                return f"row {expected} does not follow the row before it"
            if row_hash(row[:8]) != row[8]:
                return f"row {expected} was changed"
            if anchor and row[0] == anchor.sequence:
                if row[8] != anchor.hash:
                    return f"row {expected} is not the one noted outside"
                found_anchor = True
            previous, expected = row[8], expected + 1
        return "" if found_anchor or anchor is None else f"row {anchor.sequence}, noted outside, is missing"
