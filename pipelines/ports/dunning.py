"""What dunning needs to know, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from pipelines.model.dunning import Trigger, TriggerState


@dataclass(frozen=True, slots=True)
class WaitingReceipt:
    """Money that arrived and is not (wholly) allocated, or stands in a quarantined statement.

    rest_minor: the unallocated part. names / references: what the bank says about payer and purpose. debtors /
    invoices: whom its stored proposals name. settles_collections: it may be a batch of our direct debits.
    """

    transaction_id: str
    booking_date: date
    rest_minor: int
    currency: str
    counterparty_iban: str = ""
    names: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    debtors: frozenset[str] = frozenset()
    invoices: frozenset[str] = frozenset()
    settles_collections: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class Reopening:
    """How often payments of an item were taken back, and whether the last time was a return debit (and when)."""

    times: int
    returned_on: date | None


@dataclass(frozen=True, slots=True)
class TriggerFact:
    """A stored trigger with its latest event. since: day of that event. maybe_sent: a message about it may have
    reached a receiver, even if no receipt came back."""

    trigger: Trigger
    since: date
    event_no: int
    maybe_sent: bool = False


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What the ledger knows beyond the open items.

    on_account: unassigned credit by (debtor, currency), positive. reopenings / last_paid: by invoice number.
    payers: payer IBAN → debtors whose items it paid before.
    """

    waiting: Sequence[WaitingReceipt] = ()
    on_account: Mapping[tuple[str, str], int] = field(default_factory=dict)
    reopenings: Mapping[str, Reopening] = field(default_factory=dict)
    last_paid: Mapping[str, date] = field(default_factory=dict)
    payers: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TriggerEvent:
    """A change of a trigger. event_no counts from 1 for each trigger."""

    trigger_id: str
    event_no: int
    state: TriggerState
    hold_reason: str
    open_minor: int
    as_of: date


class DunningStore(Protocol):
    """Triggers and their events; the latest event is the state (D7)."""

    def payment_facts(self) -> PaymentFacts:
        """Waiting money, credit on account, returns, known payers."""
        ...

    def triggers(self, *, cancelled: bool = True) -> list[TriggerFact]:
        """Every trigger with its state, sorted by id; without ``cancelled`` only those still alive."""
        ...

    def trigger_facts(self, trigger_ids: Collection[str]) -> dict[str, TriggerFact]:
        """Some triggers with their state."""
        ...

    def add(self, triggers: Sequence[Trigger], events: Sequence[TriggerEvent]) -> None:
        """Stores new triggers and new events."""
        ...
