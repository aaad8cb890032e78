"""Who is asked for later: money on its way, bank data that are not complete, receipts that wait."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dun import DunSettings
from pipelines.model.coverage import BankCoverage
from pipelines.model.dunning import TriggerState
from pipelines.ports.dunning import PaymentFacts, Reopening, WaitingReceipt
from tests.dunning_morning import TODAY, YESTERDAY, World, invoice, receipt


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
