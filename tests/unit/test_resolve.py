"""A return takes back exactly the settlement its references name, or waits for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipelines.model.receivable import Collection
from pipelines.model.return_debit import ReturnLink, ReturnState, SettledPayment
from pipelines.model.transaction import Transaction, TransactionKind
from pipelines.resolve import ReturnResolver

IBAN = "DE02120300000000202051"
OTHER_IBAN = "DE02500105170137075030"

COLLECTED = Collection(
    end_to_end_id="E2E-1",
    mandate_id="M-1",
    invoice_number="RE-1001",
    amount_minor=11900,
    currency="EUR",
    collection_date=date(2026, 10, 5),
    debtor_iban=IBAN,
    payment_information_id="PMT-7",
)
SETTLED = SettledPayment(
    entry_id="entry-1",
    transaction_id="tx-collection",
    invoice_number="RE-1001",
    debtor_number="10001",
    cash_minor=11900,
    effect_minor=11900,
    booking_date=date(2026, 10, 5),
    end_to_end_id="E2E-1",
    mandate_id="M-1",
    counterparty_iban=IBAN,
    by_collection=True,
)
RETURN = Transaction(
    transaction_id="tx-return",
    booking_id="b",
    account="DE89370400440532013000",
    booking_date=date(2026, 10, 9),
    value_date=date(2026, 10, 9),
    amount_minor=-12200,
    currency="EUR",
    kind=TransactionKind.RETURN_DEBIT,
    counterparty_iban=IBAN,
    end_to_end_id="E2E-1",
    mandate_id="M-1",
    reason_code="AC04",
)


def resolver(**changes: object) -> ReturnResolver:
    arguments: dict[str, object] = {"collections": [COLLECTED], "settlements": [SETTLED]}
    return ReturnResolver(**(arguments | changes))  # type: ignore[arg-type]


def only(links: list[ReturnLink]) -> ReturnLink:
    assert len(links) == 1
    return links[0]


def test_end_to_end_id_and_mandate_name_the_settlement_and_the_rest_is_charges() -> None:
    link = only(resolver().link(RETURN))
    assert (link.state, link.original_entry_id, link.invoice_number) == (ReturnState.LINKED, "entry-1", "RE-1001")
    assert (link.returned_minor, link.charges_minor, link.reason_code) == (11900, 300, "AC04")


@pytest.mark.parametrize(
    "stripped",
    [
        {"end_to_end_id": "", "customer_reference": "PMT-7"},
        {"end_to_end_id": ""},
        {"end_to_end_id": "", "mandate_id": ""},
        {"end_to_end_id": "", "mandate_id": "", "counterparty_iban": "", "remittance": "RETOURE Rechnung RE-1001"},
    ],
    ids=["batch id", "mandate", "iban", "invoice number in the original text"],
)
def test_weaker_references_link_only_with_the_amount(stripped: dict[str, str]) -> None:
    exact = replace(RETURN, original_minor=11900, **stripped)
    assert only(resolver().link(exact)).original_entry_id == "entry-1"
    other_amount = replace(RETURN, original_minor=11000, amount_minor=-11000, **stripped)
    assert only(resolver().link(other_amount)).state is not ReturnState.LINKED


def test_a_number_inside_a_longer_one_is_no_reference() -> None:
    text = replace(RETURN, end_to_end_id="", mandate_id="", counterparty_iban="", original_minor=11900)
    assert only(resolver().link(replace(text, remittance="RE-10012"))).state is ReturnState.REVIEW


def test_a_stated_original_that_differs_goes_to_a_person() -> None:
    link = only(resolver().link(replace(RETURN, original_minor=11800)))
    assert (link.state, link.reason) == (ReturnState.REVIEW, "original-amount-contradicts")


@pytest.mark.parametrize("booked", [-11899, -11900 - 5001])
def test_charges_must_be_plausible(booked: int) -> None:
    link = only(resolver().link(replace(RETURN, amount_minor=booked)))
    assert (link.state, link.reason) == (ReturnState.REVIEW, "charges-implausible")


def test_another_mandate_contradicts() -> None:
    link = only(resolver(settlements=[]).link(replace(RETURN, mandate_id="M-9", counterparty_iban="")))
    assert link.state is ReturnState.REVIEW
    assert link.reason == "mandate-contradicts"


def test_a_return_before_its_collection_waits_and_links_once_it_is_settled() -> None:
    plan = resolver(settlements=[])
    link = only(plan.link(RETURN))
    assert (link.state, link.reason) == (ReturnState.WAITING, "collection-not-settled-yet")
    plan.settle(SETTLED)
    assert only(plan.link(RETURN)).state is ReturnState.LINKED


def test_the_same_collection_cannot_come_back_twice() -> None:
    plan = resolver()
    first = only(plan.link(RETURN))
    plan.take_back(first, RETURN.end_to_end_id)
    again = only(plan.link(replace(RETURN, transaction_id="tx-return-2")))
    assert (again.state, again.reason) == (ReturnState.REVIEW, "already-returned")


def test_a_transfer_for_the_same_invoice_is_not_what_was_returned() -> None:
    by_transfer = replace(SETTLED, by_collection=False, end_to_end_id="", transaction_id="tx-transfer")
    assert only(resolver(settlements=[by_transfer]).link(RETURN)).state is ReturnState.WAITING


def test_a_collection_settled_before_go_live_reopens_its_item_without_an_entry() -> None:
    plan = resolver(settlements=[], settled_before={"RE-1001": 11900}, debtor_of={"RE-1001": "10001"})
    link = only(plan.link(RETURN))
    assert (link.state, link.original_entry_id, link.debtor_number) == (ReturnState.LINKED, "", "10001")


def test_two_invoices_under_one_end_to_end_id_come_back_together_or_not_at_all() -> None:
    second = replace(COLLECTED, invoice_number="RE-1002", amount_minor=5000)
    settled_second = replace(SETTLED, entry_id="entry-2", invoice_number="RE-1002", cash_minor=5000)
    both = replace(RETURN, amount_minor=-16900 - 300)
    plan = resolver(collections=[COLLECTED, second], settlements=[SETTLED, settled_second])
    links = plan.link(both)
    assert [link.original_entry_id for link in links] == ["entry-1", "entry-2"]
    assert [link.charges_minor for link in links] == [300, 0]
    half = resolver(collections=[COLLECTED, second], settlements=[SETTLED])
    assert {link.state for link in half.link(both)} == {ReturnState.WAITING}


def test_equal_monthly_collections_on_one_mandate_need_the_end_to_end_id() -> None:
    later = replace(COLLECTED, end_to_end_id="E2E-2", invoice_number="RE-1002", collection_date=date(2026, 10, 8))
    settled_later = replace(SETTLED, entry_id="entry-2", end_to_end_id="E2E-2", invoice_number="RE-1002")
    plan = resolver(collections=[COLLECTED, later], settlements=[SETTLED, settled_later])
    link = only(plan.link(replace(RETURN, end_to_end_id="", original_minor=11900)))
    assert (link.state, link.reason) == (ReturnState.REVIEW, "several-originals")


def test_a_customers_transfer_taken_back_reverses_what_it_settled() -> None:
    receipt = replace(
        RETURN, transaction_id="tx-receipt", amount_minor=8000, kind=TransactionKind.RECEIPT, end_to_end_id="",
        mandate_id="", reason_code="",
    )  # fmt: skip
    settled = replace(
        SETTLED, entry_id="entry-9", transaction_id="tx-receipt", cash_minor=8000, by_collection=False, end_to_end_id=""
    )
    taken_back = replace(
        RETURN, kind=TransactionKind.RETURN_TRANSFER, amount_minor=-8000, end_to_end_id="", mandate_id=""
    )
    plan = ReturnResolver([], [settled], [receipt])
    assert only(plan.link(taken_back)).original_entry_id == "entry-9"
    unallocated = ReturnResolver([], [], [receipt])
    link = only(unallocated.link(taken_back))
    assert (link.state, link.reason) == (ReturnState.REVIEW, "original-not-allocated")
    assert link.original_transaction_id == "tx-receipt"


def test_our_own_transfer_coming_back_is_never_linked_to_a_receivable() -> None:
    bounced = replace(RETURN, kind=TransactionKind.RETURN_TRANSFER, amount_minor=11900)
    assert only(resolver().link(bounced)).reason == "own-transfer-came-back"


def test_another_customers_account_is_not_enough() -> None:
    stranger = replace(RETURN, end_to_end_id="", mandate_id="", counterparty_iban=OTHER_IBAN, original_minor=11900)
    assert only(resolver().link(stranger)).state is ReturnState.REVIEW


def test_a_returned_debit_never_takes_back_a_customers_transfer() -> None:
    transfer = replace(
        RETURN, transaction_id="tx-transfer", amount_minor=11900, kind=TransactionKind.RECEIPT, end_to_end_id="",
        mandate_id="", reason_code="", booking_date=date(2026, 10, 1),
    )  # fmt: skip
    settled = replace(SETTLED, transaction_id="tx-transfer", by_collection=False, end_to_end_id="", mandate_id="")
    unknown = replace(RETURN, end_to_end_id="", mandate_id="", amount_minor=-11900)
    link = only(ReturnResolver([], [settled], [transfer]).link(unknown))
    assert (link.state, link.reason) == (ReturnState.REVIEW, "original-unknown")
