"""One part of a table file while it is being read: typed columns on request, reasons collected per row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pipelines.model.finding import Finding, Severity
from sources.cells import CellError, parse_iban, parse_minor, shown, split_list
from sources.decimal_mark import PLAIN
from sources.table_layout import Chunk
from sources.tables_in import Survey

T = TypeVar("T")


class Page:
    """One chunk while it is being read: typed columns on request, reasons collected per row."""

    def __init__(self, file: str, kind: str, chunk: Chunk, survey: Survey, subject: str) -> None:
        self.file = file
        self.kind = kind
        self.chunk = chunk
        self.survey = survey
        self.subject = subject
        self.bad: dict[int, str] = {}
        self.findings: list[Finding] = [refusal(file, kind, number, file, why) for number, why in chunk.refused]
        self.refused = len(chunk.refused)

    def __len__(self) -> int:
        return len(self.chunk.numbers)

    def refuse(self, index: int, reason: str) -> None:
        """Refuses a row; the first reason counts."""
        self.bad.setdefault(index, reason)

    def texts(self, name: str) -> list[str]:
        """The column's cells; "" throughout when the file does not have it."""
        return self.chunk.columns.get(name) or [""] * len(self)

    def has(self, name: str) -> bool:
        """Whether the file has this column."""
        return name in self.chunk.columns

    def typed(self, name: str, parse: Callable[[str], T], empty: T, *, required: bool = False) -> list[T]:
        """The column read by ``parse``; a cell it raises CellError for refuses the row."""
        if not self.has(name) and not required:
            return [empty] * len(self)
        texts = self.texts(name)
        if not required or all(texts):
            try:
                return [parse(text) if text else empty for text in texts]
            except CellError:
                pass
        values: list[T] = []
        for index, text in enumerate(texts):
            if not text:
                if required:
                    self.refuse(index, f"{name} is empty")
                values.append(empty)
                continue
            try:
                values.append(parse(text))
            except CellError as error:
                self.refuse(index, f"{name} {error}")
                values.append(empty)
        return values

    def amounts(self, name: str, currencies: Sequence[str]) -> list[int | None]:
        """Minor units; None for an empty cell (and for a refused row)."""
        if not self.has(name):
            return [None] * len(self)
        style = self.survey.styles.get(name, PLAIN)
        mark = style.mark
        values: list[int | None] = []
        for index, text in enumerate(self.texts(name)):
            if not text:
                values.append(None)
                continue
            try:
                if style.refuses(text):
                    raise CellError(f"{shown(text)}may be thousands or decimals and the column does not tell")
                values.append(parse_minor(text, currencies[index], mark))
            except CellError as error:
                self.refuse(index, f"{name} {error}")
                values.append(None)
        return values

    def ibans(self, name: str) -> list[tuple[str, ...]]:
        """Lists of IBANs. A wrong one is left out with a finding: it must not cost us the row."""
        if not self.has(name):
            return [()] * len(self)
        return [self._iban_list(index, name, text) if text else () for index, text in enumerate(self.texts(name))]

    def _iban_list(self, index: int, name: str, text: str) -> tuple[str, ...]:
        if "|" not in text:
            try:
                return (parse_iban(text),)
            except CellError:
                pass
        good: dict[str, None] = {}
        for place, part in enumerate(split_list(text), 1):
            try:
                good[parse_iban(part)] = None
            except CellError as error:
                number = self.chunk.numbers[index]
                self.findings.append(
                    Finding(
                        "iban-invalid",
                        Severity.WARNING,
                        self.file,
                        f"{self.kind}, row {number}: {name}, entry {place} {error}. The row is loaded without it; "
                        "correct it so that payments from this account are recognised.",
                        self.file,
                        f"row {number}",
                    )
                )
        return tuple(good)

    def good(self) -> Iterator[int]:
        """Indexes of the rows that were not refused; the refusals become findings first."""
        keys = self.texts(self.subject)
        for index, reason in sorted(self.bad.items()):
            subject = keys[index] if keys[index].isprintable() else ""
            self.findings.append(
                refusal(self.file, self.kind, self.chunk.numbers[index], subject[:140] or self.file, reason)
            )
        self.refused += len(self.bad)
        return (index for index in range(len(self)) if index not in self.bad)


def refusal(file: str, kind: str, number: int, subject: str, reason: str) -> Finding:
    """A row that is not loaded. number: where it stands; subject: the number it is known by, else the file."""
    return Finding(
        "row-refused",
        Severity.ERROR,
        subject,
        f"{kind}, row {number} is not loaded: {reason}. Correct the row and load the file again.",
        file,
        f"row {number}",
    )


def unknown_column(file: str, name: str) -> Finding:
    """A column the layout does not know."""
    # A column name is as foreign as any cell: only plain short ones are repeated.
    label = f'"{name}"' if name.isprintable() and len(name) <= 40 else "with a name that cannot be shown"
    return Finding(
        "unknown-column",
        Severity.INFO,
        file,
        f"Column {label} is not known and was ignored.",
        file,
        "header",
    )
