"""finAPI JSON as a statement: the archived form, saved answers, both spellings, and what is refused."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from pipelines.model.money import Money
from pipelines.model.statement import Coverage, EntryStatus, Proof, Statement
from pipelines.model.transaction import TransactionKind
from tests.statement_files import ACCOUNT, PAYER, codes, refusal, statements, transactions

ROW: dict[str, Any] = {
    "id": 4711, "accountId": 1, "bankBookingDate": "2026-10-02", "valueDate": "2026-10-03",
    "finapiBookingDate": "2026-10-09", "amount": 119.0, "currency": None, "purpose": "RE-2026-0001",
    "counterpartName": "Erika Muster", "counterpartIban": PAYER, "endToEndReference": "E2E-1", "typeCodeZka": "166",
    "type": "SEPA-Gutschrift", "isAdjustingEntry": False, "isPotentialDuplicate": False, "parentId": None,
}  # fmt: skip
ACCOUNT_ROW = {
    "id": 1, "iban": ACCOUNT, "accountCurrency": "EUR", "balance": "1119.00",
    "interfaces": [{"bankingInterface": "XS2A", "status": "UPDATED",
                    "lastSuccessfulUpdate": "2026-10-05T06:00:00.000+02:00"}],
}  # fmt: skip


def page(*rows: dict[str, Any], name: str = "transactions") -> dict[str, Any]:
    return {name: list(rows), "paging": {"page": 1, "perPage": 500, "pageCount": 1, "totalCount": len(rows)}}


def archived(*rows: dict[str, Any], pending: tuple[dict[str, Any], ...] = (), **account: Any) -> str:
    head = {"kontoklar": "finapi-account/1", "window": {"from": None}, "bank": {"blz": "12030000"}}
    body = {"transactions": [page(*rows)], "pending": [page(*pending, name="pendingTransactions")]}
    return json.dumps({**head, "account": {**ACCOUNT_ROW, **account}, **body}, separators=(",", ":"))


def only(text: str) -> Statement:
    (statement,) = statements(text)
    return statement


def test_an_account_of_a_fetch() -> None:
    told = only(archived(ROW))
    assert (told.account, told.currency, told.proof) == (ACCOUNT, "EUR", Proof.SNAPSHOT)
    assert (told.from_day, told.to_day) == (date(2026, 10, 2), date(2026, 10, 5))
    assert told.opening is None
    assert told.closing is not None
    assert told.closing.amount == Money(111900, "EUR")
    (entry,) = told.entries
    assert (entry.booking_date, entry.value_date) == (date(2026, 10, 2), date(2026, 10, 3))
    assert (entry.bank_reference, entry.gvc, entry.booking_text) == ("4711", "166", "SEPA-Gutschrift")
    assert not codes(told)


def test_a_payment_is_what_the_bank_said() -> None:
    (payment,) = transactions(archived(ROW))
    assert (payment.kind, payment.amount_minor) == (TransactionKind.RECEIPT, 11900)
    assert (payment.counterparty_name, payment.counterparty_iban) == ("Erika Muster", PAYER)
    assert (payment.remittance, payment.end_to_end_id, payment.bank_reference) == ("RE-2026-0001", "E2E-1", "4711")


def test_finapi_booking_date_is_in_nothing() -> None:
    moved = {**ROW, "finapiBookingDate": "2026-12-24"}
    assert only(archived(ROW)) == only(archived(moved))


@pytest.mark.parametrize("sign", [1, -1])
def test_amounts_of_a_return_are_taken_without_their_sign(sign: int) -> None:
    row = {**ROW, "amount": -124.11, "typeCodeZka": "109", "originalAmount": sign * 119.0,
           "compensationAmount": sign * 5.11, "purpose": "Rückgabegrund AC04 Konto aufgelöst"}  # fmt: skip
    (back,) = transactions(archived(row))
    assert (back.kind, back.reason_code) == (TransactionKind.RETURN_DEBIT, "AC04")
    assert (back.original_minor, back.charges_minor) == (11900, 511)


def test_raw_tags_in_the_purpose_are_read() -> None:
    row = {**ROW, "endToEndReference": None, "purpose": "EREF+E-77 SVWZ+RE-2026-0001 danke"}
    (payment,) = transactions(archived({**row, "purpose": "SVWZ+RE-2026-0001 danke"}))
    assert payment.remittance == "RE-2026-0001 danke"


def test_v1_spellings() -> None:
    row = {**ROW, "bankBookingDate": "2026-10-02 00.00.00.000", "valueDate": "2026-10-03 00:00:00.000"}
    told = only(archived(row, interfaces=[], lastSuccessfulUpdate="2026-10-05 08:15:00.000"))
    assert told.entries[0].booking_date == date(2026, 10, 2)
    assert told.to_day == date(2026, 10, 5)


def test_an_adjusting_entry_is_no_entry() -> None:
    made_up = {**ROW, "id": 9, "amount": 50.0, "isAdjustingEntry": True, "purpose": "Zwischensaldo"}
    told = only(archived(ROW, made_up))
    assert len(told.entries) == 1
    assert told.proof is Proof.DOUBTED
    assert codes(told) == [("warning", "finapi-adjusting-entry")]


def test_a_balance_that_holds_pending_bookings_is_freed_of_them() -> None:
    made_up = {**ROW, "id": 9, "amount": 50.0, "isAdjustingEntry": True}
    coming = {"id": 1, "accountId": 1, "amount": 50.0, "counterpartyName": "Otto", "endToEndId": "E9"}
    told = only(archived(ROW, made_up, pending=(coming,)))
    assert told.closing is not None
    assert told.closing.amount.minor == 106900


def test_a_potential_duplicate_is_doubtful_and_pending_is_pending() -> None:
    coming = {"id": 1, "accountId": 1, "amount": "1.00", "counterpartyName": "Otto", "endToEndId": "E9"}
    told = only(archived(ROW, {**ROW, "id": 5, "isPotentialDuplicate": True}, pending=(coming,)))
    states = [entry.status for entry in told.entries]
    assert states == [EntryStatus.BOOKED, EntryStatus.DOUBTFUL, EntryStatus.PENDING]
    assert told.entries[2].details[0].counterparty.name == "Otto"
    assert told.entries[2].details[0].end_to_end_id == "E9"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": None}, "finapi-bad-row"),
        ({"amount": 1.005}, "finapi-bad-row"),
        ({"amount": "1_000"}, "finapi-bad-row"),
        ({"amount": True}, "finapi-bad-row"),
        ({"bankBookingDate": "morgen"}, "finapi-bad-row"),
        ({"bankBookingDate": None, "valueDate": None}, "finapi-bad-row"),
        ({"id": None}, "finapi-bad-row"),
        ({"parentId": 3}, "finapi-user-view"),
    ],
)
def test_a_row_that_cannot_be_read_holds_the_account(change: dict[str, Any], code: str) -> None:
    assert codes(only(archived({**ROW, **change}))) == [("error", code)]


def test_the_same_id_twice_means_that_pages_shifted() -> None:
    assert ("error", "finapi-row-repeated") in codes(only(archived(ROW, ROW)))


def test_a_saved_answer_without_an_account_is_held() -> None:
    told = only(json.dumps(page(ROW)))
    assert (told.account, told.coverage) == ("", Coverage.PARTIAL)
    assert codes(told) == [("error", "finapi-account-unknown")]


def test_a_saved_answer_with_its_accounts() -> None:
    other = {**ACCOUNT_ROW, "id": 2, "iban": PAYER}
    text = json.dumps({**page(ROW, {**ROW, "id": 8, "accountId": 2}), "accounts": [ACCOUNT_ROW, other]}, indent=2)
    told = statements(text)
    assert sorted(one.account for one in told) == sorted([ACCOUNT, PAYER])
    # Which days were asked for nobody knows, so such a file cannot begin a chain.
    assert {one.proof for one in told} == {Proof.STATED}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"transactions": [{"id": 1, "bankBookingDate": "2026-', "json-malformed"),
        ('{"transactions": [{"amount": NaN}], "paging": {}}', "json-malformed"),
        ('{"transactions": {"id": 1}, "paging": {}}', "json-malformed"),
        ('{"transactions": [], "paging": {}}', "finapi-no-transactions"),
    ],
)
def test_what_is_no_list_of_transactions_is_refused(text: str, code: str) -> None:
    assert refusal(text).code == code
