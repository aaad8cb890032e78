"""Targobank: no header line. ``day;text;debit;credit;;;'own IBAN'``, the debit negative.

The text holds kind, name, IBAN, BIC and remittance, three blanks between them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pipelines.normalize import normalize_bic, normalize_iban
from sources.csv_profile import Booking, Cells, Profile, column_key, with_tags

_ROW = re.compile(r"\"?\d\d?\.\d\d?\.\d{4}\"?;.*;\"?'?[A-Z]{2}\d{2}[A-Z0-9]{11,30}'?\"?$", re.ASCII)
_BETWEEN = re.compile(r"\s{3,}")
_TEXT = column_key("Buchungstext")


def _split(booking: Booking, cells: Cells) -> Booking:
    kind, *parts = [part.strip() for part in _BETWEEN.split(cells.get(_TEXT, "")) if part.strip()] or [""]
    name, iban, bank, text = "", "", "", []
    for part in parts:
        if not iban and normalize_iban(part):
            iban = part
        elif not bank and iban and normalize_bic(part) and " " not in part:
            bank = part
        elif not name:
            name = part
        else:
            text.append(part)
    found = replace(
        booking,
        account=booking.account.strip("'"),
        booking_text=kind,
        name=name,
        counter_account=iban,
        bank=bank,
        remittance=" ".join(text),
    )
    return with_tags(found)


PROFILES = (
    Profile(
        name="targobank",
        required="Datum;Buchungstext;Soll;Haben;Leer;Leer;Konto",
        columns={"booking_day": ("Datum",), "account": ("Konto",)},
        debit="Soll",
        credit="Haben",
        positional=_ROW,
        refine=_split,
    ),
)
