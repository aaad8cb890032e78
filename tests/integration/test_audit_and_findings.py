"""The audit chain shows every change; findings are kept once and settled once."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text, update

from pipelines.model.finding import Finding, Severity
from pipelines.ports.audit import AuditEvent, AuditHead
from sinks.audit import COLUMNS, row_hash
from sinks.audit_proof import first_broken_row
from sinks.books import SqlBooks
from sinks.tables import audit
from tests.ledger_world import AS_OF

EVENTS = [AuditEvent("posted", f"T{n}", comment="ä;|", details='{"n":1}') for n in range(6)]


def filled(books: SqlBooks) -> AuditHead:
    with books.lease("post", AS_OF), books.write() as work:
        work.audit.append(EVENTS[:2])
        head: AuditHead = work.audit.append(EVENTS[2:])
        return head


def tamper(books: SqlBooks, *statements: str) -> None:
    """What somebody with the database's password could do."""
    database = books.database
    with database.write() as connection:
        if database.is_sqlite:
            for event in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER append_only_audit_{event}"))
        else:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER append_only_audit"))
        for statement in statements:
            connection.execute(text(statement))


def readings(books: SqlBooks, anchor: AuditHead | None = None) -> tuple[str, str]:
    with books.read() as work:
        return work.audit.verify(anchor), first_broken_row(work.connection)


def test_a_whole_chain_holds(books: SqlBooks) -> None:
    assert readings(books) == ("", "")
    head = filled(books)
    assert head.sequence == 6
    assert readings(books, head) == ("", "")
    with books.read() as work:
        assert work.audit.head() == head
    with books.lease("post", AS_OF), books.write() as work:
        assert work.audit.append([]) == head


@pytest.mark.parametrize("column", ["at", "user", "event", "subject", "comment", "details"])
def test_any_changed_column_shows(books: SqlBooks, column: str) -> None:
    filled(books)
    tamper(books, "UPDATE audit SET sequence = 3 WHERE sequence = 3")
    with books.database.write() as connection:
        connection.execute(update(audit).where(audit.c.sequence == 3).values({column: "other"}))
    assert readings(books) == ("row 3 was changed", "row 3 was changed")


def test_moving_text_between_columns_shows(books: SqlBooks) -> None:
    filled(books)
    tamper(books, "UPDATE audit SET event = 'poste', subject = 'd' || subject WHERE sequence = 3")
    assert readings(books) == ("row 3 was changed", "row 3 was changed")


def test_a_row_forged_with_its_hash_shows_at_the_next_row(books: SqlBooks) -> None:
    filled(books)
    tamper(books, "UPDATE audit SET subject = 'T9' WHERE sequence = 3")
    with books.database.write() as connection:
        row = connection.execute(select(*(audit.c[name] for name in COLUMNS)).where(audit.c.sequence == 3)).one()
        connection.execute(update(audit).where(audit.c.sequence == 3).values(hash=row_hash(tuple(row))))
    told = "row 4 does not follow the row before it"
    assert readings(books) == (told, told)


def test_a_removed_row_shows(books: SqlBooks) -> None:
    filled(books)
    tamper(books, "DELETE FROM audit WHERE sequence = 3")
    assert readings(books) == ("row 3 is missing", "row 3 is missing")


def test_reordered_rows_show(books: SqlBooks) -> None:
    filled(books)
    tamper(
        books,
        "UPDATE audit SET sequence = 99 WHERE sequence = 2",
        "UPDATE audit SET sequence = 2 WHERE sequence = 3",
        "UPDATE audit SET sequence = 3 WHERE sequence = 99",
    )
    first, second = readings(books)
    assert first == second == "row 2 does not follow the row before it"


def test_a_cut_tail_shows_only_against_an_anchor(books: SqlBooks) -> None:
    head = filled(books)
    tamper(books, "DELETE FROM audit WHERE sequence > 4")
    assert readings(books) == ("", "")
    assert readings(books, head)[0] == "row 6, noted outside, is missing"
    assert "not the one noted outside" in readings(books, AuditHead(2, "0"))[0]


def test_a_finding_is_kept_once_and_settled_once(books: SqlBooks) -> None:
    gap = Finding("statement-gap", Severity.ERROR, "S2", "two days are missing", "b.xml", "Stmt 1")
    odd = Finding("row-refused", Severity.WARNING, "a.csv", "row 3 has no amount", "a.csv", "row 3")
    with books.lease("pull", AS_OF):
        with books.write() as work:
            assert work.findings.add([gap, odd, gap]) == 2
        with books.write() as work:
            assert work.findings.add([gap, odd]) == 0
            assert work.findings.known([gap.finding_id, "?"]) == {gap.finding_id}
            assert work.findings.ids("row-refused") == {odd.finding_id}
            assert work.findings.open() == [odd, gap]
            assert work.findings.open(codes=["statement-gap"], subjects=["S2", "S3"]) == [gap]
            assert work.findings.open(codes=["statement-gap"], subjects=["S3"]) == []
        with books.write() as work:
            assert work.findings.resolve([gap.finding_id, "?"], "the days arrived") == 1
            assert work.findings.resolve([gap.finding_id], "again") == 0
            assert work.findings.open() == [odd]
            assert [stored.resolved for stored in work.findings.all()] == ["", "the days arrived"]
