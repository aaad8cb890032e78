"""What happened at the bank: bookings and their transactions, after classification and identity (D5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class TransactionKind(StrEnum):
    """What a transaction is, seen from the account holder (CONTRACT, table ``transactions``)."""

    RECEIPT = "receipt"
    COLLECTION = "collection"
    RETURN_DEBIT = "return_debit"
    RETURN_TRANSFER = "return_transfer"
    REFUND = "refund"
    REVERSAL = "reversal"
    CHARGE = "charge"
    OWN_TRANSFER = "own_transfer"
    PAYOUT = "payout"
    OUTGOING = "outgoing"
    OTHER = "other"


# Kinds that take an earlier payment back; ``resolve`` looks for which.
RETURN_KINDS = frozenset({TransactionKind.RETURN_DEBIT, TransactionKind.RETURN_TRANSFER, TransactionKind.REVERSAL})


class TransactionState(StrEnum):
    """Where a transaction stands; a view over facts, never stored as a moving column (D7)."""

    ALLOCATED = "allocated"
    PARTLY_ALLOCATED = "partly_allocated"
    PROPOSED = "proposed"
    UNMATCHED = "unmatched"
    NOT_OURS = "not_ours"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment as kontoklar works with it: classified, normalised, one row of the ``transactions`` table.

    Amounts are signed minor units of ``currency``; money in is positive. Texts are "" when absent.
    transaction_id: derived from the booking's identity and its place among equal details.
    counterparty_*: the other party; on returns the original debtor (our customer), never our own company.
    counterparty_account: account number without IBAN form. ultimate_name: who really pays (ABWA, UltmtDbtr).
    end_to_end_id / mandate_id: "" for NOTPROVIDED and the like.
    reason_code: ISO return reason on returns, MS03 where the bank is silent; "" elsewhere.
    original_minor: unsigned amount of the returned payment; None unless this is a return AND the file (or arithmetic)
    tells it. charges_minor: unsigned charges of a return, or what banks kept of a receipt on its way; None where the
    file is silent. declared_discount_minor: unsigned, None if not declared.
    batch_count: number of payments an undetailed batch stands for, None when it is no batch.
    """

    transaction_id: str
    booking_id: str
    account: str
    booking_date: date
    value_date: date
    amount_minor: int
    currency: str
    kind: TransactionKind
    counterparty_name: str = ""
    counterparty_iban: str = ""
    counterparty_account: str = ""
    counterparty_bank: str = ""
    ultimate_name: str = ""
    remittance: str = ""
    creditor_reference: str = ""
    document_numbers: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    creditor_id: str = ""
    customer_reference: str = ""
    payment_information_id: str = ""
    message_id: str = ""
    bank_reference: str = ""
    purpose_code: str = ""
    gvc: str = ""
    domain_code: str = ""
    booking_text: str = ""
    reason_code: str = ""
    reason_source: str = ""
    original_minor: int | None = None
    charges_minor: int | None = None
    declared_discount_minor: int | None = None
    is_batch: bool = False
    batch_count: int | None = None
    source_file: str = ""
    position: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """One line the bank booked, whoever told us: (account, booking date, signed amount, currency, occurrence).

    transactions: its payments; their amounts sum to the booking's amount.
    """

    booking_id: str
    account: str
    booking_date: date
    value_date: date
    amount_minor: int
    currency: str
    occurrence: int
    bank_reference: str
    transactions: tuple[Transaction, ...]


def possible_originals(transaction: Transaction) -> list[int]:
    """What a return may have taken back, unsigned, best first: stated, booked less stated charges, booked."""
    booked = -transaction.amount_minor
    options = [transaction.original_minor] if transaction.original_minor is not None else []
    if transaction.charges_minor is not None:
        options.append(booked - transaction.charges_minor)
    options.append(booked)
    return list(dict.fromkeys(options))
