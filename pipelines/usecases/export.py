"""``export``: one table of the contract into a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pipelines.errors import ConfigurationError
from pipelines.ports.exports import TABLES
from pipelines.ports.work import Books
from pipelines.table_out import AMOUNT, DAY, NUMBER, SHARE, TEXT, OutColumn, write_table

# Only text cells are guarded against formulas; a guard in front of a negative amount would break the number.
_KINDS = {
    **dict.fromkeys(
        ("amount", "amounts", "original_amount", "charges", "debit", "credit", "open_amount", "unallocated",
         "cash_amount", "settled_elsewhere", "on_account"),
        AMOUNT,
    ),
    **dict.fromkeys(
        ("booking_date", "value_date", "due_date", "issue_date", "provisional_until", "as_of", "state_as_of"), DAY
    ),
    **dict.fromkeys(("rank", "posting_number", "dunning_level", "level", "sequence"), NUMBER),
    "probability": SHARE,
}  # fmt: skip

_PARSED: dict[str, Callable[[str], int | float]] = {NUMBER: int, SHARE: float}


@dataclass(frozen=True, slots=True)
class ExportResult:
    """counts: ``rows`` written."""

    counts: dict[str, int] = field(default_factory=dict)


def export(books: Books, name: str, out: Path) -> ExportResult:
    """Writes table ``name`` to ``out`` (``.csv`` or ``.parquet``). Raises ConfigurationError for another name."""
    if name not in TABLES:
        raise ConfigurationError(f"there is no table {name!r}; the tables are {', '.join(TABLES)}")
    with books.read() as work:
        frame = work.exports.table(name)
    columns = [OutColumn(str(column), _KINDS.get(str(column), TEXT)) for column in frame.columns]
    if out.suffix.lower() == ".parquet":
        # The frame is text; Parquet has numbers for whole numbers and shares.
        for column in columns:
            if column.kind in _PARSED:
                cells = [_PARSED[column.kind](cell) if cell else None for cell in frame[column.name]]
                frame[column.name] = pd.Series(cells, dtype="object", index=frame.index)
    return ExportResult({"rows": write_table(out, columns, frame.itertuples(index=False, name=None))})
