"""Transactions to rows and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from pipelines.model.transaction import Transaction, TransactionKind

# The columns of bank_transaction and held_transaction that are fields of Transaction, in the order of the fields.
FIELDS: Final = tuple(Transaction.__dataclass_fields__)
_KIND: Final = FIELDS.index("kind")
_BOOKING_DATE: Final = FIELDS.index("booking_date")
_VALUE_DATE: Final = FIELDS.index("value_date")
_IS_BATCH: Final = FIELDS.index("is_batch")
_KINDS: Final = {kind.value: kind for kind in TransactionKind}

iso_date = lru_cache(maxsize=20_000)(date.fromisoformat)


def to_row(item: Transaction, statement_id: str, run_id: str) -> tuple[Any, ...]:
    """A row in the order of ``COLUMNS``."""
    return (
        item.transaction_id, item.booking_id, item.account, item.booking_date.isoformat(),
        item.value_date.isoformat(), item.amount_minor, item.currency, item.kind.value, item.counterparty_name,
        item.counterparty_iban, item.counterparty_account, item.counterparty_bank, item.ultimate_name, item.remittance,
        item.creditor_reference, item.document_numbers, item.end_to_end_id, item.mandate_id, item.creditor_id,
        item.customer_reference, item.payment_information_id, item.message_id, item.bank_reference, item.purpose_code,
        item.gvc, item.domain_code, item.booking_text, item.reason_code, item.reason_source, item.original_minor,
        item.charges_minor, item.declared_discount_minor, int(item.is_batch), item.batch_count, item.source_file,
        item.position, statement_id, run_id,
    )  # fmt: skip


COLUMNS: Final = (*FIELDS, "statement_id", "run_id")


def from_row(row: Sequence[Any]) -> Transaction:
    """A transaction of a row whose first columns are ``FIELDS``."""
    values = list(row[: len(FIELDS)])
    values[_KIND] = _KINDS[values[_KIND]]
    values[_BOOKING_DATE] = iso_date(values[_BOOKING_DATE])
    values[_VALUE_DATE] = iso_date(values[_VALUE_DATE])
    values[_IS_BATCH] = bool(values[_IS_BATCH])
    return Transaction(*values)
