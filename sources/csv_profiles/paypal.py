"""PayPal's German activity report: gross, fee and net apart, a running balance per currency, no account number.

Headers seen in ``Absender E-Mail-Adresse`` form of 2018 (``Typ``, ``Gebühr``, ``Status``) and of 2026
(``Beschreibung``, ``Entgelt``) in converters for hledger and in household ledgers. The gross amount is one booking, the
fee another, because customers owe and pay the gross amount.
"""

from __future__ import annotations

from sources.csv_profile import Line, Profile, Row

_DONE = frozenset({"", "abgeschlossen", "completed"})


def _line(row: Row) -> Line | None:
    if row["Auswirkung auf Guthaben"].casefold() == "memo":
        return None  # told for information, moves nothing
    text = " ".join(part for part in (row.first("Betreff", "Artikelbezeichnung"), row["Hinweis"]) if part)
    invoice = row["Rechnungsnummer"]
    return Line(
        booking_day=row["Datum"],
        amount=row["Brutto"],
        fee=row.first("Entgelt", "Gebühr"),
        currency=row["Währung"],
        balance=row["Guthaben"],
        name=row["Name"],
        text=f"{invoice} {text}".strip(),
        booking_text=row.first("Typ", "Beschreibung"),
        bank_reference=row["Transaktionscode"],
        customer_reference=row["Zugehöriger Transaktionscode"],
        pending=row["Status"].casefold() not in _DONE,
    )


PROFILE = Profile(
    name="csv-paypal",
    header=("Datum", "Uhrzeit", "Zeitzone", "Währung", "Brutto", "Netto", "Transaktionscode", "Guthaben"),
    line=_line,
    delimiter=",",
    newest_first=False,
    default_account="PAYPAL",
)
