"""Targobank: no header; day, one text in parts set apart by three blanks, debit, credit, own IBAN in quotes.

Seen in nicolettas-muggelbude/RechnungsFee (targobank-duesseldorf.csv, 2025), once with decimal comma and once with
decimal point for the same account. No balance: such files stay unproven.
"""

from __future__ import annotations

import re

from pipelines.normalize import normalize_iban
from sources.csv_profile import Line, Profile, Row

_CREDITOR = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{3}0\d{10}")


def _line(row: Row) -> Line:
    kind, *parts = [part.strip() for part in row["Buchungstext"].split("   ") if part.strip()] or [""]
    name = parts.pop(0) if parts else ""
    iban = parts.pop(0) if parts and normalize_iban(parts[0]) else ""
    end_to_end = creditor = mandate = ""
    places = [place for place, part in enumerate(parts) if _CREDITOR.fullmatch(part)]
    if places:
        place = places[-1]
        creditor, mandate = parts[place], parts[place + 1] if place + 1 < len(parts) else ""
        end_to_end = parts[place - 1] if place > 1 else ""
        parts = parts[: place - 1 if place > 1 else place]
    return Line(
        booking_day=row["Datum"],
        amount=row.first("Soll", "Haben"),
        account=row["Konto"].strip("'"),
        name=name,
        iban=iban,
        text=" ".join(parts),
        booking_text=kind,
        end_to_end_id=end_to_end,
        mandate_id=mandate,
        creditor_id=creditor,
    )


PROFILE = Profile(
    name="csv-targobank",
    header=("Datum", "Buchungstext", "Soll", "Haben", "", "", "Konto"),
    line=_line,
    headless=re.compile(r"\d{2}\.\d{2}\.\d{4};[^;]*;[-\d.,]*;[-\d.,]*;[^;]*;[^;]*;'[A-Z]{2}\d{2}[A-Z0-9]{11,30}'"),
)
