"""Sparkasse, "CSV-CAMT" V2 and V8: the same 17 columns, days with two-digit years, booked and pending rows mixed.

Header seen in exports of 2024 and 2025: BananaAccounting/Germany (sparkasse_schwelm_sprockhovel) and
nicolettas-muggelbude/RechnungsFee (sparkasse-lzo-camt-v2.csv, -v8.csv). There is no balance: such files stay unproven.
"""

from __future__ import annotations

from sources.csv_profile import Line, Profile, Row


def _line(row: Row) -> Line:
    return Line(
        booking_day=row["Buchungstag"],
        value_day=row["Valutadatum"],
        amount=row["Betrag"],
        currency=row["Waehrung"],
        account=row["Auftragskonto"],
        name=row["Beguenstigter/Zahlungspflichtiger"],
        iban=row["Kontonummer/IBAN"],
        bank=row["BIC (SWIFT-Code)"],
        text=row["Verwendungszweck"],
        booking_text=row["Buchungstext"],
        end_to_end_id=row["Kundenreferenz (End-to-End)"],
        mandate_id=row["Mandatsreferenz"],
        creditor_id=row["Glaeubiger ID"],
        collected=row["Sammlerreferenz"],
        original=row["Lastschrift Ursprungsbetrag"],
        charges=row["Auslagenersatz Ruecklastschrift"],
        pending="vorgemerkt" in row["Info"].lower(),
    )


PROFILE = Profile(
    name="csv-sparkasse-camt",
    header=(
        "Auftragskonto", "Buchungstag", "Valutadatum", "Buchungstext", "Verwendungszweck", "Glaeubiger ID",
        "Mandatsreferenz", "Kundenreferenz (End-to-End)", "Sammlerreferenz", "Lastschrift Ursprungsbetrag",
        "Auslagenersatz Ruecklastschrift", "Beguenstigter/Zahlungspflichtiger", "Kontonummer/IBAN", "BIC (SWIFT-Code)",
        "Betrag", "Waehrung", "Info",
    ),
    line=_line,
)  # fmt: skip
