"""Who is dunned and who is not: in the words of the trade."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipelines.dun import DunSettings, trigger_id
from pipelines.model.dunning import TriggerReason, TriggerState
from pipelines.ports.dunning import PaymentFacts, Reopening, TriggerEvent
from tests.dunning_morning import TODAY, World, invoice, receipt


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
