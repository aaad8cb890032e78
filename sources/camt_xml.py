"""Small, fast access to CAMT elements by local name; the version's namespace never matters here."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from pipelines.amounts import MAX_DIGITS, AmountError, parse_amount
from pipelines.model.money import Money, exponent
from sources.days import Day, iso_day

_MOST_NAMES = 4096  # a hostile file may invent names without end
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
# Currencies met so far and their decimals; asked twice for every entry.
_PLACES: dict[str, int] = {}


class _Names(dict[str, str]):
    """Tag → name without its namespace, remembered: each tag comes thousands of times."""

    def __missing__(self, tag: str) -> str:
        if len(self) >= _MOST_NAMES:
            self.clear()
        name = self[tag] = tag.rpartition("}")[2]
        return name


NAMES = _Names()


class BadField(ValueError):
    """A field of an entry cannot be read. The message names the field, never its neighbours."""


def text_of(element: Element) -> str:
    """An element's own text without outer blanks, "" when it has none."""
    text = element.text
    return text.strip() if text else ""


def child(element: Element, name: str) -> Element | None:
    """The first child of that local name."""
    for item in element:
        if NAMES[item.tag] == name:
            return item
    return None


def find(element: Element, *path: str) -> Element | None:
    """The first element along a path of local names, following the first child at each step."""
    here: Element | None = element
    for name in path:
        if here is None:
            return None
        here = child(here, name)
    return here


def find_text(element: Element, *path: str) -> str:
    """The text at a path, "" when there is none."""
    found = find(element, *path)
    return "" if found is None else text_of(found)


def amount_of(element: Element, default_currency: str, field: str) -> Money:
    """An unsigned amount element (``Amt`` with ``Ccy``). Raises BadField: CAMT amounts are never negative or odd."""
    currency = element.get("Ccy") or default_currency
    text = element.text or ""
    places = _PLACES.get(currency)
    if places is None:
        if not _CURRENCY.fullmatch(currency):
            raise BadField(f"{field} has no currency (Ccy)")
        if len(_PLACES) < _MOST_NAMES:
            _PLACES[currency] = exponent(currency)
    elif places == 2 and text[-3:-2] == ".":
        digits = text[:-3] + text[-2:]
        if 2 < len(digits) <= MAX_DIGITS and digits.isascii() and digits.isdigit():
            return Money(int(digits), currency)  # the common spelling, without the grammar's detours
    try:
        minor = parse_amount(text, currency)
    except AmountError as error:
        raise BadField(f"{field} {str(error)[len(repr(text)) + 1 :]}") from None  # the reason without the text
    if minor < 0 or text.lstrip().startswith("-"):
        raise BadField(f"{field} is negative; the direction belongs into CdtDbtInd")
    return Money(minor, currency)


def sign_of(text: str, field: str) -> int:
    """CRDT → 1, DBIT → −1; raises BadField for everything else."""
    if text == "CRDT":
        return 1
    if text == "DBIT":
        return -1
    raise BadField(f"{field} is {'missing' if not text else 'neither CRDT nor DBIT'}")


def day_of(element: Element, field: str) -> Day | None:
    """A date choice: ``Dt`` or ``DtTm`` inside the element; None when both are absent. Raises BadField."""
    for item in element:
        if NAMES[item.tag] in ("Dt", "DtTm"):
            text = text_of(item)
            if text:
                try:
                    return iso_day(text)
                except ValueError:
                    raise BadField(f"{field} is not a date") from None
    text = text_of(element)  # a Dt that carries its text directly
    if not text:
        return None
    try:
        return iso_day(text)
    except ValueError:
        raise BadField(f"{field} is not a date") from None
