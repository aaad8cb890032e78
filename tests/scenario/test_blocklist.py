"""What is blocked is compared in full, shown masked, and keeps money from moving by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines.debtors.blocking import blocks_of, refused
from sinks.books import SqlBooks
from sinks.database import Database
from tests.builders import PAYER, STRANGER, Line, camt053
from tests.scenario.office import Office

MONDAY = date(2026, 10, 12)
FRIDAY = date(2026, 10, 16)
WHO = ("--user", "anna", "--reason", "police report 4711")
SPELLED = "de02 1203\u00a00000 0000\u200b2020 51"


def act(office: Office, *arguments: str, as_of: date = MONDAY, okay: bool = True) -> dict[str, Any]:
    answer = office.command("debtor", *arguments, "--as-of", as_of.isoformat())
    assert (office.exit_code == 0) == okay, answer
    return answer


@pytest.fixture
def owed(office: Office) -> Office:
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.owed("RE-2026-2001", "10002", "81.00", debtor_ibans=STRANGER)
    office.load()
    return office


PAID = Line("119.00", text="RE-2026-1001", ref="B1")


def test_a_payment_from_a_blocked_account_waits_for_a_person(owed: Office) -> None:
    assert act(owed, "block", "--iban", SPELLED, *WHO)["masked"] == "DE02 … 2051"
    other = Line("81.00", text="RE-2026-2001", iban=STRANGER, ref="B2")
    owed.day(MONDAY, camt053(MONDAY, "0.00", PAID, other))
    assert owed.allocated() == [("RE-2026-2001", "81.00", "settlement")]
    key = owed.transaction(bank_reference="B1")["transaction_id"]
    (best,) = [row for row in owed.table("proposals") if (row["transaction_id"], row["rank"]) == (key, "1")]
    assert (best["disposition"], best["reason"]) == ("review", "payer-blocked")
    owed.command("review", "accept", key, *WHO, "--as-of", MONDAY.isoformat())
    assert ("RE-2026-1001", "119.00", "settlement") in owed.allocated()
    assert owed.proven()


def test_a_block_made_between_match_and_post_still_holds(owed: Office) -> None:
    owed.command("pull", "--as-of", MONDAY.isoformat(), "--file", str(owed.file(camt053(MONDAY, "0.00", PAID))))
    owed.command("match", "--as-of", MONDAY.isoformat())
    act(owed, "block", "--iban", PAYER, *WHO)
    owed.command("post", "--as-of", MONDAY.isoformat())
    assert owed.allocated() == []
    assert [row["code"] for row in owed.table("findings")] == ["proposal-outdated"]
    owed.command("run", "--as-of", MONDAY.isoformat())
    assert owed.allocated() == []


def test_unblocked_it_posts_again(owed: Office) -> None:
    act(owed, "block", "--iban", PAYER, *WHO)
    owed.day(MONDAY, camt053(MONDAY, "0.00", PAID))
    act(owed, "unblock", "--iban", PAYER, *WHO)
    owed.command("run", "--as-of", MONDAY.isoformat())
    assert owed.allocated() == [("RE-2026-1001", "119.00", "settlement")]


def test_a_block_of_another_debtor_is_not_ours(owed: Office) -> None:
    act(owed, "block", "--iban", PAYER, "--debtor", "10002", *WHO)
    owed.day(MONDAY, camt053(MONDAY, "0.00", PAID))
    assert owed.allocated() == [("RE-2026-1001", "119.00", "settlement")]


def test_a_block_of_this_debtor_holds_after_renumbering(owed: Office) -> None:
    act(owed, "block", "--iban", PAYER, "--debtor", "10001", *WHO)
    act(owed, "renumber", "10001", "20001", *WHO)
    owed.items[0]["debtor_number"] = "20001"
    owed.load()
    owed.day(MONDAY, camt053(MONDAY, "0.00", PAID))
    assert owed.allocated() == []


def test_an_ended_block_no_longer_holds(owed: Office) -> None:
    act(owed, "block", "--iban", PAYER, "--until", "2026-10-12", *WHO)
    assert len(act(owed, "blocks")["items"]) == 1
    assert act(owed, "blocks", as_of=FRIDAY)["items"] == []
    owed.day(FRIDAY, camt053(FRIDAY, "0.00", PAID))
    assert owed.allocated() == [("RE-2026-1001", "119.00", "settlement")]


NONSENSE: list[tuple[str, ...]] = [
    ("block", "--iban", "DE02 1203"),
    ("block", "--email", "nobody"),
    ("block", "--iban", PAYER, "--email", "a@b.de"),
    ("block", "--iban", PAYER, "--until", "2026-10-01"),
    ("block", "--iban", PAYER, "--debtor", "99999"),
    ("unblock", "--iban", PAYER),
    ("unblock", "--email", "a@b.de", "--debtor", "10001"),
]


def test_what_cannot_be_meant_is_refused(owed: Office) -> None:
    for arguments in NONSENSE:
        act(owed, *arguments, *WHO, okay=False)
    assert act(owed, "blocks")["items"] == []


def test_the_same_block_twice_is_refused_and_the_list_is_masked(owed: Office) -> None:
    act(owed, "block", "--email", "Betrug@Example.org ", *WHO)
    act(owed, "block", "--email", "betrug@example.org", *WHO, okay=False)
    act(owed, "block", "--email", "betrug@example.org", "--debtor", "10001", *WHO)
    shown = act(owed, "blocks")["items"]
    assert {(row["kind"], row["masked"], row["debtor_number"]) for row in shown} == {
        ("email", "b…@example.org", "10001"),
        ("email", "b…@example.org", "all"),
    }
    assert "betrug@example.org" not in str(owed.table("audit"))


def test_a_collection_file_asks_first(owed: Office, database: Database, books: SqlBooks) -> None:
    act(owed, "block", "--iban", PAYER, *WHO)
    act(owed, "block", "--iban", STRANGER, "--debtor", "10002", *WHO)
    act(owed, "block", "--email", "a@b.de", *WHO)
    debits = [("10001", SPELLED), ("10001", STRANGER), ("10002", STRANGER), ("10099", PAYER), ("10001", "")]
    with books.read() as work:
        found = refused(work, debits, MONDAY)
        assert sorted(found) == [0, 2, 3], "all debtors means new ones too"
        assert found[2].masked == "DE02 … 5030"
        assert blocks_of(work, "email", "A@B.de", "10001", MONDAY)
        assert not blocks_of(work, "email", "c@b.de", "10001", MONDAY)
        assert not blocks_of(work, "iban", "nonsense", "10001", MONDAY)


def test_nothing_of_the_value_is_stored(owed: Office, database: Database) -> None:
    act(owed, "block", "--iban", "DE75512108001245126199", *WHO)
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM block").all()
    assert "DE75512108001245126199" not in str(rows)
    assert "1245126199" not in str(rows)
