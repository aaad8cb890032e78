"""Debtors, the blocklist, and decisions that wait for a second person."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Text

from sinks.tables.columns import BIGINT, day, number, table, text

# --- who a debtor is ----------------------------------------------------------------------------------------------
debtor_fact = table(  # what a person said about a debtor; stands above what is loaded until it is taken back
    "debtor_fact",
    text("debtor_id"), number("fact_no"), text("debtor_number"),
    text("field"), text("action"),  # add | remove (lists), set | unset (single values)
    text("value"), text("user"), text("reason"), text("at"), text("run_id"),
    PrimaryKeyConstraint("debtor_id", "fact_no"),
    Index(None, "debtor_number"),
)
debtor_renumbering = table(  # a number belongs to one debtor for good; numbers without a row are first numbers
    "debtor_renumbering",
    Column("debtor_number", Text, primary_key=True),
    text("debtor_id"), text("previous_number"), text("user"), text("reason"), text("at"), text("run_id"),
    Index(None, "debtor_id"),
)
debtor_access = table(  # each row makes the access hashes given out before worthless
    "debtor_access",
    text("debtor_id"), number("access_no"), text("user"), text("reason"), text("at"), text("run_id"),
    PrimaryKeyConstraint("debtor_id", "access_no"),
)
claim_kind = table(  # what a claim is where the document type says too little: dunning fee, default interest …
    "claim_kind",
    Column("invoice_number", Text, primary_key=True),
    text("kind"), text("of_invoice"), text("run_id"),
    Index(None, "of_invoice"),
)

# --- blocklist ----------------------------------------------------------------------------------------------------
block = table(  # fingerprint: keyed hash of the whole value; masked: what people see
    "block",
    Column("block_id", Text, primary_key=True),
    text("kind"), text("fingerprint"), text("masked"), text("key_id"),
    text("debtor_id"),  # "" = all debtors, new ones too
    day("until", optional=True),  # last blocked day; none = until it is taken back
    text("user"), text("reason"), text("at"), text("run_id"),
    Index(None, "kind", "fingerprint"),
)
block_end = table(
    "block_end",
    Column("block_id", Text, primary_key=True), text("user"), text("reason"), text("at"), text("run_id"),
)

# --- four eyes ----------------------------------------------------------------------------------------------------
approval_request = table(  # a decision that waits for a second person; arguments: JSON, replayed as they stand
    "approval_request",
    Column("request_id", Text, primary_key=True),
    Column("sequence", BIGINT, nullable=False, unique=True),
    text("command"), text("subject"), text("debtor_number"), text("arguments"),
    number("amount_minor"), text("currency"), text("basis"),
    text("user"), text("reason"), text("at"), text("run_id"),
    Index(None, "subject"),
)
approval_outcome = table(  # the primary key is the promise: a request is answered once
    "approval_outcome",
    Column("request_id", Text, primary_key=True),
    text("outcome"),  # approved | refused | stale
    text("user"), text("reason"), text("at"), text("run_id"),
)
