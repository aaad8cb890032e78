"""Raw documents as fetched."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, PrimaryKeyConstraint, Text

from sinks.tables.columns import number, table, text

raw_document = table(
    "raw_document",
    Column("sha256", Text, primary_key=True),
    number("size"), number("chunks"), text("archived_at"),
)
raw_chunk = table(
    "raw_chunk",
    text("sha256"), number("chunk_no"), Column("data", LargeBinary, nullable=False),  # zlib-compressed
    PrimaryKeyConstraint("sha256", "chunk_no"),
)
document_arrival = table(
    "document_arrival",
    text("sha256"), text("source"), text("name"), text("arrived_at"), text("run_id"),
    PrimaryKeyConstraint("sha256", "source", "name"),
)
document_reading = table(  # which reader version took which document, and with what result
    "document_reading",
    text("sha256"), text("reader"), text("outcome"), number("statements"), text("read_at"),
    PrimaryKeyConstraint("sha256", "reader"),
)
