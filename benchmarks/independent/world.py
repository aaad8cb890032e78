"""Debtors, invoices, bookings and what is true about each booking."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from .companies import Company, issue_date
from .people import firm, iban, person

CREDITOR_ID = "DE98ZZZ09999999999"


@dataclass
class Debtor:
    number: str
    name: str
    is_person: bool
    iban: str
    told: bool  # is the IBAN in the billing system
    mandate: str | None = None
    items: list[Item] = field(default_factory=list)


@dataclass
class Item:
    """An invoice or credit note; amounts in cents, ``open`` at the go-live."""

    number: str
    debtor: Debtor
    amount: int
    issued: date
    due: date
    open: int
    credit: bool = False
    cancelled: bool = False
    percent: int = 0
    until: date | None = None
    order: str = ""
    rf: str = ""
    taken: bool = False  # already somebody's payment in this trial

    @property
    def free(self) -> bool:
        return self.open == self.amount and not (self.taken or self.credit or self.cancelled)


@dataclass
class Booking:
    """One line of a statement as the bank knows it; the amount is signed, in cents."""

    ref: str
    day: int
    account: int
    amount: int
    text: str
    name: str = ""
    iban: str = ""
    gvc: str = "166"
    title: str = "SEPA-GUTSCHRIFT"
    eref: str = ""
    kref: str = ""
    mref: str = ""
    abwa: str = ""
    original: int | None = None
    charges: int = 0
    reason: str = ""
    parts: list[Booking] = field(default_factory=list)
    wrap: int = 0  # the bank breaks the text after so many characters
    structured: str = ""  # creditor reference in its own field


@dataclass
class Truth:
    """What an accountant would do.

    ``verdict``: ``assign`` (exactly ``parts``), ``nobody`` (no invoice may be touched), ``ask`` (a careful person could
    not know), ``return`` (reverses ``of``), ``collection`` (our own debits) or ``aside`` (nothing to match).
    """

    cause: str
    verdict: str
    parts: dict[str, int] = field(default_factory=dict)
    debtor: str = ""
    discount: dict[str, int] = field(default_factory=dict)
    loose: bool = False  # what exceeds the parts may go to the debtor's account or to a fee
    of: str = ""
    note: str = ""
    candidates: list[str] = field(default_factory=list)  # of a question: what it may be


class World:
    """Everything one company knows and everything its banks will say."""

    def __init__(self, company: Company, rng: random.Random, items: int, days: list[date]) -> None:
        self.company, self.rng, self.days = company, rng, days
        self.ours = (iban(rng), iban(rng))
        self.debtors: list[Debtor] = []
        self.items: list[Item] = []
        self.by_number: dict[str, Item] = {}
        self.bookings: list[Booking] = []
        self.truth: dict[str, Truth] = {}
        self.collections: list[dict[str, str]] = []
        self._people(max(20, int(items / company.per_debtor)))
        self._invoices(items)
        self.by_name: dict[str, list[Debtor]] = defaultdict(list)
        for debtor in self.debtors:
            self.by_name[debtor.name].append(debtor)
        self.pool = [item for item in self.items if item.free]
        rng.shuffle(self.pool)

    def _people(self, count: int) -> None:
        rng = self.rng
        office = [iban(rng) for _ in range(4)]  # property managers who pay for many
        for index in range(count):
            is_firm = rng.random() < self.company.firms
            name = firm(rng) if is_firm else person(rng)
            account = iban(rng, rng.choices(["DE", "AT", "NL"], [95, 3, 2])[0])
            if rng.random() < 0.015:
                account = rng.choice(office)
            debtor = Debtor(self.company.customer(index), name, not is_firm, account, rng.random() < 0.45)
            if rng.random() < self.company.debits:
                debtor.mandate = f"M{rng.randrange(10**6):06d}-{index}"
                debtor.told = True
            self.debtors.append(debtor)

    def _invoices(self, count: int) -> None:
        rng, company = self.rng, self.company
        sequence: dict[str, int] = defaultdict(lambda: rng.randint(1, 60))
        weights = [rng.paretovariate(1.4) for _ in self.debtors]
        chosen = rng.choices(self.debtors, [min(w, 20) for w in weights], k=count)
        for index, debtor in enumerate(chosen):
            issued = issue_date(rng, index / count)
            sequence[debtor.number] += 1
            number = company.number(index, issued, debtor.number, sequence[debtor.number], rng)
            credit = rng.random() < 0.02
            if credit and company.credit_prefix:
                number = f"{company.credit_prefix}{number}" if company.key != "classic" else number.replace("RE", "GS")
            if number in self.by_number:
                continue
            amount = company.amount(rng)
            if credit:
                amount = max(500, amount // rng.choice([2, 4, 5]))
            item = Item(
                number, debtor, amount, issued, issued + timedelta(days=rng.choice([14, 14, 30])), amount, credit
            )
            if not credit and rng.random() < company.discount:
                item.percent = rng.choice([2, 3])
                item.until = item.issued + timedelta(days=rng.choice([10, 14, 30]))
                item.due = item.issued + timedelta(days=30)
            if rng.random() < 0.3:
                item.order = f"B{rng.randrange(10**7):07d}"
            if rng.random() < 0.12:
                item.rf = creditor_reference("".join(sign for sign in number if sign.isalnum()).upper())
            if not credit and rng.random() < 0.08:
                item.open = 0
            elif not credit and rng.random() < 0.004:
                item.cancelled = True
            self.items.append(item)
            self.by_number[number] = item
            debtor.items.append(item)

    def note(self, booking: Booking, truth: Truth) -> Booking:
        self.bookings.append(booking)
        self.truth[booking.ref] = truth
        return booking

    def reference(self) -> str:
        return f"X{len(self.bookings):06d}{self.rng.randrange(1000):03d}"

    def open_at(self, debtor: Debtor) -> list[Item]:
        return [item for item in debtor.items if item.open and not item.cancelled and not item.taken]

    def take(self, wanted: object = None) -> Item:
        """The next unpaid invoice for which ``wanted`` holds."""
        for place, item in enumerate(self.pool):
            if item.free and (wanted is None or wanted(item)):  # type: ignore[operator]
                del self.pool[place]
                item.taken = True
                return item
        raise LookupError("no invoice left for this kind of payment")


def creditor_reference(text: str) -> str:
    digits = "".join(str(int(sign, 36)) for sign in text + "RF00")
    return f"RF{98 - int(digits) % 97:02d}{text}"
