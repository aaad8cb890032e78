"""Stored findings (``pipelines.ports.findings``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from pipelines.model.finding import Finding, Severity
from pipelines.ports.findings import StoredFinding
from pipelines.ports.work import WorkContext
from sinks.bulk import among, insert_rows
from sinks.tables import finding, finding_resolution


class FindingRepository:
    """Findings on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    def add(self, findings: Sequence[Finding]) -> int:
        """Stores new findings; returns how many were new."""
        rows: dict[str, dict[str, object]] = {}
        for found in findings:
            rows.setdefault(
                found.finding_id,
                {
                    "finding_id": found.finding_id,
                    "code": found.code,
                    "severity": found.severity.value,
                    "subject": found.subject,
                    "message": found.message,
                    "source_file": found.source_file,
                    "position": found.position,
                    "run_id": self._context.run_id,
                    "at": self._context.now,
                },
            )
        return insert_rows(self._connection, finding, list(rows.values()), skip_existing=True)

    def known(self, finding_ids: Collection[str]) -> set[str]:
        """Which of these are stored."""
        query = select(finding.c.finding_id).where(among(self._connection, finding.c.finding_id, finding_ids))
        return set(self._connection.execute(query).scalars())

    def ids(self, code: str) -> set[str]:
        """Ids of all stored findings of a code."""
        return set(self._connection.execute(select(finding.c.finding_id).where(finding.c.code == code)).scalars())

    def resolve(self, finding_ids: Collection[str], how: str) -> int:
        """Marks stored findings as settled."""
        rows = [
            {"finding_id": key, "how": how, "run_id": self._context.run_id, "at": self._context.now}
            for key in sorted(self.known(finding_ids))
        ]
        return insert_rows(self._connection, finding_resolution, rows, skip_existing=True)

    def open(self, *, codes: Collection[str] | None = None, subjects: Collection[str] | None = None) -> list[Finding]:
        """Unresolved findings."""
        query = self._query().where(finding_resolution.c.finding_id.is_(None))
        if codes is not None:
            query = query.where(among(self._connection, finding.c.code, codes))
        if subjects is not None:
            query = query.where(among(self._connection, finding.c.subject, subjects))
        return [stored.finding for stored in _stored(self._connection.execute(query).mappings())]

    def of_run(self, run_id: str) -> list[Finding]:
        """Unresolved findings first seen by a run."""
        query = self._query().where(finding_resolution.c.finding_id.is_(None), finding.c.run_id == run_id)
        return [stored.finding for stored in _stored(self._connection.execute(query).mappings())]

    def all(self) -> list[StoredFinding]:
        """Every finding."""
        return _stored(self._connection.execute(self._query()).mappings())

    @staticmethod
    def _query() -> Select[Any]:
        return select(finding, finding_resolution.c.finding_id.label("done"), finding_resolution.c.how).join(
            finding_resolution, finding_resolution.c.finding_id == finding.c.finding_id, isouter=True
        )


def _stored(rows: Iterable[RowMapping]) -> list[StoredFinding]:
    found = [
        StoredFinding(
            Finding(
                row["code"],
                Severity(row["severity"]),
                row["subject"],
                row["message"],
                row["source_file"],
                row["position"],
            ),
            row["at"],
            row["run_id"],
            (row["how"] or "resolved") if row["done"] else "",
        )
        for row in rows
    ]
    # Sorted here: databases order text differently.
    return sorted(found, key=lambda s: (s.finding.code, s.finding.subject, s.finding.position, s.finding.message))
