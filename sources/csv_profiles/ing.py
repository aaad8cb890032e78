"""ING: cp1252, a dozen lines above the table, newest row first, with or without a running balance.

``Währung`` stands twice, first for the balance, then for the amount. Some rows lack the booking text's cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sources.csv_profile import CellRefused, Preamble, Profile, first_below, parse_day

_PERIOD = re.compile(r"(\d\d\.\d\d\.\d{4}) - (\d\d\.\d\d\.\d{4})")


def _around(above: Sequence[Sequence[str]], _below: Sequence[Sequence[str]]) -> Preamble:
    account = first_below(above, "IBAN")
    period = _PERIOD.search(" ".join(first_below(above, "Zeitraum")))
    try:
        days = (parse_day(period[1]), parse_day(period[2])) if period else (None, None)
    except CellRefused:
        days = (None, None)
    return Preamble(account=account[0] if account else "", from_day=days[0], to_day=days[1])


_COLUMNS = {
    "booking_day": ("Buchung",),
    "value_day": ("Wertstellungsdatum", "Valuta"),
    "name": ("Auftraggeber/Empfänger",),
    "booking_text": ("Buchungstext",),
    "remittance": ("Verwendungszweck",),
    "balance": ("Saldo",),
    "amount": ("Betrag",),
    "currency": ("Währung",),
    "end_to_end_id": ("Kundenreferenz",),
    "mandate_id": ("Mandatsreferenz",),
    "creditor_id": ("Gläubiger-ID",),
}

PROFILES = (
    Profile(
        name="ing",
        required="Buchung;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Betrag;Währung",
        columns=_COLUMNS,
        surroundings=_around,
    ),
)
