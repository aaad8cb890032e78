"""What goes wrong between us and a bank ends in all data or in a named state; each fault is seen to have fired."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipelines.errors import SourceUnavailable
from pipelines.simulator.fints_dialogs import FintsBank
from pipelines.simulator.fints_manner import Manner
from tests.fints_world import Bank, open_bank, told, truth


@pytest.fixture
def bank() -> Iterator[Bank]:
    with open_bank() as bank:
        bank.fetch()  # from here on the PIN is known to be right
        bank.orders.clear()
        yield bank


@pytest.mark.parametrize(
    "fault", ["http-503", "http-500", "http-429", "connection-reset", "half-body", "html-page", "slow"]
)
@pytest.mark.parametrize("after", [0, 3])
def test_what_passes_is_tried_again_and_ends_complete(fault: str, after: int, bank: Bank) -> None:
    bank.faults.arm(fault, times=1, after=after)
    fetched = bank.fetch(timeout=0.25)
    assert bank.faults.fired[fault] == 1
    assert fetched.complete
    assert told(fetched.booked()) == truth(bank.world)
    assert bank.pauses[0] >= 1.0


def test_retry_after_is_respected(bank: Bank) -> None:
    bank.faults.arm("http-429", times=2)
    assert bank.fetch().complete
    assert bank.pauses == [1.0, 2.0]


@pytest.mark.parametrize("fault", ["http-503", "connection-reset", "half-body", "html-page"])
def test_what_does_not_pass_is_a_source_that_is_not_there(fault: str, bank: Bank) -> None:
    bank.faults.arm(fault, times=None)
    fetched = bank.fetch()
    assert isinstance(fetched.error, SourceUnavailable)
    assert fetched.documents == []
    assert bank.faults.fired[fault] == 3


def test_a_bank_that_goes_away_leaves_what_was_complete(bank: Bank) -> None:
    bank.faults.arm("http-503", times=None, after=7)
    fetched = bank.fetch()
    assert fetched.states() == [("complete", ""), ("unavailable", "source-unavailable")]
    assert {account for account, _, _ in told(fetched.documents)} == {bank.ibans[0]}


def test_a_bank_that_is_gone_for_good_is_not_asked_for_every_account() -> None:
    with open_bank(accounts=6) as bank:
        bank.fetch()
        bank.faults.arm("http-503", times=None, after=3)
        fetched = bank.fetch()
        assert fetched.states() == [("unavailable", "source-unavailable")] * 6
        assert bank.faults.fired["http-503"] == 9  # three tries for each of three accounts


def test_a_login_refused_for_reasons_of_its_own_is_a_source_that_is_not_there(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        FintsBank, "_tell_parameters", lambda _bank, _dialog, order, answer: answer.tell(order, "9010", "Heute nicht.")
    )
    error = bank.fetch().error
    assert isinstance(error, SourceUnavailable)
    assert "9010" in str(error)
    assert "Heute nicht" not in str(error)
    assert bank.orders.count("HKIDN") == 1


def test_an_order_the_bank_refuses_is_an_account_that_is_not_there(bank: Bank) -> None:
    bank.faults.arm("fints-order-refused", times=2)  # camt, then MT940
    fetched = bank.fetch()
    assert fetched.states() == [("unavailable", "order-refused-9010"), ("complete", "")]
    assert bank.pauses == []


def test_a_dialogue_the_bank_ends_begins_anew(bank: Bank) -> None:
    bank.faults.arm("fints-aborted", times=1, after=2)
    fetched = bank.fetch()
    assert bank.faults.fired["fints-aborted"] == 1
    assert fetched.complete
    assert told(fetched.booked()) == truth(bank.world)


def test_a_lost_page_is_noticed_and_fetched_again(bank: Bank) -> None:
    bank.faults.arm("fints-page-lost", times=1)
    fetched = bank.fetch()
    assert bank.faults.fired["fints-page-lost"] == 1
    assert fetched.complete
    assert told(fetched.booked()) == truth(bank.world)


@pytest.mark.parametrize("camt", [True, False])
def test_a_repeated_page_is_noticed_and_fetched_again(camt: bool) -> None:
    with open_bank(manner=Manner(camt=camt, mt940=not camt)) as bank:
        bank.faults.arm("fints-page-repeats", times=1)
        fetched = bank.fetch()
        assert bank.faults.fired["fints-page-repeats"] == 1
        assert fetched.complete
        assert told(fetched.booked()) == truth(bank.world)


def test_pages_that_repeat_for_ever_are_an_incomplete_account(bank: Bank) -> None:
    bank.faults.arm("fints-page-repeats", times=None)
    fetched = bank.fetch()
    assert fetched.states() == [("incomplete", "pages-differ")] * 2
    assert fetched.documents == []


def test_an_empty_document_is_left_out(bank: Bank) -> None:
    bank.faults.arm("fints-empty-document", times=None)
    fetched = bank.fetch()
    assert bank.faults.fired["fints-empty-document"] > 0
    assert fetched.complete
    assert told(fetched.booked()) == truth(bank.world)


def test_no_data_although_there_is_contradicts_the_balance(bank: Bank) -> None:
    bank.world.advance(2)
    assert bank.fetch().complete
    bank.world.advance(5)
    bank.faults.arm("fints-no-data", times=None)
    fetched = bank.fetch(accounts=[bank.ibans[0]])
    assert bank.faults.fired["fints-no-data"] == 3
    assert fetched.states() == [("incomplete", "balance-differs")]
    assert [one.name.rpartition("/")[2] for one in fetched.documents] == ["balance.hisal"]


@pytest.mark.parametrize("times", [1, None])
def test_a_lost_last_page_contradicts_the_balance(times: int | None) -> None:
    with open_bank(manner=Manner(documents=4), accounts=1) as bank:
        first = bank.world.today - timedelta(days=8)
        assert bank.fetch(since=first).complete
        bank.faults.arm("fints-page-lost", times=times)
        fetched = bank.fetch(since=first)
        if times:
            assert fetched.complete
            assert told(fetched.booked()) == truth(bank.world, first)
        else:
            assert fetched.states() == [("incomplete", "balance-differs")]


def test_a_balance_that_is_not_there_is_no_failure(bank: Bank) -> None:
    bank.faults.arm("fints-balance-missing", times=None)
    fetched = bank.fetch()
    assert bank.faults.fired["fints-balance-missing"] == 2
    assert fetched.complete
    assert told(fetched.documents) == truth(bank.world)
