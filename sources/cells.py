"""The grammar of single cells in table files: days, amounts, IBANs, lists. What does not fit raises CellError.

A cell is never repeated in an error unless it is a bare number: when columns have slipped, any cell may hold a name.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from babel.numbers import list_currencies

from pipelines.amounts import MAX_DIGITS, AmountError, parse_amount
from pipelines.model.money import exponent

_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_GERMAN_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_BARE_NUMBER: Final = re.compile(r"[0-9.,+-]{1,20}")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
_PERCENT: Final = re.compile(r"(\d{1,3})(?:[.,](\d{1,4}))?", re.ASCII)
# The length of German IBANs is checked too: a cut one may pass the check digits of nothing else.
_IBAN_LENGTHS: Final = {"DE": 22, "AT": 20, "CH": 21, "NL": 18, "FR": 27, "BE": 16, "LU": 20, "IT": 27, "ES": 24}
_IBAN_DIGITS: Final = str.maketrans({chr(65 + letter): str(10 + letter) for letter in range(26)})
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200
MAX_IDENTIFIER: Final = 140
# What programs write when they have nothing to say (ISO 20022 uses NOTPROVIDED).
NO_REFERENCE: Final = frozenset({"NOTPROVIDED", "NOTAVAIL", "NONREF", "NOT PROVIDED"})
# A comma file groups with points and the other way round; a group never starts with a zero.
_SHAPES: Final = {
    ".": re.compile(r"[+-]?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d*)?", re.ASCII),
    ",": re.compile(r"[+-]?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d*)?", re.ASCII),
}


class CellError(ValueError):
    """Why a cell is refused, as the middle of a sentence: ``is empty``, ``is not a day``."""


@lru_cache(maxsize=65_536)
def parse_day(text: str) -> date:
    """``2026-11-03`` or ``03.11.2026``."""
    iso = _ISO_DAY.fullmatch(text)
    if iso:
        year, month, day = iso.groups()
    else:
        german = _GERMAN_DAY.fullmatch(text)
        if not german:
            raise CellError("is not a day written as 2026-11-03 or 03.11.2026")
        day, month, year = german.groups()
    try:
        value = date(int(year), int(month), int(day))
    except ValueError:
        raise CellError("is a day that does not exist") from None
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise CellError(f"is a day outside {_FIRST_YEAR} to {_LAST_YEAR}")
    return value


def parse_minor(text: str, currency: str, mark: str) -> int:
    """Minor units of an amount whose column has the decimal ``mark``; thousands may be grouped with the other sign."""
    whole, _, fraction = text.partition(mark)
    if len(fraction) == 2 and whole.isdigit() and fraction.isdigit() and len(text) < MAX_DIGITS and text.isascii():
        # The plain case, which is nearly every row of a million.
        if exponent(currency) == 2:
            return int(whole + fraction)
    elif not _SHAPES[mark].fullmatch(text):
        raise CellError(f"{shown(text)}is not an amount with a decimal {'point' if mark == '.' else 'comma'}")
    try:
        return parse_amount(text, currency, decimal_mark=mark, allow_groups=True)
    except AmountError as error:
        raise CellError(str(error) if shown(text) else "is not an amount") from None


def shown(text: str) -> str:
    """The text quoted and a blank when it is a bare number, else nothing: other text may be anybody's data."""
    return f"{text!r} " if _BARE_NUMBER.fullmatch(text) else ""


@lru_cache(maxsize=4096)
def parse_basis_points(text: str) -> int:
    """Hundredths of a percent: ``2`` → 200, ``2,5`` and ``2.5`` → 250. Groups do not occur, so both marks are clear."""
    found = _PERCENT.fullmatch(text)
    if not found:
        raise CellError("is not a percentage")
    fraction = (found.group(2) or "").ljust(2, "0")
    value = int(found.group(1)) * 100 + int(fraction[:2])
    if value > 10_000 or fraction[2:].strip("0"):
        raise CellError("is not a percentage from 0 to 100 with at most two decimals")
    return value


@lru_cache(maxsize=4096)
def parse_tax_rate(text: str) -> int:
    """Basis points of ``19``, ``19.0`` or ``0.19``: no tax rate is below one percent, so below one it is a share."""
    found = _PERCENT.fullmatch(text)
    if not found:
        raise CellError("is not a tax rate")
    if int(found.group(1)) == 0 and (found.group(2) or "").strip("0"):
        share = (found.group(2) or "").ljust(4, "0")
        return int(share)
    return parse_basis_points(text)


@lru_cache(maxsize=512)
def parse_currency(text: str) -> str:
    """An ISO 4217 code, in capitals."""
    code = text.upper()
    if code not in _currencies():
        raise CellError("is not an ISO 4217 currency")
    return code


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies()) - {"XXX", "XTS"}


@lru_cache(maxsize=65_536)
def parse_iban(text: str) -> str:
    """Electronic form of an IBAN with right check digits (ISO 13616)."""
    iban = "".join(text.split()).upper()
    if not _IBAN.fullmatch(iban) or len(iban) != _IBAN_LENGTHS.get(iban[:2], len(iban)):
        raise CellError("is not an IBAN")
    if int((iban[4:] + iban[:4]).translate(_IBAN_DIGITS)) % 97 != 1:
        raise CellError("is an IBAN with wrong check digits")
    return iban


def split_list(text: str) -> tuple[str, ...]:
    """The parts of a ``|``-joined cell, without blanks around, empties and repetitions."""
    if "|" not in text:
        return (text,) if text else ()
    return tuple(dict.fromkeys(part for part in (piece.strip() for piece in text.split("|")) if part))


def check_identifier(text: str) -> str:
    """A number that is a key: visible characters only, of a length a key may have."""
    if not text.isprintable():
        raise CellError("contains characters that cannot be seen")
    if len(text) > MAX_IDENTIFIER:
        raise CellError(f"is longer than {MAX_IDENTIFIER} characters")
    return text
