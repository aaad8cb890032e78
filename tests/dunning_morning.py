"""Dunning decided in memory: the facts of one morning, and the triggers that earlier mornings left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pandas as pd

from pipelines.dun import DunFacts, DunOutcome, DunSettings, plan_dunning
from pipelines.model.coverage import BankCoverage
from pipelines.model.dunning import Trigger, TriggerState
from pipelines.plans import Plans, load_plans
from pipelines.ports.dunning import PaymentFacts, TriggerEvent, TriggerFact, WaitingReceipt
from pipelines.ports.dunning_cases import Cases

TODAY = date(2026, 11, 17)
YESTERDAY = date(2026, 11, 16)
PLANS = load_plans()


def invoice(number: str = "RE-1", debtor: str = "D1", open_: int = 10000, **more: object) -> dict[str, object]:
    """An invoice a month overdue, unless said otherwise."""
    return {
        "invoice_number": number, "debtor_number": debtor, "amount_minor": open_, "open_minor": open_,
        "currency": "EUR", "issue_date": date(2026, 9, 20), "due_date": date(2026, 10, 15),
        "document_type": "invoice", "status": "open", "debtor_name": f"Debitor {debtor}", "debtor_ibans": "",
        "aliases": "", "mandate_id": "", "end_to_end_id": "", "creditor_reference": "", "order_number": "",
        "shipment_ids": "", "contract_id": "", "cash_discount_basis_points": 0, "payment_method": "transfer",
        "dunning_plan": "", **more,
    }  # fmt: skip


def frame(rows: Iterable[dict[str, object]], columns: Iterable[str], days: Iterable[str] = ()) -> pd.DataFrame:
    made = pd.DataFrame(list(rows), columns=list(columns))
    for day in days:
        made[day] = pd.to_datetime(made[day]).astype("datetime64[s]")
    return made


@dataclass
class World:
    """Facts of one morning, and the triggers that earlier mornings left."""

    items: list[dict[str, object]] = field(default_factory=list)
    debtors: list[dict[str, object]] = field(default_factory=list)
    contracts: list[dict[str, object]] = field(default_factory=list)
    collections: list[dict[str, object]] = field(default_factory=list)
    payments: PaymentFacts = field(default_factory=PaymentFacts)
    coverage: list[BankCoverage] | None = None
    plans: Plans = PLANS
    settings: DunSettings = field(default_factory=DunSettings)
    facts: dict[str, TriggerFact] = field(default_factory=dict)
    cases: Cases = field(default_factory=Cases)

    def morning(self, today: date = TODAY, *, create: bool = True) -> DunOutcome:
        """One run; its events are remembered."""
        proven = self.coverage
        if proven is None:
            proven = [BankCoverage("DE1", today - timedelta(days=1))]
        outcome = plan_dunning(
            DunFacts(
                today, "test",
                frame(self.items, invoice(), ["issue_date", "due_date"]).astype(
                    {"open_minor": "Int64", "amount_minor": "Int64", "cash_discount_basis_points": "Int64"}
                ),
                frame(self.debtors, ["debtor_number", "name", "dunning_plan", "dunning_block_until"],
                      ["dunning_block_until"]),
                frame(self.contracts, ["contract_id", "debtor_number", "status", "dunning_plan"]),
                frame(self.collections, ["invoice_number", "collection_date"], ["collection_date"]),
                self.payments, list(self.facts.values()), proven, cases=self.cases,
            ),
            self.plans, self.settings, create=create,
        )  # fmt: skip
        for trigger in outcome.new:
            self.facts[trigger.trigger_id] = TriggerFact(trigger, today, 0)
        for event in outcome.events:
            self.remember(event)
        return outcome

    def remember(self, event: TriggerEvent, *, maybe_sent: bool | None = None) -> None:
        before = self.facts[event.trigger_id]
        trigger = replace(before.trigger, state=event.state, hold_reason=event.hold_reason, open_minor=event.open_minor)
        sent = before.maybe_sent if maybe_sent is None else maybe_sent
        self.facts[event.trigger_id] = TriggerFact(trigger, event.as_of, event.event_no, sent)

    def deliver(self, today: date = TODAY) -> None:
        """Everything ready goes out."""
        for key, fact in list(self.facts.items()):
            if fact.trigger.state is TriggerState.READY:
                done = TriggerEvent(key, fact.event_no + 1, TriggerState.DELIVERED, "", fact.trigger.open_minor, today)
                self.remember(done, maybe_sent=True)

    def states(self) -> dict[str, str]:
        """invoice/level → state, with the hold's reason."""
        return {
            f"{fact.trigger.invoice_number}/{fact.trigger.level}": fact.trigger.hold_reason or fact.trigger.state.value
            for fact in sorted(self.facts.values(), key=lambda fact: (fact.trigger.invoice_number, fact.trigger.level))
        }

    def only(self) -> Trigger:
        (fact,) = self.facts.values()
        return fact.trigger


def receipt(rest: int = 777, **more: object) -> WaitingReceipt:
    return replace(WaitingReceipt("T1", TODAY - timedelta(days=3), rest, "EUR"), **more)  # type: ignore[arg-type]
