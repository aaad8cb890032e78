"""The journal, allocations, decisions."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, Text

from sinks.tables.columns import BIGINT, FLOAT, day, number, table, text

journal_entry = table(
    "journal_entry",
    Column("entry_id", Text, primary_key=True),
    Column("posting_number", BIGINT, nullable=False, unique=True),  # gapless, in order of commit
    day("booking_date"), text("account"), text("transaction_id"), text("cause"), text("reverses"), text("text"),
    text("content_hash"), text("run_id"),
    Index(None, "transaction_id"),
)
journal_line = table(
    "journal_line",
    text("entry_id"), number("line_no"), text("account"),
    number("debit_minor"), number("credit_minor"), text("currency"),
    text("debtor_number"), text("invoice_number"),
    PrimaryKeyConstraint("entry_id", "line_no"),
    CheckConstraint(
        "(debit_minor > 0 AND credit_minor = 0) OR (debit_minor = 0 AND credit_minor > 0)", name="one_side"
    ),
)
entry_reversal = table(  # the primary key is the promise: an entry is reversed at most once
    "entry_reversal",
    Column("original_entry_id", Text, primary_key=True),
    Column("entry_id", Text, nullable=False),
)
allocation = table(
    "allocation",
    Column("allocation_id", Text, primary_key=True),
    text("entry_id"), text("transaction_id"), text("debtor_number"), text("invoice_number"),
    number("amount_minor"), number("cash_minor"), text("currency"), text("kind"), text("disposition"),
    Column("probability", FLOAT, nullable=True), text("proposal_id"), text("reverses"), text("run_id"),
    Index(None, "transaction_id"), Index(None, "invoice_number"), Index(None, "entry_id"),
)
allocation_reversal = table(
    "allocation_reversal",
    Column("original_allocation_id", Text, primary_key=True),
    Column("allocation_id", Text, nullable=False),
)
decision = table(  # what people decided; applied exactly once
    "decision",
    Column("decision_id", Text, primary_key=True),
    Column("sequence", BIGINT, nullable=False, unique=True),
    text("command"), text("transaction_id"), text("payload"), text("user"), text("reason"), text("at"), text("run_id"),
    Index(None, "transaction_id"),
)
