"""Dunning triggers: facts in, new triggers and changes of state out (D14, GERMAN_BANKING §6). Pure.

Two questions are kept apart. *Is it due?* A level is due by the item's dates and its plan; what is not owed, not due,
too small, covered by the debtor's credit or blocked gets no trigger. *May it leave?* A due trigger is held while money
may be on its way or the bank's side is not fully known. Held triggers are asked again in every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from pipelines.calendar import shift
from pipelines.due import Candidate, DueItems, DunFacts, rows_of
from pipelines.model.coverage import BankCoverage
from pipelines.model.dunning import Trigger, TriggerReason, TriggerState
from pipelines.model.finding import Finding
from pipelines.model.ids import derive
from pipelines.plans import Level, Plans
from pipelines.ports.dunning import TriggerEvent, TriggerFact
from pipelines.waiting import plausible_debtors

__all__ = [
    "ROW_REFUSED",
    "DunFacts",
    "DunOutcome",
    "DunSettings",
    "Notice",
    "coverage_hold",
    "plan_dunning",
    "trigger_id",
]

BANK_DATA_STALE: Final = "bank-data-stale"
RECEIPT_WAITING: Final = "receipt-waiting"
COLLECTION_PENDING: Final = "collection-pending"
DUNNING_BLOCK: Final = "dunning-block"
ROW_REFUSED: Final = "row-refused"
_COLLECTED: Final = "direct_debit"


@dataclass(frozen=True, slots=True)
class DunSettings:
    """What may be configured about the holds.

    stale_banking_days: how many banking days more than one the proof of an account may lag behind. ignored_accounts:
    accounts (IBAN) that are not waited for, e.g. closed ones. collection_days: banking days after its collection date
    during which a direct debit counts as on its way. wait_for_delivery: a level counts only once it was delivered;
    without it (nothing delivers, the triggers are exported) it counts from the day it was ready.
    """

    stale_banking_days: int = 0
    ignored_accounts: frozenset[str] = frozenset()
    collection_days: int = 5
    wait_for_delivery: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to be sent: the trigger as it stands now. cause: "" for a ready trigger, else why it was taken back.

    credit_minor: the debtor's unassigned credit, positive, which the receiver may want to mention. event_no: the event
    that caused it; only the message of a trigger's latest event is ever sent.
    """

    trigger: Trigger
    event_no: int
    channel: str
    due_date: date
    cause: str = ""
    credit_minor: int = 0


@dataclass(slots=True)
class DunOutcome:
    """What a run decided. new: triggers never seen before. events: their first and all further changes."""

    new: list[Trigger] = field(default_factory=list)
    events: list[TriggerEvent] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def trigger_id(mode: str, invoice_number: str, reason: TriggerReason, level: int, cycle: int) -> str:
    """cycle: how often payments of the item were taken back; each time dunning starts afresh."""
    return derive("trigger", mode, invoice_number, reason.value, level, cycle)


def coverage_hold(coverage: Iterable[BankCoverage], as_of: date, settings: DunSettings) -> str:
    """Why the bank's side is not known well enough to dun anybody, "" if it is.

    On the morning of ``as_of`` every account must be proven up to the banking day before, and nothing may be open.
    """
    accounts = [one for one in coverage if one.account not in settings.ignored_accounts]
    problems = sorted({code for one in accounts for code in one.open_problems})
    if problems:
        return problems[0]
    needed = shift(as_of, -1 - settings.stale_banking_days)
    stale = [one for one in accounts if one.proven_to is None or one.proven_to < needed]
    if stale or not accounts:
        return min((one.not_fetched for one in stale if one.not_fetched), default=BANK_DATA_STALE)
    return ""


def plan_dunning(
    facts: DunFacts, plans: Plans, settings: DunSettings | None = None, *, create: bool = True
) -> DunOutcome:
    """Decides every trigger anew on ``facts.as_of``; a second time on the same facts nothing changes any more.

    create: also open new triggers and levels; without it only those that exist are asked again (before delivery).
    """
    settings = settings or DunSettings()
    run = _Run(facts, plans, settings)
    for candidate in run.candidates:
        run.decide(candidate, create=create)
    run.take_back_the_rest()
    return run.outcome


class _Run:
    """One run: the facts in the form the decisions need them, and the outcome so far."""

    def __init__(self, facts: DunFacts, plans: Plans, settings: DunSettings) -> None:
        self.facts = facts
        self.settings = settings
        self.outcome = DunOutcome()
        self.known = {fact.trigger.trigger_id: fact for fact in facts.triggers}
        self.visited: set[str] = set()
        self.due = DueItems(facts, plans)
        self.candidates = self.due.candidates
        self.outcome.findings += self.due.findings
        self._bank_hold = coverage_hold(facts.coverage, facts.as_of, settings)
        # Where the bank's side holds everything back, nobody needs to ask whose the waiting money is.
        self._waiting = (
            set()
            if self._bank_hold
            else plausible_debtors(
                facts.payments.waiting,
                [candidate.item for candidate in self.candidates],
                self.due.balances(),
                facts.payments.payers,
            )
        )

    # --- one item ---------------------------------------------------------------------------------------------

    def decide(self, candidate: Candidate, *, create: bool) -> None:
        """Goes up the levels to the one that stands; opens at most one more."""
        due_from = candidate.first_day()
        for number, level in enumerate(candidate.levels, 1):
            id_ = trigger_id(self.facts.mode, candidate.item.invoice_number, candidate.reason, number, candidate.cycle)
            fact = self.known.get(id_)
            if fact is None or fact.trigger.state is TriggerState.CANCELLED:
                if create and self.facts.as_of >= due_from and not candidate.blocked:
                    self.visited.add(id_)
                    self._open(candidate, number, level, id_, fact)
                return
            self.visited.add(id_)
            state = self._ask_again(candidate, level, fact)
            counts = state is TriggerState.DELIVERED or (
                state is TriggerState.READY
                and fact.trigger.state is TriggerState.READY
                and not self.settings.wait_for_delivery
            )
            if not counts or number == len(candidate.levels):
                return
            due_from = fact.since + timedelta(days=candidate.levels[number].delay_days)

    def _hold(self, candidate: Candidate) -> str:
        if candidate.blocked:
            return DUNNING_BLOCK
        if self._bank_hold:
            return self._bank_hold
        if candidate.item.invoice_number in self.facts.unclear:
            return ROW_REFUSED
        if self._is_collected(candidate):
            return COLLECTION_PENDING
        return RECEIPT_WAITING if candidate.item.debtor_number in self._waiting else ""

    def _is_collected(self, candidate: Candidate) -> bool:
        """A direct debit for this item is on its way: submitted, neither credited nor returned so far."""
        day = candidate.item.collection_day
        if day is None and candidate.payment_method == _COLLECTED and candidate.reopening is None:
            # Announced for collection, but no submission is known: give it the time of one on the due date.
            day = candidate.due_date
        if day is None or day < shift(self.facts.as_of, -self.settings.collection_days):
            return False
        returned = candidate.reopening.returned_on if candidate.reopening else None
        paid = self.facts.payments.last_paid.get(candidate.item.invoice_number)
        return not ((returned is not None and returned >= day) or (paid is not None and paid >= day))

    def _open(self, candidate: Candidate, number: int, level: Level, id_: str, before: TriggerFact | None) -> None:
        hold = self._hold(candidate)
        trigger = Trigger(
            id_,
            candidate.item.debtor_number,
            candidate.item.invoice_number,
            candidate.reason,
            number,
            level.action,
            candidate.plan.name,
            candidate.item.open_minor,
            candidate.item.currency,
            self.facts.as_of,
            TriggerState.HELD if hold else TriggerState.READY,
            hold,
        )
        if before is None:
            self.outcome.new.append(trigger)
        event_no = self._event(trigger, before.event_no if before else 0)
        if not hold:
            self._notify(trigger, event_no, candidate, level)

    def _ask_again(self, candidate: Candidate, level: Level, fact: TriggerFact) -> TriggerState:
        old = fact.trigger
        if old.state is TriggerState.DELIVERED:
            return old.state
        hold = self._hold(candidate)
        state = TriggerState.HELD if hold else TriggerState.READY
        if (state, hold, candidate.item.open_minor) == (old.state, old.hold_reason, old.open_minor):
            return state
        trigger = _moved(old, state, hold, candidate.item.open_minor, self.facts.as_of)
        event_no = self._event(trigger, fact.event_no)
        if state is TriggerState.READY:
            self._notify(trigger, event_no, candidate, level)
        return state

    def _notify(self, trigger: Trigger, event_no: int, candidate: Candidate, level: Level) -> None:
        credit = self.due.credit.get((trigger.debtor_number, trigger.currency), 0)
        self.outcome.notices.append(Notice(trigger, event_no, level.channel, candidate.due_date, credit_minor=credit))

    def _event(self, trigger: Trigger, last_no: int) -> int:
        self.outcome.events.append(
            TriggerEvent(
                trigger.trigger_id,
                last_no + 1,
                trigger.state,
                trigger.hold_reason,
                trigger.open_minor,
                self.facts.as_of,
            )
        )
        return last_no + 1

    # --- what is no longer due ----------------------------------------------------------------------------------

    def take_back_the_rest(self) -> None:
        """Cancels every trigger that the facts no longer support, and tells the receivers who may know of it."""
        gone = [
            fact
            for id_, fact in sorted(self.known.items())
            if id_ not in self.visited and fact.trigger.state is not TriggerState.CANCELLED
        ]
        if not gone:
            return
        items = self.facts.items
        wanted = items[items["invoice_number"].isin({fact.trigger.invoice_number for fact in gone})]
        now = {row["invoice_number"]: row for row in rows_of(wanted)}
        standing = {candidate.item.invoice_number: candidate for candidate in self.candidates}
        for fact in gone:
            old = fact.trigger
            row = now.get(old.invoice_number)
            candidate = standing.get(old.invoice_number)
            if candidate is not None and self._is_of(candidate, old):
                # A higher level than the plan goes now, or above one that is asked again: it stands as it is.
                continue
            open_minor = int(row["open_minor"]) if row is not None else 0
            cause = self._cause(row, open_minor, candidate)
            trigger = _moved(old, TriggerState.CANCELLED, "", open_minor, self.facts.as_of)
            event_no = self._event(trigger, fact.event_no)
            if fact.maybe_sent or old.state is TriggerState.DELIVERED:
                due = row["due_date"].date() if row is not None else self.facts.as_of
                self.outcome.notices.append(Notice(trigger, event_no, "", due, cause))

    def _is_of(self, candidate: Candidate, trigger: Trigger) -> bool:
        return trigger.reason is candidate.reason and trigger.trigger_id == trigger_id(
            self.facts.mode, trigger.invoice_number, candidate.reason, trigger.level, candidate.cycle
        )

    def _cause(self, row: Mapping[str, Any] | None, open_minor: int, candidate: Candidate | None) -> str:
        if row is None or row["status"] == "cancelled":
            return "invoice cancelled"
        if open_minor <= 0:
            return "paid"
        if candidate is not None:
            return "paid, then returned"
        return self.due.why_not.get(row["invoice_number"], "not due")


def _moved(trigger: Trigger, state: TriggerState, hold: str, open_minor: int, as_of: date) -> Trigger:
    return Trigger(
        trigger.trigger_id,
        trigger.debtor_number,
        trigger.invoice_number,
        trigger.reason,
        trigger.level,
        trigger.action,
        trigger.plan,
        open_minor,
        trigger.currency,
        as_of,
        state,
        hold,
    )
