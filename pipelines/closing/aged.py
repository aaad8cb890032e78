"""Open items by age as they stood on the evening of a day (Altersstruktur der offenen Posten).

A day in the past is answered from the lines of the accounts, not from what is open today: what was paid, credited or
taken back later does not change a month that is over. Pure but for ``read``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from pipelines.model.debtor_account import AccountLine, ItemFacts
from pipelines.ports.work import Books

# Upper bounds in days past due; the last bucket is open. "current" is what is not due yet.
BOUNDS: Final = (0, 30, 60, 90)
BUCKETS: Final = ("current", "1-30", "31-60", "61-90", "91+", "credit")


class AgedItem(NamedTuple):
    """One open item, or a debtor's money that belongs to none (invoice_number ""). open_minor: negative is the
    debtor's. due_date: None for money on account. days: past due on that day, 0 or less when it is not due."""

    debtor_number: str
    invoice_number: str
    due_date: date | None
    open_minor: int
    currency: str
    days: int
    bucket: str


@dataclass(frozen=True, slots=True)
class Aged:
    """Everything open on the evening of ``day``, by debtor and due date. names: debtor number → name."""

    day: date
    items: tuple[AgedItem, ...]
    names: Mapping[str, str]

    def currencies(self) -> list[str]:
        """Those there are, sorted; EUR where nothing is open."""
        return sorted({item.currency for item in self.items}) or ["EUR"]

    def sums(self, currency: str) -> dict[str, int]:
        """Bucket → minor units, every bucket there."""
        found = dict.fromkeys(BUCKETS, 0)
        for item in self.items:
            if item.currency == currency:
                found[item.bucket] += item.open_minor
        return found

    def debtors(self, currency: str) -> list[tuple[str, dict[str, int]]]:
        """(debtor, bucket → minor units), who owes most first."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(BUCKETS, 0))
        for item in self.items:
            if item.currency == currency:
                found[item.debtor_number][item.bucket] += item.open_minor
        return sorted(found.items(), key=lambda one: (-sum(one[1].values()), one[0]))


def bucket_of(days: int, open_minor: int) -> str:
    """Where an item belongs. Credit has no age: it is shown apart, so that it hides no debt."""
    if open_minor < 0:
        return "credit"
    return next((BUCKETS[at] for at, bound in enumerate(BOUNDS) if days <= bound), "91+")


def aged(lines: Iterable[AccountLine], items: Mapping[str, ItemFacts], day: date, names: Mapping[str, str]) -> Aged:
    """Everything open on the evening of ``day``. lines: of all accounts, in any order; later ones are left out."""
    balances: dict[tuple[str, str, str], int] = defaultdict(int)
    for line in lines:
        if line.day <= day:
            balances[line.debtor_number, line.invoice_number, line.currency] += line.effect_minor
    found = []
    for (debtor, invoice, currency), minor in balances.items():
        if not minor:
            continue
        facts = items.get(invoice)
        due = facts.due_date if facts else None
        days = (day - due).days if due else 0
        found.append(AgedItem(debtor, invoice, due, minor, currency, days, bucket_of(days, minor)))
    found.sort(key=lambda item: (item.debtor_number, item.due_date or date.max, item.invoice_number, item.currency))
    return Aged(day, tuple(found), names)


def read(books: Books, day: date) -> Aged:
    """The same from the books. An item that was moved counts for the debtor it belongs to now."""
    with books.read() as work:
        numbers: Sequence[str] = work.debtors.all_numbers()
        lines: list[AccountLine] = work.debtor_accounts.lines(numbers)
        facts: dict[str, ItemFacts] = work.debtor_accounts.items(numbers)
        names = _names(work.debtors.named(), numbers)
    return aged(lines, facts, day, names)


def _names(named: Iterable[tuple[str, tuple[str, ...]]], numbers: Collection[str]) -> dict[str, str]:
    found = dict.fromkeys(numbers, "")
    for number, names in named:
        found[number] = names[0] if names else ""
    return found
