"""The audit trail says who did what on whom, is filtered and exported, and shows what was done to it."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sinks.database import Database
from tests.builders import PAYER, STRANGER, Line, camt053
from tests.scenario.office import Office

MONDAY = date(2026, 10, 12)


@pytest.fixture
def told(office: Office) -> Office:
    """One automatic post for 10001, two decisions of anna's for 10002, one change of bert's."""
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER)
    office.owed("RE-2026-2001", "10002", "81.00")
    office.load()
    paid = Line("119.00", text="RE-2026-1001", ref="B1")
    office.day(MONDAY, camt053(MONDAY, "0.00", paid, Line("81.00", name="Wer", iban=STRANGER, text="Danke", ref="B2")))
    key = office.transaction(bank_reference="B2")["transaction_id"]
    by_anna = ("--user", "anna", "--reason", "=HYPERLINK(1)")
    office.command("review", "assign", key, "--invoice", "RE-2026-2001", *by_anna)
    office.command("review", "undo", key, *by_anna)
    office.command("debtor", "change", "10002", "--add", "tag=x", "--user", "bert", "--reason", "=HYPERLINK(1)")
    return office


def events(office: Office, *arguments: str) -> list[str]:
    answer: dict[str, Any] = office.command("audit", "list", *arguments)
    assert office.exit_code == 0, answer
    return [row["event"] for row in answer["items"]]


def test_up_to_three_filters_hold_together(told: Office) -> None:
    key = told.transaction(bank_reference="B2")["transaction_id"]
    everything = ["statement-proven", "allocation-posted", "review-assign", "review-undo", "debtor-changed"]
    assert events(told) == everything
    assert events(told, "--filter", "user=ANNA") == ["review-assign", "review-undo"]
    assert events(told, "--filter", "debtor=10002") == ["review-assign", "review-undo", "debtor-changed"]
    assert events(told, "--filter", "debtor=10001") == ["allocation-posted"]
    assert events(told, "--filter", f"transaction={key[:8]}") == ["review-assign", "review-undo"]
    three = ("--filter", "user=anna", "--filter", "debtor=10002", "--filter", "event=review-u*")
    assert events(told, *three) == ["review-undo"]
    assert events(told, "--to", "2026-01-01") == []
    assert events(told, "--limit", "1") == ["debtor-changed"]


NONSENSE: list[tuple[str, ...]] = [
    ("--filter", "user=a", "--filter", "event=b", "--filter", "comment=c", "--filter", "subject=d"),
    ("--filter", "usr=anna"),
    ("--filter", "user"),
    ("--filter", "user=a", "--filter", "user=b"),
]


def test_other_filters_are_refused(told: Office) -> None:
    for arguments in NONSENSE:
        told.command("audit", "list", *arguments)
        assert told.exit_code == 2


def test_csv_holds_debtor_and_transaction_and_no_formula(told: Office, tmp_path: Path) -> None:
    out = tmp_path / "trail.csv"
    told.command("audit", "list", "--filter", "user=bert", "--out", str(out))
    with out.open(encoding="utf-8", newline="") as handle:
        (row,) = csv.DictReader(handle, delimiter=";")
    assert (row["user"], row["debtor_number"], row["comment"]) == ("bert", "10002", "'=HYPERLINK(1)")
    exported = told.table("audit")
    assert {"sequence", "at", "user", "event", "subject", "comment", "hash"} <= set(exported[0])
    assert [one["debtor_number"] for one in exported] == ["", "10001", "10002", "10002", "10002"]


# --- what somebody does to the trail behind our back ---------------------------------------------------------------


def tamper(database: Database, *statements: str) -> None:
    """Changes rows as somebody with every right to the database could: the guards are taken off first."""
    with database.engine.connect() as connection, connection.begin():
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER append_only_audit_update")
            connection.exec_driver_sql("DROP TRIGGER append_only_audit_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)


def verdict(office: Office, *arguments: str) -> str:
    answer: dict[str, Any] = office.command("check", *arguments)
    return next((one["detail"] for one in answer["checks"] if one["name"] == "the audit chain holds"), "")


@pytest.mark.parametrize(
    ("statements", "row"),
    [
        (["UPDATE audit SET comment = 'harmless' WHERE sequence = 2"], "row 2 was changed"),
        (["UPDATE audit SET \"user\" = 'bert' WHERE sequence = 3"], "row 3 was changed"),
        (["DELETE FROM audit WHERE sequence = 2"], "row 2 is missing"),
        (
            [
                "UPDATE audit SET sequence = 99 WHERE sequence = 2",
                "UPDATE audit SET sequence = 2 WHERE sequence = 3",
                "UPDATE audit SET sequence = 3 WHERE sequence = 99",
            ],
            "row 2 does not follow",
        ),
    ],
    ids=["changed", "attributed to somebody else", "removed", "reordered"],
)
def test_the_first_touched_row_is_named(told: Office, database: Database, statements: list[str], row: str) -> None:
    assert verdict(told) == ""
    tamper(database, *statements)
    assert verdict(told).startswith(row)
    assert told.exit_code == 4


def test_a_cut_tail_shows_only_against_an_anchor(told: Office, database: Database, tmp_path: Path) -> None:
    kept = tmp_path / "anchors.txt"
    told.command("audit", "anchor", "--out", str(kept))
    told.command("debtor", "change", "10002", "--add", "tag=y", "--user", "bert", "--reason", "later")
    told.command("audit", "anchor", "--out", str(kept))
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 2
    assert verdict(told, "--anchor", str(kept)) == ""
    tamper(database, "DELETE FROM audit WHERE sequence = 6")
    assert verdict(told) == "", "what is left hangs together"
    assert verdict(told, "--anchor", str(kept)) == "row 6, noted outside, is missing"
    assert told.exit_code == 4
    told.command("audit", "anchor", "--out", str(kept))
    assert told.exit_code == 2, "a cut trail gets no new anchor in the same file"


def test_a_trail_written_anew_shows_against_an_anchor(told: Office, database: Database) -> None:
    from sinks.audit import GENESIS, row_hash

    head = str(told.command("audit", "anchor", "--out", str(told.folder / "a.txt"))["anchor"])
    with database.read() as connection:
        rows = connection.exec_driver_sql(
            'SELECT sequence, at, "user", event, subject, comment, details FROM audit ORDER BY sequence'
        ).all()
    statements, before = [], GENESIS
    for row in rows:
        values = (*row[:2], row[2].replace("anna", "bert"), *row[3:], before)
        after = row_hash(values)
        forged = f"SET \"user\" = '{values[2]}', previous_hash = '{before}', hash = '{after}' WHERE sequence = {row[0]}"
        statements.append(f"UPDATE audit {forged}")
        before = after
    tamper(database, *statements)
    assert verdict(told) == ""
    assert verdict(told, "--anchor", head) == "row 5 is not the one noted outside"


def test_an_anchor_that_is_none_is_refused(told: Office) -> None:
    (told.folder / "empty.txt").write_text("", encoding="utf-8")
    for anchor in ("nowhere.txt", "12:abc", "empty.txt"):
        told.command("check", "--anchor", anchor)
        assert told.exit_code == 2
