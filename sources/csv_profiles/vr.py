"""Cooperative banks (Volksbanken, Raiffeisenbanken, GLS, Sparda, PSD): UTF-8 with BOM, unquoted, newest row first.

``Saldo nach Buchung`` is a running balance; some banks leave it empty throughout. SEPA references stand at the end of
the remittance text as ``EREF: … MREF: …``. Card payments carry ``OFFLINE`` where the mandate would be.
"""

from __future__ import annotations

from dataclasses import replace

from sources.csv_profile import Booking, Cells, Profile


def _no_card_marks(booking: Booking, _cells: Cells) -> Booking:
    return replace(booking, mandate_id="") if booking.mandate_id == "OFFLINE" else booking


PROFILES = (
    Profile(
        name="vr",
        required=(
            "IBAN Auftragskonto;Buchungstag;Valutadatum;Name Zahlungsbeteiligter;"
            "IBAN Zahlungsbeteiligter;Verwendungszweck;Betrag;Waehrung"
        ),
        columns={
            "account": ("IBAN Auftragskonto",),
            "booking_day": ("Buchungstag",),
            "value_day": ("Valutadatum",),
            "name": ("Name Zahlungsbeteiligter",),
            "counter_account": ("IBAN Zahlungsbeteiligter",),
            "bank": ("BIC (SWIFT-Code) Zahlungsbeteiligter",),
            "booking_text": ("Buchungstext",),
            "remittance": ("Verwendungszweck",),
            "amount": ("Betrag",),
            "currency": ("Waehrung",),
            "balance": ("Saldo nach Buchung",),
            "creditor_id": ("Glaeubiger ID",),
            "mandate_id": ("Mandatsreferenz",),
        },
        refine=_no_card_marks,
    ),
)
