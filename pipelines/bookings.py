"""Bookings while an account is being settled: observations, what is known, and the finished booking (D5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from pipelines.model.ids import derive
from pipelines.model.statement import Entry
from pipelines.model.transaction import Booking, Transaction
from pipelines.text import compact

_TEXT_KEY_LENGTH: Final = 140

Bucket = tuple[date, int]
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """What a telling knows a booking by; every text is "" when the format does not tell it.

    family: ``camt``, ``mt`` …; bank references are only comparable within one family.
    """

    family: str
    bank_reference: str
    end_to_end_id: str
    counterparty_iban: str
    text_key: str


@dataclass(frozen=True, slots=True)
class Observation:
    """One booked entry of one statement, classified. ``transactions`` carry no ids yet.

    day: booking date, the value date where the file gives none (then ``day_is_told`` is False).
    batch_keys: references that name a batch (PmtInfId, MsgId, AcctSvcrRef) where all payments of the entry share them.
    """

    statement_id: str
    position: str
    format: str
    day: date
    day_is_told: bool
    value_day: date
    amount_minor: int
    alias: Alias
    transactions: tuple[Transaction, ...]
    batch_keys: frozenset[str]

    @property
    def is_undetailed_batch(self) -> bool:
        """Whether it stands for several payments it does not name."""
        return len(self.transactions) == 1 and self.transactions[0].is_batch


@dataclass(frozen=True, slots=True)
class Telling:
    """One way a booking's payments were told; of several the richest is kept."""

    statement_id: str
    format: str
    value_day: date
    transactions: tuple[Transaction, ...]
    alias: Alias


@dataclass(slots=True, eq=False)
class Known:
    """A booking while an account is being settled; it gathers aliases and tellings.

    booking_id: "" while it is new. proven: a chained statement contains it. undetailed_id: the stored transaction
    that stands for a whole batch and may still be replaced by its details; "" otherwise.
    """

    day: date
    value_day: date
    amount_minor: int
    proven: bool
    day_is_told: bool = True
    booking_id: str = ""
    occurrence: int = 0
    undetailed_id: str = ""
    is_batch: bool = False
    batch_count: int | None = None
    batch_keys: set[str] = field(default_factory=set)
    aliases: list[Alias] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)

    def hear(self, observation: Observation) -> None:
        """Takes the observation as one more telling of this booking."""
        if observation.alias not in self.aliases:
            self.aliases.append(observation.alias)
        self.batch_keys |= observation.batch_keys
        self.tellings.append(telling_of(observation))


def telling_of(observation: Observation) -> Telling:
    """The observation's own words for its booking."""
    return Telling(
        observation.statement_id,
        observation.format,
        observation.value_day,
        observation.transactions,
        observation.alias,
    )


def format_family(name: str) -> str:
    """``camt.053.001.08`` → ``camt``, ``mt942`` → ``mt``, ``finapi-json`` → ``finapi``."""
    letters = ""
    for sign in name.lower():
        if not sign.isalpha():
            break
        letters += sign
    return letters


def observe(
    statement_id: str, format_name: str, entry: Entry, day: date, transactions: tuple[Transaction, ...]
) -> Observation:
    """The observation of a booked entry. day: its booking date, or what stands for it."""
    shared: set[str] = set()
    if transactions:
        first = transactions[0]
        for values in (
            {item.payment_information_id for item in transactions},
            {item.message_id for item in transactions},
        ):
            if len(values) == 1:
                shared |= values
        single = first if len(transactions) == 1 else None
    else:
        single = None
    if entry.batch is not None:
        shared |= {entry.batch.payment_information_id, entry.batch.message_id}
    reference = entry.bank_reference or (single.bank_reference if single else "")
    shared.add(reference)
    shared.discard("")
    family = format_family(format_name)
    if single is not None:
        text_key = compact(single.remittance)[:_TEXT_KEY_LENGTH]
        alias = Alias(family, reference, single.end_to_end_id, single.counterparty_iban, text_key)
    else:
        alias = Alias(family, reference, "", "", "")
    return Observation(
        statement_id=statement_id,
        position=entry.position,
        format=format_name,
        day=day,
        day_is_told=entry.booking_date is not None,
        value_day=entry.value_date or day,
        amount_minor=entry.amount.minor,
        alias=alias,
        transactions=transactions,
        batch_keys=frozenset(shared),
    )


def order_of(observation: Observation) -> tuple[str, ...]:
    """Order among equal observations: by content, never by file."""
    alias = observation.alias
    return (alias.end_to_end_id, alias.counterparty_iban, alias.text_key, alias.bank_reference)


# --- everything known of an account -----------------------------------------------------------------------------


class Stock:
    """The bookings of one account and currency that matter for the statements at hand, with the ways to find them."""

    def __init__(self, bookings: Sequence[Known] = ()) -> None:
        self.shelves: dict[Bucket, list[Known]] = {}
        self.by_day: dict[date, list[Known]] = defaultdict(list)
        self.references: dict[tuple[Key, int], list[Known]] = defaultdict(list)
        self.value_days: dict[Bucket, dict[date, list[Known]]] = defaultdict(dict)
        self._unproven: dict[date, dict[int, Known]] = {}
        self._indexed: set[tuple[Key, int]] = set()
        for known in bookings:
            self.add(known)

    def add(self, known: Known) -> None:
        """Takes a booking in; its aliases are indexed as it is."""
        self.shelves.setdefault((known.day, known.amount_minor), []).append(known)
        self.by_day[known.day].append(known)
        self.value_days[known.value_day, known.amount_minor].setdefault(known.day, []).append(known)
        if not known.proven:
            self._unproven.setdefault(known.day, {})[id(known)] = known
        for alias in known.aliases:
            self._index(known, alias)

    def hear(self, known: Known, observation: Observation) -> None:
        """One more telling of a booking."""
        known.hear(observation)
        self._index(known, observation.alias)

    def _index(self, known: Known, alias: Alias) -> None:
        for key in (bank_key(alias), end_to_end_key(alias)):
            if key is not None and (key, id(known)) not in self._indexed:
                self._indexed.add((key, id(known)))
                self.references[key, known.amount_minor].append(known)

    def prove(self, known: Known) -> None:
        """A chained statement contains the booking."""
        if not known.proven:
            known.proven = True
            same_day = self._unproven[known.day]
            del same_day[id(known)]
            if not same_day:
                del self._unproven[known.day]

    def unproven(self, first: date | None, last: date | None) -> Iterator[Known]:
        """Unproven bookings of these days, both included; None is no limit."""
        for day in sorted(self._unproven):
            if (first is None or day >= first) and (last is None or day <= last):
                yield from tuple(self._unproven.get(day, {}).values())

    def proven(self, first: date, last: date) -> Iterator[Known]:
        """Proven bookings of these days, both included."""
        for day in sorted(day for day in self.by_day if first <= day <= last):
            yield from (known for known in self.by_day[day] if known.proven)

    def everything(self) -> Iterator[Known]:
        """All bookings by day."""
        for day in sorted(self.by_day):
            yield from self.by_day[day]


def bank_key(alias: Alias) -> Key | None:
    """The bank's own reference, comparable within one format family; None where absent."""
    return ("bank", alias.family, alias.bank_reference) if alias.bank_reference else None


def end_to_end_key(alias: Alias) -> Key | None:
    """The payer's or our end-to-end id; None where absent."""
    return ("e2e", alias.end_to_end_id) if alias.end_to_end_id else None


# --- the finished booking ---------------------------------------------------------------------------------------

_TELLING_FIELDS: Final = (
    "counterparty_name",
    "counterparty_iban",
    "remittance",
    "creditor_reference",
    "end_to_end_id",
    "mandate_id",
    "reason_code",
    "gvc",
    "domain_code",
    "bank_reference",
)
# Where two tellings say equally much, the format with the cleaner structure speaks.
_FORMAT_ORDER: Final = ("camt.053", "camt.054", "camt.052", "finapi", "mt940", "mt942")


def _richness(telling: Telling) -> tuple[object, ...]:
    items = telling.transactions
    told = sum(1 for item in items for name in _TELLING_FIELDS if getattr(item, name))
    told += sum((item.original_minor is not None) + (item.charges_minor is not None) for item in items)
    undetailed = len(items) == 1 and items[0].is_batch
    rank = next((place for place, name in enumerate(_FORMAT_ORDER) if telling.format.startswith(name)), 99)
    return (undetailed, -len(items), -told, rank, telling.format, _content(items))


def _content(items: Sequence[Transaction]) -> tuple[tuple[object, ...], ...]:
    return tuple(sorted(_item_key(item) for item in items))


def _item_key(item: Transaction) -> tuple[object, ...]:
    """The place of a payment among its equals; nothing of it depends on the file or the order within it."""
    return (
        item.amount_minor,
        item.end_to_end_id,
        item.counterparty_iban,
        compact(item.remittance),
        item.bank_reference,
        item.counterparty_name,
        item.kind.value,
        item.value_date.isoformat(),
    )


def richest(tellings: Sequence[Telling]) -> Telling:
    """The telling that says most; equal for every order of the tellings."""
    return tellings[0] if len(tellings) == 1 else min(tellings, key=_richness)


def twin_order(telling: Telling) -> tuple[object, ...]:
    """Decides the occurrence number among equal bookings that arrive together: by content, never by file order."""
    items = telling.transactions
    if len(items) == 1:
        item = items[0]
        first: tuple[object, ...] = (item.end_to_end_id, item.counterparty_iban, compact(item.remittance))
    else:
        first = ("", "", "")
    return (*first, _content(items), telling.value_day.isoformat())


def finish_booking(mode: str, account: str, currency: str, known: Known, telling: Telling, occurrence: int) -> Booking:
    """The booking with its derived id and its transactions as its best ``telling`` has them."""
    booking_id = derive("booking", mode, account, known.day.isoformat(), known.amount_minor, currency, occurrence)
    return Booking(
        booking_id=booking_id,
        account=account,
        booking_date=known.day,
        value_date=telling.value_day,
        amount_minor=known.amount_minor,
        currency=currency,
        occurrence=occurrence,
        bank_reference=telling.alias.bank_reference,
        transactions=number_transactions(booking_id, known.day, telling.transactions, detailed=False),
    )


def number_transactions(
    booking_id: str, day: date, items: Sequence[Transaction], *, detailed: bool
) -> tuple[Transaction, ...]:
    """The payments of a booking with their ids: 0 for the booking as a whole, 1…n for the details of a batch.

    detailed: number from 1 even a single payment, because 0 already names the undetailed batch it replaces.
    """
    ordered = sorted(items, key=_item_key)
    first = 1 if detailed or len(ordered) > 1 else 0
    return tuple(
        replace(
            item,
            transaction_id=derive("transaction", booking_id, number),
            booking_id=booking_id,
            booking_date=day,
        )
        for number, item in enumerate(ordered, start=first)
    )
