"""Findings and the audit trail."""

from __future__ import annotations

from sqlalchemy import Column, Text

from sinks.tables.columns import BIGINT, table, text

finding = table(
    "finding",
    Column("finding_id", Text, primary_key=True),
    text("code"), text("severity"), text("subject"), text("message"), text("source_file"), text("position"),
    text("run_id"), text("at"),
)
finding_resolution = table(
    "finding_resolution",
    Column("finding_id", Text, primary_key=True), text("how"), text("run_id"), text("at"),
)
audit = table(
    "audit",
    Column("sequence", BIGINT, primary_key=True, autoincrement=False),
    text("at"), text("user"), text("event"), text("subject"), text("comment"), text("details"),
    text("previous_hash"), text("hash"),
)
