"""Accounts, bookings and connections as finAPI Access v2 shows them."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.demo.payments import Payment
from pipelines.model.money import format_minor
from pipelines.simulator.world import BankAccount

_TYPES = {
    "166": "SEPA-Überweisungsgutschrift", "167": "SEPA-Überweisungsgutschrift (Referenz)", "116": "SEPA-Überweisung",
    "117": "SEPA-Dauerauftrag", "105": "SEPA-Basislastschrift", "106": "Kartenzahlung", "109": "SEPA-Rücklastschrift",
    "159": "SEPA-Rücküberweisung", "171": "SEPA-Lastschrifteinzug", "191": "SEPA-Sammelüberweisung",
    "192": "SEPA-Sammellastschrift", "808": "Entgelt", "814": "Zinsen",
}  # fmt: skip
_BANK_CODES = {"166": "PMNT-RCDT-ESCT", "109": "PMNT-IDDT-UPDD", "116": "PMNT-ICDT-ESCT", "192": "PMNT-IDDT-ESDD"}


def number(minor: int, currency: str) -> float:
    """An amount as finAPI writes it: a JSON number with the currency's decimals."""
    return float(format_minor(minor, currency))


def account_row(
    account: BankAccount, account_id: int, balance: int, status: str, imported: date | None
) -> dict[str, Any]:
    """An ``Account``. status: of its one interface."""
    stamp = None if imported is None else f"{imported.isoformat()}T06:00:00.000+01:00"
    return {
        "id": account_id,
        "bankConnectionId": 1,
        "accountName": account.product,
        "iban": account.iban,
        "accountNumber": account.number,
        "subAccountNumber": None,
        "accountHolderName": account.holder,
        "accountHolderId": None,
        "accountCurrency": account.currency,
        "accountType": "Checking",
        "balance": number(balance, account.currency),
        "overdraft": None,
        "overdraftLimit": None,
        "availableFunds": None,
        "isNew": False,
        "isSeized": False,
        "interfaces": [
            {
                "bankingInterface": "XS2A",
                "status": status,
                "capabilities": [],
                "paymentCapabilities": {},
                "lastSuccessfulUpdate": stamp if status.startswith("UPDATED") else None,
                "lastUpdateAttempt": stamp,
            }
        ],
    }


def transaction_row(
    payment: Payment, account: BankAccount, account_id: int, row_id: int, imported: date, *, moved: bool = False
) -> dict[str, Any]:
    """A ``Transaction`` in bankView. moved: finapiBookingDate is the day of the import."""
    day = payment.day.isoformat()
    text = payment.text
    if payment.creditor_reference:
        text = f"{text} {payment.creditor_reference}".strip()
    if payment.reason_code and payment.reason_code not in text:
        text = f"Rückgabegrund: {payment.reason_code} {text}".strip()
    told = bool(payment.original)
    return {
        "id": row_id,
        "parentId": None,
        "accountId": account_id,
        "valueDate": day,
        "bankBookingDate": day,
        "finapiBookingDate": imported.isoformat() if moved else day,
        "amount": number(payment.amount, account.currency),
        "currency": account.currency,
        "purpose": text or None,
        "counterpartName": payment.name[:80] or None,
        "counterpartAccountNumber": None,
        "counterpartIban": payment.iban or None,
        "counterpartBlz": payment.iban[4:12] or None,
        "counterpartBic": None,
        "counterpartBankName": None,
        "counterpartMandateReference": payment.mandate_id or None,
        "counterpartCustomerReference": payment.batch_id or None,
        "counterpartCreditorId": payment.creditor_id or None,
        "counterpartDebitorId": None,
        "type": _TYPES.get(payment.gvc, "Sonstige"),
        "typeCodeZka": str(int(payment.gvc)),
        "typeCodeSwift": "NTRF",
        "sepaPurposeCode": None,
        "bankTransactionCode": _BANK_CODES.get(payment.gvc),
        "primanota": "0931",
        "category": None,
        "labels": [],
        "isPotentialDuplicate": False,
        "isAdjustingEntry": False,
        "isNew": True,
        "importDate": f"{imported.isoformat()}T06:00:00.000+01:00",
        "endToEndReference": payment.end_to_end_id or None,
        "originalAmount": -number(payment.original, account.currency) if told else None,
        "originalCurrency": account.currency if told else None,
        "compensationAmount": -number(payment.charges, account.currency) if told and payment.charges else None,
        "differentDebitor": None,
        "differentCreditor": None,
        "children": None,
    }


def pending_row(payment: Payment, account: BankAccount, account_id: int, row_id: int) -> dict[str, Any]:
    """A ``PendingTransaction``: other field names, no booking date, an id that does not survive the booking."""
    return {
        "id": row_id,
        "accountId": account_id,
        "valueDate": payment.day.isoformat(),
        "bankBookingDate": None,
        "amount": number(payment.amount, account.currency),
        "currency": account.currency,
        "purpose": payment.text or None,
        "counterpartyName": payment.name or None,
        "counterpartyIban": payment.iban or None,
        "endToEndId": payment.end_to_end_id or None,
        "counterpartyMandateReference": payment.mandate_id or None,
        "type": _TYPES.get(payment.gvc, "Sonstige"),
        "typeCodeZka": str(int(payment.gvc)),
    }
