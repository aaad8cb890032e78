"""The debtor account: what is owed, paid, returned and credited, told as the sum of one account per receivable."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import PAYER, STRANGER, Line, camt053, returned
from tests.scenario.office import Office

MONDAY = date(2026, 10, 12)
TUESDAY = MONDAY + timedelta(days=1)
FRIDAY = MONDAY + timedelta(days=4)
WHO = ("--user", "anna", "--reason", "customer called")


def debtor(office: Office, *arguments: str, as_of: date = FRIDAY) -> dict[str, Any]:
    answer = office.command("debtor", *arguments, "--as-of", as_of.isoformat())
    assert office.exit_code == 0, answer
    return answer


def accounts(office: Office, number: str, as_of: date = FRIDAY) -> dict[str, tuple[str, str, str, str]]:
    """invoice → status with its reason, debit, credit, balance."""
    rows = debtor(office, "show", number, as_of=as_of)["accounts"]
    return {
        row["invoice_number"]: (
            " ".join(part for part in (row["status"], row["status_reason"]) if part),
            row["debit"],
            row["credit"],
            row["balance"],
        )
        for row in rows
    }


@pytest.fixture
def busy(office: Office) -> Office:
    """Debtor 10001: one invoice paid with discount, one paid and returned with charges, one open, a credit note, and
    30.00 too much on account. Debtor 10002 owes one invoice."""
    terms = {"cash_discount_percent": "2", "cash_discount_until": "2026-10-31", "tax_rate": "19"}
    common = {"debtor_ibans": PAYER, "debtor_name": "Erika Musterfrau"}
    office.owed("RE-2026-1001", "10001", "100.00", **common, **terms)
    office.owed("RE-2026-1002", "10001", "50.00", due="2026-10-05", **common)
    office.owed("RE-2026-1003", "10001", "70.00", due="2026-10-05", **common)
    office.owed("GS-2026-0001", "10001", "20.00", document_type="credit_note", **common)
    office.owed("RE-2026-2001", "10002", "81.00", debtor_ibans=STRANGER, debtor_name="Kanzlei Nord")
    collected = {"end_to_end_id": "E2E-2", "mandate_id": "M-2", "invoice_number": "RE-2026-1002", "amount": "50.00",
                 "collection_date": "2026-10-12", "debtor_iban": PAYER}  # fmt: skip
    office.load()
    office.load("collections", [collected])
    direct = Line("50.00", text="RE-2026-1002", gvc="171", end_to_end="E2E-2", mandate="M-2", ref="B2")
    discounted = Line("98.00", text="RE-2026-1001 abzgl. 2% Skonto", ref="B1")
    office.day(MONDAY, camt053(MONDAY, "0.00", discounted, direct))
    back = returned(direct, "-53.00", "AM04", ref="B3", charges="3.00")
    surplus = Line("30.00", text="Danke", name="Unbekannt", iban=STRANGER, ref="B4")
    office.day(TUESDAY, camt053(TUESDAY, "148.00", back, surplus, number=2))
    key = office.transaction(bank_reference="B4")["transaction_id"]
    office.command("review", "assign", key, "--debtor", "10001", *WHO, "--as-of", TUESDAY.isoformat())
    return office


def test_each_receivable_has_its_account_and_their_sum_is_the_debtors(busy: Office) -> None:
    assert accounts(busy, "10001") == {
        "GS-2026-0001": ("open", "0.00", "20.00", "-20.00"),
        "RE-2026-1001": ("ok", "100.00", "100.00", "0.00"),
        "RE-2026-1002": ("failed AM04", "50.00", "0.00", "50.00"),
        "RE-2026-1003": ("open", "70.00", "0.00", "70.00"),
    }
    (total,) = debtor(busy, "show", "10001")["totals"]
    assert total == {
        "currency": "EUR", "debit": "220.00", "credit": "150.00", "balance": "70.00", "due": "120.00",
        "provisional": "0.00", "on_account": "30.00",
    }  # fmt: skip
    assert {number: row[3] for number, row in accounts(busy, "10001").items()} == {
        row["invoice_number"]: row["open_amount"] for row in busy.table("open-items") if row["debtor_number"] == "10001"
    }
    assert busy.proven()


def test_the_lines_tell_discount_direct_debit_and_its_return(busy: Office) -> None:
    lines = {row["invoice_number"]: row["lines"] for row in debtor(busy, "show", "10001")["accounts"]}
    assert [(one["day"], one["kind"], one["debit"], one["credit"]) for one in lines["RE-2026-1001"]] == [
        ("2026-10-01", "claim", "100.00", "0.00"),
        ("2026-10-12", "cash_discount", "0.00", "2.00"),
        ("2026-10-12", "payment", "0.00", "98.00"),
    ]
    assert [(one["kind"], one["credit"], one["bank_reason"]) for one in lines["RE-2026-1002"]] == [
        ("claim", "0.00", ""),
        ("payment", "50.00", ""),
        ("return_debit", "-50.00", "AM04"),
    ]


def test_the_statement_carries_the_balance_and_ends_where_the_account_stands(busy: Office) -> None:
    whole = debtor(busy, "statement", "10001")["items"]
    assert (whole[-1]["kind"], whole[-1]["balance"]) == ("closing_balance", "70.00")
    part = debtor(busy, "statement", "10001", "--from", "2026-10-13", "--to", "2026-10-13")["items"]
    assert [(row["kind"], row["debit"], row["credit"], row["balance"]) for row in part] == [
        ("opening_balance", "", "", "50.00"),
        ("return_debit", "", "-50.00", "100.00"),
        ("payment", "", "30.00", "70.00"),
        ("closing_balance", "", "", "70.00"),
    ]
    before = debtor(busy, "statement", "10001", "--to", "2026-10-12")["items"]
    assert before[-1]["balance"] == part[0]["balance"]


def test_the_statement_as_csv_and_pdf(busy: Office, tmp_path: Path) -> None:
    table, paper = tmp_path / "konto.csv", tmp_path / "konto.pdf"
    debtor(busy, "statement", "10001", "--out", str(table))
    with table.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter=";"))
    assert rows[-1]["balance"] == "70.00"
    debtor(busy, "statement", "10001", "--from", "2026-10-13", "--out", str(paper))
    content = paper.read_bytes()
    assert content.startswith(b"%PDF-")
    assert PAYER.encode() not in content
    debtor(busy, "statement", "10001", "--from", "2026-10-13", "--out", str(paper))
    assert paper.read_bytes() == content, "the same statement is the same file"


def test_a_direct_debit_on_its_way_is_in_progress_or_announced(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "50.00", payment_method="direct_debit", mandate_id="M-1")
    office.load()
    collection = {"end_to_end_id": "E2E-1", "mandate_id": "M-1", "invoice_number": "RE-2026-1001", "amount": "50.00",
                  "collection_date": "2026-10-14", "debtor_iban": PAYER}  # fmt: skip
    office.load("collections", [collection])
    assert accounts(office, "10001", MONDAY)["RE-2026-1001"][0] == "pre_authorised 2026-10-14"
    assert accounts(office, "10001", FRIDAY)["RE-2026-1001"][0] == "in_progress 2026-10-14"
    assert accounts(office, "10001", date(2026, 11, 2))["RE-2026-1001"][0] == "open"


def test_a_collected_invoice_is_ok_but_provisional(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "50.00", mandate_id="M-1", end_to_end_id="E2E-1", debtor_ibans=PAYER)
    office.load()
    paid = Line("50.00", text="RE-2026-1001", gvc="171", end_to_end="E2E-1", mandate="M-1", ref="B1")
    office.day(MONDAY, camt053(MONDAY, "0.00", paid))
    shown = debtor(office, "show", "10001")
    assert shown["accounts"][0]["status"] == "ok"
    assert shown["accounts"][0]["provisional_until"] == "2026-12-07"
    assert shown["totals"][0]["provisional"] == "50.00"
    assert debtor(office, "show", "10001", as_of=date(2027, 1, 4))["totals"][0]["provisional"] == "0.00"


def test_corrected_cancelled_and_settled_elsewhere(office: Office) -> None:
    office.owed("RE-1", "10001", "100.00", open_amount="40.00")
    office.owed("RE-2", "10001", "80.00")
    office.owed("RE-3", "10001", "60.00")
    office.load()
    office.items[1]["amount"] = "75.00"
    office.items[2]["status"] = "cancelled"
    office.load()
    assert accounts(office, "10001") == {
        "RE-1": ("open", "100.00", "60.00", "40.00"),
        "RE-2": ("open", "75.00", "0.00", "75.00"),
        "RE-3": ("cancelled", "0.00", "0.00", "0.00"),
    }
    kinds = [row["kind"] for row in debtor(office, "statement", "10001")["items"]]
    assert sorted(kinds) == [
        "cancellation", "claim", "claim", "claim", "claim", "closing_balance", "paid_elsewhere",
    ]  # fmt: skip
    assert office.proven()


def test_a_cancelled_invoice_that_was_paid_is_the_debtors_credit(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("119.00", text="RE-2026-1001", ref="B1")))
    office.items[0]["status"] = "cancelled"
    office.load()
    assert accounts(office, "10001")["RE-2026-1001"] == ("open", "0.00", "119.00", "-119.00")
    assert office.open_amount("RE-2026-1001") == "0.00"
    assert office.proven()


def test_an_invoice_that_moves_to_another_debtor_takes_its_payment_along(office: Office) -> None:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.load()
    office.day(MONDAY, camt053(MONDAY, "0.00", Line("119.00", text="RE-2026-1001", ref="B1")))
    office.items[0]["debtor_number"] = "10002"
    office.load()
    assert accounts(office, "10002")["RE-2026-1001"] == ("ok", "119.00", "119.00", "0.00")
    assert accounts(office, "10001") == {}
    assert office.proven()
