"""What an analyst decides is posted once, attributed, and can be taken back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.builders import PAYER, STRANGER, Line, camt053, returned
from tests.scenario.office import Office

MONDAY = date(2026, 10, 12)
TUESDAY = MONDAY + timedelta(days=1)
WHO = ("--user", "anna", "--reason", "customer called")


@pytest.fixture
def unclear(office: Office) -> str:
    """200.00 from an unknown account against two invoices; nothing posts by itself. Gives the transaction's id."""
    office.owed("RE-2026-1001", "10001", "119.00")
    office.owed("RE-2026-1002", "10001", "81.00")
    office.owed("RE-2026-2001", "10002", "500.00")
    office.load()
    office.day(
        MONDAY, camt053(MONDAY, "0.00", Line("200.00", name="Kanzlei Nord", iban=STRANGER, text="Danke", ref="B1"))
    )
    assert office.allocated() == []
    return office.transaction(bank_reference="B1")["transaction_id"]


def review(office: Office, *arguments: str) -> None:
    office.command("review", *arguments, "--as-of", TUESDAY.isoformat())


def test_assign_puts_money_on_an_invoice_and_the_rest_stays(office: Office, unclear: str) -> None:
    review(office, "assign", unclear, "--invoice", "RE-2026-1001", *WHO)
    assert office.exit_code == 0
    assert office.allocated() == [("RE-2026-1001", "119.00", "settlement")]
    assert office.transaction(bank_reference="B1")["state"] == "partly_allocated"
    assert office.table("allocations")[0]["disposition"] == "decided"
    assert office.proven()


def test_split_over_two_invoices(office: Office, unclear: str) -> None:
    review(office, "split", unclear, "--part", "RE-2026-1001", "--part", "RE-2026-1002=81.00", *WHO)
    assert office.allocated() == [("RE-2026-1001", "119.00", "settlement"), ("RE-2026-1002", "81.00", "settlement")]
    assert office.transaction(bank_reference="B1")["state"] == "allocated"
    assert office.proven()


def test_undo_opens_the_invoices_and_the_day_does_not_post_it_again(office: Office, unclear: str) -> None:
    review(office, "split", unclear, "--part", "RE-2026-1001", "--part", "RE-2026-1002", *WHO)
    review(office, "undo", unclear, *WHO)
    assert (office.open_amount("RE-2026-1001"), office.open_amount("RE-2026-1002")) == ("119.00", "81.00")
    office.command("run", "--as-of", TUESDAY.isoformat())
    assert office.allocated() == []
    assert office.journal("1590") == "-200.00"
    assert office.proven()
    review(office, "assign", unclear, "--invoice", "RE-2026-2001", *WHO)
    assert office.allocated() == [("RE-2026-2001", "200.00", "partial")]
    assert office.proven()


@pytest.mark.parametrize(
    "arguments",
    [
        ("assign", "--invoice", "RE-2026-1001", "--amount", "120.00"),
        ("assign", "--invoice", "RE-2026-2001", "--amount", "200.01"),
        ("assign", "--invoice", "RE-NIE"),
        ("split", "--part", "RE-2026-1001=0.00"),
        ("undo",),
        ("accept", "--rank", "9"),
    ],
    ids=["more than owed", "more than there is", "unknown invoice", "nothing", "nothing to undo", "no such proposal"],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    office: Office, unclear: str, arguments: tuple[str, ...]
) -> None:
    before = office.table("audit")
    review(office, arguments[0], unclear, *arguments[1:], *WHO)
    assert office.exit_code == 2
    assert office.allocated() == []
    assert office.table("audit") == before


def test_a_decision_needs_a_name_and_a_reason(office: Office, unclear: str) -> None:
    review(office, "assign", unclear, "--invoice", "RE-2026-1001", "--user", "anna", "--reason", " ")
    assert office.exit_code == 2
    assert office.allocated() == []


def test_a_held_payment_waits_until_it_is_released(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    paid = camt053(MONDAY, "0.00", Line("119.00", text="RE-2026-1001", ref="B1"))
    office.day(MONDAY, paid)
    key = office.transaction(bank_reference="B1")["transaction_id"]
    review(office, "hold", key, *WHO)
    office.load()
    office.command("run", "--as-of", MONDAY.isoformat())
    assert office.allocated() == []
    review(office, "release", key, *WHO)
    office.command("run", "--as-of", MONDAY.isoformat())
    assert office.allocated() == [("RE-2026-1001", "119.00", "settlement")]


def test_a_duplicate_can_be_put_on_the_customers_account(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.load()
    line = Line("119.00", text="RE-2026-1001", ref="B1")
    again = Line("119.00", text="RE-2026-1001", ref="B2")
    office.day(TUESDAY, camt053(MONDAY, "0.00", line), camt053(TUESDAY, "119.00", again, number=2))
    key = office.transaction(bank_reference="B2")["transaction_id"]
    review(office, "accept", key, *WHO)
    assert ("", "119.00", "on_account") in office.allocated()
    assert office.journal("1400") == "-238.00"
    assert office.proven()


def test_a_person_names_what_a_return_takes_back(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("119.00", text="RE-2026-1001", ref="B1")))
    unknown = Line("119.00", gvc="109", iban="", text="Lastschrift", ref="B2")
    office.day(TUESDAY, camt053(TUESDAY, "119.00", returned(unknown, "-122.00", "MS03", ref="B2"), number=2))
    key = office.transaction(bank_reference="B2")["transaction_id"]
    assert office.table("returns")[0]["state"] == "review"
    review(office, "assign", key, "--invoice", "RE-2026-1001", *WHO)
    assert office.open_amount("RE-2026-1001") == "119.00"
    assert (office.journal("4970"), office.journal("1590")) == ("3.00", "0.00")
    assert office.table("returns")[0]["state"] == "posted"
    assert office.proven()
