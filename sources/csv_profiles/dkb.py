"""DKB since 2023: payer and payee in columns of their own, amounts like ``1.000`` for a thousand, once with ``€``.

Header seen in hamvocke/dkb2homebank (giro.csv, 2023), milenvoutchev/2ynab (DkbGirokonto2026.csv) and
d-led/auto-ynab-csv (dkb-giro.csv). The preamble states the balance of a day, which proves the file where it continues
what is known.
"""

from __future__ import annotations

import re

from sources.csv_profile import Frame, Line, Profile, Row, Rows

_BALANCE = re.compile(r"Kontostand vom (\d{1,2}\.\d{1,2}\.\d{2,4}):?")
_IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")


def _line(row: Row) -> Line:
    # On a credit the payer is the other side, on a debit the payee.
    credit = row["Umsatztyp"].casefold() == "eingang" or (
        not row["Umsatztyp"] and not row["Betrag (€)"].startswith("-")
    )
    return Line(
        booking_day=row["Buchungsdatum"],
        value_day=row["Wertstellung"],
        amount=row["Betrag (€)"],
        name=row["Zahlungspflichtige*r"] if credit else row["Zahlungsempfänger*in"],
        iban=row["IBAN"],
        text=row["Verwendungszweck"],
        end_to_end_id=row["Kundenreferenz"],
        mandate_id=row["Mandatsreferenz"],
        creditor_id=row["Gläubiger-ID"],
        pending=row["Status"].casefold() == "vorgemerkt",
    )


def frame_of(before: Rows, _after: Rows) -> Frame:
    """The account in the first line, the balance where one is stated."""
    account = day = balance = ""
    for row in before:
        for place, cell in enumerate(row):
            if not account and (found := _IBAN.match(cell)):
                account = found[0]
            if place + 1 < len(row) and (stated := _BALANCE.fullmatch(cell.strip())):
                day, balance = stated[1], row[place + 1]
    return Frame(account=account, currency="EUR", closing=balance, closing_day=day, made_on=day)


PROFILE = Profile(
    name="csv-dkb",
    header=(
        "Buchungsdatum", "Wertstellung", "Status", "Zahlungspflichtige*r", "Zahlungsempfänger*in", "Verwendungszweck",
        "Umsatztyp", "Betrag (€)",
    ),
    line=_line,
    frame=frame_of,
)  # fmt: skip
