"""Table files in all the shapes people make them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import HeaderError, UnreadableDocument
from pipelines.model.finding import Finding
from pipelines.model.receivable import Collection, Contract, Debtor, DocumentType, ItemStatus, Receivable
from pipelines.ports.receivables import TableRow
from sources.decimal_mark import ColumnStyle, ColumnSurvey, MixedColumn
from sources.receivables import read
from sources.tables_in import MAX_LINES_PER_RECORD

HEADER = "invoice_number;debtor_number;amount;issue_date;due_date"


def taken(path: Path, kind: str = "receivables") -> tuple[list[TableRow], list[Finding]]:
    rows: list[TableRow] = []
    findings: list[Finding] = []
    for batch in read(path, kind):
        rows += batch.rows
        findings += batch.findings
    return rows, findings


def items(path: Path) -> dict[str, Receivable]:
    return {row.noun.invoice_number: row.noun for row in taken(path)[0] if isinstance(row.noun, Receivable)}


def written(folder: Path, text: str, encoding: str = "utf-8", name: str = "items.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def amounts(folder: Path, *texts: str, currency: str = "EUR") -> tuple[dict[str, int], list[Finding]]:
    """Minor units by the amount's text, for a file whose amount column holds just these."""
    lines = [f'R{place};D1;"{text}";2026-10-01;2026-10-15;{currency}' for place, text in enumerate(texts)]
    rows, findings = taken(written(folder, "\n".join([HEADER + ";currency", *lines, ""])))
    by_number = {row.noun.invoice_number: row.noun for row in rows if isinstance(row.noun, Receivable)}
    return {
        text: by_number[f"R{place}"].amount_minor for place, text in enumerate(texts) if f"R{place}" in by_number
    }, findings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_dialect_tells_the_same(tmp_path: Path, encoding: str, delimiter: str, line_end: str) -> None:
    text = (
        "invoice_number;debtor_number;amount;issue_date;due_date;debtor_name\n"
        "RE-1;10001;119.00;2026-10-01;15.10.2026;Müller & Söhne\n"
    )
    path = written(tmp_path, text.replace(";", delimiter).replace("\n", line_end), encoding)
    assert items(path) == {
        "RE-1": Receivable(
            "RE-1", "10001", 11900, 11900, "EUR", date(2026, 10, 1), date(2026, 10, 15), debtor_name="Müller & Söhne"
        )
    }


def test_every_column_of_a_receivable_arrives(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "invoice_number;debtor_number;amount;issue_date;due_date;currency;open_amount;document_type;status;debtor_name;"
        "debtor_ibans;payment_method;mandate_id;end_to_end_id;creditor_reference;order_number;shipment_ids;contract_id;"
        "cash_discount_percent;cash_discount_until;dunning_plan;tax_rate\n"
        "RE-1;10001;1.190,00;01.10.2026;15.10.2026;eur;190,00;invoice;open;Muster;"
        "DE02 1203 0000 0000 2020 51|DE02500105170137075030;Direct_Debit;M-1;E-1;RF18539007547034;O-1;S-1| S-2 ;C-1;"
        "2,5;08.10.2026;b2b;19\n",
    )
    rows, findings = taken(path)
    assert findings == []
    assert rows[0].open_given
    assert rows[0].noun == Receivable(
        "RE-1", "10001", 119000, 19000, "EUR", date(2026, 10, 1), date(2026, 10, 15), DocumentType.INVOICE,
        ItemStatus.OPEN, "Muster", ("DE02120300000000202051", "DE02500105170137075030"), "direct_debit", "M-1", "E-1",
        "RF18539007547034", "O-1", ("S-1", "S-2"), "C-1", 250, date(2026, 10, 8), "b2b", 1900,
    )  # fmt: skip


def test_debtors_collections_and_contracts(tmp_path: Path) -> None:
    debtor = written(
        tmp_path,
        "debtor_number;name;ibans;aliases;tags;dunning_block_until\n7;Muster;DE02120300000000202051;A|B;vip;31.12.2026\n",
        name="d.csv",
    )
    assert [row.noun for row in taken(debtor, "debtors")[0]] == [
        Debtor("7", "Muster", ("DE02120300000000202051",), "", "", ("A", "B"), ("vip",), "", "", date(2026, 12, 31))
    ]
    collection = written(
        tmp_path,
        "end_to_end_id,mandate_id,invoice_number,amount,collection_date\nE1,M1,RE-1,12.50,2026-11-02\n",
        name="c.csv",
    )
    assert [row.noun for row in taken(collection, "collections")[0]] == [
        Collection("E1", "M1", "RE-1", 1250, "EUR", date(2026, 11, 2))
    ]
    contract = written(tmp_path, "contract_id;debtor_number;status\nC1;7;Active\n", name="k.csv")
    assert [row.noun for row in taken(contract, "contracts")[0]] == [Contract("C1", "7", "active")]


def test_unknown_columns_are_reported_and_ignored(tmp_path: Path) -> None:
    rows, findings = taken(written(tmp_path, HEADER + ";colour;\nR1;D1;5.00;2026-10-01;2026-10-02;red;\n"))
    assert len(rows) == 1
    assert [(finding.code, finding.position, finding.source_file) for finding in findings] == [
        ("unknown-column", "header", "items.csv")
    ]
    assert "colour" in findings[0].message


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "lacks"),
        ("<html><body>503 Service Unavailable</body></html>\n", "lacks"),
        ("invoice_number;amount;issue_date;due_date\nR1;5.00;2026-10-01;2026-10-02\n", "debtor_number"),
        (HEADER + ";amount\nR1;D1;5.00;2026-10-01;2026-10-02;6.00\n", "more than once"),
        ("R1;D1;5.00;2026-10-01;2026-10-02\n", "lacks"),
    ],
)
def test_a_wrong_header_refuses_the_file_whole(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(HeaderError, match=what):
        taken(written(tmp_path, text))


@pytest.mark.parametrize(
    "content", [HEADER.encode("utf-16"), b"PK\x03\x04rest", HEADER.encode() + b"\nR\x81\xff\x8d", b"PAR1nothing"]
)
def test_what_is_no_text_table_is_refused_whole(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableDocument):
        taken(path)


@pytest.mark.parametrize(
    "bad",
    ["1_000", "NaN", "nan", "1e999", "Infinity", "١٢٫٥٠", "１２.５０", "12.345", "0x10", "12,50", "", "5.00 EUR", "--5",
     "99999999999999999.00"],
)  # fmt: skip
def test_what_is_no_amount_is_refused_by_its_row_and_the_rest_loads(tmp_path: Path, bad: str) -> None:
    found, findings = amounts(tmp_path, "100.00", bad, "200.00", "300.00")
    assert {text: found.get(text) for text in ("100.00", "200.00", "300.00")} == {
        "100.00": 10000, "200.00": 20000, "300.00": 30000,
    }  # fmt: skip
    assert bad not in found
    assert [(finding.code, finding.subject, finding.position) for finding in findings] == [
        ("row-refused", "R1", "row 3")
    ]


def test_minus_nought_is_nought(tmp_path: Path) -> None:
    assert amounts(tmp_path, "-0", "-0.00", "10.00")[0] == {"-0": 0, "-0.00": 0, "10.00": 1000}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("1.234", "99,50"), {"1.234": 123400, "99,50": 9950}),
        (("1.234,56", "12"), {"1.234,56": 123456, "12": 1200}),
        (("1,234", "99.50"), {"1,234": 123400, "99.50": 9950}),
        (("1,234.56", "12"), {"1,234.56": 123456, "12": 1200}),
        (("1.234.567", "1.234"), {"1.234.567": 123456700, "1.234": 123400}),
        (("12.345", "1.5"), {"1.5": 150}),
        (("0.123", "1.5"), {"1.5": 150}),
        (("1.230", "1.5"), {"1.230": 123, "1.5": 150}),
        (("12", "1234"), {"12": 1200, "1234": 123400}),
        (("1.234", "12"), {"12": 1200}),
        (("1.234", "1,234", "7"), {"7": 700}),
    ],
)
def test_the_whole_column_decides_the_decimal_mark(
    tmp_path: Path, texts: tuple[str, ...], expected: dict[str, int]
) -> None:
    found, findings = amounts(tmp_path, *texts)
    assert found == expected
    assert len(findings) == len(texts) - len(expected)


def test_a_few_rows_of_the_other_mark_are_refused_and_so_is_what_reads_both_ways(tmp_path: Path) -> None:
    found, findings = amounts(tmp_path, "1,50", "2,50", "3.50", "1.234", "12")
    assert found == {"1,50": 150, "2,50": 250, "12": 1200}
    assert [finding.subject for finding in findings] == ["R2", "R3"]


def test_half_and_half_refuses_the_file_whole(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        amounts(tmp_path, "1,50", "2.50", "12")
    assert caught.value.code == "amount-column-mixed"


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [("JPY", "1234", 1234), ("JPY", "1234.00", 1234), ("KWD", "1.234", 1234), ("KWD", "1,234", 1234),
     ("KWD", "12.5", 12500)],
)  # fmt: skip
def test_currencies_have_their_own_decimals(tmp_path: Path, currency: str, text: str, minor: int) -> None:
    assert amounts(tmp_path, text, currency=currency)[0] == {text: minor}


@pytest.mark.parametrize(("currency", "text"), [("JPY", "12.50"), ("KWD", "12.3456"), ("XQZ", "1.00"), ("EURO", "1")])
def test_too_many_decimals_and_unknown_currencies_are_refused(tmp_path: Path, currency: str, text: str) -> None:
    assert amounts(tmp_path, text, currency=currency)[0] == {}


def test_one_column_may_settle_another_of_the_same_file(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ";open_amount\nR1;D1;1.234,50;2026-10-01;2026-10-02;1.234\n")
    assert items(path)["R1"].open_minor == 123400


CENTS = st.integers(min_value=0, max_value=10**9)


def point(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def german(cents: int) -> str:
    return f"{cents / 100:,.2f}".translate(str.maketrans(",.", ".,")) if cents < 10**12 else ""


@given(st.lists(CENTS, min_size=1, max_size=20))
def test_any_column_is_read_as_it_was_written(cents: list[int]) -> None:
    from sources.cells import parse_minor

    for write in (point, german):
        texts = [write(value) for value in cents]
        survey = ColumnSurvey()
        survey.look(texts)
        style = survey.style()
        assert [parse_minor(text, "EUR", style.mark) for text in texts] == cents


@given(st.lists(st.tuples(CENTS, st.booleans()), min_size=2, max_size=20))
def test_a_mixed_column_never_reads_a_value_wrongly(values: list[tuple[int, bool]]) -> None:
    from sources.cells import CellError, parse_minor

    texts = [german(cents) if comma else point(cents) for cents, comma in values]
    survey = ColumnSurvey()
    survey.look(texts)
    try:
        style = survey.style()
    except MixedColumn:
        return
    for text, (cents, _) in zip(texts, values, strict=True):
        try:
            assert style.refuses(text) or parse_minor(text, "EUR", style.mark) == cents
        except CellError:
            continue


@given(st.permutations(["1.234", "12", "1,5", "7.890", "3", "2.000"]))
def test_the_decision_does_not_depend_on_the_order_of_rows(texts: list[str]) -> None:
    survey = ColumnSurvey()
    for text in texts:
        survey.look([text])
    assert survey.style() == ColumnStyle(",")


def test_credit_notes_lower_what_is_owed_whatever_their_sign(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        HEADER + ";document_type;open_amount\n"
        "G1;D1;50.00;2026-10-01;2026-10-01;credit_note;20.00\n"
        "G2;D1;-50.00;2026-10-01;2026-10-01;credit_note;\n"
        "G3;D1;-50.00;2026-10-01;2026-10-01;;\n"
        "G4;D1;-50.00;2026-10-01;2026-10-01;fee;\n",
    )
    found = items(path)
    assert {key: (item.amount_minor, item.open_minor) for key, item in found.items()} == {
        "G1": (-5000, -2000), "G2": (-5000, -5000), "G3": (-5000, -5000),
    }  # fmt: skip
    assert found["G3"].document_type is DocumentType.CREDIT_NOTE
    assert sorted(finding.code for finding in taken(path)[1]) == ["negative-invoice", "row-refused"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (";D1;5.00;2026-10-01;2026-10-02;;", "invoice_number is empty"),
        ("R2;;5.00;2026-10-01;2026-10-02;;", "debtor_number is empty"),
        ("R2;D1;;2026-10-01;2026-10-02;;", "amount is empty"),
        ("R2;D1;5.00;2026-02-30;2026-10-02;;", "does not exist"),
        ("R2;D1;5.00;10/01/2026;2026-10-02;;", "not a day"),
        ("R2;D1;5.00;2026-10-01;;;", "due_date is empty"),
        ("R2;D1;5.00;2026-10-01;2026-10-02;paid;", "status"),
        ("R2;D1;5.00;2026-10-01;2026-10-02;;6.00", "open_amount"),
        ("R2;D1;5.00;2026-10-01;2026-10-02;;-1.00", "open_amount"),
        ("R\u200b2;D1;5.00;2026-10-01;2026-10-02;;", "cannot be seen"),
        ("R2;D1;5.00", "cells"),
        ("R2;D1;5.00;2026-10-01;2026-10-02;;;x", "cells"),
        ("R\x002;D1;5.00;2026-10-01;2026-10-02;;", "NUL"),
    ],
)
def test_a_bad_row_is_refused_by_number_and_reason(tmp_path: Path, row: str, reason: str) -> None:
    good = "R{};D1;5.00;2026-10-01;2026-10-02;;"
    path = written(
        tmp_path, "\n".join([HEADER + ";status;open_amount", good.format(1), row, "", good.format(3), ";;;;;;"])
    )
    rows, findings = taken(path)
    assert [row.number for row in rows] == [2, 5]
    assert [(finding.code, finding.position, finding.source_file) for finding in findings] == [
        ("row-refused", "row 3", "items.csv")
    ]
    assert reason in findings[0].message


def test_rows_are_counted_in_lines_of_the_file_even_after_a_cell_with_line_breaks(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        HEADER
        + ';debtor_name\n"R1";D1;5.00;2026-10-01;2026-10-02;"Muster\nGmbH; Hof"\nR2;D1;x;2026-10-01;2026-10-02;\n',
    )
    rows, findings = taken(path)
    assert isinstance(rows[0].noun, Receivable)
    assert rows[0].noun.debtor_name == "Muster\nGmbH; Hof"
    assert findings[0].position == "row 4"


def test_a_forgotten_quote_costs_its_own_row_only(tmp_path: Path) -> None:
    lines = [f"R{n};D1;5.00;2026-10-01;2026-10-02;x" for n in range(3 * MAX_LINES_PER_RECORD)]
    lines[1] = 'R1;D1;5.00;2026-10-01;2026-10-02;"open'
    lines[-1] = lines[-1][:-1] + '"last'
    rows, findings = taken(written(tmp_path, "\n".join([HEADER + ";debtor_name", *lines])))
    assert len(rows) == len(lines) - 2
    assert [finding.position for finding in findings] == ["row 3", f"row {len(lines) + 1}"]


def test_identical_rows_count_once_and_contradicting_ones_not_at_all(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        HEADER + "\nR1;D1;5.00;2026-10-01;2026-10-02\nR2;D1;5.00;2026-10-01;2026-10-02\n"
        "R1;D1;5.0;01.10.2026;2026-10-02\nR2;D1;6.00;2026-10-01;2026-10-02\nR3;D1;6.00;2026-10-01;2026-10-02\n",
    )
    rows, findings = taken(path)
    assert sorted(row.noun.invoice_number for row in rows if isinstance(row.noun, Receivable)) == ["R1", "R3"]
    assert [(finding.subject, finding.position) for finding in findings] == [("R2", "row 3"), ("R2", "row 5")]


def test_a_wrong_iban_is_left_out_and_never_shown(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        HEADER + ";debtor_ibans\nR1;D1;5.00;2026-10-01;2026-10-02;DE02120300000000202052|DE02120300000000202051\n",
    )
    rows, findings = taken(path)
    assert isinstance(rows[0].noun, Receivable)
    assert rows[0].noun.debtor_ibans == ("DE02120300000000202051",)
    assert [finding.code for finding in findings] == ["iban-invalid"]
    assert "DE02" not in findings[0].message


def test_findings_never_repeat_a_cell_that_may_hold_a_name(tmp_path: Path) -> None:
    _, findings = taken(written(tmp_path, HEADER + "\nR1;D1;Max Muster;Max Muster;2026-10-02\n"))
    assert "Muster" not in findings[0].message


def test_parquet_with_typed_columns(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    table = pa.table(
        {
            "invoice_number": ["R1", "R2", "R3"],
            "debtor_number": [1, 1, 2],
            "amount": pa.array([Decimal("1.23"), Decimal("10.00"), None], pa.decimal128(12, 2)),
            "open_amount": [0.5, 10.0, 1.0],
            "issue_date": [date(2026, 10, 1)] * 3,
            "due_date": pa.array(["2026-10-02"] * 3),
            "shipment_ids": [["a", "b"], [], None],
        }
    )
    pq.write_table(table, path)
    rows, findings = taken(path)
    assert [(row.noun.amount_minor, row.noun.open_minor) for row in rows if isinstance(row.noun, Receivable)] == [
        (123, 50), (1000, 1000),
    ]  # fmt: skip
    assert isinstance(rows[0].noun, Receivable)
    assert (rows[0].noun.shipment_ids, rows[0].noun.debtor_number) == (("a", "b"), "1")
    assert [finding.position for finding in findings] == ["row 3"]
