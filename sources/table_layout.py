"""What a loaded table is made of, whatever the format: its expected columns and its chunks of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.errors import HeaderError


@dataclass(frozen=True, slots=True)
class Layout:
    """What a kind of table looks like (CONTRACT, "Files in"). key: the columns that name a row."""

    kind: str
    key: tuple[str, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()

    @property
    def known(self) -> frozenset[str]:
        """All columns that are read."""
        return frozenset(self.required) | frozenset(self.optional)


@dataclass(slots=True)
class Chunk:
    """Some rows of a file: column name → stripped cells. numbers: where each row stands (CSV: its line; Parquet: its
    count). refused: rows that could not be separated into cells, as (number, reason)."""

    numbers: list[int] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)


def check_header(header: Sequence[str], layout: Layout) -> None:
    """Raises HeaderError unless every required column is there and no known one twice."""
    missing = [name for name in layout.required if name not in header]
    if missing:
        raise HeaderError(
            f"the header lacks {', '.join(missing)}; a {layout.kind} file starts with a line of column names "
            "separated by ; or ,"
        )
    doubled = sorted({name for name in header if name in layout.known and list(header).count(name) > 1})
    if doubled:
        raise HeaderError(f"the header names {', '.join(doubled)} more than once")
