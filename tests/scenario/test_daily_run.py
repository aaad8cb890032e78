"""Statement + open items → journal, open items, triggers: what an accountant expects of a morning."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest

from sinks.database import Database
from tests.builders import PAYER, STRANGER, Line, camt053, mt940, returned
from tests.conftest import new_books
from tests.scenario.office import Office

MONDAY = date(2026, 10, 12)
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)


def test_a_clean_payment_settles_its_invoice(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00")
    office.load()
    office.day(MONDAY, camt053(MONDAY, "1000.00", Line("119.00", text="Rechnung RE-2026-1001", ref="B1")))
    assert office.open_amount("RE-2026-1001") == "0.00"
    assert office.allocated() == [("RE-2026-1001", "119.00", "settlement")]
    assert office.transaction(bank_reference="B1")["state"] == "allocated"
    assert (office.journal("1200"), office.journal("1590"), office.journal("1400")) == ("1119.00", "0.00", "-119.00")
    assert office.proven()


def test_unknown_money_waits_in_clearing(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00")
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("77.10", name="Fremde AG", iban=STRANGER, text="Danke")))
    assert office.transaction(amount="77.10")["state"] in {"unmatched", "proposed"}
    assert office.allocated() == []
    assert office.journal("1590") == "-77.10"
    assert office.proven()


@pytest.mark.parametrize(
    ("text", "amount", "name"),
    [
        ("Auftrag 2026100155 Bestellung", "64.90", "Fremde AG"),
        ("Erstattung zu RE-2026-1001 Ihrer Lieferung an uns, unser Zeichen 88", "12.00", "Lieferant KG"),
        ("Rechnung RE-2026-10011", "119.00", "Fremde AG"),
        ("Mitgliedsbeitrag 1001 Sportverein", "119.00", "Otto Anders"),
        ("Rg 5512 vom 1001 Umsatz", "48.20", "Otto Anders"),
    ],
)
def test_foreign_text_that_contains_one_of_our_numbers_does_not_post(
    office: Office, text: str, amount: str, name: str
) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_name="Erika Musterfrau", debtor_ibans=PAYER)
    office.owed("RE-2026-1002", "10002", "64.90", debtor_name="Hans Beispiel")
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line(amount, name=name, iban=STRANGER, text=text)))
    assert office.allocated() == []


def test_discount_within_its_terms_is_taken_and_split_by_tax(office: Office) -> None:
    office.owed(
        "RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER, cash_discount_percent="2",
        cash_discount_until="2026-10-14", tax_rate="19",
    )  # fmt: skip
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("116.62", text="RE-2026-1001 abzgl. 2% Skonto")))
    assert office.allocated() == [
        ("RE-2026-1001", "116.62", "settlement"),
        ("RE-2026-1001", "2.38", "cash_discount"),
    ]
    assert (office.journal("8736"), office.journal("1776")) == ("2.00", "0.38")
    assert office.open_amount("RE-2026-1001") == "0.00"


def test_discount_taken_too_late_goes_to_a_person(office: Office) -> None:
    office.owed(
        "RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER, cash_discount_percent="2",
        cash_discount_until="2026-09-14",
    )  # fmt: skip
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("116.62", text="RE-2026-1001 abzgl. 2% Skonto")))
    assert not [row for row in office.allocated() if row[2] == "cash_discount"]


def test_one_payment_for_three_invoices_and_a_credit_note(office: Office) -> None:
    for number, amount in (("RE-2026-1001", "100.00"), ("RE-2026-1002", "50.50"), ("RE-2026-1003", "20.00")):
        office.owed(number, "10001", amount, debtor_ibans=PAYER)
    office.owed("GS-2026-77", "10001", "30.00", debtor_ibans=PAYER, document_type="credit_note")
    office.load()
    text = "RE-2026-1001, RE-2026-1002, RE-2026-1003 abzgl. GS-2026-77"
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("140.50", text=text)))
    assert office.allocated() == [
        ("GS-2026-77", "-30.00", "settlement"),
        ("RE-2026-1001", "100.00", "settlement"),
        ("RE-2026-1002", "50.50", "settlement"),
        ("RE-2026-1003", "20.00", "settlement"),
    ]
    assert office.proven()


def test_a_second_payment_of_a_settled_invoice_waits_for_a_person(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.owed("RE-2026-1002", "10001", "119.00", debtor_ibans=PAYER)
    office.load()
    paid = Line("119.00", text="RE-2026-1001", ref="B1")
    office.day(MONDAY, camt053(MONDAY, "0.00", paid))
    office.day(TUESDAY, camt053(TUESDAY, "119.00", replace(paid, ref="B2"), number=2))
    assert office.open_amount("RE-2026-1002") == "119.00"
    assert office.transaction(bank_reference="B2")["state"] == "proposed"
    assert any(row["reason"] == "duplicate" for row in office.table("proposals"))


def collected(office: Office) -> Line:
    office.owed(
        "RE-2026-1001", "10001", "119.00", due="2026-10-05", payment_method="direct_debit", mandate_id="M-1",
        end_to_end_id="E2E-1", debtor_ibans=PAYER,
    )  # fmt: skip
    office.load()
    office.load(
        "collections",
        [
            {"end_to_end_id": "E2E-1", "mandate_id": "M-1", "invoice_number": "RE-2026-1001", "amount": "119.00",
             "collection_date": "2026-10-12", "debtor_iban": PAYER}
        ],
    )  # fmt: skip
    return Line("119.00", gvc="171", end_to_end="E2E-1", mandate="M-1", ref="B1", text="RE-2026-1001")


def test_a_return_debit_reopens_the_invoice_and_books_the_charge(office: Office) -> None:
    credit = collected(office)
    office.day(MONDAY, camt053(MONDAY, "0.00", credit))
    assert office.open_amount("RE-2026-1001") == "0.00"
    back = returned(credit, "-122.00", "AM04", ref="B2", charges="3.00")
    office.day(TUESDAY, camt053(TUESDAY, "119.00", back, number=2))
    (row,) = office.table("returns")
    assert (row["reason_code"], row["original_amount"], row["charges"], row["state"]) == (
        "AM04", "119.00", "3.00", "posted",
    )  # fmt: skip
    item = next(r for r in office.table("open-items") if r["invoice_number"] == "RE-2026-1001")
    assert (item["open_amount"], item["due_date"]) == ("119.00", "2026-10-05")
    assert (office.journal("1200"), office.journal("4970"), office.journal("1590")) == ("-3.00", "3.00", "0.00")
    assert [(t["invoice_number"], t["reason"]) for t in office.table("triggers")] == [("RE-2026-1001", "return_debit")]
    assert office.proven()


def test_return_and_repayment_in_one_month_file_are_told_apart(office: Office) -> None:
    credit = collected(office)
    back = returned(credit, "-119.00", "MS03", ref="B2")
    again = Line("119.00", text="RE-2026-1001", ref="B3")
    office.day(
        WEDNESDAY,
        camt053(MONDAY, "0.00", credit),
        camt053(TUESDAY, "119.00", back, number=2),
        camt053(WEDNESDAY, "0.00", again, number=3),
    )
    assert office.open_amount("RE-2026-1001") == "0.00"
    assert {row["state"] for row in office.table("transactions")} == {"allocated"}
    assert office.proven()


def test_a_return_before_its_collection_waits(office: Office) -> None:
    credit = collected(office)
    back = returned(credit, "-119.00", "AC04", ref="B2")
    office.day(MONDAY, camt053(MONDAY, "500.00", back))
    assert office.table("returns")[0]["state"] == "waiting"
    office.day(TUESDAY, camt053(TUESDAY, "381.00", credit, number=2))
    assert office.table("returns")[0]["state"] == "posted"
    assert office.open_amount("RE-2026-1001") == "119.00"
    assert office.proven()


DAYS = (
    camt053(MONDAY, "0.00", Line("119.00", text="RE-2026-1001", ref="B1"), Line("10.00", text="x", ref="B2")),
    mt940(
        TUESDAY, "129.00", Line("50.00", text="RE-2026-1002", ref="B3"), Line("50.00", text="RE-2026-1002", ref="B4")
    ),
    camt053(WEDNESDAY, "229.00", Line("-20.00", gvc="116", text="Miete", ref="B5"), number=3),
)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_files_does_not_matter(office: Office, order: tuple[int, ...]) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.owed("RE-2026-1002", "10001", "50.00", debtor_ibans=PAYER)
    office.load()
    office.day(WEDNESDAY, *(DAYS[i] for i in order))
    rows = [(r["booking_date"], r["amount"], r["state"]) for r in office.table("transactions")]
    assert rows == sorted(rows, key=lambda r: r[0])
    assert len(rows) == 5
    assert office.journal("1200") == "209.00"
    assert office.allocated()[0] == ("RE-2026-1001", "119.00", "settlement")
    assert office.proven()


def test_running_a_day_again_changes_nothing(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", due="2026-10-01", debtor_ibans=PAYER)
    office.owed("RE-2026-1002", "10001", "50.00", due="2026-10-01", debtor_ibans=PAYER)
    office.load()
    office.day(WEDNESDAY, *DAYS)
    names = ("transactions", "proposals", "allocations", "journal", "open-items", "triggers", "findings", "audit")
    before = {name: office.table(name) for name in names}
    office.day(WEDNESDAY, *DAYS)
    assert {name: office.table(name) for name in names} == before


def test_a_missing_day_is_held_until_it_arrives(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.load()
    office.day(MONDAY, DAYS[0])
    office.day(WEDNESDAY, DAYS[2])
    assert office.exit_code == 1
    assert office.transaction(bank_reference="B5")["state"] == "held"
    assert office.journal("1200") == "129.00"
    office.day(WEDNESDAY, DAYS[1])
    assert office.transaction(bank_reference="B5")["state"] == "not_ours"
    assert office.journal("1200") == "209.00"
    assert office.proven()


def test_a_statement_that_does_not_add_up_is_held_and_the_rest_goes_on(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.load()
    wrong = DAYS[0].replace(b"<Amt Ccy='EUR'>129.00</Amt>", b"<Amt Ccy='EUR'>130.00</Amt>")
    other = camt053(MONDAY, "5.00", Line("119.00", text="RE-2026-1001"), account="DE02100100100006820101")
    office.day(MONDAY, wrong, other)
    finding = next(f for f in office.table("findings") if f["code"] == "statement-balance-mismatch")
    assert "1.00" in finding["message"]
    states = sorted(row["state"] for row in office.table("transactions"))
    assert states == ["allocated", "held", "held"]
    assert office.proven()


def test_no_dunning_while_the_money_may_be_in_the_house(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", due="2026-09-01", debtor_name="Erika Musterfrau")
    office.owed("RE-2026-1002", "10002", "64.90", due="2026-09-01", debtor_name="Hans Beispiel")
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("118.00", name="Musterfrau, Erika", text="Rechnung")))
    states = {row["invoice_number"]: (row["state"], row["hold_reason"]) for row in office.table("triggers")}
    assert states["RE-2026-1001"][0] == "held"
    assert "receipt" in states["RE-2026-1001"][1]
    assert states["RE-2026-1002"][0] == "ready"


def test_stale_bank_data_holds_every_trigger(office: Office) -> None:
    office.owed("RE-2026-1002", "10002", "64.90", due="2026-09-01")
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("1.00", text="x", name="Y", iban=STRANGER)))
    office.day(MONDAY + timedelta(days=7))
    assert {row["state"] for row in office.table("triggers")} == {"held"}


def test_camt_and_mt940_of_one_day_make_the_same_journal(office: Office) -> None:
    lines = (
        Line("119.00", text="RE-2026-1001", ref="B1"),
        Line("50.00", text="RE-2026-1002", ref="B2"),
        Line("50.00", text="RE-2026-1002", ref="B3"),
        Line("-20.00", gvc="116", text="Miete Oktober", ref="B4"),
    )
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.owed("RE-2026-1002", "10001", "50.00", debtor_ibans=PAYER)
    journals = []
    for number, told in enumerate((camt053(MONDAY, "0.00", *lines), mt940(MONDAY, "0.00", *lines))):
        fresh = Office(office.folder, office.capsys, f"sqlite:///{office.folder}/{number}.db", items=office.items)
        fresh.load()
        fresh.day(MONDAY, told)
        journals.append(fresh.table("journal"))
    assert journals[0] == journals[1]
    assert len(journals[0]) > 8


def test_the_exported_open_amount_is_what_matching_sees(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.owed("RE-2026-1002", "10001", "80.00", open_amount="30.00")
    office.owed("RE-2026-1003", "10001", "10.00", open_amount="0.00")
    office.owed("RE-2026-1004", "10001", "20.00", status="cancelled")
    office.owed("GS-2026-77", "10001", "30.00", document_type="credit_note")
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("119.00", text="RE-2026-1001", ref="B1")))
    office.items[0]["amount"] = "100.00"  # the billing system lowers what was paid already
    office.load()
    database = Database(office.database)
    with new_books(database).read() as work:
        frame = work.receivables.items()
        seen = {number: int(minor) for number, minor in zip(frame["invoice_number"], frame["open_minor"], strict=True)}
    database.close()
    exported = {row["invoice_number"]: round(float(row["open_amount"]) * 100) for row in office.table("open-items")}
    assert exported == seen
    assert exported == {
        "RE-2026-1001": 0,
        "RE-2026-1002": 3000,
        "RE-2026-1003": 0,
        "RE-2026-1004": 0,
        "GS-2026-77": -3000,
    }
