"""Stores decisions that wait for a second person (ports.approvals)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from pipelines.model.ids import derive
from pipelines.ports.approvals import Request
from pipelines.ports.work import WorkContext
from sinks import tables as t
from sinks.bulk import insert_rows


class ApprovalRepository:
    """Implements ports.approvals.Approvals over one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    def add(
        self,
        command: str,
        subject: str,
        arguments: Mapping[str, Any],
        *,
        debtor_number: str,
        amount_minor: int,
        currency: str,
        basis: str,
        user: str,
        reason: str,
    ) -> Request:
        """Stores a request, unless the very same one waits already."""
        told = json.dumps(arguments, sort_keys=True, separators=(",", ":"))
        for waiting in self.pending():
            same = (waiting.command, waiting.subject, waiting.basis) == (command, subject, basis)
            if same and json.dumps(waiting.arguments, sort_keys=True, separators=(",", ":")) == told:
                return waiting
        sequence = int(self._connection.scalar(select(func.max(t.approval_request.c.sequence))) or 0) + 1
        row = {
            "request_id": derive("request", self._context.mode, sequence, command, subject),
            "sequence": sequence,
            "command": command,
            "subject": subject,
            "debtor_number": debtor_number,
            "arguments": told,
            "amount_minor": amount_minor,
            "currency": currency,
            "basis": basis,
            "user": user,
            "reason": reason,
            "at": self._context.now,
            "run_id": self._context.run_id,
        }
        self._connection.execute(insert(t.approval_request), row)
        return self.find(str(row["request_id"]))[0]

    def find(self, key: str) -> list[Request]:
        """By id or the beginning of it (six signs or more)."""
        column = t.approval_request.c.request_id
        exact = self._read(self._all().where(column == key))
        if exact or len(key) < 6:
            return exact
        return self._read(self._all().where(column.startswith(key, autoescape=True)))

    def pending(self) -> list[Request]:
        """Without an answer, the oldest first."""
        return self._read(self._all().where(t.approval_outcome.c.request_id.is_(None)))

    def answer(self, request_id: str, outcome: str, user: str, reason: str) -> None:
        """Closes a request; a second answer meets the primary key."""
        row = {
            "request_id": request_id,
            "outcome": outcome,
            "user": user,
            "reason": reason,
            "at": self._context.now,
            "run_id": self._context.run_id,
        }
        insert_rows(self._connection, t.approval_outcome, [row])

    @staticmethod
    def _all() -> Select[Any]:
        asked, told = t.approval_request, t.approval_outcome
        return (
            select(
                asked,
                func.coalesce(told.c.outcome, "").label("outcome"),
                func.coalesce(told.c.user, "").label("answered_by"),
                func.coalesce(told.c.reason, "").label("answer"),
            )
            .join(told, told.c.request_id == asked.c.request_id, isouter=True)
            .order_by(asked.c.sequence)
        )

    def _read(self, query: Select[Any]) -> list[Request]:
        return [
            Request(
                **{name: row[name] for name in Request._fields if name not in ("arguments",)},
                arguments=json.loads(row["arguments"]),
            )
            for row in self._connection.execute(query).mappings()
        ]
