"""Rows of a bank export to entries, and entries to statements with the balances that prove them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from pipelines.model.money import Money
from pipelines.model.statement import (
    NOBODY,
    Balance,
    BalanceKind,
    Coverage,
    Entry,
    EntryDetail,
    EntryStatus,
    Party,
    Statement,
)
from pipelines.normalize import normalize_iban, squeeze
from sources.accounts import account_key
from sources.cells import CellError, parse_currency, parse_minor
from sources.csv_profile import Frame, Line, Profile
from sources.days import calendar_day
from sources.notes import Notes

_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})")
_UNITS = re.compile(r"[\s\u00a0\u202f]*(?:€|EUR)?$")
# What a spreadsheet makes of a long reference.
_SPREADSHEET = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A booking row with its values. minor and fee: signed. balance: after it, None where the row has none."""

    line: Line
    position: str
    account: str
    currency: str
    day: date
    value_day: date | None
    minor: int
    fee: int
    balance: int | None


def day_of(text: str) -> date | None:
    """``1.6.2026``, ``01.06.26``; None for anything else (``offen``, ``--``)."""
    found = _DAY.fullmatch(text.strip())
    if not found:
        return None
    year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
    try:
        return calendar_day(year, int(found[2]), int(found[1])).day
    except ValueError:
        return None


def amount_of(text: str, currency: str, mark: str) -> int:
    """Minor units of ``-1.234,56 €``. Raises CellError."""
    return parse_minor(_UNITS.sub("", text.strip()).replace("\u2212", "-"), currency, mark)


def parse_line(line: Line, mark: str, position: str, notes: Notes) -> Parsed | None:
    """A row's values; None with a defect when day or amount cannot be read."""
    day = day_of(line.booking_day) or (day_of(line.value_day) if line.pending else None)
    if day is None:
        if line.pending:
            return None  # announced without any day; nothing to show
        notes.error("csv-bad-day", "The booking day is not written as DD.MM.YYYY; the file is held.", position)
        return None
    try:
        currency = parse_currency(line.currency) if line.currency else ""
        known = currency or "EUR"
        minor = amount_of(line.amount, known, mark)
        fee = amount_of(line.fee, known, mark) if line.fee else 0
        balance = amount_of(line.balance, known, mark) if line.balance else None
    except CellError as error:
        notes.error("csv-bad-amount", f"An amount or currency {error}; the file is held.", position)
        return None
    return Parsed(
        line, position, account_key(line.account.strip("'")), currency, day, day_of(line.value_day), minor, fee, balance
    )


def statements_of(
    profile: Profile, frame: Frame, parsed: Sequence[Parsed], notes: Notes, header: int
) -> list[Statement]:
    """One statement per account and currency, in the order of the file. header: line of the header."""
    groups: dict[tuple[str, str], list[Parsed]] = {}
    for item in parsed:
        account = item.account or account_key(frame.account) or profile.default_account
        groups.setdefault((account, item.currency or frame.currency or "EUR"), []).append(item)
    if any(not account for account, _ in groups):
        notes.error("csv-no-account", "The export does not name its account; it cannot be assigned.", f"line {header}")
    return [
        _statement(profile, frame, account, currency, items, notes, alone=len(groups) == 1)
        for (account, currency), items in groups.items()
    ]


def _statement(
    profile: Profile,
    frame: Frame,
    account: str,
    currency: str,
    items: Sequence[Parsed],
    notes: Notes,
    *,
    alone: bool,
) -> Statement:
    booked = [item for item in items if not item.line.pending]
    first, last = _period(frame, items)
    opening, closing = _running(profile, frame, booked, notes)
    closing_day: date | None = last
    if closing is None and frame.closing and alone:
        closing, closing_day = _stated(frame, currency, last, notes)
    entries = [entry for item in items for entry in _entries(item, currency, notes)]
    return Statement(
        account=account,
        currency=currency,
        format=profile.name,
        position=items[0].position,
        identification="",
        number="",
        page="",
        coverage=Coverage.COMPLETE if closing is not None else Coverage.PARTIAL,
        from_day=first,
        to_day=last,
        opening=None if opening is None else Balance(BalanceKind.OPENING, Money(opening, currency), first),
        # The day of the export may go on after it was made.
        closing=None
        if closing is None
        else Balance(BalanceKind.INTERIM_CLOSING, Money(closing, currency), closing_day),
        entries=tuple(entries),
        defects=tuple(notes.found),
    )


def _period(frame: Frame, items: Sequence[Parsed]) -> tuple[date, date]:
    """The days asked for, not beyond the day the export was made, widened by what the rows say."""
    days = [item.day for item in items if not item.line.pending] or [item.day for item in items]
    first, last, made = day_of(frame.first_day), day_of(frame.last_day), day_of(frame.made_on)
    if last is not None and made is not None:
        last = min(last, made)
    return min([*days, first] if first else days), max([*days, last] if last else days)


def _running(profile: Profile, frame: Frame, booked: Sequence[Parsed], notes: Notes) -> tuple[int | None, int | None]:
    """Opening and closing from the balance after each booking; the file's own order decides which is first."""
    balances = [item.balance for item in booked]
    if not booked or all(balance is None for balance in balances):
        return None, None
    if any(balance is None for balance in balances):
        notes.warning("csv-balance-partly", "Only some rows state a balance; none is used.", booked[0].position)
        return None, None
    downwards = booked[0].day > booked[-1].day or (booked[0].day == booked[-1].day and profile.newest_first)
    for order in (list(reversed(booked)) if downwards else list(booked), list(booked) if downwards else booked[::-1]):
        if _continues(order):
            start, end = order[0], order[-1]
            assert start.balance is not None
            return start.balance - start.minor - start.fee, end.balance
    notes.error(
        "csv-balance-broken",
        "The balance after each booking does not follow from the one before: rows are missing or were changed. "
        "Export the file again and do not open it in a spreadsheet.",
        booked[0].position,
    )
    return None, None


def _continues(order: Sequence[Parsed]) -> bool:
    return all(
        before.balance is not None and before.balance + item.minor + item.fee == item.balance
        for before, item in pairwise(order)
    )


def _stated(frame: Frame, currency: str, last: date, notes: Notes) -> tuple[int | None, date | None]:
    """The balance of preamble or footer, if it is that of the last day told."""
    day = day_of(frame.closing_day)
    if day is None or day < last:
        return None, None
    try:
        return amount_of(frame.closing, currency, ","), day
    except CellError:
        notes.warning("csv-bad-balance", "The stated balance cannot be read; it is not used.", "line 1")
        return None, None


def _entries(item: Parsed, currency: str, notes: Notes) -> list[Entry]:
    line = item.line
    status = EntryStatus.PENDING if line.pending else EntryStatus.BOOKED
    iban = normalize_iban(line.iban)
    account = "" if iban else squeeze(line.iban)
    party = Party(line.name, iban, account, line.bank) if line.name or iban or account else NOBODY
    detail = EntryDetail(
        amount=Money(item.minor, currency),
        counterparty=party,
        ultimate_debtor=line.ultimate if item.minor >= 0 else "",
        ultimate_creditor=line.ultimate if item.minor < 0 else "",
        remittance=line.text,
        end_to_end_id=_reference(line.end_to_end_id, item.position, notes),
        mandate_id=_reference(line.mandate_id, item.position, notes),
        creditor_id=line.creditor_id,
        customer_reference=line.customer_reference,
        payment_information_id=line.collected,
        bank_reference=line.bank_reference,
        original_amount=_unsigned(line.original, currency),
        charges=_unsigned(line.charges, currency),
    )
    entries = [
        Entry(
            position=item.position,
            amount=Money(item.minor, currency),
            status=status,
            booking_date=item.day,
            value_date=item.value_day,
            details=(detail,),
            bank_reference=line.bank_reference,
            booking_text=line.booking_text,
        )
    ]
    if item.fee:
        entries.append(
            Entry(
                position=f"{item.position} fee",
                amount=Money(item.fee, currency),
                status=status,
                booking_date=item.day,
                value_date=item.value_day,
                details=(EntryDetail(amount=Money(item.fee, currency)),),
                bank_reference=line.bank_reference,
                booking_text="Entgelt",
            )
        )
    return entries


def _reference(text: str, position: str, notes: Notes) -> str:
    """A reference, "" where a spreadsheet has turned it into a number."""
    if _SPREADSHEET.search(text):
        notes.warning(
            "csv-spreadsheet",
            "A reference was rounded by a spreadsheet and is left out. Use the file as the bank delivers it.",
            position,
        )
        return ""
    return text


def _unsigned(text: str, currency: str) -> Money | None:
    if not text:
        return None
    try:
        minor = abs(amount_of(text, currency, ","))
    except CellError:
        return None
    return Money(minor, currency) if minor else None
