"""Postbank, and Deutsche Bank since it moved to the same platform: UTF-8 with BOM, unquoted, days as ``1.6.2026``.

``Betrag`` is signed and repeats ``Soll`` or ``Haben``. The account stands in a small table above, the balance before
the period as ``Letzter Kontostand`` above and the one after it as ``Kontostand`` below. They prove the rows if they add
up; where they mean another moment, the rows stay unproven.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sources.csv_profile import CellRefused, Preamble, Profile, first_below, parse_day, parse_money

_PERIOD = re.compile(r"(\d{1,2}\.\d{1,2}\.\d{4}) - (\d{1,2}\.\d{1,2}\.\d{4})")
_CURRENCY = "EUR"


def surroundings(above: Sequence[Sequence[str]], below: Sequence[Sequence[str]]) -> Preamble:
    """Account, period and balances around the table, in the layout that Postbank and Deutsche Bank share."""
    account, period = "", None
    for row, after in pairwise(above):
        if "IBAN" in row and len(after) > row.index("IBAN"):
            account = after[row.index("IBAN")]
    if not account:
        account = next(iter(first_below(above, "IBAN")), "")
    for row in above:
        period = period or _PERIOD.search(" ".join(row))
    try:
        days = (parse_day(period[1]), parse_day(period[2])) if period else (None, None)
    except CellRefused:
        days = (None, None)
    return Preamble(
        account=account,
        opening_minor=_balance(first_below(above, "Letzter Kontostand")),
        closing_minor=_balance(first_below(below, "Kontostand")),
        from_day=days[0],
        to_day=days[1],
    )


def _balance(cells: Sequence[str]) -> int | None:
    for cell in cells:
        if cell[-1:].isdigit() and cell.count(".") != 2:
            try:
                return parse_money(cell, _CURRENCY, ",")
            except CellRefused:
                return None
    return None


COLUMNS = {
    "booking_day": ("Buchungstag",),
    "value_day": ("Wert",),
    "booking_text": ("Umsatzart",),
    "name": ("Begünstigter / Auftraggeber",),
    "remittance": ("Verwendungszweck",),
    "counter_account": ("IBAN / Kontonummer", "IBAN"),
    "bank": ("BIC",),
    "end_to_end_id": ("Kundenreferenz",),
    "mandate_id": ("Mandatsreferenz",),
    "creditor_id": ("Gläubiger ID",),
    "amount": ("Betrag",),
    "currency": ("Währung",),
}

PROFILES = (
    Profile(
        name="postbank",
        required=(
            "Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;"
            "IBAN / Kontonummer;Betrag;Soll;Haben;Währung"
        ),
        columns=COLUMNS,
        debit="Soll",
        credit="Haben",
        surroundings=surroundings,
    ),
)
