"""What banks do to a payment on its way: keep charges of it, correct themselves, repeat references in its text."""

from __future__ import annotations

from datetime import date

import pytest

from tests.builders import Line, camt053
from tests.scenario.office import Office

MONDAY, TUESDAY, LATER = date(2026, 10, 5), date(2026, 10, 6), date(2026, 11, 16)
IBAN = "DE02120300000000202051"


@pytest.fixture
def owed(office: Office) -> Office:
    office.owed(
        "RE-2026-1001", "10001", "847.44", due="2026-10-01", debtor_name="Optik Strieder GmbH", debtor_ibans=IBAN
    )
    office.owed(
        "RE-2026-1002", "10001", "333.11", due="2026-10-01", debtor_name="Optik Strieder GmbH", debtor_ibans=IBAN
    )
    office.load()
    return office


def paid(amount: str, text: str, **more: str) -> Line:
    return Line(amount, name="Optik Strieder GmbH", iban=IBAN, text=text, **more)


@pytest.mark.parametrize(
    "told",
    [{"original": "847.44", "charges": "12.50"}, {"original": "847.44"}, {"charges": "12.50"}],
    ids=["both", "what was sent", "what was kept"],
)
def test_charges_kept_on_the_way_are_ours_and_nobody_is_dunned_for_them(owed: Office, told: dict[str, str]) -> None:
    owed.day(MONDAY, camt053(MONDAY, "0.00", paid("834.94", "Invoice RE-2026-1001", gvc="202", **told)))
    assert owed.allocated() == [("RE-2026-1001", "12.50", "fee"), ("RE-2026-1001", "834.94", "settlement")]
    assert owed.open_amount("RE-2026-1001") == "0.00"
    booked = {(row["account"], row["debit"]) for row in owed.table("journal") if row["debit"] != "0.00"}
    assert ("4970", "12.50") in booked
    owed.day(LATER)
    assert "RE-2026-1001" not in {row["invoice_number"] for row in owed.table("triggers")}
    assert owed.proven()


@pytest.mark.parametrize(
    "told",
    [{}, {"original": "840.00"}, {"original": "847.44", "charges": "3.00"}, {"charges": "12.40"}],
    ids=["silent", "less was sent", "contradicts itself", "not all of it"],
)
def test_what_the_statement_does_not_explain_is_still_owed(owed: Office, told: dict[str, str]) -> None:
    owed.day(MONDAY, camt053(MONDAY, "0.00", paid("834.94", "Invoice RE-2026-1001", gvc="202", **told)))
    assert all(kind != "fee" for _, _, kind in owed.allocated())
    assert owed.open_amount("RE-2026-1001") in {"12.50", "847.44"}


def test_a_large_difference_is_no_charge(owed: Office) -> None:
    line = paid("747.44", "Invoice RE-2026-1001", gvc="202", original="847.44", charges="100.00")
    owed.day(MONDAY, camt053(MONDAY, "0.00", line))
    assert all(kind != "fee" for _, _, kind in owed.allocated())


def test_a_bank_that_takes_its_credit_back_opens_the_invoice_again(owed: Office) -> None:
    owed.day(MONDAY, camt053(MONDAY, "0.00", paid("333.11", "RE-2026-1002", ref="C5")))
    assert owed.open_amount("RE-2026-1002") == "0.00"
    storno = paid("-333.11", "STORNO GUTSCHRIFT RE-2026-1002", gvc="899", ref="C6")
    owed.day(TUESDAY, camt053(TUESDAY, "333.11", storno, number=2))
    assert owed.open_amount("RE-2026-1002") == "333.11"
    told = owed.transaction(bank_reference="C6")
    assert (told["kind"], told["state"]) == ("reversal", "allocated")
    # Nothing came back from the debtor's bank: no notice of a returned debit.
    assert {row["reason"] for row in owed.table("triggers") if row["invoice_number"] == "RE-2026-1002"} <= {"overdue"}
    assert owed.proven()


def test_a_correction_that_fits_two_payments_waits_for_a_person(owed: Office) -> None:
    owed.owed("RE-2026-1003", "10001", "333.11", due="2026-10-01", debtor_ibans=IBAN)
    owed.load()
    twice = [paid("333.11", "RE-2026-1002", ref="C5"), paid("333.11", "RE-2026-1003", ref="C7")]
    owed.day(MONDAY, camt053(MONDAY, "0.00", *twice))
    assert len(owed.allocated()) == 2
    owed.day(TUESDAY, camt053(TUESDAY, "666.22", paid("-333.11", "STORNO", gvc="899", ref="C6"), number=2))
    assert owed.transaction(bank_reference="C6")["state"] == "unmatched"
    assert owed.proven()


def test_references_repeated_in_the_text_are_no_numbers_of_invoices(owed: Office) -> None:
    line = paid("847.44", "EREF+RE-2026-1002 SVWZ+Rechnung RE-2026-1001", end_to_end="RE-2026-1002")
    owed.day(MONDAY, camt053(MONDAY, "0.00", line))
    told = owed.transaction(amount="847.44")
    assert (told["remittance"], told["end_to_end_id"]) == ("Rechnung RE-2026-1001", "RE-2026-1002")


def test_a_tag_without_its_reference_is_not_lost(owed: Office) -> None:
    owed.day(MONDAY, camt053(MONDAY, "0.00", paid("847.44", "EREF+RE-2026-1001 SVWZ+Danke")))
    told = owed.transaction(amount="847.44")
    assert (told["remittance"], told["end_to_end_id"]) == ("Danke", "RE-2026-1001")


def test_a_tag_that_contradicts_its_reference_stays_in_the_text(owed: Office) -> None:
    owed.day(MONDAY, camt053(MONDAY, "0.00", paid("847.44", "EREF+RE-2026-1001 SVWZ+Danke", end_to_end="XYZ-1")))
    assert owed.transaction(amount="847.44")["remittance"] == "EREF+RE-2026-1001 SVWZ+Danke"
