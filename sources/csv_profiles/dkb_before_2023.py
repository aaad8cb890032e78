"""DKB until 2023: cp1252, every row ends with a delimiter, account and balance in the preamble.

Header seen in hamvocke/dkb2homebank (cash.csv, 2018) and ctheune/ynab-bank-imports (dkb_checking.py).
"""

from __future__ import annotations

from sources.csv_profile import Line, Profile, Row
from sources.csv_profiles.dkb import frame_of


def _line(row: Row) -> Line:
    return Line(
        booking_day=row["Buchungstag"],
        value_day=row["Wertstellung"],
        amount=row["Betrag (EUR)"],
        name=row["Auftraggeber / Begünstigter"],
        iban=row["Kontonummer"],
        bank=row["BLZ"],
        text=row["Verwendungszweck"],
        booking_text=row["Buchungstext"],
        end_to_end_id=row["Kundenreferenz"],
        mandate_id=row["Mandatsreferenz"],
        creditor_id=row["Gläubiger-ID"],
    )


PROFILE = Profile(
    name="csv-dkb-before-2023",
    header=(
        "Buchungstag", "Wertstellung", "Buchungstext", "Auftraggeber / Begünstigter", "Verwendungszweck", "Kontonummer",
        "BLZ", "Betrag (EUR)",
    ),
    line=_line,
    frame=frame_of,
)  # fmt: skip
