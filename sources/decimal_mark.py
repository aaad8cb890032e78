"""Decimal point or comma: one decision for a whole column of amounts, never a guess per row.

Rules, in this order:

1. A text that can only be read one way is evidence: ``12.5``, ``1234.567``, ``0.123``, ``1,234.50`` and
   ``1,234,567`` speak for the point, their mirror images for the comma. ``1234`` says nothing.
2. ``1.234`` and ``1,234`` can be read both ways. They take the mark the evidence has decided: in a comma column
   ``1.234`` is one thousand two hundred and thirty-four, in a point column it has a decimal too many for euros.
3. Without evidence, such texts are decimals only where the currency itself has three (KWD, TND …). Otherwise the column
   takes the mark of the file's other amount columns, and if these are silent too, the undecided rows are refused.
4. Evidence for both: the clear majority is the column's mark; the rows of the other and all rows that can be read both
   ways are refused. Without a majority the file is refused whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from pipelines.model.money import exponent

_BOTH_WAYS: Final = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_THREE_DECIMALS: Final = 3


def _sure(mark: str) -> str:
    dot, group = re.escape(mark), re.escape("," if mark == "." else ".")
    return (
        rf"^[+-]?(?:\d+{dot}\d{{0,2}}|\d+{dot}\d{{4,}}|0\d*{dot}\d{{3}}|\d{{4,}}{dot}\d{{3}}"
        rf"|\d{{1,3}}(?:{group}\d{{3}})+{dot}\d*|\d{{1,3}}(?:{group}\d{{3}}){{2,}})$"
    )


_SURE: Final = {".": _sure("."), ",": _sure(",")}
_UNSURE: Final = {".": r"^[+-]?[1-9]\d{0,2}\.\d{3}$", ",": r"^[+-]?[1-9]\d{0,2},\d{3}$"}


@dataclass(frozen=True, slots=True)
class ColumnStyle:
    """How a column of amounts is to be read.

    mark: the decimal mark. refuse_unsure: texts such as ``1.234`` are refused, because nothing decides them.
    """

    mark: str
    refuse_unsure: bool = False

    def refuses(self, text: str) -> bool:
        """Whether this text has two meanings that the column does not tell apart."""
        return self.refuse_unsure and can_be_read_both_ways(text)


PLAIN: Final = ColumnStyle(".")


def can_be_read_both_ways(text: str) -> bool:
    """``1.234`` or ``1,234``: thousands or three decimals."""
    return bool(_BOTH_WAYS.fullmatch(text))


class MixedColumn(ValueError):
    """As much evidence for the point as for the comma."""


class ColumnSurvey:
    """Counts the evidence in one column; ``look`` at every part of the file, then ask ``style``."""

    def __init__(self) -> None:
        self.sure = {".": 0, ",": 0}
        self.unsure = {".": 0, ",": 0}
        self.natural = {".": 0, ",": 0}

    def look(self, texts: Sequence[str], currencies: Sequence[str] | None = None) -> None:
        """Counts stripped texts; currencies: the row's currency texts, None when the file has no such column."""
        column = pa.array(texts, pa.string())
        for mark in (".", ","):
            self.sure[mark] += _count(column, _SURE[mark])
            found = _count(column, _UNSURE[mark])
            self.unsure[mark] += found
            if found and currencies is not None:
                shape = re.compile(_UNSURE[mark], re.ASCII)
                self.natural[mark] += sum(
                    1
                    for text, currency in zip(texts, currencies, strict=True)
                    if exponent(currency.upper()) == _THREE_DECIMALS and shape.match(text)
                )

    @property
    def decided(self) -> bool:
        """Whether there is evidence, and only for one mark."""
        return bool(self.sure["."]) != bool(self.sure[","])

    def style(self, others: Sequence[ColumnSurvey] = ()) -> ColumnStyle:
        """The column's style; others: the surveys of the file's other amount columns. Raises MixedColumn."""
        point, comma = self.sure["."], self.sure[","]
        if point and comma:
            if point == comma:
                raise MixedColumn
            return ColumnStyle("." if point > comma else ",", refuse_unsure=True)
        if point or comma:
            return ColumnStyle("." if point else ",")
        unsure = sum(self.unsure.values())
        if not unsure:
            return PLAIN
        for mark in (".", ","):
            if self.natural[mark] == unsure:
                return ColumnStyle(mark)
        marks = {other.style().mark for other in others if other.decided}
        if len(marks) == 1:
            return ColumnStyle(marks.pop())
        return ColumnStyle(".", refuse_unsure=True)


def _count(column: pa.StringArray, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0)
