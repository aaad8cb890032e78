"""Who is dunned, who is not, and who is asked for later: in the words of the trade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dun import DunFacts, DunOutcome, DunSettings, plan_dunning, trigger_id
from pipelines.model.coverage import BankCoverage
from pipelines.model.dunning import Trigger, TriggerReason, TriggerState
from pipelines.model.dunning_case import NewCollection
from pipelines.plans import Plans, load_plans, parse_plans
from pipelines.ports.dunning import PaymentFacts, Reopening, TriggerEvent, TriggerFact, WaitingReceipt
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


def test_an_overdue_invoice_gets_a_reminder() -> None:
    world = World([invoice()])
    outcome = world.morning()
    trigger = world.only()
    assert (trigger.reason, trigger.level, trigger.action, trigger.plan) == (
        TriggerReason.OVERDUE, 1, "reminder", "standard",
    )  # fmt: skip
    assert (trigger.state, trigger.open_minor, trigger.as_of) == (TriggerState.READY, 10000, TODAY)
    assert [notice.channel for notice in outcome.notices] == ["email"]


def test_the_second_run_of_a_day_changes_nothing() -> None:
    world = World([invoice(), invoice("RE-2", "D2")], payments=PaymentFacts([receipt(rest=10000)]))
    world.morning()
    again = world.morning()
    assert (again.new, again.events, again.notices) == ([], [], [])


@pytest.mark.parametrize(
    ("due", "dunned"),
    [(date(2026, 11, 13), False), (date(2026, 11, 12), True), (date(2026, 11, 14), False), (TODAY, False)],
)
def test_the_grace_is_days_without_action_after_the_last_day_to_pay(due: date, dunned: bool) -> None:
    world = World([invoice(due_date=due)])
    world.morning(date(2026, 11, 16))
    assert bool(world.facts) is dunned


@pytest.mark.parametrize(
    "item",
    [
        invoice(open_=0), invoice(status="cancelled"), invoice(open_=-5000, document_type="credit_note"),
        invoice(open_=99), invoice(due_date=date(2026, 12, 1)),
    ],
)  # fmt: skip
def test_what_is_not_owed_not_due_or_too_small_is_never_dunned(item: dict[str, object]) -> None:
    world = World([item])
    world.morning()
    assert world.facts == {}


def test_a_blocked_debtor_is_left_alone_to_the_last_day_of_the_block() -> None:
    block = {"debtor_number": "D1", "name": "x", "dunning_plan": "", "dunning_block_until": TODAY}
    world = World([invoice()], debtors=[block])
    world.morning()
    assert world.facts == {}
    world.morning(TODAY + timedelta(days=1))
    assert world.states() == {"RE-1/1": "ready"}
    block["dunning_block_until"] = TODAY + timedelta(days=9)
    world.morning(TODAY + timedelta(days=2))
    assert world.states() == {"RE-1/1": "dunning-block"}


def test_credit_on_account_or_an_open_credit_note_nets_the_debtor() -> None:
    world = World([invoice()], payments=PaymentFacts(on_account={("D1", "EUR"): 10000}))
    world.morning()
    assert world.facts == {}
    world = World([invoice(), invoice("G-1", open_=-10000, document_type="credit_note")])
    world.morning()
    assert world.facts == {}
    # 100.00 of credit cover the older of two items, not both; dollars cover nothing.
    world = World(
        [invoice("RE-1"), invoice("RE-2", due_date=date(2026, 10, 20)), invoice("RE-3", "D2")],
        payments=PaymentFacts(on_account={("D1", "EUR"): 10000, ("D2", "USD"): 99999}),
    )
    outcome = world.morning()
    assert world.states() == {"RE-2/1": "ready", "RE-3/1": "ready"}
    assert [notice.credit_minor for notice in outcome.notices] == [10000, 0]


def test_levels_follow_one_another_by_days_after_delivery() -> None:
    world = World([invoice()])
    day = TODAY
    world.morning(day)
    world.deliver(day)
    world.morning(day + timedelta(days=9))
    assert world.states() == {"RE-1/1": "delivered"}
    world.morning(day + timedelta(days=10))
    assert world.states() == {"RE-1/1": "delivered", "RE-1/2": "ready"}
    world.deliver(day + timedelta(days=10))
    for late in (60, 61, 200, 400):
        world.morning(day + timedelta(days=late))
        world.deliver(day + timedelta(days=late))
    assert world.states() == {f"RE-1/{level}": "delivered" for level in (1, 2, 3, 4)}


def test_a_long_overdue_item_starts_at_the_first_level_and_climbs_one_a_run() -> None:
    world = World([invoice(due_date=date(2026, 1, 15))])
    world.morning()
    assert world.states() == {"RE-1/1": "ready"}


def test_with_a_sink_a_level_counts_only_once_it_was_delivered() -> None:
    world = World([invoice()], settings=DunSettings(wait_for_delivery=True))
    world.morning(TODAY)
    world.morning(TODAY + timedelta(days=30))
    assert world.states() == {"RE-1/1": "ready"}
    world = World([invoice()])
    world.morning(TODAY)
    world.morning(TODAY + timedelta(days=30))
    assert world.states() == {"RE-1/1": "ready", "RE-1/2": "ready"}


def test_a_return_debit_starts_its_own_levels_at_once() -> None:
    world = World(
        [invoice(due_date=TODAY - timedelta(days=2))],
        payments=PaymentFacts(reopenings={"RE-1": Reopening(1, TODAY)}),
    )
    world.morning()
    trigger = world.only()
    assert (trigger.reason, trigger.level, trigger.action) == (TriggerReason.RETURN_DEBIT, 1, "return_notice")


def test_each_return_starts_dunning_afresh_and_takes_back_what_was_said_before() -> None:
    world = World([invoice()])
    world.morning()
    world.deliver()
    world.items = [invoice(open_=0)]
    paid = world.morning(TODAY + timedelta(days=1))
    assert [notice.cause for notice in paid.notices] == ["paid"]
    world.items = [invoice()]
    returned = TODAY + timedelta(days=2)
    world.payments = PaymentFacts(reopenings={"RE-1": Reopening(1, returned)})
    outcome = world.morning(returned)
    assert [trigger.reason for trigger in outcome.new] == [TriggerReason.RETURN_DEBIT]
    world.deliver(returned)
    world.payments = PaymentFacts(reopenings={"RE-1": Reopening(2, returned + timedelta(days=30))})
    outcome = world.morning(returned + timedelta(days=30))
    assert [(trigger.reason, trigger.level) for trigger in outcome.new] == [(TriggerReason.RETURN_DEBIT, 1)]
    assert [notice.cause for notice in outcome.notices if notice.cause] == ["paid, then returned"]


def test_an_undone_match_reopens_as_overdue_not_as_a_return() -> None:
    world = World([invoice()], payments=PaymentFacts(reopenings={"RE-1": Reopening(1, None)}))
    world.morning()
    assert world.only().reason is TriggerReason.OVERDUE
    assert world.only().trigger_id == trigger_id("test", "RE-1", TriggerReason.OVERDUE, 1, 1)


def test_a_later_payment_takes_back_what_waits_and_what_went_out() -> None:
    world = World([invoice("RE-1"), invoice("RE-2", "D2")])
    world.morning()
    key = trigger_id("test", "RE-2", TriggerReason.OVERDUE, 1, 0)
    fact = world.facts[key]
    world.remember(TriggerEvent(key, fact.event_no + 1, TriggerState.DELIVERED, "", 10000, TODAY), maybe_sent=True)
    world.items = [invoice("RE-1", open_=0), invoice("RE-2", "D2", status="cancelled", open_=0)]
    outcome = world.morning(TODAY + timedelta(days=1))
    assert world.states() == {"RE-1/1": "cancelled", "RE-2/1": "cancelled"}
    assert [(notice.trigger.invoice_number, notice.cause) for notice in outcome.notices] == [
        ("RE-2", "invoice cancelled")
    ]


def test_a_try_without_an_answer_may_have_arrived_and_is_taken_back_too() -> None:
    world = World([invoice()])
    world.morning()
    (key,) = world.facts
    world.facts[key] = replace(world.facts[key], maybe_sent=True)
    world.items = [invoice(open_=0)]
    assert [notice.cause for notice in world.morning(TODAY + timedelta(days=1)).notices] == ["paid"]


def test_a_part_payment_changes_the_amount_of_a_trigger_that_has_not_gone_out() -> None:
    world = World([invoice()])
    world.morning()
    world.items = [invoice(open_=4000, amount_minor=10000)]
    outcome = world.morning(TODAY + timedelta(days=1))
    assert world.only().open_minor == 4000
    assert [notice.trigger.open_minor for notice in outcome.notices] == [4000]


def test_what_was_covered_is_dunned_again_when_the_credit_is_gone() -> None:
    world = World([invoice()])
    world.morning()
    world.payments = PaymentFacts(on_account={("D1", "EUR"): 20000})
    world.morning(TODAY + timedelta(days=1))
    assert world.states() == {"RE-1/1": "cancelled"}
    world.payments = PaymentFacts()
    world.morning(TODAY + timedelta(days=2))
    assert world.states() == {"RE-1/1": "ready"}


# --- holds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("coverage", "state"),
    [
        ([], "bank-data-stale"),
        ([BankCoverage("DE1", None)], "bank-data-stale"),
        ([BankCoverage("DE1", YESTERDAY), BankCoverage("DE2", date(2026, 11, 13))], "bank-data-stale"),
        ([BankCoverage("DE1", YESTERDAY), BankCoverage("DE2", YESTERDAY, ("statement-gap",))], "statement-gap"),
        ([BankCoverage("DE1", YESTERDAY, ("statement-held",))], "statement-held"),
        ([BankCoverage("DE1", YESTERDAY)], "ready"),
        ([BankCoverage("DE1", TODAY)], "ready"),
    ],
)
def test_nobody_is_dunned_unless_the_bank_data_covers_the_day(coverage: list[BankCoverage], state: str) -> None:
    world = World([invoice()], coverage=coverage)
    outcome = world.morning()
    assert world.states() == {"RE-1/1": state}
    assert bool(outcome.notices) is (state == "ready")


def test_a_weekend_needs_no_statement_and_old_accounts_may_be_left_out() -> None:
    world = World([invoice()], coverage=[BankCoverage("DE1", date(2026, 11, 13)), BankCoverage("OLD", None)])
    world.settings = DunSettings(ignored_accounts=frozenset({"OLD"}))
    world.morning(date(2026, 11, 16))
    assert world.states() == {"RE-1/1": "ready"}


def receipt(rest: int = 777, **more: object) -> WaitingReceipt:
    return replace(WaitingReceipt("T1", TODAY - timedelta(days=3), rest, "EUR"), **more)  # type: ignore[arg-type]


DEBTOR = invoice(
    debtor_name="Müller & Söhne GmbH", debtor_ibans="DE02120300000000202051", aliases="Musterhandel Nord",
    cash_discount_basis_points=200, order_number="B-55-1234", mandate_id="MND-0815",
)  # fmt: skip


@pytest.mark.parametrize(
    "waiting",
    [
        receipt(debtors=frozenset({"D1"})),
        receipt(invoices=frozenset({"RE-1"})),
        receipt(counterparty_iban="DE02120300000000202051"),
        receipt(counterparty_iban="DE99"),
        receipt(names=("MUELLER UND SOEHNE",)),
        receipt(names=("Soehne Mueler GmbH",)),
        receipt(names=("Musterhandel Nord KG",)),
        receipt(10000),
        receipt(9800),
        receipt(16000),
        receipt(references=("Zahlung B 55 1234 danke",)),
        receipt(references=("MND-0815",)),
        receipt(held=True, names=("Müller & Söhne GmbH",)),
    ],
)
def test_money_that_may_be_the_debtors_holds_his_triggers(waiting: WaitingReceipt) -> None:
    other = invoice("RE-2", open_=6000, due_date=date(2026, 12, 1), debtor_name="Müller & Söhne GmbH")
    payments = PaymentFacts([waiting], payers={"DE99": frozenset({"D1"})})
    world = World([DEBTOR, other, invoice("RE-9", "D9", 3333)], payments=payments)
    world.morning()
    assert world.states() == {"RE-1/1": "receipt-waiting", "RE-9/1": "ready"}
    world.payments = PaymentFacts()
    world.morning(TODAY + timedelta(days=1))
    assert world.states() == {"RE-1/1": "ready", "RE-9/1": "ready"}


@pytest.mark.parametrize(
    "waiting",
    [
        receipt(names=("Schmidt Elektro",)),
        receipt(9999),
        receipt(10000, currency="USD"),
        receipt(10000, booking_date=date(2026, 1, 5)),
        receipt(references=("RE-12345", "55")),
        receipt(counterparty_iban="DE02500105170137075030"),
    ],
)
def test_money_that_is_plainly_another_ones_holds_nobody(waiting: WaitingReceipt) -> None:
    world = World([DEBTOR], payments=PaymentFacts([waiting]))
    world.morning()
    assert world.states() == {"RE-1/1": "ready"}


@pytest.mark.parametrize(
    ("collected", "more", "state"),
    [
        (date(2026, 11, 13), {}, "collection-pending"),
        (date(2026, 11, 20), {}, "collection-pending"),
        (date(2026, 11, 5), {}, "ready"),
        (date(2026, 11, 13), {"last_paid": {"RE-1": date(2026, 11, 13)}}, "ready"),
        (date(2026, 11, 13), {"reopenings": {"RE-1": Reopening(1, date(2026, 11, 16))}}, "ready"),
        (date(2026, 11, 13), {"reopenings": {"RE-1": Reopening(1, date(2026, 11, 2))}}, "collection-pending"),
    ],
)
def test_a_direct_debit_on_its_way_is_waited_for(collected: date, more: dict[str, object], state: str) -> None:
    world = World(
        [invoice()],
        collections=[{"invoice_number": "RE-1", "collection_date": collected}],
        payments=PaymentFacts(**more),  # type: ignore[arg-type]
    )
    world.morning()
    assert world.states() == {"RE-1/1": state}


def test_an_item_to_be_collected_waits_a_week_even_without_a_submission() -> None:
    world = World([invoice(payment_method="direct_debit", due_date=date(2026, 11, 12))])
    world.morning(date(2026, 11, 17))
    assert world.states() == {"RE-1/1": "collection-pending"}
    world.morning(date(2026, 11, 23))
    assert world.states() == {"RE-1/1": "ready"}


def test_an_unresolved_batch_of_our_collections_holds_those_it_may_hold() -> None:
    batch = receipt(123456, settles_collections=True, booking_date=date(2026, 11, 5))
    world = World(
        [invoice("RE-1"), invoice("RE-2", "D2", 222), invoice("RE-3", "D3", 333)],
        collections=[
            {"invoice_number": "RE-1", "collection_date": date(2026, 11, 4)},
            {"invoice_number": "RE-2", "collection_date": date(2026, 9, 4)},
        ],
        payments=PaymentFacts([batch]),
    )
    world.morning()
    assert world.states() == {"RE-1/1": "receipt-waiting", "RE-2/1": "ready", "RE-3/1": "ready"}


def test_before_delivery_nothing_new_is_opened_but_holds_are_asked_again() -> None:
    world = World([invoice("RE-1"), invoice("RE-2", "D2", 5000)])
    world.morning()
    world.items.append(invoice("RE-3", "D3"))
    world.payments = PaymentFacts([receipt(debtors=frozenset({"D2"}))])
    world.morning(create=False)
    assert world.states() == {"RE-1/1": "ready", "RE-2/1": "receipt-waiting"}


# --- plans --------------------------------------------------------------------------------------------------------

TWO_PLANS = parse_plans(
    """
[[plans]]
name = "soft"
default = true
grace_days = 30
[[plans.levels]]
action = "reminder"
[[plans]]
name = "hard"
min_debtor = "500.00"
[[plans.levels]]
action = "dunning"
""",
    "plans.toml",
)


def test_the_plan_is_the_items_else_its_contracts_else_the_debtors_else_the_default() -> None:
    due = date(2026, 11, 1)
    world = World(
        [
            invoice("RE-1", "D1", 60000, due_date=due, dunning_plan="hard"),
            invoice("RE-2", "D2", 60000, due_date=due, contract_id="C2"),
            invoice("RE-3", "D3", 60000, due_date=due),
            invoice("RE-4", "D4", 60000, due_date=due),
            invoice("RE-5", "D5", 60000, due_date=due, dunning_plan="soft", contract_id="C2"),
        ],
        debtors=[{"debtor_number": "D3", "name": "x", "dunning_plan": "hard"}],
        contracts=[{"contract_id": "C2", "debtor_number": "D2", "status": "active", "dunning_plan": "hard"}],
        plans=TWO_PLANS,
    )
    world.morning()
    assert world.states() == {"RE-1/1": "ready", "RE-2/1": "ready", "RE-3/1": "ready"}


def test_too_little_per_debtor_and_plans_nobody_defined() -> None:
    world = World(
        [
            invoice("RE-1", "D1", 30000, dunning_plan="hard"),
            invoice("RE-2", "D2", 30000, dunning_plan="hard"),
            invoice("RE-3", "D2", 30000, dunning_plan="hard"),
            invoice("RE-4", "D4", due_date=date(2026, 8, 1), dunning_plan="none"),
        ],
        plans=TWO_PLANS,
    )
    outcome = world.morning()
    assert world.states() == {"RE-2/1": "ready", "RE-3/1": "ready", "RE-4/1": "ready"}
    assert [(finding.code, finding.subject) for finding in outcome.findings] == [("dunning-plan-unknown", "none")]


# --- invariants ---------------------------------------------------------------------------------------------------

DEBTORS = st.sampled_from(["D1", "D2", "D3"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(DEBTORS, st.integers(1, 400), st.integers(-20, 60)), min_size=1, max_size=8),
    st.lists(st.tuples(DEBTORS, st.integers(1, 50_000), st.booleans()), max_size=4),
    st.lists(st.tuples(DEBTORS, st.integers(1, 50_000)), max_size=2),
    st.integers(0, 40),
)
def test_never_a_ready_trigger_for_a_debtor_with_waiting_money_or_enough_credit(
    invoices: list[tuple[str, int, int]],
    receipts: list[tuple[str, int, bool]],
    credits: list[tuple[str, int]],
    later: int,
) -> None:
    world = World(
        [
            invoice(f"RE-{n}", debtor, euros * 100, due_date=TODAY - timedelta(days=days))
            for n, (debtor, euros, days) in enumerate(invoices)
        ],
        payments=PaymentFacts(
            [
                receipt(minor, transaction_id=f"T{n}", held=held, debtors=frozenset({debtor}))
                for n, (debtor, minor, held) in enumerate(receipts)
            ],
            on_account={(debtor, "EUR"): minor for debtor, minor in credits},
        ),
    )
    waiting = {debtor for debtor, _, _ in receipts}
    owed: dict[str, int] = {}
    for debtor, euros, _ in invoices:
        owed[debtor] = owed.get(debtor, 0) + euros * 100
    for today in (TODAY, TODAY + timedelta(days=later)):
        world.morning(today)
        for fact in world.facts.values():
            trigger = fact.trigger
            if trigger.state is TriggerState.READY:
                assert trigger.debtor_number not in waiting
                assert world.payments.on_account.get((trigger.debtor_number, "EUR"), 0) < owed[trigger.debtor_number]
                assert trigger.open_minor >= 100
        assert world.morning(today).events == []
        world.items.reverse()
        assert world.morning(today).events == []


# --- plans to the end -----------------------------------------------------------------------------------------------

RETRY = """
[[plans]]
name = "retry"
default = true
[[plans.levels]]
action = "dunning_1"
retry = true
[[plans.levels]]
delay_days = 7
action = "dunning_2"
"""


def retried(world: World, made: NewCollection) -> None:
    """What a run stored is known to the next one."""
    world.collections.append({"invoice_number": made.invoice_number, "collection_date": made.collection_date})
    known = [*world.cases.collections.get(made.invoice_number, ()), made]
    world.cases = replace(world.cases, collections={**world.cases.collections, made.invoice_number: known})


def test_a_collection_is_tried_before_the_letter_which_goes_out_only_when_it_failed() -> None:
    world = World([invoice(mandate_id="M-1")], plans=parse_plans(RETRY, "test"))
    (made,) = world.morning().collections
    assert (made.level, made.amount_minor, made.collection_date) == (1, 10000, date(2026, 12, 1))
    assert world.facts == {}
    retried(world, made)
    for day in (TODAY, TODAY + timedelta(days=3), date(2026, 12, 1), date(2026, 12, 8)):
        outcome = world.morning(day)
        assert (outcome.new, outcome.collections) == ([], [])
    # Neither credited nor returned after a week: it failed.
    world.morning(date(2026, 12, 9))
    assert world.states() == {"RE-1/1": "ready"}


def test_a_tried_collection_that_comes_back_goes_on_with_the_letter_it_came_before() -> None:
    plans = parse_plans(
        RETRY.replace("retry = true", "").replace("delay_days = 7", "delay_days = 7\nretry = true"), "t"
    )
    world = World([invoice(mandate_id="M-1")], plans=plans)
    world.morning()
    (made,) = world.morning(TODAY + timedelta(days=7)).collections
    retried(world, made)
    world.payments = PaymentFacts(reopenings={"RE-1": Reopening(1, date(2026, 12, 20))})
    world.morning(date(2026, 12, 20))
    assert world.states()["RE-1/2"] == "ready"


@pytest.mark.parametrize("why", ["no mandate", "hard decline", "blocked account", "tried often enough"])
def test_where_a_collection_is_pointless_the_letter_goes_out_at_once(why: str) -> None:
    item = invoice(mandate_id="" if why == "no mandate" else "M-1", debtor_ibans="DE1")
    world = World([item], plans=parse_plans(RETRY, "test"))
    old = NewCollection("E", "RE-1", "D1", "M-1", "", 10000, "EUR", date(2026, 1, 2), 7)
    world.cases = Cases(
        hard=frozenset({"RE-1"} if why == "hard decline" else ()),
        blocked_ibans=frozenset({"DE1"} if why == "blocked account" else ()),
        collections={"RE-1": [old, old]} if why == "tried often enough" else {},
    )
    outcome = world.morning()
    assert outcome.collections == []
    assert world.states() == {"RE-1/1": "ready"}


def test_money_on_its_way_is_waited_for_before_a_collection_is_tried() -> None:
    world = World([invoice(mandate_id="M-1")], plans=parse_plans(RETRY, "test"))
    world.payments = PaymentFacts([receipt(10000)])
    assert world.morning().collections == []
    world.payments = PaymentFacts()
    assert len(world.morning(TODAY + timedelta(days=1)).collections) == 1


def test_a_hard_decline_may_go_without_grace() -> None:
    text = RETRY.replace("default = true", "default = true\nreturn_grace_days = 5\nhard_decline_grace = false")
    for hard, dunned in ((frozenset({"RE-1"}), True), (frozenset[str](), False)):
        world = World([invoice()], plans=parse_plans(text, "test"), cases=Cases(hard=hard))
        world.payments = PaymentFacts(reopenings={"RE-1": Reopening(1, TODAY)})
        world.morning()
        assert bool(world.facts) is dunned


def test_a_fee_is_dunned_with_its_invoice_and_alone_only_when_that_is_paid() -> None:
    cases = Cases(of_invoice={"RE-1-M1": "RE-1"})
    fee = invoice("RE-1-M1", open_=250, document_type="fee")
    world = World([invoice(), fee], cases=cases)
    world.morning()
    assert world.states() == {"RE-1/1": "ready"}
    world.items = [invoice(open_=0), fee]
    world.morning(TODAY + timedelta(days=1))
    assert world.states()["RE-1-M1/1"] == "ready"
