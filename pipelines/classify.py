"""What a booking is for us: receipt, collection, return, charge … and who stands on the other side.

A pure step: one entry in, its draft transactions out. The rules for the kind are in ``booking_kind``.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from datetime import date

from pipelines.booking_kind import kind_of
from pipelines.counterparty import account_of, counterparty, structured_reference
from pipelines.gvc import BATCH
from pipelines.model.construct import maker
from pipelines.model.money import Money
from pipelines.model.statement import Entry, EntryDetail, Statement
from pipelines.model.transaction import Transaction, TransactionKind
from pipelines.normalize import clean_text, reference
from pipelines.return_reasons import reason_of
from pipelines.text import fold

_draft = maker(Transaction)
_RETURN_KINDS = frozenset({TransactionKind.RETURN_DEBIT, TransactionKind.RETURN_TRANSFER})
_FEE_PARTS = re.compile(r"(?:FREMD|EIGEN)\w{0,20}ENTGELTE?\s*:?\s*(?:EUR\w?\s*)?(\d{1,5}),(\d\d)\b")
_MAY_BE_OWN = frozenset({TransactionKind.RECEIPT, TransactionKind.OUTGOING, TransactionKind.OTHER})
_PSP = re.compile(
    r"\b(?:PAYPAL|STRIPE (?:PAYMENTS|TECHNOLOGY|INC)|KLARNA BANK|ADYEN|MOLLIE|SUMUP|AMAZON PAYMENTS|GOCARDLESS|UNZER|"
    r"BS PAYONE|PAYONE GMBH|CONCARDIS|WORLDLINE|NEXI GERMANY|VR PAYMENT|WIRECARD BANK|TELECASH|FIRST DATA|HEIDELPAY|"
    r"CARDPROCESS|RATEPAY|BILLPAY|SHOPIFY)\b"
)


def classify(
    statement: Statement, entry: Entry, own_accounts: AbstractSet[str] = frozenset(), source_file: str = ""
) -> tuple[Transaction, ...]:
    """The transactions of one entry; ids are empty until identity is known.

    Their amounts sum to the entry's. A batch whose details explain its amount gives one transaction per detail (and
    one for the bank's charge, if that is the difference); any other entry gives exactly one.
    own_accounts: IBANs of our accounts, to tell own transfers. source_file: the document's name.
    """
    details = entry.details
    if len(details) > 1:
        amounts = _detail_amounts(entry)
        if amounts is not None:
            found = [
                _transaction(statement, entry, detail, amount, own_accounts, source_file, one_of_many=True)
                for detail, amount in zip(details, amounts, strict=True)
            ]
            rest = entry.amount.minor - sum(amounts)
            if rest:
                found.append(_charge(statement, entry, rest, source_file))
            return tuple(found)
        detail = _merged(details)
    else:
        detail = details[0] if details else EntryDetail()
    return (_transaction(statement, entry, detail, entry.amount.minor, own_accounts, source_file, one_of_many=False),)


def _detail_amounts(entry: Entry) -> list[int] | None:
    """Amounts of the details if they explain the entry, alone or with its charges; None otherwise."""
    amounts: list[int] = []
    for detail in entry.details:
        if detail.amount is None or detail.amount.currency != entry.amount.currency:
            return None
        amounts.append(detail.amount.minor)
    rest = entry.amount.minor - sum(amounts)
    if rest and (entry.charges is None or -entry.charges.minor != rest):
        return None
    return amounts


def _merged(details: tuple[EntryDetail, ...]) -> EntryDetail:
    """Details whose amounts nobody knows, as one payment: what all of them say alike, and all of their texts."""

    def alike(values: set[str]) -> str:
        return values.pop() if len(values) == 1 else ""

    texts = dict.fromkeys(detail.remittance for detail in details if detail.remittance)
    numbers = dict.fromkeys(number for detail in details for number in detail.document_numbers)
    return EntryDetail(
        remittance=" ".join(texts),
        document_numbers=tuple(numbers),
        payment_information_id=alike({detail.payment_information_id for detail in details}),
        message_id=alike({detail.message_id for detail in details}),
        gvc=alike({detail.gvc for detail in details}),
        swift_code=alike({detail.swift_code for detail in details}),
        domain_code=alike({detail.domain_code for detail in details}),
        is_return=all(detail.is_return for detail in details),
        reason_code=alike({detail.reason_code for detail in details}),
    )


def _days(statement: Statement, entry: Entry) -> tuple[date, date]:
    booking = entry.booking_date or entry.value_date or statement.to_day
    if booking is None:
        raise ValueError(f"{entry.position}: an entry without any date cannot be classified")
    return booking, entry.value_date or booking


def _charge(statement: Statement, entry: Entry, minor: int, source_file: str) -> Transaction:
    booking_date, value_date = _days(statement, entry)
    return Transaction(
        transaction_id="",
        booking_id="",
        account=statement.account,
        booking_date=booking_date,
        value_date=value_date,
        amount_minor=minor,
        currency=entry.amount.currency,
        kind=TransactionKind.CHARGE,
        bank_reference=reference(entry.bank_reference),
        booking_text=clean_text(entry.booking_text),
        source_file=source_file,
        position=entry.position,
    )


def _bank_reference(entry: Entry, detail: EntryDetail, one_of_many: bool) -> str:
    """The bank's id of the entry; inside a batch the detail's own, where it has one."""
    entry_id, detail_id = reference(entry.bank_reference), reference(detail.bank_reference)
    return (detail_id or entry_id) if one_of_many else (entry_id or detail_id)


def _transaction(
    statement: Statement,
    entry: Entry,
    detail: EntryDetail,
    minor: int,
    own_accounts: AbstractSet[str],
    source_file: str,
    *,
    one_of_many: bool,
) -> Transaction:
    gvc = detail.gvc or entry.gvc
    domain = detail.domain_code or entry.domain_code
    kind = kind_of(entry, detail, minor, gvc, domain)
    party, ultimate = counterparty(statement, detail, minor, kind)
    iban, account, bank = account_of(party)
    if iban and iban in own_accounts and iban != statement.account and kind in _MAY_BE_OWN:
        kind = TransactionKind.OWN_TRANSFER
    elif kind is TransactionKind.RECEIPT and _PSP.search(fold(party.name)):
        kind = TransactionKind.PAYOUT
    reason_code = reason_source = ""
    original = charges = None
    if kind in _RETURN_KINDS:
        words = f"{entry.booking_text} {detail.remittance} {detail.additional_info}"
        extension = detail.text_key_extension or entry.text_key_extension
        reason_code, reason_source = reason_of(detail.reason_code, detail.reason_text, words, extension)
        original, charges = _original_and_charges(detail, abs(minor), entry.amount.currency, words)
    elif kind is TransactionKind.RECEIPT and minor > 0:
        charges = _kept_on_the_way(detail, None if one_of_many else entry.charges, minor, entry.amount.currency)
    batch = entry.batch
    count = batch.count if batch is not None else None
    several = count is not None and count > 1
    is_batch = not one_of_many and (
        several or len(entry.details) > 1 or (count is None and gvc in BATCH) or (batch is not None and count is None)
    )
    booking_date, value_date = _days(statement, entry)
    remittance = clean_text(detail.remittance)
    documents = "|".join(clean_text(number) for number in detail.document_numbers)
    discount = detail.declared_discount
    return _draft(
        "", "", statement.account, booking_date, value_date, minor, entry.amount.currency, kind,
        clean_text(party.name), iban, account, bank, clean_text(ultimate), remittance,
        structured_reference(detail.creditor_reference, remittance), documents,
        reference(detail.end_to_end_id), reference(detail.mandate_id), reference(detail.creditor_id),
        reference(detail.customer_reference),
        reference(detail.payment_information_id or (batch.payment_information_id if batch else "")),
        reference(detail.message_id or (batch.message_id if batch else "")),
        _bank_reference(entry, detail, one_of_many),
        reference(detail.purpose_code), gvc, domain, clean_text(entry.booking_text), reason_code, reason_source,
        original, charges,
        discount.minor if discount is not None and discount.currency == entry.amount.currency else None,
        is_batch, _batch_count(count, entry) if is_batch else None,
        source_file, entry.position,
    )  # fmt: skip


def _batch_count(stated: int | None, entry: Entry) -> int | None:
    """How many payments an undetailed batch stands for; None when the file does not say."""
    if stated is not None:
        return stated
    return len(entry.details) if len(entry.details) > 1 else None


def _kept_on_the_way(detail: EntryDetail, of_entry: Money | None, minor: int, currency: str) -> int | None:
    """What banks kept of a payment before it was booked, unsigned; None when the file is silent or contradicts itself.

    Told as the amount that was instructed (InstdAmt, OCMT), as charges (Chrgs, CHGS), or as both.
    """
    stated = detail.charges or of_entry
    instructed = detail.original_amount
    if stated is not None and stated.currency != currency:
        return None
    if instructed is None:
        return abs(stated.minor) if stated is not None and stated.minor else None
    kept = instructed.minor - minor if instructed.currency == currency else 0
    return kept if kept > 0 and (stated is None or abs(stated.minor) == kept) else None


def _original_and_charges(detail: EntryDetail, booked: int, currency: str, words: str) -> tuple[int | None, int | None]:
    """Unsigned original and charges of a return: booked − original = charges ≥ 0. Both None when the file is silent;
    our own collection may tell later."""
    original: Money | None = detail.original_amount
    if original is not None and original.currency == currency and 0 < original.minor <= booked:
        return original.minor, booked - original.minor
    if original is None and detail.charges is not None and detail.charges.currency == currency:
        if 0 <= detail.charges.minor < booked:
            return booked - detail.charges.minor, detail.charges.minor
        return None, None
    if original is None:
        parts = _FEE_PARTS.findall(fold(words))
        fees = sum(int(whole) * 100 + int(cents) for whole, cents in parts)
        if parts and currency == "EUR" and fees < booked:
            return booked - fees, fees
    return None, None
