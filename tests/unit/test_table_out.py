"""Exports: safe in a spreadsheet, exact, and never half a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ConfigurationError
from pipelines.table_out import AMOUNT, DAY, NUMBER, SHARE, OutColumn, guarded, write_table

COLUMNS = (
    OutColumn("text"),
    OutColumn("amount", AMOUNT),
    OutColumn("day", DAY),
    OutColumn("number", NUMBER),
    OutColumn("share", SHARE),
)
ROW = ("=1+1", "-12.30", date(2026, 11, 3), 7, 0.5)


def test_csv_quotes_every_cell_and_guards_texts_only(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert write_table(path, COLUMNS, [ROW, ('Müller; "x"', "1.00", None, None, None)]) == 2
    assert path.read_bytes().decode() == (
        '"text";"amount";"day";"number";"share"\n'
        '"\'=1+1";"-12.30";"2026-11-03";"7";"0.5"\n'
        '"Müller; ""x""";"1.00";"";"";""\n'
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_that_starts_a_formula_gets_an_apostrophe(start: str) -> None:
    assert guarded(start + "SUM(A1)") == "'" + start + "SUM(A1)"
    assert guarded("a" + start) == "a" + start


@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=5))
def test_any_text_comes_back_from_the_csv(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("out") / "x.csv"
    write_table(path, (OutColumn("a"),), [(text,) for text in texts])
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter=";"))[1:]
    assert [row[0] for row in rows] == [guarded(text) for text in texts]


def test_parquet_keeps_texts_as_they_are_and_amounts_as_decimal_strings(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    assert write_table(path, COLUMNS, [ROW]) == 1
    assert pq.read_table(path).to_pylist() == [
        {"text": "=1+1", "amount": "-12.30", "day": "2026-11-03", "number": 7, "share": 0.5}
    ]
    assert write_table(path, COLUMNS, []) == 0
    assert pq.read_table(path).num_rows == 0


def test_lists_are_joined(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_table(path, (OutColumn("list"),), [(("RE-1", "RE-2"),)])
    assert path.read_text().splitlines()[1] == '"RE-1|RE-2"'


def test_a_failed_export_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")

    def rows() -> Iterator[tuple[str]]:
        yield ("a",)
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        write_table(path, (OutColumn("a"),), rows())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["out.xlsx", "out", "missing/out.csv"])
def test_other_suffixes_and_missing_folders_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError):
        write_table(tmp_path / name, (OutColumn("a"),), [])
