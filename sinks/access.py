"""Stores how access to accounts stands and what sources remember (``pipelines.ports.access.AccessRecords``)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, func, select

from pipelines.model.access import AccessState
from pipelines.ports.access import AccountAccess
from pipelines.ports.work import WorkContext
from sinks.bulk import insert_rows
from sinks.current import newest
from sinks.tables import access_memory, account_access


class AccessRepository:
    """Access facts on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    def latest(self) -> list[AccountAccess]:
        """The newest fact per source and account, sorted."""
        rows = self._connection.execute(newest(account_access, "source", "account", counter="access_no")).mappings()
        return sorted(
            AccountAccess(
                source=row["source"],
                account=row["account"],
                access_no=int(row["access_no"]),
                state=AccessState(row["state"]),
                code=row["code"],
                consent_until=date.fromisoformat(row["consent_until"]) if row["consent_until"] else None,
                since=date.fromisoformat(row["since"]),
            )
            for row in rows
        )

    def add(self, facts: Sequence[AccountAccess]) -> None:
        """Stores facts; their numbers continue those already stored, from 1 on."""
        rows: list[dict[str, object]] = [
            {
                "source": fact.source,
                "account": fact.account,
                "access_no": fact.access_no,
                "state": fact.state.value,
                "code": fact.code,
                "consent_until": fact.consent_until.isoformat() if fact.consent_until else None,
                "since": fact.since.isoformat(),
                "run_id": self._context.run_id,
            }
            for fact in facts
        ]
        insert_rows(self._connection, account_access, rows)

    def memory(self, source: str) -> str:
        """The newest sealed memory of a source, "" where there is none."""
        table = access_memory
        query = select(table.c.sealed).where(table.c.source == source).order_by(table.c.memory_no.desc()).limit(1)
        return str(self._connection.execute(query).scalar() or "")

    def remember(self, source: str, sealed: str) -> None:
        """Keeps a sealed memory as the newest one."""
        table = access_memory
        last = self._connection.scalar(select(func.max(table.c.memory_no)).where(table.c.source == source))
        row: dict[str, object] = {
            "source": source,
            "memory_no": int(last or 0) + 1,
            "sealed": sealed,
            "run_id": self._context.run_id,
        }
        insert_rows(self._connection, access_memory, [row])
