"""The strict ASCII grammar for amounts (D1): one way to read a number, and everything else is refused.

Python's own ``Decimal`` takes ``1_000``, Arabic digits, ``NaN`` and ``1e999``; a bank amount is none of these.
"""

from __future__ import annotations

import re

from pipelines.model.money import exponent

_BOTH_WAYS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_DIGITS = re.compile(r"([+-]?)(\d+)(?:\.(\d*))?", re.ASCII)
_GERMAN_GROUPS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?", re.ASCII)
_ENGLISH_GROUPS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?", re.ASCII)

# 17 digits of minor units fit a signed 64-bit integer with room to sum a million of them.
MAX_DIGITS = 15
_THREE_DECIMALS = 3


class AmountError(ValueError):
    """A text is not an amount of its currency. The message never repeats more than the text itself."""


def parse_amount(text: str, currency: str, *, decimal_mark: str = ".", allow_groups: bool = False) -> int:
    """Minor units of a decimal text: ``("12,5", "EUR", decimal_mark=",")`` → 1250.

    decimal_mark: "." or ","; the other one is only a grouping sign, and only with ``allow_groups``.
    Digits beyond the currency's decimals are accepted when they are zeros. Raises AmountError otherwise.
    """
    raw = text.strip()
    if allow_groups:
        groups, sign = (_GERMAN_GROUPS, ".") if decimal_mark == "," else (_ENGLISH_GROUPS, ",")
        if groups.fullmatch(raw):
            raw = raw.replace(sign, "")
    if decimal_mark == ",":
        if "." in raw:
            raise AmountError(f"{text!r} has a point where a decimal comma is expected")
        raw = raw.replace(",", ".", 1)
    found = _DIGITS.fullmatch(raw)
    if not found:
        raise AmountError(f"{text!r} is not an amount")
    sign_text, whole, fraction = found.group(1), found.group(2), found.group(3) or ""
    places = exponent(currency)
    kept, rest = fraction[:places].ljust(places, "0"), fraction[places:]
    if rest.strip("0"):
        raise AmountError(f"{text!r} has more decimals than {currency} knows")
    if len(whole.lstrip("0")) > MAX_DIGITS:
        raise AmountError(f"{text!r} is too large")
    minor = int(whole + kept)
    return -minor if sign_text == "-" else minor


def typed_amount(text: str, currency: str) -> int:
    """Minor units of an amount a person typed: ``1190``, ``1190,00``, ``1190.00``, ``1.190,00`` or ``1,190.00``.

    The last point or comma is the decimal mark. Raises AmountError for anything else, and for ``1.190``: it is one
    euro nineteen to some and one thousand one hundred and ninety to others.
    """
    raw = text.strip()
    if exponent(currency) < _THREE_DECIMALS and _BOTH_WAYS.fullmatch(raw):
        plain = re.sub(r"[.,]", "", raw)
        raise AmountError(f"{text!r} can be read in two ways; write thousands without a sign: {plain}")
    mark = max(".,", key=raw.rfind)
    return parse_amount(raw, currency, decimal_mark=mark, allow_groups="." in raw and "," in raw)
