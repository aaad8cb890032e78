"""The end of a month without any database: ages, proofs of balances, and the folder that is handed over."""

from __future__ import annotations

import hashlib
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from pipelines.closing.aged import Aged, aged, bucket_of
from pipelines.closing.folder import Cell, Sheet, german, write_folder
from pipelines.closing.proof import AccountProof, prove
from pipelines.errors import ConfigurationError
from pipelines.model.debtor_account import AccountLine, EntryKind, ItemFacts
from pipelines.ports.statements import AccountCoverage, MemberRow
from pipelines.table_out import AMOUNT, DAY, TEXT, OutColumn

END = date(2026, 10, 31)
FIRST = date(2026, 10, 1)


def line(day: date, minor: int, invoice: str = "RE-1", kind: EntryKind = EntryKind.CLAIM) -> AccountLine:
    return AccountLine(day, kind, minor, "EUR", invoice, "10001", is_claim=kind is EntryKind.CLAIM)


def of(*lines: AccountLine, due: date = date(2026, 10, 1)) -> Aged:
    facts = {one.invoice_number: ItemFacts(one.invoice_number, due, "invoice", False) for one in lines}
    return aged(lines, facts, END, {"10001": "Weiss"})


@pytest.mark.parametrize(
    ("due", "bucket"),
    [
        (date(2026, 11, 1), "current"), (END, "current"), (date(2026, 10, 30), "1-30"), (date(2026, 10, 1), "1-30"),
        (date(2026, 9, 30), "31-60"), (date(2026, 9, 1), "31-60"), (date(2026, 8, 31), "61-90"),
        (date(2026, 8, 2), "61-90"), (date(2026, 8, 1), "91+"),
    ],
)  # fmt: skip
def test_an_item_belongs_to_the_age_of_its_due_date(due: date, bucket: str) -> None:
    found = of(line(date(2026, 7, 1), 11900), due=due)
    assert found.sums("EUR")[bucket] == 11900
    assert sum(found.sums("EUR").values()) == 11900


def test_what_came_after_the_closing_day_changes_nothing() -> None:
    found = of(line(date(2026, 9, 1), 11900), line(date(2026, 11, 1), -11900, kind=EntryKind.PAYMENT))
    assert [item.open_minor for item in found.items] == [11900]
    paid = of(line(date(2026, 9, 1), 11900), line(END, -11900, kind=EntryKind.PAYMENT))
    assert paid.items == ()


def test_credit_stands_apart_and_hides_no_debt() -> None:
    found = of(line(date(2026, 9, 1), 11900), line(date(2026, 10, 5), -5000, "", EntryKind.PAYMENT))
    assert found.sums("EUR") == {"current": 0, "1-30": 11900, "31-60": 0, "61-90": 0, "91+": 0, "credit": -5000}
    assert found.debtors("EUR") == [("10001", found.sums("EUR"))]
    assert bucket_of(400, -1) == "credit"


# --- bank balances ----------------------------------------------------------------------------------------------------


def covered(until: date | None, since: date = FIRST, held: int = 0, unproven: int = 0) -> AccountCoverage:
    return AccountCoverage(
        "DE02120300000000202051", "EUR", since if until else None, until, until, held, None, unproven
    )


def month(coverage: AccountCoverage, *stated: tuple[date, int], booked: dict[date, int] | None = None) -> AccountProof:
    chain = [MemberRow("s", day, day, 0, minor) for day, minor in stated]
    moved = {date(2026, 10, 1): 500, date(2026, 10, 30): -200} if booked is None else booked
    return prove(coverage, chain, moved, {date(2026, 10, 1): 1000}, FIRST, END)


def test_a_month_is_proven_when_its_last_banking_day_is() -> None:
    found = month(covered(date(2026, 10, 30)), (date(2026, 10, 1), 1500), (date(2026, 10, 30), 1300))
    assert found.proven
    first, last = found.days[0], found.days[-1]
    assert (first.opening_minor, first.booked_minor, first.ledger_minor, first.bank_minor) == (1000, 500, 1500, 1500)
    assert (last.day, last.ledger_minor, found.closing_minor) == (date(2026, 10, 30), 1300, 1300)


def test_every_day_continues_the_one_before() -> None:
    days = month(covered(date(2026, 10, 30))).days
    assert all(later.opening_minor == one.ledger_minor for one, later in pairwise(days))
    assert all(one.ledger_minor == one.opening_minor + one.booked_minor for one in days)
    assert len(days) == 22


@pytest.mark.parametrize(
    ("coverage", "stated", "why"),
    [
        (covered(None), (), [("nothing", "")]),
        (covered(date(2026, 10, 29)), (), [("ends", "2026-10-29")]),
        (covered(date(2026, 10, 30), since=date(2026, 10, 5)), (), [("begins", "2026-10-05")]),
        (covered(date(2026, 10, 30)), ((date(2026, 10, 2), 1499),), [("differs", "2026-10-02")]),
        (covered(date(2026, 10, 30), held=1), (), [("held", "1")]),
        (covered(date(2026, 10, 30), unproven=3), (), [("unproven", "3")]),
    ],
)
def test_what_is_not_proven_says_why(
    coverage: AccountCoverage, stated: tuple[tuple[date, int], ...], why: list[tuple[str, str]]
) -> None:
    found = month(coverage, *stated)
    assert list(found.why) == why
    assert not found.proven


# --- the folder -------------------------------------------------------------------------------------------------------


def a_sheet(text: str = "=1+1") -> Sheet:
    columns = [OutColumn("Tag", DAY), OutColumn("Betrag", AMOUNT), OutColumn("Text", TEXT)]
    return Sheet("journal.csv", "Journal", "jede Zeile", columns, [[END, Cell(-123456, "EUR"), text]], ("Text",))


def test_amounts_have_a_comma_and_their_own_decimals() -> None:
    assert [german(Cell(*one)) for one in ((-123456, "EUR"), (5, "EUR"), (5, "JPY"), (0, "EUR"), (-5, "EUR"))] == [
        "-1234,56", "0,05", "5", "0,00", "-0,05",
    ]  # fmt: skip


def test_the_folder_holds_what_its_index_names_and_the_sums_agree(tmp_path: Path) -> None:
    written = write_folder(tmp_path / "out", [a_sheet()], "Muster & <Söhne>\x07", (FIRST, END), "Lies mich")
    assert {one.path.name for one in written} == {path.name for path in (tmp_path / "out").iterdir()}
    for sums in (tmp_path / "out" / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = sums.split("  ")
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    content = (tmp_path / "out" / "journal.csv").read_bytes()
    assert content == '\ufeff"Tag";"Betrag";"Text"\r\n"31.10.2026";"-1234,56";"\'=1+1"\r\n'.encode()
    tree = etree.parse(str(tmp_path / "out" / "index.xml"), etree.XMLParser(resolve_entities=False, no_network=True))
    assert tree.findtext(".//DataSupplier/Name") == "Muster & <Söhne>"
    assert [one.tag for one in tree.find(".//Table")] == [
        "URL", "Name", "Description", "Validity", "UTF8", "DecimalSymbol", "DigitGroupingSymbol", "Range",
        "VariableLength",
    ]  # fmt: skip
    assert tree.findtext(".//VariablePrimaryKey/Name") == "Text"
    assert tree.findtext(".//VariableLength/RecordDelimiter") == "\r\n"


def test_a_second_time_the_same_bytes_and_strangers_are_refused(tmp_path: Path) -> None:
    first = write_folder(tmp_path, [a_sheet()], "Muster", (FIRST, END), "x")
    assert write_folder(tmp_path, [a_sheet()], "Muster", (FIRST, END), "x") == first
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(ConfigurationError, match=r"holiday\.jpg"):
        write_folder(tmp_path, [a_sheet()], "Muster", (FIRST, END), "x")
