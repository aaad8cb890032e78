"""A company with debtors, items in several number series, and our own direct debits; everything from one seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from benchmarks.matching import words
from benchmarks.matching.numbering import COMMON, DRAWN, ODD, Series

TODAY = date(2026, 11, 20)
_POPULAR = (2999, 4990, 11900, 1999, 5950, 9900, 14900, 35700, 23800, 59500, 119000, 10000, 25000, 50000)


@dataclass(slots=True)
class DebtorRecord:
    """A customer. true_ibans: accounts really used; the first ``known`` of them are in the master data.

    payer: whose name is on these accounts, "" for the customer's own.
    """

    number: str
    name: str
    person: bool
    first: str
    surname: str
    true_ibans: list[str]
    known: int
    payer: str = ""
    items: list[ItemRecord] = field(default_factory=list)

    @property
    def ibans(self) -> list[str]:
        """The accounts the billing system knows."""
        return self.true_ibans[: self.known]


@dataclass(slots=True)
class ItemRecord:
    """An invoice or credit note as the billing system exports it; amounts in cents."""

    number: str
    debtor: DebtorRecord
    amount: int
    open: int
    issue: date
    due: date
    document_type: str = "invoice"
    status: str = "open"
    order_number: str = ""
    shipment: str = ""
    creditor_reference: str = ""
    discount_points: int = 0
    discount_until: date | None = None
    mandate: str = ""
    contract: str = ""
    used: bool = False

    @property
    def net(self) -> int:
        """What is owed after cash discount."""
        return self.amount - (self.amount * self.discount_points + 5000) // 10000


@dataclass(slots=True)
class CollectionRecord:
    """One direct debit we submitted."""

    end_to_end_id: str
    mandate: str
    item: ItemRecord
    day: date
    payment_information_id: str
    message_id: str
    amount: int


@dataclass(slots=True)
class World:
    """Everything the billing system knows, and what it does not."""

    rng: random.Random
    debtors: list[DebtorRecord]
    items: list[ItemRecord]
    collections: list[CollectionRecord] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)

    def number_set(self) -> set[str]:
        return {item.number for item in self.items}


def iban(rng: random.Random) -> str:
    """A German IBAN with right check digits."""
    bban = f"{rng.choice((37040044, 50010517, 12030000, 70150000, 20041133, 43060967)):08d}{rng.randrange(10**10):010d}"
    return f"DE{98 - int(bban + '131400') % 97:02d}{bban}"


def rf_reference(body: str) -> str:
    """An ISO 11649 creditor reference."""
    digits = "".join(str(int(sign, 36)) for sign in body + "RF00")
    return f"RF{98 - int(digits) % 97:02d}{body}"


@dataclass(frozen=True, slots=True)
class Market:
    """What kind of company it is.

    per_debtor: open items per debtor. persons: share of natural persons. repeats: share of items that cost what an
    earlier one of the same debtor cost. tariffs: amounts most items have, with tariff_share. discounts: share of
    companies' items with cash discount. managed: share of debtors that pay through somebody's account that pays for
    managed_size debtors. monthly: every debtor is billed the same amount each month. mandates, contracts: shares.
    """

    per_debtor: float = 3.0
    persons: float = 0.55
    repeats: float = 0.12
    tariffs: tuple[int, ...] = ()
    tariff_share: float = 0.0
    discounts: float = 0.4
    managed: float = 0.025
    managed_size: tuple[int, int] = (3, 8)
    monthly: bool = False
    mandates: float = 0.08
    contracts: float = 0.0


def some_styles(rng: random.Random) -> tuple[str, ...]:
    """Three series at once, one of which nobody has ever seen."""
    chosen = [*rng.sample(COMMON, 2), rng.choice((DRAWN, DRAWN, rng.choice(ODD)))]
    rng.shuffle(chosen)
    return tuple(chosen)


def make_world(seed: int, items: int, styles: tuple[str, ...] | None = None, market: Market = Market()) -> World:
    """A world with about ``items`` open items, a fifth as many settled ones, and some cancelled."""
    rng = random.Random(seed)
    styles = styles or some_styles(rng)
    debtors = [_debtor(rng, position, market) for position in range(max(int(items / market.per_debtor), 3))]
    # Two different customers of one name exist in every ledger.
    for _ in range(len(debtors) // 100):
        one, other = rng.sample(debtors, 2)
        if one.person and other.person:
            other.first, other.surname, other.name = one.first, one.surname, one.name
    _give_to_managers(rng, debtors, market)
    world = World(rng, debtors, [])
    series = [Series(style, rng) for style in styles]
    billed = _monthly(rng, debtors) if market.monthly else _sales(rng, debtors, int(items * 1.22))
    for day, debtor, amount in billed:
        item = _item(rng, rng.choices(series, weights=[5, 3, 2][: len(series)])[0], day, debtor, amount, market)
        debtor.items.append(item)
        world.items.append(item)
    seen: set[str] = set()
    world.items = [item for item in world.items if not (item.number in seen or seen.add(item.number))]  # type: ignore[func-returns-value]
    for debtor in debtors:
        debtor.items = []
    for item in world.items:
        item.debtor.items.append(item)
    if market.monthly:
        _close_old_months(rng, debtors)
    else:
        _close_some(rng, world)
    return world


def _sales(rng: random.Random, debtors: list[DebtorRecord], total: int) -> Iterator[tuple[date, DebtorRecord, int]]:
    days = sorted(TODAY - timedelta(days=int(rng.betavariate(1, 3) * 330) + 1) for _ in range(total))
    heavy = rng.choices(debtors, k=max(total // 8, 1))
    for day in days:
        yield day, rng.choice(heavy) if rng.random() < 0.35 else rng.choice(debtors), 0


def _monthly(rng: random.Random, debtors: list[DebtorRecord]) -> Iterator[tuple[date, DebtorRecord, int]]:
    """Four months of bills, the same amount each month for nine debtors in ten."""
    amounts: dict[str, int] = {}
    for back in (3, 2, 1, 0):
        first = date(TODAY.year, TODAY.month - back, 1)
        for debtor in debtors:
            fixed = amounts.get(debtor.number, 0) if rng.random() < 0.97 else 0
            yield first + timedelta(days=rng.randrange(0, 3)), debtor, fixed
            amounts[debtor.number] = debtor.items[-1].amount if debtor.items else 0


def _close_old_months(rng: random.Random, debtors: list[DebtorRecord]) -> None:
    """The months before the last are mostly paid; one debtor in eight is behind."""
    for debtor in debtors:
        behind = 1 if rng.random() < 0.88 else rng.choice((2, 2, 3))
        for item in debtor.items[:-behind]:
            item.open = 0


def _give_to_managers(rng: random.Random, debtors: list[DebtorRecord], market: Market) -> None:
    """A few accounts pay for several customers: property managers, offices."""
    wanted = int(len(debtors) * market.managed)
    while wanted > 0:
        account = iban(rng)
        size = min(rng.randrange(*market.managed_size), len(debtors))
        name = f"Hausverwaltung {rng.choice(words.STEMS)}{rng.choice(words.ENDINGS)} {rng.choice(words.FORMS)}"
        for debtor in rng.sample(debtors, size):
            debtor.true_ibans = [account]
            debtor.known = 1
            debtor.payer = name
        wanted -= size


def _debtor(rng: random.Random, position: int, market: Market) -> DebtorRecord:
    person = rng.random() < market.persons
    common = rng.random() < 0.35
    surname = rng.choice(words.SURNAMES) if common else (rng.choice(words.STEMS) + rng.choice(words.ENDINGS)).title()
    first = rng.choice(words.FIRST)
    if person:
        if rng.random() < 0.15:
            first = f"{first} {rng.choice(words.FIRST)}"
        name = f"{first} {surname}"
    else:
        shape = rng.random()
        trade, town, form = rng.choice(words.TRADES), rng.choice(words.TOWNS), rng.choice(words.FORMS)
        if shape < 0.5:
            name = f"{surname} {trade} {form}"
        elif shape < 0.75:
            name = f"{trade} {town} {form}"
        else:
            name = f"{surname} & {rng.choice(words.SURNAMES)} {trade} {form}"
    accounts = [iban(rng) for _ in range(1 + (rng.random() < 0.15))]
    known = 0 if rng.random() < 0.28 else len(accounts) if rng.random() < 0.5 else 1
    number = f"{10000 + position}" if position % 7 else f"K{20000 + position}"
    return DebtorRecord(number, name, person, first, surname, accounts, known)


def _item(
    rng: random.Random, series: Series, day: date, debtor: DebtorRecord, fixed: int, market: Market
) -> ItemRecord:
    """An item; ``fixed``: its amount, 0 to draw one."""
    if fixed:
        amount = fixed
    elif debtor.items and rng.random() < market.repeats:
        amount = rng.choice(debtor.items).amount  # subscriptions and rents repeat
    elif rng.random() < market.tariff_share:
        amount = rng.choice(market.tariffs)
    elif rng.random() < 0.13:
        amount = rng.choice(_POPULAR)
    else:
        amount = max(int(rng.lognormvariate(9.9 if debtor.person else 11.2, 1.1)), 300)
    amount = abs(amount)
    item = ItemRecord(
        series.next(day, debtor.number), debtor, amount, amount, day, day + timedelta(days=rng.choice((7, 14, 30)))
    )
    if rng.random() < 0.02 and not fixed:
        item.document_type = "credit_note"
        item.amount = item.open = -max(amount // 5, 100)
        return item
    if not debtor.person and rng.random() < market.discounts:
        item.discount_points = rng.choice((200, 300))
        item.discount_until = day + timedelta(days=rng.choice((8, 10, 14)))
    if rng.random() < 0.2:
        item.order_number = f"B{rng.randrange(10**6):06d}"
    if rng.random() < 0.1:
        item.shipment = f"L{rng.randrange(10**7):07d}"
    if rng.random() < 0.05:
        item.creditor_reference = rf_reference(f"{rng.randrange(10**10):010d}")
    if rng.random() < market.contracts:
        item.contract = f"V{debtor.number.lstrip('K')}{int(debtor.number.lstrip('K')) % 7}"
    if rng.random() < market.mandates:
        item.mandate = f"M-{debtor.number}-{rng.randrange(10, 99)}"
    return item


def _close_some(rng: random.Random, world: World) -> None:
    for item in world.items:
        share = 0.35 if (TODAY - item.issue).days > 60 else 0.1
        if item.document_type == "invoice" and rng.random() < share:
            item.open = 0
            if rng.random() < 0.06:
                item.status = "cancelled"
                item.open = item.amount
        elif item.document_type == "invoice" and rng.random() < 0.01:
            item.open = item.amount - item.amount // 3
