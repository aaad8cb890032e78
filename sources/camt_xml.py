"""Small, fast access to CAMT elements by local name; the version's namespace never matters here."""

from __future__ import annotations

from lxml.etree import _Element

from pipelines.amounts import AmountError, parse_amount
from pipelines.model.money import Money
from sources.days import Day, iso_day

_LOCAL: dict[str, str] = {}
_MOST_NAMES = 4096  # a hostile file may invent names without end


class BadField(ValueError):
    """A field of an entry cannot be read. The message names the field, never its neighbours."""


def local(tag: str) -> str:
    """The name without its namespace."""
    name = _LOCAL.get(tag)
    if name is None:
        if len(_LOCAL) >= _MOST_NAMES:
            _LOCAL.clear()
        name = _LOCAL[tag] = tag.rpartition("}")[2]
    return name


def text_of(element: _Element) -> str:
    """An element's own text without outer blanks, "" when it has none."""
    text = element.text
    return text.strip() if text else ""


def child(element: _Element, name: str) -> _Element | None:
    """The first child of that local name."""
    for item in element:
        if local(item.tag) == name:
            return item
    return None


def find(element: _Element, *path: str) -> _Element | None:
    """The first element along a path of local names, following the first child at each step."""
    here: _Element | None = element
    for name in path:
        if here is None:
            return None
        here = child(here, name)
    return here


def find_text(element: _Element, *path: str) -> str:
    """The text at a path, "" when there is none."""
    found = find(element, *path)
    return "" if found is None else text_of(found)


def amount_of(element: _Element, default_currency: str, field: str) -> Money:
    """An unsigned amount element (``Amt`` with ``Ccy``). Raises BadField: CAMT amounts are never negative or odd."""
    currency = element.get("Ccy") or default_currency
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha() or not currency.isupper():
        raise BadField(f"{field} has no currency (Ccy)")
    text = element.text or ""
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


def day_of(element: _Element, field: str) -> Day | None:
    """A date choice: ``Dt`` or ``DtTm`` inside the element; None when both are absent. Raises BadField."""
    for item in element:
        if local(item.tag) in ("Dt", "DtTm"):
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
