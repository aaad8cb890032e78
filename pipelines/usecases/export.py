"""``export``: one of the tables of the contract into a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pipelines.ports.work import Books
from pipelines.table_out import AMOUNT, DAY, NUMBER, SHARE, TEXT, OutColumn, write_table

# Everything else is text, which is guarded against being taken for a formula.
_KINDS: Final = {
    **dict.fromkeys(
        (
            "amount", "amounts", "original_amount", "charges", "unallocated", "open_amount", "debit", "credit",
            "settled_elsewhere",
        ),
        AMOUNT,
    ),
    **dict.fromkeys(
        ("booking_date", "value_date", "due_date", "issue_date", "as_of", "provisional_until", "at"), DAY
    ),
    **dict.fromkeys(("rank", "level", "dunning_level", "posting_number", "sequence", "line_no"), NUMBER),
    "probability": SHARE,
}  # fmt: skip
_PARSED: Final[dict[str, Callable[[str], Any]]] = {NUMBER: int, SHARE: float}


@dataclass(frozen=True, slots=True)
class ExportResult:
    """counts: ``rows`` written."""

    counts: dict[str, int] = field(default_factory=dict)


def export(books: Books, name: str, out: Path) -> ExportResult:
    """Writes the table ``name`` to ``out``. CSV shows every cell as it is; Parquet has numbers where they are whole
    numbers or shares, and decimal strings for amounts. Raises ConfigurationError for another suffix."""
    with books.read() as work:
        frame = work.exports.table(name)
    columns = [OutColumn(column, _KINDS.get(column, TEXT)) for column in frame.columns]
    cells = [frame[column.name].tolist() for column in columns]
    if out.suffix.lower() == ".parquet":
        cells = [
            [_PARSED[column.kind](cell) if cell else None for cell in values] if column.kind in _PARSED else values
            for column, values in zip(columns, cells, strict=True)
        ]
    return ExportResult({"rows": write_table(out, columns, zip(*cells, strict=True))})
