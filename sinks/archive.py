"""The raw archive in the database (``pipelines.ports.archive``)."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, func, select

from pipelines.errors import LedgerInvariantBroken
from pipelines.model.statement import Document
from pipelines.ports.archive import Reading
from pipelines.ports.work import WorkContext
from sinks.bulk import among, insert_rows
from sinks.tables import document_arrival, document_reading, raw_chunk, raw_document

CHUNK_BYTES: Final = 1 << 20
# Statements are repetitive text: stronger compression costs more time than it saves space.
_LEVEL: Final = 3


class Archive:
    """Raw documents on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    def store(self, documents: Sequence[Document]) -> list[str]:
        """Keeps bytes and arrivals, each once."""
        hashes = [hashlib.sha256(document.content).hexdigest() for document in documents]
        known = self._archived(hashes)
        for sha256, document in zip(hashes, documents, strict=True):
            if sha256 not in known:
                known.add(sha256)
                self._keep(sha256, document.content)
        arrivals = {
            (sha256, document.source, document.name): {
                "sha256": sha256,
                "source": document.source,
                "name": document.name,
                "arrived_at": self._context.now,
                "run_id": self._context.run_id,
            }
            for sha256, document in zip(hashes, documents, strict=True)
        }
        insert_rows(self._connection, document_arrival, list(arrivals.values()), skip_existing=True)
        return hashes

    def _archived(self, hashes: Collection[str]) -> set[str]:
        query = select(raw_document.c.sha256).where(among(self._connection, raw_document.c.sha256, set(hashes)))
        return set(self._connection.execute(query).scalars())

    def _keep(self, sha256: str, content: bytes) -> None:
        view = memoryview(content)
        starts = range(0, len(content), CHUNK_BYTES)
        for number, start in enumerate(starts):
            data = zlib.compress(view[start : start + CHUNK_BYTES], _LEVEL)
            insert_rows(self._connection, raw_chunk, [{"sha256": sha256, "chunk_no": number, "data": data}])
        row = {"sha256": sha256, "size": len(content), "chunks": len(starts), "archived_at": self._context.now}
        insert_rows(self._connection, raw_document, [row])

    def outcomes(self, sha256s: Collection[str], reader: str) -> dict[str, str]:
        """SHA-256 → outcome of this reader version."""
        query = select(document_reading.c.sha256, document_reading.c.outcome).where(
            document_reading.c.reader == reader, among(self._connection, document_reading.c.sha256, set(sha256s))
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def record(self, readings: Sequence[Reading]) -> None:
        """Remembers what readers made of documents."""
        rows = [{**reading._asdict(), "read_at": self._context.now} for reading in readings]
        insert_rows(self._connection, document_reading, rows, skip_existing=True)

    def document(self, sha256: str) -> Document:
        """An archived document, its bytes checked against their hash."""
        query = select(raw_chunk.c.data).where(raw_chunk.c.sha256 == sha256).order_by(raw_chunk.c.chunk_no)
        chunks = [zlib.decompress(data) for (data,) in self._connection.execute(query)]
        content = b"".join(chunks)
        arrival = self._connection.execute(
            select(document_arrival.c.name, document_arrival.c.source)
            .where(document_arrival.c.sha256 == sha256)
            .order_by(document_arrival.c.arrived_at, document_arrival.c.source, document_arrival.c.name)
            .limit(1)
        ).first()
        if arrival is None:
            raise KeyError(sha256)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise LedgerInvariantBroken(f"The archived bytes of document {sha256[:16]} are damaged. Restore a backup.")
        return Document(arrival.name, content, arrival.source)

    def hashes(self) -> Iterator[str]:
        """Every archived document in the order of its first arrival, then by hash."""
        first = func.min(document_arrival.c.arrived_at)
        query = (
            select(document_arrival.c.sha256)
            .group_by(document_arrival.c.sha256)
            .order_by(first, document_arrival.c.sha256)
        )
        yield from self._connection.execute(query).scalars().all()
