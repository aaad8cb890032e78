"""What a run of dunning may be told, and what it decides: settings, notices, the outcome. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from pipelines.model.dunning import Trigger, TriggerReason
from pipelines.model.dunning_case import NewCollection
from pipelines.model.finding import Finding
from pipelines.model.ids import derive
from pipelines.plans import Level
from pipelines.ports.dunning import TriggerEvent
from pipelines.returns.policy import Represent


@dataclass(frozen=True, slots=True)
class DunSettings:
    """What may be configured about the holds.

    stale_banking_days: how many banking days more than one the proof of an account may lag behind. ignored_accounts:
    accounts (IBAN) that are not waited for, e.g. closed ones. collection_days: banking days after its collection date
    during which a direct debit counts as on its way. wait_for_delivery: a level counts only once it was delivered;
    without it (nothing delivers, the triggers are exported) it counts from the day it was ready. by_person: every
    message waits for a person's release; handing over to an agency always does. represent: when and how often a
    collection is tried again.
    """

    stale_banking_days: int = 0
    ignored_accounts: frozenset[str] = frozenset()
    collection_days: int = 5
    wait_for_delivery: bool = False
    by_person: bool = False
    represent: Represent = field(default_factory=Represent)


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to be sent: the trigger as it stands now. cause: "" for a ready trigger, else why it was taken back.

    credit_minor: the debtor's unassigned credit, positive, which the receiver may want to mention. event_no: the event
    that caused it; only the message of a trigger's latest event is ever sent. level: its step of the plan, None when it
    is taken back. chargeable: whether a fee may be charged (never on a fee). contract_id: "" without one.
    """

    trigger: Trigger
    event_no: int
    channel: str
    due_date: date
    cause: str = ""
    credit_minor: int = 0
    level: Level | None = None
    chargeable: bool = False
    contract_id: str = ""

    @property
    def deadline(self) -> date | None:
        """The new payment date the message tells, None without one."""
        days = self.level.deadline_days if self.level is not None else 0
        return self.trigger.as_of + timedelta(days=days) if days else None

    @property
    def fee_minor(self) -> int:
        """What is charged with it."""
        return self.level.fee(self.trigger.currency) if self.level is not None and self.chargeable else 0


@dataclass(slots=True)
class DunOutcome:
    """What a run decided. new: triggers never seen before. events: their first and all further changes. collections:
    to be presented once more before a level."""

    new: list[Trigger] = field(default_factory=list)
    events: list[TriggerEvent] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    collections: list[NewCollection] = field(default_factory=list)


def trigger_id(
    mode: str, invoice_number: str, reason: TriggerReason, level: int, cycle: int, round_: int = 0, part: str = ""
) -> str:
    """cycle: how often payments of the item were taken back; each time dunning starts afresh. round_: how often a
    person set the level back. part: what happens to the contract, "" for the message itself."""
    more = (round_, part) if round_ or part else ()
    return derive("trigger", mode, invoice_number, reason.value, level, cycle, *more)


def collection_id(mode: str, invoice_number: str, what: str) -> str:
    """The EndToEndId of a new collection, at most 35 signs."""
    return "KK" + derive("new-collection", mode, invoice_number, what)[:30].upper()
