"""PayPal, "Alle Transaktionen" in German: UTF-8 with BOM, commas, all quoted, a running balance per currency.

``Netto`` moves the balance: the customer's money is ``Brutto``, ``Gebühr`` is what PayPal keeps and becomes a booking
of its own. Rows that only inform say ``Memo`` in ``Auswirkung auf Guthaben``; what is not ``Abgeschlossen`` is pending.
There is no IBAN: the account is known by a digest of our own e-mail address in it. Header seen in three versions
(``Gebühr`` or ``Entgelt``, ``Typ`` or ``Beschreibung``).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sources.csv_profile import Booking, CellRefused, Cells, Profile, column_key, parse_money

_FEE = (column_key("Gebühr"), column_key("Entgelt"))
_SENDER, _RECEIVER = column_key("Absender E-Mail-Adresse"), column_key("Empfänger E-Mail-Adresse")
_GROSS, _NET = column_key("Brutto"), column_key("Netto")
_EFFECT, _STATUS = column_key("Auswirkung auf Guthaben"), column_key("Status")
_INVOICE, _NOTE, _ITEM = column_key("Rechnungsnummer"), column_key("Hinweis"), column_key("Artikelbezeichnung")
_DONE = re.compile(r"abgeschlossen|completed", re.IGNORECASE)
_RETURNED = re.compile(r"r(?:ü|ue)ckbuchung|r(?:ü|ue)cklastschrift|chargeback", re.IGNORECASE)


def _own_account(rows: Sequence[Cells]) -> str:
    """Our address is the receiver of what came in and the sender of what went out; the most frequent one is ours."""
    seen = Counter(
        address
        for cells in rows
        if (address := cells.get(_SENDER if cells.get(_GROSS, "").startswith("-") else _RECEIVER, "").casefold())
    )
    if not seen:
        return "PAYPAL"
    most = min(seen.items(), key=lambda item: (-item[1], item[0]))[0]
    return "PAYPAL" + hashlib.sha256(most.encode()).hexdigest()[:10].upper()


def _refine(booking: Booking, cells: Cells) -> Booking:
    fee = next((cells[name] for name in _FEE if cells.get(name)), "")
    fee_minor = parse_money(fee, booking.currency, ",") if fee else 0
    net = cells.get(_NET, "")
    if net and parse_money(net, booking.currency, ",") != booking.amount_minor + fee_minor:
        raise CellRefused("has a net amount that is not gross and fee together")
    status = cells.get(_STATUS, "")
    text = dict.fromkeys(filter(None, (cells.get(name, "") for name in (_INVOICE, _ITEM, _NOTE))))
    moves = "memo" not in cells.get(_EFFECT, "").casefold()
    return replace(
        booking,
        fee_minor=fee_minor if moves else 0,
        remittance=" ".join(text),
        is_booked=not status or bool(_DONE.search(status)),
        moves_balance=moves,
        booking_text="RUECKLASTSCHRIFT PAYPAL" if _RETURNED.search(booking.booking_text) else booking.booking_text,
    )


PROFILES = (
    Profile(
        name="paypal",
        required="Datum;Uhrzeit;Zeitzone;Name;Währung;Brutto;Netto;Guthaben;Transaktionscode",
        columns={
            "booking_day": ("Datum",),
            "name": ("Name",),
            "booking_text": ("Typ", "Beschreibung"),
            "amount": ("Brutto",),
            "currency": ("Währung",),
            "balance": ("Guthaben",),
            "bank_reference": ("Transaktionscode",),
        },
        refine=_refine,
        own_account=_own_account,
    ),
)
