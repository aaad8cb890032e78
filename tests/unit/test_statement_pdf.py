"""What the debtor reads on paper: German, every letter, every line, the balance carried over pages."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.debtors.statement import AccountStatement, StatementLine
from pipelines.debtors.statement_pdf import GERMAN, Letterhead, statement_pdf
from pipelines.model.debtor_account import AccountLine, EntryKind
from tests.pdf_text import pages

HEAD = Letterhead(
    "Muster Handels GmbH", "10001", "Łukasz Müller – Straßenbau Söhne", ("Grüner Weg 1", "12345 Köln"), ("DE02 … 2051",)
)
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


def line(day: date, kind: EntryKind, effect: int, *, claim: bool = False, invoice: str = "RE-1") -> AccountLine:
    return AccountLine(day, kind, effect, "EUR", invoice, "10001", 1, is_claim=claim, bank_reason="")


def statement(*lines: AccountLine, opening: int = 0, currency: str = "EUR") -> AccountStatement:
    balance, shown = opening, []
    for one in lines:
        balance += one.effect_minor
        shown.append(StatementLine(one, balance))
    return AccountStatement(currency, FIRST, LAST, opening, tuple(shown))


def test_every_kind_has_a_german_name() -> None:
    assert set(GERMAN) == set(EntryKind)


def test_the_page_says_what_the_statement_says() -> None:
    told = statement(
        line(FIRST, EntryKind.CLAIM, 123_456_789, claim=True),
        line(date(2026, 10, 12), EntryKind.PAYMENT, -123_400_000, invoice=""),
        line(date(2026, 10, 14), EntryKind.RETURN_DEBIT, 5_000),
        opening=-200,
    )
    (page,) = pages(statement_pdf(HEAD, [told], date(2026, 11, 21)))
    assert page == [
        "Muster Handels GmbH",
        "Łukasz Müller – Straßenbau Söhne",
        "Grüner Weg 1",
        "12345 Köln",
        "Kontoauszug",
        "Kundennummer 10001 · Stand 21.11.2026",
        "Bekannte Bankverbindung: DE02 … 2051",
        "Buchungen in EUR vom 01.10.2026 bis 31.10.2026",
        "Datum | Vorgang | Beleg | Soll | Haben | Saldo",
        "01.10.2026 | Saldovortrag | -2,00",
        "01.10.2026 | Rechnung | RE-1 | 1.234.567,89 | 1.234.565,89",
        "12.10.2026 | Zahlung | auf Konto | 1.234.000,00 | 565,89",
        "14.10.2026 | Rücklastschrift | RE-1 | -50,00 | 615,89",
        "Summe und Saldo | 1.234.567,89 | 1.233.950,00 | 615,89",
        "Offen zu unseren Gunsten: 615,89 EUR",
        "Muster Handels GmbH · Debitor 10001 · Seite 1 von 1",
    ]


def test_credit_balance_and_nothing_at_all() -> None:
    (page,) = pages(statement_pdf(HEAD, [statement(opening=-1_100)], LAST))
    assert "Guthaben zu Ihren Gunsten: 11,00 EUR" in page
    (page,) = pages(statement_pdf(HEAD, [statement()], LAST))
    assert "Das Konto ist ausgeglichen." in page
    (page,) = pages(statement_pdf(HEAD, [], LAST))
    assert "Auf diesem Konto ist nichts gebucht." in page


def test_many_lines_go_over_pages_and_none_is_lost() -> None:
    lines = [
        line(FIRST + timedelta(days=n // 5), EntryKind.CLAIM, 100, claim=True, invoice=f"RE-{n:04d}")
        for n in range(150)
    ]
    told = pages(statement_pdf(HEAD, [statement(*lines)], LAST))
    assert len(told) > 2
    assert all("Datum | Vorgang | Beleg | Soll | Haben | Saldo" in page for page in told)
    found = [cell for page in told for row in page for cell in row.split(" | ") if cell.startswith("RE-")]
    assert found == [f"RE-{n:04d}" for n in range(150)]
    assert told[-1][-1].endswith(f"Seite {len(told)} von {len(told)}")


def test_a_long_name_is_cut_and_never_runs_over() -> None:
    long = Letterhead("M" * 200, "10001", "N" * 300)
    (page,) = pages(statement_pdf(long, [statement()], LAST))
    assert page[0].endswith("…")
    assert len(page[0]) < 100
