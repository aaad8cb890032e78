"""Parquet files with the columns of a table: typed cells become the text the CSV reader would have given."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from pipelines.errors import UnreadableDocument
from sources.table_layout import Chunk, Layout, check_header


class ParquetRows:
    """Rows of a Parquet file. typed: numeric columns, whose text always has a decimal point and no groups."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path = path
        try:
            with pq.ParquetFile(path) as file:
                schema = file.schema_arrow
        except pa.ArrowException:
            raise UnreadableDocument("not-a-table", "starts like a Parquet file but cannot be read as one") from None
        self._given = list(schema.names)
        self.header = [name.strip().casefold() for name in self._given]
        check_header(self.header, layout)
        self._wanted = [
            (given, name) for given, name in zip(self._given, self.header, strict=True) if name in layout.known
        ]
        self.typed = frozenset(name for given, name in self._wanted if _is_number(schema.field(given).type))

    def chunks(self, size: int, columns: Collection[str]) -> Iterator[Chunk]:
        """The rows in parts of at most ``size``, with the named columns; their numbers count from 1."""
        wanted = [(given, name) for given, name in self._wanted if name in columns]
        number = 0
        try:
            with pq.ParquetFile(self._path) as file:
                for batch in file.iter_batches(batch_size=size, columns=[given for given, _ in wanted]):
                    texts = {
                        name: [_text(value) for value in batch.column(given).to_pylist()] for given, name in wanted
                    }
                    yield Chunk(list(range(number + 1, number + batch.num_rows + 1)), texts)
                    number += batch.num_rows
        except pa.ArrowException:
            raise UnreadableDocument("not-a-table", f"cannot be read after row {number}", f"row {number}") from None


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").strip()
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "|".join(_text(part) for part in value)
    # repr of a float is the shortest text that means exactly this float: 12.5, never 12.499999.
    return repr(value) if isinstance(value, float) else str(value)
