"""Writing tables for others: CSV that is safe in a spreadsheet, and Parquet (CONTRACT, "Tables out").

The file appears under its name only when it is complete.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from pipelines.errors import ConfigurationError

# A spreadsheet takes a cell that starts with one of these for a formula, or starts it in a new cell.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_ROWS_PER_GROUP: Final = 50_000
TEXT: Final = "text"
AMOUNT: Final = "amount"
DAY: Final = "day"
NUMBER: Final = "number"
SHARE: Final = "share"


@dataclass(frozen=True, slots=True)
class OutColumn:
    """One column. kind: ``text`` (guarded against formulas; lists ``|``-joined), ``amount`` (decimal string), ``day``
    (ISO), ``number`` (whole), ``share`` (0 to 1). None is an empty cell in every kind."""

    name: str
    kind: str = TEXT


def write_table(path: Path, columns: Sequence[OutColumn], rows: Iterable[Sequence[Any]]) -> int:
    """Writes rows to ``path`` (``.csv`` or ``.parquet``) and returns how many there were.

    Raises ConfigurationError for another suffix or a folder that does not exist.
    """
    writers: dict[str, Callable[[IO[bytes], Sequence[OutColumn], Iterable[Sequence[Any]]], int]] = {
        ".csv": _write_csv,
        ".parquet": _write_parquet,
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise ConfigurationError(f"{path.name} must end in .csv or .parquet")
    if not path.parent.is_dir():
        raise ConfigurationError(f"the folder {path.parent} does not exist")
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            count = writer(stream, columns, rows)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes private files; an export is for the group as the umask allows.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return count


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: a leading ``= + - @ TAB CR LF`` gets an apostrophe before it."""
    return "'" + text if text.startswith(_FORMULA) else text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list | frozenset | set):
        parts = sorted(value) if isinstance(value, frozenset | set) else value
        return "|".join(str(part) for part in parts)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _csv_cell(value: Any, kind: str) -> str:
    text = _text(value)
    return guarded(text) if kind == TEXT else text


def _write_csv(stream: IO[bytes], columns: Sequence[OutColumn], rows: Iterable[Sequence[Any]]) -> int:
    import io

    text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    kinds = [column.kind for column in columns]
    count = 0
    for row in rows:
        writer.writerow([_csv_cell(value, kind) for value, kind in zip(row, kinds, strict=True)])
        count += 1
    text.flush()
    text.detach()
    return count


def _write_parquet(stream: IO[bytes], columns: Sequence[OutColumn], rows: Iterable[Sequence[Any]]) -> int:
    types = {NUMBER: pa.int64(), SHARE: pa.float64()}
    schema = pa.schema([(column.name, types.get(column.kind, pa.string())) for column in columns])
    count = 0
    with pq.ParquetWriter(stream, schema) as writer:
        for group in _groups(rows):
            count += len(group)
            arrays = []
            for column, values in zip(columns, zip(*group, strict=True), strict=True):
                plain = column.kind in types
                cells = list(values) if plain else [None if value is None else _text(value) for value in values]
                arrays.append(pa.array(cells, schema.field(column.name).type))
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return count


def _groups(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    source = iter(rows)
    while group := list(islice(source, _ROWS_PER_GROUP)):
        yield group
