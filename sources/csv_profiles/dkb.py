"""DKB, the portal since 2023 and the one before.

New: UTF-8 with BOM, quoted, ``TT.MM.JJ``, payer and payee in two columns, zeros behind the comma left out (``-62,3``,
``1.000``). Old: cp1252, ``TT.MM.JJJJ``, every line ends with a separator. Both name the account above the table, and a
balance of the day of the export, which is not the balance after the last row: it proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sources.csv_profile import Booking, Cells, Preamble, Profile, column_key, first_below

_PENDING = re.compile(r"vorgemerkt", re.IGNORECASE)
_PAYER, _PAYEE = column_key("Zahlungspflichtige*r"), column_key("Zahlungsempfänger*in")
_LABELS = ("Girokonto", "Konto", "Tagesgeld", "Geschäftskonto", "Verwalterkonto", "Kontonummer:")


def _around(above: Sequence[Sequence[str]], _below: Sequence[Sequence[str]]) -> Preamble:
    for label in _LABELS:
        account = first_below(above, label)
        if account:
            return Preamble(account=account[0].partition("/")[0])
    return Preamble()


def _other_side(booking: Booking, cells: Cells) -> Booking:
    return replace(booking, name=cells.get(_PAYER if booking.amount_minor >= 0 else _PAYEE, ""))


PROFILES = (
    Profile(
        name="dkb-2023",
        required=(
            "Buchungsdatum;Wertstellung;Status;Zahlungspflichtige*r;Zahlungsempfänger*in;"
            "Verwendungszweck;IBAN;Betrag (€)"
        ),
        columns={
            "booking_day": ("Buchungsdatum",),
            "value_day": ("Wertstellung",),
            "booking_text": ("Umsatztyp",),
            "remittance": ("Verwendungszweck",),
            "counter_account": ("IBAN",),
            "amount": ("Betrag (€)",),
            "creditor_id": ("Gläubiger-ID",),
            "mandate_id": ("Mandatsreferenz",),
            "end_to_end_id": ("Kundenreferenz",),
        },
        status="Status",
        pending=_PENDING,
        surroundings=_around,
        refine=_other_side,
    ),
    Profile(
        name="dkb-2016",
        required=(
            "Buchungstag;Wertstellung;Buchungstext;Auftraggeber / Begünstigter;Verwendungszweck;"
            "Kontonummer;BLZ;Betrag (EUR)"
        ),
        columns={
            "booking_day": ("Buchungstag",),
            "value_day": ("Wertstellung",),
            "booking_text": ("Buchungstext",),
            "name": ("Auftraggeber / Begünstigter",),
            "remittance": ("Verwendungszweck",),
            "counter_account": ("Kontonummer",),
            "bank": ("BLZ",),
            "amount": ("Betrag (EUR)",),
            "creditor_id": ("Gläubiger-ID",),
            "mandate_id": ("Mandatsreferenz",),
            "end_to_end_id": ("Kundenreferenz",),
        },
        surroundings=_around,
    ),
)
