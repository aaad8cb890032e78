"""Refuses table rows whose customer number lies outside the number ranges; the other rows load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines.debtors.ranges import NumberRange, is_within
from pipelines.model.finding import Finding, Severity
from pipelines.model.receivable import Contract, Debtor, Receivable
from pipelines.ports.receivables import DraftCollection, TableBatch, TableReader, TableRow


class RangedReader:
    """A reader of table files that refuses rows whose customer number lies outside the ranges."""

    def __init__(self, inner: TableReader, ranges: Sequence[NumberRange]) -> None:
        self._inner = inner
        self._ranges = ranges

    def drafts(self, path: Path) -> tuple[Sequence[DraftCollection], Sequence[Finding]] | None:
        """As the inner reader: collections name no customer."""
        return self._inner.drafts(path)

    def read(self, path: Path, kind: str) -> Iterator[TableBatch]:
        """The rows of a file; those outside become findings and the others load."""
        for batch in self._inner.read(path, kind):
            outside = [row for row in batch.rows if not self._fits(row)]
            if outside:
                batch.rows = [row for row in batch.rows if self._fits(row)]
                batch.findings += [_finding(row, kind, path.name) for row in outside]
                batch.refused += len(outside)
            yield batch

    def _fits(self, row: TableRow) -> bool:
        noun = row.noun
        if not isinstance(noun, Receivable | Debtor | Contract):
            return True
        return is_within(self._ranges, noun.debtor_number)


def _finding(row: TableRow, kind: str, file: str) -> Finding:
    subject = row.noun.invoice_number if isinstance(row.noun, Receivable) else ""
    if isinstance(row.noun, Contract):
        subject = row.noun.contract_id
    if isinstance(row.noun, Debtor):
        subject = row.noun.debtor_number
    return Finding(
        "row-refused",
        Severity.ERROR,
        subject,
        f"{kind}, row {row.number}: the customer number lies outside the number ranges. Correct it, or widen "
        "[debtors] number_ranges.",
        file,
        f"row {row.number}",
    )
