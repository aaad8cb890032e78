"""One finAPI transaction as an entry: field names of v1, v2 and of pending transactions (Access V2, Transaction)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from pipelines.amounts import AmountError
from pipelines.model.construct import maker
from pipelines.model.money import Money
from pipelines.model.statement import NOBODY, Entry, EntryDetail, EntryStatus, Party
from sources.days import iso_day
from sources.json_strict import minor_units
from sources.sepa_tags import plus_tags

_detail, _entry = maker(EntryDetail), maker(Entry)
# Some banks' purposes still hold the raw tags of the statement line.
_TAGGED: Final = re.compile(r"(?:EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE)\+")
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)


class BadRow(ValueError):
    """A transaction without what it must have. The message names fields, never their content."""


def text_of(row: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that holds a text; numbers count as text, "" for none."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def currency_of(row: Mapping[str, Any], name: str, default: str) -> str:
    """An ISO 4217 code; ``default`` where the field is silent."""
    value = text_of(row, name).upper()
    if not value:
        return default
    if not _CURRENCY.fullmatch(value):
        raise BadRow(f"{name} is no currency")
    return value


def day_of(row: Mapping[str, Any], name: str) -> date | None:
    """A calendar day, from ``YYYY-MM-DD`` (v2) or ``YYYY-MM-DD HH:MM:SS.SSS`` (v1); None where absent."""
    value = text_of(row, name)
    if not value:
        return None
    try:
        return iso_day(value).day
    except ValueError:
        raise BadRow(f"{name} is no date") from None


def entry_of(row: Mapping[str, Any], account_currency: str, status: EntryStatus) -> Entry:
    """A transaction as an entry. finapiBookingDate is not read: finAPI moves it.

    Raises BadRow without an id, an amount or, for booked ones, any date.
    """
    key = text_of(row, "id")
    if not key:
        raise BadRow("id is missing")
    currency = currency_of(row, "currency", account_currency)
    amount = _money(row, "amount", currency)
    if amount is None:
        raise BadRow("amount is missing")
    booked, valued = day_of(row, "bankBookingDate"), day_of(row, "valueDate")
    if booked is None and valued is None and status is not EntryStatus.PENDING:
        raise BadRow("bankBookingDate is missing")
    tags: dict[str, str] = {}
    purpose = text_of(row, "purpose")
    rest = ""
    if _TAGGED.match(purpose):
        tagged = plus_tags([purpose])
        if tagged.values or tagged.text:
            tags, purpose, rest = tagged.values, tagged.text, tagged.rest
    gvc = text_of(row, "typeCodeZka")
    gvc = gvc.zfill(3) if gvc.isdigit() else ""
    swift, domain = text_of(row, "typeCodeSwift"), text_of(row, "bankTransactionCode")
    detail = _detail(
        amount, NOBODY, NOBODY, _party(row),
        text_of(row, "differentDebitor", "differentDebtor") or tags.get("ABWA", ""),
        text_of(row, "differentCreditor") or tags.get("ABWE", ""), purpose, "", (),
        text_of(row, "endToEndReference", "endToEndId") or tags.get("EREF", ""),
        text_of(row, "counterpartMandateReference", "counterpartyMandateReference") or tags.get("MREF", ""),
        text_of(row, "counterpartCreditorId", "counterpartyCreditorId") or tags.get("CRED", ""), "",
        text_of(row, "counterpartCustomerReference", "counterpartyCustomerReference") or tags.get("KREF", ""),
        "", "", "", "", text_of(row, "sepaPurposeCode"), gvc, swift, domain, "", rest, False, "", "",
        _unsigned(row, "originalAmount", currency_of(row, "originalCurrency", currency)),
        _unsigned(row, "compensationAmount", currency), None,
    )  # fmt: skip
    # The bank's own words for the kind of booking are in ``type``.
    return _entry(
        f"transaction {key}", amount, status, booked, valued, (detail,), key, "", False, gvc, swift, domain,
        text_of(row, "primanota"), "", text_of(row, "type"), None, None,
    )  # fmt: skip


def _party(row: Mapping[str, Any]) -> Party:
    iban = text_of(row, "counterpartIban", "counterpartyIban")
    party = Party(
        name=text_of(row, "counterpartName", "counterpartyName"),
        iban=iban,
        account="" if iban else text_of(row, "counterpartAccountNumber", "counterpartyAccountNumber"),
        bank=text_of(row, "counterpartBic", "counterpartyBic", "counterpartBlz", "counterpartyBlz"),
        identifier=text_of(row, "counterpartDebitorId", "counterpartyDebtorId"),
    )
    return NOBODY if party == NOBODY else party


def _money(row: Mapping[str, Any], name: str, currency: str) -> Money | None:
    value = row.get(name)
    if value is None:
        return None
    try:
        return Money(minor_units(value, currency), currency)
    except AmountError:
        raise BadRow(f"{name} is no amount of its currency") from None


def _unsigned(row: Mapping[str, Any], name: str, currency: str) -> Money | None:
    """finAPI states no sign for the amounts of a return: its own examples are negative."""
    money = _money(row, name, currency)
    return None if money is None else Money(abs(money.minor), currency)
