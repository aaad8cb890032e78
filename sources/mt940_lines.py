"""The fields of fixed grammar: booking line ``:61:``, balances ``:60F:`` …, totals ``:90D:`` of MT942."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from pipelines.amounts import AmountError, parse_amount
from pipelines.model.money import Money, exponent
from pipelines.model.statement import Balance, BalanceKind
from sources.days import nearest_day, short_day

_BOOKING = re.compile(
    r"(\d{6})[ ]*(\d{4})?[ ]*(E?R?[CD])[ ]*([A-Z]?)[ ]*(\d[\d.,]*)(?![^A-Za-z\s/])"
    r"[ ]*([NSF][A-Z0-9 ]{3})?(.*)",
    re.ASCII | re.DOTALL,
)
_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})?(\d+(?:,\d*)?)", re.ASCII)
_TOTAL = re.compile(r"(\d{1,9})([A-Z]{3})(\d+(?:,\d*)?)", re.ASCII)
_FLOOR = re.compile(r"([A-Z]{3})[CD]?\d", re.ASCII)
_DECLARED = re.compile(r"/(OCMT|CHGS)/([A-Z]{3})(\d+,\d*)", re.ASCII)

_KINDS = {
    "60F": BalanceKind.OPENING,
    "60M": BalanceKind.INTERIM_OPENING,
    "62F": BalanceKind.CLOSING,
    "62M": BalanceKind.INTERIM_CLOSING,
    "64": BalanceKind.AVAILABLE,
    "65": BalanceKind.FORWARD,
}
# Storno turns the direction: RC takes a credit back, RD gives a debit back.
_SIGNS = {"C": 1, "D": -1, "RC": -1, "RD": 1, "EC": 1, "ED": -1, "ERC": -1, "ERD": 1}


class BadLine(ValueError):
    """A field breaks its grammar. The message names the rule, not the text."""


class BookingLine(NamedTuple):
    """``:61:`` with its supplementary lines.

    amount: signed, storno turned. expected: mark EC/ED of MT942. clamped: a day that does not exist was replaced.
    reference: for the account owner; bank_reference: after ``//``; both "" for NONREF. original/charges: unsigned,
    from ``/OCMT/`` and ``/CHGS/``; None if absent. supplement: other text of the supplementary lines.
    """

    amount: Money
    value_date: date
    booking_date: date | None
    reversal: bool
    expected: bool
    clamped: bool
    swift_code: str
    reference: str
    bank_reference: str
    original: Money | None
    charges: Money | None
    supplement: str


def parse_booking(lines: list[str], currency: str) -> BookingLine:
    """A ``:61:`` field. Raises BadLine when value date, mark or amount break the grammar."""
    used = 1
    found = _BOOKING.match(lines[0])
    while found is None and used < min(len(lines), 3):  # some exports wrap the line anywhere
        used += 1
        found = _BOOKING.match("".join(lines[:used]).rstrip())
    if found is None:
        raise BadLine("the booking line does not have the form date, mark, amount")
    value_text, entry_text, mark, _letter, amount_text, swift_code, rest = found.groups()
    whole, _, cents = amount_text.partition(",")
    if len(cents) == 2 and cents.isdigit() and whole.isdigit() and len(whole) < 13 and exponent(currency) == 2:
        minor = int(whole + cents)  # the common spelling; the pattern took ASCII only
    else:
        if "." in amount_text or "," in cents:
            raise BadLine("the amount is not written with a decimal comma")
        try:
            minor = parse_amount(amount_text, currency, decimal_mark=",")
        except AmountError as error:
            raise BadLine(f"the amount {str(error)[len(repr(amount_text)) + 1 :]}") from None
    try:
        value = short_day(value_text)
        entry = nearest_day(entry_text, value.day) if entry_text and entry_text != "0000" else None
    except ValueError:
        raise BadLine("value or entry date is not a date") from None
    extra = [line for line in lines[used:] if line and not line.isspace()] if len(lines) > used else []
    original = charges = None
    supplement = ""
    if extra or "/OCMT/" in rest or "/CHGS/" in rest:
        inline = rest.find("/OCMT/")
        if inline < 0:
            inline = rest.find("/CHGS/")
        if inline >= 0:
            rest, extra = rest[:inline], [rest[inline:], *extra]
        original, charges, supplement = _supplement(extra)
    reference, _, bank_reference = rest.partition("//")
    return BookingLine(
        Money(_SIGNS[mark] * minor, currency),
        value.day,
        None if entry is None else entry.day,
        "R" in mark,
        mark[0] == "E",
        value.clamped or (entry is not None and entry.clamped),
        (swift_code or "").strip(),
        _reference(reference),
        _reference(bank_reference),
        original,
        charges,
        supplement,
    )


def _reference(text: str) -> str:
    text = text.strip()
    return "" if text == "NONREF" else text


def _supplement(lines: list[str]) -> tuple[Money | None, Money | None, str]:
    text = " ".join(line.strip() for line in lines)
    declared: dict[str, Money] = {}
    for name, currency, amount in _DECLARED.findall(text):
        try:
            declared[name] = Money(parse_amount(amount, currency, decimal_mark=","), currency)
        except AmountError:
            continue
    left = re.sub(r"^/$", "", _DECLARED.sub("", text).strip()) if declared else text
    return declared.get("OCMT"), declared.get("CHGS"), left.strip("/ ") if declared else left


def parse_balance(tag: str, lines: list[str], default_currency: str) -> Balance:
    """``:60F:``, ``:62M:`` and the like. Raises BadLine. A day of zeros is no day."""
    found = _BALANCE.match(lines[0].strip())
    if found is None:
        raise BadLine("the balance does not have the form mark, date, currency, amount")
    mark, day_text, currency, amount = found.groups()
    currency = currency or default_currency
    if not currency:
        raise BadLine("the balance has no currency")
    if found.end() != len(lines[0].strip()):
        raise BadLine("the balance's amount is not written with one decimal comma")
    try:
        minor = parse_amount(amount, currency, decimal_mark=",")
    except AmountError as error:
        raise BadLine(f"the balance {str(error)[len(repr(amount)) + 1 :]}") from None
    try:
        day = None if day_text == "000000" else short_day(day_text).day
    except ValueError:
        raise BadLine("the balance's date is not a date") from None
    return Balance(_KINDS[tag], Money(minor if mark == "C" else -minor, currency), day)


def balance_currency(lines: list[str]) -> str:
    """The currency a balance, floor limit or total names, "" if none."""
    text = lines[0].strip()
    for pattern, group in ((_BALANCE, 3), (_TOTAL, 2), (_FLOOR, 1)):
        found = pattern.match(text)
        if found and found[group]:
            return found[group]
    return ""


def parse_total(lines: list[str]) -> tuple[int, Money]:
    """``:90D:``/``:90C:`` → number and unsigned sum of the debits or credits. Raises BadLine."""
    found = _TOTAL.fullmatch(lines[0].strip())
    if found is None:
        raise BadLine("the total does not have the form count, currency, amount")
    try:
        return int(found[1]), Money(parse_amount(found[3], found[2], decimal_mark=","), found[2])
    except AmountError:
        raise BadLine("the total's amount cannot be read") from None
