"""Dunning triggers and delivery."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Text

from sinks.tables.columns import BIGINT, day, number, table, text

dunning_trigger = table(
    "dunning_trigger",
    Column("trigger_id", Text, primary_key=True),
    text("debtor_number"), text("invoice_number"), text("reason"), number("level"), text("action"), text("plan"),
    number("open_minor"), text("currency"), day("as_of"), text("run_id"),
    Index(None, "invoice_number"),
)
trigger_event = table(  # the latest event is the state
    "trigger_event",
    text("trigger_id"), number("event_no"), text("state"), text("hold_reason"), number("open_minor"), day("as_of"),
    text("run_id"),
    PrimaryKeyConstraint("trigger_id", "event_no"),
)
outbox = table(
    "outbox",
    Column("message_id", Text, primary_key=True),
    Column("sequence", BIGINT, nullable=False, unique=True),
    text("topic"), text("subject"), text("payload"), text("created_at"), text("run_id"),
)
outbox_attempt = table(
    "outbox_attempt",
    text("message_id"), text("sink"), number("attempt_no"),
    text("outcome"),  # delivered | failed | refused | dead
    text("detail"), text("at"), text("next_at"), text("run_id"),
    PrimaryKeyConstraint("message_id", "sink", "attempt_no"),
)
