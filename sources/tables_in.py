"""Table files as people and billing systems make them: CSV in several dialects, and Parquet.

A file is read twice: once to see its decimal marks and which keys repeat, once in parts of bounded size. Cells come
out as stripped text; what they mean is decided by ``receivables``.
"""

from __future__ import annotations

import codecs
import csv
from array import array
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from pathlib import Path
from typing import Final, TextIO

import numpy as np

from pipelines.errors import UnreadableDocument
from sources.decimal_mark import ColumnStyle, ColumnSurvey, MixedColumn
from sources.table_layout import Chunk, Layout, check_header

CHUNK_ROWS: Final = 20_000
# A record over more lines than this is a forgotten quote, not a letter.
MAX_LINES_PER_RECORD: Final = 50
_MAX_LINE: Final = 1 << 20
_BLOCK: Final = 1 << 20
_PARQUET_MAGIC: Final = b"PAR1"


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first reading told. styles: decimal mark per amount column. repeated: hashes of keys seen twice."""

    styles: dict[str, ColumnStyle]
    repeated: frozenset[int]
    rows: int


class TableFile:
    """One table file of a known layout.

    Raises HeaderError when required columns are missing or a column comes twice, UnreadableDocument when the bytes are
    no text or no table at all. unknown_columns: names the layout does not know; they are ignored.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self.layout = layout
        self.name = path.name
        try:
            with path.open("rb") as stream:
                magic = stream.read(4)
            if magic == _PARQUET_MAGIC:
                from sources.parquet_in import ParquetRows

                rows: CsvRows | ParquetRows = ParquetRows(path, layout)
            else:
                rows = CsvRows(path, layout)
        except OSError as error:
            raise UnreadableDocument("file-unreadable", f"cannot be opened: {error.strerror}") from None
        self._rows = rows
        self.unknown_columns = tuple(sorted(set(rows.header) - layout.known - {""}))
        self.present = frozenset(rows.header) & layout.known

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[Chunk]:
        """The rows in parts of at most CHUNK_ROWS, in file order; only these columns, or all that are known."""
        return self._rows.chunks(CHUNK_ROWS, self.present if columns is None else columns)

    def survey(self) -> Survey:
        """Reads the whole file once. Raises UnreadableDocument when an amount column speaks for both decimal marks."""
        typed = self._rows.typed
        surveys = {name: ColumnSurvey() for name in self.layout.amounts if name in self.present and name not in typed}
        hashes = array("q")
        rows = 0
        for chunk in self.chunks({*surveys, *self.layout.key, "currency"} & self.present):
            rows += len(chunk.numbers)
            currencies = chunk.columns.get("currency")
            for name, survey in surveys.items():
                survey.look(chunk.columns[name], currencies)
            hashes.extend(self.key_hashes(chunk))
        styles = {}
        for name, survey in surveys.items():
            try:
                styles[name] = survey.style([other for other in surveys.values() if other is not survey])
            except MixedColumn:
                raise UnreadableDocument(
                    "amount-column-mixed",
                    f"column {name} is written half with a decimal point and half with a decimal comma, "
                    "so no amount in it is certain; write one of them throughout",
                    f"column {name}",
                ) from None
        values, counts = np.unique(np.frombuffer(hashes, dtype=np.int64), return_counts=True)
        return Survey(styles, frozenset(values[counts > 1].tolist()), rows)

    def key_hashes(self, chunk: Chunk) -> list[int]:
        """One number per row; equal keys have equal numbers (the reverse need not hold)."""
        names = self.layout.key
        if not chunk.numbers:
            return []
        if len(names) == 1:
            return [hash(text) for text in chunk.columns[names[0]]]
        return [hash(key) for key in zip(*(chunk.columns[name] for name in names), strict=True)]


class CsvRows:
    """CSV: ``;`` or ``,`` as the header shows; UTF-8 with or without BOM, else Windows-1252."""

    typed: frozenset[str] = frozenset()

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path = path
        self._layout = layout
        self._bytes = _look_at_bytes(path)
        self._delimiter, self.header, self._header_lines = self._read_header()
        check_header(self.header, layout)

    def _open(self) -> TextIO:
        return self._path.open(encoding=self._bytes.encoding, newline="")

    def _read_header(self) -> tuple[str, list[str], int]:
        found: list[tuple[int, str, list[str], int]] = []
        for delimiter in (";", ","):
            with self._open() as stream:
                lines = _Lines(stream)
                try:
                    cells = next(csv.reader(lines, delimiter=delimiter, strict=True), [])
                except (csv.Error, _RecordTooLong):
                    cells = []
            names = [cell.strip().casefold() for cell in cells]
            found.append((len(set(names) & self._layout.known), delimiter, names, len(lines.taken)))
        best = max(found, key=lambda candidate: candidate[0])
        return best[1], best[2], best[3]

    def chunks(self, size: int, columns: Collection[str]) -> Iterator[Chunk]:
        """The rows in parts of at most ``size``, with the named columns."""
        wanted = [(index, name) for index, name in enumerate(self.header) if name in columns]
        done = self._header_lines
        if not self._bytes.odd:
            for part in self._quickly(size):
                if part is None:
                    break
                done = part.next_line
                yield _chunk(part.numbers, part.rows, part.refused, wanted)
            else:
                return
        part = _Part(done)
        with self._open() as stream:
            for _ in range(done):
                stream.readline(_MAX_LINE)
            for number, row, reason in self._carefully(stream, done):
                if row is None:
                    part.refused.append((number, reason))
                else:
                    part.numbers.append(number)
                    part.rows.append(row)
                if len(part.rows) + len(part.refused) >= size:
                    yield _chunk(part.numbers, part.rows, part.refused, wanted)
                    part = _Part(done)
        yield _chunk(part.numbers, part.rows, part.refused, wanted)

    def _quickly(self, size: int) -> Iterator[_Part | None]:
        """Whole parts at the speed of the csv module. None: something is broken here, go on carefully from the last
        part's end."""
        width = len(self.header)
        key = self.header.index(self._layout.key[0])
        with self._open() as stream:
            for _ in range(self._header_lines):
                stream.readline(_MAX_LINE)
            reader = csv.reader(stream, delimiter=self._delimiter, strict=True)
            line = self._header_lines
            while True:
                try:
                    rows = list(islice(reader, size))
                except csv.Error:
                    yield None
                    return
                if not rows:
                    return
                end = self._header_lines + reader.line_num
                numbers: Sequence[int] = range(line + 1, line + 1 + len(rows))
                if end - line != len(rows):
                    spans = [1 + sum(map(_line_ends, row)) for row in rows]
                    if max(spans) > MAX_LINES_PER_RECORD or sum(spans) != end - line:
                        yield None
                        return
                    numbers = [line + 1 + before for before in accumulate(spans[:-1], initial=0)]
                part = _Part(end, list(numbers), rows)
                if any(len(row) != width or not row[key] for row in rows) and not self._sort_out(part, width):
                    yield None
                    return
                yield part
                line = end

    def _sort_out(self, part: _Part, width: int) -> bool:
        """Takes blank and misshapen rows out of a part; False when one of these goes over several lines."""
        numbers, rows = part.numbers, part.rows
        part.numbers, part.rows = [], []
        for number, row in zip(numbers, rows, strict=True):
            kept: list[str] | None = row
            reason = ""
            if len(row) != width and row:
                kept, reason = self._fit(row, width)
            if kept is None:
                if any(map(_line_ends, row)):
                    return False
                part.refused.append((number, reason))
            elif any(map(str.strip, kept)):
                part.numbers.append(number)
                part.rows.append(kept)
        return True

    def _carefully(self, stream: TextIO, done: int) -> Iterator[tuple[int, list[str] | None, str]]:
        """(line number, cells or None, why not), from line ``done`` on. A broken quote costs its own line, not the rest
        of the file."""
        lines = _Lines(stream, done)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        width = len(self.header)
        while True:
            number = lines.number + 1
            lines.taken.clear()
            reason = ""
            row: list[str] | None
            try:
                row = next(reader)
            except StopIteration:
                return
            except (csv.Error, _RecordTooLong):
                row, reason = None, "its quotes do not close, so its cells cannot be told apart"
            taken = lines.taken
            if row is not None and len(row) != width and any(row):
                row, reason = self._fit(row, width)
            if row is None and len(taken) > 1:
                lines.give_back(taken[1:])
                lines.number += 1
            else:
                lines.number += len(taken)
            if row is None:
                yield number, None, reason
            elif self._bytes.has_nul and any("\0" in cell for cell in row):
                yield number, None, "it contains a NUL character"
            elif any(map(str.strip, row)):
                yield number, row, ""

    @staticmethod
    def _fit(row: list[str], width: int) -> tuple[list[str] | None, str]:
        # A delimiter too many at the end of a line is common and harmless.
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            return row[:width], ""
        return None, f"it has {len(row)} cells where the header has {width}"


@dataclass(slots=True)
class _Part:
    """Rows that belong together. next_line: how many lines of the file lie behind."""

    next_line: int
    numbers: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def _line_ends(text: str) -> int:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.count("\n")


def _chunk(
    numbers: list[int], rows: list[list[str]], refused: list[tuple[int, str]], wanted: list[tuple[int, str]]
) -> Chunk:
    if not rows:
        return Chunk(numbers, {name: [] for _, name in wanted}, refused)
    by_column = list(zip(*rows, strict=True))
    columns = {name: list(map(str.strip, by_column[index])) for index, name in wanted}
    return Chunk(numbers, columns, refused)


@dataclass(frozen=True, slots=True)
class _Bytes:
    """encoding: the one that fits every byte. odd: there are NUL bytes or endless lines."""

    encoding: str
    has_nul: bool
    odd: bool


def _look_at_bytes(path: Path) -> _Bytes:
    with path.open("rb") as stream:
        start = stream.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableDocument("encoding-unknown", "is written in UTF-16; save it as UTF-8")
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableDocument("not-a-table", "is a spreadsheet or archive; save it as CSV")
    encodings = ["utf-8-sig", "cp1252"]
    while encodings:
        found = _decodes(path, encodings.pop(0))
        if found:
            return found
    raise UnreadableDocument("encoding-unknown", "is neither UTF-8 nor Windows-1252; save it as UTF-8")


def _decodes(path: Path, encoding: str) -> _Bytes | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    has_nul, endless = False, False
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            has_nul = has_nul or b"\0" in block
            endless = endless or (len(block) == _BLOCK and b"\n" not in block and b"\r" not in block)
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return None
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return _Bytes(encoding, has_nul, endless or has_nul)


class _RecordTooLong(Exception):
    pass


class _Lines:
    """Physical lines for the CSV reader, remembering those of the current record so that they can be given back."""

    def __init__(self, stream: TextIO, number: int = 0) -> None:
        self._stream = stream
        self._back: deque[str] = deque()
        self.number = number
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_LINES_PER_RECORD:
            raise _RecordTooLong
        # A bound, because a file without line ends would come as one line.
        line = self._back.popleft() if self._back else self._stream.readline(_MAX_LINE)
        if not line:
            raise StopIteration
        self.taken.append(line)
        return line

    def give_back(self, lines: Sequence[str]) -> None:
        """Lets the next record start at these lines."""
        self._back.extendleft(reversed(lines))
