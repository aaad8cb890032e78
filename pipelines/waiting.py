"""Whose could this unallocated money be? Asked before anybody is dunned (D14), so every plausible answer counts."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from rapidfuzz import fuzz, process

from pipelines.calendar import shift
from pipelines.ports.dunning import WaitingReceipt
from pipelines.text import compact, fold

# A name this like the payer's (0 to 100) may be the payer's: spelling, word order, additions.
NAME_SCORE: Final = 82
# A payment may come before its invoice; one from long before is another one's, whatever its amount.
_BEFORE_ISSUE: Final = timedelta(days=60)
_COLLECTION_DAYS: Final = 5
_ROUNDING: Final = 1
_SHORTEST_REFERENCE: Final = 4
_SHORTEST_DIGITS: Final = 5
_WORD: Final = re.compile(r"[0-9A-Z]+")
_LEGAL_FORMS: Final = frozenset(
    {
        "AG", "BV", "CO", "COKG", "DR", "EG", "EK", "EV", "FA", "FAMILIE", "FIRMA", "FRAU", "GBR", "GMBH", "HERR",
        "INC", "INH", "KG", "LTD", "MBH", "OHG", "SE", "UG", "UND",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DueItem:
    """An item somebody may be dunned for. open_minor > 0. names: of its debtor, aliases too. references: our numbers a
    payer may state. collection_day: of its last direct debit, None without one."""

    invoice_number: str
    debtor_number: str
    currency: str
    open_minor: int
    issue_date: date
    cash_discount_basis_points: int = 0
    names: tuple[str, ...] = ()
    ibans: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    collection_day: date | None = None


@dataclass(slots=True)
class _Index:
    """The due items by everything a receipt may say about them."""

    by_iban: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_reference: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_invoice: dict[str, str] = field(default_factory=dict)
    by_amount: dict[tuple[str, int], list[tuple[str, date]]] = field(default_factory=lambda: defaultdict(list))
    by_collection_day: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))
    debtors: set[str] = field(default_factory=set)


def plausible_debtors(
    waiting: Sequence[WaitingReceipt],
    items: Sequence[DueItem],
    balances: Mapping[tuple[str, str], int],
    payers: Mapping[str, frozenset[str]],
) -> set[str]:
    """The debtors among those of ``items`` who may have paid one of the ``waiting`` receipts.

    balances: what a debtor owes altogether, credit taken off, by (debtor, currency). payers: IBAN → debtors it paid for
    before. A receipt is plausibly a debtor's when a proposal names him, his account or a name like his paid it, its
    text states one of his numbers, or it is worth one of his items, that item less its discount, or his balance.
    """
    if not waiting or not items:
        return set()
    index = _index(items, balances)
    found: set[str] = set()
    for receipt in waiting:
        found |= receipt.debtors & index.debtors
        found.update(index.by_invoice[number] for number in receipt.invoices if number in index.by_invoice)
        found |= index.by_iban.get(receipt.counterparty_iban, set()) if receipt.counterparty_iban else set()
        found |= payers.get(receipt.counterparty_iban, frozenset()) & index.debtors
        for reference in _stated(receipt.references):
            found |= index.by_reference.get(reference, set())
        for debtor, issued in index.by_amount.get((receipt.currency, receipt.rest_minor), ()):
            if receipt.booking_date >= issued - _BEFORE_ISSUE:
                found.add(debtor)
        if receipt.settles_collections:
            found |= _of_collection_days(index, receipt.booking_date)
    return found | _by_name(waiting, items, index.debtors - found)


def _index(items: Sequence[DueItem], balances: Mapping[tuple[str, str], int]) -> _Index:
    index = _Index()
    for item in items:
        debtor = item.debtor_number
        index.debtors.add(debtor)
        index.by_invoice[item.invoice_number] = debtor
        for iban in item.ibans:
            index.by_iban[iban].add(debtor)
        for reference in item.references:
            for key in _keys(reference):
                index.by_reference[key].add(debtor)
        amounts = {item.open_minor}
        if item.cash_discount_basis_points:
            exact = item.open_minor * (10_000 - item.cash_discount_basis_points) // 10_000
            amounts.update(range(exact - _ROUNDING, exact + _ROUNDING + 1))
        balance = balances.get((debtor, item.currency), 0)
        if balance > 0:
            amounts.add(balance)
        for amount in amounts:
            index.by_amount[(item.currency, amount)].append((debtor, item.issue_date))
        if item.collection_day is not None:
            index.by_collection_day[item.collection_day].add(debtor)
    return index


def _of_collection_days(index: _Index, booked: date) -> set[str]:
    first, last = shift(booked, -_COLLECTION_DAYS), shift(booked, _COLLECTION_DAYS)
    found: set[str] = set()
    for day, debtors in index.by_collection_day.items():
        if first <= day <= last:
            found |= debtors
    return found


def _keys(reference: str) -> set[str]:
    """The forms in which one of our numbers is looked for: without signs, and its digits alone when there are many."""
    whole = compact(reference)
    digits = "".join(sign for sign in whole if sign.isdigit())
    keys = {whole} if len(whole) >= _SHORTEST_REFERENCE else set()
    return keys | {digits} if len(digits) >= _SHORTEST_DIGITS else keys


def _stated(texts: Iterable[str]) -> set[str]:
    """Every run of letters and digits in the texts, and neighbours put together, as wraps and blanks may part them."""
    found: set[str] = set()
    for text in texts:
        words = _WORD.findall(fold(text))
        for size in (1, 2, 3):
            for start in range(len(words) - size + 1):
                found |= _keys("".join(words[start : start + size]))
    return found


def _by_name(waiting: Sequence[WaitingReceipt], items: Sequence[DueItem], candidates: set[str]) -> set[str]:
    names: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if item.debtor_number in candidates:
            for name in item.names:
                core = _core(name)
                if core:
                    names[core].add(item.debtor_number)
    payers = {core for receipt in waiting for name in receipt.names if (core := _core(name))}
    if not names or not payers:
        return set()
    known = sorted(names)
    by_stem: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(known):
        for stem in _stems(name):
            by_stem[stem].append(place)
    counts: Counter[str] = Counter({stem: len(places) for stem, places in by_stem.items()})
    found: set[str] = set()
    for payer in sorted(payers):
        # The two rarest words decide where to look: a surname says more than a first name.
        stems = sorted((stem for stem in _stems(payer) if stem in by_stem), key=lambda stem: (counts[stem], stem))[:2]
        places = sorted({place for stem in stems for place in by_stem[stem]})
        choices = [known[place] for place in places]
        for name, _, _ in process.extract(
            payer, choices, scorer=fuzz.token_set_ratio, score_cutoff=NAME_SCORE, limit=None
        ):
            found |= names[name]
    return found


def _core(name: str) -> str:
    return " ".join(word for word in _WORD.findall(fold(name)) if len(word) > 1 and word not in _LEGAL_FORMS)


def _stems(name: str) -> set[str]:
    return {word[:3] for word in name.split()} | {word[-3:] for word in name.split()}
