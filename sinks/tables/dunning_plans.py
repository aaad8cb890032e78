"""Dunning blocks, steps by hand, proposal lists, new collections, answers to returns."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Text

from sinks.tables.columns import BIGINT, day, number, table, text

dunning_block = table(  # scope: debtor | item | claim; key: debtor or invoice number; until: last blocked day
    "dunning_block",
    Column("block_id", Text, primary_key=True),
    text("scope"), text("key"), text("cause"), day("until", optional=True),
    text("user"), text("reason"), text("at"), text("run_id"),
    Index(None, "key"),
)
dunning_block_end = table(
    "dunning_block_end",
    Column("block_id", Text, primary_key=True), text("user"), text("reason"), text("at"), text("run_id"),
)
dunning_change = table(  # skip | repeat | set-level | next-date, by hand
    "dunning_change",
    Column("change_no", BIGINT, primary_key=True, autoincrement=False),
    text("invoice_number"), text("course"), number("round"), text("step"), number("level"), day("day"),
    number("send"), number("event_no"), text("user"), text("reason"), text("at"), text("run_id"),
    Index(None, "invoice_number"),
)
dunning_terms = table(  # what a ready event told the debtor
    "dunning_terms",
    text("trigger_id"), number("event_no"), text("channel"), text("template"), number("fee_minor"),
    day("deadline", optional=True), text("run_id"),
    PrimaryKeyConstraint("trigger_id", "event_no"),
)
dunning_list = table(
    "dunning_list",
    Column("list_id", Text, primary_key=True),
    Column("sequence", BIGINT, nullable=False, unique=True),
    text("kind"), day("as_of"), text("at"), text("run_id"),
)
dunning_list_line = table(
    "dunning_list_line",
    text("list_id"), text("trigger_id"),
    PrimaryKeyConstraint("list_id", "trigger_id"),
    Index(None, "trigger_id"),
)
dunning_list_outcome = table(  # released | refused
    "dunning_list_outcome",
    Column("list_id", Text, primary_key=True),
    text("outcome"), text("user"), text("reason"), text("at"), text("run_id"),
)
dunning_release = table(  # void once the trigger was cancelled after event_no
    "dunning_release",
    text("trigger_id"), text("list_id"), number("event_no"), text("run_id"),
    PrimaryKeyConstraint("trigger_id", "list_id"),
)
new_collection = table(
    "new_collection",
    Column("end_to_end_id", Text, primary_key=True),
    Column("sequence", BIGINT, nullable=False, unique=True),
    text("invoice_number"), text("debtor_number"), text("mandate_id"), text("debtor_iban"), number("amount_minor"),
    text("currency"), day("collection_date"), number("level"), text("transaction_id"), text("run_id"),
    Index(None, "invoice_number"),
)
return_answer = table(
    "return_answer",
    text("transaction_id"), text("invoice_number"), text("debtor_number"), text("reason_code"), text("reason_class"),
    number("times"), text("steps"), text("done"), text("because"), text("bearer"), number("charges_minor"),
    text("currency"), day("as_of"), text("run_id"),
    PrimaryKeyConstraint("transaction_id", "invoice_number"),
    Index(None, "invoice_number"),
)
