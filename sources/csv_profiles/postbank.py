"""Postbank since 2023, and Deutsche Bank and norisbank since they moved to the same platform (seen 2025).

Days without leading zeros, ``Betrag`` signed, a footer with the closing balance of the period. Header seen in
RtCryo/cash-cockpit (Kontoumsaetze_….csv, 2023), BananaAccounting/Germany (deutschebank format 5, 2025) and
developeregrem/fewohbee (2026).
"""

from __future__ import annotations

import re

from sources.csv_profile import Frame, Line, Profile, Row, Rows, column_key

_PERIOD = re.compile(r"\s*(\d{1,2}\.\d{1,2}\.\d{4})\s*-\s*(\d{1,2}\.\d{1,2}\.\d{4})\s*")


def line_of(row: Row) -> Line | None:
    """A booking; the footer is none. ``Soll`` is negative already and only asked where ``Betrag`` is empty."""
    if not row["Buchungstag"][:1].isdigit():
        return None
    return Line(
        booking_day=row["Buchungstag"],
        value_day=row["Wert"],
        amount=row.first("Betrag", "Soll", "Haben"),
        currency=row["Währung"],
        name=row["Begünstigter / Auftraggeber"],
        iban=row.first("IBAN / Kontonummer", "IBAN"),
        bank=row["BIC"],
        text=row["Verwendungszweck"],
        booking_text=row["Umsatzart"],
        end_to_end_id=row["Kundenreferenz"],
        mandate_id=row["Mandatsreferenz"],
        creditor_id=row["Gläubiger ID"],
        ultimate=row.first("Abweichender Auftraggeber", "Abweichender Empfänger"),
    )


def frame_of(before: Rows, after: Rows) -> Frame:
    """The account below its heading, the period, the balance in the footer."""
    account = currency = first = last = closing = day = ""
    for place, row in enumerate(before):
        keys = [column_key(cell) for cell in row]
        if "IBAN" in keys and place + 1 < len(before):
            below = before[place + 1]
            at = keys.index("IBAN")
            account = below[at] if at < len(below) else ""
            at = keys.index("WAEHRUNG") if "WAEHRUNG" in keys else len(below)
            currency = below[at] if at < len(below) else ""
        if row and (period := _PERIOD.fullmatch(row[0])):
            first, last = period[1], period[2]
    for row in after:
        if len(row) > 4 and column_key(row[0]) == "KONTOSTAND":
            day, closing = row[1], row[4]
    return Frame(
        account=account,
        currency=currency,
        first_day=first,
        last_day=last,
        closing=closing,
        closing_day=day,
        made_on=day,
    )


PROFILE = Profile(
    name="csv-postbank",
    header=(
        "Buchungstag", "Wert", "Umsatzart", "Begünstigter / Auftraggeber", "Verwendungszweck", "IBAN / Kontonummer",
        "Kundenreferenz", "Betrag", "Soll", "Haben", "Währung",
    ),
    line=line_of,
    frame=frame_of,
)  # fmt: skip
