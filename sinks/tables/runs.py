"""The run and its right to write."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, Text

from sinks.tables.columns import FLOAT, day, number, table, text

meta = table("meta", Column("key", Text, primary_key=True), text("value"))  # mutable: mode, input counters

fence = table("fence", Column("name", Text, primary_key=True), number("epoch"))  # mutable: the newest epoch wins

run = table(
    "run",
    Column("run_id", Text, primary_key=True),
    text("command"), day("as_of"), text("started_at"), number("epoch"),
)
run_step = table(
    "run_step",
    text("run_id"), text("step"), text("ended_at"), text("counts"), Column("seconds", FLOAT, nullable=False),
    PrimaryKeyConstraint("run_id", "step"),
)
