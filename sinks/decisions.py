"""Stores what people decided (ports.decisions)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, func, insert, select

from pipelines.model.ids import derive
from pipelines.ports.decisions import Decision
from pipelines.ports.work import WorkContext
from sinks import tables as t


class DecisionRepository:
    """Implements ports.decisions.Decisions over one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    def next_id(self, command: str, subject: str) -> str:
        return derive("decision", self._context.mode, self._next_sequence(), command, subject)

    def _next_sequence(self) -> int:
        return int(self._connection.scalar(select(func.max(t.decision.c.sequence))) or 0) + 1

    def add(
        self,
        command: str,
        transaction_id: str,
        payload: Mapping[str, object],
        user: str,
        reason: str,
        *,
        decision_id: str = "",
    ) -> Decision:
        sequence = self._next_sequence()
        decision = Decision(
            decision_id=decision_id or derive("decision", self._context.mode, sequence, command, transaction_id),
            sequence=sequence,
            command=command,
            transaction_id=transaction_id,
            payload=payload,
            user=user,
            reason=reason,
            at=self._context.now,
        )
        row = decision._asdict() | {
            "payload": json.dumps(payload, sort_keys=True, separators=(",", ":")),
            "run_id": self._context.run_id,
        }
        self._connection.execute(insert(t.decision), row)
        return decision

    def of(self, transaction_id: str) -> list[Decision]:
        d = t.decision
        query = select(d).where(d.c.transaction_id == transaction_id).order_by(d.c.sequence)
        return [
            Decision(
                row["decision_id"], int(row["sequence"]), row["command"], row["transaction_id"],
                json.loads(row["payload"]), row["user"], row["reason"], row["at"],
            )
            for row in self._connection.execute(query).mappings()
        ]  # fmt: skip
