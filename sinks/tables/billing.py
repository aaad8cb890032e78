"""What the billing system knows."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint

from sinks.tables.columns import day, number, table, text

receivable = table(  # the highest version counts
    "receivable",
    text("invoice_number"), number("version"), text("debtor_number"),
    number("amount_minor"), number("open_minor"), text("currency"), day("issue_date"), day("due_date"),
    text("document_type"), text("status"), text("debtor_name"), text("debtor_ibans"), text("payment_method"),
    text("mandate_id"), text("end_to_end_id"), text("creditor_reference"), text("order_number"),
    text("shipment_ids"), text("contract_id"), number("cash_discount_basis_points"),
    day("cash_discount_until", optional=True), text("dunning_plan"), number("tax_rate_basis_points", optional=True),
    number("settled_elsewhere_minor"),  # outside kontoklar: before go-live or otherwise; signed like amount
    text("content_hash"), text("run_id"),
    PrimaryKeyConstraint("invoice_number", "version"),
    Index(None, "debtor_number"),
)
debtor = table(
    "debtor",
    text("debtor_number"), number("version"), text("name"), text("ibans"), text("external_id"), text("email"),
    text("aliases"), text("tags"), text("address"), text("dunning_plan"), day("dunning_block_until", optional=True),
    text("content_hash"), text("run_id"),
    PrimaryKeyConstraint("debtor_number", "version"),
)
collection = table(
    "collection",
    text("end_to_end_id"), text("mandate_id"), text("invoice_number"), number("version"),
    number("amount_minor"), text("currency"), day("collection_date"), text("debtor_iban"),
    text("payment_information_id"), text("message_id"), text("content_hash"), text("run_id"),
    PrimaryKeyConstraint("end_to_end_id", "mandate_id", "invoice_number", "version"),
    Index(None, "payment_information_id"),
)
contract = table(
    "contract",
    text("contract_id"), number("version"), text("debtor_number"), text("status"), text("dunning_plan"),
    text("content_hash"), text("run_id"),
    PrimaryKeyConstraint("contract_id", "version"),
)
