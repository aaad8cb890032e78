"""One ``Ntry`` with its details: sign, status, dates, and which amount each detail stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from xml.etree.ElementTree import Element

from pipelines.model.construct import maker
from pipelines.model.money import Money
from pipelines.model.statement import Batch, Entry, EntryDetail, EntryStatus
from sources.camt_details import BankCode, Charges, Detail, read_amount_details, read_code, read_detail
from sources.camt_xml import NAMES, BadField, amount_of, child, day_of, find_text, sign_of
from sources.notes import Notes

_entry = maker(Entry)
_STATUS = {
    "BOOK": EntryStatus.BOOKED,
    "PDNG": EntryStatus.PENDING,
    "INFO": EntryStatus.INFO,
    "FUTR": EntryStatus.PENDING,
}


def read_entry(element: Element, position: str, currency: str, notes: Notes, *, final: bool) -> Entry:
    """An ``Ntry``. Raises BadField when amount, sign or dates cannot be read.

    currency: the account's, for amounts that state none. final: the report claims to be final (053), so an entry
    without a status is booked.
    """
    money: Money | None = None
    sign = 0
    status_text = reference = entry_reference = text = ""
    booking_date: date | None = None
    value_date: date | None = None
    reversal = False
    code, charges = BankCode(), Charges()
    instructed: Money | None = None
    batch: Batch | None = None
    details: list[Detail] = []
    for item in element:
        name = NAMES[item.tag]
        if name == "Amt":
            money = amount_of(item, currency, "Amt")
        elif name == "CdtDbtInd":
            sign = sign_of((item.text or "").strip(), "CdtDbtInd")
        elif name == "NtryDtls":
            for part in item:
                kind = NAMES[part.tag]
                batch = _read_part(part, kind, details, batch, money.currency if money else currency, position, notes)
        elif name == "BookgDt":
            booking_date = _day(item, "BookgDt", position, notes)
        elif name == "ValDt":
            value_date = _day(item, "ValDt", position, notes)
        elif name == "Sts":
            status_text = (item.text or "").strip() or find_text(item, "Cd") or find_text(item, "Prtry")
        elif name == "BkTxCd":
            read_code(item, code)
        elif name == "AcctSvcrRef":
            reference = (item.text or "").strip()
        elif name == "NtryRef":
            entry_reference = (item.text or "").strip()
        elif name == "RvslInd":
            reversal = (item.text or "").strip().lower() in ("true", "1")
        elif name == "AddtlNtryInf":
            text = (item.text or "").strip()
        elif name == "AmtDtls":
            instructed = read_amount_details(item, money.currency if money else currency)[1]
        elif name == "Chrgs":
            charges.read(item, money.currency if money else currency)
        elif name in ("Btch", "TxDtls"):  # .001.01 has no NtryDtls around them
            batch = _read_part(item, name, details, batch, money.currency if money else currency, position, notes)
    if money is None:
        raise BadField("Amt is missing")
    if not sign:
        raise BadField("CdtDbtInd is missing")
    status = _STATUS.get(status_text.upper())
    if status is None:
        status = EntryStatus.BOOKED if final and not status_text else EntryStatus.INFO
        if status_text:
            notes.warning("camt-unknown-status", "The entry's status is not BOOK, PDNG or INFO; not booked.", position)
    amount = Money(sign * money.minor, money.currency)
    only = details[0] if len(details) == 1 else None
    if reference.upper() == "NONREF":
        reference = ""
    if not reference and only is not None:
        fields = only.fields
        reference = fields.bank_reference or only.umsatz_id
    return _entry(
        position, amount, status, booking_date, value_date,
        _detail_values(amount, sign, details, charges, instructed, position, notes),
        reference, entry_reference, reversal, code.gvc, code.swift, code.domain, code.primanota, code.extension,
        text, batch, charges.money(),
    )  # fmt: skip


def _day(element: Element, field: str, position: str, notes: Notes) -> date | None:
    found = day_of(element, field)
    if found is None:
        return None
    if found.clamped:
        notes.info("day-clamped", f"{field} does not exist in the calendar; the month's last day was taken.", position)
    return found.day


def _read_part(
    item: Element, name: str, details: list[Detail], batch: Batch | None, currency: str, position: str, notes: Notes
) -> Batch | None:
    if name == "TxDtls":
        try:
            details.append(read_detail(item, currency))
        except BadField as problem:
            notes.error(
                "camt-bad-detail", f"A payment's details cannot be read: {problem}.",
                f"{position}/TxDtls {len(details) + 1}",
            )  # fmt: skip
    elif name == "Btch":
        found = _batch(item, currency)
        # Several Btch of one entry: references of the first, the counts together.
        if batch is None:
            return found
        count = None if batch.count is None or found.count is None else batch.count + found.count
        return Batch(batch.message_id, batch.payment_information_id, count, None)
    return batch


def _batch(element: Element, currency: str) -> Batch:
    count = find_text(element, "NbOfTxs")
    total = child(element, "TtlAmt")
    try:
        money = None if total is None else amount_of(total, currency, "TtlAmt")
    except BadField:
        money = None  # information only
    return Batch(
        find_text(element, "MsgId"),
        find_text(element, "PmtInfId"),
        int(count) if count.isascii() and count.isdigit() and len(count) < 10 else None,
        money,
    )


def _detail_values(
    amount: Money,
    sign: int,
    details: list[Detail],
    charges: Charges,
    instructed: Money | None,
    position: str,
    notes: Notes,
) -> tuple[EntryDetail, ...]:
    if not details:
        return ()
    if len(details) == 1:
        detail = details[0]
        fields = detail.fields
        if instructed is not None and fields.original_amount is None:
            fields = replace(fields, original_amount=instructed)
        if fields.original_amount is None:
            fields = _with_smaller_original(fields, detail, amount)
        if fields.charges is None and charges.seen:
            fields = replace(fields, charges=charges.money())
        return (_with_amount(fields, amount),)
    amounts = explain_amounts(amount, sign, details, charges.money())
    if amounts is None:
        notes.warning(
            "camt-details-differ",
            f"The {len(details)} payments of the entry do not add up to its amount; it is taken as one payment.",
            position,
        )
        return tuple(detail.fields for detail in details)
    return tuple(_with_amount(detail.fields, money) for detail, money in zip(details, amounts, strict=True))


def _with_smaller_original(fields: EntryDetail, detail: Detail, booked: Money) -> EntryDetail:
    """A detail smaller than its entry: on returns the bank's charges make the difference."""
    for money in (detail.amount, detail.transaction):
        if money is not None and money.currency == booked.currency and 0 < money.minor < abs(booked.minor):
            return replace(fields, original_amount=money) if detail.fields.is_return else fields
    return fields


def _with_amount(fields: EntryDetail, amount: Money) -> EntryDetail:
    # The value was made a moment ago and nobody else holds it; replace() would copy thirty fields per payment.
    object.__setattr__(fields, "amount", amount)
    return fields


def explain_amounts(
    amount: Money, sign: int, details: Sequence[Detail], entry_charges: Money | None
) -> list[Money] | None:
    """Signed amounts of the details that explain the entry's amount, None when no reading does.

    Readings, best first: ``Amt``, ``TxAmt``, ``InstdAmt``, the first of them each detail has; each with the details'
    own directions, then all in the entry's; each as it is, then with the details' charges on top. At last the same
    with the entry's charges as the difference, which then is a payment of its own (to the bank).
    """
    columns = (
        [detail.amount for detail in details],
        [detail.transaction for detail in details],
        [detail.instructed for detail in details],
        [detail.amount or detail.transaction or detail.instructed for detail in details],
    )
    own_signs = [detail.sign or sign for detail in details]
    same_sign = [sign] * len(details)
    fees = [detail.charges.minor if detail.charges else 0 for detail in details]
    readings: list[list[int]] = []
    for column in columns:
        plain = [money.minor for money in column if money is not None and money.currency == amount.currency]
        if len(plain) != len(details):
            continue
        for signs in (own_signs, same_sign):
            signed = [one * minor for one, minor in zip(signs, plain, strict=True)]
            readings.append(signed)
            if any(fees):
                readings.append([minor - fee for minor, fee in zip(signed, fees, strict=True)])
    for reading in readings:
        if sum(reading) == amount.minor:
            return [Money(minor, amount.currency) for minor in reading]
    if entry_charges is not None and entry_charges.currency == amount.currency:
        for reading in readings:
            if sum(reading) - entry_charges.minor == amount.minor:
                return [Money(minor, amount.currency) for minor in reading]
    return None
