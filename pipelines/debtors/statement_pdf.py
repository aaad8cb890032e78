"""The statement of account as a PDF for the debtor, in German, offline.

The font is DejaVu Sans, which matplotlib (a dependency of ours) brings along: every European letter, the euro sign,
and no need of fonts on the machine. Only the letters used are embedded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from pipelines.debtors.statement import AccountStatement, StatementLine
from pipelines.errors import ConfigurationError
from pipelines.model.debtor_account import EntryKind
from pipelines.model.money import format_minor

GERMAN: Final = {
    EntryKind.CLAIM: "Rechnung",
    EntryKind.CREDIT: "Gutschrift",
    EntryKind.RETURN_DEBIT_FEE: "Rücklastschriftgebühr",
    EntryKind.DEFAULT_INTEREST: "Verzugszinsen",
    EntryKind.SHIPPING: "Versandkosten",
    EntryKind.DUNNING_FEE: "Mahngebühr",
    EntryKind.GOODS_RETURN: "Retoure",
    EntryKind.FEE: "Gebühr",
    EntryKind.CANCELLATION: "Storno der Rechnung",
    EntryKind.PAYMENT: "Zahlung",
    EntryKind.PAID_ELSEWHERE: "Zahlung (übernommen)",
    EntryKind.RETURN_DEBIT: "Rücklastschrift",
    EntryKind.REVERSAL: "Stornobuchung",
    EntryKind.REFUND: "Erstattung",
    EntryKind.WRITE_OFF: "Ausbuchung",
    EntryKind.RECOVERY: "Eingang auf Ausgebuchtes",
    EntryKind.REBOOKING: "Umbuchung",
    EntryKind.CASH_DISCOUNT: "Skonto",
    EntryKind.SMALL_DIFFERENCE: "Kleindifferenz",
}
_WIDTHS: Final = (22.0, 48.0, 38.0, 26.0, 26.0, 30.0)
_TITLES: Final = ("Datum", "Vorgang", "Beleg", "Soll", "Haben", "Saldo")
_ROW: Final = 6.0
_FONT: Final = "DejaVu"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whose statement it is. ibans: already masked. address: lines of the debtor's address, or empty."""

    company: str
    debtor_number: str
    name: str
    address: tuple[str, ...] = ()
    ibans: tuple[str, ...] = ()


class _Sheet(FPDF):
    """A page with our footer."""

    def __init__(self, note: str) -> None:
        super().__init__(format="A4")
        self._note = note

    def footer(self) -> None:
        """Page number on every page."""
        self.set_y(-14)
        self.set_font(_FONT, size=7)
        self.cell(0, 5, f"{self._note} · Seite {self.page_no()} von {{nb}}", align="C")


def statement_pdf(head: Letterhead, statements: Sequence[AccountStatement], as_of: date) -> bytes:
    """The statements as one PDF; the same input gives the same bytes. as_of: the day it is written."""
    sheet = _Sheet(f"{head.company or 'Kontoauszug'} · Debitor {head.debtor_number}")
    regular, bold = _fonts()
    sheet.add_font(_FONT, fname=regular)
    sheet.add_font(_FONT, "B", fname=bold)
    sheet.set_creation_date(datetime.combine(as_of, time(), UTC))
    sheet.set_title(f"Kontoauszug {head.debtor_number}")
    sheet.set_lang("de-DE")
    sheet.set_auto_page_break(auto=True, margin=20)
    sheet.set_margins(10, 15, 10)
    sheet.add_page()
    _letterhead(sheet, head, as_of)
    for statement in statements:
        _statement(sheet, statement)
    if not statements:
        _line(sheet, "Auf diesem Konto ist nichts gebucht.")
    return bytes(sheet.output())


def _fonts() -> tuple[Path, Path]:
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise ConfigurationError("matplotlib is not installed; its fonts are needed for PDF. Write .csv instead.")
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return folder / "DejaVuSans.ttf", folder / "DejaVuSans-Bold.ttf"


def _letterhead(sheet: FPDF, head: Letterhead, as_of: date) -> None:
    sheet.set_font(_FONT, "B", 11)
    _line(sheet, head.company)
    sheet.ln(6)
    sheet.set_font(_FONT, size=9)
    for text in (head.name, *head.address):
        _line(sheet, text)
    sheet.ln(8)
    sheet.set_font(_FONT, "B", 14)
    _line(sheet, "Kontoauszug", height=8)
    sheet.set_font(_FONT, size=9)
    _line(sheet, f"Kundennummer {head.debtor_number} · Stand {_day(as_of)}")
    if head.ibans:
        _line(sheet, f"Bekannte Bankverbindung: {', '.join(head.ibans)}")


def _statement(sheet: FPDF, statement: AccountStatement) -> None:
    sheet.ln(4)
    sheet.set_font(_FONT, "B", 9)
    period = f"{f'vom {_day(statement.first)} ' if statement.first else ''}"
    period += f"bis {_day(statement.last)}" if statement.last else ""
    _line(sheet, f"Buchungen in {statement.currency} {period}".rstrip())
    _titles(sheet)
    if statement.first is not None:
        _row(sheet, (_day(statement.first), "Saldovortrag", "", "", "", _amount(statement, statement.opening_minor)))
    for one in statement.lines:
        if sheet.will_page_break(_ROW):
            sheet.add_page()
            _titles(sheet)
        _row(sheet, _cells(statement, one))
    sheet.set_font(_FONT, "B", 8)
    closing = statement.closing_minor
    figures = (statement.debit_minor, statement.credit_minor, closing)
    _row(sheet, ("", "Summe und Saldo", "", *(_amount(statement, figure) for figure in figures)))
    sheet.set_font(_FONT, size=9)
    sheet.ln(2)
    if closing > 0:
        _line(sheet, f"Offen zu unseren Gunsten: {_amount(statement, closing)} {statement.currency}")
    elif closing < 0:
        _line(sheet, f"Guthaben zu Ihren Gunsten: {_amount(statement, -closing)} {statement.currency}")
    else:
        _line(sheet, "Das Konto ist ausgeglichen.")


def _titles(sheet: FPDF) -> None:
    sheet.set_font(_FONT, "B", 8)
    _row(sheet, _TITLES)
    sheet.set_font(_FONT, size=8)


def _cells(statement: AccountStatement, one: StatementLine) -> tuple[str, ...]:
    line = one.line
    note = f" {line.bank_reason}" if line.bank_reason else ""
    return (
        _day(line.day),
        GERMAN[line.kind] + note,
        line.invoice_number or "auf Konto",
        _amount(statement, line.debit_minor) if line.debit_minor else "",
        _amount(statement, line.credit_minor) if line.credit_minor else "",
        _amount(statement, one.balance_minor),
    )


def _row(sheet: FPDF, cells: Sequence[str]) -> None:
    for place, (width, text) in enumerate(zip(_WIDTHS, cells, strict=True)):
        fitted = _fitted(sheet, text, width - 2)
        sheet.cell(width, _ROW, fitted, border="B", align="R" if place > 2 else "L")
    sheet.ln(_ROW)


def _fitted(sheet: FPDF, text: str, width: float) -> str:
    if sheet.get_string_width(text) <= width:
        return text
    while text and sheet.get_string_width(text + "…") > width:
        text = text[:-1]
    return text + "…"


def _line(sheet: FPDF, text: str, height: float = 5.0) -> None:
    if text:
        sheet.cell(0, height, _fitted(sheet, text, sheet.epw), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _amount(statement: AccountStatement, minor: int) -> str:
    """German: ``1.234,56``."""
    text = format_minor(abs(minor), statement.currency)
    whole, point, rest = text.partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    return f"{'-' if minor < 0 else ''}{grouped}{',' if point else ''}{rest}"
