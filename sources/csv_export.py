"""German bank CSV exports, a last resort: recognised by their header, proven by a running balance where there is one.

Where an export states no balance, its bookings stay unproven until another source proves their days. What a bank's
columns mean is in ``csv_profiles``; here is what all of them share.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.errors import UnreadableDocument
from pipelines.model.statement import Document, Statement
from sources.csv_profile import Profile, Row, Rows, column_key
from sources.csv_profiles import profiles
from sources.csv_rows import Parsed, parse_line, statements_of
from sources.notes import Notes

# The longest preamble seen has 24 lines.
_PREAMBLE = 60
_MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Table:
    """A file cut at its header. numbers: the line on which each row of ``rows`` begins."""

    profile: Profile
    header: Sequence[str]
    before: Rows
    rows: list[list[str]]
    numbers: list[int]


class CsvExportReader:
    """Reads what ``csv_profiles`` knows."""

    name = "csv"
    version = "csv-1"

    def recognises(self, head: bytes) -> bool:
        if head.lstrip().startswith((b"<", b"{", b"[", b":")):
            return False
        lines = _decode(head).splitlines()[: _PREAMBLE + 20]
        return any(_find(_rows(lines, delimiter)[0]) is not None for delimiter in ";,")

    def read(self, document: Document) -> Iterator[Statement]:
        """One statement per account and currency; see StatementReader."""
        table = _table(_decode(document.content))
        notes = Notes(document)
        frame = table.profile.frame(table.before, table.rows)
        parsed = list(_parse(table, notes))
        found = statements_of(table.profile, frame, parsed, notes, len(table.before) + 1)
        if not found:
            raise UnreadableDocument(
                "csv-no-booking",
                "The header is that of a bank's export, but no booking follows; an empty export is not a day without "
                "bookings. Fetch it again.",
                f"line {len(table.before) + 1}",
            )
        yield from found


READER = CsvExportReader()


def _decode(content: bytes) -> str:
    """UTF-8 if it is, else cp1252 (ISO-8859-1 with the signs that banks use), else latin-1; UTF-16 by its mark."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            return content[2:].decode(encoding, "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        if broken.reason == "unexpected end of data" and broken.start > len(content) - 4:
            return content[: broken.start].decode("utf-8-sig")  # the first bytes of a file, cut inside a letter
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _rows(lines: Sequence[str], delimiter: str, *, quoted: bool = True) -> tuple[list[list[str]], list[int]]:
    """Rows and the line each begins on (from 1)."""
    text = io.StringIO("\n".join(lines))
    if quoted:
        reader = csv.reader(text, delimiter=delimiter)
    else:
        reader = csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    rows: list[list[str]] = []
    numbers: list[int] = []
    begin = 1
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
            numbers.append(begin)
            begin = reader.line_num + 1
    except csv.Error:
        return rows, numbers
    return rows, numbers


def _find(rows: Rows) -> tuple[Profile, int] | None:
    """The profile whose header stands among the first rows, and where."""
    for place, row in enumerate(rows[:_PREAMBLE]):
        names = {column_key(cell) for cell in row}
        for profile in profiles():
            if profile.headless is None and all(column_key(name) in names for name in profile.header):
                return profile, place
    first = next((row for row in rows[:3] if any(row)), None)
    if first is not None:
        for profile in profiles():
            if profile.headless is not None and profile.headless.fullmatch(profile.delimiter.join(first)):
                return profile, -1
    return None


def _table(text: str) -> _Table:
    lines = text.splitlines()
    if len(lines) > _MOST_ROWS:
        raise UnreadableDocument("csv-too-long", "The file has more lines than any export; it was not read.", "line 1")
    for delimiter in ";,":
        found = _find(_rows(lines[: _PREAMBLE + 20], delimiter)[0])
        if found is not None and found[0].delimiter == delimiter:
            return _cut(found[0], lines, delimiter)
    raise UnreadableDocument("csv-unknown", "The columns are those of no bank export that is known here.", "line 1")


def _cut(profile: Profile, lines: list[str], delimiter: str) -> _Table:
    """Rows below the header. A quotation mark that a bank did not mean as one swallows lines; then none is meant."""
    rows, numbers = _rows(lines, delimiter)
    if sum(1 for line in lines if line.strip()) != sum(1 for row in rows if any(row)):
        plain, plain_numbers = _rows(lines, delimiter, quoted=False)
        if _regular(profile, plain) > _regular(profile, rows):
            rows, numbers = [[_unquoted(cell) for cell in row] for row in plain], plain_numbers
    found = _find(rows)
    assert found is not None
    place = found[1]
    header = list(profile.header) if place < 0 else rows[place]
    return _Table(profile, header, rows[: max(place, 0)], rows[place + 1 :], numbers[place + 1 :])


def _regular(profile: Profile, rows: Rows) -> int:
    """How many rows below the header have as many cells as the header."""
    found = _find(rows)
    if found is None:
        return -1
    width = len(profile.header) if found[1] < 0 else len(rows[found[1]])
    return sum(len(row) == width for row in rows[found[1] + 1 :])


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _parse(table: _Table, notes: Notes) -> Iterator[Parsed]:
    """Every booking row; a row that cannot be placed is a defect, because an amount may stand anywhere in it."""
    keys: list[str] = []
    for name in table.header:
        key = column_key(name)
        keys.append(f"{key}\n2" if key and key in keys else key)
    mark = _decimal_mark(table)
    # Some banks end every row with a delimiter; one longer row among the others has slipped.
    width = Counter(len(row) for row in table.rows if any(row)).most_common(1)[0][0] if any(table.rows) else 0
    width = max(width, len(keys))
    for number, cells in zip(table.numbers, table.rows, strict=True):
        if not any(cells):
            continue
        row = Row(dict(zip(keys, cells, strict=False)))
        line = table.profile.line(row)
        if line is None:
            continue
        position = f"line {number}"
        if len(cells) != width or any(cells[len(keys) :]):
            if not line.booking_day[:1].isdigit() and not line.amount:
                continue  # a remark of the bank below the rows
            notes.error("csv-bad-row", "The row has more or fewer cells than the header; the file is held.", position)
            continue
        parsed = parse_line(line, mark, position, notes)
        if parsed is not None:
            yield parsed


def _decimal_mark(table: _Table) -> str:
    """The comma, unless every amount of a file without header is written with a point (Targobank writes both)."""
    if table.profile.headless is None:
        return ","
    places = [place for place, name in enumerate(table.profile.header) if name in ("Soll", "Haben")]
    amounts = [row[place] for row in table.rows for place in places if place < len(row) and row[place]]
    return "." if amounts and all(re.fullmatch(r"-?\d+\.\d\d", amount) for amount in amounts) else ","
