"""Statements, bookings, transactions."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlalchemy.schema import SchemaItem

from sinks.tables.columns import day, number, table, text

statement = table(
    "statement",
    Column("statement_id", Text, primary_key=True),  # derived from sha256 + position
    text("sha256"), text("position"), text("account"), text("currency"), text("format"), text("coverage"),
    text("identification"), text("number"), text("page"),
    day("from_day", optional=True), day("to_day", optional=True),
    number("opening_minor", optional=True), day("opening_day", optional=True),
    number("closing_minor", optional=True), day("closing_day", optional=True),
    number("entries"), number("booked_minor"), text("source"), text("source_file"), text("run_id"),
    Index(None, "account", "to_day"),
)
statement_verdict = table(  # the latest verdict counts
    "statement_verdict",
    text("statement_id"), number("verdict_no"),
    text("verdict"),  # proven | unproven | held | known (tells nothing new)
    text("code"), text("message"), text("run_id"),
    PrimaryKeyConstraint("statement_id", "verdict_no"),
)
proven_range = table(  # how far the chain of proven balances reaches, after each statement that joined it
    "proven_range",
    text("account"), text("currency"), number("range_no"),
    day("start_day"), number("start_minor"), day("end_day"), number("end_minor"),
    number("end_is_open"),  # 1 while the last day may still go on (interim balance, page)
    text("statement_id"), text("run_id"),
    PrimaryKeyConstraint("account", "currency", "range_no"),
    Index(None, "statement_id"),
)

_TRANSACTION_COLUMNS = (
    "kind", "counterparty_name", "counterparty_iban", "counterparty_account", "counterparty_bank", "ultimate_name",
    "remittance", "creditor_reference", "document_numbers", "end_to_end_id", "mandate_id", "creditor_id",
    "customer_reference", "payment_information_id", "message_id", "bank_reference", "purpose_code", "gvc",
    "domain_code", "booking_text", "reason_code", "reason_source", "source_file", "position",
)


def _transaction_columns() -> list[SchemaItem]:
    """The columns of model.transaction.Transaction, shared by real and held rows."""
    return [
        text("booking_id"), text("account"), day("booking_date"), day("value_date"),
        number("amount_minor"), text("currency"),
        *(text(name) for name in _TRANSACTION_COLUMNS),
        number("original_minor", optional=True), number("charges_minor", optional=True),
        number("declared_discount_minor", optional=True),
        number("is_batch"), number("batch_count", optional=True), text("statement_id"),
    ]


booking = table(
    "booking",
    Column("booking_id", Text, primary_key=True),
    text("account"), day("booking_date"), day("value_date"), number("amount_minor"), text("currency"),
    number("occurrence"), text("statement_id"), text("run_id"),
    UniqueConstraint("account", "booking_date", "amount_minor", "currency", "occurrence"),
)
observation = table(  # how a document told a booking; bank ids are aliases, not keys
    "observation",
    text("statement_id"), text("position"), text("booking_id"), text("format"), text("bank_reference"),
    text("end_to_end_id"), text("counterparty_iban"), text("text_key"),  # normalised remittance, for re-recognition
    PrimaryKeyConstraint("statement_id", "position"),
    Index(None, "booking_id"),
)
bank_transaction = table(
    "bank_transaction",
    Column("transaction_id", Text, primary_key=True),
    *_transaction_columns(),
    text("run_id"),
    Index(None, "booking_id"), Index(None, "account", "booking_date"), Index(None, "end_to_end_id"),
)
superseded_transaction = table(  # an undetailed batch whose details arrived later
    "superseded_transaction",
    Column("transaction_id", Text, primary_key=True), text("statement_id"), text("run_id"),
)
held_transaction = table(  # of quarantined statements: shown, never posted; shown while the latest verdict is held
    "held_transaction",
    Column("transaction_id", Text, primary_key=True),
    *_transaction_columns(),
    text("run_id"),
    Index(None, "statement_id"),
)
