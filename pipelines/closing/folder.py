"""The folder for the tax adviser: tables, a description a machine reads, and an index with checksums.

The description is ``index.xml`` of the "Beschreibungsstandard für die Datenträgerüberlassung" (data access under §147
(6) AO and the GoBD, version of 1 September 2004), as audit software takes it; the DTD itself is published by the tax
administration and not part of this. Tables are CSV as people in Germany open them: ``;``, decimal comma, DD.MM.YYYY,
UTF-8 with BOM, no cell a formula.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from pipelines.errors import ConfigurationError
from pipelines.model.money import exponent
from pipelines.table_out import AMOUNT, DAY, NUMBER, TEXT, OutColumn, guarded

INDEX: Final = "index.xml"
SUMS: Final = "SHA256SUMS"
READ_ME: Final = "LIESMICH.txt"
_DTD: Final = "gdpdu-01-09-2004.dtd"


@dataclass(frozen=True, slots=True)
class Cell:
    """An amount in minor units with its currency."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. file: ``journal.csv``. title, about: for people. rows: text, ``Cell`` for amounts, dates, whole
    numbers; None is empty. key: names of the columns that together are unique, or none."""

    file: str
    title: str
    about: str
    columns: Sequence[OutColumn]
    rows: Sequence[Sequence[str | Cell | date | int | None]]
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A file as written: its size in bytes, its rows (None where it is no table) and its checksum."""

    path: Path
    rows: int | None
    size: int
    sha256: str


def write_folder(
    folder: Path, sheets: Sequence[Sheet], company: str, period: tuple[date, date], read_me: str,
    clean: Callable[[str], str] = str,
) -> list[Written]:  # fmt: skip
    """Writes everything into ``folder``, which is made. A second time the same files are written anew.

    clean: makes foreign text harmless for the eye. Raises ConfigurationError when the folder holds other files: what is
    handed over must be what the index names.
    """
    names = {INDEX, SUMS, READ_ME, *(sheet.file for sheet in sheets)}
    folder.mkdir(parents=True, exist_ok=True)
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in names)
    if strangers:
        raise ConfigurationError(
            f"{folder} holds {len(strangers)} files that are not of this export, such as {strangers[0]}; "
            "name an empty folder"
        )
    written = [_file(folder / sheet.file, _csv(sheet, clean), len(sheet.rows)) for sheet in sheets]
    written.append(_file(folder / INDEX, _description(sheets, company, period).encode()))
    written.append(_file(folder / READ_ME, read_me.encode()))
    sums = "".join(f"{one.sha256}  {one.path.name}\n" for one in written)
    written.append(_file(folder / SUMS, sums.encode()))
    return written


def _file(path: Path, content: bytes, rows: int | None = None) -> Written:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
    return Written(path, rows, len(content), hashlib.sha256(content).hexdigest())


def _csv(sheet: Sheet, clean: Callable[[str], str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([column.name for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_cell(value, clean) for value in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", errors="backslashreplace")


def _cell(value: str | Cell | date | int | None, clean: Callable[[str], str]) -> str:
    if value is None:
        return ""
    if isinstance(value, Cell):
        return german(value)
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, int):
        return str(value)
    return guarded(clean(value))


def german(cell: Cell) -> str:
    """``-1234,56``: decimal comma, no grouping, the currency's own decimals."""
    places = exponent(cell.currency)
    whole, rest = divmod(abs(cell.minor), 10**places)
    return f"{'-' if cell.minor < 0 else ''}{whole}" + (f",{rest:0{places}d}" if places else "")


# --- the description ------------------------------------------------------------------------------------------------


def _description(sheets: Iterable[Sheet], company: str, period: tuple[date, date]) -> str:
    first, last = (f"{day:%d.%m.%Y}" for day in period)
    tables = "".join(_table(sheet, first, last) for sheet in sheets)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE DataSet SYSTEM "{_DTD}">\n<DataSet>\n'
        f"  <Version>1.0</Version>\n  <DataSupplier>\n    <Name>{_xml(company)}</Name>\n    <Location></Location>\n"
        f"    <Comment>kontoklar, {first} bis {last}</Comment>\n  </DataSupplier>\n"
        f"  <Media>\n    <Name>Monatsabschluss</Name>\n{tables}  </Media>\n</DataSet>\n"
    )


def _table(sheet: Sheet, first: str, last: str) -> str:
    keys = [column for column in sheet.columns if column.name in sheet.key]
    rest = [column for column in sheet.columns if column.name not in sheet.key]
    columns = "".join(_column("VariablePrimaryKey", one) for one in keys) + "".join(
        _column("VariableColumn", one) for one in rest
    )
    return (
        f"    <Table>\n      <URL>{_xml(sheet.file)}</URL>\n      <Name>{_xml(sheet.title)}</Name>\n"
        f"      <Description>{_xml(sheet.about)}</Description>\n"
        f"      <Validity><Range><From>{first}</From><To>{last}</To></Range><Format>DD.MM.YYYY</Format></Validity>\n"
        "      <UTF8/>\n      <DecimalSymbol>,</DecimalSymbol>\n      <DigitGroupingSymbol>.</DigitGroupingSymbol>\n"
        "      <Range><From>2</From></Range>\n      <VariableLength>\n        <ColumnDelimiter>;</ColumnDelimiter>\n"
        "        <RecordDelimiter>&#13;&#10;</RecordDelimiter>\n        <TextEncapsulator>&#34;</TextEncapsulator>\n"
        f"{columns}      </VariableLength>\n    </Table>\n"
    )


def _column(tag: str, column: OutColumn) -> str:
    kinds = {
        AMOUNT: "<Numeric><Accuracy>2</Accuracy></Numeric>",
        NUMBER: "<Numeric/>",
        DAY: "<Date><Format>DD.MM.YYYY</Format></Date>",
        TEXT: "<AlphaNumeric/>",
    }
    return f"        <{tag}><Name>{_xml(column.name)}</Name>{kinds[column.kind]}</{tag}>\n"


def _xml(text: str) -> str:
    """Text that XML 1.0 can carry: control characters are left out, mark-up is escaped."""
    return escape("".join(sign for sign in text if sign >= " " and sign not in "\ufffe\uffff"))
