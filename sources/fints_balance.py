"""``HISAL`` segments of FinTS as statements: on this day the account stood at this amount, and nothing else is told.

A source fetches it after all statements. If it equals the balance our chain ends with, nothing was booked in between,
so the account is proven up to that day; if it does not, nothing follows from it and the days stay unproven.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from pipelines.amounts import AmountError, parse_amount
from pipelines.errors import UnreadableDocument
from pipelines.model.money import Money
from pipelines.model.statement import Balance, BalanceKind, Coverage, Document, Statement
from sources.accounts import account_key

_HEAD: Final = re.compile(rb"HISAL:\d+:[567](?::\d+)?\+")
_ESCAPED: Final = re.compile(r"\?(.)", re.DOTALL)
_AMOUNT: Final = re.compile(r"\d{1,15}(?:,\d{0,3})?", re.ASCII)


class FintsBalanceReader:
    """Reads one HISAL segment of version 5, 6 or 7."""

    name = "fints-balance"
    version = "fints-balance-1"

    def recognises(self, head: bytes) -> bool:
        return _HEAD.match(head) is not None

    def read(self, document: Document) -> Iterator[Statement]:
        """Exactly one statement, without entries."""
        elements = _elements(document.content)
        if len(elements) < 5:
            raise _unreadable("too few elements")
        version = document.content.split(b":", 3)[2][:1]
        account = _account(elements[1], national=version != b"7")
        if not account:
            raise _unreadable("no account")
        money, day = _balance(elements[4], elements[3][0])
        # Bookings of the day may still follow.
        balance = Balance(BalanceKind.INTERIM_CLOSING, money, day)
        yield Statement(
            account=account,
            currency=money.currency,
            format="fints-hisal",
            position="HISAL",
            identification="",
            number="",
            page="",
            coverage=Coverage.PARTIAL,
            from_day=day,
            to_day=day,
            opening=Balance(BalanceKind.INTERIM_OPENING, money, day),
            closing=balance,
            entries=(),
            balances=(balance,),
        )


READER = FintsBalanceReader()


def _elements(content: bytes) -> list[list[str]]:
    """The data elements of the segment, groups split, escapes resolved."""
    text = content.decode("iso-8859-1").strip().removesuffix("'")
    return [
        [_ESCAPED.sub(r"\1", part) for part in re.split(r"(?<!\?):", group)] for group in re.split(r"(?<!\?)\+", text)
    ]


def _account(group: list[str], *, national: bool) -> str:
    """KTI carries the IBAN; the national form number, subaccount, country and bank code."""
    if not national:
        iban, number = group[0], group[2] if len(group) > 2 else ""
        bank = group[5] if len(group) > 5 else ""
        return account_key(iban or number, bank)
    return account_key(group[0], group[3]) if len(group) > 3 else ""


def _balance(group: list[str], currency: str) -> tuple[Money, date]:
    if len(group) < 4 or group[0] not in ("C", "D"):
        raise _unreadable("no balance")
    side, amount, stated, day = group[:4]
    if stated != currency or not _AMOUNT.fullmatch(amount):
        raise _unreadable("no amount")
    whole, _, part = amount.partition(",")
    try:
        minor = parse_amount(f"{whole}.{part}" if part else whole, currency)
        when = date(int(day[:4]), int(day[4:6]), int(day[6:8]))
    except (AmountError, ValueError):
        raise _unreadable("no amount or day") from None
    return Money(minor if side == "C" else -minor, currency), when


def _unreadable(what: str) -> UnreadableDocument:
    return UnreadableDocument(
        "fints-balance-unreadable", f"The bank's balance answer cannot be read ({what}); it proves nothing.", "HISAL"
    )
