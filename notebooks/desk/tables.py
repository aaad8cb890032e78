"""What a notebook cell shows: tables, facts and remarks, as HTML and as plain text.

Every text goes through ``inert``: whatever a stranger wrote stands there as text. The HTML tells the mathematics of
JupyterLab to leave it alone, loads nothing and needs no script.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from desk.inert import inert, markup

_STYLE = """\
<style>
.kkv{font:14px/1.45 system-ui,"Segoe UI",Roboto,sans-serif;color:var(--jp-ui-font-color1,#1f2933);max-width:1080px}
.kkv table{border-collapse:collapse;margin:4px 0 10px;font-size:13px;font-variant-numeric:tabular-nums}
.kkv caption{caption-side:top;text-align:left;font-weight:600;font-size:14px;padding:6px 0;color:inherit;
 white-space:nowrap}
.kkv th,.kkv td{padding:4px 12px 4px 6px;text-align:left!important;vertical-align:top;max-width:420px;
 white-space:normal;overflow-wrap:anywhere;unicode-bidi:isolate;border-bottom:1px solid #d5dbe1;background:none}
.kkv thead th{border-bottom:2px solid #52606d;font-weight:600;white-space:nowrap}
.kkv th.r,.kkv td.r{text-align:right!important;white-space:nowrap}.kkv .n{white-space:nowrap}
.kkv tr.sum td{font-weight:600;border-top:2px solid #52606d}
.kkv td.bad{color:#b34700;font-weight:600}.kkv td.good{color:#00664d}
.kkv p{margin:4px 0 8px}.kkv .soft{color:#52606d}.kkv h3{margin:10px 0 4px;font-size:16px}
@media print{.kkv table{page-break-inside:auto}.kkv tr{page-break-inside:avoid}}
</style>"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. kind: ``text`` (may wrap), ``short`` (never wraps) or ``number`` (to the right)."""

    title: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class View(ABC):
    """Something a cell can end with."""

    @abstractmethod
    def body(self) -> str:
        """The HTML, without the frame around it."""

    @abstractmethod
    def plain(self) -> str:
        """The same for a terminal."""

    def _repr_mimebundle_(self, **_asked: Any) -> dict[str, str]:
        return {
            "text/html": f'{_STYLE}<div class="kkv tex2jax_ignore mathjax_ignore">{self.body()}</div>',
            "text/plain": self.plain(),
        }

    def __repr__(self) -> str:
        return self.plain()


@dataclass(frozen=True, slots=True, repr=False)
class Note(View):
    """A sentence. soft: smaller in weight, for what only explains."""

    text: str
    soft: bool = False

    def body(self) -> str:
        return f'<p class="soft">{markup(self.text)}</p>' if self.soft else f"<p>{markup(self.text)}</p>"

    def plain(self) -> str:
        return inert(self.text)


@dataclass(frozen=True, slots=True, repr=False)
class Table(View):
    """Rows of text under a title. total: one more row, set apart. tones: (row, column) → ``good`` or ``bad``.

    empty: said instead of a table without rows. most: rows shown; the rest is counted in ``more`` ("… and {n} more").
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] = ()
    empty: str = ""
    tones: dict[tuple[int, int], str] = field(default_factory=dict)
    most: int = 200
    more: str = "+ {n}"

    def body(self) -> str:
        if not self.rows:
            return f'<table><caption>{markup(self.title)}</caption></table><p class="soft">{markup(self.empty)}</p>'
        head = "".join(f'<th class="{_CLASS[one.kind]}">{markup(one.title)}</th>' for one in self.columns)
        lines = "".join(self._line(row, place) for place, row in enumerate(self.rows[: self.most]))
        total = f'<tr class="sum">{self._cells(self.total, -1)}</tr>' if self.total else ""
        cut = f'<p class="soft">{markup(self._rest())}</p>' if self._rest() else ""
        return (
            f"<table><caption>{markup(self.title)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{lines}{total}</tbody></table>{cut}"
        )

    def _rest(self) -> str:
        left = len(self.rows) - self.most
        return self.more.format(n=left) if left > 0 else ""

    def _line(self, row: Sequence[str], place: int) -> str:
        return f"<tr>{self._cells(row, place)}</tr>"

    def _cells(self, row: Sequence[str], place: int) -> str:
        return "".join(
            f'<td class="{_CLASS[column.kind]} {self.tones.get((place, at), "")}">{markup(text)}</td>'
            for at, (column, text) in enumerate(zip(self.columns, row, strict=True))
        )

    def plain(self) -> str:
        if not self.rows:
            return f"{inert(self.title)}\n{inert(self.empty)}"
        rows = [
            [inert(cell) for cell in row] for row in (*self.rows[: self.most], *([self.total] if self.total else []))
        ]
        titles = [inert(column.title) for column in self.columns]
        widths = [max(len(row[at]) for row in (titles, *rows)) for at in range(len(titles))]
        lines = [
            "  ".join(
                cell.rjust(width) if column.kind == "number" else cell.ljust(width)
                for cell, width, column in zip(row, widths, self.columns, strict=True)
            ).rstrip()
            for row in (titles, *rows)
        ]
        return "\n".join([inert(self.title), *lines, *filter(None, [inert(self._rest())])])


_CLASS = {"text": "t", "short": "n", "number": "r"}


@dataclass(frozen=True, slots=True, repr=False)
class Facts(View):
    """Names and values, one a line; empty values are left out."""

    title: str
    pairs: Sequence[tuple[str, str]]

    def body(self) -> str:
        lines = "".join(
            f'<tr><th class="n">{markup(name)}</th><td>{markup(value)}</td></tr>' for name, value in self.pairs if value
        )
        return f"<table><caption>{markup(self.title)}</caption><tbody>{lines}</tbody></table>"

    def plain(self) -> str:
        shown = [(inert(name), inert(value)) for name, value in self.pairs if value]
        width = max((len(name) for name, _ in shown), default=0)
        return "\n".join([inert(self.title), *(f"{name.ljust(width)}  {value}" for name, value in shown)])


@dataclass(frozen=True, slots=True, repr=False)
class Sheet(View):
    """Several of them under each other."""

    parts: Sequence[View]

    def body(self) -> str:
        return "".join(part.body() for part in self.parts)

    def plain(self) -> str:
        return "\n\n".join(part.plain() for part in self.parts)


def sheet(*parts: View | None) -> Sheet:
    """A sheet of what is there."""
    return Sheet([part for part in parts if part is not None])


def columns(*titles: str) -> list[Column]:
    """Columns from titles: ``>`` before one means number, ``!`` means that it never wraps."""
    kinds = {">": "number", "!": "short"}
    return [Column(one[1:], kinds[one[0]]) if one[:1] in kinds else Column(one) for one in titles]
