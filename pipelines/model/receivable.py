"""What the billing system knows: open items, debtors, our own collections, contracts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DocumentType(StrEnum):
    """A credit note lowers what is owed: its amount is stored negative whatever sign it came with."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    FEE = "fee"


class ItemStatus(StrEnum):
    """``cancelled`` items stay known (a payment for one is recognised) but are never owed."""

    OPEN = "open"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Receivable:
    """One open item as loaded (CONTRACT, ``receivables``). Minor units; lists as tuples; texts "" when absent.

    amount_minor: positive for invoices and fees, negative for credit notes.
    open_minor: what was still owed when it was loaded (same sign); 0 = settled before go-live.
    cash_discount_basis_points: 2 % = 200, 0 for none; cash_discount_until: None for none.
    tax_rate_basis_points: 19 % = 1900, None when unknown.
    """

    invoice_number: str
    debtor_number: str
    amount_minor: int
    open_minor: int
    currency: str
    issue_date: date
    due_date: date
    document_type: DocumentType = DocumentType.INVOICE
    status: ItemStatus = ItemStatus.OPEN
    debtor_name: str = ""
    debtor_ibans: tuple[str, ...] = ()
    payment_method: str = ""
    mandate_id: str = ""
    end_to_end_id: str = ""
    creditor_reference: str = ""
    order_number: str = ""
    shipment_ids: tuple[str, ...] = ()
    contract_id: str = ""
    cash_discount_basis_points: int = 0
    cash_discount_until: date | None = None
    dunning_plan: str = ""
    tax_rate_basis_points: int | None = None


@dataclass(frozen=True, slots=True)
class Debtor:
    """A customer account (CONTRACT, ``debtors``). dunning_block_until: last blocked day, None for no block."""

    debtor_number: str
    name: str
    ibans: tuple[str, ...] = ()
    external_id: str = ""
    email: str = ""
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    address: str = ""
    dunning_plan: str = ""
    dunning_block_until: date | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """One SEPA direct debit we submitted for one invoice (CONTRACT, ``collections``, or pain.008). Unsigned amount.

    One end_to_end_id may stand for several invoices: then there is one Collection per invoice.
    """

    end_to_end_id: str
    mandate_id: str
    invoice_number: str
    amount_minor: int
    currency: str
    collection_date: date
    debtor_iban: str = ""
    payment_information_id: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """A running contract (CONTRACT, ``contracts``); status active, expired, cancelled or blocked."""

    contract_id: str
    debtor_number: str
    status: str
    dunning_plan: str = ""
