"""Which plan an item follows, and what a plan does on its way: collections, grace, fees."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipelines.model.dunning_case import NewCollection
from pipelines.plans import parse_plans
from pipelines.ports.dunning import PaymentFacts, Reopening
from pipelines.ports.dunning_cases import Cases
from tests.dunning_morning import TODAY, World, invoice, receipt

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
