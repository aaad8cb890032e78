"""Amounts, days and accounts as people in Germany write them (or, with ``en``, as English readers do)."""

from __future__ import annotations

from datetime import date

from pipelines.model.money import exponent

_SIGN = {"EUR": "€"}


def money(minor: int, currency: str = "EUR", language: str = "de") -> str:
    """``1.234,56 €`` or ``€1,234.56``; other currencies by their code."""
    number = plain(minor, currency, language)
    sign = _SIGN.get(currency, currency)
    if language == "de":
        return f"{number} {sign}"
    return (
        f"-{sign}{number[1:]}" if number.startswith("-") else f"{sign}{number}" if sign == "€" else f"{number} {sign}"
    )


def plain(minor: int, currency: str = "EUR", language: str = "de") -> str:
    """The number alone, with the currency's own decimals."""
    places = exponent(currency)
    whole, rest = divmod(abs(minor), 10**places)
    grouped = f"{whole:,}"
    fraction = f"{rest:0{places}d}" if places else ""
    if language == "de":
        text = grouped.replace(",", ".") + (f",{fraction}" if places else "")
    else:
        text = grouped + (f".{fraction}" if places else "")
    return f"-{text}" if minor < 0 else text


def day(value: date | str | None, language: str = "de") -> str:
    """``05.10.2026`` or ``5 Oct 2026``; "" for None and for an empty text."""
    if not value:
        return ""
    found = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return f"{found:%d.%m.%Y}" if language == "de" else f"{found.day} {found:%b %Y}"


def short_day(value: date, language: str = "de") -> str:
    """``05.10.26`` or ``5 Oct 26``, for the axis of a chart."""
    return f"{value:%d.%m.%y}" if language == "de" else f"{value.day} {value:%b %y}"


def decimals(currency: str) -> int:
    """How many decimals a currency has."""
    places: int = exponent(currency)
    return places


def whole(number: int, language: str = "de") -> str:
    """``12.345`` or ``12,345``."""
    return f"{number:,}".replace(",", ".") if language == "de" else f"{number:,}"


def number(value: float, places: int = 1, language: str = "de") -> str:
    """``1.234,5`` or ``1,234.5``."""
    text = f"{value:,.{places}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


def percent(share: float | None, language: str = "de") -> str:
    """``97,4 %``; "–" when nobody knows. A share that is not quite one never reads 100."""
    if share is None:
        return "–"
    shown = min(share * 100, 99.9) if share < 1 else 100.0
    text = f"{shown:.1f}"
    return f"{text.replace('.', ',')} %" if language == "de" else f"{text}%"


def masked(iban: str) -> str:
    """``DE89 … 3000``: enough to recognise, too little to use."""
    return f"{iban[:4]} … {iban[-4:]}" if len(iban) > 8 else iban and "…"


def minor_of(text: str, currency: str) -> int:
    """A decimal text of an export (``-12.50``) in minor units."""
    sign, _, number = ("-", "", text[1:]) if text.startswith("-") else ("", "", text)
    whole, _, fraction = number.partition(".")
    places = decimals(currency)
    minor: int = int(whole or 0) * 10**places + int(fraction.ljust(places, "0") or 0)
    return -minor if sign else minor


def decimal(text: str, currency: str = "EUR", language: str = "de") -> str:
    """A decimal text of an export as people write it; "" stays ""."""
    return money(minor_of(text, currency), currency, language) if text else ""
