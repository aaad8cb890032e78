"""Volksbanken, Raiffeisenbanken, GLS, Sparda (Atruvia): own account in every row, a running balance, colon tags.

Header seen in Schick333r/Groschen (2026), sercxanto/go-homebank-csv (2023) and nicolettas-muggelbude/RechnungsFee
(vr-teilhaberbank.csv, 2025). Some banks leave ``Saldo nach Buchung`` empty; such files stay unproven.
"""

from __future__ import annotations

from sources.csv_profile import Line, Profile, Row
from sources.sepa_tags import Tagged, colon_tags


def _line(row: Row) -> Line:
    tagged = colon_tags(Tagged({}, row["Verwendungszweck"], ""))
    return Line(
        booking_day=row["Buchungstag"],
        value_day=row["Valutadatum"],
        amount=row["Betrag"],
        currency=row["Waehrung"],
        balance=row["Saldo nach Buchung"],
        account=row["IBAN Auftragskonto"],
        name=row["Name Zahlungsbeteiligter"],
        iban=row["IBAN Zahlungsbeteiligter"],
        bank=row["BIC (SWIFT-Code) Zahlungsbeteiligter"],
        text=tagged.text,
        booking_text=row["Buchungstext"],
        end_to_end_id=tagged.values.get("EREF", ""),
        # Card payments carry the word OFFLINE where the mandate stands.
        mandate_id="" if row["Mandatsreferenz"] == "OFFLINE" else row["Mandatsreferenz"],
        creditor_id=row["Glaeubiger ID"],
        customer_reference=tagged.values.get("KREF", ""),
        ultimate=tagged.values.get("ABWA", ""),
    )


PROFILE = Profile(
    name="csv-vr",
    header=(
        "IBAN Auftragskonto", "Buchungstag", "Valutadatum", "Name Zahlungsbeteiligter", "IBAN Zahlungsbeteiligter",
        "Buchungstext", "Verwendungszweck", "Betrag", "Waehrung", "Saldo nach Buchung",
    ),
    line=_line,
)  # fmt: skip
