"""Match runs, proposals, return links."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Text, UniqueConstraint

from sinks.tables.columns import BIGINT, FLOAT, day, number, table, text

match_run = table(
    "match_run",
    Column("match_no", BIGINT, primary_key=True, autoincrement=False),
    day("as_of"), text("input_key"), text("policy_hash"), number("considered"), text("run_id"),
)
match_consideration = table(  # which transactions a match run looked at; the highest match_no of a transaction counts
    "match_consideration",
    number("match_no"), text("transaction_id"), number("plan_no"),  # plan_no: place in the chronological plan
    PrimaryKeyConstraint("match_no", "transaction_id"),
    Index(None, "transaction_id"),
)
proposal = table(
    "proposal",
    Column("proposal_id", Text, primary_key=True),
    number("match_no"), text("transaction_id"), number("rank"), Column("probability", FLOAT, nullable=False),
    text("disposition"), text("reason"), text("message"), text("pattern"), text("lines"), text("waterfall"),  # JSON
    number("remainder_minor"), text("policy_hash"), text("run_id"),
    UniqueConstraint("match_no", "transaction_id", "rank"),
    Index(None, "transaction_id"),
)
return_link = table(
    "return_link",
    number("match_no"), text("transaction_id"), number("link_no"),
    text("state"), text("reason_code"), text("invoice_number"), text("debtor_number"),
    text("original_transaction_id"), text("original_entry_id"), number("returned_minor"), number("charges_minor"),
    text("reason"), text("evidence"), text("run_id"),
    PrimaryKeyConstraint("match_no", "transaction_id", "link_no"),
    Index(None, "transaction_id"),
)
