"""Commerzbank: name, account and references all inside ``Buchungstext``; amounts without trailing zeros, no balance.

Header seen in tireminnanzi/HomeExp (202404_202505_CMZB.csv; ``IBAN Kontoinhaber``) and, until about 2023, with
``IBAN Auftraggeberkonto`` in converters for GnuCash (commerzbank-csv4gnucash).
"""

from __future__ import annotations

import re

from sources.csv_profile import Line, Profile, Row

_TAGS = re.compile(r"\b(End-to-End-Ref\.|Mandatsref|Gläubiger-ID|Kundenreferenz|CRED):\s*(\S+)")
_SIDE = re.compile(
    r"(?P<name>.+?)\s+(?P<bic>[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)\s+(?P<iban>[A-Z]{2}\d{2}[A-Z0-9]{11,30})\b\s*(?P<text>.*)",
    re.DOTALL,
)


def _line(row: Row) -> Line:
    words = row["Buchungstext"]
    first = _TAGS.search(words)
    tags = dict(_TAGS.findall(words))
    text = (words[: first.start()] if first else words).strip()
    side = _SIDE.fullmatch(text)
    return Line(
        booking_day=row["Buchungstag"],
        value_day=row["Wertstellung"],
        amount=row["Betrag"],
        currency=row["Währung"],
        account=row.first("IBAN Kontoinhaber", "IBAN Auftraggeberkonto"),
        name=side["name"] if side else "",
        iban=side["iban"] if side else "",
        bank=side["bic"] if side else "",
        text=side["text"] if side else text,
        booking_text=row["Umsatzart"],
        end_to_end_id=tags.get("End-to-End-Ref.", ""),
        mandate_id=tags.get("Mandatsref", ""),
        creditor_id=tags.get("Gläubiger-ID", "") or tags.get("CRED", ""),
        customer_reference=tags.get("Kundenreferenz", ""),
    )


PROFILE = Profile(
    name="csv-commerzbank",
    header=("Buchungstag", "Wertstellung", "Umsatzart", "Buchungstext", "Betrag", "Währung"),
    line=_line,
)
