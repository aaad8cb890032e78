"""The sheets of the folder for the tax adviser, in German."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from desk import formats
from desk.inert import inert
from desk.month_words import READ_ME, WORDS
from desk.opening import records
from desk.vocabulary import Say, reason
from pipelines.closing.folder import Cell, Sheet, Written, write_folder
from pipelines.table_out import AMOUNT, DAY, NUMBER, TEXT, OutColumn

Row = list[str | Cell | date | int | None]

if TYPE_CHECKING:
    from desk.month import MonthEnd


def write(month: MonthEnd, folder: Path) -> list[Written]:
    """Writes the folder: journal, open items, ledger accounts, bank proof, what waits, checks, and the index."""
    say = Say("de", WORDS)
    made = [_journal(month, say), _open_items(month, say), _accounts(month, say), _bank(month, say),
            _waiting(month, say), _checks(month, say)]  # fmt: skip
    head = month.desk.app.inquiries.audit_head()
    company = month.desk.app.settings.company.name
    tables = "\n".join(f"{one.file:<24}{one.about} ({len(one.rows)} Zeilen)" for one in made)
    read_me = READ_ME.format(
        company=inert(company), first=formats.day(month.first), last=formats.day(month.last),
        day=formats.day(month.desk.as_of), tables=tables, entries=len({row[0] for row in made[0].rows}),
        sequence=head.sequence, hash=head.hash,
    )  # fmt: skip
    return write_folder(folder, made, company, (month.first, month.last), read_me, inert)


def _columns(*named: tuple[str, str]) -> list[OutColumn]:
    return [OutColumn(name, kind) for name, kind in named]


def _minor(text: str, currency: str) -> int:
    return formats.minor_of(text, currency) if text else 0


def _journal(month: MonthEnd, say: Say) -> Sheet:
    table = month.desk.app.inquiries.table("journal")
    inside = table[
        (table["booking_date"] >= month.first.isoformat()) & (table["booking_date"] <= month.last.isoformat())
    ]
    rows: list[Row] = []
    for place, row in enumerate(records(inside), start=1):
        currency = row["currency"]
        rows.append([
            int(row["posting_number"]), place, date.fromisoformat(row["booking_date"]), row["account"],
            Cell(_minor(row["debit"], currency), currency), Cell(_minor(row["credit"], currency), currency), currency,
            row["debtor_number"], row["invoice_number"], say.of("cause", row["cause"]), row["text"],
            row["transaction_id"], row["reverses"], row["bank_account"],
        ])  # fmt: skip
    columns = _columns(
        ("Buchungsnummer", NUMBER), ("Zeile", NUMBER), ("Buchungsdatum", DAY), ("Sachkonto", TEXT), ("Soll", AMOUNT),
        ("Haben", AMOUNT), ("Währung", TEXT), ("Debitor", TEXT), ("Beleg", TEXT), ("Vorgang", TEXT), ("Text", TEXT),
        ("Bankbuchung", TEXT), ("Storniert", TEXT), ("Bankkonto", TEXT),
    )  # fmt: skip
    return Sheet("journal.csv", "Journal", say("about.journal"), columns, rows, ("Zeile",))


def _open_items(month: MonthEnd, say: Say) -> Sheet:
    rows: list[Row] = [
        [item.debtor_number, month.open.names.get(item.debtor_number, ""), item.invoice_number, item.due_date,
         Cell(item.open_minor, item.currency), item.currency, max(item.days, 0), say.of("bucket", item.bucket)]
        for item in month.open.items
    ]  # fmt: skip
    columns = _columns(
        ("Debitor", TEXT), ("Name", TEXT), ("Beleg", TEXT), ("Fällig", DAY), ("Offen", AMOUNT), ("Währung", TEXT),
        ("Tage überfällig", NUMBER), ("Altersklasse", TEXT),
    )  # fmt: skip
    return Sheet("offene-posten.csv", "Offene Posten", say("about.open"), columns, rows)


def _accounts(month: MonthEnd, say: Say) -> Sheet:
    """Opening balance, turnover of the month, closing balance of every ledger account."""
    table = month.desk.app.inquiries.table("journal")
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    names = ("account", "currency", "booking_date", "debit", "credit")
    for account, currency, day, debit, credit in zip(*(table[name] for name in names), strict=True):
        found = sums[account, currency]
        plus, minus = _minor(debit, currency), _minor(credit, currency)
        if day < month.first.isoformat():
            found[0] += plus - minus
        elif day <= month.last.isoformat():
            found[1] += plus
            found[2] += minus
    rows: list[Row] = [
        [account, currency, Cell(opening, currency), Cell(debit, currency), Cell(credit, currency),
         Cell(opening + debit - credit, currency)]
        for (account, currency), (opening, debit, credit) in sorted(sums.items())
    ]  # fmt: skip
    columns = _columns(
        ("Sachkonto", TEXT), ("Währung", TEXT), ("Anfangssaldo", AMOUNT), ("Soll", AMOUNT), ("Haben", AMOUNT),
        ("Endsaldo", AMOUNT),
    )  # fmt: skip
    return Sheet(
        "summen-und-salden.csv", "Summen und Salden", say("about.accounts"), columns, rows, ("Sachkonto", "Währung")
    )


def _bank(month: MonthEnd, say: Say) -> Sheet:
    from desk.month import day_state

    rows: list[Row] = [
        [one.account, one.currency, day.day, Cell(day.opening_minor, one.currency),
         Cell(day.booked_minor, one.currency),
         Cell(day.ledger_minor, one.currency), None if day.bank_minor is None else Cell(day.bank_minor, one.currency),
         say(f"day.{day_state(day)}")]
        for one in month.accounts for day in one.days
    ]  # fmt: skip
    columns = _columns(
        ("Bankkonto", TEXT), ("Währung", TEXT), ("Tag", DAY), ("Anfangssaldo", AMOUNT), ("Buchungen", AMOUNT),
        ("Endsaldo", AMOUNT), ("Saldo laut Bank", AMOUNT), ("Nachweis", TEXT),
    )  # fmt: skip
    return Sheet(
        "bankabstimmung.csv", "Bankabstimmung", say("about.bank"), columns, rows, ("Bankkonto", "Währung", "Tag")
    )


def _waiting(month: MonthEnd, say: Say) -> Sheet:
    rows = [
        [row["transaction_id"], date.fromisoformat(row["booking_date"]),
         Cell(_minor(str(row["unallocated"]), row["currency"]), row["currency"]), row["currency"], row["counterparty"],
         row["remittance"], reason(str(row["reason"]), "de")]
        for row in month.queue
    ]  # fmt: skip
    columns = _columns(
        ("Bankbuchung", TEXT), ("Buchungsdatum", DAY), ("Ungeklärt", AMOUNT), ("Währung", TEXT), ("Zahler", TEXT),
        ("Verwendungszweck", TEXT), ("Grund", TEXT),
    )  # fmt: skip
    return Sheet("ungeklaert.csv", "Ungeklärte Zahlungen", say("about.waiting"), columns, rows, ("Bankbuchung",))


def _checks(month: MonthEnd, say: Say) -> Sheet:
    rows = [[one.name, one.figure, say("yes") if one.ok else say("no")] for one in month.checks]
    columns = _columns(("Prüfung", TEXT), ("Wert", TEXT), ("Hält", TEXT))
    return Sheet("pruefungen.csv", "Prüfungen", say("about.checks"), columns, rows, ("Prüfung",))
