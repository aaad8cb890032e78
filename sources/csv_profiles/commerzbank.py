"""Commerzbank: UTF-8 with BOM, everything about the other side in one text, no balance.

``Name BIC IBAN Zweck End-to-End-Ref.: … Mandatsref: … Gläubiger-ID: … SEPA-BASISLASTSCHRIFT wiederholend``. The text is
split only at the marks the bank itself sets; without an IBAN in it nobody can tell the name from the remittance, and
all of it is remittance.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pipelines.normalize import normalize_iban
from sources.csv_profile import Booking, Cells, Profile, column_key

_MARKS = re.compile(r"\s*(End-to-End-Ref\.?|Mandatsref\.?|Gläubiger-ID|CORE|Ref\.):\s*", re.IGNORECASE)
_KIND = re.compile(
    r"\s*SEPA-(?:BASIS|FIRMEN)LASTSCHRIFT(?:\s+(?:wiederholend|einmalig|erstmalig|letztmalig))?\s*$", re.IGNORECASE
)
_PARTY = re.compile(
    r"(?P<name>.{1,140}?)\s+(?P<bic>[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)?\s*(?P<iban>[A-Z]{2}\d{2}[A-Z0-9]{11,30})(?:\s+|$)"
    r"(?P<text>.*)",
    re.ASCII | re.DOTALL,
)
_BANK_CODE, _NUMBER = column_key("Bankleitzahl Auftraggeberkonto"), column_key("Auftraggeberkonto")


def _split(booking: Booking, cells: Cells) -> Booking:
    pieces = _MARKS.split(_KIND.sub("", booking.remittance))
    values = {}
    for name, value in zip(pieces[1::2], pieces[2::2], strict=True):
        values[column_key(name).rstrip(".")] = value.split(" ")[0]
    text = pieces[0]
    party = _PARTY.fullmatch(text)
    if party is not None and normalize_iban(party["iban"]):
        found = replace(
            booking,
            name=party["name"],
            bank=party["bic"] or "",
            counter_account=party["iban"],
            remittance=party["text"].strip(),
        )
    else:
        found = replace(booking, remittance=text)
    account = booking.account
    if not account and cells.get(_BANK_CODE):
        account = f"{cells[_BANK_CODE]}/{cells.get(_NUMBER, '')}"
    return replace(
        found,
        account=account,
        end_to_end_id=values.get("end-to-end-ref", ""),
        mandate_id=values.get("mandatsref", ""),
        creditor_id=values.get("glaeubiger-id", ""),
    )


PROFILES = (
    Profile(
        name="commerzbank",
        required="Buchungstag;Wertstellung;Umsatzart;Buchungstext;Betrag;Währung",
        columns={
            "account": ("IBAN Kontoinhaber", "IBAN Auftraggeberkonto"),
            "booking_day": ("Buchungstag",),
            "value_day": ("Wertstellung",),
            "booking_text": ("Umsatzart",),
            "remittance": ("Buchungstext",),
            "amount": ("Betrag",),
            "currency": ("Währung",),
        },
        refine=_split,
    ),
)
