"""What the billing system tells, loaded again and again, on SQLite and PostgreSQL."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import ConfigurationError
from pipelines.model.receivable import ItemStatus, Receivable
from pipelines.ports.receivables import KnownItem
from pipelines.usecases.load import LoadResult, load, next_item_version
from sinks import tables
from sinks.books import SqlBooks, SqlWork
from sinks.bulk import insert_rows
from sources.receivables import TableFiles

AS_OF = date(2026, 11, 20)
HEADER = "invoice_number;debtor_number;amount;issue_date;due_date"


def loaded(books: SqlBooks, folder: Path, *lines: str, kind: str = "receivables", name: str = "x.csv") -> LoadResult:
    path = folder / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return load(books, TableFiles(), kind, [path], as_of=AS_OF)


def items(books: SqlBooks) -> pd.DataFrame:
    with books.read() as work:
        frame: pd.DataFrame = work.receivables.items()
    return frame.set_index("invoice_number")


def allocate(books: SqlBooks, number: str, minor: int, kind: str = "settlement", name: str = "") -> None:
    """An allocation as the ledger writes it."""
    row = {
        "allocation_id": f"a-{number}-{minor}-{kind}{name}", "entry_id": "e", "transaction_id": "t",
        "debtor_number": "D1", "invoice_number": number, "amount_minor": minor, "cash_minor": minor,
        "currency": "EUR", "kind": kind, "disposition": "auto", "probability": None, "proposal_id": "",
        "reverses": "", "run_id": "",
    }  # fmt: skip
    with books.lease("post", AS_OF), books.write() as work:
        insert_rows(work.connection, tables.allocation, [row])


ROW = "R1;D1;100.00;2026-10-01;2026-10-15"


def test_loading_twice_is_loading_once(books: SqlBooks, tmp_path: Path) -> None:
    first = loaded(books, tmp_path, HEADER, ROW, "R2;D1;5.00;2026-10-01;2026-10-15")
    before = items(books)
    second = loaded(books, tmp_path, HEADER, "R2;D1;5.00;2026-10-01;2026-10-15", ROW)
    assert (first.counts["new"], second.counts["new"], second.counts["unchanged"]) == (2, 0, 2)
    pd.testing.assert_frame_equal(before, items(books))


def test_a_change_is_a_new_version(books: SqlBooks, tmp_path: Path) -> None:
    loaded(books, tmp_path, HEADER, ROW)
    result = loaded(books, tmp_path, HEADER, "R1;D2;120.00;2026-10-01;2026-10-20")
    assert result.counts["changed"] == 1
    row = items(books).loc["R1"]
    assert (row["debtor_number"], row["open_minor"]) == ("D2", 12000)
    assert row["due_date"] == pd.Timestamp("2026-10-20")


def test_the_echo_of_our_own_postings_changes_nothing(books: SqlBooks, tmp_path: Path) -> None:
    header = HEADER + ";open_amount"
    loaded(books, tmp_path, header, ROW + ";100.00")
    allocate(books, "R1", 10000)
    assert loaded(books, tmp_path, header, ROW + ";0.00").counts["unchanged"] == 1
    # The bank takes the payment back; the billing system does not know yet.
    allocate(books, "R1", -10000, "reversal")
    assert loaded(books, tmp_path, header, ROW + ";0.00").counts["unchanged"] == 1
    assert items(books).loc["R1", "open_minor"] == 10000


def test_money_that_came_another_way_lowers_what_is_owed(books: SqlBooks, tmp_path: Path) -> None:
    header = HEADER + ";open_amount"
    loaded(books, tmp_path, header, ROW + ";100.00")
    allocate(books, "R1", 2500, "partial")
    loaded(books, tmp_path, header, ROW + ";45.00")
    assert items(books).loc["R1", "open_minor"] == 4500
    # An older list must not raise it again; nor does a list without the column.
    loaded(books, tmp_path, header, ROW + ";100.00")
    loaded(books, tmp_path, HEADER, ROW)
    assert items(books).loc["R1", "open_minor"] == 4500


def test_settled_before_go_live_and_cancelled_items_are_known_but_not_owed(books: SqlBooks, tmp_path: Path) -> None:
    loaded(
        books, tmp_path, HEADER + ";open_amount;status", ROW + ";0;open",
        "R2;D1;50.00;2026-10-01;2026-10-15;;cancelled", "G1;D1;-30.00;2026-10-01;2026-10-15;;",
    )  # fmt: skip
    assert items(books)["open_minor"].to_dict() == {"G1": -3000, "R1": 0, "R2": 0}


def test_changes_that_contradict_payments_are_found(books: SqlBooks, tmp_path: Path) -> None:
    header = HEADER + ";currency;status"
    for number in ("R1", "R2", "R3", "R4"):
        loaded(books, tmp_path, header, f"{number};D1;100.00;2026-10-01;2026-10-15;EUR;")
        allocate(books, number, 10000)
    result = loaded(
        books, tmp_path, header,
        "R1;D1;100.00;2026-10-01;2026-10-15;EUR;cancelled",
        "R2;D1;80.00;2026-10-01;2026-10-15;EUR;",
        "R3;D1;100.00;2026-10-01;2026-10-15;USD;",
        "R4;D2;100.00;2026-10-01;2026-10-15;EUR;",
    )  # fmt: skip
    assert sorted(finding.code for finding in result.findings) == [
        "amount-below-allocated", "cancelled-but-paid", "currency-changed", "debtor-changed",
    ]  # fmt: skip
    assert all(finding.source_file == "x.csv" and finding.position for finding in result.findings)
    frame = items(books)
    assert frame["open_minor"].tolist() == [0, 0, 0, 0]
    assert frame.loc["R3", "currency"] == "EUR"


def test_a_file_refused_whole_leaves_the_others(books: SqlBooks, tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "a.csv").write_text("<html>503</html>")
    (folder / "b.csv").write_text(HEADER + "\n" + ROW + "\n")
    result = load(books, TableFiles(), "receivables", [folder], as_of=AS_OF)
    assert (result.counts["files"], result.counts["files_refused"], result.counts["new"]) == (2, 1, 1)
    assert [(finding.code, finding.source_file) for finding in result.findings] == [("table-header", "a.csv")]
    with books.read() as work:
        assert [finding.code for finding in work.findings.open()] == ["table-header"]


def test_files_are_taken_by_name_whatever_their_order(books: SqlBooks, tmp_path: Path) -> None:
    old, new = tmp_path / "2026-11-01.csv", tmp_path / "2026-11-02.csv"
    old.write_text(HEADER + "\n" + ROW + "\n")
    new.write_text(HEADER + "\n" + ROW.replace("100.00", "90.00") + "\n")
    load(books, TableFiles(), "receivables", [new, old], as_of=AS_OF)
    assert items(books).loc["R1", "amount_minor"] == 9000


def test_a_refusal_is_settled_when_the_row_comes_right(books: SqlBooks, tmp_path: Path) -> None:
    loaded(books, tmp_path, HEADER, ROW.replace("100.00", "1_00"), "R2;D1;5.00;2026-10-01;2026-10-15")
    with books.read() as work:
        assert [finding.subject for finding in work.findings.open(codes={"row-refused"})] == ["R1"]
    loaded(books, tmp_path, HEADER, ROW)
    with books.read() as work:
        assert work.findings.open(codes={"row-refused"}) == []


def test_a_load_cut_off_between_two_commits_ends_like_an_undisturbed_one(
    sqlite_books: SqlBooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.tables_in.CHUNK_ROWS", 2)
    lines = [f"R{n};D1;{n}.00;2026-10-01;2026-10-15" for n in range(1, 8)]
    real = sqlite_books.write
    commits = 0

    def dying() -> AbstractContextManager[SqlWork]:
        nonlocal commits
        commits += 1
        if commits == 4:
            raise KeyboardInterrupt
        return real()

    monkeypatch.setattr(sqlite_books, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        loaded(sqlite_books, tmp_path, HEADER, *lines)
    assert 0 < len(items(sqlite_books)) < 7
    result = loaded(sqlite_books, tmp_path, HEADER, *lines)
    assert result.counts["new"] + result.counts["unchanged"] == 7
    frame = items(sqlite_books)
    assert frame["amount_minor"].tolist() == [n * 100 for n in range(1, 8)]
    with sqlite_books.read() as work:
        assert work.connection.exec_driver_sql("SELECT MAX(version) FROM receivable").scalar_one() == 1


def test_unknown_kinds_and_missing_files_are_mistakes_of_the_caller(sqlite_books: SqlBooks, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        load(sqlite_books, TableFiles(), "invoices", [tmp_path], as_of=AS_OF)
    with pytest.raises(ConfigurationError):
        load(sqlite_books, TableFiles(), "receivables", [tmp_path / "none.csv"], as_of=AS_OF)


def test_debtors_complete_the_items_and_collections_and_contracts_are_versioned(
    books: SqlBooks, tmp_path: Path
) -> None:
    loaded(books, tmp_path, HEADER + ";debtor_ibans", ROW + ";DE02120300000000202051")
    loaded(
        books, tmp_path, "debtor_number;name;ibans;aliases",
        "D1;Muster GmbH;DE02500105170137075030|DE02120300000000202051;Muster Handel", kind="debtors",
    )  # fmt: skip
    row = items(books).loc["R1"]
    assert row["debtor_name"] == "Muster GmbH"
    assert row["debtor_ibans"] == "DE02120300000000202051|DE02500105170137075030"
    assert row["aliases"] == "Muster Handel"
    head = "end_to_end_id;mandate_id;invoice_number;amount;collection_date"
    loaded(books, tmp_path, head, "E1;M1;R1;100.00;2026-11-01", kind="collections")
    changed = loaded(books, tmp_path, head, "E1;M1;R1;100.00;2026-11-03", kind="collections")
    assert changed.counts["changed"] == 1
    loaded(books, tmp_path, "contract_id;debtor_number;status", "C1;D1;active", kind="contracts")
    again = loaded(books, tmp_path, "contract_id;debtor_number;status", "C1;D1;active", kind="contracts")
    assert again.counts["unchanged"] == 1
    with books.read() as work:
        collections = work.receivables.collections()
        contracts = work.receivables.contracts()
        debtors = work.receivables.debtors()
        payers = work.receivables.known_payers()
    assert collections["collection_date"].tolist() == [pd.Timestamp("2026-11-03")]
    assert collections["amount_minor"].dtype == "Int64"
    assert contracts["status"].tolist() == ["active"]
    assert debtors["aliases"].tolist() == ["Muster Handel"]
    assert payers.columns.tolist() == ["iban", "debtor_number", "count", "last_seen"]


def test_pain008_is_taken_as_collections(books: SqlBooks, tmp_path: Path) -> None:
    loaded(books, tmp_path, HEADER + ";end_to_end_id", ROW + ";", "R2;D1;5.00;2026-10-01;2026-10-15;E-2")
    debits = (("E-1", "100.00", "Rechnung R1, Danke"), ("E-2", "5.00", "-"), ("E-3", "1.00", "?"))
    text = (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"><CstmrDrctDbtInitn><GrpHdr><MsgId>M</MsgId>'
        "</GrpHdr><PmtInf><PmtInfId>P</PmtInfId><ReqdColltnDt>2026-11-05</ReqdColltnDt>"
        + "".join(
            f"<DrctDbtTxInf><PmtId><EndToEndId>{e2e}</EndToEndId></PmtId><InstdAmt Ccy='EUR'>{amount}</InstdAmt>"
            f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></DrctDbtTxInf>"
            for e2e, amount, text in debits
        )
        + "</PmtInf></CstmrDrctDbtInitn></Document>"
    )
    result = loaded(books, tmp_path, text, kind="collections", name="dd.xml")
    assert [(finding.code, finding.subject) for finding in result.findings] == [("collection-without-invoice", "E-3")]
    assert loaded(books, tmp_path, text, kind="collections", name="dd.xml").counts["unchanged"] == 3
    with books.read() as work:
        frame = work.receivables.collections()
    assert frame[["end_to_end_id", "invoice_number"]].to_numpy().tolist() == [["E-1", "R1"], ["E-2", "R2"], ["E-3", ""]]


def item(amount: int, open_: int, status: ItemStatus = ItemStatus.OPEN) -> Receivable:
    return Receivable("R1", "D1", amount, open_, "EUR", date(2026, 10, 1), date(2026, 10, 15), status=status)


@settings(max_examples=200)
@given(
    st.integers(0, 10_000),
    st.sampled_from([1, -1]),
    st.lists(st.tuples(st.sampled_from(["pay", "return", "cash"]), st.integers(1, 5_000)), max_size=8),
)
def test_echoes_never_change_anything_and_cash_is_seen_before_any_return(
    amount: int, sign: int, steps: list[tuple[str, int]]
) -> None:
    """The billing system reports amount − everything it knows: our postings and cash paid to it."""
    version = next_item_version(item(sign * amount, sign * amount), None, open_given=True)
    assert version is not None
    settled, net, ever, cash, returned = 0, 0, 0, 0, False
    for what, minor in steps:
        room = amount - cash - net
        if what == "pay":
            part = min(minor, room)
            net, ever = net + part, ever + part
        elif what == "return":
            part = min(minor, net)
            net, returned = net - part, returned or part > 0
        else:
            cash += min(minor, room)
        reported = max(0, amount - cash - ever)
        before = KnownItem(
            version.version, version.content_hash, sign * amount, "EUR", "D1", sign * settled, sign * net, sign * ever
        )
        newer = next_item_version(item(sign * amount, sign * reported), before, open_given=True)
        if newer is not None:
            version, settled = newer, abs(newer.settled_elsewhere_minor)
        assert settled <= cash
        assert amount - settled - net >= 0
        if not returned:
            assert settled == cash
