"""What a bank's CSV export looks like: a profile says which column is what; everything else is common.

A profile is recognised by the names in its header line, never by the file's name. Names are compared without regard to
case, blanks and the spelling of umlauts, because the same bank writes ``Begünstigter`` and ``Beguenstigter``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from pipelines.amounts import AmountError, parse_amount
from pipelines.normalize import squeeze
from sources.sepa_tags import Tagged, colon_tags, plus_tags

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{2}|\d{4})", re.ASCII)
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_MONEY_MARK: Final = re.compile(r"\s*(?:€|EUR)\s*$")
_PLUS_TAG: Final = re.compile(r"(?:EREF|KREF|MREF|CRED|SVWZ|ABWA|ABWE)\+")
_IBAN_SHAPE: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
FOOTER: Final = re.compile(r"(?:neuer|letzter|alter)?(?:kontostand|saldo|anfangssaldo|endsaldo|summe)")
# A spreadsheet has opened and saved the file: long references are now rounded numbers.
SPREADSHEET: Final = re.compile(r"\d[.,]\d+E\+\d+")

Cells = Mapping[str, str]


class CellRefused(ValueError):
    """Why a cell cannot be read, as the middle of a sentence. Never repeats the cell."""


def column_key(name: str) -> str:
    """A column name as it is compared: ``Begünstigter / Auftraggeber`` → ``beguenstigter/auftraggeber``."""
    return "".join(name.casefold().translate(_UMLAUTS).split()).strip("\ufeff\"'")


@dataclass(frozen=True, slots=True)
class Booking:
    """One row as the export tells it; texts "" and numbers None when it does not.

    amount_minor: signed from the account holder's view. balance_minor: the account's balance after this booking.
    fee_minor: what the provider kept of the amount, negative; it is a booking of its own (PayPal). original_minor,
    charges_minor: unsigned, on returns. is_booked: False for pending rows. moves_balance: False for rows that only
    inform.
    """

    booking_day: date
    value_day: date | None
    amount_minor: int
    currency: str
    account: str
    balance_minor: int | None = None
    fee_minor: int = 0
    name: str = ""
    counter_account: str = ""
    bank: str = ""
    remittance: str = ""
    booking_text: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""
    creditor_id: str = ""
    payment_information_id: str = ""
    bank_reference: str = ""
    ultimate_name: str = ""
    original_minor: int | None = None
    charges_minor: int | None = None
    is_booked: bool = True
    moves_balance: bool = True

    @property
    def iban(self) -> str:
        """The other side's account when it is written as an IBAN."""
        squeezed = squeeze(self.counter_account)
        return squeezed if _IBAN_SHAPE.fullmatch(squeezed) else ""


@dataclass(frozen=True, slots=True)
class Preamble:
    """What stands above the header and below the last row.

    opening_minor, closing_minor: the balances there if the bank means the period's own; None otherwise.
    from_day, to_day: the period it names.
    """

    account: str = ""
    opening_minor: int | None = None
    closing_minor: int | None = None
    from_day: date | None = None
    to_day: date | None = None


def _unchanged(booking: Booking, _cells: Cells) -> Booking:
    return booking


def _nothing(_above: Sequence[Sequence[str]], _below: Sequence[Sequence[str]]) -> Preamble:
    return Preamble()


@dataclass(frozen=True, slots=True)
class Profile:
    """One export layout.

    name: bank and version, part of the statement's format. required: the columns by which it is recognised, written as
    in a header; the profile with most of them wins. columns: field of ``Booking`` → column names, the first that is
    filled counts; ``remittance`` joins all of them. decimal_mark: of every amount. debit, credit: columns for banks
    with two; the debit one may be signed or not. pending: matches the status of rows that are not booked yet.
    surroundings: reads what stands around the table. refine: what the columns alone do not tell. positional: for
    exports without a header line, the shape of their first line; ``required`` then names the columns in order.
    own_account: finds our account where neither a row nor the surroundings name it. footer: how the first cell of a
    line begins that is no booking.
    """

    name: str
    required: str
    columns: Mapping[str, tuple[str, ...]]
    decimal_mark: str = ","
    debit: str = ""
    credit: str = ""
    status: str = ""
    pending: re.Pattern[str] | None = None
    currency: str = "EUR"
    surroundings: Callable[[Sequence[Sequence[str]], Sequence[Sequence[str]]], Preamble] = _nothing
    refine: Callable[[Booking, Cells], Booking] = _unchanged
    positional: re.Pattern[str] | None = None
    own_account: Callable[[Sequence[Cells]], str] | None = None
    footer: re.Pattern[str] = FOOTER
    header: tuple[str, ...] = field(init=False)
    keys: frozenset[str] = field(init=False)
    lookup: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        # A frozen class sets what it derives this way, once.
        object.__setattr__(self, "header", tuple(self.required.split(";")))
        object.__setattr__(self, "keys", frozenset(column_key(name) for name in self.header))
        lookup = {what: tuple(column_key(name) for name in names) for what, names in self.columns.items()}
        object.__setattr__(self, "lookup", MappingProxyType(lookup))

    def is_row(self, cells: Sequence[str]) -> bool:
        """Whether a line below the header is a booking, or cut off from one; sums and balances at the end are not."""
        return not self.footer.match(column_key(cells[0]))

    def cell(self, cells: Cells, what: str) -> str:
        """The first non-empty cell of the columns that hold this field."""
        return next((text for name in self.lookup.get(what, ()) if (text := cells.get(name, ""))), "")

    def booking(self, cells: Cells, account: str) -> Booking:
        """One row read. account: the account the surroundings name, "" if the row does. Raises CellRefused."""
        currency = self.cell(cells, "currency").upper() or self.currency
        if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise CellRefused("names no currency")
        day = parse_day(self.cell(cells, "booking_day") or self.cell(cells, "value_day"))
        value = self.cell(cells, "value_day")
        read = Booking(
            booking_day=day,
            value_day=parse_day(value) if value else None,
            amount_minor=self._amount(cells, currency),
            currency=currency,
            account=account or self.cell(cells, "account"),
            balance_minor=self.optional(cells, "balance", currency),
            name=_one_line(self.cell(cells, "name")),
            counter_account=self.cell(cells, "counter_account"),
            bank=self.cell(cells, "bank"),
            remittance=_one_line(" ".join(filter(None, (cells.get(n, "") for n in self.lookup.get("remittance", ()))))),
            booking_text=_one_line(self.cell(cells, "booking_text")),
            end_to_end_id=self.cell(cells, "end_to_end_id"),
            mandate_id=self.cell(cells, "mandate_id"),
            creditor_id=self.cell(cells, "creditor_id"),
            payment_information_id=self.cell(cells, "payment_information_id"),
            bank_reference=self.cell(cells, "bank_reference"),
            original_minor=_unsigned(self.optional(cells, "original", currency)),
            charges_minor=_unsigned(self.optional(cells, "charges", currency)),
            is_booked=self.pending is None or not self.pending.search(cells.get(column_key(self.status), "")),
        )
        return self.refine(with_tags(read), cells)

    def optional(self, cells: Cells, what: str, currency: str) -> int | None:
        """An amount that may be missing."""
        text = self.cell(cells, what)
        return parse_money(text, currency, self.decimal_mark) if text else None

    def _amount(self, cells: Cells, currency: str) -> int:
        text = self.cell(cells, "amount")
        if text:
            return parse_money(text, currency, self.decimal_mark)
        debit, credit = cells.get(column_key(self.debit), ""), cells.get(column_key(self.credit), "")
        if bool(debit) == bool(credit):
            raise CellRefused("has no amount" if not debit else "has a debit and a credit at once")
        if debit:
            return -abs(parse_money(debit, currency, self.decimal_mark))
        return parse_money(credit, currency, self.decimal_mark)


def parse_day(text: str) -> date:
    """``1.6.2026``, ``01.06.26`` or ``2026-06-01``; two-digit years are in this century. Raises CellRefused."""
    found = _DAY.fullmatch(text)
    if found:
        day, month, year = int(found[1]), int(found[2]), int(found[3])
        year += 2000 if year < 100 else 0
    else:
        iso = _ISO_DAY.fullmatch(text)
        if iso is None:
            raise CellRefused("has no day written as 01.06.2026")
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3])
    try:
        return date(year, month, day)
    except ValueError:
        raise CellRefused("has a day that does not exist") from None


def parse_money(text: str, currency: str, mark: str) -> int:
    """Minor units of ``-1.234,56``, ``1.000`` (thousands, where the mark is the comma) or ``-10,22 €``.

    Zeros behind the mark may be missing: DKB and Postbank write ``-62,3``. Raises CellRefused.
    """
    plain = _MONEY_MARK.sub("", text.replace("\u00a0", " ")).replace("\u2212", "-").strip()
    try:
        return parse_amount(plain, currency, decimal_mark=mark, allow_groups=True)
    except AmountError:
        raise CellRefused("has an amount that cannot be read") from None


def with_tags(booking: Booking) -> Booking:
    """SEPA references that stand inside the remittance text moved to their own fields."""
    text = booking.remittance
    found = plus_tags([text]) if _PLUS_TAG.search(text) else colon_tags(Tagged({}, text, ""))
    if not found.values:
        return booking
    tags = found.values
    return replace(
        booking,
        remittance=found.text,
        end_to_end_id=booking.end_to_end_id or tags.get("EREF", ""),
        mandate_id=booking.mandate_id or tags.get("MREF", ""),
        creditor_id=booking.creditor_id or tags.get("CRED", ""),
        counter_account=booking.counter_account or tags.get("IBAN", ""),
        bank=booking.bank or tags.get("BIC", ""),
        ultimate_name=booking.ultimate_name or tags.get("ABWA", "") or tags.get("ABWE", ""),
    )


def first_below(rows: Sequence[Sequence[str]], label: str) -> Sequence[str]:
    """The cells after the first row whose first cell begins with ``label``; empty when there is none."""
    wanted = column_key(label)
    for row in rows:
        if row and column_key(row[0]).startswith(wanted):
            return [cell for cell in row[1:] if cell]
    return []


def _unsigned(minor: int | None) -> int | None:
    return None if minor is None else abs(minor)


def _one_line(text: str) -> str:
    return " ".join(text.split())
