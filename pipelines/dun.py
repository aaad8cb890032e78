"""Dunning triggers: facts in, new triggers and changes of state out (D14, GERMAN_BANKING §6). Pure.

Two questions are kept apart. *Is it due?* A level is due by the item's dates and its plan; what is not owed, not due,
too small, covered by the debtor's credit or blocked gets no trigger. *May it leave?* A due trigger is held while money
may be on its way or the bank's side is not fully known. Held triggers are asked again in every run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd

from pipelines.calendar import payable_by, shift
from pipelines.model.coverage import BankCoverage
from pipelines.model.dunning import Trigger, TriggerReason, TriggerState
from pipelines.model.finding import Finding, Severity
from pipelines.model.ids import derive
from pipelines.plans import Level, Plan, Plans
from pipelines.ports.dunning import PaymentFacts, Reopening, TriggerEvent, TriggerFact
from pipelines.waiting import DueItem, plausible_debtors

BANK_DATA_STALE: Final = "bank-data-stale"
RECEIPT_WAITING: Final = "receipt-waiting"
COLLECTION_PENDING: Final = "collection-pending"
DUNNING_BLOCK: Final = "dunning-block"
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
class DunFacts:
    """Everything a run of dunning looks at.

    items / debtors / contracts / collections: frames of ``ports.receivables``. triggers: all stored ones.
    """

    as_of: date
    mode: str
    items: pd.DataFrame
    debtors: pd.DataFrame
    contracts: pd.DataFrame
    collections: pd.DataFrame
    payments: PaymentFacts
    triggers: Sequence[TriggerFact]
    coverage: Sequence[BankCoverage]


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


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An item that is owed and past its due date."""

    item: DueItem
    due_date: date
    plan: Plan
    payment_method: str
    reopening: Reopening | None
    blocked: bool

    @property
    def reason(self) -> TriggerReason:
        returned = self.reopening is not None and self.reopening.returned_on is not None
        return TriggerReason.RETURN_DEBIT if returned else TriggerReason.OVERDUE

    @property
    def levels(self) -> Sequence[Level]:
        return self.plan.return_levels if self.reason is TriggerReason.RETURN_DEBIT else self.plan.levels

    @property
    def cycle(self) -> int:
        return self.reopening.times if self.reopening else 0

    def first_day(self) -> date:
        """The first day on which level 1 is due."""
        wait = timedelta(days=self.levels[0].delay_days)
        if self.reopening is not None and self.reopening.returned_on is not None:
            return self.reopening.returned_on + timedelta(days=self.plan.return_grace_days) + wait
        return payable_by(self.due_date) + timedelta(days=self.plan.grace_days + 1) + wait


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
    if not accounts or any(one.proven_to is None or one.proven_to < needed for one in accounts):
        return BANK_DATA_STALE
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
        self.credit = _credit(facts)
        self._pending_day = _last_collections(facts.collections)
        self._why_not: dict[str, str] = {}
        self.candidates = self._find(plans)
        self._bank_hold = coverage_hold(facts.coverage, facts.as_of, settings)
        self._waiting = plausible_debtors(
            facts.payments.waiting,
            [candidate.item for candidate in self.candidates],
            _balances(facts, self.credit),
            facts.payments.payers,
        )

    def _find(self, plans: Plans) -> list[_Candidate]:
        """Items that are owed and past due, enough to be worth it, and not covered by the debtor's own credit."""
        facts = self.facts
        items = facts.items
        due = items[
            (items["open_minor"] > 0)
            & (items["status"] != "cancelled")
            & (items["document_type"] != "credit_note")
            & (items["due_date"] <= pd.Timestamp(facts.as_of))
        ].sort_values(["debtor_number", "due_date", "invoice_number"])
        masters = _by_key(facts.debtors, "debtor_number", due["debtor_number"])
        contracts = _by_key(facts.contracts, "contract_id", due["contract_id"])
        unknown_plans: set[str] = set()
        found: list[_Candidate] = []
        for row in _rows(due):
            master = masters.get(row["debtor_number"], {})
            contract = contracts.get(row["contract_id"], {})
            names = (row["dunning_plan"], contract.get("dunning_plan", ""), master.get("dunning_plan", ""))
            unknown_plans.update(name for name in names if name and name not in plans.by_name)
            blocked_until = master.get("dunning_block_until")
            candidate = _Candidate(
                _due_item(row, master, self._pending_day),
                row["due_date"].date(),
                plans.choose(*names),
                row["payment_method"],
                facts.payments.reopenings.get(row["invoice_number"]),
                blocked_until is not None and not pd.isna(blocked_until) and blocked_until.date() >= facts.as_of,
            )
            if facts.as_of <= payable_by(candidate.due_date) and candidate.reason is TriggerReason.OVERDUE:
                self._why_not[candidate.item.invoice_number] = "not due"
                continue
            found.append(candidate)
        self.outcome.findings += [_unknown_plan(name) for name in sorted(unknown_plans)]
        return self._worth_it(self._uncovered(found))

    def _uncovered(self, candidates: list[_Candidate]) -> Iterator[_Candidate]:
        """Without the items that the debtor's unassigned credit covers, oldest due date first."""
        rest = dict(self.credit)
        for candidate in candidates:
            key = (candidate.item.debtor_number, candidate.item.currency)
            if rest.get(key, 0) >= candidate.item.open_minor:
                rest[key] -= candidate.item.open_minor
                self._why_not[candidate.item.invoice_number] = "covered by credit"
            else:
                yield candidate

    def _worth_it(self, candidates: Iterable[_Candidate]) -> list[_Candidate]:
        sums: dict[tuple[str, str], int] = defaultdict(int)
        kept = []
        for candidate in candidates:
            item = candidate.item
            if item.open_minor < candidate.plan.min_item(item.currency):
                self._why_not[item.invoice_number] = "too small"
                continue
            sums[(item.debtor_number, item.currency)] += item.open_minor
            kept.append(candidate)
        worth = []
        for candidate in kept:
            item = candidate.item
            if sums[(item.debtor_number, item.currency)] < candidate.plan.min_debtor(item.currency):
                self._why_not[item.invoice_number] = "too small"
            else:
                worth.append(candidate)
        return worth

    # --- one item ---------------------------------------------------------------------------------------------

    def decide(self, candidate: _Candidate, *, create: bool) -> None:
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

    def _hold(self, candidate: _Candidate) -> str:
        if candidate.blocked:
            return DUNNING_BLOCK
        if self._bank_hold:
            return self._bank_hold
        if self._is_collected(candidate):
            return COLLECTION_PENDING
        return RECEIPT_WAITING if candidate.item.debtor_number in self._waiting else ""

    def _is_collected(self, candidate: _Candidate) -> bool:
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

    def _open(self, candidate: _Candidate, number: int, level: Level, id_: str, before: TriggerFact | None) -> None:
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

    def _ask_again(self, candidate: _Candidate, level: Level, fact: TriggerFact) -> TriggerState:
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

    def _notify(self, trigger: Trigger, event_no: int, candidate: _Candidate, level: Level) -> None:
        credit = self.credit.get((trigger.debtor_number, trigger.currency), 0)
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
        now = {row["invoice_number"]: row for row in _rows(wanted)}
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

    def _is_of(self, candidate: _Candidate, trigger: Trigger) -> bool:
        return trigger.reason is candidate.reason and trigger.trigger_id == trigger_id(
            self.facts.mode, trigger.invoice_number, candidate.reason, trigger.level, candidate.cycle
        )

    def _cause(self, row: Mapping[str, Any] | None, open_minor: int, candidate: _Candidate | None) -> str:
        if row is None or row["status"] == "cancelled":
            return "invoice cancelled"
        if open_minor <= 0:
            return "paid"
        if candidate is not None:
            return "paid, then returned"
        return self._why_not.get(row["invoice_number"], "not due")


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


def _credit(facts: DunFacts) -> dict[tuple[str, str], int]:
    """Unassigned credit by (debtor, currency), positive: money on account and open credit notes."""
    credit: dict[tuple[str, str], int] = defaultdict(int)
    for key, minor in facts.payments.on_account.items():
        credit[key] += minor
    notes = facts.items[facts.items["open_minor"] < 0]
    for row in _rows(notes[["debtor_number", "currency", "open_minor"]]):
        credit[(row["debtor_number"], row["currency"])] -= int(row["open_minor"])
    return {key: minor for key, minor in credit.items() if minor > 0}


def _balances(facts: DunFacts, credit: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """What each debtor owes altogether, due or not, credit taken off."""
    owed = facts.items[facts.items["open_minor"] > 0]
    sums = owed.groupby(["debtor_number", "currency"], sort=False)["open_minor"].sum()
    balances: dict[tuple[str, str], int] = {}
    for key, minor in sums.items():
        assert isinstance(key, tuple)
        pair = (str(key[0]), str(key[1]))
        balances[pair] = int(minor) - credit.get(pair, 0)
    return balances


def _last_collections(collections: pd.DataFrame) -> dict[str, date]:
    """Invoice number → day of its latest direct debit."""
    if collections.empty:
        return {}
    latest = collections.groupby("invoice_number")["collection_date"].max()
    return {str(number): day.date() for number, day in latest.items() if number}


def _due_item(row: Mapping[str, Any], master: Mapping[str, Any], collected: Mapping[str, date]) -> DueItem:
    names = [row["debtor_name"], master.get("name", ""), *row["aliases"].split("|")]
    references = [
        row["invoice_number"], row["debtor_number"], row["order_number"], row["end_to_end_id"], row["mandate_id"],
        row["contract_id"], row["creditor_reference"], *row["shipment_ids"].split("|"),
    ]  # fmt: skip
    return DueItem(
        row["invoice_number"],
        row["debtor_number"],
        row["currency"],
        int(row["open_minor"]),
        row["issue_date"].date(),
        int(row["cash_discount_basis_points"]),
        tuple(dict.fromkeys(name for name in names if name)),
        tuple(iban for iban in row["debtor_ibans"].split("|") if iban),
        tuple(dict.fromkeys(reference for reference in references if reference)),
        collected.get(row["invoice_number"]),
    )


def _rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    for values in zip(*(frame[name] for name in names), strict=True):
        yield dict(zip(names, values, strict=True))


def _by_key(frame: pd.DataFrame, key: str, wanted: pd.Series[Any]) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in _rows(frame[frame[key].isin(wanted)])}


def _unknown_plan(name: str) -> Finding:
    label = name if name.isprintable() and len(name) <= 40 else "?"
    return Finding(
        "dunning-plan-unknown",
        Severity.WARNING,
        label,
        f"Dunning plan {label!r} is named in the data but not defined; the default plan is used. "
        "Define it in the plans file or correct the data.",
    )
