"""``load`` with the checks on customer numbers around it: number ranges before, suspected renumbering after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipelines.debtors.ranged_reader import RangedReader
from pipelines.debtors.ranges import NumberRange
from pipelines.debtors.renumbered import note_renumbered
from pipelines.ports.receivables import TableReader
from pipelines.ports.work import Books
from pipelines.usecases.load import LoadResult, load


def load_checked(
    books: Books, reader: TableReader, kind: str, paths: Sequence[Path], ranges: Sequence[NumberRange], *, as_of: date
) -> LoadResult:
    """As ``load``; rows whose customer number lies outside ``ranges`` are refused."""
    result = load(books, RangedReader(reader, ranges), kind, paths, as_of=as_of)
    if kind == "debtors":
        result.note(note_renumbered(books, as_of))
    return result
