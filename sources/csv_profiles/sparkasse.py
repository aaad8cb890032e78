"""Sparkassen, CSV-CAMT V2 and V8 and CSV-MT940: cp1252, all quoted, ``TT.MM.JJ``, no balance anywhere.

Pending rows say ``Umsatz vorgemerkt`` in the last column and may lack the booking day. V8 has the same columns as V2.
The MT940 form keeps the SEPA tags in the remittance text and has an account number where CAMT has the IBAN.
"""

from __future__ import annotations

import re

from sources.csv_profile import Profile

_PENDING = re.compile(r"vorgemerkt", re.IGNORECASE)
_COMMON = {
    "account": ("Auftragskonto",),
    "booking_day": ("Buchungstag",),
    "value_day": ("Valutadatum",),
    "booking_text": ("Buchungstext",),
    "remittance": ("Verwendungszweck",),
    "name": ("Beguenstigter/Zahlungspflichtiger",),
    "amount": ("Betrag",),
    "currency": ("Waehrung",),
}

PROFILES = (
    Profile(
        name="sparkasse-camt",
        required=(
            "Auftragskonto;Buchungstag;Valutadatum;Buchungstext;Verwendungszweck;"
            "Beguenstigter/Zahlungspflichtiger;Kontonummer/IBAN;BIC (SWIFT-Code);Betrag;Waehrung"
        ),
        columns={
            **_COMMON,
            "counter_account": ("Kontonummer/IBAN",),
            "bank": ("BIC (SWIFT-Code)",),
            "creditor_id": ("Glaeubiger ID",),
            "mandate_id": ("Mandatsreferenz",),
            "end_to_end_id": ("Kundenreferenz (End-to-End)",),
            "payment_information_id": ("Sammlerreferenz",),
            "original": ("Lastschrift Ursprungsbetrag",),
            "charges": ("Auslagenersatz Ruecklastschrift",),
        },
        status="Info",
        pending=_PENDING,
    ),
    Profile(
        name="sparkasse-mt940",
        required=(
            "Auftragskonto;Buchungstag;Valutadatum;Buchungstext;Verwendungszweck;"
            "Beguenstigter/Zahlungspflichtiger;Kontonummer;BLZ;Betrag;Waehrung"
        ),
        columns={**_COMMON, "counter_account": ("Kontonummer",), "bank": ("BLZ",)},
        status="Info",
        pending=_PENDING,
    ),
)
