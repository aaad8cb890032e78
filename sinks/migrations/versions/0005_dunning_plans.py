"""Dunning cases, blocks and releases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sinks.append_only import guard

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "dunning_block", "dunning_block_end", "dunning_change", "dunning_list", "dunning_list_line",
    "dunning_list_outcome", "dunning_release", "dunning_terms", "new_collection", "return_answer",
)  # fmt: skip


def upgrade() -> None:
    """Creates what ``sinks.tables.dunning_plans`` describes."""
    _by_people()
    _lists()
    _returns()
    for name in TABLES:
        guard(op.get_bind(), name)


def _by_people() -> None:
    """Blocks and steps by hand, and what messages told."""
    _create("dunning_block", "block_id", *_texts("scope key cause"), _day("until", optional=True),
            *_texts("user reason at run_id"))  # fmt: skip
    _index("dunning_block", "key")
    _create("dunning_block_end", "block_id", *_texts("user reason at run_id"))
    op.create_table(
        "dunning_change",
        sa.Column("change_no", BIGINT, autoincrement=False, nullable=False),
        *_texts("invoice_number course"), _number("round"), *_texts("step"), _number("level"), _day("day"),
        _number("send"), _number("event_no"), *_texts("user reason at run_id"),
        sa.PrimaryKeyConstraint("change_no", name=op.f("pk_dunning_change")),
        sqlite_strict=True,
    )  # fmt: skip
    _index("dunning_change", "invoice_number")
    op.create_table(
        "dunning_terms",
        *_texts("trigger_id"), _number("event_no"), *_texts("channel template"), _number("fee_minor"),
        _day("deadline", optional=True), *_texts("run_id"),
        sa.PrimaryKeyConstraint("trigger_id", "event_no", name=op.f("pk_dunning_terms")),
        sqlite_strict=True,
    )  # fmt: skip


def _lists() -> None:
    """Proposal lists and their release."""
    _create(
        "dunning_list", "list_id", _number("sequence"), *_texts("kind"), _day("as_of"), *_texts("at run_id"),
        sa.UniqueConstraint("sequence", name=op.f("uq_dunning_list_sequence")),
    )  # fmt: skip
    op.create_table(
        "dunning_list_line",
        *_texts("list_id trigger_id"),
        sa.PrimaryKeyConstraint("list_id", "trigger_id", name=op.f("pk_dunning_list_line")),
        sqlite_strict=True,
    )
    _index("dunning_list_line", "trigger_id")
    _create("dunning_list_outcome", "list_id", *_texts("outcome user reason at run_id"))
    op.create_table(
        "dunning_release",
        *_texts("trigger_id list_id"), _number("event_no"), *_texts("run_id"),
        sa.PrimaryKeyConstraint("trigger_id", "list_id", name=op.f("pk_dunning_release")),
        sqlite_strict=True,
    )  # fmt: skip


def _returns() -> None:
    """New collections and answers to returns."""
    _create(
        "new_collection", "end_to_end_id", _number("sequence"),
        *_texts("invoice_number debtor_number mandate_id debtor_iban"), _number("amount_minor"), *_texts("currency"),
        _day("collection_date"), _number("level"), *_texts("transaction_id run_id"),
        sa.UniqueConstraint("sequence", name=op.f("uq_new_collection_sequence")),
    )  # fmt: skip
    _index("new_collection", "invoice_number")
    op.create_table(
        "return_answer",
        *_texts("transaction_id invoice_number debtor_number reason_code reason_class"), _number("times"),
        *_texts("steps done because bearer"), _number("charges_minor"), *_texts("currency"), _day("as_of"),
        *_texts("run_id"),
        sa.PrimaryKeyConstraint("transaction_id", "invoice_number", name=op.f("pk_return_answer")),
        sqlite_strict=True,
    )  # fmt: skip
    _index("return_answer", "invoice_number")


def _create(name: str, key: str, *items: sa.schema.SchemaItem) -> None:
    """A table with one text as its key."""
    op.create_table(
        name,
        sa.Column(key, sa.Text(), nullable=False),
        *items,
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{name}")),
        sqlite_strict=True,
    )


def _index(table: str, column: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def _texts(names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), server_default="", nullable=False) for name in names.split()]


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, BIGINT, nullable=False)


def _day(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=optional)
