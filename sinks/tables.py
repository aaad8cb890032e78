"""The schema. Facts only ever get added (D7); the few tables that move say so.

Conventions: ids are derived text (``model.ids``); dates and instants are ISO text, which sorts and compares the same
way on SQLite and PostgreSQL; amounts are signed whole minor units; an absent text is "" so that no key column is
ever NULL; NULL is kept for absent numbers and dates. On SQLite every table is STRICT.
"""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# STRICT tables know only SQLite's own type names.
BIGINT: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
FLOAT: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")

# Tables whose rows may change or go; everything else is append-only and guarded by triggers.
MUTABLE = frozenset({"meta", "fence"})


def text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def number(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BIGINT, nullable=optional)


def day(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional)


def table(name: str, *items: SchemaItem) -> Table:
    return Table(name, metadata, *items, sqlite_strict=True)


# --- the run and its right to write ---------------------------------------------------------------------------

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

# --- raw archive ------------------------------------------------------------------------------------------------

raw_document = table(
    "raw_document",
    Column("sha256", Text, primary_key=True),
    number("size"), number("chunks"), text("archived_at"),
)
raw_chunk = table(
    "raw_chunk",
    text("sha256"), number("chunk_no"), Column("data", LargeBinary, nullable=False),  # zlib-compressed
    PrimaryKeyConstraint("sha256", "chunk_no"),
)
document_arrival = table(
    "document_arrival",
    text("sha256"), text("source"), text("name"), text("arrived_at"), text("run_id"),
    PrimaryKeyConstraint("sha256", "source", "name"),
)
document_reading = table(  # which reader version took which document, and with what result
    "document_reading",
    text("sha256"), text("reader"), text("outcome"), number("statements"), text("read_at"),
    PrimaryKeyConstraint("sha256", "reader"),
)

# --- statements, bookings, transactions -------------------------------------------------------------------------

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

# --- what the billing system knows ------------------------------------------------------------------------------

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

# --- proposals --------------------------------------------------------------------------------------------------

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

# --- the ledger -------------------------------------------------------------------------------------------------

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

# --- dunning and delivery ---------------------------------------------------------------------------------------

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

# --- findings and audit -----------------------------------------------------------------------------------------

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
