"""An analyst's operations: what was decided, refunds with their payment files, and the rule behind an allocation."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Text

from sinks.tables.columns import day, number, table, text

operation = table(  # one row per decision; command_hash: the same command id with another content is refused
    "operation",
    Column("decision_id", Text, primary_key=True),
    text("command"), text("invoice_number"), text("debtor_number"), text("transaction_id"),
    number("amount_minor"), text("currency"), number("rest_minor"),
    text("command_hash"), text("entries"),  # entry ids, joined by blanks
    text("run_id"),
    Index(None, "invoice_number"), Index(None, "debtor_number"),
)
operation_undo = table(  # the primary key is the promise: an operation is undone at most once
    "operation_undo",
    Column("original_decision_id", Text, primary_key=True),
    text("decision_id"), text("run_id"),
)
refund = table(  # money we send back; whether it left is told by the allocations that name the decision
    "refund",
    Column("decision_id", Text, primary_key=True),
    Column("end_to_end_id", Text, nullable=False, unique=True),
    text("debtor_number"), text("invoice_number"), number("amount_minor"), text("currency"),
    text("iban"), text("account"), day("execution_day"), text("message_id"), text("run_id"),
    Index(None, "debtor_number"),
)
refund_source = table(  # which payment's money it is; "" for credit that never was a payment
    "refund_source",
    text("decision_id"), text("transaction_id"), number("amount_minor"),
    PrimaryKeyConstraint("decision_id", "transaction_id"),
    Index(None, "transaction_id"),
)
payment_file = table(  # a pain.001 message as it was made, in the commit that ordered it
    "payment_file",
    Column("message_id", Text, primary_key=True),
    text("decision_id"), text("content"), text("created_at"), text("run_id"),
)
payment_file_written = table(
    "payment_file_written",
    Column("message_id", Text, primary_key=True),
    text("name"), text("written_at"), text("run_id"),
)
allocation_rule = table(  # which rule of law said that this claim is paid (BGB §§ 366, 367)
    "allocation_rule",
    Column("allocation_id", Text, primary_key=True),
    text("rule"), text("law"), text("run_id"),
)
